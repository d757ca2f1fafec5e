"""Cookies are read by their exact name and set with every guard."""

import pytest

from adapters.http.cookies import csrf_cookies, read_cookie, session_cookie


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (b"sessionid=abc", b"abc"),
        (b"a=b; sessionid=abc", b"abc"),
        (b"a=b; sessionid=abc; c=d", b"abc"),
        (b"sessionid=first; sessionid=second", b"first"),
        (b"xsessionid=no; sessionid=abc", b"abc"),
        (b"sessionid=", b""),
        (b"sessionid=a=b", b"a=b"),
        (b"", None),
        (b"xsessionid=no", None),
        (b"a=sessionid=no", None),
        (b"SESSIONID=no", None),
        (b"sessionid", None),
        (b"x=; ;sessionid=no", None),
    ],
)
def test_a_cookie_is_found_by_its_whole_name(line: bytes, value: bytes | None):
    assert read_cookie(line, "sessionid") == value


def test_the_session_cookie_is_hidden_from_scripts_and_secure_where_configured():
    _, line = session_cookie("token", 60, secure=True)
    assert line == b"sessionid=token; Path=/; Max-Age=60; SameSite=Lax; HttpOnly; Secure"
    _, line = session_cookie("token", 60, secure=False)
    assert b"Secure" not in line


def test_the_csrf_cookies_can_be_read_by_scripts_under_both_names():
    lines = [line for _, line in csrf_cookies("token", 60, secure=True)]
    assert lines == [
        b"csrftoken=token; Path=/; Max-Age=60; SameSite=Lax; Secure",
        b"XSRF-TOKEN=token; Path=/; Max-Age=60; SameSite=Lax; Secure",
    ]

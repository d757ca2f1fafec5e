"""CSRF tokens are bound to their session, or to the anonymous state, and to the installation."""

from adapters.csrf import CsrfTokens, same

one, other = CsrfTokens(b"1" * 32), CsrfTokens(b"2" * 32)


def test_the_token_of_a_session_is_its_own_in_every_process():
    assert one.of_session("a") == CsrfTokens(b"1" * 32).of_session("a")
    assert one.of_session("a") != one.of_session("b")
    assert one.of_session("a") != other.of_session("a")


def test_an_anonymous_token_is_new_each_time_and_known_again():
    token = one.anonymous()
    assert token != one.anonymous()
    assert one.is_anonymous(token)
    assert not other.is_anonymous(token)


def test_a_changed_short_or_foreign_token_is_not_anonymous():
    token = one.anonymous()
    for wrong in (
        "",
        token[:24],
        token[24:],
        token[:-1],
        "x" + token[1:],
        one.of_session("a"),
        "ÿ",
    ):
        assert not one.is_anonymous(wrong)


def test_tokens_of_any_text_can_be_compared():
    assert same("é", "é")
    assert not same("é", "e")

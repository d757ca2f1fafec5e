"""Errors: one shape, exact statuses, and nothing a client can send is the server's fault."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.contract.server import Server
from tests.contract.student import Student, answer, code_of

JSON = {"content-type": "application/json"}


def test_E49_the_four_codes_keep_their_statuses(student: Student):
    student.started("algebra")
    assert code_of(student.start("nope")) == (404, "EXAM_NOT_FOUND")
    assert code_of(student.start("algebra", mode="new")) == (409, "ATTEMPT_EXISTS")
    assert code_of(student.start("algebra", mode="old")) == (400, "INVALID_PAYLOAD")
    assert code_of(student.start("draft")) == (423, "EXAM_NOT_PUBLISHED")


@pytest.mark.parametrize(
    ("method", "path", "refusal"),
    [
        ("GET", "/", (404, "NOT_FOUND")),
        ("GET", "/api", (404, "NOT_FOUND")),
        ("GET", "/api/nothing", (404, "NOT_FOUND")),
        ("GET", "/api/exams/algebra/nothing", (404, "EXAM_NOT_FOUND")),
        ("GET", "/api/attempts/x/nothing", (404, "ATTEMPT_NOT_FOUND")),
        ("DELETE", "/api/exams", (405, "METHOD_NOT_ALLOWED")),
        ("PATCH", "/api/attempts/x", (405, "METHOD_NOT_ALLOWED")),
        ("GET", "/api/attempts/x/submit", (405, "METHOD_NOT_ALLOWED")),
    ],
)
def test_an_address_or_method_that_is_not_there_answers_in_the_same_shape(
    student: Student, method: str, path: str, refusal: tuple[int, str]
):
    response = student.request(method, path)
    assert code_of(response) == refusal
    assert response.headers["content-type"] == "application/json"
    if refusal[0] == 405:
        assert "GET" in response.headers["allow"] or "POST" in response.headers["allow"]


def test_A22_health_is_ok_for_anybody(server: Server):
    response = httpx.get(f"{server.base}/api/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def routes(student: Student) -> list[tuple[str, str]]:
    """Every route of learners that takes a body."""
    attempt_id = student.start("algebra").json()["attemptId"]
    return [
        ("PUT", f"/api/attempts/{attempt_id}"),
        ("POST", f"/api/attempts/{attempt_id}/submit"),
        ("POST", "/api/exams/algebra/attempt"),
        ("POST", "/api/auth/login"),
    ]


DEEP = 200_000
CORPUS = {
    "truncated": b'{"answers": [{"questionId": "q1"',
    "deep arrays": b'{"answers":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "deep objects": b'{"answers":[{"questionId":"q1","response":' + b'{"a":' * DEEP + b"1",
    "deep and ignored": b'{"mode":"old","x":' + b"[" * DEEP + b"]" * DEEP + b"}",
    "deep response": b'{"answers":[{"questionId":"q1","response":'
    + b"[" * 40
    + b"]" * 40
    + b'}],"mode":1,"userId":1}',
    "huge integer": b'{"answers":[{"questionId":"q1","response":'
    + b"9" * 100_000
    + b'}],"mode":'
    + b"9" * 100_000
    + b',"userId":1}',
    "huge exponent": b'{"answers":[{"questionId":"q1","response":1e99999}],"mode":1,"userId":1e99}',
    "NaN": b'{"answers":[{"questionId":"q1","response":NaN}],"mode":NaN,"userId":NaN}',
    "Infinity": b'{"answers":[{"questionId":"q1","response":-Infinity}],"mode":Infinity}',
    "lone surrogate": b'{"answers":[{"questionId":"q1","response":"\\ud800"}],"mode":"\\udfff"}',
    "surrogates as UTF-8": b'{"answers":[{"questionId":"q1","response":"\xed\xa0\x80"}]}',
    "invalid UTF-8": b'{"answers":[{"questionId":"q1","response":"\xff\xfe"}],"mode":"\xff"}',
    "invalid UTF-8, ignored": b'{"answers":[],"ignored":"\xff"}',
    "UTF-16": '{"answers":[]}'.encode("utf-16"),
    "byte order mark": b'\xef\xbb\xbf{"answers":[]}',
    "NUL in a name": b'{"answers":[{"questionId":"q1\\u0000","response":1}],"mode":"\\u0000",'
    b'"userId":"a\\u0000"}',
    "raw NUL": b'{"answers":[]}\x00',
    "duplicate keys": b'{"answers":[],"answers":{},"mode":"new","mode":3,"userId":"a","userId":2}',
    "many values": b'{"answers":[]} {"answers":[]}',
    "comment": b'{"answers":[] /* */}',
    "single quotes": b"{'answers':[]}",
    "a number": b"1",
    "a string": b'"answers"',
    "null": b"null",
    "true": b"true",
    "prototype": b'{"__proto__":{"answers":[]},"answers":1,"mode":"__class__","userId":"/"}',
    "form": b"answers=1&mode=new",
}


@pytest.mark.parametrize("body", CORPUS.values(), ids=CORPUS)
def test_E26_hostile_json_is_refused_everywhere(student: Student, body: bytes):
    for method, path in routes(student):
        response = student.request(method, path, content=body, headers=JSON)
        assert code_of(response) == (400, "INVALID_PAYLOAD"), (path, response.text)
    assert student.start("algebra").json()["answers"] == []


@pytest.mark.parametrize("body", CORPUS.values(), ids=CORPUS)
def test_E26_hostile_json_is_refused_of_staff_and_newcomers_too(
    student: Student, staff: Student, body: bytes
):
    attempt_id = student.started("algebra")
    for path in (
        f"/api/admin/attempts/{attempt_id}/void",
        "/api/admin/exams",
        "/api/auth/register",
    ):
        response = staff.post(path, content=body, headers=JSON)
        assert code_of(response) == (400, "INVALID_PAYLOAD"), (path, response.text)
    assert student.attempt(attempt_id).json()["status"] == "in_progress"


@pytest.mark.parametrize(
    "content_type",
    [None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "*/*"],
)
def test_a_body_that_does_not_say_it_is_json_is_415(student: Student, content_type: str | None):
    headers = {} if content_type is None else {"content-type": content_type}
    for method, path in routes(student):
        response = student.request(method, path, content=b'{"answers":[]}', headers=headers)
        assert code_of(response) == (415, "UNSUPPORTED_MEDIA_TYPE")


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=utf-8", "Application/JSON", "application/json ;x=1"]
)
def test_the_usual_spellings_of_json_are_accepted(student: Student, content_type: str):
    attempt_id = student.started("algebra")
    response = student.put(
        f"/api/attempts/{attempt_id}",
        content=b'{"answers":[]}',
        headers={"content-type": content_type},
    )
    assert response.status_code == 200


def test_a_body_of_two_megabytes_is_413_and_the_connection_lives_on(student: Student):
    big = json.dumps({"answers": [], "padding": "x" * 2_000_000}).encode()
    for method, path in routes(student):
        for content in (big, iter([big[:1_000_000], big[1_000_000:]])):
            response = student.request(method, path, content=content, headers=JSON)
            assert code_of(response) == (413, "PAYLOAD_TOO_LARGE")
    assert student.get("/api/auth/me").status_code == 200


def test_a_response_is_bounded_in_depth_and_length(student: Student):
    attempt_id = student.started("algebra")

    def nested(depth: int) -> Any:
        return [nested(depth - 1)] if depth else "x"

    assert student.save(attempt_id, answer("q1", nested(32))).status_code == 200
    for response in (nested(33), "x" * 300_000, ["x" * 300_000], {"a": {"b": nested(40)}}):
        refused = student.save(attempt_id, answer("q2", 1), answer("q1", response))
        assert code_of(refused) == (400, "INVALID_PAYLOAD")
        assert refused.json()["error"]["details"]["path"] == "answers[1].response"


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["q1", "q2", "new", "resume", "staff", "student"]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["answers", "questionId", "response", "timeSec", "mode", "userId"])
            | st.text(max_size=4),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    value=values,
    noise=st.binary(max_size=4),
    cut=st.integers(0, 200),
    content_type=st.sampled_from(["application/json", "application/json; charset=x", "text/html"]),
)
def test_nothing_that_a_client_sends_is_a_server_error(
    student: Student, value: Any, noise: bytes, cut: int, content_type: str
):
    # Surrogates and NaN included: Python's encoder writes them, a strict reader refuses them.
    whole = json.dumps(value).encode()
    body = whole[:cut] + noise + whole[cut:]
    attempt_id = student.start("geometry").json().get("attemptId", "x")
    for method, path in (
        ("PUT", f"/api/attempts/{attempt_id}"),
        ("POST", "/api/exams/algebra/attempt"),
        ("POST", "/api/attempts/x/submit"),
    ):
        response = student.request(
            method, path, content=body, headers={"content-type": content_type}
        )
        assert response.status_code < 500, (path, body)
        if not response.is_success:
            code_of(response)


HEADERS = [
    {"cookie": b"sessionid"},
    {"cookie": b"sessionid=;;;=;sessionid"},
    {"cookie": b"\xff\xfe=\x80; sessionid=\xff"},
    {"cookie": b"csrftoken=\xff; XSRF-TOKEN=\xff", "x-csrftoken": b"\xff"},
    {"x-request-id": b"\xff" * 100},
    {"x-request-id": b"a" * 60_000},
    {"content-length": b"0"},
    {"accept": b"\xff", "accept-language": b"\xff"},
    {"host": b"\xff"},
    {"host": b""},
    {"expect": b"100-continue"},
    {"if-none-match": b'"x"', "range": b"bytes=0-1", "if-match": b"*"},
]


@pytest.mark.parametrize("headers", HEADERS, ids=str)
def test_no_header_is_a_server_error(server: Server, headers: dict[str, bytes]):
    raw = {name.encode(): value for name, value in headers.items()}
    for method, path in (("GET", "/api/exams"), ("POST", "/api/auth/login")):
        response = httpx.request(method, server.base + path, headers=raw)
        assert response.status_code < 500


@pytest.mark.parametrize("query", ["%ff", "a=%00", "&&&=", "userId=x" * 2000, "a[]=1", "\u00ff"])
def test_no_query_is_a_server_error(student: Student, query: str):
    for path in ("/api/exams", "/api/progress/me", "/api/auth/me"):
        assert student.get(f"{path}?{query}").status_code == 200


def test_the_log_of_the_server_holds_no_cookie_token_or_answer(student: Student, server: Server):
    attempt_id = student.started("algebra")
    student.save(attempt_id, answer("q4", "my secret essay"))
    student.request("PUT", f"/api/attempts/{attempt_id}", content=b"my secret essay", headers=JSON)
    log = server.log.read_text()
    for secret in ("my secret essay", student.cookies["sessionid"], student.cookies["csrftoken"]):
        assert secret not in log
    assert "Traceback" not in log
    assert "status=500" not in log

"""Bearers at a real server that trusts a real issuer: who is let in, who is told nothing (§2.E)."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from joserfc import jws
from joserfc.jwk import RSAKey

from tests.cli.test_commands import run
from tests.contract.papers import paper
from tests.contract.server import Server, lay_out
from tests.contract.student import Student, code_of, eventually, logged
from tests.oidc_issuer import RunningIssuer

BANK, CHALLENGE = "/api/v2/task-bank/settings", "/api/challenge/me"
ATTACKER = RSAKey.generate_key(2048)


@pytest.fixture(scope="module")
def issuer() -> Iterator[RunningIssuer]:
    with RunningIssuer() as running:
        yield running


@pytest.fixture(scope="module")
def school(issuer: RunningIssuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose people an issuer signs in."""
    data = tmp_path_factory.mktemp("school") / "data"
    lay_out(data, [paper("algebra")], {"algebra": True})
    with Server(data, login="oidc", oidc_issuer=issuer.issuer, oidc_audience="markbook") as server:
        yield server


@pytest.fixture
def client(school: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=school.base, timeout=30.0) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def bad_tokens(issuer: RunningIssuer) -> dict[str, str]:
    """One token for each trick that is known."""
    claims, [certificate, *_] = issuer.claims(), issuer.ask("certificates")
    kid, now = certificate["kid"], int(time.time())
    good = issuer.token()
    header, body, signature = good.split(".")
    jwk = {**ATTACKER.as_dict(private=False), "kid": kid}
    address = "http://127.0.0.1:9/keys"
    return {
        "no signature wanted": f"{part({'alg': 'none', 'kid': kid})}.{part(claims)}.",
        "none in capitals": f"{part({'alg': 'NONE', 'kid': kid})}.{part(claims)}.",
        "RS to HS": by_secret(RSAKey.import_key(certificate).as_pem(False), kid, claims),
        "RS to HS, other notation": by_secret(json.dumps(certificate).encode(), kid, claims),
        "embedded jwk": forged({"kid": kid, "jwk": jwk}, claims),
        "embedded jwk, unknown kid": forged({"kid": "mine", "jwk": jwk}, claims),
        "jku": forged({"kid": "mine", "jku": address}, claims),
        "x5u": forged({"kid": "mine", "x5u": address}, claims),
        "x5c": forged({"kid": kid, "x5c": ["MIIB"]}, claims),
        "another key under a known kid": forged({"kid": kid}, claims),
        "kid that is a path": forged({"kid": "../../../dev/null"}, claims),
        "crit": issuer.token(header={"crit": ["http://example.org/must-understand"]}),
        "typ of another kind": issuer.token(header={"typ": "secevent+jwt"}),
        "an ID token": issuer.token(typ="ID"),
        "audience": issuer.token(aud="elsewhere"),
        "issuer": issuer.token(iss="http://127.0.0.1/realms/other"),
        "expired": issuer.token(exp=now - 60),
        "not yet valid": issuer.token(nbf=now + 300),
        "no end": issuer.token(exp=None),
        "nobody": issuer.token(sub=None),
        "no signature": f"{header}.{body}.",
        "signature cut": good[:-2],
        "other claims": f"{header}.{part(issuer.claims(sub='admin'))}.{signature}",
        "two parts": f"{header}.{body}",
        "five parts": f"{header}.{body}.{signature}.{body}.{signature}",
        "huge": f"{header}.{part({**claims, 'fill': 'x' * 20_000})}.{signature}",
        "nested": f"{encoded(b'[' * 5000)}.{body}.{signature}",
        "not base64": "....",
        "not ASCII": "\xff\xfe",
        "a word": "admin",
        "own kid, other key": forged({"kid": "markbook"}, {**claims, "iss": "markbook"}),
    }


def part(value: Any) -> str:
    return encoded(json.dumps(value).encode())


def encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def by_secret(secret: bytes, kid: str, claims: dict[str, Any]) -> str:
    """Signed with a public key as if it were a shared secret."""
    signed = f"{part({'alg': 'HS256', 'typ': 'JWT', 'kid': kid})}.{part(claims)}"
    return f"{signed}.{encoded(hmac.digest(secret, signed.encode(), hashlib.sha256))}"


def forged(header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Signed by somebody who has no business here."""
    whole = {"alg": "RS256", "typ": "JWT", **header}
    registry = jws.JWSRegistry(algorithms=["RS256"])
    registry.max_header_length = 4096
    return jws.serialize_compact(whole, json.dumps(claims), ATTACKER, registry=registry)


def test_every_bad_token_gets_the_same_answer_byte_for_byte(
    client: httpx.Client, issuer: RunningIssuer, school: Server
):
    tokens = bad_tokens(issuer)
    for path in (BANK, CHALLENGE):
        answers = {
            name: client.get(
                path, headers=[(b"authorization", b"Bearer " + token.encode("latin-1"))]
            )
            for name, token in tokens.items()
        }
        shapes = {
            name: (answer.status_code, sorted(answer.headers.items()), answer.content)
            for name, answer in answers.items()
        }
        expected = shapes["a word"]
        assert {name for name, shape in shapes.items() if shape != expected} == set()
        assert expected[0] == 401
        assert answers["a word"].headers["www-authenticate"] == "Bearer"
        assert answers["a word"].json()["error"]["code"] == "UNAUTHENTICATED"
    log = school.log.read_text()
    assert all(token[:40] not in log for token in tokens.values() if len(token) > 40)


@pytest.mark.parametrize("value", ["Bearer", "Bearer a b", "bEARER  x,y z"])
def test_a_header_that_holds_no_one_token_is_a_bad_token(client: httpx.Client, value: str):
    assert client.get(BANK, headers={"authorization": value}).status_code == 401


def test_two_headers_are_a_bad_token_even_if_both_are_good(
    client: httpx.Client, issuer: RunningIssuer
):
    good = f"Bearer {issuer.token()}".encode()
    twice = [(b"authorization", good), (b"authorization", good)]
    assert client.get(CHALLENGE, headers=twice).status_code == 401
    assert client.get(CHALLENGE, headers=twice[:1]).status_code == 200


def test_no_token_is_401_in_the_bank_and_at_me(client: httpx.Client):
    for path in (BANK, CHALLENGE):
        answer = client.get(path)
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
        assert client.get(path, headers={"authorization": "Basic YTpi"}).content == answer.content


def test_K35_a_token_without_the_role_is_403(client: httpx.Client, issuer: RunningIssuer):
    answer = client.get(BANK, headers=bearer(issuer.token(roles=["teacher", "author"])))
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "FORBIDDEN")
    assert client.get(BANK, headers=bearer(issuer.token(roles=["admin"]))).status_code == 200


def test_B24_me_says_who_it_is_and_whether_they_teach(client: httpx.Client, issuer: RunningIssuer):
    answer = client.get(CHALLENGE, headers=bearer(issuer.token()))
    assert answer.json() == {
        "error": None,
        "data": {
            "sub": "7a9d3c2e-0d3b-4c55-9f0e-2f1d6a0b9c11",
            "preferred_username": "ada",
            "roles": ["teacher", "viewer"],
            "isTeacher": True,
        },
    }
    nobody = issuer.token(resource_access=None, realm_access=None, preferred_username=None)
    data = client.get(CHALLENGE, headers=bearer(nobody)).json()["data"]
    assert (data["roles"], data["isTeacher"]) == ([], False)
    assert data["preferred_username"] == data["sub"]


def test_a_new_key_of_the_issuer_is_known_in_seconds_though_strangers_invent_key_ids(
    client: httpx.Client, issuer: RunningIssuer
):
    before = issuer.reads()
    began = time.monotonic()
    strange = [forged({"kid": f"strange-{number}"}, issuer.claims()) for number in range(40)]
    for token in strange:
        assert client.get(CHALLENGE, headers=bearer(token)).status_code == 401
    issuer.ask("rotate", keep=True)
    fresh = bearer(issuer.token())
    eventually(lambda: client.get(CHALLENGE, headers=fresh).status_code == 200, 15)
    assert issuer.reads() - before <= 6 + (time.monotonic() - began) / 5


def test_a_token_of_the_command_line_is_good_at_the_server(client: httpx.Client, school: Server):
    words = ("--sub", "lms-1", "--role", "service", "--role", "keys", "--domain", "lms")
    done = run("token", "--data", school.data, *words, "--ttl", "5m")
    assert done.returncode == 0, done.stderr
    answer = client.get(CHALLENGE, headers=bearer(done.stdout.strip()))
    assert answer.json()["data"]["roles"] == ["keys", "service"]


# --- cookies and bearers do not mix -------------------------------------------------------------


@contextmanager
def signed_in(base: str, token: str) -> Iterator[Student]:
    with Student(base) as person:
        answer = person.post("/api/auth/exchange", headers=bearer(token))
        assert answer.status_code == 200, answer.text
        person.user_id = answer.json()["userId"]
        yield person


def test_K33_a_cookie_never_authorises_challenge_or_bank(school: Server, issuer: RunningIssuer):
    with signed_in(school.base, issuer.token(roles=["admin", "staff", "teacher"])) as person:
        assert person.get("/api/auth/me").status_code == 200
        for path in (BANK, CHALLENGE):
            assert person.get(path).status_code == 401
        assert person.patch(BANK, json={"subjects": []}).status_code == 401


def test_K33_a_bearer_never_authorises_the_exams_facade(
    client: httpx.Client, issuer: RunningIssuer
):
    headers = bearer(issuer.token(roles=["admin", "staff"]))
    for path in ("/api/auth/me", "/api/exams", "/api/progress/me", "/api/admin/attempts"):
        answer = client.get(path, headers=headers)
        assert code_of(answer) == (401, "UNAUTHENTICATED"), path
    assert client.post("/api/auth/logout", headers=headers).status_code == 401


# --- the exchange -------------------------------------------------------------------------------


def test_a_bearer_is_exchanged_for_a_session_that_takes_an_exam(
    school: Server, issuer: RunningIssuer
):
    with signed_in(school.base, issuer.token(sub="../../ada")) as learner:
        me = learner.get("/api/auth/me").json()
        assert me == {"userId": learner.user_id, "username": "ada", "roles": []}
        attempt_id = learner.started("algebra")
        assert learner.submit(attempt_id).status_code == 200
        assert learner.get("/api/admin/attempts").status_code == 403
        tags = [envelope["tag"] for envelope in logged(school, f"exam_user-{learner.user_id}")]
    assert tags == ["exam_user.registered", "exam_user.signed_in"]


def test_the_user_id_is_the_same_each_time_and_gives_nothing_away(
    school: Server, issuer: RunningIssuer
):
    token = issuer.token(sub="ada@example.org", preferred_username="ada")
    again = issuer.token(sub="ada@example.org", preferred_username="lovelace", roles=["staff"])
    with signed_in(school.base, token) as first, signed_in(school.base, again) as second:
        assert first.user_id == second.user_id
        assert len(first.user_id) == 32
        assert set(first.user_id) <= set("0123456789abcdef")
        assert second.get("/api/auth/me").json()["username"] == "lovelace"
        assert second.get("/api/admin/attempts").status_code == 200, "staff now"
        assert first.get("/api/admin/attempts").status_code == 403, "each session as its token"
    with signed_in(school.base, token) as third:
        assert third.get("/api/admin/attempts").status_code == 403, "staff no more"


def test_an_exchange_begins_a_new_session_and_ends_the_one_before(
    school: Server, issuer: RunningIssuer
):
    with signed_in(school.base, issuer.token(sub="one")) as person:
        before = person.cookies["sessionid"]
        csrf = person.cookies["csrftoken"]
        person.post("/api/auth/exchange", headers=bearer(issuer.token(sub="two")))
        assert person.cookies["sessionid"] != before
        assert person.cookies["csrftoken"] != csrf
        with httpx.Client(base_url=school.base, cookies={"sessionid": before}) as thief:
            assert thief.get("/api/auth/me").status_code == 401


def test_no_session_is_adopted_that_somebody_else_chose(school: Server, issuer: RunningIssuer):
    with Student(school.base) as victim:
        victim.cookies.set("sessionid", "A" * 43)
        answer = victim.post("/api/auth/exchange", headers=bearer(issuer.token()))
        assert answer.status_code == 200
        assert "A" * 43 not in answer.headers["set-cookie"]


def test_a_bad_token_is_not_exchanged_and_a_cookie_is_no_token(
    school: Server, issuer: RunningIssuer
):
    with signed_in(school.base, issuer.token()) as person:
        for headers in ({}, bearer("nonsense"), bearer(issuer.token(aud="elsewhere"))):
            answer = person.post("/api/auth/exchange", headers=headers)
            assert code_of(answer) == (401, "UNAUTHENTICATED")
            assert "set-cookie" not in answer.headers
        assert person.get("/api/auth/me").status_code == 200


def test_with_oidc_nobody_signs_in_or_registers_in_another_way(school: Server):
    with Student(school.base) as person:
        for body in ({"username": "ada", "password": "correct horse"}, {"userId": "ada"}, {}):
            assert code_of(person.try_sign_in(body)) == (403, "LOGIN_CLOSED")
        account = {"username": "ada", "email": "ada@example.org", "password": "correct horse"}
        answer = person.post("/api/auth/register", json=account)
        assert code_of(answer) == (403, "LOGIN_CLOSED")


def test_without_oidc_no_token_is_exchanged(server: Server):
    made = run("token", "--data", server.data, "--sub", "ada", "--role", "staff").stdout.strip()
    with httpx.Client(base_url=server.base) as client:
        assert client.get(CHALLENGE, headers=bearer(made)).status_code == 200
        answer = client.post("/api/auth/exchange", headers=bearer(made))
        assert code_of(answer) == (403, "LOGIN_CLOSED")

"""Tokens of an OIDC issuer: a real one in its own process, which changes its keys and breaks."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from adapters.bearers import Bearers
from adapters.issuer_client import IssuerClient
from adapters.issuer_keys import IssuerKeys
from adapters.oidc import Oidc
from adapters.principals import Role
from adapters.signed_tokens import BadToken, IssuerUnavailable, Opened
from adapters.tokens import Tokens, load_key
from tests.oidc_issuer import CERTS, RunningIssuer


class Watch:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 5000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def running() -> Iterator[RunningIssuer]:
    with RunningIssuer() as issuer:
        yield issuer


@pytest.fixture
def issuer(running: RunningIssuer) -> Iterator[RunningIssuer]:
    yield running
    running.ask("behave")


@pytest.fixture
def watch() -> Watch:
    return Watch()


@pytest.fixture
async def keys(issuer: RunningIssuer, watch: Watch) -> AsyncIterator[IssuerKeys]:
    async with IssuerClient(issuer.issuer) as client:
        keys = IssuerKeys(issuer.issuer, client.read, watch)
        yield keys
        await keys.close()


def oidc(keys: IssuerKeys, issuer: RunningIssuer, **settings: Any) -> Oidc:
    return Oidc(
        issuer.issuer,
        keys,
        **{"audience": ["markbook"], "role_clients": ["journal"], **settings},
    )


@pytest.fixture
def trusting(keys: IssuerKeys, issuer: RunningIssuer) -> Oidc:
    return oidc(keys, issuer)


async def good(trusting: Oidc, token: str) -> bool:
    try:
        await trusting.verify(Opened(token.encode()))
    except BadToken:
        return False
    return True


# --- which tokens are good ----------------------------------------------------------------------


@pytest.mark.parametrize("alg", ["RS256", "PS256", "ES256", "EdDSA"])
async def test_a_token_of_the_issuer_is_good_by_every_usual_algorithm(
    trusting: Oidc, issuer: RunningIssuer, alg: str
):
    who = await trusting.verify(Opened(issuer.token(alg).encode()))
    assert who.subject == "7a9d3c2e-0d3b-4c55-9f0e-2f1d6a0b9c11"
    assert who.username == "ada"


async def test_roles_of_the_realm_and_of_the_configured_clients_count_and_no_others(
    keys: IssuerKeys, issuer: RunningIssuer
):
    token = issuer.token(roles=["author", 7, None], domain="lms").encode()
    who = await oidc(keys, issuer).verify(Opened(token))
    assert who.roles == {Role.TEACHER, Role.VIEWER, Role.AUTHOR}
    assert who.domain == "lms"
    elsewhere = oidc(keys, issuer, role_clients=["elsewhere"])
    assert (await elsewhere.verify(Opened(token))).roles == {Role.ADMIN, Role.VIEWER, Role.AUTHOR}
    renamed = oidc(keys, issuer, role_names={"offline_access": "learner", "teacher": "checker"})
    assert (await renamed.verify(Opened(token))).roles == {
        *(Role.LEARNER, Role.CHECKER, Role.VIEWER, Role.AUTHOR)
    }


@pytest.mark.parametrize(
    "odd",
    [
        {"roles": "admin"},
        {"realm_access": ["admin"]},
        {"realm_access": {"roles": {"admin": True}}},
        {"resource_access": {"journal": ["admin"]}},
        {"preferred_username": "a\x00b"},
        {"preferred_username": ["x"]},
        {"domain": 7},
    ],
    ids=str,
)
async def test_claims_of_an_unknown_form_give_nothing(
    trusting: Oidc, issuer: RunningIssuer, odd: dict[str, Any]
):
    who = await trusting.verify(Opened(issuer.token(**odd).encode()))
    assert Role.ADMIN not in who.roles
    assert who.username in {"ada", who.subject}
    assert who.domain is None


@pytest.mark.parametrize(
    ("claims", "header"),
    [
        ({"iss": "https://elsewhere.example.org"}, {}),
        ({"aud": "account"}, {}),
        ({"aud": None}, {}),
        ({"aud": []}, {}),
        ({"sub": None}, {}),
        ({"sub": ""}, {}),
        ({"sub": "x" * 256}, {}),
        ({"exp": None}, {}),
        ({"exp": "2100"}, {}),
        ({"exp": True}, {}),
        ({"exp": time.time() - 31}, {}),
        ({"nbf": time.time() + 300}, {}),
        ({"iat": time.time() + 300}, {}),
        ({"typ": "ID"}, {}),
        ({"typ": "Refresh"}, {}),
        ({"typ": "DPoP", "cnf": {"jkt": "x"}}, {}),
        ({"at_hash": "x"}, {}),
        ({}, {"typ": "logout+jwt"}),
        ({}, {"typ": 7}),
        ({}, {"crit": ["exp"]}),
        ({}, {"b64": False, "crit": ["b64"]}),
        ({}, {"kid": "unknown"}),
        ({}, {"kid": None}),
        ({}, {"alg": "PS256"}),
    ],
    ids=",".join,
)
async def test_a_token_that_breaks_one_rule_is_no_token(
    trusting: Oidc, issuer: RunningIssuer, claims: dict[str, Any], header: dict[str, Any]
):
    assert await good(trusting, issuer.token())
    assert not await good(trusting, issuer.token(header=header, **claims))


async def test_the_client_that_a_token_was_issued_to_counts_where_clients_are_named(
    keys: IssuerKeys, issuer: RunningIssuer
):
    for azp, clients, fine in (
        ("journal", ["journal"], True),
        ("journal", [], True),
        ("other", ["journal"], False),
        (None, ["journal"], False),
    ):
        assert await good(oidc(keys, issuer, clients=clients), issuer.token(azp=azp)) is fine


# --- the issuer's keys --------------------------------------------------------------------------


async def test_a_new_key_is_found_at_once_and_a_withdrawn_one_is_believed_two_minutes_at_most(
    trusting: Oidc, keys: IssuerKeys, issuer: RunningIssuer, watch: Watch, tmp_path
):
    bearers = Bearers(Tokens(load_key(tmp_path / "key")), trusting)
    old, other = issuer.token().encode(), issuer.token(sub="other").encode()
    assert await bearers.find(old)
    issuer.ask("rotate", keep=True)
    assert await bearers.find(issuer.token().encode())
    assert bearers.remembered(old), "its key is still there"
    issuer.ask("rotate")
    watch.now += 59
    assert bearers.remembered(old)
    watch.now += 2  # the next request looks again, beside
    assert bearers.remembered(old)
    assert keys._looking is not None
    await keys._looking
    assert bearers.remembered(old) is None
    assert await bearers.find(old) is None
    assert await bearers.find(other) is None
    issuer.ask("rotate")
    watch.now += 121  # nobody came for two minutes: the first who comes waits for the keys
    assert not keys.settled()
    assert await bearers.find(issuer.token().encode())


async def test_unknown_key_ids_cost_the_issuer_a_handful_of_reads(
    trusting: Oidc, issuer: RunningIssuer, watch: Watch
):
    known = issuer.token()
    assert await good(trusting, known)
    before = issuer.reads()
    strange = [issuer.token(header={"kid": f"strange-{number}"}) for number in range(30)]
    for _ in range(10):
        assert not any(await asyncio.gather(*(good(trusting, token) for token in strange)))
    assert issuer.reads() - before == 4, "with the first one five, then no more"
    assert await good(trusting, known)
    watch.now += 5
    assert not any(await asyncio.gather(*(good(trusting, token) for token in strange)))
    assert issuer.reads() - before == 5, "everybody at once waits for one"


async def test_an_issuer_that_is_away_is_missed_only_after_an_hour(
    trusting: Oidc, keys: IssuerKeys, issuer: RunningIssuer, watch: Watch, caplog
):
    token = issuer.token()
    assert await good(trusting, token)
    issuer.ask("behave", status=503)
    caplog.set_level(logging.INFO)
    watch.now += 130
    assert await good(trusting, token)
    watch.now += 130
    assert keys.settled(), "nobody waits for an issuer that did not answer before"
    assert await good(trusting, token)
    assert keys._looking is not None
    await keys._looking
    watch.now += 3400
    with pytest.raises(IssuerUnavailable):
        await trusting.verify(Opened(token.encode()))
    issuer.ask("behave")
    watch.now += 1  # too soon to ask again
    with pytest.raises(IssuerUnavailable):
        await trusting.verify(Opened(token.encode()))
    watch.now += 2
    assert await good(trusting, token)
    assert [record.getMessage() for record in caplog.records if "keys" in record.name] == [
        f"cannot read the keys of {issuer.issuer}: {issuer.base + CERTS} answered 503",
        f"the keys of {issuer.issuer} can be read again",
    ]


@pytest.mark.parametrize(
    "broken",
    [
        {"status": 500},
        {"status": 302},
        {"body": "not JSON"},
        {"body": "["},
        {"body": "[" * 5000},
        {"body": " ", "times": 300_000},
        {"with": {"issuer": "https://elsewhere.example.org"}},
        {"with": {"jwks_uri": "http://192.0.2.1/keys"}},
        {"with": {"jwks_uri": "file:///etc/passwd"}},
        {"with": {"keys": []}},
        {"with": {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "x"}, {"kty": "RSA"}, {}]}},
        {"with": {"keys": [{"kty": "RSA", "n": "AQAB", "e": "AQAB", "kid": "weak"}]}},
    ],
    ids=lambda broken: str(broken)[:60],
)
async def test_a_broken_issuer_means_that_nothing_is_known(
    trusting: Oidc, issuer: RunningIssuer, broken: dict[str, Any]
):
    token = issuer.token()
    issuer.ask("behave", **broken)
    with pytest.raises(IssuerUnavailable):
        await trusting.verify(Opened(token.encode()))


async def test_a_slow_issuer_keeps_everybody_waiting_once_and_not_for_long(
    issuer: RunningIssuer, watch: Watch
):
    issuer.ask("behave", delay=30)
    began = time.monotonic()
    async with IssuerClient(issuer.issuer, seconds=0.5) as client:
        keys = IssuerKeys(issuer.issuer, client.read, watch)
        waiting = [asyncio.create_task(keys.find("some")) for _ in range(20)]
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        await keys.close()
    assert all(isinstance(one, IssuerUnavailable) for one in outcomes)
    assert 0.4 < time.monotonic() - began < 2


async def test_an_only_key_without_an_id_is_found_without_one(watch: Watch):
    async def read(address: str) -> bytes:
        if address.endswith("configuration"):
            return b'{"issuer": "https://one.example.org", "jwks_uri": "https://one.example.org/k"}'
        return (
            b'{"keys": [{"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", '
            b'"x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}'
        )

    keys = IssuerKeys("https://one.example.org", read, watch)
    assert await keys.find(None) is not None
    assert await keys.find("named") is None
    await keys.close()


async def test_https_issuers_keys_are_never_read_without_tls(watch: Watch):
    async def read(_: str) -> bytes:
        return b'{"issuer": "https://one.example.org", "jwks_uri": "http://127.0.0.1/k"}'

    keys = IssuerKeys("https://one.example.org", read, watch)
    with pytest.raises(IssuerUnavailable):
        await keys.find(None)
    await keys.close()

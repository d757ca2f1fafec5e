"""Own tokens: what is issued is believed, nothing else is; the key is one and nobody else's."""

import json
import os
import stat
import subprocess
import sys
from base64 import urlsafe_b64encode
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import OKPKey

from adapters.bearers import Bearers
from adapters.principals import Principal, Role
from adapters.signed_tokens import BadToken, Opened
from adapters.tokens import BadKeyFile, BadSubject, Tokens, load_key

KEY = OKPKey.generate_key("Ed25519")
NOW = 1_900_000_000.0
SUBJECTS = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=255)
DOMAINS = st.none() | st.text(st.characters(categories=("L", "N", "P")), min_size=1, max_size=255)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> float:
        return self.now


def read(token: str, clock: Clock | None = None) -> Principal:
    return Tokens(KEY, clock or Clock()).verify(Opened(token.encode()))


@given(SUBJECTS, st.frozensets(st.sampled_from(Role)), DOMAINS, st.integers(1, 10**8))
def test_a_token_says_what_it_was_issued_for(
    subject: str, roles: frozenset[Role], domain: str | None, seconds: int
):
    token = Tokens(KEY, Clock()).issue(subject, roles, domain, seconds)
    assert read(token) == Principal(subject, subject, roles, domain, NOW + seconds)


@given(st.data())
def test_a_token_with_one_other_character_is_no_token(data: st.DataObject):
    token = Tokens(KEY, Clock()).issue("ada", [Role.AUTHOR], None, 60)
    at = data.draw(st.integers(0, len(token) - 1))
    other = data.draw(st.characters(max_codepoint=0x7E).filter(lambda one: one != token[at]))
    with pytest.raises(BadToken):
        read(token[:at] + other + token[at + 1 :])


@given(st.binary(max_size=200) | st.from_regex(rb"[\w-]{0,40}\.[\w-]{0,40}\.[\w-]{0,40}"))
def test_no_bytes_make_the_reader_stumble(token: bytes):
    with pytest.raises(BadToken):
        Tokens(KEY, Clock()).verify(Opened(token))


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists, max_leaves=5))
def test_no_header_makes_the_reader_stumble(value: object):
    for header in (value, {"alg": value}, {"alg": "Ed25519", "kid": value, "typ": value}):
        part = urlsafe_b64encode(json.dumps(header).encode()).rstrip(b"=")
        with pytest.raises(BadToken):
            Tokens(KEY, Clock()).verify(Opened(part + b".e30.AAAA"))


def test_a_token_is_good_from_its_first_to_its_last_second_and_half_a_minute_around():
    clock = Clock()
    token = Tokens(KEY, clock).issue("ada", [], None, 60)
    for seconds, good in ((-31, False), (-30, True), (0, True), (89, True), (90, False)):
        clock.now = NOW + seconds
        if good:
            assert read(token, clock).subject == "ada"
        else:
            with pytest.raises(BadToken):
                read(token, clock)


async def test_a_remembered_token_ends_when_it_would_have_ended():
    clock = Clock()
    tokens = Tokens(KEY, clock)
    bearers = Bearers(tokens, now=clock)
    token = tokens.issue("ada", [Role.AUTHOR], None, 60).encode()
    assert bearers.remembered(token) is None
    found = await bearers.find(token)
    assert found is not None
    assert bearers.remembered(token) is found
    clock.now += 90
    assert bearers.remembered(token) is None
    assert await bearers.find(token) is None


async def test_bad_tokens_are_not_remembered_and_good_ones_not_without_bound():
    tokens = Tokens(KEY, Clock())
    bearers = Bearers(tokens, now=Clock())
    for number in range(100):
        assert await bearers.find(b"a.b.%d" % number) is None
    assert not bearers._known
    first, second = (tokens.issue(name, [], None, 60).encode() for name in ("ada", "bob"))
    await bearers.find(first)
    [known] = bearers._known.values()
    bearers._known |= {b"%d" % number: known for number in range(16_383)}
    await bearers.find(second)
    assert len(bearers._known) == 16_384
    assert bearers.remembered(first) is None
    assert bearers.remembered(second) is not None


def test_a_token_of_another_installation_is_no_token_here():
    other = Tokens(OKPKey.generate_key("Ed25519"), Clock()).issue("ada", [Role.ADMIN], None, 60)
    with pytest.raises(BadToken):
        read(other)


@pytest.mark.parametrize("subject", ["", "a" * 256, "Мария", "a\nb"])
def test_nobody_is_called_so(subject: str):
    with pytest.raises(BadSubject):
        Tokens(KEY, Clock()).issue(subject, [], None, 60)


# --- the key file -------------------------------------------------------------------------------


def test_the_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path):
    path = tmp_path / "new folder" / "token-key.json"
    first = load_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_key(path).thumbprint() == first.thumbprint()
    assert [one.name for one in path.parent.iterdir()] == [path.name]


def test_processes_at_their_first_start_together_get_one_key(tmp_path: Path):
    script = (
        "import sys, pathlib; from adapters.tokens import load_key; "
        "print('ready', flush=True); sys.stdin.readline(); "
        "print(load_key(pathlib.Path(sys.argv[1])).thumbprint())"
    )
    path = tmp_path / "token-key.json"
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    said = {process.communicate(timeout=60)[0].strip() for process in processes}
    assert said == {load_key(path).thumbprint()}
    assert [one.name for one in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o660, 0o620])
def test_a_key_that_others_can_read_or_write_is_refused_with_the_command_that_mends_it(
    tmp_path: Path, mode: int
):
    path = tmp_path / "token-key.json"
    load_key(path)
    path.chmod(mode)
    with pytest.raises(BadKeyFile, match=f"chmod 600 {path}"):
        load_key(path)
    path.chmod(0o400)
    load_key(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_a_key_of_another_user_is_refused(tmp_path: Path):
    path = tmp_path / "token-key.json"
    load_key(path)
    os.chown(path, 12345, -1)
    with pytest.raises(BadKeyFile, match="belongs to another user"):
        load_key(path)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[1]",
        '{"kty": "oct", "k": "AAAA"}',
        '{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}',
        "[" * 4000,
        "x" * 5000,
    ],
)
def test_a_file_that_holds_no_private_key_is_refused_and_left_alone(tmp_path: Path, text: str):
    path = tmp_path / "token-key.json"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(BadKeyFile, match="no private Ed25519 key"):
        load_key(path)
    assert path.read_text() == text


def test_a_place_that_cannot_be_written_is_told_in_one_line(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(BadKeyFile, match=r"token key .*file"):
        load_key(tmp_path / "file" / "token-key.json")

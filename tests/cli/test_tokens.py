"""`markbook token`: what it prints, what it refuses."""

import base64
import json
from pathlib import Path
from typing import Any

import click.testing
import pytest

import app
from adapters.cli.root import Root, markbook
from adapters.http.facades import document

ROOT = Root(app.serve, app.running, app.open_database, document, app.token_signer)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def token(data: Path, *words: str, **settings: str) -> click.testing.Result:
    variables = {f"MARKBOOK_{name.upper()}": value for name, value in settings.items()}
    return click.testing.CliRunner(env=variables).invoke(
        markbook, ["token", "--data", str(data), *words], obj=ROOT
    )


def claims(printed: str) -> dict[str, Any]:
    part = printed.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def test_a_token_is_all_that_is_printed_and_says_what_was_asked(data: Path):
    words = ("--sub", "lms-1", "--role", "service", "--role", "keys", "--domain", "lms")
    done = token(data, *words, "--ttl", "2d")
    assert (done.exit_code, done.stderr) == (0, "")
    [line] = done.stdout.splitlines()
    said = claims(line)
    assert said["exp"] - said["iat"] == 2 * 86_400
    assert {name: said[name] for name in ("iss", "aud", "sub", "roles", "domain")} == {
        "iss": "markbook",
        "aud": "markbook",
        "sub": "lms-1",
        "roles": ["keys", "service"],
        "domain": "lms",
    }
    assert [path.name for path in data.iterdir()] == ["token-key.json"]


def test_the_key_file_may_lie_elsewhere_but_not_open_to_others(data: Path):
    key = data.parent / "secrets" / "key.json"
    assert token(data, "--sub", "ada", token_key_file=str(key)).exit_code == 0
    assert key.stat().st_mode & 0o777 == 0o600
    key.chmod(0o644)
    done = token(data, "--sub", "ada", token_key_file=str(key))
    assert done.exit_code == 2
    assert f"others can read it; run: chmod 600 {key}" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--sub", "a", "--role", "autor"), "there is no role 'autor'; the roles are staff, "),
        (("--sub", "a", "--role", "service"), "add --domain"),
        (("--sub", "Ада"), "printable ASCII"),
        (("--role", "author"), "Missing option '--sub'"),
        *(
            (("--sub", "a", "--ttl", ttl), "is no duration such as 30s, 15m, 1h or 7d")
            for ttl in ("1y", "0h", "-1h", "400d", "1.5h", "")
        ),
    ],
)
def test_what_cannot_be_is_refused_in_words_that_help(
    data: Path, words: tuple[str, ...], said: str
):
    done = token(data, *words)
    assert done.exit_code == 2
    assert said in done.stderr
    assert done.stdout == ""

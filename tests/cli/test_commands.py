"""The command line as an operator uses it: what it prints, what it refuses, how it exits."""

import json
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.contract.papers import paper
from tests.contract.server import Server, lay_out
from tests.contract.student import Student, answer


def run(*words: object, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MARKBOOK_")}
    return subprocess.run(
        [sys.executable, "-m", "app", *map(str, words)],
        env={**kept, **{f"MARKBOOK_{name.upper()}": value for name, value in settings.items()}},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def refused(*words: object, **settings: str) -> str:
    """The one line that a refused command says."""
    done = run(*words, **settings)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    [line] = [line for line in done.stderr.splitlines() if line]
    return line


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder in which one attempt was made and handed in."""
    folder = tmp_path_factory.mktemp("cli") / "data"
    lay_out(folder, [paper("algebra")], {"algebra": True})
    with Server(folder, login="open") as server, Student(server.base) as student:
        student.sign_in("ann")
        attempt_id = student.started("algebra")
        question = paper("algebra")["sections"][0]["questions"][0]["id"]
        student.save(attempt_id, answer(question, "forty-two"))
        student.submit(attempt_id)
    return folder


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"login": "nobody"}, "MARKBOOK_LOGIN: 'nobody' is none of password, oidc, open"),
        ({"colour": "red"}, "MARKBOOK_COLOUR: there is no such setting"),
        ({"port": "99999"}, "MARKBOOK_PORT: Expected `int` <= 65535"),
        ({"login": "open", "host": "0.0.0.0"}, "loopback"),
        ({"cors_origins": "https://a.org, *"}, "cors_origins: '*' is no origin"),
        ({"cors_origins": "https://a.org/"}, "'https://a.org/' is no origin"),
        ({"login": "oidc"}, "oidc_issuer: needed with login=oidc"),
        ({"database": "mysql://x"}, "bad database URL"),
        ({"database": "postgresql://127.0.0.1:1/none"}, "connect"),
    ],
)
def test_a_bad_setting_stops_the_start_with_one_line(tmp_path, settings, said):
    assert said in refused("serve", "--data", tmp_path, **settings)


def test_a_bad_settings_file_is_named(tmp_path):
    (tmp_path / "markbook.toml").write_text("login = 'open'\nwrong = 1\n")
    assert "markbook.toml: wrong: there is no such setting" in refused("serve", "--data", tmp_path)
    (tmp_path / "markbook.toml").write_text("login = ")
    assert "markbook.toml" in refused("views", "--data", tmp_path)


def test_a_port_in_use_is_said(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refused("serve", "--data", tmp_path, "--port", port)
    assert f"127.0.0.1:{port}" in line
    assert "--port" in line


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_server_that_is_told_to_stop_lets_go_of_its_files_and_ends_well(tmp_path, number):
    lay_out(tmp_path / "data", [paper("algebra")], {"algebra": True})
    server = Server(tmp_path / "data", login="open").__enter__()
    process = server._process
    assert process is not None
    try:
        process.send_signal(number)
        assert process.wait(15) == 0, server.log.read_text()
    finally:
        server.stop()
    database = sqlite3.connect(tmp_path / "data" / "markbook.sqlite3")
    [(expires,)] = database.execute("SELECT expires_at FROM leases WHERE name='files'").fetchall()
    database.close()
    assert expires <= time.time()


def test_views_and_rebuild(data):
    assert "exam_attempts" in run("views", "--data", data).stdout
    rebuilt = run("rebuild", "--data", data)
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert "events/s" in rebuilt.stdout
    assert "are what the log says" in run("rebuild", "--check", "--data", data).stdout
    known = refused("rebuild", "nope", "--data", data)
    assert "there are " in known
    assert "exam_attempts, exams" in known


def test_replay_prints_the_log_and_its_parts(data):
    lines = run("replay", "--data", data).stdout.splitlines()
    assert [int(line.split()[0]) for line in lines] == list(range(1, len(lines) + 1))
    as_json = [
        json.loads(line) for line in run("replay", "--json", "--data", data).stdout.splitlines()
    ]
    assert len(as_json) == len(lines)
    [started] = [event for event in as_json if event["tag"] == "attempt.started"]
    stream = started["stream"]
    part = run("replay", "--stream", stream, "--data", data).stdout
    assert part.count("\n") == 4
    assert part.splitlines() == [line for line in lines if f" {stream}@" in line]
    few = run("replay", "--from", 2, "--to", 3, "--data", data).stdout.splitlines()
    assert few == lines[1:3]
    until = run("replay", "--at", started["at"], "--json", "--data", data).stdout.splitlines()
    assert started["position"] <= len(until) < len(lines)
    state = json.loads(run("replay", "--stream", stream, "--state", "--data", data).stdout)
    assert state["phase"] == "finished"
    assert "forty-two" in json.dumps(state)


def test_replay_refuses_what_it_cannot_do(data):
    assert "is no time" in refused("replay", "--at", "yesterday", "--data", data)
    assert "--stream" in refused("replay", "--state", "--data", data)


def test_import_exams_takes_files_and_folders_and_says_what_is_wrong(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    for name in ("algebra", "geometry"):
        (source / f"{name}.json").write_text(json.dumps(paper(name)))
    (source / "manifest.json").write_text('{"exams":[{"examId":"algebra","published":true}]}')
    done = run("import", "exams", source, "--data", tmp_path / "data")
    assert done.returncode == 0, done.stderr
    assert "algebra.json: imported" in done.stdout
    assert "2 of 2 exams imported" in done.stdout
    again = run("import", "exams", source / "algebra.json", "--data", tmp_path / "data")
    assert "unchanged" in again.stdout
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    failed = run("import", "exams", bad, "--data", tmp_path / "data")
    assert failed.returncode == 1
    assert "NOT imported" in failed.stderr
    with Server(tmp_path / "data", login="open") as server, Student(server.base) as student:
        student.sign_in("ann")
        [listed] = student.get("/api/exams").json()
        assert listed["examId"] == "algebra"


def test_user_add_makes_an_account_once(tmp_path):
    words = ("user", "add", "--data", tmp_path / "data", "--password-stdin", "Ann")
    assert "Ann may sign in" in run(*words, stdin="correct horse\n").stdout
    again = run(*words, stdin="correct horse\n")
    assert again.returncode == 2
    assert "already" in again.stderr
    short = run("user", "add", "--data", tmp_path / "data", "--password-stdin", "Bob", stdin="x\n")
    assert short.returncode == 2
    assert "correct horse" not in run("replay", "--json", "--data", tmp_path / "data").stdout


def test_migrate_and_openapi(tmp_path):
    assert "ready" in run("migrate", "--data", tmp_path / "data").stdout
    document = json.loads(run("openapi").stdout)
    assert "/api/exams" in document["paths"]


def test_help_teaches():
    assert "Try `markbook demo` first" in run("--help").stdout
    for command in ("serve", "rebuild", "replay", "views", "demo", "migrate", "openapi"):
        assert len(run(command, "--help").stdout) > 150, command

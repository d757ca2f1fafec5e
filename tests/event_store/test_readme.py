"""The examples of event_store/README.md run as they stand."""

import re
import subprocess
from pathlib import Path

import pytest

from event_store.open import open_store
from event_store.store import Append, NewEvent, Store, Transaction
from tests.postgres_server import PostgresServer

README = (Path(__file__).parents[2] / "event_store/README.md").read_text(encoding="utf-8")
MADE = NewEvent("thing.made", b'{"at":"2026-01-02T03:04:05.678Z","data":{"colour":"red"}}')


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def queries(language: str) -> list[str]:
    text = "".join(blocks(language))
    return [query.strip() for query in re.split(r"--.*\n", text) if query.strip()]


@pytest.mark.parametrize("code", blocks("python"))
def test_the_python_example_runs(code: str):
    exec(compile(code, "README.md", "exec"), {})


def test_every_query_shows_something(store: Store):
    store.append([Transaction([Append("thing-1", 0, [MADE], seal=["thing.ended"])])])
    for query in queries(store.dialect):
        rows = store.read(query.replace("%", "%%") if store.dialect == "postgresql" else query)
        assert rows, query


def test_psql_answers_the_same(postgres_server: PostgresServer, postgres_database: str):
    store = open_store(postgres_database)
    store.migrate()
    store.append([Transaction([Append("thing-1", 0, [MADE])])])
    script = "".join(blocks("postgresql"))
    command = [f"{postgres_server.binaries}/psql", "-X", "-v", "ON_ERROR_STOP=1", postgres_database]
    done = subprocess.run(command, input=script, capture_output=True, text=True, check=True)
    assert done.stdout.count("thing-1") == 1
    assert "red" in done.stdout
    store.close()

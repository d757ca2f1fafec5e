"""The HTTP parts over a log in memory, called without a socket."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest
from joserfc.jwk import OKPKey
from litestar import Litestar

from adapters import side_tables
from adapters.bearers import Bearers
from adapters.checkers.on_demand import Checkers
from adapters.clock import system_clock
from adapters.deadlines import Deadlines
from adapters.exam_import import ExamImport
from adapters.exam_listing import ExamListing
from adapters.exam_shelf import ExamShelf
from adapters.files import Files
from adapters.http.application import create_application
from adapters.http.parts import Parts
from adapters.idempotency import Idempotency
from adapters.ledger import Call, Ledger, Step
from adapters.passwords import Passwords
from adapters.projector import Projector
from adapters.sessions import Sessions
from adapters.settings import FileViews, Login, Settings
from adapters.tokens import Tokens
from adapters.views import Views
from domain.exam import ImportExam, PublishExam, exam
from event_store.envelope import Actor
from event_store.open import open_store
from event_store.store import Store
from event_store.writer import Writer
from projections.registry import PROJECTIONS
from tests.contract.papers import paper
from tests.postgres_server import postgres_database, postgres_server

__all__ = ["postgres_database", "postgres_server"]

TOKENS = Tokens(OKPKey.generate_key("Ed25519"))


class Watch:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class World(NamedTuple):
    """One process's worth of parts."""

    store: Store
    writer: Writer
    parts: Parts
    watch: Watch

    @property
    def ledger(self) -> Ledger:
        return self.parts.ledger

    async def put_exam(self, document: Mapping[str, Any]) -> None:
        exam_id = document["examId"]
        command = ImportExam(exam_id=exam_id, document=json.dumps(document).encode())
        await self.ledger.execute(operator(), Step(exam.stream(exam_id), command))
        await self.ledger.execute(operator(), Step(exam.stream(exam_id), PublishExam()))


def operator() -> Call:
    return Call(Actor("system", "operator"), "system", "test", system_clock())


def another(store: Store, writer: Writer, data: Path, watch: Watch) -> World:
    """The parts of one more process over the same store."""
    views = Views(store, PROJECTIONS)
    views.migrate()
    views.load()
    ledger = Ledger(store, writer, views)
    files = Files(data=data, mode=FileViews.OFF, views=views)
    exams = ExamShelf(store, ledger, monotonic=watch)
    parts = Parts(
        ledger=ledger,
        views=views,
        followed=Projector(store, PROJECTIONS, own=lambda: store),  # never started
        files=files,
        deadlines=Deadlines(
            ledger=ledger, views=views, exams=exams, files=files, clock=system_clock
        ),
        bearers=Bearers(TOKENS),
        checkers=Checkers(),  # none starts before somebody asks
        sessions=Sessions(store, writer, ledger, hours=12, clock=system_clock, monotonic=watch),
        passwords=Passwords(store, ledger),
        idempotency=Idempotency(store, writer, ledger, monotonic=watch),
        exams=exams,
        exam_import=ExamImport(files.folder, files.mode, ledger, views),
        exam_listing=ExamListing(files.folder, files.mode, views),
        settings=Settings(data=data, login=Login.OPEN, file_views=FileViews.OFF),
        clock=system_clock,
        writer_health=lambda: writer.poisoned,
    )
    return World(store, writer, parts, watch)


@pytest.fixture(params=["memory", pytest.param("postgresql", marks=pytest.mark.ci)])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    where = "memory:"
    if request.param == "postgresql":
        where = request.getfixturevalue("postgres_database")
    store = open_store(where)
    store.migrate()
    side_tables.migrate(store)
    yield store
    store.close()


@pytest.fixture
async def world(store: Store, tmp_path: Path) -> AsyncIterator[World]:
    writer = Writer(store)
    world = another(store, writer, tmp_path, Watch())
    await world.put_exam(paper("algebra"))
    yield world
    await writer.close()
    world.ledger.close()
    world.parts.passwords.close()


class Answer(NamedTuple):
    status: int
    headers: list[tuple[bytes, bytes]]
    body: bytes

    @property
    def code(self) -> tuple[int, str]:
        return self.status, msgspec.json.decode(self.body)["error"]["code"]


class Browser:
    """Calls an application as a server would; keeps cookies."""

    def __init__(self, app: Litestar) -> None:
        self.app = app
        self.cookies: dict[str, str] = {}

    async def __call__(self, method: str, path: str, body: Any = None) -> Answer:
        content = msgspec.json.encode(body) if body is not None else b""
        pairs = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = [
            (b"cookie", pairs.encode()),
            (b"x-csrftoken", self.cookies.get("csrftoken", "").encode()),
            (b"content-type", b"application/json"),
        ]
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": content}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        scope: Any = {
            "type": "http",
            "method": method,
            "path": path,
            "headers": headers,
            "query_string": b"",
            "client": ("192.0.2.1", 1),
        }
        await self.app(scope, receive, send)  # type: ignore[arg-type]
        for name, value in sent[0]["headers"]:
            if name == b"set-cookie":
                key, _, kept = value.decode().partition(";")[0].partition("=")
                self.cookies[key] = kept
        return Answer(sent[0]["status"], sent[0]["headers"], b"".join(m["body"] for m in sent[1:]))

    async def sign_in(self, user_id: str) -> "Browser":
        await self("GET", "/api/auth/csrf")
        assert (await self("POST", "/api/auth/login", {"userId": user_id})).status == 200
        return self


@pytest.fixture
def app(world: World) -> Litestar:
    return create_application(world.parts)


@pytest.fixture
async def ada(app: Litestar) -> Browser:
    return await Browser(app).sign_in("ada")

"""The only file here that imports Markbook: fills a long log, scans it, counts it.

`python -m benchmarks.product fill DIR EVENTS USERS | scan DIR | count DIR`, each a process of its
own so that the harness stays small; prints JSON.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from adapters import codec, side_tables
from adapters.clock import system_clock
from adapters.ledger import Call, Ledger, Step
from adapters.passwords import Passwords
from adapters.settings import load_settings
from adapters.views import Views
from benchmarks.exam import save_bodies
from domain.attempt import Answer, AttemptKind, Learner, Subject
from domain.exam import Exam, ImportExam, PublishExam, exam
from domain.exam_attempt import SaveAnswers, SlotPolicy, StartAttempt, SubmitAttempt, attempt
from domain.exam_user import SignIn, exam_user
from domain.kernel import Command
from event_store.envelope import Actor
from event_store.open import open_store
from event_store.store import Store
from event_store.writer import Writer
from projections.registry import PROJECTIONS

AT_ONCE = 64
CHANGED = 3
EVENTS_BESIDE_SAVES = 7  # registered, signed in, started, claimed, submitted, finished, released


@click.group()
def main() -> None:
    """Work on the log of a data folder that no server is using."""


@main.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.argument("events", type=int)
@click.argument("users", type=int)
def fill(data: Path, events: int, users: int) -> None:
    """Let past users sign in, start, save a few answers at a time, and submit."""
    store = _open(data)
    began = time.perf_counter()
    try:
        asyncio.run(_fill(store, _exam_file(data), events, users))
        _print(store.head(), began)
    finally:
        store.close()


@main.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
@click.argument("users", type=int)
@click.argument("password")
def accounts(data: Path, users: int, password: str) -> None:
    """Make accounts `student-0`, `student-1`, … with a password; about 25 ms of a core each."""
    store = _open(data)
    began = time.perf_counter()
    try:
        asyncio.run(_register(store, users, password))
        _print(store.head(), began)
    finally:
        store.close()


@main.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
def scan(data: Path) -> None:
    """Read the log once, decode every event whole, fold every inline view in memory."""
    inline = [one for one in PROJECTIONS if one.inline]
    store = _open(data)
    views: dict[tuple[str, str], Any] = {}
    began, count = time.perf_counter(), 0
    for recorded in store.scan():
        fact = codec.fact(recorded)
        count += 1
        for projection in inline:
            if recorded.tag in projection.reads:
                key = projection.key(fact)
                if isinstance(key, str):
                    place = (projection.name, key)
                    views[place] = projection.project(views.get(place), fact)
    _print(count, began)
    store.close()


@main.command()
@click.argument("data", type=click.Path(path_type=Path, exists=True))
def count(data: Path) -> None:
    """How many events the log holds."""
    store = _open(data)
    _print(store.head(), time.perf_counter())
    store.close()


def _open(data: Path) -> Store:
    return open_store(load_settings({}, {"data": str(data)}).database_url)


def _exam_file(data: Path) -> Path:
    return next((data / "input").glob("*.json"))


def _print(events: int, began: float) -> None:
    click.echo(json.dumps({"events": events, "seconds": time.perf_counter() - began}))


async def _register(store: Store, users: int, password: str) -> None:
    await asyncio.to_thread(store.migrate)
    await asyncio.to_thread(side_tables.migrate, store)
    views = Views(store, PROJECTIONS)
    await asyncio.to_thread(views.migrate)
    await asyncio.to_thread(views.load)
    writer = Writer(store)
    ledger = Ledger(store, writer, views)
    passwords = Passwords(store, ledger)
    numbers = iter(range(users))

    async def some() -> None:
        for number in numbers:
            name = f"student-{number}"
            call = Call(Actor("system", "operator"), "system", f"account-{number}", system_clock())
            await passwords.register(call, name, name, password)

    await asyncio.gather(*(some() for _ in range(AT_ONCE)))
    passwords.close()
    await writer.close()
    ledger.close()


async def _fill(store: Store, file: Path, events: int, users: int) -> None:
    """Every command through the ledger, so that whatever goes with an event is there too."""
    await asyncio.to_thread(store.migrate)
    views = Views(store, PROJECTIONS)
    problems = await asyncio.to_thread(views.migrate)
    if problems:
        raise click.ClickException(str(problems))
    writer = Writer(store)
    ledger = Ledger(store, writer, views)
    exam_id, document = file.stem, await asyncio.to_thread(file.read_bytes)
    stream = exam.stream(exam_id)
    await _execute(ledger, "operator", stream, ImportExam(exam_id=exam_id, document=document))
    await _execute(ledger, "operator", stream, PublishExam())
    state, _ = await ledger.read(exam, exam_id)
    saves = max(1, events // users - EVENTS_BESIDE_SAVES)
    bodies = _answers(json.loads(document))
    numbers = iter(range(users))
    await asyncio.gather(
        *(_some_users(ledger, state, bodies, saves, numbers) for _ in range(AT_ONCE))
    )
    await writer.close()
    ledger.close()


def _answers(document: dict[str, Any]) -> list[list[Answer]]:
    return [
        [
            Answer(
                item_id=answer["questionId"],
                response=answer["response"],
                time_sec=answer["timeSec"],
            )
            for answer in json.loads(body)["answers"]
        ]
        for body in save_bodies(document, 0)
    ]


async def _some_users(
    ledger: Ledger, state: Exam, bodies: list[list[Answer]], saves: int, numbers: Iterator[int]
) -> None:
    for number in numbers:
        user = f"past-{number:06d}"
        for stream, command in _life(user, state, bodies, saves):
            await _execute(ledger, user, stream, command)


def _life(
    user: str, state: Exam, bodies: list[list[Answer]], saves: int
) -> Iterator[tuple[str, Command]]:
    """All that one past user did: about `saves + 7` events."""
    yield exam_user.stream(user), SignIn(user_id=user, register=True, roles=())
    attempt_id = f"{user}-{state.exam_id}-0"
    stream = attempt.stream(attempt_id)
    yield (
        stream,
        StartAttempt(
            attempt_id=attempt_id,
            kind=AttemptKind.EXAM,
            learner=Learner(scheme="exam", id=user),
            subject=Subject(
                type="exam",
                id=state.exam_id,
                content_hash=state.content_hash,
                version=state.version,
            ),
            item_ids=state.question_ids,
            now=system_clock(),
            slot=SlotPolicy(),
        ),
    )
    for number in range(saves):
        body = bodies[number // 16 % len(bodies)]
        first = number * CHANGED % len(body)
        changes = tuple(body[first : first + CHANGED])
        yield stream, SaveAnswers(changes=changes, now=system_clock())
    yield stream, SubmitAttempt(document=state.document, now=system_clock())


async def _execute(ledger: Ledger, user: str, stream: str, command: Command) -> None:
    now = system_clock()
    call = Call(Actor("exam", user), "exams", f"fill-{user}", now)
    await ledger.execute(call, Step(stream, command))


if __name__ == "__main__":
    main()

"""Histories for tests of views: real deciders on random commands, appended as the ledger does."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec
from hypothesis import strategies as st

from adapters import codec
from adapters.followed_views import Follower
from adapters.view_fold import reader_of
from adapters.view_table import ViewTable
from adapters.views import Views
from domain.attempt import Answer, AttemptKind, Learner, Subject
from domain.exam import ImportExam, PublishExam, ReportExamMissing, UnpublishExam
from domain.exam_attempt import (
    ExpireAttempt,
    ExtendAttempt,
    SaveAnswers,
    SlotPolicy,
    StartAttempt,
    SubmitAttempt,
)
from domain.kernel import Command, Event, Refused
from domain.registry import COMMANDS
from domain.time_limit import TimeLimit
from event_store.envelope import Actor
from event_store.store import Append, EpochMoved, NewEvent, Store, Transaction
from projections.kernel import Fact, Projection, Via
from tests.adapters.checking_histories import CHECKING_COMMANDS_FOR_KEYS
from tests.adapters.content_histories import CONTENT_COMMANDS_FOR_KEYS
from tests.adapters.problem_histories import PROBLEM_COMMANDS_FOR_KEYS

AT = "2026-01-02T03:04:05.678Z"
ACTOR = Actor("exam", "u1")


def encoded(event: Event, command: Command | None = None, part: int = 0) -> NewEvent:
    """The event in an envelope; with `command` as the ledger makes it, else as before."""
    named = command is not None and not part
    return codec.encode(
        event,
        at=AT,
        actor=ACTOR,
        facade="exams",
        correlation="c1",
        command=type(command).__name__ if named else msgspec.UNSET,
        part=part or msgspec.UNSET,
    )


def document(exam_id: str, title: str = "Words") -> bytes:
    """A small valid exam."""
    question = {"id": "q1", "type": "text", "prompt": "?"}
    return msgspec.json.encode(
        {
            "examId": exam_id,
            "subject": "math",
            "title": title,
            "difficulty": "beginner",
            "durationMinutes": 30,
            "sections": [{"questions": [question, {**question, "id": "q2"}]}],
        }
    )


LIMIT = TimeLimit(
    seconds=60, expires_at="2026-01-02T03:05:05.678Z", closes_at="2026-01-02T03:05:15.678Z"
)
LATE = "2026-01-02T03:05:15.679Z"


def start(
    attempt_id: str, learner: str = "ann", exam_id: str = "e1", limit: TimeLimit | None = None
) -> StartAttempt:
    """The command that begins an attempt."""
    return StartAttempt(
        attempt_id=attempt_id,
        kind=AttemptKind.EXAM,
        learner=Learner("exam", learner),
        subject=Subject("exam", exam_id, "0" * 64),
        item_ids=("q1", "q2"),
        now=AT,
        slot=SlotPolicy(),
        limit=limit,
    )


def save(response: object = "x", item: str = "q1") -> SaveAnswers:
    """The command that saves one answer."""
    return SaveAnswers(changes=(Answer(item, response),), now=AT)


def submit(exam_id: str = "e1") -> SubmitAttempt:
    """The command that hands in."""
    return SubmitAttempt(document=document(exam_id), now=AT)


def extend(minutes: int) -> ExtendAttempt:
    """The command that gives an attempt more time."""
    return ExtendAttempt(extension_id=str(minutes), minutes=minutes, reason="r", now=AT)


class Live:
    """A ledger without its loop: each command's events and inline rows in one transaction."""

    def __init__(self, store: Store, views: Views) -> None:
        self.store = store
        self.views = views
        self._states: dict[str, tuple[Any, int]] = {}
        self._rows: dict[tuple[str, str], Any] = {}
        self._before: dict[tuple[str, str], Any] = {}

    def do(self, key: str, *commands: Command) -> int:
        """Carry out commands for one aggregate; a refused one changes nothing. The new head."""
        for command in commands:
            transaction = self.decided(key, command)
            while transaction is not None:
                [result] = self.store.append([transaction])
                if isinstance(result, int):
                    break
                assert isinstance(result, EpochMoved), result
                self.views.load()
                transaction = self._with_rows(transaction)
        return self.store.head()

    def decided(self, key: str, command: Command) -> Transaction | None:
        """The transaction of one command, counted as done."""
        decider = COMMANDS[type(command)]
        stream = decider.stream(key)
        state, before = self._states.get(stream, (decider.initial, 0))
        try:
            events: Sequence[Event] = decider.decide(state, command)
        except Refused:
            return None
        self._before = dict(self._rows)
        for version, event in enumerate(events, before + 1):
            state = decider.evolve(state, event)
            for table in self.views.inline(decider.category):
                name = (table.projection.name, stream)
                fact = Fact(stream, version, AT, event)
                self._rows[name] = table.project(self._rows.get(name), fact)
        if not events:
            return None
        self._states[stream] = (state, before + len(events))
        new = [encoded(event, command, part) for part, event in enumerate(events)]
        append = Append(stream, before, new)
        return self._with_rows(Transaction([append]))

    def _with_rows(self, transaction: Transaction) -> Transaction:
        """The same events with their rows for the tables in use now."""
        [(stream, *_)] = transaction.appends
        category, _, key = stream.partition("-")
        _, version = self._states[stream]
        epoch = self.views.epoch
        rows = []
        for table in self.views.inline(category):
            name = (table.projection.name, stream)
            rows.append(table.row(key, version, self._rows[name], self._before.get(name)))
        return transaction._replace(rows=rows, epoch=epoch)


def catch_up(store: Store, projections: Iterable[Projection[Any]]) -> None:
    """Let the followed views take in the whole log, then give the lease back."""
    follower = Follower(store, projections)
    while follower.step():
        pass
    follower.release()


LEARNERS = st.sampled_from(["ann", "bob", "eve-", "remover", "Ян"])
ATTEMPTS = st.sampled_from(["a1", "a2", "a3", "a4"])
EXAMS = st.sampled_from(["e1", "e2", "e.3"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


def _for(keys: st.SearchStrategy[str], made: Callable[..., Command], *parts: Any) -> Any:
    """Commands `made` of a key and some parts, with the key of their aggregate."""
    return keys.flatmap(lambda key: st.tuples(st.just(key), st.builds(made, st.just(key), *parts)))


COMMANDS_FOR_KEYS: st.SearchStrategy[tuple[str, Command]] = st.one_of(
    _for(ATTEMPTS, start, LEARNERS, EXAMS),
    _for(ATTEMPTS, lambda _key, *answer: save(*answer), JSON, st.sampled_from(["q1", "q2"])),
    _for(ATTEMPTS, lambda _key: submit()),
    _for(ATTEMPTS, lambda key: start(key, limit=LIMIT)),
    _for(ATTEMPTS, lambda _key, minutes: extend(minutes), st.integers(1, 3)),
    _for(ATTEMPTS, lambda _key: ExpireAttempt(document=document("e1"), now=LATE)),
    _for(
        EXAMS,
        lambda key, title: ImportExam(exam_id=key, document=document(key, title)),
        st.text(min_size=1, max_size=8),
    ),
    _for(EXAMS, lambda _key: ReportExamMissing(problem="gone")),
    _for(EXAMS, lambda _key: PublishExam()),
    _for(EXAMS, lambda _key: UnpublishExam()),
)
HISTORIES = st.lists(
    COMMANDS_FOR_KEYS
    | PROBLEM_COMMANDS_FOR_KEYS
    | CONTENT_COMMANDS_FOR_KEYS
    | CHECKING_COMMANDS_FOR_KEYS,
    max_size=25,
)

Rows = dict[str, tuple[Any, ...]]


def rows_in_use(store: Store, views: Views, projection: Projection[Any]) -> Rows:
    """The rows of a view as they lie in the database, without versions and removed ones."""
    [one] = [one for one in views.report() if one.name == projection.name]
    assert one.generation is not None
    return rows_of(store, ViewTable(projection, one.generation, store.dialect))


def rows_of(store: Store, table: ViewTable) -> Rows:
    """The rows of one table."""
    columns = ", ".join(f'"{name}"' for name in table.columns if name != "version")
    rows = store.read(f"SELECT {columns} FROM {table.name} WHERE document IS NOT NULL")
    return {key: tuple(values) for key, *values in rows}


def replayed(store: Store, projection: Projection[Any]) -> Rows:
    """What the rows should be: the plainest fold of the bytes in the log."""
    found: dict[str, Any] = {}
    names: dict[str, str] = {}
    for _, _, fact in reader_of([projection]).facts(store.scan()):
        key = projection.key(fact)
        if isinstance(key, Via):
            key = names.get(key.name)
        if key is not None:
            name = None if projection.names is None else projection.names(fact)
            if name is not None:
                names.setdefault(name, key)
            found[key] = projection.project(found.get(key), fact)
    table = ViewTable(projection, 1, store.dialect)
    return {key: table.values(key, 0, view)[2:] for key, view in found.items() if view is not None}

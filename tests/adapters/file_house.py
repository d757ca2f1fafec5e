"""One process over a data folder, without HTTP: what the Exams facade does, then its files."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from adapters.clock import system_clock
from adapters.exam_shelf import ExamShelf
from adapters.file_keeper import FileKeeper
from adapters.files import Files
from adapters.ledger import Call, Ledger, Step
from adapters.settings import FileViews
from adapters.user_attempts import attempts_of
from adapters.views import Views
from domain.attempt import Answer, Attempt, AttemptKind, Learner, Subject
from domain.exam import Exam, ImportExam, PublishExam, UnpublishExam, exam
from domain.exam_attempt import SaveAnswers, SlotPolicy, StartAttempt, SubmitAttempt, attempt
from domain.kernel import Command
from event_store.envelope import Actor
from event_store.open import open_store
from event_store.store import Store
from event_store.writer import Writer
from projections.exam_attempts import ExamAttempt
from projections.registry import PROJECTIONS

ACTOR = Actor("exam", "test")
INTERVAL = 0.05


def exam_document(exam_id: str, version: str = "1", questions: int = 3) -> dict[str, Any]:
    """An exam as an operator would write it."""
    return {
        "examId": exam_id,
        "subject": "mathematics",
        "title": f"Exam {exam_id}",
        "difficulty": "beginner",
        "durationMinutes": 30,
        "sections": [
            {
                "id": "s1",
                "title": "Раздел",
                "questions": [
                    {"id": f"q{number}", "type": "true_false", "prompt": "?", "answer": True}
                    for number in range(questions)
                ],
            }
        ],
        "metadata": {"version": version},
    }


class House:
    """A process, its data folder, and what tests do in it."""

    def __init__(self, data: Path, ledger: Ledger, views: Views, files: Files) -> None:
        self.data = data
        self.ledger = ledger
        self.views = views
        self.files = files
        self.shelf: ExamShelf
        self.keeper: FileKeeper

    # --- what the operator does ---

    def put_exam(self, exam_id: str, **more: Any) -> dict[str, Any]:
        document = exam_document(exam_id, **more)
        (self.data / "input").mkdir(exist_ok=True)
        (self.data / "input" / f"{exam_id}.json").write_text(
            json.dumps(document, ensure_ascii=False, indent=1), encoding="utf-8"
        )
        return document

    def put_manifest(self, content: Any) -> None:
        text = content if isinstance(content, str) else json.dumps(content)
        (self.data / "manifest.json").write_text(text, encoding="utf-8")

    # --- what people do through HTTP ---

    async def execute(self, stream: str, command: Command) -> Any:
        call = Call(ACTOR, "exams", "test", system_clock())
        return (await self.ledger.execute(call, Step(stream, command))).states[stream]

    async def import_exam(self, exam_id: str, **more: Any) -> dict[str, Any]:
        document = exam_document(exam_id, **more)
        content = json.dumps(document, ensure_ascii=False).encode()
        await self.execute(exam.stream(exam_id), ImportExam(exam_id=exam_id, document=content))
        return document

    async def publish(self, exam_id: str) -> None:
        await self.execute(exam.stream(exam_id), PublishExam())

    async def unpublish(self, exam_id: str) -> None:
        await self.execute(exam.stream(exam_id), UnpublishExam())

    async def exam(self, exam_id: str) -> Exam:
        return (await self.ledger.read(exam, exam_id))[0]

    async def start(self, user: str, exam_id: str, number: int = 1, **policy: Any) -> str:
        pinned = await self.exam(exam_id)
        attempt_id = f"{user}-{exam_id}-{number}"
        command = StartAttempt(
            attempt_id=attempt_id,
            kind=AttemptKind.EXAM,
            learner=Learner(scheme="exam", id=user),
            subject=Subject(
                type="exam",
                id=exam_id,
                content_hash=pinned.content_hash,
                version=pinned.version,
            ),
            item_ids=pinned.question_ids,
            now=system_clock(),
            slot=SlotPolicy(**policy),
        )
        await self.files.started(await self.execute(attempt.stream(attempt_id), command))
        return attempt_id

    async def save(self, attempt_id: str, question: str, response: Any) -> Attempt:
        answer = Answer(item_id=question, response=response)
        command = SaveAnswers(changes=(answer,), now=system_clock())
        state: Attempt = await self.execute(attempt.stream(attempt_id), command)
        await self.files.saved(state)
        return state

    async def submit(self, attempt_id: str, *, files: bool = True) -> Attempt:
        before, _ = await self.ledger.read(attempt, attempt_id)
        document = await self.shelf.document(before.subject.id, before.subject.content_hash)
        command = SubmitAttempt(document=document, now=system_clock())
        state: Attempt = await self.execute(attempt.stream(attempt_id), command)
        if files:
            await self.files.submitted(state, document)
        return state

    # --- what is seen ---

    def rows(self, user: str) -> list[ExamAttempt]:
        return attempts_of(self.views, user)

    def read(self, path: str) -> Any:
        return json.loads((self.data / path).read_bytes())

    def manifest(self) -> Any:
        return self.read("manifest.json")

    def flags(self) -> dict[str, bool]:
        return {entry["examId"]: entry["published"] for entry in self.manifest()["exams"]}


def _stores(data: Path, database: str | Path | None) -> tuple[Store, Store]:
    data.mkdir(parents=True, exist_ok=True)
    where = database or data / "markbook.sqlite3"
    store, own = open_store(where), open_store(where)
    store.migrate()
    return store, own


@asynccontextmanager
async def house(
    data: Path,
    *,
    mode: FileViews = FileViews.COALESCED,
    keeping: bool = True,
    database: str | Path | None = None,
) -> AsyncIterator[House]:
    """A process with its own connections; with `keeping` its file keeper runs."""
    store, own = _stores(data, database)
    views = Views(store, PROJECTIONS)
    views.migrate()
    views.load()
    writer = Writer(store)
    ledger = Ledger(store, writer, views)
    files = Files(data=data, mode=mode, views=views)
    here = House(data, ledger, views, files)
    here.shelf = ExamShelf(store, ledger)
    here.keeper = FileKeeper(
        files=files,
        ledger=ledger,
        views=views,
        exams=here.shelf,
        store=own,
        clock=system_clock,
        interval=INTERVAL,
    )
    try:
        if keeping:
            await here.keeper.start()
        yield here
    finally:
        if keeping:
            await here.keeper.stop()
        files.close()
        await writer.close()
        ledger.close()
        own.close()
        store.close()


async def soon(holds: Callable[[], Any], seconds: float = 2.0) -> None:
    """Wait until `holds()` is true; it may fail meanwhile."""
    end = asyncio.get_running_loop().time() + seconds
    while True:
        try:
            if holds():
                return
        except (OSError, ValueError, KeyError, AssertionError):
            pass
        assert asyncio.get_running_loop().time() < end, "it never came true"
        await asyncio.sleep(0.01)

"""Exams at hand: fresh enough to start one without a read, every version that attempts pinned."""

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from adapters import codec
from adapters.ledger import Ledger
from domain.exam import Exam, ExamFileChanged, ExamImported, exam
from domain.exam_document import is_exam_id, redacted
from event_store.store import Recorded, Store

_FRESH_SECONDS = 1.0
_SHELF_BYTES = 32 * 1024 * 1024


class ExamShelf:
    """The exams as one process sees them; belongs to one event loop.

    What this process does to an exam is seen at once, what another does within a second.
    """

    def __init__(
        self,
        store: Store,
        ledger: Ledger,
        *,
        secret_keys: Sequence[str] = (),
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """`secret_keys` are withheld from learners beside those of E-08."""
        self._store = store
        self._ledger = ledger
        self._secret_keys = frozenset(secret_keys)
        self._monotonic = monotonic
        self._read_at: dict[str, float] = {}
        self._pinned = _Bounded()
        self._redacted = _Bounded()

    async def exam(self, exam_id: str) -> Exam:
        """The exam as it stands; an absent one if there is none or the id cannot be one."""
        if not is_exam_id(exam_id):
            return exam.initial
        now = self._monotonic()
        if now - self._read_at.get(exam_id, float("-inf")) <= _FRESH_SECONDS:
            remembered = self._ledger.remembered(exam, exam_id)
            if remembered is not None:
                return remembered[0]
        state, version = await self._ledger.read(exam, exam_id)
        if version:
            self._read_at[exam_id] = now
        return state

    async def document(self, exam_id: str, content_hash: str) -> bytes:
        """The document with this hash, the present one or an older. Raises LookupError."""
        remembered = self._ledger.remembered(exam, exam_id)
        if remembered is not None and remembered[0].content_hash == content_hash:
            return remembered[0].document
        found = self._pinned.get(content_hash)
        if found is None:
            history = await self._ledger.query(self._store.read_stream, exam.stream(exam_id))
            found = _document(history, content_hash)
            self._pinned.put(content_hash, found)
        return found

    async def for_learners(self, state: Exam) -> bytes:
        """The exam's document without what carries answers (E-08)."""
        return await self.redacted(state.content_hash, state.document)

    async def redacted(self, content_hash: str, document: bytes) -> bytes:
        """A document with this hash without what carries answers (E-08)."""
        found = self._redacted.get(content_hash)
        if found is None:
            found = await self._ledger.query(redacted, document, self._secret_keys)
            self._redacted.put(content_hash, found)
        return found


def _document(history: Sequence[Recorded], content_hash: str) -> bytes:
    for recorded in reversed(history):
        match codec.decode(recorded):
            case ExamImported() | ExamFileChanged() as event if event.content_hash == content_hash:
                return bytes(event.document)
    raise LookupError(f"no exam document has the hash {content_hash}")


class _Bounded:
    """Documents by hash, the longest unused ones given up beyond a number of bytes."""

    def __init__(self) -> None:
        self._documents: OrderedDict[str, bytes] = OrderedDict()
        self._bytes = 0

    def get(self, content_hash: str) -> bytes | None:
        document = self._documents.get(content_hash)
        if document is not None:
            self._documents.move_to_end(content_hash)
        return document

    def put(self, content_hash: str, document: bytes) -> None:
        if content_hash in self._documents:
            return
        self._documents[content_hash] = document
        self._bytes += len(document)
        while self._bytes > _SHELF_BYTES and len(self._documents) > 1:
            _, dropped = self._documents.popitem(last=False)
            self._bytes -= len(dropped)

"""Import of an exam by staff: the event and the file in `input/`, neither of them alone (A16)."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from adapters.exam_files import BYTE_ORDER_MARK, INPUT, SUFFIX
from adapters.file_writing import Folder, Prepared
from adapters.ledger import Ledger, Step
from adapters.settings import FileViews
from adapters.view_query import Eq
from adapters.views import Views
from domain.exam import ExamInUse, ImportExam, UnpublishExam, exam, invalid_exam
from domain.exam_document import InvalidExam, read_exam
from projections.exam_attempts import exam_attempts

T = TypeVar("T")


class ExamImport:
    """Takes exams in for one process."""

    def __init__(self, folder: Folder, mode: FileViews, ledger: Ledger, views: Views) -> None:
        """With `mode` off no file is written: the log has the whole document."""
        self._folder = folder if mode is not FileViews.OFF else None
        self._ledger = ledger
        self._views = views

    async def take(
        self, execute: Callable[[Step, Step], Awaitable[T]], document: bytes, *, replace: bool
    ) -> T:
        """Import a document; the exam is a draft afterwards, also one that was open before.

        Returns what `execute` made of the steps. Raises ExamInvalid, ExamExists without `replace`,
        ExamInUse while somebody takes it. The file is prepared before the event is appended and
        put in place after it, so that a full disk refuses both and whoever watches the folder
        finds nothing that the log does not know.
        """
        document = document.removeprefix(BYTE_ORDER_MARK)
        exam_id = await self._ledger.query(_exam_id, document)
        if replace and await self._ledger.query(self._in_use, exam_id):
            # Whoever starts at this very moment keeps the version that was there (E-51).
            raise ExamInUse(f"exam {exam_id!r} is being taken", examId=exam_id)
        stream = exam.stream(exam_id)
        command = ImportExam(exam_id=exam_id, document=document, replace=replace)
        exam.decide((await self._ledger.read(exam, exam_id))[0], command)  # refused without a trace
        path = f"{INPUT}/{exam_id}{SUFFIX}"
        prepared = await self._ledger.query(self._prepare, path, document)
        try:
            result = await execute(Step(stream, command), Step(stream, UnpublishExam()))
        except BaseException:
            if prepared is not None:
                await self._ledger.query(prepared.discard)
            raise
        if prepared is not None:
            await self._ledger.query(prepared.put)
        return result

    async def taken_before(self, document: bytes) -> None:
        """A document was imported: its file is put in place if that was cut off."""
        document = document.removeprefix(BYTE_ORDER_MARK)
        exam_id = await self._ledger.query(_exam_id, document)
        if self._folder is not None:
            path = f"{INPUT}/{exam_id}{SUFFIX}"
            await self._ledger.query(self._folder.create, path, document)

    def _in_use(self, exam_id: str) -> bool:
        where = (Eq("exam_id", exam_id), Eq("status", "in_progress"))
        return bool(self._views.count(exam_attempts, where))

    def _prepare(self, path: str, document: bytes) -> Prepared | None:
        return None if self._folder is None else self._folder.prepare(path, document)


def _exam_id(document: bytes) -> str:
    try:
        return read_exam(document).exam_id
    except InvalidExam as error:
        raise invalid_exam("the exam cannot be used", error) from None

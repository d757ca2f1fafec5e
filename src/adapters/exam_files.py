"""The folder `input/`: which exam files are new, changed, broken or gone (E-02, E-50)."""

import time
from collections.abc import Mapping
from typing import NamedTuple

from adapters.file_writing import Folder, Signature
from adapters.problems import Problems
from domain.exam_document import (
    MAX_DOCUMENT_BYTES,
    InvalidExam,
    compact,
    content_hash,
    is_exam_id,
    read_exam,
)
from projections.exams import ExamEntry

INPUT = "input"
SUFFIX = ".json"
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_NEVER = Signature(0, 0, 0)  # of no file: it will be read once more
_SETTLED_NS = 100_000_000  # file times are coarse: a younger file may change and look the same


class ExamFile(NamedTuple):
    """What the log does not know yet of an exam's file.

    `document` is None when the file is gone, or when `problem` says why it cannot be used.
    """

    exam_id: str
    document: bytes | None = None
    problem: str | None = None


def is_settled(signature: Signature) -> bool:
    """Whether a file is old enough for its signature to tell the next change."""
    return time.time_ns() - signature.mtime_ns > _SETTLED_NS


class ExamFiles:
    """Looks at the folder again and again; belongs to one thread.

    A file that is broken or gone counts only when it still is at the next look, because somebody
    may be about to write it.
    """

    def __init__(self, folder: Folder, problems: Problems) -> None:
        """Nothing has been looked at."""
        self._folder = folder
        self._problems = problems
        self._seen: dict[str, Signature] = {}
        self._doubtful: dict[str, Signature | None] = {}
        self._first = True

    def look(self, known: Mapping[str, ExamEntry]) -> list[ExamFile]:
        """What differs from the last look, and from what the log knows to be there."""
        try:
            names = self._names()
        except OSError as error:
            self._problems.report(INPUT, str(error))
            return []
        self._problems.solved(INPUT)
        present = {f"{exam_id}{SUFFIX}" for exam_id, entry in known.items() if entry.present}
        gone = (present | self._seen.keys()) - names.keys()
        changed = [name for name, signature in names.items() if self._seen.get(name) != signature]
        found = [self._read(name, names[name], known) for name in changed]
        found += [self._gone(name, known) for name in sorted(gone)]
        self._first = False
        return [file for file in found if file is not None]

    def again(self, exam_id: str) -> None:
        """Report this exam's file once more at the next look: the log could not take it."""
        self._seen[f"{exam_id}{SUFFIX}"] = _NEVER

    def _names(self) -> dict[str, Signature]:
        try:
            names = self._folder.names(INPUT)
        except FileNotFoundError:
            self._folder.make(INPUT)
            names = {}
        return {name: of for name, of in names.items() if name.endswith(SUFFIX)}

    def _gone(self, name: str, known: Mapping[str, ExamEntry]) -> ExamFile | None:
        if self._in_doubt(name, None):
            return None
        self._seen.pop(name, None)
        self._problems.solved(f"{INPUT}/{name}")
        exam_id = name.removesuffix(SUFFIX)
        return ExamFile(exam_id) if exam_id in known else None

    def _in_doubt(self, name: str, signature: Signature | None) -> bool:
        """Whether this is the first look that finds the file in this bad state."""
        if self._first:
            return False
        if name in self._doubtful and self._doubtful[name] == signature:
            del self._doubtful[name]
            return False
        self._doubtful[name] = signature
        return True

    def _read(
        self, name: str, signature: Signature, known: Mapping[str, ExamEntry]
    ) -> ExamFile | None:
        seen = signature if is_settled(signature) else _NEVER
        exam_id = name.removesuffix(SUFFIX)
        document, problem = self._document(name, signature)
        if document is None:
            if problem is None or self._in_doubt(name, signature):
                return None
            self._problems.report(f"{INPUT}/{name}", problem)
            self._seen[name] = seen
            return ExamFile(exam_id, problem=problem) if exam_id in known else None
        self._doubtful.pop(name, None)
        self._problems.solved(f"{INPUT}/{name}")
        self._seen[name] = seen
        entry = known.get(exam_id)
        if entry is not None and entry.present and entry.content_hash == content_hash(document):
            return None
        return ExamFile(exam_id, document)

    def _document(self, name: str, signature: Signature) -> tuple[bytes | None, str | None]:
        """The compact document in a file, or what is wrong with it, or neither: it is gone."""
        try:
            content = exam_content(self._folder, name, signature)
        except InvalidExam as error:
            return None, str(error)
        return (None, None) if content is None else (compact(content), None)


def exam_content(folder: Folder, name: str, signature: Signature) -> bytes | None:
    """The valid exam in a file of `input/`, None if the file is gone. Raises InvalidExam."""
    exam_id = name.removesuffix(SUFFIX)
    if not is_exam_id(exam_id):
        raise InvalidExam("the name cannot be an examId")
    if signature.size > MAX_DOCUMENT_BYTES:
        raise InvalidExam(f"larger than {MAX_DOCUMENT_BYTES // 1024 // 1024} MB")
    try:
        content = folder.read(f"{INPUT}/{name}")
    except OSError as error:
        raise InvalidExam(error.strerror or str(error)) from None
    if content is None:
        return None
    content = content.removeprefix(BYTE_ORDER_MARK)
    exam = read_exam(content)
    if exam.exam_id != exam_id:
        raise InvalidExam(f"the file is called {exam_id!r} but its examId is {exam.exam_id!r}")
    return content

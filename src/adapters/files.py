"""The files of exam attempts: bundle, attempt, progress. Views of the log, written whole (E-41)."""

import asyncio
import zlib
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from adapters.file_writing import Folder
from adapters.problems import Problems
from adapters.settings import FileViews
from adapters.user_attempts import attempts_of
from adapters.views import Views
from domain.attempt import Attempt
from domain.exam_attempt import attempt_body
from domain.exam_bundle import AttemptBody, attempt_json, bundle, output_path
from domain.file_names import file_name
from domain.instants import Instant
from projections.exam_attempts import ExamAttempt
from projections.progress import progress_body

FOLDERS = ("input", "attempts", "output", "progress")
_SUBJECT = "attempt files"
_LANES = 2
_REMEMBER = 20_000
_encode = msgspec.json.Encoder().encode


class AttemptFiles(NamedTuple):
    """Where the files of an attempt lie below the data folder (E-31, E-34, E-40)."""

    attempt: str
    progress: str
    bundle: str

    @classmethod
    def of(cls, user_id: str, exam_id: str, attempt_id: str) -> "AttemptFiles":
        """The paths; ids that make no file name are mapped to one (E-43)."""
        user = file_name(user_id)
        return cls(
            f"attempts/{user}/{file_name(exam_id)}/{file_name(attempt_id)}.json",
            f"progress/{user}.json",
            output_path(exam_id, attempt_id),
        )


class Files:
    """Writes the files of one process's attempts; belongs to the running event loop.

    All files of one user are written by one thread, in turn, so a newer state never gives way to
    an older one and progress is always read after the commit that it shows. A file that cannot be
    written fails no request, since the log has the truth: it is a problem for the operator, and
    the file keeper tries again.
    """

    def __init__(self, *, data: Path, mode: FileViews, views: Views) -> None:
        """`mode` says which files are written before a reply (decision 9)."""
        self.mode = mode
        self.folder = Folder(data)
        self.problems = Problems()
        self._views = views
        self._loop = asyncio.get_running_loop()
        self._lanes = [
            ThreadPoolExecutor(1, thread_name_prefix=f"files-{number}") for number in range(_LANES)
        ]
        # Attempts whose files all show this `updated_at` because this process wrote them.
        self._written: OrderedDict[str, Instant] = OrderedDict()

    async def started(self, state: Attempt) -> None:
        """An attempt began: with file_views=sync its files are there when this returns."""
        if self.mode is FileViews.SYNC:
            await self._before_reply(self._save, attempt_body(state))

    async def saved(self, state: Attempt) -> None:
        """Answers were saved: with file_views=sync the files show it when this returns."""
        if self.mode is FileViews.SYNC:
            await self._before_reply(self._save, attempt_body(state))

    async def submitted(self, state: Attempt, document: bytes) -> None:
        """An attempt is finished: bundle, attempt and progress are there when this returns.

        `document` is the exam it is pinned to. A bundle that is there is left alone (E-37), what
        is missing is written again (E-36).
        """
        if self.mode is not FileViews.OFF:
            await self._before_reply(self._submit, attempt_body(state), document)

    async def _before_reply(
        self, work: Callable[..., None], body: AttemptBody, *more: bytes
    ) -> None:
        with suppress(OSError):  # reported; the answers are safe in the log
            await self._in_lane(body.user_id, work, body, *more)

    def is_current(self, row: ExamAttempt) -> bool:
        """Whether this process has written all files of an attempt as the row shows it."""
        return self._written.get(row.attempt_id) == row.updated_at

    async def repair(self, state: Attempt, document: bytes | None) -> None:
        """Make the attempt file, and with a `document` the bundle, what the log says they are.

        Whoever wrote them; a file that is right already is only read. Raises OSError.
        """
        body = attempt_body(state)
        await self._in_lane(body.user_id, self._repair, body, document)

    async def repair_progress(self, user_id: str) -> None:
        """Make a user's progress file what the log says it is. Raises OSError."""
        await self._in_lane(user_id, self._repair_progress, user_id)

    def close(self) -> None:
        """End the threads once everything asked for is written."""
        for lane in self._lanes:
            lane.shutdown(wait=True)

    # --- in a lane: one thread a user -------------------------------------------------------

    def _lane(self, user_id: str) -> ThreadPoolExecutor:
        return self._lanes[zlib.crc32(user_id.encode(errors="surrogatepass")) % _LANES]

    async def _in_lane(self, user_id: str, work: Callable[..., None], *args: Any) -> None:
        try:
            await self._loop.run_in_executor(self._lane(user_id), work, *args)
        except OSError as error:
            self.problems.report(_SUBJECT, f"cannot be written: {error.strerror}")
            raise
        self.problems.solved(_SUBJECT)

    def _save(self, body: AttemptBody) -> None:
        written = self._written.get(body.attempt_id)
        if written is not None and written >= body.updated_at:
            return
        paths = AttemptFiles.of(body.user_id, body.exam_id, body.attempt_id)
        self.folder.replace(paths.attempt, attempt_json(body))
        self.folder.replace(paths.progress, self._progress(body.user_id))
        self._remember(body)

    def _submit(self, body: AttemptBody, document: bytes) -> None:
        folder = self.folder
        paths = AttemptFiles.of(body.user_id, body.exam_id, body.attempt_id)
        again = self._written.get(body.attempt_id) == body.updated_at
        attempt = attempt_json(body)
        folder.create(paths.bundle, bundle(document, attempt))
        write = folder.create if again else folder.replace
        write(paths.attempt, attempt)
        write(paths.progress, self._progress(body.user_id))
        self._remember(body)

    def _repair(self, body: AttemptBody, document: bytes | None) -> None:
        paths = AttemptFiles.of(body.user_id, body.exam_id, body.attempt_id)
        attempt = attempt_json(body)
        if document is not None:
            self._make(paths.bundle, bundle(document, attempt))
        written = self._written.get(body.attempt_id)
        if written is None or written <= body.updated_at:
            self._make(paths.attempt, attempt)

    def _repair_progress(self, user_id: str) -> None:
        self._make(f"progress/{file_name(user_id)}.json", self._progress(user_id))

    def _make(self, path: str, content: bytes) -> None:
        if self.folder.read(path) != content:
            self.folder.replace(path, content)

    def _progress(self, user_id: str) -> bytes:
        return _encode(progress_body(user_id, attempts_of(self._views, user_id)))

    def _remember(self, body: AttemptBody) -> None:
        """All files of this attempt show this state."""
        self._written[body.attempt_id] = body.updated_at
        self._written.move_to_end(body.attempt_id)
        if len(self._written) > _REMEMBER:
            self._written.popitem(last=False)

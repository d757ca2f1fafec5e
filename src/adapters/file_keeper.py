"""The file keeper: of all processes the one that watches `input/` and follows the log with files.

It holds the lease `files`. Every half second it takes the operator's edits into the log, brings
attempt, progress and bundle files and the manifest up to the log, and now and then, once
everything is on disk, notes how far it is: after a crash only what came later is looked at.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

import msgspec

from adapters.clock import Clock
from adapters.codec import UnreadableEvent
from adapters.exam_files import ExamFile, ExamFiles
from adapters.exam_shelf import ExamShelf
from adapters.file_lease import FileLease
from adapters.file_state import FLAGS, POSITION
from adapters.files import FOLDERS, Files
from adapters.ledger import Ledger
from adapters.manifest import UserSets
from adapters.manifest_file import ManifestFile
from adapters.operator_edits import OperatorEdits
from adapters.settings import FileViews
from adapters.user_attempts import attempts_of
from adapters.views import Found, Views
from domain.attempt import Attempt, Phase
from domain.exam import exam
from domain.exam_attempt import attempt
from event_store.store import Store
from projections.exam_attempts import ExamAttempt, exam_attempts
from projections.exams import ExamEntry, exams
from projections.kernel import Projection

T = TypeVar("T")
log = logging.getLogger(__name__)

_RENEW_SECONDS = 2.0
_SYNC_SECONDS = 30.0
_INTERVAL_SECONDS = 0.5
_POSITIONS = 20_000
_AT_ONCE = 4
_LAST_LOOKS, _LAST_SECONDS = 5, 0.15
_PAGE = 1000
_COUNTED = ("in_progress", "submitted", "finished")


class _Seen(NamedTuple):
    """What one look found: edits of exam files, and how far which rows were touched."""

    exam_files: Sequence[ExamFile]
    position: int
    rows: Sequence[ExamAttempt]
    exams_touched: bool
    more: bool


class _Holding:
    """What the keeper knows while it holds the lease."""

    def __init__(self, files: Files, noted: dict[str, str], entries: dict[str, ExamEntry]) -> None:
        flags = noted.get(FLAGS)
        self.noted = noted
        self.position = int(noted.get(POSITION, 0))
        self.renewed = self.synced = time.monotonic()
        self.exam_files = ExamFiles(files.folder, files.problems)
        self.manifest = ManifestFile(
            files.folder,
            files.problems,
            msgspec.json.decode(flags, type=dict[str, bool]) if flags else {},
        )
        self.exams = entries
        self.users: UserSets | None = None  # None until every row has been read once
        self.again: set[str] = set()
        self.manifest_due = True


class FileKeeper:
    """Keeps the files of a data folder in step with the log; belongs to the running event loop.

    Any number of processes may have one; the lease decides which of them works. `store` must be
    the keeper's own: leases and positions are written through it, not through the writer.
    """

    def __init__(
        self,
        *,
        files: Files,
        ledger: Ledger,
        views: Views,
        exams: ExamShelf,
        store: Store,
        clock: Clock,
        interval: float = _INTERVAL_SECONDS,
    ) -> None:
        """`interval` is the rest between two looks, in seconds."""
        self._files = files
        self._folder = files.folder
        self._problems = files.problems
        self._ledger = ledger
        self._views = views
        self._shelf = exams
        self._store = store
        self._edits = OperatorEdits(ledger, files.problems, clock)
        self._interval = interval
        self._lease = FileLease(files.folder, store)
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="file-keeper")
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._holding: _Holding | None = None
        mark = store.placeholder
        self._touched_sql = (
            f"SELECT DISTINCT stream FROM log WHERE position > {mark} AND position <= {mark}"
        )

    @property
    def problems(self) -> dict[str, str]:
        """What an operator must see to, by file or subject; only while this process is keeper."""
        return self._problems.all()

    @property
    def holds_lease(self) -> bool:
        """Whether this process does the work."""
        return self._holding is not None

    async def start(self) -> None:
        """Claim the folder, and if no other process does the work, take the exam files in.

        When this returns, the log knows every exam in `input/` and the manifest's flags, and
        serving may begin; files are brought up to the log from now on. Raises ForeignFolder.
        """
        if self._files.mode is FileViews.OFF:
            return
        await self._in_thread(self._prepare)
        if await self._in_thread(self._take):
            await self._take_in_edits()
        self._task = asyncio.create_task(self._run(), name="file-keeper")

    async def stop(self) -> None:
        """Bring the files up to the log once more, note the position and let go of the lease."""
        if self._stopping.is_set():
            return
        self._stopping.set()
        if self._task is not None:
            await self._task
        try:
            await self._finish()
            await self._in_thread(self._lease.release)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next start repairs
            log.warning("files may be behind the log until the next start: %s", error)
        self._holding = None
        self._thread.shutdown()

    async def _finish(self) -> None:
        for _ in range(_LAST_LOOKS):
            while await self._tick():
                pass
            if self._holding is None or not self._holding.manifest_due:
                break
            await asyncio.sleep(_LAST_SECONDS)  # the manifest was written a moment ago
        if self._holding is not None:
            await self._settle(self._holding, finally_=True)

    def _prepare(self) -> None:
        for folder in FOLDERS:
            self._folder.make(folder)
        self._lease.prepare()

    def _take(self) -> bool:
        """Become the one who works, unless another process is."""
        noted = self._lease.take()
        if noted is not None:
            self._holding = _Holding(self._files, noted, self._entries())
        return noted is not None

    # --- the work ---------------------------------------------------------------------------

    async def _run(self) -> None:
        sweeping: asyncio.Future[int] | None = None
        while not self._stopping.is_set():
            more = False
            try:
                if self._holding is not None or await self._in_thread(self._take):
                    if sweeping is None:
                        sweeping = self._loop.run_in_executor(None, self._folder.sweep)
                    more = await self._tick()
                self._problems.solved("file keeper")
            except Exception as error:  # noqa: BLE001 - nothing may end this task silently
                self._problems.report("file keeper", f"{type(error).__name__}: {error}")
            if not more:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), self._interval)
        if sweeping is not None:
            await asyncio.wait([sweeping])

    async def _tick(self) -> bool:
        """One round of all duties; whether there is more to do at once."""
        holding = self._holding
        if holding is None:
            return False
        if holding.users is None:
            holding.users = await self._all_users(holding)
        seen = await self._in_thread(self._look, holding)
        await self._take_in(holding, seen.exam_files, stale=seen.exams_touched)
        await self._follow(holding, seen.rows)
        if self._holding is not holding:
            return False
        holding.position = seen.position
        if holding.manifest_due:
            holding.manifest_due = not await self._in_thread(self._write_manifest, holding)
        await self._settle(holding)
        return seen.more

    def _look(self, holding: _Holding) -> _Seen:
        holding.manifest_due |= holding.manifest.look()
        head = self._store.head()
        to = min(head, holding.position + _POSITIONS)
        attempts, exams_touched = dict.fromkeys(holding.again), False
        if to > holding.position:
            for (stream,) in self._store.read(self._touched_sql, (holding.position, to)):
                category, _, key = stream.partition("-")
                if category == attempt.category:
                    attempts[key] = None
                elif category == exam.category:
                    exams_touched = True
        rows = self._views.get_many(exam_attempts, list(attempts)) if attempts else {}
        # Last, because what it finds must not be lost by a read that fails.
        found = holding.exam_files.look(holding.exams)
        return _Seen(found, to, list(rows.values()), exams_touched, to < head)

    # --- operator → log ---------------------------------------------------------------------

    async def _take_in_edits(self) -> None:
        """The first look at `input/` and the manifest, before anybody is served."""
        holding = self._holding
        if holding is not None:
            await self._in_thread(holding.manifest.look)
            found = await self._in_thread(holding.exam_files.look, holding.exams)
            await self._take_in(holding, found, stale=False)

    async def _take_in(self, holding: _Holding, found: Sequence[ExamFile], *, stale: bool) -> None:
        await self._edits.take_in_exams(holding.exam_files, found)
        if found or stale:
            holding.exams = await self._in_thread(self._entries)
            holding.manifest_due = True
        if await self._edits.take_in_flags(holding.manifest, holding.exams):
            holding.exams = await self._in_thread(self._entries)
            holding.manifest_due = True

    # --- log → files ------------------------------------------------------------------------

    async def _follow(self, holding: _Holding, rows: Sequence[ExamAttempt]) -> None:
        users = holding.users
        for row in rows:
            if users is not None and row.status in _COUNTED:
                holding.manifest_due |= users.apply(row)
            elif users is not None:
                mine = await self._in_thread(attempts_of, self._views, row.user_id)
                holding.manifest_due |= users.recount(row.user_id, mine)
        behind = [row for row in rows if not self._files.is_current(row)]
        again: set[str] = set()
        for start in range(0, len(behind), _AT_ONCE):
            part = behind[start : start + _AT_ONCE]
            again.update(*await asyncio.gather(*(self._mend(row) for row in part)))
            await self._settle(holding)
        progress = {row.user_id: row.attempt_id for row in behind}
        mended = await asyncio.gather(*(self._mend_progress(*one) for one in progress.items()))
        holding.again = again.union(*mended)

    async def _mend(self, row: ExamAttempt) -> Sequence[str]:
        """Repair an attempt's files; the attempt if that must be tried again."""
        subject = f"attempt {row.attempt_id}"
        try:
            state = await self._state(row)
            document = None
            if state.phase is Phase.FINISHED:
                document = await self._shelf.document(row.exam_id, state.subject.content_hash)
            await self._files.repair(state, document)
        except OSError:
            return [row.attempt_id]
        except (UnreadableEvent, LookupError) as error:  # one bad attempt stops no other (E-12)
            self._problems.report(subject, str(error))
        else:
            self._problems.solved(subject)
        return ()

    async def _state(self, row: ExamAttempt) -> Attempt:
        """The attempt's state, at least as new as its row; it is read if it must be."""
        known = self._ledger.remembered(attempt, row.attempt_id)
        if known is None or known[0].updated_at < row.updated_at:
            known = await self._ledger.read(attempt, row.attempt_id)
        return known[0]

    async def _mend_progress(self, user_id: str, attempt_id: str) -> Sequence[str]:
        try:
            await self._files.repair_progress(user_id)
        except OSError:
            return [attempt_id]
        return ()

    def _write_manifest(self, holding: _Holding) -> bool:
        if holding.users is None:
            return False
        flags = {exam_id: entry.published for exam_id, entry in holding.exams.items()}
        offered = [one for one, entry in holding.exams.items() if entry.present or entry.published]
        return holding.manifest.write(flags, offered, holding.users.lines)

    async def _settle(self, holding: _Holding, *, finally_: bool = False) -> None:
        """Note what must outlive this process, and renew the lease when it is time."""
        now = time.monotonic()
        values: dict[str, str] = {}
        flags = msgspec.json.encode(holding.manifest.base, order="deterministic").decode()
        if flags != holding.noted.get(FLAGS, "{}"):
            values[FLAGS] = flags
        due = finally_ or now - holding.synced >= _SYNC_SECONDS
        position = str(holding.position)
        if due and position != holding.noted.get(POSITION) and not holding.again:
            holding.synced = now
            if await self._in_thread(self._sync):
                values[POSITION] = position
        if not values and now - holding.renewed < _RENEW_SECONDS:
            return
        if await self._in_thread(self._lease.renew, values):
            holding.renewed = now
            holding.noted |= values
        else:
            log.warning("another process keeps the files now")
            self._holding = None

    def _sync(self) -> bool:
        try:
            self._folder.sync()
        except OSError as error:
            self._problems.report("data folder", f"cannot be synced to disk: {error.strerror}")
            return False
        self._problems.solved("data folder")
        return True

    # --- reading ----------------------------------------------------------------------------

    async def _in_thread(self, work: Callable[..., T], *args: Any) -> T:
        return await self._loop.run_in_executor(self._thread, work, *args)

    async def _all_users(self, holding: _Holding) -> UserSets:
        users = UserSets()
        after: str | None = None
        while True:
            page = await self._in_thread(self._page, exam_attempts, after)
            for _, row in page.rows:
                users.apply(row)
            await self._settle(holding)
            after = page.next
            if after is None:
                return users

    def _page(self, projection: Projection[Any], after: str | None) -> Found:
        return self._views.find(projection, after=after, limit=_PAGE)

    def _entries(self) -> dict[str, ExamEntry]:
        """Every exam that the log knows."""
        found: dict[str, ExamEntry] = {}
        after: str | None = None
        while True:
            page = self._page(exams, after)
            found.update(page.rows)
            after = page.next
            if after is None:
                return found

"""The file keeper: of all processes the one that watches `input/` and follows the log with files.

It holds the lease `files`. Every half second it takes the operator's edits into the log, brings
attempt, progress and bundle files and the manifest up to the log, and now and then, once
everything is on disk, notes how far it is: after a crash only what came later is looked at.
"""

import asyncio
import fcntl
import logging
import os
import secrets
import socket
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

import msgspec

from adapters.clock import Clock
from adapters.codec import UnreadableEvent
from adapters.exam_files import ExamFile, ExamFiles
from adapters.exam_shelf import ExamShelf
from adapters.file_state import FLAGS, POSITION, FileState
from adapters.files import FOLDERS, Files
from adapters.leases import Leases
from adapters.ledger import Call, Ledger, Step
from adapters.manifest import UserSets
from adapters.manifest_file import ManifestFile
from adapters.settings import FileViews
from adapters.user_attempts import attempts_of
from adapters.views import Found, Views
from domain.attempt import Phase, attempt
from domain.exam import ImportExam, PublishExam, ReportExamMissing, UnpublishExam, exam
from domain.kernel import Command, Refused
from event_store.envelope import Actor
from event_store.store import Cursor, Store
from projections.exam_attempts import ExamAttempt, exam_attempts
from projections.exams import ExamEntry, exams
from projections.kernel import Projection

T = TypeVar("T")
log = logging.getLogger(__name__)

LEASE = "files"
_LOCK = ".markbook-keeper"
_ACTOR = Actor("system", "files")
_TTL_SECONDS = 6.0
_RENEW_SECONDS = 2.0
_SYNC_SECONDS = 30.0
_INTERVAL_SECONDS = 0.5
_POSITIONS = 20_000
_AT_ONCE = 32
_LAST_TICKS = 100
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

    def __init__(self, token: int, files: Files, state: Mapping[str, str]) -> None:
        flags = state.get(FLAGS)
        self.token = token
        self.renewed = time.monotonic()
        self.stored = dict(state)
        self.position = int(state.get(POSITION, 0))
        self.synced = time.monotonic()
        self.exam_files = ExamFiles(files.folder, files.problems)
        self.manifest = ManifestFile(
            files.folder,
            files.problems,
            msgspec.json.decode(flags, type=dict[str, bool]) if flags else {},
        )
        self.exams: dict[str, ExamEntry] = {}
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
        self._clock = clock
        self._interval = interval
        self._leases = Leases(store)
        self._state = FileState(store)
        self._loop = asyncio.get_running_loop()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="file-keeper")
        self._stopping = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._holding: _Holding | None = None
        self._lock: int | None = None
        self._owner = ""
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
        self._stopping.set()
        if self._task is not None:
            await self._task
        try:
            await self._finish()
        except Exception as error:  # noqa: BLE001 - whatever it is, the next start repairs
            log.warning("files may be behind the log until the next start: %s", error)
        self._thread.shutdown()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def _finish(self) -> None:
        for _ in range(_LAST_TICKS):
            more = await self._tick()
            if self._holding is None or not (more or self._holding.manifest_due):
                break
            if not more:  # the manifest was written a moment ago, maybe by its owner
                await asyncio.sleep(_INTERVAL_SECONDS / 4)
        if self._holding is not None:
            await self._settle(self._holding, finally_=True)
            await self._in_thread(self._let_go)

    # --- the lease --------------------------------------------------------------------------

    def _prepare(self) -> None:
        self._leases.migrate()
        self._state.migrate()
        for folder in FOLDERS:
            self._folder.make(folder)
        self._state.claim(self._folder)

    def _take(self) -> bool:
        """Take the lease if nobody on this machine and nobody elsewhere works.

        The lock dies with its process, so a restart after a crash need not wait for the lease to
        run out: whoever has the lock is the lease's owner on this machine.
        """
        if self._lock is None and not self._lock_folder():
            return False
        token = self._leases.acquire(LEASE, self._owner, _TTL_SECONDS)
        if token is None:
            return False
        holding = _Holding(token, self._files, self._state.read())
        holding.exams = self._entries()
        self._holding = holding
        return True

    def _lock_folder(self) -> bool:
        descriptor = os.open(self._folder.path(_LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        self._owner = f"{socket.gethostname()}:{os.path.realpath(self._folder.root)}"
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return False
        except OSError:  # a file system without locks: only the lease keeps others away
            self._owner += f":{secrets.token_hex(8)}"
        self._lock = descriptor
        return True

    def _let_go(self) -> None:
        if self._holding is not None:
            self._leases.release(LEASE, self._holding.token)
            self._holding = None

    def _fenced(self, holding: _Holding, values: Mapping[str, str]) -> bool:
        """Renew the lease and put values, or neither: False if the lease is another's now."""

        def work(cursor: Cursor) -> bool:
            held = self._leases.confirm(cursor, LEASE, holding.token, _TTL_SECONDS)
            if held:
                self._state.write(cursor, values)
            return held

        return self._store.exclusive(work)

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
        holding.position = seen.position
        if holding.manifest_due:
            holding.manifest_due = not await self._in_thread(self._write_manifest, holding)
        await self._settle(holding)
        return seen.more

    def _look(self, holding: _Holding) -> _Seen:
        holding.manifest.look()
        exam_files = holding.exam_files.look(holding.exams)
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
        return _Seen(exam_files, to, list(rows.values()), exams_touched, to < head)

    # --- operator → log ---------------------------------------------------------------------

    async def _take_in_edits(self) -> None:
        """The first look at `input/` and the manifest, before anybody is served."""
        holding = self._holding
        if holding is not None:
            found = await self._in_thread(holding.exam_files.look, holding.exams)
            await self._in_thread(holding.manifest.look)
            await self._take_in(holding, found, stale=False)

    async def _take_in(
        self, holding: _Holding, exam_files: Sequence[ExamFile], *, stale: bool
    ) -> None:
        for file in exam_files:
            await self._take_in_file(holding, file)
        if exam_files or stale:
            holding.exams = await self._in_thread(self._entries)
            holding.manifest_due = True
        changed = holding.manifest.edits(holding.exams)
        for exam_id, published in changed.items():
            await self._execute(exam_id, PublishExam() if published else UnpublishExam())
            holding.manifest.taken(exam_id, published=published)
        if changed:
            holding.exams = await self._in_thread(self._entries)
            holding.manifest_due = True

    async def _take_in_file(self, holding: _Holding, file: ExamFile) -> None:
        try:
            if file.document is None:
                await self._execute(file.exam_id, ReportExamMissing(problem=file.problem))
            else:
                await self._execute(
                    file.exam_id, ImportExam(exam_id=file.exam_id, document=file.document)
                )
        except Refused as refusal:
            self._problems.report(f"input/{file.exam_id}.json", refusal.message)
        except Exception:
            holding.exam_files.again(file.exam_id)
            raise

    async def _execute(self, exam_id: str, command: Command) -> None:
        call = Call(_ACTOR, "system", f"files-{secrets.token_hex(8)}", self._clock())
        await self._ledger.execute(call, Step(exam.stream(exam_id), command))

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
        again.update(
            *await asyncio.gather(*(self._mend_progress(*one) for one in progress.items()))
        )
        holding.again = again

    async def _mend(self, row: ExamAttempt) -> Sequence[str]:
        """Repair an attempt's files; the attempt if that must be tried again."""
        subject = f"attempt {row.attempt_id}"
        try:
            state, _ = await self._ledger.read(attempt, row.attempt_id)
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
        if flags != holding.stored.get(FLAGS, "{}"):
            values[FLAGS] = flags
        due = finally_ or now - holding.synced >= _SYNC_SECONDS
        position = str(holding.position)
        if due and position != holding.stored.get(POSITION) and not holding.again:
            holding.synced = now
            if await self._in_thread(self._sync):
                values[POSITION] = position
        if not values and now - holding.renewed < _RENEW_SECONDS:
            return
        if await self._in_thread(self._fenced, holding, values):
            holding.renewed = now
            holding.stored |= values
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

"""The pool: killable worker processes for expressions, warm spares, bounded queue, quotas."""

import asyncio
import os
import socket
import subprocess
import sys
from collections import deque
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Self

import msgspec

from domain.answers.expression import Finding, Question
from domain.answers.verdict import Reason, Verdict

WORKERS = 2
WALL_SECONDS = 0.25  # for one question; beyond it the worker is killed
START_SECONDS = 20.0  # for a worker to start on a busy machine
RESPITE_SECONDS = 0.03  # between a kill and the new process: first the spare serves the next
MAX_WAITING = 64
MAX_AT_ONCE = 2  # answers of one learner that are judged at the same time
MAX_A_MINUTE = 120  # … and in a minute
MINUTE = 60.0
MAX_LEARNERS = 10_000  # remembered at once; idle ones are forgotten first
MAX_FRAME = 256 * 1024
MAX_TEXT = 4000  # characters sent to a worker: enough for it to say "too long"

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Finding)


class TooBusy(Exception):
    """The queue is full, or a learner asks too often; `retry_after` in seconds."""

    def __init__(self, message: str, retry_after: float) -> None:
        """`message` says which limit was met."""
        super().__init__(message)
        self.retry_after = retry_after


class Worker:
    """One process and the socket to it."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        """Made by `spawned`."""
        self.process = process
        self.reader = reader
        self.writer = writer

    @classmethod
    async def spawned(cls) -> Self:
        """A worker that has said it is ready."""
        ours, theirs = socket.socketpair()
        with theirs:
            # From the loop's thread: the worker dies with the thread that started it.
            process = subprocess.Popen(  # noqa: ASYNC220, S603  # one vfork, an own module
                [sys.executable, "-I", "-m", "adapters.checkers.worker", str(os.getpid())],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env={"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            )
        ours.setblocking(False)  # the socket's own spelling
        reader, writer = await asyncio.open_unix_connection(sock=ours)
        worker = cls(process, reader, writer)
        try:
            async with asyncio.timeout(START_SECONDS):
                await reader.readexactly(4)
        except BaseException:
            await worker.killed()
            raise
        return worker

    async def ask(self, question: bytes) -> bytes:
        """The worker's reply. Raises IncompleteReadError or ConnectionError when it died."""
        self.writer.write(len(question).to_bytes(4, "big") + question)
        await self.writer.drain()
        length = int.from_bytes(await self.reader.readexactly(4), "big")
        if length > MAX_FRAME:
            raise ConnectionError("a reply beyond all measure")
        return await self.reader.readexactly(length)

    async def killed(self) -> None:
        """The end of the process, waited for."""
        self.process.kill()
        self.writer.close()
        with suppress(ConnectionError, OSError):
            await self.writer.wait_closed()
        await asyncio.to_thread(self.process.wait)


class ExpressionPool:
    """Judges expressions in worker processes; `async with` starts and stops them."""

    def __init__(self, workers: int = WORKERS, wall: float = WALL_SECONDS) -> None:
        """As many workers at a time, and as many spares that wait for a killed one's place."""
        self.size = workers
        self.wall = wall
        self.killed = 0
        self._idle: deque[Worker] = deque()
        self._free = asyncio.Semaphore(workers)
        self._waiting = 0
        self._arrived = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False
        self._learners: dict[str, _Learner] = {}

    async def __aenter__(self) -> Self:
        """Workers and spares, all ready."""
        found = await asyncio.gather(*(Worker.spawned() for _ in range(2 * self.size)))
        self._idle.extend(found)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Every process ended and waited for."""
        self._closed = True
        async with self._arrived:
            self._arrived.notify_all()
        for _turn in range(self.size):  # what is being asked comes to its end, within the wall
            await self._free.acquire()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        idle = list(self._idle)
        self._idle.clear()
        await asyncio.gather(*(worker.killed() for worker in idle))

    @property
    def pids(self) -> list[int]:
        """The idle workers' process ids."""
        return [worker.process.pid for worker in self._idle]

    @asynccontextmanager
    async def admitted(self, learner: str | None) -> AsyncIterator[None]:
        """A learner's turn. Raises TooBusy beyond the quota; no name, no quota."""
        if learner is None:
            yield
            return
        mine = self._learner(learner)
        mine.begin(asyncio.get_running_loop().time())
        try:
            yield
        finally:
            mine.running -= 1

    async def ask(self, question: Question) -> Finding:
        """What a worker finds out; `unknown` when it takes too long or dies. Raises TooBusy."""
        if self._closed:
            raise TooBusy("the checkers are stopping", 1.0)
        if self._free.locked() and self._waiting >= MAX_WAITING:
            raise TooBusy("too many answers wait to be judged", 1.0)
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1
        try:
            if self._closed:
                raise TooBusy("the checkers are stopping", 1.0)
            return await self._asked(question)
        finally:
            self._free.release()

    async def _asked(self, question: Question) -> Finding:
        worker = await self._taken()
        whole = False
        try:
            async with asyncio.timeout(self.wall):
                reply = await worker.ask(_encoder.encode(_sendable(question)))
            finding = _decoder.decode(reply)
            whole = True
        except TimeoutError:
            return _lost(question, Reason.TIMED_OUT, f"killed after {self.wall:g} s")
        except (asyncio.IncompleteReadError, ConnectionError):
            return _lost(question, Reason.UNDECIDED, "the worker died, likely of its limits")
        except msgspec.MsgspecError:
            return _lost(question, Reason.UNDECIDED, "the worker's reply made no sense")
        else:
            return finding
        finally:
            if whole:
                self._idle.append(worker)
            else:  # also when the caller was cancelled: a late reply must not meet another question
                self.killed += 1
                worker.process.kill()
                self._in_background(self._replaced(worker))

    async def _taken(self) -> Worker:
        async with self._arrived:
            while not self._idle:
                if self._closed:
                    raise TooBusy("the checkers are stopping", 1.0)
                await self._arrived.wait()
            return self._idle.popleft()

    async def _replaced(self, worker: Worker) -> None:
        """A new worker in the place of a killed one."""
        await worker.killed()
        if self._idle and not self._closed:
            await asyncio.sleep(RESPITE_SECONDS)
        spawning = asyncio.ensure_future(Worker.spawned())
        while True:
            try:
                fresh = await spawning
                break
            except (OSError, TimeoutError, asyncio.IncompleteReadError):
                if self._closed:
                    return
                await asyncio.sleep(1)
                spawning = asyncio.ensure_future(Worker.spawned())
        if self._closed:
            await fresh.killed()
            return
        async with self._arrived:
            self._idle.append(fresh)
            self._arrived.notify()

    def _in_background(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _learner(self, name: str) -> "_Learner":
        mine = self._learners.get(name)
        if mine is None:
            if len(self._learners) >= MAX_LEARNERS:
                now = asyncio.get_running_loop().time()
                self._learners = {
                    key: one for key, one in self._learners.items() if not one.is_idle(now)
                }
            if len(self._learners) >= MAX_LEARNERS:
                raise TooBusy("too many learners at once", MINUTE)
            mine = self._learners[name] = _Learner()
        return mine


class _Learner:
    """How much one learner has asked of late."""

    def __init__(self) -> None:
        self.running = 0
        self.times: deque[float] = deque()

    def begin(self, now: float) -> None:
        while self.times and self.times[0] <= now - MINUTE:
            self.times.popleft()
        if self.running >= MAX_AT_ONCE:
            raise TooBusy(f"more than {MAX_AT_ONCE} answers at once", 1.0)
        if len(self.times) >= MAX_A_MINUTE:
            raise TooBusy(
                f"more than {MAX_A_MINUTE} answers a minute", self.times[0] + MINUTE - now
            )
        self.times.append(now)
        self.running += 1

    def is_idle(self, now: float) -> bool:
        return not self.running and (not self.times or self.times[-1] <= now - MINUTE)


def _sendable(question: Question) -> Question:
    """The question with texts no longer than a worker reads, and no half characters."""
    return msgspec.structs.replace(
        question, expected=_text(question.expected), given=_text(question.given)
    )


def _text(raw: str) -> str:
    return raw[:MAX_TEXT].encode("utf-8", "replace").decode()


def _lost(question: Question, reason: Reason, error: str) -> Finding:
    return Finding(
        path=question.path, verdict=Verdict.UNKNOWN, reason=reason, facts={"error": error}
    )

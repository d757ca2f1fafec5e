"""Many students at once, each at their own time: scripts whose connections come and go.

Like `http_client.run`, but a student who has paused longer than a server keeps an idle connection
takes a new one, as a browser does, and one student's failure ends only that student.
"""

import contextlib
import heapq
import select
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from benchmarks.http_client import SILENCE_SECONDS, Answer, Connection, LoadError, Pause, Script

Result = TypeVar("Result")
IDLE_NS = 3_000_000_000  # uvicorn ends idle connections after five seconds


@dataclass(slots=True)
class _Person(Generic[Result]):
    script: Script[Result]
    line: Connection | None = None
    used: int = 0


class Crowd(Generic[Result]):
    """Drives scripts to their end; `late` are the delays (ns) between when due and when sent."""

    def __init__(self, port: int) -> None:
        """Connect to `port` whenever somebody has something to send."""
        self.late: list[int] = []
        self.connections = 0
        self._port = port
        self._poll = select.epoll()
        self._asking: dict[int, _Person[Result]] = {}
        self._pauses: list[tuple[int, int, _Person[Result]]] = []
        self._number = 0
        self._look_at = 0
        self._results: list[Result] = []

    def run(self, scripts: Iterable[Script[Result]]) -> list[Result]:
        """The results, in the order in which the scripts ended."""
        try:
            for script in scripts:
                self._step(_Person(script), None)
            while self._asking or self._pauses:
                self._turn()
        finally:
            self._poll.close()
        return self._results

    def _turn(self) -> None:
        wait = SILENCE_SECONDS
        if self._pauses:
            wait = max(0.0, (self._pauses[0][0] - time.perf_counter_ns()) / 1e9)
        for handle, _ in self._poll.poll(min(wait, 1.0)):
            self._hear(handle)
        now = time.perf_counter_ns()
        while self._pauses and self._pauses[0][0] <= now:
            due, _, person = heapq.heappop(self._pauses)
            self.late.append(time.perf_counter_ns() - due)
            self._step(person, None)
        if now > self._look_at:
            self._look_at = now + 1_000_000_000
            self._give_up(now - int(SILENCE_SECONDS * 1e9))

    def _give_up(self, before: int) -> None:
        """End those who have waited for an answer since `before`."""
        for handle, person in list(self._asking.items()):
            if person.line is not None and person.line.sent_at < before:
                del self._asking[handle]
                self._fail(person, LoadError(f"no answer for {SILENCE_SECONDS:.0f} s"))

    def _hear(self, handle: int) -> None:
        person = self._asking[handle]
        assert person.line is not None
        try:
            answer = person.line.receive()
        except (LoadError, OSError) as error:
            del self._asking[handle]
            self._fail(person, error)
            return
        if answer is not None:
            del self._asking[handle]
            self._poll.unregister(handle)
            person.used = time.perf_counter_ns()
            self._step(person, answer)

    def _step(self, person: _Person[Result], answer: Answer | None) -> None:
        try:
            wish = next(person.script) if answer is None else person.script.send(answer)
        except StopIteration as end:
            self._end(person, end.value)
            return
        if isinstance(wish, Pause):
            self._number += 1
            heapq.heappush(self._pauses, (wish.until, self._number, person))
            return
        try:
            self._ask(person, wish)
        except (LoadError, OSError) as error:
            self._fail(person, error)

    def _ask(self, person: _Person[Result], wish: bytes) -> None:
        if person.line is None or time.perf_counter_ns() - person.used > IDLE_NS:
            if person.line is not None:
                person.line.close()
            person.line = Connection(self._port)
            self.connections += 1
        handle = person.line.socket.fileno()
        person.line.send(wish)
        self._asking[handle] = person
        self._poll.register(handle, select.EPOLLIN)

    def _fail(self, person: _Person[Result], error: Exception) -> None:
        """Let the script hear of it: it counts the failure and ends."""
        with contextlib.suppress(OSError):
            if person.line is not None:
                person.line.close()
        person.line = None
        try:
            person.script.throw(LoadError(str(error) or type(error).__name__))
        except StopIteration as end:
            self._end(person, end.value)

    def _end(self, person: _Person[Result], result: Result) -> None:
        if person.line is not None:
            person.line.close()
        self._results.append(result)

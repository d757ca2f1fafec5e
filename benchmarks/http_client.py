"""The smallest HTTP/1.1 client that can load a server: raw sockets and one epoll loop.

A *script* is a generator: it yields request bytes (or a pause) and is sent the answer. One script
runs on one keep-alive connection; `run` drives many at once.
"""

import heapq
import select
import socket
import time
from collections.abc import Generator, Iterable
from typing import Generic, NamedTuple, TypeVar

HOST = "127.0.0.1"
RECEIVE_BYTES = 1 << 18
SILENCE_SECONDS = 30.0


class LoadError(Exception):
    """The server answered something the load does not accept; the run is void."""


class Answer(NamedTuple):
    """One HTTP answer and how long it took."""

    status: int
    head: bytes
    body: bytes
    nanoseconds: int


class Pause(NamedTuple):
    """Ask the loop to continue this script at `until` (perf_counter_ns)."""

    until: int


Result = TypeVar("Result")
Script = Generator[bytes | Pause, Answer, Result]


class Connection:
    """A keep-alive connection with at most one request in flight."""

    def __init__(self, port: int) -> None:
        """Connect to the server on loopback."""
        self.socket = socket.create_connection((HOST, port), timeout=SILENCE_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.sent_at = 0
        self._pieces = b""
        self._wanted = 0

    def send(self, request: bytes) -> None:
        """Send one whole request (requests here are far smaller than the socket buffer)."""
        self._pieces, self._wanted = b"", 0
        self.sent_at = time.perf_counter_ns()
        if self.socket.send(request) != len(request):
            raise LoadError("the socket buffer is full")

    def receive(self) -> Answer | None:
        """The answer once all of it has arrived, else None."""
        piece = self.socket.recv(RECEIVE_BYTES)
        if not piece:
            raise LoadError("the server closed the connection")
        data = self._pieces = self._pieces + piece if self._pieces else piece
        if not self._wanted:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                return None
            self._wanted = end + 4 + _content_length(data[:end])
        if len(data) < self._wanted:
            return None
        elapsed = time.perf_counter_ns() - self.sent_at
        end = data.find(b"\r\n\r\n")
        return Answer(int(data[9:12]), data[:end], data[end + 4 :], elapsed)

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()


def _content_length(head: bytes) -> int:
    start = head.find(b"content-length: ")
    if start < 0:
        start = head.lower().find(b"content-length: ")
        if start < 0:
            if head[9:12] == b"204":
                return 0
            raise LoadError(f"an answer without content-length: {head[:80]!r}")
    stop = head.find(b"\r\n", start)
    return int(head[start + 16 : stop if stop >= 0 else len(head)])


def run(jobs: Iterable[tuple[Connection, Script[Result]]]) -> list[Result]:
    """Drive every script to its end; the results come in the order of the jobs."""
    loop = _Loop[Result]()
    for place, (connection, script) in enumerate(jobs):
        loop.add(place, connection, script)
    return loop.finish()


class _Loop(Generic[Result]):
    def __init__(self) -> None:
        self.poll = select.epoll()
        self.busy: dict[int, tuple[int, Connection, Script[Result]]] = {}
        self.pauses: list[tuple[int, int]] = []
        self.results: dict[int, Result] = {}

    def add(self, place: int, connection: Connection, script: Script[Result]) -> None:
        handle = connection.socket.fileno()
        self.poll.register(handle, select.EPOLLIN)
        self.busy[handle] = (place, connection, script)
        self._step(handle, None)

    def finish(self) -> list[Result]:
        try:
            while self.busy:
                self._turn()
        finally:
            self.poll.close()
        return [self.results[place] for place in sorted(self.results)]

    def _turn(self) -> None:
        wait = SILENCE_SECONDS
        if self.pauses:
            wait = max(0.0, (self.pauses[0][0] - time.perf_counter_ns()) / 1e9)
        ready = self.poll.poll(wait)
        if not ready and not self.pauses:
            raise LoadError(f"no answer for {SILENCE_SECONDS:.0f} s")
        for handle, _ in ready:
            answer = self.busy[handle][1].receive()
            if answer is not None:
                self._step(handle, answer)
        while self.pauses and self.pauses[0][0] <= time.perf_counter_ns():
            self._step(heapq.heappop(self.pauses)[1], None)

    def _step(self, handle: int, answer: Answer | None) -> None:
        place, connection, script = self.busy[handle]
        try:
            wish = next(script) if answer is None else script.send(answer)
        except StopIteration as end:
            self.results[place] = end.value
            del self.busy[handle]
            self.poll.unregister(handle)
            return
        if isinstance(wish, Pause):
            heapq.heappush(self.pauses, (wish.until, handle))
        else:
            connection.send(wish)

"""A TCP proxy before PostgreSQL that breaks connections at chosen moments."""

import contextlib
import select
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Literal

Moment = Literal["never", "before the request", "before the answer"]


class Proxy:
    """`break_at` names when the next request that contains `marker` breaks its connection."""

    def __init__(self, target: tuple[str, int], marker: bytes) -> None:
        self._target = target
        self._marker = marker
        self.break_at: Moment = "never"
        self.stays_down = False
        self.breaks = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                if self.stays_down and self.breaks:
                    client.close()
                else:
                    Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = socket.create_connection(self._target)
        with contextlib.suppress(OSError), client, server:
            breaking = False
            while True:
                readable, _, _ = select.select([client, server], [], [])
                for source, sink in ((client, server), (server, client)):
                    if source not in readable:
                        continue
                    data = source.recv(1 << 20)
                    if not data:
                        return
                    if source is client and self.break_at != "never" and self._marker in data:
                        breaking, moment, self.break_at = True, self.break_at, "never"
                        self.breaks += 1
                        if moment == "before the request":
                            return
                    elif breaking:
                        return  # the server has answered, so it has committed
                    sink.sendall(data)

    def close(self) -> None:
        # A thread blocked in accept keeps a closed listener alive; a shutdown wakes it.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()


@contextmanager
def proxied(port: int, marker: bytes) -> Iterator[Proxy]:
    """A proxy before the server on `port`."""
    proxy = Proxy(("127.0.0.1", port), marker)
    try:
        yield proxy
    finally:
        proxy.close()

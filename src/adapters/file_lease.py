"""Who keeps the files of a data folder: one process at most, another soon after it dies."""

import fcntl
import os
import secrets
import socket
from collections.abc import Mapping

from adapters.file_state import FileState
from adapters.file_writing import Folder
from adapters.leases import Leases
from event_store.store import Cursor, Store

NAME = "files"
LOCK = ".markbook-keeper"
TTL_SECONDS = 6.0


class FileLease:
    """The lease `files` of a database, with a lock in the folder; belongs to one thread.

    The lock dies with its process, so a restart after a crash need not wait for the lease to run
    out: whoever has the lock is the lease's owner on this machine. Between machines the lease
    decides. `store` must be this thread's own.
    """

    def __init__(self, folder: Folder, store: Store) -> None:
        """Nothing is taken yet."""
        self._folder = folder
        self._store = store
        self._leases = Leases(store)
        self._state = FileState(store)
        self._lock: int | None = None
        self._owner = ""
        self._token: int | None = None

    def prepare(self) -> None:
        """Make the tables and claim the folder. Raises ForeignFolder."""
        self._leases.migrate()
        self._state.migrate()
        self._state.claim(self._folder)

    def take(self) -> dict[str, str] | None:
        """Take the lease: the values that the last holder noted, or None if somebody works."""
        if self._lock is None and not self._lock_folder():
            return None
        self._token = self._leases.acquire(NAME, self._owner, TTL_SECONDS)
        return None if self._token is None else self._state.read()

    def _lock_folder(self) -> bool:
        lock = os.open(self._folder.path(LOCK), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        self._owner = f"{socket.gethostname()}:{os.path.realpath(self._folder.root)}"
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            return False
        except OSError:  # a file system without locks: only the lease keeps others away
            self._owner += f":{secrets.token_hex(8)}"
        self._lock = lock
        return True

    def renew(self, values: Mapping[str, str]) -> bool:
        """Keep the lease and note values, in one transaction; False if it is another's now."""
        token = self._token
        if token is None:
            return False

        def work(cursor: Cursor) -> bool:
            held = self._leases.confirm(cursor, NAME, token, TTL_SECONDS)
            if held:
                self._state.write(cursor, values)
            return held

        return self._store.exclusive(work)

    def release(self) -> None:
        """Let another process take it at once."""
        token, self._token = self._token, None
        try:
            if token is not None:
                self._leases.release(NAME, token)
        finally:
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

"""Write files whole or not at all: a temporary file in the same folder, then a rename (E-41)."""

import ctypes
import itertools
import os
import re
import secrets
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG
from typing import NamedTuple, TypeVar

T = TypeVar("T")

_TRIES = 3
_KNOWN_FOLDERS = 50_000
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
_MODE = 0o640  # what students answered is nobody else's business
_TEMPORARY = re.compile(r"\.[0-9a-f]{8}-[0-9]+\.markbook-tmp")


class Signature(NamedTuple):
    """What tells that a file was replaced or written to, without reading it."""

    inode: int
    size: int
    mtime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Signature":
        """The signature in what the file system says of a file."""
        return cls(status.st_ino, status.st_size, status.st_mtime_ns)


class Prepared:
    """A file that lies, synced to disk, beside its place: `put` it there, or `discard` it."""

    def __init__(self, temporary: str, target: str) -> None:
        """Nothing has been moved."""
        self._temporary = temporary
        self._target = target

    def put(self) -> None:
        """Put the file in its place, durably."""
        os.rename(self._temporary, self._target)  # noqa: PTH104 - as everywhere in this module
        _sync_one(self._target.rpartition("/")[0])

    def discard(self) -> None:
        """Leave no trace of it."""
        with suppress(FileNotFoundError):
            os.unlink(self._temporary)  # noqa: PTH108


class Folder:
    """A tree of files that any number of threads and processes write at once.

    Paths are relative, with `/` between their parts. Whoever reads a file gets the old or the new
    whole, also when its writer is killed. Nothing is synced to disk before `sync`.
    """

    def __init__(self, root: Path) -> None:
        """The tree below `root`, which is made when the first file is."""
        self.root = str(root)
        self._known: set[str] = set()
        self._writer = secrets.token_hex(4)
        self._numbers = itertools.count()

    def path(self, path: str) -> str:
        """Where a file lies on this machine."""
        return f"{self.root}/{path}"

    # --- writing ----------------------------------------------------------------------------

    def create(self, path: str, content: bytes) -> bool:
        """Write a file unless it is there; whether it was written.

        Renaming onto a free name costs a fifth of renaming over a file. Two writers at the same
        moment both write.
        """
        target = f"{self.root}/{path}"
        if os.path.lexists(target):
            return False
        self.replace(path, content)
        return True

    def keep(self, path: str, content: bytes) -> None:
        """Have a file with this content, durably: it and its folders are on disk on return."""
        target = f"{self.root}/{path}"

        def write() -> None:
            temporary = self._temporary(target, content)
            try:
                _sync_one(temporary)
                os.rename(temporary, target)  # noqa: PTH104
            except OSError:
                with suppress(FileNotFoundError):
                    os.unlink(temporary)  # noqa: PTH108
                raise

        signature = self.signature(path)
        if signature is None or signature.size != len(content):
            self._in_folder(target, write)
        folder = target.rpartition("/")[0]
        while len(folder) >= len(self.root):
            _sync_one(folder)
            folder = folder.rpartition("/")[0]

    def replace(self, path: str, content: bytes) -> None:
        """Write a file, whether it is there or not."""
        target = f"{self.root}/{path}"

        def write() -> None:
            os.rename(self._temporary(target, content), target)  # noqa: PTH104 - hot, see FINDINGS

        self._in_folder(target, write)

    def prepare(self, path: str, content: bytes) -> Prepared:
        """A file ready to be put in place, so that what can fail has been done before."""
        target = f"{self.root}/{path}"
        temporary = self._temporary(target, content)
        prepared = Prepared(temporary, target)
        try:
            _sync_one(temporary)
        except BaseException:
            prepared.discard()
            raise
        return prepared

    def replace_unchanged(
        self, path: str, content: bytes, expected: Signature | None
    ) -> Signature | None:
        """Write a file that still has the signature `expected` (None: that is not there).

        Looked at just before the rename. The new signature, or None if somebody else was quicker.
        """
        target = f"{self.root}/{path}"

        def write() -> Signature | None:
            temporary = self._temporary(target, content)
            written = Signature.of(os.stat(temporary))  # noqa: PTH116
            if self.signature(path) != expected:
                os.unlink(temporary)  # noqa: PTH108
                return None
            os.rename(temporary, target)  # noqa: PTH104
            return written

        return self._in_folder(target, write)

    def _in_folder(self, target: str, write: Callable[[], T]) -> T:
        """Do it again when the folder was removed under our feet, or the temporary file swept."""
        for _ in range(_TRIES):
            with suppress(FileNotFoundError):
                return write()
            self._known.discard(target.rpartition("/")[0])
        return write()

    def _temporary(self, target: str, content: bytes) -> str:
        folder = target.rpartition("/")[0]
        if folder not in self._known:
            _make(folder)
            if len(self._known) >= _KNOWN_FOLDERS:
                self._known.clear()
            self._known.add(folder)
        name = f"{folder}/.{self._writer}-{next(self._numbers)}.markbook-tmp"
        descriptor = os.open(name, _FLAGS, _MODE)
        try:
            written = os.write(descriptor, content)
            while written < len(content):
                written += os.write(descriptor, memoryview(content)[written:])
        except BaseException:
            os.unlink(name)  # noqa: PTH108
            raise
        finally:
            os.close(descriptor)
        return name

    def sync(self) -> None:
        """Return once everything written so far, folders included, is on disk. May be slow."""
        _sync(self.root)

    def sweep(self) -> int:
        """Remove temporary files that killed writers left; how many.

        A writer that is alive and loses one writes it again.
        """
        swept = 0
        for folder, names in self._folders():
            for name in names:
                if _TEMPORARY.fullmatch(name):
                    with suppress(FileNotFoundError):
                        os.unlink(f"{folder}/{name}")  # noqa: PTH108
                        swept += 1
        return swept

    def _folders(self) -> Iterator[tuple[str, list[str]]]:
        waiting = [self.root]
        while waiting:
            folder = waiting.pop()
            names = []
            with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        waiting.append(entry.path)
                    else:
                        names.append(entry.name)
            yield folder, names

    # --- reading ----------------------------------------------------------------------------

    def read(self, path: str) -> bytes | None:
        """The content of a file, None if there is none."""
        try:
            with open(f"{self.root}/{path}", "rb", buffering=0) as file:  # noqa: PTH123
                return file.readall()
        except (FileNotFoundError, NotADirectoryError):
            return None

    def signature(self, path: str) -> Signature | None:
        """The signature of a file, None if there is none."""
        try:
            return Signature.of(os.stat(f"{self.root}/{path}"))  # noqa: PTH116
        except (FileNotFoundError, NotADirectoryError):
            return None

    def exists(self, path: str) -> bool:
        """Whether there is such a file."""
        return os.path.lexists(f"{self.root}/{path}")

    def names(self, path: str) -> dict[str, Signature]:
        """The regular files right in a folder, by name; hidden ones are nobody's."""
        found: dict[str, Signature] = {}
        with os.scandir(f"{self.root}/{path}") as entries:
            for entry in entries:
                if entry.name.startswith("."):
                    continue
                with suppress(FileNotFoundError):
                    status = entry.stat()
                    if S_ISREG(status.st_mode):
                        found[entry.name] = Signature.of(status)
        return found

    def make(self, path: str) -> None:
        """Make a folder that is not there yet."""
        _make(f"{self.root}/{path}")


def _make(folder: str) -> None:
    """`os.makedirs` in a third of its time: most folders miss one parent at most."""
    try:
        os.mkdir(folder)  # noqa: PTH102
    except FileExistsError:
        pass
    except FileNotFoundError:
        parent = folder.rpartition("/")[0]
        if not parent:
            raise
        _make(parent)
        _make(folder)


def _sync_one(path: str) -> None:
    """Return once one file or folder is on disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync(root: str) -> None:
    """Sync the file system of `root`: unlike os.sync, it tells of failed writes."""
    sync_one = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if sync_one is None:
        os.sync()
        return
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if sync_one(descriptor):
            code = ctypes.get_errno()
            raise OSError(code, os.strerror(code), root)
    finally:
        os.close(descriptor)


def write_atomically(path: Path, content: bytes) -> None:
    """Write one file whole or not at all, whether it is there or not."""
    Folder(path.parent).replace(path.name, content)

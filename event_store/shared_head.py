"""The head of a log as the processes of one machine tell each other: eight bytes in a mapped file.

Whoever commits puts the new head there while it still holds the append lock, so before anybody
is answered. Comparing it costs a reader no system call. The log itself never depends on it: the
file may be deleted while nobody runs.
"""

import mmap
import os
import struct

_HEAD = struct.Struct("<Q")


class SharedHead:
    """The last position that a writer on this machine has told of; 0 before the first."""

    def __init__(self, path: str) -> None:
        """Map the file, which is made if need be."""
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if os.fstat(descriptor).st_size < _HEAD.size:
                os.pwrite(descriptor, bytes(_HEAD.size), 0)  # a hole could not be filled later
            self._memory = mmap.mmap(descriptor, _HEAD.size)
        finally:
            os.close(descriptor)

    def get(self) -> int:
        """What was put last, by whichever process."""
        [head] = _HEAD.unpack_from(self._memory)
        return int(head)

    def put(self, head: int) -> None:
        """Tell everybody; only under the append lock."""
        _HEAD.pack_into(self._memory, 0, head)

    def close(self) -> None:
        """Let go of the file."""
        self._memory.close()

"""A worker process: reads questions from its standard input, answers them there, dies with ease.

A frame is its length in four bytes (big endian) and as many bytes of MessagePack. The first frame
a worker sends is empty: it is ready. Limits are set before the first question is read.
"""

import ctypes
import gc
import os
import resource
import signal
import socket
import sys

import msgspec

from adapters.checkers.proof import find
from domain.answers.expression import Finding, Question
from domain.answers.verdict import Reason, Verdict

MAX_MEMORY = 512 * 1024**2  # address space
MAX_CPU_SECONDS = 2  # for one question; the wall limit is the parent's
MAX_FILES = 8
MAX_FRAME = 64 * 1024
PR_SET_PDEATHSIG = 1
RECURSION = 4000

_decoder = msgspec.msgpack.Decoder(Question)
_encoder = msgspec.msgpack.Encoder()


def answered(question: Question) -> Finding:
    """The finding, whatever happens: an error of ours is never the learner's."""
    try:
        return find(question)
    except (MemoryError, RecursionError) as error:
        return _open(question, type(error).__name__)
    except Exception as error:  # noqa: BLE001  # a worker answers every question it survives
        return _open(question, f"{type(error).__name__}: {error}"[:200])


def _open(question: Question, error: str) -> Finding:
    return Finding(
        path=question.path,
        verdict=Verdict.UNKNOWN,
        reason=Reason.UNDECIDED,
        facts={"error": error},
    )


def limit(parent: int) -> None:
    """Bounds memory, files, processes and output, and ends this life with the parent's."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for which, most in (
        (resource.RLIMIT_AS, MAX_MEMORY),
        (resource.RLIMIT_NOFILE, MAX_FILES),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(which, (most, most))


def main() -> None:
    """Serve until the other end closes."""
    sys.setrecursionlimit(RECURSION)
    limit(int(sys.argv[1]))
    gc.freeze()
    with socket.socket(fileno=0) as link:
        link.sendall(bytes(4))
        while (frame := _frame(link)) is not None:
            _grant_time()
            reply = _encoder.encode(answered(_decoder.decode(frame)))
            link.sendall(len(reply).to_bytes(4, "big") + reply)


def _grant_time() -> None:
    """Processor time for one more question; the kernel kills beyond it, parent or no parent."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime)
    resource.setrlimit(
        resource.RLIMIT_CPU, (used + MAX_CPU_SECONDS, resource.getrlimit(resource.RLIMIT_CPU)[1])
    )


def _frame(link: socket.socket) -> bytes | None:
    head = _exactly(link, 4)
    if head is None:
        return None
    length = int.from_bytes(head, "big")
    return _exactly(link, length) if length <= MAX_FRAME else None


def _exactly(link: socket.socket, count: int) -> bytes | None:
    found = bytearray()
    while len(found) < count:
        part = link.recv(count - len(found))
        if not part:
            return None
        found += part
    return bytes(found)


if __name__ == "__main__":
    main()

"""A process that saves through the group-commit writer and reports each outcome on a line.

    python fsync_writer.py DATABASE

For each line of its input it submits four transactions; it answers with their positions, or with
the name of the error and whether the writer is poisoned.
"""

import asyncio
import sys

from event_store.open import open_store
from event_store.store import Append, NewEvent, Transaction
from event_store.writer import Writer


async def main() -> None:
    store = open_store(sys.argv[1])
    store.migrate()
    writer = Writer(store)
    head = store.head()
    while await asyncio.to_thread(sys.stdin.readline):
        batch = [
            Transaction([Append(f"a-{head + number}", 0, [NewEvent("t.x", b"x" * 500)])])
            for number in range(4)
        ]
        results = await asyncio.gather(*map(writer.submit, batch), return_exceptions=True)
        last = results[-1]
        if isinstance(last, BaseException):
            print(type(last).__name__, writer.poisoned is not None, flush=True)
        else:
            print(*results, flush=True)
            head = last


asyncio.run(main())

"""A process that appends until it is killed, and writes down each acknowledgement.

    python store_writer.py DATABASE NAME ACKNOWLEDGEMENTS SEED

It has streams of its own and one that all writers fight for. An acknowledgement is a line
`stream version position nonce`, written in one call after the commit.
"""

import os
import random
import sys

from eventsourcing.persistence import IntegrityError

from event_store.open import open_store
from event_store.store import Append, NewEvent, Store, StoreBusy, Transaction

STREAMS = 8
SHARED = "shared-1"


def last_version(store: Store, stream: str) -> int:
    mark = store.placeholder
    sql = f"SELECT max(originator_version) FROM stored_events WHERE originator_id = {mark}"
    while True:
        try:
            [(version,)] = store.read(sql, (stream,))
        except StoreBusy:  # the server recovers from a crash
            continue
        return version or 0


def main() -> None:
    where, name, acknowledgements, seed = sys.argv[1:]
    store = open_store(where)
    draw = random.Random(seed)
    versions = {f"{name}-{number}": 0 for number in range(STREAMS)} | {SHARED: 0}
    versions = {stream: last_version(store, stream) for stream in versions}
    log = os.open(acknowledgements, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    while True:
        streams = draw.sample(sorted(versions), draw.randint(1, len(versions)))
        batch: list[Transaction] = []
        for stream in streams:
            nonces = [draw.randbytes(8).hex().encode() for _ in range(draw.randint(1, 3))]
            events = [NewEvent("t.x", nonce + b" " * draw.randint(0, 3000)) for nonce in nonces]
            batch.append(Transaction([Append(stream, versions[stream], events)]))
        try:
            results = store.append(batch)
        except StoreBusy:
            continue
        lines = bytearray()
        for stream, member, result in zip(streams, batch, results, strict=True):
            [append] = member.appends
            if isinstance(result, IntegrityError):
                if stream != SHARED:
                    raise result
                versions[stream] = last_version(store, stream)
                continue
            for back, event in enumerate(reversed(append.events)):
                version = append.expected + len(append.events) - back
                nonce = event.stored.split(maxsplit=1)[0].decode()
                lines += f"{stream} {version} {result - back} {nonce}\n".encode()
            versions[stream] += len(append.events)
        os.write(log, lines)


if __name__ == "__main__":
    main()

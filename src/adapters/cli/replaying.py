"""`replay`: print the log, or what a stream had come to at a moment."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from adapters import codec
from adapters.cli.root import Root, Stop, located, markbook, settings_of
from domain.instants import Instant, read_instant
from domain.kernel import fold
from domain.registry import DECIDERS, decider_of
from event_store import envelope
from event_store.store import Recorded, Store

_WIDTH = 110


@markbook.command()
@click.option("--stream", metavar="NAME", help="Only this stream, such as attempt-….")
@click.option("--from", "first", type=click.IntRange(1), metavar="POSITION", help="First position.")
@click.option("--to", "last", type=click.IntRange(1), metavar="POSITION", help="Last position.")
@click.option("--at", metavar="TIME", help="Only what had happened by then: 2026-01-31T09:30:00Z.")
@click.option("--state", is_flag=True, help="With --stream: print the state instead of the events.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line, nothing shortened.")
@located
@click.pass_obj
def replay(
    root: Root,
    stream: str | None,
    first: int | None,
    last: int | None,
    at: str | None,
    *,
    state: bool,
    as_json: bool,
    data: Path | None,
    database: str | None,
) -> None:
    """Print the log in its order: position, time, stream@version, tag, who, what."""
    try:
        until = read_instant(at) if at else None
    except ValueError as error:
        raise Stop(f"--at {at!r} is no time such as 2026-01-31T09:30:00Z: {error}") from None
    if state and (stream is None or stream.partition("-")[0] not in DECIDERS):
        raise Stop(f"--state needs --stream with one of {', '.join(DECIDERS)} before its first '-'")
    store = root.store(settings_of(data=data, database=database))
    try:
        events = _events(store, stream, first or 1, last, until)
        if state and stream is not None:
            click.echo(_state(stream, events))
            return
        for event in events:
            click.echo(_line(event, as_json=as_json))
    finally:
        store.close()


def _events(
    store: Store, stream: str | None, first: int, last: int | None, until: Instant | None
) -> Iterator[Recorded]:
    found: Iterator[Recorded]
    if stream is None:
        found = store.scan(first - 1, last)
    else:
        read = store.read_stream(stream)
        found = (one for one in read if first <= one.position <= (last or one.position))
    if until is None:
        return found
    return (one for one in found if envelope.decode(one.stored).at <= until)


def _line(event: Recorded, *, as_json: bool) -> str:
    whole = envelope.document(event.stored)
    if as_json:
        place = {"position": event.position, "stream": event.stream, "version": event.version}
        return msgspec.json.encode({**place, **whole}).decode()
    data = msgspec.json.encode(whole["data"]).decode()
    if len(data) > _WIDTH:
        data = f"{data[:_WIDTH]}… ({len(data):,} characters)"
    actor = whole["actor"]
    return (
        f"{event.position:>8}  {whole['at']}  {event.stream}@{event.version}  {event.tag}  "
        f"{actor['scheme']}:{actor['subject']}  {data}"
    )


def _state(stream: str, events: Iterator[Recorded]) -> str:
    found: Any = fold(decider_of(stream), [codec.decode(event) for event in events])
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode()

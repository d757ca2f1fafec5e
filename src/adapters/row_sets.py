"""Sets of row numbers as stored bitmaps: packed by segments of 65,536, joined as large integers."""

import sys
from array import array
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import chain, compress, islice
from typing import Final

SEGMENT: Final = 1 << 16
_BITMAP_BYTES = SEGMENT // 8
_FEW = 256  # members that are set one by one
_SPARSE = 2000  # members that are looked for one after the other
_BITS = bytes.maketrans(b"01", b"\x00\x01")

RowSet = Mapping[int, int]
"""Row numbers: for each segment an integer whose bit n stands for the row `segment * 65536 + n`."""


def numbers_in(packed: bytes, kind: str) -> "array[int]":
    """Integers as they are stored: little-endian, `H` for members of a segment, `I` for rows."""
    found = array(kind)
    found.frombytes(packed)
    if sys.byteorder == "big":
        found.byteswap()
    return found


def packed_numbers(numbers: Iterable[int], kind: str) -> bytes:
    """The opposite of `numbers_in`."""
    found = array(kind, numbers)
    if sys.byteorder == "big":
        found.byteswap()
    return found.tobytes()


def changed(packed: bytes, gone: Collection[int], new: Collection[int]) -> bytes:
    """A stored segment without some members and with some more; none is named twice.

    The form follows from the members alone: up to 4,095 of them a sorted list of two bytes each,
    then a bitmap of 8,192 bytes.
    """
    if len(packed) == _BITMAP_BYTES:
        bits = bytearray(packed)
        for number in gone:
            bits[number >> 3] &= ~(1 << (number & 7))
        for number in new:
            bits[number >> 3] |= 1 << (number & 7)
        whole = int.from_bytes(bits, "little")
        if 2 * whole.bit_count() >= _BITMAP_BYTES:
            return bytes(bits)
        return packed_numbers(_members(whole), "H")
    if not gone and 2 * len(new) + len(packed) < _BITMAP_BYTES:
        more = sorted(new)
        if not (packed and more) or int.from_bytes(packed[-2:], "little") < more[0]:
            return packed + packed_numbers(more, "H")  # as it is when rows are added
    members = set(numbers_in(packed, "H"))
    members.difference_update(gone)
    members.update(new)
    if 2 * len(members) < _BITMAP_BYTES:
        return packed_numbers(sorted(members), "H")
    return _bitmap(members).to_bytes(_BITMAP_BYTES, "little")


def joined(segments: Iterable[tuple[int, bytes]]) -> RowSet:
    """The rows in any of these stored segments."""
    bitmaps: dict[int, int] = {}
    lists: dict[int, list[bytes]] = {}
    for segment, packed in segments:
        if len(packed) == _BITMAP_BYTES:
            bits = int.from_bytes(packed, "little")
            bitmaps[segment] = bitmaps[segment] | bits if segment in bitmaps else bits
        elif packed:
            lists.setdefault(segment, []).append(packed)
    for segment, some in lists.items():
        bitmaps[segment] = bitmaps.get(segment, 0) | _bitmap(numbers_in(b"".join(some), "H"))
    return bitmaps


def common(one: RowSet, other: RowSet) -> RowSet:
    """The rows in both."""
    return {
        segment: both
        for segment, bits in one.items()
        if segment in other and (both := bits & other[segment])
    }


def size(rows: RowSet) -> int:
    """How many rows there are."""
    return sum(map(int.bit_count, rows.values()))


def some_of(rows: RowSet, skip: int, count: int, *, descending: bool = False) -> list[int]:
    """The numbers of `count` rows, in order, behind the first `skip`."""
    found: list[int] = []
    for segment in sorted(rows, reverse=descending):
        bits = rows[segment]
        there = bits.bit_count()
        if skip >= there:
            skip -= there
            continue
        members: Iterable[int] = _members(bits)
        if descending:
            members = reversed(list(members))
        first = segment * SEGMENT
        found += [first + one for one in islice(members, skip, skip + count - len(found))]
        skip = 0
        if len(found) == count:
            break
    return found


def mask(rows: RowSet, upto: int) -> bytes:
    """A byte for each row from 0 to `upto`: 1 if it is in the set, else 0."""
    empty = bytes(SEGMENT)
    return b"".join(
        _bytes_of(rows[segment]) if segment in rows else empty
        for segment in range(upto // SEGMENT + 1)
    )


def _bitmap(members: Iterable[int]) -> int:
    known = members if isinstance(members, (set, array)) else set(members)
    if len(known) <= _FEW:
        some = bytearray(_BITMAP_BYTES)
        for number in known:
            some[number >> 3] |= 1 << (number & 7)
        return int.from_bytes(some, "little")
    digits = bytearray(b"0") * SEGMENT
    for number in known:
        digits[number] = 49
    digits.reverse()
    return int(digits, 2)


def _members(bits: int) -> Iterator[int]:
    """The members of a segment, in order."""
    if bits.bit_count() > _SPARSE:
        yield from compress(range(SEGMENT), _bytes_of(bits))
        return
    digits = format(bits, "b")[::-1]
    at = digits.find("1")
    while at >= 0:
        yield at
        at = digits.find("1", at + 1)


def _bytes_of(bits: int) -> bytes:
    """A byte for each member of a segment: 1 if it is in, else 0."""
    digits = format(bits, f"0{SEGMENT}b").encode()
    return digits[::-1].translate(_BITS)


def all_of(rows: RowSet) -> Iterator[int]:
    """All numbers, in order."""
    return chain.from_iterable(
        (segment * SEGMENT + one for one in _members(rows[segment])) for segment in sorted(rows)
    )

"""PersistentMap: a mapping of text keys whose every change is another map that shares the rest.

For states with a hundred thousand entries, where copying a dict for each event would be quadratic.
A key lies where the CRC-32 of its text says, so that equal maps are built alike in every process.
"""

from collections.abc import Iterator
from typing import Any, Final, Generic, TypeVar
from zlib import crc32

import msgspec

V = TypeVar("V")

_BITS: Final = 5
_MASK: Final = 2**_BITS - 1
_LEAF: Final = 16  # entries; above that a leaf is split
_DEEPEST: Final = 6  # levels, by which the 32 bits of a code are used up

_Node = Any  # a leaf is a dict of entries, a branch a tuple of 32 nodes; neither is ever changed


class PersistentMap(msgspec.Struct, Generic[V], frozen=True):
    """A mapping from texts; `put` and `without` leave it as it is and cost some µs at 100,000.

    Two maps with the same entries are equal, whatever they went through.
    """

    root: _Node = {}

    def get(self, key: str) -> V | None:
        """The value at a key, None if there is none."""
        node = self.root
        if type(node) is tuple:
            code = crc32(key.encode())
            while type(node) is tuple:
                node = node[code & _MASK]
                code >>= _BITS
        found: V | None = node.get(key)
        return found

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def items(self) -> Iterator[tuple[str, V]]:
        """Every entry, in no order that means anything."""
        nodes = [self.root]
        while nodes:
            node = nodes.pop()
            if type(node) is tuple:
                nodes.extend(node)
            else:
                yield from node.items()

    def put(self, key: str, value: V) -> "PersistentMap[V]":
        """The map with this value, which is not None, at the key."""
        return PersistentMap(_put(self.root, crc32(key.encode()), 0, key, value))

    def without(self, key: str) -> "PersistentMap[V]":
        """The map without the key; itself, if there is none."""
        if key not in self:
            return self
        return PersistentMap(_without(self.root, crc32(key.encode()), key))


def _put(node: _Node, code: int, level: int, key: str, value: object) -> _Node:
    """The node with an entry; `code` without the bits that led here."""
    if type(node) is tuple:
        at = code & _MASK
        child = _put(node[at], code >> _BITS, level + 1, key, value)
        return (*node[:at], child, *node[at + 1 :])
    leaf = {**node, key: value}
    return leaf if len(leaf) <= _LEAF or level > _DEEPEST else _split(leaf, level)


def _split(leaf: dict[str, object], level: int) -> _Node:
    parts: list[dict[str, object]] = [{} for _ in range(_MASK + 1)]
    for key, value in leaf.items():
        parts[crc32(key.encode()) >> (_BITS * level) & _MASK][key] = value
    return tuple(
        part if len(part) <= _LEAF or level == _DEEPEST else _split(part, level + 1)
        for part in parts
    )


def _without(node: _Node, code: int, key: str) -> _Node:
    """The node without an entry that it has; a branch with few entries left is a leaf again."""
    if type(node) is not tuple:
        return {other: value for other, value in node.items() if other != key}
    at = code & _MASK
    after = (*node[:at], _without(node[at], code >> _BITS, key), *node[at + 1 :])
    if any(type(child) is tuple for child in after) or sum(map(len, after)) > _LEAF:
        return after
    return {other: value for child in after for other, value in child.items()}

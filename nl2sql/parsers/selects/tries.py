"""A trie of spellings in bytes: what each path ends in, and which tables lie below it. Knows no SQL."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any


class Node:
    """One place in a trie. `values` end here; `mask` has a bit for each table that an ending below belongs to."""

    __slots__ = ("children", "mask", "shortest", "values")

    def __init__(self) -> None:
        self.children: dict[int, Node] = {}
        self.values: list[Any] = []
        self.mask = 0
        self.shortest: dict[int, bytes | None] = {}
        """What `shortest` found from here, by mask. A trie is asked once it holds all its spellings."""


def insert(root: Node, spelling: bytes, value: Any, mask: int = -1, *, any_case: bool = False) -> None:
    """Let `spelling` end in `value`, for the tables of `mask`; with `any_case`, also in capitals and small letters."""
    node = root
    node.mask |= mask
    for byte in spelling:
        if any_case and bytes((byte,)).isalpha():
            child = node.children.setdefault(byte | 0x20, Node())
            node = node.children.setdefault(byte & ~0x20, child)
        else:
            node = node.children.setdefault(byte, Node())
        node.mask |= mask
    if value not in node.values:
        node.values.append(value)


def trie(entries: Iterable[tuple[bytes, Any]]) -> Node:
    """A trie of spellings with their values, of any table."""
    root = Node()
    for spelling, value in entries:
        insert(root, spelling, value)
    return root


def shortest(node: Node, mask: int) -> bytes | None:
    """The shortest way from `node` to an ending that belongs to a table of `mask`; None when there is none."""
    mask &= node.mask
    if mask not in node.shortest:
        node.shortest[mask] = _shortest(node, mask)
    return node.shortest[mask]


def _shortest(node: Node, mask: int) -> bytes | None:
    level = {node: b""}
    while level:
        below: dict[Node, bytes] = {}
        for found, path in level.items():
            if any(own_mask(value) & mask for value in found.values):
                return path
            for byte, child in sorted(found.children.items(), reverse=True):  # small letters before capitals
                if child.mask & mask:
                    below.setdefault(child, path + bytes((byte,)))
        level = below
    return None


def own_mask(value: Any) -> int:
    """The tables that a value belongs to: its own `mask`, or all."""
    return getattr(value, "mask", -1)

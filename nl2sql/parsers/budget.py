"""Which tables a language model is told of where not all of them fit into its prompt. Knows no model and no tokens."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

from nl2sql.parsers.base import Candidate, ParseRequest
from nl2sql.parsers.builtin.pruning import likely_tables
from nl2sql.schema import Schema


@dataclass(frozen=True)
class Told:
    """The part of a schema that a prompt holds, in the schema's own order, and how many tables are left out."""

    schema: Schema
    left_out: int = 0

    def noted(self, candidate: Candidate) -> Candidate:
        """The candidate, with a note where tables were left out."""
        if not self.left_out:
            return candidate
        tables = "One table was" if self.left_out == 1 else f"{self.left_out:,} tables were"
        note = f"{tables} not shown to the model: names, columns and values there are the least like the question."
        return replace(candidate, notes=(*candidate.notes, note))


def within(request: ParseRequest, size: Callable[[Schema], int], room: int) -> Told:
    """All tables where their `size` fits into `room`, else the likeliest for the question that do.

    At least one is told, even where it alone does not fit. `size` is asked for single tables too, so it should grow by
    about as much with each table.
    """
    schema = request.schema
    if size(schema) <= room:
        return Told(schema)
    kept: set[str] = set()
    left = room
    for name in likely_tables(request.question, schema, request.values):
        needed = size(_only(schema, (name,)))
        if needed <= left or not kept:
            kept.add(name)
            left -= needed
    told = _only(schema, kept)
    return Told(told, len(schema.tables) - len(told.tables))


def _only(schema: Schema, names: Collection[str]) -> Schema:
    tables = tuple(table for table in schema.tables if table.name in names)
    keys = tuple(key for key in schema.foreign_keys if key.table in names and key.to_table in names)
    return Schema(tables, keys, schema.version)

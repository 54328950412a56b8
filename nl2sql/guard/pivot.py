"""PIVOT without an IN list: finds it in the text, says which values are to be fetched, writes them in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from nl2sql.guard.tokens import Token, tokens_of
from nl2sql.schema import literal

_ON_ENDS = frozenset({"using", "group", "order", "limit", "offset", "union", "intersect", "except", "having", "where"})


@dataclass(frozen=True)
class DynamicPivot:
    """One PIVOT … ON expression whose values are not written out.

    `values_sql` is a SELECT (already guarded) of one text column, the distinct values. `sql[start:end]` is what
    `with_values` replaces.
    """

    sql: str
    values_sql: str
    expression: str
    start: int
    end: int

    def with_values(self, values: Iterable[str]) -> str:
        """The statement with the values written out as an IN list (at least one)."""
        listed = ", ".join(literal(value) for value in values)
        return f"{self.sql[: self.start]}({self.expression}) IN ({listed}){self.sql[self.end :]}"


def find_dynamic_pivot(sql: str) -> DynamicPivot | None:
    """The last PIVOT of `sql` that lists no values, None when there is none to be found.

    The last in the text is the innermost where one is another's source, so its own source has its values already.
    """
    tokens = tokens_of(sql)
    for position in range(len(tokens) - 1, -1, -1):
        if tokens[position].text in ("pivot", "pivot_wider"):
            found = _dynamic_at(sql, tokens, position)
            if found is not None:
                return found
    return None


def _dynamic_at(sql: str, tokens: Sequence[Token], position: int) -> DynamicPivot | None:
    depth = tokens[position].depth
    inside = _same_level(tokens, position, depth)
    on = next((index for index in inside if tokens[index].text == "on" and tokens[index].depth == depth), None)
    if on is None or on == position + 1:
        return None
    source = sql[tokens[position + 1].start : tokens[on - 1].end]
    for first, last in _elements(tokens, [index for index in inside if index > on], depth):
        words = [tokens[index].text for index in range(first, last + 1) if tokens[index].depth == depth]
        start, end = tokens[first].start, tokens[last].end
        if "in" in words:
            continue
        expression = sql[start:end]
        prefix = _cte_prefix(sql, tokens, position)
        values_sql = (
            f"{prefix}SELECT DISTINCT CAST(({expression}) AS VARCHAR) AS pivot_value FROM {source} "
            f"WHERE ({expression}) IS NOT NULL ORDER BY 1"
        )
        return DynamicPivot(sql, values_sql, expression, start, end)
    return None


def _same_level(tokens: Sequence[Token], position: int, depth: int) -> list[int]:
    """Positions after `position` up to where its parenthesis closes."""
    found = []
    for index in range(position + 1, len(tokens)):
        if tokens[index].depth < depth or tokens[index].text == ";":
            break
        found.append(index)
    return found


def _elements(tokens: Sequence[Token], positions: Sequence[int], depth: int) -> list[tuple[int, int]]:
    """First and last token of each expression of the ON list."""
    elements: list[tuple[int, int]] = []
    first: int | None = None
    last = 0
    for index in positions:
        token = tokens[index]
        at_level = token.depth == depth
        if at_level and token.text in _ON_ENDS:
            break
        if at_level and token.text == ",":
            if first is not None:
                elements.append((first, last))
            first = None
            continue
        first = index if first is None else first
        last = index
    if first is not None:
        elements.append((first, last))
    return elements


def _cte_prefix(sql: str, tokens: Sequence[Token], position: int) -> str:
    """The WITH clause, as far as the PIVOT at `position` may use it."""
    if not tokens or tokens[0].text != "with":
        return ""
    main = next(
        index
        for index, token in enumerate([*tokens, replace(tokens[-1], text="pivot", depth=0)])
        if index and token.depth == 0 and token.text in ("select", "from", "pivot", "pivot_wider", "values", "table")
    )
    if position >= main:
        return sql[: tokens[main].start]
    commas = [index for index in range(position) if tokens[index].depth == 0 and tokens[index].text == ","]
    return sql[: tokens[commas[-1]].start] + " " if commas else ""

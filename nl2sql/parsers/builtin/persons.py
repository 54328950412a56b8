"""Names that are kept in two columns: who asks for people is shown both, first name and last. Knows no weights."""

from __future__ import annotations

from collections.abc import Sequence

from nl2sql.linking import split_name
from nl2sql.parsers.builtin.grammar import START, Action, Leaf, Reading, advance
from nl2sql.schema import Schema, Table, fold

_FIRST = frozenset(("first", "firstname", "fname", "given", "givenname", "forename"))
_LAST = frozenset(("last", "lastname", "lname", "surname", "family", "familyname"))
_NAME = frozenset(("name", "nm"))
_OF_MUCH = frozenset(("first", "last", "given", "family"))
"""Words that are said of much besides names."""
_SAID = (_FIRST | _LAST) - _OF_MUCH
_NAMES = _NAME | {"names"}
_BETWEEN = _OF_MUCH | {"and", "or"}
_KINDS = {"number": "@mention", "date": "@mention"}


def with_whole_names(reading: Reading, question: str, schema: Schema) -> Reading:
    """`reading` with the other half of each name that it shows or groups by half of.

    Unchanged where the question says which half it wants: «first names of customers».
    """
    if _says_a_half(split_name(question.lower())):
        return reading
    partners = {leaf: other for leaf in set(_leaves(reading)) if (other := _other_half(leaf, schema)) is not None}
    if not partners:
        return reading
    whole: list[Action] = []
    for begun, leaf in _places(reading):
        other = partners.get(leaf) if isinstance(leaf, Leaf) else None
        if not isinstance(leaf, Leaf) or other is None or not begun or other in reading:
            whole.append(leaf)
            continue
        whole += [leaf, other] if _half(leaf.column)[0] == "first" else [other, leaf]
    return tuple(whole)


def _says_a_half(words: Sequence[str]) -> bool:
    """Whether the words of a question say which half of a name it wants.

    >>> _says_a_half("first and last names of staff".split()), _says_a_half("staff hired last year".split())
    (True, False)
    """
    for at, word in enumerate(words):
        if word in _SAID or word.removesuffix("s") in _SAID:
            return True
        if word in _OF_MUCH and next((one for one in words[at:] if one not in _BETWEEN), "") in _NAMES:
            return True
    return False


def _leaves(reading: Sequence[Action]) -> list[Leaf]:
    return [one for one in reading if isinstance(one, Leaf) and one.kind == "column"]


def _places(reading: Reading) -> list[tuple[bool, Action]]:
    """Each action with whether it is a whole item that is selected, or a key that is grouped by, and nothing's part."""
    stack, before = START, ""
    found: list[tuple[bool, Action]] = []
    for action in reading:
        if not stack:
            return [(False, one) for one in reading]
        symbol = stack[-1]
        whole = symbol in ("items", "first_item", "after_items", "after_group") or before == "group"
        found.append((whole, action))
        if isinstance(action, str):
            stack, before = advance(stack, action), action
            continue
        before = ""
        if action.kind == "text":
            stack = advance(advance(stack, "@word"), "@word")
        else:
            stack = advance(stack, _KINDS.get(action.kind, f"@{action.kind}"))
    return found


def _half(name: str) -> tuple[str, tuple[str, ...]]:
    """Which half of a name a column holds, if any, and its other words.

    >>> _half("cust_first_nm"), _half("Surname"), _half("city")
    (('first', ('cust',)), ('last', ()), ('', ()))
    """
    words = [word.lower() for word in split_name(name)]
    for half, known in (("first", _FIRST), ("last", _LAST)):
        if sum(word in known for word in words) == 1:
            return half, tuple(word for word in words if word not in known and word not in _NAME)
    return "", ()


def _other_half(leaf: Leaf, schema: Schema) -> Leaf | None:
    """The column with the other half of the names in a column; None where it holds no half of a name."""
    half, rest = _half(leaf.column)
    table: Table | None = schema.table(leaf.table) if half else None
    if table is None:
        return None
    for column in table.columns:
        other, words = _half(column.name)
        if (
            other
            and other != half
            and words == rest
            and column.family == "text"
            and fold(column.name) != fold(leaf.column)
        ):
            return Leaf("column", leaf.table, column.name)
    return None

"""Beam search over the grammar: the likeliest readings of one question, every leaf of a kind that fits its place.

Constrained like PICARD (Scholak et al. 2021), by construction: what grammar or type forbids has probability 0.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from nl2sql.dates import implied_side
from nl2sql.engine.base import Cancel
from nl2sql.errors import QueryCancelledError
from nl2sql.kinship import stems
from nl2sql.linking import split_name
from nl2sql.parsers.builtin.arrays import arrays_of
from nl2sql.parsers.builtin.features import FEATURES, Inputs, Item, span_text
from nl2sql.parsers.builtin.grammar import (
    AGGREGATES,
    ARITHMETIC,
    BUCKETS,
    COMPARISONS,
    CONDITIONAL,
    DURATIONS,
    EXPRESSIONS,
    KEYWORD_IDS,
    KEYWORDS,
    LIMITS,
    LONGEST,
    MEMBERSHIPS,
    OVER_GROUPS,
    PATTERNS,
    SET_OPERATIONS,
    START,
    Action,
    Leaf,
    Reading,
    Stack,
    advance,
    allowed,
    closes_in,
)
from nl2sql.parsers.builtin.layers import Floats
from nl2sql.parsers.builtin.network import Memory, Network, Past
from nl2sql.parsers.builtin.relations import tied_columns
from nl2sql.parsers.builtin.sides import compared_sides
from nl2sql.schema import fold
from nl2sql.spelling import normal_form

Mask = npt.NDArray[np.bool_]

_FAMILY_OF = {
    **dict.fromkeys(("count", "sum", "avg", "median", *ARITHMETIC, "year", "hour"), "number"),
    **dict.fromkeys(("rate", *OVER_GROUPS, "rank", *DURATIONS), "number"),
    **dict.fromkeys(("quarter", "month", "week", "day"), "date"),
    "weekday": "text",
}
_ORDERED = frozenset(COMPARISONS) - {"=", "!="} | {"between"}
_TOTALS = frozenset((*AGGREGATES, *CONDITIONAL, *OVER_GROUPS, "rank"))
"""Keywords of what is computed over several rows."""
_COUNT = (KEYWORD_IDS["count"],)
_ADDING = frozenset(KEYWORD_IDS[one] for one in ("sum", "avg", "median"))
_OPERANDS = ("operand", "distinct_operand")
_GROUP = KEYWORD_IDS["group"]
_AMONG_ROWS = [KEYWORD_IDS["intersect"], KEYWORD_IDS["except"]]
_AGGREGATES = frozenset(KEYWORD_IDS[one] for one in (*AGGREGATES, *CONDITIONAL))
_LONGEST_SPAN = 8
_NEVER = np.float32(-1e9)
_UNFIT = {
    family: frozenset(one for one in EXPRESSIONS if _FAMILY_OF.get(one, family) != family)
    for family in ("number", "text", "date", "boolean", "time", "other")
}
"""Keywords that give something else than a family; min, max, when and within give what they are given."""


@dataclass(frozen=True)
class Found:
    """One reading with its log-probability."""

    reading: Reading
    score: float


@dataclass(frozen=True)
class _Beam:
    """A reading in the making.

    `left` is the family of the last left side, `column` the item it is, `operator` what it is compared with.
    """

    stack: Stack
    actions: tuple[int, ...]
    score: float
    left: str = ""
    column: int = -1
    operator: str = ""
    needs: tuple[str, ...] = ("",)
    """For each symbol of the stack, the family that it must be of; empty where any will do."""
    by_rows: tuple[bool, ...] = (False,)
    """For each symbol of the stack, whether it is about single rows, so that no total may stand there."""
    shown: tuple[tuple[int, ...], ...] = ()
    """The items selected so far, of the last query that is no subquery."""
    opened: int = 0
    """The first action of the item that is being written."""
    against: tuple[tuple[int, ...], ...] = ()
    """The items of the query that this one is set against: as many must be selected; empty where any number will do."""
    alike: bool = False
    """Rows of the two queries are looked for in one another, so what they show must be the same."""


class _Places:
    """The items of one question by what they are good for, as masks over items."""

    def __init__(
        self, inputs: Inputs, keyword_count: int = len(KEYWORDS), typed: bool = True, numerals: Collection[int] = ()
    ) -> None:
        """`numerals` are the columns of text that spell numbers, by their numbers as items."""
        self.items = items = inputs.items
        above, below = compared_sides(inputs) if typed else ((), ())
        spelled = _spelled_out(inputs)
        self.tied: Mapping[int, Collection[int]] = tied_columns(inputs.related)
        """Columns that a key ties to a column, by their numbers."""
        self._kin: dict[int, Mask] = {}
        self.numerals = np.array([place in numerals for place in range(len(items))], bool)
        self.spelled = np.array([place in spelled for place in range(len(items))], bool)
        self.typed = typed
        self.by_kind = {
            kind: np.array([item.kind == kind for item in items], bool)
            for kind in ("table", "column", "anchor", "mention", "word")
        }
        self.by_family = {
            family: np.array([item.kind == "column" and item.family == family for item in items], bool)
            for family in ("number", "text", "date", "boolean", "time", "other")
        }
        self.numbers = np.array([_leaf_kind(item) == "number" for item in items], bool)
        self.wholes = np.array([_is_count(item) for item in items], bool)
        self.dates = np.array([_leaf_kind(item) == "date" for item in items], bool)
        self.named_rows = np.array([_names_rows(item, inputs) for item in items], bool)
        """Columns whose numbers only tell rows apart."""
        self.ordered = np.array(
            [item.leaf is not None and any(map(str.isdigit, item.leaf.value)) for item in items], bool
        )
        """What text can be more or less than: stored values with digits, as dates have that are kept as text."""
        self.against = {
            operator: np.array(
                [
                    place in (below if operator.startswith(">") else above if operator.startswith("<") else ())
                    or (typed and _implied_side(item) not in ("", operator[0]))
                    for place, item in enumerate(items)
                ],
                bool,
            )
            for operator in COMPARISONS
        }
        """By operator, the numbers and dates that the question compares another way."""
        implied = np.array([_implied_side(item) != "" for item in items], bool)
        ends = np.array([_is_end(item) for item in items], bool)
        self.ends = ends if typed and implied.any() and ends.any() else None
        """Dates by which something is to be done or is over, where some word means today only by way of them."""
        self.implied = implied
        self.parents = np.array([item.parent for item in items], np.int64)
        # Weights that were trained before a keyword was thought of have no place for it.
        unknown = frozenset(keyword for keyword, number in KEYWORD_IDS.items() if number >= keyword_count)
        self.impossible = unknown | (self._impossible() if typed else frozenset())
        self.known: dict[tuple[object, ...], Mask] = {}
        """What may follow, by the state it follows from: beams of one question are often in the same state."""

    def by_grammar(self, stack: Stack, keyword_count: int) -> Mask:
        """What the grammar alone allows, which is what the model was trained to choose from."""
        if stack not in self.known:
            may = allowed(stack)
            mask = np.zeros(keyword_count + len(self.items), bool)
            mask[[KEYWORD_IDS[one] for one in may.keywords if KEYWORD_IDS[one] < keyword_count]] = True
            for kind in may.kinds:
                mask[keyword_count:] |= self.by_kind[kind]
            self.known[stack] = mask
        return self.known[stack]

    def kin(self, column: int) -> Mask:
        """Columns of the same name as the item `column`, and those that a key ties to it, also by way of a third."""
        if column not in self._kin:
            own = self.items[column].leaf
            assert own is not None
            tied = self.tied.get(column, frozenset())
            near = {column, *tied, *(far for one in tied for far in self.tied.get(one, ()))}
            self._kin[column] = np.array(
                [
                    item.kind == "column"
                    and item.leaf is not None
                    and (place in near or fold(item.leaf.column) == fold(own.column))
                    for place, item in enumerate(self.items)
                ],
                bool,
            )
        return self._kin[column]

    def _impossible(self) -> frozenset[str]:
        """Keywords that these items cannot complete."""
        found: set[str] = set()
        for fitting, keywords in (
            (self.wholes, ("limit",)),
            (self.by_family["date"], (*BUCKETS, *DURATIONS)),
            (self.by_family["text"], PATTERNS),
            (self.by_family["boolean"], ("true", "false")),
        ):
            if not bool(fitting.any()):
                found.update(keywords)
        return frozenset(found)


_KEY_FEATURES = frozenset(FEATURES.index(name) for name in ("primary_key", "foreign_key"))
_KEY_WORDS = frozenset(("id", "no", "nr", "num", "code", "key", "ref", "zip", "postcode"))


def _names_rows(item: Item, inputs: Inputs) -> bool:
    """Whether a column's values are names of rows: a key, or called like one, or like what its table holds."""
    if item.kind != "column" or item.leaf is None:
        return False
    words = split_name(item.leaf.column)
    if item.leaf.column.rstrip().endswith("#"):
        return True
    if not _KEY_FEATURES.isdisjoint(inputs.features[item.span[0]]) or (len(words) > 1 and words[-1] in _KEY_WORDS):
        return True
    return stems(item.leaf.column) == stems(item.leaf.table)[-1:]


def _implied_side(item: Item) -> str:
    """The comparison that words such as «overdue» stand for, which mean today; empty for all that says what it is."""
    if _leaf_kind(item) != "date" or item.leaf is None:
        return ""
    return implied_side(item.leaf.text)


_ENDS = frozenset(
    """due deadline until till to by exp expiry expires expire expired expiration end ends ending promised promise prom
    best bef target expected planned plan scheduled goal payable term valid validity maturity matures renewal renew
    lapse lapses closes limit next""".split()
)


def _is_end(item: Item) -> bool:
    """Whether a column says by when something is to be done or is over: what is overdue or expired is so by it."""
    return item.family == "date" and item.leaf is not None and not _ENDS.isdisjoint(split_name(item.leaf.column))


def _leaf_kind(item: Item) -> str:
    return item.leaf.kind if item.kind == "mention" and item.leaf is not None else ""


def _is_count(item: Item) -> bool:
    return _leaf_kind(item) == "number" and item.leaf is not None and item.leaf.value.isdigit()


def search(
    network: Network,
    inputs: Inputs,
    beams: int = 5,
    cancel: Cancel | None = None,
    typed: bool = True,
    numerals: Collection[int] = (),
    memory: Memory | None = None,
) -> tuple[list[Found], float]:
    """The likeliest readings, best first, and the probability of declining. Raises QueryCancelledError.

    What types and values keep out counts against a reading as much as the model believed in it: were the rest made to
    add up to one at each step, a reading would do best where all but one poor way on is closed (label bias, Lafferty
    et al. 2001).

    `memory` is what the encoder found in `inputs`, where they were read already. `numerals` are the items that are
    columns of text whose stored values spell numbers. With `typed` False, an ablation, the grammar alone says what may
    follow, and not what is known of types and values.
    """
    keyword_count = network.config.keywords
    memory, past = memory or network.encode(arrays_of(inputs)), Past(network.config, beams)
    places = _Places(inputs, keyword_count, typed, numerals)
    live, rows = [_Beam(START, (), 0.0)], [0]
    done: list[_Beam] = []
    declining = 0.0
    for step in range(LONGEST):
        if cancel is not None and cancel.is_set():
            raise QueryCancelledError("Stopped.")
        scores = network.decode([beam.actions[-1] if beam.actions else -1 for beam in live], rows, memory, past)
        logs = _log_softmax(scores, np.stack([places.by_grammar(one.stack, keyword_count) for one in live]))
        logs[~np.stack([_allowed(one, places, keyword_count, LONGEST - step) for one in live])] = _NEVER
        if step == 0:
            declining = math.exp(logs[0, KEYWORD_IDS["decline"]])
            logs[0, KEYWORD_IDS["decline"]] = _NEVER
        live, rows, ended = _best(live, logs, beams, places, keyword_count)
        done = sorted((*done, *ended), key=lambda beam: -beam.score)
        if not live or (len(done) >= beams and done[beams - 1].score >= live[0].score):
            break
    return [Found(_reading(beam.actions, inputs, keyword_count), beam.score) for beam in done[:beams]], declining


def _spelled_out(inputs: Inputs) -> list[int]:
    """The stored values that the question spells whole: only those can be looked for as a part of others."""
    return [
        place
        for place, item in enumerate(inputs.items)
        if item.kind == "anchor"
        and item.leaf is not None
        and normal_form(item.leaf.value) == normal_form(span_text(inputs, *item.words))
    ]


def _log_softmax(scores: Floats, allow: Mask) -> Floats:
    """Log-probabilities (W, K + N) over what is allowed."""
    logs = np.where(allow, scores, _NEVER)
    logs -= logs.max(-1, keepdims=True)
    logs -= np.log(np.exp(logs).sum(-1, keepdims=True))
    return logs


def _best(
    live: Sequence[_Beam], logs: Floats, beams: int, places: _Places, keyword_count: int
) -> tuple[list[_Beam], list[int], list[_Beam]]:
    """The likeliest ways on from `live`, which of `live` each goes on from, and the readings that ended."""
    totals = (logs + np.array([beam.score for beam in live], np.float32)[:, None]).ravel()
    chosen: list[_Beam] = []
    rows: list[int] = []
    ended: list[_Beam] = []
    for place in np.argsort(-totals, kind="stable")[: 2 * beams].tolist():
        score = float(totals[place])
        row, action = divmod(place, logs.shape[1])
        if score < _NEVER / 10 or len(chosen) == beams:
            break
        beam = _extended(live[row], action, score, places, keyword_count)
        if beam.stack:
            chosen.append(beam)
            rows.append(row)
        else:
            ended.append(beam)
    return chosen, rows, ended


def _allowed(beam: _Beam, places: _Places, keyword_count: int, left: int) -> Mask:
    """What may follow: the grammar's word, narrowed by types and by the actions that are left."""
    tight = closes_in(beam.stack) + 6 >= left
    opened = beam.actions[-1] if beam.stack[-1] == "word_end" else -1
    total = _aggregate_of(beam) if beam.stack[-1] in _OPERANDS else -1
    state = (
        beam.stack, beam.needs[-1], beam.by_rows[-1], total, beam.left, beam.column, beam.operator, opened,
        left if tight else LONGEST,
    )  # fmt: skip
    if state not in places.known:
        found = _computed(beam, places, keyword_count, left, places.typed)
        if not found.any():
            # Too few actions are left for what would fit: the reading ends as it can, and is not said.
            found = _computed(beam, places, keyword_count, left, typed=False)
        places.known[state] = found
    narrowed = _narrowed(places.known[state], beam, places, keyword_count)
    return narrowed if narrowed.any() else places.known[state]  # as above: it ends, and is not said


def _narrowed(mask: Mask, beam: _Beam, places: _Places, keyword_count: int) -> Mask:
    """What may follow, less what never makes sense.

    Nothing is selected twice, no column compared with itself, no single total looked for among rows, queries set
    against one another show as much, and what is looked for among rows is of one name with it, or tied to it by a key.
    """
    symbol = beam.stack[-1]
    if len(beam.stack) == 1 and _GROUP not in beam.actions and any(item[0] in _AGGREGATES for item in beam.shown):
        mask = mask.copy()
        mask[_AMONG_ROWS] = False
    if symbol == "rhs" and beam.column >= 0 and beam.operator in COMPARISONS and mask[keyword_count + beam.column]:
        mask = mask.copy()
        mask[keyword_count + beam.column] = False
    if symbol == "only_item" and beam.column >= 0 and beam.operator in MEMBERSHIPS:
        return _of_kin(mask, beam.column, places, keyword_count)
    if "after_items" not in beam.stack and symbol not in ("items", "first_item"):
        return mask
    mask = mask.copy()
    begun = beam.actions[beam.opened :]
    for item in beam.shown:
        if item[:-1] == begun:
            mask[item[-1]] = False
    if not beam.against:
        return mask
    if symbol == "after_items":
        more = np.zeros_like(mask)
        more[[KEYWORD_IDS[one] for one in EXPRESSIONS]] = True
        more[keyword_count:] = True
        mask &= more if len(beam.shown) < len(beam.against) else ~more
    if beam.alike and len(beam.shown) < len(beam.against) and not begun:
        other = beam.against[len(beam.shown)]
        if len(other) == 1:
            return _of_kin(mask, other[0] - keyword_count, places, keyword_count)
    return mask


def _of_kin(mask: Mask, column: int, places: _Places, keyword_count: int) -> Mask:
    """Of the columns that may follow those alike to `column`, where there are any."""
    columns = mask[keyword_count:] & places.by_kind["column"]
    kin = columns & places.kin(column)
    if not kin.any():
        return mask
    mask = mask.copy()
    mask[keyword_count:] &= ~columns | kin
    return mask


def _computed(beam: _Beam, places: _Places, keyword_count: int, left: int, typed: bool) -> Mask:
    may = allowed(beam.stack)
    size = len(places.items)
    mask = np.zeros(keyword_count + size, bool)
    tight = closes_in(beam.stack) + 6 >= left
    banned = places.impossible | (_unfit_keywords(beam) if typed else frozenset())
    if beam.by_rows[-1] and typed:
        banned |= _TOTALS
    for keyword in may.keywords - banned:
        if not tight or closes_in(advance(beam.stack, keyword)) < left:
            mask[KEYWORD_IDS[keyword]] = True
    items = np.zeros(size, bool)
    for kind in may.kinds:
        if not tight or closes_in(advance(beam.stack, f"@{kind}")) < left:
            items |= places.by_kind[kind]
    symbol = beam.stack[-1]
    if symbol in ("rhs", "value", "number") and typed:
        items &= _fitting_values(beam, places, symbol)
    elif symbol == "expr" and typed:
        items &= (places.numbers | ~places.by_kind["mention"]) & ~places.named_rows
    elif symbol in _OPERANDS and typed and _aggregate_of(beam) not in _COUNT:
        items &= ~places.by_kind["table"]
        added = ~places.named_rows & (places.by_family["number"] | places.numerals)
        if _aggregate_of(beam) in _ADDING and (items & added).any():
            items &= ~places.named_rows
    if symbol == "word_end":
        start = beam.actions[-1] - keyword_count
        items[: max(start, 0)] = False
        items[start + _LONGEST_SPAN :] = False
    if typed:
        items &= _fitting_columns(beam, places, symbol)
    mask[keyword_count:] = items
    return mask


def _aggregate_of(beam: _Beam) -> int:
    """The aggregate whose operand comes next, DISTINCT or not."""
    return beam.actions[-2] if beam.stack[-1] == "distinct_operand" else beam.actions[-1]


def _unfit_keywords(beam: _Beam) -> frozenset[str]:
    """Keywords whose family does not fit the place."""
    symbol, need = beam.stack[-1], beam.needs[-1]
    if symbol == "lhs" and beam.operator in (*PATTERNS, "true", "false"):
        return EXPRESSIONS
    if need == "date":
        return EXPRESSIONS - {"min", "max"}
    if symbol == "rhs":
        need = beam.left
    return _UNFIT.get(need, frozenset())


def _fitting_values(beam: _Beam, places: _Places, symbol: str) -> Mask:
    """Values that can be compared with the left side; columns are left to `_fitting_columns`."""
    columns = places.by_kind["column"]
    if symbol == "number":
        return places.wholes
    fits: Mask
    if beam.left == "number":
        fits = columns | places.numbers
    elif beam.left == "date":
        fits = columns | places.dates
    else:
        anchors = places.by_kind["anchor"] & (places.parents == beam.column)
        if beam.operator in PATTERNS:
            anchors &= places.spelled
        words = places.by_kind["word"]
        if beam.left == "text" and beam.operator in _ORDERED:
            anchors, words = anchors & places.ordered, np.zeros_like(words)
        fits = columns | anchors | words | places.numbers | places.dates
    if beam.operator in places.against:
        fits &= ~places.against[beam.operator]
    if places.ends is not None and beam.column >= 0 and not places.ends[beam.column]:
        fits &= ~places.implied
    return fits


def _fitting_columns(beam: _Beam, places: _Places, symbol: str) -> Mask:
    """Columns of the families that the place needs; everything that is no column passes."""
    columns = places.by_kind["column"]
    need = beam.needs[-1]
    families: tuple[str, ...] = (need,) if need else ()
    spelled = need == "number" and symbol != "rhs"
    if symbol == "lhs":
        if beam.operator in PATTERNS:
            families = ("text",)
        elif beam.operator in ("true", "false"):
            families = ("boolean",)
        elif beam.operator in COMPARISONS or beam.operator == "between":
            families = ("number", "text", "date", "time", "other")
    elif symbol == "rhs" and beam.left in places.by_family:
        families = (beam.left,)
    if not families:
        return np.ones_like(columns)
    fits: Mask = ~columns
    for family in families:
        fits |= places.by_family[family]
    return fits | places.numerals if spelled else fits


def _extended(beam: _Beam, action: int, score: float, places: _Places, keyword_count: int) -> _Beam:
    """`beam` with one more action."""
    return _with_items(_advanced(beam, action, score, places, keyword_count), beam, action, places, keyword_count)


def _with_items(after: _Beam, before: _Beam, action: int, places: _Places, keyword_count: int) -> _Beam:
    """`after`, which is `before` and `action`, with what is known of the items that it selects."""
    symbol = before.stack[-1]
    keyword = KEYWORDS[action] if action < keyword_count else ""
    if symbol in ("root", "query", "items") and keyword in ("select", "distinct"):
        return replace(after, shown=(), opened=len(after.actions))
    if keyword in SET_OPERATIONS:
        tables = places.by_kind["table"]
        whole = any(len(item) == 1 and tables[item[0] - keyword_count] for item in before.shown)
        return replace(after, against=() if whole else before.shown, alike=keyword != "union")
    if after.stack and after.stack[-1] == "after_items" and (symbol != "after_items" or action >= keyword_count):
        return replace(after, shown=(*before.shown, after.actions[before.opened :]), opened=len(after.actions))
    return after


def _advanced(beam: _Beam, action: int, score: float, places: _Places, keyword_count: int) -> _Beam:
    symbol = beam.stack[-1]
    actions = (*beam.actions, action)
    if action >= keyword_count:
        item = places.items[action - keyword_count]
        stack = advance(beam.stack, f"@{item.kind}")
        needs = beam.needs if len(stack) == len(beam.stack) else beam.needs[: len(stack)]
        by_rows = beam.by_rows[: len(stack)]
        after = replace(beam, stack=stack, actions=actions, score=score, needs=needs, by_rows=by_rows)
        if item.kind != "column":
            return after
        if symbol == "lhs":
            place = action - keyword_count
            spelled = bool(places.numerals[place]) and beam.operator in _ORDERED
            return replace(after, left="number" if spelled else item.family, column=place)
        if beam.left == "inherit":
            return replace(after, left=item.family)
        return after
    keyword = KEYWORDS[action]
    stack = advance(beam.stack, keyword)
    needs = _needs_after(beam, keyword, stack)
    by_rows = _by_rows_after(beam, keyword, stack)
    after = replace(beam, stack=stack, actions=actions, score=score, needs=needs, by_rows=by_rows)
    if symbol == "lhs":
        after = replace(after, left=_FAMILY_OF.get(keyword, "inherit"), column=-1)
    elif symbol == "cond":
        after = replace(after, operator=keyword, left="", column=-1)
    return after


def _needs_after(beam: _Beam, keyword: str, stack: Stack) -> tuple[str, ...]:
    """What the symbols of `stack` need once `keyword` has been taken."""
    symbol, need = beam.stack[-1], beam.needs[-1]
    kept = beam.needs[: len(beam.stack) - 1]
    if keyword in ("when", "within"):  # the condition, the key: whatever; on top of it what is computed
        return (*kept, *("" for _ in stack[len(kept) + 1 :]), need)
    if keyword in ("sum", "avg", "median", *ARITHMETIC, *OVER_GROUPS):
        need = "number"
    elif keyword in (*BUCKETS, *DURATIONS):
        need = "date"
    elif symbol in ("rhs", "inner"):
        need = beam.left if beam.left in _UNFIT else ""
    elif keyword not in ("min", "max", "distinct"):
        need = ""
    # `after_items` and its like stand for what comes later and need nothing.
    return (*kept, *("" if one.startswith("after_") else need for one in stack[len(kept) :]))


def _by_rows_after(beam: _Beam, keyword: str, stack: Stack) -> tuple[bool, ...]:
    """Which symbols of `stack` are about single rows once `keyword` has been taken."""
    kept = beam.by_rows[: len(beam.stack) - 1]
    pushed = stack[len(kept) :]
    if keyword in ("where", "group", *AGGREGATES, "rate"):
        return (*kept, *(not one.startswith("after_") or one == "after_group" for one in pushed))
    if keyword in ("when", "within", "each"):  # the condition and the key are, the total is not
        return (*kept, *(one in ("cond", "key") for one in pushed))
    if keyword in ("select", "having", "asc", "desc", *LIMITS, *OVER_GROUPS, *SET_OPERATIONS):
        return (*kept, *(False for _ in pushed))
    return (*kept, *(beam.by_rows[-1] and not one.startswith("after_") for one in pushed))


def _reading(actions: Sequence[int], inputs: Inputs, keyword_count: int) -> Reading:
    """The reading that actions mean, words of the question joined to text."""
    found: list[Action] = []
    start: int | None = None
    for action in actions:
        if action < keyword_count:
            found.append(KEYWORDS[action])
            continue
        item = inputs.items[action - keyword_count]
        if item.kind == "word":
            if start is None:
                start = item.words[0]
            else:
                found.append(Leaf("text", text=span_text(inputs, start, item.words[1])))
                start = None
        else:
            assert item.leaf is not None
            found.append(item.leaf)
    return tuple(found)

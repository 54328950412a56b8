"""The grammar of SELECTs that a language model may write, as rules. Knows no names, no bytes and no tokens.

A rule is one line: `name: alternative | alternative`. In an alternative, words in capitals and marks stand for
themselves, words in small letters are rules, `<x>` is read by lexemes.py and names.py, and `@x` is a step of scope.py
that may close the alternative. `x?` is x or nothing, `x{3}` up to three. `concat` is `||`.

No alternative can lead into a dead end: what scope.py may refuse stands first in an alternative that has others.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import count

from nl2sql.parsers.selects.tries import Node, insert

Sequence = tuple[str, ...]

_RULES = r"""
start: query ending
ending: ;?
query: @open select after @close
select: SELECT DISTINCT? selected
selected: * from | item more_item{11} from_or_none
from_or_none: from | @declared
from: FROM table join{5} @declared where? group? qualify?
qualify: QUALIFY @window rank over comparison <ordinal>
after: order? limit? | set sets order_set? limit?
sets: set{2}
set: set_word @again select
set_word: UNION | UNION ALL | INTERSECT | EXCEPT
more_item: , item
item: expr is_null? as? | <star>
is_null: IS NOT? NULL
as: AS <output>
table: <table> <named>
join: , table | JOIN table on | INNER JOIN table on | LEFT OUTER? JOIN table on | CROSS JOIN table
 | RIGHT OUTER? JOIN table on | FULL OUTER? JOIN table on
on: ON @plain cond @free
where: WHERE @plain cond @free
group: GROUP BY @plain @outputs expr more_expr{7} @free having? | GROUP BY ALL having?
having: HAVING @outputs cond
more_expr: , expr
order: ORDER BY @outputs key more_key{4}
more_key: , key
key: expr direction? nulls?
direction: ASC | DESC
nulls: NULLS FIRST | NULLS LAST
order_set: ORDER BY key_set more_key_set{4}
more_key_set: , key_set
key_set: <ordinal> direction? nulls? | <declared_output> direction? nulls?
limit: LIMIT <ordinal> offset?
offset: OFFSET <ordinal>

cond: pred more_pred{7}
more_pred: AND pred | OR pred
pred: NOT test | test
test: expr compare | <column> | TRUE | FALSE | @in exists @out | @in paren_cond @out
exists: EXISTS ( query )
paren_cond: ( cond )
compare: comparison right | NOT? among | is_null
comparison: = | < | > | <= | >= | <> | !=
right: expr
among: BETWEEN expr AND expr | @in in_list @out | LIKE expr | ILIKE expr
in_list: IN ( in_what )
in_what: query | expr more_in{19}
more_in: , expr

expr: primary cast? more_primary{4}
more_primary: arithmetic primary cast?
arithmetic: + | - | * | / | % | concat
cast: :: type
type: INTEGER | BIGINT | DOUBLE | FLOAT | NUMERIC | VARCHAR | TEXT | DATE | TIMESTAMP | BOOLEAN
primary: <column> | <number> | <string> | word | @in call @out | @in @aggregate aggregate @aggregated over? @out
 | @in @window rank over @out
word: NULL | TRUE | FALSE | CURRENT_DATE | CURRENT_TIMESTAMP | DATE <string> | TIMESTAMP <string> | INTERVAL length
length: <string> | <ordinal> unit
unit: YEAR | MONTH | WEEK | DAY | HOUR | MINUTE | SECOND
quoted_unit: 'year' | 'quarter' | 'month' | 'week' | 'day' | 'hour' | 'minute' | 'dow' | 'second'
call: ( expr ) | ( query ) | CAST ( expr AS type ) | TRY_CAST ( expr AS type )
 | CASE when when{4} else? END | CASE expr case case{4} else? END
 | UPPER ( expr ) | LOWER ( expr ) | TRIM ( expr ) | LENGTH ( expr ) | ABS ( expr ) | FLOOR ( expr ) | CEIL ( expr )
 | YEAR ( expr ) | MONTH ( expr ) | DAY ( expr ) | ROUND ( expr digits? ) | COALESCE ( expr , expr more_expr{2} )
 | NULLIF ( expr , expr ) | CONCAT ( expr , expr more_expr{4} ) | GREATEST ( expr , expr ) | LEAST ( expr , expr )
 | SUBSTRING ( expr , expr more_expr{1} ) | REPLACE ( expr , expr , expr ) | NOW ( ) | STRFTIME ( expr , <string> )
 | DATE_TRUNC ( quoted_unit , expr ) | DATE_PART ( quoted_unit , expr ) | EXTRACT ( part FROM expr )
 | QUARTER ( expr ) | DAYNAME ( expr ) | MONTHNAME ( expr ) | DATE_DIFF ( quoted_unit , expr , expr ) | DATE ( expr )
part: unit | QUARTER | DOW | ISODOW | EPOCH
digits: , <ordinal>
when: WHEN cond THEN expr
case: WHEN expr THEN expr
else: ELSE expr
aggregate: COUNT ( counted ) filter? | function ( DISTINCT? expr ) filter? | STRING_AGG ( DISTINCT? expr , <string> )
counted: * | DISTINCT? expr
function: SUM | AVG | MIN | MAX | MEDIAN | STDDEV | ANY_VALUE
filter: FILTER ( WHERE cond )
rank: ROW_NUMBER ( ) | RANK ( ) | DENSE_RANK ( ) | NTILE ( <ordinal> )
over: OVER ( @windowing partition? window_order? @windowed )
partition: PARTITION BY expr more_expr{3}
window_order: ORDER BY key more_key{2}
"""


@dataclass(frozen=True)
class Rule:
    """Alternatives of one rule: those that start with a fixed word in a trie of their rests, and the others.

    `cheapest` holds all alternatives, least bytes first, for ending a statement soon.
    """

    words: Node
    others: tuple[Sequence, ...]
    cheapest: tuple[Sequence, ...]


@cache
def rules() -> dict[str, Rule]:
    """All rules by name."""
    alternatives = _alternatives()
    costs = _costs(alternatives)
    return {name: _rule(found, costs) for name, found in alternatives.items()}


@cache
def words() -> frozenset[str]:
    """All fixed words of the grammar, in small letters."""
    found = {symbol for sequences in _alternatives().values() for sequence in sequences for symbol in sequence}
    return frozenset(symbol.lower() for symbol in found if symbol[0].isupper())


def spellings(word: str) -> set[bytes]:
    """How a fixed word may be written: in capitals or in small letters."""
    return {word.encode(), word.lower().encode()}


def _rule(found: list[Sequence], costs: dict[str, float]) -> Rule:
    trie = Node()
    others = []
    for sequence in found:
        if sequence and is_word(sequence[0]):
            for spelling in spellings(sequence[0]):
                insert(trie, spelling, sequence[1:])
        else:
            others.append(sequence)
    return Rule(trie, tuple(others), tuple(sorted(found, key=lambda sequence: _cost(sequence, costs))))


def is_word(symbol: str) -> bool:
    """Whether a symbol stands for itself."""
    return not (symbol[0].islower() or symbol[0] == "@" or (symbol[0] == "<" and len(symbol) > 2))


def _alternatives() -> dict[str, list[Sequence]]:
    found: dict[str, list[Sequence]] = {}
    numbers = count()
    for line in _RULES.strip().replace("\n |", " |").splitlines():
        if not line:
            continue
        name, _, body = line.partition(":")
        found[name] = [
            tuple(_plain(symbol, found, numbers) for symbol in alternative.split())
            for alternative in body.strip().split(" | ")
        ]
    return found


def _plain(symbol: str, found: dict[str, list[Sequence]], numbers: count[int]) -> str:
    """The symbol without its suffix: `x?` and `x{n}` become rules of their own."""
    symbol = "||" if symbol == "concat" else symbol
    inner, times = symbol, 0
    if len(symbol) > 1 and symbol[-1] == "?":
        inner, times = symbol[:-1], 1
    elif symbol[-1] == "}":
        inner, _, number = symbol[:-1].partition("{")
        times = int(number)
    for left in range(times):
        name = f"maybe_{next(numbers)}"
        found[name] = [(), (inner, symbol) if left else (inner,)]
        symbol = name
    return symbol


def _costs(alternatives: dict[str, list[Sequence]]) -> dict[str, float]:
    """The least bytes that each rule takes, names and values counted as two."""
    costs = dict.fromkeys(alternatives, float("inf"))
    changed = True
    while changed:
        changed = False
        for name, found in alternatives.items():
            least = min(_cost(sequence, costs) for sequence in found)
            if least < costs[name]:
                costs[name], changed = least, True
    return costs


def _cost(sequence: Sequence, costs: dict[str, float]) -> float:
    own = {"<number>": 1.0, "<ordinal>": 1.0, "<named>": 0.0}
    return sum(
        0.0 if symbol[0] == "@" else costs[symbol] if symbol in costs else own.get(symbol, len(symbol) + 1.0)
        for symbol in sequence
    )

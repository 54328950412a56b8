"""Conditions on the fields of a thing, as words around a noun and as the reading's WHERE."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from nl2sql.parsers.builtin import lexicon
from nl2sql.parsers.builtin.grammar import Action, Leaf
from nl2sql.parsers.builtin.questions.draw import SMALL_NUMBERS, Draw, adjectives, all_of, wordings
from nl2sql.parsers.builtin.synthetic_schema import Field, Thing, plural

Condition = tuple[str, list[Action]]
"""Words that follow (or, marked with a leading «<», precede) a noun, and the condition they mean."""


@dataclass(frozen=True)
class Filters:
    """Words before and after a noun, spaces included, and `where ...` (all empty when there is no condition)."""

    before: str = ""
    after: str = ""
    where: list[Action] = field(default_factory=list)

    def around(self, noun: str) -> str:
        """The noun with its conditions."""
        return f"{self.before}{noun}{self.after}"

    def only_after(self) -> Filters:
        """The same for a question with no noun to precede: none, unless some words come after it."""
        return Filters("", self.after, self.where if self.after else [])


def draw_filters(draw: Draw, thing: Thing, low: int = 0, high: int = 2) -> Filters:
    """From `low` to `high` conditions on fields of `thing`, fewer where fields are lacking."""
    rng = draw.rng
    counts = range(low, high + 1)
    (count,) = rng.choices(counts, [0.42 if n == 0 else 0.37 if n == 1 else 0.21 for n in counts])
    fields = [one for one in thing.fields if one.role in _CONDITIONS]
    rng.shuffle(fields)
    before, after, conditions = "", [], list[list[Action]]()
    for one in fields[:count]:
        made = draw_condition(draw, one)
        if made is None or (made[0].startswith("<") and before):
            continue
        words, condition = made
        if words.startswith("<"):
            before = words[1:] + " "
        else:
            after.append(words)
        conditions.append(condition)
    if not conditions:
        return Filters()
    glue = rng.choice((" and ", " ", " and "))
    return Filters(before, " " + glue.join(after) if after else "", all_of(conditions))


def draw_condition(draw: Draw, field: Field) -> Condition | None:
    """A condition on one field in words; None where its values are not known."""
    return _CONDITIONS[field.role](draw, field)


_EITHER = wordings("""in {value} or {other} | with {column} {value} or {other} | from {value} or {other}
    | whose {column} is {value} or {other} | in {value} and {other} | in {value} or in {other}
    | from {value} or from {other} | {value} or {other}""")
_OTHER_THAN = wordings("""not in {value} | whose {column} is not {value} | other than {value} | not from {value}
    | except {value} | excluding {value} | with {column} other than {value}""")
_NEITHER = wordings("""not in {value} or {other} | not from {value} or {other} | other than {value} and {other}
    | excluding {value} and {other} | except {value} and {other} | leaving out {value} and {other}
    | without {value} and {other} | but not {value} or {other} | that are neither {value} nor {other}
    | , leave out {value} and {other} | , ignoring {value} and {other} | not in {value} and {other}
    | whose {column} is neither {value} nor {other} | apart from {value} and {other}
    | with {column} other than {value} or {other} | who are not from {value} or {other}""")
_EQUAL = wordings("""in {value} | in the {value} {column} | from {value} | with {column} {value}
    | whose {column} is {value} | where {column} is {value} | where {column} = {value} | {with_status}
    | that are {value} | which have {column} {value} | for {value} | of {column} {value}
    | with a {column} of {value} | in {column} {value} | at {value} | {via_channel} | with {column} "{value}" """)


def _is_value(draw: Draw, field: Field) -> Condition | None:
    rng = draw.rng
    if not field.values:
        return None
    value = rng.choice(field.values)
    column = draw.say(field)
    leaf = Leaf("text", text=value)
    value = draw.part_of(value, field)
    roll = rng.random()
    if roll < 0.12 and len(field.values) > 1:
        second = rng.choice([one for one in field.values if one != leaf.text] or [leaf.text])
        words = draw.one_of(_EITHER, value=value, column=column, other=draw.part_of(second, field))
        return words, ["or", "=", field.leaf, leaf, "=", field.leaf, Leaf("text", text=second)]
    if roll < 0.17 and len(field.values) > 1:
        second = rng.choice([one for one in field.values if one != leaf.text] or [leaf.text])
        words = draw.one_of(_NEITHER, value=value, column=column, other=draw.part_of(second, field))
        return words, ["and", "!=", field.leaf, leaf, "!=", field.leaf, Leaf("text", text=second)]
    if roll < 0.24:
        return draw.one_of(_OTHER_THAN, value=value, column=column), ["!=", field.leaf, leaf]
    if field.role == "category" and roll < 0.45:
        return f"<{value}", ["=", field.leaf, leaf]
    with_status = f"with status {value}" if "status" in field.words else f"in {value}"
    via_channel = f"via {value}" if "channel" in field.words else f"from {value}"
    words = draw.one_of(_EQUAL, value=value, column=column, with_status=with_status, via_channel=via_channel)
    return words, ["=", field.leaf, leaf]


_OF_PARTY = wordings("""for {value} | of {value} | by {value} | from {value} | with {column} {value}
    | for {column} {value}
    | whose {column} is {value} | handled by {value} | that belong to {value} | where {column} is {value}""")


def _of_party(draw: Draw, field: Field) -> Condition | None:
    """Somebody or something by its name."""
    if not field.values or draw.chance(0.06):
        return _missing(draw, field)
    value, column = draw.rng.choice(field.values), draw.say(field)
    leaf = Leaf("text", text=value)
    if draw.chance(0.12):
        return draw.one_of(_OTHER_THAN[1:], value=value, column=column), ["!=", field.leaf, leaf]
    return draw.one_of(_OF_PARTY, value=value, column=column), ["=", field.leaf, leaf]


_NAMED = wordings("""named {value} | called {value} | with {column} {value} | whose {column} is {value}
    | with the {column} "{value}" """)
_CONTAINS = wordings("""whose {column} contains {part} | with {part} in the {column}
    | with "{part}" in their {column} | where {column} includes {part} | with {column} like {part}
    | that have {part} in the {column}""")
_STARTS = wordings("""whose {column} starts with {letter} | with {column} beginning with {letter}
    | that start with {letter} | with a {column} starting with the letter {letter}""")


_EITHER_PART = wordings("""with {part} or {other} in the {column} | whose {column} contains {part} or {other}
    | with "{part}" or "{other}" in the {column} | mentioning {part} or {other} | about {part} or {other}
    | where the {column} mentions {part} or {other}""")


def _has_text(draw: Draw, field: Field) -> Condition | None:
    rng = draw.rng
    if not field.values:
        return _missing(draw, field)
    value, column = rng.choice(field.values), draw.say(field)
    if draw.chance(0.45):
        return draw.one_of(_NAMED, value=value, column=column), ["=", field.leaf, Leaf("text", text=value)]
    part = rng.choice([word for word in value.split() if word.isalnum()] or [value])
    leaf = Leaf("text", text=part)
    roll = rng.random()
    if roll < 0.6:
        return draw.one_of(_CONTAINS, part=part, column=column), ["contains", field.leaf, leaf]
    if not part.isalpha():
        return None
    letter = part[0]
    if roll < 0.9:
        words = draw.one_of(_STARTS, letter=letter, column=column)
        return words, ["starts", field.leaf, Leaf("text", text=letter)]
    return f"whose {column} ends with {part}", ["ends", field.leaf, leaf]


_WITHOUT = wordings("""without {column} | without a {column} | with no {column} | where {column} is missing
    | with missing {column} | that have no {column} | whose {column} is empty | lacking a {column}
    | with {column} unknown | where {column} is null | with an empty {column} | with no {column} on file
    | that have no {column} on file | who do not have a {column} | that don't have a {column} | left without a {column}
    | for which no {column} is known | where the {column} was left empty""")
_WITH_ANY = wordings(
    "that have a {column} | with a {column} | where {column} is known | where {column} is not null"
    " | with a {column} on file | who have a {column} on file | that do have a {column}"
)  # fmt: skip


def _missing(draw: Draw, field: Field) -> Condition:
    column = draw.say(field)
    if draw.chance(0.7):
        return draw.one_of(_WITHOUT, column=column), ["null", field.leaf]
    return draw.one_of(_WITH_ANY, column=column), ["not_null", field.leaf]


_ABOUT = wordings("""about {part} | mentioning {part} | that mention {part} | whose {column} mentions {part}
    | saying {part} | with {part} in the {column} | where the {column} contains {part} | containing "{part}"
    | that say {part} | about {part} | on {part} | with "{part}" in the {column}
    | whose {column} contains the word {part}""")
_PARTS = tuple(one.strip() for one in lexicon.FREE_WORDS.replace("\n", " ").split(","))


_ANY_CASE = (", upper or lower case", " regardless of case", " ignoring case", " in any case", ", no matter the case",
             " (case insensitive)", ", capital letters or not")  # fmt: skip


_PROVIDERS = ("gmail", "yahoo", "outlook", "hotmail", "gmx", "icloud", "example.com", "company.com")
_AT_PROVIDER = wordings("""with a {part} address | who use {part} | with a {part} {column} | with {part} in the {column}
    | whose {column} is at {part} | that have a {part} address | on {part}""")


def _mentions(draw: Draw, field: Field) -> Condition:
    """Words that a free text holds, or that it is missing."""
    if "mail" in field.sayings[0] and draw.chance(0.35):
        part = draw.rng.choice(_PROVIDERS)
        words = draw.one_of(_AT_PROVIDER, part=part, column=draw.say(field))
        return words, ["contains", field.leaf, Leaf("text", text=part)]
    if field.family != "text" or draw.chance(0.45):
        return _missing(draw, field)
    part = draw.rng.choice(_PARTS)
    if draw.chance(0.15):
        other = draw.rng.choice([one for one in _PARTS if one != part])
        words = draw.one_of(_EITHER_PART, part=part, other=other, column=draw.say(field))
        one, two = Leaf("text", text=part), Leaf("text", text=other)
        return words, ["or", "contains", field.leaf, one, "contains", field.leaf, two]
    words = draw.one_of(_ABOUT, part=part.upper() if draw.chance(0.1) else part, column=draw.say(field))
    words += draw.rng.choice(_ANY_CASE) if draw.chance(0.08) else ""
    return words, ["contains", field.leaf, Leaf("text", text=part)]


COMPARED = (
    (">", wordings("over | above | more than | greater than | higher than | exceeding | bigger than | >")),
    (">", wordings("over | above | more than")),
    (">=", wordings("at least | no less than | >= | or more than")),
    ("<", wordings("under | below | less than | lower than | smaller than | < | cheaper than")),
    ("<=", wordings("at most | no more than | up to | <=")),
)
"""Comparisons and words for them."""
_BETWEEN = wordings("""with {column} between {low} and {high} | whose {column} is between {low} and {high}
    | with a {column} from {low} to {high} | where {column} between {low} and {high}""")
_COMPARES = wordings("""with {column} {than} {number} | with a {column} {than} {number}
    | whose {column} is {than} {number} | where {column} is {than} {number} | where {column} {than} {number}
    | having {column} {than} {number} | {than} {number} {column} | with {than} {number} {column}""")
_EQUALS = wordings("""with {column} {number} | whose {column} is {number} | with a {column} of {number}
    | where {column} = {number}""")


def _compared(draw: Draw, field: Field) -> Condition | None:
    rng = draw.rng
    if draw.chance(0.07):
        return _missing(draw, field)
    column = draw.say(field)
    said, leaf = draw.number()
    if draw.chance(0.14):
        other, second = draw.number()
        if float(second.value) < float(leaf.value):
            said, leaf, other, second = other, second, said, leaf
        words = draw.one_of(_BETWEEN, column=column, low=said, high=other)
        return words, ["between", field.leaf, leaf, second]
    special = adjectives(field)
    if special and special[2] and draw.chance(0.35):
        more = draw.chance(0.6)
        return f"{draw.listed(special[2 if more else 3])} {said}", [">" if more else "<", field.leaf, leaf]
    if "stars" in field.sayings and draw.chance(0.3):
        count = rng.randint(1, 5)
        said = draw.listed(f"{count} star, {count}-star, {SMALL_NUMBERS[count]}-star, {SMALL_NUMBERS[count]} star")
        return f"<{said}", ["=", field.leaf, Leaf("number", value=str(count), text=str(count))]
    operator, phrases = rng.choice((*COMPARED, ("=", ("of",))))
    than = rng.choice(phrases)
    words = draw.one_of(_COMPARES, column=column, than=than, number=said)
    if operator == "=":
        words = draw.one_of(_EQUALS, column=column, number=said)
    return words, [operator, field.leaf, leaf]


_YEARS = (
    ("=", ("in", "from", "of")), (">", ("after", "later than")), (">=", ("since",)), ("<", ("before",)),
)  # fmt: skip


def _in_year(draw: Draw, field: Field) -> Condition:
    year = str(draw.rng.randint(1990, 2025))
    operator, phrases = draw.rng.choice(_YEARS)
    phrase = draw.rng.choice(phrases)
    than = phrase.replace("in", "").replace("from", "").replace("of", "")
    words = draw.rng.choice((f"{phrase} {year}", f"with {draw.say(field)} {than} {year}"))
    return words, [operator, field.leaf, Leaf("number", value=year, text=year)]


_LAST_OF_STATE = ("that", "who", "not", "already", "no")
"""First words of what is said of an end that stands after the noun only."""


def open_ends(field: Field) -> bool:
    """Whether people say of a date that it has come or not: «still open», «already paid»."""
    return any(verb in field.extra for verb in lexicon.NOT_YET)


def end_state(draw: Draw, field: Field, is_open: bool) -> Condition:
    """Words for a date that is missing (`is_open`) or known, and the condition."""
    verb = next(one for one in lexicon.NOT_YET if one in field.extra)
    said = lexicon.NOT_YET[verb] if is_open or verb not in lexicon.ALREADY else lexicon.ALREADY[verb]
    is_open = is_open or verb not in lexicon.ALREADY
    return draw.listed(said), ["null" if is_open else "not_null", field.leaf]


_WITHIN = wordings("in {period} | within {period} | over {period} | during {period}")
_CALENDAR = ("last year", "last month", "last quarter", "last week")
_WHEN = wordings("with {column} {when} | whose {column} is {when} | {when} | where {column} is {when}")
_DONE_WHEN = wordings("that {verb} {when} | who {verb} {when} | {bare} {when} | which {verb} {when}")


def _in_period(draw: Draw, field: Field) -> Condition | None:
    rng = draw.rng
    if draw.chance(0.06):
        return _missing(draw, field)
    if open_ends(field) and draw.chance(0.35):
        said, condition = end_state(draw, field, draw.chance(0.7))
        goes_first = said.split()[0] not in _LAST_OF_STATE
        return ("<" if goes_first and draw.chance(0.6) else "") + said, condition
    leaf = draw.period()
    column = draw.say(field)
    operator, when = _tense(draw, leaf.text)
    owner = draw.world.thing(field.table)
    is_first = owner is None or owner.with_role("when")[:1] == [field]
    choices = [one.format(column=column, when=when) for one in _WHEN if is_first or "{column}" in one]
    for verb in filter(None, map(str.strip, field.extra.split(","))):
        bare = verb.removeprefix("were ").removeprefix("are ")
        choices += [one.format(verb=verb, bare=bare, when=when) for one in _DONE_WHEN]
    if operator == "=" and draw.chance(0.1) and not field.extra and is_first:
        choices = [f"from {leaf.text}"]
    return rng.choice(choices), [operator, field.leaf, leaf]


def in_period(period: str) -> str:
    """A period as when something was: «in March 2024», «last year».

    >>> in_period("March 2024"), in_period("the past year"), in_period("yesterday")
    ('in March 2024', 'in the past year', 'yesterday')
    """
    return f"in {period}" if period[0].isupper() or period[0].isdigit() or period.startswith("the ") else period


def _tense(draw: Draw, period: str) -> tuple[str, str]:
    """How a date lies to a period, and the words for it."""
    into = in_period(period)
    tenses = (("=", into),) * 3 + ((">=", f"since {period}"), ("<", f"before {period}"), (">", f"after {period}"))
    operator, when = draw.rng.choice(tenses)
    if operator != "=" and period.startswith(("the last", "the past", "past", "last ")):
        operator, when = (operator, when) if period.startswith(_CALENDAR) else ("=", into)
    if operator == "=" and period.startswith(("the last", "the past")):
        when = draw.one_of(_WITHIN, period=period)
    return operator, when


_STATES = wordings("<{state} | that are {state} | which are {state}")
_SAID_OF_FLAG = {
    ("is", True): wordings("""<{it} | <{it} | that are {it} | which are {it} | flagged as {it} | marked as {it}
        | marked {it} | classified as {it} | where {column} is true | that count as {it}"""),
    ("is", False): wordings("""<non-{it} | <not {it} | that are not {it} | which aren't {it} | not flagged as {it}
        | not marked {it} | where {column} is false | that are no longer {it}"""),
    ("was", True): wordings("""<{it} | <{it} | that were {it} | which have been {it} | that got {it} | marked as {it}
        | where {column} is true"""),
    ("was", False): wordings("""<not {it} | that were not {it} | which have not been {it} | not {it} | that weren't {it}
        | that were never {it} | not yet {it} | where {column} is false"""),
    ("has", True): wordings("""with {a_it} | with {it} | that have {a_it} | which have {it} | having {a_it}
        | who have {a_it} | that come with {a_it} | that include {it} | holding {a_it} | that had {it}
        | that involved {it} | where {column} is true"""),
    ("has", False): wordings("""without {a_it} | without {it} | with no {it} | that have no {it}
        | that do not have {a_it} | which don't have {it} | who have no {it} | lacking {it}
    | where {column} is false"""),
    ("one", True): wordings("""that are {its} | who are {its} | flagged as {it} | marked as {a_it} | which are {its}
        | that count as {its} | where {column} is true"""),
    ("one", False): wordings("""that are not {its} | who are not {its} | not flagged as {it} | which aren't {its}
        | that are no {its} | where {column} is false"""),
}
"""What is said of rows with a yes or a no, by what a yes says."""


def yes_or_no(draw: Draw, field: Field, truth: bool | None = None) -> Condition:
    """A condition on a yes/no field, by what its yes or its no is called."""
    if truth is None:
        truth = draw.chance(0.6)
    condition: list[Action] = ["true" if truth else "false", field.leaf]
    kind, known, it = field.extra.partition(":")
    if known:
        a_it = it if it.endswith("s") else f"{'an' if it[0] in 'aeiou' else 'a'} {it}"
        said = {"it": it, "its": plural(it), "a_it": a_it, "column": draw.say(field)}
        return draw.one_of(_SAID_OF_FLAG[kind, truth], **said), condition
    yes, _, no = field.extra.partition(";")
    state = draw.rng.choice([one.strip() for one in (yes if truth else no).split(",") if one.strip()] or [field.words])
    if not truth and not no.strip():
        state = f"not {state}"
    words = draw.one_of(_STATES, state=state) if state != "members" else f"that are {state}"
    return words, condition


def bare_state(words: str) -> str:
    """The words of a state without what ties them to a noun.

    >>> bare_state("<active"), bare_state("that are still open")
    ('active', 'still open')
    """
    return words.removeprefix("<").removeprefix("that are ").removeprefix("which are ")


_CONDITIONS: dict[str, Callable[[Draw, Field], Condition | None]] = {
    "category": _is_value, "name": _has_text, "first": _missing, "last": _missing, "detail": _mentions,
    "code": _missing, "party": _of_party, "measure": _compared, "when": _in_period, "flag": yes_or_no, "year": _in_year,
}  # fmt: skip
"""What is asked of a field, by its role."""

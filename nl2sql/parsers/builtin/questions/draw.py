"""What every shape draws from: a thing to ask about, words for it and its fields, and wordings to choose from."""

from __future__ import annotations

import random
from collections.abc import Sequence

from nl2sql import dates
from nl2sql.linking import STOPWORDS
from nl2sql.parsers.builtin import lexicon
from nl2sql.parsers.builtin.grammar import Action, Leaf
from nl2sql.parsers.builtin.synthetic_schema import Field, Thing, Things, plural

Asked = tuple[str, list[Action]]
"""A question, not yet dressed, with its reading."""

_PERIODS = tuple(part.strip() for part in lexicon.PERIODS.replace("\n", " ").split(","))
_PEOPLE = f" {lexicon.PEOPLE},".replace("\n", " ")
_MEASURED = ("sales", "spending", "money received", "visits", "order contents")
"""Words for rows that mean what the rows add up to, where they hold a measure: «sales by month»."""
SMALL_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def wordings(text: str) -> tuple[str, ...]:
    """Wordings parted by bars, each with places in braces; one may be empty, and one may stand twice to come up more.

    >>> wordings("all {noun} | | show")
    ('all {noun}', '', 'show')
    """
    return tuple(" ".join(part.split()) for part in text.split("|"))


def select(
    items: Sequence[Action], where: Sequence[Action] = (), groups: Sequence[Action] = (), tail: Sequence[Action] = ()
) -> list[Action]:
    """A reading of one SELECT; `where` and `tail` (order and limit) with their keywords, `groups` without.

    >>> select(["count", "*"], groups=["year", "x"], tail=["limit1"])
    ['select', 'count', '*', 'group', 'year', 'x', 'limit1', 'end']
    """
    return ["select", *items, *where, *(["group", *groups] if groups else []), *tail, "end"]


def all_of(conditions: Sequence[Sequence[Action]]) -> list[Action]:
    """WHERE of some conditions, all of which must be met."""
    where: list[Action] = ["where", *["and"] * (len(conditions) - 1)] if conditions else []
    for condition in conditions:
        where += condition
    return where


def number_leaf(number: int) -> Leaf:
    """A whole number as a leaf."""
    return Leaf("number", value=str(number), text=str(number))


class Draw:
    """One thing of a world, drawn by chance, and the chances that word a question about it."""

    def __init__(self, world: Things, rng: random.Random) -> None:
        self.world = world
        self.rng = rng
        self.thing = rng.choice(world.askable())

    def chance(self, share: float) -> bool:
        """True in `share` of all draws."""
        return self.rng.random() < share

    def one_of(self, texts: Sequence[str], **said: str) -> str:
        """Any of some wordings, its places filled with what is `said`."""
        return self.rng.choice(texts).format_map(said)

    def listed(self, words: str) -> str:
        """Any of some phrases of the lexicon, which commas part."""
        return self.rng.choice([one.strip() for one in words.split(",")])

    def many(self, thing: Thing) -> str:
        """The plural of a thing, often its own name."""
        others = [one for one in thing.others if one not in _MEASURED or not thing.with_role("measure")]
        if others and self.chance(0.12):
            return self.rng.choice(others)
        own = " ".join(thing.names[:1])
        return plural(own if self.chance(0.7) else self.rng.choice(thing.names))

    def single(self, thing: Thing) -> str:
        """The singular of a thing."""
        return thing.names[0] if self.chance(0.75) else self.rng.choice(thing.names)

    def say(self, field: Field) -> str:
        """A field's name in words, its own more often than another."""
        return field.words if self.chance(0.45) else self.rng.choice(field.sayings)

    def number(self) -> tuple[str, Leaf]:
        """A number as said and as a leaf."""
        rng = self.rng
        sizes = (rng.randint(2, 20), rng.randint(20, 500), rng.randint(5, 99) * 100, rng.randint(1, 300) * 1000)
        value = rng.choice((*sizes, 4.5, 2.5, 0.1))
        text = f"{value:g}" if value < 1e6 else str(value)
        said = text
        if value >= 1000:
            said = rng.choice((text, f"{int(value):,}", f"{int(value):,}", f"{value / 1000:g}k", f"${int(value):,}"))
        elif isinstance(value, int) and value <= 10 and self.chance(0.3):
            said = SMALL_NUMBERS[value]
        return said, Leaf("number", value=text, text=text)

    def when(self, thing: Thing) -> tuple[Field, bool] | None:
        """A date of `thing`, mostly its first one, and whether it is: what people mean where they name no date."""
        whens = thing.with_role("when")
        if not whens:
            return None
        field = whens[0] if self.chance(0.75) else self.rng.choice(whens)
        return field, field is whens[0]

    def period(self) -> Leaf:
        """A time period in words."""
        while True:
            leaf = self.leaf_of(self.rng.choice(_PERIODS))
            if leaf is not None:
                return leaf

    def leaf_of(self, period: str) -> Leaf | None:
        """A time period in words as a leaf; None where the words are no single period."""
        found = dates.find_dates(period)
        return Leaf("date", value=dates.to_text(found[0].period), text=period) if len(found) == 1 else None

    def values_of(self, column: Leaf) -> tuple[str, ...]:
        """What a column holds, as far as it is known."""
        return next((one.values for thing in self.world.things for one in thing.fields if one.leaf == column), ())

    def part_of(self, value: str, field: Field) -> str:
        """A stored value as said: at times by the one of its words that few others have, «won» for «Closed Won»."""
        parts = [one for one in value.split() if len(one) > 2 and one.isalpha() and one.lower() not in STOPWORDS]
        if len(value.split()) < 2 or not parts or field.role != "category" or not self.chance(0.4):
            return value
        rare = [one for one in parts if sum(one in other.split() for other in field.values) == 1]
        return self.rng.choice(rare).lower() if rare else value

    def named_parent(self) -> tuple[Thing, Field] | None:
        """Something that the thing belongs to, and the field that names it."""
        parents = self.world.parents(self.thing)
        if not parents:
            return None
        parent, _ = self.rng.choice(parents)
        names = parent.with_role("name")
        return (parent, names[0]) if names else None


def with_article(noun: str) -> str:
    """A noun with «a» or «an».

    >>> with_article("order"), with_article("sale")
    ('an order', 'a sale')
    """
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def behind(words: str) -> str:
    """Words as they are put behind others: a comma needs no space before it.

    >>> behind("descending"), behind(", most first"), behind("")
    (' descending', ', most first', '')
    """
    return words if not words or words.startswith(",") else f" {words}"


def adjectives(field: Field) -> tuple[str, str, str, str] | None:
    """Words for a field's most, least, more than and less than."""
    for key, words in lexicon.ADJECTIVES.items():
        if key in field.sayings[:1] or (key in ("born", "joined") and key in field.extra):
            return words
    return None


def label(thing: Thing) -> list[Action]:
    """What tells one of a thing from another: its name, both names of a person; all of it where it has none."""
    first, last = thing.with_role("first"), thing.with_role("last")
    names = thing.with_role("name")
    if names:
        return [names[0].leaf]
    return [first[0].leaf, last[0].leaf] if first and last else [thing.leaf]


def is_person(thing: Thing) -> bool:
    """True where people ask «who»."""
    return any(f" {name}," in _PEOPLE for name in thing.names[:1])

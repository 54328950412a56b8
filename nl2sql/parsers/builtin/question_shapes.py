"""Question shapes: each makes a reading over some things and words it in one of many ways. For training only."""

from __future__ import annotations

import random
from collections.abc import Callable

from nl2sql import dates
from nl2sql.parsers.builtin import lexicon
from nl2sql.parsers.builtin.grammar import Action, Leaf
from nl2sql.parsers.builtin.synthetic_schema import Field, Thing, Things, plural

Asked = tuple[str, list[Action]]
Filter = tuple[str, list[Action]]
"""Words that follow (or, marked with a leading «<», precede) a noun, and the condition they mean."""

_AGGREGATES = {
    "avg": ("average", "mean", "avg", "typical", "average"),
    "sum": ("total", "sum of", "overall", "total", "combined"),
    "max": ("highest", "maximum", "max", "largest", "biggest"),
    "min": ("lowest", "minimum", "min", "smallest"),
    "median": ("median",),
}
_UNITS = {"month": ("month", "monthly"), "year": ("year", "yearly"), "quarter": ("quarter", "quarterly"),
          "week": ("week", "weekly"), "day": ("day", "daily")}  # fmt: skip
_PERIODS = tuple(part.strip() for part in lexicon.PERIODS.replace("\n", " ").split(","))


class Asker:
    """Draws one question over a world."""

    def __init__(self, world: Things, rng: random.Random) -> None:
        self.world = world
        self.rng = rng
        self.thing = rng.choice(world.things)

    def ask(self) -> Asked | None:
        """A question with its reading; None when the drawn shape does not fit the drawn thing."""
        shapes: list[tuple[Callable[[], Asked | None], float]] = [
            (self.list_rows, 3), (self.list_fields, 2.5), (self.count, 2), (self.aggregate, 2.5), (self.grouped, 5),
            (self.best_group, 1.5), (self.having, 1), (self.top_rows, 2.5), (self.by_time, 2.5), (self.distinct, 1),
            (self.above_average, 0.7), (self.per_parent, 2), (self.most_children, 1.2), (self.without_children, 1),
            (self.parent_attribute, 2), (self.product_of_two, 0.6), (self.several, 0.5), (self.share_of_two, 0.3),
            (self.who_has, 1.5), (self.count_of_state, 1), (self.each_on_average, 0.5), (self.how_much, 1), (self.with_parent, 2.2), (self.without_parent, 0.7), (self.two_keys, 1),
        ]  # fmt: skip
        (shape,) = self.rng.choices([one for one, _ in shapes], [weight for _, weight in shapes])
        return shape()

    # -- words --------------------------------------------------------------------------------------------------------

    def one_of(self, *texts: str) -> str:
        """Any of some wordings."""
        return self.rng.choice(texts)

    def many(self, thing: Thing) -> str:
        """The plural of a thing, often its own name."""
        rng = self.rng
        if thing.others and rng.random() < 0.12:
            return rng.choice(thing.others)
        own = " ".join(thing.names[:1])
        return plural(own if rng.random() < 0.7 else rng.choice(thing.names))

    def single(self, thing: Thing) -> str:
        """The singular of a thing."""
        return thing.names[0] if self.rng.random() < 0.75 else self.rng.choice(thing.names)

    def pick(self, words: str) -> str:
        """Any of some phrases parted by commas."""
        return self.rng.choice([one.strip() for one in words.split(",")])

    def adjectives(self, field: Field) -> tuple[str, str, str, str] | None:
        """Words for a field's most, least, more than and less than."""
        for key, words in lexicon.ADJECTIVES.items():
            if key in field.sayings[:1] or (key in ("born", "joined") and key in field.extra):
                return words
        return None

    def is_person(self, thing: Thing) -> bool:
        """True where people ask «who»."""
        return any(f" {name}," in f" {lexicon.PEOPLE},".replace("\n", " ") for name in thing.names[:1])

    def say(self, field: Field) -> str:
        """A field's name in words, its own more often than another."""
        return field.words if self.rng.random() < 0.45 else self.rng.choice(field.sayings)

    # -- conditions -----------------------------------------------------------------------------------------------------

    def filters(self, thing: Thing, low: int = 0, high: int = 2) -> tuple[str, str, list[Action]]:
        """Words before the noun, words after it, and `where ...` (empty when there is no condition)."""
        rng = self.rng
        count = rng.choices(
            range(low, high + 1), [0.5 if n == 0 else 0.4 if n == 1 else 0.1 for n in range(low, high + 1)]
        )[0]
        fields = [one for one in thing.fields if one.role in _FILTERS]
        rng.shuffle(fields)
        before, after, conditions = "", [], []
        for field in fields[:count]:
            made = self.condition(field)
            if made is None:
                continue
            words, condition = made
            if words.startswith("<"):
                if before:
                    continue
                before = words[1:] + " "
            else:
                after.append(words)
            conditions.append(condition)
        if not conditions:
            return "", "", []
        glue = self.one_of(" and ", " ", " and ")
        where: list[Action] = ["where"]
        for _ in conditions[1:]:
            where.append("and")
        for condition in conditions:
            where += condition
        return before, " " + glue.join(after) if after else "", where

    def condition(self, field: Field) -> Filter | None:
        """A condition on one field in words."""
        return getattr(self, _FILTERS[field.role])(field)  # type: ignore[no-any-return]

    def _is_value(self, field: Field) -> Filter | None:
        rng = self.rng
        if not field.values:
            return None
        value = rng.choice(field.values)
        said, column = value, self.say(field)
        leaf = Leaf("text", text=value)
        roll = rng.random()
        if roll < 0.12 and len(field.values) > 1:
            other = rng.choice([one for one in field.values if one != value] or [value])
            words = self.one_of(f"in {said} or {other}", f"with {column} {said} or {other}", f"from {said} or {other}",
                                f"whose {column} is {said} or {other}", f"in {said} and {other}")  # fmt: skip
            return words, ["or", "=", field.leaf, leaf, "=", field.leaf, Leaf("text", text=other)]
        if roll < 0.22:
            words = self.one_of(f"not in {said}", f"whose {column} is not {said}", f"other than {said}", f"not from {said}",
                                f"except {said}", f"excluding {said}", f"with {column} other than {said}")  # fmt: skip
            return words, ["!=", field.leaf, leaf]
        if field.role == "category" and roll < 0.45:
            return f"<{said}", ["=", field.leaf, leaf]
        words = self.one_of(f"in {said}", f"in the {said} {column}", f"from {said}", f"with {column} {said}", f"whose {column} is {said}",
                            f"where {column} is {said}", f"where {column} = {said}", f"with status {said}" if "status" in field.words else f"in {said}",
                            f"that are {said}", f"which have {column} {said}", f"for {said}", f"of {column} {said}",
                            f"with a {column} of {said}", f"in {column} {said}", f"at {said}", f"via {said}" if "channel" in field.words else f"from {said}",
                            f'with {column} "{said}"')  # fmt: skip
        return words, ["=", field.leaf, leaf]

    def _has_text(self, field: Field) -> Filter | None:
        rng = self.rng
        if not field.values:
            return self._missing(field)
        value, column = rng.choice(field.values), self.say(field)
        if rng.random() < 0.45:
            words = self.one_of(f"named {value}", f"called {value}", f"with {column} {value}", f"whose {column} is {value}",
                                f'with the {column} "{value}"')  # fmt: skip
            return words, ["=", field.leaf, Leaf("text", text=value)]
        part = rng.choice([word for word in value.split() if word.isalnum()] or [value])
        leaf = Leaf("text", text=part)
        roll = rng.random()
        if roll < 0.6:
            words = self.one_of(f"whose {column} contains {part}", f"with {part} in the {column}", f'with "{part}" in their {column}',
                                f"where {column} includes {part}", f"with {column} like {part}", f"that have {part} in the {column}")  # fmt: skip
            return words, ["contains", field.leaf, leaf]
        if not part.isalpha():
            return None
        letter = part[0]
        if roll < 0.9:
            words = self.one_of(f"whose {column} starts with {letter}", f"with {column} beginning with {letter}",
                                f"that start with {letter}", f"with a {column} starting with the letter {letter}")  # fmt: skip
            return words, ["starts", field.leaf, Leaf("text", text=letter)]
        return f"whose {column} ends with {part}", ["ends", field.leaf, leaf]

    def _missing(self, field: Field) -> Filter:
        column = self.say(field)
        if self.rng.random() < 0.7:
            words = self.one_of(f"without {column}", f"without a {column}", f"with no {column}", f"where {column} is missing", f"with missing {column}",
                                f"that have no {column}", f"whose {column} is empty", f"lacking a {column}", f"with {column} unknown",
                                f"where {column} is null", f"with an empty {column}")  # fmt: skip
            return words, ["null", field.leaf]
        words = self.one_of(
            f"that have a {column}", f"with a {column}", f"where {column} is known", f"where {column} is not null"
        )
        return words, ["not_null", field.leaf]

    def number(self) -> tuple[str, Leaf]:
        """A number as said and as a leaf."""
        rng = self.rng
        value = rng.choice(
            (
                rng.randint(2, 20),
                rng.randint(20, 500),
                rng.randint(5, 99) * 100,
                rng.randint(1, 300) * 1000,
                4.5,
                2.5,
                0.1,
            )
        )
        text = f"{value:g}" if value < 1e6 else str(value)
        said = text
        if value >= 1000:
            said = rng.choice((text, f"{int(value):,}", f"{int(value):,}", f"{value / 1000:g}k", f"${int(value):,}"))
        elif isinstance(value, int) and value <= 10 and rng.random() < 0.3:
            said = ("zero one two three four five six seven eight nine ten".split())[value]
        return said, Leaf("number", value=text, text=text)

    def _compared(self, field: Field) -> Filter | None:
        rng = self.rng
        if rng.random() < 0.07:
            return self._missing(field)
        column = self.say(field)
        said, leaf = self.number()
        roll = rng.random()
        if roll < 0.14:
            other, second = self.number()
            if float(second.value) < float(leaf.value):
                said, leaf, other, second = other, second, said, leaf
            words = self.one_of(f"with {column} between {said} and {other}", f"whose {column} is between {said} and {other}",
                                f"with a {column} from {said} to {other}", f"where {column} between {said} and {other}")  # fmt: skip
            return words, ["between", field.leaf, leaf, second]
        adjectives = self.adjectives(field)
        if adjectives and adjectives[2] and rng.random() < 0.35:
            more = rng.random() < 0.6
            return f"{self.pick(adjectives[2 if more else 3])} {said}", [">" if more else "<", field.leaf, leaf]
        operator, phrases = rng.choice(_COMPARED)
        phrase = rng.choice(phrases)
        words = self.one_of(f"with {column} {phrase} {said}", f"with a {column} {phrase} {said}", f"whose {column} is {phrase} {said}",
                            f"where {column} is {phrase} {said}", f"where {column} {phrase} {said}", f"having {column} {phrase} {said}",
                            f"{phrase} {said} {column}", f"with {phrase} {said} {column}")  # fmt: skip
        if operator == "=":
            words = self.one_of(
                f"with {column} {said}",
                f"whose {column} is {said}",
                f"with a {column} of {said}",
                f"where {column} = {said}",
            )
        return words, [operator, field.leaf, leaf]

    def _in_year(self, field: Field) -> Filter:
        rng = self.rng
        year = str(rng.randint(1990, 2025))
        leaf = Leaf("number", value=year, text=year)
        operator, phrases = rng.choice(
            (("=", ("in", "from", "of")), (">", ("after", "later than")), (">=", ("since",)), ("<", ("before",)))
        )
        phrase = rng.choice(phrases)
        words = self.one_of(
            f"{phrase} {year}",
            f"with {self.say(field)} {phrase.replace('in', '').replace('from', '').replace('of', '')} {year}",
        )
        return words, [operator, field.leaf, leaf]

    def period(self) -> Leaf:
        """A time period in words."""
        while True:
            text = self.rng.choice(_PERIODS)
            found = dates.find_dates(text)
            if len(found) == 1:
                return Leaf("date", value=dates.to_text(found[0].period), text=text)

    def _in_period(self, field: Field) -> Filter | None:
        rng = self.rng
        if rng.random() < 0.06:
            return self._missing(field)
        open_ended = [words for verb, words in lexicon.NOT_YET.items() if verb in field.extra]
        if open_ended and rng.random() < 0.3:
            said = self.pick(open_ended[0])
            goes_first = said.split()[0] in (
                "still",
                "unresolved",
                "pending",
                "unshipped",
                "undelivered",
                "unpaid",
                "outstanding",
                "ongoing",
            )
            return ("<" if goes_first and rng.random() < 0.6 else "") + said, ["null", field.leaf]
        leaf = self.period()
        said = leaf.text
        verbs = [one.strip() for one in field.extra.split(",") if one.strip()]
        column = self.say(field)
        named = said[0].isupper() or said[0].isdigit()
        into = f"in {said}" if named or said.startswith("the ") else said
        operator, phrase = rng.choice(
            (
                ("=", into),
                ("=", into),
                ("=", into),
                (">=", f"since {said}"),
                ("<", f"before {said}"),
                (">", f"after {said}"),
            )
        )
        if (
            said.startswith(("the last", "the past", "past", "last "))
            and operator != "="
            and not said.startswith(("last year", "last month", "last quarter", "last week"))
        ):
            operator, phrase = "=", into
        if operator == "=" and said.startswith(("the last", "the past")):
            phrase = self.one_of(f"in {said}", f"within {said}", f"over {said}", f"during {said}")
        choices = [f"with {column} {phrase}", f"whose {column} is {phrase}", f"{phrase}", f"where {column} is {phrase}"]
        for verb in verbs:
            bare = verb.removeprefix("were ").removeprefix("are ")
            choices += [f"that {verb} {phrase}", f"who {verb} {phrase}", f"{bare} {phrase}", f"which {verb} {phrase}"]
        if operator == "=" and rng.random() < 0.1 and not field.extra:
            choices = [f"from {said}"]
        return rng.choice(choices), [operator, field.leaf, leaf]

    def _yes_no(self, field: Field) -> Filter:
        yes, _, no = field.extra.partition(";")
        truth = self.rng.random() < 0.6
        said = self.rng.choice(
            [one.strip() for one in (yes if truth else no).split(",") if one.strip()] or [field.words]
        )
        words = (
            self.one_of(f"<{said}", f"that are {said}", f"which are {said}")
            if said not in ("members",)
            else f"that are {said}"
        )
        return words, ["true" if truth else "false", field.leaf]

    # -- shapes ---------------------------------------------------------------------------------------------------------

    def ordering(self, thing: Thing) -> tuple[str, list[Action]]:
        """Words and actions of an order, often none."""
        fields = thing.with_role("measure", "when", "name")
        if not fields or self.rng.random() < 0.75:
            return "", []
        field = self.rng.choice(fields)
        column = self.say(field)
        if self.rng.random() < 0.5:
            words = self.one_of(f" sorted by {column}", f" ordered by {column}", f" by {column}", f" in order of {column}",
                                f" sorted by {column} ascending", f", lowest {column} first")  # fmt: skip
            return words, ["asc", field.leaf]
        first = "newest first" if field.role == "when" else f"highest {column} first"
        words = self.one_of(f" sorted by {column} descending", f" from highest to lowest {column}", f", {first}",
                            f" in descending order of {column}", f" ordered by {column} desc")  # fmt: skip
        return words, ["desc", field.leaf]

    def list_rows(self) -> Asked | None:
        """Whole rows."""
        thing = self.thing
        before, after, where = self.filters(thing)
        order, keys = self.ordering(thing)
        noun = f"{before}{self.many(thing)}{after}{order}"
        lead = self.one_of("list all ", "show me all ", "list ", "show ", "give me ", "all ", "display all ", "find all ", "show all ",
                           "get ", "i want to see all ", "give me all the ", "list every " if False else "list all the ", "find ", "")  # fmt: skip
        if self.rng.random() < 0.12 and where:
            lead = "which "
            noun = f"{before}{self.many(thing)}{after.replace(' that', '', 1).replace(' who', '', 1).replace(' which', '', 1)}{order}"
            name = thing.with_role("name", "title")
            items: list[Action] = [name[0].leaf] if name else [thing.leaf]
            return lead + noun, ["select", *items, *where, *keys, "end"]
        return lead + noun, ["select", thing.leaf, *where, *keys, "end"]

    def list_fields(self) -> Asked | None:
        """Some columns of rows."""
        rng, thing = self.rng, self.thing
        fields = list(thing.fields)
        rng.shuffle(fields)
        fields = fields[: rng.choice((1, 1, 2, 2, 3))]
        if not fields:
            return None
        names = [self.say(field) for field in fields]
        if len(fields) > 1 and rng.random() < 0.4:
            said = " and ".join((", ".join(names[:-1]), names[-1]))
        else:
            said = " and ".join(names) if len(names) < 3 else ", ".join(names)
        before, after, where = self.filters(thing)
        order, keys = self.ordering(thing)
        noun = f"{before}{self.many(thing)}{after}"
        words = self.one_of(f"show the {said} of all {noun}{order}", f"what are the {said} of {noun}{order}", f"list {said} for {noun}{order}",
                            f"{said} of {noun}{order}", f"give me the {said} of {noun}{order}", f"show {said} for each {self.single(thing)}{after}{order}" if not before else f"show {said} of {noun}{order}",
                            f"list all {noun} with their {said}{order}", f"{noun}: {said}{order}")  # fmt: skip
        return words, ["select", *(field.leaf for field in fields), *where, *keys, "end"]

    def who_has(self) -> Asked | None:
        """Names of those that meet a condition."""
        thing = self.thing
        names = thing.with_role("name")
        before, after, where = self.filters(thing, 1, 2)
        if not names or not where:
            return None
        if self.is_person(thing) and not before and self.rng.random() < 0.5:
            said = after.strip()
            for start in ("that ", "who ", "which "):
                said = said.removeprefix(start)
            said = {
                "with": "has",
                "without": "has no",
                "whose": "is the one whose",
                "in": "is in",
                "from": "is from",
            }.get(said.split(" ")[0], said.split(" ")[0]) + said[len(said.split(" ")[0]) :]
            if said.startswith(("earning", "older", "younger")):
                said = (
                    said.replace("earning", "earns", 1)
                    .replace("older", "is older", 1)
                    .replace("younger", "is younger", 1)
                )
            return f"who {said}", ["select", names[0].leaf, *where, "end"]
        noun = f"{before}{self.many(thing)}{after}"
        words = self.one_of(
            f"what are the names of {noun}",
            f"names of {noun}",
            f"show the {names[0].words} of {noun}",
            f"list the names of {noun}",
        )
        return words, ["select", names[0].leaf, *where, "end"]

    def count(self) -> Asked | None:
        """How many."""
        thing = self.thing
        before, after, where = self.filters(thing, 0, 2)
        noun = f"{before}{self.many(thing)}{after}"
        verb = (
            self.one_of("are there", "do we have", "exist", "")
            if not after
            else self.one_of("are there", "", "do we have")
        )
        words = self.one_of(f"how many {noun} {verb}", f"number of {noun}", f"count {noun}", f"what is the number of {noun}",
                            f"count of {noun}", f"how many {before}{self.many(thing)} {verb}{after}", f"total number of {noun}", f"how many {noun}")  # fmt: skip
        return words, ["select", "count", thing.leaf, *where, "end"]

    def count_of_state(self) -> Asked | None:
        """How many are in some state, said after the noun."""
        thing = self.thing
        flags = thing.with_role("flag", "category")
        if not flags:
            return None
        field = self.rng.choice(flags)
        noun = self.many(thing)
        if field.role == "flag":
            words, condition = self._yes_no(field)
            said = words.removeprefix("<").removeprefix("that are ").removeprefix("which are ")
        elif field.values:
            said = self.rng.choice(field.values)
            condition = ["=", field.leaf, Leaf("text", text=said)]
            said = self.one_of(f"{said}", f"in {said}", f"from {said}")
        else:
            return None
        where: list[Action] = ["where", *condition]
        if self.rng.random() < 0.3:
            names = thing.with_role("name")
            shown = names[0].leaf if names else thing.leaf
            return f"which {noun} are {said}", ["select", shown, *where, "end"]
        words = self.one_of(
            f"how many {noun} are {said}", f"how many of the {noun} are {said}", f"how many of our {noun} are {said}"
        )
        return words, ["select", "count", thing.leaf, *where, "end"]

    def each_on_average(self) -> Asked | None:
        """An average by group, said with a verb or after the noun."""
        thing = self.thing
        key = self.group_key(thing)
        fields = thing.with_role("measure")
        if key is None or not fields:
            return None
        field = self.rng.choice(fields)
        column, (by, keys) = self.say(field), key
        words = self.one_of(f"what {column} does each {by} have on average", f"{column} on average per {by}", f"how much {column} is there on average in each {by}",
                            f"what do {plural(by)} have as {column} on average", f"{column} per {by} on average", f"on average, what is the {column} in each {by}")  # fmt: skip
        return words, ["select", *keys, "avg", field.leaf, "group", *keys, "end"]

    def measure(self, thing: Thing) -> tuple[str, list[Action]] | None:
        """An aggregate of a measure in words."""
        fields = thing.with_role("measure")
        if not fields:
            return None
        field = self.rng.choice(fields)
        name = self.rng.choice(
            ("avg", "avg", "avg", "sum", "sum", "sum", "max", "min", "median")
            if self.rng.random() < 0.9
            else ("max", "min")
        )
        said = f"{self.rng.choice(_AGGREGATES[name])} {self.say(field)}"
        if name == "sum" and self.rng.random() < 0.2:
            said = self.say(field)
        return said, [name, field.leaf]

    def counted(self, thing: Thing) -> tuple[str, list[Action]]:
        """A count in words."""
        noun = self.many(thing)
        return self.one_of(
            f"number of {noun}", f"count of {noun}", f"how many {noun}", f"{noun} count", f"total {noun}"
        ), ["count", thing.leaf]

    def aggregate(self) -> Asked | None:
        """One aggregate over all."""
        thing = self.thing
        made = self.measure(thing)
        if made is None:
            return None
        said, actions = made
        before, after, where = self.filters(thing)
        noun = f"{before}{self.many(thing)}{after}"
        words = self.one_of(f"what is the {said} of {noun}", f"{said} of {noun}", f"show the {said} for {noun}", f"what's the {said} of all {noun}",
                            f"calculate the {said} of {noun}", f"{said} across {noun}", f"give me the {said} of {noun}", f"{said} for {noun}")  # fmt: skip
        if not where and self.rng.random() < 0.25:
            words = self.one_of(f"what is the {said}", f"{said}", f"show me the {said}")
        return words, ["select", *actions, *where, "end"]

    def group_key(self, thing: Thing) -> tuple[str, list[Action]] | None:
        """Something to group by: a category of the thing or of one it belongs to, or the name of the latter."""
        own = thing.with_role("category", "year")
        choices: list[tuple[str, list[Action]]] = [(self.say(field), [field.leaf]) for field in own]
        for parent, _ in self.world.parents(thing):
            for field in parent.with_role("category", "name"):
                said = self.say(field)
                single = self.single(parent)
                if field.role == "name":
                    choices.append((self.one_of(single, single, f"{single} name", f"{single} {said}"), [field.leaf]))
                else:
                    choices.append(
                        (
                            self.one_of(f"{single} {said}", said, f"{said} of the {single}", f"{single} {said}"),
                            [field.leaf],
                        )
                    )
        return self.rng.choice(choices) if choices else None

    def grouped(self) -> Asked | None:
        """An aggregate or count by group."""
        rng, thing = self.rng, self.thing
        key = self.group_key(thing)
        if key is None:
            return None
        by, keys = key
        made = self.measure(thing) if rng.random() < 0.62 else None
        counts = made is None
        said, actions = made or self.counted(thing)
        before, after, where = self.filters(thing, 0, 1)
        per = self.one_of(f"by {by}", f"per {by}", f"for each {by}", f"by {by}", f"in each {by}", f"for every {by}", f"broken down by {by}",
                          f"grouped by {by}", f"across {plural(by)}")  # fmt: skip
        whose = (
            "" if counts else self.one_of("", "", f" of {before}{self.many(thing)}", f" for {before}{self.many(thing)}")
        )
        if where and before and not whose:
            before, where = "", []
            if after:
                return None
        if counts:
            noun = f"{before}{self.many(thing)}"
            said = self.one_of(f"number of {noun}", f"count of {noun}", f"how many {noun}", f"{noun}", f"count {noun}")
        tail, order = "", list[Action]()
        roll = rng.random()
        if roll < 0.12:
            tail, order = (
                self.one_of(
                    ", highest first",
                    " in descending order",
                    ", sorted from high to low",
                    ", most first",
                    " descending",
                ),
                ["desc", *actions],
            )
        elif roll < 0.2:
            number = rng.randint(2, 10)
            text = str(number)
            leaf = Leaf("number", value=text, text=text)
            top = self.one_of(
                f"top {text} {plural(by)} by {said}{after}",
                f"the {text} {plural(by)} with the highest {said}{after}",
                f"{text} {plural(by)} with most {said}{after}"
                if counts
                else f"top {text} {plural(by)} by {said}{after}",
            )
            if whose:
                return None
            return top, ["select", *keys, *actions, *where, "group", *keys, "desc", *actions, "limit", leaf, "end"]
        words = self.one_of(f"{said}{whose} {per}{after}{tail}", f"show me {said}{whose} {per}{after}{tail}", f"what is the {said}{whose} {per}{after}{tail}",
                            f"{said}{whose}{after} {per}{tail}", f"show the {said}{whose} {per}{after}{tail}", f"for each {by}, show the {said}{whose}{after}{tail}",
                            f"give me {said}{whose}{after} {per}{tail}", f"how does {said}{whose} differ {per}{after}")  # fmt: skip
        if counts and rng.random() < 0.25:
            words = self.one_of(f"how many {before}{self.many(thing)} are there {per}{after}", f"how many {before}{self.many(thing)} does each {by} have{after}",
                                f"number of {before}{self.many(thing)} in each {by}{after}")  # fmt: skip
        if "differ" in words:
            order = []
        items = [*keys, *actions]
        return words, ["select", *items, *where, "group", *keys, *order, "end"]

    def best_group(self) -> Asked | None:
        """The group with the most or least."""
        rng, thing = self.rng, self.thing
        key = self.group_key(thing)
        if key is None:
            return None
        by, keys = key
        before, after, where = self.filters(thing, 0, 1)
        most = rng.random() < 0.75
        if rng.random() < 0.5:
            noun = f"{before}{self.many(thing)}{after}"
            actions: list[Action] = ["count", thing.leaf]
            said = self.one_of(f"has the {'most' if most else 'fewest'} {noun}", f"has {'most' if most else 'the least'} {noun}",
                               f"has the {'highest' if most else 'lowest'} number of {noun}")  # fmt: skip
        else:
            made = self.measure(thing)
            if made is None or made[1][0] in ("max", "min"):
                return None
            actions = made[1]
            if before:
                return None
            said = self.one_of(
                f"has the {'highest' if most else 'lowest'} {made[0]}{after}",
                f"had the {'most' if most else 'least'} {made[0]}{after}"
                if actions[0] == "sum"
                else f"has the {'highest' if most else 'lowest'} {made[0]}{after}",
            )
        words = self.one_of(
            f"which {by} {said}", f"what {by} {said}", f"the {by} that {said}", f"find the {by} which {said}"
        )
        return words, ["select", *keys, *where, "group", *keys, "desc" if most else "asc", *actions, "limit1", "end"]

    def having(self) -> Asked | None:
        """Groups that pass a bar."""
        rng, thing = self.rng, self.thing
        key = self.group_key(thing)
        if key is None:
            return None
        by, keys = key
        operator, phrases = rng.choice(_COMPARED[:-1])
        phrase = rng.choice(phrases)
        if rng.random() < 0.6:
            number = str(rng.randint(2, 50))
            leaf = Leaf("number", value=number, text=number)
            noun = self.many(thing)
            actions: list[Action] = ["count", thing.leaf]
            words = self.one_of(
                f"which {plural(by)} have {phrase} {number} {noun}",
                f"{plural(by)} with {phrase} {number} {noun}",
                f"list {plural(by)} that have {phrase} {number} {noun}",
            )
        else:
            made = self.measure(thing)
            if made is None:
                return None
            said, leaf = self.number()
            actions = made[1]
            words = self.one_of(
                f"which {plural(by)} have {made[0]} {phrase} {said}",
                f"{plural(by)} with {made[0]} {phrase} {said}",
                f"{plural(by)} where the {made[0]} is {phrase} {said}",
            )
        return words, ["select", *keys, "group", *keys, "having", operator, *actions, leaf, "end"]

    def top_rows(self) -> Asked | None:
        """The first rows by something."""
        rng, thing = self.rng, self.thing
        fields = thing.with_role("measure", "when")
        if not fields:
            return None
        field = rng.choice(fields)
        names = thing.with_role("name", "code")
        before, after, where = self.filters(thing, 0, 1)
        most = rng.random() < 0.7
        column = self.say(field)
        count = rng.choice((1, 1, rng.randint(2, 20)))
        text = str(count)
        adjectives = self.adjectives(field)
        if adjectives and rng.random() < 0.45:
            return self._most(field, adjectives, most, count, names, before, after, where)
        said = (
            ("zero one two three four five six seven eight nine ten".split())[count]
            if count <= 10 and rng.random() < 0.2
            else text
        )
        limit: list[Action] = ["limit1"] if count == 1 else ["limit", Leaf("number", value=text, text=text)]
        noun = f"{before}{self.single(thing) if count == 1 else self.many(thing)}{after}"
        if field.role == "when":
            word = (
                self.one_of("most recent", "latest", "newest", "last")
                if most
                else self.one_of("oldest", "earliest", "first")
            )
            plain = "" if count == 1 else f"{said} "
            words = self.one_of(f"the {plain}{word} {noun}", f"show the {plain}{word} {noun}", f"{word} {plain}{noun}", f"what are the {word} {plain}{noun}" if count > 1 else f"what is the {word} {noun}",
                                f"{plain}{word} {noun} by {column}")  # fmt: skip
        else:
            word = (
                self.one_of("highest", "largest", "biggest", "most", "greatest")
                if most
                else self.one_of("lowest", "smallest", "least")
            )
            if count == 1:
                words = self.one_of(
                    f"which {noun} has the {word} {column}",
                    f"{noun} with the {word} {column}",
                    f"show the {noun} with the {word} {column}",
                    f"what is the {noun} with the {word} {column}",
                )
            else:
                way = "top" if most else "bottom"
                words = self.one_of(f"{way} {said} {noun} by {column}", f"show the {way} {said} {noun} by {column}", f"{said} {noun} with the {word} {column}", f"the {said} {noun} with {word} {column}",
                                    f"what are the {said} {noun} with the {word} {column}")  # fmt: skip
        shown: list[Action] = [thing.leaf]
        if names and field.role == "measure":
            shown = [names[0].leaf] if count == 1 else [names[0].leaf, field.leaf]
        return words, ["select", *shown, *where, "desc" if most else "asc", field.leaf, *limit, "end"]

    def _most(
        self, field: Field, adjectives: tuple[str, str, str, str], most: bool, count: int,
        names: list[Field], before: str, after: str, where: list[Action],
    ) -> Asked:  # fmt: skip
        """The first rows by something that has an adjective."""
        thing = self.thing
        word = self.pick(adjectives[0 if most else 1])
        limit: list[Action] = ["limit1"] if count == 1 else ["limit", Leaf("number", value=str(count), text=str(count))]
        shown: list[Action] = [thing.leaf]
        if count == 1:
            noun = f"{before}{self.single(thing)}{after}"
            words = self.one_of(
                f"what is the {word} {noun}",
                f"{word} {noun}",
                f"which {noun} is the {word}",
                f"show the {word} {noun}",
                f"the {word} {noun}",
            )
            if self.is_person(thing):
                words = self.one_of(
                    f"who is the {word} {noun}", f"who is the {word}{' ' + noun if before or after else ''}", words
                )
            if names:
                shown = [names[0].leaf]
        else:
            noun = f"{before}{self.many(thing)}{after}"
            words = self.one_of(
                f"the {count} {word} {noun}",
                f"{word} {count} {noun}",
                f"show the {count} {word} {noun}",
                f"what are the {count} {word} {noun}",
                f"top {count} {word} {noun}",
            )
            if names and field.role == "measure":
                shown = [names[0].leaf, field.leaf]
        return words, ["select", *shown, *where, "desc" if most else "asc", field.leaf, *limit, "end"]

    def how_much(self) -> Asked | None:
        """A sum asked for with a verb."""
        thing = self.thing
        fields = [
            one
            for one in thing.with_role("measure")
            if {"amount", "quantity", "revenue", "spend", "cost", "refund", "price"} & set(one.sayings[:2])
        ]
        if not fields:
            return None
        field = self.rng.choice(fields)
        column = self.say(field)
        _, after, where = self.filters(thing, 0, 2)
        if where and not after:
            after, where = "", []
        kind = field.sayings[0]
        choices = [
            f"how much {column} did we have{after}",
            f"how much {column}{after}",
            f"how much is the {column} of {self.many(thing)}{after}",
        ]
        if kind in ("amount", "revenue"):
            choices += [
                f"how much did we sell{after}",
                f"how much money did we make{after}",
                f"how much revenue did we get{after}",
                f"how much was sold{after}",
                f"total sales{after}",
            ]
        if kind == "quantity":
            choices += [
                f"how many units were sold{after}",
                f"how many units did we sell{after}",
                f"how many pieces{after}",
            ]
        if kind == "spend":
            choices += [f"how much did we spend{after}", f"how much money was spent{after}"]
        if kind == "refund":
            choices += [f"how much did we refund{after}", f"how much money was refunded{after}"]
        return self.rng.choice(choices), ["select", "sum", field.leaf, *where, "end"]

    def with_parent(self) -> Asked | None:
        """Fields of a thing beside the name of what it belongs to."""
        parents = self.world.parents(self.thing)
        if not parents or not self.thing.fields:
            return None
        parent, _ = self.rng.choice(parents)
        names = parent.with_role("name")
        if not names:
            return None
        own = self.thing.with_role("name")
        if own and self.rng.random() < 0.35:
            child, single = self.single(self.thing), self.single(parent)
            words = self.one_of(f"each {child} with its {single}", f"show every {child} and its {single}", f"list {self.many(self.thing)} with the name of the {single}", f"show each {child} together with the {single} name",
                                f"list each {child} and the name of its {single}", f"{child} and {single} names", f"which {single} does each {child} belong to")  # fmt: skip
            return words, ["select", own[0].leaf, names[0].leaf, "end"]
        fields = self.rng.sample(self.thing.fields, min(len(self.thing.fields), self.rng.choice((1, 2))))
        said = " and ".join(self.say(field) for field in fields)
        before, after, where = self.filters(self.thing, 0, 1)
        noun = f"{before}{self.many(self.thing)}{after}"
        single = self.single(parent)
        leaves = [field.leaf for field in fields]
        if self.rng.random() < 0.5:
            words = self.one_of(
                f"list the {said} and {single} name of {noun}",
                f"show {said} and the {single} of {noun}",
                f"{said} of {noun} with the {single} name",
                f"{noun} with {said} and {single} name",
            )
            return words, ["select", *leaves, names[0].leaf, *where, "end"]
        words = self.one_of(
            f"show the {single} name and {said} of {noun}",
            f"{single} and {said} for {noun}",
            f"for {noun} list {single} name and {said}",
            f"{single} name, {said} of {noun}",
        )
        return words, ["select", names[0].leaf, *leaves, *where, "end"]

    def without_parent(self) -> Asked | None:
        """Those that belong to nothing, or to something."""
        parents = self.world.parents(self.thing)
        if not parents:
            return None
        parent, key = self.rng.choice(parents)
        own = Leaf("column", key.table, key.columns[0])
        noun, single = self.many(self.thing), self.single(parent)
        missing = self.rng.random() < 0.75
        if missing:
            words = self.one_of(f"{noun} without a {single}", f"{noun} that have no {single}", f"{noun} with no {single}", f"{noun} not linked to any {single}",
                                f"{noun} that do not belong to a {single}", f"{noun} without {single}", f"{noun} made without a {single}")  # fmt: skip
        else:
            words = self.one_of(
                f"{noun} that have a {single}", f"{noun} linked to a {single}", f"{noun} with a {single}"
            )
        where: list[Action] = ["where", "null" if missing else "not_null", own]
        if self.rng.random() < 0.5:
            lead = self.one_of("how many ", "number of ", "count ")
            return f"{lead}{words}", ["select", "count", self.thing.leaf, *where, "end"]
        return f"{self.one_of('show all ', 'list ', '', 'which ')}{words}", ["select", self.thing.leaf, *where, "end"]

    def two_keys(self) -> Asked | None:
        """An aggregate by two things at once, or two aggregates by one."""
        thing = self.thing
        first = self.group_key(thing)
        if first is None:
            return None
        made = self.measure(thing)
        said, actions = made or self.counted(thing)
        if self.rng.random() < 0.5:
            second = self.group_key(thing)
            whens = thing.with_role("when")
            if whens and self.rng.random() < 0.5:
                unit = self.rng.choice(("month", "year", "quarter"))
                second = (unit, [unit, whens[0].leaf])
            if second is None or second[1] == first[1]:
                return None
            keys: list[Action] = [*first[1], *second[1]]
            words = self.one_of(
                f"{said} by {first[0]} and {second[0]}",
                f"{said} per {first[0]} and {second[0]}",
                f"show {said} for each {first[0]} and {second[0]}",
                f"{said} by {first[0]}, {second[0]}",
            )
            return words, ["select", *keys, *actions, "group", *keys, "end"]
        noun, more = self.counted(thing)
        if made is None:
            return None
        words = self.one_of(
            f"{said} and {noun} by {first[0]}",
            f"for each {first[0]}, the {said} and the {noun}",
            f"show {said} and {noun} per {first[0]}",
        )
        return words, ["select", *first[1], *actions, *more, "group", *first[1], "end"]

    def by_time(self) -> Asked | None:
        """A course over time."""
        rng, thing = self.rng, self.thing
        whens = thing.with_role("when")
        if not whens:
            return None
        when = rng.choice(whens)
        unit = rng.choice(("month", "month", "month", "year", "year", "quarter", "week", "day"))
        noun, adverb = _UNITS[unit]
        made = self.measure(thing) if rng.random() < 0.6 else None
        said, actions = made or self.counted(thing)
        if made is None:
            plain = self.many(thing)
            said = self.one_of(f"number of {plain}", f"{plain}", f"how many {plain}", f"count of {plain}")
        where: list[Action] = []
        tail = ""
        if rng.random() < 0.4:
            period = self.period()
            where = ["where", "=", when.leaf, period]
            into = (
                period.text
                if not (period.text[0].isupper() or period.text[0].isdigit() or period.text.startswith("the "))
                else f"in {period.text}"
            )
            tail = f" {self.one_of(into, f'for {period.text}', into)}"
        words = self.one_of(f"{said} by {noun}{tail}", f"{said} per {noun}{tail}", f"{adverb} {said}{tail}", f"show {said} for each {noun}{tail}", f"{said} by {noun} of {self.say(when)}{tail}",
                            f"{said} over time by {noun}{tail}", f"show me {said} by {noun}{tail}", f"{said} {adverb}{tail}", f"what is the {said} per {noun}{tail}", f"trend of {said} by {noun}{tail}")  # fmt: skip
        key: list[Action] = [unit, when.leaf]
        return words, ["select", *key, *actions, *where, "group", *key, "asc", *key, "end"]

    def distinct(self) -> Asked | None:
        """The different values of a column, or how many."""
        thing = self.thing
        fields = thing.with_role("category")
        if not fields:
            return None
        field = self.rng.choice(fields)
        column = self.say(field)
        noun = self.many(thing)
        if self.rng.random() < 0.4:
            words = self.one_of(
                f"how many different {plural(column)} are there",
                f"number of distinct {plural(column)} of {noun}",
                f"how many unique {plural(column)} do {noun} have",
                f"count the different {column} values in {noun}",
            )
            return words, ["select", "count", "distinct", field.leaf, "end"]
        words = self.one_of(f"what {plural(column)} are there", f"list the distinct {plural(column)} of {noun}", f"what are the different {plural(column)} of {noun}", f"show all unique {plural(column)}", f"which {plural(column)} do our {noun} have",
                            f"distinct {column} of {noun}", f"all different {plural(column)} in {noun}")  # fmt: skip
        return words, ["select", "distinct", field.leaf, "end"]

    def above_average(self) -> Asked | None:
        """Rows above or below the average."""
        thing = self.thing
        fields, names = thing.with_role("measure"), thing.with_role("name")
        if not fields:
            return None
        field = self.rng.choice(fields)
        column = self.say(field)
        above = self.rng.random() < 0.7
        noun = self.many(thing)
        side = (
            self.one_of("above", "higher than", "more than", "over", "greater than")
            if above
            else self.one_of("below", "under", "less than", "lower than")
        )
        wants_name = bool(names) and self.rng.random() < 0.5
        lead = (
            self.one_of("names of ", "which ", "what are the names of ")
            if wants_name
            else self.one_of("show all ", "list ", "all ", "list all ", "")
        )
        words = self.one_of(f"{lead}{noun} with {column} {side} average", f"{lead}{noun} with {side} average {column}", f"{lead}{noun} whose {column} is {side} the average",
                            f"{lead}{noun} with a {column} {side} the average {column}")  # fmt: skip
        shown = names[0].leaf if wants_name else thing.leaf
        return words, [
            "select",
            shown,
            "where",
            ">" if above else "<",
            field.leaf,
            "select",
            "avg",
            field.leaf,
            "end",
            "end",
        ]

    def per_parent(self) -> Asked | None:
        """Something of the children for each of the things they belong to."""
        rng = self.rng
        parents = self.world.parents(self.thing)
        if not parents:
            return None
        parent, _ = rng.choice(parents)
        names = parent.with_role("name")
        if not names:
            return None
        made = self.measure(self.thing) if rng.random() < 0.5 else None
        children = self.many(self.thing)
        single = self.single(parent)
        said, actions = made or (
            self.one_of(f"number of {children}", f"how many {children}", f"{children}", f"count of {children}"),
            ["count", self.thing.leaf],
        )
        whose = "" if made is None else self.one_of("", f" of {children}", f" of their {children}")
        _, after, where = self.filters(self.thing, 0, 1) if rng.random() < 0.3 else ("", "", [])
        if where and not after:
            where = []
        words = self.one_of(f"{said}{whose} per {single}{after}", f"{said}{whose} by {single}{after}", f"{said}{whose} for each {single}{after}", f"for each {single}, show the {said}{whose}{after}",
                            f"show each {single} with the {said}{whose}{after}", f"list {self.many(parent)} with their {said}{after}", f"{said}{whose} of each {single}{after}")  # fmt: skip
        return words, ["select", names[0].leaf, *actions, *where, "group", names[0].leaf, "end"]

    def most_children(self) -> Asked | None:
        """Those with the most of something."""
        rng = self.rng
        parents = self.world.parents(self.thing)
        if not parents:
            return None
        parent, _ = rng.choice(parents)
        names = parent.with_role("name")
        if not names:
            return None
        children, name = self.many(self.thing), names[0].leaf
        made = self.measure(self.thing) if rng.random() < 0.5 else None
        if made is not None and made[1][0] != "sum":
            made = None
        actions: list[Action] = made[1] if made else ["count", self.thing.leaf]
        _, after, where = self.filters(self.thing, 0, 1) if rng.random() < 0.3 else ("", "", [])
        if where and not after:
            where = []
        if rng.random() < 0.5:
            said = made[0] if made else children
            words = self.one_of(
                f"which {self.single(parent)} has the most {said}{after}",
                f"{self.single(parent)} with the most {said}{after}",
                f"who has the highest {said}{after}" if made else f"which {self.single(parent)} has most {said}{after}",
            )
            return words, ["select", name, *where, "group", name, "desc", *actions, "limit1", "end"]
        text = str(rng.randint(2, 20))
        said = made[0] if made else self.one_of(f"number of {children}", children)
        words = self.one_of(f"top {text} {self.many(parent)} by {said}{after}", f"{text} {self.many(parent)} with the most {said}{after}", f"show the top {text} {self.many(parent)} by {said}{after}",
                            f"who are the top {text} {self.many(parent)} by {said}{after}", f"best {text} {self.many(parent)} by {said}{after}")  # fmt: skip
        return words, [
            "select",
            name,
            *actions,
            *where,
            "group",
            name,
            "desc",
            *actions,
            "limit",
            Leaf("number", value=text, text=text),
            "end",
        ]

    def without_children(self) -> Asked | None:
        """Those with none, some, or more than so many of something."""
        rng = self.rng
        parents = self.world.parents(self.thing)
        if not parents:
            return None
        parent, key = rng.choice(parents)
        names = parent.with_role("name")
        children = self.many(self.thing)
        single = self.single(self.thing)
        own = Leaf("column", key.to_table, key.to_columns[0])
        other = Leaf("column", key.table, key.columns[0])
        wants_name = bool(names) and rng.random() < 0.4
        shown: Action = names[0].leaf if wants_name and names else parent.leaf
        lead = (
            self.one_of("names of ", "what are the names of ", "give the names of ")
            if wants_name
            else self.one_of("", "list ", "show all ", "list all ", "which ", "find ")
        )
        if lead == "which " and names:
            shown = names[0].leaf
        if rng.random() < 0.25 and names:
            text = str(rng.randint(2, 20))
            words = f"{self.many(parent)} with {self.one_of('more than', 'over', 'at least')} {text} {children}"
            operator = ">=" if "at least" in words else ">"
            return words, [
                "select",
                names[0].leaf,
                "group",
                names[0].leaf,
                "having",
                operator,
                "count",
                self.thing.leaf,
                Leaf("number", value=text, text=text),
                "end",
            ]
        counted = rng.random() < 0.2
        noun = self.many(parent)
        words = self.one_of(f"{noun} without {children}", f"{noun} with no {children}", f"{noun} that have no {children}", f"{noun} that have never had a {single}", f"{noun} without any {children}",
                            f"{noun} with zero {children}", f"{noun} who have not any {children}", f"{noun} that don't have {children}")  # fmt: skip
        inner: list[Action] = ["select", other, "end"]
        if counted:
            return f"how many {words}", ["select", "count", parent.leaf, "where", "not_in", own, *inner, "end"]
        return lead + words, ["select", shown, "where", "not_in", own, *inner, "end"]

    def parent_attribute(self) -> Asked | None:
        """Rows, counts or sums of a thing by a condition on what it belongs to."""
        rng, thing = self.rng, self.thing
        parents = self.world.parents(thing)
        if not parents:
            return None
        parent, _ = rng.choice(parents)
        grand = self.world.parents(parent)
        if grand and rng.random() < 0.25:
            parent, _ = rng.choice(grand)
        fields = parent.with_role("category", "name", "when", "flag", "measure")
        if not fields:
            return None
        field = rng.choice(fields)
        made = self.condition(field)
        if made is None or parent is thing:
            return None
        words, condition = made
        noun, owner = self.many(thing), self.many(parent)
        if words.startswith("<"):
            phrase = f"of {words[1:]} {owner}"
            if rng.random() < 0.3:
                phrase = f"in {words[1:]}" if field.role == "category" else phrase
        else:
            phrase = f"{self.one_of('of', 'from', 'for')} {owner} {words}" if rng.random() < 0.75 else words
            if field.role == "name" and condition[0] == "=" and isinstance(condition[-1], Leaf):
                phrase = self.one_of(
                    f"for {condition[-1].text}",
                    f"of {condition[-1].text}",
                    f"from {condition[-1].text}",
                    f"of {self.single(parent)} {condition[-1].text}",
                    f"by {condition[-1].text}",
                )
        where: list[Action] = ["where", *condition]
        if rng.random() < 0.25:
            before, after, own = self.filters(thing, 1, 1)
            if own:
                noun = f"{before}{noun}{after if rng.random() < 0.5 else ''}"
                phrase = phrase if not after or noun.endswith(after) else f"{phrase}{after}"
                where = ["where", "and", *condition, *own[1:]]
        roll = rng.random()
        if roll < 0.35:
            lead = self.one_of("show all ", "list ", "all ", "list all ", "show me ", "")
            return f"{lead}{noun} {phrase}", ["select", thing.leaf, *where, "end"]
        if roll < 0.65:
            lead = self.one_of("how many ", "number of ", "count ", "count of ")
            return f"{lead}{noun} {phrase}", ["select", "count", thing.leaf, *where, "end"]
        measure = self.measure(thing)
        if measure is None:
            return None
        return f"{self.one_of('what is the ', '', 'show the ')}{measure[0]} {self.one_of(f'of {noun} ', '')}{phrase}", [
            "select",
            *measure[1],
            *where,
            "end",
        ]

    def product_of_two(self) -> Asked | None:
        """Quantity times price, the revenue of a line."""
        thing = self.thing
        amounts = [one for one in thing.with_role("measure") if "quantity" in one.sayings]
        prices = [one for one in thing.with_role("measure") if "unit price" in one.sayings]
        if not amounts or not prices or any({"revenue", "total"} & set(one.sayings) for one in thing.fields):
            return None
        actions: list[Action] = ["sum", "multiply", amounts[0].leaf, prices[0].leaf]
        said = self.one_of(
            "total revenue", "revenue", "total sales", "sales value", "turnover", "revenue (quantity times price)"
        )
        key = self.group_key(thing)
        if key is not None and self.rng.random() < 0.7:
            by, keys = key
            if self.rng.random() < 0.3:
                return f"which {by} has the highest {said}", [
                    "select",
                    *keys,
                    "group",
                    *keys,
                    "desc",
                    *actions,
                    "limit1",
                    "end",
                ]
            return f"{said} {self.one_of('by', 'per', 'for each')} {by}", [
                "select",
                *keys,
                *actions,
                "group",
                *keys,
                "end",
            ]
        return self.one_of(f"what is the {said}", said), ["select", *actions, "end"]

    def several(self) -> Asked | None:
        """Several aggregates at once."""
        fields = self.thing.with_role("measure")
        if not fields:
            return None
        field = self.rng.choice(fields)
        column = self.say(field)
        noun = self.many(self.thing)
        chosen = self.rng.sample(("avg", "max", "min", "sum"), self.rng.choice((2, 3)))
        said = [self.rng.choice(_AGGREGATES[one]) for one in chosen]
        words = ", ".join(said[:-1]) + f" and {said[-1]} {column}"
        key = self.group_key(self.thing) if self.rng.random() < 0.4 else None
        pairs: list[Action] = [part for one in chosen for part in (one, field.leaf)]
        if key is not None:
            return f"{words} of {noun} by {key[0]}", ["select", *key[1], *pairs, "group", *key[1], "end"]
        return self.one_of(f"what are the {words} of {noun}", f"{words} of {noun}", f"show the {words}"), [
            "select",
            *pairs,
            "end",
        ]

    def share_of_two(self) -> Asked | None:
        """A difference or ratio of two columns per row."""
        thing = self.thing
        fields, names = thing.with_role("measure"), thing.with_role("name")
        if len(fields) < 2 or not names:
            return None
        left, right = self.rng.sample(fields, 2)
        one, other = self.say(left), self.say(right)
        noun = self.many(thing)
        if self.rng.random() < 0.6:
            words = self.one_of(
                f"difference between {one} and {other} for each {self.single(thing)}",
                f"{one} minus {other} of all {noun}",
            )
            return words, ["select", names[0].leaf, "subtract", left.leaf, right.leaf, "end"]
        words = self.one_of(
            f"ratio of {one} to {other} for each {self.single(thing)}",
            f"{one} divided by {other} per {self.single(thing)}",
        )
        return words, ["select", names[0].leaf, "divide", left.leaf, right.leaf, "end"]


_FILTERS = {
    "category": "_is_value", "name": "_has_text", "first": "_missing", "last": "_missing", "detail": "_missing",
    "code": "_missing", "measure": "_compared", "when": "_in_period", "flag": "_yes_no", "year": "_in_year",
}  # fmt: skip
_COMPARED = (
    (">", ("over", "above", "more than", "greater than", "higher than", "exceeding", "bigger than", ">")),
    (">", ("over", "above", "more than")),
    (">=", ("at least", "no less than", ">=", "or more than")),
    ("<", ("under", "below", "less than", "lower than", "smaller than", "<", "cheaper than")),
    ("<=", ("at most", "no more than", "up to", "<=")),
    ("=", ("of",)),
)

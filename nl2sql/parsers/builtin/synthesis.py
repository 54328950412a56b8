"""Makes questions with their readings over sampled business schemas, and over the training schemas. For training only.

Grammar-based synthesis in the spirit of GraPPa (Yu et al. 2021): sample a schema, sample a reading, word it in one of
many ways, where schema and question may use different names for the same thing.
"""

from __future__ import annotations

import datetime as dt
import random
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from nl2sql.errors import ParserError
from nl2sql.linking import ValueIndex, normal_form, split_name
from nl2sql.meanings import WAYS, has_both_ways
from nl2sql.parsers.builtin import lexicon
from nl2sql.parsers.builtin.corpus import TrainingExample
from nl2sql.parsers.builtin.earlier import Earlier
from nl2sql.parsers.builtin.grammar import Action
from nl2sql.parsers.builtin.questions.absent import foreign, off_topic, without_asked, without_thing
from nl2sql.parsers.builtin.questions.dialogues import follow_up
from nl2sql.parsers.builtin.questions.draw import Draw
from nl2sql.parsers.builtin.questions.hops import TIES
from nl2sql.parsers.builtin.questions.shapes import ask, ask_about
from nl2sql.parsers.builtin.render import render
from nl2sql.parsers.builtin.roles import Role, with_roles
from nl2sql.parsers.builtin.synthetic_schema import Attribute, Field, Thing, Things, plural
from nl2sql.schema import Column, ForeignKey, Schema, Table

_KINDS = (0.57, 0.23, 0.2)
"""Shares of questions that stand alone, follow up another, and must be declined."""
_ANY_DAY = dt.date(2024, 6, 15)


def _can_be_said(schema: Schema, reading: Sequence[Action]) -> bool:
    try:
        render(tuple(reading), schema, _ANY_DAY)
    except ParserError:
        return False
    return True


class Synthesis:
    """Draws examples without end."""

    def __init__(self, rng: random.Random, known: Sequence[TrainingExample]) -> None:
        """`known` has one example of each training database, whose schema and values are asked about too."""
        self.rng = rng
        self.attributes = read_attributes()
        self.things = read_things()
        self.flags = read_flags()
        self.parties = _read_many(lexicon.PARTIES, "text", "party", _list(lexicon.NAMES.replace("\n", " ")))
        self.measures = _read_many(lexicon.MEASURES, "number", "measure", ())
        kept_elsewhere = _read_many(lexicon.FOREIGN_FIELDS, "number", "measure", ())
        self.foreign_fields = [*self.attributes.values(), *self.parties, *self.measures, *3 * kept_elsewhere]
        kinds_elsewhere = _synonyms(lexicon.FOREIGN_THINGS)
        self.foreign_things = [*(kind.names for kind in self.things), *2 * kinds_elsewhere]
        self.known = [things for example in known if (things := things_of_example(example)) is not None]
        self.worlds: list[Things] = []

    def draw(self) -> TrainingExample:
        """One question with its reading: a first one, one that follows up another, or one that must be declined."""
        while True:
            (made,) = self.rng.choices((self.first, self.follow_up, self.absent), _KINDS)
            example = made(self.known_or_made())
            if example is not None:
                return example

    def known_or_made(self) -> Things:
        """A training database, or a made schema."""
        rng = self.rng
        if self.known and rng.random() < 0.3:
            return rng.choice(self.known)
        if len(self.worlds) < 400 or rng.random() < 0.2:
            self.worlds.append(self.world())
            self.worlds = self.worlds[-800:]
        return rng.choice(self.worlds)

    def first(self, world: Things) -> TrainingExample | None:
        """A question that stands alone."""
        asked = ask(world, self.rng)
        return None if asked is None else self._example(world, *asked)

    def follow_up(self, world: Things) -> TrainingExample | None:
        """A question that follows up another, at times one that has nothing to do with it."""
        draw = Draw(world, self.rng)
        first = ask_about(draw)
        if first is None:
            return None
        second = ask(world, self.rng) if self.rng.random() < 0.12 else follow_up(draw, first, self.rng)
        if second is None or second[1] == first[1] or not _can_be_said(world.schema, second[1]):
            return None
        earlier = Earlier.of(dressed(first[0], self.rng), tuple(first[1]))
        return replace(self._example(world, *second), earlier=earlier)

    def absent(self, world: Things) -> TrainingExample | None:
        """A question that the schema does not answer."""
        roll = self.rng.random()
        if roll < 0.3:
            return self._example(world, off_topic(Draw(world, self.rng)), ["decline"])
        if roll < 0.6 and world.values is None:
            words = foreign(Draw(world, self.rng), self.foreign_fields, self.foreign_things)
            return None if words is None else self._example(world, words, ["decline"])
        asked = ask(world, self.rng)
        if asked is None:
            return None
        take_away = without_thing if roll < 0.8 else without_asked
        schema = take_away(world, tuple(asked[1]), asked[0], self.rng)
        return None if schema is None else replace(self._example(world, asked[0], ["decline"]), schema=schema)

    def _example(self, world: Things, words: str, reading: Sequence[Action]) -> TrainingExample:
        question = dressed(words, self.rng)
        return TrainingExample((question,), world.schema, tuple(reading), "synthesis", "synthesis", values=world.values)

    def world(self) -> Things:
        """A schema of one to nine related tables in one style of naming."""
        rng = self.rng
        style = rng.choice(("snake", "snake", "snake", "camel", "title", "upper"))
        if rng.random() < 0.15:
            style += " short"
        size = rng.choice((1, 1, 2, 3, 4, 5, 6, 8, 9))
        chosen = self._connected(size)
        plural_tables = rng.random() < 0.7
        tables: list[Table] = []
        keys: list[ForeignKey] = []
        things: list[Thing] = []
        names: dict[str, str] = {}
        for kind in chosen:
            singular = kind.names[0] if rng.random() < 0.6 else rng.choice(kind.names)
            names[kind.names[0]] = styled(plural(singular) if plural_tables else singular, style, rng)
            if size < 3 and rng.random() < 0.35:
                names[kind.names[0]] = styled(
                    rng.choice(_FILES).format(singular=singular, plural=plural(singular)), style, rng
                )
        if len({name.casefold() for name in names.values()}) < len(names):
            return self.world()
        own_keys = {kind.names[0]: self._own_key(kind, style) for kind in chosen}
        for kind in chosen:
            table, found, fields = self._table(kind, names, own_keys, style)
            tables.append(table)
            keys += found
            things.append(Thing(table.name, kind.names, kind.others, fields))
        return self._with_roles(Schema(tuple(tables), tuple(keys)), things)

    def _own_key(self, kind: ThingKind, style: str) -> _OwnKey:
        """What tells the rows of a kind apart: mostly an id, else a number or a code with a name of its own."""
        rng = self.rng
        ending = rng.choice(("id",) * 15 + _KEY_ENDINGS)
        own = ending if ending == "id" and rng.random() < 0.7 else f"{kind.names[0]} {ending}"
        type_ = "VARCHAR" if ending == "code" or rng.random() < 0.1 else "INTEGER"
        return _OwnKey(styled(own, style, rng), type_, ending)

    def _connected(self, size: int) -> list[ThingKind]:
        """`size` kinds of thing, most of them tied to one another."""
        rng = self.rng
        flows = [kind for kind in self.things if _FLOWS & set(kind.attributes)]
        roll = rng.random()
        chosen = [rng.choice(flows if roll < 0.08 else self.things[:16] if roll < 0.6 else self.things)]
        by_name = {kind.names[0]: kind for kind in self.things}
        if size > 2 and rng.random() < 0.4:
            tie = rng.choice(list(TIES))
            ends = rng.choice(list(TIES[tie]))
            chosen = [by_name[tie], *(by_name[one] for one in ends if one in by_name[tie].parents)]
        elif size > 1 and rng.random() < 0.12:
            owner = rng.choice(list(lexicon.ROLES))
            chosen = [by_name[owner], *(by_name[one[0]] for one in lexicon.ROLES[owner][:1] if one[0] != owner)]
        while len(chosen) < size:
            have = {kind.names[0] for kind in chosen}
            near = [by_name[one] for kind in chosen for one in kind.parents if one in by_name and one not in have]
            near += [kind for kind in self.things if kind.names[0] not in have and have & set(kind.parents)]
            chosen.append(
                rng.choice(near if near and rng.random() < 0.9 else [k for k in self.things if k.names[0] not in have])
            )
        return chosen

    def _table(
        self, kind: ThingKind, names: dict[str, str], own_keys: dict[str, _OwnKey], style: str
    ) -> tuple[Table, list[ForeignKey], tuple[Field, ...]]:
        rng = self.rng
        own = names[kind.names[0]]
        prefix = rng.random() < 0.15
        columns: list[Column] = []
        fields: list[Field] = []
        taken: set[str] = set()

        def add(words: str, type_: str, attribute: Attribute | None, role: str) -> str | None:
            said = f"{kind.names[0]} {words}" if prefix and role in ("name", "key", "code") else words
            name = styled(said, style, rng)
            if not name or name.casefold() in taken:
                return None
            taken.add(name.casefold())
            columns.append(Column(name, type_))
            if attribute is not None:
                fields.append(
                    Field(
                        own,
                        name,
                        words,
                        role,
                        attribute.family,
                        attribute.sayings,
                        _taken(attribute, rng),
                        attribute.extra,
                    )
                )
            return name

        key = own_keys[kind.names[0]]
        taken.add(key.name.casefold())
        columns.append(Column(key.name, key.type))
        links: list[ForeignKey] = []
        roles = next((one for one in rng.sample(_roles_of(kind), len(_roles_of(kind))) if one[0] in names), None)
        if roles is not None and rng.random() < 0.5:
            for called in roles[1:]:
                words = called.partition(" | ")[0]
                other = own_keys[roles[0]]
                name = add(other.referred_as(words, rng), other.type, None, "foreign")
                if name:
                    links.append(ForeignKey(own, (name,), names[roles[0]], (other.name,)))
        for parent in kind.parents:
            if links and roles is not None and parent == roles[0]:
                continue
            if parent in names and (parent != kind.names[0]) and rng.random() < 0.95:
                target = names[parent]
                said = parent if rng.random() < 0.75 else split_phrase(target)
                if parent == "employee" and kind.names[0] in ("store", "department"):
                    said = "manager"
                elif parent == "employee" and rng.random() < 0.3:
                    said = rng.choice(("assigned to", "owner", "sales rep", "agent", "handled by"))
                other = own_keys[parent]
                name = add(other.referred_as(said, rng), other.type, None, "foreign")
                if name:
                    links.append(ForeignKey(own, (name,), target, (other.name,)))
            elif parent not in names and rng.random() < 0.55:
                party = self._party(parent)
                add(party.names[0], "VARCHAR", party, "party")
        flat = len(names) == 1 and rng.random() < 0.6
        for extra in self._more(kind, flat):
            add(extra.names[0], _TYPES[extra.family][0], extra, extra.role)
        count = rng.randint(min(3, len(kind.attributes)), len(kind.attributes))
        for attribute_key in sorted(rng.sample(kind.attributes, count), key=kind.attributes.index):
            attribute = self.attributes[attribute_key]
            words = attribute.names[0] if rng.random() < 0.35 else rng.choice(attribute.names)
            add(words, rng.choice(_TYPES[attribute.family]), attribute, attribute.role)
        return Table(own, tuple(columns), (key.name,)), links, tuple(fields)

    def _more(self, kind: ThingKind, flat: bool) -> list[Attribute]:
        """What this table keeps beside what is usual: yes and no, and in a `flat` one those that its rows name."""
        rng = self.rng
        found = rng.sample(self.flags, rng.choice((0, 0, 0, 1, 1, 2)))
        if flat and any(self.attributes[one].role == "when" for one in kind.attributes):
            found += rng.sample(self.parties, rng.choice((0, 1, 1, 2)))
            found += rng.sample(self.measures, rng.choice((0, 1, 1, 2)))
        return found

    def _with_roles(self, schema: Schema, things: Sequence[Thing]) -> Things:
        """The schema with its roles, each a thing of its own that people have a name for."""
        whole = with_roles(schema)
        made = list(things)
        by_table = {thing.table: thing for thing in things}
        for table in whole.tables:
            if isinstance(table, Role):
                thing = by_table[table.of]
                fields = tuple(replace(f, table=table.name) for f in thing.fields if table.column(f.column) is not None)
                words = split_phrase(table.name)
                made.append(Thing(table.name, _SAID_OF_ROLE.get(words, (words,)), (), fields, is_role=True))
        return Things(whole, tuple(made), None)

    def _party(self, parent: str) -> Attribute:
        """What a flat table keeps of something it belongs to: its name."""
        rng = self.rng
        kind = next((one for one in self.things if one.names[0] == parent), None)
        others = kind.names if kind else (parent,)
        own = rng.choice(lexicon.ACTORS) if parent == "employee" and rng.random() < 0.7 else rng.choice(others[:3])
        sayings = (own, own) if own not in others else (own, own, *others[:3])
        words = own if rng.random() < 0.6 else f"{own} name"
        return Attribute("text", "party", (words,), sayings, _list(lexicon.NAMES.replace("\n", " ")), "")


_KEY_ENDINGS = ("no", "code", "number", "key", "nr")
"""Last words of keys that are no id."""


@dataclass(frozen=True)
class _OwnKey:
    """The column that tells the rows of a table apart."""

    name: str
    type: str
    ending: str

    def referred_as(self, said: str, rng: random.Random) -> str:
        """What a column that refers to it is called, in words."""
        return said if said.endswith((" to", " by")) or rng.random() < 0.07 else f"{said} {self.ending}"


def _roles_of(kind: ThingKind) -> tuple[tuple[str, ...], ...]:
    """Pairs of keys that kinds of thing may have to one table."""
    return lexicon.ROLES.get(kind.names[0], ())


_SAID_OF_ROLE = {
    name.strip(): _said
    for pairs in lexicon.ROLES.values()
    for pair in pairs
    for name, _, said in (one.partition(" | ") for one in pair[1:])
    if (_said := tuple(part.strip() for part in said.split(",")))
}
"""What people call a role, by its own name in words."""


def _taken(attribute: Attribute, rng: random.Random) -> tuple[str, ...]:
    """The values that a column takes: of those that say which way money or goods go, some other pair, at times."""
    values = attribute.values
    if rng.random() < 0.5 or not has_both_ways({normal_form(one) for one in values}):
        return values
    spell = rng.choice((str.upper, str.title, str.title, str.capitalize))
    more = rng.choice(((), (), ("Adjustment",), ("Transfer",)))
    return (*map(spell, rng.choice(WAYS)), *more)


_FLOWS = {"debit", "inout", "inbound", "income", "withdrawal"}
"""Attributes that say which way money or goods go: tables that have one are asked about in ways of their own."""
_FILES = (
    "{singular} export", "{plural} export", "{singular} list", "{singular} data", "{plural} data", "raw {plural}",
    "{singular} report", "{plural} 2024", "tbl {singular}", "all {plural}", "{singular} log", "{singular} table",
    "my {plural}", "{singular} overview", "{singular} master",
)  # fmt: skip
"""What a file with one table is called."""


_TYPES = {
    "number": ("DOUBLE", "INTEGER", "DECIMAL(10,2)", "BIGINT"), "text": ("VARCHAR",),
    "date": ("DATE", "TIMESTAMP"), "boolean": ("BOOLEAN",),
}  # fmt: skip


@dataclass(frozen=True)
class ThingKind:
    """A line of the lexicon's things."""

    names: tuple[str, ...]
    others: tuple[str, ...]
    attributes: tuple[str, ...]
    parents: tuple[str, ...]


def split_phrase(name: str) -> str:
    """A table's name as words."""
    return " ".join(split_name(name))


def styled(words: str, style: str, rng: random.Random) -> str:
    """`words` as a name in one style of naming, now and then abbreviated."""
    parts = re.sub(r"[^\w ]", " ", words).split()
    style, _, short = style.partition(" ")
    if short or rng.random() < 0.06:
        parts = [lexicon.SHORT.get(part, part) for part in parts]
    if style == "camel":
        return parts[0].lower() + "".join(part.capitalize() for part in parts[1:])
    if style == "title":
        return " ".join(part.capitalize() for part in parts)
    if style == "upper":
        return "_".join(parts).upper()
    return "_".join(parts).lower()


def dressed(question: str, rng: random.Random) -> str:
    """The question as people type: fluff, case, marks, an odd typo."""
    text = re.sub(r"\s+", " ", question).strip()
    roll = rng.random()
    if roll < 0.06:
        text = rng.choice(("please ", "can you ", "could you please ", "hey, ", "i need to know ", "tell me ")) + text
    elif roll < 0.1:
        text += rng.choice((" please", " thanks", ", thanks"))
    case = rng.random()
    if case < 0.3:
        text = text.lower()
    elif case < 0.8:
        text = text[0].upper() + text[1:]
    if rng.random() < 0.5:
        is_question = re.match(r"(?i)(what|which|who|how|when|where|do|did|is|are|can|could)\b", text)
        text += "?" if is_question else rng.choice((".", "", "?"))
    if rng.random() < 0.04:
        text = _mistyped(text, rng)
    return text


def _mistyped(text: str, rng: random.Random) -> str:
    words = text.split(" ")
    long = [at for at, word in enumerate(words) if len(word) > 5 and word.isalpha() and word.islower()]
    if not long:
        return text
    at = rng.choice(long)
    word = words[at]
    place = rng.randint(1, len(word) - 3)
    words[at] = rng.choice(
        (word[:place] + word[place + 1] + word[place] + word[place + 2 :], word[:place] + word[place + 1 :])
    )
    return " ".join(words)


def read_attributes() -> dict[str, Attribute]:
    """The lexicon's attributes by key."""
    found = {}
    for line in lexicon.ATTRIBUTES.strip().splitlines():
        head, _, tail = line.partition(": ")
        key, family, role = head.split(" ", 2)
        names, _, values = tail.partition(" = ")
        own, _, more = names.partition("|")
        kept = _list(own)
        role, _, extra = role.partition("(")
        pool = _list(values) or (_list(lexicon.NAMES.replace("\n", " ")) if role == "name" else ())
        found[key] = Attribute(family, role, kept, (*kept, *_list(more)), pool, extra.rstrip(")"))
    return found


_FLAG_NAMES = {
    "is": ("{}", "is {}", "is {}", "{} flag"), "was": ("{}", "is {}", "was {}", "{} flag"),
    "has": ("has {}", "has {}", "{}", "with {}", "had {}"), "one": ("is {}", "{}", "{} flag"),
}  # fmt: skip
"""What yes/no columns are called, by what a yes says."""


def read_flags() -> list[Attribute]:
    """The lexicon's yes/no columns; `extra` is what a yes says and the words."""
    found = []
    for kind, words in lexicon.FLAGS.items():
        for said in _list(words.replace("\n", " ")):
            names = tuple(form.format(said) for form in _FLAG_NAMES[kind])
            found += [Attribute("boolean", "flag", (name,), names, (), f"{kind}:{said}") for name in names]
    return found


def _synonyms(text: str) -> list[tuple[str, ...]]:
    """Lines of words that mean the same, which semicolons part."""
    return [_list(line) for line in text.replace("\n", " ").split(";")]


def _read_many(text: str, family: str, role: str, values: tuple[str, ...]) -> list[Attribute]:
    """Lines of names that mean the same: each may be the column's, all may be said."""
    found = []
    for names in _synonyms(text):
        found += [Attribute(family, role, (name,), (name, *names), values, "") for name in names]
    return found


def read_things() -> list[ThingKind]:
    """The lexicon's kinds of thing."""
    found = []
    for line in lexicon.THINGS.strip().splitlines():
        head, _, tail = line.partition(":")
        names, _, others = head.partition("|")
        attributes, _, parents = tail.partition(">")
        found.append(ThingKind(_list(names), _list(others), _list(attributes), _list(parents)))
    return found


def _list(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def things_of_example(example: TrainingExample) -> Things | None:
    """The database of an example as things to ask about; None where no column can be asked about."""
    return things_of(example.schema, example.values)


def things_of(schema: Schema, values: ValueIndex | None) -> Things | None:
    """A training database as things to ask about, its columns' roles guessed from names, types and values."""
    things = []
    keys = {(key.table, column) for key in schema.foreign_keys for column in key.columns}
    for table in schema.tables:
        fields = []
        for column in table.columns:
            words = " ".join(split_name(column.name))
            if (
                not words
                or (table.name, column.name) in keys
                or column.name in table.primary_key
                or words.endswith("id")
            ):
                continue
            family = column.family
            stored = values.of_column(table.name, column.name) if values else ()
            role = {"number": "measure", "date": "when", "boolean": "flag"}.get(family, "detail")
            if family == "text":
                role = "category" if 1 < len(stored) <= 25 else "detail"
                if re.search(r"\b(name|title)\b", words):
                    role = "name"
            if family == "number" and "year" in words:
                role = "year"
            if role == "flag" or family in ("other", "time"):
                continue
            pool = tuple(value for value in stored if len(value) < 40)[:40]
            fields.append(Field(table.name, column.name, words, role, family, (words,), pool, ""))
        if fields:
            singular = " ".join(split_name(table.name))
            singular = re.sub(r"ies$", "y", singular) if singular.endswith("ies") else re.sub(r"(?<!s)s$", "", singular)
            things.append(Thing(table.name, (singular,), (), tuple(fields), isinstance(table, Role)))
    return Things(schema, tuple(things), values) if things else None

"""Reads training questions that were written one by one, of no template, over made-up databases. For training only.

Each of `written/*.txt` holds one database and what people ask about it. A table is `table NAME`, then a line for each
column: name, type, `key` or `-> TABLE.COLUMN`, and behind `=` the values that it holds, parted by `;`. Then `Q:`
lines, each one wording of the same question, and one `A:` line with what it means: SQL whose FROM is inferred from
the columns, `decline` where no table answers. A wording with `+Q:` follows up the question before it. Beyond SQL an
answer may say `rate(condition)`, `total_if(condition, total)`, `share(total)`, `running(total)`, `change(total)`,
`growth(total)`, `rank(key)`, `within(total, column)`, `days(from, to)`, `hours(from, to)`, buckets of time such as
`month(column)`, `ORDER BY each(column), total DESC LIMIT n` for the first n of each, `LIMIT 1 OFFSET 1` for the
second, and compare a date with a time expression as the question says it (`ordered_on >= 'last March'`).
"""

from __future__ import annotations

import argparse
import datetime as dt
import random
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import duckdb
import pyarrow as pa
from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from nl2sql import dates
from nl2sql.errors import ParserError
from nl2sql.parsers.builtin.batches import Sampler
from nl2sql.parsers.builtin.convert import ConversionError, Converter, Scope, own_leaves
from nl2sql.parsers.builtin.corpus import TrainingExample, read_values
from nl2sql.parsers.builtin.earlier import TURNS_READ, Earlier
from nl2sql.parsers.builtin.features import LONGEST_INPUT
from nl2sql.parsers.builtin.grammar import BUCKETS, LIMITS, ROOM_FOR_KEYWORDS, Action, Leaf, Reading
from nl2sql.parsers.builtin.ground import GroundingError
from nl2sql.parsers.builtin.joins import join_path
from nl2sql.parsers.builtin.render import render
from nl2sql.parsers.builtin.roles import Role, values_with_roles, with_roles
from nl2sql.parsers.builtin.weights import RELEASED, load_pieces
from nl2sql.schema import Column, ForeignKey, Schema, Table, quote

FOLDER = Path(__file__).parent / "written"
HELD_OUT = (
    "bank", "bookshop", "crm_accounts", "fashion_returns", "insurance_broker", "parcel_depot", "project_portfolio",
    "running_shop",
)  # fmt: skip
"""Files that training never sees: chosen before the first training run with any, and kept."""
ROWS_ASKED = 240
"""Rows of the tables that the questions held out are asked of."""
_MACROS = ("rate", "total_if", "share", "running", "change", "growth", "rank", "within", "days", "hours", "each")
_MACRO = re.compile(rf"\b({'|'.join((*_MACROS, *BUCKETS))})\s*\(", re.IGNORECASE)
_COLUMN = re.compile(
    r'\s*("[^"]+"|\S+)\s+(\w+(?:\(\d+, *\d+\))?)\s*(key\b)?'
    r'\s*(?:->\s*("[^"]+"|[^\s.]+)\.("[^"]+"|\S+))?\s*(?:=\s*(.*))?$'
)


@dataclass(frozen=True)
class Asked:
    """A question in its wordings, what it means as it was written, and the line of the file."""

    wordings: tuple[str, ...]
    answer: str
    follows: bool
    line: int


@dataclass(frozen=True)
class Written:
    """One file: its schema, the values that columns hold, and its questions."""

    schema: Schema
    values: dict[tuple[str, ...], tuple[str, ...]]
    questions: tuple[Asked, ...]


class WrittenError(Exception):
    """A file breaks the form above."""


def read(text: str) -> Written:
    """The database and questions of a file. Raises WrittenError."""
    tables: dict[str, list[Column]] = {}
    keys: dict[str, list[str]] = {}
    foreign: list[ForeignKey] = []
    values: dict[tuple[str, ...], tuple[str, ...]] = {}
    questions: list[Asked] = []
    wordings: list[str] = []
    follows = False
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("table "):
            table = _bare(line[6:].strip())
            tables[table], keys[table] = [], []
        elif line.startswith(("Q:", "+Q:")):
            follows = follows or line.startswith("+")
            wordings.append(line.partition(":")[2].strip())
        elif line.startswith("A:"):
            if not wordings:
                raise WrittenError(f"line {number}: an answer without a question")
            questions.append(Asked(tuple(wordings), line[2:].strip(), follows, number))
            wordings, follows = [], False
        else:
            found = _COLUMN.match(line)
            if found is None or not table:
                raise WrittenError(f"line {number}: not a column: {line}")
            name, type_, key, to_table, to_column, listed = found.groups()
            name = _bare(name)
            tables[table].append(Column(name, type_.upper()))
            if key:
                keys[table].append(name)
            if to_table:
                foreign.append(ForeignKey(table, (name,), _bare(to_table), (_bare(to_column),)))
            if listed:
                values[table, name] = tuple(one.strip() for one in listed.split(";") if one.strip())
    made = tuple(Table(name, tuple(columns), tuple(keys[name])) for name, columns in tables.items())
    schema = Schema(made, tuple(foreign))
    for one in foreign:
        target = schema.table(one.to_table)
        if target is None or target.column(one.to_columns[0]) is None:
            raise WrittenError(f"{one.table}.{one.columns[0]} refers to {one.to_table}.{one.to_columns[0]}")
    return Written(schema, values, tuple(questions))


def examples(held_out: bool = False, folder: Path = FOLDER) -> Iterator[TrainingExample]:
    """All that is written, the files held out or all others; what the grammar cannot say is left out."""
    for path in sorted(folder.glob("*.txt")):
        if (path.stem in HELD_OUT) == held_out:
            yield from of_file(read(path.read_text(encoding="utf-8")), path.stem)


def held_out() -> Iterator[tuple[str, Written]]:
    """The files held out, by their names."""
    for name in HELD_OUT:
        yield name, read((FOLDER / f"{name}.txt").read_text(encoding="utf-8"))


def of_file(written: Written, name: str) -> Iterator[TrainingExample]:
    """The questions of one file, which is called `name`; what the grammar cannot say is left out."""
    for example, _ in _examples(written, name):
        if isinstance(example, TrainingExample):
            yield example


def _examples(written: Written, name: str) -> Iterator[tuple[TrainingExample | str, Asked]]:
    """Each question as an example, or why it is none."""
    schema = with_roles(written.schema)
    connection = fill(written)
    values = values_with_roles(read_values(connection, written.schema), schema)
    connection.close()
    said: list[str] = []
    before: Reading = ()
    for asked in written.questions:
        try:
            reading = to_reading(asked.answer, schema)
        except ConversionError as error:
            yield f"{error}", asked
            continue
        if asked.follows and not before:
            yield "nothing to follow up", asked
            continue
        said = said if asked.follows else []
        earlier = Earlier.of(", ".join(said[-TURNS_READ:]), before) if said else None
        yield (
            TrainingExample(asked.wordings, schema, reading, "written", name, asked.answer, values, earlier),
            asked,
        )
        said = [*said, asked.wordings[0]]
        before = () if reading == ("decline",) else reading


def fill(written: Written, rows: int = 60) -> duckdb.DuckDBPyConnection:
    """A database in memory with `rows` rows or more a table: the values that columns hold, others at random but seeded.

    A table whose key has its values listed has a row for each of them.
    """
    rng = random.Random(5)
    keys = {(key.table, key.columns[0]): (key.to_table, key.to_columns[0]) for key in written.schema.foreign_keys}
    known = {(table.name, column.name): column for table, column in written.schema.columns()}
    most = max([rows, *map(len, written.values.values())])
    places = {table.name: (table.name, *table.primary_key) for table in written.schema.tables}
    counts = {name: len(written.values.get(place, ())) or most for name, place in places.items()}
    own = {(table.name, column) for table in written.schema.tables for column in table.primary_key}
    connection = duckdb.connect()
    for table in written.schema.tables:
        count = counts[table.name]
        columns = ", ".join(f"{quote(column.name)} {column.type}" for column in table.columns)
        connection.execute(f"CREATE TABLE {quote(table.name)} ({columns})")
        cells = []
        for column in table.columns:
            target = keys.get((table.name, column.name))
            of = target or (table.name, column.name)
            numbers = [rng.randrange(counts[of[0]]) if target else at for at in range(count)]
            listed, is_key = written.values.get(of, ()), of in own
            cells.append([_cell(known[of], listed, number, is_key, rng) for number in numbers])
        made = pa.table([pa.array(one) for one in cells], [column.name for column in table.columns])
        connection.register("made", made)
        connection.execute(f"INSERT INTO {quote(table.name)} SELECT * FROM made")
        connection.unregister("made")
    return connection


def _cell(column: Column, values: Sequence[str], row: int, is_key: bool, rng: random.Random) -> object:
    if values:
        return values[row] if row < len(values) else rng.choice(values)
    if column.family == "text":
        return f"{column.name[:3]}-{row}"
    if column.family == "boolean":
        return rng.random() < 0.5
    if column.family == "time":
        return f"{rng.randint(7, 21):02}:{rng.randrange(60):02}:00"
    if column.family == "date":
        return f"{rng.randint(2019, 2024)}-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}"
    return row + 1 if is_key or re.search(r"(?i)id$", column.name) else rng.randint(1, 500)


def to_reading(answer: str, schema: Schema) -> Reading:
    """The reading of a written `answer`. Raises ConversionError."""
    if answer.casefold() == "decline":
        return ("decline",)
    try:
        tree = parse_one(_MACRO.sub(lambda found: f"said_{found[1].lower()}(", answer), read="duckdb")
    except SqlglotError as error:
        raise ConversionError("cannot be parsed") from error
    return tuple(_Converter(schema).query(tree))


class _Converter(Converter):
    """Reads answers: SQL without FROM, in which every column of the schema is known."""

    def scope(self, tree: exp.Select) -> Scope:
        """The tables that FROM names; none where there is no FROM."""
        return super().scope(tree) if tree.args.get("from_") or tree.args.get("from") else Scope()

    def missing_tables(self, actions: list[Action], scope: Scope) -> list[Action]:
        """`from TABLE+` for tables that FROM names and nothing else brings in."""
        named = list(dict.fromkeys(one.table for one in own_leaves(actions)))
        try:
            inferred = {name for name, _ in join_path(self.schema, named)} if named else set()
            extra = [name for name in scope.tables.values() if name not in inferred]
            join_path(self.schema, [*named, *extra])
        except ParserError as error:
            raise ConversionError(str(error)) from error
        return ["from", *(Leaf("table", name) for name in extra)] if extra else []

    def item(self, tree: exp.Expression, scope: Scope) -> list[Action]:
        """One item of the select list; a table's name means its rows."""
        if isinstance(tree, exp.Alias):
            tree = tree.this
        if isinstance(tree, exp.Star):
            raise ConversionError("name the table whose rows are meant")
        if table := self.bare_table(tree):
            return [table]
        return self.expression(tree, scope)

    def bare_table(self, tree: exp.Expression) -> Leaf | None:
        """The table that an unqualified name means."""
        if not isinstance(tree, exp.Column) or tree.table:
            return None
        table = self.schema.table(tree.name)
        return Leaf("table", table.name) if table else None

    def aggregate(self, name: str, tree: exp.Expression, scope: Scope) -> list[Action]:
        """An aggregate call; COUNT takes a table's name."""
        if isinstance(tree, exp.Star):
            raise ConversionError("count(TABLE), not count(*)")
        if table := self.bare_table(tree):
            return [name, table]
        return super().aggregate(name, tree, scope)

    def expression(self, tree: exp.Expression, scope: Scope) -> list[Action]:
        """An expression, what goes beyond SQL included."""
        if isinstance(tree, exp.Literal) and tree.name in ("0", "1", "100"):
            return [Leaf("number", value=tree.name, text=tree.name)]
        if not isinstance(tree, exp.Anonymous):
            return super().expression(tree, scope)
        name, parts = tree.name.removeprefix("said_"), tree.expressions
        if name == "rate":
            return ["rate", *self.condition(parts[0], scope)]
        if name == "total_if":
            total, condition = self.expression(parts[1], scope), self.condition(parts[0], scope)
            return ["when", *total, *condition]
        if name not in (*_MACROS, *BUCKETS):
            raise ConversionError(f"{name} is not known")
        return [name, *(action for part in parts for action in self.expression(part, scope))]

    def column(self, tree: exp.Column, scope: Scope) -> Leaf:
        """The column that a name means; without a table's name it must be the only one, or in FROM the only one."""
        if tree.table:
            table = self.schema.table(tree.table)
            column = table.column(tree.name) if table else None
            if table is None or column is None:
                raise ConversionError(f"no column is called {tree.table}.{tree.name}")
            return Leaf("column", table.name, column.name)
        tables = [one for one in self.schema.tables if one.column(tree.name) and not isinstance(one, Role)]
        if len(tables) > 1:
            tables = [one for one in tables if one.name in scope.tables.values()]
        column = tables[0].column(tree.name) if len(tables) == 1 else None
        if column is None:
            raise ConversionError(f"{tree.name} is no column, or several")
        return Leaf("column", tables[0].name, column.name)

    def select(self, tree: exp.Select) -> list[Action]:
        """Actions of one SELECT; `each(column)` among the keys of ORDER BY moves behind them."""
        order = tree.args.get("order")
        each = [one for one in order.expressions if one.this.name == "said_each"] if order else []
        for one in each:
            one.pop()
        actions = super().select(tree)
        if not each:
            return actions
        at = max(at for at, action in enumerate(actions) if action in LIMITS)
        return [*actions[:at], "each", *self.expression(each[0].this.expressions[0], Scope()), *actions[at:]]

    def comparison(self, name: str, left: exp.Expression, right: exp.Expression, scope: Scope) -> list[Action]:
        """A comparison; a time expression beside a date is kept as it is said."""
        actions = super().comparison(name, left, right, scope)
        return [*actions[:-1], self.dated(actions[1], actions[-1])]

    def dated(self, of: Action, value: Action) -> Action:
        """`value` as a date where it is one and `of` is a column of dates."""
        if not (isinstance(of, Leaf) and isinstance(value, Leaf) and value.kind == "text" and of.kind == "column"):
            return value
        table = self.schema.table(of.table)
        column = table.column(of.column) if table else None
        if column is None or column.family != "date":
            return value
        found = dates.find_dates(value.text)
        if len(found) != 1 or found[0].text != value.text:
            raise ConversionError(f"{value.text!r} is no time expression that is known")
        return Leaf("date", value=dates.to_text(found[0].period), text=value.text)


def _bare(name: str) -> str:
    return name.strip('"')


def problems(path: Path, tokenizer: Path) -> Iterator[str]:
    """What is wrong in a file: answers that are no reading or do not run, values that a wording does not say."""
    written = read(path.read_text(encoding="utf-8"))
    sampler = Sampler(*load_pieces(tokenizer), ROOM_FOR_KEYWORDS)
    connection = fill(written)
    rng = random.Random(1)
    for example, asked in _examples(written, path.stem):
        if isinstance(example, str):
            yield f"{path.name}:{asked.line}: {example}: {asked.answer}"
            continue
        for wording in asked.wordings:
            try:
                sampler.draw(replace(example, questions=(wording,)), rng, (), LONGEST_INPUT)
            except GroundingError as error:
                yield f"{path.name}:{asked.line}: {error}: {wording}"
        if example.reading != ("decline",):
            try:
                connection.execute(render(example.reading, example.schema, dt.date(2024, 6, 15))).fetchall()
            except (ParserError, duckdb.Error) as error:
                yield f"{path.name}:{asked.line}: does not run: {str(error).splitlines()[0]}: {asked.answer}"


def main(argv: Sequence[str] | None = None) -> int:
    """Check files: `python -m nl2sql.parsers.builtin.written FILE...`."""
    parser = argparse.ArgumentParser(prog="python -m nl2sql.parsers.builtin.written", description=main.__doc__)
    parser.add_argument("files", type=Path, nargs="*", help="files to check; without one, all that are shipped")
    arguments = parser.parse_args(argv)
    wrong = 0
    for path in arguments.files or sorted(FOLDER.glob("*.txt")):
        try:
            for problem in problems(path, RELEASED):
                print(problem)
                wrong += 1
        except WrittenError as error:
            print(f"{path.name}: {error}")
            wrong += 1
    print(f"{wrong} problems")
    return min(wrong, 1)


if __name__ == "__main__":
    sys.exit(main())

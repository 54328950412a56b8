"""Files as a seeded generator draws them, with messy headers, and the databases that are made of them."""

from __future__ import annotations

import argparse
import datetime as dt
import json
import random
import re
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from nl2sql.ingest.names import column_names, table_name
from nl2sql.ingest.profile import write_profile
from nl2sql.schema import quote

TODAY = dt.date(2024, 6, 15)
"""The date that the questions are asked on; the exports end the day before."""
YESTERDAY = TODAY - dt.timedelta(days=1)
MONEY, WHOLE, TEXT = "DECIMAL(18,2)", "BIGINT", "VARCHAR"


@dataclass(frozen=True)
class Sheet:
    """One uploaded file: its name, header and type of each column, rows, and keys by header."""

    file: str
    columns: dict[str, str]
    rows: list[tuple[Any, ...]]
    key: str | None = None
    refers: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Header: the file and the header that it refers to."""

    @property
    def name(self) -> str:
        """The table's SQL name."""
        return table_name(self.file)

    @property
    def names(self) -> dict[str, str]:
        """The SQL name of each header."""
        return dict(zip(self.columns, column_names(list(self.columns)), strict=True))


Drawn = tuple[Sheet, ...]


CUSTOMERS = (
    "Acme Trading", "Baltic Foods", "Bluebird Hotels", "Cobalt Systems", "Delmar Logistics", "Eastgate School",
    "Fairview Clinic", "Granite Works", "Harper & Lowe", "Ironbridge Ltd", "Juniper Cafe", "Kingfisher Books",
    "Larkspur Homes", "Meridian Labs", "Northwind Traders", "Oakfield Farm", "Pinnacle Gym", "Quayside Studios",
    "Redwood Partners", "Silverline Travel", "Tidewater Marine", "Umbra Design", "Vantage Media", "Westbrook Bank",
    "Yellowtail Sushi", "Zenith Motors",
)  # fmt: skip
PEOPLE = (
    "Hannah Pryce", "Owen Castell", "Ritu Malhotra", "Dmitri Volkov", "Carla Mendez", "Noel Fitzgerald", "Aiko Mori",
    "Samuel Adeyemi", "Freya Lindqvist", "Tom Barlow", "Imani Okoro", "Lucas Vidal", "Greta Holm", "Marek Nowak",
    "Sally Underwood", "Victor Chan", "Bea Thornton", "Youssef Haddad", "Nadia Farouk", "Peter Quill", "Ellie Marsh",
    "Jorge Almeida", "Kiran Desai", "Mona Becker", "Rory Gallagher", "Tess Whitfield", "Anders Dahl", "Chloe Bernard",
    "Farid Rahimi", "Leila Osman", "Hugo Maes", "Priya Nair", "Wes Calloway", "Ingrid Solberg", "Paul Drummond",
)  # fmt: skip


def some_day(rng: random.Random, first: dt.date, last: dt.date = YESTERDAY, growth: float = 1.0) -> dt.date:
    """A day within the range; `growth` below 1 makes later days likelier."""
    return first + dt.timedelta(days=int((last - first).days * rng.random() ** growth + 0.5))


def maybe(rng: random.Random, value: Any, missing: float) -> Any:
    """The value, or None in that share of calls."""
    return None if rng.random() < missing else value


def weighted(rng: random.Random, **weights: float) -> str:
    """One of the names, an underscore for each space in them, by their weights."""
    return rng.choices([name.replace("_", " ") for name in weights], list(weights.values()))[0]


def full_names(rng: random.Random, count: int) -> list[str]:
    """So many names of people, all different."""
    return rng.sample([f"{one.split()[0]} {other.split()[1]}" for one in PEOPLE for other in PEOPLE], count)


def moment(rng: random.Random, day: dt.date, first: int = 8, last: int = 18) -> dt.datetime:
    """A minute of the day between two full hours."""
    return dt.datetime.combine(day, dt.time(first)) + dt.timedelta(minutes=rng.randrange((last - first) * 60))


def load(connection: duckdb.DuckDBPyConnection, drawn: Drawn) -> None:
    """Make the tables of `drawn` in `connection`, keys declared, profile and values beside them."""
    files = {sheet.file: sheet for sheet in drawn}
    for sheet in drawn:
        names = sheet.names
        lines = [f"{quote(names[header])} {kind}" for header, kind in sheet.columns.items()]
        if sheet.key:
            lines.append(f"PRIMARY KEY ({quote(names[sheet.key])})")
        for header, (file, to_header) in sheet.refers.items():
            there = files[file]
            lines.append(
                f"FOREIGN KEY ({quote(names[header])}) REFERENCES {there.name} ({quote(there.names[to_header])})"
            )
        connection.execute(f"CREATE TABLE {sheet.name} ({', '.join(lines)})")
        # DuckDB looks up a reference within the table itself only among rows that are there already.
        within = any(file == sheet.file for file, _ in sheet.refers.values())
        for rows in [[row] for row in sheet.rows] if within else [sheet.rows]:
            staged = {name: [row[place] for row in rows] for place, name in enumerate(names.values())}
            connection.register("staged", pa.table(staged))
            connection.execute(f"INSERT INTO {sheet.name} SELECT * FROM staged")
            connection.unregister("staged")
    for sheet in drawn:
        write_profile(connection, sheet.name)


def headers(drawn: Drawn) -> dict[str, dict[str, str]]:
    """Table name: column name: the header of the file, where it says more than the name (as in an upload)."""
    return {
        sheet.name: {name: header for header, name in sheet.names.items() if _plain(header) != name} for sheet in drawn
    }


def _plain(header: str) -> str:
    return re.sub(r"[\s_]+", "_", header).casefold()


def write(folder: Path, db_id: str, drawn: Drawn) -> None:
    """Write folder/<db_id>.duckdb and folder/<db_id>.headers.json with the headers that the files had.

    Raises FileExistsError when the database is there.
    """
    path = folder / f"{db_id}.duckdb"
    if path.exists():
        raise FileExistsError(f"{path.name} exists already.")
    with duckdb.connect(str(path)) as connection:
        load(connection, drawn)
    text = json.dumps(headers(drawn), ensure_ascii=False, indent=1)
    (folder / f"{db_id}.headers.json").write_text(text, encoding="utf-8")


def write_all(module: str, what: str, build: Callable[[Path], None], arguments: Sequence[str] | None) -> int:
    """Build databases into the folder named on the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog=f"python -m benchmarks.questions.{module}", description=what.split("\n")[0])
    parser.add_argument("folder", type=Path, metavar="DIR")
    folder: Path = parser.parse_args(arguments).folder
    folder.mkdir(parents=True, exist_ok=True)
    try:
        build(folder)
    except FileExistsError as error:
        print(error, file=sys.stderr)
        return 2
    return 0

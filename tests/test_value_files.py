"""Values from table files: read once per file, under the names that people see, hidden and private ones never."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from nl2sql.engine.base import Limits, ResultSet
from nl2sql.engine.sandbox import SandboxEngine
from nl2sql.ingest.profile import write_profile
from nl2sql.linking import ValueIndex, split_words
from nl2sql.schema import Column, quote
from nl2sql.settings import Settings
from nl2sql.value_files import ValueFiles
from nl2sql.workspace import NewTable, Workspace

CITIES = "(1, 'New York', 'NYC', 'Ann'), (2, 'United States', 'US', 'Bob'), (3, 'São Paulo', 'SP', 'Cid')"


class World:
    """A workspace, and the statements that reading its values took."""

    def __init__(self, home: Path, engine: SandboxEngine) -> None:
        self.workspace = Workspace(Settings(home=home), with_sample=False)
        self.engine = engine
        self.files = ValueFiles()
        self.asked: list[str] = []

    def add(self, name: str, rows: str = CITIES, columns: str = "id INTEGER, city VARCHAR, code VARCHAR, owner VARCHAR",
            noted: bool = True, private: tuple[str, ...] = ()) -> None:  # fmt: skip
        with self.workspace.staging() as folder:
            staged = folder / "t.duckdb"
            with duckdb.connect(str(staged)) as connection:
                connection.execute(f"CREATE TABLE {quote(name)} ({columns}); INSERT INTO {quote(name)} VALUES {rows}")
                if noted:
                    write_profile(connection, name, private=private)
            columns = tuple(Column(one, "VARCHAR", private=True) for one in private)
            self.workspace.add(NewTable(name, staged, columns))

    def index(self) -> ValueIndex:
        snapshot = self.workspace.snapshot()

        def fetch(sql: str, rows: int) -> ResultSet:
            self.asked.append(sql)
            return self.engine.run(snapshot.database, sql, Limits(rows=rows))

        return self.files.index(snapshot, fetch)


@pytest.fixture(scope="module")
def engine():
    engine = SandboxEngine(workers=1)
    yield engine
    engine.close()


@pytest.fixture
def world(tmp_path, engine):
    world = World(tmp_path, engine)
    yield world
    world.workspace.close()


def found(index: ValueIndex, question: str) -> set[str]:
    return {f"{one.table}.{one.column} = {one.value}" for one in index.find(split_words(question))}


@pytest.mark.parametrize("noted", [True, False], ids=["listed", "from rows"])
def test_values_are_found_as_people_write_them(world, noted):
    world.add("shops", noted=noted)
    index = world.index()
    assert found(index, "sales in new york") == {"shops.city = New York"}
    assert found(index, "sales in NYC") == {"shops.code = NYC"}
    assert found(index, "who lives in the united states?") == {"shops.city = United States"}
    assert found(index, "sao paulo") == {"shops.city = São Paulo"}
    assert index.is_whole("shops", "city")
    assert index.of_column("shops", "code") == ("NYC", "SP", "US")


def test_only_new_files_are_read(world):
    world.add("shops")
    world.index()
    first = len(world.asked)
    assert first == 3
    world.index()
    assert len(world.asked) == first
    world.add("people")
    index = world.index()
    assert {one.partition(".")[0] for one in found(index, "new york")} == {"shops", "people"}
    assert len(world.asked) == first + 3
    assert "shops" not in world.asked[-1]
    world.workspace.rename_table("people", "persons")
    world.workspace.rename_column("persons", "city", "town")
    assert "persons.town = New York" in found(world.index(), "new york")
    assert len(world.asked) == first + 3


def test_hidden_and_private_columns_have_no_values(world):
    world.add("shops")
    world.index()
    world.workspace.make_private("shops", "owner")
    world.workspace.hide_column("shops", "code")
    index = world.index()
    assert index.of_column("shops", "owner") == index.of_column("shops", "code") == ()
    assert found(index, "NYC and Bob") == set()
    fresh = World(world.workspace._settings.home, world.engine)
    assert fresh.index().of_column("shops", "owner") == ()
    assert not any("'owner'" in sql for sql in fresh.asked)
    world.workspace.make_private("shops", "owner", False)
    assert world.index().of_column("shops", "owner") == ("Ann", "Bob", "Cid")


def test_values_that_were_never_listed_are_read_once_they_are_no_secret(world):
    world.add("shops", private=("owner",))
    assert world.index().of_column("shops", "owner") == ()
    assert not any("'owner'" in sql for sql in world.asked)
    world.workspace.make_private("shops", "owner", False)
    index = world.index()
    assert index.of_column("shops", "owner") == ("Ann", "Bob", "Cid")
    assert index.is_whole("shops", "owner")
    assert index.of_column("shops", "code") == ("NYC", "SP", "US")
    asked = len(world.asked)
    world.index()
    assert len(world.asked) == asked


def test_a_replaced_table_has_its_new_values_only(world):
    world.add("shops")
    world.index()
    with world.workspace.staging() as folder:
        staged = folder / "t.duckdb"
        with duckdb.connect(str(staged)) as connection:
            connection.execute("CREATE TABLE shops AS SELECT 1 AS id, 'Lima' AS city, 'LIM' AS code, 'Dora' AS owner")
            write_profile(connection, "shops")
        world.workspace.replace("shops", NewTable("shops", staged))
    assert world.index().of_column("shops", "city") == ("Lima",)


def test_many_columns_share_what_an_index_may_hold(world, monkeypatch):
    rows = ", ".join(f"({i}, 'v{i}', 'w{i}', 'x{i}')" for i in range(300))
    world.add("a", rows)
    world.add("b", rows)
    monkeypatch.setattr(ValueIndex, "TOTAL", 600)
    index = world.index()
    assert index.size == 600
    assert not index.is_whole("b", "owner")
    monkeypatch.setattr(ValueIndex, "TOTAL", 10)
    few = World(world.workspace._settings.home, world.engine).index()
    assert few.size == 300  # fifty of each column at least
    assert few.of_column("a", "city")[:2] == ("v0", "v1")
    assert not few.is_whole("a", "city")


def test_a_table_file_that_cannot_be_read_costs_only_its_own_values(world):
    world.add("shops")
    world.add("people")
    (lost,) = [info.path for info in world.workspace.tables() if info.name == "people"]
    snapshot = world.workspace.snapshot()

    def fetch(sql: str, rows: int) -> ResultSet:
        if lost.stem.split(".")[0] in sql:
            return world.engine.run(snapshot.database, "SELECT no_such", Limits())
        return world.engine.run(snapshot.database, sql, Limits(rows=rows))

    index = world.files.index(snapshot, fetch)
    assert index.of_column("shops", "code") == ("NYC", "SP", "US")
    assert index.of_column("people", "code") == ()


def test_names_and_values_of_any_kind(world):
    name = 'we "ird'
    world.add(name, "(1, 'it''s')", '"a ""b" INTEGER, "c\'d" VARCHAR')
    assert world.index().of_column(name, "c'd") == ("it's",)

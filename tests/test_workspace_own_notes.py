"""Notes and keys on the tables of a person's own DuckDB file: kept beside it, laid over it, never written into it."""

from __future__ import annotations

import datetime as dt
import json
import os
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from nl2sql.errors import WorkspaceError
from nl2sql.schema import ForeignKey, Table
from nl2sql.settings import Settings
from nl2sql.workspace import NewTable, Workspace
from nl2sql.workspace.own_notes import Notes, OwnNotes

JUNE = dt.date(2025, 6, 15)
KEY = ForeignKey("visits", ("pet",), "pets", ("id",), declared=False)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "clinic.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute(
            """CREATE TABLE pets AS SELECT range AS id, 'p' || range AS name, 'secret' AS pin FROM range(3);
            CREATE TABLE visits AS SELECT range AS id, range AS pet FROM range(3);
            CREATE SCHEMA s; CREATE TABLE s.pets AS SELECT 1 AS other;
            CREATE TABLE owners (id INTEGER PRIMARY KEY);
            CREATE TABLE homes (owner INTEGER REFERENCES owners (id));
            COMMENT ON TABLE pets IS 'From the file';"""
        )
    return path


def opened(file: Path) -> Workspace:
    return Workspace.open(Settings(home=file.parent / "home", database=file, today=JUNE))


def table(workspace: Workspace, name: str) -> Table:
    found = next(one for one in workspace.tables() if one.table.sql_name == name)
    assert found.origin == "own"
    return found.table


def test_nothing_is_written_until_somebody_says_something(file: Path) -> None:
    workspace = opened(file)
    assert (workspace.deleted(), workspace.sample_choice) == ((), "auto")
    assert not (file.parent / "home").exists()
    assert table(workspace, "pets").description == "From the file"


def test_notes_outlive_the_process_and_leave_the_file_as_it_is(file: Path) -> None:
    before = file.read_bytes()
    workspace = opened(file)
    first = workspace.snapshot()
    workspace.describe_table("PETS", display_name="Animals", synonyms=["beasts"])
    workspace.describe_column("pets", "name", description="what it answers to")
    workspace.hide_column("pets", "id")
    workspace.make_private("pets", "pin")
    workspace.set_primary_key("pets", ["id"])
    workspace.describe_table("s.pets", description="the other one")
    assert workspace.snapshot().version != first.version
    again = opened(file)
    pets = table(again, "pets")
    assert (pets.display_name, pets.description, pets.synonyms) == ("Animals", "From the file", ("beasts",))
    assert (pets.primary_key, pets.columns[0].hidden) == (("id",), True)
    assert pets.columns[1].description == "what it answers to"
    assert (pets.columns[2].private, pets.columns[2].examples) == (True, ())
    assert table(again, "s.pets").description == "the other one"
    assert file.read_bytes() == before
    workspace.make_private("pets", "pin", False)
    workspace.describe_table("pets", description=None)
    assert table(again, "pets").columns[2].examples == ("secret",)
    assert table(again, "pets").description is None


def test_keys_can_be_added_and_declared_ones_taken_away(file: Path) -> None:
    workspace = opened(file)
    declared = ForeignKey("homes", ("owner",), "owners", ("id",))
    assert workspace.snapshot().schema.foreign_keys == (declared,)
    workspace.add_key(ForeignKey("VISITS", ("Pet",), "pets", ("ID",), declared=False))
    workspace.add_key(KEY)
    workspace.remove_key(declared)
    again = opened(file)
    assert again.snapshot().schema.foreign_keys == (KEY,)
    assert [one.keys for one in again.tables() if one.name == "visits"] == [(KEY,)]
    again.add_key(declared)
    workspace.remove_key(KEY)
    assert again.snapshot().schema.foreign_keys == (declared,)
    with pytest.raises(WorkspaceError, match="no such relationship"):
        workspace.remove_key(KEY)
    with pytest.raises(WorkspaceError, match="different kinds"):
        workspace.add_key(ForeignKey("visits", ("pet",), "pets", ("name",)))


def test_notes_wait_for_what_comes_back(file: Path) -> None:
    workspace = opened(file)
    workspace.describe_table("visits", description="calls")
    workspace.set_primary_key("visits", ["id"])
    workspace.add_key(KEY)
    with duckdb.connect(str(file)) as con:
        con.execute("ALTER TABLE visits RENAME TO away")
    assert KEY not in workspace.snapshot().schema.foreign_keys
    workspace.describe_table("pets", description="still")
    with duckdb.connect(str(file)) as con:
        con.execute("ALTER TABLE away RENAME TO visits; ALTER TABLE visits DROP COLUMN id")
    assert table(workspace, "visits").description == "calls"
    assert table(workspace, "visits").primary_key == ()
    assert KEY in workspace.snapshot().schema.foreign_keys


@pytest.mark.parametrize(
    "change",
    [
        lambda workspace: workspace.staging().__enter__(),
        lambda workspace: workspace.add(NewTable("x", Path("x"))),
        lambda workspace: workspace.replace("pets", NewTable("x", Path("x"))),
        lambda workspace: workspace.append("pets", NewTable("x", Path("x"))),
        lambda workspace: workspace.compare("pets", NewTable("x", Path("x"))),
        lambda workspace: workspace.rename_table("pets", "x"),
        lambda workspace: workspace.rename_column("pets", "id", "x"),
        lambda workspace: workspace.delete("pets"),
        lambda workspace: workspace.undelete("x"),
        lambda workspace: workspace.purge(),
        lambda workspace: workspace.show_sample(True),
    ],
)
def test_its_tables_are_only_read(file: Path, change: Callable[[Workspace], object]) -> None:
    with pytest.raises(WorkspaceError, match=r"clinic\.duckdb is your own DuckDB file, which is only read"):
        change(opened(file))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"format": 9}',
        '{"format": 1, "tables": 3}',
        '{"format": 1, "tables": [{"name": "pets", "synonyms": 7, "columns": []}], "keys_added": [],'
        ' "keys_removed": []}',
        '{"format": 1, "tables": [], "keys_removed": [], "keys_added": [{"table": "a"}]}',
        "[" * 100_000,
        "\x00",
    ],
)
def test_notes_that_cannot_be_read_are_said_and_kept_aside(file: Path, text: str) -> None:
    opened(file).describe_table("pets", description="said")
    (path,) = (file.parent / "home" / "own").glob("*.json")
    path.write_text(text)
    workspace = opened(file)
    assert workspace.snapshot().notice == "The notes on clinic.duckdb cannot be read and are left out."
    assert table(workspace, "pets").description == "From the file"
    workspace.describe_table("pets", description="anew")
    assert workspace.snapshot().notice is None
    assert path.with_suffix(".damaged").read_text() == text
    assert json.loads(path.read_text())["tables"][0]["description"] == "anew"


def test_a_folder_that_cannot_be_written_is_a_sentence(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = opened(file)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WorkspaceError, match="No space left on device"):
        workspace.describe_table("pets", description="x")
    assert table(workspace, "pets").description == "From the file"
    assert not list((file.parent / "home" / "own").glob("*.tmp"))


def test_every_note_comes_back_as_it_was(tmp_path: Path) -> None:
    changes = {"display_name": None, "synonyms": ("a", 'b"c'), "primary_key": ("x",)}
    odd = (("ta\nble", "co\u202elumn"), {"hidden": True, "private": False, "description": "é"})
    notes = Notes((("ta\nble", changes),), (odd,), (KEY,), (ForeignKey("a", ("b",), "c", ("d",)),))
    kept = OwnNotes(tmp_path, tmp_path / "x.duckdb")
    kept.change(lambda _: notes)
    assert kept.read() == (notes, None)

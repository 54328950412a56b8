"""Tables of one's own in a workspace folder: every change on disk, other processes, hostile names, things that fail."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest

from nl2sql.engine.base import Cancel, Database
from nl2sql.errors import NameTakenError, QueryCancelledError, WorkspaceError
from nl2sql.ingest.profile import read_profile, read_values, write_profile
from nl2sql.schema import Column, ForeignKey, quote
from nl2sql.settings import Settings
from nl2sql.workspace import NewTable, TableInfo, Workspace, append, files
from nl2sql.workspace import workspace as workspace_module
from nl2sql.workspace.catalog import FORMAT, NOTES, alias_of, read_kept_files
from nl2sql.workspace.store import Store
from sample_data import generate

JUNE, JULY = dt.date(2025, 6, 15), dt.date(2025, 7, 1)
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(autouse=True)
def tiny_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(path: Path, as_of: dt.date) -> None:
        with duckdb.connect(str(path)) as con:
            con.execute("".join(f"CREATE TABLE {name} AS SELECT {as_of.month} AS id;" for name in generate.TABLES))

    monkeypatch.setattr(generate, "build", build)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


@pytest.fixture
def workspace(home: Path) -> Iterator[Workspace]:
    opened = Workspace(Settings(home=home, sample=False, today=JUNE))
    yield opened
    opened.close()


def with_new(workspace: Workspace, name: str, sql: str, use: Callable[[NewTable], object], **known: object) -> object:
    """Stage a table made by `sql` and hand it to `use`."""
    with workspace.staging() as folder:
        path = folder / "new.duckdb"
        with duckdb.connect(str(path)) as con:
            con.execute(f"CREATE TABLE staged AS {sql}")
        return use(NewTable(name, path, **known))  # type: ignore[arg-type]


def add(workspace: Workspace, name: str, sql: str = "SELECT range AS n FROM range(3)", **known: object) -> None:
    assert with_new(workspace, name, sql, workspace.add, **known) == name


def rows(workspace: Workspace, sql: str) -> list[tuple[object, ...]]:
    return ask(workspace.snapshot().database, sql)


def ask(database: Database, sql: str) -> list[tuple[object, ...]]:
    with duckdb.connect(str(database.path), read_only=True) as con:
        for alias, path in database.attachments:
            con.execute(f"ATTACH '{path}' AS {quote(alias)} (READ_ONLY)")
        return con.execute(sql).fetchall()


def info(workspace: Workspace, name: str) -> TableInfo:
    return next(one for one in workspace.tables() if one.name == name)


# Adding


def test_an_added_table_can_be_asked_about_at_once(workspace: Workspace) -> None:
    columns = (
        Column("nm", "", display_name="Cust Nm\u202e", description="who"),
        Column("pin", "", private=True, examples=("1234",)),
    )
    before = dt.datetime.now(dt.UTC)
    add(
        workspace,
        "sales",
        "SELECT range AS id, 'n' || range AS nm, 1000 + range AS pin FROM range(3)",
        columns=columns,
        source_file="Q3\u202e.csv\n",
        rejected=2,
        findings=("It had a title line.",),
        display_name="Q3 sales",
    )
    table = info(workspace, "sales")
    assert rows(workspace, "SELECT count(*), max(nm) FROM sales") == [(3, "n2")]
    assert (table.rows, table.table.display_name, table.source_file, table.rejected) == (3, "Q3 sales", "Q3.csv", 2)
    assert (table.findings, table.origin, table.source_table) == (("It had a title line.",), "upload", "staged")
    assert table.source_columns == ("id", "nm", "pin")
    assert table.bytes == table.path.stat().st_size
    assert table.loaded_at is not None
    assert before <= table.loaded_at <= dt.datetime.now(dt.UTC)
    id_, name, pin = table.table.columns
    assert (id_.type, id_.examples) == ("BIGINT", ("0", "1", "2"))
    assert (name.display_name, name.description, name.examples) == ("Cust Nm", "who", ("n0", "n1", "n2"))
    assert (pin.private, pin.examples) == (True, ())
    assert workspace.snapshot().tables == (table,)
    assert list((workspace._store.staging).iterdir()) == []


def test_a_name_that_is_taken_leaves_the_new_file_to_be_named_otherwise(workspace: Workspace) -> None:
    add(workspace, "Sales")

    def twice(new: NewTable) -> str:
        with pytest.raises(NameTakenError, match="There is a table called sALES already") as caught:
            workspace.add(new)
        return workspace.add(replace(new, name=caught.value.suggestion))

    assert with_new(workspace, "sALES", "SELECT 1 AS x", twice) == "sALES_2"
    assert [table.name for table in workspace.tables()] == ["Sales", "sALES_2"]
    assert workspace.taken_names() == ("Sales", "sALES_2")


@pytest.mark.parametrize("sql", ["CREATE VIEW v AS SELECT 1; CREATE VIEW w AS SELECT 2", "SELECT 1"])
def test_a_file_without_exactly_one_table_is_refused(workspace: Workspace, sql: str) -> None:
    with workspace.staging() as folder:
        with duckdb.connect(str(folder / "x.duckdb")) as con:
            con.execute(sql)
        with pytest.raises(WorkspaceError, match="exactly one table"):
            workspace.add(NewTable("x", folder / "x.duckdb"))
    add(workspace, "after")
    assert len(list(workspace._store.tables.iterdir())) == 1, "the refused file was left behind"


HOSTILE = ['a "b" c', "select", "'; DROP TABLE x; --", "日本語", "a.b", "$1", "%s{}", "main", "Robert\\", "x" * 120]


def test_hostile_names_of_tables_and_columns_are_only_names(workspace: Workspace) -> None:
    nasty = ["new\nline", "bi\u202edi", 'quo"te', "select", "semi;colon", "nul\x01", " ", "É", "é"]
    for place, name in enumerate(HOSTILE):
        listed = ", ".join(f"{place} AS {quote(column)}" for column in nasty)
        add(workspace, name, f"SELECT {listed}")
    snapshot = workspace.snapshot()
    assert [table.name for table in snapshot.schema.tables] == HOSTILE
    assert [column.name for column in snapshot.schema.tables[0].columns] == nasty
    for place, name in enumerate(HOSTILE):
        assert rows(workspace, f'SELECT "quo""te" FROM {quote(name)}') == [(place,)]
    workspace.rename_column("select", "new\nline", "order")
    workspace.rename_table("select", 'from "x"')
    assert rows(workspace, 'SELECT "order", "É", "é" FROM "from ""x"""') == [(1, 1, 1)]


def test_ten_thousand_columns_are_kept(workspace: Workspace) -> None:
    add(workspace, "wide", "SELECT " + ", ".join(f"{number} AS c{number}" for number in range(10_000)))
    workspace.rename_column("wide", "c9999", "last")
    table = info(workspace, "wide")
    assert (len(table.table.columns), table.source_columns[-1]) == (10_000, "c9999")
    assert rows(workspace, "SELECT last FROM wide") == [(9999,)]


# Replacing and appending


def test_a_replaced_table_keeps_its_name_and_notes(workspace: Workspace) -> None:
    add(workspace, "customers", "SELECT range AS id FROM range(5)", source_file="c.csv")
    add(workspace, "orders", "SELECT range AS id, range % 5 AS customer_id, 1.5 AS amount FROM range(9)")
    key = ForeignKey("orders", ("customer_id",), "customers", ("id",), declared=False)
    workspace.add_key(key)
    workspace.set_primary_key("customers", ["ID"])
    workspace.describe_column("orders", "amount", description="net", synonyms=["turnover"])
    before = workspace.snapshot()

    def compared(new: NewTable) -> object:
        foreseen = workspace.compare("orders", new)
        assert workspace.snapshot() is before
        done = workspace.replace("orders", new)
        assert foreseen == done
        return done

    changed = with_new(workspace, "x", "SELECT 2.5 AS amount, 1::BIGINT AS id, 1::BIGINT AS customer_id", compared)
    assert changed.same_columns  # type: ignore[attr-defined]
    schema = workspace.snapshot().schema
    assert schema.foreign_keys == (key,)
    orders = info(workspace, "orders")
    assert [column.name for column in orders.table.columns] == ["amount", "id", "customer_id"]
    assert (orders.table.columns[0].description, orders.rows) == ("net", 1)
    assert orders.path.name.endswith(".v2.duckdb")
    assert rows(workspace, "SELECT amount FROM orders JOIN customers ON customer_id = customers.id") == [(2.5,)]
    assert ask(before.database, "SELECT count(*) FROM orders") == [(9,)], "an older snapshot lost its rows"
    lost = with_new(workspace, "x", "SELECT 'none' AS id", lambda new: workspace.replace("customers", new))
    assert lost.keys_lost == (key,)  # type: ignore[attr-defined]
    assert workspace.snapshot().schema.foreign_keys == ()


def test_appended_rows_come_after_the_old_ones(workspace: Workspace) -> None:
    add(
        workspace,
        "sales",
        "SELECT range::INTEGER AS id, 'a' AS note, 1.50 AS amount FROM range(3)",
        source_file="a.csv",
    )
    workspace.rename_column("sales", "note", "remark")
    workspace.make_private("sales", "remark")
    before = workspace.snapshot()
    seen: list[float] = []
    changed = with_new(
        workspace,
        "x",
        "SELECT 5000000000 AS ID, 2.125 AS amount, DATE '2025-01-02' AS day",
        lambda new: workspace.append("sales", new, progress=seen.append),
        source_file="b.csv",
        rejected=1,
        columns=(Column("day", "", display_name="The Day"),),
    )
    table = info(workspace, "sales")
    assert [(column.name, column.type) for column in table.table.columns] == [
        ("id", "BIGINT"),
        ("remark", "VARCHAR"),
        ("amount", "DECIMAL(4,3)"),
        ("day", "DATE"),
    ]
    assert table.table.columns[1].examples == ()
    assert table.table.columns[3].display_name == "The Day"
    assert (table.rows, table.source_file, table.rejected) == (4, "a.csv, b.csv", 1)
    assert rows(workspace, "SELECT id, remark, amount::VARCHAR, day IS NULL FROM sales WHERE id > 1") == [
        (2, "a", "1.500", True),
        (5_000_000_000, None, "2.125", False),
    ]
    assert [column.name for column in changed.added] == ["day"]  # type: ignore[attr-defined]
    assert [one.name for one in changed.retyped] == ["id", "amount"]  # type: ignore[attr-defined]
    assert [one.name for one in changed.removed] == ["remark"]  # type: ignore[attr-defined]
    assert ask(before.database, "SELECT count(*) FROM sales") == [(3,)]
    assert seen == sorted(seen)
    assert seen[-1] >= 0.9
    assert {one.name: one.row_count for one in read_profile(table.path)} == dict.fromkeys(table.source_columns, 4)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("1::BIGINT", "'n/a'", r"amount is BIGINT and the new rows have VARCHAR there, such as 'n/a': nothing was"),
        ("true", "1", "amount is BOOLEAN and the new rows have INTEGER there, such as '1': nothing"),
        ("9007199254740993", "1.5::DOUBLE", "DOUBLE cannot hold all values unchanged, such as 9007199254740993"),
        ("9007199254740992", "1.5::DOUBLE", "DOUBLE"),
        ("1::BIGINT", "NULL::VARCHAR", "BIGINT"),
        ("NULL::VARCHAR", "DATE '2025-01-01'", "DATE"),
        ("NULL::INTEGER", "'text'", "VARCHAR"),
        ("'01'", "2", "VARCHAR"),
        ("DATE '2025-01-01'", "TIMESTAMP '2025-01-01 10:00:00'", "TIMESTAMP"),
        ("[1, 2]", "[3]", r"INTEGER\[\]"),
    ],
)
def test_types_are_widened_only_when_no_value_changes(workspace: Workspace, old: str, new: str, expected: str) -> None:
    add(workspace, "sales", f"SELECT {old} AS amount")
    before = workspace.snapshot()

    def append_it(staged: NewTable) -> None:
        if "nothing was" in expected or "unchanged" in expected or "nothing" in expected:
            with pytest.raises(WorkspaceError, match=expected):
                workspace.append("sales", staged)
            assert workspace.snapshot() is before
            return
        workspace.append("sales", staged)
        (column,) = info(workspace, "sales").table.columns
        assert column.type == expected.replace("\\", "")
        assert rows(workspace, f"SELECT count(*) FROM sales WHERE amount IS NOT DISTINCT FROM {new}") == [(1,)]

    with_new(workspace, "x", f"SELECT {new} AS amount", append_it)


def test_private_values_are_in_no_message(workspace: Workspace) -> None:
    add(workspace, "sales", "SELECT 1::BIGINT AS amount")
    workspace.make_private("sales", "amount")
    with pytest.raises(WorkspaceError) as caught:
        with_new(workspace, "x", "SELECT 'secret' AS amount", lambda new: workspace.append("sales", new))
    assert "secret" not in str(caught.value)


def test_private_values_are_in_no_list_of_what_was_appended(workspace: Workspace) -> None:
    add(workspace, "sales", "SELECT 'a' AS pin, 'b' AS town")
    workspace.make_private("sales", "pin")

    def append_it(new: NewTable) -> None:
        workspace.append("sales", replace(new, columns=(Column("card", "", private=True),)))

    with_new(workspace, "x", "SELECT 'c' AS pin, 'd' AS town, 'e' AS card", append_it)
    listed = read_values(info(workspace, "sales").path, ["pin", "town", "card"])
    assert [(one.column, one.value) for one in listed.values] == [("town", "b"), ("town", "d")]
    assert [column.private for column in info(workspace, "sales").table.columns] == [True, False, True]


def test_stopping_an_append_leaves_the_table_as_it_was(workspace: Workspace) -> None:
    add(workspace, "sales")
    cancel = Cancel()
    cancel.set()
    with pytest.raises(QueryCancelledError):
        with_new(workspace, "x", "SELECT 9 AS n", lambda new: workspace.append("sales", new, cancel=cancel))
    assert rows(workspace, "SELECT count(*) FROM sales") == [(3,)]
    assert list(workspace._store.staging.iterdir()) == []


def test_an_appending_process_that_dies_is_a_sentence(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    add(workspace, "sales")
    monkeypatch.setattr(append.sys, "executable", "/bin/false")
    with pytest.raises(WorkspaceError, match="the process that adds them ended"):
        with_new(workspace, "x", "SELECT 9 AS n", lambda new: workspace.append("sales", new))
    assert rows(workspace, "SELECT count(*) FROM sales") == [(3,)]


def test_rows_added_by_two_at_once_all_land(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    add(workspace, "sales", "SELECT 1 AS n")
    combine = workspace_module.combine
    tried: list[object] = []

    def meanwhile(*arguments: object) -> object:
        tried.append(arguments)
        if len(tried) == 1:  # Another program is quicker with rows of its own, and renames what both add to.
            other = Workspace(workspace._settings)
            with_new(other, "x", "SELECT 2 AS n", lambda new: other.append("sales", new))
            other.rename_column("sales", "n", "number")
        return combine(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(workspace_module, "combine", meanwhile)
    with_new(workspace, "x", "SELECT 3 AS n", lambda new: workspace.append("sales", new))
    assert rows(workspace, "SELECT number FROM sales ORDER BY 1") == [(1,), (2,), (3,)]


# Names, notes, deleting


def test_every_note_is_kept(workspace: Workspace, home: Path) -> None:
    add(workspace, "sales", "SELECT 1 AS id, 'x' AS pin, 2 AS old_name")
    workspace.describe_table("SALES", display_name="Sales!", description="All", synonyms=["deals"])
    workspace.describe_column("sales", "id", synonyms=["number"])
    workspace.hide_column("sales", "old_name")
    workspace.make_private("sales", "pin")
    workspace.rename_column("sales", "old_name", "new_name")
    workspace.rename_table("sales", "revenue")
    workspace.set_primary_key("revenue", ["id"])
    other = Workspace(Settings(home=home, sample=False, today=JUNE))
    table = info(other, "revenue").table
    assert (table.display_name, table.description, table.primary_key) == (None, "All", ("id",))
    assert table.synonyms == ("deals", "sales", "Sales!")
    id_, pin, renamed = table.columns
    assert id_.synonyms == ("number",)
    assert (pin.private, pin.examples) == (True, ())
    assert (renamed.name, renamed.hidden, renamed.synonyms) == ("new_name", True, ("old_name",))
    assert rows(other, "SELECT new_name FROM revenue") == [(2,)]
    workspace.make_private("revenue", "pin", False)
    assert info(other, "revenue").table.columns[1].examples == ("x",)


def test_a_note_that_changes_nothing_makes_no_version(workspace: Workspace) -> None:
    add(workspace, "sales")
    before = workspace.snapshot()
    workspace.describe_table("sales", description=None)
    workspace.hide_column("sales", "n", False)
    workspace.purge()
    assert workspace.snapshot() is before


def test_a_deleted_table_is_kept_and_comes_back(workspace: Workspace, home: Path) -> None:
    workspace._store = Store(home, grace=0.0)
    add(workspace, "customers", "SELECT 1 AS id")
    add(workspace, "orders", "SELECT 1 AS customer_id")
    workspace.add_key(ForeignKey("orders", ("customer_id",), "customers", ("id",)))
    gone = workspace.delete("Customers")
    assert [table.name for table in workspace.tables()] == ["orders"]
    assert workspace.deleted() == (gone,)
    assert workspace.snapshot().schema.foreign_keys == ()
    other = Workspace(Settings(home=home, sample=False, today=JUNE))
    assert other.undelete(other.deleted()[0].id) == "customers"
    assert len(workspace.snapshot().schema.foreign_keys) == 1
    assert rows(workspace, "SELECT id FROM customers") == [(1,)]
    again = workspace.delete("customers")
    other.close()
    workspace.close()
    workspace.purge(again.id)
    workspace._store.tidy()
    assert [path.name.partition("_")[0] for path in (home / "tables").iterdir()] == ["orders"]
    with pytest.raises(WorkspaceError, match="cannot be brought back"):
        workspace.undelete(again.id)


def test_what_was_deleted_long_ago_goes_with_the_next_start(workspace: Workspace, home: Path) -> None:
    add(workspace, "old")
    workspace.delete("old")
    long_ago = dt.datetime.now(dt.UTC) - dt.timedelta(days=40)
    workspace._store.change(
        lambda contents, change: replace(contents, deleted=(replace(contents.deleted[0], deleted_at=long_ago),))
    )
    started = Workspace(Settings(home=home, sample=False, today=JUNE))
    started.snapshot()
    assert started.deleted() == ()


def test_the_last_own_table_going_leaves_an_empty_workspace(workspace: Workspace) -> None:
    add(workspace, "only")
    workspace.delete("only")
    assert workspace.snapshot().notice == "The workspace has no tables yet."
    assert rows(workspace, "SELECT 1") == [(1,)]


# The sample


def test_the_first_own_table_takes_the_scope_and_the_sample_can_come_back(home: Path) -> None:
    workspace = Workspace.open(Settings(home=home, today=JUNE))
    assert workspace.snapshot().source == "sample"
    add(workspace, "employees", "SELECT 'mine' AS id")
    assert [table.name for table in workspace.tables()] == ["employees"]
    assert workspace.sample_choice == "auto"
    workspace.show_sample(True)
    assert sorted(table.name for table in workspace.tables()) == sorted(generate.TABLES)
    assert rows(workspace, "SELECT e.id, s.id FROM employees e, stores s") == [("mine", 6)]
    assert {table.origin for table in workspace.tables()} == {"upload", "sample"}
    with pytest.raises(NameTakenError) as caught:
        add(workspace, "Stores")
    assert caught.value.suggestion == "Stores_2"
    workspace.add_key(ForeignKey("stores", ("id",), "orders", ("id",), False))
    workspace.describe_table("stores", description="shops")
    july = Workspace.open(Settings(home=home, today=JULY))
    assert rows(july, "SELECT e.id, s.id FROM employees e, stores s") == [("mine", 7)]
    assert (info(july, "stores").table.description, len(info(july, "stores").keys)) == ("shops", 1)
    workspace.delete("employees")
    assert rows(workspace, "SELECT id FROM employees") == [(7,)], "the sample's table did not come back"
    workspace.show_sample(False)
    assert workspace.tables() == ()
    workspace.show_sample(None)
    assert workspace.snapshot().source == "sample"


def test_a_hidden_sample_is_not_made(home: Path) -> None:
    workspace = Workspace(Settings(home=home, today=JUNE))
    workspace.show_sample(False)
    assert workspace.tables() == ()
    assert list((home / "tables").iterdir()) == []


# Other processes


def in_other_process(home: Path, code: str) -> subprocess.Popen[str]:
    start = (
        "import sys, datetime as dt, duckdb\nfrom pathlib import Path\nfrom nl2sql.settings import Settings\n"
        "from nl2sql.schema import ForeignKey\nfrom nl2sql.workspace import NewTable, Workspace\n"
        "workspace = Workspace(Settings(home=Path(sys.argv[1]), sample=False, today=dt.date(2025, 6, 15)))\n"
        "names = lambda: ','.join(table.name for table in workspace.tables())\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", start + code, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_two_servers_on_one_folder_see_each_others_tables(workspace: Workspace, home: Path) -> None:
    add(workspace, "first")
    code = (
        "print(names(), flush=True)\n"
        "sys.stdin.readline()\n"
        "print(names(), flush=True)\n"
        "with workspace.staging() as folder:\n"
        "    with duckdb.connect(str(folder / 'x.duckdb')) as con: con.execute('CREATE TABLE x AS SELECT 1 AS y')\n"
        "    workspace.add(NewTable('third', folder / 'x.duckdb'))\n"
        "print(names(), flush=True)\n"
        "sys.stdin.readline()\n"
    )
    with in_other_process(home, code) as server:
        assert server.stdout is not None
        assert server.stdin is not None
        assert server.stdout.readline() == "first\n"
        workspace.snapshot()
        add(workspace, "second")
        server.stdin.write("go\n")
        server.stdin.flush()
        assert server.stdout.readline() == "first,second\n"
        assert server.stdout.readline() == "first,second,third\n"
        assert [table.name for table in workspace.tables()] == ["first", "second", "third"]
        assert rows(workspace, "SELECT y FROM third") == [(1,)]
        server.communicate("end\n")


def test_edits_of_several_processes_at_once_all_land(workspace: Workspace, home: Path) -> None:
    add(workspace, "sales", "SELECT " + ", ".join(f"{number} AS c{number}" for number in range(9)))
    code = (
        "who = sys.stdin.readline().strip()\n"
        "for column in range(3):\n"
        "    workspace.describe_column('sales', f'c{int(who) * 3 + column}', description=f'by {who}')\n"
    )
    editors = [in_other_process(home, code) for _ in range(3)]
    for number, editor in enumerate(editors):
        assert editor.stdin is not None
        editor.stdin.write(f"{number}\n")
        editor.stdin.flush()
    assert [editor.communicate(timeout=300) and editor.returncode for editor in editors] == [0, 0, 0]
    said = [column.description for column in info(workspace, "sales").table.columns]
    assert said == [f"by {number // 3}" for number in range(9)]


def test_a_staging_folder_of_a_living_process_outlasts_changes(workspace: Workspace) -> None:
    with workspace.staging() as folder:
        (folder / "half").write_text("written")
        add(workspace, "sales")
        assert (folder / "half").exists()


def test_threads_edit_at_once(workspace: Workspace) -> None:
    add(workspace, "sales", "SELECT " + ", ".join(f"{number} AS c{number}" for number in range(4)))
    threads = [
        threading.Thread(target=workspace.rename_column, args=("sales", f"c{number}", f"d{number}"))
        for number in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert rows(workspace, "SELECT d0, d1, d2, d3 FROM sales") == [(0, 1, 2, 3)]


# What fails


def test_a_folder_that_cannot_be_written_is_a_sentence(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    add(workspace, "sales")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "makedirs", refuse)
    for edit in (
        lambda: workspace.rename_table("sales", "x"),
        lambda: workspace.delete("sales"),
        lambda: workspace.staging().__enter__(),
    ):
        with pytest.raises(WorkspaceError, match=r"cannot be written \(Permission denied\)"):
            edit()
    assert rows(workspace, "SELECT count(*) FROM sales") == [(3,)]


@pytest.mark.parametrize("call", ["fsync", "rename"])
def test_a_full_disk_changes_nothing(workspace: Workspace, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    add(workspace, "sales")
    workspace.snapshot()

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, call, full)
        with pytest.raises(WorkspaceError, match="No space left on device"):
            add(workspace, "second")
        with pytest.raises(WorkspaceError, match="No space left on device"):
            workspace.rename_table("sales", "x")
    assert [table.name for table in workspace.tables()] == ["sales"]
    add(workspace, "second")
    assert len(list(workspace._store.tables.iterdir())) == 2


def test_a_table_whose_file_is_lost_stands_in_nobodys_way(workspace: Workspace) -> None:
    add(workspace, "lost")
    add(workspace, "damaged")
    add(workspace, "sales")
    info(workspace, "lost").path.unlink()
    info(workspace, "damaged").path.write_bytes(b"nothing")
    workspace.describe_table("sales", description="still here")
    snapshot = workspace.snapshot()
    assert snapshot.notice == "Left out, because the table has lost its file: lost, damaged."
    assert [table.name for table in snapshot.schema.tables] == ["sales"]
    assert [(table.name, table.lost) for table in workspace.tables()] == [
        ("sales", False),
        ("lost", True),
        ("damaged", True),
    ]
    assert rows(workspace, "SELECT count(*) FROM sales") == [(3,)]
    workspace.delete("lost")
    workspace.delete("damaged")
    assert workspace.snapshot().notice is None


# Formats


def first_format(home: Path) -> None:
    """A folder as the version before uploads left it: one sample table and one put there by hand."""
    (home / "tables").mkdir(parents=True)
    for file, table in (("sample.v1.duckdb", "stores"), ("upload.v1.duckdb", "mine")):
        with duckdb.connect(str(home / "tables" / file)) as con:
            con.execute(f"CREATE TABLE {table} AS SELECT 6 AS id")
    with duckdb.connect(str(home / "catalog.v1.duckdb")) as con:
        for file in ("sample.v1.duckdb", "upload.v1.duckdb"):
            con.execute(f"ATTACH '{home / 'tables' / file}' AS {alias_of(file)} (READ_ONLY)")
        con.execute(f"""
            CREATE SCHEMA {NOTES};
            CREATE TABLE {NOTES}.about AS SELECT 1 AS format, 'abcd' AS token, '2025-06' AS sample_month;
            CREATE TABLE {NOTES}.tables (
                position INTEGER, name VARCHAR, file VARCHAR, source_table VARCHAR, origin VARCHAR,
                primary_key VARCHAR[], row_count BIGINT, display_name VARCHAR, description VARCHAR, synonyms VARCHAR[]);
            INSERT INTO {NOTES}.tables VALUES
                (0, 'stores', 'sample.v1.duckdb', 'stores', 'sample', ['id'], 1, NULL, NULL, []),
                (1, 'mine', 'upload.v1.duckdb', 'mine', 'upload', [], 1, 'Mine', NULL, ['own']);
            CREATE TABLE {NOTES}.columns (
                table_name VARCHAR, position INTEGER, name VARCHAR, type VARCHAR, nullable BOOLEAN,
                display_name VARCHAR, description VARCHAR, synonyms VARCHAR[], examples VARCHAR[], hidden BOOLEAN,
                private BOOLEAN);
            INSERT INTO {NOTES}.columns VALUES
                ('stores', 0, 'id', 'INTEGER', true, NULL, NULL, [], ['6'], false, false),
                ('mine', 0, 'id', 'INTEGER', true, NULL, 'no', [], ['6'], false, true);
            CREATE TABLE {NOTES}.foreign_keys (
                position INTEGER, table_name VARCHAR, columns VARCHAR[], to_table VARCHAR, to_columns VARCHAR[],
                declared BOOLEAN);
            INSERT INTO {NOTES}.foreign_keys VALUES (0, 'mine', ['id'], 'stores', ['id'], true);
            CREATE VIEW stores AS SELECT * FROM file_sample_v1.main.stores;
            CREATE VIEW mine AS SELECT * FROM file_upload_v1.main.mine;
        """)


def test_a_catalog_of_the_first_format_is_read_and_changed(workspace: Workspace, home: Path) -> None:
    first_format(home)
    assert [table.name for table in workspace.tables()] == ["mine"]
    mine = info(workspace, "mine")
    assert (mine.table.display_name, mine.table.synonyms, mine.table.columns[0].private) == ("Mine", ("own",), True)
    assert (mine.source_file, mine.loaded_at, mine.source_columns) == ("", None, ("id",))
    assert rows(workspace, "SELECT id FROM mine") == [(6,)]
    workspace.rename_table("mine", "ours")
    assert rows(workspace, "SELECT id FROM ours") == [(6,)]
    workspace.show_sample(True)
    assert workspace.snapshot().schema.foreign_keys == (ForeignKey("ours", ("id",), "stores", ("id",)),)


def test_a_catalog_of_a_later_format_is_left_alone(workspace: Workspace, home: Path) -> None:
    add(workspace, "sales")
    newest = max(files.versions(home, "catalog").items())
    later = home / f"catalog.v{newest[0] + 1}.duckdb"
    later.write_bytes(newest[1].read_bytes())
    with duckdb.connect(str(later)) as con:
        con.execute(f"UPDATE {NOTES}.about SET format = {FORMAT + 1}")
    for use in (workspace.tables, lambda: workspace.rename_table("sales", "x")):
        with pytest.raises(WorkspaceError, match="newer version"):
            use()
    assert len(list((home / "tables").iterdir())) == 1


def test_a_hundred_tables_are_added_without_reading_every_version_again(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nl2sql.workspace import store

    read: list[Path] = []
    real = store.read_catalog
    monkeypatch.setattr(store, "read_catalog", lambda path, number: read.append(path) or real(path, number))
    for number in range(8):
        add(workspace, f"t{number}")
    assert len(read) <= 8 * 5, "old versions are read again with every change"


def test_a_start_reads_the_newest_version_only(
    workspace: Workspace, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from nl2sql.workspace import store

    for number in range(8):
        add(workspace, f"t{number}")
    read: list[str] = []

    def kept(path: Path) -> frozenset[str]:
        read.append(path.name)
        return read_kept_files(path)

    monkeypatch.setattr(store, "read_kept_files", kept)
    workspace.close()
    again = Workspace(Settings(home=home), with_sample=False)
    assert len(again.snapshot().schema.tables) == 8
    assert read == [], "versions that are over are read although the newest names every file"
    (home / "tables" / "left.v1.duckdb").write_bytes(b"")
    Workspace(Settings(home=home), with_sample=False).snapshot()
    assert len(read) == 7, "a file may be removed only when no version names it"
    assert not (home / "tables" / "left.v1.duckdb").exists()


def test_several_tables_are_kept_with_one_change_or_none_is(workspace: Workspace) -> None:
    def staged(folder: Path, name: str) -> NewTable:
        with duckdb.connect(str(folder / f"{name}.duckdb")) as con:
            con.execute(f"CREATE TABLE {name} AS SELECT 1 AS n")
        return NewTable(name, folder / f"{name}.duckdb")

    with workspace.staging() as folder:
        assert workspace.add_all([staged(folder, "a"), staged(folder, "b")]) == ("a", "b")
        version = workspace.snapshot().version
        with pytest.raises(NameTakenError):
            workspace.add_all([staged(folder, "c"), replace(staged(folder, "d"), name="A")])
    assert workspace.snapshot().version == version
    assert [table.name for table in workspace.snapshot().schema.tables] == ["a", "b"]


def test_the_profile_goes_along_with_a_table(workspace: Workspace) -> None:
    def kept(new: NewTable) -> None:
        with duckdb.connect(str(new.staged)) as con:
            write_profile(con, "staged")
        workspace.add(new)

    with_new(workspace, "sales", "SELECT 1 AS n", kept)
    assert [table.name for table in workspace.snapshot().schema.tables] == ["sales"]
    assert read_profile(info(workspace, "sales").path)[0].row_count == 1


@pytest.mark.soak
def test_two_hundred_tables_take_seconds_to_change(workspace: Workspace) -> None:
    for number in range(200):
        add(workspace, f"t{number}")
    began = time.perf_counter()
    workspace.rename_table("t7", "seven")
    assert time.perf_counter() - began < 10
    assert len(workspace.tables()) == 200

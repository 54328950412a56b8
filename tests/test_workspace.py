"""Workspace: the sample's life, catalog changes, several processes, and a person's own DuckDB files of every kind."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from nl2sql.engine.base import Database
from nl2sql.errors import DatabaseError, WorkspaceError
from nl2sql.schema import Column, ForeignKey, Table, quote
from nl2sql.settings import Settings
from nl2sql.workspace import Workspace, files
from nl2sql.workspace.catalog import alias_of
from nl2sql.workspace.contents import Contents, entries_of
from nl2sql.workspace.store import Change, Store
from sample_data import generate

JUNE, JULY = dt.date(2025, 6, 15), dt.date(2025, 7, 1)
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def small_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sample") / "small.duckdb"
    generate.build(path, JUNE, rows_scale=0.01)
    return path


@pytest.fixture(autouse=True)
def small_sample(monkeypatch: pytest.MonkeyPatch, small_file: Path) -> list[dt.date]:
    """Takes a small sample that was made before, and lists the days it was asked for."""
    built: list[dt.date] = []

    def build(path: Path, as_of: dt.date) -> None:
        built.append(as_of)
        shutil.copyfile(small_file, path)

    monkeypatch.setattr(generate, "build", build)
    return built


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def settings(home: Path, today: dt.date | None = JUNE, **more: object) -> Settings:
    return Settings(home=home, today=today, **more)  # type: ignore[arg-type]


def ask(database: Database, sql: str) -> list[tuple[object, ...]]:
    """Run `sql` the way an engine does: catalog read-only, attachments READ_ONLY, everything else shut."""
    with duckdb.connect(str(database.path), read_only=True) as con:
        for alias, path in database.attachments:
            con.execute(f"ATTACH '{path}' AS {quote(alias)} (READ_ONLY)")
        con.execute("SET enable_external_access = false; SET disabled_filesystems = 'LocalFileSystem'")
        return con.execute(sql).fetchall()


def upload(store: Store, name: str, sql: str = "SELECT range AS n FROM range(3)") -> None:
    """Add a table of one's own as a later upload would: a table file and the next catalog."""

    def write(path: Path) -> None:
        with duckdb.connect(str(path)) as con:
            con.execute(f"CREATE TABLE {quote(name)} AS {sql}")

    def edit(contents: Contents, change: Change) -> Contents:
        file = change.add_file("upload", write)
        return contents.with_tables(entries_of(file.name, file.schema, "upload"))

    store.change(edit)


# The sample


def test_first_use_makes_the_sample(home: Path) -> None:
    snapshot = Workspace.open(settings(home)).snapshot()
    assert snapshot.source == "sample"
    assert snapshot.notice is None
    assert [table.name for table in snapshot.schema.tables] == list(generate.TABLES)
    employees = snapshot.schema.table("employees")
    assert employees is not None
    assert [(column.name, column.type) for column in employees.columns] == [
        ("id", "INTEGER"),
        ("name", "VARCHAR"),
        ("department", "VARCHAR"),
        ("salary", "DECIMAL(10,2)"),
        ("date_joined", "DATE"),
    ]
    assert employees.row_count == 160
    assert employees.primary_key == ("id",)
    assert employees.columns[3].nullable
    assert not employees.columns[1].nullable
    assert all(1 <= len(column.examples) <= 5 for column in employees.columns)
    assert len(snapshot.schema.foreign_keys) == 12
    assert snapshot.schema.version == snapshot.version == snapshot.database.version
    joined = "SELECT count(*) FROM employees e JOIN orders ON employee_id = e.id"
    assert ask(snapshot.database, joined) == [(450,)]


def test_nothing_in_the_folder_is_unfinished_or_writable_through_the_catalog(home: Path) -> None:
    snapshot = Workspace.open(settings(home)).snapshot()
    assert sorted(path.name for path in home.iterdir() if path.suffix == ".duckdb") == ["catalog.v1.duckdb"]
    assert [path.name for path in (home / "tables").iterdir()] == ["sample.v1.duckdb"]
    assert list((home / "staging").iterdir()) == []
    for sql in ("INSERT INTO stores SELECT * FROM stores", "CREATE TABLE main.t (a INT)", "DELETE FROM stores"):
        with pytest.raises(duckdb.Error):
            ask(snapshot.database, sql)


def test_a_snapshot_is_the_same_while_nothing_changed(home: Path) -> None:
    workspace = Workspace.open(settings(home))
    first = workspace.snapshot()
    assert workspace.snapshot() is first


def test_the_sample_is_built_once_per_month(home: Path, small_sample: list[dt.date]) -> None:
    first = Workspace.open(settings(home)).snapshot()
    assert Workspace.open(settings(home, dt.date(2025, 6, 30))).snapshot().version == first.version
    later = Workspace.open(settings(home, JULY)).snapshot()
    assert later.version != first.version
    assert later.database.attachments[0][1].name == "sample.v2.duckdb"
    assert small_sample == [JUNE, JULY]
    assert ask(first.database, "SELECT count(*) FROM employees") == [(160,)]


def test_a_pinned_clock_moves_the_sample_forward_only(home: Path, small_sample: list[dt.date]) -> None:
    late = Workspace.open(settings(home, JULY)).snapshot()
    assert Workspace.open(settings(home, JUNE)).snapshot().version == late.version
    assert small_sample == [JULY]


def test_the_real_clock_brings_back_a_sample_made_for_the_future(home: Path, small_sample: list[dt.date]) -> None:
    Workspace.open(settings(home, dt.date(2199, 1, 1)))
    Workspace.open(settings(home, None))
    assert small_sample[1] <= dt.date.today()


def test_another_process_gives_the_running_one_a_new_version(home: Path) -> None:
    running = Workspace.open(settings(home))
    before = running.snapshot()
    Workspace.open(settings(home, JULY))
    assert running.snapshot().version != before.version


def test_a_lost_sample_file_is_made_again(home: Path) -> None:
    Workspace.open(settings(home)).close()
    (home / "tables" / "sample.v1.duckdb").unlink()
    snapshot = Workspace.open(settings(home)).snapshot()
    assert ask(snapshot.database, "SELECT count(*) FROM stores") == [(18,)]


@pytest.mark.parametrize(
    ("offered", "with_sample", "own", "expected"),
    [
        (True, None, False, "sample"),
        (True, None, True, "own only"),
        (True, True, True, "both"),
        (True, False, False, "none"),
        (False, None, False, "none"),
        (False, True, False, "sample"),
    ],
)
def test_when_the_sample_counts(home: Path, offered: bool, with_sample: bool | None, own: bool, expected: str) -> None:
    if own:
        upload(Store(home), "Müller's list")
    snapshot = Workspace.open(settings(home, sample=offered), with_sample=with_sample).snapshot()
    names = {table.name for table in snapshot.schema.tables}
    sample = set(generate.TABLES)
    mine = {"Müller's list"}
    assert names == {"sample": sample, "own only": mine, "both": sample | mine, "none": set()}[expected]
    assert snapshot.source == ("sample" if expected == "sample" else "workspace")
    assert (snapshot.notice is not None) == (expected == "none")
    assert ask(snapshot.database, "SELECT 1") == [(1,)]


def test_the_sample_goes_out_of_sight_when_an_own_table_comes(home: Path) -> None:
    workspace = Workspace.open(settings(home))
    workspace.snapshot()
    upload(workspace._store, "mine")
    snapshot = workspace.snapshot()
    assert [table.name for table in snapshot.schema.tables] == ["mine"]
    assert [path.name for _, path in snapshot.database.attachments] == ["upload.v1.duckdb"]
    assert ask(snapshot.database, "SELECT count(*) FROM mine") == [(3,)]


def test_an_own_table_wins_over_a_sample_table_of_the_same_name(home: Path) -> None:
    upload(Store(home), "Orders")
    snapshot = Workspace.open(settings(home), with_sample=True).snapshot()
    names = [table.name for table in snapshot.schema.tables]
    assert "Orders" in names
    assert "orders" not in names
    assert {key.table for key in snapshot.schema.foreign_keys} == {"stores", "products", "returns", "order_items",
                                                                  "support_tickets"}  # fmt: skip
    assert not [key for key in snapshot.schema.foreign_keys if "orders" in (key.table, key.to_table)]


# Catalog changes


def test_contents_come_back_as_they_were_written(home: Path) -> None:
    column = Column("b c", "DECIMAL(9,2)", False, "Bee", 'a "note"', ("x", "y'z"), ("1.00", "O'Hara"), True, True)
    table = Table('odd "name"', (column,), ("b c",), 7, "Odd", "About it", ("strange",))

    def edit(contents: Contents, change: Change) -> Contents:
        def write(path: Path) -> None:
            with duckdb.connect(str(path)) as con:
                con.execute('CREATE TABLE "select" ("b c" DECIMAL(9,2))')

        file = change.add_file("Ünï code", write)
        entry = entries_of(file.name, file.schema, "upload")[0]
        key = ForeignKey(table.name, ("b c",), table.name, ("b c",), declared=False)
        return Contents((type(entry)(table, entry.file, "select", "upload"),), (key,))

    written = Store(home).change(edit)
    read = Store(home).current()
    assert read == written
    assert read is not None
    assert read.contents.tables[0].table == table
    assert read.contents.foreign_keys[0].declared is False
    database = Database(read.path, ((alias_of(read.contents.files[0]), home / "tables" / read.contents.files[0]),))
    assert ask(database, 'SELECT count("b c") FROM "odd ""name"""') == [(0,)]


def test_a_failed_change_leaves_everything_as_it_was(home: Path) -> None:
    store = Store(home)
    upload(store, "first")
    before = store.current()
    with pytest.raises(WorkspaceError):
        upload(store, "second", "SELECT no_such_column")
    assert store.current() == before
    assert [path.name for path in (home / "tables").iterdir()] == ["upload.v1.duckdb"]
    assert list((home / "staging").iterdir()) == []


def test_old_versions_go_after_the_grace_period_when_nobody_holds_them(home: Path) -> None:
    store = Store(home, grace=0.0)
    upload(store, "first")
    catalog = store.current()
    assert catalog is not None
    lease = store.lease(catalog)
    assert lease is not None

    def replace(contents: Contents, change: Change) -> Contents:
        return Contents()

    store.change(replace)
    assert sorted(files.versions(home, "catalog")) == [1, 2]
    assert (home / "tables" / "upload.v1.duckdb").exists()
    lease.release()
    store.tidy()
    assert sorted(files.versions(home, "catalog")) == [2]
    assert list((home / "tables").iterdir()) == []
    assert list((home / "leases").iterdir()) == []


def test_old_versions_stay_for_the_grace_period(home: Path) -> None:
    for name in ("a", "b", "c"):
        upload(Store(home, grace=60.0), name)
    assert sorted(files.versions(home, "catalog")) == [1, 2, 3]
    upload(Store(home, grace=0.0), "d")
    assert sorted(files.versions(home, "catalog")) == [4]
    assert len(list((home / "tables").iterdir())) == 4


def test_staging_of_a_living_writer_is_left_alone(home: Path) -> None:
    store = Store(home)
    upload(store, "first")
    with files.staging(store.staging) as folder:
        (folder / "half").write_text("written")
        store.tidy()
        assert (folder / "half").exists()
    assert list(store.staging.iterdir()) == []


def test_a_damaged_newest_catalog_falls_back_to_the_one_before(home: Path) -> None:
    store = Store(home)
    upload(store, "first")
    before = store.current()
    (home / "catalog.v2.duckdb").write_bytes(b"no catalog")
    assert store.current() == before
    store.tidy()
    assert (home / "tables" / "upload.v1.duckdb").exists()


def test_only_damaged_catalogs_are_a_sentence_and_delete_nothing(home: Path) -> None:
    upload(Store(home), "first")
    (home / "catalog.v1.duckdb").write_bytes(b"no catalog")
    with pytest.raises(WorkspaceError, match="damaged"):
        Workspace.open(settings(home))
    assert (home / "tables" / "upload.v1.duckdb").exists()


def test_an_own_table_whose_file_is_lost_is_named(home: Path) -> None:
    upload(Store(home), "first")
    upload(Store(home), "second")
    (home / "tables" / "upload.v1.duckdb").unlink()
    snapshot = Workspace.open(settings(home)).snapshot()
    assert [table.name for table in snapshot.schema.tables] == ["second"]
    assert snapshot.notice == "Left out, because the table has lost its file: first."
    assert ask(snapshot.database, "SELECT count(*) FROM second") == [(3,)]


def test_a_reader_does_not_wait_for_a_change(home: Path) -> None:
    workspace = Workspace.open(settings(home))
    started, go_on = threading.Event(), threading.Event()

    def edit(contents: Contents, change: Change) -> None:
        started.set()
        assert go_on.wait(300)

    changing = threading.Thread(target=lambda: Store(home).change(edit))  # type: ignore[arg-type]
    changing.start()
    try:
        assert started.wait(300)
        workspace.snapshot()
        Workspace.open(settings(home)).snapshot()
        assert changing.is_alive()
        with pytest.raises(WorkspaceError, match="Another program"):
            Store(home, patience=0.2).change(edit)  # type: ignore[arg-type]
    finally:
        go_on.set()
        changing.join()


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WorkspaceError, match=r"cannot be written .*NL2SQL_HOME"):
        Workspace.open(settings(tmp_path / "file" / "home"))


def test_a_full_disk_is_a_sentence(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, as_of: dt.date) -> None:
        raise duckdb.IOException("IO Error: Could not write file: No space left on device")

    monkeypatch.setattr(generate, "build", full)
    with pytest.raises(WorkspaceError, match=r"No space left on device"):
        Workspace.open(settings(home))


def test_a_read_only_folder_still_serves_what_is_there(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Workspace.open(settings(home)).close()

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "makedirs", refuse)
    monkeypatch.setattr(files, "Lease", refuse)
    assert Workspace.open(settings(home)).snapshot().notice is None
    later = Workspace.open(settings(home, JULY)).snapshot()
    assert later.source == "sample"
    assert "cannot be written (Permission denied)" in (later.notice or "")


def test_two_processes_opening_an_empty_home_at_once(home: Path) -> None:
    code = (
        "import sys, datetime as dt; from pathlib import Path; from nl2sql.settings import Settings\n"
        "from nl2sql.workspace import Workspace\n"
        "sys.stdin.readline()\n"
        "print(Workspace.open(Settings(home=Path(sys.argv[1]), today=dt.date(2025, 6, 15))).snapshot().version)"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    children = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(home)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for _ in range(3)
    ]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    answers = {child.communicate(timeout=300)[0].strip() for child in children}
    assert [child.returncode for child in children] == [0, 0, 0]
    assert len(answers) == 1
    assert [path.name for path in (home / "tables").iterdir()] == ["sample.v1.duckdb"]


# A person's own file


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Makes a DuckDB file with the given statements."""

    def make(sql: str, name: str = "own.duckdb") -> Path:
        with duckdb.connect(str(tmp_path / name)) as con:
            con.execute(sql)
        return tmp_path / name

    yield make


def open_file(path: Path) -> Workspace:
    return Workspace.open(Settings(home=path.parent / "unused", database=path, today=JUNE))


def test_an_own_file_is_read_with_keys_views_and_namespaces(own: Callable[[str], Path]) -> None:
    path = own(
        """CREATE TABLE a (p INTEGER, "q q" INTEGER, note VARCHAR, PRIMARY KEY (p, "q q"));
        CREATE TABLE b (id INTEGER PRIMARY KEY, ap INTEGER NOT NULL, aq INTEGER, made DATE, x INTEGER[],
                        FOREIGN KEY (ap, aq) REFERENCES a (p, "q q"));
        CREATE SCHEMA s2; CREATE TABLE s2."Odd ""one"" x" AS SELECT 1 AS "select";
        CREATE VIEW v AS SELECT note FROM a;
        COMMENT ON TABLE a IS 'About a'; COMMENT ON COLUMN a.note IS 'A note';
        INSERT INTO a SELECT range, 1, 'n' || (range % 3) FROM range(50); DELETE FROM a WHERE p >= 10;"""
    )
    workspace = open_file(path)
    snapshot = workspace.snapshot()
    assert snapshot.source == "own"
    assert snapshot.notice is None
    schema = snapshot.schema
    assert [table.sql_name for table in schema.tables] == ["a", "b", 's2."Odd ""one"" x"', "v"]
    a, b = schema.tables[:2]
    assert (a.primary_key, a.row_count, a.description) == (("p", "q q"), 10, "About a")
    assert a.columns[2].examples == ("n0", "n1", "n2")
    assert a.columns[2].description == "A note"
    assert [column.nullable for column in b.columns] == [False, False, True, True, True]
    assert schema.foreign_keys == (ForeignKey("b", ("ap", "aq"), "a", ("p", "q q")),)
    assert schema.tables[3].row_count is None
    assert schema.tables[3].columns[0].examples == ()
    assert snapshot.database == Database(path, (), snapshot.version)
    assert not (path.parent / "unused").exists()
    assert workspace.snapshot() is snapshot


def test_a_changed_file_is_a_new_version(own: Callable[[str], Path]) -> None:
    path = own("CREATE TABLE a AS SELECT 1 AS x")
    workspace = open_file(path)
    before = workspace.snapshot()
    with duckdb.connect(str(path)) as con:
        con.execute("CREATE TABLE b AS SELECT 2 AS y")
    after = workspace.snapshot()
    assert after.version != before.version
    assert [table.name for table in after.schema.tables] == ["a", "b"]


def test_slow_broken_and_reaching_views_block_nothing(own: Callable[[str], Path], tmp_path: Path) -> None:
    (tmp_path / "outside.csv").write_text("secret\n1\n")
    path = own(
        f"""CREATE TABLE a AS SELECT 1 AS x; CREATE TABLE gone AS SELECT 1 AS y;
        CREATE VIEW broken AS SELECT * FROM gone; DROP TABLE gone;
        CREATE VIEW outside AS SELECT * FROM read_csv('{tmp_path / "outside.csv"}');
        CREATE VIEW slow AS SELECT count(*) AS c FROM range(1000000000000);
        CREATE VIEW asleep AS SELECT pg_sleep(1000) AS s;"""
    )
    began = time.perf_counter()
    snapshot = open_file(path).snapshot()
    assert time.perf_counter() - began < 300, "a view was run"
    assert {table.name for table in snapshot.schema.tables} == {"a", "slow", "asleep"}
    assert snapshot.notice == "Left out, because the view cannot be read: broken, outside."


@pytest.mark.soak
def test_a_thousand_tables_take_seconds(own: Callable[[str], Path]) -> None:
    columns = ", ".join(f"range + {i} AS c{i}" for i in range(20))
    tables = "".join(f"CREATE TABLE t{i} AS SELECT {columns} FROM range(3);" for i in range(1000))
    path = own(f"BEGIN; {tables} COMMIT")
    began = time.perf_counter()
    schema = open_file(path).snapshot().schema
    assert time.perf_counter() - began < 120
    assert len(schema.tables) == 1000
    assert schema.tables[0].columns[19].examples == ("19", "20", "21")


def test_an_empty_database_says_so(own: Callable[[str], Path]) -> None:
    assert open_file(own("SELECT 1")).snapshot().notice == "own.duckdb has no tables."


def test_files_of_an_older_storage_version_are_read(tmp_path: Path) -> None:
    path = tmp_path / "old.duckdb"
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{path}' AS f (STORAGE_VERSION 'v1.0.0'); CREATE TABLE f.t AS SELECT 1 AS x")
    assert [table.name for table in open_file(path).snapshot().schema.tables] == ["t"]


def _encrypted(path: Path) -> None:
    with duckdb.connect() as con:
        con.execute("SET force_mbedtls_unsafe = 'true'")
        con.execute(f"ATTACH '{path}' AS f (ENCRYPTION_KEY 'k'); CREATE TABLE f.t AS SELECT 1 AS x")


def _too_old(path: Path) -> None:
    """The first block that DuckDB 0.8 writes: checksum, magic word, storage version 51."""
    start = bytes.fromhex(
        "01 d0 e2 63 e4 ed 52 15 44 55 43 4b 33 00 00 00 00 00 00 00 04 00 00 00"
        + "20 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"
    )
    path.write_bytes(start.ljust(3 * 4096, b"\0"))


def _damaged(path: Path) -> None:
    with duckdb.connect(str(path)) as con:
        con.execute("CREATE TABLE t AS SELECT 1 AS x")
    body = bytearray(path.read_bytes())
    body[0] ^= 0xFF
    path.write_bytes(bytes(body))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: None, "There is no database file"),
        (lambda path: path.mkdir(), "is a folder"),
        (lambda path: path.write_bytes(b""), "is not a DuckDB database"),
        (lambda path: path.write_bytes(b"id,name\n1,a\n" * 900), "is not a DuckDB database"),
        (lambda path: path.write_bytes(b"SQLite format 3\x00" + bytes(8000)), "SQLite"),
        (_encrypted, "is encrypted"),
        (_too_old, "written by a DuckDB version"),
        (_damaged, "is damaged"),
    ],
)
def test_files_that_cannot_be_used_each_get_a_sentence(
    tmp_path: Path, make: Callable[[Path], object], sentence: str
) -> None:
    path = tmp_path / "it.duckdb"
    make(path)
    with pytest.raises(DatabaseError, match=sentence) as caught:
        open_file(path)
    assert "it.duckdb" in str(caught.value)
    assert str(tmp_path) not in str(caught.value)


def test_a_file_that_another_program_writes_is_named_and_comes_back(own: Callable[[str], Path]) -> None:
    path = own("CREATE TABLE t AS SELECT 1 AS x")
    code = "import duckdb, sys; con = duckdb.connect(sys.argv[1]); print('open', flush=True); sys.stdin.readline()"
    with subprocess.Popen(
        [sys.executable, "-c", code, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == "open\n"
        with pytest.raises(DatabaseError, match="in use by another program"):
            open_file(path)
        writer.communicate("\n")
    assert len(open_file(path).snapshot().schema.tables) == 1

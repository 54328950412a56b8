"""Profiles and values inside a table file: right for every type, bounded for every shape of table, cheap to read."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from nl2sql.errors import WorkspaceError
from nl2sql.ingest import profile
from nl2sql.ingest.profile import ColumnProfile, StoredValues, read_profile, read_values, write_profile

Made = Callable[[str], Path]


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A file with the table that a SELECT gives, profiled."""

    def make(select: str) -> Path:
        path = tmp_path / "made.duckdb"
        path.unlink(missing_ok=True)
        with duckdb.connect(str(path)) as con:
            con.execute(f"CREATE TABLE made AS {select}")
            con.execute("SET lock_configuration=true")
            write_profile(con, "made")
        return path

    return make


def by_name(path: Path) -> dict[str, ColumnProfile]:
    return {one.name: one for one in read_profile(path)}


def test_every_type_of_column(made: Made):
    path = made(
        """SELECT * FROM (VALUES
            (1, 'b', DATE '2024-01-02', 1.50::DECIMAL(9,2), true, [1], 'x'::BLOB, NULL::VARCHAR),
            (2, 'a', NULL, 2.25, false, [2], NULL, NULL),
            (2, 'b', DATE '2023-01-02', -1.00, true, NULL, 'y'::BLOB, NULL)
        ) AS t("id", "Name ""x"";", "day", "money", "ok", "list", "raw", "none")"""
    )
    found = by_name(path)
    assert list(found) == ["id", 'Name "x";', "day", "money", "ok", "list", "raw", "none"]
    assert found["id"] == ColumnProfile("id", 3, 0, 2, True, "1", "2", ("1", "2"))
    assert found['Name "x";'] == ColumnProfile('Name "x";', 3, 0, 2, True, "a", "b", ("b", "a"))
    assert found["day"] == ColumnProfile("day", 3, 1, 2, True, "2023-01-02", "2024-01-02", ("2024-01-02", "2023-01-02"))
    assert (found["money"].minimum, found["money"].maximum) == ("-1.00", "2.25")
    assert found["ok"].distinct == 2
    assert (found["list"].nulls, found["list"].distinct, found["list"].minimum) == (1, None, None)
    assert (found["raw"].nulls, found["raw"].examples) == (1, ())
    assert (found["none"].nulls, found["none"].distinct, found["none"].examples) == (3, 0, ())


def test_a_table_without_rows(made: Made):
    path = made("SELECT 1 AS a, 'x' AS b WHERE false")
    assert by_name(path)["b"] == ColumnProfile("b", 0, 0, 0, True, None, None, ())
    assert read_values(path, ["b"]) == StoredValues((), frozenset({"b"}))


def test_values_are_those_of_text_columns_the_most_frequent_first(made: Made):
    path = made("SELECT unnest(['São Paulo', 'NYC', 'NYC', NULL]) AS city, unnest([1, 2, 3, 4]) AS number")
    found = read_values(path, ["city", "number", "no such column"])
    assert [(one.value, one.form, one.frequency) for one in found.values] == [
        ("NYC", "nyc", 2),
        ("São Paulo", "sao paulo", 1),
    ]
    assert found.complete == {"city"}
    assert read_values(path, []) == StoredValues((), frozenset())


def test_a_column_with_longer_or_more_values_is_indexed_in_part(made: Made, monkeypatch: pytest.MonkeyPatch):
    path = made(
        "SELECT 'x' || i AS many, CASE i WHEN 7 THEN repeat('long', 100) ELSE 'y' END AS long FROM range(3000) t(i)"
    )
    found = read_values(path, ["many", "long"])
    assert found.complete == frozenset()
    assert sum(one.column == "many" for one in found.values) == profile.PER_COLUMN
    assert [one.value for one in found.values if one.column == "long"] == ["y"]
    assert by_name(path)["many"].distinct == 3000
    assert by_name(path)["long"].minimum == "longlonglonglonglonglonglonglonglonglonglonglonglonglonglon…"


def test_many_columns_say_the_same_as_few(made: Made):
    """Two ways to count, one for wide tables: they agree on every column of a table that can be counted by both."""
    few = """SELECT ['a', 'b', NULL, 'b', repeat('z', 90)][1 + i % 5] AS text, (i % 7)::INTEGER AS number,
        DATE '2024-01-01' + i::INTEGER AS day, NULL::VARCHAR AS none, i / 3 AS share, [i] AS list,
        NULL::INTEGER AS nothing FROM range(100) t(i)"""
    narrow = made(few)
    wanted, values = read_profile(narrow), read_values(narrow, ["text", "none"])
    more = ", ".join(f"list[1] % 3 AS more{n}" for n in range(400))
    wide = made(f"SELECT *, {more} FROM ({few})")
    assert read_profile(wide)[: len(wanted)] == wanted
    assert read_values(wide, ["text", "none"]) == values
    assert len(read_profile(wide)) == len(wanted) + 400


def test_long_tables_are_exact_where_few_values_are_and_close_where_many_are(
    made: Made, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(profile, "_EXACT_ROWS", 1_000)
    monkeypatch.setattr(profile, "_LOW", 1_500)
    monkeypatch.setattr(profile, "_SAMPLE_ROWS", 20_000)
    rows = 200_000
    path = made(
        f"SELECT i AS id, 'c' || (i % 40) AS city, 'name ' || (hash(i) % 9000) AS name, 'note ' || i AS note,"
        f" CASE WHEN i % 2 = 0 THEN 'é' || i END AS accented FROM range({rows}) t(i)"
    )
    found = by_name(path)
    assert found["city"] == ColumnProfile("city", rows, 0, 40, True, "c0", "c9", ("c0", "c1", "c2", "c3", "c4"))
    assert read_values(path, ["city"]).complete == {"city"}
    for name, true in (("id", rows), ("name", 9000), ("note", rows), ("accented", rows // 2)):
        assert not found[name].exact
        assert 0.7 * true <= found[name].distinct <= 1.3 * true
    assert (found["id"].minimum, found["id"].maximum) == ("0", str(rows - 1))
    assert found["note"].minimum.startswith("note 0")
    assert found["accented"].nulls == rows // 2
    values = read_values(path, ["name", "note"])
    assert values.complete == frozenset()
    assert {one.column for one in values.values} == {"name", "note"}


def test_wide_and_long_tables_are_counted_in_part(made: Made, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(profile, "_MANY_CELLS", 2_000_000)
    columns = ", ".join(f"'v' || (i % {n + 2}) AS c{n}" for n in range(150))
    path = made(f"SELECT i, {columns} FROM range(40000) t(i)")
    found = by_name(path)
    assert not found["c0"].exact
    assert found["c0"].distinct == 2
    assert found["c0"].maximum == "v1"
    values = read_values(path, ["c0", "c40"])
    assert {one.value for one in values.values if one.column == "c0"} == {"v0", "v1"}
    assert values.complete == frozenset()


def test_writing_again_replaces(made: Made):
    path = made("SELECT 'a' AS x")
    with duckdb.connect(str(path)) as con:
        con.execute("INSERT INTO made VALUES ('b')")
        write_profile(con, "made")
    assert by_name(path)["x"].row_count == 2
    assert [one.value for one in read_values(path, ["x"]).values] == ["a", "b"]


def test_a_file_with_several_tables_keeps_them_apart(tmp_path: Path):
    path = tmp_path / "x.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute("CREATE TABLE t AS SELECT 'a' AS x; CREATE TABLE u AS SELECT 'b' AS x, 1 AS y")
        write_profile(con, "t")
        write_profile(con, "u")
    assert [one.name for one in read_profile(path, "u")] == ["x", "y"]
    assert [one.value for one in read_values(path, ["x"], "t").values] == ["a"]
    assert read_profile(path, "v") == ()


def test_only_the_named_columns(tmp_path: Path):
    with duckdb.connect(str(tmp_path / "x.duckdb")) as con:
        con.execute("CREATE TABLE t AS SELECT 'a' AS x, 'b' AS y")
        write_profile(con, "t", ["y"])
    assert [one.name for one in read_profile(tmp_path / "x.duckdb")] == ["y"]


def test_private_columns_are_measured_and_not_listed(tmp_path: Path):
    with duckdb.connect(str(tmp_path / "x.duckdb")) as con:
        con.execute("CREATE TABLE t AS SELECT 'a' AS x, 'b' AS y")
        write_profile(con, "t", private=["x"])
    assert [one.distinct for one in read_profile(tmp_path / "x.duckdb")] == [1, 1]
    listed = read_values(tmp_path / "x.duckdb", ["x", "y"])
    assert ([one.value for one in listed.values], listed.complete) == (["b"], {"y"})


def test_a_file_without_notes_has_none_and_one_that_is_no_database_says_so(tmp_path: Path):
    with duckdb.connect(str(tmp_path / "bare.duckdb")) as con:
        con.execute("CREATE TABLE t AS SELECT 1 AS x")
    assert read_profile(tmp_path / "bare.duckdb") == ()
    assert read_values(tmp_path / "bare.duckdb", ["x"]) == StoredValues((), frozenset())
    (tmp_path / "broken.duckdb").write_bytes(b"no database at all" * 1000)
    with pytest.raises(WorkspaceError, match=r"^The table file broken.duckdb cannot be read\.$"):
        read_profile(tmp_path / "broken.duckdb")

"""Parquet as a table: types taken over exactly, nested values opened one level, and a sentence for a file that lies."""

from __future__ import annotations

import datetime as dt
import decimal
import random
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from nl2sql.ingest.base import IngestError, Loaded, ReadOptions, Understanding
from nl2sql.ingest.columnar import ParquetReader
from nl2sql.ingest.reading import Source


def read(path: Path, **options: Any) -> tuple[Understanding, Loaded, list[tuple[Any, ...]]]:
    source = Source(path, path.name, ReadOptions(**options), path.parent, "x")
    with duckdb.connect() as con:
        understanding = ParquetReader().understand(source, con)
    with duckdb.connect() as con:
        loaded = ParquetReader().load(source, con, lambda share, rows: None)
        there = con.execute("SELECT count(*) FROM duckdb_tables() WHERE NOT temporary").fetchone()[0]
        return understanding, loaded, con.execute("FROM main.x").fetchall() if there else []


@pytest.fixture
def rich(tmp_path: Path) -> Path:
    table = pa.table(
        {
            "Order ID": [2**63 - 1, 2],
            "who": [{"name": "A", "home": {"zip": "01"}}, None],
            "tags": [["x"], []],
            "money": pa.array([decimal.Decimal("1.2345678901"), None], pa.decimal128(38, 10)),
            "big": pa.array([2**64 - 1, 1], pa.uint64()),
            "at": pa.array([dt.datetime(2024, 1, 2, 3, 4, 5), None], pa.timestamp("us")),
            "zoned": pa.array([0, 1], pa.timestamp("us", "Europe/Berlin")),
            "day": pa.array([dt.date(2024, 1, 2), None]),
            "raw": [b"\xff", None],
            "kind": pa.array(["a", "b"]).dictionary_encode(),
            "map": pa.array([[("k", 1)], None], pa.map_(pa.string(), pa.int32())),
        }
    )
    path = tmp_path / "rich.parquet"
    pq.write_table(table, path, row_group_size=1)
    return path


def test_types_are_taken_over_and_structs_opened(rich: Path):
    understanding, loaded, rows = read(rich)
    assert {one.name: one.type for one in loaded.columns} == {
        "order_id": "BIGINT", "who_name": "VARCHAR", "who_home": "VARCHAR", "tags": "VARCHAR",
        "money": "DECIMAL(38,10)", "big": "UBIGINT", "at_": "TIMESTAMP", "zoned": "TIMESTAMP WITH TIME ZONE",
        "day": "DATE", "raw": "BLOB", "kind": "VARCHAR", "map_": "VARCHAR",
    }  # fmt: skip
    assert rows[0][:6] == (2**63 - 1, "A", '{"zip":"01"}', '["x"]', decimal.Decimal("1.2345678901"), 2**64 - 1)
    assert rows[1][1:4] == (None, None, "[]")
    assert rows[0][-1] == '{"k":1}'
    assert (understanding.row_estimate, understanding.complete, loaded.rows) == (2, True, 2)
    assert understanding.columns[0].header == "Order ID"
    assert understanding.columns[0].examples == ("9223372036854775807", "2")
    assert understanding.rows[0][:3] == ("9223372036854775807", "A", '{"zip":"01"}')
    said = " ".join(one.sentence for one in loaded.findings)
    assert "Lists and objects are kept as JSON text: “who.home”, “tags”, “map”." in said
    assert "Columns of bytes" in said


def test_a_persons_choices(tmp_path: Path):
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"a": ["1", "2.5", "x"], "b": [1.0, 2.0, 3.0], "c": [1, 2, 3]}), path)
    types = ((0, "BIGINT"), (1, "BIGINT"))
    _, asked, rows = read(path, types=types)
    assert rows == []
    assert (asked.rejected, [(one.line, one.column, one.text) for one in asked.rejects]) == (
        2, [(2, "a", "2.5"), (3, "a", "x")],
    )  # fmt: skip
    _, dropped, rows = read(path, types=types, misfits="drop", names=((0, "n"),), left_out=(2,))
    assert rows == [(1, 1)]
    assert [one.name for one in dropped.columns if one.kept] == ["n", "b"]
    _, as_text, rows = read(path, types=types, misfits="text")
    assert [one.type for one in as_text.columns] == ["VARCHAR", "BIGINT", "BIGINT"]
    assert [row[0] for row in rows] == ["1", "2.5", "x"]
    with pytest.raises(IngestError, match=r"line 2, column “a”: “2.5” is not a whole number"):
        read(path, types=types, misfits="stop")
    with pytest.raises(IngestError, match="Every column is left out"):
        read(path, left_out=(0, 1, 2))


def test_no_rows(tmp_path: Path):
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"a": pa.array([], pa.int32())}), path)
    understanding, loaded, rows = read(path)
    assert (rows, loaded.rows, understanding.row_estimate) == ([], 0, 0)


def test_many_columns_and_hostile_names(tmp_path: Path):
    path = tmp_path / "x.parquet"
    names = ['a"b', "a;b\n", "'); DROP TABLE x; --", "\u202egnirts", "A", "a", ""]
    pq.write_table(pa.Table.from_arrays([pa.array([n]) for n in range(len(names))], names), path)
    _, loaded, rows = read(path)
    assert rows == [tuple(range(len(names)))]
    assert len({one.name.casefold() for one in loaded.columns}) == len(names)
    assert all(one.header.isprintable() for one in loaded.columns)
    wide = pa.table({f"c{number}": [number] for number in range(10_000)})
    pq.write_table(wide, path)
    assert read(path)[2] == [tuple(range(10_000))]


def test_a_truncated_file_and_a_false_footer(rich: Path, tmp_path: Path):
    whole = rich.read_bytes()
    for content in (whole[:-1], whole[: len(whole) // 2], b"PAR1", b"PAR1" + b"\0" * 100 + b"PAR1",
                    b"PAR1" + b"\xff\xff\xff\x7f" + b"PAR1", whole[:-8] + b"\xff\xff\xff\x7fPAR1"):  # fmt: skip
        path = tmp_path / "lie.parquet"
        path.write_bytes(content)
        with pytest.raises(IngestError, match="This Parquet file is damaged, was cut off"):
            read(path)


def test_a_row_count_that_is_not_true(tmp_path: Path):
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"a": list(range(100))}), path, compression="none")
    content = path.read_bytes()
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    count = content.index(b"\xc8\x01", footer)  # 100 as a zigzag varint: the file's number of rows
    path.write_bytes(content[:count] + b"\xca\x01" + content[count + 2 :])
    try:
        _, loaded, rows = read(path)
    except IngestError as error:
        assert "damaged" in error.sentence
    else:
        assert loaded.rows == len(rows) == 100


def test_any_damage_gives_a_sentence_or_a_table(rich: Path, tmp_path: Path):
    """Bytes changed at random: never anything but rows or a sentence."""
    random.seed(7)
    whole = rich.read_bytes()
    outcomes = {"table": 0, "sentence": 0}
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(random.choice((1, 4, 30))):
            damaged[random.randrange(4, len(damaged))] = random.randrange(256)
        path = tmp_path / "damaged.parquet"
        path.write_bytes(damaged)
        try:
            read(path)
            outcomes["table"] += 1
        except IngestError:
            outcomes["sentence"] += 1
    assert outcomes["sentence"] > 20

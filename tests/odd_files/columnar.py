"""Parquet: what its schema says is taken over; where it lies, a sentence."""

from __future__ import annotations

import datetime
import decimal
import io
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.odd_files.expectation import Odd, Outcome, Said, Table, odd, table

_DAMAGED = r"parquet|damaged|cut|broken|cannot be read|could not be read"


def _bytes(table_: pa.Table, **options: Any) -> bytes:
    buffer = io.BytesIO()
    pq.write_table(table_, buffer, **options)
    return buffer.getvalue()


def _people(rows: int = 3, **options: Any) -> bytes:
    return _bytes(pa.table({"id": list(range(rows)), "name": [f"name {n}" for n in range(rows)]}), **options)


def _parquet(name: str, columns: Callable[[], dict[str, Any]], *outcomes: Outcome) -> Odd:
    return odd(name, lambda path: pq.write_table(pa.table(columns()), path), *outcomes)


def _written(make: Callable[[], bytes]) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(make()) and None


def _duplicate_names() -> bytes:
    return _bytes(pa.Table.from_arrays([pa.array([1, 2]), pa.array(["a", "b"])], names=["x", "x"]))


def _flipped() -> bytes:
    content = bytearray(_people(5_000, compression="zstd"))
    for position in range(200, len(content) // 2, 97):
        content[position] ^= 0xFF
    return bytes(content)


def _footer_garbage() -> bytes:
    content = bytearray(_people())
    (length,) = struct.unpack("<I", content[-8:-4])
    content[-8 - length : -8] = bytes((position * 37) % 256 for position in range(length))
    return bytes(content)


def _footer_too_long() -> bytes:
    return _people()[:-8] + struct.pack("<I", 0x7FFFFFFF) + b"PAR1"


def _row_count_lies() -> bytes:
    """The row count in the footer (100, a zigzag varint, where it stands) becomes 50."""
    content = _people(100, compression="none", use_dictionary=False)
    (length,) = struct.unpack("<I", content[-8:-4])
    footer = content[-8 - length : -8].replace(b"\xc8\x01", b"\x64\x00")
    return content[: -8 - length] + footer + content[-8:]


def _many_rows(path: Path) -> None:
    """Three million equal rows in a few kilobytes."""
    pq.write_table(pa.table({"n": pa.array([7], pa.int32()).take(pa.array([0] * 3_000_000, pa.int32()))}), path)


_NESTED: dict[str, Any] = {
    "id": [1, 2],
    "customer": [{"name": "Ada", "city": "Oslo"}, {"name": "Bob", "city": None}],
    "tags": [["x", "y"], []],
}

FILES = (
    _parquet(
        "plain.parquet",
        lambda: {"id": [1, 2], "name": ["Ada", None]},
        table("id int, name text", (1, "Ada"), (2, None), quiet=True),
    ),
    _parquet(
        "Total Sales.parquet",
        lambda: {"Total Sales ($)": [1.5], "order": ["x"], "dateJoined": ["y"]},
        Table(
            "total_sales number, * text, date_joined text",
            (("1.5", "x", "y"),),
            name="total_sales",
            headers=("Total Sales ($)", "order", "dateJoined"),
        ),
    ),
    _parquet(
        "text_stays_text.parquet",
        lambda: {"zip": ["10115", "80331"], "na": ["NA", ""], "day": ["2024-01-31", "2024-02-01"]},
        table("zip text, na text, day text", ("10115", "NA", "2024-01-31"), ("80331", "", "2024-02-01")),
    ),
    _parquet(
        "decimals.parquet",
        lambda: {"v": pa.array([decimal.Decimal("12345678901234567890123456.78"), None], pa.decimal128(38, 2))},
        table("v number", ("12345678901234567890123456.78",), (None,)),
    ),
    _parquet(
        "unsigned.parquet", lambda: {"v": pa.array([2**64 - 1, 0], pa.uint64())}, table("v int", (2**64 - 1,), (0,))
    ),
    _parquet(
        "moments.parquet",
        lambda: {
            "t": pa.array([datetime.datetime(2024, 1, 31, 10, 11, 12)], pa.timestamp("us")),
            "z": pa.array([datetime.datetime(2024, 1, 31, 10, 11, 12)], pa.timestamp("us", "UTC")),
            "d": [datetime.date(2024, 1, 31)],
            "h": [datetime.time(8, 30)],
        },
        table(
            "t timestamp, z timestamptz, d date, h time",
            ("2024-01-31 10:11:12", "2024-01-31 10:11:12+00", "2024-01-31", "08:30:00"),
        ),
    ),
    _parquet(
        "nanoseconds.parquet",
        lambda: {"t": pa.array([1706695872123456789], pa.timestamp("ns"))},
        table("t timestamp", ("2024-01-31 10:11:12.123456789",)),
        table("t timestamp", ("2024-01-31 10:11:12.123456",), says=r"nano|cut|round"),
    ),
    _parquet(
        "dictionary.parquet",
        lambda: {"c": pa.array(["red", "blue", "red"]).dictionary_encode()},
        Table("c text|any", 3, cells=((0, 0, "red"), (2, 0, "red"))),
    ),
    _parquet(
        "nested.parquet",
        lambda: _NESTED,
        Table(
            "id int, customer_name text, customer_city text, tags text|any",
            2,
            cells=((0, 1, "Ada"), (1, 2, None), (0, 2, "Oslo")),
            headers=("id", "customer.name", "customer.city", "tags"),
        ),
    ),
    _parquet(
        "blob.parquet",
        lambda: {"id": [1, 2], "b": [b"\x00\xff", b"=1+1"]},
        Table("id int, b any", 2),
        Said(r"binary|blob"),
    ),
    _parquet(
        "floats.parquet",
        lambda: {"v": [1.5, float("nan"), float("inf"), None]},
        Table("v number", 4, cells=((0, 0, "1.5"), (3, 0, None))),
    ),
    _parquet(
        "only_null.parquet", lambda: {"id": [1, 2], "x": pa.nulls(2)}, Table("id int, x any", ((1, None), (2, None)))
    ),
    _parquet(
        "map.parquet",
        lambda: {"id": [1], "m": pa.array([[("a", 1)]], pa.map_(pa.string(), pa.int64()))},
        Table("id int, m any", 1),
    ),
    _parquet(
        "no_rows.parquet",
        lambda: {"id": pa.array([], pa.int64()), "name": pa.array([], pa.string())},
        Table("id int, name text", 0, says=(r"no rows|empty",)),
        Said(r"no rows|empty"),
    ),
    _parquet("no_columns.parquet", dict, Said(r"no columns|empty|no table|nothing")),
    _parquet(
        "wide.parquet",
        lambda: {f"c{n}": [n] for n in range(3_000)},
        Table("c0 int" + ", * int" * 2_999, 1, cells=((0, 2_999, 2_999),)),
        Said(r"columns"),
    ),
    _parquet(
        "hostile_names.parquet",
        lambda: {'x"); DROP TABLE t; --': [1], "a\nb": [2], "\u202e": [3], "": [4]},
        Table("* int, * int, * int, * int", ((1, 2, 3, 4),)),
    ),
    _parquet(
        "hostile_cells.parquet",
        lambda: {"x": ["=1+1", "<script>", "a\x00b", "\u202e"]},
        Table("x text", 4, cells=((0, 0, "=1+1"), (1, 0, "<script>"), (3, 0, "\u202e"))),
    ),
    _parquet("names_differ_in_case.parquet", lambda: {"ID": [1], "id": [2]}, Table("id int, * int", ((1, 2),))),
    odd(
        "duplicate_names.parquet",
        _written(_duplicate_names),
        Table("x int, * text", ((1, "a"), (2, "b"))),
        Said(r"twice|same name|x\b"),
    ),
    odd(
        "parquet_named_csv.csv",
        _written(_people),
        table("id int, name text", (0, "name 0"), (1, "name 1"), (2, "name 2")),
        Said(r"parquet"),
    ),
    odd(
        "csv_named_parquet.parquet",
        "id,name\n1,Ada\n2,Bob\n",
        table("id int, name text", (1, "Ada"), (2, "Bob")),
        Said(_DAMAGED),
    ),
    odd(
        "parquet_hive_folder.parquet",
        _written(_people),
        Table("id int, name text", 3),
        id="parquet_hive_folder.parquet",
        path="year=2024/data.parquet",
    ),
    odd("parquet_cut.parquet", _written(lambda: _people(500)[:-40]), Said(_DAMAGED)),
    odd("parquet_head_only.parquet", b"PAR1", Said(_DAMAGED)),
    odd("parquet_magic_only.parquet", b"PAR1" + bytes(4) + b"PAR1", Said(_DAMAGED)),
    odd(
        "parquet_encrypted.parquet",
        b"PARE" + bytes(100) + struct.pack("<I", 50) + b"PARE",
        Said(r"encrypt|parquet"),
    ),
    odd("parquet_footer_garbage.parquet", _written(_footer_garbage), Said(_DAMAGED)),
    odd("parquet_footer_too_long.parquet", _written(_footer_too_long), Said(_DAMAGED)),
    odd("parquet_pages_flipped.parquet", _written(_flipped), Said(_DAMAGED)),
    odd(
        "parquet_row_count_lies.parquet",
        _written(_row_count_lies),
        Said(_DAMAGED + "|rows"),
        Table("id int, name text", 100),
        Table("id int, name text", 50, says=(r"rows",)),
    ),
    odd("parquet_many_rows.parquet", _many_rows, Table("n int", 3_000_000, cells=((2_999_999, 0, 7),))),
)

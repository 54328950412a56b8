"""What no look at a part of a text file can know: a load proves it on all of the file, and says what it found."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb
import pytest

from nl2sql.ingest import encoding, records, sample, survey
from nl2sql.ingest.base import IngestError, Loaded, ReadOptions
from nl2sql.ingest.dialect import Dialect, find
from nl2sql.ingest.reading import Source
from nl2sql.ingest.text import TextReader

_ROWS, _AT = 3_000, 1_300  # of which the parts that are looked at show the first, some of the middle, the last
_PLAIN = [f"{number},name {number},{number % 100}.50" for number in range(_ROWS)]
_TYPES = {"id": "BIGINT", "name": "VARCHAR", "amount": "DECIMAL(18,2)"}


@dataclass(frozen=True)
class Late:
    """A file that is plain but for `line` (raw bytes, its line end included) in a place that is not looked at."""

    line: bytes
    rows: int = 1
    """Rows that come of it."""
    row: tuple[str | None, ...] | None = None
    types: dict[str, str] = field(default_factory=dict)
    """Where they are others than in a plain file."""
    says: str = ""
    before: bytes = b"\n"
    after: bytes = b"\n"
    """Line ends of the rows before and after."""


LATE = {
    "crlf": Late(b"77,x,1.5\r\n", row=("77", "x", "1.50")),
    "crlf from there on": Late(b"77,x,1.5\r\n", row=("77", "x", "1.50"), after=b"\r\n"),
    "crlf up to there": Late(b"77,x,1.5\n", row=("77", "x", "1.50"), before=b"\r\n"),
    "lone cr": Late(b"77,x,1.5\r", row=("77", "x", "1.50")),
    "quote": Late(b'77,"x, y\nz",1.5\n', row=("77", "x, y\nz", "1.50")),
    "open quote": Late(b'77,"x,1.5\n', row=("77", '"x', "1.50"), says=r"quotation mark in line 1,302"),
    "text behind a quote": Late(b'77,"x"y,1.5\n', row=("77", '"x"y', "1.50"), says=r"quotation mark in line 1,302"),
    "nul": Late(b"77,x\0y,1.5\n", row=("77", "xy", "1.50"), says="NUL"),
    "byte-order mark": Late(b"\xef\xbb\xbf77,x,1.5\n", row=("77", "x", "1.50"), says="byte-order mark"),
    "cp1252": Late(b"77,M\xfcller,1.5\n", row=("77", "Müller", "1.50"), says="not UTF-8"),
    "header": Late(b"id,name,amount\n", rows=0, says="header stands again"),
    "blank lines": Late(b"\n\n\n", rows=0),
    "leading zeros": Late(b"007,x,1.5\n", row=("007", "x", "1.50"), types={"id": "VARCHAR"}, says="“007”"),
    "long id": Late(
        b"12345678901234567890,x,1.5\n", row=("12345678901234567890", "x", "1.50"), types={"id": "HUGEINT"}, says="id"
    ),
    "more decimals": Late(
        b"77,x,1.2345\n", row=("77", "x", "1.2345"), types={"amount": "DECIMAL(18,4)"}, says="1.2345"
    ),
    "whole part too long": Late(
        b"77,x,12345678901234567890.12\n",
        row=("77", "x", "12345678901234567890.12"),
        types={"amount": "DECIMAL(38,2)"},
        says="amount",
    ),
    "thousands": Late(b'77,x,"1,234.50"\n', row=("77", "x", "1234.50"), says="1,234.50"),
    "word for nothing": Late(b"77,x,N/A\n", row=("77", "x", None), says="N/A"),
    "word": Late(b"77,x,dozen\n", row=("77", "x", "dozen"), types={"amount": "VARCHAR"}, says="amount.*kept as text"),
    "hexadecimal": Late(b"0x1F,x,1.5\n", row=("0x1F", "x", "1.50"), types={"id": "VARCHAR"}, says="id"),
    "underscore": Late(b"1_0,x,1.5\n", row=("1_0", "x", "1.50"), types={"id": "VARCHAR"}, says="id"),
    "fraction of an id": Late(b"1.5,x,1.5\n", row=("1.5", "x", "1.50"), types={"id": "DECIMAL(18,1)"}, says="id"),
    "blanks around": Late(b" 77 ,x, 1.5 \n", row=("77", "x", "1.50")),
    "too few fields": Late(b"77,x\n", row=("77", "x", None), says="too few"),
    "too many fields": Late(b"77,x,1.5,y,z\n", row=("77", "x", "1.50", "y,z"), says="too many"),
}


@pytest.fixture
def short_look(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only a few thousand bytes of a file are looked at."""
    for module in (encoding, sample):
        monkeypatch.setattr(module, "WHOLE", 2_000)
        monkeypatch.setattr(module, "_HEAD", 4_000)
        monkeypatch.setattr(module, "_PART", 2_000)


def _load(
    content: bytes, folder: Path, options: ReadOptions
) -> tuple[Loaded, dict[str, str], list[tuple[str | None, ...]]]:
    path = folder / "f.csv"
    path.write_bytes(content)
    scratch = folder / "scratch"
    scratch.mkdir()
    with duckdb.connect(config={"threads": 2}) as connection:
        loaded = TextReader().load(Source(path, "f.csv", options, scratch, "t"), connection, lambda share, rows: None)
        if loaded.columns and connection.execute("SELECT 1 FROM duckdb_tables() WHERE table_name = 't'").fetchone():
            types = {row[0]: row[1] for row in connection.execute("DESCRIBE t").fetchall()}
            texts = ", ".join(f'CAST("{name}" AS VARCHAR)' for name in types)
            return loaded, types, connection.execute(f"SELECT {texts} FROM t").fetchall()
    return loaded, {}, []


def _file(late: Late) -> bytes:
    head = [b"id,name,amount", *(row.encode() for row in _PLAIN[:_AT])]
    return late.before.join([*head, b""]) + late.line + late.after.join([*(row.encode() for row in _PLAIN[_AT:]), b""])


@pytest.mark.usefixtures("short_look")
@pytest.mark.parametrize("late", LATE.values(), ids=LATE.keys())
def test_what_comes_late_is_loaded_right_or_said(late: Late, tmp_path: Path) -> None:
    loaded, types, rows = _load(_file(late), tmp_path, ReadOptions(misfits="text"))
    said = " ".join(one.sentence for one in loaded.findings)
    assert len(rows) == loaded.rows == _ROWS + late.rows
    if late.row is not None:
        found = rows[_AT]
        assert [_number(one) for one in found] == [_number(one) for one in late.row]
    assert {name: types[name] for name in _TYPES} == _TYPES | late.types
    assert [rows[place][0].partition(".")[0] for place in (-1, _AT + late.rows)] == [str(_ROWS - 1), str(_AT)]
    assert re.search(late.says, said) if late.says else not loaded.findings


def _number(text: str | None) -> object:
    """A number however many zeros its column's type puts behind it."""
    return text.rstrip("0") if text and "." in text else text


@pytest.mark.usefixtures("short_look")
@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"77,x,dozen\n", "dozen"),
        (b"x,y,1.5\n", "“x”"),
        (b"77,x\n", "too few"),
        (b"77,x,1.5,y\n", "too many"),
        (b"2024-01-31,x,1.5\n", "2024-01-31"),
    ],
)
def test_what_does_not_fit_is_asked_about_with_its_line(line: bytes, reason: str, tmp_path: Path) -> None:
    loaded, types, _ = _load(_file(Late(line)), tmp_path, ReadOptions())
    assert not types, "nothing is kept"
    assert [(one.line, bool(re.search(reason, one.reason))) for one in loaded.rejects] == [(_AT + 2, True)]
    assert loaded.rejected == 1


@pytest.mark.usefixtures("short_look")
def test_lines_are_those_of_the_file_where_values_hold_line_ends(tmp_path: Path) -> None:
    late = Late(b'77,"a\nb\n\nc",1.5\n\n78,"x,2.5\n79,y,dozen\n')
    loaded, _, _ = _load(_file(late), tmp_path, ReadOptions())
    assert [one.line for one in loaded.rejects] == [_AT + 2 + 4 + 1 + 1]


@pytest.mark.usefixtures("short_look")
def test_a_chosen_type_is_not_widened(tmp_path: Path) -> None:
    options = ReadOptions(types=((0, "BIGINT"),))
    loaded, types, _ = _load(_file(Late(b"007,x,1.5\n")), tmp_path, options)
    assert not types
    assert [(one.line, one.text) for one in loaded.rejects] == [(_AT + 2, "007")]


@pytest.mark.usefixtures("short_look")
def test_stop_names_the_first_line(tmp_path: Path) -> None:
    with pytest.raises(IngestError, match="line 1,302"):
        _load(_file(Late(b"77,x,dozen\n")), tmp_path, ReadOptions(misfits="stop"))


CHOSEN = [
    ("DOUBLE", "1,5", "1.5"),
    ("DOUBLE", "-1.5e3", None),
    ("DOUBLE", "1.5e3", "1500.0"),
    ("DOUBLE", "1,234.5", "1234.5"),
    ("DOUBLE", "1234567890123456789", None),
    ("DECIMAL(18,2)", "1.234", None),
    ("DECIMAL(18,2)", "1,5", "1.50"),
    ("DECIMAL(18,2)", "(1,234.50)", "-1234.50"),
    ("DECIMAL(18,2)", "$ 7.5", "7.50"),
    ("BIGINT", "1.5", None),
    ("BIGINT", "1,234", "1234"),
    ("BIGINT", "1,234.56", None),
    ("BIGINT", "12,34", None),
    ("BIGINT", "007", None),
    ("BIGINT", "1e3", None),
    ("INTEGER", "5000000000", None),
    ("DATE", "2024-02-30", None),
    ("DATE", "2024-01-31 10:00", None),
    ("DATE", "31/12/2024", "2024-12-31"),
    ("TIME", "25:00", None),
    ("BOOLEAN", "perhaps", None),
    ("BOOLEAN", "Yes", "true"),
    ("UUID", "x", None),
]


@pytest.mark.parametrize(("chosen", "text", "value"), CHOSEN, ids=[f"{text} as {kind}" for kind, text, _ in CHOSEN])
def test_a_chosen_type_holds_a_value_exactly_or_not_at_all(
    chosen: str, text: str, value: str | None, tmp_path: Path
) -> None:
    content = f"n;what;word\n1;{text};a\n2;word;b\n3;other;c\n".encode()
    loaded, _, rows = _load(content, tmp_path, ReadOptions(types=((1, chosen),), misfits="drop"))
    if value is None:
        assert [one.line for one in loaded.rejects] == [2, 3, 4] and not rows
    else:
        assert rows == [("1", value, "a")]
    assert loaded.rejected == 3 - len(rows)


FORMATS = [
    ("0.12345\n1.5\n2.5\n1,234.56789", ["0.12345", "1.5", "2.5", "1234.56789"]),
    ("1.5\n2,000.25\n3", ["1.50", "2000.25", "3.00"]),
    ("1.5e10\n-2.5e3\n7", ["15000000000.0", "-2500.0", "7.0"]),
    ("true\nfalse\nTRUE", ["true", "false", "true"]),
    ("2024-01-31 10:00:00\n2024-01-31T10:00\n2024-01-31 10:00:00.5",
     ["2024-01-31 10:00:00", "2024-01-31 10:00:00", "2024-01-31 10:00:00.5"]),
]  # fmt: skip


@pytest.mark.parametrize(("texts", "expected"), FORMATS, ids=[texts[:20] for texts, _ in FORMATS])
def test_no_value_is_lost_between_the_usual_and_the_close_look(texts: str, expected: list[str], tmp_path: Path) -> None:
    lines = [f"{number};{text};w" for number, text in enumerate(texts.split("\n"))]
    _, types, rows = _load("\n".join(["n;what;word", *lines]).encode(), tmp_path, ReadOptions(misfits="text"))
    assert types["what"] != "VARCHAR"
    assert [row[1] for row in rows] == expected


def test_a_wide_table_is_converted_like_a_narrow_one(tmp_path: Path) -> None:
    width = 450
    lines = [",".join(f"n{place}" for place in range(width))]
    lines += [",".join(str(row + place) for place in range(width)) for row in range(50)]
    lines.append(",".join("7.25" if place == 444 else "7" for place in range(width)))
    loaded, types, rows = _load("\n".join(lines).encode(), tmp_path, ReadOptions(misfits="text"))
    assert (len(types), len(rows), loaded.rows) == (width, 51, 51)
    assert types["n444"] == "DECIMAL(18,2)" and set(types.values()) == {"BIGINT", "DECIMAL(18,2)"}
    assert rows[3][449] == "452" and rows[50][444] == "7.25"


SURVEYS = [
    (b"a,b\n1,2\n", ()),
    (b"\xef\xbb\xbfa,b\r\n1,2\r\n", ()),
    ("a\nÿ😀\n".encode(), ()),
    (b"a\n\xff\n", ("bytes",)),
    ("a\n😀".encode()[:-1], ("bytes",)),
    (b"a\n\0\n", ("marks",)),
    (b"a\n\x1a", ("marks",)),
    (b"a\n\xef\xbb\xbfb\n", ("marks",)),
    (b"a\r\nb\n", ("ends",)),
    (b"a\rb\r", ("ends",)),
    (b"a\r\nb\r", ("ends",)),
    (b"a\nb\r\n", ("ends",)),
    (b"a\r\nb\r\nc", ()),
]


@pytest.mark.parametrize("piece", [1, 2, 3, 1 << 20])
@pytest.mark.parametrize(("content", "unclean"), SURVEYS, ids=[repr(content) for content, _ in SURVEYS])
def test_a_survey_finds_what_is_not_clean_wherever_pieces_end(
    content: bytes, unclean: tuple[str, ...], piece: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(survey, "_PIECE", piece)
    path = tmp_path / "f.csv"
    path.write_bytes(content)
    assert survey.unclean(path) == unclean


RECORDS = [
    ('1,"a"\n2,b\n', [(2, ["1", "a"]), (3, ["2", "b"])], []),
    ('1,"a\nb"\n\n2,c\n', [(2, ["1", "a\nb"]), (5, ["2", "c"])], []),
    ('1,"a\n2,b\n3,c\n', [(2, ["1", '"a']), (3, ["2", "b"]), (4, ["3", "c"])], [2]),
    ('1,"a\n2,"b"\n3,c\n', [(2, ["1", '"a']), (3, ["2", "b"]), (4, ["3", "c"])], [2]),
    ('1,"a"b\n2,c\n', [(2, ["1", '"a"b']), (3, ["2", "c"])], [2]),
    ('1,5" pipe\n2,7" pipe\n', [(2, ["1", '5" pipe']), (3, ["2", '7" pipe'])], []),
    ('1,"say ""hi"""\n', [(2, ["1", 'say "hi"'])], []),
    ('1,"a\r\nb"\r\n2,c\r\n', [(2, ["1", "a\r\nb"]), (4, ["2", "c"])], []),
]


@pytest.mark.parametrize(("text", "expected", "stray"), RECORDS, ids=[repr(text) for text, _, _ in RECORDS])
def test_records(text: str, expected: list[tuple[int, list[str]]], stray: list[int], tmp_path: Path) -> None:
    path = tmp_path / "f.csv"
    path.write_text("id,note\n" + text, newline="")
    dialect = Dialect(",", '"', 0, True, ("id", "note"), 2, ())
    with path.open(newline="") as file:
        found = records.Records(file, dialect)
        assert list(found) == expected
    assert found.stray == stray


@pytest.mark.parametrize(("text", "expected", "stray"), RECORDS, ids=[repr(text) for text, _, _ in RECORDS])
def test_a_repaired_copy_says_the_same_in_the_same_lines(
    text: str, expected: list[tuple[int, list[str]]], stray: list[int], tmp_path: Path
) -> None:
    path, copy = tmp_path / "f.csv", tmp_path / "copy.csv"
    path.write_text("A title\nid,note\n" + text, newline="")
    dialect = Dialect(",", '"', 1, True, ("id", "note"), 2, ())
    assert records.repaired(str(path), copy, dialect) == [line + 1 for line in stray]
    with copy.open(newline="") as file:
        found = records.Records(file, dialect)
        assert list(found) == [(line + 1, fields) for line, fields in expected]
    assert not found.stray


def test_quotes_may_come_later_than_the_first_lines() -> None:
    assert find("id,name\n1,a\n2,b\n").quote == '"'
    assert replace(find("id\tname\n1\ta\n"), names=()).quote == '"'

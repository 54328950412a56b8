"""JSON as a table: every layout that people send, every digit kept, and a sentence for what is no table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pytest

from nl2sql.ingest import documents
from nl2sql.ingest.base import IngestError, Loaded, ReadOptions, Understanding
from nl2sql.ingest.documents import JsonReader
from nl2sql.ingest.reading import Source


@dataclass
class Read:
    understanding: Understanding
    loaded: Loaded
    rows: list[tuple[Any, ...]]

    @property
    def types(self) -> dict[str, str]:
        return {one.name: one.type for one in self.loaded.columns}

    @property
    def said(self) -> str:
        return " ".join(one.sentence for one in self.loaded.findings)


def read(folder: Path, content: str | bytes, name: str = "x.json", **options: Any) -> Read:
    path = folder / "received"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    source = Source(path, name, ReadOptions(**options), folder, "x")
    with duckdb.connect() as con:
        understanding = JsonReader().understand(source, con)
    shares: list[float] = []
    with duckdb.connect() as con:
        loaded = JsonReader().load(source, con, lambda share, rows: shares.append(share))
        there = con.execute("SELECT count(*) FROM duckdb_tables() WHERE NOT temporary").fetchone()
        rows = con.execute("FROM main.x").fetchall() if there[0] else []
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    return Read(understanding, loaded, rows)


@pytest.mark.parametrize(
    ("text", "names", "rows"),
    [
        ('[{"a": 1, "b": "x"}, {"b": "y", "c": true}]', ["a", "b", "c"], [(1, "x", None), (None, "y", True)]),
        ('{"a": 1}\n\n{"a": 2}\r\n', ["a"], [(1,), (2,)]),
        ('{\n "a": 1\n}\n{\n "a": 2\n}', ["a"], [(1,), (2,)]),
        ('{"a": 1}{"a": 2} {"a": 3}', ["a"], [(1,), (2,), (3,)]),
        ('{"total": 2, "items": [{"a": 1}, {"a": 2}]}', ["a"], [(1,), (2,)]),
        ('{"n": 1, "r": {"docs": [{"a": 1}]}}', ["a"], [(1,)]),
        ('{"a": [1, 2], "b": ["x", "y"]}', ["a", "b"], [(1, "x"), (2, "y")]),
        ('{"k1": {"v": 1, "w": 2}, "k2": {"v": 3, "w": 4}}', ["key", "v", "w"], [("k1", 1, 2), ("k2", 3, 4)]),
        ('{"name": "x", "n": 1}', ["name", "n"], [("x", 1)]),
        ('[["id", "n"], [1, "x"], [2, "y"]]', ["id", "n"], [(1, "x"), (2, "y")]),
        ("[[1, 2], [3, 4]]", ["column_1", "column_2"], [(1, 2), (3, 4)]),
        ("[1, 2]", ["value"], [(1,), (2,)]),
        ('\ufeff[{"a": "é"}]', ["a"], [("é",)]),
        ('[{"a.b": 1, "a": {"b": 2}}]', ["a_b", "a_b_2"], [(1, 2)]),
    ],
)
def test_layouts(tmp_path: Path, text: str, names: list[str], rows: list[tuple[Any, ...]]):
    found = read(tmp_path, text)
    assert [one.name for one in found.loaded.columns] == names
    assert found.rows == rows
    assert found.understanding.row_estimate == len(rows)
    assert found.loaded.rows == len(rows)


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig"])
@pytest.mark.parametrize("text", ['[{"a": "é"}]', '{"a": "é"}\n{"a": "ü"}\n'])
def test_encodings(tmp_path: Path, codec: str, text: str):
    found = read(tmp_path, text.encode(codec))
    assert found.rows[0] == ("é",)
    assert found.types == {"a": "VARCHAR"}


@pytest.mark.parametrize(
    ("values", "kind", "kept"),
    [
        ("1, 9223372036854775807", "BIGINT", [1, 2**63 - 1]),
        (
            "1, 9223372036854775808, -123456789012345678901234567890",
            "HUGEINT",
            [1, 2**63, -123456789012345678901234567890],
        ),
        ("1" + "0" * 45, "VARCHAR", ["1" + "0" * 45]),
        ("9" * 5000, "VARCHAR", ["9" * 5000]),
        ("19.99, 5", "DECIMAL(18,2)", ["19.99", "5.00"]),
        ("0.125, 5", "DOUBLE", [0.125, 5.0]),
        ("1.5, 0.1234567890123456789", "DECIMAL(38,19)", ["1.5000000000000000000", "0.1234567890123456789"]),
        ("0.5, 12345678901234567890", "DECIMAL(38,1)", ["0.5", "12345678901234567890.0"]),
        ("1e400, 1", "VARCHAR", ["1e400", "1"]),
        ('"12", 13', "BIGINT", [12, 13]),
        ('"007", "008"', "VARCHAR", ["007", "008"]),
        ('"2024-02-29", "2024-03-01"', "DATE", ["2024-02-29", "2024-03-01"]),
        ('"2024-02-30", "2024-03-01"', "VARCHAR", ["2024-02-30", "2024-03-01"]),
        (
            '"2024-01-01T10:00", "2024-01-01 11:00:00.5"',
            "TIMESTAMP",
            ["2024-01-01 10:00:00", "2024-01-01 11:00:00.500000"],
        ),
        ('"2024-01-01T10:00:00Z", "2024-01-01T10:00:00+02:00"', "TIMESTAMP WITH TIME ZONE", None),
        ("true, null, false", "BOOLEAN", [True, None, False]),
        ('3, "N/A", 4', "BIGINT", [3, None, 4]),
        ('"NA", "SE"', "VARCHAR", ["NA", "SE"]),
        ("null, null", "VARCHAR", [None, None]),
        ('1, "two", [3], {"x": 4.0}, true, null', "VARCHAR", ["1", "two", "[3]", '{"x": 4.0}', "true", None]),
        (
            "[1, 12345678901234567890123, 0.1234567890123456789]",
            "VARCHAR",
            ["[1, 12345678901234567890123, 0.1234567890123456789]"],
        ),
    ],
)
def test_types_hold_every_digit(tmp_path: Path, values: str, kind: str, kept: list[Any] | None):
    items = [one.strip() for one in values.split(",")] if "[" not in values else None
    text = "[" + ", ".join(f'{{"a": {one}}}' for one in items) + "]" if items else f'[{{"a": {values}}}]'
    if values.startswith("1, "):
        items = ["1", '"two"', "[3]", '{"x": 4.0}', "true", "null"] if "two" in values else items
        text = "[" + ", ".join(f'{{"a": {one}}}' for one in items or []) + "]"
    if '{"x"' in text:  # an object beside scalars becomes a column of its own; here it is to be one value
        text = text.replace('{"x": 4.0}', '[{"x": 4.0}]')
        kept = [one if one != '{"x": 4.0}' else '[{"x": 4.0}]' for one in kept or []]
    found = read(tmp_path, text)
    assert found.types == {"a": kind}
    if kept is not None:
        as_text = kind.startswith(("DECIMAL", "DATE", "TIMESTAMP"))
        assert [str(row[0]) if as_text else row[0] for row in found.rows] == kept
    assert [one.type for one in found.understanding.columns] == [kind]


def test_objects_open_one_level_and_no_further(tmp_path: Path):
    found = read(tmp_path, '[{"who": {"name": "A", "home": {"zip": "01"}}, "tags": ["x"]}, {"who": null}]')
    assert [(one.header, one.name) for one in found.loaded.columns] == [
        ("who.name", "who_name"), ("who.home", "who_home"), ("tags", "tags"),
    ]  # fmt: skip
    assert found.rows == [("A", '{"zip": "01"}', '["x"]'), (None, None, None)]


def test_an_object_that_is_a_map_stays_one_column(tmp_path: Path):
    rows = [{"day": {f"d{number}": 1}} for number in range(200)]
    assert read(tmp_path, json.dumps(rows)).types == {"day": "VARCHAR"}


def test_a_key_that_is_object_and_value_is_two_columns(tmp_path: Path):
    assert read(tmp_path, '[{"a": {"b": 1}}, {"a": 3}]').rows == [(1, None), (None, 3)]


def test_what_is_odd_is_said(tmp_path: Path):
    found = read(tmp_path, b'[{"a": 1, "a": 2}, {"a": NaN}, {"a": -Infinity}, {"b": "caf\xe9 \\ud800"}]')
    assert found.rows == [(2.0, None), (None, None), (float("-inf"), None), (None, "café �")]
    for part in ("more than once, first “a”: the last value is kept", "NaN stands once", "Infinity stands once",
                 "1 byte is not UTF-8", "half a character"):  # fmt: skip
        assert part in found.said
    assert found.said in " ".join(one.sentence for one in found.understanding.findings)


def test_what_stands_beside_the_rows_is_said(tmp_path: Path):
    found = read(tmp_path, '{"page": 1, "rows": [{"a": 1}], "more": [{"b": 2}]}')
    assert "what stands beside them is not kept: “page”, “more”" in found.said
    assert found.rows == [(1,)]


BAD_LINE = '{"a": 1}\n{"a": 2}\n{"a": oops}\n{"a": 3}\n'


def test_a_bad_line_in_the_middle_is_a_reject_with_its_number(tmp_path: Path):
    asked = read(tmp_path, BAD_LINE, "x.jsonl")
    assert asked.rows == []
    assert asked.loaded.rejected == 1
    assert [(one.line, one.text) for one in asked.loaded.rejects] == [(3, '{"a": oops}\n')]
    assert any("cannot be read" in one.sentence for one in asked.understanding.findings)
    assert read(tmp_path, BAD_LINE, "x.jsonl", misfits="drop").rows == [(1,), (2,), (3,)]
    kept = read(tmp_path, BAD_LINE, "x.jsonl", misfits="text")
    assert kept.rows == [(1, None), (2, None), (3, None), (None, '{"a": oops}')]
    with pytest.raises(IngestError, match="line 3"):
        read(tmp_path, BAD_LINE, "x.jsonl", misfits="stop")


@pytest.mark.parametrize("text", ['[{"a": 1}, {"a": 2', '[{"a": 1}, {"a": }]', '[{"a": 1}] tail'])
def test_a_list_that_breaks_off_says_so_and_keeps_what_came_before_when_asked(tmp_path: Path, text: str):
    assert read(tmp_path, text).rows == []
    found = read(tmp_path, text, misfits="drop")
    assert found.rows == [(1,)]
    assert found.loaded.rejects[0].line == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("42", "This JSON file holds one value, not a table."),
        ('"some text"', "This JSON file holds one text, not a table."),
        ("null", "one value"),
        ("[]", "no rows with values"),
        ("{}", "no rows with values"),
        ("[{}, {}]", "no rows with values"),
        ("", "The file is empty."),
        ("[{'a': 1}]", "Line 1: A name in double quotes is expected here"),
        ('[{"a": ' + "[" * 100_000 + "]" * 100_000 + "}]", "nested too deep"),
    ],
)
def test_what_is_no_table_gets_a_sentence(tmp_path: Path, text: str, sentence: str):
    with pytest.raises(IngestError, match=sentence):
        read(tmp_path, text)


def test_a_comma_too_many_is_passed_over(tmp_path: Path):
    found = read(tmp_path, '[{"a": 1},]')
    assert found.rows == [(1,)]
    assert "comma behind the last value" in found.said


def test_a_thousand_levels_are_kept_as_text(tmp_path: Path):
    deep = "[" * 1000 + "1" + "]" * 1000
    assert read(tmp_path, f'[{{"a": {deep}}}]').rows == [(deep,)]


def test_ten_thousand_columns_and_a_long_text(tmp_path: Path):
    row = {f"k{number}": number for number in range(10_000)} | {"long": "x" * 5_000_000}
    found = read(tmp_path, json.dumps([row]))
    assert len(found.loaded.columns) == 10_001
    assert found.rows[0][9_999] == 9_999
    assert len(found.rows[0][10_000]) == 5_000_000
    assert len(found.understanding.rows[0][10_000] or "") <= 2_000


def test_more_columns_than_a_table_can_have(tmp_path: Path):
    with pytest.raises(IngestError, match="more than 20,000 columns"):
        read(tmp_path, json.dumps([{f"k{number}": 1 for number in range(20_001)}]))


def test_only_the_head_of_a_long_file_is_looked_at_and_all_of_it_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(documents, "HEAD", 10_000)
    monkeypatch.setattr(documents, "_FIRST_ROWS", 100)
    rows = [{"id": number, "price": number} for number in range(5_000)]
    rows[4_000] = {"id": 4_000, "price": 0.125, "late": "x"}
    rows[4_500] = {"id": "none yet", "price": 1}
    text = "\n".join(map(json.dumps, rows))
    found = read(tmp_path, text, "x.jsonl", misfits="drop")
    assert not found.understanding.complete
    assert 4_000 < (found.understanding.row_estimate or 0) < 6_500
    assert [one.type for one in found.understanding.columns] == ["BIGINT", "BIGINT"]
    assert found.types == {"id": "BIGINT", "price": "DOUBLE", "late": "VARCHAR"}
    assert len(found.rows) == 4_999
    assert found.rows[4_000] == (4_000, 0.125, "x")
    assert [(one.line, one.column, one.text) for one in found.loaded.rejects] == [(4_501, "id", "none yet")]
    assert "“late” is a column that begins later" in found.said
    assert "“price” holds more than its first rows show: it is kept as DOUBLE" in found.said


def test_a_persons_choices(tmp_path: Path):
    text = '[{"a": 1, "b": "x", "c": "2"}, {"a": 2.5, "b": "n.a.", "c": "y"}]'
    found = read(
        tmp_path, text, types=((0, "BIGINT"), (2, "BIGINT")), names=((0, "amount"),), left_out=(1,), misfits="drop"
    )
    assert [(one.name, one.type, one.kept) for one in found.loaded.columns] == [
        ("amount", "BIGINT", True), ("b", "VARCHAR", False), ("c", "BIGINT", True),
    ]  # fmt: skip
    assert found.rows == [(1, 2)]
    assert found.loaded.rejected == 1
    assert [one.reason for one in found.loaded.rejects] == [
        "“2.5” is not a whole number.",
        "“y” is not a whole number.",
    ]
    assert read(tmp_path, text, types=((0, "BIGINT"),), misfits="text").types["a"] == "VARCHAR"
    assert read(tmp_path, '[{"a": 1}, {"a": "n.a."}]', null_words=("n.a.",)).rows == [(1,), (None,)]
    assert "“a”: 1 value is not of type BIGINT" in " ".join(
        one.sentence for one in read(tmp_path, text, types=((0, "BIGINT"),)).understanding.findings
    )


def test_the_preview_shows_rows_as_they_are_kept(tmp_path: Path):
    found = read(tmp_path, '[{"a": 19.9, "b": null, "c": "2024-01-01"}]')
    assert found.understanding.rows == (("19.90", None, "2024-01-01"),)
    assert [one.examples for one in found.understanding.columns] == [("19.9",), (), ("2024-01-01",)]

"""JSON and JSON lines of every shape."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

from tests.odd_files.expectation import NO_TABLE, Odd, Outcome, Said, Table, lines, odd, table

_BROKEN = r"json|line \d|position|broken|breaks|cut|end"


def _json(name: str, value: object, *outcomes: Outcome) -> Odd:
    return odd(name, json.dumps(value, ensure_ascii=False), *outcomes)


def _deep(path: Path) -> None:
    path.write_text('[{"id": 1, "x": ' + "[" * 20_000 + "]" * 20_000 + "}]")


def _gzipped(path: Path) -> None:
    path.write_bytes(gzip.compress(b'{"id": 1, "name": "Ada"}\n{"id": 2, "name": "Bob"}\n', mtime=0))


_PEOPLE = [{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bob"}]
_RIGHT = table("id int, name text", (1, "Ada"), (2, "Bob"))
_BIG = 12345678901234567890

FILES = (
    _json("array.json", _PEOPLE, table("id int, name text", (1, "Ada"), (2, "Bob"), quiet=True)),
    odd(
        "lines.jsonl", lines(*map(json.dumps, _PEOPLE)), table("id int, name text", (1, "Ada"), (2, "Bob"), quiet=True)
    ),
    odd("lines.ndjson", lines(*map(json.dumps, _PEOPLE), end="\r\n"), _RIGHT),
    odd("json_named_csv.csv", json.dumps(_PEOPLE), _RIGHT, Said(r"json")),
    odd("json_named_txt.txt", lines(*map(json.dumps, _PEOPLE)), _RIGHT, Said(r"json")),
    odd("csv_named_json.json", lines("id,name", "1,Ada", "2,Bob"), _RIGHT, Said(r"json")),
    odd("json_bom.json", json.dumps(_PEOPLE), _RIGHT, encoding="utf-8-sig"),
    odd("json_utf16.json", json.dumps(_PEOPLE), _RIGHT, Said(r"utf|encod"), encoding="utf-16"),
    odd(
        "json_latin1.json",
        json.dumps([{"id": 1, "name": "José"}], ensure_ascii=False),
        table("id int, name text", (1, "José")),
        Said(r"utf|encod"),
        encoding="latin-1",
    ),
    _json("json_inside.json", {"status": "ok", "count": 2, "items": _PEOPLE}, _RIGHT),
    _json(
        "geo.json",
        {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "properties": {"name": "Oslo"}},
                {"type": "Feature", "properties": {"name": "Rome"}},
            ],
        },
        Table("type text, properties_name text", (("Feature", "Oslo"), ("Feature", "Rome"))),
    ),
    _json(
        "two_arrays_inside.json",
        {"people": _PEOPLE, "cities": [{"city": "Oslo"}]},
        Said(r"people|cities|more than one|two"),
        Table("id int, name text", ((1, "Ada"), (2, "Bob")), says=(r"cities|people",)),
        Table("people text|any, cities text|any", 1, says=(r".",)),
    ),
    _json(
        "one_object.json",
        {"id": 1, "name": "Ada", "born": "1815-12-10"},
        table("id int, name text, born date|text", (1, "Ada", "1815-12-10")),
    ),
    _json(
        "nested.json",
        [{"id": 1, "customer": {"name": "Ada", "city": "Oslo"}}, {"id": 2, "customer": {"name": "Bob", "city": None}}],
        Table(
            "id int, customer_name text, customer_city text",
            ((1, "Ada", "Oslo"), (2, "Bob", None)),
            headers=("id", "customer.name", "customer.city"),
        ),
    ),
    _json(
        "deeper.json",
        [{"id": 1, "a": {"b": {"c": 5}}, "tags": ["x", "y"]}, {"id": 2, "a": {"b": {"c": 6}}, "tags": []}],
        Table("id int, * text|any, tags text|any", 2, cells=((0, 0, 1), (1, 0, 2))),
    ),
    _json(
        "missing_keys.json",
        [{"id": 1, "name": "Ada"}, {"name": "Bob", "id": 2, "city": "Oslo"}, {}],
        Table("id int, name text, city text", ((1, "Ada", None), (2, "Bob", "Oslo"), (None, None, None))),
        Table("id int, name text, city text", ((1, "Ada", None), (2, "Bob", "Oslo")), says=(r"empty",)),
    ),
    odd(
        "key_appears_late.jsonl",
        lines(*(json.dumps({"id": n}) for n in range(3000)), json.dumps({"id": 3000, "late": "x"})),
        Table("id int, late text", 3001, cells=((3000, 1, "x"), (0, 1, None))),
    ),
    odd(
        "key_appears_very_late.jsonl",
        lines(*(json.dumps({"id": n}) for n in range(60_000)), json.dumps({"id": 60_000, "late": "x"})),
        Table("id int, late text", 60_001, cells=((60_000, 1, "x"), (0, 1, None))),
        Table("id int", 60_001, says=(r"late",)),
    ),
    odd(
        "type_changes_late.jsonl",
        lines(*(json.dumps({"id": n}) for n in range(60_000)), json.dumps({"id": "sixty thousand"})),
        Table("id text", 60_001, cells=((60_000, 0, "sixty thousand"), (5, 0, "5"))),
        modes={"drop": (Table("id int", 60_000, rejected=1), Table("id text", 60_001, says=(r"id",)))},
    ),
    _json(
        "mixed_types.json",
        [{"id": 1, "v": 1}, {"id": 2, "v": "one"}, {"id": 3, "v": [1]}, {"id": 4, "v": None}],
        Table("id int, v text", ((1, "1"), (2, "one"), (3, "[1]"), (4, None)), says=(r"\bv\b",)),
    ),
    _json(
        "object_or_text.json",
        [{"id": 1, "v": {"a": 1}}, {"id": 2, "v": "x"}],
        Table("id int, v text", 2, cells=((1, 1, "x"),), says=(r"\bv\b",)),
        Table("id int, * any, * any", 2, says=(r"\bv\b",)),
    ),
    _json("empty_array.json", [], Said(NO_TABLE + "|empty|nothing")),
    _json("empty_object.json", {}, Said(NO_TABLE + "|empty|nothing")),
    _json("array_of_empty.json", [{}, {}], Said(NO_TABLE + "|empty|nothing|no (columns|fields|keys)")),
    _json("scalar.json", 42, Said(NO_TABLE + "|single|one (value|number)")),
    _json("text.json", "hello", Said(NO_TABLE + "|single|one (value|text)")),
    _json("null.json", None, Said(NO_TABLE + "|empty|single|null|nothing")),
    _json("array_of_numbers.json", [1, 2, 3], table("* int", (1,), (2,), (3,)), Said(NO_TABLE + "|numbers|values")),
    _json(
        "array_of_arrays.json",
        [["id", "name"], [1, "Ada"], [2, "Bob"]],
        _RIGHT,
        Table("* text, * text", 3, says=(r".",)),
        Said(NO_TABLE + "|array|list"),
        Table("* any", 3, says=(r".",)),
    ),
    _json(
        "by_column.json",
        {"id": [1, 2], "name": ["Ada", "Bob"]},
        _RIGHT,
        Table("id any, name any", 1, says=(r".",)),
        Said(NO_TABLE + "|array|list|column"),
    ),
    _json(
        "by_key.json",
        {"k1": {"id": 1, "name": "Ada"}, "k2": {"id": 2, "name": "Bob"}},
        Table("* text, id int, name text", (("k1", 1, "Ada"), ("k2", 2, "Bob"))),
        Table("* int, * text, * int, * text", ((1, "Ada", 2, "Bob"),)),
        Said(NO_TABLE + "|object|array|list"),
    ),
    odd(
        "pretty_printed_row_on_row.json",
        "".join(json.dumps(row, indent=2) + "\n" for row in _PEOPLE),
        _RIGHT,
        Said(_BROKEN),
    ),
    odd("array_pretty.json", json.dumps(_PEOPLE, indent=4), _RIGHT),
    odd("blank_lines.jsonl", lines("", json.dumps(_PEOPLE[0]), "", "", json.dumps(_PEOPLE[1]), ""), _RIGHT),
    odd("json_cut.json", json.dumps(_PEOPLE)[:-8], Said(_BROKEN), Table("id int, name text", 1, says=(_BROKEN,))),
    odd("trailing_comma.json", '[{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bob"},]', Said(_BROKEN), _RIGHT),
    odd("comments.json", '// people\n[{"id": 1, "name": "Ada"}, {"id": 2, "name": "Bob"}]', Said(_BROKEN), _RIGHT),
    odd("python_dict.json", "[{'id': 1, 'name': None}]", Said(_BROKEN)),
    odd(
        "broken_line.jsonl",
        lines('{"id": 1, "name": "Ada"}', '{"id": 2, "name": ', '{"id": 3, "name": "Cem"}'),
        Table("id int, name text", ((1, "Ada"), (3, "Cem")), rejected=1, lines=(2,)),
        Table("id int, name text, * text", 3, says=(r"line 2|json|read",)),
        Said(r"line 2"),
        modes={
            "drop": (Table("id int, name text", ((1, "Ada"), (3, "Cem")), rejected=1, lines=(2,)), Said(r"line 2")),
            "stop": Said(r"line 2"),
        },
    ),
    odd(
        "scalar_line.jsonl",
        lines('{"id": 1}', "42", '{"id": 3}'),
        Table("id int, * text|any", 3, says=(r".",)),
        Table("id int", ((1,), (3,)), rejected=1),
        Said(r"line 2|object"),
        Table("* text|any", 3, says=(r".",)),
        Table("id int", ((1,), (None,), (3,)), says=(r".",)),
    ),
    odd(
        "nan.json",
        '[{"id": 1, "v": NaN}, {"id": 2, "v": 1.5}]',
        Said(_BROKEN),
        Table("id int, v number|text", 2, cells=((1, 1, "1.5"),)),
    ),
    odd(
        "key_twice.json",
        '[{"id": 1, "id": 2}]',
        Said(r"twice|id|duplicate"),
        Table("id int", 1, says=(r"twice|duplicate|more than once",)),
        Table("id int, * int", ((1, 2),)),
    ),
    odd(
        "keys_differ_in_case.json",
        '[{"ID": 1, "id": 2}, {"ID": 3, "id": 4}]',
        Table("id int, * int", ((1, 2), (3, 4)), headers=("ID", "id")),
        Said(r"twice|case|same"),
    ),
    odd("keys_collide.json", '[{"a.b": 1, "a": {"b": 2}, "a_b": 3}]', Table("a_b int, * int, * int", ((1, 2, 3),))),
    odd(
        "keys_hostile.json",
        json.dumps([{"": 1, 'x"); DROP TABLE t; --': 2, "\u202e": 3, "a\nb": 4, "select": 5}]),
        Table("* int, * int, * int, * int, * int", ((1, 2, 3, 4, 5),)),
    ),
    odd(
        "json_large_ids.json",
        json.dumps([{"id": _BIG}, {"id": _BIG + 1}]),
        table("id int", (_BIG,), (_BIG + 1,)),
        table("id text", (str(_BIG),), (str(_BIG + 1),)),
    ),
    odd("json_very_large_ids.json", f'[{{"id": {"1" * 45}}}, {{"id": 5}}]', table("id text", ("1" * 45,), ("5",))),
    odd(
        "json_ids_of_17.json",
        '[{"id": 12345678901234567}, {"id": 12345678901234569}]',
        table("id int", (12345678901234567,), (12345678901234569,)),
    ),
    odd(
        "json_large_id_among_small.jsonl",
        lines('{"id": 1}', '{"id": 12345678901234567891}', '{"id": 1.5}'),
        table("id text", ("1",), ("12345678901234567891",), ("1.5",)),
        table("id number", (1,), (12345678901234567891,), ("1.5",)),
    ),
    odd(
        "json_money.json",
        '[{"v": 0.10}, {"v": 12345678901234567.89}]',
        table("v number", ("0.1",), ("12345678901234567.89",)),
        table("v text", ("0.10",), ("12345678901234567.89",)),
        table("v text", ("0.1",), ("12345678901234567.89",)),
        Table("v number", 2, cells=((0, 0, "0.1"),), says=(r"round|digits|exact",)),
    ),
    _json(
        "json_dates.json",
        [{"d": "2024-01-31", "t": "2024-01-31T10:00:00Z"}, {"d": "2024-02-01", "t": "2024-02-01T11:00:00Z"}],
        table(
            "d date|text, t timestamptz",
            ("2024-01-31", "2024-01-31 10:00:00+00"),
            ("2024-02-01", "2024-02-01 11:00:00+00"),
        ),
        table(
            "d date|text, t timestamp",
            ("2024-01-31", "2024-01-31 10:00:00"),
            ("2024-02-01", "2024-02-01 11:00:00"),
            says=r"utc|zone",
        ),
        table("d date|text, t text", ("2024-01-31", "2024-01-31T10:00:00Z"), ("2024-02-01", "2024-02-01T11:00:00Z")),
    ),
    _json("json_some_dates.json", [{"d": "2024-01-31"}, {"d": "soon"}], table("d text", ("2024-01-31",), ("soon",))),
    _json("json_zip_codes.json", [{"zip": "01234"}, {"zip": "10115"}], table("zip text", ("01234",), ("10115",))),
    _json(
        "json_numbers_as_text.json",
        [{"n": "5"}, {"n": "7"}],
        table("n text", ("5",), ("7",)),
        table("n int", (5,), (7,)),
    ),
    _json("json_booleans.json", [{"b": True}, {"b": False}, {"b": None}], table("b bool", (True,), (False,), (None,))),
    _json(
        "json_only_null.json",
        [{"id": 1, "x": None}, {"id": 2, "x": None}],
        Table("id int, x any", ((1, None), (2, None))),
    ),
    _json(
        "json_null_words.json",
        [{"x": "NULL"}, {"x": "null"}, {"x": "NA"}, {"x": ""}],
        table("x text", ("NULL",), ("null",), ("NA",), ("",)),
    ),
    odd(
        "json_half_letter.json",
        '[{"id": 1, "x": "\\ud800"}, {"id": 2, "x": "ok"}]',
        Table("id int, x text", 2, cells=((1, 1, "ok"),)),
        Said(_BROKEN),
    ),
    odd(
        "json_nul.json",
        '[{"id": 1, "x": "a\\u0000b"}]',
        Table("id int, x text", ((1, "a\x00b"),)),
        Table("id int, x text", 1, says=(r"nul\b|zero|control",)),
        Said(r"json|nul\b|zero|control"),
    ),
    _json(
        "json_html.json",
        [{"x": "<script>alert(1)</script>"}, {"x": "=1+1"}],
        table("x text", ("<script>alert(1)</script>",), ("=1+1",)),
    ),
    odd("json_deep.json", _deep, Said(r"deep|nest|json"), Table("id int, x text|any", 1, cells=((0, 0, 1),))),
    _json(
        "json_wide.json",
        [{f"k{n}": n for n in range(3_000)}],
        Table("k0 int" + ", * int" * 2_999, 1, cells=((0, 2_999, 2_999),)),
        Said(r"columns|keys|fields"),
    ),
    odd(
        "json_keys_all_differ.jsonl",
        lines(*(json.dumps({"id": n, f"u{n}": n}) for n in range(400))),
        Table("id int, u0 int" + ", * int" * 399, 400, cells=((399, 400, 399),)),
        Said(r"columns|keys|fields"),
        Table("id int, * text|any", 400, says=(r".",)),
        Table("* text|any", 400, says=(r".",)),
    ),
    odd("json_gzipped.jsonl.gz", _gzipped, _RIGHT),
    odd(
        "json_1e400.json",
        '[{"v": 1e400}, {"v": 1.5}]',
        Said(_BROKEN),
        table("v text", ("1e400",), ("1.5",)),
        Table("v number", 2, says=(r"large|1e400|infin|fit",)),
    ),
)

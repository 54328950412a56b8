"""Workbooks as tables: cells keep their types, what a sheet hides is said, and nothing in a file can do harm."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import duckdb
import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from nl2sql import ingest
from nl2sql.ingest import sheet_parts, workbook
from nl2sql.ingest.base import IngestError, Loaded, ReadOptions, Understanding
from nl2sql.ingest.reading import Source
from nl2sql.ingest.workbook import WorkbookReader

FIRST = "xl/worksheets/sheet1.xml"
Rows = Sequence[Sequence[Any]]


def made(path: Path, rows: Rows, then: Callable[[Any, Any], None] | None = None) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    for row in rows:
        sheet.append(list(row))
    if then:
        then(book, sheet)
    book.save(path)
    return path


def changed(path: Path, change: Callable[[str], str], part: str = FIRST) -> Path:
    """One part of the workbook replaced."""
    content = path.read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(old.read(name).decode()) if name == part else old.read(name))
    return path


def read(path: Path, **options: Any) -> tuple[Understanding, Loaded, list[tuple[Any, ...]]]:
    source = Source(path, path.name, ReadOptions(**options), path.parent, "x")
    with duckdb.connect() as con:
        understanding = WorkbookReader().understand(source, con)
    with duckdb.connect() as con:
        loaded = WorkbookReader().load(source, con, lambda share, rows: None)
        there = con.execute("SELECT count(*) FROM duckdb_tables() WHERE NOT temporary").fetchone()[0]
        return understanding, loaded, con.execute("FROM main.x").fetchall() if there else []


def said(found: Understanding | Loaded) -> str:
    return " ".join(one.sentence for one in found.findings)


def types(found: Understanding | Loaded) -> dict[str, str]:
    return {one.name: one.type for one in found.columns}


def test_cells_keep_their_types(tmp_path: Path):
    path = made(
        tmp_path / "x.xlsx",
        [
            ["id", "Total Sales ($)", "day", "at", "ok", "hour", "long", "zip"],
            [1, 12.5, dt.date(2024, 1, 31), dt.datetime(2024, 1, 31, 10, 11, 12), True, dt.time(8, 30), None, "01234"],
            [
                2,
                7,
                dt.date(2024, 2, 1),
                None,
                False,
                None,
                dt.timedelta(hours=25),
                "99",
            ],
        ],
    )
    understanding, loaded, rows = read(path)
    assert types(loaded) == types(understanding)
    assert types(loaded) == {
        "id": "BIGINT", "total_sales": "DECIMAL(18,2)", "day": "DATE", "at_": "TIMESTAMP", "ok": "BOOLEAN",
        "hour": "TIME", "long": "INTERVAL", "zip": "VARCHAR",
    }  # fmt: skip
    assert rows[0][2:6] == (dt.date(2024, 1, 31), dt.datetime(2024, 1, 31, 10, 11, 12), True, dt.time(8, 30))
    assert rows[1][6:] == (dt.timedelta(hours=25), "99")
    assert understanding.rows[0][:3] == ("1", "12.50", "2024-01-31")
    assert understanding.complete
    assert understanding.row_estimate == 2
    assert understanding.sheets == ("Sheet",)


def test_the_mac_calendar(tmp_path: Path):
    path = tmp_path / "x.xlsx"
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    for row in (["id", "day"], [1, dt.date(2024, 1, 31)]):
        book.active.append(row)
    book.save(path)
    assert read(path)[2] == [(1, dt.date(2024, 1, 31))]


def test_titles_an_offset_and_notes_below(tmp_path: Path):
    rows: Rows = [
        [None, "Report 2024"], [], [None, "id", "name", "n"], [None, 1, "Ada", 5], [None, 2, "Bob", 6], [],
        [None, "Source: the office"],
    ]  # fmt: skip
    understanding, loaded, kept = read(made(tmp_path / "x.xlsx", rows))
    assert kept == [(1, "Ada", 5), (2, "Bob", 6)]
    assert "1 line above the table left out: “Report 2024”" in said(understanding)
    assert "Below the table, from row 7 on, was left out: “Source: the office”" in said(loaded)
    assert (understanding.options.skip_lines, understanding.options.header) == (2, True)
    chosen = read(tmp_path / "x.xlsx", skip_lines=3, header=False)
    assert chosen[2] == [(1, "Ada", 5), (2, "Bob", 6)]
    assert [one.header for one in chosen[1].columns] == ["", "", ""]
    with pytest.raises(IngestError, match="There is nothing on this sheet below the first 50 rows"):
        read(tmp_path / "x.xlsx", skip_lines=50)


def test_blank_rows_go_and_a_gap_in_the_middle_loses_nothing(tmp_path: Path):
    rows: Rows = [["id", "name", "note"], [1, "Ada", "x"], [], ["Part two"], [], [2, "Bob", "y"]]
    _, _, kept = read(made(tmp_path / "x.xlsx", rows))
    assert kept == [("1", "Ada", "x"), ("Part two", None, None), ("2", "Bob", "y")]


def test_a_total_is_kept_and_said(tmp_path: Path):
    _, loaded, kept = read(made(tmp_path / "x.xlsx", [["region", "sales"], ["North", 10], ["Total", 10]]))
    assert kept == [("North", 10), ("Total", 10)]
    assert "The last row (row 3) looks like a total: “Total”" in said(loaded)


def test_sheets_are_offered_and_hidden_ones_said(tmp_path: Path):
    def more(book: Any, sheet: Any) -> None:
        for name, state in (("Empty", "visible"), ("Cities & towns", "hidden")):
            other = book.create_sheet(name)
            other.sheet_state = state
            if name != "Empty":
                other.append(["city"])
                other.append(["Oslo"])

    path = made(tmp_path / "Q3.xlsx", [["id"], [1]], more)
    understanding, _, _ = read(path)
    assert understanding.sheets == ("Sheet", "Cities & towns")
    assert "This is the sheet “Sheet”; there is also “Cities & towns (hidden)”" in said(understanding)
    assert understanding.table == "q3_sheet"
    hidden, _, rows = read(path, sheet="Cities & towns", header=True)
    assert rows == [("Oslo",)]
    assert "is hidden" in said(hidden)
    with pytest.raises(IngestError, match="There is no sheet “Nope” with values"):
        read(path, sheet="Nope")
    with pytest.raises(IngestError, match="There is no sheet “Empty” with values"):
        read(path, sheet="Empty")


def test_merged_cells(tmp_path: Path):
    def merge(book: Any, sheet: Any) -> None:
        sheet.merge_cells("A2:A3")
        sheet.merge_cells("C2:C3")

    path = made(tmp_path / "x.xlsx", [["region", "city", "n"], ["North", "Oslo", 5], [None, "Bergen", None]], merge)
    _, loaded, kept = read(path)
    assert kept == [("North", "Oslo", 5), ("North", "Bergen", None)]
    assert "repeated in every row" in said(loaded)
    assert "a number in them is kept in its first cell only" in said(loaded)


def test_two_rows_of_headers(tmp_path: Path):
    rows: Rows = [
        [None, 2023, None, 2024, None],
        ["region", "q1", "q2", "q1", "q2"],
        ["N", 1, 2, 3, 4],
        ["S", 5, 6, 7, 8],
    ]
    _, loaded, kept = read(made(tmp_path / "x.xlsx", rows))
    assert [one.header for one in loaded.columns] == ["region", "2023 q1", "2023 q2", "2024 q1", "2024 q2"]
    assert kept == [("N", 1, 2, 3, 4), ("S", 5, 6, 7, 8)]
    assert said(loaded) == "Two rows of headers were joined into one."


@pytest.mark.parametrize("periods", [[2021, 2022, 2023], [dt.date(2024, 1, 1), dt.date(2024, 2, 1)]])
def test_years_and_dates_may_name_columns(tmp_path: Path, periods: list[Any]):
    values = [3.5 + place for place in range(len(periods))]
    _, loaded, kept = read(made(tmp_path / "x.xlsx", [["region", *periods], ["N", *values], ["S", *values]]))
    assert len(kept) == 2
    assert [one.header for one in loaded.columns][1:] == [str(one) for one in periods]


def test_errors_formulas_and_hidden_rows_are_said(tmp_path: Path):
    def odd(book: Any, sheet: Any) -> None:
        sheet["B3"] = "=A2*2"
        sheet.row_dimensions[3].hidden = True
        sheet.column_dimensions["A"].hidden = True

    path = made(tmp_path / "x.xlsx", [["id", "v", "e"], [1, 5, "#DIV/0!"], [2, None, "#N/A"]], odd)
    _, loaded, kept = read(path)
    assert kept == [(1, 5, None), (2, None, None)]
    for part in (
        "2 cells hold errors (#DIV/0!, #N/A)",
        "1 formula is stored without a value",
        "1 hidden row and 1 hidden",
    ):
        assert part in said(loaded)


def test_the_stored_value_of_a_formula_counts(tmp_path: Path):
    path = made(tmp_path / "x.xlsx", [["id", "v"], [1, 5], [2, 7]])
    changed(path, lambda text: text.replace("<v>7</v>", "<f>HYPERLINK(&quot;http://x&quot;)</f><v>8</v>"))
    assert read(path)[2] == [(1, 5), (2, 8)]


def test_numbers_as_text_and_mixed_columns(tmp_path: Path):
    rows: Rows = [["a", "b", "c"], ["5", 1, "01"], ["7", "two", 2], [9, True, 3]]
    _, loaded, kept = read(made(tmp_path / "x.xlsx", rows))
    assert kept == [(5, "1", "01"), (7, "two", "2"), (9, "true", "3")]
    assert "“a”: 2 numbers stored as text are read like the others." in said(loaded)
    assert "“b”: Holds numbers (1, first in line 2), text (1, first in line 3) and true or false" in said(loaded)


def test_misfits_of_a_chosen_type(tmp_path: Path):
    path = made(tmp_path / "x.xlsx", [["id", "v"], [1, 5], [2, "n/k"], [3, 7.5]])
    _, asked, rows = read(path, types=((1, "BIGINT"),))
    assert rows == []
    assert [(one.line, one.column, one.text) for one in asked.rejects] == [(3, "v", "n/k"), (4, "v", "7.5")]
    assert read(path, types=((1, "BIGINT"),), misfits="drop")[2] == [(1, 5)]
    assert read(path, types=((1, "DOUBLE"),), null_words=("n/k",))[2] == [(1, 5.0), (2, None), (3, 7.5)]


def test_a_long_sheet_is_looked_at_in_part_and_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(workbook, "HEAD", 300)
    rows: list[list[Any]] = [["id", "v"], *([number, number] for number in range(1_000))]
    rows[900] = [900, "late"]
    path = made(tmp_path / "x.xlsx", rows)
    understanding, loaded, kept = read(path, misfits="drop")
    assert (understanding.complete, understanding.row_estimate) == (False, 1_000)
    assert types(loaded) == {"id": "BIGINT", "v": "BIGINT"}
    assert len(kept) == 999
    assert [(one.line, one.text) for one in loaded.rejects] == [(901, "late")]


def test_no_table(tmp_path: Path):
    with pytest.raises(IngestError, match="no sheet has cells"):
        read(made(tmp_path / "x.xlsx", []))
    _, loaded, kept = read(made(tmp_path / "y.xlsx", [["id", "name"]]))
    assert kept == []
    assert "no rows below the header" in said(loaded)


def test_a_bomb_is_refused_before_it_is_opened(tmp_path: Path):
    path = made(tmp_path / "x.xlsx", [["id"], [1]])
    with zipfile.ZipFile(path) as archive:
        text = archive.read(FIRST)
    with (
        zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("xl/more", "w") as file,
    ):
        for _ in range(120):
            file.write(b" " * (1 << 20))
    assert len(text) < 10_000
    with pytest.raises(IngestError, match=r"This workbook unpacks to 120 MB, \d+ times its size"):
        read(path)


def test_a_size_that_is_not_true_is_found(tmp_path: Path):
    path = made(tmp_path / "x.xlsx", [["id"], *([number] for number in range(50_000))])
    content = bytearray(path.read_bytes())
    entry = content.rfind(b"PK\x01\x02", 0, content.rfind(FIRST.encode()))
    content[entry + 24 : entry + 28] = (1000).to_bytes(4, "little")
    path.write_bytes(content)
    with pytest.raises(IngestError, match="damaged"):
        read(path)


def test_a_cell_far_away_is_refused_with_a_reason(tmp_path: Path):
    far = '<row r="1048576"><c r="XFD1048576"><v>5</v></c></row></sheetData>'
    path = changed(made(tmp_path / "x.xlsx", [["id"], [1]]), lambda text: text.replace("</sheetData>", far))
    with pytest.raises(IngestError, match=r"3 cells, but they reach to row 1,048,576 and column 16,384"):
        read(path)


def test_no_entity_is_opened(tmp_path: Path):
    secret = tmp_path / "secret.txt"
    secret.write_text("TOP SECRET")
    path = changed(
        made(tmp_path / "x.xlsx", [["id", "name"], [1, "Ada"]]),
        lambda text: f'<!DOCTYPE x [<!ENTITY e SYSTEM "{secret.as_uri()}">]>' + text.replace("<v>1</v>", "<v>&e;</v>"),
    )
    try:
        _, loaded, kept = read(path)
    except IngestError as error:
        assert "SECRET" not in error.sentence
    else:
        assert "SECRET" not in f"{kept}{loaded}"


@pytest.mark.parametrize("cut", [10, 300, 2_000])
def test_a_workbook_that_was_cut_off(tmp_path: Path, cut: int):
    path = made(tmp_path / "x.xlsx", [["id"], [1]])
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(IngestError, match="damaged"):
        read(path)


def test_old_and_open_formats(tmp_path: Path):
    xlwt = pytest.importorskip("xlwt")
    book = xlwt.Workbook()
    sheet = book.add_sheet("People")
    style = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for row, values in enumerate((("id", "born"), (1, dt.date(1990, 1, 31)))):
        for place, value in enumerate(values):
            sheet.write(row, place, value, *([style] if isinstance(value, dt.date) else []))
    book.save(str(tmp_path / "x.xls"))
    assert read(tmp_path / "x.xls")[2] == [(1, dt.date(1990, 1, 31))]


def test_through_the_child_process(tmp_path: Path):
    path = made(tmp_path / "People (1).xlsx", [["id", "Full Name"], [1, "Ada"]])
    understanding = ingest.inspect(path)
    assert (understanding.kind, understanding.table) == ("excel", "people_1")
    loaded = ingest.load(path, understanding.options, tmp_path / "staged.duckdb")
    assert loaded.rows == 1
    with duckdb.connect(str(tmp_path / "staged.duckdb"), read_only=True) as con:
        assert con.execute("FROM people_1").fetchall() == [(1, "Ada")]
        assert con.execute("SELECT column_name, distinct_count FROM nl2sql_notes.profile").fetchall() == [
            ("id", 1), ("full_name", 1),
        ]  # fmt: skip


def test_parts_are_counted_across_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    rows = [["id", "v"], *([number, "#N/A" if number % 10 == 0 else 1] for number in range(300))]
    path = made(tmp_path / "x.xlsx", rows)
    whole = sheet_parts.look(path, FIRST)
    monkeypatch.setattr(sheet_parts, "_CHUNK", 500)
    assert sheet_parts.look(path, FIRST) == whole
    assert (whole.cells, whole.last_row, whole.errors) == (602, 301, {"#N/A": 30})

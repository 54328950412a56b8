"""Excel of every shape: titles, sheets, merged and error cells, dates, formulas, hidden rows, bombs, lies."""

from __future__ import annotations

import datetime
import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import xlsxwriter
from openpyxl.styles import numbers
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from nl2sql.ingest.base import ReadOptions
from tests.odd_files.expectation import NO_TABLE, SKIPPED, Odd, Outcome, Said, Table, odd, table

_DAMAGED = r"excel|workbook|damaged|cut|broken|cannot be read|could not be read|zip"
_BOMB = r"large|big|unpack|compress|bomb|memory|times|cells|rows"
_RIGHT = table("id int, name text", (1, "Ada"), (2, "Bob"))
_PEOPLE: tuple[tuple[Any, ...], ...] = (("id", "name"), (1, "Ada"), (2, "Bob"))


def _sheet(
    name: str,
    rows: tuple[tuple[Any, ...], ...],
    *outcomes: Outcome,
    then: Callable[[Any, Any], None] | None = None,
    options: ReadOptions | None = None,
) -> Odd:
    """A workbook with these rows; `then` gets the workbook and its sheet before it is written."""

    def write(path: Path) -> None:
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(list(row))
        if then:
            then(book, book.active)
        book.save(path)

    return odd(name, write, *outcomes, options=options)


def _written(name: str, fill: Callable[[Any], None], *outcomes: Outcome, options: ReadOptions | None = None) -> Odd:
    """A workbook by XlsxWriter, which keeps the values of formulas; `fill` gets the workbook."""

    def write(path: Path) -> None:
        with xlsxwriter.Workbook(str(path)) as book:
            fill(book)

    return odd(name, write, *outcomes, options=options)


def _bytes_of(rows: tuple[tuple[Any, ...], ...]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(list(row))
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _changed(path: Path, part: str, change: Callable[[str], str], rows: tuple[tuple[Any, ...], ...] = _PEOPLE) -> None:
    """A workbook of which one part of the zip was changed afterwards."""
    source = zipfile.ZipFile(io.BytesIO(_bytes_of(rows)))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            text = source.read(name)
            target.writestr(name, change(text.decode()) if name == part else text)


_FIRST = "xl/worksheets/sheet1.xml"


def _bomb(path: Path, megabytes: int = 600) -> None:
    """A sheet of 600 MB of blanks in less than 1 MB."""
    source = zipfile.ZipFile(io.BytesIO(_bytes_of(_PEOPLE)))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as target:
        for name in source.namelist():
            if name != _FIRST:
                target.writestr(name, source.read(name))
        head, body, tail = source.read(_FIRST).decode().partition("<sheetData>")
        with target.open(_FIRST, "w") as sheet:
            sheet.write((head + body).encode())
            for _ in range(megabytes):
                sheet.write(b" " * 1_000_000)
            sheet.write(tail.encode())


def _size_lies(path: Path) -> None:
    """A bomb whose zip directory says that it is small."""
    _bomb(path, 100)
    content = bytearray(path.read_bytes())
    entry = content.rfind(b"PK\x01\x02", 0, content.rfind(_FIRST.encode()))
    content[entry + 24 : entry + 28] = (1000).to_bytes(4, "little")
    path.write_bytes(content)


def _laughs(path: Path) -> None:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "ha"}">' for n in range(10))
    _changed(
        path,
        _FIRST,
        lambda text: f"<?xml version='1.0'?><!DOCTYPE x [{entities}]>" + text.replace("<v>1</v>", "<v>&l9;</v>"),
    )


def _far(path: Path) -> None:
    """Two cells in opposite corners: 17 thousand million cells for whoever makes a grid of it."""
    far = '<row r="1048576"><c r="XFD1048576"><v>5</v></c></row></sheetData>'
    _changed(path, _FIRST, lambda text: text.replace("</sheetData>", far))


def _dimension_lies(path: Path) -> None:
    _changed(path, _FIRST, lambda text: text.replace('ref="A1:B3"', 'ref="A1:XFD1048576"'))


def _entity_file(path: Path) -> None:
    _changed(
        path,
        _FIRST,
        lambda text: '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + text.replace("<v>1</v>", "<v>&e;</v>"),
    )


def _without_sheet(path: Path) -> None:
    source = zipfile.ZipFile(io.BytesIO(_bytes_of(_PEOPLE)))
    with zipfile.ZipFile(path, "w") as target:
        for name in source.namelist():
            if name != _FIRST:
                target.writestr(name, source.read(name))


def _locked(path: Path) -> None:
    """What an encrypted workbook looks like from outside: an OLE file with these stream names in its directory."""
    header = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16) + bytes.fromhex("3e000300feff0900") + bytes(480)
    names = b"".join(
        name.encode("utf-16-le").ljust(128, b"\0") for name in ("Root Entry", "EncryptionInfo", "EncryptedPackage")
    )
    path.write_bytes(header + names + bytes(4096))


def _xls(path: Path) -> None:
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet("People")
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for row, values in enumerate(
        (("id", "name", "born"), (1, "Zoë", datetime.date(1990, 1, 31)), (2, "Bob", datetime.date(1991, 2, 1)))
    ):
        for position, value in enumerate(values):
            sheet.write(row, position, value, *([day] if isinstance(value, datetime.date) else []))
    book.save(str(path))


def _ods(path: Path) -> None:
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import Table as OdfTable
    from odf.table import TableCell, TableRow
    from odf.text import P

    document = OpenDocumentSpreadsheet()
    sheet = OdfTable(name="People")
    for values in _PEOPLE:
        row = TableRow()
        for value in values:
            cell = (
                TableCell(valuetype="float", value=value) if isinstance(value, int) else TableCell(valuetype="string")
            )
            cell.addElement(P(text=str(value)))
            row.addElement(cell)
        sheet.addElement(row)
    document.spreadsheet.addElement(sheet)
    document.save(str(path))


def _two_sheets(book: Any, sheet: Any) -> None:
    other = book.create_sheet("Cities")
    for row in (("city", "size"), ("Oslo", 5), ("Rome", 7)):
        other.append(list(row))


def _hidden_sheet(book: Any, sheet: Any) -> None:
    _two_sheets(book, sheet)
    book["Cities"].sheet_state = "hidden"


def _hide_row(book: Any, sheet: Any) -> None:
    sheet.row_dimensions[3].hidden = True
    sheet.column_dimensions["B"].hidden = True


def _merge(book: Any, sheet: Any) -> None:
    sheet.merge_cells("A2:A3")


def _merge_title(book: Any, sheet: Any) -> None:
    sheet.merge_cells("A1:C1")


def _percent(book: Any, sheet: Any) -> None:
    for row in sheet.iter_rows(min_row=2, min_col=2, max_col=2):
        row[0].number_format = numbers.FORMAT_PERCENTAGE_00


def _errors(book: Any) -> None:
    sheet = book.add_worksheet()
    for row, values in enumerate((("id", "v"), (1, 5), (2, None), (3, None), (4, 7))):
        sheet.write_row(row, 0, values)
    sheet.write_formula("B3", "=1/0", None, "#DIV/0!")
    sheet.write_formula("B4", "=VLOOKUP(1,A1:A2,2)", None, "#N/A")


def _formulas(book: Any) -> None:
    sheet = book.add_worksheet()
    for row, values in enumerate((("id", "double"), (1, None), (2, None))):
        sheet.write_row(row, 0, values)
    sheet.write_formula("B2", "=A2*2", None, 2)
    sheet.write_formula("B3", "=A3*2", None, 4)


def _uncounted(book: Any, sheet: Any) -> None:
    sheet["B2"] = "=A2*2"
    sheet["B3"] = "=A3*2"


def _formula_text(book: Any) -> None:
    sheet = book.add_worksheet("=1+1")
    for row, values in enumerate((("id", "note"), (1, "=1+1"), (2, "@SUM(A1)"))):
        for position, value in enumerate(values):
            if isinstance(value, str):
                sheet.write_string(row, position, value)
            else:
                sheet.write_number(row, position, value)


def _offset(book: Any, sheet: Any) -> None:
    for row, values in enumerate(_PEOPLE):
        for position, value in enumerate(values):
            sheet.cell(row=5 + row, column=3 + position, value=value)


def _mac(book: Any, sheet: Any) -> None:
    book.epoch = CALENDAR_MAC_1904
    for row, values in enumerate((("id", "day"), (1, datetime.date(2024, 1, 31)), (2, datetime.date(2024, 2, 1)))):
        for position, value in enumerate(values):
            sheet.cell(row=1 + row, column=1 + position, value=value)


def _chart_only(book: Any) -> None:
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "={1,2,3}"})
    book.add_chartsheet().set_chart(chart)


def _macro_name(book: Any, sheet: Any) -> None:
    sheet.title = 'a\'b "c"'


_DAY = datetime.date
_MOMENT = datetime.datetime
_LONG = "1234567890123456789"

FILES = (
    _sheet("people.xlsx", _PEOPLE, table("id int, name text", (1, "Ada"), (2, "Bob"), quiet=True, name="people")),
    _sheet(
        "xlsx_titles.xlsx",
        (("Report 2024",), (), ("id", "name", "n"), (1, "Ada", 5), (2, "Bob", 6), (3, "Cem", 7)),
        table("id int, name text, n int", (1, "Ada", 5), (2, "Bob", 6), (3, "Cem", 7), says=SKIPPED),
        then=_merge_title,
    ),
    _sheet(
        "xlsx_total.xlsx",
        (("region", "sales"), ("North", 10), ("South", 20), ("Total", 30)),
        table("region text, sales int", ("North", 10), ("South", 20), ("Total", 30), says=r"total"),
        table("region text, sales int", ("North", 10), ("South", 20), says=r"total"),
    ),
    _sheet("xlsx_offset.xlsx", (), _RIGHT, then=_offset),
    _sheet("xlsx_two_sheets.xlsx", _PEOPLE, table("id int, name text", (1, "Ada"), (2, "Bob")), then=_two_sheets),
    _sheet(
        "xlsx_sheet_chosen.xlsx",
        _PEOPLE,
        table("city text, size int", ("Oslo", 5), ("Rome", 7)),
        then=_two_sheets,
        options=ReadOptions(sheet="Cities"),
    ),
    _sheet("xlsx_no_such_sheet.xlsx", _PEOPLE, Said(r"sheet"), then=_two_sheets, options=ReadOptions(sheet="Nope")),
    _sheet("xlsx_hidden_sheet.xlsx", _PEOPLE, table("id int, name text", (1, "Ada"), (2, "Bob")), then=_hidden_sheet),
    _sheet(
        "xlsx_hidden_rows.xlsx",
        _PEOPLE,
        table("id int, name text", (1, "Ada"), (2, "Bob"), says=r"hidden"),
        table("id int, name text", (1, "Ada"), (2, "Bob")),
        then=_hide_row,
    ),
    _sheet(
        "xlsx_merged.xlsx",
        (("region", "city"), ("North", "Oslo"), (None, "Bergen"), ("South", "Rome")),
        table("region text, city text", ("North", "Oslo"), ("North", "Bergen"), ("South", "Rome")),
        table("region text, city text", ("North", "Oslo"), (None, "Bergen"), ("South", "Rome"), says=r"merged"),
        then=_merge,
    ),
    _sheet(
        "xlsx_two_header_rows.xlsx",
        (
            (None, "2023", None, "2024", None),
            ("region", "q1", "q2", "q1", "q2"),
            ("North", 1, 2, 3, 4),
            ("South", 5, 6, 7, 8),
        ),
        table("region text, * int, * int, * int, * int", ("North", 1, 2, 3, 4), ("South", 5, 6, 7, 8)),
        Table("* text, * text, * text, * text, * text", 3, says=(r"header",)),
    ),
    _written(
        "xlsx_errors.xlsx",
        _errors,
        table("id int, v int", (1, 5), (2, None), (3, None), (4, 7), says=r"#DIV/0!|error|#N/A"),
    ),
    _written("xlsx_formulas.xlsx", _formulas, table("id int, double int", (1, 2), (2, 4))),
    _sheet(
        "xlsx_formulas_without_values.xlsx",
        (("id", "double"), (1, None), (2, None)),
        table("id int, double any", (1, None), (2, None), says=r"formula"),
        Table("id int, double text", ((1, "=A2*2"), (2, "=A3*2")), says=(r"formula",)),
        then=_uncounted,
    ),
    _written("xlsx_formula_text.xlsx", _formula_text, table("id int, note text", (1, "=1+1"), (2, "@SUM(A1)"))),
    _sheet(
        "xlsx_dates.xlsx",
        (
            ("d", "t"),
            (_DAY(2024, 1, 31), _MOMENT(2024, 1, 31, 10, 11, 12)),
            (_DAY(2024, 2, 1), _MOMENT(2024, 2, 1, 0, 0, 0)),
        ),
        table("d date, t timestamp", ("2024-01-31", "2024-01-31 10:11:12"), ("2024-02-01", "2024-02-01 00:00:00")),
    ),
    _sheet(
        "xlsx_1904.xlsx",
        (),
        table("id int, day date", (1, "2024-01-31"), (2, "2024-02-01")),
        table("id int, day timestamp", (1, "2024-01-31 00:00:00"), (2, "2024-02-01 00:00:00")),
        then=_mac,
    ),
    _sheet(
        "xlsx_times.xlsx",
        (("id", "h"), (1, datetime.time(8, 30)), (2, datetime.time(23, 59, 59))),
        table("id int, h time", (1, "08:30:00"), (2, "23:59:59")),
        table("id int, h text", (1, "08:30:00"), (2, "23:59:59")),
    ),
    _sheet(
        "xlsx_durations.xlsx",
        (("id", "d"), (1, datetime.timedelta(hours=25)), (2, datetime.timedelta(minutes=5))),
        Table("id int, d any", 2, cells=((0, 0, 1),)),
        Table("id int, d time", ((1, "25:00:00"), (2, "00:05:00"))),
    ),
    _sheet(
        "xlsx_dates_as_text.xlsx",
        (("id", "d"), (1, "31.01.2024"), (2, "01.02.2024")),
        table("id int, d date", (1, "2024-01-31"), (2, "2024-02-01")),
        table("id int, d text", (1, "31.01.2024"), (2, "01.02.2024")),
    ),
    _sheet(
        "xlsx_dates_and_text.xlsx",
        (("id", "d"), (1, _DAY(2024, 1, 31)), (2, "soon"), (3, _DAY(2024, 2, 1))),
        Table("id int, d text", 3, cells=((1, 1, "soon"), (0, 1, "2024-01-31"))),
        Table("id int, d text", 3, cells=((1, 1, "soon"), (0, 1, "2024-01-31 00:00:00"))),
    ),
    _sheet(
        "xlsx_numbers_as_text.xlsx",
        (("id", "n"), (1, "5"), (2, "7"), (3, 9)),
        table("id int, n int", (1, 5), (2, 7), (3, 9)),
        table("id int, n text", (1, "5"), (2, "7"), (3, "9")),
    ),
    _sheet(
        "xlsx_leading_zeros.xlsx",
        (("zip", "id"), ("01234", 1), ("10115", 2)),
        table("zip text, id int", ("01234", 1), ("10115", 2)),
    ),
    _sheet(
        "xlsx_zip_mixed.xlsx",
        (("zip", "id"), ("01234", 1), (10115, 2)),
        table("zip text, id int", ("01234", 1), ("10115", 2)),
    ),
    _sheet(
        "xlsx_long_ids_as_text.xlsx",
        (("id", "n"), (_LONG, 1), (_LONG[:-1] + "8", 2)),
        table("id int, n int", (int(_LONG), 1), (int(_LONG[:-1] + "8"), 2)),
        table("id text, n int", (_LONG, 1), (_LONG[:-1] + "8", 2)),
    ),
    _sheet("xlsx_decimals.xlsx", (("v",), (0.1,), (1234.56,), (-2,)), table("v number", ("0.1",), ("1234.56",), (-2,))),
    _sheet(
        "xlsx_whole_numbers.xlsx",
        (("v",), (1.0,), (2.0,), (3e9,)),
        table("v int", (1,), (2,), (3_000_000_000,)),
        table("v number", (1,), (2,), (3_000_000_000,)),
    ),
    _sheet(
        "xlsx_percent.xlsx",
        (("region", "share"), ("North", 0.125), ("South", 0.875)),
        table("region text, share number", ("North", "0.125"), ("South", "0.875")),
        table("region text, share number", ("North", "12.5"), ("South", "87.5"), says=r"percent|%"),
        then=_percent,
    ),
    _sheet(
        "xlsx_booleans.xlsx",
        (("id", "ok"), (1, True), (2, False), (3, None)),
        table("id int, ok bool", (1, True), (2, False), (3, None)),
    ),
    _sheet(
        "xlsx_mixed.xlsx",
        (("id", "v"), (1, 5), (2, "five"), (3, 5.5), (4, True)),
        Table("id int, v text", 4, cells=((1, 1, "five"), (0, 1, "5"), (2, 1, "5.5")), says=(r"\bv\b",)),
        Table("id int, v text", 4, cells=((1, 1, "five"), (0, 1, "5"), (2, 1, "5.5"))),
    ),
    _sheet(
        "xlsx_money_text.xlsx",
        (("id", "v"), (1, "1.234,56 €"), (2, "7,50 €")),
        table("id int, v number", (1, "1234.56"), (2, "7.5"), says=r"€|euro|currency|EUR"),
        table("id int, v text", (1, "1.234,56 €"), (2, "7,50 €")),
    ),
    _sheet(
        "xlsx_na_words.xlsx",
        (("id", "v"), (1, "5"), (2, "N/A"), (3, 7)),
        table("id int, v int", (1, 5), (2, None), (3, 7), says="N/A"),
        table("id int, v text", (1, "5"), (2, "N/A"), (3, "7")),
    ),
    _sheet(
        "xlsx_newlines.xlsx",
        (("id", "Net\nsales"), (1, "a\nb"), (2, "c\td")),
        table("id int, net_sales text", (1, "a\nb"), (2, "c\td")),
    ),
    _sheet(
        "xlsx_hostile.xlsx",
        (
            ('x"); DROP TABLE t; --', "<b>\u202e"),
            ("<script>alert(1)</script>", "**x**"),
            ("a\u202eb", "[x](javascript:1)"),
        ),
        Table("* text, * text", (("<script>alert(1)</script>", "**x**"), ("a\u202eb", "[x](javascript:1)"))),
        then=_macro_name,
    ),
    _sheet(
        "xlsx_headers_twice.xlsx",
        (("a", "a", None, "A"), (1, 2, 3, 4), (5, 6, 7, 8)),
        Table("a int, * int, * int, * int", ((1, 2, 3, 4), (5, 6, 7, 8))),
    ),
    _sheet(
        "xlsx_years_as_headers.xlsx",
        (("region", 2021, 2022), ("North", 1, 2), ("South", 3, 4)),
        Table("region text, * int, * int", (("North", 1, 2), ("South", 3, 4)), headers=("region", "2021", "2022")),
    ),
    _sheet(
        "xlsx_months_as_headers.xlsx",
        (("region", _DAY(2024, 1, 1), _DAY(2024, 2, 1)), ("North", 1, 2), ("South", 3, 4)),
        Table("region text, * int, * int", (("North", 1, 2), ("South", 3, 4))),
    ),
    _sheet(
        "xlsx_blank_rows.xlsx",
        (("id", "name"), (1, "Ada"), (None, None), (2, "Bob")),
        table("id int, name text", (1, "Ada"), (2, "Bob")),
        table("id int, name text", (1, "Ada"), (None, None), (2, "Bob")),
    ),
    _sheet(
        "xlsx_blank_column.xlsx",
        (("id", None, "name"), (1, None, "Ada"), (2, None, "Bob")),
        table("id int, name text", (1, "Ada"), (2, "Bob")),
        table("id int, * any, name text", (1, None, "Ada"), (2, None, "Bob")),
    ),
    _sheet(
        "xlsx_two_tables.xlsx",
        (
            ("id", "name", None, "city", "size"),
            (1, "Ada", None, "Oslo", 5),
            (2, "Bob", None, "Rome", 7),
            (3, "Cem", None, None, None),
        ),
        Table("id int, name text, * any, city text, size int", 3),
        Table("id int, name text, city text, size int", 3),
        Table("id int, name text", 3, says=(r".",)),
    ),
    _sheet(
        "xlsx_notes_below.xlsx",
        (("id", "name"), (1, "Ada"), (2, "Bob"), (), ("Source: the personnel office",)),
        table("id int, name text", (1, "Ada"), (2, "Bob"), says=r"source|footer|below|last|row 5"),
        Table("id text, name text", 3, says=(r"row 5|id|footer|last",)),
        Table("id text, name text", 4, says=(r"row 5|id|footer|last",)),
    ),
    _sheet(
        "xlsx_without_header.xlsx",
        ((1, "Ada", 5), (2, "Bob", 6), (3, "Cem", 7)),
        table("* int, * text, * int", (1, "Ada", 5), (2, "Bob", 6), (3, "Cem", 7)),
    ),
    _sheet(
        "xlsx_header_only.xlsx",
        (("id", "name"),),
        Said(r"no rows|only|header"),
        Table("id any, name any", 0, says=(r"no rows|only|header",)),
        Table("* text, * text", 1, says=(r"header",)),
    ),
    _sheet("xlsx_empty.xlsx", (), Said(NO_TABLE + "|empty|no cells|nothing")),
    _written("xlsx_chart_only.xlsx", _chart_only, Said(NO_TABLE + "|no sheet|empty|chart")),
    _sheet(
        "xlsx_wide.xlsx",
        (tuple(f"c{n}" for n in range(2_000)), tuple(range(2_000))),
        Table("c0 int" + ", * int" * 1_999, 1, cells=((0, 1_999, 1_999),)),
    ),
    _sheet("xlsx_macros.xlsm", _PEOPLE, _RIGHT),
    odd(
        "xlsx_named_csv.csv",
        lambda path: path.write_bytes(_bytes_of(_PEOPLE)) and None,
        _RIGHT,
        Said(r"excel|workbook"),
    ),
    odd("csv_named_xlsx.xlsx", "id,name\n1,Ada\n2,Bob\n", _RIGHT, Said(_DAMAGED)),
    odd(
        "html_named_xls.xls",
        "<html><table><tr><td>id</td></tr><tr><td>1</td></tr></table></html>",
        Said(r"web page|html"),
    ),
    odd("old.xls", _xls, table("id int, name text, born date", (1, "Zoë", "1990-01-31"), (2, "Bob", "1991-02-01"))),
    odd("open.ods", _ods, _RIGHT),
    odd("xlsx_cut.xlsx", lambda path: path.write_bytes(_bytes_of(_PEOPLE)[:-300]) and None, Said(_DAMAGED)),
    odd("xlsx_without_sheet.xlsx", _without_sheet, Said(_DAMAGED + "|sheet")),
    odd("xlsx_locked.xlsx", _locked, Said(r"password|encrypt|protected|locked")),
    odd("xlsx_bomb.xlsx", _bomb, Said(_BOMB)),
    odd("xlsx_bomb_size_lies.xlsx", _size_lies, Said(_BOMB + "|" + _DAMAGED), _RIGHT),
    odd("xlsx_laughs.xlsx", _laughs, Said(r"."), Table("id any, name text", 2)),
    odd(
        "xlsx_far_cell.xlsx",
        _far,
        Said(r"cells|large|memory|big|far"),
        Table("id int, name text" + ", * any" * 16_382, 1_048_575),
        Table("id int, name text, * any", 3, says=(r".",)),
        Table("id int, name text", 2, says=(r".",)),
    ),
    odd("xlsx_dimension_lies.xlsx", _dimension_lies, _RIGHT),
    odd("xlsx_reads_a_file.xlsx", _entity_file, Said(r"."), Table("id any, name text", 2)),
)

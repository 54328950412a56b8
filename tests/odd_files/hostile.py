"""Names and cells that somebody made to do harm, and sizes nobody expects."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.odd_files.expectation import Said, Table, lines, odd, table

_AB = lines("id,name", "1,Ada", "2,Bob")
_AB_ROWS = ((1, "Ada"), (2, "Bob"))
_RIGHT = table("id int, name text", *_AB_ROWS)


def _headers(*headers: str) -> str:
    """A file with these headers (quoted) and two rows of numbers."""
    quoted = ",".join('"' + header.replace('"', '""') + '"' for header in headers)
    return quoted + "\n" + lines(*(",".join(str(row * 10 + n) for n in range(len(headers))) for row in (1, 2)))


def _numbers(count: int) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(row * 10 + n for n in range(count)) for row in (1, 2))


def _beside(*others: str) -> Callable[[Path], None]:
    """The file, and others beside it that its name would match if it were taken for a pattern."""

    def write(path: Path) -> None:
        for other in others:
            (path.parent / other).write_bytes(b"wrong,file,here\n7,7,7\n")
        path.write_text(_AB)

    return write


def _wide(columns: int, rows: int, path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write(",".join(f"col{n}" for n in range(columns)) + "\n")
        for row in range(rows):
            file.write(",".join(str(row + n) for n in range(columns)) + "\n")


def _long_cell(size: int, path: Path) -> None:
    with path.open("wb") as file:
        file.write(b"id,name,n\n1,Ada,5\n2,")
        for _ in range(size // 1_000_000):
            file.write(b"x" * 1_000_000)
        file.write(b",6\n3,Cem,7\n")


def _late_change(path: Path) -> None:
    """26 MB of numbers with one word at 30%, where no look at the head, the middle or the end sees it."""
    with path.open("wb") as file:
        file.write(b"id,units\n")
        for part in range(100):
            file.write(b"".join(b"%d,%d\n" % (number, number) for number in range(1_000_000, 1_016_000)))
            if part == 29:
                file.write(b"7,dozen\n")


def _late_ragged(path: Path) -> None:
    """26 MB, with one row too long at 30%."""
    with path.open("wb") as file:
        file.write(b"id,name\n")
        for part in range(100):
            file.write(b"".join(b"%d,%d\n" % (number, number) for number in range(1_000_000, 1_016_000)))
            if part == 29:
                file.write(b"7,dozen,twelve\n")


NAMES = (
    odd(
        "headers_quotes.csv",
        _headers('say "hi"', "it's", "a;b", "a,b", "back`tick"),
        Table(
            "* int, * int, * int, * int, * int", _numbers(5), headers=('say "hi"', "it's", "a;b", "a,b", "back`tick")
        ),
    ),
    odd(
        "headers_injection.csv",
        _headers('x"); DROP TABLE t; --', "1; SELECT 1", "$(rm -rf)", "${HOME}", "%s%n"),
        Table("* int, * int, * int, * int, * int", _numbers(5)),
    ),
    odd(
        "headers_control.csv",
        _headers("a\x07b", "tab\there", "esc\x1b[31mred", "nl\nx", "\x7f"),
        Table("* int, * int, * int, * int, * int", _numbers(5)),
    ),
    odd(
        "headers_direction.csv",
        _headers("abc\u202etxt.exe", "\u2066x\u2069", "zero\u200bwidth", "\ufeffbom"),
        Table("* int, * int, zerowidth/zero_width int, bom int", _numbers(4)),
    ),
    odd(
        "headers_markdown.csv",
        _headers(
            "**bold**",
            "<script>alert(1)</script>",
            "[x](javascript:alert(1))",
            ":smile:",
            "$x^2$",
            "![i](http://e.org/i.png)",
        ),
        Table("bold int, * int, * int, smile int, * int, * int", _numbers(6)),
    ),
    odd(
        "headers_formula.csv",
        _headers("=1+1", "@SUM(A1)", "+x", "-y"),
        Table("* int, * int, * int, * int", _numbers(4)),
    ),
    odd(
        "headers_reserved.csv",
        _headers("select", "order", "group", "table", "user", "desc"),
        Table("* int, * int, * int, * int, * int, * int", _numbers(6)),
    ),
    odd(
        "headers_engine.csv",
        _headers("rowid", "main", "nl2sql_notes", "column0", "filename"),
        Table("* int, * int, * int, * int, * int", _numbers(5)),
    ),
    odd(
        "headers_twice.csv",
        _headers("a", "a", "A", "a_2", "a"),
        Table("a int, * int, * int, * int, * int", _numbers(5), headers=("a", "a", "A", "a_2", "a")),
    ),
    odd(
        "headers_all_alike.csv",
        _headers("Total", "total ", "TOTAL!", " Total"),
        Table("total int, * int, * int, * int", _numbers(4)),
    ),
    odd("headers_blank.csv", ",b,,\n10,11,12,13\n20,21,22,23\n", Table("* int, b int, * int, * int", _numbers(4))),
    odd(
        "headers_signs.csv",
        _headers("%", "#", "$", "?", "€"),
        Table("percent int, * int, * int, * int, * int", _numbers(5), headers=("%", "#", "$", "?", "€")),
    ),
    odd(
        "headers_long.csv", _headers("x" * 500, "x" * 499 + "y", "short"), Table("* int, * int, short int", _numbers(3))
    ),
    odd(
        "headers_scripts.csv",
        _headers("名前", "Имя", "Ελληνικά", "الاسم"),
        Table("* int, * int, * int, * int", _numbers(4), headers=("名前", "Имя", "Ελληνικά", "الاسم")),
    ),
    odd(
        "headers_accents.csv",
        _headers("Größe", "Prénom", "Año", "Straße", "n\u0303"),
        Table("grosse/groesse int, prenom int, ano int, strasse int, n int", _numbers(5)),
    ),
    odd(
        "headers_camel.csv",
        _headers("dateJoined", "custNm", "HTTPStatus", "cust_nm", "2nd place"),
        Table("date_joined int, cust_nm int, http_status int, * int, * int", _numbers(5)),
    ),
    odd("headers_emoji.csv", _headers("😀", "price 💰", "👩‍👩‍👧"), Table("* int, price int, * int", _numbers(3))),
    odd("headers_dots.csv", _headers("a.b", "a b", "a-b", "a/b"), Table("a_b int, * int, * int, * int", _numbers(4))),
    odd(
        "../../etc/passwd.csv",
        _AB,
        Table("id int, name text", _AB_ROWS, name="passwd"),
        id="name_climbs.csv",
        path="u1.csv",
    ),
    odd("select.csv", _AB, Table("id int, name text", _AB_ROWS), id="name_reserved.csv"),
    odd(
        "; DROP TABLE x; --.csv",
        _AB,
        Table("id int, name text", _AB_ROWS, name="drop_table_x"),
        id="name_injection.csv",
    ),
    odd("n" * 200 + ".csv", _AB, _RIGHT, id="name_long.csv"),
    odd(".csv", _AB, _RIGHT, id="name_nothing.csv"),
    odd("売上.csv", _AB, _RIGHT, id="name_japanese.csv"),
    odd(
        'it\'s "quoted".csv',
        _AB,
        Table("id int, name text", _AB_ROWS, name="it_s_quoted/its_quoted"),
        id="name_quotes.csv",
    ),
    odd("line\nbreak\u202e.csv", _AB, Table("id int, name text", _AB_ROWS, name="line_break"), id="name_controls.csv"),
    odd("2024 sales.csv", _AB, _RIGHT, id="name_digits.csv"),
    odd("dataXYZ.csv", _beside("dataA.csv", "dataB.csv"), _RIGHT, id="name_glob_star.csv", path="data*.csv"),
    odd("[ab].csv", _beside("a.csv", "b.csv"), _RIGHT, id="name_glob_class.csv"),
    odd("{a,b}.csv", _beside("a.csv", "b.csv"), _RIGHT, id="name_glob_braces.csv"),
    odd("what?.csv", _beside("what1.csv"), _RIGHT, id="name_glob_question.csv"),
    odd("data.csv", _AB, _RIGHT, id="name_hive_folder.csv", path="year=2024/data.csv"),
    odd("100%20#x&y.csv", _AB, _RIGHT, id="name_url_signs.csv"),
    odd("REPORT.CSV", _AB, Table("id int, name text", _AB_ROWS, name="report"), id="name_capitals.csv"),
    odd("no_ending", _AB, _RIGHT),
    odd("report.backup", _AB, _RIGHT, id="name_unknown_ending"),
)

CELLS = (
    odd(
        "formulas.csv",
        lines(
            "id,note",
            "1,=1+1",
            "2,\"=cmd|' /C calc'!A0\"",
            "3,@SUM(A1)",
            "4,+1+1",
            "5,-1+1",
            '6,"=HYPERLINK(""http://e.org"",""x"")"',
        ),
        table(
            "id int, note text",
            (1, "=1+1"),
            (2, "=cmd|' /C calc'!A0"),
            (3, "@SUM(A1)"),
            (4, "+1+1"),
            (5, "-1+1"),
            (6, '=HYPERLINK("http://e.org","x")'),
        ),
    ),
    odd(
        "formulas_after_blanks.csv",
        lines("id,note", "1,\t=1+1", '2,"\r=1+1"', '3,"\n=1+1"', "4,plain"),
        table("id int, note text", (1, "\t=1+1"), (2, "\r=1+1"), (3, "\n=1+1"), (4, "plain")),
        table("id int, note text", (1, "\t=1+1"), (2, "\n=1+1"), (3, "\n=1+1"), (4, "plain")),
    ),
    odd(
        "numbers_written_as_formulas.csv",
        lines("zip,n", '"=""01234""",1', '"=""10115""",2'),
        table("zip text, n int", ('="01234"', 1), ('="10115"', 2)),
        table("zip text, n int", ("01234", 1), ("10115", 2), says=r"="),
    ),
    odd(
        "html_cells.csv",
        lines("id,note", "1,<script>alert(1)</script>", "2,<img src=x onerror=alert(1)>", "3,&lt;b&gt;"),
        table(
            "id int, note text", (1, "<script>alert(1)</script>"), (2, "<img src=x onerror=alert(1)>"), (3, "&lt;b&gt;")
        ),
    ),
    odd(
        "html_first_cell.csv",
        lines("note,id", "<html>,1", "<!DOCTYPE html>,2"),
        table("note text, id int", ("<html>", 1), ("<!DOCTYPE html>", 2)),
    ),
    odd(
        "markdown_cells.csv",
        lines("id,note", "1,**bold** _x_", "2,[x](javascript:alert(1))", "3,$\\frac{1}{2}$", "4,:smile: :red[x]"),
        table(
            "id int, note text",
            (1, "**bold** _x_"),
            (2, "[x](javascript:alert(1))"),
            (3, "$\\frac{1}{2}$"),
            (4, ":smile: :red[x]"),
        ),
    ),
    odd(
        "direction_cells.csv",
        lines("id,note", "1,abc\u202etxt.exe", "2,\u200b", "3,esc\x1b[31m"),
        table("id int, note text", (1, "abc\u202etxt.exe"), (2, "\u200b"), (3, "esc\x1b[31m")),
    ),
    odd(
        "sql_cells.csv",
        lines("id,note", "1,'; DROP TABLE t; --", '2,""" OR 1=1 --"'),
        table("id int, note text", (1, "'; DROP TABLE t; --"), (2, '" OR 1=1 --')),
    ),
    odd(
        "misfit_is_hostile.csv",
        lines("id,n", "1,5", "2,<script>alert(1)</script>\u202e\x07", "3,7"),
        table("id int, n text", (1, "5"), (2, "<script>alert(1)</script>\u202e\x07"), (3, "7")),
    ),
    odd(
        "paths_in_cells.csv",
        lines("id,path", "1,/etc/passwd", "2,file:///etc/passwd", "3,${HOME}"),
        table("id int, path text", (1, "/etc/passwd"), (2, "file:///etc/passwd"), (3, "${HOME}")),
    ),
)

SIZES = (
    odd(
        "wide_2000.csv",
        lambda path: _wide(2_000, 3, path),
        Table("col0 int" + ", * int" * 1_999, 3, cells=((2, 1_999, 2_001),)),
    ),
    odd(
        "wide_10000.csv",
        lambda path: _wide(10_000, 2, path),
        Table("col0 int" + ", * int" * 9_999, 2, cells=((1, 9_999, 10_000),)),
        Said(r"columns"),
    ),
    odd(
        "cell_of_3_mb.csv",
        lambda path: _long_cell(3_000_000, path),
        Table("id int, name text, n int", 3, cells=((1, 2, 6), (2, 1, "Cem"))),
        Said(r"line 3|long|large|big"),
    ),
    odd(
        "line_of_50_mb.csv",
        lambda path: _long_cell(50_000_000, path),
        Table("id int, name text, n int", 3, cells=((1, 2, 6), (2, 1, "Cem"))),
        Said(r"line 3|long|large|big|memory"),
    ),
    odd("one_line_of_20_mb.csv", b"x" * 20_000_000, Table("*", 1), Table("*", 0, says=(r"one line",)), Said(r".")),
    odd(
        "late_change.csv",
        _late_change,
        Table("id int, units text", 1_600_001, cells=((480_000, 1, "dozen"), (480_000, 0, 7), (0, 1, "1000000"))),
        modes={"drop": Table("id int, units int", 1_600_000, rejected=1, lines=(480_002,))},
    ),
    odd(
        "late_ragged.csv",
        _late_ragged,
        Table(
            "id int, name int|text, * text", 1_600_001, cells=((480_000, 0, 7), (480_000, 2, "twelve"), (0, 2, None))
        ),
        modes={"stop": Said(r"480,?002")},
    ),
    odd(
        "many_short_rows.csv",
        lambda path: path.write_bytes(b"n\n" + b"7\n" * 1_000_000) and None,
        Table("n int", 1_000_000, cells=((999_999, 0, 7),)),
    ),
)

FILES = NAMES + CELLS + SIZES

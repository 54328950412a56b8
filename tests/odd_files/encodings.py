"""The same few people in many encodings: what is not UTF-8, what is only partly so, what cannot be known."""

from __future__ import annotations

from pathlib import Path

from nl2sql.ingest.base import ReadOptions
from tests.odd_files.expectation import Outcome, Said, Table, lines, odd, table

_TEXT = lines("id,name,city", "1,José,Zürich", "2,Renée,Århus", "3,Zoë,Besançon")
_ROWS = ((1, "José", "Zürich"), (2, "Renée", "Århus"), (3, "Zoë", "Besançon"))
_COLUMNS = "id int, name text, city text"
_RIGHT = table(_COLUMNS, *_ROWS)
_ENCODING = r"encod|latin|cp125\d|windows|utf|cannot be (read|told)|shift|gb18030|bytes"


def _shifted(columns: str, *rows: tuple[object, ...]) -> tuple[Outcome, ...]:
    """Right, or not right but said to be a guess: an encoding that cannot be known from the bytes."""
    return (
        table(columns, *rows),  # type: ignore[arg-type]
        Table(columns.split(",")[0] + ", * text" * columns.count(","), len(rows), says=(_ENCODING,)),
        Said(_ENCODING),
    )


def _late_byte(path: Path) -> None:
    """24 MB of ASCII with one cp1252 letter at 40%: no look at the head, the middle or the end sees it."""
    block = b"".join(b"%07d,plain name,some city\n" % number for number in range(1_100_000, 1_110_000))
    with path.open("wb") as file:
        file.write(b"id,name,city\n")
        for part in range(80):
            if part == 32:
                file.write("7,Zo\xeb,K\xf6ln\n".encode("latin-1"))
            file.write(block)


FILES = (
    odd("utf8.csv", _TEXT, table(_COLUMNS, *_ROWS, quiet=True)),
    odd("utf8_bom.csv", _TEXT, table(_COLUMNS, *_ROWS, quiet=True), encoding="utf-8-sig"),
    odd("utf8_bom_quoted_header.csv", _TEXT.replace("id,", '"id",'), _RIGHT, encoding="utf-8-sig"),
    odd("utf16.csv", _TEXT, _RIGHT, encoding="utf-16"),
    odd("utf16_be_bom.csv", b"\xfe\xff" + _TEXT.encode("utf-16-be"), _RIGHT),
    odd("utf16_le_without_bom.csv", _TEXT, _RIGHT, encoding="utf-16-le"),
    odd("utf16_be_without_bom.csv", _TEXT, _RIGHT, encoding="utf-16-be"),
    odd("unicode_text.txt", _TEXT.replace(",", "\t").replace("\n", "\r\n"), _RIGHT, encoding="utf-16"),
    odd(
        "utf16_japanese_without_bom.csv",
        lines("id,name", "1,山田", "2,鈴木"),
        table("id int, name text", (1, "山田"), (2, "鈴木")),
        encoding="utf-16-le",
    ),
    odd(
        "utf16_cut.csv",
        (_TEXT + "4,Bob,Rome").encode("utf-16") + b"\x41",
        table(_COLUMNS, *_ROWS, (4, "Bob", "Rome")),
        table(_COLUMNS, *_ROWS, (4, "Bob", "Rome\N{REPLACEMENT CHARACTER}")),
        Said(r"encod|utf|cut|damaged|end"),
    ),
    odd("utf32.csv", _TEXT, _RIGHT, Said(_ENCODING), encoding="utf-32"),
    odd(
        "cp1252.csv",
        lines(
            "id,name,price",
            "1,José,€5",
            "2,O\N{RIGHT SINGLE QUOTATION MARK}Brien,€6",
            "3,\N{LEFT DOUBLE QUOTATION MARK}Zoë\N{RIGHT DOUBLE QUOTATION MARK},€7",
        ),
        table(
            "id int, name text, price number",
            (1, "José", 5),
            (2, "O\N{RIGHT SINGLE QUOTATION MARK}Brien", 6),
            (3, "\N{LEFT DOUBLE QUOTATION MARK}Zoë\N{RIGHT DOUBLE QUOTATION MARK}", 7),
            says=r"cp1252|windows-?1252|western",
        ),
        table(
            "id int, name text, price text",
            (1, "José", "€5"),
            (2, "O\N{RIGHT SINGLE QUOTATION MARK}Brien", "€6"),
            (3, "\N{LEFT DOUBLE QUOTATION MARK}Zoë\N{RIGHT DOUBLE QUOTATION MARK}", "€7"),
            says=r"cp1252|windows-?1252|western",
        ),
        encoding="cp1252",
    ),
    odd("latin1.csv", _TEXT, table(_COLUMNS, *_ROWS, says=_ENCODING), encoding="latin-1"),
    odd(
        "mixed_lines.csv",
        b"id,name,city\n1,Jos\xc3\xa9,Z\xc3\xbcrich\n2,Ren\xe9e,\xc5rhus\n3,Zo\xc3\xab,Besan\xe7on\n",
        table(_COLUMNS, *_ROWS[:2], says=_ENCODING),
        table(_COLUMNS, *_ROWS, says=_ENCODING),
        table(_COLUMNS, *_ROWS[:2], (3, "ZoÃ«", "Besançon"), says=_ENCODING),
        id="mixed_in_one_line.csv",
    ),
    odd(
        "mixed_lines.csv",
        b"id,name,city\n1,Jos\xc3\xa9,Z\xc3\xbcrich\n2,Ren\xe9e,\xc5rhus\n3,Zo\xc3\xab,Besan\xc3\xa7on\n",
        table(_COLUMNS, *_ROWS, says=_ENCODING),
    ),
    odd(
        "bom_in_the_middle.csv",
        "\ufeff" + lines("id,name", "1,Ada") + "\ufeff" + lines("2,Bob", "3,Cem"),
        table("id int, name text", (1, "Ada"), (2, "Bob"), (3, "Cem")),
    ),
    odd(
        "two_files_glued.csv",
        "\ufeff" + lines("id,name", "1,Ada") + "\ufeff" + lines("id,name", "2,Bob", "3,Cem"),
        table("id int, name text", (1, "Ada"), (2, "Bob"), (3, "Cem"), says=r"header|again|line 3"),
        table(
            "id text, name text",
            ("1", "Ada"),
            ("id", "name"),
            ("2", "Bob"),
            ("3", "Cem"),
            says=r"header|line 3|id|fit",
        ),
    ),
    odd(
        "shift_jis.csv",
        lines("番号,氏名,都市", "1,山田太郎,東京", "2,鈴木花子,大阪", "3,佐藤次郎,名古屋"),
        *_shifted("* int, * text, * text", (1, "山田太郎", "東京"), (2, "鈴木花子", "大阪"), (3, "佐藤次郎", "名古屋")),
        encoding="shift_jis",
    ),
    odd(
        "shift_jis_chosen.csv",
        lines("番号,氏名", "1,山田太郎", "2,鈴木花子"),
        table("* int, * text", (1, "山田太郎"), (2, "鈴木花子"), headers=("番号", "氏名")),
        encoding="shift_jis",
        options=ReadOptions(encoding="shift_jis"),
    ),
    odd(
        "cyrillic_cp1251.csv",
        lines("id,имя,город", "1,Иван,Москва", "2,Ольга,Казань"),
        *_shifted("id int, * text, * text", (1, "Иван", "Москва"), (2, "Ольга", "Казань")),
        encoding="cp1251",
    ),
    odd(
        "gb18030.csv",
        lines("id,name,city", "1,王伟,北京", "2,李娜,上海"),
        *_shifted("id int, name text, city text", (1, "王伟", "北京"), (2, "李娜", "上海")),
        encoding="gb18030",
    ),
    odd("mac_roman.csv", _TEXT, *_shifted(_COLUMNS, *_ROWS), encoding="mac_roman"),
    odd(
        "undefined_cp1252_bytes.csv",
        b"id,name\n1,a\x81b\n2,\x8dc\n3,Zo\xeb\n",
        Table("id int, name text", 3, cells=((2, 1, "Zoë"), (0, 0, 1)), says=(_ENCODING,)),
        Said(_ENCODING),
    ),
    odd(
        "already_garbled.csv",
        lines("id,name", "1,MÃ¼ller", "2,JosÃ©"),
        table("id int, name text", (1, "MÃ¼ller"), (2, "JosÃ©")),
        table("id int, name text", (1, "Müller"), (2, "José"), says=_ENCODING),
    ),
    odd(
        "cut_in_a_letter.csv",
        lines("id,name", "1,José", "2,Zoé").encode()[:-2],
        table("id int, name text", (1, "José"), (2, "Zo\N{REPLACEMENT CHARACTER}"), says=_ENCODING),
        table("id int, name text", (1, "José"), (2, "ZoÃ"), says=_ENCODING),
        table("id int, name text", (1, "José"), (2, "Zo"), says=_ENCODING),
    ),
    odd(
        "nul_in_a_field.csv",
        b"id,name\n1,a\x00b\n2,c\n",
        table("id int, name text", (1, "a\x00b"), (2, "c")),
        table("id int, name text", (1, "ab"), (2, "c"), says=r"nul\b|zero|control|binary"),
        table("id int, name text", (1, "a\N{REPLACEMENT CHARACTER}b"), (2, "c"), says=r"nul\b|zero|control|binary"),
    ),
    odd(
        "nul_padding_at_the_end.csv",
        lines("id,name", "1,Ada", "2,Bob").encode() + bytes(2_000),
        table("id int, name text", (1, "Ada"), (2, "Bob"), says=r"nul\b|zero|control|binary"),
    ),
    odd(
        "dos_end_of_file.csv",
        lines("id,name", "1,Ada", "2,Bob", end="\r\n") + "\x1a",
        table("id int, name text", (1, "Ada"), (2, "Bob")),
        table("id text, name text", ("1", "Ada"), ("2", "Bob"), ("\x1a", None), says=r"few|missing|control|id"),
    ),
    odd(
        "unicode_line_ends_in_fields.csv",
        "id,note\n1,a\u2028b\n2,c\x85d\n3,e\x0bf\x0cg\n",
        table("id int, note text", (1, "a\u2028b"), (2, "c\x85d"), (3, "e\x0bf\x0cg")),
    ),
    odd(
        "emoji.csv",
        lines("id,mood", "1,😀", "2,👩‍👩‍👧", "3,e\u0301"),
        table("id int, mood text", (1, "😀"), (2, "👩‍👩‍👧"), (3, "e\u0301")),
    ),
    odd(
        "late_bad_byte.csv",
        _late_byte,
        Table(_COLUMNS, 800_001, cells=((320_000, 0, 7), (320_000, 1, "Zoë"), (320_000, 2, "Köln")), says=(_ENCODING,)),
    ),
    odd(
        "encoding_chosen.csv",
        "id,name\n1,Łódź\n",
        table("id int, name text", (1, "Łódź")),
        encoding="cp1250",
        options=ReadOptions(encoding="cp1250"),
    ),
    odd(
        "wrong_encoding_chosen.csv",
        _TEXT.encode("latin-1"),
        Said(_ENCODING),
        Table(_COLUMNS, 3, says=(_ENCODING,)),
        options=ReadOptions(encoding="utf-8"),
    ),
    odd("no_such_encoding.csv", _TEXT, Said(r"encoding"), options=ReadOptions(encoding="klingon")),
)

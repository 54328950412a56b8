"""What is no table, each of which is named for what it is; and tables within archives."""

from __future__ import annotations

import gzip
import io
import sqlite3
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.feather as feather

from tests.odd_files.expectation import NO_TABLE, Said, Table, lines, odd, table

_AB = b"id,name\n1,Ada\n2,Bob\n"
_RIGHT = table("id int, name text", (1, "Ada"), (2, "Bob"))
_WEB = Said(r"web page|html")
_BINARY = r"binary|" + NO_TABLE


def _zip(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def _locked_zip() -> bytes:
    """A zip whose one entry is flagged as encrypted."""
    content = bytearray(_zip({"data.csv": _AB}))
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        position = content.find(signature) + flags
        content[position] |= 1
    return bytes(content)


def _png() -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
        + chunk(b"IDAT", zlib.compress(b"\0\0\0\0"))
        + chunk(b"IEND", b"")
    )


def _sqlite(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE t (id INTEGER)")
    connection.commit()
    connection.close()


def _duckdb(path: Path) -> None:
    with duckdb.connect(str(path)) as connection:
        connection.execute("CREATE TABLE t AS SELECT 1 AS id")


def _tar(path: Path) -> None:
    with tarfile.open(path, "w") as archive:
        entry = tarfile.TarInfo("data.csv")
        entry.size = len(_AB)
        archive.addfile(entry, io.BytesIO(_AB))


def _gzip_bomb(path: Path) -> None:
    """A line of 400 MB, compressed a thousand times."""
    with gzip.GzipFile(path, "wb", compresslevel=1, mtime=0) as file:
        file.write(b"id,name\n1,")
        for _ in range(400):
            file.write(b"x" * 1_000_000)


def _zipped_bomb(path: Path) -> None:
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("data.csv", "w") as file,
    ):
        file.write(b"id,name\n1,")
        for _ in range(400):
            file.write(b"x" * 1_000_000)


def _bytes(make: Callable[[], bytes]) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(make()) and None


_LOG = lines(
    *(
        f"2024-01-31 10:11:{second:02d},123 INFO [main] Started worker {second}: ok, took {second} ms"
        for second in range(10)
    ),
    "Traceback (most recent call last):",
    '  File "a.py", line 1, in <module>',
    "ValueError: no",
)
_PYTHON = lines(
    "import os",
    "",
    "",
    "def main(argv):",
    '    """Do it."""',
    "    for name in argv:",
    "        print(name, end='')",
    "",
    "",
    "if __name__ == '__main__':",
    "    main([1, 2])",
)
_MAIL = lines(
    "From: Ada <ada@example.org>",
    "To: Bob <bob@example.org>",
    "Subject: numbers, as asked",
    "Date: Wed, 31 Jan 2024 10:11:12 +0000",
    "MIME-Version: 1.0",
    "Content-Type: text/plain",
    "",
    "Hello Bob,",
    "the numbers are 1, 2 and 3.",
    "",
    "Ada",
)

FILES = (
    odd("empty.csv", b"", Said(r"empty")),
    odd("only_blank_lines.csv", b"\n\n\r\n   \n\n", Said(r"empty|blank|nothing")),
    odd("only_a_bom.csv", b"\xef\xbb\xbf", Said(r"empty|nothing")),
    odd("only_spaces_file.csv", b"     ", Said(r"empty|blank|nothing")),
    odd("only_nuls.csv", bytes(5_000), Said(_BINARY + "|empty|zero|nul|nothing")),
    odd(
        "only_delimiters.csv",
        b",,,\n,,,\n,,,\n",
        Said(r"empty|blank|nothing|no (values|rows)"),
        Table("* any, * any, * any, * any", 3, says=(r".",)),
        Table("* any, * any, * any, * any", 2, says=(r".",)),
    ),
    odd(
        "random_bytes.csv",
        bytes((position * position * 7 + position * 13) % 251 for position in range(5_000)),
        Said(_BINARY),
    ),
    odd("page.html", "<!DOCTYPE html>\n<html><body><table><tr><td>1</td></tr></table></body></html>", _WEB),
    odd(
        "page_named_csv.csv",
        "\n<!doctype html>\n<html lang=en>\n<head><title>Log in, please</title></head>\n<body>a,b</body></html>\n",
        _WEB,
    ),
    odd(
        "error_page.csv",
        lines(
            "<html>", "<head><title>403 Forbidden</title></head>", "<body>", "<h1>Forbidden</h1>", "</body>", "</html>"
        ),
        _WEB,
    ),
    odd(
        "fragment.csv", "<table>\n<tr><td>id</td><td>name</td></tr>\n<tr><td>1</td><td>Ada</td></tr>\n</table>\n", _WEB
    ),
    odd(
        "data.xml",
        "<?xml version='1.0'?>\n<rows>\n <row id='1' name='a,b'/>\n <row id='2' name='c,d'/>\n</rows>\n",
        Said(r"xml"),
    ),
    odd(
        "picture.svg",
        "<svg xmlns='http://www.w3.org/2000/svg'><path d='M1,2 L3,4'/></svg>",
        Said(r"xml|svg|image|picture|web page"),
    ),
    odd("archive.zip", _zip({"a.csv": _AB, "b.csv": _AB, "c.txt": b"x"}), Said(r"zip|archive")),
    odd("archive_named_csv.csv", _zip({"a.csv": _AB, "b.csv": _AB}), Said(r"zip|archive")),
    odd("one_file.zip", _zip({"data.csv": _AB}), _RIGHT, Said(r"zip|archive")),
    odd(
        "one_file_and_rubbish.zip",
        _zip({"folder/data.csv": _AB, "__MACOSX/folder/._data.csv": b"\0\5\26\7"}),
        _RIGHT,
        Said(r"zip|archive"),
    ),
    odd("zip_climbs.zip", _zip({"../../../evil.csv": _AB}), _RIGHT, Said(r"zip|archive|path|name")),
    odd("zip_locked.zip", _locked_zip(), Said(r"password|encrypt|zip|archive")),
    odd("zip_in_zip.zip", _zip({"inner.zip": _zip({"data.csv": _AB})}), Said(r"zip|archive")),
    odd("zip_empty.zip", _zip({}), Said(r"zip|archive|empty")),
    odd("zip_bomb.zip", _zipped_bomb, Said(r"zip|large|big|unpack|compress|long|memory")),
    odd(
        "data.csv.gz",
        _bytes(lambda: gzip.compress(_AB, mtime=0)),
        Table("id int, name text", ((1, "Ada"), (2, "Bob")), name="data"),
    ),
    odd("gzip_named_csv.csv", _bytes(lambda: gzip.compress(_AB, mtime=0)), _RIGHT, Said(r"gzip|compress")),
    odd(
        "gzip_cp1252.csv.gz",
        _bytes(lambda: gzip.compress("id;name\n1;Zoë\n2;Bob\n".encode("cp1252"), mtime=0)),
        table("id int, name text", (1, "Zoë"), (2, "Bob")),
    ),
    odd(
        "gzip_cut.csv.gz",
        _bytes(lambda: gzip.compress(_AB * 500, mtime=0)[:-20]),
        Said(r"gzip|compress|cut|damaged|end"),
    ),
    odd("gzip_garbage.csv.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\xff" + b"garbage" * 20, Said(r"gzip|compress|damaged")),
    odd("gzip_of_picture.csv.gz", _bytes(lambda: gzip.compress(_png(), mtime=0)), Said(r"image|picture|png")),
    odd("gzip_bomb.csv.gz", _gzip_bomb, Said(r"large|big|unpack|compress|long|memory")),
    odd("archive.tar", _tar, Said(r"tar|archive")),
    odd("archive.7z", b"7z\xbc\xaf\x27\x1c\0\4" + bytes(60), Said(r"7z|7-zip|archive")),
    odd("archive.rar", b"Rar!\x1a\x07\x01\0" + bytes(60), Said(r"rar|archive")),
    odd(
        "paper.pdf",
        b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer\n<< /Root 1 0 R >>\n%%EOF\n",
        Said(r"pdf"),
    ),
    odd(
        "pdf_named_csv.csv",
        b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\nstream\n" + bytes(range(256)) + b"\nendstream\n%%EOF",
        Said(r"pdf"),
    ),
    odd("picture.png", _png(), Said(r"image|picture|png")),
    odd("png_named_csv.csv", _png(), Said(r"image|picture|png")),
    odd("photo.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01" + bytes(200) + b"\xff\xd9", Said(r"image|picture|jpe?g")),
    odd("picture.gif", b"GIF89a\x01\0\x01\0\x80\0\0" + bytes(20), Said(r"image|picture|gif")),
    odd("sound.mp3", b"ID3\x04\0\0\0\0\0\x10" + bytes(200), Said(r"sound|audio|music|mp3|" + _BINARY)),
    odd("film.mp4", b"\0\0\0\x18ftypmp42\0\0\0\0" + bytes(200), Said(r"film|video|mp4|" + _BINARY)),
    odd("program.exe", b"MZ\x90\0\3\0\0\0" + bytes(120) + b"PE\0\0" + bytes(200), Said(r"program|executable")),
    odd("elf_named_csv.csv", b"\x7fELF\x02\x01\x01" + bytes(200), Said(r"program|executable")),
    odd(
        "script.sh",
        lines("#!/bin/sh", "rm -rf /tmp/x", "echo a,b"),
        Said(r"script|program|" + NO_TABLE),
        Table("* text", 3, says=(r".",)),
        Table("* text", 2, says=(r".",)),
        Table("* text, * text", 3, says=(r".",)),
    ),
    odd("book.sqlite", _sqlite, Said(r"sqlite")),
    odd("sqlite_named_csv.csv", _sqlite, Said(r"sqlite")),
    odd("own.duckdb", _duckdb, Said(r"NL2SQL_DATABASE")),
    odd("duckdb_named_csv.csv", _duckdb, Said(r"duckdb")),
    odd(
        "letter.docx",
        _zip({"[Content_Types].xml": b"<Types/>", "_rels/.rels": b"<R/>", "word/document.xml": b"<w/>"}),
        Said(r"word"),
    ),
    odd(
        "docx_named_xlsx.xlsx",
        _zip({"[Content_Types].xml": b"<Types/>", "_rels/.rels": b"<R/>", "word/document.xml": b"<w/>"}),
        Said(r"word"),
    ),
    odd(
        "slides.pptx",
        _zip({"[Content_Types].xml": b"<Types/>", "ppt/presentation.xml": b"<p/>"}),
        Said(r"powerpoint|presentation|slides"),
    ),
    odd(
        "letter.odt",
        _zip({"mimetype": b"application/vnd.oasis.opendocument.text", "content.xml": b"<x/>"}),
        Said(r"document|text|zip|odt"),
    ),
    odd(
        "letter.doc",
        bytes.fromhex("d0cf11e0a1b11ae1") + bytes(504) + "WordDocument".encode("utf-16-le") + bytes(1000),
        Said(r"word|office|excel|workbook"),
    ),
    odd("letter.rtf", b"{\\rtf1\\ansi Hello, world\\par a,b}", Said(r"rtf|rich text|word|" + NO_TABLE)),
    odd("mail.eml", _MAIL, Said(r"mail|" + NO_TABLE)),
    odd(
        "program.py",
        _PYTHON,
        Said(r"python|program|source|" + NO_TABLE),
        Table("* text", 11, says=(r".",)),
        Table("* text", 7, says=(r".",)),
    ),
    odd(
        "server.log",
        _LOG,
        Said(r"\blog\b|" + NO_TABLE),
        Table("* text", 13, says=(r".",)),
        Table("* any, * any, * any", 13, says=(r".",)),
        Table("* any, * any", 13, says=(r".",)),
        Table("* any, * any, * any, * any", 13, says=(r".",)),
    ),
    odd(
        "notes.txt",
        lines(
            "Dear all,",
            "",
            "please find the numbers below, as discussed.",
            "They are fine; mostly.",
            "",
            "Yours,",
            "Ada",
        ),
        Said(NO_TABLE + "|text"),
        Table("* text", 5, says=(r".",)),
        Table("* text", 4, says=(r".",)),
        Table("* text, * text", 5, says=(r".",)),
        Table("* text, * text", 4, says=(r".",)),
    ),
    odd(
        "dump.sql",
        lines(
            "CREATE TABLE t (id INTEGER, name TEXT);",
            "INSERT INTO t VALUES (1, 'Ada');",
            "INSERT INTO t VALUES (2, 'Bob');",
        ),
        Said(r"sql|" + NO_TABLE),
        Table("* text", 3, says=(r".",)),
        Table("* text, * text", 3, says=(r".",)),
    ),
    odd(
        "settings.yaml",
        lines("name: Ada", "tags:", "  - a", "  - b"),
        Said(r"yaml|" + NO_TABLE),
        Table("* text", 4, says=(r".",)),
        Table("* text", 3, says=(r".",)),
        Table("* text, * text", 4, says=(r".",)),
        Table("* text, * text", 3, says=(r".",)),
    ),
    odd(
        "table.arrow",
        lambda path: feather.write_feather(pa.table({"id": [1]}), str(path), compression="uncompressed"),
        Said(r"arrow|feather|" + _BINARY),
    ),
    odd("rows.avro", b"Obj\x01\x02\x16avro.schema" + bytes(100), Said(r"avro|" + _BINARY)),
    odd("rows.orc", b"ORC" + bytes(100) + b"ORC\x18", Said(r"orc\b|" + _BINARY)),
    odd(
        "frame.pkl",
        b"\x80\x04\x95\x10\0\0\0\0\0\0\0\x8c\x08builtins" + bytes(50),
        Said(r"pickle|python|" + _BINARY),
    ),
    odd(
        "matrix.npy",
        b"\x93NUMPY\x01\0v\0{'descr': '<i8', 'fortran_order': False, 'shape': (3,), }" + bytes(100),
        Said(r"numpy|" + _BINARY),
    ),
    odd("data.h5", b"\x89HDF\r\n\x1a\n" + bytes(200), Said(r"hdf|" + _BINARY)),
    odd("stata.dta", b"<stata_dta><header><release>118</release>" + bytes(200), Said(r"stata|" + _BINARY)),
)

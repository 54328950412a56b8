"""What a file is, by its content: a kind that a reader takes, or a sentence that names what it is instead."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

from nl2sql.ingest.base import FileKind, IngestError

_HEAD = 1 << 16
_SIGNATURES = (
    (b"%PDF-", "a PDF document"),
    (b"\x89PNG\r\n\x1a\n", "a picture (PNG)"),
    (b"\xff\xd8\xff", "a picture (JPEG)"),
    (b"GIF87a", "a picture (GIF)"),
    (b"GIF89a", "a picture (GIF)"),
    (b"II*\x00", "a picture (TIFF)"),
    (b"MM\x00*", "a picture (TIFF)"),
    (b"\x7fELF", "a program"),
    (b"\xcf\xfa\xed\xfe", "a program"),
    (b"\xca\xfe\xba\xbe", "a program"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"BZh", "a file packed with bzip2"),
    (b"\xfd7zXZ\x00", "a file packed with xz"),
    (b"\x28\xb5\x2f\xfd", "a file packed with zstd"),
    (b"ORC", "an ORC file"),
    (b"Obj\x01", "an Avro file"),
    (b"ARROW1\x00\x00", "an Arrow (Feather) file"),
    (b"\x80\x02", "a file of Python objects"),
    (b"\x80\x03", "a file of Python objects"),
    (b"\x80\x04", "a file of Python objects"),
    (b"\x80\x05", "a file of Python objects"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file"),
    (b"OggS", "a sound file"),
    (b"ID3", "a sound file (MP3)"),
    (b"fLaC", "a sound file"),
    (b"\x00asm", "a program (WebAssembly)"),
    (b"wOFF", "a font"),
    (b"wOF2", "a font"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_TAG = re.compile(r"<(!doctype\s+html|html|head|body|div|table|script|meta|p\b)", re.I)
_SQL = re.compile(
    r"(--.*\n\s*)*(CREATE (TEMP(ORARY)? )?TABLE|INSERT INTO|DROP TABLE|BEGIN TRANSACTION)\b[^\n]*[(;]", re.I
)
_CODE = re.compile(
    r"^(#!|from \w+ import |import \w+$|def \w+\(|class \w+[:(]|package \w|#include\b|\$ErrorAction)", re.M
)


def kind_of(path: Path, file_name: str) -> FileKind:
    """The kind of the file at `path`. Raises IngestError, which names what the file is, when no reader takes it."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
        if not head:
            raise IngestError("The file is empty.")
        if not head.strip(b"\0 \t\r\n\xef\xbb\xbf") and _blank(path):
            raise IngestError("There is nothing in the file but blank space.")
    known = _by_signature(path, head)
    if known is not None:
        return known
    return _text_kind(head, file_name)


def _blank(path: Path) -> bool:
    with path.open("rb") as file:
        while piece := file.read(1 << 20):
            if piece.strip(b"\0 \t\r\n\xef\xbb\xbf\xff\xfe"):
                return False
    return True


def _by_signature(path: Path, head: bytes) -> FileKind | None:
    """The kind of a file that its first bytes tell; None when they are those of a text."""
    if head.startswith(b"PAR1"):
        return "parquet"
    if head.startswith(b"PARE"):
        raise IngestError("This Parquet file is encrypted, so it cannot be read.")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _zipped(path)
    if head.startswith(_OLE):
        return _compound(path, head)
    if head.startswith(b"SQLite format 3\0"):
        raise IngestError("This is an SQLite database, not a table. Export its tables as CSV or Parquet files.")
    if head[8:12] == b"DUCK":
        raise IngestError("This is a DuckDB database, not a table. Set NL2SQL_DATABASE to it to ask about its tables.")
    if head.startswith(b"MZ") and b"PE\0\0" in head[:4096]:
        raise IngestError("This is a program, not a table.")
    if head.startswith(b"RIFF") and head[8:12] in (b"WAVE", b"AVI ", b"WEBP"):
        raise IngestError("This is a picture, sound or film, not a table.")
    if head[4:8] == b"ftyp":
        raise IngestError("This is a picture, sound or film, not a table.")
    if head[257:262] == b"ustar":
        raise IngestError("This is a tar archive, not a table. Unpack it and choose the files in it.")
    for signature, name in _SIGNATURES:
        if head.startswith(signature) and (len(signature) > 3 or _binary(head)):
            packed = " Unpack it and choose the file in it." if "packed" in name or "archive" in name else ""
            raise IngestError(f"This is {name}, not a table.{packed}")
    return None


def _zipped(path: Path) -> FileKind:
    """A workbook, or the sentence for another kind of zip archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            inside = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        raise IngestError("This is a zip archive or workbook that is damaged or was cut off.") from None
    names = {name.casefold() for name in inside}
    if any(name.startswith("xl/workbook") for name in names):
        return "excel"
    if "content.xml" in names and "mimetype" in names:
        with zipfile.ZipFile(path) as archive:
            kind = archive.read("mimetype")[:200] if archive.getinfo("mimetype").file_size < 200 else b""
        if b"spreadsheet" in kind:
            return "excel"
        raise IngestError("This is an OpenDocument text or drawing, not a table.")
    if any(name.startswith("word/") for name in names):
        raise IngestError("This is a Word document, not a table.")
    if any(name.startswith("ppt/") for name in names):
        raise IngestError("This is a PowerPoint presentation, not a table.")
    listed = ", ".join(name[:60] for name in inside[:3])
    more = f" and {len(inside) - 3:,} more" if len(inside) > 3 else ""
    what = f" with {listed}{more} in it" if inside else " with nothing in it"
    raise IngestError(f"This is a zip archive{what}, not a table. Unpack it and choose the files in it.")


def _compound(path: Path, head: bytes) -> FileKind:
    """An old workbook, or the sentence for another file of that form."""
    with path.open("rb") as file:
        content = head + file.read(1 << 21)
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise IngestError("This workbook is protected by a password. Save it without one and choose it again.")
    if "WordDocument".encode("utf-16-le") in content:
        raise IngestError("This is a Word document, not a table.")
    if "PowerPoint Document".encode("utf-16-le") in content:
        raise IngestError("This is a PowerPoint presentation, not a table.")
    if "Workbook".encode("utf-16-le") in content or "Book".encode("utf-16-le") in content:
        return "excel"
    raise IngestError("This is an old Office file (or a mail) without a table in it.")


def _binary(head: bytes) -> bool:
    """Whether the bytes are no text in any encoding that is read here."""
    if head.startswith(_UTF16):
        return False
    sample = head.rstrip(b"\0")[:8192]
    if 1 in sample and b"\n" in sample and not re.search(rb"[\0\x02-\x08\x0e-\x19\x1c-\x1f]", sample):
        return sample.count(1) > len(sample) // 3  # a text in which that character sets fields apart
    odd = sum(byte < 9 or (13 < byte < 32 and byte not in (26, 27)) for byte in sample)
    zeros = sample.count(0)
    if zeros and _looks_utf16(sample):
        return False
    return odd > max(2, len(sample) // 20) or (zeros > 0 and odd - zeros > len(sample) // 100 + 2)


def _looks_utf16(sample: bytes) -> bool:
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = max(1, len(sample) // 2)
    return (odd > half // 3 and even <= half // 20) or (even > half // 3 and odd <= half // 20)


def _text_kind(head: bytes, file_name: str) -> FileKind:
    if _binary(head):
        raise IngestError("This is a binary file that is not known here, not a table.")
    if head.startswith(_UTF16) or (0 in head and _looks_utf16(head)):
        codec = "utf-16" if head.startswith(_UTF16) else ("utf-16-le" if head[1:2] == b"\0" else "utf-16-be")
        text = head[: len(head) // 2 * 2].decode(codec, errors="replace")
    else:
        text = head.decode("utf-8", errors="replace")
    start = text.lstrip("\ufeff \t\r\n")
    ending = Path(file_name).suffix.casefold().removesuffix(".gz")
    if start.startswith("<"):
        _refuse_markup(start)
    if start.startswith("{\\rtf"):
        raise IngestError("This is a text document (RTF), not a table.")
    if ending in (".json", ".jsonl", ".ndjson", ".geojson"):
        return "json"
    if start[:1] in "{[" and _is_json(start):
        return "json"
    if start.startswith("%!PS"):
        raise IngestError("This is a PostScript document, not a table.")
    if re.match(r"(?i)(from|received|return-path|delivered-to|mime-version|message-id): ?\S", start) and re.search(
        r"(?im)^(subject|date|to|content-type): ?", start[:4000]
    ):
        raise IngestError("This is a mail message, not a table.")
    if _SQL.match(start):
        raise IngestError("This is an SQL script, not a table.")
    if _is_code(start, ending):
        raise IngestError("This is program source, not a table.")
    return "text"


def _refuse_markup(start: str) -> None:
    first = start[:2000]
    if _TAG.match(first) or re.search(r"<html", first, re.I):
        raise IngestError(
            "This is a web page (HTML), not a table."
            " Perhaps it was saved in place of the file: download the file again."
        )
    if first.startswith("<?xml"):
        what = "a workbook in XML form" if "urn:schemas-microsoft-com:office:spreadsheet" in first else "an XML file"
        raise IngestError(f"This is {what}, not a table that can be read. Save it as CSV or xlsx.")
    if re.match(r"<svg", first, re.I):
        raise IngestError("This is a picture (SVG), not a table.")
    if re.match(r"<[A-Za-z_][\w:.-]*(\s[^<>]*)?/?>", first):
        raise IngestError("This is an XML file, not a table that can be read. Save it as CSV or xlsx.")


def _is_json(start: str) -> bool:
    """Whether text that begins with a bracket is JSON and not, say, a CSV whose first name is in brackets."""
    return bool(
        re.match(r"\{\s*(\"|\})", start)
        or re.match(r"\[\s*(\{|\[|\"|\]|-?\d+(\.\d+)?\s*[,\]]|true\b|false\b|null\b)", start)
    )


def _is_code(start: str, ending: str) -> bool:
    if ending in (".csv", ".tsv", ".psv", ".tab"):
        return False
    found = len(_CODE.findall(start[:8000]))
    coded = ending in (".py", ".js", ".ts", ".java", ".c", ".cpp", ".h", ".go", ".rs", ".rb", ".php", ".sh", ".ps1")
    return found >= 2 or (coded and (found > 0 or start.startswith(("//", "/*", "#"))))

"""Opens files that are packed: gzip, and zip archives with one file in them. Bounded, so that a bomb stays small."""

from __future__ import annotations

import gzip
import shutil
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO, cast

from nl2sql.ingest.base import Finding, IngestError

MOST_BYTES = 20 << 30
"""Bytes that a packed file may unpack to."""
MOST_RATIO = 200
"""How many times its size a packed file may unpack to, beyond the first megabytes."""
_FREE_BYTES = 100 << 20
_PIECE = 1 << 20
_TABLES = (".csv", ".tsv", ".txt", ".tab", ".psv", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".xls", ".ods")


def opened(path: Path, file_name: str, scratch: Path) -> tuple[Path, str, tuple[Finding, ...]]:
    """The file itself, or what is packed in it: its path, its name, what to say of it. Raises IngestError."""
    with path.open("rb") as file:
        start = file.read(4)
    if start[:2] == b"\x1f\x8b":
        target = scratch / "unpacked"
        with path.open("rb") as packed:
            _unpack(cast(BinaryIO, gzip.GzipFile(fileobj=packed)), target, path.stat().st_size)
        name = file_name[:-3] if file_name.casefold().endswith(".gz") else file_name
        return target, name, (Finding("The file was packed (gzip)."),)
    if start == b"PK\x03\x04":
        inside = _only_table(path)
        if inside is not None:
            target = scratch / "unpacked"
            with zipfile.ZipFile(path) as archive, archive.open(inside) as packed:
                _unpack(cast(BinaryIO, packed), target, max(inside.compress_size, 1))
            name = Path(inside.filename).name
            return target, name, (Finding(f"The file was packed (zip), as “{name[:80]}”."),)
    return path, file_name, ()


def _only_table(path: Path) -> zipfile.ZipInfo | None:
    """The one file of an archive, when it is one that may be a table."""
    try:
        with zipfile.ZipFile(path) as archive:
            files = [
                one for one in archive.infolist()
                if not one.is_dir() and not one.filename.startswith("__MACOSX/")
                and not Path(one.filename).name.startswith(".")
            ]  # fmt: skip
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError):
        return None
    if len(files) != 1 or Path(files[0].filename).suffix.casefold() not in _TABLES:
        return None
    if files[0].flag_bits & 1:
        raise IngestError("This zip archive is protected by a password.")
    return files[0]


def _unpack(packed: BinaryIO, target: Path, packed_size: int) -> None:
    written = 0
    free = shutil.disk_usage(target.parent).free
    try:
        with target.open("wb") as out:
            while piece := packed.read(_PIECE):
                written += len(piece)
                if written > MOST_BYTES or (written > _FREE_BYTES and written > MOST_RATIO * packed_size):
                    raise IngestError("The packed file unpacks to far more than its size: it is not read.")
                if written > free - (256 << 20):
                    raise IngestError("There is not enough space on the disk to unpack this file.")
                out.write(piece)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise IngestError("The packed file is damaged or was cut off.") from error

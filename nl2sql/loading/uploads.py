"""Files that wait to become tables: kept as received until somebody decides, also over a reload, a restart, a crash."""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
import shutil
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from nl2sql.errors import WorkspaceError
from nl2sql.ingest.base import ReadOptions
from nl2sql.workspace import files

_NOTE = "upload.json"
_CHUNK = 1 << 20
_ID = re.compile(r"(up|in)-[0-9a-f]{8,40}")
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,8}")
_LONGEST_NAME = 150
_LISTED = 1_000
# Marks that turn the direction of text: in a file name they only hide what it is called.
_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C, 0xFEFF])


@dataclass(frozen=True)
class Upload:
    """A file that may become a table. `name` is what its owner calls it, `path` where its bytes lie."""

    id: str
    name: str
    path: Path
    size: int
    """Bytes."""
    received_at: datetime
    """UTC; for a file of the import folder when it was last changed."""
    options: ReadOptions = field(default_factory=ReadOptions)
    """How it is to be read, as far as a person said so."""
    in_place: bool = False
    """A file of the import folder: read where it is, never copied or removed."""
    kept_as: tuple[str, ...] = ()
    """Tables that were made of it."""

    @property
    def stamp(self) -> tuple[int, int, int]:
        """Changes whenever the file does. Raises WorkspaceError when the file is gone."""
        try:
            found = self.path.stat()
        except OSError as error:
            raise WorkspaceError(f"{self.name} is not there any more.") from error
        return found.st_mtime_ns, found.st_size, found.st_ino


class Uploads:
    """The uploads of a workspace folder and the files of its import folder. Several processes may use one folder."""

    def __init__(self, home: Path, import_folder: Path | None = None, largest: int = 200 << 20) -> None:
        """`largest` (bytes) bounds what is received; files of the import folder have no bound."""
        self.folder = home.absolute() / "uploads"
        self.import_folder = (import_folder or home / "import").absolute()
        self.largest = largest
        self._unfinished = self.folder / "unfinished"

    def sweep(self) -> None:
        """Remove what a killed process had received in part."""
        if self._unfinished.is_dir():
            with _told("read"):
                files.clear_staging(self._unfinished)

    def receive(self, name: str, data: bytes | bytearray | memoryview | BinaryIO) -> Upload:
        """Keep `data`, a file that its owner calls `name`: all of it, or nothing after a crash.

        A stream is read from its start, a piece at a time. Raises WorkspaceError: too large, disk full.
        """
        self.sweep()
        shown = safe_name(name)
        id = f"up-{secrets.token_hex(8)}"
        with _told("written"):
            os.makedirs(self._unfinished, exist_ok=True)  # noqa: PTH103 - steps go through os, where tests interrupt
            with files.staging(self._unfinished) as staged:
                made = staged / id
                os.mkdir(made)  # noqa: PTH102
                size = self._write(made / _stored_name(shown), data, shown)
                upload = Upload(id, shown, made / _stored_name(shown), size, datetime.now(UTC))
                _write_note(made, upload)
                os.rename(made, self.folder / id)  # noqa: PTH104
                files.sync(self.folder)
        return replace(upload, path=self.folder / id / upload.path.name)

    def pending(self) -> tuple[Upload, ...]:
        """Everything received and not discarded, the oldest first."""
        with _told("read"):
            names = os.listdir(self.folder) if self.folder.is_dir() else []  # noqa: PTH208
        found = [self._received(name) for name in names if name.startswith("up-")]
        return tuple(sorted((one for one in found if one), key=lambda one: (one.received_at, one.id)))

    def in_folder(self) -> tuple[Upload, ...]:
        """The files of the import folder by name, at most a thousand; hidden ones and folders are left out."""
        try:
            names = sorted(os.listdir(self.import_folder))  # noqa: PTH208
        except OSError:
            return ()
        found = (self._in_place(name) for name in names if not name.startswith("."))
        return tuple(one for one in found if one)[:_LISTED]

    def local(self, path: Path) -> Upload:
        """A file anywhere on this machine, read in place. Raises WorkspaceError when there is none."""
        upload = self._at(path.absolute())
        if upload is None:
            raise WorkspaceError(f"There is no file {safe_name(path.name)}.")
        return upload

    def get(self, id: str) -> Upload | None:
        """The upload or file of the import folder called `id`; None when there is none (any more)."""
        if not _ID.fullmatch(id):
            return None
        if id.startswith("up-"):
            return self._received(id)
        return next((one for one in self.in_folder() if one.id == id), None)

    def set_options(self, id: str, options: ReadOptions) -> Upload:
        """Remember how a person wants the upload to be read. Raises WorkspaceError when it is gone."""
        return self._changed(id, lambda upload: replace(upload, options=options))

    def mark_kept(self, id: str, table: str) -> Upload:
        """Remember that `table` was made of the upload. Raises WorkspaceError when it is gone."""
        return self._changed(id, lambda upload: replace(upload, kept_as=(*upload.kept_as, table)))

    def discard(self, id: str) -> None:
        """Forget the upload and remove its bytes; a file of the import folder stays and is only forgotten."""
        if _ID.fullmatch(id):
            shutil.rmtree(self.folder / id, ignore_errors=True)

    def _write(self, path: Path, data: bytes | bytearray | memoryview | BinaryIO, name: str) -> int:
        size = 0
        with path.open("xb") as file:
            for piece in _pieces(data):
                size += len(piece)
                if size > self.largest:
                    raise WorkspaceError(
                        f"{name} is larger than {self.largest >> 20:,} MB. Put it into the import folder, or load it"
                        " from the command line: python -m nl2sql load FILE."
                    )
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        return size

    def _received(self, id: str) -> Upload | None:
        folder = self.folder / id
        try:
            names = sorted(name for name in os.listdir(folder) if name.startswith("data"))  # noqa: PTH208
            found = (folder / names[0]).stat()
        except (OSError, IndexError):
            return None
        changed = datetime.fromtimestamp(found.st_mtime, UTC)
        return _with_note(Upload(id, names[0], folder / names[0], found.st_size, changed), folder)

    def _in_place(self, name: str) -> Upload | None:
        return self._at(self.import_folder / name)

    def _at(self, path: Path) -> Upload | None:
        try:
            found = path.stat()
            if not path.is_file():
                return None
        except (OSError, ValueError):
            return None
        id = f"in-{hashlib.sha256(os.fsencode(path)).hexdigest()[:24]}"
        changed = datetime.fromtimestamp(found.st_mtime, UTC)
        upload = Upload(id, safe_name(path.name), path, found.st_size, changed, in_place=True)
        return _with_note(upload, self.folder / id)

    def _changed(self, id: str, change: Any) -> Upload:
        upload = self.get(id)
        if upload is None:
            raise WorkspaceError("This upload is not there any more.")
        changed: Upload = change(upload)
        with _told("written"):
            if changed.in_place:
                os.makedirs(self.folder / id, exist_ok=True)  # noqa: PTH103
            _write_note(self.folder / id, changed)
        return changed


def safe_name(name: str) -> str:
    """`name` as it may be shown: no folders, no control characters, not too long; the ending stays.

    >>> safe_name("../../etc/passwd"), safe_name("C:\\\\temp\\\\a\\x00b.csv"), safe_name("..")
    ('passwd', 'ab.csv', 'upload')
    """
    text = unicodedata.normalize("NFC", name.encode("utf-8", "replace").decode("utf-8")).translate(_TURNING)
    text = "".join(char for char in text if unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp"))
    last = re.split(r"[/\\]", text)[-1].strip()
    if not last.strip(". "):
        return "upload"
    if len(last) > _LONGEST_NAME:
        ending = Path(last).suffix[:10]
        last = last[: _LONGEST_NAME - len(ending)] + ending
    return last


def _stored_name(shown: str) -> str:
    """The name on disk: none of the owner's words, only a plain ending.

    >>> _stored_name("CON.CSV"), _stored_name("données.été")
    ('data.csv', 'data')
    """
    ending = Path(shown).suffix
    return f"data{ending.lower()}" if _ENDING.fullmatch(ending) else "data"


def _pieces(data: bytes | bytearray | memoryview | BinaryIO) -> Iterator[bytes | memoryview]:
    if isinstance(data, bytes | bytearray | memoryview):
        view = memoryview(data).cast("B")
        for start in range(0, len(view), _CHUNK):
            yield view[start : start + _CHUNK]
        return
    if data.seekable():
        data.seek(0)
    while piece := data.read(_CHUNK):
        yield piece


def _write_note(folder: Path, upload: Upload) -> None:
    note = {
        "name": upload.name,
        "size": upload.size,
        "received_at": upload.received_at.isoformat(),
        "options": asdict(upload.options),
        "kept_as": upload.kept_as,
    }
    draft = folder / f"{_NOTE}.{secrets.token_hex(4)}"
    with draft.open("xb") as file:
        file.write(json.dumps(note).encode())
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, folder / _NOTE)  # noqa: PTH105
    files.sync(folder)


def _with_note(upload: Upload, folder: Path) -> Upload:
    """`upload` with what was noted about it; a note that cannot be read counts as none."""
    try:
        note = json.loads((folder / _NOTE).read_bytes())
        read = replace(upload, options=_options(note["options"]), kept_as=tuple(map(str, note["kept_as"])))
        if upload.in_place:
            return read
        return replace(read, name=safe_name(str(note["name"])), received_at=datetime.fromisoformat(note["received_at"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return upload


def _options(noted: dict[str, Any]) -> ReadOptions:
    """Options as noted, lists made tuples again; what this version does not know is left out."""
    known = {one.name for one in fields(ReadOptions)}
    return ReadOptions(**{name: _as_tuple(value) for name, value in noted.items() if name in known})


def _as_tuple(value: Any) -> Any:
    return tuple(_as_tuple(one) for one in value) if isinstance(value, list) else value


@contextmanager
def _told(done: str) -> Iterator[None]:
    """Failures of the file system as a sentence."""
    try:
        yield
    except OSError as error:
        raise WorkspaceError(
            f"The folder of uploads cannot be {done} ({error.strerror or type(error).__name__})."
        ) from error

"""Uploads: whole or not there, also after a crash; hostile names; no second copy in memory."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from nl2sql.errors import WorkspaceError
from nl2sql.ingest.base import ReadOptions
from nl2sql.loading import Uploads
from nl2sql.loading.uploads import safe_name

ROOT = Path(__file__).resolve().parents[1]
HOSTILE = [
    "../../x", "..\\..\\x.csv", "/etc/passwd", "a\x00b.csv", "x" * 300 + ".csv", "CON", "CON.csv", "nul.txt",
    "💥 données.csv", "", ".", "..", "...", " ", "~", "-rf", "a\nb.csv", "\u202egpj.csv", "con\u200f.csv",
    "a.csv/", "\udcff.csv", "x." + "y" * 300, "%2e%2e%2fx", "<script>alert(1)</script>.csv", "a:b.csv", "'; --.csv",
]  # fmt: skip


@pytest.fixture
def uploads(tmp_path):
    return Uploads(tmp_path / "home")


def files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_an_upload_survives_a_restart(uploads, tmp_path):
    options = ReadOptions(delimiter=";", types=((1, "VARCHAR"),), null_words=("", "-"))
    received = uploads.receive("Q3 Sales (final).csv", b"a;b\n1;2\n")
    assert uploads.set_options(received.id, options).options == options
    uploads.mark_kept(received.id, "q3_sales_final")
    again = Uploads(tmp_path / "home")
    (found,) = again.pending()
    assert again.get(received.id) == found
    assert (found.name, found.size, found.options) == ("Q3 Sales (final).csv", 8, options)
    assert (found.path.read_bytes(), found.kept_as) == (b"a;b\n1;2\n", ("q3_sales_final",))
    assert found.received_at == received.received_at
    assert found.stamp == received.stamp
    again.discard(found.id)
    assert again.pending() == ()
    assert again.get(received.id) is None
    assert files_below(tmp_path / "home" / "uploads") == []


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_name_stays_a_name(uploads, tmp_path, name):
    received = uploads.receive(name, b"a\n1\n")
    for path in files_below(tmp_path):
        assert path.is_relative_to(tmp_path / "home" / "uploads" / received.id)
        assert path.name.startswith(("data", "upload.json"))
        assert len(path.name) < 30
    assert received.path.read_bytes() == b"a\n1\n"
    (found,) = uploads.pending()
    assert found.name == received.name
    assert found.name
    assert len(found.name) <= 150
    assert not set(found.name) & set("/\\\x00\n\u202e")
    found.name.encode("utf-8")


def test_names_keep_their_words_and_their_ending():
    assert safe_name("💥 données.csv") == "💥 données.csv"
    assert safe_name("x" * 300 + ".csv").endswith("xx.csv")


@pytest.mark.parametrize("id", ["../..", "up-../../..", "", "up-", "up-0123456789abcdef/..", "in-zz", "upload.json"])
def test_an_id_leads_nowhere_else(uploads, tmp_path, id):
    uploads.receive("a.csv", b"a\n")
    (tmp_path / "home" / "keep").write_text("x")
    assert uploads.get(id) is None
    uploads.discard(id)
    with pytest.raises(WorkspaceError, match="not there any more"):
        uploads.set_options(id, ReadOptions())
    assert len(uploads.pending()) == 1
    assert (tmp_path / "home" / "keep").exists()


class Endless(io.RawIOBase):
    """A stream that never ends, and counts what was taken."""

    def __init__(self) -> None:
        self.taken = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        assert size > 0
        self.taken += size
        return b"x" * size


def test_what_is_too_large_is_refused_and_leaves_nothing(tmp_path):
    uploads = Uploads(tmp_path, largest=3 << 20)
    stream = Endless()
    with pytest.raises(WorkspaceError, match=r"big\.csv is larger than 3 MB\. Put it into the import folder"):
        uploads.receive("big.csv", stream)
    assert stream.taken < 6 << 20
    assert uploads.pending() == ()
    assert files_below(tmp_path) == []
    assert uploads.receive("fits.csv", b"x" * (3 << 20)).size == 3 << 20


def test_a_large_upload_is_not_held_twice(uploads):
    for data in (bytes(40 << 20), io.BytesIO(bytes(40 << 20))):
        tracemalloc.start()
        try:
            received = uploads.receive("large.bin", data)
            assert tracemalloc.get_traced_memory()[1] < 8 << 20
        finally:
            tracemalloc.stop()
        assert received.size == 40 << 20


def test_a_stream_is_read_from_its_start(uploads):
    stream = io.BytesIO(b"a,b\n1,2\n")
    stream.read()
    assert uploads.receive("a.csv", stream).path.read_bytes() == b"a,b\n1,2\n"


KILLED = """
import io, os, sys
from pathlib import Path
from nl2sql.loading import Uploads

class Dying(io.BytesIO):
    def read(self, size=-1):
        os._exit(9)

uploads = Uploads(Path(sys.argv[1]))
uploads.receive("first.csv", b"a\\n1\\n")
uploads.receive("torn.csv", Dying(b"x"))
"""


def test_what_a_killed_process_left_goes(tmp_path):
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], cwd=ROOT, check=False)
    assert done.returncode == 9
    torn = tmp_path / "uploads" / "unfinished"
    assert [path for path in files_below(torn) if path.name.startswith("data")]
    uploads = Uploads(tmp_path)
    assert [one.name for one in uploads.pending()] == ["first.csv"]
    uploads.sweep()
    assert files_below(torn) == []
    assert [one.name for one in uploads.pending()] == ["first.csv"]


@pytest.mark.parametrize("note", [b"", b"{", b"[]", b"{}", b'{"options": 3, "kept_as": 1}', b"\xff\xfe"])
def test_a_damaged_note_costs_only_the_note(uploads, note):
    received = uploads.receive("a.csv", b"a\n1\n")
    (received.path.parent / "upload.json").write_bytes(note)
    (found,) = uploads.pending()
    assert (found.id, found.options, found.path) == (received.id, ReadOptions(), received.path)


def test_options_of_a_later_version_are_left_out(uploads):
    received = uploads.receive("a.csv", b"a\n1\n")
    note = received.path.parent / "upload.json"
    fields = json.loads(note.read_text())
    fields["options"].update(magic=True, delimiter="|")
    note.write_text(json.dumps(fields))
    assert uploads.pending()[0].options == ReadOptions(delimiter="|")


def test_the_import_folder_is_read_in_place(tmp_path):
    folder = tmp_path / "shelf"
    folder.mkdir()
    (folder / "b.csv").write_text("a\n1\n")
    (folder / "a.csv").write_text("a\n1\n")
    (folder / ".hidden").write_text("x")
    (folder / "folder").mkdir()
    os.mkfifo(folder / "pipe.csv")
    uploads = Uploads(tmp_path / "home", folder)
    first, second = uploads.in_folder()
    assert (first.name, second.name, first.in_place) == ("a.csv", "b.csv", True)
    assert first.path == folder / "a.csv"
    assert uploads.set_options(first.id, ReadOptions(delimiter="|")).options.delimiter == "|"
    assert Uploads(tmp_path / "home", folder).get(first.id).options.delimiter == "|"
    assert uploads.pending() == ()
    uploads.discard(first.id)
    assert (folder / "a.csv").exists()
    assert uploads.get(first.id).options == ReadOptions()
    (folder / "a.csv").unlink()
    assert uploads.get(first.id) is None
    with pytest.raises(WorkspaceError, match=r"a\.csv is not there any more"):
        first.stamp  # noqa: B018


def test_no_import_folder_is_no_fault(uploads):
    assert uploads.in_folder() == ()


def test_a_folder_that_cannot_be_written_gets_a_sentence(tmp_path):
    (tmp_path / "uploads").write_text("a file, not a folder")
    with pytest.raises(WorkspaceError, match="The folder of uploads cannot be written"):
        Uploads(tmp_path).receive("a.csv", b"a\n")

"""Odd files: each becomes the table that is right, or the sentence that is; never a table that is silently wrong."""

from __future__ import annotations

import csv
import decimal
import hashlib
import io
import os
import re
import tempfile
import unicodedata
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import psutil
import pytest

from nl2sql import export, ingest
from nl2sql.engine.base import ResultSet
from nl2sql.errors import WorkbenchError
from nl2sql.ingest import process, profile, writer
from nl2sql.ingest.base import IngestError, Loaded, ReadOptions, Understanding
from nl2sql.ingest.messages import pack, unpack
from nl2sql.schema import RESERVED, Column, quote
from tests.odd_files.expectation import Asked, Cell, Odd, Outcome, Said, Table
from tests.odd_files.generate import BY_ID, FILES

pytestmark = pytest.mark.files

_INTEGER = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL\(\d+,0\))$")
_NUMBER = re.compile(r"(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DECIMAL\(.*\)|DOUBLE|FLOAT)$")
_KINDS = {
    "int": _INTEGER,
    "number": _NUMBER,
    "text": re.compile(r"VARCHAR$"),
    "date": re.compile(r"DATE$"),
    "timestamp": re.compile(r"TIMESTAMP(_NS|_MS|_S)?$"),
    "timestamptz": re.compile(r"TIMESTAMP WITH TIME ZONE$"),
    "time": re.compile(r"TIME$"),
    "bool": re.compile(r"BOOLEAN$"),
    "uuid": re.compile(r"UUID$"),
    "any": re.compile(r""),
}
_PROGRAM_TEXT = re.compile(
    r"Traceback|File \"|\b[A-Z]\w*(Error|Exception)\b|Error:|\bPyErr|\b0x[0-9a-f]{6,}|duckdb\.|LINE \d+:|read_csv"
)
_CELLS_SHOWN = 200_000


@dataclass
class Came:
    """What came of one file."""

    understanding: Understanding | None = None
    loaded: Loaded | None = None
    refusal: str | None = None
    columns: list[tuple[str, str]] = field(default_factory=list)
    rows: list[tuple[str | None, ...]] = field(default_factory=list)
    row_count: int = 0

    @property
    def sentences(self) -> list[str]:
        """All that a person is told."""
        findings = [finding.sentence for part in (self.understanding, self.loaded) if part for finding in part.findings]
        return findings + ([self.refusal] if self.refusal else [])

    @property
    def warnings(self) -> list[str]:
        """What a person is warned of."""
        return [
            finding.sentence
            for part in (self.understanding, self.loaded)
            if part
            for finding in part.findings
            if finding.severity == "warning"
        ]

    def __str__(self) -> str:
        lines = [f"refused: {self.refusal}"] if self.refusal else []
        if self.understanding:
            lines.append(f"understood: {self.understanding.options}")
        if self.loaded:
            lines.append(f"table {self.loaded.table!r}: {self.columns[:12]}, {self.row_count} rows")
            lines += [f"  {row[:12]}" for row in self.rows[:12]]
            lines.append(f"rejected {self.loaded.rejected}: {self.loaded.rejects[:5]}")
        return "\n".join([*lines, *(f"said: {sentence[:300]}" for sentence in dict.fromkeys(self.sentences))])[:4_000]


@pytest.mark.parametrize(
    "file", [pytest.param(file, id=file.test_id, marks=[pytest.mark.soak] * file.soak) for file in FILES]
)
def test_odd_file(file: Odd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scratch, inbox = tmp_path / "scratch", tmp_path / "inbox"
    scratch.mkdir()
    inbox.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    if not file.apart:
        monkeypatch.setattr(process, "_answer", _here)
    path = file.write(inbox)
    before = _everything(inbox)
    for number, (misfits, outcomes) in enumerate({"text": file.outcomes, **file.modes}.items()):
        staging = tmp_path / f"staging{number}"
        staging.mkdir()
        came = _take(file, path, replace(file.options, misfits=misfits), staging / "table.duckdb")
        faults = {str(outcome): list(_faults(outcome, came)) for outcome in outcomes}
        if all(faults.values()):
            pytest.fail(_report(misfits, faults, came), pytrace=False)
        _check_sentences(came, tmp_path)
        _check_table(came, misfits)
        kept = {"table.duckdb"} if came.loaded and came.loaded.staged else set()
        assert {entry.name for entry in staging.iterdir()} == kept, "left in the staging folder"
    assert _everything(inbox) == before, "the file, or its folder, was changed"
    assert not any(scratch.iterdir()), f"left behind: {list(scratch.iterdir())}"
    assert not _children(), "a process is still there"


def _here(task: dict[str, Any], cancel: object, progress: object) -> dict[str, Any]:
    """Do in this process what the child would: starting one for every file would take minutes."""
    message = unpack(pack(writer.answer(unpack(pack(task)), io.BytesIO())))
    if "error" in message:
        raise IngestError(message["error"])
    return message


def _take(file: Odd, path: Path, options: ReadOptions, staged: Path) -> Came:
    """What becomes of the file."""
    came = Came()
    try:
        came.understanding = ingest.inspect(path, options, file_name=file.name)
        came.loaded = ingest.load(path, options, staged, file_name=file.name)
    except IngestError as refusal:
        came.refusal = refusal.sentence
    except WorkbenchError as error:
        pytest.fail(f"not an IngestError: {error!r}")
    if came.loaded and came.loaded.staged:
        with duckdb.connect(str(came.loaded.staged), read_only=True) as connection:
            _read(connection, came)
    return came


def _read(connection: duckdb.DuckDBPyConnection, came: Came) -> None:
    assert came.loaded
    connection.execute("SET TimeZone = 'UTC'")
    tables = connection.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'").fetchall()
    assert tables == [(came.loaded.table,)], "one table, of that name"
    name = quote(came.loaded.table)
    came.columns = [row[:2] for row in connection.execute(f"DESCRIBE {name}").fetchall()]
    (came.row_count,) = connection.execute(f"SELECT count(*) FROM {name}").fetchone() or (0,)
    if came.row_count * len(came.columns) > _CELLS_SHOWN:
        return
    cells = ", ".join(f"CAST(#{position + 1} AS VARCHAR)" for position in range(len(came.columns)))
    came.rows = connection.execute(f"SELECT {cells} FROM (FROM {name})").fetchall()


def _report(misfits: str, faults: dict[str, list[str]], came: Came) -> str:
    wrong = "\n".join(f"- expected {outcome[:600]}\n  but {'; '.join(why)[:600]}" for outcome, why in faults.items())
    return f"\nmisfits={misfits}\n{wrong}\nGOT\n{came}"


def _faults(outcome: Outcome, came: Came) -> list[str]:
    """Why `came` is not `outcome`."""
    if isinstance(outcome, Said):
        if came.refusal is None:
            return ["was not refused"]
        return [] if re.search(outcome.regex, came.refusal, re.I) else ["the sentence says something else"]
    if came.loaded is None:
        return ["was refused"]
    if isinstance(outcome, Asked):
        return _asked_faults(outcome, came.loaded)
    if came.loaded.staged is None:
        return ["nothing was kept"]
    return [*_column_faults(outcome, came), *_row_faults(outcome, came), *_saying_faults(outcome, came)]


def _asked_faults(outcome: Asked, loaded: Loaded) -> list[str]:
    faults = []
    if loaded.staged is not None:
        faults.append("was kept without asking")
    if loaded.rejected != outcome.rejected:
        faults.append(f"{loaded.rejected} rejected")
    if outcome.lines is not None and tuple(reject.line for reject in loaded.rejects) != outcome.lines:
        faults.append(f"rejects in lines {[reject.line for reject in loaded.rejects]}")
    if not all(re.search(outcome.reason, reject.reason, re.I) for reject in loaded.rejects):
        faults.append(f"reasons {[reject.reason for reject in loaded.rejects]}")
    return faults


def _wanted(outcome: Table) -> list[tuple[str, str]]:
    return [
        (part.rsplit(" ", 1)[0], part.rsplit(" ", 1)[1]) if " " in part else (part, "any")
        for part in outcome.columns.split(", ")
    ]


def _column_faults(outcome: Table, came: Came) -> list[str]:
    wanted = _wanted(outcome)
    if len(wanted) != len(came.columns):
        return [f"{len(came.columns)} columns instead of {len(wanted)}"]
    faults = []
    for (name, kind), (got_name, got_type) in zip(wanted, came.columns, strict=True):
        names = name.split("/")
        if "*" not in names and got_name not in names:
            faults.append(f"column {got_name!r} instead of {name!r}")
        if not any(_KINDS[choice].match(got_type) for choice in kind.split("|")):
            faults.append(f"{got_name} is {got_type}, not {kind}")
    return faults


def _row_faults(outcome: Table, came: Came) -> list[str]:
    if len(_wanted(outcome)) != len(came.columns):
        return []
    rows = outcome.rows if isinstance(outcome.rows, tuple) else None
    count = outcome.rows if isinstance(outcome.rows, int) else len(outcome.rows)
    if count != came.row_count:
        return [f"{came.row_count} rows instead of {count}"]
    cells = [(row, column, value) for row, values in enumerate(rows or ()) for column, value in enumerate(values)]
    return [
        f"row {row} column {column} is {got!r}, not {value!r}"
        for row, column, value in [*cells, *outcome.cells]
        if not _same(value, got := _cell(came, row, column), came.columns[column][1])
    ]


def _cell(came: Came, row: int, column: int) -> str | None:
    """A cell of the table; of one that is too large to hold, from its file."""
    if came.rows:
        return came.rows[row][column]
    assert came.loaded and came.loaded.staged
    with duckdb.connect(str(came.loaded.staged), read_only=True) as connection:
        sql = (
            f"SELECT CAST({quote(came.columns[column][0])} AS VARCHAR) FROM {quote(came.loaded.table)} WHERE rowid = ?"
        )
        found = connection.execute(sql, [row]).fetchone()
    return found[0] if found else "(no such row)"


def _same(wanted: Cell, got: str | None, type_name: str) -> bool:
    if wanted is None or got is None:
        return wanted is None and got is None
    if isinstance(wanted, bool):
        return type_name == "BOOLEAN" and got == str(wanted).lower()
    if _NUMBER.match(type_name):
        try:
            return decimal.Decimal(got) == decimal.Decimal(str(wanted)) or got == str(wanted)
        except decimal.InvalidOperation:
            return False
    return got == str(wanted)


def _saying_faults(outcome: Table, came: Came) -> list[str]:
    assert came.loaded
    faults = [f"nothing said that matches {regex}" for regex in outcome.says if not _said(regex, came.sentences)]
    faults += [f"said something that matches {regex}" for regex in outcome.never if _said(regex, came.sentences)]
    if outcome.quiet and came.warnings:
        faults.append("warned where nothing is wrong")
    if outcome.rejected is not None and came.loaded.rejected != outcome.rejected:
        faults.append(f"{came.loaded.rejected} rejected instead of {outcome.rejected}")
    if outcome.lines is not None and tuple(reject.line for reject in came.loaded.rejects) != outcome.lines:
        faults.append(f"rejects in lines {[reject.line for reject in came.loaded.rejects]}")
    if outcome.name is not None and came.loaded.table not in outcome.name.split("/"):
        faults.append(f"table {came.loaded.table!r} instead of {outcome.name!r}")
    headers = tuple(column.header for column in came.loaded.columns if column.kept)
    if outcome.headers is not None and headers != outcome.headers:
        faults.append(f"headers {headers}")
    return faults


def _said(regex: str, sentences: list[str]) -> bool:
    return any(re.search(regex, sentence, re.I) for sentence in sentences)


def _check_sentences(came: Came, folder: Path) -> None:
    """Every sentence is one: no program text, no path of this machine, nothing that a page could trip over."""
    reasons = [reject.reason for reject in came.loaded.rejects] if came.loaded else []
    for sentence in [*came.sentences, *reasons]:
        assert sentence.strip(), "an empty sentence"
        assert not _PROGRAM_TEXT.search(re.sub("“[^”]*”", "“”", sentence)), sentence
        assert str(folder) not in sentence and "/tmp" not in sentence, sentence
        hidden = [char for char in sentence if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
        assert not hidden, f"{hidden} in {sentence!r}"
        assert len(sentence) < 1_000, f"too long: {sentence[:200]}"
    for sentence in came.sentences:
        assert sentence.rstrip()[-1] in ".!?…)", f"no sentence: {sentence!r}"


def _check_table(came: Came, misfits: str) -> None:
    """What holds for every table, whatever file it came from."""
    if came.loaded is None or came.loaded.staged is None:
        return
    assert came.understanding
    names = [name for name, _ in came.columns]
    assert [column.name for column in came.loaded.columns if column.kept] == names
    assert [column.type for column in came.loaded.columns if column.kept] == [type_ for _, type_ in came.columns]
    for name in [came.loaded.table, *names]:
        assert 0 < len(name) <= 60, name
        assert name.lower() not in RESERVED, name
        assert all(char.isalnum() or char == "_" or unicodedata.combining(char) for char in name), name
        assert not name[0].isdigit(), name
    assert len({name.casefold() for name in names}) == len(names), "two columns of one name"
    assert came.loaded.rows == came.row_count
    lines = {reject.line for reject in came.loaded.rejects}
    assert len(lines) <= came.loaded.rejected or misfits == "text", "more lines rejected than were counted"
    if came.understanding.complete and not came.loaded.rejects:
        _check_preview(came)
    _check_profile(came)
    _check_export(came)


def _check_preview(came: Came) -> None:
    """What was shown before is what was kept: names, types, first rows, number of rows."""
    assert came.understanding and came.loaded
    shown = [(column.name, column.type) for column in came.understanding.columns if column.kept]
    assert shown == came.columns[: len(shown)] or not _same_types(came), "other columns than were shown"
    if shown == came.columns and came.rows:
        for shown_row, row in zip(came.understanding.rows, came.rows, strict=False):
            for value, kept, (_, type_name) in zip(shown_row, row, came.columns, strict=True):
                assert (value is None) == (kept is None), f"{shown_row} was shown, {row} kept"
                same = value is None or kept is None or type_name != "VARCHAR" or value == kept
                assert same or (len(value) >= 500 and kept.startswith(value)), f"{shown_row} was shown, {row} kept"


def _same_types(came: Came) -> bool:
    assert came.understanding and came.loaded
    shown = [column.type for column in came.understanding.columns if column.kept]
    return shown == [column.type for column in came.loaded.columns if column.kept][: len(shown)]


def _check_profile(came: Came) -> None:
    """The profile beside the table counts what is there."""
    assert came.loaded and came.loaded.staged
    found = {column.name: column for column in profile.read_profile(came.loaded.staged)}
    assert set(found) == {name for name, _ in came.columns}
    for position, (name, _) in enumerate(came.columns if came.rows else ()):
        assert found[name].row_count == came.row_count, name
        assert found[name].nulls == sum(row[position] is None for row in came.rows), name


def _check_export(came: Came) -> None:
    """What is exported again opens safely in a spreadsheet."""
    assert came.loaded and came.loaded.staged
    with duckdb.connect(str(came.loaded.staged), read_only=True) as connection:
        rows = connection.sql(f"FROM {quote(came.loaded.table)} LIMIT 50").to_arrow_table()
    types = tuple(type_name for _, type_name in came.columns)
    text = export.to_csv(ResultSet(table=rows, types=types, truncated=False, elapsed=0.0)).decode("utf-8-sig")
    csv.field_size_limit(1 << 30)
    families = [Column(name, type_name).family for name, type_name in came.columns]
    for row in list(csv.reader(io.StringIO(text, newline="")))[1:]:
        for value, family in zip(row, families, strict=True) if len(row) == len(families) else ():
            assert family != "text" or not value.startswith(("=", "+", "-", "@", "\t", "\r", "\n")), value


def _everything(folder: Path) -> dict[str, str]:
    """All that is below a folder, with the digest of each file."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _children() -> list[str]:
    """Processes below this one that read files."""
    found = []
    for child in psutil.Process().children(recursive=True):
        try:
            command = " ".join(child.cmdline())
        except psutil.Error:
            continue
        if "nl2sql.ingest" in command:
            found.append(command)
    return found


def test_names_in_use_are_not_proposed(tmp_path: Path) -> None:
    path = BY_ID["tab.tsv"].write(tmp_path)
    assert ingest.inspect(path, file_name="Orders.tsv").table == "orders"
    taken = ingest.inspect(path, file_name="Orders.tsv", taken=("ORDERS", "orders_2")).table
    assert taken.casefold() not in ("orders", "orders_2")
    assert taken.startswith("orders")


def test_all_sheets_with_cells_are_offered(tmp_path: Path) -> None:
    path = BY_ID["xlsx_two_sheets.xlsx"].write(tmp_path)
    assert ingest.inspect(path).sheets == ("Sheet", "Cities")


@pytest.mark.parametrize("what", ["folder", "pipe", "missing", "dangling", "device"])
def test_what_is_no_file(what: str, tmp_path: Path) -> None:
    path = tmp_path / "in" / "data.csv"
    path.parent.mkdir()
    if what == "folder":
        path.mkdir()
    elif what == "pipe":
        os.mkfifo(path)
    elif what == "dangling":
        path.symlink_to(tmp_path / "gone")
    elif what == "device":
        path.symlink_to("/dev/zero")
    for read in (ingest.inspect, lambda given: ingest.load(given, ReadOptions(misfits="text"), tmp_path / "t.duckdb")):
        with pytest.raises(IngestError) as caught:
            read(path)
        assert not _PROGRAM_TEXT.search(caught.value.sentence)
    assert not (tmp_path / "t.duckdb").exists()


def test_a_small_memory_gives_a_sentence(tmp_path: Path) -> None:
    path = BY_ID["line_of_50_mb.csv"].write(tmp_path)
    staged = tmp_path / "staging" / "t.duckdb"
    staged.parent.mkdir()
    try:
        ingest.load(path, ReadOptions(misfits="text"), staged, memory=300 << 20)
    except IngestError as refusal:
        assert re.search(r"(?i)memory|long|large", refusal.sentence)
        assert not any(staged.parent.iterdir())

"""Load jobs over a real workspace with a scripted reader: every outcome, and what is kept of the file's words."""

from __future__ import annotations

import threading
from pathlib import Path

import duckdb
import pytest

from nl2sql.errors import EngineError, QueryCancelledError, WorkspaceError
from nl2sql.ingest.base import Finding, IngestError, Loaded, ReadOptions, Reject, SourceColumn, Understanding
from nl2sql.ingest.profile import write_profile
from nl2sql.loading import Append, Cancelled, Failed, Kept, Loader, LoadJob, Misfit, New, Replace, Uploads
from nl2sql.parsers.builtin.features import FEATURES, SpecialPieces, encode, find_links
from nl2sql.pipeline import Workbench
from nl2sql.query_log import Feedback
from nl2sql.schema import Column, Schema, Table
from nl2sql.settings import Settings
from tests.fakes import ScriptedParser

ORDERS = (
    SourceColumn(0, "Order No", "order_no", "BIGINT", ("1", "2")),
    SourceColumn(1, "City", "city", "VARCHAR", ("New York", "Łódź")),
    SourceColumn(2, "Total Sales ($)", "total_sales", "DECIMAL(18,2)", ("10.50",)),
    SourceColumn(3, "internal", "internal", "VARCHAR", kept=False),
)


class ScriptedReader:
    """Makes the table that a test says; waits when it is told to."""

    def __init__(self) -> None:
        self.columns = ORDERS
        self.rows = "(1, 'New York', 10.5), (2, 'Łódź', 20), (3, NULL, 5)"
        self.inspected: list[ReadOptions] = []
        self.fault: Exception | None = None
        self.misfits = 0
        self.may_end = threading.Event()
        self.may_end.set()
        self.reached = threading.Event()

    def inspect(self, path, options, *, file_name=None, taken=(), cancel=None, memory=0, scratch=None):
        if self.fault:
            raise self.fault
        self.inspected.append(options)
        return Understanding(path, file_name or "", "text", "orders", options, self.columns, (), 3, True)

    def load(self, path, options, staged, *, file_name=None, progress=None, cancel=None, memory=0):
        progress(0.5, 2)
        self.reached.set()
        while not self.may_end.wait(0.01):
            if cancel.is_set():
                raise QueryCancelledError("Stopped.")
        if self.fault:
            raise self.fault
        rejects = (Reject(3, "city", "is no number", "x"),) * self.misfits
        findings = (Finding("Read as text.", "warning"), Finding("Read as text.", "warning"))
        if self.misfits and options.misfits == "ask":
            return Loaded(None, options.table, self.columns, 0, self.misfits, rejects)
        kept = [column for column in self.columns if column.kept]
        with duckdb.connect(str(staged)) as connection:
            types = ", ".join(f'"{column.name}" {column.type}' for column in kept)
            connection.execute(f'CREATE TABLE "{options.table}" ({types})')
            connection.execute(f'INSERT INTO "{options.table}" VALUES {self.rows}')
            write_profile(connection, options.table)
        return Loaded(staged, options.table, self.columns, 3, self.misfits, rejects, findings)


@pytest.fixture
def reader():
    return ScriptedReader()


@pytest.fixture
def bench(tmp_path, reader):
    bench = Workbench(Settings(home=tmp_path, workers=1), lambda name: ScriptedParser({}), with_sample=False)
    bench.loader = Loader(bench.workspace, bench.uploads, endangered=bench.unanswerable, reader=reader)
    yield bench
    bench.close()


def loaded(bench, target=None, options=None, name="orders.csv"):
    upload = bench.uploads.receive(name, b"whatever")
    job = bench.loader.start(upload, options, target or New("orders"))
    return job.wait(60)


def test_a_file_becomes_a_table_with_its_own_words(bench):
    kept = loaded(bench)
    assert isinstance(kept, Kept), kept
    assert (kept.table, kept.diff, kept.unanswerable) == ("orders", None, ())
    (info,) = bench.workspace.tables()
    assert (info.name, info.source_file, info.rows, info.rejected) == ("orders", "orders.csv", 3, 0)
    assert info.findings == ("Read as text.",)
    assert [(column.name, column.label) for column in info.table.columns] == [
        ("order_no", "order_no"), ("city", "city"), ("total_sales", "Total Sales ($)"),
    ]  # fmt: skip
    (upload,) = bench.uploads.pending()
    assert upload.kept_as == ("orders",)
    answer = bench.run_sql("SELECT sum(total_sales) FROM orders")
    assert answer.status == "ok", answer.error


def test_with_a_first_table_of_one_s_own_the_sample_is_out_of_scope(tmp_path, reader):
    bench = Workbench(Settings(home=tmp_path, workers=1), lambda name: ScriptedParser({}))
    try:
        bench.loader = Loader(bench.workspace, bench.uploads, reader=reader)
        assert bench.snapshot().source == "sample"
        assert bench.loader.understand(bench.uploads.receive("orders.csv", b"x")).table == "orders"
        assert isinstance(loaded(bench), Kept)
        assert [table.name for table in bench.snapshot().schema.tables] == ["orders"]
        assert bench.values(bench.snapshot()).stored("orders", "city", "new york") == "New York"
        assert bench.answer("anything").scope == ("orders",)
    finally:
        bench.close()


def test_a_question_links_what_people_call_columns():
    columns = (
        Column("total_sales", "DOUBLE", display_name="Total Sales ($)"),
        Column("cust_nm", "VARCHAR", synonyms=("buyer",)),
        Column("day", "DATE"),
    )
    schema = Schema((Table("q3", columns, display_name="Third quarter"),))

    def linked(question: str) -> list[str]:
        links = find_links(question, None, schema)
        inputs = encode(question, schema, links, lambda word: [1], SpecialPieces(0, 0, 0, 0, 0))
        matched = FEATURES.index("matched")
        hit = [item.leaf for item in inputs.items if item.leaf and matched in inputs.features[item.span[0]]]
        return [leaf.column or leaf.table for leaf in hit]

    assert linked("total sales by buyer") == ["total_sales", "cust_nm"]
    assert linked("what happened in the third quarter") == ["q3"]


def test_a_chosen_name_keeps_the_header_as_a_synonym(bench):
    options = ReadOptions().with_name(2, "sales")
    bench.loader._reader.columns = (*ORDERS[:2], SourceColumn(2, "Total Sales ($)", "sales", "DOUBLE"))
    assert isinstance(loaded(bench, options=options), Kept)
    column = bench.workspace.tables()[0].table.column("sales")
    assert (column.label, column.synonyms) == ("sales", ("Total Sales ($)",))


def test_progress_and_a_second_start_give_the_same_job(bench, reader):
    reader.may_end.clear()
    upload = bench.uploads.receive("orders.csv", b"x")
    job = bench.loader.start(upload, None, New("orders"))
    assert reader.reached.wait(60)
    assert (job.share, job.rows, job.running, job.outcome) == (0.5, 2, True, None)
    assert bench.loader.start(upload, None, New("other")) is job
    assert bench.loader.job_of(upload.id) is bench.loader.job(job.id) is job
    bench.loader.forget(job.id)
    assert bench.loader.job(job.id) is job
    reader.may_end.set()
    assert isinstance(job.wait(60), Kept)
    bench.loader.forget(job.id)
    assert bench.loader.job_of(upload.id) is None


def test_sheets_are_loaded_one_after_the_other_and_stopped_each(bench, reader, tmp_path):
    reader.may_end.clear()
    upload = bench.uploads.receive("book.xlsx", b"x")
    reads = [ReadOptions(sheet="a", table="named"), ReadOptions(sheet="b"), ReadOptions(sheet="c")]
    first, second, third = bench.loader.start_sheets(upload, reads)
    assert reader.reached.wait(60)
    assert bench.loader.start_sheets(upload, reads) == (first, second, third)
    third.cancel()
    reader.may_end.set()
    assert third.wait(60) == Cancelled()
    assert [job.outcome.table for job in (first, second)] == ["named", "orders"]
    (again,) = bench.loader.start_sheets(upload, reads[2:])
    assert isinstance(again.wait(60), Kept)
    assert again.outcome.table == "orders_2"
    assert bench.loader.jobs_of(upload.id) == (first, second, again)


def test_sheets_none_of_which_has_what_is_to_be_private_are_not_begun(bench):
    upload = bench.uploads.receive("book.xlsx", b"x")
    with pytest.raises(IngestError, match=r"^book\.xlsx has no column called pin, which was to be private\.$"):
        bench.loader.start_sheets(upload, [ReadOptions(sheet="a", private=("City", "pin"))])
    assert bench.loader.jobs() == ()


def test_a_stopped_load_leaves_nothing(bench, reader, tmp_path):
    reader.may_end.clear()
    upload = bench.uploads.receive("orders.csv", b"x")
    job = bench.loader.start(upload, None, New("orders"))
    assert reader.reached.wait(60)
    job.cancel()
    assert job.wait(60) == Cancelled()
    assert bench.workspace.tables() == ()
    assert [path for path in (tmp_path / "staging").rglob("*") if path.suffix != ".lock"] == []
    assert bench.uploads.pending() == (upload,)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (IngestError("This is a picture, not a table."), "This is a picture, not a table."),
        (EngineError("No space left."), "No space left."),
        (ValueError("a bug"), "Something went wrong inside the workbench; the details are in its terminal."),
    ],
)
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_what_goes_wrong_is_a_sentence(bench, reader, fault, sentence):
    reader.fault = fault
    assert loaded(bench) == Failed(sentence)
    assert bench.workspace.tables() == ()


def test_a_taken_name_is_a_sentence_and_a_free_one_is_proposed(bench):
    assert isinstance(loaded(bench), Kept)
    failed = loaded(bench, New("ORDERS"))
    assert isinstance(failed, Failed)
    assert "ORDERS" in failed.sentence
    assert bench.loader.free_name("Orders") == "Orders_2"
    assert bench.loader.free_name("x" * 60) == "x" * 60
    upload = bench.uploads.receive("orders.csv", b"x")
    assert bench.loader.understand(upload).table == "orders_2"
    assert bench.loader.understand(upload, ReadOptions(table="orders")).table == "orders"


def test_misfits_are_asked_about(bench, reader):
    reader.misfits = 2
    misfit = loaded(bench)
    assert isinstance(misfit, Misfit)
    assert (misfit.loaded.rejected, len(misfit.loaded.rejects)) == (2, 2)
    assert bench.workspace.tables() == ()
    assert isinstance(loaded(bench, options=ReadOptions(misfits="drop")), Kept)
    assert bench.workspace.tables()[0].rejected == 2


def test_a_file_is_looked_at_once_for_each_way_to_read_it(bench, reader):
    upload = bench.uploads.receive("orders.csv", b"x")
    for options in (None, None, ReadOptions(delimiter=";"), None, ReadOptions(delimiter=";")):
        bench.loader.understand(upload, options)
    assert len(reader.inspected) == 2
    upload.path.write_bytes(b"another")
    bench.loader.understand(upload)
    assert len(reader.inspected) == 3
    reader.fault = IngestError("Empty.")
    other = bench.uploads.receive("b.csv", b"")
    for _ in range(2):
        with pytest.raises(IngestError, match="Empty"):
            bench.loader.understand(other)


def test_replace_and_append_say_what_they_change(bench, reader):
    assert isinstance(loaded(bench), Kept)
    more = loaded(bench, Append("orders"))
    assert isinstance(more, Kept), more
    assert bench.workspace.tables()[0].rows == 6
    reader.columns = (*ORDERS[:1], SourceColumn(1, "Country", "country", "VARCHAR"))
    reader.rows = "(1, 'Peru')"
    upload = bench.uploads.receive("new.csv", b"x")
    compared = bench.loader.compare(upload, None, Replace("orders"))
    assert [column.name for column in compared.diff.added] == ["country"]
    assert [column.name for column in compared.diff.removed] == ["city", "total_sales"]
    kept = loaded(bench, Replace("Orders"))
    assert isinstance(kept, Kept), kept
    assert [column.name for column in kept.diff.removed] == ["city", "total_sales"]
    assert (bench.workspace.tables()[0].rows, kept.table) == (1, "orders")


def test_verified_examples_that_a_replace_breaks_are_named(bench, reader):
    assert isinstance(loaded(bench), Kept)
    for question, sql, feedback in [
        ("sales by city", "SELECT city, sum(total_sales) FROM orders GROUP BY city", Feedback("up")),
        ("how many", "SELECT count(*) FROM orders", Feedback("up")),
        ("which cities", "SELECT nothing", Feedback("down", "SELECT DISTINCT city FROM orders")),
        ("never confirmed", "SELECT city FROM orders", Feedback()),
        ("wrong anyway", "SELECT no_such FROM orders", Feedback("up")),
        ("", "SELECT max(city) FROM orders", Feedback("up")),
    ]:
        answer = bench.run_sql(sql, question=question)
        if feedback.verdict:
            bench.log.rate(answer.id, feedback.verdict, corrected_sql=feedback.corrected_sql)
    reader.columns = ORDERS[:1]
    reader.rows = "(1)"
    broken = {"sales by city", "which cities", "SELECT max(city) FROM orders"}
    upload = bench.uploads.receive("new.csv", b"x")
    assert set(bench.loader.compare(upload, None, Replace("orders")).unanswerable) == broken
    kept = loaded(bench, Replace("orders"))
    assert set(kept.unanswerable) == broken


def test_a_person_s_own_file_takes_no_tables(tmp_path, reader):
    own = tmp_path / "own.duckdb"
    duckdb.connect(str(own)).execute("CREATE TABLE t AS SELECT 1 AS a").close()
    bench = Workbench(Settings(home=tmp_path / "home", database=own, workers=1), lambda name: ScriptedParser({}))
    try:
        bench.loader = Loader(bench.workspace, bench.uploads, reader=reader)
        failed = loaded(bench)
        assert isinstance(failed, Failed)
        assert "own.duckdb is your own DuckDB file" in failed.sentence
    finally:
        bench.close()


def test_a_file_that_went_away_is_a_sentence(bench):
    uploads = Uploads(Path("nowhere"))
    with pytest.raises(WorkspaceError, match=r"There is no file x\.csv"):
        uploads.local(Path("x.csv"))
    upload = bench.uploads.receive("orders.csv", b"x")
    bench.uploads.discard(upload.id)
    with pytest.raises(WorkspaceError, match="not there any more"):
        bench.loader.understand(upload)


def test_progress_never_goes_back():
    job = LoadJob("a", "b", New("c"))
    for share, rows in ((0.5, 10), (0.2, 5), (7.0, 11)):
        job.report(share, rows)
    assert (job.share, job.rows) == (1.0, 11)

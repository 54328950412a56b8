"""`python -m nl2sql load`: files become tables, each gets its line, and what cannot be read gets a sentence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nl2sql import ingest
from nl2sql.cli import FAILED, OK, USAGE, main
from nl2sql.errors import QueryCancelledError
from nl2sql.ingest.base import IngestError, ReadOptions
from nl2sql.ingest.profile import read_values
from nl2sql.parsers.base import ParseRequest
from nl2sql.pipeline import Workbench
from nl2sql.settings import Settings
from tests.fakes import ScriptedParser

CUSTOMERS = "id,Customer Name,Country,Code\n1,Ann Lee,Peru,PE\n2,Bob Ray,United States,US\n3,Cid Paz,Peru,PE\n"
ORDERS = (
    "Order No;customer_id;Ordered On;Total Sales ($)\n1001;1;2024-01-05;1.200,50\n1002;2;2024-02-07;15,00\n"
    "1003;3;2024-02-08;7,25\n1004;1;2024-03-01;99,99\n"
)
CITIES = "city\tpeople\nNew York\t8300000\nLima\t10000000\n"


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for variable in ("NL2SQL_HOME", "NL2SQL_DATABASE", "NL2SQL_IMPORT"):
        monkeypatch.delenv(variable, raising=False)
    (tmp_path / "customers.csv").write_text(CUSTOMERS)
    (tmp_path / "Q3 Orders (final).csv").write_text(ORDERS)
    (tmp_path / "cities.tsv").write_text(CITIES)
    (tmp_path / "page.csv").write_text("<html><body><h1>Not found</h1></body></html>")
    return tmp_path


def load(*arguments: str) -> int:
    return main(["load", *arguments, "--workspace", "home"])


def lines(capsys) -> list[dict]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def rows(sql: str) -> list[tuple]:
    bench = Workbench(Settings(home=Path("home"), workers=1), lambda name: ScriptedParser({}), with_sample=False)
    try:
        answer = bench.run_sql(sql)
        assert answer.result is not None, answer.error
        return [tuple(row.values()) for row in answer.result.table.to_pylist()]
    finally:
        bench.close()


def test_files_become_tables_and_each_gets_a_line(folder, capsys):
    assert load("customers.csv", "Q3 Orders (final).csv", "page.csv", "nope.csv", "--json") == FAILED
    customers, orders, page, nope = lines(capsys)
    assert {**customers, "seconds": 0} == {
        "file": "customers.csv", "status": "ok", "table": "customers", "rows": 3, "rejected": 0, "warnings": [],
        "seconds": 0, "error": None, "sheet": None,
    }  # fmt: skip
    assert (orders["status"], orders["table"], orders["rows"]) == ("ok", "q3_orders_final", 4)
    assert (page["status"], page["table"]) == ("failed", None)
    assert "web page" in page["error"]
    assert (nope["status"], nope["error"]) == ("failed", "There is no file nope.csv.")
    assert rows("SELECT sum(total_sales)::DOUBLE FROM q3_orders_final") == [(1322.74,)]


def test_a_name_is_taken_only_with_a_word(folder, capsys):
    assert load("customers.csv") == OK
    out = capsys.readouterr().out
    assert out.startswith("customers.csv: 3 rows in table customers (")
    assert load("customers.csv") == FAILED
    assert "There is a table customers already: --replace it, --append to it" in capsys.readouterr().err
    assert load("customers.csv", "--append") == OK
    assert rows("SELECT count(*) FROM customers") == [(6,)]
    (folder / "customers.csv").write_text("id,Country\n9,Chile\n")
    assert load("customers.csv", "--replace") == OK
    assert "No longer there: customer_name, code." in capsys.readouterr().err
    assert rows("FROM customers") == [(9, "Chile")]
    assert load("cities.tsv", "--table", "towns", "--replace") == OK  # nothing to replace: it is added
    assert rows("SELECT people FROM towns WHERE city = 'Lima'") == [(10000000,)]


@pytest.mark.parametrize(
    ("misfits", "code", "expected"),
    [
        ("text", OK, [("1",), ("2",), ("x",)]),
        ("drop", OK, [(1,), (2,)]),
        ("stop", FAILED, None),
    ],
)
def test_misfits(folder, capsys, monkeypatch, misfits, code, expected):
    # A small file is seen whole, so that only a chosen type makes misfits: here the reader is told so.
    as_found = ingest.load
    monkeypatch.setattr(ingest, "load", lambda path, options, *rest, **more: as_found(
        path, options.with_type(1, "BIGINT"), *rest, **more))  # fmt: skip
    (folder / "numbers.csv").write_text("name,n\nann,1\nbob,2\ncid,x\n")
    assert load("numbers.csv", "--misfits", misfits, "--json") == code
    (line,) = lines(capsys)
    if expected is None:
        assert (line["status"], line["table"]) == ("failed", None)
        assert line["error"]
    else:
        assert rows("SELECT n FROM numbers ORDER BY 1") == expected
        assert line["rejected"] == (1 if misfits == "drop" else 0)
    if misfits == "drop":
        assert any("line 4" in warning for warning in line["warnings"])


def test_how_a_file_is_read_can_be_said(folder, capsys):
    (folder / "odd.txt").write_bytes("name|town\nJos\xe9|M\xe1laga\n".encode("cp1252"))
    assert load("odd.txt", "--delimiter", "|", "--encoding", "cp1252", "--table", "people", "--json") == OK
    assert lines(capsys)[0]["table"] == "people"
    assert rows("FROM people") == [("José", "Málaga")]
    (folder / "tab.txt").write_text("a,b\tc\n1,5\t2\n")
    assert load("tab.txt", "--delimiter", "\\t") == OK
    assert len(rows("FROM tab")[0]) == 2


def test_a_private_column_never_lets_its_values_out(folder, capsys):
    assert load("customers.csv", "--private", "customer  name", "--private", "CODE") == OK
    parser = ScriptedParser({})
    bench = Workbench(Settings(home=Path("home"), workers=1), lambda name: parser, with_sample=False)
    try:
        bench.answer("anything")
        (info,) = bench.workspace.tables()
    finally:
        bench.close()
    assert [one.name for one in info.table.columns if one.private] == ["customer_name", "code"]
    assert {one.column for one in read_values(info.path, list(info.source_columns)).values} == {"country"}
    told = parser.requests[0]
    assert [one.examples for one in told.schema.tables[0].columns if one.private] == [(), ()]
    assert told.values.of_column("customers", "customer_name") == told.values.of_column("customers", "code") == ()


def test_a_private_column_that_is_not_there_keeps_the_file_out(folder, capsys):
    assert load("customers.csv", "cities.tsv", "--private", "Country", "--json") == FAILED
    customers, cities = lines(capsys)
    assert (customers["status"], cities["table"]) == ("ok", None)
    assert cities["error"] == "cities.tsv has no column called Country, which was to be private."
    with pytest.raises(IngestError, match=r"^No column is called “pin”, which was to be private\. Nothing was kept\.$"):
        ingest.load(folder / "cities.tsv", ReadOptions(private=("pin",)), folder / "staged.duckdb")
    assert not (folder / "staged.duckdb").exists()


def test_what_is_said_of_a_private_column_quotes_none_of_its_values(folder, capsys):
    (folder / "codes.csv").write_text("code,n\n007,1\n008,2\n009,x\n")
    assert load("codes.csv", "--json", "--private", "code") == OK
    assert "00" not in " ".join(lines(capsys)[0]["warnings"])


def test_arguments_that_do_not_go_together(folder, capsys):
    assert load("customers.csv", "cities.tsv", "--table", "t") == USAGE
    with pytest.raises(SystemExit) as stopped:
        load("customers.csv", "--replace", "--append")
    assert stopped.value.code == USAGE


def test_a_person_s_own_file_takes_no_tables(folder, capsys, monkeypatch):
    import duckdb

    duckdb.connect("own.duckdb").execute("CREATE TABLE t AS SELECT 1 AS a").close()
    monkeypatch.setenv("NL2SQL_DATABASE", "own.duckdb")
    assert load("customers.csv", "--json") == FAILED
    assert "Unset NL2SQL_DATABASE" in lines(capsys)[0]["error"]


def test_a_stopped_load_is_no_failure_without_a_word(folder, capsys, monkeypatch):
    def stopped(*arguments, **more):
        raise QueryCancelledError("Stopped.")

    monkeypatch.setattr(ingest, "load", stopped)
    assert load("customers.csv", "--json") == FAILED
    (line,) = lines(capsys)
    assert (line["status"], line["error"]) == ("cancelled", "Stopped.")


def test_from_files_to_an_answer_over_two_of_them(folder, capsys):
    """Three files, one confirmed relationship, one question: joined, and filtered by a stored value."""
    assert load("customers.csv", "Q3 Orders (final).csv", "cities.tsv") == OK
    bench = Workbench(Settings(home=Path("home"), workers=1), lambda name: ScriptedParser({}))
    try:
        assert [table.name for table in bench.snapshot().schema.tables] == ["customers", "q3_orders_final", "cities"]
        (proposal,) = [one for one in bench.keys().relationships if one.key.table == "q3_orders_final"]
        assert proposal.evidence == "All 3 values of q3_orders_final.customer_id are found in customers.id."
        bench.workspace.add_key(proposal.key)
        assert proposal.key in bench.snapshot().schema.foreign_keys
        assert bench.keys().relationships == ()
        values = bench.values(bench.snapshot())
        assert values.stored("customers", "country", "united states") == "United States"
    finally:
        bench.close()
    capsys.readouterr()
    question = "What are the total sales of customers in the united states?"
    assert main(["ask", question, "--workspace", "home", "--parser", "builtin", "--json"]) == OK
    (answer,) = lines(capsys)
    assert answer["rows"] == [["15.00"]] or answer["rows"] == [[15.0]], answer["sql"]
    assert "JOIN" in answer["sql"]
    assert "'United States'" in answer["sql"]


def test_what_parsers_are_told_of_uploaded_tables(folder):
    assert load("Q3 Orders (final).csv", "customers.csv") == OK
    parser = ScriptedParser({})
    bench = Workbench(Settings(home=Path("home"), workers=1), lambda name: parser)
    try:
        bench.workspace.hide_column("customers", "code")
        bench.workspace.make_private("customers", "customer_name")
        bench.answer("anything")
    finally:
        bench.close()
    request: ParseRequest = parser.requests[0]
    orders, customers = request.schema.tables
    assert [column.label for column in orders.columns] == ["order_no", "customer_id", "ordered_on", "Total Sales ($)"]
    assert [column.name for column in customers.columns] == ["id", "customer_name", "country"]
    assert customers.columns[1].examples == ()
    assert request.values.of_column("customers", "customer_name") == ()
    assert request.values.of_column("customers", "code") == ()
    assert set(request.values.of_column("customers", "country")) == {"Peru", "United States"}

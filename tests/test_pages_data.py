"""The Data page through the entry point, without a browser: from a file to a table to an answer, and all around it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import duckdb
import openpyxl
import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from nl2sql.ingest.profile import read_values
from nl2sql.parsers import registry
from nl2sql.schema import ForeignKey
from pages import resources
from tests.fakes import ScriptedParser
from tests.odd_files.generate import DOZEN, write

ENTRY = Path(__file__).resolve().parents[1] / "streamlit_app.py"
FINANCE = (
    "Sales report Q3 2025;;;\nRegion;Customer;Total Sales ($);Date\n"
    "North;Müller GmbH;1.234,56;31.12.2024\nSouth;Café Noir;2.000,00;01.11.2024\n"
    'North;"Smith; Sons";99,50;15.10.2024\n'
).encode("cp1252")
HOSTILE = "<b>x</b> **y** $z$ :material/home: [a](http://b.c)"
ORDERS = "order_id,customer_id,amount\n" + "".join(f"{number},{number % 5 + 1},{number}.5\n" for number in range(60))
CUSTOMERS = "id,name,country\n" + "".join(f"{number},Name {number},NO\n" for number in range(1, 6))
RAGGED = "id,amount\n1,2\n2,3\n3,4,=1+1\n4,5\n"
ANSWERS = {"total sales by region": "SELECT region, sum(total_sales) AS total FROM finance GROUP BY region ORDER BY 1"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty workspace without the sample, and a scripted parser."""
    for name in ("NL2SQL_DATABASE", "NL2SQL_IMPORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("NL2SQL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("NL2SQL_SAMPLE", "0")
    monkeypatch.setattr(registry, "load", lambda name, settings: ScriptedParser(ANSWERS, name="builtin"))
    st.cache_resource.clear()
    yield tmp_path
    resources.workbench().close()
    st.cache_resource.clear()


def opened(**address: str) -> AppTest:
    """The Data page in a session of its own."""
    app = AppTest.from_file(str(ENTRY), default_timeout=120)
    app.switch_page("pages/data.py")
    for name, value in address.items():
        app.query_params[name] = value
    return fine(app.run())


def fine(app: AppTest) -> AppTest:
    assert not app.exception, [one.message for one in app.exception]
    return app


def upload(app: AppTest, name: str, content: bytes) -> AppTest:
    app.file_uploader[0].set_value((name, content, "application/octet-stream"))
    fine(app.run())
    return fine(app.run())


def press(app: AppTest, label: str) -> AppTest:
    """Press a button and wait for the load that it may have started."""
    next(one for one in app.button if one.label == label).click()
    fine(app.run())
    for job in resources.workbench().loader.jobs():
        if job.running:
            assert job.wait(120) is not None
    return fine(app.run())


def text(app: AppTest) -> str:
    """Everything that is said on the page."""
    drawn = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.subheader]
    return "\n".join(one.value for one in drawn).replace("\\", "").replace("\u2060", "")


def keep(app: AppTest, name: str, content: str | bytes) -> AppTest:
    """Upload a file and keep it as a table."""
    upload(app, name, content.encode() if isinstance(content, str) else content)
    return press(app, "Keep as table")


def address(app: AppTest, name: str) -> str:
    """A part of the page's address."""
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


def open_tab(app: AppTest, tab: str) -> AppTest:
    app.session_state["table-tab"] = tab
    return fine(app.run())


def typed(app: AppTest, key: str, row: int, **changed: object) -> AppTest:
    """Edit a row of an editable grid."""
    app.session_state[key] = {"edited_rows": {row: changed}, "added_rows": [], "deleted_rows": []}
    return fine(app.run())


def test_from_a_finance_file_to_an_answer():
    app = upload(opened(), "finance.csv", FINANCE)
    assert "Text with ; between fields, Windows-1252, 3 rows, decimal comma, dates day first" in text(app)
    assert app.dataframe[0].value["total_sales"].tolist() == ["1234.56", "2000.00", "99.50"]
    press(app, "Keep as table")
    assert "**finance** is a table now: 3 rows." in text(app)
    assert not resources.workbench().uploads.pending()
    app.switch_page("pages/ask.py").run()
    app.text_input("question").set_value("total sales by region")
    next(one for one in app.button if one.label == "Ask").click()
    fine(app.run())
    job = resources.workbench().job(address(app, "answer"))
    assert job is not None
    assert job.wait(60) is not None
    fine(app.run())
    assert [float(one) for one in app.dataframe[0].value["total"]] == [1334.06, 2000.0]


def test_nothing_that_arrived_is_lost_by_a_reload_or_a_restart():
    upload(opened(), "finance.csv", FINANCE)
    assert "decimal comma" in text(opened())
    resources.workbench().close()
    st.cache_resource.clear()
    app = opened()
    assert "decimal comma" in text(app)
    assert press(app, "Keep as table").button


def test_several_files_at_once():
    app = opened()
    app.file_uploader[0].set_value([("a.csv", b"x,y\n1,2\n", "text/csv"), ("b.csv", b"x,y\n3,4\n", "text/csv")])
    fine(app.run())
    assert len(resources.workbench().uploads.pending()) == 2
    assert sum(".csv" in one.label.replace("\\", "") for one in app.expander) == 2


def workbook(**sheets: list[list[object]]) -> bytes:
    book = openpyxl.Workbook()
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.remove(book["Sheet"])
    found = io.BytesIO()
    book.save(found)
    return found.getvalue()


PEOPLE = [["id", "name"], [1, "Ann"], [2, "Bob"]]
TOWNS = [["town", "people"], ["Lima", 10], ["Rome", 3], ["Oslo", 1]]


def test_all_sheets_of_a_workbook_at_once():
    app = upload(opened(), "book.xlsx", workbook(people=PEOPLE, towns=TOWNS, empty=[]))
    id = resources.workbench().uploads.pending()[0].id
    typed(app, f"columns-{id}-0", 1, private=True)
    press(app, "Keep all 2 sheets")
    assert not app.error
    assert "**book_people** is a table now: 2 rows." in text(app)
    assert "**book_towns** is a table now: 3 rows." in text(app)
    assert not resources.workbench().uploads.pending()
    people, towns = (info.table for info in resources.workbench().workspace.tables())
    assert [column.private for column in (*people.columns, *towns.columns)] == [False, True, False, False]
    press(app, "Close")
    assert "is a table now" not in text(app)


def test_each_chosen_sheet_has_its_outcome():
    app = upload(opened(), "book.xlsx", workbook(people=PEOPLE, towns=TOWNS, more=PEOPLE))
    id = resources.workbench().uploads.pending()[0].id
    typed(app, f"columns-{id}-0", 1, type="BIGINT")
    fine(app.multiselect(f"sheets-3-{id}").set_value(["people", "towns"]).run())
    press(app, "Keep 2 sheets")
    assert "**book_towns** is a table now: 3 rows." in text(app)
    assert "Sheet “people”: 2 rows do not fit. Nothing is kept yet." in text(app)
    press(app, "Keep as text")
    assert "**book_people** is a table now: 2 rows." in text(app)
    assert [one.kept_as for one in resources.workbench().uploads.pending()] == [("book_towns", "book_people")]
    fine(app.selectbox(f"read-sheet-{id}").set_value("more").run())
    press(app, "Keep as table")
    assert not resources.workbench().uploads.pending()
    assert text(app).count("is a table now") == 3


def test_a_file_too_large_says_how_to_load_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NL2SQL_UPLOAD_MB", "1")
    app = upload(opened(), "big.csv", b"x,y\n" + b"1,2\n" * 300_000)
    assert "larger than 1 MB" in app.error[0].value
    assert "load FILE" in app.error[0].value
    assert not resources.workbench().uploads.pending()


def test_options_are_changed_and_the_file_read_again():
    app = upload(opened(), "money.csv", b"what;cost\na;1,5\nb;2,5\n")
    id = resources.workbench().uploads.pending()[0].id
    assert app.dataframe[0].value["cost"].tolist() == ["1.5", "2.5"]
    fine(app.toggle(f"read-header-{id}").set_value(False).run())
    assert len(app.dataframe[0].value) == 3
    press(app, "Read it as found")
    fine(app.selectbox(f"read-delimiter-{id}").set_value(",").run())
    assert "Text with , between fields" in text(app)
    press(app, "Read it as found")
    assert "Text with ; between fields" in text(app)


def test_columns_are_renamed_retyped_and_left_out():
    app = upload(opened(), "people.csv", b"Nr;Full name;Age\n1;Ann;30\n2;Bob;40\n")
    key = f"columns-{resources.workbench().uploads.pending()[0].id}-0"
    typed(app, key, 1, name="who")
    typed(app, key, 2, type="VARCHAR")
    typed(app, key, 0, keep=False)
    press(app, "Keep as table")
    table = resources.workbench().snapshot().schema.tables[0]
    assert [(column.name, column.type) for column in table.columns] == [("who", "VARCHAR"), ("age", "VARCHAR")]
    assert "Full name" in (table.columns[0].label, *table.columns[0].synonyms)


def test_a_column_is_private_before_the_table_is_there():
    app = upload(opened(), "people.csv", b"Nr;Full name;Town\n1;Ann;Lima\n2;Bob;Rome\n")
    id = resources.workbench().uploads.pending()[0].id
    typed(app, f"columns-{id}-0", 1, private=True)
    fine(app.toggle(f"read-header-{id}").set_value(False).run())
    assert "No column is called “Full name”, which was to be private." in text(app)
    press(app, "Keep as table")
    assert "which was to be private. Nothing was kept." in text(app)
    fine(app.toggle(f"read-header-{id}").set_value(True).run())
    press(app, "Keep as table")
    (info,) = resources.workbench().workspace.tables()
    assert [(one.name, one.private, one.examples) for one in info.table.columns][1] == ("full_name", True, ())
    assert {one.value for one in read_values(info.path, info.source_columns).values} == {"Lima", "Rome"}


def test_what_is_no_column_any_more_is_private_until_somebody_says_so():
    app = upload(opened(), "people.csv", b"Nr;Full name\n1;Ann\n2;Bob\n")
    id = resources.workbench().uploads.pending()[0].id
    typed(app, f"columns-{id}-0", 1, private=True)
    fine(app.toggle(f"read-header-{id}").set_value(False).run())
    press(app, "Forget that Full name is private")
    key = f"columns-{id}-{app.session_state[f'turn-columns-{id}']}"
    typed(app, key, 0, private=True)
    typed(app, key, 0, name="number")
    press(app, "Keep as table")
    table = resources.workbench().snapshot().schema.tables[0]
    assert [(one.name, one.private) for one in table.columns] == [("number", True), ("column_2", False)]


def test_a_change_that_cannot_be_is_taken_back():
    app = upload(opened(), "twice.csv", b"a;b\n1;2\n")
    typed(app, f"columns-{resources.workbench().uploads.pending()[0].id}-0", 0, name="b")
    assert app.error
    press(app, "Undo the last change")
    assert not app.error
    assert app.dataframe[0].value.columns.tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("choice", "rows", "said"),
    [("Leave those rows out", 3, "1 row was left out"), ("Keep as text", 4, "ragged is a table now")],
)
def test_misfits_are_shown_and_decided(choice: str, rows: int, said: str):
    app = keep(opened(), "ragged.csv", RAGGED)
    assert "1 row does not fit. Nothing is kept yet." in text(app)
    assert app.dataframe[0].value["line"].tolist() == [4]
    assert not resources.workbench().workspace.tables()
    press(app, choice)
    assert said in text(app).replace("*", "")
    assert resources.workbench().workspace.tables()[0].rows == rows


def test_misfits_stop_keeps_nothing():
    app = keep(opened(), "ragged.csv", RAGGED)
    press(app, "Stop here")
    assert "Keep as table" in [one.label for one in app.button]
    assert not resources.workbench().workspace.tables()


def test_replacing_shows_what_changes_first():
    app = keep(opened(), "staff.csv", "name,pay\nAnn,1\n")
    upload(app, "staff.csv", b"name,bonus\nBob,2\nCyd,3\n")
    assert "There is a table called staff already." in text(app)
    press(app, "Replace staff")
    assert "New columns: bonus." in text(app)
    assert "No longer there: pay." in text(app)
    press(app, "Replace staff")
    assert "staff has its new content: 2 rows." in text(app).replace("*", "")
    upload(app, "staff.csv", b"name,bonus\nDan,4\n")
    press(app, "Add to staff")
    assert "The same columns." in text(app)
    press(app, "Add to staff")
    assert resources.workbench().workspace.tables()[0].rows == 3


def test_discarding_asks_first():
    app = upload(opened(), "finance.csv", FINANCE)
    app.button(f"discard-{resources.workbench().uploads.pending()[0].id}").click().run()
    assert resources.workbench().uploads.pending()
    app.button("discard-now").click().run()
    assert not resources.workbench().uploads.pending()


def test_delete_undo_and_the_list_of_deleted_tables():
    app = keep(opened(), "staff.csv", "name,pay\nAnn,1\n")
    press(app, "Open")
    assert address(app, "table") == "staff"
    press(app, "Delete")
    assert "Deleted: staff" in text(app).replace("*", "")
    press(app, "Undo")
    assert [one.name for one in resources.workbench().workspace.tables()] == ["staff"]
    press(app, "Open")
    press(app, "Delete")
    next(one for one in app.button if one.label == "Delete for good").click().run()
    app.button("purge-now").click().run()
    assert not resources.workbench().workspace.deleted()


def test_profile_rows_and_notes_of_a_table():
    app = keep(opened(), "finance.csv", FINANCE)
    press(app, "Open")
    profile = app.dataframe[0].value.set_index("name")
    assert profile.loc["total_sales", "minimum"] == "99.50"
    assert profile.loc["total_sales", "label"] == "Total Sales ($)"
    open_tab(app, "First rows")
    assert len(app.dataframe[0].value) == 3
    open_tab(app, "Names and notes")
    app.text_input("note-label-finance").set_value("Quarterly sales")
    app.text_input("note-words-finance").set_value("revenue, turnover")
    press(app, "Save")
    typed(app, "notes-columns-finance-0", 1, private=True, about="Who bought")
    table = resources.workbench().snapshot().schema.tables[0]
    assert (table.display_name, table.synonyms) == ("Quarterly sales", ("revenue", "turnover"))
    customer = table.column("customer")
    assert customer is not None
    assert (customer.private, customer.description, customer.examples) == (True, "Who bought", ())
    open_tab(app, "Columns")
    profile = app.dataframe[0].value.set_index("name")
    assert profile.loc["customer", ["minimum", "maximum", "examples"]].tolist() == ["private"] * 3


def test_renaming_a_table_follows_it():
    app = keep(opened(), "staff.csv", "name,pay\nAnn,1\n")
    press(app, "Open")
    open_tab(app, "Names and notes")
    app.text_input("note-name-staff").set_value("people")
    press(app, "Save")
    assert address(app, "table") == "people"
    assert app.subheader[0].value == "people"
    typed(app, "notes-columns-people-0", 1, name="name")
    assert "already" in app.error[0].value


def test_keys_are_suggested_confirmed_and_removed():
    app = keep(opened(), "customers.csv", CUSTOMERS)
    keep(app, "orders.csv", ORDERS)
    app.query_params["table"] = "orders"
    app.run()
    open_tab(app, "Keys")
    assert "All 5 values of orders.customer_id are found in customers.id." in text(app)
    app.button("confirm-0").click()
    fine(app.run())
    key = ForeignKey("orders", ("customer_id",), "customers", ("id",))
    assert resources.workbench().snapshot().schema.foreign_keys == (key,)
    fine(app.multiselect("primary-orders").set_value(["order_id"]).run())
    assert resources.workbench().snapshot().schema.table("orders").primary_key == ("order_id",)
    press(app, "Remove")
    assert not resources.workbench().snapshot().schema.foreign_keys


def test_hostile_names_stay_text():
    app = upload(opened(), f"{HOSTILE.replace('/', ' ')}.csv", f'"{HOSTILE}";b\n"{HOSTILE}";1\n'.encode())
    press(app, "Keep as table")
    drawn = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.subheader]
    labels = [one.label for one in [*app.expander, *app.button]]
    for said in [*(one.value for one in drawn), *labels]:
        assert "**y**" not in said
        assert "<b>x" not in said
        assert ":material/home:" not in said


def test_the_import_folder_is_read_in_place(home: Path):
    folder = home / "home" / "import"
    folder.mkdir(parents=True)
    (folder / "staff.csv").write_text("name,pay\nAnn,1\n")
    app = opened()
    press(app, "Read")
    press(app, "Keep as table")
    assert [one.name for one in resources.workbench().workspace.tables()] == ["staff"]
    assert (folder / "staff.csv").exists()
    assert "kept as staff" in text(app)


@pytest.mark.parametrize("name", DOZEN)
def test_odd_files_get_a_table_or_a_sentence(name: str, tmp_path: Path):
    path = write(name, tmp_path)
    app = upload(opened(), name, path.read_bytes())
    if app.error:
        assert app.error[0].value.endswith(".")
        assert "Keep as table" not in [one.label for one in app.button]
        return
    press(app, "Keep as table")
    if any(one.label == "Leave those rows out" for one in app.button):
        press(app, "Keep as text")
    assert not app.error
    assert len(resources.workbench().workspace.tables()) == 1


def test_the_sample_can_be_hidden_and_brought_back(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NL2SQL_SAMPLE", "1")
    app = opened()
    assert "employees" in text(app)
    fine(app.toggle("sample_shown").set_value(False).run())
    assert "employees" not in text(app)
    fine(app.toggle("sample_shown").set_value(True).run())
    assert "employees" in text(app)


def test_a_file_of_ones_own_is_only_described(home: Path, monkeypatch: pytest.MonkeyPatch):
    with duckdb.connect(str(home / "own.duckdb")) as con:
        con.execute("CREATE TABLE staff AS SELECT 1 AS id, 'Ann' AS name")
    monkeypatch.setenv("NL2SQL_DATABASE", str(home / "own.duckdb"))
    app = opened()
    assert not app.file_uploader
    assert "which is only read" in text(app)
    press(app, "Open")
    assert app.dataframe[0].value.set_index("name").loc["id", "maximum"] == "1"
    open_tab(app, "Names and notes")
    app.text_area("note-about-staff").set_value("Everybody")
    press(app, "Save")
    assert resources.workbench().snapshot().schema.tables[0].description == "Everybody"
    assert "Delete" not in [one.label for one in app.button]


def test_without_tables_the_ask_page_leads_here():
    app = AppTest.from_file(str(ENTRY), default_timeout=60)
    fine(app.run())
    assert app.info
    assert "NL2SQL" not in app.info[0].value


def test_a_table_that_is_not_there_says_so():
    assert opened(table=HOSTILE).info

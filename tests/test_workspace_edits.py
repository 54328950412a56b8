"""Edits of a workspace on paper: names, notes, keys, deleting, what changes when a table is loaded anew. No files."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace

import pytest

from nl2sql.errors import NameTakenError, WorkspaceError
from nl2sql.schema import Column, ForeignKey, Table, fold
from nl2sql.workspace import diff, edits, notes
from nl2sql.workspace.append import paired
from nl2sql.workspace.contents import CatalogTable, Contents, Deleted
from nl2sql.workspace.widen import widened

NOW = dt.datetime(2025, 6, 15, 12, tzinfo=dt.UTC)


def entry(name: str, columns: str, origin: str = "upload", key: tuple[str, ...] = ()) -> CatalogTable:
    """A table from `name TYPE, name TYPE`; its columns are called in capitals in its file."""
    pairs = [text.split() for text in columns.split(", ")]
    table = Table(name, tuple(Column(column, kind) for column, kind in pairs), key, 3)
    sources = tuple(column.upper() for column, _ in pairs)
    return CatalogTable(table, f"{name}.v1.duckdb", name, origin, sources)  # type: ignore[arg-type]


CUSTOMERS = entry("customers", "id INTEGER, city VARCHAR", key=("id",))
ORDERS = entry("orders", "id INTEGER, customer_id INTEGER, amount DOUBLE")
TO_CUSTOMERS = ForeignKey("orders", ("customer_id",), "customers", ("id",), declared=False)
SHOP = Contents((CUSTOMERS, ORDERS), (TO_CUSTOMERS,))
SAMPLE = entry("employees", "id INTEGER", "sample")


def names(contents: Contents) -> list[str]:
    return [one.name for one in contents.tables]


def table(contents: Contents, name: str) -> Table:
    return edits.find(contents, name).table


# Names


@pytest.mark.parametrize(("one", "other", "same"), [("Ab_1", "aB_1", True), ("É", "é", False), ("ß", "SS", False)])
def test_names_are_compared_as_the_engine_does(one: str, other: str, same: bool) -> None:
    assert (fold(one) == fold(other)) is same


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "a\x00b", "a\u202eb", "x" * 121, "a\u200bb"])
def test_names_that_nobody_could_read_are_refused(name: str) -> None:
    with pytest.raises(WorkspaceError, match="A name cannot"):
        edits.renamed_table(SHOP, "orders", name, ())


def test_a_renamed_table_keeps_keys_and_answers_to_its_old_names() -> None:
    labelled = edits.with_table(SHOP, "customers", lambda one: notes.described_table(one, "Our Clients", "All of them"))
    after = edits.renamed_table(labelled, "CUSTOMERS", " clients ", edits.taken_names(labelled, False))
    assert names(after) == ["clients", "orders"]
    clients = table(after, "clients")
    assert (clients.display_name, clients.description) == (None, "All of them")
    assert clients.synonyms == ("customers", "Our Clients")
    assert after.foreign_keys == (replace(TO_CUSTOMERS, to_table="clients"),)
    back = edits.renamed_table(after, "clients", "Customers", edits.taken_names(after, False))
    assert table(back, "customers").synonyms == ("Our Clients", "clients")


def test_a_name_may_change_its_case_only() -> None:
    after = edits.renamed_table(SHOP, "orders", "Orders", edits.taken_names(SHOP, False))
    assert names(after) == ["customers", "Orders"]
    assert table(after, "orders").synonyms == ()
    assert after.foreign_keys[0].table == "Orders"
    column = edits.renamed_column(SHOP, "orders", "amount", "Amount")
    assert table(column, "orders").columns[2].name == "Amount"


def test_names_that_are_there_are_not_taken_again() -> None:
    taken = edits.taken_names(SHOP, False)
    with pytest.raises(NameTakenError, match="a table called CUSTOMERS already") as caught:
        edits.renamed_table(SHOP, "orders", "CUSTOMERS", taken)
    assert caught.value.suggestion == "CUSTOMERS_2"
    with pytest.raises(NameTakenError) as caught:
        edits.added(SHOP, entry("Orders", "x INTEGER"), taken)
    assert caught.value.suggestion == "Orders_2"
    with pytest.raises(NameTakenError, match="a column called ID already"):
        edits.renamed_column(SHOP, "orders", "amount", "ID")


def test_a_renamed_column_keeps_its_keys() -> None:
    after = edits.renamed_column(SHOP, "customers", "ID", "customer no")
    assert table(after, "customers").primary_key == ("customer no",)
    assert table(after, "customers").columns[0].synonyms == ("id",)
    assert after.foreign_keys == (replace(TO_CUSTOMERS, to_columns=("customer no",)),)
    assert after.tables[0].source_columns == ("ID", "CITY")
    both = edits.renamed_column(after, "orders", "customer_id", "who")
    assert both.foreign_keys == (ForeignKey("orders", ("who",), "customers", ("customer no",), False),)
    assert both.tables[1].table.columns[0].name == "id"


# Notes


def test_notes_change_one_by_one_and_are_cleaned() -> None:
    about = notes.described_column(ORDERS.table, "AMOUNT", " Net\u202e amount\n", "line one\nline\x07 two")
    about = notes.described_column(about, "amount", synonyms=["turnover", "Turnover ", "", "amount", "x\x00"])
    column = about.columns[2]
    assert (column.display_name, column.description) == ("Net amount", "line one\nline two")
    assert column.synonyms == ("turnover", "x")
    cleared = notes.described_column(about, "amount", display_name=None).columns[2]
    assert (cleared.display_name, cleared.description, cleared.synonyms) == (None, column.description, column.synonyms)


def test_private_columns_have_no_examples() -> None:
    shown = replace(ORDERS.table, columns=(replace(ORDERS.table.columns[0], examples=("1", "2")),))
    private = notes.with_private(shown, "id", True)
    assert (private.columns[0].private, private.columns[0].examples) == (True, ())
    assert notes.with_private(private, "id", False, ("1",)).columns[0] == replace(shown.columns[0], examples=("1",))
    assert notes.with_hidden(shown, "id", True).columns[0].hidden


@pytest.mark.parametrize(
    "edit",
    [
        lambda: edits.with_table(SHOP, "nothing", lambda one: one),
        lambda: notes.described_column(ORDERS.table, "nothing"),
        lambda: edits.renamed_column(SHOP, "orders", "nothing", "x"),
        lambda: notes.with_primary_key(ORDERS.table, ("id", "ID")),
        lambda: edits.deleted(SHOP, "nothing", NOW),
        lambda: edits.without_key(SHOP, ForeignKey("orders", ("id",), "customers", ("id",))),
        lambda: edits.undeleted(SHOP, "nothing", ()),
    ],
)
def test_what_is_not_there_is_a_sentence(edit: Callable[[], object]) -> None:
    with pytest.raises(WorkspaceError):
        edit()


def test_the_sample_takes_notes_but_no_changes_to_its_rows_or_names() -> None:
    both = Contents((ORDERS, SAMPLE))
    noted = edits.with_table(both, "employees", lambda one: notes.described_table(one, description="people"))
    assert table(noted, "employees").description == "people"
    for edit in (
        lambda: edits.deleted(both, "employees", NOW),
        lambda: edits.renamed_table(both, "employees", "x", ()),
        lambda: edits.renamed_column(both, "employees", "id", "x"),
    ):
        with pytest.raises(WorkspaceError, match="belongs to the sample"):
            edit()


def test_a_new_sample_keeps_the_notes_on_the_old_one() -> None:
    noted = notes.described_column(SAMPLE.table, "id", "No.", synonyms=["number"])
    noted = notes.with_private(notes.described_table(noted, "Staff"), "id", True)
    before = Contents((replace(SAMPLE, table=noted),), sample_month="2025-05")
    fresh = replace(SAMPLE, table=replace(SAMPLE.table, columns=(Column("id", "INTEGER", examples=("1",)),)))
    (again,) = edits.with_notes_of([fresh], before)
    assert again.table == replace(noted, columns=(replace(noted.columns[0], examples=()),))


# Keys


def test_keys_are_spelled_as_the_tables_are_and_added_once() -> None:
    bare = replace(SHOP, foreign_keys=())
    after = edits.with_key(bare, ForeignKey("ORDERS", ("Customer_ID",), "Customers", ("ID",)))
    assert after.foreign_keys == (ForeignKey("orders", ("customer_id",), "customers", ("id",)),)
    assert edits.with_key(after, TO_CUSTOMERS) is after
    assert edits.without_key(after, replace(TO_CUSTOMERS, table="Orders")).foreign_keys == ()


@pytest.mark.parametrize(
    ("key", "why"),
    [
        (ForeignKey("orders", ("customer_id",), "customers", ("city",)), "different kinds"),
        (ForeignKey("orders", ("nothing",), "customers", ("id",)), "no column"),
        (ForeignKey("nothing", ("id",), "customers", ("id",)), "no table"),
        (ForeignKey("orders", ("id",), "customers", ("id", "city")), "as many columns"),
        (ForeignKey("orders", (), "customers", ()), "as many columns"),
        (ForeignKey("orders", ("id",), "orders", ("ID",)), "to themselves"),
    ],
)
def test_keys_that_cannot_be_joined_are_refused(key: ForeignKey, why: str) -> None:
    with pytest.raises(WorkspaceError, match=why):
        edits.with_key(SHOP, key)


# Deleting and coming back


def delete(contents: Contents, name: str) -> tuple[Contents, Deleted]:
    return edits.deleted(contents, name, NOW)


def test_a_deleted_table_comes_back_with_its_keys() -> None:
    after, gone = delete(SHOP, "Customers")
    assert (names(after), after.foreign_keys, after.deleted) == (["orders"], (), (gone,))
    assert after.kept_files == {"customers.v1.duckdb", "orders.v1.duckdb"}
    assert after.files == ("orders.v1.duckdb",)
    back, name = edits.undeleted(after, gone.id, edits.taken_names(after, False))
    assert name == "customers"
    assert sorted(names(back)) == ["customers", "orders"]
    assert (back.foreign_keys, back.deleted) == ((TO_CUSTOMERS,), ())


def test_keys_between_two_deleted_tables_come_back_with_the_second() -> None:
    one, customers = delete(SHOP, "customers")
    two, orders = delete(one, "orders")
    half, _ = edits.undeleted(two, customers.id, ())
    assert half.foreign_keys == ()
    whole, _ = edits.undeleted(half, orders.id, ("customers",))
    assert whole.foreign_keys == (TO_CUSTOMERS,)
    other_way, _ = edits.undeleted(two, orders.id, ())
    assert edits.undeleted(other_way, customers.id, ("orders",))[0].foreign_keys == (TO_CUSTOMERS,)


def test_keys_follow_what_is_renamed_in_the_meantime() -> None:
    after, gone = delete(SHOP, "customers")
    after = edits.renamed_table(after, "orders", "sales", ())
    after = edits.renamed_column(after, "sales", "customer_id", "who")
    back, name = edits.undeleted(after, gone.id, ("sales",), "clients")
    assert name == "clients"
    assert back.foreign_keys == (ForeignKey("sales", ("who",), "clients", ("id",), False),)


def test_a_name_taken_meanwhile_is_said_when_a_table_comes_back() -> None:
    after, gone = delete(SHOP, "customers")
    after = edits.added(after, entry("Customers", "id VARCHAR"), ())
    with pytest.raises(NameTakenError) as caught:
        edits.undeleted(after, gone.id, edits.taken_names(after, False))
    assert caught.value.suggestion == "customers_2"
    back, _ = edits.undeleted(after, gone.id, edits.taken_names(after, False), "customers_2")
    assert back.foreign_keys == (replace(TO_CUSTOMERS, to_table="customers_2"),)


def test_keys_to_what_is_no_more_do_not_come_back() -> None:
    after, gone = delete(SHOP, "customers")
    changed = replace(ORDERS, table=replace(ORDERS.table, columns=(Column("id", "INTEGER"),)), source_columns=("ID",))
    after = edits.put(after, edits.find(after, "orders"), changed)
    back, _ = edits.undeleted(after, gone.id, ())
    assert back.foreign_keys == ()


def test_deleted_tables_go_for_good_after_thirty_days_or_when_asked() -> None:
    one, gone = delete(SHOP, "customers")
    two, _ = delete(one, "orders")
    assert edits.without_expired(two, NOW + dt.timedelta(days=30)) is two
    assert edits.without_expired(two, NOW + dt.timedelta(days=31)).deleted == ()
    assert [left.name for left in edits.purged(two, gone.id).deleted] == ["orders"]
    assert edits.purged(two).kept_files == frozenset()
    assert edits.purged(SHOP) is SHOP


# The sample beside own tables


def test_an_own_table_covers_the_samples_table_and_its_keys() -> None:
    stores, returns = entry("stores", "id INTEGER", "sample"), entry("returns", "store_id INTEGER", "sample")
    key = ForeignKey("returns", ("store_id",), "stores", ("id",))
    sample = Contents(sample_month="2025-06").with_sample((stores, returns), (key,), "2025-06")
    assert sample.offered() is sample
    both = edits.added(sample, entry("Stores", "id INTEGER"), edits.taken_names(sample, False))
    assert [(one.name, one.origin) for one in both.offered().tables] == [("Stores", "upload"), ("returns", "sample")]
    assert both.offered().keys == ()
    after, _ = delete(both, "STORES")
    assert after.offered().keys == (key,)
    with pytest.raises(NameTakenError):
        edits.added(sample, entry("Stores", "id INTEGER"), edits.taken_names(sample, True))


def test_keys_to_the_sample_outlive_the_month() -> None:
    own = entry("sales", "employee INTEGER")
    both = edits.with_key(Contents((own, SAMPLE)), ForeignKey("sales", ("employee",), "employees", ("id",)))
    again = both.with_sample((SAMPLE,), (), "2025-07")
    assert again.foreign_keys == both.foreign_keys
    assert both.with_sample((), (), "2025-07").foreign_keys == ()


# Loading anew


def new(columns: str, **labels: str) -> Table:
    made = entry("whatever", columns).table
    return replace(made, columns=tuple(replace(one, display_name=labels.get(one.name)) for one in made.columns))


NOTED = replace(
    ORDERS,
    table=notes.with_hidden(notes.described_column(ORDERS.table, "amount", "Net", synonyms=["turnover"]), "id", True),
)
SHOP_NOTED = Contents((CUSTOMERS, NOTED), (TO_CUSTOMERS,))


def test_the_same_columns_keep_everything() -> None:
    table, changed = diff.replaced(NOTED, new("customer_id INTEGER, id INTEGER, amount DOUBLE"))
    assert changed.same_columns
    assert changed.sentences() == ()
    assert [column.name for column in table.columns] == ["customer_id", "id", "amount"]
    assert table.columns[1].hidden
    assert (table.columns[2].display_name, table.columns[2].synonyms) == ("Net", ("turnover",))
    after, whole = edits.replaced(SHOP_NOTED, NOTED, replace(NOTED, table=table), changed)
    assert (after.foreign_keys, whole.keys_lost) == ((TO_CUSTOMERS,), ())


def test_a_column_that_goes_takes_its_keys_along() -> None:
    table, changed = diff.replaced(NOTED, new("id BIGINT, extra VARCHAR"))
    after, changed = edits.replaced(SHOP_NOTED, NOTED, replace(NOTED, table=table), changed)
    assert [column.name for column in changed.removed] == ["customer_id", "amount"]
    assert [column.name for column in changed.added] == ["extra"]
    assert changed.retyped == (diff.Retyped("id", "INTEGER", "BIGINT"),)
    assert (changed.keys_lost, changed.notes_lost) == ((TO_CUSTOMERS,), ("amount",))
    assert after.foreign_keys == ()
    assert changed.sentences() == (
        "New columns: extra.",
        "No longer there: customer_id, Net.",
        "Another type: id (INTEGER becomes BIGINT).",
        "Relationships that go: orders.customer_id to customers.id.",
        "Notes that go with their column: amount.",
    )


def test_keys_whose_sides_cannot_be_joined_any_more_go() -> None:
    table, changed = diff.replaced(CUSTOMERS, new("id VARCHAR, city VARCHAR"))
    after, changed = edits.replaced(SHOP, CUSTOMERS, replace(CUSTOMERS, table=table), changed)
    assert (changed.keys_lost, after.foreign_keys) == ((TO_CUSTOMERS,), ())
    assert table.primary_key == ("id",)
    gone, lost = diff.replaced(CUSTOMERS, new("city VARCHAR"))
    assert (gone.primary_key, lost.primary_key_lost) == ((), ("id",))


def test_renamed_columns_are_found_again_by_the_names_in_the_file() -> None:
    renamed = edits.renamed_column(SHOP, "orders", "customer_id", "who")
    old = edits.find(renamed, "orders")
    table, changed = diff.replaced(old, new("id INTEGER, CUSTOMER_ID INTEGER, amount DOUBLE"))
    assert changed.same_columns
    assert [column.name for column in table.columns] == ["id", "who", "amount"]


def test_columns_are_found_again_by_the_header_that_people_know() -> None:
    old = edits.with_table(SHOP, "orders", lambda one: notes.described_column(one, "amount", "Total Sales ($)"))
    before = edits.find(old, "orders")
    places = diff.matched(before, new("total_sales DOUBLE, id INTEGER", total_sales="Total sales ($)"))
    assert places == (2, 0)


def test_a_swap_of_names_is_not_followed_into_the_wrong_column() -> None:
    swapped = replace(ORDERS, source_columns=("CUSTOMER_ID", "ID", "AMOUNT"))
    assert diff.matched(swapped, new("id INTEGER, customer_id INTEGER")) == (0, 1)


def test_private_stays_private() -> None:
    private = replace(ORDERS, table=notes.with_private(ORDERS.table, "amount", True))
    fresh = new("amount DOUBLE")
    fresh = replace(fresh, columns=(replace(fresh.columns[0], examples=("1.5",)),))
    table, _ = diff.replaced(private, fresh)
    assert (table.columns[0].private, table.columns[0].examples) == (True, ())
    both, _ = diff.combined(private, fresh, new("id INTEGER, customer_id INTEGER, amount DOUBLE"))
    assert both.columns[2].private


def test_what_appending_changes_is_told_by_the_types() -> None:
    changed = diff.appended(ORDERS, new("id BIGINT, amount INTEGER, extra DATE"))
    assert changed.retyped == (diff.Retyped("id", "INTEGER", "BIGINT"),)
    assert changed.same == ("amount",)
    assert [column.name for column in changed.removed] == ["customer_id"]
    assert (changed.rows_before, changed.rows_after) == (3, 6)
    assert changed.sentences(appended=True)[1] == "The new rows have no value for: customer_id."


def test_appended_columns_get_names_of_their_own_in_the_file() -> None:
    renamed = edits.renamed_column(SHOP, "orders", "customer_id", "who")
    old = edits.find(renamed, "orders")
    pairs = paired(old, new("id INTEGER, who INTEGER, customer_id VARCHAR, Amount DOUBLE"))
    assert [(pair.name, pair.old, pair.new) for pair in pairs] == [
        ("ID", "ID", "id"),
        ("CUSTOMER_ID", "CUSTOMER_ID", "who"),
        ("AMOUNT", "AMOUNT", "Amount"),
        ("customer_id_2", None, "customer_id"),
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("INTEGER", "INTEGER", "INTEGER"),
        ("INTEGER", "BIGINT", "BIGINT"),
        ("BIGINT", "INTEGER", "BIGINT"),
        ("UTINYINT", "TINYINT", "SMALLINT"),
        ("UTINYINT", "UBIGINT", "UBIGINT"),
        ("UBIGINT", "INTEGER", "HUGEINT"),
        ("DECIMAL(18,2)", "DECIMAL(18,4)", "DECIMAL(20,4)"),
        ("BIGINT", "DECIMAL(18,2)", "DECIMAL(21,2)"),
        ("HUGEINT", "DECIMAL(18,2)", "DECIMAL(38,2)"),
        ("INTEGER", "DOUBLE", "DOUBLE"),
        ("DOUBLE", "DECIMAL(18,2)", "DOUBLE"),
        ("FLOAT", "DOUBLE", "DOUBLE"),
        ("DATE", "TIMESTAMP", "TIMESTAMP"),
        ("TIMESTAMP", "DATE", "TIMESTAMP"),
        ("TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_NS"),
        ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE", None),
        ("VARCHAR", "BIGINT", "VARCHAR"),
        ("VARCHAR", "DATE", "VARCHAR"),
        ("VARCHAR", "INTEGER[]", None),
        ("BIGINT", "VARCHAR", None),
        ("BOOLEAN", "INTEGER", None),
        ("DATE", "INTEGER", None),
        ("DOUBLE", "BOOLEAN", None),
        ("INTEGER", "UHUGEINT", None),
        ("STRUCT(a INTEGER)", "STRUCT(a INTEGER)", "STRUCT(a INTEGER)"),
        ("STRUCT(a INTEGER)", "STRUCT(b INTEGER)", None),
    ],
)
def test_types_become_wider_only(old: str, new: str, expected: str | None) -> None:
    assert widened(old, new) == expected


def test_ten_thousand_columns_are_matched_quickly() -> None:
    wide = entry("wide", ", ".join(f"c{number} INTEGER" for number in range(10_000)))
    same = new(", ".join(f"c{number} INTEGER" for number in reversed(range(10_000))))
    _, changed = diff.replaced(wide, same)
    assert changed.same_columns
    assert len(paired(wide, same)) == 10_000

"""Tables read a second time: which keys make roles, the SQL that joins them, stored values found in them."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest

from nl2sql.guard.check import check_select
from nl2sql.linking import ValueIndex, split_words
from nl2sql.parsers.builtin.convert import ConversionError, to_reading
from nl2sql.parsers.builtin.grammar import Leaf
from nl2sql.parsers.builtin.joins import join_path
from nl2sql.parsers.builtin.render import render
from nl2sql.parsers.builtin.roles import Role, values_with_roles, with_roles
from nl2sql.schema import Column, ForeignKey, Schema, Table, quote

TODAY = dt.date(2024, 6, 15)
STAFF = Table(
    "staff",
    (Column("id", "INTEGER"), Column("name", "VARCHAR"), Column("wage", "DOUBLE"), Column("manager_id", "INTEGER")),
    ("id",),
)
TEAMS = Table(
    "Teams", (Column("TeamId", "INTEGER"), Column("Title", "VARCHAR"), Column("City", "VARCHAR")), ("TeamId",)
)
GAMES = Table(
    "Games",
    (
        Column("Id", "INTEGER"),
        Column("HomeTeamId", "INTEGER"),
        Column("AwayTeamId", "INTEGER"),
        Column("Goals", "INTEGER"),
    ),
    ("Id",),
)
MANAGED = Schema((STAFF,), (ForeignKey("staff", ("manager_id",), "staff", ("id",)),))
PLAYED = Schema(
    (TEAMS, GAMES),
    (
        ForeignKey("Games", ("HomeTeamId",), "Teams", ("TeamId",)),
        ForeignKey("Games", ("AwayTeamId",), "Teams", ("TeamId",)),
    ),
)


def roles_of(schema: Schema) -> list[str]:
    return [table.name for table in with_roles(schema).tables if isinstance(table, Role)]


def column(table: str, name: str) -> Leaf:
    return Leaf("column", table, name)


@pytest.fixture(scope="module")
def rows():
    with duckdb.connect() as connection:
        connection.execute("CREATE TABLE staff AS SELECT * FROM (VALUES (1, 'Ada', 9.0, NULL), (2, 'Bo', 5.0, 1), "
                           "(3, 'Cy', 4.0, 1), (4, 'Di', 3.0, 2)) AS t(id, name, wage, manager_id)")  # fmt: skip
        connection.execute("CREATE TABLE Teams AS SELECT * FROM (VALUES (1, 'Reds', 'Oslo'), (2, 'Blues', 'Rome')) "
                           "AS t(TeamId, Title, City)")  # fmt: skip
        connection.execute("CREATE TABLE Games AS SELECT * FROM (VALUES (1, 1, 2, 3), (2, 2, 1, 5)) "
                           "AS t(Id, HomeTeamId, AwayTeamId, Goals)")  # fmt: skip
        yield lambda sql: connection.execute(sql).fetchall()


def test_a_key_to_its_own_table_and_several_to_one_make_roles():
    assert roles_of(MANAGED) == ["manager"]
    assert roles_of(PLAYED) == ["HomeTeam", "AwayTeam"]


def test_one_key_to_a_table_makes_none():
    games = Table("Games", tuple(one for one in GAMES.columns if one.name != "AwayTeamId"))
    schema = Schema((TEAMS, games), PLAYED.foreign_keys[:1])
    assert with_roles(schema) is schema


def tables(**columns: str) -> Schema:
    """Tables whose first column is their key, undeclared keys and all."""
    made = []
    for name, text in columns.items():
        names = text.split()
        made.append(Table(name, tuple(Column(one, "INTEGER") for one in names), (names[0],)))
    return Schema(tuple(made))


@pytest.mark.parametrize(
    ("schema", "roles"),
    [
        (tables(stations="id docks", trips="id start_station_id end_station_id"), ["start_station", "end_station"]),
        (tables(stations="station_no", trips="id from_station_no to_station_no"), ["from_station", "to_station"]),
        (tables(customers="id", orders="id customer_id referring_customer_id"), ["referring_customer"]),
        (tables(employees="id manager_id"), ["manager"]),
        (tables(categories="category_id parent_id"), ["parent"]),
    ],
)
def test_keys_that_only_names_tell_of_make_roles_too(schema, roles):
    assert roles_of(schema) == roles
    assert with_roles(with_roles(schema)) is with_roles(schema)


@pytest.mark.parametrize(
    "schema",
    [
        tables(customers="id", orders="id customer_id"),
        tables(stations="id", trips="id start_station_name station_count"),
        tables(departments="id manager_id"),
        tables(employees="id manager_id", managers="id"),
    ],
)
def test_other_names_make_none(schema):
    assert roles_of(schema) == []


def test_a_single_column_named_with_a_role_is_a_key():
    schema = with_roles(tables(customers="id", orders="id billed_customer_id"))
    assert [(key.columns, key.to_table, key.declared) for key in schema.foreign_keys] == [
        (("billed_customer_id",), "customers", False)
    ]


@pytest.mark.parametrize("name", ["staff_id", "StaffID", "id", "staff"])
def test_a_key_that_says_no_more_than_the_table_makes_none(name):
    staff = Table("staff", (Column("id", "INTEGER"), Column(name, "INTEGER")), ("id",))
    assert roles_of(Schema((staff,), (ForeignKey("staff", (name,), "staff", ("id",)),))) == []


def test_a_role_takes_no_name_that_a_table_has():
    bosses, both = Table("Manager", (Column("id", "INTEGER"),)), Table("Manager_Staff", (Column("id", "INTEGER"),))
    assert roles_of(Schema((*MANAGED.tables, bosses), MANAGED.foreign_keys)) == ["manager_staff"]
    assert roles_of(Schema((*MANAGED.tables, bosses, both), MANAGED.foreign_keys)) == []


def test_a_schema_full_of_keys_gets_a_bounded_number_of_roles():
    names = [f"mentor{number}_id" for number in range(200)]
    staff = Table("staff", (Column("id", "INTEGER"), *(Column(name, "INTEGER") for name in names)), ("id",))
    keys = tuple(ForeignKey("staff", (name,), "staff", ("id",)) for name in names)
    assert 0 < len(roles_of(Schema((staff,), keys))) <= 40


def test_expanding_twice_changes_nothing():
    once = with_roles(PLAYED)
    assert with_roles(once) is once


@pytest.mark.parametrize("own_key", ["department_id", "dept_id", "DeptNo"])
@pytest.mark.parametrize("swapped", [False, True])
def test_of_two_tables_that_refer_to_one_another_one_key_gives_a_role(own_key, swapped):
    columns = tuple(Column(name, "INTEGER") for name in ("id", "title", "manager_id"))
    departments = Table("departments", columns, ("id",))
    people = Table("employees", tuple(Column(name, "INTEGER") for name in ("id", "name", own_key)), ("id",))
    keys = (
        ForeignKey("departments", ("manager_id",), "employees", ("id",)),
        ForeignKey("employees", (own_key,), "departments", ("id",)),
    )
    schema = with_roles(Schema((departments, people), keys[::-1] if swapped else keys))
    assert {(key.columns, key.to_table) for key in schema.foreign_keys} == {
        ((own_key,), "departments"), (("manager_id",), "manager"),
    }  # fmt: skip
    assert with_roles(schema) == schema
    reading = ("select", column("departments", "title"), "count", Leaf("table", "employees"))
    sql = render((*reading, "group", column("departments", "title"), "end"), schema, TODAY)
    assert f"ON employees.{own_key if own_key.islower() else quote(own_key)} = departments.id" in sql


def test_a_plain_key_beside_a_role_stays_the_way_to_the_table():
    orders = Table("orders", tuple(Column(name, "INTEGER") for name in ("id", "payer_id", "client_id")), ("id",))
    clients = Table("clients", (Column("id", "INTEGER"), Column("name", "VARCHAR")), ("id",))
    keys = [ForeignKey("orders", (name,), "clients", ("id",)) for name in ("payer_id", "client_id")]
    schema = with_roles(Schema((orders, clients), tuple(keys)))
    assert [(key.columns, key.to_table) for key in schema.foreign_keys] == [
        (("client_id",), "clients"), (("payer_id",), "payer"),
    ]  # fmt: skip


def test_beside_roles_a_table_between_two_is_the_way_from_one_to_the_other():
    """Paddlers on a trip are its crew; its leader and its medic are said as such."""
    integer = ("id", "leader_id", "medic_id", "trip_id", "paddler_id")
    tables = {
        "paddlers": ("id", "name"),
        "trips": ("id", "river", "leader_id", "medic_id"),
        "crew": ("trip_id", "paddler_id"),
    }
    keys = [("trips", "leader_id", "paddlers"), ("trips", "medic_id", "paddlers"), ("crew", "trip_id", "trips"),
            ("crew", "paddler_id", "paddlers")]  # fmt: skip
    schema = with_roles(
        Schema(
            tuple(
                Table(
                    name,
                    tuple(Column(one, "INTEGER" if one in integer else "VARCHAR") for one in columns),
                    ("id",) * ("id" in columns),
                )
                for name, columns in tables.items()
            ),
            tuple(ForeignKey(table, (column,), to, ("id",)) for table, column, to in keys),
        )
    )
    assert [name for name, _ in join_path(schema, ["paddlers", "trips"])] == ["paddlers", "crew", "trips"]
    assert [name for name, _ in join_path(schema, ["leader", "trips"])] == ["leader", "trips"]


def test_each_employee_with_the_manager(rows):
    sql = render(("select", column("staff", "name"), column("manager", "name"), "end"), with_roles(MANAGED), TODAY)
    assert sorted(rows(sql)) == [("Bo", "Ada"), ("Cy", "Ada"), ("Di", "Bo")]


def test_a_role_alone_is_only_the_rows_that_have_it(rows):
    schema = with_roles(MANAGED)
    assert rows(render(("select", column("manager", "name"), "end"), schema, TODAY)) == [("Ada",), ("Bo",)]
    count = ("select", "count", Leaf("table", "manager"), "where", ">", column("manager", "wage"))
    assert rows(render((*count, Leaf("number", value="6", text="6"), "end"), schema, TODAY)) == [(1,)]
    others = ("select", column("staff", "name"), "where", "not_in", column("staff", "id"))
    sql = render((*others, "select", column("manager", "id"), "end", "end"), schema, TODAY)
    assert sorted(rows(sql)) == [("Cy",), ("Di",)]


def test_those_who_earn_more_than_half_of_what_their_manager_does(rows):
    where = ("where", ">=", column("staff", "wage"), column("manager", "wage"))
    sql = render(("select", "count", Leaf("table", "staff"), *where, "end"), with_roles(MANAGED), TODAY)
    assert rows(sql) == [(0,)]


def test_both_sides_of_a_game_at_once(rows):
    reading = ("select", column("HomeTeam", "Title"), column("AwayTeam", "Title"), column("Games", "Goals"), "end")
    sql = render(reading, with_roles(PLAYED), TODAY)
    assert sorted(rows(sql)) == [("Blues", "Reds", 5), ("Reds", "Blues", 3)]


def test_a_table_and_its_role_meet_where_the_keys_are_though_both_have_a_column_of_the_same_name():
    people = Table("staff", (Column("emp_id", "INTEGER"), Column("name", "VARCHAR")), primary_key=("emp_id",))
    trips = Table("trips", (Column("emp_id", "INTEGER"), Column("approver_id", "INTEGER"), Column("cost", "DOUBLE")))
    keys = tuple(ForeignKey("trips", (name,), "staff", ("emp_id",)) for name in ("emp_id", "approver_id"))
    schema = with_roles(Schema((people, trips), keys))
    assert [(name, key and key.columns) for name, key in join_path(schema, ["approver", "staff"])] == [
        ("approver", None),
        ("trips", ("approver_id",)),
        ("staff", ("emp_id",)),
    ]


def test_groups_by_a_role(rows):
    home = column("AwayTeam", "City")
    sql = render(("select", home, "sum", column("Games", "Goals"), "group", home, "end"), with_roles(PLAYED), TODAY)
    assert sorted(rows(sql)) == [("Oslo", 5), ("Rome", 3)]


def test_the_guard_lets_a_role_through():
    sql = render(("select", column("staff", "name"), column("manager", "name"), "end"), with_roles(MANAGED), TODAY)
    assert check_select(sql, MANAGED).allowed


def test_a_role_with_a_hostile_name_is_only_a_name(rows):
    name = 'x"; DROP TABLE staff; --_id'
    staff = Table("staff", (Column("id", "INTEGER"), Column("name", "VARCHAR"), Column(name, "INTEGER")), ("id",))
    schema = with_roles(Schema((staff,), (ForeignKey("staff", (name,), "staff", ("id",)),)))
    (role,) = (table for table in schema.tables if isinstance(table, Role))
    sql = render(("select", column("staff", "name"), column(role.name, "name"), "end"), schema, TODAY)
    with duckdb.connect() as connection:
        quoted = name.replace('"', '""')
        connection.execute(f'CREATE TABLE staff (id INTEGER, name VARCHAR, "{quoted}" INTEGER)')
        assert connection.execute(sql).fetchall() == []
        assert connection.execute("SELECT count(*) FROM duckdb_tables()").fetchall() == [(1,)]


def test_stored_values_are_found_in_roles_too():
    schema = with_roles(PLAYED)
    values = values_with_roles(ValueIndex([("Teams", "City", "Oslo")]), schema)
    assert values is not None
    assert {match.table for match in values.find(split_words("games away in oslo"))} == {
        "Teams",
        "HomeTeam",
        "AwayTeam",
    }
    assert values.stored("AwayTeam", "City", "oslo") == "Oslo"
    assert values.of_column("HomeTeam", "City") == ("Oslo",)
    assert values.commonest("HomeTeam", "City", 5) == ("Oslo",)
    assert values.is_whole("HomeTeam", "City")
    assert values.size == 1


def test_gold_sql_that_joins_a_table_twice_becomes_roles(rows):
    sql = "SELECT a.name, b.name FROM staff AS a JOIN staff AS b ON a.manager_id = b.id WHERE b.wage > 5"
    reading = to_reading(sql, with_roles(MANAGED))
    assert column("manager", "name") in reading
    assert sorted(rows(render(reading, with_roles(MANAGED), TODAY))) == sorted(rows(sql))


def test_gold_sql_says_which_of_two_keys_it_means(rows):
    sql = "SELECT T1.Title FROM Teams AS T1 JOIN Games AS T2 ON T1.TeamId = T2.AwayTeamId WHERE T2.Goals = 5"
    reading = to_reading(sql, with_roles(PLAYED))
    assert column("AwayTeam", "Title") in reading
    assert rows(render(reading, with_roles(PLAYED), TODAY)) == rows(sql) == [("Reds",)]


def test_a_table_joined_twice_over_no_key_stays_a_self_join():
    with pytest.raises(ConversionError, match="self join"):
        to_reading("SELECT a.name FROM staff AS a JOIN staff AS b ON a.wage = b.wage", with_roles(MANAGED))

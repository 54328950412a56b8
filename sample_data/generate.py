"""Generates the sample company as one DuckDB file: ten tables with declared keys, the same for a given month.

    python -m sample_data.generate OUT.duckdb [--today YYYY-MM-DD]

Dates are counted from the month of `as_of` and run to that month's last day, so that "last month", "this quarter" and
"last year" always have answers. README.md in this folder lists the tables and the anomaly hidden in each.
"""

from __future__ import annotations

import argparse
import calendar
import datetime as dt
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from nl2sql.ingest.profile import write_profile
from sample_data import words

TABLES = (
    "employees", "stores", "customers", "suppliers", "products", "campaigns", "orders", "order_items", "returns",
    "support_tickets",
)  # fmt: skip
SEED = 20_210
EPOCH = dt.date(1970, 1, 1)

DDL = """
CREATE TABLE employees (
    id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, department VARCHAR NOT NULL, salary DECIMAL(10,2),
    date_joined DATE NOT NULL);
CREATE TABLE stores (
    id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, city VARCHAR NOT NULL, region VARCHAR NOT NULL,
    opened_on DATE NOT NULL, manager_id INTEGER REFERENCES employees (id));
CREATE TABLE customers (
    id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, email VARCHAR, city VARCHAR, country VARCHAR NOT NULL,
    segment VARCHAR NOT NULL, signed_up_on DATE NOT NULL);
CREATE TABLE suppliers (
    id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, country VARCHAR NOT NULL, rating DOUBLE);
CREATE TABLE products (
    id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, category VARCHAR NOT NULL,
    supplier_id INTEGER NOT NULL REFERENCES suppliers (id), price DECIMAL(10,2) NOT NULL, cost DECIMAL(10,2) NOT NULL,
    launched_on DATE NOT NULL, discontinued BOOLEAN NOT NULL);
CREATE TABLE campaigns (
    id INTEGER PRIMARY KEY, name VARCHAR NOT NULL, channel VARCHAR NOT NULL, budget DECIMAL(12,2) NOT NULL,
    started_on DATE NOT NULL, ended_on DATE);
CREATE TABLE orders (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id),
    employee_id INTEGER NOT NULL REFERENCES employees (id), store_id INTEGER REFERENCES stores (id),
    campaign_id INTEGER REFERENCES campaigns (id), order_date DATE NOT NULL, status VARCHAR NOT NULL,
    channel VARCHAR NOT NULL, total_amount DECIMAL(12,2) NOT NULL);
CREATE TABLE order_items (
    id INTEGER PRIMARY KEY, order_id INTEGER NOT NULL REFERENCES orders (id),
    product_id INTEGER NOT NULL REFERENCES products (id), quantity INTEGER NOT NULL,
    unit_price DECIMAL(10,2) NOT NULL, discount DOUBLE NOT NULL);
CREATE TABLE returns (
    id INTEGER PRIMARY KEY, order_item_id INTEGER NOT NULL REFERENCES order_items (id), returned_on DATE NOT NULL,
    reason VARCHAR, refund_amount DECIMAL(12,2) NOT NULL);
CREATE TABLE support_tickets (
    id INTEGER PRIMARY KEY, customer_id INTEGER NOT NULL REFERENCES customers (id),
    order_id INTEGER REFERENCES orders (id), assigned_to INTEGER REFERENCES employees (id),
    opened_at TIMESTAMP NOT NULL, closed_at TIMESTAMP, priority VARCHAR NOT NULL, category VARCHAR NOT NULL,
    satisfaction INTEGER);
"""

# What a line came to, and the totals made of the lines: computed by the engine, so that asking it agrees to the cent.
LINE_AMOUNT = "round(quantity * CAST(unit_price AS DECIMAL(10,2)) * (1 - discount), 2)"
TOTALS = f"""
INSERT INTO orders
SELECT o.* EXCLUDE (total_factor), t.total * o.total_factor
FROM staged_orders o JOIN (
    SELECT order_id, CAST(sum({LINE_AMOUNT}) AS DECIMAL(12,2)) AS total FROM staged_order_items GROUP BY order_id
) t ON t.order_id = o.id ORDER BY o.id
"""
REFUNDS = f"""
INSERT INTO returns
SELECT r.id, r.order_item_id, r.returned_on, r.reason, CAST({LINE_AMOUNT} * r.refunded_share AS DECIMAL(12,2))
FROM staged_returns r JOIN staged_order_items i ON i.id = r.order_item_id ORDER BY r.id
"""

Days = np.ndarray[Any, np.dtype[np.int64]]
"""Days since 1970-01-01, one per row."""


@dataclass(frozen=True)
class Period:
    """The stretch of time that the sample covers, in days since 1970-01-01, last day included."""

    month: dt.date
    """First day of the month that the sample was made for."""

    @property
    def last(self) -> int:
        """The last day of the month."""
        return days(self.months_back(0, calendar.monthrange(self.month.year, self.month.month)[1]))

    def months_back(self, count: int, day: int = 1) -> dt.date:
        """The given day (clipped to 28 except in this month) of the month `count` months earlier."""
        month = self.month.year * 12 + self.month.month - 1 - count
        return dt.date(month // 12, month % 12 + 1, day if count == 0 else min(day, 28))

    @property
    def first_order(self) -> int:
        """The day that the order book opens: the first of the month 48 months back."""
        return days(self.months_back(48))


def days(date: dt.date) -> int:
    """Days since 1970-01-01.

    >>> days(dt.date(1970, 2, 1))
    31
    """
    return (date - EPOCH).days


def build(path: Path, as_of: dt.date, rows_scale: float = 1.0) -> None:
    """Write the sample company for the month of `as_of` to the new file `path`, with profile and values beside it.

    `rows_scale` multiplies customers, orders and what hangs on them (1.0: about 45,000 orders, 120,000 order items).
    Raises FileExistsError when `path` exists, duckdb.Error when it cannot be written.
    """
    if path.exists():
        raise FileExistsError(f"{path.name} exists already.")
    staged = Company(Period(as_of.replace(day=1)), rows_scale).tables()
    with duckdb.connect(str(path)) as con:
        con.execute(DDL)
        for name, table in staged.items():
            con.register(f"staged_{name}", table)
        con.begin()
        for name in TABLES:
            if name == "orders":
                con.execute(TOTALS)
            elif name == "returns":
                con.execute(REFUNDS)
            else:
                con.execute(f"INSERT INTO {name} SELECT * FROM staged_{name}")
        con.commit()
        for name in TABLES:
            write_profile(con, name)
        con.execute("CHECKPOINT")


class Company:
    """Draws the rows of every table from one seeded generator, parents before children."""

    def __init__(self, period: Period, rows_scale: float) -> None:
        self.period = period
        self.scale = rows_scale
        self.rng = np.random.default_rng(SEED)

    def tables(self) -> dict[str, pa.Table]:
        """The staged rows of each table, in the order in which they can be inserted."""
        employees = self.employees()
        customers = self.customers()
        products = self.products()
        campaigns = self.campaigns()
        orders = self.orders(employees, customers, campaigns)
        items = self.order_items(orders, products)
        return {
            "employees": employees,
            "stores": self.stores(employees),
            "customers": customers,
            "suppliers": self.suppliers(),
            "products": products,
            "campaigns": campaigns,
            "orders": orders,
            "order_items": items,
            "returns": self.returns(orders, items),
            "support_tickets": self.support_tickets(employees, orders),
        }

    def employees(self) -> pa.Table:
        """160 people; some joined in this month, the month before, and each of the last years."""
        rng, count = self.rng, sum(size for _, size, _ in words.DEPARTMENTS)
        names = self.person_names(count)
        department = rng.permutation(np.repeat(np.arange(len(words.DEPARTMENTS)), [d[1] for d in words.DEPARTMENTS]))
        department[:2] = 0  # The first hands on the order book sell.
        first, last = days(self.period.months_back(132)), self.period.last
        share = np.sort(rng.beta(1.6, 1.1, count - 26))
        joined = (first + share * (last - first)).astype(np.int64)
        joined = np.concatenate([joined, self.recent_days(26)])
        joined[:2] = [first, first + 40]
        joined = np.sort(joined)
        seniority = (last - joined) / 365.25
        base = np.array([d[2] for d in words.DEPARTMENTS])[department]
        salary = base * (1 + 0.035 * seniority) * rng.lognormal(0, 0.13, count)
        salary = np.round(salary / 50) * 50
        slip = int(np.flatnonzero(department == 1)[9])
        salary[slip] = salary[slip] / 10  # The anomaly: a digit is missing.
        unknown = rng.choice(np.flatnonzero(np.arange(count) != slip), 4, replace=False)
        return pa.table(
            {
                "id": ids(count),
                "name": names,
                "department": [words.DEPARTMENTS[i][0] for i in department],
                "salary": money(salary, nulls=unknown),
                "date_joined": dates(joined),
            }
        )

    def recent_days(self, count: int) -> Days:
        """`count` days: 3 in this month, 3 in the one before, the rest spread over the calendar year before."""
        rng, month = self.rng, self.period.month
        this = rng.integers(days(month), self.period.last + 1, 3)
        before = rng.integers(days(self.period.months_back(1)), days(month), 3)
        year = dt.date(month.year - 1, 1, 1)
        spread = rng.integers(days(year), days(dt.date(month.year, 1, 1)), count - 6)
        return np.concatenate([this, before, spread]).astype(np.int64)

    def stores(self, employees: pa.Table) -> pa.Table:
        """One store per city; the anomaly is a store filed under a region far from its city."""
        count = len(words.CITIES)
        managers = self.rng.choice(workers(employees, "Sales")[:30], count, replace=False)
        opened = np.sort(self.rng.integers(days(self.period.months_back(126)), self.period.last - 60, count))
        region = [city[2] for city in words.CITIES]
        region[13] = "West"
        city = [name.lower() if position == 7 else name for position, (name, *_) in enumerate(words.CITIES)]
        return pa.table(
            {
                "id": ids(count),
                "name": list(words.STORE_PLACES),
                "city": city,
                "region": region,
                "opened_on": dates(self.rng.permutation(opened)),
                "manager_id": integers(managers, nulls=np.array([16])),
            }
        )

    def customers(self) -> pa.Table:
        """About 4,000 customers, growing; the anomaly is one e-mail address shared by seven of them."""
        rng, count = self.rng, max(60, round(4_000 * self.scale))
        names = self.person_names(count)
        weight = np.array([city[3] for city in words.CITIES], dtype=float)
        place = rng.choice(len(words.CITIES), count, p=weight / weight.sum())
        city = [words.CITIES[i][0] for i in place]
        segment = self.pick(words.SEGMENTS, count)
        for position in rng.choice(count, count // 8, replace=False).tolist():
            city[position] = words.SLOPPY_CITIES.get(city[position], city[position])
        for position in rng.choice(count, count // 100, replace=False):
            segment[position] = segment[position].lower() if position % 3 else segment[position].upper()
        host = rng.choice(["example.com", "example.org", "example.net"], count)
        email = [
            f"{name.lower().replace(' ', '.').replace(chr(39), '')}{i % 97}@{at}"
            for i, (name, at) in enumerate(zip(names, host, strict=True))
        ]
        for position in range(7):
            email[5 + position * 7] = "family.account@example.com"
        first = days(self.period.months_back(72))
        signed = first + (np.sort(rng.beta(1.5, 1.0, count)) * (self.period.last - first + 1)).astype(np.int64)
        signed[:20] = first
        return pa.table(
            {
                "id": ids(count),
                "name": names,
                "email": pa.array(email, mask=rng.random(count) < 0.04),
                "city": pa.array(city, mask=rng.random(count) < 0.012),
                "country": [words.CITIES[i][1] for i in place],
                "segment": segment,
                "signed_up_on": dates(np.minimum(signed, self.period.last)),
            }
        )

    def suppliers(self) -> pa.Table:
        """24 suppliers rated 1 to 5; the anomaly is a rating that lost its decimal point."""
        count = len(words.SUPPLIERS)
        rating = np.round(np.clip(self.rng.normal(3.8, 0.6, count), 1, 5), 1)
        rating[14] = 43.0
        return pa.table(
            {
                "id": ids(count),
                "name": [name for name, _ in words.SUPPLIERS],
                "country": [country for _, country in words.SUPPLIERS],
                "rating": pa.array(rating, mask=np.isin(np.arange(count), [6, 19])),
            }
        )

    def products(self) -> pa.Table:
        """150 products over eight categories; the anomaly is one sold below its cost."""
        rng, count = self.rng, 150
        kinds = [(name, low, high, kind) for name, low, high, all_kinds in words.CATEGORIES for kind in all_kinds]
        pairs = [(kind, style) for kind in range(len(kinds)) for style in words.STYLES]
        chosen = [pairs[i] for i in rng.choice(len(pairs), count, replace=False)]
        low = np.array([kinds[kind][1] for kind, _ in chosen], dtype=float)
        high = np.array([kinds[kind][2] for kind, _ in chosen], dtype=float)
        price = np.floor(low * (high / low) ** rng.random(count)) + rng.choice([0.0, 0.49, 0.5, 0.95, 0.99], count)
        cost = np.round(price * rng.uniform(0.38, 0.72, count), 2)
        cost[4] = np.round(price[4] * 1.18, 2)
        first = days(self.period.months_back(90))
        launched = np.sort(first + (rng.beta(1, 1.5, count) * (self.period.last - first)).astype(np.int64))
        launched[:12], launched[-2:] = first, [days(self.period.month) - 20, days(self.period.month) + 2]
        return pa.table(
            {
                "id": ids(count),
                "name": [f"{style} {kinds[kind][3]}" for kind, style in chosen],
                "category": [kinds[kind][0] for kind, _ in chosen],
                "supplier_id": integers(rng.integers(1, len(words.SUPPLIERS) + 1, count)),
                "price": money(price),
                "cost": money(cost),
                "launched_on": dates(launched),
                "discontinued": pa.array((rng.random(count) < 0.16) & (launched < self.period.first_order)),
            }
        )

    def campaigns(self) -> pa.Table:
        """One campaign every two months; the newest still runs, and the anomaly is one that ended before it began."""
        rng, count = self.rng, 25
        back = np.arange(count - 1, -1, -1) * 2
        started = [self.period.months_back(int(b), int(rng.integers(1, 20))) for b in back]
        names = [f"{words.CAMPAIGN_THEMES[(day.month - 1) // 2]} {day.year}" for day in started]
        start = np.array([days(day) for day in started])
        end = start + rng.integers(14, 50, count)
        end[9] = start[9] - 12
        return pa.table(
            {
                "id": ids(count),
                "name": names,
                "channel": rng.choice(words.CAMPAIGN_CHANNELS, count).tolist(),
                "budget": money(np.round(rng.lognormal(9.6, 0.6, count) / 500) * 500),
                "started_on": dates(start),
                "ended_on": dates(end, nulls=end > self.period.last - 1),
            }
        )

    def orders(self, employees: pa.Table, customers: pa.Table, campaigns: pa.Table) -> pa.Table:
        """About 45,000 orders over 48 months, growing and seasonal; one total is a hundred times its items."""
        rng, count = self.rng, max(400, round(45_000 * self.scale))
        day = self.order_days(count)
        customer = rows_before(rng, day, day_numbers(customers, "signed_up_on"), rng.lognormal(0, 1.1, len(customers)))
        sellers = workers(employees, "Sales")
        seller_joined = day_numbers(employees, "date_joined")[sellers - 1]
        seller = sellers[rows_before(rng, day, seller_joined, rng.lognormal(0, 0.7, len(sellers))) - 1]
        channel = rng.choice(["online", "store", "phone"], count, p=[0.52, 0.4, 0.08])
        store = rng.choice(len(words.CITIES), count, p=skewed(len(words.CITIES))) + 1
        age = self.period.last - day
        status = np.where(age < 4, "pending", np.where(age < 12, "shipped", "delivered"))
        status = np.where(rng.random(count) < 0.045, "cancelled", status)
        factor = np.ones(count, dtype=np.int64)
        factor[count * 2 // 3] = 100
        return pa.table(
            {
                "id": ids(count),
                "customer_id": integers(customer),
                "employee_id": integers(seller),
                "store_id": integers(store, nulls=np.flatnonzero(channel != "store")),
                "campaign_id": self.order_campaigns(day, campaigns),
                "order_date": dates(day),
                "status": status.tolist(),
                "channel": channel.tolist(),
                "total_factor": integers(factor),
            }
        )

    def order_days(self, count: int) -> Days:
        """Sorted days of `count` orders: yearly growth, a year-end season, quiet Sundays; a few in every month."""
        first, last = self.period.first_order, self.period.last
        calendar_days = [EPOCH + dt.timedelta(days=number) for number in range(first, last + 1)]
        season = (0.85, 0.78, 0.9, 0.95, 1.02, 0.98, 0.92, 0.9, 0.98, 1.05, 1.45, 1.7)
        weekday = (1.0, 0.95, 0.97, 1.02, 1.15, 1.25, 0.65)
        weight = np.array([season[day.month - 1] * weekday[day.weekday()] for day in calendar_days])
        weight *= 1.28 ** (np.arange(len(calendar_days)) / 365.25) * self.rng.lognormal(0, 0.12, len(calendar_days))
        return np.sort(first + self.rng.choice(len(calendar_days), count, p=weight / weight.sum())).astype(np.int64)

    def order_campaigns(self, day: Days, campaigns: pa.Table) -> pa.Array:
        """The campaign that brought each order: a third of the orders that fall within one."""
        start = day_numbers(campaigns, "started_on")
        ended = campaigns["ended_on"].fill_null(EPOCH + dt.timedelta(days=self.period.last)).cast(pa.int32())
        index = np.searchsorted(start, day, side="right") - 1
        within = (index >= 0) & (day <= ended.to_numpy()[index]) & (self.rng.random(len(day)) < 0.33)
        return integers(index + 1, nulls=np.flatnonzero(~within))

    def order_items(self, orders: pa.Table, products: pa.Table) -> pa.Table:
        """One to seven lines an order; the anomaly is one line of a thousand pieces."""
        rng = self.rng
        lines = rng.choice(np.arange(1, 8), len(orders), p=[0.27, 0.26, 0.2, 0.13, 0.08, 0.04, 0.02])
        order = np.repeat(np.arange(1, len(orders) + 1), lines)
        day = day_numbers(orders, "order_date")[order - 1]
        product = rows_before(rng, day, day_numbers(products, "launched_on"), rng.lognormal(0, 0.9, len(products)))
        list_price = products["price"].cast(pa.float64()).to_numpy()[product - 1]
        # Prices have risen by 3% a year up to the list price of today.
        unit_price = np.round(list_price * 0.97 ** ((self.period.last - day) // 365), 2)
        quantity = rng.choice([1, 2, 3, 4, 6, 10], len(order), p=[0.58, 0.22, 0.1, 0.05, 0.03, 0.02])
        quantity[len(order) // 2] = 1_000
        discount = rng.choice([0.0, 0.05, 0.1, 0.15, 0.2, 0.3], len(order), p=[0.66, 0.11, 0.11, 0.06, 0.04, 0.02])
        return pa.table(
            {
                "id": ids(len(order)),
                "order_id": integers(order),
                "product_id": integers(product),
                "quantity": integers(quantity),
                "unit_price": money(unit_price),
                "discount": pa.array(discount),
            }
        )

    def returns(self, orders: pa.Table, items: pa.Table) -> pa.Table:
        """About one delivered line in twenty comes back; the anomaly is one that came back before it was ordered."""
        rng = self.rng
        order = items["order_id"].to_numpy() - 1
        day = day_numbers(orders, "order_date")[order]
        delivered = np.array(orders["status"].to_pylist())[order] == "delivered"
        returned = day + 3 + rng.gamma(2.2, 6.0, len(order)).astype(np.int64)
        chosen = np.flatnonzero(delivered & (returned <= self.period.last) & (rng.random(len(order)) < 0.055))
        chosen = chosen[np.argsort(returned[chosen], kind="stable")]
        returned = returned[chosen]
        returned[len(chosen) // 3] = day[chosen[len(chosen) // 3]] - 9
        return pa.table(
            {
                "id": ids(len(chosen)),
                "order_item_id": integers(chosen + 1),
                "returned_on": dates(returned),
                "reason": pa.array(self.pick(words.RETURN_REASONS, len(chosen)), mask=rng.random(len(chosen)) < 0.06),
                "refunded_share": pa.array(rng.choice([1.0, 0.5], len(chosen), p=[0.88, 0.12])),
            }
        )

    def support_tickets(self, employees: pa.Table, orders: pa.Table) -> pa.Table:
        """One ticket for every seven orders; newest ones open; the anomaly is one closed before it was opened."""
        rng, count = self.rng, len(orders) // 7
        order = np.sort(rng.choice(len(orders), count, replace=False))
        day = np.minimum(day_numbers(orders, "order_date")[order] + rng.integers(0, 15, count), self.period.last)
        opened = day * 86_400 + rng.integers(8 * 3600, 20 * 3600, count)
        hours = rng.lognormal(2.7, 1.1, count)
        closed = opened + (hours * 3600).astype(np.int64)
        closed[count // 4] = opened[count // 4] - 5 * 3600
        still_open = (closed >= (self.period.last + 1) * 86_400) | (rng.random(count) < 0.01)
        helpers = workers(employees, "Customer Support")
        satisfaction = np.clip(np.round(4.7 - 0.45 * np.log1p(hours / 6) + rng.normal(0, 0.9, count)), 1, 5)
        silent = still_open | (rng.random(count) < 0.42)
        return pa.table(
            {
                "id": ids(count),
                "customer_id": orders["customer_id"].take(pa.array(order)),
                "order_id": integers(order + 1, nulls=np.flatnonzero(rng.random(count) < 0.3)),
                "assigned_to": integers(
                    rng.choice(helpers, count, p=skewed(len(helpers))), nulls=np.flatnonzero(rng.random(count) < 0.02)
                ),
                "opened_at": timestamps(opened),
                "closed_at": timestamps(closed, nulls=still_open),
                "priority": self.pick(words.PRIORITIES, count),
                "category": self.pick(words.TICKET_CATEGORIES, count),
                "satisfaction": integers(satisfaction, nulls=np.flatnonzero(silent)),
            }
        )

    def person_names(self, count: int) -> list[str]:
        """`count` names; no name comes twice until every pair of names has been used."""
        pairs = len(words.FIRST_NAMES) * len(words.LAST_NAMES)
        order = np.concatenate([self.rng.permutation(pairs) for _ in range(-(-count // pairs))])[:count]
        width = len(words.LAST_NAMES)
        return [f"{words.FIRST_NAMES[i // width]} {words.LAST_NAMES[i % width]}" for i in order.tolist()]

    def pick(self, weighted: Sequence[tuple[str, float]], count: int) -> list[str]:
        """`count` words drawn by their weights, which add up to 1."""
        chosen = self.rng.choice(len(weighted), count, p=[weight for _, weight in weighted])
        return [weighted[i][0] for i in chosen.tolist()]


def rows_before(rng: np.random.Generator, day: Days, since: Days, weight: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """For each day the number (from 1) of a row that existed then, drawn by weight; `since` is sorted."""
    total = np.cumsum(weight)
    existing = np.maximum(np.searchsorted(since, day, side="right"), 1)
    drawn = np.searchsorted(total, rng.random(len(day)) * total[existing - 1], side="right") + 1
    return np.asarray(np.minimum(drawn, existing))


def workers(employees: pa.Table, department: str) -> np.ndarray[Any, Any]:
    """Ids of the employees of one department, longest there first."""
    return np.asarray(np.flatnonzero(np.array(employees["department"].to_pylist()) == department) + 1)


def skewed(count: int) -> np.ndarray[Any, Any]:
    """Probabilities that fall off slowly: the first is about four times the last of twenty."""
    weight = 1 / np.sqrt(np.arange(1, count + 1))
    return np.asarray(weight / weight.sum())


def day_numbers(table: pa.Table, column: str) -> Days:
    """A DATE column without NULLs as days since 1970-01-01."""
    return np.asarray(table[column].cast(pa.int32()).to_numpy(), dtype=np.int64)


def ids(count: int) -> pa.Array:
    """1, 2, ... `count`."""
    return pa.array(np.arange(1, count + 1), pa.int32())


def integers(values: np.ndarray[Any, Any], nulls: np.ndarray[Any, Any] | None = None) -> pa.Array:
    """An INTEGER column; `nulls` holds the positions that are NULL."""
    mask = None if nulls is None else np.isin(np.arange(len(values)), nulls)
    return pa.array(values.astype(np.int32), pa.int32(), mask=mask)


def money(values: np.ndarray[Any, Any], nulls: np.ndarray[Any, Any] | None = None) -> pa.Array:
    """Whole cents as DOUBLE, which the insert turns into DECIMAL; `nulls` holds the positions that are NULL."""
    mask = None if nulls is None else np.isin(np.arange(len(values)), nulls)
    return pa.array(np.round(values, 2), pa.float64(), mask=mask)


def dates(values: Days, nulls: np.ndarray[Any, Any] | None = None) -> pa.Array:
    """A DATE column of days since 1970-01-01; `nulls` is a mask."""
    return pa.array(values.astype(np.int32), pa.int32(), mask=nulls).cast(pa.date32())


def timestamps(values: np.ndarray[Any, Any], nulls: np.ndarray[Any, Any] | None = None) -> pa.Array:
    """A TIMESTAMP column of seconds since 1970-01-01; `nulls` is a mask."""
    return pa.array(values.astype(np.int64), pa.int64(), mask=nulls).cast(pa.timestamp("s"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the sample to the file named on the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m sample_data.generate", description="Write the sample company.")
    parser.add_argument("out", type=Path, help="the DuckDB file to make; it must not exist")
    parser.add_argument("--today", type=dt.date.fromisoformat, default=None, help="YYYY-MM-DD; default: the clock's")
    parser.add_argument("--rows-scale", type=float, default=1.0, help="multiplies customers, orders, items, tickets")
    options = parser.parse_args(arguments)
    try:
        build(options.out, options.today or dt.date.today(), options.rows_scale)
    except (OSError, duckdb.Error) as error:
        print(f"The sample could not be written: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

"""Ten small databases as people upload them, with messy headers, and the sample company beside them.

    python -m benchmarks.questions.business_tables DIR

writes DIR/<db_id>.duckdb for each and DIR/<db_id>.headers.json with the headers that the files had: the SQL names are
those that an upload makes of them. Every value is drawn from a seeded generator, so the rows are always the same.
"""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.questions.sheets import (
    CUSTOMERS,
    MONEY,
    PEOPLE,
    TEXT,
    TODAY,
    WHOLE,
    YESTERDAY,
    Drawn,
    Sheet,
    maybe,
    some_day,
    weighted,
    write,
    write_all,
)
from sample_data.generate import build as build_sample

SAMPLE = "sample"


def retail(rng: random.Random) -> Drawn:
    """Orders of an office furniture dealer, one row each, 2022 to yesterday."""
    lines = {"Chairs": 140, "Desks": 320, "Lamps": 45, "Shelving": 95, "Accessories": 18}
    reps = PEOPLE[:7]
    rows: list[tuple[Any, ...]] = []
    days = sorted(some_day(rng, dt.date(2022, 1, 3), growth=0.8) for _ in range(1_200))
    for number, day in enumerate(days):
        line = weighted(rng, Chairs=0.3, Desks=0.2, Lamps=0.2, Shelving=0.12, Accessories=0.18)
        price = round(lines[line] * rng.uniform(0.7, 1.6), 2)
        qty, discount = rng.choice((1, 1, 1, 2, 2, 3, 4, 5, 8, 12, 20)), rng.choice((0, 0, 0, 0, 5, 10, 15, 20))
        old = (TODAY - day).days
        status = "Pending" if old < 4 else "Shipped" if old < 12 else "Delivered"
        status = rng.choices((status, "Cancelled", "Returned" if old > 20 else status), (0.88, 0.07, 0.05))[0]
        shipped = day + dt.timedelta(days=rng.randint(1, 9))
        rows.append((
            f"SO-{10_001 + number}", day, CUSTOMERS[min(int(rng.expovariate(0.11)), 24)],
            weighted(rng, North=0.33, South=0.28, East=0.22, West=0.17), line,
            maybe(rng, reps[min(int(rng.expovariate(0.35)), 6)], 0.04), qty, price, discount,
            round(qty * price * (1 - discount / 100), 2), status,
            None if status in ("Pending", "Cancelled") or shipped > YESTERDAY else shipped,
        ))  # fmt: skip
    columns = {
        "Order No.": TEXT, "orderDate": "DATE", "cust_nm": TEXT, "Region/Area": TEXT, "Product Line": TEXT,
        "Sales Rep": TEXT, "Qty.": WHOLE, "Unit Price ($)": MONEY, "Discount %": WHOLE, "Total Sales ($)": MONEY,
        "Order Status": TEXT, "shipDate": "DATE",
    }  # fmt: skip
    return (Sheet("Orders Export.csv", columns, rows),)


def hr(rng: random.Random) -> Drawn:
    """People of a company, those who left too, and their absences."""
    depts = {
        "Engineering": (58_000, ("Engineer", "Senior Engineer", "QA Analyst")),
        "Sales": (39_000, ("Account Executive", "Sales Manager")),
        "Support": (31_000, ("Support Agent", "Support Lead")),
        "Finance": (47_000, ("Accountant", "Controller")),
        "Marketing": (42_000, ("Content Writer", "Marketing Manager")),
        "People": (41_000, ("Recruiter", "HR Partner")),
    }
    order = ["Engineering"] * 26 + ["Sales"] * 19 + ["Support"] * 17 + ["Finance"] * 9 + ["Marketing"] * 11
    order += ["People"] * 6
    first = [name.split()[0] for name in PEOPLE]
    last = [name.split()[1] for name in reversed(PEOPLE)]
    full = rng.sample([f"{one} {other}" for one in first for other in last], len(order) + 1)
    staff: list[tuple[Any, ...]] = [
        (100, full[-1], "Management", "Managing Director", dt.date(2012, 2, 1), None, 158_000, None, "London")
    ]
    heads: dict[str, int] = {}
    for number, dept in enumerate(order):
        pay, titles = depts[dept]
        joined = some_day(rng, dt.date(2014, 1, 6), dt.date(2024, 6, 3), 0.7)
        left = some_day(rng, joined, dt.date(2024, 5, 31)) if rng.random() < 0.16 and joined.year < 2024 else None
        head = dept not in heads
        title = f"Head of {dept}" if head else rng.choice(titles)
        if head:
            joined, left = dt.date(2014, 3, 3) + dt.timedelta(days=97 * len(heads)), None
        factor = 2.1 if head else rng.uniform(0.85, 1.45)
        salary = round(pay * factor / 10) * 10 + number
        boss = 100 if head else heads[dept]
        heads.setdefault(dept, 101 + number)
        place = weighted(rng, London=0.42, Leeds=0.25, Dublin=0.18, Remote=0.15)
        staff.append((
            101 + number, full[number], dept, title, joined, left,
            salary if head else maybe(rng, salary, 0.05), boss, place,
        ))  # fmt: skip
    absences: list[tuple[Any, ...]] = []
    for number in range(620):
        person = rng.choice(staff[1:85])
        start = some_day(rng, max(person[4], dt.date(2022, 1, 3)), person[5] or YESTERDAY)
        kind = weighted(rng, Holiday=0.5, Sick=0.36, Training=0.1, Parental=0.04)
        days = {"Holiday": 5, "Sick": 2, "Training": 1, "Parental": 40}[kind] + rng.choice((0, 0, 1, 2, 5))
        absences.append((number + 1, person[0], start, days, kind))
    people = {
        "Emp ID": WHOLE, "Full Name": TEXT, "Dept": TEXT, "jobTitle": TEXT, "dateJoined": "DATE",
        "Leaving Date": "DATE", "Annual Salary (£)": WHOLE, "Mgr ID": WHOLE, "Office Location": TEXT,
    }  # fmt: skip
    off = {"Absence ID": WHOLE, "Emp ID": WHOLE, "Start Dt": "DATE", "Days Off": WHOLE, "Absence Type": TEXT}
    return (
        Sheet("Staff List.xlsx", people, staff, "Emp ID", {"Mgr ID": ("Staff List.xlsx", "Emp ID")}),
        Sheet("absences.csv", off, absences, "Absence ID", {"Emp ID": ("Staff List.xlsx", "Emp ID")}),
    )


def helpdesk(rng: random.Random) -> Drawn:
    """Tickets of an IT help desk, 2023 to yesterday."""
    subjects = {
        "Network": ("VPN drops every hour", "No wifi in meeting room", "Slow internet", "VPN login fails"),
        "Hardware": ("Laptop will not start", "Printer jam on floor 2", "New monitor needed", "Broken keyboard"),
        "Software": ("Excel crashes on open", "Install Photoshop", "Outlook keeps freezing", "License expired"),
        "Access": ("Password reset", "Cannot open shared folder", "New starter account", "password reset please"),
        "Billing": ("Invoice is wrong", "Refund not received", "Update card details"),
    }
    agents = PEOPLE[8:15]
    moments = sorted(
        dt.datetime.combine(some_day(rng, dt.date(2023, 1, 2), growth=0.85), dt.time(8))
        + dt.timedelta(minutes=rng.randrange(600))
        for _ in range(1_500)
    )
    rows: list[tuple[Any, ...]] = []
    for number, made in enumerate(moments):
        kind = weighted(rng, Network=0.2, Hardware=0.22, Software=0.27, Access=0.24, Billing=0.07)
        priority = weighted(rng, Low=0.3, Medium=0.42, High=0.21, Critical=0.07)
        hours = rng.lognormvariate({"Low": 3.4, "Medium": 2.9, "High": 2.2, "Critical": 1.3}[priority], 0.9)
        closed = made + dt.timedelta(minutes=int(hours * 60))
        is_open = closed.date() > YESTERDAY or rng.random() < 0.02
        who = rng.choice(PEOPLE[15:])
        rows.append((
            5_001 + number, made, None if is_open else closed, rng.choice(subjects[kind]), kind, priority,
            maybe(rng, agents[min(int(rng.expovariate(0.3)), 6)], 0.05), who,
            maybe(rng, f"{who.lower().replace(' ', '.')}@{rng.choice(('corp.example', 'partner.example'))}", 0.06),
            weighted(rng, email=0.4, portal=0.3, phone=0.18, chat=0.12),
            maybe(rng, int(rng.lognormvariate(3.3, 0.9)) + 1, 0.08),
            None if is_open else maybe(rng, rng.choices((1, 2, 3, 4, 5), (0.06, 0.09, 0.2, 0.36, 0.29))[0], 0.45),
        ))  # fmt: skip
    columns = {
        "Ticket #": WHOLE, "Created At": "TIMESTAMP", "Closed At": "TIMESTAMP", "Subject": TEXT, "Category": TEXT,
        "Priority": TEXT, "assignedAgent": TEXT, "Requester": TEXT, "Requester E-mail": TEXT, "Channel": TEXT,
        "First Response (min)": WHOLE, "CSAT": WHOLE,
    }  # fmt: skip
    return (Sheet("helpdesk_tickets.csv", columns, rows),)


def clinic(rng: random.Random) -> Drawn:
    """Patients, doctors and appointments of a clinic; some appointments are still to come."""
    cities = ("Leeds", "Leeds", "leeds", "York", "York", "YORK", "Harrogate", "Wakefield", "wakefield", "Selby")
    pairs = rng.sample([(a.split()[0], b.split()[1]) for a in PEOPLE for b in PEOPLE], 240)
    patients = [
        (
            1_000 + number, one, other, some_day(rng, dt.date(1938, 1, 1), dt.date(2021, 12, 31)), rng.choice("FFMM"),
            maybe(rng, rng.choice(cities), 0.03),
            maybe(rng, weighted(rng, Bupa=0.35, Aviva=0.28, Vitality=0.2, AXA_Health=0.17), 0.2),
            some_day(rng, dt.date(2019, 1, 7)),
        )
        for number, (one, other) in enumerate(pairs)
    ]  # fmt: skip
    doctors = [
        (1, "Dr. Amelia Stone", "General Practice"), (2, "Dr. Rajesh Pillai", "Cardiology"),
        (3, "Dr. Naomi Feld", "Dermatology"), (4, "Dr. Oscar Lund", "General Practice"),
        (5, "Dr. Helena Cruz", "Pediatrics"), (6, "Dr. Ian McBride", "Orthopedics"),
        (7, "Dr. Yuki Arai", "Cardiology"), (8, "Dr. Pavel Simek", "Neurology"),
    ]  # fmt: skip
    visits: list[tuple[Any, ...]] = []
    days = sorted(some_day(rng, dt.date(2022, 7, 1), dt.date(2024, 7, 26), 0.85) for _ in range(1_400))
    for number, day in enumerate(days):
        kind = weighted(rng, Consultation=0.4, Check_up=0.25, Follow_up=0.25, Vaccination=0.1).replace(" ", "-")
        came = rng.choices(("Completed", "No-show", "Cancelled"), (0.82, 0.1, 0.08))[0]
        status = came if day < TODAY else rng.choices(("Scheduled", "Cancelled"), (0.94, 0.06))[0]
        fee = {"Consultation": 95, "Check-up": 60, "Follow-up": 45, "Vaccination": 30}[kind] * rng.choice((1, 1, 1.2))
        doctor = rng.choices(range(1, 8), (9, 5, 4, 8, 5, 3, 4))[0]
        visits.append((
            number + 1, 1_000 + min(int(rng.expovariate(1 / 75)), 231), doctor, day, kind, status,
            rng.choice((15, 15, 20, 30, 45)), round(fee, 2) if status == "Completed" else None,
        ))  # fmt: skip
    return (
        Sheet(
            "patients.csv",
            {
                "Patient ID": WHOLE, "First Name": TEXT, "Last Name": TEXT, "dob": "DATE", "Sex": TEXT,
                "City": TEXT, "Insurer": TEXT, "Registered On": "DATE",
            },
            patients, "Patient ID",
        ),
        Sheet("doctors.csv", {"Doctor ID": WHOLE, "Doctor Name": TEXT, "Specialty": TEXT}, doctors, "Doctor ID"),
        Sheet(
            "appointments.csv",
            {
                "Appt ID": WHOLE, "Patient ID": WHOLE, "Doctor ID": WHOLE, "apptDate": "DATE", "Appt Type": TEXT,
                "Status": TEXT, "Duration (min)": WHOLE, "Fee (£)": MONEY,
            },
            visits, "Appt ID",
            {"Patient ID": ("patients.csv", "Patient ID"), "Doctor ID": ("doctors.csv", "Doctor ID")},
        ),
    )  # fmt: skip


def saas(rng: random.Random) -> Drawn:
    """Accounts of a software subscription and what each paid in each month."""
    stems = ("Arbor", "Beacon", "Cinder", "Drift", "Ember", "Flux", "Glint", "Harbor", "Iris", "Jolt", "Keel", "Lumen")
    ends = ("Analytics", "Cloud", "Health", "Labs", "Retail", "Systems", "Works", "Logistics", "Media", "Pay")
    titles = rng.sample([f"{stem} {end}" for stem in stems for end in ends], 110)
    price = {"Starter": 29, "Growth": 149, "Enterprise": 890}
    accounts: list[tuple[Any, ...]] = []
    months: list[tuple[Any, ...]] = []
    for number, title in enumerate(titles):
        plan = weighted(rng, Starter=0.45, Growth=0.37, Enterprise=0.18)
        signed = some_day(rng, dt.date(2021, 3, 1), dt.date(2024, 6, 9))
        churned = some_day(rng, signed + dt.timedelta(days=45), dt.date(2025, 12, 31)) if rng.random() < 0.55 else None
        churned = churned if churned and churned < TODAY else None
        seats = {"Starter": 3, "Growth": 14, "Enterprise": 85}[plan] + rng.randrange(1, 14)
        accounts.append((
            f"A{number + 1:03}", title, plan, weighted(rng, USA=0.4, UK=0.22, Germany=0.18, France=0.12, Canada=0.08),
            maybe(rng, weighted(rng, Fintech=0.25, Retail=0.25, Healthcare=0.2, Logistics=0.15, Media=0.15), 0.07),
            signed, churned, seats, rng.choice(PEOPLE[20:25]),
        ))  # fmt: skip
        month, paid = signed.replace(day=1), float(price[plan]) * rng.choice((1, 1, 1.2, 1.5))
        while month <= (churned or TODAY).replace(day=1):
            months.append((f"A{number + 1:03}", month, round(paid, 2)))
            paid *= rng.choices((1, 1.1, 0.9), (0.88, 0.09, 0.03))[0]
            month = (month + dt.timedelta(days=32)).replace(day=1)
    columns = {
        "Account ID": TEXT, "Account Name": TEXT, "Plan": TEXT, "Country": TEXT, "Industry": TEXT,
        "signupDate": "DATE", "Churn Date": "DATE", "# Seats": WHOLE, "CSM": TEXT,
    }  # fmt: skip
    mrr = {"Account ID": TEXT, "Month": "DATE", "MRR ($)": MONEY}
    return (
        Sheet("accounts.csv", columns, accounts, "Account ID"),
        Sheet("MRR by Month.csv", mrr, months, None, {"Account ID": ("accounts.csv", "Account ID")}),
    )


def warehouse(rng: random.Random) -> Drawn:
    """Items, what is in stock where, and what moved in and out."""
    kinds = {
        "Fasteners": ("Hex bolt M8", "Wood screw 4x40", "Wall plug 10mm", "Lock nut M6", "Washer set"),
        "Tools": ("Claw hammer", "Cordless drill", "Tape measure 5m", "Hacksaw", "Spirit level", "Socket set"),
        "Paint": ("White emulsion 10L", "Wood varnish 1L", "Primer grey 5L", "Masonry paint 10L"),
        "Electrical": ("Extension lead 5m", "LED bulb E27", "Junction box", "Cable reel 25m", "Smoke alarm"),
        "Garden": ("Garden hose 20m", "Spade", "Leaf rake", "Plant pot 30cm"),
        "Safety": ("Safety goggles", "Work gloves L", "Ear defenders", "hi-vis vest"),
    }
    suppliers = ("Bolton Fixings", "Toolmaster GmbH", "ColourCo", "Voltex", "GreenThumb Supplies", "SafeHands BV")
    items: list[tuple[Any, ...]] = []
    for kind, things in kinds.items():
        for thing in things:
            cost = round(rng.lognormvariate(2.0, 1.0) + 0.4, 2)
            supplier = suppliers[list(kinds).index(kind)] if rng.random() < 0.75 else rng.choice(suppliers)
            items.append((
                f"{kind[:2].upper()}-{100 + len(items)}", thing, kind, maybe(rng, supplier, 0.07), cost,
                rng.choice((20, 40, 60, 100)),
            ))  # fmt: skip
    places = ("Rotterdam", "Hamburg", "Lyon")
    stock = [
        (
            item[0], place, max(0, int(rng.gauss(item[5] * 1.9, item[5] * 1.3))),
            maybe(rng, some_day(rng, dt.date(2024, 1, 2)), 0.1),
        )
        for item in items for place in places if rng.random() < 0.86
    ]  # fmt: skip
    moves: list[tuple[Any, ...]] = []
    for number, day in enumerate(sorted(some_day(rng, dt.date(2023, 1, 2)) for _ in range(1_600))):
        kind = weighted(rng, Inbound=0.3, Outbound=0.64, Adjustment=0.06)
        qty = {"Inbound": rng.randint(20, 200), "Outbound": rng.randint(1, 90), "Adjustment": rng.randint(-12, 9)}[kind]
        moves.append((number + 1, rng.choice(items[:-2])[0], rng.choice((*places, places[0])), day, kind, qty))
    to_items = {"SKU": ("items.csv", "SKU")}
    return (
        Sheet(
            "items.csv",
            {
                "SKU": TEXT, "Item Desc": TEXT, "Category": TEXT, "Supplier": TEXT, "Unit Cost (€)": MONEY,
                "Reorder Lvl": WHOLE,
            },
            items, "SKU",
        ),
        Sheet(
            "Stock on Hand.csv",
            {"SKU": TEXT, "Warehouse": TEXT, "On Hand": WHOLE, "Last Counted": "DATE"}, stock, None, to_items,
        ),
        Sheet(
            "movements.csv",
            {
                "Move ID": WHOLE, "SKU": TEXT, "Warehouse": TEXT, "Move Date": "DATE", "Move Type": TEXT,
                "Qty Moved": WHOLE,
            },
            moves, "Move ID", to_items,
        ),
    )  # fmt: skip


def bank(rng: random.Random) -> Drawn:
    """A small firm's bank statement, 2023 to yesterday."""
    merchants = {
        "Travel": ("Trainline", "Lufthansa", "Uber", "Hotel Adler"),
        "Office": ("Staples", "Amazon", "Ikea"),
        "Software": ("GitHub", "Adobe", "Zoom", "Slack"),
        "Meals": ("Pret a Manger", "Deliveroo", "Joe's Diner", "STARBUCKS 0412", "Starbucks"),
        "Utilities": ("British Gas", "Thames Water", "Vodafone"),
        "Rent": ("Canary Properties",),
    }
    typical = {"Travel": 4.6, "Office": 4.0, "Software": 3.9, "Meals": 2.9, "Utilities": 4.9, "Rent": 7.6}
    rows: list[tuple[Any, ...]] = []
    for number, day in enumerate(sorted(some_day(rng, dt.date(2023, 1, 2)) for _ in range(1_000))):
        if rng.random() < 0.14:
            who, kind, way = rng.choice(CUSTOMERS[:9]), "Client payment", "Credit"
            amount, account = round(rng.lognormvariate(7.4, 0.6), 2), "Business Current"
        else:
            kind = weighted(rng, Travel=0.2, Office=0.2, Software=0.18, Meals=0.28, Utilities=0.1, Rent=0.04)
            who, way = rng.choice(merchants[kind]), "Debit"
            amount = round(rng.lognormvariate(typical[kind], 0.5), 2)
            account = weighted(rng, Business_Current=0.55, Credit_Card=0.37, Savings=0.08)
        kept = maybe(rng, kind, 0.08)
        rows.append((f"TX{number + 1:05}", day, who, kept, way, amount, account, rng.random() < 0.7))
    columns = {
        "Txn ID": TEXT, "Txn Date": "DATE", "Payee/Payer": TEXT, "Category": TEXT, "Dr/Cr": TEXT,
        "Amount (£)": MONEY, "Account": TEXT, "Reconciled?": "BOOLEAN",
    }  # fmt: skip
    return (Sheet("Bank Transactions.csv", columns, rows),)


def marketing(rng: random.Random) -> Drawn:
    """Advertising campaigns, one row each; the newest still run."""
    themes = ("Spring Launch", "Summer Deals", "Black Friday", "Partner Webinar", "Brand Refresh", "Free Trial Push")
    rate = {"Email": 40, "Paid Search": 900, "Paid Social": 700, "Display": 350, "Events": 2_500}
    rows: list[tuple[Any, ...]] = []
    starts = [some_day(rng, dt.date(2022, 1, 10), dt.date(2024, 4, 30)) for _ in range(66)]
    starts += [some_day(rng, dt.date(2024, 5, 2), dt.date(2024, 6, 10)) for _ in range(6)]
    for number, start in enumerate(sorted(starts)):
        channel = weighted(rng, Email=0.28, Paid_Search=0.26, Paid_Social=0.24, Display=0.14, Events=0.08)
        days = rng.randint(7, 60)
        end = start + dt.timedelta(days=days)
        spend = round(rate[channel] * days / 7 * rng.uniform(0.6, 1.7), 2)
        seen = None if channel == "Events" else int(spend * rng.uniform(18, 60)) + 2_000
        clicks = None if seen is None else int(seen * rng.uniform(0.005, 0.04))
        leads = int((clicks or 900) * rng.uniform(0.02, 0.11))
        rows.append((
            f"{rng.choice(themes)} {start:%b %y} #{number + 1}", channel, start, None if end >= TODAY else end, spend,
            seen, clicks, leads, round(leads * rng.uniform(15, 140), 2),
            maybe(rng, PEOPLE[28 + min(int(rng.expovariate(0.6)), 4)], 0.06),
            weighted(rng, EMEA=0.45, AMER=0.35, APAC=0.2),
        ))  # fmt: skip
    columns = {
        "Campaign": TEXT, "Channel": TEXT, "startDate": "DATE", "endDate": "DATE", "Spend ($)": MONEY,
        "Impressions": WHOLE, "Clicks": WHOLE, "Leads": WHOLE, "Attributed Revenue ($)": MONEY, "Owner": TEXT,
        "Target Mkt": TEXT,
    }  # fmt: skip
    return (Sheet("campaign performance.csv", columns, rows),)


def rents(rng: random.Random) -> Drawn:
    """Homes to let, those that have found a tenant too."""
    places = dict(zip(("Harbourside", "Old Town", "Riverside", "Elmwood", "St. Mary's", "Northfield"), (
        1.5, 1.25, 1.1, 0.9, 0.85, 0.7), strict=True))  # fmt: skip
    streets = ("Mill Lane", "High Street", "Station Road", "Church Walk", "Park Avenue", "Dock Street", "Elm Grove")
    rows: list[tuple[Any, ...]] = []
    for number in range(320):
        place = rng.choices(list(places), (4, 5, 4, 6, 3, 5))[0]
        kind = weighted(rng, Flat=0.5, House=0.27, Studio=0.15, Maisonette=0.08)
        beds = rng.choice({"Flat": (1, 2, 2, 3), "House": (2, 3, 3, 4, 5), "Studio": (0,), "Maisonette": (2,)}[kind])
        area = 300 + 220 * beds + rng.randrange(0, 160)
        listed = some_day(rng, dt.date(2022, 9, 1))
        let = listed + dt.timedelta(days=rng.randint(4, 110))
        let_on = let if let < TODAY and rng.random() < 0.9 else None
        rows.append((
            f"PR{2_000 + number}", f"{rng.randint(1, 140)} {rng.choice(streets)}", place, kind, beds, max(1, beds - 1),
            int((420 + area * 0.9) * places[place] * rng.uniform(0.85, 1.2)), maybe(rng, area, 0.06),
            rng.random() < 0.45, listed, listed + dt.timedelta(days=rng.randint(0, 75)), let_on,
            weighted(rng, Harper_Lets=0.4, CityNest=0.35, Keystone=0.25),
            rng.choice(PEOPLE) if let_on else None,
        ))  # fmt: skip
    columns = {
        "Property Ref": TEXT, "Street Address": TEXT, "Neighbourhood": TEXT, "Type": TEXT, "Beds": WHOLE,
        "Baths": WHOLE, "Rent (pcm)": WHOLE, "Sq. Ft.": WHOLE, "Furnished?": "BOOLEAN", "listedOn": "DATE",
        "Available From": "DATE", "letOn": "DATE", "Agency": TEXT, "tenant_nm": TEXT,
    }  # fmt: skip
    return (Sheet("Rental Listings.csv", columns, rows),)


def reviews(rng: random.Random) -> Drawn:
    """Restaurants and what guests wrote about them."""
    titles = (
        "Bella Napoli", "Golden Wok", "The Copper Pot", "Taqueria Sol", "Spice Route", "Le Petit Zinc", "Sakura House",
        "Burger Barn", "Pho Corner", "La Tavola", "Green Fork", "Smokehouse 52", "Casa Lupita", "Tandoori Nights",
        "Noodle Bar Kumo", "Bistro Marais", "Pizza Roma", "The Fish Shack", "Olive & Thyme", "Dragon Gate",
    )  # fmt: skip
    cuisines = (
        "Italian", "Chinese", "British", "Mexican", "Indian", "French", "Japanese", "American", "Vietnamese", "Italian",
        "Vegetarian", "American", "Mexican", "Indian", "Japanese", "French", "Italian", "British", "Vegetarian",
        "Chinese",
    )  # fmt: skip
    restaurants = [
        (
            number + 1, title, cuisine, rng.choice(("Downtown", "Harbor", "Midtown", "University", "Westside")),
            weighted(rng, **{"$": 0.35, "$$": 0.45, "$$$": 0.2}),
            some_day(rng, dt.date(2008, 3, 1), dt.date(2023, 9, 30)), rng.random() < 0.6,
            maybe(rng, f"555-01{number + 10}", 0.15),
        )
        for number, (title, cuisine) in enumerate(zip(titles, cuisines, strict=True))
    ]  # fmt: skip
    said = (
        "Great service and lovely food", "too noisy for us", "Best pasta in town", "Cold soup, never again",
        "Friendly staff", "Slow SERVICE but worth it", "Overpriced", "Perfect for families", "Terrible service",
        "Would come back for the dessert", "Portions are huge", "great value lunch",
    )  # fmt: skip
    quality = [rng.gauss(0, 0.5) for _ in titles]
    rows: list[tuple[Any, ...]] = []
    for number, day in enumerate(sorted(some_day(rng, dt.date(2022, 1, 2), growth=0.9) for _ in range(1_300))):
        place = min(int(rng.expovariate(0.13)), 18)
        stars = max(1, min(5, round(3.8 + quality[place] + rng.gauss(0, 1))))
        rows.append((
            number + 1, place + 1, rng.choice(PEOPLE), stars, day, maybe(rng, rng.choice(said), 0.22),
            min(int(rng.expovariate(0.35)), 30),
        ))  # fmt: skip
    where = {
        "Restaurant ID": WHOLE, "Restaurant": TEXT, "Cuisine": TEXT, "Neighborhood": TEXT, "Price Range": TEXT,
        "Opened": "DATE", "Delivers?": "BOOLEAN", "Phone": TEXT,
    }  # fmt: skip
    what = {
        "Review ID": WHOLE, "Restaurant ID": WHOLE, "Reviewer": TEXT, "Stars": WHOLE, "reviewDate": "DATE",
        "Comment": TEXT, "Helpful Votes": WHOLE,
    }  # fmt: skip
    return (
        Sheet("restaurants.csv", where, restaurants, "Restaurant ID"),
        Sheet("reviews.csv", what, rows, "Review ID", {"Restaurant ID": ("restaurants.csv", "Restaurant ID")}),
    )


DRAW: dict[str, Callable[[random.Random], Drawn]] = {
    draw.__name__: draw for draw in (retail, hr, helpdesk, clinic, saas, warehouse, bank, marketing, rents, reviews)
}
"""Every database by its `db_id`."""


def sheets(db_id: str) -> Drawn:
    """The files of one database, the same at every call."""
    return DRAW[db_id](random.Random(f"business {db_id}"))


def build(folder: Path, sample_scale: float = 1.0) -> None:
    """Write every database into `folder`, and the sample company as of TODAY; `sample_scale` multiplies its rows.

    Raises FileExistsError when one of them is there.
    """
    for db_id in DRAW:
        write(folder, db_id, sheets(db_id))
    build_sample(folder / f"{SAMPLE}.duckdb", TODAY, sample_scale)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the databases into the folder named on the command line; returns the exit code."""
    return write_all("business_tables", __doc__, build, arguments)


if __name__ == "__main__":
    raise SystemExit(main())

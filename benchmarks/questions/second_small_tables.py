"""Eleven databases of the second set that hold one to three tables, from a sales pipeline to a charity's gifts."""

from __future__ import annotations

import random
from datetime import date, timedelta
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
    full_names,
    maybe,
    some_day,
    weighted,
)


def crm(rng: random.Random) -> Drawn:
    """Deals of a sales pipeline, created 2022 to yesterday."""
    chance = {"Prospecting": 10, "Qualified": 25, "Proposal": 50, "Negotiation": 75, "Closed Won": 100}
    steps = (
        "Send revised quote", "Book demo call", "waiting on legal", "Demo with CTO", "Follow up by phone",
        "send contract",
    )  # fmt: skip
    rows: list[tuple[Any, ...]] = []
    industries = {
        name: rng.choice(("Manufacturing", "Hospitality", "Education", "Healthcare", "Finance", "Retail"))
        for name in CUSTOMERS
    }
    days = sorted(some_day(rng, date(2022, 9, 1), growth=0.85) for _ in range(340))
    for n, made in enumerate(days):
        account = CUSTOMERS[min(int(rng.expovariate(0.1)), 23)]
        value = round(rng.lognormvariate(9.3, 0.8), -2) + rng.choice((0, 50, 0, 75))
        life = rng.randint(10, 200)
        closed = made + timedelta(days=life)
        if closed <= YESTERDAY:
            stage = rng.choices(("Closed Won", "Closed Lost"), (0.42, 0.58))[0]
        else:
            stage, closed = rng.choice(("Prospecting", "Qualified", "Qualified", "Proposal", "Negotiation")), None
        step = None if closed else maybe(rng, rng.choice(steps), 0.25)
        rows.append((
            f"D-{4001 + n}", account, PEOPLE[9 + min(int(rng.expovariate(0.35)), 6)], stage,
            maybe(rng, value, 0.05) if stage in ("Prospecting", "Qualified") else value, chance.get(stage, 0), made,
            made + timedelta(days=life + rng.randint(-30, 30)) if life > 40 else made + timedelta(days=life),
            closed, maybe(rng, weighted(rng, Referral=0.25, Website=0.3, Trade_Show=0.15, Cold_Call=0.2,
                                          Partner=0.1), 0.06),
            industries[account], weighted(rng, Midlands=0.3, Scotland=0.2, South_West=0.22, London=0.28),
            rng.random() < 0.3, step,
        ))  # fmt: skip
    cols = {
        "Deal ID": TEXT, "Account Name": TEXT, "dealOwner": TEXT, "Stage": TEXT, "Deal Value ($)": MONEY,
        "Prob. %": WHOLE, "createdOn": "DATE", "Expected Close": "DATE", "closedOn": "DATE", "Lead Src": TEXT,
        "Industry": TEXT, "Territory": TEXT, "Is Strategic?": "BOOLEAN", "Next Step": TEXT,
    }  # fmt: skip
    return (Sheet("CRM Deals.csv", cols, rows),)


def web(rng: random.Random) -> Drawn:
    """Traffic of six pages on sampled days, June 2023 to yesterday."""
    pages = (
        ("/", "Home", "Marketing", 900, True), ("/pricing", "Pricing", "Marketing", 380, True),
        ("/blog/seo-basics", "SEO basics", "Blog", 260, True),
        ("/blog/release-notes", "Release notes", "Blog", 120, False),
        ("/docs/start", "Getting started", "Docs", 310, False), ("/contact", "Contact us", "Support", 90, False),
        ("/docs/api", "API reference", "Docs", 150, False),
    )  # fmt: skip
    referrers = {
        "google": 0.4, "linkedin.com": 0.2, "twitter": 0.15, "newsletter": 0.15, "partner-site.example": 0.1,
    }  # fmt: skip
    rows: list[tuple[Any, ...]] = []
    day = date(2023, 6, 2)
    while day <= YESTERDAY:
        for path, title, section, base, landing in pages:
            if rng.random() < 0.08:
                continue
            grow = 1 + (day - date(2023, 6, 1)).days / 500
            views = int(base * grow * rng.uniform(0.6, 1.45) * (0.6 if day.weekday() > 4 else 1))
            visitors = int(views * rng.uniform(0.55, 0.8))
            sessions = int(visitors * rng.uniform(1.02, 1.2))
            bounces = int(sessions * rng.uniform(0.2, 0.65))
            signups = int(sessions * rng.uniform(0, 0.05)) if section != "Support" else 0
            rows.append((
                day, path, title, section, views, visitors, sessions, bounces, maybe(rng, rng.randint(12, 260), 0.07),
                signups, round(signups * rng.uniform(4, 31), 2), landing,
                maybe(rng, weighted(rng, **referrers), 0.12),
            ))  # fmt: skip
        day += timedelta(days=rng.choice((4, 5, 6, 7)))
    cols = {
        "Dt": "DATE", "Page URL": TEXT, "pageTitle": TEXT, "Section": TEXT, "Page Views": WHOLE,
        "uniq_visitors": WHOLE, "Sessions": WHOLE, "Bounces": WHOLE, "Avg Time on Page (s)": WHOLE, "Sign-ups": WHOLE,
        "Revenue (USD)": MONEY, "Landing Page?": "BOOLEAN", "Top Referrer": TEXT,
    }  # fmt: skip
    return (Sheet("site traffic by page.csv", cols, rows),)


def fuel(rng: random.Random) -> Drawn:
    """Fill-ups of a delivery fleet, January 2023 to yesterday."""
    kinds = ("Van", "Van", "Truck", "Car", "Van", "Truck", "Car", "Van", "Truck", "Van", "Minibus", "Car")
    cars = []
    for kind in kinds:
        letters = f"{rng.choice('ABKLMR')}{rng.choice('DEFGX')}"
        reg = f"{letters}{rng.randint(15, 23)} {''.join(rng.choices('BCDFGHJKLMN', k=3))}"
        fueltype = "Diesel" if kind != "Car" else rng.choice(("Petrol", "Hybrid"))
        cars.append((reg, kind, fueltype, rng.choice(("Leeds", "Bristol", "Cardiff")), rng.randint(18_000, 120_000)))
    odo = {car[0]: car[4] for car in cars}
    rows: list[tuple[Any, ...]] = []
    days = sorted(some_day(rng, date(2023, 1, 4)) for _ in range(460))
    for n, day in enumerate(days):
        reg, kind, fueltype, depot, _ = rng.choices(cars, (9, 8, 7, 4, 6, 8, 3, 6, 5, 4, 3, 2))[0]
        litres = round({"Van": 55, "Truck": 160, "Car": 38, "Minibus": 62}[kind] * rng.uniform(0.35, 1.0), 2)
        km = int(litres * {"Van": 11, "Truck": 4, "Car": 16, "Minibus": 9}[kind] * rng.uniform(0.8, 1.2))
        odo[reg] += km
        price = rng.uniform(1.38, 1.62)
        rows.append((
            n + 1, day, reg, kind, PEOPLE[20 + min(int(rng.expovariate(0.22)), 12)], depot, fueltype, litres,
            round(litres * price, 2), odo[reg], km, rng.random() < 0.62,
            rng.choice(("Shell Leeds North", "BP Severn Way", "Esso M4 Services", "shell Cardiff Bay", "Tesco Fuel")),
            maybe(rng, f"R{rng.randint(10_000, 99_999)}", 0.15),
        ))  # fmt: skip
    cols = {
        "Log No": WHOLE, "fillDate": "DATE", "Vehicle Reg.": TEXT, "Veh Type": TEXT, "driver_nm": TEXT, "Depot": TEXT,
        "Fuel": TEXT, "Litres": MONEY, "Total Cost (£)": MONEY, "Odometer (km)": WHOLE, "Km Since Last": WHOLE,
        "Full Tank?": "BOOLEAN", "Station": TEXT, "Receipt No": TEXT,
    }  # fmt: skip
    return (Sheet("Fleet Fuel Log.xlsx", cols, rows),)


def invoices(rng: random.Random) -> Drawn:
    """Invoices of an agency, 2023 to yesterday."""
    countries = {name: rng.choice(("Germany", "Germany", "Austria", "Netherlands", "France")) for name in CUSTOMERS}
    rows: list[tuple[Any, ...]] = []
    for n, day in enumerate(sorted(some_day(rng, date(2023, 1, 3), growth=0.9) for _ in range(380))):
        client = CUSTOMERS[2 + min(int(rng.expovariate(0.12)), 21)]
        net = round(rng.lognormvariate(7.6, 0.7), 2)
        vat = round(net * 0.19, 2) if countries[client] == "Germany" else 0
        due = day + timedelta(days=rng.choice((14, 30, 30, 45)))
        paid = day + timedelta(days=int(rng.gauss(32, 14)) if rng.random() < 0.9 else rng.randint(60, 200))
        paid = max(paid, day + timedelta(days=2))
        fate = rng.random()
        if fate < 0.04:
            status, paid_on = "Void", None
        elif fate < 0.07:
            status, paid_on = "Disputed", None
        elif paid <= YESTERDAY:
            status, paid_on = "Paid", paid
        else:
            status, paid_on = ("Overdue" if due < TODAY else "Open"), None
        rows.append((
            f"INV-{day:%y}{n + 1:04}", client, day, due, paid_on, net, vat, round(net + vat, 2), status,
            maybe(rng, PEOPLE[min(int(rng.expovariate(0.5)), 4)], 0.05), countries[client],
            weighted(rng, Consulting=0.3, Design=0.3, Hosting=0.25, Training=0.15),
            rng.random() < (0.7 if status == "Overdue" else 0.12), maybe(rng, f"PO{rng.randint(1000, 9999)}", 0.3),
        ))  # fmt: skip
    cols = {
        "Invoice #": TEXT, "client_nm": TEXT, "invDate": "DATE", "Due Dt": "DATE", "paidOn": "DATE",
        "Net Amt (€)": MONEY, "VAT (€)": MONEY, "Gross Amt (€)": MONEY, "Status": TEXT, "Acct Mgr": TEXT,
        "Country": TEXT, "Service Line": TEXT, "Reminder Sent?": "BOOLEAN", "PO Ref": TEXT,
    }  # fmt: skip
    return (Sheet("Invoice Ledger.xlsx", cols, rows),)


def menu(rng: random.Random) -> Drawn:
    """Sales per item, branch and day of a small restaurant group, October 2023 to yesterday."""
    items = (
        ("Tomato Soup", "Starter", 6.5, True), ("Garlic Bread", "Starter", 5.0, False),
        ("Margherita Pizza", "Main", 11.5, False), ("Pepperoni Pizza", "Main", 13.0, False),
        ("Chickpea Curry", "Main", 12.0, True), ("Sea Bass", "Main", 19.5, False), ("Beef Burger", "Main", 14.5, False),
        ("Tiramisu", "Dessert", 7.0, False), ("Lemon Sorbet", "Dessert", 5.5, True),
        ("House Red (glass)", "Drink", 6.8, True), ("Sparkling Water", "Drink", 3.2, True),
    )  # fmt: skip
    rows: list[tuple[Any, ...]] = []
    seen = set()
    while len(rows) < 500:
        day = some_day(rng, date(2023, 10, 2), growth=0.9)
        item, course, price, vegan = rng.choices(items, (5, 6, 9, 8, 6, 4, 7, 5, 3, 5, 4))[0]
        branch, shift = weighted(rng, Soho=0.45, Camden=0.33, Greenwich=0.22), rng.choice(("Lunch", "Dinner", "Dinner"))
        if (day, item, branch) in seen:
            continue
        seen.add((day, item, branch))
        qty = rng.randint(4, 60)
        gross = qty * price
        discount = round(gross * rng.choice((0, 0, 0, 0.05, 0.1)), 2)
        rows.append((
            day, branch, item, course, shift, qty, price, discount, round(gross - discount, 2),
            round(gross * rng.uniform(0.22, 0.41), 2), vegan, maybe(rng, rng.choice((0, 0, 1, 2, 3, 6)), 0.1),
            maybe(rng, rng.choice(("sold out by 9pm", "Staff shortage", "Private party", "SOLD OUT early",
                                    "rainy day")), 0.8),
        ))  # fmt: skip
    rows.sort(key=lambda row: (row[0], row[1], row[2]))
    cols = {
        "Sale Date": "DATE", "Branch": TEXT, "Menu Item": TEXT, "Course": TEXT, "Shift": TEXT, "Qty": WHOLE,
        "Unit Price (£)": MONEY, "Discounts (£)": MONEY, "Net Sales (£)": MONEY, "Food Cost (£)": MONEY,
        "Is Vegan?": "BOOLEAN", "Waste Qty": WHOLE, "Mgr Notes": TEXT,
    }  # fmt: skip
    return (Sheet("Daily Item Sales.csv", cols, rows),)


def gym(rng: random.Random) -> Drawn:
    """Members of a chain of gyms, those who left too."""
    fee = {"Off-Peak": 24.99, "Standard": 39.99, "Premium": 64.5, "Student": 27.5}
    hosts = ("gmail.com", "gmail.com", "outlook.com", "uni.example")
    full = full_names(rng, 330)
    rows: list[tuple[Any, ...]] = []
    joined_all = sorted(some_day(rng, date(2021, 2, 1), growth=0.8) for _ in full)
    for n, (name, joined) in enumerate(zip(full, joined_all, strict=True)):
        kind = weighted(rng, **{"Off-Peak": 0.2, "Standard": 0.42, "Premium": 0.2, "Student": 0.18})
        left = some_day(rng, joined + timedelta(days=30), date(2026, 6, 1)) if rng.random() < 0.65 else None
        left = left if left and left <= YESTERDAY else None
        last = some_day(rng, max(joined, (left or TODAY) - timedelta(days=45)), left or YESTERDAY)
        recent = 0 if (TODAY - last).days > 30 else rng.randint(1, 22)
        born = some_day(rng, date(1996 if kind == "Student" else 1955, 1, 1), date(2006, 1, 1))
        rows.append((
            7001 + n, name, rng.choice("FFMM"), maybe(rng, born, 0.04), joined, kind,
            round(fee[kind] * rng.choice((1, 1, 1, 0.9, 0.8)), 2),
            weighted(rng, Riverside=0.35, Central=0.4, Parkside=0.25),
            left is None, left, recent, rng.choice((0, 0, 0, 0, 1, 2, 4, 8, 12)), maybe(rng, last, 0.05),
            maybe(rng, weighted(rng, Friend=0.35, Instagram=0.3, Flyer=0.15, Google=0.2), 0.18),
            maybe(rng, f"{name.lower().replace(' ', '.')}@{rng.choice(hosts)}", 0.07),
        ))  # fmt: skip
    cols = {
        "Member No.": WHOLE, "member_nm": TEXT, "Sex": TEXT, "DOB": "DATE", "dateJoined": "DATE",
        "Membership Type": TEXT,
        "Monthly Fee (£)": MONEY, "Home Club": TEXT, "Is Active?": "BOOLEAN", "cancelledOn": "DATE",
        "Visits (30d)": WHOLE,
        "PT Sessions": WHOLE, "Last Visit": "DATE", "Heard Via": TEXT, "E-mail": TEXT,
    }  # fmt: skip
    return (Sheet("gym_members.csv", cols, rows),)


def hotel(rng: random.Random) -> Drawn:
    """Bookings of a hotel, made 2023 to yesterday; some guests are yet to arrive."""
    rate = {"Single": 79, "Double": 112, "Twin": 105, "Family Room": 158, "Junior Suite": 215}
    guests = full_names(rng, 300)
    wishes = (
        "late check-in", "Quiet room please", "baby cot", "High floor", "Late arrival after 22:00", "vegan breakfast",
        "parking space", "Extra pillows", "anniversary, flowers",
    )  # fmt: skip
    rows: list[tuple[Any, ...]] = []
    for number, booked in enumerate(sorted(some_day(rng, date(2023, 1, 2), growth=0.85) for _ in range(620))):
        arrival = booked + timedelta(days=int(rng.expovariate(1 / 28)))
        nights = rng.choices((1, 2, 3, 4, 5, 7, 10), (0.24, 0.28, 0.2, 0.11, 0.08, 0.07, 0.02))[0]
        leaving = arrival + timedelta(days=nights)
        room = weighted(rng, Single=0.2, Double=0.38, Twin=0.16, Family_Room=0.16, Junior_Suite=0.1)
        season = 1.25 if arrival.month in (6, 7, 8, 12) else 0.95
        price = round(rate[room] * season * rng.uniform(0.85, 1.2), 2)
        gone = rng.random()
        if gone < 0.11:
            status = "Cancelled"
        elif arrival > YESTERDAY:
            status = "Confirmed"
        elif gone < 0.14:
            status = "No-show"
        else:
            status = "In house" if leaving > YESTERDAY else "Checked out"
        adults = 1 if room == "Single" else rng.choice((1, 2, 2, 2, 3))
        rows.append((
            f"R{23_001 + number}", booked, arrival, leaving, nights, guests[min(int(rng.expovariate(1 / 90)), 299)],
            weighted(rng, Germany=0.34, United_Kingdom=0.2, Netherlands=0.15, France=0.13, USA=0.1, Japan=0.08), room,
            weighted(rng, **{"Booking.com": 0.4, "Direct": 0.25, "Expedia": 0.18, "Phone": 0.07, "Corporate": 0.1}),
            adults, rng.choice((1, 2, 2, 3)) if room == "Family Room" else 0, price,
            0 if status in ("Cancelled", "No-show") else round(price * nights, 2), status, rng.random() < 0.55,
            maybe(rng, rng.choices((4, 5, 6, 7, 8, 9, 10), (1, 2, 3, 6, 9, 8, 5))[0], 0.45)
            if status == "Checked out" else None,
            maybe(rng, rng.choice(wishes), 0.72),
        ))  # fmt: skip
    columns = {
        "Res. No": TEXT, "bookedOn": "DATE", "Arrival Dt": "DATE", "Departure Dt": "DATE", "Nights": WHOLE,
        "Guest Name": TEXT, "guest_ctry": TEXT, "Room Type": TEXT, "Booking Channel": TEXT, "Adults": WHOLE,
        "Kids": WHOLE, "Rate/Night (€)": MONEY, "Total Rev (€)": MONEY, "Booking Status": TEXT,
        "Breakfast Incl?": "BOOLEAN", "Review Score": WHOLE, "Special Req.": TEXT,
    }  # fmt: skip
    return (Sheet("Reservations Export.csv", columns, rows),)


def solar(rng: random.Random) -> Drawn:
    """Output of seven solar plants on sampled days, 2023 to yesterday."""
    sites = (
        ("Almendra", "South", 4_200, "Helios O&M"), ("Brisa Norte", "North", 1_800, "Helios O&M"),
        ("Campo Verde", "Centre", 3_100, "SunCare"), ("Dehesa", "South", 5_600, "SunCare"),
        ("El Mirador", "Centre", 2_400, "Helios O&M"), ("Fuente Clara", "North", 900, "Voltia"),
        ("Granja Sol", "South", 3_700, "Voltia"),
    )  # fmt: skip
    notes = (
        "Inverter replaced", "grid outage 2h", "snow on panels", "Dust storm", "inverter trip, reset on site",
        "Technician visit", "Grid operator curtailment",
    )  # fmt: skip
    sun = (2.1, 3.0, 4.4, 5.3, 6.2, 7.0, 7.3, 6.6, 5.2, 3.6, 2.4, 1.9)
    rows: list[tuple[Any, ...]] = []
    day = date(2023, 1, 3)
    while day <= YESTERDAY:
        weather = rng.uniform(0.55, 1.15)
        for site, region, capacity, operator in sites:
            if rng.random() < 0.06:
                continue
            light = round(sun[day.month - 1] * weather * rng.uniform(0.9, 1.08), 2)
            down = rng.choice((0, 0, 0, 0, 0, 0, 0.5, 1.5, 2, 4, 7.5))
            made = int(capacity * light * 0.8 * (1 - down / 12) * rng.uniform(0.93, 1.04))
            sold = int(made * rng.uniform(0.9, 0.985))
            rows.append((
                day, site, region, capacity, made, sold, light, down, rng.choice((0, 0, 0, 1, 2, 3)) if down else 0,
                maybe(rng, round(12 + light * 5 + rng.gauss(0, 4), 1), 0.09), rng.random() < 0.15,
                round(sold * rng.uniform(0.052, 0.094), 2), operator,
                maybe(rng, rng.choice(notes), 0.6 if down else 0.93),
            ))  # fmt: skip
        day += timedelta(days=rng.choice((5, 6, 7, 8)))
    columns = {
        "Reading Date": "DATE", "plant_nm": TEXT, "Region": TEXT, "Capacity (kWp)": WHOLE, "kWh Generated": WHOLE,
        "kWh Exported": WHOLE, "Irradiance (kWh/m2)": "DOUBLE", "Downtime (hrs)": "DOUBLE", "Inverter Faults": WHOLE,
        "panelTemp": "DOUBLE", "Panels Cleaned?": "BOOLEAN", "Revenue (€)": MONEY, "O&M Contractor": TEXT,
        "Remarks": TEXT,
    }  # fmt: skip
    return (Sheet("Plant Output Log.csv", columns, rows),)


def claims(rng: random.Random) -> Drawn:
    """Claims of an insurer, reported 2022 to yesterday, the open ones too."""
    causes = {
        "Motor": ("Rear-end collision", "Hail damage", "Theft of vehicle", "parking damage", "Deer collision"),
        "Home": ("Water leak", "storm damage", "Burglary", "Kitchen fire", "water damage from roof"),
        "Travel": ("Trip cancellation", "Lost luggage", "Medical emergency"),
        "Pet": ("Surgery", "Dental treatment"),
        "Liability": ("Slip and fall", "Property damage to neighbor"),
    }
    typical = {"Motor": 8.2, "Home": 8.7, "Travel": 6.7, "Pet": 6.3, "Liability": 9.2}
    holders = full_names(rng, 260)
    rows: list[tuple[Any, ...]] = []
    for number, reported in enumerate(sorted(some_day(rng, date(2022, 2, 1), growth=0.9) for _ in range(540))):
        kind = weighted(rng, Motor=0.4, Home=0.27, Travel=0.16, Pet=0.11, Liability=0.06)
        who = min(int(rng.expovariate(1 / 80)), 259)
        asked = round(rng.lognormvariate(typical[kind], 0.7), 2)
        excess = rng.choice((100, 250, 250, 500, 1_000)) if kind in ("Motor", "Home") else rng.choice((0, 50, 100))
        ended = reported + timedelta(days=4 + int(rng.lognormvariate(3.4, 0.7)))
        fraud = rng.random() < 0.06
        if ended > YESTERDAY:
            status, ended_on, paid = rng.choice(("Open", "Open", "Under review", "Awaiting documents")), None, None
        elif rng.random() < (0.7 if fraud else 0.14):
            status, ended_on, paid = "Rejected", ended, 0
        else:
            status, ended_on = "Settled", ended
            paid = round(max(asked - excess, 20) * rng.choice((1, 1, 1, 0.9, 0.75)), 2)
        rows.append((
            f"CL-{reported:%y}-{number + 1:04}", f"P{40_000 + who * 7}", holders[who], kind,
            reported - timedelta(days=min(int(rng.expovariate(1 / 6)), 60)), reported, ended_on, status, asked, paid,
            excess, maybe(rng, PEOPLE[14 + min(int(rng.expovariate(0.4)), 6)], 0.07),
            weighted(rng, Texas=0.32, Ohio=0.22, Florida=0.26, Oregon=0.12, Maine=0.08), fraud,
            maybe(rng, rng.choice(causes[kind]), 0.08),
        ))  # fmt: skip
    columns = {
        "Claim Ref": TEXT, "policyNo": TEXT, "Policy Holder": TEXT, "Claim Type": TEXT, "Loss Date": "DATE",
        "reportedOn": "DATE", "closedOn": "DATE", "Claim Status": TEXT, "Amt Claimed ($)": MONEY,
        "Amt Paid ($)": MONEY, "Deductible ($)": WHOLE, "Adjuster": TEXT, "State": TEXT,
        "Suspected Fraud?": "BOOLEAN", "Cause of Loss": TEXT,
    }  # fmt: skip
    return (Sheet("Claims Register.xlsx", columns, rows),)


def courses(rng: random.Random) -> Drawn:
    """Courses of a training school, students and registrations."""
    titles = (
        ("PY101", "Python for Beginners", "Programming", "Beginner", 320),
        ("PY201", "Advanced Python", "Programming", "Advanced", 540),
        ("DA110", "Data Analysis with Excel", "Data", "Beginner", 250),
        ("DA220", "Statistics Bootcamp", "Data", "Intermediate", 430),
        ("DA310", "Machine Learning", "Data", "Advanced", 780),
        ("DS120", "Graphic Design Basics", "Design", "Beginner", 290),
        ("DS240", "UX Research", "Design", "Intermediate", 460), ("BU100", "Bookkeeping", "Business", "Beginner", 210),
        ("BU205", "Project Management", "Business", "Intermediate", 390),
        ("BU330", "Negotiation Skills", "Business", "Advanced", 350),
        ("LA101", "Spanish A1", "Languages", "Beginner", 180),
        ("LA102", "Spanish A2", "Languages", "Intermediate", 195),
        ("LA110", "German A1", "Languages", "Beginner", 180), ("DS310", "Motion Graphics", "Design", "Advanced", 620),
    )  # fmt: skip
    teachers = (*PEOPLE[24:30], PEOPLE[24], PEOPLE[26])
    course = [
        (code, title, subject, level, price, rng.choice((12, 16, 20, 30)), maybe(rng, rng.choice(teachers), 0.07),
         rng.random() < 0.5, some_day(rng, date(2023, 1, 10), date(2024, 9, 30)))
        for code, title, subject, level, price in titles
    ]  # fmt: skip
    names = full_names(rng, 120)
    student = [
        (501 + n, name, weighted(rng, Spain=0.3, Portugal=0.2, Italy=0.25, Ireland=0.25),
         maybe(rng, weighted(rng, Inditex=0.3, Telefonica=0.3, Generali=0.2, Freelance=0.2), 0.25),
         some_day(rng, date(2022, 6, 1), date(2023, 12, 20)))
        for n, name in enumerate(names)
    ]  # fmt: skip
    rows: list[tuple[Any, ...]] = []
    pairs = set()
    days = sorted(some_day(rng, date(2023, 1, 9), growth=0.85) for _ in range(420))
    for n, day in enumerate(days):
        while True:
            who = min(int(rng.expovariate(1 / 45)), 111)
            what = rng.choices(range(13), (12, 6, 9, 5, 6, 7, 5, 4, 7, 2, 8, 4, 5))[0]
            if (who, what) not in pairs and student[who][4] <= day:
                break
            if (TODAY - day).days > 160 and rng.random() < 0.05:
                break
        pairs.add((who, what))
        old = (TODAY - day).days
        fates, odds = (("Completed", "Dropped"), (0.8, 0.2)) if old > 90 else (("Enrolled", "Dropped"), (0.93, 0.07))
        status = rng.choices(fates, odds)[0]
        price = titles[what][4]
        rows.append((
            n + 1, 501 + who, titles[what][0], day, status,
            maybe(rng, round(price * rng.choice((1, 1, 1, 0.9, 0.75)), 2), 0.05),
            rng.randint(45, 100) if status == "Completed" else None,
            maybe(rng, rng.choices((1, 2, 3, 4, 5), (1, 2, 4, 8, 7))[0], 0.35) if status == "Completed" else None,
            rng.random() < 0.2,
        ))  # fmt: skip
    return (
        Sheet("course catalogue.csv", {
            "Course Code": TEXT, "Course Title": TEXT, "Subject": TEXT, "Level": TEXT, "List Fee ($)": MONEY,
            "Max Seats": WHOLE,
            "Instructor": TEXT, "Online?": "BOOLEAN", "startDate": "DATE"}, course, "Course Code"),
        Sheet("students.csv",
            {"Student ID": WHOLE, "student_nm": TEXT, "Country": TEXT, "Employer": TEXT, "dateJoined": "DATE"},
              student, "Student ID"),
        Sheet("registrations.csv", {
            "Reg ID": WHOLE, "Student ID": WHOLE, "Course Code": TEXT, "Reg Date": "DATE", "Status": TEXT,
            "Amt Paid ($)": MONEY,
            "Final Grade": WHOLE, "Rating (1-5)": WHOLE, "Scholarship?": "BOOLEAN"}, rows, "Reg ID",
            {"Student ID": ("students.csv", "Student ID"), "Course Code": ("course catalogue.csv", "Course Code")}),
    )  # fmt: skip


def charity(rng: random.Random) -> Drawn:
    """Donors of a charity and their gifts, 2022 to yesterday."""
    people = full_names(rng, 104)
    firms = list(CUSTOMERS[:16])
    donors: list[tuple[Any, ...]] = []
    for n, name in enumerate(rng.sample(people + firms, 120)):
        kind = "Corporate" if name in firms else weighted(rng, Individual=0.92, Foundation=0.08)
        if kind == "Foundation":
            name = f"{name} Foundation"
        donors.append((
            n + 1, name, kind,
            maybe(rng, weighted(rng, Boston=0.3, Chicago=0.25, Denver=0.2, Austin=0.15, Seattle=0.1), 0.05),
            some_day(rng, date(2018, 1, 5), date(2022, 12, 30)), rng.random() < 0.6,
            maybe(rng, f"{name.lower().replace(' & ', '-').replace(' ', '.')}@mail.example", 0.12),
        ))  # fmt: skip
    gifts: list[tuple[Any, ...]] = []
    for n, day in enumerate(sorted(some_day(rng, date(2022, 1, 4), growth=0.9) for _ in range(480))):
        who = min(int(rng.expovariate(1 / 40)), 112)
        size = {"Corporate": 6.6, "Foundation": 7.3, "Individual": 4.2}[donors[who][2]]
        to = 1 if rng.random() < 0.7 else 25
        amount = round(rng.lognormvariate(size, 0.8) / to + (to > 1)) * to
        gifts.append((
            9001 + n, who + 1, day, amount,
            weighted(rng, Clean_Water=0.35, Scholarships=0.25, Food_Bank=0.25, General=0.15),
            weighted(rng, Card=0.45, Check=0.2, Bank_Transfer=0.2, PayPal=0.15), rng.random() < 0.35,
            maybe(rng, weighted(rng, Spring_Gala=0.25, Giving_Tuesday=0.25, Year_End_Appeal=0.3, Walkathon=0.2), 0.3),
            maybe(rng, min(day + timedelta(days=rng.randint(0, 21)), YESTERDAY), 0.18),
        ))  # fmt: skip
    return (
        Sheet("Donor List.csv", {
            "Donor ID": WHOLE, "Donor Name": TEXT, "Donor Type": TEXT, "City": TEXT, "firstContact": "DATE",
            "Newsletter?": "BOOLEAN",
            "E-mail": TEXT}, donors, "Donor ID"),
        Sheet("gifts.csv", {
            "Gift ID": WHOLE, "Donor ID": WHOLE, "giftDate": "DATE", "Gift Amt ($)": MONEY, "Fund": TEXT,
            "Pmt Method": TEXT,
            "Recurring?": "BOOLEAN", "Campaign": TEXT, "thankYouSent": "DATE"}, gifts, "Gift ID",
            {"Donor ID": ("Donor List.csv", "Donor ID")}),
    )  # fmt: skip

"""Four databases of the second set with several tables and keys: a broker, a support desk, a factory, a consultancy."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
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
    moment,
    some_day,
    weighted,
)


def broker(rng: random.Random) -> Drawn:
    """Clients of an online broker, their accounts, trades and watchlists."""
    full = full_names(rng, 128)
    advisors = [
        (
            number + 1,
            full[120 + number],
            rng.choice(("London", "Zurich", "Frankfurt")),
            some_day(rng, date(2012, 1, 1), date(2023, 6, 1)),
            number not in (3, 6),
        )
        for number in range(8)
    ]
    advisors = [(*row, maybe(rng, f"+44 20 7946 {100 + row[0]:04}", 0.3)) for row in advisors]
    clients: list[tuple[Any, ...]] = []
    for number in range(120):
        joined = some_day(rng, date(2019, 2, 1), growth=0.8)
        mailbox = full[number].lower().replace(" ", ".")
        clients.append((
            2_001 + number, full[number],
            weighted(rng, United_Kingdom=0.35, Germany=0.22, Switzerland=0.18, France=0.15, Spain=0.1),
            weighted(rng, conservative=0.3, balanced=0.42, aggressive=0.28),
            weighted(rng, verified=0.8, pending=0.13, rejected=0.07),
            some_day(rng, date(1950, 1, 1), date(2003, 12, 31)), joined,
            maybe(rng, f"{mailbox}@{rng.choice(('mail', 'post', 'inbox'))}.example", 0.12),
            rng.random() < 0.22, maybe(rng, rng.choice((1, 1, 2, 3, 4, 5, 6, 7)), 0.35),
        ))  # fmt: skip
    accounts: list[tuple[Any, ...]] = []
    for client in clients:
        for _ in range(rng.choices((0, 1, 2, 3), (0.08, 0.5, 0.3, 0.12))[0]):
            opened = some_day(rng, client[6])
            closed = some_day(rng, opened) if rng.random() < 0.13 else None
            accounts.append((
                f"AC{50_001 + len(accounts)}", client[0],
                weighted(rng, Cash=0.4, Margin=0.25, Pension=0.2, Savings=0.15),
                weighted(rng, GBP=0.45, EUR=0.4, CHF=0.15), opened, closed,
                0 if closed else round(rng.lognormvariate(8.4, 1.2), 2),
            ))  # fmt: skip
    tickers = (
        ("ALPN", "Alpine Energy", "Energy"), ("BRKT", "Bracket Software", "Technology"),
        ("CRDX", "Cardex Pharma", "Healthcare"),
        ("DELM", "Delmont Foods", "Consumer"), ("ESTR", "Eastern Rail", "Industrials"),
        ("FNVA", "Finova Bank", "Financials"),
        ("GRNT", "Granite Mining", "Materials"), ("HLIO", "Helio Solar", "Energy"),
        ("IRIS", "Iris Robotics", "Technology"),
        ("JNPR", "Juniper Homes", "Real Estate"), ("KITE", "Kite Airways", "Industrials"),
        ("LUMN", "Lumen Optics", "Technology"),
        ("MRDN", "Meridian Labs", "Healthcare"), ("NRTH", "North Utilities", "Utilities"),
        ("OAKF", "Oakfield Insurance", "Financials"),
        ("PNCL", "Pinnacle Sports", "Consumer"), ("QNTM", "Quantum Chips", "Technology"),
        ("RDWD", "Redwood Paper", "Materials"),
        ("SLVR", "Silverline Bank", "Financials"), ("TIDE", "Tidewater Power", "Utilities"),
        ("WRLD", "World Equity Tracker", None),
        ("EURB", "Euro Government Bond Fund", None), ("TECH", "Global Technology Tracker", "Technology"),
        ("GLDX", "Gold Bullion Fund", None),
        ("UKGB", "UK Gilt 2031", None), ("DEBD", "Germany Bund 2030", None), ("VLTA", "Volta Batteries", "Energy"),
        ("WEST", "Westbrook Motors", "Consumer"), ("XENO", "Xeno Biotech", "Healthcare"),
        ("YARD", "Shipyard Holdings", "Industrials"),
        ("ZNTH", "Zenith Bank", "Financials"), ("AQUA", "Aqua Utilities", "Utilities"),
    )  # fmt: skip
    instruments = []
    for code, title, sector in tickers:
        kind = "ETF" if "Tracker" in title or "Fund" in title else "Bond" if "20" in title else "Stock"
        pays = None if (kind == "ETF" and code == "GLDX") or rng.random() < 0.22 else round(rng.uniform(0.4, 6.5), 2)
        instruments.append((
            code, title, kind, sector, rng.choice(("LSE", "LSE", "XETRA", "SIX")), pays,
            round(rng.lognormvariate(3.9, 0.7), 2), rng.random() < 0.3,
        ))  # fmt: skip
    open_accounts = [one for one in accounts if rng.random() < 0.86]
    days = sorted(some_day(rng, date(2022, 9, 1), growth=0.75) for _ in range(400))
    trades: list[tuple[Any, ...]] = []
    for day in days:
        able = [one for one in open_accounts if one[4] <= day and (one[5] is None or one[5] >= day)]
        account = rng.choice(able)
        what = instruments[min(int(rng.expovariate(0.09)), 29)]
        status = rng.choices(("filled", "cancelled", "rejected"), (0.84, 0.11, 0.05))[0]
        if (TODAY - day).days < 5:
            status = "pending"
        qty = rng.choice((1, 2, 5, 10, 10, 15, 20, 25, 40, 50, 100, 200))
        price = round(what[6] * rng.uniform(0.75, 1.15), 2)
        trades.append((
            len(trades) + 1, account[0], what[0], rng.choices(("BUY", "SELL"), (0.62, 0.38))[0], qty, price,
            round(max(1.5, qty * price * 0.002), 2) if status == "filled" else None, moment(rng, day),
            day + timedelta(days=2) if status == "filled" else None, status,
        ))  # fmt: skip
    pairs = rng.sample([(one[0], what[0], one[6]) for one in clients[:95] for what in instruments[:28]], 180)
    watch = [(who, what, some_day(rng, max(joined, date(2023, 1, 1)))) for who, what, joined in sorted(pairs)]
    return (
        Sheet(
            "advisors.csv",
            {"advisor_id": WHOLE, "advisor_nm": TEXT, "office": TEXT, "hired_on": "DATE", "active": "BOOLEAN",
                "phone": TEXT},
            advisors, "advisor_id",
        ),
        Sheet(
            "clients.csv",
            {
                "clientId": WHOLE, "fullName": TEXT, "country": TEXT, "riskProfile": TEXT, "kycStatus": TEXT,
                "dob": "DATE",
                "joinedDt": "DATE", "email": TEXT, "isPremium": "BOOLEAN", "advisorId": WHOLE,
            },
            clients, "clientId", {"advisorId": ("advisors.csv", "advisor_id")},
        ),
        Sheet(
            "accounts.csv",
            {
                "acct_no": TEXT, "client_id": WHOLE, "acct_type": TEXT, "ccy": TEXT, "opened_on": "DATE",
                "closed_on": "DATE",
                "cash_bal": MONEY,
            },
            accounts, "acct_no", {"client_id": ("clients.csv", "clientId")},
        ),
        Sheet(
            "instruments.csv",
            {
                "ticker": TEXT, "company_nm": TEXT, "asset_class": TEXT, "sector": TEXT, "exchange": TEXT,
                "div_yield": "DOUBLE", "last_px": MONEY, "esg_approved": "BOOLEAN",
            },
            instruments, "ticker",
        ),
        Sheet(
            "trades.csv",
            {
                "trade_id": WHOLE, "acct_no": TEXT, "ticker": TEXT, "side": TEXT, "qty": WHOLE, "price": MONEY,
                "fee_amt": MONEY, "placed_at": "TIMESTAMP", "settle_dt": "DATE", "trade_status": TEXT,
            },
            trades, "trade_id", {"acct_no": ("accounts.csv", "acct_no"), "ticker": ("instruments.csv", "ticker")},
        ),
        Sheet(
            "watchlist.csv", {"client_id": WHOLE, "ticker": TEXT, "added_on": "DATE"}, watch, None,
            {"client_id": ("clients.csv", "clientId"), "ticker": ("instruments.csv", "ticker")},
        ),
    )  # fmt: skip


def supportdesk(rng: random.Random) -> Drawn:
    """Customers of a software company: subscriptions and support tickets."""
    stems = ("Arbor", "Beacon", "Cinder", "Drift", "Ember", "Flux", "Glint", "Harbor", "Iris", "Jolt", "Keel", "Lumen")
    ends = ("Analytics", "Cloud", "Health", "Labs", "Retail", "Systems", "Bank", "Logistics", "Media", "Pay")
    heads = rng.sample([f"{stem} {end}" for stem in stems for end in ends], 90)
    plans = [
        ("FREE", "Free", 0, 2, False, "community", date(2020, 1, 15)),
        ("BASIC", "Basic", 39, 5, False, "email", date(2020, 1, 15)),
        ("TEAM", "Team", 149, 20, False, "email", date(2020, 9, 1)),
        ("BIZ", "Business", 490, 75, True, "priority", date(2021, 4, 12)),
        ("ENT", "Enterprise", 1_490, 300, True, "priority", date(2021, 10, 1)),
        ("EDU", "Education", 19, 50, True, "community", date(2023, 2, 1)),
    ]  # fmt: skip
    full = full_names(rng, 40)
    orgs = [
        (
            f"O-{100 + number}", head,
            maybe(rng, weighted(rng, Finance=0.24, Retail=0.22, Healthcare=0.2, Logistics=0.18, Media=0.16), 0.08),
            weighted(rng, United_States=0.4, Canada=0.16, Germany=0.18, Netherlands=0.14, Australia=0.12),
            int(rng.lognormvariate(4.6, 1.2)) + 3,
            some_day(rng, date(2020, 3, 1), date(2024, 6, 9), 0.85), rng.choice(full[30:34]),
        )
        for number, head in enumerate(heads)
    ]  # fmt: skip
    fee = {plan[0]: plan[2] for plan in plans}
    subs: list[tuple[Any, ...]] = []
    for number, org in enumerate(orgs):
        if number % 13 == 5:
            continue
        start = some_day(rng, org[5], min(org[5] + timedelta(days=60), YESTERDAY))
        for _ in range(rng.choices((1, 2), (0.68, 0.32))[0]):
            code = weighted(rng, FREE=0.14, BASIC=0.3, TEAM=0.28, BIZ=0.18, ENT=0.1)
            end = start + timedelta(days=rng.randint(60, 900))
            over = end < TODAY and rng.random() < 0.75
            status = "cancelled" if over else rng.choices(("active", "past_due", "paused"), (0.84, 0.1, 0.06))[0]
            if not over and (TODAY - start).days < 30:
                status = "trial"
            seats = {"FREE": 2, "BASIC": 4, "TEAM": 14, "BIZ": 55, "ENT": 210}[code] + rng.randint(
                0, 30 if code in ("BIZ", "ENT") else 3
            )
            subs.append((
                len(subs) + 501, org[0], code, start, end if over else None, status, seats, rng.random() < 0.7,
                round(fee[code] * rng.choice((1, 1, 1, 0.9, 0.8)), 2),
                maybe(rng, weighted(rng, card=0.6, invoice=0.3, paypal=0.1), 0 if fee[code] else 1),
            ))  # fmt: skip
            if not over:
                break
            start = end + timedelta(days=rng.randint(5, 90))
            if start > YESTERDAY:
                break
    agents = [
        (
            number + 1,
            full[number],
            weighted(rng, Tier_1=0.5, Tier_2=0.3, Billing=0.2),
            rng.choice(("Lisbon", "Toronto", "Manila")),
            some_day(rng, date(2020, 2, 1), date(2024, 5, 20)),
            number in (0, 5, 9),
            maybe(rng, rng.choice(("Spanish", "German", "French", "Dutch")), 0.4),
        )
        for number in range(30)
    ]
    said = {
        "login": ("Cannot log in after password change", "SSO login loop", "Two-factor code never arrives"),
        "billing": ("Charged twice this month", "Need a copy of the invoice", "Refund request for unused seats"),
        "performance": ("Dashboard is very slow", "Timeout when loading reports", "Slow search results"),
        "export": ("CSV export is empty", "Export fails with error 500"),
        "integration": ("Slack integration stopped", "API returns error 403", "Webhook not firing"),
        "mobile": ("App crashes on Android", "Push notifications missing"),
    }
    tickets: list[tuple[Any, ...]] = []
    tags: list[tuple[Any, ...]] = []
    for number, day in enumerate(sorted(some_day(rng, date(2023, 1, 9), growth=0.75) for _ in range(330))):
        org = rng.choice([one for one in orgs[:80] if one[5] <= day])
        able = [one for one in agents[:27] if one[4] <= day]
        opened = moment(rng, day)
        prio = weighted(rng, low=0.3, normal=0.42, high=0.2, urgent=0.08)
        hours = rng.lognormvariate({"low": 3.6, "normal": 3.1, "high": 2.3, "urgent": 1.4}[prio], 0.9)
        solved = opened + timedelta(minutes=int(hours * 60))
        still = solved.date() > YESTERDAY or rng.random() < 0.05
        replied = opened + timedelta(minutes=int(min(hours * 60 * 0.6, rng.lognormvariate(4.2, 0.9))) + 1)
        ended = rng.choices(("solved", "closed"), (0.4, 0.6))[0] if not still else None
        status = ended or rng.choice(("open", "open", "waiting on customer"))
        who = maybe(rng, rng.choice(able)[0], 0.06 if not still else 0.4)
        kind = weighted(rng, login=0.22, billing=0.2, performance=0.2, export=0.12, integration=0.16, mobile=0.1)
        tickets.append((
            9_001 + number, org[0], who, rng.choice(said[kind]), prio,
            weighted(rng, email=0.45, chat=0.3, phone=0.15, web_form=0.1), opened,
            None if still and (who is None or rng.random() < 0.5) else min(replied, datetime(2024, 6, 14, 23, 50)),
            None if still else solved, status,
            None if still else maybe(rng, rng.choices((1, 2, 3, 4, 5), (0.07, 0.08, 0.2, 0.35, 0.3))[0], 0.4),
        ))  # fmt: skip
        more = rng.choices((0, 1, 2), (0.72, 0.24, 0.04))[0]
        for tag in (kind, *rng.sample(("bug", "vip", "escalated", "how-to", "outage"), more)):
            if rng.random() < 0.82 and len(tags) < 400:
                tags.append((9_001 + number, tag))
    tags.sort()
    return (
        Sheet(
            "plans.csv",
            {"plan_code": TEXT, "plan_name": TEXT, "monthly_fee": MONEY, "seats_incl": WHOLE, "has_sso": "BOOLEAN",
                "support_lvl": TEXT, "launched": "DATE"},
            plans, "plan_code",
        ),
        Sheet(
            "organizations.csv",
            {"orgId": TEXT, "orgName": TEXT, "industry": TEXT, "country": TEXT, "headcount": WHOLE, "createdOn": "DATE",
                "accountManager": TEXT},
            orgs, "orgId",
        ),
        Sheet(
            "subscriptions.csv",
            {
                "sub_id": WHOLE, "org_id": TEXT, "plan_code": TEXT, "start_dt": "DATE", "end_dt": "DATE",
                "sub_status": TEXT, "seats": WHOLE,
                "auto_renew": "BOOLEAN", "mrr_usd": MONEY, "pay_method": TEXT,
            },
            subs, "sub_id", {"org_id": ("organizations.csv", "orgId"), "plan_code": ("plans.csv", "plan_code")},
        ),
        Sheet(
            "agents.csv",
            {"agent_id": WHOLE, "agent_name": TEXT, "team": TEXT, "office": TEXT, "started_on": "DATE",
                "is_lead": "BOOLEAN", "second_lang": TEXT},
            agents, "agent_id",
        ),
        Sheet(
            "tickets.csv",
            {
                "ticket_id": WHOLE, "org_id": TEXT, "agent_id": WHOLE, "subject": TEXT, "prio": TEXT, "channel": TEXT,
                "opened_at": "TIMESTAMP",
                "first_reply_at": "TIMESTAMP", "resolved_at": "TIMESTAMP", "tkt_status": TEXT, "csat": WHOLE,
            },
            tickets, "ticket_id", {"org_id": ("organizations.csv", "orgId"), "agent_id": ("agents.csv", "agent_id")},
        ),
        Sheet("ticket_tags.csv", {"ticket_id": WHOLE, "tag": TEXT}, tags, None,
            {"ticket_id": ("tickets.csv", "ticket_id")}),
    )  # fmt: skip


def factory(rng: random.Random) -> Drawn:
    """Machines of a factory, what they make, run by run since 2023, and when they stood still."""
    makers = ("Haas", "Mazak", "Trumpf", "DMG Mori")
    lines = {"Milling": 6, "Turning": 5, "Laser": 3, "Assembly": 3, "Packing": 2}
    machines: list[tuple[Any, ...]] = []
    for line, count in lines.items():
        for place in range(count):
            machines.append((
                f"M{len(machines) + 1:02}", f"{line} {place + 1}", line, rng.choice(makers),
                some_day(rng, date(2009, 1, 5), date(2024, 2, 20)),
                line in ("Milling", "Turning", "Laser") and rng.random() < 0.8,
                maybe(rng, rng.randint(60, 480) * 1_000, 0.15),
            ))  # fmt: skip
    parts = (
        ("Pump Housing", "Pumps", 84.5), ("Pump Shaft", "Pumps", 31.2), ("Impeller", "Pumps", 47.9),
        ("Valve Body", "Valves", 52.0),
        ("Valve Stem", "Valves", 12.4), ("Ball Seat", "Valves", 8.75), ("Gear 24T", "Gears", 22.1),
        ("Gear 48T", "Gears", 38.6),
        ("Worm Gear", "Gears", 61.3), ("Mounting Bracket", "Brackets", 6.9), ("Corner Bracket", "Brackets", 4.2),
        ("Steel Bracket XL", "Brackets", 11.8), ("Flange DN50", "Flanges", 17.5), ("Flange DN80", "Flanges", 24.3),
        ("Blind Flange", "Flanges", 19.9), ("Bearing Cap", "Gears", 14.6), ("Filter Cover", "Pumps", 9.3),
        ("Gasket Plate", "Flanges", 3.6),
    )  # fmt: skip
    products = [
        (f"PN-{110 + place * 3}", title, family, cost, round(rng.uniform(0.2, 9.5), 2), rng.random() < 0.85,
         maybe(rng, weighted(rng, Steel=0.5, Aluminium=0.3, Brass=0.2), 0.1))
        for place, (title, family, cost) in enumerate(parts)
    ]  # fmt: skip
    workers = full_names(rng, 14)
    runs: list[tuple[Any, ...]] = []
    for number, day in enumerate(sorted(some_day(rng, date(2023, 1, 9), growth=0.9) for _ in range(640))):
        able = [one for one in machines[:17] if one[4] <= day]
        machine = rng.choice(able)
        part = products[min(int(rng.expovariate(0.16)), 15)]
        made = rng.randint(20, 400)
        bad = int(made * min(0.3, rng.expovariate(28 if machine[3] != "Haas" else 18)))
        shift = weighted(rng, Early=0.42, Late=0.38, Night=0.2)
        runs.append((
            number + 1, machine[0], part[0], day, shift, maybe(rng, rng.choice(workers), 0.05), made, bad,
            round(made / rng.uniform(22, 48), 1), maybe(rng, rng.choice(("OK", "OK", "OK", "Rework")), 0.1),
        ))  # fmt: skip
    comments = ("spindle bearing", "Coolant leak", "sensor error", "belt slipped", "Sensor replaced")
    stops: list[tuple[Any, ...]] = []
    for number, day in enumerate(sorted(some_day(rng, date(2023, 1, 9), growth=0.9) for _ in range(300))):
        machine = machines[min(int(rng.expovariate(0.15)), 15)]
        reason = weighted(
            rng, Tool_change=0.28, Maintenance=0.2, Breakdown=0.2, No_material=0.18, Power_failure=0.05, Cleaning=0.09
        )
        typical = {"Tool change": 22, "Maintenance": 120, "Breakdown": 160, "No material": 55, "Power failure": 80}
        stops.append((
            number + 1, machine[0], day, reason, max(3, int(typical.get(reason, 30) * rng.lognormvariate(0, 0.6))),
            reason in ("Maintenance", "Cleaning", "Tool change") and rng.random() < 0.9,
            maybe(rng, rng.choice(comments), 0.5) if reason == "Breakdown" else None,
        ))  # fmt: skip
    machine_key = ("machines.csv", "Machine ID")
    return (
        Sheet(
            "machines.csv",
            {
                "Machine ID": TEXT, "machine_nm": TEXT, "Line": TEXT, "Manufacturer": TEXT, "installedOn": "DATE",
                "CNC?": "BOOLEAN", "Purchase Price ($)": WHOLE,
            },
            machines, "Machine ID",
        ),
        Sheet(
            "parts list.csv",
            {
                "Part No.": TEXT, "Part Name": TEXT, "Family": TEXT, "Unit Cost ($)": MONEY, "Wt (kg)": MONEY,
                "Active?": "BOOLEAN", "Material": TEXT,
            },
            products, "Part No.",
        ),
        Sheet(
            "production_runs.csv",
            {
                "Run ID": WHOLE, "Machine ID": TEXT, "Part No.": TEXT, "runDate": "DATE", "Shift": TEXT,
                "operator_nm": TEXT, "Qty Made": WHOLE, "Qty Scrapped": WHOLE, "Run Hrs": "DOUBLE", "QC Result": TEXT,
            },
            runs, "Run ID", {"Machine ID": machine_key, "Part No.": ("parts list.csv", "Part No.")},
        ),
        Sheet(
            "stoppages.csv",
            {
                "Stop ID": WHOLE, "Machine ID": TEXT, "stopDate": "DATE", "Stop Reason": TEXT, "Mins Down": WHOLE,
                "Planned?": "BOOLEAN", "Comment": TEXT,
            },
            stops, "Stop ID", {"Machine ID": machine_key},
        ),
    )  # fmt: skip


def projects(rng: random.Random) -> Drawn:
    """Projects of a consultancy for its clients, with the hours and expenses that its consultants book on them."""
    clients = [
        (
            f"C{number + 1:03}", name, weighted(rng, Energy=0.25, Retail=0.25, Public_Sector=0.3, Transport=0.2),
            weighted(rng, Manchester=0.35, Glasgow=0.25, Birmingham=0.25, London=0.15),
            some_day(rng, date(2016, 1, 4), date(2024, 5, 31)),
            maybe(rng, rng.choice(PEOPLE), 0.15),
        )
        for number, name in enumerate(CUSTOMERS)
    ]  # fmt: skip
    grades = {"Partner": 1_450, "Manager": 980, "Senior": 760, "Junior": 520}
    staff: list[tuple[Any, ...]] = []
    for number, name in enumerate(full_names(rng, 28)):
        grade = weighted(rng, Partner=0.12, Manager=0.22, Senior=0.34, Junior=0.32) if number > 3 else "Partner"
        started = some_day(rng, date(2013, 1, 7), date(2024, 5, 7) if number > 3 else date(2018, 1, 1))
        left = some_day(rng, max(started, date(2023, 3, 1))) if number > 6 and rng.random() < 0.2 else None
        staff.append((
            number + 1, name, grade, rng.choice(("Manchester", "Glasgow", "London")),
            grades[grade] + rng.randint(-9, 9) * 10,
            started, left, rng.random() < 0.2,
        ))  # fmt: skip
    heads = (
        "CRM Rollout", "Pricing Review", "Site Audit", "Data Migration", "Org Redesign", "Energy Audit", "Cloud Audit",
    )  # fmt: skip
    work: list[tuple[Any, ...]] = []
    bosses = [one for one in staff if one[2] in ("Partner", "Manager") and one[6] is None and one[5] < date(2022, 9, 1)]
    for number, begun in enumerate(sorted(some_day(rng, date(2022, 9, 5), date(2024, 6, 3)) for _ in range(58))):
        client = clients[min(int(rng.expovariate(0.13)), 21)]
        planned = begun + timedelta(days=rng.randint(40, 260))
        done = planned + timedelta(days=int(rng.gauss(4, 24)))
        done_on = done if done <= YESTERDAY and rng.random() < 0.93 else None
        title = f"{client[1].split()[0]} {rng.choice(heads)}"
        if any(title == one[1] for one in work):
            title += " II"
        work.append((
            f"PJ-{begun:%y}{number + 1:02}", title, client[0], rng.choice(bosses)[0], begun, planned, done_on,
            maybe(rng, rng.randint(9, 140) * 1_000, 0.08), weighted(rng, Fixed_Price=0.45, Time_and_Materials=0.55),
        ))  # fmt: skip
    hours: list[tuple[Any, ...]] = []
    spent: list[tuple[Any, ...]] = []

    def booking() -> tuple[Any, Any, date]:
        while True:
            job, who = rng.choice(work[:-2]), rng.choice(staff[:26])
            day = some_day(rng, job[4], min(job[6] or YESTERDAY, YESTERDAY))
            if day.weekday() < 5 and who[5] <= day and (who[6] is None or day <= who[6]) and day >= date(2023, 1, 1):
                return job, who, day

    for job, who, day in sorted((booking() for _ in range(900)), key=lambda one: (one[2], one[0], one[1])):
        worked = rng.choice((1, 2, 3.5, 4, 6, 7.5, 7.5, 8, 9))
        hours.append((len(hours) + 1, job[0], who[0], day, worked, rng.random() < 0.82))
    for job, who, day in sorted((booking() for _ in range(260)), key=lambda one: (one[2], one[0], one[1])):
        kind = weighted(rng, Train=0.34, Hotel=0.22, Meals=0.26, Taxi=0.12, Software=0.06)
        typical = {"Train": 4.1, "Hotel": 5.1, "Meals": 3.2, "Taxi": 3, "Software": 5}[kind]
        amount = round(rng.lognormvariate(typical, 0.5), 2)
        spent.append((
            len(spent) + 1, job[0], who[0], day, kind, amount, rng.random() < 0.85,
            maybe(rng, weighted(rng, Approved=0.8, Pending=0.14, Declined=0.06), 0.04),
        ))  # fmt: skip
    person, job_key = ("consultants.csv", "Cons. ID"), ("project list.csv", "Project Code")
    return (
        Sheet(
            "clients.csv",
            {
                "Client ID": TEXT, "Client Name": TEXT, "Sector": TEXT, "City": TEXT, "clientSince": "DATE",
                "Main Contact": TEXT,
            },
            clients, "Client ID",
        ),
        Sheet(
            "consultants.csv",
            {
                "Cons. ID": WHOLE, "consultant_nm": TEXT, "Grade": TEXT, "Office": TEXT, "Day Rate (£)": WHOLE,
                "startedOn": "DATE", "leftOn": "DATE", "Part-time?": "BOOLEAN",
            },
            staff, "Cons. ID",
        ),
        Sheet(
            "project list.csv",
            {
                "Project Code": TEXT, "Project Title": TEXT, "Client ID": TEXT, "Lead ID": WHOLE, "Kick-off": "DATE",
                "Deadline": "DATE", "finishedOn": "DATE", "Budget (£)": WHOLE, "Billing Type": TEXT,
            },
            work, "Project Code", {"Client ID": ("clients.csv", "Client ID"), "Lead ID": person},
        ),
        Sheet(
            "timesheets.csv",
            {
                "Entry ID": WHOLE, "Project Code": TEXT, "Cons. ID": WHOLE, "workDate": "DATE", "Hrs Worked": "DOUBLE",
                "Billable?": "BOOLEAN",
            },
            hours, "Entry ID", {"Project Code": job_key, "Cons. ID": person},
        ),
        Sheet(
            "expenses.csv",
            {
                "Exp. ID": WHOLE, "Project Code": TEXT, "Cons. ID": WHOLE, "spentOn": "DATE", "Exp. Type": TEXT,
                "Amt (£)": MONEY, "Receipt Attached?": "BOOLEAN", "Approval": TEXT,
            },
            spent, "Exp. ID", {"Project Code": job_key, "Cons. ID": person},
        ),
    )  # fmt: skip

"""Four databases of the second set with several tables and keys: a hospital, a university, a library, an airline."""

from __future__ import annotations

import random
from datetime import date, datetime, time, timedelta
from typing import Any

from benchmarks.questions.sheets import (
    MONEY,
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


def hospital(rng: random.Random) -> Drawn:
    """Admissions to a hospital with their diagnoses."""
    wards = [
        ("CAR", "Cardiology", 3, 24, "Heart and Vascular", True), ("GEN", "General Medicine", 1, 40, "Medicine", False),
        ("MAT", "Maternity", 2, 22, "Women and Children", False),
        ("ICU", "Intensive Care", 4, 12, "Critical Care", True),
        ("ORT", "Orthopaedics", 2, 28, "Surgery", False),
        ("PED", "Children's Ward", 1, 20, "Women and Children", False),
        ("NEU", "Neurology", 3, 18, "Medicine", True), ("ONC", "Oncology", 5, 26, "Medicine", True),
        ("BUR", "Burns Unit", 4, 8, "Critical Care", True),
    ]  # fmt: skip
    wards = [
        (code, title, floor, beds, division, visits, f"x{4000 + place * 11}")
        for place, (code, title, floor, beds, division, visits) in enumerate(wards)
    ]
    full = full_names(rng, 232)
    physicians = []
    for number in range(32):
        ward = wards[number % 8]
        physicians.append((
            number + 1, "Dr. " + full[200 + number],
            {"CAR": "Cardiologist", "GEN": "Internist", "MAT": "Obstetrician", "ICU": "Intensivist", "ORT": "Surgeon",
                "PED": "Paediatrician",
             "NEU": "Neurologist", "ONC": "Oncologist"}[ward[0]],
            ward[0], some_day(rng, date(2004, 1, 1), date(2024, 3, 1)), rng.random() < 0.35,
            rng.randint(78, 190) * 1000 + number * 10,
            maybe(rng, f"P-{700 + number}", 0.25),
        ))  # fmt: skip
    patients = []
    for number in range(200):
        one, other = full[number].split()
        patients.append((
            f"M{10_001 + number}", one, other, some_day(rng, date(1932, 1, 1), date(2022, 12, 31), 0.8),
            rng.choice(("Female", "Male")),
            maybe(rng, weighted(rng, **{"O+": 0.37, "A+": 0.33, "B+": 0.1, "AB+": 0.05, "O-": 0.08, "A-": 0.07}), 0.15),
            weighted(rng, Bristol=0.45, Bath=0.25, Gloucester=0.18, Swindon=0.12),
            maybe(rng, weighted(rng, Bupa=0.4, Aviva=0.35, Vitality=0.25), 0.3), rng.random() < 0.2,
        ))  # fmt: skip
    codes = {
        "I10": ("Essential hypertension", True, "Circulatory"),
        "I21": ("Acute myocardial infarction", False, "Circulatory"),
        "I50": ("Heart failure", True, "Circulatory"), "J18": ("Pneumonia", False, "Respiratory"),
        "J45": ("Asthma", True, "Respiratory"), "J44": ("Chronic obstructive pulmonary disease", True, "Respiratory"),
        "E11": ("Type 2 diabetes", True, "Endocrine"), "E10": ("Type 1 diabetes", True, "Endocrine"),
        "S72": ("Fracture of femur", False, "Injury"), "S52": ("Fracture of forearm", False, "Injury"),
        "O80": ("Normal delivery", False, "Pregnancy"), "O82": ("Caesarean delivery", False, "Pregnancy"),
        "G40": ("Epilepsy", True, "Nervous system"), "G43": ("Migraine", True, "Nervous system"),
        "I63": ("Ischaemic stroke", False, "Circulatory"),
        "C50": ("Breast cancer", False, "Neoplasms"), "C34": ("Lung cancer", False, "Neoplasms"),
        "A41": ("Sepsis", False, "Infection"),
        "K35": ("Acute appendicitis", False, "Digestive"), "N39": ("Urinary tract infection", False, "Infection"),
        "L40": ("Psoriasis", True, "Skin"), "B02": ("Shingles", False, "Infection"),
        "M10": ("Gout", True, "Musculoskeletal"),
        "H40": ("Glaucoma", True, "Eye"), "K50": ("Crohn's disease", True, "Digestive"),
        "D50": ("Iron deficiency anaemia", False, "Blood"),
        "F32": ("Depressive episode", False, "Mental health"), "E66": ("Obesity", True, "Endocrine"),
        "R55": ("Fainting", False, "Symptoms"),
        "T78": ("Anaphylactic shock", False, "Injury"), "M54": ("Back pain", False, "Musculoskeletal"),
    }  # fmt: skip
    first_codes = {
        "CAR": ("I21", "I50", "I10"), "GEN": ("J18", "J44", "E11", "N39", "K35", "T78", "B02"), "MAT": ("O80", "O82"),
        "ICU": ("A41", "I63", "I21"),
        "ORT": ("S72", "S52", "M54"), "PED": ("J45", "J18", "E10"), "NEU": ("G40", "G43", "I63"), "ONC": ("C50", "C34"),
    }  # fmt: skip
    diagnoses = [
        (code, text, group, chronic, date(2015, 10, 1) + timedelta(days=31 * place))
        for place, (code, (text, chronic, group)) in enumerate(codes.items())
    ]
    admissions: list[tuple[Any, ...]] = []
    bridge: list[tuple[Any, ...]] = []
    rate = {"ICU": 2_900, "CAR": 1_400, "ONC": 1_250, "NEU": 1_100, "ORT": 980, "MAT": 760, "GEN": 540, "PED": 610}
    for number, day in enumerate(sorted(some_day(rng, date(2022, 7, 1), growth=0.8) for _ in range(300))):
        adult = [one for one in patients[:172] if one[3] < date(2006, 1, 1)]
        young = [one for one in patients[:172] if one[3] >= date(2007, 1, 1) and one[3] < day]
        ward = weighted(rng, CAR=0.14, GEN=0.24, MAT=0.1, ICU=0.08, ORT=0.14, PED=0.08, NEU=0.1, ONC=0.12)
        mothers = [one for one in adult if one[4] == "Female" and date(1978, 1, 1) < one[3]]
        pool = {"PED": young, "MAT": mothers}.get(ward, adult)
        who = rng.choice(pool)
        doctor = rng.choice([one for one in physicians[:29] if one[3] == ward and one[4] <= day])
        stay = 1 + int(rng.lognormvariate({"ICU": 2.1, "ONC": 2.0}.get(ward, 1.3), 0.7))
        left = day + timedelta(days=stay)
        there = left > YESTERDAY
        status = "Admitted" if there else rng.choices(("Discharged", "Transferred", "Deceased"), (0.86, 0.1, 0.04))[0]
        how = (
            "Elective"
            if ward == "MAT" and rng.random() < 0.6
            else weighted(rng, Emergency=0.55, Elective=0.33, Referral=0.12)
        )
        admissions.append((
            number + 1, who[0], ward, doctor[0], day, None if there else left, how, status,
            None if there else maybe(rng, round(rate[ward] * stay * rng.uniform(0.8, 1.25), 2), 0.05),
            rng.random() < 0.4,
        ))  # fmt: skip
        main = rng.choice(first_codes[ward])
        extra = rng.sample(
            [one for one in codes if one not in (main, "O80", "O82", "M10", "H40")],
            rng.choices((0, 1, 2), (0.8, 0.16, 0.04))[0],
        )
        for place, code in enumerate((main, *extra)):
            if len(bridge) < 400:
                bridge.append((number + 1, code, place == 0))
    return (
        Sheet(
            "wards.csv",
            {"wardCode": TEXT, "wardName": TEXT, "floor": WHOLE, "bedCnt": WHOLE, "division": TEXT,
                "restrictedVisits": "BOOLEAN", "ext": TEXT},
            wards, "wardCode",
        ),
        Sheet(
            "physicians.csv",
            {
                "phys_id": WHOLE, "phys_name": TEXT, "specialty": TEXT, "ward_code": TEXT, "hire_dt": "DATE",
                "on_call": "BOOLEAN",
                "annual_sal": WHOLE, "pager_no": TEXT,
            },
            physicians, "phys_id", {"ward_code": ("wards.csv", "wardCode")},
        ),
        Sheet(
            "patients.csv",
            {
                "mrn": TEXT, "first_nm": TEXT, "last_nm": TEXT, "birth_dt": "DATE", "gender": TEXT, "blood_type": TEXT,
                "city": TEXT,
                "insurer": TEXT, "smoker": "BOOLEAN",
            },
            patients, "mrn",
        ),
        Sheet(
            "admissions.csv",
            {
                "adm_id": WHOLE, "mrn": TEXT, "ward_code": TEXT, "attending_id": WHOLE, "admit_dt": "DATE",
                "discharge_dt": "DATE",
                "adm_type": TEXT, "adm_status": TEXT, "bill_amt": MONEY, "had_surgery": "BOOLEAN",
            },
            admissions, "adm_id",
            {"mrn": ("patients.csv", "mrn"), "ward_code": ("wards.csv", "wardCode"),
                "attending_id": ("physicians.csv", "phys_id")},
        ),
        Sheet(
            "diagnoses.csv",
            {"icd_code": TEXT, "description": TEXT, "body_system": TEXT, "chronic": "BOOLEAN", "coded_since": "DATE"},
            diagnoses, "icd_code",
        ),
        Sheet(
            "admission_diagnoses.csv", {"adm_id": WHOLE, "icd_code": TEXT, "is_primary": "BOOLEAN"}, bridge, None,
            {"adm_id": ("admissions.csv", "adm_id"), "icd_code": ("diagnoses.csv", "icd_code")},
        ),
    )  # fmt: skip


def university(rng: random.Random) -> Drawn:
    """Students of a university and the courses they take."""
    titles = {
        "CS": ("Computer Science",
            ("Algorithms", "Databases", "Operating Systems", "Machine Learning", "Computer Graphics")),
        "MATH": ("Mathematics",
            ("Calculus I", "Linear Algebra", "Probability", "Number Theory", "Introduction to Statistics")),
        "PHYS": ("Physics", ("Mechanics", "Quantum Physics", "Thermodynamics", "Astrophysics")),
        "BIO": ("Biology", ("Introduction to Biology", "Genetics", "Ecology", "Cell Biology", "Microbiology")),
        "HIST": ("History", ("Ancient Rome", "Modern Europe", "History of Science", "The Cold War")),
        "ECON": ("Economics",
            ("Introduction to Economics", "Econometrics", "Game Theory", "Labour Economics", "Public Finance")),
        "ART": ("Fine Arts", ("Drawing", "Art History", "Sculpture")),
        "LING": ("Linguistics", ("Phonetics", "Syntax")),
        "GEOG": ("Geography", ()),
    }  # fmt: skip
    halls = (
        "Turing Hall", "Noether Building", "Noether Building", "Darwin Centre", "Old Library", "Keynes House",
        "Studio Block", "Old Library", "Darwin Centre",
    )  # fmt: skip
    depts = [
        (
            code, title, hall, rng.randint(4, 48) * 100_000 + place * 1_000, rng.randint(1890, 1998),
            maybe(rng, f"{code.lower()}.uni.example", 0.25),
        )
        for place, ((code, (title, _)), hall) in enumerate(zip(titles.items(), halls, strict=True))
    ]  # fmt: skip
    full = full_names(rng, 300)
    profs: list[tuple[Any, ...]] = []
    codes = list(titles)
    for number in range(46):
        code = codes[number % 8] if number < 40 else rng.choice(codes[:6])
        rank = weighted(rng, Professor=0.3, Associate_Professor=0.33, Assistant_Professor=0.22, Lecturer=0.15)
        base = {"Professor": 112, "Associate Professor": 89, "Assistant Professor": 74, "Lecturer": 58}[rank]
        profs.append((
            number + 1, full[250 + number], code, rank,
            rng.random() < {"Professor": 0.9, "Associate Professor": 0.6}.get(rank, 0.1),
            some_day(rng, date(1994, 9, 1), date(2023, 9, 1), 0.8),
            base * 1000 + rng.randint(-9, 15) * 1000 + number * 10,
            maybe(rng, f"{rng.choice('ABC')}{rng.randint(100, 420)}", 0.15),
        ))  # fmt: skip
    courses: list[tuple[Any, ...]] = []
    for code, (_, heads) in titles.items():
        able = [one for one in profs if one[2] == code]
        for place, head in enumerate(heads):
            level = "Undergraduate" if place < 3 else "Graduate"
            courses.append((
                f"{code}{(1 if place < 2 else 2 if place < 3 else 5) * 100 + place + 1}", head, code,
                rng.choice((3, 4, 5, 6, 6)), level,
                maybe(rng, rng.choice(able[:4])[0], 0.1), rng.choice((15, 20, 30, 40, 60, 80)), rng.random() < 0.35,
            ))  # fmt: skip
    students: list[tuple[Any, ...]] = []
    for number in range(240):
        year = rng.choices((2019, 2020, 2021, 2022, 2023), (0.12, 0.2, 0.22, 0.24, 0.22))[0]
        start = date(year, 9, rng.randint(1, 20))
        done = date(year + 4, 6, rng.randint(1, 12)) if year <= 2020 and rng.random() < 0.8 else None
        done = done if done and done < TODAY else None
        status = "graduated" if done else rng.choices(("enrolled", "on leave", "withdrawn"), (0.85, 0.08, 0.07))[0]
        one, other = full[number].split()
        students.append((
            30_001 + number, one, other, rng.choices(codes, (9, 5, 3, 5, 3, 6, 2, 2, 2))[0], start, done,
            maybe(rng, round(max(1.6, min(4.0, rng.gauss(3.05, 0.48))), 2), 0.05), status,
            weighted(rng, USA=0.55, India=0.14, China=0.12, Mexico=0.08, Canada=0.07, Germany=0.04),
            rng.random() < 0.28,
        ))  # fmt: skip
    taken: list[tuple[Any, ...]] = []
    used: set[tuple[int, str]] = set()
    terms = (
        ("Fall 2022", date(2022, 8, 22)),
        ("Spring 2023", date(2023, 1, 9)),
        ("Fall 2023", date(2023, 8, 21)),
        ("Spring 2024", date(2024, 1, 8)),
        ("Summer 2024", date(2024, 5, 20)),
    )
    while len(taken) < 400:
        who = rng.choice(students[:215])
        term, first = rng.choices(terms, (2, 2, 3, 4, 1))[0]
        what = rng.choices(courses[:-1], [3 if one[4] == "Undergraduate" else 1.5 for one in courses[:-1]])[0]
        if (who[0], what[0]) in used or who[4] > first or (who[5] and who[5] < first):
            continue
        used.add((who[0], what[0]))
        status = "in progress" if term == "Summer 2024" else rng.choices(("completed", "dropped"), (0.9, 0.1))[0]
        grade = rng.choices("ABCDF", (0.27, 0.33, 0.23, 0.1, 0.07))[0] if status == "completed" else None
        score = {"A": 94, "B": 84, "C": 74, "D": 64, "F": 45}[grade] + rng.randint(-4, 5) if grade else None
        taken.append(
            (len(taken) + 1, who[0], what[0], term, first + timedelta(days=rng.randint(0, 20)), status, grade, score)
        )
    taken = [(place + 1, *row[1:]) for place, row in enumerate(sorted(taken, key=lambda row: row[4]))]
    return (
        Sheet(
            "departments.csv",
            {"dept_cd": TEXT, "dept_name": TEXT, "building": TEXT, "annual_budget": WHOLE, "founded_yr": WHOLE,
                "website": TEXT},
            depts, "dept_cd",
        ),
        Sheet(
            "faculty.csv",
            {
                "fac_id": WHOLE, "full_name": TEXT, "dept_cd": TEXT, "acad_rank": TEXT, "tenured": "BOOLEAN",
                "hire_date": "DATE",
                "salary": WHOLE, "office_no": TEXT,
            },
            profs, "fac_id", {"dept_cd": ("departments.csv", "dept_cd")},
        ),
        Sheet(
            "courses.csv",
            {
                "courseCode": TEXT, "courseTitle": TEXT, "deptCd": TEXT, "credits": WHOLE, "level": TEXT,
                "instructorId": WHOLE,
                "maxSeats": WHOLE, "isOnline": "BOOLEAN",
            },
            courses, "courseCode",
            {"deptCd": ("departments.csv", "dept_cd"), "instructorId": ("faculty.csv", "fac_id")},
        ),
        Sheet(
            "students.csv",
            {
                "stud_id": WHOLE, "first_name": TEXT, "last_name": TEXT, "major_dept": TEXT, "start_dt": "DATE",
                "grad_dt": "DATE",
                "gpa": "DOUBLE", "status": TEXT, "home_country": TEXT, "has_scholarship": "BOOLEAN",
            },
            students, "stud_id", {"major_dept": ("departments.csv", "dept_cd")},
        ),
        Sheet(
            "enrollments.csv",
            {
                "enr_id": WHOLE, "stud_id": WHOLE, "course_code": TEXT, "term": TEXT, "reg_dt": "DATE",
                "enr_status": TEXT, "grade": TEXT,
                "score": WHOLE,
            },
            taken, "enr_id", {"stud_id": ("students.csv", "stud_id"), "course_code": ("courses.csv", "courseCode")},
        ),
    )  # fmt: skip


def library(rng: random.Random) -> Drawn:
    """Branches of a public library, its books, members and loans since 2023."""
    branches = [
        (1, "Central Library", "City Centre", date(1998, 5, 4), True, 14),
        (2, "Harbour Road", "Docklands", date(2006, 9, 18), False, 5),
        (3, "Elm Park", "Eastside", date(2011, 3, 7), True, 6),
        (4, "St. Clements", "Old Town", date(1987, 10, 1), False, 4),
        (5, "Westfield", "Westside", date(2016, 6, 20), False, 7),
        (6, "Hilltop", "Eastside", date(2024, 5, 27), True, 3),
    ]  # fmt: skip
    shelf = {
        "Crime": ("The Silent Harbour", "Death at Noon", "A Cold Ledger", "The Ninth Witness", "Blood and Ink",
            "The Last Ferry"),
        "Fantasy": ("Dragons of Ash", "The Glass Crown", "Song of the Marsh", "The Lantern King", "Stone and Star"),
        "History": ("A History of Salt", "The Long Siege", "Empires of Paper", "Women of the War Years",
            "The Silk Century"),
        "Children": ("Milo and the Moon", "The Sleepy Whale", "Pip Learns to Fly", "Ten Tiny Trains",
            "Grandma's Dragon"),
        "Science": ("The Quiet Atom", "Ocean of Light", "How Trees Talk", "Seven Small Experiments"),
        "Romance": ("Letters from Lisbon", "The Summer Orchard", "Love at the Lighthouse", "A Winter Promise"),
        "Cooking": ("Bread from Scratch", "The One-Pot Year", "Cooking with Fire"),
        "Poetry": ("Rain Psalms", "Small Hours"),
    }  # fmt: skip
    writers = full_names(rng, 18)
    books: list[tuple[Any, ...]] = []
    for genre, titles in shelf.items():
        for title in titles:
            books.append((
                f"B{1_001 + len(books)}", title, rng.choice(writers), genre, rng.randint(1985, 2023),
                rng.randint(1, 12),
                maybe(rng, weighted(rng, English=0.8, French=0.1, Polish=0.1), 0.05), rng.randint(28, 690),
                rng.random() < 0.4,
            ))  # fmt: skip
    full = full_names(rng, 170)
    members: list[tuple[Any, ...]] = []
    for number, name in enumerate(full):
        kind = weighted(rng, Adult=0.48, Child=0.2, Senior=0.17, Student=0.15)
        joined = some_day(rng, date(2015, 1, 5), date(2024, 6, 7), 0.7)
        members.append((
            f"L{5_001 + number}", name, kind, joined, rng.choices((1, 2, 3, 4, 5), (5, 2, 3, 2, 2))[0],
            maybe(rng, f"{name.lower().replace(' ', '.')}@{rng.choice(('mail.example', 'post.example'))}", 0.2),
            rng.random() < 0.07,
        ))  # fmt: skip
    loans: list[tuple[Any, ...]] = []
    for number, day in enumerate(sorted(some_day(rng, date(2023, 1, 3), growth=0.85) for _ in range(700))):
        able = [one for one in members[:148] if one[3] <= day]
        who = able[min(int(rng.expovariate(1 / 40)), len(able) - 1)]
        kids = [one for one in books[:-2] if (one[3] == "Children") == (who[2] == "Child")]
        book = kids[int(len(kids) * rng.random() ** 1.35)]
        where = who[4] if rng.random() < 0.75 else rng.choice((1, 1, 2, 3, 4, 5))
        due = day + timedelta(days=21)
        back = day + timedelta(days=max(1, int(rng.gauss(17, 9))))
        back_on = back if back <= YESTERDAY and rng.random() < 0.97 else None
        late = ((back_on or YESTERDAY) - due).days
        loans.append((
            number + 1, who[0], book[0], where, day, due, back_on, rng.choices((0, 1, 2), (0.75, 0.2, 0.05))[0],
            round(min(late, 40) * 0.25, 2) if late > 0 and back_on else None,
        ))  # fmt: skip
    return (
        Sheet(
            "branches.csv",
            {
                "Branch ID": WHOLE, "Branch Name": TEXT, "District": TEXT, "openedOn": "DATE", "Has Cafe?": "BOOLEAN",
                "No. of Staff": WHOLE,
            },
            branches, "Branch ID",
        ),
        Sheet(
            "books.csv",
            {
                "Book ID": TEXT, "Title": TEXT, "Author": TEXT, "Genre": TEXT, "pubYear": WHOLE, "Copies Owned": WHOLE,
                "Lang.": TEXT, "Pages": WHOLE, "E-book?": "BOOLEAN",
            },
            books, "Book ID",
        ),
        Sheet(
            "members.csv",
            {
                "Card No.": TEXT, "member_nm": TEXT, "Mem. Type": TEXT, "joinedOn": "DATE", "Home Branch ID": WHOLE,
                "E-mail": TEXT, "Blocked?": "BOOLEAN",
            },
            members, "Card No.", {"Home Branch ID": ("branches.csv", "Branch ID")},
        ),
        Sheet(
            "loans.csv",
            {
                "Loan ID": WHOLE, "Card No.": TEXT, "Book ID": TEXT, "Branch ID": WHOLE, "loanDate": "DATE",
                "dueDate": "DATE", "returnedOn": "DATE", "Renewals": WHOLE, "Fine (£)": MONEY,
            },
            loans, "Loan ID",
            {
                "Card No.": ("members.csv", "Card No."), "Book ID": ("books.csv", "Book ID"),
                "Branch ID": ("branches.csv", "Branch ID"),
            },
        ),
    )  # fmt: skip


def airline(rng: random.Random) -> Drawn:
    """Flights of a small airline, some still to come, with crew and bookings."""
    ports = (
        ("LIS", "Humberto Delgado", "Lisbon", "Portugal", 374),
        ("OPO", "Francisco Sa Carneiro", "Porto", "Portugal", 228),
        ("MAD", "Barajas", "Madrid", "Spain", 1998), ("BCN", "El Prat", "Barcelona", "Spain", 14),
        ("PMI", "Son Sant Joan", "Palma", "Spain", 27),
        ("CDG", "Charles de Gaulle", "Paris", "France", 392), ("ORY", "Orly", "Paris", "France", 291),
        ("NCE", "Cote d'Azur", "Nice", "France", 12),
        ("LHR", "Heathrow", "London", "United Kingdom", 83), ("LGW", "Gatwick", "London", "United Kingdom", 203),
        ("EDI", "Edinburgh", "Edinburgh", "United Kingdom", 136),
        ("FRA", "Frankfurt Main", "Frankfurt", "Germany", 364),
        ("BER", "Brandenburg", "Berlin", "Germany", 157), ("MUC", "Franz Josef Strauss", "Munich", "Germany", 1487),
        ("FCO", "Fiumicino", "Rome", "Italy", 15), ("MXP", "Malpensa", "Milan", "Italy", 768),
        ("VIE", "Schwechat", "Vienna", "Austria", 600),
        ("ZRH", "Kloten", "Zurich", "Switzerland", 1416), ("ATH", "Eleftherios Venizelos", "Athens", "Greece", 308),
        ("DUB", "Dublin", "Dublin", "Ireland", 242),
    )  # fmt: skip
    idle = (
        ("OSL", "Gardermoen", "Oslo", "Norway", 681), ("HEL", "Vantaa", "Helsinki", "Finland", 179),
        ("WAW", "Chopin", "Warsaw", "Poland", 362),
    )  # fmt: skip
    airports = [(*one, rng.random() < 0.4, rng.randint(1, 5)) for one in (*ports, *idle)]
    models = (
        ("A320", "Airbus", 180), ("A321", "Airbus", 220), ("B737", "Boeing", 189), ("E190", "Embraer", 106),
        ("A220", "Airbus", 135),
    )  # fmt: skip
    fleet = []
    for number in range(32):
        model, maker, seats = models[(0, 0, 1, 2, 2, 3, 4)[number % 7]]
        built = some_day(rng, date(2006, 1, 1), date(2023, 11, 30))
        fleet.append((
            f"CS-T{chr(65 + number // 26)}{chr(65 + number % 26)}", model, maker, seats, built,
            maybe(rng, some_day(rng, date(2023, 8, 1)), 0.12), rng.random() < 0.88,
            rng.choice(("owned", "leased")),
        ))  # fmt: skip
    flying = [one for one in fleet[:30] if one[6]]
    full = full_names(rng, 320)
    crew = []
    for number in range(70):
        role = weighted(rng, Captain=0.22, First_Officer=0.24, Cabin_Crew=0.44, Purser=0.1)
        hired = some_day(rng, date(2005, 1, 1), date(2024, 4, 1))
        pilot = role in ("Captain", "First Officer")
        crew.append((
            number + 1, full[number], role, rng.choice(("LIS", "LIS", "MAD", "CDG", "OPO")), hired,
            some_day(rng, date(2024, 3, 1), date(2026, 6, 1)) if pilot else None,
            maybe(rng, rng.choice(("English", "French", "Spanish", "German")), 0.1), rng.random() < 0.15,
        ))  # fmt: skip
    routes = rng.sample([(a, b) for a in ports[:12] for b in ports if a != b], 40)
    numbers = {route: f"TQ{200 + place * 7}" for place, route in enumerate(routes)}
    kms = {route: rng.randint(28, 250) * 10 + place for place, route in enumerate(routes)}
    flights: list[tuple[Any, ...]] = []
    staff: list[tuple[Any, ...]] = []
    days = [some_day(rng, date(2023, 7, 1), growth=0.85) for _ in range(240)]
    days += [some_day(rng, TODAY, date(2024, 7, 20)) for _ in range(40)]
    for number, day in enumerate(sorted(days)):
        route = routes[min(int(rng.expovariate(0.07)), 39)]
        planned = datetime.combine(day, time(6)) + timedelta(minutes=5 * rng.randrange(190))
        past = day < TODAY
        status = rng.choices(("landed", "cancelled", "diverted"), (0.91, 0.06, 0.03))[0] if past else "scheduled"
        late = None
        if status in ("landed", "diverted"):
            late = rng.choices((0, rng.randint(1, 14), rng.randint(15, 180)), (0.45, 0.3, 0.25))[0]
        flights.append((
            number + 1, numbers[route], rng.choice(flying)[0], route[0][0], route[1][0], planned,
            None if late is None else planned + timedelta(minutes=late), late, kms[route], status,
        ))  # fmt: skip
        if past and number >= 120 and status != "cancelled":
            team = rng.sample([one for one in crew[:62] if one[4] <= day], 3)
            staff.extend((number + 1, one[0], round(rng.uniform(2.5, 9.5), 1)) for one in team)
    bookings: list[tuple[Any, ...]] = []
    guests = full[70:]
    for _ in range(390):
        flight = rng.choice(flights[:-4])
        cabin = weighted(rng, Economy=0.74, Premium=0.16, Business=0.1)
        day = flight[5].date()
        booked = min(day - timedelta(days=int(rng.expovariate(1 / 32)) + 1), YESTERDAY)
        rate = {"Economy": 0.11, "Premium": 0.2, "Business": 0.42}[cabin]
        price = round(flight[8] * rate * rng.uniform(0.6, 1.6) + 22, 2)
        refunded = (flight[9] == "cancelled" and rng.random() < 0.8) or rng.random() < 0.04
        bookings.append((
            "", flight[0], rng.choice(guests), cabin, price, booked, rng.choice((0, 0, 1, 1, 1, 2, 3)), refunded,
            maybe(rng, f"{rng.randint(1, 30)}{rng.choice('ABCDEF')}", 0.25),
        ))  # fmt: skip
    bookings.sort(key=lambda row: (row[5], row[1], row[2]))
    bookings = [(f"BK{7_001 + place}", *row[1:]) for place, row in enumerate(bookings)]
    port = ("airports.csv", "iata")
    return (
        Sheet(
            "airports.csv",
            {"iata": TEXT, "airport_nm": TEXT, "city": TEXT, "country": TEXT, "elev_ft": WHOLE, "has_lounge": "BOOLEAN",
                "terminals": WHOLE},
            airports, "iata",
        ),
        Sheet(
            "aircraft.csv",
            {
                "tailNo": TEXT, "model": TEXT, "manufacturer": TEXT, "seatCnt": WHOLE, "deliveredOn": "DATE",
                "lastMaintDt": "DATE", "inService": "BOOLEAN",
                "ownership": TEXT,
            },
            fleet, "tailNo",
        ),
        Sheet(
            "crew.csv",
            {
                "crew_id": WHOLE, "full_name": TEXT, "role": TEXT, "base_airport": TEXT, "hired_dt": "DATE",
                "license_exp": "DATE", "second_lang": TEXT,
                "part_time": "BOOLEAN",
            },
            crew, "crew_id", {"base_airport": port},
        ),
        Sheet(
            "flights.csv",
            {
                "flight_id": WHOLE, "flight_no": TEXT, "tail_no": TEXT, "origin": TEXT, "dest": TEXT,
                "sched_dep": "TIMESTAMP", "actual_dep": "TIMESTAMP",
                "delay_min": WHOLE, "dist_km": WHOLE, "flt_status": TEXT,
            },
            flights, "flight_id", {"tail_no": ("aircraft.csv", "tailNo"), "origin": port, "dest": port},
        ),
        Sheet(
            "flight_crew.csv", {"flight_id": WHOLE, "crew_id": WHOLE, "duty_hrs": "DOUBLE"}, staff, None,
            {"flight_id": ("flights.csv", "flight_id"), "crew_id": ("crew.csv", "crew_id")},
        ),
        Sheet(
            "bookings.csv",
            {
                "booking_ref": TEXT, "flight_id": WHOLE, "pax_name": TEXT, "cabin": TEXT, "fare_usd": MONEY,
                "booked_on": "DATE", "bags": WHOLE,
                "refunded": "BOOLEAN", "seat_no": TEXT,
            },
            bookings, "booking_ref", {"flight_id": ("flights.csv", "flight_id")},
        ),
    )  # fmt: skip

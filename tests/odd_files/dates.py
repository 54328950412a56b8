"""Dates of every kind: which order of day and month, which are none, which cannot be known and must be said."""

from __future__ import annotations

from nl2sql.ingest.base import ReadOptions
from tests.odd_files.expectation import Outcome, Said, lines, odd, table

_DOUBT = r"day|month|01/02/2024|ambiguous|could be"


def _column(*values: str, header: str = "when") -> str:
    """A file with a number, the column, and a word, so that the delimiter is not in doubt."""
    return lines(f"n;{header};word", *(f"{number};{value};w{number}" for number, value in enumerate(values)))


def _came(
    kind: str, *values: str | int | bool | None, says: tuple[str, ...] | str = (), quiet: bool = False
) -> Outcome:
    rows = tuple((number, value, f"w{number}") for number, value in enumerate(values))
    return table(f"n int, when_/c_when/_when/when_1/* {kind}, word text", *rows, says=says, quiet=quiet)


def _kept(*values: str, says: tuple[str, ...] | str = ()) -> Outcome:
    return _came("text", *values, says=says)


FILES = (
    odd(
        "iso.csv",
        _column("2024-01-31", "2024-02-01"),
        _came("date", "2024-01-31", "2024-02-01", quiet=True),
        id="date_iso.csv",
    ),
    odd(
        "date_day_first.csv",
        _column("01/02/2024", "31/12/2024", "03/04/2024"),
        _came("date", "2024-02-01", "2024-12-31", "2024-04-03"),
    ),
    odd(
        "date_month_first.csv",
        _column("01/02/2024", "12/31/2024", "03/04/2024"),
        _came("date", "2024-01-02", "2024-12-31", "2024-03-04"),
    ),
    odd(
        "date_either.csv",
        _column("01/02/2024", "05/06/2024", "03/04/2024"),
        _came("date", "2024-02-01", "2024-06-05", "2024-04-03", says=_DOUBT),
        _came("date", "2024-01-02", "2024-05-06", "2024-03-04", says=_DOUBT),
    ),
    odd(
        "date_either_but_chosen.csv",
        _column("01/02/2024", "05/06/2024", "03/04/2024"),
        _came("date", "2024-01-02", "2024-05-06", "2024-03-04"),
        options=ReadOptions(date_order="mdy"),
    ),
    odd(
        "date_other_column_tells.csv",
        lines("id;ordered;paid", "1;01/02/2024;13/02/2024", "2;05/06/2024;30/06/2024", "3;03/04/2024;28/04/2024"),
        table(
            "id int, ordered date, paid date",
            (1, "2024-02-01", "2024-02-13"),
            (2, "2024-06-05", "2024-06-30"),
            (3, "2024-04-03", "2024-04-28"),
        ),
    ),
    odd(
        "date_columns_disagree.csv",
        lines("id;ordered;paid;due", "1;13/01/2024;01/13/2024;01/02/2024", "2;30/06/2024;06/30/2024;03/04/2024"),
        table(
            "id int, ordered date, paid date, due date",
            (1, "2024-01-13", "2024-01-13", "2024-02-01"),
            (2, "2024-06-30", "2024-06-30", "2024-04-03"),
            says=r"due|day|month",
        ),
        table(
            "id int, ordered date, paid date, due date",
            (1, "2024-01-13", "2024-01-13", "2024-01-02"),
            (2, "2024-06-30", "2024-06-30", "2024-03-04"),
            says=r"due|day|month",
        ),
        table(
            "id int, ordered date, paid date, due text",
            (1, "2024-01-13", "2024-01-13", "01/02/2024"),
            (2, "2024-06-30", "2024-06-30", "03/04/2024"),
        ),
    ),
    odd(
        "date_both_orders.csv",
        _column("31/12/2024", "12/31/2024", "01/02/2024"),
        _kept("31/12/2024", "12/31/2024", "01/02/2024", says=r"date|day|month|fit"),
    ),
    odd(
        "date_log_in_order.csv",
        _column(*(f"0{day}/01/2024" for day in range(1, 10))),
        _came("date", *(f"2024-01-0{day}" for day in range(1, 10))),
        _came("date", *(f"2024-0{day}-01" for day in range(1, 10)), says=r"day|month"),
    ),
    odd("date_dots.csv", _column("01.02.2024", "31.12.2024"), _came("date", "2024-02-01", "2024-12-31")),
    odd(
        "date_dots_either.csv",
        _column("01.02.2024", "05.06.2024"),
        _came("date", "2024-02-01", "2024-06-05"),
    ),
    odd(
        "date_dots_short.csv",
        _column("1.2.24", "31.12.99", "5.6.05"),
        _came("date", "2024-02-01", "1999-12-31", "2005-06-05"),
    ),
    odd("date_slashes_year_first.csv", _column("2024/01/31", "2024/02/01"), _came("date", "2024-01-31", "2024-02-01")),
    odd(
        "date_no_zeros.csv",
        _column("1/31/2024", "2/1/2024", "12/9/2024"),
        _came("date", "2024-01-31", "2024-02-01", "2024-12-09"),
    ),
    odd("date_dashes_day_first.csv", _column("31-12-2024", "01-02-2024"), _came("date", "2024-12-31", "2024-02-01")),
    odd(
        "date_eight_digits.csv",
        _column("20240131", "20240201", "20241231"),
        _came("date", "2024-01-31", "2024-02-01", "2024-12-31"),
        _came("int", 20240131, 20240201, 20241231),
    ),
    odd(
        "date_month_names.csv",
        _column("31 Jan 2024", "01 Feb 2024", "15 Dec 2023"),
        _came("date", "2024-01-31", "2024-02-01", "2023-12-15"),
        _kept("31 Jan 2024", "01 Feb 2024", "15 Dec 2023"),
    ),
    odd(
        "date_month_names_us.csv",
        _column("Jan 31, 2024", "Feb 1, 2024", "May 5, 2023"),
        _came("date", "2024-01-31", "2024-02-01", "2023-05-05"),
        _kept("Jan 31, 2024", "Feb 1, 2024", "May 5, 2023"),
    ),
    odd(
        "date_oracle.csv",
        _column("31-JAN-24", "01-FEB-24", "15-DEC-99"),
        _came("date", "2024-01-31", "2024-02-01", "1999-12-15"),
        _kept("31-JAN-24", "01-FEB-24", "15-DEC-99"),
    ),
    odd(
        "date_german_words.csv",
        _column("31. Januar 2024", "1. März 2024"),
        _came("date", "2024-01-31", "2024-03-01"),
        _kept("31. Januar 2024", "1. März 2024"),
    ),
    odd(
        "date_impossible.csv",
        _column("30/02/2024", "31/12/2024", "15/01/2024"),
        _kept("30/02/2024", "31/12/2024", "15/01/2024", says=r"30/02/2024|date|fit|line 2"),
        modes={
            "drop": table(
                "n int, * date, word text", (1, "2024-12-31", "w1"), (2, "2024-01-15", "w2"), rejected=1, lines=(2,)
            )
        },
        options=ReadOptions(types=((1, "DATE"),), date_order="dmy"),
    ),
    odd(
        "date_29_february.csv",
        _column("29/02/2023", "29/02/2024", "15/01/2024"),
        _kept("29/02/2023", "29/02/2024", "15/01/2024", says=r"29/02/2023|date|fit|line 2"),
    ),
    odd(
        "date_zero.csv",
        _column("2024-01-31", "0000-00-00", "2024-02-01"),
        _came("date", "2024-01-31", None, "2024-02-01", says=r"0000-00-00"),
        _kept("2024-01-31", "0000-00-00", "2024-02-01", says=r"0000-00-00|date|fit"),
    ),
    odd(
        "date_two_forms.csv",
        _column("2024-01-31", "31/01/2024", "2024-02-01", "13/02/2024"),
        _came("date", "2024-01-31", "2024-01-31", "2024-02-01", "2024-02-13"),
        _kept("2024-01-31", "31/01/2024", "2024-02-01", "13/02/2024", says=r"date|fit|form"),
    ),
    odd(
        "date_and_words.csv",
        _column("2024-01-31", "unknown", "2024-02-01", "2024-02-02"),
        _kept("2024-01-31", "unknown", "2024-02-01", "2024-02-02", says=r"unknown|date|fit"),
        _came("date", "2024-01-31", None, "2024-02-01", "2024-02-02", says=r"unknown"),
    ),
    odd(
        "date_far.csv",
        _column("9999-12-31", "1066-10-14", "2024-01-01"),
        _came("date", "9999-12-31", "1066-10-14", "2024-01-01"),
    ),
    odd(
        "date_midnight.csv",
        _column("2024-01-31 00:00:00", "2024-02-01 00:00:00"),
        _came("date", "2024-01-31", "2024-02-01"),
        _came("timestamp", "2024-01-31 00:00:00", "2024-02-01 00:00:00"),
    ),
    odd(
        "timestamp.csv",
        _column("2024-01-31 10:11:12", "2024-02-01 23:59:59"),
        _came("timestamp", "2024-01-31 10:11:12", "2024-02-01 23:59:59", quiet=True),
    ),
    odd(
        "timestamp_fraction.csv",
        _column("2024-01-31 10:11:12.123456", "2024-02-01 23:59:59.5"),
        _came("timestamp", "2024-01-31 10:11:12.123456", "2024-02-01 23:59:59.5"),
    ),
    odd(
        "timestamp_nanoseconds.csv",
        _column("2024-01-31 10:11:12.123456789", "2024-02-01 23:59:59.000000001"),
        _came("timestamp", "2024-01-31 10:11:12.123456789", "2024-02-01 23:59:59.000000001"),
        _kept("2024-01-31 10:11:12.123456789", "2024-02-01 23:59:59.000000001"),
        _came("timestamp", "2024-01-31 10:11:12.123456", "2024-02-01 23:59:59", says=r"nano|micro|cut|round|fraction"),
    ),
    odd(
        "timestamp_zulu.csv",
        _column("2024-01-31T10:11:12Z", "2024-02-01T23:59:59Z"),
        _came("timestamptz", "2024-01-31 10:11:12+00", "2024-02-01 23:59:59+00"),
        _came("timestamp", "2024-01-31 10:11:12", "2024-02-01 23:59:59", says=r"utc|zone"),
    ),
    odd(
        "timestamp_t.csv",
        _column("2024-01-31T10:11:12", "2024-02-01T23:59"),
        _came("timestamp", "2024-01-31 10:11:12", "2024-02-01 23:59:00"),
    ),
    odd(
        "timestamp_offsets.csv",
        _column("2024-01-31T10:11:12+02:00", "2024-02-01T23:59:59-05:30"),
        _came("timestamptz", "2024-01-31 08:11:12+00", "2024-02-02 05:29:59+00"),
    ),
    odd(
        "timestamp_zone_for_some.csv",
        _column("2024-01-31T10:11:12+02:00", "2024-02-01T23:59:59", "2024-02-02T00:00:00Z"),
        _kept("2024-01-31T10:11:12+02:00", "2024-02-01T23:59:59", "2024-02-02T00:00:00Z"),
        _came(
            "timestamptz",
            "2024-01-31 08:11:12+00",
            "2024-02-01 23:59:59+00",
            "2024-02-02 00:00:00+00",
            says=r"zone|utc",
        ),
    ),
    odd(
        "timestamp_us_pm.csv",
        _column("1/31/2024 3:05 PM", "2/1/2024 12:00 AM", "12/25/2024 12:30 PM"),
        _came("timestamp", "2024-01-31 15:05:00", "2024-02-01 00:00:00", "2024-12-25 12:30:00"),
        _kept("1/31/2024 3:05 PM", "2/1/2024 12:00 AM", "12/25/2024 12:30 PM"),
    ),
    odd(
        "timestamp_german.csv",
        _column("31.01.2024 15:05", "01.02.2024 00:00"),
        _came("timestamp", "2024-01-31 15:05:00", "2024-02-01 00:00:00"),
    ),
    odd(
        "timestamp_either.csv",
        _column("01/02/2024 10:00:00", "05/06/2024 11:30:00"),
        _came("timestamp", "2024-02-01 10:00:00", "2024-06-05 11:30:00", says=_DOUBT),
        _came("timestamp", "2024-01-02 10:00:00", "2024-05-06 11:30:00", says=_DOUBT),
    ),
    odd(
        "dates_and_timestamps.csv",
        _column("2024-01-31", "2024-02-01 10:00:00"),
        _came("timestamp", "2024-01-31 00:00:00", "2024-02-01 10:00:00"),
        _kept("2024-01-31", "2024-02-01 10:00:00"),
    ),
    odd("time.csv", _column("08:30:15", "23:59:59"), _came("time", "08:30:15", "23:59:59")),
    odd(
        "time_short.csv",
        _column("08:30", "23:59", "7:05"),
        _came("time", "08:30:00", "23:59:00", "07:05:00"),
        _kept("08:30", "23:59", "7:05"),
    ),
    odd("durations.csv", _column("25:00", "100:30", "08:15"), _kept("25:00", "100:30", "08:15")),
    odd("years.csv", _column("2021", "2022", "1999"), _came("int", 2021, 2022, 1999)),
    odd("quarters.csv", _column("2024-Q1", "2024-Q2"), _kept("2024-Q1", "2024-Q2")),
    odd(
        "months.csv",
        _column("2024-01", "2024-02", "2024-12"),
        _kept("2024-01", "2024-02", "2024-12"),
        _came("date", "2024-01-01", "2024-02-01", "2024-12-01"),
    ),
    odd(
        "months_us.csv",
        _column("01/2024", "02/2024", "12/2024"),
        _kept("01/2024", "02/2024", "12/2024"),
        _came("date", "2024-01-01", "2024-02-01", "2024-12-01"),
    ),
    odd("weeks.csv", _column("2024-W01", "2024-W52"), _kept("2024-W01", "2024-W52")),
    odd("epoch_seconds.csv", _column("1704067200", "1704153600"), _came("int", 1704067200, 1704153600)),
    odd("excel_serials.csv", _column("45292", "45293"), _came("int", 45292, 45293)),
    odd("gene_names.csv", _column("MARCH1", "SEPT2", "DEC1"), _kept("MARCH1", "SEPT2", "DEC1")),
    odd("month_words.csv", _column("May", "June", "March"), _kept("May", "June", "March")),
    odd("excel_ate_the_gene.csv", _column("1-Mar", "2-Sep", "Jan-05"), _kept("1-Mar", "2-Sep", "Jan-05")),
    odd("fractions.csv", _column("1/2", "3/4", "5/8"), _kept("1/2", "3/4", "5/8")),
    odd("ranges.csv", _column("1-2", "3-4", "10-12"), _kept("1-2", "3-4", "10-12")),
    odd("scores.csv", _column("2-1", "0-0", "3-2"), _kept("2-1", "0-0", "3-2")),
    odd("invoice_numbers.csv", _column("2024-01-15A", "2024-01-16B"), _kept("2024-01-15A", "2024-01-16B")),
    odd("dotted_versions.csv", _column("1.2.2024", "3.11.4", "10.0.1"), _kept("1.2.2024", "3.11.4", "10.0.1")),
    odd("date_in_far_future_year_only.csv", _column("12/31/24", "01/15/25"), _came("date", "2024-12-31", "2025-01-15")),
    odd(
        "date_two_digits_each.csv",
        _column("01/02/03", "04/05/06"),
        _came("date", "2003-02-01", "2006-05-04", says=_DOUBT),
        _came("date", "2003-01-02", "2006-04-05", says=_DOUBT),
        _came("date", "2001-02-03", "2004-05-06", says=_DOUBT),
        _kept("01/02/03", "04/05/06"),
    ),
    odd(
        "no_such_type.csv",
        _column("a", "b"),
        Said(r"type"),
        options=ReadOptions(types=((1, "BLOB); DROP TABLE x; --"),)),
    ),
)

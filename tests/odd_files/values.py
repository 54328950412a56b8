"""Ids, codes, numbers and words for nothing: values that look like something that they are not."""

from __future__ import annotations

import uuid

from nl2sql.ingest.base import ReadOptions
from tests.odd_files.expectation import Cell, Outcome, Said, lines, odd, table


def _column(*values: str, header: str = "code") -> str:
    """A file with a number, the column, and a word, so that the delimiter is not in doubt."""
    return lines(f"n;{header};word", *(f"{number};{value};w{number}" for number, value in enumerate(values)))


def _came(kind: str, *values: Cell, says: tuple[str, ...] | str = (), quiet: bool = False) -> Outcome:
    rows = tuple((number, value, f"w{number}") for number, value in enumerate(values))
    return table(f"n int, * {kind}, word text", *rows, says=says, quiet=quiet)


def _kept(*values: str | None, says: tuple[str, ...] | str = (), quiet: bool = False) -> Outcome:
    return _came("text", *values, says=says, quiet=quiet)


_UUIDS = [str(uuid.UUID(int=number * 3**70)) for number in (1, 2, 3)]

FILES = (
    odd("leading_zeros.csv", _column("01234", "10115", "00501"), _kept("01234", "10115", "00501")),
    odd(
        "one_leading_zero_late.csv",
        _column(*map(str, range(1000, 1500)), "007"),
        _kept(*map(str, range(1000, 1500)), "007"),
    ),
    odd("zero_is_a_number.csv", _column("0", "10", "5"), _came("int", 0, 10, 5, quiet=True)),
    odd(
        "zero_point.csv",
        _column("0.5", "0.25", "00.5"),
        _came("number", "0.5", "0.25", "0.5"),
        _kept("0.5", "0.25", "00.5"),
    ),
    odd(
        "ids_of_17_digits.csv",
        _column("12345678901234567", "12345678901234568"),
        _came("int", 12345678901234567, 12345678901234568),
        _kept("12345678901234567", "12345678901234568"),
    ),
    odd(
        "ids_of_20_digits.csv",
        _column("12345678901234567890", "98765432109876543211"),
        _came("int", 12345678901234567890, 98765432109876543211),
        _kept("12345678901234567890", "98765432109876543211"),
    ),
    odd(
        "ids_of_20_digits_with_gaps.csv",
        _column("12345678901234567890", "", "98765432109876543211", "1.5"),
        _kept("12345678901234567890", None, "98765432109876543211", "1.5"),
        _came("number", 12345678901234567890, None, 98765432109876543211, "1.5"),
    ),
    odd("ids_of_45_digits.csv", _column("1" * 45, "2" * 45), _kept("1" * 45, "2" * 45)),
    odd(
        "largest_numbers.csv",
        _column("9223372036854775807", "-9223372036854775808", "9223372036854775808"),
        _came("int", 9223372036854775807, -9223372036854775808, 9223372036854775808),
        _kept("9223372036854775807", "-9223372036854775808", "9223372036854775808"),
    ),
    odd("phones.csv", _column("+491701234567", "+14155550100", header="phone"), _kept("+491701234567", "+14155550100")),
    odd("phones_zero.csv", _column("01701234567", "03012345", header="phone"), _kept("01701234567", "03012345")),
    odd(
        "phones_dashes.csv",
        _column("415-555-0100", "415-555-0101", header="phone"),
        _kept("415-555-0100", "415-555-0101"),
    ),
    odd("ssn.csv", _column("078-05-1120", "219-09-9999"), _kept("078-05-1120", "219-09-9999")),
    odd(
        "card_numbers.csv",
        _column("4111111111111111", "5500005555555559"),
        _came("int", 4111111111111111, 5500005555555559),
        _kept("4111111111111111", "5500005555555559"),
    ),
    odd(
        "iban.csv",
        _column("DE89370400440532013000", "GB29NWBK60161331926819"),
        _kept("DE89370400440532013000", "GB29NWBK60161331926819"),
    ),
    odd("hex.csv", _column("0x1F", "0xFF", "0x10"), _kept("0x1F", "0xFF", "0x10")),
    odd("underscores.csv", _column("1_000", "2_5", "10_0"), _kept("1_000", "2_5", "10_0")),
    odd("codes_with_e.csv", _column("12E3", "4F7A", "1E10"), _kept("12E3", "4F7A", "1E10")),
    odd(
        "codes_all_with_e.csv",
        _column("1E5", "2E7", "9E3"),
        _kept("1E5", "2E7", "9E3"),
        _came("number", 100000, 20000000, 9000),
    ),
    odd("scientific.csv", _column("1.5E+03", "2.25e-1", "-7e0", header="reading"), _came("number", 1500, "0.225", -7)),
    odd("too_big_for_a_double.csv", _column("1e400", "1.5", header="reading"), _kept("1e400", "1.5")),
    odd(
        "infinities.csv",
        _column("1.5", "inf", "-inf", header="reading"),
        _kept("1.5", "inf", "-inf"),
        _came("number", "1.5", "inf", "-inf"),
    ),
    odd(
        "nan.csv",
        _column("1.5", "NaN", "2.5", header="reading"),
        _came("number", "1.5", None, "2.5", says=r"\bNaN\b"),
        _came("number", "1.5", "nan", "2.5"),
    ),
    odd("names_nan_and_inf.csv", _column("Nan", "Inf", "Ann", header="first_name"), _kept("Nan", "Inf", "Ann")),
    odd("surname_null.csv", _column("Null", "Smith", "Jones", header="surname"), _kept("Null", "Smith", "Jones")),
    odd("uuids.csv", _column(*_UUIDS), _came("text|uuid", *_UUIDS)),
    odd("versions.csv", _column("1.10", "1.9", "1.2.3"), _kept("1.10", "1.9", "1.2.3")),
    odd("addresses_ip.csv", _column("10.0.0.1", "192.168.1.254"), _kept("10.0.0.1", "192.168.1.254")),
    odd(
        "coordinates.csv",
        _column("52.520008", "-13.404954", "0.000001"),
        _came("number", "52.520008", "-13.404954", "0.000001", quiet=True),
    ),
    odd("spaces_around.csv", _column(" 5 ", "6", " 7", header="units"), _came("int", 5, 6, 7)),
    odd(
        "spaces_around_text.csv",
        _column(" a ", "b", " c", header="label"),
        _kept(" a ", "b", " c"),
        _kept("a", "b", "c", says=r"space|blank|trim"),
    ),
    odd("only_spaces.csv", _column("5", "   ", "7", header="units"), _came("int", 5, None, 7)),
    odd("quoted_numbers.csv", lines('"n","units"', '"1","5"', '"2","6"'), table("n int, units int", (1, 5), (2, 6))),
    odd("integers_with_point_zero.csv", _column("1.0", "2.0", "3.5", header="units"), _came("number", 1, 2, "3.5")),
    odd(
        "integers_then_decimals.csv",
        _column(*map(str, range(3000)), "0.5", header="units"),
        _came("number", *range(3000), "0.5"),
    ),
    odd(
        "integers_then_a_word.csv",
        _column(*map(str, range(3000)), "twelve", header="units"),
        _kept(*map(str, range(3000)), "twelve", says=r"twelve|units|line 3,?002|fit|number"),
        options=ReadOptions(types=((1, "BIGINT"),)),
        modes={
            "drop": table(
                "n int, units int, word text", *((n, n, f"w{n}") for n in range(3000)), rejected=1, lines=(3002,)
            ),
            "stop": Said(r"3,?002"),
        },
    ),
    odd(
        "sample_says_integer.csv",
        _column(*map(str, range(3000)), "x1", header="units"),
        _kept(*map(str, range(3000)), "x1"),
    ),
    odd("true_false.csv", _column("TRUE", "false", "True", header="active"), _came("bool", True, False, True)),
    odd(
        "yes_no.csv",
        _column("yes", "no", "yes", header="active"),
        _came("bool", True, False, True),
        _kept("yes", "no", "yes"),
    ),
    odd("y_n.csv", _column("Y", "N", "Y", header="active"), _came("bool", True, False, True), _kept("Y", "N", "Y")),
    odd("yes_no_maybe.csv", _column("yes", "no", "maybe", header="answer"), _kept("yes", "no", "maybe")),
    odd(
        "zero_one.csv", _column("0", "1", "1", header="active"), _came("int", 0, 1, 1), _came("bool", False, True, True)
    ),
    odd(
        "true_and_one.csv",
        _column("true", "1", "0", header="active"),
        _kept("true", "1", "0"),
        _came("bool", True, True, False),
    ),
    odd("country_codes.csv", _column("NA", "SE", "NO", "DE", header="country"), _kept("NA", "SE", "NO", "DE")),
    odd(
        "country_codes_many.csv",
        _column(*("SE", "NO", "NA", "DE", "IT") * 20, header="country"),
        _kept(*("SE", "NO", "NA", "DE", "IT") * 20),
    ),
    odd("na_in_numbers.csv", _column("1", "NA", "3", header="units"), _came("int", 1, None, 3, says=r"\bNA\b")),
    odd(
        "n_a_in_numbers.csv",
        _column("1.5", "N/A", "n/a", "3", header="units"),
        _came("number", "1.5", None, None, 3, says="N/A"),
    ),
    odd("excel_na_in_numbers.csv", _column("1", "#N/A", "3", header="units"), _came("int", 1, None, 3, says="#N/A")),
    odd(
        "dash_in_numbers.csv",
        _column("1", "-", "--", "3", header="units"),
        _came("int", 1, None, None, 3, says=r"[“‘\"']--?[”’\"']"),
    ),
    odd(
        "dash_in_dates.csv",
        _column("2024-01-31", "-", "2024-02-01", header="paid"),
        _came("date", "2024-01-31", None, "2024-02-01", says=r"[“‘\"']--?[”’\"']"),
    ),
    odd(
        "null_in_dates.csv",
        _column("2024-01-31", "NULL", "null", header="paid"),
        _came("date", "2024-01-31", None, None, says="null"),
    ),
    odd(
        "backslash_n.csv",
        _column("1", "\\N", "3", header="units"),
        _came("int", 1, None, 3, says=r"\\N"),
        _kept("1", "\\N", "3", says=r"\\N|units|fit"),
    ),
    odd(
        "dot_for_missing.csv",
        _column("1.5", ".", "3", header="units"),
        _came("number", "1.5", None, 3, says=r"[“‘]\.[”’]"),
        _kept("1.5", ".", "3", says=r"units|fit|number"),
    ),
    odd(
        "question_mark_for_missing.csv",
        _column("1", "?", "3", header="units"),
        _came("int", 1, None, 3, says=r"\?"),
        _kept("1", "?", "3", says=r"units|fit|number"),
    ),
    odd("minus_999.csv", _column("1", "-999", "3", header="units"), _came("int", 1, -999, 3)),
    odd(
        "none_is_a_grade.csv",
        _column("none", "mild", "severe", "none", header="pain"),
        _kept("none", "mild", "severe", "none"),
    ),
    odd(
        "null_in_text.csv",
        _column("apple", "NULL", "pear", header="fruit"),
        _kept("apple", None, "pear", says="NULL"),
        _kept("apple", "NULL", "pear", says="NULL"),
    ),
    odd(
        "dash_in_text.csv",
        _column("apple", "-", "pear", header="fruit"),
        _kept("apple", None, "pear", says=r"[“‘\"']--?[”’\"']"),
        _kept("apple", "-", "pear"),
    ),
    odd("empty_in_text.csv", _column("apple", "", "pear", header="fruit"), _kept("apple", None, "pear")),
    odd(
        "quoted_empty.csv",
        _column('""', "", "pear", header="fruit"),
        _kept("", None, "pear"),
        _kept(None, None, "pear"),
    ),
    odd(
        "column_of_nothing.csv",
        _column("", "", "", header="later"),
        _kept(None, None, None),
        _came("any", None, None, None),
    ),
    odd(
        "column_of_na.csv",
        _column("NA", "NA", "NA", header="later"),
        _kept("NA", "NA", "NA"),
        _kept(None, None, None, says=r"\bNA\b"),
    ),
    odd(
        "null_words_chosen.csv",
        _column("1", "unknown", "3", header="units"),
        _came("int", 1, None, 3),
        options=ReadOptions(null_words=("", "unknown")),
    ),
    odd(
        "null_words_chosen_in_text.csv",
        _column("NA", "SE", "", header="country"),
        _kept(None, "SE", None),
        options=ReadOptions(null_words=("", "NA")),
    ),
    odd(
        "no_null_words.csv",
        _column("NA", "1", "2", header="units"),
        _kept("NA", "1", "2"),
        options=ReadOptions(null_words=("",)),
    ),
    odd(
        "long_fractions.csv",
        _column("0.1234567890123456789012", "0.5", header="reading"),
        _came("number|text", "0.1234567890123456789012", "0.5"),
        _came("number", "0.12345678901234568", "0.5"),
    ),
    odd("negative_zero.csv", _column("-0", "1", "2", header="units"), _came("number", 0, 1, 2), _kept("-0", "1", "2")),
    odd("arabic_digits.csv", _column("١٢", "٣٤", header="units"), _kept("١٢", "٣٤"), _came("int", 12, 34)),
    odd("full_width_digits.csv", _column("１２", "３４", header="units"), _kept("１２", "３４"), _came("int", 12, 34)),
    odd(
        "json_in_a_cell.csv",
        lines("n;payload", '1;"{""a"": 1, ""b"": [1,2]}"', '2;"{}"'),
        table("n int, payload text", (1, '{"a": 1, "b": [1,2]}'), (2, "{}")),
    ),
    odd("lists_in_cells.csv", _column("[1, 2]", "[3]", header="tags"), _kept("[1, 2]", "[3]")),
)

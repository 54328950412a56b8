"""What finance sends: title lines, semicolons, 1.234,56, currencies, negatives in brackets, totals, footers."""

from __future__ import annotations

from nl2sql.ingest.base import ReadOptions
from tests.odd_files.expectation import RAGGED, SKIPPED, TOTALS, Said, lines, odd, table

_Q3 = (
    ("Nord", "Müller GmbH", "1234.56", "2024-07-01"),
    ("Süd", "Größe & Co", "12345.00", "2024-08-15"),
    ("West", "Café Zoë", "-99.90", "2024-09-30"),
)
_Q3_COLUMNS = "region text, kunde text, total_sales number, datum date"

FILES = (
    odd(
        "Q3 Sales (final).csv",
        lines(
            "Umsatzbericht Q3 2024;;;",
            "Erstellt am 01.10.2024;;;",
            "",
            "Region;Kunde;Total Sales ($);Datum",
            "Nord;Müller GmbH;1.234,56;01.07.2024",
            "Süd;Größe & Co;12.345,00;15.08.2024",
            "West;Café Zoë;-99,90;30.09.2024",
            "Total;;13.479,66;",
            end="\r\n",
        ),
        table(
            _Q3_COLUMNS,
            *_Q3,
            ("Total", None, "13479.66", None),
            says=(SKIPPED, r"(?i)total", r"(?i)cp1252|windows"),
            name="q3_sales_final",
            headers=("Region", "Kunde", "Total Sales ($)", "Datum"),
        ),
        table(_Q3_COLUMNS, *_Q3, says=(SKIPPED, r"(?i)total"), name="q3_sales_final"),
        encoding="cp1252",
        id="finance_q3.csv",
    ),
    odd(
        "finance_ragged.csv",
        lines(
            "Region;Kunde;Umsatz",
            "Nord;Müller;1.234,56",
            "Süd;Größe",
            "Ost;Lange;2,50;geprüft",
            "West;Zoë;3.000.000,01",
        ),
        table(
            "region text, kunde text, umsatz number, * text",
            ("Nord", "Müller", "1234.56", None),
            ("Süd", "Größe", None, None),
            ("Ost", "Lange", "2.50", "geprüft"),
            ("West", "Zoë", "3000000.01", None),
            says=RAGGED,
        ),
        modes={
            "drop": table(
                "region text, kunde text, umsatz number",
                ("Nord", "Müller", "1234.56"),
                ("West", "Zoë", "3000000.01"),
                rejected=2,
                lines=(3, 4),
            ),
            "stop": Said(r"(?i)\b[34]\b"),
        },
    ),
    odd(
        "decimal_comma.csv",
        lines("artikel;preis", "A;1,5", "B;22,75", "C;0,10"),
        table("artikel text, preis number", ("A", "1.5"), ("B", "22.75"), ("C", "0.10"), quiet=True),
    ),
    odd(
        "decimal_comma_and_thousands.csv",
        lines("artikel;menge;preis", "A;1.200;1.234,56", "B;3;22,75", "C;12.000;-0,10"),
        table(
            "artikel text, menge number, preis number",
            ("A", 1200, "1234.56"),
            ("B", 3, "22.75"),
            ("C", 12000, "-0.10"),
        ),
    ),
    odd(
        "thousands_or_decimals.csv",
        lines("artikel;menge", "A;1.200", "B;3.450", "C;12.000"),
        table(
            "artikel text, menge number", ("A", 1200), ("B", 3450), ("C", 12000), says=r"(?i)thousand|decimal|1\.200"
        ),
        table(
            "artikel text, menge number", ("A", "1.2"), ("B", "3.45"), ("C", 12), says=r"(?i)thousand|decimal|1\.200"
        ),
        table("artikel text, menge text", ("A", "1.200"), ("B", "3.450"), ("C", "12.000"), says=r"(?i)menge"),
    ),
    odd(
        "one_comma_three_digits.csv",
        lines("item\tqty", "A\t1,200", "B\t3,450", "C\t12,000"),
        table("item text, qty number", ("A", 1200), ("B", 3450), ("C", 12000)),
    ),
    odd(
        "us_thousands_quoted.csv",
        lines("item,amount", 'A,"1,234.56"', "B,22.75", 'C,"-1,000,000.00"'),
        table("item text, amount number", ("A", "1234.56"), ("B", "22.75"), ("C", -1000000)),
    ),
    odd(
        "comma_file_decimal_comma_quoted.csv",
        lines("item,amount", 'A,"1,5"', 'B,"22,75"', 'C,"1.000,25"'),
        table("item text, amount number", ("A", "1.5"), ("B", "22.75"), ("C", "1000.25")),
    ),
    odd(
        "two_number_styles.csv",
        lines("item;amount", "A;1,234.56", "B;1.234,56", "C;7,5"),
        table(
            "item text, amount text", ("A", "1,234.56"), ("B", "1.234,56"), ("C", "7,5"), says=r"(?i)amount|B|number"
        ),
        table("item text, amount number", ("A", "1234.56"), ("B", "1234.56"), ("C", "7.5"), says=r"(?i)decimal|comma"),
    ),
    odd(
        "grouping_of_two.csv",
        lines("item;amount", "A;1,23,456.00", "B;12,34,567.50", "C;100.00"),
        table("item text, amount number", ("A", 123456), ("B", "1234567.50"), ("C", 100)),
        table("item text, amount text", ("A", "1,23,456.00"), ("B", "12,34,567.50"), ("C", "100.00")),
    ),
    odd(
        "broken_grouping.csv",
        lines("item;amount", "A;1,2,3", "B;12,34", "C;1,234"),
        table("item text, amount text", ("A", "1,2,3"), ("B", "12,34"), ("C", "1,234")),
    ),
    odd(
        "dollars.csv",
        lines("item,price", 'A,"$1,234.56"', "B,$0.99", "C,-$5.00", 'D,"($1,000.00)"', "E,"),
        table(
            "item text, price number",
            ("A", "1234.56"),
            ("B", "0.99"),
            ("C", "-5"),
            ("D", "-1000"),
            ("E", None),
            says=r"(?i)\$|dollar|currency|USD",
        ),
    ),
    odd(
        "euros.csv",
        lines("item;preis", "A;1.234,56 €", "B;€ 0,99", "C;-5,00 €"),
        table("item text, preis number", ("A", "1234.56"), ("B", "0.99"), ("C", "-5"), says=r"(?i)€|euro|currency|EUR"),
    ),
    odd(
        "currency_codes.csv",
        lines("item,price", "A,USD 100.50", "B,USD 99.00", "C,USD 7.25"),
        table("item text, price number", ("A", "100.5"), ("B", 99), ("C", "7.25"), says=r"(?i)USD|currency"),
        table("item text, price text", ("A", "USD 100.50"), ("B", "USD 99.00"), ("C", "USD 7.25")),
    ),
    odd(
        "two_currencies.csv",
        lines("item,price", "A,$100.00", "B,€99.00", "C,£7.50"),
        table("item text, price text", ("A", "$100.00"), ("B", "€99.00"), ("C", "£7.50")),
        table("item text, price number, * text", ("A", 100, "$"), ("B", 99, "€"), ("C", "7.5", "£")),
    ),
    odd(
        "brackets_are_negative.csv",
        lines("account,balance", '1000,"(1,234.00)"', "1010,500.00", "1020,(0.50)", "1030,-"),
        table(
            "account int, balance number",
            (1000, "-1234"),
            (1010, 500),
            (1020, "-0.5"),
            (1030, None),
            says=r"(?i)bracket|parenthes|negative|\(",
        ),
        table(
            "account int, balance number",
            (1000, "-1234"),
            (1010, 500),
            (1020, "-0.5"),
            (1030, 0),
            says=r"(?i)bracket|parenthes|negative|\(",
        ),
    ),
    odd(
        "minus_behind.csv",
        lines("konto;saldo", "1000;1.234,00-", "1010;500,00", "1020;0,50-"),
        table("konto int, saldo number", (1000, "-1234"), (1010, 500), (1020, "-0.5"), says=r"(?i)minus|negative|-"),
    ),
    odd(
        "unicode_minus.csv",
        lines("city,temperature", "Oslo,\N{MINUS SIGN}5.5", "Rome,21", "Turin,\N{MINUS SIGN}1"),
        table("city text, temperature number", ("Oslo", "-5.5"), ("Rome", 21), ("Turin", -1)),
        table(
            "city text, temperature text",
            ("Oslo", "\N{MINUS SIGN}5.5"),
            ("Rome", "21"),
            ("Turin", "\N{MINUS SIGN}1"),
            says=r"(?i)temperature",
        ),
    ),
    odd(
        "plus_signs.csv",
        lines("team,difference", "A,+5", "B,-3", "C,0"),
        table("team text, difference int", ("A", 5), ("B", -3), ("C", 0)),
    ),
    odd(
        "percent.csv",
        lines("region,share", "North,12.5%", "South,87.5 %", "West,0%"),
        table("region text, share number", ("North", "12.5"), ("South", "87.5"), ("West", 0), says=r"(?i)percent|%"),
        table("region text, share number", ("North", "0.125"), ("South", "0.875"), ("West", 0), says=r"(?i)percent|%"),
    ),
    odd(
        "french_numbers.csv",
        lines(
            "produit;montant",
            "A;1\N{NO-BREAK SPACE}234,56",
            "B;12\N{NARROW NO-BREAK SPACE}345,00",
            "C;7,5",
            "D;1 000,00",
        ),
        table("produit text, montant number", ("A", "1234.56"), ("B", 12345), ("C", "7.5"), ("D", 1000)),
    ),
    odd(
        "swiss_numbers.csv",
        lines("produkt;betrag", "A;1'234.50", "B;12\N{RIGHT SINGLE QUOTATION MARK}345.00", "C;7.5"),
        table("produkt text, betrag number", ("A", "1234.5"), ("B", 12345), ("C", "7.5")),
        table(
            "produkt text, betrag text",
            ("A", "1'234.50"),
            ("B", "12\N{RIGHT SINGLE QUOTATION MARK}345.00"),
            ("C", "7.5"),
            says=r"(?i)betrag",
        ),
    ),
    odd(
        "units.csv",
        lines("item,weight", "A,12 kg", "B,7.5 kg", "C,100 kg"),
        table("item text, weight text", ("A", "12 kg"), ("B", "7.5 kg"), ("C", "100 kg")),
        table("item text, weight number", ("A", 12), ("B", "7.5"), ("C", 100), says=r"(?i)\bkg\b"),
    ),
    odd(
        "thousands_of.csv",
        lines("company,revenue", "A,1.2M", "B,300K", "C,2B"),
        table("company text, revenue text", ("A", "1.2M"), ("B", "300K"), ("C", "2B")),
        table(
            "company text, revenue number", ("A", 1200000), ("B", 300000), ("C", 2000000000), says=r"(?i)million|M\b"
        ),
    ),
    odd(
        "large_money.csv",
        lines("id,amount", "1,12345678901234567.89", "2,0.01", "3,99999999999999999.99"),
        table("id int, amount number|text", (1, "12345678901234567.89"), (2, "0.01"), (3, "99999999999999999.99")),
    ),
    odd(
        "cents_kept.csv",
        lines("id,amount", "1,0.10", "2,0.20", "3,0.30", "4,1000000.01"),
        table("id int, amount number", (1, "0.1"), (2, "0.2"), (3, "0.3"), (4, "1000000.01"), quiet=True),
    ),
    odd(
        "total_at_the_end.csv",
        lines("region,sales", "North,10", "South,20", "West,30", "Grand Total,60"),
        table(
            "region text, sales int", ("North", 10), ("South", 20), ("West", 30), ("Grand Total", 60), says=r"(?i)total"
        ),
        table("region text, sales int", ("North", 10), ("South", 20), ("West", 30), says=r"(?i)total"),
    ),
    odd(
        "total_without_a_word.csv",
        lines("region,units,sales", "North,1,10", "South,2,20", "West,3,30", ",6,60"),
        table(
            "region text, units int, sales int",
            ("North", 1, 10),
            ("South", 2, 20),
            ("West", 3, 30),
            (None, 6, 60),
            says=TOTALS,
        ),
        table("region text, units int, sales int", ("North", 1, 10), ("South", 2, 20), ("West", 3, 30), says=TOTALS),
    ),
    odd(
        "total_in_the_name_only.csv",
        lines("film,year", "Total Recall,1990", "Total Eclipse,1995", "Heat,1995"),
        table("film text, year int", ("Total Recall", 1990), ("Total Eclipse", 1995), ("Heat", 1995), quiet=True),
    ),
    odd(
        "footer_after_blank_line.csv",
        lines("id,name", "1,Ada", "2,Bob", "3,Cem", "", "Generated by Report Server on 2024-01-01"),
        table(
            "id int, name text", (1, "Ada"), (2, "Bob"), (3, "Cem"), says=r"(?i)generated|footer|below|last line|line 6"
        ),
        table(
            "id text, name text",
            ("1", "Ada"),
            ("2", "Bob"),
            ("3", "Cem"),
            ("Generated by Report Server on 2024-01-01", None),
            says=r"(?i)footer|line 6|fewer|too few|missing|id",
        ),
    ),
    odd(
        "sep_line.csv",
        lines("sep=;", "id;name", "1;Ada, Countess", "2;Bob"),
        table("id int, name text", (1, "Ada, Countess"), (2, "Bob")),
    ),
    odd(
        "title_then_header.csv",
        lines("Employees of ACME Inc., as of January", "id,name,salary", "1,Ada,100", "2,Bob,200", "3,Cem,300"),
        table("id int, name text, salary int", (1, "Ada", 100), (2, "Bob", 200), (3, "Cem", 300), says=SKIPPED),
    ),
    odd(
        "many_title_lines.csv",
        lines(
            "ACME Inc.",
            "Ledger",
            "Period: 01/2024 - 12/2024",
            "User: jdoe",
            "",
            "",
            "Account,Debit,Credit",
            "1000,5.00,0.00",
            "1010,0.00,5.00",
            "1020,7.50,2.25",
        ),
        table(
            "account int, debit number, credit number", (1000, 5, 0), (1010, 0, 5), (1020, "7.5", "2.25"), says=SKIPPED
        ),
    ),
    odd(
        "key_values_above.csv",
        lines("Report,Sales", "Date,2024-01-01", "", "id,name,amount", "1,Ada,10", "2,Bob,20", "3,Cem,30"),
        table("id int, name text, amount int", (1, "Ada", 10), (2, "Bob", 20), (3, "Cem", 30), says=SKIPPED),
    ),
    odd(
        "units_below_header.csv",
        lines("city;temperature;rain", ";°C;mm", "Oslo;5;20", "Rome;21;3", "Turin;12;7"),
        table(
            "city text, temperature text, rain text",
            (None, "°C", "mm"),
            ("Oslo", "5", "20"),
            ("Rome", "21", "3"),
            ("Turin", "12", "7"),
            says=r"(?i)temperature|°C|line 2|fit|number",
        ),
        table(
            "city text, temperature int, rain int",
            ("Oslo", 5, 20),
            ("Rome", 21, 3),
            ("Turin", 12, 7),
            says=r"(?i)unit|°C|line 2",
        ),
    ),
    odd(
        "trailing_delimiters.csv",
        lines("a;b;c;", "1;x;2;", "3;y;4;"),
        table("a int, b text, c int", (1, "x", 2), (3, "y", 4)),
        table("a int, b text, c int, * any", (1, "x", 2, None), (3, "y", 4, None)),
    ),
    odd(
        "trailing_delimiters_below_header.csv",
        lines("a;b;c", "1;x;2;", "3;y;4;", "5;z;6;"),
        table("a int, b text, c int", (1, "x", 2), (3, "y", 4), (5, "z", 6)),
        table("a int, b text, c int, * any", (1, "x", 2, None), (3, "y", 4, None), (5, "z", 6, None)),
    ),
    odd(
        "rows_of_delimiters.csv",
        lines("a;b;c", "1;x;2", ";;", "3;y;4", ";;"),
        table("a int, b text, c int", (1, "x", 2), (3, "y", 4)),
        table("a int, b text, c int", (1, "x", 2), (None, None, None), (3, "y", 4), (None, None, None)),
        table("a int, b text, c int", (1, "x", 2), (None, None, None), (3, "y", 4)),
    ),
    odd(
        "header_again_on_each_page.csv",
        lines("id,amount", "1,10", "2,20", "id,amount", "3,30", "4,40"),
        table(
            "id text, amount text",
            ("1", "10"),
            ("2", "20"),
            ("id", "amount"),
            ("3", "30"),
            ("4", "40"),
            says=r"(?i)header|again|line 4|fit|number",
        ),
        table("id int, amount int", (1, 10), (2, 20), (3, 30), (4, 40), says=r"(?i)header|again|line 4"),
        modes={"drop": table("id int, amount int", (1, 10), (2, 20), (3, 30), (4, 40))},
        options=ReadOptions(),
    ),
    odd(
        "subtotals_between.csv",
        lines(
            "region,city,sales",
            "North,Oslo,10",
            "North,Bergen,20",
            "Subtotal,,30",
            "South,Rome,5",
            "Subtotal,,5",
            "Total,,35",
        ),
        table(
            "region text, city text, sales int",
            ("North", "Oslo", 10),
            ("North", "Bergen", 20),
            ("Subtotal", None, 30),
            ("South", "Rome", 5),
            ("Subtotal", None, 5),
            ("Total", None, 35),
            says=r"(?i)total",
        ),
    ),
    odd(
        "years_as_headers.csv",
        lines("Region,2021,2022,2023", "North,1,2,3", "South,4,5,6"),
        table(
            "region text, * int, * int, * int",
            ("North", 1, 2, 3),
            ("South", 4, 5, 6),
            headers=("Region", "2021", "2022", "2023"),
        ),
    ),
    odd(
        "decimal_mark_chosen.csv",
        lines("artikel;menge", "A;1.200", "B;3.450"),
        table("artikel text, menge number", ("A", 1200), ("B", 3450)),
        options=ReadOptions(decimal_mark=","),
    ),
    odd(
        "type_chosen.csv",
        lines("zip,name", "10115,Mitte", "80331,Altstadt"),
        table("zip text, name text", ("10115", "Mitte"), ("80331", "Altstadt")),
        options=ReadOptions(types=((0, "VARCHAR"),)),
    ),
    odd(
        "left_out_and_named.csv",
        lines("id,secret,name", "1,x,Ada", "2,y,Bob"),
        table("id int, full_name text", (1, "Ada"), (2, "Bob")),
        options=ReadOptions(left_out=(1,), names=((2, "full_name"),)),
    ),
)

"""All odd files; `python -m tests.odd_files.generate FOLDER` writes each of them there, to be looked at."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.odd_files import (
    columnar,
    dates,
    documents,
    encodings,
    finance,
    hostile,
    lines_and_quotes,
    not_tables,
    values,
    workbooks,
)
from tests.odd_files.expectation import Odd

FILES: tuple[Odd, ...] = (
    *finance.FILES,
    *encodings.FILES,
    *dates.FILES,
    *values.FILES,
    *lines_and_quotes.FILES,
    *hostile.FILES,
    *documents.FILES,
    *columnar.FILES,
    *workbooks.FILES,
    *not_tables.FILES,
)
BY_ID = {file.test_id: file for file in FILES}
DOZEN = (
    "finance_q3.csv",
    "finance_ragged.csv",
    "cp1252.csv",
    "mixed_lines.csv",
    "date_either.csv",
    "country_codes.csv",
    "integers_then_a_word.csv",
    "headers_markdown.csv",
    "html_cells.csv",
    "formulas.csv",
    "xlsx_two_sheets.xlsx",
    "nested.json",
    "page_named_csv.csv",
    "picture.png",
)
"""Those that also go through the page."""


def write(name: str, folder: Path) -> Path:
    """Put the odd file called `name` into `folder`."""
    return BY_ID[name].write(folder)


if __name__ == "__main__":
    target = Path(sys.argv[1])
    for number, file in enumerate(FILES):
        file.write(target / f"{number:03d}_{file.test_id}")

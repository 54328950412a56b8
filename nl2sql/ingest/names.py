"""SQL names for what files call their columns and tables: plain, unique, never reserved. Knows no file format."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from pathlib import PurePath

from nl2sql.schema import RESERVED

LONGEST = 60
_SIGNS = {"%": " percent ", "#": " number ", "&": " and ", "€": " eur ", "£": " gbp ", "¥": " yen ", "@": " at "}
_LETTERS = str.maketrans(
    {"ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "ł": "l", "Ł": "L", "þ": "th"}
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_ENDINGS = r"(\.(csv|tsv|tab|txt|psv|parquet|pq|jsonl?|ndjson|geojson|xlsx|xlsm|xlsb|xls|ods|gz|zip))+$"


def column_names(headers: Sequence[str], first: int = 1) -> tuple[str, ...]:
    """A name for each header; blank ones are called after their position, counted from `first`.

    >>> column_names(["Total Sales ($)", "cust_nm", "dateJoined", "%", "", "Größe", "order", "order"])
    ('total_sales', 'cust_nm', 'date_joined', 'percent', 'column_5', 'grosse', 'order_', 'order_2')
    """
    names: list[str] = []
    taken: set[str] = set()
    for position, header in enumerate(headers, first):
        name = free_name(plain_name(header) or f"column_{position}", taken)
        taken.add(name)
        names.append(name)
    return tuple(names)


def table_name(file_name: str, taken: Collection[str] = ()) -> str:
    """A name for the table in a file, other than those in `taken` (any case).

    >>> table_name("Q3 Sales (final).csv"), table_name("2024.csv"), table_name("data.csv", ["DATA"])
    ('q3_sales_final', 't_2024', 'data_2')
    """
    bare = re.sub(_ENDINGS, "", PurePath(file_name.replace("\\", "/")).name, flags=re.I)
    return free_name(plain_name(bare, "t_") or "table_1", {one.casefold() for one in taken})


def plain_name(text: str, before_digit: str = "c_") -> str:
    """`text` as lower-case words joined by underscores; empty when there is nothing to make a name of."""
    cleaned = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in text[:400])
    for sign, words in _SIGNS.items():
        if sign in cleaned and not (sign in "#@€£¥" and re.search(r"[^\W\d_]", cleaned)):
            cleaned = cleaned.replace(sign, words)
    parts = re.sub(r"[\W_]+", " ", _HUMP.sub(" ", _plain_letters(cleaned))).lower().split()
    name = "_".join(parts)[:LONGEST].strip("_")
    if not name:
        return ""
    if name[0].isdigit():
        name = f"{before_digit}{name}"[:LONGEST].strip("_")
    return f"{name}_" if name in RESERVED else name


def _plain_letters(text: str) -> str:
    """Latin letters without their accents; other scripts as they are."""
    spelled = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    bare = "".join(char for char in spelled if not unicodedata.combining(char) or ord(char) > 0x36F)
    return unicodedata.normalize("NFKC", bare)


def free_name(name: str, taken: Collection[str]) -> str:
    """`name`, numbered when it is among `taken` (case-folded)."""
    number, free = 1, name
    while free.casefold() in taken:
        number += 1
        tail = f"{number}" if name.endswith("_") else f"_{number}"
        free = f"{name[: LONGEST - len(tail)]}{tail}"
    return free


def shown_header(header: str) -> str:
    """A header as it may be shown: one line, without characters that control or turn text.

    >>> shown_header(" Net\\nsales ")
    'Net sales'
    """
    return " ".join(one_line(header[:1000]).split())[:200]


def one_line(text: str) -> str:
    """`text` in one line, without characters that control or turn text: fit to be shown within a sentence.

    >>> one_line("“a\\nb” is no number.")
    '“a b” is no number.'
    """
    if text.isprintable():
        return text
    return "".join(
        " " if unicodedata.category(char) in ("Cc", "Zl", "Zp") else char
        for char in text
        if unicodedata.category(char) not in ("Cf", "Cs", "Co", "Cn") or char == "\u200d"
    )

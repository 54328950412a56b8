"""How the pages show things: text that never renders as markup, result sets as grids, words for states."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Sequence
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pyarrow as pa
import pyarrow.compute as pc
import streamlit as st

from nl2sql.engine.base import ResultSet
from nl2sql.errors import WorkbenchError
from nl2sql.export import python_values

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# Streamlit rewrites these inside finished text (icons, emoji, arrows, bare addresses), where a backslash no longer
# helps; an invisible word joiner does.
_REWRITTEN = re.compile(r"(?<=:)(?=\S)|(?<=[<>=~-])(?=[<>=~-])|(?=@)|(?<=www)(?=\.)", re.I)
_JOINER = "\u2060"
_IDENTIFIER = re.compile(r"(^|_|\b)(id|no|nr|number|code|year|zip|postcode|phone)$|(^|_)(year|id)(_|$)", re.I)


def plain(text: str, width: int = 2_000) -> str:
    """`text` for places that read Markdown, so that it shows as it is; on one line, cut at `width` characters."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if len(line) > width:
        line = line[: width - 1] + "…"
    return _PUNCTUATION.sub(r"\\\1", _REWRITTEN.sub(_JOINER, line))


def show_error(error: WorkbenchError) -> None:
    """A sentence for what went wrong."""
    show_error_sentence(error.sentence)


def show_error_sentence(sentence: str) -> None:
    """`sentence` in the box for errors."""
    st.error(plain(sentence), icon=":material/error:")


def show_rows(result: ResultSet, key: str, name: str) -> None:
    """The rows of a result set as a grid with typed formats; sorting and searching are the grid's own."""
    table = displayable(result.table)
    st.dataframe(
        table,
        hide_index=True,
        key=key,
        column_config=_column_config(table),
        height="content" if result.row_count <= 12 else 458,
        alt=name,
        placeholder="",
    )


def displayable(table: pa.Table) -> pa.Table:
    """`table` with unique column names, and as text whatever the grid cannot show as a value."""
    columns = [column if _has_value_form(column) else _as_text(column) for column in table.columns]
    return pa.Table.from_arrays(columns, names=unique_names(table.column_names))


def unique_names(names: Sequence[str]) -> list[str]:
    """`names` with repeats numbered and blanks named, since a grid tells its columns apart by name.

    >>> unique_names(["n", "n", "", "n (2)"])
    ['n', 'n (2)', 'column 3', 'n (2) (2)']
    """
    unique: list[str] = []
    for position, name in enumerate(names):
        base = wanted = name.strip() or f"column {position + 1}"
        repeat = 1
        while wanted in unique:
            repeat += 1
            wanted = f"{base} ({repeat})"
        unique.append(wanted)
    return unique


def _has_value_form(column: pa.ChunkedArray) -> bool:
    kind = column.type
    if pa.types.is_dictionary(kind):
        kind = kind.value_type
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        try:
            pc.min_max(column).as_py()
        except (OverflowError, ValueError):  # infinity, or a year that no calendar in a browser has
            return False
        return True
    simple = (
        pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_boolean, pa.types.is_string,
        pa.types.is_large_string, pa.types.is_null,
    )  # fmt: skip
    return any(test(kind) for test in simple)


def _as_text(column: pa.ChunkedArray) -> pa.Array:
    return pa.array([None if value is None else _text(value) for value in python_values(column)], pa.string())


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dt.time):
        return value.isoformat()
    if isinstance(value, pa.MonthDayNano):
        seconds = value.nanoseconds / 1e9
        parts = ((value.months, "months"), (value.days, "days"), (seconds, "seconds"))
        return ", ".join(f"{amount:g} {unit}" for amount, unit in parts if amount) or "0 seconds"
    return str(value)


def _column_config(table: pa.Table) -> dict[int, Any]:
    """Formats by position: thousands separators except for numbers that name something, ISO dates."""
    config: dict[int, Any] = {}
    for position, (name, kind) in enumerate(zip(table.column_names, table.schema.types, strict=True)):
        if pa.types.is_integer(kind):
            config[position] = st.column_config.NumberColumn(format="%d" if _IDENTIFIER.search(name) else "localized")
        elif pa.types.is_decimal(kind):
            config[position] = st.column_config.NumberColumn(format=f"%,.{max(kind.scale, 0)}f")
        elif pa.types.is_floating(kind):
            config[position] = st.column_config.NumberColumn(format=_float_format(table.column(position)))
        elif pa.types.is_date(kind):
            config[position] = st.column_config.DateColumn(format="YYYY-MM-DD")
        elif pa.types.is_timestamp(kind):
            config[position] = st.column_config.DatetimeColumn(format=_moment_format(table.column(position)))
    return config


def _moment_format(column: pa.ChunkedArray) -> str:
    """Dates alone where every moment is midnight, as the first of a month is that rows are grouped by."""
    day = 86_400 * {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[column.type.unit]
    midnights = column.type.tz is None and not (column.drop_null().cast(pa.int64()).to_numpy() % day).any()
    return "YYYY-MM-DD" if midnights else "YYYY-MM-DD HH:mm:ss"


def _float_format(column: pa.ChunkedArray) -> str | None:
    """The same number of decimals all down a column: as many as the numbers have, two when they never end."""
    values = [value for value in column.drop_null().to_pylist() if math.isfinite(value) and value]
    if not values or max(map(abs, values)) >= 1e15 or min(map(abs, values)) < 0.01:
        return None  # the grid's own choice, which can do without a fixed point
    decimals = next((count for count in (0, 1, 2) if all(round(value, count) == value for value in values)), 2)
    return f"%,.{decimals}f"


def row_count_words(result: ResultSet) -> str:
    """How many rows there are, and whether they are all.

    >>> import pyarrow
    >>> row_count_words(ResultSet(pyarrow.table({"a": [1, 2]}), ("INTEGER",), True, 0.1))
    'First 2 rows of more'
    """
    if result.truncated:
        return f"First {result.row_count:,} rows of more"
    return "1 row" if result.row_count == 1 else f"{result.row_count:,} rows"


def seconds_words(seconds: float) -> str:
    """A duration as a person says it.

    >>> seconds_words(0.004), seconds_words(0.127), seconds_words(75)
    ('0.01 s', '0.13 s', '1 min 15 s')
    """
    if seconds < 60:
        return f"{max(seconds, 0.01):.2f} s" if seconds < 10 else f"{seconds:.0f} s"
    return f"{int(seconds // 60)} min {int(seconds % 60)} s"


def tokens_words(read: int, known: int, written: int) -> str:
    """What a language model read and wrote, in tokens.

    >>> tokens_words(612, 580, 41), tokens_words(612, 0, 41)
    ('612 read (580 of them known), 41 written', '612 read, 41 written')
    """
    again = f" ({known:,} of them known)" if known else ""
    return f"{read:,} read{again}, {written:,} written"


def size_words(size: int) -> str:
    """A number of bytes as a person says it.

    >>> size_words(12), size_words(34_567), size_words(1_234_567_890)
    ('12 bytes', '35 KB', '1.2 GB')
    """
    if size < 1_000:
        return f"{size} bytes"
    for unit, worth in (("GB", 1e9), ("MB", 1e6)):
        if size >= 0.9995 * worth:
            return f"{size / worth:.1f} {unit}"
    return f"{size / 1e3:.0f} KB"


def counted(number: int, one: str, many: str | None = None) -> str:
    """A number with its noun.

    >>> counted(1, "row"), counted(1_234, "row"), counted(2, "entry", "entries")
    ('1 row', '1,234 rows', '2 entries')
    """
    return f"{number:,} {one if number == 1 else many or one + 's'}"


_TYPE_WORDS = {
    "VARCHAR": "Text", "BIGINT": "Whole number", "DOUBLE": "Number", "DATE": "Date", "TIMESTAMP": "Date and time",
    "TIMESTAMP WITH TIME ZONE": "Date and time with zone", "TIME": "Time", "BOOLEAN": "Yes or no",
}  # fmt: skip


def type_words(type_name: str) -> str:
    """A DuckDB type as a person says it; rare ones keep their name.

    >>> type_words("BIGINT"), type_words("DECIMAL(18,2)"), type_words("SMALLINT"), type_words("UUID")
    ('Whole number', 'Number, 2 decimals', 'Whole number (SMALLINT)', 'UUID')
    """
    decimal = re.fullmatch(r"DECIMAL\(\d+,\s*(\d+)\)", type_name)
    if decimal:
        places = int(decimal[1])
        return f"Number, {counted(places, 'decimal')}"
    if re.fullmatch(r"U?(TINY|SMALL|HUGE|BIG)?INT(EGER)?", type_name) and type_name != "BIGINT":
        return f"Whole number ({type_name})"
    return _TYPE_WORDS.get(type_name, type_name)


def local_time(moment: dt.datetime) -> str:
    """`moment` on the reader's own clock."""
    try:
        zone: dt.tzinfo = ZoneInfo(st.context.timezone or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        zone = dt.UTC
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}"


def parser_words(name: str) -> str:
    """A parser's name as shown.

    >>> parser_words("builtin"), parser_words("sqlcoder-7b-2"), parser_words("/models/my-own/")
    ('Built-in parser', 'sqlcoder-7b-2', 'my-own')
    """
    return {
        "builtin": "Built-in parser",
        "auto": "Automatic",
        "served": "Language model on a server",
        "t5-wikisql": "T5 (WikiSQL)",
        "t5-spider": "T5 (Spider)",
        "duckdb-nsql-7b": "DuckDB-NSQL-7B",
        "omnisql-7b": "OmniSQL-7B",
    }.get(name) or re.split(r"[/\\]", name.rstrip("/\\"))[-1]


def confidence_words(confidence: float) -> str:
    """How sure the parser is, in words and as a percentage.

    >>> confidence_words(0.97), confidence_words(0.3)
    ('Very sure, 97%', 'Doubtful, 30%')
    """
    words = ((0.9, "Very sure"), (0.75, "Quite sure"), (0.6, "Fairly sure"), (0.0, "Doubtful"))
    return f"{next(word for bound, word in words if confidence >= bound)}, {confidence:.0%}"


def one_line(sql: str) -> str:
    """`sql` with every run of white space outside quotes as one space.

    >>> one_line("SELECT  'a  b'\\nFROM t")
    "SELECT 'a  b' FROM t"
    """
    pieces = re.split(r"('(?:[^']|'')*'|\"(?:[^\"]|\"\")*\")", sql)
    return "".join(piece if index % 2 else re.sub(r"\s+", " ", piece) for index, piece in enumerate(pieces)).strip()

"""How the fields of a text file are set apart: delimiter, quotation mark, lines above the header, the header itself.

Works on the first lines of the file as text; knows no types beyond «looks like a number or a date».
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from nl2sql.ingest.base import Finding

if TYPE_CHECKING:
    from _csv import Reader as CsvReader

DELIMITERS = (",", ";", "\t", "|")
_OTHERS = ("~", "^", "\x01", ":", " ")
_RECORDS = 1_000
_LONGEST_RECORD = 200  # lines of a record beyond which a quotation mark was never closed
_VALUE = re.compile(
    r"\s*[-+(]?\s*[$€£¥]?\s*[-+]?\d[\d.,'\s\u00a0\u202f]*(e[-+]?\d+)?\s*[%€$£)]?-?\s*$"
    r"|\s*\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([ T].*)?$|\s*\d{1,2}:\d\d(:\d\d)?\s*([ap]m)?$|\s*(true|false|yes|no)\s*$",
    re.I,
)
_YEAR = re.compile(r"(19|20)\d\d|Q[1-4]|[A-Za-z]{3}[- ]?\d{2,4}")
_HEADER_WORDS = re.compile(
    r"\b(id|name|date|time|year|month|day|city|country|region|state|code|type|status|amount|total|price|cost|value|"
    r"email|phone|address|category|department|title|description|number|no|nr|qty|quantity|count|customer|product|first|"
    r"last|zip|sku|gender|age|color|colour|note|notes|comment|key|group|class|department|datum|ort|betrag|kunde)\b",
    re.I,
)


@dataclass(frozen=True)
class Dialect:
    """How a text file is set out. `skip_lines` are lines of text, not records; `width` is in fields."""

    delimiter: str
    quote: str
    skip_lines: int
    header: bool
    names: tuple[str, ...]
    width: int
    records: tuple[tuple[str, ...], ...]
    """The first records below the header, as they stand."""
    findings: tuple[Finding, ...] = ()
    escape: str = ""
    """What stands before a quotation mark within quotes; empty where it is doubled."""
    spaced: bool = False
    """Blanks stand between a delimiter and a quotation mark."""

    def reader(self, lines: Iterable[str], strict: bool = False) -> CsvReader:
        """The records in `lines` as this dialect sets them apart; `strict` raises csv.Error for a stray mark."""
        return _reader(lines, self.delimiter, self.quote, self.escape, self.spaced, strict)


def _reader(
    lines: Iterable[str], delimiter: str, quote: str, escape: str, spaced: bool, strict: bool = False
) -> CsvReader:
    csv.field_size_limit(1 << 30)
    return csv.reader(
        lines, delimiter=delimiter, quotechar=quote or None, escapechar=escape or None, doublequote=not escape,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE, skipinitialspace=spaced, strict=strict,
    )  # fmt: skip


@dataclass
class _Found:
    delimiter: str
    quote: str
    records: list[list[str]]
    lines: list[int]
    """Line (from 0) at which each record begins."""
    width: int
    consistency: float
    open_end: bool
    escape: str = ""
    spaced: bool = False
    broken: bool = False
    """A quotation mark stands where none may."""
    as_text: str = ""
    """Why quotation marks are read as text though there are some."""


def find(
    text: str,
    delimiter: str | None = None,
    quote: str | None = None,
    skip_lines: int | None = None,
    header: bool | None = None,
) -> Dialect:
    """The dialect of `text` (whole lines from the start of a file); what is not None is taken as it is."""
    findings: list[Finding] = []
    told = re.match(r"\s*sep=(.)\s*\r?\n", text, re.I)
    if told:
        findings.append(Finding(f"The first line names the delimiter: “{told[1]}”."))
        delimiter = delimiter or told[1]
    start = 1 if told else 0
    best = _best(text, delimiter, quote, start if skip_lines is None else skip_lines)
    wide = [bool(re.search(r"\S {2,}\S", " ".join(record))) for record in best.records]
    if best.width < 2 and sum(wide) * 5 > len(wide) * 4:
        sentence = "Nothing sets fields apart: the columns seem to have a fixed width. Each line is kept as one text."
        findings.append(Finding(sentence, "warning"))
    if best.as_text:
        findings.append(Finding(f"{best.as_text}: quotation marks were read as text.", "warning"))
    first = 0
    if skip_lines is None:
        first = _first_of_table(best)
        skip_lines = best.lines[first] if first < len(best.records) else start
        findings += _said_of_titles(best, first)
    records = best.records[first:]
    if not records:
        return Dialect(best.delimiter, best.quote, skip_lines, False, (), 0, (), tuple(findings))
    if header is None:
        header, doubt = _has_header(records)
        if doubt:
            findings.append(Finding(doubt, "warning"))
    names = list(records[0]) if header else []
    body = records[1:] if header else records
    width = _width(body, len(names) or best.width)
    if header and len(names) < width:
        names += [""] * (width - len(names))
    names, findings = _checked_names(names, body, width, findings)
    if not header:
        names = [""] * width
    return Dialect(
        best.delimiter, best.quote, skip_lines, header, tuple(names), len(names), tuple(map(tuple, body)),
        tuple(findings), best.escape, best.spaced,
    )  # fmt: skip


def _best(text: str, delimiter: str | None, quote: str | None, skip: int) -> _Found:
    body = _without_lines(text, skip)
    candidates = (delimiter,) if delimiter else (*DELIMITERS, *_OTHERS)
    quotes = (quote,) if quote is not None else _quotes(body)
    best = max((_quoted(body, one, mark, skip, quote) for one in candidates for mark in quotes), key=_worth)
    if delimiter is None and (best.width < 2 or best.consistency < 0.4):
        # Nothing sets fields apart: one column. The delimiter must be one that no line holds.
        alone = next((one for one in ("\x1f", "\x1e") if one not in body), "\x1f")
        best = _quoted(body, alone, "" if '"' not in body else quotes[0], skip, quote)
    return best


def _quoted(body: str, delimiter: str, mark: str, skip: int, chosen: str | None) -> _Found:
    """The fields that `delimiter` sets apart, quotation marks understood in the way in which they make sense."""
    spaced = bool(mark) and f"{delimiter} {mark}" in body and delimiter != " "
    found = _parsed(body, delimiter, mark, skip, "", spaced)
    if not mark or not (found.open_end or found.broken):
        return found
    if f"\\{mark}" in body:
        escaped = _parsed(body, delimiter, mark, skip, "\\", spaced)
        if not (escaped.open_end or escaped.broken):
            return escaped
    if chosen is not None:
        return found
    plain = _parsed(body, delimiter, "", skip)
    if found.open_end or plain.consistency > max(0.98, found.consistency - 0.02):
        plain.as_text = "A quotation mark is never closed" if found.open_end else "Quotation marks stand within values"
        return plain
    return found


def _without_lines(text: str, count: int) -> str:
    for _ in range(count):
        text = text[text.find("\n") + 1 :] if "\n" in text else ""
    return text


def _quotes(text: str) -> tuple[str, ...]:
    if '"' in text:
        return ('"',)
    text = text[:200_000]
    singles = len(re.findall(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|\r\n]|$)", text, re.M))
    return ("'", "") if singles > text.count("\n") // 2 else ('"',)  # which may come later in the file


def _parsed(text: str, delimiter: str, quote: str, skip: int, escape: str = "", spaced: bool = False) -> _Found:
    """The first records of `text`; read once more, leniently, where quotation marks stand where none may."""
    found = _parsed_once(text, delimiter, quote, skip, escape, spaced, strict=bool(quote))
    if not found.broken:
        return found
    lenient = _parsed_once(text, delimiter, quote, skip, escape, spaced, strict=False)
    lenient.broken = True
    return lenient


def _parsed_once(text: str, delimiter: str, quote: str, skip: int, escape: str, spaced: bool, strict: bool) -> _Found:
    records: list[list[str]] = []
    lines: list[int] = []
    line, open_end, broken = 0, False, False
    reader = _reader(io.StringIO(text), delimiter, quote, escape, spaced, strict)
    try:
        for record in reader:
            if reader.line_num - line > _LONGEST_RECORD:
                open_end = True
                break
            if record:
                records.append(record)
                lines.append(skip + line)
            line = reader.line_num
            if len(records) >= _RECORDS:
                break
        else:
            open_end = bool(quote) and bool(records) and _ends_open(records[-1], quote, text)
    except csv.Error as error:
        broken = "expected after" in str(error)
        open_end = not broken
    widths = Counter(len(record) for record in records)
    usual = [(count, width) for width, count in widths.items() if width > 1]
    count, width = max(usual, default=(0, 1))
    return _Found(
        delimiter, quote, records, lines, width, count / max(1, len(records)), open_end, escape, spaced, broken
    )


def _ends_open(record: Sequence[str], quote: str, text: str) -> bool:
    """Whether the last record swallowed lines because its quotation mark is not closed."""
    return "\n" in record[-1].rstrip("\n") and text.count(quote) % 2 == 1


def _worth(found: _Found) -> float:
    """How well a delimiter sets fields apart: the share of records of one width first, then how many fields."""
    if found.width < 2:
        return 0.0
    score = found.consistency * (1 + min(found.width, 30) / 60)
    if found.delimiter in _OTHERS:
        score *= 0.55 if found.delimiter in "~^\x01" else 0.35
    if found.as_text:
        score *= 0.6
    if found.delimiter == " " and sum("" in record for record in found.records) * 10 > len(found.records):
        return 0.0
    if found.delimiter == "," and _decimal_commas(found):
        score *= 0.4
    return score


def _decimal_commas(found: _Found) -> bool:
    """Whether commas stand inside numbers rather than between fields."""
    pairs = halves = 0
    for record in found.records[1:200]:
        for left, right in pairwise(record):
            pairs += 1
            halves += bool(
                re.search(r"\d$", left) and re.match(r"\d{1,2}(\D|$)", right) and re.search(r"[;\t|]", left + right)
            )
    return pairs > 0 and halves / pairs > 0.3


def _first_of_table(found: _Found) -> int:
    """Which record is the first of the table: those above it are titles, notes or comments."""
    if found.width < 2:
        comments = 0
        while comments < len(found.records) and found.records[comments][0].startswith("#"):
            comments += 1
        return comments if comments < len(found.records) else 0
    for position, record in enumerate(found.records):
        if record[0].startswith("#") and len(record) != found.width:
            continue
        filled = sum(bool(one.strip()) for one in record)
        below = _header_below(found.records, position, found.width)
        if below:
            return below
        if _names_few(found.records, position, found.width):
            return position
        if len(record) >= found.width - 1 and (filled > max(1, found.width // 2) or _is_body(found.records, position)):
            return position
        if position > 60:
            break
    return 0


def _header_below(records: Sequence[Sequence[str]], position: int, width: int) -> int:
    """Where a header of full width stands soon below a narrower line that is a title then; 0 where none does."""
    for later in range(position, min(position + 12, len(records) - 1)):
        if len(records[later]) >= width:
            named = later > position and all(one.strip() for one in records[later])
            return later if named and _has_header(records[later : later + 50]) == (True, "") else 0
    return 0


def _names_few(records: Sequence[Sequence[str]], position: int, width: int) -> bool:
    """Whether a line of full width names a few columns only, over lines of values."""
    record = records[position]
    if len(record) != width or record[0].strip() or not any(one.strip() for one in record):
        return False
    after = records[position + 1 : position + 6]
    return bool(after) and all(
        len(row) == width and sum(bool(_VALUE.match(one)) for one in row if one.strip()) * 2 > width for row in after
    )


def _is_body(records: Sequence[Sequence[str]], position: int) -> bool:
    """Whether sparse records simply go on like this one."""
    after = records[position + 1 : position + 6]
    here = [bool(one.strip()) for one in records[position]]
    return bool(after) and all([bool(one.strip()) for one in record] == here for record in after)


def _said_of_titles(found: _Found, first: int) -> list[Finding]:
    if not first:
        return []
    shown = "; ".join(" ".join(" ".join(record).split())[:60] for record in found.records[:first][:3])
    count = found.lines[first] - found.lines[0]
    lines = "line" if count == 1 else "lines"
    return [Finding(f"{count} {lines} above the table left out: “{shown}”.")]


def _has_header(records: Sequence[Sequence[str]]) -> tuple[bool, str]:
    """Whether the first record names the columns, and a sentence where that is a guess."""
    first, body = records[0], records[1:200]
    filled = [one.strip() for one in first if one.strip()]
    if not filled:
        return False, ""
    values = sum(bool(_VALUE.match(one)) for one in filled)
    years = sum(bool(_YEAR.fullmatch(one)) for one in filled)
    if not body:
        return not values, "" if values else "The file has only one line: it was read as names of columns."
    if values and values > years:
        return False, ""
    if values and values == years and not _VALUE.match(filled[0]) and _years_over_others(first, body):
        return True, ""
    width = max(map(len, body))
    typed = 0
    for place in range(min(width, len(first))):
        below = [row[place].strip() for row in body if place < len(row) and row[place].strip()]
        matching = sum(bool(_VALUE.match(one)) for one in below)
        coded = sum(bool(re.search(r"\d", one)) for one in below)
        if (below and matching * 10 >= len(below) * 7 and not _VALUE.match(first[place] or "x")) or (
            len(below) > 1 and coded == len(below) and first[place].strip() and not re.search(r"\d", first[place])
        ):
            typed += 1
    if typed:
        return True, ""
    if values:
        return False, ""
    return _text_header(first, filled, body)


def _years_over_others(first: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Whether the years (or months) in the first line stand over values that are none, so that they name columns."""
    places = [place for place, one in enumerate(first) if _VALUE.match(one.strip() or "x")]
    below = [row[place].strip() for row in body for place in places if place < len(row) and row[place].strip()]
    years = sum(bool(_YEAR.fullmatch(one)) for one in below)
    return len({first[place] for place in places}) == len(places) and bool(below) and years * 5 < len(below)


def _text_header(first: Sequence[str], filled: list[str], body: Sequence[Sequence[str]]) -> tuple[bool, str]:
    """For a file of nothing but text."""
    repeated = sum(
        one.strip() in {row[place].strip() for row in body if place < len(row)}
        for place, one in enumerate(first)
        if one.strip()
    )
    said = sum(bool(_HEADER_WORDS.search(re.sub(r"_|(?<=[a-z])(?=[A-Z])", " ", one))) for one in filled)
    coded = sum(bool(re.fullmatch(r"[a-z]+(_[a-z0-9]+)+|[a-z]+([A-Z][a-z]+)+", one)) for one in filled)
    if repeated and said < len(filled):
        return False, "No line seems to name the columns: the first line was kept as data. Change it if it is a header."
    if len(set(filled)) == len(filled) and len(filled) == len(first) and (said or coded):
        return True, ""
    lengths = [len(row[place].strip()) for row in body for place in range(len(row)) if row[place].strip()]
    usual = sum(lengths) / max(1, len(lengths))
    longest = max(map(len, filled))
    if len(body) > 2 and longest * 3 < usual and len(set(filled)) == len(filled):
        return True, ""
    return (
        False,
        "It is not clear whether the first line names the columns: it was kept as data. Change it if it is a header.",
    )


def _width(body: Sequence[Sequence[str]], named: int) -> int:
    """Fields of the table: as many as are named, and one more where (nearly) every record ends in a delimiter."""
    if not body:
        return named
    usual, count = Counter(map(len, body)).most_common(1)[0]
    if usual > named and count * 10 >= len(body) * 9:
        return usual
    return named


def _checked_names(
    names: list[str], body: Sequence[Sequence[str]], width: int, findings: list[Finding]
) -> tuple[list[str], list[Finding]]:
    """Names without empty columns at the end that no record has a value in."""
    usual = Counter(map(len, body)).most_common(1)[0][0] if body else len(names)
    blank = [place for place, name in enumerate(names) if not name.strip()]
    if blank:
        shown = ", ".join(str(place + 1) for place in blank[:5])
        more = f" and {len(blank) - 5} more" if len(blank) > 5 else ""
        findings.append(Finding(f"The header has no name for column {shown}{more}."))
    folded = Counter(name.strip().casefold() for name in names if name.strip())
    repeated = [name for name, count in folded.items() if count > 1]
    if repeated:
        shown = ", ".join(f"“{name[:40]}”" for name in repeated[:3])
        findings.append(Finding(f"The header has the same name more than once: {shown}. The later ones are numbered."))
    if names and usual < len(names) and usual > 1 and width == len(names):
        findings.append(
            Finding(f"The header names {len(names)} columns, but most lines have {usual} fields.", "warning")
        )
    return names, findings

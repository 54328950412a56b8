"""What the text in a column means: its DuckDB type, how text becomes a value of it, and when text is no value of it.

A column gets a type only when every value that was looked at fits it exactly: nothing is rounded, cut or reordered.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from nl2sql.ingest.base import NULL_WORDS, DateOrder, DecimalMark, Finding, IngestError
from nl2sql.schema import literal

Way = Literal["text", "integer", "decimal", "float", "boolean", "date", "timestamp", "time", "cast"]
TEXT = "VARCHAR"
_PROBE = 100  # values by which it is told that a column cannot be of some form
_SPACES = " \u00a0\u202f\u2009"
_CURRENCIES = "$€£¥₹₽₩"
_CODES = r"USD|EUR|GBP|CHF|JPY|SEK|NOK|DKK|PLN|CZK|CAD|AUD|INR|BRL|CNY|kr|zł|Fr\."
_MARKED = re.compile(
    rf"(?P<open>\()?\s*(?P<minus>[-−])?\s*(?P<before>[{_CURRENCIES}]|{_CODES})?\s*(?P<sign>[-−+])?\s*"
    rf"(?P<number>\d[\d.,'’{_SPACES}]*?)\s*(?P<after>[{_CURRENCIES}%]|{_CODES})?\s*(?P<close>\))?(?P<behind>[-−])?",
    re.ASCII,
)
_INTEGER = re.compile(r"[+-]?(?:0|[1-9]\d*)", re.ASCII)
_DECIMAL = {mark: re.compile(rf"[+-]?(?:0|[1-9]\d*)?\{mark}\d+|[+-]?(?:0|[1-9]\d*)\{mark}", re.ASCII) for mark in ".,"}
_FLOAT = re.compile(r"[+-]?(?:0|[1-9]\d*)(?:\.\d+)?e[+-]?\d{1,3}", re.I | re.ASCII)
_GROUPED = {
    (mark, group): re.compile(rf"[+-]?\d{{1,3}}(?:{re.escape(group)}\d{{3}})+(?:\{mark}\d+)?", re.ASCII)
    for mark, group in ((".", ","), (",", "."), (".", "'"), (",", "'"), (".", " "), (",", " "))
}
_YES = {
    "true": "false", "yes": "no", "y": "n", "ja": "nein", "oui": "non", "t": "f", "on": "off", "wahr": "falsch",
}  # fmt: skip
_DATE = re.compile(
    r"(?P<a>\d{4})(?P<s>[-/.])(?P<b>\d{1,2})(?P=s)(?P<c>\d{1,2})"
    r"|(?P<d>\d{1,2})(?P<t>[-/.])(?P<e>\d{1,2})(?P=t)(?P<f>\d{4}|\d\d)",
    re.ASCII,
)
_CLOCK = re.compile(
    r"(?P<h>\d{1,2}):(?P<m>\d\d)(?::(?P<s>\d\d)(?P<f>[.,]\d{1,9})?)?(?P<p>\s?[AaPp]\.?[Mm]\.?)?", re.ASCII
)
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?", re.ASCII)
_ZONE = re.compile(r"(?:Z|[+-]\d\d(?::?\d\d)?)$")
_MONTHS = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_FULL = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_NAMED = (
    (re.compile(rf"\d{{1,2}} {_MONTHS} \d{{4}}", re.I), "%d %b %Y"),
    (re.compile(rf"\d{{1,2}}-{_MONTHS}-\d{{4}}", re.I), "%d-%b-%Y"),
    (re.compile(rf"\d{{1,2}}-{_MONTHS}-\d{{2}}", re.I), "%d-%b-%y"),
    (re.compile(rf"{_MONTHS} \d{{1,2}}, \d{{4}}", re.I), "%b %d, %Y"),
    (re.compile(rf"\d{{1,2}} {_FULL} \d{{4}}", re.I), "%d %B %Y"),
    (re.compile(rf"{_FULL} \d{{1,2}}, \d{{4}}", re.I), "%B %d, %Y"),
)
CHOICES = ("VARCHAR", "BIGINT", "HUGEINT", "DOUBLE", "DECIMAL(18,2)", "DECIMAL(18,4)", "BOOLEAN", "DATE", "TIMESTAMP",
           "TIMESTAMP WITH TIME ZONE", "TIME")  # fmt: skip
"""Types that a person may choose."""
_TYPE = re.compile(
    r"(VARCHAR|TEXT|U?BIGINT|U?INTEGER|U?SMALLINT|U?TINYINT|U?HUGEINT|DOUBLE|FLOAT|BOOLEAN|DATE|TIME|TIMESTAMP"
    r"|TIMESTAMP WITH TIME ZONE|TIMESTAMPTZ|UUID|DECIMAL\(\d{1,2},\s?\d{1,2}\))",
    re.I,
)


@dataclass(frozen=True)
class Form:
    """How the text of a column becomes values of `type`. `shape` is a regular expression that every value matches."""

    type: str
    way: Way
    mark: DecimalMark = "."
    group: str = ""
    marks: str = ""
    """Currency or percent sign that is taken off; `()` where negatives may stand in brackets or end in a minus."""
    formats: tuple[str, ...] = ()
    shape: str = ""
    words: tuple[str, ...] = ()
    """Words that stand for a missing value, beside blank."""
    true: tuple[str, ...] = ()
    false: tuple[str, ...] = ()

    def value(self, cell: str) -> str:
        """SQL that makes a value of the SQL expression `cell`; NULL where it is none."""
        text = self._present(cell)
        if self.way == "text":
            return text
        if self.way == "boolean":
            yes, no = _listed(self.true), _listed(self.false)
            return f"CASE WHEN lower({text}) IN ({yes}) THEN true WHEN lower({text}) IN ({no}) THEN false END"
        if self.way in ("date", "timestamp") and self.formats:
            return f"CAST(try_strptime({text}, [{_listed(self.formats)}]) AS {self.type})"
        if self.way in ("integer", "decimal", "float"):
            return f"TRY_CAST({self._number(text)} AS {self.type})"
        return f"TRY_CAST({text} AS {self.type})"

    def misfit(self, cell: str) -> str:
        """SQL that is true where `cell` holds text that is no value of the column, false elsewhere."""
        if self.way == "text":
            return "false"
        text, value = self._present(cell), self.value(cell)
        number = self._number(text)
        tests = [f"{value} IS NULL"]
        if self.shape:
            tests.append(f"NOT regexp_full_match({text}, {literal(self.shape)})")
        elif self.way == "integer":
            plain = f"ltrim({number}, '+')" if self.marks or self.group else number
            tests = [f"CAST({value} AS VARCHAR) IS DISTINCT FROM {plain}"]
        elif self.way == "decimal":
            scale = int(self.type.rpartition(",")[2].strip(" )"))
            tests.append(f"(contains({number}, '.') AND length({number}) - instr({number}, '.') > {scale})")
            tests.append(f"({number} LIKE '0_%' AND {number} NOT LIKE '0.%')")
            tests.append(f"contains({number}, '_')")
        elif self.way == "float":
            tests.append(f"NOT abs({value}) < 1e300 OR (abs({value}) >= 1e15 AND NOT contains(lower({number}), 'e'))")
            tests.append(f"({number} LIKE '0_%' AND {number} NOT LIKE '0.%')")
            tests.append(f"contains({number}, '_')")
        return f"coalesce({text} IS NOT NULL AND ({' OR '.join(tests)}), false)"

    def cast(self, cell: str) -> str:
        """SQL of the plain cast that most values of the column take; empty where there is none.

        Meant to be computed once, below `checked`: DuckDB computes an expression again wherever a CASE repeats it.
        """
        plain = self.way == "integer" or (self.way == "decimal" and self.mark == "." and self.group != ".")
        return f"TRY_CAST({cell} AS {self.type})" if plain else ""

    def checked(self, cell: str, cast: str) -> str:
        """SQL that makes a value of `cell`; NULL where that text is none exactly. `cast` holds what `cast` computed.

        Values in the usual form are told by their length and first sign, or because they come back from the cast as
        they were; only the others are looked at closely.
        """
        if self.way == "text":
            return self.value(cell)
        closely = f"CASE WHEN NOT {self.misfit(cell)} THEN {self.value(cell)} END"
        digit = f"{cell} >= '0' AND {cell} < ':'"
        usual, value = "", f"TRY_CAST({cell} AS {self.type})"
        cast = cast if self.cast(cell) else ""
        if self.way == "integer":
            usual, value = f"CAST({cast} AS VARCHAR) = {cell}", cast
        elif self.way == "decimal" and cast:
            usual, value = f"starts_with(CAST({cast} AS VARCHAR), {cell})", cast
        elif self.way == "float" and self.mark == "." and self.group != ".":
            usual = (
                f"strlen({cell}) <= 15 AND {cell} < ':' AND ({cell} >= '1' OR starts_with({cell}, '0.'))"
                f" AND NOT contains({cell}, '_')"
            )
        elif self.way == "cast" and self.type == "TIMESTAMP":
            usual = f"strlen({cell}) = 19 AND {digit} AND {cell}[17] = ':'"
        elif self.way == "date" and not self.formats:
            usual = f"strlen({cell}) = 10 AND {digit} AND {cell}[5] = '-'"
        elif self.way == "date" and all("%Y" in form and not re.search("%[bB]", form) for form in self.formats):
            usual, value = f"strlen({cell}) = 10 AND {digit}", self.value(cell)
        return f"CASE WHEN {usual} THEN {value} ELSE {closely} END" if usual else closely

    def unfit(self, cell: str, value: str) -> str:
        """SQL that is true where `cell` is no value of the column, `value` being what `checked` made of it."""
        if self.way == "text":
            return "false"
        return f"({value} IS NULL AND {cell} IS NOT NULL AND {self.misfit(cell)})"

    def _present(self, cell: str) -> str:
        """The text without blanks around it; NULL where nothing stands there."""
        text = cell if self.way == "text" else f"nullif(trim({cell}, {literal(_SPACES)}), '')"
        return f"CASE WHEN trim({cell}) NOT IN ({_listed(self.words)}) THEN {text} END" if self.words else text

    def _number(self, text: str) -> str:
        """The digits of a number as DuckDB casts them."""
        found = text
        if self.marks:
            found = f"regexp_replace({found}, '[^0-9.,''’+−-]', '', 'g')"
            found = f"replace({found}, '−', '-')"
            behind = f"regexp_replace({found}, '[+-]', '', 'g')"
            negative = f"contains({found}, '-') OR starts_with(ltrim({text}), '(')"
            found = f"CASE WHEN {negative} THEN '-' || {behind} ELSE {behind} END"
        if self.group == " ":
            found = f"regexp_replace({found}, '[ \u00a0\u202f\u2009]', '', 'g')"
        elif self.group == "'":
            found = f"replace(replace({found}, '''', ''), '’', '')"
        elif self.group:
            found = f"replace({found}, {literal(self.group)}, '')"
        if self.mark == ",":
            found = f"replace({found}, ',', '.')"
        return f"({found})" if found is not text else found


def _listed(words: Iterable[str]) -> str:
    return ", ".join(map(literal, words))


PLAIN = Form(TEXT, "text")


@dataclass(frozen=True)
class Context:
    """What is known of the whole file: it decides where a column alone could be read in two ways."""

    mark: DecimalMark | None = None
    order: DateOrder | None = None
    european: bool = False
    """Semicolons or decimal commas: days come before months, more likely than not."""
    mark_chosen: bool = False
    order_chosen: bool = False
    null_words: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Decided:
    """The form of a column and what a person should know of it."""

    form: Form
    findings: tuple[Finding, ...] = ()
    id_like: bool = False
    """It is kept as text because its digits name something (leading zeros, too many digits)."""


def decide(values: Sequence[str], context: Context, header: str, position: int) -> Decided:
    """The form of a column from the values that were looked at (blank ones may be among them)."""
    present = list(dict.fromkeys(text for one in dict.fromkeys(values) if (text := one.strip(_SPACES + "\t"))))
    if context.null_words is not None:
        words = tuple(one for one in context.null_words if one)
        present = [one for one in present if one not in words]
        decided = _typed(present, context, header, position) if present else None
        form = decided.form if decided else PLAIN
        return Decided(
            replace(form, words=words), decided.findings if decided else (), bool(decided and decided.id_like)
        )
    if not present:
        return Decided(PLAIN)
    decided = _typed(present, context, header, position)
    if decided is not None:
        return decided
    missing = [one for one in present if one in _MISSING]
    rest = [one for one in present if one not in _MISSING]
    decided = _typed(rest, context, header, position) if rest and missing else None
    if decided is not None and decided.form.way != "text":
        said = ", ".join(f"“{word}”" for word in missing)
        finding = Finding(f"In “{header}”, {said} {_stands(missing)} for a missing value.", "info", position)
        return Decided(replace(decided.form, words=tuple(missing)), (*decided.findings, finding))
    if decided is not None:
        return decided
    return Decided(PLAIN, tuple(_said_of_text(rest, missing, context, header, position)))


_MISSING = frozenset((*NULL_WORDS[1:], "#N/A", "#VALUE!", "#REF!", "#DIV/0!", "?", ".", "\\N", "nan", "0000-00-00"))


def _stands(words: Sequence[str]) -> str:
    return "stands" if len(words) == 1 else "stand"


def _said_of_text(
    rest: list[str], missing: list[str], context: Context, header: str, position: int
) -> Iterable[Finding]:
    """Why a column is text although much of it is not."""
    if not rest:
        return
    nulls = [one for one in missing if one.casefold() == "null"]
    if nulls:
        yield Finding(f"“{nulls[0]}” in “{header}” is kept as text.", "info", position)
    probe = rest[:: max(1, len(rest) // _PROBE)]
    if sum(_typed([one], context, header, position, alone=True) is not None for one in probe) * 2 < len(probe):
        return
    fitting = [one for one in rest if _typed([one], context, header, position, alone=True) is not None]
    if (len(fitting) >= 3 and len(fitting) * 10 >= len(rest) * 6) or (
        fitting and len(rest) <= 4 and len(fitting) * 2 >= len(rest)
    ):
        fit = set(fitting)
        odd = next((one for one in rest if one not in fit), "")
        what = "dates" if _date_shape(fitting[0]) else "numbers"
        if odd:
            shown = odd if len(odd) <= 40 else f"{odd[:39]}…"
            sentence = f"Most values of “{header}” are {what}, but “{shown}” is not: the column is kept as text."
        else:
            sentence = f"The {what} in “{header}” are not all of one form, so the column is kept as text."
        yield Finding(sentence, "warning", position)


def _typed(present: list[str], context: Context, header: str, position: int, alone: bool = False) -> Decided | None:
    """The form that all values fit; None when there is none."""
    steps: tuple[Callable[[list[str]], Decided | None], ...] = (
        _boolean,
        lambda texts: _integer(texts, context, header, position, alone),
        lambda texts: _numbers(texts, context, header, position),
        lambda texts: _dates(texts, context, header, position),
        _times,
        lambda texts: _marked(texts, context, header, position),
    )
    for step in steps:
        if len(present) > 4 * _PROBE and step(present[:_PROBE]) is None:
            continue  # a value that does not fit is mostly among the first
        found = step(present)
        if found is not None:
            return found
    return None


def _boolean(present: list[str]) -> Decided | None:
    folded = {one.casefold() for one in present}
    for yes, no in _YES.items():
        if folded <= {yes, no} and (len(folded) == 2 or folded & {"true", "false"}):
            return Decided(Form("BOOLEAN", "boolean", true=(yes,), false=(no,)))
    return None


def _integer(present: list[str], context: Context, header: str, position: int, alone: bool) -> Decided | None:
    digits = [one for one in present if re.fullmatch(r"[+-]?\d+", one, re.ASCII)]
    if len(digits) < len(present):
        return None
    longest = max(len(one.lstrip("+-")) for one in present)
    plus = any(one.startswith("+") for one in present)
    zeros = any(not _INTEGER.fullmatch(one) for one in present)
    if zeros or longest > 38 or (plus and longest >= 8):
        return None if alone else Decided(PLAIN, id_like=True)
    if _eight_digit_dates(present) and re.search(r"(?i)date|datum|day|_dt\b|\bdt\b", header):
        form = Form("DATE", "date", formats=("%Y%m%d",), shape=r"[0-9]{8}")
        return Decided(form, (Finding(f"“{header}” was read as dates of eight digits.", "info", position),))
    return Decided(Form("BIGINT" if longest <= 18 else "HUGEINT", "integer", marks="+" if plus else ""))


def _eight_digit_dates(present: list[str]) -> bool:
    return all(
        len(one) == 8 and one[:2] in ("19", "20") and _real(int(one[:4]), int(one[4:6]), int(one[6:]))
        for one in present
    )


def _numbers(present: list[str], context: Context, header: str, position: int) -> Decided | None:
    """Numbers with a fraction or with digits in groups."""
    if all(_INTEGER.fullmatch(one) or _DECIMAL["."].fullmatch(one) or _FLOAT.fullmatch(one) for one in present):
        if any(one.startswith("+") for one in present) and all(len(one) > 8 for one in present):
            return None
        return _dots(present, context, header, position)
    for (mark, group), pattern in _GROUPED.items():
        plain = [one.translate({ord(space): " " for space in _SPACES}).replace("’", "'") for one in present]
        fits = all(pattern.fullmatch(one) or _INTEGER.fullmatch(one) or _DECIMAL[mark].fullmatch(one) for one in plain)
        if fits and not (context.mark_chosen and context.mark != mark):
            return _grouped(plain, mark, group, context, header, position)
    return None


def _dots(present: list[str], context: Context, header: str, position: int) -> Decided | None:
    """Numbers with points, which are decimal marks unless the file says otherwise."""
    dotted = [one for one in present if "." in one]
    threes = bool(dotted) and all(re.fullmatch(r"[+-]?[1-9]\d{0,2}\.\d{3}", one) for one in dotted)
    if threes:
        if context.mark == "," or (context.mark is None and context.european):
            form = replace(_sized([one.replace(".", "") for one in present], ","), group=".")
            doubt = () if context.mark == "," else (_group_doubt(dotted[0], "thousands", header, position),)
            return Decided(form, doubt)
        if len(dotted) == len(present) and context.mark is None and len(present) > 1:
            return Decided(_sized(present, "."), (_group_doubt(dotted[0], "decimals", header, position),))
    if context.mark == "," and context.mark_chosen and dotted:
        return None
    if any(map(_FLOAT.fullmatch, present)):
        finite = all(abs(float(one)) < 1e300 for one in present)
        return Decided(Form("DOUBLE", "float")) if finite else None
    form = _sized(present, ".")
    return Decided(form) if form.way != "text" else Decided(PLAIN, id_like=True)


def _group_doubt(example: str, read_as: str, header: str, position: int) -> Finding:
    bare = example.replace(".", "").replace(",", "")
    decimal = example.replace(",", ".")
    read, other = (bare, decimal) if read_as == "thousands" else (decimal, bare)
    sentence = f"“{example}” in “{header}” could be {read} or {other}; it was read as {read}."
    sentence += " Change the decimal mark if that is wrong."
    return Finding(sentence, "warning", position)


def _grouped(plain: list[str], mark: str, group: str, context: Context, header: str, position: int) -> Decided | None:
    assert mark in (".", ",")
    decimal: DecimalMark = "." if mark == "." else ","
    pattern = _GROUPED[mark, group]
    grouped = [one for one in plain if pattern.fullmatch(one)]
    fractions = [one for one in plain if mark in one]
    if mark == "," and not fractions and not grouped:
        return None
    threes = [one for one in plain if re.fullmatch(r"[+-]?[1-9]\d{0,2}[.,]\d{3}", one)]
    findings: tuple[Finding, ...] = ()
    if group in ".," and grouped and len(threes) == len(grouped) and not fractions:
        # Nothing but 1,234: thousands or three decimals?
        if context.mark is not None and context.mark != decimal:
            return Decided(_sized([one.replace(group, ".") for one in plain], "." if group == "." else ","))
        if context.mark is None and len(grouped) == len(plain):
            findings = (_group_doubt(grouped[0], "thousands", header, position),)
    bare = [one.replace(group, "") for one in plain] if grouped else plain
    form = _sized([one.replace(mark, ".") if mark == "," else one for one in bare], decimal)
    if form.way == "text":
        return Decided(PLAIN, id_like=True)
    shape = "" if not grouped else _group_shape(mark, group)
    return Decided(replace(form, group=group if grouped else "", shape=shape), findings)


def _group_shape(mark: str, group: str) -> str:
    """What a number with groups must look like, for DuckDB's regular expressions."""
    between = f"[{_SPACES}]" if group == " " else "['’]" if group == "'" else rf"\{group}"
    return rf"[+-]?([0-9]{{1,3}}({between}[0-9]{{3}})+|0|[1-9][0-9]*)?(\{mark}[0-9]*)?"


def _sized(present: list[str], mark: DecimalMark) -> Form:
    """The narrowest exact type for numbers written with a point; text where none is exact."""
    whole = max((len(one.lstrip("+-").partition(".")[0]) for one in present), default=1)
    scale = max((len(one.partition(".")[2]) for one in present), default=0)
    if not any("." in one for one in present):
        if whole > 38:
            return PLAIN
        return Form("BIGINT" if whole <= 18 else "HUGEINT", "integer", mark, marks="")
    scale = max(scale, 1)
    if scale <= 4 and whole + scale <= 18:
        return Form(f"DECIMAL(18,{scale})", "decimal", mark)
    if whole <= 15:
        return Form("DOUBLE", "float", mark)
    return Form(f"DECIMAL(38,{scale})", "decimal", mark) if whole + scale <= 38 else PLAIN


def _marked(present: list[str], context: Context, header: str, position: int) -> Decided | None:
    """Numbers with a currency or percent sign, negatives in brackets or with the minus behind."""
    found = [_MARKED.fullmatch(one) for one in present]
    if not all(found):
        return None
    matches = [one for one in found if one is not None]
    signs = {sign for one in matches for sign in (one["before"], one["after"]) if sign}
    if len(signs) > 1 or any(bool(one["open"]) != bool(one["close"]) for one in matches):
        return None
    bare = []
    for one in matches:
        negative = bool(one["minus"] or one["open"] or one["behind"] or ((one["sign"] or "") in "-−" and one["sign"]))
        bare.append(("-" if negative else "") + one["number"].strip(_SPACES))
    unique = list(dict.fromkeys(bare))
    decided = _integer(unique, context, header, position, alone=True) or _numbers(unique, context, header, position)
    if decided is None or decided.form.way not in ("integer", "decimal", "float"):
        return None
    sign = next(iter(signs), "")
    shape = decided.form.shape or rf"[0-9]*(\{decided.form.mark}[0-9]*)?"
    body = shape.removeprefix("[+-]?")
    token = rf"({re.escape(sign) if sign else ''})?"
    marked = rf"\(?\s*[-−+]?\s*{token}\s*[-−+]?\s*{body}\s*{token}\s*\)?[-−]?"
    findings = list(decided.findings)
    if sign == "%":
        findings.append(Finding(f"Percent signs in “{header}” were left out: 12% is kept as 12.", "info", position))
    elif sign:
        findings.append(Finding(f"“{sign}” in “{header}” was left out: the numbers are kept.", "info", position))
    if any(one["open"] or one["behind"] for one in matches):
        findings.append(
            Finding(f"Numbers in brackets or with the minus behind in “{header}” are negative.", "info", position)
        )
    return Decided(replace(decided.form, marks=sign or "()", shape=marked), tuple(findings))


def _date_shape(text: str) -> bool:
    return bool(_DATE.match(text)) or any(pattern.match(text) for pattern, _ in _NAMED)


def _real(year: int, month: int, day: int) -> bool:
    try:
        dt.date(year, month, day)
    except ValueError:
        return False
    return True


def _dates(present: list[str], context: Context, header: str, position: int) -> Decided | None:
    """Dates, with or without a time of day, in one form or a few."""
    if all(_ISO.match(one) for one in present):
        return _iso(present)
    named = {form for one in present for pattern, form in _NAMED if pattern.fullmatch(one)}
    if named and all(any(pattern.fullmatch(one) for pattern, _ in _NAMED) for one in present):
        return Decided(Form("DATE", "date", formats=tuple(sorted(named)), shape=".{6,30}"))
    parts = [_split(one) for one in present]
    if not all(parts):
        return None
    found = [one for one in parts if one is not None]
    timed = sum(bool(clock) for _, clock in found)
    order, findings = _order([date for date, _ in found], context, header, position)
    if order is None:
        return None
    formats: dict[str, None] = {}
    for date, clock in found:
        form = _format(date, order)
        if clock:
            form += (" " if clock != "T" else "T") + _clock_format(clock)
        formats[form] = None
    if len(formats) > 12:
        return None
    if timed == 0:
        if all(form == "%Y-%m-%d" for form in formats) and all(len(one) == 10 for one in present):
            return Decided(Form("DATE", "date", shape=r"[0-9]{4}-[0-9]{2}-[0-9]{2}"), findings)
        return Decided(Form("DATE", "date", formats=tuple(formats), shape=_shape(formats)), findings)
    return Decided(Form("TIMESTAMP", "timestamp", formats=tuple(formats), shape=_shape(formats)), findings)


def _iso(present: list[str]) -> Decided | None:
    zones = [bool(_ZONE.search(one[10:])) for one in present]
    rest = [_ZONE.sub("", one[10:]) if zone else one[10:] for one, zone in zip(present, zones, strict=True)]
    if not all(
        _ISO.fullmatch(one[:10] + tail) and _real(*map(int, one[:10].split("-")))
        for one, tail in zip(present, rest, strict=True)
    ):
        return None
    if any(int(tail[1:3]) > 23 or int(tail[4:6]) > 59 or int(tail[7:9] or 0) > 59 for tail in rest):
        return None
    moment = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"
    if all(zones):
        return Decided(Form("TIMESTAMP WITH TIME ZONE", "cast", shape=moment + r"(Z|[+-][0-9]{2}(:?[0-9]{2})?)"))
    return None if any(zones) else Decided(Form("TIMESTAMP", "cast", shape=moment))


def _split(text: str) -> tuple[re.Match[str], str] | None:
    """The date at the start of `text` and the time of day behind it; None when it is something else."""
    date = _DATE.match(text)
    if date is None:
        return None
    tail = text[date.end() :]
    if not tail:
        return date, ""
    clock = _CLOCK.fullmatch(tail[1:]) if tail[0] in "T " else None
    if (
        clock is None
        or int(clock["h"]) > 23
        or int(clock["m"]) > 59
        or int(clock["s"] or 0) > 59
        or len(clock["f"] or "") > 7
    ):
        return None
    return date, tail


def _order(
    dates: Sequence[re.Match[str]], context: Context, header: str, position: int
) -> tuple[DateOrder | None, tuple[Finding, ...]]:
    """Which of two numbers is the day where the year stands last. None when no order fits all dates."""
    if any(one["a"] and not _real(int(one["a"]), int(one["b"]), int(one["c"])) for one in dates):
        return None, ()
    late = [one for one in dates if one["a"] is None]
    if not late:
        return "ymd", ()
    pairs = [(int(one["d"]), int(one["e"]), _year(one["f"])) for one in late]
    day_first = all(_real(year, second, first) for first, second, year in pairs)
    month_first = all(_real(year, first, second) for first, second, year in pairs)
    short = all(len(one["f"]) == 2 for one in late)
    if not day_first and not month_first:
        return None, ()
    if context.order_chosen and context.order in ("dmy", "mdy"):
        return (context.order if (day_first if context.order == "dmy" else month_first) else None), ()
    if day_first != month_first:
        return ("dmy" if day_first else "mdy"), ()
    if all(first == second for first, second, _ in pairs):
        return "dmy", ()
    if all(one["t"] == "." for one in late):
        return "dmy", ()
    if context.order in ("dmy", "mdy") and not short:
        return context.order, ()
    order: DateOrder = "dmy" if context.european or context.order != "mdy" else "mdy"
    first = next(one for one in late if int(one["d"]) != int(one["e"]))
    day, month = int(first["d"]), int(first["e"])
    other = dt.date(2000, day, 1)
    read, else_ = f"{day} {dt.date(2000, month, 1):%B}", f"{month} {other:%B}"
    if order == "mdy":
        read, else_ = else_, read
    said = "day first" if order == "dmy" else "month first"
    sentence = f"“{first[0]}” in “{header}” could be {read} or {else_}; it was read {said} (day/month)."
    sentence += " Change the date order if that is wrong."
    if order == "mdy":
        sentence = sentence.replace("(day/month)", "(month/day)")
    return order, (Finding(sentence, "warning", position),)


def _year(text: str) -> int:
    if len(text) == 4:
        return int(text)
    return 2000 + int(text) if int(text) < 69 else 1900 + int(text)


def _format(date: re.Match[str], order: DateOrder) -> str:
    if date["a"]:
        return date["s"].join(("%Y", "%m", "%d"))
    year = "%Y" if len(date["f"]) == 4 else "%y"
    return date["t"].join(("%m", "%d", year) if order == "mdy" else ("%d", "%m", year))


def _clock_format(tail: str) -> str:
    clock = _CLOCK.fullmatch(tail[1:])
    assert clock is not None
    form = ("%I" if clock["p"] else "%H") + ":%M"
    if clock["s"]:
        form += ":%S"
    if clock["f"]:
        form += f"{clock['f'][0]}%f"
    if clock["p"]:
        form += (" " if clock["p"][0].isspace() else "") + "%p"
    return form


def _shape(formats: Iterable[str]) -> str:
    """A regular expression for the texts that these formats mean, with years of as many digits."""
    parts = {
        "%Y": "[0-9]{4}", "%y": "[0-9]{2}", "%m": "[0-9]{1,2}", "%d": "[0-9]{1,2}", "%H": "[0-9]{1,2}",
        "%I": "[0-9]{1,2}", "%M": "[0-9]{2}", "%S": "[0-9]{2}", "%f": "[0-9]{1,6}", "%p": "[AaPp]\\.?[Mm]\\.?",
    }  # fmt: skip
    shapes = []
    for form in formats:
        shape = re.sub(r"[.]", r"\\.", form)
        shapes.append(re.sub(r"%\w", lambda part: parts[part[0]], shape))
    return "|".join(shapes)


def _times(present: list[str]) -> Decided | None:
    clocks = [_CLOCK.fullmatch(one) for one in present]
    if not all(clocks):
        return None
    found = [one for one in clocks if one is not None]
    if any(one["p"] or (one["f"] or "").startswith(",") or len(one["f"] or "") > 7 for one in found):
        return None
    if any(int(one["h"]) > 23 or int(one["m"]) > 59 or int(one["s"] or 0) > 59 for one in found):
        return None
    return Decided(Form("TIME", "time", shape=r"[0-9]{1,2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?"))


def context_of(columns: Sequence[Sequence[str]], delimiter: str, mark: DecimalMark | None, order: DateOrder | None,
               null_words: tuple[str, ...] | None) -> Context:  # fmt: skip
    """What the columns say of the whole file where single ones are in doubt."""
    commas = points = 0
    orders: set[DateOrder] = set()
    for values in columns:
        sample = [text for one in values[:500] if (text := one.strip(_SPACES).lstrip("+-−($€£ ").rstrip("%)€$£- "))]
        commas += sum(bool(re.fullmatch(r"\d[\d.]*,(\d{1,2}|\d{4,})", one)) for one in sample)
        points += sum(bool(re.fullmatch(r"\d[\d,]*\.(\d{1,2}|\d{4,})", one)) for one in sample)
        dates = [one for text in values[:2000] if (one := _DATE.match(text.strip())) and one["a"] is None]
        if dates and len(dates) * 2 > len([one for one in values[:2000] if one.strip()]):
            pairs = [(int(one["d"]), int(one["e"]), _year(one["f"])) for one in dates]
            day_first = all(_real(year, second, first) for first, second, year in pairs)
            month_first = all(_real(year, first, second) for first, second, year in pairs)
            if day_first != month_first:
                orders.add("dmy" if day_first else "mdy")
    found: DecimalMark | None = "," if commas > points else "." if points else None
    known = next(iter(orders)) if len(orders) == 1 else None
    return Context(
        mark=mark or found,
        order=order or known,
        european=(mark or found) == "," or (delimiter == ";" and (mark or found) != "."),
        mark_chosen=mark is not None,
        order_chosen=order is not None,
        null_words=null_words,
    )


def chosen(type_name: str, decided: Decided, context: Context) -> Form:
    """The form for a type that a person chose, however the column was understood. Raises IngestError."""
    kind = type_name.strip().upper().replace("TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE").replace("TEXT", TEXT)
    if not _TYPE.fullmatch(kind):
        raise IngestError(f"“{type_name[:40]}” is no type that a column of a file can have.")
    form = decided.form
    if kind == TEXT:
        return replace(PLAIN, words=form.words if context.null_words is not None else ())
    if kind == form.type:
        return form
    mark: DecimalMark = context.mark or "."
    words = tuple(one for one in (context.null_words or _MISSING) if one)
    group = "." if mark == "," else ","
    if re.fullmatch(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?", kind):
        return Form(kind, "integer", mark, form.group, form.marks, shape=form.shape, words=words)
    if kind.startswith("DECIMAL"):
        return Form(kind, "decimal", mark, form.group or group, form.marks or "()", words=words)
    if kind in ("DOUBLE", "FLOAT"):
        return Form(kind, "float", mark, form.group or group, form.marks or "()", words=words)
    if kind == "BOOLEAN":
        return Form(kind, "boolean", true=(*_YES, "1"), false=(*_YES.values(), "0"), words=words)
    if kind in ("DATE", "TIMESTAMP"):
        if form.formats and form.way in ("date", "timestamp"):
            return replace(form, type=kind, words=words)
        order = context.order or "dmy"
        formats = _all_formats(order, kind == "TIMESTAMP")
        return Form(
            kind, "date" if kind == "DATE" else "timestamp", formats=formats, shape=_shape(formats), words=words
        )
    return Form(kind, "cast", words=words)


def _all_formats(order: str, timed: bool) -> tuple[str, ...]:
    late = [("%d", "%m") if order != "mdy" else ("%m", "%d")]
    dates = ["%Y-%m-%d", "%Y/%m/%d"]
    dates += [mark.join((*pair, year)) for pair in late for mark in "/.-" for year in ("%Y", "%y")]
    if not timed:
        return tuple(dates)
    return tuple(
        date + clock for date in dates for clock in ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", "T%H:%M:%S", "T%H:%M")
    )

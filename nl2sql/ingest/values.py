"""What the text in a column means: its DuckDB type, how text becomes a value of it, and when text is no value of it.

A column gets a type only when every value that was looked at fits it exactly: nothing is rounded, cut or reordered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from nl2sql.ingest.base import NULL_WORDS, DateOrder, DecimalMark, Finding, IngestError
from nl2sql.ingest.deciding import Context, Decided
from nl2sql.ingest.forms import PLAIN, SPACES, TEXT, Form, Way
from nl2sql.ingest.moments import DATE, all_formats, dates, is_day, looks_like_date, shape_of, times, year_of

_PROBE = 100  # values by which it is told that a column cannot be of some form
_CURRENCIES = "$€£¥₹₽₩"
_CODES = r"USD|EUR|GBP|CHF|JPY|SEK|NOK|DKK|PLN|CZK|CAD|AUD|INR|BRL|CNY|kr|zł|Fr\."
_MARKED = re.compile(
    rf"(?P<open>\()?\s*(?P<minus>[-−])?\s*(?P<before>[{_CURRENCIES}]|{_CODES})?\s*(?P<sign>[-−+])?\s*"
    rf"(?P<number>\d[\d.,'’{SPACES}]*?)\s*(?P<after>[{_CURRENCIES}%]|{_CODES})?\s*(?P<close>\))?(?P<behind>[-−])?",
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
CHOICES = ("VARCHAR", "BIGINT", "HUGEINT", "DOUBLE", "DECIMAL(18,2)", "DECIMAL(18,4)", "BOOLEAN", "DATE", "TIMESTAMP",
           "TIMESTAMP WITH TIME ZONE", "TIME")  # fmt: skip
"""Types that a person may choose."""
_TYPE = re.compile(
    r"(VARCHAR|TEXT|U?BIGINT|U?INTEGER|U?SMALLINT|U?TINYINT|U?HUGEINT|DOUBLE|FLOAT|BOOLEAN|DATE|TIME|TIMESTAMP"
    r"|TIMESTAMP WITH TIME ZONE|TIMESTAMPTZ|UUID|DECIMAL\(\d{1,2},\s?\d{1,2}\))",
    re.I,
)


def decide(values: Sequence[str], context: Context, header: str, position: int) -> Decided:
    """The form of a column from the values that were looked at (blank ones may be among them)."""
    present = list(dict.fromkeys(text for one in dict.fromkeys(values) if (text := one.strip(SPACES + "\t"))))
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
        what = "dates" if looks_like_date(fitting[0]) else "numbers"
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
        lambda texts: dates(texts, context, header, position),
        times,
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
        len(one) == 8 and one[:2] in ("19", "20") and is_day(int(one[:4]), int(one[4:6]), int(one[6:]))
        for one in present
    )


def _numbers(present: list[str], context: Context, header: str, position: int) -> Decided | None:
    """Numbers with a fraction or with digits in groups."""
    if all(_INTEGER.fullmatch(one) or _DECIMAL["."].fullmatch(one) or _FLOAT.fullmatch(one) for one in present):
        if any(one.startswith("+") for one in present) and all(len(one) > 8 for one in present):
            return None
        return _dots(present, context, header, position)
    for (mark, group), pattern in _GROUPED.items():
        plain = [one.translate({ord(space): " " for space in SPACES}).replace("’", "'") for one in present]
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
    doubt = f"“{example}” in “{header}” could be {read} or {other}"
    return Finding(f"{doubt}; it was read as {read}. Change the decimal mark if that is wrong.", "warning", position)


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
    between = f"[{SPACES}]" if group == " " else "['’]" if group == "'" else rf"\{group}"
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
        bare.append(("-" if negative else "") + one["number"].strip(SPACES))
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


def context_of(columns: Sequence[Sequence[str]], delimiter: str, mark: DecimalMark | None, order: DateOrder | None,
               null_words: tuple[str, ...] | None) -> Context:  # fmt: skip
    """What the columns say of the whole file where single ones are in doubt."""
    commas = points = 0
    orders: set[DateOrder] = set()
    for values in columns:
        sample = [text for one in values[:500] if (text := one.strip(SPACES).lstrip("+-−($€£ ").rstrip("%)€$£- "))]
        commas += sum(bool(re.fullmatch(r"\d[\d.]*,(\d{1,2}|\d{4,})", one)) for one in sample)
        points += sum(bool(re.fullmatch(r"\d[\d,]*\.(\d{1,2}|\d{4,})", one)) for one in sample)
        found_dates = [one for text in values[:2000] if (one := DATE.match(text.strip())) and one["a"] is None]
        if found_dates and len(found_dates) * 2 > len([one for one in values[:2000] if one.strip()]):
            pairs = [(int(one["d"]), int(one["e"]), year_of(one["f"])) for one in found_dates]
            day_first = all(is_day(year, second, first) for first, second, year in pairs)
            month_first = all(is_day(year, first, second) for first, second, year in pairs)
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
    number = _number_way(kind)
    if number and form.way in ("integer", "decimal", "float"):
        return replace(form, type=kind, way=number, words=words)
    if number:
        return Form(kind, number, mark, group, "()", shape=_any_number(mark, group), words=words)
    if kind == "BOOLEAN":
        return Form(kind, "boolean", true=(*_YES, "1"), false=(*_YES.values(), "0"), words=words)
    if kind in ("DATE", "TIMESTAMP"):
        if form.formats and form.way in ("date", "timestamp"):
            return replace(form, type=kind, words=words)
        order = context.order or "dmy"
        formats = all_formats(order, kind == "TIMESTAMP")
        return Form(
            kind, "date" if kind == "DATE" else "timestamp", formats=formats, shape=shape_of(formats), words=words
        )
    return Form(kind, "cast", words=words)


def _number_way(kind: str) -> Way | None:
    """The way in which text becomes a number of type `kind`; None for types of other values."""
    if re.fullmatch(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?", kind):
        return "integer"
    return "decimal" if kind.startswith("DECIMAL") else "float" if kind in ("DOUBLE", "FLOAT") else None


def _any_number(mark: str, group: str) -> str:
    """What a number may look like in a column that seemed to hold something else."""
    sign, currency = r"\s*[-−+]?\s*", f"[{_CURRENCIES}%]?"
    return rf"\(?{sign}{currency}{sign}{_group_shape(mark, group).removeprefix('[+-]?')}\s*{currency}\s*\)?[-−]?"

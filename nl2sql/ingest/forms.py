"""How the text of one column becomes values of its type, as SQL: the usual form quickly, any other looked at closely.

What a value's text would lose on the way (zeros in front, decimals, digits of a long number) makes it no value.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from nl2sql.ingest.base import DecimalMark
from nl2sql.schema import literal

Way = Literal["text", "integer", "decimal", "float", "boolean", "date", "timestamp", "time", "cast"]
TEXT = "VARCHAR"
SPACES = " \u00a0\u202f\u2009"
"""Blanks that stand around values, or between the digits of long numbers."""


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
            yes, no = (f"lower({text}) IN ({listed(words)})" for words in (self.true, self.false))
            return f"CASE WHEN {yes} THEN true WHEN {no} THEN false END"
        if self.way in ("date", "timestamp") and self.formats:
            return f"CAST(try_strptime({text}, [{listed(self.formats)}]) AS {self.type})"
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
        if self.way == "integer":
            plain = f"ltrim({number}, '+')" if self.marks or self.group else number
            plain = f"regexp_replace({plain}, '\\.0*$', '')" if self.shape else plain
            tests.append(f"CAST({value} AS VARCHAR) IS DISTINCT FROM {plain}")
        elif self.way == "decimal":
            scale = int(self.type.rpartition(",")[2].strip(" )"))
            tests.append(f"(contains({number}, '.') AND length({number}) - instr({number}, '.') > {scale})")
        elif self.way == "float":
            tests.append(f"NOT abs({value}) < 1e300 OR (abs({value}) >= 1e15 AND NOT contains(lower({number}), 'e'))")
        if self.way in ("decimal", "float"):
            tests.append(f"({number} LIKE '0_%' AND {number} NOT LIKE '0.%')")
            tests.append(f"contains({number}, '_')")
        return f"coalesce({text} IS NOT NULL AND ({' OR '.join(tests)}), false)"

    def cast(self, cell: str) -> str:
        """SQL of the plain cast that most values of the column take; empty where there is none.

        Meant to be computed once, below `checked`: DuckDB computes an expression again wherever a CASE repeats it.
        """
        if not self._usual(cell, ""):
            return ""
        if self.way == "date" and self.formats:
            return f"CAST(try_strptime({cell}, [{listed(self.formats)}]) AS {self.type})"
        return f"TRY_CAST({cell} AS {self.type})"

    def checked(self, cell: str, cast: str) -> str:
        """SQL that makes a value of `cell`; NULL where that text is none exactly. `cast` holds what `cast` computed.

        Values in the usual form are told by their length and first sign, or because they come back from the cast as
        they were; only the others are looked at closely.
        """
        if self.way == "text":
            return self.value(cell)
        closely = f"CASE WHEN NOT {self.misfit(cell)} THEN {self.value(cell)} END"
        usual = self._usual(cell, cast)
        return f"CASE WHEN {cast} IS NOT NULL AND {usual} THEN {cast} ELSE {closely} END" if usual else closely

    def _usual(self, cell: str, cast: str) -> str:
        """SQL that is true where `cast` is exactly what stands in `cell`; empty where only a close look can tell."""
        digit = f"{cell} >= '0' AND {cell} < ':'"
        pointed = self.mark == "." and self.group != "."
        if self.way == "integer":
            return f"CAST({cast} AS VARCHAR) = {cell}"
        if self.way == "decimal" and pointed:
            return f"starts_with(CAST({cast} AS VARCHAR), {cell})"
        if self.way == "float" and pointed:
            return (
                f"strlen({cell}) <= 15 AND {cell} < ':' AND ({cell} >= '1' OR starts_with({cell}, '0.'))"
                f" AND NOT contains({cell}, '_')"
            )
        if self.way == "cast" and self.type == "TIMESTAMP":
            return f"strlen({cell}) = 19 AND {digit} AND substr({cell}, 17, 1) = ':'"
        if self.way == "date" and not self.formats:
            return f"strlen({cell}) = 10 AND {digit} AND substr({cell}, 5, 1) = '-'"
        if self.way == "date" and all("%Y" in form and not re.search("%[bB]", form) for form in self.formats):
            return f"strlen({cell}) = 10 AND {digit}"
        return ""

    def unfit(self, cell: str, value: str) -> str:
        """SQL that is true where `cell` is no value of the column, `value` being what `checked` made of it."""
        if self.way == "text":
            return "false"
        return f"({value} IS NULL AND {cell} IS NOT NULL AND {self._present(cell)} IS NOT NULL)"

    def _present(self, cell: str) -> str:
        """The text without blanks around it; NULL where nothing stands there."""
        text = cell if self.way == "text" else f"nullif(trim({cell}, {literal(SPACES)}), '')"
        return f"CASE WHEN trim({cell}) NOT IN ({listed(self.words)}) THEN {text} END" if self.words else text

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


def listed(words: Iterable[str]) -> str:
    """`words` as SQL literals with commas between."""
    return ", ".join(map(literal, words))


PLAIN = Form(TEXT, "text")

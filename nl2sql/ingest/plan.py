"""What a text file with delimiters is understood to be, from parts of it: the plan by which all of it is read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from nl2sql.ingest import dialect, encoding, names, values
from nl2sql.ingest.base import Finding, IngestError, ReadOptions, SourceColumn
from nl2sql.ingest.deciding import Context, Decided
from nl2sql.ingest.encoding import Encoded
from nl2sql.ingest.forms import Form
from nl2sql.ingest.reading import Source
from nl2sql.ingest.sample import Sample, sampled
from nl2sql.schema import literal

MOST_COLUMNS = 2_000
"""Columns of a text file: with more the engine's memory does not suffice."""
LONGEST_LINE = 256 << 20
"""Bytes of a line beyond which it is no row of a table."""
_TOTAL = re.compile(r"(?i)\s*(grand |sub)?-?(totals?|sum|summe|gesamt|gesamtsumme|somme)\b:?")
_PLAIN_NUMBER = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)


@dataclass(frozen=True)
class Plan:
    """How a file is read: what was understood of it, settled for every column."""

    encoded: Encoded
    dialect: dialect.Dialect
    context: Context
    columns: tuple[SourceColumn, ...]
    decided: tuple[Decided, ...]
    forms: tuple[Form, ...]
    options: ReadOptions
    """With nothing left open."""
    findings: tuple[Finding, ...]
    sample: Sample

    @cached_property
    def kept(self) -> tuple[SourceColumn, ...]:
        """The columns that become columns of the table."""
        return tuple(column for column in self.columns if column.kept)


def planned(source: Source) -> Plan:
    """What is understood of the file. Raises IngestError."""
    options = source.options
    encoded = encoding.look(source.path, options.encoding)
    sample = sampled(source.path, encoded)
    if not sample.head.strip():
        raise IngestError("There is nothing in the file but blank space.")
    found = dialect.find(sample.head, options.delimiter, options.quote, options.skip_lines, options.header)
    if not found.width:
        raise IngestError("There is no table in this file: no lines are left below the ones that are skipped.")
    if found.width > MOST_COLUMNS:
        raise IngestError(f"There are {found.width:,} columns; a table from a text file can have {MOST_COLUMNS:,}.")
    sample = sample.counted(found)
    texts = sample.columns(found)
    if sample.complete and not any(one.strip() for column in (found.names, *texts) for one in column):
        raise IngestError("There is nothing in the file but delimiters.")
    context = values.context_of(
        texts, found.delimiter, options.decimal_mark, options.date_order, options.null_words
    )  # fmt: skip
    shown = [names.shown_header(name) for name in found.names]
    labels = [name or f"column {number}" for number, name in enumerate(shown, 1)]
    decided = tuple(values.decide(column, context, labels[place], place) for place, column in enumerate(texts))
    chosen = dict(options.types)
    forms = tuple(
        values.chosen(chosen[place], one, context) if place in chosen else one.form for place, one in enumerate(decided)
    )
    columns = _columns(shown, forms, texts, options, found)
    findings = [*encoded.findings, *found.findings]
    findings += [one for place, each in enumerate(decided) if place not in chosen for one in each.findings]
    findings += _said_of_rows(found, sample, columns)
    settled = replace(
        options,
        encoding=encoded.codec,
        delimiter=found.delimiter if found.delimiter not in "\x1f\x1e" else "",
        quote=found.quote,
        skip_lines=found.skip_lines,
        header=found.header,
        decimal_mark=options.decimal_mark or context.mark or ".",
        date_order=options.date_order or context.order,
        null_words=options.null_words,
    )
    left_out = tuple(column.position for column in columns if not column.kept)
    settled = replace(settled, left_out=left_out)
    return Plan(encoded, found, context, columns, decided, forms, settled, tuple(findings), sample)


def _columns(
    shown: Sequence[str], forms: Sequence[Form], texts: Sequence[Sequence[str]], options: ReadOptions,
    found: dialect.Dialect,
) -> tuple[SourceColumn, ...]:  # fmt: skip
    chosen = dict(options.names)
    proposed = names.column_names(shown)
    _check_names(chosen, proposed, options)
    columns = []
    for place, form in enumerate(forms):
        empty = not any(one.strip() for one in texts[place]) and not shown[place] and bool(found.records)
        examples = tuple(dict.fromkeys(one[:80] for one in texts[place][:300] if one.strip()))[:5]
        kept = place not in options.left_out and not (empty and found.header and place not in chosen)
        columns.append(
            SourceColumn(place, shown[place], chosen.get(place) or proposed[place], form.type, examples, kept)
        )
    if not any(column.kept for column in columns):
        raise IngestError("Every column is left out, so there is no table to keep.")
    return tuple(columns)


def _check_names(chosen: dict[int, str], proposed: Sequence[str], options: ReadOptions) -> None:
    taken: dict[str, int] = {}
    for place, name in enumerate(proposed):
        if place in options.left_out:
            continue
        wanted = (chosen.get(place) or name).casefold()
        if wanted in taken and (place in chosen or taken[wanted] in chosen):
            raise IngestError(f"Two columns are called “{chosen.get(place) or name}”: give one of them another name.")
        taken[wanted] = place


def _said_of_rows(found: dialect.Dialect, sample: Sample, columns: Sequence[SourceColumn]) -> list[Finding]:
    """What the first and the last rows show: ragged ones, totals, footers, a header that comes again."""
    said = []
    records = found.records
    ragged_rows = [record for record in records if len(record) != found.width]
    if ragged_rows:
        count = (
            f"{len(ragged_rows):,} of the first {len(records):,} lines"
            if not sample.complete
            else (f"{len(ragged_rows):,} line{'' if len(ragged_rows) == 1 else 's'}")
        )
        few = any(len(record) < found.width for record in ragged_rows)
        many = any(len(record) > found.width for record in ragged_rows)
        what = "too few or too many" if few and many else "too few" if few else "too many"
        shown = found.delimiter.join(ragged_rows[0])[:60]
        said.append(Finding(f"{count} with {what} fields (the table has {found.width}), such as “{shown}”.", "warning"))
    totals = [one for one in (*records[-200:], *sample.last(found)) if _is_total(one)]
    if sample.complete and not totals and len(records) < 1000 and _adds_up(records):
        totals = [records[-1]]
    if totals and len(totals) < len(records):
        shown = " ".join(" ".join(totals[-1]).split())[:60]
        said.append(
            Finding(
                f"There is a line of totals among the rows: “{shown}”. It counts as a row; leave it out of sums.",
                "warning",
            )
        )
    if found.header and any(record and list(record) == list(found.names[: len(record)]) for record in records):
        said.append(Finding("The header stands again among the rows.", "warning"))
    unnamed = [str(column.position + 1) for column in columns if not column.kept and not column.header]
    if unnamed:
        said.append(Finding(f"Left out, because nothing is in it: column {', '.join(unnamed[:5])}."))
    return said


def _is_total(record: Sequence[str]) -> bool:
    """Whether a record says that it is one of totals: by a word that stands alone, or with fields left blank."""
    found = [cell for cell in record[:2] if _TOTAL.match(cell)]
    return any(_TOTAL.fullmatch(cell.strip()) for cell in found) or (bool(found) and not all(map(str.strip, record)))


def _adds_up(records: Sequence[Sequence[str]]) -> bool:
    """Whether the last record has no label and every number in it is the sum of those above."""
    last = records[-1] if len(records) > 2 else ()
    if not last or last[0].strip() or len({len(one) for one in records}) > 1:
        return False
    sums = []
    for place, cell in enumerate(last):
        above = [one[place].strip() for one in records[:-1]]
        if cell.strip() and all(_PLAIN_NUMBER.fullmatch(one) for one in (cell.strip(), *above)):
            sums.append(sum(map(Decimal, above)) == Decimal(cell.strip()))
    return bool(sums) and all(sums)


def reading(plan: Plan, path: str, rejects: bool) -> str:
    """SQL that reads every field of the file as text, in columns c0, c1, ..."""
    columns = ", ".join(f"'c{place}': 'VARCHAR'" for place in range(plan.dialect.width))
    quoting = literal(plan.dialect.quote)
    parts = [
        literal(path),
        "auto_detect=false",
        f"delim={literal(plan.dialect.delimiter)}",
        f"quote={quoting}",
        f"escape={literal(plan.dialect.escape or plan.dialect.quote)}",
        f"header={'true' if plan.dialect.header else 'false'}",
        f"skip={plan.dialect.skip_lines}",
        f"columns={{{columns}}}",
        "nullstr=''",
        f"max_line_size={LONGEST_LINE}",
        "strict_mode=true",
    ]
    if plan.sample.long_lines:
        parts.append(f"buffer_size={2 * LONGEST_LINE}")
    if rejects:
        parts.append("store_rejects=true, rejects_limit=0")
    else:
        parts.append("ignore_errors=true")
    return f"read_csv({', '.join(parts)})"


def header_again(plan: Plan, field: str, places: Sequence[int] | None = None) -> str:
    """SQL that is true for a row that is the header once more, empty where no row can be.

    `field` makes SQL of a field of its position, or of its place (from 1) among `places`.
    """
    kept = [column.position for column in plan.kept]
    headers = plan.dialect.names
    if not plan.dialect.header or len(kept) < 2 or not all(headers[place].strip() for place in kept):
        return ""
    order = {place: index for index, place in enumerate(places, 1)} if places else {place: place for place in kept}
    return " AND ".join(f"{field.format(order[place])} = {literal(headers[place])}" for place in kept[:50])

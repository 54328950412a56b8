"""Examples: a question, the database it is about, and the gold SQL that answers it. Reads them from JSON lines."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from nl2sql.errors import WorkbenchError

TODAY = "{today}"
"""Stands in gold SQL for the date that counts as today, as YYYY-MM-DD."""


class ExamplesError(WorkbenchError):
    """A file of examples cannot be read."""


@dataclass(frozen=True)
class Example:
    """One line of a file. `gold_sql` holds every acceptable alternative; `category` is empty when the line has none.

    `problem` says why the line cannot be scored; its other fields hold whatever could be read.
    """

    db_id: str
    question: str
    gold_sql: tuple[str, ...] = ()
    category: str = ""
    problem: str | None = None
    half: str = ""
    answerable: bool = True
    """False where no table answers the question, so that declining it is right; it has no gold SQL."""
    history: tuple[str, ...] = ()
    """The questions asked before, when this one follows up on them."""

    def on(self, today: dt.date) -> Example:
        """The example with `today` put in where its gold SQL names it.

        >>> Example("d", "q", ("SELECT DATE '{today}'",)).on(dt.date(2024, 5, 1)).gold_sql
        ("SELECT DATE '2024-05-01'",)
        """
        return replace(self, gold_sql=tuple(sql.replace(TODAY, today.isoformat()) for sql in self.gold_sql))


def read_examples(path: Path) -> Iterator[Example]:
    """The examples of a `.jsonl` or `.jsonl.gz` file, one for each line that is not blank, in order.

    A line that cannot be used gives an example with a `problem`. Raises ExamplesError when the file cannot be read.
    """
    opened = gzip.open if path.name.endswith(".gz") else open
    try:
        with opened(path, "rt", encoding="utf-8-sig") as lines:
            for line in lines:
                if line.strip():
                    yield parse_example(line)
    except FileNotFoundError as error:
        raise ExamplesError(f"There is no file {path.name}.") from error
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise ExamplesError(f"{path.name} cannot be read as JSON lines in UTF-8.") from error


def parse_example(line: str) -> Example:
    """One line as an example.

    >>> parse_example('{"db_id": "d", "question": "how many?", "gold_sql": "SELECT count(*) FROM t"}').problem
    >>> parse_example('{"db_id": "d", "question": "how many?"}').problem
    'The line has no gold SQL.'
    """
    try:
        fields = json.loads(line)
    except ValueError:
        return Example("", "", problem="The line is not JSON.")
    if not isinstance(fields, dict):
        return Example("", "", problem="The line is not a JSON object.")
    db_id, question = fields.get("db_id"), fields.get("question")
    asked = fields.get("history") or ()
    asked = asked if isinstance(asked, list | tuple) else (None,)
    history = [turn.get("question") if isinstance(turn, dict) else None for turn in asked]
    category = next((fields[key] for key in ("category", "hardness") if isinstance(fields.get(key), str)), "")
    gold = fields.get("gold_sql_all") or fields.get("gold_sql") or []
    golds = [gold] if isinstance(gold, str) else gold
    example = Example(
        db_id if isinstance(db_id, str) else "",
        question if isinstance(question, str) else "",
        (),
        category,
        half=str(fields.get("half") or ""),
        answerable=fields.get("answerable") is not False,
    )
    if not example.db_id:
        return replace(example, problem="The line has no db_id.")
    if Path(example.db_id).name != example.db_id or example.db_id in (".", ".."):
        return replace(example, problem="The db_id is not a plain name.")
    if not example.question.strip():
        return replace(example, problem="The line has no question.")
    if not all(isinstance(earlier, str) and earlier.strip() for earlier in history):
        return replace(example, problem="An earlier turn has no question.")
    example = replace(example, history=tuple(map(str, history)))
    if not example.answerable:
        return replace(example, problem="A question that no table answers has gold SQL.") if golds else example
    if not isinstance(golds, list) or not golds or not all(isinstance(sql, str) and sql.strip() for sql in golds):
        return replace(example, problem="The line has no gold SQL.")
    return replace(example, gold_sql=tuple(golds))

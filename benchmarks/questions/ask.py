"""Asks a parser business questions, dialogues, unanswerable questions and others over freshly made databases.

    python -m benchmarks.questions.ask [--set NAME] [--half dev|report] [--parser NAME]

where NAME is business, dialogues, unanswerable, second, second_unanswerable, or written, which has no halves.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from benchmarks.questions import business_tables, second_tables, written_files
from benchmarks.questions.halves import HALVES
from benchmarks.questions.sheets import TODAY
from nl2sql.evaluation.__main__ import main as evaluate
from nl2sql.parsers.base import SemanticParser
from nl2sql.parsers.builtin.parser import BuiltinParser

_TABLES = {
    "business": business_tables,
    "dialogues": business_tables,
    "unanswerable": business_tables,
    "second": second_tables,
    "second_unanswerable": second_tables,
}
"""What makes the databases that a set asks about."""
SETS = {name: Path(__file__).parent / f"{name}.jsonl" for name in _TABLES}
_MADE = {"written": written_files}
"""Sets whose examples are made with their databases."""


def main(arguments: Sequence[str] | None = None, parser_for: Callable[[str], SemanticParser] | None = None) -> int:
    """Ask, print the shares and return the evaluation's exit code. `parser_for` stands in for the registry."""
    options = _arguments().parse_args(arguments)
    if options.weights is not None:
        parser_for = partial(_trained, BuiltinParser(options.weights))
    with tempfile.TemporaryDirectory(prefix="nl2sql-questions-") as name:
        folder = Path(name)
        (_TABLES | _MADE)[options.set].build(folder)
        examples = SETS.get(options.set, folder / written_files.EXAMPLES)
        given = ["--databases", name, "--examples", str(examples), "--parser", options.parser]
        given += ["--today", TODAY.isoformat(), "--out", str(options.out or folder / "results.jsonl")]
        given += ["--half", options.half] if options.half else []
        return evaluate(given, parser_for)


def _trained(parser: SemanticParser, name: str) -> SemanticParser:
    """The parser of some weights, whatever it is asked for as."""
    return parser


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.questions.ask", description=__doc__.split("\n")[0])
    parser.add_argument("--set", choices=sorted((*SETS, *_MADE)), default="business")
    parser.add_argument("--half", choices=HALVES, help="default: both")
    parser.add_argument("--parser", default="builtin", metavar="NAME")
    parser.add_argument("--weights", type=Path, metavar="DIR", help="weights of the built-in parser to ask instead")
    parser.add_argument("--out", type=Path, metavar="R.jsonl", help="keep one line for each question there")
    return parser


if __name__ == "__main__":
    sys.exit(main())

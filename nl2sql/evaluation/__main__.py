"""`python -m nl2sql.evaluation`: scores a file of examples from the command line."""

from __future__ import annotations

import argparse
import datetime as dt
import logging
import sys
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path

from nl2sql.engine.sandbox import SandboxEngine, memory_limit
from nl2sql.errors import SettingsError, WorkbenchError
from nl2sql.evaluation.examples import read_examples
from nl2sql.evaluation.run import Evaluation, Score
from nl2sql.evaluation.summary import as_text
from nl2sql.parsers import registry
from nl2sql.parsers.base import SemanticParser
from nl2sql.settings import Settings

OK, USAGE, SETUP, INTERRUPTED = 0, 2, 7, 130


def main(arguments: Sequence[str] | None = None, parser_for: Callable[[str], SemanticParser] | None = None) -> int:
    """Score the examples that `arguments` name and print a summary; returns the exit code.

    0: every line was gone through, however many were right. 2: wrong arguments. 7: a file, the folder or the parser
    cannot be used. 130: interrupted; the lines written so far are whole. `parser_for` stands in for the registry.
    """
    options = _arguments().parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    try:
        settings = Settings.from_environment(parser=options.parser, today=options.today)
        scores = _run(options, settings, parser_for or cache(partial(registry.load, settings=settings)))
    except SettingsError as error:
        print(error.sentence, file=sys.stderr)
        return USAGE
    except WorkbenchError as error:
        print(error.sentence, file=sys.stderr)
        return SETUP
    except OSError as error:
        print(f"{options.out} cannot be written: {error.strerror}.", file=sys.stderr)
        return SETUP
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED
    print(as_text(scores))
    return OK


def _run(
    options: argparse.Namespace, settings: Settings, parser_for: Callable[[str], SemanticParser]
) -> tuple[Score, ...]:
    """Write one line for each example as it is scored, and keep the scores for the summary."""
    if not options.databases.is_dir():
        raise WorkbenchError(f"There is no folder {options.databases}.")
    parser_for(settings.parser)
    examples = [one for one in read_examples(options.examples) if options.half in (None, one.half)]
    engine = SandboxEngine(workers=settings.workers, memory=memory_limit(settings.memory_share))
    scores: list[Score] = []
    try:
        with (
            options.out.open("w", encoding="utf-8") as out,
            Evaluation(options.databases, settings, parser_for, engine) as evaluation,
        ):
            for score in evaluation.scores(examples):
                out.write(score.to_json() + "\n")
                out.flush()
                scores.append(score)
                if len(scores) % 100 == 0:
                    print(f"{len(scores)} of {len(examples)}", file=sys.stderr)
    finally:
        engine.close()
    return tuple(scores)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m nl2sql.evaluation", description="Execution accuracy of a semantic parser over examples."
    )
    parser.add_argument("--examples", type=Path, required=True, metavar="F.jsonl[.gz]")
    parser.add_argument("--databases", type=Path, required=True, metavar="DIR", help="folder of <db_id>.duckdb files")
    parser.add_argument("--parser", default=None, metavar="NAME", help="builtin, sqlcoder-7b-2, ... (default: auto)")
    parser.add_argument("--half", metavar="NAME", help="only lines of this half, as in dev or report (default: all)")
    parser.add_argument("--out", type=Path, required=True, metavar="R.jsonl", help="one line for each example")
    parser.add_argument("--today", type=dt.date.fromisoformat, metavar="YYYY-MM-DD", help="date that counts as today")
    return parser


if __name__ == "__main__":
    sys.exit(main())

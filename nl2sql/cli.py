"""The command line: ask, run, load, log, doctor, tune. Answers go to stdout, all else to stderr; see docs/cli.md."""

from __future__ import annotations

import argparse
import datetime as dt
import io
import json
import logging
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import cache, partial
from pathlib import Path

from nl2sql import cli_load
from nl2sql.answers import Answer
from nl2sql.errors import ParserUnavailableError, SettingsError, WorkbenchError
from nl2sql.parsers import loaded, machine, quantization, registry, tuning
from nl2sql.parsers.base import SemanticParser
from nl2sql.pipeline import Workbench
from nl2sql.query_log import LogFilter, QueryLog, Record
from nl2sql.rendering import Json, answer_fields, result_fields, text_table
from nl2sql.settings import Settings

OK, USAGE, REFUSED, FAILED, TIMEOUT, DECLINED, SETUP, INTERRUPTED = 0, 2, 3, 4, 5, 6, 7, 130
EXIT_CODES = {
    "ok": OK,
    "refused": REFUSED,
    "failed": FAILED,
    "timeout": TIMEOUT,
    "declined": DECLINED,
    "cancelled": INTERRUPTED,
}
ParserFor = Callable[[str], SemanticParser]


def main(arguments: Sequence[str] | None = None, parser_for: ParserFor | None = None) -> int:
    """Run one command and return its exit code. `parser_for` stands in for the registry of parsers."""
    options = _arguments().parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(message)s")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        code: int = options.command(options, parser_for)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # Nobody reads on: what is left in the buffer must not raise again when Python closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return OK
    except KeyboardInterrupt:
        print("Stopped.", file=sys.stderr)
        return INTERRUPTED
    except SettingsError as error:
        print(error.sentence, file=sys.stderr)
        return USAGE
    except WorkbenchError as error:
        print(error.sentence, file=sys.stderr)
        return SETUP


def ask(options: argparse.Namespace, parser_for: ParserFor | None) -> int:
    """`ask`: one question, its SQL and rows."""
    # Bytes of the command line that are no UTF-8 arrive as lone surrogates, which nothing downstream can write.
    question = " ".join(options.question).encode("utf-8", "replace").decode("utf-8").strip()
    if not question:
        print('Type a question, for example: python -m nl2sql ask "how many rows are there?"', file=sys.stderr)
        return USAGE
    follows = options.follows
    return _answered(
        options, parser_for, question, lambda workbench: workbench.answer(question, follows=follows, origin="cli")
    )


def run(options: argparse.Namespace, parser_for: ParserFor | None) -> int:
    """`run`: SQL from standard input through guard and sandbox."""
    if sys.stdin is None or sys.stdin.isatty():
        print("Type SQL and end it with Ctrl-D.", file=sys.stderr)
    try:
        sql = sys.stdin.buffer.read().decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        print("The SQL on standard input is not UTF-8.", file=sys.stderr)
        return USAGE
    if not sql:
        print("There is no SQL on standard input.", file=sys.stderr)
        return USAGE
    return _answered(options, parser_for, None, lambda workbench: workbench.run_sql(sql, origin="cli"))


def load(options: argparse.Namespace, parser_for: ParserFor | None) -> int:
    """`load`: files into tables of the workspace."""
    if options.table and len(options.files) > 1:
        print("--table names one table: give it one file.", file=sys.stderr)
        return USAGE
    workbench = Workbench(_settings(options), parser_for or _no_parser, with_sample=False)
    try:
        fine = cli_load.load_files(workbench.loader, options, partial(_print_load, as_json=options.json))
    finally:
        workbench.close()
    return OK if fine else FAILED


def _no_parser(name: str) -> SemanticParser:
    raise ParserUnavailableError(f"Loading files asks no parser, not even {name}.")


def _print_load(line: cli_load.Line, as_json: bool) -> None:
    if as_json:
        _print_json(line.fields())
        sys.stdout.flush()
        return
    print(line.text(), file=sys.stdout if line.status == "ok" else sys.stderr)
    for warning in line.warnings:
        print(f"  {warning}", file=sys.stderr)


def log(options: argparse.Namespace, parser_for: ParserFor | None) -> int:
    """`log`: the latest entries of the query log."""
    settings = _settings(options)
    page = QueryLog(settings.home / "log").list(
        LogFilter(text=options.text or "", status=options.status), limit=options.limit
    )
    for problem in page.problems:
        print(problem, file=sys.stderr)
    for record in page.records:
        if options.json:
            _print_json(_record_fields(record))
        else:
            print(_record_line(record))
    if not page.records and not options.json:
        print("The query log has no such entry.", file=sys.stderr)
    return OK


def doctor(options: argparse.Namespace, parser_for: ParserFor | None) -> int:
    """`doctor`: what this machine can run, and why."""
    facts = machine.report(_settings(options))
    if options.json:
        _print_json([{"label": fact.label, "value": fact.value, "ok": fact.ok} for fact in facts])
        return OK
    width = max(len(fact.label) for fact in facts)
    for fact in facts:
        print(f"{'' if fact.ok else '!':<2}{fact.label:<{width}}  {fact.value}")
    return OK


def tune(options: argparse.Namespace, parser_for: ParserFor | None) -> int:
    """`tune`: the ways to keep a language model's weights, measured; `auto` takes the fastest from then on."""
    settings = _settings(options)
    spec = registry.spec_of(options.name)
    if not spec.model:
        print(f"{spec.name} has no weights to keep in one way or another.", file=sys.stderr)
        return USAGE
    found: list[tuning.Measured] = []
    for one in tuning.measure(spec.model, options.kind or quantization.KINDS, threads=settings.torch_threads):
        found.append(one)
        if options.json:
            _print_json(asdict(one))
        else:
            print(_tuned_line(one), flush=True)
    name = loaded.folder_of(spec.model).name
    best = tuning.remember_fastest(found, settings.home / registry.COPIES, name)
    if best is None:
        print(f"{spec.name} runs in no way here.", file=sys.stderr)
        return FAILED
    print(f"{name} is kept as {best.kind} from now on, unless NL2SQL_QUANTIZATION says otherwise.", file=sys.stderr)
    return OK


def _tuned_line(one: tuning.Measured) -> str:
    if one.problem:
        return f"{one.kind:<11} {one.problem}"
    return (
        f"{one.kind:<11} {one.model_bytes / 1e9:6.2f} GB  loaded in {one.load_seconds:6.1f} s  "
        f"reads {one.read_per_second:8.1f} and writes {one.written_per_second:6.1f} tokens a second"
    )


def _answered(
    options: argparse.Namespace,
    parser_for: ParserFor | None,
    question: str | None,
    work: Callable[[Workbench], Answer],
) -> int:
    """Do `work` on a workbench made from the options and print what came of it."""
    try:
        settings = _settings(options)
        load = parser_for or cache(partial(registry.load, settings=settings))
        workbench = Workbench(settings, load, with_sample=True if options.sample else None)
        try:
            workbench.snapshot()
            if question is not None:
                # Loading first tells a parser that cannot run here from a question that it cannot answer.
                load(settings.parser)
            answer = work(workbench)
        finally:
            workbench.close()
    except WorkbenchError as error:
        if options.json:
            _print_json(_setup_fields(question, error.sentence))
        raise
    if options.json:
        _print_json(result_fields(answer) if question is None else answer_fields(answer))
    else:
        _print_text(answer)
    return EXIT_CODES[answer.status]


def _print_text(answer: Answer) -> None:
    """SQL and rows to stdout; what happened beside them to stderr."""
    if answer.result is None:
        if answer.sql:
            print(answer.sql, file=sys.stderr)
        print(answer.error or f"The question was {answer.status}.", file=sys.stderr)
        return
    print(answer.sql, text_table(answer.result), sep="\n\n")
    for note in answer.notes:
        print(note, file=sys.stderr)
    count = answer.result.row_count
    rows = f"First {count:,} rows of more" if answer.result.truncated else f"{count:,} row{'' if count == 1 else 's'}"
    confidence = f", confidence {answer.confidence:.0%}" if answer.parser else ""
    print(f"{rows} in {answer.seconds:.2f} s{confidence}.", file=sys.stderr)


def _print_json(value: Json) -> None:
    """One line of JSON; escaped to ASCII where stdout is not UTF-8."""
    is_utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
    print(json.dumps(value, ensure_ascii=not is_utf8))


def _settings(options: argparse.Namespace) -> Settings:
    return Settings.from_environment(
        home=getattr(options, "workspace", None),
        database=getattr(options, "database", None),
        parser=getattr(options, "parser", None),
        today=getattr(options, "today", None),
    )


def _setup_fields(question: str | None, sentence: str) -> dict[str, Json]:
    """The JSON object of a question that never reached the pipeline."""
    asked: dict[str, Json] = {} if question is None else {"question": question}
    confidence: dict[str, Json] = {} if question is None else {"confidence": 0.0}
    return {
        "id": None, "status": "failed", **asked, "sql": "", "columns": [], "rows": [], "truncated": False, **confidence,
        "seconds": 0.0, "error": sentence,
    }  # fmt: skip


def _record_line(record: Record) -> str:
    asked = record.asked_at.astimezone().strftime("%Y-%m-%d %H:%M")
    verdict = {"up": "+", "down": "-", None: " "}[record.feedback.verdict]
    said = record.question or record.sql
    return f"{asked}  {record.status:<9} {verdict} {' '.join(said.split())[:100]}"


def _record_fields(record: Record) -> dict[str, Json]:
    return {
        "id": record.id,
        "asked_at": record.asked_at.isoformat(),
        "origin": record.origin,
        "status": record.status,
        "question": record.question,
        "follows": record.follows,
        "sql": record.sql,
        "parser": record.parser,
        "as_of": record.as_of.isoformat() if record.as_of else None,
        "row_count": record.row_count,
        "truncated": record.truncated,
        "confidence": record.confidence,
        "error": record.error,
        "verdict": record.feedback.verdict,
        "corrected_sql": record.feedback.corrected_sql,
        "comment": record.feedback.comment,
    }


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m nl2sql", description="Ask questions in English about tables you own."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument("--workspace", type=Path, metavar="DIR", help="folder of the workspace (default ~/.nl2sql)")
    shared.add_argument("--json", action="store_true", help="print JSON")
    asking = argparse.ArgumentParser(add_help=False, parents=[shared])
    asking.add_argument("--database", type=Path, metavar="F.duckdb", help="a DuckDB file to ask about, read-only")
    asking.add_argument("--parser", metavar="NAME", help=f"semantic parser: {', '.join(registry.names())}")
    asking.add_argument("--today", type=_date, metavar="YYYY-MM-DD", help="date that counts as today")
    asking.add_argument("--sample", action="store_true", help="include the sample company's tables")
    command = commands.add_parser("ask", parents=[asking], help="answer a question")
    command.add_argument("question", nargs="+")
    command.add_argument("--follows", metavar="ID", help="id of the answer that the question follows up")
    command.set_defaults(command=ask)
    command = commands.add_parser("run", parents=[asking], help="run SQL from standard input")
    command.set_defaults(command=run)
    command = commands.add_parser("load", parents=[shared], help="load files into tables of the workspace")
    cli_load.add_options(command)
    command.set_defaults(command=load)
    command = commands.add_parser("log", parents=[shared], help="list the query log")
    command.add_argument("--limit", type=_count, default=20, metavar="N", help="entries to list (default 20)")
    command.add_argument("--status", choices=sorted(EXIT_CODES), help="only entries that ended so")
    command.add_argument("--text", help="only entries whose question or SQL contains this")
    command.set_defaults(command=log)
    command = commands.add_parser("doctor", parents=[shared], help="what this machine can run, and why")
    command.set_defaults(command=doctor)
    command = commands.add_parser("tune", parents=[shared], help="measure how best to keep a language model's weights")
    command.add_argument("name", metavar="PARSER", help="a parser with weights of its own, or a folder")
    command.add_argument("--kind", action="append", choices=quantization.KINDS, help="only this way; several times")
    command.set_defaults(command=tune)
    return parser


def _date(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date like 2026-01-31") from None


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no count from 1 up")
    return int(text)

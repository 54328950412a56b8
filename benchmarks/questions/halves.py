"""Splits a set of questions into the half that development looks at and the half that is only reported.

    python -m benchmarks.questions.halves F.jsonl

gives every line that has no half yet one: `dev` or `report`, whichever has fewer lines of its category and database so
far, in an order that a hash of the question decides. Nobody chooses, and lines that have a half keep it.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HALVES = ("dev", "report")
_SEED = "halves of 2024-06-15"


def assigned(lines: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines in their order, each with its half."""
    counts: Counter[tuple[str, str]] = Counter()
    found: dict[int, str] = {}

    def keep(place: int, half: str) -> None:
        found[place] = half
        counts.update([("", half), (_category(lines[place]), half), (lines[place]["db_id"], half)])

    for place, line in enumerate(lines):
        if "half" in line:
            keep(place, line["half"])
    for place in sorted(set(range(len(lines))) - set(found), key=lambda place: _hash(lines[place])):
        keys = (_category(lines[place]), lines[place]["db_id"], "")
        coin = HALVES if _hash(lines[place])[0] % 2 else HALVES[::-1]
        keep(place, min(coin, key=lambda half: [counts[key, half] for key in keys]))
    return [{**line, "half": found[place]} for place, line in enumerate(lines)]


def _category(line: dict[str, Any]) -> str:
    return f"category {line['category']}"


def _hash(line: dict[str, Any]) -> bytes:
    earlier = [turn["question"] for turn in line.get("history", ())]
    return hashlib.sha256("\n".join([_SEED, line["db_id"], *earlier, line["question"]]).encode()).digest()


def main(arguments: Sequence[str] | None = None) -> int:
    """Rewrite the file named on the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.questions.halves", description=__doc__.split("\n")[0])
    parser.add_argument("file", type=Path, metavar="F.jsonl")
    path: Path = parser.parse_args(arguments).file
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in assigned(lines))
    path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

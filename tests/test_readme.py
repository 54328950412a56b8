"""The README names every module, and nothing that is not there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
TREE = dict(re.findall(r"^(\S+) +(\S.*)$", README.partition("```text\n")[2].partition("\n```")[0], re.M))
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def test_every_module_has_a_line():
    modules = [path for folder in ("nl2sql", "pages", "benchmarks") for path in (ROOT / folder).rglob("*.py")]
    missing = {path.relative_to(ROOT).as_posix() for path in [*modules, ROOT / "streamlit_app.py"]} - set(TREE)
    assert not missing


def test_every_line_is_about_a_file():
    assert [name for name in TREE if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#\s]+)[^)]*\)", page.read_text(encoding="utf-8"))
    broken = [target for target in targets if "://" not in target and not (page.parent / target).exists()]
    assert not broken

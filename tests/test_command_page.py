"""``docs/command.md`` has every verb, each with a page, and each shows an example."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from varying.runtime.arguments.app import app
from varying.runtime.cli import main

DOCS = Path(__file__).resolve().parents[1] / "docs"
PAGE = (DOCS / "command.md").read_text("utf-8")
ROWS = dict(re.findall(r"^\| `(\w+)\b[^|]*(?:\\\|[^|]*)*(\|.*)$", PAGE, re.MULTILINE))
assert main  # the verbs are declared where the command is
COMMAND = typer.main.get_command(app)
VERBS = sorted(COMMAND.commands)  # type: ignore[attr-defined]


def test_there_is_a_row_for_each_verb() -> None:
    assert sorted(ROWS) == VERBS


@pytest.mark.parametrize("verb", VERBS)
def test_its_pages_are_about_it(verb: str) -> None:
    pages = re.findall(r"\]\((.*?)\)", ROWS[verb])
    assert pages
    texts = [(DOCS / page).read_text("utf-8") for page in pages]
    assert any(f"varying {verb}" in text for text in texts)


@pytest.mark.parametrize("verb", VERBS)
def test_its_help_has_an_example(verb: str) -> None:
    found = COMMAND.commands[verb]  # type: ignore[attr-defined]
    for one in getattr(found, "commands", {"": found}).values():
        assert f"Example: varying {verb}" in one.help

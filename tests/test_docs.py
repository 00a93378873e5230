"""``docs/rules.md`` has a row for each rule, as the table in the code has it."""

from __future__ import annotations

import os
import re
import runpy
from pathlib import Path

from varying.grammar.rules import RULES

PAGE = Path(__file__).resolve().parents[1] / "docs" / "rules.md"
HEAD = "| rule | severity | what it finds |\n|---|---|---|\n"


def rows() -> list[str]:
    """The table's lines, in the order of ``RULES``."""
    return [
        f"| [`{rule.id}`](../grammar/pages/{rule.id}.md) | {rule.severity} | "
        f"{rule.summary.replace('|', r'\|')} |"
        for rule in RULES.values()
    ]


def test_rules_page() -> None:
    wanted = rows()
    if os.environ.get("VARYING_ACCEPT") == "1":
        before, _, after = PAGE.read_text("utf-8").partition(HEAD)
        after = re.sub(r"\A(\|.*\n)*", "", after)
        PAGE.write_text(before + HEAD + "\n".join(wanted) + "\n" + after, "utf-8")
    _, head, after = PAGE.read_text("utf-8").partition(HEAD)
    assert head, f"{PAGE.name} has lost the head of its table"
    table = re.match(r"(\|.*\n)*", after)
    found = table[0].splitlines() if table else []
    missing = [row for row in wanted if row not in found]
    stale = [row for row in found if row not in wanted]
    assert found == wanted, "\n".join(
        ["docs/rules.md differs from grammar/rules.py (mend: make golden)"]
        + ["missing:", *missing] * bool(missing)
        + ["no longer true:", *stale] * bool(stale)
    )


def test_the_picture_of_the_rooms_is_what_the_code_says() -> None:
    """``make golden`` writes it."""
    rooms = runpy.run_path(str(PAGE.parent / "rooms.py"))
    if os.environ.get("VARYING_ACCEPT"):
        rooms["PAGE"].write_text(rooms["page"](), encoding="utf-8")
    page = PAGE.parent / "architecture.md"
    assert rooms["page"]() == page.read_text(encoding="utf-8")

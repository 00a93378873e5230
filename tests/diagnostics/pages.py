r"""The page of a rule, taken apart.

# rule-id

What it finds.

## Why it matters
## Wrong       (blocks: ``csv`` and ``model``, or ``text`` for a shell session)
## Right       (the same; the data above serve if there are none here)
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "grammar" / "pages"
SECTIONS = ("Why it matters", "Wrong", "Right")

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Example:
    """The blocks of a section; a page shows a spec or a session, and not both."""

    csv: str | None
    model: str | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """A page; ``sections`` are its headings, in their order."""

    title: str
    summary: str
    sections: tuple[str, ...]
    why: str
    wrong: Example
    right: Example


def read_page(rule: str) -> Page:
    """Return the page of a rule."""
    text = (FOLDER / f"{rule}.md").read_text("utf-8")
    head, *parts = re.split(r"^## ", text, flags=re.MULTILINE)
    title, _, summary = head.partition("\n")
    named = {name: body for name, _, body in (p.partition("\n") for p in parts)}
    wrong = _example(named.get("Wrong", ""), None)
    return Page(
        title,
        summary.strip(),
        tuple(part.partition("\n")[0] for part in parts),
        named.get("Why it matters", "").strip(),
        wrong,
        _example(named.get("Right", ""), wrong.csv),
    )


def _example(section: str, csv: str | None) -> Example:
    blocks = [(kind, body) for kind, body in _BLOCK.findall(section)]
    found = dict(blocks)
    if len(found) != len(blocks) or not set(found) <= {"csv", "model", "text"}:
        raise ValueError(
            f"not the blocks of an example: {[kind for kind, _ in blocks]}"
        )
    return Example(found.get("csv", csv), found.get("model"), found.get("text"))

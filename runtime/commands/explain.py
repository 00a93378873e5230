"""``varying explain``: the page of a rule, or the list of all rules."""

from __future__ import annotations

import sys

from varying.grammar.diagnostics import nearest
from varying.grammar.rule_pages import rule_page
from varying.grammar.rules import RULE_GROUPS, RULES

from .outcome import OK, USAGE
from .terminal import note

#: Wider lines are hard to read.
_WIDTH = 88


def run(rule: str | None) -> int:
    """Print a page as Markdown, laid out on a terminal; without a rule, the list."""
    if rule is None:
        print(_list())
        return OK
    if rule not in RULES:
        close = nearest(rule, RULES)
        hint = f"did you mean `{close[0]}`?" if close else "`varying explain` lists all"
        note(f"varying: there is no rule `{rule}`: {hint}")
        return USAGE
    _show(rule_page(rule))
    return OK


def _show(page: str) -> None:
    if not sys.stdout.isatty():
        print(page, end="")
        return
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.theme import Theme

    # On the terminal's own background, be it dark or light.
    console = Console(theme=Theme({"markdown.code": "bold cyan"}))
    shown = Markdown(page, code_theme="ansi_dark")
    console.print(shown, width=min(console.width, _WIDTH))


def _list() -> str:
    """Return the rules by their groups, a line each."""
    wide = max(map(len, RULES))
    blocks = [
        "\n".join(
            [
                title,
                *(f"  {r.id:{wide}}  {r.severity:7}  {r.summary}" for r in rules),
            ]
        )
        for title, rules in RULE_GROUPS.items()
    ]
    return "\n\n".join([*blocks, "varying explain RULE says more"])

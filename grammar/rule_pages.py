"""The page of each rule: what it finds, why that matters, wrong and right.

The pages are the Markdown files in ``grammar/pages/``, one for each row of ``RULES``;
``varying explain`` shows them.
"""

from __future__ import annotations

from importlib.resources import files

from .rules import RULES

__all__ = ["rule_page"]


def rule_page(rule: str) -> str:
    """Return the page of a rule, as Markdown.

    Parameters
    ----------
    rule
        Key of ``RULES``.

    Raises
    ------
    KeyError
        If there is no such rule.
    """
    if rule not in RULES:
        raise KeyError(rule)
    return files(__package__).joinpath("pages", f"{rule}.md").read_text("utf-8")

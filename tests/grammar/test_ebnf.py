"""The grammar in ``docs/language.md`` is that of the parser."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from varying.grammar import tokens
from varying.grammar.parse_tables import parser

from .ebnf import LEXICAL, ebnf, spelt, terminals

PAGE = Path(__file__).resolve().parents[2] / "docs" / "language.md"
BEGIN, END = "<!-- grammar:begin -->\n", "<!-- grammar:end -->\n"


def test_the_page_has_the_grammar() -> None:
    wanted = f"{BEGIN}```ebnf\n{ebnf()}```\n{END}"
    text = PAGE.read_text("utf-8")
    found = re.search(f"{BEGIN}.*?{END}", text, re.DOTALL)
    if os.environ.get("VARYING_ACCEPT") == "1" and found is not None:
        text = text.replace(found[0], wanted)
        PAGE.write_text(text, "utf-8")
        found = re.search(f"{BEGIN}.*?{END}", text, re.DOTALL)
    assert found is not None, f"{PAGE.name} has lost its mark {BEGIN.strip()}"
    assert found[0] == wanted, "docs/language.md differs (mend: make golden)"


def test_every_rule_and_terminal_is_there() -> None:
    text = re.sub(r"/\*.*?\*/", "", ebnf())
    defined = set(re.findall(r"^(\w+) +::=", text, re.MULTILINE))
    rules = {spelt(str(rule.origin.name)) for rule in parser().rules}
    # Lark names what it makes of `*` and `+` itself
    rules = {rule for rule in rules if not rule.startswith(("_", "signed__"))}
    assert {
        rule for rule in rules if "_star_" not in rule and "_plus_" not in rule
    } <= (defined | {"start"})
    said = {str(term.name) for rule in parser().rules for term in rule.expansion}
    said = {name for name in said if name.isupper()}
    assert said == set(terminals()) | {name for name in LEXICAL if name.isupper()}
    # what is used is defined
    bare = re.sub(r"'[^']*'|\"[^\"]*\"|\[[^]]*\]", "", text)
    used = set(re.findall(r"\b[A-Za-z_]\w*\b", bare))
    assert used - defined == {"INDENT", "letter", "mark", "digit", "any"}


@pytest.mark.parametrize("name", [name for name, (p, _) in LEXICAL.items() if p])
def test_the_patterns_are_those_described(name: str) -> None:
    pattern, _ = LEXICAL[name]
    assert pattern is not None
    assert f"(?P<{name}>{pattern})" in tokens._TOKEN.pattern

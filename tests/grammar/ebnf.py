"""The grammar as EBNF in the W3C's notation, from ``model.lark`` and ``tokens.py``."""

from __future__ import annotations

import re
from importlib.resources import files

from varying.grammar import tokens
from varying.grammar.parse_tables import GRAMMAR

#: Terminals that are no fixed text: the pattern in ``tokens.py`` and what it says.
#: Where a pattern changes, its text here has to be looked at again.
LEXICAL = {
    "NAME": (
        r"(?:[\p{L}\p{Nl}_]|\.(?![0-9.]))"
        r"(?:[\p{L}\p{M}\p{N}_.]|(?<=[^\x00-\x7f])[\u200c\u200d](?=[\p{L}\p{M}]))*",
        "(letter | '_' | '.' /* no digit next */) (letter | mark | digit | '_' | '.')*",
    ),
    "QNAME": (r"`[^`\r\n]+`", "'`' [^`]+ '`'"),
    "NUMBER": (
        r"(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?",
        "([0-9]+ ('.' [0-9]*)? | '.' [0-9]+) ([eE] [+-]? [0-9]+)?",
    ),
    "STRING": (
        r""""(?:[^"\\\r\n]|\\[^\r\n])*"|'(?:[^'\\\r\n]|\\[^\r\n])*'""",
        """'"' ([^"\\] | '\\' any)* '"' | "'" ([^'\\] | '\\' any)* "'\"""",
    ),
    "LEVEL": (None, """[^][",#]+ /* after a name, `[` to the matching `]` */"""),
    "comment": (r"\#[^\r\n]*", "'#' any* /* to the end of the line */"),
}

FILE = """\
/* Lines that are indented under a formula belong to it. */
file      ::= (statement | block)*
block     ::= (formula | model) (INDENT (formula | prior | keep))*
statement ::= data | column | let | where | prior | keep | quantity | test | contrast
"""


def blocks() -> list[tuple[str, list[tuple[str, str]]]]:
    """Return the grammar's sections: a title, and rules with what they stand for."""
    text = files("varying.grammar").joinpath(GRAMMAR).read_text("utf-8")
    found: list[tuple[str, list[tuple[str, str]]]] = []
    for line in text.splitlines():
        if title := re.fullmatch(r"// ---- (.*) ----", line):
            found.append((title[1], []))
            continue
        line = re.sub(r"\s*//.*", "", line).rstrip()
        if rule := re.fullmatch(r"([?_]*)(\w+)\s*:\s*(.*)", line):
            if found:
                found[-1][1].append((rule[1].strip("?") + rule[2], rule[3]))
        elif found and line.strip():
            name, body = found[-1][1][-1]
            found[-1][1][-1] = (name, f"{body} {line.strip()}")
    return found


def spelt(name: str) -> str:
    """Return what a name of the grammar is called here."""
    if not name.startswith("_"):
        return name
    plain = name[1:]
    return f"signed_{plain}" if plain == "number" else plain


def terminals() -> dict[str, str]:
    """Return what the terminals with fixed texts stand for."""
    texts: dict[str, list[str]] = {}
    for text, name in tokens._OPERATORS.items():
        texts.setdefault(name, []).append(f"'{text}'")
    found = {word.upper(): f"'{word}'" for word in tokens.KEYWORDS}
    for name, each in texts.items():
        found[name] = each[0] if len(each) == 1 else f"({' | '.join(each)})"
    return found


def body_text(body: str) -> str:
    """Return the right side of a rule."""
    body = re.sub(r"\s*->\s*\w+", "", body)
    # Lark's `[x]` is `x?`
    while "[" in body:
        body = re.sub(r"\[([^\[\]]*)\]", r"(\1)?", body)
    fixed = terminals()
    words = re.sub(r"\b_?[A-Za-z]\w*\b", lambda m: fixed.get(m[0], spelt(m[0])), body)
    return re.sub(r"\s+", " ", words).strip()


def aligned(rules: list[tuple[str, str]]) -> str:
    """Write rules below each other, long ones an alternative a line."""
    width = max(len(name) for name, _ in rules)
    lines = []
    for name, body in rules:
        line = f"{name:<{width}} ::= {body}"
        if len(line) > 88:
            parts = re.split(r" \| (?![^()]*\))", body)
            parts[0] = f"{name:<{width}} ::= {parts[0]}"
            line = f"\n{'':<{width}}   | ".join(parts)
        lines.append(line)
    return "\n".join(lines) + "\n"


def ebnf() -> str:
    """Return the whole grammar."""
    sections = [FILE]
    for title, rules in blocks():
        named = [(spelt(name), body_text(body)) for name, body in rules]
        sections.append(f"/* {title} */\n{aligned(named)}")
    lexical = [(name, text) for name, (_, text) in LEXICAL.items()]
    sections.append(f"/* words */\n{aligned(lexical)}")
    return "\n".join(sections)

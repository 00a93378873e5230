"""The parse tables of ``model.lark``, kept once they are made.

Lark needs longer to make them than all else that a check does to a small spec. So
they are written beside Python's own compiled files, in ``__pycache__``: plain data, no
pickle. Where they are of another grammar or of another Lark, whose tables may mean
something else, they are made anew; where they cannot be written, each time.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

import lark
from lark import Lark, Token
from lark.grammar import Rule
from lark.lexer import Lexer, TerminalDef

__all__ = ["GRAMMAR", "TABLES", "build", "keep", "load", "parser", "tables_text"]

GRAMMAR = "model.lark"
TABLES = Path(__file__).parent / "__pycache__" / "parse_tables.json"

_OPTIONS: Mapping[str, Any] = {
    "parser": "lalr",
    "keep_all_tokens": True,
    "maybe_placeholders": False,
}


class _NoLexer(Lexer):
    """Stands in for Lark's: the tokens come from layout, which knows more."""

    def __init__(self, _: object) -> None:
        pass

    def lex(self, *_: object) -> Iterator[Token]:
        """Yield nothing."""
        return iter(())


@cache
def parser() -> Lark:
    """Return the parser of the grammar."""
    grammar = resources.files(__package__).joinpath(GRAMMAR).read_text("utf-8")
    with suppress(OSError, ValueError, LookupError, TypeError, AttributeError):
        kept = load(TABLES.read_text("utf-8"), grammar)
        if kept is not None:
            return kept
    made = build(grammar)
    keep(tables_text(made, grammar))
    return made


def keep(tables: str) -> None:
    """Write tables where the next process finds them, if that can be done."""
    with suppress(OSError):
        TABLES.parent.mkdir(exist_ok=True)
        # two processes may do this at once: each writes a whole file
        whole = TABLES.with_suffix(f".{os.getpid()}")
        try:
            whole.write_text(tables, "utf-8")
            os.replace(whole, TABLES)
        except OSError:
            whole.unlink(missing_ok=True)


def build(grammar: str) -> Lark:
    """Return the parser of a grammar, its tables made anew."""
    return Lark(grammar, lexer=_NoLexer, **_OPTIONS)


def load(tables: str, grammar: str) -> Lark | None:
    """Return the parser of a grammar by tables made before; None: not of this one."""
    origin, _, plain = tables.partition("\n")
    if origin != _origin(grammar):
        return None
    found = json.loads(plain, object_hook=_with_numbers)
    for options, name in _lexers(found):
        options[name] = _NoLexer
    return Lark.load(found)


def tables_text(built: Lark, grammar: str) -> str:
    """Return the tables of a parser as ``load`` takes them."""
    data, memo = built.memo_serialize([TerminalDef, Rule])
    found = {"data": data, "memo": memo}
    for options, name in _lexers(found):
        options[name] = None
    return f"{_origin(grammar)}\n{json.dumps(found, separators=(',', ':'))}\n"


def _lexers(found: Mapping[str, Any]) -> tuple[tuple[dict[str, Any], str], ...]:
    """Return the places of the lexer's class, which is no plain data."""
    data = found["data"]
    conf = data["parser"]["lexer_conf"]
    return (data["options"], "lexer"), (conf, "lexer_type")


def _with_numbers(found: dict[str, Any]) -> dict[str | int, Any]:
    """Return an object of JSON, its keys numbers where Lark had numbers."""
    return {int(key) if key.isdigit() else key: value for key, value in found.items()}


def _origin(grammar: str) -> str:
    made_from = json.dumps([grammar, dict(_OPTIONS)])
    return f"lark {lark.__version__} {hashlib.sha256(made_from.encode()).hexdigest()}"

"""References of targets as texts: how coefficients, terms and groups are spelled."""

from __future__ import annotations

import re
from collections.abc import Iterable

from varying.grammar.printer import expression_text, name_text
from varying.grammar.tree import Call, Name, Paren, Ref, RefPart, String
from varying.grammar.walk import column_names


def _part_text(part: RefPart) -> str:
    # a name that needs back-quotes has them in the names of coefficients too
    base = part.base
    text = base.text if isinstance(base, String) else expression_text(base)
    return text if part.level is None else f"{text}[{part.level}]"


def ref_text(ref: Ref) -> str:
    """Return a reference as coefficients and terms are spelled."""
    return ":".join(_part_text(part) for part in ref.parts)


def group_text(ref: Ref) -> str:
    """Return a reference as grouping factors are named: without back-quotes."""
    return ":".join(
        part.base.text if isinstance(part.base, Name) else _part_text(part)
        for part in ref.parts
    )


def target_text(target: str, responses: Iterable[str], groups: Iterable[str]) -> str:
    """Return a target as a spec has it: what is no plain name is in back-quotes."""
    owner = next((name for name in responses if target.startswith(f"{name}.")), "")
    head, rest = target[: len(owner)], target[len(owner) :]
    for group in groups:
        found = re.search(rf"(^|\.)(sd|cor|df)\[{re.escape(group)}(?=[,\]])", rest)
        if found is not None:
            written = ":".join(name_text(part) for part in split_name(group))
            rest = f"{rest[: found.end() - len(group)]}{written}{rest[found.end() :]}"
            break
    return f"{name_text(head)}{rest}" if head else rest


def columns_named(ref: Ref) -> frozenset[str]:
    """Return the columns that a reference reads."""
    found: set[str] = set()
    for part in ref.parts:
        if isinstance(part.base, Name):
            found.add(part.base.text)
        elif isinstance(part.base, Call | Paren):
            found |= {name.text for name in column_names(part.base)}
    return frozenset(found)


def same_name(left: str, right: str) -> bool:
    """Whether two interactions have the same parts, in whatever order."""
    return left == right or sorted(split_name(left)) == sorted(split_name(right))


def split_name(name: str) -> Iterable[str]:
    """Split at the colons outside brackets and parentheses."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(name):
        depth += character in "[("
        depth -= character in "])"
        if character == ":" and depth == 0:
            parts.append(name[start:place])
            start = place + 1
    return [*parts, name[start:]]

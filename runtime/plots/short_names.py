"""Long names in little room: both ends, or where they differ."""

from __future__ import annotations

import re
from collections.abc import Sequence
from os.path import commonprefix

from varying.grammar.render.safe import visible

__all__ = ["broken", "shorten", "told_apart"]


def bare(text: str) -> str:
    """Return a name in one line, and without the back-quotes that specs need."""
    return visible(re.sub("`([^`]*)`", r"\1", text))


def shorten(text: str, most: int = 34) -> str:
    """Return a name in one line, of a long one both ends: they tell something."""
    text = bare(text)
    return _cut(text, most, (most - 1) // 2)


def told_apart(labels: Sequence[str], most: int) -> list[str]:
    """Return names shortened so that those that differ still do, if that can be.

    Where both ends are alike in all, what is between them is kept; where the ends
    are alike in some, less of the beginning and more of the end is, or the reverse.
    """
    names = [bare(label) for label in labels]
    if len({*names}) < len({*labels}):
        names = [visible(label) for label in labels]
    heads = [(most - 1) // 2, *range(min(4, most - 1), most - 1)]
    cuts = ([_cut(name, most, head) for name in names] for head in heads)
    first = next(cuts)
    every = len({*names})
    if len({*first}) == every:
        return first
    cores = _cores(names, most)
    if max(map(len, cores)) <= most + 2 and len({*cores}) == every:
        return cores
    found = next((found for found in cuts if len({*found}) == every), None)
    return found or _each_apart(names, first, most)


def broken(name: str, most: int) -> str:
    """Break a long name of a parameter into lines, three at most."""
    name = visible(name)
    if len(name) <= most:
        return name
    head, bracket, rest = name.partition("[")
    parts = f"{bracket}{rest}".split(":")
    if len(parts) > 2:
        parts = [parts[0], ":".join(parts[1:])]
    lines = [head, *(f":{part}" if at else part for at, part in enumerate(parts))]
    return "\n".join(shorten(line, most) for line in lines if line)


def _cut(name: str, most: int, head: int) -> str:
    """Return a name without what is between its first ``head`` letters and its last."""
    if len(name) <= most:
        return name
    return f"{name[:head]}…{name[len(name) - (most - 1 - head) :]}"


def _each_apart(names: Sequence[str], short: Sequence[str], most: int) -> list[str]:
    """Return short names, and of those that are alike the part where they differ."""
    begin = 4
    if most < 4 * begin:
        return [*short]
    alike: dict[str, list[str]] = {}
    for name, cut in zip(names, short, strict=True):
        if name not in alike.setdefault(cut, []):
            alike[cut].append(name)
    apart: dict[str, str] = {}
    for cut, together in alike.items():
        if len(together) == 1:
            apart[together[0]] = cut
            continue
        head = max(begin, len(commonprefix(together)) - 1)
        tail = len(commonprefix([name[head:][::-1] for name in together]))
        parts = [name[head : len(name) - max(0, tail - 1)] for name in together]
        start, room = "…" if head > begin else "", most - begin - 2
        for name, part in zip(together, told_apart(parts, room), strict=True):
            rest = name[head:]
            if len(part) < room and "…" not in part:  # room for what comes after it
                part = rest[:room]
            end = "…" if tail > 1 and part != rest else ""
            apart[name] = f"{name[:begin]}{start}{part}{end}"
    return [apart[name] for name in names]


def _cores(names: Sequence[str], most: int) -> list[str]:
    """Return what is between the ends that all names have, and some of the ends."""
    head = len(commonprefix(names))
    tail = len(commonprefix([name[head:][::-1] for name in names]))
    cores = [name[head : len(name) - tail] for name in names]
    room = max(0, most - 2 - max(map(len, cores)))
    before, after = min(head, room - room // 2), min(tail, room // 2)
    return [
        ("…" if head > before else "")
        + name[head - before : len(name) - tail + after]
        + ("…" if tail > after else "")
        for name in names
    ]

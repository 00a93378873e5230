"""The picture of rooms and arrows in ``architecture.md``, made from the imports.

    python docs/rooms.py          write it
    python docs/rooms.py --check  say whether it is what the code says

An arrow goes from a room to one that it imports. Those that follow from others are left
out: what is imported by way of another room as well.
"""

from __future__ import annotations

import ast
import sys
from functools import cache
from pathlib import Path

import grimp

HERE = Path(__file__).resolve().parent
PAGE = HERE / "architecture.md"
BEGIN, END = "<!-- rooms:begin -->", "<!-- rooms:end -->"
HOUSES = ("compiler", "runtime")
_HOUSES = ("runtime", "compiler", "grammar")


def rooms() -> dict[str, str]:
    """Return the room of every module: ``compiler/bind``; the grammar is one room."""
    graph = _graph()
    found = {}
    for module in graph.modules:
        _, *parts = module.split(".")
        if parts and parts[0] == "grammar":
            found[module] = "grammar"
        elif len(parts) > 1 and parts[0] in HOUSES:
            found[module] = f"{parts[0]}/{parts[1]}"
    return found


@cache
def _graph() -> grimp.ImportGraph:
    return grimp.build_graph(
        "varying", exclude_type_checking_imports=True, cache_dir=None
    )


@cache
def arrows() -> dict[str, set[str]]:
    """Return by room the rooms that it imports, and no other way leads to."""
    graph, room = _graph(), rooms()
    direct: dict[str, set[str]] = {name: set() for name in room.values()}
    for module, own in room.items():
        for imported in graph.find_modules_directly_imported_by(module):
            other = room.get(imported)
            if other is not None and other != own:
                direct[own].add(other)
    reached: dict[str, set[str]] = {}

    def below(name: str) -> set[str]:
        if name not in reached:
            reached[name] = set()
            for other in direct[name]:
                reached[name] |= {other} | below(other)
        return reached[name]

    return {
        name: {
            other
            for other in others
            if not any(other in below(one) for one in others - {other})
        }
        for name, others in direct.items()
    }


def order() -> list[str]:
    """Return the rooms, each above those that it imports."""
    found: list[str] = []
    waiting = {name: set(others) for name, others in arrows().items()}
    while waiting:
        ready = sorted(n for n, others in waiting.items() if not others & {*waiting})
        if not ready:
            raise ValueError(f"these import each other: {sorted(waiting)}")
        found += ready
        for name in ready:
            del waiting[name]
    return found[::-1]


def purpose(room: str) -> str:
    """Return the first sentence of a room's own text."""
    place = HERE.parent / room
    file = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    text = ast.get_docstring(ast.parse(file.read_text(encoding="utf-8"))) or ""
    return text.split("\n\n")[0].replace("\n", " ")


def picture() -> str:
    """Return the picture as Mermaid, and a table of what the rooms are for."""
    found = arrows()
    names = sorted(order(), key=lambda name: _HOUSES.index(name.split("/")[0]))
    lines = ["```mermaid", "flowchart TD"]
    for house in _HOUSES:
        own = [name for name in names if name.split("/")[0] == house]
        lines.append(f"  subgraph {house}_[{house}]")
        lines += [f"    {_key(name)}[{name.split('/')[-1]}]" for name in own]
        lines.append("  end")
    for name in names:
        lines += [f"  {_key(name)} --> {_key(one)}" for one in sorted(found[name])]
    lines += ["```", "", "| room | what is in it |", "|---|---|"]
    lines += [f"| `{name}` | {purpose(name)} |" for name in names]
    return "\n".join(lines)


def _key(room: str) -> str:
    return room.replace("/", "_")


def page() -> str:
    """Return the page with the picture that the code says."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return f"{before}{BEGIN}\n{picture()}\n{END}{after}"


def main() -> int:
    """Write the page, or compare it."""
    new = page()
    if "--check" in sys.argv[1:]:
        same = new == PAGE.read_text(encoding="utf-8")
        print("the picture is what the code says" if same else "run docs/rooms.py")
        return 0 if same else 1
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""One name, one thing: who has met a class or an alias knows which one is meant."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("grammar", "compiler", "runtime")

#: Folders whose names are of a kind of their own. An argument of a command, as Typer
#: reads it, is called what the user calls it: ``Fit`` is the path of one there.
OF_THEIR_OWN = ("runtime/arguments/",)

#: A class, a named type, or another name for one, of a module.
_DEFINED = re.compile(
    r"^(?:class|type) (\w+)|^(_?[A-Z][a-z]\w*)(?:: TypeAlias)? = (.*)", re.MULTILINE
)


def _definitions() -> dict[str, dict[str, str]]:
    """Return by name the files that define it, with the text of an alias."""
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            file = path.relative_to(ROOT).as_posix()
            if file.startswith(OF_THEIR_OWN):
                continue
            for match in _DEFINED.finditer(path.read_text(encoding="utf-8")):
                named, alias, text = match.groups()
                found[named or alias][file] = f"class {file}" if named else text
    return found


def test_no_name_of_a_class_stands_for_two() -> None:
    found = _definitions()
    assert len(found) > 500  # the walk has seen the packages
    # an alias may be written again, as ``Array`` is: it is the same thing
    twice = {n: sorted(f) for n, f in found.items() if len(set(f.values())) > 1}
    assert not twice

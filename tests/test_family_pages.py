"""``docs/families``: a page for each family, which says what its record says."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from varying.compiler.driver import Request, check
from varying.compiler.families import BY_RESPONSE, FAMILIES
from varying.grammar.source import Source

from .diagnostics.harness import table_of

EVERY = [*FAMILIES, *BY_RESPONSE, "mixture"]
FOLDER = Path(__file__).resolve().parents[1] / "docs" / "families"
MIXTURE = (FOLDER / "mixture.md").read_text("utf-8")
BLOCKS = re.findall(r"```model\n(.*?)```", MIXTURE, re.DOTALL)
ROWS = (f"{n / 4},{n % 5},g{n % 3},{n % 7 == 0:d}" for n in range(30))
TABLE = table_of("\n".join(("y,x,g,c", *ROWS)))


@pytest.fixture(scope="module")
def make() -> Iterator[dict[str, Any]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(FOLDER))  # as where a script is run
        yield runpy.run_path(str(FOLDER / "make.py"))


@pytest.mark.parametrize("name", EVERY)
def test_a_page_says_what_the_record_says(name: str, make: dict[str, Any]) -> None:
    """Mend: ``python docs/families/make.py``; of a new family with its name."""
    path = FOLDER / f"{name}.md"
    made, more = make["kept"](path)
    assert made, f"no example: python docs/families/make.py {name}"
    assert path.read_text("utf-8") == make["page"](make["EVERY"][name], made, more)
    picture = FOLDER.parent / "images" / "families" / f"{name}.png"
    assert picture.is_file()


def test_no_page_is_left_over(make: dict[str, Any]) -> None:
    pages = {path.stem for path in FOLDER.glob("*.md")} - {"README"}
    assert pages == set(EVERY) == set(make["EVERY"])
    assert (FOLDER / "README.md").read_text("utf-8") == make["index"]()


@pytest.mark.parametrize("spec", BLOCKS)
def test_specs_of_mixtures_have_no_errors(spec: str) -> None:
    found = check(Request(Source(spec), TABLE))
    assert not [str(d) for d in found if d.severity == "error"]

"""``docs/families``: a page for each family, which says what its record says."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import Any

import pytest

from varying.compiler.families import BY_RESPONSE, FAMILIES

EVERY = {**FAMILIES, **BY_RESPONSE}
FOLDER = Path(__file__).resolve().parents[1] / "docs" / "families"


@pytest.fixture(scope="module")
def make() -> dict[str, Any]:
    return runpy.run_path(str(FOLDER / "make.py"))


@pytest.mark.parametrize("name", EVERY)
def test_a_page_says_what_the_record_says(name: str, make: dict[str, Any]) -> None:
    """Mend: ``python docs/families/make.py``; of a new family with its name."""
    path = FOLDER / f"{name}.md"
    made = make["made_example"](path)
    assert made, f"no example: python docs/families/make.py {name}"
    assert path.read_text("utf-8") == make["page"](EVERY[name], made)
    picture = FOLDER.parent / "images" / "families" / f"{name}.png"
    assert picture.is_file()


def test_no_page_is_left_over(make: dict[str, Any]) -> None:
    pages = {path.stem for path in FOLDER.glob("*.md")} - {"README"}
    assert pages == set(EVERY)
    assert (FOLDER / "README.md").read_text("utf-8") == make["index"]()

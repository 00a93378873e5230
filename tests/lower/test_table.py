"""Every parameter of every family has a default prior, and a line in the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from varying.compiler.families import FAMILIES
from varying.compiler.families.family import Family

from .grid import SCALES, SIMPLE, Case, Design
from .grid_report import BEGIN, END, missing

PAGE = Path(__file__).resolve().parents[2] / "docs" / "priors.md"
ROW = re.compile(r"^\| (.*`.*`.*) \| (.*) \| .*\|$", re.MULTILINE)


def cases() -> Iterator[tuple[str, str | None]]:
    for name, family in FAMILIES.items():
        yield name, None
        for dpar in family.dpars:
            yield name, dpar.name


def with_everything(family: str, dpar: str | None) -> Case:
    right = "a*agec + (1 + agec | subj)"
    formula = None if dpar is None else (dpar, right)
    design = Design("all", right, SIMPLE, formula)
    return Case(family, SCALES[family][0], design)


def expected(family: Family, dpar: str | None) -> set[str]:
    """Return the targets of ``a*agec + (1 + agec | subj)``, here and for a dpar."""
    columns = ("a[a1]", "agec", "a[a1]:agec")
    effects = {f"b[{column}]" for column in columns}
    effects |= {"sd[subj, Intercept]", "sd[subj, agec]", "cor[subj]"}
    main = "threshold[mean]" if family.thresholds else "Intercept[mean]"
    wanted = {main, *effects}
    for one in family.dpars:
        if one.name == dpar:
            wanted |= {f"{dpar}.{effect}" for effect in effects}
            if one.fixed is None:
                wanted.add(f"{dpar}.Intercept[mean]")
        elif one.fixed is None:
            wanted.add(one.name)
    return wanted


@pytest.mark.parametrize(("name", "dpar"), list(cases()))
def test_every_parameter_has_a_default_and_its_reason(
    name: str, dpar: str | None
) -> None:
    model = with_everything(name, dpar).compile()
    rows = {row.target: row for row in model.priors}
    assert set(rows) == expected(FAMILIES[name], dpar)
    for row in model.priors:
        assert row.source == "default" and row.prior and len(row.reason.split()) > 2


def test_the_page_has_a_line_for_each_family_and_parameter() -> None:
    text = PAGE.read_text("utf-8")
    lines = [row.group(1) for row in ROW.finditer(text)]
    for name, family in FAMILIES.items():
        moments = [line for line in lines if line.startswith(f"`{name}`")]
        moments += [line for line in lines if f", `{name}`" in line]
        assert moments, name
        for dpar in family.dpars:
            named = [
                line
                for line in lines
                if line.startswith(f"`{dpar.name}`") and f"`{name}`" in line
            ]
            assert named, f"{name}: {dpar.name}"


def test_the_page_has_a_line_for_each_case_of_the_grid() -> None:
    """Their numbers take minutes: ``python -m tests.lower.grid_report --check``."""
    table = PAGE.read_text("utf-8").partition(BEGIN)[2].partition(END)[0]
    assert missing(table) == []

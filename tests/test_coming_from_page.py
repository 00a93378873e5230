"""``docs/coming-from.md``: every piece of a spec on it is compiled."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

import varying
from varying.compiler.driver import Request, check
from varying.compiler.expressions.elsewhere import (
    FUNCTIONS_ELSEWHERE,
    GROUPS_UNTIL_THEN,
    RESPONSES_UNTIL_THEN,
)
from varying.compiler.expressions.special import PLANNED_TERMS
from varying.compiler.families import PLANNED_FAMILIES
from varying.compiler.families.elsewhere import UNTIL_THEN as FAMILIES_UNTIL_THEN
from varying.grammar.diagnostics import Severity
from varying.grammar.source import Source
from varying.runtime.cli import app
from varying.runtime.fit.fit import Fit
from varying.runtime.model import Model

from .diagnostics.harness import table_of
from .test_language_page import anchors

PAGE = Path(__file__).resolve().parents[1] / "docs" / "coming-from.md"
TEXT = PAGE.read_text("utf-8")
DATA = re.search(r"```csv shared\n(.*?)```", TEXT, re.DOTALL)
assert DATA is not None
TABLE = table_of(DATA[1])

#: The model that a prior, a quantity or a part of the page is about.
GAUSSIAN = "y ~ x + block*cs + mo(rating) + (1 + x | subj)"
ORDINAL = "rating ~ x + block*cs + (1 + x | subj), family=ordlogit"
STATEMENTS = (
    *("column", "let", "where", "quantity", "test", "contrast", "means", "slope"),
)


def errors(spec: str) -> list[str]:
    found = check(Request(Source(spec), TABLE))
    return [str(d) for d in found if d.severity is Severity.ERROR]


# ---- blocks ------------------------------------------------------------------------

BLOCKS = re.findall(r"```model\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("spec", BLOCKS)
def test_a_block(spec: str) -> None:
    assert errors(spec) == []


# ---- cells of tables ----------------------------------------------------------------


def cells() -> Iterator[tuple[str, str]]:
    """Yield the heading, and the last cell of each row of a table with a heading."""
    heading = ""
    for line in TEXT.partition("## Not yet")[0].splitlines():
        if line.startswith("## "):
            heading = line[3:]
        elif line.startswith("|") and not line.startswith("|---"):
            yield heading, re.split(r"(?<!\\)\|", line)[-2].strip()


def codes() -> Iterator[str]:
    for heading, cell in cells():
        if heading == "A line in five languages":
            continue
        cell = re.sub(r"`` .+? ``", "", cell)  # the name of a column in back-quotes
        for code in re.findall(r"`(.+?)`", cell):
            yield code.replace(r"\|", "|")


CODES = sorted(set(codes()))
#: Words and rows of a table, which are no piece of a spec.
WORDS = {
    *("Intercept", "b", "threshold", "sigma", "shape", "alpha", "||"),
    *("r_subj", "sd_subj", "cor_subj"),
    *("weights=", "scale=", '(1 | gr(subj, cov="A.csv"))'),
    # of a response of several columns: in `diagnostics/coming_from.txt`
    *("prior lncor ~ lkj(2)", "prior sigmab ~ exponential(1)"),
}


def specs(code: str) -> list[str]:
    """Return the specs in which a piece of code may stand."""
    first = code.split()[0]
    if code.startswith(("prior ", "keep ")) or re.match(r"(sigma|disc) ~ ", code):
        parts = "\n  sigma ~ x" if "sigma." in code else ""
        return [f"{base}{parts}\n  {code}" for base in (GAUSSIAN, ORDINAL)]
    if first in STATEMENTS:
        return [f"{code}\n{GAUSSIAN}", f"{code}\n{ORDINAL}"]
    if " ~ " in code:
        return [code]
    if code.startswith("family="):
        return [f"y ~ x, {code}", f"rating ~ x, {code}"]
    return [f"y ~ {code}"]


@pytest.mark.parametrize("code", [c for c in CODES if c not in WORDS])
def test_a_cell(code: str) -> None:
    if code.startswith("varying "):
        words = [w for w in code.split()[1:] if w not in ("FILE", "FIT")]
        shown = CliRunner().invoke(app, [*words[:2], "--help"])
        assert shown.exit_code == 0, code
        kinds = words[1:2] if words[0] == "plot" else []
        assert all(kind in shown.output for kind in kinds)
        assert all(word in shown.output for word in words if word.startswith("--"))
    elif code.startswith(("fit.", "model.", "varying.")):
        of, name = re.split(r"[.(]", code)[:2]
        owner = {"fit": Fit, "model": Model, "varying": varying}[of]
        assert hasattr(owner, name) or name in getattr(owner, "__slots__", ()), code
    else:
        found = {spec: errors(spec) for spec in specs(code)}
        assert [] in found.values(), found


def test_there_are_enough() -> None:
    assert len(BLOCKS) > 8 and len(CODES) > 80
    assert not set(WORDS) - set(CODES)


# ---- what is not compiled -----------------------------------------------------------


def not_yet() -> Iterator[str]:
    """Yield the table of what to use until then, as the messages have it."""
    terms = [(f"{name}()", notes) for name, notes in PLANNED_TERMS.items() if notes]
    terms += [
        (f"{name}()", FUNCTIONS_ELSEWHERE[name])
        for name in ("ar", "ma", "arma", "cosy", "car", "sar")
    ]
    groups = [
        ("mm()" if name == "mm" else f"gr({name}=)", notes)
        for name, notes in GROUPS_UNTIL_THEN.items()
    ]
    beside = [(f"y | {name}()", notes) for name, notes in RESPONSES_UNTIL_THEN.items()]
    families = [
        (f"family={name}", FAMILIES_UNTIL_THEN.get(name) or ("nothing that is near",))
        for name in PLANNED_FAMILIES
    ]
    yield "| there | until then |"
    yield "|---|---|"
    together: dict[str, list[str]] = {}
    for name, notes in (*terms, *groups, *beside, *families):
        text = "; ".join(notes).replace("until then: ", "").replace("{0}", "sei")
        text = text.replace("until then, ", "")
        together.setdefault(text[:1].lower() + text[1:], []).append(f"`{name}`")
    for text, names in together.items():
        cells = (", ".join(names), text)
        yield "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def test_not_yet() -> None:
    wanted = "\n".join(not_yet())
    begin, end = "<!-- not-yet:begin -->\n", "<!-- not-yet:end -->"
    text = PAGE.read_text("utf-8")
    before, mark, rest = text.partition(begin)
    found, other, after = rest.partition(end)
    assert mark and other
    if os.environ.get("VARYING_ACCEPT") == "1":
        PAGE.write_text(f"{before}{begin}{wanted}\n{end}{after}", "utf-8")
        return
    assert found == f"{wanted}\n", f"{PAGE.name} differs (mend: make golden)"


# ---- links --------------------------------------------------------------------------


def test_links() -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", TEXT):
        path, _, anchor = link.partition("#")
        target = PAGE.parent / path if path else PAGE
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_it_is_found() -> None:
    root = PAGE.parents[1]
    for page in ("README.md", "docs/language.md", "docs/python.md"):
        assert "coming-from.md" in (root / page).read_text("utf-8"), page

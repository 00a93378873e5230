"""``docs/limits.md``: its specs check, and its figures of R are those that are kept."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path

import pandas as pd
import pytest

from varying.compiler.driver import Request, check
from varying.grammar.diagnostics import Severity
from varying.grammar.source import Source

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "limits.md").read_text("utf-8")
REFERENCES = ROOT / "tests" / "references"
SPECS = re.findall(r"^```model\n(.*?)^```", PAGE, re.M | re.S)


@pytest.mark.parametrize("spec", SPECS)
def test_its_specs_are_right(spec: str, tmp_path: Path) -> None:
    data = pd.read_csv(REFERENCES / "brms" / "limits.csv")[["x", "time", "late"]]
    data.to_csv(tmp_path / "recovery.csv", index=False)
    ratings = ROOT / "examples" / "ratings" / "ratings.csv"
    (tmp_path / "ratings.csv").write_text(ratings.read_text("utf-8"), "utf-8")
    found = check(Request(Source(spec, "limits.md"), base=tmp_path))
    assert [d for d in found if d.severity is Severity.ERROR] == []


def test_the_figures_of_survreg_are_those_of_r() -> None:
    kept = json.loads((REFERENCES / "survival.json").read_text("utf-8"))
    times = PAGE.partition("## Times")[2]
    rows = dict(re.findall(r"^\| `(\w+)` \| (\d.*) \|$", times, re.M))
    assert set(rows) == {"weibull", "exponential", "lognormal"}
    for family, row in rows.items():
        theirs, scale = kept[family]["coef"], kept[family]["scale"]
        mean = theirs["(Intercept)"]
        if family == "weibull":
            assert f"an intercept, {mean:.3f}" in PAGE
            mean += math.lgamma(1.0 + scale)
            assert f"shape {1.0 / scale:.3f}" in row
        if family == "lognormal":
            assert f"sigma {scale:.3f}" in row
        assert row.startswith(f"{theirs['x']:.3f} |") and f" {mean:.3f}" in row


def test_hazard_ratios_of_coxph_are_those_kept() -> None:
    """Coefficients and errors, and how many rows are censored."""
    kept = json.loads((REFERENCES / "brms" / "cox.json").read_text("utf-8"))["coxph"]
    for name in ("x", "z"):
        row = re.search(rf"^\| effect of `{name}` \| (\S+) \(se (\S+)\)", PAGE, re.M)
        assert row is not None
        for text, part in zip(row.groups(), ("coefficients", "errors"), strict=True):
            assert float(text) == pytest.approx(kept[part][name], abs=6e-4)
    late = pd.read_csv(REFERENCES / "brms" / "cox.csv")["late"]
    assert f"Of {len(late)} made-up times, {late.sum()} of them censored" in PAGE

"""A name in back-quotes is the name: wherever it is looked up, with them or without."""

from __future__ import annotations

import numpy as np
import pytest

from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, check, compile_spec
from varying.grammar.diagnostics import Severity
from varying.grammar.source import Source

ROWS = 60
_RNG = np.random.default_rng(1)
TABLE = table_from_frame(
    {
        "y": _RNG.normal(size=ROWS),
        "x": _RNG.normal(size=ROWS),
        "f": ["u", "v", "w"] * (ROWS // 3),
        "g": [f"s{row % 10}" for row in range(ROWS)],
        "a b": _RNG.normal(size=ROWS),
        "c d": ["p", "q q"] * (ROWS // 2),
        "TRUE": _RNG.normal(size=ROWS),
    }
)

#: Specs with back-quotes that nobody needs.
QUOTED = (
    "y ~ `x` + `f`\n  prior b[`x`] ~ normal(0, 1)\nquantity q = b[`f`[v]]",
    "y ~ x + f\n  prior b[`f`] ~ normal(0, 1)",
    "y ~ x + f\n  prior b[`f`[`v`]] ~ normal(0, 1)",
    "y ~ `f`*x\n  prior b[`f`[v]:`x`] ~ normal(0, 1)",
    "y ~ f*x\n  prior b[x:`f`] ~ normal(0, 1)",
    "y ~ x + (1 + `x` | `g`)\n  prior sd[`g`, `x`] ~ exponential(1)",
    "y ~ x + (1 + x | g)\n  prior cor[`g`] ~ lkj(2)\nquantity q = r[`g`, `s1`, `x`]",
    "y ~ poly(`x`, 2) + scale(`a b`)\n  prior b[poly(x, 2)] ~ normal(0, 1)",
    "y ~ poly(x, 2)\n  prior b[poly(`x`, 2)[1]] ~ normal(0, 1)",
    "y ~ scale(x)\n  sigma ~ scale(`x`)\n  prior sigma.b[scale(`x`)] ~ normal(0, 1)",
    "let z = `x`^2\ny ~ `z`\ntest t = b[`z`] > 0",
    "column `f`: factor(w, v, u)\nwhere `x` > -2\ny ~ f\ncontrast `f`: `v` - u",
    "y ~ `x` + x + I(`x`^2)\n  prior b[I(x^2)] ~ normal(0, 1)",
)
#: The same, where they are needed.
NEEDED = (
    "y ~ `a b` + `c d`\n  prior b[`a b`] ~ normal(0, 1)\n"
    "  prior b[`c d`[q q]] ~ normal(0, 2)",
    "y ~ x + (1 + `a b` | `c d`)\n  prior sd[`c d`, `a b`] ~ exponential(1)",
    "y ~ `TRUE` + scale(`TRUE`^2)\n  prior b[`TRUE`] ~ normal(0, 1)",
)


def known(spec: str) -> tuple[list[tuple[str, str]], list[str]]:
    """The priors of a spec, and the names of what it asks."""
    compiled = compile_spec(Request(Source(spec), TABLE))
    asked = compiled.joint.questions
    names = [one.target for q in asked.quantities for one in q.references]
    names += [one.target for t in asked.tests for one in t.references]
    names += [str(c.parts) for c in asked.cells]
    return [(row.target, row.prior) for row in compiled.priors], names


@pytest.mark.parametrize("spec", QUOTED)
def test_they_change_nothing(spec: str) -> None:
    plain = spec.replace("`a b`", "\0").replace("`", "").replace("\0", "`a b`")
    assert known(spec) == known(plain)
    rows = compile_spec(Request(Source(spec), TABLE)).priors
    assert any(row.line for row in rows) == ("prior " in spec)


@pytest.mark.parametrize("spec", NEEDED)
def test_names_that_need_them_are_found(spec: str) -> None:
    found = check(Request(Source(spec), TABLE))
    assert [d.message for d in found if d.severity is Severity.ERROR] == []
    rows = compile_spec(Request(Source(spec), TABLE)).priors
    assert sum(row.line is not None for row in rows) == spec.count("prior ")

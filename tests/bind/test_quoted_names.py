"""A name in back-quotes is the name: wherever it is looked up, with them or without."""

from __future__ import annotations

import numpy as np
import pytest

from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, check, compile_spec
from varying.grammar import Sink, format_spec, parse
from varying.grammar.diagnostics import Severity
from varying.grammar.source import Source
from varying.runtime.look.priors import priors_of

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
        "2 c": _RNG.normal(size=ROWS),
        "g h": [f"s{row % 12}" for row in range(ROWS)],
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


#: Of several responses, and what is asked of them.
RESPONSES = """mvbind(`a b`, y, `2 c`) ~ `c d` + (1 + x |p| `g h`)
  `a b`.sigma ~ `c d`
  prior `a b`.b ~ normal(0, 1)
  prior `a b`.sigma.b[`c d`] ~ normal(0, 1)
  prior `2 c`.sd[`g h`] ~ exponential(2)
  prior `y`.sigma ~ exponential(1)
  keep mu
quantity q = `a b`.b[`c d`[q q]]/`2 c`.sigma + `a b`.sd[`g h`, x]
test t = `a b`.b[`c d`[q q]] > `2 c`.b[`c d`[q q]]
means `c d`, response=`a b`
contrast `c d`: "q q" - p, response="2 c"
"""


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


def formatted(spec: str) -> str:
    source = Source(spec)
    return format_spec(parse(source, Sink(source)))


def test_responses_that_need_them_are_found() -> None:
    found = check(Request(Source(RESPONSES), TABLE))
    assert [d.message for d in found if d.severity is Severity.ERROR] == []
    compiled = compile_spec(Request(Source(RESPONSES), TABLE))
    lines = {row.target: row.line for row in compiled.priors}
    assert lines["a b.b[`c d`[q q]]"] == 3
    assert lines["a b.sigma.b[`c d`[q q]]"] == 4
    assert lines["2 c.sd[g h, Intercept]"] == lines["2 c.sd[g h, x]"] == 5
    (quantity,) = compiled.joint.questions.quantities
    assert [one.target for one in quantity.references] == [
        "a b.b[`c d`[q q]]", "2 c.sigma", "a b.sd[g h, x]"
    ]  # fmt: skip
    text = formatted(RESPONSES)
    assert "  prior `a b`.sigma.b[`c d`] ~" in text and "  prior y.sigma ~" in text
    assert formatted(text) == text


def test_targets_can_be_copied_from_where_priors_are_shown() -> None:
    spec = "".join(line for line in RESPONSES.splitlines(True) if "prior" not in line)
    shown = priors_of(compile_spec(Request(Source(spec), TABLE)))
    written = "".join(f"  prior {row.target} ~ {row.prior}\n" for row in shown)
    first, rest = spec.split("quantity")
    again = compile_spec(Request(Source(f"{first}{written}quantity{rest}"), TABLE))
    assert len(shown) == 17
    assert all(row.line is not None for row in again.priors)

"""Formulas that are not linear: one density from all backends, and SciPy's curve."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from varying.compiler.backends.kernel import emit as emit_kernel
from varying.compiler.backends.kernel.operations import elementwise
from varying.compiler.backends.source.text import program_expression
from varying.compiler.expressions.elementwise import ELEMENTWISE
from varying.compiler.program.expressions import OPERATIONS, Apply, Const, Symbol
from varying.compiler.program.interpret.density import evaluate_expression
from varying.compiler.program.text import expression_text

from ..curves import random_calculated, random_curve
from ..strategies import Case
from .harness import compare, shares
from .kernels import compare_kernel, variants

#: By what they have: bodies, families, formulas of the parameters.
CURVES = {
    "decay": """
y ~ a * exp(-k * t), nl=true
  a ~ 1 + (1 | g)
  k ~ x + f
  prior a ~ normal(4, 2)
  prior k.Intercept ~ lognormal(-1, 0.5)
""",
    "several at once, beside sigma": """
y ~ a - (a - b) * 2^(-t / k), nl=true
  a + b ~ f
  k ~ 1
  sigma ~ x
  prior a.Intercept ~ normal(4, 2)
  prior b.Intercept ~ student_t(3, 1, 2)
  prior k ~ normal(2, 1, lb=0)
""",
    "slopes of groups, correlated": """
y ~ a * (1 - exp(-(t / exp(k))^w)), nl=true
  a ~ 1 + (1 + x | g)
  k ~ 1 + (1 | g)
  w ~ 1
  prior a ~ normal(4, 2)
  prior k ~ normal(1, 0.3)
  prior w ~ lognormal(0, 0.2)
""",
    "no intercept": """
y ~ a + b * t, nl=true
  a ~ 0 + f
  b ~ 0 + x
  prior a.b ~ normal(4, 2)
  prior b.b ~ normal(0, 1)
""",
    "counts, a parameter called as the predictor": """
n | rate(t) ~ a + log1p(exp(eta * x)), nl=true, family=poisson
  a + eta ~ 1 + (1 | g)
  prior a ~ normal(0, 1)
  prior eta ~ normal(0, 1)
""",
    "binary, a guessing rate": """
hit ~ logit(0.02 + 0.96 * (c + (1 - c) * inv_logit(s * (x - m)))),
  nl=true, family=bernoulli
  s + m ~ 1
  c ~ 1
  prior s ~ lognormal(0, 0.5)
  prior m ~ normal(0, 1)
  prior c ~ beta(2, 8)
""",
    "ordered": """
column grade: ordered(0..3)
grade ~ a * tanh(b * x), nl=true, family=ordlogit
  a ~ 1
  b ~ 1 + (1 | g)
  disc ~ f
  prior a ~ normal(1, 1)
  prior b ~ normal(1, 0.5)
""",
    "functions": """
y ~ abs(a) + sqrt(b) * sin(x - a) + cos(a) * Phi(a * x) - expm1(-b), nl=true
  a + b ~ 1
  prior a ~ normal(0, 2)
  prior b ~ gamma(2, 2)
""",
    "kinks": """
y ~ min(a * t, b) + max(x, a) + ifelse(f == "u", log2(b), a / b), nl=true
  a + b ~ 1
  prior a ~ normal(0, 2)
  prior b ~ gamma(2, 2)
""",
    "fixed, and kept": """
y ~ a + b * scale(t)^2 - log(abs(b) + 1, 3) * log10(t + 1), nl=true
  a ~ 1 + offset(x)
  b ~ f
  prior a = 3
  prior b.Intercept ~ uniform(0.5, 2)
  prior b.b ~ normal(0, 0.01)
  keep eta
""",
    "monotonic": """
column grade: ordered(0..3)
y ~ a * exp(-k * t), nl=true
  a ~ mo(grade) + (1 | g)
  k ~ 1
  prior a.Intercept ~ normal(4, 2)
  prior k ~ normal(0.5, 0.2, lb=0)
""",
    "effects shared by an id": """
y ~ a * exp(-k * t), nl=true
  a ~ 1 + (1 |p| g)
  k ~ 1 + (1 |p| g)
  sigma ~ 1 + (1 |p| g)
  prior a ~ normal(4, 2)
  prior k ~ normal(0.5, 0.2)
""",
    "numbers alone": """
y ~ a^2 / -b - -3 * (TRUE + exp(1)), nl=true, family=student
  a + b ~ 1
  prior a ~ normal(0, 2)
  prior b ~ normal(1, 0.2, lb=0.1, ub=3)
""",
    "of sigma alone": """
y ~ x + (1 | g)
  sigma ~ a + d * tanh(x), nl=true
  a + d ~ f + (1 |p| g)
  prior a.Intercept ~ normal(0, 1)
  prior d.Intercept ~ normal(0, 0.5)
""",
    "chained, and shared by sigma": """
y ~ a * half^t, nl=true
  half ~ 2^(-1 / k), nl=true
  k ~ exp(logk + a / 10), nl=true
  a ~ 1 + (1 | g)
  logk ~ f
  sigma ~ exp(c) * abs(a) + half, nl=true, link=identity
  c ~ 1
  prior a ~ normal(4, 2)
  prior logk.Intercept ~ normal(0, 0.5)
  prior c ~ normal(-1, 0.5)
""",
    "of a discrimination": """
column grade: ordered(0..3)
grade ~ x + (1 |p| g), family=ordlogit
  disc ~ exp(d) + t / 10, nl=true, link=identity
  d ~ 0 + x + (1 |p| g)
  prior d.b ~ normal(0, 0.3)
  prior d.sd ~ half_normal(0.3)
""",
    "two parameters of an item": """
hit ~ exp(logalpha) * theta, nl=true, family=bernoulli
  theta ~ 1 + (1 |i| g) + (1 | f)
  logalpha ~ 1 + (1 |i| g)
  prior theta ~ normal(0, 2)
  prior logalpha ~ normal(0, 0.5)
""",
    "a chance of zeros": """
n ~ x, family=zero_inflated_poisson
  zi ~ lo - exp(s) * t, nl=true
  lo + s ~ 1
  prior lo ~ normal(0, 1)
  prior s ~ normal(-1, 0.5)
""",
    "a share and a mean of a mixture": """
y ~ x, family=mixture(gaussian, gaussian)
  mu1 ~ a * tanh(t), nl=true
  theta1 ~ s * x - exp(a) / 9, nl=true
  a ~ 1 + (1 | g)
  s ~ 1
  prior a ~ normal(1, 1)
  prior s ~ normal(0, 1)
""",
    "the odds of a category": """
f ~ x + (1 | g), family=categorical
  muw ~ a * exp(-k * t), nl=true
  a ~ 1
  k ~ 1 + (1 | g)
  prior a ~ normal(0, 1)
  prior k ~ normal(0.5, 0.2)
""",
    "of each of two responses": """
y ~ x
  y.sigma ~ a + d * tanh(x), nl=true
  a + d ~ 1
  n ~ k * x, nl=true, family=negbinomial
  k ~ 1 + (1 | g)
  n.shape ~ a^2, nl=true
  a ~ 1
  prior y.a ~ normal(0, 1)
  prior y.d ~ normal(0, 1)
  prior n.a ~ normal(1, 1)
  prior n.k ~ normal(1, 1)
""",
    "weighed": """
y | weights(w) ~ a * t / (b + t), nl=true
  a ~ x + I(x^2)
  b ~ 1
  prior a.Intercept[mean] ~ normal(4, 2)
  prior b ~ gamma(4, 2)
""",
}


def data() -> pd.DataFrame:
    rng = np.random.default_rng(31)
    rows = 48
    x = rng.normal(size=rows)
    return pd.DataFrame(
        {
            "g": [f"g{i}" for i in rng.permutation(np.arange(rows) % 6)],
            "f": rng.permutation(np.array(["u", "v", "w"])[np.arange(rows) % 3]),
            "x": x,
            "t": np.tile([0.5, 1.0, 2.0, 4.0], 12),
            "y": rng.normal(3.0, 1.0, rows),
            "n": rng.poisson(3.0, rows),
            "hit": rng.binomial(1, 0.6, rows),
            "grade": rng.permutation(np.arange(rows) % 4),
            "w": rng.permutation(np.arange(rows) % 4),
        }
    )


@pytest.mark.parametrize(("name", "thorough"), shares(CURVES, 6))
def test_backends_agree(name: str, thorough: bool, tmp_path: Path) -> None:
    compiled = Case(0, CURVES[name], data(), frozenset()).compile(tmp_path)
    assert compare(compiled, tmp_path / "case.csv", 3, thorough) == []
    for stage, program, frame in variants(compiled):
        assert compare_kernel(program, frame, 4) == [], stage


@pytest.mark.parametrize("seed", range(12))
def test_backends_agree_on_random_curves(seed: int, tmp_path: Path) -> None:
    case = random_curve(seed)
    compiled = case.compile(tmp_path)
    assert compare(compiled, tmp_path / "case.csv", seed, thorough=False) == [], (
        case.text
    )
    for stage, program, frame in variants(compiled):
        assert compare_kernel(program, frame, seed) == [], (stage, case.text)


@pytest.mark.parametrize(
    "seed",
    [*range(4), *(pytest.param(n, marks=pytest.mark.slow) for n in range(4, 80))],
)
def test_backends_agree_on_what_is_calculated_for_further_parameters(
    seed: int, tmp_path: Path
) -> None:
    case = random_calculated(seed)
    compiled = case.compile(tmp_path)
    assert compare(compiled, tmp_path / "case.csv", seed, thorough=False) == [], (
        case.text
    )
    for stage, program, frame in variants(compiled):
        assert compare_kernel(program, frame, seed) == [], (stage, case.text)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12, 150))
def test_backends_agree_on_many_random_curves(seed: int, tmp_path: Path) -> None:
    case = random_curve(seed)
    compiled = case.compile(tmp_path)
    assert compare(compiled, tmp_path / "case.csv", seed, thorough=True) == [], (
        case.text
    )
    for stage, program, frame in variants(compiled):
        assert compare_kernel(program, frame, seed) == [], (stage, case.text)


def test_every_operation_of_the_kernel_is_met(tmp_path: Path) -> None:
    met: set[str] = set()
    for text in CURVES.values():
        compiled = Case(0, text, data(), frozenset()).compile(tmp_path)
        met |= {*emit_kernel(compiled.program, compiled.frame).density.operations}
    assert {one.name for one in elementwise.ELEMENTWISE} - met == set()
    assert {one.name for one in elementwise.ELEMENTWISE} == {*ELEMENTWISE}


#: Where each function is smooth.
POINTS = {
    "^": (1.7, -0.6),
    "log1p": (-0.3,),
    "logit": (0.2,),
    "abs": (-0.4,),
    "min": (0.3, 0.8),
    "max": (0.3, 0.8),
    "choose": (1.0, 0.4, 2.0),
    "/": (0.7, -0.3),
}


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_slopes_are_those_of_differences(name: str) -> None:
    function = ELEMENTWISE[name]
    at = POINTS.get(name, (0.6,))
    for place in range(function.arguments):
        if (name, place) == ("choose", 0):
            continue
        step, ends = 1e-6, []
        for sign in (1.0, -1.0):
            moved = list(at)
            moved[place] += sign * step
            ends.append(float(function(*moved)))
        wanted = (ends[0] - ends[1]) / (2.0 * step)
        carried = list[Any](at)
        carried[place] = at[place] + 1e-30j
        found = complex(function(*carried))
        assert found.imag / 1e-30 == pytest.approx(wanted, rel=1e-8, abs=1e-9)
        assert found.real == float(function(*at))


def expressions(rng: np.random.Generator, depth: int) -> Any:
    """A random expression of operators over three names and numbers."""
    if depth == 0 or rng.random() < 0.15:
        if rng.random() < 0.3:
            return Const(float(rng.integers(-3, 4)))
        return Symbol(str(rng.choice(["a", "b", "c"])))
    operation = str(rng.choice(["+", "-", "*", "/", "^", "neg", "abs"]))
    count = OPERATIONS[operation]
    return Apply(operation, tuple(expressions(rng, depth - 1) for _ in range(count)))


def test_texts_have_the_parentheses_they_need() -> None:
    """Read back by Python, the text of a script and that of a program are the same."""
    rng = np.random.default_rng(8)
    values = {"a": np.array(1.3), "b": np.array(2.1), "c": np.array(0.4)}

    class pt:
        abs = staticmethod(np.abs)

    met = 0
    for _ in range(400):
        one = expressions(rng, 4)
        with np.errstate(all="ignore"):
            wanted = complex(evaluate_expression(one, values))
            for text in (
                program_expression(one, 0, str),
                expression_text(one).replace("^", "**"),
            ):
                try:
                    found = eval(text, {"pt": pt, "abs": np.abs, "np": np}, values)
                except ZeroDivisionError:
                    continue
                if np.isfinite(wanted) and np.isfinite(complex(found)):
                    met += 1
                    assert complex(found) == pytest.approx(wanted, rel=1e-9), text
    assert met > 300

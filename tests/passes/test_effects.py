"""Group effects as the kernel samples them: the same density, the same posterior.

What is held against the passes is written out here from their definitions: the
coordinates of ``ir.Centering``, sums over a grid in place of integrals, and the
posterior of normal effects by dense matrices.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.linalg import block_diag
from scipy.special import logsumexp

from varying.compiler.backends.kernel import build, emit
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.passes import (
    center_effects,
    for_kernel,
    for_sampling,
    integrate_effects,
)
from varying.compiler.program.blocks import GroupUse
from varying.compiler.program.interpret import coordinates, evaluate
from varying.compiler.program.interpret.density import cholesky, likelihood_arguments
from varying.compiler.program.ir import Frame, Group, Program
from varying.grammar.source import Source

from .test_passes import DATA

Array = NDArray[Any]
Point = dict[str, Array]

CLOSE = {"rtol": 1e-10, "atol": 1e-9}


@cache
def large() -> dict[str, Any]:
    """Return 240 rows: levels nested and crossed, enough of each to be known."""
    rng = np.random.default_rng(0)
    a, b, g = (rng.integers(0, levels, 240) for levels in (6, 4, 5))
    x = rng.normal(size=240).round(1)
    eta = 0.5 * x + 2.0 * rng.normal(size=6)[a] + 0.7 * rng.normal(size=(6, 4))[a, b]
    eta = eta + rng.normal(size=5)[g] + rng.normal(size=6)[a] * x
    y = 1.0 + eta + 0.7 * rng.normal(size=240)
    return {
        "y": y.tolist(),
        "positive": np.exp(0.3 * y).tolist(),
        "k": np.clip(np.round(y), -2, 3).astype(int).tolist(),
        "count": rng.poisson(np.exp(0.4 * eta)).tolist(),
        "many": rng.poisson(np.exp(3.0 + 0.5 * eta)).tolist(),
        "hit": (eta + rng.logistic(size=240) > 0.0).astype(int).tolist(),
        "x": x.tolist(),
        "step": [("low", "high")[int(value > 0.0)] for value in x],
        "z": rng.normal(size=240).tolist(),
        "of_a": rng.normal(size=6)[a].tolist(),
        "a": [f"a{level}" for level in a],
        "b": [f"b{level}" for level in b],
        "g": [f"g{level}" for level in g],
    }


def sampled(spec: str, data: dict[str, Any]) -> tuple[Program, Frame]:
    """Return the program as it is before the passes of the kernel."""
    compiled = compile_spec(Request(Source(spec), table_from_frame(data)))
    return for_sampling(compiled.program, compiled.frame)


def random_point(rng: np.random.Generator, program: Program, frame: Frame) -> Point:
    return {
        c.name: np.asarray(rng.normal(0.0, 0.7, c.shape))
        for c in coordinates(program, frame)
    }


def density(program: Program, frame: Frame, point: Point) -> float:
    return float(np.real(evaluate(program, frame, point)[1]))


# ---- partly centered -----------------------------------------------------------------

#: Enough is known of these to turn them.
TURNED = "many ~ step + (1 + step + z || a), family=poisson"
CENTERED = [
    "hit ~ x + (1 | a), family=bernoulli",
    "hit ~ x + (1 + x | a), family=bernoulli",
    "hit ~ x + of_a + (1 + x || a), family=bernoulli",
    "count ~ x*of_a + (1 + x + z | a) + (1 | g), family=poisson",
    "count ~ x + of_a + (1 | a) + (1 | g), family=negbinomial",
    "k ~ of_a + (1 | a) + (0 + x | g), family=ordlogit",
    # every ordinal family, and the links
    *(
        f"k ~ x + (1 | a), family={family}, link={link}"
        for family, link in (
            ("cumulative", "probit"),
            ("cumulative", "cloglog"),
            ("cumulative", "loglog"),
            ("cumulative", "cauchit"),
            ("sratio", "logit"),
            ("cratio", "cloglog"),
            ("acat", "logit"),
            ("zero_inflated_cumulative", "logit"),
        )
    ),
    "let up = k + 2\nup ~ x + (1 | a), family=hurdle_cumulative",
    "y ~ x + (1 + x | a) + (1 | g), family=student\n  sigma ~ z + (1 | g)",
    "hit ~ step + (1 + step | a), family=bernoulli",
    TURNED,
    # several responses, that share effects or not
    "hit ~ x + (1 | a), family=bernoulli\n  many ~ of_a + (1 | a), family=poisson",
    "hit ~ x + (1 |p| a), family=bernoulli\n  many ~ x + (1 + x |p| a), family=poisson",
    "mvbind(y, positive) ~ x + (1 + x |p| a) + (1 | g), rescor=true",
    # what is not linear
    CURVE := "y ~ top * inv_logit(x - mid), nl=true\n  top ~ 1 + (1 | a)\n"
    "  mid ~ z + (1 | a)\n  prior top.Intercept ~ normal(0, 9)\n"
    "  prior mid.Intercept ~ normal(0, 2)",
    CURVE.replace("(1 | a)", "(1 |p| a)"),
]


@dataclass(frozen=True)
class Moved:
    """A point of partly centered effects, and what its log Jacobian sums to."""

    point: Point
    jacobian: float


def moved(program: Program, frame: Frame, before: Point, values: Any) -> Moved:
    """Write a point with standard normals in the coordinates of ``ir.Centering``."""
    point, jacobian = dict(before), 0.0
    for group in program.groups:
        if group.centering is None:
            continue
        z = point.pop(group.base)
        weights = frame[group.centering.weights]
        parts = [
            one.sign * np.atleast_1d(values[one.name])[one.place]
            for one in group.centering.elements
        ]
        level = np.einsum("jqp,p->jq", frame[group.centering.around], np.array(parts))
        size = z.shape[1]
        sd = values[group.sd] / np.array(group.unit)
        factor = sd[:, None] * cholesky(group, values, size)
        x = np.empty_like(z)
        for j, i in product(range(len(z)), range(size)):
            m, t, w = factor[i, :i] @ z[j, :i], factor[i, i], weights[j, i]
            x[j, i] = w * (level[j, i] + m) + t**w * z[j, i]
            jacobian += w * np.log(t)
        basis = group.centering.basis
        if basis:
            # of determinant 1
            np.testing.assert_allclose(np.tril(basis), np.eye(size), **CLOSE)
            x = np.linalg.solve(np.array(basis), x.T).T
        point[group.coordinate] = x
    return Moved(point, jacobian)


@pytest.mark.parametrize("spec", CENTERED)
def test_centering_is_a_change_of_coordinates(spec: str) -> None:
    """The densities at one model state differ by the log Jacobian alone."""
    before, frame = sampled(spec, large())
    after, filled = center_effects(before, frame)
    centerings = [group.centering for group in after.groups if group.centering]
    assert centerings
    assert spec != TURNED or centerings[0].basis
    rng = np.random.default_rng(3)
    for _ in range(3):
        point = random_point(rng, before, frame)
        values, was = evaluate(before, frame, point)
        there = moved(after, filled, point, values)
        again, now = evaluate(after, filled, there.point)
        np.testing.assert_allclose(np.real(now) + there.jacobian, np.real(was), **CLOSE)
        for name in (
            *(group.effects for group in before.groups),
            *(predictor.name for predictor in before.predictors),
        ):
            np.testing.assert_allclose(again[name], values[name], **CLOSE)


def weights_of(spec: str, data: dict[str, Any]) -> dict[str, Array]:
    program, frame = center_effects(*sampled(spec, data))
    return {
        group.levels: np.zeros(1)
        if group.centering is None
        else frame[group.centering.weights]
        for group in program.groups
    }


def counts(sd: float, rows: int) -> dict[str, Any]:
    """Return counts of 30 groups of some rows, with effects of that sd."""
    rng = np.random.default_rng(1)
    g = np.repeat(np.arange(30), rows)
    x = rng.normal(size=len(g))
    effects = sd * rng.normal(size=30)
    return {
        "y": rng.poisson(np.exp(1.0 + x + effects[g])).tolist(),
        "x": x.tolist(),
        "g": [f"g{level}" for level in g],
    }


def test_weights_follow_what_is_known_of_the_effects() -> None:
    spec = "y ~ x + (1 | g), family=poisson"
    found = {
        (sd, rows): weights_of(spec, counts(sd, rows))["g"].mean()
        for sd, rows in ((0.02, 5), (1.0, 5), (1.0, 40))
    }
    assert found[0.02, 5] < 0.1
    assert found[1.0, 5] > 0.6
    assert found[1.0, 40] > 0.9


def test_responses_that_share_nothing_have_the_weights_of_as_many_models() -> None:
    data = {**counts(0.5, 5), "h": ["h1", "h2", "h3", "h4", "h5", "h6"] * 25}
    data["k"] = [n % 2 for n in data["y"]]
    formulas = (
        "y ~ x + (1 | g), family=poisson",
        "k ~ x + (1 | h), family=bernoulli",
    )
    both = weights_of("\n  ".join(formulas), data)
    for formula in formulas:
        for levels, weights in weights_of(formula, data).items():
            np.testing.assert_array_equal(both[levels], weights)


def test_effects_of_two_responses_know_what_the_rows_of_both_say() -> None:
    """What two responses share has, in each of them, the weights of it alone."""
    data = counts(0.5, 5)
    data["k"] = data["y"][::-1]
    shared = "y ~ x + (1 |p| g), family=poisson\n  k ~ x + (1 |p| g), family=poisson"
    both = weights_of(shared, data)["g"]
    for place, response in enumerate(("y", "k")):
        alone = weights_of(f"{response} ~ x + (1 | g), family=poisson", data)["g"]
        np.testing.assert_array_equal(both[:, [place]], alone)


LINE = """y ~ a + k * x, nl=true, family=poisson
  a ~ 1 + (1 | g)
  k ~ 1
  prior a.Intercept ~ normal(0, 100)
  prior k.Intercept ~ normal(0, 100)
"""


@pytest.mark.parametrize("sd", [0.02, 0.5])
def test_a_line_written_as_a_curve_has_the_weights_of_the_line(sd: float) -> None:
    data = counts(sd, 10)
    line = weights_of("y ~ x + (1 | g), family=poisson", data)["g"]
    np.testing.assert_array_equal(weights_of(LINE, data)["g"], line)
    assert (line.mean() > 0.3) == (sd > 0.1)


def growth(rows: int) -> tuple[str, dict[str, Any]]:
    """Return a curve with two parameters that differ between 30 levels, and data."""
    rng = np.random.default_rng(2)
    g, t = np.repeat(np.arange(30), rows), np.tile(np.linspace(0.0, 5.0, rows), 30)
    top = 10.0 + 2.0 * rng.normal(size=30)
    rate = np.exp(-0.5 + 0.3 * rng.normal(size=30))
    y = top[g] * (1.0 - np.exp(-rate[g] * t)) + 0.5 * rng.normal(size=len(t))
    spec = (
        "y ~ top * (1 - exp(-exp(rate) * t)), nl=true\n  top ~ 1 + (1 | g)\n"
        "  rate ~ 1 + (1 | g)\n  prior top.Intercept ~ normal(8, 5)\n"
        "  prior rate.Intercept ~ normal(0, 1)"
    )
    return spec, {"y": y.tolist(), "t": t.tolist(), "g": [f"g{k}" for k in g]}


def test_what_rows_know_of_the_parameters_of_a_curve_is_known() -> None:
    """Reliabilities by the curve's slopes at the truth, which are near the weights.

    With residuals of 0.5 a level of 12 rows knows its rate to 0.06, its top to 0.22.
    """
    spec, data = growth(12)
    program, frame = center_effects(*sampled(spec, data))
    t = np.linspace(0.0, 5.0, 12)
    decay = np.exp(-np.exp(-0.5) * t)
    slopes = np.column_stack([1.0 - decay, 10.0 * decay * np.exp(-0.5) * t])
    known = slopes.T @ slopes / 0.5**2
    variances = np.diag([2.0**2, 0.3**2])
    spread = np.linalg.inv(np.linalg.inv(variances) + known)
    reliable = 1.0 - np.diag(spread) / np.diag(variances)
    for group, wanted in zip(program.groups, reliable, strict=True):
        assert group.centering is not None
        weights = frame[group.centering.weights]
        # of the variances the lower end is taken
        assert wanted - 0.25 < weights.mean() <= wanted + 0.02
        own = {element.name for element in group.centering.elements}
        assert own == {f"{group.name.removesuffix('_g')}_Intercept"}


def test_what_the_population_part_explains_is_no_effect_of_levels() -> None:
    """Slopes are equal; levels differ in their scores because their x do."""
    spec = "y ~ x + (0 + x | g), family=poisson"
    assert weights_of(spec, counts(0.0, 40))["g"].mean() < 0.1


def test_effects_are_around_what_the_population_part_says_of_their_level() -> None:
    """1 for the same column; the level's value of what is constant within it."""
    spec = "many ~ x + of_a + (1 + x | a), family=poisson"
    program, frame = center_effects(*sampled(spec, large()))
    group = program.group("a")
    centering = group.centering
    assert centering is not None
    around = frame[centering.around] * np.array(group.unit)[:, None]
    places = {(one.name, one.place): i for i, one in enumerate(centering.elements)}
    intercept = places["Intercept_centered", 0]
    x, of_a = places["b", 0], places["b", 1]
    means = frame["X_mean"]
    own = np.array([large()["of_a"][large()["a"].index(f"a{j}")] for j in range(6)])
    np.testing.assert_allclose(around[:, 0, intercept], 1.0, atol=1e-6)
    np.testing.assert_allclose(around[:, 0, of_a], own - means[1], atol=1e-6)
    # a column that is centred is x less its mean
    np.testing.assert_allclose(around[:, 0, x], -means[0], atol=1e-6)
    np.testing.assert_allclose(around[:, 1, x], 1.0, atol=1e-6)
    np.testing.assert_allclose(around[:, 1, [intercept, of_a]], 0.0, atol=1e-6)


def test_thresholds_are_what_ordinal_effects_are_around() -> None:
    spec = "k ~ 1 + (1 | a), family=ordlogit"
    program, frame = center_effects(*sampled(spec, large()))
    centering = program.group("a").centering
    assert centering is not None
    assert [(one.place, one.sign) for one in centering.elements] == [(2, -1.0)]
    np.testing.assert_allclose(frame[centering.around], 1.0, atol=1e-6)


def test_a_form_that_was_asked_for_stays() -> None:
    spec = "hit ~ x + (1 | a), family=bernoulli, parameterization={}"
    for form in ("centered", "noncentered"):
        program, frame = sampled(spec.format(form), large())
        assert for_kernel(program, frame)[0] == program


# ---- integrated out -----------------------------------------------------------------

#: On two levels of the outermost group, the effects of one at a time are few.
INTEGRATED = [
    "y ~ x + (1 | w)",
    "y ~ x + (1 + x | w)",
    "y ~ x + (1 + x || w)",
    "y ~ block + (1 | w)",
    "y ~ 1 + (1 | w/block)",
    "count ~ x + (1 | w), family=lognormal",
]


def log_integral(f: Callable[[Array], float], size: int) -> float:
    """Return the log of the integral of ``exp(f)`` for an ``f`` with one peak.

    A sum over a grid in coordinates in which the peak is about round, which for
    such a function is exact to rounding (Trefethen & Weideman 2014).
    """
    step = np.eye(size)
    above = np.array([f(step[i]) for i in range(size)])
    below = np.array([f(-step[i]) for i in range(size)])
    slope = 0.5 * (above - below)
    curve = np.array(
        [
            [
                0.25
                * (
                    f(step[i] + step[j])
                    - f(step[i] - step[j])
                    - f(step[j] - step[i])
                    + f(-step[i] - step[j])
                )
                for j in range(size)
            ]
            for i in range(size)
        ]
    )
    middle = np.linalg.solve(-curve, slope)
    scale = np.linalg.cholesky(np.linalg.inv(-curve))
    width, reach = 0.8, 8
    grid = width * np.arange(-reach, reach + 1)
    values = [f(middle + scale @ np.array(at)) for at in product(grid, repeat=size)]
    volume = size * np.log(width) + np.log(np.diagonal(scale)).sum()
    return float(volume + logsumexp(values))


@pytest.mark.parametrize("spec", INTEGRATED)
def test_integrating_gives_the_integral(spec: str) -> None:
    data = {**DATA, "count": [1.0 + value for value in DATA["k"]]}
    data["w"] = [("one", "two")[i % 5 % 2] for i in range(24)]
    before, frame = sampled(spec, data)
    after, filled = integrate_effects(before, frame)
    integrated = [group for group in after.groups if group.form == "marginal"]
    assert integrated == list(after.groups)
    rng = np.random.default_rng(5)
    point = random_point(rng, before, frame)
    zero = {group.base: np.zeros_like(point[group.base]) for group in integrated}
    rest = {name: value for name, value in point.items() if name not in zero}
    total = density(before, frame, rest | zero)
    for level in (0, 1):
        own = _places(integrated, zero, level)

        def at(effects: Array, own: list[tuple[str, int, int]] = own) -> float:
            changed = {name: np.array(value) for name, value in zero.items()}
            for (name, j, i), value in zip(own, effects, strict=True):
                changed[name][j, i] = value
            return density(before, frame, rest | changed)

        total += log_integral(at, len(own)) - at(np.zeros(len(own)))
    assert density(after, filled, rest) == pytest.approx(total, rel=1e-10)


def _places(groups: list[Group], zero: Point, outer: int) -> list[tuple[str, int, int]]:
    """Return the effects of one of the two outermost levels, in equal shares."""
    found = []
    for group in groups:
        levels, size = zero[group.base].shape
        share = levels // 2
        found += [
            (group.base, j, i)
            for j in range(outer * share, (outer + 1) * share)
            for i in range(size)
        ]
    return found


DRAWN = [
    "y ~ x + (1 + x | a/b)",
    "y ~ x + (1 | a) + (1 + x | a:b) + (1 | g)",
    "positive ~ x + (1 + x || a) + (1 | a:b), family=lognormal",
    "y ~ 1 + (1 | a/b)",
    "y ~ step + (1 + step | a)",
    "y ~ x + (1 + x + z | a:b) + (1 + z | a)",
    "y ~ x + (1 | a) + (1 | g)",
]


@dataclass(frozen=True)
class Given:
    """A generator of the normal numbers that it is given."""

    numbers: Array

    def standard_normal(self, shape: tuple[int, ...]) -> Array:
        return self.numbers.reshape(shape)


def posterior(
    program: Program, frame: Frame, values: dict[str, Array]
) -> tuple[list[str], Array, Array]:
    """Return mean and variance of all integrated effects, given the rest."""
    likelihood = program.likelihood
    arguments = likelihood_arguments(program, values)
    y = np.asarray(frame[likelihood.value], dtype=float)
    if likelihood.family.name == "lognormal":
        y = np.log(y)
    count = 1.0 if likelihood.count is None else frame[likelihood.count]
    precision = np.broadcast_to(count / arguments["sigma"] ** 2, y.shape)
    names, designs, priors = [], [], []
    for group in program.groups:
        if group.form != "marginal":
            continue
        levels, size = frame.lengths[group.levels], frame.lengths[group.coefs]
        use = next(
            block
            for block in program.predictors[0].blocks
            if isinstance(block, GroupUse) and block.group == group.name
        )
        columns = np.ones((len(y), size))
        if use.design is not None:
            columns = frame[use.design]
        basis = np.eye(size) if group.moved is None else np.array(group.moved.basis)
        if use.stated:
            # back to the columns that the effects as written are multiplied by
            columns = columns @ np.linalg.inv(basis)
        design = np.zeros((len(y), levels, size))
        design[np.arange(len(y)), frame[use.index]] = columns
        factor = basis @ (values[group.sd][:, None] * cholesky(group, values, size))
        names.append(group.effects)
        designs.append(design.reshape(len(y), -1))
        priors += [np.linalg.inv(factor @ factor.T)] * levels
    whole = np.hstack(designs)
    variance = np.linalg.inv(
        block_diag(*priors) + whole.T @ (precision[:, None] * whole)
    )
    mean = variance @ (whole.T @ (precision * (y - arguments["mu"])))
    return names, mean, variance


@pytest.mark.parametrize("spec", DRAWN)
def test_effects_drawn_afterwards_have_their_joint_posterior(spec: str) -> None:
    """They are affine in the normal numbers that they are drawn with."""
    program, frame = for_kernel(*sampled(spec, large()))
    kernel = build(emit(program, frame))
    point = random_point(np.random.default_rng(7), program, frame)
    values, _ = evaluate(program, frame, point)
    names, mean, variance = posterior(program, frame, values)
    x = np.concatenate([np.ravel(point[c.name]) for c in coordinates(program, frame)])
    normals = kernel.tapes.normals
    assert normals == len(mean)
    numbers = np.vstack([np.zeros(normals), np.eye(normals)])
    rng: Any = Given(numbers)
    drawn = kernel.draws(np.tile(x, (len(numbers), 1)), rng)
    effects = np.hstack([drawn[name].reshape(len(numbers), -1) for name in names])
    spread = effects[1:] - effects[0]
    np.testing.assert_allclose(effects[0], mean, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(spread.T @ spread, variance, rtol=1e-8, atol=1e-8)


def test_which_effects_are_integrated_out() -> None:
    """The most, and those that they are nested in; of normal responses alone."""
    wanted = {
        "y ~ x + (1 | a) + (1 | g)": {"r_a"},
        "y ~ x + (1 + x | g) + (1 | a)": {"r_g"},
        "y ~ x + (1 | a/b) + (1 | g)": {"r_a", "r_a:b"},
        "y ~ x + (1 | a), parameterization=noncentered": set(),
        "y ~ x + (1 | a), family=student": set(),
        "y ~ x + (1 | a)\n  sigma ~ x": set(),
    }
    for spec, names in wanted.items():
        program, _ = integrate_effects(*sampled(spec, large()))
        found = {g.effects for g in program.groups if g.form == "marginal"}
        assert found == names, spec

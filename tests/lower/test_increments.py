"""Default priors of columns that are functions of the same variables.

The prior of a linear predictor is normal: its covariance over the rows says all. It
must be the same however the columns that span it are written.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.program.expressions import Const
from varying.compiler.program.interpret import coordinates, evaluate
from varying.grammar.source import Source

Array = NDArray[Any]
RNG = np.random.default_rng(8)
N = 90
YEAR = 2000.0 + np.arange(N) % 21
DATA: dict[str, Any] = {
    "year": YEAR,
    "since": YEAR - 1990.0,
    "dose": RNG.uniform(5.0, 60.0, N),
    "w": RNG.normal(30.0, 4.0, N),
    "age": np.round(RNG.uniform(18.0, 70.0, N)),
    "zero_one": np.arange(N) % 2.0,
    "f": [("a", "b", "c")[i % 3] for i in range(N)],
    "g": [f"g{i % 9}" for i in range(N)],
    "y": RNG.normal(5.0, 2.0, N),
    "k": RNG.poisson(4.0, N).tolist(),
    "u": (RNG.random(N) < 0.4).astype(float),
    "o": RNG.integers(0, 5, N).tolist(),
}


def compiled(text: str, **data: Any) -> Compiled:
    return compile_spec(Request(Source(text), table_from_frame({**DATA, **data})))


def covariance(model: Compiled, part: str = "") -> Array:
    """The prior covariance of the population part over the rows, centred."""
    program, frame = model.lowered, model.frame
    names = {p.name for p in program.parameters}
    raw = f"{part}b_at_means" if f"{part}b_at_means" in names else f"{part}b"
    parameter = program.parameter(raw)
    (sigma,) = (v for n, v in parameter.prior.arguments if n == "sigma")
    assert isinstance(sigma, Const)
    size = frame.lengths[f"{part}coef"]
    sds = np.broadcast_to(np.asarray(sigma.value, dtype=float), (size,))
    basis = frame.arrays.get(f"{part}b_basis", np.eye(size))
    effects = frame[f"{part}X_centered"] @ (basis * sds)
    return np.asarray(effects @ effects.T)


#: What spans the same functions of the same variables is one model.
SAME = [
    ("year + I(year^2)", "since + I(since^2)"),
    ("year + I(year^2)", "poly(year, 2)"),
    ("year + I(year^2)", "poly(year, 2, raw=TRUE)"),
    ("year + I(year^2)", "scale(year) + I(scale(year)^2)"),
    ("since + I(since^2) + I(since^3)", "poly(since, 3)"),
    ("dose + log(dose)", "I(dose / 1000) + I(log(dose / 1000))"),
    ("poly(year, 2, raw=TRUE) * f", "poly(year, 2) * f"),
    ("f * (year + I(year^2))", "f * poly(since, 2)"),
    ("age + I(age^2) + w", "poly(age, 2) + w"),
    ("w * (age + I(age^2))", "w * poly(age, 2)"),
    ("age + w + I(age * w)", "w + age + I((age - 40) * (w - 30))"),
    # products before functions of their variables, and margins written otherwise
    (
        "u * year + I(u * year^2) + I(year^2)",
        "u * since + I(since^2) + I(u * since^2)",
    ),
    (
        "w * age + I(w * age^2) + I(age^2)",
        "w * center(age) + I(age^2) + I(w * center(age)^2)",
    ),
    ("year + w + I(year - 2000):w", "year + w + I((year - 2010) * w)"),
    ("scale(year) + w + year:w", "year + w + I(year * w)"),
]


@pytest.mark.parametrize(("left", "right"), SAME)
def test_one_model_has_one_default_prior(left: str, right: str) -> None:
    here, there = (covariance(compiled(f"y ~ {terms}")) for terms in (left, right))
    np.testing.assert_allclose(here, there, atol=1e-6 * np.abs(there).max())


def test_a_let_is_what_it_is_made_of() -> None:
    head = "let old = age^2 / 100\nlet older = old + 3\n"
    here = covariance(compiled(f"{head}y ~ age + older"))
    there = covariance(compiled("y ~ poly(age, 2)"))
    np.testing.assert_allclose(here, there, atol=1e-8 * np.abs(there).max())


@pytest.mark.parametrize("family", ["poisson", "bernoulli", "ordlogit"])
def test_all_families_and_parameters(family: str) -> None:
    left = {"poisson": "k", "bernoulli": "u", "ordlogit": "o"}[family]
    models = [
        compiled(f"{left} ~ {terms}, family={family}")
        for terms in ("year + I(year^2)", "poly(year, 2)")
    ]
    here, there = (covariance(model) for model in models)
    np.testing.assert_allclose(here, there, atol=1e-7 * np.abs(there).max())
    models = [
        compiled(f"y ~ 1\n  sigma ~ {terms}")
        for terms in ("year + I(year^2)", "poly(year, 2)")
    ]
    here, there = (covariance(model, "sigma_") for model in models)
    np.testing.assert_allclose(here, there, atol=1e-7 * np.abs(there).max())


def test_each_part_may_move_the_response_by_a_few_sds() -> None:
    """A parabola over 2000 to 2020 has room: its part that is new has sd 2.5 s."""
    whole = covariance(compiled("y ~ year + I(year^2)"))
    linear = covariance(compiled("y ~ year"))
    s = np.std(DATA["y"], ddof=1)
    added = np.trace(whole - linear) / (N - 1)
    assert math.sqrt(added) == pytest.approx(2.5 * s, rel=0.02)


@pytest.mark.parametrize(
    "terms",
    [
        "age + w",
        "f * age",
        "zero_one + age",
        "within(age, f) + between(age, f)",
        "poly(age, 3)",
        "scale(age) * scale(w)",
    ],
)
def test_different_variables_are_left_alone(terms: str) -> None:
    """So are columns that are as good as orthogonal, and rounding is none."""
    data = {"age": DATA["age"] - np.mean(DATA["age"])}
    program = compiled(f"y ~ {terms}", **data).program
    assert "b_at_means" not in {p.name for p in program.parameters}


def test_a_column_that_adds_nothing_is_judged_alone() -> None:
    model = compiled("y ~ age + I(2 * age)")
    sds = [row.prior for row in model.priors if row.target.startswith("b[")]
    assert sds == ["normal(0, 0.3167)", "normal(0, 0.1583)"]
    assert "b_at_means" not in {p.name for p in model.program.parameters}


def test_what_the_user_writes_is_literal() -> None:
    """The priors of the others are still about what they add."""
    model = compiled("y ~ year + I(year^2)\n  prior b[year] ~ normal(0, 0.5)")
    point = {c.name: np.zeros(c.shape) for c in coordinates(model.program, model.frame)}
    point["b"] = np.array([0.25, 0.01])
    assert evaluate(model.program, model.frame, point)[0]["b"].tolist() == [0.25, 0.01]
    point["b_at_means"] = point.pop("b")
    model = compiled("y ~ year + I(year^2)\n  prior b[I(year^2)] ~ normal(0, 0.5)")
    values = evaluate(model.program, model.frame, point)[0]["b"]
    assert values[1] == 0.01
    # the slope of a parabola over symmetric years is that at their mean
    assert values[0] == pytest.approx(0.25 - 2.0 * np.mean(YEAR) * 0.01, rel=1e-3)


def test_cells_without_an_intercept_are_at_the_means_of_the_others() -> None:
    """`0 + f + year`: a level in the year 0 is nobody's."""
    here = compiled("y ~ 0 + f + year")
    row = next(r for r in here.priors if r.target == "b[f[b]]")
    assert row.reason.endswith("at the mean of year")
    point = {c.name: np.zeros(c.shape) for c in coordinates(here.program, here.frame)}
    point["b_at_means"] = np.array([5.0, 6.0, 7.0, 0.5])
    b = evaluate(here.program, here.frame, point)[0]["b"]
    mean = float(np.mean(YEAR))
    assert b.tolist() == pytest.approx([*(np.array([5, 6, 7]) - 0.5 * mean), 0.5])


# ---- groups ----------------------------------------------------------------------


def at(model: Compiled, seed: int) -> dict[str, Array]:
    rng = np.random.default_rng(seed)
    return {
        c.name: rng.normal(0.0, 0.5, c.shape)
        for c in coordinates(model.program, model.frame)
    }


GROUPS = [
    ("y ~ {0} + (1 + {0} | g)", "gaussian"),
    ("k ~ {0} + (1 + {0} | g)", "poisson"),
    ("o ~ {0} + (1 + {0} | g)", "ordlogit"),
    ("y ~ 1 + (1 + f * {0} | g)", "student"),
    ("y ~ f + (0 + f + {0} | g)", "gaussian"),
    ("y ~ 1 + (1 + {0} + I({0}^2) | g)", "gaussian"),
    ("y ~ 1 + (1 + {0} | g) + (1 | f)", "gaussian"),
]


@pytest.mark.parametrize(("text", "family"), GROUPS)
def test_where_a_slope_has_its_zero_does_not_matter(text: str, family: str) -> None:
    """Levels are at the slope's mean: one density in the coordinates sampled."""
    here = compiled(f"{text.format('year')}, family={family}")
    centred = {"since": YEAR - np.mean(YEAR)}
    there = compiled(f"{text.format('since')}, family={family}", **centred)
    assert {g.moved is None for g in here.program.groups if g.correlations} == {False}
    for seed in range(3):
        point = at(here, seed)
        renamed = {
            c.name: values
            for c, values in zip(
                coordinates(there.program, there.frame), point.values(), strict=True
            )
        }
        values, density = evaluate(here.program, here.frame, point)
        wanted_values, wanted = evaluate(there.program, there.frame, renamed)
        assert density == pytest.approx(wanted, rel=1e-8)
        name = here.program.predictors[0].name
        np.testing.assert_allclose(
            values[name], wanted_values[name], rtol=1e-6, atol=1e-6
        )
    # an sd at the mean has one prior, whatever the name
    scales = [
        [r.prior for r in m.priors if r.target[:2] == "sd"] for m in (here, there)
    ]
    assert scales[0] == scales[1]


def test_effects_are_reported_as_written() -> None:
    """By their definition: level in the year 0, slope, and their sds."""
    model = compiled("y ~ 1 + (1 + year | g)")
    program, frame = model.lowered, model.frame
    (group,) = program.groups
    assert group.moved is not None
    assert (group.moved.sd, group.effects) == ("sd_g", "r_g")
    mean = float(np.mean(YEAR))
    np.testing.assert_allclose(group.moved.basis, [[1.0, -mean], [0.0, 1.0]])
    model_ = compiled("y ~ 1 + (1 + year | g), parameterization=centered")
    point = at(model_, 3)
    values = evaluate(model_.program, model_.frame, point)[0]
    stated = values["r_g_at_means"]
    np.testing.assert_allclose(values["r_g"][:, 1], stated[:, 1])
    np.testing.assert_allclose(values["r_g"][:, 0], stated[:, 0] - mean * stated[:, 1])
    assert frame["Z_g_at_means"][:, 1] == pytest.approx(YEAR - mean)


@pytest.mark.parametrize(
    "prior",
    ["sd[g, Intercept] ~ exponential(1)", "cor[g] ~ lkj(1)", "sd ~ exponential(1)"],
)
def test_priors_of_groups_that_the_user_writes_are_literal(prior: str) -> None:
    model = compiled(f"y ~ 1 + (1 + year | g)\n  prior {prior}")
    assert model.program.groups[0].moved is None
    rows = {row.target: row.prior for row in model.priors}
    if prior.startswith("cor"):
        # people of the year 0 differ by as much as slopes make of it
        s, c = np.std(DATA["y"], ddof=1), np.std(YEAR, ddof=1)
        wide = s * math.hypot(1.0, float(np.mean(YEAR)) / c)
        assert rows["sd[g, Intercept]"] == f"exponential({1.0 / wide:.4g})"


@pytest.mark.parametrize("prior", ["sd[g, year] ~ exponential(1)"])
def test_the_sd_of_a_slope_is_the_same_anywhere(prior: str) -> None:
    model = compiled(f"y ~ 1 + (1 + year | g)\n  prior {prior}")
    assert model.program.groups[0].moved is not None


@pytest.mark.parametrize(
    "bar",
    [
        "(1 + year || g)",
        "(0 + year | g)",
        "(1 + zero_one | g)",
        # the data are as near to 0 as a step
        "(1 + dose | g)",
        "(1 + I(year - 2000) | g)",
        "(1 + poly(year, 2) | g)",
    ],
)
def test_other_groups_are_stated_as_written(bar: str) -> None:
    assert compiled(f"y ~ 1 + {bar}").program.groups[0].moved is None


# ---- other locations -----------------------------------------------------------


@pytest.mark.parametrize("unit", [1e-6, 1.0, 86_400.0])
@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("y ~ age\n  sigma ~ 1 + offset(log(t))", "sigma_Intercept"),
        ("y ~ age, family=student\n  nu ~ 1 + offset(log(t))", "nu_Intercept"),
        (
            "k ~ age, family=negbinomial\n  shape ~ 1 + offset(log(t))",
            "shape_Intercept",
        ),
    ],
)
def test_offsets_of_parameters_are_taken_from_their_location(
    text: str, name: str, unit: float
) -> None:
    t = RNG.uniform(1.0, 3.0, N)
    plain, scaled = (compiled(text, t=t * by).program for by in (1.0, unit))
    here, there = (p.parameter(name).prior.argument("mu") for p in (plain, scaled))
    assert isinstance(here, Const) and isinstance(there, Const)
    assert np.asarray(here.value) - there.value == pytest.approx(math.log(unit))


def test_an_offset_of_sigma_counts_as_variances_do() -> None:
    """With sd ``w`` in each row the pooled sd is the root of their mean square."""
    w = np.where(np.arange(N) % 10 == 0, 100.0, 1.0)
    found = compiled("y ~ 1\n  sigma ~ 1 + offset(log(w2))", w2=w).program
    mu = found.parameter("sigma_Intercept").prior.argument("mu")
    s = np.std(DATA["y"], ddof=1)
    assert isinstance(mu, Const)
    assert mu.value == pytest.approx(math.log(s / math.sqrt(np.mean(w * w))))


def test_thresholds_take_offsets_up() -> None:
    """``P(Y <= k) = F(c - eta)``: a larger eta needs larger thresholds."""
    plain, moved = (
        compiled(f"o ~ 1{more}, family=ordlogit").program.parameter("threshold_center")
        for more in ("", " + offset(w)")
    )
    here, there = (p.prior.argument("mu") for p in (plain, moved))
    assert isinstance(here, Const) and isinstance(there, Const)
    assert np.asarray(there.value) - here.value == pytest.approx(np.mean(DATA["w"]))


def test_the_latent_scale_is_that_at_the_mean_of_a_numeric_predictor() -> None:
    """`disc ~ year`: nobody is at the year 0, and nothing is known of its scale."""
    here = compiled("o ~ age, family=ordlogit\n  disc ~ year + f")
    there = compiled(
        "o ~ age, family=ordlogit\n  disc ~ year + f", year=YEAR - np.mean(YEAR)
    )
    point = at(here, 1)
    values, density = evaluate(here.program, here.frame, point)
    assert density == pytest.approx(evaluate(there.program, there.frame, point)[1])
    level = np.array([one == "a" for one in DATA["f"]])
    slope = values["disc_b"][0] * (YEAR - np.mean(YEAR))
    np.testing.assert_allclose(values["log_disc"][level], slope[level])


@pytest.mark.parametrize("shift", [-3.0, 20.0])
def test_the_unit_of_an_offset_of_disc_does_not_matter(shift: float) -> None:
    """It would be that of the thresholds, and their defaults know of none."""
    text = "o ~ age, family=ordlogit\n  disc ~ w + offset(z)"
    z = RNG.normal(0.0, 0.5, N)
    here, there = compiled(text, z=z), compiled(text, z=z + shift)
    point = at(here, 2)
    wanted = evaluate(here.program, here.frame, point)[1]
    assert evaluate(there.program, there.frame, point)[1] == pytest.approx(wanted)


@pytest.mark.parametrize("share", [0.5, 0.02, 1e-4])
def test_rare_events_have_the_width_of_a_log(share: float) -> None:
    n = np.full(N, 1e6)
    k = np.round(n * share)
    logit = compiled("k | trials(n) ~ 1, family=binomial", n=n, k=k).program
    log = compiled("k | rate(n) ~ 1, family=poisson", n=n, k=k).program
    priors = [p.parameter("Intercept").prior for p in (logit, log)]
    (mu, sigma), (log_mu, log_sigma) = (
        [float(a.value) for _, a in prior.arguments if isinstance(a, Const)]  # type: ignore[arg-type]
        for prior in priors
    )
    if share < 1e-3:
        assert (mu, sigma) == pytest.approx((log_mu, log_sigma), abs=1e-3)
    if share == 0.5:
        assert (mu, sigma) == (0.0, 1.5)

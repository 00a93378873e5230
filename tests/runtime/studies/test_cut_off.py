"""Censored and truncated responses that are drawn, against their distributions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import gamma

import varying
from varying.grammar.diagnostics import ModelError

ROWS = 2000
SHAPE = 1.5
WEIBULL = {"Intercept": 0.3, "b[x]": 0.8, "shape": SHAPE}
NORMAL = {"Intercept": 0.3, "b[x]": 0.8, "sigma": 1.5}
COX = {"Intercept": 0.3, "b[x]": 0.8, "sbhaz": [0.25] * 4}
POISSON = {"Intercept": 0.3, "b[x]": 0.8}


def design(rows: int = ROWS) -> pd.DataFrame:
    x = np.repeat([0.0, 1.0], rows)
    return pd.DataFrame({"x": x, "end": 1.5 + x, "late": 1, "exact": "none", "y": 99})


def _weibull(x: float) -> stats.rv_continuous:
    scale = np.exp(0.3 + 0.8 * x) / gamma(1.0 + 1.0 / SHAPE)
    return stats.weibull_min(SHAPE, scale=scale)


def _normal(x: float) -> stats.rv_continuous:
    return stats.norm(0.3 + 0.8 * x, 1.5)


def _flat_hazard(x: float) -> stats.rv_continuous:
    return stats.expon(scale=24.0 / np.exp(0.3 + 0.8 * x))


SLIDER = "let e = ifelse(y == -1, -1, ifelse(y == end, 1, 0))\ny | cens(e)"
#: Spec, truth, distribution, where rows are cut off (of x), and between which they are.
DRAWN = {
    "a number": ("y | cens(y >= 2) ~ x, family=weibull", WEIBULL, _weibull, (0, 2)),
    "a column": ("y | cens(y == end) ~ x, family=weibull", WEIBULL, _weibull, (0, 0)),
    "both ends": (f"{SLIDER} ~ x", NORMAL, _normal, (-1, 0)),
    "turned": ("y | cens(!(2 > (y))) ~ x, family=weibull", WEIBULL, _weibull, (0, 2)),
    "lower": ("y | cens(ifelse(y <= 0, -1, 0)) ~ x", NORMAL, _normal, (0, np.inf)),
    "no row": ("y | cens(exact) ~ x", NORMAL, _normal, (-np.inf, np.inf)),
    "cox": (
        "y | cens(y >= end) + bhaz(df=4, boundary=[0, 24]) ~ x, family=cox",
        COX,
        _flat_hazard,
        (0, 0),
    ),
}


@pytest.mark.parametrize("name", DRAWN)
def test_rows_beyond_a_bound_are_recorded_as_the_bound(name: str) -> None:
    spec, truth, law, (low, high) = DRAWN[name]
    found = varying.simulate(spec, truth, design(), seed=3)
    for x in (0.0, 1.0):
        y = found.y[found.x == x].to_numpy()
        top = high or 1.5 + x
        for at, chance in ((low, law(x).cdf(low)), (top, law(x).sf(top))):
            off = abs((y == at).mean() - chance)
            assert off <= 4.0 * np.sqrt(chance * (1.0 - chance) / ROWS)
        inside = y[(y != low) & (y != top)]
        assert (inside > low).all()
        assert (inside < top).all()
        ends = law(x).cdf([low, top])
        places = (law(x).cdf(inside) - ends[0]) / (ends[1] - ends[0])
        assert stats.kstest(places, "uniform").pvalue > 1e-3
    # and the spec that draws them fits them
    assert varying.compile(spec, found).compiled is not None


def test_censored_within_bounds() -> None:
    spec = "y | cens(y >= 2) + trunc(lb=1, ub=4) ~ x, family=weibull"
    found = varying.simulate(spec, WEIBULL, design(), seed=5)
    for x in (0.0, 1.0):
        y = found.y[found.x == x]
        above, whole = _weibull(x).cdf([2.0, 1.0])
        last = _weibull(x).cdf(4.0)
        chance = (last - above) / (last - whole)
        assert y.min() >= 1.0
        off = abs((y == 2.0).mean() - chance)
        assert off < 4.0 * np.sqrt(chance * (1.0 - chance) / ROWS)


def test_a_mixture_is_cut_off_as_a_whole() -> None:
    spec = (
        "y | cens(y >= 2) + trunc(lb=0.5) ~ 1, family=mixture(gaussian, lognormal)\n"
        "  prior mu2.Intercept ~ normal(0, 1)"
    )
    truth = {"mu1.Intercept": -0.5, "mu2.Intercept": 0.4, "theta1": 0.6}
    truth |= {"sigma1": 1.2, "sigma2": 0.5}
    y = varying.simulate(spec, truth, design(), seed=6).y
    parts = ((0.6, stats.norm(-0.5, 1.2)), (0.4, stats.lognorm(0.5, 0, np.exp(0.4))))
    seen, above = (sum(share * of.sf(at) for share, of in parts) for at in (0.5, 2.0))
    chance = above / seen
    assert y.min() >= 0.5
    off = abs((y == 2.0).mean() - chance)
    assert off < 4.0 * np.sqrt(chance * (1.0 - chance) / len(y))


def test_counts_that_are_at_most_a_number() -> None:
    spec = "y | cens(ifelse(y <= 1, -1, 0)) ~ x, family=poisson"
    found = varying.simulate(spec, POISSON, design(), seed=6)
    chance = stats.poisson(np.exp(0.3)).cdf(1)
    off = abs((found.y[found.x == 0] == 1).mean() - chance)
    assert found.y.min() == 1
    assert off < 4.0 * np.sqrt(chance * (1.0 - chance) / ROWS)


#: What stands left of `~`, and what is said.
REFUSED = {
    "marks": ("y | cens(late)", "nothing says where `y` is cut off"),
    "marks not there": ("y | cens(gone)", "nothing says where `y` is cut off"),
    "marks computed": ("y | cens(x == 1)", "nothing says where `y` is cut off"),
    "intervals": ("y | cens(late, end)", "may say interval"),
    "intervals above": ("y | cens(ifelse(y > 1, 2, 0), end)", "may say interval"),
    "not itself": ("y | cens(y > 2)", "does not follow from `y > 2`"),
    "in between": ("y | cens(y > 1 & y <= 2)", "does not follow from"),
    "itself": ("y | cens(y)", "does not follow from `y`"),
    "made of it": ("y | cens(y + x >= 2)", "does not follow from"),
    "of all rows": ("y | cens(y >= max(end))", "more than the columns"),
    "bounds reversed": ("y | trunc(lb=5, ub=2)", "`lb=5` and `ub=2` have nothing"),
    "bounds of columns": ("y | trunc(lb=end, ub=2)", "have nothing between them in 4"),
    "below all": ("y | trunc(ub=-2)", "every response of weibull is above 0"),
    "below what is seen": ("y | cens(y >= 2) + trunc(lb=3)", "below `lb=3`, and"),
    "above what is seen": (
        "y | cens(ifelse(y <= 5, -1, 0)) + trunc(ub=4)",
        "above `ub=4`, and",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_follow(name: str) -> None:
    left, says = REFUSED[name]
    with pytest.raises(ModelError, match=says):
        varying.simulate(f"{left} ~ x, family=weibull", WEIBULL, design(4), seed=1)


@pytest.mark.parametrize(
    ("spec", "truth", "says"),
    [
        ("y | cens(y >= 3) ~ x, family=poisson", POISSON, "marks each `y` of 3"),
        (
            "y | cens(y >= 25) + bhaz(df=4, boundary=[0, 24]) ~ x, family=cox",
            COX,
            "no event by the last knot, 24",
        ),
        (
            "y | cens(y >= 1) ~ x\n  z ~ y",
            {f"y.{name}": value for name, value in NORMAL.items()}
            | {"z.Intercept": 0, "z.b[y]": 1, "z.sigma": 1},
            "is censored and a predictor of `z`",
        ),
        (
            "mvbind(y, z) | cens(y >= 1) ~ x",
            {f"{of}.{name}": v for of in "yz" for name, v in NORMAL.items()},
            "nothing says where `z` is cut off",
        ),
    ],
)
def test_what_cannot_be_drawn(spec: str, truth: dict[str, object], says: str) -> None:
    with pytest.raises(ModelError, match=says):
        varying.simulate(spec, truth, design(4), seed=1)

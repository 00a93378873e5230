"""Three ways of pooling: their specs, and radon beside lme4 and the book."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import varying
from varying.grammar.diagnostics import Sink
from varying.grammar.parser import parse
from varying.grammar.source import Source
from varying.runtime.pooling.pool import Pool, _way, _wide
from varying.runtime.pooling.specs import complete, factors_of, none, partial

RADON = Path(__file__).parents[3] / "examples" / "radon"
SMALL = {"draws": 500, "tune": 500, "chains": 2, "seed": 1, "progress": False}


@cache
def radon() -> Pool:
    return varying.pool(RADON / "radon.model", model="partial", **SMALL)  # type: ignore[arg-type]


def recoded() -> pd.DataFrame:
    """The houses as in the book: a measurement of 0 counts as 0.1."""
    data = pd.read_csv(RADON / "radon.csv")
    measured = (np.exp(data["log_radon"]) - 0.1).round(6)
    return data.assign(y=np.log(measured.clip(lower=0.1)))


def texts(text: str, by: str = "g") -> tuple[str, str, str]:
    source = Source(text)
    sink = Sink(source)
    spec = parse(source, sink)
    assert not sink.failed
    model = spec.models[0]
    sds = {f"sd[{by}, Intercept]": 12.5}
    return (
        complete(spec, model, by),
        none(spec, model, by, sds),
        partial(spec, model),
    )


#: A spec, and the three of it.
SPECS = [
    (
        "y ~ x + (1 + x | g)\n",
        "y ~ x\n",
        "y ~ x + (1 + x || g)\n  prior sd[g, Intercept] = 12.5\n",
        "y ~ x + (1 + x | g)\n",
    ),
    (
        "y ~ (1 | g)\n",
        "y ~ 1\n",
        "y ~ (1 || g)\n  prior sd[g, Intercept] = 12.5\n",
        "y ~ (1 | g)\n",
    ),
    (
        'data "a.csv"\nlet z = x * 2\nprior sd ~ exponential(3)\n'
        "model one: y ~ 0 + (1 | g) + z - x + (1 | item), family=student\n"
        "  sigma ~ z\n  prior sd[g] ~ exponential(1)\n  prior b ~ normal(0, 1)\n"
        "  keep mu\nmodel two: y ~ x\nquantity q = b[z] / 2\n",
        'data "a.csv"\nlet z = x * 2\nprior sd ~ exponential(3)\n'
        "y ~ 0 + z - x + (1 | item), family=student\n  sigma ~ z\n"
        "  prior b ~ normal(0, 1)\n",
        'data "a.csv"\nlet z = x * 2\nprior sd ~ exponential(3)\n'
        "y ~ 0 + (1 || g) + z - x + (1 | item), family=student\n  sigma ~ z\n"
        "  prior b ~ normal(0, 1)\n  prior sd[g, Intercept] = 12.5\n",
        'data "a.csv"\nlet z = x * 2\nprior sd ~ exponential(3)\n'
        "y ~ 0 + (1 | g) + z - x + (1 | item), family=student\n  sigma ~ z\n"
        "  prior sd[g] ~ exponential(1)\n  prior b ~ normal(0, 1)\n",
    ),
    # the prior stands under the formula, whatever follows that
    (
        "y ~ x + (1 | g)\n  prior b ~ normal(0, 1)\nlet z = x\nwhere z > 0\n",
        "y ~ x\n  prior b ~ normal(0, 1)\nlet z = x\nwhere z > 0\n",
        "y ~ x + (1 || g)\n  prior b ~ normal(0, 1)\n  prior sd[g, Intercept] = 12.5\n"
        "let z = x\nwhere z > 0\n",
        "y ~ x + (1 | g)\n  prior b ~ normal(0, 1)\nlet z = x\nwhere z > 0\n",
    ),
]


@pytest.mark.parametrize(("text", "together", "apart", "between"), SPECS)
def test_the_three_specs(text: str, together: str, apart: str, between: str) -> None:
    assert texts(text) == (together, apart, between)


def test_grouping_factors() -> None:
    source = Source(
        "y ~ (1 | g) + (x || h) + (1 | a:b) + (1 | gr(k))\n  sigma ~ (1 | m)"
    )
    spec = parse(source, Sink(source))
    assert factors_of(spec.models[0]) == ["g", "h", "m"]


def test_radon_beside_lme4() -> None:
    """Of ``examples/reference.R``: lm with and without counties, and lmer."""
    found, reference = radon(), json.loads((RADON / "reference.json").read_text())
    fits = {name: one["estimates"] for name, one in reference["fits"].items()}
    for name in ("complete", "partial"):
        rows = {row.label: row.statistics for row in found.fits[name].summary().rows}
        for key in ("Intercept", "b[floor]", "sigma"):
            there = fits[name][key][0]
            assert rows[key].mean == pytest.approx(
                there, abs=0.3 * rows[key].sd + 0.002
            )
    own = {int(one.level): one for one in found.levels}
    assert len(own) == 85
    for county in (1, 16, 70):
        mean, error = fits["none"][f"b[county[{county}]]"]
        assert own[county].none == pytest.approx(mean, abs=0.12 * error + 0.01)
        assert own[county].none_sd == pytest.approx(error, rel=0.12)
    # the more rows, the less a county is pulled: sigma^2 / (sigma^2 + n sd^2)
    sd, sigma = 0.32, 0.727
    far = [one for one in found.levels if abs(one.none - 1.49) > 0.4]
    assert len(far) > 10
    for one in far:
        wanted = sigma**2 / (sigma**2 + one.rows * sd**2)
        assert one.pulled == pytest.approx(wanted, abs=0.12)


#: Gelman & Hill (2007), sections 12.3 and 12.4: what they print of `lm(y ~ x)`, of
#: `lm(y ~ x + factor(county) - 1)` and of `lmer(y ~ x + (1 | county))`.
BOOK = {
    "complete": {"Intercept": 1.33, "b[floor]": -0.61, "sigma": 0.82},
    "none": {"b[floor]": -0.72, "sigma": 0.76},
    "partial": {
        "Intercept": 1.46,
        "b[floor]": -0.69,
        "sd_county[Intercept]": 0.33,
        "sigma": 0.76,
    },
}
#: Of counties: the levels alone, with their standard errors, and together.
BOOK_COUNTIES = {
    1: (0.84, 0.38, 1.19),
    2: (0.87, 0.10, 0.93),
    85: (1.19, 0.53, 1.39),
}


def test_radon_beside_the_book() -> None:
    spec = "column county: factor\ny ~ floor + (1 | county)\n"
    found = varying.pool(spec, recoded(), **SMALL)  # type: ignore[arg-type]
    for name, figures in BOOK.items():
        rows = {row.label: row.statistics for row in found.fits[name].summary().rows}
        for label, printed in figures.items():
            one = rows[label]
            assert one.mean == pytest.approx(printed, abs=0.005 + 0.15 * one.sd), label
    own = {int(one.level): one for one in found.levels}
    for county, (alone, error, together) in BOOK_COUNTIES.items():
        one = own[county]
        assert one.none == pytest.approx(alone, abs=0.005 + 0.15 * error)
        assert one.none_sd == pytest.approx(error, rel=0.12)
        assert one.partial == pytest.approx(together, abs=0.005 + 0.15 * one.partial_sd)


def test_what_is_said_of_radon() -> None:
    """Gelman & Hill (2007), figure 12.1: no pooling overfits, complete underfits."""
    found = radon()
    assert list(found.comparison.to_frame().index) == ["partial", "none", "complete"]
    p = found.comparison.to_frame()["p"]
    assert p["complete"] < 6 < 35 < p["partial"] < 65 < p["none"] < 95
    assert 0.45 < found.shrinkage("Intercept") < 0.65
    text = str(found)
    assert "Pooling of 85 levels of `county`" in text
    assert "`70`, of 116" in text and "Effective numbers of parameters" in text
    plain = found.to_dict()
    assert plain["specs"]["none"].endswith(
        f"prior sd[county, Intercept] = {plain['fixed']['sd[county, Intercept]']:g}\n"
    )
    assert len(plain["levels"]) == len(found.to_frame()) == 85


def test_names_with_a_blank_stand_in_back_quotes() -> None:
    """The priors of the fixed sds are read as they are written."""
    data = pd.DataFrame(
        {
            "y": np.sin(np.arange(24.0)),
            "Block Phase": ["early on"] * 12 + ["late"] * 12,
            "VP Nr": [*"abcd"] * 6,
        }
    )
    spec = "y ~ `Block Phase` + (1 + `Block Phase` | `VP Nr`)"
    compiled = varying.compile(spec, data)._with_data("a test")
    sds = _wide(compiled, "VP Nr")
    assert list(sds) == ["sd[`VP Nr`, Intercept]", "sd[`VP Nr`, `Block Phase`[late]]"]
    source = Source(spec)
    read = parse(source, Sink(source))
    text = none(read, read.models[0], "VP Nr", sds)
    table = varying.compile(text, data).priors.to_frame()
    # fixed, as written: not the default prior of an sd
    assert table[table["source"] == "spec"]["prior"].tolist() == [
        f"= {value:g}" for value in sds.values()
    ]


def test_slopes_and_ranks() -> None:
    rng = np.random.default_rng(1)
    g = np.repeat(np.arange(6), 20)
    x = rng.normal(size=120)
    latent = rng.normal(size=6)[g] + x * (1 + 0.5 * rng.normal(size=6)[g])
    y = np.clip(np.round(2 + latent + rng.logistic(size=120)), 0, 4).astype(int)
    data = pd.DataFrame({"g": g, "x": x, "y": y})
    spec = "y ~ x + (1 + x | g), family=ordlogit"
    found = varying.pool(spec, data, **SMALL)  # type: ignore[arg-type]
    assert found.coefs == ("Intercept", "x")
    slopes = found.of("x")
    assert [one.rows for one in slopes] == [20] * 6
    centre = float(found.fits["partial"].data["posterior"]["b"].mean())
    for one in slopes:
        assert abs(one.partial - centre) < abs(one.none - centre) + 0.1
    assert "all have the same number of rows (20)" in str(found)


def test_what_has_no_three() -> None:
    data = pd.DataFrame(
        {"y": [1.0, 2, 3, 4, 2, 3], "g": [*"aabbcc"], "h": [*"xyxyxy"], "x": range(6)}
    )
    with pytest.raises(ValueError, match="several groups: choose one by by=: 'g', 'h'"):
        varying.pool("y ~ (1 | g) + (1 | h)", data)
    with pytest.raises(ValueError, match="there is: 'g'"):
        varying.pool("y ~ (1 | g)", data, by="k")
    for spec, why in (
        ("y ~ x", "no group of one column"),
        ("y ~ x + (1 | g)\n  sigma ~ (1 | g)", "effects on a parameter beside"),
    ):
        with pytest.raises(varying.ModelError, match=why):
            varying.pool(spec, data)


@pytest.mark.parametrize(
    ("pulled", "said"),
    [(0.0, "0 %"), (0.63, "63 %"), (1.004, "100 %"), (1.13, "past it"), (-0.2, "away")],
)
def test_how_far_a_level_is_pulled(pulled: float, said: str) -> None:
    assert _way(pulled) == said
    assert _way(float("nan")) == ""

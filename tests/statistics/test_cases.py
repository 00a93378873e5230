"""Fits of data on which the defaults were once silently wrong.

The right values are those of least squares, of the centred model, or of the same
events told as rates; see ``docs/decisions/0004``. A kernel fit takes half a second.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from varying.grammar.source import Source
from varying.runtime.api import compile_source
from varying.runtime.fit.fit import Fit

CASES = Path(__file__).parents[1] / "references" / "cases"


@cache
def fitted(case: str, model: str) -> Fit:
    folder = CASES / case
    source = Source((folder / "m.model").read_text(encoding="utf-8"), "m.model")
    compiled = compile_source(source, folder, None, model=model)
    return compiled.fit(draws=500, tune=500, seed=1, progress=False)


def figures(case: str, model: str) -> dict[str, tuple[float, float]]:
    fit = fitted(case, model)
    return {r.label: (r.statistics.mean, r.statistics.sd) for r in fit.summary().rows}


def elpd(case: str, model: str) -> float:
    return float(fitted(case, model).loo().elpd)


PARABOLAS = ["raw", "rawpoly", "centred", "ortho"]


@pytest.mark.parametrize("model", PARABOLAS)
def test_a_parabola_of_years_is_one_however_it_is_written(model: str) -> None:
    fit = fitted("raw_square_prior", model)
    mean = fit.predict("eta").mean(("chain", "draw")).values
    year = fit._origin.table.columns["year"].values
    y = fit._origin.table.columns["y"].values
    least = np.polyval(np.polyfit(year - 2010.0, y, 2), year - 2010.0)
    assert np.abs(mean - least).max() < 0.1
    for when, right in ((2000, 2.4), (2010, 2.05), (2020, 6.08)):
        assert mean[year == when] == pytest.approx(right, abs=0.1)


@pytest.mark.parametrize("model", PARABOLAS[:-1])
def test_their_elpd_is_one(model: str) -> None:
    wanted = elpd("raw_square_prior", "ortho")
    assert elpd("raw_square_prior", model) == pytest.approx(wanted, abs=1.0)


def test_a_square_beside_an_uncentred_age() -> None:
    raw, centred = (elpd("raw_square_prior", m) for m in ("age_raw", "age_c"))
    assert raw == pytest.approx(centred, abs=1.0)


@pytest.mark.filterwarnings("ignore:Estimated shape parameter")
def test_slopes_of_an_uncentred_year() -> None:
    raw = figures("slope_uncentred", "raw")
    centred = figures("slope_uncentred", "centred")
    assert raw["sd_g[yr]"][0] == pytest.approx(0.31, abs=0.03)
    assert raw["sigma"][0] == pytest.approx(0.50, abs=0.02)
    assert raw["b[yr]"][1] == pytest.approx(0.071, abs=0.015)
    for name, other in (("sd_g[yr]", "sd_g[yc]"), ("b[yr]", "b[yc]")):
        mean, sd = centred[other]
        assert raw[name][0] == pytest.approx(mean, abs=0.25 * sd)
    assert elpd("slope_uncentred", "raw") == pytest.approx(-167.0, abs=1.5)


def test_rare_events_are_one_experiment_as_shares_and_as_rates() -> None:
    share, rate = (figures("rare_events", m)["Intercept"] for m in ("share", "rate"))
    assert share[0] == pytest.approx(-9.9, abs=0.3)
    assert share[0] == pytest.approx(rate[0], abs=0.5 * rate[1])
    assert share[1] == pytest.approx(rate[1], rel=0.5)


def test_an_offset_of_sigma_in_any_unit() -> None:
    raw, rescaled = (
        figures("sigma_offset_prior", m)["sigma_Intercept"] for m in ("raw", "rescaled")
    )
    data = np.genfromtxt(
        CASES / "sigma_offset_prior" / "d.csv", delimiter=",", names=True
    )
    unit = np.log(data["w"] / data["wk"]).mean()
    assert raw[0] == pytest.approx(rescaled[0] - unit, abs=0.05)
    assert raw[0] == pytest.approx(-8.6, abs=0.12)


@pytest.mark.parametrize("model", ["share", "rate"])
def test_rare_events_are_sampled_by_smaller_steps(model: str) -> None:
    """At the step size that is best elsewhere 1 draw in 80 diverges."""
    fit = fitted("rare_events", model)
    assert fit.settings.target_accept == 0.95
    assert int(fit.data["sample_stats"]["diverging"].sum()) <= 4
    (said,) = [
        s for s in fit.verdict.sentences if s.startswith("Sampled a second time")
    ]
    assert said.endswith("of 2000 draws had diverged.")


def test_a_step_size_of_the_users_stays() -> None:
    source = Source(
        'data "d.csv"\nevents | trials(n) ~ 1 + (1 | site), family=binomial'
    )
    compiled = compile_source(source, CASES / "rare_events", None)
    fit = compiled.fit(draws=500, tune=500, seed=1, progress=False, target_accept=0.8)
    assert fit.settings.target_accept == 0.8
    assert not any(s.startswith("Sampled a second") for s in fit.verdict.sentences)

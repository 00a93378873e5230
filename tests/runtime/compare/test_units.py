"""Groups left out whole: their effects integrated out, against other integrals."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

import arviz as az
import numpy as np
import pandas as pd
import pytest
from arviz_stats.base import array_stats
from scipy import integrate, stats
from scipy.special import expit, log_expit, logsumexp

import varying
from varying.compiler.program.fill import fill
from varying.compiler.program.interpret.rows import row_arguments
from varying.runtime.compare.integrals import _Unit, density_of_units
from varying.runtime.compare.psis import smoothed
from varying.runtime.compare.units import in_front, units_of
from varying.runtime.rows.at_once import AtOnce

SMALL = {"draws": 200, "tune": 300, "chains": 2, "seed": 4, "progress": False}


@cache
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    g = np.repeat(np.arange(8), 6)
    x = np.tile(np.arange(6.0) - 2.0, 8)
    item = np.tile([0, 1, 2, 0, 1, 2], 8)
    effect, slope = rng.normal(size=8), 0.4 * rng.normal(size=8)
    y = 1.0 + 0.5 * x + effect[g] + slope[g] * x + 0.8 * rng.normal(size=len(g))
    level = np.clip(np.round(y + 1), 0, 4).astype(int)
    return pd.DataFrame(
        {
            "g": [f"s{one}" for one in g],
            "item": [f"i{one}" for one in item],
            "half": np.where(g < 4, "a", "b"),
            "x": x,
            "y": y,
            "bit": (y > 1).astype(int),
            "level": level,
            "over": np.where(y > 2.5, "right", "none"),
        }
    )


@cache
def fitted(spec: str) -> varying.Fit:
    return varying.compile(spec, frame()).fit(**SMALL)  # type: ignore[arg-type]


def few(fit: varying.Fit, draws: int = 5) -> dict[str, np.ndarray]:
    return in_front(fit._posterior.isel(chain=[0], draw=slice(0, draws)))


def densities(fit: varying.Fit, by: str = "g") -> tuple[Any, dict[str, np.ndarray]]:
    compiled, draws = fit._origin.compiled, few(fit)
    return density_of_units(compiled, units_of(compiled, by), draws), draws


@pytest.mark.parametrize("effective", [0.3, 1.0, 1.8])
@pytest.mark.parametrize("draws", [100, 400, 4000])
def test_smoothing_is_that_of_arviz(draws: int, effective: float) -> None:
    rng = np.random.default_rng(3)
    ratios = rng.standard_t(3, size=(300, draws)) * np.linspace(0.01, 4, 300)[:, None]
    found = smoothed(ratios, effective)
    weights, shapes = array_stats.psislw(-ratios, r_eff=effective)
    np.testing.assert_allclose(found.log_weights, weights, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(found.shape, shapes, rtol=1e-10, atol=1e-10)


def test_normal_groups_have_a_formula() -> None:
    fit = fitted("y ~ x + (1 + x | g)")
    found, draws = densities(fit)
    for place, name in enumerate(sorted(frame()["g"].unique())):
        own = frame()[frame()["g"] == name]
        design = np.stack([np.ones(len(own)), own["x"]], axis=1)
        for draw in range(5):
            sd, cor = draws["sd_g"][draw], draws["cor_g"][draw]
            between = design @ (cor * sd * sd[:, None]) @ design.T
            whole = between + draws["sigma"][draw] ** 2 * np.eye(len(own))
            mean = draws["Intercept"][draw] + own["x"] * draws["b"][draw, 0]
            wanted = stats.multivariate_normal(mean, whole).logpdf(own["y"])
            assert found[place, draw] == pytest.approx(wanted, abs=0.02)


def test_related_levels_have_a_formula() -> None:
    """Of a level given the effects of those that it is related to."""
    names = sorted(frame()["g"].unique())
    known = np.diag(np.linspace(0.5, 2.0, len(names))) + 0.4
    matrices = {"A": pd.DataFrame(known, names, names)}
    spec = "y ~ x + (1 | gr(g, cov=A))"
    fit = varying.compile(spec, frame(), matrices=matrices).fit(**SMALL)  # type: ignore[arg-type]
    found, draws = densities(fit)
    for place, name in enumerate(names):
        own = frame()[frame()["g"] == name]
        others = [k for k in range(len(names)) if k != place]
        weights = np.linalg.solve(known[np.ix_(others, others)], known[others, place])
        left = known[place, place] - weights @ known[others, place]
        for draw in range(5):
            mean = draws["Intercept"][draw] + own["x"] * draws["b"][draw, 0]
            mean = mean + weights @ draws["r_g"][draw, others, 0]
            whole = draws["sd_g"][draw, 0] ** 2 * left * np.ones((len(own), len(own)))
            whole = whole + draws["sigma"][draw] ** 2 * np.eye(len(own))
            wanted = stats.multivariate_normal(mean, whole).logpdf(own["y"])
            assert found[place, draw] == pytest.approx(wanted, abs=1e-3)


@pytest.mark.parametrize("coupled", [True, False])
def test_several_responses_have_a_formula(coupled: bool) -> None:
    data = frame().assign(z=0.5 * frame()["y"] + np.cos(np.arange(len(frame()))))
    spec = f"mvbind(y, z) ~ x + (1 |p| g), rescor={str(coupled).lower()}"
    fit = varying.compile(spec, data).fit(**SMALL)  # type: ignore[arg-type]
    found, draws = densities(fit)
    for place, name in enumerate(sorted(data["g"].unique())):
        own = data[data["g"] == name]
        for draw in range(5):
            at = {name: values[draw] for name, values in draws.items()}
            mean = [
                at[f"{one}_Intercept"] + own["x"] * at[f"{one}_b"][0] for one in "yz"
            ]
            sd, sigma = at["y_sd_g"], np.array([at["y_sigma"], at["z_sigma"]])
            between = at["y_cor_g"] * sd * sd[:, None]
            within = np.diag(sigma**2)
            if coupled:
                within[0, 1] = within[1, 0] = at["rescor"][0] * sigma.prod()
            rows = len(own)
            whole = np.kron(between, np.ones((rows, rows)))
            whole += np.kron(within, np.eye(rows))
            wanted = stats.multivariate_normal(np.concatenate(mean), whole).logpdf(
                np.concatenate([own["y"], own["z"]])
            )
            assert found[place, draw] == pytest.approx(wanted, abs=0.02)
    one = fit.loo(by="g", response="z")
    assert np.isfinite(one.elpd)
    assert one.elpd > fit.loo(by="g").elpd


def test_thresholds_that_vary_by_simple_monte_carlo() -> None:
    """Written out: distances of a new person from the middle threshold of all."""
    fit = fitted("level ~ x + (1 | g), family=ordlogit\n  threshold ~ (1 | g)")
    compiled, draws = fit._origin.compiled, few(fit)
    units, rng = units_of(compiled, "g"), np.random.default_rng(0)
    found = density_of_units(compiled, units, draws)
    unseen = density_of_units(compiled, replace(units, seen=False), draws)
    np.testing.assert_allclose(found, unseen, atol=0.05)
    for place in (1, 6):
        own = frame()[frame()["g"] == f"s{place}"]
        for draw in range(5):
            at = {name: values[draw] for name, values in draws.items()}
            size, threshold = 100_000, at["threshold"]
            gaps = np.diff(threshold) * np.exp(
                at["threshold_sd"] * rng.normal(size=(size, 3))
            )
            cuts = np.concatenate([np.zeros((size, 1)), gaps.cumsum(axis=1)], axis=1)
            # the middle of four thresholds is between the two in the middle
            cuts += 0.5 * (threshold[1:3].sum() - cuts[:, 1:3].sum(axis=1))[:, None]
            r = at["sd_g"][0] * rng.normal(size=size)
            total = np.zeros(size)
            for x, level in zip(own["x"], own["level"], strict=True):
                over = np.pad(cuts, ((0, 0), (1, 1)), constant_values=np.inf)
                over[:, 0] = -np.inf
                over -= (x * at["b"][0] + r)[:, None]
                total += np.log(expit(over[:, level + 1]) - expit(over[:, level]))
            wanted = logsumexp(total) - np.log(size)
            weights = np.exp(total - total.max())
            error = weights.std() / weights.mean() / np.sqrt(size)
            assert abs(found[place, draw] - wanted) < 4 * error + 0.03


@pytest.mark.parametrize(
    ("by", "integrated", "as_fitted"),
    [(None, (), ("g",)), ("g", ("g",), ()), ("half", (), ("g",))],
)
def test_people_who_differ_in_thresholds_alone_are_named(
    by: str | None, integrated: tuple[str, ...], as_fitted: tuple[str, ...]
) -> None:
    spec = "level ~ x, family=ordlogit\n  threshold ~ (1 | g)"
    compiled = varying.compile(spec, frame()).compiled
    units = units_of(compiled, by)
    assert (units.integrated, units.as_fitted) == (integrated, as_fitted)


def test_thresholds_of_any_response_may_vary() -> None:
    spec = (
        "y ~ x + (1 | half)\n  level ~ x + (1 | g), family=ordlogit\n"
        "  level.threshold ~ (1 | g)\n"
    )
    compiled = varying.compile(spec, frame()).compiled
    assert compiled is not None
    assert units_of(compiled, "g").count == 8
    assert units_of(compiled, "x").count == 6


@pytest.mark.parametrize("scale", [0.3, 1.0, 4.0])
def test_t_effects_by_quadrature(scale: float) -> None:
    fit = fitted("bit ~ x + (1 | gr(g, dist=student)), family=bernoulli")
    compiled, draws = fit._origin.compiled, few(fit)
    draws = {**draws, "sd_g": scale * draws["sd_g"], "r_g": scale * draws["r_g"]}
    found = density_of_units(compiled, units_of(compiled, "g"), draws)
    own = frame()[frame()["g"] == "s3"]
    sign = np.where(own["bit"] == 1, 1.0, -1.0)
    for draw in range(5):
        mean = (draws["Intercept"][draw] + own["x"] * draws["b"][draw, 0]).to_numpy()
        t = stats.t(draws["df_g"][draw], scale=draws["sd_g"][draw, 0])

        def density(share: float) -> float:
            inside = log_expit(sign * (mean + t.ppf(share))).sum()  # noqa: B023
            return float(np.exp(inside))

        wanted = np.log(integrate.quad(density, 0.0, 1.0, limit=400)[0])
        assert found[3, draw] == pytest.approx(wanted, abs=1e-3)


@pytest.mark.parametrize("scale", [1.0, 3.0])
def test_related_t_effects_by_quadrature(scale: float) -> None:
    """Given the normal parts of the others, and with a variance of its own."""
    names = sorted(frame()["g"].unique())
    known = np.diag(np.linspace(0.5, 2.0, len(names))) + 0.4
    matrices = {"A": pd.DataFrame(known, names, names)}
    spec = "bit ~ x + (1 | gr(g, cov=A, dist=student)), family=bernoulli"
    fit = varying.compile(spec, frame(), matrices=matrices).fit(**SMALL)  # type: ignore[arg-type]
    draws = few(fit)
    draws = {**draws, "sd_g": scale * draws["sd_g"], "r_g": scale * draws["r_g"]}
    draws["df_g"] = 0.0 * draws["df_g"] + 4.0
    compiled = fit._origin.compiled
    found = density_of_units(compiled, units_of(compiled, "g"), draws)
    place = 3
    own = frame()[frame()["g"] == names[place]]
    sign = np.where(own["bit"] == 1, 1.0, -1.0)
    others = [k for k in range(len(names)) if k != place]
    weights = np.linalg.solve(known[np.ix_(others, others)], known[others, place])
    left = known[place, place] - weights @ known[others, place]
    shares = (np.arange(400) + 0.5) / 400
    roots = np.sqrt(1.0 / stats.gamma(2.0, scale=0.5).ppf(shares))[:, None, None]
    normal = stats.norm.ppf(shares)[:, None]
    for draw in range(5):
        mean = (draws["Intercept"][draw] + own["x"] * draws["b"][draw, 0]).to_numpy()
        parts = draws["r_g"][draw, others, 0] / np.sqrt(draws["mix_g"][draw, others])
        around = weights @ parts + draws["sd_g"][draw, 0] * np.sqrt(left) * normal
        inside = log_expit(sign * (mean + roots * around)).sum(axis=-1)
        wanted = np.log(np.exp(inside).mean())
        assert found[place, draw] == pytest.approx(wanted, abs=0.02)


def test_one_effect_by_quadrature() -> None:
    fit = fitted("bit ~ x + (1 | g), family=bernoulli")
    found, draws = densities(fit)
    own = frame()[frame()["g"] == "s3"]
    sign = np.where(own["bit"] == 1, 1.0, -1.0)
    for draw in range(5):
        mean = (draws["Intercept"][draw] + own["x"] * draws["b"][draw, 0]).to_numpy()
        sd = draws["sd_g"][draw, 0]

        def density(r: float) -> float:
            inside = log_expit(sign * (mean + r)).sum()  # noqa: B023
            return float(np.exp(inside) * stats.norm(0, sd).pdf(r))  # noqa: B023

        wanted = np.log(integrate.quad(density, -12 * sd, 12 * sd, limit=200)[0])
        assert found[3, draw] == pytest.approx(wanted, abs=1e-3)


#: Models whose groups are integrated out, and what by.
BRUTE = {
    "ordinal": ("level ~ x + (1 + x | g), family=ordlogit", "g"),
    "ordinal, another latent variable": (
        "level ~ x + (1 | g), family=cumulative, link=probit\n  disc ~ half",
        "g",
    ),
    "ordinal, items": ("level | thres(gr=half) ~ x + (1 | g), family=ordlogit", "g"),
    "ordinal, in steps": ("level ~ x + (1 | g), family=cratio", "g"),
    "ordinal, effects of steps": ("level ~ x + (cs(1) | g), family=acat", "g"),
    "censored": ("y | cens(over) ~ x + (1 + x | g)", "g"),
    "heavy tails, scale by group": (
        "y ~ x + (1 | g), family=student\n  sigma ~ (1 | g)",
        "g",
    ),
    "strata": ("bit ~ x + (1 + x | gr(g, by=half)), family=bernoulli", "g"),
    "crossed": ("bit ~ x + (1 | g) + (1 | item), family=bernoulli", "g"),
    "effects of two parameters": ("y ~ x + (1 |p| g)\n  sigma ~ (1 |p| g)", "g"),
    "not linear": (
        "y ~ a + k * x, nl=true\n  a ~ 1 + (1 | g)\n  k ~ 1 + (1 | g)\n"
        "  prior a ~ normal(0, 3)\n  prior k ~ normal(0, 1)",
        "g",
    ),
}


@pytest.mark.parametrize("name", BRUTE)
def test_by_simple_monte_carlo(name: str) -> None:
    spec, by = BRUTE[name]
    fit = fitted(spec)
    found, draws = densities(fit, by)
    compiled = fit._origin.compiled
    units = units_of(compiled, by)
    for place in (1, 6):
        table = compiled.prepared.table.take(units.rows([place]))
        at = AtOnce(compiled.lowered, fill(compiled.lowered, table), draws)
        unit = _Unit(at, units)
        unit.prepare()
        factor = np.swapaxes(unit.factor(), 1, 2)
        z = np.stack([spread_evenly(unit.size, seed) for seed in range(5)])
        simulated = unit.density(z @ factor)
        wanted = logsumexp(simulated, axis=1) - np.log(simulated.shape[1])
        weights = np.exp(simulated - simulated.max(axis=1, keepdims=True))
        error = weights.std(axis=1) / weights.mean(axis=1) / np.sqrt(200_000)
        assert (np.abs(found[place] - wanted) < 4 * error + 0.03).all()


def spread_evenly(size: int, seed: int) -> np.ndarray:
    """Return 16384 normal points whose means are as exact as of 200000 at random."""
    return stats.qmc.MultivariateNormalQMC(np.zeros(size), seed=seed).random(2**14)


def test_covariances_are_those_of_the_stratum() -> None:
    """The factors that all the integrals take are those of the draws."""
    fit = fitted(BRUTE["strata"][0])
    compiled, draws = fit._origin.compiled, few(fit)
    units = units_of(compiled, "g")
    for place, half in ((0, 0), (7, 1)):
        table = compiled.prepared.table.take(units.rows([place]))
        at = AtOnce(compiled.lowered, fill(compiled.lowered, table), draws)
        factor = _Unit(at, units).factor()
        sds = np.sqrt((factor @ np.swapaxes(factor, 1, 2)).diagonal(axis1=1, axis2=2))
        wanted = draws["sd_g"][:, 2 * half : 2 * half + 2]
        np.testing.assert_allclose(sds, wanted, rtol=1e-8)


def test_rows_are_as_arviz_has_them() -> None:
    fit = fitted("level ~ x + (1 + x | g), family=ordlogit")
    found = fit.loo()
    with pytest.warns(UserWarning) if found.warning else _nothing():
        wanted = az.loo(fit.compute("log_likelihood"))
    assert found.elpd == pytest.approx(wanted.elpd, rel=1e-9)
    assert found.se == pytest.approx(wanted.se, rel=1e-9)
    assert found.p == pytest.approx(wanted.p, rel=1e-6)
    np.testing.assert_allclose(found.pareto_k, wanted.pareto_k, atol=1e-6)
    assert "new rows of the same `g`" in str(found)
    assert found.to_dict()["measure"] == "probability"


@pytest.mark.parametrize("family", ["cumulative", "sratio", "cratio", "acat"])
def test_rows_of_ordinal_families_at_many_draws(family: str) -> None:
    """As the family has them draw by draw: not all take the thresholds of many."""
    fit = fitted(f"level ~ x + (1 | g), family={family}")
    rows, posterior = fit._origin.rows, fit._posterior
    found = fit.log_likelihood().values
    for chain, draw in ((0, 3), (1, 150)):
        one = posterior.isel(chain=chain, draw=draw)
        values = {str(name): array.values for name, array in one.data_vars.items()}
        given = row_arguments(rows.program, rows.frame, values)
        observed = rows.frame[rows.program.likelihood.value]
        wanted = rows.family.log_density(observed, **given)
        np.testing.assert_allclose(found[chain, draw], wanted, rtol=1e-10)


class _nothing:
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def test_groups_against_exact_refits() -> None:
    fit = fitted("y ~ x + (1 | g)")
    found, exact = fit.loo(by="g"), fit.loo(by="g", refit=True, progress=False)
    assert found.labels == tuple(f"s{one}" for one in range(8))
    assert (found.groups, found.others) == (("g",), ())
    bad = {found.labels[place] for place in found.bad.tolist()}
    assert set(exact.refitted) == bad
    good = [place for place, name in enumerate(found.labels) if name not in bad]
    from varying.runtime.compare.exact import predicted_by
    from varying.runtime.compare.refit import refit, refit_settings, without

    compiled = fit._origin.compiled
    units = units_of(compiled, "g")
    for place in good[:2]:
        made = refit(
            without(compiled, units.rows([place])), refit_settings(fit.settings, place)
        )
        own = predicted_by(compiled, units, [place], made)[0]
        assert found.each[place] == pytest.approx(own, abs=0.25)


def test_an_outlier_is_left_out_exactly() -> None:
    data = frame().assign(y=np.where(np.arange(48) == 5, 9.0, frame()["y"]))
    fit = varying.compile("y ~ x", data).fit(**SMALL)  # type: ignore[arg-type]
    found = fit.loo()
    assert found.warning and found.labels[int(found.bad[0])] == "5"
    assert "`--refit`" in str(found)
    exact = fit.loo(refit=True, progress=False)
    assert exact.refitted[0] == "5" and not exact.warning
    assert np.isnan(exact.shapes[5])
    # of a linear model with nearly flat priors leaving out has a formula: t with n - 3
    rest = data.drop(index=5)
    design = np.stack([np.ones(47), rest["x"]], axis=1)
    b, left, *_ = np.linalg.lstsq(design, rest["y"], rcond=None)
    at = np.array([1.0, data["x"][5]])
    spread = left[0] / 45 * (1 + at @ np.linalg.solve(design.T @ design, at))
    wanted = stats.t(45, at @ b, np.sqrt(spread)).logpdf(9.0)
    assert exact.each[5] == pytest.approx(wanted, abs=1.5)


def test_what_cannot_be_left_out() -> None:
    fit = fitted("y ~ x + (1 | g)")
    with pytest.raises(ValueError, match="grouping factors of the model: 'g'"):
        fit.loo(by="nobody")
    with pytest.raises(varying.ModelError, match="`g` is nested in `half`"):
        fit.loo(by="half")
    for spec, why in (("y ~ x + (1 | mm(g, h))", "a row may have several, by `mm"),):
        data = frame().assign(h=np.roll(frame()["g"], 7))
        other = varying.compile(spec, data).fit(**SMALL)  # type: ignore[arg-type]
        with pytest.raises(varying.ModelError, match=why):
            other.loo(by="g")
        assert np.isfinite(other.loo().elpd)

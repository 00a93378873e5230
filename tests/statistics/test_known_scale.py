"""Groups of single rows whose residual scale is known: meta-analyses.

The right numbers are integrals over a grid of mean and spread, the effects integrated
out by hand: an estimate is normal around the mean with variance tau^2 + se^2.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import varying
from varying.compiler.program.interpret.density import evaluate

DATA = Path(__file__).parents[1] / "references" / "cases" / "known_scale"
FORMULA = 'data "studies.csv"\nyi ~ 1 + (1 | study)'

#: Statements, the residual sd of each row, and mean and sd of both parameters.
KNOWN = (
    ("\n  sigma ~ 0 + offset(log(se))", None, (0.240, 0.122, 0.347, 0.111)),
    ("\n  prior sigma = 0.3", 0.3, (0.248, 0.112, 0.321, 0.124)),
    (
        "\n  sigma ~ 1 + offset(log(se))\n  prior sigma.Intercept = 0",
        None,
        (0.240, 0.122, 0.347, 0.111),
    ),
)


def compiled(more: str, folder: Path) -> varying.Model:
    path = folder / "studies.model"
    (folder / "studies.csv").write_bytes((DATA / "studies.csv").read_bytes())
    path.write_text(FORMULA + more, "utf-8")
    return varying.compile(path)


def columns() -> tuple[np.ndarray, np.ndarray]:
    table = np.genfromtxt(DATA / "studies.csv", delimiter=",", skip_header=1)
    return table[:, 1], table[:, 2]


def priors(model: varying.Model) -> tuple[stats.rv_frozen, stats.rv_frozen]:
    """The defaults: of the mean, and of the spread."""
    of_mu, of_tau = (row.prior for row in model.priors.rows[:2])
    location, scale = re.fullmatch(r"normal\((.*), (.*)\)", of_mu).groups()
    (rate,) = re.fullmatch(r"exponential\((.*)\)", of_tau).groups()
    return stats.norm(float(location), float(scale)), stats.expon(scale=1 / float(rate))


@pytest.mark.parametrize(("more", "sigma", "right"), KNOWN)
def test_a_grid_has_these_numbers(
    more: str, sigma: float | None, right: tuple[float, ...], tmp_path: Path
) -> None:
    yi, se = columns()
    scale = se if sigma is None else np.full(len(yi), sigma)
    of_mu, of_tau = priors(compiled(more, tmp_path))
    mu, tau = np.meshgrid(np.linspace(-1, 1.5, 401), np.linspace(1e-4, 1.5, 600))
    density = of_mu.logpdf(mu) + of_tau.logpdf(tau)
    for y, s in zip(yi, scale, strict=True):
        density += stats.norm.logpdf(y, mu, np.hypot(tau, s))
    weight = np.exp(density - density.max())
    weight /= weight.sum()
    found = []
    for values in (mu, tau):
        mean = (weight * values).sum()
        found += [mean, np.sqrt((weight * (values - mean) ** 2).sum())]
    assert found == pytest.approx(right, abs=0.001)


@pytest.mark.parametrize(("more", "sigma", "right"), KNOWN)
def test_the_density_is_that_of_the_studies(
    more: str, sigma: float | None, right: tuple[float, ...], tmp_path: Path
) -> None:
    yi, se = columns()
    scale = se if sigma is None else np.full(len(yi), sigma)
    model = compiled(more, tmp_path)
    of_mu, of_tau = priors(model)
    found = model.compiled
    assert found is not None
    rng = np.random.default_rng(1)
    for _ in range(5):
        mu, log_tau, z = rng.normal(), rng.normal(), rng.normal(size=len(yi))
        tau = np.exp(log_tau)
        by_hand = (
            of_mu.logpdf(mu)
            + of_tau.logpdf(tau)
            + log_tau
            + stats.norm.logpdf(z).sum()
            + stats.norm.logpdf(yi, mu + tau * z, scale).sum()
        )
        point = {
            "Intercept": np.array(mu),
            "sd_study": np.array([log_tau]),
            "z_study": z[:, None],
        }
        _, density = evaluate(found.program, found.frame, point)
        # the priors are shown with four digits
        assert density == pytest.approx(by_hand, abs=0.01)


@pytest.mark.parametrize(("more", "sigma", "right"), KNOWN[:2])
def test_a_fit_has_them(
    more: str, sigma: float | None, right: tuple[float, ...], tmp_path: Path
) -> None:
    fit = compiled(more, tmp_path).fit(seed=1, progress=False)
    draws = fit.data["posterior"]
    found = []
    for name in ("Intercept", "sd_study"):
        values = draws[name].values
        found += [values.mean(), values.std()]
    assert found == pytest.approx(right, abs=0.015)

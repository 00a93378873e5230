"""Studies of further families of continuous responses.

As in ``studies``, what is drawn and how likely it is owes nothing to the compiler.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from .combined_studies import OTHERS, study
from .studies import ROWS, Named, mu

Array = NDArray[np.float64]

OTHERS |= {
    "alpha": ("normal(0, 2)", lambda rng, size: rng.normal(0.0, 2.0, size)),
    "beta": ("exponential(1)", lambda rng, size: rng.exponential(1.0, size)),
    "quantile": ("beta(3, 3)", lambda rng, size: rng.beta(3.0, 3.0, size)),
    "ndt": ("beta(2, 2)", lambda rng, size: rng.beta(2.0, 2.0, size)),
}


def named(p: Named, *names: str) -> tuple[Array, ...]:
    """Return the predictor and parameters, sets of them by rows."""
    return (mu(p), *(p[name][:, None] for name in names))


def laplace(p: Named) -> stats.rv_frozen:
    return stats.laplace(*named(p, "sigma"))


def gumbel(p: Named) -> stats.rv_frozen:
    return stats.gumbel_r(*named(p, "sigma"))


def asymmetric(p: Named) -> stats.rv_frozen:
    at, sigma, q = named(p, "sigma", "quantile")
    kappa = np.sqrt(q / (1.0 - q))
    return stats.laplace_asymmetric(kappa, at, sigma / np.sqrt(q * (1.0 - q)))


def skewed(p: Named) -> stats.rv_frozen:
    at, sigma, alpha = named(p, "sigma", "alpha")
    delta = alpha / np.sqrt(1.0 + alpha**2)
    omega = sigma / np.sqrt(1.0 - 2.0 / np.pi * delta**2)
    return stats.skewnorm(alpha, at - omega * delta * np.sqrt(2.0 / np.pi), omega)


def exgaussian(p: Named) -> stats.rv_frozen:
    at, sigma, beta = named(p, "sigma", "beta")
    return stats.exponnorm(beta / sigma, at - beta, sigma)


def shifted(p: Named) -> stats.rv_frozen:
    at, sigma, ndt = named(p, "sigma", "ndt")
    return stats.lognorm(sigma, ndt, np.exp(at))


_REAL, _POSITIVE = np.linspace(-1.0, 1.0, ROWS), np.linspace(1.5, 3.0, ROWS)
_LAWS = {
    "laplace": (laplace, ("sigma",), _REAL),
    "gumbel": (gumbel, ("sigma",), _REAL),
    "asymmetric_laplace": (asymmetric, ("sigma", "quantile"), _REAL),
    "skew_normal": (skewed, ("sigma", "alpha"), _REAL),
    "exgaussian": (exgaussian, ("sigma", "beta"), _REAL),
    "shifted_lognormal": (shifted, ("sigma", "ndt"), _POSITIVE),
}


def _first(p: Named) -> Named:
    return {name: value[:1] for name, value in p.items()}


FURTHER = {
    name: study(
        name,
        others,
        response,
        lambda rng, p, law=law: np.asarray(  # type: ignore[misc]
            law(_first(p)).rvs(size=(1, ROWS), random_state=rng)
        )[0],
        lambda y, p, law=law: law(p).logpdf(y),  # type: ignore[misc]
    )
    for name, (law, others, response) in _LAWS.items()
}

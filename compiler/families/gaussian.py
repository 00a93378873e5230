"""Normal response."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .family import (
    Array,
    Family,
    Moments,
    SourceText,
    residual_scale,
)


def in_support(y: Array) -> NDArray[np.bool_]:
    """Any finite number."""
    return np.isfinite(y)


def moments(y: Array) -> Moments:
    """Mean and standard deviation of the response."""
    spread = float(np.std(y, ddof=1)) if len(y) > 1 else 0.0
    return Moments(float(np.mean(y)), spread if spread > 0 else 1.0)


def log_density(y: Array, mu: Array, sigma: Array) -> Array:
    """Log density of each row."""
    z = (y - mu) / sigma
    return np.asarray(-0.5 * z * z - np.log(sigma) - 0.5 * math.log(2.0 * math.pi))


def simulate(rng: np.random.Generator, mu: Array, sigma: Array) -> Array:
    """Draw a response."""
    return np.asarray(rng.normal(mu, sigma))


def mean(mu: Array, sigma: Array) -> Array:
    """Mean of the response."""
    return np.asarray(mu + 0.0 * np.asarray(sigma))


def observe(
    pm: Any, pt: Any, name: str, arguments: Mapping[str, Any], observed: Any, dims: str
) -> Any:
    """``pm.Normal``."""
    return pm.Normal(
        name, arguments["mu"], arguments["sigma"], observed=observed, dims=dims
    )


GAUSSIAN = Family(
    name="gaussian",
    aliases=("normal",),
    title="normal distribution",
    response="continuous",
    links=("identity",),
    known_links=("log", "inverse"),
    dpars=(residual_scale("residual standard deviation"),),
    predictor="mu",
    thresholds=False,
    support="any number",
    in_support=in_support,
    moments=moments,
    log_density=log_density,
    simulate=simulate,
    mean=mean,
    observe=observe,
    source=SourceText(
        "pm.Normal({name}, mu={mu}, sigma={sigma}, observed={observed}, dims={dims})"
    ),
    doc=r"""Normal response.

.. math:: f(y \mid \mu, \sigma) = \frac{1}{\sigma\sqrt{2\pi}}
          \exp\left(-\frac{(y - \mu)^2}{2\sigma^2}\right)

Parameters: ``mu``, the mean (any real number); ``sigma``, the residual standard
deviation (positive). Reference: Gelman & Hill (2007), chapters 3 and 12.
""",
)

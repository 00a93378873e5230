"""Binary response."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data import weighted
from ...data.weighted import Counts
from ...distributions import tensors
from ...distributions.numerics import log_logistic, logistic, pooled_logit
from ...distributions.scalars import row_logistic
from ..family import Array, Family, Moments, SourceText
from ..link import SHARES


def in_support(y: Array) -> NDArray[np.bool_]:
    """0 and 1."""
    return np.isin(y, (0, 1))


def moments(y: Array, count: Counts = None) -> Moments:
    """Logit of the share of ones; the spread of the logistic distribution."""
    rows = weighted.total(y, count)
    return Moments(pooled_logit(weighted.mean(y, count) * rows, rows), 1.0)


def log_density(y: Array, eta: Array) -> Array:
    """Log mass of each row, finite for any finite ``eta``."""
    return log_logistic(np.where(y == 1, eta, -eta))


def kernel(y: float, eta: float) -> tuple[float, float]:
    """Log mass of one row and its slope in ``eta``."""
    density, _, _, missing = row_logistic(eta if y == 1.0 else -eta)
    return density, missing if y == 1.0 else -missing


def simulate(rng: np.random.Generator, eta: Array) -> Array:
    """Draw a response."""
    return np.asarray(rng.random(np.shape(eta)) < logistic(eta)).astype(np.int64)


def mean(eta: Array) -> Array:
    """Probability of a 1."""
    return logistic(eta)


def observe(
    pm: Any, pt: Any, name: str, arguments: Mapping[str, Any], observed: Any, dims: str
) -> Any:
    """Return a ``pm.CustomDist``: Bernoulli draws, the density above.

    ``pm.Bernoulli(logit_p=...)`` goes through the probability, and whether its
    gradient stays a number beyond ``eta`` = 37 depends on PyTensor's rewrites.
    """

    def logp(value: Any, eta: Any) -> Any:
        return -pt.softplus((1 - 2 * value) * eta)

    def draw(eta: Any, size: Any) -> Any:
        return pm.Bernoulli.dist(logit_p=eta, size=size)

    parameters = [arguments["eta"]]
    return tensors.whole_numbers(
        pm, name, parameters, logp, draw, observed=observed, dims=dims
    )


_DEFINITIONS = '''
def bernoulli_logit_logp(value, eta):
    """Log P(value), with a gradient in the far tails too."""
    return -pt.softplus((1 - 2 * value) * eta)


def bernoulli_logit_draw(eta, size):
    """Draw 0 or 1."""
    return pm.Bernoulli.dist(logit_p=eta, size=size)
'''


BERNOULLI = Family(
    name="bernoulli",
    aliases=("binary", "logistic"),
    title="Bernoulli distribution",
    response="binary",
    links=SHARES,
    known_links=(),
    dpars=(),
    predictor="eta",
    thresholds=False,
    support="two values: 0 and 1, FALSE and TRUE, or a factor with two levels",
    in_support=in_support,
    moments=moments,
    log_density=log_density,
    by_hand=kernel,
    simulate=simulate,
    mean=mean,
    observe=observe,
    source=SourceText(
        """pm.CustomDist(
    {name}, {eta}, logp=bernoulli_logit_logp, dist=bernoulli_logit_draw,
    dtype="int64", observed={observed}, dims={dims},
)""",
        helpers=_DEFINITIONS,
    ),
    doc=r"""Binary response.

.. math:: P(Y = 1 \mid \eta) = \frac{1}{1 + e^{-\eta}}

Parameters: ``eta``, the log odds (any real number). Reference: McCullagh &
Nelder (1989), chapter 4.
""",
)

"""Regression of a quantile with zeros of their own."""

from __future__ import annotations

from dataclasses import replace

from ..continuous import asymmetric_laplace
from ..continuous.asymmetric_laplace import ASYMMETRIC_LAPLACE
from .hurdle import hurdle, nothing, whole
from .parts import Base, chance

ZERO_INFLATED_ASYMMETRIC_LAPLACE = replace(
    hurdle(
        Base(
            ASYMMETRIC_LAPLACE,
            asymmetric_laplace.draw,
            """
    rate = pt.sqrt(quantile * (1 - quantile)) / sigma
    drawn = pm.AsymmetricLaplace.dist(mu=mu, b=rate, q=quantile, size=size)
""",
        ),
        nothing,
        ASYMMETRIC_LAPLACE.simulate,
        whole,
        share=chance("zi", "share of zeros"),
        name="zero_inflated_asymmetric_laplace",
        support="any number, 0 apart",
    ),
    aliases=("zero_inflated_asym_laplace",),
    title="asymmetric Laplace distribution with zeros",
    doc=r"""Regression of a quantile of what is not 0, with zeros of their own.

.. math:: P(Y = 0) = \pi, \quad
          f(y) = (1 - \pi)\, f_0(y \mid \mu, \sigma, q), \quad y \ne 0

with the density of ``asymmetric_laplace``. Parameters: ``mu``, the quantile of the
responses that are not 0 (any real number); ``sigma``, the scale (positive);
``quantile``, the :math:`q` of the formula (between 0 and 1); ``zi``, the :math:`\pi` of
the formula (between 0 and 1), the share of zeros. Reference: Yu & Moyeed (2001),
Bayesian quantile regression, Statistics & Probability Letters 54, 437-447.
""",
)

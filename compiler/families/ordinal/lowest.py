"""Cumulative models whose lowest category is made in a way of its own.

``hurdle_cumulative``: the lowest category is apart, and the others are cut from a
latent variable, by a threshold fewer. ``zero_inflated_cumulative``: the lowest category
is one of those that are cut, and has further answers beside, which cannot be anything
else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.weighted import Counts
from ...distributions.density.arrays import ARRAYS
from ...distributions.density.latent import category
from ...distributions.density.operations import DensityFunction
from ...distributions.density.tensors import Tensors
from ..combined.parts import chance
from ..family import Array, Dpar, Family, Moments, SourceText
from ..link import LATENT as LATENT_LINKS
from ..link import LINKS
from . import cumulative as plain
from .ordlogit import ORDLOGIT


def _apart(m: Any, lowest: Any, own: Any, share: Any) -> Any:
    return m.where(lowest, m.log(share), m.log1p(-share) + own)


def _beside(m: Any, lowest: Any, own: Any, share: Any) -> Any:
    cut = m.log1p(-share) + own
    return m.where(lowest, m.logaddexp(m.log(share), cut), cut)


@dataclass(frozen=True, slots=True)
class Lowest:
    """What is done with the lowest category of a cumulative model under a link.

    Attributes
    ----------
    link
        Of the others.
    share
        The parameter that says how often.
    apart
        How many categories are no part of the cumulative model: 1 of a hurdle.
    """

    link: str
    share: Dpar
    apart: int

    @property
    def written(self) -> DensityFunction:
        """The log probability, of that among the categories that are cut."""
        return _apart if self.apart else _beside

    @property
    def name(self) -> str:
        """The family's name under the logit."""
        return "hurdle_cumulative" if self.apart else "zero_inflated_cumulative"

    # ---- arrays ------------------------------------------------------------------

    def log_density(
        self,
        y: Array,
        eta: Array,
        threshold: Array,
        gap: Array,
        disc: Array | float = 1.0,
        **share: Array,
    ) -> Array:
        """Log probability of each row's category."""
        ranks = np.asarray(y, dtype=np.int64)
        inside = np.maximum(ranks - self.apart, 0)
        own = plain.log_density(self.link)(inside, eta, threshold, gap, disc)
        given = np.asarray(share[self.share.name])
        with np.errstate(divide="ignore"):
            return np.asarray(self.written(ARRAYS, ranks == 0, own, given))

    def density(
        self,
        m: Any,
        y: Any,
        eta: Any,
        lower: Any,
        upper: Any,
        gap: Any,
        disc: Any,
        share: Any,
    ) -> Any:
        """Return the log probability of one row, for the kernel."""
        own = plain.density_of(self.link)(m, y, eta, lower, upper, gap, disc)
        return self.written(m, m.equal(y, 0.0), own, share)

    def simulate(
        self,
        rng: np.random.Generator,
        eta: Array,
        threshold: Array,
        gap: Array,
        disc: Array | float = 1.0,
        **share: Array,
    ) -> Array:
        """Draw ranks: the lowest, or one that is cut."""
        given = np.asarray(share[self.share.name])
        rows = np.broadcast_shapes(np.shape(eta), np.shape(disc), given.shape)
        eta = np.broadcast_to(eta, rows)
        cut = plain.simulate_of(self.link)(rng, eta, threshold, gap, disc)
        return np.where(rng.random(rows) < given, 0, cut + self.apart).astype(np.int64)

    def mean(
        self,
        eta: Array,
        threshold: Array,
        gap: Array,
        disc: Array | float = 1.0,
        **share: Array,
    ) -> Array:
        """Mean rank; here for checks, and not reported."""
        cut = plain.mean_of(self.link)(eta, threshold, gap, disc)
        return np.asarray((1.0 - share[self.share.name]) * (cut + self.apart))

    def at_shares(self, shares: NDArray[Any]) -> NDArray[Any]:
        """Return the thresholds that give shares of categories where ``eta`` is 0."""
        return plain.at_shares(self.link)(shares[self.apart :])

    def moments(self, y: Array, count: Counts = None, *, categories: int) -> Moments:
        """Return centre and spread of the latent variable that the others are cut of.

        Of an inflated one all responses are taken for cut: how many of the lowest are
        not is what the model is asked.
        """
        of_link = plain.moments_under(self.link)
        if not self.apart:
            return of_link(y, count, categories=categories)
        above = np.asarray(y) > 0
        if not above.any():
            return Moments(0.0, LINKS[self.link].scale)
        counted = None if count is None else count[above]
        return of_link(y[above] - 1, counted, categories=categories - 1)

    # ---- PyMC --------------------------------------------------------------------

    def observe(
        self,
        pm: Any,
        pt: Any,
        name: str,
        arguments: Mapping[str, Any],
        observed: Any,
        dims: str,
    ) -> Any:
        """Return a ``pm.CustomDist``: the density above, and latent draws."""
        _, noise, _ = plain.NOISE[self.link]

        def logp(
            value: Any, eta: Any, threshold: Any, gap: Any, disc: Any, share: Any
        ) -> Any:
            inside = pt.maximum(value - self.apart, 0)
            own = plain.graph_density(pt, self.link, inside, eta, threshold, gap, disc)
            return self.written(Tensors(pt), pt.eq(value, 0), own, share)

        def draw(
            eta: Any, threshold: Any, gap: Any, disc: Any, share: Any, size: Any
        ) -> Any:
            latent = eta + noise(pm, size) / disc
            cut = (latent[..., None] > threshold).sum(axis=-1) + self.apart
            return pm.Bernoulli.dist(1.0 - share, size=size) * cut

        return pm.CustomDist(
            name,
            *(arguments[one] for one in ("eta", "threshold", "gap")),
            arguments.get("disc", np.float64(1.0)),
            arguments[self.share.name],
            logp=logp,
            dist=draw,
            signature="(),(b),(g),(),()->()",
            dtype="int64",
            observed=observed,
            dims=dims,
        )

    # ---- a script ----------------------------------------------------------------

    def helpers(self) -> str:
        """Return the definitions of the family in a script."""
        from ...distributions.density.text import definitions

        def of_link(
            m: Any,
            lowest: Any,
            first: Any,
            last: Any,
            over: Any,
            under: Any,
            width: Any,
            share: Any,
        ) -> Any:
            own = category(m, self.link, first, last, over, under, width)
            return self.written(m, lowest, own, share)

        names = ("lowest", "first", "last", "over", "under", "width", "share")
        name, of = f"{self.name}_{self.link}", self.share.name
        document = "Log probability of a category, that of the lowest among them"
        made = definitions(f"{name}_category", of_link, names, document)
        rank = "pt.maximum(value - 1, 0)" if self.apart else "value"
        more = f" + {self.apart}" if self.apart else ""
        return f'''{made}

def {name}_logp(value, eta, threshold, gap, disc, {of}):
    """Log P(rank = value) for a latent scale of 1/disc, exact in the far tails."""
    cut = {rank}
    upper = pt.concatenate([threshold, threshold[-1:] + 1.0])[cut]
    lower = pt.concatenate([threshold[:1] - 1.0, threshold])[cut]
    width = pt.concatenate([[1.0], gap, [1.0]])[cut]
    lowest, first = pt.eq(value, 0), pt.eq(cut, 0)
    last = pt.eq(cut, threshold.shape[-1])
    over, under = disc * (upper - eta), disc * (lower - eta)
    return {name}_category(lowest, first, last, over, under, disc * width, {of})


def {name}_draw(eta, threshold, gap, disc, {of}, size):
    """Draw ranks: the lowest, or how many thresholds lie below a latent draw."""
    latent = eta + {plain.NOISE[self.link][2]} / disc
    cut = (latent[..., None] > threshold).sum(axis=-1){more}
    return pm.Bernoulli.dist(1 - {of}, size=size) * cut
'''

    def script(self, disc: str) -> SourceText:
        """Return the statement of the family in a script."""
        name = f"{self.name}_{self.link}"
        return SourceText(
            f"""pm.CustomDist(
    {{name}}, {{eta}}, {{threshold}}, {{gap}}, {disc}, {{{self.share.name}}},
    logp={name}_logp, dist={name}_draw,
    signature="(),(b),(g),(),()->()", dtype="int64",
    observed={{observed}}, dims={{dims}},
)""",
            self.helpers,
        )


_HURDLE = r"""The lowest category 0 apart, the others cut from a latent variable.

.. math:: P(Y = 0) = \pi, \quad
          P(Y \le k \mid Y > 0, \eta) = F(\delta\,(\tau_k - \eta)), \quad
          F^{-1}(p) = \text{FORMULA}, \quad \tau_1 < \dots < \tau_{K-2}

Parameters: ``eta`` (any real number); a larger one makes higher categories likelier
among those above the lowest. ``threshold``, K - 2 increasing real numbers between
these, which take the place of an intercept. ``hu``, the :math:`\pi` of the formula
(between 0 and 1), the share of the lowest category: 0 of numbers, the first level of a
factor. ``disc``, the :math:`\delta` of the formula, 1 unless it has a formula. Of an
answer that is another question: whether at all, and how much if so ("does not apply",
no pain, never). Reference: McCullagh (1980), Regression models for ordinal data, JRSS B
42, 109-142; Mullahy (1986), Specification and testing of some modified count data
models, Journal of Econometrics 33, 341-365.
"""
_INFLATED = r"""Ordered categories 0, ..., K - 1 with further answers in the lowest one.

.. math:: P(Y = 0 \mid \eta) = \pi + (1 - \pi)\, F(\delta\,(\tau_0 - \eta)), \quad
          P(Y \le k \mid \eta) = \pi + (1 - \pi)\, F(\delta\,(\tau_k - \eta)), \quad
          F^{-1}(p) = \text{FORMULA}, \quad \tau_0 < \dots < \tau_{K-2}

Parameters: ``eta`` (any real number); a larger one makes higher categories likelier.
``threshold``, K - 1 increasing real numbers, which take the place of an intercept.
``zi``, the :math:`\pi` of the formula (between 0 and 1), the share of answers that are
the lowest category whatever ``eta``; the others are in it as well. ``disc``, the
:math:`\delta` of the formula, 1 unless it has a formula. Without predictors ``zi`` and
the lowest threshold cannot be told apart: what they do is what the responses with a
large ``eta`` say. Reference: Harris & Zhao (2007), A zero-inflated ordered probit
model, with an application to modelling tobacco consumption, Journal of Econometrics
141, 1073-1099; Kelley & Anderson (2008), Zero inflation in ordinal data, Statistics in
Medicine 27, 3674-3688.
"""
KINDS = (
    Lowest("logit", chance("hu", "share of the lowest category"), 1),
    Lowest("logit", chance("zi", "share of answers beside, in the lowest category"), 0),
)


def _family(kind: Lowest, link: str) -> Family:
    of = replace(kind, link=link)
    further = link != "logit"
    what = "with a hurdle" if of.apart else "with a lowest category that is inflated"
    return ORDLOGIT.derive(
        name=f"{of.name}_{link}" if further else of.name,
        title=f"cumulative model {what}{f', link {link}' if further else ''}",
        links=(link,) if further else LATENT_LINKS,
        known_links=(),
        dpars=(*ORDLOGIT.dpars, of.share),
        under={}
        if further
        else {
            other: (f"{of.name}_{other}", partial(_family, kind, other))
            for other in LATENT_LINKS[1:]
        },
        apart=of.apart,
        moments=of.moments,
        log_density=of.log_density,
        density=of.density,
        many_draws=True,
        simulate=of.simulate,
        mean=of.mean,
        observe=of.observe,
        source=replace(of.script("1.0"), when=(("disc", of.script("{disc}")),)),
        at_shares=of.at_shares,
        doc=(_HURDLE if of.apart else _INFLATED).replace(
            "FORMULA", LINKS[link].formula
        ),
    )


HURDLE_CUMULATIVE, ZERO_INFLATED_CUMULATIVE = (_family(one, "logit") for one in KINDS)

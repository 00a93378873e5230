"""Ordered response reached, or compared, step by step.

``sratio`` and ``cratio`` go from category to category and stop somewhere; ``acat``
compares neighbours. Each step is a choice of two with a threshold of its own: the
thresholds are in no order, and effects may differ between them (``cs(x)``). A row looks
at several thresholds: its work grows with their number.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...data import weighted
from ...data.weighted import Counts
from ...distributions.density.arrays import ARRAYS
from ...distributions.density.links import LINKING
from ...distributions.density.tensors import Tensors
from ...distributions.numerics import log_logistic
from ..family import Array, Family, Moments, SourceText
from ..link import LATENT as LATENT_LINKS
from ..link import LINKS
from .ordlogit import ORDLOGIT
from .thresholds import beside_rows

StepKind = Literal["sratio", "cratio", "acat"]

#: Standard deviation of the logistic distribution, the noise of a latent scale.
LOGISTIC_SD = math.pi / math.sqrt(3.0)


def logit_of(m: Any, link: str, x: Any) -> Any:
    """Return the logit of a link's distribution function."""
    return x if link == "logit" else LINKING[f"{link}_logit"][0](m, x)


@dataclass(frozen=True, slots=True)
class StepLogits:
    """A family of steps under a link.

    The logit of a step is that of stopping at a category, given that it is reached; for
    ``acat`` that of the upper one of two neighbours.
    """

    kind: StepKind
    link: str

    @property
    def adds_up(self) -> bool:
        """Whether the log odds of two categories are a sum over the steps between."""
        return self.kind == "acat"

    def logits(self, m: Any, over: Any) -> Any:
        """Return the logits, given the predictor less the threshold, scaled."""
        if self.kind == "sratio":
            return logit_of(m, self.link, -over)
        found = logit_of(m, self.link, over)
        return -found if self.kind == "cratio" else found

    # ---- arrays ------------------------------------------------------------------

    def log_probabilities(
        self,
        eta: Array,
        threshold: Array,
        disc: Array | float = 1.0,
        effects: Array | float = 0.0,
    ) -> Array:
        """Return the log probability of each category, behind the rows."""
        scale = np.asarray(disc)[..., None]
        threshold = beside_rows(np.asarray(threshold))
        over = np.asarray(eta)[..., None] + effects - threshold
        with np.errstate(over="ignore"):
            logits = np.asarray(self.logits(ARRAYS, scale * over))
        none = np.zeros((*logits.shape[:-1], 1))
        if self.adds_up:
            sums = np.concatenate([none, np.cumsum(logits, axis=-1)], axis=-1)
            largest = np.real(sums).max(axis=-1, keepdims=True)
            total = np.exp(sums - largest).sum(axis=-1, keepdims=True)
            return np.asarray(sums - largest - np.log(total))
        passed = np.cumsum(log_logistic(-logits), axis=-1)
        before = np.concatenate([none, passed], axis=-1)
        stopped = np.concatenate([log_logistic(logits), none], axis=-1)
        return np.asarray(before + stopped)

    def log_density(
        self,
        y: Array,
        eta: Array,
        threshold: Array,
        disc: Array | float = 1.0,
        effects: Array | float = 0.0,
    ) -> Array:
        """Log probability of each row's category."""
        each = self.log_probabilities(eta, threshold, disc, effects)
        ranks = np.asarray(y, dtype=np.int64)
        rows = np.broadcast_shapes(ranks.shape, each.shape[:-1])
        each = np.broadcast_to(each, (*rows, each.shape[-1]))
        ranks = np.broadcast_to(ranks, rows)
        return np.asarray(np.take_along_axis(each, ranks[..., None], axis=-1)[..., 0])

    def simulate(
        self, rng: np.random.Generator, eta: Array, threshold: Array, **more: Array
    ) -> Array:
        """Draw ranks."""
        below = np.exp(self.log_probabilities(eta, threshold, **more)).cumsum(axis=-1)
        drawn = rng.random(below.shape[:-1])[..., None]
        found = (drawn > below[..., :-1]).sum(axis=-1)
        return np.asarray(found).astype(np.int64)

    def mean(self, eta: Array, threshold: Array, **more: Array) -> Array:
        """Mean rank; here for checks, and not reported."""
        each = np.exp(self.log_probabilities(eta, threshold, **more))
        return np.asarray(each @ np.arange(each.shape[-1]))

    def at_shares(self, shares: NDArray[Any]) -> NDArray[Any]:
        """Return the thresholds that give shares of categories where ``eta`` is 0."""
        forward = LINKS[self.link].forward
        if self.adds_up:
            upper = shares[1:] / (shares[1:] + shares[:-1])
            return np.array([-forward(float(one)) for one in upper])
        left = np.cumsum(shares[::-1])[::-1][:-1]
        stopped = shares[:-1] / left
        if self.kind == "sratio":
            return np.array([forward(float(one)) for one in stopped])
        return np.array([-forward(float(1.0 - one)) for one in stopped])

    def moments(self, y: Array, count: Counts = None, *, categories: int) -> Moments:
        """Return how far thresholds are from those of equal shares, on average.

        Where steps add up, the shares of ranks are ``exp(rank * eta)`` times numbers
        without ``eta``, so that a change of ``eta`` by ``b`` moves the mean rank by
        ``b`` times their variance: by ``b`` times their sd, in units of it. One ``s``
        of the logistic distribution moves a latent response by ``sqrt(3)/pi`` of its
        sds. The unit of effects does that too, but where ranks vary so little that two
        neighbours are all there is, and the model that of a binary response.
        """
        rows = weighted.total(y, count)
        ranks = range(categories)
        shares = np.array(
            [weighted.mean(y == place, count) * rows + 0.5 for place in ranks]
        )
        equal = self.at_shares(np.full(categories, 1.0 / categories))
        away = self.at_shares(shares / shares.sum()) - equal
        together = 1.0
        if self.adds_up:
            together = 1.0 / max(LOGISTIC_SD * weighted.sd(y, count), 1.0)
        scale = LINKS[self.link].scale
        return Moments(float(away.mean()), scale, together=together)

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
        """Return a ``pm.CustomDist`` of the probabilities of all categories."""
        several = "effects" in arguments

        def each(eta: Any, threshold: Any, disc: Any, *effects: Any) -> Any:
            over = eta[..., None] - threshold
            for one in effects:
                over = over + one
            scale = disc[..., None] if disc.ndim else disc
            logits = self.logits(Tensors(pt), scale * over)
            none = pt.zeros_like(logits[..., :1])
            if self.adds_up:
                sums = pt.concatenate([none, pt.cumsum(logits, axis=-1)], axis=-1)
                return sums - pt.logsumexp(sums, axis=-1, keepdims=True)
            passed = pt.cumsum(-pt.softplus(logits), axis=-1)
            before = pt.concatenate([none, passed], axis=-1)
            return before + pt.concatenate([-pt.softplus(-logits), none], axis=-1)

        def logp(value: Any, *given: Any) -> Any:
            found = each(*given)
            return pt.take_along_axis(found, value[..., None], axis=-1)[..., 0]

        def draw(*given: Any) -> Any:
            *parameters, size = given
            return pm.Categorical.dist(p=pt.exp(each(*parameters)), size=size)

        more = (arguments["effects"],) if several else ()
        return pm.CustomDist(
            name,
            arguments["eta"],
            arguments["threshold"],
            arguments.get("disc", np.float64(1.0)),
            *more,
            logp=logp,
            dist=draw,
            signature="(),(b),(),(b)->()" if several else "(),(b),()->()",
            dtype="int64",
            observed=observed,
            dims=dims,
        )

    # ---- a script ----------------------------------------------------------------

    def parts_of_text(self) -> tuple[str, str, str]:
        """Return definitions, the text of the logits, and that of probabilities."""
        from ...distributions.density.text import definitions

        made, logits = "", "scaled"
        if self.link != "logit":
            function, document = LINKING[f"{self.link}_logit"]
            made = definitions(f"{self.link}_logit", function, ("x",), document)
            logits = f"{self.link}_logit(scaled)"
        if self.kind == "cratio":
            logits = f"-{logits}"
        body = """    passed = pt.cumsum(-pt.softplus(logits), axis=-1)
    before = pt.concatenate([none, passed], axis=-1)
    return before + pt.concatenate([-pt.softplus(-logits), none], axis=-1)"""
        if self.adds_up:
            body = """    whole = pt.cumsum(logits, axis=-1)
    sums = pt.concatenate([none, whole], axis=-1)
    return sums - pt.logsumexp(sums, axis=-1, keepdims=True)"""
        return made, logits, body

    def helpers(self) -> str:
        """Return the definitions of the family in a script."""
        made, logits, body = self.parts_of_text()
        sign = "-" if self.kind == "sratio" else ""
        name = f"{self.kind}_{self.link}"
        return f'''{made}

def {name}_each(eta, threshold, disc, effects=0.0):
    """Log probability of each category, behind the rows."""
    over = eta[..., None] + effects - threshold
    scaled = {sign}(disc[..., None] if disc.ndim else disc) * over
    logits = {logits}
    none = pt.zeros_like(logits[..., :1])
{body}


def {name}_logp(value, *parameters):
    """Log P(rank = value)."""
    each = {name}_each(*parameters)
    return pt.take_along_axis(each, value[..., None], axis=-1)[..., 0]


def {name}_draw(*parameters_and_size):
    """Draw ranks."""
    *parameters, size = parameters_and_size
    return pm.Categorical.dist(p=pt.exp({name}_each(*parameters)), size=size)
'''

    def script(self, disc: str, effects: bool) -> SourceText:
        """Return the statement of the family in a script."""
        name, more = f"{self.kind}_{self.link}", ", {effects}" if effects else ""
        slots = "(),(b),(),(b)->()" if effects else "(),(b),()->()"
        return SourceText(
            f"""pm.CustomDist(
    {{name}}, {{eta}}, {{threshold}}, {disc}{more},
    logp={name}_logp, dist={name}_draw,
    signature="{slots}", dtype="int64",
    observed={{observed}}, dims={{dims}},
)""",
            self.helpers,
        )

    def source(self) -> SourceText:
        """Return the form in a script, by what else has a value of its own."""
        return replace(
            self.script("1.0", False),
            when=(
                ("effects", self.script("{disc}", True)),
                ("disc", self.script("{disc}", False)),
            ),
        )


_TITLES: Mapping[StepKind, tuple[str, tuple[str, ...], str, str]] = {
    "sratio": (
        "sequential model (stopping ratio)",
        ("stopping_ratio", "sequential"),
        r"P(Y = k \mid Y \ge k) = F(\delta\,(\tau_k - \eta))",
        "a category is reached after those below it, and left for good or not: ranks, "
        "grades, stages of a disease",
    ),
    "cratio": (
        "sequential model (continuation ratio)",
        ("continuation_ratio",),
        r"P(Y > k \mid Y \ge k) = F(\delta\,(\eta - \tau_k))",
        "as ``sratio``, with the link of going on; under symmetric links the same",
    ),
    "acat": (
        "adjacent-category model",
        ("adjacent_category",),
        r"P(Y = k + 1 \mid Y \in \{k, k + 1\}) = F(\delta\,(\eta - \tau_k))",
        "neighbours are compared: ratings whose steps are of interest (partial credit)",
    ),
}


def _family(kind: StepKind, link: str) -> Family:
    title, aliases, formula, use = _TITLES[kind]
    steps = StepLogits(kind, link)
    further = link != "logit"
    return ORDLOGIT.derive(
        name=f"{kind}_{link}" if further else kind,
        aliases=() if further else aliases,
        title=f"{title} with the link {link}" if further else title,
        links=(link,) if further else LATENT_LINKS,
        known_links=(),
        steps=steps,
        under={}
        if further
        else {
            other: (f"{kind}_{other}", partial(_family, kind, other))
            for other in LATENT_LINKS[1:]
        },
        moments=steps.moments,
        log_density=steps.log_density,
        many_draws=False,
        simulate=steps.simulate,
        mean=steps.mean,
        observe=steps.observe,
        source=steps.source(),
        at_shares=steps.at_shares,
        doc=rf"""Ordered categories 0, ..., K - 1, step by step: {use}.

.. math:: {formula}, \quad k = 0, \dots, K - 2

Parameters: ``eta`` (any real number); a larger one makes higher categories likelier.
``threshold``, K - 1 real numbers in no order, which take the place of an intercept.
``disc``, the :math:`\delta` of the formula, 1 unless it has a formula. ``cs(x)`` has an
effect for each threshold. Reference: Tutz (1990), Sequential item response models with
an ordered response, BJMSP 43, 39-55; Bürkner & Vuorre (2019), Ordinal regression models
in psychology, AMPPS 2, 77-101.
""",
    )


SRATIO = _family("sratio", "logit")
CRATIO = _family("cratio", "logit")
ACAT = _family("acat", "logit")

#: The logit of a step under a link, of one number with its slope, for the kernel.
CurveWithSlope = Callable[[float], tuple[float, float]]

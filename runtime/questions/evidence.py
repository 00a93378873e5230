"""How probable a test is before the data: what a Bayes factor compares with.

The Bayes factor of a region against its complement is the ratio of posterior odds to
prior odds (Klugkist, Kato & Hoijtink 2005; Morey & Rouder 2011). It measures the data
only if the prior was chosen on purpose, so it is given where the user wrote the prior
of every parameter in the test, and where that prior is a proper distribution.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.bind.effects import effects_of_parts
from varying.compiler.bind.priors.scalars import CORRELATIONS, RESIDUAL, SIMPLEXES
from varying.compiler.bind.question import Quantity, Reference, Test
from varying.compiler.distributions.table import DISTRIBUTIONS, POSITIVE
from varying.compiler.formula.columns import simplexes
from varying.compiler.program.coupling import RESCOR
from varying.compiler.program.interpret.truncation import log_mass

from .formulas import evaluate, evaluate_quantities, holds, is_constant

if TYPE_CHECKING:
    from varying.compiler.bind.bound import BoundModel, JointModel, PriorText

__all__ = ["DRAWS", "PriorProbability", "prior_of"]

#: Draws where the probability is in no table, and how many at a time.
DRAWS, _AT_ONCE = 100_000, 10_000

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class PriorProbability:
    """The prior probability of a test.

    Attributes
    ----------
    probability
        None: there is none to compare with.
    drawn
        Whether it is a share of ``DRAWS`` draws, not exact.
    note
        Why there is none, where that is to be said.
    """

    probability: float | None
    drawn: bool = False
    note: str = ""


NOTHING = PriorProbability(None)


def prior_of(
    test: Test, quantities: Sequence[Quantity], bound: JointModel, seed: int
) -> PriorProbability:
    """Return the prior probability of a test.

    Parameters
    ----------
    test, quantities
        The test, and the quantities that it may use.
    bound
        The model, with the priors that the user wrote.
    seed
        Of the draws, where they are needed.
    """
    written = dict(bound.priors)
    if any(one.target not in written for one in test.references):
        return NOTHING
    for one in test.references:
        prior = written[one.target]
        if prior.distribution == "flat":
            note = f"no Bayes factor: the prior of `{one.text}` is flat"
            return PriorProbability(None, note=note)
    if not _independent(test.references):
        return NOTHING
    exact = _exact(test, written)
    if exact is not None:
        return PriorProbability(exact)
    found = _drawn(test, quantities, bound, written, seed)
    return NOTHING if found is None else PriorProbability(found, drawn=True)


def _independent(references: Sequence[Reference]) -> bool:
    """Whether no two of them have a joint prior of which only the margins are here."""
    joint = (*CORRELATIONS, *SIMPLEXES)
    groups = [(o.kind, o.dpar, o.group) for o in references if o.kind in joint]
    return len(set(groups)) == len(groups)


# ---- exact ---------------------------------------------------------------------------


def _exact(test: Test, written: Mapping[str, PriorText]) -> float | None:
    """Return the probability where one parameter is compared with numbers."""
    constant = [is_constant(operand) for operand in test.operands]
    if constant.count(False) != 1:
        return None
    place = constant.index(False)
    reference = test.operands[place]
    if not isinstance(reference, Reference) or (
        reference.kind in ("threshold", *CORRELATIONS, *SIMPLEXES)
    ):
        return None
    prior = written[reference.target]
    row = DISTRIBUTIONS.get(prior.distribution)
    if row is None or row.scipy is None:
        return None
    values = [
        float(evaluate(operand, {}, {})) if is_number else None
        for operand, is_number in zip(test.operands, constant, strict=True)
    ]
    if any(value is not None and math.isnan(value) for value in values):
        return None
    bounds = _bounds(values, test.operators)
    if bounds is None:
        return 0.0
    whole = _support(prior)
    low, high = max(bounds[0], whole[0]), min(bounds[1], whole[1])
    if not low < high:
        return 0.0
    arguments = dict(prior.arguments)
    inside = log_mass(row, arguments, _end(low), _end(high))
    mass = log_mass(row, arguments, _end(whole[0]), _end(whole[1]))
    return float(np.exp(np.minimum(inside - mass, 0.0)))


def _bounds(
    values: Sequence[float | None], operators: Sequence[str]
) -> tuple[float, float] | None:
    """Return between which numbers the only None must be; None: nowhere."""
    low, high = -math.inf, math.inf
    pairs = zip(operators, values, values[1:], strict=False)
    for operator, left, right in pairs:
        rising = operator in ("<", "<=")
        if left is not None and right is not None:
            if holds([np.asarray(left), np.asarray(right)], (operator,)) != 1.0:
                return None
        elif left is not None:
            low, high = (max(low, left), high) if rising else (low, min(high, left))
        elif right is not None:
            low, high = (low, min(high, right)) if rising else (max(low, right), high)
    return low, high


def _support(prior: PriorText) -> tuple[float, float]:
    low = -math.inf if prior.lower is None else prior.lower
    high = math.inf if prior.upper is None else prior.upper
    return low, high


def _end(bound: float) -> float | None:
    return bound if math.isfinite(bound) else None


# ---- by draws ------------------------------------------------------------------------


def _drawn(
    test: Test,
    quantities: Sequence[Quantity],
    bound: JointModel,
    written: Mapping[str, PriorText],
    seed: int,
) -> float | None:
    """Return the share of prior draws in the region; None where none can be made."""
    rng = np.random.default_rng(seed)
    inside = 0
    for _ in range(DRAWS // _AT_ONCE):
        draws: dict[Reference, Array] = {}
        thresholds: dict[str, Array | None] = {}
        for one in test.references:
            prior = written[one.target]
            if one.kind == "threshold":
                if one.dpar not in thresholds:
                    member = bound.member(one.dpar)
                    every = _every_threshold(member, prior, rng)
                    thresholds[one.dpar] = every
                own = thresholds[one.dpar]
                drawn = None if own is None else own[:, one.places[0]]
            elif one.kind == "cor":
                drawn = _correlations(one, prior, bound, rng)
            elif one.kind in SIMPLEXES:
                drawn = _steps(one, prior, bound, rng)
            elif one.kind in RESIDUAL:
                drawn = _correlation(prior, _residuals(one, bound), rng)
            else:
                drawn = _numbers(prior, rng, _AT_ONCE)
            if drawn is None:
                return None
            draws[one] = drawn
        values = evaluate_quantities(quantities, draws)
        found = [evaluate(operand, draws, values) for operand in test.operands]
        region = np.broadcast_to(holds(found, test.operators), (_AT_ONCE,))
        if np.isnan(region).any():
            return None
        inside += int(region.sum())
    return inside / DRAWS


def _numbers(prior: PriorText, rng: np.random.Generator, size: int) -> Array | None:
    """Return draws of a prior of one number."""
    arguments = dict(prior.arguments)
    if prior.distribution == "constant":
        return np.full(size, arguments["value"])
    if prior.distribution == "half_student_t":
        return np.abs(arguments["sigma"] * rng.standard_t(arguments["nu"], size))
    row = DISTRIBUTIONS.get(prior.distribution)
    if row is None or row.scipy is None:
        return None
    from scipy import stats

    name, frozen = row.scipy(**arguments)
    chosen = getattr(stats, name)(**frozen)
    low, high = _support(prior)
    if (low, high) == (-math.inf, math.inf) or (
        row.support == POSITIVE and low <= 0.0 and high == math.inf
    ):
        return np.asarray(chosen.rvs(size, random_state=rng))
    # from the nearer tail, where a distribution function has its digits
    if chosen.cdf(low) > 0.5:
        share = rng.uniform(chosen.sf(high), chosen.sf(low), size)
        return np.asarray(chosen.isf(share))
    share = rng.uniform(chosen.cdf(low), chosen.cdf(high), size)
    return np.asarray(chosen.ppf(share))


def _every_threshold(
    member: BoundModel, prior: PriorText, rng: np.random.Generator
) -> Array | None:
    """Return draws of the thresholds of a response, those of items side by side."""
    cut = len(member.response.categories) - member.family.apart
    items = member.response.items
    ordered = member.family.steps is None
    found = [
        _thresholds(prior, count, rng) if ordered else _unordered(prior, count, rng)
        for count in ((cut - 1,) if items is None or items.varied else items.cuts)
    ]
    known = [one for one in found if one is not None]
    return None if len(known) < len(found) else np.concatenate(known, axis=1)


def _unordered(prior: PriorText, count: int, rng: np.random.Generator) -> Array | None:
    drawn = _numbers(prior, rng, _AT_ONCE * count)
    return None if drawn is None else drawn.reshape(_AT_ONCE, count)


def _thresholds(prior: PriorText, count: int, rng: np.random.Generator) -> Array | None:
    """Return draws of all thresholds: independent ones in order, or of a simplex."""
    if prior.distribution == "dirichlet":
        alpha = dict(prior.arguments)["alpha"]
        share = rng.dirichlet(np.full(count + 1, alpha), _AT_ONCE)
        below = np.cumsum(share, axis=1)[:, :-1]
        above = np.cumsum(share[:, ::-1], axis=1)[:, ::-1][:, 1:]
        with np.errstate(divide="ignore"):
            return np.asarray(np.log(below) - np.log(above))
    drawn = _numbers(prior, rng, _AT_ONCE * count)
    return None if drawn is None else np.sort(drawn.reshape(_AT_ONCE, count), axis=1)


def _steps(
    reference: Reference, prior: PriorText, bound: JointModel, rng: np.random.Generator
) -> Array:
    """Return draws of the share of one step, or of one spline.

    Of a Dirichlet it is Beta(a, A - a), with A the sum of its numbers.
    """
    if reference.kind == "simo":
        specials = bound.predictor(reference.dpar).population.specials
        simplex = next(s for s in simplexes(specials) if s.name == reference.group)
        size = len(simplex.steps)
    else:
        dpars = bound.member(reference.dpar).family.dpars
        size = sum(dpar.within == reference.kind for dpar in dpars)
    alpha = prior.each or (dict(prior.arguments)["alpha"],) * size
    own = alpha[reference.places[0]]
    return np.asarray(rng.beta(own, sum(alpha) - own, _AT_ONCE))


def _correlations(
    reference: Reference, prior: PriorText, bound: JointModel, rng: np.random.Generator
) -> Array | None:
    """Return draws of one correlation of d effects.

    Under LKJ(eta) it is Beta(a, a) on (-1, 1), with a = eta + d/2 - 1 (Lewandowski,
    Kurowicka & Joe 2009).
    """
    for effects in effects_of_parts(bound.predictors):
        if effects.cor != reference.target:
            continue
        for joint in effects.correlated:
            if reference.places[0] in joint.positions:
                return _correlation(prior, len(joint.positions), rng)
    return None


def _residuals(reference: Reference, bound: JointModel) -> int:
    """Return of how many residuals a correlation is one."""
    if reference.kind == RESCOR:
        return len(bound.members)
    return len(bound.member(reference.dpar).family.mains)


def _correlation(prior: PriorText, size: int, rng: np.random.Generator) -> Array:
    a = dict(prior.arguments)["eta"] + size / 2.0 - 1.0
    return np.asarray(2.0 * rng.beta(a, a, _AT_ONCE) - 1.0)

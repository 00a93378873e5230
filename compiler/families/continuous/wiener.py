"""Times and answers of a decision: evidence drifts until one of two bounds."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data import weighted
from ...data.weighted import Counts
from ...distributions.density import arrays
from ...distributions.numerics import HALF_LOG_2PI, pooled_logit
from ..between import NEVER
from ..family import Array, DefaultPrior, Dpar, Family, Moments, SourceText, Tails
from ..link import REALS
from ..written import graph_by_numpy
from . import passage
from .lognormal import in_support
from .shifted_lognormal import NDT

NAMES = ("mu", "bs", "ndt", "bias", "dec")
#: Of times over the square of the distance: from here on a series of sines is taken.
#: With so many terms of it, and of images before, what is left out is below 1e-17 of
#: all: exp(-2 (K + 1) K / u) of images, exp(-((K + 1)^2 - 1) pi^2 u / 2) of sines.
SWITCH = 0.5
IMAGES, SINES = 4, 6
#: Such times that draws are read off at: for them no image is needed at first, and one
#: until ``EARLY``.
GRID = np.exp(np.linspace(math.log(1e-5), math.log(8.0), 240))
STEP = math.log(GRID[1] / GRID[0])
FIRST, EARLY = 0.02, 0.25
LOG_PI = math.log(math.pi)


def log_passage(m: Any, u: Any, start: Any, rest: Any) -> Any:
    """Log density of the time to the lower of two bounds, 0 and 1, without drift.

    Navarro and Fuss (2009): images of the start for short times, sines for long ones.
    Near a bound two images differ by little: they are added as what they differ by.
    ``rest`` is ``1 - start``, of which near the upper bound no digit may be lost.
    """
    low = start < 0.5
    near = m.where(low, start, rest)
    some = near > 1e-300

    def early(u: Any) -> Any:
        def from_below(w: Any) -> Any:
            total = w
            for k in range(1, IMAGES + 1):
                ahead = m.exp(-2.0 * k * (k + w) / u)
                behind = m.exp(-2.0 * k * (k - w) / u)
                apart = behind * m.expm1(-4.0 * k * w / u)
                total = total + w * (ahead + behind) + 2.0 * k * apart
            return total

        def from_above(w: Any) -> Any:
            total = 0.0 * w
            for n in range(1, 2 * IMAGES + 1, 2):
                image = m.exp(-0.5 * (n - 1) * (n + 1 - 2.0 * w) / u)
                apart = m.expm1(-2.0 * n * w / u)
                total = total - image * (n * apart + w * (2.0 + apart))
            return total

        total = m.where(
            low,
            from_below(m.where(low, start, 0.5)),
            from_above(m.where(low, 0.5, rest)),
        )
        leading = -0.5 * start * start / u - 1.5 * m.log(u) - HALF_LOG_2PI
        return leading + m.log(m.where(some, total, 1e-300))

    def late(u: Any) -> Any:
        angle = math.pi * near
        sine, cosine = m.sin(angle), m.cos(angle)
        twice = 2.0 * m.where(low, cosine, -cosine)
        before, now, total = 0.0 * sine, sine, sine
        for k in range(2, SINES + 1):
            before, now = now, twice * now - before
            decay = m.exp(-0.5 * (k * k - 1.0) * math.pi * math.pi * u)
            total = total + k * now * decay
        leading = LOG_PI - 0.5 * math.pi * math.pi * u
        return leading + m.log(m.where(some, total, 1e-300))

    return m.choose(u < SWITCH, early, late, u, (0.1, 1.0))


def _towards(m: Any, bs: Any, mu: Any, bias: Any, dec: Any) -> tuple[Any, Any, Any]:
    """Return how far the bound of an answer is, what is beyond, and drift from it.

    In distances of the bounds.
    """
    upper = dec > 0.5
    start = m.where(upper, 1.0 - bias, bias)
    rest = m.where(upper, bias, 1.0 - bias)
    return start, rest, m.where(upper, -mu, mu) * bs


def log_of_answer(m: Any, mu: Any, bs: Any, ndt: Any, bias: Any, dec: Any) -> Any:
    """Log of the probability of an answer, at whatever time."""
    return passage.log_chance(m, *_towards(m, bs, mu, bias, dec))


def log_tails(
    m: Any, y: Any, mu: Any, bs: Any, ndt: Any, bias: Any, dec: Any
) -> tuple[Any, Any]:
    """Return logs of the probabilities of an answer by a time, and after it.

    They add up to that of the answer.
    """
    way = _towards(m, bs, mu, bias, dec)
    passed = y - ndt
    is_after = passed > 0.0
    time = m.where(is_after, passed, bs * bs)
    whole = passage.log_chance(m, *way)
    below, after = passage.log_tails(m, time / (bs * bs), whole, *way)
    return m.where(is_after, below, NEVER), m.where(is_after, after, whole)


def density(m: Any, y: Any, mu: Any, bs: Any, ndt: Any, bias: Any, dec: Any) -> Any:
    """Log density of a time and its answer, minus infinity up to the shift."""
    start, rest, drift = _towards(m, bs, mu, bias, dec)
    passed = y - ndt
    time = m.where(passed > 0.0, passed, bs * bs)
    inside = (
        m.called("log_passage", None, log_passage, time / (bs * bs), start, rest)
        - 2.0 * m.log(bs)
        - drift * start
        - 0.5 * mu * mu * time
    )
    return m.where(passed > 0.0, inside, -math.inf)


def in_support_of(y: Array, **known: Array) -> NDArray[np.bool_]:
    """Positive and finite."""
    return in_support(y)


def moments(y: Array, count: Counts = None, *, dec: Array) -> Moments:
    """Drift that the shares of the answers say, and one that is a logit of 1.

    Of rows whose answer is not known it says nothing.

    The distance of the bounds is that of which a process without drift takes as long
    as the responses do, half of the shortest apart: the mean is its square over 4.
    """
    least = float(np.min(y))
    spare = weighted.mean(y, count) - 0.5 * least
    distance = 2.0 * math.sqrt(spare)
    told = ~np.isnan(np.asarray(dec, dtype=float))
    times = None if count is None else count[told]
    rows = weighted.total(y[told], times)
    share = weighted.mean(np.asarray(dec[told], dtype=float), times) if rows else 0.5
    logit = pooled_logit(share * rows, rows)
    return Moments(logit / distance, 1.0 / distance, least=least)


def _heights(start: Array, tilt: Array) -> Array:
    """Return the density on the grid, to six digits: most of it is one exponential."""
    at, tilt = start[:, None], tilt[:, None]
    first, early, late = np.split(GRID, np.searchsorted(GRID, (FIRST, EARLY)))
    with np.errstate(under="ignore"):
        near = [
            at * np.exp(-0.5 * np.square(at) / first - tilt * first) / first**1.5,
            (
                at * np.exp(-0.5 * np.square(at) / early)
                + (2.0 + at) * np.exp(-0.5 * np.square(2.0 + at) / early)
                - (2.0 - at) * np.exp(-0.5 * np.square(2.0 - at) / early)
            )
            * np.exp(-tilt * early)
            / early**1.5,
        ]
        k = np.arange(1.0, SINES + 1.0)
        decay = k[:, None] * np.exp(-0.5 * np.square(k * math.pi)[:, None] * late)
        far = math.pi * (np.sin(k * math.pi * at) @ decay) * np.exp(-tilt * late)
    scale = math.exp(-HALF_LOG_2PI)
    whole = np.hstack([near[0] * scale, near[1] * scale, far])
    return np.asarray(np.maximum(whole, 0.0))


def _times(u: Array, mu: Array, bs: Array, bias: Array, dec: Array) -> Array:
    """Return times over the square of the distance at probabilities."""
    start = np.where(dec > 0.5, 1.0 - bias, bias)
    mass = GRID * _heights(start, 0.5 * np.square(mu * bs))
    # by Euler and Maclaurin: trapezoids alone are off by 1e-3 of all
    bend = np.gradient(mass, axis=1) / 12.0
    steps = 0.5 * (mass[:, 1:] + mass[:, :-1]) - np.diff(bend, axis=1)
    steps = np.maximum(steps, 0.0)
    sums = np.cumsum(steps, axis=1)
    wanted = u * sums[:, -1]
    place = np.minimum((sums < wanted[:, None]).sum(axis=1), len(GRID) - 2)
    at = np.arange(len(u))
    before = np.where(place > 0, sums[at, np.maximum(place - 1, 0)], 0.0)
    share = (wanted - before) / np.maximum(steps[at, place], 1e-300)
    # between two times the density of the log is a straight line
    first, last = mass[at, place], mass[at, place + 1]
    twice = np.clip(share, 0.0, 1.0) * (first + last)
    root = np.sqrt(np.square(first) + (last - first) * twice)
    moved = twice / np.maximum(first + root, 1e-300)
    return np.asarray(GRID[place] * np.exp(STEP * np.clip(moved, 0.0, 1.0)))


def simulate(
    rng: np.random.Generator,
    mu: Array,
    bs: Array,
    ndt: Array,
    bias: Array,
    dec: Array,
) -> Array:
    """Draw a time, given its answer: off the distribution function on a grid."""
    rows = np.broadcast_shapes(*map(np.shape, (mu, bs, ndt, bias, dec)))
    given = [np.broadcast_to(np.asarray(x, float), rows) for x in (mu, bs, bias, dec)]
    flat = [np.ravel(x) for x in given]
    drawn, u = np.empty(flat[0].size), rng.random(flat[0].size)
    for low in range(0, drawn.size, 4000):
        part = slice(low, low + 4000)
        drawn[part] = _times(u[part], *(x[part] for x in flat))
    return np.asarray(ndt + drawn.reshape(rows) * np.square(given[1]))


def mean(mu: Array, bs: Array, ndt: Array, bias: Array, dec: Array) -> Array:
    """Mean time of an answer, whatever the sign of the drift."""
    rest = np.where(np.asarray(dec) > 0.5, bias, 1.0 - np.asarray(bias)) * bs
    v = np.abs(np.asarray(mu, dtype=float))
    bs = np.asarray(bs, dtype=float)

    def share(x: Array) -> Array:
        """``(x coth(x) - 1) / x^2``, a third at 0."""
        some = np.where(x < 1e-2, 1.0, x)
        far = (some / np.tanh(some) - 1.0) / np.square(some)
        return np.where(x < 1e-2, 1.0 / 3.0 - x * x / 45.0, far)

    passed = np.square(bs) * share(v * bs) - np.square(rest) * share(v * rest)
    return np.asarray(ndt + passed)


def upper(mu: Array, bs: Array, ndt: Array, bias: Array) -> Array:
    """Probability of the upper answer, exact where it is rare."""
    v, w = np.asarray(mu, dtype=float), np.asarray(bias, dtype=float)
    twice = 2.0 * np.abs(v) * np.asarray(bs, dtype=float)
    some = np.where(twice < 1e-8, 1.0, twice)
    ratio = np.where(twice < 1e-8, w, np.expm1(-some * w) / np.expm1(-some))
    return np.asarray(np.where(v < 0.0, np.exp(-twice * (1.0 - w)) * ratio, ratio))


def _definitions() -> str:
    from ...distributions.density.text import definitions

    document = "Log density of a time and its answer"
    made = definitions("wiener_logp", density, ("value", *NAMES), document)
    return f"{made}\n\n{RANDOM}"


RANDOM = '''def wiener_random(mu, bs, ndt, bias, dec, rng=None, size=None):
    """Draw times, given their answers: off the distribution function on a grid."""
    given = (mu, bs, ndt, bias, dec)
    shape = np.broadcast_shapes(*map(np.shape, given), tuple(size or ()))
    mu, bs, ndt, bias, dec = (np.broadcast_to(x, shape)[..., None] for x in given)
    start = np.where(dec > 0.5, 1 - bias, bias)
    u = np.exp(np.linspace(np.log(1e-5), np.log(8), 240))  # times over bs^2
    images = sum(
        (start + 2 * k) * np.exp(-0.5 * (start + 2 * k) ** 2 / u) for k in range(-4, 5)
    )
    sines = sum(
        k * np.sin(k * np.pi * start) * np.exp(-0.5 * (k * np.pi) ** 2 * u)
        for k in range(1, 7)
    )
    heights = np.where(u < 0.5, images / np.sqrt(2 * np.pi * u**3), np.pi * sines)
    heights = np.maximum(heights, 0) * np.exp(-0.5 * (mu * bs) ** 2 * u)
    mass = u * heights
    bend = np.gradient(mass, axis=-1) / 12  # Euler and Maclaurin
    steps = 0.5 * (mass[..., 1:] + mass[..., :-1]) - np.diff(bend, axis=-1)
    steps = np.maximum(steps, 0)
    sums = np.cumsum(steps, axis=-1)
    left = rng.random((*shape, 1)) * sums[..., -1:]
    place = np.minimum((sums < left).sum(axis=-1, keepdims=True), len(u) - 2)
    step = np.take_along_axis(steps, place, -1)
    left = left - np.take_along_axis(sums, place, -1) + step
    share = np.clip(left / np.maximum(step, 1e-300), 0, 1)
    first, last = (np.take_along_axis(mass, place + k, -1) for k in (0, 1))
    twice = share * (first + last)
    root = np.sqrt(first**2 + (last - first) * twice)
    moved = np.clip(twice / np.maximum(first + root, 1e-300), 0, 1)
    return (ndt + bs**2 * u[place] * (u[1] / u[0]) ** moved)[..., 0]
'''


WIENER = Family(
    name="wiener",
    title="diffusion model",
    response="continuous",
    links=REALS,
    dpars=(
        Dpar(
            "bs",
            link="log",
            support="positive",
            meaning="distance of the two bounds: how much evidence is asked for",
            default=lambda m: DefaultPrior(
                "lognormal",
                (("mu", -math.log(m.s)), ("sigma", 0.6)),
                "around what a process without drift needs to take as long as the "
                "responses do",
            ),
            center=lambda m: -math.log(m.s),
        ),
        NDT,
        Dpar(
            "bias",
            link="logit",
            support="unit",
            meaning="where evidence starts: 0 is the lower bound, 1 the upper one",
            default=lambda _: DefaultPrior(
                "beta",
                (("alpha", 2.0), ("beta", 2.0)),
                "in the middle, or nearer to either bound",
            ),
            center=lambda _: 0.0,
        ),
    ),
    support="positive numbers",
    in_support=in_support_of,
    moments=moments,
    log_density=arrays.log_density(density, NAMES),
    density=density,
    simulate=simulate,
    mean=mean,
    observe=graph_by_numpy(density, NAMES, simulate),
    source=SourceText(
        """pm.CustomDist(
    {name}, {mu}, {bs}, {ndt}, {bias}, {dec},
    logp=wiener_logp, random=wiener_random, observed={observed}, dims={dims},
)""",
        _definitions,
    ),
    answers=upper,
    measure="the drift",
    known=("dec",),
    tails=Tails(log_tails, lowest=0.0),
    doc=r"""Times and answers of a decision: evidence drifts until one of two bounds.

.. math:: f(y \mid \mu, a, \theta, w) = \frac{\pi}{a^2}
          e^{-\mu a w - \mu^2 t / 2} \sum_{k = 1}^{\infty} k \sin(k \pi w)\,
          e^{-k^2 \pi^2 t / (2 a^2)}, \quad t = y - \theta > 0

of answers at the lower bound; of those at the upper one with :math:`-\mu` and
:math:`1 - w`. Parameters: ``mu``, the drift (any real number): above 0 to the upper
bound; ``bs``, the :math:`a` of the formula (positive), the distance of the bounds;
``ndt``, the :math:`\theta` (positive), the time of all that is no decision; ``bias``,
the :math:`w` (between 0 and 1), where evidence starts; ``dec`` says of each row whether
its answer is the upper one (1) or the lower one (0); of two levels that are declared,
``column answer: factor(wrong, right)``, the second is the upper one. What is drawn of a
row is a time given its answer. In questions ``scale=prob[upper]`` is the probability
of the upper answer, :math:`(1 - e^{-2 \mu a w}) / (1 - e^{-2 \mu a})`,
``scale=response`` the mean time of that answer, ``scale=quantile[0.9]`` a quantile of
it and ``scale=prob[>1.2]`` how often it is longer. A row that is censored from the
right, ``rt | dec(answer) + cens(late)``, is one without an answer by then, whichever it
would have been: what ``dec`` says of it counts for nothing. ``trunc`` is of the times
of both answers. References: Navarro & Fuss (2009), Fast and accurate
calculations for first-passage times in Wiener diffusion models, Journal of
Mathematical Psychology 53, 222-230; of the distribution function Blurton, Kesselmeier &
Gondan (2012), in the same journal 56, 470-475.
""",
)

"""The regularised incomplete gamma and beta functions as text, for scripts and graphs.

As ``incomplete_scalars.py`` computes them; a graph is what this text makes.
"""

from __future__ import annotations

from collections.abc import Mapping

from .sums import BETABINOM_TAILS

GAMMA_TAILS = '''def gamma_tails(a, d):
    """Logs of P(a, x) and Q(a, x), the incomplete gamma functions, x = a * exp(d).

    The smaller one is a sum or an integral by Gauss's rule, the other what it leaves.
    """
    from pytensor.gradient import disconnected_grad

    a, d = pt.broadcast_arrays(*(pt.cast(one, "float64") for one in (a, d)))
    d = pt.minimum(d, 600)
    height = pt.log(a) - a * exp_excess(d) - gamma_remainder(a)
    is_sum = (a < 16) & ((d < 0) | (a * pt.exp(d) < 1))
    is_lower = is_sum | (d < 0)
    # each way is fed harmless numbers where the other one is taken
    few, near = pt.switch(is_sum, a, 1), pt.switch(is_sum, d, 0)
    a, d = pt.switch(is_sum, 16, a), pt.switch(is_sum, 1, d)
    steps = few[..., None] * pt.exp(near)[..., None]
    steps = steps / (few[..., None] + np.arange(1, 101))
    sums = pt.log((1 + pt.cumprod(steps, axis=-1).sum(axis=-1)) / few)
    # from the point on, in the logarithm of the variable, to where nothing is left
    x = a * pt.exp(pt.maximum(d, -600))
    slope = a * pt.abs(pt.expm1(d))
    down = up = 76 / (slope + pt.sqrt(slope**2 + 76 * x))
    for _ in range(3):
        rest = 38 - slope * down - x * exp_excess(-down)
        down = down + rest / (slope - x * pt.expm1(-down))
        up = pt.minimum(up, pt.log1p((38 + a * up) / x))
    # where the integral ends is no matter to its slopes
    end = disconnected_grad(pt.switch(is_lower, down, up))
    nodes, weights = np.polynomial.legendre.leggauss(28)
    at = end[..., None] * (1 + nodes) / 2
    bend = exp_excess(pt.switch(is_lower[..., None], -at, at))
    inside = weights * pt.exp(-slope[..., None] * at - x[..., None] * bend)
    integral = pt.log(end / 2 * inside.sum(axis=-1))
    tail = pt.minimum(height + pt.switch(is_sum, sums, integral), -1e-300)
    other = log1mexp(-tail)
    return pt.switch(is_lower, tail, other), pt.switch(is_lower, other, tail)
'''

BETA_TAILS = '''def beta_tails(a, b, u):
    """Logs of I and 1 - I, the incomplete beta function at log odds u.

    The smaller one is a sum or an integral by Gauss's rule, the other what it leaves.
    """
    from pytensor.gradient import disconnected_grad

    a, b, u = pt.broadcast_arrays(*(pt.cast(one, "float64") for one in (a, b, u)))
    n, p, q = a + b, pt.sigmoid(u), pt.sigmoid(-u)
    gap = a * q - b * p

    def log_ratio(k, gap, far):
        near = pt.abs(gap) < k / 2
        return pt.switch(near, pt.log1p(pt.switch(near, gap, 0) / k), far)

    height = (
        gamma_remainder(n)
        - gamma_remainder(a)
        - gamma_remainder(b)
        + pt.log(a * b / n)
        + a * log_ratio(a, -gap, pt.log(n / a) - pt.softplus(-u))
        + b * log_ratio(b, gap, pt.log(n / b) - pt.softplus(u))
    )
    is_lower = gap >= 0
    first, share = pt.switch(is_lower, a, b), pt.switch(is_lower, p, q)
    is_sum = first < 16
    other = (is_sum & (share > 0.75)) | (
        pt.invert(is_sum) & (n - first < 16) & (n * (1 - share) < 1)
    )
    is_sum, is_lower = is_sum | other, pt.neq(is_lower, other)
    first = pt.switch(is_lower, a, b)
    share, rest = pt.switch(is_lower, p, q), pt.switch(is_lower, q, p)
    # each way is fed harmless numbers where the other one is taken
    k = np.arange(200)
    few, low = pt.switch(is_sum, first, 1)[..., None], pt.switch(is_sum, share, 0.5)
    steps = (pt.switch(is_sum, n, 2)[..., None] + k) / (few + 1 + k) * low[..., None]
    sums = pt.log((1 + pt.cumprod(steps, axis=-1).sum(axis=-1)) / few[..., 0])
    # from the point on, in the log odds, to where nothing is left
    first, n = pt.switch(is_sum, 16, first), pt.switch(is_sum, 32, n)
    share, rest = pt.switch(is_sum, 0.4, share), pt.switch(is_sum, 0.6, rest)
    slope = first * rest - (n - first) * share
    is_small = share < 0.5
    sign, change = pt.switch(is_small, -1, 1), pt.switch(is_small, share, rest)

    def depth(at, sign, change, slope, n):
        moved = change * pt.expm1(sign * at)
        bend = change * exp_excess(sign * at) + pt.log1p(moved) - moved
        return slope * at + n * bend, moved

    end = 76 / (slope + pt.sqrt(slope**2 + 76 * n * share * rest))
    for _ in range(4):
        lost, moved = depth(end, sign, change, slope, n)
        there = share * pt.switch(is_small, pt.exp(-end), 1) / (1 + moved)
        end = end + (38 - lost) / (first - n * there)
    # where the integral ends is no matter to its slopes
    end = disconnected_grad(end)
    nodes, weights = np.polynomial.legendre.leggauss(28)
    at = end[..., None] * (1 + nodes) / 2
    lost, _ = depth(at, *(one[..., None] for one in (sign, change, slope, n)))
    integral = pt.log(end / 2 * (weights * pt.exp(-lost)).sum(axis=-1))
    tail = pt.minimum(height + pt.switch(is_sum, sums, integral), -1e-300)
    other = log1mexp(-tail)
    return pt.switch(is_lower, tail, other), pt.switch(is_lower, other, tail)
'''


def _one(name: str, tails: str, arguments: str, which: int, what: str) -> str:
    return (
        f'def {name}({arguments}):\n    """Log of {what}."""\n'
        f"    return {tails}({arguments})[{which}]\n"
    )


#: By operation, what it is in a script.
WRITTEN: Mapping[str, str] = {
    "gamma_tails": GAMMA_TAILS,
    "beta_tails": BETA_TAILS,
    "betabinom_tails": BETABINOM_TAILS,
    "log_gammainc": _one(
        "log_gammainc", "gamma_tails", "a, d", 0, "P(a, x), x = a * exp(d)"
    ),
    "log_gammaincc": _one(
        "log_gammaincc", "gamma_tails", "a, d", 1, "Q(a, x), x = a * exp(d)"
    ),
    "log_betainc": _one(
        "log_betainc", "beta_tails", "a, b, u", 0, "I(a, b) at log odds u"
    ),
    "log_betaincc": _one(
        "log_betaincc", "beta_tails", "a, b, u", 1, "1 - I(a, b) at log odds u"
    ),
    "log_betabinom": _one(
        "log_betabinom", "betabinom_tails", "y, a, b, n", 0, "P(Y <= y) / P(y)"
    ),
    "log_betabinomc": _one(
        "log_betabinomc", "betabinom_tails", "y, a, b, n", 1, "P(Y > y) / P(y)"
    ),
}
_OTHERS = ("exp_excess", "gamma_remainder", "log1mexp")
#: What each of them calls.
NEEDS: Mapping[str, tuple[str, ...]] = {
    name: (*_OTHERS, f"{kind}_tails")
    for name in WRITTEN
    for kind in ("gamma", "beta")
    if name.startswith(f"log_{kind}inc")
} | {name: ("betabinom_tails",) for name in WRITTEN if name.startswith("log_betabinom")}

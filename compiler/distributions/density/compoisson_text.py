"""Sums of terms of Conway and Maxwell's Poisson counts, for scripts and graphs.

As ``compoisson.py`` computes them; a graph is what this text makes.
"""

from __future__ import annotations

#: ``log1p_excess`` and ``gamma_remainder`` are defined before it.
COM_SUM = '''def log_com_sum(eta, shape, low, high):
    """Log of the sum over counts k of exp(-shape * (log k! - k * eta + exp(eta))).

    Over those from low to high. Few terms are added; of many those at both ends, and
    the rest is an integral by Gauss's rule, with what Euler and Maclaurin add there.
    """
    from pytensor.gradient import disconnected_grad

    given = (pt.cast(one, "float64")[..., None] for one in (eta, shape, low, high))
    eta, shape, low, high = pt.broadcast_arrays(*given)
    is_none = low > high
    # a range that is none is given one, which is not looked at
    high = pt.switch(is_none, low, high)
    eta = pt.minimum(eta, 40)
    mu, deep = pt.exp(eta), 40 / shape
    still = disconnected_grad(mu)

    def deviance(x, off):
        near, some = pt.abs(off) < x / 2, pt.switch(x > 0, x, 1)
        close = x * log1p_excess(pt.switch(near, -off / some, 0))
        return pt.switch(near, close, x * (pt.log(some) - eta) - off)

    def away(x):
        return deviance(x, x - mu) + gamma_remainder(x)

    # where terms are largest, how far from there they count: no matter to the slopes
    top = pt.maximum(pt.minimum(mu, high), low)
    off = top - mu
    log_ratio = pt.switch(pt.eq(off, 0), 0, pt.log(pt.switch(top > 0, top, 1)) - eta)
    bend = 1 + pt.maximum(log_ratio, 0) / 1.5
    half = pt.maximum(log_ratio, 0) * top - deep / 3
    up = (pt.sqrt(half**2 + 2 * deep * top * bend) - half) / bend
    most = deep + deviance(top, off)
    for _ in range(5):
        more = deviance(top + up, off + up) - most
        up = up - more / (pt.log(top + up) - eta)
    steep = pt.maximum(-log_ratio, 0)
    width = pt.switch(top > 0, 2 * deep / pt.switch(top > 0, top, 1), 1)
    down = 2 * deep / (steep + pt.sqrt(steep**2 + width))
    down, up = pt.switch(top > low, down, 0), pt.switch(high > top, up, 0)
    down, up, off = (disconnected_grad(one) for one in (down, up, off))
    first = pt.maximum(low, pt.floor(disconnected_grad(top) - down))
    last = pt.minimum(high, pt.ceil(disconnected_grad(top) + up))
    is_wide = last - first > 128
    at_low, at_high = is_wide & (first - low < 32), is_wide & (high - last < 32)
    # 129 terms, or 32 at each end
    place = np.arange(129)
    right = pt.switch(at_high, high - 31, low + 32)
    left = pt.switch(is_wide, pt.switch(at_low, low, right - 32), first)
    later = is_wide & (place >= 32)
    k = pt.switch(later, right + place - 32, left + place)
    seen = pt.switch(later, at_high & (place < 64), ~is_wide | at_low)
    seen = seen & (is_wide | (k <= last))
    base = disconnected_grad(away(pt.clip(pt.floor(mu), low, high)))
    # of each term what it is more away than the one before it
    steps = pt.log(pt.maximum(k, 1)) - eta
    jump = away(right) - away(left + 31)
    steps = pt.switch(pt.eq(place, 32) & is_wide, jump, steps)
    far = pt.cumsum(pt.switch(place > 0, steps, away(left) - base), axis=-1)
    terms = pt.exp(pt.switch(seen, -shape * far, -np.inf))
    total = terms.sum(axis=-1, keepdims=True)
    begin = pt.switch(at_low, low + 31.5 - still, off - down)
    end = pt.switch(at_high, right - 0.5 - still, off + up)
    middle = pt.maximum(begin, pt.minimum(off, end))
    nodes, weights = np.polynomial.legendre.leggauss(28)
    integral = 0
    for one, other in ((begin, middle), (middle, end)):
        here = one + (other - one) * (1 + nodes) / 2
        x = pt.switch(is_wide, still + here, 1)
        series = (1 / 12 - (1 / 360 - 1 / (1260 * x**2)) / x**2) / x
        far = deviance(x, x - mu) + pt.log(2 * np.pi * x) / 2 + series - base
        parts = weights * pt.exp(pt.switch(is_wide, -shape * far, 0))
        integral += (other - one) / 2 * parts.sum(axis=-1, keepdims=True)
    for at, sign, is_there in ((left + 31.5, 1, at_low), (right - 0.5, -1, at_high)):
        at = pt.switch(is_there, at, 31.5)
        # slopes of the log of a term, by those of the log of the gamma function
        u = 1 / (at + 1)
        a = eta + pt.log(u) + u * (0.5 + u * (1 - u**2 * (0.1 - u**2 / 21)) / 12)
        b = -u * (1 + u * (0.5 + u * (1 - u**2 * (0.2 - u**2 / 7)) / 6))
        c = u**2 * (1 + u * (1 + u * (0.5 - u**2 / 6)))
        d = -(u**3) * (2 + u * (3 + u * 2))
        a, b, c, d = (shape * one for one in (a, b, c, d))
        third = a**3 + 3 * a * b + c
        fifth = a**5 + 10 * a**3 * b + 15 * a * b**2 + 10 * a**2 * c + 10 * b * c
        added = a / 24 - 7 / 5760 * third + 31 / 967680 * (fifth + 5 * a * d)
        term = pt.exp(pt.switch(is_there, -shape * (away(at) - base), -np.inf))
        integral += sign * term * added
    total = total + pt.switch(is_wide, integral, 0)
    return pt.switch(is_none, -1e30, pt.log(total) - shape * base)[..., 0]
'''

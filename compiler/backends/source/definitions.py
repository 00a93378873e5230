"""Helper functions that an emitted program defines when it needs them."""

from __future__ import annotations

from collections.abc import Mapping

from ...distributions.density.links import LINKING

LKJ = '''
def lkj_cholesky(partial, size):
    """Cholesky factor of a correlation matrix from partial correlations.

    `partial` holds one number in (0, 1) a pair; with Beta(a, a) priors on them
    the matrix is LKJ (Lewandowski, Kurowicka & Joe 2009).
    """
    lower = pt.zeros((size, size))[np.tril_indices(size, -1)].set(2 * partial - 1)
    rest = 0.5 * pt.log1p(-(lower**2))
    before = pt.cumsum(rest, axis=1) - rest
    return pt.tril((lower + pt.eye(size)) * pt.exp(before))
'''

ORDERED = '''
def sorted_draws(distribution, names, count):
    """Independent draws conditioned on their order: how to draw and their density."""

    def draw(*arguments_and_size):
        *arguments, size = arguments_and_size
        size = () if rv_size_is_none(size) else tuple(size)
        keywords = {n: a[..., None] for n, a in zip(names, arguments)}
        return pt.sort(distribution.dist(**keywords, size=(*size, count)), axis=-1)

    def logp(value, *arguments):
        each = pm.logp(distribution.dist(**dict(zip(names, arguments))), value)
        return each.sum(-1) + pt.gammaln(count + 1.0)

    return draw, logp
'''

IN_ORDER = '''
def draws_in_order(draw, count):
    """Independent draws, drawn again until they are in order."""

    def random(*arguments, rng=None, size=None):
        shape = (*(size or ()), count)
        found = draw(rng, shape, *arguments)
        while (away := (np.diff(found, axis=-1) <= 0).any(axis=-1)).any():
            found = np.where(away[..., None], draw(rng, shape, *arguments), found)
        return found

    return random
'''

#: How a script draws independent numbers that are to be in order.
DRAWN: Mapping[str, str] = {
    "normal": "lambda rng, size, mu, sigma: rng.normal(mu, sigma, size)",
    "student_t": "lambda rng, size, nu, mu, sigma: "
    "mu + sigma * rng.standard_t(nu, size)",
}

#: What the data half of a script may call, by name.
DATA: Mapping[str, str] = {
    "codes": '''
def codes(values, levels):
    """Place of each value among the levels, from 0."""
    found = pd.Index(levels).get_indexer(values)
    if (found < 0).any():
        raise ValueError(f"not among the levels: {set(values[found < 0])}")
    return found.astype("int64")
''',
    "truth": '''
def truth(true, false):
    """1 where true, 0 where false, missing elsewhere."""
    return np.select([true, false], [1.0, 0.0], np.nan)
''',
    "normal_cdf": '''
def normal_cdf(x):
    """Distribution function of the standard normal distribution."""
    from scipy.special import ndtr

    return ndtr(x)
''',
    "logical": '''
def logical(true, false):
    """Return "TRUE" where true, "FALSE" where false, missing elsewhere."""
    return np.select([true, false], ["TRUE", "FALSE"], None)
''',
    "orthogonal": '''
def orthogonal(x, shifts, norms):
    """Orthonormal polynomials of degree 1, 2, ..., a column each."""
    x = np.asarray(x, float)
    before, current, columns = np.zeros_like(x), np.ones_like(x), []
    for degree, shift in enumerate(shifts):
        ratio = norms[degree] / norms[degree - 1] if degree else 0.0
        before, current = current, (x - shift) * current - ratio * before
        columns.append(current / np.sqrt(norms[degree + 1]))
    return np.column_stack(columns)
''',
    "spline": '''
def spline(x, knots, weights, degree, straight):
    """B-splines times weights; outside the knots straight on, if so told."""
    from scipy.interpolate import BSpline

    x, curve = np.asarray(x, float), BSpline(knots, np.array(weights), degree)
    if not straight:
        return curve(x)
    inside = np.clip(x, knots[0], knots[-1])
    return curve(inside) + (x - inside)[:, None] * curve(inside, nu=1)
''',
    "curves": '''
def curves(x, knots, values, periodic, center):
    """A line, unless center is None, and cubic splines by their values at knots."""
    from scipy.interpolate import CubicSpline

    x, ends = np.asarray(x, float), "periodic" if periodic else "natural"
    curve, low, high = CubicSpline(knots, values, bc_type=ends), knots[0], knots[-1]
    if periodic:
        return curve(low + (x - low) % (high - low))
    inside = np.clip(x, low, high)
    found = curve(inside) + (x - inside)[:, None] * curve(inside, 1)
    return found if center is None else np.column_stack([x - center, found])
''',
    "intervals": '''
def intervals(x, bounds, names, right, lowest):
    """The interval of each number; missing outside the bounds."""
    x = np.asarray(x, float)
    place = np.searchsorted(bounds, x, side="left" if right else "right") - 1
    if lowest:
        end = bounds[0] if right else bounds[-1]
        place = np.where(x == end, 0 if right else len(names) - 1, place)
    outside = np.isnan(x) | (place < 0) | (place >= len(names))
    return np.where(outside, None, np.array(names, object)[np.where(outside, 0, place)])
''',
}

#: By operation of the program.
OPERATIONS: Mapping[str, str] = {
    "spread": '''
def spread(center, gap, count):
    """Thresholds laid outwards from their middle."""
    places = pt.concatenate([pt.zeros(1), pt.cumsum(gap)])
    middle = 0.5 * (places[(count - 1) // 2] + places[count // 2])
    return center + places - middle
''',
    "spread_levels": '''
def spread_levels(center, gap, count):
    """Thresholds of each level laid outwards from one middle."""
    count = int(count)
    places = pt.cumsum(gap.reshape((-1, count - 1)), axis=1)
    places = pt.concatenate([pt.zeros_like(places[:, :1]), places], axis=1)
    middle = 0.5 * (places[:, (count - 1) // 2] + places[:, count // 2])
    return (center + places - middle[:, None]).flatten()
''',
    "logit_cumulative": '''
def logit_cumulative(p):
    """Thresholds that give these category probabilities where eta is 0."""
    below, above = pt.cumsum(p)[:-1], pt.cumsum(p[::-1])[::-1][1:]
    return pt.log(below) - pt.log(above)
''',
    "logit_gaps": '''
def logit_gaps(p):
    """Gaps between those thresholds, without cancellation."""
    below, above = pt.cumsum(p)[:-2], pt.cumsum(p[::-1])[::-1][2:]
    return pt.log1p(p[1:-1] / below) + pt.log1p(p[1:-1] / above)
''',
    "monotonic": '''
def monotonic(simplex):
    """0 and the cumulative sums of the steps, times their number."""
    return simplex.shape[0] * pt.concatenate([pt.zeros(1), pt.cumsum(simplex)])
''',
    "by_threshold": '''
def by_threshold(design, effects):
    """Columns times an effect for each threshold."""
    return design @ effects.reshape((design.shape[1], -1))
''',
    "beside": '''
def side_by_side(*several):
    """Predictors, one for each threshold, as the columns of a matrix."""
    return pt.stack(several, axis=-1)
''',
    "logit": '''
def logit(p):
    """Log odds of a probability."""
    return pt.log(p) - pt.log1p(-p)
''',
    "Phi": '''
def Phi(x):
    """Distribution function of the standard normal distribution."""
    return 0.5 * pt.erfc(-x / np.sqrt(2.0))
''',
}


def linking(name: str) -> str:
    """Return the definition of what a link needs, and of what that needs."""
    from ...distributions.density.text import definitions

    function, document = LINKING[name]
    return definitions(name, function, ("x",), document)

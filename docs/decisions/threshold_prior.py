"""Measure candidate priors for the thresholds of the cumulative logit family.

    python docs/decisions/threshold_prior.py           # 30 minutes on two busy cores
    python docs/decisions/threshold_prior.py --quick   # about 2 minutes, one data set

Reproduces the tables of 0001-threshold-prior.md and writes them, long, to
0001-threshold-prior.csv beside itself (--quick only prints).

The model is ``rating ~ block*cs + (1 + block*cs | subj)`` with sum-to-zero codes on
25 people x 2 x 2 x 4 ratings: b ~ normal(0, 2.5), sd ~ exponential(1), cor ~ lkj(2),
non-centred group effects. Its log density and gradient are one numba function that
nutpie calls as a native pointer; the threshold prior is a switch in it. Before
anything is sampled the gradient is checked against finite differences and the prior
against independent formulas, for every candidate.

Coordinates. A scale of K categories has T = K - 1 thresholds c[0..T-1] and J = T - 1
gaps e[j] = c[j+1] - c[j] = exp(l[j]). Every candidate is laid out from one anchor m:

    c[0] = m - sum_j (1 - a[j]) e[j],      c[j+1] = c[j] + e[j]

with a[j] = 1: m is the first threshold; a[j] = 0 left of the centre, 1 right of it and
1/2 for the central gap of an even T: m is the median threshold; a[j] = 1/2: m is the
mid-range; a[j] = (j + 1) / T: m is the mean. The map (m, e) -> c has determinant 1 for
every a, and reversing the scale maps m to -m exactly if a[j] + a[J-1-j] = 1.
"""

from __future__ import annotations

import argparse
import dataclasses
import time
import warnings
from pathlib import Path
from typing import Any

import arviz as az
import numba as nb
import numpy as np
import nutpie
import pandas as pd
from numba import types
from numba.extending import intrinsic
from numpy.typing import NDArray
from nutpie import _lib
from nutpie.compile_pymc import address_as_void_pointer
from nutpie.sample import CompiledModel
from scipy import special, stats

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Kinds of prior, as the kernel knows them.
DIRICHLET, ORDERED, INDEP, COMMON_C, COMMON_N, MARGINAL, TAU_C, TAU_N, GAMMA_C, AR = (
    range(10)
)
HAS_G = (COMMON_C, COMMON_N, TAU_C, TAU_N, GAMMA_C, AR)
HAS_TAU = (TAU_C, TAU_N)


@dataclasses.dataclass(frozen=True)
class Prior:
    """One candidate: kind of prior, anchor and constants (link scale s = 1)."""

    name: str
    kind: int
    anchor: str = "median"
    centre: float = 3.0  # sd of the anchor
    total: float = 6.0  # median gap is total / K
    gap: float = 1.0  # sd of a log gap around the common level
    common: float = 1.0  # sd of the common level
    shape: float = 1.0  # concentration (dirichlet, gamma) or correlation (ar)
    per_k: bool = False  # the concentration is shape / K
    centre_grows: bool = False  # the sd of the anchor is centre * (1 - 1/K)
    gap_grows: bool = False  # the sd of a log gap is gap * (1 - 1/K)

    def constants(self, k: int) -> Floats:
        """Numbers that the kernel reads, for a scale of k categories."""
        shape = self.shape / k if self.per_k else self.shape
        level = np.log(self.total / k)
        centre = self.centre * (1 - 1 / k if self.centre_grows else 1)
        gap = self.gap * (1 - 1 / k if self.gap_grows else 1)
        return np.array([centre, level, gap, self.common, shape])

    def weights(self, k: int) -> Floats:
        """Weights a[j] that say which summary of the thresholds the anchor is."""
        t, j = k - 1, np.arange(k - 2)
        if self.anchor == "first":
            return np.ones(t - 1)
        if self.anchor == "midrange":
            return np.full(t - 1, 0.5)
        if self.anchor == "mean":
            return (j + 1) / t
        return np.clip(j + 1 - (t - 1) / 2, 0.0, 1.0)

    def size(self, k: int) -> int:
        """Count the coordinates for k categories."""
        extra = (self.kind in HAS_G) + (self.kind in HAS_TAU)
        return k - 1 + (extra if k > 2 else 0)


def chosen(name: str, kind: int = MARGINAL, **changes: Any) -> Prior:
    """Return the decision, or a variant of it."""
    constants: dict[str, Any] = {
        "total": 3.0,
        "gap": 1.5,
        "common": 0.5,
        "centre_grows": True,
        "gap_grows": True,
    }
    return Prior(name, kind, **(constants | changes))


CANDIDATES = [
    Prior("a dirichlet(1)", DIRICHLET),
    Prior("b dirichlet(10/K)", DIRICHLET, shape=10.0, per_k=True),
    Prior("c independent gaps, first", INDEP, anchor="first"),
    Prior("d first candidate, centred", COMMON_C),
    Prior("d first candidate, non-centred", COMMON_N),
    Prior("d first candidate, integrated", MARGINAL),
    Prior("e1 d, centre 1.5", MARGINAL, centre=1.5),
    Prior("e2 d, centre 3(1-1/K)", MARGINAL, centre_grows=True),
    chosen("e3 e2, total 4, common .5", total=4.0, gap=1.0, gap_grows=False),
    chosen("e4 chosen, integrated"),
    chosen("e4 chosen, centred", COMMON_C),
    chosen("e4 chosen, non-centred", COMMON_N),
    chosen("e5 e4, gap 1.5 for all K", gap_grows=False),
    chosen("e6 e4, gap 2(1-1/K), total 1.5", gap=2.0, total=1.5),
    chosen("e7 e4, common .7", common=0.7),
    chosen("e8 e4, mean", anchor="mean"),
    chosen("e8 e4, midrange", anchor="midrange"),
    chosen("e8 e4, first", anchor="first"),
    Prior("e9 gap sd learnt, centred", TAU_C),
    Prior("e9 gap sd learnt, non-centred", TAU_N),
    Prior("e10 exponential gaps", GAMMA_C, total=9.0),
    Prior("e11 gamma(.5) gaps", GAMMA_C, total=9.0, shape=0.5),
    Prior("e12 smooth gaps, ar .8", AR, shape=0.8),
    Prior("f ordered normal(0, 3)", ORDERED),
]
FINAL = ("c ", "d ", "e4 ", "e10 ")
REFERENCE = Prior("near-flat gaps", INDEP, centre=30.0, gap=5.0)


# --------------------------------------------------------------------------------------
# Kernel: log density and gradient of the whole model
# --------------------------------------------------------------------------------------


@nb.njit(error_model="numpy")
def log_logistic(a: float) -> tuple[float, float]:
    """Return log F(a) and its derivative F(-a), stable in both tails."""
    if a > 0:
        t = np.exp(-a)
        return -np.log1p(t), t / (1 + t)
    t = np.exp(a)
    return a - np.log1p(t), 1 / (1 + t)


@nb.njit(error_model="numpy")
def threshold_prior(
    x: Floats, g: Floats, a: Floats, con: Floats, kind: int, k: int, work: Floats
) -> float:
    """Fill thresholds and gaps into ``work`` and return the log prior of ``x``.

    Rows of ``work``: thresholds, gaps, their log density gradients (by threshold and
    by log gap), the last two zeroed and then holding the prior's contribution.
    ``g`` receives the part of the gradient that does not pass through c or the gaps.
    """
    t = k - 1
    j_n = t - 1
    centre, level, tau, common, shape = con[0], con[1], con[2], con[3], con[4]
    cut, gap, gc, gl = work[0], work[1], work[2], work[3]
    gc[:] = 0.0
    gl[:] = 0.0
    lp = 0.0
    ig = 1 + j_n
    common_level = level
    if j_n > 0 and kind >= COMMON_C and kind != MARGINAL:
        common_level = x[ig]
        d = (x[ig] - level) / common
        lp -= 0.5 * d * d
        g[ig] -= d / common
    if j_n > 0 and (kind == TAU_C or kind == TAU_N):
        tau = np.exp(x[ig + 1])  # half-normal(1)
        lp += -0.5 * tau * tau + x[ig + 1]
        g[ig + 1] += 1 - tau * tau
    below = 0.0
    for j in range(j_n):
        free = kind == COMMON_N or kind == TAU_N
        logs = common_level + tau * x[1 + j] if free else x[1 + j]
        gap[j] = np.exp(logs)
        below += (1 - a[j]) * gap[j]
    cut[0] = x[0] - below
    for j in range(j_n):
        cut[j + 1] = cut[j] + gap[j]

    if kind == DIRICHLET or kind == ORDERED:
        for i in range(t):
            if kind == ORDERED:
                lp -= 0.5 * (cut[i] / centre) ** 2
                gc[i] -= cut[i] / centre**2
                continue
            up, dup = log_logistic(cut[i])
            down, ddown = log_logistic(-cut[i])
            # logistic density, and F(c), F(-c) in the two categories beside c
            lp += shape * (up + down)
            gc[i] += shape * (dup - ddown)
        for j in range(j_n):
            lp += x[1 + j]
            gl[j] += 1.0
            if kind == DIRICHLET:
                lp += (shape - 1) * np.log(-np.expm1(-gap[j]))
                gl[j] += (shape - 1) * gap[j] / np.expm1(gap[j])
        return lp

    lp -= 0.5 * (x[0] / centre) ** 2
    g[0] -= x[0] / centre**2
    if kind == INDEP or kind == COMMON_C or kind == TAU_C:
        for j in range(j_n):
            d = (x[1 + j] - common_level) / tau
            lp -= 0.5 * d * d
            gl[j] -= d / tau
            if kind != INDEP:
                g[ig] += d / tau
            if kind == TAU_C:
                lp -= x[ig + 1]
                g[ig + 1] += d * d - 1
    elif kind == COMMON_N or kind == TAU_N:
        for j in range(j_n):
            lp -= 0.5 * x[1 + j] ** 2
            g[1 + j] -= x[1 + j]
    elif kind == MARGINAL and j_n > 0:
        # l ~ mvn(level, tau^2 I + common^2 11'), inverse by Sherman-Morrison
        total = 0.0
        for j in range(j_n):
            total += x[1 + j] - level
        pull = total * common**2 / (tau**2 + j_n * common**2)
        for j in range(j_n):
            d = x[1 + j] - level
            lp -= 0.5 * d * (d - pull) / tau**2
            gl[j] -= (d - pull) / tau**2
    elif kind == GAMMA_C:
        for j in range(j_n):
            d = x[1 + j] - common_level
            e = shape * np.exp(d)
            lp += shape * d - e
            gl[j] += shape - e
            g[ig] -= shape - e
    elif kind == AR:
        var = 1 - shape**2
        for j in range(j_n):
            d = x[1 + j] - common_level
            if j == 0:
                lp -= 0.5 * (d / tau) ** 2
                gl[j] -= d / tau**2
                g[ig] += d / tau**2
            else:
                r = d - shape * (x[j] - common_level)
                lp -= 0.5 * r * r / (tau**2 * var)
                r /= tau**2 * var
                gl[j] -= r
                gl[j - 1] += shape * r
                g[ig] += r * (1 - shape)
    return lp


@nb.njit(error_model="numpy")
def threshold_back(
    x: Floats, g: Floats, a: Floats, con: Floats, kind: int, k: int, work: Floats
) -> None:
    """Add the gradients in ``work`` (by c, by log gap) to those of the coordinates."""
    j_n = k - 2
    gap, gc, gl = work[1], work[2], work[3]
    all_c = 0.0
    for i in range(j_n + 1):
        all_c += gc[i]
    g[0] += all_c
    left = 0.0
    for j in range(j_n):
        left += gc[j]
        d = gl[j] + gap[j] * (a[j] * (all_c - left) - (1 - a[j]) * left)
        if kind == COMMON_N or kind == TAU_N:
            tau = np.exp(x[2 + j_n]) if kind == TAU_N else con[2]
            g[1 + j] += d * tau
            g[1 + j_n] += d
            if kind == TAU_N:
                g[2 + j_n] += d * tau * x[1 + j]
        else:
            g[1 + j] += d


@nb.njit(error_model="numpy")
def logp(
    x: Floats,
    g: Floats,
    design: Floats,
    person: Ints,
    value: Ints,
    cell: Ints,
    count: Floats,
    per_value: Floats,
    a: Floats,
    con: Floats,
    people: int,
    kind: int,
    k: int,
) -> float:
    """Log density of the model at ``x``; its gradient goes to ``g``."""
    cells, q = design.shape
    p = q - 1
    g[:] = 0.0
    lp = 0.0
    o_c = p + q
    o_z = o_c + q * (q - 1) // 2
    o_t = o_z + people * q
    for i in range(p):
        lp -= 0.5 * (x[i] / 2.5) ** 2
        g[i] -= x[i] / 2.5**2
    sd = np.exp(x[p : p + q])
    for i in range(q):
        lp += x[p + i] - sd[i]
        g[p + i] += 1 - sd[i]
    # LKJ(2) by partial correlations w = tanh(y)
    w = np.zeros((q, q))
    rest = np.zeros((q, q))
    chol = np.zeros((q, q))
    n = o_c
    for i in range(q):
        r = 1.0
        for j in range(i):
            w[i, j] = np.tanh(x[n])
            power = 2.0 + (q - 2 - j) / 2.0
            lp += power * np.log1p(-(w[i, j] ** 2))
            g[n] -= 2 * power * w[i, j]
            rest[i, j] = np.sqrt(r)
            chol[i, j] = w[i, j] * rest[i, j]
            r *= 1 - w[i, j] ** 2
            n += 1
        chol[i, i] = np.sqrt(r)
    for i in range(o_z, o_t):
        lp -= 0.5 * x[i] ** 2
        g[i] -= x[i]
    work = np.empty((4, k - 1))
    lp += threshold_prior(x[o_t:], g[o_t:], a, con, kind, k, work)
    cut, gap, gc, gl = work[0], work[1], work[2], work[3]
    for j in range(k - 2):
        m = per_value[j + 1]
        if m > 0:
            lp += m * np.log(-np.expm1(-gap[j]))
            gl[j] += m * gap[j] / np.expm1(gap[j])
    u = np.zeros((people, q))
    for s in range(people):
        for i in range(q):
            for j in range(i + 1):
                u[s, i] += sd[i] * chol[i, j] * x[o_z + s * q + j]
    eta = np.zeros(cells)
    g_eta = np.zeros(cells)
    for c in range(cells):
        for j in range(q):
            eta[c] += design[c, j] * u[person[c], j]
        for j in range(p):
            eta[c] += design[c, j + 1] * x[j]
    for i in range(value.size):
        v = value[i]
        if v < k - 1:
            f, df = log_logistic(cut[v] - eta[cell[i]])
            lp += count[i] * f
            gc[v] += count[i] * df
            g_eta[cell[i]] -= count[i] * df
        if v > 0:
            f, df = log_logistic(eta[cell[i]] - cut[v - 1])
            lp += count[i] * f
            gc[v - 1] -= count[i] * df
            g_eta[cell[i]] += count[i] * df
    threshold_back(x[o_t:], g[o_t:], a, con, kind, k, work)
    g_u = np.zeros((people, q))
    for c in range(cells):
        for j in range(q):
            g_u[person[c], j] += g_eta[c] * design[c, j]
        for j in range(p):
            g[j] += g_eta[c] * design[c, j + 1]
    g_chol = np.zeros((q, q))
    for s in range(people):
        for i in range(q):
            g[p + i] += g_u[s, i] * u[s, i]
            for j in range(i + 1):
                d = g_u[s, i] * sd[i]
                g_chol[i, j] += d * x[o_z + s * q + j]
                g[o_z + s * q + j] += d * chol[i, j]
    n = o_c
    for i in range(q):
        back = g_chol[i, i]
        for j in range(i - 1, -1, -1):
            r = np.sqrt(1 - w[i, j] ** 2)
            d = g_chol[i, j] * rest[i, j] - back * rest[i, j] * w[i, j] / r
            back = back * r + g_chol[i, j] * w[i, j]
            g[n + j] += d * r * r
        n += i
    return lp


@intrinsic
def as_int_pointer(_context: Any, src: Any) -> Any:
    """Read a void pointer as a pointer to 64-bit integers."""
    target = types.CPointer(types.int64)

    def generate(ctx: Any, builder: Any, _sig: Any, args: Any) -> Any:
        return builder.bitcast(args[0], ctx.get_value_type(target))

    return target(src), generate


@nb.njit
def floats_at(address: int, n: int) -> Floats:
    """View n floats at an address."""
    return nb.carray(address_as_void_pointer(address), (n,), np.float64)


@nb.njit
def ints_at(address: int, n: int) -> Ints:
    """View n integers at an address."""
    return nb.carray(address_as_void_pointer(address), (n,), np.int64)


_F = types.CPointer(types.double)


@nb.cfunc(types.int64(types.uint64, _F, _F, _F, types.voidptr))
def native_logp(dim, x_, g_, lp_, user):  # noqa: ANN001, ANN201
    """Entry point for nutpie; ``user`` points to sizes and addresses."""
    d = nb.carray(as_int_pointer(user), (16,))
    people, q, k, kind, cells, n = d[0], d[1], d[2], d[3], d[4], d[5]
    x = nb.carray(x_, (dim,))
    g = nb.carray(g_, (dim,))
    design = nb.carray(address_as_void_pointer(d[6]), (cells, q), np.float64)
    lp = logp(
        x,
        g,
        design,
        ints_at(d[7], cells),
        ints_at(d[8], n),
        ints_at(d[9], n),
        floats_at(d[10], n),
        floats_at(d[11], k),
        floats_at(d[12], k - 2),
        floats_at(d[13], 5),
        people,
        kind,
        k,
    )
    nb.carray(lp_, (1,))[0] = lp
    if not np.isfinite(lp):
        return 4
    for i in range(dim):
        if not np.isfinite(g[i]):
            return 3
    return 0


@nb.cfunc(types.int64(types.uint64, types.uint64, _F, _F, types.voidptr))
def native_expand(dim, _n, x_, out_, _user):  # noqa: ANN001, ANN201
    """Keep the coordinates as they are; everything else is computed afterwards."""
    x = nb.carray(x_, (dim,))
    out = nb.carray(out_, (dim,))
    for i in range(dim):
        out[i] = x[i]
    return 0


# --------------------------------------------------------------------------------------
# Data
# --------------------------------------------------------------------------------------

PEOPLE, CELLS_EACH, RATINGS_EACH = 25, 4, 4
TRUE_B = np.array([0.4, 1.0, -0.6])
TRUE_SD = np.array([1.9, 0.6, 0.8, 0.5])
CODES = np.array([[-0.5, -0.5], [-0.5, 0.5], [0.5, -0.5], [0.5, 0.5]])
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(41)
WEIGHTS = WEIGHTS / WEIGHTS.sum()


@dataclasses.dataclass
class Ratings:
    """Ratings by cell of the design (person x block x cs), values 0..k-1."""

    y: Ints
    cell: Ints
    k: int
    people: int

    def design(self) -> tuple[Floats, Ints]:
        """Design rows and person of every cell."""
        one = np.column_stack([np.ones(4), CODES, CODES.prod(axis=1)])
        return (
            np.tile(one, (self.people, 1)),
            np.repeat(np.arange(self.people), CELLS_EACH),
        )

    def seen(self) -> Ratings:
        """Recode to the values that occur."""
        levels, y = np.unique(self.y, return_inverse=True)
        return Ratings(y.astype(np.int64), self.cell, len(levels), self.people)

    def coarser(self, k: int) -> Ratings:
        """Cut a 0..99 scale into k values; 0 stays alone."""
        y = np.where(self.y == 0, 0, 1 + (self.y - 1) * (k - 1) // 99)
        return Ratings(y, self.cell, k, self.people)

    def reversed(self) -> Ratings:
        """Turn the scale around."""
        return Ratings(self.k - 1 - self.y, self.cell, self.k, self.people)


def population_zero(first: Floats, sd: Floats) -> Floats:
    """P(Y = 0) at x = 0, averaged over normal subject effects."""
    return special.expit(first[:, None] - sd[:, None] * NODES) @ WEIGHTS


def population_pmf(cut: Floats, sd: Floats) -> Floats:
    """P(Y = k) at x = 0, averaged over subject effects and over draws."""
    below = np.stack([population_zero(c, sd) for c in cut.T]).mean(axis=1)
    return np.diff(below, prepend=0.0, append=1.0)


def true_thresholds(zero: float) -> Floats:
    """Thresholds of a heaped 0..99 scale whose marginal share of zeros is ``zero``.

    The other 99 values get uneven shares: tens and the top are heaped, fives less
    so. Shares become thresholds through quantiles of the marginal latent variable.
    """
    v = np.arange(100)
    share = np.where(v % 10 == 0, 6.0, np.where(v % 5 == 0, 3.0, 0.5))
    share *= 0.5 + v / 99
    share[99] = 10.0
    share[1:] *= (1 - zero) / share[1:].sum()
    share[0] = zero
    rng = np.random.default_rng(0)
    n = 400_000
    one = np.column_stack([np.ones(4), CODES, CODES.prod(axis=1)])
    x = one[rng.integers(4, size=n)]
    u = rng.normal(size=(n, 4)) * TRUE_SD
    latent = x[:, 1:] @ TRUE_B + (x * u).sum(axis=1) + rng.logistic(size=n)
    return np.quantile(latent, np.cumsum(share)[:-1])


def simulate(
    seed: int, zero: float = 0.35, people: int = PEOPLE, each: int = RATINGS_EACH
) -> Ratings:
    """One data set from the known truth, on the 0..99 scale."""
    rng = np.random.default_rng(seed)
    cut = true_thresholds(zero)
    cell = np.repeat(np.arange(people * CELLS_EACH), each)
    data = Ratings(np.zeros(len(cell), np.int64), cell, 100, people)
    x, person = data.design()
    u = rng.normal(size=(people, 4)) * TRUE_SD
    eta = x[:, 1:] @ TRUE_B + (x * u[person]).sum(axis=1)
    data.y = np.searchsorted(cut, eta[cell] + rng.logistic(size=len(cell)))
    return data


# --------------------------------------------------------------------------------------
# Sampling
# --------------------------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class NativeModel(CompiledModel):
    """The kernel with its data, as nutpie wants it."""

    prior: Prior | None = None
    start: Floats | None = None
    user: Ints | None = None
    keep: tuple[Any, ...] = ()

    @property
    def n_dim(self) -> int:
        """Number of coordinates."""
        assert self.start is not None
        return len(self.start)

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Shape of the one variable."""
        return {"x": (self.n_dim,)}

    @property
    def coords(self) -> dict[str, Any]:
        """Labels of the one dimension."""
        return {"xd": pd.RangeIndex(self.n_dim)}

    def _make_model(self, init_mean: Any) -> Any:
        n, start, user = self.n_dim, self.start, self.user
        assert start is not None and user is not None
        variables = _lib.PyVariable.new_variables(
            ["x"], ["float64"], [(n,)], {"xd": n}, {"x": ("xd",)}
        )

        def first(seed: int) -> Floats:
            return start + np.random.default_rng(seed).uniform(-0.5, 0.5, n)

        def unused(*_args: Any, **_kwargs: Any) -> Any:
            raise NotImplementedError

        address = user.ctypes.data
        return _lib.PyMcModel(
            _lib.LogpFunc(native_logp.address, address, self),
            _lib.ExpandFunc(n, n, native_expand.address, address, self),
            variables,
            n,
            {"xd": n},
            {"xd": pd.RangeIndex(n)},
            first,
            unused,
        )

    def _make_sampler(
        self,
        settings: Any,
        init_mean: Any,
        cores: Any,
        progress_type: Any,
        callback: Any,
        rate: Any,
        store: Any,
    ) -> Any:
        model = self._make_model(init_mean)
        return _lib.PySampler.from_pymc(
            settings, cores, model, progress_type, callback, rate, store
        )


def kernel_args(prior: Prior, data: Ratings) -> tuple[Any, ...]:
    """Arguments of ``logp`` after x and g."""
    x, person = data.design()
    table = pd.DataFrame({"y": data.y, "cell": data.cell}).value_counts().sort_index()
    y = table.index.get_level_values("y").to_numpy(np.int64).copy()
    cell = table.index.get_level_values("cell").to_numpy(np.int64).copy()
    count = table.to_numpy(np.float64).copy()
    per_value = np.bincount(data.y, minlength=data.k).astype(np.float64)
    constants = prior.constants(data.k)
    weights = prior.weights(data.k)
    arrays = (x, person, y, cell, count, per_value, weights, constants)
    return (*arrays, data.people, prior.kind, data.k)


def n_other(data: Ratings) -> int:
    """Count the coordinates before those of the thresholds."""
    return 3 + 4 + 6 + 4 * data.people


def native(prior: Prior, data: Ratings) -> NativeModel:
    """Bind the kernel to a prior and data."""
    args = kernel_args(prior, data)
    arrays = args[:8]
    sizes = [data.people, 4, data.k, prior.kind, len(args[0]), len(args[2])]
    user = np.array(sizes + [v.ctypes.data for v in arrays] + [0, 0], dtype=np.int64)
    start = np.zeros(n_other(data) + prior.size(data.k))
    block = start[n_other(data) :]
    level = prior.constants(data.k)[1]
    if data.k > 2:
        if prior.kind not in (COMMON_N, TAU_N):
            block[1 : data.k - 1] = level
        if prior.kind in HAS_G:
            block[data.k - 1] = level
    return NativeModel(
        dims={"x": ("xd",)}, prior=prior, start=start, user=user, keep=arrays
    )


def thresholds(prior: Prior, k: int, block: Floats) -> Floats:
    """Thresholds from their coordinates (last axis), independent of the kernel."""
    j_n = k - 2
    logs = block[..., 1 : 1 + j_n]
    if j_n and prior.kind == COMMON_N:
        logs = block[..., [1 + j_n]] + prior.constants(k)[2] * logs
    if j_n and prior.kind == TAU_N:
        logs = block[..., [1 + j_n]] + np.exp(block[..., [2 + j_n]]) * logs
    e = np.exp(logs)
    first = block[..., 0] - ((1 - prior.weights(k)) * e).sum(axis=-1)
    steps = np.concatenate([first[..., None], e], axis=-1)
    return np.cumsum(steps, axis=-1)


@dataclasses.dataclass
class Fit:
    """Draws of what is compared, and the sampler's record."""

    draws: dict[str, Floats]  # chain x draw
    stats: dict[str, float]
    pmf: Floats  # population P(Y = k) at x = 0, posterior mean


def fit(prior: Prior, data: Ratings, draws: int, seed: int) -> Fit:
    """Sample and summarise one model."""
    model = native(prior, data)
    begin = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trace = nutpie.sample(
            model,
            draws=draws,
            tune=draws,
            chains=4,
            cores=2,
            seed=seed,
            progress_bar=False,
        )
    seconds = time.perf_counter() - begin
    x = trace.posterior["x"].values
    record = trace.sample_stats
    o_t = n_other(data)
    cut = thresholds(prior, data.k, x[..., o_t:])
    sd = np.exp(x[..., 3:7])
    out = {f"b[{i}]": x[..., i] for i in range(3)}
    out |= {f"sd[{i}]": sd[..., i] for i in range(4)}
    out |= {f"pc[{i}]": x[..., 7 + i] for i in range(6)}
    flat = population_zero(cut[..., 0].ravel(), sd[..., 0].ravel())
    out["P0"] = flat.reshape(sd.shape[:2])
    out["P0 sample"] = sample_zero(x, sd, cut[..., 0], data)
    out["first"], out["last"] = cut[..., 0], cut[..., -1]
    out["median"] = np.median(cut, axis=-1)
    main = [v for n, v in out.items() if n[0] in "bs" or n.startswith("pc")]
    every = [x[..., i] for i in range(x.shape[-1])]
    ess = float(min(az.ess(v) for v in main))
    ess_cut = float(min(az.ess(out[n]) for n in ("first", "last", "median", "P0")))
    steps = float(record.n_steps.values.mean())
    total_steps = float(record.n_steps.values.sum())
    return Fit(
        out,
        {
            "divergences": float(record.diverging.values.sum()),
            "steps": steps,
            "ess": ess,
            "ess thresholds": ess_cut,
            "ess per 1000 steps": 1000 * min(ess, ess_cut) / total_steps,
            "ess per s": ess / seconds,
            "rhat": float(max(az.rhat(v) for v in every)),
            "seconds": seconds,
        },
        population_pmf(
            cut[:, :: max(1, draws // 50)].reshape(-1, data.k - 1),
            sd[:, :: max(1, draws // 50), 0].ravel(),
        ),
    )


def sample_zero(x: Floats, sd: Floats, first: Floats, data: Ratings) -> Floats:
    """P(Y = 0) averaged over the cells of the sample, draw by draw."""
    design, person = data.design()
    y = x[..., 7:13]
    chol = np.zeros((*x.shape[:2], 4, 4))
    n = 0
    for i in range(4):
        rest = np.ones(x.shape[:2])
        for j in range(i):
            w = np.tanh(y[..., n])
            chol[..., i, j] = w * np.sqrt(rest)
            rest = rest * (1 - w**2)
            n += 1
        chol[..., i, i] = np.sqrt(rest)
    z = x[..., 13 : n_other(data)].reshape(*x.shape[:2], data.people, 4)
    u = np.einsum("cdij,cdsj->cdsi", chol, z) * sd[..., None, :]
    eta = np.einsum("cdsi,si->cds", u[:, :, person], design)
    eta += x[..., :3] @ design[:, 1:].T
    return special.expit(first[..., None] - eta).mean(axis=-1)


# --------------------------------------------------------------------------------------
# Prior draws
# --------------------------------------------------------------------------------------


def prior_thresholds(prior: Prior, k: int, n: int, rng: np.random.Generator) -> Floats:
    """Draw n sets of thresholds from a candidate, forwards."""
    t, j_n = k - 1, k - 2
    centre, level, tau, common, shape = prior.constants(k)
    if prior.kind == DIRICHLET:
        p = rng.dirichlet(np.full(k, shape), size=n)
        tail = np.cumsum(p[:, ::-1], axis=1)[:, ::-1][:, 1:]
        with np.errstate(divide="ignore"):
            return np.log(np.cumsum(p, axis=1)[:, :-1]) - np.log(tail)
    if prior.kind == ORDERED:
        return np.sort(rng.normal(0, centre, size=(n, t)), axis=1)
    m = rng.normal(0, centre, size=(n, 1))
    if j_n == 0:
        return m
    g = np.full((n, 1), level)
    if prior.kind != INDEP:
        g = rng.normal(level, common, size=(n, 1))
    if prior.kind in HAS_TAU:
        tau = np.abs(rng.normal(size=(n, 1)))
    z = rng.normal(size=(n, j_n))
    if prior.kind == GAMMA_C:
        z = np.log(rng.gamma(shape, 1 / shape, size=(n, j_n)))
        tau = 1.0
    if prior.kind == AR:
        for j in range(1, j_n):
            z[:, j] = shape * z[:, j - 1] + np.sqrt(1 - shape**2) * z[:, j]
    block = np.column_stack([m, g + tau * z])
    return thresholds(dataclasses.replace(prior, kind=MARGINAL), k, block)


def lkj_factor(n: int, q: int, eta: float, rng: np.random.Generator) -> Floats:
    """Draw n Cholesky factors of LKJ(eta) correlation matrices."""
    chol = np.zeros((n, q, q))
    for i in range(q):
        rest = np.ones(n)
        for j in range(i):
            a = eta + (q - 2 - j) / 2
            w = 2 * rng.beta(a, a, size=n) - 1
            chol[:, i, j] = w * np.sqrt(rest)
            rest = rest * (1 - w**2)
        chol[:, i, i] = np.sqrt(rest)
    return chol


def prior_predictive(prior: Prior, k: int, n: int, seed: int) -> dict[str, float]:
    """Summarise n prior data sets of the whole model for k categories."""
    rng = np.random.default_rng(seed)
    cut = prior_thresholds(prior, k, n, rng)
    data = Ratings(np.zeros(0, np.int64), np.zeros(0, np.int64), k, PEOPLE)
    x, person = data.design()
    b = rng.normal(0, 2.5, size=(n, 3))
    sd = rng.exponential(1.0, size=(n, 4))
    z = rng.normal(size=(n, PEOPLE, 4))
    u = np.einsum("nij,nsj->nsi", lkj_factor(n, 4, 2.0, rng), z) * sd[:, None]
    eta = b @ x[:, 1:].T + np.einsum("nsi,si->ns", u[:, person], x)
    latent = np.repeat(eta, RATINGS_EACH, axis=1)
    latent += rng.logistic(size=latent.shape)
    y = np.stack([np.searchsorted(c, v) for c, v in zip(cut, latent, strict=True)])
    shares = np.stack([np.bincount(v, minlength=k) for v in y]) / y.shape[1]
    finite = np.clip(cut, -1e6, 1e6)
    out = {
        "one category": float((shares.max(axis=1) == 1).mean()),
        "over 95 %": float((shares.max(axis=1) > 0.95).mean()),
        "used": float(np.median((shares > 0).sum(axis=1) / k)),
        "|c| > 10": float((np.abs(cut) > 10).mean()),
        "not finite": float((~np.isfinite(cut)).any(axis=1).mean()),
    }
    for name, v in (
        ("P0", shares[:, 0]),
        ("Ptop", shares[:, -1]),
        ("first", finite[:, 0]),
        ("last", finite[:, -1]),
        ("range", finite[:, -1] - finite[:, 0]),
    ):
        for q, w in zip((5, 50, 95), np.percentile(v, (5, 50, 95)), strict=True):
            out[f"{name} {q}"] = float(w)
    return out


# --------------------------------------------------------------------------------------
# Checks
# --------------------------------------------------------------------------------------


def formula(prior: Prior, k: int, block: Floats) -> float:
    """Log prior of a block of coordinates by SciPy, up to a constant."""
    centre, level, tau, common, shape = prior.constants(k)
    j_n = k - 2
    cut = thresholds(prior, k, block)
    logs = block[1 : 1 + j_n]
    if prior.kind == DIRICHLET:
        p = np.diff(special.expit(cut), prepend=0.0, append=1.0)
        density = stats.dirichlet.logpdf(p, np.full(k, shape))
        return float(density + stats.logistic.logpdf(cut).sum() + logs.sum())
    if prior.kind == ORDERED:
        return float(stats.norm.logpdf(cut, 0, centre).sum() + logs.sum())
    lp = stats.norm.logpdf(np.median(cut), 0, centre)
    if prior.anchor != "median":
        weights = {"first": cut[0], "mean": cut.mean()}
        middle = weights.get(prior.anchor, (cut[0] + cut[-1]) / 2)
        lp = stats.norm.logpdf(middle, 0, centre)
    if j_n == 0:
        return float(lp)
    if prior.kind == INDEP:
        return float(lp + stats.norm.logpdf(logs, level, tau).sum())
    if prior.kind == MARGINAL:
        cov = tau**2 * np.eye(j_n) + common**2
        mean = np.full(j_n, level)
        return float(lp + stats.multivariate_normal.logpdf(logs, mean, cov))
    g = block[1 + j_n]
    lp += stats.norm.logpdf(g, level, common)
    if prior.kind in HAS_TAU:
        tau = float(np.exp(block[2 + j_n]))
        lp += stats.halfnorm.logpdf(tau) + np.log(tau)
    if prior.kind in (COMMON_N, TAU_N):
        return float(lp + stats.norm.logpdf(logs).sum())
    if prior.kind == GAMMA_C:
        gap = np.exp(logs)
        scale = np.exp(g) / shape
        return float(lp + (stats.gamma.logpdf(gap, shape, scale=scale) + logs).sum())
    if prior.kind == AR:
        lag = np.abs(np.subtract.outer(np.arange(j_n), np.arange(j_n)))
        cov = tau**2 * shape**lag
        return float(lp + stats.multivariate_normal.logpdf(logs, np.full(j_n, g), cov))
    return float(lp + stats.norm.logpdf(logs, g, tau).sum())


def check(prior: Prior, k: int) -> dict[str, float]:
    """Worst errors of gradient, prior and thresholds, and of reversal invariance."""
    rng = np.random.default_rng(1)
    data = simulate(1).coarser(k)
    args = kernel_args(prior, data)
    o_t = n_other(data)
    n = o_t + prior.size(k)
    level = prior.constants(k)[1]
    j_n = k - 2
    gradient, density, spread, reverse = 0.0, [], 0.0, 0.0
    for _ in range(4):
        x = rng.normal(0, 0.5, n)
        if j_n and prior.kind not in (COMMON_N, TAU_N):
            x[o_t + 1 : o_t + 1 + j_n] += level
        if j_n and prior.kind in HAS_G:
            x[o_t + 1 + j_n] += level
        g, unused = np.zeros(n), np.zeros(n)
        logp(x, g, *args)
        for i in range(n):
            h = np.zeros(n)
            h[i] = 1e-5
            up = logp(x + h, unused, *args)
            down = logp(x - h, unused, *args)
            error = abs((up - down) / 2e-5 - g[i]) / max(1.0, abs(g[i]))
            gradient = max(gradient, error)
        block = x[o_t:]
        weights, constants = args[6], args[7]
        work = np.empty((4, k - 1))
        lp = threshold_prior(
            block, np.zeros(n), weights, constants, prior.kind, k, work
        )
        density.append(lp - formula(prior, k, block))
        spread = max(spread, np.abs(work[0] - thresholds(prior, k, block)).max())
        mirror = mirrored(prior, k, block)
        again = thresholds(prior, k, mirror)
        assert np.allclose(again, -work[0][::-1]), prior.name
        work_2 = np.empty((4, k - 1))
        lp_2 = threshold_prior(
            mirror, np.zeros(n), weights, constants, prior.kind, k, work_2
        )
        reverse = max(reverse, abs(lp_2 - lp))
    return {
        "gradient": gradient,
        "density": float(np.ptp(density)),
        "thresholds": spread,
        "reversal": reverse,
    }


def mirrored(prior: Prior, k: int, block: Floats) -> Floats:
    """Coordinates of the reversed thresholds -c[::-1] with the same level and sd.

    Both maps have determinant 1 up to sign, and the log gaps are only permuted, so
    equal log densities of coordinates mean equal densities of thresholds.
    """
    out = block.copy()
    cut = -thresholds(prior, k, block)[::-1]
    out[1 : k - 1] = block[1 : k - 1][::-1]
    e = np.diff(cut)
    out[0] = cut[0] + ((1 - prior.weights(k)) * e).sum()
    return out


# --------------------------------------------------------------------------------------
# Tables
# --------------------------------------------------------------------------------------

COMPARED = ("sd[0]", "P0", "P0 sample", "b[0]", "b[1]", "b[2]")
SCALES = (2, 3, 5, 7, 11, 71, 100)


def show(title: str, rows: list[dict[str, Any]], save: list[pd.DataFrame]) -> None:
    """Print one table and keep it for the file."""
    table = pd.DataFrame(rows)
    with pd.option_context(
        "display.width", 250, "display.max_columns", 40, "display.max_rows", 400
    ):
        print(f"\n{title}\n{table.round(3).to_string(index=False)}", flush=True)
    keys = [c for c in ("candidate", "data", "seed", "K") if c in table]
    long = table.melt(id_vars=keys, var_name="measure")
    save.append(long.assign(table=title.split(":")[0]))


def table_checks(save: list[pd.DataFrame]) -> None:
    """Gradient, density and reversal, for both parities of K - 1 and K = 2."""
    rows = []
    for prior in CANDIDATES:
        worst = pd.DataFrame([check(prior, k) for k in (2, 3, 4, 7)]).max()
        assert worst["gradient"] < 1e-6, (prior.name, worst)
        assert worst["density"] < 1e-9, (prior.name, worst)
        assert worst["thresholds"] < 1e-9, (prior.name, worst)
        rows.append({"candidate": prior.name, "reversal": worst["reversal"]})
    show("checks: change of log density when the scale is reversed", rows, save)


def table_prior(save: list[pd.DataFrame], n: int) -> None:
    """Prior predictive of the whole model."""
    rows = []
    for prior in CANDIDATES:
        if prior.name[:2] in ("d ", "e4", "e9") and prior.name.endswith("centred"):
            continue
        for k in SCALES:
            summary = prior_predictive(prior, k, n, seed=7)
            rows.append({"candidate": prior.name, "K": k, **summary})
    show("prior: whole-model prior predictive", rows, save)


def table_posterior(
    save: list[pd.DataFrame],
    zero: float,
    seeds: list[int],
    draws: int,
    names: tuple[str, ...] = ("",),
    label: str = "",
) -> None:
    """Seen against declared categories, and both against near-flat gaps."""
    rows = []
    sets = {s: simulate(s, zero) for s in seeds}
    truth = population_pmf(true_thresholds(zero)[None, :], TRUE_SD[:1])
    flat = {s: fit(REFERENCE, d.seen(), draws, s) for s, d in sets.items()}
    for s, r in flat.items():
        row = {"candidate": REFERENCE.name, "seed": s, "K": sets[s].seen().k}
        row |= {f"{w} mean": float(r.draws[w].mean()) for w in COMPARED}
        rows.append(row | {"observed": float((sets[s].y == 0).mean())} | r.stats)
    show(f"{label}reference {zero}: posterior with near-flat gaps", rows, save)
    rows = []
    each = []
    for prior in [p for p in CANDIDATES if p.name.startswith(names)]:
        parts = []
        for s, data in sets.items():
            r = flat[s]
            n = draws if prior.name.startswith(FINAL) else draws // 2
            seen, full = (fit(prior, d, n, s) for d in (data.seen(), data))
            row: dict[str, Any] = {"candidate": prior.name, "seed": s}
            for w in COMPARED:
                unit = r.draws[w].std()
                a, b = full.draws[w].mean(), seen.draws[w].mean()
                row[f"{w} mean 100"] = float(a)
                row[f"{w} 100-seen"] = float((a - b) / unit)
                row[f"{w} 100-flat"] = float((a - r.draws[w].mean()) / unit)
                row[f"{w} seen-flat"] = float((b - r.draws[w].mean()) / unit)
            row["kl"] = float(np.sum(truth * np.log(truth / full.pmf)))
            row |= {f"{key} 100": v for key, v in full.stats.items()}
            row |= {f"{key} seen": v for key, v in seen.stats.items()}
            parts.append(row)
        each += parts
        frame = pd.DataFrame(parts)
        row = {"candidate": prior.name}
        for w in COMPARED[:3]:
            for kind in ("100-seen", "100-flat", "seen-flat"):
                column = frame[f"{w} {kind}"]
                row[f"{w} {kind}"] = float(column.iloc[column.abs().argmax()])
        row["max b 100-seen"] = float(
            frame[[f"{w} 100-seen" for w in COMPARED[3:]]].abs().max(axis=None)
        )
        for key in ("divergences", "steps"):
            row[key] = float(frame[[f"{key} 100", f"{key} seen"]].max(axis=None))
        row["kl"] = float(frame["kl"].mean())
        row["ess/1000 steps"] = float(frame["ess per 1000 steps 100"].mean())
        row["ess/s"] = float(frame["ess per s 100"].mean())
        row["rhat"] = float(frame[["rhat 100", "rhat seen"]].max(axis=None))
        rows.append(row)
    show(
        f"{label}posterior {zero}: worst over data sets, in sds of the reference",
        rows,
        save,
    )
    keep = pd.DataFrame(each).melt(id_vars=["candidate", "seed"], var_name="measure")
    save.append(keep.assign(table=f"{label}posterior {zero}, each data set"))


def table_bias(save: list[pd.DataFrame], seeds: list[int], draws: int) -> None:
    """Mean error against the truth over many data sets, all 100 values declared."""
    truth = {
        "sd[0]": TRUE_SD[0],
        "P0": float(population_zero(true_thresholds(0.35)[:1], TRUE_SD[:1])[0]),
        "b[0]": TRUE_B[0],
        "b[1]": TRUE_B[1],
        "b[2]": TRUE_B[2],
    }
    rows = []
    names = ("a ", "b ", *FINAL, "f ")
    some = [p for p in CANDIDATES if p.name.startswith(names)]
    some = [p for p in some if not p.name.endswith("centred")]
    for prior in [REFERENCE, *some]:
        errors = []
        for s in seeds:
            data = simulate(s)
            data = data.seen() if prior is REFERENCE else data
            f = fit(prior, data, draws, s)
            row = {w: float(f.draws[w].mean()) - t for w, t in truth.items()}
            row["P0 sample"] = float(f.draws["P0 sample"].mean() - (data.y == 0).mean())
            for w, t in truth.items():
                low, high = np.percentile(f.draws[w], (5, 95))
                row[f"{w} in 90 %"] = float(low <= t <= high)
            errors.append(row)
        mean = pd.DataFrame(errors).mean().to_dict()
        rows.append({"candidate": prior.name, "sets": len(seeds), **mean})
    rows.append(
        {"candidate": f"Monte Carlo error, {prior.name}"}
        | (pd.DataFrame(errors).std() / np.sqrt(len(seeds))).to_dict()
    )
    show("bias: mean of posterior mean minus truth", rows, save)


def table_coordinates(save: list[pd.DataFrame], seeds: list[int], draws: int) -> None:
    """Sample the chosen prior in three coordinate systems, on data of many kinds."""
    base = simulate(1)
    sets = {
        "400 rows, 35 % zeros": base,
        "400 rows, 85 % zeros": simulate(3, 0.85),
        "400 rows, reversed": base.reversed(),
        "48 rows": simulate(1, people=12, each=1),
        "4000 rows, 250 people": simulate(1, people=250),
    }
    sets |= {f"400 rows, cut to {k}": base.coarser(k) for k in SCALES[:5]}
    rows = []
    for label, data in sets.items():
        for prior in [p for p in CANDIDATES if p.name.startswith("e4")]:
            fits = [fit(prior, data, draws, s) for s in seeds]
            row: dict[str, Any] = {"candidate": prior.name, "data": label, "K": data.k}
            for w in ("sd[0]", "P0"):
                row[w] = float(np.mean([f.draws[w].mean() for f in fits]))
            stats_ = pd.DataFrame([f.stats for f in fits])
            row |= stats_.drop(columns=["rhat", "divergences"]).mean().to_dict()
            row |= stats_[["rhat", "divergences"]].max().to_dict()
            rows.append(row)
    show("coordinates: the chosen prior in three coordinate systems", rows, save)


def main() -> None:
    """Run all tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one data set, few draws")
    quick = parser.parse_args().quick
    begin = time.perf_counter()
    save: list[pd.DataFrame] = []
    draws = 300 if quick else 1000
    table_checks(save)
    table_prior(save, 500 if quick else 2000)
    table_posterior(save, 0.35, [1] if quick else [1, 2, 3], draws)
    table_posterior(save, 0.85, [3] if quick else [2, 3], draws)
    if not quick:
        fresh = ("c ", "d first candidate, c", "e4 chosen, c")
        table_posterior(save, 0.35, [21, 22, 23, 24], draws, fresh, "fresh ")
        table_posterior(save, 0.85, [21, 22], draws, fresh, "fresh ")
    table_coordinates(save, [1] if quick else [1, 2], 300 if quick else 700)
    if not quick:
        table_bias(save, list(range(1, 13)), 500)
        out = Path(__file__).with_name("0001-threshold-prior.csv")
        long = pd.concat(save)
        long = long[~long["table"].str.contains("each")]
        long.round(4).to_csv(out, index=False)
    print(f"\n{(time.perf_counter() - begin) / 60:.1f} minutes")


if __name__ == "__main__":
    main()

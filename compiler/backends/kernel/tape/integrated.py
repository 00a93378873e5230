"""Writing a normal likelihood whose group effects are integrated out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ....passes.merge_cells import find_cells
from ....program.blocks import GroupUse
from ....program.ir import Frame, Group, Program
from ..operations.marginal import scratch_size
from .tape import TapeWriter


@dataclass(frozen=True, slots=True)
class Stratum:
    """Levels that share sds and correlations.

    Attributes
    ----------
    levels, kinds
        Which they are, and their kinds.
    sds
        The places of the sds.
    scratch
        The first place of its kinds in the scratch, in units of a kind: behind the
        kinds of each stratum there is room for its scales.
    """

    levels: slice
    kinds: slice
    sds: slice
    scratch: int


Scales = Callable[[Group, slice], Mapping[str, int]]

#: What `integrate` keeps behind the kinds of a stratum takes as much room as these.
_BEHIND = 2


@dataclass(frozen=True, slots=True)
class Sums:
    """Where the sums of a group's levels are, and what they are made of."""

    group: Group
    use: GroupUse
    levels: int
    q: int
    matrix: int
    vector: int
    scratch: int
    index: int
    design: int
    kinds: int
    kind: int
    times: int
    products: int
    strata: tuple[Stratum, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Integrated:
    """What was written: the sums of the inner group, and of the outer one if any."""

    inner: Sums
    outer: Sums | None
    cross: int
    parent: int
    rows: Mapping[str, int]

    @property
    def sums(self) -> tuple[Sums, ...]:
        """Those of both groups, or of the one."""
        return (self.inner,) if self.outer is None else (self.inner, self.outer)


def integrated_groups(program: Program, frame: Frame) -> list[Group]:
    """Return the groups that are integrated out, the innermost first.

    Of a program with one response (``Program.of``) they are those of its likelihood.
    """
    found = [
        group for one in program.likelihoods for group in program.integrated(one.name)
    ]
    return sorted(found, key=lambda group: -frame.lengths[group.levels])


def write_sums(
    program: Program,
    frame: Frame,
    writer: TapeWriter,
    mu: int,
    sigma: int,
    scales: Scales,
) -> Integrated:
    """Write the sums of the rows by level.

    Parameters
    ----------
    program, frame, writer
        What is written, of one response alone, and where to.
    mu
        The place of the rest of the predictor, by row.
    sigma
        The place of the residual sd, a scalar.
    scales
        Returns the places of some sds of a group and of their Cholesky factor.
    """
    likelihood, main = program.likelihood, program.predictors[0]
    pooled = likelihood.family.pooled
    observed = np.asarray(frame[likelihood.value], dtype=np.float64)
    logged = pooled is not None and pooled.logged
    y = np.log(observed) if logged else observed
    times, spread = likelihood.times(frame), likelihood.spread(frame)
    count = np.ones(len(y))
    if times is not None:
        count = np.asarray(times, dtype=np.float64)
    if logged:
        # the density of y is that of log y over y
        writer.constant -= float((count * y).sum())
    found: list[Sums] = []
    for group in integrated_groups(program, frame):
        # what the inner effects explain makes each outer level a kind of its own
        shared = not found
        found.append(_sums(group, main.use_of(group), frame, count, writer, shared))
    inner = found[0]
    outer = found[1] if len(found) > 1 else None
    size = inner.levels * inner.q * (0 if outer is None else outer.q)
    cross = writer.place(size)
    parent = -1
    if outer is not None:
        of = np.zeros(inner.levels, dtype=np.int64)
        of[frame[inner.use.index]] = frame[outer.use.index]
        parent = writer.integers(of)
    within = 0.0 if spread is None else float(spread.sum())
    rows = {
        "n": len(y),
        "y": writer.numbers(y),
        "count": -1 if times is None else writer.numbers(count),
        "mu": mu,
        "sigma": sigma,
        "index": inner.index,
        "design": inner.design,
        "levels": inner.levels,
        "q": inner.q,
        "outer_index": -1 if outer is None else outer.index,
        "outer_design": -1 if outer is None else outer.design,
        "outer_levels": 0 if outer is None else outer.levels,
        "r": 0 if outer is None else outer.q,
    }

    cross_products = -1
    if outer is not None:
        cross_products = writer.numbers(
            _products(inner.use, outer.use, inner.levels, frame, count)
        )
    writer.add(
        "normal rows",
        **rows,
        products=inner.products,
        own=inner.matrix,
        vector=inner.vector,
        outer_products=-1 if outer is None else outer.products,
        outer=0 if outer is None else outer.matrix,
        outer_vector=0 if outer is None else outer.vector,
        cross_products=cross_products,
        cross=cross,
        totals=writer.numbers([count.sum(), within]),
        kinds=inner.kinds,
    )
    done = Integrated(inner, outer, cross, parent, rows)
    _integrate(inner, writer, scales)
    if outer is not None:
        work = writer.place(inner.q * outer.q + inner.q)
        writer.add(
            "nest",
            **_nested(done),
            kind=inner.kind,
            scratch=inner.scratch,
            outer=outer.matrix,
            outer_vector=outer.vector,
            work=work,
        )
        _integrate(outer, writer, scales)
    return done


def write_misfit(
    done: Integrated,
    writer: TapeWriter,
    scales: Scales,
) -> None:
    """Write what the integral leaves but for the determinants."""
    inner, outer = done.inner, done.outer
    rests = {sums.group.name: writer.place(sums.levels * sums.q) for sums in done.sums}
    outer_means = 0
    if outer is not None:
        outer_means = _mean(outer, writer)
        writer.add("condition", **_nested(done), effects=outer_means)
    writer.add(
        "misfit",
        **done.rows,
        means=_mean(inner, writer),
        rests=rests[inner.group.name],
        outer_means=outer_means,
        outer_rests=0 if outer is None else rests[outer.group.name],
    )
    for sums in done.sums:
        for one in sums.strata:
            writer.add(
                "penalty",
                levels=one.levels.stop - one.levels.start,
                q=sums.q,
                rests=rests[sums.group.name] + one.levels.start * sums.q,
                **scales(sums.group, one.sds),
            )


def write_effects(
    done: Integrated, writer: TapeWriter, normals: Mapping[str, int]
) -> dict[str, int]:
    """Write the draws of the effects; return their places by group.

    ``normals`` has the places of the standard normal numbers of each group.
    """
    places: dict[str, int] = {}
    for sums in (done.outer, done.inner):
        if sums is None:
            continue
        if sums is done.inner and done.outer is not None:
            effects = places[done.outer.group.name]
            writer.add("condition", **_nested(done), effects=effects)
        out = writer.place(sums.levels * sums.q)
        for one in sums.strata:
            first = one.levels.start * sums.q
            writer.add(
                "recover",
                levels=one.levels.stop - one.levels.start,
                q=sums.q,
                vector=sums.vector + first,
                scratch=sums.scratch,
                kind=sums.kind + one.levels.start,
                # behind which the scales of this stratum are
                kinds=one.scratch + one.kinds.stop - one.kinds.start,
                out=out + first,
                normals=normals[sums.group.name] + first,
            )
        places[sums.group.name] = out
    return places


def _sums(
    group: Group,
    use: GroupUse,
    frame: Frame,
    count: NDArray[Any],
    writer: TapeWriter,
    shared: bool,
) -> Sums:
    """Allot the places of a group; ``shared``: levels may be of one kind."""
    levels, q = frame.lengths[group.levels], frame.lengths[group.coefs]
    products = _products(use, use, levels, frame, count)
    kind, strata, kinds, scratch = np.zeros(levels, dtype=np.int64), [], 0, 0
    first: list[NDArray[Any]] = []
    for own, places in group.strata(levels, q):
        size = own.stop - own.start
        found, of = np.arange(size), np.arange(size)
        if shared:
            cells = find_cells([products[own].reshape(size, -1)], size)
            found, of = cells.first, cells.of
        stop = kinds + len(found)
        kind[own] = scratch + of
        strata.append(Stratum(own, slice(kinds, stop), places, scratch))
        kinds, scratch = stop, scratch + len(found) + _BEHIND
        first.append(own.start + found)
    times = np.bincount(kind)
    return Sums(
        group,
        use,
        levels,
        q,
        matrix=writer.place(kinds * q * q),
        vector=writer.place(levels * q),
        scratch=writer.place(scratch_size(scratch, q)),
        index=writer.integers(frame[use.index]),
        design=_design(use, frame, writer),
        kinds=kinds,
        kind=writer.integers(kind),
        times=writer.numbers(times[times > 0]),
        products=writer.numbers(products[np.concatenate(first)]),
        strata=tuple(strata),
    )


def _mean(sums: Sums, writer: TapeWriter) -> int:
    """Write the means of the levels; return where they are."""
    out = writer.place(sums.levels * sums.q)
    words = {"levels": sums.levels, "q": sums.q, "vector": sums.vector}
    writer.add("mean", **words, scratch=sums.scratch, kind=sums.kind, out=out)
    return out


def _integrate(sums: Sums, writer: TapeWriter, scales: Scales) -> None:
    square = sums.q * sums.q
    for one in sums.strata:
        writer.add(
            "integrate",
            kinds=one.kinds.stop - one.kinds.start,
            times=sums.times + one.kinds.start,
            q=sums.q,
            own=sums.matrix + one.kinds.start * square,
            scratch=sums.scratch + one.scratch * 3 * square,
            **scales(sums.group, one.sds),
        )


def _nested(done: Integrated) -> dict[str, int]:
    assert done.outer is not None
    return {
        "levels": done.inner.levels,
        "q": done.inner.q,
        "r": done.outer.q,
        "parent": done.parent,
        "vector": done.inner.vector,
        "cross": done.cross,
    }


def _design(use: GroupUse, frame: Frame, writer: TapeWriter) -> int:
    """Return the place of the numbers of the effects; -1: all are 1."""
    if use.design is None:
        return -1
    return writer.numbers(_numbers(use, frame))


def _products(
    one: GroupUse, other: GroupUse, levels: int, frame: Frame, count: NDArray[Any]
) -> NDArray[np.float64]:
    """Return ``sum count z y'`` by level of ``one``, shape (levels, q, r)."""
    index = frame[one.index]
    z, y = _numbers(one, frame), _numbers(other, frame)
    found = np.empty((levels, z.shape[1], y.shape[1]))
    for a in range(z.shape[1]):
        for b in range(y.shape[1]):
            product = count * z[:, a] * y[:, b]
            found[:, a, b] = np.bincount(index, product, minlength=levels)
    return found


def _numbers(use: GroupUse, frame: Frame) -> NDArray[Any]:
    """Return the numbers of the effects of a group, shape (N, q)."""
    if use.design is None:
        return np.ones((len(frame[use.index]), 1))
    design: NDArray[Any] = frame[use.design]
    ordered = np.empty_like(design)
    ordered[:, list(use.positions)] = design
    return ordered

"""The likelihood of a compiled model with its group effects integrated out.

Everything about the model (design, coding, indices, how effects follow from
standard normals, conditional density) is taken from the program and its frame;
only the integral is done here. The linear predictor is linear in the standard
normals ``z`` of the group effects, ``eta = eta0 + A z``, and ``A`` is read off
the program at unit vectors: how rows use effects, and how effects follow from
``z`` in the non-centered form.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import least_squares
from scipy.sparse.linalg import splu

from varying.compiler.compiled import Compiled
from varying.compiler.driver import Request, compile_spec
from varying.compiler.program.expressions import Symbol
from varying.compiler.program.interpret import coordinates, evaluate
from varying.compiler.program.interpret.density import (
    likelihood_arguments,
    moved_scales,
    predictor_value,
)
from varying.compiler.program.ir import Frame, Predictor, Program
from varying.grammar.source import Source

Array = NDArray[np.float64]
Point = dict[str, Array]
Rows = Callable[[Array], Array]

REFERENCES = Path(__file__).parents[1] / "references"


def compiled(spec: str, base: Path = REFERENCES) -> Compiled:
    """Compile a spec whose data file is in the folder ``base``."""
    return compile_spec(Request(Source(spec, "test.model"), base=base))


@dataclass(frozen=True, eq=False)
class Marginal:
    """A compiled model at given values of its reported parameters.

    ``wanted`` holds numbers by label: ``Intercept``, ``sigma``, ``b[x]``,
    ``disc_b[x]``, ``threshold[1|2]``, ``sd_g[x]``, ``cor_g[x, y]``.
    """

    model: Compiled
    wanted: Mapping[str, float]

    # ---- from reported parameters to coordinates -------------------------------

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """What is reported and fixes the model, group effects aside."""
        return tuple(self._reported(self._start))

    @cached_property
    def point(self) -> Point:
        """Coordinates at which the program reports what is wanted; z is 0."""
        assert set(self.labels) == set(self.wanted)
        target = np.array([self.wanted[name] for name in self.labels])
        found = least_squares(
            lambda x: self._values(x) - target,
            np.zeros(len(self._pack(self._start))),
            jac=lambda x: self._slopes(x),  # type: ignore[arg-type]
            x_scale="jac",
            xtol=1e-15,
            ftol=1e-15,
            gtol=1e-15,
        )
        assert np.abs(self._values(found.x) - target).max() < 1e-8
        return self._unpack(found.x)

    @cached_property
    def _program(self) -> Program:
        """The program with its group effects as standard normals."""
        program = self.model.program
        groups = tuple(replace(g, form="noncentered") for g in program.groups)
        return replace(program, groups=groups)

    @cached_property
    def _short(self) -> Frame:
        """One row of the frame: enough for what does not depend on rows."""
        program, frame = self._program, self.model.frame
        rows = {axis.name for axis in program.axes if axis.kind == "rows"}
        cut = {s.name for s in program.slots if s.axes and s.axes[0] in rows}
        arrays = {n: a[:1] if n in cut else a for n, a in frame.arrays.items()}
        return Frame(arrays, {**frame.lengths, **dict.fromkeys(rows, 1)})

    @cached_property
    def _start(self) -> Point:
        program, frame = self._program, self.model.frame
        return {c.name: np.zeros(c.shape) for c in coordinates(program, frame)}

    def _is_effect(self, name: str) -> bool:
        return name in {g.base for g in self._program.groups}

    def _pack(self, point: Point) -> Array:
        parts = [np.ravel(v) for n, v in point.items() if not self._is_effect(n)]
        return np.concatenate(parts)

    def _unpack(self, x: Array) -> Point:
        point: Point = {}
        start = 0
        for name, value in self._start.items():
            if self._is_effect(name):
                point[name] = value
                continue
            point[name] = x[start : start + value.size].reshape(value.shape)
            start += value.size
        return point

    def _reported(self, point: Point) -> dict[str, complex]:
        program = self._program
        values, _ = evaluate(program, self._short, point)
        found: dict[str, complex] = {}
        for part in (*program.parameters, *program.derived):
            if not part.report:
                continue
            value = values[part.name]
            if not part.axes:
                found[part.name] = complex(value)
                continue
            labels = program.axis(part.axes[0]).labels or ()
            for label, number in zip(labels, value, strict=True):
                found[f"{part.name}[{label}]"] = complex(number)
        for group in program.groups:
            labels = program.axis(group.coefs).labels or ()
            sd, matrix = moved_scales(group, values, len(labels))
            if group.moved is not None:
                for label, number in zip(labels, sd, strict=True):
                    found[f"{group.moved.sd}[{label}]"] = complex(number)
            for correlation in group.correlations:
                for i in correlation.positions:
                    for k in correlation.positions[: correlation.positions.index(i)]:
                        name = f"cor_{group.name}[{labels[k]}, {labels[i]}]"
                        found[name] = complex(matrix[i, k])
        return found

    def _values(self, x: Array) -> Array:
        return np.array([v.real for v in self._reported(self._unpack(x)).values()])

    def _slopes(self, x: Array) -> Array:
        """Derivatives of what is reported, by complex step: exact to rounding."""
        columns = []
        for place in range(len(x)):
            moved = np.asarray(x, dtype=complex)
            moved[place] += 1e-30j
            found = self._reported(self._unpack(moved)).values()
            columns.append([value.imag / 1e-30 for value in found])
        return np.array(columns).T

    # ---- the likelihood ---------------------------------------------------------

    @cached_property
    def _predictor(self) -> Predictor:
        """The family's main predictor; only it may have group effects."""
        program = self._program
        family = program.likelihood.family
        main, *others = sorted(
            program.predictors, key=lambda p: p.dpar != family.predictor
        )
        assert not any(hasattr(b, "group") for p in others for b in p.blocks)
        assert dict(program.likelihood.arguments)[main.dpar] == Symbol(main.name)
        return main

    @cached_property
    def _use(self) -> tuple[sparse.csr_array, ...]:
        """How the predictor depends on each group's effects: rows by effects."""
        program, frame = self._program, self.model.frame
        values, _ = evaluate(program, frame, self._start)

        def predictor(values: Mapping[str, Array]) -> Array:
            return predictor_value(self._predictor, program, frame, values)

        base = predictor(values)
        found = []
        for group in program.groups:
            columns = []
            zero = np.zeros(self._start[group.base].shape)
            for place in np.ndindex(zero.shape):
                unit = zero.copy()
                unit[place] = 1.0
                slope = predictor({**values, group.stated: unit}) - base
                columns.append(sparse.csc_array(slope[:, None]))
            found.append(sparse.csr_array(sparse.hstack(columns)))
        return tuple(found)

    def _parts(self, point: Point) -> tuple[Array, sparse.csr_array, dict[str, Array]]:
        """Return the predictor without effects, A, and the family's arguments."""
        program, frame = self._program, self.model.frame
        main = self._predictor
        values, _ = evaluate(program, frame, point)
        pieces = [sparse.csr_array((len(values[main.name]), 0))]
        for group, use in zip(program.groups, self._use, strict=True):
            levels, coefs = point[group.base].shape
            factor = np.empty((coefs, coefs))
            for place in range(coefs):
                moved = {**point, group.base: np.zeros((levels, coefs))}
                moved[group.base][0, place] = 1.0
                effects = evaluate(program, self._short, moved)[0][group.stated]
                factor[:, place] = effects[0]
            pieces.append(use @ sparse.kron(sparse.eye_array(levels), factor))
        rest = likelihood_arguments(program, values)
        del rest[main.dpar]
        return values[main.name], sparse.csr_array(sparse.hstack(pieces)), rest

    @cached_property
    def _response(self) -> Array:
        return self.model.frame[self._program.likelihood.value]

    def log_likelihood(
        self, method: str = "laplace", point: Point | None = None
    ) -> float:
        """Return the marginal log likelihood.

        ``exact`` for gaussian models and for models without groups; ``reml``
        where the population coefficients of a gaussian model are integrated out
        as well, under a flat prior; ``laplace``, or a number of nodes for
        adaptive Gauss-Hermite quadrature.
        """
        return self._integrated(method, self.point if point is None else point)[0]

    def _integrated(
        self, method: str, point: Point, start: Array | None = None
    ) -> tuple[float, Array | None]:
        """Return the log likelihood, and the most likely z where it was needed."""
        eta, slopes, rest = self._parts(point)
        y = self._response
        family = self._program.likelihood.family

        def rows(eta: Array) -> Array:
            return family.log_density(y, **{family.predictor: eta}, **rest)

        if slopes.shape[1] == 0:
            return float(rows(eta).sum()), None
        if method in ("exact", "reml"):
            assert family.name == "gaussian"
            precision = np.broadcast_to(rest["sigma"] ** -2.0, y.shape)
            weighted = sparse.csr_array(slopes * precision[:, None])
            inner = _factorized(slopes.T @ weighted)

            def within(left: Array, right: Array) -> Array:
                """Their product in the inverse of the marginal covariance."""
                there = inner.solve(weighted.T @ right)
                return left.T @ (precision * right.T).T - (weighted.T @ left).T @ there

            value = within(y - eta, y - eta) + _log_det(inner)
            value += len(y) * math.log(2 * math.pi) - np.log(precision).sum()
            if method == "reml":
                free = self._population
                value += np.linalg.slogdet(within(free, free))[1]
                value -= free.shape[1] * math.log(2 * math.pi)
            return float(-0.5 * value), None
        z, hessian = _mode(rows, eta, slopes, start)
        if method != "laplace":
            info = 1.0 + hessian.diagonal()
            return self._quadrature(int(method), rows, eta, slopes, z, info), z
        height = rows(eta + slopes @ z).sum() - 0.5 * z @ z
        return float(height - 0.5 * _log_det(_factorized(hessian))), z

    @cached_property
    def _population(self) -> Array:
        """Slopes of the predictor in the population coefficients, as reported."""
        x = self._pack(self.point)
        columns = []
        for place in range(len(x)):
            moved = np.asarray(x, dtype=complex)
            moved[place] += 1e-30j
            values, _ = evaluate(self._program, self.model.frame, self._unpack(moved))
            columns.append(np.imag(values[self._predictor.name]) / 1e-30)
        slopes = np.array(columns).T @ np.linalg.inv(self._slopes(x))
        wanted = [n == "Intercept" or n.startswith("b[") for n in self.labels]
        return slopes[:, wanted]

    def _quadrature(
        self,
        nodes: int,
        rows: Rows,
        eta: Array,
        slopes: sparse.csr_array,
        z: Array,
        info: Array,
    ) -> float:
        """One effect a level: a one-dimensional integral for each."""
        assert len(self._program.groups) == 1
        assert (np.diff(slopes.indptr) == 1).all()
        places, weights = np.polynomial.hermite.hermgauss(nodes)
        terms = []
        for place, weight in zip(places, weights, strict=True):
            at = z + math.sqrt(2.0) * place / np.sqrt(info)
            each = np.bincount(slopes.indices, rows(eta + slopes @ at))
            terms.append(math.log(weight) + place**2 + each - 0.5 * at**2)
        heights = np.logaddexp.reduce(terms, axis=0)
        return float((heights - 0.5 * np.log(math.pi * info)).sum())

    def gradient(self, method: str, step: float = 1e-5) -> dict[str, float]:
        """Return the slope of the marginal log likelihood in what is reported.

        Central differences in the coordinates, turned into slopes in the
        reported parameters.
        """
        x = self._pack(self.point)
        mode = self._integrated(method, self.point)[1]
        found = np.empty(len(x))
        for place in range(len(x)):
            ends = []
            for sign in (1, -1):
                moved = x.copy()
                moved[place] += sign * step
                ends.append(self._integrated(method, self._unpack(moved), mode)[0])
            found[place] = (ends[0] - ends[1]) / (2 * step)
        slopes = np.linalg.pinv(self._slopes(x)).T @ found
        return dict(zip(self.labels, slopes, strict=True))


def _factorized(information: sparse.csr_array) -> Any:
    """Return the LU factors of one more than ``information``, positive definite."""
    size = information.shape[0]
    return splu(sparse.csc_array(information + sparse.eye_array(size)))


def _log_det(factors: Any) -> float:
    return float(np.log(np.abs(factors.U.diagonal())).sum())


def _mode(
    rows: Rows, eta: Array, slopes: sparse.csr_array, start: Array | None
) -> tuple[Array, sparse.csr_array]:
    """Return the most likely z, and the information that the rows have of it."""
    z = np.zeros(slopes.shape[1]) if start is None else start
    for _ in range(100):
        now = eta + slopes @ z
        gradient = slopes.T @ _slope(rows, now) - z
        weighted = slopes * -_curvature(rows, now)[:, None]
        information = slopes.T @ sparse.csr_array(weighted)
        step = _factorized(information).solve(gradient)
        z = z + step / max(1.0, np.abs(step).max())  # log-concave: it gets there
        if np.abs(step).max() < 1e-10:
            return z, information
    raise AssertionError("no mode found")


def _slope(rows: Rows, eta: Array) -> Array:
    return np.asarray(np.imag(rows(eta + 1e-30j)) / 1e-30)


def _curvature(rows: Rows, eta: Array, step: float = 1e-4) -> Array:
    return (_slope(rows, eta + step) - _slope(rows, eta - step)) / (2 * step)

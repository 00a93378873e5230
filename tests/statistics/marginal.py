"""The likelihood of a compiled model with its group effects integrated out.

Everything about the model (design, coding, indices, how effects follow from
standard normals, conditional density) is taken from the program and its frame;
only the integral is done here. The linear predictor is linear in the standard
normals ``z`` of the group effects, ``eta = eta0 + A z``, and ``A`` is read off
the program: how rows use effects from its centered form, and how effects
follow from ``z`` from its non-centered form, both at unit vectors.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from varying.compiler.backends.reference import coordinates, evaluate
from varying.compiler.backends.reference.density import cholesky, evaluate_expression
from varying.compiler.driver import Compiled, compile_spec
from varying.compiler.families import FAMILIES
from varying.grammar.source import Source

Array = NDArray[np.float64]
Point = dict[str, Array]

REFERENCES = Path(__file__).parents[1] / "references"


def compiled(spec: str, base: Path = REFERENCES) -> Compiled:
    """Compile a spec whose data file is in the folder ``base``."""
    return compile_spec(Source(spec, "test.model"), base=base)


@dataclass(frozen=True, eq=False)
class Marginal:
    """A compiled model at given values of its reported parameters.

    ``wanted`` holds numbers by label: ``Intercept``, ``sigma``, ``b[x]``,
    ``threshold[1|2]``, ``sd_g[x]``, ``cor_g[x, y]``.
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
    def _start(self) -> Point:
        program, frame = self.model.program, self.model.frame
        return {c.name: np.zeros(c.shape) for c in coordinates(program, frame)}

    def _is_effect(self, name: str) -> bool:
        return name in {g.coordinate for g in self.model.program.groups}

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
        program = self.model.program
        values, _ = evaluate(program, self.model.frame, point)
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
            factor = cholesky(group, values, len(labels))
            matrix = factor @ factor.T
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
    def _use(self) -> Array:
        """How the predictor depends on the effects: rows by effects, a constant."""
        program, frame = self.model.program, self.model.frame
        groups = tuple(replace(g, form="centered") for g in program.groups)
        centered = replace(program, groups=groups)
        point = {c.name: np.zeros(c.shape) for c in coordinates(centered, frame)}
        name = program.predictors[0].name
        base = evaluate(centered, frame, point)[0][name]
        columns = []
        for effects in (g.effects for g in groups):
            for place in np.ndindex(*point[effects].shape):
                moved = {**point, effects: np.zeros(point[effects].shape)}
                moved[effects][place] = 1.0
                columns.append(evaluate(centered, frame, moved)[0][name] - base)
        return np.array(columns).T.reshape(len(base), -1)

    def _parts(self, point: Point) -> tuple[Array, Array, dict[str, Array]]:
        """Return the predictor without effects, A, and the family's arguments."""
        program, frame = self.model.program, self.model.frame
        name = program.predictors[0].name
        values, _ = evaluate(program, frame, point)
        pieces, start = [], 0
        for group in program.groups:
            assert group.form == "noncentered"
            levels, coefs = point[group.coordinate].shape
            factor = np.empty((coefs, coefs))
            for place in range(coefs):
                moved = {**point, group.coordinate: np.zeros((levels, coefs))}
                moved[group.coordinate][0, place] = 1.0
                factor[:, place] = evaluate(program, frame, moved)[0][group.effects][0]
            use = self._use[:, start : start + levels * coefs]
            start += levels * coefs
            pieces.append(
                (use.reshape(-1, levels, coefs) @ factor).reshape(len(use), -1)
            )
        rest = {
            argument: evaluate_expression(expression, values)
            for argument, expression in program.likelihood.arguments
            if argument != name
        }
        return values[name], np.concatenate([self._use[:, :0], *pieces], axis=1), rest

    def log_likelihood(
        self, method: str = "laplace", point: Point | None = None
    ) -> float:
        """Return the marginal log likelihood.

        ``exact`` for gaussian models and for models without groups,
        ``laplace``, or a number of nodes for adaptive Gauss-Hermite quadrature.
        """
        point = self.point if point is None else point
        eta, slopes, rest = self._parts(point)
        y = self.model.frame[self.model.program.likelihood.value]
        family = FAMILIES[self.model.program.likelihood.family]

        def rows(eta: Array) -> Array:
            return family.log_density(y, **{family.predictor: eta}, **rest)

        if slopes.shape[1] == 0:
            return float(rows(eta).sum())
        if method == "exact":
            assert family.name == "gaussian"
            covariance = slopes @ slopes.T + rest["sigma"] ** 2 * np.eye(len(y))
            left = np.linalg.solve(np.linalg.cholesky(covariance), y - eta)
            log_det = np.linalg.slogdet(covariance)[1]
            return float(
                -0.5 * (left @ left + log_det + len(y) * math.log(2 * math.pi))
            )
        z = np.zeros(slopes.shape[1])
        for _ in range(100):
            now = eta + slopes @ z
            gradient = slopes.T @ _slope(rows, now) - z
            curvature = -_curvature(rows, now)
            hessian = np.eye(len(z)) + slopes.T @ (curvature[:, None] * slopes)
            step = np.linalg.solve(hessian, gradient)
            z = z + step / max(1.0, np.abs(step).max())  # log-concave: it gets there
            if np.abs(step).max() < 1e-10:
                break
        else:
            raise AssertionError("no mode found")
        if method == "laplace":
            height = rows(eta + slopes @ z).sum() - 0.5 * z @ z
            return float(height - 0.5 * np.linalg.slogdet(hessian)[1])
        return self._quadrature(int(method), rows, eta, slopes, z, np.diagonal(hessian))

    def _quadrature(
        self, nodes: int, rows: object, eta: Array, slopes: Array, z: Array, info: Array
    ) -> float:
        """One effect a level: a one-dimensional integral for each."""
        assert len(self.model.program.groups) == 1 and callable(rows)
        assert ((slopes != 0).sum(axis=1) == 1).all()
        level = (slopes != 0).argmax(axis=1)
        places, weights = np.polynomial.hermite.hermgauss(nodes)
        terms = []
        for place, weight in zip(places, weights, strict=True):
            at = z + math.sqrt(2.0) * place / np.sqrt(info)
            height = np.bincount(level, rows(eta + slopes @ at)) - 0.5 * at**2
            terms.append(math.log(weight) + place**2 + height)
        heights = np.logaddexp.reduce(terms, axis=0)
        return float((heights - 0.5 * np.log(math.pi * info)).sum())

    def gradient(self, method: str, step: float = 1e-5) -> dict[str, float]:
        """Return the slope of the marginal log likelihood in what is reported.

        Central differences in the coordinates, turned into slopes in the
        reported parameters.
        """
        x = self._pack(self.point)
        found = np.empty(len(x))
        for place in range(len(x)):
            ends = []
            for sign in (1, -1):
                moved = x.copy()
                moved[place] += sign * step
                ends.append(self.log_likelihood(method, self._unpack(moved)))
            found[place] = (ends[0] - ends[1]) / (2 * step)
        slopes = np.linalg.pinv(self._slopes(x)).T @ found
        return dict(zip(self.labels, slopes, strict=True))


def _slope(rows: object, eta: Array) -> Array:
    assert callable(rows)
    return np.asarray(np.imag(rows(eta + 1e-30j)) / 1e-30)


def _curvature(rows: object, eta: Array, step: float = 1e-4) -> Array:
    return (_slope(rows, eta + step) - _slope(rows, eta - step)) / (2 * step)

"""The intercept of cox is sampled where the data know it; its density stays."""

from __future__ import annotations

import numpy as np
import pytest

from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.families.continuous.baseline import Baseline
from varying.compiler.families.continuous.cox import knots_of
from varying.compiler.passes.center_hazard import center_hazard
from varying.compiler.passes.scale_parameters import scale_parameters
from varying.compiler.program.interpret import evaluate
from varying.compiler.program.interpret.start import start
from varying.compiler.program.ir import Frame, Program
from varying.grammar.source import Source

Y = np.array([0.2, 0.5, 0.8, 0.7, 1.1, 0.9, 0.4, 2.6])
W = np.array([1, 3, 1, 2, 1, 1, 1, 1])
DATA = {
    "y": Y.tolist(),
    "z": (Y[::-1] + 0.3).tolist(),
    "x": np.linspace(-1.0, 1.0, len(Y)).tolist(),
    "w": W.tolist(),
    "c": ["p", "q"] * 4,
}
MOVED = "Intercept_centered_passed"


def before(spec: str) -> tuple[Program, Frame]:
    compiled = compile_spec(Request(Source(spec), table_from_frame(DATA)))
    return scale_parameters(compiled.program, compiled.frame)


def test_the_density_is_the_same_where_the_hazard_is() -> None:
    """At any point: the intercept lies higher by the log of what rows came through."""
    program, frame = before("y | weights(w) ~ x, family=cox")
    moved, there = center_hazard(program, frame)
    base, knots = Baseline(knots_of(Y)), knots_of(Y)
    assert base.knots == knots
    rng = np.random.default_rng(3)
    first = start(program, frame)
    for _ in range(3):
        point = {
            name: np.reshape(x, np.shape(x)) + rng.normal(size=np.shape(x))
            for name, x in first.items()
        }
        point["Intercept_centered"] = np.reshape(point["Intercept_centered"], ())
        values, density = evaluate(program, frame, point)
        passed = base.cumulative(np, Y, values["sbhaz"])
        away = np.log(np.average(passed, weights=W))
        unit, own = (
            next(p for p in one.parameters if p.name == name).unit
            for one, name in ((program, "Intercept_centered"), (moved, MOVED))
        )
        assert unit is not None and own is not None and own.scale == unit.scale
        stated = values["Intercept_centered"] + away
        at = {**point, MOVED: np.reshape((stated - own.center[0]) / own.scale[0], ())}
        del at["Intercept_centered"]
        found, same = evaluate(moved, there, at)
        assert found["Intercept"] == pytest.approx(values["Intercept"], rel=1e-12)
        assert same == pytest.approx(density, rel=1e-12)


def test_sampling_starts_at_the_same_place() -> None:
    program, frame = before("y ~ x, family=cox")
    moved, _ = center_hazard(program, frame)
    middle = []
    for one in (program, moved):
        first = start(one, frame)
        point = {name: np.reshape(x, np.shape(x)) for name, x in first.items()}
        point |= {
            name: np.reshape(x, ()) for name, x in first.items() if "Intercept" in name
        }
        middle.append(evaluate(one, frame, point)[0]["Intercept"])
    assert middle[0] == pytest.approx(middle[1], rel=1e-12)


@pytest.mark.parametrize(
    ("spec", "names"),
    [
        ("y ~ x, family=weibull", set()),
        # no intercept: each cell has one
        ("y ~ 0 + c, family=cox", set()),
        ("y ~ x, family=cox\n  prior Intercept = 0.5", set()),
        # no prior with a location
        ("y ~ x, family=cox\n  prior Intercept[mean] ~ exponential(1)", set()),
        ("y ~ x, family=cox\n  prior Intercept ~ student_t(3, 0, 2)", {MOVED}),
        (
            "mvbind(y, z) ~ x, family=cox",
            {"y_" + MOVED, "z_" + MOVED},
        ),
    ],
)
def test_what_is_moved(spec: str, names: set[str]) -> None:
    program, frame = before(spec)
    moved, _ = center_hazard(program, frame)
    new = {p.name for p in moved.parameters} - {p.name for p in program.parameters}
    assert new == names
    assert (moved is program) == (not names)

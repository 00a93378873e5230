"""Cox models: brms's log density with equal priors, and coxph's coefficients."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.optimize import minimize

from varying.compiler.program.interpret import evaluate, gradient
from varying.compiler.program.interpret.charts import from_unconstrained

from .marginal import REFERENCES, compiled

FOLDER = REFERENCES / "brms"
FOUND = json.loads((FOLDER / "cox.json").read_text("utf-8"))
#: What stands beside the times, and the prior of the baseline hazard.
MODELS = {
    "late": ("cens(late)", "dirichlet(1)"),
    "side": ("cens(side)", "dirichlet(2)"),
    "seven": ("cens(late) + bhaz(df=7)", "dirichlet(1)"),
}


@pytest.mark.parametrize("name", MODELS)
def test_the_log_density_is_that_of_brms(name: str) -> None:
    beside, shares = MODELS[name]
    model = compiled(
        f'data "cox.csv"\ntime | {beside} ~ x + z, family=cox\n'
        "  prior Intercept[mean] ~ normal(0.5, 2)\n  prior b ~ normal(0, 1)\n"
        f"  prior sbhaz ~ {shares}\n",
        FOLDER,
    )
    assert len(FOUND[name]) == 3
    for given in FOUND[name]:
        theirs = given["values"]
        logs = np.log(theirs["sbhaz"])
        point = {
            "b": np.asarray(theirs["b"]),
            "Intercept_centered": np.asarray(theirs["Intercept"]),
            "sbhaz": (logs - logs.mean())[:-1],
        }
        values, density = evaluate(model.program, model.frame, point)
        assert values["sbhaz"] == pytest.approx(theirs["sbhaz"], rel=1e-12)
        for one in model.program.parameters:
            density -= from_unconstrained(one, np.asarray(point[one.name]))[1]
        assert density == pytest.approx(given["log_density"], rel=1e-10)


def test_hazard_ratios_are_those_of_coxph() -> None:
    """At the mode under wide priors; a spline is no step at each event."""
    model = compiled(
        'data "cox.csv"\ntime | cens(late) ~ x + z, family=cox\n'
        "  prior Intercept[mean] ~ normal(0, 100)\n  prior b ~ normal(0, 100)\n"
        "  prior sbhaz ~ dirichlet(1)\n",
        FOLDER,
    )
    program, frame = model.program, model.frame
    names = [one.name for one in program.parameters]
    sizes = {"b": 2, "Intercept_centered": 1, "sbhaz": 4}
    ends = np.cumsum([sizes[name] for name in names])[:-1]

    def at(x: np.ndarray) -> dict[str, np.ndarray]:
        parts = np.split(x, ends)
        return {
            name: part if name != "Intercept_centered" else part[0]
            for name, part in zip(names, parts, strict=True)
        }

    def of(x: np.ndarray) -> tuple[float, np.ndarray]:
        point = at(x)
        _, density = evaluate(program, frame, point)
        slope = gradient(program, frame, point)
        return -float(density), -np.concatenate(
            [np.atleast_1d(slope[name]) for name in names]
        )

    found = at(minimize(of, np.zeros(7), jac=True, method="BFGS").x)["b"]
    for place, name in enumerate(("x", "z")):
        theirs, error = (
            FOUND["coxph"][one][name] for one in ("coefficients", "errors")
        )
        assert abs(found[place] - theirs) < 0.1 * error

"""Mixtures with the same priors have the log density of brms's programs.

``references/brms/mixture.R`` writes it at three points each, without Jacobians.
"""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest

from varying.compiler.program.interpret import evaluate
from varying.compiler.program.interpret.charts import from_unconstrained

from .marginal import REFERENCES, compiled

FOLDER = REFERENCES / "brms"
FOUND = json.loads((FOLDER / "mixture.json").read_text("utf-8"))
PLAIN = "  prior Intercept[mean] ~ normal(0.5, 2)\n  prior b ~ normal(0, 1)\n"
SCALES = "  prior sigma1 ~ exponential(1)\n  prior sigma2 ~ exponential(1)\n"
SHARE = "  prior theta1 ~ beta(1, 1)\n"
PARTS = """  mu2 ~ z
  theta1 ~ z
  sigma1 ~ z
  prior mu1.Intercept[mean] ~ normal(0.5, 2)
  prior mu2.Intercept[mean] ~ normal(0.5, 2)
  prior b ~ normal(0, 1)
  prior theta1.b ~ normal(0, 1)
  prior theta1.Intercept[mean] ~ normal(0, 1)
  prior sigma1.b ~ normal(0, 1)
  prior sigma1.Intercept[mean] ~ normal(0, 1)
  prior sigma2 ~ exponential(1)
  prior nu2 ~ gamma(2, 0.1, lb=1)
"""
MODELS = {
    "gaussian": f"y ~ x, family=mixture(gaussian, gaussian)\n{PLAIN}{SCALES}{SHARE}",
    "parts": f"y ~ x, family=mixture(gaussian, student)\n{PARTS}",
    "poisson": f"k ~ x, family=mixture(poisson, poisson)\n{PLAIN}{SHARE}",
}
#: Intercepts in order are sampled in so many of their prior's scales, around it.
UNIT = 0.3 * 2.0


@pytest.mark.parametrize("name", MODELS)
def test_the_log_density_is_that_of_brms(name: str) -> None:
    model = compiled(f'data "mixture.csv"\n{MODELS[name]}', FOLDER)
    program, frame = model.program, model.frame
    assert len(FOUND[name]) == 3
    for given in FOUND[name]:
        values = given["values"]
        natural: dict[str, Any] = {
            one: np.atleast_1d(values[one])
            for one in ("sigma1", "sigma2", "nu2")
            if one in values
        }
        for of in ("mu1", "mu2", "theta1", "sigma1"):
            if f"b_{of}" in values:
                natural[f"{of}_b"] = np.atleast_1d(values[f"b_{of}"])
                intercept = np.atleast_1d(values[f"Intercept_{of}"])
                natural[f"{of}_Intercept_centered"] = intercept
        if "b_theta1" not in values:
            natural["theta1"] = np.atleast_1d(values["theta1"])
        both = [values["Intercept_mu1"], values["Intercept_mu2"]]
        natural["ordered_Intercept"] = (np.array(both) - 0.5) / UNIT
        expected = given["log_density"]
        if name != "parts":
            # brms leaves out that the draws are put in order
            expected += math.log(2.0) + 2.0 * math.log(UNIT)
        point = {
            one.name: _unconstrained(one, natural[one.name])
            for one in program.parameters
        }
        _, density = evaluate(program, frame, point)
        for one in program.parameters:
            density -= from_unconstrained(one, point[one.name])[1]
        assert density == pytest.approx(expected, rel=1e-10)


def _unconstrained(parameter: Any, value: Any) -> Any:
    from varying.compiler.program.interpret.start import _unconstrained as inverse

    found = inverse(parameter, np.asarray(value))
    return found if parameter.axes else found.reshape(())

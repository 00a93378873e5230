"""Predictors that only the formula of a further parameter has, by the scale.

What is expected is written out, by SciPy's distributions where there is one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit

import varying
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.grammar.source import Source
from varying.runtime.questions.cells import cell_lines

Array = np.ndarray[Any, Any]

A, B = np.array([0.4, 0.7]), np.array([-0.2, 0.1])  # the intercept, and a second one
#: The predictor of the parameter with a formula: draws by the levels of ``f``.
OWN = np.array([[-0.6, 0.9], [0.3, -1.1]])
SIGMA = np.array([0.8, 1.3])

HURDLE = "k ~ 1, family=hurdle_poisson\n  hu ~ f"
MIXED = "y ~ 1, family=mixture(gaussian, gaussian)\n  theta1 ~ f"
SPREAD = "y ~ 1\n  sigma ~ f"


def data() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "y": [0.3, 1.5, -0.4, 2.2, 0.9, 0.1, 1.1, 0.6],
            "k": [0, 1, 2, 0, 3, 1, 0, 2],
            "f": ["a", "b"] * 4,
            "z": [0.0, 1.5, 1.0, 0.5, 2.0, 0.0, 1.0, 2.5],
        }
    )


def asked(model: str, question: str) -> list[Array]:
    source = Source(f"{model}\n{question}\n")
    found = compile_spec(Request(source, table_from_frame(data())))
    draws = {"Intercept": A, "sigma1": SIGMA, "sigma2": SIGMA}
    draws |= {"mu1_Intercept": A, "mu2_Intercept": B}
    for dpar in ("sigma", "hu", "theta1"):
        draws[f"{dpar}_Intercept"] = OWN[:, 0]
        draws[f"{dpar}_b"] = np.diff(OWN)
    given = {name: values[None] for name, values in draws.items()}
    lines = cell_lines(found.joint.questions.cells[0], found, given)
    return [line.draws[0] for line in lines]


def _hurdle_mean() -> Array:
    rate = np.exp(A)[:, None]
    return np.asarray((1.0 - expit(OWN)) * rate / -np.expm1(-rate))


def _mixed_mean() -> Array:
    share = expit(OWN)
    return np.asarray(share * A[:, None] + (1.0 - share) * B[:, None])


@pytest.mark.parametrize(
    ("model", "scale", "expected"),
    [
        (SPREAD, "quantile[0.9]", stats.norm(A[:, None], np.exp(OWN)).ppf(0.9)),
        (SPREAD, "prob[>1]", stats.norm(A[:, None], np.exp(OWN)).sf(1.0)),
        (HURDLE, "prob[0]", expit(OWN)),
        (HURDLE, "response", _hurdle_mean()),
        (MIXED, "response", _mixed_mean()),
    ],
)
def test_means_and_contrasts(model: str, scale: str, expected: Array) -> None:
    means = asked(model, f"means f, scale={scale}")
    np.testing.assert_allclose(np.transpose(means), expected, rtol=1e-8)
    (difference,) = asked(model, f"contrast f: b - a, scale={scale}")
    np.testing.assert_allclose(difference, expected[:, 1] - expected[:, 0], rtol=1e-7)


@pytest.mark.parametrize(
    ("own", "question"),
    [
        ("f", "means f"),
        ("f", "contrast f: b - a"),
        ("f", "means 1, f=[a, b]"),
        ("z", "slope z"),
        ("z", "contrast z: 1 - 0"),
        ("z", "means z, z=[0, 1]"),
        ("z", "means 1, z=0"),
    ],
)
def test_the_scale_of_the_main_predictor_names_the_parameter(
    own: str, question: str
) -> None:
    spec = f"y ~ 1\n  sigma ~ {own}\n{question}\n"
    with pytest.raises(varying.ModelError, match="the formula of `sigma` has") as found:
        varying.compile(spec, data())
    assert [one.rule for one in found.value.diagnostics] == ["factor-not-in-model"]


@pytest.mark.parametrize("question", ["slope z", "means 1, z=[0, 1]"])
@pytest.mark.parametrize(
    ("spec", "options", "refused"),
    [
        ("y ~ 1 + (0 + z | f)", "", True),
        ("y ~ 1 + (0 + z | f)", ", groups=fitted", False),
        ("y ~ 1\n  sigma ~ z", ", scale=quantile[0.9]", False),
        ("y ~ z\n  sigma ~ z", "", False),
        ("y ~ exp(a), nl=true\n  a ~ z", "", False),
        ("y ~ exp(a), nl=true\n  a ~ 1 + (0 + z | f)", ", groups=average", False),
        ("y ~ exp(a) * z, nl=true\n  a ~ 1", "", False),
        ("y ~ 1\n  sigma ~ exp(a) * z, nl=true\n  a ~ 1", "", True),
        ("y ~ 1\n  sigma ~ exp(a), nl=true\n  a ~ z", "", True),
    ],
)
def test_numbers_by_which_the_main_predictor_differs(
    spec: str, options: str, refused: bool, question: str
) -> None:
    starts = {
        "  a ~ ": "prior a.Intercept ~ normal(0, 1)\n",
        "  a ~ z": "prior a.b ~ normal(0, 1)\n",
        "  a ~ 1 + (": "prior a.sd ~ exponential(1)\n",
    }
    priors = "".join(prior for start, prior in starts.items() if start in spec)
    source = Source(f"{spec}\n{priors}{question}{options}\n")
    try:
        found = compile_spec(Request(source, table_from_frame(data())))
    except varying.ModelError as error:
        rules = [one.rule for one in error.diagnostics if one.severity == "error"]
        assert refused and rules == ["factor-not-in-model"]
    else:
        assert not refused and len(found.joint.questions.cells) == 1

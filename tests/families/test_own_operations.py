"""What densities of users are written in, in each reading of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytensor.tensor as pt
import pytest
from scipy import special

from varying.compiler.distributions.density.arrays import log_density as read
from varying.compiler.distributions.density.operations import OFFERED
from varying.compiler.distributions.density.python import kernel
from varying.compiler.distributions.density.tensors import Tensors
from varying.compiler.distributions.density.text import definitions

from ..agreement.harness import BUILT

PAGE = Path(__file__).resolve().parents[2] / "docs" / "own-family.md"


def test_the_page_lists_what_densities_may_call() -> None:
    table = PAGE.read_text("utf-8").partition("| operation |")[2].partition("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines()[2:]]
    listed = re.findall(r"`(\w+)(?:\(|`)", " ".join(cells))
    assert sorted(listed) == sorted(OFFERED)


#: By SciPy and NumPy, at arguments that each is there for.
OPERATIONS: dict[str, tuple[Any, tuple[float, ...]]] = {
    "square": (np.square, (-1.3,)),
    "power": (np.power, (0.7, -1.3)),
    "sin": (np.sin, (0.7,)),
    "cos": (np.cos, (0.7,)),
    "tanh": (np.tanh, (-0.4,)),
    "maximum": (np.maximum, (0.3, 0.7)),
    "minimum": (np.minimum, (0.3, 0.7)),
    "logit": (special.logit, (0.2,)),
    "softplus": (lambda x: np.logaddexp(0.0, x), (-0.8,)),
    "lgamma": (special.gammaln, (0.3,)),
    "lbeta": (special.betaln, (0.3, 2.4)),
    "lchoose": (lambda n, k: np.log(special.comb(n, k)), (9.0, 4.0)),
    "log_gammainc": (lambda a, x: np.log(special.gammainc(a, x)), (1.7, 0.4)),
    "log_gammaincc": (lambda a, x: np.log(special.gammaincc(a, x)), (1.7, 2.4)),
    "log_betainc": (lambda *a: np.log(special.betainc(*a)), (1.7, 0.6, 0.2)),
    "log_betaincc": (lambda a, b, x: np.log(special.betainc(b, a, 1 - x)), (2, 3, 0.7)),
    "x**3": (lambda x: x**3, (-1.3,)),
    "x**-2": (lambda x: x**-2.0, (-1.3,)),
    "x**0.5": (lambda x: x**0.5, (1.3,)),
    "2**x": (lambda x: 2.0**x, (1.3,)),
    "at most": (lambda x: -1.0, (0.5,)),
    "at least": (lambda x: 1.0, (0.5,)),
}
WRITTEN: dict[str, Any] = {
    "x**3": lambda m, x: x**3,
    "x**-2": lambda m, x: x**-2,
    "x**0.5": lambda m, x: x**0.5,
    "2**x": lambda m, x: 2**x,
    "at most": lambda m, x: m.where(x <= 0.5, -1.0, 1.0) + 0.0 * x,
    "at least": lambda m, x: m.where(x >= 0.5, 1.0, -1.0) + 0.0 * x,
}


@pytest.mark.parametrize("name", list(OPERATIONS))
def test_an_operation_is_the_same_everywhere(name: str) -> None:
    """As arrays, compiled with its slopes, as a graph and in a script."""
    wanted, at = OPERATIONS[name]
    of = WRITTEN.get(name) or (lambda m, *given: getattr(m, name)(*given))
    names = tuple("abc"[: len(at)])
    value = float(wanted(*at))
    found = read(of, names[1:])(*map(np.asarray, map(float, at)))
    assert float(found) == pytest.approx(value, rel=1e-12)
    made = kernel("tried", of, names, names)(*map(float, at))
    assert made[0] == pytest.approx(value, rel=1e-12)
    for place, slope in enumerate(made[1:]):
        moved = [
            one + 1e-6 * (k == place) * np.array([1, -1]) for k, one in enumerate(at)
        ]
        steps = wanted(*moved) * np.ones(2)
        assert slope == pytest.approx((steps[0] - steps[1]) / 2e-6, rel=1e-6, abs=1e-9)
    tensors = [pt.as_tensor(np.float64(one)) for one in at]
    space: dict[str, Any] = {"pt": pt, "np": np}
    exec(definitions("tried", of, names, "It."), space)
    for one in (of(Tensors(pt), *tensors), space["tried"](*tensors)):
        assert float(one.eval(mode=BUILT)) == pytest.approx(value, rel=1e-10)

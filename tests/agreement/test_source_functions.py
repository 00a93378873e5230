"""Every elementwise function of the language has a form in the emitted script."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from varying.compiler.backends.pymc import emit as to_graph
from varying.compiler.backends.source import emit
from varying.compiler.driver import Request, compile_spec
from varying.compiler.expressions.functions import FUNCTIONS
from varying.grammar.source import Source

from .harness import BUILT

CALLS = {
    "logit": "logit(x / 3)",
    "inv_logit": "inv_logit(x - 1.5) + I(1 / inv_logit(-x))",
    "Phi": "Phi(x - 1.5)",
    "log": "log(x, base = 3)",
    "round": "round(x, digits = 1)",
    "ifelse": "ifelse(x > 1.5, x, 2*x)",
    "mean": "I(x - mean(x)) + mean(x, by = g)",
    "min": "I(x - min(x)) + min(x, by = k)",
    "max": "I(max(x) - x) + max(x, by = g)",
    "within": "within(x, by = g)",
    "between": "between(log(x), by = k)",
    "poly": "poly(x, 2):g + poly(x, 3, raw = TRUE)",
    "scale": "scale(log(x) + 1) + scale(x, center = FALSE)",
    "bs": "bs(x, df = 5)",
    "ns": "ns(x, df = 3)",
    "cut": "cut(x, 3) + cut(x, [0, 1.5, 5], labels = [low, high], right = FALSE)",
    "lag": "lag(x, by = g, order = t) + lag(g, n = 2)",
}
READY = [
    f
    for f in FUNCTIONS.values()
    if f.ready and f.role in ("elementwise", "learned", "rows")
]


@pytest.mark.parametrize("name", [function.name for function in READY])
def test_function(name: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    rows = "\n".join(
        f"{y:.3f},{x:.3f},{'uvw'[row % 3]},{row % 4},{17 * row % 31}"
        for row, (y, x) in enumerate(rng.uniform(1, 2, (24, 2)))
    )
    (tmp_path / "d.csv").write_text(f"y,x,g,k,t\n{rows}\n")
    term = CALLS.get(name, f"{name}(x)")
    spec = Source(f'data "d.csv"\ny ~ {term}')
    compiled = compile_spec(Request(spec, base=tmp_path))
    script: dict[str, object] = {"__name__": "script"}
    exec(emit(compiled), script)
    data = script["read"](tmp_path / "d.csv")  # type: ignore[operator]
    model = script["build"](data)  # type: ignore[operator]
    count = len(compiled.bound.population.columns)
    start = model.initial_point()
    (effects,) = {"b", "b_at_means"} & set(start)
    point = start | {effects: np.linspace(0.3, 0.7, count)}
    graph = to_graph(compiled.program, compiled.frame)
    expected, found = (float(m.compile_logp(mode=BUILT)(point)) for m in (graph, model))
    assert found == pytest.approx(expected, rel=1e-7)

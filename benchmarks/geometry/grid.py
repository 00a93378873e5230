"""Effective draws of each form of group effects, on a grid of groups and signals.

    python benchmarks/geometry/grid.py                  # all forms
    python benchmarks/geometry/grid.py --forms auto     # the rule again

Writes ``build/geometry/grid.json`` and prints tables; forms that are not run stay as
they were. What is counted is effective draws (the least bulk ESS over intercept or
thresholds, b, sd, cor and sigma) per 1,000 gradients after tuning: the number does not
depend on what else the machine does.

A case is a family, the number of levels ``J``, the rows of each ``n``, and the sd of
the effects on the scale of the predictor (sigma is 1 in gaussian ones, where ``auto``
integrates the effects out). Each is run on ``SEEDS`` data sets.
"""

from __future__ import annotations

import argparse
import json
import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

import varying
from varying.compiler.backends.kernel import Kernel, build
from varying.compiler.sampled import Sampled
from varying.runtime.sampling.samplers.nutpie_native import start

ROOT = Path(__file__).parents[2]
OUT = ROOT / "build" / "geometry" / "grid.json"

SEEDS = (1, 2)
FORMS = ("noncentered", "centered", "auto")
#: Draws and tuning steps of each of four chains.
DRAWS = TUNE = 500
CHAINS = 4
LEVELS, ROWS, SDS = (5, 25, 100), (2, 8, 40), (0.1, 0.5, 2.0)
FAMILIES = ("bernoulli", "poisson", "ordlogit", "gaussian")
FORMULAS = {
    "intercepts": "y ~ x + (1 | g)",
    "slopes": "y ~ x + (1 + x | g)",
    "unbalanced": "y ~ x + (1 + x | g)",
    "constant": "y ~ u + (1 | g)",
}
#: Reported quantities that say how the sampling is.
_JUDGED = ("Intercept", "threshold", "b", "sd_g", "cor_g", "sigma")
_THRESHOLDS = np.array([-2.0, -1.2, -0.4, 0.4, 1.2, 2.0])


@dataclass(frozen=True, slots=True)
class Case:
    """One model on data of one kind; ``n`` is 0 where levels have 1 to 100 rows."""

    family: str
    kind: str
    J: int
    n: int
    sd: float


@dataclass(frozen=True, slots=True)
class Run:
    """What a form came to on one data set; ``ess`` per 1,000 gradients."""

    family: str
    kind: str
    J: int
    n: int
    sd: float
    seed: int
    form: str
    ess: float
    steps: float
    divergences: int
    worst: str

    @property
    def case(self) -> Case:
        """The case it is one of."""
        return Case(self.family, self.kind, self.J, self.n, self.sd)


def cases() -> Iterator[Case]:
    """Yield the grid; what has many rows takes long and says what few rows do."""
    for family in FAMILIES:
        for J in LEVELS if family != "gaussian" else (25,):
            for n, sd in product(ROWS, SDS):
                if 10 < J * n <= 1000:
                    yield Case(family, "intercepts", J, n, sd)
                    if J > 5 and n != 8:
                        yield Case(family, "slopes", J, n, sd)
        for kind, n in (("unbalanced", 0), ("constant", 8)):
            yield from (Case(family, kind, 25, n, sd) for sd in SDS)


def simulated(case: Case, seed: int) -> pd.DataFrame:
    """Return data with the effects that the case says, slopes of half their sd."""
    rng = np.random.default_rng([seed, case.J, case.n, round(100 * case.sd)])
    counts = np.full(case.J, case.n)
    if case.n == 0:
        counts = np.geomspace(1, 100, case.J).round().astype(int)
    g = np.repeat(np.arange(case.J), counts)
    x, u = rng.normal(size=len(g)), rng.normal(size=case.J)[g]
    factor = case.sd * np.array([[1.0, 0.0], [0.15, 0.5 * math.sqrt(1.0 - 0.3**2)]])
    effects = rng.normal(size=(case.J, 2)) @ factor.T
    eta = 0.5 * (u if case.kind == "constant" else x) + effects[g, 0]
    if "x |" in FORMULAS[case.kind]:
        eta = eta + effects[g, 1] * x
    drawn: dict[str, Callable[[], Any]] = {
        "bernoulli": lambda: rng.random(len(g)) < 1.0 / (1.0 + np.exp(-0.3 - eta)),
        "poisson": lambda: rng.poisson(np.exp(1.0 + eta)),
        "ordlogit": lambda: (
            1 + np.searchsorted(_THRESHOLDS, eta + rng.logistic(size=len(g)))
        ),
        "gaussian": lambda: eta + rng.normal(size=len(g)),
    }
    y = np.asarray(drawn[case.family]())
    y = y if case.family == "gaussian" else y.astype(int)
    return pd.DataFrame({"y": y, "x": x, "u": u, "g": [f"g{level}" for level in g]})


def spec_of(case: Case, form: str) -> str:
    """Return the model of a case."""
    formula = f"{FORMULAS[case.kind]}, family={case.family}, parameterization={form}"
    columns = "column y: ordered(1..7)\n" if case.family == "ordlogit" else ""
    return columns + formula + "\n"


def kernel_of(spec: str | Path, data: Any = None) -> Kernel:
    """Return the density of a model as it is sampled."""
    compiled = varying.compile(spec, data).compiled
    assert compiled is not None
    return build(Sampled(compiled).for_kernel[1])


def effective(
    kernel: Kernel, seed: int, draws: int = DRAWS, names: Iterable[str] | None = None
) -> tuple[dict[str, float], float, int]:
    """Sample a kernel.

    Returns
    -------
    ess
        Least bulk ESS of each quantity per 1,000 gradients.
    steps
        Gradients a draw.
    divergences
        Their number, after tuning.
    """
    from arviz_stats.base import array_stats

    run = start(
        kernel,
        draws=draws,
        tune=TUNE if draws == DRAWS else draws,
        chains=CHAINS,
        cores=2,
        seed=seed,
        target_accept=None,
        show=lambda _: None,
    )
    found = run.wait(600.0)
    assert found is not None
    reported = kernel.draws(found.unconstrained, np.random.default_rng(seed))
    gradients = float(found.statistics["n_steps"].sum())
    ess = {}
    for name in reported if names is None else names:
        values = reported[name].reshape(CHAINS, draws, -1) if name in reported else None
        if values is None:
            continue
        own = [
            float(array_stats.ess(values[..., i], chain_axis=0, draw_axis=1))
            for i in range(values.shape[2])
            if values[..., i].std() > 1e-12
        ]
        if own:
            ess[name] = 1000.0 * min(own) / gradients
    steps = gradients / (CHAINS * draws)
    return ess, steps, int(found.statistics["diverging"].sum())


def measure(case: Case, form: str, seed: int) -> Run:
    """Run a form on one data set of a case."""
    kernel = kernel_of(spec_of(case, form), simulated(case, seed))
    ess, steps, divergences = effective(kernel, seed, names=_JUDGED)
    worst = min(ess, key=ess.__getitem__)
    where = (case.family, case.kind, case.J, case.n, case.sd, seed, form)
    return Run(*where, ess[worst], steps, divergences, worst)


# ---- tables --------------------------------------------------------------------------


def mean(numbers: Iterable[float]) -> float:
    """Return the geometric mean."""
    return math.exp(float(np.mean(np.log(list(numbers)))))


def by_case(runs: Sequence[Run]) -> dict[Case, dict[str, tuple[float, int]]]:
    """Return the mean ESS and all divergences of each form, by case."""
    found: dict[Case, dict[str, list[Run]]] = defaultdict(lambda: defaultdict(list))
    for run in runs:
        found[run.case][run.form].append(run)
    return {
        case: {
            form: (mean(r.ess for r in own), sum(r.divergences for r in own))
            for form, own in forms.items()
        }
        for case, forms in found.items()
    }


def tables(runs: Sequence[Run]) -> str:
    """Return the tables in Markdown."""
    found = by_case(runs)
    kinds: dict[tuple[str, str], list[Case]] = defaultdict(list)
    for case in found:
        kinds[case.family, case.kind].append(case)
    lines = _head("family", "kind", "cases", *FORMS, "auto/nc", "auto/c", _WORST, _DIV)
    for (family, kind), own in [*kinds.items(), (("all", ""), list(found))]:
        lines.append(f"| {family} | {kind} | {_row([found[case] for case in own])} |")
    about = ("family", "kind", "J", "n", "sd")
    lines += ["", *_head(*about, *FORMS, "auto/best", _DIV)]
    for case, forms in found.items():
        ess = " | ".join(f"{forms[form][0]:.0f}" for form in FORMS)
        div = ", ".join(str(forms[form][1]) for form in FORMS)
        rows = case.n or "1-100"
        shown = f"{case.family} | {case.kind} | {case.J} | {rows} | {case.sd}"
        lines.append(f"| {shown} | {ess} | {_ratio(forms):.2f} | {div} |")
    return "\n".join(lines)


_WORST, _DIV = "worst auto/best", "divergences"


def _head(*columns: str) -> list[str]:
    return [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]


def _ratio(forms: dict[str, tuple[float, int]]) -> float:
    return forms["auto"][0] / max(forms[form][0] for form in FORMS[:2])


def _row(own: Sequence[dict[str, tuple[float, int]]]) -> str:
    ess = {form: mean(forms[form][0] for forms in own) for form in FORMS}
    against = [f"{ess['auto'] / ess[form]:.2f}" for form in FORMS[:2]]
    worst = min(_ratio(forms) for forms in own)
    div = ", ".join(str(sum(forms[form][1] for forms in own)) for form in FORMS)
    shown = [f"{ess[form]:.0f}" for form in FORMS]
    return " | ".join([str(len(own)), *shown, *against, f"{worst:.2f}", div])


def main() -> None:
    """Run what is asked for, keep the rest, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--forms", nargs="+", choices=FORMS, default=FORMS)
    parser.add_argument("--out", type=Path, default=OUT)
    given = parser.parse_args()
    runs: list[Run] = []
    if given.out.exists():
        kept = json.loads(given.out.read_text("utf-8"))
        runs = [Run(**run) for run in kept if run["form"] not in given.forms]
    begun = perf_counter()
    given.out.parent.mkdir(parents=True, exist_ok=True)
    for case in cases():
        for seed in SEEDS:
            runs += [measure(case, form, seed) for form in given.forms]
        rows = [json.dumps(asdict(run)) for run in runs]
        given.out.write_text("[\n" + ",\n".join(rows) + "\n]\n", "utf-8")
    print(tables(runs))
    print(f"\n{len(runs)} runs, {perf_counter() - begun:.0f} s")


if __name__ == "__main__":
    main()

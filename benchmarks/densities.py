"""How long the log densities of families take: nanoseconds a row, with slopes.

    python benchmarks/densities.py [FAMILY ...]

Of 100,000 rows that the family's own ``simulate`` draws, the least of many runs: where
each row has its own parameters, and where all share those beside the predictor, as
they do without formulas. Beside it what LLVM takes to compile the loop, in seconds.
"""

from __future__ import annotations

import ctypes
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from varying.compiler.backends.kernel.llvm.translate import Translator
from varying.compiler.backends.kernel.machine.build import object_code
from varying.compiler.backends.kernel.machine.native import addresses
from varying.compiler.backends.kernel.operations.densities import (
    density,
    likelihood_name,
    parameters,
    parts_of,
)
from varying.compiler.families import FAMILIES
from varying.compiler.families.family import Family
from varying.compiler.families.link import LINKS

ROWS, RUNS = 100_000, 40
#: Of parameters beside the predictor, and what rows bring along.
VALUES = {"nu": 5.0, "trials": 20.0}
_POINTERS = (ctypes.c_void_p, ctypes.c_int64, *(ctypes.c_void_p,) * 4)


def main(names: list[str]) -> None:
    """Print a line a family."""
    print(f"{'family':34}{'own':>8}{'shared':>8}{'compiled':>10}")
    for name in names:
        family = FAMILIES[name]
        own, seconds = timed(family, shared=False)
        found = f"{timed(family, shared=True)[0]:.1f}" if family.dpars else ""
        print(f"{name:34}{own:8.1f}{found:>8}{seconds:10.2f}", flush=True)


def compiled(function: Callable[..., Any]) -> tuple[Callable[..., float], object]:
    """Return an operation as machine code, and what has to live as long."""
    translator = Translator()
    translator.function(function, typed=True, name="entry")
    (address,), held = addresses(object_code(translator.module), ["entry"])
    return ctypes.CFUNCTYPE(ctypes.c_double, *_POINTERS)(address), held


def timed(family: Family, shared: bool) -> tuple[float, float]:
    """Return nanoseconds a row, and seconds of compilation."""
    rng, names = np.random.default_rng(1), parameters(family)
    given: dict[str, Any] = {family.predictor: rng.normal(0.5, 0.5, ROWS)}
    for dpar in family.dpars:
        given[dpar.name] = VALUES.get(dpar.name, LINKS[dpar.link].backward(0.3))
    known = {one: np.full(ROWS, VALUES[one]) for one in family.known}
    y = family.simulate(rng, *(np.broadcast_to(given[n], ROWS) for n in names), **known)
    operation = likelihood_name(family.name, shared=shared)
    columns, _ = parts_of(operation).data({"y": y, **known})
    words, places = [0, ROWS, -1, 0], []
    for n in names:
        value = np.atleast_1d(np.asarray(given[n], dtype=float))
        value = value if shared else np.broadcast_to(value, ROWS)
        words += [sum(map(len, places)), -1, int(len(value) > 1)]
        places.append(value)
    start = time.perf_counter()
    run, held = compiled(density(operation).forward)
    seconds = time.perf_counter() - start
    code, values = np.array(words, dtype=np.int64), np.concatenate(places)
    slopes, numbers = np.zeros_like(values), np.ascontiguousarray(columns)
    arrays = (values, slopes, numbers, np.zeros(1, dtype=np.int64))
    best = float("inf")
    for _ in range(RUNS):
        start = time.perf_counter()
        run(code.ctypes.data, 0, *(one.ctypes.data for one in arrays))
        best = min(best, time.perf_counter() - start)
    del held
    return 1e9 * best / ROWS, seconds


def measurable() -> list[str]:
    """Return the families whose rows are made here."""
    return [
        name
        for name, family in FAMILIES.items()
        if family.density and not family.thresholds and set(family.known) <= {"trials"}
    ]


if __name__ == "__main__":
    main(sys.argv[1:] or measurable())

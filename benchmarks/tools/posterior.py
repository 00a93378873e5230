"""What scripts of Python tools share: saving, printing, timing a gradient."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import Any

__all__ = ["gradient", "graph_gradient", "save_and_print"]

#: Seconds over which a gradient is timed.
_SECONDS = 1.0
#: Calls in a round.
_CALLS = 20


def save_and_print(data: Any, folder: str, names: list[str]) -> None:
    """Save a posterior with its statistics and print the table of some variables."""
    import arviz as az

    for group in ("posterior", "sample_stats"):
        dataset = data[group].to_dataset()
        objects = [name for name, x in dataset.data_vars.items() if x.dtype == object]
        # Nutpie's messages: objects have no place in a Zarr file.
        dataset.drop_vars(objects).to_zarr(Path(folder, "posterior.zarr"), group=group)
    print(az.summary(data, var_names=names).to_string(), flush=True)


def gradient(address: int, point: Any, user_data: int) -> float:
    """Return microseconds of one log density with gradient, as the sampler calls it.

    By one thread at one point, in the fastest of many rounds; about 0.6 of them are
    the call from Python.

    Parameters
    ----------
    address, user_data
        Of nutpie's C function and of the data that it is called with.
    point
        Where: the unconstrained coordinates.
    """
    import ctypes

    import numpy as np

    pointer, number = ctypes.c_void_p, ctypes.c_uint64
    kind = ctypes.CFUNCTYPE(ctypes.c_int64, number, pointer, pointer, pointer, pointer)
    function = kind(address)
    point = np.array(point, dtype=float)
    found, density = np.zeros_like(point), np.zeros(1)
    arrays = [pointer(x.ctypes.data) for x in (point, found, density)]
    arguments = (number(point.size), *arrays, pointer(user_data))
    if code := function(*arguments):
        raise ValueError(f"the log density returned the code {code}")
    best, start = np.inf, perf_counter()
    while (begun := perf_counter()) - start < _SECONDS:
        for _ in range(_CALLS):
            function(*arguments)
        best = min(best, perf_counter() - begun)
    return float(best / _CALLS * 1e6)


def graph_gradient(compiled: Any) -> float:
    """Return the same of a PyMC model that nutpie compiled, where it would start."""
    address = compiled.compiled_logp_func.address
    start = compiled.initial_point_func(1)
    return gradient(address, start, compiled.user_data.ctypes.data)

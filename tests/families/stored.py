"""The exact densities and slopes, kept: to compute them takes seconds a family.

``python -m tests.families.stored`` computes and writes those of all families, or of the
cases that are named. The tests compute a few again, and ``make slow`` all of them.
"""

from __future__ import annotations

import hashlib
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import exact
from .drawing import Sample
from .made import MADE
from .samples import SAMPLES, SHARED, drawn, family_of, moved_of

Array = NDArray[Any]

FOLDER = Path(__file__).parents[1] / "references" / "densities"
#: Rows whose density is compared, and rows whose slopes are.
POINTS, SLOPES = 10_000, 2_500
DENSITY = "density"
#: Bits of a number that are not kept: what is left has 12 digits.
_CUT = np.uint64(11)


def sample_of(case: str, what: str) -> Sample:
    """Return the rows at which the density, or the slope in a parameter, is kept."""
    if what == DENSITY:
        return drawn(case, np.random.default_rng(7), POINTS)
    return drawn(case, np.random.default_rng(8), SLOPES)


def computed(case: str, what: str, sample: Sample) -> Array:
    if what == DENSITY:
        return exact.values(family_of(case), sample)
    return exact.slopes(family_of(case), sample, what, moved_of(case)[what])


def wanted(case: str, what: str) -> Array:
    """Return what is kept.

    It is computed where nothing is, and where the rows differ in their last digits:
    another processor may round an exponential in them otherwise.
    """
    sample, there = sample_of(case, what), _read(case)
    again = f"python -m tests.families.stored {case!r}"
    if what not in there:
        return computed(case, what, sample)
    start = "" if what == DENSITY else "slopes "
    here = _outline(sample)
    same = here.shape == there[f"{start}outline"].shape and np.allclose(
        here, there[f"{start}outline"], rtol=1e-9, atol=0.0
    )
    assert same, f"kept are other rows: {again}"
    if there[f"{start}digest"].tobytes() != _digest(sample):
        return computed(case, what, sample)
    return _unpacked(there[what])


def kept(case: str) -> bool:
    return bool(_read(case))


def some(sample: Sample, places: Array) -> Sample:
    """Return some of the rows."""
    arguments = {
        name: value if name in SHARED else value[places]
        for name, value in sample.arguments.items()
    }
    return Sample(sample.y[places], arguments)


def write(case: str) -> None:
    found: dict[str, Array] = {}
    for start, what in (("", DENSITY), ("slopes ", next(iter(moved_of(case))))):
        sample = sample_of(case, what)
        found[f"{start}outline"] = _outline(sample)
        found[f"{start}digest"] = np.frombuffer(_digest(sample), np.uint8)
    for what in (DENSITY, *moved_of(case)):
        found[what] = _packed(computed(case, what, sample_of(case, what)))
    FOLDER.mkdir(exist_ok=True)
    np.savez_compressed(_path(case), **found)


def _path(case: str) -> Path:
    return FOLDER / f"{case.replace(' ', '_')}.npz"


@cache
def _read(case: str) -> dict[str, Array]:
    if not _path(case).exists():
        return {}
    with np.load(_path(case)) as file:
        return dict(file)


def _arrays(sample: Sample) -> list[Array]:
    return [sample.y, *(sample.arguments[name] for name in sorted(sample.arguments))]


def _outline(sample: Sample) -> Array:
    """Return a few numbers of each array."""
    parts = [np.asarray(a, float)[:: 1 + len(a) // 16].ravel() for a in _arrays(sample)]
    return np.concatenate(parts)


def _digest(sample: Sample) -> bytes:
    parts = [np.asarray(a, float).tobytes() for a in _arrays(sample)]
    return hashlib.sha256(b"".join(parts)).digest()


def _packed(values: Array) -> Array:
    """Return the bytes of numbers, place by place, without those that do not count."""
    bits = np.asarray(values, "<f8").view("<u8")
    half = np.uint64(1 << (int(_CUT) - 1))
    bits = (bits + half) >> _CUT << _CUT
    return bits.view(np.uint8).reshape(-1, 8).T.copy()


def _unpacked(planes: Array) -> Array:
    return planes.T.copy().view("<f8").ravel()


if __name__ == "__main__":
    for name in sys.argv[1:] or (*SAMPLES, *MADE):
        write(name)
        print(name)

"""What is sampled: the same density and gradient, in steps and from fewer rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from varying.compiler.backends.source import emit as emit_source
from varying.compiler.families import FAMILIES
from varying.compiler.passes import for_sampling, merge_cells

from ..strategies import PLAIN, WRITTEN, random_case
from . import harness
from .harness import by_reference, by_source, compare_cells, random_point

SEEDS = tuple(range(90))
#: The first of each family whose rows merge; their graphs are compared as well.
GRAPHS = {
    **{"gaussian": 40, "bernoulli": 1, "poisson": 84, "ordlogit": 25, "lognormal": 26},
    **{"student": 53, "binomial": 37, "negbinomial": 29},
}
#: Of families that have seeds of their own.
OWN = {
    **dict.fromkeys(WRITTEN, 0),
    # the first whose responses have no limits
    **{family: 6 for family in PLAIN if FAMILIES[family].tails is not None},
    **{"gamma": 1, "weibull": 17, "exponential": 6, "com_poisson": 6},
    **{"hurdle_gamma": 1, "hurdle_lognormal": 1},
    **{"gumbel": 0, "shifted_lognormal": 0, "frechet": 17, "wiener": 1},
    **{"kumaraswamy": 0, "discrete_weibull": 0, "von_mises": 0},
}


@pytest.mark.parametrize("seed", SEEDS)
def test_merged_rows_keep_the_density(seed: int, tmp_path: Path) -> None:
    case = random_case(seed)
    compiled = case.compile(tmp_path)
    assert compare_cells(compiled, seed, seed in GRAPHS.values()) == [], case.text


@pytest.mark.parametrize("family", list(FAMILIES))
def test_rows_of_every_family_are_merged(family: str, tmp_path: Path) -> None:
    """Those above, so that what they compare is not the same frame twice."""
    own = family in WRITTEN
    seed, turn = (OWN[family], family) if own else (GRAPHS[family], None)
    compiled = random_case(seed, turn).compile(tmp_path)
    if own:
        assert compare_cells(compiled, seed, graph=False) == []
    program, frame = for_sampling(compiled.program, compiled.frame)
    assert program.likelihood.family.name == family
    assert frame.lengths["row"] < 0.9 * compiled.frame.lengths["row"]
    assert frame["count"].sum() == compiled.frame.lengths["row"]
    assert (program.likelihood.within is None) == (FAMILIES[family].pooled is None)
    if program.likelihood.within is not None:
        assert frame["within"].max() > 0


def test_a_script_has_the_rows_of_the_file(tmp_path: Path) -> None:
    """It is given a program with counts, and reads each row by itself."""
    compiled = random_case(0).compile(tmp_path)
    merged = merge_cells(compiled.program, compiled.frame)
    whole = replace(compiled, program=merged[0], frame=merged[1])
    point = random_point(np.random.default_rng(0), *merged, 0.5)
    script = by_source(emit_source(whole), tmp_path / "case.csv")
    difference = by_reference(*merged, point).difference(script(point))
    assert difference.density < harness.SOURCE_DENSITY
    assert difference.gradient < harness.SOURCE_GRADIENT


# ---- faults --------------------------------------------------------------------------


def lost(frame: harness.Frame) -> harness.Frame:
    """Have one row less in a cell."""
    count = frame["count"].copy()
    count[int(count.argmax())] -= 1
    return replace(frame, arrays={**frame.arrays, "count": count})


def narrower(frame: harness.Frame) -> harness.Frame:
    within = 0.999 * frame["within"]
    return replace(frame, arrays={**frame.arrays, "within": within})


@pytest.mark.parametrize("fault", [lost, narrower])
def test_a_fault_is_caught(
    fault: Callable[[Any], Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled = random_case(GRAPHS["gaussian"]).compile(tmp_path)
    program, frame = merge_cells(compiled.program, compiled.frame)
    monkeypatch.setattr(harness, "for_sampling", lambda *_: (program, fault(frame)))
    found = compare_cells(compiled, 0, graph=True)
    assert any(line.startswith("merged") for line in found)
    assert any(line.startswith("graph") for line in found)

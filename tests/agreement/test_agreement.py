"""Kernel, graph and emitted source: one log density and one gradient.

Each seed is a random spec with data. ``make slow`` runs many more of them, and all of
them thoroughly: see ``compare``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from varying.compiler.backends.pymc import emit as emit_graph
from varying.compiler.backends.pymc import operations
from varying.compiler.backends.source import emit as emit_source
from varying.compiler.compiled import Compiled
from varying.compiler.families import FAMILIES
from varying.compiler.families.family import Family
from varying.compiler.program.interpret import charts
from varying.compiler.program.ir import Program

from ..strategies import (
    FAMILY_TURNS,
    FEATURES,
    PLAIN,
    WRITTEN,
    Case,
    cases,
    random_case,
)
from . import harness
from .harness import (
    Evaluation,
    by_complex_step,
    by_reference,
    by_source,
    compare,
    stages,
)

#: The last ones have what the others lack.
QUICK = (*range(30), 36, 37, 44, 50, 52, 72)
#: Those of which graphs are compared here, with every feature; the kernel has them all.
GRAPHS = (0, 1, 2, 4, 6, *range(8, 12), *range(14, 21), 22, 23, 28, 37, 44, 50, 52, 72)
#: Those compared thoroughly here: a quarter, with the features that a third had.
THOROUGH = (0, 1, 4, 6, 18, 19, 23, 37, 52)
ONLY_PASSES = tuple(seed for seed in range(90) if seed not in GRAPHS)
MANY = tuple(range(30, 330))


def disagreement(
    case: Case, folder: Path, thorough: bool = False, slopes: bool = True
) -> list[str]:
    compiled = case.compile(folder)
    return compare(compiled, folder / "case.csv", case.seed, thorough, slopes)


def test_the_seeds_meet_every_feature() -> None:
    met = frozenset[str]().union(*(random_case(s).features for s in GRAPHS))
    assert FEATURES - met == frozenset()
    assert set(THOROUGH) <= set(GRAPHS) <= set(QUICK)
    met = frozenset[str]().union(*(random_case(s).features for s in THOROUGH))
    assert set(FAMILY_TURNS) <= met


def test_a_seed_is_a_case() -> None:
    one, two = random_case(7), random_case(7)
    assert one.text == two.text
    assert one.data.equals(two.data)


@pytest.mark.parametrize("seed", GRAPHS)
def test_backends_agree(seed: int, tmp_path: Path) -> None:
    case = random_case(seed)
    assert disagreement(case, tmp_path, thorough=seed in THOROUGH) == [], case.text


@pytest.mark.parametrize("family", [f for f in WRITTEN if f not in PLAIN])
def test_backends_agree_on_a_density_that_is_written_once(
    family: str, tmp_path: Path
) -> None:
    """As built; slopes, and as rewritten, one by one in ``tests/families``."""
    case = random_case(1, family)
    assert disagreement(case, tmp_path, slopes=False) == [], case.text


@pytest.mark.slow
@pytest.mark.parametrize("family", WRITTEN)
@pytest.mark.parametrize("seed", [1, 2])
def test_backends_agree_on_many_of_a_density_that_is_written_once(
    seed: int, family: str, tmp_path: Path
) -> None:
    case = random_case(seed, family)
    assert disagreement(case, tmp_path, thorough=True) == [], case.text


@pytest.mark.slow
@pytest.mark.parametrize("seed", sorted({*QUICK, *MANY} - {*THOROUGH}))
def test_backends_agree_on_many(seed: int, tmp_path: Path) -> None:
    case = random_case(seed)
    assert disagreement(case, tmp_path, thorough=True) == [], case.text


@pytest.mark.parametrize("seed", ONLY_PASSES)
def test_passes_keep_the_density(seed: int, tmp_path: Path) -> None:
    case = random_case(seed)
    compiled = case.compile(tmp_path)
    assert harness.compare_passes(compiled, seed)[0] == [], case.text


@given(cases())
@settings(
    max_examples=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_case_compiles_to_a_finite_density(tmp_path: Path, case: Case) -> None:
    """Also for tables and points that no seed above has."""
    compiled = case.compile(tmp_path)
    rng = np.random.default_rng(case.seed)
    point = harness.random_point(rng, compiled.program, compiled.frame, 1.0)
    found = by_reference(compiled.program, compiled.frame, point)
    assert np.isfinite(found.density)
    assert all(np.isfinite(slope).all() for slope in found.gradient.values())


# ---- faults --------------------------------------------------------------------------

ORDINAL = """
column k: ordered(0..4)
k ~ x + (1 + x | subj), family=ordlogit
"""
NORMAL = """
y ~ x + (1 + x | subj)
  prior sigma ~ exponential(1, ub=900)
"""


@pytest.fixture
def planted(tmp_path: Path) -> Callable[[str], Compiled]:
    data = random_case(0).data.assign(k=lambda d: np.arange(len(d)) % 5)

    def compiled(text: str) -> Compiled:
        return Case(0, text, data, frozenset()).compile(tmp_path)

    return compiled


def swapped(call: Callable[..., Any]) -> Callable[..., Any]:
    return lambda a, b: call(a, -b)


def test_a_fault_in_an_operation_of_the_graph_is_caught(
    planted: Callable[[str], Compiled],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compiled = planted(ORDINAL)
    assert compare(compiled, tmp_path / "case.csv", 1, thorough=False) == []
    changed = {**operations.OPERATIONS, "spread": swapped(operations.spread)}
    monkeypatch.setattr(operations, "OPERATIONS", changed)
    found = compare(compiled, tmp_path / "case.csv", 1, thorough=False)
    assert any(line.startswith("graph") for line in found)


@pytest.mark.parametrize("text", [ORDINAL, NORMAL], ids=["ordinal", "normal"])
def test_a_dropped_transform_of_the_graph_is_caught(
    text: str,
    planted: Callable[[str], Compiled],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compiled = planted(text)
    module = __import__(emit_graph.__module__, fromlist=["_transform"])
    whole = module._transform

    def careless(parameter: Any) -> Any:
        return None if parameter.name.startswith("sd_") else whole(parameter)

    monkeypatch.setattr(module, "_transform", careless)
    found = compare(compiled, tmp_path / "case.csv", 1, thorough=False)
    assert any(line.startswith("graph") for line in found)


def test_a_dropped_jacobian_of_the_reference_is_caught(
    planted: Callable[[str], Compiled],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compiled = planted(NORMAL)
    whole = charts._bounded
    monkeypatch.setattr(charts, "_bounded", lambda b, x: (whole(b, x)[0], 0.0))
    found = compare(compiled, tmp_path / "case.csv", 1, thorough=False)
    assert any(line.startswith("graph") for line in found)
    assert any(line.startswith("source") for line in found)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("eta - ends[value + 1]", "eta + ends[value + 1]"),
        ("lkj_cholesky(pcor_subj, 2)", "lkj_cholesky(1 - pcor_subj, 2)"),
        ("X_centered - np.array", "X_centered + np.array"),
        ("keep_default_na=False", "nrows=40"),
    ],
)
def test_a_fault_in_the_source_is_caught(
    old: str, new: str, planted: Callable[[str], Compiled], tmp_path: Path
) -> None:
    compiled = planted(ORDINAL)
    text = emit_source(compiled)
    assert old in text
    program, frame = compiled.program, compiled.frame
    point = harness.random_point(np.random.default_rng(1), program, frame, 0.5)
    mine = by_reference(program, frame, point)
    for script, same in ((text, True), (text.replace(old, new), False)):
        difference = mine.difference(by_source(script, tmp_path / "case.csv")(point))
        assert (difference.density < harness.SOURCE_DENSITY) is same


@pytest.mark.parametrize("name", ["center_predictors", "noncenter"])
def test_a_fault_in_a_pass_is_caught(
    name: str, planted: Callable[[str], Compiled]
) -> None:
    """A pass that does not do what its map says."""
    steps = stages(planted(ORDINAL))
    place = [step[0] for step in steps].index(name)
    (_, program, frame), (_, *after) = steps[place - 1], steps[place]
    shifted = {
        key: array + 0.01 if key == "X_centered" else array
        for key, array in after[1].arrays.items()
    }
    wrong = harness.Frame(shifted, after[1].lengths)
    point = harness.random_point(np.random.default_rng(1), program, frame, 0.5)
    mine = by_reference(program, frame, point)
    there = harness.pulled_back(name, (program, frame), (after[0], after[1]))
    assert mine.difference(by_complex_step(there, point)).rounding
    if name == "center_predictors":
        there = harness.pulled_back(name, (program, frame), (after[0], wrong))
    else:

        def there(point: Any) -> Any:  # without the determinant
            moved, _ = harness.MAPS[name](program, frame, point)
            return harness.evaluate(after[0], after[1], moved)[1]

    assert not mine.difference(by_complex_step(there, point)).rounding


def test_a_fault_in_a_family_is_caught(
    planted: Callable[[str], Compiled],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compiled = planted(NORMAL)
    family = FAMILIES["gaussian"]
    fields = {name: getattr(family, name) for name in Family.__slots__}
    fields["log_density"] = lambda y, mu, sigma: family.log_density(y, mu, 2 * sigma)

    def interpreted(program: Program, *rest: Any) -> Evaluation:
        likelihood = replace(program.likelihood, family=Family(**fields))
        return right(replace(program, likelihoods=(likelihood,)), *rest)

    right = harness.interpreted
    monkeypatch.setattr(harness, "interpreted", interpreted)
    found = compare(compiled, tmp_path / "case.csv", 1, thorough=False)
    assert any(line.startswith("graph") for line in found)

"""Which rows are merged, and what is left of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.families import FAMILIES
from varying.compiler.passes import for_sampling, merge_cells, prune
from varying.compiler.passes.merge_cells import MergedCells, find_cells, pool
from varying.compiler.program.fill import fill
from varying.compiler.program.ir import Frame, Program, Slot
from varying.compiler.program.recipes import Count
from varying.compiler.program.verify import InvalidProgram, verify
from varying.grammar.source import Source

from .test_passes import DATA

Array = NDArray[Any]
MODULE = "varying.compiler.passes.merge_cells"

POOLED = "y ~ block + (1 | subj)"
COUNTED = "w ~ block + (1 | subj), family=bernoulli"


def compiled(spec: str, data: dict[str, Any] = DATA) -> tuple[Program, Frame]:
    found = compile_spec(Request(Source(spec), table_from_frame(data)))
    return found.program, found.frame


# ---- cells -----------------------------------------------------------------------

_INTS = np.array([3, 1, 3, 1, 3, 2])
_BITS = np.array([0.0, 1.0, -0.0, 1.0, 0.5, 0.0])

#: Arrays, and the cell of each row.
CELLS: dict[str, tuple[list[Array], list[int]]] = {
    "levels": ([_INTS], [0, 1, 0, 1, 0, 2]),
    "minus zero is zero": ([_BITS], [0, 1, 0, 1, 2, 0]),
    "several": ([_INTS, _BITS], [0, 1, 0, 1, 2, 3]),
    "a matrix": ([np.column_stack([_INTS, _BITS])], [0, 1, 0, 1, 2, 3]),
    "a matrix without columns": ([np.ones((6, 0)), _INTS], [0, 1, 0, 1, 0, 2]),
    "nothing that differs": ([], [0, 0, 0, 0, 0, 0]),
    "neighbouring floats": (
        [np.array([0.1, np.nextafter(0.1, 1), 0.1, 0.1, 1e-300, 0.0])],
        [0, 1, 0, 0, 2, 3],
    ),
    "columns that change places": (
        [np.array([0, 1, 0, 1, 2, 2]), np.array([1, 0, 1, 0, 1, 1])],
        [0, 1, 0, 1, 2, 2],
    ),
    "truths": ([np.array([True, False, True, True, False, False])], [0, 1, 0, 0, 1, 1]),
}


@pytest.mark.parametrize("name", list(CELLS))
def test_rows_are_in_one_cell_where_they_are_equal(name: str) -> None:
    arrays, of = CELLS[name]
    cells = find_cells(arrays, 6)
    assert cells.of.tolist() == of
    assert cells.first.tolist() == [of.index(k) for k in range(max(of) + 1)]


def test_cells_are_those_of_a_plain_search() -> None:
    rng = np.random.default_rng(3)
    arrays = [rng.integers(0, 9, 5000), rng.choice([-0.5, 0.5, 1 / 3], (5000, 3))]
    rows = [
        (int(k), *row) for k, row in zip(arrays[0], arrays[1].tolist(), strict=True)
    ]
    seen: dict[tuple[float, ...], int] = {}
    expected = [seen.setdefault(row, len(seen)) for row in rows]
    assert find_cells(arrays, 5000).of.tolist() == expected


def test_a_collision_of_the_hash_merges_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Rows are compared, and hashed in another way."""
    module = __import__(MODULE, fromlist=["_mix"])
    whole, seeds = module._mix, []

    def careless(key: Array, column: Array) -> None:
        seeds.append(int(key[0]))
        if len(seeds) > 2:
            whole(key, column)

    monkeypatch.setattr(module, "_mix", careless)
    assert find_cells([_INTS, _BITS], 6).of.tolist() == [0, 1, 0, 1, 2, 3]
    assert seeds[:2] == [0, 0] and seeds[2] == 1 and len(seeds) == 4


# ---- means and deviations ----------------------------------------------------------


@pytest.mark.parametrize("family", ["gaussian", "lognormal"])
@pytest.mark.parametrize("place", [0.0, 30.0])
def test_pooling_is_the_mean_and_its_deviations(family: str, place: float) -> None:
    """Also in two steps, of cells that are pooled again (Chan's formula)."""
    pooled = FAMILIES[family].pooled
    assert pooled is not None
    rng = np.random.default_rng(5)
    fine, coarse = rng.integers(0, 40, 1000), np.arange(40) % 7
    logs = rng.normal(place + fine / 10, 1e-3)
    y = np.exp(logs) if pooled.logged else logs
    cells, ones = find_cells([fine], 1000), np.ones(1000)
    mean, within = pool(pooled, cells, y, ones, 0.0)
    counts = cells.sums(ones)
    of = coarse[fine[cells.first]]
    again = find_cells([of], 40)
    steps = (again, *pool(pooled, again, mean, counts, within), again.sums(counts))
    once_cells = find_cells([coarse[fine]], 1000)
    once = pool(pooled, once_cells, y, ones, 0.0)
    for found, key, labels in (
        ((cells, mean, within, counts), fine, fine[cells.first]),
        (steps, coarse[fine], of[again.first]),
        (
            (once_cells, *once, once_cells.sums(ones)),
            coarse[fine],
            coarse[fine][once_cells.first],
        ),
    ):
        for k, label in enumerate(labels):
            inside = logs[key == label]
            middle = np.log(found[1][k]) if pooled.logged else found[1][k]
            assert middle == pytest.approx(inside.mean(), rel=1e-14, abs=1e-14)
            deviations = np.square(inside - inside.mean()).sum()
            assert found[2][k] == pytest.approx(deviations, rel=1e-9)
            assert found[3][k] == len(inside)


def test_a_large_mean_costs_no_digits() -> None:
    pooled = FAMILIES["gaussian"].pooled
    assert pooled is not None
    y = 1e14 + np.tile(np.arange(8.0) / 8, 1000)
    one = MergedCells(np.array([0]), np.zeros(8000, np.intp))
    mean, within = pool(pooled, one, y, np.ones(8000), 0.0)
    assert mean[0] == 1e14 + 3.5 / 8
    assert within[0] == 42000.0 / 64


# ---- programs ----------------------------------------------------------------------


@pytest.mark.parametrize("spec", [POOLED, COUNTED])
def test_merging_twice_is_merging_once(spec: str) -> None:
    program, frame = compiled(spec)
    once = merge_cells(program, frame)
    assert once[1].lengths["row"] < frame.lengths["row"]
    again = merge_cells(*once)
    assert again[0] is once[0] and again[1] is once[1]


@pytest.mark.parametrize("spec", [POOLED, COUNTED])
def test_a_frame_that_has_counts_is_merged_further(spec: str) -> None:
    """A table that was reduced before: the same as from all its rows."""
    program, frame = compiled(spec)
    rows = frame.lengths["row"]
    times = np.arange(rows) % 3 + 1
    by_row = [s.name for s in program.slots if "row" in s.axes]

    def taken(index: Array) -> Frame:
        arrays = {**frame.arrays, **{name: frame[name][index] for name in by_row}}
        return Frame(arrays, {**frame.lengths, "row": len(index)})

    whole = merge_cells(program, taken(np.repeat(np.arange(rows), times)))
    short = taken(np.arange(rows))
    counted = replace(
        program,
        slots=(*program.slots, Slot("times", ("row",), Count())),
        likelihoods=(replace(program.likelihood, count="times"),),
    )
    short = replace(short, arrays={**short.arrays, "times": times.astype(float)})
    verify(counted, short)
    merged, few = for_sampling(counted, short)
    assert merged.likelihood.count == "times"
    assert merged.notes == whole[0].notes
    assert few.lengths == whole[1].lengths
    np.testing.assert_array_equal(few["times"], whole[1]["count"])
    for name in (*by_row, *(["within"] if spec == POOLED else [])):
        np.testing.assert_allclose(few[name], whole[1][name], rtol=1e-14)
    assert few["times"].sum() == times.sum()


@pytest.mark.parametrize("spec", [POOLED, COUNTED])
def test_counts_are_not_swept_up(spec: str) -> None:
    """``prune`` takes them for used."""
    program, frame = for_sampling(*compiled(spec))
    pruned, few = prune(program, frame)
    assert pruned == program
    assert few.arrays.keys() == frame.arrays.keys()


def test_rows_that_hardly_repeat_stay() -> None:
    data = {**DATA, "x": [float(min(i, 21)) for i in range(24)]}
    program, frame = compiled("w ~ x, family=bernoulli", data)
    assert merge_cells(program, frame) == (program, frame)
    data = {**DATA, "x": [float(min(i, 19)) for i in range(24)]}
    program, frame = compiled("w ~ x, family=bernoulli", data)
    assert merge_cells(program, frame)[1].lengths["row"] < 24


def test_slots_get_names_that_are_free() -> None:
    data = {**DATA, "count": DATA["w"], "within": DATA["subj"]}
    program, frame = compiled("y ~ count + (1 | within)", data)
    program = replace(
        program, slots=(*program.slots, Slot("count", (), program.slots[0].recipe))
    )
    frame = replace(frame, arrays={**frame.arrays, "count": np.asarray(1.0)})
    merged, few = for_sampling(program, frame)
    assert (merged.likelihood.count, merged.likelihood.within) == ("count_", "within_")
    assert few["count"] == 1.0


def test_a_merged_program_is_filled_from_rows() -> None:
    """New rows stand for themselves."""
    found = compile_spec(Request(Source(POOLED), table_from_frame(DATA)))
    merged, _ = for_sampling(found.program, found.frame)
    frame = fill(merged, found.prepared.table)
    verify(merged, frame)
    assert frame["count"].tolist() == [1.0] * 24
    assert frame["within"].tolist() == [0.0] * 24


#: Changes of the likelihood of a merged program that the verifier refuses.
BROKEN: dict[str, tuple[str, dict[str, Any], str]] = {
    "no such counts": (POOLED, {"count": "nothing"}, "nothing is no slot"),
    "counts of something else": (POOLED, {"count": "X_mean"}, "X_mean is no slot"),
    "no such deviations": (POOLED, {"within": "nothing"}, "nothing is no slot"),
    "deviations without counts": (POOLED, {"count": None}, "does not pool"),
    "a family that does not pool": (COUNTED, {"within": "count"}, "does not pool"),
}


@pytest.mark.parametrize("name", list(BROKEN))
def test_a_broken_likelihood_is_refused(name: str) -> None:
    spec, changes, message = BROKEN[name]
    program, frame = for_sampling(*compiled(spec))
    likelihood = replace(program.likelihood, **changes)
    with pytest.raises(InvalidProgram, match=message):
        verify(replace(program, likelihoods=(likelihood,)), frame)


@pytest.mark.parametrize(
    ("slot", "value", "message"),
    [("count", 0.0, "below one"), ("within", -1.0, "negative")],
)
def test_a_broken_frame_is_refused(slot: str, value: float, message: str) -> None:
    program, frame = for_sampling(*compiled(POOLED))
    wrong = np.full_like(frame[slot], value)
    with pytest.raises(InvalidProgram, match=message):
        verify(program, replace(frame, arrays={**frame.arrays, slot: wrong}))

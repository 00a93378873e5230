"""Lints over many data sets: how often they are right, and what counts change."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from varying.compiler.data.frames import table_from_frame
from varying.compiler.data.spellings import missing_codes
from varying.compiler.data.table import Table
from varying.compiler.driver import Request, check, compile_spec
from varying.compiler.lints import LINTS
from varying.grammar.rules import RULE_GROUPS, RULES, Severity
from varying.grammar.source import Source

Data = dict[str, object]


def rules(spec: str, data: Data | Table) -> list[str]:
    table = data if isinstance(data, Table) else table_from_frame(data)
    return [found.rule for found in check(Request(Source(spec), table))]


def test_each_lint_has_its_rule() -> None:
    assert [lint.rule for lint in LINTS] == [r.id for r in RULE_GROUPS["Statistics"]]
    assert all(RULES[lint.rule].severity != Severity.ERROR for lint in LINTS)


# ---- overdispersion --------------------------------------------------------------


def counts(
    rng: np.random.Generator, rows: int, groups: int, mean: float, shape: float = np.inf
) -> Data:
    """Counts with effects of a group and a predictor; gamma noise if ``shape``."""
    place = np.arange(rows) % groups
    x = rng.normal(size=rows)
    mu = mean * np.exp(rng.normal(0, 0.7, groups)[place] + 0.5 * x)
    if np.isfinite(shape):
        mu = mu * rng.gamma(shape, 1 / shape, rows)
    return {"y": rng.poisson(mu), "x": x, "g": [f"g{k}" for k in place]}


def test_dispersion_and_factors_are_the_same_in_any_unit() -> None:
    """Microseconds since 1970, and doses of 1e-12: the fit needs them centred."""
    rng = np.random.default_rng(7)
    steps = np.arange(200.0)
    events = rng.poisson(np.exp(1.0 + 0.015 * steps))
    doses = [f"{k}e-12" for k in (1, 2, 4, 7)]
    for t in (steps, 1.7e15 + 1e6 * steps, 1e-19 * steps):
        data: Data = {
            "events": events,
            "t": t,
            "noisy": np.where(steps % 3 < 1, 0.3, np.where(steps % 2, 0.5, 0.1 + 0.2)),
            "uneven": [doses[k % 4] for k in range(200)],
        }
        assert "overdispersed" not in rules("events ~ t, family=poisson", data)
        assert "overdispersed" in rules("events ~ 1, family=poisson", data)
        assert "binary-response" in rules("noisy ~ t", data)
        assert "ordered-groups" not in rules("t ~ 1 + (1 | uneven)", data)


#: Rows, groups, mean, shape; how many of 20 data sets are found at least, at most.
DISPERSED = (
    (20, 5, 5.0, np.inf, 0, 0),
    (60, 10, 0.3, np.inf, 0, 0),
    (100, 50, 50.0, np.inf, 0, 0),
    (600, 300, 5.0, np.inf, 0, 0),
    (3_000, 20, 5.0, np.inf, 0, 0),
    (30, 5, 5.0, 1.0, 10, 20),
    (200, 20, 5.0, 2.0, 19, 20),
    (3_000, 400, 5.0, 2.0, 20, 20),
    # too little to speak of, however sure
    (3_000, 20, 5.0, 20.0, 0, 0),
)


@pytest.mark.parametrize(
    ("rows", "groups", "mean", "shape", "least", "most"), DISPERSED
)
def test_overdispersion(
    rows: int, groups: int, mean: float, shape: float, least: int, most: int
) -> None:
    rng = np.random.default_rng(5)
    spec = "y ~ x + (1 | g), family=poisson"
    found = sum(
        "overdispersed" in rules(spec, counts(rng, rows, groups, mean, shape))
        for _ in range(20)
    )
    assert least <= found <= most


def test_slopes_and_cells_of_groups_are_fitted() -> None:
    rng = np.random.default_rng(6)
    place, cell = np.arange(400) % 20, np.arange(400) // 20 % 2
    x = rng.normal(size=400)
    slopes = rng.normal(0, 0.8, 20)[place]
    cells = rng.normal(0, 0.8, 40)[2 * place + cell]
    data = {
        "y": rng.poisson(np.exp(2 + slopes * x)),
        "z": rng.poisson(np.exp(2 + cells)),
        "x": x,
        "g": [f"g{k}" for k in place],
        "c": [f"c{k}" for k in cell],
    }
    for missing, fitted in (
        ("y ~ x + (1 | g)", "y ~ x + (x | g)"),
        ("z ~ x + (1 | g)", "z ~ x + (1 | g) + (1 | g:c)"),
    ):
        assert "overdispersed" in rules(f"{missing}, family=poisson", data)
        assert "overdispersed" not in rules(f"{fitted}, family=poisson", data)


def test_a_column_of_the_rows_takes_it_up() -> None:
    data = counts(np.random.default_rng(7), 300, 10, 5.0, 0.5)
    spec = "y ~ x + (1 | g) + (1 | row), family=poisson"
    assert "overdispersed" not in rules(spec, data | {"row": list(range(300))})


# ---- ids ---------------------------------------------------------------------------


def crossed(rng: np.random.Generator, lost: Callable[..., np.ndarray]) -> Data:
    """30 of ``a`` times 12 of ``b``, twice each, but for what is ``lost``."""
    a, b = (part.ravel() for part in np.indices((30, 12)))
    kept = ~lost(rng, a, b)
    a, b = np.repeat(a[kept], 2) + 1, np.repeat(b[kept], 2) + 1
    return {"y": rng.normal(size=len(a)), "a": a, "b": b}


LOST = {
    "nothing": lambda rng, a, b: a < 0,
    "a twentieth": lambda rng, a, b: rng.uniform(size=len(a)) < 0.05,
    "a half": lambda rng, a, b: rng.uniform(size=len(a)) < 0.5,
    "one": lambda rng, a, b: (a == 29) & (b == 11),
    "one of a": lambda rng, a, b: (a == 29) & (b > 0),
}


@pytest.mark.parametrize("lost", LOST)
def test_crossed_factors_are_no_repeated_ids(lost: str) -> None:
    rng = np.random.default_rng(8)
    for _ in range(20):
        data = crossed(rng, LOST[lost])
        assert "repeated-ids" not in rules("y ~ 1 + (1 | a) + (1 | b)", data)


def test_runs_of_different_lengths_are() -> None:
    rng = np.random.default_rng(9)
    for _ in range(20):
        lengths = rng.integers(3, 15, 10)
        a = np.repeat(np.arange(10), 2 * lengths)
        b = np.concatenate([np.repeat(np.arange(k), 2) for k in lengths])
        data = {"y": rng.normal(size=len(a)), "a": a + 100, "b": b}
        assert "repeated-ids" in rules("y ~ 1 + (1 | a) + (1 | b)", data)
        data = {name: values for name, values in data.items()} | {"wave": b}
        assert "repeated-ids" not in rules("y ~ 1 + (1 | a) + (1 | wave)", data)


# ---- slopes ------------------------------------------------------------------------


@pytest.mark.parametrize("start", [0.0, 2_459_000.5, 1.6e9])
def test_small_steps_far_from_0_are_slopes(start: float) -> None:
    rng = np.random.default_rng(12)
    g = np.arange(200) // 20
    data: Data = {
        "y": rng.normal(size=200),
        "t": start + np.arange(200) / 24,
        "w": start + g / 24,
        "g": [f"g{k}" for k in g],
    }
    assert "constant-slope" not in rules("y ~ t + (1 + t | g)", data)
    assert "slope-without-effect" not in rules("y ~ poly(t, 2) + (1 + t | g)", data)
    assert "constant-slope" in rules("y ~ w + (1 + w | g)", data)
    assert "constant-slope" in rules("y ~ t*w + (1 + t + t:w | g)", data)


# ---- rows and cells ----------------------------------------------------------------

REDUCED = (
    "y ~ f + (1 | g), family=poisson",
    "y ~ 1 + (f | g)",
    "y ~ f + (1 | g)",
    "y ~ f*h + (1 + f*h | g)",
    "y ~ f*h + (1 + f*h || g)",
    "r ~ f*age + (1 | g)",
    "b ~ f",
    "b ~ g + (1 | g), family=bernoulli",
    "y ~ f + (1 | g) + (1 | g:one), family=poisson",
    "y ~ age + (1 + big | g), family=poisson",
    "r ~ f\n  prior b ~ normal(0, 1e6)",
    "r ~ age\n  prior b ~ normal(0, 1e-5)",
)


@pytest.mark.parametrize("spec", REDUCED)
def test_cells_with_counts_are_as_their_rows(spec: str) -> None:
    """What is said of rows is said, to the letter, of cells that stand for them."""
    rng = np.random.default_rng(10)
    rows = 400
    data: Data = {
        "y": np.minimum(rng.negative_binomial(0.4, 0.05, rows), 40),
        "r": np.maximum(0, np.round(rng.normal(20, 30, rows))),
        "b": rng.integers(0, 2, rows),
        "f": [f"f{k}" for k in rng.integers(0, 2, rows)],
        "h": [f"h{k}" for k in rng.integers(0, 2, rows)],
        "g": [f"g{k}" for k in rng.integers(0, 6, rows)],
        "age": rng.integers(300, 303, rows),
    }
    data["one"] = [f"o{level}" for level in data["g"]]
    data["big"] = [int(level[1]) > 2 for level in data["g"]]
    table = table_from_frame(data)
    names = [name for name in data if name in spec.replace("normal", "")]
    keys = np.column_stack([table.columns[name].values for name in names])
    _, first, times = np.unique(keys, axis=0, return_index=True, return_counts=True)
    order = np.argsort(first)
    cells = table.take(first[order].astype(np.int64))
    cells = replace(cells, counts=times[order], firsts=first[order].astype(np.int64))
    assert cells.rows < table.rows
    found = [
        [
            (d.rule, d.message, d.span)
            for d in check(Request(Source(spec), each))
            if d.rule != "rows-reduced"
        ]
        for each in (table, cells)
    ]
    assert found[0] == found[1]
    assert found[0]


def test_hints_are_for_a_check() -> None:
    rng = np.random.default_rng(11)
    data = {
        "y": rng.normal(size=40),
        "age": rng.uniform(30, 60, 40),
        "f": ["a", "b"] * 20,
    }
    spec = "y ~ f*age\n  prior b[f] ~ normal(0, 1e6)"
    table = table_from_frame(data)
    assert rules(spec, table) == ["uncentered-interaction", "wide-prior"]
    compiled = compile_spec(Request(Source(spec), table))
    assert [found.rule for found in compiled.diagnostics] == ["wide-prior"]


# ---- codes -------------------------------------------------------------------------

CODES = (
    ([1, 2, 3, 4, 5, 99], (99,)),
    ([0, 1, 99], (99,)),
    ([-9, -8, *range(11)], (-9, -8)),
    ([-99, *range(101)], (-99,)),
    ([-99, -98, 18.5, 20.2, 70.1], (-99, -98)),
    ([18, 20, 70, 999], (999,)),
    ([-99, 1, 2, 3, 999], (-99, 999)),
    ([300.5, 400.2, 9999], (9999,)),
    ([*range(-50, 50), 999], (999,)),
    ([-1, 20, 21, 22], (-1,)),
    # an age, a temperature, differences, a run
    ([18, 20, 70, 99], ()),
    ([-5.5, -3, 2, 8], ()),
    ([-9, -8, -3, -1, 0, 2, 5, 8], ()),
    ([97, 98, 99, 100, 101], ()),
    ([-9, -7, -5, -3, -1], ()),
    ([-1, 1, 2, 3, 4, 5, 6, 7], ()),
    ([99], ()),
    ([], ()),
)


@pytest.mark.parametrize(("numbers", "codes"), CODES)
def test_codes_lie_far_from_the_others(
    numbers: list[float], codes: tuple[int, ...]
) -> None:
    assert missing_codes(numbers) == codes


def test_repeated_values_far_off_are_found() -> None:
    """Times of 300 to 700 ms: 999 is nearer to them than they lie apart."""
    rng = np.random.default_rng(3)
    times = np.clip(rng.normal(480, 80, 120).round(), 300, 700)
    skewed = (300 + rng.gamma(2, 60, 120)).round()

    def found(values: np.ndarray, first: list[float], x: bool = False) -> list[str]:
        values = values.copy()
        values[: len(first)] = first
        x_values = rng.normal(size=120).round(3)
        data = {"y": x_values, "x": values} if x else {"y": values, "x": x_values}
        return rules("y ~ x", data)

    assert found(times, [999] * 4) == found(skewed, [999] * 4) == ["looks-missing"]
    assert found(times, [999] * 4, x=True) == ["looks-missing"]
    assert found(times, [0] * 4) == ["spike-at-bound"]
    # no code, once, a tail that leads there, a predictor that is 0
    for first in ([985] * 4, [999], [760, 830, 900, 950, 999, 999, 999]):
        assert found(times, first) == []
    assert found(times, [0] * 4, x=True) == []
    # smallest counts are no codes
    assert found(rng.exponential(30, 120).round() + 2, [0] * 4) == []


# ---- exact fits --------------------------------------------------------------------


def test_many_rows_that_are_exact_are_found() -> None:
    """Of many rows some are looked at first; all of them decide."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=120_000)
    part = np.where(np.arange(len(x)) < 110_000, 2 * x, rng.normal(size=len(x)))
    assert "exact-fit" in rules("y ~ x", {"y": 2 * x, "x": x})
    assert "exact-fit" not in rules("y ~ x", {"y": part, "x": x})
    assert "exact-fit" not in rules("y ~ x", {"y": rng.normal(size=len(x)), "x": x})

"""Functions that a Python program adds to the language by name."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import varying
from varying.compiler.formula.design import evaluate_columns

DATA = {"y": np.arange(8.0), "x": np.arange(1.0, 9), "z": np.arange(8.0) ** 2}


def test_a_function_is_called_on_columns() -> None:
    calls: list[tuple[Any, ...]] = []

    def f(a: Any, b: Any = 1.0) -> Any:
        calls.append((a, b))
        return a**b

    model = varying.compile("y ~ f(x, 2) + I(f(x) - z)", DATA, functions={"f": f})
    assert model.compiled is not None
    columns = model.compiled.bound.population.columns
    assert [column.name for column in columns] == ["f(x, 2)", "I(f(x) - z)"]
    assert all(isinstance(value, np.ndarray) for call in calls for value in call[:1])
    learned = model.compiled.prepared.table
    found = evaluate_columns(columns, learned)
    np.testing.assert_array_equal(found[:, 0], DATA["x"] ** 2)
    np.testing.assert_array_equal(found[:, 1], DATA["x"] - DATA["z"])


def test_it_may_stand_in_let_and_where_and_inside_others() -> None:
    text = "let u = half(x)\nwhere half(z) > 1\ny ~ scale(half(u))"
    model = varying.compile(text, DATA, functions={"half": lambda v: v / 2})
    assert model.compiled is not None
    assert model.compiled.prepared.rows.tolist() == [2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize(
    ("function", "part"),
    [
        (lambda v: v[:3], "gave (3,), not one number for each of 8 rows"),
        (lambda v: 1 / 0, "ZeroDivisionError: division by zero"),
        (lambda v: ["a"] * 8, "TypeError: it gave <U1, and no numbers"),
        (lambda v: None, "TypeError: float() argument must be"),
        (lambda v: v * 1j, "TypeError: it gave complex128, and no numbers"),
        (lambda v: v - np.inf + np.inf, "`f(x)` is no number in 8 rows"),
    ],
)
def test_what_fails_is_a_diagnostic(function: Callable[..., Any], part: str) -> None:
    with pytest.raises(varying.ModelError) as caught:
        varying.compile("y ~ x + f(x)", DATA, functions={"f": function})
    (found,) = caught.value.diagnostics
    assert found.rule in ("function-failed", "infinite-value")
    assert part in " ".join((found.message, *found.notes))
    assert found.source.slice(found.span) == "f(x)"


@pytest.mark.parametrize(
    ("functions", "error"),
    [
        ({"log": np.log}, ValueError),
        ({"a b": np.log}, TypeError),
        ({"f": 3}, TypeError),
    ],
)
def test_what_cannot_be_one(functions: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error, match="functions: "):
        varying.compile("y ~ x", DATA, functions=functions)


def test_a_name_that_nobody_gave_is_unknown_and_near_ones_are_named() -> None:
    with pytest.raises(varying.ModelError, match="did you mean `wight`"):
        varying.compile("y ~ weight(x)", DATA, functions={"wight": np.abs})
    with pytest.raises(varying.ModelError, match="no function `f`"):
        varying.compile("y ~ f(x)", DATA)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("f(x, z)", "x - 2z + 0"),
        ("f(b = x, a = z)", "z - 2x + 0"),
        ("f(x, c = z)", "x - 2 + z"),
        ("f(b = z, x)", "x - 2z + 0"),
    ],
)
def test_arguments_by_name(call: str, expected: str) -> None:
    x, z = DATA["x"], DATA["z"]
    values = {"x - 2z + 0": x - 2 * z, "z - 2x + 0": z - 2 * x, "x - 2 + z": x - 2 + z}

    def f(a: Any, b: Any = 1.0, c: Any = 0.0) -> Any:
        return a - 2 * b + c

    model = varying.compile(f"y ~ {call}", DATA, functions={"f": f})
    assert model.compiled is not None
    columns = model.compiled.bound.population.columns
    found = evaluate_columns(columns, model.compiled.prepared.table)[:, 0]
    np.testing.assert_array_equal(found, values[expected])


def test_how_many_arguments_it_takes() -> None:
    for text in ("y ~ f()", "y ~ f(x, x, x)"):
        with pytest.raises(varying.ModelError, match="invalid-argument"):
            varying.compile(text, DATA, functions={"f": lambda a, b=2: a})


def test_a_saved_fit_needs_it_again_for_what_is_compiled(tmp_path: Path) -> None:
    def f(v: Any) -> Any:
        return np.log(v + 1)

    model = varying.compile("y ~ f(x)", DATA, functions={"f": f})
    fit = model.fit(draws=50, tune=100, chains=1, seed=1, progress=False)
    fit.save(tmp_path / "f.fit")
    again = varying.load(tmp_path / "f.fit")
    assert "f(x)" in str(again.summary())
    with pytest.raises(varying.ModelError, match="no function `f`"):
        again.predict(seed=1)
    # what is no module's function cannot be pickled, and is not
    kept = pickle.loads(pickle.dumps(fit))
    assert "f(x)" in str(kept.summary())
    whole = varying.load(tmp_path / "f.fit", functions={"f": f})
    assert whole.predict(seed=1) is not None

"""Columns and levels with the names of something else: they work, or are reported."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from varying.compiler.backends.pymc.emit import emit
from varying.compiler.backends.source.emit import emit as emit_source
from varying.compiler.compiled import Compiled
from varying.compiler.driver import Request, compile_spec
from varying.grammar.printer import name_text
from varying.grammar.source import Source

#: Names that dimensions, quantities, slots or variables of the script have.
NAMES = (
    *("b", "Intercept", "coef", "row", "sigma", "mu", "eta", "chain", "draw", "gap"),
    *("threshold", "boundary", "category", "X", "X_mean", "y_observed", "log_gap"),
    *("g_coef", "g_coef_", "g_index", "g_pair", "Z_g", "sd_g", "r_g", "z_g", "cor_g"),
    *("pcor_g", "b_1", "coef_1", "threshold_center", "Intercept_centered"),
    *("np", "pd", "pm", "pt", "data", "coords", "model", "categories", "class"),
    *("reaction time", "Größe", "日本", "1x", "x.y", "_b", "a:b", "TRUE", 'y"', "y\\"),
)
LEVELS = (
    "a",
    "a[1]",
    "b]",
    '"q"',
    "it's",
    "c:d",
    "x,y",
    "é",
    "[",
    "\\",
    "1",
    "NA_",
    "_",
)
ROWS = 40


def compiled(folder: Path, spec: str, columns: dict[str, Any]) -> Compiled:
    path = folder / "data.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return compile_spec(Request(Source(f'data "data.csv"\n{spec}'), base=folder))


def assert_works(found: Compiled, folder: Path) -> None:
    """Both backends build it, with the same names."""
    model = emit(found.program, found.frame)
    script: dict[str, Any] = {"__name__": "script"}
    exec(compile(emit_source(found), "script.py", "exec"), script)
    other = script["build"](script["read"](folder / "data.csv"))
    assert set(model.named_vars_to_dims) >= {found.program.likelihood.name}
    for one, two in ((model, other), (other, model)):
        missing = {v.name for v in one.unobserved_RVs} - {
            v.name for v in two.unobserved_RVs
        }
        assert not missing


def columns_of(seed: int = 1) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    return {
        "y": rng.normal(size=ROWS).round(3).tolist(),
        "x": rng.normal(size=ROWS).round(3).tolist(),
        "k": rng.integers(0, 4, ROWS).tolist(),
        "g": [f"g{i}" for i in rng.integers(0, 6, ROWS)],
    }


@pytest.mark.parametrize("name", NAMES)
def test_groups(tmp_path: Path, name: str) -> None:
    columns = columns_of() | {name: [f"s{i % 7}" for i in range(ROWS)]}
    quoted = name_text(name) if name != "TRUE" else "`TRUE`"
    spec = (
        f"y ~ x + (1 + x | g) + (1 + x | {quoted})\n  prior sd[{quoted}] ~ half_normal"
    )
    found = compiled(tmp_path, spec, columns)
    assert_works(found, tmp_path)
    assert f"sd[{name}, x]" in {row.target for row in found.priors}


@pytest.mark.parametrize("name", NAMES[::3])
def test_responses(tmp_path: Path, name: str) -> None:
    columns = columns_of()
    columns = {(name if old == "k" else old): c for old, c in columns.items()}
    quoted = name_text(name) if name != "TRUE" else "`TRUE`"
    spec = f"{quoted} ~ x + (1 + x | g), family=ordlogit\n  keep eta"
    assert_works(compiled(tmp_path, spec, columns), tmp_path)


@pytest.mark.parametrize("name", NAMES[1::3])
def test_predictors(tmp_path: Path, name: str) -> None:
    columns = columns_of()
    columns = {(name if old == "x" else old): c for old, c in columns.items()}
    quoted = name_text(name) if name != "TRUE" else "`TRUE`"
    spec = f"y ~ {quoted} + (1 + {quoted} | g)"
    assert_works(compiled(tmp_path, spec, columns), tmp_path)


def test_levels(tmp_path: Path) -> None:
    odd = [LEVELS[i % len(LEVELS)] for i in range(ROWS)]
    columns = columns_of() | {"f": odd, "h": odd[::-1], "u": ["a"] * 20 + odd[:20]}
    spec = "y ~ f + x:f + (1 + x | h) + (1 | h:g)\n"
    found = compiled(tmp_path, spec, columns)
    assert_works(found, tmp_path)
    for level in ('"x,y"', '"\\"q\\""', "c:d", "é", '"b]"'):
        prior = f"  prior b[f[{level}]] ~ normal(0, 0.5)\n"
        compiled(tmp_path, spec + prior, columns)


def test_two_groups_that_would_share_names(tmp_path: Path) -> None:
    columns = columns_of()
    columns["a:b"] = columns["g"]
    columns["a"] = [f"s{i % 7}" for i in range(ROWS)]
    columns["b"] = [f"t{i % 5}" for i in range(ROWS)]
    spec = "y ~ 1 + (x | a:b) + (x | `a:b`) + (x | b)"
    assert_works(compiled(tmp_path, spec, columns), tmp_path)


@pytest.mark.parametrize(
    ("spec", "columns"),
    [
        ("y ~ 1\nprior sigma = 1", {"y": [1.5]}),
        ("y ~ x", {"y": [1.5, 2.5], "x": [1, 1]}),
        ("y ~ x", {"y": [0, 0, 1], "x": [1, 2, 3]}),
        (
            "column k: ordered(0..3)\nk ~ x, family=ordlogit",
            {"k": [0, 1, 0], "x": [1, 2, 3]},
        ),
        ("k ~ x, family=ordlogit", {"k": [0, 1, 0, 1], "x": [1, 2, 3, 4]}),
        ("k ~ x, family=ordlogit", {"k": ["1.0", "2.0", "1.0"], "x": [1, 2, 3]}),
        (
            "k ~ l, family=bernoulli",
            {"k": [True, False, True], "l": [True, True, False]},
        ),
        (
            "y ~ l + (1 | k)",
            {"y": [1, 2, 4, 3], "l": [True, False] * 2, "k": [7, 7, 8, 8]},
        ),
    ],
)
def test_small_and_odd_data(
    tmp_path: Path, spec: str, columns: dict[str, list[Any]]
) -> None:
    assert_works(compiled(tmp_path, spec, columns), tmp_path)

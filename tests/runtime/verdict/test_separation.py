"""Separated outcomes: what separates them is named, and nothing else is."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import varying

SMALL: dict[str, Any] = {"draws": 200, "tune": 300, "seed": 3, "progress": False}


@cache
def data() -> pd.DataFrame:
    """Made-up data: `x` tells `hit`; level c of `f` tells `quasi`, `few`, `share`."""
    rng = np.random.default_rng(1)
    rows = 120
    x, z = rng.normal(size=(2, rows))
    f = np.array(["a", "b", "c"])[np.arange(rows) % 3]
    told = f == "c"
    coin = rng.integers(0, 2, rows)
    return pd.DataFrame(
        {
            "x": x,
            "year": 2000 + x,
            "z": z,
            "same": 3.0,
            "f": f,
            "g": [f"g{i % 12}" for i in range(rows)],
            "hit": (x > 0.1).astype(int),
            "miss": (x < 0.1).astype(int),
            "both": (x + z > 0.1).astype(int),
            "coin": coin,
            "quasi": np.where(told, 1, coin),
            "few": np.where(told, 0, rng.poisson(3, rows)),
            "share": np.where(told, 10, rng.integers(1, 9, rows)),
            "rating": np.digitize(x, [-1.0, 0.0, 1.0]) + 1,
            "mixed": np.digitize(x + rng.logistic(size=rows), [-1.0, 0.0, 1.0]) + 1,
        }
    )


def said(spec: str) -> list[str]:
    found = varying.compile(spec, data()).fit(**SMALL)
    return [line for line in str(found.verdict).split("\n") if "separates the" in line]


@pytest.mark.parametrize(
    ("spec", "target", "kind", "end"),
    [
        ("hit ~ x, family=bernoulli", "b[x]", "complete", "upper"),
        ("miss ~ x, family=bernoulli", "b[x]", "complete", "lower"),
        ("hit ~ z + year + (1 | g), family=bernoulli", "b[year]", "complete", "upper"),
        ("quasi ~ f + z + (1 | g), family=bernoulli", "b[f[c]]", "quasi", "upper"),
        ("few ~ f, family=poisson", "b[f[c]]", "quasi", "lower"),
        ("share | trials(10) ~ f, family=binomial", "b[f[c]]", "quasi", "upper"),
        ("rating ~ x + z, family=ordlogit", "b[x]", "complete", "upper"),
    ],
)
def test_what_separates_is_named(spec: str, target: str, kind: str, end: str) -> None:
    (line,) = said(spec)
    assert line.startswith(f"{target} separates the outcomes ({kind}")
    assert f"put no {end} bound on it: its prior, `normal(" in line


def test_two_that_do_it_together() -> None:
    first, second = said("both ~ x + z, family=bernoulli")
    assert first.startswith(
        "b[x] separates the outcomes together with others (complete"
    )
    assert second.startswith("b[z] separates")


@pytest.mark.parametrize(
    "spec",
    [
        "coin ~ x + f, family=bernoulli",
        "coin ~ 1 + (1 | g), family=bernoulli",
        "few ~ x, family=poisson",
        "share | trials(10) ~ x, family=binomial",
        "mixed ~ x, family=ordlogit",
        "x ~ z",
        "coin ~ x + same, family=bernoulli",
    ],
)
def test_nothing_is_said_of_others(spec: str) -> None:
    assert said(spec) == []


def test_the_conflict_names_no_estimate() -> None:
    spec = "hit ~ x, family=bernoulli\n  prior b[x] ~ normal(0, 1)\n"
    text = str(varying.compile(spec, data()).fit(**SMALL).verdict)
    assert "the data alone have no estimate, for the outcomes are separated" in text
    assert "about" not in text.split("the data alone have no estimate")[0][-300:]

"""Texts that no file can hold, in data and in names of files."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.runtime.fits import made_fit

import varying

X = [0.5, 1.5, 0.0, 2.0, 1.0, 0.25]
#: The half of a character, and what ends a text in C.
TEXTS = ["a\ud800b", "a\0", "\0b"]
FRAMES: dict[str, Callable[[dict[str, Any]], Any]] = {
    "a mapping": lambda data: data,
    "arrays": lambda data: {k: np.array(v, object) for k, v in data.items()},
    "pandas": lambda data: pd.DataFrame(
        {k: pd.Series(v, dtype=object) for k, v in data.items()}
    ),
}


def rule(spec: str, data: object) -> str:
    try:
        varying.compile(spec, data)
    except varying.ModelError as error:
        assert str(error).encode()
        return error.diagnostics[0].rule
    return "none"


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("y ~ x + g", "wrong-type"),
        ("y ~ x + (1 | g)", "wrong-type"),
        ("g ~ x, family=bernoulli", "wrong-type"),
        ("y ~ x", "none"),
    ],
)
def test_a_value(spec: str, expected: str, frame: str, text: str) -> None:
    data = {"y": X[::-1], "x": X, "g": [text, "b", "b"] * 2}
    assert rule(spec, FRAMES[frame](data)) == expected


@pytest.mark.parametrize("text", TEXTS[1:])
def test_a_value_of_parquet(text: str, tmp_path: Path) -> None:
    """Two levels that differ by a NUL would have been one in the fit file."""
    path = tmp_path / "data.parquet"
    pd.DataFrame({"y": X, "g": [text, "a", "c"] * 2}).to_parquet(path)
    assert rule("y ~ 1 + (1 | g)", path) == "wrong-type"


@pytest.mark.parametrize("text", TEXTS)
def test_a_name_of_a_column(text: str) -> None:
    assert rule(f"y ~ `{text}`", {"y": X[::-1], text: X}) != "none"
    assert rule("y ~ x", {"y": X[::-1], "x": X, text: X}) == "none"


@pytest.mark.parametrize("text", TEXTS)
def test_a_name_of_a_file(text: str, tmp_path: Path) -> None:
    name = f"{tmp_path}/{text}"
    assert rule(f"{name}.model", None) == "unreadable-file"
    for ending in ("csv", "parquet", "xlsx"):
        assert rule("y ~ x", f"{name}.{ending}") == "unreadable-file"
    with pytest.raises(varying.ModelError, match="no file can have such a name"):
        varying.load(name)
    with pytest.raises(OSError, match="no file can have such a name") as caught:
        made_fit().save(name)
    assert caught.value.errno == errno.EINVAL

from __future__ import annotations

from pathlib import Path

import pytest

import varying
from varying.runtime.commands.fit import _default


@pytest.mark.parametrize(
    ("file", "spec", "name", "expected"),
    [
        ("folder/a.model", "y ~ x", None, "a.fit"),
        ("a.model", "model b: y ~ x\nmodel c: y ~ 1", "c", "a.c.fit"),
        # Of standard input there is only the model's name.
        ("-", "y ~ x", None, "main.fit"),
        ("-", "model b: y ~ x\nmodel c: y ~ 1", "c", "c.fit"),
    ],
)
def test_the_default_file(
    file: str, spec: str, name: str | None, expected: str
) -> None:
    assert _default(file, varying.compile(spec, model=name)) == Path(expected)

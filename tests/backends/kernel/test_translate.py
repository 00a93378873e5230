"""What is translated does what the same text does in Python."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from varying.compiler.backends.kernel.llvm.text import execute
from varying.compiler.backends.kernel.llvm.translate import Translator, Untranslatable

from .compiled import scalar, typed

#: What the functions may call and name.
GLOBALS = """
import math

FACTOR = 2.5
SHARES = (0.5, 0.25, 4.0)
OTHERS = (7.0, 8.0)
WHOLE = 3


def pair(a, b):
    if a < b:
        return b, a
    return a, b


def twice(a):
    return 2.0 * a


def halved(a):
    return twice(a) / 4.0


def swapped(a, b):
    return pair(b, a)


def positive(a) -> bool:
    return a > 0.0


def log1p(a):
    return a


def added(v, count) -> float:
    total = 0.0
    for i in range(count):
        total += v[i]
    return total


def passed_on(v, count):
    return added(v, count)


def fill(v, count):
    for i in range(count):
        if i > 2:
            return
        v[i] = FACTOR


def last(k, count) -> int:
    return k[count - 1]
"""

FILES = Path(__file__).parent


def cases(name: str) -> list[Any]:
    """Titled texts of a file; of titles there may be several equal ones."""
    parts = re.split(r"^==== (.*)\n", (FILES / name).read_text(), flags=re.MULTILINE)
    return [
        pytest.param(title, text.strip("\n"), id=title)
        for title, text in zip(parts[1::2], parts[2::2], strict=True)
    ]


def made(text: str, name: str = "f") -> Callable[..., Any]:
    space: dict[str, Any] = {"__name__": "made"}
    execute(f"{GLOBALS}\n{text}", f"<{text}>", space)
    function: Callable[..., Any] = space[name]
    return function


@pytest.mark.parametrize(("title", "text"), cases("python.txt"))
def test_it_does_as_python_does(title: str, text: str) -> None:
    """Bodies of a function of floats ``v`` and whole numbers ``k``, 6 of each."""
    function = made(f"def f(count, v, k):\n{textwrap.indent(text, '    ')}\n")
    compiled = typed(function)
    for seed in range(5):
        rng = np.random.default_rng(seed)
        v, k = rng.normal(0.0, 2.0, 6).round(3), rng.integers(0, 3, 6)
        floats, wholes = v.tolist(), k.tolist()
        function(6, floats, wholes)
        compiled(6, v, k)
        np.testing.assert_allclose(v, floats, 4e-16, 0.0)
        numbers = ~np.isnan(v)
        assert (np.signbit(v) == np.signbit(floats))[numbers].all()
        assert k.tolist() == wholes


#: Functions of numbers, and what they are at some.
SCALARS = {
    "def f(a, b): return a / b": [
        *((1.0, 0.0, math.inf), (-1.0, 0.0, -math.inf), (1.0, -0.0, -math.inf)),
        *((0.0, 0.0, math.nan), (6.0, 4.0, 1.5)),
    ],
    "def f(a, b): return 1 / 0 + 0.0 * (a + b)": [(1.0, 2.0, math.inf)],
    "def f(a, b): return math.log(a) + b": [
        *((0.0, 1.0, -math.inf), (-1.0, 1.0, math.nan), (1.0, 2.0, 2.0)),
    ],
    "def f(a, b): return math.exp(a) - b": [
        *((1000.0, 1.0, math.inf), (-1000.0, 0.0, 0.0), (math.nan, 0.0, math.nan)),
    ],
    "def f(a, b): return math.sqrt(a) * b": [(-1.0, 1.0, math.nan), (4.0, 2.0, 4.0)],
    "def f(a, b): return math.log1p(a) * b": [(-1.0, 1.0, -math.inf)],
    "def f(a, b): return math.nan if a < b else math.e": [
        *((1.0, 2.0, math.nan), (math.nan, 1.0, math.e)),
    ],
}


@pytest.mark.parametrize("text", list(SCALARS))
def test_where_python_would_raise(text: str) -> None:
    rows = np.array(SCALARS[text])
    found = scalar(made(text))(rows[:, :2])[0]
    np.testing.assert_array_equal(found, rows[:, 2])


def test_results_of_all_kinds() -> None:
    assert typed(made("def f(count) -> int: return count * 2"))(21) == 42
    assert typed(made("def f(count): return count"))(2) == 2.0
    assert typed(made("def f(count) -> bool: return count > 1"))(2) is True
    assert typed(made("def f(count): twice(1.0)"))(2) is None
    assert (
        typed(made("def f(v, count): return passed_on(v, count)"))(np.ones(3), 3) == 3
    )


@pytest.mark.parametrize(("message", "text"), cases("untranslatable.txt"))
def test_what_is_not_known_is_a_fault(message: str, text: str) -> None:
    """What is said, and where: functions of floats, or of places."""
    message, of_places, _ = message.partition(" (of places)")
    space: dict[str, Any] = {"__name__": "made"}
    execute(GLOBALS, "<globals>", space)
    execute(f"\n{text}\n", f"<{text}>", space)
    with pytest.raises(Untranslatable) as found:
        Translator().function(space["f"], typed=bool(of_places))
    assert message in str(found.value)

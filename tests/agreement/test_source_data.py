"""The emitted script reads a file as the compiler does, or the numbers differ.

Files that pandas reads in its own way: whole numbers beside a missing value, blanks
around cells, names that Python uses, levels that are numbers or hold a colon.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from varying.compiler.backends.source import emit
from varying.compiler.driver import Request, compile_spec
from varying.grammar.source import Source

from .harness import SOURCE_DENSITY, by_reference, by_source, random_point

HEADER = "id,f,g,flag,x,str,spread,k,y"
_RNG = np.random.default_rng(5)


def table() -> str:
    """Forty rows with every trap in them."""
    lines = [HEADER]
    for i in range(40):
        cells = [
            f"{i % 5 + 1}.0" if i else "",  # an id that pandas has written
            ("2", "10", " 2")[i % 3] if i != 7 else "NA",
            ("a:b", " c", "a", "c")[i % 4],
            ("True", "FALSE", "TRUE", "False")[i % 4] if i != 9 else "",
            f"{_RNG.normal(5, 1):.3f}",
            f"{_RNG.normal():.3f}",
            f" {_RNG.normal():.3f}",
            f"{i % 4}.0" if i != 11 else "NaN",
            f"{_RNG.normal(50, 9):.2f}",
        ]
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"


SPECS = [
    "y ~ x + (1 | id)",
    "y ~ f + x",
    "column f: factor(10, 2)\ny ~ f * x",
    "column f: factor(2, 10), contrast=sum\ny ~ 0 + f + (0 + f | g)",
    "y ~ x + (1 | g/id)",
    "y ~ x + (1 | f:id)",
    "y ~ str * spread",
    "k ~ str + spread, family=ordlogit",
    "column k: ordered(0..9)\nk ~ x + (1 | id), family=ordlogit",
    "column k: ordered(0..3)\nwhere k > 0\ny ~ x + k",
    "y ~ flag * x",
    "column flag: factor(FALSE, TRUE)\ny ~ flag",
    "flag ~ x, family=bernoulli",
    "where flag\ny ~ x",
    "where !flag\ny ~ x",
    "where flag == TRUE & x > 4\ny ~ x",
    "where flag | x > 4\ny ~ x",
    "where f != 10\ny ~ x",
    'where g != "a:b"\ny ~ x + (1 | id)',
    'where g %in% ["a", "c"]\ny ~ x + (1 | id)',
    "where f %in% [2]\ny ~ x",
    'column g: ordered("a", "a:b", "c")\nwhere g >= "a:b"\ny ~ x',
    "let some = ifelse(x > 5, 1, 0)\ny | subset(some) ~ x + (1 | id)",
    "where k > 0\ny | subset(x > 4) ~ scale(x)",
    "let big = ifelse(x > 5, 1, 0)\ny ~ big * x",
    "let fast = x > 5\ny ~ fast",
    "let fast = id > 2\ny ~ fast + x",
    "let some = ifelse(id > 2, 1, 2)\ny ~ some + x",
    "let late = flag\ny ~ late * x",
    "let fast = id > 2 | flag\nwhere !fast\ny ~ x",
    "let z = (x - 5) / 2\nwhere 3 < x < 7\ny ~ z + I(z^2)",
    "y ~ I(flag * x) + log(x)",
    "y ~ id * x",
    "y ~ id * x + (1 | id)",
    "y ~ x\n  prior sigma ~ exponential(1, ub=90)",
    "y ~ x\n  prior sigma ~ gamma(2, 1, lb=1)\n  prior b ~ half_normal(2, ub=3)",
]


@pytest.mark.parametrize("spec", SPECS)
def test_the_script_reads_what_the_compiler_read(spec: str, tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    file.write_text(table(), encoding="utf-8")
    compiled = compile_spec(Request(Source(f'data "data.csv"\n{spec}'), base=tmp_path))
    program, frame = compiled.program, compiled.frame
    point = random_point(np.random.default_rng(1), program, frame, 0.3)
    there = by_source(emit(compiled), file)(point)
    difference = by_reference(program, frame, point).difference(there)
    assert difference.density < SOURCE_DENSITY
    assert difference.gradient < SOURCE_DENSITY

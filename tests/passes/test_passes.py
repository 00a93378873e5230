"""The program before and after each pass, as text.

``tests/passes/<pass>.txt`` holds specs, each with the program before the pass and
after it. ``VARYING_ACCEPT=1`` writes what the passes do now.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.passes import (
    KERNEL_PASSES,
    PASSES,
    SAMPLING_PASSES,
    optimize,
)
from varying.compiler.program.fill import fill
from varying.compiler.program.ir import Frame, Program
from varying.compiler.program.text import program_text
from varying.compiler.program.verify import verify
from varying.grammar.source import Source

ALL = (*PASSES, *SAMPLING_PASSES, *KERNEL_PASSES)
HERE = Path(__file__).parent
FILES = sorted(HERE.glob("*.txt"))
ACCEPT = os.environ.get("VARYING_ACCEPT") == "1"

_ROWS = range(24)
#: Plain numbers, so that the golden files depend on no generator.
DATA: dict[str, Any] = {
    "block": [("early", "late")[i % 2] for i in _ROWS],
    "x": [float(i * i % 11) for i in _ROWS],
    "subj": [f"s{i % 6 + 1}" for i in _ROWS],
    "item": [f"i{i // 6 + 1}" for i in _ROWS],
    "y": [float(i * 7 % 13) for i in _ROWS],
    "k": [i * 5 % 4 for i in _ROWS],
    "w": [i // 2 % 2 for i in _ROWS],
    "n": [(i // 6) ** 2 * 4 + i % 3 for i in _ROWS],
}


def sections(text: str) -> list[str]:
    """Return the specs of a golden file, in order."""
    found = re.findall(
        r"^==== spec\n(.*?)^---- before\n", text, re.DOTALL | re.MULTILINE
    )
    return [spec.strip() for spec in found]


def around(name: str, spec: str) -> tuple[tuple[Program, Frame], tuple[Program, Frame]]:
    """Return the program and frame before a pass and after it."""
    compiled = compile_spec(Request(Source(spec), table_from_frame(DATA)))
    program = compiled.lowered
    frame = fill(program, compiled.prepared.table)
    for apply in ALL:
        after = apply(program, frame)
        if apply.__name__ == name:
            return (program, frame), after
        program, frame = after
    raise AssertionError(f"no pass {name}")


def rendered(name: str, specs: list[str]) -> str:
    parts = []
    for spec in specs:
        (before, _), (after, _) = around(name, spec)
        parts.append(
            f"==== spec\n{spec}\n---- before\n{program_text(before)}"
            f"---- after\n{program_text(after)}"
        )
    return "\n".join(parts)


def test_every_pass_has_a_golden_file() -> None:
    assert {path.stem for path in FILES} == {apply.__name__ for apply in ALL}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_pass_does_what_its_file_shows(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    specs = sections(text)
    assert specs
    now = rendered(path.stem, specs)
    if ACCEPT:
        path.write_text(now, encoding="utf-8")
    else:
        assert now == text


SPECS = [spec for path in FILES for spec in sections(path.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("spec", SPECS)
def test_passes_are_done_when_they_are_done(spec: str) -> None:
    """Each leaves its own result as it is; the verifier agrees throughout."""
    for apply in ALL:
        (before, frame), (after, filled) = around(apply.__name__, spec)
        verify(before, frame)
        verify(after, filled)
        again, _ = apply(after, filled)
        assert program_text(again) == program_text(after)


@pytest.mark.parametrize("spec", SPECS)
def test_a_pass_makes_the_frame_that_the_recipes_make(spec: str) -> None:
    """What a pass does to an array by hand, its recipe does to any table."""
    compiled = compile_spec(Request(Source(spec), table_from_frame(DATA)))
    made = fill(compiled.program, compiled.prepared.table)
    assert made.arrays.keys() == compiled.frame.arrays.keys()
    for name, array in made.arrays.items():
        np.testing.assert_array_equal(array, compiled.frame[name])


@pytest.mark.parametrize("spec", SPECS)
def test_reported_quantities_stay(spec: str) -> None:
    """Passes choose coordinates; names and axes of results are not theirs."""

    def reported(program: Program) -> set[tuple[str, tuple[str, ...]]]:
        return {
            (item.name, item.axes)
            for item in (*program.parameters, *program.derived)
            if item.report
        }

    compiled = compile_spec(Request(Source(spec), table_from_frame(DATA)))
    assert reported(compiled.lowered) == reported(compiled.program)
    assert compiled.lowered.groups != () or "|" not in spec


def test_optimize_runs_them_all() -> None:
    compiled = compile_spec(Request(Source(SPECS[0]), table_from_frame(DATA)))
    frame = fill(compiled.lowered, compiled.prepared.table)
    program, _ = optimize(compiled.lowered, frame)
    assert program_text(program) == program_text(compiled.program)

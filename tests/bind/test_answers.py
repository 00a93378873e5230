"""``rt | dec(answer)``: which values stand for the upper answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.grammar.diagnostics import ModelError
from varying.grammar.source import Source

RIGHT = np.array([True, False, True, True, False, True])
DATA = pd.DataFrame(
    {
        "rt": [0.5, 0.7, 0.4, 0.9, 0.6, 0.8],
        "word": np.where(RIGHT, "right", "wrong"),
        "category": pd.Categorical(np.where(RIGHT, "right", "wrong")),
        "bound": np.where(RIGHT, "upper", "lower"),
        "number": np.where(RIGHT, 2, 1),
        "three": ["right", "wrong", "right", "right", "late", "right"],
    }
)

#: What a spec says of a column, the column, and whether ``RIGHT`` is the upper answer.
ANSWERS = [
    ("column word: factor(wrong, right)", "word", True),
    ("column word: factor(right, wrong)", "word", False),
    ("column word: ordered(wrong, right)", "word", True),
    ("column category: factor(wrong, right)", "category", True),
    ("column number: factor(1, 2)", "number", True),
    ("", "bound", True),
    # a name says more than a place
    ("column bound: factor(upper, lower)", "bound", True),
]


@pytest.mark.parametrize(("declared", "column", "right"), ANSWERS)
def test_the_second_level_that_is_declared_is_the_upper_answer(
    declared: str, column: str, right: bool
) -> None:
    source = Source(f"{declared}\nrt | dec({column}) ~ 1, family=wiener")
    found = compile_spec(Request(source, table_from_frame(DATA)))
    np.testing.assert_array_equal(found.frame.arrays["dec"], RIGHT == right)


@pytest.mark.parametrize(
    ("declared", "column"),
    [
        ("", "word"),
        ("column word: factor", "word"),
        # levels of a categorical may be in the order of letters
        ("", "category"),
        ("column three: factor(late, wrong, right)", "three"),
    ],
)
def test_what_has_no_order_is_refused(declared: str, column: str) -> None:
    source = Source(f"{declared}\nrt | dec({column}) ~ 1, family=wiener")
    with pytest.raises(ModelError, match="nothing says which level") as caught:
        compile_spec(Request(source, table_from_frame(DATA)))
    (one,) = (d for d in caught.value.diagnostics if d.severity == "error")
    proposed = f"`column {column}: factor(right, wrong)`"
    assert any(proposed in note for note in one.notes) == (declared == "")

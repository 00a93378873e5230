"""What an answer says it is of: the mean of a response is not the same of all."""

from __future__ import annotations

import pandas as pd
import pytest

from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.grammar.source import Source
from varying.runtime.questions.wording import note_of


@pytest.mark.parametrize(
    ("left", "family", "said"),
    [
        ("y", "gaussian", "of the mean of the response"),
        ("y | cens(d)", "weibull", "of the mean of the response"),
        # around the times: a fiftieth of their range, 1.9, beyond the last of them
        (
            "y | cens(d)",
            "cox",
            "of the restricted mean: of times until the last knot, 2.438",
        ),
        (
            "y | cens(d) + bhaz(boundary=[0, 24])",
            "cox",
            "of the restricted mean: of times until the last knot, 24",
        ),
        ("y | dec(d)", "wiener", "of the mean time of the upper answer"),
    ],
)
def test_the_mean(left: str, family: str, said: str) -> None:
    frame = pd.DataFrame(
        {
            "y": [0.5, 1.1, 1.9, 0.7, 2.4, 1.3],
            "d": [0, 0, 1, 0, 1, 0],
            "f": ["a", "b"] * 3,
        }
    )
    spec = f"{left} ~ f, family={family}\nmeans f, scale=response\n"
    found = compile_spec(Request(Source(spec), table_from_frame(frame)))
    (question,) = found.joint.questions.cells
    assert note_of(question, found, {}, moved=False) == said

"""Answers about censored responses say that what they show is not censored."""

from __future__ import annotations

import pytest

import varying
from varying.runtime.commands.uncensored import say_uncensored

DATA = {"y": [1.0, 2.0, 4.0, 4.0], "z": [1.0, 3.0, 2.0, 5.0], "x": [0.0, 1.0, 0.5, 2.0]}


@pytest.mark.parametrize(
    ("left", "response", "says"),
    [
        ("y | cens(y >= 4)", None, "`y` is censored in the data: draws are of `y`"),
        ("y | cens(y >= 4)", "z", ""),
        ("y | trunc(lb=0.5)", None, ""),
    ],
)
def test_it_is_said_of_responses_that_are_censored(
    left: str, response: str | None, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    compiled = varying.compile(f"{left} ~ x\n  z ~ x", DATA).compiled
    assert compiled is not None
    say_uncensored(compiled, response, "draws")
    shown = capsys.readouterr().err
    assert shown.startswith(says) if says else not shown

"""People who differ in their thresholds, and in nothing else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import varying

SPEC = "rating ~ x, family=ordlogit\n  threshold ~ (1 | {group})\n"


def data() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    subj = [f"p{i % 9}" for i in range(90)]
    return pd.DataFrame(
        {"rating": rng.integers(1, 6, 90), "x": rng.normal(size=90), "subj": subj}
    )


def test_a_column_that_is_not_there_is_named() -> None:
    with pytest.raises(varying.ModelError, match="no column `sbj`"):
        varying.compile(SPEC.format(group="sbj"), data())


def test_means_are_of_new_people_by_default() -> None:
    text = SPEC.format(group="subj") + "means 1, scale=prob\n"
    compiled = varying.compile(text, data()).compiled
    (question,) = compiled.joint.questions.cells
    assert question.groups == "average"

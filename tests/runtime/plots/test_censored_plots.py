"""Pictures of censored responses say what is drawn of them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import varying
from varying.runtime.plots.ppc import censored


@pytest.mark.parametrize("bound", [3, 99])
def test_the_notes_say_how_many_rows_are_censored(bound: int) -> None:
    counts = np.random.default_rng(1).poisson(2.0, 40)
    beyond = counts >= bound
    data = pd.DataFrame({"y": np.minimum(counts, bound), "c": beyond.astype(int)})
    model = varying.compile("y | cens(c) ~ 1, family=poisson", data)
    fit = model.fit(draws=20, tune=50, chains=1, seed=1, progress=False)
    notes = censored(fit, None)
    if bound == 99:
        assert notes == ()
    else:
        assert notes[0].startswith(f"{beyond.sum()} rows are censored: ")
        assert notes[0] in fit.plot("ppc", draws=5).notes

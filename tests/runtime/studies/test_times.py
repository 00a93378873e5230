"""Times of ``family=cox`` from a hazard that is given, and what a spec must say."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import varying
from varying.grammar.diagnostics import ModelError

LEFT = "t | cens(late) + bhaz(df=4, boundary=[0, 24])"
TRUTH = {"Intercept": 0.3, "b[x]": 0.8, "sbhaz": [0.25] * 4}


def design(rows: int) -> pd.DataFrame:
    return pd.DataFrame({"x": np.repeat([0.0, 1.0], rows), "late": 7})


def test_times_are_those_of_the_hazard_until_the_last_knot() -> None:
    """Equal shares of splines without a knot inside are a flat hazard."""
    rows = 3000
    found = varying.simulate(f"{LEFT} ~ x, family=cox", TRUTH, design(rows), seed=5)
    assert set(found.late) == {0, 1}
    assert (found.t[found.late == 1] == 24.0).all()
    for x in (0, 1):
        here = found[found.x == x]
        hazard = stats.expon(scale=24.0 / np.exp(0.3 + 0.8 * x))
        share = hazard.sf(24.0)
        off = (here.late == 1).mean() - share
        assert abs(off) < 4.0 * np.sqrt(share * (1.0 - share) / rows)
        places = hazard.cdf(here.t[here.late == 0]) / (1.0 - share)
        assert stats.kstest(places, "uniform").pvalue > 1e-3
    # and the spec that draws them fits them
    assert varying.compile(f"{LEFT} ~ x, family=cox", found).compiled is not None


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("t | cens(late) ~ x", "nothing says between which knots"),
        ("t | cens(late) + bhaz(boundary=[0, 9]) ~ x", "nothing says between which"),
        ("t | bhaz(df=4, boundary=[0, 9]) ~ x", "no event by the last knot, 9"),
        (f"{LEFT.replace('late', 'late == 1')} ~ x", "into a column"),
        (f"{LEFT} ~ x + late", "stands in a formula"),
    ],
)
def test_what_a_spec_must_say(text: str, says: str) -> None:
    with pytest.raises(ModelError, match=says):
        varying.simulate(f"{text}, family=cox", TRUTH, design(4))

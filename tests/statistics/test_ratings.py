"""The ratings example: its fit covers the truth that the data were drawn from.

And, with the ratings joined in tens and wide priors, its effects are those of
maximum likelihood (`references/ratings_fits.json`). Joining neighbours changes
the thresholds of a cumulative model, nothing else; with all values clmm does not
converge. ``pytest -m slow -rP`` shows what passing tests print.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from varying.runtime.api import compile as compile_model
from varying.runtime.fit.fit import Fit

from .marginal import REFERENCES
from .ratings import FOLDER, TENS, truth, write_tens
from .sampling import divergences, estimates, fit, largest_rhat


@pytest.fixture(scope="module")
def fitted() -> Fit:
    return compile_model(FOLDER / "ratings.model").fit(seed=1, progress=False)


@pytest.mark.slow
def test_sampling(fitted: Fit) -> None:
    steps = float(fitted.data["sample_stats"]["n_steps"].mean())
    print(f"{steps:.1f} steps a draw\n{fitted.summary()}")
    assert divergences(fitted) == 0
    assert largest_rhat(fitted) < 1.02
    assert steps <= 20


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "least"),
    # one data set: of 13 intervals of 95 % two may miss, of 100 effects ten
    [("b", 2), ("sd_subj", 3), ("cor_subj", 5), ("threshold", 90), ("r_subj", 90)],
)
def test_intervals_cover_the_truth(fitted: Fit, kind: str, least: int) -> None:
    rows = {
        r.label: r.statistics for r in fitted.summary(all=True).rows if r.name == kind
    }
    true = {
        name: value for name, value in truth().items() if name.split("[")[0] == kind
    }
    assert set(rows) == set(true)
    inside = [rows[n].lower < value < rows[n].upper for n, value in true.items()]
    z = [(value - rows[n].mean) / rows[n].sd for n, value in true.items()]
    print(f"{kind}: {sum(inside)} of {len(inside)} within 95 %; z-scores:")
    print(f"{min(z):.2f} to {max(z):.2f}, rms {np.sqrt(np.mean(np.square(z))):.2f}")
    assert sum(inside) >= least
    assert np.abs(z).max() < 4


MODEL = (
    TENS
    + """\
rating ~ block*cs + (1 + block*cs | subj), family=ordlogit
prior b ~ normal(0, 25)
prior threshold ~ normal(0, 30)
prior sd ~ exponential(0.1)
"""
)


@pytest.mark.slow
def test_effects_are_near_maximum_likelihood(tmp_path: Path) -> None:
    fits = json.loads((REFERENCES / "ratings_fits.json").read_text("utf-8"))["fits"]
    theirs = next(each for each in fits if each["id"] == "tens4")["coef"]
    write_tens(tmp_path)
    fitted = fit(MODEL, tmp_path, seed=1)
    print(fitted.summary())
    assert divergences(fitted) == 0
    # the level of the thresholds trades against the mean of persons' effects
    assert largest_rhat(fitted) < 1.05
    ours = estimates(fitted)
    found = [each for name, each in ours.items() if name.startswith("b[")]
    for each, value in zip(found, theirs.values(), strict=True):
        assert abs(each.mean - value) < 0.5 * each.sd

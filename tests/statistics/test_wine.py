"""The wine ratings: wide priors give the estimates of maximum likelihood.

A sanity check, not a proof: with 72 ratings the posterior is not normal, so its
mean may lie up to half a posterior sd from the most likely value. The default
priors move it further; by how much is printed, is in ``docs/verification.md``, and is
bounded here. ``pytest -m slow -rP`` shows what passing tests print.
"""

from __future__ import annotations

import json

import pytest

from .marginal import REFERENCES
from .sampling import divergences, estimates, fit, largest_rhat

MODEL = """\
data "wine.csv"
column rating: ordered(1..5)
column temp: factor(cold, warm)
column contact: factor(no, yes)
column judge: factor
rating ~ temp + contact + (1 | judge), family=ordlogit
"""

#: Priors, and the distance allowed between the mean of b and R, in posterior sds.
PRIORS = {
    "wide": (
        "prior b ~ normal(0, 25)\n"
        "prior threshold ~ normal(0, 30)\n"
        "prior sd ~ exponential(0.1)\n",
        0.5,
    ),
    "wide, on the probabilities": (
        "prior b ~ normal(0, 25)\n"
        "prior threshold ~ dirichlet(0.1)\n"
        "prior sd ~ exponential(0.1)\n",
        0.5,
    ),
    "default": ("", 1.0),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", PRIORS)
def test_effects_are_near_maximum_likelihood(name: str) -> None:
    fits = json.loads((REFERENCES / "fits.json").read_text("utf-8"))["fits"]
    theirs = next(each for each in fits if each["id"] == "wine2")["coef"]
    priors, allowed = PRIORS[name]
    fitted = fit(MODEL + priors, seed=1)
    print(f"\nwine, {name} priors\n{fitted.summary().to_markdown()}")
    assert divergences(fitted) == 0
    assert largest_rhat(fitted) < 1.02
    ours = estimates(fitted)
    for label, r_name in (
        ("b[temp[warm]]", "tempwarm"),
        ("b[contact[yes]]", "contactyes"),
    ):
        distance = (ours[label].mean - theirs[r_name]) / ours[label].sd
        assert abs(distance) < allowed, label

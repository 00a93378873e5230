"""With wide priors, posterior means of effects lie near R's estimates; and brms's.

A sanity check, not a proof: a mean is not a most likely value, so half a posterior
sd is allowed, with at least 200 rows. What the default priors move is published in
``docs/verification.md``, which ``report.py`` makes, and not bounded here. ``pytest
-m slow -rP`` shows what passing tests print.
"""

from __future__ import annotations

import pytest

from .posteriors import (
    NOT_COMPARED,
    PUBLISHED,
    SAMPLED,
    beside,
    beside_published,
    case_of,
    gated,
    posterior,
    published_posterior,
    read_published,
    wide_priors,
)
from .report import table_of
from .sampling import divergences, largest_rhat

LARGEST_DISTANCE = 0.5
#: Of 4,000 draws: under so wide a prior the sd of 7 apes has a long tail.
MOST_DIVERGENCES = 4
#: Published figures have two digits, and errors of sampling on both sides.
LARGEST_PUBLISHED = 0.2


@pytest.mark.slow
@pytest.mark.parametrize("name", SAMPLED)
def test_effects_are_near_maximum_likelihood(name: str) -> None:
    case = case_of(name)
    fitted = posterior(case, wide_priors(case))
    rows = beside(case, fitted)
    print(f"\n{name}, wide priors\n{table_of(rows)}")
    assert divergences(fitted) <= MOST_DIVERGENCES
    assert largest_rhat(fitted) < 1.02
    effects = [row for row in rows if gated(row)]
    assert effects
    far = {row.name: row.distance for row in effects}
    assert {n: d for n, d in far.items() if abs(d) > LARGEST_DISTANCE} == {}


@pytest.mark.slow
@pytest.mark.parametrize("name", PUBLISHED)
def test_published_posteriors(name: str) -> None:
    """The priors of brms written out: means and sds as published."""
    fitted = published_posterior(name)
    rows = beside_published(name, fitted)
    print(f"\n{name}\n{table_of(rows)}")
    assert largest_rhat(fitted) < 1.02
    far = {row.name: row.distance for row in rows}
    assert {n: d for n, d in far.items() if abs(d) > LARGEST_PUBLISHED} == {}
    for row in rows:
        assert row.error is not None
        assert row.ours.sd == pytest.approx(row.error, rel=0.15), row.name


def test_each_published_posterior_is_compared_or_not_for_a_reason() -> None:
    names = {each["id"] for each in read_published()}
    assert names == {*PUBLISHED, *NOT_COMPARED}


def test_wide_priors_are_wide() -> None:
    text = wide_priors(case_of("epilepsy3"))
    assert "prior Intercept[mean] ~ normal(2.11" in text
    assert "prior b ~ normal(0, " in text
    assert "prior sd[patient] ~ exponential(0.1)" in text

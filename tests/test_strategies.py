"""The generator of random specs: a family brings along what it needs."""

from __future__ import annotations

import numpy as np
import pytest

from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, check
from varying.compiler.families import FAMILIES
from varying.grammar.diagnostics import Severity
from varying.grammar.source import Source

from .strategies import FAMILY_TURNS, WRITTEN, _data, _Draft, _simulated

WITHOUT_THRESHOLDS = [f.name for f in FAMILIES.values() if not f.thresholds]


def test_every_family_has_seeds() -> None:
    assert {*FAMILY_TURNS, *WRITTEN} == {*FAMILIES}


@pytest.mark.parametrize("name", WITHOUT_THRESHOLDS)
def test_a_response_is_drawn_by_the_family_itself(name: str) -> None:
    """What a new family is given, tried on those that there are."""
    family, met = FAMILIES[name], set[str]()
    for seed in range(6):
        draft = _Draft(np.random.default_rng(seed), met)
        data = _data(draft.rng)
        response = _simulated(draft, name, data)
        known = {one: data["n"].to_numpy() for one in family.known}
        assert family.in_support(data["made"].to_numpy(), **known).all()
        assert data["made"].nunique() > 1
        source = Source(f"{response} ~ n, family={name}")
        found = check(Request(source, table_from_frame(data)))
        assert [d for d in found if d.severity is Severity.ERROR] == []
    assert ("rate" in met) == (family.rate is not None)

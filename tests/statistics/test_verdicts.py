"""Fits whose figures are those of R are called usable."""

from __future__ import annotations

import pytest

from .verdicts import verdicts

pytestmark = pytest.mark.slow


def test_reference_fits_are_usable() -> None:
    found = dict(verdicts(seed=1))
    assert len(found) >= 38
    refused = {name: one.sentences for name, one in found.items() if not one.ok}
    assert 20 * len(refused) <= len(found), refused

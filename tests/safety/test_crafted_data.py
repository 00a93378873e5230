"""Files that are damaged, are none or are made to do harm end in a diagnostic."""

from __future__ import annotations

import pytest

from .crafted_data import CRAFTED, Crafted, Outcome, crafted_data_files, fault_of
from .crafted_data import outcomes as take


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Outcome]:
    """What came of all files, which another process checked."""
    folder = tmp_path_factory.mktemp("crafted")
    return {one.name: one for one in take(crafted_data_files(folder))}


@pytest.mark.parametrize("one", CRAFTED, ids=lambda one: one.name)
def test_it_is_read_or_a_fault(one: Crafted, outcomes: dict[str, Outcome]) -> None:
    assert fault_of(one, outcomes[one.name]) is None

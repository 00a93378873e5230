"""The row engine against the program's meaning at one draw after the other."""

from __future__ import annotations

import numpy as np
import pytest

from varying.compiler.program.interpret.rows import row_arguments, row_predictor
from varying.runtime.rows.engine import Draws, Rows, blocks
from varying.runtime.rows.predict import log_likelihood, predict

from .test_predict import CHAINS, DRAWS, SPECS, fit, model


@pytest.mark.parametrize("name", SPECS)
def test_all_draws_at_once_are_one_after_the_other(name: str) -> None:
    compiled = model(name).compiled
    assert compiled is not None
    rows, posterior = Rows.of(compiled), fit(name)._posterior
    family, observed = rows.family, rows.frame[rows.program.likelihood.value]
    kinds = {"eta", *(("prob",) if rows.categories else ())}
    kinds |= set() if family.response == "ordinal" else {"mean"}
    found = {kind: predict(rows, posterior, kind, 1) for kind in sorted(kinds)}
    found["density"] = log_likelihood(rows, posterior)
    for chain, draw in np.ndindex(CHAINS, DRAWS):
        one = posterior.isel(chain=chain, draw=draw)
        values = {str(n): v.values for n, v in one.data_vars.items()}
        given = row_arguments(rows.program, rows.frame, values)
        wanted = {
            "eta": row_predictor(rows.program, rows.frame, values, family.predictor),
            "density": family.log_density(observed, **given),
        }
        if "mean" in kinds:
            wanted["mean"] = family.mean(**given)
        if "prob" in kinds:
            ranks = np.arange(len(rows.categories))[:, None]
            wanted["prob"] = np.exp(family.log_density(ranks, **given)).T
        for kind, array in wanted.items():
            ours = found[kind].isel(chain=chain, draw=draw).values
            np.testing.assert_allclose(ours, np.broadcast_to(array, ours.shape), 1e-12)


def test_blocks_are_as_large_as_there_is_room_for() -> None:
    compiled = model("sigma").compiled
    assert compiled is not None
    rows = Rows.of(compiled)
    draws = Draws(fit("sigma")._posterior)
    small = list(blocks(rows, draws, at_once=5 * draws.count))
    assert {block.shape[0] for block in small} == {CHAINS * DRAWS}
    assert [block.place.start for block in small] == list(range(0, len(rows.labels), 5))
    (whole,) = blocks(rows, draws)
    for name, array in whole.arguments().items():
        parts = [block.arguments()[name] for block in small]
        np.testing.assert_allclose(np.concatenate(parts, axis=1), array, 1e-12)

"""The row engine against the program's meaning at one draw after the other."""

from __future__ import annotations

import numpy as np
import pytest

from varying.compiler.families import FAMILIES
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


ORDINAL = [name for name, family in FAMILIES.items() if family.many_draws]


@pytest.mark.parametrize("name", ORDINAL)
def test_thresholds_of_many_draws_are_those_of_each(name: str) -> None:
    family, rng = FAMILIES[name], np.random.default_rng(3)
    assert family.thresholds
    threshold = np.sort(rng.normal(size=(20, 3)), axis=1)
    given = {"eta": rng.normal(size=(20, 7)), "disc": np.exp(rng.normal(size=(20, 1)))}
    given |= {"threshold": threshold, "gap": np.diff(threshold)}
    if name in ("sratio", "cratio", "acat"):  # their thresholds are in no order
        del given["gap"]
    for share in {"hu", "zi"} & {one.name for one in family.dpars}:
        given[share] = rng.random((20, 1))
    top = 4 + family.apart
    y = rng.integers(0, top, 7)
    found = family.log_density(y, **given), family.mean(**given)
    for at in range(20):
        own = {key: values[at] for key, values in given.items()}
        np.testing.assert_allclose(found[0][at], family.log_density(y, **own), 1e-12)
        np.testing.assert_allclose(found[1][at], family.mean(**own), 1e-12)
    # as many of each category as there should be
    many = {**given, "eta": np.repeat(given["eta"][:, :1], 20_000, axis=1)}
    drawn = family.simulate(np.random.default_rng(1), **many)
    first = {**given, "eta": given["eta"][:, :1]}
    for rank in range(top):
        share = np.exp(family.log_density(np.full(1, rank), **first))[:, 0]
        np.testing.assert_allclose((drawn == rank).mean(axis=1), share, atol=0.02)


@pytest.mark.parametrize("name", ["ordlogit", "hurdle_cumulative", "sratio", "acat"])
def test_rows_look_at_the_thresholds_of_their_item(name: str) -> None:
    base, family = FAMILIES[name], FAMILIES[f"{name} | thres"]
    rng = np.random.default_rng(4)
    threshold = np.sort(rng.normal(size=(6, 5)), axis=1)
    given = {"eta": rng.normal(size=(6, 8)), "threshold": threshold}
    if base.apart:
        given["hu"] = rng.random((6, 1))
    if base.steps is None:
        given["gap"] = np.append(np.diff(threshold), np.ones((6, 1)), axis=1)
    item = np.array([0, 1, 0, 0, 1, 1, 0, 1])
    more = {**given, "item": item, "cuts": np.array([2.0, 3.0])}
    y = np.where(item == 0, np.arange(8) % 3, np.arange(8) % 4)
    found = family.log_density(y, **more), family.mean(**more)
    many = family.simulate(
        rng,
        **{k: np.repeat(v, 3000, 0) for k, v in more.items() if k in given},
        item=item,
        cuts=more["cuts"],
    )
    for one, places in ((0, slice(0, 2)), (1, slice(2, 5))):
        rows = item == one
        own = {n: v for n, v in given.items() if n != "gap"}
        own["eta"], own["threshold"] = own["eta"][:, rows], threshold[:, places]
        if "gap" in given:
            own["gap"] = np.diff(own["threshold"])
        for at in range(6):
            of_draw = {n: v[at] for n, v in own.items()}
            wanted = base.log_density(y[rows], **of_draw), base.mean(**of_draw)
            np.testing.assert_allclose(found[0][at, rows], wanted[0], 1e-12)
            np.testing.assert_allclose(found[1][at, rows], wanted[1], 1e-12)
            drawn = many[3000 * at : 3000 * (at + 1), rows].mean(axis=0)
            np.testing.assert_allclose(drawn, wanted[1], atol=0.15)
    # a category that an item has not
    beyond = family.log_density(np.full(8, 3 + family.apart), **more)
    assert (beyond[:, item == 0] == -np.inf).all()
    assert np.isfinite(beyond[:, item == 1]).all()

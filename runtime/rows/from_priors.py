"""Parameters drawn from the priors of a model, and responses given them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Protocol

from ..interface.faults import fault
from ..sampling.sizes import check_rows, numbers_reported
from .categories import with_categories

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pymc import Model as PyMCModel
    from xarray import DataTree

    from varying.compiler.compiled import Compiled
    from varying.compiler.data.table import Table

    from ..sampling.settings import SamplerSettings

__all__ = ["drawn_from_priors"]


class HasGraph(Protocol):
    """What may have the graph of the rows of the fit already."""

    @property
    def pymc(self) -> PyMCModel:
        """The graph."""


def drawn_from_priors(
    compiled: Compiled,
    table: Table,
    settings: SamplerSettings,
    owner: HasGraph | None = None,
    only: Sequence[str] | None = None,
) -> DataTree:
    """Return draws for the rows of a table; see ``Model.prior_predictive``.

    Parameters
    ----------
    compiled
        The model.
    table
        Its rows, or those of the cells that it has been reduced to.
    settings
        Number of draws and seed.
    owner
        Has the graph of the rows of the model, if it is not to be made anew.
    only
        Names of the quantities that are drawn; None: all, and responses.
    """
    _refuse_flat(compiled)
    _refuse_chained(compiled)
    numbers = table.rows + numbers_reported(compiled.program, compiled.frame)
    check_rows(compiled.spec.source, settings.draws, numbers, "prior draws")
    if only is not None and (numbers_only := _by_numpy(compiled, settings, only)):
        return numbers_only
    counted = table.counts is not None
    weighed = any(one.weight for one in compiled.program.likelihoods)
    if counted or weighed or owner is None:
        model = _for_drawing(compiled, table)
    else:
        model = owner.pymc
    import pymc as pm

    logger = logging.getLogger("pymc")
    level = logger.level
    logger.setLevel(logging.WARNING)
    try:
        data: DataTree = pm.sample_prior_predictive(
            settings.draws,
            model=model,
            var_names=only,
            random_seed=settings.seed,
            # Forward draws are cheap; compiling them for speed is not.
            compile_kwargs={"mode": "FAST_COMPILE"},
        )
    finally:
        logger.setLevel(level)
    for one in compiled.each if only is None else ():
        categories = one.bound.response.ranks
        data = with_categories(data, one.responses[0], categories, numbers=True)
    return data


def _by_numpy(
    compiled: Compiled, settings: SamplerSettings, only: Sequence[str]
) -> DataTree | None:
    """Return draws of quantities without PyMC; None if that cannot be."""
    import numpy as np
    from xarray import DataArray, Dataset, DataTree

    from varying.compiler.program.interpret.forwards import drawn_forwards

    program, frame = compiled.program, compiled.frame
    found = drawn_forwards(program, frame, settings.draws, settings.seed, only)
    if found is None:
        return None
    arrays = {}
    for name, (axes, values) in found.items():
        coords: dict[str, object] = {"chain": [0], "draw": np.arange(settings.draws)}
        for axis in axes:
            labels = program.axis(axis.removesuffix("_")).labels
            count = frame.lengths[axis.removesuffix("_")]
            coords[axis] = np.arange(count) if labels is None else list(labels)
        arrays[name] = DataArray(values[None], coords, ("chain", "draw", *axes))
    return DataTree.from_dict({"prior": Dataset(arrays)})


def _refuse_chained(compiled: Compiled) -> None:
    """Refuse to draw a response given observed values of another one."""
    from varying.compiler.bind.chained import responses_read

    each = {one.response.name: one.statement for one in compiled.joint.members}
    for name, others in responses_read(compiled.spec, each).items():
        if others:
            raise fault(
                compiled.spec.source,
                "not-yet",
                f"`{others[0]}` is a response and a predictor of `{name}`: drawing "
                "the two together from the priors is not possible yet",
                f"look at the model of `{name}` alone, where `{others[0]}` is data",
            )


def _refuse_flat(compiled: Compiled) -> None:
    flat = [row.target for row in compiled.priors if _is_flat(row.prior)]
    if not flat:
        return
    names = ", ".join(f"`{target}`" for target in flat)
    raise fault(
        compiled.spec.source,
        "improper-prior",
        f"the prior of {names} is flat: there is nothing to draw from",
        "give it a distribution, such as `normal(0, 10)`",
    )


def _for_drawing(compiled: Compiled, table: Table) -> PyMCModel:
    """Return the model of the rows of a table, each counted once."""
    import numpy as np

    from varying.compiler.backends.pymc import emit
    from varying.compiler.program.fill import fill

    from .reduced import for_drawing

    program = for_drawing(compiled.program)
    each = compiled.rows_by_axis
    if compiled.own_rows:
        own = {axis: of.table for axis, of in each.items()}
        numbers = {axis: of.rows.tolist() for axis, of in each.items()}
        return emit(program, fill(program, table, own), numbers)
    rows = compiled.prepared.rows
    if table.firsts is not None:
        rows = table.numbers(np.arange(table.rows))
    return emit(program, fill(program, table), dict.fromkeys(each, rows.tolist()))


def _is_flat(prior: str) -> bool:
    return prior.partition("(")[0].strip() == "flat"

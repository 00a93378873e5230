"""Units left out exactly: a refit for each, and what it says of the rows left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.program.fill import fill

from ..rows.engine import Draws, Rows, blocks
from .integrals import density_of_units
from .psis import log_mean_exp
from .refit import Refit, refit, refit_settings, without
from .units import in_front

if TYPE_CHECKING:
    from varying.compiler.compiled import Compiled

    from ..interface.progress import Progress
    from ..sampling.settings import SamplerSettings
    from .loo import Loo
    from .units import LeftOut

__all__ = ["exactly", "predicted_by"]


def predicted_by(
    compiled: Compiled,
    units: LeftOut,
    chosen: Sequence[int],
    found: Refit,
    response: str | None = None,
) -> NDArray[np.float64]:
    """Return the log density of units that a refit has not seen, one number a unit.

    Of all responses of a row together, or of one by its variable.
    """
    if response is not None:
        compiled = compiled.of(response)
    if units.by:
        draws = in_front(found.posterior)
        unseen = replace(units, seen=False)
        return log_mean_exp(density_of_units(compiled, unseen, draws, chosen))
    places = np.flatnonzero(units.index >= 0)[np.asarray(chosen, dtype=np.int64)]
    frame = fill(compiled.lowered, compiled.prepared.table.take(places))
    total: Any = 0.0
    for rows in Rows.given(compiled):
        own = replace(rows, frame=frame, labels=places)
        each = [block.log_density() for block in blocks(own, Draws(found.posterior))]
        total = total + np.concatenate(each, axis=1)
    return log_mean_exp(np.asarray(total).T)


def exactly(
    compiled: Compiled,
    units: LeftOut,
    found: Loo,
    settings: SamplerSettings,
    progress: Progress,
    response: str | None = None,
) -> Loo:
    """Return what ``found`` is with its bad units left out by refits.

    Parameters
    ----------
    compiled, units
        The model, and what is left out at a time.
    found
        By importance sampling.
    settings
        Of the full fit.
    progress
        Who is told.
    response
        The variable of the response that is predicted; None: all together.
    """
    places = sorted(found.bad.tolist())
    each, shapes = found.each.copy(), found.shapes.copy()
    divergences = []
    for number, place in enumerate(places, 1):
        label = found.labels[place]
        progress.note(f"fitting without {label}: {number} of {len(places)} ...")
        made = refit(
            without(compiled, units.rows([place])), refit_settings(settings, place)
        )
        each[place] = predicted_by(compiled, units, [place], made, response)[0]
        shapes[place] = np.nan
        divergences.append(made.divergences)
    return replace(
        found,
        each=each,
        shapes=shapes,
        refitted=tuple(found.labels[place] for place in places),
        divergences=tuple(divergences),
    )

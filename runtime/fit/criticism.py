"""What a fit says of itself: how well it predicts, and what its priors decide."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..interface.arguments import ArgumentError, flag
from ..interface.calls import called
from ..interface.progress import progress_for
from ..rows.predict import thinned

if TYPE_CHECKING:
    from xarray import DataArray, Dataset, DataTree

    from ..compare.loo import Loo
    from .origin import Origin
    from .provenance import Provenance

__all__ = ["Criticism"]

#: Draws that a density of whole groups is computed at: each is an integral.
_MOST_INTEGRALS = 1000


class Criticism:
    """Methods of ``Fit`` about prediction of what is left out."""

    __slots__ = ()

    data: DataTree
    provenance: Provenance
    _origin: Origin

    if TYPE_CHECKING:

        @property
        def _posterior(self) -> Dataset:
            """The draws, with what was sampled in."""

        def log_likelihood(self, response: str | None = None) -> DataArray:
            """Return the log density of each row at each draw."""

    @called
    def loo(
        self,
        *,
        by: str | None = None,
        refit: bool = False,
        response: str | None = None,
        progress: bool = True,
    ) -> Loo:
        """Estimate how well rows, or whole groups, are predicted from all others.

        Leave-one-out cross-validation by Pareto-smoothed importance sampling
        (Vehtari, Gelman & Gabry 2017). Of a reduced file one of the rows of a cell is
        left out at a time, and what it gives is counted for each.

        Parameters
        ----------
        by
            A grouping factor, or a column, whose levels are left out whole: its effects
            are integrated out, as those of a level that was not seen. None: rows are
            left out, and the effects of their groups stay.
        refit
            Whether to fit the model again without each row or level of which Pareto k
            is too large, with the same priors.
        response
            The response that is predicted, where the model has several; None: all
            responses of the row together.
        progress
            Whether to say on stderr how far refits are.

        Returns
        -------
        Loo
            Prints as a table with sentences; ``elpd``, ``se``, ``p``, ``elpd_i``,
            ``pareto_k``, ``to_frame()``, and ``to_arviz()`` for ArviZ. To compare fits
            use ``varying.compare``.

        Raises
        ------
        ValueError
            If there is no such column, if the log likelihood of every row is the same
            at all draws, or if there are too few draws.
        ModelError
            ``not-yet`` for groups whose effects cannot be integrated out.
        """
        from ..compare.exact import exactly
        from ..compare.loo import efficiency, loo_of, measure_words
        from ..compare.units import density_of_units, in_front, units_of

        flag("refit", refit)
        flag("progress", progress)
        compiled, responses = self._origin.compiled, self._origin.responses
        if len(responses) > 1 and refit:
            raise ArgumentError(
                "refit=True is not possible yet for a model with several responses"
            )
        units = units_of(compiled, by)
        kinds = {measure_words(one.family.response) for one in responses.values()}
        reported = self.data["posterior"].to_dataset()
        effective = efficiency(reported)
        counts = None
        if units.by:
            draws = reported.sizes["chain"] * reported.sizes["draw"]
            step = max(1, -(-draws // _MOST_INTEGRALS))
            few = thinned(self._posterior, -(-reported.sizes["draw"] // step))
            density = density_of_units(compiled, units, in_front(few))
            effective = min(effective * step, max(effective, 1.0))
        else:
            values = self.log_likelihood(response)
            flat = values.transpose("row", "chain", "draw").values
            density = flat.reshape(len(flat), -1)
            counts = self._origin.rows.counts
        found = loo_of(
            np.asarray(density, dtype=np.float64),
            units.labels,
            effective,
            measure="density" if "density" in kinds else "probability",
            by=units.by,
            groups=tuple(compiled.lowered.group(one).levels for one in units.groups),
            others=tuple(
                sorted({compiled.lowered.group(one).levels for one in units.others})
            ),
            counts=counts,
        )
        if not refit:
            return found
        settings, told = self.provenance.settings, progress_for(progress)
        return exactly(compiled, units, found, settings, told)

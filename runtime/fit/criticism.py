"""What a fit says of itself: how well it predicts, and what its priors decide."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from ..interface.arguments import ArgumentError, flag, whole
from ..interface.attributes import NearestNames
from ..interface.calls import called
from ..interface.progress import progress_for
from ..rows.categories import numbers_of
from ..rows.predict import thinned

if TYPE_CHECKING:
    from xarray import DataArray, Dataset, DataTree

    from varying.compiler.compiled import Compiled

    from ..compare.kfold import KFold
    from ..compare.loo import Loo
    from ..compare.pit import LooPit
    from ..compare.sensitivity import Sensitivity
    from .origin import Origin
    from .provenance import Provenance

__all__ = ["Criticism"]

#: Draws that a density of whole groups is computed at: each is an integral.
_MOST_INTEGRALS = 1000


class Criticism(NearestNames):
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

        def predict(
            self,
            *,
            seed: int | None = None,
            response: str | None = None,
        ) -> DataArray:
            """Return new responses."""

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
        from ..compare.integrals import density_of_units
        from ..compare.loo import efficiency, loo_of
        from ..compare.units import in_front, units_of

        flag("refit", refit)
        flag("progress", progress)
        whole_model = self._origin.compiled
        compiled, chosen, kinds = self._predicted(response)
        if refit:
            _check_refits(whole_model, "leave out refit=")
        units = units_of(compiled, by)
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
            counted = units.index >= 0
            density = flat.reshape(len(flat), -1)[counted]
            counts = self._origin.rows.counts
            counts = None if counts is None else counts[counted]
        found = loo_of(
            np.asarray(density, dtype=np.float64),
            units.labels,
            effective,
            measure=kinds,
            by=units.by,
            groups=units.integrated,
            others=units.as_fitted,
            counts=counts,
        )
        if not refit:
            return found
        settings, told = self.provenance.settings, progress_for(progress)
        return exactly(whole_model, units, found, settings, told, chosen)

    def _predicted(self, response: str | None) -> tuple[Compiled, str | None, str]:
        """Return what is predicted: a model, its response, what its log density is of.

        No response: all of a row together, as there is one or none is chosen.
        """
        from ..compare.loo import measure_words

        origin = self._origin
        compiled, chosen = origin.compiled, None
        if response is not None and len(origin.responses) > 1:
            chosen = origin.rows_of(response).name
            compiled = compiled.of(chosen)
        elif compiled.own_rows:
            listed = ", ".join(map(repr, origin.responses))
            raise ArgumentError(
                "the responses have rows of their own, and are predicted one by one: "
                f"choose one by response=: {listed}"
            )
        kinds = {
            measure_words(one.family)
            for name, one in origin.responses.items()
            if chosen in (None, name)
        }
        return compiled, chosen, "density" if "density" in kinds else "probability"

    @called
    def kfold(
        self,
        k: int | None = None,
        *,
        by: str | None = None,
        response: str | None = None,
        seed: int | None = None,
        path: str | os.PathLike[str] | None = None,
        progress: bool = True,
    ) -> KFold:
        """Predict rows, or whole groups, by refits that have not seen them.

        Every refit has the priors, scales and categories of this fit, so that they
        differ in their rows alone; it has two chains of 500 draws.

        Parameters
        ----------
        k
            How many parts are left out in turn. None: each level of ``by`` alone, or
            ten parts of the rows.
        by
            A grouping factor, or a column, whose levels are left out whole: see
            ``loo``.
        response
            See ``loo``.
        seed
            Of the order in which rows or levels are dealt to the parts. None: 1.
        path
            A file for what each refit came to, written as they end: where one of an
            earlier, interrupted run is there, what it has is not done again.
        progress
            Whether to say on stderr how far it is.

        Returns
        -------
        KFold
            Prints as a table with sentences; ``elpd``, ``se``, ``elpd_i``, ``folds``,
            ``divergences``, ``to_frame()``.

        Raises
        ------
        ValueError
            If there is no such column, or if there are not so many parts.
        ModelError
            ``not-yet`` for groups whose effects cannot be integrated out.
        OSError
            If the file cannot be written, or is of something else.
        """
        from ..compare.kfold import folds_of, kfold_of
        from ..compare.units import units_of

        flag("progress", progress)
        of, chosen, measure = self._predicted(response)
        _check_refits(self._origin.compiled, "loo() leaves rows out of this fit")
        compiled, units = self._origin.compiled, units_of(of, by)
        if compiled.prepared.table.counts is not None and not units.by:
            raise ArgumentError(
                "rows of a reduced file are cells of equal rows: leave out levels of a "
                "column (by=), or compile with reduce=False"
            )
        number = None if k is None else whole("k", k, 2)
        folds = folds_of(units, number, 1 if seed is None else whole("seed", seed, 0))
        told = progress_for(progress)
        settings = self.provenance.settings
        return kfold_of(compiled, units, folds, settings, told, measure, path, chosen)

    @called
    def sensitivity(self) -> Sensitivity:
        """Say how far the posterior depends on the priors, and on the data.

        Prior and likelihood are raised to powers near 1, and the draws weighted
        accordingly (Kallioinen, Paananen, Buerkner & Vehtari 2024): nothing is fitted
        again. Scaled are the priors at the top of the hierarchy, not the density of
        group effects.

        Returns
        -------
        Sensitivity
            Prints as a table with sentences; ``parameters``, ``to_frame()``.

        Raises
        ------
        ModelError
            As ``log_likelihood``.
        """
        from ..compare.sensitivity import sensitivity
        from ..draws.log_prior import log_prior

        origin = self._origin
        compiled = origin.compiled
        priors = log_prior(compiled.lowered, origin.rows.frame, self._posterior)
        whole = sum(one.values for one in priors.data_vars.values())
        names = origin.responses if compiled.own_rows else [None]
        values = np.concatenate(
            [
                self.log_likelihood(name).transpose("row", "chain", "draw").values
                for name in names
            ]
        )
        counts = origin.rows.counts
        times = np.ones(len(values)) if counts is None else counts.astype(float)
        lower = {one.levels for one in compiled.lowered.groups}
        left_out = [f"effects of `{name}`" for name in sorted(lower)]
        scaled = {str(name) for name in priors.data_vars}
        if any(
            one.name.endswith("log_gap") and one.name not in scaled
            for one in compiled.lowered.parameters
        ):
            left_out.append("gaps between thresholds")
        return sensitivity(
            self.data["posterior"].to_dataset(),
            self.provenance.names,
            np.asarray(whole, dtype=np.float64).ravel(),
            np.tensordot(times, values, axes=1).ravel(),
            compiled,
            tuple(
                one for one in self.provenance.verdict.sentences if "disagree" in one
            ),
            tuple(left_out),
        )

    @called
    def loo_pit(
        self, *, response: str | None = None, seed: int | None = None
    ) -> LooPit:
        """Say where each response is in what is predicted of it from all other rows.

        Of a model that predicts well these probabilities are uniform.

        Parameters
        ----------
        response
            Of which response, where the model has several.
        seed
            Of the predicted responses, and of the random part of values that are
            predicted exactly. None: that of the fit.

        Returns
        -------
        LooPit
            Prints as a table with sentences; ``pit``, ``to_frame()``.

        Raises
        ------
        ValueError, ModelError
            As ``loo`` and ``predict``.
        """
        from ..compare.loo import efficiency
        from ..compare.pit import loo_pit
        from ..compare.units import counted_rows

        rows = self._origin.rows_of(response)
        if rows.family.has_columns:
            raise ArgumentError(
                f"loo_pit is of one number a row, and `{rows.title}` has several; "
                "plot('ppc') shows each of them"
            )
        if "cens" in rows.family.known:
            raise ArgumentError(
                f"loo_pit is of what was observed, and of censored rows of "
                f"`{rows.title}` only a bound is known; loo() scores them by its "
                "probability"
            )
        if rows.family.answers is not None:
            raise ArgumentError(
                f"loo_pit is of one number a row, and `{rows.title}` is a time and an "
                "answer; plot('ppc') shows both"
            )
        chosen = self.provenance.settings.seed if seed is None else seed
        values = self.log_likelihood(rows.name)
        flat = values.transpose("row", "chain", "draw").values.reshape(
            len(rows.labels), -1
        )
        drawn = self.predict(seed=chosen, response=rows.name)
        new = drawn.transpose("row", "chain", "draw").values.reshape(flat.shape)
        observed = np.asarray(rows.frame[rows.program.likelihood.value])
        if drawn.attrs.get("coded") == "number":
            observed = np.asarray(numbers_of(rows.categories))[observed.astype(int)]
        # what has the weight 0 was not learned from, and counts for nothing here
        kept = counted_rows(self._origin.compiled.of(rows.name))
        return loo_pit(
            np.asarray(flat, dtype=np.float64)[kept],
            new[kept],
            observed[kept],
            efficiency(self.data["posterior"].to_dataset()),
            rows.labels[kept].tolist(),
            None if rows.counts is None else rows.counts[kept],
            chosen,
        )


def _check_refits(compiled: Compiled, instead: str) -> None:
    """Refuse to fit again without rows that only one of the responses has."""
    if compiled.own_rows:
        raise ArgumentError(
            "a model whose responses have rows of their own is not fitted again "
            f"without some of them by this version: {instead}"
        )

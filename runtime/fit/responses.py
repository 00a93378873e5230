"""What a fit says of rows: predictions, densities, and what ArviZ takes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Literal, overload

from ..draws.clean import INTERNALS
from ..interface.arguments import ArgumentError, choice, flag
from ..interface.attributes import NearestNames
from ..interface.calls import called
from ..summary.summary import PROB

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path
    from typing import Unpack

    from pandas import DataFrame
    from xarray import DataArray, Dataset, DataTree

    from ..rows.new import Groups
    from ..rows.predict import Prediction
    from .origin import Origin
    from .predictions import PredictOptions
    from .provenance import Provenance

__all__ = ["COMPUTED", "FitResponses"]

#: Groups that are computed when they are asked for.
COMPUTED = ("log_likelihood", "log_prior")


class FitResponses(NearestNames):
    """Methods of ``Fit`` about the responses of rows."""

    __slots__ = ()

    data: DataTree
    provenance: Provenance
    _origin: Origin
    _densities: dict[str | None, DataArray]

    if TYPE_CHECKING:

        @property
        def _posterior(self) -> Dataset:
            """The draws, with what was sampled in."""

    @overload
    def predict(
        self,
        data: Any = None,
        kind: Prediction = "response",
        *,
        summary: Literal[True],
        out: None = None,
        **options: Unpack[PredictOptions],
    ) -> DataFrame: ...
    @overload
    def predict(
        self,
        data: Any = None,
        kind: Prediction = "response",
        *,
        out: str | os.PathLike[str],
        summary: bool | None = None,
        **options: Unpack[PredictOptions],
    ) -> Path: ...
    @overload
    def predict(
        self,
        data: Any = None,
        kind: Prediction = "response",
        *,
        summary: Literal[False] | None = None,
        out: None = None,
        **options: Unpack[PredictOptions],
    ) -> DataArray: ...
    @called
    def predict(
        self,
        data: Any = None,
        kind: Prediction = "response",
        *,
        groups: Groups = "fitted",
        draws: int | None = None,
        seed: int | None = None,
        dpar: str | None = None,
        response: str | None = None,
        quantiles: Sequence[float] | None = None,
        summary: bool | None = None,
        prob: float = PROB,
        out: str | os.PathLike[str] | None = None,
        overwrite: bool = False,
        progress: bool = True,
    ) -> DataArray | DataFrame | Path:
        """Predict for new rows, or for those of the fit.

        Parameters
        ----------
        data
            New rows with the columns of the data: a data frame, a mapping of names to
            columns, or the path of a data file. What the spec makes of columns is made
            of theirs, with the numbers that were learned from the rows of the fit;
            ``where`` is not applied, and the response may be missing. None: the rows
            of the fit.
        kind
            ``response``: new responses (the posterior predictive), coded as
            ``Model.prior_predictive`` codes them: in numbers where all
            categories are numbers, else as ranks from 0, which the attributes
            ``categories`` and ``coded`` say. ``mean``: the mean of the response,
            for a binary one the probability of the second category. ``prob``:
            the probability of each category of an ordinal or binary response.
            ``eta``: the linear predictor, on the scale of the link. ``membership``: of
            a mixture, how likely each row is of each component, given its response.
            ``quantile``: quantiles of new responses over all draws.
        groups
            Which effects of groups. ``fitted``: those of the fit; levels that it has
            not seen are an error. ``new``: such levels, and rows without one, are other
            ones of the fitted population; those that it has seen keep their effects.
            ``zero``: 0 (also ``population``). ``average``: the mean over new groups, of
            ``mean``, ``prob`` and ``eta``.
        draws
            How many draws to take of each chain, evenly spaced; None: all.
        seed
            Of ``response`` and of new groups: the same seed gives the same draws. Of
            several responses it gives draws of one joint distribution.
        dpar
            A parameter of the family beside the main one, such as ``sigma``, to
            have in its place: with ``eta`` the linear predictor that its formula
            gives it, on the scale of its link; with ``mean`` its value. A ``shape``
            is that of one unit of ``t`` in ``y | rate(t)``.
        response
            Of which response, where the model has several.
        quantiles
            Which ones; None: 0.025, 0.25, 0.5, 0.75, 0.975.
        summary
            True: a data frame with mean, sd, median and interval of each row beside
            its columns, in which no draw is kept. None: all draws; in a table that is
            written, the summary.
        prob
            Mass of the equal-tailed interval of a summary.
        out
            A file to write, block by block, so that it may be larger than memory: a
            table (``.csv``, ``.parquet``) or all draws (``.zarr``).
        overwrite
            Whether a file that is there is replaced.
        progress
            Whether a terminal shows how far it is.

        Returns
        -------
        DataArray
            With the dims ``chain``, ``draw`` and ``row``; of ``prob`` also
            ``category``, K times as large: on many rows give ``draws``. ``row``
            is the number of the row in the data, from 0, and ``category`` its
            number where all are numbers, else its name. Of a reduced file the
            rows are cells: ``row`` is the number of the first row of each, and
            the coordinate ``count`` how many there are.

        Raises
        ------
        ValueError
            If an argument makes no sense, if the model has several responses and
            none is chosen, for ``mean`` of an ordinal response whose categories are
            no numbers and for ``prob`` of one without categories.
        ModelError
            ``new-level``, ``missing-value``, ``unknown-column``, ``wrong-type`` or
            ``infinite-value`` for new rows of which the model cannot say anything;
            ``not-a-fit`` if the file holds other data than those of its draws;
            ``not-enough-memory`` for more numbers than fit into it.
        """
        from .predictions import predicted, request_of

        asked = request_of(
            data=data,
            kind=kind,
            groups=groups,
            draws=draws,
            seed=seed,
            dpar=dpar,
            response=response,
            quantiles=quantiles,
            summary=summary,
            prob=prob,
            out=out,
            overwrite=overwrite,
            progress=progress,
        )
        return predicted(self._origin, self._posterior, asked)

    @called
    def log_likelihood(self, response: str | None = None) -> DataArray:
        """Return the log density of each row's response at each draw.

        Parameters
        ----------
        response
            Of which response, where the model has several; None: of all of them, the
            joint density of a row.

        Returns
        -------
        DataArray
            With the dims ``chain``, ``draw`` and ``row``; computed once and kept.

        Raises
        ------
        ValueError
            If there is no such response.
        ModelError
            ``not-a-fit`` if the file holds other data than those of its draws;
            ``not-enough-memory`` for more numbers than fit into it.
        """
        from ..rows.predict import joint_log_likelihood, log_likelihood

        origin = self._origin
        if response is None and len(origin.responses) == 1:
            response = origin.rows.name
        if response is not None:
            response = origin.rows_of(response).name
        elif origin.compiled.own_rows:
            listed = ", ".join(map(repr, origin.responses))
            raise ArgumentError(
                "the responses have rows of their own, so that no row has a density of "
                f"all of them: choose one by response=: {listed}"
            )
        if response not in self._densities:
            posterior = self._posterior
            self._check_rows(posterior, 1)
            if response is None:
                found = joint_log_likelihood(origin.together, posterior, origin.name)
            else:
                found = log_likelihood(origin.rows_of(response), posterior)
            self._densities[response] = found
        return self._densities[response].copy(deep=False)

    def _check_rows(self, posterior: Dataset, several: int) -> None:
        """Refuse so many numbers for each row and draw where there is no room."""
        from varying.grammar.source import Source

        from ..sampling.sizes import check_rows

        there = self.provenance
        draws = posterior.sizes["chain"] * posterior.sizes["draw"]
        rows = several * len(self._origin.rows.labels)
        check_rows(Source(there.spec, there.spec_name), draws, rows)

    @called
    def to_arviz(
        self,
        *,
        log_likelihood: bool = True,
        posterior_predictive: bool = True,
        log_prior: bool = False,
        internals: bool = False,
        draws: int | None = None,
        seed: int | None = None,
    ) -> DataTree:
        """Return the draws with the groups that more of ArviZ's functions need.

        ``observed_data`` is coded as ``predict`` codes responses, so that the two
        can be laid over each other.

        Parameters
        ----------
        log_likelihood, posterior_predictive
            Whether to add the group of that name. Each has a number for every
            row and draw.
        log_prior
            Whether to add the log prior density of each parameter, for
            ``arviz.psense``.
        internals
            Whether to have what was only sampled in (the group ``unconstrained``) in
            ``posterior`` as well, where PyMC's functions look for it.
        draws, seed
            Of ``posterior_predictive``, as for ``predict``. ``arviz.loo_pit``
            needs all draws.
        """
        from ..rows.categories import with_categories
        from .origin import observed_in

        flag("log_likelihood", log_likelihood)
        flag("posterior_predictive", posterior_predictive)
        flag("log_prior", log_prior)
        flag("internals", internals)
        from xarray import Dataset, DataTree

        responses = self._origin.responses
        self._origin.check_observed(observed_in(self.data))
        tree = self.data
        for name, rows in responses.items():
            tree = with_categories(tree, name, rows.ranks, numbers=True)
        groups = {name: node.to_dataset() for name, node in tree.children.items()}
        for name in COMPUTED:
            groups.pop(name, None)
        if log_likelihood:
            groups["log_likelihood"] = self._computed("log_likelihood")
        if log_prior:
            groups["log_prior"] = self._computed("log_prior")
        if internals:
            groups["posterior"] = self._posterior
            groups.pop(INTERNALS, None)
        if posterior_predictive:
            groups["posterior_predictive"] = Dataset(self._drawn(draws, seed))

        found: DataTree = DataTree.from_dict(dict(groups))
        found.attrs = dict(self.data.attrs)
        return found

    @called
    def compute(self, *groups: str) -> DataTree:
        """Put groups that ArviZ's functions need into ``data``, and return it.

        Parameters
        ----------
        *groups
            ``log_likelihood``: of each row at each draw, for ``arviz.loo`` and
            ``arviz.compare``. ``log_prior``: of each parameter at each draw, with
            ``log_likelihood`` for ``arviz.psense_summary``.

        Raises
        ------
        ValueError
            If it knows no such group, or is given none.
        ModelError
            As ``log_likelihood``.

        Examples
        --------
        ``fit.compute("log_likelihood")``, then ``az.loo(fit.data)``.
        """
        from xarray import DataTree

        if not groups:
            raise ArgumentError(f"which groups? There are {' and '.join(COMPUTED)}")
        for name in groups:
            choice("groups", name, COMPUTED, "no group that can be computed is called")
        for name in groups:
            if name not in self.data:
                self.data[name] = DataTree(self._computed(name))
        return self.data

    def _computed(self, group: str) -> Dataset:
        from xarray import Dataset

        if group == "log_likelihood":
            names = self._origin.responses
            found = {name: self.log_likelihood(name) for name in names}
            return Dataset(self._on_own_rows(found))
        from ..draws.log_prior import log_prior

        compiled = self._origin.compiled
        frame = self._origin.rows.frame
        return log_prior(compiled.lowered, frame, self._posterior)

    def _drawn(self, draws: int | None, seed: int | None) -> dict[str, DataArray]:
        """Return new responses by name; several are drawn together."""
        from ..rows.predict import joint_draws, thinned

        responses = self._origin.responses
        if len(responses) == 1:
            return dict.fromkeys(responses, self.predict(draws=draws, seed=seed))
        if self._origin.compiled.own_rows:
            each = {
                name: self.predict(draws=draws, seed=seed, response=name)
                for name in responses
            }
            return self._on_own_rows(each)
        posterior = thinned(self._posterior, draws)
        self._check_rows(posterior, len(responses))
        return joint_draws(self._origin.together, posterior, seed)

    def _on_own_rows(self, found: dict[str, DataArray]) -> dict[str, DataArray]:
        """Return arrays of responses on the axes of their rows, which may differ."""
        rows = self._origin.responses
        axes = {name: rows[name].program.likelihood.rows for name in found}
        return {
            name: one if axes[name] == "row" else one.rename(row=axes[name])
            for name, one in found.items()
        }

"""A fitted model: the draws, what they come to, and where they are from."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, overload

from varying.grammar.render.safe import visible

from ..draws.clean import INTERNALS, all_draws, cleaned
from ..draws.row import Row
from ..interface.arguments import (
    ArgumentError,
    between,
    choice,
    flag,
    path_text,
    words,
)
from ..interface.calls import called
from ..interface.printed import Printed
from ..questions.answers import Answers, answers_of, frame_of
from ..summary.summary import PROB, Summary, rows_of, summary_of
from . import store
from .criticism import Criticism
from .origin import Origin
from .provenance import Provenance

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path
    from typing import Unpack

    import numpy as np
    from numpy.typing import NDArray
    from pandas import DataFrame
    from xarray import DataArray, Dataset, DataTree

    from ..plots import Kind as PlotKind
    from ..plots.style import Picture
    from ..rows.new import Groups
    from ..rows.predict import Prediction
    from ..sampling.settings import Settings
    from ..verdict.verdict import Verdict
    from .answer import Answer
    from .make import FitContents
    from .predictions import PredictOptions

__all__ = ["Fit"]

#: Groups that are computed when they are asked for.
_COMPUTED = ("log_likelihood", "log_prior")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Fit(Criticism):
    """The result of ``Model.fit`` and of ``varying.load``.

    Attributes
    ----------
    data
        The draws, with the groups ``posterior``, ``sample_stats`` and
        ``observed_data``: what ArviZ's functions take. ``posterior`` has the
        parameters as they are reported; what was only sampled in is in the group
        ``unconstrained``. Ids of groups that are numbers in the data are numbers
        (``sel(g=3)``). More groups are there after ``compute``. An ordinal or binary
        response is in ``observed_data`` as ranks among its categories, from 0,
        like all that PyMC draws with ``Model.pymc``; their names are the
        variable's attribute ``categories``. ``row`` is the number of the row in
        the data, from 0.
    provenance
        The spec, settings, versions and data that they come from.
    """

    data: DataTree
    provenance: Provenance
    _origin: Origin
    _rows: dict[tuple[float, bool], tuple[Row, ...]] = field(default_factory=dict)
    _densities: dict[str | None, DataArray] = field(default_factory=dict)
    _answers: dict[float, Answers] = field(default_factory=dict)
    _state: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, made: FitContents) -> Fit:
        """Return the fit of what was made."""
        rows = {(PROB, True): made.rows}
        names, table = made.provenance.names, made.origin.table
        data = cleaned(made.data, names, table)
        return cls(data, made.provenance, made.origin, rows, _state=made.state)

    @property
    def model(self) -> str:
        """The model's name."""
        return self.provenance.model

    @property
    def spec(self) -> str:
        """The text of the spec."""
        return Printed(self.provenance.spec)

    @property
    def settings(self) -> Settings:
        """How it was sampled."""
        return self.provenance.settings

    @property
    def seed(self) -> int:
        """The seed; the same again gives the same draws."""
        return self.provenance.settings.seed

    @property
    def partial(self) -> bool:
        """Whether sampling was stopped before all draws were made: see ``resume``."""
        return self.provenance.partial

    @property
    def verdict(self) -> Verdict:
        """Whether the figures can be used, and what to do if not."""
        return self.provenance.verdict

    @called
    def summary(self, *, all: bool = False, prob: float = PROB) -> Summary:
        """Return the table of the parameters.

        Parameters
        ----------
        all
            Also list each group's effects, and print long blocks whole.
        prob
            Mass of the equal-tailed interval.
        """
        prob, all = between("prob", prob), flag("all", all)
        stats = self.data["sample_stats"].to_dataset()
        return summary_of(
            self.provenance,
            self._figures(prob, effects=all),
            self._answered(prob),
            stats["diverging"].values if "diverging" in stats else None,
            prob=prob,
            whole=all,
        )

    @property
    def quantities(self) -> DataFrame:
        """The spec's quantities: one row each, with the figures of a summary."""
        return frame_of(self._answered(PROB).quantities)

    @property
    def tests(self) -> DataFrame:
        """The spec's tests, one row each.

        The figures are of what is compared (the column ``of``); ``probability`` is
        that of the test, ``mcse`` its Monte Carlo standard error, ``bayes_factor``
        that of the region against its complement, where the spec has the priors.
        """
        return frame_of(self._answered(PROB).tests)

    @property
    def contrasts(self) -> DataFrame:
        """The spec's contrasts: a row for each level of ``| by`` and category."""
        return frame_of(self._answered(PROB).contrasts)

    @called
    def ask(self, question: str, *, prob: float = PROB) -> Answer:
        """Ask the fit something: the same text that may stand in a spec.

        Parameters
        ----------
        question
            One or several statements: ``means block*cs, scale=response``,
            ``contrast block: late - early | cs``, ``slope age, age=[20, 40]``,
            ``quantity d = b[cs] / sigma``, ``test less = b[cs] < 0``. See
            ``docs/quantities.md``.
        prob
            Mass of the equal-tailed intervals.

        Returns
        -------
        Answer
            It prints as a table; ``draws``, ``to_frame()``, ``to_markdown()``,
            ``to_latex()``, ``to_csv()``, ``to_json()`` and ``plot()`` have it in
            other forms.

        Raises
        ------
        ModelError
            With everything that is wrong with the question; ``not-a-fit`` if the file
            holds other data than those of its draws.
        """
        from ..questions.asking import ask
        from ..questions.quantities import plain_draws
        from .answer import Answer

        text, prob = words("question", question), between("prob", prob)
        compiled = self._origin.compiled
        posterior = self._posterior
        found = ask(text, compiled, plain_draws(compiled, posterior), self.seed)
        return Answer.of(
            found, posterior["chain"].values, posterior["draw"].values, prob
        )

    def _asked(
        self, verb: str, text: str, options: Mapping[str, Any], prob: float
    ) -> Answer:
        """Ask what a method is called with."""
        from ..questions.statements import statement

        found: Answer = self.ask(statement(verb, text, options), prob=prob)
        return found

    @called
    def means(self, cells: str = "1", *, prob: float = PROB, **options: Any) -> Answer:
        """Return the means of cells: ``fit.means("block*cs", scale="response")``.

        Parameters
        ----------
        cells
            Factors, as ``block*cs``; those not named are averaged over.
        prob
            Mass of the equal-tailed intervals.
        **options
            ``by``, ``scale``, ``groups``, ``weights``, ``over``, and predictors at
            values of theirs: ``age=[20, 40]``, as in ``means`` of a spec.
        """
        return self._asked("means", cells, options, prob)

    @called
    def contrast(self, *parts: str, prob: float = PROB, **options: Any) -> Answer:
        """Compare cells: ``fit.contrast("block: late - early", by="cs")``.

        Parameters
        ----------
        *parts
            Factors with weights of their levels, ``pairwise`` or ``reference``.
        prob, **options
            As in ``means``.
        """
        return self._asked("contrast", ", ".join(parts), options, prob)

    @called
    def slope(self, variable: str, *, prob: float = PROB, **options: Any) -> Answer:
        """Return the slope of a numeric predictor: ``fit.slope("age", by="sex")``.

        Parameters
        ----------
        variable
            The predictor.
        prob, **options
            As in ``means``; with ``over="data"`` averaged over the rows.
        """
        return self._asked("slope", variable, options, prob)

    def _answered(self, prob: float) -> Answers:
        if prob not in self._answers:
            self._answers[prob] = answers_of(self.data, prob)
        return self._answers[prob]

    def _figures(self, prob: float, *, effects: bool) -> tuple[Row, ...]:
        """Return the rows; R-hat and the like are slow, so they are kept."""
        whole = self._rows.get((prob, True))
        if whole is not None and not effects:
            unwanted = set(self.provenance.names.effects)
            return tuple(row for row in whole if row.name not in unwanted)
        if (prob, effects) not in self._rows:
            self._rows[prob, effects] = rows_of(
                self.data["posterior"].to_dataset(),
                self.provenance.names,
                effects=effects,
                prob=prob,
            )
        return self._rows[prob, effects]

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
            ``eta``: the linear predictor, on the scale of the link. ``quantile``:
            quantiles of new responses over all draws.
        groups
            Which effects of groups. ``fitted``: those of the fit; levels that it has
            not seen are an error. ``new``: such levels, and rows without one, are other
            ones of the fitted population; those that it has seen keep their effects.
            ``population``: 0. ``average``: the mean over new groups, of ``mean``,
            ``prob`` and ``eta``.
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
            none is chosen, for ``mean`` of an ordinal response
            (it would treat categories as equally spaced) and for ``prob`` of one
            without categories.
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
        if response not in self._densities:
            posterior = self._posterior
            self._check_rows(posterior, 1)
            if response is None:
                found = joint_log_likelihood(origin.together, posterior, origin.name)
            else:
                found = log_likelihood(origin.rows_of(response), posterior)
            self._densities[response] = found
        return self._densities[response].copy(deep=False)

    @property
    def _posterior(self) -> Dataset:
        """The draws of the parameters, and of what was sampled in their place."""
        return all_draws(self.data)

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

        flag("log_likelihood", log_likelihood)
        flag("posterior_predictive", posterior_predictive)
        flag("log_prior", log_prior)
        flag("internals", internals)
        from xarray import Dataset, DataTree

        responses = self._origin.responses
        self._origin.check_observed(self.data)
        tree = self.data
        for name, rows in responses.items():
            tree = with_categories(tree, name, rows.categories, numbers=True)
        groups = {name: node.to_dataset() for name, node in tree.children.items()}
        for name in _COMPUTED:
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
            raise ArgumentError(f"which groups? There are {' and '.join(_COMPUTED)}")
        for name in groups:
            choice("groups", name, _COMPUTED, "no group that can be computed is called")
        for name in groups:
            if name not in self.data:
                self.data[name] = DataTree(self._computed(name))
        return self.data

    def _computed(self, group: str) -> Dataset:
        from xarray import Dataset

        if group == "log_likelihood":
            names = self._origin.responses
            return Dataset({name: self.log_likelihood(name) for name in names})
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
        posterior = thinned(self._posterior, draws)
        self._check_rows(posterior, len(responses))
        return joint_draws(self._origin.together, posterior, seed)

    @overload
    def plot(self, kind: PlotKind, *, ax: None = None, **options: Any) -> Picture: ...
    @overload
    def plot[Drawn](self, kind: PlotKind, *, ax: Drawn, **options: Any) -> Drawn: ...
    def plot(self, kind: PlotKind, *, ax: Any = None, **options: Any) -> Any:
        """Return a picture: a Matplotlib figure; ``save(path)`` writes it.

        Needs Matplotlib (``pip install "varying[plots]"``).

        Parameters
        ----------
        kind
            ``trace``: densities and chains. ``forest``: medians with 50 % and 95 %
            intervals. ``ppc``: the data beside what the model draws. ``pairs``:
            parameters against each other, divergences marked.
        ax
            Axes of Matplotlib to draw on in place of a figure, which are returned; an
            array of them where there are several panels. The error for another number
            says how many. What is left out is then warned of.
        **options
            ``var``: names of parameters to show (trace, forest, pairs). ``by``: a
            column, ``draws``: how many data sets, ``seed`` (ppc).

        Raises
        ------
        ValueError
            If there is no such kind, option, parameter or column, or if an
            option has a value that makes no sense.
        """
        from ..plots import plot

        return plot(self, kind, ax, **options)

    @called
    def resume(
        self,
        *,
        draws: int | None = None,
        cores: int | None = None,
        progress: bool = True,
    ) -> Fit:
        """Go on sampling, and return a fit with the draws of both.

        The model and the data are those of the fit. nutpie cannot be given the state
        that it had adapted to, so the chains tune anew (``settings.tune`` draws, which
        are not kept), from where they ended; of PyMC's graph from new starting points.
        The figures are then of all draws, and ``provenance.runs`` says which run each
        is from.

        Parameters
        ----------
        draws
            How many there are to be in each chain in all; None: as many as were asked
            for at first.
        cores
            Chains to run at a time; default: as many as there are processors.
        progress
            Whether to show progress on stderr.

        Raises
        ------
        ValueError
            If the fit has them already.
        ModelError, KeyboardInterrupt
            As ``Model.fit``; ``not-a-fit`` if the file holds other data than those of
            its draws.
        """
        from ..interface.progress import progress_for
        from .make import go_on

        flag("progress", progress)
        return Fit.of(go_on(self, draws, cores, progress_for(progress)))

    @called
    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fit to exactly this path; see ``varying.load``.

        The file is written whole or not at all. A fit that was there before is
        replaced.

        Raises
        ------
        FileExistsError
            If a file is there that is no fit, such as the data or the spec.
        OSError
            If the file cannot be written.
        """
        path_text("path", path, "that of the file to write")
        from ..sampling.targets import in_the_way

        reason = in_the_way(path, store.is_fit, "no fit")
        if reason is not None:
            raise FileExistsError(errno.EEXIST, reason, os.fspath(path))
        table = self._origin.table
        # what can be computed again is not stored
        kept = [name for name in self.data.children if name not in _COMPUTED]
        data = self.data.filter(lambda node: node.name in (None, *kept))
        store.write(path, data, self.provenance, table, self._state)

    def __repr__(self) -> str:
        settings = self.provenance.settings
        chains, draws = self.provenance.drawn
        lines = (
            f"Fit of {self.provenance.formula}",
            f"{chains} x {draws} draws with {settings.sampler}, seed {settings.seed}",
            self.verdict.sentences[0],
        )
        return "\n".join(map(visible, lines))

    def _repr_html_(self) -> str:
        from .page import of_fit

        return of_fit(self)

"""A fitted model: the draws, what they come to, and where they are from."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, overload

from varying.grammar.render.safe import visible

from ..draws.clean import all_draws, cleaned
from ..draws.row import StatisticsRow
from ..interface.arguments import (
    between,
    flag,
    path_text,
)
from ..interface.calls import called
from ..interface.printed import Printed
from ..questions.answers import Answers
from ..summary.summary import PROB, Summary, rows_of, summary_of
from . import store
from .criticism import Criticism
from .estimates import Estimates
from .origin import Origin
from .provenance import Provenance
from .responses import COMPUTED, FitResponses

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from xarray import DataArray, Dataset, DataTree

    from ..plots import PlotKind
    from ..plots.style import Picture
    from ..sampling.settings import SamplerSettings
    from ..verdict.verdict import Verdict
    from .make import FitContents

__all__ = ["Fit"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Fit(Estimates, FitResponses, Criticism):
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
    _rows: dict[tuple[float, bool], tuple[StatisticsRow, ...]] = field(
        default_factory=dict
    )
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
    def settings(self) -> SamplerSettings:
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

    def _figures(self, prob: float, *, effects: bool) -> tuple[StatisticsRow, ...]:
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

    @property
    def _posterior(self) -> Dataset:
        """The draws of the parameters, and of what was sampled in their place."""
        return all_draws(self.data)

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
            parameters against each other, divergences marked. ``cells``: data and
            model in each cell of the design. ``effects``: means of cells, or along a
            numeric predictor. ``shrinkage``: groups as fitted, and each alone.
            ``thresholds``: those of ordinal families. ``prior-posterior``: each
            parameter before and after the data.
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
        kept = [name for name in self.data.children if name not in COMPUTED]
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

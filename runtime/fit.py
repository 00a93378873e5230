"""A fitted model: the draws, what they come to, and where they are from."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import store
from .provenance import Provenance
from .summary import PROB, Row, Sampling, Summary, rows_of

if TYPE_CHECKING:
    from xarray import DataTree

    from .settings import Settings
    from .verdict import Verdict

__all__ = ["Fit"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Fit:
    """The result of ``Model.fit`` and of ``varying.load``.

    Attributes
    ----------
    data
        The draws, with the groups ``posterior``, ``sample_stats`` and
        ``observed_data``: what ArviZ's functions take. An ordinal or binary
        response is in ``observed_data`` as ranks among its categories, from 0,
        like all that PyMC draws with ``Model.pymc``; their names are the
        variable's attribute ``categories``. ``row`` is the number of the row in
        the data, from 0.
    provenance
        The spec, settings, versions and data that they come from.
    """

    data: DataTree
    provenance: Provenance
    _rows: dict[tuple[float, bool], tuple[Row, ...]] = field(default_factory=dict)

    @property
    def model(self) -> str:
        """The model's name."""
        return self.provenance.model

    @property
    def spec(self) -> str:
        """The text of the spec."""
        return self.provenance.spec

    @property
    def settings(self) -> Settings:
        """How it was sampled."""
        return self.provenance.settings

    @property
    def seed(self) -> int:
        """The seed; the same again gives the same draws."""
        return self.provenance.settings.seed

    @property
    def verdict(self) -> Verdict:
        """Whether the figures can be used, and what to do if not."""
        return self.provenance.verdict

    def summary(self, *, all: bool = False, prob: float = PROB) -> Summary:
        """Return the table of the parameters.

        Parameters
        ----------
        all
            Also list each group's effects, and print long blocks whole.
        prob
            Mass of the equal-tailed interval.
        """
        rows = self._figures(prob, effects=all)
        formula = self.provenance.formula
        return Summary(rows, prob, self._sampling(), whole=all, formula=formula)

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

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the fit to exactly this path; see ``varying.load``.

        The file is written whole or not at all. A file that was there before
        is replaced.
        """
        store.write(path, self.data, self.provenance)

    def _sampling(self) -> Sampling:
        settings = self.provenance.settings
        stats = self.data["sample_stats"]
        return Sampling(
            draws=settings.draws,
            tune=settings.tune,
            chains=settings.chains,
            divergences=int(stats["diverging"].sum()) if "diverging" in stats else 0,
            seconds=self.provenance.seconds,
            sampler=settings.sampler,
            versions=self.provenance.versions,
            verdict=self.provenance.verdict,
        )

    def __repr__(self) -> str:
        settings = self.provenance.settings
        return (
            f"Fit of {self.provenance.formula}\n"
            f"{settings.chains} x {settings.draws} draws with {settings.sampler}, "
            f"seed {settings.seed}\n{self.verdict.sentences[0]}"
        )

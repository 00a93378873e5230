"""A compiled model: look at it, sample from its priors, fit it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from varying.grammar.diagnostics import Diagnostic, ModelError, Severity
from varying.grammar.render.safe import visible
from varying.grammar.source import Span

from .interface.arguments import flag
from .interface.attributes import NearestNames
from .interface.calls import called
from .interface.printed import Printed
from .rows.reduced import rows_text

if TYPE_CHECKING:
    from pymc import Model as PyMCModel
    from xarray import DataTree

    from varying.compiler.compiled import Compiled
    from varying.grammar.tree import ModelStatement, Spec

    from .fit.fit import Fit
    from .look.design import Design
    from .look.prior_check import PriorCheck
    from .look.priors import Priors
    from .sampling.settings import Backend, Sampler, SamplerSettings

__all__ = ["Model"]

#: Notes that are printed; all are in ``diagnostics``.
_SHOWN = 8


@dataclass(frozen=True, eq=False, repr=False)
class Model(NearestNames):
    """One model of a spec, with its data or without.

    Attributes
    ----------
    spec
        The syntax tree of the whole text.
    name
        The model's name; ``main`` if it has none.
    compiled
        Every stage of its compilation; None without data.
    diagnostics
        Warnings and notes.
    """

    spec: Spec
    name: str
    compiled: Compiled | None
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def text(self) -> str:
        """The text of the whole spec."""
        return Printed(self.spec.source.text)

    @property
    def formula(self) -> str:
        """The model's formula, in canonical spelling if there are data."""
        if self.compiled is not None:
            return self.compiled.joint.text
        return self.spec.source.slice(self._statement.formula.span)

    @property
    def priors(self) -> Priors:
        """The prior of each parameter, with its reason."""
        from .look.priors import priors_of

        return priors_of(self._with_data("the priors"))

    @property
    def design(self) -> Design:
        """Rows, columns with their coding, groups."""
        from .look.design import Design

        return Design(self._with_data("the design"))

    @property
    def ir(self) -> str:
        """The program as it is sampled, after all passes, as text.

        The last line says what samples it: the kernel, or the graph and why.
        """
        from varying.compiler.backends.kernel import NoKernel
        from varying.compiler.program.text import program_text

        from .workspace.workspace import workspace

        sampled = workspace().sampled(self._with_data("the program"))
        try:
            program, by = sampled.for_kernel[0], "the kernel"
        except NoKernel as error:
            program, by = sampled.program, f"the graph: {error}"
        return Printed(f"{program_text(program)}  sampled by {by}\n")

    @cached_property
    def source(self) -> str:
        """A PyMC program that runs as a script and has the same log density."""
        from varying.compiler.backends.source import emit

        return Printed(emit(self._with_data("the PyMC program")))

    @cached_property
    def pymc(self) -> PyMCModel:
        """The PyMC model.

        Its coordinate ``row`` has the numbers of the rows in the data, from 0, so
        that rows left out leave gaps. An ordinal or binary response is in it as
        ranks among the categories, from 0. Of a reduced file the rows are cells,
        with the number of the first row of each, and count as often as they are
        there.

        Raises
        ------
        ModelError
            ``needs-data`` if the model was compiled without data.
        """
        compiled = self._with_data("the PyMC model")
        from varying.compiler.backends.pymc import emit

        rows = {axis: of.rows.tolist() for axis, of in compiled.rows_by_axis.items()}
        return emit(compiled.program, compiled.frame, rows)

    @called
    def fit(
        self,
        draws: int = 1000,
        tune: int = 1000,
        chains: int = 4,
        seed: int | None = None,
        sampler: Sampler = "nutpie",
        cores: int | None = None,
        progress: bool = True,
        target_accept: float | None = None,
        backend: Backend = "auto",
    ) -> Fit:
        """Sample the posterior.

        Interrupted (Ctrl-C, or *stop* in a notebook), it returns the draws that there
        are, with a warning, as a fit that says it is partial; a second interrupt ends
        it. ``Fit.resume`` goes on from there.

        Parameters
        ----------
        draws, tune
            Draws to keep and draws to adapt by, per chain.
        chains
            Number of chains.
        seed
            The same seed gives the same draws. Without one, one is drawn and
            stored.
        sampler
            ``nutpie`` or ``pymc``.
        cores
            Chains to run at a time; default: as many as there are processors.
        progress
            Whether to show progress on stderr.
        target_accept
            Between 0 and 1; nearer to 1, smaller steps and fewer divergences.
        backend
            ``kernel``: native code, which waits for no compilation; ``graph``: the
            PyMC model. ``auto``: the kernel, where there is one for the model and
            the sampler (``Model.ir`` says so).

        Raises
        ------
        ModelError
            ``needs-data`` without data, ``not-enough-memory`` for more draws than
            fit into it, ``sampling-failed`` if the sampler cannot start.
        ValueError
            If an argument makes no sense.
        KeyboardInterrupt
            If it is interrupted before there are draws to keep, or twice.
        """
        from .fit.fit import Fit
        from .fit.make import fit_model
        from .interface.progress import progress_for
        from .sampling.settings import SamplerSettings

        flag("progress", progress)
        settings = SamplerSettings.checked(
            draws=draws,
            tune=tune,
            chains=chains,
            seed=seed,
            sampler=sampler,
            cores=cores,
            target_accept=target_accept,
            backend=backend,
        )
        compiled = self._with_data("a fit")
        return Fit.of(fit_model(compiled, settings, progress_for(progress)))

    def _fitted(self, data: DataTree, settings: SamplerSettings, seconds: float) -> Fit:
        """Return the fit of draws that have been made."""
        from .fit.fit import Fit
        from .fit.make import fit_of_draws

        compiled = self._with_data("a fit")
        return Fit.of(fit_of_draws(compiled, data, settings, seconds))

    @called
    def prior_predictive(self, draws: int = 500, seed: int | None = None) -> DataTree:
        """Draw parameters from the priors, and responses given them.

        An ordinal or binary response whose categories are all numbers is given
        in these numbers, in ``prior_predictive`` and ``observed_data``; any other
        as ranks among the categories, from 0. The attributes of the variable say
        which: ``categories`` (their names, in order) and ``coded`` (``number`` or
        ``rank``). ``row`` is the number of the row in the data, from 0. Of a reduced
        file the rows are cells, as in ``pymc``: one response for each.

        Parameters
        ----------
        draws
            Number of draws.
        seed
            The same seed gives the same draws.

        Raises
        ------
        ModelError
            ``needs-data`` without data; ``improper-prior`` if a prior is flat:
            it is no distribution to draw from.
        ValueError
            If an argument makes no sense.
        """
        from .rows.from_priors import drawn_from_priors
        from .sampling.settings import SamplerSettings

        settings = SamplerSettings.checked(draws=draws, seed=seed)
        compiled = self._with_data("a prior predictive")
        return drawn_from_priors(compiled, compiled.prepared.table, settings, self)

    @called
    def prior_check(
        self,
        draws: int = 500,
        seed: int | None = None,
        *,
        response: str | None = None,
    ) -> PriorCheck:
        """Say what the priors claim of the data, in sentences and in a picture.

        Data sets are drawn from the priors, and a few statistics of each, such as
        the share of zeros, are put beside those of the data.

        Parameters
        ----------
        draws
            Number of data sets.
        seed
            The same seed gives the same data sets. Without one, one is drawn; it
            is the result's ``seed``.
        response
            Of which response, where the model has several.

        Returns
        -------
        PriorCheck
            Prints as its ``sentences``; ``plot()`` returns a Matplotlib figure.

        Raises
        ------
        ModelError, ValueError
            As ``prior_predictive``.
        """
        from .look.prior_check import check_prior
        from .rows.engine import Rows
        from .rows.from_priors import drawn_from_priors
        from .rows.reduced import split
        from .rows.replicates import Replicates
        from .rows.responses import chosen
        from .sampling.settings import SamplerSettings

        settings = SamplerSettings.checked(draws=draws, seed=seed)
        compiled = self._with_data("a prior check")
        place = compiled.responses.index(chosen(response, compiled.variables))
        table = split(compiled.prepared.table)
        drawn = drawn_from_priors(compiled, table, settings, self)
        rows = Rows.each(compiled, None if compiled.own_rows else table)[place]
        found = drawn["prior_predictive"].to_dataset()[rows.name]
        axis = rows.program.likelihood.rows
        values = found.transpose("chain", "draw", axis, ...).values
        values = values.reshape(-1, *values.shape[2:])
        return check_prior(Replicates.of(rows, values), settings.seed)

    def _with_data(self, wanted: str) -> Compiled:
        if self.compiled is not None:
            return self.compiled
        found = Diagnostic(
            "needs-data",
            f"{wanted} of the model `{self.name}` cannot be made without data",
            self.spec.source,
            self._statement.formula.span if self.spec.models else Span(0, 0),
            (
                'name a file in the spec (`data "file.csv"`), or give one: '
                "`--data FILE` on the command line, `varying.compile(spec, data)` in "
                "Python",
            ),
        )
        raise ModelError([found])

    @property
    def _statement(self) -> ModelStatement:
        return next(m for m in self.spec.models if m.label == self.name)

    def __getstate__(self) -> dict[str, object]:
        """Leave out the graph: it is made again where it is asked for."""
        return {name: value for name, value in vars(self).items() if name != "pymc"}

    def __repr__(self) -> str:
        lines = [f"Model {self.name}: {self.formula}"]
        if self.compiled is None:
            lines.append("no data")
        else:
            family, rows, *groups = self._facts()
            lines += [family[1], ", ".join([rows[1], *(text for _, text in groups)])]
        return "\n".join(map(visible, [*lines, *map(_noted, self._shown())]))

    def _repr_html_(self) -> str:
        from .look.pages import of_model

        return of_model(self)

    def _facts(self) -> list[tuple[str, str]]:
        """Return what there is to say in a few words, each with its subject."""
        if self.compiled is None:
            return [("rows", "no data")]
        joint, prepared = self.compiled.joint, self.compiled.prepared
        rows = f"{rows_text(prepared.table)} used"
        from .compare.units import counted_rows

        without = prepared.table.count(~counted_rows(self.compiled))
        if without:
            rows = f"{rows}, {without:,} of them of weight 0"
        if prepared.dropped:
            rows = f"{rows}, {prepared.left_out} dropped"
        levels = {
            g.name: len(g.levels) for part in joint.predictors for g in part.groupings
        }
        people = (one.response.people for one in joint.members)
        levels = {p.column: len(p.levels) for p in people if p is not None} | levels
        families = [
            (one.response.name, f"{one.family.title}, link {one.link.name}")
            for one in joint.members
        ]
        if len(families) == 1:
            family = families[0][1]
        else:
            family = "; ".join(f"{name}: {text}" for name, text in families)
        return [
            ("family", family),
            ("rows", rows),
            *(
                ("groups", f"{count} levels of {name}")
                for name, count in levels.items()
            ),
        ]

    def _shown(self) -> list[Diagnostic | str]:
        """Return what there is to know, the warnings first; of very much not all."""
        order = list(Severity)
        found = sorted(self.diagnostics, key=lambda d: order.index(d.severity))
        if len(found) <= _SHOWN:
            return [*found]
        return [*found[:_SHOWN], f"... and {len(found) - _SHOWN} more in .diagnostics"]


def _noted(found: Diagnostic | str) -> str:
    if isinstance(found, str):
        return found
    return f"{found.severity}[{found.rule}]: {found.message}"

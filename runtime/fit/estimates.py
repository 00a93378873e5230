"""What is asked of a fit: means, contrasts, slopes, quantities and tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..interface.arguments import between, words
from ..interface.attributes import NearestNames
from ..interface.calls import called
from ..questions.answers import Answers, answers_of, frame_of
from ..summary.summary import PROB

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pandas import DataFrame
    from xarray import Dataset, DataTree

    from .answer import Answer
    from .origin import Origin

__all__ = ["Estimates"]


class Estimates(NearestNames):
    """Methods of ``Fit`` about what is asked of it."""

    __slots__ = ()

    data: DataTree
    _origin: Origin
    _answers: dict[float, Answers]

    if TYPE_CHECKING:

        @property
        def seed(self) -> int:
            """The seed."""

        @property
        def _posterior(self) -> Dataset:
            """The draws, with what was sampled in."""

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

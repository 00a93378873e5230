"""What a verdict looks at beside the figures: the draws, and the model they are of."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..draws.statistics import elements

if TYPE_CHECKING:
    from xarray import Dataset

    from varying.compiler.sampled import Sampled

    from ..draws.names import Names

__all__ = ["JudgedFit"]


@dataclass(frozen=True)
class JudgedFit:
    """A fit, as the verdict sees it; without arguments nothing is known of it.

    Attributes
    ----------
    posterior
        The draws.
    names
        What of them is reported.
    fixed
        Labels of the numbers that are constants by the spec.
    sampled
        The model, as its sampler saw it.
    centered
        Names of groups whose effects the compiler chose to sample as they are, all
        or in part, and not in units of their sd.
    """

    posterior: Dataset | None = None
    names: Names | None = None
    fixed: frozenset[str] = frozenset()
    sampled: Sampled | None = None
    centered: frozenset[str] = frozenset()

    @classmethod
    def of(cls, sampled: Sampled, posterior: Dataset, names: Names) -> JudgedFit:
        """Return what there is to look at in a fit that has just been made."""
        from .fixed import fixed_elements

        fixed = fixed_elements(sampled.program, sampled.frame, names, posterior)
        return cls(posterior, names, fixed, sampled)

    def draws(self, label: str) -> NDArray[Any] | None:
        """Return the draws of a reported number, chains by draws; None: not known."""
        return self._places.get(label)

    @cached_property
    def _places(self) -> dict[str, NDArray[Any]]:
        if self.posterior is None or self.names is None:
            return {}
        return {
            f"{name}[{coord}]" if coord else name: draws
            for name in (*self.names.parameters, *self.names.effects)
            for coord, draws in elements(
                self.posterior[name], triangle=name in self.names.correlations
            )
        }

    def not_finite(self) -> tuple[str, ...]:
        """Return the variables beside those reported that have undefined draws."""
        if self.posterior is None or self.names is None:
            return ()
        reported = {*self.names.parameters, *self.names.effects}
        return tuple(
            str(name)
            for name, values in self.posterior.data_vars.items()
            if name not in reported
            and values.dtype.kind in "fc"
            and not np.isfinite(values.values).all()
        )

    def standing(self) -> dict[int, list[str]]:
        """Return the reported numbers that stand still in some chains, by chain from 1.

        What stands still in all of them is not among these if it is one number there.
        """
        if self.posterior is None or self.names is None:
            return {}
        found: dict[int, list[str]] = {}
        for name in (*self.names.parameters, *self.names.effects):
            values = self.posterior[name].transpose("chain", "draw", ...)
            array = values.values
            if not (array.min(axis=1) == array.max(axis=1)).any():
                continue
            for coord, draws in elements(
                values, triangle=name in self.names.correlations
            ):
                label = f"{name}[{coord}]" if coord else name
                if label in self.fixed or draws.min() == draws.max():
                    continue
                for chain in np.flatnonzero(draws.min(axis=1) == draws.max(axis=1)):
                    found.setdefault(int(chain) + 1, []).append(label)
        return found

    def conflicts(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return where a prior and the data disagree, in words, and what is not known.

        The draws are there and cost what they cost: no fault of this check may lose
        them, so one that fails is said to have looked at nothing.
        """
        if self.posterior is None or self.sampled is None:
            return (), ()
        from .conflict import conflicts, sentences

        sampled = self.sampled
        try:
            found, skipped = conflicts(
                sampled.compiled, sampled.program, sampled.frame, self.posterior
            )
        except Exception as error:
            return (), (
                "The priors were not held against the data: "
                f"{type(error).__name__}, {error}.",
            )
        return sentences(found), skipped

    def causes(self, stats: Dataset) -> tuple[str, ...]:
        """Return what can be found of the causes of trouble, in words."""
        if self.posterior is None or self.sampled is None or self.names is None:
            return ()
        from .causes import Evidence, causes
        from .conflict import PriorTargets

        targets = PriorTargets.of(self.sampled.compiled)
        program = self.sampled.program
        sds = {group.reported_sd: group.name for group in program.groups}
        return causes(
            Evidence(
                self.posterior,
                stats,
                program,
                self.sampled.frame,
                targets.name,
                [name for name in sds if name in self.names.parameters],
                [name for name, group in sds.items() if group in self.centered],
            )
        )

"""Complete, no and partial pooling: three fits beside each other, and what they say.

Gelman & Hill (2007), chapter 12: with complete pooling all levels are one, with none
each is estimated from its own rows, with partial pooling they are a population whose
spread is estimated, and a level is pulled towards its mean the more, the fewer rows it
has.

One file, although it is long: the table of levels and what is said of them are
about the same numbers. The specs of the three fits have a file of their own.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.grammar.printer import name_text, string_text
from varying.grammar.source import Source
from varying.grammar.tree import ModelStatement

from ..api import compile as compile_spec
from ..api import compile_source
from ..compare.report import Report, fixed, in_words, json_number, table
from ..fit.compare import compare
from ..interface.arguments import ArgumentError, flag, given
from ..interface.calls import called
from ..interface.faults import fault
from .specs import complete, factors_of, none, partial

if TYPE_CHECKING:
    from varying.compiler.compiled import Compiled
    from varying.compiler.families.own import OwnFamilies

    from ..compare.comparison import Comparison
    from ..fit.fit import Fit
    from ..interface.grids import TextTable
    from ..model import Model

__all__ = ["LevelEstimates", "Pool", "pool"]

Floats = NDArray[np.float64]

#: So many spreads of the prior of an effect are the sd that pulls nothing; on a scale
#: that is not that of the response, where a level may have nothing but zeros, fewer.
_WIDE, _WIDE_ELSE = 10.0, 4.0
#: The sd where no prior says what is wide, on a log or logit scale.
_ELSE = 10.0
#: Levels that a table lists: those with fewest rows, and those with most.
_LISTED = 6
_NAMES = ("complete", "none", "partial")


#: What is said of a level that goes further than to the population, or from it.
_PAST, _AWAY = "past it", "away"


def _way(pulled: float) -> str:
    """Return how much of the way to the population a level is pulled, in words."""
    if not np.isfinite(pulled):
        return ""
    percent = round(100 * pulled)
    if 0 <= percent <= 100:
        return f"{percent} %"
    return _PAST if percent > 100 else _AWAY


@dataclass(frozen=True, slots=True)
class LevelEstimates:
    """An effect of a level of the group, by way of pooling.

    Attributes
    ----------
    level, coef
        Which.
    rows
        How many rows the level has.
    complete
        What all levels are under complete pooling.
    none, none_sd, partial, partial_sd
        Posterior means and sds of the level's own coefficient.
    pulled
        How much of the way from ``none`` to the population it is pulled: 1 is all of
        it. NaN where there is no way.
    """

    level: str
    coef: str
    rows: int
    complete: float
    none: float
    none_sd: float
    partial: float
    partial_sd: float
    pulled: float


@dataclass(frozen=True, eq=False, repr=False)
class Pool(Report):
    """Three fits that pool the levels of a group otherwise.

    Attributes
    ----------
    by
        The grouping factor.
    fits
        ``complete``, ``none`` and ``partial``.
    levels
        The coefficients of each level, in each of them.
    comparison
        Of the three, by leave-one-out cross-validation.
    sds
        What the sds are fixed at in ``none``, by the target of their prior.
    """

    by: str
    fits: Mapping[str, Fit]
    levels: tuple[LevelEstimates, ...]
    comparison: Comparison
    sds: Mapping[str, float]

    @property
    def title(self) -> str:
        """What is answered."""
        number = len({one.level for one in self.levels})
        formula = self.fits["partial"].provenance.formula
        return f"Pooling of {number} levels of `{self.by}`: {formula}"

    @property
    def coefs(self) -> tuple[str, ...]:
        """The coefficients that levels have."""
        return tuple(dict.fromkeys(one.coef for one in self.levels))

    def of(self, coef: str) -> tuple[LevelEstimates, ...]:
        """Return the values of one coefficient, levels with fewest rows first."""
        found = [one for one in self.levels if one.coef == coef]
        return tuple(sorted(found, key=lambda one: (one.rows, one.level)))

    def shrinkage(self, coef: str) -> float:
        """Return how far levels are pulled to the population's mean, all in all.

        The slope of what is left after partial pooling on what there was without.
        """
        found = [one for one in self.of(coef) if np.isfinite(one.pulled)]
        if not found:
            return float("nan")
        without = np.array([one.none for one in found])
        with_ = np.array([one.partial for one in found])
        without, with_ = without - without.mean(), with_ - with_.mean()
        return float(1.0 - (without @ with_) / (without @ without))

    @property
    def tables(self) -> tuple[TextTable, ...]:
        """Parameters of the three, and levels with few and with many rows."""
        return (self._parameters(), *map(self._levels, self.coefs))

    def _parameters(self) -> TextTable:
        rows: dict[str, dict[str, str]] = {}
        for name in _NAMES:
            fit = self.fits[name]
            for row in fit.summary().rows:
                if row.name.endswith("threshold") or row.name.startswith("cor_"):
                    continue
                figures = row.statistics
                label = f"{row.name}[{row.coord}]" if row.coord else row.name
                said = f"{fixed(figures.mean, 3)} ({fixed(figures.sd, 3)})"
                if name == "none" and self._is_level(row.name, row.coord):
                    said = "by level"
                elif figures.sd == 0.0:
                    said = f"{fixed(figures.mean, 3)} (fixed)"
                rows.setdefault(label, {})[name] = said
        comparison = {str(row["model"]): row for row in self.comparison.frame_rows()}
        for key, label in (
            ("elpd", "elpd (leave-one-out)"),
            ("p", "p, effective number"),
        ):
            rows[label] = {name: fixed(float(comparison[name][key])) for name in _NAMES}
        lines = [
            (label, *(found.get(name, "") for name in _NAMES))
            for label, found in rows.items()
        ]
        heads = ("", "complete pooling", "no pooling", "partial pooling")
        return table(heads, lines)

    def _is_level(self, name: str, coord: str) -> bool:
        """Whether a number of a summary is one that each level has its own of."""
        if name == "Intercept":
            return "Intercept" in self.coefs
        return name == "b" and coord in self.coefs

    def _levels(self, coef: str) -> TextTable:
        found = self.of(coef)
        few = len(found) > 2 * _LISTED
        shown = [*found[:_LISTED], *found[-_LISTED:]] if few else list(found)
        lines = [
            (
                one.level,
                f"{one.rows:,}",
                f"{fixed(one.none, 2)} ({fixed(one.none_sd, 2)})",
                f"{fixed(one.partial, 2)} ({fixed(one.partial_sd, 2)})",
                fixed(one.complete, 2),
                _way(one.pulled),
            )
            for one in shown
        ]
        if few:
            more = f"... {len(found) - 2 * _LISTED} more"
            lines.insert(_LISTED, (more, "", "", "", "", ""))
        heads = (
            f"{self.by}: {coef}",
            "rows",
            "no pooling",
            "partial",
            "complete",
            "pulled",
        )
        return table(heads, lines)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the three are, and what they come to."""
        number = len({one.level for one in self.levels})
        fixed_at = in_words(
            [f"`{key}` = {value:.3g}" for key, value in self.sds.items()]
        )
        found = [
            f"Complete pooling: one value for all {number} levels of `{self.by}`, as "
            "if they did not differ. No pooling: each from its own rows, as if the "
            f"others told nothing of it ({fixed_at}, so wide that nothing is pulled, "
            "and no correlations). Partial pooling: the levels are a population, whose "
            "spread is estimated.",
        ]
        for coef in self.coefs:
            found.append(self._pulled(coef))
        effective = {
            str(row["model"]): float(row["p"]) for row in self.comparison.frame_rows()
        }
        found.append(
            "Effective numbers of parameters (p): "
            f"{fixed(effective['complete'])} with complete, {fixed(effective['none'])} "
            f"with no, {fixed(effective['partial'])} with partial pooling."
        )
        for name in _NAMES:
            verdict = self.fits[name].verdict
            if not verdict.ok:
                found.append(f"The fit with `{name}`: {verdict.sentences[0]}")
        found += self.comparison.sentences[:-1]
        found.append(
            "All three are about new rows of these levels. Only partial pooling says "
            "what a new level is like: with complete pooling it is like all others, "
            "with none nothing is known of it (`varying loo FIT --by "
            f"{self.by if self.by.isidentifier() else string_text(self.by)}`)."
        )
        return tuple(found)

    def _pulled(self, coef: str) -> str:
        odd = {_way(one.pulled) for one in self.of(coef)} & {_PAST, _AWAY}
        if not odd:
            return self._in_all(coef)
        return (
            f"{self._in_all(coef)} Under `pulled`, `{_PAST}` is beyond the population's"
            f" value and `{_AWAY}` is away from it: effects of a level are estimated "
            "together, so that one can go with another, and of a level that is near "
            "the population a share says little."
        )

    def _in_all(self, coef: str) -> str:
        levels = [one for one in self.of(coef) if np.isfinite(one.pulled)]
        share = self.shrinkage(coef)
        text = (
            f"`{coef}`: partial pooling pulls the levels towards their mean by "
            f"{100 * share:.0f} % in all"
        )
        if len(levels) < 2:
            return f"{text}."
        most = levels[-1]
        if levels[0].rows == most.rows:
            return f"{text}; all have the same number of rows ({most.rows:,})."
        # of those with fewest rows the one that goes furthest
        fewest = [one for one in levels if one.rows == levels[0].rows]
        least = max(fewest, key=lambda one: abs(one.none - one.partial))
        return (
            f"{text}; `{least.level}`, of {least.rows:,} row"
            f"{'s' if least.rows > 1 else ''}, from {fixed(least.none, 2)} to "
            f"{fixed(least.partial, 2)}, `{most.level}`, of {most.rows:,}, from "
            f"{fixed(most.none, 2)} to {fixed(most.partial, 2)}."
        )

    def frame_rows(self) -> Sequence[Mapping[str, Any]]:
        """Return a row for each level and coefficient."""
        return [
            {
                "level": one.level,
                "coef": one.coef,
                "rows": one.rows,
                "complete": one.complete,
                "none": one.none,
                "none_sd": one.none_sd,
                "partial": one.partial,
                "partial_sd": one.partial_sd,
                "pulled": one.pulled,
            }
            for one in self.levels
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        levels = [
            {k: json_number(v) if isinstance(v, float) else v for k, v in row.items()}
            for row in self.frame_rows()
        ]
        return {
            "by": self.by,
            "formulas": {n: self.fits[n].provenance.formula for n in _NAMES},
            "specs": {n: str(self.fits[n].spec) for n in _NAMES},
            "fixed": dict(self.sds),
            "parameters": {
                n: self.fits[n].summary().to_dict()["parameters"] for n in _NAMES
            },
            "levels": levels,
            "shrinkage": {c: json_number(self.shrinkage(c)) for c in self.coefs},
            "comparison": self.comparison.to_dict(),
            "notes": list(self.sentences),
        }


@called
def pool(
    spec: str | os.PathLike[str],
    data: Any = None,
    *,
    model: str | None = None,
    families: OwnFamilies = None,
    by: str | None = None,
    draws: int = 1000,
    tune: int = 1000,
    chains: int = 4,
    seed: int | None = None,
    progress: bool = True,
) -> Pool:
    """Fit a model with complete, no and partial pooling of the levels of a group.

    Parameters
    ----------
    spec, data, model, families
        As for ``compile``. The model has terms such as ``(1 | county)``.
    by
        The grouping factor whose levels are pooled; None: the only one.
    draws, tune, chains, seed, progress
        As for ``Model.fit``; the three fits have seeds that follow from one.

    Returns
    -------
    Pool
        Prints as tables with sentences; ``fits``, ``levels``, ``comparison``,
        ``shrinkage(coef)``, ``to_frame()``.

    Raises
    ------
    ModelError
        As ``compile`` and ``Model.fit``; ``not-yet`` for models of which the three
        cannot be written.
    ValueError
        If there is no such grouping factor, or several and none is chosen.
    """
    from ..sampling.settings import SamplerSettings

    flag("progress", progress)
    whole = compile_spec(spec, data, model=model, families=families)
    chosen = SamplerSettings.checked(draws=draws, tune=tune, chains=chains, seed=seed)
    return pool_model(whole, by, chosen, progress)


def pool_model(whole: Model, by: str | None, settings: Any, progress: bool) -> Pool:
    """Return the three fits of a compiled model; see ``pool``."""
    compiled = whole._with_data("three fits")
    statement = next(m for m in whole.spec.models if m.label == whole.name)
    factor = _factor(compiled, statement, by)
    sds = _wide(compiled, factor)
    texts = {
        "complete": complete(whole.spec, statement, factor),
        "none": none(whole.spec, statement, factor, sds),
        "partial": partial(whole.spec, statement),
    }
    from varying.compiler.families.own import own_names

    table_ = compiled.prepared.data
    families = own_names(member.family for member in compiled.joint.members)
    fits: dict[str, Fit] = {}
    for number, name in enumerate(_NAMES):
        source = Source(texts[name], f"{name}.model")
        one = compile_source(source, Path.cwd(), table_, families=families)
        fits[name] = one.fit(
            draws=settings.draws,
            tune=settings.tune,
            chains=settings.chains,
            seed=(settings.seed + number) % 2**63,
            progress=progress,
        )
    return Pool(
        factor,
        fits,
        tuple(_levels(compiled, factor, fits)),
        compare({name: fits[name] for name in _NAMES}),
        sds,
    )


def _factor(compiled: Compiled, statement: ModelStatement, by: str | None) -> str:
    """Return the grouping factor that is pooled."""
    known = factors_of(statement)
    if by is not None and by not in known:
        listed = ", ".join(map(repr, known)) or "none"
        raise ArgumentError(
            f"by is a grouping factor of the model, not {given(by)}; there is: {listed}"
        )
    if by is None and len(known) > 1:
        listed = ", ".join(map(repr, known))
        raise ArgumentError(
            f"the model has several groups: choose one by by=: {listed}"
        )
    refused = None
    if not known:
        refused = (
            "the model has no group of one column, such as `(1 | county)`, to pool"
        )
    elif len(compiled.lowered.likelihoods) > 1:
        refused = "pooling is not compared yet for a model with several responses"
    elif any(one.body is not None for one in compiled.lowered.predictors):
        refused = "pooling is not compared yet for a formula that is not linear"
    elif any(
        group.levels == (by or known[0]) and (group.by is not None or not group.plain)
        for group in compiled.lowered.groups
    ):
        refused = "pooling is not compared yet for groups with `gr(...)`"
    elif _in_parts(compiled, by or known[0]):
        refused = (
            f"`{by or known[0]}` has effects on a parameter beside the main one: "
            "pooling is not compared yet for such models"
        )
    if refused is not None:
        raise fault(
            compiled.spec.source,
            "not-yet",
            refused,
            "write the models that are to stand beside each other, and "
            "`varying compare` them",
        )
    return by or known[0]


def _in_parts(compiled: Compiled, by: str) -> bool:
    """Whether a group has effects in a formula beside the main one."""
    program = compiled.lowered
    return any(
        program.group(block.group).levels == by
        for predictor in program.predictors[1:]
        for block in predictor.blocks
        if hasattr(block, "group")
    )


def _wide(compiled: Compiled, by: str) -> dict[str, float]:
    """Return the sds that pull nothing, by the target of their prior."""
    scales = {}
    parameters = {one.name: one for one in compiled.lowered.parameters}
    for name in ("Intercept", "threshold_center"):
        if name in parameters:
            found = dict(parameters[name].prior.arguments).get("sigma")
            value = getattr(found, "value", None)
            if isinstance(value, int | float):
                scales["Intercept"] = float(value)
    if "b" in parameters:
        found = dict(parameters["b"].prior.arguments).get("sigma")
        values = np.ravel(getattr(found, "value", np.nan))
        labels = compiled.lowered.axis(parameters["b"].axes[0]).labels or ()
        for place, label in enumerate(labels):
            value = values[place if len(values) > 1 else 0]
            if np.isfinite(value):
                scales[label] = float(value)
    identity = compiled.lowered.predictors[0].link == "identity"
    wide = _WIDE if identity else _WIDE_ELSE
    return {
        f"sd[{name_text(by)}, {coef}]": float(f"{wide * scales[coef]:.3g}")
        if coef in scales
        else _ELSE
        for group in compiled.lowered.groups
        if group.levels == by
        for coef in compiled.lowered.axis(group.coefs).labels or ()
    }


def _levels(
    compiled: Compiled, by: str, fits: Mapping[str, Fit]
) -> list[LevelEstimates]:
    """Return the coefficients of each level, in each of the fits."""
    posteriors = {n: fit.data["posterior"].to_dataset() for n, fit in fits.items()}
    found = []
    group = next(one for one in compiled.lowered.groups if one.levels == by)
    rows = _rows(compiled, by)
    for coef in posteriors["partial"][group.effects][group.coefs].values.tolist():
        centre = {n: _population(one, coef) for n, one in posteriors.items()}
        own = {}
        for name in ("none", "partial"):
            effects = posteriors[name][group.effects].sel({group.coefs: coef})
            own[name] = effects + centre[name]
        levels = posteriors["partial"][by].values.tolist()
        middle = float(np.mean(centre["partial"]))
        apart = own["none"].mean(("chain", "draw")).values
        for place, level in enumerate(levels):
            none_, some = (own[name].isel({by: place}) for name in ("none", "partial"))
            before, after = float(none_.mean()), float(some.mean())
            way = before - middle
            enough = abs(way) > 0.1 * float(apart.std())
            found.append(
                LevelEstimates(
                    str(level),
                    str(coef),
                    rows.get(str(level), 0),
                    float(np.mean(centre["complete"])),
                    before,
                    float(none_.std(ddof=1)),
                    after,
                    float(some.std(ddof=1)),
                    (before - after) / way if enough else float("nan"),
                )
            )
    return found


def _population(posterior: Any, coef: str) -> Any:
    """Return the population's value of a coefficient: 0 where it has none."""
    if coef == "Intercept":
        return posterior["Intercept"] if "Intercept" in posterior else 0.0
    if "b" in posterior and coef in posterior["coef"].values.tolist():
        return posterior["b"].sel(coef=coef, drop=True)
    return 0.0


def _rows(compiled: Compiled, by: str) -> dict[str, int]:
    """Return how many rows each level has."""
    from ..compare.units import units_of

    units = units_of(compiled, by)
    counts = compiled.prepared.table.counts
    times = np.ones(len(units.index)) if counts is None else counts
    each = np.bincount(units.index, times, units.count)
    return {label: int(each[place]) for place, label in enumerate(units.labels)}

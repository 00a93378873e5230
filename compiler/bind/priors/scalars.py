"""The scalar parameters of a model, and what statements may call them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from varying.grammar.printer import of_response
from varying.grammar.tree import Ref, Target

from ...distributions.table import ABOVE_ONE, POSITIVE, REAL, SUPPORTS, UNIT, Bounds
from ...families import FAMILIES
from ...families.composition.logistic_normal import LNCOR
from ...families.continuous.cox import SHARES
from ...families.family import Family
from ...formula.columns import Coded, simplexes
from ..bound import BoundPredictor, Grouping, Population
from ..effects import GroupEffects
from .named import columns_named

#: Classes that are correlations of residuals: of responses, of logs of shares.
RESIDUAL = ("rescor", LNCOR)
#: Classes that are correlations: of effects of a group, and of residuals.
CORRELATIONS = ("cor", *RESIDUAL)
#: Classes that are shares: numbers that add up to 1, of steps or of splines.
SIMPLEXES = ("simo", SHARES)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A scalar parameter of the model, and how statements may reach it.

    ``kind`` is the class, with the parameter that it is a part of: ``b``,
    ``sigma.b``. ``size`` is how many numbers it has: a simplex is one target.
    ``stratum`` is the level of ``gr(g, by=)`` that it is of, a part of
    ``coefficient``; ``everywhere`` the coefficient without it.
    """

    target: str
    kind: str
    support: Bounds
    group: str = ""
    coefficient: str = ""
    term: str = ""
    size: int = 1
    stratum: str = ""
    everywhere: str = ""

    @property
    def base(self) -> str:
        """The class without the parameter that it is a part of."""
        return self.kind.rpartition(".")[2]


@dataclass(frozen=True, slots=True)
class ScalarParameters:
    """The scalar parameters of a model.

    Attributes
    ----------
    scalars
        All of them, as far as they are known.
    groups
        Names of the grouping factors.
    guessed
        Where a fault has left part of the model unknown: the names that may
        belong to that part, of which nothing is said. None: of no name.
    possible
        Classes that the formula may have, where part of it is unknown.
    levels
        Of terms that are one factor, its levels.
    others
        What effects of other formulas are called in a summary, and their targets:
        ``sd[g, sigma_Intercept]`` is ``sigma.sd[g, Intercept]``, and ``sigma.cor[g]``
        is ``cor[g]`` where it is the same matrix.
    aliases
        Other names of single parameters.
    responses
        The names of the responses, and of their main predictors, where there are
        several: targets begin with one, and those that do not are about all of them.
    references
        Categories that have no predictor, by what its name would be.
    calculated
        What is calculated, and the parameters that its formula has.
    """

    scalars: tuple[Scalar, ...]
    groups: tuple[str, ...]
    guessed: frozenset[str] | None = frozenset()
    possible: tuple[str, ...] = ()
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    responses: tuple[str, ...] = ()
    references: Mapping[str, str] = field(default_factory=dict)
    calculated: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def named(self, target: Target) -> Target:
        """Return a target by its full name: ``a`` of ``a ~ 1`` is ``a.Intercept``."""
        whole = self.aliases.get(target.name.text)
        if whole is None or target.refs is not None:
            return target
        return replace(target, name=replace(target.name, text=whole))

    def forgives(self, ref: Ref) -> bool:
        """Whether a reference may be to what a fault has left unknown."""
        return self.guessed is None or (
            bool(self.guessed) and columns_named(ref) <= self.guessed
        )

    def written(self, kind: str) -> str:
        """Return a class as a spec has it: its response in back-quotes if need be."""
        owner = next((r for r in self.responses if kind.startswith(f"{r}.")), None)
        return kind if owner is None else of_response(kind, owner)

    def kinds(self) -> list[str]:
        """Return the classes of parameters, in order."""
        return list(dict.fromkeys(s.kind for s in self.scalars if "[" not in s.kind))


def targets_of(
    family: Family | None,
    population: Population,
    groupings: Sequence[Grouping],
    others: Sequence[BoundPredictor],
    guessed: frozenset[str] | None,
    possible: tuple[str, ...],
    response: str,
    joined: Sequence[GroupEffects],
    first: BoundPredictor | None = None,
) -> ScalarParameters:
    """Return the targets of a response; those of any family if it is not known.

    Parameters
    ----------
    family
        None if its name is at fault.
    population, groupings
        Of the main predictor.
    others
        The other predictors.
    guessed, possible
        See ``ScalarParameters``.
    response
        What they begin with; empty where it is the only one.
    joined
        The groups of all responses.
    first
        The main predictor, of a family that has several.
    """
    of = f"{response}." if response else ""
    main = of if first is None else f"{of}{first.dpar}."
    found: list[Scalar] = []
    families = [family] if family is not None else list(FAMILIES.values())
    classes = [
        name
        for name, there in (
            ("threshold", any(f.thresholds for f in families)),
            (
                "Intercept",
                population.intercept and not all(f.thresholds for f in families),
            ),
        )
        if there
    ]
    for name in (f"{main}{name}" for name in classes):
        found += [Scalar(name, name, REAL)]
        found += [Scalar(f"{name}[mean]", f"{name}[mean]", REAL)]
    found += _population(main, population)
    found += _of_groups(joined, main[:-1])
    modelled = {part.dpar for part in others}
    dpars = {dpar.name: dpar for f in families for dpar in f.dpars}
    found += [
        Scalar(f"{of}{name}", f"{of}{name}", SUPPORTS[dpar.support])
        for name, dpar in dpars.items()
        if name not in modelled
        and not dpar.within
        and (dpar.fixed is None or family is None)
    ]
    shares = Counter(dpar.within for dpar in dpars.values() if dpar.within)
    found += [
        Scalar(f"{of}{name}", f"{of}{name}", REAL)
        if name in CORRELATIONS
        else Scalar(f"{of}{name}", f"{of}{name}", UNIT, size=size)
        for name, size in shares.items()
    ]
    for part in others:
        name = f"{part.target}Intercept"
        if part.population.intercept:
            found += [Scalar(name, name, REAL)]
            found += [Scalar(f"{name}[mean]", f"{name}[mean]", REAL)]
        found += _population(part.target, part.population)
        found += _of_groups(joined, part.target[:-1])
    groups = [g.name for g in groupings]
    groups += [g.name for part in others for g in part.groupings]
    levels: dict[str, tuple[str, ...]] = {}
    for whole in (population, *(part.population for part in others)):
        for column in whole.columns:
            if len(column.parts) == 1 and isinstance(column.parts[0], Coded):
                levels[column.term] = column.parts[0].levels
    names = tuple(dict.fromkeys(groups))
    possible = tuple(f"{of}{name}" for name in possible)
    aliases = {
        part.target[:-1]: f"{part.target}Intercept"
        for part in others
        if part.inner
        and part.population.intercept
        and not (part.population.effects or part.population.smooths)
    }
    mains = [part.target[:-1] for part in others if part.named]
    return ScalarParameters(
        tuple(found),
        names,
        guessed,
        possible,
        levels,
        aliases=aliases,
        responses=() if first is None else (main[:-1], *mains),
        calculated={
            part.target[:-1]: tuple(f"{of}{name}" for name in part.body.parameters)
            for part in others
            if part.body is not None
        },
    )


def joint_targets(
    each: Sequence[ScalarParameters],
    responses: Sequence[str],
    joined: Sequence[GroupEffects],
) -> ScalarParameters:
    """Return the targets of a model with these responses and groups."""
    renamed = {text: target for one in joined for text, target in one.other_names()}
    if len(each) == 1:
        return replace(each[0], others=renamed)
    guessed: frozenset[str] | None = frozenset()
    for one in each:
        unknown = guessed is None or one.guessed is None
        guessed = None if unknown else (guessed or frozenset()) | (one.guessed or set())
    levels = {name: found for one in each for name, found in one.levels.items()}
    return ScalarParameters(
        tuple(scalar for one in each for scalar in one.scalars),
        tuple(dict.fromkeys(name for one in each for name in one.groups)),
        guessed,
        tuple(name for one in each for name in one.possible),
        levels,
        renamed,
        {name: whole for one in each for name, whole in one.aliases.items()},
        tuple(
            name
            for one, response in zip(each, responses, strict=True)
            for name in (response, *one.responses)
        ),
        {name: whole for one in each for name, whole in one.references.items()},
        {name: made for one in each for name, made in one.calculated.items()},
    )


def _population(of: str, population: Population) -> list[Scalar]:
    """Return the effects of one predictor."""
    found = [
        Scalar(f"{of}b[{c.name}]", f"{of}b", REAL, "", c.name, c.term)
        for c in population.effects
    ]
    found += [
        Scalar(f"{of}bcs[{c.name}]", f"{of}bcs", REAL, "", c.name, c.term)
        for c in population.by_threshold
    ]
    found += [
        Scalar(f"{of}sds[{one.name}]", f"{of}sds", POSITIVE, "", one.name, one.term)
        for one in population.smooths
    ]
    return found + [
        Scalar(
            f"{of}simo[{one.name}]",
            f"{of}simo",
            UNIT,
            "",
            one.name,
            one.name.partition(", ")[0],
            len(one.steps),
        )
        for one in simplexes(population.specials)
        if len(one.steps) > 1
    ]


def _of_groups(groups: Sequence[GroupEffects], dpar: str) -> list[Scalar]:
    """Return the standard deviations and correlations of one predictor.

    Correlations across formulas are those of the first formula.
    """
    found: list[Scalar] = []
    for effects in groups:
        group = effects.name
        for sd in effects.sds:
            if sd.member.dpar == dpar:
                kind, column = f"{sd.member.target}sd", sd.column
                found.append(
                    Scalar(
                        sd.target,
                        kind,
                        POSITIVE,
                        group,
                        sd.coefficient,
                        column.term,
                        stratum=sd.stratum,
                        everywhere=column.name,
                    )
                )
        owner = effects.members[0]
        if owner.dpar == dpar and effects.df is not None:
            kind = f"{owner.target}df"
            found.append(Scalar(effects.df, kind, ABOVE_ONE, group))
        if owner.dpar == dpar and effects.correlated:
            found.append(Scalar(effects.cor, f"{owner.target}cor", REAL, group))
    return found

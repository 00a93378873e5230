"""The bound model: every name resolved, every default chosen, no data.

Made by ``bind`` from the tree and the kinds and levels of the data. Priors
keep what the user wrote; the numbers of the default priors need rows and come
later (``lower``).

One file, although it is long: the types of one model, which refer to each
other; a third is what their fields mean. What binds each part has a file of its
own.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from varying.grammar.nonlinear import free_parts
from varying.grammar.printer import expression_text, name_text
from varying.grammar.source import Span
from varying.grammar.tree import Argument, Call, Expr, ModelStatement, Name

from ..data.table import Kind
from ..expressions.calls import is_plain
from ..families.family import Family
from ..families.link import Link
from ..formula.columns import DesignColumn, Numeric, SmoothColumns, SpecialColumn
from ..formula.group_options import EffectsDistribution
from .membership import Membership
from .question import Keep, Questions
from .relation import Relation
from .response_terms.term import ResponseTerm, ResponseTermRole


@dataclass(frozen=True, slots=True)
class Items:
    """Whose thresholds are its own: ``y | thres(gr=item)``.

    Attributes
    ----------
    column, levels
        The items.
    cuts
        How many thresholds each has.
    varied
        Whether they are those of all, with distances that vary: of persons.
    """

    column: str
    levels: tuple[str, ...]
    cuts: tuple[int, ...]
    varied: bool = False
    span: Span = field(compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Response:
    """The left side.

    Attributes
    ----------
    name
        Canonical spelling; the name of the observed variable.
    column
        The column of the data it reads; for an expression the first of them.
    kind
        Kind of that column.
    categories
        Names of the categories in order (ordinal and binary families).
    unseen
        Those of them that no row has.
    expression
        What it is, where it is not just the column: ``rating / 99``.
    beside
        Numbers that each row brings along, by the term that they stand in.
    items
        Whose thresholds are its own; None: all rows have the same.
    parts
        Of a response of several columns these, in the order of the categories.
    """

    name: str
    column: str
    kind: Kind
    categories: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    expression: Expr | None = None
    beside: tuple[tuple[ResponseTerm, Numeric], ...] = ()
    items: Items | None = None
    parts: tuple[Numeric, ...] = ()
    span: Span = field(compare=False, kw_only=True)

    @property
    def people(self) -> Items | None:
        """Whose thresholds vary: ``threshold ~ (1 | subj)``."""
        varied = self.items is not None and self.items.varied
        return self.items if varied else None

    @property
    def ranks(self) -> tuple[str, ...]:
        """The categories that responses are ranks among: none of several columns."""
        return () if self.parts else self.categories

    @property
    def known(self) -> tuple[tuple[str, Numeric], ...]:
        """Arguments of the family that each row brings along, by name: ``trials``."""
        return tuple((t.name, of) for t, of in self.beside if t.role == "argument")

    @property
    def limits(self) -> tuple[tuple[str, Numeric], ...]:
        """What is known of each row beside its value, by name: ``cens``, ``lb``."""
        return tuple((t.name, of) for t, of in self.beside if t.role == "limit")

    @property
    def is_censored(self) -> bool:
        """Whether values may be bounds of what is not known."""
        return any(name == "cens" for name, _ in self.limits)

    @property
    def rate(self) -> Numeric | None:
        """The exposure of ``y | rate(t)``, if there is one."""
        return self._with_role("exposure")

    @property
    def scale(self) -> Numeric | None:
        """The residual sd of each row, if it is known."""
        return self._with_role("scale")

    @property
    def error(self) -> Numeric | None:
        """The sd of an error that each row has beside its residual, if it is known."""
        return self._with_role("error")

    @property
    def weight(self) -> Numeric | None:
        """The power of each row's likelihood, if there is one."""
        return self._with_role("weight")

    def _with_role(self, role: ResponseTermRole) -> Numeric | None:
        return next((of for term, of in self.beside if term.role == role), None)


#: How thresholds are laid out.
Layout = Literal["flexible", "equidistant", "symmetric", "sum_to_zero"]


@dataclass(frozen=True, slots=True)
class PriorText:
    """A prior that the user wrote, resolved as far as names go.

    Attributes
    ----------
    distribution
        Key of ``DISTRIBUTIONS``, or ``constant``.
    arguments
        Numbers by argument name, defaults filled in.
    lower, upper
        Truncation by ``lb=`` and ``ub=``.
    text
        As written (canonical spacing).
    line
        Line of the spec, from 1.
    each
        Of a vector with a number for each element, these: ``dirichlet([2, 1, 1])``.
    same
        Of a ``constant`` that is another parameter, its target: ``sigma2 = sigma1``.
    """

    distribution: str
    arguments: tuple[tuple[str, float], ...]
    text: str
    line: int
    lower: float | None = None
    upper: float | None = None
    each: tuple[float, ...] = ()
    same: str = ""
    span: Span = field(compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class Population:
    """The population-level part of one distributional parameter.

    ``columns`` has no intercept among them, ``specials`` are the columns that hold
    parameters; ``intercept`` says whether there is
    one (for ordinal families the thresholds are it, and it is False).
    ``centered`` says whether the columns are centred inside: there is an
    intercept or thresholds to take up the shift. ``offsets`` are known
    additions. ``by_threshold`` are the columns of ``cs()``, ``smooths`` the penalised
    parts of smooth terms.
    """

    dpar: str
    intercept: bool
    centered: bool
    columns: tuple[DesignColumn, ...]
    offsets: tuple[Numeric, ...] = ()
    specials: tuple[SpecialColumn, ...] = ()
    by_threshold: tuple[DesignColumn, ...] = ()
    smooths: tuple[SmoothColumns, ...] = ()

    @property
    def effects(self) -> tuple[DesignColumn, ...]:
        """The column of each coefficient; those that hold parameters at equal steps."""
        return (*self.columns, *(one.plain for one in self.specials))

    @property
    def known(self) -> tuple[DesignColumn, ...]:
        """All columns that it reads: curves of smooth terms beside those of effects."""
        curves = (column for smooth in self.smooths for column in smooth.columns)
        return (*self.effects, *self.by_threshold, *curves)

    @property
    def is_linear(self) -> bool:
        """Whether it is a sum of columns times the coefficients ``b``."""
        return not (self.specials or self.smooths)


@dataclass(frozen=True, slots=True)
class GroupTerm:
    """One bar term: its columns (the intercept among them) and correlation.

    ``identity`` is the id of ``(1 |id| g)``: terms that share it are one. ``specials``
    are those of its columns that hold parameters; among the columns they are at equal
    steps.
    """

    text: str
    dpar: str
    columns: tuple[DesignColumn, ...]
    correlated: bool
    identity: str | None = None
    specials: tuple[SpecialColumn, ...] = ()
    span: Span = field(compare=False, kw_only=True)


@dataclass(frozen=True, slots=True)
class By:
    """A factor whose levels have their own distribution of group effects.

    Attributes
    ----------
    name, levels
        The factor and its levels; those of one grouping level are all the same.
    counts
        How many levels of the grouping each has; these stand in that order.
    """

    name: str
    levels: tuple[str, ...]
    counts: tuple[int, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """How its levels are spelled in names: ``treat[drug]``."""
        name = name_text(self.name)
        return tuple(f"{name}[{level}]" for level in self.levels)


@dataclass(frozen=True, slots=True)
class Grouping:
    """A grouping factor and all bar terms over it, in the order written.

    ``factors`` are the columns whose combinations are the levels (one, or
    several for ``a:b``); ``levels`` the observed combinations in order. ``by`` says
    which of them share standard deviations and correlations; None: all.
    ``membership`` says that each row has a level in each of the factors, and how much
    of it; the levels are then those of all factors together. ``distribution`` is that
    of the effects, ``relation`` how levels are related; None: they are not.
    """

    name: str
    factors: tuple[str, ...]
    levels: tuple[str, ...]
    terms: tuple[GroupTerm, ...]
    by: By | None = None
    membership: Membership | None = None
    distribution: EffectsDistribution = "gaussian"
    relation: Relation | None = None
    span: Span = field(compare=False, kw_only=True)

    @property
    def text(self) -> str:
        """How it is written: ``a:b``."""
        if self.membership is not None:
            return self.membership.text
        return ":".join(map(name_text, self.factors))

    @property
    def plain(self) -> bool:
        """Whether its effects are normal, and those of levels independent."""
        return self.distribution == "gaussian" and self.relation is None

    @property
    def columns(self) -> tuple[DesignColumn, ...]:
        """All columns over this factor, in order."""
        return tuple(c for term in self.terms for c in term.columns)

    @property
    def specials(self) -> dict[str, SpecialColumn]:
        """Those of its columns that hold parameters, by name."""
        return {c.name: c for term in self.terms for c in term.specials}


@dataclass(frozen=True, slots=True)
class Body:
    """The right side of a formula that is not linear, calculated row by row.

    Attributes
    ----------
    expression
        As written: names are columns, unless they are among the ``parameters``.
    parameters
        Names of the predictors that it is made of.
    """

    expression: Expr = field(compare=False)
    parameters: tuple[str, ...]

    @property
    def known(self) -> tuple[Numeric, ...]:
        """The largest parts that are made of columns alone, but for plain numbers."""
        parts = free_parts(self.expression, self.parameters)
        return tuple(Numeric(expression_text(p), p) for p in parts if not is_plain(p))


@dataclass(frozen=True, slots=True)
class BoundPredictor:
    """One linear predictor: of the family's main parameter, or of another.

    Attributes
    ----------
    dpar
        The parameter.
    link
        From its scale to the predictor's.
    population, groupings
        What adds up to the predictor.
    terms
        The right side as written.
    main
        Whether the parameter is the family's main one.
    fixed
        Whether its scale is fixed: it has no intercept, and no columns may make one.
    body
        Of a formula that is not linear: what it is, in place of what adds up.
    inner
        Whether it is what such a formula is made of, and no parameter of the family.
    response
        The name of its response, where the model has several; else empty.
    named
        Whether it is one of several main predictors, which are told apart by name.
    """

    dpar: str
    link: Link
    population: Population
    groupings: tuple[Grouping, ...]
    terms: Expr = field(compare=False)
    main: bool = True
    fixed: bool = False
    body: Body | None = None
    inner: bool = False
    response: str = ""
    named: bool = False

    @property
    def partitions(self) -> tuple[Grouping, ...]:
        """The groupings of which each row has one level."""
        return tuple(one for one in self.groupings if one.membership is None)

    @property
    def _named(self) -> tuple[str, ...]:
        own = self.dpar if self.named or not self.main else ""
        return tuple(name for name in (self.response, own) if name)

    @property
    def label(self) -> str:
        """What it is a predictor of, for people: ``log sigma``; ``a`` itself."""
        own = self.inner or self.named
        return self.dpar if own else f"{self.link.name} {self.dpar}"

    @property
    def prefix(self) -> str:
        """What names of its quantities begin with: ``sigma_``, or nothing."""
        return "".join(f"{name}_" for name in self._named)

    @property
    def target(self) -> str:
        """What targets of its priors begin with: ``sigma.``, or nothing."""
        return "".join(f"{name}." for name in self._named)


def grouping_factors(
    groupings: Iterable[Grouping], response: Response | None
) -> tuple[str, ...]:
    """Return whose levels differ: in effects of formulas, or in thresholds.

    Parameters
    ----------
    groupings
        Those of all formulas of a response.
    response
        It; None after a fault.
    """
    people = None if response is None else response.people
    names = [one.name for one in groupings]
    return tuple(dict.fromkeys([*names, *([] if people is None else [people.column])]))


@dataclass(frozen=True, slots=True)
class BoundModel:
    """One response of a model, ready for data.

    ``predictors`` are linear ones or bodies, the main one first. ``priors`` maps a
    scalar target (``b[cs[CS+]]``, ``sd[subj, Intercept]``, ``cor[subj]``,
    ``sigma``, ``sigma.b[x]``, ``threshold``, ``Intercept``) to what the user
    wrote for it; absent targets have the default. ``keep`` says what is stored for
    each row. ``statement`` is the model as if it had no other response. ``thresholds``
    says how those of ordinal families are laid out.
    """

    name: str
    text: str
    response: Response
    family: Family
    predictors: tuple[BoundPredictor, ...]
    priors: tuple[tuple[str, PriorText], ...]
    keep: tuple[Keep, ...]
    parameterization: Literal["auto", "centered", "noncentered"]
    statement: ModelStatement = field(compare=False)
    thresholds: Layout = "flexible"

    @property
    def prefix(self) -> str:
        """What names of its quantities begin with; nothing of one response."""
        return f"{self.main.response}_" if self.main.response else ""

    @property
    def target(self) -> str:
        """What targets of its priors begin with; nothing of one response."""
        return f"{self.main.response}." if self.main.response else ""

    @property
    def main(self) -> BoundPredictor:
        """The predictor of the family's main parameter."""
        return self.predictors[0]

    def predictor(self, dpar: str) -> BoundPredictor:
        """Return the predictor of a parameter; the main one by an empty name."""
        if not dpar:
            return self.main
        others = self.predictors if self.main.named else self.predictors[1:]
        return next(one for one in others if one.dpar == dpar)

    @property
    def mains(self) -> tuple[BoundPredictor, ...]:
        """The main predictors: one, but for families such as ``categorical``."""
        return tuple(one for one in self.predictors if one.main)

    @property
    def link(self) -> Link:
        """The link of the main parameter."""
        return self.main.link

    @property
    def population(self) -> Population:
        """The population-level part of the main predictor."""
        return self.main.population

    @property
    def groupings(self) -> tuple[Grouping, ...]:
        """The groupings of the main predictor."""
        return self.main.groupings

    @property
    def bodies(self) -> tuple[Body, ...]:
        """What is calculated, in the formulas of all parameters."""
        return tuple(one.body for one in self.predictors if one.body is not None)

    @property
    def grouping_factors(self) -> tuple[str, ...]:
        """Whose levels differ: in effects of any formula, or in their thresholds."""
        every = (one for part in self.predictors for one in part.groupings)
        return grouping_factors(every, self.response)


@dataclass(frozen=True, slots=True)
class ResidualCorrelation:
    """The residual correlation of responses.

    Attributes
    ----------
    target
        What a prior of it is about.
    shared
        The parameter that they share: ``nu`` of a multivariate t; none of a normal.
    """

    target: str = "rescor"
    shared: str | None = None


@dataclass(frozen=True, slots=True)
class JointModel:
    """One model of a spec: its responses, in the order written.

    ``members`` are one for each response, and most models have one alone. The names
    of their quantities and targets are different where there are several. ``questions``
    says which quantities, tests and contrasts are computed.
    ``coupling`` says how their residuals are correlated; None: they are not.
    """

    name: str
    text: str
    members: tuple[BoundModel, ...]
    priors: tuple[tuple[str, PriorText], ...]
    questions: Questions = Questions()
    coupling: ResidualCorrelation | None = None

    @property
    def only(self) -> BoundModel:
        """The response of a model that has one."""
        (found,) = self.members
        return found

    @property
    def responses(self) -> tuple[str, ...]:
        """The names of the responses."""
        return tuple(member.response.name for member in self.members)

    def of(self, response: str) -> JointModel:
        """Return the model with one of its responses alone."""
        kept = tuple(one for one in self.members if one.response.name == response)
        return replace(self, members=kept, coupling=None)

    def member(self, target: str) -> BoundModel:
        """Return the response whose targets begin so; of no name, the only one."""
        wanted = f"{target}." if target else ""
        return next(one for one in self.members if one.target == wanted)

    @property
    def predictors(self) -> tuple[BoundPredictor, ...]:
        """The predictors of all responses, in the order of the program's."""
        return tuple(one for member in self.members for one in member.predictors)

    @property
    def grouping_factors(self) -> tuple[str, ...]:
        """Whose levels differ, in any response."""
        every = (name for one in self.members for name in one.grouping_factors)
        return tuple(dict.fromkeys(every))

    @property
    def grouping_columns(self) -> frozenset[str]:
        """The columns that grouping factors are made of."""
        groupings = (one for part in self.predictors for one in part.groupings)
        people = (one.response.people for one in self.members)
        return frozenset(name for one in groupings for name in one.factors) | {
            one.column for one in people if one is not None
        }

    def predictor(self, target: str) -> BoundPredictor:
        """Return the predictor whose targets begin so; the main one by no name."""
        wanted = f"{target}." if target else ""
        return next(one for one in self.predictors if one.target == wanted)


def made_of(
    body: Body | None, predictors: Iterable[BoundPredictor]
) -> tuple[BoundPredictor, ...]:
    """Return what a body is made of, by way of other bodies too; nothing of None."""
    inner = {one.dpar: one for one in predictors if one.inner}
    found: dict[str, BoundPredictor] = {}
    stack = [] if body is None else [*body.parameters]
    while stack:
        name = stack.pop()
        if name in found or name not in inner:
            continue
        found[name] = one = inner[name]
        stack += [] if one.body is None else one.body.parameters
    return tuple(one for name, one in inner.items() if name in found)


def groups_inside(
    predictors: Iterable[BoundPredictor],
) -> dict[str, tuple[str, ...]]:
    """Return the grouping factors in what is calculated beside the main predictor.

    By the parameter of the family; those without such a formula, or without groups in
    it, are left out.
    """
    every = tuple(predictors)
    found = {
        one.dpar: tuple(
            dict.fromkeys(g.name for p in made_of(one.body, every) for g in p.groupings)
        )
        for one in every
        if one.body is not None and not (one.main or one.inner)
    }
    return {dpar: names for dpar, names in found.items() if names}


def known_columns(bodies: Iterable[Body | None]) -> list[DesignColumn]:
    """Return the parts of bodies that are made of columns, as columns of a design."""
    return [
        DesignColumn(one.label, one.label, (one,))
        for body in bodies
        for one in (() if body is None else body.known)
    ]


def offsets(bound: BoundModel) -> tuple[Numeric, ...]:
    """Return what is known to be added to the main predictor.

    The offsets of the formula, and the logarithm of the exposure of
    ``y | rate(t)``.
    """
    rate = bound.response.rate
    if rate is None:
        return bound.population.offsets
    span = rate.expression.span
    log = Call(
        Name("log", span=span),
        (Argument(rate.expression, span=span),),
        span=span,
    )
    return (*bound.population.offsets, Numeric(f"log({rate.label})", log))

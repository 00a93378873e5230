"""The intermediate representation: a hierarchical generalised linear model.

A ``Program`` keeps the structure of the model (population blocks, group blocks
over index vectors, family, priors) so that passes see what they change. It
holds names and numbers, never arrays; arrays live in a ``Frame`` under the
names of the program's slots. Training rows, new rows and merged rows are all
frames of one program.

The program owns the coordinates: each parameter says on which chart it is
sampled, so the NumPy reference, the PyMC graph and the emitted source have the
same unconstrained space.

One file, although it is long: the types refer to each other, and whoever writes
a pass or a backend reads them together. What they are made of has files of its
own (``blocks/``, ``recipes``, ``expressions``, ``coupling``).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ..families.family import Family
from .blocks import Block, GroupBlock, GroupUse
from .coupling import Coupling, conditional
from .expressions import ProgramExpr, names_in
from .recipes import Recipe

# ---- axes and slots ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Axis:
    """A named dimension; ``labels`` is None where only a frame knows its length."""

    name: str
    kind: Literal[
        "rows",
        "levels",
        "coefs",
        "pairs",
        "boundaries",
        "gaps",
        "categories",
        "around",
        "steps",
        "members",
    ]
    labels: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Slot:
    """One array of a frame: its name, its axes, and how it is made from a table.

    ``into`` is the axis that an index slot points into.
    """

    name: str
    axes: tuple[str, ...]
    recipe: Recipe
    into: str | None = None


# ---- parameters --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prior:
    """A distribution with its arguments.

    Attributes
    ----------
    distribution
        Key of ``DISTRIBUTIONS``.
    arguments
        Expressions by argument name; a vector has one entry an element.
    lower, upper
        Truncation.
    """

    distribution: str
    arguments: tuple[tuple[str, ProgramExpr], ...]
    lower: float | None = None
    upper: float | None = None

    def argument(self, name: str) -> ProgramExpr:
        """Return one argument."""
        return dict(self.arguments)[name]

    def with_argument(self, name: str, value: ProgramExpr) -> Prior:
        """Return the prior with one argument replaced."""
        changed = tuple((k, value if k == name else v) for k, v in self.arguments)
        return Prior(self.distribution, changed, self.lower, self.upper)


Chart = Literal["bounds", "ordered", "simplex"]


@dataclass(frozen=True, slots=True)
class Unit:
    """Where sampling a parameter starts, and in what steps it goes.

    Attributes
    ----------
    center
        Where it starts, inside the bounds; one number an element.
    scale
        The change of an unbounded parameter that counts as 1; above 0.
    """

    center: tuple[float, ...]
    scale: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A free parameter: its axes (none: a scalar), prior and chart.

    ``chart`` maps the parameter to the real line. ``bounds``: an unbounded one is
    itself, or ``(x - center) / scale`` of its ``unit``; ``log(x - lower)``,
    ``log(upper - x)``, or the logit of the place between two bounds. ``ordered``: the
    first element and the logs of the gaps. ``simplex``: centred log ratios but the
    last.
    """

    name: str
    axes: tuple[str, ...]
    prior: Prior
    chart: Chart = "bounds"
    bounds: tuple[float, float] = (-math.inf, math.inf)
    report: bool = True
    unit: Unit | None = None

    @property
    def unbounded(self) -> bool:
        """Whether it is any number."""
        return self.chart == "bounds" and all(map(math.isinf, self.bounds))

    @property
    def steps(self) -> Unit | None:
        """The unit, where it is a part of the chart."""
        return self.unit if self.unbounded else None


@dataclass(frozen=True, slots=True)
class Derived:
    """A deterministic quantity; ``report`` puts it among the results."""

    name: str
    axes: tuple[str, ...]
    expression: ProgramExpr
    report: bool = True


# ---- group-level effects -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Correlation:
    """Correlated coefficients of a group: their positions and partial correlations.

    ``parameter`` holds one number in (0, 1) a pair, ``(1 + r) / 2`` with ``r``
    the partial correlation of the C-vine (Lewandowski, Kurowicka & Joe 2009),
    in the order of ``numpy.tril_indices(n, -1)``.
    """

    parameter: str
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Element:
    """A scalar quantity, or an element of a vector; times ``sign``."""

    name: str
    place: int = 0
    sign: float = 1.0


@dataclass(frozen=True, slots=True)
class Centering:
    """How far the effects of a group are sampled where they are.

    All is in units of the group's ``unit``: its effects and sds are divided by it.
    With ``m`` and ``t`` the mean and sd of an effect given those before it in its
    level, and ``l`` what the population part says of its level, the coordinate ``x``
    of an effect with weight ``w`` is normal with mean ``w (l + m)`` and sd ``t^w``;
    the effect is ``m + t z`` with ``z = (x - w (l + m)) / t^w``. Weight 0 is the
    non-centered form, weight 1 the hierarchically centered one (Papaspiliopoulos,
    Roberts & Skoeld 2007).

    Attributes
    ----------
    weights
        Slot with one number in [0, 1] a level and coefficient.
    around
        Slot with a number for each level, coefficient and one of ``elements``;
        ``l`` is the sum of their products.
    elements
        Quantities of the population part.
    basis
        Unit upper triangular, by rows; what is sampled is ``basis^-1 x``, so that
        effects that the data know together are nearly independent. Empty: ``x``.
    """

    weights: str
    around: str
    elements: tuple[Element, ...]
    basis: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """Effects that are stated at other values of their predictors than 0.

    With ``v`` the effects of a level there, those as written are ``T v``, and what
    their columns ``Z`` add to each other is ``Z T``: the predictor is the same.

    Attributes
    ----------
    basis
        ``T``, unit upper triangular in some order of the coefficients; by rows.
    effects
        The name of ``v``; ``Group.effects`` are the effects as written.
    sd
        The name under which the sds of these are reported; ``Group.sd`` are those of
        ``v``, and so are the partial correlations.
    """

    basis: tuple[tuple[float, ...], ...]
    effects: str
    sd: str


@dataclass(frozen=True, slots=True)
class Strata:
    """Levels in strata, each with standard deviations and correlations of its own.

    Attributes
    ----------
    sds
        The axis of the standard deviations: those of the first stratum's effects, then
        those of the second's. Positions of correlations are on it.
    levels
        How many levels each stratum has; levels stand in the order of the strata.
    """

    sds: str
    levels: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Mixture:
    """Effects with a t distribution: normal ones, levels with variances of their own.

    The effects of a level are normal with ``variance`` times the covariance of the
    group, and ``variance`` is inverse gamma with the shape and scale ``df / 2``, around
    1: then they have a multivariate t distribution (Lange, Little & Taylor 1989).

    Attributes
    ----------
    df
        The name of the degrees of freedom.
    variance
        The name of a parameter with a number for each level.
    """

    df: str
    variance: str


@dataclass(frozen=True, slots=True)
class Group:
    """Group-level effects of one grouping factor, beside the predictors.

    Each row of the effects (one level) is normal with mean 0, standard
    deviations ``sd`` and correlations within each ``Correlation``.

    ``correlation_matrix`` is the name under which correlations are reported.

    ``form`` is how they are sampled: ``centered``: the effects themselves, in
    ``effects``; ``noncentered``: standard normals in ``base``, from which
    ``effects`` follow; ``auto``: not decided, the same density as centered;
    ``partial``: what ``centering`` says, in ``coordinate``; ``marginal``: not at all,
    the likelihood has them integrated out.

    ``free`` says that the user left the form to the passes.

    ``unit`` has the change of each coefficient's effects that counts as 1 where
    effects are sampled, in the forms ``centered`` and ``partial``; none: 1.

    ``moved`` says where sds, correlations and what is sampled are stated, if that is
    not where the effects are as written.

    ``by`` says which levels share sds and correlations; None: all.

    ``mixture`` says that they have a t distribution, of which ``sd`` is the scale.

    ``relation`` is a slot with the lower Cholesky factor of the known covariance of
    levels; None: they are independent.
    """

    name: str
    levels: str
    coefs: str
    sd: str
    correlations: tuple[Correlation, ...]
    effects: str
    base: str
    correlation_matrix: str
    form: Literal["auto", "centered", "noncentered", "partial", "marginal"] = "auto"
    free: bool = True
    centering: Centering | None = None
    unit: tuple[float, ...] = ()
    moved: Moved | None = None
    by: Strata | None = None
    mixture: Mixture | None = None
    relation: str | None = None

    @property
    def sds(self) -> str:
        """The axis of its standard deviations: of its effects, in each stratum."""
        return self.coefs if self.by is None else self.by.sds

    def strata(self, levels: int, size: int) -> tuple[tuple[slice, slice], ...]:
        """Return which levels share which sds, given how many levels and effects."""
        if self.by is None:
            return ((slice(0, levels), slice(0, size)),)
        ends = np.cumsum((0, *self.by.levels)).tolist()
        return tuple(
            (slice(start, end), slice(place * size, (place + 1) * size))
            for place, (start, end) in enumerate(itertools.pairwise(ends))
        )

    def basis_of_sds(self) -> NDArray[Any] | None:
        """Return ``T`` for the effects of all strata together; None: not moved."""
        if self.moved is None:
            return None
        times = 1 if self.by is None else len(self.by.levels)
        whole: NDArray[Any] = np.kron(np.eye(times), np.asarray(self.moved.basis))
        return whole

    @property
    def stated(self) -> str:
        """The name of the effects that sds and correlations are of."""
        return self.effects if self.moved is None else self.moved.effects

    @property
    def reported_sd(self) -> str:
        """The name of the standard deviations of the effects as written."""
        return self.sd if self.moved is None else self.moved.sd

    @property
    def quantities(self) -> tuple[str, ...]:
        """The parameters and derived quantities that its effects are made of."""
        found = (self.sd, *(one.parameter for one in self.correlations))
        if self.mixture is not None:
            found = (*found, self.mixture.df, self.mixture.variance)
        if self.centering is not None:
            found = (*found, *(one.name for one in self.centering.elements))
        return found

    @property
    def plain(self) -> bool:
        """Whether effects are normal, and those of one level independent of others'.

        What a pass knows of such groups does not hold for others.
        """
        return self.mixture is None and self.relation is None

    @property
    def slots(self) -> tuple[str, ...]:
        """The slots that its effects are made of."""
        found = () if self.relation is None else (self.relation,)
        if self.centering is not None:
            found = (*found, self.centering.weights, self.centering.around)
        return found

    @property
    def coordinate(self) -> str:
        """The name of what is sampled."""
        if self.form == "partial":
            return f"{self.effects}#partial"
        return self.base if self.form == "noncentered" else self.stated


# ---- predictors and likelihood -----------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shift:
    """What takes up the means of centred columns.

    Attributes
    ----------
    quantity
        ``Intercept`` or ``threshold``: a parameter or derived quantity.
    parameter
        The parameter whose prior has the location: the intercept itself, or
        the middle of the thresholds.
    argument
        The location argument of that prior.
    sign
        1 if the quantity is added to the columns, -1 if they are subtracted
        from it (thresholds).
    design, coefs, means
        The slot of the columns, their coefficients, the slot of their means.
    """

    quantity: str
    parameter: str
    argument: str
    sign: int
    design: str
    coefs: str
    means: str


@dataclass(frozen=True, slots=True)
class Predictor:
    """A linear predictor, or a function of others.

    Attributes
    ----------
    response
        The name of the likelihood whose parameter it is. The first predictor of a
        response is that of its main parameter.
    dpar
        The parameter; of a formula that is not linear, also the name of what it is
        made of.
    body
        Of a formula that is not linear: what it is, in terms of other predictors and
        of slots. The blocks are then empty.
    inner
        Whether it is what a body is made of, and no parameter of the family.
    shift
        What takes up a shift of the population columns, and how; None where
        nothing can (no intercept, or a prior that cannot be moved).
    report
        Names under which ``keep`` asks for it.
    prefix
        What the names of its own quantities begin with: ``sigma_``, ``y1_``.
    """

    name: str
    response: str
    dpar: str
    link: str
    rows: str
    blocks: tuple[Block, ...]
    shift: Shift | None = None
    report: tuple[str, ...] = ()
    body: ProgramExpr | None = None
    inner: bool = False
    prefix: str = ""

    @property
    def is_linear(self) -> bool:
        """Whether the family's parameter is a link away from sums of its blocks."""
        return self.body is None and not self.inner

    def is_main_of(self, family: Family) -> bool:
        """Whether it is of a main parameter of a family.

        What a formula is made of may be called as such a parameter is.
        """
        return not self.inner and family.is_main(self.dpar)

    @property
    def group_blocks(self) -> tuple[GroupBlock, ...]:
        """The blocks that add effects of groups, of whatever type."""
        return tuple(one for one in self.blocks if isinstance(one, GroupBlock))

    @property
    def group_uses(self) -> tuple[GroupUse, ...]:
        """The blocks that multiply effects of a row's one level by a known design.

        They are linear in the effects, with columns known before sampling: what moves
        or integrates effects, or solves for them, is about these.
        """
        return tuple(one for one in self.blocks if isinstance(one, GroupUse))

    def use_of(self, group: Group) -> GroupUse:
        """Return the block that a group is used in."""
        return next(one for one in self.group_uses if one.group == group.name)


@dataclass(frozen=True, slots=True)
class Likelihood:
    """The observed response under a family; ``arguments`` by dpar name.

    Attributes
    ----------
    value, rows
        The slot of the response, the axis of its rows.
    count
        The slot with how many rows of the data each row stands for; None: one.
    within
        The slot with the sum of squared deviations of the responses that a row
        stands for from their mean, which is its ``value``; for families that pool
        (``Family.pooled``). None: those responses are all the same.
    weight
        The slot with the power of each row's density, or of each of the rows that it
        stands for; None: one.
    """

    name: str
    family: Family
    arguments: tuple[tuple[str, ProgramExpr], ...]
    value: str
    rows: str
    count: str | None = None
    within: str | None = None
    weight: str | None = None

    @property
    def slots(self) -> tuple[str, ...]:
        """The slots that it reads by name, the response first."""
        named = (self.value, self.count, self.within, self.weight)
        return tuple(name for name in named if name is not None)

    def times(self, frame: Frame) -> NDArray[Any] | None:
        """Return how often the density of each row counts; None: once."""
        numbers = [frame[n] for n in (self.count, self.weight) if n is not None]
        return None if not numbers else np.multiply.reduce(numbers)

    def spread(self, frame: Frame) -> NDArray[Any] | None:
        """Return the squared deviations in each row, as often as they count."""
        if self.within is None:
            return None
        within = frame[self.within]
        return within if self.weight is None else within * frame[self.weight]


@dataclass(frozen=True, slots=True)
class Program:
    """A whole model; see the module's text."""

    name: str
    axes: tuple[Axis, ...]
    slots: tuple[Slot, ...]
    parameters: tuple[Parameter, ...]
    groups: tuple[Group, ...]
    derived: tuple[Derived, ...]
    predictors: tuple[Predictor, ...]
    likelihoods: tuple[Likelihood, ...]
    notes: tuple[str, ...] = ()
    coupling: Coupling | None = None

    @property
    def observed(self) -> tuple[Likelihood, ...]:
        """The likelihoods whose product is that of all responses.

        Of coupled ones each is given those before it.
        """
        return conditional(self)

    @property
    def likelihood(self) -> Likelihood:
        """The likelihood of a program that has one response; see ``of``."""
        (found,) = self.likelihoods
        return found

    @property
    def in_order(self) -> tuple[Predictor, ...]:
        """The predictors, each after those that it is made of."""
        found = [one for one in self.predictors if one.body is None]
        left = [one for one in self.predictors if one.body is not None]
        while left:
            waits = {one.name for one in left}
            free = [
                one
                for one in left
                if one.body is None or waits.isdisjoint(names_in(one.body))
            ]
            if not free:
                raise ValueError(f"{sorted(waits)} are made of each other")
            found += free
            left = [one for one in left if one not in free]
        return tuple(found)

    def of(self, response: str) -> Program:
        """Return the program with one of its responses alone.

        Its parameters and groups are all there: what the other responses tell of them
        is not. Of coupled ones that is the marginal distribution. Rows that only
        others have are left out.
        """
        likelihoods = tuple(one for one in self.likelihoods if one.name == response)
        predictors = tuple(p for p in self.predictors if p.response == response)
        rows = {*(one.rows for one in likelihoods), *(p.rows for p in predictors)}
        gone = {a.name for a in self.axes if a.kind == "rows" and a.name not in rows}
        return replace(
            self,
            axes=tuple(axis for axis in self.axes if axis.name not in gone),
            slots=tuple(slot for slot in self.slots if gone.isdisjoint(slot.axes[:1])),
            likelihoods=likelihoods,
            predictors=predictors,
            coupling=None,
        )

    def integrated(self, response: str) -> tuple[Group, ...]:
        """Return the groups that the likelihood of a response has integrated out."""
        used = {
            block.group
            for predictor in self.predictors
            if predictor.response == response
            for block in predictor.group_uses
        }
        return tuple(g for g in self.groups if g.form == "marginal" and g.name in used)

    def axis(self, name: str) -> Axis:
        """Return the axis of that name."""
        return next(a for a in self.axes if a.name == name)

    def slot(self, name: str) -> Slot:
        """Return the slot of that name."""
        return next(s for s in self.slots if s.name == name)

    def parameter(self, name: str) -> Parameter:
        """Return the parameter of that name."""
        return next(p for p in self.parameters if p.name == name)

    def group(self, name: str) -> Group:
        """Return the group of that name."""
        return next(g for g in self.groups if g.name == name)


@dataclass(frozen=True, slots=True, eq=False)
class NewLevels:
    """Levels that rows have and the rows of the fit had not.

    Attributes
    ----------
    labels
        Their names; a row without a value has a level of its own, with none.
    strata
        The stratum of each, where levels are in strata: see ``Strata``.
    """

    labels: tuple[str, ...]
    strata: NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The arrays of a program's slots, and the length of each axis.

    ``new_levels`` are, by axis, those that rows have beyond the levels of the axis.
    Indices go on into them: that of the first is the length of the axis.
    """

    arrays: Mapping[str, NDArray[Any]]
    lengths: Mapping[str, int] = field(default_factory=dict)
    new_levels: Mapping[str, NewLevels] = field(default_factory=dict)

    def __getitem__(self, name: str) -> NDArray[Any]:
        """Return the array of a slot."""
        return self.arrays[name]

"""What a family is: everything that is known of a response distribution.

One file a family, one constant a file. The parser, the checker, the default
priors, the emitters, the tests and the documentation read the same record.

It is long, and one file: the types that make up a ``Family``, of which half is
what their fields mean.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from ..distributions.density import arrays
from ..distributions.density.operations import DensityFunction

Array = NDArray[Any]

#: What the two answers are called that a response may be told of: see ``answers``; and
#: what says of a row which of them it is.
ANSWERS = ("lower", "upper")
ANSWER = "dec"
ResponseKind = Literal[
    "continuous",
    "binary",
    "ordinal",
    "nominal",
    "count",
    "successes",
    "composition",
]


@dataclass(frozen=True, slots=True)
class Moments:
    """Centre ``m`` and spread ``s`` of the response on the link scale.

    Computed once from the rows of the fit; the default priors are written in
    them. ``exposure`` is the geometric mean of ``t`` in ``y | rate(t)``: parameters of
    one unit of it, such as a shape, are multiplied by it. ``each`` are those by
    predictor, of families with several main ones; ``least`` is the smallest response of
    a family that has a parameter below it. ``together`` is below 1 where an effect
    counts at each step between categories: so many ``s`` are one unit of effects.
    """

    m: float
    s: float
    exposure: float = 1.0
    each: tuple[Moments, ...] = ()
    least: float = 1.0
    together: float = 1.0

    @property
    def step(self) -> float:
        """The unit of effects on the predictor."""
        return self.s * self.together

    @property
    def at_one_threshold(self) -> Moments:
        """Those for effects at single thresholds.

        They are independent, so that their variances add up, and not they themselves.
        """
        return replace(self, together=math.sqrt(self.together))


@dataclass(frozen=True, slots=True)
class DefaultPrior:
    """A default: distribution, arguments, and its reason in a sentence.

    Attributes
    ----------
    distribution
        Key of ``DISTRIBUTIONS``.
    arguments
        Numbers by argument name.
    lower
        Where it is cut off below.
    of
        What it is the prior of: the parameter itself, or ``inv_sqrt``:
        one over its square root (shapes, whose limit at infinity is the simpler
        family, so that the prior has its mode there).
    times
        What the parameter is multiplied by first.
    half
        The parameter half of which is added first, one that stands before it in the
        family.
    """

    distribution: str
    arguments: tuple[tuple[str, float], ...]
    reason: str
    lower: float | None = None
    of: Literal["itself", "inv_sqrt"] = "itself"
    times: float = 1.0
    half: str = ""


@dataclass(frozen=True, slots=True)
class Dpar:
    """A distributional parameter beside the linear predictor.

    Attributes
    ----------
    name
        ``sigma``, ``nu``, ...
    link
        The link that it is written on: that of a formula for it, without another.
    support
        Key of ``distributions.SUPPORTS``: where it lives.
    meaning
        In words.
    default
        Its default prior, given the response's moments; unused if ``fixed``.
    center
        Where the default prior of the intercept of a formula for it is centred,
        on the link scale: the link of the median of ``default``.
    fixed
        Its value unless it has a formula; such a formula has no intercept.
    pooled
        Which power mean of what an offset multiplies it by is that of all rows
        together: 2 for a standard deviation, since variances add up, 0 for the
        geometric mean.
    spread
        How much it may change, where its own link is the identity; None: a spread of
        the response.
    below
        Whether each response is above it: the density is 0 of all others.
    within
        The simplex, or the correlations, that it is an element of, which have the
        default prior and no formula; empty: it is a number by itself.
    partial
        Whether what it is within are correlations. It is then the partial correlation
        of a pair on (0, 1), in the order of ``numpy.tril_indices(n, -1)``: see
        ``distributions/correlations.py``.
    default_link
        The link of a formula for it, if it is another one.
    """

    name: str
    link: str
    support: str
    meaning: str
    default: Callable[[Moments], DefaultPrior]
    center: Callable[[Moments], float]
    fixed: float | None = None
    pooled: float = 0.0
    spread: float | None = None
    below: bool = False
    within: str = ""
    partial: bool = False
    default_link: str = ""


def _weighted_mean(values: Array, weights: Array) -> float:
    return float(np.average(values, weights=weights))


def residual_scale(meaning: str, measure: str = "the response") -> Dpar:
    """Return ``sigma`` of a family whose residuals are as wide as the response."""
    return Dpar(
        "sigma",
        link="log",
        support="positive",
        meaning=meaning,
        default=lambda m: DefaultPrior(
            "exponential", (("rate", 1.0 / m.s),), f"mean one spread of {measure}"
        ),
        center=lambda m: math.log(m.s),
        pooled=2.0,
    )


class Stepwise(Protocol):
    """A family whose thresholds are of steps: which, and under which link."""

    @property
    def kind(self) -> str:
        """``sratio``, ``cratio`` or ``acat``."""

    @property
    def adds_up(self) -> bool:
        """Whether the log odds of two categories are a sum over the steps between."""

    @property
    def link(self) -> str:
        """The link of each step."""


class Observe(Protocol):
    """Add the observed variable to the PyMC model on the stack."""

    def __call__(
        self,
        pm: Any,
        pt: Any,
        name: str,
        arguments: Mapping[str, Any],
        observed: Any,
        dims: str,
    ) -> Any:
        """``pm`` and ``pt`` are the modules, so that this package imports neither."""


@dataclass(frozen=True, slots=True)
class SourceText:
    """The family in an emitted program: helper definitions and the statement.

    ``statement`` is a format string with the fields ``name`` (quoted),
    ``observed``, ``dims`` (quoted) and one for each argument. ``when`` has the
    text in its place where a parameter that is else ``fixed`` has a formula.
    ``helpers`` are the definitions, or a function that makes them.
    """

    statement: str
    helpers: str | Callable[[], str] = ""
    when: tuple[tuple[str, SourceText], ...] = ()

    @property
    def definitions(self) -> str:
        """The helper definitions."""
        return self.helpers if isinstance(self.helpers, str) else self.helpers()


@dataclass(frozen=True, slots=True)
class Pooled:
    """How responses with the same parameters are one: what the family needs of them.

    They are a cell: their number ``count``, the mean ``y`` and the sum ``within``
    of their squared deviations from it.

    Attributes
    ----------
    each
        The density of a response over operations.
    deviations
        What ``within`` adds to ``count`` times the log density of ``y``. Operators
        alone, no functions: given tensors it is a graph.
    logged
        Whether mean and deviations are of the logs of the responses; ``y`` is
        then their geometric mean.
    """

    each: DensityFunction
    deviations: Callable[..., Any]
    logged: bool = False

    def density(self, m: Any, y: Any, *given: Any) -> Any:
        """Return the log density of all responses of a cell together.

        ``given`` are the parameters, then ``count`` and ``within``.
        """
        *parameters, count, within = given
        mean = self.each(m, y, *parameters)
        return count * mean + self.deviations(within, *parameters)

    def log_density(
        self, y: Array, count: Array, within: Array, **parameters: Array
    ) -> Array:
        """Return the log density of each cell, of arrays that broadcast."""
        read = arrays.log_density(self.density, (*parameters, "count", "within"))
        return read(y, **parameters, count=count, within=within)


@dataclass(frozen=True, slots=True)
class BoundedDraws:
    """Draws between bounds, of a family that knows how: no draw is thrown away.

    Attributes
    ----------
    simulate
        Generator, the parameters in a list, the lower and the upper bound (None: there
        is none).
    draw
        The same in a graph: ``draw(pm, pt, parameters, lower, upper, size)``.
    text
        Of the names of both bounds (None: there is none): the body of that function in
        a script, of the parameters and ``size``.
    """

    simulate: Callable[..., Array]
    draw: Callable[..., Any]
    text: Callable[[str | None, str | None], str]


@dataclass(frozen=True, slots=True)
class Tails:
    """What a family needs to be censored and truncated.

    Attributes
    ----------
    log_tails
        The logs of ``P(Y <= y)`` and of ``P(Y > y)``, over operations ``m``, of the
        response and the parameters, each exact in its tail. Of a response that comes
        with an answer, those with the answer that it is told: they add up to its
        probability.
    draw
        Draws in a graph: ``draw(pm, pt, *parameters)``, with PyMC's own distribution,
        which has an inverse distribution function. None: draws are those of NumPy, and
        a script has none.
    draw_text
        The same in a script, an expression.
    before
        Lines of a script that stand before that expression, in its function.
    lowest, highest
        Below and above them there is nothing.
    atoms
        Single values that a continuous response has with a probability each.
    between
        The log of the probability above one number, up to another, over operations:
        both, then the parameters. None: it is a difference of tails.
    mean
        Of the parameters in a list, the lower and the upper bound (None: there is
        none): the mean between them, where it has a formula.
    log_members
        Of a mixture, of the same: for each component the log of the probability that a
        response is of it, and between them.
    bounded
        Draws between bounds. None: draws without bounds are thrown away until one is
        between them, in a graph by PyMC.
    """

    log_tails: Callable[..., tuple[Any, Any]]
    draw: Callable[..., Any] | None = None
    draw_text: str = ""
    lowest: float = -math.inf
    highest: float = math.inf
    mean: Callable[..., Array] | None = None
    before: str = ""
    atoms: tuple[float, ...] = ()
    between: Callable[..., Any] | None = None
    log_members: Callable[..., Sequence[Array]] | None = None
    bounded: BoundedDraws | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """A response distribution.

    Attributes
    ----------
    name, aliases
        Names accepted after ``family=``.
    title
        A noun phrase for people.
    response
        Kind of response.
    links
        Links of the main predictor, that of the density first.
    default_link
        That of a formula without ``link=``, if it is another one.
    known_links
        Links that exist for it but are not compiled yet.
    dpars
        Parameters beside the predictor.
    predictor
        Name of the main parameter: ``mu`` or ``eta``.
    thresholds
        Whether thresholds take the intercept's place.
    support
        The response's support in words, for messages.
    in_support
        Which values of the response are possible; further arguments are those
        of ``known``, by name.
    outside
        Notes about values that are not possible: what they are, and what to do.
    moments
        ``m`` and ``s``: ``moments(y, count, **known)`` with the response (ranks for
        categories), how many rows each value of it stands for (None: one), and what is
        ``known``; with thresholds the number of ``categories``, and ``m`` is where the
        middle one is.
    log_density
        Log density (mass) of each row. Arguments: response, parameters and what
        is ``known`` by name, NumPy arrays that broadcast. Analytic: parameters
        may be complex, for derivatives by complex step.
    by_hand
        Of a family with thresholds: log density of one row and its slopes, for compiled
        code; None: it is made of ``density``. A function of
        floats that returns a flat tuple of floats. Arguments: response (counts
        and ranks as floats too); the predictor; of a family with thresholds the
        one below the category, the one above (infinite at the ends) and their
        gap, given exactly (infinity at the ends); all ``dpars``, fixed ones too;
        what is ``known``. Returned: log density, then the slope in each argument
        between the response and what is ``known``. It uses ``math``, numbers and
        plain functions of the same kind (``density/scalars.py``), by global name. As
        exact as ``log_density``; slopes are finite where the density is.
    density
        The density over a module of operations (``distributions/density``), if it is
        written that way: of the response, the predictor, ``dpars``, what is ``known``.
    many_draws
        Of a family with thresholds: whether ``log_density`` and ``simulate`` take those
        of many draws, with a first axis of draws. Else they are asked draw by draw.
    simulate
        Draws of the response: generator, then parameters and what is ``known``,
        which broadcast to the shape of the draws.
    mean
        Mean of the response given the same (ordinal: of the ranks).
    quantile
        Of a share, and parameters by name: the value that this share of responses is at
        or below. None: it is found from the distribution function (``quantiles.py``).
    observe
        The PyMC form.
    source
        The form in an emitted program.
    doc
        Density in mathematics, parameters with domains, a reference.
    measure
        What ``m`` and ``s`` are of: the response, or its logarithm.
    known
        Numbers that each row brings along beside the response: ``trials``.
    exposed
        Of families whose counts of ``t`` units are of another family: which, and its
        parameter that is ``t``.
    normal
        Whether residuals around the predictor are normal with sd ``sigma`` (of logs,
        if ``pooled`` says so): group effects can then be integrated out.
    at_once
        The operation of the kernel that is quicker than ``kernel`` row by row, where
        no parameter beside the predictor has a formula; None: there is none.
    rate
        Parameters that are multiplied by ``t`` in ``y | rate(t)``, beside the
        mean; None: the family counts nothing, so it takes no ``rate``.
    pooled
        How rows that differ in nothing but the response are merged; None: only
        rows with the same response are.
    under
        Of families whose density is written for each link, those with thresholds: by
        link other than the first its name, and what makes it.
    at_shares
        Of families with thresholds: those that give shares of categories where the
        predictor is 0.
    average
        How observed responses are averaged, of values and their weights.
    tails
        What censored and truncated responses need; None: it has neither.
    steps
        Of families whose thresholds are of steps, in no order, what they are.
    items
        Of families with thresholds: whether a row looks at those of its ``item``: see
        ``ordinal/items.py``.
    apart
        Of families with thresholds: how many of the lowest categories have none above
        them, and a parameter of their own.
    events
        Whether ``moments`` count events, and are told of each row what is known of its
        limits too.
    mains
        Of families with several main predictors: all of them, that of ``predictor``
        first, the others among ``dpars`` too. The formula of the model is that of each
        which has none of its own; their quantities begin with their name.
    by_response
        Of families whose parameters depend on the response: the family of one with
        these categories.
    of_each
        Of those: what names of parameters that each category has begin with, beside
        that of the predictor.
    answers
        Of families that are told which of two answers a response is of (``dec``): the
        probability of the upper one, of the parameters alone.
    parts
        Of compositions: how many columns the response has, a category each; it is then
        the last axis of responses, and of what ``simulate`` and ``mean`` return.
    shares
        Of compositions: the mean share of each category, of the arguments of ``mean``.
    called
        What it is called in a spec, where ``name`` says more.
    own
        Whether it is the caller's, and not of the language.
    home
        Of the caller's: the file that makes it, and its name there; None: a program
        does.
    alike
        Of mixtures: whether all components are of one family.
    components
        Of mixtures: these families.
    members
        Of mixtures: the probability that a response is of each of them, of the same
        arguments as ``log_density``; components are the last axis.
    split
        Of mixtures: of the parameters by name, the share of each component and its own
        parameters by their names.
    """

    name: str
    aliases: tuple[str, ...] = ()
    title: str
    response: ResponseKind
    links: tuple[str, ...]
    default_link: str = ""
    known_links: tuple[str, ...] = ()
    dpars: tuple[Dpar, ...]
    predictor: str = "mu"
    thresholds: bool = False
    support: str
    in_support: Callable[..., NDArray[np.bool_]]
    moments: Callable[..., Moments]
    log_density: Callable[..., Array]
    simulate: Callable[..., Array]
    mean: Callable[..., Array]
    average: Callable[[Array, Array], float] = _weighted_mean
    quantile: Callable[..., Array] | None = None
    observe: Observe
    source: SourceText
    doc: str
    measure: str = "the response"
    known: tuple[str, ...] = ()
    rate: tuple[str, ...] | None = None
    exposed: tuple[str, str] | None = None
    normal: bool = False
    at_once: str | None = None
    pooled: Pooled | None = None
    outside: Callable[[Array], tuple[str, ...]] = lambda y: ()
    by_hand: Callable[..., tuple[float, ...]] | None = None
    density: DensityFunction | None = None
    tails: Tails | None = None
    many_draws: bool = False
    under: Mapping[str, tuple[str, Callable[[], Family]]] = field(
        default_factory=dict, compare=False
    )
    at_shares: Callable[[Array], Array] | None = None
    steps: Stepwise | None = None
    apart: int = 0
    items: bool = False
    events: bool = False
    mains: tuple[Dpar, ...] = ()
    by_response: Callable[[tuple[str, ...]], Family] | None = None
    of_each: tuple[str, ...] = ()
    answers: Callable[..., Array] | None = None
    parts: int = 0
    shares: Callable[..., Array] | None = None
    called: str = ""
    own: bool = False
    home: tuple[str, str] | None = None
    alike: bool = False
    components: tuple[Family, ...] = ()
    members: Callable[..., Array] | None = None
    split: Callable[..., list[tuple[Array, dict[str, Array]]]] | None = None

    def derive(self, **fields: Any) -> Family:
        """Return a family of another density that is made of this one.

        What holds of this density alone is not taken over, unless it is given again:
        names, slopes by hand, closed quantiles, tails, what can be merged or left out.

        Parameters
        ----------
        **fields
            Fields of the new family. Those of its density are among them: see
            ``written.readings``.
        """
        return replace(self, **{**_OF_ONE_DENSITY, **fields})

    @property
    def shown(self) -> str:
        """What messages call it."""
        return self.called or self.name

    @property
    def listed(self) -> tuple[Dpar, ...]:
        """The parameters beside the predictor; a simplex, or correlations, as one."""
        found = {dpar.within or dpar.name: dpar for dpar in self.dpars}
        return tuple(replace(dpar, name=name) for name, dpar in found.items())

    @property
    def of_categories(self) -> bool:
        """Whether a response is one of several categories, which have no mean."""
        return self.response in ("ordinal", "nominal")

    @property
    def columns(self) -> tuple[str, ...]:
        """What a density calls the numbers of a response: ``y``, or ``y1``, ``y2``."""
        if not self.parts:
            return ("y",)
        return tuple(f"y{place}" for place in range(1, self.parts + 1))

    @property
    def has_density(self) -> bool:
        """Whether responses have a density, and no probability."""
        counted = "trials" in self.known
        return self.response == "continuous" or (self.has_columns and not counted)

    @property
    def has_columns(self) -> bool:
        """Whether a response has several columns, a category each."""
        return self.response == "composition"

    @property
    def has_categories(self) -> bool:
        """Whether questions are about categories without an order."""
        return self.response in ("nominal", "composition")

    def may_have(self, name: str) -> bool:
        """Whether a name can be that of a parameter, before the response is known."""
        if self.by_response is not None:
            return name.startswith((self.predictor, *self.of_each))
        return any(one.name == name for one in (*self.mains, *self.dpars))

    def is_main(self, name: str) -> bool:
        """Whether a parameter has the formula of the model, unless it has its own."""
        if not self.mains:
            return name == self.predictor
        return any(one.name == name for one in self.mains)

    def with_link(self, link: str) -> Family:
        """Return the family under a link: itself, but where ``under`` has another."""
        return _under(self.name, link) if link in self.under else self

    @property
    def kernel(self) -> Callable[..., tuple[float, ...]]:
        """Log density of one row and its slopes: see ``by_hand``."""
        return self.by_hand or _made_kernel(self.name)

    def __reduce__(self) -> tuple[Callable[..., Family], tuple[Any, ...]]:
        """Pickle the name: a family is a constant, and made of functions.

        With those of the caller's that it is made of, by the file that makes them.
        """
        own = [one for one in (self, *self.components) if one.own]
        return _named, (self.name, *map(_handed_over, own))


#: Fields that hold of one density alone, and their values where nothing is said.
_OF_ONE_DENSITY: Mapping[str, Any] = {
    "aliases": (),
    "at_once": None,
    "by_hand": None,
    "exposed": None,
    "normal": False,
    "pooled": None,
    "quantile": None,
    "rate": None,
    "tails": None,
    "under": {},
}


@cache
def _under(name: str, link: str) -> Family:
    return _named(name).under[link][1]()


@cache
def _made_kernel(name: str) -> Callable[..., tuple[float, ...]]:
    return make_kernel(_named(name))


def make_kernel(family: Family) -> Callable[..., tuple[float, ...]]:
    """Return the kernel of a family that is made of its density."""
    from ..distributions.density import python

    assert family.density is not None
    ends = ("lower", "upper", "gap") if family.thresholds else ()
    parameters = (family.predictor, *ends, *(dpar.name for dpar in family.dpars))
    known = () if family.items else family.known
    names = (*family.columns, *parameters, *known)
    return python.kernel(family.name, family.density, names, parameters)


def _handed_over(own: Family) -> tuple[str, tuple[str, str], str]:
    from . import FAMILIES

    return FAMILIES.handed_over(own)


def _named(name: str, *own: tuple[str, tuple[str, str], str]) -> Family:
    from . import FAMILIES

    for one in own:
        FAMILIES.find_again(*one)
    return FAMILIES[name]

"""Parts of a program while it is put together: parameters and their priors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..bind.bound import BoundModel, BoundPredictor, JointModel, PriorText
from ..distributions.table import DISTRIBUTIONS, POSITIVE, REAL, Bounds
from ..families.family import DefaultPrior
from ..program.blocks import Block
from ..program.expressions import (
    Apply,
    Assemble,
    Const,
    ProgramExpr,
    Symbol,
    Take,
    minus,
)
from ..program.ir import Axis, Derived, Group, Parameter, Predictor, Prior, Slot
from .learn import Learned, LearnedPart

ROW = "row"
COEF = "coef"
BOUNDARY = "boundary"
#: The axis of items that have thresholds of their own.
ITEM = "threshold_item"


@dataclass(frozen=True, slots=True)
class PriorRow:
    """One line of ``show priors``."""

    target: str
    prior: str
    source: str
    reason: str
    line: int | None = None


@dataclass(slots=True)
class Builder:
    """Collects the parts of one program while its statements are lowered.

    ``bound`` and ``learned`` are of the response that is lowered now, ``joint`` and
    ``every`` of the whole model.
    """

    joint: JointModel
    every: Sequence[Learned]
    bound: BoundModel
    learned: Learned
    axes: list[Axis] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    parameters: list[Parameter] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    derived: list[Derived] = field(default_factory=list)
    predictors: list[Predictor] = field(default_factory=list)
    rows: list[PriorRow] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    #: What a coefficient is multiplied by, where that holds parameters: by its name,
    #: after the prefix of its part.
    factors: dict[str, tuple[Take, tuple[float, ...]]] = field(default_factory=dict)

    #: What is added to the predictor at one threshold alone, by its place.
    by_threshold: dict[int, list[Block]] = field(default_factory=dict)
    #: Predictors that no formula is of: behind the others, which are in the order of
    #: the formulas.
    beside: list[Predictor] = field(default_factory=list)

    #: The responses that have rows of their own, by what their names begin with.
    own_rows: frozenset[str] = frozenset()

    @property
    def row(self) -> str:
        """The axis of the rows of the response."""
        return self.row_of(self.bound)

    def row_of(self, bound: BoundModel) -> str:
        """Return the axis of the rows of a response."""
        own = bound.main.response in self.own_rows
        return f"{bound.prefix}{ROW}" if own else ROW

    def learned_of(self, part: BoundPredictor) -> LearnedPart:
        """Return what was learned of a predictor of any response."""
        learned = [one for own in self.every for one in own.parts]
        return learned[self.joint.predictors.index(part)]

    def response_of(self, part: BoundPredictor) -> tuple[BoundModel, Learned]:
        """Return the response of a predictor, and what was learned of it."""
        for member, learned in zip(self.joint.members, self.every, strict=True):
            if part in member.predictors:
                return member, learned
        raise ValueError(f"no response has {part.target}")

    def axis_length(self, name: str) -> int:
        """Return how many labels an axis has."""
        return len(next(one.labels or () for one in self.axes if one.name == name))

    def written(self, target: str) -> PriorText | None:
        """Return what the user wrote for a scalar target."""
        return dict(self.bound.priors).get(target)

    def explain(self, target: str, prior: PriorText | DefaultPrior) -> None:
        """Add a line to ``show priors``."""
        if isinstance(prior, PriorText):
            row = PriorRow(
                target, prior.text, "spec", "written in the spec", prior.line
            )
        else:
            row = PriorRow(target, default_text(target, prior), "default", prior.reason)
        self.rows.append(row)


def location(prior: PriorText | DefaultPrior) -> str | None:
    """Return the argument by which a prior can be moved; None if it cannot."""
    if isinstance(prior, PriorText) and not (prior.lower is prior.upper is None):
        return None
    row = DISTRIBUTIONS.get(prior.distribution)
    return None if row is None else row.location


def scalar_from(
    build: Builder,
    name: str,
    chosen: PriorText | DefaultPrior,
    support: Bounds,
    offset: ProgramExpr | None = None,
    argument: str | None = None,
) -> None:
    """Add a scalar parameter; ``offset`` is taken from its prior's location."""
    prior, bounds = prior_of(chosen, support)
    if prior is None:
        value: ProgramExpr = (
            Const(constant(chosen)) if not _same(chosen) else Symbol(_same(chosen))
        )
        build.derived.append(Derived(name, (), value))
        return
    if offset is not None and argument is not None:
        prior = prior.with_argument(argument, minus(prior.argument(argument), offset))
    build.parameters.append(Parameter(name, (), prior, bounds=bounds))


def intercept_at_means(
    build: Builder, name: str, chosen: PriorText | DefaultPrior, delta: ProgramExpr
) -> None:
    """Sample the intercept at the predictors' means: its prior cannot be moved."""
    prior, bounds = prior_of(chosen, REAL)
    assert prior is not None
    at_means = f"{name}_centered"
    build.parameters.append(Parameter(at_means, (), prior, bounds=bounds, report=False))
    build.derived.append(Derived(name, (), minus(Symbol(at_means), delta)))


# ---- priors --------------------------------------------------------------------------


def prior_text(distribution: str, arguments: Sequence[tuple[str, float]]) -> str:
    """Return a prior as it would be written in a spec."""
    return f"{distribution}({', '.join(f'{value:.4g}' for _, value in arguments)})"


def default_text(target: str, prior: DefaultPrior) -> str:
    """Return a default prior as ``show priors`` prints it."""
    text = prior_text(prior.distribution, prior.arguments)
    if prior.lower is not None:
        text = f"{text[:-1]}, lb={prior.lower:g})"
    if prior.half:
        return f"{target} + {prior.half}/2 ~ {text}"
    if prior.of == "itself":
        return text
    scaled = target if prior.times == 1.0 else f"{target} * {prior.times:.4g}"
    return f"1/sqrt({scaled}) ~ {text}"


def constant(chosen: PriorText | DefaultPrior) -> float:
    """Return the number at which a parameter is fixed."""
    return dict(chosen.arguments)["value"]


def _same(chosen: PriorText | DefaultPrior) -> str:
    """Return the parameter that another one is; empty: it is a number."""
    return chosen.same.replace(".", "_") if isinstance(chosen, PriorText) else ""


def prior_of(
    chosen: PriorText | DefaultPrior, support: Bounds
) -> tuple[Prior | None, Bounds]:
    """Return the prior of one element and where it lives; None for a constant."""
    if chosen.distribution == "constant":
        return None, support
    row = DISTRIBUTIONS[chosen.distribution]
    low, high = row.bounds(dict(chosen.arguments))
    lower, upper = chosen.lower, None
    if isinstance(chosen, PriorText):
        upper = chosen.upper
    low = low if lower is None else max(low, lower)
    high = high if upper is None else min(high, upper)
    arguments = tuple((name, Const(value)) for name, value in chosen.arguments)
    return Prior(row.name, arguments, lower, upper), (low, high)


def scalar(
    build: Builder,
    target: str,
    name: str,
    default: DefaultPrior,
    support: Bounds,
    half: ProgramExpr | None = None,
) -> None:
    """Add a scalar parameter with the user's prior or its default.

    ``half`` is what is taken from the location of a default that is about a sum.
    """
    chosen = build.written(target) or default
    build.explain(target, chosen)
    if isinstance(chosen, DefaultPrior) and chosen.of == "inv_sqrt":
        base = f"{name}_inv_sqrt"
        prior, bounds = prior_of(chosen, POSITIVE)
        assert prior is not None
        build.parameters.append(Parameter(base, (), prior, bounds=bounds, report=False))
        value: ProgramExpr = Apply("inv_square", (Symbol(base),))
        if chosen.times != 1.0:
            value = Apply("*", (Const(1.0 / chosen.times), value))
        build.derived.append(Derived(name, (), value))
        return
    if isinstance(chosen, DefaultPrior) and half is not None:
        scalar_from(build, name, chosen, support, half, location(chosen))
        return
    scalar_from(build, name, chosen, support)


def vector(
    build: Builder,
    name: str,
    axis: str,
    labels: tuple[str, ...],
    choices: Sequence[PriorText | DefaultPrior],
    support: Bounds,
    report: bool = True,
) -> None:
    """Add a vector parameter; one RV a kind of prior where the kinds differ."""
    elements = [prior_of(choice, support) for choice in choices]
    kinds: dict[object, list[int]] = {}
    for position, (prior, bounds) in enumerate(elements):
        kind: object = (
            None
            if prior is None
            else (prior.distribution, prior.lower, prior.upper, bounds)
        )
        kinds.setdefault(kind, []).append(position)
    if list(kinds) != [None] and len(kinds) == 1:
        priors = [prior for prior, _ in elements if prior is not None]
        build.parameters.append(
            Parameter(
                name, (axis,), stack(priors), bounds=elements[0][1], report=report
            )
        )
        return
    parts: list[ProgramExpr] = []
    order: list[int] = []
    for number, (shared, positions) in enumerate(kinds.items(), start=1):
        order += positions
        if shared is None:
            parts.append(Const(tuple(constant(choices[p]) for p in positions)))
            continue
        part, part_axis = numbered(name, number), numbered(axis, number)
        build.axes.append(Axis(part_axis, "coefs", tuple(labels[p] for p in positions)))
        priors = [prior for p in positions if (prior := elements[p][0]) is not None]
        build.parameters.append(
            Parameter(
                part,
                (part_axis,),
                stack(priors),
                bounds=elements[positions[0]][1],
                report=False,
            )
        )
        parts.append(Symbol(part))
    inverse = sorted(range(len(order)), key=order.__getitem__)
    whole = Assemble(tuple(parts), tuple(inverse))
    build.derived.append(Derived(name, (axis,), whole, report))


def numbered(name: str, number: int) -> str:
    """Return the name of a part of something; no column has such a name unquoted."""
    return f"{name}#{number}"


def stack(priors: Sequence[Prior]) -> Prior:
    """Return one prior with vector arguments; a scalar where all agree."""
    first = priors[0]
    arguments: list[tuple[str, ProgramExpr]] = []
    for name, _ in first.arguments:
        values = [prior.argument(name) for prior in priors]
        numbers = tuple(v.value for v in values if isinstance(v, Const))
        same = len(set(numbers)) == 1
        arguments.append((name, Const(numbers[0] if same else numbers)))  # type: ignore[arg-type]
    return Prior(first.distribution, tuple(arguments), first.lower, first.upper)

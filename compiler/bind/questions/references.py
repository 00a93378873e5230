"""What an expression refers to: each name a single number of the posterior.

The targets of priors are looked up as those are (``prior_targets``), and so are the
near names; one coefficient is meant, where a prior may mean many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text, name_text, string_text
from varying.grammar.tokens import raw_level
from varying.grammar.tree import Name, Ref, Target

from ...distributions.correlations import pairs
from ...families.composition.logistic_normal import LNCOR
from ...formula.columns import Coded, DesignColumn
from ..bound import Items
from ..priors.named import group_text, ref_text
from ..priors.scalars import RESIDUAL, SIMPLEXES, Scalar
from ..priors.targets import matches
from ..question import Reference
from .effect_references import correlation, effect, is_of_another
from .scope import SHOWN, Scope, several
from .threshold_effects import number_of, threshold_effect

__all__ = ["refer", "refer_to_line"]


def refer(target: Target, scope: Scope, sink: Sink) -> Reference | None:
    """Return the number that is meant; None after a fault, or where one is forgiven."""
    target = scope.targets.named(target)
    dpar, _, base = target.name.text.rpartition(".")
    refs = target.refs or ()
    every = _of_each_response(target, scope)
    if every:
        return _of_one(target, every, scope, sink)
    match base:
        case "threshold":
            return _threshold(target, dpar, refs, scope, sink)
        case _ if base in RESIDUAL and target.name.text in scope.targets.kinds():
            return _residual(target, refs, scope, sink)
        case "cor" if len(refs) > 1 and is_of_another(target, dpar, scope, sink):
            return None
        case "cor" if dpar in scope.parts:
            return correlation(target, dpar, refs, scope, sink)
        case "simo" if dpar in scope.parts and refs:
            return _step(target, dpar, refs, scope, sink)
        case "bcs" if target.name.text in scope.targets.kinds():
            return threshold_effect(target, dpar, refs, scope, sink)
        case "sbhaz" if target.name.text in scope.targets.kinds():
            return _share(target, refs, scope, sink)
        case "r" if dpar in scope.parts and refs:
            return effect(target, dpar, refs, scope, sink)
        case "Intercept" if refs and target.name.text in scope.targets.kinds():
            sink.add(
                "unknown-target",
                target.span,
                f"`{target.name.text}` is a single number and has no `[...]`",
                "it is the intercept as reported, with all predictors at 0",
            )
            return None
    found = [scalar for _, scalar in matches(target, scope.targets, sink)]
    if len(found) > 1:
        several(target, [scope.targets.written(s.target) for s in found], sink)
    return _scalar(found[0], scope) if len(found) == 1 else None


def refer_to_line(
    name: Name, refs: Sequence[Ref] | None, scope: Scope, sink: Sink
) -> Reference | None:
    """Return a line of a question about cells: ``drop[CS+]``; None: a fault."""
    labels = scope.lines[name.text]
    wanted = None if refs is None else ", ".join(ref_text(ref) for ref in refs)
    span = name.span if refs is None else name.span.to(refs[-1].span)
    if wanted is None and len(labels) == 1:
        place = 0
    elif wanted in labels:
        place = labels.index(wanted)
    else:
        text = name_text(name.text)
        shown = ", ".join(_line_text(text, label) for label in labels[:SHOWN])
        more = f" and {len(labels) - SHOWN} more" if len(labels) > SHOWN else ""
        if wanted is None:
            said = f"`{text}` is {len(labels)} numbers, and one is needed here"
            sink.add("several-columns", span, said, f"choose one: {shown}{more}")
        else:
            said = f"`{text}` has no line `{wanted}`"
            sink.add("unknown-target", span, said, f"it has {shown}{more}")
        return None
    text = _line_text(name_text(name.text), labels[place])
    return Reference(text.strip("`"), "line", group=name.text, places=(place,))


def _line_text(name: str, label: str) -> str:
    """Return a line as a test names it."""
    if not label:
        return f"`{name}`"
    plain = raw_level(label) and name_text(label) == label
    inner = label if plain else string_text(label)
    return f"`{name}[{inner}]`"


def _of_each_response(target: Target, scope: Scope) -> list[Target]:
    """Return what is looked up by its formula, as that of each response that has it.

    Where a target names no response. Others are looked up among all scalars.
    """
    dpar, _, base = target.name.text.rpartition(".")
    kinds = scope.targets.kinds()
    looked_up = ("threshold", "bcs", "cor", LNCOR, *SIMPLEXES, "r")
    if base not in looked_up or target.name.text in kinds:
        return []
    found = []
    for response in scope.targets.responses:
        name, of = f"{response}.{target.name.text}", f"{response}.{dpar}".rstrip(".")
        has_groups = of in scope.parts and bool(scope.parts[of][1])
        if dpar not in scope.parts and (name in kinds or (base == "r" and has_groups)):
            found.append(replace(target, name=replace(target.name, text=name)))
    return found


def _of_one(
    target: Target, every: Sequence[Target], scope: Scope, sink: Sink
) -> Reference | None:
    """Return what one response alone has; a fault is that of the first."""
    own = [Sink(sink.source) for _ in every]
    found = [refer(one, scope, own[k]) for k, one in enumerate(every)]
    there = [reference for reference in found if reference is not None]
    if len(there) > 1:
        several(target, [scope.targets.written(r.text) for r in there], sink)
    if not there:
        for fault in own[0].diagnostics:
            sink.keep(fault)
    return there[0] if len(there) == 1 else None


def _scalar(scalar: Scalar, scope: Scope) -> Reference:
    text, dpar = scalar.target, scalar.kind.rpartition(".")[0]
    if scalar.kind.endswith("threshold.sd"):  # of persons
        of = dpar.removesuffix("threshold").removesuffix(".")
        return Reference(text, "threshold_sd", of, target=text)
    if scalar.base == "sd":
        place = scope.effects(dpar, scalar.group).place_of(text)
        return Reference(text, "sd", dpar, scalar.group, (place,), target=text)
    if scalar.base == "df":
        return Reference(text, "df", dpar, scalar.group, target=text)
    if scalar.base == "sds":
        names = [smooth.name for smooth in scope.parts[dpar][0].smooths]
        places = (names.index(scalar.coefficient),)
        return Reference(text, "sds", dpar, "", places, target=text)
    if scalar.base != "b":
        return Reference(text, scalar.base, dpar, target=text)
    columns = scope.parts[dpar][0].effects
    place = next(i for i, c in enumerate(columns) if c.name == scalar.coefficient)
    coding = _codings(columns[place])
    return Reference(text, "b", dpar, "", (place,), target=text, coding=coding)


def _codings(column: DesignColumn) -> tuple[str, ...]:
    """Say which levels are +1 and -1, of factors coded by these alone, and 0."""
    found = []
    for part in column.parts:
        if not isinstance(part, Coded) or part.dummy:
            continue
        ends = {
            sign: [
                level
                for level, weight in zip(part.levels, part.weights, strict=True)
                if weight == sign
            ]
            for sign in (1.0, -1.0)
        }
        others = set(part.weights) - {-1.0, 0.0, 1.0}
        if len(ends[1.0]) == 1 and ends[-1.0] and not others:
            low = ", ".join(f"`{level}`" for level in ends[-1.0])
            found.append(f"in `{part.label}`, `{ends[1.0][0]}` is +1 and {low} is -1")
    return tuple(found)


# ---- thresholds ----------------------------------------------------------------------


def _threshold(
    target: Target, of: str, refs: Sequence[Ref], scope: Scope, sink: Sink
) -> Reference | None:
    whole, kind = replace(target, refs=None), target.name.text
    found = [scalar for _, scalar in matches(whole, scope.targets, sink)]
    if len(found) > 1:
        several(target, [scope.targets.written(s.target) for s in found], sink)
    categories = scope.categories.get(of)
    if len(found) != 1 or categories is None:
        return None
    family = scope.families.get(of)
    apart = 0 if family is None else family.apart
    count = len(categories) - 1 - apart
    items = scope.items.get(of)
    if items is not None and not items.varied:
        return _of_item(target, of, refs, items, sink)
    if not refs and count != 1:
        several(target, [f"{kind}[{k}]" for k in range(1, count + 1)], sink)
        return None
    number = number_of(refs[0]) if len(refs) == 1 else None
    if not refs:
        number = 1
    if number is None or not 1 <= number <= count:
        low, high = categories[apart], categories[apart + 1]
        sink.add(
            "unknown-target",
            target.span,
            f"the model has no threshold `{expression_text(target)}`",
            f"they are numbered from 1 to {count}: `{kind}[1]` is the one between "
            f"`{low}` and `{high}`",
        )
        return None
    text = f"{kind}[{number}]"
    return Reference(text, "threshold", of, places=(number - 1,), target=kind)


def _of_item(
    target: Target, of: str, refs: Sequence[Ref], items: Items, sink: Sink
) -> Reference | None:
    """Return a threshold of an item: ``threshold[a, 2]``."""
    kind = target.name.text
    level = ref_text(refs[0]) if len(refs) == 2 else ""
    number = number_of(refs[1]) if len(refs) == 2 else None
    place = items.levels.index(level) if level in items.levels else None
    if place is None or number is None or not 1 <= number <= items.cuts[place]:
        sink.add(
            "unknown-target",
            target.span,
            f"the model has no threshold `{expression_text(target)}`",
            f"`{kind}[{items.levels[0]}, 1]` is the first one of `{items.levels[0]}`",
            f"each level of `{items.column}` has its own, numbered from 1",
        )
        return None
    at = sum(items.cuts[:place]) + number - 1
    text = f"{kind}[{level}, {number}]"
    return Reference(text, "threshold", of, places=(at,), target=kind)


def _residual(
    target: Target, refs: Sequence[Ref], scope: Scope, sink: Sink
) -> Reference | None:
    """Return the correlation of two residuals: ``rescor[y1, y2]``, ``lncor[b, c]``.

    Of the responses of the model, or of the categories of one but the reference.
    """
    whole = target.name.text
    of, _, kind = whole.rpartition(".")
    names: Sequence[str] = scope.targets.responses
    if kind == LNCOR:
        names = (scope.categories.get(of) or ())[1:]
    every = pairs(len(names))
    texts = [f"{whole}[{names[k]}, {names[i]}]" for i, k in every]

    def found(text: str, place: int) -> Reference:
        return Reference(text, kind, of, places=(place,), target=whole)

    if not refs and len(every) == 1:
        return found(whole, 0)
    wanted = {group_text(ref) for ref in refs}
    for place, (i, k) in enumerate(every):
        if len(refs) == 2 and wanted == {names[i], names[k]}:
            return found(texts[place], place)
    if not refs:
        several(target, texts, sink)
        return None
    sink.add(
        "unknown-target",
        target.span,
        f"there is no residual correlation `{expression_text(target)}`",
        f"it is of two {'responses' if kind == 'rescor' else 'categories'}: "
        f"{', '.join(texts[:SHOWN])}",
    )
    return None


# ---- steps of monotonic terms --------------------------------------------------------


def _step(
    target: Target, dpar: str, refs: Sequence[Ref], scope: Scope, sink: Sink
) -> Reference | None:
    """Return the share of one step: ``simo[mo(income), 2]``."""
    number = number_of(refs[-1])
    named = refs if number is None else refs[:-1]
    whole = replace(target, refs=tuple(named) or None)
    found = [scalar for _, scalar in matches(whole, scope.targets, sink)]
    if not found:
        return None
    kind = target.name.text
    if len(found) > 1 or number is None:
        shown = [
            f"{kind}[{one.coefficient}, {k}]"
            for one in found
            for k in range(1, one.size + 1)
        ]
        several(target, shown, sink)
        return None
    (one,) = found
    if not 1 <= number <= one.size:
        sink.add(
            "unknown-target",
            refs[-1].span,
            f"`{one.target}` has no step {number}",
            f"they are numbered from 1 to {one.size}",
        )
        return None
    text = f"{kind}[{one.coefficient}, {number}]"
    places = (number - 1,)
    return Reference(text, "simo", dpar, one.coefficient, places, target=one.target)


# ---- shares of splines ---------------------------------------------------------------


def _share(
    target: Target, refs: Sequence[Ref], scope: Scope, sink: Sink
) -> Reference | None:
    """Return the share of one spline of a baseline hazard: ``sbhaz[2]``."""
    kind, (dpar, _, base) = target.name.text, target.name.text.rpartition(".")
    (whole,) = [one for one in scope.targets.scalars if one.kind == kind]
    number = number_of(refs[0]) if len(refs) == 1 else None
    if not refs:
        several(target, [f"{kind}[{k}]" for k in range(1, whole.size + 1)], sink)
        return None
    if number is None or not 1 <= number <= whole.size:
        sink.add(
            "unknown-target",
            target.span,
            f"the model has no share `{expression_text(target)}`",
            f"they are numbered from 1 to {whole.size}",
        )
        return None
    text = f"{kind}[{number}]"
    return Reference(text, base, dpar, places=(number - 1,), target=kind)

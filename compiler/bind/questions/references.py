"""What an expression refers to: each name a single number of the posterior.

The targets of priors are looked up as those are (``prior_targets``), and so are the
near names; one coefficient is meant, where a prior may mean many.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from varying.grammar.diagnostics import Fix, Sink
from varying.grammar.printer import expression_text, name_text, string_text
from varying.grammar.source import Span
from varying.grammar.tokens import raw_level
from varying.grammar.tree import Name, Number, Ref, RefPart, Target

from ...data.levels import suggest_level
from ...families.family import Family
from ...formula.columns import Coded, DesignColumn
from ..bound import Grouping, Population
from ..effects import Effects, effects_of
from ..priors.named import group_text, ref_text, same_name
from ..priors.scalars import Scalar, Targets
from ..priors.targets import matches
from ..question import Reference

#: Coefficients that a message lists.
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class Scope:
    """What expressions of a model may refer to.

    Attributes
    ----------
    targets
        Its parameters, as priors name them.
    parts
        Population and groupings of each formula, by the parameter of the family;
        the main one by an empty name.
    categories
        Of each response, by its name where there are several; None where they are
        not known.
    lines
        Of each question about cells, by its name, what its lines are called.
    families, links
        Of each response, by its name where there are several.
    truncated
        Whether a response is.
    """

    targets: Targets
    parts: Mapping[str, tuple[Population, Sequence[Grouping]]]
    categories: Mapping[str, tuple[str, ...] | None]
    lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    families: Mapping[str, Family | None] = field(default_factory=dict)
    links: Mapping[str, str | None] = field(default_factory=dict)
    truncated: bool = False

    def grouping(self, dpar: str, name: str) -> Grouping:
        """Return a grouping of a formula."""
        return next(g for g in self.parts[dpar][1] if g.name == name)

    @property
    def groups(self) -> tuple[Effects, ...]:
        """All groups of the model."""
        return effects_of({of: groupings for of, (_, groupings) in self.parts.items()})

    def effects(self, dpar: str, name: str) -> Effects:
        """Return the group that a formula has effects of."""
        return next(
            effects
            for effects in self.groups
            if effects.name == name and any(m.dpar == dpar for m in effects.members)
        )


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
        case "rescor" if target.name.text in scope.targets.kinds():
            return _residual(target, refs, scope, sink)
        case "cor" if len(refs) > 1 and _is_of_another(target, dpar, scope, sink):
            return None
        case "cor" if dpar in scope.parts:
            return _correlation(target, dpar, refs, scope, sink)
        case "simo" if dpar in scope.parts and refs:
            return _step(target, dpar, refs, scope, sink)
        case "r" if dpar in scope.parts and refs:
            return _effect(target, dpar, refs, scope, sink)
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
        _several(target, [scalar.target for scalar in found], sink)
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
        shown = ", ".join(_line_text(text, label) for label in labels[:_SHOWN])
        more = f" and {len(labels) - _SHOWN} more" if len(labels) > _SHOWN else ""
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
    if base not in ("threshold", "cor", "simo", "r") or target.name.text in kinds:
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
        _several(target, [reference.text for reference in there], sink)
    if not there:
        for fault in own[0].diagnostics:
            sink.keep(fault)
    return there[0] if len(there) == 1 else None


def _scalar(scalar: Scalar, scope: Scope) -> Reference:
    text, dpar = scalar.target, scalar.kind.rpartition(".")[0]
    if scalar.base == "sd":
        place = scope.effects(dpar, scalar.group).place_of(text)
        return Reference(text, "sd", dpar, scalar.group, (place,), target=text)
    if scalar.base == "df":
        return Reference(text, "df", dpar, scalar.group, target=text)
    if scalar.base != "b":
        return Reference(text, scalar.base, dpar, target=text)
    columns = scope.parts[dpar][0].effects
    place = next(i for i, c in enumerate(columns) if c.name == scalar.coefficient)
    coding = _codings(columns[place])
    return Reference(text, "b", dpar, "", (place,), target=text, coding=coding)


def _several(target: Target, found: Sequence[str], sink: Sink) -> None:
    shown = ", ".join(f"`{text}`" for text in found[:_SHOWN])
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    sink.add(
        "several-columns",
        target.span,
        f"`{expression_text(target)}` is {len(found)} numbers, and one is needed here",
        f"choose one: {shown}{more}",
    )


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
        _several(target, [scalar.target for scalar in found], sink)
    categories = scope.categories.get(of)
    if len(found) != 1 or categories is None:
        return None
    count = len(categories) - 1
    if not refs and count != 1:
        _several(target, [f"{kind}[{k}]" for k in range(1, count + 1)], sink)
        return None
    number = _number(refs[0]) if len(refs) == 1 else None
    if not refs:
        number = 1
    if number is None or not 1 <= number <= count:
        low, high = categories[0], categories[1]
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


def _residual(
    target: Target, refs: Sequence[Ref], scope: Scope, sink: Sink
) -> Reference | None:
    """Return the residual correlation of two responses: ``rescor[y1, y2]``."""
    names = scope.targets.responses
    pairs = [(i, k) for i in range(len(names)) for k in range(i)]
    texts = [f"rescor[{names[k]}, {names[i]}]" for i, k in pairs]
    if not refs and len(pairs) == 1:
        return Reference("rescor", "rescor", places=(0,), target="rescor")
    wanted = {group_text(ref) for ref in refs}
    for place, (i, k) in enumerate(pairs):
        if len(refs) == 2 and wanted == {names[i], names[k]}:
            return Reference(texts[place], "rescor", places=(place,), target="rescor")
    if not refs:
        _several(target, texts, sink)
        return None
    sink.add(
        "unknown-target",
        target.span,
        f"there is no residual correlation `{expression_text(target)}`",
        f"it is of two responses: {', '.join(texts[:_SHOWN])}",
    )
    return None


def _number(ref: Ref) -> int | None:
    match ref.parts:
        case (RefPart(base=Number() as number, level=None),) if (
            number.value.is_integer()
        ):
            return int(number.value)
    return None


# ---- steps of monotonic terms --------------------------------------------------------


def _step(
    target: Target, dpar: str, refs: Sequence[Ref], scope: Scope, sink: Sink
) -> Reference | None:
    """Return the share of one step: ``simo[mo(income), 2]``."""
    number = _number(refs[-1])
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
        _several(target, shown, sink)
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


# ---- groups --------------------------------------------------------------------------


def _group_column(
    dpar: str, group: Ref, coefficient: Ref, scope: Scope, sink: Sink
) -> tuple[Grouping, int] | None:
    """Return a grouping, and the place of a coefficient in its group."""
    kind = f"{dpar}.sd" if dpar else "sd"
    span = group.span.to(coefficient.span)
    target = Target(Name(kind, span=span), (group, coefficient), span=span)
    found = [scalar for _, scalar in matches(target, scope.targets, sink)]
    # an effect has one sd in each stratum
    effects = {scalar.everywhere for scalar in found}
    if len(effects) > 1:
        _several(target, [scalar.target for scalar in found], sink)
    if len(effects) != 1:
        return None
    grouping = scope.grouping(dpar, found[0].group)
    names = [column.name for column in grouping.columns]
    place = names.index(found[0].everywhere)
    return grouping, scope.effects(dpar, grouping.name).member(dpar).positions[place]


def _correlation(
    target: Target, dpar: str, refs: Sequence[Ref], scope: Scope, sink: Sink
) -> Reference | None:
    whole = replace(target, refs=tuple(refs[:1]) or None)
    found = [scalar for _, scalar in matches(whole, scope.targets, sink)]
    if not found:
        return None
    kind = target.name.text
    group = found[0].group
    pairs = [
        (scalar.group, effects.sds[row].label, effects.sds[column].label)
        for scalar in found
        for effects in (scope.effects(dpar, scalar.group),)
        for joint in effects.correlated
        for at, row in enumerate(joint.positions)
        for column in joint.positions[:at]
    ]
    if len(refs) == 3:
        labels = [_label(group, dpar, refs[0], ref, scope, sink) for ref in refs[1:]]
        if None in labels:
            return None
        if not any({row, column} == {*labels} for _, row, column in pairs):
            listed = " and ".join(f"`{label}`" for label in sorted({*map(str, labels)}))
            same = len({*labels}) == 1
            sink.add(
                "unknown-target",
                refs[1].span.to(refs[2].span),
                f"the model has no correlation of {listed}"
                + (" with itself" if same else ""),
                f"it has {_spelled(kind, pairs)}",
            )
            return None
        first, second = map(str, labels)
    elif len(pairs) != 1 or len(refs) > 1:
        if len(pairs) == 1:
            sink.add(
                "unknown-target",
                target.span,
                f"a correlation is of two effects: `{expression_text(target)}`",
                f"it is written {_spelled(kind, pairs)}",
            )
        else:
            _several(target, [_pair_text(kind, pair) for pair in pairs], sink)
        return None
    else:
        group, first, second = pairs[0]
    effects = scope.effects(dpar, group)
    known = [sd.label for sd in effects.sds]
    places = (known.index(first), known.index(second))
    text = _pair_text(kind, (group, first, second))
    return Reference(text, "cor", dpar, group, places, target=effects.cor)


def _is_of_another(target: Target, dpar: str, scope: Scope, sink: Sink) -> bool:
    """Whether a correlation is that of a group of another formula; if so, reported."""
    kind, (group, *pair) = target.name.text, target.refs or ()
    name = group_text(group)
    known = kind in scope.targets.kinds()
    if known and f"{kind}[{name}]" not in scope.targets.others:
        return False
    groups = [
        effects
        for effects in scope.groups
        if effects.correlated
        and same_name(effects.name, name)
        and (not dpar or any(member.dpar == dpar for member in effects.members))
    ]
    found = []
    for effects in groups:
        labels = [_seen_from(dpar, effects, ref_text(ref)) for ref in pair]
        if None not in labels and len(pair) == len({*labels}) == 2:
            found.append(f"{effects.cor[:-1]}, {', '.join(map(str, labels))}]")
    if len(found) == 1:
        _written(target, found[0], sink)
    elif groups:
        pairs = [
            f"`{effects.cor[:-1]}, {effects.sds[row].label}, {effects.sds[at].label}]`"
            for effects in groups
            for joint in effects.correlated
            for k, row in enumerate(joint.positions)
            for at in joint.positions[:k]
        ]
        sink.add(
            "unknown-target",
            target.span,
            f"the model has no correlation `{expression_text(target)}`",
            f"it has {', '.join(pairs[:_SHOWN])}"
            + (", ..." if len(pairs) > _SHOWN else ""),
        )
    return bool(groups)


def _seen_from(dpar: str, effects: Effects, wanted: str) -> str | None:
    """Return the label of an effect as the formula of a parameter may name it.

    Its own effects have no parameter before them there, and those of the formula that
    the group is named by have it.
    """
    owner = effects.members[0]
    before = f"{owner.dpar.replace('.', '_')}_"
    for sd in effects.sds:
        if dpar and sd.member.dpar == dpar and same_name(sd.coefficient, wanted):
            return sd.label
    for sd in effects.sds:
        names = [sd.label]
        if sd.member is owner and owner.dpar:
            names.append(f"{before}{sd.label}")
        if any(same_name(name, wanted) for name in names):
            return sd.label
    return None


def _label(
    group: str, dpar: str, named: Ref, coefficient: Ref, scope: Scope, sink: Sink
) -> str | None:
    """Return the label of an effect, as correlations have it; None after a fault.

    Those of other formulas have the parameter before them: ``sigma_Intercept``.
    """
    effects = scope.effects(dpar, group)
    wanted = ref_text(coefficient)
    exact = [sd.label for sd in effects.sds if same_name(sd.label, wanted)]
    if exact:
        return exact[0]
    found = _group_column(dpar, named, coefficient, scope, sink)
    return None if found is None else effects.labels[found[1]]


def _pair_text(kind: str, pair: Sequence[str]) -> str:
    return f"{kind}[{', '.join(pair)}]"


def _spelled(kind: str, pairs: Sequence[Sequence[str]]) -> str:
    shown = ", ".join(f"`{_pair_text(kind, pair)}`" for pair in pairs[:_SHOWN])
    return shown + (", ..." if len(pairs) > _SHOWN else "")


def _effect(
    target: Target, dpar: str, refs: Sequence[Ref], scope: Scope, sink: Sink
) -> Reference | None:
    """Return an effect of one level of a group: ``r[subj, s1, Intercept]``."""
    kind = target.name.text
    wanted = group_text(refs[0])
    known = [g.name for g in scope.parts[dpar][1]]
    if wanted not in known:
        # says that there is no such group, and which there are
        sd = Name(f"{dpar}.sd" if dpar else "sd", span=target.name.span)
        if not matches(replace(target, name=sd, refs=(refs[0],)), scope.targets, sink):
            return None
        # another order of its factors
        wanted = matches(
            replace(target, name=sd, refs=(refs[0],)), scope.targets, sink
        )[0][1].group
    grouping = scope.grouping(dpar, wanted)
    positions = scope.effects(dpar, wanted).member(dpar).positions
    place = positions[0]
    if len(refs) == 3:
        if _is_label(target, dpar, wanted, scope, sink):
            return None
        found = _group_column(dpar, refs[0], refs[2], scope, sink)
        if found is None:
            return None
        place = found[1]
    elif len(refs) != 2 or len(grouping.columns) != 1:
        example = [name_text(grouping.levels[0])] if grouping.levels else []
        effects = [
            f"`{kind}[{', '.join([wanted, *example, column.name])}]`"
            for column in grouping.columns[:_SHOWN]
        ]
        sink.add(
            "several-columns",
            target.span,
            f"`{expression_text(target)}` is not one effect of one level",
            f"one is written {', '.join(effects)}",
        )
        return None
    level = _level_text(refs[1])
    if level not in grouping.levels:
        _unknown_level(level, grouping, refs[1].span, sink)
        return None
    name = grouping.columns[positions.index(place)].name
    text = f"{kind}[{wanted}, {level}, {name}]"
    places = (grouping.levels.index(level), place)
    return Reference(text, "r", dpar, wanted, places)


def _is_label(target: Target, dpar: str, group: str, scope: Scope, sink: Sink) -> bool:
    """Whether an effect of another formula is named as correlations name it."""
    named, level, coefficient = target.refs or ()
    effects, wanted = scope.effects(dpar, group), ref_text(coefficient)
    owner, own = effects.members[0], effects.member(dpar)
    if any(same_name(column.name, wanted) for column in own.grouping.columns):
        return False
    for member in effects.members:
        columns = zip(member.positions, member.grouping.columns, strict=True)
        for at, column in columns:
            if member is not owner and same_name(effects.labels[at], wanted):
                refs = [*map(sink.source.slice, (named.span, level.span)), column.name]
                _written(target, f"{member.target}r[{', '.join(refs)}]", sink)
                return True
    return False


def _written(target: Target, better: str, sink: Sink) -> None:
    sink.add(
        "unknown-target",
        target.span,
        f"`{expression_text(target)}` is written `{better}`",
        fix=Fix.write(target.span, better, safe=True),
    )


def _level_text(ref: Ref) -> str:
    return group_text(ref) if len(ref.parts) > 1 else _bare(ref)


def _bare(ref: Ref) -> str:
    base = ref.parts[0].base
    return base.text if isinstance(base, Name) else ref_text(ref)


def _unknown_level(level: str, grouping: Grouping, span: Span, sink: Sink) -> None:
    notes, _ = suggest_level(level, grouping.levels, span)
    sink.add("unknown-level", span, f"`{grouping.name}` has no level `{level}`", *notes)

"""References to correlations of group effects, and to the effects of levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from varying.grammar.diagnostics import Fix, Sink
from varying.grammar.printer import expression_text, name_text
from varying.grammar.source import Span
from varying.grammar.tree import Name, Ref, Target

from ...data.levels import suggest_level
from ..bound import Grouping
from ..effects import GroupEffects
from ..priors.named import group_text, ref_text, same_name
from ..priors.targets import matches
from ..question import Reference
from .scope import SHOWN, Scope, several

__all__ = ["correlation", "effect", "is_of_another"]


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
        several(target, [scalar.target for scalar in found], sink)
    if len(effects) != 1:
        return None
    grouping = scope.grouping(dpar, found[0].group)
    names = [column.name for column in grouping.columns]
    place = names.index(found[0].everywhere)
    return grouping, scope.effects(dpar, grouping.name).member(dpar).positions[place]


def correlation(
    target: Target, dpar: str, refs: Sequence[Ref], scope: Scope, sink: Sink
) -> Reference | None:
    """Return a correlation: ``cor[subj, cs, Intercept]``; None after a fault."""
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
            several(target, [_pair_text(kind, pair) for pair in pairs], sink)
        return None
    else:
        group, first, second = pairs[0]
    effects = scope.effects(dpar, group)
    known = [sd.label for sd in effects.sds]
    places = (known.index(first), known.index(second))
    text = _pair_text(kind, (group, first, second))
    return Reference(text, "cor", dpar, group, places, target=effects.cor)


def is_of_another(target: Target, dpar: str, scope: Scope, sink: Sink) -> bool:
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
            f"it has {', '.join(pairs[:SHOWN])}"
            + (", ..." if len(pairs) > SHOWN else ""),
        )
    return bool(groups)


def _seen_from(dpar: str, effects: GroupEffects, wanted: str) -> str | None:
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
    shown = ", ".join(f"`{_pair_text(kind, pair)}`" for pair in pairs[:SHOWN])
    return shown + (", ..." if len(pairs) > SHOWN else "")


def effect(
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
            for column in grouping.columns[:SHOWN]
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

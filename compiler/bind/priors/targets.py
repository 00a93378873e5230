"""Who names which scalar parameters of a model.

A statement names a whole class (``b``), a group (``sd[subj]``), a term
(``b[block:cs]``) or a coefficient (``b[cs[CS+]]``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from varying.grammar.diagnostics import Fix, Sink, did_you_mean
from varying.grammar.printer import expression_text, name_text
from varying.grammar.tree import Ref, Target

from .named import group_text, ref_text, same_name, split_name
from .scalars import RESIDUAL, Scalar, ScalarParameters
from .unknown import unknown_coefficient, unknown_target

#: Specificity of a statement for a target, most specific highest: a coefficient is
#: that of all strata where a group has some.
CLASS, GROUP, TERM, COEFFICIENT, STRATUM = 1, 2, 3, 4, 5


def matches(
    target: Target, targets: ScalarParameters, sink: Sink
) -> list[tuple[int, Scalar]]:
    """Return the scalar parameters that a target names, and how closely."""
    target = targets.named(target)
    kind, refs = target.name.text, target.refs
    base = kind.rpartition(".")[2]
    better = targets.others.get(_canonical(target))
    if better is not None:
        sink.add(
            "unknown-target",
            target.span,
            f"`{expression_text(target)}` is written `{better}`",
            "effects of several formulas that share an id are one group, and each has "
            "its own priors",
            fix=Fix.write(target.span, better, safe=True),
        )
        return []
    if kind not in targets.kinds():
        every = _of_each_response(target, targets)
        if every:
            return _in_each(every, targets, sink)
        if targets.guessed is None and "." in kind:
            return []
        if targets.guessed == frozenset() or base not in (
            *("b", "sds", "simo", "sd", "cor", "df"),
        ):
            unknown_target(kind, target.name.span, targets, sink)
        return []
    own = [scalar for scalar in targets.scalars if scalar.kind == kind]
    if refs is None:
        return [(CLASS, scalar) for scalar in own]
    if base in ("Intercept", "threshold"):
        texts = [ref_text(ref) for ref in refs]
        if texts == ["mean"]:
            return [(CLASS, s) for s in targets.scalars if s.kind == f"{kind}[mean]"]
        whole = ", ".join(texts)
        single = [s for s in targets.scalars if s.kind == f"{kind}[]"]
        found = [s for s in single if s.coefficient == whole]
        if found:
            return [(COEFFICIENT, one) for one in found]
        sink.add(
            "unknown-target",
            refs[0].span.to(refs[-1].span),
            f"`{kind}[{whole}]` cannot have a prior of its own",
            f"`{kind}` and `{kind}[mean]` can",
            *_single_thresholds(kind, [s.coefficient for s in single]),
        )
        return []
    if base in ("b", "bcs", "sds"):
        return [
            found
            for ref in refs
            for found in _coefficients(ref, own, kind, targets, sink)
        ]
    if base == "simo":
        whole = ", ".join(map(ref_text, refs))
        exact = [scalar for scalar in own if same_name(scalar.coefficient, whole)]
        if exact:
            return [(COEFFICIENT, scalar) for scalar in exact]
        return _listed(refs, own, kind, targets, sink)
    if base in ("sd", "cor", "df"):
        return _grouped(kind, refs, own, targets, sink)
    message = f"`{kind}` is a single number and has no `[...]`"
    if own[0].size > 1 or own[0].base in RESIDUAL:
        what = "shares" if own[0].size > 1 else "correlations"
        message = f"the {what} of `{kind}` have one prior together, and none each"
    sink.add(
        "unknown-target",
        refs[0].span.to(refs[-1].span),
        message,
        fix=Fix.write(target.span, kind),
    )
    return []


def _single_thresholds(kind: str, names: Sequence[str]) -> tuple[str, ...]:
    """Return the note which single thresholds can have a prior; none: no note."""
    if not names:
        return ()
    level, comma, _ = names[0].rpartition(", ")
    if not comma:
        return (f"and `{kind}[1]` to `{kind}[{len(names)}]`",)
    own = sum(name.rpartition(", ")[0] == level for name in names)
    last = "" if own == 1 else f" to `{kind}[{level}, {own}]`"
    return (f"and `{kind}[{level}, 1]`{last}, and those of each other item",)


def _canonical(target: Target) -> str:
    """Return a target as scalar ones are spelled."""
    refs = target.refs or ()
    texts = [group_text(refs[0]), *map(ref_text, refs[1:])] if refs else []
    return f"{target.name.text}[{', '.join(texts)}]" if texts else target.name.text


def _of_each_response(target: Target, targets: ScalarParameters) -> list[Target]:
    """Return a target without a response as that of each that has its class."""
    kinds = targets.kinds()
    text = target.name.text
    names = [f"{one}.{text}" for one in targets.responses]
    # `y.b` of a response with several main predictors
    of, _, rest = text.partition(".")
    names += [f"{one}.{rest}" for one in targets.responses if one.startswith(f"{of}.")]
    names = [targets.aliases.get(name, name) for name in names]
    return [
        replace(target, name=replace(target.name, text=name))
        for name in names
        if name in kinds
    ]


def _in_each(
    every: Sequence[Target], targets: ScalarParameters, sink: Sink
) -> list[tuple[int, Scalar]]:
    """Return what targets of several responses name; a fault is one of them all."""
    found: list[tuple[int, Scalar]] = []
    faults: list[Sink] = []
    for target in every:
        own = Sink(sink.source)
        found += matches(target, targets, own)
        faults.append(own)
    if not found:
        for fault in min(faults, key=lambda own: len(own.diagnostics)).diagnostics:
            sink.keep(fault)
    return found


def _grouped(
    kind: str,
    refs: tuple[Ref, ...],
    own: Sequence[Scalar],
    targets: ScalarParameters,
    sink: Sink,
) -> list[tuple[int, Scalar]]:
    wanted = group_text(refs[0])
    group = next((name for name in targets.groups if same_name(name, wanted)), None)
    if group is None:
        if not targets.forgives(refs[0]):
            notes, fix = did_you_mean(
                wanted,
                targets.groups,
                refs[0].span,
                "grouping factors",
                lambda name: ":".join(name_text(part) for part in split_name(name)),
            )
            sink.add(
                "unknown-target",
                refs[0].span,
                f"the model has no grouping factor `{wanted}`",
                *notes,
                fix=fix,
            )
        return []
    mine = [scalar for scalar in own if scalar.group == group]
    base = kind.rpartition(".")[2]
    elsewhere = [s.kind for s in targets.scalars if s.group == group and s.base == base]
    if not mine and elsewhere:
        better = f"{elsewhere[0]}[{group}]"
        sink.add(
            "unknown-target",
            refs[0].span,
            f"`{group}` is no grouping factor of this part of the model",
            f"its own is `{better}`",
        )
        return []
    if not mine and base == "df":
        if targets.guessed == frozenset():
            sink.add(
                "unknown-target",
                refs[0].span,
                f"the effects of `{group}` have no degrees of freedom",
                f"those with a t distribution have: `(1 | gr({group}, dist=student))`",
            )
        return []
    if not mine:
        if targets.guessed == frozenset():
            sink.add(
                "unknown-target",
                refs[0].span,
                f"the effects of `{group}` have no correlations",
                "correlations are those of several effects in one term: "
                f"`(1 + x | {group})`",
            )
        return []
    if len(refs) == 1:
        return [(GROUP, scalar) for scalar in mine]
    if base in ("cor", "df"):
        what = "correlations" if base == "cor" else "effects"
        sink.add(
            "unknown-target",
            refs[1].span.to(refs[-1].span),
            f"`{kind}[{group}]` is about all {what} of `{group}`",
            f"write `{kind}[{group}]`",
        )
        return []
    return _listed(refs[1:], mine, f"{kind}[{group}]", targets, sink)


def _listed(
    refs: Sequence[Ref],
    own: Sequence[Scalar],
    where: str,
    targets: ScalarParameters,
    sink: Sink,
) -> list[tuple[int, Scalar]]:
    found: list[tuple[int, Scalar]] = []
    for ref in refs:
        found += _coefficients(ref, own, where, targets, sink)
    return found


def _coefficients(
    ref: Ref, own: Sequence[Scalar], where: str, targets: ScalarParameters, sink: Sink
) -> list[tuple[int, Scalar]]:
    wanted = ref_text(ref)
    exact = [scalar for scalar in own if same_name(scalar.coefficient, wanted)]
    if exact:
        rank = STRATUM if exact[0].stratum else COEFFICIENT
        return [(rank, scalar) for scalar in exact]
    everywhere = [s for s in own if s.stratum and same_name(s.everywhere, wanted)]
    if everywhere:
        return [(COEFFICIENT, scalar) for scalar in everywhere]
    strata = [scalar for scalar in own if scalar.stratum and scalar.stratum == wanted]
    if strata:
        return [(TERM, scalar) for scalar in strata]
    terms = [scalar for scalar in own if same_name(scalar.term, wanted)]
    if terms:
        return [(TERM, scalar) for scalar in terms]
    if targets.forgives(ref):
        return []
    unknown_coefficient(ref, own, where, targets, sink)
    return []

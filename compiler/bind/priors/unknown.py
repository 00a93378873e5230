"""Targets that a model does not have, and what may be meant."""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import permutations

from varying.grammar.diagnostics import Edit, Fix, Sink, did_you_mean, nearest
from varying.grammar.source import Span
from varying.grammar.tree import Ref

from ...families import FAMILIES
from ...families.composition.logistic_normal import LNCOR
from .in_brms import as_in_brms, in_r
from .named import ref_text, same_name, split_name
from .scalars import Scalar, ScalarParameters

#: Coefficients that an unknown one is compared with, part by part.
_MOST_COMPARED = 1_000

#: What is no single number, although its name is short.
_CLASSES = ("b", "bcs", "sds", "simo", "sd", "cor", "df", "Intercept", "threshold")

#: Correlations of residuals, and where they are.
_RESIDUALS = {
    "rescor": "`rescor=true` beside the formula correlates the residuals of responses",
    LNCOR: "it is of `family=logistic_normal`, of three categories or more",
}
#: What is said of the category that has no predictor.
IS_REFERENCE = "`{}` is the reference: its predictor is 0"
OTHER_REFERENCE = (
    "the others are against it; `refcat=` beside the formula names another one"
)


def unknown_coefficient(
    ref: Ref, own: Sequence[Scalar], where: str, targets: ScalarParameters, sink: Sink
) -> None:
    """Report a coefficient or term that there is not.

    Parameters
    ----------
    ref
        What is written.
    own
        The parameters that it could be one of.
    where
        What these are called together: ``b``, ``sd[subj]``.
    targets, sink
        All targets of the model, and what takes the fault.
    """
    wanted = ref_text(ref)
    coefficients = [scalar.coefficient for scalar in own]
    known = list(dict.fromkeys(coefficients + [s.term for s in own if s.term != "1"]))
    levels = [name for name in coefficients if f"[{wanted}]" in name]
    notes: tuple[str, ...]
    fix: Fix | None
    if wanted == "Intercept" and where.rpartition(".")[2] == "b":
        kinds = targets.kinds()
        of = where.removesuffix("b")
        better = f"{of}Intercept" if f"{of}Intercept" in kinds else "threshold"
        notes, fix = (f"the intercept is no `b`: write `{better}`",), None
    elif len(here := [n for n in known if same_name(in_r(n), wanted)]) == 1:
        notes = (f"it is R's name for `{here[0]}`",)
        fix = Fix.write(ref.span, here[0], safe=True)
    elif (term := _reference(wanted, targets)) is not None:
        # another level would be another hypothesis
        own_ = [scalar.coefficient for scalar in own if scalar.term == term]
        notes = (f"its level has none of its own: `{term}` has {_in_words(own_)}",)
        fix = None
    elif levels:
        notes, fix = did_you_mean(levels[0], levels[:1], ref.span)
    elif near := _alike(wanted, known):
        notes, fix = did_you_mean(near, [near], ref.span)
    else:
        notes, fix = did_you_mean(wanted, known, ref.span, f"`{where}` has")
    sink.add(
        "unknown-target",
        ref.span,
        f"`{where}` has no coefficient or term `{wanted}`",
        *notes,
        fix=fix,
    )


def _reference(wanted: str, targets: ScalarParameters) -> str | None:
    """Return the term of a coefficient that a level would have if it had one."""
    for term, levels in targets.levels.items():
        if any(wanted == f"{term}[{level}]" for level in levels):
            return term
    return None


def _in_words(names: Sequence[str]) -> str:
    more = f" and {len(names) - 10} more" if len(names) > 10 else ""
    return ", ".join(f"`{name}`" for name in names[:10]) + more


def _alike(wanted: str, known: Sequence[str]) -> str | None:
    """Return the interaction whose parts are most like those that are wanted.

    A part may be written as its column, as its level or as both.
    """
    parts = list(split_name(wanted))
    best, most = None, 0.0
    if not 2 <= len(parts) <= 3:
        return None
    split = ((name, list(split_name(name))) for name in known[:_MOST_COMPARED])
    for name, others in split:
        if len(others) != len(parts):
            continue
        for order in permutations(others):
            likeness = [_likeness(*pair) for pair in zip(parts, order, strict=True)]
            if min(likeness) >= 0.6 and sum(likeness) > most:
                best, most = name, sum(likeness)
    return best


def _likeness(written: str, part: str) -> float:
    column, _, level = part.partition("[")
    forms = {part: 1.0}
    if level and "[" not in written:
        forms = {level.removesuffix("]"): 1.0, column: 0.95}
    return max(
        weight * SequenceMatcher(None, written.casefold(), form.casefold()).ratio()
        for form, weight in forms.items()
    )


def _of_brms(kind: str) -> str | None:
    """Return how a name of brms's output, such as ``sd_subj__x``, is written here."""
    found = re.fullmatch(r"(sd|cor)_(.+__.+)", kind)
    if found is None:
        return None
    return f"{found[1]}[{', '.join(found[2].split('__'))}]"


def unknown_target(
    kind: str, span: Span, targets: ScalarParameters, sink: Sink
) -> None:
    """Report a class that there is not."""
    kinds = targets.kinds()
    for name, category in targets.references.items():
        if kind == name or kind.startswith(f"{name}."):
            said = IS_REFERENCE.format(category)
            sink.add("unknown-target", span, said, OTHER_REFERENCE)
            return
    for name, parameters in targets.calculated.items():
        if kind == name or kind.startswith(f"{name}."):
            sink.add(
                "unknown-target",
                span,
                f"`{name}` is calculated, and has no parameter of its own",
                f"its formula has {_in_words(parameters)}",
            )
            return
    there = as_in_brms(kind, targets)
    if there is not None:
        sink.add(
            "unknown-target",
            span,
            f"the model has no parameter `{kind}`",
            f"it is written `{there}` here",
            # a class may be several numbers, where one is needed
            fix=Fix.write(
                span, there, safe=there in {s.target for s in targets.scalars}
            ),
        )
        return
    if kind in _RESIDUALS:
        sink.add(
            "unknown-target",
            span,
            f"the model has no parameter `{kind}`",
            _RESIDUALS[kind],
            f"this model has: {', '.join(kinds)}",
        )
        return
    if targets.guessed != frozenset():
        kinds = list(dict.fromkeys([*kinds, *targets.possible]))
    notes, fix = did_you_mean(kind, kinds, span, "this model has", targets.written)
    inside = [name for name in kinds if name.startswith(f"{kind}.")]
    if inside:
        listed = ", ".join(f"`{name}`" for name in inside)
        notes, fix = (f"it has a formula, whose parameters are {listed}",), None
    elif (whole := re.split(r"[._]", kind)[0]) in kinds and whole not in _CLASSES:
        notes = (f"`{whole}` is a single number here: it has no formula of its own",)
        fix = None
    elif not targets.responses and (bare := _bare(kind, kinds)) is not None:
        notes = (f"where a model has one response, it is `{bare}` alone",)
        fix = Fix.write(span, bare)
    elif kind.endswith((".sd", ".cor")) and f"{kind.partition('.')[0]}.b" in kinds:
        whole = kind.partition(".")[0]
        notes, fix = (f"the formula of `{whole}` has no group term",), None
    elif (other := _of_brms(kind)) is not None:
        notes = (f"written `{other}` here",)
        fix = Fix.write(span, other, safe=True)
    elif kind == "disc":
        notes, fix = ("`disc` is 1 unless it has a formula: `disc ~ x`",), None
    elif kind in {dpar.name for f in FAMILIES.values() for dpar in f.dpars}:
        listed = ", ".join(kinds)
        notes, fix = (f"its family has none; this model has: {listed}",), None
        if kind == "sigma":
            notes = ("its family has no residual sd",)
            heads = dict.fromkeys(name.partition(".")[0] for name in kinds)
            each = [f"`{name}`" for name in heads if name.startswith(kind)]
            if each:
                notes = (f"there are several, each by itself: {', '.join(each)}",)
    if kind == "Intercept" and "threshold" in kinds:
        notes = ("the thresholds are the intercept of an ordinal model: `threshold`",)
        fix = Fix("replace by `threshold`", (Edit(span, "threshold"),))
    elif not nearest(kind, kinds):
        hits = [s for s in targets.scalars if kind in (s.coefficient, s.term)]
        groups = [s for s in targets.scalars if s.group == kind]
        if hits:
            better = hits[0].target if hits[0].kind != "b" else f"b[{kind}]"
            notes = (f"for its effect write `{better}`",)
            fix = Fix(f"replace by `{better}`", (Edit(span, better),))
        elif groups:
            notes = (f"for its standard deviations write `sd[{kind}]`",)
            fix = Fix(f"replace by `sd[{kind}]`", (Edit(span, f"sd[{kind}]"),))
    summarized = _as_in_summary(kind, targets)
    if summarized is not None:
        notes = (f"it is written `{summarized}`",)
        fix = Fix(f"replace by `{summarized}`", (Edit(span, summarized),))
    message = f"the model has no parameter `{kind}`"
    sink.add("unknown-target", span, message, *notes, fix=fix)


def _bare(kind: str, kinds: Sequence[str]) -> str | None:
    """Return the class that is named behind a response, as `b` in ``y.b``."""
    dpars = {dpar.name for f in FAMILIES.values() for dpar in (*f.mains, *f.dpars)}
    ends = [name for name in kinds if kind.endswith(f".{name}")]
    found = max(ends, key=len, default=None)
    of = "" if found is None else kind.removesuffix(f".{found}")
    return None if of in dpars else found


def _as_in_summary(kind: str, targets: ScalarParameters) -> str | None:
    """Return the target that a summary calls so, as it does ``sd_g``, or R does."""
    prefix, _, rest = kind.partition("_")
    if f"{prefix}.{rest}" in targets.kinds():
        return f"{prefix}.{rest}"
    if prefix in ("sd", "cor", "df"):
        reached = any(s.kind == prefix and s.group == rest for s in targets.scalars)
    else:
        reached = prefix == "b" and any(
            s.kind == "b" and rest in (s.coefficient, s.term) for s in targets.scalars
        )
    return f"{prefix}[{rest}]" if reached else None

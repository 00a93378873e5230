"""What a prior may be about: the scalar parameters of a model, and who names them.

A statement names a whole class (``b``), a group (``sd[subj]``), a term
(``b[block:cs]``) or a coefficient (``b[cs[CS+]]``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import SequenceMatcher
from itertools import permutations

from varying.grammar.diagnostics import Edit, Fix, Sink, did_you_mean, nearest
from varying.grammar.printer import expression_text, name_text
from varying.grammar.source import Span
from varying.grammar.tree import Call, Name, Paren, Ref, RefPart, String, Target
from varying.grammar.walk import column_names

from ...distributions.table import ABOVE_ONE, POSITIVE, REAL, SUPPORTS, UNIT, Bounds
from ...families import FAMILIES
from ...families.family import Family
from ...formula.columns import Coded, simplexes
from ..bound import BoundPredictor, Grouping, Population
from ..effects import Effects

#: Coefficients that an unknown one is compared with, part by part.
_MOST_COMPARED = 1_000

#: What is no single number, although its name is short.
_CLASSES = ("b", "simo", "sd", "cor", "df", "Intercept", "threshold")

#: Classes that are correlations: of effects of a group, and of residuals.
CORRELATIONS = ("cor", "rescor")

#: Specificity of a statement for a target, most specific highest: a coefficient is
#: that of all strata where a group has some.
CLASS, GROUP, TERM, COEFFICIENT, STRATUM = 1, 2, 3, 4, 5


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
class Targets:
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
        The names of the responses where there are several: targets begin with one,
        and those that do not are about all of them.
    """

    scalars: tuple[Scalar, ...]
    groups: tuple[str, ...]
    guessed: frozenset[str] | None = frozenset()
    possible: tuple[str, ...] = ()
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    others: Mapping[str, str] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    responses: tuple[str, ...] = ()

    def named(self, target: Target) -> Target:
        """Return a target by its full name: ``a`` of ``a ~ 1`` is ``a.Intercept``."""
        whole = self.aliases.get(target.name.text)
        if whole is None or target.refs is not None:
            return target
        return replace(target, name=replace(target.name, text=whole))

    def forgives(self, ref: Ref) -> bool:
        """Whether a reference may be to what a fault has left unknown."""
        return self.guessed is None or (
            bool(self.guessed) and _names(ref) <= self.guessed
        )

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
    joined: Sequence[Effects],
) -> Targets:
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
        See ``Targets``.
    response
        What they begin with; empty where it is the only one.
    joined
        The groups of all responses.
    """
    of = f"{response}." if response else ""
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
    for name in (f"{of}{name}" for name in classes):
        found += [Scalar(name, name, REAL)]
        found += [Scalar(f"{name}[mean]", f"{name}[mean]", REAL)]
    found += _population(of, population)
    found += _of_groups(joined, response)
    modelled = {part.dpar for part in others}
    dpars = {dpar.name: dpar for f in families for dpar in f.dpars}
    found += [
        Scalar(f"{of}{name}", f"{of}{name}", SUPPORTS[dpar.support])
        for name, dpar in dpars.items()
        if name not in modelled and (dpar.fixed is None or family is None)
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
        if part.inner and part.population.intercept and not part.population.effects
    }
    return Targets(tuple(found), names, guessed, possible, levels, aliases=aliases)


def joint_targets(
    each: Sequence[Targets], responses: Sequence[str], joined: Sequence[Effects]
) -> Targets:
    """Return the targets of a model with these responses and groups."""
    renamed = {text: target for one in joined for text, target in one.other_names()}
    if len(each) == 1:
        return replace(each[0], others=renamed)
    guessed: frozenset[str] | None = frozenset()
    for one in each:
        unknown = guessed is None or one.guessed is None
        guessed = None if unknown else (guessed or frozenset()) | (one.guessed or set())
    levels = {name: found for one in each for name, found in one.levels.items()}
    return Targets(
        tuple(scalar for one in each for scalar in one.scalars),
        tuple(dict.fromkeys(name for one in each for name in one.groups)),
        guessed,
        tuple(name for one in each for name in one.possible),
        levels,
        renamed,
        {name: whole for one in each for name, whole in one.aliases.items()},
        tuple(responses),
    )


def _population(of: str, population: Population) -> list[Scalar]:
    """Return the effects of one predictor."""
    found = [
        Scalar(f"{of}b[{c.name}]", f"{of}b", REAL, "", c.name, c.term)
        for c in population.effects
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


def _of_groups(groups: Sequence[Effects], dpar: str) -> list[Scalar]:
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


def matches(target: Target, targets: Targets, sink: Sink) -> list[tuple[int, Scalar]]:
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
            *("b", "simo", "sd", "cor", "df"),
        ):
            _unknown(kind, target.name.span, targets, sink)
        return []
    own = [scalar for scalar in targets.scalars if scalar.kind == kind]
    if refs is None:
        return [(CLASS, scalar) for scalar in own]
    if base in ("Intercept", "threshold"):
        texts = [ref_text(ref) for ref in refs]
        if texts == ["mean"]:
            return [(CLASS, s) for s in targets.scalars if s.kind == f"{kind}[mean]"]
        sink.add(
            "not-yet" if kind == "threshold" else "unknown-target",
            refs[0].span.to(refs[-1].span),
            f"`{kind}[{', '.join(texts)}]` cannot have a prior of its own",
            f"`{kind}` and `{kind}[mean]` can",
        )
        return []
    if base == "b":
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
    sink.add(
        "unknown-target",
        refs[0].span.to(refs[-1].span),
        f"`{kind}` is a single number and has no `[...]`",
        fix=Fix.write(target.span, kind),
    )
    return []


def _canonical(target: Target) -> str:
    """Return a target as scalar ones are spelled."""
    refs = target.refs or ()
    texts = [group_text(refs[0]), *map(ref_text, refs[1:])] if refs else []
    return f"{target.name.text}[{', '.join(texts)}]" if texts else target.name.text


def _of_each_response(target: Target, targets: Targets) -> list[Target]:
    """Return a target without a response as that of each that has its class."""
    kinds = targets.kinds()
    names = [f"{one}.{target.name.text}" for one in targets.responses]
    names = [targets.aliases.get(name, name) for name in names]
    return [
        replace(target, name=replace(target.name, text=name))
        for name in names
        if name in kinds
    ]


def _in_each(
    every: Sequence[Target], targets: Targets, sink: Sink
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
    targets: Targets,
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
                lambda name: ":".join(name_text(part) for part in _split(name)),
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
    targets: Targets,
    sink: Sink,
) -> list[tuple[int, Scalar]]:
    found: list[tuple[int, Scalar]] = []
    for ref in refs:
        found += _coefficients(ref, own, where, targets, sink)
    return found


def _coefficients(
    ref: Ref, own: Sequence[Scalar], where: str, targets: Targets, sink: Sink
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
    elif len(here := [n for n in known if same_name(_in_r(n), wanted)]) == 1:
        notes = (f"it is R's name for `{here[0]}`",)
        fix = Fix.write(ref.span, here[0], safe=True)
    elif (term := _reference(wanted, targets)) is not None:
        # another level would be another hypothesis
        own_ = [scalar.coefficient for scalar in own if scalar.term == term]
        notes = (f"its level has none of its own: `{term}` has {_in_words(own_)}",)
        fix = None
    elif levels:
        notes, fix = did_you_mean(levels[0], levels[:1], ref.span)
    elif alike := _alike(wanted, known):
        notes, fix = did_you_mean(alike, [alike], ref.span)
    else:
        notes, fix = did_you_mean(wanted, known, ref.span, f"`{where}` has")
    sink.add(
        "unknown-target",
        ref.span,
        f"`{where}` has no coefficient or term `{wanted}`",
        *notes,
        fix=fix,
    )
    return []


def _in_r(name: str) -> str:
    """Return what R calls a coefficient: ``condb:x``, as brms does."""
    return re.sub(r"[^\w.:]", "", name)


def _reference(wanted: str, targets: Targets) -> str | None:
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
    parts = list(_split(wanted))
    best, most = None, 0.0
    if not 2 <= len(parts) <= 3:
        return None
    split = ((name, list(_split(name))) for name in known[:_MOST_COMPARED])
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


def _unknown(kind: str, span: Span, targets: Targets, sink: Sink) -> None:
    kinds = targets.kinds()
    if targets.guessed != frozenset():
        kinds = list(dict.fromkeys([*kinds, *targets.possible]))
    notes, fix = did_you_mean(kind, kinds, span, "this model has")
    inside = [name for name in kinds if name.startswith(f"{kind}.")]
    if inside:
        listed = ", ".join(f"`{name}`" for name in inside)
        notes, fix = (f"it has a formula, whose parameters are {listed}",), None
    elif (whole := re.split(r"[._]", kind)[0]) in kinds and whole not in _CLASSES:
        notes = (f"`{whole}` is a single number here: it has no formula of its own",)
        fix = None
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


def _as_in_summary(kind: str, targets: Targets) -> str | None:
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


# ---- references ----------------------------------------------------------------------


def _part_text(part: RefPart) -> str:
    # a name that needs back-quotes has them in the names of coefficients too
    base = part.base
    text = base.text if isinstance(base, String) else expression_text(base)
    return text if part.level is None else f"{text}[{part.level}]"


def ref_text(ref: Ref) -> str:
    """Return a reference as coefficients and terms are spelled."""
    return ":".join(_part_text(part) for part in ref.parts)


def group_text(ref: Ref) -> str:
    """Return a reference as grouping factors are named: without back-quotes."""
    return ":".join(
        part.base.text if isinstance(part.base, Name) else _part_text(part)
        for part in ref.parts
    )


def _names(ref: Ref) -> frozenset[str]:
    """Return the columns that a reference reads."""
    found: set[str] = set()
    for part in ref.parts:
        if isinstance(part.base, Name):
            found.add(part.base.text)
        elif isinstance(part.base, Call | Paren):
            found |= {name.text for name in column_names(part.base)}
    return frozenset(found)


def same_name(left: str, right: str) -> bool:
    """Whether two interactions have the same parts, in whatever order."""
    return left == right or sorted(_split(left)) == sorted(_split(right))


def _split(name: str) -> Iterable[str]:
    """Split at the colons outside brackets and parentheses."""
    parts, depth, start = [], 0, 0
    for place, character in enumerate(name):
        depth += character in "[("
        depth -= character in "])"
        if character == ":" and depth == 0:
            parts.append(name[start:place])
            start = place + 1
    return [*parts, name[start:]]

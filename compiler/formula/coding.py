"""Coding: from terms to design columns, by R's rule of marginality.

A factor is coded by contrasts where its margin is in the model and by all its
levels where it is not. Names are spelled from the levels.

One file, although it is long: which contrasts a factor has depends on all
terms, so that the kinds of variables and the rule that combines them are read
together.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

import numpy as np

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import expression_text, name_text
from varying.grammar.source import Span
from varying.grammar.tree import Call, Name
from varying.grammar.walk import unwrap

from ..coding.contrasts import Scheme
from ..coding.factor_calls import (
    FACTOR_CALLS,
    factor_of,
    own_base,
    own_scheme,
    scheme_of,
)
from ..data.schema import ColumnInfo, Schema
from ..data.spellings import warn_spellings, warn_text
from ..data.table import Kind
from ..expressions.functions import FUNCTIONS, bind_arguments, is_stateful
from ..expressions.settings import read_settings
from ..expressions.smooth import BASES, DEFAULT_BASIS
from ..expressions.special import TERMS, Monotonic
from ..expressions.types import check_uncomputed, report_unknown, type_of
from .columns import (
    Coded,
    DesignColumn,
    Numeric,
    Part,
    SmoothColumns,
    SpecialColumn,
    special_column,
)
from .expansion import Term, Variable
from .terms import MOST_TERMS

# A predictor with more levels than this is a group that somebody forgot to bar;
# its coding would be a matrix of a million weights.
MOST_LEVELS = 1_000
#: Monotonic variables of one term.
MOST_SPECIALS = 2


@dataclass(frozen=True, slots=True)
class _CodedFactor:
    """A variable that is a factor, with what its coding needs."""

    label: str
    column: str
    levels: tuple[str, ...]
    contrast: Scheme
    base: int | None

    def parts(self, full: bool) -> tuple[Coded, ...]:
        """Return its columns: one a level if full, else by the contrasts."""
        if full:
            names, matrix = self.levels, np.eye(len(self.levels))
        else:
            names, matrix = self.contrast.code(self.levels, self.base)
        return tuple(
            Coded(
                self.column,
                self.levels,
                tuple(weights),
                f"{self.label}[{name}]",
                dummy=full,
            )
            for name, weights in zip(names, matrix.T.tolist(), strict=True)
        )


@dataclass(frozen=True, slots=True)
class _Matrix:
    """A variable of several numeric columns, such as ``poly(x, 2)``."""

    columns: tuple[Numeric, ...]


@dataclass(frozen=True, slots=True)
class _Smooth:
    """A smooth term: its straight line, if it has one, and its curves.

    ``by`` is what they are multiplied by: the levels of a factor, each with curves of
    its own, or a number.
    """

    label: str
    line: tuple[Numeric, ...]
    curves: tuple[Numeric, ...]
    by: tuple[Coded, ...] | Numeric | None = None

    def columns(self, term: str, beside: Collection[str]) -> tuple[DesignColumn, ...]:
        """Return the columns that have coefficients of their own.

        ``beside`` are the terms of the formula: an effect that stands there already, of
        the number that curves are multiplied by, is not there twice.
        """
        if self.by is None:
            return tuple(DesignColumn(one.label, term, (one,)) for one in self.line)
        if isinstance(self.by, Numeric):
            # the mean of the curve is no part of the intercept
            whole = DesignColumn(f"{self.label}[{self.by.label}]", term, (self.by,))
            name = f"{self.label}[line]"
            lines = (DesignColumn(name, term, (one, self.by)) for one in self.line)
            return (*lines,) if self.by.label in beside else (whole, *lines)
        return tuple(
            DesignColumn(f"{one.label}:{level.label}", term, (one, level))
            for level in self.by
            for one in self.line
        )

    def smooths(self, term: str) -> tuple[SmoothColumns, ...]:
        """Return what is penalised."""
        if self.by is None or isinstance(self.by, Numeric):
            by = () if self.by is None else (self.by,)
            names = [DesignColumn(c.label, term, (c, *by)) for c in self.curves]
            return (SmoothColumns(self.label, term, tuple(names)),)
        return tuple(
            SmoothColumns(
                f"{self.label}:{level.label}",
                term,
                tuple(
                    DesignColumn(f"{c.label}:{level.label}", term, (c, level))
                    for c in self.curves
                ),
            )
            for level in self.by
        )


#: None after a fault.
_Resolved = _CodedFactor | _Matrix | _Smooth | Numeric | Monotonic | None


@dataclass(frozen=True, slots=True)
class Coding:
    """The columns of terms: those that are known, and those that hold parameters.

    ``smooths`` are penalised, and no columns of coefficients.
    """

    columns: tuple[DesignColumn, ...]
    specials: tuple[SpecialColumn, ...] = ()
    smooths: tuple[SmoothColumns, ...] = ()


def code(
    terms: Sequence[Term],
    intercept: bool,
    schema: Schema,
    sink: Sink,
    contrast_default: str = "treatment",
) -> Coding:
    """Return the columns of terms in R's order, without the intercept.

    Parameters
    ----------
    terms
        In R's final order, as ``expand`` gives them.
    intercept
        Whether the factors are coded as beside an intercept (ordinal families:
        the thresholds are one).
    schema
        Kinds and levels of the columns.
    sink
        Takes the faults: unknown columns and functions, factors with one level.
    contrast_default
        Scheme of factors without one of their own; ordered ones have ``poly``.
    """
    resolved: dict[str, _Resolved] = {}
    for term in terms:
        for variable in term.variables:
            if variable.label not in resolved:
                found = _resolve(variable, schema, sink, contrast_default)
                resolved[variable.label] = found
    _check_shared(terms, resolved, sink)
    full = _full(terms, intercept, resolved)
    columns: list[DesignColumn] = []
    specials: list[SpecialColumn] = []
    smooths: list[SmoothColumns] = []
    for index, term in enumerate(terms):
        curves = _smooth_of(term, resolved, sink)
        if curves is not None:
            columns += curves.columns(term.label, {one.label for one in terms})
            smooths += curves.smooths(term.label)
            continue
        parts: list[Sequence[Part | Monotonic]] = []
        for variable in term.variables:
            match resolved[variable.label]:
                case Numeric() | Monotonic() as single:
                    parts.append((single,))
                case _Matrix(columns=several):
                    parts.append(several)
                case _CodedFactor() as factor:
                    parts.append(factor.parts(full[index, variable.label]))
                case None | _Smooth():
                    break
        else:
            size = prod(len(part) for part in parts)
            if len(columns) + len(specials) + size > MOST_TERMS:
                sink.add(
                    "too-many-coefficients",
                    term.span,
                    f"the formula has more than {MOST_TERMS:,} coefficients",
                    f"`{term.label}` exceeds the bound",
                )
                return Coding(tuple(columns), tuple(specials), tuple(smooths))
            for name, product in _products(parts):
                known = tuple(p for p in product if not isinstance(p, Monotonic))
                if len(product) - len(known) > MOST_SPECIALS:
                    sink.add(
                        "not-yet",
                        term.span,
                        f"`{term.label}` has more than {MOST_SPECIALS} monotonic "
                        "variables, which is not compiled by this version",
                    )
                    break
                if len(known) == len(product):
                    columns.append(DesignColumn(name, term.label, known))
                else:
                    specials.append(special_column(name, term.label, product))
    return Coding(tuple(columns), tuple(specials), tuple(smooths))


def _smooth_of(
    term: Term, resolved: dict[str, _Resolved], sink: Sink
) -> _Smooth | None:
    """Return the smooth that a term is; None of others, and after a fault."""
    found = [(v, resolved[v.label]) for v in term.variables]
    smooth = next(((v, one) for v, one in found if isinstance(one, _Smooth)), None)
    if smooth is None:
        return None
    variable, curves = smooth
    if len(found) > 1:
        for other, _ in found:  # of which nothing more is said
            resolved[other.label] = None
        sink.add(
            "not-yet",
            variable.expression.span,
            f"a smooth in an interaction, `{term.label}`, is not compiled by this "
            "version",
            "until then: products of curves that are chosen beforehand, "
            "`ns(x, df=4)*z`",
        )
        return None
    return curves


def _check_shared(
    terms: Sequence[Term], resolved: Mapping[str, _Resolved], sink: Sink
) -> None:
    """Report variables with one ``id=`` that cannot share their steps."""
    first: dict[str, Monotonic] = {}
    for variable in {v.label: v for term in terms for v in term.variables}.values():
        one = resolved[variable.label]
        if not isinstance(one, Monotonic) or one.identity is None:
            continue
        other = first.setdefault(one.identity, one)
        if len(other.levels) != len(one.levels):
            sink.add(
                "invalid-argument",
                variable.expression.span,
                f"`{one.label}` has {len(one.steps)} steps, and `{other.label}` with "
                f"the same id has {len(other.steps)}",
                "an id is for variables that share the sizes of their steps",
            )


def _products(
    parts: Sequence[Sequence[Part | Monotonic]],
) -> Iterator[tuple[str, tuple[Part | Monotonic, ...]]]:
    """Yield the products of parts by name; the first variable varies fastest."""
    combinations: list[tuple[Part | Monotonic, ...]] = [()]
    for choices in reversed(parts):
        combinations = [(part, *rest) for rest in combinations for part in choices]
    for found in combinations:
        yield ":".join(part.label for part in found), found


def _full(
    terms: Sequence[Term], intercept: bool, resolved: dict[str, _Resolved]
) -> dict[tuple[int, str], bool]:
    """Return for every factor in every term whether it is coded in full.

    A factor takes contrasts if what remains of its term without it is nothing
    or part of an earlier term, numeric variables included.
    """
    full: dict[tuple[int, str], bool] = {}
    containing: dict[str, list[frozenset[str]]] = {}
    forced = intercept
    for index, term in enumerate(terms):
        labels = frozenset(variable.label for variable in term.variables)
        for variable in term.variables:
            factor = resolved[variable.label]
            if not isinstance(factor, _CodedFactor):
                continue
            margin = labels - {variable.label}
            # Only terms that hold the margin's rarest variable can contain it.
            rarest: Sequence[frozenset[str]] = min(
                (containing.get(label, []) for label in margin), key=len, default=[]
            )
            inside = not margin or any(margin <= earlier for earlier in rarest)
            full[index, variable.label] = not inside
            if not forced:
                # Without an intercept the first factor stands in for it.
                forced = full[index, variable.label] = True
        for label in labels:
            containing.setdefault(label, []).append(labels)
    return full


# ---- variables ---------------------------------------------------------------------


def _resolve(variable: Variable, schema: Schema, sink: Sink, default: str) -> _Resolved:
    expression = unwrap(variable.expression)
    match expression:
        case Name():
            info = schema.columns.get(expression.text)
            if info is None:
                report_unknown(expression, schema, sink)
                return None
            if info.kind.is_number:
                return Numeric(variable.label, expression)
            return _by_column(
                variable.label, info, schema, default, expression.span, sink
            )
        case Call(function=Name(text="Error"), arguments=(strata,)):
            sink.add(
                "unknown-function",
                expression.function.span,
                "there is no function `Error`",
                "error strata are group terms: "
                f"`(1 | {expression_text(strata.value)})`",
            )
            return None
        case Call(function=Name(text=text)) if text in FACTOR_CALLS:
            return _by_call(variable.label, expression, schema, default, sink)
        case Call(function=Name(text=text)) if text in TERMS:
            return _special(variable.label, expression, schema, sink)
        case Call() if is_stateful(expression):
            return _by_rows(variable.label, expression, schema, default, sink)
        case _ if expression_text(expression) in schema.calls:
            (name,) = schema.calls[expression_text(expression)]
            info = schema.columns[name]
            return _by_column(
                variable.label, info, schema, default, expression.span, sink
            )
        case _:
            typed = type_of(expression, schema, sink)
            if typed is None:
                return None
            if not typed.is_number:
                message = f"`{variable.label}` is neither a number nor a factor"
                sink.add("wrong-type", expression.span, message)
                return None
            return Numeric(variable.label, expression)


def _by_column(
    label: str,
    info: ColumnInfo,
    schema: Schema,
    default: str,
    span: Span,
    sink: Sink,
) -> _Resolved:
    scheme = own_scheme(info, default)
    if info.reference is not None and not scheme.has_reference:
        sink.add(
            "invalid-argument",
            span,
            f"`ref=` of `{info.name}` has no meaning: ordered factors are coded by "
            f"`{scheme.name}`",
            "a scheme with a reference level is `contrast=treatment`",
        )
        return None
    _warn_unused(info, True, span, sink)
    warn_spellings(info, span, sink)
    if len(info.as_levels) <= MOST_LEVELS:  # else that is the fault
        warn_text(info, schema.rows, span, sink)
    return _factor(label, info, scheme, own_base(info), span, sink)


def _by_call(
    label: str, call: Call, schema: Schema, default: str, sink: Sink
) -> _Resolved:
    """Return a factor as ``C``, ``factor`` or ``relevel`` make it."""
    bound = bind_arguments(call, FUNCTIONS[call.function.text], sink)
    if bound is None:
        return None
    info = factor_of(call, schema, sink)
    if info is None:
        return None
    span = bound["x"].value.span
    _warn_unused(info, "base" not in bound, span, sink)
    warn_spellings(info, span, sink)
    chosen = scheme_of(call, info, default, sink)
    if chosen is None:
        return None
    return _factor(label, info, *chosen, call.span, sink)


def _special(label: str, call: Call, schema: Schema, sink: Sink) -> Monotonic | None:
    """Return a special variable; None after a fault."""
    term = TERMS[call.function.text]
    bound = bind_arguments(call, term.function, sink)
    settings = None if bound is None else read_settings(bound, term.function, sink)
    if bound is None or settings is None:
        return None
    node = unwrap(bound["x"].value)
    if not isinstance(node, Name):
        sink.add(
            "invalid-argument",
            bound["x"].span,
            f"`{term.name}()` takes a column, not `{expression_text(node)}`",
            f"give it a name first: `let k = {expression_text(node)}`",
        )
        return None
    info = schema.columns.get(node.text)
    if info is None:
        report_unknown(node, schema, sink)
        return None
    warn_spellings(info, node.span, sink)
    return term.read(label, bound["x"], info, settings[0], sink)


def _warn_unused(info: ColumnInfo, with_ref: bool, span: Span, sink: Sink) -> None:
    present = set(info.as_levels)
    lost = [info.reference] if with_ref and info.reference is not None else []
    lost = [level for level in lost if level not in present]
    unused = [level for level in info.declared_levels if level not in present]
    if not info.declared:  # nobody said that there are others
        unused = lost
    if unused:
        shown = ", ".join(f"`{level}`" for level in unused[:10])
        more = f" and {len(unused) - 10} more" if len(unused) > 10 else ""
        several = len(unused) > 1
        notes = ["a predictor is coded by the levels that it has"]
        if lost and info.as_levels:
            first = info.as_levels[0]
            notes.append(f"the reference level is `{first}` in place of `{lost[0]}`")
        sink.add(
            "unused-level",
            span,
            f"no row has the level{'s' if several else ''} {shown}{more} "
            f"of `{info.name}`",
            *notes,
        )


def _factor(
    label: str,
    info: ColumnInfo,
    contrast: Scheme,
    base: int | None,
    span: Span,
    sink: Sink,
) -> _Resolved:
    levels = info.as_levels
    if len(levels) < 2:
        only = f" (`{levels[0]}`)" if levels else ""
        message = f"the factor `{info.name}` has one level only{only}"
        sink.add("one-level", span, message, "it cannot be told from the intercept")
        return None
    if len(levels) > MOST_LEVELS:
        sink.add(
            "too-many-coefficients",
            span,
            f"the factor `{info.name}` has {len(levels):,} levels",
            "as a predictor it would need a coefficient each; as a grouping factor it "
            f"would not: `(1 | {info.name})`",
        )
        return None
    return _CodedFactor(label, info.name, levels, contrast, base)


def _by_rows(
    label: str, call: Call, schema: Schema, default: str, sink: Sink
) -> _Resolved:
    """Return a call that was computed over rows, such as ``poly(x, 2)``."""
    names = schema.calls.get(expression_text(call))
    if names is None:
        check_uncomputed(call, schema, sink)
        return None
    columns = [Name(name, quoted=True, span=call.span) for name in names]
    if call.function.text == "s":
        return _smooth(label, call, columns, schema, sink)
    if FUNCTIONS[call.function.text].matrix:
        return _Matrix(_numbered(label, columns))
    info = schema.columns[names[0]]
    if info.kind.is_number:
        return Numeric(label, call)
    return _by_column(label, info, schema, default, call.span, sink)


def _numbered(label: str, columns: Sequence[Name]) -> tuple[Numeric, ...]:
    return tuple(
        Numeric(f"{label}[{place}]", column)
        for place, column in enumerate(columns, start=1)
    )


def _smooth(
    label: str, call: Call, columns: list[Name], schema: Schema, sink: Sink
) -> _Smooth | None:
    """Return a smooth term of the columns that a call gave; None after a fault."""
    function = FUNCTIONS["s"]
    bound = bind_arguments(call, function, Sink(sink.source))
    read = read_settings(bound or {}, function, Sink(sink.source))
    if bound is None or read is None:
        return None
    basis = BASES[read[0].get("bs", DEFAULT_BASIS)]
    line = (Numeric(label, columns.pop(0)),) if basis.straight else ()
    curves = _numbered(label, columns)
    if "by" not in bound:
        return _Smooth(label, line, curves)
    span = bound["by"].value.span
    if len(read[1]) > 1:
        sink.add(
            "not-yet",
            span,
            "curves of cells of several factors are not compiled by this version",
            "until then: a column of the data that has the cells",
        )
        return None
    (name,) = read[1]
    info = schema.columns[name.text]
    if info.kind.is_number:
        if not basis.straight and not basis.periodic:
            sink.add(
                "not-yet",
                span,
                f"`by={name.text}` of a number is not compiled by this version with "
                f"`bs={basis.name}`",
                "`bs=tp` and `bs=cr` are",
            )
            return None
        return _Smooth(label, line, curves, Numeric(name_text(name.text), name))
    factor = _factor(
        name_text(name.text), info, own_scheme(info, "treatment"), None, span, sink
    )
    if not isinstance(factor, _CodedFactor):
        return None
    levels = factor.parts(full=True)
    # of an ordered factor: differences from the first level, as in mgcv
    return _Smooth(label, line, curves, levels[info.kind is Kind.ORDERED :])

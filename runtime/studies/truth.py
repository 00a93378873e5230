"""Parameters that are given: what a study would have to find.

A truth is a text, a line a parameter, by the names that ``quantity`` uses::

    Intercept            = 50
    b[block[late]]       = -8
    sd[subj, Intercept]  = 12
    cor[subj, Intercept, block[late]] = 0.3
    sigma                = 15

What is written on the left is read by the compiler as the formula of a quantity, so
that names, levels and their faults are those of the language.
"""

from __future__ import annotations

import math
import os
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.bind.priors.scalars import CORRELATIONS
from varying.compiler.bind.question import Reference
from varying.compiler.distributions.correlations import partial_of
from varying.compiler.program.coupling import correlated
from varying.compiler.program.persons import each_persons
from varying.grammar.diagnostics import Diagnostic, ModelError, Sink
from varying.grammar.source import Source, Span

from ..draws.names import names_of
from ..files.spec_file import read_source
from ..interface.arguments import ArgumentError, given
from ..questions.quantities import variable_of
from .fixed_values import FixedValues, with_fixed
from .true_names import TrueNames
from .true_thresholds import check_thresholds

if TYPE_CHECKING:
    from varying.compiler.compiled import Compiled
    from varying.compiler.program.ir import Derived, Group, Parameter, Program

__all__ = ["Truth", "parsed", "read_truth", "residual_partial", "values_of"]

Array = NDArray[Any]

#: What quantities of a truth are called; see ``Truth.joined``.
_NAME = "truth_of_line_"
#: Parameters without a value that are named.
_LISTED = 12


@dataclass(frozen=True, slots=True)
class TrueParameter:
    """A parameter and its values: one, or those of a whole vector."""

    name: str
    values: tuple[float, ...]
    span: Span
    listed: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """The name of each value.

        Of a list ``threshold[1]``, ``threshold[2]``..., of one of an item
        ``threshold[a, 1]``...
        """
        if not self.listed:
            return (self.name,)
        before = f"{self.name}["
        if self.name.endswith("]"):
            before = f"{self.name[:-1].rstrip()}, "
        return tuple(f"{before}{place + 1}]" for place in range(len(self.values)))


@dataclass(frozen=True, slots=True, eq=False)
class Truth:
    """A truth as it was written; see ``read_truth``."""

    source: Source
    lines: tuple[TrueParameter, ...]

    def joined(self, spec: Source) -> Source:
        """Return a spec that has a quantity for each of the values."""
        return replace(spec, text="".join([spec.text, "\n", *self._statements()]))

    def _statements(self) -> Iterator[str]:
        place = 0
        for line in self.lines:
            for name in line.names:
                yield f"quantity {_NAME}{place} = {name}\n"
                place += 1

    def left_out(self, compiled: Compiled) -> Compiled:
        """Return a model of the joined text without the quantities of the truth."""
        questions = compiled.joint.questions
        kept = tuple(q for q in questions.quantities if not q.name.startswith(_NAME))
        own = replace(questions, quantities=kept)
        return replace(compiled, joint=replace(compiled.joint, questions=own))

    def told(self, found: Sequence[Diagnostic], spec: Source) -> list[Diagnostic]:
        """Return faults of the joined text as those of the spec, or of the truth."""
        starts, lines = [len(spec.text) + 1], []
        for text, line in zip(
            self._statements(), (n for n in self.lines for _ in n.names), strict=True
        ):
            starts.append(starts[-1] + len(text))
            lines.append(line)
        result = []
        told: set[tuple[str, int]] = set()
        for one in found:
            if one.span.start < starts[0]:
                whole = min(one.span.end, len(spec.text))
                span = Span(min(one.span.start, whole), whole)
                result.append(replace(one, source=spec, span=span))
                continue
            place = min(bisect_right(starts, one.span.start), len(lines)) - 1
            line = lines[place]
            span = line.span
            # what is wrong with the name of a list is so of each of its values
            if (one.rule, span.start) not in told:
                told.add((one.rule, span.start))
                notes = (*one.notes, *_of_lists(one, line))
                result.append(
                    replace(one, source=self.source, span=span, notes=notes, fix=None)
                )
        return result


def _of_lists(fault: Diagnostic, line: TrueParameter) -> tuple[str, ...]:
    """Say what a list is for, where one is wrong or missing."""
    if line.listed and fault.rule == "unknown-target":
        first, *others = line.names
        shown = ", ".join(f"`{name}`" for name in (first, *others[:1]))
        return (f"a list gives the values of {shown} and so on, as thresholds have",)
    numbered = f"`{line.name}[1]`"
    if fault.rule == "several-columns" and any(numbered in n for n in fault.notes):
        return (f"all of them are a list: `{line.name} = [..., ..., ...]`",)
    return ()


def read_truth(truth: str | os.PathLike[str] | Mapping[str, Any]) -> Truth:
    """Return a truth: of a file, of a text, or of names and their values.

    Parameters
    ----------
    truth
        The path of a file, a text of several lines or with ``=`` in it, or a mapping
        such as ``{"b[x]": 0.5, "threshold": [-1, 0, 2]}``.

    Raises
    ------
    ModelError
        ``truth-value`` for lines that are not ``NAME = number``.
    """
    if isinstance(truth, Mapping):
        text = "".join(
            f"{name} = {_plain(name, value)}\n" for name, value in truth.items()
        )
        return parsed(Source(text, "truth"))
    if not isinstance(truth, str | os.PathLike):
        raise ArgumentError(
            "truth is a file, a text or a mapping of names to numbers, not "
            f"{given(truth)}"
        )
    if isinstance(truth, str) and "=" in truth and not _is_there(truth):
        return parsed(Source(truth, "truth"))
    return parsed(read_source(truth))


def _plain(name: Any, value: Any) -> str:
    try:
        values: Any = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        values = None
    if values is None or values.ndim > 1:
        raise ArgumentError(
            f"truth gives {name!r} {given(value)}: it is a number, or a list of numbers"
        )
    if values.ndim == 0:
        return repr(float(values))
    return f"[{', '.join(repr(float(each)) for each in values)}]"


def _is_there(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):
        return False


def parsed(source: Source) -> Truth:
    """Return a truth by its text; see ``read_truth``."""
    sink, lines, start = Sink(source), [], 0
    for text in source.text.splitlines(keepends=True):
        bare = text.split("#")[0] if '"' not in text else text
        begin, end = len(bare) - len(bare.lstrip()), len(bare.rstrip())
        before, start = start, start + len(text)
        if not bare.strip():
            continue
        span = Span(before + begin, before + end)
        name, equals, value = bare.strip().rpartition("=")
        values = _numbers(value)
        if not equals or not name.strip() or values is None:
            sink.add(
                "truth-value",
                span,
                "this is no `NAME = number`",
                "a line gives one parameter its value: `sd[subj, Intercept] = 1.2`; "
                "thresholds may be a list: `threshold = [-1, 0, 1.5]`, of an item "
                "`threshold[a] = [-1, 0, 1.5]`",
                *_with_comma(name.strip(), value.strip()),
            )
            continue
        listed = value.strip().startswith("[")
        lines.append(TrueParameter(name.strip(), values, span, listed))
    if sink.failed:
        raise ModelError(sink.sorted())
    return Truth(source, tuple(lines))


def _with_comma(name: str, value: str) -> tuple[str, ...]:
    """Say how a number with a decimal comma is written; nothing of another value."""
    if not re.fullmatch(r"[+-]?\d+,\d+", value):
        return ()
    return (f"decimals stand behind a point: `{name} = {value.replace(',', '.')}`",)


def _numbers(text: str) -> tuple[float, ...] | None:
    text = text.strip()
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    elif "," in text:
        return None
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError:
        return None
    return found if all(map(math.isfinite, found)) else None


# ---- values of variables -------------------------------------------------------------


def values_of(truth: Truth, compiled: Compiled) -> dict[str, Array]:
    """Return the value of each variable of the posterior, by its name.

    Parameters
    ----------
    truth
        What was given.
    compiled
        The model with the truth's quantities: ``Truth.joined``.

    Raises
    ------
    ModelError
        ``needs-truth`` names what has no value, ``truth-value`` what cannot be.
    """
    sink = Sink(truth.source)
    program, frame = compiled.lowered, compiled.frame
    nodes, supports = _nodes(program), _defaults(compiled)
    sizes = {axis.name: frame.lengths[axis.name] for axis in program.axes}
    names = names_of(program)
    values: dict[str, Array] = {}
    persons = {one.effects for _, one in each_persons(program)}
    for name in names.parameters:
        if name in persons:  # drawn anew in each data set
            continue
        if name.endswith("threshold_gap"):  # thresholds are given, and have it
            continue
        if name in names.correlations:
            group = next(g for g in program.groups if g.correlation_matrix == name)
            values[name] = _apart(group, sizes)
        else:
            shape = [sizes[axis] for axis in nodes[name].axes]
            values[name] = np.full(shape, np.nan)
    lines = [(one, value) for one in truth.lines for value in one.values]
    asked = {q.name: q.formula for q in compiled.joint.questions.quantities}
    seen: dict[tuple[str, tuple[int, ...]], TrueParameter] = {}
    spans: dict[str, Span] = {}
    for place, (line, value) in enumerate(lines):
        reference = asked.get(f"{_NAME}{place}")
        if not isinstance(reference, Reference):
            sink.add("truth-value", line.span, f"`{line.name}` is no single parameter")
            continue
        variable = variable_of(reference, compiled)
        if variable not in values:
            sink.add(
                "truth-value",
                line.span,
                f"`{reference.text}` is drawn anew in each data set",
                "give the standard deviations that effects are drawn from: "
                f"`sd[{reference.group}, Intercept] = ...`",
            )
            continue
        for places in _symmetric(reference):
            values[variable][places] = value
        spans.setdefault(variable, line.span)
        beyond = _beyond(nodes.get(variable), value, supports.get(variable))
        if beyond:
            sink.add("truth-value", line.span, f"`{reference.text}` {beyond}")
        if seen.setdefault((variable, reference.places), line) is not line:
            sink.add("truth-value", line.span, f"`{reference.text}` has two values")
    true_names = TrueNames.of(compiled)
    _check(values, spans, program, true_names, sink)
    check_thresholds(values, seen, compiled, sink)
    if not sink.failed:
        known = with_fixed(values, program, sizes)
        values = dict(known.values)
        _check_fixed(known, seen, true_names, sink)
        missing = list(_missing(values, program, true_names))
        if missing:
            listed = ", ".join(f"`{name} = ...`" for name in missing[:_LISTED])
            left = len(missing) - _LISTED
            more = f" and {left} more" if left > 0 else ""
            count = len(truth.source.text.rstrip())
            sink.add(
                "needs-truth",
                Span(count, count),
                f"the truth gives no value for `{missing[0]}`"
                + (f" and {len(missing) - 1} more" if len(missing) > 1 else ""),
                f"data are drawn from values of all parameters; add {listed}{more}",
            )
    if sink.failed:
        raise ModelError(sink.sorted())
    return values


def _check_fixed(
    known: FixedValues,
    lines: Mapping[tuple[str, tuple[int, ...]], TrueParameter],
    names: TrueNames,
    sink: Sink,
) -> None:
    """Report values of a truth where the spec fixes others."""
    for (variable, places), line in lines.items():
        own = known.contradicts(variable, places)
        if own is None:
            continue
        name = names.at(variable, places)
        said = float(known.values[variable][places])
        sink.add(
            "truth-value",
            line.span,
            f"the spec fixes `{name}` at {own:.12g}, and the truth says {said:.12g}",
            f"a fit would hold it at {own:.12g}, whatever the data are: leave the line "
            "out, or say another value in the spec",
        )


def _nodes(program: Program) -> dict[str, Parameter | Derived]:
    nodes: list[Parameter | Derived] = [*program.parameters, *program.derived]
    return {node.name: node for node in nodes}


def _symmetric(reference: Reference) -> Iterator[tuple[int, ...]]:
    yield reference.places
    if reference.kind in CORRELATIONS:
        yield reference.places[::-1]


def _apart(group: Group, sizes: Mapping[str, int]) -> Array:
    """Return correlations that are not known yet: NaN between those estimated."""
    found: Array = np.eye(sizes[group.sds])
    for one in group.correlations:
        places = np.ix_(one.positions, one.positions)
        block = np.full((len(one.positions),) * 2, np.nan)
        np.fill_diagonal(block, 1.0)
        found[places] = block
    return found


def _missing(
    values: Mapping[str, Array], program: Program, names: TrueNames
) -> Iterator[str]:
    """Yield the names of what has no value, as a truth would write them."""
    both = {group.correlation_matrix for group in program.groups}
    for name, value in values.items():
        for places in map(tuple, np.argwhere(np.isnan(value)).tolist()):
            if name in both and places[0] > places[1]:
                continue
            yield names.at(name, places)


def _defaults(compiled: Compiled) -> dict[str, tuple[float, float]]:
    """Return where parameters live whose default prior may depend on a response.

    There is none yet: data are drawn without one, so such bounds are of no use.
    """
    from varying.compiler.distributions.table import SUPPORTS

    return {
        f"{member.prefix}{dpar.name}": SUPPORTS[dpar.support]
        for member in compiled.joint.members
        for dpar in member.family.dpars
        if f"{member.target}{dpar.name}" not in dict(member.priors)
    }


def _beyond(
    node: Parameter | Derived | None,
    value: float,
    support: tuple[float, float] | None = None,
) -> str:
    """Say that a value is beyond the bounds of its parameter; nothing if it is not."""
    lower, upper = support or getattr(node, "bounds", None) or (-math.inf, math.inf)
    if lower <= value <= upper:
        return ""
    bounds = f"from {lower:g} to {upper:g}".replace(" to inf", " up")
    return f"is {bounds}, not {value:g}"


def _check(
    values: Mapping[str, Array],
    spans: Mapping[str, Span],
    program: Program,
    names: TrueNames,
    sink: Sink,
) -> None:
    """Report values that cannot be together."""
    for group in program.groups:
        name = group.correlation_matrix
        matrix = values.get(name)
        if matrix is None or np.isnan(matrix).any() or name not in spans:
            continue
        if np.abs(matrix).max() > 1.0 or np.linalg.eigvalsh(matrix)[0] < -1e-10:
            sink.add(
                "truth-value",
                spans[name],
                f"the correlations of `{group.name}` are no correlation matrix",
                "no effects can be correlated so: bring them nearer to 0",
            )
    for whole, partial in _partial_of_each(program, values):
        if not partial:
            sink.add(
                "truth-value",
                spans[whole],
                "the correlations of the residuals are no correlation matrix",
            )
    shares = {one.name for one in program.parameters if one.chart == "simplex"}
    for name in shares & spans.keys():
        total = float(values[name].sum())
        if abs(total - 1.0) > 1e-6:
            called = names.all_of(name)
            message = f"the shares of `{called}` add up to {total:.6g}, not to 1"
            sink.add("truth-value", spans[name], message)


def residual_partial(program: Program, values: Mapping[str, Array]) -> dict[str, float]:
    """Return what a program samples in place of correlations of residuals, by name."""
    found: dict[str, float] = {}
    for _, partial in _partial_of_each(program, values):
        found |= partial
    return found


def _partial_of_each(
    program: Program, values: Mapping[str, Array]
) -> Iterator[tuple[str, dict[str, float]]]:
    """Yield the name of correlations of residuals, and what is sampled for them.

    Nothing where they are none.
    """
    for whole, names, size in correlated(program):
        pairs = values.get(whole)
        if pairs is None or np.isnan(pairs).any():
            continue
        try:
            yield whole, dict(zip(names, partial_of(pairs, size), strict=True))
        except np.linalg.LinAlgError:
            yield whole, {}

"""What a fit file holds, held against what it says of itself.

A file whose hashes fit may still have been made by somebody else. What can be seen
without compiling its spec is checked where it is read; the rest (``check_model``) where
the model is compiled again, before anything is predicted.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from varying.compiler.data.bounded import Unsound

from ..draws.clean import INTERNALS
from ..files.plain import listed, number, text, texts
from ..files.spec_file import MOST_BYTES
from ..questions.answers import ABOUT, GROUP, VERBS
from .partial import FIRST as PARTIAL
from .provenance import SEALED

if TYPE_CHECKING:
    from varying.compiler.compiled import Compiled
    from varying.compiler.data.table import Table
    from varying.compiler.program.ir import Parameter, Program

    from ..draws.names import Names
    from ..files.arrays import ArrayGroup, StoredArray
    from .provenance import Provenance

__all__ = [
    "Asks",
    "StoredVariable",
    "stored_questions",
    "check_draws",
    "check_model",
    "check_record",
    "check_table",
    "stored_variables",
]

_BY_DRAW = ("chain", "draw")
_STATE, _UNCONSTRAINED = "state", "unconstrained"
#: How far from -1 and 1 rounding may take a correlation.
_ROUNDING = 1e-9
#: What the verdict of draws that are not finite says.
_NOT_FINITE = "not finite"
#: And that of draws that diverged.
_DIVERGED = "diverged"


@dataclass(frozen=True, slots=True)
class Asks:
    """What a spec asks: names of quantities and tests, verbs of the rest."""

    quantities: tuple[str, ...]
    tests: tuple[str, ...]
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StoredVariable:
    """A variable of a posterior: labels by dimension, and the range of its draws."""

    labels: tuple[tuple[str, ...] | None, ...]
    low: float
    high: float


# ---- what the description says ------------------------------------------------------


def check_record(provenance: Provenance) -> None:
    """Check that a description does not contradict itself.

    Raises
    ------
    Unsound
        If it does.
    """
    there, settings = provenance, provenance.settings
    chains, draws = there.drawn
    if not (0 < chains <= settings.chains and 0 < draws <= settings.draws):
        raise Unsound("it says that it has more draws than were asked for, or none")
    told = there.verdict.sentences[0].startswith(PARTIAL)
    if there.partial is not told or (there.partial and there.format < SEALED):
        raise Unsound("its verdict and its settings differ in whether it is partial")
    names = there.names
    every = (*names.parameters, *names.effects)
    if len(set(every)) < len(every) or not {*names.correlations} <= {*every}:
        raise Unsound("it names a parameter twice, or a correlation that is none")
    if there.data.cells is not None and there.data.cells > there.data.rows:
        raise Unsound("it says that it has more cells than rows")
    if "~" not in there.spec or len(there.spec) > MOST_BYTES:
        raise Unsound("its spec is none")


def stored_questions(provenance: Provenance) -> Asks:
    """Return what the spec asks; compiling it shows whether it is right.

    A summary, which has no need of the parser, takes this as told.

    Raises
    ------
    Unsound
        If it has not the model that the description names.
    """
    from varying.compiler.bind.model import formula_text
    from varying.compiler.bind.questions.cells import VERB_OF
    from varying.grammar.diagnostics import Sink
    from varying.grammar.parser import parse
    from varying.grammar.source import Source
    from varying.grammar.tree import CellStatement, QuantityStatement, TestStatement

    source = Source(provenance.spec, provenance.spec_name)
    spec = parse(source, Sink(source))
    found = [model for model in spec.models if model.label == provenance.model]
    if not found:
        raise Unsound("its spec has no model of the name that it gives")
    if provenance.format >= SEALED and formula_text(found[0]) != provenance.formula:
        raise Unsound("its formula is not that of its spec")
    verbs = {
        VERB_OF[type(one)] for one in spec.statements if isinstance(one, CellStatement)
    }
    return Asks(
        tuple(
            one.name.text
            for one in spec.statements
            if isinstance(one, QuantityStatement)
        ),
        tuple(
            one.name.text for one in spec.statements if isinstance(one, TestStatement)
        ),
        tuple(verb for verb in VERBS if verb in verbs),
    )


def check_table(table: Table, provenance: Provenance) -> None:
    """Check that a table can be that of the description.

    Raises
    ------
    Unsound
        If it has other rows.
    """
    data = provenance.data
    if (data.cells is None) is not (table.counts is None):
        raise Unsound("its data and their description differ in whether they are cells")
    if data.rows > table.total or (data.cells or 0) > table.rows:
        raise Unsound("its data have fewer rows than their description says")


# ---- what the arrays hold ------------------------------------------------------------


def check_draws(
    groups: Mapping[str, ArrayGroup], provenance: Provenance, asks: Asks | None
) -> None:
    """Check that the draws are those that the description tells of.

    What the spec asks is not looked at where that is not known.

    Draws that are not finite are kept where the verdict was told of them; a file
    without a manifest cannot show that they are those of the fit.

    Raises
    ------
    Unsound
        If something is absent, or of another type or shape.
    """
    names = provenance.names
    posterior, stats = groups["posterior"], groups["sample_stats"]
    expected = dict(zip(_BY_DRAW, provenance.drawn, strict=True))
    by_draw = [groups[name] for name in (INTERNALS,) if name in groups]
    for group in (posterior, stats, *by_draw):
        if not expected.items() <= group.sizes.items():
            raise Unsound("it has not the draws that its description says")
        _check_labels(group)
    _check_chains(posterior, provenance)
    for name, one in stats.variables.items():
        if name not in stats.coords and one.dims[:2] != _BY_DRAW:
            raise Unsound(f"`sample_stats/{name}` is not by draw")
    diverging = stats.variables.get("diverging")
    if diverging is None or diverging.dims != _BY_DRAW:
        raise Unsound("it does not say which draws diverged")
    if diverging.values.dtype != np.bool_:
        raise Unsound(
            "whether a draw diverged is said by something else than yes or no"
        )
    if provenance.format < SEALED and not diverging.values.any():
        # an array of nothing but no had no pieces in them
        if any(_DIVERGED in one for one in provenance.verdict.sentences):
            raise Unsound("its verdict tells of draws that diverged, and none did")
    for group in (posterior, *by_draw):
        for name, one in group.variables.items():
            if name not in group.coords:
                _check_variable(name, one, provenance)
    for name in (*names.parameters, *names.effects):
        if name not in posterior.variables or name in posterior.coords:
            raise Unsound(f"there are no draws of `{name}`")
        if posterior.variables[name].values.dtype.kind != "f":
            raise Unsound(f"the draws of `{name}` are of another type")
        unnamed = set(posterior.variables[name].dims) - posterior.coords
        if unnamed - set(_BY_DRAW):
            raise Unsound(f"the numbers of `{name}` have no labels")
    for name in names.correlations:
        shape = posterior.variables[name].values.shape[2:]
        if len(shape) != 2 or shape[0] != shape[1]:
            raise Unsound(f"`{name}` is no matrix of correlations")
        if np.abs(posterior.variables[name].values).max(initial=0.0) > 1 + _ROUNDING:
            raise Unsound(f"`{name}` has correlations above 1")
    told = provenance.format >= SEALED and asks not in (None, Asks((), (), ()))
    if told and GROUP not in groups:
        raise Unsound("the answers to what its spec asks are not in it")
    if GROUP in groups:
        _check_answers(groups[GROUP], expected, asks)
        for name, one in groups[GROUP].variables.items():
            if provenance.format < SEALED and one.values.dtype.kind == "f":
                # an array of nothing but NaN had no pieces in them
                if np.isnan(one.values).all(axis=(0, 1)).any():
                    raise Unsound(f"there are no draws of `derived/{name}`")
    if _STATE in groups:
        _check_state(groups[_STATE].variables.get(_UNCONSTRAINED), expected["chain"])


def _check_variable(name: str, one: StoredArray, provenance: Provenance) -> None:
    if one.dims[:2] != _BY_DRAW or one.values.dtype.kind not in "biuf":
        raise Unsound(f"`posterior/{name}` is not by draw")
    if provenance.format >= SEALED:
        verdict = provenance.verdict
        told = any(_NOT_FINITE in sentence.lower() for sentence in verdict.sentences)
        # what is kept for each row may overflow where no parameter does
        if "row" in one.dims or (told and not verdict.ok):
            return
    if not np.isfinite(one.values).all():
        raise Unsound(f"draws of `{name}` are absent or not finite")


def _check_labels(group: ArrayGroup) -> None:
    """Check that no two numbers have one label, and that none has an empty one."""
    for name in group.coords:
        one = group.variables[name]
        if one.dims != (name,):
            continue
        values = one.values
        if values.dtype.kind not in "iuU":
            raise Unsound(f"the labels of `{name}` are neither names nor numbers")
        if len(np.unique(values)) < len(values):
            raise Unsound(f"labels of `{name}` are absent, or there twice")
        if values.dtype.kind == "U" and (values == "").any():
            raise Unsound(f"labels of `{name}` are absent")


def _check_chains(group: ArrayGroup, provenance: Provenance) -> None:
    for name, most in zip(
        _BY_DRAW, (provenance.settings.chains, provenance.drawn[1]), strict=True
    ):
        one = group.variables.get(name)
        if one is None or name not in group.coords or one.dims != (name,):
            raise Unsound(f"each {name} has no number")
        values = one.values
        if values.dtype.kind not in "iu" or values.min() < 0 or values.max() >= most:
            raise Unsound(f"a {name} has another number than there are")


def _check_state(ended: StoredArray | None, chains: int) -> None:
    if ended is None or ended.values.dtype != np.float64 or ended.values.ndim != 2:
        raise Unsound("where the chains ended is not told")
    if len(ended.values) != chains or not np.isfinite(ended.values).all():
        raise Unsound("where the chains ended is not where they can have")


# ---- what the spec asked -------------------------------------------------------------


def _check_answers(
    derived: ArrayGroup, expected: Mapping[str, int], asks: Asks | None
) -> None:
    """Check the draws of quantities, tests and contrasts, and what is said of them."""
    try:
        about = json.loads(derived.attrs[ABOUT])
        tests = listed(about["tests"], dict)
        for one in tests:
            _check_test(one)
        lines = {"quantity": listed(about["quantities"], dict)}
        lines |= {v: listed(about.get(key, []), dict) for v, key in VERBS.items()}
        for one in (one for several in lines.values() for one in several):
            for value in (one["name"], one["text"], *_said(one, "coord", "note")):
                text(value)
            for value in _said(one, "observed"):
                number(value)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise Unsound("what its quantities and tests are is not described") from error
    answered = Asks(
        tuple(one["name"] for one in lines["quantity"]),
        tuple(one["name"] for one in tests),
        tuple(verb for verb in VERBS if lines[verb]),
    )
    if asks not in (None, answered):
        raise Unsound("what it answers is not what its spec asks")
    lengths = {name: len(found) for name, found in lines.items()}
    lengths |= {"holds": len(tests), "test": sum(bool(one["of"]) for one in tests)}
    drawn = (expected["chain"], expected["draw"])
    for name, length in lengths.items():
        there = derived.variables.get(name)
        if there is None and not length:
            continue
        plain = there is not None and name not in derived.coords
        if not plain or there is None or there.dims[:2] != _BY_DRAW:
            raise Unsound(f"there are no draws of `derived/{name}`")
        if there.values.dtype != np.float64 or there.values.shape != (*drawn, length):
            raise Unsound(f"the draws of `derived/{name}` are not those described")
    holds = derived.variables.get("holds")
    if holds is not None:
        known = holds.values[~np.isnan(holds.values)]
        if not np.isin(known, (0.0, 1.0)).all():
            raise Unsound("a test in it holds by more than yes or no")


def _said(one: Mapping[str, Any], *keys: str) -> Iterator[Any]:
    return (one[key] for key in keys if key in one)


def _check_test(one: Mapping[str, Any]) -> None:
    for key in ("name", "text", "of"):
        text(one[key])
    texts(one["notes"])
    prior = one["prior_probability"]
    if prior is not None and not 0.0 <= number(prior) <= 1.0:
        raise ValueError("no probability")
    if type(one["prior_drawn"]) is not bool:
        raise TypeError("drawn or not")


# ---- what the model has --------------------------------------------------------------


def stored_variables(posterior: ArrayGroup) -> dict[str, StoredVariable]:
    """Return what ``check_model`` asks of the variables of a posterior."""
    labels = {
        name: tuple(map(str, posterior.variables[name].values.tolist()))
        for name in posterior.coords
        if posterior.variables[name].dims == (name,)
    }
    return {
        name: StoredVariable(
            tuple(labels.get(dim) for dim in one.dims[2:]),
            float(one.values.min()) if one.values.size else math.nan,
            float(one.values.max()) if one.values.size else math.nan,
        )
        for name, one in posterior.variables.items()
        if name not in posterior.coords
    }


def check_model(
    compiled: Compiled, provenance: Provenance, stored: Mapping[str, StoredVariable]
) -> None:
    """Check that draws are of the parameters that a model has.

    Parameters
    ----------
    compiled
        The model, compiled of the spec and the data in the file.
    provenance
        What the file says.
    stored
        Of the draws; see ``stored_variables``.

    Raises
    ------
    Unsound
        If a parameter is absent, is not the model's, has other elements, or draws that
        it cannot have.
    """
    from ..draws.names import names_of

    needed, told = _every(names_of(compiled.program)), _every(provenance.names)
    for name in needed:
        if name not in stored or (name not in told and provenance.format >= SEALED):
            raise Unsound(
                f"the model of its spec has `{name}`, of which it has no draws"
            )
    other = [name for name in told if name not in needed]
    if other and provenance.format >= SEALED:
        raise Unsound(
            f"the model of its spec has no `{other[0]}`, of which it has draws"
        )
    for program in (compiled.lowered, compiled.program):
        axes = _axes(program)
        for name in needed:
            if name in axes:
                labels = [program.axis(axis).labels for axis in axes[name]]
                _check_elements(name, labels, stored[name].labels)
        for parameter in program.parameters:
            if parameter.name in stored:
                _check_bounds(parameter, stored[parameter.name])


def _check_elements(
    name: str,
    labels: Sequence[tuple[str, ...] | None],
    there: Sequence[tuple[str, ...] | None],
) -> None:
    if len(labels) != len(there):
        raise Unsound(f"`{name}` has other elements than in the model of its spec")
    for known, found in zip(labels, there, strict=True):
        if None not in (known, found) and known != found:
            raise Unsound(f"`{name}` has other labels than in the model of its spec")


def _check_bounds(parameter: Parameter, stored: StoredVariable) -> None:
    """Check the range of a parameter's draws; rounding may take one to a bound."""
    if not math.isfinite(stored.low + stored.high):
        return  # the verdict tells of it, or it had not been read
    lower, upper = parameter.bounds
    inside = lower <= stored.low and stored.high <= upper
    if not inside or stored.high == lower or stored.low == upper:
        raise Unsound(f"`{parameter.name}` has draws that it cannot have")


def _every(names: Names) -> tuple[str, ...]:
    return (*names.parameters, *names.effects)


def _axes(program: Program) -> dict[str, tuple[str, ...]]:
    """Return the axes of what is reported, by name."""
    found = {one.name: one.axes for one in program.parameters}
    found |= {one.name: one.axes for one in program.derived}
    for group in program.groups:
        found[group.effects] = (group.levels, group.coefs)
        if group.correlations:
            found[group.correlation_matrix] = (group.sds, group.sds)
    return found

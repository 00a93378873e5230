"""The verifier refuses programs that a stage or pass built wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.program.blocks import GroupUse, Intercept, Linear
from varying.compiler.program.expressions import (
    Apply,
    Assemble,
    Const,
    Symbol,
    names_in,
)
from varying.compiler.program.fill import fill
from varying.compiler.program.ir import (
    Axis,
    Correlation,
    Derived,
    Frame,
    Parameter,
    Prior,
    Program,
    Slot,
)
from varying.compiler.program.verify import InvalidProgram, definition_order, verify
from varying.grammar.source import Source

from ..passes.test_passes import DATA

SPEC = "k ~ x + block + (1 + x | subj) + (1 | item), family=ordlogit"
Broken = Callable[[Program], Program]


@pytest.fixture(scope="module")
def whole() -> tuple[Program, Frame]:
    compiled = compile_spec(Request(Source(SPEC), table_from_frame(DATA)))
    frame = fill(compiled.lowered, compiled.prepared.table)
    return compiled.lowered, frame


def prior(program: Program, **arguments: object) -> Program:
    """Change the prior of ``b``."""
    changed = tuple(
        replace(p, prior=replace(p.prior, **arguments)) if p.name == "b" else p
        for p in program.parameters
    )
    return replace(program, parameters=changed)


def derived(expression: object) -> Broken:
    def change(program: Program) -> Program:
        extra = Derived("extra", (), expression)  # type: ignore[arg-type]
        return replace(program, derived=(*program.derived, extra))

    return change


def predictor(program: Program, *blocks: object) -> Program:
    first = replace(program.predictors[0], blocks=blocks)  # type: ignore[arg-type]
    return replace(program, predictors=(first,))


def group(program: Program, **changes: object) -> Program:
    first, *others = program.groups
    return replace(program, groups=(replace(first, **changes), *others))  # type: ignore[arg-type]


def likelihood(program: Program, **changes: object) -> Program:
    changed = replace(program.likelihood, **changes)  # type: ignore[arg-type]
    return replace(program, likelihoods=(changed,))


def blocks_of(program: Program) -> tuple[object, ...]:
    return program.predictors[0].blocks


def without(program: Program, kind: type) -> Program:
    kept = [block for block in blocks_of(program) if not isinstance(block, kind)]
    return predictor(program, *kept)


_NORMAL = Prior("normal", (("mu", Const(0.0)), ("sigma", Const(1.0))))
_USE = GroupUse("item", (0,), "item_index", None)

BROKEN: dict[str, tuple[Broken, str]] = {
    "a name twice": (
        lambda p: replace(p, parameters=(*p.parameters, p.parameters[0])),
        "twice",
    ),
    "a parameter like a slot": (
        lambda p: replace(p, parameters=(*p.parameters, Parameter("X", (), _NORMAL))),
        "twice",
    ),
    "an axis twice": (
        lambda p: replace(p, axes=(*p.axes, Axis("coef", "coefs", ("a",)))),
        "twice",
    ),
    "a parameter on no axis": (
        lambda p: replace(
            p, parameters=(*p.parameters, Parameter("q", ("nowhere",), _NORMAL))
        ),
        "axis",
    ),
    "a slot on no axis": (
        lambda p: replace(
            p, slots=(*p.slots, Slot("q", ("nowhere",), p.slots[0].recipe))
        ),
        "axis",
    ),
    "an index into no axis": (
        lambda p: replace(
            p,
            slots=tuple(
                replace(s, into="nowhere") if s.into == "subj" else s for s in p.slots
            ),
        ),
        "axis",
    ),
    "a derived quantity on no axis": (
        lambda p: replace(
            p, derived=(*p.derived, Derived("q", ("nowhere",), Const(0.0)))
        ),
        "axis",
    ),
    "no such distribution": (lambda p: prior(p, distribution="norma"), "distribution"),
    "an argument too few": (
        lambda p: prior(p, arguments=(("mu", Const(0.0)),)),
        "arguments",
    ),
    "an argument of another": (
        lambda p: prior(p, arguments=(("mu", Const(0.0)), ("tau", Const(1.0)))),
        "arguments",
    ),
    "a prior about nothing": (
        lambda p: prior(
            p, arguments=(("mu", Symbol("nothing")), ("sigma", Const(1.0)))
        ),
        "unknown",
    ),
    "a prior about itself": (
        lambda p: prior(p, arguments=(("mu", Symbol("b")), ("sigma", Const(1.0)))),
        "need each other",
    ),
    "an unknown operation": (derived(Apply("cosh", (Const(0.0),))), "no operation"),
    "too many arguments": (
        derived(Apply("exp", (Const(0.0), Const(1.0)))),
        "takes 1 arguments",
    ),
    "an unknown operation inside": (
        derived(Assemble((Apply("neg", (Apply("tan", (Const(0.0),)),)),), (0,))),
        "no operation",
    ),
    "an unknown name": (derived(Symbol("nothing")), "unknown"),
    "two that need each other": (
        lambda p: replace(
            p,
            derived=(
                *p.derived,
                Derived("one", (), Symbol("other")),
                Derived("other", (), Symbol("one")),
            ),
        ),
        "need each other",
    ),
    "an unknown intercept": (
        lambda p: predictor(p, Intercept("nothing"), *blocks_of(p)),
        "unknown",
    ),
    "unknown coefficients": (
        lambda p: predictor(
            p, *without(p, Linear).predictors[0].blocks, Linear("c", "X")
        ),
        r"unknown \{'c'\}",
    ),
    "an unknown design": (
        lambda p: predictor(
            p, *without(p, Linear).predictors[0].blocks, Linear("b", "Q")
        ),
        r"unknown \{'Q'\}",
    ),
    "an unused group": (lambda p: without(p, GroupUse), "used once"),
    "a group effect twice": (
        lambda p: predictor(p, *blocks_of(p), _USE),
        "used once",
    ),
    "an unknown group": (
        lambda p: predictor(p, *blocks_of(p), replace(_USE, group="nobody")),
        "unknown group",
    ),
    "an unknown index": (
        lambda p: predictor(p, *blocks_of(p), replace(_USE, index="nowhere")),
        "unknown",
    ),
    "several effects without a design": (
        lambda p: predictor(
            p, *blocks_of(p), GroupUse("subj", (0, 1), "subj_index", None)
        ),
        "need a design",
    ),
    "unknown standard deviations": (lambda p: group(p, sd="sds"), "unknown"),
    "a group on no axis": (lambda p: group(p, levels="nowhere"), "axis"),
    "overlapping correlations": (
        lambda p: group(p, correlations=(Correlation("pcor_subj", (0, 0)),)),
        "overlap",
    ),
    "unknown correlations": (
        lambda p: group(p, correlations=(Correlation("nothing", (0, 1)),)),
        "subj: unknown",
    ),
    "no response": (lambda p: likelihood(p, value="nothing"), "unknown"),
    "a likelihood of nothing": (
        lambda p: likelihood(p, arguments=(("eta", Symbol("nothing")),)),
        "unknown",
    ),
}


def test_the_program_itself_is_accepted(whole: tuple[Program, Frame]) -> None:
    verify(*whole)


@pytest.mark.parametrize("name", list(BROKEN))
def test_a_broken_program_is_refused(name: str, whole: tuple[Program, Frame]) -> None:
    change, message = BROKEN[name]
    with pytest.raises(InvalidProgram, match=message):
        verify(change(whole[0]))


def changed(frame: Frame, **arrays: object) -> Frame:
    return Frame({**frame.arrays, **arrays}, frame.lengths)  # type: ignore[dict-item]


FRAMES: dict[str, tuple[Callable[[Frame], Frame], str]] = {
    "a missing array": (
        lambda f: Frame({k: v for k, v in f.arrays.items() if k != "X"}, f.lengths),
        "lacks X",
    ),
    "a row too few": (lambda f: changed(f, X=f["X"][1:]), "is not"),
    "a column too many": (lambda f: changed(f, X=np.ones((24, 3))), "is not"),
    "an index beyond the levels": (
        lambda f: changed(f, subj_index=f["subj_index"] + 1),
        "points outside",
    ),
    "a level that is not known": (
        lambda f: changed(f, subj_index=f["subj_index"] - 1),
        "points outside",
    ),
    "a number that is none": (
        lambda f: changed(f, X=np.where(f["X"] > 5, np.nan, f["X"])),
        "not finite",
    ),
    "an axis of another length": (
        lambda f: Frame(f.arrays, {**f.lengths, "coef": 3}),
        "labels",
    ),
}


@pytest.mark.parametrize("name", list(FRAMES))
def test_a_broken_frame_is_refused(name: str, whole: tuple[Program, Frame]) -> None:
    change, message = FRAMES[name]
    with pytest.raises(InvalidProgram, match=message):
        verify(whole[0], change(whole[1]))


def test_what_is_needed_comes_first(whole: tuple[Program, Frame]) -> None:
    program, _ = whole
    order = definition_order(program)
    needs = {d.name: [d.expression] for d in program.derived}
    for p in program.parameters:
        needs[p.name] = [argument for _, argument in p.prior.arguments]
    assert sorted(order) == sorted(needs)
    met = 0
    for name, expressions in needs.items():
        for used in (u for e in expressions for u in names_in(e)):
            if used in order:
                assert order.index(used) < order.index(name)
                met += 1
    assert met > 2


def test_effects_of_two_predictors_are_not_integrated_out() -> None:
    text = "y ~ x + (1 |p| subj)\n  k ~ x + (1 |p| subj), family=poisson\n"
    compiled = compile_spec(Request(Source(text), table_from_frame(DATA)))
    (group,) = compiled.program.groups
    wrong = replace(compiled.program, groups=(replace(group, form="marginal"),))
    with pytest.raises(InvalidProgram, match="integrated out of"):
        verify(wrong)

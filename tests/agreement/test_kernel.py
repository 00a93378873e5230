"""The kernel has the density, the gradient and the draws of the reference."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache as remembered
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest

from varying.compiler.backends.kernel import NoKernel, emit
from varying.compiler.backends.kernel.llvm.text import execute
from varying.compiler.backends.kernel.machine import cache, native
from varying.compiler.backends.kernel.machine.build import compile_machine
from varying.compiler.backends.kernel.operations import OPERATIONS
from varying.compiler.backends.kernel.operations.densities import (
    prior_name,
    varied_name,
)
from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.distributions.density.links import LINKING
from varying.compiler.distributions.table import DISTRIBUTIONS, POSITIVE, REAL, UNIT
from varying.compiler.driver import Request, compile_spec
from varying.compiler.expressions.elementwise import ELEMENTWISE
from varying.compiler.program.expressions import Apply, Const, Symbol
from varying.compiler.program.interpret import coordinates, log_density
from varying.compiler.program.interpret.start import start
from varying.grammar.diagnostics import Sink
from varying.grammar.parser import parse
from varying.grammar.source import Source

from ..strategies import PLAIN, WRITTEN, random_case
from . import kernels
from .kernels import EVERY, compare_directions, compare_kernel, kernel_of, variants
from .test_agreement import MANY, QUICK
from .test_by_hand import ratings

#: Responses inside what the parameters allow.
SEED = {"gen_extreme_value": 3}
#: Densities of many terms: each kernel takes its time to build.
LONG = ("wiener",)
OTHERS = [family for family in WRITTEN if family not in PLAIN]
FOLDER = Path(__file__).resolve().parents[2] / "examples"


def turns() -> Iterator[Any]:
    """Yield seeds and families."""
    for family in WRITTEN:
        mark = [pytest.mark.slow] if family in LONG else []
        for seed in [SEED.get(family, 1)] if family in PLAIN else [1, 2, 3]:
            yield pytest.param(seed, family, marks=mark)


def differences(compiled: Compiled, seed: int) -> list[str]:
    return [
        f"{name}: {line}"
        for name, program, frame in variants(compiled)
        for line in compare_kernel(program, frame, seed)
    ]


@remembered
def quick(seed: int) -> tuple[str, Compiled]:
    """Return the text and the model of a seed, which two tests are about."""
    case = random_case(seed)
    with TemporaryDirectory() as folder:
        return case.text, case.compile(Path(folder))


@pytest.mark.parametrize("seed", QUICK)
def test_the_kernel_agrees(seed: int) -> None:
    text, model = quick(seed)
    assert differences(model, seed) == [], text


@pytest.mark.parametrize("seed, family", list(turns()))
def test_the_kernel_agrees_on_a_density_that_is_written_once(
    seed: int, family: str, tmp_path: Path
) -> None:
    case = random_case(seed, family)
    assert differences(case.compile(tmp_path), seed) == [], case.text


@pytest.mark.slow
@pytest.mark.parametrize("seed", MANY)
def test_the_kernel_agrees_on_many(seed: int, tmp_path: Path) -> None:
    case = random_case(seed)
    assert differences(case.compile(tmp_path), seed) == [], case.text


def examples() -> list[Any]:
    """The models of all examples."""
    found = []
    for file in sorted(FOLDER.rglob("*.model")):
        source = Source(file.read_text("utf-8"), file.name)
        for model in parse(source, Sink(source)).models:
            name = f"{file.stem}-{model.label}"
            found.append(pytest.param(source, file.parent, model.label, id=name))
    return found


@pytest.mark.parametrize(("source", "folder", "model"), examples())
def test_the_kernel_of_an_example_agrees(
    source: Source, folder: Path, model: str
) -> None:
    compiled = compile_spec(Request(source, base=folder, model=model))
    for name, program, frame in variants(compiled):
        assert compare_directions(program, frame, 1) == [], name


# ---- by hand: what the seeds lack ----------------------------------------------------


def compiled(text: str) -> Compiled:
    data = ratings().assign(
        n=lambda d: 1 + np.arange(len(d)) % 4, few=lambda d: d.n - 1
    )
    return compile_spec(Request(Source(text), table_from_frame(data)))


def priors() -> list[str]:
    """Every distribution as the prior of a coefficient, with and without ends."""
    numbers = {POSITIVE: "2.5", REAL: "0.4", UNIT: "0.3"}
    found = []
    for row in DISTRIBUTIONS.values():
        if row.name == "dirichlet":
            continue
        inside = [numbers[argument.domain] for argument in row.arguments]
        if row.name in ("uniform", "triangular"):
            inside = ["-0.5", "0.2", "3"][:: 4 - len(row.arguments)]
        low, high = (0.31, 0.9) if row.name != "pareto" else (2.6, 4.0)
        ends: list[list[str]] = [[]]
        if row.can_be_cut:
            ends += [[f"lb={low}"], [f"ub={high}"], [f"lb={low}", f"ub={high}"]]
        found += [f"{row.name}({', '.join([*inside, *more])})" for more in ends]
    return [text.replace("()", "") for text in found]


@pytest.mark.parametrize("prior", priors())
def test_the_kernel_of_a_prior_agrees(prior: str) -> None:
    model = compiled(f"y ~ x + cs\n  prior b[x] ~ {prior}")
    _, (_, program, frame), *_ = variants(model)
    kinds = {parameter.prior.distribution for parameter in program.parameters}
    assert prior.partition("(")[0] in kinds
    assert compare_kernel(program, frame, 5) == []


#: What the seeds have seldom or never, in small.
HAND = {
    "two categories": "cs ~ x + (1 | subj), family=ordlogit",
    "two categories, a dirichlet": """
cs ~ x, family=ordlogit
  prior threshold ~ dirichlet(2)
""",
    "three categories, a dirichlet": """
column n: ordered(1..4)
n ~ x, family=ordlogit
  prior threshold ~ dirichlet(2)
""",
    "thresholds in order": """
column n: ordered(1..4)
n ~ x + (1 | subj), family=ordlogit
  prior threshold ~ normal(0, 3)
""",
    "blocks of correlations": """
y ~ x + (x | subj) + (0 + block + n | subj) + (0 + cs || subj), parameterization={form}
""",
    "correlated": "y ~ x + (x * n | subj), parameterization={form}",
    "not correlated": "y ~ x + (x || subj) + (1 | cs), parameterization={form}",
    "one effect, no intercept": "y ~ x + (0 + x | subj), parameterization={form}",
    "no columns": "y ~ 1",
    "no columns, no intercept": "y ~ 0 + (1 | subj)",
    "an offset alone": "y ~ 0 + offset(x)",
    "moderated effects": "y ~ x * n * cs",
    "priors of several kinds": """
y ~ x + n + cs
  prior b[n] ~ laplace(0, 2)
  prior b[cs] ~ uniform(-30, 40)
  prior b[x] = 2
""",
    "predictors of everything": """
y ~ x + (1 | subj), family=student
  sigma ~ n + (n | subj) + offset(x / 20)
  nu ~ cs
""",
    "trials": "few | trials(n) ~ x + (1 | subj), family=binomial",
    "a rate alone": "few | rate(n) ~ cs + (1 | subj), family=geometric",
    "a rate": "few | rate(n) ~ cs + (1 | subj), family=negbinomial\n  shape ~ block",
    "a predictor of disc": """
column rating: ordered(0..6)
rating ~ block * cs + (1 + cs | subj), family=ordlogit
  disc ~ 0 + block
""",
    "a prior between bounds": "y ~ x\n  prior sigma ~ uniform(1, 90)",
    "a prior above a bound": "y ~ x\n  prior sigma ~ normal(30, 20, lb=3)",
    "priors far from 0": """
y ~ x + n
  prior b[x] ~ normal(300, 0.001)
  prior b[n] ~ normal(1000000, 0.000001)
""",
    "nested": "y ~ x + (1 + x | block) + (1 | block:subj)",
    "nested, and crossed": "y ~ x + (1 + x || block) + (1 + n | block:subj) + (1 | cs)",
    "a kept predictor": "y ~ x + (1 | subj)\n  keep mu",
}
FORMS = ("centered", "noncentered", "auto")


@pytest.mark.parametrize(
    ("what", "form"),
    [(w, f) for w, text in HAND.items() for f in (FORMS if "{form}" in text else [""])],
)
def test_the_kernel_agrees_by_hand(what: str, form: str) -> None:
    text = HAND[what]
    if form == "auto":
        text = text.replace(", parameterization={form}", "")
    assert differences(compiled(text.replace("{form}", form)), 3) == []


@pytest.mark.parametrize(
    "prior", ["b[x] ~ gumbel(1000, 1)", "sigma ~ weibull(200, 0.01)"]
)
def test_a_prior_far_from_everything_has_its_constant(prior: str) -> None:
    """At a point where it has its mass: elsewhere it is no number at all."""
    found = compiled(f"y ~ x\n  prior {prior}")
    first = start(found.program, found.frame)
    kernel = kernel_of(found.program, found.frame)
    density, _ = kernel.log_density(np.concatenate([*first.values()]))
    point = {
        c.name: first[c.name].reshape(c.shape)
        for c in coordinates(found.program, found.frame)
    }
    assert density == pytest.approx(log_density(found.program, found.frame, point))


@pytest.mark.parametrize("fixed", ["sd[subj]", "sd[subj, x]"])
def test_an_sd_of_0_is_no_matter(fixed: str) -> None:
    """Effects that are 0 have no density of their own: not where they are sampled."""
    text = f"few ~ x + (1 + x || subj), family=poisson\n  prior {fixed} = 0"
    _, *sampled = variants(compiled(text))
    for _, program, frame in sampled:
        assert compare_kernel(program, frame, 3) == []


#: Kinds of operations of likelihoods.
LOOPS = ("rows", "pooled")


@remembered
def operations(folder: Path) -> frozenset[str]:
    """All that the programs above need."""
    models = [quick(seed)[1] for seed in QUICK]
    # some are of responses with limits, whose operations are others
    models += [random_case(s, f).compile(folder) for f in OTHERS for s in (0, 6)]
    models += [
        compiled(t.replace(", parameterization={form}", "")) for t in HAND.values()
    ]
    found = set()
    for model in models:
        for _, program, frame in variants(model):
            tapes = emit(program, frame)
            found |= {*tapes.density.operations, *tapes.draws.operations}
    return frozenset(found)


def test_every_operation_is_met(tmp_path: Path) -> None:
    """But for what the test of priors is about, and what no spec leads to."""
    by_prior = {prior_name(name) for name in DISTRIBUTIONS if name != "dirichlet"}
    by_prior |= {"below", varied_name("normal")}
    # `test_group_terms.py` is about these
    by_prior |= {"members", "mixed", "related", varied_name("inverse_gamma")}
    # and `test_links.py` about those of links
    by_prior |= {*LINKING}
    # of elementwise ones `zi ~ x` and `se()` have one; the others are those of curves
    curves = {"neg", *ELEMENTWISE} - {"inv_logit", "sqrt"}
    # and `families/test_rows.py` about loops over rows
    loops = {n for n in EVERY if n.split()[0].removeprefix("shared-") in LOOPS}
    assert set(EVERY) - operations(tmp_path) - by_prior - loops == curves


# ---- no kernel -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "lower", "reason"),
    [
        ({"mu": Const(0.0), "sigma": Const(1.0)}, None, None),
        ({"mu": Symbol("X_mean"), "sigma": Const(1.0)}, None, None),
        ({"mu": Apply("neg", (Symbol("X_mean"),)), "sigma": Const(1.0)}, None, None),
        ({"mu": Symbol("sigma"), "sigma": Const(1.0)}, None, None),
        ({"mu": Const(0.0), "sigma": Symbol("sigma")}, None, None),
        (
            {"mu": Symbol("X_mean"), "sigma": Apply("exp", (Symbol("sigma"),))},
            None,
            None,
        ),
        (
            {"mu": Symbol("sigma"), "sigma": Const(1.0)},
            0.0,
            "the prior of `b` depends on other parameters, and so does what its bounds "
            "cut off",
        ),
    ],
)
def test_what_has_no_kernel(
    arguments: dict[str, object], lower: float | None, reason: str | None
) -> None:
    """The whole list; the language has no words for these as yet."""
    model = compiled("y ~ x")
    program, frame = model.program, model.frame
    old = program.parameter("b")
    prior = replace(old.prior, arguments=tuple(arguments.items()), lower=lower)
    low = -math.inf if lower is None else lower
    new = replace(old, prior=prior, bounds=(low, math.inf))
    parameters = tuple(new if p is old else p for p in program.parameters)
    changed = replace(program, parameters=parameters)
    if reason is None:
        assert compare_kernel(changed, frame, 1) == []
        return
    with pytest.raises(NoKernel) as found:
        emit(changed, frame)
    assert str(found.value) == reason


# ---- faults --------------------------------------------------------------------------


def crooked(step: str) -> Callable[..., Any]:
    """An operation that is wrong in its last line."""
    space: dict[str, Any] = {}
    execute(f"def step(o, p, v, d, c, k) -> float:\n    {step}\n", "<crooked>", space)
    made: Callable[..., Any] = space["step"]
    return made


@pytest.mark.parametrize(
    ("name", "change", "found"),
    [
        ("linear", {}, ()),
        ("linear", {"backward": crooked("d[o[p + 5]] += 0.01")}, ("near",)),
        ("intercept", {"forward": crooked("return 0.01")}, ("near", "far")),
        ("-", {"forward": crooked("return 0.0")}, ("Intercept", "Intercept")),
        ("above", {"backward": None}, ("near",)),
    ],
)
def test_a_fault_in_an_operation_is_caught(
    name: str,
    change: dict[str, Any],
    found: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = compiled("y ~ x")
    tapes = emit(model.program, model.frame)
    needed = tuple({*tapes.density.operations, *tapes.draws.operations})
    monkeypatch.setitem(OPERATIONS, name, replace(OPERATIONS[name], **change))
    machine = native.load(compile_machine(needed), needed)
    monkeypatch.setattr(cache, "machine", lambda _: machine)
    monkeypatch.setattr(kernels, "EVERY", needed)
    lines = compare_kernel(model.program, model.frame, 1)
    assert tuple(line.partition(":")[0] for line in lines) == found

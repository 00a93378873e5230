"""Links by interpreter, kernel, graph and script: the same density."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from varying.compiler.backends.kernel import build, emit
from varying.compiler.backends.kernel.machine.build import operations_of
from varying.compiler.backends.source import emit as emit_source
from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.families.link import LATENT, POSITIVES, REALS, SHARES
from varying.compiler.program.expressions import Const
from varying.compiler.program.interpret import coordinates, evaluate
from varying.compiler.program.interpret.start import start
from varying.grammar.source import Source

from .harness import (
    by_graph,
    by_reference,
    by_source,
    compare_passes,
    random_point,
)
from .kernels import CLOSE, by_kernel, vector


def data() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    rows = 40
    return pd.DataFrame(
        {
            "x": rng.normal(size=rows).round(2),
            "g": rng.permutation(np.arange(rows) % 5).astype(str),
            "y": rng.normal(20.0, 3.0, rows).round(3),
            "size": rng.gamma(3.0, 1.0, rows).round(3),
            "n": rng.poisson(3.0, rows),
            "hits": rng.binomial(10, 0.4, rows),
            "grade": rng.permutation(np.arange(rows) % 5),
            "item": np.where(np.arange(rows) % 3 == 0, "a", "b"),
            "is": rng.permutation(np.arange(rows) % 2),
        }
    )


def compiled(text: str) -> Compiled:
    return compile_spec(Request(Source(text), table_from_frame(data())))


LAYOUTS = ("equidistant", "symmetric", "sum_to_zero")
#: Each link of each kind once.
MODELS = [
    *(f"y ~ x + (1 | g), link={link}" for link in REALS[1:]),
    *(f"n ~ x + (1 | g), family=poisson, link={link}" for link in POSITIVES[1:]),
    *(f"is ~ x + (1 | g), family=bernoulli, link={link}" for link in SHARES[1:]),
    "hits | trials(10) ~ x, family=binomial, link=probit",
    "size ~ x, family=gamma, link=inverse\n  shape ~ x, link=softplus",
    "y ~ x, family=student\n  sigma ~ x, link=sqrt\n  nu ~ x, link=identity",
    "n ~ x, family=zero_inflated_poisson\n  zi ~ x, link=cauchit",
    *(f"grade ~ x + (1 | g), family=cumulative, link={link}" for link in LATENT),
    "grade ~ x, family=ordprobit\n  disc ~ x",
    *(f"grade ~ x, family=ordlogit, threshold={one}" for one in LAYOUTS),
    "is ~ x, family=ordlogit, threshold=sum_to_zero",
    "grade ~ x, family=cumulative, link=loglog\n  prior threshold ~ normal(0, 2)",
    *(
        f"grade ~ x + (1 | g), family={kind}, link={link}"
        for kind in ("sratio", "cratio", "acat")
        for link in ("logit", "cloglog")
    ),
    *(
        f"grade ~ x + (1 | g), family={family}, link={link}\n  {share} ~ x"
        for family, share in (
            ("hurdle_cumulative", "hu"),
            ("zero_inflated_cumulative", "zi"),
        )
        for link in ("logit", "probit")
    ),
    "grade ~ x, family=hurdle_cumulative, link=cauchit, threshold=symmetric\n"
    "  disc ~ x\n  prior hu = 0.3",
    "grade ~ x, family=zero_inflated_cumulative\n  prior threshold ~ normal(0, 2)",
    *(
        f"grade | thres(gr=item) ~ x + (1 | g), family={family}"
        for family in ("ordlogit", "hurdle_cumulative", "sratio", "acat")
    ),
    *(
        f"grade | thres(gr=item) ~ x + (1 | g), family={family}, threshold={layout}"
        for family, layout in (
            ("ordprobit", "equidistant"),
            ("ordlogit", "symmetric"),
            ("hurdle_cumulative", "sum_to_zero"),
        )
    ),
    "grade | thres(gr=item) ~ x, family=ordlogit\n  prior threshold ~ dirichlet(2)",
    "grade | thres(gr=item) ~ cs(x) + (1 | g), family=sratio",
    "grade | thres(gr=item) ~ x + cs(y) + (cs(1) | g), family=acat\n  disc ~ x",
    "grade | thres(gr=item) ~ x, family=zero_inflated_cumulative, link=probit\n"
    "  disc ~ x\n  prior threshold ~ normal(0, 2)",
    "grade ~ x + (1 | g), family=ordlogit\n  threshold ~ (1 | g)",
    "grade ~ x + (1 | g), family=hurdle_cumulative, threshold=symmetric\n"
    "  threshold ~ (1 | g)\n  disc ~ x\n  prior threshold.sd[g] ~ exponential(2)",
    "grade ~ x, family=ordlogit\n  prior threshold[2] ~ normal(0, 1)",
    "grade ~ x, family=acat\n  prior threshold[2] ~ normal(0, 1)",
    "grade ~ x, family=ordlogit\n  prior threshold[1] ~ normal(0, 1)\n"
    "  prior threshold[4] ~ normal(1, 0.5)",
    "grade ~ x + (1 | g), family=hurdle_cumulative\n  threshold ~ (1 | g)\n  disc ~ x\n"
    "  prior threshold[2] ~ student_t(3, 0, 1)\n"
    "  prior threshold[3] ~ student_t(4, 1, 1)",
    "grade ~ x, family=ordlogit, threshold=symmetric\n"
    "  prior threshold[1] ~ normal(0, 1)",
    "grade ~ x, family=ordprobit, threshold=equidistant\n"
    "  prior threshold[3] ~ normal(0, 1)",
    "grade ~ x + (1 | g), family=ordlogit\n  threshold ~ (1 | g)\n"
    "  prior threshold[2] ~ normal(0, 1)",
    "grade | thres(gr=item) ~ x, family=ordlogit\n"
    "  prior threshold[a, 2] ~ student_t(3, 0, 1)",
    "grade | thres(gr=item) ~ x, family=hurdle_cumulative, threshold=symmetric\n"
    "  prior threshold[a, 1] ~ normal(0, 1)\n  prior threshold[b, 3] ~ normal(0, 1)",
    "grade | thres(gr=item) ~ x + (1 | g), family=sratio\n"
    "  prior threshold[b, 1] ~ normal(1, 0.5)",
    "grade | thres(gr=item) ~ x, family=cratio, link=cloglog\n  disc ~ x",
    "grade ~ x, family=acat, link=probit\n  disc ~ x",
    "grade ~ x, family=sratio, link=cauchit\n  disc ~ x\n"
    "  prior threshold ~ normal(0, 2)",
    "is ~ x, family=acat",
    *(
        f"grade ~ x + (1 | g), family={kind}, link={link}, threshold=sum_to_zero"
        for kind, link in (("sratio", "probit"), ("cratio", "cloglog"))
    ),
    "grade ~ x + cs(y), family=acat, threshold=sum_to_zero\n  disc ~ x",
    "is ~ x, family=sratio, threshold=sum_to_zero",
    "grade ~ x + (1 | g), family=sratio, link=probit, threshold=symmetric",
    "n ~ x + cs(y), family=acat, threshold=symmetric\n  disc ~ x",
    "grade | thres(gr=item) ~ x + (1 | item), family=acat, threshold=sum_to_zero",
    "grade | thres(gr=item) ~ x + (1 | g), family=acat, threshold=equidistant",
    "grade | thres(gr=item) ~ x + cs(y), family=sratio, threshold=symmetric",
    "grade ~ x + (1 | g), family=cratio, threshold=equidistant\n  disc ~ x",
    "is ~ x, family=acat, threshold=equidistant",
    "grade ~ x + cs(y + g), family=sratio",
    "grade ~ cs(x*g) + (1 | g), family=acat, link=probit\n  disc ~ x",
    "grade ~ cs(x), family=cratio\n  prior bcs[x] ~ normal(0, 2)",
    "grade ~ x + cs(y) + (cs(x) | g), family=sratio",
    "grade ~ (0 + x | g) + (cs(1) | g), family=acat, link=probit\n  disc ~ x",
]


@cache
def operations() -> tuple[str, ...]:
    """Those of one machine for all models: to compile one takes a second."""
    tapes = [emit(one.program, one.frame) for one in map(compiled, MODELS)]
    return operations_of(*(tape for one in tapes for tape in (one.density, one.draws)))


@pytest.mark.parametrize("text", MODELS)
def test_kernel_is_the_reference(text: str) -> None:
    found = compiled(text)
    assert found.frame is not None
    kernel = build(emit(found.program, found.frame), operations())
    rng, first = np.random.default_rng(3), start_of(found)
    for scale in (0.003, 0.02):
        point = near(rng, found, first, scale)
        here = by_reference(found.program, found.frame, point)
        x = vector(found.program, found.frame, point)
        there = by_kernel(kernel, found.program, found.frame, x)
        difference = here.difference(there)
        # inside of where there is a density, which chains start in
        assert np.isfinite(here.density)
        assert max(difference.density, difference.gradient) < CLOSE


@pytest.mark.parametrize(
    "text", [one for one in MODELS if "| g)" in one and "grade" in one]
)
def test_passes_do_not_change_the_density(text: str) -> None:
    """Centering the effects of people, of every ordinal family, among them."""
    assert compare_passes(compiled(text), 1)[0] == []


def near(
    rng: np.random.Generator, found: Compiled, first: dict[str, Any], scale: float
) -> dict[str, Any]:
    moved = random_point(rng, found.program, found.frame, scale)
    return {name: first[name] + value for name, value in moved.items()}


def start_of(found: Compiled) -> dict[str, Any]:
    first = start(found.program, found.frame)
    places = coordinates(found.program, found.frame)
    return {one.name: first[one.name].reshape(one.shape) for one in places}


@pytest.mark.parametrize(
    "text",
    [
        "is ~ x + (1 | g), family=bernoulli, link=probit",
        "is ~ x, family=bernoulli, link=cloglog",
        "grade ~ x + (1 | g), family=ordprobit\n  disc ~ x",
        "grade ~ x, family=cumulative, link=cloglog, threshold=symmetric",
        "grade ~ x, family=cumulative, link=cauchit, threshold=sum_to_zero\n  disc ~ x",
        "grade ~ x, family=ordlogit, threshold=equidistant",
        "grade ~ x + (1 | g), family=sratio, link=probit\n  disc ~ x",
        "grade ~ x, family=hurdle_cumulative\n  disc ~ x\n  hu ~ g",
        "grade ~ x, family=zero_inflated_cumulative, link=loglog",
        "grade | thres(gr=item) ~ x, family=hurdle_cumulative, link=cauchit\n"
        "  disc ~ x\n  hu ~ x",
        "grade | thres(gr=item) ~ x + (1 | g), family=ordprobit\n"
        "  prior threshold[mean] ~ normal(0, 2)",
        "grade | thres(gr=item) ~ x, family=acat\n  disc ~ x",
        "grade | thres(gr=item) ~ x, family=ordlogit, threshold=symmetric",
        "grade | thres(gr=item) ~ cs(x) + (cs(1) | g), family=sratio",
        "grade | thres(gr=item) ~ x, family=ordlogit\n  prior threshold ~ dirichlet(1)",
        "grade ~ x, family=ordlogit\n  prior threshold[4] ~ normal(0, 1)",
        "grade ~ x, family=ordprobit\n  prior threshold[1] ~ normal(0, 1)\n"
        "  prior threshold[3] ~ normal(1, 0.5)",
        "grade | thres(gr=item) ~ x, family=ordlogit\n"
        "  prior threshold[a, 2] ~ student_t(3, 0, 1)",
        "grade ~ x + (1 | g), family=ordprobit\n  threshold ~ (1 | g)",
        "grade | thres(gr=item) ~ x, family=sratio, link=probit",
        "grade ~ x, family=cratio, link=cloglog",
        "grade ~ x, family=acat\n  disc ~ x",
        "grade ~ x + cs(y + g), family=sratio",
        "grade ~ cs(x), family=acat, link=cloglog\n  disc ~ y",
        "grade ~ cs(y) + (cs(x) | g), family=cratio",
        "grade ~ x + cs(y), family=acat, threshold=equidistant",
        "grade ~ x + cs(y), family=cratio, link=cloglog, threshold=sum_to_zero",
        "grade | thres(gr=item) ~ x, family=cratio, threshold=symmetric",
        "grade | thres(gr=item) ~ x, family=sratio, threshold=sum_to_zero\n  disc ~ x",
        "y ~ x, link=squareplus\n  sigma ~ x, link=1/mu^2",
    ],
)
def test_graph_and_script_are_the_reference(text: str, tmp_path: Path) -> None:
    found = compiled(text)
    path = tmp_path / "data.csv"
    data().to_csv(path, index=False)
    program, frame = found.program, found.frame
    rng, first = np.random.default_rng(2), start_of(found)
    graph = by_graph(program, frame)
    script = by_source(emit_source(found), path)
    for scale in (0.01, 0.05):
        point = near(rng, found, first, scale)
        here = by_reference(program, frame, point)
        for there in (graph(point), script(point)):
            difference = here.difference(there)
            assert difference.density < 1e-8 and difference.gradient < 1e-6


@pytest.mark.parametrize("layout", ["flexible", "equidistant", "symmetric"])
@pytest.mark.parametrize(
    ("left", "which", "place"),
    [
        ("grade", "2", 1),
        ("grade", "4", 3),
        ("grade | thres(gr=item)", "a, 2", 1),
        ("grade | thres(gr=item)", "b, 1", 4),
        ("grade | thres(gr=item)", "b, 4", 7),
    ],
)
def test_one_threshold_has_its_prior(
    layout: str, left: str, which: str, place: int
) -> None:
    found = compiled(
        f"{left} ~ 1, family=ordlogit, threshold={layout}\n"
        f"  prior threshold[{which}] ~ student_t(3, -7.5, 0.25)"
    )
    program = found.program
    (own,) = (
        one for one in program.parameters if one.prior.distribution == "student_t"
    )
    given = dict(own.prior.arguments)
    assert given == {"nu": Const(3.0), "mu": Const(-7.5), "sigma": Const(0.25)}
    point = random_point(np.random.default_rng(place), program, found.frame, 1.0)
    values, _ = evaluate(program, found.frame, point)
    threshold = np.asarray(values["threshold"])
    assert threshold[place] == pytest.approx(float(values[own.name]), abs=1e-12)
    for one in (threshold[:4], threshold[4:]):
        assert (np.diff(one) > 0.0).all()
    # the others keep their distances, whatever the one is
    moved, _ = evaluate(
        program, found.frame, {**point, own.name: point[own.name] + 1.0}
    )
    own_item = slice(4 * (place // 4), 4 * (place // 4) + 4)
    shift = np.asarray(moved["threshold"]) - threshold
    assert np.allclose(shift[own_item], 1.0)
    assert np.count_nonzero(np.abs(shift) > 1e-12) == 4


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("top", [1, 2, 3, 4, 7])
def test_thresholds_are_laid_out(layout: str, top: int) -> None:
    frame = pd.DataFrame(
        {"r": np.arange(3 * (top + 1)) % (top + 1), "x": 1.0 + np.arange(3 * (top + 1))}
    )
    text = f"r ~ x, family=ordlogit, threshold={layout}"
    found = compile_spec(Request(Source(text), table_from_frame(frame)))
    rng = np.random.default_rng(top)
    point = random_point(rng, found.program, found.frame, 1.0)
    values, _ = evaluate(found.program, found.frame, point)
    threshold = np.asarray(values["threshold"])
    gap = np.diff(threshold)
    assert len(threshold) == top and (gap > 0.0).all()
    assert np.allclose(gap, values["gap"])
    if layout == "equidistant":
        assert np.allclose(gap, gap[:1])
    elif layout == "symmetric":
        assert np.allclose(gap, gap[::-1])
    else:
        assert np.isclose(threshold.sum(), 0.0)

"""Every kind of model is asked everything: what comes is an answer or a diagnostic."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.runtime.questions.test_contrasts import CHAINS, data, posterior

from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.grammar.diagnostics import ModelError
from varying.grammar.source import Source
from varying.runtime.questions.asking import ask

Array = np.ndarray[Any, Any]

#: Enough to be of several sizes: what an answer takes is proportional to draws.
DRAWS = 2

COLUMNS = """\
column block: factor(early, middle, late)
column cs: factor("CS-", "CS+")
column k: ordered(1..4)
"""
CURVE = "\n  prior a.Intercept ~ normal(0, 1)\n  prior q.Intercept ~ normal(0, 1)"
MODELS = {
    "slopes": "y ~ block*cs + x + (1 + cs | g)",
    "monotonic": "column dose: ordered(1, 2, 5)\n"
    "count ~ mo(dose) + block + (1 + mo(dose) | g), family=poisson",
    "strata": "yes ~ block + (1 + x | gr(g, by=arm)), family=bernoulli",
    "members": "yes ~ block + x + (1 + x | mm(h, h2)), family=bernoulli",
    "student": "yes ~ block + (1 | gr(g, dist=student)), family=bernoulli",
    "shared": "y ~ block + x + (1 |p| g)\n  sigma ~ cs + (1 |p| g)",
    "curve": "yes ~ a * exp(-q * t), nl=true, family=bernoulli\n"
    "  a ~ block + (1 |p| g)\n  q ~ cs + (1 |p| g)" + CURVE,
    "smooth": "y ~ block + s(x, k=4) + s(u, k=3, by=arm)\n  sigma ~ s(t, k=3, bs=ts)",
    "two responses": "mvbind(y, y2) ~ block + x + (1 |p| g), rescor=true",
    "exposure": "count | rate(t) ~ block + x + offset(log(u)) + (1 | g), "
    "family=negbinomial",
    "trials": "few | trials(n) ~ block + x + (1 | g), family=beta_binomial\n  phi ~ cs",
    "truncated": "y | trunc(lb=-9) ~ block + x + (1 | g)",
    "censored": "y | cens(yes) ~ block + x + (1 | g)",
    "cumulative": "k ~ block + x + (1 + x | g) + (1 | h), family=ordlogit\n"
    "  disc ~ cs + (1 | h)",
    "probit": "k ~ block + x + (1 | g), family=ordlogit, link=probit",
    "steps": "k ~ block + x + cs(t) + (1 | g), family=sratio\n  disc ~ cs",
    "items": "k | thres(gr=arm) ~ block + x + (1 | g), "
    "family=hurdle_cumulative\n  hu ~ cs",
    "learned": "y ~ block + poly(x, 2) + log(u) + scale(t) + (1 + scale(t) | g)",
    "people": "y ~ block + within(x, g) + between(x, g) + (1 | g)",
    "no groups": "y ~ 0 + block + x",
    "no factors": "y ~ 1 + (1 | g)",
    "hurdle": "count ~ block + x + (1 | g), family=hurdle_poisson\n  hu ~ cs + (1 | g)",
    "square root": "count ~ block + x + (1 | g), family=poisson, link=sqrt",
    "groups alone": "yes ~ block + (1 + cs | g), family=bernoulli",
}
QUESTIONS = (
    "means 1",
    "means block, x=quantiles, scale=response, weights=observed",
    "means block, scale=response, over=data, groups=fitted",
    "means block, scale=response, response=y",
    "means block, scale=prob",
    "means block, scale=prob[1], over=data",
    "means block, scale=odds[>1]",
    "means block, scale=odds",
    "means arm, scale=latent",
    "contrast block: pairwise, groups=fitted",
    "contrast x: 2 - 1 | block, scale=response",
    "slope x | block, scale=response, over=data",
    "slope t, scale=prob[2]",
    "quantity i = icc(g)",
    "quantity m = r2(marginal)",
    "quantity i = icc(g, response=y)",
    "quantity m = r2(response=y2)",
)


def compiled(spec: str) -> Compiled:
    columns, rows = dict(data()), len(data()["y"])
    columns["h"] = [f"t{i % 5}" for i in range(rows)]
    columns["h2"] = [f"t{(i * 3 + 1) % 5}" for i in range(rows)]
    columns["arm"] = [("a", "b")[(i % 7) % 2] for i in range(rows)]
    columns["y2"] = [2.0 * value + 1.0 for value in columns["y"]]
    return compile_spec(Request(Source(COLUMNS + spec), table_from_frame(columns)))


def drawn(found: Compiled) -> dict[str, Array]:
    """Draws of all that is reported, where parameters can be."""
    rng = np.random.default_rng(0)
    program = found.lowered
    few = posterior(found).isel(draw=slice(DRAWS))
    draws = {str(n): one.values for n, one in few.data_vars.items()}
    lengths = {axis.name: len(axis.labels or ()) for axis in program.axes}
    for group in program.groups:
        size = lengths[group.sds]
        sd = np.abs(rng.normal(size=(CHAINS, DRAWS, size)))
        draws[group.reported_sd] = draws[group.sd] = sd
        if group.correlations:
            unit = np.broadcast_to(np.eye(size), (CHAINS, DRAWS, size, size))
            draws[group.correlation_matrix] = unit.copy()
        if group.mixture is not None:
            draws[group.mixture.df] = rng.uniform(1.5, 9.0, size=(CHAINS, DRAWS))
        shape = (CHAINS, DRAWS, lengths[group.levels], lengths[group.coefs])
        draws[group.effects] = rng.normal(size=shape)
    for name in ("sigma", "y_sigma", "y2_sigma", "phi", "shape", "nu"):
        if name in draws:
            draws[name] = np.exp(np.clip(draws[name], -1.0, 1.0))
    return draws


@pytest.mark.parametrize("name", MODELS)
def test_an_answer_or_a_diagnostic(name: str) -> None:
    found = compiled(MODELS[name])
    draws, answers = drawn(found), 0
    for question in QUESTIONS:
        try:
            lines = ask(question, found, draws, 1).derived.lines
        except ModelError as error:
            assert all(one.source.text == question for one in error.diagnostics)
            continue
        answers += len(lines)
        # odds of what is certain, and predictors that the link has no use for
        if "odds" not in question and name != "square root":
            assert all(np.isfinite(values).all() for _, values in lines), question
    assert answers > 1


def test_odds_of_success() -> None:
    """A difference of logits is the logarithm of a ratio of odds."""
    found = compiled("few | trials(n) ~ block + x + (1 | g), family=binomial")
    draws = drawn(found)
    contrast = "contrast block: late - early"
    ((_, logits),) = ask(contrast, found, draws, 1).derived.lines
    ((_, ratio),) = ask(
        f"{contrast}, scale=odds, groups=zero", found, draws, 1
    ).derived.lines
    np.testing.assert_allclose(ratio, np.exp(logits), rtol=1e-9)
    assert np.ptp(logits) > 0.0

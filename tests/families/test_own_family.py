"""A family of one's own: that of the page, beside the one that the language has."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from math import inf
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import gamma

import varying
from varying.compiler.families.family import Moments
from varying.compiler.families.own import fingerprint
from varying.compiler.program.fill import fill
from varying.compiler.program.interpret import coordinates, log_density
from varying.runtime.interface.arguments import ArgumentError
from varying.runtime.questions.asking import bound

from ..agreement.harness import compare
from ..agreement.kernels import compare_kernel, variants
from .own_copies import COPIES

PAGE = Path(__file__).resolve().parents[2] / "docs" / "own-family.md"
TERMS = "x + (1 | g)"


def of_the_page() -> dict[str, Any]:
    """What the page's blocks define that make families."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    space: dict[str, Any] = {}
    for block in blocks:
        if "varying.Family(" in block:
            exec(compile(block, PAGE.name, "exec"), space)
    return space


SPACE = of_the_page()
OURS = SPACE["beta_binomial2"]


def given(**changed: Any) -> dict[str, Any]:
    """Arguments of the page's family, some of them others."""
    plain = {
        "link": "logit",
        "dpars": {"phi": "exponential(0.1)"},
        "response": "count",
        "known": ["vint1"],
        "simulate": SPACE["simulate"],
        "mean": lambda mu, phi, size: size * mu,
    }
    return plain | changed


def data() -> pd.DataFrame:
    rng = np.random.default_rng(8)
    n = rng.integers(1, 12, 40)
    return pd.DataFrame(
        {
            "hits": rng.binomial(n, rng.beta(1.0, 1.5, 40)),
            "n": n,
            "x": rng.normal(size=40).round(3),
            "g": [f"g{k % 5}" for k in range(40)],
        }
    )


def test_it_has_the_density_of_the_familys_twin() -> None:
    ours = varying.compile(
        f"hits | vint(n) ~ {TERMS}, family=beta_binomial2\n  phi ~ x",
        data(),
        families=OURS,
    ).compiled
    theirs = varying.compile(
        f"hits | trials(n) ~ {TERMS}, family=beta_binomial\n  phi ~ x", data()
    ).compiled
    assert ours is not None and theirs is not None
    rng, found = np.random.default_rng(2), []
    places = coordinates(ours.lowered, fill(ours.lowered, ours.prepared.table))
    for _ in range(3):
        point = {one.name: rng.normal(0.0, 0.5, one.shape) for one in places}
        found.append(
            [
                log_density(c.lowered, fill(c.lowered, c.prepared.table), point)
                - _priors(c, point)
                for c in (ours, theirs)
            ]
        )
    own, twin = np.transpose(found)
    assert own == pytest.approx(twin, rel=1e-10)


def _priors(compiled: Any, point: Any) -> float:
    """What depends on default priors, which are not the same: not the likelihood."""
    from varying.compiler.program.interpret import evaluate
    from varying.compiler.program.interpret.density import log_likelihood

    frame = fill(compiled.lowered, compiled.prepared.table)
    values, whole = evaluate(compiled.lowered, frame, point)
    return float(whole - log_likelihood(compiled.lowered, frame, values))


def test_every_backend_has_it(tmp_path: Path) -> None:
    frame = data()
    frame.to_csv(tmp_path / "case.csv", index=False)
    model = varying.compile(
        "hits | vint(n) ~ x, family=beta_binomial2", frame, families=[OURS]
    )
    assert model.compiled is not None
    # each set of operations is a machine to compile: one is enough
    _, program, frame = list(variants(model.compiled))[-1]
    assert compare_kernel(program, frame, 1) == []
    assert compare(model.compiled, tmp_path / "case.csv", 4, thorough=False) == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"mean": lambda mu, phi, size: mu}, "`mean` says"),
        (
            {"simulate": lambda rng, mu, phi, size: rng.poisson(mu)},
            "of what `simulate`",
        ),
        ({"link": "probability"}, "link is one of"),
        ({"link": "softplus", "domain": "unit"}, "link of a unit parameter is one of"),
        (
            {"simulate": lambda rng, mu, phi: rng.poisson(mu)},
            "`simulate` is called with (rng, mu, phi, vint1), and takes (rng, mu, phi)",
        ),
        ({"dpars": ["phi"]}, "dpars is a mapping of names to default priors"),
        ({"dpars": {"phi": ("exponential(1)",)}}, "dpars is a mapping of names to"),
        ({"bounds": 3}, "bounds is two numbers"),
        ({"atoms": "0"}, "atoms is numbers"),
        ({"atoms": iter([0.0])}, "atoms is numbers"),
        ({"mean": 3}, "`mean` is a function, not 3"),
        ({"in_support": lambda y: y > 0}, "`in_support` is called with (y, vint1)"),
        ({"measure": "log"}, "a mean of logs of responses above 0"),
        ({"measure": "logs"}, "measure is response or log"),
        ({"domain": "share"}, "domain is one of real, positive, unit"),
        ({"dpars": {"phi": ("exponential(1)", "logit")}}, "the link of 'phi' is one"),
        ({"dpars": {"phi": "exponential"}}, "has a default prior such as"),
        ({"dpars": {"phi": "exponential(1 / size)"}}, "has a default prior such as"),
        ({"dpars": {"phi": "gamma(1, 2, 3)"}}, "has a default prior such as"),
        ({"dpars": {"phi": "gamma(1, alpha=2)"}}, "has a default prior such as"),
        ({"dpars": {"phi": "uniform(1, 3)"}}, "is over 1 to 3"),
        ({"dpars": {"phi": "exponential(-1)"}}, "between 0 and inf, and not -1"),
        ({"dpars": {"phi": "half_normal(0)"}}, "between 0 and inf, and not 0"),
        ({"dpars": {"phi": "half_normal(1e999)"}}, "0 and inf, and not inf"),
        ({"dpars": {"phi": "exponential(sd - 1)"}}, "0 and inf, and not -0.999"),
        ({"dpars": {"phi": "half_flat()"}}, "is improper"),
        ({"known": ["size"]}, "known is of trials"),
        ({"response": "ordinal"}, "response is continuous"),
        ({"response": "successes"}, "are out of trials"),
        ({"in_support": lambda y, size: y > 2}, "which `in_support` refuses"),
        ({"dpars": {"my_phi": "exponential(1)"}}, "letters and digits"),
    ],
)
def test_what_contradicts_itself_is_refused(changed: Any, said: str) -> None:
    with pytest.raises(ArgumentError, match=re.escape(said)):
        varying.Family("mine", SPACE["density"], **given(**changed))


def hazard(m: Any, y: Any, mu: Any, shape: Any) -> Any:
    return m.exp(shape * (m.log(y) - m.log(mu)))


def times(**changed: Any) -> Any:
    """Weibull times, with something else."""
    plain: dict[str, Any] = {
        "density": lambda m, y, mu, shape: (
            m.log(shape * hazard(m, y, mu, shape) / y) - hazard(m, y, mu, shape)
        ),
        "link": "log",
        "dpars": {"shape": "exponential(1)"},
        "simulate": lambda rng, mu, shape: mu * rng.weibull(shape),
        "mean": lambda mu, shape: mu * gamma(1.0 + 1.0 / shape),
        "log_cdf": lambda m, *of: m.log1mexp(hazard(m, *of)),
        "log_sf": lambda m, *of: -hazard(m, *of),
        "bounds": (0.0, inf),
    }
    return varying.Family("times", **plain | changed)


def of_geometric(**changed: Any) -> Any:
    """Counts of failures, with something else."""
    plain: dict[str, Any] = {
        "density": lambda m, y, mu: y * m.log(mu / (1.0 + mu)) - m.log1p(mu),
        "link": "log",
        "response": "count",
        "simulate": lambda rng, mu: rng.geometric(1.0 / (1.0 + mu)) - 1,
        "mean": lambda mu: mu,
        "log_cdf": lambda m, y, mu: m.log1mexp((y + 1.0) * m.log1p(1.0 / mu)),
        "log_sf": lambda m, y, mu: -(y + 1.0) * m.log1p(1.0 / mu),
    }
    return varying.Family("failures", **plain | changed)


@pytest.mark.parametrize(
    ("make", "changed", "said"),
    [
        (times, {"log_cdf": None}, "`log_cdf` is missing"),
        (times, {"bounds": (1.0, 0.0)}, "1 is not below 0"),
        (of_geometric, {"bounds": (0.0, 9.0)}, "bounds are of continuous responses"),
        (times, {"log_cdf": lambda m, *of: hazard(m, *of)}, "no log of a probability"),
        (
            times,
            {"log_cdf": lambda m, *of: m.log1mexp(2.0 * hazard(m, *of))},
            "add up to",
        ),
        (
            times,
            {
                "log_cdf": lambda m, *of: -hazard(m, *of),
                "log_sf": lambda m, *of: m.log1mexp(hazard(m, *of)),
            },
            "`log_cdf` falls from",
        ),
        (
            times,
            {
                "log_cdf": lambda m, *of: m.log1mexp(2.0 * hazard(m, *of)),
                "log_sf": lambda m, *of: -2.0 * hazard(m, *of),
            },
            "the slope of `log_cdf`",
        ),
        # right, with no digits far out
        (
            times,
            {"log_sf": lambda m, *of: m.log(1.0 - m.exp(m.log1mexp(hazard(m, *of))))},
            "the slope of `log_sf`",
        ),
        # a share of 0.001 is of no response
        (
            times,
            {
                "log_cdf": lambda m, *of: m.log(1.0 - 0.999 * m.exp(-hazard(m, *of))),
                "log_sf": lambda m, *of: np.log(0.999) - hazard(m, *of),
            },
            "however low the response",
        ),
        (
            times,
            {"bounds": (-inf, inf), "in_support": lambda y: y > 0.0},
            "say where responses end",
        ),
        (
            of_geometric,
            {
                "log_cdf": lambda m, y, mu: m.log1mexp((y + 0.5) * m.log1p(1.0 / mu)),
                "log_sf": lambda m, y, mu: -(y + 0.5) * m.log1p(1.0 / mu),
            },
            "`log_cdf` gives 0 the probability",
        ),
        (
            of_geometric,
            {"simulate": lambda rng, mu: rng.exponential(mu)},
            "no whole number",
        ),
    ],
)
def test_tails_and_draws_that_are_not_those_of_the_density_are_refused(
    make: Any, changed: Any, said: str
) -> None:
    assert make().tails is not None
    with pytest.raises(ArgumentError, match=re.escape(said)):
        make(**changed)


def test_two_families_of_one_name_have_two_in_one_model() -> None:
    """A mapping calls them otherwise, in the functions of a script too."""
    frame = data().assign(y=lambda d: d["x"].abs() + 0.1, z=lambda d: d["y"] + 1.0)
    weibull = SPACE["weibull2"]
    lasting = replace(times(log_cdf=None, log_sf=None), name="weibull2")
    text = "y ~ x, family=first\n  z ~ x, family=second"
    both = {"first": weibull, "second": lasting}
    model = varying.compile(text, frame, families=both)
    assert all(f"def {one}_logp(" in model.source for one in both)
    with pytest.raises(ArgumentError, match="two are called 'weibull2'"):
        varying.compile(text, frame, families=[weibull, lasting])
    with pytest.raises(varying.ModelError, match=r"vreal\(x\)` or `trials"):
        varying.compile("y | se(z) ~ x, family=first", frame, families=both)


def test_links_are_those_of_the_language() -> None:
    """Of the main parameter and of others, as a default and in a spec."""
    frame = data().assign(y=lambda d: d["x"].abs() + 0.1)
    text = "y ~ x, family={}, link={}\n  shape ~ x, link={}"
    links = ("softplus", "squareplus", "log")
    own = [
        times(link=main, dpars={"shape": ("exponential(1)", other)})
        for main in links
        for other in links
    ]
    for family, (main, other) in zip(own, product(links, links), strict=True):
        spec = text.format("times", main, other)
        plain = spec.replace(f", link={main}", "").replace(f", link={other}", "")
        found = [_density(one, frame, family) for one in (plain, spec)]
        assert found[0] == found[1] == pytest.approx(_density(spec, frame, own[-1]))
    for mixed in ("mixture(times, lognormal)", "mixture(lognormal, times)"):
        with pytest.raises(varying.ModelError, match="`softplus` is the default"):
            varying.compile(f"y ~ x, family={mixed}", frame, families=own[0])


def _of_logs(m: Any, y: Any, mu: Any, sigma: Any) -> Any:
    z = (m.log(y) - mu) / sigma
    return -0.5 * z**2 - m.log(sigma * y) - 0.5 * np.log(2.0 * np.pi)


LOGS: dict[str, Any] = {
    "dpars": {"sigma": "exponential(1 / sd)"},
    "simulate": lambda rng, mu, sigma: rng.lognormal(mu, sigma),
    "mean": lambda mu, sigma: np.exp(mu + 0.5 * sigma**2),
    "log_cdf": None,
    "log_sf": None,
}


def test_a_default_prior_may_be_of_the_spread_of_the_response() -> None:
    """As that of the residual sd of the family of the language is."""
    frame = data().assign(y=lambda d: 300.0 * d["x"] + 20.0)
    found = []
    for name in ("gaussian", "own_gaussian"):
        text = f"y ~ x, family={name}"
        model = varying.compile(text, frame, families=[COPIES["gaussian"]])
        assert model.compiled is not None
        parameters = model.compiled.lowered.parameters
        found.append({one.name: one.prior for one in parameters})
    assert found[0] == found[1]
    # and of one whose mean is of logs
    logs = times(link="identity", measure="log", density=_of_logs, **LOGS)
    for name in ("lognormal", "times"):
        model = varying.compile(
            f"z ~ x, family={name}", frame.assign(z=np.exp(frame.x)), families=logs
        )
        assert model.compiled is not None
        parameters = model.compiled.lowered.parameters
        found.append({one.name: one.prior for one in parameters})
    assert found[2] == found[3]
    # a formula begins at the log of the prior's median
    center = COPIES["gaussian"].dpars[0].center(Moments(0.0, 20.0))
    assert center == pytest.approx(np.log(20.0 * np.log(2.0)))


def _density(spec: str, frame: pd.DataFrame, family: Any) -> float:
    compiled = varying.compile(spec, frame, families=family).compiled
    assert compiled is not None
    filled = fill(compiled.lowered, compiled.prepared.table)
    places = coordinates(compiled.lowered, filled)
    point = {one.name: np.full(one.shape, 0.3) for one in places}
    return float(log_density(compiled.lowered, filled, point))


def test_without_tails_it_is_said_how_it_gets_them() -> None:
    alone = times(log_cdf=None, log_sf=None)
    frame = data().assign(y=lambda d: d["x"].abs() + 0.1, late=0)
    for text in (
        "y | cens(late) ~ x, family=times",
        "y | trunc(lb=0.01) ~ x, family=times",
        "y ~ x, family=times\nmeans x, x=0, scale=prob[>1]",
        "y ~ x, family=times\nmeans x, x=0, scale=quantile[0.5]",
    ):
        with pytest.raises(
            varying.ModelError, match=r"varying\.Family\('times', \.\.\."
        ):
            varying.compile(text, frame, families=[alone])
        for family in (times(), replace(SPACE["weibull2"], name="times")):
            assert varying.compile(text, frame, families=[family]).compiled is not None


def test_a_density_is_written_in_its_operations() -> None:
    with pytest.raises(ArgumentError, match="operations of `m`"):
        varying.Family("mine", lambda m, y, mu, phi, size: y * np.log(mu), **given())
    with pytest.raises(ArgumentError, match="a family 'poisson' already"):
        varying.Family("poisson", SPACE["density"], **given())


def test_a_name_is_of_the_spec_that_it_is_passed_with() -> None:
    text = "hits | vint(n) ~ x, family=beta_binomial2"
    assert varying.compile(text, data(), families=OURS).compiled is not None
    with pytest.raises(varying.ModelError, match="there is no family"):
        varying.compile(text, data())
    with pytest.raises(varying.ModelError, match=r"needs 1 of `vint\(...\)`"):
        varying.compile("hits ~ x, family=beta_binomial2", data(), families=OURS)
    with pytest.raises(varying.ModelError, match="takes 1 of"):
        varying.compile(text.replace("(n)", "(n, n)"), data(), families=OURS)
    # another one of the same name is another one
    other = varying.Family(
        "beta_binomial2",
        SPACE["density"],
        **given(simulate=lambda rng, *known: SPACE["simulate"](rng, *known)),
    )
    model = varying.compile(text, data(), families={"beta_binomial2": other})
    assert model.compiled is not None
    family = model.compiled.lowered.likelihood.family
    assert family.name != "beta_binomial2" and family.simulate is other.simulate


def test_it_may_be_a_component_of_a_mixture() -> None:
    def density(m: Any, y: Any, mu: Any) -> Any:
        return -y / mu - m.log(mu)

    ours = varying.Family(
        "lasting",
        density,
        link="log",
        simulate=lambda rng, mu: rng.exponential(mu),
        mean=lambda mu: mu,
        in_support=lambda y: y >= 0,
    )
    frame = data().assign(y=lambda d: d["x"].abs() + 0.1)
    text = "y ~ x, family=mixture(lasting, lognormal)"
    compiled = varying.compile(text, frame, families=ours).compiled
    assert compiled is not None
    # a question is bound behind the text of the spec
    questions, _ = bound("slope x", compiled)
    assert questions.cells[0].scale == "response"


def test_a_stored_fit_asks_for_the_same_record(tmp_path: Path) -> None:
    model = varying.compile(
        "hits | vint(n) ~ x, family=beta_binomial2", data(), families=OURS
    )
    fit = model.fit(draws=50, tune=100, chains=2, seed=1, progress=False)
    fit.save(tmp_path / "a.fit")
    again = varying.load(tmp_path / "a.fit", families=OURS)
    assert np.array_equal(
        again.predict(kind="mean").values, fit.predict(kind="mean").values
    )
    alone = varying.load(tmp_path / "a.fit")
    assert str(alone.summary()) == str(fit.summary())
    with pytest.raises(varying.ModelError, match="a file holds no code"):
        alone.predict()

    def wider(m: Any, y: Any, mu: Any, phi: Any, size: Any) -> Any:
        return SPACE["density"](m, y, mu, 2.0 * phi, size)

    def drawn(rng: Any, mu: Any, phi: Any, size: Any) -> Any:
        return SPACE["simulate"](rng, mu, 2.0 * phi, size)

    other = varying.Family("beta_binomial2", wider, **given(simulate=drawn))
    assert fingerprint(other) != fingerprint(OURS)
    with pytest.raises(varying.ModelError, match="is not the family that the fit"):
        varying.load(tmp_path / "a.fit", families=other)


def test_studies_are_planned_with_it() -> None:
    spec = "hits | vint(n) ~ x, family=beta_binomial2"
    truth = {"Intercept": 0.5, "b[x]": 0.0, "phi": 4.0}
    frame = pd.DataFrame({"n": np.full(20_000, 10), "x": np.arange(20_000) % 2})
    drawn = varying.simulate(spec, truth, frame, seed=1, families=OURS)
    mean = 10.0 / (1.0 + np.exp(-0.5))
    # of 10 trials, as in `beta_binomial`
    sd = np.sqrt(mean * (1.0 - mean / 10.0) * (1.0 + 9.0 / 5.0))
    assert drawn.hits.mean() == pytest.approx(mean, abs=4.0 * sd / np.sqrt(20_000))
    assert drawn.hits.std() == pytest.approx(sd, rel=0.03)
    settings: dict[str, Any] = {"by": "g", "people": [3], "families": [OURS]}
    found = varying.design(spec, truth, data(), runs=1, draws=60, seed=1, **settings)
    assert found.to_frame().iloc[0].people == 3
    with pytest.raises(ArgumentError, match="go to no other process"):
        varying.design(spec, truth, data(), cores=2, **settings)
    with pytest.raises(varying.ModelError, match="there is no family"):
        varying.simulate(spec, truth, data())


@pytest.mark.parametrize(
    ("density", "said"),
    [
        (lambda m, y, mu: m.digamma(y), "there is no operation `m.digamma`: did you"),
        (lambda m, y, mu: m.besselk(y), "`m.besselk`: exp, log"),
        (lambda m, y, mu: m.where(y == mu, 0.0, -y), "is written `m.equal(a, b)`"),
        (lambda m, y, mu: np.log(mu) * y, "`m.log` in place of `np.log`"),
        (lambda m, y, mu: y if y > mu else mu, "`m.where(condition, a, b)`"),
    ],
)
def test_what_is_no_density_is_said_in_words(density: Any, said: str) -> None:
    with pytest.raises(ArgumentError, match=re.escape(said)):
        of_geometric(density=density)

"""Averages over new groups against 100,000 simulated groups, family by family.

The groups are drawn as the program says (standard normals times the factor of the
covariance where it is stated), and each is a row of its own for the interpreter, so
that nothing of the averages is used.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import special

from varying.compiler.bind.questions.existence import absence
from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.data.matrices import matrices_of
from varying.compiler.driver import Request, compile_spec
from varying.compiler.families import FAMILIES
from varying.compiler.families.cdf import cdf_of
from varying.compiler.program.fill import fill
from varying.compiler.program.interpret import coordinates, evaluate
from varying.compiler.program.interpret.density import (
    moved_effects,
    moved_scales,
    scaled_factors,
)
from varying.compiler.program.interpret.rows import row_arguments
from varying.compiler.program.ir import Frame
from varying.compiler.program.persons import of_all
from varying.grammar.source import Source
from varying.runtime.rows import measures
from varying.runtime.rows.at_once import AtOnce
from varying.runtime.rows.average import at_zero, averaged

Array = np.ndarray[Any, Any]
ROWS, LEVELS, DRAWS = 40, 10, 2
SIMULATED = 100_000
#: Whose probability is asked for, of continuous responses.
INTERVAL = (0.4, 1.0)


def data() -> dict[str, list[Any]]:
    rng = np.random.default_rng(3)
    columns: dict[str, Any] = {
        "continuous": rng.uniform(0.05, 0.95, ROWS).round(3),
        "binary": np.arange(ROWS) % 2,
        "ordinal": np.arange(ROWS) % 4,
        "word": np.take(["bus", "car", "tram"], np.arange(ROWS) % 3),
        "count": rng.poisson(2, ROWS),
        "successes": np.arange(ROWS) % 5,
        "trials": np.full(ROWS, 6),
        "x": rng.normal(0, 1, ROWS).round(2),
        "c": np.take(["a", "b"], np.arange(ROWS) // 20),
        "dose": np.take([1, 2, 3], np.arange(ROWS) % 3),
        "g": [f"s{i % LEVELS}" for i in range(ROWS)],
        "h": [f"t{i % 7}" for i in range(ROWS)],
        "t": np.linspace(1, 4, ROWS).round(2),
        "more": rng.poisson(3, ROWS) + 1,
        "other": rng.poisson(3, ROWS) + 1,
        "third": np.full(ROWS, 0.3),
        "rest": np.full(ROWS, 0.5),
        "fifth": np.full(ROWS, 0.2),
    }
    columns["count"][0] = 0
    return {name: np.asarray(values).tolist() for name, values in columns.items()}


def left(name: str) -> str:
    family = FAMILIES[name]
    beside = " | trials(trials)" if "trials" in family.known else ""
    beside = " | dec(binary)" if "dec" in family.known else beside
    return f"{family.response}{beside}"


#: Parameters of which the mean is so heavy that over normal effects there is none.
WITHOUT_MEAN = {
    **{name: ("sigma",) for name in FAMILIES if "lognormal" in name},
    **{"gen_extreme_value": ("xi",), "discrete_weibull": ("shape",)},
}


def spec_of(name: str) -> str:
    family = FAMILIES[name]
    lines = [f"{left(name)} ~ c*x + (1 + x |p| g) + (1 | h), family={name}"]
    last = [d.name for d in family.dpars if d.name not in WITHOUT_MEAN.get(name, ())]
    if last:
        lines.append(f"  {last[-1]} ~ 1 + (1 |p| g)")
    else:
        lines[0] = lines[0].replace("|p|", "|")
    return "\n".join(lines)


#: Specs beside those of each family.
OTHERS = {
    "diagonal": "continuous ~ x + (1 + x || g), family=beta",
    "between": "binary ~ c + (1 + c | g), family=bernoulli",
    "large": "binary ~ x + (1 + x | g), family=bernoulli\n  prior sd ~ exponential(1)",
    "rate": "count | rate(t) ~ x + (1 | g), family=negbinomial",
    "monotonic": "column dose: ordered(1..3)\n"
    "count ~ mo(dose) + (1 + mo(dose) | g), family=poisson",
    "strata": "binary ~ x + (1 + x | gr(h2, by=c)), family=bernoulli",
    "heavy": "binary ~ c + (1 + c | gr(g, dist=student)) + (1 | h), family=bernoulli",
    "heavy curve": "binary ~ x + (1 | gr(g, dist=student)), family=bernoulli, "
    "link=probit",
    "heavy mean": "continuous ~ x + (1 + x | gr(g, dist=student))",
    "heavy ordinal": "ordinal ~ c + (1 | gr(g, dist=student)), family=ordlogit",
    "heavy pair": "count ~ x + (1 |p| h), family=zero_inflated_poisson\n"
    "  zi ~ 1 + (1 |p| h) + (1 | gr(g, dist=student))",
    "related": "count ~ x + (1 | gr(g, cov=A)), family=poisson",
    "categories": "word ~ c + x + (1 | g), family=categorical",
    "composition": "cbind(count, more, other) ~ c + x + (1 | g), family=multinomial",
    "composition pair": "cbind(count, more, other) ~ c + (1 + x |p| g), "
    "family=dirichlet_multinomial\n  muother ~ x + (1 |p| g)",
    "shares": "cbind(third, rest, fifth) ~ c + (1 + x |p| g), family=dirichlet\n"
    "  phi ~ 1 + (1 |p| g)",
    "mixed": "continuous ~ c + (1 | g), family=mixture(gaussian, student)",
    "mixed counts": "count ~ c + (1 + x | g), family=mixture(poisson, negbinomial)",
    "three": "count ~ x + (1 |p| g), family=zero_inflated_negbinomial\n"
    "  shape ~ 1 + (1 |p| g)\n  zi ~ 1 + (1 |p| g)",
    "curve": "continuous ~ a * exp(-k * t), nl=true, family=gaussian\n"
    "  a ~ 1 + (1 |p| g)\n  k ~ 1 + (1 |p| g)\n"
    "  prior a.Intercept ~ normal(1, 1)\n  prior k.Intercept ~ normal(0, 1)",
}
#: Links whose parameter is there for all predictors, and others of a family than these.
EVERYWHERE = ("softplus", "squareplus", "probit", "cloglog", "loglog", "cauchit", "log")
LINKED = {
    f"{name} {link}": f"{left(name)} ~ x + (1 + x | g), family={name}, link={link}"
    for name, family in FAMILIES.items()
    for link in family.links[1:]
    if link in EVERYWHERE and not (link == "log" and family.links[0] == "logit")
    # the exponential of an exponential, and of so much that 100,000 groups are too few
    if not (name == "discrete_weibull" and link in ("cloglog", "loglog"))
    # a mean that may be infinite
    if name != "gen_extreme_value"
}
SPECS = {**{name: spec_of(name) for name in FAMILIES}, **LINKED, **OTHERS}


#: A known covariance whose levels differ in their variance.
KNOWN = np.diag(np.linspace(0.5, 2.0, LEVELS)) + 0.2
MATRICES = matrices_of(
    {"A": pd.DataFrame(KNOWN, *[[f"s{i}" for i in range(LEVELS)]] * 2)}
)


def compiled(name: str) -> Compiled:
    columns = data()
    columns["h2"] = [f"u{i // 5}" for i in range(ROWS)]
    table = table_from_frame(columns)
    return compile_spec(
        Request(Source(SPECS.get(name, name)), table, matrices=MATRICES)
    )


def point(found: Compiled, rng: np.random.Generator) -> dict[str, Array]:
    """All quantities at a random point that is not far out."""
    program = found.lowered
    frame = fill(program, found.prepared.table)
    at = {c.name: 0.5 * rng.normal(size=c.shape) for c in coordinates(program, frame)}
    values, _ = evaluate(program, frame, at)
    for group in program.groups:
        if group.moved is not None or group.correlations:
            sd, correlation = moved_scales(group, values, frame.lengths[group.sds])
            values[group.reported_sd] = sd
            values[group.correlation_matrix] = correlation
    return values


def strata_of(found: Compiled, rows: Array) -> dict[str, Array]:
    program = found.lowered
    column = found.prepared.table.columns["c"].values[rows]
    return {group.name: column for group in program.groups if group.by is not None}


def simulated(
    found: Compiled, frame: Frame, values: Mapping[str, Array], row: int, seed: int
) -> Array:
    """The measure of a row in many groups of the population: groups by numbers."""
    program, rng = found.lowered, np.random.default_rng([seed, row])
    draw, arrays = dict(values), {}
    for slot in program.slots:
        array = frame[slot.name]
        if slot.axes and slot.axes[0] == program.likelihood.rows:
            arrays[slot.name] = np.repeat(array[row : row + 1], SIMULATED, axis=0)
        else:
            arrays[slot.name] = array
        if slot.into in {group.levels for group in program.groups}:
            arrays[slot.name] = np.arange(SIMULATED)
    for group in program.groups:
        factors = scaled_factors(group, frame, values)
        number = int(strata_of(found, np.array([row])).get(group.name, [0])[0])
        z = rng.normal(size=(SIMULATED, frame.lengths[group.coefs]))
        if group.mixture is not None:
            half = 0.5 * float(values[group.mixture.df])
            z *= np.sqrt(half / rng.gamma(half, size=(SIMULATED, 1)))
        if group.relation is not None:
            factor = frame[group.relation]
            own = np.square(factor).sum(axis=1)
            z *= np.sqrt(own[np.arange(SIMULATED) % len(own), None])
        draw[group.stated] = z @ factors[number][1].T
        draw |= moved_effects(group, draw)
    lengths = {**frame.lengths, program.likelihood.rows: SIMULATED}
    for name in [p.name for p in program.predictors]:
        draw.pop(name)
    arguments = row_arguments(
        program,
        Frame(arrays, lengths),
        {name: value for name, value in draw.items() if name not in frame.arrays},
    )
    family = program.likelihood.family
    if family.response == "composition":
        assert family.shares is not None
        return np.broadcast_to(family.shares(**arguments), (SIMULATED, family.parts))
    if family.response in ("ordinal", "nominal"):
        ranks = np.arange(len(found.bound.response.categories))[:, None]
        return np.exp(family.log_density(ranks, **arguments)).T
    shares = np.broadcast_to(family.mean(**arguments), (SIMULATED,))
    if family.response in ("binary", "count"):
        with np.errstate(divide="ignore"):  # of a group far out a share is 1
            zero = np.exp(family.log_density(np.asarray(0.0), **arguments))
        return np.stack([shares, np.broadcast_to(zero, shares.shape)], axis=1)
    if cdf_of(family) is None:
        return shares[:, None]
    whole = {n: np.broadcast_to(v, (SIMULATED,)) for n, v in arguments.items()}
    response = family.simulate(rng, **whole)
    inside = (response > INTERVAL[0]) & (response <= INTERVAL[1])
    return np.stack([shares, inside], axis=1)


@pytest.mark.parametrize("name", SPECS)
def test_an_average_is_that_of_many_new_groups(name: str) -> None:
    found = compiled(name)
    seed = zlib.crc32(name.encode())
    rng = np.random.default_rng(seed)
    drawn = [point(found, rng) for _ in range(DRAWS)]
    rows = np.array([0, 25])
    whole = fill(found.lowered, found.prepared.table)
    frame = fill(found.lowered, found.prepared.table.take(rows))
    slots = set(frame.arrays)
    names = [n for n in drawn[0] if n not in slots]
    names = [n for n in names if n not in {p.name for p in found.lowered.predictors}]
    stacked = {n: np.stack([np.asarray(d[n]) for d in drawn]) for n in names}
    at = AtOnce(found.lowered, frame, stacked)
    strata = strata_of(found, rows)
    family = at.family
    several = ("ordinal", "nominal", "composition")
    if family.response in several:
        categories = found.bound.response.categories
        events = [[k] for k in range(len(categories))]
        got = averaged(measures.probabilities(at, events), at, strata)
    if family.response == "ordinal":
        numbers = np.arange(1.0, len(categories) + 1)
        literal = averaged(measures.expected_number(at, list(numbers)), at, strata)
        np.testing.assert_allclose(literal, got @ numbers, rtol=1e-6)
    elif family.response not in several:
        got = averaged(measures.mean(at), at, strata)[..., None]
        if family.response in ("binary", "count"):
            zero = averaged(measures.probabilities(at, [[0]]), at, strata)
            got = np.concatenate([got, zero], axis=-1)
        elif cdf_of(family) is not None:
            inside = averaged(measures.between(at, *INTERVAL), at, strata)
            got = np.concatenate([got, inside[..., None]], axis=-1)
    for draw, values in enumerate(drawn):
        for place, row in enumerate(rows):
            many = simulated(found, whole, values, int(row), seed)
            error = many.std(axis=0) / np.sqrt(SIMULATED)
            assert (
                np.abs(got[draw, place] - many.mean(axis=0)) < 4.5 * error + 1e-12
            ).all()


def test_new_persons_have_thresholds_of_their_own() -> None:
    """By hand: a middle threshold, and distances by a lognormal factor of a person."""
    found = compiled("ordinal ~ x + (1 | h), family=ordlogit\n  threshold ~ (1 | g)")
    rng = np.random.default_rng(4)
    values, copies = point(found, rng), 1_000
    rows = np.array([0, 25])
    frame = fill(found.lowered, found.prepared.table.take(rows))
    # an average draws few persons at each draw: many draws that are alike have many
    stacked = {
        name: np.broadcast_to(value, (copies, *np.shape(value)))
        for name, value in values.items()
        if name not in frame.arrays and name != "eta"
    }
    at = AtOnce(of_all(found.lowered), frame, stacked)
    each = averaged(measures.probabilities(at, [[k] for k in range(4)]), at)
    low, gap = values["threshold_center"], values["gap"]
    z = rng.normal(size=(SIMULATED, 2)) * values["threshold_sd"]
    own = gap * np.exp(z)
    cuts = np.stack([low - own[:, 0], low + 0.0 * z[:, 0], low + own[:, 1]], axis=1)
    intercept = values["sd_h"][0] * rng.normal(size=SIMULATED)
    for place in range(2):
        eta = frame["X"][place] @ values["b"] + intercept
        below = special.expit(cuts - eta[:, None])
        many = np.diff(below, axis=1, prepend=0.0, append=1.0)
        error = np.hypot(
            many.std(axis=0) / np.sqrt(SIMULATED),
            each[:, place].std(axis=0) / np.sqrt(copies),
        )
        away = np.abs(each[:, place].mean(axis=0) - many.mean(axis=0))
        assert (away < 4.5 * error + 1e-12).all()


def test_links_that_are_not_in_the_table_have_no_average() -> None:
    others = {
        (name, link)
        for name, family in FAMILIES.items()
        for link in family.links[1:]
        if f"{name} {link}" not in LINKED
        and absence(family, link, {family.predictor: ["g"]}, mean=True) is None
    }
    # a shape above 1 has no mean, whatever the link
    shapes = {("gen_extreme_value", one) for one in ("log", "softplus", "squareplus")}
    assert others == shapes | {("discrete_weibull", "loglog")}


def test_the_mean_of_what_grows_exponentially_in_t_effects_is_infinite() -> None:
    spec = (
        "continuous ~ exp(a), nl=true\n  a ~ 1 + (1 | gr(g, dist=student))\n"
        "  prior a.Intercept ~ normal(0, 1)"
    )
    found = compiled(spec)
    values = point(found, np.random.default_rng(1))
    frame = fill(found.lowered, found.prepared.table)
    stacked = {
        n: np.asarray(v)[None] for n, v in values.items() if n not in frame.arrays
    }
    at = AtOnce(found.lowered, frame, stacked)
    assert np.isinf(averaged(measures.mean(at), at)).all()


def test_without_effects_it_is_that_of_a_row_whose_effects_are_0() -> None:
    found = compiled("bernoulli")
    values = point(found, np.random.default_rng(1))
    frame = fill(found.lowered, found.prepared.table)
    names = [n for n in values if n not in frame.arrays]
    stacked = {n: np.asarray(values[n])[None] for n in names}
    flat = stacked | {g.sd: 0.0 * stacked[g.sd] for g in found.lowered.groups}
    flat |= {g.reported_sd: flat[g.sd] for g in found.lowered.groups}
    at = AtOnce(found.lowered, replace(frame), flat)
    mean = measures.mean(at)
    np.testing.assert_allclose(averaged(mean, at), at_zero(mean, at), rtol=1e-12)

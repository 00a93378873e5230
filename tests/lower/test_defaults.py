"""Default priors, and which of the user's priors reaches a parameter."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from varying.compiler.bind.response import response_values
from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.compiler.families import FAMILIES
from varying.compiler.lower import default_priors as defaults
from varying.compiler.lower.learn import learn
from varying.compiler.program.expressions import Const
from varying.compiler.program.interpret import coordinates, evaluate
from varying.compiler.program.ir import Derived, Parameter
from varying.compiler.program.text import program_text
from varying.grammar.source import Source

RNG = np.random.default_rng(1)
N = 60
DATA: dict[str, Any] = {
    "two": [("a", "b")[i % 2] for i in range(N)],
    "three": [("c", "d", "e")[i % 3] for i in range(N)],
    "x": RNG.normal(100.0, 5.0, N),
    "z": RNG.normal(-3.0, 0.2, N),
    "dose": [(2.0, 12.0)[i % 2] for i in range(N)],
    "g": [f"g{i % 7}" for i in range(N)],
    "h": [f"h{i % 6}" for i in range(N)],
    "y": RNG.normal(500.0, 80.0, N),
    "w": [i % 2 for i in range(N)],
    "k": [i % 5 for i in range(N)],
    "rare": [i % 5 // 4 for i in range(N)],
}
SD_X, SD_Z = (float(np.std(DATA[name], ddof=1)) for name in "xz")
MEAN_Y, SD_Y = float(np.mean(DATA["y"])), float(np.std(DATA["y"], ddof=1))


def compiled(text: str) -> Compiled:
    return compile_spec(Request(Source(text), table_from_frame(DATA), model="main"))


def scales(text: str) -> dict[str, float]:
    model = compiled(text)
    bound, table = model.bound, model.prepared.table
    y = response_values(bound.response, table)
    (found,) = learn(bound, table, y, model.prepared.computed).parts
    names = [column.name for column in bound.population.columns]
    result = dict(zip(names, found.population.scales, strict=True))
    for grouping, terms in zip(bound.groupings, found.groups, strict=True):
        steps = [step for term in terms for step in term.scales]
        for column, step in zip(grouping.columns, steps, strict=True):
            result[f"{grouping.name}, {column.name}"] = step
    return result


def parameter(text: str, name: str) -> Parameter:
    return compiled(text).program.parameter(name)


def numbers(found: Parameter, argument: str, index: int = 0) -> float:
    value = dict(found.prior.arguments)[argument]
    assert isinstance(value, Const)
    return value.value[index] if isinstance(value.value, tuple) else value.value


# ---- the size of one step -----------------------------------------------------

STEPS = [
    ("y ~ two", "two[b]", 1.0),
    ("column two: factor, contrast=sum\ny ~ two", "two[S.a]", 2.0),
    ("column two: factor, contrast=simple\ny ~ two", "two[b]", 1.0),
    ("column two: factor, contrast=helmert\ny ~ two", "two[H.b]", 2.0),
    ("column three: factor, contrast=helmert\ny ~ three", "three[H.e]", 3.0),
    ("column three: factor, contrast=sdif\ny ~ three", "three[d-c]", 1.0),
    ("column three: factor, contrast=poly\ny ~ three", "three[.L]", math.sqrt(2)),
    ("y ~ 0 + two", "two[a]", 1.0),
    ("y ~ x", "x", SD_X),
    ("y ~ w", "w", 1.0),
    ("y ~ dose", "dose", 10.0),
    ("y ~ I(x / 10)", "I(x/10)", SD_X / 10),
    ("y ~ x * z", "x:z", SD_X * SD_Z),
    ("y ~ two * x", "two[b]:x", SD_X),
    ("y ~ dose * x", "dose:x", 10.0 * SD_X),
    ("column two: factor, contrast=sum\ny ~ two * x", "two[S.a]:x", 2.0 * SD_X),
    ("y ~ 1 + (x | g)", "g, Intercept", 1.0),
    ("y ~ 1 + (x | g)", "g, x", SD_X),
    ("y ~ 1 + (two * x || g)", "g, two[b]:x", SD_X),
]


@pytest.mark.parametrize(("text", "name", "wanted"), STEPS)
def test_one_step_of_a_column(text: str, name: str, wanted: float) -> None:
    assert scales(text)[name] == pytest.approx(wanted, rel=1e-12)


def test_the_product_of_two_columns_is_not_its_own_scale() -> None:
    """An uncentred moderator would make the prior far too narrow."""
    product = np.asarray(DATA["x"]) * np.asarray(DATA["z"])
    assert scales("y ~ x * z")["x:z"] < 0.2 * np.std(product, ddof=1)


def test_only_the_rows_used_count() -> None:
    model = compiled("where x > 100\ny ~ x")
    kept = np.array([v for v in DATA["x"] if v > 100])
    assert scales("where x > 100\ny ~ x")["x"] == pytest.approx(np.std(kept, ddof=1))
    assert len(model.prepared.rows) == len(kept)


# ---- the defaults --------------------------------------------------------------


def test_effects_in_the_units_of_the_response() -> None:
    b = parameter("y ~ x + two", "b")
    assert b.prior.distribution == "normal"
    assert numbers(b, "mu") == 0.0
    wide = defaults.EFFECT_WIDTH * SD_Y
    assert numbers(b, "sigma", 0) == pytest.approx(wide / SD_X)
    assert numbers(b, "sigma", 1) == pytest.approx(wide)


@pytest.mark.parametrize("family", ["bernoulli", "ordlogit"])
def test_effects_on_the_logit_scale(family: str) -> None:
    response = {"bernoulli": "w", "ordlogit": "k"}[family]
    b = parameter(f"{response} ~ x, family={family}", "b")
    assert numbers(b, "sigma") == pytest.approx(defaults.EFFECT_WIDTH / SD_X)
    sd = parameter(f"{response} ~ 1 + (x | g), family={family}", "sd_g_at_means")
    assert sd.prior.distribution == "exponential"
    assert numbers(sd, "rate", 0) == pytest.approx(1.0)
    assert numbers(sd, "rate", 1) == pytest.approx(SD_X)


@pytest.mark.parametrize("right", ["x + (1 + x | g)", "two + s(x) + (1 | g)"])
def test_two_categories_have_the_defaults_of_a_binary_response(right: str) -> None:
    """Whatever their shares: 12 of 60 are 1."""
    ordinal = f"column rare: ordered(0..1)\nrare ~ {right}, family=acat"
    found = compiled(ordinal).program.parameters
    wanted = compiled(f"rare ~ {right}, family=bernoulli").program.parameters
    priors = {one.name: one.prior for one in found if "threshold" not in one.name}
    assert len(priors) > 2
    others = {one.name: one.prior for one in wanted if one.name in priors}
    assert priors == others


@pytest.mark.parametrize("top", [3, 5, 11, 100])
def test_one_unit_of_acat_moves_ranks_as_one_of_a_latent_scale(top: int) -> None:
    """By ``sqrt(3)/pi`` of their standard deviations."""
    family = FAMILIES["acat"]
    ranks = RNG.binomial(top - 1, 0.6, 4000) + RNG.integers(-1, 2, 4000)
    ranks = np.clip(ranks, 0, top - 1).astype(float)
    moments = family.moments(ranks, categories=top)
    shares = np.bincount(ranks.astype(int), minlength=top) + 1e-9
    assert family.at_shares is not None
    threshold = family.at_shares(shares / shares.sum())
    eta = np.array([-1e-5, 1e-5])
    low, high = family.mean(eta=eta, threshold=threshold)
    moved = (high - low) / 2e-5 * moments.step / np.std(ranks)
    # it is that of a binary response where ranks vary less
    wanted = min(math.sqrt(3.0) / math.pi, float(np.std(ranks)))
    assert moved == pytest.approx(wanted, rel=1e-3)


STEPS_ADD_UP = [
    ("k ~ x", "b", "sigma", 2.5 / SD_X, 1.0),
    ("k ~ mo(w)", "b", "sigma", 2.5, 1.0),
    ("k ~ 1 + (1 + x | g)", "sd_g_at_means", "rate", 1.0, -1.0),
    # those of single thresholds are independent
    ("k ~ cs(x)", "bcs", "sigma", 2.5 / SD_X, 0.5),
    ("k ~ x + (cs(1) | g)", "sd_g", "rate", 1.0, -0.5),
]


@pytest.mark.parametrize(("text", "name", "argument", "wanted", "power"), STEPS_ADD_UP)
def test_effects_of_acat_add_up(
    text: str, name: str, argument: str, wanted: float, power: float
) -> None:
    unit = math.sqrt(3.0) / (math.pi * float(np.std(DATA["k"], ddof=1)))
    for family, expected in [("acat", wanted * unit**power), ("sratio", wanted)]:
        found = parameter(f"{text}, family={family}", name)
        assert numbers(found, argument) == pytest.approx(expected)
    reasons = [row.reason for row in compiled(f"{text}, family=acat").priors]
    assert any(f"one is {unit ** abs(power):.3g} here" in one for one in reasons)


def test_the_intercept_at_the_means() -> None:
    found = parameter("y ~ x", "Intercept_centered")
    assert numbers(found, "mu") == pytest.approx(MEAN_Y)
    assert numbers(found, "sigma") == pytest.approx(defaults.INTERCEPT_WIDTH * SD_Y)
    # as many ones as zeros
    found = parameter("w ~ x, family=bernoulli", "Intercept_centered")
    assert numbers(found, "mu") == 0.0
    assert numbers(found, "sigma") == pytest.approx(defaults.INTERCEPT_WIDTH_LATENT)


@pytest.mark.parametrize("text", ["k | rate(t) ~ 1", "k ~ 1 + offset(log(t))"])
def test_the_location_of_rates_is_events_over_exposure(text: str) -> None:
    t = [10.0 ** (i % 6) for i in range(N)]
    data = table_from_frame({**DATA, "t": t})
    model = compile_spec(Request(Source(f"{text}, family=poisson"), data))
    found = model.program.parameter("Intercept")
    wanted = math.log(sum(DATA["k"]) / sum(t))
    assert numbers(found, "mu") == pytest.approx(wanted, rel=1e-12)
    assert numbers(found, "sigma") == pytest.approx(defaults.INTERCEPT_WIDTH_LOG)


def test_an_offset_moves_the_location_by_its_mean() -> None:
    found = parameter("y ~ 1 + offset(z)", "Intercept")
    wanted = MEAN_Y - float(np.mean(DATA["z"]))
    assert numbers(found, "mu") == pytest.approx(wanted, rel=1e-12)


def test_groups_in_a_formula_for_sigma() -> None:
    sd = parameter("y ~ 1\n  sigma ~ x + (x | g)", "sigma_sd_g_at_means")
    assert sd.prior.distribution == "half_normal"
    wide = defaults.DPAR_GROUP_SD
    assert numbers(sd, "sigma", 0) == pytest.approx(wide)
    assert numbers(sd, "sigma", 1) == pytest.approx(wide / SD_X)


def test_standard_deviations() -> None:
    sd = parameter("y ~ x + (x | g)", "sd_g_at_means")
    assert numbers(sd, "rate", 0) == pytest.approx(1 / SD_Y)
    assert numbers(sd, "rate", 1) == pytest.approx(SD_X / SD_Y)
    assert numbers(parameter("y ~ x", "sigma"), "rate") == pytest.approx(1 / SD_Y)


def test_a_constant_response_has_a_unit_of_its_own() -> None:
    for family in ("gaussian", "student", "lognormal"):
        for flat in (np.full(N, 3.0), np.where(np.arange(N) % 2, 0.3, 0.1 + 0.2)):
            assert FAMILIES[family].moments(flat).s == 1.0


@pytest.mark.parametrize(
    ("text", "spanning", "others"),
    [
        ("y ~ 0 + three", ["three[c]", "three[d]", "three[e]"], []),
        ("y ~ 0 + three + x", ["three[c]", "three[d]", "three[e]"], ["x"]),
        ("y ~ three + two - 1", ["three[c]", "three[e]"], ["two[b]"]),
        ("y ~ 0 + two:three", ["two[a]:three[c]", "two[b]:three[e]"], []),
        ("y ~ 0 + x", [], ["x"]),
        ("y ~ 0 + three:x", [], ["three[c]:x"]),
        ("y ~ three", [], ["three[d]"]),
    ],
)
def test_columns_that_span_the_intercept_have_its_prior(
    text: str, spanning: list[str], others: list[str]
) -> None:
    rows = {row.target: row for row in compiled(text).priors}
    wide = defaults.INTERCEPT_WIDTH * SD_Y
    for name in spanning:
        row = rows[f"b[{name}]"]
        assert row.prior == f"normal({MEAN_Y:.4g}, {wide:.4g})"
        assert "no intercept" in row.reason
    for name in others:
        assert rows[f"b[{name}]"].prior.startswith("normal(0, ")


def test_a_prior_of_the_user_beats_that_of_the_intercept() -> None:
    text = "y ~ 0 + two\n  prior b[two[a]] ~ normal(1, 2)"
    rows = {row.target: row for row in compiled(text).priors}
    assert rows["b[two[a]]"].prior == "normal(1, 2)"
    assert rows["b[two[b]]"].prior.startswith(f"normal({MEAN_Y:.4g}, ")


# ---- what is printed ------------------------------------------------------------

WHOLE = [
    "y ~ two * x + (x | g) + (1 | h)",
    "y ~ 0 + two + (0 + x | g)",
    "w ~ x + (x || g), family=bernoulli",
    "k ~ two + (1 + two | g), family=ordlogit",
    "y ~ 1",
]


@pytest.mark.parametrize("text", WHOLE)
def test_every_parameter_has_a_line_with_a_reason(text: str) -> None:
    model = compiled(text)
    rows = {row.target: row for row in model.priors}
    assert len(rows) == len(model.priors)
    for row in model.priors:
        assert row.source == "default" and row.line is None
        assert row.prior and len(row.reason.split()) > 2
    wanted = {f"b[{column.name}]" for column in model.bound.population.columns}
    wanted |= {d.name for d in model.bound.family.dpars if d.fixed is None}
    for grouping in model.bound.groupings:
        wanted |= {f"sd[{grouping.name}, {c.name}]" for c in grouping.columns}
        if any(t.correlated and len(t.columns) > 1 for t in grouping.terms):
            wanted.add(f"cor[{grouping.name}]")
    centred = "[mean]" if model.bound.population.columns else ""
    if model.bound.family.thresholds:
        wanted.add(f"threshold{centred}")
    elif model.bound.population.intercept:
        wanted.add(f"Intercept{centred}")
    assert set(rows) == wanted


def test_lines_of_the_user_say_where_they_stand() -> None:
    text = "y ~ x + (1 | g)\n  prior b ~ normal(0, 1)\n  prior sigma = 2"
    rows = {row.target: row for row in compiled(text).priors}
    assert (rows["b[x]"].source, rows["b[x]"].line) == ("spec", 2)
    assert (rows["sigma"].prior, rows["sigma"].line) == ("= 2", 3)
    assert rows["sd[g, Intercept]"].source == "default"


# ---- which prior wins -------------------------------------------------------------

FORMULA = "model main: y ~ two * three + x + (1 + x | g) + (1 | h)"
#: File-level priors, those of the model, and the line that each target obeys.
CONTESTS: list[tuple[list[str], list[str], dict[str, str]]] = [
    ([], ["b ~ normal(0, 1)", "b[x] ~ normal(0, 2)"], {"x": "2", "two[b]": "1"}),
    ([], ["b[x] ~ normal(0, 2)", "b ~ normal(0, 1)"], {"x": "2", "two[b]": "1"}),
    (
        [],
        ["b[two:three] ~ normal(0, 3)", "b[two[b]:three[e]] ~ normal(0, 4)"],
        {"two[b]:three[d]": "3", "two[b]:three[e]": "4"},
    ),
    (
        [],
        ["b[three:two] ~ normal(0, 3)", "b[three[e]:two[b]] ~ normal(0, 4)"],
        {"two[b]:three[d]": "3", "two[b]:three[e]": "4"},
    ),
    (["b ~ normal(0, 1)"], ["b ~ normal(0, 2)"], {"x": "2", "two[b]": "2"}),
    (["b[x] ~ normal(0, 1)"], ["b ~ normal(0, 2)"], {"x": "1", "two[b]": "2"}),
    (["b[three] ~ normal(0, 1)"], ["b[three[d]] ~ normal(0, 2)"], {"three[e]": "1"}),
    ([], ["b[x, two] ~ normal(0, 5)"], {"x": "5", "two[b]": "5"}),
    (
        ["sd ~ half_normal(1)"],
        ["sd[g] ~ half_normal(2)", "sd[g, x] ~ half_normal(3)"],
        {"sd_g.Intercept": "2", "sd_g.x": "3", "sd_h.Intercept": "1"},
    ),
    (
        ["sd[g, x] ~ half_normal(1)"],
        ["sd ~ half_normal(2)"],
        {"sd_g.Intercept": "2", "sd_g.x": "1", "sd_h.Intercept": "2"},
    ),
]


@pytest.mark.parametrize(("shared", "own", "wanted"), CONTESTS)
def test_the_more_specific_wins_and_then_the_model(
    shared: list[str], own: list[str], wanted: dict[str, str]
) -> None:
    lines = [f"prior {text}" for text in shared]
    lines += ["model null: y ~ x + (1 + x | g)" if shared else "", FORMULA]
    lines += [f"  prior {text}" for text in own]
    rows = {row.target: row for row in compiled("\n".join(lines)).priors}
    for name, number in wanted.items():
        group, _, coefficient = (
            name.rpartition(".") if "sd_" in name else ("", "", name)
        )
        target = f"sd[{group[3:]}, {coefficient}]" if group else f"b[{name}]"
        assert rows[target].prior.rstrip(")").split()[-1].split("(")[-1] == number


def test_a_name_in_back_quotes_is_a_target() -> None:
    data = {**DATA, "reaction time": DATA["x"], "my g": DATA["g"], "odd f": DATA["two"]}
    text = """
y ~ `reaction time` * `odd f` + (`reaction time` | `my g`)
  prior b[`reaction time`] ~ normal(0, 3)
  prior b[`odd f`] ~ normal(0, 4)
  prior b[`odd f`[b]:`reaction time`] ~ normal(0, 5)
  prior sd[`my g`, `reaction time`] ~ half_normal(6)
"""
    model = compile_spec(Request(Source(text), table_from_frame(data)))
    written = {row.prior for row in model.priors if row.source == "spec"}
    assert written == {"normal(0, 3)", "normal(0, 4)", "normal(0, 5)", "half_normal(6)"}


# ---- what a prior of the user is about -----------------------------------------------


def test_a_literal_intercept_is_at_zero() -> None:
    lowered = compiled("y ~ x\n  prior Intercept ~ normal(7, 2)").lowered
    assert numbers(lowered.parameter("Intercept"), "mu") == 7.0


def test_an_intercept_at_the_means_is_there() -> None:
    text = "y ~ x\n  prior Intercept[mean] ~ normal(7, 2)"
    assert numbers(parameter(text, "Intercept_centered"), "mu") == 7.0


def test_a_prior_that_cannot_be_moved_is_at_the_means_too() -> None:
    """``half_normal`` has no location: the intercept there is the parameter."""
    model = compiled("y ~ x\n  prior Intercept[mean] ~ half_normal(7)")
    at_means = [p for p in model.program.parameters if "Intercept" in p.name]
    assert [p.prior.distribution for p in at_means] == ["half_normal"]
    assert at_means[0].name != "Intercept"
    intercept = next(d for d in model.program.derived if d.name == "Intercept")
    assert isinstance(intercept, Derived) and intercept.report


def test_constants_and_mixed_kinds_are_one_vector() -> None:
    text = """y ~ two + x + z
  prior b[x] = 2
  prior b[z] ~ student_t(3, 0, 1)"""
    program = compiled(text).program
    b = next(d for d in program.derived if d.name == "b")
    assert b.report and b.axes == ("coef",)
    parts = [p for p in program.parameters if p.axes]
    kinds = {p.prior.distribution for p in parts}
    assert kinds == {"normal", "student_t"}
    assert not any(part.report for part in parts)


@pytest.mark.parametrize("name", ["b", "sigma", "mu", "Intercept", "X", "row", "coef"])
def test_a_grouping_factor_may_have_any_name(name: str) -> None:
    """Its dimension must not be that of a quantity: PyMC refuses such a model."""
    data = {**DATA, name: DATA["g"]}
    model = compile_spec(
        Request(Source(f"y ~ x + (1 | {name})"), table_from_frame(data))
    )
    program = model.program
    taken = {p.name for p in program.parameters} | {d.name for d in program.derived}
    taken |= {p.name for p in program.predictors} | {s.name for s in program.slots}
    assert not taken & {axis.name for axis in program.axes}


# ---- moderators far from 0 ---------------------------------------------------------


@pytest.mark.parametrize(
    "terms", ["two*x", "x*z", "two*x*z", "0 + two + two:x", "three*x*dose + (1 | g)"]
)
def test_defaults_do_not_depend_on_where_a_moderator_has_its_zero(terms: str) -> None:
    """The effects are those at its mean: a model is the same for `x` and `x - 100`."""
    moved = {**DATA}
    for name in ("x", "z"):
        moved[name] = DATA[name] - np.mean(DATA[name])
    text = f"y ~ {terms}"
    one = compiled(text)
    other = compile_spec(Request(Source(text), table_from_frame(moved)))
    rng = np.random.default_rng(1)
    assert any(p.name == "b_at_means" for p in one.program.parameters)
    for _ in range(3):
        point = {
            c.name: rng.normal(size=c.shape)
            for c in coordinates(one.program, one.frame)
        }
        same = {name.replace("b_at_means", "b"): x for name, x in point.items()}
        values, found = evaluate(one.program, one.frame, point)
        wanted_values, wanted = evaluate(other.program, other.frame, same)
        assert found == pytest.approx(wanted, rel=1e-9)
        if "Intercept" in values:
            # both are about 0 of their own predictors
            assert values["Intercept"] != pytest.approx(wanted_values["Intercept"])


def test_a_near_moderator_changes_nothing() -> None:
    assert "b_at_means" not in program_text(compiled("y ~ two*w + three*w").program)
    assert "b_at_means" not in program_text(compiled("y ~ x + z + two*three").program)


def test_a_prior_of_the_user_is_about_zero_of_the_moderator() -> None:
    """Its own effect is taken literally; the others are still at the means."""
    model = compiled("y ~ two*x*z\n  prior b[two] ~ normal(0, 3)")
    rng = np.random.default_rng(1)
    point = {
        c.name: rng.normal(size=c.shape)
        for c in coordinates(model.program, model.frame)
    }
    values = evaluate(model.program, model.frame, point)[0]
    b, raw = values["b"], point["b_at_means"]
    names = list(model.program.axis("coef").labels or ())
    at = {name: names.index(name) for name in names}
    x, z = np.mean(DATA["x"]), np.mean(DATA["z"])
    assert b[at["two[b]"]] == raw[at["two[b]"]]
    assert raw[at["two[b]:x"]] == pytest.approx(
        b[at["two[b]:x"]] + z * b[at["two[b]:x:z"]]
    )
    assert raw[at["z"]] == pytest.approx(b[at["z"]] + x * b[at["x:z"]])
    row = next(r for r in model.priors if r.target == "b[z]")
    assert row.reason.endswith("at the mean of x")


@pytest.mark.parametrize("part", ["", "\n  shape ~ two"])
def test_a_model_of_rates_does_not_depend_on_the_unit_of_time(part: str) -> None:
    """Exposures in days or in seconds: the same model, but for the intercept."""
    found = []
    for unit in (1.0, 86_400.0):
        data = {**DATA, "t": unit * np.linspace(0.5, 3.0, N)}
        text = f"k | rate(t) ~ two + (1 | g), family=negbinomial{part}"
        model = compile_spec(Request(Source(text), table_from_frame(data)))
        point = {
            c.name: np.full(c.shape, 0.3)
            for c in coordinates(model.program, model.frame)
        }
        for name in point:
            if name.endswith("Intercept_centered"):
                point[name] = point[name] - np.log(unit)
        found.append(float(np.real(evaluate(model.program, model.frame, point)[1])))
    assert found[1] == pytest.approx(found[0], rel=1e-9)

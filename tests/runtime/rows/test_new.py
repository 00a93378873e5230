"""New rows: by hand from the draws, and what is wrong with them, in words."""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from scipy import stats
from scipy.special import expit

import varying
from varying.grammar.diagnostics import ModelError
from varying.runtime.fit.fit import Fit
from varying.runtime.rows.engine import Draws
from varying.runtime.rows.new import new_rows, read_rows
from varying.runtime.rows.predict import computed, labelled

N = 60
HEAD = (
    "column cond: factor(ctl, drug, both)\n"
    "let late = age > 40\n"
    "let score = scale(2 * x + 1)\n"
    "where y < 2\n"
)


@cache
def data() -> pd.DataFrame:
    rng = np.random.default_rng(7)
    subj = np.repeat([f"s{k}" for k in range(10)], N // 10)
    return pd.DataFrame(
        {
            "subj": subj,
            "other": np.roll(subj, 7),
            "arm": np.where(subj < "s5", "a", "b"),
            "x": rng.normal(2.0, 1.5, N),
            "age": rng.uniform(20.0, 60.0, N),
            "cond": np.tile(["ctl", "drug", "both"], N // 3),
            "n": rng.integers(1, 9, N),
            "y": rng.normal(size=N),
            "z": rng.normal(size=N),
            "k": rng.integers(0, 2, N),
            "wave": rng.integers(1, 5, N),
            "rating": rng.integers(1, 5, N),
        }
    )


@cache
def fit(text: str) -> Fit:
    """Return a short fit: of whatever draws, the question is what is made of them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = varying.compile(HEAD + text, data())
        return model.fit(draws=40, tune=60, chains=2, seed=1, progress=False)


def draw(of: Fit, name: str) -> Any:
    """Return the draws of a variable: draws, its own axes."""
    found = of.data["posterior"][name].transpose("chain", "draw", ...).values
    return found.reshape(-1, *found.shape[2:])


def flat(values: Any) -> Any:
    """Return a prediction by draws and rows."""
    found = values.transpose("chain", "draw", ...).values
    return found.reshape(-1, *found.shape[2:])


SPECS = {
    "codings and splines": "y ~ scale(x)*cond + poly(age, 2) + (1 + x | subj)\n",
    "lets": "y ~ score + late + ns(age, 3) + (1 | subj)\n",
    "cut": "y ~ cut(age, [0, 30, 45, 99]) + within(x, cond) + (1 | subj:cond)\n",
    "within": "y ~ within(x, subj) + between(x, subj) + (1 | subj)\n",
    "monotonic": "y ~ mo(wave)*x + (1 + mo(wave) | subj)\n  sigma ~ cond\n",
    "trials": "k | trials(n) ~ x + (1 | subj), family=binomial\n",
    "rate": "k | rate(n) ~ x + offset(log(age)) + (1 | subj), family=negbinomial\n",
    "ordinal": "rating ~ x*cond + (1 + x | subj), family=ordlogit\n",
    "strata": "y ~ cond + (1 + x | gr(subj, by=arm))\n",
    "members": "y ~ cond + (1 + x | mm(subj, other, weights=cbind(n, wave)))\n",
    "student": "y ~ cond + (1 | gr(subj, dist=student))\n",
    "shared": "y ~ cond + (1 + x |p| subj)\n  sigma ~ (1 |p| subj)\n",
}


NAMELESS = pytest.mark.filterwarnings("ignore:.*rows have no value")


@pytest.mark.parametrize("name", SPECS)
def test_rows_of_the_fit_are_new_rows_like_others(name: str) -> None:
    made = fit(SPECS[name])
    used = made.predict("eta")["row"].values
    rows = data().drop(columns=["y", "rating"] + ["k"] * ("k |" not in SPECS[name]))
    rows = rows.iloc[used].iloc[::-1]
    if name == "within":
        rows = rows.iloc[::-1]  # sums over the rows of a group, in their order
    for kind in ("eta", "prob" if name == "ordinal" else "mean"):
        fitted = flat(made.predict(kind=kind))  # type: ignore[arg-type]
        few = rows.drop(columns="k", errors="ignore")
        new = flat(made.predict(few, kind))  # type: ignore[arg-type]
        order = slice(None) if name == "within" else slice(None, None, -1)
        np.testing.assert_allclose(new[:, order], fitted, rtol=1e-10, atol=1e-12)


def test_new_rows_are_computed_by_hand() -> None:
    made = fit("y ~ x + cond + (1 + x | subj)\n")
    rows = {"x": [0.5, 3.0], "cond": ["both", "ctl"], "subj": ["s3", "s0"]}
    b, effects = draw(made, "b"), draw(made, "r_subj")
    population = np.stack(
        [
            draw(made, "Intercept") + 0.5 * b[:, 0] + b[:, 2],
            draw(made, "Intercept") + 3.0 * b[:, 0],
        ],
        axis=1,
    )
    own = np.stack([effects[:, 3] @ [1.0, 0.5], effects[:, 0] @ [1.0, 3.0]], axis=1)
    found = flat(made.predict(rows, "mean"))
    np.testing.assert_allclose(found, population + own, rtol=1e-12)
    found = flat(made.predict(rows, "eta", groups="zero"))
    np.testing.assert_allclose(found, population, rtol=1e-12)
    # the mean of the identity link is that of a group in the middle
    found = flat(made.predict(rows, "mean", groups="average"))
    np.testing.assert_allclose(found, population, rtol=1e-12)
    del rows["subj"]
    found = flat(made.predict(rows, "eta", groups="zero"))
    np.testing.assert_allclose(found, population, rtol=1e-12)


def test_files_and_frames_are_the_same_rows(tmp_path: Path) -> None:
    made = fit(SPECS["lets"])
    rows = data()[["age", "x", "subj"]].head(5)
    rows.to_csv(tmp_path / "new.csv", index=False)
    wanted = made.predict(rows, "mean")
    assert made.predict(tmp_path / "new.csv", "mean").equals(wanted)
    assert made.predict(str(tmp_path / "new.csv"), "mean").equals(wanted)
    assert made.predict(rows.to_dict("list"), "mean").equals(wanted)
    assert wanted["row"].values.tolist() == [0, 1, 2, 3, 4]


def test_the_rows_of_the_fit_are_predicted_without_their_groups() -> None:
    made = fit(SPECS["ordinal"])
    used = made.predict("eta")["row"].values
    rows = data().iloc[used].drop(columns=["subj", "rating"])
    for groups in ("zero", "average"):
        ours = flat(made.predict(kind="prob", groups=groups))  # type: ignore[arg-type]
        new = flat(made.predict(rows, "prob", groups=groups))  # type: ignore[arg-type]
        np.testing.assert_allclose(new, ours, rtol=1e-12)
        np.testing.assert_allclose(ours.sum(axis=-1), 1.0)


# ---- levels that the fit has not seen ------------------------------------------------


@NAMELESS
def test_new_levels_have_the_same_effects_in_all_rows() -> None:
    made = fit("y ~ x + (1 + x | subj)\n  sigma ~ (1 | subj)\n")
    rows = pd.DataFrame(
        {"x": [0.0, 1.0, 0.0, 0.0, 2.0], "subj": ["new", "new", "s3", "other", "new"]}
    )
    eta = flat(made.predict(rows, "eta", groups="new", seed=5))
    first = eta[:, 1] - eta[:, 0]
    np.testing.assert_allclose(eta[:, 4] - eta[:, 1], first, rtol=1e-9)
    assert np.abs(eta[:, 0] - eta[:, 3]).min() > 0.0
    np.testing.assert_allclose(eta[:, 2], flat(made.predict(rows[2:3], "eta"))[:, 0])
    again = flat(made.predict(rows, "eta", groups="new", seed=5))
    np.testing.assert_array_equal(again, eta)
    other = flat(made.predict(rows, "eta", groups="new", seed=6))
    assert np.abs(other[:, 0] - eta[:, 0]).min() > 0.0
    # without a value or a column, each row is a group of its own
    nameless = flat(made.predict({"x": [0.0, 0.0]}, "eta", groups="new", seed=5))
    assert np.abs(nameless[:, 0] - nameless[:, 1]).min() > 0.0
    rows["subj"] = [None, None, "s3", "s3", None]
    mixed = flat(made.predict(rows, "eta", groups="new", seed=5))
    np.testing.assert_allclose(mixed[:, 2], eta[:, 2], rtol=1e-12)


def test_new_members_of_several_are_weighted() -> None:
    made = fit(SPECS["members"])
    rows = {"x": [0.0] * 3, "cond": ["ctl"] * 3, "n": [1, 2, 6]}
    rows["wave"] = [2] * 3
    rows |= {"subj": ["new", "s1", "new"], "other": ["s1", "s1", None]}
    with pytest.raises(ModelError, match="missing-value"):
        made.predict(rows, "eta")
    rows["other"] = ["s1", "s1", "newer"]
    with pytest.raises(ModelError, match="`new` in 2 rows: 1, 3; `newer` in row 3"):
        made.predict(rows, "eta")
    eta = flat(made.predict(rows, "eta", groups="new", seed=2))
    added = eta - flat(made.predict(rows, "eta", groups="zero"))
    known = draw(made, "r_mmsubjother")[:, 1, 0]
    np.testing.assert_allclose(added[:, 1], known, rtol=1e-9)
    new = (added[:, 0] - known * 2 / 3) * 3
    assert np.abs(new - known).min() > 0.0
    average = flat(made.predict(rows, "mean", groups="average"))
    wanted = flat(made.predict(rows, "mean", groups="zero"))
    np.testing.assert_allclose(average, wanted, rtol=1e-12)


@NAMELESS
def test_new_effects_have_the_tails_of_the_fitted_ones() -> None:
    made, many = fit(SPECS["student"]), 40_000
    few = Fit(made.data.isel(draw=[3]), made.provenance, made._origin)
    rows = {"cond": ["ctl"] * many}
    eta = flat(few.predict(rows, "eta", groups="new", seed=3))
    added = eta - flat(few.predict(rows, "eta", groups="zero"))
    scale, df = draw(few, "sd_subj")[:, 0], draw(few, "df_subj")
    for at, values in enumerate(added):
        t = stats.t(df[at], scale=scale[at])
        shares = [0.01, 0.1, 0.5, 0.9, 0.99]
        found = [(values < t.ppf(share)).mean() for share in shares]
        np.testing.assert_allclose(found, shares, atol=0.01)
    # the mean of the identity link is that of a group in the middle
    one = {"cond": ["ctl"]}
    found = made.predict(one, "mean", groups="average")
    xr.testing.assert_allclose(found, made.predict(one, "mean", groups="zero"))
    # by the name that brms's users look for
    found = made.predict(one, "mean", groups="population")
    xr.testing.assert_identical(found, made.predict(one, "mean", groups="zero"))


@pytest.mark.parametrize(
    ("x", "said"),
    [
        ([0.0, 1.0], None),
        ([0.0, 900.0, 1e3], "2 new rows are outside (0 to 1000)"),
        ([-900.0], "1 new row is outside (-900 to -900)"),
    ],
)
def test_numbers_outside_those_of_the_fit_are_named(
    x: list[float], said: str | None
) -> None:
    made = fit("y ~ x + cond + (1 + x | subj)\n")
    rows = {"x": x, "cond": ["ctl"] * len(x), "subj": ["s3"] * len(x)}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        made.predict(rows, "mean")
    texts = [str(one.message) for one in caught]
    assert len(texts) == (said is not None)
    assert all(said in text and text.startswith("`x` is ") for text in texts if said)


@pytest.mark.parametrize("name", ["strata", "shared", "ordinal"])
def test_new_effects_are_of_the_fitted_population(name: str) -> None:
    made, many = fit(SPECS[name]), 20_000
    rows = {"x": [0.0, 1.0] * many, "cond": ["ctl"] * 2 * many, "arm": ["b"] * 2 * many}
    rows["subj"] = [f"new{k // 2}" for k in range(2 * many)]
    few = made.data.isel(draw=slice(0, 2))
    kept = Fit(few, made.provenance, made._origin)
    eta = flat(kept.predict(rows, "eta", groups="new", seed=3))
    zero = flat(kept.predict(rows, "eta", groups="zero"))
    added = (eta - zero).reshape(4, many, 2)
    intercept, slope = added[..., 0], added[..., 1] - added[..., 0]
    sd, cor = draw(kept, "sd_subj"), draw(kept, "cor_subj")
    first = 2 if name == "strata" else 0  # those of the arm `b` come second
    for at in range(4):
        own = sd[at, first : first + 2]
        assert intercept[at].std() == pytest.approx(own[0], rel=0.03)
        assert slope[at].std() == pytest.approx(own[1], rel=0.03)
        found = np.corrcoef(intercept[at], slope[at])[0, 1]
        assert found == pytest.approx(cor[at, first + 1, first], abs=0.03)
    if name == "shared":
        log_sigma = flat(kept.predict(rows, "eta", dpar="sigma", groups="new", seed=3))
        level = log_sigma.reshape(4, many, 2)[..., 0]
        for at in range(4):
            found = np.corrcoef(intercept[at], level[at])[0, 1]
            assert found == pytest.approx(cor[at, 2, 0], abs=0.03)


# ---- what is wrong, in words --------------------------------------------------------

GOOD = {"x": [1.0, 2.0], "cond": ["ctl", "drug"], "age": [30, 50], "subj": ["s1", "s2"]}
WRONG: dict[str, tuple[dict[str, Any], str, str]] = {
    "level": ({"cond": ["ctl", "durg"]}, "new-level", "`durg` in row 2"),
    "group": ({"subj": ["s1", "s99"]}, "new-level", "`s99` in row 2"),
    "no column": ({"age": None}, "unknown-column", "no column `age`"),
    "no group": ({"subj": None}, "unknown-column", "no column `subj`"),
    "no value": ({"x": [1.0, np.nan]}, "missing-value", "`x` has no value in row 2"),
    "no group value": ({"subj": ["s1", None]}, "missing-value", "`subj`"),
    "no factor value": ({"cond": [None, "drug"]}, "missing-value", "`cond`"),
    "text": ({"x": ["1.0", "two"]}, "wrong-type", "`x` is a number in the rows"),
    "no logarithm": ({"age": [-3, 50]}, "infinite-value", "`log(age)`"),
}


@NAMELESS
@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said_with_column_and_rows(case: str) -> None:
    changed, rule, text = WRONG[case]
    made = fit("y ~ x + cond + log(age) + (1 + x | subj)\n")
    rows = {n: v for n, v in {**GOOD, **changed}.items() if v is not None}
    with pytest.raises(ModelError) as caught:
        made.predict(rows, "mean")
    (found,) = caught.value.diagnostics
    assert found.rule == rule
    assert text in found.message
    if "group" in case:
        assert any("groups=new" in note for note in found.notes)
        assert made.predict(rows, "mean", groups="new").sizes["row"] == 2


def test_a_level_in_two_strata_is_refused() -> None:
    rows = {"x": [0, 1], "cond": ["ctl"] * 2, "subj": ["new"] * 2, "arm": ["a", "b"]}
    with pytest.raises(ModelError, match="group-not-nested"):
        fit(SPECS["strata"]).predict(rows, groups="new")
    rows["arm"] = ["a", "c"]
    with pytest.raises(ModelError, match="new-level"):
        fit(SPECS["strata"]).predict(rows, groups="new")


def test_an_average_that_does_not_exist_is_refused() -> None:
    made = fit(
        "exp(y) ~ cond + (1 | subj), family=lognormal\n  sigma ~ 1 + (1 | subj)\n"
    )
    with pytest.raises(ValueError, match="over new levels of `subj` is infinite"):
        made.predict(kind="mean", groups="average")
    made.predict(kind="eta", groups="average")


def test_arguments_that_make_no_sense() -> None:
    made = fit(SPECS["shared"])
    for kind in ("response", "eta"):
        with pytest.raises(ValueError, match="groups='new'"):
            made.predict(kind=kind, groups="new")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="a response is of a group"):
        made.predict(groups="average")
    with pytest.raises(ValueError, match="groups is one of"):
        made.predict(groups="all")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="data are a data frame"):
        made.predict(3)
    with pytest.raises(ModelError, match="no-such-file"):
        made.predict("nothing.csv")
    with pytest.raises(ModelError, match="empty-data"):
        made.predict(data().head(0))


# ---- models of other kinds -----------------------------------------------------------

SEVERAL = "mvbind(y, z) ~ x + (1 |p| subj), rescor=true\n"


@NAMELESS
def test_several_responses_are_predicted_together() -> None:
    made, many = fit(SEVERAL), 4000
    few = Fit(made.data.isel(draw=[5]), made.provenance, made._origin)
    rows = {"x": [0.0] * many}
    both = [
        flat(few.predict(rows, "eta", groups="new", seed=2, response=name))
        for name in ("y", "z")
    ]
    zero = [
        flat(few.predict(rows, "eta", groups="zero", response=name))
        for name in ("y", "z")
    ]
    drawn = [
        flat(few.predict(rows, groups="new", seed=2, response=name))
        for name in ("y", "z")
    ]
    sd, cor = draw(few, "y_sd_subj"), draw(few, "y_cor_subj")
    residual = draw(few, "rescor") if "rescor" in few.data["posterior"] else None
    for at in range(2):
        effects = [eta[at] - null[at] for eta, null in zip(both, zero, strict=True)]
        assert effects[0].std() == pytest.approx(sd[at, 0], rel=0.05)
        assert effects[1].std() == pytest.approx(sd[at, 1], rel=0.05)
        found = np.corrcoef(effects)[0, 1]
        assert found == pytest.approx(cor[at, 1, 0], abs=0.06)
        # the same groups, and what is left is correlated as the residuals are
        rest = [values[at] - eta[at] for values, eta in zip(drawn, both, strict=True)]
        if residual is not None:
            found = np.corrcoef(rest)[0, 1]
            wanted = np.ravel(residual[at])
            assert found == pytest.approx(wanted[wanted != 1.0][0], abs=0.06)
        for values, name in zip(rest, ("y_sigma", "z_sigma"), strict=True):
            assert values.std() == pytest.approx(draw(few, name)[at], rel=0.06)
    own = made.predict(data().head(6), "mean", response="z")
    assert own.sizes["row"] == 6


def test_people_whose_thresholds_vary() -> None:
    made = fit("rating ~ x + (1 | subj), family=ordlogit\n  threshold ~ (1 | subj)\n")
    rows = pd.concat([data().head(2), *[data().head(1)] * 300], ignore_index=True)
    rows["subj"] = [*rows["subj"][:2], *(f"new{i}" for i in range(300))]
    rows.loc[2:, "x"] = 0.5
    found = flat(made.predict(rows, "prob", groups="new", seed=1))
    known = flat(made.predict(data().head(2), "prob"))
    np.testing.assert_allclose(found[:, :2], known, rtol=1e-12)
    assert found[:, 2:].std(axis=1).min() > 0.0
    average = flat(made.predict(rows[2:3], "prob", groups="average"))[:, 0]
    error = found[:, 2:].std(axis=(0, 1)) / np.sqrt(300)
    assert (np.abs(found[:, 2:].mean(axis=1) - average).mean(axis=0) < 2 * error).all()
    # a person in the middle of the population has the thresholds of all
    zero = flat(made.predict(rows[2:3].drop(columns="subj"), "prob", groups="zero"))
    below = expit(draw(made, "threshold") - 0.5 * draw(made, "b"))
    np.testing.assert_allclose(zero[:, 0].cumsum(axis=1)[:, :-1], below, rtol=1e-9)
    for groups, wanted in (("average", average), ("zero", zero[:, 0])):
        spec = f"means of = x, x=[0.5], scale=prob, groups={groups}"
        asked = flat(made.ask(spec).draws)
        np.testing.assert_allclose(asked.reshape(wanted.shape), wanted, rtol=1e-9)


def test_thresholds_of_any_response_may_vary() -> None:
    """Of new people too, whichever response they are of."""
    spec = (
        "y ~ x + (1 | subj)\n  rating ~ x + (1 | subj), family=ordlogit\n"
        "  rating.threshold ~ (1 | subj)\n"
    )
    whole = varying.compile(spec, data()).compiled
    assert whole is not None
    rows = data().head(3)
    for of in (whole, whole.of("rating")):
        for groups in ("zero", "average", "new", "fitted"):
            new_rows(of, read_rows(rows, of), groups)
    other = whole.of("y")
    new_rows(other, read_rows(rows, other), "zero")


def test_a_formula_that_is_not_linear() -> None:
    made = fit(
        "y ~ a * exp(-b1 * age / 30), nl=true\n"
        "  a ~ 1 + (1 | subj)\n  b1 ~ 1\n"
        "  prior a.Intercept ~ normal(0, 1)\n  prior b1.Intercept ~ normal(0, 0.3)\n"
    )
    rows = {"age": [20.0, 50.0], "subj": ["s2", "new"]}
    eta = flat(made.predict(rows, "mean", groups="new", seed=1))
    a = flat(made.predict(rows, "eta", dpar="a", groups="new", seed=1))
    rate = draw(made, "b1_Intercept")[:, None]
    wanted = a * np.exp(-rate * np.array([20.0, 50.0]) / 30.0)
    np.testing.assert_allclose(eta, wanted, rtol=1e-10)
    known = draw(made, "a_Intercept") + draw(made, "a_r_subj")[:, 2, 0]
    np.testing.assert_allclose(a[:, 0], known, rtol=1e-10)


def test_many_levels_that_nobody_knows_are_counted() -> None:
    made, many = fit(SPECS["student"]), 3000
    rows = {"cond": ["ctl"] * many, "subj": [f"p{k}" for k in range(many)]}
    with pytest.raises(ModelError, match="2,995 more") as caught:
        made.predict(rows, "eta")
    assert "`subj` has 3,000 levels" in caught.value.diagnostics[0].message
    rows["cond"] = [f"c{k}" for k in range(many)]
    with pytest.raises(ModelError, match="`cond` has 3,000 levels"):
        made.predict(rows, "eta", groups="new")


def test_rows_of_wide_data_are_those_that_wide_makes(tmp_path: Path) -> None:
    cells = "".join(f"{k},{k},{k + 1.5},{k % 4}\n" for k in range(12))
    (tmp_path / "w.csv").write_text(f"id,t1,t2,t3\n{cells}")
    wide = "wide(y: t1 = (time=1), t2 = (time=2), t3 = (time=3))"
    text = f'data "{tmp_path / "w.csv"}", {wide}\ny ~ time + (1 | id)\n'
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = varying.compile(text)
        made = model.fit(draws=20, tune=40, chains=1, seed=1, progress=False)
    found = flat(made.predict({"time": [2, 3], "id": [3, 4]}, "eta"))
    whole = flat(made.predict(kind="eta"))
    np.testing.assert_allclose(found, whole[:, [10, 14]], rtol=1e-10)
    with pytest.raises(ModelError, match="new rows are long"):
        made.predict(tmp_path / "w.csv", "eta")


def test_answers_that_are_not_told_are_drawn_along() -> None:
    """Times, their means and the chances of answers, beside those of each answer."""
    told = pd.DataFrame({"rt": [0.5, 0.9, 0.7], "a": [0, 1, 1], "x": [0, 1, 2]})
    spec = "rt | dec(a) ~ x, family=wiener"
    compiled = varying.compile(spec, told).compiled
    assert compiled is not None
    values = {"Intercept": 0.4, "Intercept_centered": 0.7, "b": [0.3]}
    values |= {"bs": 1.4, "ndt": 0.25, "bias": 0.6}
    each = {
        name: (
            ("chain", "draw", *["coef"] * np.ndim(v)),
            np.broadcast_to(v, (1, 1000, *np.shape(v))),
        )
        for name, v in values.items()
    }
    draws = Draws(xr.Dataset(each, {"chain": [0], "draw": np.arange(1000)}))

    def asked(frame: pd.DataFrame, kind: Any) -> np.ndarray[Any, Any]:
        (rows,) = new_rows(compiled, read_rows(frame, compiled), kind=kind).each
        return labelled(computed(rows, kind, seed=3), draws).mean("draw").values[0]

    bare = told[["x"]]
    chance = asked(bare, "prob")
    assert chance == pytest.approx(asked(told, "prob"))
    means = [asked(told.assign(a=answer), "mean") for answer in (0, 1)]
    assert asked(bare, "mean") == pytest.approx((chance * np.transpose(means)).sum(1))
    both = asked(bare, "response")
    assert both[:, 1] == pytest.approx(chance[:, 1], abs=0.06)
    assert both[:, 0] == pytest.approx(asked(bare, "mean"), abs=0.08)
    assert asked(told, "response").shape == (3,)


@pytest.mark.parametrize("beside", ["", " | cens(c)"])
def test_how_likely_rows_are_of_each_component(beside: str) -> None:
    """The share of each times its density, or what it has there, by hand."""
    frame = pd.DataFrame({"y": [0.0, 3.0, 5.0, -1.0], "x": range(4), "c": [0, 1, 0, 0]})
    spec = f"y{beside} ~ 1, family=mixture(gaussian, gaussian)"
    compiled = varying.compile(spec, frame)
    assert compiled.compiled is not None
    values = {"mu1_Intercept": 0.0, "mu2_Intercept": 4.0, "sigma1": 1.0}
    values |= {"sigma2": 2.0, "theta1": 0.3}
    each = {name: (("chain", "draw"), np.full((1, 2), v)) for name, v in values.items()}
    draws = Draws(xr.Dataset(each, {"chain": [0], "draw": [0, 1]}))
    there = pd.DataFrame({"y": [1.0, 9.0], "c": [1, -1]})
    read = read_rows(there, compiled.compiled)
    kind: Any = "membership"
    (rows,) = new_rows(compiled.compiled, read, kind=kind, response=True).each
    found = labelled(computed(rows, kind), draws)
    assert found.dims == ("chain", "draw", "row", "component")
    parts = ((0.3, stats.norm(0.0, 1.0)), (0.7, stats.norm(4.0, 2.0)))
    first, second = (
        share * np.array([of.sf(1.0), of.cdf(9.0)] if beside else of.pdf([1.0, 9.0]))
        for share, of in parts
    )
    assert found.values[0, 0, :, 0] == pytest.approx(first / (first + second))
    with pytest.raises(varying.ModelError, match="have no column `y`"):
        read = read_rows(frame[["x"]], compiled.compiled)
        new_rows(compiled.compiled, read, kind=kind, response=True)


@pytest.mark.filterwarnings("ignore:`x` is .* extrapolates the model")
def test_a_mean_that_the_link_has_not() -> None:
    made = fit("k ~ x, family=poisson, link=inverse\n")
    beyond = pd.DataFrame({"x": [2.0, -1e6, 1e6]})
    with pytest.raises(ValueError, match="a parameter of poisson is no number"):
        made.predict(beyond, "response")

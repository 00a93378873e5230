"""Predictions and log likelihoods, held against PyMC on draws from the priors."""

from __future__ import annotations

import pickle
from functools import cache
from pathlib import Path

import arviz as az
import numpy as np
import pandas as pd
import pymc as pm
import pytensor
import pytest
import xarray as xr

import varying
from varying.compiler.program.fill import fill
from varying.compiler.program.interpret import coordinates, evaluate
from varying.compiler.program.interpret.density import likelihood_arguments
from varying.compiler.program.interpret.rows import row_arguments
from varying.runtime.fit.fit import Fit
from varying.runtime.model import Model

from ..fits import made_fit, settings

CHAINS, DRAWS = 2, 6
ROWS = 30
PRIORS = "  prior sd ~ half_normal(0.5)\n  prior b ~ normal(0, 0.5)\n"

SPECS = {
    "gaussian, correlated slopes": "y ~ x*f + (1 + x | g)\n",
    "gaussian, centered": "y ~ x + (1 + x | g), parameterization=centered\n",
    "gaussian, no intercept": "y ~ 0 + f + x + (0 + x || g)\n",
    "gaussian, priors of several kinds": (
        "y ~ x*f + (1 | g)\n"
        "  prior b[x] ~ student_t(4, 0, 1)\n"
        "  prior sigma = 2\n"
        "  prior Intercept ~ normal(1, 1)\n"
    ),
    "bernoulli": "binary ~ x*f + (1 + x | g), family=bernoulli\n",
    "ordlogit": "rating ~ x*f + (1 + x | g), family=ordlogit\n",
    "ordlogit, centered": (
        "rating ~ x + (1 | g), family=ordlogit, parameterization=centered\n"
    ),
    "ordlogit, dirichlet": (
        "rating ~ x + (1 | g), family=ordlogit\n  prior threshold ~ dirichlet(2)\n"
    ),
    "ordlogit, normal thresholds": (
        "rating ~ x + (1 | g), family=ordlogit\n  prior threshold ~ normal(0, 2)\n"
    ),
    "sigma": "y ~ x + (1 | g)\n  sigma ~ f + (1 | g)\n",
    "disc": "rating ~ x, family=ordlogit\n  disc ~ f\n",
    "trials": "k | trials(n) ~ x + (1 | g), family=binomial\n",
    "offset": "k ~ x + offset(log(n)) + (1 | g), family=poisson\n",
    "keep": "y ~ x + (1 | g)\n  keep mu\n",
    "ordlogit, names": "word ~ x, family=ordlogit\n",
}
HEAD = (
    "column rating: ordered(1..5)\n"
    "column word: ordered(low, mid, high)\n"
    "column f: factor(u, v, w), contrast=sum\n"
    "let x = log(time)\n"
    "where time < 50\n"
)


@cache
def data() -> pd.DataFrame:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "time": np.exp(rng.normal(size=ROWS)),
            "f": rng.choice(["u", "v", "w"], ROWS),
            "g": rng.choice(["s1", "s2", "ünter", "s4", "s5"], ROWS),
            "y": rng.normal(3.0, 2.0, ROWS),
            "binary": rng.integers(0, 2, ROWS),
            "rating": rng.integers(1, 6, ROWS),
            "word": rng.choice(["low", "mid", "high"], ROWS),
            "n": np.arange(ROWS) % 4 + 3,
            "k": rng.integers(0, 4, ROWS),
            "unused": 1.0,
        }
    )
    frame.loc[3, "time"] = 99.0
    frame.loc[7, "g"] = None
    return frame


@cache
def model(name: str) -> Model:
    return varying.compile(HEAD + SPECS[name], data())


def as_fit(of: Model, prior: xr.Dataset, observed: xr.Dataset) -> Fit:
    """Return a fit whose draws are those of a data set of parameters."""
    chains, draws = prior.sizes["chain"], prior.sizes["draw"]
    groups = {
        "posterior": prior,
        "sample_stats": xr.Dataset(
            {"diverging": (("chain", "draw"), np.zeros((chains, draws), bool))}
        ),
        "observed_data": observed,
    }
    chosen = settings(chains=chains, draws=draws)
    return of._fitted(xr.DataTree.from_dict(groups), chosen, 0.0)


@cache
def fit(name: str) -> Fit:
    """Return a fit with draws from the priors in place of the posterior."""
    found = pm.sample_prior_predictive(
        CHAINS * DRAWS,
        model=model(name).pymc,
        random_seed=3,
        compile_kwargs={"mode": "FAST_COMPILE"},
    )
    prior = found["prior"].to_dataset().isel(chain=0)
    chains = [
        prior.isel(draw=slice(DRAWS * c, DRAWS * (c + 1))).assign_coords(
            draw=np.arange(DRAWS), chain=c
        )
        for c in range(CHAINS)
    ]
    joined = xr.concat(chains, "chain").transpose("chain", "draw", ...)
    return as_fit(model(name), joined, found["observed_data"].to_dataset())


def by_pymc(fit: Fit, of: Model) -> xr.Dataset:
    """Return PyMC's log likelihood of the draws of a fit."""
    with pytensor.config.change_flags(mode="FAST_COMPILE"):
        found = pm.compute_log_likelihood(
            fit.to_arviz(
                log_likelihood=False, posterior_predictive=False, internals=True
            ),
            model=of.pymc,
            extend_inferencedata=False,
            progressbar=False,
        )
    return found


# ---- against PyMC and the reference ------------------------------------------------


@pytest.mark.parametrize("name", SPECS)
def test_log_likelihood_is_that_of_pymc(name: str) -> None:
    found = fit(name).log_likelihood()
    assert found.dims == ("chain", "draw", "row")
    assert found.sizes["row"] == ROWS - (2 if "| g" in SPECS[name] else 1)
    wanted = by_pymc(fit(name), model(name))[found.name]
    np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-9)
    assert found["row"].equals(fit(name).data["observed_data"]["row"])


@pytest.mark.parametrize("name", SPECS)
def test_log_likelihood_and_prior_are_the_reference_density(name: str) -> None:
    compiled = model(name).compiled
    assert compiled is not None
    program, frame = compiled.program, compiled.frame
    rng = np.random.default_rng(2)
    point = {c.name: rng.normal(size=c.shape) for c in coordinates(program, frame)}
    values, total = evaluate(program, frame, point)
    likelihood = program.likelihood
    density = likelihood.family.log_density
    observed = frame[likelihood.value]
    inside = density(observed, **likelihood_arguments(program, values))
    # the same draw, as a posterior has it, through the program as lowered
    held = {
        n.name
        for n in (*program.parameters, *program.derived)
        if n in program.parameters or n.report
    } | {g.effects for g in program.groups}
    draw = {n: v for n, v in values.items() if n in held}
    lowered = compiled.lowered
    whole = fill(lowered, compiled.prepared.table)
    outside = density(observed, **row_arguments(lowered, whole, draw))
    np.testing.assert_allclose(outside, inside, rtol=1e-10, atol=1e-10)
    assert outside.sum() + (total - inside.sum()) == pytest.approx(total, rel=1e-10)


@pytest.mark.parametrize(
    "name", ["gaussian, correlated slopes", "sigma", "bernoulli", "trials", "ordlogit"]
)
def test_responses_are_drawn_as_pymc_draws_them(name: str) -> None:
    one, many = fit(name), 4000
    prior = one._posterior.isel(chain=[0], draw=[1])
    same = prior.isel(draw=np.zeros(many, int)).assign_coords(draw=np.arange(many))
    still = as_fit(model(name), same, one.data["observed_data"].to_dataset())
    ours = still.predict(seed=5).isel(chain=0)
    theirs = pm.sample_posterior_predictive(
        still.to_arviz(
            log_likelihood=False, posterior_predictive=False, internals=True
        ),
        model=model(name).pymc,
        random_seed=6,
        progressbar=False,
        compile_kwargs={"mode": "FAST_COMPILE"},
    )["posterior_predictive"][ours.name].isel(chain=0)
    if name == "ordlogit":
        theirs = theirs + 1  # ranks; the categories are 1 to 5
        for category in range(1, 6):
            assert close_on_average(ours == category, theirs == category)
        shares = still.predict("prob", draws=1).isel(chain=0, draw=0)
        np.testing.assert_allclose(shares.sum("category"), 1.0, rtol=1e-12)
        assert shares["category"].values.tolist() == [1, 2, 3, 4, 5]
        for category in range(1, 6):
            share = shares.sel(category=category)
            error = np.sqrt(share * (1 - share) / many) + 1e-12
            assert float(abs((ours == category).mean("draw") - share).max()) < 5 * max(
                error.max(), 1e-3
            )
        return
    assert close_on_average(ours, theirs)
    assert close_on_average(ours.astype(float) ** 2, theirs.astype(float) ** 2)
    means = still.predict("mean", draws=2).isel(chain=0)
    assert close_on_average(ours, means)


def close_on_average(first: xr.DataArray, second: xr.DataArray) -> bool:
    """Whether the means over draws agree within 5 standard errors, row by row."""
    first, second = first.astype(float), second.astype(float)
    error = np.sqrt(
        first.var("draw") / first.sizes["draw"]
        + second.var("draw") / second.sizes["draw"]
    )
    return bool(
        (abs(first.mean("draw") - second.mean("draw")) < 5 * error + 1e-3).all()
    )


def test_loo_is_that_of_arviz_on_pymc() -> None:
    name, many = "gaussian, centered", 100
    rng = np.random.default_rng(0)
    prior = fit(name)._posterior.isel(draw=[0])
    draws = prior.isel(draw=np.zeros(many, int)).assign_coords(draw=np.arange(many))
    places = {"Intercept_centered": 3.0, "b": 0.0, "r_g": 0.0, "sigma": 2.0}
    for parameter, place in places.items():
        shape = draws[parameter].shape
        draws[parameter] = draws[parameter].copy(data=rng.normal(place, 0.1, shape))
    compiled = model(name).compiled
    assert compiled is not None
    delta = (compiled.frame["X_mean"] * draws["b"]).sum("coef")
    draws["Intercept"] = draws["Intercept_centered"] - delta
    made = as_fit(model(name), draws, fit(name).data["observed_data"].to_dataset())
    found = made.loo()
    assert found.n_data_points == ROWS - 2
    tree = made.data.copy()
    tree["log_likelihood"] = xr.DataTree(by_pymc(made, model(name)))
    wanted = az.loo(tree, var_name="y")
    assert found.elpd == pytest.approx(wanted.elpd, rel=1e-10)
    assert found.se == pytest.approx(wanted.se, rel=1e-10)
    assert found.p == pytest.approx(wanted.p, rel=1e-6)
    np.testing.assert_allclose(found.pareto_k, wanted.pareto_k, atol=1e-6)
    assert str(wanted.elpd)[:5] in str(found)


def test_loo_of_what_does_not_vary() -> None:
    made = varying.compile("y ~ 1\n  prior Intercept = 1\n", data())
    ones = np.ones((2, 5))
    draws = xr.Dataset(
        {
            "Intercept": (("chain", "draw"), ones),
            "sigma": (("chain", "draw"), 2 * ones),
        },
        coords={"chain": [0, 1], "draw": np.arange(5)},
    )
    observed = xr.Dataset({"y": ("row", data()["y"].to_numpy())})
    with pytest.raises(ValueError, match="of 30 rows is the same at every draw"):
        as_fit(made, draws, observed).loo()


def test_loo_of_too_few_draws() -> None:
    with pytest.raises(ValueError, match="over 12 draws, .* sample more"):
        fit("ordlogit").loo()


# ---- what is returned --------------------------------------------------------------


def test_dims_coords_and_thinning() -> None:
    found = fit("ordlogit").predict(draws=3, seed=1)
    assert found.dims == ("chain", "draw", "row")
    assert found["chain"].values.tolist() == [0, 1]
    assert found["draw"].values.tolist() == [1, 3, 5]
    rows = [row for row in range(ROWS) if row not in (3, 7)]
    assert found["row"].values.tolist() == rows
    assert found.name == "rating"
    assert found.attrs == {"categories": list("12345"), "coded": "number"}
    assert set(np.unique(found)) <= {1, 2, 3, 4, 5}
    whole = fit("ordlogit").predict("eta")
    assert whole.sizes["draw"] == DRAWS and whole.name == "eta"
    thin = fit("ordlogit").predict("eta", draws=2)
    assert thin.equals(whole.isel(draw=[1, 4]))
    assert whole.equals(fit("ordlogit").predict("eta", draws=DRAWS))


def test_names_stay_ranks() -> None:
    found = fit("ordlogit, names").predict(seed=1)
    assert found.attrs == {"categories": ["low", "mid", "high"], "coded": "rank"}
    assert set(np.unique(found)) <= {0, 1, 2}
    shares = fit("ordlogit, names").predict("prob")
    assert shares.dims == ("chain", "draw", "row", "category")
    assert shares["category"].values.tolist() == ["low", "mid", "high"]


def test_the_probability_of_a_binary_response_is_its_mean() -> None:
    share = fit("bernoulli").predict("prob").sel(category=1)
    mean = fit("bernoulli").predict("mean")
    np.testing.assert_allclose(share, mean, rtol=1e-12)
    eta = fit("bernoulli").predict("eta")
    np.testing.assert_allclose(mean, 1 / (1 + np.exp(-eta)), rtol=1e-9)


@pytest.mark.parametrize("name", ["ordlogit", "ordlogit, dirichlet", "disc"])
def test_the_mean_of_numbers_is_that_of_their_probabilities(name: str) -> None:
    shares = fit(name).predict("prob", draws=5)
    mean = fit(name).predict("mean", draws=5)
    np.testing.assert_allclose(
        mean, (shares * shares["category"]).sum("category"), rtol=1e-12
    )


def test_eta_by_hand() -> None:
    made = fit("gaussian, centered")
    posterior = made._posterior
    rows = made.predict("eta")["row"].values
    used = data().iloc[rows]
    x = xr.DataArray(np.log(used["time"].to_numpy()), dims="row")
    effects = posterior["r_g"].sel(g=xr.DataArray(used["g"].to_numpy(), dims="row"))
    wanted = (
        posterior["Intercept"]
        + posterior["b"].sel(coef="x") * x
        + effects.sel(g_coef="Intercept")
        + effects.sel(g_coef="x") * x
    ).transpose("chain", "draw", "row")
    np.testing.assert_allclose(made.predict("eta"), wanted, rtol=1e-12)
    np.testing.assert_allclose(made.predict("mean"), wanted, rtol=1e-12)


def test_seeds() -> None:
    first = made_fit().predict(seed=1, draws=5)
    assert first.identical(made_fit().predict(seed=1, draws=5))
    assert not first.equals(made_fit().predict(seed=2, draws=5))
    assert not first.equals(made_fit().predict(draws=5))


def test_what_makes_no_sense() -> None:
    with pytest.raises(ValueError, match="`word` are no numbers, and have no mean"):
        fit("ordlogit, names").predict("mean")
    with pytest.raises(ValueError, match="`y` has no categories"):
        made_fit().predict("prob")
    with pytest.raises(ValueError, match="'eta', 'membership', 'quantile', not 'x'"):
        made_fit().predict("x")  # type: ignore[arg-type]
    for draws in (0, 251, -1):
        with pytest.raises(ValueError, match=f"1 to 250, not {draws}"):
            made_fit().predict(draws=draws)
    with pytest.raises(ValueError, match="whole number"):
        made_fit().predict(draws=2.5)  # type: ignore[arg-type]


def test_arguments_are_checked_before_the_work() -> None:
    for seed, words in (
        ("a", "seed is a whole number, not 'a'"),
        (-1, "seed is at least 0, not -1"),
    ):
        with pytest.raises(ValueError, match=words):
            made_fit().predict(seed=seed)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match=words):
            model("sigma").prior_predictive(5, seed=seed)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="draws is at least 1, not 0"):
        model("sigma").prior_predictive(draws=0)
    with pytest.raises(ValueError, match="draws is a whole number, not 'x'"):
        model("sigma").prior_predictive(draws="x")  # type: ignore[arg-type]


# ---- parameters beside the main one ------------------------------------------------


def test_sigma_by_hand() -> None:
    made = fit("sigma")
    posterior = made._posterior
    eta = made.predict("eta", dpar="sigma")
    assert eta.name == "log_sigma" and eta.dims == ("chain", "draw", "row")
    used = data().iloc[eta["row"].values]
    coded_ = {"u": (1.0, 0.0), "v": (0.0, 1.0), "w": (-1.0, -1.0)}
    design = xr.DataArray([coded_[f] for f in used["f"]], dims=("row", "sigma_coef"))
    effects = posterior["sigma_r_g"].isel(sigma_g_coef=0)
    at = effects.sel(g=xr.DataArray(used["g"].to_numpy(), dims="row"))
    coefs = posterior["sigma_b"].drop_vars("sigma_coef")
    wanted = posterior["sigma_Intercept"] + (coefs * design).sum("sigma_coef") + at
    wanted = wanted.transpose("chain", "draw", "row")
    np.testing.assert_allclose(eta, wanted, rtol=1e-9, atol=1e-12)
    value = made.predict("mean", dpar="sigma", draws=2)
    assert value.name == "sigma" and value.sizes["draw"] == 2
    np.testing.assert_allclose(value, np.exp(wanted.isel(draw=[1, 4])), rtol=1e-9)


def test_a_parameter_without_a_formula_is_the_same_in_every_row() -> None:
    made = fit("gaussian, centered")
    sigma = made.data["posterior"]["sigma"]
    found = made.predict("mean", dpar="sigma")
    assert bool((found == sigma).all())
    assert float(made_fit().predict("mean", dpar="sigma").max()) == 1.0


def test_a_shape_is_of_one_unit() -> None:
    counts = varying.compile(
        "k | rate(n) ~ x, family=negbinomial\n", data().assign(x=data()["time"])
    )
    rng = np.random.default_rng(0)
    sample = ("chain", "draw")
    draws = xr.Dataset(
        {
            "Intercept": (sample, rng.normal(size=(1, 4))),
            "b": ((*sample, "coef"), rng.normal(size=(1, 4, 1))),
            "shape": (sample, np.exp(rng.normal(size=(1, 4)))),
        },
        {"chain": [0], "draw": np.arange(4), "coef": ["x"]},
    )
    observed = xr.Dataset({"k": ("row", data()["k"].to_numpy())})
    found = as_fit(counts, draws, observed).predict("mean", dpar="shape")
    assert bool((found == draws["shape"]).all())


def test_what_parameters_there_are() -> None:
    for kind, words in (
        ("eta", "has a formula of its own, not 'shape'; there is: 'sigma'"),
        ("mean", "has a value, not 'shape'; there is: 'sigma'"),
        ("prob", "dpar goes with kind='eta' or kind='mean', not 'prob'"),
    ):
        with pytest.raises(ValueError, match=words):
            fit("sigma").predict(kind, dpar="shape")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="formula of its own, not 'sigma'; .* none"):
        made_fit().predict("eta", dpar="sigma")
    with pytest.raises(ValueError, match="not 'disc'; there is: none"):
        fit("ordlogit").predict("mean", dpar="disc")
    assert fit("disc").predict("eta", dpar="disc").name == "log_disc"


def test_log_likelihood_is_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made = made_fit()
    first = made.log_likelihood()
    first["row"] = first["row"] + 1  # the caller's own
    monkeypatch.setattr("varying.runtime.rows.predict.log_likelihood", None)
    assert made.log_likelihood()["row"].values.tolist() == [0, 1, 2, 3]


def test_groups_for_arviz() -> None:
    made = fit("ordlogit")
    tree = made.to_arviz(draws=2, seed=1)
    assert set(tree.children) == {*made.data.children} | {
        "log_likelihood",
        "posterior_predictive",
    }
    drawn, observed = tree["posterior_predictive"]["rating"], tree["observed_data"]
    assert drawn.equals(made.predict(draws=2, seed=1))
    wanted = data()["rating"].to_numpy()[drawn["row"].values]
    assert observed["rating"].values.tolist() == wanted.tolist()
    assert made.data["observed_data"]["rating"].attrs["coded"] == "rank"
    assert tree["log_likelihood"]["rating"].equals(made.log_likelihood())
    bare = made.to_arviz(log_likelihood=False, posterior_predictive=False)
    assert set(bare.children) == set(made.data.children)


# ---- fits from files ---------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["gaussian, priors of several kinds", "sigma", "bernoulli", "trials", "ordlogit"],
)
def test_a_file_suffices(name: str, tmp_path: Path) -> None:
    fit(name).save(tmp_path / "a.fit")
    loaded = varying.load(tmp_path / "a.fit")
    assert set(loaded.data.children) == set(fit(name).data.children)
    assert loaded.log_likelihood().identical(fit(name).log_likelihood())
    assert loaded.predict(seed=3).identical(fit(name).predict(seed=3))
    loaded.save(tmp_path / "b.fit")
    again = varying.load(tmp_path / "b.fit")
    assert again.predict("eta").identical(fit(name).predict("eta"))


def test_a_pickle_suffices() -> None:
    made = fit("ordlogit")
    made.log_likelihood()
    again = pickle.loads(pickle.dumps(made))
    assert again.predict(seed=3).identical(made.predict(seed=3))


def test_data_that_are_not_those_of_the_draws(tmp_path: Path) -> None:
    made = made_fit()
    table = made._origin.table
    x = table.columns["x"]
    x.values[0] += 1.0
    made.save(tmp_path / "a.fit")
    with pytest.raises(varying.ModelError, match="not those of its draws") as caught:
        varying.load(tmp_path / "a.fit")
    assert caught.value.diagnostics[0].rule == "not-a-fit"

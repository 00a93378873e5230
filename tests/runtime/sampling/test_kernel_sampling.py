"""Fits by the kernel: the same shape as the graph's, and the same posterior."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import varying
from varying.compiler.backends.kernel import Kernel, build
from varying.compiler.backends.kernel.machine import cache as kernel_cache
from varying.compiler.backends.kernel.tape import emit as tape_emit
from varying.compiler.backends.pymc import emit as emit_graph
from varying.compiler.distributions.density.priors import PRIOR_DENSITIES
from varying.compiler.sampled import Sampled
from varying.runtime.interface.progress import Lines
from varying.runtime.sampling.samplers.nutpie_native import NativeDraws, Route, start

ROOT = Path(__file__).resolve().parents[3]

SMALL: dict[str, Any] = {"draws": 40, "tune": 60, "chains": 2, "seed": 3}

#: One of each kind of response, with groups of each kind.
SPECS = {
    "gaussian": "y ~ x + cs + (1 + x | g)\n  keep mu",
    "student": "y ~ x + (1 + x || g), family=student\n  sigma ~ cs",
    "lognormal": "u ~ x + (1 | g), family=lognormal",
    "bernoulli": "w ~ x + (1 | g), family=bernoulli, parameterization=centered",
    "binomial": "few | trials(n) ~ x + (1 | g), family=binomial",
    "poisson": "c ~ x + (x | g), family=poisson",
    "negbinomial": "c | rate(n) ~ x + (1 | g), family=negbinomial",
    "ordlogit": "column k: ordered(0..4)\nk ~ x + (1 + cs | g), family=ordlogit",
}
specs = pytest.mark.parametrize("name", list(SPECS))


@cache
def data() -> pd.DataFrame:
    rng = np.random.default_rng(5)
    rows = 90
    g = np.arange(rows) % 9
    x = rng.normal(0.0, 1.0, rows).round(2)
    mu = 0.4 + 0.6 * x + rng.normal(0.0, 0.5, 9)[g]
    n = rng.integers(2, 7, rows)
    return pd.DataFrame(
        {
            "g": [f"s{i}" for i in g],
            "cs": np.where(np.arange(rows) // 9 % 2 == 0, "CS-", "CS+"),
            "x": x,
            "n": n,
            "y": (10.0 + mu + rng.normal(0.0, 0.8, rows)).round(3),
            "u": np.exp(mu + rng.normal(0.0, 0.5, rows)).round(3),
            "w": rng.binomial(1, 1.0 / (1.0 + np.exp(-mu))),
            "few": rng.binomial(n, 1.0 / (1.0 + np.exp(-mu))),
            "c": rng.poisson(np.exp(mu)),
            "k": np.clip(np.round(mu + rng.logistic(2.0, 0.6, rows)), 0, 4).astype(int),
        }
    )


def model_of(name: str) -> varying.Model:
    return varying.compile(SPECS[name], data())


def fitted(name: str, **options: Any) -> varying.Fit:
    return model_of(name).fit(progress=False, **{**SMALL, **options})


def without_bases(fit: varying.Fit) -> xr.Dataset:
    """The posterior but for what effects are made from: each backend has its own."""
    return fit._posterior.drop_vars("z_g", errors="ignore")


# ---- the two ways into nutpie --------------------------------------------------------


@cache
def kernel() -> Kernel:
    compiled = model_of("gaussian").compiled
    assert compiled is not None
    return build(Sampled(compiled).for_kernel[1])


def run(route: Route | None = None, seed: int = 3) -> tuple[str, NativeDraws]:
    running = start(
        kernel(),
        draws=30,
        tune=40,
        chains=2,
        cores=2,
        seed=seed,
        target_accept=0.9,
        show=lambda _: None,
        route=route,
    )
    draws = None
    while draws is None:
        draws = running.wait(1.0)
    return running.route, draws


def test_the_installed_nutpie_takes_native_code() -> None:
    """Where this fails, nutpie has changed: see ``nutpie_native``."""
    assert run()[0] == run("native")[0] == "native"


def test_both_ways_give_the_same_draws() -> None:
    native, slow = run("native"), run("callback")
    assert (native[0], slow[0]) == ("native", "callback")
    one, other = native[1], slow[1]
    assert one.unconstrained.shape == (2, 30, kernel().dimension)
    np.testing.assert_array_equal(one.unconstrained, other.unconstrained)
    assert one.statistics.keys() == other.statistics.keys()
    for name, values in one.statistics.items():
        assert values.shape == (2, 30)
        np.testing.assert_array_equal(values, other.statistics[name], name)
    assert one.version == other.version


def test_a_seed_is_a_run() -> None:
    one, again, other = (run(seed=seed)[1].unconstrained for seed in (3, 3, 4))
    np.testing.assert_array_equal(one, again)
    assert not (one == other).any()
    assert not (one[0] == one[1]).any()


def test_it_stops_when_told() -> None:
    running = start(
        kernel(),
        draws=10_000_000,
        tune=100,
        chains=2,
        cores=2,
        seed=1,
        target_accept=None,
        show=lambda _: None,
    )
    assert running.wait(0.05) is None
    running.abort()


#: In either order: one library, and nutpie works as ever.
ORDERS = {
    "before": "import nutpie\n{fit}",
    "after": "{fit}\nimport nutpie",
    "neither": "{fit}",
}
PROGRAM = """
import sys
import varying
{order}
import json
heavy = ["arviz", "numba", "nutpie", "pandas", "pymc", "pytensor"]
print(json.dumps([name for name in heavy if name in sys.modules]))
if "nutpie" in sys.modules:
    import nutpie.compiled_pyfunc
    from nutpie import _lib
    assert _lib is sys.modules["nutpie._lib"]
    import numpy as np
    model = nutpie.compiled_pyfunc.from_pyfunc(
        1,
        lambda: lambda x: (float(-0.5 * x @ x), -x),
        lambda *_: lambda x: dict(x=x),
        [np.dtype("float64")], [(1,)], ["x"], dims=dict(x=["place"]),
        coords=dict(place=np.arange(1)),
    )
    data = nutpie.sample(model, draws=9, tune=9, chains=1, seed=1, progress_bar=False)
    assert data["posterior"]["x"].shape == (1, 9, 1)
"""


@pytest.mark.parametrize("order", list(ORDERS))
def test_nutpie_can_be_imported_as_well(order: str, tmp_path: Path) -> None:
    file = tmp_path / "data.csv"
    data().to_csv(file, index=False)
    fit = "varying.compile('y ~ x + (1 | g)', 'data.csv').fit(draws=9, tune=9, seed=1)"
    text = PROGRAM.format(order=ORDERS[order].format(fit=fit))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", text],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    heavy = {"pymc", "pytensor"} if order != "neither" else {"numba", "nutpie", "pymc"}
    assert not heavy & set(eval(done.stdout.splitlines()[-1]))


# ---- fits ----------------------------------------------------------------------------


@specs
def test_a_fit_has_the_names_of_the_graph(name: str) -> None:
    """Names, axes and labels; the graph itself need not be sampled."""
    model = model_of(name)
    assert model.compiled is not None
    sampled = Sampled(model.compiled)
    graph = emit_graph(sampled.program, sampled.frame)
    posterior = without_bases(fitted(name))
    wanted = {
        v.name: graph.named_vars_to_dims.get(v.name, ())
        for v in graph.unobserved_RVs
        if v.name != "z_g"
    }
    # what is kept is computed afterwards, by whatever the draws were made
    kept = set(model.compiled.bound.keep)
    assert wanted.keys() == set(posterior.data_vars) - kept
    for variable, dims in wanted.items():
        found = posterior[variable].dims
        assert found[:2] == ("chain", "draw")
        assert found[2:] == tuple(dims)
        assert posterior[variable].dtype == np.float64
        for dim, axis in zip(dims, found[2:], strict=True):
            labels = graph.coords[dim]
            assert labels is not None
            assert posterior[axis].values.tolist() == list(labels)


def test_what_is_stored(tmp_path: Path) -> None:
    fit = fitted("gaussian")
    assert fit.data["posterior"].attrs["inference_library"] == "nutpie"
    assert fit.data["posterior"].sizes["draw"] == 40
    statistics = fit.data["sample_stats"].to_dataset()
    assert {"diverging", "tree_depth", "lp", "energy"} <= set(statistics.data_vars)
    assert statistics["diverging"].dtype == bool
    for name, values in statistics.data_vars.items():
        assert values.dims == ("chain", "draw"), name
        assert values.dtype.kind in "biuf", name
    np.testing.assert_array_equal(fit.data["observed_data"]["y"], data()["y"])
    fit.save(tmp_path / "a.fit")
    again = varying.load(tmp_path / "a.fit")
    assert again.provenance.settings.backend == "kernel"
    xr.testing.assert_equal(
        again.data["posterior"].to_dataset(), fit.data["posterior"].to_dataset()
    )


def test_the_same_seed_is_the_same_fit() -> None:
    one, again, other = (
        fitted("ordlogit", seed=seed).data["posterior"].to_dataset()
        for seed in (3, 3, 4)
    )
    xr.testing.assert_equal(one, again)
    assert not (one["sd_g"] == other["sd_g"]).all()


@pytest.mark.parametrize("cores", [1, 2, 9])
def test_cores_change_no_draw(cores: int) -> None:
    found = fitted("poisson", cores=cores).data["posterior"].to_dataset()
    xr.testing.assert_equal(found, fitted("poisson").data["posterior"].to_dataset())


@pytest.mark.parametrize(
    "options",
    [
        {"chains": 1},
        {"draws": 1},
        {"tune": 0},
        {"chains": 1, "draws": 1, "tune": 0},
        {"chains": 7, "draws": 3, "tune": 1},
    ],
    ids=str,
)
def test_few(options: dict[str, int]) -> None:
    settings = {**SMALL, **options}
    found = fitted("gaussian", **options)
    sizes = found.data["posterior"].sizes
    assert (sizes["chain"], sizes["draw"]) == (settings["chains"], settings["draws"])
    assert found.data["posterior"].attrs["tuning_steps"] == settings["tune"]
    assert np.isfinite(found.data["posterior"]["sd_g"]).all()


def test_what_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    model_of("gaussian").fit(progress=True, **SMALL)
    said = capsys.readouterr().err
    assert "sampling 2 chains of 60 draws to tune and 40 to keep" in said
    assert "sampled in " in said
    shown = Lines()
    with shown.compiling("once for models of this kind"):
        pass
    first = capsys.readouterr().err.splitlines()[0]
    assert first == "compiling, once for models of this kind ..."


# ---- which of the two ----------------------------------------------------------------


def test_a_sampler_that_takes_no_kernel() -> None:
    with pytest.raises(
        ValueError, match="the sampler pymc takes no kernel: use nutpie"
    ):
        fitted("gaussian", backend="kernel", sampler="pymc")
    with pytest.raises(ValueError, match="there are: auto, kernel, graph"):
        fitted("gaussian", backend="numba")


def test_a_model_without_a_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    """No spec is one as yet: a distribution loses its kernel."""
    # not taken out and put back: that would change the order of the table
    others = {name: made for name, made in PRIOR_DENSITIES.items() if name != "laplace"}
    monkeypatch.setattr(tape_emit, "PRIOR_DENSITIES", others)
    model = varying.compile("y ~ x\n  prior b ~ laplace(0, 1)", data())
    reason = "no operation for the prior `laplace`"
    assert model.ir.endswith(f"\n  sampled by the graph: {reason}\n")
    with pytest.raises(varying.ModelError) as found:
        model.fit(backend="kernel", progress=False, **SMALL)
    (fault,) = found.value.diagnostics
    assert fault.rule == "no-kernel"
    assert reason in fault.notes


@specs
def test_the_last_line_of_the_program(name: str) -> None:
    assert model_of(name).ir.endswith("\n  sampled by the kernel\n")


def test_a_large_offset_is_no_matter() -> None:
    """Chains start where the responses are, not where a far prior is."""
    far = data().assign(far=5000.0 + data()["x"])
    spec = "c ~ 1 + offset(far), family=poisson\n  prior Intercept ~ normal(0, 1)"
    fit = varying.compile(spec, far).fit(progress=False, **SMALL)
    mean = float(fit.data["posterior"]["Intercept"].mean())
    # the precision of the prior is 1, of the data 200 counts
    assert -5001.0 < mean < -4970.0


def test_a_kernel_that_cannot_be_kept_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "a file, no folder"
    place.write_text("")
    monkeypatch.setenv("VARYING_CACHE", str(place))
    kernel_cache.machine.cache_clear()
    varying.compile("y ~ x", data()).fit(progress=True, **SMALL)
    assert f"could not be kept in {place}" in capsys.readouterr().err


# ---- the same posterior --------------------------------------------------------------


@pytest.mark.slow
@specs
def test_kernel_and_graph_have_one_posterior(name: str) -> None:
    """Means and spreads of all quantities within 5 standard errors of both."""
    options = {"draws": 1500, "tune": 1000, "chains": 4, "target_accept": 0.95}
    fits = [
        fitted(name, backend=backend, seed=seed, **options)
        for backend, seed in (("kernel", 1), ("graph", 2))
    ]
    assert [fit.provenance.settings.backend for fit in fits] == ["kernel", "graph"]
    mine, theirs = map(without_bases, fits)
    assert set(mine.data_vars) == set(theirs.data_vars)
    for variable, values in mine.data_vars.items():
        other = theirs[variable]
        assert (values.dims, values.dtype) == (other.dims, other.dtype)
        for axis in values.dims:
            np.testing.assert_array_equal(values[axis], other[axis])
            assert values[axis].dtype.kind == other[axis].dtype.kind
    groups = [set(fit.data.children) for fit in fits]
    assert groups[0] == groups[1]
    stats = [set(fit.data["sample_stats"].data_vars) for fit in fits]
    assert {"diverging", "tree_depth", "lp", "energy", "n_steps"} <= stats[0] & stats[1]
    assert distances(mine, theirs) == {}


def distances(mine: xr.Dataset, theirs: xr.Dataset) -> dict[str, float]:
    """Where posteriors are further apart than Monte Carlo error makes likely."""
    from arviz_stats import ess

    found: dict[str, float] = {}
    for name in mine.data_vars:
        for power in (1, 2):
            center = float(theirs[name].mean())
            one, other = ((d[name] - center) ** power for d in (mine, theirs))
            sizes = [ess(values.to_dataset(name="v"))["v"] for values in (one, other)]
            dims = ("chain", "draw")
            errors = [v.var(dims) / n for v, n in zip((one, other), sizes, strict=True)]
            variance = errors[0] + errors[1]
            away = abs(one.mean(dims) - other.mean(dims)) / np.sqrt(variance)
            largest = float(away.where(variance > 0.0, 0.0).max())
            if not largest < 5.0:
                found[f"{name}^{power}"] = largest
    return found

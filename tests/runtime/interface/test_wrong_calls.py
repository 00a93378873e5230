"""Wrong arguments from Python: each is answered with what to pass."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, get_args

import numpy as np
import pandas as pd
import polars as pl
import pytest

import varying
from varying.runtime.fit.fit import Fit
from varying.runtime.fit.predictions import _KINDS
from varying.runtime.interface.elsewhere import (
    FITTING,
    GROUPS,
    OF_FITS,
    OF_FITS_ALONE,
    OF_MODELS,
    PICTURES,
)
from varying.runtime.interface.elsewhere import KINDS as KINDS_ELSEWHERE
from varying.runtime.plots import KINDS as PLOTS
from varying.runtime.rows.new import Groups

from ..fits import DATA, SPEC, made_fit

FRAME = pd.DataFrame(DATA)


@cache
def model() -> varying.Model:
    return varying.compile(SPEC, FRAME)


def spec(*arguments: Any, **options: Any) -> object:
    return varying.compile(*arguments, **options)


def data(value: Any) -> object:
    return varying.compile(SPEC, value)


def fit(**options: Any) -> object:
    return model().fit(**options)


def check(**options: Any) -> object:
    return model().prior_check(**options)


def of(method: str) -> Any:
    def call(*arguments: Any, **options: Any) -> object:
        return getattr(made_fit(), method)(*arguments, **options)

    return call


SPEC_IS = "spec is the text of a spec, or the path of a .model file"
CASES: tuple[tuple[Any, tuple[Any, ...], dict[str, Any], str], ...] = (
    (spec, (None,), {}, f"{SPEC_IS} (the data come second), not None"),
    (spec, (3,), {}, f"{SPEC_IS} (the data come second), not 3"),
    (spec, (b"y ~ x",), {}, f"{SPEC_IS} (the data come second), not b'y ~ x'"),
    (spec, (["y ~ x"],), {}, f"{SPEC_IS} (the data come second), not a list"),
    (spec, (FRAME, SPEC), {}, f"{SPEC_IS} (the data come second), not a DataFrame"),
    (spec, ("a/b.csv",), {}, "'b.csv' looks like a data file: varying.compile("),
    (spec, (SPEC, FRAME), {"model": 3}, "model is the name of a model, not 3"),
    (spec, (SPEC, FRAME), {"reduce": "yes"}, "reduce is True or False, not 'yes'"),
    (spec, (SPEC, FRAME), {"functions": [abs]}, "a mapping of names to functions"),
    (data, ([{"y": 1, "x": 2}],), {}, "`pandas.DataFrame(data)` makes a table of it"),
    (data, ([[1, 2], [3, 4]],), {}, "give its columns names"),
    (data, (np.zeros((4, 2)),), {}, 'names: `{"y": data[:, 0], "x": data[:, 1]}`'),
    (data, (np.zeros(3, dtype=[("y", float)]),), {}, "`pandas.DataFrame(data)`"),
    (data, (FRAME["y"],), {}, "`data.to_frame()` makes a table of one column"),
    (data, (FRAME.groupby("g"),), {}, "pass the frame itself"),
    (data, ((FRAME,),), {}, "it is in a tuple or a list"),
    (data, (pl.DataFrame(DATA).lazy(),), {}, "call `.collect()` on it"),
    (data, ({"y": 1.0, "x": 2.0, "g": "a"},), {}, "`y` is a single value, not"),
    (data, (3,), {}, "pass a pandas, Polars or PyArrow frame, or a mapping of columns"),
    (fit, (), {"draws": 1000.0}, "a whole number, not 1000.0: write draws=1000"),
    (fit, (), {"draws": "4"}, "draws is a whole number, not '4': write draws=4"),
    (fit, (), {"draws": True}, "draws is a whole number, not True"),
    (fit, (), {"draws": [4]}, "draws is a whole number, not a list"),
    (fit, (), {"draws": FRAME}, "data go to varying.compile(spec, data)"),
    (fit, (), {"draws": 0}, "draws is at least 1, not 0"),
    (fit, (), {"tune": -1}, "tune is at least 0, not -1"),
    (fit, (), {"chains": 2.5}, "chains is a whole number, not 2.5"),
    (fit, (), {"seed": -1}, "seed is at least 0, not -1"),
    (fit, (), {"seed": "\x1b"}, r"seed is a whole number, not '\x1b'"),
    (fit, (), {"seed": np.random.default_rng(1)}, "a whole number, not a Generator"),
    (fit, (), {"sampler": "nuts"}, "there are: nutpie, pymc; did you mean 'nutpie'?"),
    (fit, (), {"sampler": None}, "sampler is one of 'nutpie', 'pymc', not None"),
    (fit, (), {"backend": "kernal"}, "did you mean 'kernel'?"),
    (fit, (), {"cores": 0}, "cores is at least 1, not 0"),
    (fit, (), {"target_accept": 95}, "not 95: write target_accept=0.95"),
    (fit, (), {"target_accept": "0.9"}, "is a number between 0 and 1, not '0.9'"),
    (fit, (), {"progress": "no"}, "progress is True or False, not 'no'"),
    (check, (), {"draws": 2.5}, "draws is a whole number, not 2.5"),
    (of("summary"), (), {"prob": 95}, "between 0 and 1, not 95: write prob=0.95"),
    (of("summary"), (), {"prob": "0.9"}, "prob is a number between 0 and 1, not '0.9'"),
    (of("summary"), (), {"all": "yes"}, "all is True or False, not 'yes'"),
    (of("predict"), ("mu",), {}, "kind is one of 'response', 'mean', 'prob', 'eta'"),
    (of("predict"), (FRAME[["x"]],), {}, "the new rows have no column `g`"),
    (of("predict"), (), {"allow_new_levels": True}, "it is called 'groups' here"),
    (of("predict"), (), {"draws": 1.0}, "a whole number, not 1.0: write draws=1"),
    (of("loo"), (), {"refit": 1}, "refit is True or False, not 1"),
    (of("plot"), ("trece",), {}, "prior-posterior; did you mean 'trace'?"),
    (of("plot"), (None,), {}, "'thresholds', 'prior-posterior', not None"),
    (of("plot"), ("trace",), {"vars": ["b"]}, "did you mean 'var'?"),
    (fit, (), {"target_accept": 1.5}, "is a number between 0 and 1, not 1.5"),
    (fit, (), {"target_accept": float("nan")}, "between 0 and 1, not nan"),
    (fit, (), {"draws": 10**50}, "draws is below 2^63, not 1000000000000000000000000"),
    (fit, (), {"tune": 10**400}, "tune is below 2^63, not a number of more than 60"),
    (fit, (), {"chains": 10**5000}, "chains is below 2^63, not a number of more than"),
    (fit, (), {"seed": -(10**5000)}, "seed is at least 0, not a number of more than"),
    (fit, (), {"draws": 1e300}, "draws is a whole number, not 1e+300"),
    (fit, (), {"draws": float("inf")}, "draws is a whole number, not inf"),
    (fit, (), {"iter": 1000}, "fit has no argument 'iter': give draws= and tune="),
    (fit, (), {"warmup": 1000}, "fit has no argument 'warmup': it is called 'tune'"),
    (fit, (), {"random_seed": 1}, "'random_seed': it is called 'seed' here"),
    (fit, (), {"data": FRAME}, "'data': data go to varying.compile(spec, data)"),
    (fit, (), {"chain": 2}, "fit has no argument 'chain'; did you mean 'chains'?"),
    (fit, (), {"zzz": 2}, "no argument 'zzz'; it has: draws, tune, chains, seed"),
    (check, (), {"samples": 5}, "prior_check has no argument 'samples': it is called"),
    (of("summary"), (False, 0.9), {}, "write summary(all=False, prob=0.9)"),
    (of("summary"), (FRAME,), {}, "all and prob by name: write summary(all=...)"),
    (of("summary"), (1, 2, 3), {}, "summary is given 3 arguments: it takes all, prob"),
    (of("summary"), (), {"hdi_prob": 0.9}, "'hdi_prob': it is called 'prob' here"),
    (of("predict"), (), {"newdata": FRAME}, "'newdata': it is called 'data' here"),
    (of("predict"), ("mean", 2), {}, "kind is one of 'response', 'mean'"),
    (of("predict"), (FRAME, "mean", 2), {}, "by name: write predict(groups=2)"),
    (of("predict"), ("prob",), {}, "the response `y` has no categories"),
    (of("resume"), (), {}, "the fit has 250 draws in each of 4 chains"),
    (of("log_likelihood"), (1, 2), {}, "log_likelihood is given 2 arguments: it takes"),
    (varying.load, (), {}, "load: missing a required argument: 'path'"),
    (varying.compare, ([made_fit()],), {}, "compare takes fits by name"),
    (varying.compare, (made_fit(), made_fit()), {}, 'compare({"a": ..., "b": ...})'),
    (varying.compare, ({"a": made_fit()},), {}, "two fits or more, not 1"),
    (of("save"), (3,), {}, "path is that of the file to write, not 3"),
    (varying.load, (made_fit(),), {}, "path is the path of a fit file, not a Fit"),
)  # fmt: skip


@pytest.mark.parametrize(("call", "arguments", "options", "words"), CASES)
def test_a_wrong_call_is_told_what_to_pass(
    call: Any, arguments: tuple[Any, ...], options: dict[str, Any], words: str
) -> None:
    with pytest.raises((ValueError, TypeError, varying.ModelError)) as caught:
        call(*arguments, **options)
    # a notebook shows the text of these, and no traceback
    assert hasattr(caught.value, "_render_traceback_")
    assert words in str(caught.value)
    assert len(str(caught.value)) < 400


def test_what_is_right_passes() -> None:
    assert isinstance(made_fit(), Fit)
    assert len(made_fit().summary(all=np.True_, prob=np.float64(0.9))) > 0
    rows = made_fit().predict("mean", draws=np.int64(2))
    assert rows.sizes["draw"] == 2


NAMES = (
    ("sumary", "a Fit has no attribute `sumary`; did you mean `summary`?"),
    ("Predict", "did you mean `predict`?"),
    ("posterior", 'that is `fit.data["posterior"]`'),
    ("pp_check", 'that is `fit.plot("ppc")`'),
    ("qqq", "it has ask, compute, "),
)


@pytest.mark.parametrize(("name", "said"), NAMES)
def test_a_name_that_is_not_there_is_answered_with_the_nearest(
    name: str, said: str
) -> None:
    with pytest.raises(AttributeError) as caught:
        getattr(made_fit(), name)
    assert said in str(caught.value)
    assert not hasattr(made_fit(), name)


def test_a_model_offers_its_own_names() -> None:
    with pytest.raises(AttributeError, match="that is `model.priors`"):
        _ = model().prior  # type: ignore[attr-defined]
    with pytest.raises(AttributeError, match=r"that is `model.fit\(\)`"):
        _ = model().sample  # type: ignore[attr-defined]


def test_names_of_other_packages_are_answered_and_not_there() -> None:
    fit = made_fit()
    for name in OF_FITS:
        assert not hasattr(fit, name) and name not in dir(fit)
        with pytest.raises(AttributeError, match=": that is|: of a model that is"):
            getattr(fit, name)
    for name in (*OF_MODELS, *FITTING, *OF_FITS_ALONE, "emmeans"):
        assert not hasattr(varying, name) and name not in dir(varying)
        with pytest.raises(AttributeError, match="that is"):
            getattr(varying, name)


def test_what_is_written_in_their_place_is_there() -> None:
    fit, made = made_fit(), model()
    texts = (*OF_FITS.values(), *OF_MODELS.values(), *FITTING.values())
    found = re.findall(r"\b(fit|model|varying)\.(\w+)", "\n".join(texts))
    assert len(found) > 50
    for owner, name in found:
        assert hasattr({"fit": fit, "model": made, "varying": varying}[owner], name)
    assert all(hasattr(fit, name) for name in OF_FITS_ALONE)
    assert {*PICTURES.values()} <= {*PLOTS}
    assert {*KINDS_ELSEWHERE.values()} <= {*_KINDS}
    assert {*GROUPS.values()} <= {*get_args(Groups)}


#: Questions as other packages have them, and what is said.
QUESTIONS = (
    (of("contrast"), ("pairwise ~ g",), {}, "it is `contrast g: pairwise`"),
    (of("contrast"), ("trt.vs.ctrl ~ g | x",), {}, "it is `contrast g: reference | x`"),
    (of("contrast"), (), {"x": "pairwise"}, 'as a text, `fit.contrast("block: pairwi'),
    (of("means"), ("~ x * g",), {}, "it is `means x*g`"),
    (of("means"), ("x",), {"at": {"x": [-1, 0]}}, "as in `x=[-1, 0]`"),
    (of("means"), ("x",), {"type": "response"}, "it is `scale=`"),
    (of("means"), ("x",), {"re_formula": None}, "re_formula is a word, a level"),
    (of("slope"), ("x",), {"newdata": FRAME}, "rows are for `fit.predict(data)`"),
    (of("slope"), ("x ~ g",), {}, "it is `slope x | g`"),
    (of("ask"), ("emmeans ~ g",), {}, "it is `means g`"),
    (
        of("ask"),
        ("pairwise ~ g, scale=prob",),
        {},
        "`contrast g: pairwise, scale=prob`",
    ),
    (of("ask"), ("y ~ x",), {}, "asks nothing of a fit"),
    (of("ask"), ("b[x] > 0",), {}, "a test has a name: `test t = b[x] > 0`"),
    (of("ask"), ("b[x]",), {}, "a quantity has a name: `quantity q = b[x]`"),
    (of("ask"), ("x",), {}, "a question is written as in a spec: `means"),
    (of("plot"), ("pp_check",), {}, "that is 'ppc' here"),
    (of("predict"), (), {"kind": "link"}, "that is 'eta' here"),
    (of("predict"), (), {"groups": "NULL"}, "that is 'fitted' here"),
)


@pytest.mark.parametrize(("call", "arguments", "options", "words"), QUESTIONS)
def test_a_question_of_another_package_is_told_how_it_is_written(
    call: Any, arguments: tuple[Any, ...], options: dict[str, Any], words: str
) -> None:
    with pytest.raises((ValueError, varying.ModelError)) as caught:
        call(*arguments, **options)
    assert words in str(caught.value)

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import varying
from varying.runtime.rows.categories import with_categories


def tree(ranks: list[int]) -> xr.DataTree:
    return xr.DataTree.from_dict(
        {
            "observed_data": xr.Dataset({"y": ("row", np.array(ranks))}),
            "prior": xr.Dataset({"b": 1.0}),
        }
    )


@pytest.mark.parametrize(
    ("categories", "values", "coded"),
    [
        (("1", "2", "3"), [1, 3, 2], "number"),
        (("-1", "0", "2.5"), [-1.0, 2.5, 0.0], "number"),
        (("3", "2", "1"), [3, 1, 2], "number"),
        (("low", "mid", "high"), [0, 2, 1], "rank"),
        (("01", "02", "03"), [0, 2, 1], "rank"),
        (("1", "2", "nan"), [0, 2, 1], "rank"),
    ],
)
def test_numbers_in_place_of_ranks(
    categories: tuple[str, ...], values: list[float], coded: str
) -> None:
    data = tree([0, 2, 1])
    found = with_categories(data, "y", categories, numbers=True)["observed_data"]["y"]
    assert found.values.tolist() == values
    assert found.attrs == {"categories": list(categories), "coded": coded}
    # What was given is as it was.
    assert data["observed_data"]["y"].values.tolist() == [0, 2, 1]
    assert data["observed_data"]["y"].attrs == {}


def test_a_number_has_no_categories() -> None:
    data = tree([5, 6, 7])
    assert with_categories(data, "y", (), numbers=True) is data


def test_prior_predictive_in_the_numbers_and_rows_of_the_data() -> None:
    frame = pd.DataFrame(
        {
            "x": [0.5, 1.5, np.nan, 2.0, 0.1, 3.0, 1.1],
            "y": [1, 2, 3, 3, 1, 3, 2],
        }
    )
    spec = "column y: ordered(1..3)\ny ~ x, family=ordlogit\n"
    model = varying.compile(spec, frame)
    drawn = model.prior_predictive(40, seed=1)
    predicted, observed = drawn["prior_predictive"]["y"], drawn["observed_data"]["y"]
    assert observed.values.tolist() == [1, 2, 3, 1, 3, 2]
    assert set(np.unique(predicted.values)) == {1, 2, 3}
    for found in (predicted, observed):
        assert found.attrs["categories"] == ["1", "2", "3"]
        assert found.attrs["coded"] == "number"
        assert found.coords["row"].values.tolist() == [0, 1, 3, 4, 5, 6]
    assert model.design.to_dict()["rows"] == [0, 1, 3, 4, 5, 6]


def test_names_stay_ranks() -> None:
    frame = pd.DataFrame({"x": [0.5, 1.5, 2.0, 0.1], "y": ["no", "yes", "yes", "no"]})
    spec = "column y: factor(no, yes)\ny ~ x, family=bernoulli\n"
    observed = varying.compile(spec, frame).prior_predictive(5, seed=1)
    found = observed["observed_data"]["y"]
    assert found.values.tolist() == [0, 1, 1, 0]
    assert found.attrs == {"categories": ["no", "yes"], "coded": "rank"}

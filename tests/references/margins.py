"""Average predictions, comparisons and slopes by marginaleffects, as JSON.

Of the models that statsmodels fits to the made-up three-way data in `means.json`. Run
once, with both installed; neither is needed by the tests:

    python tests/references/margins.py tests/references/means.json > margins.json

The coefficients are printed beside what is made of them.
"""

import json
import sys

import pandas as pd
import statsmodels.formula.api as smf
from marginaleffects import (
    avg_comparisons,
    avg_predictions,
    avg_slopes,
    datagrid,
    slopes,
)

FORMULA = "{} ~ a*b + c + age + age:a"


def estimates(found) -> list[float]:
    return [float(value) for value in found["estimate"].to_list()]


def main() -> None:
    data = pd.DataFrame(json.load(open(sys.argv[1]))["three"]["data"])
    for name in ("a", "b", "c"):
        levels = sorted(data[name].unique(), reverse=name == "b")
        data[name] = pd.Categorical(data[name], levels)
    found = {}
    for family, fit in {
        "gaussian": smf.ols(FORMULA.format("y"), data).fit(),
        "bernoulli": smf.logit(FORMULA.format("yes"), data).fit(disp=0),
        "poisson": smf.poisson(FORMULA.format("count"), data).fit(disp=0),
    }.items():
        by_a = avg_predictions(fit, variables={"a": ["a1", "a2", "a3"]}, by="a").sort(
            "a"
        )
        ages = datagrid(
            model=fit, age=[30, 60], a=["a1", "a2", "a3"], grid_type="counterfactual"
        )
        at = slopes(fit, variables="age", newdata=ages, by=["a", "age"]).sort(
            ["a", "age"]
        )
        found[family] = {
            "names": list(fit.params.index),
            "coefs": [float(value) for value in fit.params],
            "means a": estimates(by_a),
            "slope age": estimates(avg_slopes(fit, variables="age")),
            "slope age | a": estimates(at),
            "contrast a": estimates(avg_comparisons(fit, variables={"a": "pairwise"})),
            "contrast age: 60 - 30": estimates(
                avg_comparisons(fit, variables={"age": [30, 60]})
            ),
        }
    json.dump(found, sys.stdout, indent=1)


if __name__ == "__main__":
    main()

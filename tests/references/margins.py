"""Average predictions, comparisons and slopes by marginaleffects, as JSON.

Of the models that statsmodels fits to the made-up three-way data in `means.json`, to
the sleep study, the wine and the ratings of `examples/`. Run once, with both
installed; neither is needed by the tests:

    python tests/references/margins.py tests/references/means.json > margins.json

The coefficients are printed beside what is made of them. Group effects are at 0.
"""

import json
import sys
from pathlib import Path

import pandas as pd
import statsmodels.formula.api as smf
from marginaleffects import (
    avg_comparisons,
    avg_predictions,
    avg_slopes,
    datagrid,
    slopes,
)
from statsmodels.miscmodels.ordinal_model import OrderedModel

HERE = Path(__file__).parent
FORMULA = "{} ~ a*b + c + age + age:a"


def estimates(found) -> list[float]:
    return [float(value) for value in found["estimate"].to_list()]


def sleepstudy() -> dict[str, list[float]]:
    data = pd.read_csv(HERE / "sleepstudy.csv")
    fit = smf.mixedlm("Reaction ~ Days", data, groups="Subject", re_formula="~Days")
    fit = fit.fit()
    days = [0, 5, 9]
    return {
        "coefs": [float(value) for value in fit.fe_params],
        "means 1": estimates(avg_predictions(fit)),
        "means 1, Days=[0, 5, 9]": estimates(
            avg_predictions(fit, variables={"Days": days}, by="Days").sort("Days")
        ),
        "contrast Days: 9 - 0": estimates(
            avg_comparisons(fit, variables={"Days": [0, 9]})
        ),
        "slope Days": estimates(avg_slopes(fit, variables="Days")),
    }


def ratings() -> dict[str, list[float]]:
    data = pd.read_csv(HERE.parents[1] / "examples" / "ratings" / "ratings.csv")
    levels = {"block": ["early", "late"], "cs": ["CS-", "CS+"]}
    for name, each in levels.items():
        data[name] = pd.Categorical(data[name], each)
    fit = smf.mixedlm("rating ~ block*cs + trial + trial:cs", data, groups="subj").fit()
    by = ["block", "cs"]
    return {
        "names": list(fit.fe_params.index),
        "coefs": [float(value) for value in fit.fe_params],
        "means block*cs": estimates(
            avg_predictions(fit, variables=levels, by=by).sort(by)
        ),
        "means block": estimates(
            avg_predictions(fit, variables=levels, by="block").sort("block")
        ),
        "contrast block: late - early": estimates(
            avg_comparisons(fit, variables={"block": "pairwise"})
        ),
        "contrast trial: 4 - 1": estimates(
            avg_comparisons(fit, variables={"trial": [1, 4]})
        ),
        "slope trial": estimates(avg_slopes(fit, variables="trial")),
        "slope trial | block*cs": estimates(
            avg_slopes(fit, variables="trial", by=by).sort(by)
        ),
    }


def wine() -> dict[str, list[float]]:
    data = pd.read_csv(HERE / "wine.csv")
    data["temp"] = pd.Categorical(data["temp"], ["cold", "warm"])
    data["contact"] = pd.Categorical(data["contact"], ["no", "yes"])
    data["rating"] = pd.Categorical(data["rating"], ordered=True)
    model = OrderedModel.from_formula(
        "rating ~ temp*contact + judge + judge:temp", data, distr="logit"
    )
    fit = model.fit(method="bfgs", maxiter=1000, gtol=1e-8, disp=0)
    thresholds = model.transform_threshold_params(fit.params.to_numpy())[1:-1]

    def by_group(found, *by: str) -> list[float]:
        return estimates(found.sort([*by, "group"]))

    return {
        "names": list(fit.params.index),
        "coefs": [float(value) for value in fit.params[: model.k_vars]],
        "thresholds": [float(value) for value in thresholds],
        "means temp": by_group(
            avg_predictions(fit, variables={"temp": ["cold", "warm"]}, by="temp"),
            "temp",
        ),
        "contrast temp: warm - cold": by_group(
            avg_comparisons(fit, variables={"temp": "pairwise"})
        ),
        "contrast judge: 9 - 1": by_group(
            avg_comparisons(fit, variables={"judge": [1, 9]})
        ),
        "slope judge": by_group(avg_slopes(fit, variables="judge")),
    }


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
    found |= {"sleepstudy": sleepstudy(), "ratings": ratings(), "wine": wine()}
    json.dump(found, sys.stdout, indent=1)


if __name__ == "__main__":
    main()

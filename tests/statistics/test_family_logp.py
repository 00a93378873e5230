"""Our log likelihoods at given parameters are those of R.

``references/family_logp.json`` has them, computed in R from the definitions of brms and
of ordbetareg.
"""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from .marginal import REFERENCES, Marginal, compiled
from .references import COLUMNS

POINTS: list[dict[str, Any]] = json.loads(
    (REFERENCES / "family_logp.json").read_text("utf-8")
)["points"]
FORMULAS = {
    "C": ("epilepsy", "count ~ zAge + zBase*Trt"),
    "D": ("cbpp", "incidence | trials(size) ~ period"),
    "E": ("sim_ratings", "slider ~ block*cs"),
    "B": ("inhaler", "rating ~ treat + period + carry"),
}


@pytest.mark.parametrize("point", POINTS, ids=[point["id"] for point in POINTS])
def test_the_log_likelihood_is_that_of_r(point: dict[str, Any]) -> None:
    data, formula = FORMULAS[point["id"][0]]
    family, _, link = point["family"].rstrip(")").partition("(")
    given = dict(point["params"])
    scale = "  disc ~ 0 + treat\n" if "b_disc_treat" in given else ""
    options = f"family={family}, link={link}"
    model = compiled(f"{COLUMNS[data]}\n{formula}, {options}\n{scale}")
    effects = given.pop("b")
    wanted = {one: effects.pop(one) for one in ("Intercept",) if one in effects}
    if scale:
        wanted["disc_b[treat]"] = given.pop("b_disc_treat")
    for place, threshold in enumerate(given.pop("thresholds", ()), start=1):
        wanted[f"threshold[{place}|{place + 1}]"] = threshold
    wanted |= {f"b[{name}]": value for name, value in effects.items()}
    if "cutpoints" in given:
        low, high = given.pop("cutpoints")
        given |= {"cutzero": low, "cutgap": high - low}
    found = Marginal(model, wanted | given).log_likelihood("exact")
    assert math.isclose(found, point["parts"]["loglik"], rel_tol=1e-12)

"""The page of mixtures: what make.py cannot say of them as it does of single families.

What components are possible, and an example of two normal distributions of which one
has a formula, and so has its share. The rest of the page is written by hand, in it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from varying.compiler.families import FAMILIES
from varying.compiler.families.combined.mixture import fault
from varying.compiler.families.family import Family

#: The mixture of the example, by the name that its page has.
MIXTURE = replace(
    FAMILIES["mixture(gaussian, gaussian)"],
    name="mixture",
    title="finite mixture",
    support="what all components can have",
)
SPEC = """\
y ~ x + (1 | g), family=mixture(gaussian, gaussian)
  mu2 ~ 1
  theta1 ~ x
"""
TRUTH: dict[str, Any] = {
    "mu1.Intercept": 2.0,
    "mu1.b[x]": 1.0,
    "mu1.sd[g, Intercept]": 0.4,
    "mu2.Intercept": 6.0,
    "sigma1": 0.6,
    "sigma2": 1.2,
    "theta1.Intercept": 0.5,
    "theta1.b[x]": 1.0,
}
PREDICTORS = (-1.0, 0.0, 1.0)

_MEMBERS = """\
How likely rows are of each component, given their response (`varying predict FIT
--kind membership`): of some rows, from the lowest response to the highest:"""


def components() -> list[str]:
    """Return lines about what families can be components."""
    lines = []
    for kind, of in (("continuous", "numbers"), ("count", "counts")):
        found = [one for one in FAMILIES.values() if _is_component(one, kind)]
        names = ", ".join(f"`{one.name}`" for one in found)
        bare = ", ".join(f"`{one.name}`" for one in found if one.tails is None)
        limits = f"; without `cens` and `trunc`: {bare}" if bare else ""
        lines.append(f"* of {of}: {names}{limits}")
    return ["Components, all of numbers or all of counts:", "", *lines]


def _is_component(family: Family, kind: str) -> bool:
    return family.response == kind and fault((family, family)) is None


def membership(fit: Any, y: Any) -> str:
    """Return how likely some rows of the example are of each component."""
    frame = fit.predict(kind="membership", summary=True)
    first = frame[frame["component"] == 1]["mean"].to_numpy()
    order = np.argsort(y)
    rows = order[np.linspace(0, len(order) - 1, 9).round().astype(int)]
    lines = [
        _MEMBERS,
        "",
        "| response | component 1 | component 2 |",
        "|---:|---:|---:|",
    ]
    lines += [f"| {y[n]:.2f} | {first[n]:.2f} | {1.0 - first[n]:.2f} |" for n in rows]
    return "\n".join(lines)


def density(axes: Any, dashes: tuple[str, ...]) -> None:
    """Draw the mixture at three predictors."""
    y = np.linspace(-0.5, 10.0, 400)
    for dash, x in zip(dashes, PREDICTORS, strict=True):
        odds = TRUTH["theta1.Intercept"] + x * TRUTH["theta1.b[x]"]
        given = {
            "mu1": np.asarray(TRUTH["mu1.Intercept"] + x * TRUTH["mu1.b[x]"]),
            "mu2": np.asarray(TRUTH["mu2.Intercept"]),
            "sigma1": np.asarray(TRUTH["sigma1"]),
            "sigma2": np.asarray(TRUTH["sigma2"]),
            "theta1": np.asarray(1.0 / (1.0 + np.exp(-odds))),
        }
        height = np.exp(MIXTURE.log_density(y, **given))
        axes.plot(y, height, "k", ls=dash, lw=1.0, label=f"x = {x:g}")
    axes.set_ylim(bottom=0.0)
    axes.set_xlabel("y")
    axes.set_ylabel("density")
    axes.legend(frameon=False, fontsize=7)

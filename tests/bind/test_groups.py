"""Groups of several formulas and in strata: which priors and names are whose."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from varying.compiler.bind.bound import BoundModel
from varying.compiler.bind.effects import effects_of_parts
from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.grammar.diagnostics import ModelError
from varying.grammar.source import Source

HEAD = "y ~ x + (1 + x | gr(p, by=arm))"
SHARED = "y ~ x + (1 + x |a| p)\n  sigma ~ 1 + (1 |a| p)"
TWO = "y ~ 1 + (1 |q| p)\n  x ~ 1 + (1 |q| p)"
NAMES = (
    "sd[p, Intercept:arm[a]]",
    "sd[p, x:arm[a]]",
    "sd[p, Intercept:arm[b]]",
    "sd[p, x:arm[b]]",
)


def compiled(text: str) -> Compiled:
    rng = np.random.default_rng(7)
    rows = np.arange(60)
    data = pd.DataFrame(
        {
            "p": [f"p{row % 12}" for row in rows],
            "arm": ["ab"[row % 12 % 2] for row in rows],
            "the arm": ["ab"[row % 12 % 2] for row in rows],
            "x": rng.normal(size=60),
            "y": rng.normal(size=60),
        }
    )
    return compile_spec(Request(Source(text), table_from_frame(data)))


def bound(text: str) -> BoundModel:
    return compiled(text).bound


@pytest.mark.parametrize(
    ("target", "places"),
    [
        ("sd", (0, 1, 2, 3)),
        ("sd[p]", (0, 1, 2, 3)),
        ("sd[p, x]", (1, 3)),
        ("sd[p, Intercept]", (0, 2)),
        ("sd[p, arm[b]]", (2, 3)),
        ("sd[p, Intercept:arm[a], x:arm[b]]", (0, 3)),
        ("sd[p, arm[a]:x]", (1,)),
    ],
)
def test_a_target_is_about(target: str, places: tuple[int, ...]) -> None:
    found = dict(bound(f"{HEAD}\n  prior {target} ~ exponential(9)").priors)
    assert set(found) == {NAMES[place] for place in places}


def test_the_most_specific_target_wins() -> None:
    targets = {
        "sd[p, x:arm[b]]": 5,
        "sd[p, x]": 4,
        "sd[p, arm[b]]": 3,
        "sd[p]": 2,
        "sd": 1,
    }
    lines = [f"  prior {name} ~ exponential({rate})" for name, rate in targets.items()]
    found = dict(bound("\n".join([HEAD, *lines])).priors)
    rates = [dict(found[name].arguments)["rate"] for name in NAMES]
    assert rates == [2, 4, 3, 5]


def test_a_name_in_back_quotes_keeps_them() -> None:
    text = HEAD.replace("by=arm", "by=`the arm`")
    names = ["sd[p, Intercept:`the arm`[a]]", "sd[p, x:`the arm`[a]]"]
    lines = [f"  prior {name} ~ exponential(9)" for name in names]
    assert set(dict(bound("\n".join([text, *lines])).priors)) == {*names}


def test_levels_stand_by_stratum() -> None:
    (grouping,) = bound(HEAD).groupings
    assert grouping.by is not None
    assert grouping.by.labels == ("arm[a]", "arm[b]")
    assert grouping.by.counts == (6, 6)
    assert grouping.levels[:7] == ("p0", "p2", "p4", "p6", "p8", "p10", "p1")


def test_a_class_of_one_formula_says_nothing_of_the_other() -> None:
    """An sd on the scale of the response is no sd on that of ``log(sigma)``."""
    found = dict(bound(f"{SHARED}\n  prior sd ~ exponential(9)").priors)
    assert set(found) == {"sd[p, Intercept]", "sd[p, x]"}


def test_names_of_a_shared_group() -> None:
    (effects,) = effects_of_parts(bound(SHARED).predictors)
    assert effects.labels == ("Intercept", "x", "sigma_Intercept")
    assert [joint.positions for joint in effects.correlated] == [(0, 1, 2)]
    assert effects.sds[2].target == "sigma.sd[p, Intercept]"
    assert effects.cor == "cor[p]"


@pytest.mark.parametrize(
    ("first", "then", "owner", "labels"),
    [
        ("a", "sigma", "a", ("Intercept", "sigma_Intercept")),
        ("sigma", "a", "sigma", ("Intercept", "a_Intercept")),
    ],
)
def test_a_shared_group_is_that_of_the_formula_written_first(
    first: str, then: str, owner: str, labels: tuple[str, ...]
) -> None:
    lines = [f"  {name} ~ 1 + (1 |q| p)" for name in (first, then)]
    text = "\n".join(["y ~ a * x, nl=true", *lines, "  prior a ~ normal(0, 1)"])
    found = compiled(f"{text}\nquantity q = {owner}.cor[p, {', '.join(labels)}]")
    (effects,) = effects_of_parts(found.bound.predictors)
    assert (effects.cor, effects.labels) == (f"{owner}.cor[p]", labels)
    assert [group.name for group in found.program.groups] == [f"{owner}_p"]


def test_the_order_of_factors_does_not_part_a_group() -> None:
    text = "y ~ x + (1 |a| p:arm)\n  sigma ~ 1 + (0 + x | arm:p) + (1 |a| p:arm)"
    (effects,) = effects_of_parts(bound(text).predictors)
    assert effects.labels == ("Intercept", "sigma_x", "sigma_Intercept")
    assert [joint.positions for joint in effects.correlated] == [(0, 2)]


@pytest.mark.parametrize(
    ("text", "reference", "places"),
    [
        (HEAD, "sd[p, x:arm[b]]", (3,)),
        (HEAD, "cor[p, x:arm[b], Intercept:arm[b]]", (3, 2)),
        (HEAD, "r[p, p1, x]", (6, 1)),
        (SHARED, "sigma.sd[p, Intercept]", (2,)),
        (SHARED, "cor[p, sigma_Intercept, x]", (2, 1)),
        (TWO, "cor[p, Intercept, x_Intercept]", (0, 1)),
        (SHARED, "sigma.r[p, p10, Intercept]", (10, 2)),
    ],
)
def test_a_quantity_refers_to(
    text: str, reference: str, places: tuple[int, ...]
) -> None:
    asked = compiled(f"{text}\nquantity q = {reference}").joint.questions
    (quantity,) = asked.quantities
    (found,) = quantity.references
    assert found.places == places


CURVE = (
    "y ~ a * x, nl=true\n  sigma ~ 1 + (1 |q| p)\n  a ~ 1 + (1 |q| p)\n"
    "  prior a ~ normal(0, 1)"
)


@pytest.mark.parametrize(
    ("text", "written", "right"),
    [
        (TWO, "y.r[p, p1, x_Intercept]", "x.r[p, p1, Intercept]"),
        (SHARED, "r[p, p1, sigma_Intercept]", "sigma.r[p, p1, Intercept]"),
        (TWO, "x.cor[p, y_Intercept, Intercept]", "y.cor[p, Intercept, x_Intercept]"),
        (
            CURVE,
            "a.cor[p, Intercept, sigma_Intercept]",
            "sigma.cor[p, a_Intercept, Intercept]",
        ),
        (
            CURVE,
            "cor[p, Intercept, a_Intercept]",
            "sigma.cor[p, Intercept, a_Intercept]",
        ),
    ],
)
def test_a_fix_of_a_shared_group_is_one_number(
    text: str, written: str, right: str
) -> None:
    with pytest.raises(ModelError) as caught:
        compiled(f"{text}\nquantity q = {written}")
    (found,) = caught.value.diagnostics
    assert found.fix is not None and found.fix.safe
    assert [edit.text for edit in found.fix.edits] == [right]
    asked = compiled(f"{text}\nquantity q = {right}").joint.questions
    assert len(asked.quantities[0].references) == 1


def test_no_fix_drops_a_part_of_a_correlation() -> None:
    with pytest.raises(ModelError) as caught:
        compiled(f"{CURVE}\nquantity q = a.cor[p, Intercept, z]")
    (found,) = caught.value.diagnostics
    assert found.fix is None
    assert "`sigma.cor[p, a_Intercept, Intercept]`" in str(found.notes)

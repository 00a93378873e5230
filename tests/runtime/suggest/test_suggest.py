"""Families that are suggested for made-up responses, and the specs, which compile."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import varying
from varying.compiler.families import FAMILIES
from varying.compiler.families.cdf import CDFS

Rng = np.random.Generator
ROWS = 200
RATINGS = Path(__file__).parents[3] / "examples" / "ratings" / "ratings.csv"


def _ratings(rng: Rng) -> Any:
    latent = 40.0 + 30.0 * rng.normal(size=ROWS)
    return np.clip(latent, 0.0, 99.0).round().astype(int)


def _with_zeros(rng: Rng, values: Any) -> Any:
    return np.where(rng.random(ROWS) < 0.35, 0, values)


#: A response, the families in their order, what is asked beside.
CASES: dict[str, tuple[Callable[[Rng], Any], str, dict[str, Any]]] = {
    "ratings 0 to 99": (
        _ratings,
        "ordlogit ordered_beta zero_one_inflated_beta gaussian",
        {},
    ),
    "ratings without the top": (
        lambda rng: np.minimum(_ratings(rng), 96),
        "ordlogit ordered_beta zero_inflated_beta gaussian",
        {},
    ),
    "ratings most of which are 0": (
        lambda rng: np.where(rng.random(ROWS) < 0.5, 0, _ratings(rng)),
        "ordlogit hurdle_cumulative zero_inflated_cumulative ordered_beta "
        "zero_inflated_beta gaussian",
        {},
    ),
    "0 to 4, mostly 0": (
        lambda rng: _with_zeros(rng, _with_zeros(rng, rng.integers(0, 5, ROWS))),
        "ordlogit hurdle_cumulative zero_inflated_cumulative",
        {},
    ),
    "a sum of answers": (
        lambda rng: (
            rng.integers(1, 6, (ROWS, 10)).sum(axis=1)
            + np.repeat(rng.integers(0, 8, ROWS // 10), 10)
        ),
        "gaussian student poisson",
        {},
    ),
    "times in milliseconds": (
        lambda rng: (300.0 + rng.lognormal(5.5, 0.5, ROWS)).round(),
        "lognormal gamma weibull shifted_lognormal exgaussian negbinomial",
        {},
    ),
    "Likert": (lambda rng: rng.integers(1, 8, ROWS), "ordlogit", {}),
    "0 to 24": (
        lambda rng: rng.integers(1, 24, ROWS),
        "ordlogit beta gaussian",
        {"top": 24},
    ),
    "words": (
        lambda rng: rng.choice(["low", "medium", "high"], ROWS),
        "ordlogit",
        {},
    ),
    "yes and no": (lambda rng: rng.choice(["no", "yes"], ROWS), "bernoulli", {}),
    "0 and 1": (lambda rng: rng.integers(0, 2, ROWS), "bernoulli", {}),
    "counts": (lambda rng: rng.poisson(30.0, ROWS), "poisson negbinomial", {}),
    "overdispersed counts": (
        lambda rng: rng.negative_binomial(2, 0.05, ROWS),
        "negbinomial poisson",
        {},
    ),
    "counts with zeros": (
        lambda rng: _with_zeros(rng, rng.negative_binomial(2, 0.05, ROWS)),
        "negbinomial poisson zero_inflated_negbinomial hurdle_negbinomial",
        {},
    ),
    "shares": (lambda rng: rng.beta(2, 3, ROWS), "beta", {}),
    "shares with zeros": (
        lambda rng: _with_zeros(rng, rng.beta(2, 3, ROWS)),
        "ordered_beta zero_inflated_beta",
        {},
    ),
    "times": (
        lambda rng: rng.lognormal(6.0, 0.5, ROWS),
        "lognormal gamma weibull shifted_lognormal exgaussian",
        {},
    ),
    "times from 0 on": (
        lambda rng: rng.lognormal(6.0, 1.0, ROWS),
        "lognormal gamma weibull",
        {},
    ),
    "reaction times": (
        lambda rng: 300.0 + rng.lognormal(5.5, 0.5, ROWS),
        "lognormal gamma weibull shifted_lognormal exgaussian",
        {},
    ),
    "times that end": (
        lambda rng: np.minimum(rng.lognormal(6.0, 0.5, ROWS), 600.0),
        "lognormal lognormal gamma weibull shifted_lognormal exgaussian",
        {},
    ),
    "amounts with zeros": (
        lambda rng: _with_zeros(rng, rng.lognormal(1.0, 0.5, ROWS)),
        "hurdle_lognormal hurdle_gamma",
        {},
    ),
    "any number": (lambda rng: rng.normal(size=ROWS), "gaussian student", {}),
    "outliers": (
        lambda rng: rng.standard_t(2.0, ROWS) * 3.0 - 1.0,
        "student gaussian",
        {},
    ),
    "cut off": (
        lambda rng: np.maximum(rng.normal(size=ROWS), -0.7),
        "gaussian gaussian student",
        {},
    ),
    "successes": (
        lambda rng: rng.binomial(8, 0.4, ROWS),
        "beta_binomial binomial",
        {"trials": "n"},
    ),
}


def data(make: Callable[[Rng], Any]) -> pd.DataFrame:
    rng = np.random.default_rng(11)
    return pd.DataFrame(
        {
            "answer": make(rng),
            "n": 8,
            "dose": rng.normal(size=ROWS),
            "block": np.arange(ROWS) // 4 % 2 + 1,
            "cs": np.where(np.arange(ROWS) // 8 % 2 == 0, "CS-", "CS+"),
            "sex": np.where(np.arange(ROWS) % 20 < 10, "f", "m"),
            "subj": [f"s{row % 20}" for row in range(ROWS)],
        }
    )


def parts(shares: bool) -> dict[str, Any]:
    """Return parts of a whole beside each other, and what they add up to."""
    rng = np.random.default_rng(4)
    counts = rng.multinomial(rng.integers(20, 60, ROWS), (0.4, 0.35, 0.25))
    total = counts.sum(axis=1)
    found = counts / total[:, None] if shares else counts
    names = ("car", "bus", "walk")
    columns = {n: found[:, k] for k, n in enumerate(names)}
    return {**columns, "n": total, "arm": np.where(np.arange(ROWS) % 2 == 0, "a", "b")}


def test_shares_that_add_up_are_taken_together() -> None:
    frame = parts(shares=True)
    found = varying.suggest(frame, "bus")
    assert [one.family for one in found.candidates] == ["dirichlet", "logistic_normal"]
    assert "add up to 1 in all rows" in str(found)
    for one in found.candidates:
        assert one.response == "cbind(car, bus, walk)"
        assert varying.compile(found.all_specs, frame, model=one.name).compiled
    # a share of 0 has no density, and two of the three say nothing
    frame["bus"][0], frame["walk"][0] = 1.0 - frame["car"][0], 0.0
    found = varying.suggest(frame, "bus")
    assert [one.family for one in found.candidates] == ["beta"]
    assert "One of them is 0 in 1 row" in str(found)
    del frame["walk"]
    assert "add up" not in str(varying.suggest(frame, "bus"))


def test_counts_that_add_up_may_be_parts() -> None:
    """Or items of a test, and its score: so nothing is taken for granted."""
    found = varying.suggest(parts(shares=False), "bus")
    assert "If they count categories, `cbind(car, bus, walk) | trials(n)`" in str(found)
    assert found.candidates[0].response == "bus"


def test_parts_are_found_among_many_columns_with_missing_values() -> None:
    """There are 10,000 runs of columns that hold it: most are left out by few rows."""
    rng = np.random.default_rng(5)
    items = {f"i{k}": rng.integers(1, 6, ROWS).astype(float) for k in range(200)}
    for k in (99, 100):
        items[f"i{k}"][k - 90 :: 7] = np.nan
    frame = dict(list(items.items())[:100]) | parts(shares=True)
    frame |= dict(list(items.items())[100:])
    frame["car"][:3] = np.nan
    first = varying.suggest(frame, "bus").candidates[0]
    assert first.response == "cbind(car, bus, walk)"


@pytest.mark.parametrize("name", CASES)
def test_the_families_of_a_response(name: str) -> None:
    make, wanted, asked = CASES[name]
    frame = data(make)
    found = varying.suggest(frame, "answer", by="subj", **asked)
    assert [one.family for one in found.candidates] == wanted.split()
    for one in found.candidates:
        assert one.why
        several = one.name if len(found.candidates) > 1 else None
        model = varying.compile(found.all_specs, frame, model=several)
        errors = [d for d in model.diagnostics if d.severity == "error"]
        assert errors == [] and model.compiled is not None
    assert varying.compile(found.spec, frame).compiled is not None


def test_the_ratings_of_the_example() -> None:
    """25 people, two blocks and two stimuli, four ratings each: the thread's answer."""
    found = varying.suggest(RATINGS, "rating", by="subj")
    assert found.candidates[0].family == "ordlogit"
    assert found.spec.splitlines()[-1] == (
        "rating ~ block*cs + (1 + block*cs | subj), family=ordlogit"
    )
    assert "column rating: ordered(0..99)" in found.spec
    assert "34 % of the rows are at the lower end" in str(found)
    assert found.to_dict()["families"][0]["family"] == "ordlogit"


def test_effects_vary_where_a_factor_does_and_rows_suffice() -> None:
    frame = data(_ratings)
    found = varying.suggest(frame, "answer", by="subj", top=99)
    # block and cs within people, sex between them; `n` is always the same
    assert "block*cs*sex + (1 + block*cs | subj)" in found.spec
    few = frame.groupby("subj").head(3)
    assert "(1 | subj)" in varying.suggest(few, "answer", by="subj", top=99).spec
    assert "|" not in varying.suggest(frame, "answer", top=99).spec


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"response": "anwser"}, "did you mean `answer`"),
        ({"response": "answer", "by": "person"}, "there is no column `person`"),
        ({"response": "colour"}, "no-family"),
        ({"response": "none"}, "no-family"),
    ],
)
def test_what_cannot_be_suggested(arguments: dict[str, str], said: str) -> None:
    frame = data(_ratings)
    frame["colour"] = np.resize([f"colour {k}z" for k in "abcdefghijklmn"], ROWS)
    frame["none"] = np.nan
    with pytest.raises(varying.ModelError) as fault:
        varying.suggest(frame, **arguments)
    assert said in str(fault.value)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"by": "answer"}, "by is the response itself"),
        ({"top": 5}, "`answer` holds 7, which is beyond the top 5"),
        ({"top": 7.5}, "top is a whole number, not 7.5"),
        ({"top": "seven"}, "top is a number"),
        ({"trials": 5}, "of 5 trials in row"),
        ({"trials": 0}, "trials is 1 or more"),
        ({"trials": "cs"}, "`cs` holds no numbers of trials"),
        ({"trials": "answer"}, "trials is the response itself"),
        ({"trials": "tirals"}, "there is no column `tirals`"),
        ({"trials": 7, "top": 7}, "give one"),
        ({"response": "dose", "trials": 7}, "`dose` does not count successes"),
        ({"response": "dose", "top": 7}, "`dose` has no whole numbers"),
        ({"response": "cs", "top": 7}, "`cs` has no whole numbers"),
    ],
)
def test_what_cannot_be_asked(asked: dict[str, Any], said: str) -> None:
    frame = data(lambda rng: rng.integers(1, 8, ROWS))
    with pytest.raises((varying.ModelError, ValueError)) as fault:
        varying.suggest(frame, **{"response": "answer", **asked})
    assert said in str(fault.value)


def test_trials_may_be_a_number() -> None:
    frame = data(lambda rng: rng.binomial(8, 0.4, ROWS))
    found = varying.suggest(frame, "answer", trials=10)
    assert "answer | trials(10) ~" in found.spec and "scale" not in str(found)
    assert varying.compile(found.spec, frame).compiled is not None
    assert varying.suggest(frame, "answer", trials="10").spec == found.spec


@pytest.mark.parametrize(
    ("make", "odd", "line"),
    [
        (lambda rng: rng.integers(1, 8, ROWS), {3: "refused"}, "ordered(1..7)"),
        (lambda rng: rng.lognormal(6.0, 0.5, ROWS), {3: "n.r.", 9: "late"}, "numeric"),
        (lambda rng: rng.poisson(30.0, ROWS), {0: "-"}, "numeric"),
    ],
)
def test_texts_among_numbers_are_named(
    make: Callable[[Rng], Any], odd: dict[int, str], line: str
) -> None:
    """A cell or two must not make hundreds of categories of a column of numbers."""
    frame = data(make).rename(columns={"answer": "my answer"})
    whole = varying.suggest(frame, "my answer")
    cells = [odd.get(row, str(v)) for row, v in enumerate(frame["my answer"])]
    frame["my answer"] = cells
    found = varying.suggest(frame, "my answer")
    assert [c.family for c in found.candidates] == [c.family for c in whole.candidates]
    for row, text in odd.items():
        assert f"`{text}` (row {row + 1})" in str(found)
    listed = ", ".join(f'"{text}"' for text in odd.values())
    assert f"column `my answer`: {line}, missing=[{listed}]" in found.spec
    model = varying.compile(found.spec, frame)
    assert model.compiled is not None
    assert model.compiled.prepared.table.rows == ROWS - len(odd)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(varying.ModelError, match="no-such-file"):
        varying.suggest("nowhere.csv", "answer")


def test_the_families_are_ranked_on_one_measure() -> None:
    """Ratings that people round to tens: the categories know, nothing else does."""
    frame = data(lambda rng: (_ratings(rng) // 10 * 10).clip(0, 90))
    frame.loc[0, "answer"] = 99
    found = varying.suggest(frame, "answer", by="subj", top=99)
    ranked = found.compare(draws=250, tune=300, chains=2, seed=1)
    assert ranked.models[0].name == "ordlogit"
    assert {one.name for one in ranked.models} == {c.name for c in found.candidates}
    assert "probability of `answer`" in str(ranked)


#: Families of shares with points at the ends.
SHARES = {
    "beta": {"eta": 0.3, "phi": 4.0},
    "zero_inflated_beta": {"eta": 0.3, "phi": 4.0, "zi": 0.2},
    "zero_one_inflated_beta": {"eta": 0.3, "phi": 4.0, "zoi": 0.3, "coi": 0.4},
    "ordered_beta": {"eta": 0.3, "phi": 4.0, "cutgap": 2.0, "cutzero": -0.8},
}


@pytest.mark.parametrize("name", SHARES)
def test_the_tails_of_shares(name: str) -> None:
    given = {key: np.full(40_000, value) for key, value in SHARES[name].items()}
    drawn = FAMILIES[name].simulate(np.random.default_rng(2), **given)
    one = {key: np.asarray(value) for key, value in SHARES[name].items()}
    for at in (-0.01, 0.0, 0.2, 0.7, 0.999, 1.0, 1.2):
        below, above = CDFS[name](np.asarray(at), **one)
        assert below + above == pytest.approx(1.0, abs=1e-12)
        assert (drawn <= at).mean() == pytest.approx(float(below), abs=0.0125)


def test_decimal_commas_are_read_as_such(tmp_path: Path) -> None:
    file = tmp_path / "deutsch.csv"
    rows = [f"{n // 3:03d};{n % 7},{n % 10}5;{'ab'[n % 2]}" for n in range(60)]
    file.write_text("VP;RZ in s;Gruppe\n" + "\n".join(rows) + "\n", "utf-8")
    found = varying.suggest(file, "RZ in s", by="VP")
    assert found.spec.startswith(f'data "{file}", decimal=","\n')
    assert found.facts.kind == "positive"
    assert varying.compile(found.spec).compiled is not None


def test_a_group_of_single_rows_has_no_term() -> None:
    frame = data(_ratings).assign(row=np.arange(ROWS))
    found = varying.suggest(frame, "answer", by="row", top=99)
    assert "(1" not in found.spec and "Each row has a `row` of its own" in str(found)


def test_columns_that_are_not_taken_are_named_or_counted() -> None:
    rng = np.random.default_rng(1)
    columns = {f"x{place}": rng.normal(size=30) for place in range(20)}
    data = pd.DataFrame({"y": rng.normal(size=30), **columns})
    (said,) = [
        one for one in varying.suggest(data, "y").terms.sentences if "Not" in one
    ]
    assert said.count("`") // 2 + int(said.split(" and ")[1].split(" more")[0]) == 20


def _people(**columns: Any) -> pd.DataFrame:
    n = np.arange(96)
    frame = pd.DataFrame({"y": np.sin(n) + n % 3, "cs": np.where(n % 2, "b", "a")})
    return frame.assign(**columns)


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("VP Nr", np.arange(96) // 8, '`--by "VP Nr"` (`by="VP Nr"`)'),
        ("name", [f"x{n // 8}" for n in range(96)], "`name` has 12 values"),
        ("age", 20 + np.arange(96) // 8, ""),  # numbers, and called as such
        ("subj", np.arange(96), ""),  # a row each
        ("personality", np.arange(96) // 8, ""),
    ],
)
def test_people_with_several_rows_are_named(name: str, values: Any, said: str) -> None:
    frame = _people(**{name: values})
    (*found,) = varying.suggest(frame, "y").terms.sentences
    assert any(said in one for one in found) if said else "--by" not in " ".join(found)
    by = varying.suggest(frame, "y", by=name).terms.sentences
    assert "--by" not in " ".join(by)


def test_what_varies_within_people_is_taken_first() -> None:
    n = np.arange(96)
    between = {f"g{k}": np.where(n // 8 % (k + 2) == 0, "u", "v ") for k in range(3)}
    frame = _people(subj=n // 8, **between)
    assert "y ~ g0*g1*g2\n" not in varying.suggest(frame, "y", by="subj").spec
    assert "cs*g0*g1" in varying.suggest(frame, "y", by="subj").spec
    frame = frame[["y", "subj", "g0", "g1", "g2", "cs"]]
    assert "g0*g1*cs" in varying.suggest(frame, "y", by="subj").spec
    frame["g0"] = np.where(n % 5 == 0, "v", frame["g0"])
    said = varying.suggest(frame, "y").terms.sentences
    assert any(one.startswith("Levels of `g0` differ in case or") for one in said)

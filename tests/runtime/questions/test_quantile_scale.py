"""``scale=quantile[0.9]``: quantiles of the response at given predictors."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from scipy.special import expit

import varying
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.grammar.source import Source
from varying.runtime.questions.cells import cell_lines
from varying.runtime.rows import average_quantile, measures
from varying.runtime.rows.at_once import AtOnce
from varying.runtime.rows.average_quantile import averaged_quantile


def data() -> pd.DataFrame:
    rng = np.random.default_rng(2)
    return pd.DataFrame(
        {
            "x": rng.normal(size=24),
            "f": np.tile(["a", "b"], 12),
            "g": np.repeat(["u", "v", "w"], 8),
            "y": rng.normal(size=24),
            "n": rng.poisson(3.0, 24),
            "p": rng.gamma(3.0, 1.0, 24),
            "z": np.tile([0.0, 1.5, 0.7, 2.0], 6),
            "s": rng.gamma(3.0, 0.2, 24),
            "d": rng.integers(0, 2, 24),
            "k": np.tile([0, 1, 2, 3], 6),
            "t": np.tile([3, 5], 12),
        }
    )


def at_draws(text: str, draws: dict[str, np.ndarray], share: float) -> np.ndarray:
    """Return quantiles of the rows: draws by rows."""
    found = compile_spec(Request(Source(text), table_from_frame(data())))
    at = AtOnce(found.lowered, found.written_frame, draws)
    numbers = tuple(map(float, found.bound.response.categories))
    measure = measures.quantile(at, share, numbers)
    main = found.lowered.predictors[0]
    eta = at.fixed(main)[..., None]
    return np.asarray(measure.value(at, {main.name: eta}))[..., 0]


def test_of_numbers() -> None:
    draws = {
        "Intercept": np.array([1.0, 2.0]),
        "b": np.array([[0.5], [-1.0]]),
        "sigma": np.array([0.7, 1.4]),
    }
    found = at_draws("y ~ x", draws, 0.9)
    x = data()["x"].to_numpy()
    mean = draws["Intercept"][:, None] + draws["b"] * x
    expected = stats.norm.ppf(0.9, mean, draws["sigma"][:, None])
    np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize(
    ("trials", "option", "of"),
    [("9", "", 9), ("9", ", trials=30", 30), ("t", ", trials=4", 4)],
)
def test_of_successes(trials: str, option: str, of: int) -> None:
    found = compile_spec(
        Request(
            Source(
                f"k | trials({trials}) ~ f, family=binomial\n"
                f"means f, scale=quantile[0.7]{option}\n"
            ),
            table_from_frame(data()),
        )
    )
    b = np.array([[0.5, -0.3], [-1.0, 0.2]])
    draws = {"Intercept": b[:, :1].T, "b": b[None, :, 1:]}
    lines = cell_lines(found.joint.questions.cells[0], found, draws)
    for line, eta in zip(lines, (b[:, 0], b.sum(axis=1)), strict=True):
        expected = stats.binom.ppf(0.7, of, expit(eta))
        np.testing.assert_array_equal(line.draws[0], expected)
        assert f"at trials = {of}" in line.note


def test_of_ordered_categories() -> None:
    draws = {
        "b": np.array([[0.5], [-1.0]]),
        "threshold": np.array([[-1.0, 0.0, 1.5], [-0.5, 0.1, 0.2]]),
    }
    x = data()["x"].to_numpy()
    eta = draws["b"] * x
    below = expit(draws["threshold"][:, None, :] - eta[..., None])
    for share in (0.1, 0.5, 0.8):
        found = at_draws(
            "column k: ordered(0..3)\nk ~ x, family=ordlogit", draws, share
        )
        np.testing.assert_array_equal(found, (below < share).sum(axis=-1))


#: Models with a varying intercept, by what they have beside it at two draws.
AVERAGES = {
    "y ~ x + (1 | g)": {"Intercept": [1.0, 2.0], "sigma": [0.7, 1.4]},
    "y ~ x + (1 | gr(g, dist=student))": {
        "Intercept": [1.0, 2.0],
        "sigma": [0.7, 1.4],
        "df_g": [3.0, 8.0],
    },
    "p ~ x + (1 | g), family=gamma": {"Intercept": [1.0, -0.5], "shape": [0.6, 4.0]},
    "z ~ x + (1 | g), family=hurdle_gamma": {
        "Intercept": [1.0, -0.5],
        "shape": [0.6, 4.0],
        "hu": [0.3, 0.55],
    },
    "n ~ x + (1 | g), family=poisson": {"Intercept": [1.0, 2.5]},
    "n ~ x + (1 | g), family=com_poisson": {
        "Intercept": [1.0, 2.5],
        "shape": [0.6, 1.5],
    },
    "column k: ordered(0..3)\nk ~ x + (1 | g), family=ordlogit": {
        "threshold": [[-1.0, 0.0, 1.5], [-0.5, 0.1, 0.2]]
    },
}


@pytest.mark.parametrize("text", AVERAGES)
def test_of_new_groups_together(text: str) -> None:
    """Against responses of a hundred thousand groups that are drawn."""
    found = compile_spec(
        Request(Source(text), table_from_frame(data().iloc[[0, 9, 10, 19]]))
    )
    sd = np.array([[0.8], [1.7]])
    draws = {"b": np.array([[0.5], [-1.0]]), "sd_g": sd}
    draws |= {name: np.asarray(value) for name, value in AVERAGES[text].items()}
    at = AtOnce(found.lowered, found.written_frame, draws)
    numbers = tuple(map(float, found.bound.response.categories))
    # draws of it are slow
    count = 10_000 if "com_poisson" in text else 100_000
    rng = np.random.default_rng(5)
    effects = sd[..., None] * rng.standard_normal((2, 1, count))
    if "df_g" in draws:
        df = draws["df_g"][:, None, None]
        effects = sd[..., None] * rng.standard_t(df, (2, 1, count))
    main = found.lowered.predictors[0]
    eta = at.fixed(main)[..., None] + effects
    if numbers:
        above = measures.exceeding(at, len(numbers) - 1).value(at, {main.name: eta})
        drawn = (rng.random(eta.shape)[..., None] < above).sum(axis=-1)
    else:
        given = at.arguments({main.name: eta}, None)
        whole = {n: np.broadcast_to(v, eta.shape) for n, v in given.items()}
        drawn = at.family.simulate(rng, **whole)
    for share in (0.1, 0.5, 0.9):
        ours = averaged_quantile(at, share, numbers)
        assert ours.shape == (2, 4)
        near = 4.0 * np.sqrt(share * (1.0 - share) / count)
        assert (np.mean(drawn <= ours[..., None], axis=2) > share - near).all()
        assert (np.mean(drawn < ours[..., None], axis=2) < share + near).all()


@pytest.mark.parametrize("share", [1e-6, 0.3, 0.9, 0.9999])
def test_few_averages_find_a_count(share: float) -> None:
    """From starts near and far; what is no number stays none."""
    mu = np.exp(np.linspace(-3.0, 13.0, 300)).reshape(-1, 3)
    mu[7, 1] = np.nan
    start = np.round(mu * np.exp(np.random.default_rng(1).normal(0.0, 1.0, mu.shape)))
    asked = np.zeros(len(mu))

    def excess(values: np.ndarray, places: np.ndarray) -> np.ndarray:
        asked[places] += 1.0
        return np.asarray(stats.poisson.cdf(values, mu[places]) - share)

    start[7, 1] = 0.0
    found = average_quantile._whole(excess, share, start, 0.5 * start, 2.0 * start)
    np.testing.assert_array_equal(found, stats.poisson.ppf(share, mu))
    assert asked.mean() < 12.0


def test_of_new_groups_of_normal_responses_it_has_a_formula() -> None:
    found = compile_spec(Request(Source("y ~ x + (1 | g)"), table_from_frame(data())))
    sd, sigma = np.array([[0.8], [1.7]]), np.array([0.7, 1.4])
    draws = {
        "Intercept": np.array([1.0, 2.0]),
        "b": np.array([[0.5], [-1.0]]),
        "sd_g": sd,
        "sigma": sigma,
    }
    at = AtOnce(found.lowered, found.written_frame, draws)
    mean = draws["Intercept"][:, None] + draws["b"] * data()["x"].to_numpy()
    for share in (1e-3, 0.3, 0.5, 0.99):
        expected = stats.norm.ppf(share, mean, np.hypot(sd, sigma[:, None]))
        ours = averaged_quantile(at, share, ())
        np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-5)


def test_it_is_infinite_where_too_few_times_end() -> None:
    """Of a hazard that says nothing beyond its last knot, with few events and many."""
    text = "p | bhaz(boundary=[0, 20]) ~ 1 + (1 | g), family=cox"
    found = compile_spec(Request(Source(text), table_from_frame(data())))
    draws = {
        "Intercept": np.array([-3.0, 1.5]),
        "sd_g": np.array([[0.5], [0.5]]),
        "sbhaz": np.full((2, 5), 0.2),
    }
    at = AtOnce(found.lowered, found.written_frame, draws)
    rng = np.random.default_rng(8)
    hazard = np.exp(1.5 + 0.5 * rng.normal(size=200_000))
    given = {f"sbhaz{k}": np.array(0.2) for k in range(1, 6)}
    drawn = at.family.simulate(rng, eta=np.log(hazard), **given)
    for share in (0.5, 0.9):
        few, many = averaged_quantile(at, share, ())[:, 0]
        assert few == np.inf
        assert abs(np.mean(drawn <= many) - share) < 0.005


@pytest.mark.parametrize(
    ("model", "question", "message"),
    [
        ("y ~ f", "means f, scale=quantile", "needs to know which"),
        ("y ~ f", "means f, scale=quantile[1]", "is no quantile"),
        ("y ~ f", "means f, scale=quantile[>0.5]", "is no quantile"),
        (
            "p ~ f + (1 | g), family=gamma, link=inverse",
            "means f, scale=quantile[0.5], groups=average",
            "averages over new groups do not exist",
        ),
        (
            "k | trials(t) ~ f, family=binomial",
            "means f, scale=quantile[0.5]",
            "rows have 3 to 5",
        ),
        (
            "k | trials(9) ~ f, family=binomial",
            "means f, scale=quantile[0.5], trials=0",
            "is a whole number above 0",
        ),
        (
            "k | trials(9) ~ f, family=binomial",
            "means f, scale=response, trials=9",
            "other scales are of one trial",
        ),
        (
            "k | trials(9) ~ f, family=binomial",
            "means f, trials=9",
            "other scales are of one trial",
        ),
        ("k | trials(9) ~ x, family=binomial", "slope x, scale=quantile[0.5]", "steps"),
        ("n ~ x, family=poisson", "slope x, scale=quantile[0.5]", "have no slope"),
        (
            "f ~ x, family=bernoulli",
            "means 1, scale=quantile[0.5]",
            "bernoulli has no quantiles",
        ),
    ],
)
def test_what_has_none(model: str, question: str, message: str) -> None:
    with pytest.raises(varying.ModelError, match=message):
        varying.compile(f"{model}\n{question}\n", data())

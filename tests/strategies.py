"""Random specs with data: one generator for all tests that need models.

``random_case(seed)`` is a plain function of its seed, so that a failure names its
case; ``cases()`` is the same for hypothesis. What a case contains is in its
``features``: the tests check that the seeds they run meet all of ``FEATURES``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from hypothesis import strategies as st

from varying.compiler.bind.bound import BoundModel, BoundPredictor
from varying.compiler.compiled import Compiled
from varying.compiler.data.frames import table_from_frame
from varying.compiler.data.matrices import matrices_of
from varying.compiler.distributions.table import (
    DISTRIBUTIONS,
    POSITIVE,
    REAL,
    SUPPORTS,
    Bounds,
    Distribution,
)
from varying.compiler.driver import Request, compile_spec
from varying.compiler.families import FAMILIES
from varying.grammar.source import Source

from .families.further import TRIED

Rng = np.random.Generator

FACTORS = {
    "cs": ("CS-", "CS+"),
    "block": ("early", "very high", "late"),
    "größe": ("α", "β[2]", "γ, δ", 'ε"'),
    "grade": ("2", "10"),
}
NUMBERS = ("x", "`reaction time`", "n")
TRANSFORMS = (
    "I(x^2)",
    "log(x)",
    "exp(n / 4)",
    "I(x * n)",
    "I((x - 30) / 4)",
    "sqrt(x)",
)
SMALL = ("log(x)", "exp(n / 4)", "I((x - 30) / 4)", "sqrt(x)")
#: Of a count the predictor is a logarithm: small numbers, or it is infinite.
COUNTS = ("poisson", "negbinomial")
ZEROS = (
    *("zero_inflated_poisson", "zero_inflated_negbinomial"),
    *("hurdle_poisson", "hurdle_negbinomial"),
)
LASTING = ("gamma", "exponential", "weibull", "hurdle_gamma", "hurdle_lognormal")
LOGARITHMIC = frozenset(
    {
        *(*COUNTS, *LASTING, "geometric", *ZEROS),
        *(family.name for family in FAMILIES.values() if family.links[0] == "log"),
    }
)
#: Cut points: few and many categories, some of which no row has.
CATEGORIES = (2, 3, 4, 7, 11, 100)
WORDS = ("none", "a little", "some", "Much", "très")

#: More of the families with thresholds, which have the most cases of their own.
FAMILY_TURNS = (
    *("gaussian", "bernoulli", "ordlogit", "student", "poisson", "ordlogit"),
    *("lognormal", "binomial", "ordlogit", "negbinomial"),
)
#: All other families: each has seeds of its own, so that those of the turns stay what
#: they are. A new family is one of these, with responses from its own ``simulate``.
WRITTEN = tuple(name for name in FAMILIES if name not in FAMILY_TURNS)
#: Families that bring nothing but a density along: one seed each, the rest is slow.
PLAIN = tuple(TRIED)

FEATURES = frozenset(
    """
    gaussian bernoulli ordlogit student lognormal poisson negbinomial binomial
    trials cbind rate weights se se-sigma cens cens-interval trunc offset
    computed-response
    dpar dpar-group dpar-numeric dpar-offset disc prior-dpar
    no-intercept interaction transform bare
    group correlated diagonal no-group-intercept several-bars nested cell crossed
    by shared members student-group related
    treatment sum simple deviation helmert poly sdif
    learned by-group matrix cut lag condition custom relevel learned-let
    two-categories hundred-categories unseen words items
    monotonic monotonic-product monotonic-group smooth
    missing let where several-models keep repeated
    prior-class prior-group prior-term prior-coefficient prior-mixed prior-constant
    prior-truncated prior-narrow prior-lkj Intercept Intercept[mean] threshold
    threshold[mean] dirichlet default-threshold centered noncentered
    """.split()
)


@dataclass(frozen=True, slots=True)
class Case:
    """A spec without its ``data`` line, its data, and matrices by the file's name."""

    seed: int
    text: str
    data: pd.DataFrame
    features: frozenset[str]
    matrices: Mapping[str, pd.DataFrame] = field(default_factory=dict)

    def write_matrices(self, folder: Path) -> None:
        """Write the files that the spec names beside its data."""
        for name, matrix in self.matrices.items():
            matrix.to_csv(folder / name)

    def compile(self, folder: Path) -> Compiled:
        """Write the data as a file and compile the spec that names it."""
        self.data.to_csv(folder / "case.csv", index=False)
        self.write_matrices(folder)
        source = Source(f'data "case.csv"\n{self.text}', "case.model")
        return compile_spec(Request(source, base=folder, model="main"))


def cases() -> st.SearchStrategy[Case]:
    """Return the generator as a hypothesis strategy."""
    return st.integers(0, 2**32 - 1).map(random_case)


@dataclass(slots=True)
class _Draft:
    """A case while it is made."""

    rng: Rng
    features: set[str]

    def chance(self, probability: float) -> bool:
        return bool(self.rng.random() < probability)

    def pick(self, items: Sequence[str]) -> str:
        return items[int(self.rng.integers(len(items)))]

    def some(self, items: Sequence[str], most: int) -> list[str]:
        count = int(self.rng.integers(0, min(most, len(items)) + 1))
        return [items[i] for i in self.rng.permutation(len(items))[:count]]

    def met(self, *features: str) -> None:
        self.features.update(features)


def random_case(seed: int, family: str | None = None) -> Case:
    """Return the case of a seed; families take turns, unless one is named."""
    draft = _Draft(np.random.default_rng([20, seed]), set())
    family = family or FAMILY_TURNS[seed % len(FAMILY_TURNS)]
    draft.met(family)
    data = _data(draft.rng)
    head, response = _response(draft, family, data)
    response = _limited(draft, seed, family, response, data)
    response = _weighted(draft, seed, _items(draft, seed, family, response, data))
    data = _repeat(draft, seed, data)
    head += _columns(draft)
    lets = []
    if draft.chance(0.3):
        draft.met("let")
        lets = ["shifted"]
        head.append("let shifted = log(x) - 3")
    if draft.chance(0.25):
        draft.met("where")
        head.append(
            draft.pick(
                [
                    'where block != "late" | x > 30',
                    "where x > 26 & n < 7",
                    "where n > 1",
                ]
            )
        )
    terms = _terms(draft, family, lets)
    terms += _over_rows(draft, seed, head)
    terms += _monotonic(draft, seed, head)
    terms += _smooth(draft, seed)
    if draft.chance(0.15):
        draft.met("offset")
        terms.append(draft.pick(["offset(x / 10)", "offset(log(x))"]))
    groups = _groups(draft)
    if family in LOGARITHMIC:
        groups = [bar.replace("I(x * n)", "I(n / 2)") for bar in groups]
    options = [] if family == "gaussian" else [f"family={family}"]
    if groups and draft.chance(0.4):
        form = draft.pick(["centered", "noncentered"])
        draft.met(form)
        options.append(f"parameterization={form}")
    groups += _group_terms(draft, seed, data, options)
    related, matrices = _related(draft, seed, data, options)
    groups += related
    if draft.chance(0.4):
        draft.met("missing")
        _punch(draft.rng, data)
    parts = _parts(draft, family)
    groups, parts = _joined(draft, seed, family, groups, parts)
    response = _measured(draft, seed, family, response, parts)
    formula = f"{response} ~ {', '.join([' + '.join([*terms, *groups]), *options])}"
    plain = Source("\n".join([*head, formula, *(f"  {part}" for part in parts)]))
    # a file is known by its name in quotes
    known = matrices_of({f'"{name}"': matrix for name, matrix in matrices.items()})
    bound = compile_spec(Request(plain, table_from_frame(data), matrices=known)).bound
    own, shared = [*parts, *_priors(draft, bound)], list[str]()
    if bound.population.columns and draft.chance(0.2):
        draft.met("several-models")
        shared = ["prior b ~ normal(0, 7)"]
        formula = f"model null: {response} ~ 1, {', '.join(options[:1])}".rstrip(
            ", "
        ) + (f"\n\nmodel main: {formula}")
    if draft.chance(0.2):
        draft.met("keep")
        own.append("keep eta")
    text = "\n".join([*head, *shared, formula, *(f"  {line}" for line in own)]) + "\n"
    return Case(seed, text, data, frozenset(draft.features), matrices)


# ---- data ----------------------------------------------------------------------------


def _data(rng: Rng) -> pd.DataFrame:
    """Columns of every type; each level of a factor has several rows."""
    rows = int(rng.integers(44, 64))

    def balanced(levels: Sequence[str]) -> list[str]:
        return [levels[i] for i in rng.permutation(np.arange(rows) % len(levels))]

    columns: dict[str, object] = {
        name: balanced(levels) for name, levels in FACTORS.items() if name != "grade"
    }
    columns["grade"] = [int(grade) for grade in balanced(FACTORS["grade"])]
    columns["flag"] = balanced(("TRUE", "FALSE"))
    columns["x"] = rng.normal(30.0, 4.0, rows).round(3)
    columns["reaction time"] = rng.lognormal(6.0, 0.3, rows).round(1)
    columns["n"] = rng.integers(1, 7, rows)
    columns["subj"] = balanced([f"s{i}" for i in range(1, 9)])
    columns["item"] = rng.permutation(np.arange(rows) % 5 + 1)
    columns["b"] = balanced(["left", "right", "middle"])
    columns["y"] = rng.normal(500.0, 80.0, rows).round(2)
    columns["w"] = rng.permutation(np.arange(rows) % 2)
    return pd.DataFrame(columns)


def _weighted(draft: _Draft, seed: int, response: str) -> str:
    """Return the response, with weights for some: rows that do not count among them."""
    # a generator of its own: cases without are what they would be without this
    rng = np.random.default_rng([23, seed])
    if rng.random() < 0.8:
        return response
    draft.met("weights")
    term = "weights(n - 1)" if rng.random() < 0.5 else "weights(n / 2)"
    return f"{response} {'+' if ' | ' in response else '|'} {term}"


def _around(values: pd.Series) -> tuple[float, float]:
    """Return numbers below and above some, of the same sign if all have one."""
    low, high = float(values.min()), float(values.max())
    return (low / 2 if low > 0 else low - 1.0), (high / 2 if high < 0 else high + 1.0)


def _items(
    draft: _Draft, seed: int, family: str, response: str, data: pd.DataFrame
) -> str:
    """Return the response, for some with thresholds of each item."""
    # a generator of its own, as above
    rng = np.random.default_rng([43, seed])
    if not FAMILIES[family].thresholds or rng.random() < 0.75:
        return response
    draft.met("items")
    data["question"] = rng.permutation(np.arange(len(data)) % 2 + 1)
    return f"{response} {'+' if ' | ' in response else '|'} thres(gr=question)"


def _measured(
    draft: _Draft, seed: int, family: str, response: str, parts: Sequence[str]
) -> str:
    """Return the response, for some with the standard error of each row."""
    # a generator of its own, as above
    rng = np.random.default_rng([48, seed])
    if family not in ("gaussian", "student") or rng.random() < 0.7:
        return response
    written = "n / 5" if "y / 100" in response else "20 * n"
    # without one there is no `sigma` to have a formula
    if rng.random() < 0.5 or any(part.startswith("sigma ") for part in parts):
        draft.met("se-sigma")
        written += ", sigma=TRUE"
    else:
        draft.met("se")
    return f"{response} {'+' if ' | ' in response else '|'} se({written})"


#: Families that random models censor and truncate; others have models of their own.
LIMITED = ("gaussian", "lognormal", "exponential", "weibull")


def _limited(
    draft: _Draft, seed: int, family: str, response: str, data: pd.DataFrame
) -> str:
    """Return the response, for some with rows that are censored, or truncated."""
    # a generator of its own, as above
    rng = np.random.default_rng([41, seed])
    if family not in LIMITED or rng.random() < 0.5:
        return response
    ends = {"y": (1, 2000), "y / 100": (0.01, 20), "u": (0.0005, 50)}
    low, high = ends.get(response) or _around(data[response])
    if family == "gaussian" and rng.random() < 0.5:
        low = -low
    terms = []
    if rng.random() < 0.6:
        draft.met("cens")
        several = ["flag", "n > 4", "(n > 4) - (n < 2)", 'b == "left"']
        terms.append(f"cens({several[int(rng.integers(len(several)))]})")
        if rng.random() < 0.4:
            draft.met("cens-interval")
            terms = [f"cens(ifelse(n > 4, 2, ifelse(n > 2, 1, 0)), {response} + n)"]
    if not terms or rng.random() < 0.4:
        draft.met("trunc")
        both = f"lb={low}, ub={high}"
        which = [both, f"lb={low}", f"ub={high} + 0 * n"]
        terms.append(f"trunc({which[int(rng.integers(len(which)))]})")
    return f"{response} | {' + '.join(terms)}"


def _repeat(draft: _Draft, seed: int, data: pd.DataFrame) -> pd.DataFrame:
    """Have some rows twice or more often, of which some in all but ``y``."""
    # a generator of its own: cases without are what they would be without this
    rng = np.random.default_rng([21, seed])
    if rng.random() < 0.5:
        return data
    draft.met("repeated")
    again = data.iloc[rng.integers(len(data), size=len(data) // 2)].copy()
    other = rng.random(len(again)) < 0.5
    again.loc[other, "y"] += rng.normal(0.0, 20.0, int(other.sum())).round(2)
    whole = pd.concat([data, again], ignore_index=True)
    return whole.iloc[rng.permutation(len(whole))].reset_index(drop=True)


def _punch(rng: Rng, data: pd.DataFrame) -> None:
    """Take a few values away; whole numbers are then written as ``1.0``."""
    for name in ("x", "cs", "item", "k", "w", "flag"):
        if name in data.columns and rng.random() < 0.5:
            data.loc[int(rng.integers(len(data))), name] = np.nan


def _response(draft: _Draft, family: str, data: pd.DataFrame) -> tuple[list[str], str]:
    """Return the statements about the response, and its name."""
    rng, rows = draft.rng, len(data)
    if family in ("gaussian", "student", "lognormal"):
        if draft.chance(0.15):
            draft.met("computed-response")
            return [], "y / 100"
        return [], "y"
    if family in LASTING:
        data["u"] = rng.gamma(2.0, 0.7, rows).round(4) + 0.001
        if family.startswith("hurdle"):
            data.loc[rng.random(rows) < 0.3, "u"] = 0.0
        return [], "u"
    if family in ("zero_inflated_binomial", "zero_inflated_beta_binomial"):
        chance = rng.beta(0.8, 1.2, rows) * (rng.random(rows) < 0.7)
        data["hits"] = rng.binomial(data["n"], chance)
        return [], "hits | trials(n)"
    if family in ("ordered_beta", "zero_one_inflated_beta", "zero_inflated_beta"):
        data["p"] = rng.integers(1, 99, rows)
        ends = 2 if "one" in family or "ordered" in family else 1
        at_end = rng.random(rows) < 0.3
        data.loc[at_end, "p"] = 99 * rng.integers(0, ends, int(at_end.sum()))
        return [], "p/99"
    if family == "beta_binomial":
        data["hits"] = rng.binomial(data["n"], rng.beta(0.8, 1.2, rows))
        return [], "hits | trials(n)"
    if family in ZEROS:
        data["c"] = rng.poisson(2.5, rows) * (rng.random(rows) < 0.7)
        if family.startswith("zero") and draft.chance(0.4):
            draft.met("rate")
            return [], "c | rate(n)"
        return [], "c"
    if family == "beta":
        data["p"] = rng.integers(1, 99, rows)
        return [], "p/99"
    if family == "geometric":
        data["c"] = rng.poisson(rng.choice([0.4, 3.0, 60.0]), rows)
        return [], "c"
    if family in COUNTS:
        data["c"] = rng.poisson(rng.choice([0.4, 3.0, 60.0]), rows)
        if draft.chance(0.4):
            draft.met("rate")
            return [], "c | rate(n)"
        return [], "c"
    if family == "binomial":
        data["hits"] = rng.binomial(data["n"], 0.4)
        written = draft.pick(["trials", "cbind"])
        draft.met(written)
        if written == "cbind":
            return [], "cbind(hits, n - hits)"
        return [], "hits | trials(n)"
    if family == "bernoulli":
        if draft.chance(0.5):
            return [], "w"
        data["w"] = np.where(data["w"] == 1, "yes", "no")
        return ["column w: factor(no, yes)"], "w"
    if not FAMILIES[family].thresholds:
        return [], _simulated(draft, family, data)
    count = CATEGORIES[int(rng.integers(len(CATEGORIES)))]
    if draft.chance(0.25):
        draft.met("words")
        words = WORDS[: max(2, min(count, len(WORDS)))]
        data["k"] = rng.permutation([words[i % len(words)] for i in range(rows)])
        levels = ", ".join(f'"{word}"' for word in words)
        return [f"column k: ordered({levels})"], "k"
    draft.met(*{2: ["two-categories"], 100: ["hundred-categories"]}.get(count, []))
    share = rng.choice([0.0, 0.35])  # a pile of zeros, as ratings have
    values = np.where(rng.random(rows) < share, 0, rng.integers(0, count, rows))
    values[:2] = (0, count - 1)
    data["k"] = values
    if count == 100 or draft.chance(0.4):
        if len(set(values.tolist())) < count:
            draft.met("unseen")
        return [f"column k: ordered(0..{count - 1})"], "k"
    return [], "k"


def _simulated(draft: _Draft, family: str, data: pd.DataFrame) -> str:
    """Return a response that the family itself draws, from moderate parameters.

    All that it needs is in the family's record: ``dpars``, their supports, what is
    ``known`` of each row, and whether it takes a ``rate``.
    """
    made, rng = FAMILIES[family], draft.rng
    arguments: dict[str, object] = {
        made.predictor: rng.normal(0.2, 0.4, len(data)),
        **{dpar.name: _inside(rng, SUPPORTS[dpar.support]) for dpar in made.dpars},
        # small counts, which every name of `known` is a word for: trials, ...
        **{name: data["n"].to_numpy() for name in made.known},
    }
    if "dec" in made.known:
        data["answer"] = arguments["dec"] = rng.integers(0, 2, len(data))
    data["made"] = made.simulate(rng, **arguments)
    terms = [f"{name}({'answer' if name == 'dec' else 'n'})" for name in made.known]
    if made.rate is not None and draft.chance(0.4):
        draft.met("rate")
        terms.append("rate(n)")
    return f"made | {' + '.join(terms)}" if terms else "made"


def _inside(rng: Rng, support: Bounds) -> float:
    """Return a moderate number inside a support."""
    low, high = support
    if math.isfinite(low) and math.isfinite(high):
        return float(rng.uniform(low + 0.2 * (high - low), low + 0.6 * (high - low)))
    if math.isfinite(low):
        return low + float(rng.lognormal(0.3, 0.3))
    return float(rng.normal(0.0, 0.5))


def _columns(draft: _Draft) -> list[str]:
    """Declare some factors, with contrasts and references."""
    head = []
    schemes = ("treatment", "sum", "simple", "deviation", "helmert", "poly", "sdif")
    for name, levels in FACTORS.items():
        if draft.chance(0.5):
            scheme = draft.pick(schemes)
            draft.met(scheme)
            listed = ", ".join('"{}"'.format(t.replace('"', '\\"')) for t in levels)
            if name == "größe":  # its levels need an escape that R knows
                listed = ""
            kind = f"factor({listed})" if listed and draft.chance(0.7) else "factor"
            head.append(f"column {name}: {kind}, contrast={scheme}")
    return head


# ---- terms ---------------------------------------------------------------------------


def _terms(draft: _Draft, family: str, lets: Sequence[str]) -> list[str]:
    numbers, transforms = NUMBERS, TRANSFORMS
    if family in LOGARITHMIC:
        numbers, transforms = ("n",), SMALL
    variables = [*FACTORS, "flag", *numbers, *lets]
    chosen = draft.some(variables, 3)
    terms: list[str] = []
    if len(chosen) >= 2 and draft.chance(0.7):
        draft.met("interaction")
        shape = draft.pick(["{0} * {1}", "{0}:{1}", "({0} + {1})^2", "{0} + {0}:{1}"])
        terms.append(shape.format(*chosen[:2]))
        terms += chosen[2:]
        if len(chosen) == 3 and draft.chance(0.3):
            a, b, c = chosen
            terms = [f"{a} * {b} * {c} - {a}:{b}:{c}"]
    else:
        terms += chosen
    if draft.chance(0.3):
        draft.met("transform")
        terms += [t for t in draft.some(transforms, 2) if t not in terms]
    if not FAMILIES[family].thresholds and draft.chance(0.3):
        draft.met("no-intercept")
        # at the end `- 1` would stand before the group terms as well
        return ["0", *terms]
    if not terms:
        draft.met("bare")
    return terms or ["1"]


#: Terms that learn from rows, or are coded in a way of their own, by feature.
OVER_ROWS = {
    "learned": ("scale(x)", "center(log(x))", "I(rank(n) / 9)", "I(x / mean(x))"),
    "by-group": ("within(log(x), subj)", "between(log(x), by=b:flag)"),
    "matrix": ("poly(x, 2)", "ns(x, df=2)", "bs(n, df=4)", "poly(n, 2, raw=TRUE)"),
    "cut": ("cut(x, 3)", "cut(n, [0, 2, 9], labels=[few, many])"),
    "lag": ("I(lag(n, by=subj, order=x) / 4)", "lag(cs, by=item)"),
    "condition": ("(n > 3)", '(cs == "CS+")', "I(x > mean(x))"),
    "custom": (
        "C(block, custom(a=[1, 0, -1], b=[-1, 2, -1]))",
        "C(b, [[1, 0], [0, 1], [-1, -1]])",
    ),
    "relevel": ("relevel(block, ref=late)", "factor(b, levels=[right, left, middle])"),
}


def _over_rows(draft: _Draft, seed: int, head: list[str]) -> list[str]:
    """Return terms that learn from rows; a ``let`` for some stands in the head."""
    # a generator of its own, as in `_repeat`
    rng = np.random.default_rng([22, seed])
    if rng.random() < 0.6:
        return []
    found = []
    for feature in rng.permutation(sorted(OVER_ROWS))[: rng.integers(1, 3)].tolist():
        draft.met(feature)
        terms = OVER_ROWS[feature]
        found.append(terms[int(rng.integers(len(terms)))])
    if rng.random() < 0.3:
        draft.met("learned-let")
        head.append("let learned = scale(log(x))")
        head.append("let squared = learned^2 / 4")
        found.append("squared")
    if rng.random() < 0.3:
        found = [" * ".join(found[:2]), *found[2:]]
    return found


def _monotonic(draft: _Draft, seed: int, head: list[str]) -> list[str]:
    """Return monotonic terms of numbers and of an ordered factor."""
    # a generator of its own, as in `_repeat`
    rng = np.random.default_rng([31, seed])
    if rng.random() < 0.8:
        return []
    draft.met("monotonic")
    head.append("column b: ordered(left, middle, right)")
    alone = ["mo(n)", "mo(b)", "mo(item)", "mo(b, id=own) + mo(b, id=own):cs"]
    several = ["mo(n) * flag", "mo(item):cs", "mo(b) * log(x)", "mo(b):mo(n)"]
    if rng.random() < 0.3:
        draft.met("monotonic-group")
        return ["mo(n)", "(1 + mo(n) | b:cs)"]
    if rng.random() < 0.5:
        return [alone[int(rng.integers(len(alone)))]]
    draft.met("monotonic-product")
    return [several[int(rng.integers(len(several)))]]


def _smooth(draft: _Draft, seed: int) -> list[str]:
    """Return smooth terms of a number."""
    # a generator of its own, as in `_repeat`
    rng = np.random.default_rng([81, seed])
    if rng.random() < 0.85:
        return []
    draft.met("smooth")
    found = ["s(x, k=4)", "s(log(x), bs=cr, k=5)", "s(x, bs=ts, k=4)"]
    found += ["s(`reaction time`, k=5) + s(x, bs=cc, k=4)", "s(x, by=cs, k=4)"]
    return [found[int(rng.integers(len(found)))]]


def _parts(draft: _Draft, family: str) -> list[str]:
    """Formulas of distributional parameters."""
    found = []
    for dpar in FAMILIES[family].dpars:
        if not draft.chance(0.35):
            continue
        draft.met("dpar")
        terms = draft.some([*FACTORS, "flag"], 2)
        if dpar.fixed is not None:
            draft.met("disc")
            terms = terms or ["block"]
        elif draft.chance(0.4):
            draft.met("dpar-numeric")
            terms.append("x")
        elif terms and draft.chance(0.3):
            terms.insert(0, "0")
        if draft.chance(0.2):
            draft.met("dpar-offset")
            terms.append("offset(log(x) - 3)")
        if draft.chance(0.4):
            draft.met("dpar-group")
            group = draft.pick(["(1 | subj)", "(1 + cs | subj)", "(0 + n || item)"])
            terms.append(group)
        found.append(f"{dpar.name} ~ {' + '.join(terms or ['1'])}")
    return found


def _groups(draft: _Draft) -> list[str]:
    """Bars over one, two or nested grouping factors."""
    inside = ["x", "cs", "n", "block"]
    a, b = (inside[i] for i in draft.rng.permutation(4)[:2])
    recipes: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...] = (
        ("", (), ()),
        ("", (), ()),
        ("", ("(1 | subj)",), ()),
        ("correlated", ("({a} | subj)",), ()),
        ("correlated", ("({a} + {b} | subj)",), ()),
        ("correlated", ("({a} * {b} | subj)",), ()),
        ("diagonal", ("({a} || subj)",), ()),
        ("no-group-intercept", ("(0 + {a} | subj)",), ()),
        ("several-bars", ("(1 | subj)", "(0 + {a} | subj)"), ()),
        ("several-bars", ("({a} | subj)", "(0 + {b} || subj)"), ()),
        ("several-bars", ("({a} | subj)", "(0 + I(x * n) + log(x) | subj)"), ()),
        ("nested", ("(1 | b/item)",), ()),
        ("nested", ("(0 + {a} | b/subj)",), ()),
        ("cell", ("({a} | b:flag)",), ()),
        ("crossed", ("(1 + {a} | subj)", "(1 | item)"), ()),
        ("crossed", ("(1 | subj + item)",), ()),
    )
    feature, bars, _ = recipes[int(draft.rng.integers(len(recipes)))]
    if bars:
        draft.met("group", *([feature] if feature else []))
    return [bar.format(a=a, b=b) for bar in bars]


def _joined(
    draft: _Draft, seed: int, family: str, groups: list[str], parts: list[str]
) -> tuple[list[str], list[str]]:
    """Have some groups in strata, and some shared by two formulas.

    They are over cells that no other term is over.
    """
    # a generator of its own: cases without are what they would be without this
    rng = np.random.default_rng([41, seed])
    way = rng.random()
    inside = ["cs", "block"][int(rng.random() < 0.5)]
    bars = ("|", "||")
    if way < 0.15:
        draft.met("by")
        bar = bars[int(rng.random() < 0.3)]
        effects = ["1", inside, f"0 + {inside}"][int(rng.integers(3))]
        return [*groups, f"({effects} {bar} gr(flag:grade:b, by=flag))"], parts
    dpars = [dpar.name for dpar in FAMILIES[family].dpars]
    if way > 0.3 or not dpars:
        return groups, parts
    draft.met("shared")
    dpar = dpars[int(rng.integers(len(dpars)))]
    over = "b:grade"
    if rng.random() < 0.3:
        draft.met("by")
        over = "gr(b:grade, by=grade)"
    there = [part for part in parts if part.startswith(f"{dpar} ~ ")]
    start = there[0] if there else f"{dpar} ~ block"
    rest = [part for part in parts if part not in there]
    whole = [*rest, f"{start} + (1 |both| {over})"]
    return [*groups, f"(1 + {inside} |both| {over})"], whole


def _group_terms(
    draft: _Draft, seed: int, data: pd.DataFrame, options: Sequence[str]
) -> list[str]:
    """Have some rows in several levels, and some effects with a t distribution."""
    # a generator of its own, as above
    rng = np.random.default_rng([66, seed])
    way, inside = rng.random(), ["1", "cs", "0 + block"][int(rng.integers(3))]
    bar = "||" if rng.random() < 0.3 else "|"
    dist = ", dist=student" if rng.random() < 0.3 else ""
    if "parameterization=centered" in options:
        dist = ""
    if way < 0.12:
        draft.met("members", *(["student-group"] if dist else []))
        data["other"] = rng.permutation(data["subj"].to_numpy())
        weights = ["", ", weights=cbind(n, 1)", ", weights=cbind(n, -1), scale=FALSE"]
        chosen = weights[int(rng.integers(3))]
        return [f"({inside} {bar} mm(subj, other{chosen}{dist}))"]
    if way < 0.2 and "parameterization=centered" not in options:
        draft.met("student-group")
        return [f"({inside} {bar} gr(item:grade, dist=student))"]
    return []


def _related(
    draft: _Draft, seed: int, data: pd.DataFrame, options: Sequence[str]
) -> tuple[list[str], dict[str, pd.DataFrame]]:
    """Have some groups whose levels are related, with the matrix that says how."""
    # a generator of its own, as above
    rng = np.random.default_rng([47, seed])
    if rng.random() < 0.9 or "parameterization=centered" in options:
        return [], {}
    draft.met("related")
    levels = [f"k{i}" for i in range(6)]
    data["kin"] = rng.permutation([levels[i % 5] for i in range(len(data))])
    factor = np.tril(rng.normal(0.0, 0.4, (6, 6)), -1) + np.diag(rng.uniform(0.5, 1, 6))
    # one level more than there are, in an order of its own
    order = rng.permutation(6)
    names = [levels[i] for i in order]
    matrix = pd.DataFrame((factor @ factor.T)[np.ix_(order, order)], names, names)
    inside = ["1", "cs", "0 + block"][int(rng.integers(3))]
    bar = "||" if rng.random() < 0.3 else "|"
    over = 'gr(kin, cov="kin.csv"'
    if rng.random() < 0.3:
        data["kin2"] = rng.permutation(data["kin"].to_numpy())
        over = 'mm(kin, kin2, cov="kin.csv"'
    if rng.random() < 0.3:
        over += ", dist=student"
    return [f"({inside} {bar} {over}))"], {"kin.csv": matrix}


# ---- priors --------------------------------------------------------------------------


def _number(value: float) -> str:
    return f"{value:.3g}"


def _domain_value(rng: Rng, domain: Bounds) -> float:
    return float(rng.uniform(0.6, 4.0) if domain == POSITIVE else rng.normal(0.0, 1.5))


def _arguments(rng: Rng, row: Distribution, support: Bounds) -> list[float]:
    if row.support_of is not None and row.support == REAL:
        # its arguments are places in order, the ends of its support among them
        start = 0.0 if support == POSITIVE else float(rng.uniform(-6.0, -1.0))
        steps = rng.uniform(1.0, 4.0, len(row.arguments) - 1)
        return [start, *(start + np.cumsum(steps)).tolist()]
    return [_domain_value(rng, argument.domain) for argument in row.arguments]


#: Distributions of PyMC with constants in single precision, or that have no density
#: before PyTensor rewrites it; ``tests/distributions`` holds them against SciPy.
NOT_EXACT = frozenset(
    {
        *("skew_normal", "skew_student_t", "ex_gaussian", "asymmetric_laplace"),
        *("moyal", "rice", "logit_normal", "kumaraswamy", "von_mises", "half_flat"),
    }
)


def random_prior(rng: Rng, support: Bounds, flat: bool = False) -> str:
    """Return a prior whose support is inside ``support``, maybe truncated."""
    rows = [
        row
        for row in DISTRIBUTIONS.values()
        if row.name != "dirichlet"
        and (row.proper or flat)
        and (row.support[0] >= support[0] or row.can_be_cut)
        and row.name not in NOT_EXACT
    ]
    row = rows[int(rng.integers(len(rows)))]
    given = [float(_number(value)) for value in _arguments(rng, row, support)]
    names = [argument.name for argument in row.arguments]
    low, high = row.bounds(dict(zip(names, given, strict=True)))
    extra = []
    if low < support[0]:
        low = float(rng.choice([support[0], support[0] + 0.25]))
        extra.append(f"lb={_number(low)}")
    elif row.can_be_cut and rng.random() < 0.25:
        low = (low if math.isfinite(low) else -2.0) + float(rng.uniform(0.02, 0.2))
        extra.append(f"lb={_number(low)}")
    if row.can_be_cut and rng.random() < 0.25:
        start = low if math.isfinite(low) else -1.0
        width = min(high - start, 10.0) * float(rng.uniform(0.4, 0.95))
        extra.append(f"ub={_number(start + width)}")
    inside = ", ".join([*map(_number, given), *extra])
    return f"{row.name}({inside})" if inside else row.name


def _statement(draft: _Draft, target: str, support: Bounds, fixed: bool = True) -> str:
    if fixed and draft.chance(0.15):
        draft.met("prior-constant")
        value = abs(draft.rng.normal(0.0, 2.0)) + 0.1
        value += max(support[0], 0.0)
        if target.startswith("b[") and "reaction time" in target:
            value /= 400.0  # some hundred milliseconds: a predictor of thousands has
            # too few digits left for what the tests compare
        return f"prior {target} = {_number(value)}"
    # a generator of its own: a new distribution does not change the rest of a case
    text = random_prior(draft.rng.spawn(1)[0], support, flat=target.startswith("b"))
    while support[0] > 0 and text.startswith(("triangular", "uniform")):
        # it may end before the support begins
        text = random_prior(draft.rng.spawn(1)[0], support)
    if "lb=" in text or "ub=" in text:
        draft.met("prior-truncated")
    if support == REAL and not text.startswith(_WHOLE_LINE):
        draft.met("prior-narrow")
    return f"prior {target} ~ {text}"


_WHOLE_LINE = tuple(
    row.name
    for row in DISTRIBUTIONS.values()
    if row.support == REAL and row.location and row.name not in NOT_EXACT
)


def _priors(draft: _Draft, bound: BoundModel) -> list[str]:
    if draft.chance(0.25):
        if bound.family.thresholds:
            draft.met("default-threshold")
        return []
    lines: list[str] = []
    _effect_priors(draft, bound, lines)
    _group_priors(draft, bound, lines)
    if bound.family.thresholds:
        _threshold_prior(draft, bound.family.name, lines)
    elif bound.population.intercept and draft.chance(0.5):
        target = draft.pick(["Intercept", "Intercept[mean]"])
        draft.met(target)
        lines.append(_statement(draft, target, REAL, fixed=target == "Intercept"))
    others = {part.dpar for part in bound.predictors[1:]}
    for dpar in bound.family.dpars:
        free = dpar.fixed is None and dpar.name not in others
        if free and draft.chance(0.4):
            if dpar.support == "unit":
                lines.append(f"prior {dpar.name} ~ beta(2, 3)")
                continue
            lines.append(_statement(draft, dpar.name, SUPPORTS[dpar.support]))
    for part in bound.predictors[1:]:
        _part_priors(draft, part, lines)
    return lines


def _part_priors(draft: _Draft, part: BoundPredictor, lines: list[str]) -> None:
    """Priors that keep a predictor on the log scale where its exponential is one."""

    def add(target: str, prior: str) -> None:
        if draft.chance(0.3):
            draft.met("prior-dpar")
            lines.append(f"prior {part.target}{target} ~ {prior}")

    if part.population.intercept:
        add(draft.pick(["Intercept", "Intercept[mean]"]), "normal(0.5, 0.8)")
    for column in part.population.columns:
        if not set(column.name) & set('",') and "β[" not in column.name:
            add(f"b[{column.name}]", "student_t(4, 0, 0.3)")
    for grouping in part.groupings:
        add(f"sd[{grouping.name}]", "half_normal(0.5)")
        # a matrix that formulas share is that of the first
        shared = any(t.identity is not None for t in grouping.terms)
        joint = any(t.correlated and len(t.columns) > 1 for t in grouping.terms)
        if joint and not shared:
            add(f"cor[{grouping.name}]", "lkj(3)")


def _effect_priors(draft: _Draft, bound: BoundModel, lines: list[str]) -> None:
    columns = bound.population.columns
    if not columns:
        return
    if draft.chance(0.4):
        draft.met("prior-class")
        lines.append(_statement(draft, "b", REAL))
    names = [column.name for column in columns]
    terms = dict.fromkeys(column.term for column in columns)
    targets = [term for term in terms if term not in names and draft.chance(0.3)]
    draft.met(*(["prior-term"] if targets else []))
    chosen = [name for name in names if draft.chance(0.4)]
    draft.met(*(["prior-coefficient"] if chosen else []))
    if len(chosen) > 1:
        draft.met("prior-mixed")
    for target in [*targets, *chosen]:
        if not set(target) & set('",') and "β[" not in target:
            lines.append(_statement(draft, f"b[{target}]", REAL))


def _group_priors(draft: _Draft, bound: BoundModel, lines: list[str]) -> None:
    if bound.groupings and draft.chance(0.3):
        draft.met("prior-class")
        lines.append(_statement(draft, "sd", POSITIVE))
    for grouping in bound.groupings:
        name = grouping.name
        if draft.chance(0.3):
            draft.met("prior-group")
            lines.append(_statement(draft, f"sd[{name}]", POSITIVE))
        for column in grouping.columns:
            if draft.chance(0.25):
                draft.met("prior-coefficient")
                target = f"sd[{name}, {column.name}]"
                lines.append(_statement(draft, target, POSITIVE))
        joint = any(t.correlated and len(t.columns) > 1 for t in grouping.terms)
        if joint and draft.chance(0.5):
            draft.met("prior-lkj")
            eta = _number(draft.rng.uniform(0.5, 5))
            lines.append(f"prior cor[{name}] ~ lkj({eta})")


def _threshold_prior(draft: _Draft, family: str, lines: list[str]) -> None:
    kinds: dict[str, Callable[[], str]] = {
        "default-threshold": str,
        "threshold": lambda: _location_prior(draft.rng.spawn(1)[0]),
        "threshold[mean]": lambda: _location_prior(draft.rng.spawn(1)[0]),
        "dirichlet": lambda: f"dirichlet({_number(draft.rng.uniform(0.5, 3))})",
    }
    if family != "ordlogit":  # of the others none has it
        del kinds["dirichlet"]
    kind = draft.pick(list(kinds))
    draft.met(kind)
    if text := kinds[kind]():
        target = "threshold" if kind == "dirichlet" else kind
        lines.append(f"prior {target} ~ {text}")


def _location_prior(rng: Rng) -> str:
    name = _WHOLE_LINE[int(rng.integers(len(_WHOLE_LINE)))]
    given = [_domain_value(rng, a.domain) for a in DISTRIBUTIONS[name].arguments]
    return f"{name}({', '.join(map(_number, given))})"

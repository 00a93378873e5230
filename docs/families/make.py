"""Make the pages of the families from their records, each with a worked example.

    python docs/families/make.py            what the records say; examples stay
    python docs/families/make.py NAME ...   anew, with example and picture, for these
    python docs/families/make.py --all      for all of them

An example is made by the same lines for every family: values of the parameters by their
support, data drawn from them (``varying.simulate``), a fit, and both beside each other.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

import mixtures
import numpy as np

import varying
from varying.compiler.families import BY_RESPONSE, FAMILIES
from varying.compiler.families.family import Dpar, Family

HERE = Path(__file__).resolve().parent
IMAGES = HERE.parent / "images" / "families"
BEGIN, END = "<!-- example:begin -->", "<!-- example:end -->"

#: A value of a parameter by where it lives.
TYPICAL = {"positive": 2.0, "unit": 0.2, "real": -1.0, "at_least_one": 5.0}
#: The parameter as the example has it where another value tells more.
SPECIAL = {"sigma": 1.0, "phi": 5.0, "shape": 3.0, "disc": 1.0, "ndt": 0.5}
SPECIAL |= {"alpha": 4.0, "quantile": 0.3, "xi": 0.2, "kappa": 8.0, "bs": 1.5}
SPECIAL |= {"bias": 0.5, "sigmab": 0.8, "sigmac": 0.5, "lncor": 0.6}
#: And that of one family: with the others most responses would be in one corner.
OF_FAMILY = {("shifted_lognormal", "sigma"): 0.5, ("discrete_weibull", "shape"): 1.5}
OF_FAMILY |= {("inverse_gaussian", "shape"): 10.0}
#: Intercept and slope of the example by the link of the main parameter.
PREDICTOR = {"log": (1.0, 0.6), "logit": (-0.3, 0.8), "identity": (2.0, 1.0)}
THRESHOLDS = (-2.0, -0.5, 0.8, 2.2)
#: Of families with several main predictors, those of the second one.
SECOND = (-0.3, -0.8)
CATEGORIES = ("a", "b", "c")
SEED, GROUPS, EACH = 1, 30, 12
#: All families that have a page.
EVERY = {**FAMILIES, **BY_RESPONSE, mixtures.MIXTURE.name: mixtures.MIXTURE}


# ---- what the record says ------------------------------------------------------------


def record(family: Family) -> str:
    """Return the part of a page that is the family's record."""
    first, rest = _mathematics(family.doc)
    names = ", ".join(f"`{name}`" for name in family.aliases)
    also = f" Other names: {names}." if names else ""
    each = "the linear predictor of the main formula"
    if family.components:
        each += ", of component 1"
    elif family.mains:
        each += ", for each category but the first: `mub`, `muc`"
    lines = [
        f"# `{family.name}`: {family.title}",
        "",
        f"{first} The response: {family.support}.{also}",
        "",
        rest,
        "",
        "| parameter | what it is | lives | link of a formula for it |",
        "|---|---|---|---|",
        f"| `{family.predictor}` | {each} "
        f"| any number | {', '.join(f'`{link}`' for link in family.links)} |",
    ]
    if family.thresholds:
        lines.append("| `threshold` | bounds of the categories | in order | |")
    # of each category there are some: those of the example's
    own = _made(family) if family.of_each else family
    for dpar in own.listed:
        if dpar in own.mains and not family.components:
            continue
        fixed = "" if dpar.fixed is None else f"; {dpar.fixed:g} without a formula"
        what = f"{dpar.meaning}{fixed}"
        link = "" if dpar.within else f"`{dpar.link}`"
        lines.append(f"| `{dpar.name}` | {what} | {_lives(dpar)} | {link} |")
    if family.known:
        known = ", ".join(f"`y \\| {name}(n)`" for name in family.known)
        if family.has_columns:
            columns = f"cbind({', '.join(CATEGORIES)})"
            lines += [
                "",
                f"Written `{columns} \\| trials(n)`, or without `trials(n)`: ",
            ]
            lines[-1] += "then the sum of the columns is taken."
        else:
            lines += ["", f"Each row brings along: {known}."]
    if family.rate is not None:
        lines += ["", "Takes an exposure, `y | rate(t)`."]
    if family.components:
        lines += ["", *mixtures.components()]
    return "\n".join(lines)


def _lives(dpar: Dpar) -> str:
    words = {
        "positive": "positive",
        "unit": "between 0 and 1",
        "real": "any number",
        "at_least_one": "1 or more",
    }
    if dpar.partial:
        return "between -1 and 1"
    return words.get(dpar.support, dpar.support)


def _mathematics(doc: str) -> tuple[str, str]:
    """Return the first sentence of a docstring, and the rest as Markdown."""
    first, _, rest = doc.strip().partition("\n\n")
    rest = re.sub(r":math:`([^`]+)`", r"$\1$", rest, flags=re.DOTALL)
    rest = re.sub(r"``([^`]+)``", r"`\1`", rest)

    def block(found: re.Match[str]) -> str:
        inner = "\n".join(line.strip() for line in found[1].strip().splitlines())
        return f"```math\n{inner}\n```\n"

    rest = re.sub(r"\.\. math:: ((?:.+\n)+)", block, rest + "\n")
    first = re.sub(r"``([^`]+)``", r"`\1`", " ".join(first.split()))
    return first, rest.strip()


# ---- the example ---------------------------------------------------------------------


def spec_of(family: Family) -> str:
    """Return the spec of the example."""
    if family.components:
        return mixtures.SPEC
    response = "y | trials(n)" if "trials" in family.known else "y"
    if family.has_columns:
        response = response.replace("y", f"cbind({', '.join(CATEGORIES)})", 1)
    response = "y | dec(answer)" if "dec" in family.known else response
    response = "y | cens(late)" if family.events else response
    first = 1 - family.apart
    head = f"column y: ordered({first}..5)\n\n" if family.thresholds else ""
    if family.response == "nominal":
        head = f"column y: factor({', '.join(CATEGORIES)})\n\n"
    return f"{head}{response} ~ x + (1 | g), family={family.name}\n"


def truth_of(family: Family) -> dict[str, Any]:
    """Return the values that its data are drawn from."""
    if family.components:
        return mixtures.TRUTH
    intercept, slope = _predictor(family)
    if family.mains:
        made = _made(family)
        shared = {
            d.name: SPECIAL["lncor"] if d.partial else _value(family, d)
            for d in made.listed
            if d not in made.mains
        }
        return shared | {
            f"{main.name}.{target}": value
            for main, (own, by) in zip(made.mains, _mains(family), strict=True)
            for target, value in (
                *(("Intercept", own), ("b[x]", by)),
                ("sd[g, Intercept]", 0.4),
            )
        }
    truth: dict[str, Any] = {"threshold": THRESHOLDS} if family.thresholds else {}
    if not family.thresholds:
        truth["Intercept"] = intercept
    truth |= {"b[x]": slope, "sd[g, Intercept]": 0.4}
    if family.events:
        del truth["Intercept"]  # of hazards before the knots are known
    for dpar in family.dpars:
        if dpar.fixed is None and not dpar.within:
            truth[dpar.name] = _value(family, dpar)
    return truth


def _made(family: Family) -> Family:
    """Return the family of the example's response."""
    return family if family.by_response is None else family.by_response(CATEGORIES)


def _mains(family: Family) -> tuple[tuple[float, float], ...]:
    """Return intercept and slope of each main predictor."""
    return (_predictor(family), SECOND)


def _predictor(family: Family) -> tuple[float, float]:
    """Return intercept and slope of the example."""
    if "dec" in family.known:
        return 0.8, 0.6
    if family.name == "discrete_weibull":  # the chance of a count above 0
        return 1.0, 0.8
    if family.measure != "the response":  # its logarithm
        return 0.5, 0.5
    return PREDICTOR.get(family.links[0], (0.0, 0.8))


def _value(family: Family, dpar: Dpar) -> float:
    if (family.name, dpar.name) in OF_FAMILY:
        return OF_FAMILY[family.name, dpar.name]
    return SPECIAL.get(dpar.name, TYPICAL[dpar.support])


def _design() -> dict[str, Any]:
    return {
        "g": np.repeat([f"g{n:02}" for n in range(GROUPS)], EACH),
        "x": np.tile(np.linspace(-1.0, 1.0, EACH), GROUPS).round(3),
        "n": np.full(GROUPS * EACH, 10),
    }


def example(family: Family) -> str:
    """Draw data, fit them, and return the part of the page that shows both."""
    design = _design()
    spec, truth = spec_of(family), truth_of(family)
    decided = "dec" in family.known or family.events
    if family.events:
        data: Any = _times(truth, design)
    elif decided:
        data = _decisions(family, truth, design)
    else:
        data = varying.simulate(spec, truth, design, seed=SEED)
    model = varying.compile(spec, data)
    fit = model.fit(seed=SEED, progress=False)
    frame = fit.summary().to_frame().reset_index()
    values = _flat(truth)
    rows = []
    for row in frame.to_dict("records"):
        label = f"{row['name']}[{row['coord']}]" if row["coord"] else row["name"]
        known = values.get(_target(row["name"], row["coord"]))
        if known is None:
            continue
        rows.append(
            f"| `{label.replace('|', r'\|')}` | {known:g} | {row['mean']:.2f} "
            f"| {row['lower']:.2f} to {row['upper']:.2f} |"
        )
    text = "".join(f"{name} = {_text(value)}\n" for name, value in truth.items())
    priors = "\n".join(
        f"| `{row.target}` | `{row.prior}` | {row.reason} |".replace("y | ", r"y \| ")
        for row in model.priors
    )
    if family.events:
        _hazards(family, fit)
    else:
        _picture(family, fit)
    simulated = (
        "    varying simulate y.model --truth truth.txt --data design.csv "
        f"--seed {SEED} --out y.csv"
    )
    return "\n".join(
        [
            "## An example",
            "",
            f"{GROUPS} groups with {EACH} rows each are drawn from known parameters "
            "and fitted, to see them found again:"
            if not family.events
            else f"{GROUPS} groups with {EACH} rows each are drawn from a hazard that "
            "rises with the root of the time, followed for 3 to 12 units (`late`: no "
            "event until then), and fitted, to see effects found again:",
            "",
            "```model",
            spec.rstrip(),
            "```",
            "",
            "```text",
            text.rstrip(),
            "```",
            "",
            *([] if decided else [simulated]),
            f"    varying fit y.model --data y.csv --seed {SEED}",
            "",
            "| parameter | truth | mean | 95 % interval |",
            "|---|---|---|---|",
            *rows,
            "",
            f"![{_caption(family)}](../images/families/{family.name}.png)",
            "",
            "Default priors for these data (`varying show priors`):",
            "",
            "| target | prior | reason |",
            "|---|---|---|",
            priors,
            *(["", mixtures.membership(fit, data["y"])] if family.components else []),
        ]
    )


def _decisions(
    family: Family, truth: dict[str, Any], design: dict[str, Any]
) -> dict[str, Any]:
    """Draw answers, then times: both are the response."""
    rng = np.random.default_rng(SEED)
    levels = truth["sd[g, Intercept]"] * rng.normal(size=GROUPS)
    mu = truth["Intercept"] + truth["b[x]"] * design["x"] + np.repeat(levels, EACH)
    given = {d.name: np.full(len(mu), truth[d.name]) for d in family.dpars}
    # the chance of the upper bound, of a drift that is not 0
    away = -2.0 * mu * given["bs"]
    upper = np.expm1(away * given["bias"]) / np.expm1(away)
    answer = (rng.random(len(mu)) < upper).astype(int)
    return {
        **design,
        "answer": answer,
        "y": family.simulate(rng, mu, **given, dec=answer),
    }


def _times(truth: dict[str, Any], design: dict[str, Any]) -> dict[str, Any]:
    """Draw times whose hazard rises, of people who are followed for 3 to 12 units."""
    rng = np.random.default_rng(SEED)
    levels = truth["sd[g, Intercept]"] * rng.normal(size=GROUPS)
    eta = truth["b[x]"] * design["x"] + np.repeat(levels, EACH)
    event = 5.0 * (rng.standard_exponential(len(eta)) * np.exp(-eta)) ** (1.0 / 1.5)
    end = rng.uniform(3.0, 12.0, len(eta))
    late = (event > end).astype(int)
    return {**design, "late": late, "y": np.minimum(event, end).round(3)}


def _flat(truth: dict[str, Any]) -> dict[str, float]:
    found = {}
    for name, value in truth.items():
        if isinstance(value, tuple):
            for place, one in enumerate(value):
                found[f"{name}[{place + 1}]"] = one
        else:
            found[name] = value
    return found


def _target(name: str, coord: str) -> str:
    """Return what a truth calls a line of the summary."""
    if name.endswith("sd_g"):
        return f"{name[:-4].replace('_', '.')}sd[g, {coord}]"
    if name == "lncor":
        return name  # of three categories there is one
    if name == "threshold":
        return f"threshold[{coord.partition('|')[0]}]"
    for end in ("_Intercept", "_b"):
        if name.endswith(end):
            name = f"{name.removesuffix(end)}.{end[1:]}"
    return f"{name}[{coord}]" if coord else name


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(f'{one:g}' for one in value)}]"
    return f"{value:g}"


# ---- the picture ---------------------------------------------------------------------


def _caption(family: Family) -> str:
    if family.events:
        return (
            "The hazard at three predictors, with that of the truth in grey, and the "
            "share without an event: of the fit, and by Kaplan and Meier"
        )
    return (
        f"The {family.title} at three predictors, and these data beside what the "
        "fit draws"
    )


def _hazards(family: Family, fit: Any) -> None:
    """Draw hazards, and survival beside that of Kaplan and Meier."""
    from varying.compiler.distributions.density.arrays import ARRAYS
    from varying.compiler.families.continuous.baseline import Baseline
    from varying.runtime.plots.style import WIDTH, drawn

    data, posterior = _times(truth_of(family), _design()), fit.data["posterior"]
    knots = fit._origin.compiled.bound.family.name
    base = Baseline(tuple(map(float, knots[len("cox(") : -1].split(", "))))
    shares = np.asarray(posterior["sbhaz"]).reshape(-1, base.size).T[:, :, None]
    intercept, slope, sd = (
        np.asarray(posterior[name]).reshape(-1, 1)
        for name in ("Intercept", "b", "sd_g")
    )
    at = np.linspace(1.02 * base.knots[0], 0.995 * base.knots[-1], 200)
    hazard, passed = (
        base.hazard(ARRAYS, at, shares),
        base.cumulative(ARRAYS, at, shares),
    )

    @drawn
    def draw(sheet: Any) -> None:
        figure = sheet.figure(WIDTH, 2.7)
        left, right = figure.subplots(1, 2)
        for dash, x in zip(_DASHES, (-1.0, 0.0, 1.0), strict=True):
            found = np.exp(intercept + slope * x) * hazard
            true = 1.5 / 5.0 * (at / 5.0) ** 0.5 * np.exp(0.6 * x)
            left.plot(at, true, color="0.7", lw=1.0, ls=dash)
            label = f"x = {x:g}"
            left.plot(at, np.median(found, axis=0), "k", ls=dash, lw=1.0, label=label)
        left.set_title("hazard: median of the fit, truth (grey)", loc="left")
        left.set_ylim(0.0, 1.2)
        left.legend(frameon=False, fontsize=7)
        rng = np.random.default_rng(SEED)
        levels = np.repeat(rng.normal(size=(len(sd), GROUPS)), EACH, axis=1)
        eta = intercept + slope * data["x"] + sd * levels
        some = slice(None, None, 20)
        curves = np.stack(
            [
                np.exp(-np.exp(e)[:, None] * c).mean(axis=0)
                for e, c in zip(eta[some], passed[some], strict=True)
            ]
        )
        low, middle, high = np.quantile(curves, [0.025, 0.5, 0.975], axis=0)
        right.fill_between(at, low, high, color="0.85", lw=0)
        right.plot(at, middle, "k", lw=1.0)
        order = np.argsort(data["y"])
        left_at = np.arange(len(order), 0, -1)
        kept = np.cumprod(1.0 - (1 - data["late"][order]) / left_at)
        right.step(data["y"][order], kept, "k:", lw=1.0, where="post")
        right.set_ylim(0.0, 1.0)
        right.set_title("share without an event: fit, Kaplan-Meier (dots)", loc="left")
        for axes in (left, right):
            axes.set_xlabel("y")

    IMAGES.mkdir(parents=True, exist_ok=True)
    draw(None).save(IMAGES / f"{family.name}.png")


_DASHES = ("-", "--", ":")


def _picture(family: Family, fit: Any) -> None:
    """Draw the distribution at three predictors, and the fit's own data."""
    from varying.runtime.plots.style import WIDTH, drawn

    @drawn
    def draw(sheet: Any) -> None:
        figure = sheet.figure(WIDTH, 2.7)
        left, right = figure.subplots(1, 2)
        given = dict(fit._origin.compiled.lowered.likelihood.arguments)
        if family.components:
            mixtures.density(left, _DASHES)
        else:
            _density(left, family, given)
        fit.plot("ppc", ax=right, draws=200)
        if right.get_legend() is not None:  # it says what the title does
            right.get_legend().remove()
        title = f"{family.predictor} at three values"
        if family.components:
            title = "at three predictors"
        left.set_title(title, loc="left")
        right.set_title("data (grey, or thick), and data sets of the fit", loc="left")

    IMAGES.mkdir(parents=True, exist_ok=True)
    draw(None).save(IMAGES / f"{family.name}.png")


def _density(axes: Any, family: Family, arguments: Collection[str]) -> None:
    intercept, slope = _predictor(family)
    family = _made(family)
    others: dict[str, Any] = {
        d.name: _value(family, d) if d.fixed is None else d.fixed for d in family.dpars
    }
    if "trials" in family.known:
        others["trials"] = 10
    if "dec" in family.known:
        others["dec"] = 1.0
    if family.mains:
        others |= {family.mains[1].name: SECOND[0]}
    if family.thresholds:
        others["threshold"] = np.array(THRESHOLDS)
        if "gap" in arguments:
            others["gap"] = np.diff(THRESHOLDS)
        intercept = 0.0
    rng = np.random.default_rng(SEED)
    steps = (-1.5, 0.0, 1.5)
    if not others or list(others) == ["sigma"]:
        steps = (-1.0, 0.0, 1.0)
    for dash, step in zip(_DASHES, steps, strict=True):
        main = {family.predictor: np.asarray(intercept + step * slope)}
        many = {
            **others,
            family.predictor: np.full(
                40_000 if family.parts else 4_000, main[family.predictor]
            ),
        }
        drawn = family.simulate(rng, **many)
        label = f"{family.predictor} = {float(main[family.predictor]):.2g}"
        look = {"color": "black", "ls": dash, "lw": 1.0, "label": label}
        if family.has_columns:
            _of_first(axes, drawn[:, 1], look)
            continue
        if family.response != "continuous":
            last = len(THRESHOLDS) + family.apart
            top = {"ordinal": last, "binary": 1, "successes": 10}
            top["nominal"] = len(family.mains)
            high = top.get(family.response, int(np.quantile(drawn, 0.995)))
            at = np.arange(high + 1)
            mass = np.exp([family.log_density(k, **main, **others) for k in at])
            axes.plot(at, np.ravel(mass), marker="o", ms=2.5, **look)
            continue
        low, high = np.quantile(drawn, [0.001, 0.995])
        spikes = [s for s in (0.0, 1.0) if (drawn == s).mean() > 0.01]
        inside = drawn[~np.isin(drawn, spikes)]
        low, high = np.quantile(inside, [0.001, 0.99])
        # not all of a long tail
        middle, upper = np.quantile(inside, [0.5, 0.75])
        high = min(high, middle + 4.0 * (upper - middle))
        if inside.min() >= 0.0 and (spikes or low < 0.3 * high):
            low = 1e-3 * high
        if inside.max() <= 1.0 and inside.min() >= 0.0:
            low, high = 0.002, 0.998
        grid = np.linspace(low, high, 400)
        with np.errstate(all="ignore"):
            height = np.exp([family.log_density(y, **main, **others) for y in grid])
        axes.plot(grid, np.minimum(np.ravel(height), 8.0), **look)
        for spike in spikes:
            share = np.exp(family.log_density(spike, **main, **others))
            axes.plot([spike], [float(np.ravel(share)[0])], "o", color="black", ms=3)
    axes.set_ylim(0.0, 1.2 * axes.dataLim.y1)  # above it the legend
    density = family.has_density
    if family.response == "nominal":
        axes.set_xticks(range(len(CATEGORIES)), CATEGORIES)
    elif not density:
        axes.xaxis.get_major_locator().set_params(integer=True)
    label = "rank of the category" if family.thresholds else "y"
    axes.set_xlabel(CATEGORIES[1] if family.has_columns else label)
    axes.set_ylabel("density" if density else "probability")
    look = {"handlelength": 1.8, "columnspacing": 1.2, "borderaxespad": 0.0}
    axes.legend(frameon=False, fontsize=7, loc="upper center", ncols=3, **look)


def _of_first(axes: Any, drawn: Any, look: dict[str, Any]) -> None:
    """Draw how the first category but the reference is distributed, of draws."""
    if drawn.dtype.kind == "i":
        shares = np.bincount(drawn) / len(drawn)
        axes.plot(np.arange(len(shares)), shares, marker="o", ms=2.5, **look)
        return
    heights, edges = np.histogram(drawn, np.linspace(0.0, 1.0, 26), density=True)
    axes.plot(0.5 * (edges[1:] + edges[:-1]), heights, **look)


# ---- pages ---------------------------------------------------------------------------


def page(family: Family, made: str, more: str = "") -> str:
    """Return a page: the record, an example that was made, what is written by hand."""
    return f"{record(family)}\n\n{BEGIN}\n{made}\n{END}\n{more}"


def kept(path: Path) -> tuple[str, str]:
    """Return a page's example, and what is written below it; empty if there is none."""
    if not path.exists():
        return "", ""
    _, _, rest = path.read_text("utf-8").partition(f"{BEGIN}\n")
    made, _, more = rest.partition(f"\n{END}\n")
    return made, more


#: Of kinds of response that are no adjective.
_HEADINGS = {"successes": "Successes out of trials", "count": "Counts"}
_HEADINGS["composition"] = "Counts and shares of several categories"
_HEADINGS["mixture"] = "Rows of several families"
#: What the index ends with.
_OWN = """## A family of your own

It is made in Python, of its density, and works as these do:
[own-family.md](../own-family.md).

Names of families in brms, Bambi and other packages are known: one that is none of these
here works too, or the message has the name.
"""


def index() -> str:
    """Return the table of all families, by kind of response."""
    kinds: dict[str, list[str]] = {}
    for family in EVERY.values():
        link = f"[`{family.name}`]({family.name}.md)"
        line = f"* {link}: {family.title}, for {family.support}"
        kind = family.name if family.components else family.response
        kinds.setdefault(kind, []).append(line)
    parts = ["# Families", "", "One page each, made from its record by `make.py`.", ""]
    for kind, lines in kinds.items():
        parts += [f"## {_HEADINGS.get(kind, f'{kind.capitalize()} responses')}", ""]
        parts += [*lines, ""]
    return "\n".join((*parts, _OWN))


def main(names: list[str]) -> None:
    """Write the pages, with new examples for the families named."""
    anew = list(EVERY) if names == ["--all"] else names
    for name, family in EVERY.items():
        path = HERE / f"{name}.md"
        made, more = kept(path)
        made = example(family) if name in anew else made
        path.write_text(page(family, made, more), "utf-8")
        if name in anew:
            print(name)
    (HERE / "README.md").write_text(index(), "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])

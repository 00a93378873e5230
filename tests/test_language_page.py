"""``docs/language.md``: its examples are checked, its tables are those of the code.

Fenced blocks: ``model`` has no error; ``model wrong: RULE`` has that one and no other;
``csv shared`` are the data of all blocks, but for those between a ``csv`` block and the
next heading, and for ``model alone``, which is checked without data. ``design`` are
lines that ``varying show design`` prints of the ``model`` block above it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

import varying
from varying.compiler.bind.options import OPTIONS
from varying.compiler.bind.question import KEEPS, SCALES
from varying.compiler.bind.questions.cells import MOST_CELLS, MOST_LINES
from varying.compiler.bind.questions.quantities import CALLED
from varying.compiler.bind.response_terms import PLANNED_TERMS, TERMS
from varying.compiler.coding.contrasts import CONTRASTS, Contrast
from varying.compiler.data.options import OPTIONS as DATA_OPTIONS
from varying.compiler.data.table import Kind
from varying.compiler.distributions.table import (
    ABOVE_ONE,
    ANGLES,
    DISTRIBUTIONS,
    PLANNED,
    POSITIVE,
    REAL,
    SPECIAL,
    UNIT,
    Distribution,
)
from varying.compiler.driver import Request, check
from varying.compiler.expressions.functions import FUNCTIONS, Function
from varying.compiler.expressions.learning import MOST_COLUMNS
from varying.compiler.expressions.special import STANDING
from varying.compiler.families import BY_RESPONSE, FAMILIES, PLANNED_FAMILIES
from varying.compiler.families.family import Family
from varying.compiler.formula.coding import MOST_LEVELS
from varying.compiler.formula.terms import MOST_TERMS
from varying.grammar.layout import MAX_BRACKETS
from varying.grammar.rules import RULES
from varying.grammar.source import Source
from varying.grammar.tokens import KEYWORDS, MAX_BYTES, MAX_TOKENS

from .formula import test_r_vectors as vectors

PAGE = Path(__file__).resolve().parents[1] / "docs" / "language.md"

# ---- examples ------------------------------------------------------------------------

_FENCE = re.compile(r"^```(.*)$")


@dataclass(slots=True)
class Example:
    """A spec of the page, with what is shown and said of it."""

    line: int
    spec: str
    csv: str | None
    wrong: str | None
    design: str | None = None


def blocks() -> Iterator[tuple[int, str, str]]:
    """Yield the fenced blocks and the headings: line, what it is, its text."""
    block: list[str] = []
    kind: str | None = None
    for number, line in enumerate(PAGE.read_text("utf-8").splitlines(), start=1):
        fence = _FENCE.match(line)
        if kind is None and fence:
            kind, block = fence[1].strip(), []
        elif kind is None and line.startswith("#"):
            yield number, "heading", line
        elif kind is not None and fence:
            yield number - len(block), kind, "\n".join(block) + "\n"
            kind = None
        elif kind is not None:
            block.append(line)


def examples() -> list[Example]:
    """Return the specs of the page, in their order."""
    found: list[Example] = []
    (shared,) = (text for _, kind, text in blocks() if kind == "csv shared")
    csv = shared
    for line, kind, text in blocks():
        word, _, said = kind.partition(" ")
        if kind == "heading":
            csv = shared
        elif kind == "csv":
            csv = text
        elif word == "design":
            found[-1].design = text
        elif word == "model":
            wrong = said.removeprefix("wrong: ")
            assert said in ("", "alone") or wrong != said, f"line {line}: {kind}"
            data = None if said == "alone" else csv
            found.append(Example(line, text, data, wrong if wrong != said else None))
    return found


EXAMPLES = examples()
_DATA = re.compile(r'^data "([^"]+)".*\n', re.MULTILINE)


def write(example: Example, folder: Path) -> tuple[str, Path | None]:
    """Return the spec and the path of its data; the file bears the name it gives."""
    named = _DATA.search(example.spec)
    if example.csv is None:
        return (_DATA.sub("", example.spec) if named else example.spec), None
    path = folder / (named[1] if named else "data.csv")
    path.write_text(example.csv, "utf-8")
    spec = example.spec
    return (spec if named else f'data "{path.name}"\n{spec}'), path


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"line {e.line}")
def test_example(example: Example, tmp_path: Path) -> None:
    spec, _ = write(example, tmp_path)
    found = check(Request(Source(spec, "language.md"), base=tmp_path))
    errors = [d.rule for d in found if d.severity == "error"]
    assert errors == ([example.wrong] if example.wrong else []), [
        d.message for d in found
    ]


@pytest.mark.parametrize(
    "example", [e for e in EXAMPLES if e.design], ids=lambda e: f"line {e.line}"
)
def test_design(example: Example, tmp_path: Path) -> None:
    spec, path = write(example, tmp_path)
    assert path is not None and example.design is not None
    spec = _DATA.sub("", spec)
    shown = str(varying.compile(spec, path).design)
    lines = [" ".join(line.split()) for line in shown.splitlines()]
    wanted = example.design.splitlines()
    found = [line for line in lines if line in wanted]
    assert found == wanted, "\n".join(lines)


def test_there_are_examples_of_each_kind() -> None:
    assert sum(e.csv is not None for e in EXAMPLES) > 30
    assert sum(e.wrong is not None for e in EXAMPLES) > 12
    assert sum(e.design is not None for e in EXAMPLES) > 4


# ---- tables --------------------------------------------------------------------------


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def _table(*heads: str) -> Iterator[str]:
    yield _row(*heads)
    yield "|" + "---|" * len(heads)


def _call(function: Function) -> str:
    """Return a function as it is called: ``bs(x, df=, knots=)``."""
    shown = [
        name if place < function.required else f"{name}="
        for place, name in enumerate(function.parameters)
    ]
    return f"`{function.name}({', '.join(shown)})`"


_LEARNED = "with the numbers learned from the rows of the fit"


def functions() -> Iterator[str]:
    yield from _table("call", "takes", "gives", "for rows not of the fit")
    for function in FUNCTIONS.values():
        if function.ready:
            gives = function.summary + (" (several columns)" * function.matrix)
            prediction = function.prediction.replace(_LEARNED, "by the fit's numbers")
            yield _row(_call(function), function.domain, gives, prediction)


def _weights(contrast: Contrast) -> str:
    names, matrix = contrast.code(("low", "mid", "high"), None)
    columns = []
    for name, weights in zip(names, matrix.T.tolist(), strict=True):
        exact = [Fraction(weight).limit_denominator(12) for weight in weights]
        near = all(abs(f - w) < 1e-9 for f, w in zip(exact, weights, strict=True))
        shown = [
            str(f) if near else f"{w:.3g}" for f, w in zip(exact, weights, strict=True)
        ]
        shown = [
            "0" if abs(w) < 1e-12 else s for s, w in zip(shown, weights, strict=True)
        ]
        columns.append(f"`dose[{name}]`: {', '.join(shown)}")
    return "<br>".join(columns)


def contrasts() -> Iterator[str]:
    yield from _table("scheme", "coefficients", "columns")
    for contrast in CONTRASTS.values():
        yield _row(f"`{contrast.name}`", contrast.summary, _weights(contrast))


#: What the main predictors are of a family that has several.
SEVERAL = "the log of the odds of a category against the reference"
MEAN_LOG = "mean of the log of the share of a category over the reference's"


def _family(family: Family) -> str:
    names = f"`{family.name}`"
    if family.aliases:
        names += "; " + ", ".join(f"`{name}`" for name in family.aliases)
    return names


def _parameters(family: Family) -> Iterator[str]:
    """Yield what there is beside the predictors; what each category has, once."""
    made = family
    if family.of_each and family.by_response is not None:
        made = family.by_response(("a", "b", "c"))
    for dpar in made.listed:
        if dpar in made.mains:
            continue
        each = next((one for one in family.of_each if dpar.name.startswith(one)), "")
        yield (
            f"`{each}` of each: {dpar.meaning}"
            if each
            else (f"`{dpar.name}`: {dpar.meaning}")
        )


def families() -> Iterator[str]:
    yield from _table("family; other names", "response", "link", "parameters")
    for family in (*FAMILIES.values(), *BY_RESPONSE.values()):
        parameters = list(dict.fromkeys(_parameters(family)))
        if family.mains:
            what = SEVERAL if "logit" in family.links else MEAN_LOG
            parameters.insert(0, f"`{family.predictor}` of each: {what}")
        if family.thresholds:
            parameters.insert(0, "`threshold`: bounds of the categories")
        yield _row(
            _family(family),
            family.support,
            ", ".join(f"`{link}`" for link in family.links),
            "<br>".join(parameters) or "none",
        )


_SUPPORTS = {REAL: "any number", POSITIVE: "positive", UNIT: "between 0 and 1"}
_SUPPORTS |= {ABOVE_ONE: "above 1", ANGLES: "between -pi and pi"}


def _arguments(row: Distribution) -> str:
    given = [
        a.name if a.default is None else f"{a.name}={a.default:g}"
        for a in row.arguments
    ]
    return f"`{row.name}({', '.join(given)})`" if given else f"`{row.name}`"


def distributions() -> Iterator[str]:
    yield from _table("distribution", "other names", "of numbers that are")
    for row in DISTRIBUTIONS.values():
        support = _SUPPORTS[row.support]
        if row.support_of is not None:
            support = "above `m`" if row.name == "pareto" else "between its bounds"
        names = ", ".join(f"`{name}`" for name in row.aliases)
        yield _row(_arguments(row), names, support)


def not_yet() -> Iterator[str]:
    # `gr()` and `mm()` are no terms; what of them is compiled is said in words
    groups = ("gr", "mm")

    def listed(names: Iterator[str]) -> str:
        return ", ".join(f"`{name}`" for name in names)

    of_families = (
        f"{family.name}: {listed(iter(family.known_links))}"
        for family in FAMILIES.values()
        if family.known_links
    )
    words = (
        f"{name}={word}"
        for name, (known, ready) in OPTIONS.items()
        for word in known
        if word not in ready
    )
    special = (f"{name}()" for name in SPECIAL if name != "lkj")
    lists = {
        "Families": iter(PLANNED_FAMILIES),
        "Terms": (
            f"{f.name}()"
            for f in FUNCTIONS.values()
            if not f.ready and f.name not in (*groups, *STANDING)
        ),
        "Beside the response": (f"{n}()" for n in PLANNED_TERMS),
        "Options of a formula": words,
        "Distributions of priors": (*PLANNED, *special),
    }
    for name, found in lists.items():
        if names := listed(iter(found)):
            yield f"* **{name}:** {names}."
    yield f"* **Links:** {'; '.join(of_families)}."


def beside() -> Iterator[str]:
    """List terms beside a response, each with the families that take it."""
    yield "| term | each row brings along | families |"
    yield "|---|---|---|"
    each = {**FAMILIES, **BY_RESPONSE}
    names = sorted(each)
    for term in TERMS.values():
        taken = [f"`{name}`" for name in names if term.of(each[name])]
        every = "all" if len(taken) == len(names) else ", ".join(taken)
        yield f"| `{term.name}` | {term.summary} | {every} |"


TABLES: dict[str, Callable[[], Iterator[str]]] = {
    "beside": beside,
    "functions": functions,
    "contrasts": contrasts,
    "families": families,
    "distributions": distributions,
    "not-yet": not_yet,
}


@pytest.mark.parametrize("name", TABLES)
def test_table(name: str) -> None:
    wanted = "\n".join(TABLES[name]())
    begin, end = f"<!-- {name}:begin -->\n", f"\n<!-- {name}:end -->"
    text = PAGE.read_text("utf-8")
    before, _, rest = text.partition(begin)
    _, mark, after = rest.partition(end.lstrip("\n"))
    assert mark, f"{PAGE.name} has lost the marks of `{name}`"
    if os.environ.get("VARYING_ACCEPT") == "1":
        PAGE.write_text(before + begin + wanted + end + after, "utf-8")
        return
    found = rest[: rest.index(end)] if end in rest else ""
    assert found == wanted, f"{PAGE.name} differs from the code (mend: make golden)"


# ---- words, numbers, links -----------------------------------------------------------


def test_what_it_names_is_all_there_is() -> None:
    text = PAGE.read_text("utf-8")
    words = {
        *KEYWORDS,
        *Kind,
        *(f"{name}=" for name in (*OPTIONS, *DATA_OPTIONS, "contrast", "ref")),
        *(f"{name}(" for name in TERMS),
        *(f"keep {name}" for name in KEEPS),
        *CALLED,
        *SCALES,
    }
    absent = [word for word in sorted(words) if word not in text]
    assert absent == []
    named = set(re.findall(r"`([a-z]+(?:-[a-z]+)+)`", text))
    assert named <= set(RULES), named - set(RULES)


def test_limits() -> None:
    text = PAGE.read_text("utf-8").partition("## Limits and safety")[2]
    table = text.partition("\n## ")[0]
    assert MAX_BYTES == 1_000_000 and "1 MB" in table
    for limit in (
        *(MAX_TOKENS, MAX_BRACKETS, MOST_TERMS, MOST_LEVELS, MOST_COLUMNS),
        *(MOST_CELLS, MOST_LINES),
    ):
        assert f"{limit:,}" in table


def test_links() -> None:
    for page in (PAGE, PAGE.with_name("python.md"), PAGE.with_name("predict.md")):
        for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
            if link.startswith("http"):
                continue
            path, _, anchor = link.partition("#")
            target = page.parent / path if path else page
            assert target.exists(), f"{page.name}: {link}"
            assert not anchor or anchor in anchors(target), f"{page.name}: {link}"


def anchors(page: Path) -> set[str]:
    """Return what a link may point to: the headings, as GitHub names them."""
    heads = re.findall(r"^#+ (.*)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


# ---- where it differs from R ---------------------------------------------------------

#: Vectors that are kept elsewhere, and such as agree but deserve a word.
ELSEWHERE = {"E03", "E06", "E24"}
WITH_A_WORD = {"X11", "X23", "X29", "X32", "X34", "X61", "X68", "B23", "T52", "T56"}
WITH_A_WORD |= {"E07"}
#: Accepted as R does, although the formula looks odd.
AS_IN_R = {"E07", "E08", "E40"}


def test_each_difference_from_r_is_named() -> None:
    title = "## Where Varying differs from R, and why"
    section = PAGE.read_text("utf-8").partition(title)[2].partition("\n## ")[0]
    named = set(re.findall(r"\b[TXZSCEB]\d\d\b", section)) - {"T01", "X01", "Z01"}
    r_says_no = {id_ for id_, entry in vectors.EDGE.items() if "message" in entry}
    differing = {
        *vectors.TERMS_EXCLUDED,
        *vectors.DESIGN_EXCLUDED,
        *vectors.Z_EXCLUDED,
        *vectors.BRMS_EXCLUDED,
        *(vectors.EDGES.keys() - r_says_no),
        *(vectors.EDGES_ACCEPTED.keys() - AS_IN_R),
    }
    assert named - ELSEWHERE - WITH_A_WORD - {"E28"} == differing
    assert named >= ELSEWHERE | WITH_A_WORD

"""What people bring along: lines of other packages, accepted, mended or answered.

``coming_from.txt`` has lines as the manuals of brms, lme4 and Bambi have them, and as
people type them. Above each ``> `` stands the input, below it what is expected:

* ``< ``: the text after all fixes that are certain;
* ``! rule "phrase"``: an error that is left, and part of what is said of it.

With neither the input is accepted as it is. ``VARYING_ACCEPT=1`` writes the file anew.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random

import pytest

import varying
from varying.compiler.data.table import Table
from varying.compiler.driver import Request, check
from varying.compiler.families import FAMILY_SPELLINGS, PLANNED_FAMILIES
from varying.compiler.families.elsewhere import UNTIL_THEN, other_name
from varying.grammar.diagnostics import Diagnostic, Severity
from varying.grammar.elsewhere.tables import PRIOR_NAMES
from varying.grammar.source import Source
from varying.runtime.commands.mending import mended

from .harness import table_of
from .test_mending import parse_errors

PAGE = Path(__file__).with_name("coming_from.txt")
ROWS = 60

#: Columns of the manuals' data sets, by what they hold. Made-up values.
NUMBERS = (
    "y x z x0 x1 x2 zAge zBase tarsus back hatchdate Anger symptom_post phen cofactor "
    "chl bmi yi drugs o c e a n ls y1 y2 y3 dir"
)
POSITIVE = "Reaction time rt strength diameter angle cum HEIGHT w sdx sei"
COUNTS = "count TICKS H"
WHOLE = "Days visit dev temperature persons child"
BINARY = "censored camper response status"
FACTORS = {
    **dict.fromkeys("Trt treat sex group Gender situ service r2".split(), 2),
    **dict.fromkeys("carry belief btype recipe YEAR party_id cask".split(), 3),
    **dict.fromkeys("period disease income".split(), 4),
    **dict.fromkeys("dept replicate city".split(), 5),
    **dict.fromkeys("item sample".split(), 6),
}
GROUPS = {
    **dict.fromkeys("g AY LOCATION s1 s2".split(), 6),
    **dict.fromkeys("patient subject Subject herd id batch plate s d".split(), 10),
    **dict.fromkeys("fosternest dam phylo".split(), 8),
    **dict.fromkeys("study BROOD playerID".split(), 20),
    "INDEX": 60,
}


@cache
def data() -> Table:
    """Return a table with the columns that the lines name."""
    random = Random(1)

    def column(make: Callable[[int], object]) -> list[object]:
        return [make(row) for row in range(ROWS)]

    columns: dict[str, list[object]] = {}
    for name in NUMBERS.split():
        columns[name] = column(lambda _: round(random.gauss(0, 1), 3))
    for name in POSITIVE.split():
        columns[name] = column(lambda _: round(random.uniform(0.2, 2.2), 3))
    columns["prop"] = column(lambda row: round((row * 7 % 60 + 1) / 62, 3))
    columns |= {name: column(lambda row: row * 5 % 7) for name in COUNTS.split()}
    columns |= {name: [10] * ROWS for name in ("size", "AB")}
    columns["incidence"] = column(lambda row: row * 7 % 11)
    columns |= {name: column(lambda row: row % 10) for name in WHOLE.split()}
    columns["age"] = column(lambda row: 20 + row * 7 % 40)
    columns["rating"] = column(lambda row: row * 3 % 4 + 1)
    columns |= {name: column(lambda row: row % 2) for name in BINARY.split()}
    columns["fac"] = column(lambda row: "abc"[row // 2 % 3])
    columns["vote"] = column(lambda row: ("clinton", "trump")[row * 3 // 2 % 2])
    for name, levels in FACTORS.items():
        columns[name] = column(lambda row, k=levels: f"k{row * 7 // 3 % k}")
    for name, levels in GROUPS.items():
        columns[name] = column(lambda row, k=levels: f"i{row * k // ROWS}")
    columns["reaction time"] = column(lambda row: 300 + row)
    columns["2nd_rating"] = column(lambda row: row * 3 % 7)
    lines = [",".join(columns)]
    lines += [
        ",".join(str(values[row]) for values in columns.values()) for row in range(ROWS)
    ]
    return table_of("\n".join(lines) + "\n")


@dataclass(frozen=True, slots=True)
class Line:
    """An input, the text that it is mended to, and the errors that are left."""

    section: str
    given: str
    mended: str | None
    answers: tuple[tuple[str, str], ...]

    @property
    def written(self) -> str:
        """As the file has it."""
        lines = [f"> {line}".rstrip() for line in self.given.split("\n")]
        if self.mended is not None:
            lines += [f"< {line}".rstrip() for line in self.mended.split("\n")]
        lines += [f'! {rule} "{phrase}"' for rule, phrase in self.answers]
        return "\n".join(lines)


def lines() -> Iterator[Line]:
    """Yield what the file holds."""
    section = ""
    for block in PAGE.read_text("utf-8").split("\n\n"):
        rows = block.strip("\n").split("\n")
        while rows and rows[0].startswith("#"):
            section = rows.pop(0).lstrip("# ")
        if not rows or not rows[0]:
            continue
        given = [row[2:] for row in rows if row.startswith(">")]
        becomes = [row[2:] for row in rows if row.startswith("<")]
        answers = [row for row in rows if row.startswith("!")]
        assert len(given) + len(becomes) + len(answers) == len(rows), block
        found = [re.fullmatch(r'! ([a-z-]+) "(.*)"', answer) for answer in answers]
        yield Line(
            section,
            "\n".join(given),
            "\n".join(becomes) if becomes else None,
            tuple((match[1], match[2]) for match in found if match is not None),
        )
        assert None not in found, block


LINES = list(lines())


def look(source: Source) -> tuple[Diagnostic, ...]:
    return check(Request(source, data()))


def errors(text: str) -> list[Diagnostic]:
    found = look(Source(text, "typed.model"))
    return [d for d in found if d.severity is Severity.ERROR]


def said(found: Diagnostic) -> list[str]:
    return [*found.notes, found.message, found.fix.title if found.fix else ""]


def as_it_is(line: Line) -> Line:
    """Return what comes of an input now."""
    text = mended(Source(line.given, "typed.model"), look).source.text
    left = errors(text)
    return Line(
        line.section,
        line.given,
        text if text != line.given else None,
        tuple(dict.fromkeys((d.rule, _phrase(d)) for d in left)),
    )


def _phrase(found: Diagnostic) -> str:
    """Return the beginning of what helps."""
    text = said(found)[0]
    return text if len(text) <= 60 else text[:60].rpartition(" ")[0]


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.given.split("\n")[0])
def test_what_comes_of_it(line: Line) -> None:
    if os.environ.get("VARYING_ACCEPT") == "1":
        now = as_it_is(line)
        text = PAGE.read_text("utf-8")
        assert text.count(f"{line.written}\n") >= 1
        PAGE.write_text(text.replace(f"{line.written}\n", f"{now.written}\n", 1))
        line = now
    text = mended(Source(line.given, "typed.model"), look).source.text
    assert text == (line.mended or line.given)
    left = errors(text)
    for rule, phrase in line.answers:
        of_rule = [d for d in left if d.rule == rule]
        assert any(phrase in part for d in of_rule for part in said(d)), (rule, left)
    assert {d.rule for d in left} == {rule for rule, _ in line.answers}
    # nobody is left with an error that says nothing of what to do
    assert all(d.notes or d.fix for d in left), left


def test_there_are_enough_of_each() -> None:
    """Seventy lines of manuals, and as many as people type; each kind of outcome."""
    manuals = [line for line in LINES if line.section in ("brms", "lme4", "Bambi")]
    assert len(manuals) >= 70
    assert len(LINES) - len(manuals) >= 60
    for found in (manuals, LINES):
        accepted = [x for x in found if x.mended is None and not x.answers]
        repaired = [x for x in found if x.mended is not None and not x.answers]
        answered = [x for x in found if x.answers]
        assert min(len(accepted), len(repaired), len(answered)) >= 10


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.given.split("\n")[0])
def test_no_fix_breaks_a_line(line: Line) -> None:
    """What is certain can be read: no fault of the text is added."""
    text = mended(Source(line.given), lambda one: check(Request(one))).source.text
    assert parse_errors(text) <= parse_errors(line.given), text


CASE = Path(__file__).parents[1] / "references" / "cases" / "fix_breaks_family"


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("bf.model", 'o ~ x + (1|g), family=cumulative(link="logit")'),
        ("fo.model", "o ~ x, family=ordlogit"),
    ],
)
def test_a_certain_fix_leaves_no_fault(name: str, line: str) -> None:
    """The `=` of an option was taken for the `~` that stands inside `bf()`."""

    def there(source: Source) -> tuple[Diagnostic, ...]:
        return check(Request(source, base=CASE))

    given = Source((CASE / name).read_text("utf-8"), name)
    text = mended(given, there).source.text
    assert text == f'data "bf.csv"\n{line}\n'
    left = there(Source(text, name))
    assert [d for d in left if d.severity is Severity.ERROR] == []


def test_python_says_the_same() -> None:
    given = 'bf(rating ~ treat + (1|subject)), family=cumulative(link="logit")'
    with pytest.raises(varying.ModelError) as caught:
        varying.compile(given)
    (fault,) = caught.value.diagnostics
    assert fault.rule == "foreign-code" and fault.fix is not None and fault.fix.safe
    model = varying.compile(fault.fix.edits[0].text)
    assert "rating ~ treat" in str(model)


def test_python_says_where_an_argument_belongs() -> None:
    for name, value, said_ in (
        ("family", "bernoulli", "stands in the spec, `y ~ x, family=bernoulli`"),
        ("family", varying, "stands in the spec, `y ~ x, family=...`"),
        ("priors", {}, "priors are lines below the formula"),
        ("chains", 4, "how to sample is said to `varying fit`"),
        ("colour", 1, "compile() has no argument `colour`"),
    ):
        with pytest.raises(TypeError, match=re.escape(said_)):
            varying.compile("y ~ x", None, **{name: value})


# ---- families ------------------------------------------------------------------------

#: All families of brms's manual and of Bambi's, by their names there.
BRMS = (
    "gaussian student binomial bernoulli beta_binomial poisson negbinomial geometric "
    "Gamma skew_normal lognormal shifted_lognormal exgaussian wiener inverse.gaussian "
    "exponential weibull frechet Beta xbeta dirichlet logistic_normal von_mises "
    "asym_laplace gen_extreme_value cox hurdle_poisson hurdle_negbinomial hurdle_gamma "
    "hurdle_lognormal hurdle_cumulative zero_inflated_beta zero_one_inflated_beta "
    "zero_inflated_poisson zero_inflated_negbinomial zero_inflated_binomial "
    "zero_inflated_beta_binomial zero_inflated_asym_laplace categorical multinomial "
    "dirichlet_multinomial cumulative sratio cratio acat com_poisson discrete_weibull"
).split()
BAMBI = (
    "gaussian t negativebinomial wald vonmises cumulative sratio beta_binomial "
    "zero_inflated_poisson zero_inflated_binomial zero_inflated_negativebinomial "
    "hurdle_gamma hurdle_lognormal hurdle_negativebinomial hurdle_poisson "
    "asymmetriclaplace bernoulli beta binomial categorical dirichlet_multinomial "
    "exponential gamma multinomial poisson weibull dirichlet laplace"
).split()
#: And in SciPy, Stan, glmmTMB, statsmodels or papers.
SOME = (
    "compois com-poisson extreme_value extreme.value gev genextreme invgauss ald ddm "
    "wfpt von.mises coxph weibull_min gumbel_r zoib dirichletmultinomial ex-gaussian"
).split()
KNOWN = (*FAMILY_SPELLINGS, *PLANNED_FAMILIES)


@pytest.mark.parametrize("name", [*BRMS, *BAMBI, *SOME])
def test_a_family_of_another_package_is_known(name: str) -> None:
    family = other_name(name, KNOWN)
    assert family in KNOWN
    found = errors(f'y ~ x, family="{name}"')
    assert "unknown-family" not in {d.rule for d in found if not d.fix}


def test_each_planned_family_says_what_to_use() -> None:
    nothing: set[str] = set()  # what comes near is another model
    assert {f for f in PLANNED_FAMILIES if not UNTIL_THEN.get(f)} == nothing
    assert not set(UNTIL_THEN) - set(PLANNED_FAMILIES)


def test_priors_are_known_without_their_word() -> None:
    from varying.compiler.distributions.table import SPECIAL, SPELLINGS

    # `t` may be a column: time
    assert {*SPELLINGS, *SPECIAL} - PRIOR_NAMES == {"t"}

"""Wrong specs, each with its rule and the exact place that is named.

The table is read by people, too: it says what a mistake is called and where it is seen.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

import varying
from varying.compiler.driver import Request, check, compile_spec
from varying.grammar.diagnostics import Diagnostic, ModelError, Severity
from varying.grammar.source import Source

from .harness import table_of

DATA = (
    "subj,block,cs,trial,rating,rt,hit,constant,empty,infinite,row,answer\n"
    + "".join(
        f"s{subj},{block},{cs},{trial},{(subj * 7 + trial * 3 + len(block)) % 5},"
        f"{1 + (subj * 5 + trial * 3) % 7 / 10},{(subj + trial) % 2},a,,"
        f"{'inf' if (subj, trial) == (2, 1) else trial},"
        f"r{subj}{block}{cs}{trial},{'yes' if trial > 1 else 'no'}\n"
        for subj in range(6)
        for block in ("early", "late")
        for cs in ("CS-", "CS+")
        for trial in (1, 2, 3)
    )
)


@dataclass(frozen=True, slots=True)
class Wrong:
    """A wrong spec, the rule it breaks, and the text that is marked.

    ``nth`` says which of several equal texts it is, from 0.
    """

    spec: str
    rule: str
    place: str
    nth: int = 0

    def start(self) -> int:
        place = -1
        for _ in range(self.nth + 1):
            place = self.spec.index(self.place, place + 1)
        return place


ORD = ", family=ordlogit"
WRONG = (
    # names
    Wrong(f"rating ~ blok*cs{ORD}", "unknown-column", "blok"),
    Wrong(f"ratng ~ block*cs{ORD}", "unknown-column", "ratng"),
    Wrong(f"rating ~ cs + (1 | sub){ORD}", "unknown-column", "sub"),
    Wrong(f"rating ~ cs + (1 + blok | subj){ORD}", "unknown-column", "blok"),
    Wrong("rating ~ block*cs, family=ordlogti", "unknown-family", "ordlogti"),
    Wrong("hit ~ cs, family=bernoulli, link=lgit", "unknown-link", "lgit"),
    Wrong("rt ~ cs, famly=gaussian", "unknown-option", "famly"),
    Wrong("rt ~ cs, threshold=symmetric", "unknown-option", "threshold"),
    Wrong("rt ~ lgo(trial)", "unknown-function", "lgo"),
    Wrong("rt ~ log(trial, bas=2)", "unknown-argument", "bas"),
    Wrong("rt ~ C(cs, smple)", "unknown-contrast", "smple"),
    Wrong('rt ~ C(cs, treatment, base="CS")', "unknown-level", '"CS"'),
    Wrong('where block == "erly"\nrt ~ cs', "unknown-level", '"erly"'),
    Wrong("column cs: factr\nrt ~ cs", "unknown-type", "factr"),
    Wrong("column block: factor(early)\nrt ~ cs", "undeclared-level", "factor(early)"),
    Wrong("column block: factor(early, lat)\nrt ~ cs", "undeclared-level", "lat"),
    Wrong("column cs: factor, contrast=hlmert\nrt ~ cs", "unknown-contrast", "hlmert"),
    Wrong("column cs: factor, ref=CS\nrt ~ cs", "unknown-level", "CS"),
    Wrong("column cs: factor\ncolumn cs: text\nrt ~ cs", "duplicate-column", "cs", 1),
    Wrong("let rt = 3\nrt ~ cs", "duplicate-column", "rt"),
    Wrong("rt ~ cs\n  keep etta", "unknown-target", "etta"),
    # priors
    Wrong("rt ~ block\n  prior b[blok] ~ normal(0, 1)", "unknown-target", "blok"),
    Wrong("rt ~ cs\n  prior sigmaa ~ exponential(1)", "unknown-target", "sigmaa"),
    Wrong(
        f"rating ~ cs{ORD}\n  prior Intercept ~ normal(0, 1)",
        "unknown-target",
        "Intercept",
    ),
    Wrong(
        "rt ~ cs + (1 | subj)\n  prior sd[sub] ~ exponential(1)",
        "unknown-target",
        "sub",
        1,
    ),
    Wrong("rt ~ cs\n  prior b ~ norml(0, 1)", "unknown-distribution", "norml"),
    Wrong("rt ~ cs\n  prior b ~ normal(0, sd=1)", "unknown-argument", "sd"),
    Wrong("rt ~ cs\n  prior b ~ normal(0, -1)", "invalid-argument", "-1"),
    Wrong("rt ~ cs\n  prior sigma ~ normal(0, 1)", "prior-support", "normal(0, 1)"),
    Wrong("rt ~ cs\n  prior sigma = -1", "prior-support", "-1"),
    Wrong("rt ~ cs\n  prior b ~ lkj(2)", "prior-support", "lkj"),
    Wrong("rt ~ cs\n  prior sigma ~ flat", "prior-support", "flat"),
    Wrong(
        "rt ~ cs\n  prior b ~ truncated_normal(0, 1, upper=2)",
        "unknown-distribution",
        "truncated_normal",
    ),
    Wrong("rt ~ cs\n  prior b ~ rice(1, lb=2)", "invalid-argument", "rice(1, lb=2)"),
    Wrong(
        "rt ~ cs\n  prior b ~ normal(0, 1)\n  prior b ~ normal(0, 2)",
        "duplicate-prior",
        "b",
        1,
    ),
    # data
    Wrong("rt ~ cs, family=bernoulli", "response-support", "rt"),
    Wrong("subj ~ cs, family=bernoulli", "response-support", "subj"),
    Wrong("subj ~ cs", "wrong-type", "subj"),
    Wrong(f"constant ~ cs{ORD}", "one-category", "constant"),
    Wrong("rt ~ constant", "one-level", "constant"),
    Wrong("rt ~ empty", "all-missing", "empty"),
    Wrong("rt ~ infinite", "infinite-value", "infinite"),
    Wrong("rt ~ cs + (1 | row)", "group-per-row", "row"),
    Wrong("rt ~ cs + (1 | constant)", "one-group", "constant"),
    Wrong("where trial > 5\nrt ~ cs", "empty-data", "where trial > 5"),
    Wrong("where trial\nrt ~ cs", "wrong-type", "trial"),
    Wrong("rt ~ log(cs)", "wrong-type", "cs"),
    Wrong("column rt: integer\nrt ~ cs", "wrong-type", "rt"),
    Wrong('data "nosuch.csv"\nrt ~ cs', "no-such-file", '"nosuch.csv"'),
    # algebra
    Wrong("rt ~ cs + rt", "response-as-predictor", "rt", 1),
    Wrong("rt ~ cs + (1 | rt)", "response-as-predictor", "rt", 1),
    Wrong("rt ~ trial^1", "invalid-power", "1"),
    Wrong("rt ~ trial^cs", "invalid-power", "cs"),
    Wrong("rt ~ cs + 3", "invalid-term", "3"),
    Wrong("rt ~ cs*(1 | subj)", "group-in-interaction", "(1 | subj)"),
    Wrong("rt ~ cs + (1 | subj | block)", "two-bars", "(1 | subj | block)"),
    Wrong("rt ~ cs + (0 | subj)", "empty-group-term", "0"),
    Wrong("rt ~ cs + (1 | 1)", "invalid-group", "1", 1),
    Wrong(
        "rt ~ cs + (1 | subj) + (cs | subj)", "duplicate-group-effect", "(cs | subj)"
    ),
    Wrong(f"rating ~ 0 + cs{ORD}", "no-intercept-ordinal", "0"),
    # syntax
    Wrong("rt ~ cs + 1 | subj", "bare-bar", "|"),
    Wrong("rt ~ block cs", "unquoted-name", "block cs"),
    Wrong("rt = cs", "equals-for-tilde", "="),
    Wrong("rt ~ cs, family==gaussian", "double-equals", "=="),
    Wrong("where trial = 1\nrt ~ cs", "single-equals", "="),
    Wrong("rt ~ cs family=gaussian", "missing-comma", "family"),
    Wrong("rt ~ cs ~ block", "two-tildes", "~", 1),
    Wrong("rt ~ (cs", "unclosed-bracket", "("),
    Wrong("rt ~ cs)", "unmatched-bracket", ")"),
    Wrong("rt ~ cs, family=“gaussian”", "smart-quote", "“gaussian”"),
    Wrong("rt ~ cs @ block", "unexpected-character", "@"),
    Wrong("~ cs", "missing-response", "~"),
    Wrong("rt ~", "missing-right-side", "~"),
    Wrong("rt ~ cs\nrating ~ cs", "second-formula", "rating ~ cs"),
    Wrong("model a: rt ~ cs\nmodel a: rt ~ 1", "duplicate-model", "a", 1),
)


def errors(found: tuple[Diagnostic, ...]) -> list[Diagnostic]:
    return [d for d in found if d.severity is Severity.ERROR]


@pytest.mark.parametrize("wrong", WRONG, ids=lambda w: f"{w.rule}: {w.spec[:40]}")
def test_the_rule_and_the_place(wrong: Wrong) -> None:
    source = Source(wrong.spec, "wrong.model")
    table = None if wrong.spec.startswith("data") else table_of(DATA)
    (found,) = errors(check(Request(source, table)))
    assert found.rule == wrong.rule
    assert source.slice(found.span) == wrong.place
    assert found.span.start == wrong.start()
    with pytest.raises(ModelError) as caught:
        compile_spec(Request(source, table))
    if wrong.rule != "duplicate-model":  # of one model, the file says no more
        assert errors(caught.value.diagnostics) == [found]
    assert found.message in str(caught.value)


def test_there_are_many_and_all_differ() -> None:
    assert len({wrong.spec for wrong in WRONG}) == len(WRONG) >= 60
    assert len({wrong.rule for wrong in WRONG}) >= 40


@pytest.mark.parametrize(
    "spec",
    [
        f"rating ~ block*cs + (1 + block*cs | subj){ORD}",
        "rt ~ block*cs + log(trial + 1) + (1 | subj)",
        "hit ~ cs + (1 | subj), family=bernoulli",
    ],
)
def test_the_right_ones_pass(spec: str) -> None:
    assert errors(check(Request(Source(spec), table_of(DATA)))) == []


FIVE = """\
column blok: factor(early, late)
column cs: factor("CS-", "CS")
let z = lgo(trial)
where trail > 0
rating ~ block*cs + z + (1 + cs | sub), famly=ordlogit
  prior b[blck] ~ normal(0, sd=1)
  prior sdd ~ exponential(1)
  keep etta
"""


def test_all_faults_are_said_at_once() -> None:
    source = Source(FIVE)
    found = check(Request(source, table_of(DATA)))
    assert [(d.rule, source.slice(d.span)) for d in found] == [
        ("unknown-column", "blok"),
        ("undeclared-level", '"CS"'),
        ("unknown-function", "lgo"),
        ("unknown-column", "trail"),
        ("unknown-column", "sub"),
        ("unknown-option", "famly"),
        ("unknown-target", "blck"),
        ("unknown-argument", "sd"),
        ("unknown-target", "sdd"),
        ("unknown-target", "etta"),
    ]


def test_without_data_names_of_the_language_are_checked() -> None:
    source = Source(FIVE)
    found = check(Request(source))
    assert [(d.rule, source.slice(d.span)) for d in found] == [
        ("unknown-function", "lgo"),
        ("unknown-option", "famly"),
        ("unknown-argument", "sd"),
        ("unknown-target", "sdd"),
        ("unknown-target", "etta"),
    ]
    assert (
        check(Request(Source("y ~ a*b + (1 + a | g)\n  prior b[a] ~ normal(0, 1)")))
        == ()
    )
    with pytest.raises(ModelError):
        varying.compile("y ~ x, family=ordlogti")


def test_compile_without_data_or_choice() -> None:
    for spec, table, model, rule in (
        ("rt ~ cs", None, None, "needs-data"),
        ("model a: rt ~ cs\nmodel b: rt ~ 1", table_of(DATA), None, "ambiguous-model"),
        ("model a: rt ~ cs", table_of(DATA), "aa", "unknown-model"),
    ):
        with pytest.raises(ModelError) as caught:
            compile_spec(Request(Source(spec), table, model=model))
        assert [d.rule for d in caught.value.diagnostics] == [rule]

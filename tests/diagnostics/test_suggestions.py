"""Near misses: what was meant is said, and a fix writes it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from varying.compiler.driver import Request, check
from varying.grammar.diagnostics import Diagnostic
from varying.grammar.source import Source

from .harness import table_of
from .test_wrong_specs import DATA


@dataclass(frozen=True, slots=True)
class Near:
    """A spec with a misspelt word, which is marked, and the word that was meant."""

    what: str
    spec: str
    rule: str
    wrong: str
    right: str


# One near miss of each kind of name.
ORD = ", family=ordlogit"
C = "column block: factor"
NEAR = (
    # columns
    Near("column", "rt ~ blok", "unknown-column", "blok", "block"),
    Near("column: case", "rt ~ Block", "unknown-column", "Block", "block"),
    Near("response", "rtt ~ block", "unknown-column", "rtt", "rt"),
    Near("group", "rt ~ 1 + (1 | sbj)", "unknown-column", "sbj", "subj"),
    Near("nested group", "rt ~ 1 + (1 | subj/blok)", "unknown-column", "blok", "block"),
    Near("in a call", "rt ~ log(trail)", "unknown-column", "trail", "trial"),
    Near("in `where`", "where trail > 1\nrt ~ cs", "unknown-column", "trail", "trial"),
    Near("in `let`", "let z = trail\nrt ~ z", "unknown-column", "trail", "trial"),
    Near("declared", "column blok: factor\nrt ~ cs", "unknown-column", "blok", "block"),
    Near("in offset", "rt ~ offset(trail)", "unknown-column", "trail", "trial"),
    Near("beside", "hit | trials(trail) ~ 1, family=binomial", "unknown-column",
         "trail", "trial"),
    Near("of a part", "rt ~ cs\n  sigma ~ blok", "unknown-column", "blok", "block"),
    # levels
    Near("level", 'where block == "erly"\nrt ~ cs', "unknown-level", '"erly"',
         '"early"'),
    Near("level in a list", 'where block %in% ["erly"]\nrt ~ cs', "unknown-level",
         '"erly"', '"early"'),
    Near("reference", f"{C}, ref=erly\nrt ~ block", "unknown-level", "erly", '"early"'),
    Near("base", 'rt ~ C(block, treatment, base="erly")', "unknown-level", '"erly"',
         '"early"'),
    Near("declared level", f"{C}(erly, late)\nrt ~ block", "undeclared-level", "erly",
         "early"),
    # functions and their arguments
    Near("function", "rt ~ lgo(trial)", "unknown-function", "lgo", "log"),
    Near("function in `let`", "let z = sqrtt(trial)\nrt ~ z", "unknown-function",
         "sqrtt", "sqrt"),
    Near("that learns", "rt ~ scle(trial)", "unknown-function", "scle", "scale"),
    Near("argument", "rt ~ log(trial, bas=2)", "unknown-argument", "bas", "base"),
    Near("argument of C", "rt ~ C(block, treatment, bse=2)", "unknown-argument", "bse",
         "base"),
    Near("response term", "hit | trails(trial) ~ 1, family=binomial",
         "invalid-response-term", "trails", "trials"),
    # families, links, options
    Near("family", "rt ~ cs, family=gausian", "unknown-family", "gausian", "gaussian"),
    Near("family of a link", "hit ~ cs, family=bernouli(logit)", "unknown-family",
         "bernouli", "bernoulli"),
    Near("another name", "rating ~ cs, family=cumulativ", "unknown-family",
         "cumulativ", "cumulative"),
    Near("link", "hit ~ cs, family=bernoulli, link=lgit", "unknown-link", "lgit",
         "logit"),
    Near("link in a family", "hit ~ cs, family=bernoulli(lgit)", "unknown-link", "lgit",
         "logit"),
    Near("option", "rt ~ cs, famly=gaussian", "unknown-option", "famly", "family"),
    Near("word", "rt ~ cs, parameterization=centred", "invalid-argument", "centred",
         "centered"),
    Near("rows", "rt ~ cs, rows=alll", "invalid-argument", "alll", "all"),
    Near("nl", "rt ~ cs, nl=fals", "invalid-argument", "fals", "false"),
    Near("threshold", f"rating ~ cs{ORD}, threshold=flexibel", "invalid-argument",
         "flexibel", "flexible"),
    # columns declared
    Near("type", "column block: fator\nrt ~ cs", "unknown-type", "fator", "factor"),
    Near("type with levels", "column block: factr(early, late)\nrt ~ cs",
         "unknown-type", "factr", "factor"),
    Near("column option", f"{C}, contrst=sum\nrt ~ cs", "unknown-option", "contrst",
         "contrast"),
    Near("scheme", f"{C}, contrast=helmret\nrt ~ cs", "unknown-contrast", "helmret",
         "helmert"),
    Near("scheme in C", "rt ~ C(block, smple)", "unknown-contrast", "smple", "simple"),
    # priors
    Near("target", "rt ~ cs\n  prior sigm ~ exponential(1)", "unknown-target", "sigm",
         "sigma"),
    Near("term", "rt ~ block\n  prior b[blok] ~ normal(0, 1)", "unknown-target", "blok",
         "block"),
    Near("coefficient", "rt ~ block\n  prior b[block[lat]] ~ normal(0, 1)",
         "unknown-target", "block[lat]", "block[late]"),
    Near("its level", "rt ~ block\n  prior b[late] ~ normal(0, 1)", "unknown-target",
         "late", "block[late]"),
    Near("interaction", "rt ~ block*cs\n  prior b[blok:cs] ~ normal(0, 1)",
         "unknown-target", "blok:cs", "block:cs"),
    Near("its group", "rt ~ 1 + (1 | subj)\n  prior sd[sbj] ~ exponential(1)",
         "unknown-target", "sbj", "subj"),
    Near("its effect",
         "rt ~ 1 + (1 + trial | subj)\n  prior sd[subj, trail] ~ exponential(1)",
         "unknown-target", "trail", "trial"),
    Near("correlation", "rt ~ 1 + (1 + trial | subj)\n  prior cor[sbj] ~ lkj(2)",
         "unknown-target", "sbj", "subj"),
    Near("of a part", "rt ~ cs\n  sigma ~ trial\n  prior sigma.b[trail] ~ normal(0, 1)",
         "unknown-target", "trail", "trial"),
    Near("threshold", f"rating ~ cs{ORD}\n  prior threshhold ~ normal(0, 1)",
         "unknown-target", "threshhold", "threshold"),
    Near("distribution", "rt ~ cs\n  prior b ~ norml(0, 1)", "unknown-distribution",
         "norml", "normal"),
    Near("not yet there", "rt ~ cs\n  prior b ~ horsehoe(1)", "unknown-distribution",
         "horsehoe", "horseshoe"),
    Near("bare distribution", "rt ~ cs\n  prior sigma ~ exponentail",
         "unknown-distribution", "exponentail", "exponential"),
    Near("its argument", "rt ~ cs\n  prior b ~ normal(0, sgma=1)", "unknown-argument",
         "sgma", "sigma"),
    Near("a bound", "rt ~ cs\n  prior b ~ normal(0, 1, llb=0)", "unknown-argument",
         "llb", "lb"),
    Near("of lkj", "rt ~ 1 + (1 + trial | subj)\n  prior cor ~ lkj(et=2)",
         "unknown-argument", "et", "eta"),
    # parts
    Near("parameter", "rt ~ cs\n  sgima ~ cs", "unknown-parameter", "sgima", "sigma"),
    Near("of a response", "rt ~ cs\n  rt.sgima ~ cs", "unknown-parameter", "rt.sgima",
         "rt.sigma"),
    Near("disc", f"rating ~ cs{ORD}\n  dis ~ cs", "unknown-parameter", "dis", "disc"),
    Near("keep", "rt ~ cs\n  keep etta", "unknown-target", "etta", "eta"),
    # quantities, tests, contrasts
    Near("in a quantity", "rt ~ cs\nquantity d = sgma", "unknown-target", "sgma",
         "sigma"),
    Near("its term", "rt ~ block\nquantity d = b[blok] / sigma", "unknown-target",
         "blok", "block"),
    Near("its group", "rt ~ 1 + (1 | subj)\nquantity d = sd[sbj]", "unknown-target",
         "sbj", "subj"),
    Near("its function", "rt ~ cs\nquantity d = sqr(sigma)", "unknown-function", "sqr",
         "sqrt"),
    Near("in a test", "rt ~ cs\ntest d = sgma > 1", "unknown-target", "sgma", "sigma"),
    Near("factor", "rt ~ block\ncontrast blok: late - early", "factor-not-in-model",
         "blok", "block"),
    Near("its level", "rt ~ block\ncontrast block: lat - early", "unknown-level", "lat",
         '"late"'),
    Near("its option", "rt ~ block\ncontrast block: late - early, scal=link",
         "unknown-option", "scal", "scale"),
    Near("its word", "rt ~ block\ncontrast block: late - early, scale=lnk",
         "invalid-argument", "lnk", "link"),
    # statements
    Near("option of the data", 'data "a.csv", shet=2\nrt ~ cs', "unknown-option",
         "shet", "sheet"),
    Near("data", 'dta "a.csv"\nrt ~ cs', "unknown-statement", "dta", "data"),
    Near("column", "colum cs: factor\nrt ~ cs", "unknown-statement", "colum", "column"),
    Near("let", "lett z = trial\nrt ~ cs", "unknown-statement", "lett", "let"),
    Near("where", "wher trial > 1\nrt ~ cs", "unknown-statement", "wher", "where"),
    Near("model", "modle a: rt ~ cs\nmodel b: rt ~ 1", "unknown-statement", "modle",
         "model"),
    Near("prior", "rt ~ cs\n  prio b ~ normal(0, 1)", "unknown-statement", "prio",
         "prior"),
    Near("prior of b[..]", "rt ~ cs\n  priors b[cs] ~ normal(0, 1)",
         "unknown-statement", "priors", "prior"),
    Near("fixed", "rt ~ cs\n  prio sigma = 1", "unknown-statement", "prio", "prior"),
    Near("keep", "rt ~ cs\n  kep eta", "unknown-statement", "kep", "keep"),
    Near("quantity", "rt ~ cs\nquantiy d = sigma", "unknown-statement", "quantiy",
         "quantity"),
    Near("test", "rt ~ cs\ntset d = sigma > 1", "unknown-statement", "tset", "test"),
    Near("contrast", "rt ~ block\ncontrst block: late - early", "unknown-statement",
         "contrst", "contrast"),
    Near("Capital", "Model a: rt ~ cs", "unknown-statement", "Model", "model"),
)  # fmt: skip


def found(near: Near) -> Diagnostic:
    for diagnostic in check(Request(Source(near.spec), table_of(DATA))):
        if diagnostic.rule == near.rule:
            return diagnostic
    raise AssertionError(check(Request(Source(near.spec), table_of(DATA))))


@pytest.mark.parametrize(
    "near", NEAR, ids=lambda near: f"{near.what}: {near.wrong} -> {near.right}"
)
def test_what_was_meant(near: Near) -> None:
    fault = found(near)
    assert fault.source.slice(fault.span) == near.wrong
    bare = near.right.strip('"')
    said = [*fault.notes, fault.fix.title if fault.fix else ""]
    assert any(f"`{bare}`" in text or near.right in text for text in said)
    assert fault.fix is not None
    (edit,) = fault.fix.edits
    assert (edit.span, edit.text) == (fault.span, near.right)
    # a guess is never applied without being asked for
    assert not fault.fix.safe


def test_what_is_far_from_everything_gets_no_guess() -> None:
    for spec in ("rt ~ zzz", "rt ~ zzz(trial)", "rt ~ cs, family=zzz"):
        (fault,) = check(Request(Source(spec), table_of(DATA)))
        assert fault.fix is None
        assert not any("did you mean" in note for note in fault.notes)


def test_a_model_of_the_command_line() -> None:
    source = Source("model full: rt ~ cs\nmodel null: rt ~ 1")
    (fault,) = check(Request(source, table_of(DATA), model="ful"))
    assert fault.notes == ("did you mean `full`?",)

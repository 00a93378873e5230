"""The lexical rules, a row each: what a text means the same as, or why it fails."""

from __future__ import annotations

import unicodedata

import pytest

from varying.compiler.driver import Request, check
from varying.grammar import Severity, Sink, Source, parse
from varying.grammar.tree import Statement

from .endurance import data


def read(text: str) -> tuple[tuple[Statement, ...], list[str]]:
    sink = Sink(Source(text))
    spec = parse(sink.source, sink)
    return spec.statements, [d.rule for d in sink.sorted()]


# ---- texts that mean the same --------------------------------------------------------

SAME = {
    "comments": ("y ~ x # why\n# own line\n  # indented\n", "y ~ x"),
    "no comment inside quotes": ("y ~ `a # b` # c", "y ~ `a # b`"),
    "a comment between the rows of a line": ("y ~ a +\n# c\n\n  b", "y ~ a + b"),
    "no line at the end": ("y ~ x\nkeep eta", "y ~ x\nkeep eta\n"),
    "line ends of other systems": (
        "y ~ x\r\n  keep mu\rkeep eta",
        "y ~ x\n  keep mu\nkeep eta",
    ),
    "byte order mark": ("\ufeffy ~ x\n  keep mu", "y ~ x\n  keep mu"),
    "spaces of all kinds": ("y\u00a0~\u3000x\t+\fz", "y ~ x + z"),
    "tabs are fine": ("y ~ x\n\tsigma ~ z", "y ~ x\n  sigma ~ z"),
    # indentation
    "pasted into Python": (
        "\n        # c\n        y ~ x\n          sigma ~ z\n        where x > 0\n    ",
        "y ~ x\n  sigma ~ z\nwhere x > 0",
    ),
    "left of the margin is at the margin": (
        "    where x > 0\n  y ~ x\n      sigma ~ z",
        "where x > 0\ny ~ x\n  sigma ~ z",
    ),
    "any indentation will do": (
        "y ~ x\n   sigma ~ z\n      nu ~ 1\n keep mu",
        "y ~ x\n  sigma ~ z\n  nu ~ 1\n  keep mu",
    ),
    # lines that go on
    "an open bracket": ("y ~ (x\n+ z\n)", "y ~ (x + z)"),
    "an open bracket of a call": ("y ~ poly(x\n, 2\n)", "y ~ poly(x, 2)"),
    "an open bracket of a target": (
        "y ~ x\nprior b[f\n[CS+]\n:\nx] ~ flat",
        "y ~ x\nprior b[f[CS+]:x] ~ flat",
    ),
    "an operator at the end": ("y ~ x +\nz", "y ~ x + z"),
    "a comma at the end": ("y ~ x,\nfamily=poisson", "y ~ x, family=poisson"),
    "a tilde at the end": ("y ~\nx", "y ~ x"),
    "a colon at the end": ("model a:\n  y ~ x", "model a: y ~ x"),
    "an equals sign at the end": ("let a =\n  x\ny ~ a", "let a = x\ny ~ a"),
    "an indented operator": ("y ~ x\n  + z", "y ~ x + z"),
    "an indented comma": ("y ~ x\n  , family=poisson", "y ~ x, family=poisson"),
    "an indented tilde": ("y\n  ~ x", "y ~ x"),
    "an indented minus": ("y ~ x\n  - z", "y ~ x - z"),
    # keywords
    "a column of that name": ("test ~ x", "`test` ~ x"),
    "columns of those names": ("data ~ prior + model", "`data` ~ `prior` + `model`"),
    "keywords inside a formula": (
        "y ~ where + (1 | keep) + contrast:let",
        "y ~ `where` + (1 | `keep`) + `contrast`:`let`",
    ),
    "a response with a bar": ("prior | weights(w) ~ x", "`prior` | weights(w) ~ x"),
    "an indented one": ("y ~ x\n  keep ~ z", "y ~ x\n  `keep` ~ z"),
    "in a statement of that name": ("let let = x\ny ~ let", "let `let` = x\ny ~ let"),
    "a model of that name": ("model model: y ~ x", "model `model`: y ~ x"),
    "a condition in parentheses": ("where (x > 0)\ny ~ x", "where(x > 0)\ny ~ x"),
    "a list in a condition": ("where [x] %in% z\ny ~ x", "where[x] %in% z\ny ~ x"),
    # names, numbers, strings
    "a leading underscore or dot": ("_y ~ .x + ._a", "`_y` ~ `.x` + `._a`"),
    "dots inside": ("y ~ a.b + a..b + x.1.y", "y ~ `a.b` + `a..b` + `x.1.y`"),
    "letters of any script": (
        "größe ~ αβ + 名前 + возраст",
        "`größe` ~ `αβ` + `名前` + `возраст`",
    ),
    "composed and decomposed": ("y ~ caf\u00e9", "y ~ cafe\u0301"),
    "the same in back-quotes": ("y ~ `\u00e5 b`", "y ~ `a\u030a b`"),
    "both quotes": ("where f == 'a'\ny ~ x", 'where f == "a"\ny ~ x'),
    "quotes inside": ("where f == 'it\\'s'\ny ~ x", 'where f == "it\'s"\ny ~ x'),
    "double quotes inside": (
        'where f == "\\"a\\""\ny ~ x',
        "where f == '\"a\"'\ny ~ x",
    ),
    "a backslash": ('where f == "a\\\\b"\ny ~ x', 'where f == "a\\b"\ny ~ x'),
    "two spellings of a power": ("y ~ (a + b)**2", "y ~ (a + b)^2"),
    "a level with blanks": (
        "y ~ x\nprior b[f[ a b ]] ~ flat",
        "y ~ x\nprior b[f['a b']] ~ flat",
    ),
    "a level with a bracket": (
        'y ~ x\nprior b[f["]"]] ~ flat',
        "y ~ x\nprior b[f[']']] ~ flat",
    ),
    "a comma behind the last": ("y ~ poly(x, 2,)", "y ~ poly(x, 2)"),
    "a call with a blank": ("y ~ log (x)", "y ~ log(x)"),
    # no nesting
    "100 brackets": (
        "y ~ " + "(" * 100 + "x" + ")" * 100,
        "y ~ " + "( " * 100 + "x" + " )" * 100,
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_texts_that_mean_the_same(name: str) -> None:
    text, same = SAME[name]
    statements, rules = read(text)
    assert set(rules) <= {"no-model"}
    assert statements == read(same)[0]
    assert statements


# ---- what is not the same ------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("y ~ x\n  keep mu", "y ~ x\nkeep mu"),
        ("y ~ X", "y ~ x"),
        ("where f == 'a '\ny ~ x", "where f == 'a'\ny ~ x"),
        ("where f == '\u00e9'\ny ~ x", "where f == 'e\u0301'\ny ~ x"),
        ("y ~ (1 | a | b)", "y ~ (1 || a || b)"),
        ("column x: ordered(1)\ny ~ x", "column x: ordered(1.0)\ny ~ x"),
        ("y ~ x - 1", "y ~ x\n  z ~ -1"),
    ],
)
def test_texts_that_differ(one: str, other: str) -> None:
    assert read(one)[0] != read(other)[0]


# ---- what is refused -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("y ~ x z", ["unquoted-name"]),
        ("y ~ x\n+ z", ["unknown-statement"]),
        ("y ~ x )", ["unmatched-bracket"]),
        ("y ~ (x", ["unclosed-bracket"]),
        ("y ~ (x\nprior b ~ flat", ["unclosed-bracket"]),
        ("y ~ log(x\nwhere x > 0", ["unclosed-bracket"]),
        ("y ~ log(x\nz ~ x", ["unclosed-bracket"]),
        ("prior b[x\ny ~ x", ["unclosed-bracket"]),
        ("y ~ x\nz ~ x", ["second-formula"]),
        ("y ~ x\nsigma ~ z", ["second-formula"]),
        ("model a: y ~ x\nprior b ~ flat", ["misplaced-statement"]),
        ("model a: y ~ x\nkeep mu", ["misplaced-statement"]),
        ("model a: y ~ x\nmodel a: y ~ z", ["duplicate-model"]),
        ("y ~ x\nfamily=poisson", ["missing-comma"]),
        ("  prior b ~ flat\n    keep mu\n  y ~ x", ["misplaced-statement"]),
        ("y ~ x\n  where x > 0", ["misplaced-statement"]),
        ("y ~ x\n  let a = x", ["misplaced-statement"]),
        ("y ~ 1x", ["unquoted-name"]),
        ("y ~ x.5.", []),
        ("y ~ 1..2", ["syntax"]),
        ("column x: ordered(0. .. 9)\ny ~ x", ["invalid-argument"]),
        ("column x: ordered(0..1e3)\ny ~ x", ["invalid-argument"]),
        ("column x: ordered(9..0)\ny ~ x", ["invalid-argument"]),
        ("column x: ordered(0..99999999)\ny ~ x", ["invalid-argument"]),
        ("y ~ 'a", ["unclosed-string"]),
        ("y ~ `a", ["unclosed-string"]),
        ("y ~ ``", ["unclosed-string"]),
        ("y ~ \u0301x", ["unexpected-character"]),
        ("y ~ x + 1|g", ["bare-bar"]),
        ("y ~ x, k=“a”", ["smart-quote"]),
        ("y ∼ x", ["unexpected-character"]),
        ("y ~ x $ z", ["unexpected-character"]),
        ("y ~ x, k=1 m=2", ["missing-comma"]),
        ("", ["empty-spec"]),
        ("# nothing", ["empty-spec"]),
        ("\ufeff", ["empty-spec"]),
        ("where x > 0", ["no-model"]),
        ("y ~ " + "(" * 101 + "x" + ")" * 101, ["nested-too-deep"]),
    ],
    ids=ascii,
)
def test_texts_that_are_refused(text: str, rules: list[str]) -> None:
    assert read(text)[1] == rules


@pytest.mark.parametrize(
    ("text", "rule", "said"),
    [
        ("y ~ cs (1 | subj)", "unknown-function", "`cs`"),
        ("y ~ x (1 | subj)", "unknown-function", "`x`"),
        ("y ~ (1 | cs | subj)", "two-bars", ""),
        ("y ~ x + 1e999", "invalid-term", "1e999"),
    ],
)
def test_what_the_names_decide(text: str, rule: str, said: str) -> None:
    errors = [
        d for d in check(Request(Source(text), data())) if d.severity is Severity.ERROR
    ]
    assert [d.rule for d in errors] == [rule]
    assert any(said in text for d in errors for text in (d.message, *d.notes))


def test_a_parameter_goes_before_a_column_with_a_note() -> None:
    table = data()
    table.columns["sigma"] = table.columns["x"]  # type: ignore[index]
    found = check(Request(Source("y ~ x\n  sigma ~ z"), table))
    assert [d.rule for d in found if d.rule != "many-effects"] == [
        "parameter-not-column"
    ]


def test_spans_are_of_the_text_as_it_is_written() -> None:
    text = "\ufeff  caf\u0065\u0301 ~\tx  # é\r\n    + `a\u030a`"
    source = Source(text)
    spec = parse(source)
    formula = spec.models[0].formula
    assert source.slice(formula.span) == text[3:]
    assert source.slice(formula.response.span) == "cafe\u0301"
    position = source.position(text.index("`"))
    assert (position.line, position.column) == (2, 7)
    assert unicodedata.normalize("NFC", "cafe\u0301") == "café"

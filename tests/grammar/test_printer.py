"""What is printed parses to what it was printed from."""

from __future__ import annotations

from pathlib import Path

import pytest

from varying.grammar import Sink, Source, expression_text, format_spec, parse
from varying.grammar.printer import name_text
from varying.grammar.tree import (
    Chain,
    Expr,
    LetStatement,
    Name,
    Number,
    Power,
    Spec,
    String,
    Unary,
)

SPECS = Path(__file__).parents[1] / "specs"
IDENTITY = [
    line
    for line in (SPECS / "identity.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]

NO_FORMULA = ("no-model", "empty-spec")


def read(text: str) -> Spec:
    """Parse a text that may lack its formula, and nothing else."""
    source = Source(text)
    sink = Sink(source)
    spec = parse(source, sink)
    assert [d for d in sink.diagnostics if d.rule not in NO_FORMULA] == []
    return spec


@pytest.mark.parametrize("line", IDENTITY)
def test_a_canonical_line_is_itself(line: str) -> None:
    spec = read(line)
    assert len(spec.statements) == 1
    # Long ones are broken; joined again they are the line.
    printed = [part.strip() for part in format_spec(spec).splitlines()]
    assert " ".join(printed) == line
    assert read("\n    ".join(printed)).statements == spec.statements


def test_there_are_enough_lines() -> None:
    assert len(IDENTITY) > 150
    assert len(set(IDENTITY)) == len(IDENTITY)


@pytest.mark.parametrize("name", ["whole", "wide"])
def test_a_canonical_file_is_itself(name: str) -> None:
    text = (SPECS / f"{name}.model").read_text("utf-8")
    assert format_spec(read(text)) == text


def test_a_file_as_people_paste_it() -> None:
    text = (SPECS / "pasted.model").read_text("utf-8")
    formatted = (SPECS / "pasted.formatted").read_text("utf-8")
    assert format_spec(read(text)) == formatted
    assert format_spec(read(formatted)) == formatted


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("y~x", "y ~ x\n"),
        ("y ~ (a+b)**2", "y ~ (a + b)^2\n"),
        ("y ~ ( 1+x|g )", "y ~ (1 + x | g)\n"),
        ("y ~ (1|p|g)", "y ~ (1 |p| g)\n"),
        ("y ~ a %in%b", "y ~ a %in% b\n"),
        ("y ~ I( x ^ 2 )", "y ~ I(x^2)\n"),
        ("y ~ f( x,k = 2, )", "y ~ f(x, k=2)\n"),
        ("y ~ x # why", "y ~ x  # why\n"),
        ("y ~ x\r\nprior b~normal(0,1)\r\n", "y ~ x\nprior b ~ normal(0, 1)\n"),
        ("\ufeffy ~ x", "y ~ x\n"),
        ("\ufeffy ~ x\n # c\n sigma ~ z", "y ~ x\n  # c\n  sigma ~ z\n"),
        ("y ~ f('a`'=1, 'b c'=2, 'd'=3)", 'y ~ f("a`"=1, `b c`=2, d=3)\n'),
        ("where[x]%in%z", "where [x] %in% z\n"),
        ("prior b[x[' a]']] ~ flat", 'prior b[x[" a]"]] ~ flat\n'),
        ("prior b[x['`a`']] ~ flat", 'prior b[x["`a`"]] ~ flat\n'),
        ("prior b[x\n[CS+]\n:z] ~ flat", "prior b[x[CS+]:z] ~ flat\n"),
        ("y ~ x\n\n\n\nwhere x>0", "y ~ x\n\nwhere x > 0\n"),
        ("# a\n\n# b\n", "# a\n\n# b\n"),
        ("y ~ x\n\tsigma ~ z\n# m\n\t# b", "y ~ x\n  sigma ~ z\n# m\n  # b\n"),
        ("column x: factor( 'a' , 'b c' )", 'column x: factor(a, "b c")\n'),
        ("prior b[ x[ lo hi ] ]~flat", "prior b[x[lo hi]] ~ flat\n"),
        ("prior b[x['CS+']] ~ flat", "prior b[x[CS+]] ~ flat\n"),
        ("contrast x: a-b|z scale=link", "contrast x: a - b | z, scale=link\n"),
        ("contrast x: a-b scale=prob", "contrast x: a - b, scale=prob\n"),
        (
            "data 'w.sav',wide(r:a=(b=c,),\n)  # wide",
            'data "w.sav", wide(r: a = (b=c))  # wide\n',
        ),
        ("y ~\n  # inside\n  x # last", "# inside\ny ~ x  # last\n"),
    ],
)
def test_canonical_form(text: str, canonical: str) -> None:
    assert format_spec(read(text)) == canonical
    assert format_spec(read(canonical)) == canonical
    assert read(canonical).statements == read(text).statements


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("I( x ^2)", "I(x^2)"),
        ("I(a*b)", "I(a * b)"),
        ("I(a/b)", "I(a/b)"),
        ("log( x,base=2 )", "log(x, base = 2)"),
        ("poly(x,2)", "poly(x, 2)"),
        ("a%in%b", "a %in% b"),
        ("a:b", "a:b"),
        ("-x", "-x"),
        ("`a b`", "`a b`"),
        ("f('x')", 'f("x")'),
    ],
)
def test_labels_are_spelt_as_r_does(text: str, label: str) -> None:
    statement = read(f"let z = {text}").statements[0]
    assert isinstance(statement, LetStatement)
    assert expression_text(statement.expression) == label


def node(text: str) -> Expr:
    statement = read(f"let z = {text}").statements[0]
    assert isinstance(statement, LetStatement)
    return statement.expression


def test_trees_made_by_hand_get_the_brackets_they_need() -> None:
    x, y = node("x"), node("y")
    span = x.span
    total = Chain(("+",), (x, y), span=span)
    for tree, text in (
        (Chain((":",), (total, y), span=span), "(x + y):y"),
        (Power(total, y, span=span), "(x + y)^y"),
        (Power(Power(x, y, span=span), y, span=span), "(x^y)^y"),
        (Unary("-", total, span=span), "-(x + y)"),
        (Chain(("-",), (x, total), span=span), "x - (x + y)"),
    ):
        assert expression_text(tree) == text


def test_a_name_that_needs_quotes_gets_them() -> None:
    span = node("x").span
    assert expression_text(Name("a b", span=span)) == "`a b`"
    # what needs none has the label that it has without
    assert expression_text(Name("a", quoted=True, span=span)) == "a"
    for word in (".", "TRUE", "1a"):
        quoted = Name(word, quoted=True, span=span)
        assert expression_text(quoted) == name_text(word) == f"`{word}`"
    assert expression_text(Number("1.50", span=span)) == "1.50"
    assert expression_text(String("\\", span=span)) == '"\\\\"'

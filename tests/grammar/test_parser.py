"""Text to tree: precedence, layout, keywords, places."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Iterator
from pathlib import Path

import pytest

from varying.grammar import ModelError, Sink, Source, parse, tree
from varying.grammar.tree import (
    Argument,
    Call,
    Chain,
    ColumnStatement,
    ContrastStatement,
    DataStatement,
    Formula,
    Index,
    KeepStatement,
    LetStatement,
    Level,
    LevelRange,
    ListExpr,
    ModelStatement,
    Name,
    Node,
    Number,
    Paren,
    PartStatement,
    Power,
    PriorStatement,
    Ref,
    RefPart,
    Spec,
    String,
    Target,
    Unary,
)

SPECS = Path(__file__).parents[1] / "specs"


def read(text: str) -> Spec:
    source = Source(text)
    sink = Sink(source)
    spec = parse(source, sink)
    assert [d for d in sink.diagnostics if d.rule != "no-model"] == []
    return spec


def shape(node: Node | None) -> str:
    """Spell a tree with its operators in front: ``(+ a (: b c))``."""
    match node:
        case Name() | Number():
            return node.text
        case String():
            return repr(node.text)
        case Call():
            return f"({' '.join([node.function.text, *map(shape, node.arguments)])})"
        case Argument():
            keyword = f"{node.keyword.text}=" if node.keyword else ""
            return keyword + shape(node.value)
        case Unary():
            return f"(u{node.operator} {shape(node.operand)})"
        case Chain():
            operators = "".join(dict.fromkeys(node.operators))
            if len(set(node.operators)) > 1:
                operators = "".join(node.operators)
            return f"({' '.join([operators, *map(shape, node.operands)])})"
        case Power():
            return f"(^ {shape(node.base)} {shape(node.exponent)})"
        case Paren():
            return f"<{shape(node.inner)}>"
        case ListExpr():
            return f"[{' '.join(map(shape, node.items))}]"
        case Index() | Target():
            name = node.target if isinstance(node, Index) else node.name
            return f"{name.text}[{', '.join(map(shape, node.refs or ()))}]"
        case Ref():
            return ":".join(map(shape, node.parts))
        case RefPart():
            level = "" if node.level is None else f"@{node.level}"
            return shape(node.base) + level
        case Formula():
            options = "".join(f", {o.name.text}={shape(o.value)}" for o in node.options)
            return f"{shape(node.response)} ~ {shape(node.terms)}{options}"
    raise AssertionError(node)


def expression(text: str) -> str:
    statement = read(f"let z = {text}").statements[0]
    assert isinstance(statement, LetStatement)
    return shape(statement.expression)


def formula(text: str) -> str:
    return shape(read(text).models[0].formula)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + b - c + d", "(+-+ a b c d)"),
        ("a*b/c", "(*/ a b c)"),
        ("a + b*c", "(+ a (* b c))"),
        ("a*b:c", "(* a (: b c))"),
        ("a:b*c", "(* (: a b) c)"),
        ("a %in% b:c", "(%in% a (: b c))"),
        ("a*b %in% c", "(* a (%in% b c))"),
        ("a^b^c", "(^ a (^ b c))"),
        ("a**b", "(^ a b)"),
        ("-a^2", "(u- (^ a 2))"),
        ("a^-b", "(^ a (u- b))"),
        ("-a:b", "(: (u- a) b)"),
        ("a - -b", "(- a (u- b))"),
        ("-a + b", "(+ (u- a) b)"),
        ("!a == b", "(u! (== a b))"),
        ("!a & b", "(& (u! a) b)"),
        ("a < b <= c", "(<<= a b c)"),
        ("a == b + c", "(== a (+ b c))"),
        ("a | b & c", "(| a (& b c))"),
        ("a || b | c", "(||| a b c)"),
        ("a & b == c | d", "(| (& a (== b c)) d)"),
        ("(a + b):c", "(: <(+ a b)> c)"),
        ("f(a, k=b + 1)", "(f a k=(+ b 1))"),
        ("f(a == b)", "(f (== a b))"),
        ("f(a,)", "(f a)"),
        ("f()", "(f)"),
        ("[1, [-2], []]", "[1 [(u- 2)] []]"),
        ("b[x, y:z[Lo hi], 3]", "b[x, y:z@Lo hi, 3]"),
        ("b[I(x^2)[1]]", "b[(I (^ x 2))@1]"),
        ("b[x['a b']]", "b[x@a b]"),
        ('b[x["]"]]', "b[x@]]"),
        ("b[x[#]", None),
        (r"'it\'s'", '"it\'s"'),
        (r'"C:\new"', r"'C:\\new'"),
        (r'"a\\"', r"'a\\'"),
        ("1e-3 + .5 + 2.", "(+ 1e-3 .5 2.)"),
        ("x%in%c(1)", "(%in% x (c 1))"),
        ("`a b`", "a b"),
    ],
)
def test_precedence_is_rs(text: str, expected: str | None) -> None:
    if expected is None:
        with pytest.raises(ModelError):
            parse(Source(f"let z = {text}\ny ~ x"))
    else:
        assert expression(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("y ~ (1 | g)", "y ~ <(| 1 g)>"),
        ("y ~ (1 + x || g)", "y ~ <(|| (+ 1 x) g)>"),
        ("y ~ (1 |id| g)", "y ~ <(| 1 id g)>"),
        ("y ~ (1 | a/b)", "y ~ <(| 1 (/ a b))>"),
        ("y | trials(n) + se(s) ~ x", "(| y (+ (trials n) (se s))) ~ x"),
        ("y ~ x, family=f(k=2), n=1", "y ~ x, family=(f k=2), n=1"),
        ("y ~ f (1 | g)", "y ~ (f (| 1 g))"),
        ("y ~ .", "y ~ ."),
        ("test ~ x", "test ~ x"),
        ("data ~ prior + model", "data ~ (+ prior model)"),
        ("where | trials(n) ~ contrast", "(| where (trials n)) ~ contrast"),
        ("contrast - 0 ~ x", "(- contrast 0) ~ x"),
    ],
)
def test_formulas(text: str, expected: str) -> None:
    assert formula(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "y ~ a\n  + b",
        "y ~ a +\n  b",
        "y ~ a +\nb",
        "y ~ (\na + b\n)",
        "y\n  ~ a + b",
        "y ~ a + # why\n  # and\n\n  b",
        "  y ~ a\n    + b",
        "\ty ~ a\n\t\t+ b",
        "y ~ a\r\n  + b\r\n",
        "y ~ a\r  + b\r",
        "\ufeffy ~ a + b",
        "y\u00a0~\u2003a + b",
    ],
)
def test_lines_go_on(text: str) -> None:
    assert formula(text).replace("<", "").replace(">", "") == "y ~ (+ a b)"
    assert len(read(text).statements) == 1


def test_the_left_side_may_go_on_too() -> None:
    assert formula("cbind(a,\n  b) ~ x") == "(cbind a b) ~ x"
    assert formula("a +\nb ~ x") == "(+ a b) ~ x"
    assert formula("a | trials(n)\n  + se(s) ~ x") == (
        "(| a (+ (trials n) (se s))) ~ x"
    )


def test_an_option_may_stand_on_the_next_line() -> None:
    expected = "y ~ x, family=g, rows=own"
    assert formula("y ~ x,\n  family=g\n  , rows=own") == expected


def test_indented_lines_belong_to_the_formula_above() -> None:
    spec = read(
        "prior b ~ flat\n"
        "y ~ x\n  sigma ~ z\n  prior b ~ flat\n"
        "model m: y ~ 1\n  keep mu, eta\n"
        "test t = b > 0\n"
    )
    kinds = [type(statement).__name__ for statement in spec.statements]
    expected = ["PriorStatement", "ModelStatement", "ModelStatement", "TestStatement"]
    assert kinds == expected
    main, second = spec.models
    assert (main.name, main.label, second.label) == (None, "main", "m")
    assert [type(part) for part in main.body] == [PartStatement, PriorStatement]
    assert [type(part) for part in second.body] == [KeepStatement]


def test_margin_priors_stay_with_one_unnamed_formula() -> None:
    spec = read("y ~ x\nprior b ~ normal(0, 1)\nkeep eta")
    kinds = [type(statement) for statement in spec.statements]
    assert kinds == [ModelStatement, PriorStatement, KeepStatement]


def test_the_margin_is_that_of_the_first_statement() -> None:
    spec = read("# c\n    y ~ x\n      sigma ~ z\n    test t = b > 0\n")
    assert len(spec.statements) == 2
    assert len(spec.models[0].body) == 1


def test_names_are_normalised_and_their_places_are_not() -> None:
    text = "cafe\u0301 ~ `a\u030a b` + x"
    spec = read(text)
    formula = spec.models[0].formula
    assert isinstance(formula.terms, Chain)
    response, quoted = formula.response, formula.terms.operands[0]
    assert isinstance(response, Name) and isinstance(quoted, Name)
    assert response.text == unicodedata.normalize("NFC", "cafe\u0301")
    assert (quoted.text, quoted.quoted) == ("\u00e5 b", True)
    assert spec.source.slice(response.span) == "cafe\u0301"
    assert spec.source.slice(quoted.span) == "`a\u030a b`"


def test_columns() -> None:
    spec = read(
        'column a, `b c`: factor(lo, "CS+", `x y`, -1, 2.50), contrast=sum, ref=lo\n'
        "column n: ordered(-3..99)\ncolumn t: text\ny ~ a"
    )
    first, second, third = spec.statements[:3]
    assert isinstance(first, ColumnStatement)
    assert isinstance(second, ColumnStatement)
    assert isinstance(third, ColumnStatement)
    assert [name.text for name in first.columns] == ["a", "b c"]
    span = first.span
    assert first.type.levels == (
        Level("lo", span=span),
        Level("CS+", span=span),
        Level("x y", span=span),
        Level("-1", number=True, span=span),
        Level("2.50", number=True, span=span),
    )
    assert [option.name.text for option in first.options] == ["contrast", "ref"]
    assert second.type.levels == (LevelRange(-3, 99, span=span),)
    assert third.type.levels is None


def test_wide_data() -> None:
    spec = read(
        'data "w.sav", wide(\n'
        '  rating: "late_CS+" = (block=late, cs="CS+"),\n  e1 = (block=early)\n'
        "), sheet=2\ny ~ x"
    )
    data = spec.statements[0]
    assert isinstance(data, DataStatement) and data.wide is not None
    assert data.wide.response.text == "rating"
    assert [type(cell.column) for cell in data.wide.columns] == [String, Name]
    cells = [[option.name.text for option in cell.cell] for cell in data.wide.columns]
    assert cells == [["block", "cs"], ["block"]]
    assert [option.name.text for option in data.options] == ["sheet"]


def test_priors() -> None:
    spec = read(
        "prior sigma.b[cs[CS+], block:cs] ~ normal(0, 1)\nprior sd[g] = 10\ny ~ x"
    )
    first, second = spec.statements[:2]
    assert isinstance(first, PriorStatement) and isinstance(second, PriorStatement)
    assert shape(first.target) == "sigma.b[cs@CS+, block:cs]"
    assert (first.operator, shape(first.value)) == ("~", "(normal 0 1)")
    assert (second.operator, shape(second.value)) == ("=", "10")
    assert second.target.refs is not None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("block: late - early", (None, ["block: (- late early)"], None, [])),
        ("d = f: a - b | g", ("d", ["f: (- a b)"], "g", [])),
        ("f: a - b | g scale=prob", (None, ["f: (- a b)"], "g", ["scale"])),
        ("f: a - b, scale=prob", (None, ["f: (- a b)"], None, ["scale"])),
        (
            'd = f: -1*a + 1*b, g: "x+" - y | h, scale=link',
            ("d", ["f: (+ (* (u- 1) a) (* 1 b))", "g: (- 'x+' y)"], "h", ["scale"]),
        ),
    ],
)
def test_contrasts(
    text: str, expected: tuple[str | None, list[str], str | None, list[str]]
) -> None:
    statement = read(f"contrast {text}\ny ~ x").statements[0]
    assert isinstance(statement, ContrastStatement)
    assert expected == (
        statement.name and statement.name.text,
        [f"{part.factor.text}: {shape(part.weights)}" for part in statement.parts],
        statement.by and shape(statement.by),
        [option.name.text for option in statement.options],
    )


def test_comments_are_kept() -> None:
    spec = read("# one\ny ~ x # two \n  # three\n")
    found = [(comment.text, comment.own_line) for comment in spec.comments]
    assert found == [(" one", True), (" two", False), (" three", True)]
    assert spec.source.slice(spec.comments[1].span) == "# two"


def children(node: object) -> Iterator[Node]:
    """Yield the nodes directly under a node."""
    if not isinstance(node, Node):
        return
    for field in dataclasses.fields(node):
        value = getattr(node, field.name)
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Node):
                yield item


@pytest.mark.parametrize("name", ["whole", "wide", "pasted"])
def test_every_place_lies_in_that_of_what_is_around_it(name: str) -> None:
    spec = read((SPECS / f"{name}.model").read_text("utf-8"))
    pending: list[Node] = list(spec.statements)
    seen = 0
    while pending:
        node = pending.pop()
        seen += 1
        text = spec.source.slice(node.span)
        assert text == text.strip() != ""
        for child in children(node):
            assert node.span.start <= child.span.start <= child.span.end
            assert child.span.end <= node.span.end
            pending.append(child)
        if isinstance(node, Name):
            assert node.text in text
    assert seen > 20


def test_what_can_be_read_is_in_the_tree_beside_faults() -> None:
    source = Source("column x: factor(\ny ~ x\n  sigma ~\n  keep eta\nmodel a: y ~ 1")
    sink = Sink(source)
    spec = parse(source, sink)
    assert [d.rule for d in sink.sorted()] == ["unclosed-bracket", "missing-right-side"]
    assert [model.label for model in spec.models] == ["main", "a"]
    assert [type(part) for part in spec.models[0].body] == [KeepStatement]


def test_a_formula_ends_an_open_bracket() -> None:
    source = Source("cbind(a, b\ny ~ x")
    sink = Sink(source)
    spec = parse(source, sink)
    assert [d.rule for d in sink.diagnostics] == ["unclosed-bracket"]
    assert [model.label for model in spec.models] == ["main"]


def test_misplaced_priors_go_where_they_would_be_moved() -> None:
    source = Source("model a: y ~ x\nprior b ~ normal(0, 1)\nkeep eta")
    sink = Sink(source)
    spec = parse(source, sink)
    assert [d.rule for d in sink.diagnostics] == ["misplaced-statement"] * 2
    assert [type(part) for part in spec.models[0].body] == [
        PriorStatement,
        KeepStatement,
    ]


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("y ~ x  # \0", "unexpected-character"),
        ("y ~ x, k='\x1b'", "unexpected-character"),
        ("y ~ x + \ud800", "unexpected-character"),
        ("y ~ x  # \x85", "unexpected-character"),
        ("y ~ \u202ex", "bidi-control"),
        ("y ~ x  # \u202eend", "bidi-control"),
        ("y ~ x, k='\u2067a'", "bidi-control"),
        ("y ~ `a\u202eb`", "bidi-control"),
        ("y ~ x\u200by", "invisible-character"),
        ("y ~ x\u3164", "invisible-character"),
        ("y ~ x\ufe0f", "invisible-character"),
        ("y ~ x\u200cz", "invisible-character"),
        ("y ~ \ufeffx", "invisible-character"),
        ("y ~ x\u00ad", "invisible-character"),
        ("y ~ x[\u200f1]", "invisible-character"),
        ("y ~ `a\u200bb`", "invisible-in-quotes"),
        ("y ~ x, k='a\u00ad'", "invisible-in-quotes"),
        ("y ~ x, k='\u200e'", "invisible-in-quotes"),
    ],
)
def test_an_invisible_character_is_named_once(text: str, rule: str) -> None:
    source = Source(text)
    sink = Sink(source)
    spec = parse(source, sink)
    assert [d.rule for d in sink.diagnostics] == [rule]
    (fault,) = sink.diagnostics
    assert fault.fix is not None and fault.fix.edits[0].span == fault.span
    # The formula can be read without it, but for the one that then lacks a term, and
    # the one whose name it cuts in two.
    assert len(spec.models) == (text[-1] != "\ud800" and text[-1] not in "yz")


@pytest.mark.parametrize(
    "text",
    [
        "y ~ x  # \u202bعربي\u202c and \u2066more \u202a\u2069",
        "y ~ x  # \u200b\u200d",
        "می\u200cخواهم ~ x",
        "y ~ 葛\U000e0100 + `👩\u200d👩`",
        "y ~ x, k='❤\ufe0f'",
        "\ufeffy ~ x",
        "y ~ x\u00a0+\u3000z",
    ],
)
def test_marks_that_belong_to_a_script_are_no_fault(text: str) -> None:
    assert len(read(text).models) == 1


def test_without_a_sink_faults_are_raised() -> None:
    with pytest.raises(ModelError) as caught:
        parse(Source("y ~ x + 1|g\ny == x", "a.model"))
    assert [d.rule for d in caught.value.diagnostics] == [
        "bare-bar",
        "equals-for-tilde",
    ]
    assert str(caught.value).startswith("error[bare-bar]")
    assert " --> a.model:1:10" in str(caught.value)


def test_every_node_has_a_place_outside_equality() -> None:
    nodes = [
        kind
        for kind in vars(tree).values()
        if isinstance(kind, type) and issubclass(kind, Node)
    ]
    assert len(nodes) > 30
    for kind in nodes:
        (span,) = [f for f in dataclasses.fields(kind) if f.name == "span"]
        assert not span.compare

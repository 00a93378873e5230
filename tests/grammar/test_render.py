"""How diagnostics look."""

from __future__ import annotations

import json

import pytest

from varying.grammar import Diagnostic, Edit, Fix, ModelError, Sink, Source, Span, parse
from varying.grammar.render import FORMATS, concise, full
from varying.grammar.render import json as as_json


def found(text: str, name: str = "a.model") -> tuple[Diagnostic, ...]:
    source = Source(text, name)
    sink = Sink(source)
    parse(source, sink)
    return sink.sorted()


def test_full() -> None:
    assert full.render(found("y ~ x + 1 | g\n  sigma ~ (block) cs\n")) == (
        "error[bare-bar]: a group term stands in parentheses: write `(1 | g)`\n"
        " --> a.model:1:11\n"
        "  |\n"
        "1 | y ~ x + 1 | g\n"
        "  |           ^\n"
        "  = note: outside parentheses a bar has no meaning here\n"
        "  = fix: write `(1 | g)`\n"
        "  | y ~ x + (1 | g)\n"
        "\n"
        "error[syntax]: unexpected `cs` after `)`\n"
        " --> a.model:2:19\n"
        "  |\n"
        "2 |   sigma ~ (block) cs\n"
        "  |                   ^^\n"
        "  = note: expected an operator such as `+`, `*` or `:`, `,` or the end of the "
        "line"
    )


def test_full_has_errors_first_and_not_too_many() -> None:
    source = Source("y ~ x\n" * 80, "a.model")
    faults = [Diagnostic("rows-dropped", "a note", source, Span(0, 1))]
    faults += [Diagnostic("guessed-order", "a warning", source, Span(1, 2))]
    faults += [Diagnostic("syntax", f"{n}.", source, Span(n, n + 1)) for n in (9, 5)]
    heads = [block.split("\n")[0] for block in full.render(faults).split("\n\n")]
    assert heads == [
        "error[syntax]: 5.",
        "error[syntax]: 9.",
        "warning[guessed-order]: a warning",
        "info[rows-dropped]: a note",
    ]
    assert concise.render(faults).splitlines()[0].endswith("info[rows-dropped] a note")
    many = [Diagnostic("syntax", "x", source, Span(n, n + 1)) for n in range(60)]
    text = full.render(many)
    assert text.count("error[syntax]") == 50
    assert text.endswith("\n\n... and 10 more")
    assert len(concise.render(many).splitlines()) == 60


def test_a_diagnostic_as_text() -> None:
    (fault,) = found("y ~ x + 1 | g\n")
    assert str(fault) == concise.render([fault])


@pytest.mark.parametrize(
    ("text", "line", "carets"),
    [
        ("\ty ~ block cs", "\ty ~ block cs", "\t    ^^^^^^^^"),
        ("条件 ~ a 条件", "条件 ~ a 条件", "       ^^^^^^"),
        ("cafe\u0301 ~ a cafe\u0301", "cafe\u0301 ~ a cafe\u0301", "       ^^^^^^"),
        ("y ~ a b\r\n", "y ~ a b", "    ^^^"),
        ("y ~ a\u202e", "y ~ a\\u202e", "     ^^^^^^"),
        ("y ~ a\x1b[31m", "y ~ a\\x1b[31m", "     ^^^^"),
        ("y ~ (a +", "y ~ (a +", "    ^"),
        ("y ~ a +", "y ~ a +", "      ^"),
    ],
)
def test_carets_stand_under_the_fault(text: str, line: str, carets: str) -> None:
    lines = full.render(found(text)[:1]).split("\n")
    assert lines[3:5] == [f"1 | {line}", f"  | {carets}"]


def test_the_gutter_is_as_wide_as_the_number() -> None:
    lines = full.render(found("\n" * 98 + "y ~ a b")).split("\n")
    assert lines[1:5] == [
        "  --> a.model:99:5",
        "   |",
        "99 | y ~ a b",
        "   |     ^^^",
    ]


def test_a_fault_of_a_whole_file_shows_no_line() -> None:
    source = Source("", "no.model")
    fault = Diagnostic("no-such-file", "no file `no.model`", source, Span(0, 0))
    expected = "error[no-such-file]: no file `no.model`\n --> no.model:1:1"
    assert full.render([fault]) == expected
    text = full.render(found("where x > 0"))
    assert text.split("\n")[2].startswith("  = note:")


def test_several_lines_show_the_first() -> None:
    source = Source("y ~ a +\n  b\n")
    fault = Diagnostic("syntax", "m", source, Span(0, 11))
    assert full.render([fault]).split("\n")[3:] == ["1 | y ~ a +", "  | ^^^^^^^"]


def test_a_fix_over_several_lines_shows_its_title_only() -> None:
    source = Source("y ~ a\nz\n")
    fix = Fix("mend", (Edit(Span(0, 1), "x"), Edit(Span(6, 7), "x")))
    fault = Diagnostic("syntax", "m", source, Span(0, 1), fix=fix)
    assert full.render([fault]).endswith("  = fix: mend")


def test_messages_cannot_steer_the_terminal() -> None:
    source = Source("y", "a\x1b.model")
    fault = Diagnostic("syntax", "m\x1b[2J\nn", source, Span(0, 1), ("k\r",))
    for render in (full.render, concise.render):
        assert "\x1b" not in render([fault])
        assert "\r" not in render([fault])
    assert concise.render([fault]).count("\n") == 0


def test_color_is_added_on_demand() -> None:
    faults = found("y ~ a b")
    colored = full.render(faults, color=True)
    assert colored != full.render(faults)
    assert colored.replace("\x1b[1;31m", "").replace("\x1b[0m", "") == full.render(
        faults
    )


def test_concise() -> None:
    assert concise.render(found("y ~ (a) b\ny = 2*x")) == (
        "a.model:1:9: error[syntax] unexpected `b` after `)`\n"
        "a.model:2:3: error[equals-for-tilde] `=` where a formula has `~`"
    )


def test_json() -> None:
    assert json.loads(as_json.render(found("\u00e9 ~ x\n\tz ~ x, k==1"))) == [
        {
            "rule": "double-equals",
            "severity": "error",
            "message": "`==` compares; a value is given with `=`",
            "file": "a.model",
            "line": 2,
            "column": 10,
            "end_line": 2,
            "end_column": 12,
            "notes": [],
            "fix": {
                "title": "replace by `=`",
                "safe": True,
                "edits": [
                    {
                        "line": 2,
                        "column": 10,
                        "end_line": 2,
                        "end_column": 12,
                        "text": "=",
                    }
                ],
            },
        }
    ]


def test_json_has_all_keys_always() -> None:
    (record,) = json.loads(as_json.render(found("")))
    assert record["fix"] is None
    assert [record[key] for key in ("line", "column", "end_line", "end_column")] == [
        1,
        1,
        1,
        1,
    ]
    assert len(record["notes"]) == 1
    assert as_json.render([]) == "[]"


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_order_is_by_place(name: str) -> None:
    faults = found("y ~ a b\n  z ~ c d\n  w ~ e f")
    assert len(faults) == 3
    assert FORMATS[name](faults[::-1]) == FORMATS[name](faults)


def test_an_error_reads_as_the_command_does() -> None:
    with pytest.raises(ModelError) as caught:
        parse(Source("y ~ a b"))
    assert str(caught.value) == full.render(caught.value.diagnostics)

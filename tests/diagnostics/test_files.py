"""Files that are not there, not readable, or not what their name promises."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import varying
from varying.compiler.driver import Request, check, compile_spec
from varying.grammar.diagnostics import Diagnostic, ModelError
from varying.grammar.source import Source
from varying.runtime.files.spec_file import read_source

from .harness import table_of

GOOD = b"y,x\n1.5,1\n2.5,2\n1.0,3\n2.0,5\n"
SPEC = 'data "data.csv"\ny ~ x\n'

DATA: tuple[tuple[str, bytes, str, str], ...] = (
    ("empty", b"", "data-format", "`data.csv` is empty"),
    ("blanks", b"\n \n", "data-format", "`data.csv` is empty"),
    ("binary", b"PK\x03\x04\0\0y,x\n", "data-format", "`data.csv` is a binary file"),
    ("UTF-16", "y,x\n1,2\n".encode("utf-16"), "not-text", "not UTF-8 text"),
    ("Latin-1", "y,größe\n1,2\n".encode("latin-1"), "not-text", "not UTF-8 text"),
    ("header only", b"y,x\n", "empty-data", "the data have no rows"),
    ("short row", b"y,x\n1,2\n3\n", "data-format", "line 3 of `data.csv` has 1 field"),
    ("long row", b"y,x\n1,2,3\n", "data-format", "has 3 fields and the header 2"),
    ("one name twice", b"y,x,x\n1,2,3\n", "duplicate-column", "columns named `x`"),
    ("no name", b",\n1,2\n", "data-format", "no column of `data.csv` has a name"),
    ("blanks between", b'"y" "x"\n"1" 1.5 2\n', "data-format", "separated by blanks"),
    ("blanks between, no row names", b"y x\n1.5 2\n", "data-format", "by blanks"),
    ("open quote", b'y,x\n1,"2\n', "data-format", "is not a table"),
)


@pytest.mark.parametrize(
    ("content", "rule", "part"),
    [pytest.param(*row[1:], id=row[0]) for row in DATA],
)
def test_data_files(tmp_path: Path, content: bytes, rule: str, part: str) -> None:
    (tmp_path / "data.csv").write_bytes(content)
    found = only(SPEC, tmp_path)
    assert found.rule == rule and part in found.message
    assert found.source.slice(found.span) == '"data.csv"'


def only(spec: str, folder: Path) -> Diagnostic:
    """The only fault, by `check` and by `compile_spec`."""
    (found,) = check(Request(Source(spec), base=folder))
    with pytest.raises(ModelError) as caught:
        compile_spec(Request(Source(spec), base=folder))
    assert caught.value.diagnostics == (found,)
    return found


def test_the_head_of_a_long_file(tmp_path: Path) -> None:
    table = replace(table_of(GOOD.decode()), partial=True)
    (found,) = check(Request(Source(SPEC), table, base=tmp_path))
    assert found.rule == "partial-data"
    assert found.source.slice(found.span) == '"data.csv"'


def test_a_good_file(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_bytes(GOOD)
    assert check(Request(Source(SPEC), base=tmp_path)) == ()


def test_row_names_are_no_column(tmp_path: Path) -> None:
    rows = b"".join(b'"%d",%s\n' % (n, r) for n, r in enumerate(GOOD.split()[1:]))
    (tmp_path / "data.csv").write_bytes(b'"",' + GOOD.split()[0] + b"\n" + rows)
    assert check(Request(Source(SPEC), base=tmp_path)) == ()


def test_a_single_column_may_have_a_blank_in_its_name(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_bytes(b"reaction time\n1.5\n2.5\n")
    spec = 'data "data.csv"\n`reaction time` ~ 1\n'
    assert check(Request(Source(spec), base=tmp_path)) == ()


def test_no_such_file(tmp_path: Path) -> None:
    found = only(SPEC, tmp_path)
    assert found.rule == "no-such-file" and found.fix is None
    (tmp_path / "datas.csv").write_bytes(GOOD)
    found = only(SPEC, tmp_path)
    assert found.notes == ("did you mean `datas.csv`?",)
    assert found.fix is not None
    (edit,) = found.fix.edits
    mended = SPEC[: edit.span.start] + edit.text + SPEC[edit.span.end :]
    assert check(Request(Source(mended), base=tmp_path)) == ()


def test_no_such_folder(tmp_path: Path) -> None:
    found = only('data "nowhere/data.csv"\ny ~ x\n', tmp_path)
    assert found.rule == "no-such-file" and "there is no folder" in found.notes[0]


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "data.csv").mkdir()
    found = only(SPEC, tmp_path)
    assert found.rule == "unreadable-file" and found.message.endswith("is a folder")


@pytest.mark.parametrize(
    ("name", "rule"),
    [
        ("data.xls", "unknown-format"),
        ("data", "unknown-format"),
        ("data.sav", "data-format"),
        ("data.csv.gz", "data-format"),
    ],
)
def test_names_that_promise_another_format(
    tmp_path: Path, name: str, rule: str
) -> None:
    (tmp_path / name).write_bytes(GOOD)
    assert only(f'data "{name}"\ny ~ x\n', tmp_path).rule == rule


def test_a_name_that_no_file_can_have(tmp_path: Path) -> None:
    name = "x" * 5000 + ".csv"
    assert only(f'data "{name}"\ny ~ x\n', tmp_path).rule == "unreadable-file"


def test_other_faults_are_said_beside_that_of_the_file(tmp_path: Path) -> None:
    found = check(
        Request(Source('data "no.csv"\ny ~ lgo(x), family=gausian\n'), base=tmp_path)
    )
    assert [d.rule for d in found] == [
        "no-such-file",
        "unknown-function",
        "unknown-family",
    ]


def test_options_of_another_format(tmp_path: Path) -> None:
    (tmp_path / "data.csv").write_bytes(GOOD)
    found = only('data "data.csv", sheet=2\ny ~ x\n', tmp_path)
    assert found.rule == "unknown-option"


# ---- the spec's own file -----------------------------------------------------------

SPECS: tuple[tuple[str, bytes, str], ...] = (
    ("binary", b"\x80\x02\xff\0", "not-text"),
    ("Latin-1", "größe ~ x".encode("latin-1"), "not-text"),
    ("large", b"#" * 1_000_001, "spec-too-large"),
    ("many tokens", b"y ~ x" + b" + x" * 10_001, "spec-too-large"),
    ("deep", b"y ~ " + b"(" * 101 + b"x" + b")" * 101, "nested-too-deep"),
    ("empty", b"", "empty-spec"),
    ("comments only", b"# nothing\n", "empty-spec"),
    ("no formula", b'data "data.csv"\n', "no-model"),
)


@pytest.mark.parametrize(
    ("content", "rule"), [pytest.param(*row[1:], id=row[0]) for row in SPECS]
)
def test_spec_files(tmp_path: Path, content: bytes, rule: str) -> None:
    path = tmp_path / "a.model"
    path.write_bytes(content)
    (tmp_path / "data.csv").write_bytes(GOOD)
    with pytest.raises(ModelError) as caught:
        varying.compile(path)
    assert [d.rule for d in caught.value.diagnostics] == [rule]


def test_no_such_spec(tmp_path: Path) -> None:
    (tmp_path / "ratings.model").write_text("y ~ x\n")
    with pytest.raises(ModelError) as caught:
        read_source(tmp_path / "rating.model")
    (found,) = caught.value.diagnostics
    assert found.rule == "no-such-file" and "ratings.model" in found.notes[0]


def test_a_folder_is_no_spec(tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        read_source(tmp_path)
    assert [d.rule for d in caught.value.diagnostics] == ["unreadable-file"]


def test_several_models_and_no_choice(tmp_path: Path) -> None:
    path = tmp_path / "a.model"
    path.write_text("model a: y ~ x\nmodel b: y ~ 1\n")
    for name, rule in ((None, "ambiguous-model"), ("c", "unknown-model")):
        with pytest.raises(ModelError) as caught:
            varying.compile(path, model=name)
        assert [d.rule for d in caught.value.diagnostics] == [rule]

"""Plain files and data frames become tables, or say what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from varying.compiler.data.frames import table_from_frame
from varying.compiler.data.levels import natural_order
from varying.compiler.data.plain import read_table
from varying.compiler.data.table import Column, Kind, Table
from varying.compiler.driver import Request, check, compile_spec
from varying.compiler.prepare.source import data_of
from varying.grammar.diagnostics import Diagnostic, ModelError, Sink
from varying.grammar.parser import parse
from varying.grammar.source import Source, Span
from varying.grammar.spelling import spell_number

SPEC = 'data "d.csv"\n'


def read(
    folder: Path, content: str | bytes, name: str = "d.csv", **options: Any
) -> tuple[Table | None, list[Diagnostic]]:
    raw = content.encode() if isinstance(content, str) else content
    (folder / name).write_bytes(raw)
    sink = Sink(Source(SPEC))
    return read_table(folder / name, sink, Span(5, 12), **options), sink.diagnostics


def good(folder: Path, content: str | bytes, name: str = "d.csv") -> Table:
    table, diagnostics = read(folder, content, name)
    assert diagnostics == []
    assert table is not None
    return table


def shown(column: Column) -> list[object]:
    if column.kind.is_number:
        return [None if np.isnan(v) else v for v in column.values.tolist()]
    return [None if c < 0 else column.levels[c] for c in column.values.tolist()]


@pytest.mark.parametrize(
    ("cells", "kind", "values"),
    [
        (["1", "2", ""], Kind.INTEGER, [1, 2, None]),
        (["1", "-2", "+3"], Kind.INTEGER, [1, -2, 3]),
        (["1.0", "2", "3"], Kind.NUMERIC, [1, 2, 3]),
        (["1e2", ".5", "-0.25"], Kind.NUMERIC, [100, 0.5, -0.25]),
        (["Inf", "-Inf", "1"], Kind.NUMERIC, [np.inf, -np.inf, 1]),
        (["NA", "NaN", "3"], Kind.INTEGER, [None, None, 3]),
        (["NA", "NaN", "NA"], Kind.NUMERIC, [None, None, None]),
        (['"1"', '"2"', "3"], Kind.INTEGER, [1, 2, 3]),
        (["TRUE", "FALSE", "NA"], Kind.LOGICAL, ["TRUE", "FALSE", None]),
        (["True", "False", "True"], Kind.LOGICAL, ["TRUE", "FALSE", "TRUE"]),
        (["TRUE", "yes", "no"], Kind.TEXT, ["TRUE", "yes", "no"]),
        (["None", "null", "n/a"], Kind.TEXT, ["None", "null", "n/a"]),
        (["nan", "na", "1"], Kind.TEXT, ["nan", "na", "1"]),
        (["1_000", "2", "3"], Kind.TEXT, ["1_000", "2", "3"]),
        (["1,5", "2", "3"], Kind.TEXT, ["1,5", "2", "3"]),
        (["a b", '"x; ""y"""', "z"], Kind.TEXT, ["a b", 'x; "y"', "z"]),
        (["٣", "1", "2"], Kind.TEXT, ["٣", "1", "2"]),
        # As floats these two ids would be one.
        (
            ["9007199254740993", "9007199254740992", "1"],
            Kind.TEXT,
            ["9007199254740993", "9007199254740992", "1"],
        ),
    ],
)
def test_types(
    tmp_path: Path, cells: list[str], kind: Kind, values: list[object]
) -> None:
    text = "id\tx\n" + "".join(f"{i}\t{cell}\n" for i, cell in enumerate(cells))
    column = good(tmp_path, text, "d.tsv").columns["x"]
    assert column.kind is kind
    assert shown(column) == values
    assert not column.declared


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,x\n2,y\n",
        "a;b\n1;x\n2;y\n",
        "a\tb\n1\tx\n2\ty\n",
        "a, b\r\n1, x\r\n2, y\r\n",
        "\ufeffa,b\n1,x\n2,y",
        '"a","b"\n"1","x"\n\n"2","y"\n\n',
        '"a;;;","b"\n1,x\n2,y\n'.replace("a;;;", "a"),
    ],
)
def test_shapes_of_one_table(tmp_path: Path, text: str) -> None:
    table = good(tmp_path, text)
    assert list(table.columns) == ["a", "b"]
    assert shown(table.columns["a"]) == [1, 2]
    assert shown(table.columns["b"]) == ["x", "y"]
    assert not table.partial


def test_delimiters_in_quotes_do_not_count(tmp_path: Path) -> None:
    assert list(good(tmp_path, '"a;b;c",d\n1,2\n').columns) == ["a;b;c", "d"]


def test_single_column_keeps_empty_lines(tmp_path: Path) -> None:
    assert shown(good(tmp_path, "x\n1\n\n3\n").columns["x"]) == [1, None, 3]


def test_names_are_composed(tmp_path: Path) -> None:
    assert list(good(tmp_path, "u\u0308,b\n1,2\n").columns) == ["ü", "b"]


def test_header_only(tmp_path: Path) -> None:
    assert good(tmp_path, "a,b\n").rows == 0


def test_head(tmp_path: Path) -> None:
    table, _ = read(tmp_path, "a\n1\n2\n3\n", head=2)
    assert table is not None and table.partial and table.rows == 2
    table, _ = read(tmp_path, "a\n1\n2\n3\n", head=3)
    assert table is not None and not table.partial and table.rows == 3


@pytest.mark.parametrize(
    ("content", "rule", "part"),
    [
        ("", "data-format", "is empty"),
        ("\n \n", "data-format", "is empty"),
        ("\ufeff", "data-format", "is empty"),
        ("a,b\n1,2\n1,2,3\n", "data-format", "line 3"),
        ("a,b\n1,2\n1\n", "data-format", "has 1 field and the header 2 fields"),
        ("a,b,a\n1,2,3\n", "duplicate-column", "named `a`"),
        (",\n1,2\n", "data-format", "no column of `d.csv` has a name"),
        ('a,b\n1,"2\n3,4\n', "data-format", "is not a table"),
        (b"a,b\n1,\xe4\n", "not-text", "not UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "not-text", "not UTF-8"),
        (b"PK\x03\x04\0\0\0", "data-format", "binary"),
    ],
)
def test_faulty_files(
    tmp_path: Path, content: str | bytes, rule: str, part: str
) -> None:
    table, (fault,) = read(tmp_path, content)
    assert table is None
    assert fault.rule == rule
    assert part in fault.message
    assert fault.span == Span(5, 12)


@pytest.mark.parametrize("content", [",a\n1,2\n", "a,\n2,1\n", '"","a",""\n1,2,3\n'])
def test_a_column_without_a_name_is_of_no_use(tmp_path: Path, content: str) -> None:
    table, faults = read(tmp_path, content)
    assert table is not None and not faults
    assert table.columns["a"].values.tolist() == [2.0]
    assert list(table.columns) == ["a"]
    assert table.unusable == {"": "it has no name"}
    assert table_from_frame({"": [1], "a": [2]}).unusable == table.unusable


def test_leading_zeros_are_kept(tmp_path: Path) -> None:
    table, _ = read(tmp_path, "a,b,c\n1,1,0.5\n01,2,00.5\nNA,3,1.0\n")
    assert table is not None
    a, b, c = table.columns.values()
    assert a.kind is Kind.INTEGER and a.spelled is not None
    assert a.spelled.levels == ("01", "1")
    assert a.spelled.values.tolist() == [1, 0, -1]
    taken = a.take(np.array([1])).spelled
    assert taken is not None and taken.values.tolist() == [0]
    assert b.spelled is None and c.spelled is None


def test_first_bad_line_is_named(tmp_path: Path) -> None:
    _, (fault,) = read(tmp_path, b"a,b\n1,x\n2,\xe4\n")
    assert fault.notes[0].startswith("line 3 holds the byte 0xE4")


def test_row_of_a_ragged_line(tmp_path: Path) -> None:
    _, (fault,) = read(tmp_path, 'a,b\n"x\ny",2\n\n1,2,3\n')
    assert "line 5" in fault.message
    assert fault.notes == ("it is row 2 of the data",)


def test_no_such_file_suggests(tmp_path: Path) -> None:
    (tmp_path / "ratings.csv").write_text("a\n1\n")
    sink = Sink(Source('data "rating.csv"\n'))
    assert read_table(tmp_path / "rating.csv", sink, Span(5, 17)) is None
    (fault,) = sink.diagnostics
    assert fault.rule == "no-such-file"
    assert fault.notes == ("did you mean `ratings.csv`?",)
    assert fault.fix is not None
    assert fault.fix.edits[0].text == '"ratings.csv"'


def test_no_such_folder(tmp_path: Path) -> None:
    sink = Sink(Source(SPEC))
    read_table(tmp_path / "nowhere" / "d.csv", sink, Span(5, 12))
    (fault,) = sink.diagnostics
    assert fault.rule == "no-such-file"
    assert "there is no folder" in fault.notes[0]


def test_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "d.csv").mkdir()
    sink = Sink(Source(SPEC))
    read_table(tmp_path / "d.csv", sink, Span(5, 12))
    assert [d.rule for d in sink.diagnostics] == ["unreadable-file"]


def test_natural_order() -> None:
    texts = ["b", "B", "a", "a10", "a2", "_x", "s10", "s2", "10", "9", "a02"]
    assert natural_order(texts) == (
        *("9", "10", "_x", "a", "a02", "a2", "a10", "b", "B", "s2", "s10"),
    )
    # Longer than int() takes.
    assert natural_order(["x" + "9" * 5000, "x1"])[0] == "x1"


def test_spelling_of_numbers() -> None:
    numbers = [1.0, -2.0, 0.5, 1e20, 0.1, 1704067200000000.0]
    spelled = ["1", "-2", "0.5", "1e+20", "0.1", "1704067200000000"]
    assert [spell_number(number) for number in numbers] == spelled


# ---- mappings and frames -----------------------------------------------------------


def test_mapping() -> None:
    table = table_from_frame(
        {
            "i": [1, 2, None],
            "f": np.array([0.5, np.nan, 1.0]),
            "w": [1, 2.5, None],
            "t": ("s10", "s2", ""),
            "l": [True, None, False],
            "b": np.array([True, False, True]),
            "u": np.array(["x", "y", "x"]),
            "m": np.ma.masked_array([1, 2, 3], mask=[False, True, False]),
            "big": [2**60, 2**60 + 1, None],
        }
    )
    kinds = {name: column.kind for name, column in table.columns.items()}
    assert kinds == {
        "i": Kind.INTEGER,
        "f": Kind.NUMERIC,
        "w": Kind.NUMERIC,
        "t": Kind.TEXT,
        "l": Kind.LOGICAL,
        "b": Kind.LOGICAL,
        "u": Kind.TEXT,
        "m": Kind.INTEGER,
        "big": Kind.TEXT,
    }
    assert shown(table.columns["i"]) == [1, 2, None]
    assert shown(table.columns["t"]) == ["s10", "s2", None]
    assert table.columns["t"].levels == ("s2", "s10")
    assert shown(table.columns["l"]) == ["TRUE", None, "FALSE"]
    assert shown(table.columns["m"]) == [1, None, 3]
    assert shown(table.columns["big"])[0] != shown(table.columns["big"])[1]


def test_unusable_columns_are_remembered() -> None:
    table = table_from_frame(
        {
            "x": [1.0, 2.0],
            "mixed": ["a", True],
            "when": np.array(["2020-01-01", "2020-01-02"], dtype="datetime64[D]"),
            "nested": [[1], [2]],
            "square": np.ones((2, 2)),
        }
    )
    assert list(table.columns) == ["x"]
    assert set(table.unusable) == {"mixed", "when", "nested", "square"}
    assert "mixes values of the types bool, str" in table.unusable["mixed"]
    assert "in row 1 is of type str" in table.unusable["mixed"]
    assert "dates" in table.unusable["when"]


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        ({"x": [1, 2], "y": [1, 2, 3]}, "data-format"),
        ({"u\u0308": [1], "ü": [2]}, "duplicate-column"),
    ],
)
def test_faulty_mappings(data: Any, rule: str) -> None:
    with pytest.raises(ModelError) as error:
        table_from_frame(data)
    assert [d.rule for d in error.value.diagnostics] == [rule]


def test_pandas() -> None:
    import pandas as pd

    frame = pd.DataFrame(
        {
            "f": pd.Categorical(["b", "a", None], categories=["b", "a", "c"]),
            "o": pd.Categorical([2, 1, 2], categories=[2, 1], ordered=True),
            "i": pd.array([1, None, 3], dtype="Int64"),
            "n": [1.5, np.nan, 2.0],
            "t": ["s10", None, "s2"],
            "l": pd.array([True, None, False], dtype="boolean"),
            "d": pd.to_datetime(["2020-01-01"] * 3),
            "x": [1, "a", None],
            7: [1, 2, 3],
        },
        index=[5, 6, 7],
    )
    table = table_from_frame(frame)
    f, o = table.columns["f"], table.columns["o"]
    assert (f.kind, f.levels, f.declared) == (Kind.FACTOR, ("b", "a", "c"), True)
    assert shown(f) == ["b", "a", None]
    assert (o.kind, o.levels, o.numbers) == (Kind.ORDERED, ("2", "1"), (2.0, 1.0))
    assert shown(table.columns["i"]) == [1, None, 3]
    assert table.columns["i"].kind is Kind.INTEGER
    assert shown(table.columns["n"]) == [1.5, None, 2.0]
    assert table.columns["t"].levels == ("s2", "s10")
    assert shown(table.columns["l"]) == ["TRUE", None, "FALSE"]
    assert shown(table.columns["7"]) == [1, 2, 3]
    assert table.columns["x"].levels == ("1", "a")  # as in a file
    assert set(table.unusable) == {"d"}
    alone = table_from_frame({"f": frame["f"].array, "o": frame["o"].array})
    for name in ("f", "o"):  # as a mapping of names to columns has them
        one, other = alone.columns[name], table.columns[name]
        assert (one.kind, one.levels, shown(one)) == (
            other.kind,
            other.levels,
            shown(other),
        )


def test_pandas_duplicate_names() -> None:
    import pandas as pd

    frame = pd.DataFrame([[1, 2]], columns=["a", "a"])
    with pytest.raises(ModelError) as error:
        table_from_frame(frame)
    assert error.value.diagnostics[0].rule == "duplicate-column"


def test_pandas_series_in_a_mapping() -> None:
    import pandas as pd

    table = table_from_frame({"x": pd.Series(["b", "a"], dtype="category")})
    assert table.columns["x"].levels == ("a", "b")


def test_polars() -> None:
    pl = pytest.importorskip("polars")
    frame = pl.DataFrame(
        {
            "i": [1, None, 3],
            "n": [0.5, None, float("nan")],
            "t": ["s10", None, "s2"],
            "l": [True, None, False],
            "e": pl.Series(["b", "a", None], dtype=pl.Enum(["b", "a"])),
            "c": pl.Series(["b", "a", None], dtype=pl.Categorical),
            "nested": [[1], [2], [3]],
        }
    )
    table = table_from_frame(frame)
    assert shown(table.columns["i"]) == [1, None, 3]
    assert shown(table.columns["n"]) == [0.5, None, None]
    assert table.columns["t"].levels == ("s2", "s10")
    assert shown(table.columns["l"]) == ["TRUE", None, "FALSE"]
    assert table.columns["e"].levels == ("b", "a")
    assert table.columns["e"].kind is Kind.FACTOR
    # Categories in order of appearance are no order.
    assert table.columns["c"].levels == ("a", "b")
    assert set(table.unusable) == {"nested"}
    with pytest.raises(ModelError):
        table_from_frame(frame.lazy())


def test_pyarrow() -> None:
    pa = pytest.importorskip("pyarrow")
    frame = pa.table(
        {
            "i": pa.array([1, None, 3]),
            "t": pa.array(["b", None, "a"]),
            "d": pa.array(["b", None, "a"]).dictionary_encode(),
            "l": pa.array([True, None, False]),
        }
    )
    table = table_from_frame(frame)
    assert shown(table.columns["i"]) == [1, None, 3]
    assert shown(table.columns["t"]) == ["b", None, "a"]
    assert shown(table.columns["d"]) == ["b", None, "a"]
    assert shown(table.columns["l"]) == ["TRUE", None, "FALSE"]


def test_no_frame() -> None:
    with pytest.raises(ModelError, match="are no table"):
        table_from_frame(5)


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1,5", "2,25", "", "NA"], [1.5, 2.25, None, None]),
        (["1.234,5", "-2", "0,5e2", "12.345.678"], [1234.5, -2.0, 50.0, 12345678.0]),
        (["1.5", "2.5", "3", "4"], [1.5, 2.5, 3.0, 4.0]),
        (["1,5", "x", "2", "3"], None),
        (["1,5", "1.5", "2", "3"], None),
        # a point behind a 0, or before an exponent, parts no thousands
        (["0.123", "-0.456", "0.789", "0.250"], [0.123, -0.456, 0.789, 0.25]),
        (["0.5", "1.234", "2", "3"], [0.5, 1.234, 2.0, 3.0]),
        (["1.234e-5", "1.5", "2", "3"], [1.234e-5, 1.5, 2.0, 3.0]),
        (["1234.567", "1.234", "2", "3"], [1234.567, 1.234, 2.0, 3.0]),
        (["0.123", "0,5", "2", "3"], None),
        (["1.250", "1,50", "2", "3"], None),
        (["1.250", "1234,5", "0,5", "3"], None),
        (["1.250", "1.234,5", "0,5", "3"], [1250.0, 1234.5, 0.5, 3.0]),
        (["1.250", "1.234.567", "-2.000", "3"], [1250.0, 1234567.0, -2000.0, 3.0]),
    ],
)
@pytest.mark.parametrize("reduce", [None, True])
def test_decimal_commas(
    cells: list[str],
    values: list[float | None] | None,
    reduce: bool | None,
    tmp_path: Path,
) -> None:
    rows = "\n".join(f"{number};{cell};a,b" for number, cell in enumerate(cells))
    (tmp_path / "d.csv").write_text(f"y;x;g\n{rows}\n")
    source = Source('data "d.csv", decimal=","\ny ~ g\nlet z = 1\nlet w = x\n')
    sink = Sink(source)
    spec = parse(source, sink)
    table = data_of(spec, Request(source, base=tmp_path, reduce=reduce), sink, True)
    assert table is not None and not sink.failed
    assert table.columns["g"].levels == ("a,b",)
    column = table.columns["x"]
    if values is None:
        assert column.kind is Kind.TEXT
    else:
        assert [None if v != v else v for v in column.values.tolist()] == values


@pytest.mark.parametrize(
    ("content", "part"),
    [
        (b"Study 1\n\ny,x\n1,2\n", "if line 3 is the header, delete what stands above"),
        (b"# made by a program\ny,x\n1,2\n", "if line 2 is the header"),
        (b"y,x\n1,2,\n2,3,\n", "the line ends in a sign between columns"),
        (b"y,x\n1,2\n2,3,4\n", "it is row 2 of the data"),
        (b"sep=;\ny;x\n1;2\n", "`sep=;`, is no header"),
        (b"y|x\n1|2\n", "separated by `|`"),
        (b"\n<!DOCTYPE html>\n<html></html>\n", "is a page of the web"),
        (b"\xef\xbb\xbf<HTML>\n", "is a page of the web"),
        (b'[{"y": 1}]\n', "is JSON, and no table"),
        (b"PK\x03\x04\0\0\0", "name it `.xlsx`"),
        (b"\x1f\x8b\x08\0\0", "it is compressed, once more than its name says"),
        (b"\x01\0\x02", "export it as CSV"),
        (b"y,x\n" + b"1,2\n" * 20_000 + b"1,\0\n", "line 20002 holds a zero byte"),
    ],
)
def test_what_is_no_table(content: bytes, part: str, tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_bytes(content)
    sink = Sink(Source(SPEC))
    assert read_table(tmp_path / "d.csv", sink, Span(5, 12)) is None
    (fault,) = sink.diagnostics
    assert fault.rule == "data-format"
    assert part in " ".join([fault.message, *fault.notes])


MIXED = {"y": [1, 2, "n.a.", 4.5, 3], "x": [1, 3, 2, 5, 4]}


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("y ~ x", "`n.a.` looks like a missing value"),
        ("column y: numeric\ny ~ x", "in row 3"),
        ("x ~ y", "`column y: numeric, missing="),
    ],
)
def test_words_among_the_numbers_of_a_frame_are_named(text: str, part: str) -> None:
    """As ``pandas.read_excel`` gives a column with a word in it."""
    found = check(Request(Source(text), table_from_frame(MIXED)))
    assert any(part in note for one in found for note in one.notes)


def test_words_among_the_numbers_of_a_frame_can_be_declared_missing() -> None:
    text = 'column y: numeric, missing=["n.a."]\ny ~ x'
    model = compile_spec(Request(Source(text), table_from_frame(MIXED)))
    assert model.prepared.table.columns["y"].values.tolist() == [1, 2, 4.5, 3]


def test_a_frame_of_which_no_column_can_be_used_has_rows_all_the_same() -> None:
    table = table_from_frame({"y": [1, True, "a"]})
    assert table.rows == 3


def test_categories_of_arrow_keep_the_order_that_they_have_in_a_file() -> None:
    pa, pd = pytest.importorskip("pyarrow"), pytest.importorskip("pandas")
    frame = pd.DataFrame(
        {
            "cs": pd.Categorical(["CS-", "CS+", None], ["CS-", "CS+"]),
            "o": pd.Categorical(["lo", "hi", "lo"], ["lo", "mid", "hi"], ordered=True),
        }
    )
    arrow = pa.Table.from_pandas(frame)
    table = table_from_frame(arrow)
    cs, o = table.columns["cs"], table.columns["o"]
    assert (cs.kind, cs.levels) == (Kind.FACTOR, ("CS-", "CS+"))
    assert cs.values.tolist() == [0, 1, -1]
    assert (o.kind, o.levels) == (Kind.ORDERED, ("lo", "mid", "hi"))
    # nobody has ordered these: the dictionary is in the order of appearance
    plain = pa.table({"cs": pa.array(["b", "a"]).dictionary_encode()})
    assert table_from_frame(plain).columns["cs"].levels == ("a", "b")
    with pytest.raises(ModelError, match="are no table"):
        table_from_frame(arrow.to_batches()[0])
    typed = table_from_frame(arrow.to_pandas(types_mapper=pd.ArrowDtype))
    assert typed.columns["o"].levels == ("lo", "mid", "hi")
    assert typed.columns["o"].kind is Kind.ORDERED

"""Ids with leading zeros: numbers as predictors, as written where they are groups."""

from __future__ import annotations

from pathlib import Path

import pytest

import varying
from varying.compiler.data.codes import group_index, group_levels, placed, with_ids
from varying.compiler.data.frames import table_from_frame
from varying.compiler.data.table import Table

ROWS = "id,g,x,y\n" + "".join(
    f"{7 + i % 3:03d},{i % 2},{i},{(i * 5) % 7}\n" for i in range(12)
)
IDS = ("007", "008", "009")


def compiled(folder: Path, spec: str, text: str = ROWS) -> varying.Model:
    (folder / "d.csv").write_text(text)
    return varying.compile(f'data "{folder / "d.csv"}"\n{spec}\n')


@pytest.mark.parametrize(
    ("spec", "levels"),
    [
        ("y ~ x + (1 | id)", IDS),
        ("where id != 8\ny ~ x + (1 | id)", ("007", "009")),
        ("y ~ x + id + (1 | id)", IDS),
        ("y ~ x + (1 | g)", ("0", "1")),
        ("y ~ x + (1 | g:id)", tuple(f"{g}:{one}" for g in "01" for one in IDS)),
    ],
)
@pytest.mark.filterwarnings("ignore")
def test_groups_are_called_as_they_are_written(
    spec: str, levels: tuple[str, ...], tmp_path: Path
) -> None:
    model = compiled(tmp_path, spec)
    assert model.compiled is not None
    (grouping,) = model.compiled.bound.groupings
    assert grouping.levels == levels
    if len(levels) == 3:
        assert '"id": ["007", "008", "009"]' in model.source


def test_two_ways_to_write_a_number_are_one_group(tmp_path: Path) -> None:
    model = compiled(tmp_path, "y ~ x + (1 | id)", ROWS.replace("\n007", "\n7", 1))
    assert model.compiled is not None
    assert model.compiled.bound.groupings[0].levels == ("7", "8", "9")
    assert any(one.rule == "merged-spellings" for one in model.diagnostics)


def test_numbers_of_new_rows_are_the_ids_of_the_file(tmp_path: Path) -> None:
    new = table_from_frame({"id": [9, 7, 10]})
    index, more = placed(("id",), IDS, new)
    assert (index.tolist(), more) == ([2, 0, 3], ("10",))
    texts = table_from_frame({"id": ["9", "007"]})  # texts are what they are
    assert placed(("id",), IDS, texts)[0].tolist() == [3, 0]


def test_tables_have_them_as_they_are_written(tmp_path: Path) -> None:
    model = compiled(tmp_path, "y ~ x + (1 | id)")
    assert model.compiled is not None
    table: Table = model.compiled.prepared.data
    columns = model.compiled.joint.grouping_columns
    assert with_ids(table, columns).columns["id"].levels == IDS
    assert with_ids(table, frozenset()).columns["id"].kind.is_number
    assert group_levels(("id",), table) == IDS
    few = table.take(group_index(("id",), IDS, table).argsort()[:2])
    assert group_index(("id",), IDS, few).tolist() == [0, 0]

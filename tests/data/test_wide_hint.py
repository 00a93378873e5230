"""A wide file is recognised where the response is no column of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, check
from varying.grammar.diagnostics import Diagnostic
from varying.grammar.source import Source

#: The columns, the formula, and what is suggested; None: nothing is.
FILES: tuple[tuple[str, str, str | None], ...] = (
    (
        "subj rating_early rating_late",
        "rating ~ block + (1 | subj)",
        "wide(rating: rating_early = (block=early), rating_late = (block=late))",
    ),
    (
        "subj early_rating late_rating",
        "rating ~ block + (1 | subj)",
        "wide(rating: early_rating = (block=early), late_rating = (block=late))",
    ),
    (
        "id score1 score2 score3",
        "score ~ time + (1 | id)",
        "wide(score: score1 = (time=1), score2 = (time=2), score3 = (time=3))",
    ),
    (
        "id age ratingPre ratingPost",
        "rating ~ age + (1 | id)",
        "wide(rating: ratingPre = (condition=Pre), ratingPost = (condition=Post))",
    ),
    (
        "id t1 t2 t3",
        "y ~ visit + (1 | id)",
        "wide(y: t1 = (visit=1), t2 = (visit=2), t3 = (visit=3))",
    ),
    (
        "id early_minus early_plus late_minus late_plus",
        "y ~ block*cs + (1 | id)",
        "wide(y: early_minus = (block=early, cs=minus), "
        "early_plus = (block=early, cs=plus), "
        "late_minus = (block=late, cs=minus), late_plus = (block=late, cs=plus))",
    ),
    (
        "id rt.easy.1 rt.easy.2 rt.hard.1 rt.hard.2 age",
        "rt ~ difficulty*session + age + (1 | id)",
        "wide(rt: rt.easy.1 = (difficulty=easy, session=1), "
        "rt.easy.2 = (difficulty=easy, session=2), "
        "rt.hard.1 = (difficulty=hard, session=1), "
        "rt.hard.2 = (difficulty=hard, session=2))",
    ),
    (
        "id|rating early CS-|rating late CS-|condition",
        "rating ~ 1 + (1 | id)",
        'wide(rating: "rating early CS-" = (condition_=early), '
        '"rating late CS-" = (condition_=late))',
    ),
    (
        "id A1B1 A1B2 A2B1 A2B2",
        "y ~ a*b + (1 | id)",
        "wide(y: A1B1 = (a=A1, b=B1), A1B2 = (a=A1, b=B2), "
        "A2B1 = (a=A2, b=B1), A2B2 = (a=A2, b=B2))",
    ),
    (
        "id age 1 2 3",
        "rating ~ time + age + (1 | id)",
        'wide(rating: "1" = (time=1), "2" = (time=2), "3" = (time=3))',
    ),
    (
        "id|RT (easy)|RT (hard)",
        "RT ~ difficulty + (1 | id)",
        'wide(RT: "RT (easy)" = (difficulty=easy), "RT (hard)" = (difficulty=hard))',
    ),
    (
        "id|RT [easy/1]|RT [easy/2]|RT [hard/1]|RT [hard/2]",
        "RT ~ difficulty*block + (1 | id)",
        'wide(RT: "RT [easy/1]" = (difficulty=easy, block=1), '
        '"RT [easy/2]" = (difficulty=easy, block=2), '
        '"RT [hard/1]" = (difficulty=hard, block=1), '
        '"RT [hard/2]" = (difficulty=hard, block=2))',
    ),
    (
        "id|scr CS-|scr CS+",
        "scr ~ cs + (1 | id)",
        'wide(scr: "scr CS-" = (cs="CS-"), "scr CS+" = (cs="CS+"))',
    ),
    (
        "id|scr - early|scr - late",
        "scr ~ block + (1 | id)",
        'wide(scr: "scr - early" = (block=early), "scr - late" = (block=late))',
    ),
    # a slip, one column, cells that do not cross, two sets of columns
    ("id rating block", "ratin ~ block + (1 | id)", None),
    ("id rating_early block", "rating ~ block + (1 | id)", None),
    ("id a_x a_y b_x", "y ~ 1 + (1 | id)", None),
    ("id u1 u2 u3 v1 v2 v3", "y ~ 1 + (1 | id)", None),
    ("id x1 x2", "y ~ 1 + (1 | id)", None),
    ("id t1 t2 t3", "t ~ t1 + t2 + t3", None),
    ("id 1 2", "y ~ time + (1 | id)", None),
    ("id A1B1 A1B2 A2B1", "y ~ a*b + (1 | id)", None),
)


def written(folder: Path, header: str) -> None:
    names = header.split("|" if "|" in header else None)
    rows = [
        ",".join(
            f"s{row}" if name == "id" or name == "subj" else f"{row * 7 % 11 + place}.5"
            for place, name in enumerate(names)
        )
        for row in range(6)
    ]
    (folder / "d.csv").write_text("\n".join([",".join(names), *rows]) + "\n", "utf-8")


def unknown(folder: Path, text: str) -> Diagnostic:
    found = [
        one
        for one in check(Request(Source(text), base=folder))
        if one.rule == "unknown-column" and one.span.start == text.index("\n") + 1
    ]
    (fault,) = found
    return fault


@pytest.mark.parametrize("word", ["n.a.", "?", "12x"])
def test_a_word_in_a_cell_does_not_hide_that_a_file_is_wide(
    word: str, tmp_path: Path
) -> None:
    written(tmp_path, "VP early_minus early_plus late_minus late_plus")
    lines = (tmp_path / "d.csv").read_text("utf-8").split("\n")
    lines[3] = ",".join([*lines[3].split(",")[:-1], word])
    (tmp_path / "d.csv").write_text("\n".join(lines), "utf-8")
    fault = unknown(tmp_path, 'data "d.csv"\nrating ~ block*cs\n')
    assert "late_plus = (block=late, cs=plus)" in " ".join(fault.notes)


def test_a_column_that_cannot_be_used_is_one_of_a_wide_file() -> None:
    names = ("early_minus", "early_plus", "late_minus", "late_plus")
    data: dict[str, object] = {name: [1.5, 2.5, 3.5] for name in names}
    data["late_plus"] = [[1], [2], [3]]
    found = check(Request(Source("rating ~ block*cs\n"), table_from_frame(data)))
    said = {d.message: " ".join(d.notes) for d in found}
    assert "late_plus = (block=late" in said["`rating` is not a column of the data"]
    assert "`late_plus` is there as well" in said["`block` is not a column of the data"]


@pytest.mark.parametrize(("header", "formula", "statement"), FILES)
def test_wide_files(
    header: str, formula: str, statement: str | None, tmp_path: Path
) -> None:
    written(tmp_path, header)
    text = f'data "d.csv"\n{formula}\n'
    fault = unknown(tmp_path, text)
    said = " ".join(fault.notes)
    if statement is None:
        assert "wide(" not in said
        return
    assert f'`data "d.csv", {statement}`' in said
    assert fault.fix is not None and not fault.fix.safe
    (edit,) = fault.fix.edits
    mended = text[: edit.span.start] + edit.text + text[edit.span.end :]
    assert mended == f'data "d.csv", {statement}\n{formula}\n'
    # the mended spec has nothing unknown in it
    rules = {one.rule for one in check(Request(Source(mended), base=tmp_path))}
    assert not rules & {"unknown-column", "wide-cells", "syntax", "duplicate-column"}


def test_a_data_frame_has_no_statement_to_mend() -> None:
    from varying.compiler.data.frames import table_from_frame

    frame = {"id": ["a", "b", "c"], "y_1": [1.0, 2, 4], "y_2": [2.0, 3, 1]}
    found = check(Request(Source("y ~ time + (1 | id)"), table_from_frame(frame)))
    (fault,) = [d for d in found if "wide" in " ".join(d.notes)]
    assert 'data "...", wide(y: y_1 = (time=1), y_2 = (time=2))' in fault.notes[1]
    assert fault.fix is None

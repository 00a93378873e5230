from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import varying

TWO = "model full: y ~ x\nmodel null: y ~ 1\n"


def rule(*args: object, **options: object) -> str:
    with pytest.raises(varying.ModelError) as caught:
        varying.compile(*args, **options)  # type: ignore[arg-type]
    return caught.value.diagnostics[0].rule


def test_text_without_data() -> None:
    model = varying.compile("y ~ x + (1 | g)")
    assert (model.name, model.compiled) == ("main", None)
    assert model.formula == "y ~ x + (1 | g)"
    assert "no data" in repr(model)


@pytest.mark.parametrize("what", ["pymc", "priors", "design", "ir", "source"])
def test_what_needs_data_says_so(what: str) -> None:
    model = varying.compile("y ~ x")
    with pytest.raises(varying.ModelError) as caught:
        getattr(model, what)
    assert caught.value.diagnostics[0].rule == "needs-data"


def test_fit_and_prior_predictive_need_data() -> None:
    model = varying.compile("y ~ x")
    for act in (model.fit, model.prior_predictive):
        with pytest.raises(varying.ModelError, match="needs-data"):
            act()


def test_a_line_that_ends_in_model_is_a_path(tmp_path: Path) -> None:
    path = tmp_path / "a.model"
    path.write_text("y ~ x\n")
    assert varying.compile(str(path)).formula == "y ~ x"
    assert varying.compile(path).formula == "y ~ x"
    assert rule("nowhere.model") == "no-such-file"
    assert rule(tmp_path / "nowhere.txt") == "no-such-file"
    # Two lines are a text, whatever they end in.
    assert varying.compile("y ~ x # from\n# a.model").formula == "y ~ x"


def test_several_models() -> None:
    with pytest.raises(varying.ModelError) as caught:
        varying.compile(TWO)
    (found,) = caught.value.diagnostics
    assert found.rule == "ambiguous-model"
    assert "full" in found.message
    assert "null" in found.message
    assert varying.compile(TWO, model="null").formula == "y ~ 1"
    assert rule(TWO, model="nul") == "unknown-model"
    assert varying.compile("y ~ x\nmodel other: y ~ 1\n").name == "main"


def test_an_error_prints_in_full() -> None:
    with pytest.raises(varying.ModelError) as caught:
        varying.compile("y ~ x + 1 | g")
    text = str(caught.value)
    assert "^" in text
    assert "<string>:1:" in text


def test_not_text(tmp_path: Path) -> None:
    path = tmp_path / "a.model"
    path.write_bytes(b"y ~ x\xff")
    assert rule(path) == "not-text"


def test_data_from_a_path(tmp_path: Path) -> None:
    data = tmp_path / "d.csv"
    data.write_text("x,y\n1,2\n2,3.5\n3,3\n4,5\n")
    model = varying.compile("y ~ x", data)
    assert model.design.to_dict()["population"]["coefs"] == ["Intercept", "x"]
    assert [row.target for row in model.priors][-1] == "sigma"
    assert "sigma" in repr(model.priors)
    assert "4 rows used" in repr(model.design)
    assert rule("y ~ x", str(tmp_path / "none.csv")) == "no-such-file"


def test_dropped_rows_are_said(tmp_path: Path) -> None:
    data = tmp_path / "d.csv"
    data.write_text("x,y\n1,2\n,3.5\n3,3\n4,5\n2,1\n")
    text = repr(varying.compile("y ~ x", data))
    assert "\n4 rows used, 1 dropped\n" in text
    assert "\ninfo[rows-dropped]: 1 of 5 rows is left out" in text


def test_rows_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("y,x,z\n1,1,1\n2,3,\n3,,2\n5,4,3\n4,2,1\n")
    text = (
        "model a: y ~ x, rows=own\nmodel b: y ~ z\nmodel c: y ~ x + z\nmodel d: y ~ 1"
    )
    rows = {}
    for name in "abcd":
        model = varying.compile(text, tmp_path / "d.csv", model=name)
        assert model.compiled is not None
        rows[name] = model.compiled.prepared.rows.tolist()
        said = [d.message for d in model.diagnostics if d.rule == "rows-dropped"]
        missing = 5 - len(rows[name])
        verb = "is" if missing == 1 else "are"
        assert said == [
            f"{missing} of 5 rows {verb} left out because a value is missing"
        ]
    assert rows == {"a": [0, 1, 3, 4], **dict.fromkeys("bcd", [0, 3, 4])}


def test_a_diagnostic_prints_as_a_line(tmp_path: Path) -> None:
    data = tmp_path / "d.csv"
    data.write_text("x,y\n1,2\n,3.5\n3,3\n4,5\n2,1\n")
    (found,) = varying.compile("y ~ x", data).diagnostics
    assert str(found).startswith("<string>:1:5: info[rows-dropped] 1 of 5 rows")


def test_data_are_asked_for_in_the_words_of_both() -> None:
    with pytest.raises(varying.ModelError) as caught:
        varying.compile("y ~ x").fit()
    (said,) = caught.value.diagnostics[0].notes
    assert "`--data FILE`" in said
    assert "`varying.compile(spec, data)`" in said


def test_settings_are_checked() -> None:
    model = varying.compile("y ~ x")
    for wrong, words in (
        ({"sampler": "stan"}, "nutpie, pymc"),
        ({"draws": 0}, "draws is at least 1"),
        ({"chains": 2.5}, "chains is a whole number"),
        ({"seed": -1}, "seed is at least 0"),
        ({"target_accept": 1.0}, "target_accept"),
    ):
        with pytest.raises(ValueError, match=words):
            model.fit(**wrong)  # type: ignore[arg-type]


def test_import_loads_nothing_heavy() -> None:
    program = (
        "import sys, varying; "
        "print([m for m in ('numpy', 'pandas', 'pymc', 'arviz', 'xarray', 'lark') "
        "if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_public_names() -> None:
    assert {"compile", "load", "Model", "Fit", "ModelError"} <= set(dir(varying))
    assert isinstance(varying.__version__, str)
    with pytest.raises(AttributeError, match="nothing"):
        varying.nothing  # noqa: B018


def test_a_code_for_a_missing_value_is_said(tmp_path: Path) -> None:
    """Of a hint only `check` would tell; a code moves the numbers of each fit."""
    file = tmp_path / "d.csv"
    rows = "".join(f"{-99 if n == 3 else 20 + n * 5 % 9},{n}\n" for n in range(12))
    file.write_text("y,x\n" + rows, "utf-8")
    found = varying.compile("y ~ x", file).diagnostics
    assert [d.rule for d in found] == ["looks-missing"]


def test_a_path_that_is_there_is_one(tmp_path: Path) -> None:
    with pytest.raises(varying.ModelError, match="is a folder, and no file"):
        varying.compile(str(tmp_path))
    (tmp_path / "spec.txt").write_text("y ~ x\n", "utf-8")
    assert "y ~ x" in str(varying.compile(str(tmp_path / "spec.txt")))

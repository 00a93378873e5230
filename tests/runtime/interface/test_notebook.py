"""A notebook, run as Jupyter runs it: what stands below each cell."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

#: Each with what its text begins with; below all but the first stands one output.
CELLS = {
    """
import numpy as np
import varying
rng = np.random.default_rng(1)
x, people = rng.normal(size=60), rng.normal(size=6)
data = {"x": x, "g": [f"<i>s{row % 6}</i>" for row in range(60)]}
data["y"] = x + np.tile(people, 10) + rng.normal(size=60)
spec = "y ~ x + (1 | g)" + chr(10) + "quantity twice = 2 * b[x]"
""": "",
    "model = varying.compile(spec, data)\nmodel": "Model main: y ~ x + (1 | g)",
    "model.priors": " target",
    "model.design": "model main: y ~ x + (1 | g)",
    "model.prior_check(draws=20, seed=1)": "95 % of prior data sets",
    "fit = model.fit(draws=100, tune=100, chains=2, seed=1)": "sampled in ",
    "fit": "Fit of y ~ x + (1 | g)",
    "fit.summary(all=True)": "y ~ x + (1 | g)",
    "fit.verdict": "",
}
PRINTED = "print(fit.summary(), fit, model.priors, model, sep=chr(10))"
LINES = "model.ir"
NUMBER = "1\nmodel.fit(draws='4')"
WRONG = "varying.compile('y ~ nothing', data)"


@cache
def outputs() -> dict[str, list[Any]]:
    """Run all cells in one kernel, and return what came of each."""
    cells = [new_code_cell(text) for text in (*CELLS, PRINTED, LINES, WRONG, NUMBER)]
    book = new_notebook(cells=cells)
    NotebookClient(
        book, timeout=200, allow_errors=True, kernel_name="python3"
    ).execute()
    return {cell.source: cell.outputs for cell in book.cells}


pytestmark = [
    # of what runs the kernel, not of what runs in it
    pytest.mark.filterwarnings("ignore"),
]


@pytest.mark.parametrize("cell", list(CELLS)[1:])
def test_one_output_as_html_and_as_text(cell: str) -> None:
    (found,) = outputs()[cell]
    assert found.output_type in ("execute_result", "display_data")
    plain, html = found.data["text/plain"], found.data["text/html"]
    assert plain.startswith(CELLS[cell])
    assert "\x1b" not in plain
    assert html.startswith("<style>") and html.count("<div class=") == 1
    assert "<script" not in html and "http" not in html and "url(" not in html
    tags = re.findall(r"</?(\w+)", html)
    assert set(tags) <= {*"style div p b span code table thead tbody tr th td".split()}


def test_nothing_on_stderr_and_no_error() -> None:
    kinds = {
        cell: [(one.output_type, one.get("name")) for one in found]
        for cell, found in outputs().items()
        if cell not in (WRONG, NUMBER)
    }
    said = [(c, kind) for c, found in kinds.items() for kind in found]
    assert not [one for one in said if one[1][0] == "error" or one[1][1] == "stderr"]


def test_what_is_printed_is_text() -> None:
    (found,) = outputs()[PRINTED]
    assert (found.output_type, found.name) == ("stream", "stdout")
    assert "\x1b" not in found.text
    assert found.text.count("R-hat") >= 1
    for words in (" target", "sd[g, Intercept]", "Fit of y ~ x", "60 rows used"):
        assert found.text.count(words) == 1, words


def test_a_text_is_its_lines() -> None:
    (found,) = outputs()[LINES]
    first, *_, last = found.data["text/plain"].splitlines()
    assert "'" not in first and "\\n" not in found.data["text/plain"]
    assert last == "  sampled by the kernel"


def test_progress_leaves_a_line() -> None:
    (found,) = outputs()["fit = model.fit(draws=100, tune=100, chains=2, seed=1)"]
    *before, last = found.data["text/plain"].splitlines()
    assert re.fullmatch(r"sampled in \d+\.\d s, \d+ divergences?", last)
    assert all(line.startswith("compil") for line in before)
    assert "<progress" not in found.data["text/html"]


def test_an_error_is_its_report() -> None:
    (found,) = outputs()[WRONG]
    assert (found.output_type, found.ename) == ("error", "ModelError")
    assert "\n".join(found.traceback).startswith("error[unknown-column]: `nothing`")
    assert found.traceback[-1] == f"called in line 1: {WRONG}"
    assert "Traceback" not in "\n".join(found.traceback)


def test_a_wrong_argument_is_a_line() -> None:
    (found,) = outputs()[NUMBER]
    assert found.traceback == [
        "ArgumentError: draws is a whole number, not '4': write draws=4",
        "",
        "called in line 2: model.fit(draws='4')",
    ]

"""Names of other people, as hostile as can be, in everything that is shown.

Levels, columns, files, models and what a fit file says of itself: none of it may reach
a terminal, a notebook or a Markdown file but as text that can be seen.
"""

from __future__ import annotations

import dataclasses
import json
import re
import sys
import unicodedata
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import varying
from varying.grammar.render import safe
from varying.runtime import cli
from varying.runtime.fit.fit import Fit

#: What steers a terminal, hides, reorders, or starts a line of its own.
SIGNS = (
    "\x1b[31m\x1b]0;title\x07\x9b2J\x00\x08\x7f\r\nFORGED\t\x0b\x0c\x85\u2028\u2029"
    "\u202a\u202e\u2066\u2069\u200e\u200f\u200b\u200c\u200d\u2060\ufeff\u00ad\u180e"
    "\u3164\u034f\U000e0041\ufe0f\ue000"
)
#: What a spec may have in back-quotes, as it cannot have the rest.
QUIET = "\u202e\u2066\u2069\u202c\u200b\ufeff"
MARKUP = "[red]:smile:<script>alert(1)</script>|`$x$ ![a](javascript:b) *c* &lt; \\"
#: What data may have, as no file can hold U+0000 in a text.
HELD = SIGNS.replace("\0", "")
LEVELS = [f"a{HELD}{MARKUP}", f"b{MARKUP}{HELD}", f"{HELD}c"]
COLUMN = f"w{QUIET}[red]<i>|$"
FILE = "d\x1b[31m\u202e\n[red]<i>"

Run = Callable[..., tuple[int, str, str]]


def unseen(text: str) -> set[str]:
    """The characters of a text that are not to be there."""
    kinds = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
    hidden = {"\u3164", "\u034f", "\ufe0f"}
    found = {c for c in text if unicodedata.category(c) in kinds or c in hidden}
    return found - {"\n"}


def fine(text: str) -> None:
    assert unseen(text) == set(), ascii(text)[:2000]
    assert not re.search(r"^\W*FORGED", text, re.MULTILINE)


class Tags(HTMLParser):
    """Collects the tags of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def fine_html(text: str) -> None:
    fine(text)
    page = Tags(text)
    known = {*"style div p b span code table thead tbody tr th td".split()}
    assert {tag for tag, _ in page.found} <= known
    assert {key for _, has in page.found for key in has} <= {"class", "scope"}
    assert "ignore" in str(page.found)  # no `$x$` becomes mathematics


def fine_markdown(text: str) -> None:
    fine(text)
    # what is left outside of code
    outside = re.sub(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", "", text)
    assert not re.search(r"<script|(?<!\\)\]\(|(?<!\\)\$x|(?<!\\)&lt; ", outside)
    for table in re.split(r"\n\n", text):
        rows = [line for line in table.splitlines() if line.startswith("| ")]
        counts = {len(re.findall(r"(?<!\\)\|", row)) for row in rows}
        assert len(counts) <= 1, rows


@pytest.fixture(scope="module")
def frame() -> dict[str, Any]:
    rng = np.random.default_rng(1)
    return {
        "y": rng.normal(size=24),
        "r": [LEVELS[row % 3] for row in range(24)],
        COLUMN: rng.normal(size=24),
        f"other{HELD}": np.arange(24),
        "g": [LEVELS[row % 3] for row in range(24)],
        "f": [LEVELS[row % 2] for row in range(24)],
    }


FORMULA = f"y ~ `{COLUMN}` + f + (1 + f | g)"
SPEC = f"{FORMULA}\nquantity q = exp(sigma)\ntest t = q > 1\n"


@pytest.fixture(scope="module")
def fit(frame: dict[str, Any]) -> Fit:
    """A fit that says hostile things of itself, as a crafted file can."""
    model = varying.compile(SPEC, frame)
    options: dict[str, Any] = {"draws": 8, "tune": 8, "chains": 2, "seed": 1}
    made = model.fit(progress=False, **options)
    there = made.provenance
    verdict = dataclasses.replace(
        there.verdict, sentences=(*there.verdict.sentences, f"See {MARKUP}{SIGNS}.")
    )
    crafted = dataclasses.replace(
        there,
        spec_name=FILE,
        formula=f"{there.formula}{SIGNS}{MARKUP}",
        versions={**there.versions, f"numpy{SIGNS}": f"2{SIGNS}"},
        created=f"today{SIGNS}",
        verdict=verdict,
    )
    return dataclasses.replace(made, provenance=crafted)


def test_what_prints_itself(frame: dict[str, Any], fit: Fit) -> None:
    model = varying.compile(SPEC, frame)
    ordinal = varying.compile("r ~ f, family=ordlogit", frame)
    shown = (
        *(model, model.priors, model.design, model.prior_check(draws=5, seed=1)),
        *(fit, fit.summary(), fit.summary(all=True), fit.verdict),
        *(ordinal, ordinal.design, ordinal.prior_check(draws=5, seed=1)),
        fit.ask(f"means f\nslope `{COLUMN}` | f\ncontrast f: pairwise"),
    )
    for one in shown:
        fine(str(one))
        fine(repr(one))
        fine_html(one._repr_html_())
    for summary in (fit.summary(), fit.summary(all=True)):
        fine_markdown(summary.to_markdown())
        fine_markdown(summary._repr_markdown_())
    for text in (model.ir, ordinal.ir, model.source, ordinal.source):
        fine(text)
    for found in (*model.diagnostics, *ordinal.diagnostics):
        fine(str(found))
    compile(model.source, "script", "exec")


def test_a_terminal_in_colour(fit: Fit, capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    for shown in (fit.summary(all=True), varying.compile(SPEC, _plain()).priors):
        console = Console(force_terminal=True, color_system="truecolor", width=100)
        console.print(shown)
        out = capsys.readouterr().out
        ours = re.sub(r"\x1b\[[0-9;]*m", "", out)
        fine(ours)
        assert "\x1b[31m" not in out
        assert "[red]" in ours or shown is not fit


def _plain() -> dict[str, Any]:
    rng = np.random.default_rng(2)
    found: dict[str, Any] = {name: rng.normal(size=12) for name in ("y", COLUMN)}
    return {**found, "f": ["u", "v"] * 6, "g": ["a", "b", "c"] * 4}


@pytest.mark.parametrize("wrong", ["nothing", f"`{COLUMN}x`", "f[2]", "sd_q"])
def test_errors_from_python(wrong: str, frame: dict[str, Any], fit: Fit) -> None:
    with pytest.raises(varying.ModelError) as caught:
        varying.compile(f"y ~ {wrong} + nothing", frame)
    fine(str(caught.value))
    fine("\n".join(caught.value._render_traceback_()))
    for kind in ("forest", "ppc"):
        options = {"var": wrong} if kind == "forest" else {"by": wrong}
        with pytest.raises(ValueError) as refused:
            fit.plot(kind, **options)  # type: ignore[arg-type]
        fine(str(refused.value))


def test_what_no_file_can_hold(frame: dict[str, Any]) -> None:
    column = [f"a{SIGNS}{MARKUP}", "b"] * 12
    with pytest.raises(varying.ModelError) as caught:
        varying.compile("y ~ f", {**frame, "f": column})
    assert "wrong-type" in {found.rule for found in caught.value.diagnostics}
    fine(str(caught.value))
    fine("\n".join(caught.value._render_traceback_()))


@pytest.fixture
def run(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsysbinary: pytest.CaptureFixture[bytes],
) -> Run:
    """Run the command in an empty folder: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["varying", *arguments])
        capsysbinary.readouterr()
        with pytest.raises(SystemExit) as end:
            cli.main()
        out, err = (part.decode() for part in capsysbinary.readouterr())
        fine(out)
        fine(err)
        assert "internal error" not in err
        return int(str(end.value.code)), out, err

    return call


def write(folder: Path, frame: dict[str, Any]) -> str:
    import pandas as pd

    text = pd.DataFrame(frame).to_csv(index=False)
    (folder / f"{FILE}.csv").write_bytes(text.encode())
    name = f"{FILE}.model"
    (folder / name).write_text(SPEC, encoding="utf-8")
    return name


def test_commands_on_a_spec(tmp_path: Path, frame: dict[str, Any], run: Run) -> None:
    spec = write(tmp_path, frame)
    data = ("--data", f"{FILE}.csv")
    for form in ("full", "concise", "json"):
        assert run("check", spec, *data, "--format", form)[0] == 0
        assert run("check", f"no{spec}", *data, "--format", form)[0] == 1
        assert run("check", spec, "--data", f"no{FILE}", "--format", form)[0] == 1
    for stage in ("design", "priors"):
        _, shown, _ = run("show", stage, spec, *data)
        assert r"\u202e" in shown
        code, text, _ = run("show", stage, spec, *data, "--format", "json")
        assert code == 0
        assert COLUMN in json.dumps(json.loads(text), ensure_ascii=False)
    for stage in ("ir", "pymc"):
        assert run("show", stage, spec, *data)[0] == 0
    assert run("prior", spec, *data, "--draws", "5", "--out", f"{FILE}.png")[0] == 0
    assert run("fmt", spec)[0] == 0
    assert run("fmt", spec, "--diff")[0] == 0
    assert run("check", spec, *data, "--diff")[0] == 0
    wrong = f"w{FILE}.model"
    (tmp_path / wrong).write_text(f"y ~ x\x1b[31m + `{COLUMN}` f\u202e\n# \x1b[31m\n")
    assert run("check", wrong, *data)[0] == 1
    assert run("check", wrong, *data, "--diff")[0] == 1
    assert run("check", wrong, *data, "--fix")[0] == 1
    options = ("--draws", "5", "--tune", "5", "--chains", "1", "--seed", "1")
    code, out, err = run("fit", spec, *data, *options, "--out", f"{FILE}.fit")
    assert code == 0
    assert "[red]" in out
    assert "saved as" in err


def test_commands_on_a_fit(tmp_path: Path, fit: Fit, run: Run) -> None:
    name = f"{FILE}.fit"
    fit.save(tmp_path / name)
    for form in ("table", "json", "markdown"):
        code, out, _ = run("summary", name, "--all", "--format", form)
        assert code == 0
        assert "FORGED" in out
        if form == "markdown":
            fine_markdown(out)
        if form == "json":
            coords = [row["coord"] for row in json.loads(out)["parameters"]]
            assert f"{LEVELS[0]}, Intercept" in coords
    # whose formula is not that of its spec
    assert run("plot", "trace", name)[0] == 1
    assert run("ask", name, "means f")[0] == 1
    said = dataclasses.replace(fit.provenance, formula=FORMULA)
    dataclasses.replace(fit, provenance=said).save(tmp_path / name)
    for kind in ("trace", "forest", "pairs"):
        assert run("plot", kind, name)[0] == 0
    for form in ("table", "json", "markdown", "latex"):
        code, out, _ = run("ask", name, f"slope `{COLUMN}` | f", "--format", form)
        assert code == 0
        assert "FORGED" in out
        if form == "markdown":
            fine_markdown(out)
    assert run("ask", name, f"means `{COLUMN}` + `{COLUMN}x`")[0] == 1
    assert run("ask", name, "means f", "--prob", "2")[0] == 2
    assert run("plot", "ppc", name, "--by", "g")[0] == 0
    assert run("plot", "ppc", name, "--by", f"g{FILE}")[0] == 2
    assert run("plot", "forest", name, "--var", f"b{SIGNS[1:2]}{QUIET}")[0] == 2
    assert run("plot", "forest", name, "--out", f"{FILE}.jpg")[0] == 2
    assert run("summary", f"no{name}")[0] == 1
    (tmp_path / f"bad{name}").write_bytes(b"no zip")
    assert run("summary", f"bad{name}")[0] == 1


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "a", FILE),
        (FILE,),
        (f"--{FILE}",),
        ("show", FILE, "a"),
        ("explain", FILE),
        ("fit", "a", "--sampler", FILE),
        ("fit", "a", "--draws", FILE),
    ],
)
def test_wrong_arguments(arguments: tuple[str, ...], run: Run) -> None:
    assert run(*(text.replace("\n", "") for text in arguments))[0] == 2


def test_pictures_show_text(fit: Fit) -> None:
    from matplotlib.text import Text

    for kind, options in (
        ("trace", {}),
        ("forest", {}),
        ("pairs", {"var": ["b", "sd_g"]}),
        ("ppc", {"by": "g"}),
    ):
        picture = fit.plot(kind, **options)  # type: ignore[arg-type]
        texts = [one for one in picture.findobj(Text) if isinstance(one, Text)]
        assert any("[" in one.get_text() for one in texts)
        for one in texts:
            fine(one.get_text().replace("\n", " "))
            assert not one.get_parse_math()
        for note in picture.notes:
            fine(note)


@pytest.mark.parametrize(
    "text",
    ["می‌خواهم", "👩‍🔬", "❤️‍🔥", "naïve – “quoted”", "条件", "שלום", "a\u00a0b", "葛󠄀"],
)
def test_what_people_write_stays(text: str) -> None:
    assert safe.visible(text) == text


def test_json_has_the_same_values() -> None:
    value = {f"a{SIGNS}{MARKUP}": [f"{SIGNS}b", "\ud800", "\U000e0041"]}
    text = safe.as_json(json.dumps(value, ensure_ascii=False, indent=2))
    fine(text)
    assert json.loads(text) == value

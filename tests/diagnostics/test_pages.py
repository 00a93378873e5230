"""Every rule has its page, and what the page shows is true."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from varying.compiler.driver import Request, check
from varying.grammar.diagnostics import Diagnostic, Severity
from varying.grammar.rule_pages import rule_page
from varying.grammar.rules import RULES
from varying.grammar.source import Source

from ..e2e.command_line import varying
from .harness import table_of
from .pages import FOLDER, SECTIONS, Example, read_page

#: What no text of a spec shows, and why. These pages show a shell session.
SESSIONS = {
    "no-such-file": "about files",
    "unreadable-file": "about files",
    "not-text": "about bytes",
    "family-file": "about a file of Python",
    "spec-too-large": "its text would not fit on a page",
    "data-format": "about the bytes of a data file",
    "unknown-format": "about the name of a data file",
    "missing-extra": "about what is installed",
    "first-sheet": "about a workbook",
    "hidden-rows": "about a workbook",
    "missing-codes": "about a file of SPSS or Stata",
    "partial-labels": "about a file of SPSS or Stata",
    "partial-data": "takes a million rows",
    "rows-reduced": "takes a million rows",
    "unknown-model": "about an argument of the command",
    "ambiguous-model": "about an argument of the command",
    "invalid-covariance": "about a matrix beside the data",
    "needs-data": "no fault for `check`",
    "improper-prior": "met when the prior is drawn from",
    "sampling-failed": "met by the sampler",
    "function-failed": "about a function of Python",
    "other-model": "about an argument of the command",
    "not-enough-memory": "about an argument of the command",
    "no-kernel": "about an argument of the command",
    "no-family": "met by `suggest`",
    "not-a-fit": "about files",
    "needs-truth": "met when data are drawn",
    "truth-value": "met when data are drawn",
    "not-comparable": "about fits, in Python",
    "new-level": "about a fit, in Python",
    "missing-value": "about a fit, in Python",
}


def found(example: Example, folder: Path) -> tuple[Diagnostic, ...]:
    """What `check` says of an example; its data are in the file that it names."""
    assert example.model is not None
    source = Source(example.model, "page.model")
    if example.csv is None:
        return check(Request(source))
    named = re.search(r'^data "([^"/]+)"', example.model, re.MULTILINE)
    if named is None:
        return check(Request(source, table_of(example.csv)))
    (folder / named[1]).write_text(example.csv, "utf-8")
    return check(Request(source, base=folder))


def test_each_rule_has_a_page_and_each_page_a_rule() -> None:
    pages = {path.stem for path in FOLDER.glob("*.md")}
    assert sorted(set(RULES) - pages) == [], "rules without a page in grammar/pages/"
    assert sorted(pages - set(RULES)) == [], "pages without a rule"
    assert {path.suffix for path in FOLDER.iterdir()} == {".md"}


@pytest.mark.parametrize("rule", RULES)
def test_its_form(rule: str) -> None:
    page = read_page(rule)
    assert page.title == f"# {rule}"
    assert page.sections == SECTIONS
    assert re.fullmatch(r"(?s)(?!.*\n\n).{15,200}\.", page.summary), "one sentence"
    assert 40 < len(page.why) < 600
    text = rule_page(rule)
    assert text.endswith("\n") and "\n\n\n" not in text and "\t" not in text
    assert not re.search(r"[ ]+$", text, re.MULTILINE)


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule not in SESSIONS])
def test_wrong_is_wrong_and_right_is_right(rule: str, tmp_path: Path) -> None:
    page = read_page(rule)
    assert page.wrong.text is None and page.right.text is None
    wrong, right = found(page.wrong, tmp_path), found(page.right, tmp_path)
    assert rule in [d.rule for d in wrong]
    # what is wrong is this, and not something else
    errors = {d.rule for d in wrong if d.severity is Severity.ERROR}
    assert errors <= {rule}
    assert rule not in [d.rule for d in right]
    assert [d.message for d in right if d.severity is Severity.ERROR] == []


@pytest.mark.parametrize("rule", SESSIONS)
def test_a_session_shows_its_rule(rule: str) -> None:
    page = read_page(rule)
    assert page.wrong.model is None and page.right.model is None
    assert page.wrong.text is not None and page.right.text is not None
    assert page.wrong.text.startswith(("$ varying ", ">>> "))
    assert f"{RULES[rule].severity}[{rule}]: " in page.wrong.text
    assert f"[{rule}]" not in page.right.text


# ---- sessions, run -----------------------------------------------------------------

GOOD = "subj,cs,rating\n" + "".join(
    f"s{subj},CS{'+' if cs else '-'},{(subj * 3 + cs * 2) % 5}\n"
    for subj in range(8)
    for cs in (0, 1)
)
MODEL = "rating ~ cs + (1 | subj)\n"
TWO = f"model full: {MODEL}model null: rating ~ 1 + (1 | subj)\n"


def _write(**files: str | bytes) -> Callable[[Path], None]:
    """Return what writes files; a name's `_` is its dot."""

    def write(folder: Path) -> None:
        for name, content in files.items():
            raw = content if isinstance(content, bytes) else content.encode()
            (folder / name.replace("_", ".")).write_bytes(raw)

    return write


#: What must be there for the session of a page to go as it is shown.
SCENES: dict[str, Callable[[Path], None]] = {
    "no-such-file": _write(
        ratings_csv=GOOD, ratings_model=f'data "rating.csv"\n\n{MODEL}'
    ),
    "unreadable-file": lambda folder: (folder / "models").mkdir(),
    "not-text": _write(ratings_model="rating ~ größe".encode("latin-1")),
    "spec-too-large": _write(large_model="y ~ x" + " + x" * 10_001),
    "data-format": _write(
        ratings_csv="cs,rating\nCS-\n",
        ratings_model='data "ratings.csv"\nrating ~ cs\n',
    ),
    "unknown-model": _write(ratings_csv=GOOD, ratings_model=TWO),
    "ambiguous-model": _write(ratings_csv=GOOD, ratings_model=TWO),
    "needs-data": _write(ratings_model=MODEL),
    "improper-prior": _write(
        ratings_csv=GOOD,
        ratings_model=f'data "ratings.csv"\n\n{MODEL}  prior b ~ flat\n',
    ),
    "not-a-fit": _write(ratings_model=MODEL),
    "needs-truth": _write(
        ratings_csv=GOOD,
        ratings_model=f'data "ratings.csv"\n\n{MODEL}',
        truth_txt="Intercept = 2\nb[cs] = 1\nsd[subj, Intercept] = 0.5\n",
    ),
    "truth-value": _write(
        ratings_csv=GOOD,
        ratings_model=f'data "ratings.csv"\n\n{MODEL}',
        truth_txt="Intercept = 2\nb[cs] = 1\nsd[subj, Intercept] = 1\nsigma = -1\n",
    ),
}


@pytest.mark.parametrize("rule", SCENES)
def test_a_session_goes_as_it_is_shown(rule: str, tmp_path: Path) -> None:
    text = read_page(rule).wrong.text
    assert text is not None
    command, shown = text.split("\n", 1)
    SCENES[rule](tmp_path)
    done = varying(*command.split()[2:], cwd=tmp_path)
    assert done.returncode != 0
    assert shown.strip() in done.stdout + done.stderr

"""The examples: their data are what their own scripts and sources say."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import varying
from varying.runtime.commands import check, fmt

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "examples"
PAGES = ROOT / "docs" / "examples"
RATINGS = EXAMPLES / "ratings"
WINE = EXAMPLES / "wine"
REACTION = EXAMPLES / "reaction"
ITEMS = EXAMPLES / "items"
#: The examples that have a page and figures of R.
GALLERY = ("sleepstudy", "radon", "trolley", "tadpoles")


@pytest.fixture(scope="module")
def remade(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ratings")
    command = [sys.executable, str(RATINGS / "make_ratings.py"), str(folder)]
    subprocess.run(command, check=True, timeout=60)
    return folder


@pytest.mark.parametrize("name", ["ratings.csv", "truth.json"])
def test_ratings_are_reproduced(remade: Path, name: str) -> None:
    assert (remade / name).read_bytes() == (RATINGS / name).read_bytes()


def test_ratings_design() -> None:
    with (RATINGS / "ratings.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    cells = {(r["subj"], r["block"], r["cs"], r["trial"]) for r in table}
    assert len(table) == len(cells) == 25 * 2 * 2 * 4
    ratings = [int(r["rating"]) for r in table]
    assert 0 <= min(ratings) <= max(ratings) <= 99
    assert 0.3 < ratings.count(0) / len(ratings) < 0.4


def test_ratings_truth() -> None:
    truth = json.loads((RATINGS / "truth.json").read_text("utf-8"))
    cut = truth["threshold"]
    assert len(cut) == 99
    assert all(a < b for a, b in zip(cut, cut[1:], strict=False))
    assert list(truth["sd_subj"]) == truth["cor_subj"]["coef"]
    assert list(truth["sd_subj"]) == ["Intercept", *truth["b"]]


def test_wine_is_the_reference_data() -> None:
    reference = ROOT / "tests" / "references" / "wine.csv"
    assert (WINE / "wine.csv").read_bytes() == reference.read_bytes()


def models(name: str) -> list[str]:
    spec = (EXAMPLES / name / f"{name}.model").read_text("utf-8")
    return re.findall(r"^model (\w+):", spec, re.MULTILINE) or ["main"]


def test_reaction_times_are_reproduced(tmp_path: Path) -> None:
    command = [sys.executable, str(REACTION / "make_reaction.py"), str(tmp_path)]
    subprocess.run(command, check=True, timeout=60)
    made = (tmp_path / "reaction.csv").read_bytes()
    assert made == (REACTION / "reaction.csv").read_bytes()


def test_items_are_drawn_from_their_truth(tmp_path: Path) -> None:
    truth, out = ITEMS / "truth.txt", tmp_path / "drawn.csv"
    drawn = varying.simulate(ITEMS / "items.model", truth=truth, model="two", seed=3)
    drawn.to_csv(out, index=False, lineterminator="\n")
    assert out.read_bytes() == (ITEMS / "items.csv").read_bytes()


@pytest.mark.parametrize("name", ["ratings", "wine", "reaction", "items", *GALLERY])
def test_spec_has_no_faults(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    spec = str(EXAMPLES / name / f"{name}.model")
    for model in models(name):
        assert check.run(spec, None, model, "concise") == 0
        said = capsys.readouterr().out
        # the models that others published for these have intercepts only
        hint = name in ("wine", "trolley") and "[missing-slope]" in said
        assert said.count("\n") == (1 if hint else 0), said
    if name in GALLERY:
        assert fmt.run(spec, check=True, diff=False) == 0


@pytest.mark.parametrize(
    ("name", "rows", "response", "total"),
    [
        ("sleepstudy", 180, "Reaction", 53731.4205),
        ("radon", 919, "log_radon", 1162.332119),
        ("trolley", 9930, "response", 41699),
        ("tadpoles", 48, "surv", 783),
    ],
)
def test_gallery_data(name: str, rows: int, response: str, total: float) -> None:
    with (EXAMPLES / name / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert len(table) == rows
    assert sum(float(row[response]) for row in table) == pytest.approx(total, abs=1e-4)


def test_sleepstudy_is_the_reference_data() -> None:
    reference = ROOT / "tests" / "references" / "sleepstudy.csv"
    ours = EXAMPLES / "sleepstudy" / "sleepstudy.csv"
    assert ours.read_bytes() == reference.read_bytes()


def blocks(page: Path) -> Iterator[tuple[str, list[str], str]]:
    """Kind, arguments and content of what ``docs/examples/make.py`` fills in."""
    found = re.findall(
        r"<!-- (\w+)([^\n|]*?)(?:\|[^\n]*)? -->\n(.*?)<!-- end -->",
        page.read_text("utf-8"),
        re.S,
    )
    for kind, arguments, content in found:
        yield kind, arguments.split(), content.strip()


def compared(page: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Model, parameter and cells of each row of the tables with R's figures."""
    for kind, arguments, content in blocks(page):
        if kind != "compare":
            continue
        model = arguments[0]
        for line in content.splitlines()[2:]:
            cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
            if cells[0].startswith("**"):
                model = cells[0].strip("*")
                continue
            label = cells[0].replace(r"\|", "|").split("`")[1]
            yield model, label, cells[1:]


@pytest.mark.parametrize("name", GALLERY)
@pytest.mark.parametrize("page", ["page", "README"])
def test_pages_have_the_figures_of_r(name: str, page: str) -> None:
    fits = json.loads((EXAMPLES / name / "reference.json").read_text("utf-8"))["fits"]
    path = PAGES / f"{name}.md" if page == "page" else EXAMPLES / name / "README.md"
    rows = list(compared(path))
    assert rows
    for model, label, cells in rows:
        shown = cells[0].replace("(", "").replace(")", "").split()
        figures = fits[model]["estimates"][label]
        assert [
            f"{x:.{len(s.partition('.')[2])}f}"
            for x, s in zip(figures, shown, strict=True)
        ] == shown
        if len(cells) == 4 and cells[1]:
            assert float(cells[1]) == fits[model]["book"][label]
        # What the last column says follows from the others, up to rounding.
        ours, sd = (float(cell.strip("()")) for cell in cells[-2].split())
        step = 10.0 ** -len(shown[0].partition(".")[2])
        away = (ours - float(shown[0])) / sd
        assert float(cells[-1]) == pytest.approx(
            away, abs=1.2 * step / sd + 0.06 * abs(away) + 0.01
        )


@pytest.mark.parametrize("name", GALLERY)
def test_page_shows_the_spec_and_small_pictures(name: str) -> None:
    page = PAGES / f"{name}.md"
    content = {kind: text for kind, _, text in blocks(page)}
    spec = (EXAMPLES / name / f"{name}.model").read_text("utf-8").strip()
    assert content["spec"] == f"```\n{spec}\n```"
    shown = set(re.findall(r"\]\(\.\./images/([^)]+)\)", page.read_text("utf-8")))
    kept = {path.name for path in (ROOT / "docs" / "images").glob(f"{name}-*.png")}
    assert shown == kept
    for picture in shown:
        assert (ROOT / "docs" / "images" / picture).stat().st_size < 120_000


def test_the_sentence_has_the_figures_of_the_contrasts() -> None:
    text = (PAGES / "ratings.md").read_text("utf-8")
    sentence = text.partition("## The sentence")[2].replace("\n> ", " ")
    points = r"fell by {} points \({} to {}\).*\({} points more, {} to {}\).* "
    points = points + r"{} points \({} to {}\)"
    numbers = re.search(points.replace("{}", r"(-?[\d.]+)"), sentence)
    assert numbers is not None
    shown = [float(one) for one in numbers.groups()]
    lines = {}
    for name in ("CS+", "CS-", "learning"):
        row = re.search(
            rf"^ +{re.escape(name)} +(?:block.*response)? +(-.*|\d.*)$", text, re.M
        )
        assert row is not None
        mean, _, _, low, high = map(float, row[1].split()[:5])
        lines[name] = [mean, low, high]
    fell = [-lines[name][place] for name in ("CS+", "learning") for place in (0, 2, 1)]
    assert shown == pytest.approx([*fell[:3], *lines["CS-"], *fell[3:]], abs=0.051)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("sleepstudy", ["slopes"]),
        ("radon", ["none", "partial", "uranium"]),
        ("tadpoles", ["tanks"]),
    ],
)
def test_pictures_of_their_own_are_drawn(
    name: str, kept: list[str], tmp_path: Path
) -> None:
    made = []
    for model in kept:
        compiled = varying.compile(EXAMPLES / name / f"{name}.model", model=model)
        made.append(tmp_path / f"{model}.fit")
        few = compiled.fit(draws=50, tune=100, chains=2, seed=1, progress=False)
        few.save(made[-1])
    picture = tmp_path / "picture.png"
    command = [sys.executable, EXAMPLES / name / "plot.py", *made, picture]
    subprocess.run(command, check=True, timeout=60)
    assert picture.stat().st_size > 10_000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("sleepstudy", "slopes"),
        ("radon", "partial"),
        ("radon", "uranium"),
        ("trolley", "stories"),
        ("tadpoles", "predators"),
    ],
)
def test_fits_are_near_those_of_r(name: str, model: str) -> None:
    fits = json.loads((EXAMPLES / name / "reference.json").read_text("utf-8"))["fits"]
    compiled = varying.compile(EXAMPLES / name / f"{name}.model", model=model)
    fit = compiled.fit(seed=1, progress=False)
    print(f"\n{name}, {model}\n{fit.summary().to_markdown()}")
    assert fit.verdict.ok
    ours = {row.label: row.statistics for row in fit.summary(all=True).rows}
    for label, (theirs, *_) in fits[model]["estimates"].items():
        found = ours[label]
        # The mean of a spread is above its most likely value.
        allowed = 1.0 if label.startswith(("sd", "cor", "sigma")) else 0.5
        assert abs(found.mean - theirs) < allowed * found.sd, label
    for label, theirs in fits[model].get("book", {}).items():
        assert abs(ours[label].mean - theirs) < 0.01 + 0.1 * ours[label].sd, label

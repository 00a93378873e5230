"""The examples: their data are what their own scripts and sources say."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
RATINGS = ROOT / "examples" / "ratings"
WINE = ROOT / "examples" / "wine"


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

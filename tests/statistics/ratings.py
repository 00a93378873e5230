"""The data of the ratings example, also with the answers joined in tens."""

from __future__ import annotations

import csv
import json
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "examples" / "ratings"

#: The columns of the joined data; a formula follows.
TENS = """\
data "tens.csv"
column block: factor(early, late), contrast=simple
column cs: factor("CS-", "CS+"), contrast=simple
column rating: ordered(0..10)
"""


def truth() -> dict[str, float]:
    """Return the true values by our labels."""
    given = json.loads((FOLDER / "truth.json").read_text("utf-8"))
    found = {f"b[{name}]": value for name, value in given["b"].items()}
    found |= {f"sd_subj[{name}]": value for name, value in given["sd_subj"].items()}
    names, matrix = given["cor_subj"]["coef"], given["cor_subj"]["matrix"]
    for i in range(len(names)):
        for k in range(i):
            found[f"cor_subj[{names[i]}, {names[k]}]"] = matrix[i][k]
    for number, value in enumerate(given["threshold"]):
        found[f"threshold[{number}|{number + 1}]"] = value
    for person, values in given["r_subj"]["people"].items():
        for name, value in zip(names, values, strict=True):
            found[f"r_subj[{person}, {name}]"] = value
    return found


def write_tens(folder: Path) -> None:
    """Write ``tens.csv``: the ratings as 0, 1 to 10, ..., 91 to 99, and zero or not."""
    with (
        (FOLDER / "ratings.csv").open(encoding="utf-8", newline="") as source,
        (folder / "tens.csv").open("w", encoding="utf-8", newline="") as target,
    ):
        rows = list(csv.DictReader(source))
        writer = csv.DictWriter(target, [*rows[0], "zero"])
        writer.writeheader()
        for row in rows:
            rating = int(row["rating"])
            joined = {"rating": -(-rating // 10), "zero": int(rating == 0)}
            writer.writerow({**row, **joined})

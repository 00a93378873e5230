"""Write the tables of ``docs/priors.md`` about the grid: its rows, and its means.

``python -m tests.lower.grid_report`` remakes them, in minutes; with names of families
only their lines of the page. ``--check`` only compares.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping
from pathlib import Path

from .grid import CASES, Case
from .grid_measure import Measures, measure, misses

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = DOCS / "priors.md"
ALL = DOCS / "decisions" / "0002-default-prior-grid.csv"
BEGIN = "<!-- grid: python -m tests.lower.grid_report -->\n"
END = "<!-- end of grid -->\n"
HEAD = (
    "| family | data | design | data, 5 to 95 % | prior, 95 % | far | degenerate "
    "| outside |\n|---|---|---|---|---|---|---|---|\n"
)


def number(x: float) -> str:
    return f"{x:.0f}" if 100 <= abs(x) < 1e4 else f"{x:.2g}"


def percent(share: float) -> str:
    return "0" if share == 0 else f"{100 * share:.1f} %"


def line(case: Case, found: Measures) -> str:
    outside = ", ".join(found.outside)
    if found.dpar is not None and case.design.dpar:
        low, high = (number(x) for x in found.dpar)
        outside += f"{'; ' if outside else ''}{case.design.dpar[0]} {low} to {high}"
    far = percent(found.far)
    if "far" in misses(case, found):
        far = f"**{far}**"
    data, prior = (" to ".join(map(number, x)) for x in (found.data, found.prior))
    if not found.covers:
        prior = f"**{prior}**"
    cells = (
        *(case.family, case.scale.name, case.design.name, data, prior),
        *(far, percent(found.degenerate), outside),
    )
    return f"| {' | '.join(cells)} |\n"


def shown(case: Case) -> bool:
    """Whether a case is in the page: the others differ by their data only."""
    if case.family in ("gaussian", "poisson") or case.design.dpar:
        return True
    return case.design.name == "1" or case.scale.name.startswith("rate")


def key(case: Case) -> str:
    """Return what a line of the page begins with."""
    return f"| {case.family} | {case.scale.name} | {case.design.name} |"


def missing(lines: str) -> list[str]:
    """Return the cases that a table should have lines of, and has none."""
    return [key(case) for case in CASES if shown(case) and key(case) not in lines]


def main() -> int:
    only = {name for name in sys.argv[1:] if not name.startswith("-")}
    before, begin, rest = PAGE.read_text("utf-8").partition(BEGIN)
    old, end, after = rest.partition(END)
    assert begin and end, f"{PAGE.name} has lost the place of its table"
    found = {c: measure(c) for c in CASES if not only or c.family in only}

    def of(case: Case) -> str:
        if case in found:
            return line(case, found[case])
        return next(one for one in old.splitlines(True) if one.startswith(key(case)))

    table = HEAD + "".join(of(case) for case in CASES if shown(case))
    if "--check" in sys.argv:
        return int(old != table)
    PAGE.write_text(before + begin + table + end + after, "utf-8")
    if not only:
        write_all(found)
    return 0


def write_all(found: Mapping[Case, Measures]) -> None:
    """Write the rows of all cases, as numbers."""
    with ALL.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(
            "family data design data_05 data_95 prior_025 prior_975 not_finite far "
            "degenerate outside misses dpar_025 dpar_975".split()
        )
        for case, m in found.items():
            design = case.design.name.replace("\\", "")
            ends = m.dpar or ("", "")
            shares = (m.not_finite, m.far, m.degenerate)
            numbers = (*m.data, *m.prior, *shares)
            rows.writerow(
                [case.family, case.scale.name, design]
                + [f"{x:.4g}" for x in numbers]
                + [" ".join(m.outside), " ".join(sorted(misses(case, m)))]
                + [f"{x:.4g}" if x != "" else "" for x in ends]
            )


if __name__ == "__main__":
    sys.exit(main())

"""Effective draws of the models of ``benchmarks/models`` under other geometries.

    python benchmarks/geometry/models.py              # all but trolley
    python benchmarks/geometry/models.py trolley

``noncentered``: all effects as standard normals; ``auto``: as they are sampled;
``simplex``: as ``auto``, with thresholds from ``prior threshold ~ dirichlet(1)``, which
is another prior than the default. Numbers are effective draws (the least bulk ESS of
the elements of a quantity) per 1,000 gradients after tuning, of 4 chains of 1000 + 1000
draws, as geometric means over two seeds.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Sequence

from grid import ROOT, SEEDS, effective, kernel_of, mean

MODELS = ROOT / "benchmarks" / "models"
USUAL = ("chimpanzees", "epilepsy", "inhaler", "wine", "ratings")
ORDINAL = ("inhaler", "wine", "ratings", "trolley")
DRAWS = 1000
_JUDGED = ("Intercept", "threshold", "b")


def variant(name: str, form: str) -> str:
    """Return the text of a model in one of the forms."""
    lines = (MODELS / f"{name}.model").read_text("utf-8").splitlines()
    for number, line in enumerate(lines):
        if line.startswith("data "):
            path = (MODELS / line.split('"')[1]).resolve()
            lines[number] = f'data "{path}"'
        if "~" in line and "|" in line and form == "noncentered":
            lines[number] += ", parameterization=noncentered"
    if form == "simplex":
        lines.append("prior threshold ~ dirichlet(1)")
    return "\n".join(lines) + "\n"


def row(name: str, form: str) -> str:
    """Return the row of a table."""
    kernel = kernel_of(variant(name, form))
    found: dict[str, list[float]] = defaultdict(list)
    steps, divergences = [], 0
    for seed in SEEDS:
        ess, own, diverged = effective(kernel, seed, DRAWS)
        steps.append(own)
        divergences += diverged
        for quantity, value in ess.items():
            if quantity in _JUDGED or quantity[:3] in ("sd_", "cor"):
                found[quantity].append(value)
    shown = ", ".join(f"{quantity} {mean(own):.0f}" for quantity, own in found.items())
    least = mean([min(own) for own in zip(*found.values(), strict=True)])
    columns = (name, form, f"{mean(steps):.1f}", f"{least:.0f}", shown, divergences)
    return f"| {' | '.join(map(str, columns))} |"


def main(names: Sequence[str]) -> None:
    """Print a table of the models."""
    print("| model | form | gradients a draw | least | each | divergences |")
    print("|---|---|---|---|---|---|")
    for name in names or USUAL:
        forms = ("noncentered", "auto", *(("simplex",) if name in ORDINAL else ()))
        for form in forms:
            print(row(name, form), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])

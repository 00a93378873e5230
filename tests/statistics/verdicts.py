"""The verdicts on R's fits with default priors and settings.

    .venv/bin/python -m tests.statistics.verdicts [SEED ...]

prints a line for each fit; ``docs/decisions/0005-verdict.md`` has what it printed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from varying.runtime.verdict.verdict import Verdict

from .ratings import TENS, write_tens
from .references import CASES, Case
from .sampling import REFERENCES, fit

#: Fits of the same model to the same data count once; the largest takes minutes.
SAME = {
    *("sleep1ml", "cbpp2", "wine_clm1", "wine2", "inhaler2", "reedfrogs1q", "zero3"),
    *("inhaler_cumulative_logit", "trolley1", "trolley2", "trolley3"),
}


def verdict_on(case: Case, seed: int) -> Verdict:
    """Return the verdict on a fit with default priors and default settings."""
    if case.columns != TENS:
        return fit(case.spec, REFERENCES, seed=seed).verdict
    with TemporaryDirectory() as folder:
        write_tens(Path(folder))
        return fit(case.spec, Path(folder), seed=seed).verdict


def verdicts(seed: int) -> Iterator[tuple[str, Verdict]]:
    """Yield the verdict on each model."""
    for case in CASES:
        if case.id not in SAME:
            yield case.id, verdict_on(case, seed)


def main(seeds: list[int]) -> None:
    """Print the verdicts by seed."""
    for seed in seeds:
        usable = total = 0
        for name, found in verdicts(seed):
            total, usable = total + 1, usable + found.ok
            if len(found.sentences) > 1:
                print(f"{seed} {name}: {' '.join(found.sentences)}")
        print(f"{seed}: {usable} of {total} usable")


if __name__ == "__main__":
    main([int(seed) for seed in sys.argv[1:]] or [1])

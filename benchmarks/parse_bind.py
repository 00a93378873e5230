"""How long a spec takes to be read and bound, once everything is imported.

    python benchmarks/parse_bind.py [runs]

What is timed is ``compiler.driver.check`` of a text with a table in memory: parsing,
declaring columns, dropping rows, resolving every name, and the checks of rows; no
file is read and no process started. The specs are one line, and 300 lines of all
statements; the table has 100 rows. Printed are the best and the median of the runs,
in milliseconds, and of both the part that is parsing.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from varying.compiler.data.table import Column, Kind, Table
from varying.compiler.driver import Request, check
from varying.grammar import Severity, Sink, Source, parse

ROWS = 100
#: Warm, in milliseconds.
BUDGETS = {"1 line": 5.0, "300 lines": 100.0}

ONE_LINE = "rating ~ block*cs + (1 + block*cs | subj), family=ordlogit\n"


def long_spec(lines: int = 300) -> str:
    """Return a spec of as many lines, with all kinds of statements."""
    text = [
        "# Anxiety ratings, 2 x 2 within-subject, and what else was measured",
        "column block: factor(early, late), contrast=simple",
        'column cs: factor("CS-", "CS+"), contrast=sum',
        "column rating: ordered(0..9)",
    ]
    text += [f"column age_{i}: numeric" for i in range(20)]
    text += [f"let trial_{i} = center(log(age_{i} + 9))  # days" for i in range(20)]
    text += [f"where age_{i} > -99" for i in range(16)]
    text += ["prior b ~ normal(0, 1.5)", "prior sd ~ exponential(1)", ""]
    number = 0
    while len(text) < lines - 12:
        one, other = f"age_{number % 20}", f"trial_{(number + 7) % 20}"
        text += [
            f"model m{number}: rating ~ block*cs + {one} + {other} +",
            f"    I({one}^2) + (1 + block*cs | subj) + (1 | item), family=ordlogit",
            "  disc ~ cs  # the scale",
            "  prior threshold ~ normal(0, 3)",
            f"  prior b[block:cs, {one}] ~ normal(0, 0.75)",
            f"  prior b[{other}] ~ student_t(3, 0, 1, lb=-5)",
            "  prior sd[subj] ~ half_normal(2)",
            "  prior sd[item] = 0.5",
            "  prior cor[subj] ~ lkj(2)",
            "  keep eta",
            "",
        ]
        number += 1
    while len(text) < lines:
        text.append(f"# the end, {len(text)}")
    return "\n".join(text) + "\n"


def table() -> Table:
    """Return the data of both specs."""
    rng = np.random.default_rng(1)

    def text(name: str, *levels: str) -> Column:
        codes = rng.permutation(np.arange(ROWS) % len(levels)).astype(np.int64)
        return Column(name, Kind.TEXT, codes, levels)

    columns = [
        Column("rating", Kind.NUMERIC, rng.integers(0, 10, ROWS).astype(float)),
        text("block", "early", "late"),
        text("cs", "CS-", "CS+"),
        text("subj", *(f"s{i}" for i in range(10))),
        text("item", *(f"i{i}" for i in range(8))),
        *(Column(f"age_{i}", Kind.NUMERIC, rng.normal(size=ROWS)) for i in range(20)),
    ]
    return Table("data.csv", {column.name: column for column in columns}, ROWS)


def milliseconds(work: Callable[[], object], runs: int) -> list[float]:
    """Return how long each of some runs took, after a few that are not counted."""
    found = []
    for run in range(runs + 3):
        started = time.perf_counter()
        work()
        if run >= 3:
            found.append(1e3 * (time.perf_counter() - started))
    return found


def main(runs: int) -> int:
    """Print the table; return 1 if a best run is over its budget."""
    data, over = table(), 0
    print("| spec | parse, best | median | parse and bind, best | median | budget |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, text in (("1 line", ONE_LINE), ("300 lines", long_spec())):
        source = Source(text)
        errors = [
            d for d in check(Request(source, data)) if d.severity is Severity.ERROR
        ]
        if errors:
            raise SystemExit("\n".join(map(str, errors)))
        parsing = milliseconds(lambda s=source: parse(s, Sink(s)), runs)
        both = milliseconds(lambda s=source: check(Request(s, data)), runs)
        row = [min(parsing), statistics.median(parsing), min(both)]
        row.append(statistics.median(both))
        numbers = " | ".join(f"{value:.1f}" for value in row)
        print(f"| {name} | {numbers} | {BUDGETS[name]:.0f} |")
        over += min(both) > BUDGETS[name]
    return int(over > 0)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 30))

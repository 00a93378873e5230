"""Write a large file of ratings: a 2 x 2 design within 100 people, 7 categories.

    python benchmarks/cells/make.py                       # 10^8 rows of Parquet
    python benchmarks/cells/make.py --rows 1e7 --format csv

The file is ``build/cells/ratings-ROWS.FORMAT``, with the columns ``subj``, ``a``, ``b``
and ``rating``. DuckDB draws and writes it in one stream: rows are not held in memory.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from time import perf_counter

import numpy as np

PEOPLE, CATEGORIES = 100, 7
FOLDER = Path("build/cells")
ROW_GROUP = 1_000_000


def path_of(rows: int, form: str) -> Path:
    """Return where the file of so many rows is."""
    return FOLDER / f"ratings-{rows}.{form}"


def cumulative(seed: int) -> list[tuple[object, ...]]:
    """Return for each person and cell the probabilities up to each category.

    The truth: thresholds from -2.5 to 2.5, effects 0.4, 0.8 and -0.3, and people who
    differ in all four with standard deviations 0.8, 0.3, 0.3 and 0.2.
    """
    rng = np.random.default_rng(seed)
    effects = np.array([0.0, 0.4, 0.8, -0.3])
    people = effects + rng.normal(0, 1, (PEOPLE, 4)) * [0.8, 0.3, 0.3, 0.2]
    thresholds = np.linspace(-2.5, 2.5, CATEGORIES - 1)
    found: list[tuple[object, ...]] = []
    for person, of in enumerate(people):
        for a, b in ((0, 0), (0, 1), (1, 0), (1, 1)):
            eta = of @ [1.0, a, b, a * b]
            below = 1.0 / (1.0 + np.exp(eta - thresholds))
            names = (f"p{person}", ("near", "far")[a], ("old", "new")[b])
            found.append((4 * person + 2 * a + b, *names, *below.tolist()))
    return found


def write(rows: int, form: str, seed: int = 1) -> Path:
    """Write the file, unless it is there."""
    import duckdb

    path = path_of(rows, form)
    if path.exists():
        return path
    path.parent.mkdir(parents=True, exist_ok=True)
    connection = duckdb.connect(config={"memory_limit": "1GB"})
    shares = [f"p{category} DOUBLE" for category in range(CATEGORIES - 1)]
    columns = "cell INTEGER, subj VARCHAR, a VARCHAR, b VARCHAR, "
    connection.execute(f"CREATE TABLE cells ({columns}{', '.join(shares)})")
    marks = ", ".join("?" * (4 + len(shares)))
    table = cumulative(seed)
    connection.executemany(f"INSERT INTO cells VALUES ({marks})", table)
    rating = " + ".join(f"(u > p{c})::INTEGER" for c in range(CATEGORIES - 1))
    # a number in (0, 1) and a cell from the row's own hash: no state, no memory
    draws = (
        f"SELECT (hash(i, {seed}) % {len(table)})::INTEGER AS cell, "
        f"hash(i, {seed + 1}) / 18446744073709551616.0 AS u FROM range({rows}) t(i)"
    )
    options = {
        "parquet": f"FORMAT parquet, ROW_GROUP_SIZE {ROW_GROUP}",
        "csv": "FORMAT csv, HEADER",
    }
    part = path.with_suffix(".part")
    connection.execute(
        f"COPY (SELECT subj, a, b, {rating} AS rating FROM ({draws}) "
        f"JOIN cells USING (cell)) TO '{part}' ({options[form]})"
    )
    part.rename(path)
    return path


def main() -> None:
    """Write one file and say how large it is."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=float, default=1e8)
    parser.add_argument("--format", choices=("parquet", "csv"), default="parquet")
    chosen = parser.parse_args()
    start = perf_counter()
    path = write(int(chosen.rows), chosen.format)
    seconds, size = perf_counter() - start, path.stat().st_size / 1e6
    print(f"{path}: {size:,.0f} MB, {seconds:.0f} s")


if __name__ == "__main__":
    main()

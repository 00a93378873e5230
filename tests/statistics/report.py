"""The tables of references in ``docs/verification.md``.

    .venv/bin/python -m tests.statistics.report --sampled figures.json

writes them anew. The fits that sample take some minutes; their figures are kept in
the file named, and taken from there if it has them. Without that option only the
tables that need no sampling are made.
"""

from __future__ import annotations

import argparse
import json
import re
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from .posteriors import (
    PUBLISHED,
    SAMPLED,
    Row,
    beside,
    beside_published,
    case_of,
    posterior,
    published_posterior,
    wide_priors,
)
from .references import CASES, EXCLUDED, FITS, REDONE, Case, largest_step
from .sampling import Estimate, divergences, largest_rhat

PAGE = Path(__file__).parents[2] / "docs" / "verification.md"


def markdown(head: Sequence[str], rows: Iterable[Sequence[str]], left: int = 1) -> str:
    """Return a table; columns after the first ``left`` are numbers."""
    rule = ["---" if i < left else "---:" for i in range(len(head))]
    lines = [head, rule, *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def code(text: str) -> str:
    """Return text as code in a cell of a table."""
    return "`" + text.replace("|", "\\|") + "`"


def shown(row: Row) -> tuple[str, str, str]:
    """Return R's figure, ours, and their distance; errors in brackets."""
    digits = 2 if row.ours.sd >= 0.095 else 3
    error = "" if row.error is None else f" ({row.error:.{digits}f})"
    ours = f"{row.ours.mean:.{digits}f} ({row.ours.sd:.{digits}f})"
    return f"{row.theirs:.{digits}f}{error}", ours, f"{row.distance:+.2f}"


def table_of(rows: Sequence[Row]) -> str:
    """Return R's figures beside ours."""
    return markdown(
        ("parameter", "R", "ours", "difference in posterior sds"),
        ((code(row.name), *shown(row)) for row in rows),
    )


# ---- without sampling --------------------------------------------------------------


def model_of(case: Case) -> str:
    """Return the formula and its family in a cell."""
    text = re.sub(r"\n\s*", "; ", case.formula)
    return code(text.replace("family=", ""))


def engine_of(case: Case) -> str:
    name = case.fit["engine"].partition(" (")[0]
    name = re.sub(r"^\w+::| ML, brms parameterisation", "", name).replace(
        "own ML, adaptive", "own program,"
    )
    return str(name)


def likelihoods() -> str:
    rows = []
    for case in CASES:
        ours = case.at_estimates.log_likelihood(case.method)
        theirs = case.log_likelihood
        row = (
            code(case.id),
            model_of(case),
            engine_of(case) + ("*" if case.saturated else ""),
            f"{theirs:.6f}",
            f"{ours:.6f}",
            f"{ours - theirs:.0e}",
            f"{largest_step(case):.0e}",
        )
        rows.append(row)
    head = ("fit", "model", "in R", "log likelihood in R", "ours", "ours - R")
    return markdown((*head, "largest slope × SE"), rows, left=3)


def stopped_early() -> str:
    rows = []
    for name, again in REDONE.items():
        case = case_of(again)
        rows.append(
            (
                code(name),
                f"{FITS[name]['logLik']:.6f}",
                f"{FITS[again]['logLik']:.6f}",
                f"{case.at_estimates.log_likelihood(case.method):.6f}",
            )
        )
    return markdown(("fit", "R's defaults", "tighter", "ours at the tighter"), rows)


def excluded() -> str:
    reasons: dict[str, list[str]] = {}
    for name, reason in EXCLUDED.items():
        reasons.setdefault(reason, []).append(code(name))
    return markdown(
        ("not compared", "because"),
        ((", ".join(names), reason) for reason, names in reasons.items()),
        left=2,
    )


# ---- with sampling -----------------------------------------------------------------


def figures(file: Path) -> dict[str, list[Row]]:
    """Return the rows of each fit, sampled unless the file has them."""
    kept = json.loads(file.read_text("utf-8")) if file.exists() else {}

    def keep(name: str, kind: str) -> None:
        key = f"{name}, {kind}"
        if key in kept:
            return
        start = time.monotonic()
        if kind == "brms":
            fitted = published_posterior(name)
            rows = beside_published(name, fitted)
        else:
            case = case_of(name)
            fitted = posterior(case, wide_priors(case) if kind == "wide" else "")
            rows = beside(case, fitted)
        print(
            f"{key}: {time.monotonic() - start:.0f} s, "
            f"{divergences(fitted)} divergences, R-hat {largest_rhat(fitted):.3f}\n"
            f"{table_of(rows)}",
            flush=True,
        )
        kept[key] = [asdict(row) for row in rows]
        file.write_text(json.dumps(kept, indent=1), "utf-8")

    for kind in ("wide", "default"):
        for name in SAMPLED:
            keep(name, kind)
    for name in PUBLISHED:
        keep(name, "brms")
    return {
        key: [Row(**{**row, "ours": Estimate(**row["ours"])}) for row in rows]
        for key, rows in kept.items()
    }


def estimates_beside(found: dict[str, list[Row]]) -> str:
    rows = []
    for name in SAMPLED:
        pairs = zip(found[f"{name}, wide"], found[f"{name}, default"], strict=True)
        for number, (wide, default) in enumerate(pairs):
            assert wide.name == default.name
            first = "" if number else code(name)
            rows.append((first, code(wide.name), *shown(wide), *shown(default)[1:]))
    head = ("fit", "parameter", "R", "wide priors", "R to wide", "defaults")
    return markdown((*head, "R to defaults"), rows, left=2)


def published_beside(found: dict[str, list[Row]]) -> str:
    rows = []
    for name in PUBLISHED:
        for number, row in enumerate(found[f"{name}, brms"]):
            rows.append(("" if number else code(name), code(row.name), *shown(row)))
    head = ("model", "parameter", "brms, as published", "ours")
    return markdown((*head, "difference in posterior sds"), rows, left=2)


def replaced(page: str, name: str, table: str) -> str:
    """Return the page with what stands between two marks replaced."""
    start, end = f"<!-- {name} -->\n", "<!-- end -->"
    before, found, rest = page.partition(start)
    assert found, name
    return f"{before}{start}\n{table}\n\n{end}{rest.partition(end)[2]}"


def main() -> None:
    parser = argparse.ArgumentParser(description="Make the tables of references.")
    parser.add_argument("--sampled", type=Path, help="where figures of fits are kept")
    file = parser.parse_args().sampled
    tables = {
        "references: likelihoods": likelihoods(),
        "references: stopped early": stopped_early(),
        "references: excluded": excluded(),
    }
    if file is not None:
        found = figures(file)
        tables["references: estimates"] = estimates_beside(found)
        tables["references: published"] = published_beside(found)
    page = PAGE.read_text("utf-8")
    for name, table in tables.items():
        page = replaced(page, name, table)
    PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    main()

"""The table of ``build/bench/results.json``, and its picture.

    python benchmarks/report.py

prints the table in Markdown, also into ``build/bench/table.md``, and draws
``docs/images/performance.png``.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from results import Record, Results, middle
from suite import MODELS, ROOT, WORK

__all__ = ["line", "table"]

IMAGE = ROOT / "docs" / "images" / "performance.png"
TABLE = WORK / "table.md"
#: In the order of the table.
TOOLS = ("varying", "graph", "bambi", "brms")
OURS, PEERS = "varying", ("graph", "bambi", "brms")
#: Above it the chains have not met, and the table says so.
_LARGEST_RHAT = 1.05
_HEAD = (
    "model",
    "tool",
    "cold, s",
    "warm, s",
    "compile, s",
    "sampling, s",
    "min ESS/s",
    "gradient, µs",
    "MB",
    "divergences",
    "differs by",
)


def _number(value: float | None) -> str:
    """Return three digits; nothing for None."""
    if value is None:
        return ""
    if value and abs(value) < 1000:
        digits = max(0, 2 - math.floor(math.log10(abs(value))))
        return f"{value:.{min(digits, 2)}f}"
    return f"{value:,.0f}"


def _cells(record: Record, reference: Record | None) -> list[str]:
    if record["status"] != "ok":
        return [f"{record['status']}: {record['reason']}".replace("|", "\\|")]
    cold = middle(record, "seconds", cold=True)
    warm = middle(record, "seconds")
    rhat = middle(record, "rhat")
    bad = f" (R-hat {rhat:.2f})" if rhat is not None and rhat > _LARGEST_RHAT else ""
    return [
        _number(cold),
        _number(warm),
        *(_number(middle(record, key)) for key in ("compile", "sampling")),
        _number(middle(record, "ess_rate")) + bad,
        _number(record.get("gradient")),
        _number(middle(record, "memory", cold=True)),
        f"{middle(record, 'divergences') or 0:.0f}",
        _number(difference(record, reference)),
    ]


def line(record: Record) -> str:
    """Return one record as one line."""
    cells = _cells(record, None)
    names = _HEAD[2:]
    if len(cells) == 1:
        return cells[0]
    return "; ".join(
        f"{name} {cell}" for name, cell in zip(names, cells, strict=True) if cell
    )


def difference(record: Record, reference: Record | None) -> float | None:
    """Return the largest difference of posterior means of b and sd.

    In the reference's posterior standard deviations; None if the two do not
    have as many of them, or are one and the same.
    """
    if reference is None or reference is record or reference["status"] != "ok":
        return None
    found = [_means(x) for x in (reference, record)]
    if len(found[0]) != len(found[1]):
        return None
    pairs = zip(*found, strict=True)
    return max((abs(a[0] - b[0]) / a[1] for a, b in pairs if a[1] > 0), default=None)


def _means(record: Record) -> list[tuple[float, float]]:
    return [
        (figures["mean"], figures["sd"])
        for kind in ("b", "sd")
        for name, figures in record["figures"].items()
        if name.startswith(f"{kind}|")
    ]


def ratios(results: Results) -> Iterator[tuple[str, str, float, float, str]]:
    """Yield figure, peer, geometric mean, worst ratio and the model it is of.

    A ratio above 1 is in favour of Varying.
    """
    figures = (
        ("cold seconds", "seconds", True, False),
        ("warm seconds", "seconds", False, False),
        ("min ESS/s", "ess_rate", False, True),
        ("MB", "memory", True, False),
    )
    for title, key, cold, ours_above in figures:
        for peer in PEERS:
            found = {}
            for name in MODELS:
                ours = middle(results.get(name, OURS), key, cold=cold)
                theirs = middle(results.get(name, peer), key, cold=cold)
                if ours and theirs:
                    found[name] = ours / theirs if ours_above else theirs / ours
            if found:
                logs = [math.log(ratio) for ratio in found.values()]
                worst = min(found, key=lambda name: found[name])
                mean = math.exp(sum(logs) / len(logs))
                yield title, peer, mean, found[worst], f"{worst}, of {len(found)}"


def table(results: Results) -> str:
    """Return everything in Markdown."""
    parts = (_fits(results), _ratios(results), _notes(results))
    return "\n\n".join(part for part in parts if part) + "\n"


def _rows(head: tuple[str, ...], rows: list[list[str]]) -> str:
    rule = ["---" if i < 2 else "---:" for i in range(len(head))]
    filled = [row + [""] * (len(head) - len(row)) for row in rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in [list(head), rule, *filled])


def _fits(results: Results) -> str:
    rows = []
    for model in MODELS:
        reference = results.get(model, OURS)
        for tool in TOOLS:
            record = results.get(model, tool)
            if record is not None and record["status"] != "absent":
                # Where there is no kernel, Varying is its graph.
                own = " (graph)" if record.get("backend") == "graph" else ""
                rows.append([f"`{model}`", tool + own, *_cells(record, reference)])
    return _rows(_HEAD, rows)


def _ratios(results: Results) -> str:
    rows = [
        [title, peer, f"{mean:.1f}", f"{worst:.1f}", model]
        for title, peer, mean, worst, model in ratios(results)
    ]
    head = ("Varying, times better in", "than", "geometric mean", "worst", "on")
    return _rows(head, rows) if rows else ""


def _notes(results: Results) -> str:
    machine = results.machine
    notes = {
        record["tool"]: record["reason"] and f"left out: {record['reason']}"
        if record["status"] == "absent"
        else record["note"]
        for record in results.records.values()
    }
    lines = [f"{name}: {notes[name]}." for name in TOOLS if name in notes]
    lines += [
        f"Machine: {machine['cpu']}, {machine['cores']} cores; "
        f"Python {machine['python']}.",
        "Priors of b, sd, cor, sigma and intercepts are equal. Those of thresholds "
        "cannot be: Varying has its default (middle and log gaps), the peers "
        "ordered normal(0, 3): brms at the predictors' means, Bambi where they are 0.",
        "*differs by*: the largest difference of posterior means of b and sd from "
        "Varying's, in posterior standard deviations.",
    ]
    return "\n".join(f"* {text}" for text in lines)


def main() -> None:
    """Print the table and draw the picture."""
    from plot import picture

    results = Results()
    text = table(results)
    TABLE.parent.mkdir(parents=True, exist_ok=True)
    TABLE.write_text(text, "utf-8")
    print(text)
    IMAGE.parent.mkdir(parents=True, exist_ok=True)
    picture(results).save(IMAGE)


if __name__ == "__main__":
    main()

"""Damaged texts, checked against data: what they take, and what comes out.

    python -m tests.grammar.endurance 100000

``endure`` makes the texts of a seed one after the other, each from a spec that was
right, and does with them what ``varying check`` and ``varying fmt`` do. An exception
names its text.
"""

from __future__ import annotations

import random
import resource
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from varying.compiler.data.table import Column, Kind, Table
from varying.compiler.driver import Request, check
from varying.grammar import Severity, Source, format_spec, parse
from varying.grammar.diagnostics import Diagnostic, Sink
from varying.grammar.render import FORMATS

from .damage import mutated
from .specs import random_spec

ROOT = Path(__file__).resolve().parents[2]

#: What a text may take, in seconds of the processor and in bytes.
SECONDS = 1.0
BYTES = 200_000_000

SPECS = (
    "rating ~ block*cs + (1 + block*cs | subj), family=ordlogit\n",
    "y ~ x + z\n  sigma ~ cs + (1 | subj)\n  prior sigma.b ~ normal(0, 1)\n",
    "y ~ cs*block + (1 + cs || subj) + (1 | item)\n  prior b[cs[CS-]] ~ normal(0, 1)\n",
    "let u = log(x + 9)\nwhere z > -9 & !(cs == 'CS-' & block != \"late\")\ny ~ u*cs\n",
    "column block: factor(early, late), contrast=sum\ny ~ block + poly(x, 2)\n",
    "column rating: ordered(0..9)\nrating ~ C(cs, sum) + (1 | subj), family=ordlogit\n"
    "  disc ~ cs\n  prior threshold ~ dirichlet(2)\n  keep eta\n",
    "y ~ (x + z + cs)^2 - x:z + offset(log(x + 9)) + I(x^2) + block %in% cs\n",
    "y ~ 1 + (1 | subj/item) + (0 + x | block:cs)\n  prior sd[subj] = 0.5\n"
    "  prior sd[block:cs] ~ half_normal(2)\n",
    "prior b ~ normal(0, 1)\nmodel a: y ~ x\nmodel c: y ~ x + cs + block\n"
    "  prior b[cs] ~ student_t(3, 0, 2.5, lb=-1)\nquantity d = b[cs] / sigma\n"
    "test t = -0.1 < b[x] < 0.1\ncontrast block: late - early | cs\n",
    "w ~ x + (1 | subj), family=bernoulli, link=logit\n  prior b[x] ~ flat\n",
    "n | rate(x + 9) ~ cs, family=poisson\n  prior Intercept ~ normal(0, 2)\n",
    "y ~ . - rating - w - n, family=student\n  prior sigma ~ gamma(2, 0.1)\n",
    "where x %in% [1, 2, 3] | !(z < 0)\ny ~ factor(n) + (1 + z | subj)\n",
    "cbind(w, n) ~ x, family=binomial\n",
)


def data() -> Table:
    """Return a small table with the columns of ``SPECS``."""
    rng, rows = np.random.default_rng(1), 48

    def text(name: str, *levels: str) -> Column:
        codes = rng.permutation(np.arange(rows) % len(levels)).astype(np.int64)
        return Column(name, Kind.TEXT, codes, levels)

    def number(name: str, values: np.ndarray) -> Column:
        return Column(name, Kind.NUMERIC, values.astype(float))

    columns = (
        number("y", rng.normal(size=rows)),
        number("x", rng.integers(0, 6, rows)),
        number("z", rng.normal(size=rows)),
        number("n", rng.integers(0, 4, rows)),
        number("w", rng.integers(0, 2, rows)),
        number("rating", rng.integers(0, 10, rows)),
        text("cs", "CS+", "CS-"),
        text("block", "early", "late"),
        text("subj", *(f"s{i}" for i in range(8))),
        text("item", *(f"i{i}" for i in range(6))),
    )
    return Table("data.csv", {column.name: column for column in columns}, rows)


@dataclass(slots=True)
class Endured:
    """What some texts took together, and the slowest of them."""

    texts: int = 0
    clean: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    text: str = ""
    found: dict[str, int] = field(default_factory=dict)


def peak() -> int:
    """Return the most bytes that this process has held."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def damaged(rng: random.Random) -> str:
    """Return the next text."""
    if rng.random() < 0.6:
        return mutated(rng.choice(SPECS), rng)
    written = random_spec(rng)
    return mutated(rng.choice((written.plain, written.wild)), rng)


def take(text: str, table: Table, endured: Endured) -> tuple[Diagnostic, ...]:
    """Check one text, show and return what is found; format it if it can be read."""
    source = Source(text)
    started = time.process_time()
    found = check(Request(source, table))
    for render in FORMATS.values():
        render(found)
    sink = Sink(source)
    spec = parse(source, sink)
    formatted = "" if sink.failed else format_spec(spec)
    took = time.process_time() - started
    if formatted and spec.statements:
        again = parse(Source(formatted))
        assert again.statements == spec.statements, "formatting changed the meaning"
        assert format_spec(again) == formatted, "formatting twice is not as once"
        comments = [comment.text for comment in spec.comments]
        assert [comment.text for comment in again.comments] == comments
    endured.texts += 1
    endured.clean += all(d.severity is not Severity.ERROR for d in found)
    endured.seconds += took
    for rule in {d.rule for d in found}:
        endured.found[rule] = endured.found.get(rule, 0) + 1
    if took > endured.slowest:
        endured.slowest, endured.text = took, text
    assert took < SECONDS, f"{took:.1f} s"
    return tuple(found)


def endure(count: int, seed: int = 0) -> Endured:
    """Take as many texts as asked for.

    Raises
    ------
    AssertionError
        With the text, if one brings anything but diagnostics, or takes too long.
    """
    rng, table, endured = random.Random(seed), data(), Endured()
    for spec in SPECS:
        take(spec, table, endured)
    before = peak()
    for number in range(count):
        text = damaged(rng)
        try:
            take(text, table, endured)
        except Exception as error:
            raise AssertionError(f"text {number} of seed {seed}: {text!r}") from error
        assert peak() - before < BYTES, f"memory, text {number}: {text!r}"
    return endured


def main(count: int, seed: int) -> None:
    """Print what the texts took."""
    endured = endure(count, seed)
    rules = sorted(endured.found.items(), key=lambda row: -row[1])
    print(f"{endured.texts:,} texts, {endured.clean:,} of them without an error")
    slowest = endured.text[:300]
    print(f"{endured.seconds:.0f} s, slowest {endured.slowest:.3f} s: {slowest!r}")
    print(f"peak {peak() / 1e6:.0f} MB")
    print(", ".join(f"{rule} {times:,}" for rule, times in rules))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)

"""Levels in the order of their values, where that is sure."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from varying.compiler.data.levels import natural_order
from varying.compiler.data.value_order import mixed_units
from varying.compiler.driver import Request, design_spec
from varying.grammar.source import Source

#: Each in its right order.
ORDERS = (
    "0.25 0.5 1.25 1.5",
    "-10 -5 0 5 10",
    "-10 -9.5 -1 -.5 0 .5 +1 1e1 2e1",
    "\u22122 \u22121 0 1",
    "1e-3 5e-3 1e-2 0.5",
    "0.25mg 0.5mg 2mg 10mg",
    "0 0.5mg 1mg 10mg",
    "0,125 0,25 0,5 1,5 10",
    "0,5 mg|1,25 mg|1.000,5 mg|10.000 mg",
    "999.5 1,000.5 10,000",
    "$500|$1,000|$2,500",
    "1,000 1,250 2,500",
    "less than 5|5-9|at least 10",
    "18-24|25-64|65 and up",
    "1st 2nd 10th",
    "10x 20x 100x",
    "-5 \u00b0C|0 \u00b0C|10 \u00b0C",
    "5 %|10 %|50 %|100 %",
    "5% 10% 12.5%",
    "$5|$10|$100",
    "week1 Week2 week10",
    "Week 2|Week 10|Week 11",
    "T1 T2 T10 T21",
    "T-2 T-1 T0 T1",
    "week-1 week-2 week-10",
    "day -7|day -1|day 0|day 14",
    "p = .05|p = .1|p = .5",
    "dose 0.25|dose 0.5|dose 1|dose 10",
    "<5 5-9 10-14 65+",
    "under 18|18-24|25-34|35 or older",
    "18 to 24 years|25 to 34 years|35 to 100 years",
    "5-9 10-14 15-19 100-104",
    "0\u20134 5\u20139 10\u201314",
    "<=5 >5",
    "[0,10) [10,20) [20,100) [100,Inf)",
    "(-1.5,-0.5] (-0.5,0.5] (0.5,10]",
    "0 1-2 3-5 6-10 >10",
    "none-0.25 none-0.5",
    "1 2 3 10 20 100",
    "01 2 03 10",
    # no order by value: digits as numbers, texts as texts
    "1g 5mg 500mg",
    "Q1.1 Q1.2 Q1.9 Q1.10",
    "item 1.2|item 1.9|item 1.10",
    "v1.2 v1.9 v1.10",
    "1-1 1-2 1-10 2-1",
    "s2_t1 s2_t10 s10_t1",
    "a2 a10 b1",
    "2020-01-02 2020-01-10 2020-10-01",
    "10.0.0.2 10.0.0.10",
    "high low middle",
    "1,250 500 1500",
    "1/2 1/4 3/4",
    "9:05 12:30",
    "1.5.2 1.10.1",
    "0.5 1.5 unknown",
)


@pytest.mark.parametrize("order", ORDERS)
def test_natural_order(order: str) -> None:
    levels = order.split("|" if "|" in order else None)
    mixed = list(levels)
    random.Random(1).shuffle(mixed)
    assert list(natural_order(mixed)) == levels
    assert list(natural_order(levels[::-1])) == levels


@pytest.mark.parametrize(
    ("levels", "found"),
    [
        ("500mg 1g 2g", ("500mg", "1g")),
        ("10ms 2s", ("10ms", "2s")),
        ("5% 10 %", None),
        ("5mg 10mg", None),
        ("5 10mg", None),
        ("a b", None),
        ("s1 t1", None),
    ],
)
def test_units(levels: str, found: tuple[str, str] | None) -> None:
    assert mixed_units(levels.split()) == found


def test_levels_of_a_file() -> None:
    path = Path(__file__).parents[1] / "references" / "cases" / "natural_order"
    spec = (path / "m.model").read_text("utf-8")
    found = [
        design_spec(
            Request(Source(spec), base=path, model=model)
        ).prepared.schema.columns
        for model in "abc"
    ]
    assert found[0]["dose"].levels == ("0.25mg", "0.5mg", "2mg", "10mg")
    assert found[1]["temp"].levels == ("-10", "-5", "0", "5", "10")
    assert found[2]["lab"].levels == ("0.25", "0.5", "1.25", "1.5")


def test_long_texts_of_digits_take_no_time() -> None:
    texts = ["9" * 5000 + "x", "1" * 5000, "." * 5000 + "1", "-" * 5000, "1,1" * 2000]
    for text in texts:
        natural_order([text, "1", "2"])
        natural_order([text, text + "1"])
    assert natural_order(["1e999", "1e-999", "2"]) == ("1e-999", "2", "1e999")

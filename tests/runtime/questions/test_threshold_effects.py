"""Effects on single thresholds, ``bcs[x, 2]``: each name is the number of its label."""

from __future__ import annotations

import numpy as np

from varying.compiler.bind.question import Reference
from varying.compiler.data.frames import table_from_frame
from varying.compiler.driver import Request, compile_spec
from varying.grammar.source import Source
from varying.runtime.questions.quantities import draws_of


def test_each_name_is_the_number_of_its_label() -> None:
    asked = {
        "bcs[x, 2]": "x[mid|high]",
        "bcs[f[b], 1]": "f[b][low|mid]",
        "bcs[f, 2]": "f[b][mid|high]",
    }
    lines = [f"quantity q{n} = {name}" for n, name in enumerate(asked)]
    spec = "column k: ordered(low, mid, high)\nk ~ cs(x + f), family=sratio\n"
    frame = {
        "k": ["low", "mid", "high"] * 8,
        "x": np.linspace(-1.0, 1.0, 24) ** 3,
        "f": (["a"] * 5 + ["b"] * 7) * 2,
    }
    source = Source(spec + "\n".join(lines))
    found = compile_spec(Request(source, table_from_frame(frame)))
    (labels,) = [a.labels for a in found.lowered.axes if a.name == "cs_coef"]
    assert labels is not None
    draws = {"bcs": np.arange(float(len(labels)))[None, None]}
    for quantity, label in zip(
        found.joint.questions.quantities, asked.values(), strict=True
    ):
        assert isinstance(quantity.formula, Reference)
        assert draws_of(quantity.formula, found, draws) == labels.index(label)

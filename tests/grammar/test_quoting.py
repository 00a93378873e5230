"""Names in back-quotes inside pieces of a spec, as messages show them."""

from __future__ import annotations

import pytest

from varying.grammar.quoting import recoded

CASES = {
    "`a` and `b`, `+` or `(`": None,
    "the column `RT (ms)`, write `` `RT (ms)` ``": None,
    "beside `a b`:`x z`, the effect `a b`[v w]": None,
    "an odd ` one, and `two`": None,
    "``x y`` is none, and ``a b``: neither": "`x y` is none, and `a b`: neither",
    "write `center(`x z`)`, or": "write `` center(`x z`) ``, or",
    "with `(1 + `a b` | `g h`)`": "with `` (1 + `a b` | `g h`) ``",
    "``x z`^2` is `x z`": "`` `x z`^2 `` is `x z`",
    "of `b[`c d`[q]]`, `b[`c d`]`": "of `` b[`c d`[q]] ``, `` b[`c d`] ``",
    'add `column `a b`: text, ref="x"`.': 'add `` column `a b`: text, ref="x" ``.',
}


@pytest.mark.parametrize(("written", "shown"), CASES.items(), ids=list(CASES))
def test_pieces_can_be_told_apart(written: str, shown: str | None) -> None:
    assert recoded(written) == (shown or written)
    assert recoded(recoded(written)) == recoded(written)

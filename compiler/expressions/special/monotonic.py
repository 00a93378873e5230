"""``mo(x)``: an effect that only rises, or only falls, over the levels of ``x``.

With D + 1 levels, numbered from 0, and a simplex ``zeta`` of D steps,

    mo(x) = D * (zeta[1] + ... + zeta[x])

so that its coefficient is the average difference between neighbouring levels, and
``zeta`` the share of each step in the difference between the last level and the first
(Bürkner & Charpentier 2020, Br J Math Stat Psychol 73:420).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from varying.grammar.diagnostics import Sink
from varying.grammar.printer import name_text
from varying.grammar.tree import Argument

from ...data.schema import ColumnInfo
from ...data.table import Kind
from ..function import Function
from .term import SpecialTerm

#: A variable with more levels is a number: a parameter for each step would be many.
MOST_LEVELS = 200


@dataclass(frozen=True, slots=True)
class Monotonic:
    """A monotonic variable of a term.

    Attributes
    ----------
    label
        Its canonical spelling: ``mo(income)``.
    column
        The column of the data.
    levels
        Its levels in order, the first of which is 0; of whole numbers all from the
        smallest to the largest, seen or not.
    identity
        The ``id=`` under which terms share their simplex.
    """

    label: str
    column: str
    levels: tuple[str, ...]
    identity: str | None = None

    @property
    def steps(self) -> tuple[str, ...]:
        """Names of the steps, by the levels around them: ``low|middle``."""
        pairs = zip(self.levels, self.levels[1:], strict=False)
        return tuple(f"{below}|{above}" for below, above in pairs)


def _read(
    label: str,
    argument: Argument,
    info: ColumnInfo,
    settings: Mapping[str, Any],
    sink: Sink,
) -> Monotonic | None:
    span, name = argument.value.span, name_text(info.name)
    identity = settings.get("id")
    if info.kind.is_number:
        if info.minimum is None or info.maximum is None:
            return None  # a column without a value: that is said elsewhere
        if not info.whole:
            sink.add(
                "wrong-type",
                span,
                f"`mo()` needs levels in order, and `{info.name}` has numbers that are "
                "not whole",
                "it takes an ordered factor, or whole numbers that count the levels",
                f"a curve of numbers is `ns({name}, df=4)`",
            )
            return None
        low, high = int(info.minimum), int(info.maximum)
        count = high - low + 1
        levels = () if count > MOST_LEVELS else tuple(map(str, range(low, high + 1)))
    elif info.kind is Kind.ORDERED:
        levels, count = info.levels, len(info.levels)
        _warn_unused(info, argument, sink)
    else:
        what = "text" if info.kind is Kind.TEXT else f"a {info.kind} column"
        listed = ", ".join(map(_quoted, info.as_levels))
        few = 2 < len(info.as_levels) <= 12
        sink.add(
            "wrong-type",
            span,
            f"`mo()` needs levels in order, and `{info.name}` is {what}",
            f"say which is the lowest: `column {name}: ordered({listed})`, in your "
            "order"
            if few
            else f"declare them from the lowest: `column {name}: ordered(...)`",
        )
        return None
    if count < 2:
        only = f" (`{info.as_levels[0]}`)" if info.as_levels else ""
        message = f"`{info.name}` has one level only{only}"
        sink.add("one-level", span, message, "it cannot be told from the intercept")
        return None
    if count > MOST_LEVELS:
        sink.add(
            "too-many-coefficients",
            span,
            f"`{info.name}` has {count:,} levels, and `mo()` a parameter for each step",
            f"it takes {MOST_LEVELS} levels at most; as a number it is `{name}`, as a "
            f"curve `ns({name}, df=4)`",
        )
        return None
    return Monotonic(label, info.name, levels, identity)


def _warn_unused(info: ColumnInfo, argument: Argument, sink: Sink) -> None:
    """Warn of declared levels that no row has: they are no steps."""
    unused = [level for level in info.declared_levels if level not in {*info.levels}]
    if not info.declared or not unused or len(info.levels) < 2:
        return
    shown = ", ".join(f"`{level}`" for level in unused[:10])
    more = f" and {len(unused) - 10} more" if len(unused) > 10 else ""
    sink.add(
        "unused-level",
        argument.value.span,
        f"no row has the level{'s' if len(unused) > 1 else ''} {shown}{more} of "
        f"`{info.name}`",
        "a predictor is coded by the levels that it has: there is no step to others",
    )


def _quoted(level: str) -> str:
    return level if level.isidentifier() else f'"{level}"'


MO = SpecialTerm(
    Function(
        "mo",
        ("x", "id"),
        1,
        role="term",
        settings={"id": "name"},
        keyword=1,
        domain="an ordered factor, or whole numbers",
        summary="a monotonic effect: its coefficient is the average change from a "
        "level to the next, `simo[mo(x)]` the share of each step; terms with one `id=` "
        "share these",
        prediction="of the levels of the fit",
    ),
    _read,
)

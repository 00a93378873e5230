"""The operations of the kernel, a file for each kind."""

from __future__ import annotations

from .algebra import ALGEBRA
from .charts import CHARTS
from .elementwise import ELEMENTWISE
from .groups import GROUPS
from .levels import LEVELS
from .marginal import MARGINAL
from .members import MEMBERS
from .nominal import NOMINAL
from .operation import WIDTH, Operation
from .ordinal import ORDINAL
from .predictors import PREDICTORS

__all__ = ["OPERATIONS", "WIDTH", "Operation"]

#: By name. Densities are not among them: they are made by ``densities``.
OPERATIONS: dict[str, Operation] = {
    one.name: one
    for one in (
        *CHARTS,
        *ALGEBRA,
        *ELEMENTWISE,
        *GROUPS,
        *PREDICTORS,
        *MEMBERS,
        *LEVELS,
        *MARGINAL,
        *ORDINAL,
        *NOMINAL,
    )
}

"""Design columns: how one column of a design matrix is made from the data.

They are data themselves (names, levels, weights, trees), never arrays, so the
same description makes the training matrix, the matrix of new rows, the text of
a stand-alone program and the printed form.
"""

from __future__ import annotations

from dataclasses import dataclass

from varying.grammar.tree import Expr


@dataclass(frozen=True, slots=True)
class Numeric:
    """A numeric variable or an elementwise expression of such.

    ``label`` is its canonical spelling (``x``, ``log(x)``, ``I(x^2)``).
    """

    label: str
    expression: Expr


@dataclass(frozen=True, slots=True)
class Coded:
    """A factor through one column of its coding.

    Attributes
    ----------
    factor
        Name of the column of the data.
    levels
        The factor's levels in use, in order.
    weights
        What this coding column gives to each level; a full dummy has a single 1.
    label
        ``block[late]``, ``cs[S.CS-]``.
    dummy
        True if the factor is coded by all its levels here (no margin).
    """

    factor: str
    levels: tuple[str, ...]
    weights: tuple[float, ...]
    label: str
    dummy: bool = False


Part = Numeric | Coded


@dataclass(frozen=True, slots=True)
class DesignColumn:
    """A product of parts; no part at all is the intercept.

    ``term`` is the term it belongs to (``block:cs``), ``name`` its coefficient
    (``block[late]:cs[CS+]``).
    """

    name: str
    term: str
    parts: tuple[Part, ...]

    @property
    def is_intercept(self) -> bool:
        """Whether it is the column of ones."""
        return not self.parts


INTERCEPT = DesignColumn("Intercept", "1", ())

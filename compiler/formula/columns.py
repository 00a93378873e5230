"""Design columns: how one column of a design matrix is made from the data.

They are data themselves (names, levels, weights, trees), never arrays, so the
same description makes the training matrix, the matrix of new rows, the text of
a stand-alone program and the printed form.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product

from varying.grammar.tree import Expr

from ..expressions.special import Monotonic


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
    (``block[late]:cs[CS+]``). ``threshold`` is the place of the one threshold that it
    is an effect on, of ``cs()`` in a group term; None: on all.
    """

    name: str
    term: str
    parts: tuple[Part, ...]
    threshold: int | None = None

    @property
    def is_intercept(self) -> bool:
        """Whether it is the column of ones."""
        return not self.parts


@dataclass(frozen=True, slots=True)
class SpecialColumn:
    """A product in which parameters stand beside what is known of the rows.

    Attributes
    ----------
    name, term
        As of a design column: ``mo(income):age``.
    specials
        The special variables, as they stand in the term.
    known
        The rest of the product; without any parts it is 1.
    plain
        The same at equal steps, where it is a column like others: what defaults are
        about, and what is compared with other columns.
    """

    name: str
    term: str
    specials: tuple[Monotonic, ...]
    known: DesignColumn
    plain: DesignColumn

    @property
    def steps(self) -> tuple[DesignColumn, ...]:
        """Columns that it is a combination of, whatever its parameters.

        One for each step, or pair of steps, which says whether a row is above it.
        """
        found = []
        for chosen in product(*map(_steps_of, self.specials)):
            parts = (*chosen, *self.known.parts)
            name = ":".join(part.label for part in parts)
            found.append(DesignColumn(name, self.term, parts))
        return tuple(found)


def _steps_of(special: Monotonic) -> tuple[Coded, ...]:
    """Return a column for each step: 1 above it, 0 below."""
    return tuple(
        Coded(
            special.column,
            special.levels,
            tuple(float(place > step) for place in range(len(special.levels))),
            f"{special.label}[{name}]",
        )
        for step, name in enumerate(special.steps)
    )


def at_equal_steps(special: Monotonic) -> Coded:
    """Return a monotonic variable as the places of its levels, from 0."""
    places = tuple(float(place) for place in range(len(special.levels)))
    return Coded(special.column, special.levels, places, special.label)


def special_column(
    name: str, term: str, parts: Sequence[Part | Monotonic]
) -> SpecialColumn:
    """Return the column of a product with special variables among its parts."""
    known = tuple(part for part in parts if not isinstance(part, Monotonic))
    plain = tuple(
        at_equal_steps(part) if isinstance(part, Monotonic) else part for part in parts
    )
    rest = ":".join(part.label for part in known)
    return SpecialColumn(
        name,
        term,
        tuple(part for part in parts if isinstance(part, Monotonic)),
        DesignColumn(rest, term, known),
        DesignColumn(name, term, plain),
    )


@dataclass(frozen=True, slots=True)
class SmoothColumns:
    """The part of a smooth term that is penalised.

    Attributes
    ----------
    name
        What its standard deviation is called: ``s(x)``; of one level of a factor
        ``s(x, by = f):f[a]``.
    term
        The term.
    columns
        Curves, whose coefficients are normal with one standard deviation.
    """

    name: str
    term: str
    columns: tuple[DesignColumn, ...]


@dataclass(frozen=True, slots=True)
class Simplex:
    """The steps of one or several monotonic variables.

    Attributes
    ----------
    name
        What targets call it: the coefficient that it belongs to, with the variable
        where that has several; the ``id`` of those that share it.
    coefficients
        These coefficients.
    steps
        Names of the steps.
    """

    name: str
    coefficients: tuple[str, ...]
    steps: tuple[str, ...]


def simplex_name(column: SpecialColumn, special: Monotonic) -> str:
    """Return the name of the simplex of a variable in a column."""
    if special.identity is not None:
        return special.identity
    several = len(column.specials) > 1
    return f"{column.name}, {special.label}" if several else column.name


def simplexes(columns: Sequence[SpecialColumn]) -> tuple[Simplex, ...]:
    """Return the simplexes of special columns, in the order of their first use."""
    found: dict[str, Simplex] = {}
    for column in columns:
        for special in column.specials:
            name = simplex_name(column, special)
            old = found.get(name, Simplex(name, (), special.steps))
            named = dict.fromkeys((*old.coefficients, column.name))
            found[name] = replace(old, coefficients=tuple(named))
    return tuple(found.values())


INTERCEPT = DesignColumn("Intercept", "1", ())

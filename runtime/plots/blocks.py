"""What a picture of parameters shows: the reported numbers, block by block."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from varying.grammar.diagnostics import ModelError, nearest
from varying.grammar.printer import name_text

from ..draws.statistics import elements
from . import PlotError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from xarray import Dataset

    from ..draws.names import Names
    from ..fit.fit import Fit

__all__ = ["ParameterBlock", "blocks_in", "blocks_of", "by_spread", "divergent"]

_BACKQUOTED = re.compile(r"`([^`]+)`")
#: Coefficients share a panel if their spreads differ by no more than this factor.
_FACTOR = 10.0
#: Coefficients are told apart up to so many; then they are shown like levels.
_NAMED = 24

#: Below it, a family's own parameter cannot be. With a formula it is called otherwise.
_LOWEST = {"sigma": 0.0, "shape": 0.0, "disc": 0.0, "nu": 1.0}

ParameterRole = Literal["population", "effects"]


@dataclass(frozen=True, slots=True, eq=False)
class ParameterBlock:
    """Numbers that share a panel.

    Attributes
    ----------
    name
        The variable of the posterior.
    coef
        For group effects: the coefficient. Each has a block of its own.
    labels
        Of the numbers; one empty text for a scalar.
    draws
        Numbers, chains, draws.
    role
        Of the population, or effects of a group's levels.
    bounds
        Between which numbers the model has them; None: their name says it.
    """

    name: str
    coef: str
    labels: tuple[str, ...]
    draws: NDArray[np.float64]
    role: ParameterRole = "population"
    bounds: tuple[float, float] | None = None

    @property
    def title(self) -> str:
        """Name, and the coefficient if there is one; of one number, all its name."""
        if len(self.labels) == 1:
            return self.full_label(0)
        return self.family

    @property
    def family(self) -> str:
        """What its numbers are called together."""
        return f"{self.name}[{self.coef}]" if self.coef else self.name

    @property
    def ends(self) -> tuple[float, float]:
        """Between which numbers its draws can be."""
        if self.role == "effects":
            return -np.inf, np.inf
        if self.bounds is not None:
            return self.bounds
        if _is("cor_", self.name):
            return -1.0, 1.0
        return (
            0.0 if _is("sd_", self.name) else _LOWEST.get(self.name, -np.inf)
        ), np.inf

    @property
    def flat(self) -> NDArray[np.float64]:
        """Draws of each number, chains joined."""
        return self.draws.reshape(len(self.labels), -1)

    def full_label(self, at: int) -> str:
        """Name of one number, as the summary has it."""
        inside = ", ".join(part for part in (self.labels[at], self.coef) if part)
        return f"{self.name}[{inside}]" if inside else self.name

    def only(self, places: Sequence[int]) -> ParameterBlock:
        """Return the block with some of its numbers."""
        labels = tuple(self.labels[at] for at in places)
        return replace(self, labels=labels, draws=self.draws[list(places)])


def blocks_of(
    fit: Fit, var: str | Sequence[str] = (), *, effects: bool = True
) -> tuple[ParameterBlock, ...]:
    """Return the reported parameters of a fit.

    Parameters
    ----------
    fit
        The fit.
    var
        Names to keep, as the summary has them: of variables (``b``, ``r_subj``),
        of a group's coefficients (``r_subj[Intercept]``) or of single numbers
        (``b[x]``); or as priors have them (``sd[subj]``, ``sigma.b``, and
        ``b[cond]`` for all coefficients of a term). The empty tuple: all.
    effects
        Whether group effects are among them if no name is given.

    Raises
    ------
    PlotError
        If there is no parameter of such a name, or a list holds none.
    """
    wanted = _wanted(var)
    posterior = fit.data["posterior"].to_dataset()
    bounds = _bounds_of(fit)
    blocks = tuple(
        replace(block, bounds=bounds.get(block.name))
        for block in blocks_in(posterior, fit.provenance.names)
    )
    if not wanted:
        return tuple(b for b in blocks if effects or b.role == "population")
    chosen = [block for name in wanted for block in _named(name, blocks)]
    return tuple(dict.fromkeys(chosen))


def _bounds_of(fit: Fit) -> dict[str, tuple[float, float]]:
    """Return between which numbers the parameters of a fit's model can be.

    Of the program's parameters, and of those of the family that are computed of
    another. Nothing where the model cannot be made again: its draws are drawn
    all the same.
    """
    from varying.compiler.distributions.table import SUPPORTS

    try:
        compiled = fit._origin.compiled
    except ModelError:
        return {}
    found = {
        f"{member.prefix}{dpar.name}": SUPPORTS[dpar.support]
        for member in compiled.joint.members
        for dpar in member.family.dpars
    }
    for one in compiled.program.parameters:
        found[one.name] = (0.0, 1.0) if one.chart == "simplex" else one.bounds
    return found


def _wanted(var: object) -> tuple[str, ...]:
    names = (var,) if isinstance(var, str) else var
    if isinstance(names, Iterable):
        found = tuple(names)
        if not found and var != ():  # a list that was filtered to nothing
            raise PlotError("var names no parameter; without var all are drawn")
        if all(isinstance(name, str) for name in found):
            return found
    raise PlotError(f"var is a name or a list of names, not {var!r}")


def _named(name: str, blocks: Sequence[ParameterBlock]) -> list[ParameterBlock]:
    plain = _BACKQUOTED.sub(lambda found: name_text(found[1]), name)
    spellings = (name, *_as_reported(name), plain, *_as_reported(plain))
    for spelled in dict.fromkeys(spellings):
        for found in (_whole, _single, _of_term):
            chosen = found(spelled, blocks)
            if chosen:
                return chosen
    known = dict.fromkeys(block.name for block in blocks)
    longer = [
        block.full_label(at) for block in blocks for at in range(len(block.labels))
    ]
    near = nearest(name, [*known, *dict.fromkeys(b.family for b in blocks), *longer], 1)
    hint = f"did you mean {near[0]!r}? There are: " if near else "there are: "
    raise PlotError(f"no parameter is called {name!r}; {hint}{', '.join(known)}")


def _as_reported(name: str) -> Iterator[str]:
    """Yield what the summary calls a parameter that is spelled as in a prior."""
    head, bracket, inside = name.partition("[")
    head = head.replace(".", "_")
    yield f"{head}{bracket}{inside}"
    if bracket and inside.endswith("]"):
        group, comma, rest = inside[:-1].partition(",")
        yield f"{head}_{group.strip()}" + (f"[{rest.strip()}]" if comma else "")


def _whole(name: str, blocks: Sequence[ParameterBlock]) -> list[ParameterBlock]:
    return [block for block in blocks if name in (block.name, block.family)]


def _single(name: str, blocks: Sequence[ParameterBlock]) -> list[ParameterBlock]:
    return [
        block.only([at])
        for block in blocks
        for at in range(len(block.labels))
        if block.full_label(at) == name
    ][:1]


def _of_term(name: str, blocks: Sequence[ParameterBlock]) -> list[ParameterBlock]:
    """Return the coefficients of a term: ``b[cond]`` is ``b[cond[hard]]`` and so on."""
    found = []
    for block in blocks:
        if block.coef and name == f"{block.name}[{_term(block.coef)}]":
            found.append(block)
        elif not block.coef:
            terms = [f"{block.name}[{_term(label)}]" for label in block.labels]
            places = [at for at, term in enumerate(terms) if term == name]
            found += [block.only(places)] if places else []
    return found


def _term(coef: str) -> str:
    """Return a coefficient without the levels of its factors."""
    found, depth = [], 0
    for letter in coef:
        depth += letter == "["
        if not depth:
            found.append(letter)
        depth -= letter == "]"
    return "".join(found)


def _is(prefix: str, name: str) -> bool:
    """Whether a variable is a group's, of the main parameter or of another."""
    return name.startswith(prefix) or f"_{prefix}" in name


def blocks_in(posterior: Dataset, names: Names) -> Iterator[ParameterBlock]:
    """Yield the parameters in some draws, by the names of what is reported."""
    for name in (*names.parameters, *names.effects):
        values = posterior[name]
        if name in names.effects:
            dim = values.dims[-1]
            for at, coef in enumerate(values.coords[dim].values):
                found = dict(elements(values.isel({dim: at}, drop=True)))
                yield _block(name, str(coef), found, "effects")
        else:
            triangle = name in names.correlations
            found = dict(elements(values, triangle=triangle))
            if found:
                yield _block(name, "", found, "population")


def _block(
    name: str, coef: str, found: dict[str, NDArray[Any]], role: ParameterRole
) -> ParameterBlock:
    draws = np.stack([np.asarray(d, dtype=np.float64) for d in found.values()])
    return ParameterBlock(name, coef, tuple(found), draws, role)


def by_spread(block: ParameterBlock, most: int = _NAMED) -> list[ParameterBlock]:
    """Divide coefficients of very different spread, ``most`` to a panel.

    Effects of levels and thresholds stay together, and so do very many numbers.
    """
    count = len(block.labels)
    if block.role == "effects" or block.name.endswith("threshold") or count > _NAMED:
        return [block]
    spreads = block.flat.std(axis=1)
    panels: list[list[int]] = []
    for at in range(count):
        for panel in panels:
            both = spreads[[*panel, at]]
            if len(panel) < most and both.max() <= _FACTOR * both.min():
                panel.append(at)
                break
        else:
            panels.append([at])
    return [block.only(panel) for panel in panels]


def divergent(fit: Fit) -> NDArray[np.bool_]:
    """Return which draws diverged: chains, draws."""
    stats = fit.data["sample_stats"].to_dataset()
    if "diverging" not in stats:
        sizes = fit.data["posterior"].sizes
        return np.zeros((sizes["chain"], sizes["draw"]), dtype=bool)
    found: NDArray[np.bool_] = np.asarray(
        stats["diverging"].transpose("chain", "draw").values, dtype=bool
    )
    return found

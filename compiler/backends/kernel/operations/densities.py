"""Operations for densities: loops around the scalar kernels of families and priors.

A density is the end of its line, so its slopes are known as soon as it is: they
are added at once, and there is no way back. The loops differ in how many
parameters a kernel takes, so their text is made here, once for each kernel.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from ....distributions.density import python
from ....distributions.density.links import LINKING
from ....distributions.density.priors import PRIOR_DENSITIES
from ....distributions.density.rows import RowDensity, rows
from ....distributions.table import DISTRIBUTIONS
from ....families import FAMILIES
from ....families.family import Family
from ..llvm.text import execute
from . import Operation
from .linking import linking
from .steps import OF_ITEM, step_rows


def prior_name(distribution: str) -> str:
    """Return the operation of a prior."""
    return f"prior {distribution}"


def varied_name(distribution: str) -> str:
    """Return the operation of a prior whose arguments may depend on parameters."""
    return f"varied {distribution}"


def likelihood_name(family: str, pooled: bool = False, shared: bool = False) -> str:
    """Return the operation of a likelihood.

    ``shared``: of rows that have all parameters in common but for the predictor.
    """
    kind = "pooled" if pooled else "rows"
    return f"{'shared-' if shared else ''}{kind} {family}"


@cache
def parts_of(name: str) -> RowDensity:
    """Return the density of the rows of a likelihood, in parts."""
    kind, _, what = name.partition(" ")
    family = FAMILIES[what]
    names, density, known = parameters(family), family.density, family.known
    if kind.endswith("pooled"):
        assert family.pooled is not None
        density, known = family.pooled.density, ("count", "within")
    assert density is not None
    shared = names[1:] if kind.startswith("shared") else ()
    return rows(name, density, (*family.columns, *names, *known), names, shared)


#: Priors whose arguments may depend on parameters: those whose support does not.
VARIED = frozenset(
    row.name
    for row in DISTRIBUTIONS.values()
    if row.support_of is None and row.proper and row.name != "dirichlet"
)


@cache
def density(name: str) -> Operation:
    """Return the operation of one density, or of what a link needs, by its name."""
    if name in LINKING:
        return linking(name)
    kind, _, what = name.partition(" ")
    if kind == "prior":
        return _prior(name, what)
    if kind == "varied":
        return _varied(name, what)
    family = FAMILIES[what]
    if family.steps is not None:
        return step_rows(name, family)
    if family.thresholds:
        return _ordinal(name, family)
    return _rows(name, family)


def parameters(family: Family) -> tuple[str, ...]:
    """Return what a family's kernel is given beside the response, in its order."""
    return (family.predictor, *(dpar.name for dpar in family.dpars))


def _made(text: str, name: str, globals_: Mapping[str, Any]) -> Callable[..., float]:
    space = dict(globals_)
    execute(text, f"<{name}>", space)
    made: Callable[..., float] = space["step"]
    return made


@cache
def prior_parts(distribution: str) -> RowDensity:
    """Return the density of a prior, in parts: its arguments are data."""
    names = ("x", *(a.name for a in DISTRIBUTIONS[distribution].arguments))
    name = prior_name(distribution)
    return rows(name, PRIOR_DENSITIES[distribution], names, ("x",))


def _prior(name: str, distribution: str) -> Operation:
    """Return the operation of a prior.

    Words: the values, the place of a location that varies, the columns that are made of
    the arguments and how far those of one value are from those of the next.
    """
    parts = prior_parts(distribution)
    numbers = "".join(f"c[here + {i}], " for i in range(parts.width))
    text = f"""
def step(o, p, v, d, c, k):
    n, value, location, stride = o[p + 1], o[p + 2], o[p + 3], o[p + 4]
    columns, apart = o[p + 5], o[p + 6]
    total = 0.0
    for i in range(n):
        at = location + i * stride
        here = columns + i * apart
        moved = v[at] if location >= 0 else 0.0
        density, slope = kernel({numbers}v[value + i] - moved)
        total += density
        d[value + i] += slope
        if location >= 0:
            d[at] -= slope
    return total
"""
    words = ("n", "value", "location", "stride", "columns", "apart")
    return Operation(name, words, _made(text, name, {"kernel": parts.kernel}))


def _varied(name: str, distribution: str) -> Operation:
    """Return the operation of a prior with arguments that depend on parameters.

    Words: the values, then the place of each argument and its stride.
    """
    arguments = [a.name for a in DISTRIBUTIONS[distribution].arguments]
    kernel = python.kernel(
        f"prior {distribution}",
        PRIOR_DENSITIES[distribution],
        ("x", *arguments),
        ("x", *arguments),
    )
    words = ["n", "value"]
    places, values, slopes, added = "", "", "", ""
    for i, argument in enumerate(arguments):
        at = len(words) + 1
        words += [argument, f"{argument}_stride"]
        places += f"\n        j{i} = o[p + {at}] + i * o[p + {at + 1}]"
        values += f", v[j{i}]"
        slopes += f", g{i}"
        added += f"\n        d[j{i}] += g{i}"
    text = f"""
def step(o, p, v, d, c, k):
    n, value = o[p + 1], o[p + 2]
    total = 0.0
    for i in range(n):{places}
        density, slope{slopes} = kernel(v[value + i]{values})
        total += density
        d[value + i] += slope{added}
    return total
"""
    return Operation(name, tuple(words), _made(text, name, {"kernel": kernel}))


def _places(names: tuple[str, ...], words: list[str]) -> tuple[str, str]:
    """Return the text that reads the places of parameters, before and in the loop.

    A parameter is a vector with an index, a vector by rows, or a scalar (stride 0).
    """
    before, within = [], []
    for i, name in enumerate(names):
        at = len(words) + 1
        words += [name, f"{name}_index", f"{name}_stride"]
        before.append(
            f"a{i}, x{i}, s{i} = o[p + {at}], o[p + {at + 1}], o[p + {at + 2}]"
        )
        before.append(f"t{i} = 0.0")
        within.append(f"j{i} = a{i} + (k[x{i} + i] if x{i} >= 0 else i * s{i})")
    indent, deeper = "\n    ", "\n        "
    return indent + indent.join(before), deeper + deeper.join(within)


def _rows(name: str, family: Family) -> Operation:
    """Return the operation of rows.

    Words: the counts of the rows, the first of their columns, the parameters.
    """
    parts, names, shared = parts_of(name), parameters(family), name[:6] == "shared"
    words = ["n", "count", "columns"]
    each = names[:1] if shared else names
    before, within = _places(each, words)
    values = [f"c[at + {i}]" for i in range(parts.width)]
    values += [f"u{i}" for i in range(parts.kept)]
    values += [f"v[j{i}]" for i in range(len(each))]
    indent = "\n    "
    for i, one in enumerate(names[1:] if shared else (), start=1):
        before += f"{indent}p{i} = v[o[p + {len(words) + 1}]]{indent}t{i} = 0.0"
        words += [one, f"{one}_index", f"{one}_stride"]
        values.append(f"p{i}")
    if parts.before is not None:
        given = ", ".join(f"p{i}" for i in range(1, len(names)))
        kept = "".join(f"u{i}, " for i in range(parts.kept))
        before += f"{indent}({kept}) = before({given})"
    added, rest = "", ""
    for i, one in enumerate(names):
        if one in each:
            added += f"""
        if s{i} != 0:
            d[j{i}] += weight * g{i}
        else:
            t{i} += weight * g{i}"""
            rest += f"{indent}d[a{i}] += t{i}"
        else:
            added += f"\n        t{i} += weight * g{i}"
            rest += f"{indent}d[o[p + {words.index(one) + 1}]] += t{i}"
    slopes = "".join(f", g{i}" for i in range(len(names)))
    text = f"""
def step(o, p, v, d, c, k):
    n, count, columns = o[p + 1], o[p + 2], o[p + 3]
    total = 0.0{before}
    for i in range(n):
        weight = c[count + i] if count >= 0 else 1.0
        if weight == 0.0:
            continue{within}
        at = columns + i * {parts.width}
        density{slopes} = kernel({", ".join(values)})
        total += weight * density{added}{rest}
    return total
"""
    space = {"kernel": parts.kernel, "before": parts.before}
    return Operation(name, tuple(words), _made(text, name, space))


def _ordinal(name: str, family: Family) -> Operation:
    """Return the operation of ordinal rows.

    Words: ranks, counts, thresholds and gaps, the parameters.
    """
    names = parameters(family)
    words = ["n", "y", "count", "thresholds", "threshold", "gap"]
    heads, own = "last, threshold, between", ""
    if family.items:
        # a row has the thresholds of its item
        words += ["first", "last"]
        heads, own = "_, all_thresholds, all_between", OF_ITEM.format(7, 8)
        own += "\n        between = all_between + k[o[p + 7] + i]"
    before, within = _places(names, words)
    values = "".join(f", v[j{i}]" for i in range(1, len(names)))
    slopes = "".join(f", g{i}" for i in range(1, len(names)))
    added = "".join(
        f"""
        if s{i} != 0:
            d[j{i}] += weight * g{i}
        else:
            t{i} += weight * g{i}"""
        for i in range(len(names))
    )
    rest = "".join(f"\n    d[a{i}] += t{i}" for i in range(len(names)))
    # categories apart are below the first that a threshold cuts
    apart, cut = (f" - {family.apart}", "rank >= 0 and ") if family.apart else ("", "")
    text = f"""
def step(o, p, v, d, c, k):
    n, y, count = o[p + 1], o[p + 2], o[p + 3]
    {heads} = o[p + 4], o[p + 5], o[p + 6]
    total = 0.0{before}
    for i in range(n):{own}
        weight = c[count + i] if count >= 0 else 1.0
        if weight == 0.0:
            continue{within}
        rank = k[y + i]{apart}
        lower, upper, gap = -math.inf, math.inf, math.inf
        if rank > 0:
            lower = v[threshold + rank - 1]
        if {cut}rank < last:
            upper = v[threshold + rank]
            if rank > 0:
                gap = v[between + rank - 1]
        density, g0, low, high, wide{slopes} = kernel(
            0.0 + k[y + i], v[j0], lower, upper, gap{values}
        )
        total += weight * density
        if rank > 0:
            d[threshold + rank - 1] += weight * low
        if {cut}rank < last:
            d[threshold + rank] += weight * high
            if rank > 0:
                d[between + rank - 1] += weight * wide{added}{rest}
    return total
"""
    space = {"kernel": family.kernel, "math": math}
    return Operation(name, tuple(words), _made(text, name, space))

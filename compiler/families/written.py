"""Families whose density is written once: its reading as a graph, and as a script."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..distributions.density import arrays
from ..distributions.density.operations import DensityFunction
from ..distributions.density.tensors import Tensors, whole_numbers
from .family import Observe, SourceText

#: Draws in a graph: the two modules, the parameters, the size.
Draw = Callable[..., Any]


def graph(
    density: DensityFunction, names: Sequence[str], draw: Draw, *, whole: bool = False
) -> Observe:
    """Return the PyMC form of a density.

    Parameters
    ----------
    names
        Its arguments beside the response.
    draw
        ``draw(pm, pt, *arguments, size)``: the distribution in PyMC's own terms.
    whole
        Whether responses are whole numbers.
    """

    def observe(
        pm: Any,
        pt: Any,
        name: str,
        arguments: Mapping[str, Any],
        observed: Any,
        dims: str,
    ) -> Any:
        """Return a ``pm.CustomDist``: the density as it is written, PyMC's draws."""

        def logp(value: Any, *given: Any) -> Any:
            if whole:
                # whole numbers are numbers: PyTensor's slopes of some are infinite
                value = pt.cast(value, "float64")
            return density(Tensors(pt), value, *given)

        def drawn(*given: Any) -> Any:
            *parameters, size = given
            return draw(pm, pt, *parameters, size=size)

        parameters = [arguments[one] for one in names]
        more = {"observed": observed, "dims": dims}
        if whole:
            return whole_numbers(pm, name, parameters, logp, drawn, **more)
        return pm.CustomDist(name, *parameters, logp=logp, dist=drawn, **more)

    return observe


def script(
    name: str,
    density: DensityFunction,
    names: Sequence[str],
    draw: str,
    document: str,
    *,
    whole: bool = False,
) -> SourceText:
    """Return the form of a density in a script, which PyMC lacks.

    Parameters
    ----------
    name
        What the functions are called: ``NAME_logp``, ``NAME_draw``.
    names
        Its arguments beside the response.
    draw
        The body of the function that draws, with the same arguments and ``size``.
    document
        What the density is, in a sentence without a full stop.
    """
    given = ", ".join(names)

    def helpers() -> str:
        from ..distributions.density.text import definitions

        made = definitions(f"{name}_logp", density, ("value", *names), document)
        head = f'def {name}_draw({given}, size):\n    """Draw a response."""\n'
        return f"{made}\n\n{head}{draw.strip(chr(10))}\n"

    fields = ", ".join(f"{{{one}}}" for one in names)
    kind = ' dtype="int64",' if whole else ""
    return SourceText(
        f"pm.CustomDist(\n    {{name}}, {fields},\n    logp={name}_logp, "
        f"dist={name}_draw,{kind}\n    observed={{observed}}, dims={{dims}},\n)",
        helpers,
    )


def graph_by_numpy(
    density: DensityFunction,
    names: Sequence[str],
    simulate: Callable[..., Any],
    *,
    whole: bool = False,
) -> Observe:
    """Return the PyMC form of a density whose draws are NumPy's.

    The arguments are those of ``graph``; ``simulate`` is that of the family.
    """

    def observe(
        pm: Any,
        pt: Any,
        name: str,
        arguments: Mapping[str, Any],
        observed: Any,
        dims: str,
    ) -> Any:
        """Return a ``pm.CustomDist``: the density as it is written, NumPy's draws."""

        def logp(value: Any, *given: Any) -> Any:
            if whole:
                value = pt.cast(value, "float64")
            return density(Tensors(pt), value, *given)

        def random(*given: Any, rng: Any = None, size: Any = None) -> Any:
            shape = np.broadcast_shapes(*map(np.shape, given), tuple(size or ()))
            return simulate(rng, *(np.broadcast_to(one, shape) for one in given))

        return pm.CustomDist(
            name,
            *(arguments[one] for one in names),
            logp=logp,
            random=random,
            dtype="int64" if whole else "float64",
            observed=observed,
            dims=dims,
        )

    return observe


def script_alone(
    name: str,
    density: DensityFunction,
    names: Sequence[str],
    document: str,
    *,
    whole: bool = False,
) -> SourceText:
    """Return the form in a script that has the density alone, and no draws.

    The arguments are those of ``script``.
    """

    def helpers() -> str:
        from ..distributions.density.text import definitions

        return definitions(f"{name}_logp", density, ("value", *names), document)

    fields = ", ".join(f"{{{one}}}" for one in names)
    kind = ' dtype="int64",' if whole else ""
    return SourceText(
        f"pm.CustomDist(\n    {{name}}, {fields},\n    logp={name}_logp,{kind}\n"
        "    observed={observed}, dims={dims},\n)",
        helpers,
    )


def readings(
    name: str,
    density: DensityFunction,
    names: Sequence[str],
    draw: Draw,
    draw_text: str,
    document: str,
    *,
    whole: bool = False,
) -> dict[str, Any]:
    """Return what a ``Family`` has of its density: as arrays, a graph and a script.

    The arguments are those of ``graph`` and of ``script``.
    """
    return {
        "density": density,
        "log_density": arrays.log_density(density, names),
        "observe": graph(density, names, draw, whole=whole),
        "source": script(name, density, names, draw_text, document, whole=whole),
    }


def readings_by_numpy(
    name: str,
    density: DensityFunction,
    names: Sequence[str],
    simulate: Callable[..., Any],
    document: str,
    *,
    whole: bool = False,
) -> dict[str, Any]:
    """Return the same where PyMC has no draws: those of a graph are NumPy's.

    The arguments are those of ``graph_by_numpy`` and of ``script_alone``.
    """
    made = arrays.log_density(density, names)

    def log_density(y: Any, *given: Any, **by_name: Any) -> Any:
        """Log density of each row; far from a response it may be no number."""
        with np.errstate(all="ignore"):
            return made(y, *given, **by_name)

    return {
        "density": density,
        "log_density": log_density,
        "observe": graph_by_numpy(density, names, simulate, whole=whole),
        "source": script_alone(name, density, names, document, whole=whole),
    }


def alone_text(listed: str, body: str) -> str:
    """Return the definition of draws without bounds, in the function of a script."""
    lines = textwrap.indent(body.strip("\n"), "    ")
    return f"""
    def alone({listed}, size):
{lines}
"""

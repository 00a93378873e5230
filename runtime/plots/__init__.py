"""Pictures of fits and of priors: one file a kind.

Nothing here is imported before a picture is asked for, for Matplotlib is an
optional extra: ``load`` says what to install where it is missing. The pictures
are Matplotlib figures that know no window and no global state; what is between
the lines (densities) is ArviZ's.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal, get_args

from varying.grammar.diagnostics import nearest
from varying.grammar.render.safe import visible

from ..interface.arguments import ArgumentError, choice
from ..interface.elsewhere import PICTURES

if TYPE_CHECKING:
    from ..fit.fit import Fit

__all__ = ["KINDS", "PlotKind", "PlotError", "load", "plot"]

#: What a fit can be asked for; each is a module, and its function ``picture``.
PlotKind = Literal[
    "trace",
    "forest",
    "ppc",
    "pairs",
    "cells",
    "effects",
    "shrinkage",
    "thresholds",
    "prior-posterior",
]
KINDS: tuple[str, ...] = get_args(PlotKind)


class PlotError(ArgumentError):
    """A picture was asked for that cannot be drawn; the text says why."""

    def __init__(self, text: str) -> None:
        super().__init__(visible(text))


def load(name: str) -> Any:
    """Return a module of this folder.

    Raises
    ------
    ModuleNotFoundError
        If Matplotlib is missing; the message says what to install.
    """
    try:
        import matplotlib  # noqa: F401
    except ModuleNotFoundError as error:
        if error.name != "matplotlib":
            raise
        raise ModuleNotFoundError(
            "pictures need Matplotlib, which is not installed: "
            'pip install "varying[plots]"',
            name="matplotlib",
        ) from None
    return import_module(f"{__name__}.{name}")


def plot(fit: Fit, kind: str, ax: Any = None, **options: Any) -> Any:
    """Return a picture of a fit.

    Parameters
    ----------
    fit
        The fit.
    kind
        One of ``KINDS``.
    ax
        Axes to draw on, which are returned; None: a picture is made.
    **options
        Those of the kind: ``var`` (trace, forest, pairs, prior-posterior); ``by``,
        ``draws`` and ``seed`` (ppc, cells); ``by`` (thresholds); ``ask`` (effects).

    Raises
    ------
    PlotError
        If there is no such kind, no such option, parameter or column, or if an
        option has a value that makes no sense.
    """
    try:
        choice("kind", kind, KINDS, "no plot is called", PICTURES)
    except ValueError as error:
        raise PlotError(str(error)) from None
    module = load(kind.replace("-", "_"))
    unknown = [name for name in options if name not in module.OPTIONS]
    if unknown:
        known = ", ".join(module.OPTIONS)
        close = nearest(unknown[0], module.OPTIONS, 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise PlotError(f"{kind} has no option {unknown[0]!r}; it has: {known}{hint}")
    return module.picture(ax, fit, **options)

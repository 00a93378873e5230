"""Attributes that an object does not have: what was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from varying.grammar.diagnostics import nearest
from varying.grammar.render.safe import visible

from .elsewhere import instead

__all__ = ["NearestNames"]


class NearestNames:
    """An object that offers the nearest name in place of one that it has not."""

    __slots__ = ()

    if not TYPE_CHECKING:  # which would take any name for one that is there

        def __getattr__(self, name: str) -> object:
            kind = type(self).__name__
            message = f"a {kind} has no attribute `{visible(name)}`"
            if not name.startswith("_"):
                known = [one for one in dir(self) if not one.startswith("_")]
                close = nearest(name, known, 1)
                there = instead(kind.lower(), name)
                if there:
                    message += there
                elif close:
                    message += f"; did you mean `{close[0]}`?"
                else:
                    message += f"; it has {', '.join(known)}"
            # with no object, so that Python does not say it again
            raise AttributeError(message, name=name, obj=None)

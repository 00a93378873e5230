"""Arguments of the Python interface: what is wrong with one, and what to pass.

Each function returns the value if it makes sense, and else raises an error that names
the argument.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from numbers import Real
from operator import index

from varying.grammar.diagnostics import nearest
from varying.grammar.render.called import short_traceback
from varying.grammar.render.safe import visible

__all__ = ["ArgumentError", "between", "choice", "flag", "given", "path_text", "whole"]

#: Letters of a value that a message repeats.
_MOST = 60
#: What is no probability may be one in percent from here on.
_PERCENT = 50.0


class ArgumentError(ValueError, TypeError):
    """An argument makes no sense; the text says what to pass.

    A ``ValueError`` and a ``TypeError``, for a number in quotes is both.
    """

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows."""
        return short_traceback(self, f"{type(self).__name__}: {self}")


def given(value: object) -> str:
    """Return how a message calls what was passed: a short value, else its type."""
    if isinstance(value, int) and abs(value) >= 10**_MOST:
        return f"a number of more than {_MOST} digits"
    if value is None or isinstance(value, str | bytes | bool | Real):
        text = visible(repr(value))
        if len(text) <= _MOST:
            return text
    kind = type(value).__name__
    return f"{'an' if kind[:1].lower() in 'aeiou' else 'a'} {kind}"


def choice(
    name: str,
    value: object,
    known: Iterable[str],
    what: str = "",
    elsewhere: Mapping[str, str] | None = None,
) -> str:
    """Return one of the known words.

    Parameters
    ----------
    name
        Of the argument.
    value
        What was passed.
    known
        The words.
    what
        Such as "no plot is called", where that says more than "NAME is one of".
    elsewhere
        What other packages call them.
    """
    words = tuple(known)
    if isinstance(value, str) and value in words:
        return value
    close = nearest(value, words, 1) if isinstance(value, str) else []
    hint = f"; did you mean {close[0]!r}?" if close else ""
    if isinstance(value, str) and elsewhere is not None and value in elsewhere:
        hint = f"; that is {elsewhere[value]!r} here"
    if what and isinstance(value, str):
        known = ", ".join(words)
        raise ArgumentError(f"{what} {given(value)}; there are: {known}{hint}")
    listed = ", ".join(map(repr, words))
    raise ArgumentError(f"{name} is one of {listed}, not {given(value)}{hint}")


def whole(
    name: str, value: object, least: int | None = None, *, below: int = 63
) -> int:
    """Return a whole number; ``True`` is none.

    Parameters
    ----------
    name, value
        Of the argument, and what was passed.
    least
        The smallest that is one; None: any.
    below
        The power of 2 that it is below: more than so many bits nothing can count.
    """
    if isinstance(value, bool):
        raise ArgumentError(f"{name} is a whole number, not {value}")
    try:
        number = index(value)  # type: ignore[arg-type]
    except TypeError:
        meant = _meant(value)
        hint = "" if meant is None else f": write {name}={meant}"
        if hasattr(value, "columns"):
            hint = ": data go to varying.compile(spec, data)"
        text = f"{name} is a whole number, not {given(value)}{hint}"
        raise ArgumentError(text) from None
    if least is not None and number < least:
        raise ArgumentError(f"{name} is at least {least}, not {given(number)}")
    if number >= 2**below:
        raise ArgumentError(f"{name} is below 2^{below}, not {given(number)}")
    return number


def _meant(value: object) -> int | None:
    """Return the whole number in a float or in a text."""
    if not isinstance(value, str | float):
        return None
    try:
        number = float(value)
        return int(number) if number.is_integer() else None
    except ValueError:
        return None


def between(name: str, value: object) -> float:
    """Return a number between 0 and 1, both excluded."""
    if isinstance(value, Real) and not isinstance(value, bool):
        number = float(value)
        if 0.0 < number < 1.0:
            return number
        # nobody means 1.5 % or 20 %: then it is no percentage
        percent = _PERCENT <= number < 100.0
        hint = f": write {name}={number / 100:g}" if percent else ""
    else:
        hint = ""
    raise ArgumentError(f"{name} is a number between 0 and 1, not {given(value)}{hint}")


def flag(name: str, value: object) -> bool:
    """Return True or False."""
    if type(value).__name__ in ("bool", "bool_"):  # NumPy's as well
        return bool(value)
    raise ArgumentError(f"{name} is True or False, not {given(value)}")


def words(name: str, value: object) -> str:
    """Return a text that is an argument.

    Raises
    ------
    ArgumentError
        If it is no text, or an empty one.
    """
    if isinstance(value, str) and value.strip():
        return value
    raise ArgumentError(f"{name} is a text, not {given(value)}")


def path_text(name: str, value: object, what: str) -> str:
    """Return a path as text; ``what`` says what it is the path of."""
    if isinstance(value, str | os.PathLike):
        text = os.fspath(value)
        if isinstance(text, str):
            return text
    raise ArgumentError(f"{name} is {what}, not {given(value)}")

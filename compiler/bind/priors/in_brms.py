"""What brms calls parameters: ``sigma_y``, ``b_y_x``, ``sd_subj__y_Intercept``.

Draws of brms, and its summaries, have the response behind the class; its names are
without dots and underscores there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from .scalars import Scalar, ScalarParameters

__all__ = ["as_in_brms", "in_r"]


def as_in_brms(kind: str, targets: ScalarParameters) -> str | None:
    """Return the only target, or class of targets, that brms calls so.

    Dots may stand in place of underscores, the response before the rest of the name or
    nowhere: these are guesses that users make. What each response has is written
    without any.
    """
    wanted = kind.replace(".", "_")
    found: dict[str, str] = {}
    for scalar in targets.scalars:
        of = _response(scalar, targets)
        for name, target in _names(scalar, of):
            if name.replace(".", "_") == wanted:
                found[target] = target.removeprefix(f"{of}.")
    if len(found) == 1:
        return targets.written(next(iter(found)))
    alike = set(found.values())
    return alike.pop() if len(alike) == 1 else None


def _response(scalar: Scalar, targets: ScalarParameters) -> str:
    """Return the response that a parameter is of; nothing where there is one."""
    kind = scalar.kind
    return next((one for one in targets.responses if kind.startswith(f"{one}.")), "")


def _names(scalar: Scalar, response: str) -> Iterator[tuple[str, str]]:
    """Yield names of brms, and what is written here."""
    rest = scalar.kind.removeprefix(f"{response}.").split(".")
    dpar, base = "_".join(rest[:-1]), rest[-1]
    # brms takes dots and underscores out of the names of responses
    for own in dict.fromkeys((re.sub(r"[._]", "", response), response, "")):
        parts = [one for one in (dpar, own) if one]
        yield "_".join([base, *parts]), scalar.kind
        yield "_".join(one for one in (own, dpar, base) if one), scalar.kind
        if base == "Intercept":
            yield "_".join(["b", *parts, base]), scalar.kind
        if scalar.group:
            whole = "_".join([base, scalar.group, *parts])
            yield whole, f"{scalar.kind}[{scalar.group}]"
        if scalar.group and scalar.coefficient:
            coefficient = "_".join([*parts, in_r(scalar.coefficient)])
            yield f"{base}_{scalar.group}__{coefficient}", scalar.target
        elif scalar.coefficient:
            name = in_r(scalar.coefficient)
            yield "_".join([base, *parts, name]), scalar.target


def in_r(name: str) -> str:
    """Return what R calls a coefficient: ``condb:x``, as brms does."""
    return re.sub(r"[^\w.:]", "", name)

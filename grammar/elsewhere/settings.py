"""Settings of R that hold for all models: ``options(contrasts = ...)``."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from .code import Called, Given

_SCHEME = regex.compile(r"(?:(\w+)\s*=\s*)?[\"']?(?:\w+::)?contr\.(\w+)")
#: Calls that set such things, and what those without arguments set.
SETTERS = ("options", "set_sum_contrasts", "set_treatment_contrasts")
#: What is said of other options.
_OTHERS = {
    "mc.cores": "chains run beside each other, on as many cores as there are",
    "brms.backend": "what samples is chosen by `varying fit --sampler`",
    "digits": "how many digits a table has follows from what is known of each figure",
    "na.action": "rows without a value are left out always, and counted",
}


def contrasts_set(call: Called) -> tuple[str, ...]:
    """Return what to write in place of contrasts that hold for all factors.

    Nothing if the call sets none.
    """
    given = call.get("contrasts")
    if call.name == "set_sum_contrasts":
        schemes = {"unordered": "sum"}
    elif call.name == "set_treatment_contrasts":
        schemes = {"unordered": "treatment"}
    elif given is None:
        return ()
    else:
        schemes = _schemes(given)
    return tuple(_notes(schemes))


def other_options(call: Called) -> tuple[str, ...]:
    """Return what is said of options that are about no contrasts."""
    names = [given.keyword or "" for given in call.given]
    found = tuple(_OTHERS[name] for name in names if name in _OTHERS)
    return found or ("what R's options change has no meaning in a spec",)


def _schemes(given: Given) -> dict[str, str]:
    """Return the contrasts of unordered factors and of ordered ones."""
    found: dict[str, str] = {}
    for name, scheme in _SCHEME.findall(given.text):
        kinds = [kind for kind in ("unordered", "ordered") if kind not in found]
        if name in kinds or kinds:
            found[name if name in kinds else kinds[0]] = scheme
    return found


def _notes(schemes: dict[str, str]) -> Iterator[str]:
    scheme = schemes.get("unordered", "sum")
    if scheme == "treatment":
        yield "`treatment` is what factors have here, unless it says otherwise"
    else:
        yield (
            "R sets them for all factors, a spec for each: "
            f"`column f: factor, contrast={scheme}`"
        )
    ordered = schemes.get("ordered")
    if ordered == "poly":
        yield "`poly` is what ordered factors have here"
    elif ordered is not None:
        yield f"an ordered one: `column f: ordered(a, b, c), contrast={ordered}`"


__all__ = ["SETTERS", "contrasts_set", "other_options"]

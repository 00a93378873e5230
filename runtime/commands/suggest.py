"""``varying suggest``: families for a response, and a spec to start from."""

from __future__ import annotations

import os
from pathlib import Path

from ..interface.arguments import ArgumentError
from .criticism import shown
from .plot import refuse
from .terminal import note
from .usage import typed


def run(
    data: str,
    response: str,
    by: str | None,
    top: float | None,
    trials: str | None,
    compare: bool,
    draws: int | None,
    seed: int | None,
    out: str | None,
    form: str,
    quiet: bool,
) -> None:
    """Print the families with their reasons, and the spec; fit them if asked to."""
    from ..suggest.suggestion import suggest

    if not compare and (draws is not None or seed is not None):
        refuse("--draws and --seed are of the fits that --compare makes")
    try:
        found = suggest(data, response, by=by, top=top, trials=trials)
    except ArgumentError as error:
        refuse(typed(str(error)))
    if out is not None:
        path = Path(out)
        if path.exists():
            refuse(f"{out} is there already: name another file")
        path.write_text(_from(found.all_specs, data, path), "utf-8")
    if not (compare and form == "json"):
        shown(lambda: found, form)
    if out is not None and not quiet:
        note(f"wrote {out}")
    if compare:
        shown(lambda: found.compare(draws=draws, seed=seed, progress=not quiet), form)


def _from(spec: str, data: str, path: Path) -> str:
    """Return a spec with the path of its data as seen from its own folder."""
    there = data if os.path.isabs(data) else os.path.relpath(data, path.parent)
    quoted = there.replace("\\", "\\\\").replace('"', '\\"')
    first, rest = spec.split("\n", 1)
    option = ', decimal=","' if first.endswith(', decimal=","') else ""
    return f'data "{quoted}"{option}\n{rest}'

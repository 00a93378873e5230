"""``varying prior``: what the priors claim of the data."""

from __future__ import annotations

from .plot import check_picture, write
from .show import compiled
from .terminal import answer, answer_json, note


def run(
    file: str,
    data: str | None,
    model: str | None,
    draws: int,
    seed: int | None,
    out: str | None,
    form: str,
) -> None:
    """Print the sentences, and write the picture if one is asked for."""
    if out is not None:
        check_picture(out)
    check = compiled(file, data, model).prior_check(draws=draws, seed=seed)
    answer_json(check.to_dict()) if form == "json" else answer(check)
    note(f"{draws} prior data sets, seed {check.seed}")
    if out is not None:
        write(check.plot(), out)

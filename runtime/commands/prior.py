"""``varying prior``: what the priors claim of the data."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..interface.arguments import ArgumentError
from .plot import check_picture, refuse, write
from .show import compiled
from .terminal import answer, answer_json, note
from .uncensored import say_uncensored
from .usage import typed

if TYPE_CHECKING:
    from ..look.prior_check import PriorCheck
    from ..model import Model


def run(
    file: str,
    data: str | None,
    model: str | None,
    draws: int,
    seed: int | None,
    out: str | None,
    form: str,
    response: str | None,
) -> None:
    """Print the sentences, and write the picture if one is asked for.

    Of several responses all in turn, unless one is named; in JSON they are a list.
    """
    if out is not None:
        check_picture(out)
    found = compiled(file, data, model)
    names = () if found.compiled is None else found.compiled.joint.responses
    in_turn = response is None and len(names) > 1
    if in_turn and out is not None:
        listed = ", ".join(map(repr, names))
        refuse(f"a picture is of one response: choose one by --response: {listed}")
    wanted = names if in_turn else (response,)
    checks = _checks(found, draws, seed, wanted)
    if form == "json":
        plain = [check.to_dict() for check in checks]
        answer_json(plain if in_turn else plain[0])
    else:
        for name, check in zip(wanted, checks, strict=True):
            if in_turn:
                answer(f"{name}:")
            answer(check)
    if found.compiled is not None:
        say_uncensored(found.compiled, response, "prior data sets")
    note(f"{draws} prior data sets, seed {checks[0].seed}")
    if out is not None:
        write(checks[0].plot(), out)


def _checks(
    model: Model, draws: int, seed: int | None, wanted: tuple[str | None, ...]
) -> list[PriorCheck]:
    """Return what the priors claim of each response, in the same data sets."""
    checks: list[PriorCheck] = []
    for name in wanted:
        try:
            checks.append(model.prior_check(draws=draws, seed=seed, response=name))
        except ArgumentError as error:
            refuse(typed(str(error)))
        seed = checks[0].seed
    return checks

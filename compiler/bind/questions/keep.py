"""Binding ``keep``: what is stored for each row beside the parameters."""

from __future__ import annotations

from collections.abc import Collection

from varying.grammar.diagnostics import Sink, did_you_mean
from varying.grammar.tree import KeepStatement, ModelStatement, Spec

from ...families.family import Family
from ..question import KEEPS, Keep


def bind_keep(
    spec: Spec,
    model: ModelStatement,
    family: Family | None,
    inner: Collection[str],
    sink: Sink,
) -> tuple[Keep, ...]:
    """Return what a model keeps, in the order of ``KEEPS``.

    ``eta`` is the linear predictor, ``mu`` the mean of the response, ``prob`` the
    probability of each category, or of each answer of ``rt | dec(answer)``.

    Parameters
    ----------
    spec, model, family
        The statements, and what they are about.
    inner
        The parameters of a formula that is not linear.
    sink
        Takes the faults.
    """
    kept: set[Keep] = set()
    for statement in (*spec.statements, *model.body):
        if not isinstance(statement, KeepStatement):
            continue
        for name in statement.names:
            found = next((one for one in KEEPS if one == name.text), None)
            if found is None:
                notes, fix = did_you_mean(name.text, KEEPS, name.span, "it takes")
                message = f"`keep` cannot keep `{name.text}`"
                sink.add("unknown-target", name.span, message, *notes, fix=fix)
                continue
            fault = None if family is None else _fault(found, family)
            if found in inner:
                fault = (
                    f"`keep {found}`: `{found}` is a parameter of the formula here",
                    f'`fit.predict("eta", dpar="{found}")` has it for each row; '
                    "`keep mu` keeps the mean of the response",
                )
            if fault is None:
                kept.add(found)
            else:
                sink.add("no-such-scale", name.span, *fault)
    return tuple(one for one in KEEPS if one in kept)


def _fault(kept: Keep, family: Family) -> tuple[str, str] | None:
    """Return what to say where a family does not have it."""
    if kept == "mu" and (family.of_categories or family.has_categories):
        return (
            f"`keep mu`: {family.shown} has categories, and no mean of them",
            "`keep prob` keeps the probability of each",
        )
    if kept == "eta" and family.mains:
        names = ", ".join(f"`{one.name}`" for one in family.mains)
        return (
            f"`keep eta`: {family.shown} has several predictors, {names}",
            "`keep prob` keeps what they make: the probability of each category",
        )
    if kept == "prob" and not (
        family.of_categories
        or family.has_categories
        or family.response == "binary"
        or family.answers is not None
    ):
        return (
            f"`keep prob`: {family.shown} has no categories",
            "`keep mu` keeps the mean of the response",
        )
    return None

"""Binding ``icc(group)`` and ``r2()``: shares of variance in quantities and tests."""

from __future__ import annotations

from varying.grammar.diagnostics import Sink, did_you_mean
from varying.grammar.printer import expression_text, name_text
from varying.grammar.tree import Call, Name
from varying.grammar.walk import unwrap

from ...data.levels import numbers_of
from ...families.family import Family
from ..question import Reference
from .scope import Scope

__all__ = ["LATENT_VARIANCE", "MODELLED_VARIANCE", "SHARES", "bind_share"]

#: The functions.
SHARES = ("icc", "r2")
_REAL, _SHARE = ("identity",), ("logit", "probit", "cloglog", "loglog")
#: Families with a residual variance on the scale of the linear predictor, and the links
#: under which they have it.
LATENT_VARIANCE = {
    **dict.fromkeys(("gaussian", "student", "lognormal"), _REAL),
    **dict.fromkeys(("bernoulli", "binomial"), _SHARE),
    "ordlogit": ("logit",),
    "ordprobit": ("probit",),
}
#: Families whose variance is known as a function of their parameters.
MODELLED_VARIANCE = frozenset(
    (
        "gaussian student lognormal gamma exponential beta bernoulli binomial poisson "
        "negbinomial geometric"
    ).split()
)


def bind_share(node: Call, scope: Scope, sink: Sink) -> Reference | None:
    """Return what ``icc(subj)`` or ``r2()`` refers to; None: a fault."""
    name = node.function.text
    if len(scope.families) > 1:
        sink.add(
            "invalid-quantity",
            node.span,
            f"`{name}()` is of one response, and the model has several",
            "fit the responses one by one",
        )
        return None
    ((response, family),) = scope.families.items()
    if scope.truncated:
        _none(node, "the variance of a truncated response is not computed", sink)
        return None
    words = [unwrap(argument.value) for argument in node.arguments]
    texts = [word.text if isinstance(word, Name) else "" for word in words]
    if any(argument.keyword is not None for argument in node.arguments):
        texts = [""]
    if name == "icc":
        return _icc(node, texts, family, scope, sink)
    if texts not in ([], ["conditional"], ["marginal"]):
        sink.add(
            "invalid-argument",
            node.span,
            f"`{expression_text(node)}` is no share of variance",
            "`r2()` is that of all effects, `r2(marginal)` that of the population part",
        )
        return None
    categories = scope.categories.get(response) or ()
    if family is not None and family.response == "ordinal":
        if numbers_of(categories) is None:
            _none(node, "categories that are no numbers have no variance", sink)
            return None
    elif family is not None and family.name not in MODELLED_VARIANCE:
        _none(node, f"the residual variance of {family.name} is not computed", sink)
        return None
    return Reference(expression_text(node), "r2", group="".join(texts))


def _icc(
    node: Call, texts: list[str], family: Family | None, scope: Scope, sink: Sink
) -> Reference | None:
    groupings = (
        {one.name: one for one in scope.parts[""][1]} if "" in scope.parts else {}
    )
    if len(texts) != 1 or texts[0] not in groupings:
        written = texts[0] if len(texts) == 1 else ""
        known = [f"`icc({name_text(name)})`" for name in groupings]
        notes, fix = did_you_mean(written, tuple(groupings), node.span, "its groups")
        if len(texts) != 1 or not written:
            notes = (f"written {' or '.join(known)}",) if known else notes
        message = f"`{expression_text(node)}` names no grouping factor of the model"
        sink.add("unknown-target", node.span, message, *notes)
        return None
    link = next(iter(scope.links.values()))
    known_links = () if family is None else LATENT_VARIANCE.get(family.name, ())
    if family is not None and link is not None and link not in known_links:
        of_link = f"the {link} link of {family.name} has no residual variance"
        _none(node, of_link, sink)
        return None
    if any(one.by is not None or not one.plain for one in groupings.values()):
        _none(node, "groups with `by=` or a t distribution have no one variance", sink)
        return None
    return Reference(expression_text(node), "icc", group=texts[0])


def _none(node: Call, why: str, sink: Sink) -> None:
    message = f"there is no `{expression_text(node)}` here: {why}"
    sink.add("no-such-scale", node.span, message)

"""Binding ``icc(group)`` and ``r2()``: shares of variance in quantities and tests."""

from __future__ import annotations

from varying.grammar.diagnostics import Sink, did_you_mean
from varying.grammar.printer import expression_text, name_text
from varying.grammar.tree import Argument, Call, Name, String
from varying.grammar.walk import unwrap

from ...data.levels import numbers_of
from ..question import Reference
from .scope import Scope

__all__ = ["LATENT_VARIANCE", "MODELLED_VARIANCE", "SHARES", "bind_share"]

#: The functions.
SHARES = ("icc", "r2")
_REAL, _SHARE = ("identity",), ("logit", "probit", "cloglog", "loglog")
#: Families with a residual variance on the scale of the linear predictor, and the links
#: under which they have it.
LATENT_VARIANCE = {
    **dict.fromkeys(
        (
            "gaussian student lognormal shifted_lognormal skew_normal laplace "
            "asymmetric_laplace exgaussian gumbel"
        ).split(),
        _REAL,
    ),
    **dict.fromkeys(("gamma", "exponential", "weibull", "frechet"), ("log",)),
    **dict.fromkeys(("bernoulli", "binomial"), _SHARE),
    "ordlogit": ("logit",),
    "ordprobit": ("probit",),
}
#: Families whose variance is known as a function of their parameters.
MODELLED_VARIANCE = frozenset(
    (
        "gaussian student lognormal gamma exponential beta bernoulli binomial poisson "
        "negbinomial geometric skew_normal laplace asymmetric_laplace exgaussian "
        "gumbel shifted_lognormal inverse_gaussian weibull frechet beta_binomial "
        "zero_inflated_poisson zero_inflated_negbinomial"
    ).split()
)


def bind_share(node: Call, scope: Scope, sink: Sink) -> Reference | None:
    """Return what ``icc(subj)`` or ``r2()`` refers to; None: a fault."""
    name = node.function.text
    response = _response(node, scope, sink)
    if response is None:
        return None
    family = scope.families[response]
    if scope.truncated:
        _none(node, "the variance of a truncated response is not computed", sink)
        return None
    given = [one for one in node.arguments if not _is_choice(one)]
    words = [unwrap(argument.value) for argument in given]
    texts = [word.text if isinstance(word, Name) else "" for word in words]
    if any(argument.keyword is not None for argument in given):
        texts = [""]
    if name == "icc":
        return _icc(node, texts, response, scope, sink)
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
        _none(node, f"the residual variance of {family.shown} is not computed", sink)
        return None
    return Reference(expression_text(node), "r2", response, "".join(texts))


def _is_choice(argument: Argument) -> bool:
    return argument.keyword is not None and argument.keyword.text == "response"


def _response(node: Call, scope: Scope, sink: Sink) -> str | None:
    """Return the response that is meant, an empty name if there is one; None: a fault.

    Written as in questions: ``icc(subj, response=y1)``.
    """
    names = tuple(scope.families)
    chosen = [unwrap(one.value) for one in node.arguments if _is_choice(one)]
    texts = [one.text for one in chosen if isinstance(one, Name | String)]
    if names == ("",) and not chosen:
        return ""
    if len(chosen) == 1 and texts and texts[0] in names:
        return texts[0]
    if names == ("",):
        message = "the model has one response: leave out `response`"
        sink.add("invalid-argument", node.span, message)
        return None
    written = texts[0] if texts else ""
    notes, _ = did_you_mean(written, names, node.span, "its responses are")
    if not chosen:
        message = f"`{node.function.text}()` is of one response of several"
        inner = "".join(f"{expression_text(one.value)}, " for one in node.arguments)
        each = [
            f"`{node.function.text}({inner}response={name_text(n)})`" for n in names
        ]
        notes = (f"written {' or '.join(each)}",)
    else:
        message = f"the model has no response `{written}`"
    sink.add("invalid-argument", node.span, message, *notes)
    return None


def _icc(
    node: Call, texts: list[str], response: str, scope: Scope, sink: Sink
) -> Reference | None:
    family, link = scope.families[response], scope.links[response]
    if family is not None and family.mains:
        kind = family.name.partition("(")[0]
        _none(node, f"{kind} has several linear predictors, each with effects", sink)
        return None
    parts = scope.parts
    groupings = (
        {one.name: one for one in parts[response][1]} if response in parts else {}
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
    known_links = () if family is None else LATENT_VARIANCE.get(family.name, ())
    if family is not None and link is not None and link not in known_links:
        of_link = f"the {link} link of {family.shown} has no residual variance"
        _none(node, of_link, sink)
        return None
    if any(one.membership and one.relation for one in groupings.values()):
        _none(node, "related levels of which rows have several: no one variance", sink)
        return None
    return Reference(expression_text(node), "icc", response, texts[0])


def _none(node: Call, why: str, sink: Sink) -> None:
    message = f"there is no `{expression_text(node)}` here: {why}"
    sink.add("no-such-scale", node.span, message)

"""The table of links: from the parameter's scale to the linear predictor's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Link:
    """A link function ``eta = g(parameter)``.

    Attributes
    ----------
    name
        As written in ``link=``.
    formula, inverse
        The function and its inverse, for people.
    domain
        Where the parameter lives.
    scale
        Spread of the latent distribution relative to the logistic's
        (interquartile ranges); 1 for links that have none. Default priors use
        it for links that are distribution functions.
    """

    name: str
    formula: str
    inverse: str
    domain: str
    scale: float = 1.0


_TABLE = (
    Link("identity", "mu", "eta", "real"),
    Link("log", "log(mu)", "exp(eta)", "positive"),
    Link("logm1", "log(nu - 1)", "1 + exp(eta)", "above 1"),
    Link("inverse", "1/mu", "1/eta", "nonzero"),
    Link("sqrt", "sqrt(mu)", "eta^2", "positive"),
    Link("logit", "log(p/(1 - p))", "1/(1 + exp(-eta))", "unit interval"),
    Link("probit", "Phi^-1(p)", "Phi(eta)", "unit interval", 0.6139),
    Link("cloglog", "log(-log(1 - p))", "1 - exp(-exp(eta))", "unit interval", 0.7157),
    Link("loglog", "-log(-log(p))", "exp(-exp(-eta))", "unit interval", 0.7157),
    Link("cauchit", "tan(pi (p - 1/2))", "1/2 + atan(eta)/pi", "unit interval", 0.9102),
)

LINKS: dict[str, Link] = {link.name: link for link in _TABLE}

"""What a parameter is in terms of its linear predictor, by link."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..program.expressions import Apply, Const, ProgramExpr

Inverse = Callable[[ProgramExpr], ProgramExpr]


def _call(name: str) -> Inverse:
    return lambda eta: Apply(name, (eta,))


def _over(number: float, eta: ProgramExpr) -> ProgramExpr:
    return Apply("/", (Const(number), eta))


def _minus(eta: ProgramExpr) -> ProgramExpr:
    return Apply("neg", (eta,))


def _itself(eta: ProgramExpr) -> ProgramExpr:
    return eta


def _exp(eta: ProgramExpr) -> ProgramExpr:
    return Apply("exp", (eta,))


#: The parameter.
INVERSES: Mapping[str, Inverse] = {
    "identity": _itself,
    "log": _exp,
    "logm1": lambda eta: Apply("+", (Const(1.0), _exp(eta))),
    "inverse": lambda eta: _over(1.0, eta),
    "1/mu^2": lambda eta: _over(1.0, Apply("sqrt", (eta,))),
    "sqrt": lambda eta: Apply("*", (eta, eta)),
    "softplus": _call("softplus"),
    "squareplus": _call("squareplus"),
    "log1p": _call("expm1"),
    "logit": _call("inv_logit"),
    "probit": _call("Phi"),
    "cloglog": lambda eta: _minus(Apply("expm1", (_minus(_exp(eta)),))),
    "loglog": lambda eta: _exp(_minus(_exp(_minus(eta)))),
    "cauchit": _call("cauchit"),
}

#: The log of a parameter above 0.
_LOGS: Mapping[str, Inverse] = {
    "log": _itself,
    "identity": _call("log"),
    "inverse": lambda eta: _minus(Apply("log", (eta,))),
    "1/mu^2": lambda eta: Apply("*", (Const(-0.5), Apply("log", (eta,)))),
    "sqrt": lambda eta: Apply("*", (Const(2.0), Apply("log", (eta,)))),
    "softplus": _call("log_softplus"),
    "squareplus": _call("log_squareplus"),
    "log1p": lambda eta: Apply("log", (Apply("expm1", (eta,)),)),
}

#: The logit of a share.
_LOGITS: Mapping[str, Inverse] = {
    "logit": _itself,
    **{name: _call(f"{name}_logit") for name in ("probit", "cloglog", "loglog")},
    **{name: _call(f"{name}_logit") for name in ("cauchit", "log")},
    "identity": _call("logit"),
}

#: By the link that a density is written on: what it is given, by the link of the model.
WRITTEN: Mapping[str, Mapping[str, Inverse]] = {
    "identity": INVERSES,
    "log": _LOGS,
    "logit": _LOGITS,
    "tan_half": {"tan_half": _itself},
}

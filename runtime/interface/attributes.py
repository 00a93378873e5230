"""Attributes that an object does not have: what was meant."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from varying.grammar.diagnostics import nearest
from varying.grammar.render.safe import visible

__all__ = ["NearestNames"]

#: What other packages call what is asked of a fit or a model, by what it is here.
_ELSEWHERE: Mapping[str, str] = {
    **dict.fromkeys(
        ("posterior", "sample_stats", "observed_data", "posterior_predictive", "prior"),
        'fit.data["{}"]',
    ),
    **dict.fromkeys(("fixef", "ranef", "coef", "params", "conf_int"), "fit.summary()"),
    **dict.fromkeys(("pp_check", "plot_ppc"), 'fit.plot("ppc")'),
    **dict.fromkeys(("plot_trace", "mcmc_plot", "traceplot"), 'fit.plot("trace")'),
    **dict.fromkeys(
        ("posterior_predict", "posterior_epred", "fitted", "sample_posterior"),
        "fit.predict()",
    ),
    **dict.fromkeys(("sample", "update", "run"), "model.fit()"),
    "waic": "fit.loo()",
}


class NearestNames:
    """An object that offers the nearest name in place of one that it has not."""

    __slots__ = ()

    if not TYPE_CHECKING:  # which would take any name for one that is there

        def __getattr__(self, name: str) -> object:
            kind = type(self).__name__
            message = f"a {kind} has no attribute `{visible(name)}`"
            if not name.startswith("_"):
                known = [one for one in dir(self) if not one.startswith("_")]
                close = nearest(name, known, 1)
                there = _ELSEWHERE.get(name, "").format(name)
                if there.startswith(f"{kind.lower()}."):
                    message += f": that is `{there}`"
                elif close:
                    message += f"; did you mean `{close[0]}`?"
                else:
                    message += f"; it has {', '.join(known)}"
            # with no object, so that Python does not say it again
            raise AttributeError(message, name=name, obj=None)

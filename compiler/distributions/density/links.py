"""What links need beside arithmetic, each written once and read four ways.

A family whose parameter is a mean above 0 is given its log, one of a share its logit:
``log_*`` and ``*_logit`` are what the predictor of another link is there. Both tails
are exact: the log of one minus a probability is never taken of one minus it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

#: Predictors of a complementary log-log link are cut here: their exponential is a
#: number.
_LARGEST = 700.0
#: Below it an exponential is so small that a log of a sum has one term.
_SMALLEST = -30.0


def _softplus(m: Any, x: Any) -> Any:
    return -m.log_sigmoid(-x)


def _log_softplus(m: Any, x: Any) -> Any:
    return m.choose(
        x < _SMALLEST,
        lambda low: low - 0.5 * m.exp(low),
        lambda high: m.log(-m.log_sigmoid(-high)),
        x,
        (_SMALLEST, 0.0),
    )


def _squareplus(m: Any, x: Any) -> Any:
    return m.choose(
        x < 0.0,
        lambda low: 2.0 / (m.sqrt(low * low + 4.0) - low),
        lambda high: 0.5 * (m.sqrt(high * high + 4.0) + high),
        x,
        (0.0, 0.0),
    )


def _log_squareplus(m: Any, x: Any) -> Any:
    return m.log(_squareplus(m, x))


def _cauchit(m: Any, x: Any) -> Any:
    return m.choose(
        x < -1.0,
        lambda low: m.arctan(-1.0 / low) / math.pi,
        lambda high: 0.5 + m.arctan(high) / math.pi,
        x,
        (-1.0, 0.0),
    )


def _probit_logit(m: Any, x: Any) -> Any:
    return m.log_ndtr(x) - m.log_ndtr(-x)


def _cloglog_logit(m: Any, x: Any) -> Any:
    def far(high: Any) -> Any:
        hazard = m.exp(m.where(high < _LARGEST, high, _LARGEST))
        return hazard + m.log1mexp(hazard)

    return m.choose(
        x < _SMALLEST, lambda low: low + 0.5 * m.exp(low), far, x, (_SMALLEST, 0.0)
    )


def _loglog_logit(m: Any, x: Any) -> Any:
    return -_cloglog_logit(m, -x)


def _cauchit_logit(m: Any, x: Any) -> Any:
    return m.log(_cauchit(m, x)) - m.log(_cauchit(m, -x))


def _log_logit(m: Any, x: Any) -> Any:
    return x - m.log1mexp(-x)


#: By operation of programs: the function of one number, and what it is.
LINKING: Mapping[str, tuple[Callable[[Any, Any], Any], str]] = {
    "softplus": (_softplus, "Log of 1 + exp(x)"),
    "log_softplus": (_log_softplus, "Log of log(1 + exp(x))"),
    "squareplus": (_squareplus, "Half of x + sqrt(x^2 + 4)"),
    "log_squareplus": (_log_squareplus, "Log of half of x + sqrt(x^2 + 4)"),
    "cauchit": (_cauchit, "Distribution function of the Cauchy distribution"),
    "probit_logit": (_probit_logit, "Logit of the normal distribution function"),
    "cloglog_logit": (_cloglog_logit, "Logit of 1 - exp(-exp(x))"),
    "loglog_logit": (_loglog_logit, "Logit of exp(-exp(-x))"),
    "cauchit_logit": (_cauchit_logit, "Logit of the Cauchy distribution function"),
    "log_logit": (_log_logit, "Logit of exp(x), for numbers below 0"),
}

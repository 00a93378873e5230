"""What other packages call things that are called otherwise, or are not there yet.

Tables of data: for a function, a term, something beside the response or a link, what
to write in its place, or until it is compiled.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from varying.grammar.diagnostics import Fix, Sink
from varying.grammar.printer import expression_text
from varying.grammar.tree import Call, Chain, Expr, Name, String

SMOOTH = "until then: `s(x)` is a smooth curve that bends as much as the data say"
CATEGORIES = (
    "effects of a category belong to `sratio` and `acat`; in a cumulative model, such "
    "as `ordlogit`, they could make probabilities negative"
)
_RESIDUALS = (
    "residuals that depend on each other are not compiled by this version",
    "what comes nearest is another model, with the value before as a predictor: "
    "`lag(y, by=g, order=t)`",
)
_SPACE = ("correlations in space are not compiled by this version",)
_NUMPY = ("np.", "numpy.", "math.", "pt.", "pm.math.", "base::", "stats.")

#: What is said of brms's `a1 + a2 ~ 1`.
NON_LINEAR = (
    "parameters of a formula of one's own belong to models that are not linear: "
    "`y ~ a * exp(-k * t), nl=true` with `a + k ~ 1` indented below it"
)

#: What a group term takes that is not compiled.
GROUPS_UNTIL_THEN: Mapping[str, tuple[str, ...]] = {}

#: What stands beside a response and is not compiled.
RESPONSES_UNTIL_THEN: Mapping[str, tuple[str, ...]] = {
    "mi": (
        "until then, leave it out: rows without a response are left out and counted "
        "(`rows-dropped`)",
    ),
    "cat": ("its categories are declared: `column y: ordered(1..5)`",),
    "index": ("it numbers the rows for `mi()`, which is not compiled either",),
}

#: Functions of other packages, and what to write.
FUNCTIONS_ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    "c": ("a list is written `[1, 2, 3]`",),
    "cbind": (
        "a list of lists is written `[[1, 0], [0, 1]]`",
        "as a response it is `cbind(successes, failures)`, for `family=binomial`",
    ),
    "matrix": ("a matrix of contrasts is a list of rows, one a level: `[[1], [-1]]`",),
    "Intercept": ("the intercept is `1`; it is there unless the formula says `0 +`",),
    "as.numeric": ("declare it: `column x: numeric`",),
    "as.integer": ("declare it: `column x: integer`",),
    "as.logical": ("declare it: `column x: logical`",),
    "as.character": ("declare it: `column x: text`",),
    "ordered": ("declare it: `column x: ordered(low, high)`",),
    "as.ordered": ("declare it: `column x: ordered(low, high)`",),
    "interaction": ("the cells of two factors are `a:b`",),
    "paste": ("the cells of two factors are `a:b`",),
    "paste0": ("the cells of two factors are `a:b`",),
    "pmin": ("write `ifelse(a < b, a, b)`",),
    "pmax": ("write `ifelse(a > b, a, b)`",),
    "where": ("write `ifelse(test, yes, no)`",),
    "case_when": ("write `ifelse(test, yes, no)`, one inside the other",),
    "sd": ("`scale(x)` divides by the standard deviation",),
    "rcs": ("natural cubic splines are `ns(x, df=3)`; penalised ones `s(x)`",),
    "cr": (
        "natural cubic splines are `ns(x, df=3)`",
        "cubic regression splines whose bends are penalised are `s(x, bs=cr)`",
    ),
    "cc": ("cyclic splines are `s(x, bs=cc)`",),
    "te": ("until then: `ns(x, df=3)*ns(z, df=3)`",),
    "ti": ("until then: `ns(x, df=3):ns(z, df=3)`",),
    "hsgp": (SMOOTH,),
    "lo": (SMOOTH,),
    **dict.fromkeys(("ar", "ma", "arma", "cosy", "unstr", "ar1", "ou"), _RESIDUALS),
    **dict.fromkeys(("sar", "car", "fcor", "gmrf", "mat", "toep"), _SPACE),
    "cse": ("it is called `cs()`", CATEGORIES),
    "dummy": ('write `ifelse(f == "level", 1, 0)`',),
    "mmc": ("slopes that differ between the columns of `mm()` are not compiled",),
    "Error": (
        "strata of an analysis of variance are group terms: `Error(subj/a)` is "
        "`(1 | subj) + (1 | subj:a)`",
        "of a stratum with one row a cell, the residual is all there is: leave it out",
    ),
    "us": ("`us(1 + x | g)` is `(1 + x | g)`",),
    "diag": ("`diag(1 + x | g)` is `(1 + x || g)`",),
    "zerocorr": ("`zerocorr(1 + x | g)` is `(1 + x || g)`",),
    "power": ("write `I(x^2)`",),
    "pow": ("write `I(x^2)`",),
    "square": ("write `I(x^2)`",),
    "zscore": ("write `scale(x)`, which divides by the standard deviation of n - 1",),
    "diff": ("write `x - lag(x, by=g)`",),
    "lead": ("`lag(x, by=g, order=t)` goes backwards only",),
    "shift": ("write `lag(x, by=g, order=t)`",),
    "is.na": ("rows without a value are left out by themselves, and counted",),
    "median": ("`center(x)` subtracts the mean",),
    **dict.fromkeys(
        ("random", "re", "cluster", "frailty", "group", "groups", "fe", "vc"),
        ("a group term is `(1 | g)`",),
    ),
    **dict.fromkeys(
        "normal dnorm gaussian Normal dpois poisson dbinom binomial bernoulli dbern "
        "student_t lognormal gamma beta exponential ordered_logistic "
        "ordered_logit dordlogit cumulative pm.Normal".split(),
        (
            "right of `~` stands what explains the response; its distribution is an "
            "option: `y ~ x, family=gaussian`",
        ),
    ),
    "contr.sum": ("write `C(x, sum)`",),
    "trials": ("it stands beside the response: `y | trials(n)`",),
    "weights": ("it stands beside the response: `y | weights(w)`",),
    "rate": ("it stands beside the response: `y | rate(t)`",),
    "exposure": ("it stands beside the response: `y | rate(t)`",),
    "Surv": (
        "it stands beside the response: `time | cens(1 - event)`, with 1 for times at "
        "which nothing had happened yet",
    ),
    "censored": ("it stands beside the response: `y | cens(status)`",),
    "truncated": ("it stands beside the response: `y | trunc(lb=0, ub=10)`",),
    "constrained": ("it stands beside the response: `y | trunc(lb=0, ub=10)`",),
    "weighted": ("it stands beside the response: `y | weights(w)`",),
}

#: Those of them that are planned: they are not unknown, and not compiled yet.
PLANNED_ELSEWHERE = frozenset(
    "hsgp lo te ti ar ma arma cosy unstr ar1 ou "
    "sar car fcor gmrf mat toep cse mmc".split()
)

#: Functions that are called otherwise and take the same.
SAME_FUNCTION: Mapping[str, str] = {
    "ln": "log",
    "qlogis": "logit",
    **dict.fromkeys(("plogis", "expit", "sigmoid", "inv.logit"), "inv_logit"),
    **dict.fromkeys(("pnorm", "normcdf", "inv_probit"), "Phi"),
    "as.factor": "factor",
    "if_else": "ifelse",
    "ceiling": "ceil",
    "fct_relevel": "relevel",
    "fabs": "abs",
    "standardise": "standardize",
    "centre": "center",
    "monotonic": "mo",
    "mono": "mo",
}

#: Methods of pandas' columns, and what is written of a column.
_METHODS: Mapping[str, str] = {
    "mean": "mean({0})",
    "min": "min({0})",
    "max": "max({0})",
    "shift": "lag({0})",
    "rank": "rank({0})",
    "std": "scale({0})",
    "abs": "abs({0})",
    "round": "round({0})",
    "astype": "factor({0})",
}


def names_joined(node: Expr) -> tuple[str, ...]:
    """Return the names in ``a1 + a2``; none where it is anything else."""
    if not isinstance(node, Chain) or set(node.operators) != {"+"}:
        return ()
    names = [one.text for one in node.operands if isinstance(one, Name)]
    return tuple(names) if len(names) == len(node.operands) else ()


#: Covariances of group effects, as glmmTMB and lme4 name them.
_STRUCTURES = frozenset(
    "us diag zerocorr homdiag cs homcs ar1 hetar1 ou toep homtoep rr gau mat".split()
)


def _report_dummy(node: Call, columns: Collection[str], sink: Sink) -> bool:
    """Report ``dummy(f, "a")`` of lme4; whether it is one that names a level."""
    given = [argument.value for argument in node.arguments]
    if "dummy" in columns or len(given) != 2 or not isinstance(given[1], String):
        return False
    written = (
        f"ifelse({expression_text(given[0])} == {expression_text(given[1])}, 1, 0)"
    )
    sink.add(
        "unknown-function",
        node.function.span,
        "there is no function `dummy`",
        f"written `{written}`",
        fix=Fix.write(node.span, written, safe=True),
    )
    return True


def report_structure(node: Call, columns: Collection[str], sink: Sink) -> bool:
    """Report ``us(1 + x | g)`` and ``diag(...)`` of glmmTMB; whether it is one."""
    name = node.function.text
    if name == "dummy" and _report_dummy(node, columns, sink):
        return True
    if name not in _STRUCTURES or name in columns or not node.arguments:
        return False
    inner = node.arguments[0].value
    if not isinstance(inner, Chain) or inner.operators != ("|",):
        return False
    effects, group = map(expression_text, inner.operands)
    if name not in ("us", "diag", "zerocorr") or len(node.arguments) > 1:
        sink.add(
            "not-yet",
            node.function.span,
            f"the structure `{name}()` of group effects is not compiled by this "
            "version",
            f"until then: `({effects} | {group})`, all of whose correlations are free, "
            f"or `({effects} || {group})` without them",
        )
        return True
    written = f"({effects} {'|' if name == 'us' else '||'} {group})"
    sink.add(
        "unknown-function",
        node.function.span,
        f"the term `{name}(...)` is written `{written}`",
        fix=Fix.write(node.span, written, safe=True),
    )
    return True


def report_elsewhere(name: Name, known: Mapping[str, object], sink: Sink) -> bool:
    """Report a function that another package calls so; whether it is one.

    Parameters
    ----------
    name
        As it is called.
    known
        The functions that there are.
    sink
        Takes the fault.
    """
    text = name.text
    message = f"there is no function `{text}`"
    of, dot, method = text.rpartition(".")
    if dot and method in _METHODS and f"{of}." not in _NUMPY:
        note = f"a method of pandas is written `{_METHODS[method].format(of)}` here"
        sink.add("unknown-function", name.span, message, note)
        return True
    prefix = next((prefix for prefix in _NUMPY if text.startswith(prefix)), "")
    bare = text.removeprefix(prefix)
    better = SAME_FUNCTION.get(bare, bare if prefix else "")
    if better in known:
        fix = Fix.write(name.span, better, safe=True)
        note = f"it is called `{better}` here"
        sink.add("unknown-function", name.span, message, note, fix=fix)
        return True
    if bare not in FUNCTIONS_ELSEWHERE:
        return False
    rule = "unknown-function"
    if bare in PLANNED_ELSEWHERE:
        rule, message = "not-yet", f"`{text}()` is not compiled by this version"
    sink.add(rule, name.span, message, *FUNCTIONS_ELSEWHERE[bare])
    return True

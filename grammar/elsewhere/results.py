"""What other packages compute from a fit, and the statement or verb that does it here.

The calls of emmeans, marginaleffects, brms, bayesplot and lme4; a call whose arguments
say what is meant is answered by the statement itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import regex

from .code import Called, called

__all__ = ["RESULTS", "statement_for", "statement_of"]

_ASK = 'in the spec, or of a fit: `varying ask FIT "..."`'

#: What is said of a call, by its name.
RESULTS: Mapping[str, str] = {
    **dict.fromkeys(
        "emmeans lsmeans emmip ref_grid".split(),
        f"means of cells are `means block*cs`, {_ASK}",
    ),
    **dict.fromkeys(
        "contrast eff_size joint_tests".split(),
        "differences between cells are `contrast block: late - early | cs`, "
        f"`contrast block: pairwise` of all, {_ASK}",
    ),
    "pairs": f"differences between cells are `contrast block: pairwise`, {_ASK}; pairs "
    "of parameters are drawn by `varying plot pairs FIT`",
    **dict.fromkeys(
        "emtrends lstrends slopes avg_slopes marginal_effects marginaleffects "
        "plot_slopes".split(),
        f"slopes are `slope x`, and in each cell `slope x | block`, {_ASK}",
    ),
    **dict.fromkeys(
        "comparisons avg_comparisons plot_comparisons".split(),
        f"comparisons are `contrast block: reference, scale=response`, {_ASK}",
    ),
    **dict.fromkeys(
        "predictions avg_predictions marginal_means".split(),
        f"means of cells are `means block*cs, scale=response`, {_ASK}; of rows, "
        "`varying predict FIT --kind mean`",
    ),
    **dict.fromkeys(
        "conditional_effects marginal_smooths conditional_smooths ggpredict ggeffect "
        "ggemmeans effect allEffects predictorEffects plot_predictions plot_cap "
        "plot_model interact_plot cat_plot".split(),
        "`varying plot effects FIT` draws them; as figures, `means block*cs, "
        f"scale=response`, {_ASK}",
    ),
    **dict.fromkeys(
        "hypothesis bayes_factor linearHypothesis glht".split(),
        "a hypothesis is a line of the spec: `test NAME = b[x] > 0`; a number made of "
        "others, `quantity NAME = b[x] / sigma`",
    ),
    **dict.fromkeys(
        ("pp_check", "pp.check", "plot_ppc", "plot_ppd"),
        "written `varying plot ppc FIT`",
    ),
    "ranef": "effects of single levels are shown by `varying summary FIT --all`",
    "VarCorr": "the rows `sd_GROUP` and `cor_GROUP` of `varying summary FIT`",
    "fixef": "the rows `Intercept` and `b` of `varying summary FIT`",
}


def statement_for(call: Called) -> str | None:
    """Return the statement that a call stands for; None if it does not say."""
    find = _STATEMENTS.get(call.name)
    return None if find is None else find(call)


def statement_of(formula: str) -> str | None:
    """Return the question that a formula of emmeans stands for; None: it is another.

    >>> statement_of("pairwise ~ block | cs")
    'contrast block: pairwise | cs'
    >>> statement_of("means ~ block * cs")
    'means block*cs'
    """
    found = _FORMULA.fullmatch(formula.strip())
    if found is None:
        return None
    verb, left = found["verb"] or "", found["left"] or ""
    cells, options = _crossed(found["cells"]), found["options"] or ""
    by = "" if found["by"] is None else _crossed(found["by"])
    if cells is None or by is None:
        return None
    if left in _SCHEMES or (verb in ("contrast", "pairs") and not left):
        scheme = _SCHEMES.get(left, "pairwise")
        return _line(f"contrast {cells}: {scheme}", by, options)
    if verb in ("slope", "emtrends") and left:
        return _line(f"slope {left}", "*".join(filter(None, (cells, by))), options)
    if verb in ("contrast", "pairs", "slope", "emtrends") or left:
        return None
    return _line(f"means {cells}", by, options)


_NAME = r"(?:[\p{L}_.][\p{L}\p{N}_.]*|`[^`]+`)"
_CELLS = regex.compile(rf"{_NAME}(?:\s*[*:+]\s*{_NAME})*")
_SPLIT = regex.compile(
    rf"(?P<cells>{_CELLS.pattern})(?:\s*\|\s*(?P<by>{_CELLS.pattern}))?"
)


_VERBS = "means|emmeans|lsmeans|contrast|pairs|slope|emtrends"
_FORMULA = regex.compile(
    rf"(?:(?P<verb>{_VERBS})\b\s*)?(?P<left>{_NAME})?\s*~\s*{_SPLIT.pattern}"
    r"\s*(?P<options>,.*)?"
)


def _crossed(text: str) -> str | None:
    """Return factors that are named together, ``a*b``; None for anything else."""
    if not _CELLS.fullmatch(text.strip()):
        return None
    return str(regex.sub(r"\s*[*:+]\s*", "*", text.strip()))


def _vector(text: str) -> str:
    """Return the names of ``c("a", "b")`` or ``["a", "b"]`` crossed."""
    inner = regex.fullmatch(r"(?:c\s*\(|\[|list\s*\()(.*)[\])]", text.strip())
    names = (inner[1] if inner else text).split(",")
    return "*".join(name.strip().strip("\"'") for name in names)


def _specs(call: Called) -> tuple[str, str, str] | None:
    """Return what is compared, the cells and what they are by, of emmeans."""
    given = call.get("specs", 1)
    if given is None:
        return None
    left, tilde, right = given.plain.partition("~")
    if not tilde:
        left, right = "", _vector(given.text)
    by = call.get("by")
    found = _SPLIT.fullmatch(right.strip())
    if found is None:
        return None
    cells, other = _crossed(found["cells"]), found["by"]
    if other is None and by is not None:
        other = _vector(by.text)
    behind = _crossed(other) if other is not None else ""
    return None if cells is None or behind is None else (left.strip(), cells, behind)


def _line(head: str, by: str, options: str = "") -> str:
    return f"{head}{f' | {by}' if by else ''}{options}"


_SCHEMES = {
    "pairwise": "pairwise",
    "revpairwise": "pairwise",
    "trt.vs.ctrl": "reference",
}


def _means(call: Called) -> str | None:
    found = _specs(call)
    if found is None:
        return None
    left, cells, by = found
    if left in _SCHEMES:
        return _line(f"contrast {cells}: {_SCHEMES[left]}", by)
    return _line(f"means {cells}", by) if not left else None


def _of_means(call: Called) -> str | None:
    """Read ``pairs(emmeans(fit, ~ a))`` and ``contrast(emmeans(...), "pairwise")``."""
    inner = called(call.given[0].words) if call.given else None
    if inner is None or inner.name not in ("emmeans", "lsmeans"):
        return None
    method = call.get("method", 1)
    scheme = "pairwise" if call.name == "pairs" or method is None else method.plain
    found = _specs(inner)
    if found is None or scheme not in _SCHEMES:
        return None
    return _line(f"contrast {found[1]}: {_SCHEMES[scheme]}", found[2])


def _trends(call: Called) -> str | None:
    found, var = _specs(call), call.get("var")
    name = None if var is None else _crossed(_vector(var.text))
    if found is None or name is None:
        return None
    behind = "*".join(filter(None, (found[1], found[2])))
    return _line(f"slope {name}", behind)


def _effects(keyword: str, head: str, tail: str = "") -> Callable[[Called], str | None]:
    """Return what reads ``slopes(fit, variables = "x", by = "a")`` and its like."""

    def read(call: Called) -> str | None:
        given, by = call.get(keyword, 1), call.get("by")
        name = None if given is None else _crossed(_vector(given.text))
        behind = "" if by is None or keyword == "by" else _crossed(_vector(by.text))
        if name is None or behind is None or behind in ("TRUE", "FALSE"):
            return None
        return _line(f"{head} {name}{tail}", behind, ", scale=response")

    return read


_STATEMENTS: Mapping[str, Callable[[Called], str | None]] = {
    **dict.fromkeys(("emmeans", "lsmeans"), _means),
    **dict.fromkeys(("pairs", "contrast"), _of_means),
    **dict.fromkeys(("emtrends", "lstrends"), _trends),
    **dict.fromkeys(("slopes", "avg_slopes"), _effects("variables", "slope")),
    **dict.fromkeys(
        ("comparisons", "avg_comparisons"),
        _effects("variables", "contrast", ": reference"),
    ),
    **dict.fromkeys(("predictions", "avg_predictions"), _effects("by", "means")),
    "conditional_effects": _effects("effects", "means"),
    "ggpredict": _effects("terms", "means"),
}

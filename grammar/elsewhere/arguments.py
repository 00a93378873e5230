"""What the arguments of other packages' functions say of a model."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from ..printer import name_text
from .code import Called, Given, Word, called, split, string_of, written
from .draft import ModelDraft
from .priors import of_rstanarm
from .tables import ELSEWHERE, REWRITTEN

#: Ways to fit, or to test, where an argument is called `method`.
_METHODS = frozenset("REML ML logistic KR S LRT PB nested-KR Laplace AGQ".split())
_NOTHING = frozenset(("NULL", "None", "FALSE", "F", "False"))
#: Calls that choose rows of a data frame.
_CHOOSING = frozenset(("subset", "filter", "query", "dropna", "drop_na", "slice"))
_LINK = regex.compile(r"(?:(?:sm\.)?families\.)?links\.(\w+?)(?:Power)?(?:\(\))?")
_OF_FRAME = regex.compile(r"\b(?:df|d|dat|data)(?:\.|\$)(?=[\p{L}_])")
_VARIANCE = regex.compile(r"varIdent\(\s*(?:form\s*=\s*)?~\s*1\s*\|\s*([\w.]+)\s*\)")
_COMPOUND = regex.compile(r"corCompSymm\(.*~\s*1\s*\|\s*([\w.]+)\s*\)")
_DIAGONAL = regex.compile(r"pdDiag\(\s*(?:form\s*=\s*)?~(.*)\)")
#: Families of glmmTMB whose zeros are of a part of their own, by their names here.
_ZEROS = {
    "poisson": "zero_inflated_poisson",
    "nbinom2": "zero_inflated_negbinomial",
    "nbinom1": "zero_inflated_negbinomial",
    "negbinomial": "zero_inflated_negbinomial",
    "binomial": "zero_inflated_binomial",
    "ziGamma": "hurdle_gamma",
}
#: Packages whose weights of a normal response say how precise a row is.
_PRECISIONS = frozenset("R lme4 afex mgcv pymer4 statsmodels".split())
_LEVELS = regex.compile(r"\s*0\s*\+\s*C\(\s*([\p{L}_]\w*)\s*\)\s*")
_NAME = regex.compile(r"[\p{L}.][\w.]*")
_SPREAD = {"gaussian": "sigma", "nbinom2": "shape", "negbinomial": "shape"}


def read_argument(
    given: Given, call: Called | None, where: str, draft: ModelDraft
) -> None:
    """Read an argument by its keyword.

    Parameters
    ----------
    given
        The argument.
    call
        What it is given to; None behind a formula.
    where
        The package of that.
    draft
        Takes what it says.
    """
    keyword = given.keyword or ""
    if keyword == "family":
        read_family(given.words, draft)
    elif keyword in ("link", "threshold") and len(given.words) == 1:
        draft.options[keyword] = given.plain
    elif keyword == "distr":
        draft.options["link"] = given.plain
    elif keyword == "correlation" and _equal(given):
        draft.block(_equal(given))
    elif keyword == "link":
        _links(given, draft)
    elif keyword == "method" and call is not None and call.name == "polr":
        draft.options["link"] = {"logistic": "logit"}.get(given.plain, given.plain)
    elif keyword == "method" and given.plain in _METHODS:
        pass
    elif keyword == "model" and given.text in ("TRUE", "FALSE", "T", "F"):
        pass
    elif keyword == "weights" and (_share(given, draft) or _variances(given, draft)):
        pass
    elif keyword == "weights" and where in _PRECISIONS and given.text not in _NOTHING:
        draft.precisions = _OF_FRAME.sub("", given.text)
    elif where == "rstanarm" and keyword in ("prior", "prior_intercept", "prior_aux"):
        draft.by_keyword.append((keyword, given))
    elif keyword in ("prior", "priors"):
        if given.text not in ("None", "NULL"):
            draft.given_priors.append(given.words)
    elif keyword == "random":
        _random(given, draft)
    elif keyword == "groups" and call is not None:
        _groups(given, call, draft)
    elif keyword == "vc_formula" and call is not None and call.get("groups"):
        pass  # read with its groups
    elif keyword == "re_formula":
        if call is None or call.get("groups") is None:
            draft.block("`re_formula` needs its `groups`")
    elif keyword == "data":
        _data(given, draft)
    elif keyword == "center_predictors" and given.text in _NOTHING:
        draft.at_zero = True
        draft.notes.append(
            "`center_predictors=False`: the prior of the intercept is of the one at 0"
        )
    elif keyword == "offset" and given.text not in _NOTHING:
        draft.formula += f" + offset({_OF_FRAME.sub('', given.text)})"
    elif keyword == "subset" and given.text not in _NOTHING:
        draft.block(f"rows are chosen by a line `where {given.plain}`")
    elif keyword == "dispformula":
        draft.spread = _right_side(given, draft)
    elif keyword in ("ziformula", "zi"):
        draft.zeros = _right_side(given, draft)
    elif keyword in REWRITTEN:
        if given.text not in _NOTHING:
            draft.block(f"`{keyword}`: {REWRITTEN[keyword]}")
    elif keyword in ELSEWHERE:
        draft.left_out[keyword] = ELSEWHERE[keyword]
    elif call is None:
        draft.options[keyword] = given.text
    else:
        draft.block(f"`{keyword}` has no counterpart that is known")


def finish(draft: ModelDraft, call: Called) -> None:
    """Write what depends on the family, once that is known."""
    if draft.spread not in ("", "1"):
        dpar = _SPREAD.get(draft.family)
        if dpar is None or draft.spread == "0":
            draft.block(f"`dispformula`: {REWRITTEN['dispformula']}")
        else:
            draft.parts.append(f"{dpar} ~ {draft.spread}")
    if draft.precisions:
        _precise(draft, call)
    if draft.zeros not in ("", "0"):
        family = _ZEROS.get(draft.family)
        if family is None:
            draft.block(f"`ziformula`: {REWRITTEN['ziformula']}")
        else:
            draft.options["family"] = family
            name = "hu" if family.startswith("hurdle") else "zi"
            draft.parts.append(f"{name} ~ {draft.zeros}")
    if call.name == "smf.rlm":
        draft.sure = False
        draft.notes.append("robust by weights there, by heavier tails here: `student`")
    if call.name == "brm_multiple":
        draft.sure = False
        draft.notes.append(
            "it fits a model to each of several imputed data sets: fit each by itself, "
            "and put their draws together"
        )


def _precise(draft: ModelDraft, call: Called) -> None:
    """Write weights of a normal response: variances of `sigma^2 / w`."""
    if draft.family != "gaussian":
        draft.block(f"`weights`: {REWRITTEN['weights']}")
        return
    shown = draft.precisions if _NAME.fullmatch(draft.precisions) else "w"
    part = f"sigma ~ offset(-0.5*log({shown}))"
    why = (
        f"`weights` of `{call.name}()` are precisions, and not how often a row counts: "
        f"the variance of a row is that of the residual divided by its weight"
    )
    if shown != draft.precisions or draft.spread not in ("", "1"):
        draft.block(f"{why}; on an indented line `{part}`")
    else:
        draft.parts.append(part)
        draft.notes.append(why)


def _right_side(given: Given, draft: ModelDraft) -> str:
    left, tilde, right = given.plain.partition("~")
    if not tilde or left.strip():
        draft.block(f"`{given.keyword}` is no formula `~ x`")
    return right.strip()


def _data(given: Given, draft: ModelDraft) -> None:
    """Leave the name of the data out; what chooses rows of them is said."""
    words = given.words
    first = words[0].text.rpartition(":")[2].rpartition(".")[2]
    is_call = len(words) > 1 and words[1].text == "("
    methods = {word.text.lstrip(".") for word in words}
    if is_call and (first in _CHOOSING or words[0].text == "subset"):
        inside = split(words[2:-1], ",")[1:]
        chosen = written(inside[0]) if inside else ""
        draft.block(f"rows are chosen by a line `where {chosen or 'condition'}`")
    elif any(word.text == "[" for word in words) or methods & _CHOOSING:
        draft.block(
            f"`{given.text}` chooses rows: that is a line `where condition` of a spec"
        )
    draft.left_out["data"] = ELSEWHERE["data"]


def _equal(given: Given) -> str:
    """Return what ``corCompSymm(form = ~ 1 | g)`` is here; empty for any other."""
    match = _COMPOUND.fullmatch(given.text)
    if match is None:
        return ""
    return f"residuals equally correlated within `{match[1]}` are `(1 | {match[1]})`"


def _links(given: Given, draft: ModelDraft) -> None:
    """Read ``link={"mu": "log", "sigma": "log"}``, as Bambi names links."""
    from .code import arguments

    for one in arguments(given.words[1:-1]):
        if one.keyword == "mu" and one.string is not None:
            draft.options["link"] = one.string
        elif one.keyword is None or one.string != "log":
            draft.block("only the link of the mean is chosen: `link=log`")


def _share(given: Given, draft: ModelDraft) -> bool:
    """Read ``k/n ~ x`` with ``weights = n``, R's way of successes out of trials."""
    left, _, right = draft.formula.partition(" ~ ")
    part, slash, whole = (piece.strip() for piece in left.partition("/"))
    if not slash or whole != given.text:
        return False
    draft.formula = f"{part} | trials({whole}) ~ {right}"
    return True


def _variances(given: Given, draft: ModelDraft) -> bool:
    """Read ``varIdent(form = ~ 1 | f)`` of nlme: a residual sd for each level."""
    match = _VARIANCE.fullmatch(given.text)
    if match is None:
        if given.text.startswith(("var", "nlme::var")):
            draft.block(
                "residual standard deviations that differ have a formula, on an "
                "indented line: `sigma ~ x`"
            )
            return True
        return False
    draft.parts.append(f"sigma ~ {match[1]}")
    return True


# ---- families -----------------------------------------------------------------------


def read_family(words: Sequence[Word], draft: ModelDraft) -> None:
    """Write a family as an option: a name, or one with its link."""
    text = string_of(words)
    call = called(words)
    if text is not None:
        draft.options["family"] = text
    elif call is not None:
        _called_family(call, draft)
    elif len(words) == 1 and words[0].kind == "name":
        draft.options["family"] = _family_name(words[0].text)
    else:
        draft.block(f"the family `{written(words)}` is not known")


def _family_name(text: str) -> str:
    """Return a family without its package: ``sm.families.Poisson``, ``stats::x``."""
    if text.startswith(("sm.families.", "families.")):
        return text.rpartition(".")[2].lower()
    return text.rpartition(":")[2]


def _called_family(call: Called, draft: ModelDraft) -> None:
    name, given = _family_name(call.name), call.given
    if name in ("brmsfamily", "brms_family") and given and given[0].string:
        name, given = given[0].string, given[1:]
    if name == "negativebinomial" and call.name.endswith("families.NegativeBinomial"):
        # statsmodels has it fixed: its variance is mu + alpha mu^2
        alpha = call.get("alpha", 1)
        given = tuple(one for one in given[:1] if one.keyword != "alpha")
        if not _fix_shape("1" if alpha is None else alpha.text, draft):
            draft.block("`alpha` is fixed there: `prior shape = 1 / alpha`")
    shown = []
    for one in given:
        link = _LINK.fullmatch(one.text)
        text = one.text if link is None else link[1].lower()
        shown.append(f"{one.keyword}={text}" if one.keyword else text)
    inside = ", ".join(shown)
    draft.options["family"] = f"{name}({inside})" if inside else name


def _fix_shape(alpha: str, draft: ModelDraft) -> bool:
    try:
        value = float(alpha)
    except ValueError:
        return False
    if value <= 0.0:
        return False
    draft.parts.append(f"prior shape = {1.0 / value:g}")
    return True


# ---- group terms --------------------------------------------------------------------


def _random(given: Given, draft: ModelDraft) -> None:
    """Read ``random`` of nlme, ordinal and MCMCglmm.

    Of nlme it is ``~ 1 + x | g``, or a list whose groups are nested in their order.
    """
    text = given.text
    listed = called(given.words)
    if listed is not None and listed.name == "list":
        _nested(listed, draft)
        return
    if len(given.words) == 1 and given.words[0].kind == "name":
        draft.formula += f" + (1 | {text})"  # of `clmm2`
        return
    effects, bar, group = text.removeprefix("~").partition("|")
    names = [name.strip() for name in effects.split("+")]
    if effects.strip().startswith("(") and text.endswith(")"):
        draft.formula += f" + {text.removeprefix('~').strip()}"  # of `stan_gamm4`
        return
    if not text.startswith("~"):
        draft.block("`random`: its terms are written `(1 + x | group)`")
    elif bar:
        draft.formula += f" + ({effects.strip()} | {group.strip()})"
    elif all(regex.fullmatch(r"[\p{L}_.][\w.]*(?::[\w.]+)*", name) for name in names):
        draft.formula += "".join(f" + (1 | {name})" for name in names)
    else:
        draft.block("`random`: its terms are written `(1 + x | group)`")


def _nested(listed: Called, draft: ModelDraft) -> None:
    outer: list[str] = []
    terms = []
    for one in listed.given:
        match = _DIAGONAL.fullmatch(one.text)
        bar, right = ("|", one.text) if match is None else ("||", f"~{match[1]}")
        plain = right.startswith("~") and "(" not in right and "|" not in right
        if one.keyword is None or not plain:
            draft.block("`random`: its terms are written `(1 + x | group)`")
            return
        outer.append(name_text(one.keyword))
        terms.append(f" + ({right[1:].strip()} {bar} {':'.join(outer)})")
    draft.formula += "".join(terms)


def _groups(given: Given, call: Called, draft: ModelDraft) -> None:
    """Read ``groups=data["g"], re_formula="~x"`` of statsmodels."""
    words = given.words
    name = given.string
    if name is None and len(words) == 4 and words[1].text == "[":
        name = string_of(words[2:3])
    if name is None and len(words) == 1:
        name = words[0].text.rpartition(".")[2]
    formula = call.get("re_formula")
    effects = "1" if formula is None else formula.plain.strip().lstrip("~").strip()
    variances = call.get("vc_formula")
    if name is None:
        draft.block("`groups`: the term is written `(1 | group)`")
        return
    if formula is not None or variances is None:
        draft.formula += f" + ({effects} | {name_text(name)})"
    if variances is not None:
        _components(variances, name_text(name), draft)


def _components(given: Given, group: str, draft: ModelDraft) -> None:
    """Read ``vc_formula={"b": "0 + C(b)"}``: levels of ``b`` within each group."""
    from .code import arguments

    for one in arguments(given.words[1:-1]):
        match = _LEVELS.fullmatch(one.string or "")
        if match is None:
            draft.block(f"`vc_formula`: {REWRITTEN['vc_formula']}")
            return
        draft.formula += f" + (1 | {group}:{name_text(match[1])})"
    draft.sure = False
    draft.notes.append(
        "components of `vc_formula` are within the groups; where all rows are of one "
        "group, the term is that of the factor alone, `(1 | b)`"
    )


# ---- priors of rstanarm -------------------------------------------------------------


def read_by_keyword(draft: ModelDraft, ordinal: bool) -> None:
    """Write the priors that rstanarm takes by what they are about."""
    for keyword, given in draft.by_keyword:
        if given.text == "NULL":
            draft.sure = False
            draft.notes.append(
                f"`{keyword} = NULL` is a flat prior there; without a line the default "
                "stays"
            )
            continue
        target = {
            "prior": "b",
            "prior_intercept": "threshold[mean]" if ordinal else "Intercept[mean]",
            "prior_aux": {"gaussian": "sigma"}.get(
                draft.family, "shape" if draft.family.startswith("neg") else ""
            ),
        }[keyword]
        line = of_rstanarm(given.words, target) if target else None
        if line is None:
            draft.block(
                f"`{keyword} = {given.text}` cannot be written: a prior is a line "
                "`prior TARGET ~ distribution(...)` below the formula"
            )
        else:
            draft.priors.append(line)

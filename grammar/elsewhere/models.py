"""Calls that hold a model, as a formula with its options, parts and priors."""

from __future__ import annotations

from collections.abc import Sequence

import regex

from ..printer import name_text
from .arguments import finish, read_argument, read_by_keyword, read_family
from .code import (
    Called,
    Given,
    Word,
    called,
    matching,
    split,
    string_of,
    words_of,
    written,
)
from .draft import ModelDraft, WordsByName
from .intercept import is_coefficient, only_intercept, terms_of, with_intercept
from .priors import priors_of
from .several import begin, join
from .tables import COMMANDS, DATA_NAMES, DPARS, ELSEWHERE, MODEL_CALLS, WRAPPERS

ORDINAL = frozenset(
    "cumulative ordlogit ordinal ordered_logistic sratio cratio acat".split()
)
#: What is joined to a formula of brms by `+` and means several responses.
_RESIDUAL = ("set_rescor", "set_mecor")

#: Where `binomial` of one column is of outcomes that are 0 or 1.
_OF_R = "R lme4 glmmTMB rstanarm statsmodels afex mgcv pymer4".split()

#: What is said of parameters of a formula of one's own.
NON_LINEAR = (
    "a formula with parameters of its own says so, and each of them has a line below "
    "it and a prior: `y ~ a * exp(-k * t), nl=true`, `a + k ~ 1`, `prior a ~ ...`"
)
_NON_LINEAR_CALLS = frozenset(("nlme", "nlmer", "nls", "gnls"))
_QUOTED = regex.compile(r"""\bQ\(\s*(["'])([^"'`]+)\1\s*\)""")
_BRACES = regex.compile(r"\{([^{}|~]+)\}")

_ERROR = regex.compile(r"Error\(((?:[^()]|\([^()]*\))*)\)")


def model_of(words: Sequence[Word], values: WordsByName) -> ModelDraft:
    """Return the model that code holds.

    Parameters
    ----------
    words
        A call, a string with a formula, or formulas joined by ``+``; options may
        follow as they would behind a formula.
    values
        What was assigned to variables above it.
    """
    draft = ModelDraft()
    first, *options = split(words, ",")
    _read(first, draft, values)
    for option in options:
        if not option:
            continue
        if len(option) > 2 and option[1].text == "=":
            given = Given(option[0].text, tuple(option[2:]))
            read_argument(given, None, "", draft)
        else:
            draft.sure = False
            draft.block(f"`{written(option)}` has no meaning behind a formula")
    if draft.options.get("nl") != "true" and _has_inner(draft):
        draft.block(NON_LINEAR)
    _read_priors(draft, values)
    read_by_keyword(draft, draft.family in ORDINAL)
    join(draft)
    return draft


def _has_inner(draft: ModelDraft) -> bool:
    """Whether a formula that is not said to be so has parameters of its own."""
    inside = {*regex.findall(r"[\w.]+", draft.formula.partition(" ~ ")[2])}
    known = {*draft.inner, *draft.calculated}
    return bool(draft.inner and not draft.calculated) or not inside.isdisjoint(known)


def _read(words: Sequence[Word], draft: ModelDraft, values: WordsByName) -> None:
    """Read a formula, or a call or sum that holds one."""
    if draft.formula:
        further = begin(draft)
        _read(words, further, values)
        return
    text = string_of(words)
    if text is not None:
        inside = [word for word in words_of(text, 0) if word.kind != "line"]
        _formula(inside, draft)
        return
    if len(words) == 1 and words[0].text in values:
        name = words[0].text
        if name in draft.used:  # it holds itself
            draft.block(f"what `{name}` holds is not known: write the formula")
            return
        draft.used.append(name)
        _read(values[name], draft, values)
        return
    call = called(_without_methods(words))
    if call is not None:
        _call(call, draft, values)
        return
    base = words[0].depth if words else 0
    if any(word.text == "~" and word.depth == base for word in words):
        _formula(words, draft)
        return
    pieces = split(words, "+")
    if len(pieces) > 1 and all(pieces):
        for piece in pieces:
            _piece(piece, draft, values)
        return
    if len(words) == 1:
        draft.block(f"what `{words[0].text}` holds is not known: write the formula")
    else:
        draft.block("no formula was found in it")


def _without_methods(words: Sequence[Word]) -> Sequence[Word]:
    """Return a call without those on what it gives: ``Model(...).fit()``."""
    if len(words) < 3 or words[1].text != "(":
        return words
    close = matching(words, 1)
    if close is None or close + 1 == len(words):
        return words
    return words[: close + 1] if words[close + 1].text.startswith(".") else words


def _piece(words: Sequence[Word], draft: ModelDraft, values: WordsByName) -> None:
    """Read what a `+` joins to a formula: a further one, a family, priors."""
    call = called(words)
    if call is None or not draft.formula or call.name in MODEL_CALLS:
        _read(words, draft, values)
    elif call.name in _RESIDUAL:
        if call.name == "set_rescor":
            draft.rescor = not call.given or call.given[0].text in ("TRUE", "T")
    elif call.name in ("lf", "nlf"):
        _parts(call, 0, draft)
    elif call.name == "set_nl":
        if (dpar := call.get("dpar")) is not None:
            _set_calculated(dpar.plain, draft)
        elif not call.given or call.given[0].text in ("TRUE", "T"):
            draft.options["nl"] = "true"
    elif call.name in WRAPPERS:
        _read(words, draft, values)
    elif call.name in ("prior", "set_prior"):
        draft.given_priors.append(tuple(words))
    else:
        read_family(words, draft)


def _formula(words: Sequence[Word], draft: ModelDraft) -> None:
    text = written(words)
    strata = _ERROR.search(text)
    if strata is not None:
        # strata of an analysis of variance; which is the residual, is not known
        text = f"{text[: strata.start()]}(1 | {strata[1]}){text[strata.end() :]}"
        draft.sure = False
        draft.notes.append(
            "strata of an analysis of variance are group terms; of one that has a row "
            "a cell the residual is all there is: leave it out"
        )
    left, tilde, right = text.partition("~")
    left = _QUOTED.sub(lambda match: name_text(match[2]), left)
    right = _QUOTED.sub(lambda match: name_text(match[2]), right)
    right = _BRACES.sub(r"I(\1)", right)
    if not tilde:
        draft.block(f"`{text}` is no formula")
    elif "~" in right:
        draft.formula = f"{left.strip()} ~ {right.strip()}"
        draft.block(NON_LINEAR)
    elif not left.strip():
        draft.block("the formula has no response left of `~`")
    else:
        draft.formula = f"{left.strip()} ~ {right.strip()}"


def _call(call: Called, draft: ModelDraft, values: WordsByName) -> None:
    if call.name == "mvbf" or call.name == "mvbrmsformula":
        for argument in call.given:
            if argument.keyword == "rescor":
                draft.rescor = argument.text in ("TRUE", "T")
            elif argument.keyword in (None, "flist"):
                _read(argument.words, draft, values)
            else:
                draft.block(f"`{argument.keyword}` has no counterpart that is known")
    elif call.name in WRAPPERS:
        first = call.get("formula", 0)
        if first is None:
            draft.block("no formula was found in it")
            return
        _read(first.words, draft, values)
        if call.name == "nlf":  # a line by itself, below its model
            draft.options["nl"] = "true"
        _parts(call, 1, draft)
    elif call.name in MODEL_CALLS:
        _model(call, draft, values)
    elif call.name == "bmb.Formula":
        _model(call, draft, values)
    else:
        _unknown(call, draft, values)


def _unknown(call: Called, draft: ModelDraft, values: WordsByName) -> None:
    """Read a call that is not known, but holds a formula."""
    draft.sure = False
    for argument in call.given:
        text = argument.plain
        if "~" in text and not draft.formula:
            _read(argument.words, draft, values)
        elif "~" in text and not text.strip().startswith("~"):
            draft.block("there are several formulas in it: write one model")
        elif call.name in COMMANDS:
            pass  # of `anova(lmer(y ~ x), type = 3)` the model counts
        elif argument.keyword == "data" or (
            argument.keyword is None and text in DATA_NAMES
        ):
            argument = Given("data", argument.words)
            read_argument(argument, call, "", draft)
        elif argument.keyword is not None and argument.keyword in ELSEWHERE:
            draft.left_out[argument.keyword] = ELSEWHERE[argument.keyword]
        else:
            what = argument.keyword or argument.text
            draft.block(f"it is not known what `{what}` says in `{call.name}()`")


def _model(call: Called, draft: ModelDraft, values: WordsByName) -> None:
    """Read the call of a function that fits a model."""
    row = MODEL_CALLS[call.name]
    if draft.formula:
        draft.block("there are several models in it: write one")
        return
    first = call.get("formula", 0) or call.get("fixed")
    free = iter(
        [place for place in row.positions if call.get(place) is None]
        if call.get("formula") is None or "formula" not in row.positions
        else [p for p in row.positions[1:] if call.get(p) is None]
    )
    if first is None:
        draft.block("no formula was found in it")
        return
    if call.name in _NON_LINEAR_CALLS:
        draft.block(NON_LINEAR)
    if row.family is not None:
        draft.options["family"] = row.family
    _read(first.words, draft, values)
    for argument in call.given:
        if argument is first:
            if argument.keyword is None:
                next(free, None)
            continue
        keyword = argument.keyword or next(free, None)
        if argument.keyword is None and _is_formula(argument):
            _part(argument.words, draft)  # of `bmb.Formula("y ~ x", "sigma ~ x")`
        elif keyword is None:
            draft.block(f"it is not known what `{argument.text}` says")
        else:
            read_argument(Given(keyword, argument.words), call, row.where, draft)
    finish(draft, call)
    _single(draft, call, row.where)


def _single(draft: ModelDraft, call: Called, where: str) -> None:
    """Take R's `binomial` of single outcomes, 0 or 1, for what it is called here."""
    left = draft.formula.partition(" ~ ")[0]
    family, bracket, link = draft.options.get("family", "").partition("(")
    plain = not any(sign in left for sign in "(/|")
    if family == "binomial" and plain and where in _OF_R and not call.get("weights"):
        draft.options["family"] = f"bernoulli{bracket}{link}"


def _is_formula(argument: Given) -> bool:
    text = argument.string if argument.string is not None else argument.text
    return "~" in text and "|" not in text.partition("~")[0]


# ---- parts and group terms ----------------------------------------------------------


def _parts(call: Called, start: int, draft: ModelDraft) -> None:
    """Read the further arguments of ``bf``: parts, fixed values, options.

    Of ``nlf`` the first is not linear.
    """
    free = 0
    for argument in call.given:
        inside = called(argument.words) if argument.keyword is None else None
        if call.name == "nlf" and argument.keyword == "loop":
            pass  # how Stan calculates it
        elif inside is not None and inside.name in ("lf", "nlf") and free >= start:
            _parts(inside, 0, draft)
        elif argument.keyword == "formula":
            start = 0
        elif argument.keyword is None and free < start:
            free += 1
        elif argument.keyword is None:
            first = call.name == "nlf" and argument is call.given[0]
            _part(argument.words, draft, calculated=first)
        elif argument.keyword == "family":
            read_family(argument.words, draft)
        elif argument.keyword == "nl" and argument.text in ("TRUE", "T"):
            draft.options["nl"] = "true"
        elif argument.keyword == "center":
            _center(argument, call, draft)
        elif argument.keyword in ("nl", "decomp", "autocor", "sparse", "unused"):
            read_argument(argument, call, "brms", draft)
        elif argument.keyword in ELSEWHERE:
            draft.left_out[argument.keyword] = ELSEWHERE[argument.keyword]
        elif len(argument.words) == 1 and argument.words[0].kind == "number":
            draft.parts.append(f"prior {argument.keyword} = {argument.text}")
        else:
            draft.block(f"`{argument.keyword}` has no counterpart that is known")


def _center(given: Given, call: Called, draft: ModelDraft) -> None:
    """Read ``center = FALSE``: the intercept is a coefficient, as its priors go."""
    if given.text not in ("FALSE", "F"):
        draft.left_out["center"] = ELSEWHERE["center"]
        return
    names = {""}
    if call.name == "lf":
        free = [one.text for one in call.given if one.keyword is None]
        lefts = [text.partition("~")[0] for text in free]
        names = {name.strip() for left in lefts for name in left.split("+")}
    draft.uncentered |= names
    draft.notes.append(
        "`center = FALSE`: there priors of class `b` are those of the intercept too, "
        "which is the one at 0: here it has a line of its own, `prior Intercept ~ ...`"
    )


def _set_calculated(name: str, draft: ModelDraft) -> None:
    """Say of the formula of a parameter that it is not linear."""
    for place, line in enumerate(draft.parts):
        if line.startswith(f"{name} ~ "):
            draft.parts[place] = f"{line}, nl=true"
            draft.calculated.add(name)
            return
    draft.block(f"`{name}` has no formula that could be calculated")


def _part(
    words: Sequence[Word], draft: ModelDraft, *, calculated: bool = False
) -> None:
    """Read the formula of a parameter: one line each where several are named."""
    text = string_of(words)
    inside = list(words_of(text, 0)) if text is not None else list(words)
    left, tilde, right = written(inside).partition("~")
    if not tilde or not left.strip():
        draft.block(f"`{written(words)}` is no formula of a parameter")
        return
    for name in left.split("+"):
        base = name.strip().rstrip("0123456789")
        # `mub`, `sigmab`: of a category
        line = f"{name.strip()} ~ {right.strip()}"
        if calculated:
            draft.calculated.add(name.strip())
            line += ", nl=true"
        elif base not in DPARS and not base.startswith(("mu", "sigma")):
            draft.inner[name.strip()] = right.strip()
        if line not in draft.parts:
            draft.parts.append(line)


# ---- priors -------------------------------------------------------------------------


_OF_INNER = regex.compile(r"prior (\w+) (.+)")


def _of_inner(text: str, draft: ModelDraft) -> list[str]:
    """Return the prior of a parameter of a formula that is not linear.

    In brms it is that of all its coefficients, the intercept among them.
    """
    found = _OF_INNER.fullmatch(text)
    if found is None or found[1] not in draft.inner:
        return [text]
    name, rest = found[1], found[2]
    terms = terms_of(draft.inner[name])
    if {*terms} <= {"1"}:
        return [text]
    whole = "0" not in terms or "Intercept" in terms
    lines = [f"prior {name}.Intercept {rest}"] if whole else []
    only = only_intercept(draft.inner[name])
    return lines if only else [*lines, f"prior {name}.b {rest}"]


def _coefficients(draft: ModelDraft) -> None:
    """Write priors of coefficients for the intercepts too that brms has among them."""
    formulas = {"": draft.formula.partition(" ~ ")[2]}
    for line in draft.parts:
        name, tilde, right = line.partition(" ~ ")
        if tilde and not name.startswith("prior "):
            formulas[name] = right
    among = {name for name, right in formulas.items() if is_coefficient(right)}
    among |= {
        name
        for name in draft.uncentered
        if "0" not in terms_of(formulas.get(name, "0"))
    }
    alone = {name for name in among if only_intercept(formulas.get(name, ""))}
    draft.priors = with_intercept(draft.priors, among, alone)


def _read_priors(draft: ModelDraft, values: WordsByName) -> None:
    family = draft.family
    for words in draft.given_priors:
        if len(words) == 1 and words[0].text in values:
            draft.used.append(words[0].text)
            words = values[words[0].text]
        found = priors_of(words, family, family in ORDINAL)
        if found is None:
            draft.block(
                f"the priors `{written(words)}` cannot be written: a prior is a line "
                "`prior TARGET ~ distribution(...)` below the formula"
            )
            continue
        texts = [text for one in found for text in _of_inner(one.text, draft)]
        if draft.at_zero:  # what Bambi calls the intercept
            texts = [
                text.replace("prior Intercept[mean] ", "prior Intercept ")
                for text in texts
            ]
        draft.priors += texts
        draft.sure = draft.sure and all(prior.sure for prior in found)
    _coefficients(draft)

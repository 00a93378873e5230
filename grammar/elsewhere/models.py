"""Calls that hold a model, as a formula with its options, parts and priors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import regex

from ..printer import name_text
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
from .priors import priors_of
from .tables import ELSEWHERE, MODEL_CALLS, REWRITTEN, WRAPPERS

_ORDINAL = frozenset(
    "cumulative ordlogit ordinal ordered_logistic sratio cratio acat".split()
)
#: What is joined to a formula of brms by `+` and means several responses.
_RESIDUAL = ("set_rescor", "set_mecor")

#: Where `binomial` of one column is of outcomes that are 0 or 1.
_OF_R = ("R", "lme4", "glmmTMB", "rstanarm", "statsmodels")

_ERROR = regex.compile(r"Error\(((?:[^()]|\([^()]*\))*)\)")

Values = Mapping[str, tuple[Word, ...]]


@dataclass(slots=True)
class Draft:
    """A model while it is read.

    Attributes
    ----------
    formula
        Its formula; empty as long as none was found.
    options
        Options behind the formula, in their order.
    parts, priors
        The lines below it.
    left_out
        Arguments that say nothing of the model, with where they belong.
    blocked
        Why it cannot be written as it stands.
    notes
        What else is to be known.
    used
        Variables whose values are in it.
    sure
        Whether there is no other reading.
    """

    formula: str = ""
    options: dict[str, str] = field(default_factory=dict)
    parts: list[str] = field(default_factory=list)
    priors: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)
    blocked: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    used: list[str] = field(default_factory=list)
    sure: bool = True
    #: Priors are read last, for they depend on the family.
    given_priors: list[tuple[Word, ...]] = field(default_factory=list)

    @property
    def line(self) -> str:
        """The formula with its options."""
        options = [f"{name}={value}" for name, value in self.options.items()]
        return ", ".join([self.formula, *options])

    def block(self, why: str) -> None:
        """Note why there is no fix, once."""
        if why not in self.blocked:
            self.blocked.append(why)


def model_of(words: Sequence[Word], values: Values) -> Draft:
    """Return the model that code holds.

    Parameters
    ----------
    words
        A call, a string with a formula, or formulas joined by ``+``; options may
        follow as they would behind a formula.
    values
        What was assigned to variables above it.
    """
    draft = Draft()
    first, *options = split(words, ",")
    _read(first, draft, values)
    for option in options:
        if not option:
            continue
        if len(option) > 2 and option[1].text == "=":
            given = Given(option[0].text, tuple(option[2:]))
            _argument(given, None, draft, values)
        else:
            draft.sure = False
            draft.block(f"`{written(option)}` has no meaning behind a formula")
    _read_priors(draft, values)
    return draft


def _read(words: Sequence[Word], draft: Draft, values: Values) -> None:
    """Read a formula, or a call or sum that holds one."""
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


def _piece(words: Sequence[Word], draft: Draft, values: Values) -> None:
    """Read what a `+` joins to a formula: a further one, a family, priors."""
    call = called(words)
    if call is None or not draft.formula or call.name in MODEL_CALLS:
        _read(words, draft, values)
    elif call.name in _RESIDUAL:
        if call.given and call.given[0].text in ("TRUE", "T"):
            draft.block("correlated residuals are not compiled by this version")
    elif call.name in ("lf", "nlf"):
        _parts(call, 0, draft)
    elif call.name in WRAPPERS:
        _several(draft)
    elif call.name in ("prior", "set_prior"):
        draft.given_priors.append(tuple(words))
    else:
        _family(words, draft)


def _several(draft: Draft) -> None:
    draft.block(
        "several responses are not compiled by this version: until then, a model "
        "each, `model a: y1 ~ x` and `model b: y2 ~ x`"
    )


def _formula(words: Sequence[Word], draft: Draft) -> None:
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
    if not tilde:
        draft.block(f"`{text}` is no formula")
    elif not left.strip():
        draft.block("the formula has no response left of `~`")
    elif draft.formula:
        _several(draft)
    else:
        draft.formula = f"{left.strip()} ~ {right.strip()}"


def _call(call: Called, draft: Draft, values: Values) -> None:
    if call.name == "mvbf" or call.name == "mvbrmsformula":
        _several(draft)
    elif call.name in WRAPPERS:
        first = call.get("formula", 0)
        if first is None:
            draft.block("no formula was found in it")
            return
        _read(first.words, draft, values)
        _parts(call, 1, draft)
    elif call.name in MODEL_CALLS:
        _model(call, draft, values)
    elif call.name == "bmb.Formula":
        _model(call, draft, values)
    else:
        _unknown(call, draft, values)


def _unknown(call: Called, draft: Draft, values: Values) -> None:
    """Read a call that is not known, but holds a formula."""
    draft.sure = False
    for argument in call.given:
        if any(word.text == "~" for word in argument.words):
            _read(argument.words, draft, values)
        else:
            what = argument.keyword or argument.text
            draft.block(f"it is not known what `{what}` says in `{call.name}()`")


def _model(call: Called, draft: Draft, values: Values) -> None:
    """Read the call of a function that fits a model."""
    row = MODEL_CALLS[call.name]
    first = call.get("formula", 0) or call.get("fixed")
    free = iter(
        [place for place in row.positions if call.get(place) is None]
        if call.get("formula") is None or "formula" not in row.positions
        else [p for p in row.positions[1:] if call.get(p) is None]
    )
    if first is None:
        draft.block("no formula was found in it")
        return
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
            _argument(Given(keyword, argument.words), call, draft, values)
    _single(draft, call, row.where)


def _single(draft: Draft, call: Called, where: str) -> None:
    """Take R's `binomial` of single outcomes, 0 or 1, for what it is called here."""
    left = draft.formula.partition(" ~ ")[0]
    family, bracket, link = draft.options.get("family", "").partition("(")
    plain = not any(sign in left for sign in "(/|")
    if family == "binomial" and plain and where in _OF_R and not call.get("weights"):
        draft.options["family"] = f"bernoulli{bracket}{link}"


def _is_formula(argument: Given) -> bool:
    text = argument.string if argument.string is not None else argument.text
    return "~" in text and "|" not in text.partition("~")[0]


def _argument(given: Given, call: Called | None, draft: Draft, values: Values) -> None:
    """Read an argument by its keyword."""
    keyword = given.keyword or ""
    if keyword == "family":
        _family(given.words, draft)
    elif keyword in ("link", "threshold") and len(given.words) == 1:
        draft.options[keyword] = given.plain
    elif keyword == "method" and given.plain in ("REML", "ML", "logistic"):
        pass
    elif keyword == "model" and given.text in ("TRUE", "FALSE", "T", "F"):
        pass
    elif keyword == "weights" and _share(given, draft):
        pass
    elif keyword in ("prior", "priors"):
        if given.text not in ("None", "NULL"):
            draft.given_priors.append(given.words)
    elif keyword == "random":
        _random(given, draft)
    elif keyword == "groups" and call is not None:
        _groups(given, call, draft)
    elif keyword == "re_formula":
        if call is None or call.get("groups") is None:
            draft.block("`re_formula` needs its `groups`")
    elif keyword in REWRITTEN:
        if given.text not in ("NULL", "None", "FALSE", "F", "False"):
            draft.block(f"`{keyword}`: {REWRITTEN[keyword]}")
    elif keyword in ELSEWHERE:
        draft.left_out[keyword] = ELSEWHERE[keyword]
    elif call is None:
        draft.options[keyword] = given.text
    else:
        draft.block(f"`{keyword}` has no counterpart that is known")


def _share(given: Given, draft: Draft) -> bool:
    """Read ``k/n ~ x`` with ``weights = n``, R's way of successes out of trials."""
    left, _, right = draft.formula.partition(" ~ ")
    part, slash, whole = (piece.strip() for piece in left.partition("/"))
    if not slash or whole != given.text:
        return False
    draft.formula = f"{part} | trials({whole}) ~ {right}"
    return True


def _family(words: Sequence[Word], draft: Draft) -> None:
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


def _called_family(call: Called, draft: Draft) -> None:
    name, given = _family_name(call.name), call.given
    if name in ("brmsfamily", "brms_family") and given and given[0].string:
        name, given = given[0].string, given[1:]
    inside = ", ".join(f"{a.keyword}={a.text}" if a.keyword else a.text for a in given)
    draft.options["family"] = f"{name}({inside})" if inside else name


def _family_of(draft: Draft) -> str:
    return draft.options.get("family", "gaussian").partition("(")[0].strip("\"'")


# ---- parts and group terms ----------------------------------------------------------


def _parts(call: Called, start: int, draft: Draft) -> None:
    """Read the further arguments of ``bf``: parts, fixed values, options."""
    free = 0
    for argument in call.given:
        if argument.keyword == "formula":
            start = 0
        elif argument.keyword is None and free < start:
            free += 1
        elif argument.keyword is None:
            _part(argument.words, draft)
        elif argument.keyword == "family":
            _family(argument.words, draft)
        elif argument.keyword in ("nl", "decomp", "autocor", "sparse", "unused"):
            _argument(argument, call, draft, {})
        elif argument.keyword in ELSEWHERE:
            draft.left_out[argument.keyword] = ELSEWHERE[argument.keyword]
        elif len(argument.words) == 1 and argument.words[0].kind == "number":
            draft.parts.append(f"prior {argument.keyword} = {argument.text}")
        else:
            draft.block(f"`{argument.keyword}` has no counterpart that is known")


def _part(words: Sequence[Word], draft: Draft) -> None:
    """Read the formula of a parameter: one line each where several are named."""
    text = string_of(words)
    inside = list(words_of(text, 0)) if text is not None else list(words)
    left, tilde, right = written(inside).partition("~")
    if not tilde or not left.strip():
        draft.block(f"`{written(words)}` is no formula of a parameter")
        return
    for name in left.split("+"):
        line = f"{name.strip()} ~ {right.strip()}"
        if line not in draft.parts:
            draft.parts.append(line)


def _random(given: Given, draft: Draft) -> None:
    """Read ``random = ~ 1 + x | g`` of nlme."""
    text = given.text
    effects, bar, group = text.removeprefix("~").partition("|")
    if not text.startswith("~"):
        draft.block("`random`: its terms are written `(1 + x | group)`")
    elif bar:
        draft.formula += f" + ({effects.strip()} | {group.strip()})"
    else:
        names = [name.strip() for name in effects.split("+")]
        draft.formula += "".join(f" + (1 | {name})" for name in names)


def _groups(given: Given, call: Called, draft: Draft) -> None:
    """Read ``groups=data["g"], re_formula="~x"`` of statsmodels."""
    words = given.words
    name = given.string
    if name is None and len(words) == 4 and words[1].text == "[":
        name = string_of(words[2:3])
    if name is None and len(words) == 1:
        name = words[0].text.rpartition(".")[2]
    formula = call.get("re_formula")
    effects = "1" if formula is None else formula.plain.strip().lstrip("~").strip()
    if name is None:
        draft.block("`groups`: the term is written `(1 | group)`")
    else:
        draft.formula += f" + ({effects} | {name_text(name)})"


# ---- priors -------------------------------------------------------------------------


def _read_priors(draft: Draft, values: Values) -> None:
    family = _family_of(draft)
    for words in draft.given_priors:
        if len(words) == 1 and words[0].text in values:
            draft.used.append(words[0].text)
            words = values[words[0].text]
        found = priors_of(words, family, family in _ORDINAL)
        if found is None:
            draft.block(
                f"the priors `{written(words)}` cannot be written: a prior is a line "
                "`prior TARGET ~ distribution(...)` below the formula"
            )
            continue
        draft.priors += [prior.text for prior in found]
        draft.sure = draft.sure and all(prior.sure for prior in found)

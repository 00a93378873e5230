"""Priors of brms and Bambi as statements of the language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..printer import name_text
from .code import Given, Word, arguments, called, split, string_of, words_of
from .tables import DISTRIBUTIONS, PRIOR_CALLS, WHOLE_LINE

#: Calls that hold priors and say nothing more.
_LISTS = frozenset(("c", "list", "dict", "validate_prior", "set_priors"))

#: Classes of brms that are parameters of a family.
_DPARS = frozenset("sigma nu shape phi zi hu disc kappa beta alpha ndt bs xi".split())
_POSITIVE = frozenset("sd sds sigma shape phi kappa nu".split())


@dataclass(frozen=True, slots=True)
class PriorReading:
    """A prior as a statement, and whether that is its only reading."""

    text: str
    sure: bool = True


def priors_of(
    words: Sequence[Word], family: str | None, ordinal: bool
) -> list[PriorReading] | None:
    """Return the priors that an expression holds; None if one cannot be written.

    Parameters
    ----------
    words
        ``prior(...)``, a sum or a list of such, or a dictionary of Bambi's.
    family
        The name of the family; None if it is not known.
    ordinal
        Whether the family is known to be ordinal.
    """
    found: list[PriorReading] = []
    for part in split(words, "+"):
        call = called(part)
        if part and part[0].text in ("{", "["):
            inside = _dictionary(part, ordinal)
        elif call is not None and call.name.rpartition(".")[2] in _LISTS:
            inside = _of_list(call.given, family, ordinal)
        elif call is not None and call.name in PRIOR_CALLS:
            inside = _of_call(call.given, family, ordinal)
        else:
            return None
        if inside is None:
            return None
        found += inside
    return found


def _of_list(
    given: Sequence[Given], family: str | None, ordinal: bool
) -> list[PriorReading] | None:
    found: list[PriorReading] = []
    for argument in given:
        if argument.keyword is not None:
            entry = _entry(argument.keyword, argument.words, ordinal)
            inside = None if entry is None else [entry]
        else:
            inside = priors_of(argument.words, family, ordinal)
        if inside is None:
            return None
        found += inside
    return found


# ---- brms --------------------------------------------------------------------------


def _of_call(
    given: Sequence[Given], family: str | None, ordinal: bool
) -> list[PriorReading] | None:
    """Return the statement for the arguments of ``set_prior``."""
    places = iter(("prior", "class", "coef", "group"))
    named: dict[str, Given] = {}
    for argument in given:
        keyword = argument.keyword or next(
            (place for place in places if place not in named), None
        )
        if keyword is None or keyword in named:
            return None
        named[keyword] = argument
    if "prior" not in named:
        return None
    value = named.pop("prior")
    text = value.string if value.string is not None else value.text
    text = text.removeprefix("~")  # of `prior_(~normal(0, 1), class = ~b)`
    said = {key: argument.plain.lstrip("~") for key, argument in named.items()}
    said = {
        key: plain for key, plain in said.items() if plain not in ("NA", "", "NULL")
    }
    kind, lower, upper = (
        said.pop("class", "b"),
        said.pop("lb", None),
        said.pop("ub", None),
    )
    coefficient, group = said.pop("coef", None), said.pop("group", None)
    dpar = said.pop("dpar", None)
    nlpar = said.pop("nlpar", None)
    response = said.pop("resp", None)
    if said.keys() - {"check"}:
        return None
    target = _target(kind, coefficient, group, nlpar or dpar, ordinal)
    if nlpar is not None and kind == "b" and coefficient is None:
        target = nlpar  # of all its coefficients, the intercept among them
    if target is None:
        return None
    if response is not None:
        target = f"{name_text(response)}.{target}"
    written_ = distribution(text, kind, lower, upper)
    if written_ is None:
        return None
    known = (
        family is not None
        or dpar is not None
        or nlpar is not None
        or target.startswith("threshold[")
    )
    # one threshold of theirs is about predictors at their means, `threshold[2]` at 0
    one = target.startswith("threshold[") and target != "threshold[mean]"
    sure = (kind != "Intercept" or known) and not one
    if kind == "simo":
        # another predictor of the term may have a name that begins so
        sure = sum(map(_is_monotonic, (coefficient or "").split(":"))) <= 1
    return [PriorReading(f"prior {target} {written_}", sure)]


def _target(
    kind: str,
    coefficient: str | None,
    group: str | None,
    dpar: str | None,
    ordinal: bool,
) -> str | None:
    """Return the target of a class of brms, in the sense that it has there.

    Its intercept is the one at the means of the predictors.
    """
    of = "" if dpar in (None, "mu") else f"{dpar}."
    if kind in ("rescor", "Lrescor"):
        return "rescor"
    if kind in ("lncor", "Llncor"):
        return "lncor"
    if kind in ("cor", "L"):
        return f"{of}cor[{_group(group)}]" if group else f"{of}cor"
    if kind == "df":
        return f"{of}df[{_group(group)}]" if group else f"{of}df"
    if kind == "sd":
        inside = [_group(group)] if group else []
        inside += [_coefficient(coefficient)] if coefficient else []
        if coefficient and not group:
            return None
        return f"{of}sd[{', '.join(inside)}]" if inside else f"{of}sd"
    if group is not None:
        return None
    if kind == "sds":  # a coefficient is the term itself
        return f"{of}sds[{coefficient}]" if coefficient else f"{of}sds"
    if kind == "simo":
        return f"{of}simo[{_simplex(coefficient)}]" if coefficient else f"{of}simo"
    if kind == "b" and coefficient == "Intercept":
        return f"{of}Intercept"  # of `0 + Intercept`, and so at 0
    if kind == "b":
        return f"{of}b[{_coefficient(coefficient)}]" if coefficient else f"{of}b"
    if kind == "Intercept" and (coefficient or "").isdigit() and not of:
        return f"threshold[{coefficient}]"
    if coefficient is not None:
        return None
    if kind == "Intercept":
        return f"{'threshold' if ordinal and not of else f'{of}Intercept'}[mean]"
    # `sigmab` of a category, `sigma1` of a component
    known = kind in _DPARS or kind.startswith("sigma")
    return kind if known and not of else None


def _simplex(text: str) -> str:
    """Return the simplex ``moincome:age1`` of brms: ``mo(income):age``.

    The number behind says which of several simplexes of a coefficient it is.
    """
    name = text.rstrip("0123456789")
    number = int(text[len(name) :] or "1")
    parts = [
        f"mo({name_text(part[2:])})" if _is_monotonic(part) else name_text(part)
        for part in name.split(":")
    ]
    own = [part for part in parts if part.startswith("mo(")]
    several = len(own) > 1 and number <= len(own)
    return ":".join(parts) + (f", {own[number - 1]}" if several else "")


def _is_monotonic(part: str) -> bool:
    return part.startswith("mo") and len(part) > 2


def _group(text: str) -> str:
    return ":".join(name_text(part) for part in text.split(":"))


def _coefficient(text: str) -> str:
    """Return a coefficient of brms as it is named here; a level is found later."""
    if any(sign in text for sign in "([ "):
        return text
    return ":".join(name_text(part) for part in text.split(":"))


def distribution(
    text: str, kind: str, lower: str | None = None, upper: str | None = None
) -> str | None:
    """Return a distribution as a statement has it behind its target, `~` included."""
    words = [word for word in words_of(text, 0) if word.kind != "line"]
    if len(words) == 1 and words[0].kind == "number":
        return f"= {words[0].text}"
    call = called(words)
    if call is None:
        return None
    if call.name == "constant":
        return f"= {call.given[0].text}" if len(call.given) == 1 else None
    if call.name == "std_normal":
        name, inside = "normal", ["0", "1"]
    else:
        name, renamed = DISTRIBUTIONS.get(call.name, (call.name, {}))
        inside = [_argument(argument, renamed) for argument in call.given]
    if lower is None and kind in _POSITIVE and name in WHOLE_LINE:
        lower = "0"
    if kind in ("nu", "df"):
        lower = lower or "1"  # as brms has it
    bounds = (("lb", lower), ("ub", upper))
    inside += [f"{bound}={value}" for bound, value in bounds if value is not None]
    return f"~ {name}({', '.join(inside)})"


def _argument(argument: Given, renamed: Mapping[str, str]) -> str:
    text = argument.text
    listed = called(argument.words)
    if listed is not None and listed.name == "c":
        text = f"[{', '.join(item.text for item in listed.given)}]"
    if argument.keyword is None:
        return text
    return f"{renamed.get(argument.keyword, argument.keyword)}={text}"


#: Distributions of rstanarm, by its names of their arguments.
_RSTANARM = {"location": "mu", "scale": "sigma", "df": "nu", "rate": "rate"}
_OF_RSTANARM = frozenset("normal student_t cauchy laplace exponential".split())


def of_rstanarm(words: Sequence[Word], target: str) -> str | None:
    """Return the statement for a prior of rstanarm; None if it cannot be written."""
    call = called(words)
    if call is None or call.name not in _OF_RSTANARM:
        return None
    inside = []
    for argument in call.given:
        if argument.keyword == "autoscale" and argument.text in ("FALSE", "F"):
            continue
        if argument.keyword is not None and argument.keyword not in _RSTANARM:
            return None
        if any(word.kind == "name" for word in argument.words):
            return None
        inside.append(_argument(argument, _RSTANARM))
    found = distribution(f"{call.name}({', '.join(inside)})", target)
    return None if found is None else f"prior {target} {found}"


# ---- Bambi -------------------------------------------------------------------------


def _dictionary(words: Sequence[Word], ordinal: bool) -> list[PriorReading] | None:
    """Return the statements for ``{"x": bmb.Prior("Normal", mu=0, sigma=1)}``."""
    found = []
    for argument in arguments(words[1:-1]):
        name, value = argument.keyword, argument.words
        if name is not None and value and value[0].text == "{":
            inside = _dictionary(value, ordinal=False)  # of a parameter's formula
            if inside is None:
                return None
            for one in inside:
                text = one.text.replace("prior ", f"prior {name}.", 1)
                found.append(PriorReading(text, one.sure))
            continue
        entry = None if name is None else _entry(name, value, ordinal)
        if entry is None:
            return None
        found.append(entry)
    return found


def _entry(name: str, words: Sequence[Word], ordinal: bool) -> PriorReading | None:
    """Return the statement for a name of Bambi's and its prior."""
    call = called(words)
    if call is None or call.name.rpartition(".")[2] != "Prior" or not call.given:
        return None
    chosen = call.given[0].string
    if chosen is None:
        return None
    effect, bar, group = (part.strip() for part in name.partition("|"))
    if bar or name == "group_specific":
        # the prior of the effects is centred at 0; what is said of is their spread
        spread = call.get("sigma")
        hyper = None if spread is None else called(spread.words)
        target = "sd"
        if bar:
            target = f"sd[{_group(group)}, {'Intercept' if effect == '1' else effect}]"
        if hyper is None and spread is not None and spread.words[0].kind == "number":
            return PriorReading(f"prior {target} = {spread.text}")
        if hyper is None or not hyper.given or hyper.given[0].string is None:
            return None
        return _statement(target, hyper.given[0].string, hyper.given[1:], "sd")
    if name == "Intercept":
        target = "threshold[mean]" if ordinal else "Intercept[mean]"
    elif name == "common":
        target = "b"
    elif name == "threshold":
        target = "threshold"
    elif name in _DPARS:
        target = {"alpha": "shape"}.get(name, name)
    else:
        target = f"b[{_coefficient(name)}]"
    return _statement(target, chosen, call.given[1:], target)


def _statement(
    target: str, name: str, given: Sequence[Given], kind: str
) -> PriorReading | None:
    if any(string_of(argument.words) or called(argument.words) for argument in given):
        return None
    values = [(argument.keyword, _single(argument.text)) for argument in given]
    inside = ", ".join(f"{key}={text}" if key else text for key, text in values)
    # only brms cuts `nu` off, at 1
    written_ = distribution(f"{name}({inside})", "" if kind == "nu" else kind)
    return None if written_ is None else PriorReading(f"prior {target} {written_}")


def _single(text: str) -> str:
    """Return the number in a list of one, as Bambi may have one for a coefficient."""
    inside = text[1:-1].strip()
    return inside if text[:1] == "[" and "," not in inside else text


__all__ = ["PriorReading", "distribution", "of_rstanarm", "priors_of"]

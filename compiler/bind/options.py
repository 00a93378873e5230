"""Options of a formula: ``family``, ``link`` and those that are a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from varying.grammar.diagnostics import Edit, Fix, Sink, did_you_mean
from varying.grammar.elsewhere.tables import ELSEWHERE, REWRITTEN
from varying.grammar.printer import expression_text
from varying.grammar.source import Span
from varying.grammar.tree import (
    Argument,
    Call,
    ModelStatement,
    Name,
    Option,
    String,
)
from varying.grammar.walk import unwrap

from ..families import FAMILIES, FAMILY_SPELLINGS, PLANNED_FAMILIES, own
from ..families.combined.mixture import MIXTURE
from ..families.family import Family
from ..families.link import LINKS, OTHER_LINKS, Link
from .mixture import mixture_of
from .unknown_family import add_unknown, known_as

#: Options of a formula: the words each accepts, and which of them are compiled.
#: No words: any expression, read elsewhere.
OPTIONS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "family": ((), ()),
    "link": ((), ()),
    "parameterization": (
        ("auto", "centered", "noncentered"),
        ("auto", "centered", "noncentered"),
    ),
    "rows": (("all", "own"), ("all", "own")),
    "rescor": (("true", "false"), ("true", "false")),
    "threshold": (
        ("flexible", "equidistant", "symmetric", "sum_to_zero"),
        ("flexible", "equidistant", "symmetric", "sum_to_zero"),
    ),
    "nl": (("true", "false"), ("true", "false")),
    "refcat": ((), ()),
}


#: What to do as long as a word of an option is not compiled.
_MEANWHILE: Mapping[str, str] = {}


def read_options(options: Sequence[Option], sink: Sink) -> dict[str, Option]:
    """Return the options by name, without the faulty ones."""
    found: dict[str, Option] = {}
    for option in (part for whole in options for part in _unfolded(whole)):
        name = option.name.text
        if name not in OPTIONS and (name in ELSEWHERE or name in REWRITTEN):
            _report_elsewhere(option, sink)
            continue
        if name not in OPTIONS:
            notes, fix = did_you_mean(
                name, tuple(OPTIONS), option.name.span, "options of a formula"
            )
            if any(dpar.name == name for f in FAMILIES.values() for dpar in f.dpars):
                notes = _parameter(option, options, sink)
                fix = None
            sink.add(
                "unknown-option",
                option.name.span,
                f"a formula has no option `{name}`",
                *notes,
                fix=fix,
            )
            continue
        if name in found:
            sink.add("duplicate-option", option.span, f"`{name}` is given twice")
            continue
        words, ready = OPTIONS[name]
        value = unwrap(option.value)
        text = value.text if isinstance(value, Name | String) else ""
        if words and text not in words:
            notes, fix = did_you_mean(text, words, option.value.span, f"`{name}` takes")
            sink.add(
                "invalid-argument",
                option.value.span,
                f"`{name}` cannot be `{expression_text(option.value)}`",
                *notes,
                fix=fix,
            )
            continue
        if words and text not in ready:
            sink.add(
                "not-yet",
                option.span,
                f"`{name}={text}` is not compiled by this version",
                _MEANWHILE[name],
            )
        found[name] = option
    if "family" in found:
        _split_call(found, sink)
    return found


def _parameter(
    option: Option, options: Sequence[Option], sink: Sink
) -> tuple[str, ...]:
    """Return how a parameter is fixed, or that the family has none of its name."""
    name = option.name.text
    written = [one.value for one in options if one.name.text == "family"]
    value = unwrap(written[0]) if written else None
    family = FAMILIES.get(value.text) if isinstance(value, Name | String) else None
    if family is not None and all(dpar.name != name for dpar in family.dpars):
        own = ", ".join(f"`{dpar.name}`" for dpar in family.dpars)
        beside = f"it has {own}" if own else "it has none beside its mean"
        return (f"`{family.name}` has no parameter `{name}`: {beside}",)
    owners = [f.name for f in FAMILIES.values() if name in {d.name for d in f.dpars}]
    if not written and "gaussian" not in owners:
        listed = ", ".join(f"`family={one}`" for one in owners)
        return (f"it is a parameter of {listed}; `family=` is not said here",)
    number = sink.source.slice(option.value.span)
    return (_fixed_by(name, number),)


def _fixed_by(name: str, number: str) -> str:
    return f"a parameter is fixed by a line `prior {name} = {number}`"


#: Links of parameters in brms that are the only ones here, so that they say nothing.
_OWN_LINKS = {"link_sigma": "log", "link_shape": "log", "link_nu": "logm1"}
_OWN_LINKS |= {"link_disc": "log"}


def _unfolded(option: Option) -> list[Option]:
    """Take ``family=cumulative(link=logit, threshold=flexible)`` apart, as brms has it.

    ``threshold`` and ``refcat`` are options of their own; a link of a parameter that
    is its own here is left out.
    """
    call = unwrap(option.value)
    if option.name.text != "family" or not isinstance(call, Call):
        return [option]
    kept: list[Argument] = []
    found: list[Option] = []
    for argument in call.arguments:
        value = unwrap(argument.value)
        text = value.text if isinstance(value, Name | String) else ""
        keyword = argument.keyword
        if keyword is not None and keyword.text in ("threshold", "refcat"):
            found.append(Option(keyword, argument.value, span=argument.span))
        elif keyword is None or _OWN_LINKS.get(keyword.text) != text:
            kept.append(argument)
    return [replace(option, value=replace(call, arguments=tuple(kept))), *found]


def _report_elsewhere(option: Option, sink: Sink) -> None:
    """Report an argument of another package's call: it belongs elsewhere."""
    name = option.name.text
    text, start = sink.source.text, option.span.start
    comma = text.rfind(",", 0, start)
    fix = None
    if name in ("model", "dist", "distribution", "likelihood", "error"):
        edit = Edit(option.name.span, "family")
        fix = Fix("write `family`", (edit,))
    elif name in ELSEWHERE and not text[comma + 1 : start].strip():
        edit = Edit(Span(comma, option.span.end), "")
        fix = Fix("leave it out", (edit,), safe=True)
    sink.add(
        "unknown-option",
        option.name.span,
        f"a formula has no option `{name}`",
        ELSEWHERE.get(name) or REWRITTEN[name],
        fix=fix,
    )


def _split_call(options: dict[str, Option], sink: Sink) -> None:
    """Take ``family=bernoulli(link=logit)``, R's way, as a family and a link."""
    option = options["family"]
    call = unwrap(option.value)
    if not isinstance(call, Call) or call.function.text == MIXTURE:
        return
    if call.function.text in ("brmsfamily", "family") and call.arguments:
        # brms's way to name a family by a string
        named, *rest = call.arguments
        inner = unwrap(named.value)
        if isinstance(inner, String):
            call = Call(Name(inner.text, span=inner.span), tuple(rest), span=call.span)
            options["family"] = replace(option, value=call)
    links = [a for a in call.arguments if a.keyword is None or a.keyword.text == "link"]
    if len(links) < len(call.arguments) or len(links) > 1:
        return  # reported where the family is looked for
    options["family"] = replace(option, value=call.function)
    for argument in links:
        if "link" in options:
            sink.add("duplicate-option", argument.span, "`link` is given twice")
        else:
            name = argument.keyword or Name("link", span=argument.span)
            options["link"] = Option(name, argument.value, span=argument.span)


def check_threshold(
    options: Mapping[str, Option], family: Family | None, sink: Sink
) -> None:
    """Report that thresholds are asked for, of a family that has none."""
    option = options.get("threshold")
    if option is None or family is None or family.thresholds:
        return
    if word_of(options, "threshold", "") not in OPTIONS["threshold"][1]:
        return  # what it says has been reported
    ordinal = [name for name, one in FAMILIES.items() if one.thresholds]
    sink.add(
        "unknown-option",
        option.name.span,
        f"`threshold` is an option of ordinal families, and {family.name} has no "
        "thresholds",
        f"write `family={'` or `family='.join(ordinal)}`, or leave it out",
    )


def has_own_rows(model: ModelStatement) -> bool:
    """Whether rows are left out of a model for what it reads itself, no other."""
    values = [unwrap(o.value) for o in model.formula.options if o.name.text == "rows"]
    return any(isinstance(v, Name | String) and v.text == "own" for v in values)


def word_of(options: Mapping[str, Option], name: str, default: str) -> str:
    """Return the word that an option has, or the default."""
    if name not in options:
        return default
    value = unwrap(options[name].value)
    return value.text if isinstance(value, Name | String) else default


def family_of(option: Option | None, sink: Sink) -> Family | None:
    """Return the family that an option names; None after a fault."""
    if option is None:
        return FAMILIES["gaussian"]
    value = unwrap(option.value)
    match value:
        case Name(text=text) | String(text=text):
            pass
        case Call(function=Name(text="mixture")):
            return mixture_of(value, sink)
        case Call(function=Name(text=text)):
            found = known_as(text)
            if found is not None and found not in PLANNED_FAMILIES:
                sink.add(
                    "invalid-argument",
                    value.span,
                    "a family takes its link and nothing else: "
                    f"`{expression_text(value)}`",
                    f"written `family={found}, link=...`",
                    *_of_family(value, FAMILIES[FAMILY_SPELLINGS[found]]),
                )
            else:
                add_unknown(text, value.function, sink)
            return None
        case _:
            sink.add(
                "unknown-family",
                value.span,
                f"`{expression_text(value)}` is no family",
            )
            return None
    if text in FAMILY_SPELLINGS:
        return FAMILIES[FAMILY_SPELLINGS[text]]
    if text == MIXTURE:
        return mixture_of(Call(Name(text, span=value.span), (), span=value.span), sink)
    mine = own.named(text)
    if mine is not None:
        return mine
    add_unknown(text, value, sink)
    return None


def _of_family(value: Call, family: Family) -> tuple[str, ...]:
    """Return what is said otherwise of brms's and statsmodels' arguments."""
    given = {a.keyword.text: a.value for a in value.arguments if a.keyword is not None}
    match given.get("bhaz"):
        case Call(function=Name(text="list"), arguments=arguments):
            text = expression_text(
                Call(Name("bhaz", span=value.span), arguments, span=value.span)
            )
            return (f"the baseline hazard is said beside the times: `time | {text} ~`",)
    if any(name.startswith("link_") for name in given):
        return (
            "the link of another parameter is an option of its formula: `sigma ~ x, "
            "link=identity`, indented below",
        )
    return tuple(
        _fixed_by(dpar.name, expression_text(given[dpar.name]))
        for dpar in family.dpars
        if dpar.name in given
    )


#: Default links of R that are others, by R's name of the family.
LINKS_ELSEWHERE: Mapping[str, str] = {"Gamma": "inverse"}


def link_of(
    options: Mapping[str, Option], family: Family | None, sink: Sink
) -> Link | None:
    """Return the link that is named, or the family's own; None after a fault."""
    if family is None:
        return None
    written = word_of(options, "family", "")
    if written in LINKS_ELSEWHERE and "link" not in options:
        theirs = LINKS_ELSEWHERE[written]
        sink.add(
            "other-default-link",
            options["family"].value.span,
            f"`{written}` without a link has the link `{theirs}` in R, and "
            f"`{family.links[0]}` here",
            f"for the same as in R: `family={family.name}, link={theirs}`",
            f"`family={family.name}` has the link `{family.links[0]}`, and no warning",
        )
    links, default = family.links, family.default_link
    return chosen_link(
        options, family.shown, links, family.known_links, sink, default or links[0]
    )


def chosen_link(
    options: Mapping[str, Option],
    of: str,
    links: Sequence[str],
    known_links: Sequence[str],
    sink: Sink,
    default: str,
) -> Link | None:
    """Return the link that is named, or the default; None after a fault.

    Parameters
    ----------
    of
        The family or the parameter.
    links, known_links
        Those that it has, and those that are not compiled.
    """
    if "link" not in options:
        return LINKS[default]
    value = options["link"].value
    node = unwrap(value)
    text = node.text if isinstance(node, Name | String) else expression_text(node)
    if "".join(text.split()) in ("1/mu^2", "1/mu**2"):
        text = "1/mu^2"
    if text in links:
        return LINKS[text]
    if text in known_links:
        sink.add(
            "not-yet",
            value.span,
            f"the link `{text}` of {of} is not compiled by this version",
            f"compiled for {of}: {', '.join(links)}",
        )
        return None
    other = OTHER_LINKS.get(text.casefold(), text.casefold())
    if other in links:
        # R's approximation of the normal distribution is not what is computed
        sink.add(
            "unknown-link",
            value.span,
            f"the link `{text}` is called `{other}` here",
            fix=Fix.write(value.span, other, safe=text != "probit_approx"),
        )
        return None
    known = (*links, *known_links)
    notes, fix = did_you_mean(text, known, value.span, f"links of {of}")
    if text in LINKS:
        notes, fix = (f"it has {', '.join(links)}",), None
    sink.add(
        "unknown-link",
        value.span,
        f"{of} has no link `{text}`",
        *notes,
        fix=fix,
    )
    return None

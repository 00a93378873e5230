"""Options of a formula: ``family``, ``link`` and those that are a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from varying.grammar.diagnostics import Sink, did_you_mean
from varying.grammar.printer import expression_text
from varying.grammar.tree import Call, ModelStatement, Name, Option, String

from .expressions import unwrap
from .families import FAMILIES, FAMILY_SPELLINGS, PLANNED_FAMILIES
from .families.family import Family
from .links import LINKS, Link

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
    "threshold": (("flexible", "equidistant", "symmetric"), ("flexible",)),
    "nl": (("true", "false"), ("false",)),
}


def read_options(options: Sequence[Option], sink: Sink) -> dict[str, Option]:
    """Return the options by name, without the faulty ones."""
    found: dict[str, Option] = {}
    for option in options:
        name = option.name.text
        if name not in OPTIONS:
            notes, fix = did_you_mean(
                name, tuple(OPTIONS), option.name.span, "options of a formula"
            )
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
            )
        found[name] = option
    if "family" in found:
        _split_call(found, sink)
    return found


def _split_call(options: dict[str, Option], sink: Sink) -> None:
    """Take ``family=bernoulli(link=logit)``, R's way, as a family and a link."""
    option = options["family"]
    call = unwrap(option.value)
    if not isinstance(call, Call):
        return
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
        case Call(function=Name(text=text)) if (
            text in FAMILY_SPELLINGS or text in PLANNED_FAMILIES
        ):
            sink.add(
                "invalid-argument",
                value.span,
                f"a family takes its link and nothing else: `{expression_text(value)}`",
                f"written `family={text}, link=...`",
            )
            return None
        case Call(function=Name(text=text)):
            sink.add("unknown-family", value.span, f"there is no family `{text}`")
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
    if text in PLANNED_FAMILIES:
        sink.add(
            "not-yet",
            value.span,
            f"the family `{text}` is not compiled by this version",
            f"compiled are {', '.join(FAMILIES)}",
        )
        return None
    notes, fix = did_you_mean(
        text, (*FAMILY_SPELLINGS, *PLANNED_FAMILIES), value.span, "families"
    )
    sink.add(
        "unknown-family", value.span, f"there is no family `{text}`", *notes, fix=fix
    )
    return None


def link_of(
    options: Mapping[str, Option], family: Family | None, sink: Sink
) -> Link | None:
    """Return the link that is named, or the family's own; None after a fault."""
    if family is None:
        return None
    if "link" not in options:
        return LINKS[family.links[0]]
    value = options["link"].value
    node = unwrap(value)
    text = node.text if isinstance(node, Name | String) else expression_text(node)
    if text in family.links:
        return LINKS[text]
    if text in family.known_links:
        sink.add(
            "not-yet",
            value.span,
            f"the link `{text}` of {family.name} is not compiled by this version",
            f"compiled for {family.name}: {', '.join(family.links)}",
        )
        return None
    known = (*family.links, *family.known_links)
    notes, fix = did_you_mean(text, known, value.span, f"links of {family.name}")
    sink.add(
        "unknown-link",
        value.span,
        f"{family.name} has no link `{text}`",
        *notes,
        fix=fix,
    )
    return None

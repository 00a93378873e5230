"""Wrong arguments: what is typed may be the name of a file, and that hold anything."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from typer import BadParameter
from typer.core import TyperGroup

from varying.grammar.render.safe import visible_lines

__all__ = ["Commands", "typed"]

#: Letters of a complaint about what was typed.
_MOST = 300
#: Click's words for types, and ours.
_WORDS = (
    (re.compile(r"is not a valid int(eger)?( range)?\."), "is not a whole number."),
    (re.compile(r"is not a valid float( range)?\."), "is not a number."),
    (re.compile(r"(\S+) is not in the range x>=(\d+)\."), r"\1 is below \2."),
)
#: Arguments of the Python interface that messages name.
_ARGUMENT = re.compile(r"\btarget_accept(=)?")
_RESPONSE = re.compile(r"^response(?= is )")
#: An argument that a message says to give, such as `by=` of a plot; not what stands in
#: a question: `response=y1`.
_ASKED_FOR = re.compile(r"\b(by|ask|response)=(?=[\s:,;.]|$)")
#: Such as `groups='new'` of `predict`.
_WORD = re.compile(r"\b(groups|kind|dpar)='(\w+)'")

_NO_COMMAND = re.compile(r"No such command '([\w.]+)'")
_NO_CHOICE = re.compile(r"'([\w.]+)' is not one of ")


class Commands(TyperGroup):
    """The commands; complaints about arguments are made safe to show."""

    def make_context(self, *args: Any, **options: Any) -> Any:
        """Parse the arguments before the command."""
        with _visible():
            return super().make_context(*args, **options)

    def resolve_command(self, *args: Any) -> Any:
        """Find the command, and refuse an option of which it would take the last."""
        found = super().resolve_command(*args)
        _, command, rest = found
        if command is not None and not isinstance(command, TyperGroup):
            twice = _given_twice(command, rest)
            if twice is not None:
                raise BadParameter(f"{twice} is given more than once")
        return found

    def invoke(self, ctx: Any) -> Any:
        """Parse the arguments of the command, and run it."""
        with _visible():
            return super().invoke(ctx)


def typed(text: str) -> str:
    """Return a message about an argument of Python's as it is about an option."""
    text = _RESPONSE.sub("--response", text)
    text = _ASKED_FOR.sub(r"--\1", text)
    text = _WORD.sub(r"--\1 \2", text)
    return _ARGUMENT.sub(lambda found: "--target-accept" + " " * bool(found[1]), text)


def _plain(text: str) -> str:
    for pattern, words in _WORDS:
        text = pattern.sub(words, text)
    text += _from_elsewhere(text)
    if len(text) > _MOST:
        half = _MOST // 2
        text = f"{text[:half]} ... {text[-half:]}"
    return visible_lines(text)


def _from_elsewhere(text: str) -> str:
    """Return what a command, a picture or a kind of other packages is here."""
    found = _NO_COMMAND.match(text)
    if found is not None:
        from varying.grammar.elsewhere.results import RESULTS

        said = RESULTS.get(found[1])
        return "" if said is None else f" Of a fit: {said}."
    found = _NO_CHOICE.search(text)
    if found is None:
        return ""
    from ..interface.elsewhere import GROUPS, KINDS, PICTURES

    for known in (PICTURES, KINDS, GROUPS):
        here = known.get(found[1])
        if here is not None and f"'{here}'" in text:
            return f" It is '{here}' here."
    return ""


def _given_twice(command: Any, arguments: Sequence[str]) -> str | None:
    """Return an option that stands twice and takes one value; None if none does."""
    options = {
        name: option
        for option in command.params
        for name in (*option.opts, *option.secondary_opts)
        if name.startswith("-")
    }
    seen: set[str] = set()
    left = iter(arguments)
    for argument in left:
        if argument == "--":
            break
        name, given, _ = argument.partition("=")
        option = options.get(name)
        if option is None:
            continue
        if not option.is_flag and not given:
            next(left, None)  # its value
        if not option.is_flag and not option.multiple and option.name in seen:
            return name
        seen.add(option.name)
    return None


@contextmanager
def _visible() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        # an error of Click, which Typer has a copy of under a private name
        if hasattr(error, "format_message"):
            text = _plain(error.format_message())
            error.format_message = lambda: text
        raise

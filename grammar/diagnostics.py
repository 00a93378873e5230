"""Diagnostics: what is wrong with a spec or its data, as plain values.

A diagnostic says one thing about one place. How it looks is decided in
``grammar.render``; which rules exist, and how grave each is, in
``grammar.rules``.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from .quoting import recoded
from .rules import RULES, Severity
from .source import Source, Span

__all__ = [
    "Diagnostic",
    "Edit",
    "Fix",
    "ModelError",
    "Severity",
    "Sink",
    "did_you_mean",
    "nearest",
]


#: Names that are listed where none is near to an unknown one.
MOST_LISTED = 40


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace the text at ``span`` by ``text``."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that mend a fault; ``safe`` ones keep what the author meant."""

    title: str
    edits: tuple[Edit, ...]
    safe: bool = False

    @classmethod
    def write(cls, span: Span, text: str, *, safe: bool = False) -> Fix:
        """Return the fix that writes a text in the place of another."""
        return cls(f"write `{text}`", (Edit(span, text),), safe)


@dataclass(frozen=True, slots=True, repr=False)
class Diagnostic:
    """One fault, at one place.

    Attributes
    ----------
    rule
        Key of ``RULES``: kebab-case, named for the fault.
    message
        One sentence, without a full stop, that stands alone and names the thing.
    source, span
        Where. A fault of a whole file has the span 0..0.
    notes
        Cause and help, a sentence each.
    fix
        Edits that mend it, if such exist.
    models
        Of a file with several, those that it is about; none: the file itself.
    """

    rule: str
    message: str
    source: Source
    span: Span
    notes: tuple[str, ...] = ()
    fix: Fix | None = None
    models: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.rule not in RULES:
            raise ValueError(f"no rule is called {self.rule!r}")
        if self.span.end > len(self.source.text):
            raise ValueError(f"{self.span} lies beyond the text of {self.source.name}")

    @property
    def severity(self) -> Severity:
        """Whether it stops the work (``error``) or not."""
        return RULES[self.rule].severity

    def __str__(self) -> str:
        from .render import concise

        return concise.render([self])

    def __repr__(self) -> str:
        return f"<{self}>"  # not the whole text of the source


@dataclass(slots=True)
class Sink:
    """Collects the diagnostics of one source while a stage runs.

    The same fault at the same place is kept once, so that two stages or two
    models of a file that meet it do not say it twice. What is ``once`` said of a
    column, wherever it is read, is kept at the first place.
    """

    source: Source
    diagnostics: list[Diagnostic] = field(default_factory=list)
    _seen: dict[object, int] = field(default_factory=dict, repr=False, compare=False)

    def add(
        self,
        rule: str,
        span: Span,
        message: str,
        *notes: str,
        fix: Fix | None = None,
    ) -> None:
        """Record a fault of this source."""
        if fix is not None:
            fix = replace(fix, title=recoded(fix.title))
        said = tuple(map(recoded, notes))
        found = Diagnostic(rule, recoded(message), self.source, span, said, fix)
        self.keep(found)

    def keep(self, found: Diagnostic, *models: str) -> None:
        """Record a fault that was found elsewhere; ``models`` it is about as well."""
        found = replace(found, models=(*found.models, *models))
        key: object = replace(found, models=())
        if RULES[found.rule].once:
            key = (found.rule, found.message)
        place = self._seen.setdefault(key, len(self.diagnostics))
        if place == len(self.diagnostics):
            self.diagnostics.append(found)
            return
        known = self.diagnostics[place]
        every = tuple(dict.fromkeys((*known.models, *found.models)))
        self.diagnostics[place] = replace(known, models=every)

    @property
    def failed(self) -> bool:
        """Whether an error is among them."""
        return any(d.severity is Severity.ERROR for d in self.diagnostics)

    def sorted(self) -> tuple[Diagnostic, ...]:
        """Return them in the order of their places."""
        return tuple(
            sorted(self.diagnostics, key=lambda d: (d.span.start, d.span.end, d.rule))
        )

    def raise_errors(self) -> None:
        """Raise ``ModelError`` with everything found if an error is among it."""
        if self.failed:
            raise ModelError(self.sorted())


class ModelError(Exception):
    """A spec or its data cannot be used; ``diagnostics`` says why.

    Its text is the full rendering, so that an uncaught error reads like the
    command's output.
    """

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics: tuple[Diagnostic, ...] = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        from .render import full

        return full.render(self.diagnostics)

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows: where in this package it was raised helps none."""
        from .render.called import short_traceback

        return short_traceback(self, str(self))


def nearest(name: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """Return the known names nearest to a misspelt one, best first.

    Case is ignored; a candidate must share about 60 % of its letters
    (``difflib``'s ratio), so that unrelated names are not offered.
    """
    folded: dict[str, str] = {}
    for candidate in known:
        folded.setdefault(candidate.casefold(), candidate)
    found = difflib.get_close_matches(name.casefold(), folded, n=limit, cutoff=0.6)
    return [folded[key] for key in found]


def did_you_mean(
    name: str,
    known: Sequence[str],
    span: Span,
    what: str = "known names",
    spell: Callable[[str], str] = str,
) -> tuple[tuple[str, ...], Fix | None]:
    """Return notes and a fix for an unknown name, to pass on to ``Sink.add``.

    ``spell`` says how a known name is written in a spec: in back-quotes, maybe.
    """
    close = [spell(found) for found in nearest(name, known, 1)]
    if close:
        notes = (f"did you mean {_quoted(close[0])}?",)
        title = f"replace by {_quoted(close[0])}"
        return notes, Fix(title, (Edit(span, close[0]),))
    if known:
        more = len(known) - MOST_LISTED
        listed = ", ".join(known[:MOST_LISTED] if more > 1 else known)
        return (f"{what}: {listed}{f' and {more} more' if more > 1 else ''}",), None
    return (), None


def _quoted(text: str) -> str:
    """Return a text in back-quotes, unless it has them already."""
    return text if text.startswith("`") else f"`{text}`"

"""Code of R or Python as far as a model in it can be read: words and calls.

The reader knows strings, brackets and commas, which both languages share, and no
more of either.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import regex

from ..diagnostics import Sink
from ..source import Source, Span

#: Reads a spec, and tells the sink of its faults.
Parse = Callable[[Source, Sink], object]

_TOKEN = regex.compile(
    r"""
    (?P<space>[^\S\r\n]+)
  | (?P<line>\r\n|\n|\r)
  | (?P<comment>\#[^\r\n]*)
  | (?P<string>(?:[fFrRbBuU]{1,2}(?=["']))?
        (?:\"{3}.*?\"{3}|'{3}.*?'{3}
          |"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*'))
  | (?P<quoted>`[^`\r\n]+`)
  | (?P<name>[\p{L}_.][\p{L}\p{M}\p{N}_.]*(?::::?[\p{L}_.][\p{L}\p{N}_.]*)?)
  | (?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?L?)
  | (?P<sign><<-|<-|\|>|%[^%\s]*%|\|\||&&|\*\*|[<>=!]=)
  | (?P<open>[(\[{])
  | (?P<close>[)\]}])
  | (?P<other>.)
    """,
    regex.VERBOSE | regex.DOTALL,
)
_PLAIN = regex.compile(r"[\p{L}_.][\p{L}\p{M}\p{N}_.]*")
# Behind these a line of R goes on.
_GOES_ON = frozenset(("+", "-", "*", "/", ":", "~", "|", "||", "=", "<-", "|>", ","))


@dataclass(frozen=True, slots=True)
class Word:
    """A word or sign, where it begins and ends, and how many brackets are open."""

    kind: str
    text: str
    start: int
    end: int
    depth: int


@dataclass(frozen=True, slots=True)
class Given:
    """An argument of a call: its keyword, if it has one, and its words."""

    keyword: str | None
    words: tuple[Word, ...]

    @property
    def text(self) -> str:
        """The value as written, on one line."""
        return written(self.words)

    @property
    def string(self) -> str | None:
        """What a value that is one string says; None for any other."""
        return string_of(self.words)

    @property
    def plain(self) -> str:
        """The value without the quotes of a string."""
        return self.string if self.string is not None else self.text


@dataclass(frozen=True, slots=True)
class Called:
    """A call: the name without its package, and what is given."""

    name: str
    given: tuple[Given, ...]

    def get(self, keyword: str, place: int | None = None) -> Given | None:
        """Return what is given by a keyword, or else without one at a place."""
        for argument in self.given:
            if argument.keyword == keyword:
                return argument
        free = [argument for argument in self.given if argument.keyword is None]
        return free[place] if place is not None and place < len(free) else None


def words_of(text: str, start: int, end: int | None = None) -> Iterator[Word]:
    """Yield the words of a text from a place on, blanks left out."""
    depth = 0
    for match in _TOKEN.finditer(text, start, len(text) if end is None else end):
        kind = match.lastgroup or "other"
        if kind == "space":
            continue
        depth -= kind == "close"
        yield Word(kind, match[0], match.start(), match.end(), depth)
        depth += kind == "open"


def statement(text: str, start: int) -> tuple[list[Word], bool]:
    """Return the words of the statement that begins at a place.

    It ends with its line, unless a bracket is open or the line ends in an infix
    operator. The second value is whether all its brackets are closed.
    """
    found: list[Word] = []
    last = ""
    for word in words_of(text, start):
        if word.depth < 0:
            return found, False
        if word.text == ";" and word.depth == 0 and found:
            return [*found, word], True
        if word.kind == "line" and word.depth == 0:
            if last not in _GOES_ON:
                return found, True
        elif word.kind != "line":
            found.append(word)
            last = last if word.kind == "comment" else word.text
    closed = not found or found[-1].depth == 0
    return found, closed and found[-1].kind != "open" if found else True


def says_formula(word: Word) -> bool:
    """Whether a word is the ``~`` of a formula, or a string with one."""
    return word.text == "~" or (word.kind == "string" and "~" in word.text)


def without_comments(words: Sequence[Word]) -> list[Word]:
    """Return the words that are no comments."""
    return [word for word in words if word.kind != "comment"]


def written(words: Sequence[Word]) -> str:
    """Return words as they are written, on one line and with single blanks."""
    found = ""
    end = words[0].start if words else 0
    for word in words:
        found += " " if word.start > end and found else ""
        found += word.text
        end = word.end
    return found


def string_of(words: Sequence[Word]) -> str | None:
    """Return the text of a single string; None if the words are anything else."""
    if len(words) != 1 or words[0].kind != "string":
        return None
    text = words[0].text.lstrip("fFrRbBuU")
    quote = 3 if text[:3] in ('"""', "'''") else 1
    return " ".join(text[quote:-quote].split())


def called(words: Sequence[Word]) -> Called | None:
    """Return the call that words are, from the first to the last; None if none."""
    if len(words) < 3 or words[0].kind != "name" or words[1].text != "(":
        return None
    close = matching(words, 1)
    if close != len(words) - 1:
        return None
    name = regex.split(":::?", words[0].text)[-1]
    return Called(name, tuple(arguments(words[2:close])))


def matching(words: Sequence[Word], opening: int) -> int | None:
    """Return the place of the bracket that closes one; None if there is none."""
    depth = words[opening].depth
    for place in range(opening + 1, len(words)):
        if words[place].kind == "close" and words[place].depth == depth:
            return place
    return None


def split(words: Sequence[Word], *separators: str) -> list[list[Word]]:
    """Return the words between separators that no bracket encloses."""
    found: list[list[Word]] = [[]]
    depth = words[0].depth if words else 0
    for word in words:
        if word.depth == depth and word.text in separators:
            found.append([])
        else:
            found[-1].append(word)
    return found


def arguments(words: Sequence[Word]) -> Iterator[Given]:
    """Yield the arguments that stand between a call's parentheses."""
    for part in split(words, ","):
        if not part:
            continue
        if len(part) > 2 and part[1].text in ("=", ":"):
            if part[0].kind in ("name", "quoted", "string"):
                keyword = part[0].text.strip("`\"'")
                if part[1].text == "=" or part[0].kind == "string":
                    yield Given(keyword, tuple(part[2:]))
                    continue
        yield Given(None, tuple(part))


def spelled(name: str) -> str:
    """Return the name of a column as a spec writes it."""
    return name if _PLAIN.fullmatch(name) else f"`{name}`"


@dataclass(frozen=True, slots=True)
class Code:
    """A stretch of code that was found and reported.

    Attributes
    ----------
    span
        From its first word to its last.
    model
        Whether it holds a model.
    """

    span: Span
    model: bool

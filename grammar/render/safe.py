r"""Text made safe to show: on a terminal, in HTML, in Markdown, in JSON.

Names of columns, levels, models and files are other people's text. A control
character in one steers the terminal (colours, the title, the cursor), a mark of
direction reorders what stands beside it, and what takes no room makes two names
look like one. Whatever is shown goes through this module: such characters come out
as Python writes them, ``\x1b`` or ``\u202e``, so that they are seen. Characters
that a format reads as its own (``<`` in HTML, ``|`` in a table of Markdown) are
escaped as that format asks.

See the Unicode technical reports 9 (bidirectional text) and 39 (security).
"""

from __future__ import annotations

import html as _html
from collections.abc import Callable

import regex
from regex import Match

__all__ = [
    "as_html",
    "as_json",
    "code",
    "prose",
    "prose_html",
    "visible",
    "visible_lines",
]

# Control and format characters, halves of characters, those of private use and those
# that do not exist yet, ends of lines, all that Unicode says is shown as nothing, and
# a letter that is blank. A joiner between two letters of other scripts is how they are
# written, and so is a variation selector behind one.
_UNSEEN = regex.compile(
    r"[\p{C}\p{Zl}\p{Zp}\p{DI}\u2800]"
    r"(?<!(?=[^\x00-\x7f])[^\p{C}\p{DI}][\u200c\u200d](?=[^\x00-\x7f])(?=[^\p{C}\p{DI}]))"
    r"(?<!(?=[^\x00-\x7f])[^\p{C}\p{DI}]\ufe0f[\u200c\u200d]"
    r"(?=[^\x00-\x7f])(?=[^\p{C}\p{DI}]))"
    r"(?<!(?=[^\x00-\x7f])[^\p{C}\p{DI}][\ufe00-\ufe0f\U000e0100-\U000e01ef])",
    regex.V1,
)

# A span of code as CommonMark reads it: between runs of as many back-quotes.
_CODE = regex.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", regex.DOTALL)
# What Markdown would read as a link, emphasis, HTML, mathematics or a citation.
_MARKS = regex.compile(r"[\\*<>&$~^@]|\[(?=\^)|\](?=[\[({:])|(?<![^\W_])_|_(?![^\W_])")
_SIGN = regex.compile(r"[^\w\s]")
_ENTITIES = {"<": "&lt;", ">": "&gt;", "&": "&amp;"}


def visible(text: str, keep: str = "") -> str:
    r"""Return a text in one line, with escapes for what would not be seen.

    Parameters
    ----------
    text
        The text.
    keep
        Control characters that stay, such as a tab.

    Examples
    --------
    >>> visible("a\x1b[31mb\u202e")
    'a\\x1b[31mb\\u202e'
    """
    if text.isascii() and text.isprintable():
        return text
    found: str = _UNSEEN.sub(lambda found: _escaped(found[0], keep), text)
    return found


def visible_lines(text: str) -> str:
    """Return a text of several lines, made visible; the ends of lines stay."""
    return visible(text, "\n\t")


def _escaped(character: str, keep: str) -> str:
    if character in keep:
        return character
    return character.encode("unicode_escape").decode("ascii")


def as_html(text: str) -> str:
    """Return a text of one line for HTML: between tags, or as an attribute."""
    return _html.escape(visible(text))


def as_json(text: str) -> str:
    """Return JSON with escapes for what would not be seen: the same values."""
    found: str = _UNSEEN.sub(lambda found: _json_escaped(found[0]), text)
    return found


def _json_escaped(character: str) -> str:
    if character in "\n\t":  # between values; inside they are escaped already
        return character
    units = character.encode("utf-16-be", "surrogatepass")
    pairs = (units[at : at + 2] for at in range(0, len(units), 2))
    return "".join(f"\\u{int.from_bytes(pair):04x}" for pair in pairs)


def code(text: str, *, cell: bool = False) -> str:
    """Return a text as code of Markdown, whatever back-quotes it has.

    Parameters
    ----------
    text
        The text, in one line.
    cell
        Whether it stands in a table, whose cells a bar ends even there.
    """
    text = visible(text)
    if cell and "|" in text:
        if "\\" in text:  # before a bar, one escapes the other: by numbers, none does
            return f"<code>{_SIGN.sub(lambda m: f'&#{ord(m[0])};', text)}</code>"
        text = text.replace("|", r"\|")
    if "`" not in text:
        return f"`{text}`"
    fence = "`"
    while fence in text:
        fence += "`"
    return f"{fence} {text} {fence}"


def prose(text: str) -> str:
    """Return a sentence for Markdown: only its spans of code are marks."""
    return _by_code(text, _plain, lambda found: found[0])


def prose_html(text: str) -> str:
    """Return a sentence for HTML, its spans of code between tags."""
    return _by_code(
        text, _html.escape, lambda found: f"<code>{_html.escape(found[2])}</code>"
    )


def _by_code(
    text: str, outside: Callable[[str], str], inside: Callable[[Match[str]], str]
) -> str:
    parts: list[str] = []
    end = 0
    text = visible(text)
    for found in _CODE.finditer(text):
        parts += [outside(text[end : found.start()]), inside(found)]
        end = found.end()
    return "".join([*parts, outside(text[end:])])


def _plain(text: str) -> str:
    found: str = _MARKS.sub(lambda m: _ENTITIES.get(m[0], f"\\{m[0]}"), text)
    return found

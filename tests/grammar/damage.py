"""What may befall a text: ``mutated(text, rng)`` damages it in one to five places."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

_TOKEN = re.compile(
    r"\s+|[^\W\d][\w.]*|[\d.]+|\"[^\"\n]*\"|'[^'\n]*'|`[^`\n]*`|#[^\n]*|%in%"
    r"|[|&*<>=!]{2}|.",
    re.DOTALL,
)

#: What is put in: tokens, damaged ones, and characters that are not what they seem.
INSERTED = (
    *"| || & && < > <= >= == != + - * / ^ ** %in% : ~ = , . .. ! ( ) [ ]".split(),
    *"\" ' ` # \\ $ @ ; { } % %% ? <- -> |> ''' ^99999 (1|g) (x||g) (1|i|g) b[".split(),
    *"x[CS+] 1e999 1e-999 0..99999999 -0 0x1F 1_000 1L 1e 2^9999 NA NaN Inf".split(),
    *"TRUE NULL None import lambda __class__ family= family=ordlogit link=".split(),
    *"factor( ordered( offset( I( poly( C( mo( normal( lkj( “ ’ „ × ≤ …".split(),
    *"～ ， （ − ٣ ² Ⅷ ß İ ﬁ 𝐱 😀".split(),
    *("\n", "\n  ", "\r", "\r\n", "\t", "\f", "\v", "\0", "\x1b", "\x7f", "\x85"),
    *("\u200b", "\u200d", "\u200e", "\u202a", "\u202e", "\u2066", "\u2069", "\u2028"),
    *("\u00ad", "\u034f", "\u3164", "\ufe0f", "\u0301", "\u0338", "\u1160", "\ufffe"),
    *(
        "\ufeff",
        "\U000e0041",
        "\ud800",
        "\udfff",
        "a\u0301\u0301",
        "x" * 300,
        "9" * 400,
    ),
    *("data ", "column ", "let ", "where ", "model m: ", "prior ", "keep ", "sd[g, "),
    *("test t = ", "quantity q = ", "contrast ", "wide(x: "),
)


LINE_ENDS = ("\n", "\r", "\r\n", "\n\r", "\u2028", "\v", " ")


def mutated(text: str, rng: random.Random) -> str:
    """Damage a text in one to five places."""
    for _ in range(rng.choice((1, 1, 1, 2, 3, 5))):
        text = rng.choice(DAMAGE)(text, rng)
    return text


def _some_token(tokens: list[str], rng: random.Random) -> int:
    return rng.randrange(len(tokens))


def _on_tokens(
    change: Callable[[list[str], int, random.Random], None],
) -> Callable[[str, random.Random], str]:
    def damage(text: str, rng: random.Random) -> str:
        tokens = _TOKEN.findall(text)
        if tokens:
            change(tokens, _some_token(tokens, rng), rng)
        return "".join(tokens)

    return damage


def _delete(tokens: list[str], at: int, rng: random.Random) -> None:
    del tokens[at : at + rng.choice((1, 1, 1, 2, 9))]


def _double(tokens: list[str], at: int, rng: random.Random) -> None:
    piece = tokens[at : at + rng.choice((1, 1, 2, 9))]
    tokens[at:at] = piece * rng.choice((1, 1, 1, 2, 40))


def _swap(tokens: list[str], at: int, rng: random.Random) -> None:
    other = _some_token(tokens, rng)
    tokens[at], tokens[other] = tokens[other], tokens[at]


def _replace(tokens: list[str], at: int, rng: random.Random) -> None:
    tokens[at] = rng.choice((rng.choice(INSERTED), tokens[_some_token(tokens, rng)]))


def _brackets(tokens: list[str], at: int, rng: random.Random) -> None:
    places = [i for i, token in enumerate(tokens) if token in "()[]"]
    if places and rng.random() < 0.7:
        tokens[rng.choice(places)] = rng.choice(("", "", "(", ")", "[", "]"))
    else:
        tokens.insert(at, rng.choice("()[]") * rng.choice((1, 1, 2, 120)))


def _insert(text: str, rng: random.Random) -> str:
    at = rng.randint(0, len(text))
    if rng.random() < 0.7:
        return text[:at] + rng.choice(INSERTED) + text[at:]
    below = rng.choice((0x80, 0x3000, 0x110000))
    return text[:at] + chr(rng.randrange(below)) + text[at:]


def _truncate(text: str, rng: random.Random) -> str:
    at = rng.randint(0, len(text))
    return text[:at] if rng.random() < 0.7 else text[at:]


def _shuffle_lines(text: str, rng: random.Random) -> str:
    lines = text.split("\n")
    first, second = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(4):
        case 0:
            lines[first], lines[second] = lines[second], lines[first]
        case 1:
            lines.insert(first, lines[second])
        case 2:
            del lines[first]
        case _:
            lines[first] = rng.choice(("", " ", "  ", "\t")) + lines[first].lstrip()
    return "\n".join(lines)


def _line_ends(text: str, rng: random.Random) -> str:
    pieces = text.split("\n")
    ends = rng.choices(LINE_ENDS, k=len(pieces))
    return "".join(map(str.__add__, pieces, ends))


DAMAGE: tuple[Callable[[str, random.Random], str], ...] = (
    *(_on_tokens(_delete), _on_tokens(_double), _on_tokens(_swap)),
    *(_on_tokens(_replace), _on_tokens(_replace), _on_tokens(_brackets)),
    *(_insert, _insert, _truncate, _shuffle_lines, _line_ends),
)

"""Random texts of the language, valid by construction.

``random_spec(rng)`` writes a spec that has every right to be read: statements of all
kinds, operators, names of many scripts, strings with escapes, comments, blank and
continued lines, mixed line ends. It takes a ``random.Random``: hypothesis has one that
shrinks (``specs()``), and ``random.Random(seed)`` names its case.

No name here means anything: whether a spec has columns is for others to try.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from hypothesis import strategies as st

from varying.grammar.elsewhere.tables import PRIOR_NAMES
from varying.grammar.tokens import KEYWORDS

Tokens = list[str]

NAMES = (
    *"x y cs block rt trial_c x1 a.b _x .x X_2.y Intercept log f e1 E NA TRUE".split(),
    *(
        "in",
        "L",
        "α",
        "größe",
        "名前",
        "возраст",
        "cafe\u0301",
        "café",
        "ñ_1",
        "ชื่อ",
        "व्यक्ति",
    ),
)
QUOTED = (
    *("`reaction time`", "`a+b`", "`#1`", '`it\'s "it"`', "`1`", "`a\u030a b`"),
    *("`x`", "`(`", "`[`", "`\\`", "`,`", "`~`", "`時間 [ms]`", "` `"),
)
NUMBERS = tuple("0 1 2 10 007 1.5 1. .5 1e-3 2E+5 1.e2 1e999".split())
LEVELS = (
    *"CS+ CS- S.CS- 1 -1.5 it's x' a:b 0..9 (a b) `q` β e\u0301 a|b \\ %".split(),
    *("a=b", "名", "lo hi", "x ~ y", "a  b", "$!;{}"),
)
IN_STRINGS = (
    *"a B CS+ # [ ] , ( ) ~ ` é e\u0301 名 .. %in% / : 😀 $ \\n \\\\ \\' \\\"".split(),
    *("\\x", " ", "\t", "\u00a0"),
)
COMMENTS = (
    *("", " why", "# twice", " y ~ x", ' "open', " (", " `", " naïve \t ", "!"),
    *(" trailing\\", "\ta", " model m: y ~ x", " + b,", " العربية", " \u2028 \u00a0"),
)
SPACES = (" ", " ", "  ", "\t", " \t ", "\u00a0", "\u2003", "\f")
INDENTS = (" ", "  ", "\t", "        ", "\u00a0")
ENDS = ("\n", "\n", "\n", "\r\n", "\r")
FUNCTIONS = tuple(
    "log I poly C center mo cs gr trials normal prior f exp größe .f a.b test".split()
)
TARGETS = tuple("b sd cor Intercept threshold sigma.b y1.sd größe".split())
TYPES = tuple("factor ordered numeric text größe".split())

#: Operators from loosest to tightest, as in the grammar.
LADDER = (
    ("|", "||"),
    ("&", "&&"),
    ("<", ">", "<=", ">=", "==", "!="),
    ("+", "-"),
    ("*", "/"),
    ("%in%",),
    (":",),
    ("^", "**"),
)
BARS, AND, COMPARE, SUM = 0, 1, 2, 3
UNARY = ("+", "-", "!")

#: After these a line goes on, and before these an indented one does.
INFIX = frozenset(("~", "=", ",", *(sign for signs in LADDER for sign in signs)))


class Raw(str):
    """A level between brackets, without quotes."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Written:
    """A spec twice: in a plain layout, a statement a line, and in a wild one.

    Attributes
    ----------
    plain, wild
        Texts of the same tokens.
    comments
        What stands behind each ``#`` of ``wild``, in their order.
    """

    plain: str
    wild: str
    comments: tuple[str, ...]


def specs() -> st.SearchStrategy[Written]:
    """Return the generator as a hypothesis strategy, which shrinks."""
    return st.randoms(use_true_random=False).map(random_spec)


def random_spec(rng: random.Random) -> Written:
    """Write a spec that can be read."""
    lines = _Statements(rng).file()
    plain = "".join(
        f"{'  ' * indented}{joined(tokens)}\n" for tokens, indented in lines
    )
    layout = _Layout(rng)
    wild = layout.written(lines)
    return Written(plain, wild, tuple(layout.comments))


# ---- statements ----------------------------------------------------------------------


def separated(parts: Iterable[Tokens], comma: str = ",") -> Tokens:
    """Put commas between parts."""
    tokens: Tokens = []
    for number, part in enumerate(parts):
        tokens += [comma] * (number > 0) + part
    return tokens


@dataclass(slots=True)
class _Statements:
    """Makes statements as tokens."""

    rng: random.Random

    def chance(self, probability: float) -> bool:
        # not at 0, to which hypothesis shrinks
        return self.rng.random() >= 1 - probability

    def several(self, make: Callable[[], Tokens], least: int, most: int) -> Tokens:
        return separated([make() for _ in range(self.rng.randint(least, most))])

    def file(self) -> list[tuple[Tokens, bool]]:
        """Return all statements, each with whether it is indented."""
        rng = self.rng
        anywhere = [
            *(self.data, self.column, self.column, self.let, self.where),
            *(self.quantity, self.test, self.contrast, self.means, self.slope),
        ]
        margin = [self.prior, self.keep]

        def some(of: Sequence[Callable[[], Tokens]]) -> list[tuple[Tokens, bool]]:
            return [(rng.choice(of)(), False) for _ in range(rng.choice((0, 0, 1, 2)))]

        lines = some([*anywhere, *margin])
        unnamed = self.chance(0.5)
        if unnamed:
            lines += [(self.formula(self.response()), False), *self.body()]
        lines += some([*anywhere, *margin])
        names = rng.sample([*NAMES[:6], *KEYWORDS, "`a b`"], rng.choice((0, 1, 2)))
        for name in names if unnamed else names or ["m"]:
            formula = self.formula(self.response())
            lines += [(["model", name, ":", *formula], False), *self.body()]
            lines += some(anywhere)
        return lines

    def body(self) -> list[tuple[Tokens, bool]]:
        """Return what is indented under a formula."""
        of = (self.part, self.prior, self.prior, self.keep)
        count = self.rng.choice((0, 0, 1, 2, 3))
        return [(self.rng.choice(of)(), True) for _ in range(count)]

    def part(self) -> Tokens:
        """An indented formula does not begin with a sign: it would go on from above."""
        return self.formula([self.rng.choice([*NAMES, *KEYWORDS])])

    def response(self) -> Tokens:
        rng = self.rng
        name = rng.choice([*NAMES, *QUOTED, *KEYWORDS])
        kinds: tuple[Callable[[], Tokens], ...] = (
            lambda: [name],
            lambda: [name],
            lambda: [name, "|", *self.call(1), "+", *self.call(1)],
            lambda: self.call(2),
            # `model : x ~ y` is a model without a name
            lambda: ["(", *self.expression(2), ")"],
            lambda: ["-", name],
            lambda: [name, "/", "99"],
        )
        return rng.choice(kinds)()

    def formula(self, response: Tokens) -> Tokens:
        terms, options = self.terms(), self.options()
        if terms[0] in PRIOR_NAMES and not options:
            terms = ["1", "+", *terms]  # alone, `x ~ normal()` is a prior
        return [*response, "~", *terms, *options]

    def terms(self) -> Tokens:
        """The right side; a bar stands in parentheses."""
        rng = self.rng
        if self.chance(0.2):
            return self.expression(3, SUM)
        terms = self.term()
        for _ in range(rng.choice((0, 1, 2, 3, 9))):
            terms += [rng.choice("++-"), *self.term()]
        return terms

    def term(self) -> Tokens:
        rng = self.rng
        if self.chance(0.3):
            inner = self.expression(1, AND)
            id_ = [rng.choice("||||"), self.name()] if self.chance(0.2) else []
            group = self.expression(1, AND)
            return ["(", *inner, *id_, rng.choice(("|", "||")), *group, ")"]
        return self.expression(1, SUM + 1)

    def options(self) -> Tokens:
        count = self.rng.choice((0, 0, 0, 1, 2))
        return [token for _ in range(count) for token in (",", *self.option())]

    def option(self) -> Tokens:
        word = self.rng.choice(("family", "link", "rows", "scale", "k", "größe"))
        return [word, "=", *self.expression(1)]

    def data(self) -> Tokens:
        parts = [self.option() for _ in range(self.rng.choice((0, 0, 1, 2)))]
        if self.chance(0.4):
            parts.insert(self.rng.randint(0, len(parts)), self.wide())
        return ["data", *separated([[self.string()], *parts])]

    def wide(self) -> Tokens:
        cells = self.several(self.cell, 1, 3)
        end = [","] * self.chance(0.2)
        return ["wide", "(", self.name(), ":", *cells, *end, ")"]

    def cell(self) -> Tokens:
        column = self.string() if self.chance(0.5) else self.name()
        end = [","] * self.chance(0.2)
        return [column, "=", "(", *self.several(self.option, 1, 2), *end, ")"]

    def column(self) -> Tokens:
        names = self.several(lambda: [self.name()], 1, 3)
        type_ = [self.rng.choice(TYPES)]
        if self.chance(0.6):
            levels = self.several(self.level, 0, 4)
            end = [","] * (bool(levels) and self.chance(0.2))
            type_ += ["(", *levels, *end, ")"]
        return ["column", *names, ":", *type_, *self.options()]

    def level(self) -> Tokens:
        rng = self.rng
        sign = ["-"] * self.chance(0.3)
        kinds: tuple[Callable[[], Tokens], ...] = (
            lambda: [self.string()],
            lambda: [self.name()],
            lambda: [*sign, rng.choice(NUMBERS)],
            lambda: [*sign, str(rng.randint(0, 3)), "..", str(rng.randint(4, 2000))],
        )
        return rng.choice(kinds)()

    def let(self) -> Tokens:
        return ["let", self.name(), "=", *self.expression(3)]

    def where(self) -> Tokens:
        return ["where", *self.expression(3)]

    def prior(self) -> Tokens:
        target = [self.rng.choice(TARGETS)]
        if self.chance(0.7):
            target += ["[", *self.several(self.ref, 1, 3), "]"]
        value = self.call(2) if self.chance(0.7) else self.expression(2)
        return ["prior", *target, self.rng.choice("~~="), *value]

    def ref(self) -> Tokens:
        parts = [self.ref_part() for _ in range(self.rng.choice((1, 1, 2, 3)))]
        return separated(parts, ":")

    def ref_part(self) -> Tokens:
        rng = self.rng
        base = self.call(1) if self.chance(0.15) else [self.name()]
        if self.chance(0.15):
            base = [rng.choice(NUMBERS)]
        if self.chance(0.1):
            base = ["(", *self.expression(1), ")"]
        if self.chance(0.5):
            level = self.string() if self.chance(0.4) else Raw(rng.choice(LEVELS))
            return [*base, "[", level, "]"]
        return base

    def keep(self) -> Tokens:
        return ["keep", *self.several(lambda: [self.name()], 1, 3)]

    def quantity(self) -> Tokens:
        return ["quantity", self.name(), "=", *self.expression(3)]

    def test(self) -> Tokens:
        return ["test", self.name(), "=", *self.expression(3, COMPARE)]

    def contrast(self) -> Tokens:
        name = [self.name(), "="] if self.chance(0.4) else []
        parts = [self.contrast_part() for _ in range(self.rng.choice((1, 1, 2)))]
        if self.chance(0.2):
            parts = [[self.name(), "*", *self.contrast_part()]]
        by = ["|", *self.expression(1, SUM)] if self.chance(0.4) else []
        options = self.options()
        head = ["contrast", *name, *separated(parts), *by]
        # The comma may be left out, though not where `data k` begins a line.
        if options and head[-1] not in KEYWORDS and self.chance(0.4):
            options = options[1:]
        return [*head, *options]

    def means(self) -> Tokens:
        return self.of_cells("means")

    def slope(self) -> Tokens:
        return self.of_cells("slope")

    def of_cells(self, word: str) -> Tokens:
        name = [self.name(), "="] if self.chance(0.4) else []
        by = ["|", *self.expression(1, SUM)] if self.chance(0.4) else []
        options = self.options()
        if self.chance(0.3):
            sign = self.rng.choice(("<", ">", "<=", ">="))
            # brackets inside of brackets hold levels
            event = [sign, self.rng.choice(NUMBERS)]
            if self.chance(0.3):
                event = [self.rng.choice(("0", "2")), "..", self.rng.choice(("7", "9"))]
            options += [",", self.name(), "=", "prob", "[", *event, "]"]
        cells = self.expression(2, SUM)
        if cells[0] == "[":  # else `slope[` would be an element of something
            cells = ["(", *cells, ")"]
        return [word, *name, *cells, *by, *options]

    def contrast_part(self) -> Tokens:
        weights = [self.level_name()]
        for _ in range(self.rng.choice((1, 2))):
            factor = [self.rng.choice(NUMBERS), "*"] if self.chance(0.3) else []
            weights += [self.rng.choice("+-"), *factor, self.level_name()]
        return [self.name(), ":", *weights]

    def level_name(self) -> str:
        return self.string() if self.chance(0.3) else self.name()

    # ---- expressions ----

    def name(self) -> str:
        of = self.rng.choice((NAMES, NAMES, NAMES, QUOTED, KEYWORDS))
        return self.rng.choice(of)

    def string(self) -> str:
        quote = self.rng.choice("\"'")
        inside = self.rng.choices(IN_STRINGS, k=self.rng.choice((0, 1, 2, 3, 5)))
        return quote + "".join(inside) + quote

    def call(self, depth: int) -> Tokens:
        def argument() -> Tokens:
            keyword = [self.level_name(), "="] if self.chance(0.3) else []
            return [*keyword, *self.expression(depth - 1)]

        arguments = self.several(argument, 0, 3)
        end = [","] * (bool(arguments) and self.chance(0.1))
        return [self.rng.choice(FUNCTIONS), "(", *arguments, *end, ")"]

    def atom(self, depth: int) -> Tokens:
        rng = self.rng
        simple: tuple[Callable[[], Tokens], ...] = (
            lambda: [self.name()],
            lambda: [self.name()],
            lambda: [rng.choice(NUMBERS)],
            lambda: [self.string()],
        )
        nested: tuple[Callable[[], Tokens], ...] = (
            lambda: self.call(depth),
            lambda: ["(", *self.expression(depth - 1), ")"],
            lambda: ["[", *self.several(lambda: self.expression(depth - 1), 0, 3), "]"],
            lambda: [rng.choice(("b", "sd", "a.b")), "[", *self.ref(), "]"],
        )
        return rng.choice(simple if depth <= 0 else (*simple, *nested))()

    def expression(self, depth: int, loosest: int = BARS) -> Tokens:
        """An expression whose operators bind at least as ``LADDER[loosest]``."""
        rng = self.rng
        if depth <= 0 or not self.chance(0.6):
            return self.atom(depth)
        level = rng.randint(loosest, len(LADDER))
        if level == len(LADDER):
            # what binds as the sign does: `!` is looser than comparison
            if loosest <= COMPARE and self.chance(0.5):
                return ["!", *self.expression(depth - 1, COMPARE)]
            if loosest < len(LADDER) - 1:
                return [rng.choice("+-"), *self.expression(depth - 1, len(LADDER) - 1)]
            return self.atom(depth)
        if LADDER[level] == ("^", "**"):
            sign = [rng.choice("+-")] * self.chance(0.2)
            exponent = [*sign, *self.expression(depth - 1, level)]
            return [*self.atom(depth - 1), rng.choice(LADDER[level]), *exponent]
        tokens = self.expression(depth - 1, level + 1)
        for _ in range(rng.choice((1, 1, 2, 3))):
            operand = self.expression(depth - 1, level + 1)
            tokens += [rng.choice(LADDER[level]), *operand]
        return tokens


# ---- layout --------------------------------------------------------------------------

_WORD = re.compile(r"[\w.\u0300-\u036f]")
_SIGN = re.compile(r"[*|&<>=!.%]")


def _touch(left: str, right: str) -> bool:
    """Whether two tokens without a space between them would be others."""
    a, b = left[-1], right[0]
    word = (_WORD.match(a) or not a.isascii()) and (_WORD.match(b) or not b.isascii())
    return bool(word or (_SIGN.match(a) and _SIGN.match(b)))


def joined(tokens: Sequence[str]) -> str:
    """Write tokens in one line, with a blank between them."""
    return " ".join(tokens)


@dataclass(slots=True)
class _Layout:
    """Writes tokens as nobody would."""

    rng: random.Random
    comments: list[str] = field(default_factory=list)

    def chance(self, probability: float) -> bool:
        # not at 0, to which hypothesis shrinks
        return self.rng.random() >= 1 - probability

    def written(self, lines: Sequence[tuple[Tokens, bool]]) -> str:
        rng = self.rng
        # how calm a text is: most have few breaks, some have one wherever it may be
        calm = rng.choice((0.02, 0.1, 0.5))
        margin = rng.choice(("", "", "    ", "\t", " \t"))
        text = "\ufeff" * self.chance(0.1)
        for number, (tokens, indented) in enumerate(lines):
            text += self.between()
            # the first statement says where the margin is
            deeper = rng.choice(INDENTS) if indented else ""
            left = "" if number and not indented and self.chance(0.1) else margin
            text += left + deeper + self.statement(tokens, margin, calm) + self.ended()
        text += self.between()
        return text.rstrip("\r\n") if self.chance(0.2) else text

    def ended(self) -> str:
        space = self.rng.choice(("", "", " ", "  \t"))
        return space + (self.comment() if self.chance(0.2) else "") + self.end()

    def end(self) -> str:
        return self.rng.choice(ENDS)

    def comment(self) -> str:
        text = self.rng.choice(COMMENTS)
        self.comments.append(text.rstrip())
        return f"#{text}"

    def between(self) -> str:
        """Blank lines and comments."""
        text = ""
        while self.chance(0.3):
            text += self.rng.choice(("", "", "  ", "\t", "            "))
            text += (self.comment() if self.chance(0.5) else "") + self.end()
        return text

    def statement(self, tokens: Tokens, margin: str, calm: float) -> str:
        text, open_ = tokens[0], 0
        for left, right in zip(tokens, tokens[1:], strict=False):
            open_ += (left in ("(", "[")) - (left in (")", "]"))
            if self.may_break(left, right, open_) and self.chance(calm):
                free = open_ or left in INFIX
                indent = self.rng.choice(("", " ", "\t", "      ")) if free else "  "
                # what goes on after a bracket or a sign may stand anywhere
                start = self.rng.choice(("", margin)) if free else margin
                text += self.ended() + self.between() + start + indent + right
            elif left in KEYWORDS and left is tokens[0] and not _quote(right):
                text += self.spaces() + right
            elif _touch(left, right) or isinstance(right, Raw):
                text += self.rng.choice((" ", "  ", "\t")) + right
            else:
                raw = isinstance(left, Raw)
                text += (" " * raw if self.chance(0.5) else self.gap(raw)) + right
        return text

    def may_break(self, left: str, right: str, open_: int) -> bool:
        if isinstance(left, Raw) or isinstance(right, Raw):
            return False
        return bool(open_) or left in INFIX or right in INFIX

    def gap(self, raw: bool) -> str:
        return "" if raw or self.chance(0.5) else self.rng.choice(SPACES)

    def spaces(self) -> str:
        return self.rng.choice(SPACES)


def _quote(token: str) -> bool:
    return token[0] in "\"'`"

"""Text to tokens, one row a line, with the faults of single characters.

The tokens are Lark's own, so that layout and parser read the same ones.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Container, Sequence
from dataclasses import dataclass, field

import regex
from lark import Token

from .diagnostics import Edit, Fix, Sink
from .hidden import HIDDEN, hidden_fault, inside, left_open
from .source import Source, Span
from .tree import Comment

MAX_BYTES = 1_000_000
MAX_TOKENS = 20_000
# Beyond it a text is not a spec with typing errors but something else.
MAX_REPORTED = 100

KEYWORDS = (
    "data",
    "column",
    "let",
    "where",
    "model",
    "prior",
    "keep",
    "quantity",
    "test",
    "contrast",
    "means",
    "slope",
)

# What can follow a keyword but never another operand: `prior b`, not `prior + b`.
_OPERANDS = frozenset(("NAME", "QNAME", "NUMBER", "STRING", "BANG"))
# After these a line goes on, and so it does before these if it is indented.
INFIX = frozenset(
    "TILDE EQ BAR AND CMP PLUS MINUS STAR SLASH SPECIAL COLON POW COMMA".split()
)
# Behind these something has to come.
_ASKING = INFIX | {"LPAR", "LSQB", "BANG"}

_OPERATORS = {
    "~": "TILDE",
    "=": "EQ",
    "!": "BANG",
    "+": "PLUS",
    "-": "MINUS",
    "*": "STAR",
    "/": "SLASH",
    ":": "COLON",
    "..": "DOTS",
    ",": "COMMA",
    "(": "LPAR",
    ")": "RPAR",
    "[": "LSQB",
    "]": "RSQB",
    "%in%": "SPECIAL",
    **dict.fromkeys(("|", "||"), "BAR"),
    **dict.fromkeys(("&", "&&"), "AND"),
    **dict.fromkeys(("^", "**"), "POW"),
    **dict.fromkeys(("<", ">", "<=", ">=", "==", "!="), "CMP"),
}

# What editors, web pages and PDF files put for the ASCII characters.
_LOOK_ALIKES = {
    **dict.fromkeys("∼˜～⁓", "~"),
    **dict.fromkeys("∣｜❘│", "|"),
    **dict.fromkeys("×∗✕＊⋅", "*"),
    **dict.fromkeys("−–—‒‐‑－", "-"),
    **dict.fromkeys("÷⁄∕／", "/"),
    **dict.fromkeys("：∶", ":"),
    **dict.fromkeys("＝", "="),
    **dict.fromkeys("＋", "+"),
    **dict.fromkeys("，、", ","),
    **dict.fromkeys("（", "("),
    **dict.fromkeys("）", ")"),
    **dict.fromkeys("［", "["),
    **dict.fromkeys("］", "]"),
    **dict.fromkeys("＾ˆ", "^"),
    **dict.fromkeys("＜", "<"),
    **dict.fromkeys("＞", ">"),
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "…": "..",
    "‥": "..",
}

_HINTS = {
    ";": "each statement stands on a line of its own",
    "$": "columns are named without their table: `x`, not `data$x`",
    "@": "matrix products and decorators do not exist here",
    "{": "group with parentheses `( )`",
    "}": "group with parentheses `( )`",
    "\\": "a line goes on by itself if it ends in an operator or a comma",
}

# Joiners are spelling in some scripts: they stand between letters of these.
NAME_PATTERN = (
    r"(?:[\p{L}\p{Nl}_]|\.(?![0-9.]))"
    r"(?:[\p{L}\p{M}\p{N}_.]|(?<=[^\x00-\x7f])[\u200c\u200d](?=[\p{L}\p{M}]))*"
)

_SPACE = r"[ \t\f\p{Zs}]"
_SMART = "“”„‟‘’‚‛"

_TOKEN = regex.compile(
    rf"""
    (?P<space>{_SPACE}+)
  | (?P<line>[\r\n]+)
  | (?P<comment>\#[^\r\n]*)
  | (?P<STRING>"(?:[^"\\\r\n]|\\[^\r\n])*"|'(?:[^'\\\r\n]|\\[^\r\n])*')
  | (?P<of_name>`[^`\r\n]+`\.[\p{{L}}\p{{Nl}}_][\p{{L}}\p{{M}}\p{{N}}_.]*)
  | (?P<QNAME>`[^`\r\n]+`)
  | (?P<unclosed>["'`][^\r\n]*)
  | (?P<NAME>{NAME_PATTERN})
  | (?P<NUMBER>(?:[0-9]+(?:\.(?!\.)[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
  | (?P<operator>\|\||&&|\*\*|<=|>=|==|!=|\.\.|%in%|[~+\-*/^:|&!<>=(),\[\]])
  | (?P<percent>%[^%\s]*%)
  | (?P<smart>[{_SMART}][^{_SMART}"'\r\n]*[{_SMART}"'])
  | (?P<other>(?P<same>.)(?P=same)*)
    """,
    regex.VERBOSE,
)

_NAME = regex.compile(NAME_PATTERN)
_BLANK = regex.compile(rf"{_SPACE}*")
_OPTION = regex.compile(rf"{_SPACE}*(?:family|link|rows|threshold){_SPACE}*=")
# Nothing but a comment up to the end of the line.
_REST = regex.compile(rf"{_SPACE}*(?:\#|[\r\n]|$)")

# `[` to `]` after a name inside a target's brackets: the level, as it is spelt.
_LEVEL = regex.compile(
    rf"""{_SPACE}*([^\[\]\r\n",\#\s](?:[^\[\]\r\n",\#]*[^\[\]\r\n",\#\s])?)"""
    rf"{_SPACE}*(?=\])"
)


# Levels of a line such as `drop[CS+]`: no expression ends in a sign.
_SIGNED_LEVELS = regex.compile(
    rf"""{_SPACE}*([^\[\]\r\n"\#\\]*?[+\-]{_SPACE}*(?:,[^\[\]\r\n"\#\\]*)?)(?=\])"""
)

# A level in single quotes, which may hold a `]`.
_QUOTED_LEVEL = regex.compile(
    rf"{_SPACE}*'(?:[^'\\\r\n]|\\[^\r\n])*'{_SPACE}*(?:[\]\#\r\n]|$)"
)


def raw_level(text: str) -> bool:
    """Whether a level can stand between brackets without quotes."""
    match = _LEVEL.match(f"{text}]")
    if match is None or match[1] != text or text.startswith(("'", "`")):
        return False
    return HIDDEN.search(f"[{text}") is None


def begins_statement(tokens: Sequence[Token]) -> bool:
    """Whether these tokens can only be a statement, wherever they stand."""
    return (
        len(tokens) > 1
        and tokens[0].type == "NAME"
        and tokens[0] in KEYWORDS
        and tokens[1].type in _OPERANDS
    )


@dataclass(slots=True)
class TokenLine:
    """The tokens of one line of text, and how far it is indented."""

    start: int
    indent: int = 0
    tokens: list[Token] = field(default_factory=list)
    faulty: bool = False
    # Whether a string without its end has taken the rest of the line.
    cut: bool = False


def tokenize(source: Source, sink: Sink) -> tuple[list[TokenLine], list[Comment]]:
    """Return the rows that hold tokens, and all comments.

    A row with a fault is marked; look-alikes and typographic quotes are taken for
    what they stand for, so that the rest of the text can be read too.
    """
    text = source.text
    if len(text) > MAX_BYTES or len(text.encode(errors="surrogatepass")) > MAX_BYTES:
        sink.add("spec-too-large", Span(0, 0), "the spec is larger than 1 MB")
        return [], []
    return _Tokenizer(text, sink).run()


class _Tokenizer:
    """The state of one run: the row at hand and the brackets open in it."""

    def __init__(self, text: str, sink: Sink) -> None:
        self.text = text
        self.sink = sink
        self.reported = 0
        self.rows: list[TokenLine] = []
        self.comments: list[Comment] = []
        self.row = TokenLine(0)
        # One entry a bracket: whether it is the `[` of a target such as `b[`.
        self.brackets: list[bool] = []
        # Whether the row above asks for more, or only the next one can say so.
        self.asked = True
        self.before = ""
        self.count = 0
        self.hidden: list[int] = []

    def run(self) -> tuple[list[TokenLine], list[Comment]]:
        """Go through the text once."""
        text = self.text
        position = int(text.startswith("\ufeff"))
        self.hidden = [m.start() for m in HIDDEN.finditer(text, position)]
        next_hidden = 0
        end = len(text)
        while position < end:
            match = _TOKEN.match(text, position)
            if match is None:  # a lone character that `.` does not take
                position += 1
                continue
            position = match.end()
            kind = match.lastgroup
            if kind == "space":
                if not self.row.tokens:
                    self.row.indent += len(match[0].expandtabs(8))
            elif kind == "line":
                self._end_row(position)
            elif kind == "comment":
                self._comment(match.start(), position)
            else:
                assert kind is not None
                position = self._token(kind, match[0], match.start())
                if self.count > MAX_TOKENS:
                    self.sink.add(
                        "spec-too-large",
                        Span(0, 0),
                        f"the spec has more than {MAX_TOKENS:,} words and signs",
                    )
                    return [], []
            if next_hidden < len(self.hidden) and self.hidden[next_hidden] < position:
                self._hidden(kind or "", match.start(), position)
                next_hidden = bisect_left(self.hidden, position)
        self._end_row(end)
        return self.rows, self.comments

    def _end_row(self, position: int) -> None:
        tokens = self.row.tokens
        if tokens:
            self.rows.append(self.row)
            self.asked = tokens[-1].type in _ASKING
            self.row = TokenLine(position)
        else:
            self.row.start, self.row.indent, self.row.faulty = position, 0, False

    def _comment(self, start: int, end: int) -> None:
        text = self.text[start + 1 : end].rstrip()
        own_line = not self.row.tokens
        span = Span(start, start + 1 + len(text))
        self.comments.append(Comment(text, own_line, span=span))

    def _push(self, type_: str, text: str, start: int, end: int) -> None:
        self.count += 1
        tokens = self.row.tokens
        tokens.append(Token(type_, text, start, end_pos=end))
        self.before = type_
        # Brackets stay open over a line end only where a line asks for more or goes on.
        if self.brackets and len(tokens) <= 2:
            new = len(tokens) == 1 and not self.asked and type_ in _OPERANDS
            if new or begins_statement(tokens):
                self.brackets.clear()

    def _token(self, kind: str, text: str, start: int) -> int:
        """Take one token at ``start``; return where the next one begins."""
        end = start + len(text)
        if kind == "operator":
            return self._operator(text, start, end)
        if kind in ("NAME", "NUMBER", "STRING", "QNAME"):
            self._push(kind, text, start, end)
        elif kind == "of_name":
            # `` `Angst Rating`.b ``: a parameter, by the name of its response
            self._push("NAME", text, start, end)
        elif kind == "smart":
            self._smart(text, start, end)
        elif kind == "unclosed":
            self._unclosed(text, start, end)
        elif kind == "percent":
            self._fault(
                "syntax",
                start,
                end,
                f"the operator `{text}` does not exist",
                "the only operator between percent signs is `%in%`",
            )
            self._push("SPECIAL", "%in%", start, end)
        else:
            self._other(text, start)
        return end

    def _operator(self, text: str, start: int, end: int) -> int:
        before = self.before if self.row.tokens or self.brackets else ""
        self._push(_OPERATORS[text], text, start, end)
        if text == "(":
            self.brackets.append(False)
        elif text == "[":
            in_target = bool(self.brackets) and self.brackets[-1]
            first = len(self.row.tokens) == 2 and self.row.tokens[0] == "where"
            self.brackets.append(before == "NAME" and not in_target and not first)
            if in_target and before in ("NAME", "QNAME", "NUMBER", "RPAR"):
                return self._level(end)
            if self.brackets[-1] and self.row.tokens[0] in ("quantity", "test"):
                return self._signed_levels(end)
        elif text in ")]" and self.brackets:
            self.brackets.pop()
        return end

    def _level(self, start: int) -> int:
        match = _LEVEL.match(self.text, start)
        if match is None or _QUOTED_LEVEL.match(self.text, start):
            return start
        self._push("LEVEL", match[1], match.start(1), match.end(1))
        return int(match.end())

    def _signed_levels(self, start: int) -> int:
        match = _SIGNED_LEVELS.match(self.text, start)
        if match is None:
            return start
        text = match[1].rstrip()
        first = match.start(1)
        self._push("STRING", f'"{text}"', first, first + len(text))
        return int(match.end())

    # ---- faults ----

    def _fault(
        self,
        rule: str,
        start: int,
        end: int,
        message: str,
        *notes: str,
        fix: Fix | None = None,
    ) -> None:
        self.row.faulty = True
        self.reported += 1
        if self.reported <= MAX_REPORTED:
            self.sink.add(rule, Span(start, end), message, *notes, fix=fix)

    def _hidden(self, kind: str, start: int, end: int) -> None:
        """Report what cannot be seen in a token or a comment."""
        first, last = bisect_left(self.hidden, start), bisect_left(self.hidden, end)
        reordering: Container[int] = range(start, end)
        if inside(kind):
            reordering = {start + place for place in left_open(self.text[start:end])}
        else:
            self.row.faulty = True
        for at in self.hidden[first:last]:
            if self.reported >= MAX_REPORTED:
                return
            fault = hidden_fault(kind, self.text[at], at, reordering, self.sink)
            self.reported += fault

    def _smart(self, text: str, start: int, end: int) -> None:
        quote = "'" if '"' in text[1:-1] else '"'
        edits = (
            Edit(Span(start, start + 1), quote),
            Edit(Span(end - 1, end), quote),
        )
        self._fault(
            "smart-quote",
            start,
            end,
            f"typographic quotes around `{text[1:-1]}`",
            "strings stand in plain quotes, `\"` or `'`",
            fix=Fix("use plain quotes", edits, safe=True),
        )
        self._push("STRING", text, start, end)

    def _unclosed(self, text: str, start: int, end: int) -> None:
        quote = text[0]
        smart = next((i for i, c in enumerate(text) if c in _SMART), None)
        if smart is not None:
            at = Span(start + smart, start + smart + 1)
            self._fault(
                "smart-quote",
                at.start,
                at.end,
                f"a typographic quote cannot close `{quote}`",
                fix=Fix("use a plain quote", (Edit(at, quote),), safe=True),
            )
        else:
            what = "name" if quote == "`" else "string"
            notes: tuple[str, ...] = ()
            if text.rstrip().endswith("\\" + quote):
                notes = ("a backslash before a quote makes it part of the string",)
            self._fault(
                "unclosed-string",
                start,
                start + 1,
                f"the {what} that begins here has no closing `{quote}`",
                *notes,
            )
        # As if it ended there: what is said of the rest is about what was meant.
        closed = text[:smart].rstrip() + quote
        self.row.cut = True
        self._push("STRING" if quote != "`" else "QNAME", closed, start, end)

    def _other(self, text: str, start: int) -> None:
        character, end = text[0], start + len(text)
        span = Span(start, end)
        if HIDDEN.match(self.text, start):
            self.row.faulty = True
        elif character in _LOOK_ALIKES:
            plain = _LOOK_ALIKES[character]
            self._fault(
                "unexpected-character",
                start,
                end,
                f"`{character}` (U+{ord(character):04X}) looks like `{plain}` "
                "but is another character",
                fix=Fix(
                    f"replace by `{plain}`",
                    (Edit(span, plain * len(text)),),
                    safe=True,
                ),
            )
            self._operator(plain, start, end)
        elif character in _SMART:
            self._fault(
                "smart-quote",
                start,
                start + 1,
                f"a typographic quote `{character}`",
                "strings stand in plain quotes, `\"` or `'`",
                fix=Fix("use a plain quote", (Edit(Span(start, start + 1), '"'),)),
            )
        else:
            self.count += 1
            shown = character if character.isprintable() else "this one"
            notes = (_HINTS[character],) if character in _HINTS else ()
            fix = None
            if not character.isprintable():
                fix = Fix("remove it", (Edit(span, ""),))
            elif character in "$;":
                fix = self._left_out(character, span)
            elif character in "{}" and len(text) == 1:
                plain = "(" if character == "{" else ")"
                fix = Fix.write(span, plain, safe=True)
            self._fault(
                "unexpected-character",
                start,
                end,
                f"the language has no character {shown} (U+{ord(character):04X})"
                if not character.isprintable()
                else f"the language has no character `{shown}`",
                *notes,
                fix=fix,
            )

    def _left_out(self, character: str, span: Span) -> Fix | None:
        """Return the fix for `data$x`, and for `;` at the end of a line or in it."""
        tokens, text = self.row.tokens, self.text
        if character == "$":
            named = _NAME.match(text, span.end) is not None
            if not named or not tokens or tokens[-1].type != "NAME":
                return None
            if tokens[-1].end_pos != span.start:
                return None
            start = tokens[-1].start_pos
            assert start is not None
            title = f"leave out `{tokens[-1]}$`"
            return Fix(title, (Edit(Span(start, span.end), ""),), safe=True)
        if _OPTION.match(text, span.end) is not None:
            return Fix("write a comma", (Edit(span, ","),), safe=True)
        rest = _REST.match(text, span.end)
        if rest is not None:
            before = tokens[-1].end_pos if tokens else span.start
            assert before is not None
            edit = Edit(Span(before, span.end), "")
            return Fix("leave it out", (edit,), safe=True)
        blank = _BLANK.match(text, span.end)
        assert blank is not None
        margin = text[self.row.start :][: self.row.indent]
        new = "\n" + (margin if not margin.strip() else "")
        return Fix(
            "begin a new line there", (Edit(Span(span.start, blank.end()), new),)
        )

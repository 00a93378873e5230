"""Where the parser stopped."""

from __future__ import annotations

from dataclasses import dataclass

from lark import Token

from .layout import LogicalLine


@dataclass(frozen=True, slots=True)
class Stop:
    """Where the parser stopped: before ``line.tokens[index]`` or at the line's end."""

    line: LogicalLine
    index: int
    accepts: frozenset[str]

    @property
    def token(self) -> Token | None:
        """The token that does not fit; None at the end."""
        tokens = self.line.tokens
        return tokens[self.index] if self.index < len(tokens) else None

    @property
    def before(self) -> Token | None:
        """The last token that did fit."""
        return self.line.tokens[self.index - 1] if self.index else None

    @property
    def after(self) -> Token | None:
        """The token behind the one that does not fit."""
        tokens = self.line.tokens
        return tokens[self.index + 1] if self.index + 1 < len(tokens) else None

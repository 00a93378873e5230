"""What stands among terms and is none: a string, ``df["x"]``, ``[1 | g]``."""

from __future__ import annotations

from collections.abc import Sequence

from varying.grammar.diagnostics import Edit, Fix
from varying.grammar.printer import expression_text, name_text
from varying.grammar.tree import Chain, Expr, Index, ListExpr, Name, String
from varying.grammar.walk import BARS


def not_a_term(node: Expr, columns: Sequence[str]) -> tuple[list[str], Fix | None]:
    """Return notes and a fix for an expression that cannot be a term.

    A column that is named in quotes, or in those of its table, is named by itself.
    """
    text: str | None = None
    match node:
        case String(text=text):
            pass
        case Index(refs=(ref,)):
            base = ref.parts[0].base
            if isinstance(base, String | Name) and len(ref.parts) == 1:
                text = base.text
        case ListExpr(items=(Chain(operators=operators) as bar,)) if (
            operators[0] in BARS
        ):
            term = f"({expression_text(bar)})"
            fix = Fix.write(node.span, term, safe=True)
            return [f"a group term stands in parentheses: `{term}`"], fix
        case _:
            pass
    if text is None:
        return [], None
    name = name_text(text)
    shown = f"`` {name} ``" if name.startswith("`") else f"`{name}`"
    fix = Fix(f"write {shown}", (Edit(node.span, name),), safe=text in columns)
    return [f"a column is named by itself: {shown}"], fix if columns else None

"""Statements of questions, written from the arguments of methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from varying.grammar.printer import name_text, string_text
from varying.grammar.spelling import spell_number

from ..interface.arguments import ArgumentError, given

__all__ = ["statement"]

#: Options whose values are words, or expressions such as ``prob[>50]``.
_WORDS = ("scale", "groups", "weights", "over", "response")
#: What methods are called with.
_EXAMPLES = {
    "means": 'fit.means("block*cs")',
    "contrast": 'fit.contrast("block: pairwise")',
    "slope": 'fit.slope("age")',
}


def statement(verb: str, text: str, options: Mapping[str, Any]) -> str:
    """Return the text of a question.

    Parameters
    ----------
    verb, text
        ``means`` and what it is about.
    options
        ``by`` and options by name: words, numbers, levels, lists of these.

    Raises
    ------
    ValueError
        If a value is of no such kind.

    Examples
    --------
    >>> statement("means", "block", {"by": "sex", "age": [20, 40], "cs": "CS+"})
    'means block | sex, age=[20, 40], cs="CS+"'
    """
    if not isinstance(text, str) or not text.strip():
        raise ArgumentError(
            f"{verb} is given what to compare or average as a text, "
            f"`{_EXAMPLES.get(verb, verb)}`, not {given(text)}"
        )
    rest = dict(options)
    by = rest.pop("by", None)
    parts = [f"{verb} {text}"]
    if by is not None:
        names = [by] if isinstance(by, str) else list(by)
        parts[0] += f" | {':'.join(names)}"
    for name, value in rest.items():
        if name == "at" and isinstance(value, Mapping):
            written = ", ".join(
                f"{one}={_value(str(one), of, word=False)}" for one, of in value.items()
            )
            raise ArgumentError(
                "at: values of predictors are arguments of their own, as in "
                f"`{written or 'age=[20, 40]'}`"
            )
        if name in ("newdata", "data"):
            raise ArgumentError(
                f"{name}: a question is about cells, whose values of predictors are "
                "arguments, as in `age=[20, 40]`; rows are for `fit.predict(data)`"
            )
        # a word that is not given is chosen here; a predictor has some value
        if value is not None or name not in _WORDS:
            shown = _value(name, value, word=name in _WORDS)
            parts.append(f"{name_text(name)}={shown}")
    return ", ".join(parts)


def _value(name: str, value: Any, *, word: bool) -> str:
    if isinstance(value, str):
        return value if word or value == "quantiles" else string_text(value)
    if isinstance(value, bool) or value is None:
        pass
    elif isinstance(value, Sequence) or hasattr(value, "tolist"):
        items = value.tolist() if hasattr(value, "tolist") else value
        if isinstance(items, Sequence):
            return f"[{', '.join(_value(name, item, word=word) for item in items)}]"
        return _value(name, items, word=word)
    elif isinstance(value, int | float):
        return spell_number(float(value))
    raise ArgumentError(
        f"{name} is a word, a level, a number or a list of these, not {given(value)}"
    )

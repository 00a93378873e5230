"""Calls that a method does not have: what to write in their place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from inspect import Parameter, Signature, signature

from varying.grammar.diagnostics import nearest
from varying.grammar.render.safe import visible

from .arguments import ArgumentError, given

__all__ = ["called"]

#: What arguments of other packages are called here, or what to do instead.
_ELSEWHERE: Mapping[str, tuple[str, ...]] = {
    "iter": ("draws", "tune"),
    "iter_sampling": ("draws",),
    "iter_warmup": ("tune",),
    "warmup": ("tune",),
    "num_warmup": ("tune",),
    "num_samples": ("draws",),
    "num_chains": ("chains",),
    "nchains": ("chains",),
    "ndraws": ("draws",),
    "nsamples": ("draws",),
    "n_samples": ("draws",),
    "samples": ("draws",),
    "num_draws": ("draws",),
    "random_seed": ("seed",),
    "random_state": ("seed",),
    "rng": ("seed",),
    "adapt_delta": ("target_accept",),
    "control": ("target_accept",),
    "nuts_sampler": ("sampler",),
    "algorithm": ("sampler",),
    "inference_method": ("sampler",),
    "progressbar": ("progress",),
    "refresh": ("progress",),
    "silent": ("progress",),
    "hdi_prob": ("prob",),
    "ci_prob": ("prob",),
    "probs": ("prob",),
    "level": ("prob",),
    "type": ("kind",),
    "scale": ("kind",),
    "re_formula": ("groups",),
    "re_form": ("groups",),
    "allow_new_levels": ("groups",),
    "sample_new_levels": ("groups",),
    "sample_new_groups": ("groups",),
    "include_group_specific": ("groups",),
}
#: Arguments that stand for new rows.
_NEW_ROWS = frozenset({"newdata", "data", "new_data", "X", "idata"})


def called[**P, R](method: Callable[P, R]) -> Callable[P, R]:
    """Have a method say what to pass where it is called by what it has not."""
    known = signature(method)

    @wraps(method)
    def checked(*args: P.args, **options: P.kwargs) -> R:
        try:
            known.bind(*args, **options)
        except TypeError as error:
            text = _wrong(method.__name__, known, args, options, str(error))
            raise ArgumentError(text) from None
        return method(*args, **options)

    return checked


def _wrong(
    name: str,
    known: Signature,
    args: Sequence[object],
    options: Mapping[str, object],
    said: str,
) -> str:
    """Return what is wrong with a call that a signature does not fit."""
    parameters = [one for one in known.parameters.values() if one.name != "self"]
    names = [one.name for one in parameters]
    for option in options:
        if option not in names:
            instead = _instead(option, names)
            return f"{name} has no argument {visible(option)!r}{instead}"
    by_place = [one for one in parameters if one.kind is not Parameter.KEYWORD_ONLY]
    values = args[1:] if "self" in known.parameters else args
    more = values[len(by_place) :]
    by_name = [one.name for one in parameters if one.kind is Parameter.KEYWORD_ONLY]
    first = str(by_place[0].annotation) if by_place else ""
    if more and first.startswith("Mapping[") and not isinstance(values[0], Mapping):
        names_of = '{"a": ..., "b": ...}'
        return f"{name} takes {by_place[0].name} by name: write {name}({names_of})"
    if more and len(more) <= len(by_name):
        pairs = zip(by_name, more, strict=False)
        written = ", ".join(f"{key}={_short(value)}" for key, value in pairs)
        return f"{name} takes {' and '.join(by_name)} by name: write {name}({written})"
    if more:
        takes = f"it takes {', '.join(names)}" if names else "it takes none"
        count = f"{len(values)} argument{'s' if len(values) > 1 else ''}"
        return f"{name} is given {count}: {takes}"
    return f"{name}: {said}"


def _instead(option: str, names: Sequence[str]) -> str:
    if option in _NEW_ROWS:
        if "data" in names:
            return ": it is called 'data' here"
        return ": data go to varying.compile(spec, data)"
    there = [one for one in _ELSEWHERE.get(option, ()) if one in names]
    if len(there) > 1:
        return f": give {' and '.join(f'{one}=' for one in there)}, each by chain"
    if there:
        return f": it is called {there[0]!r} here"
    close = nearest(option, names, 1)
    if close:
        return f"; did you mean {close[0]!r}?"
    return f"; it has: {', '.join(names)}" if names else "; it has none"


def _short(value: object) -> str:
    plain = isinstance(value, bool | int | float | str)
    text = given(value)
    return text if plain and len(text) < 20 else "..."

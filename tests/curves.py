"""Random formulas that are not linear, with data, as ``strategies`` has specs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from varying.compiler.families import FAMILIES

from .strategies import COUNTS, FAMILY_TURNS, Case, _columns, _data, _Draft, _parts
from .strategies import _response as response_of

#: What the formulas of parameters may be.
FORMULAS = (
    *("1", "1", "block", "x + cs", "1 + (1 | subj)", "cs + (1 + cs | subj)"),
    *("1 + (1 | item) + (1 | subj)", "0 + block", "n + offset(log(x) - 3)"),
    *("1 + (0 + n || item)", "block*cs + (1 | subj)"),
)
#: Families with parameters beside the main one.
WITH_MORE = ("gaussian", "ordlogit", "student", "negbinomial", "lognormal")
PRIORS = (
    *("normal(0.4, 0.7)", "student_t(4, 0, 1)", "normal(1, 0.5, lb=0)"),
    *("lognormal(0, 0.4)", "uniform(-1, 2)", "gamma(3, 2)", "cauchy(0, 1)"),
)
#: Of columns alone, near 1.
KNOWN = ("x / 30", "log(x) - 2", "scale(n)", "(n > 3)", "1.5", "n", "-2")
#: Of numbers of any size, which stay numbers: ``{0}`` and ``{1}`` are parts.
SHAPES = (
    *("{0} + {1}", "{0} - ({1})", "({0}) * ({1})", "tanh({0})", "inv_logit(-({0}))"),
    *("Phi({0})", "sqrt(1 + ({0})^2)", "({0}) / (1 + ({1})^2)", "abs({0})"),
    *("min({0}, a)", "max(a, {0})", "ifelse(n > 3, {0}, {1})", "exp(tanh({0}))"),
    *("log(1 + abs({0}))", "log1p(abs({0}))", "2^tanh({0})", "-({0})"),
    *("expm1(-abs({0}))", "logit(0.1 + 0.8 * inv_logit({0}))", "log2(2 + abs({0}))"),
)


def random_curve(seed: int) -> Case:
    """Return the case of a seed; families take turns."""
    draft = _Draft(np.random.default_rng([41, seed]), set())
    family = FAMILY_TURNS[seed % len(FAMILY_TURNS)]
    data = _data(draft.rng)
    head, response = response_of(draft, family, data)
    head += _columns(draft)
    names = ["a", "k", "w_"][: int(draft.rng.integers(1, 4))]
    body = _body(draft.rng, names)
    if family in COUNTS:
        body = f"2 * tanh({body})"
    lines = []
    for name in names:
        formula = draft.pick(list(FORMULAS))
        lines.append(f"{name} ~ {formula}")
        target = f"{name}.b" if formula.startswith("0") else f"{name}.Intercept"
        lines.append(f"prior {target} ~ {draft.pick(list(PRIORS))}")
    lines += _parts(draft, family)
    options = ["nl=true"] + ([] if family == "gaussian" else [f"family={family}"])
    formula = f"{response} ~ {', '.join([body, *options])}"
    text = "\n".join([*head, formula, *(f"  {line}" for line in lines)]) + "\n"
    return Case(seed, text, data, frozenset(draft.features))


def random_calculated(seed: int) -> Case:
    """Return a case whose further parameters are calculated, and what they are of.

    In every other one the formula of the response is one of terms.
    """
    draft = _Draft(np.random.default_rng([91, seed]), set())
    family = WITH_MORE[seed // 2 % len(WITH_MORE)]
    data = _data(draft.rng)
    head, response = response_of(draft, family, data)
    head += _columns(draft)
    names = ["a", "k", "w_"]
    lines = [f"half ~ 2^tanh({_body(draft.rng, names[1:])}), nl=true"]
    for name in names:
        formula = draft.pick(list(FORMULAS))
        lines.append(f"{name} ~ {formula}")
        target = f"{name}.b" if formula.startswith("0") else f"{name}.Intercept"
        lines.append(f"prior {target} ~ {draft.pick(list(PRIORS))}")
    for dpar in FAMILIES[family].dpars:
        body = f"tanh({_body(draft.rng, ['a', 'half'])})"
        plain = dpar.link == "log" and draft.chance(0.5)
        link = ", link=identity" if plain else ""
        body = f"exp({body})" if plain else body
        lines.append(f"{dpar.name} ~ {body}, nl=true{link}")
    main = f"tanh({_body(draft.rng, ['half', 'w_'])}), nl=true"
    if seed % 2:
        main = "x + cs + (1 | subj)"
        lines[0] = lines[0].replace("2^", "w_ + 2^")
    options = [] if family == "gaussian" else [f"family={family}"]
    formula = f"{response} ~ {', '.join([main, *options])}"
    lines = [f"  {line}" for line in draft.rng.permutation(np.array(lines))]
    text = "\n".join([*head, formula, *lines]) + "\n"
    return Case(seed, text, data, frozenset(draft.features))


def _body(rng: np.random.Generator, names: Sequence[str]) -> str:
    """Return a right side in which every parameter has a part."""
    parts = list(names)
    for _ in range(int(rng.integers(2, 6))):
        parts.append(KNOWN[int(rng.integers(len(KNOWN)))])
        rng.shuffle(parts)
        shape = SHAPES[int(rng.integers(len(SHAPES)))]
        if "{1}" in shape and len(parts) > 1:
            parts = [shape.format(*parts[:2]), *parts[2:]]
        else:
            parts[0] = shape.format(parts[0], parts[0])
    return " + ".join(f"({part})" for part in parts)

"""Several responses of brms: ``bf(y1 ~ x) + bf(y2 ~ z)``, ``mvbf``, ``mvbind``."""

from __future__ import annotations

import regex

from ..printer import name_text
from .draft import ModelDraft

#: Families whose residuals brms takes as correlated unless it is told not to.
_CORRELATED = frozenset(("gaussian", "student"))

_PRIOR = regex.compile(r"prior (\w[\w.]*)(.*)", regex.DOTALL)
_NAME = regex.compile(r"[\p{L}_.][\p{L}\p{N}_.]*")


def begin(draft: ModelDraft) -> ModelDraft:
    """Return the model of a further response, which is joined at the end."""
    if not draft.further:
        draft.own_family = draft.options.get("family")
    further = ModelDraft(used=draft.used)
    draft.further.append(further)
    return further


def join(draft: ModelDraft) -> None:
    """Write the further responses as indented formulas below the first."""
    several = bool(draft.further) or draft.formula.startswith("mvbind(")
    if not several:
        if draft.rescor:
            draft.block("one response has no residual correlation")
        return
    shared = draft.options.get("family")
    if draft.own_family is not None:
        draft.options["family"] = draft.own_family
    families = {draft.family}
    for further in draft.further:
        if further.further or further.inner:
            draft.block("write its formulas below the first: see `y2.sigma ~ x`")
        if shared is not None and shared != draft.own_family:
            further.options.setdefault("family", shared)
        families.add(further.family)
        draft.parts.append(further.line)
        draft.parts += [_named(line, further, draft) for line in further.parts]
        draft.left_out |= further.left_out
        draft.notes += further.notes
        draft.sure = draft.sure and further.sure
        for why in further.blocked:
            draft.block(why)
    if draft.rescor is not None:
        if draft.rescor:
            draft.options["rescor"] = "true"
    elif len(families) == 1 and families <= _CORRELATED:
        draft.options["rescor"] = "true"
        draft.notes.append(
            "brms correlates residuals unless `set_rescor(FALSE)` says no; here "
            "`rescor=true` asks for it"
        )


def _named(line: str, further: ModelDraft, draft: ModelDraft) -> str:
    """Return the line of a parameter with the response in front of its name."""
    left = further.formula.partition("~")[0].partition("|")[0].strip()
    if not _NAME.fullmatch(left):
        draft.block(f"`{left}` needs a name: `let z = {left}`, and `z ~ ...`")
    prior = _PRIOR.fullmatch(line)
    if prior is not None:
        return f"prior {name_text(left)}.{prior[1]}{prior[2]}"
    return f"{name_text(left)}.{line}"

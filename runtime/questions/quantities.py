"""What a spec asks of the posterior: draws of quantities, tests and contrasts.

They are computed when a model has been fitted, and are stored with the fit as the group
``derived``, so that a summary needs neither the data nor the model.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.bind.questions.shares import SHARES
from varying.compiler.formula.columns import simplex_name
from varying.compiler.program.blocks import Product
from varying.compiler.program.coupling import RESCOR
from varying.compiler.program.expressions import Take, names_in

from .answers import ABOUT, VERBS, Answers, answers_from
from .cells import cell_lines
from .evidence import prior_of
from .formulas import evaluate, evaluate_quantities, holds
from .variance import share_of_variance

if TYPE_CHECKING:
    from xarray import Dataset

    from varying.compiler.bind.bound import Population
    from varying.compiler.bind.question import Questions, Reference
    from varying.compiler.compiled import Compiled
    from varying.compiler.program.ir import Predictor

__all__ = [
    "QuantityDraws",
    "answer",
    "derived",
    "draws_of",
    "plain_draws",
    "variable_of",
]

Array = NDArray[Any]


def answer(compiled: Compiled, posterior: Dataset, seed: int) -> Dataset | None:
    """Return the draws of all that the spec asks of a model, to be stored.

    Parameters
    ----------
    compiled
        The model.
    posterior
        Its draws.
    seed
        Of prior draws, which some Bayes factors need.

    Returns
    -------
    Dataset or None
        See ``QuantityDraws.dataset``. None if nothing is asked.
    """
    asked = compiled.joint.questions
    if not asked:
        return None
    found = derived(asked, compiled, plain_draws(compiled, posterior), seed)
    return found.dataset(posterior["chain"].values, posterior["draw"].values)


@dataclass(frozen=True, slots=True, eq=False)
class QuantityDraws:
    """Draws of what is asked, and what is said of them.

    Attributes
    ----------
    draws
        By what they are draws of (``quantity``, ``test``: what is compared, of those
        tests that compare one thing; ``holds``: 1 where a test holds, 0 where not;
        ``means``, ``contrast``, ``slope``), an array of chains by draws each.
    about
        What there is to say of each.
    """

    draws: Mapping[str, Sequence[Array]]
    about: Mapping[str, Sequence[Mapping[str, Any]]]

    def answers(self, prob: float) -> Answers:
        """Return the figures, with equal-tailed intervals of that mass."""
        return answers_from(self.about, lambda name: self.draws.get(name, ()), prob)

    @property
    def lines(self) -> list[tuple[str, Array]]:
        """What each line with draws of its own is called, and these."""
        found: list[tuple[str, Array]] = []
        for key, labels in self._labels().items():
            if key != "holds":
                found += zip(labels, self.draws.get(key, ()), strict=True)
        return found

    def _labels(self) -> dict[str, list[str]]:
        about = self.about
        return {
            "quantity": [one["name"] for one in about["quantities"]],
            "test": [one["name"] for one in about["tests"] if one["of"]],
            "holds": [one["name"] for one in about["tests"]],
            **{v: [_label(line) for line in about[key]] for v, key in VERBS.items()},
        }

    def dataset(self, chains: Array, numbers: Array) -> Dataset:
        """Return a dataset with a variable for each kind of draws.

        Their dims are ``chain``, ``draw`` and one of labels; the attribute ``about``
        says in JSON what they are.
        """
        from xarray import Dataset

        dims = {"test": "compared_name", "holds": "test_name"}
        shape = (len(chains), len(numbers))
        there = {name: several for name, several in self.draws.items() if several}
        return Dataset(
            {
                name: (
                    ("chain", "draw", dims.get(name, f"{name}_name")),
                    _stacked(several, shape),
                )
                for name, several in there.items()
            },
            {
                "chain": chains,
                "draw": numbers,
                **{
                    dims.get(name, f"{name}_name"): np.array(labels, str)
                    for name, labels in self._labels().items()
                    if name in there
                },
            },
            {ABOUT: json.dumps(self.about, ensure_ascii=False)},
        )


def derived(
    asked: Questions, compiled: Compiled, posterior: Mapping[str, Array], seed: int
) -> QuantityDraws:
    """Return the draws of what is asked of a model.

    Parameters
    ----------
    asked
        The questions; those that are not ``shown`` are there for others to use.
    compiled, seed
        As in ``answer``.
    posterior
        The draws by name: chains, draws, and what else a quantity has.
    """
    shape = next(iter(posterior.values())).shape[:2]
    references = asked.references
    wanted = {r.group for r in references if r.kind == "line"}
    cells = {
        one.name: cell_lines(one, compiled.alone(one.response), posterior)
        for one in asked.cells
        if asked.is_shown(one.span) or one.name in wanted
    }
    draws = {
        one: cells[one.group][one.places[0]].draws
        if one.kind == "line"
        else share_of_variance(one, compiled.alone(one.dpar), posterior)
        if one.kind in SHARES
        else draws_of(one, compiled, posterior)
        for one in references
    }
    values = evaluate_quantities(asked.quantities, draws)
    shown = [q for q in asked.quantities if asked.is_shown(q.span)]
    about: dict[str, list[dict[str, Any]]] = {
        "quantities": [{"name": q.name, "text": q.text} for q in shown],
        "tests": [],
        **{key: [] for key in VERBS.values()},
    }
    found: dict[str, list[Array]] = {
        "quantity": [np.broadcast_to(values[q.name], shape) for q in shown],
        "test": [],
        "holds": [],
        **{verb: [] for verb in VERBS},
    }
    for test in asked.tests:
        if not asked.is_shown(test.span):
            continue
        operands = [evaluate(operand, draws, values) for operand in test.operands]
        if test.value is not None:
            value = evaluate(test.value, draws, values)
            found["test"].append(np.broadcast_to(value, shape))
        region = holds(operands, test.operators)
        found["holds"].append(np.broadcast_to(region, shape))
        prior = prior_of(test, asked.quantities, compiled.joint, seed)
        about["tests"].append(
            {
                "name": test.name,
                "text": test.text,
                "of": test.of,
                "prior_probability": prior.probability,
                "prior_drawn": prior.drawn,
                "notes": [*test.codings, *([prior.note] if prior.note else [])],
            }
        )
    for one in asked.cells:
        if not asked.is_shown(one.span):
            continue
        for line in cells[one.name]:
            found[one.verb].append(line.draws)
            about[VERBS[one.verb]].append(
                {
                    "name": one.name,
                    "coord": line.coord,
                    "text": one.text,
                    "scale": one.scale,
                    "note": line.note,
                    **({} if line.observed is None else {"observed": line.observed}),
                }
            )
    return QuantityDraws(found, about)


def _label(line: Mapping[str, str]) -> str:
    return f"{line['name']}[{line['coord']}]" if line["coord"] else line["name"]


def _stacked(several: Sequence[Array], shape: tuple[int, int]) -> Array:
    return np.stack([np.broadcast_to(one, shape) for one in several], axis=-1)


def plain_draws(compiled: Compiled, posterior: Dataset) -> dict[str, Array]:
    """Return the draws by name: chains, draws, and what else a quantity has.

    What has a number for each row of the fit is not among them.
    """
    rows = {one.rows for one in compiled.program.likelihoods}
    return {
        str(name): variable.transpose("chain", "draw", ...).values
        for name, variable in posterior.data_vars.items()
        if not rows & set(variable.dims)
    }


def draws_of(
    reference: Reference, compiled: Compiled, posterior: Mapping[str, Array]
) -> Array:
    """Return the draws of one number of the posterior, chains by draws."""
    values: Any = posterior[variable_of(reference, compiled)]
    chosen = values[(slice(None), slice(None), *reference.places)]
    return np.asarray(chosen, dtype=np.float64)


def variable_of(reference: Reference, compiled: Compiled) -> str:
    """Return the variable of the posterior that a reference is to."""
    if reference.kind == RESCOR:
        return reference.kind
    joint, own = compiled.joint, f"{reference.dpar}." if reference.dpar else ""
    if not reference.group and own not in {one.target for one in joint.predictors}:
        # one number beside several main predictors, each of which has a name
        return f"{joint.member(reference.dpar).prefix}{reference.kind}"
    part = joint.predictor(reference.dpar)
    if not reference.group:
        return f"{part.prefix}{reference.kind}"
    predictor = compiled.lowered.predictors[compiled.joint.predictors.index(part)]
    if reference.kind == "simo":
        return simplex_variable(reference.group, part.population, predictor)
    # effects on single thresholds, of `cs()`, are in predictors beside the main one
    beside = compiled.lowered.predictors[len(compiled.joint.predictors) :]
    several = [one for one in beside if one.prefix == predictor.prefix]
    used = {
        group
        for one in (predictor, *(several if part.main else ()))
        for block in one.blocks
        for group, _ in block.effects_used()
    }
    place = [grouping.name for grouping in part.groupings].index(reference.group)
    group = [one for one in compiled.lowered.groups if one.name in used][place]
    names = {
        "sd": group.reported_sd,
        "cor": group.correlation_matrix,
        "r": group.effects,
        "df": "" if group.mixture is None else group.mixture.df,
    }
    return names[reference.kind]


def simplex_variable(name: str, population: Population, predictor: Predictor) -> str:
    """Return the variable of the posterior that a simplex of a formula is."""
    blocks = [block for block in predictor.blocks if isinstance(block, Product)]
    for column, block in zip(population.specials, blocks, strict=True):
        for special, factor in zip(column.specials, block.factors, strict=False):
            if simplex_name(column, special) == name and isinstance(factor, Take):
                (sums,) = names_in(factor.vector)
                return sums.removesuffix("_sums")
    raise KeyError(name)

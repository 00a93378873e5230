"""What a spec asks of the posterior: draws of quantities, tests and contrasts.

They are computed when a model has been fitted, and are stored with the fit as the group
``derived``, so that a summary needs neither the data nor the model.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.formula.columns import simplex_name
from varying.compiler.program.blocks import Product
from varying.compiler.program.expressions import Take, names_in

from .answers import ABOUT
from .contrasts import contrast_lines
from .evidence import prior_of
from .formulas import evaluate, evaluate_quantities, holds

if TYPE_CHECKING:
    from xarray import Dataset

    from varying.compiler.bind.bound import Population
    from varying.compiler.bind.question import Questions, Reference
    from varying.compiler.compiled import Compiled
    from varying.compiler.program.ir import Predictor

__all__ = ["answer", "draws_of", "variable_of"]

Array = NDArray[Any]


def answer(compiled: Compiled, posterior: Dataset, seed: int) -> Dataset | None:
    """Return the draws of all that the spec asks of a model.

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
        Variables ``quantity``, ``test`` (what is compared, of those tests that compare
        one thing), ``holds`` (1 where it is so, 0 where not) and ``contrast``, each
        with the dims ``chain``, ``draw`` and one of labels; the attribute ``about``
        says in JSON what they are. None if nothing is asked.
    """
    from xarray import Dataset

    asked = compiled.joint.questions
    if not asked:
        return None
    shape = (posterior.sizes["chain"], posterior.sizes["draw"])
    draws = {one: draws_of(one, compiled, posterior) for one in _references(asked)}
    values = evaluate_quantities(asked.quantities, draws)
    about: dict[str, list[dict[str, Any]]] = {
        "quantities": [{"name": q.name, "text": q.text} for q in asked.quantities],
        "tests": [],
        "contrasts": [],
    }
    compared, regions, lines = [], [], []
    for test in asked.tests:
        operands = [evaluate(operand, draws, values) for operand in test.operands]
        if test.value is not None:
            compared.append(evaluate(test.value, draws, values))
        regions.append(holds(operands, test.operators))
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
    for contrast in asked.contrasts:
        own = compiled.alone(contrast.response)
        for line in contrast_lines(contrast, own, posterior):
            lines.append(line.draws)
            about["contrasts"].append(
                {
                    "name": contrast.name,
                    "coord": line.coord,
                    "text": contrast.text,
                    "scale": contrast.scale,
                    "note": line.note,
                }
            )
    variables = {
        "quantity": ("quantity", [values[q.name] for q in asked.quantities]),
        "test": ("compared", compared),
        "holds": ("test", regions),
        "contrast": ("contrast", lines),
    }
    labels = {
        "quantity": [q.name for q in asked.quantities],
        "compared": [t.name for t in asked.tests if t.value is not None],
        "test": [test.name for test in asked.tests],
        "contrast": [_label(line) for line in about["contrasts"]],
    }
    return Dataset(
        {
            name: (("chain", "draw", f"{dim}_name"), _stacked(several, shape))
            for name, (dim, several) in variables.items()
            if several
        },
        {
            "chain": posterior["chain"].values,
            "draw": posterior["draw"].values,
            **{
                f"{dim}_name": np.array(found, str)
                for dim, found in labels.items()
                if found
            },
        },
        {ABOUT: json.dumps(about, ensure_ascii=False)},
    )


def _label(line: Mapping[str, str]) -> str:
    return f"{line['name']}[{line['coord']}]" if line["coord"] else line["name"]


def _references(asked: Questions) -> Iterable[Reference]:
    every = [r for quantity in asked.quantities for r in quantity.references]
    every += [r for test in asked.tests for r in test.references]
    return dict.fromkeys(every)


def _stacked(several: list[Array], shape: tuple[int, int]) -> Array:
    return np.stack([np.broadcast_to(one, shape) for one in several], axis=-1)


def draws_of(reference: Reference, compiled: Compiled, posterior: Dataset) -> Array:
    """Return the draws of one number of the posterior, chains by draws."""
    name = variable_of(reference, compiled)
    values: Any = posterior[name].transpose("chain", "draw", ...).values
    chosen = values[(slice(None), slice(None), *reference.places)]
    return np.asarray(chosen, dtype=np.float64)


def variable_of(reference: Reference, compiled: Compiled) -> str:
    """Return the variable of the posterior that a reference is to."""
    if reference.kind == "rescor":
        return reference.kind
    part = compiled.joint.predictor(reference.dpar)
    if not reference.group:
        return f"{part.prefix}{reference.kind}"
    predictor = compiled.lowered.predictors[compiled.joint.predictors.index(part)]
    if reference.kind == "simo":
        return simplex_variable(reference.group, part.population, predictor)
    used = dict.fromkeys(
        group for block in predictor.blocks for group, _ in block.effects_used()
    )
    place = [grouping.name for grouping in part.groupings].index(reference.group)
    group = compiled.lowered.group([*used][place])
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

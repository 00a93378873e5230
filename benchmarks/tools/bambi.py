"""Bambi, sampled by nutpie, in an environment of its own.

Bambi has no correlations between group effects, so it fits less than the others;
and its ordinal families make a row of probabilities for each row of the data.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from time import perf_counter
from typing import Any

from tools.tool import Task, Tool, now, read_task, tolerant, write_own

__all__ = ["PINNED", "TOOL"]

#: What is installed: Bambi, and all that its speed hangs on.
PINNED = (
    "bambi==0.21.0",
    "pymc==6.4.0",
    "pytensor==3.3.7",
    "nutpie==0.16.11",
    "numba==0.68.0",
    "arviz==1.3.0",
    "numpy==2.5.5",
    "pandas==3.1.1",
)


def _python() -> Path:
    from suite import WORK

    return WORK / "venv-bambi" / "bin" / "python"


def _absent() -> str | None:
    python = _python()
    ready = python.parents[1] / "ready"
    if ready.exists() and ready.read_text() == "\n".join(PINNED):
        return None
    make = [sys.executable, "-m", "venv", str(python.parents[1])]
    install = [str(python), "-m", "pip", "install", "--quiet", *PINNED]
    for command in (make, install):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
            return f"could not be installed: {last}"
    ready.write_text("\n".join(PINNED))
    return None


def _command(task: Task, path: Path) -> list[str]:
    return [str(_python()), "-m", "tools.bambi", str(path)]


TOOL = Tool(
    name="bambi",
    absent=_absent,
    command=_command,
    after=None,
    caches=True,
    coded=True,
    note="Bambi 0.21 + nutpie; group effects without correlations; ordinal models "
    "without the categories that nobody chose",
)


def priors_of(task: dict[str, Any], model_terms: tuple[list[str], list[str]]) -> Any:
    """Return Bambi's priors, for population terms and group-specific terms."""
    import bambi  # type: ignore[import-not-found]

    def made(prior: dict[str, Any]) -> Any:
        if prior["name"] == "exponential":
            return bambi.Prior("Exponential", lam=prior["values"][0])
        mean, deviation = prior["values"]
        return bambi.Prior("Normal", mu=mean, sigma=deviation)

    def of(kind: str, group: str = "", coef: str = "") -> Any:
        matching = [
            prior
            for prior in task["priors"]
            if prior["kind"] == kind
            and prior["group"] in ("", group)
            and prior["coef"] in ("", coef)
        ]
        return made(matching[0])

    common, specific = model_terms
    found = {term: of("b", coef=term) for term in common}
    for term in specific:
        effect, _, group = term.partition("|")
        coef = "Intercept" if effect == "1" else effect
        found[term] = bambi.Prior("Normal", mu=0, sigma=of("sd", group, coef))
    if task["family"] == "cumulative":
        found["threshold"] = _thresholds(task, of("Intercept"))
    else:
        found["Intercept"] = of("Intercept")
    if task["family"] == "gaussian":
        found["sigma"] = of("sigma")
    return found


def _thresholds(task: dict[str, Any], prior: Any) -> Any:
    """Return ordered normal thresholds, with somewhere to start."""
    import bambi
    import numpy as np
    import pandas as pd
    from pymc.distributions.transforms import ordered

    seen = pd.read_csv(task["coded"])[task["response"]].nunique()
    return bambi.Prior(
        "Normal",
        mu=np.zeros(seen - 1),
        sigma=prior.args["sigma"],
        transform=ordered,
        initval=np.linspace(-2, 2, seen - 1),
    )


def _model(task: dict[str, Any]) -> Any:
    import bambi
    import pandas as pd

    frame = pd.read_csv(task["coded"])
    if task["family"] == "cumulative":
        name = task["response"]
        frame[name] = pd.Categorical(frame[name], ordered=True)
    model = bambi.Model(task["formula"], frame, family=task["family"])
    component = model.parameters[model.family.likelihood.parent]
    terms = list(component.common_terms), list(component.group_specific_terms)
    model.set_priors(priors_of(task, terms))
    model.build()
    return model


def columns_of(posterior: Any) -> dict[str, Any]:
    """Return the columns of Bambi's posterior, by ``draws.py``."""
    found = {}
    for name in map(str, posterior.data_vars):
        if name in ("Intercept", "threshold"):
            kind = "intercept"
        elif name == "sigma":
            kind = "other"
        elif "|" in name:
            if not name.endswith("_sigma"):
                continue  # group effects
            kind = "sd"
        else:
            kind = "b"
        values = posterior[name].transpose("chain", "draw", ...).values
        flat = values.reshape(*values.shape[:2], -1)
        for at in range(flat.shape[2]):
            label = f"[{at}]" if flat.shape[2] > 1 else ""
            found[f"{kind}|{name.replace('|', ' by ')}{label}"] = flat[:, :, at]
    return found


def main() -> None:
    """Build, sample, save and print; then hand the draws over."""
    task = read_task()
    start = perf_counter()
    import nutpie
    from draws import save

    from tools.posterior import graph_gradient, save_and_print

    model = _model(task)
    data = model.fit(
        draws=task["draws"],
        tune=task["tune"],
        chains=task["chains"],
        cores=task["cores"],
        random_seed=task["seed"],
        inference_method="nutpie",
        progressbar=False,
    )
    whole = perf_counter() - start
    sampling = float(data["posterior"].attrs["sampling_time"])
    posterior = data["posterior"].to_dataset()
    effects = [n for n in map(str, posterior.data_vars) if "|" in n]
    wanted = [n for n in map(str, posterior.data_vars) if n not in effects]
    wanted += [n for n in effects if n.endswith("_sigma")]
    save_and_print(data, task["folder"], wanted)
    write_own(
        task,
        done=now(),
        compile=whole - sampling,
        sampling=sampling,
        divergences=int(data["sample_stats"]["diverging"].sum()),
    )
    save(Path(task["folder"]), columns_of(posterior))
    if task["gradient"]:
        with tolerant(task):
            compiled = nutpie.compile_pymc_model(model.backend.model)
            write_own(task, gradient=graph_gradient(compiled))


if __name__ == "__main__":
    main()

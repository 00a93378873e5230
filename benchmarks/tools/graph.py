"""PyMC and nutpie on the graph that Varying makes: ``Model.pymc``."""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter

from tools.tool import Task, Tool, now, read_task, tolerant, write_own

__all__ = ["TOOL"]


def _command(task: Task, path: Path) -> list[str]:
    return [sys.executable, "-m", "tools.graph", str(path)]


TOOL = Tool(
    name="graph",
    absent=lambda: None,
    command=_command,
    after=None,
    caches=True,
    coded=False,
    note="PyMC + nutpie on the graph that Varying emits",
)


def main() -> None:
    """Compile, sample, save and print; then hand the draws over."""
    task = read_task()
    import nutpie
    from draws import columns_of, save

    import varying
    from tools.posterior import graph_gradient, save_and_print

    start = perf_counter()
    model = varying.compile(Path(task["spec"]), task["data"])
    compiled = nutpie.compile_pymc_model(model.pymc)
    between = perf_counter()
    data = nutpie.sample(
        compiled,
        draws=task["draws"],
        tune=task["tune"],
        chains=task["chains"],
        cores=task["cores"],
        seed=task["seed"],
        save_warmup=False,
        progress_bar=False,
    )
    end = perf_counter()
    posterior = data["posterior"].to_dataset()
    columns = columns_of(posterior)
    reported = {name.partition("|")[2].partition("[")[0] for name in columns}
    save_and_print(data, task["folder"], sorted(reported))
    write_own(
        task,
        done=now(),
        compile=between - start,
        sampling=end - between,
        divergences=int(data["sample_stats"]["diverging"].sum()),
    )
    save(Path(task["folder"]), columns)
    if task["gradient"]:
        with tolerant(task):
            write_own(task, gradient=graph_gradient(compiled))


if __name__ == "__main__":
    main()

"""Varying as it is used: ``varying fit SPEC``, then its fit file is read."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

from tools.posterior import gradient
from tools.tool import Task, Tool, read_task, tolerant, write_own

__all__ = ["TOOL"]

_COMPILED = re.compile(r"compiled in ([0-9.]+) s")


def _command(task: Task, path: Path) -> list[str]:
    from suite import HERE, ROOT

    own = ["--data", str(ROOT / task.model.data)] if task.model.people else []
    return [
        str(Path(sys.executable).with_name("varying")),
        *("fit", str(HERE / "models" / task.model.spec), *own),
        *("--seed", str(task.seed), "--out", str(task.folder / "varying.fit")),
        *("--draws", str(task.draws), "--tune", str(task.tune)),
        *("--chains", str(task.chains)),
    ]


def _after(task: Task, path: Path) -> list[str]:
    return [sys.executable, "-m", "tools.varying", str(path)]


TOOL = Tool(
    name="varying",
    absent=lambda: None,
    command=_command,
    after=_after,
    caches=True,
    coded=False,
    note="`varying fit`, from the command to the saved fit and the printed table",
)


def kernel_gradient(task: dict[str, Any]) -> tuple[float | None, str]:
    """Return microseconds of the kernel's log density with gradient.

    None, and the reason, where the model has no kernel.
    """
    import varying
    from varying.compiler.backends.kernel import NoKernel, build
    from varying.compiler.sampled import Sampled

    compiled = varying.compile(Path(task["spec"]), task["data"]).compiled
    assert compiled is not None
    try:
        kernel = build(Sampled(compiled).for_kernel[1])
    except NoKernel as reason:
        return None, str(reason)
    block = kernel.block.ctypes.data
    return gradient(kernel.machine.run, kernel.start, block), ""


def main() -> None:
    """Gather what a timed fit left: the draws and what it says of itself."""
    from draws import columns_of, save

    import varying

    task = read_task()
    folder = Path(task["folder"])
    fit = varying.load(folder / "varying.fit")
    save(folder, columns_of(fit.data["posterior"].to_dataset()))
    said = _COMPILED.search((folder / "stderr").read_text("utf-8"))
    write_own(
        task,
        compile=float(said[1]) if said else None,
        sampling=fit.provenance.seconds,
        divergences=int(fit.data["sample_stats"]["diverging"].sum()),
        backend=fit.settings.backend,
        versions=dict(fit.provenance.versions),
    )
    if task["gradient"]:
        with tolerant(task):
            cost, reason = kernel_gradient(task)
            write_own(task, gradient=cost, no_gradient=reason)


if __name__ == "__main__":
    main()

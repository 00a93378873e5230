"""brms, sampled by rstan; the script is ``brms.R``.

Nothing is kept from one process to the next: each compiles its Stan program.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
from pathlib import Path

from tools.tool import Task, Tool

__all__ = ["TOOL"]


def _absent() -> str | None:
    if shutil.which("Rscript") is None:
        return "there is no Rscript"
    return None if _libraries() else "R has no brms and rstan"


@functools.cache
def _libraries() -> str:
    """Return where R looks for packages, if brms and rstan are there."""
    asked = (
        "needed <- c('brms', 'rstan', 'jsonlite'); "
        "stopifnot(all(sapply(needed, requireNamespace, quietly = TRUE))); "
        "cat(.libPaths(), sep = ':')"
    )
    done = subprocess.run(
        ["Rscript", "-e", asked], capture_output=True, text=True, check=False
    )
    return "" if done.returncode else done.stdout.strip()


def _command(task: Task, path: Path) -> list[str]:
    # In another HOME, R would not find the user's own packages.
    script = Path(__file__).with_suffix(".R")
    libraries = f"R_LIBS={_libraries()}"
    return ["env", libraries, "Rscript", "--vanilla", str(script), str(path)]


TOOL = Tool(
    name="brms",
    absent=_absent,
    command=_command,
    after=None,
    caches=False,
    coded=True,
    note="brms + rstan; compiles C++ in each process, so cold and warm are one run; "
    "sampling is the chains' seconds over the cores",
)

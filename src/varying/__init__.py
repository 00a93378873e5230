"""Varying: a small language for multilevel models, compiled to PyMC.

>>> import varying
>>> model = varying.compile("y ~ x + (1 | g)", data)  # doctest: +SKIP
>>> fit = model.fit(seed=1)  # doctest: +SKIP
>>> fit.summary()  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from varying.compiler.families.own import own_family as Family
    from varying.grammar.diagnostics import ModelError
    from varying.runtime.api import compile, load
    from varying.runtime.fit.compare import compare
    from varying.runtime.fit.fit import Fit
    from varying.runtime.model import Model
    from varying.runtime.studies.ask import design, simulate
    from varying.runtime.suggest.suggestion import suggest

    __version__: str

__all__ = [
    "Family",
    "Fit",
    "Model",
    "ModelError",
    "__version__",
    "compare",
    "compile",
    "design",
    "load",
    "pool",
    "simulate",
    "suggest",
]

# `import varying` stays quick: a name is imported when it is first used, and
# PyMC, pandas and ArviZ when something needs them.
_HOMES = {
    "Family": "varying.runtime.own_family",
    "Fit": "varying.runtime.fit.fit",
    "Model": "varying.runtime.model",
    "ModelError": "varying.grammar.diagnostics",
    "compare": "varying.runtime.fit.compare",
    "compile": "varying.runtime.api",
    "design": "varying.runtime.studies.ask",
    "load": "varying.runtime.api",
    "pool": "varying.runtime.pooling.pool",
    "simulate": "varying.runtime.studies.ask",
    "suggest": "varying.runtime.suggest.suggestion",
}


def __getattr__(name: str) -> object:
    if name == "__version__":
        from importlib.metadata import PackageNotFoundError, version

        try:
            found: object = version("varying")
        except PackageNotFoundError:  # run from a folder that is not installed
            found = "unknown"
    elif name in _HOMES:
        from importlib import import_module

        found = getattr(import_module(_HOMES[name]), name)
    else:
        message = f"module {__name__!r} has no attribute {name!r}"
        if not name.startswith("_"):
            from varying.runtime.interface.elsewhere import instead

            message += instead("varying", name)
        raise AttributeError(message)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

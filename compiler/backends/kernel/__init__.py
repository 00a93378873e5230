"""The log density of a program as native code, without a compilation a model."""

from __future__ import annotations

from .machine.cache import folder
from .machine.kernel import Kernel, build, ready
from .tape.emit import Tapes, emit
from .tape.quantities import NoKernel

__all__ = ["Kernel", "NoKernel", "Tapes", "build", "emit", "folder", "ready"]

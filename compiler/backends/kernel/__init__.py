"""The log density of a program as native code, without a compilation a model."""

from __future__ import annotations

from .cache import folder
from .emit import Tapes, emit
from .kernel import Kernel, build, ready
from .quantities import NoKernel

__all__ = ["Kernel", "NoKernel", "Tapes", "build", "emit", "folder", "ready"]

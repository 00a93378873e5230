"""Object code in this process: loading it, and calling it from Python.

llvmlite takes the object file in: an import of a few hundredths of a second.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .build import ENTRIES

Floats = NDArray[np.float64]

_RUN = ctypes.CFUNCTYPE(
    ctypes.c_int64,
    ctypes.c_uint64,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_void_p,
)


@dataclass(frozen=True, slots=True, eq=False)
class Machine:
    """A machine that can be called.

    Attributes
    ----------
    operations
        Their places are their numbers.
    run, copy
        The addresses of the two entries.
    """

    operations: tuple[str, ...]
    run: int
    copy: int
    _loaded: Any

    def __call__(
        self, x: Floats, results: Floats, value: Floats, block: NDArray[np.int64]
    ) -> int:
        """Run a tape; see ``machine``."""
        return int(
            _RUN(self.run)(
                x.shape[-1],
                x.ctypes.data,
                results.ctypes.data,
                value.ctypes.data,
                block.ctypes.data,
            )
        )


def load(code: bytes, operations: tuple[str, ...]) -> Machine:
    """Return a machine from its object code."""
    (run, copy), held = addresses(code, ENTRIES)
    return Machine(operations, run, copy, held)


def addresses(code: bytes, names: Sequence[str]) -> tuple[list[int], Any]:
    """Return where functions of an object file are, and what must live as long."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_default_triple().create_target_machine(jit=True)
    compiler = llvm.create_lljit_compiler(target)
    library = llvm.JITLibraryBuilder().add_object_img(code).add_current_process()
    for name in names:
        library = library.export_symbol(name)
    loaded = library.link(compiler, "varying")
    return [loaded[name] for name in names], (compiler, loaded)

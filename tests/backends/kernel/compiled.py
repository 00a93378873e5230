"""Plain Python functions, compiled as the kernel compiles them, and called."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir
from numpy.typing import NDArray

from varying.compiler.backends.kernel.llvm.text import execute
from varying.compiler.backends.kernel.llvm.translate import Translator
from varying.compiler.backends.kernel.machine.build import object_code
from varying.compiler.backends.kernel.machine.native import addresses

Array = NDArray[Any]

_KINDS: Mapping[str, Any] = {
    "void": None,
    "double": ctypes.c_double,
    "i64": ctypes.c_int64,
    "i1": ctypes.c_bool,
    "double*": ctypes.c_void_p,
    "i64*": ctypes.c_void_p,
}


@cache
def typed(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function whose arguments have the types of the operations."""
    return _compiled(Translator(), function)


def _compiled(
    translator: Translator, function: Callable[..., Any]
) -> Callable[..., Any]:
    made = translator.function(function, typed=True, name="entry")
    kind = made.function_type
    (address,), held = addresses(object_code(translator.module), ["entry"])
    result, *types = (_KINDS[str(one)] for one in (kind.return_type, *kind.args))
    entry = ctypes.CFUNCTYPE(result, *types)(address)

    def call(*arguments: Any) -> Any:
        assert held
        return entry(*map(_address, arguments))

    return call


def _address(argument: Any) -> Any:
    return argument.ctypes.data if isinstance(argument, np.ndarray) else argument


@cache
def scalar(kernel: Callable[..., Any]) -> Callable[[Array], Array]:
    """Compile a function of numbers; call it for each row of an array.

    Returns
    -------
    A function from arguments, shape (rows, arguments), to results, shape
    (results, rows).
    """
    takes = kernel.__code__.co_argcount
    translator = Translator()
    kind = translator.function(kernel).function_type.return_type
    single = not isinstance(kind, ir.LiteralStructType)
    gives = 1 if single else len(kind.elements)
    names = ", ".join(f"r{i}" for i in range(gives))
    given = ", ".join(f"x[i * {takes} + {i}]" for i in range(takes))
    stores = "".join(f"\n        v[i * {gives} + {i}] = r{i}" for i in range(gives))
    space: dict[str, Any] = {"kernel": kernel}
    execute(
        f"def loop(count, x, v):\n"
        f"    for i in range(count):\n"
        f"        {names} = kernel({given}){stores}\n",
        f"<loop {kernel.__module__}.{kernel.__qualname__}>",
        space,
    )
    loop = _compiled(translator, space["loop"])

    def call(rows: Array) -> Array:
        given = np.ascontiguousarray(rows, dtype=float)
        assert given.shape[1] == takes
        results = np.empty((len(given), gives))
        loop(len(given), given, results)
        return results.T

    return call

"""The machine that runs tapes: assembled from operations, compiled by LLVM.

A machine has the operations that most models need and those that the tape at hand
asks for. Its two entries have the signatures of the C functions that nutpie calls,
and all they touch is behind pointers: nothing of Python or of the data is in the
machine, so that it can be kept on disk.
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir

from ..llvm.text import execute
from ..llvm.translate import Translator
from ..operations import OPERATIONS, WIDTH
from ..operations.densities import prior_name
from ..operations.elementwise import ELEMENTWISE
from ..tape.tape import Tape, find

#: Operations that few models need, or those of one kind of family.
RARE = (
    *("simplex", "ordered", "below", "logit_cumulative", "logit_gaps", "diff"),
    *("rows ordlogit at once", "normal rows", "integrate", "nest"),
    *("condition", "mean", "misfit", "penalty", "recover"),
    *(one.name for one in ELEMENTWISE),
)

#: In every machine: what models with default priors need, so that one suffices.
COMMON: tuple[str, ...] = (
    *(name for name in OPERATIONS if name not in RARE),
    *(prior_name(n) for n in ("normal", "exponential", "half_normal", "beta")),
    *(prior_name(n) for n in ("student_t", "lognormal", "gamma")),
)

#: Places in the block of whole numbers that an entry is given: where things are.
#: ``count`` is 0 for the log density, else the number of points whose reported
#: quantities are wanted.
BLOCK = (
    *("instructions", "code", "numbers", "integers", "size", "constant"),
    *("outputs", "output_places", "count"),
)


#: The names of the two entries.
ENTRIES = ("varying_run", "varying_copy")


def operations_of(*tapes: Tape) -> tuple[str, ...]:
    """Return the operations of a machine that runs these tapes, in one order."""
    needed = {name for tape in tapes for name in tape.operations}
    return (*COMMON, *sorted(needed - set(COMMON)))


def compile_machine(operations: tuple[str, ...]) -> bytes:
    """Compile a machine; takes about a second.

    Parameters
    ----------
    operations
        Their numbers on the tapes are their places here.

    Returns
    -------
    An object file with the two ``ENTRIES``.
    """
    return object_code(_module(operations))


def object_code(module: ir.Module) -> bytes:
    """Compile a module for the processor at hand, with all that LLVM can do."""
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    parsed = llvm.parse_assembly(str(module))
    machine = llvm.Target.from_default_triple().create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        reloc="pic",
        jit=True,
    )
    options = llvm.create_pipeline_tuning_options(speed_level=3)
    options.loop_vectorization = options.slp_vectorization = True
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(parsed, builder)
    return bytes(machine.emit_object(parsed))


def _module(operations: tuple[str, ...]) -> ir.Module:
    """Return the machine as it is before LLVM works on it."""
    space: dict[str, Any] = {"WIDTH": WIDTH}
    forward, backward = "", ""
    for number, name in enumerate(operations):
        operation = find(name)
        space[f"forward_{number}"] = operation.forward
        forward += f"""
        {"el" if forward else ""}if which == {number}:
            total += forward_{number}(o, p, v, d, c, k)"""
        if operation.backward is not None:
            space[f"backward_{number}"] = operation.backward
            backward += f"""
        {"el" if backward else ""}if which == {number}:
            backward_{number}(o, p, v, d, c, k)"""
    execute(_RUNNERS.format(forward=forward, backward=backward), "<machine>", space)
    execute(_ENTRIES, "<entries>", space)
    translator = Translator()
    for entry in ENTRIES:
        translator.function(space[entry], typed=True, name=entry)
    return translator.module


_RUNNERS = """
def run(count, o, v, d, c, k):
    total = 0.0
    for step in range(count):
        p = step * WIDTH
        which = o[p]{forward}
    return total


def back(count, o, v, d, c, k):
    for step in range(count):
        p = (count - 1 - step) * WIDTH
        which = o[p]{backward}
"""

#: ``varying_run``: the log density at ``x`` and its slopes; what it returns is not 0 if
#: one of them is no number, and below 0 if there is no memory. With a count: what
#: is reported of that many points, one after another, in the place of slopes.
#: ``varying_copy``: the unconstrained draw itself is what the sampler stores.
_ENTRIES = """
def varying_run(dimension, x, slopes, value, block) -> int:
    size = block[4]
    memory = malloc(16 * size)
    if memory == 0:
        return -1
    v, d = reals(memory), reals(memory + 8 * size)
    o, c, k = wholes(block[1]), reals(block[2]), wholes(block[3])
    wrong = 0
    at = 0
    for n in range(max(1, block[8])):
        for i in range(dimension):
            v[i] = x[n * dimension + i]
        for i in range(size):
            d[i] = 0.0
        total = run(block[0], o, v, d, c, k) + c[block[5]]
        if block[8] > 0:
            for m in range(block[6]):
                place, length = k[block[7] + 2 * m], k[block[7] + 2 * m + 1]
                for i in range(length):
                    slopes[at] = v[place + i]
                    at += 1
            continue
        back(block[0], o, v, d, c, k)
        for i in range(dimension):
            slopes[i] = d[i]
            if not abs(d[i]) < 1.7976931348623157e308:
                wrong = 3
        value[0] = total
        if not abs(total) < 1.7976931348623157e308:
            wrong = 4
    free(memory)
    return wrong


def varying_copy(dimension, count, x, slopes, block) -> int:
    for i in range(dimension):
        slopes[i] = x[i]
    return 0
"""

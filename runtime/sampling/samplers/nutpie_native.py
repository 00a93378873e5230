"""nutpie's sampler on a native function, with nothing of Python in the loop.

nutpie has no public name for this, and its package imports ArviZ, pandas and Numba,
which takes longer than sampling. So its compiled part, ``nutpie._lib``, is used as
its own Numba models use it. All that is private is in this file; where nutpie has
changed, ``from_pyfunc``, which is public, is used instead: slower, the same draws.
"""

from __future__ import annotations

import ctypes
import importlib.util
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import sleep
from types import ModuleType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from varying.compiler.backends.kernel import Kernel

from . import LEAST_TUNE, failure
from .draws import rectangle
from .starting import starting_point

__all__ = ["NativeDraws", "NativeRun", "joined", "start"]

Floats = NDArray[np.float64]
Route = Literal["native", "callback"]

#: The variable that nutpie stores: the unconstrained vector.
_NAME = "x"

#: Statistics of nutpie that are vectors a draw, or messages.
_LEFT_OUT = frozenset(
    {
        *("mass_matrix_inv", "mass_matrix_eigvals", "mass_matrix_stds"),
        *("transformation_mu", "unconstrained_draw", "gradient"),
        *("transformed_position", "transformed_gradient", "divergence_message"),
        *("divergence_start", "divergence_start_gradient", "divergence_end"),
        *("divergence_momentum", "divergence_draw", "transformation_update_id"),
        *("chain", "draw"),
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class _ChainDraws:
    """The draws of a chain that are kept.

    Attributes
    ----------
    unconstrained : (draws, dimension)
    statistics
        Arrays of as many numbers, by nutpie's names.
    """

    unconstrained: Floats
    statistics: Mapping[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class NativeDraws:
    """What a run came to.

    Attributes
    ----------
    chains
        The number of each chain.
    unconstrained : (chains, draws, dimension)
    statistics
        Arrays of shape (chains, draws) by nutpie's names.
    version
        Of nutpie.
    """

    chains: list[int]
    unconstrained: Floats
    statistics: Mapping[str, NDArray[Any]]
    version: str


def joined(several: Sequence[NativeDraws]) -> NativeDraws:
    """Return runs of one chain each side by side."""
    if len(several) == 1:
        return several[0]
    return _stacked(
        [
            _ChainDraws(
                one.unconstrained[0],
                {name: values[0] for name, values in one.statistics.items()},
            )
            for one in several
        ]
    )


def _stacked(chains: Sequence[_ChainDraws]) -> NativeDraws:
    """Return chains side by side; see ``rectangle``. There may be no draws."""
    from importlib.metadata import version

    places, length = rectangle([len(chain.unconstrained) for chain in chains])
    kept = [chains[place] for place in places]
    if not length:
        return NativeDraws([], np.empty((0, 0, 0)), {}, version("nutpie"))
    names = kept[0].statistics
    return NativeDraws(
        places,
        np.stack([one.unconstrained[:length] for one in kept]),
        {
            name: np.stack([one.statistics[name][:length] for one in kept])
            for name in names
        },
        version("nutpie"),
    )


@dataclass(frozen=True, slots=True, eq=False)
class NativeRun:
    """A run under way, in threads of nutpie's own.

    ``route`` says how the density is called: ``native`` or by ``callback``.
    """

    route: Route
    kernel: Kernel
    _wait: Callable[[float], NativeDraws]
    _abort: Callable[[], NativeDraws]
    _failed: threading.Event
    _held: tuple[Any, ...]

    def wait(self, seconds: float) -> NativeDraws | None:
        """Wait that long; return the draws if all chains are done.

        Raises
        ------
        RuntimeError
            As nutpie does where it cannot start.
        """
        try:
            return self._wait(seconds)
        except TimeoutError:
            return None

    def abort(self) -> NativeDraws:
        """Stop all chains, and return what they have, which may be no draws."""
        return self._abort()

    def fail(self) -> None:
        """Stop all chains after one has failed.

        nutpie may not be able to, after a panic, or may leave chains that look for
        a place to start. They are made to fail as well: a thread that still calls
        Python when that ends, or runs on memory that is gone, takes the process
        with it. What they use is kept, should one of them be slow to see it.
        """
        self._failed.set()
        self.kernel.stop()
        try:
            self._abort()
        except BaseException as error:
            if failure(error) is None:
                raise
        for one in (self.kernel, *self._held):
            ctypes.pythonapi.Py_IncRef(ctypes.py_object(one))
        sleep(_GRACE)


def start(
    kernel: Kernel,
    *,
    draws: int,
    tune: int,
    chains: int,
    cores: int,
    seed: int,
    target_accept: float | None,
    show: Callable[[list[Any]], None],
    position: Floats | None = None,
    route: Route | None = None,
) -> NativeRun:
    """Start a run.

    Parameters
    ----------
    kernel
        The density.
    show
        Called now and then, from another thread, with nutpie's progress of each
        chain.
    position
        Where to start; None: near where the kernel does.
    route
        Which of the two; None: native if this nutpie can.
    """
    options: dict[str, Any] = {
        "num_draws": draws,
        "num_tune": max(tune, LEAST_TUNE),
        "num_chains": chains,
    }
    if target_accept is not None:
        options["target_accept"] = target_accept

    failed = threading.Event()

    def beginning(chain_seed: int) -> Floats:
        if failed.is_set():
            raise RuntimeError("another chain has failed")
        if position is not None:
            return position
        tapes = kernel.tapes
        where = (kernel.start, tapes.reach, tapes.rows)
        return starting_point(kernel.finite_density, *where, chain_seed)

    if route != "callback":
        try:
            library = _library()
            model = _native_model(library, kernel, beginning)
            sampler = library.PySampler.from_pymc(
                *(_settings(library, seed, options), cores, model),
                *(library.ProgressType.none(), show, _RATE),
                library.PyStorage.arrow(),
            )

            def wait(seconds: float) -> NativeDraws:
                sampler.wait(seconds)
                return _stacked(_chains(sampler.take_results()))

            def abort() -> NativeDraws:
                sampler.abort()
                return _stacked(_chains(sampler.take_results()))

            return NativeRun("native", kernel, wait, abort, failed, (model,))
        except (ImportError, AttributeError, TypeError):
            if route == "native":
                raise
    import nutpie

    more = {} if target_accept is None else {"target_accept": target_accept}
    public = nutpie.sample(
        _callback_model(kernel, beginning),
        draws=draws,
        tune=options["num_tune"],
        chains=chains,
        cores=cores,
        seed=seed,
        save_warmup=False,
        progress_bar=False,
        progress_callback=show,
        progress_rate=_RATE,
        blocking=False,
        **more,
    )
    return NativeRun(
        "callback",
        kernel,
        lambda seconds: _stacked(_parted(public.wait(timeout=seconds))),
        lambda: _stacked(_parted(public.abort())),
        failed,
        (public,),
    )


#: Seconds in which chains see that they are to fail.
_GRACE = 0.2

#: Milliseconds between two reports of progress.
_RATE = 100


#: Two threads may start their first runs at once.
_LOADING = threading.Lock()


def _library() -> ModuleType:
    """Return ``nutpie._lib`` without the package around it.

    It is registered under its name, so that a later ``import nutpie`` finds it: a
    library of this kind can be initialised once in a process.
    """
    with _LOADING:
        return _loaded("nutpie._lib")


def _loaded(name: str) -> ModuleType:
    if name in sys.modules:
        return sys.modules[name]
    package = importlib.util.find_spec("nutpie")
    if package is None or package.origin is None:
        raise ImportError("there is no nutpie")
    found = sorted(Path(package.origin).parent.glob("_lib.*"))
    if not found:
        raise ImportError("nutpie has no `_lib`")
    spec = importlib.util.spec_from_file_location(name, found[0])
    if spec is None or spec.loader is None:
        raise ImportError(f"{found[0]} cannot be loaded")
    library = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(library)
    sys.modules[name] = library
    return library


def _settings(library: Any, seed: int, options: Mapping[str, Any]) -> Any:
    settings = library.PyNutsSettings.Diag(seed)
    settings.update(dict(options))
    return settings


def _native_model(
    library: Any, kernel: Kernel, beginning: Callable[[int], Floats]
) -> Any:
    size = kernel.dimension
    block = kernel.block.ctypes.data

    def adapter(*_: object, **__: object) -> None:
        raise NotImplementedError

    variables = library.PyVariable.new_variables(
        [_NAME], ["float64"], [(size,)], {"place": size}, {_NAME: ("place",)}
    )
    return library.PyMcModel(
        library.LogpFunc(kernel.machine.run, block, kernel),
        library.ExpandFunc(size, size, kernel.machine.copy, block, kernel),
        variables,
        size,
        {"place": size},
        {"place": np.arange(size)},
        beginning,
        adapter,
    )


def _callback_model(kernel: Kernel, beginning: Callable[[int], Floats]) -> Any:
    from nutpie.compiled_pyfunc import from_pyfunc

    def density() -> Callable[[Floats], tuple[float, Floats]]:
        return kernel.log_density

    def expand(*_: object) -> Callable[[Floats], dict[str, Floats]]:
        return lambda x: {_NAME: np.array(x)}

    return from_pyfunc(
        ndim=kernel.dimension,
        make_logp_fn=density,
        make_expand_fn=expand,
        expanded_dtypes=[np.dtype(np.float64)],
        expanded_shapes=[(kernel.dimension,)],
        expanded_names=[_NAME],
        coords={"place": np.arange(kernel.dimension)},
        dims={_NAME: ("place",)},
        make_initial_point_fn=beginning,
    )


def _parted(tree: Any) -> list[_ChainDraws]:
    """Return the draws kept, from what nutpie returns to everybody.

    It fills chains that were stopped with NaN up to the length of the longest.
    """
    if "posterior" not in tree:
        return [_ChainDraws(np.empty((0, 1)), {"diverging": np.empty(0, bool)})]
    statistics = {
        name: variable.values
        for name, variable in tree["sample_stats"].data_vars.items()
        if name not in _LEFT_OUT
    }
    chains = []
    for place, values in enumerate(tree["posterior"][_NAME].values):
        count = int((~np.isnan(values[:, 0])).sum())
        own = {name: array[place, :count] for name, array in statistics.items()}
        chains.append(_ChainDraws(values[:count], own))
    return chains


def _chains(results: Any) -> list[_ChainDraws]:
    """Return the draws kept, from nutpie's tables of one chain each."""
    import pyarrow

    batches, statistics = results.get_arrow_trace()
    chains = []
    for batch, own in zip(batches, statistics, strict=True):
        table = pyarrow.record_batch(own)
        kept = ~table.column("tuning").to_numpy(zero_copy_only=False)
        column = pyarrow.record_batch(batch).column(_NAME)
        values = column.flatten().to_numpy(zero_copy_only=False)
        found = {
            name: table.column(name).to_numpy(zero_copy_only=False)[kept]
            for name in table.schema.names
            if name not in _LEFT_OUT
        }
        draws = values.reshape(len(kept), -1)[kept] if len(kept) else values[:, None]
        chains.append(_ChainDraws(draws, found))
    return chains

"""Tables and arrays that are written piece by piece, whole or not at all."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .whole_file import replacing

if TYPE_CHECKING:
    from pyarrow import RecordBatch

__all__ = ["write_arrays", "write_csv", "write_parquet"]

#: Lines that are written at a time.
_LINES = 50_000

Array = NDArray[Any]
Pieces = Iterator[Mapping[str, Array]]


def write_csv(path: str | os.PathLike[str], pieces: Pieces) -> None:
    """Write a table as comma-separated text; each piece has some of its lines."""
    from pyarrow import csv

    def opened(file: Any, schema: Any) -> Any:
        options = csv.WriteOptions(quoting_style="needed")
        return csv.CSVWriter(file, schema, write_options=options)

    _write(path, pieces, opened)


def write_parquet(path: str | os.PathLike[str], pieces: Pieces) -> None:
    """Write a table as Parquet."""
    from pyarrow import parquet

    _write(path, pieces, parquet.ParquetWriter)


def _write(
    path: str | os.PathLike[str], pieces: Pieces, opened: Callable[[Any, Any], Any]
) -> None:
    pieces = _together(pieces)
    with replacing(path) as file:
        first = _batch(next(pieces))
        with opened(file, first.schema) as writer:
            writer.write_batch(first)
            for piece in pieces:
                writer.write_batch(_batch(piece, first.schema))


def _together(pieces: Pieces) -> Pieces:
    """Yield larger pieces: Parquet has a header for each."""
    held: list[Mapping[str, Array]] = []
    lines = 0
    for piece in pieces:
        held.append(piece)
        lines += len(next(iter(piece.values())))
        if lines >= _LINES:
            yield _joined(held)
            held, lines = [], 0
    if held:
        yield _joined(held)


def _joined(pieces: list[Mapping[str, Array]]) -> Mapping[str, Array]:
    names = pieces[0]
    return {name: np.concatenate([piece[name] for piece in pieces]) for name in names}


def _batch(columns: Mapping[str, Array], schema: Any = None) -> RecordBatch:
    import pyarrow

    arrays = []
    for place, (name, values) in enumerate(columns.items()):
        kind = None if schema is None else schema.field(place).type
        if kind is None and values.dtype == object:
            kind = _kind(values)
        try:
            arrays.append(pyarrow.array(values, type=kind, from_pandas=True))
        except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError):
            raise ValueError(f"{name}: values of several types") from None
    return pyarrow.RecordBatch.from_arrays(arrays, names=list(columns))


def _kind(values: Array) -> Any:
    """Return the type of plain values, the same for all pieces of a column."""
    import pyarrow

    there = {type(value) for value in values.tolist() if value is not None}
    if there == {bool}:
        return pyarrow.bool_()
    if there and there <= {int, float}:
        return pyarrow.float64() if float in there else pyarrow.int64()
    return pyarrow.string()


def write_arrays(
    path: str | os.PathLike[str],
    arrays: Mapping[str, tuple[tuple[str, ...], tuple[int, ...], Any]],
    known: Mapping[str, tuple[tuple[str, ...], Array]],
    pieces: Iterator[tuple[slice, Mapping[str, Array]]],
    chunk: int,
    along: str = "row",
) -> None:
    """Write a Zarr store, a folder, whose arrays come piece by piece.

    Parameters
    ----------
    path
        The folder; one that is there is replaced.
    arrays
        The arrays that come in pieces: dimensions, shape and type.
    known
        The others, such as coordinates: dimensions and values.
    pieces
        The place along a dimension, and the values there.
    chunk
        The length of a chunk along that dimension, a multiple of which pieces have.
    along
        That dimension.
    """
    import zarr

    with _replacing_folder(Path(path)) as folder:
        root = zarr.open_group(folder, mode="w", zarr_format=3)
        for name, (dims, values) in known.items():
            if values.dtype == object:
                values = values.astype(str)
            root.create_array(name, data=values, dimension_names=dims)
        made = {}
        for name, (dims, shape, kind) in arrays.items():
            chunks = tuple(
                min(chunk, max(size, 1)) if dim == along else max(size, 1)
                for dim, size in zip(dims, shape, strict=True)
            )
            made[name] = root.create_array(
                name, shape=shape, dtype=kind, chunks=chunks, dimension_names=dims
            )
        for place, values_of in pieces:
            for name, values in values_of.items():
                axis = arrays[name][0].index(along)
                where = (*(slice(None),) * axis, place)
                made[name][where] = np.ascontiguousarray(values)


@contextmanager
def _replacing_folder(path: Path) -> Iterator[Path]:
    """Make a folder that takes the place of another when all is in it."""
    parent = path.resolve().parent
    if not parent.is_dir():
        raise FileNotFoundError(2, f"there is no folder `{parent}`", str(path))
    made = Path(
        tempfile.mkdtemp(prefix=f".{path.name[:50]}.", suffix=".tmp", dir=parent)
    )
    try:
        yield made
        made.chmod(0o777 & ~_umask())
        if path.is_dir():
            shutil.rmtree(path)
        os.replace(made, path)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask

"""Arrays as the files of a Zarr store, format 3.

What ``Dataset.to_zarr`` writes, for the types that a fit has: so ``arrays`` and any
Zarr reader read it. Importing Zarr, and its way of writing some fifty small arrays,
took a third of what ``varying fit`` does beside sampling.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from xarray import Dataset

__all__ = ["zarr_files"]

#: Pieces are not made smaller than this, in bytes.
_LEAST = 2**17
_METADATA = "zarr.json"


def zarr_files(
    groups: Mapping[str, Dataset], attrs: Mapping[str, Any], most: int
) -> dict[str, bytes]:
    """Return the files of a store by name.

    Parameters
    ----------
    groups
        Its groups by name.
    attrs
        Attributes of the root.
    most
        How many bytes a piece of an array may have, about.
    """
    files = {_METADATA: _group(attrs)}
    for name, dataset in groups.items():
        others = [str(key) for key in dataset.coords if key not in dataset.dims]
        told = {"coordinates": " ".join(others)} if others else {}
        files[f"{name}/{_METADATA}"] = _group({**dataset.attrs, **told})
        for key, variable in dataset.variables.items():
            values = np.asarray(variable.values)
            if values.dtype == object:  # of texts, which Zarr has in no other way
                values = values.astype(str)
            path = f"{name}/{key}"
            dims = [str(dim) for dim in variable.dims]
            files |= _array(path, values, dims, variable.attrs, most)
    return files


def _group(attrs: Mapping[str, Any]) -> bytes:
    return _json({"attributes": dict(attrs), "zarr_format": 3, "node_type": "group"})


def _array(
    path: str,
    values: NDArray[Any],
    dims: list[str],
    attrs: Mapping[str, Any],
    most: int,
) -> dict[str, bytes]:
    import pyarrow

    dtype, fill = _dtype(values.dtype)
    values = values.astype(values.dtype.newbyteorder("<"), copy=False)
    piece = _piece(values.shape, values.dtype.itemsize, max(most, _LEAST))
    whole = {"name": "regular", "configuration": {"chunk_shape": list(piece)}}
    endian = {"configuration": {"endian": "little"}} if dtype != "bool" else {}
    files = {
        f"{path}/{_METADATA}": _json(
            {
                "shape": list(values.shape),
                "data_type": dtype,
                "chunk_grid": whole,
                "chunk_key_encoding": {
                    "name": "default",
                    "configuration": {"separator": "/"},
                },
                "fill_value": fill,
                "codecs": [
                    {"name": "bytes", **endian},
                    {"name": "zstd", "configuration": {"level": 0, "checksum": False}},
                ],
                "attributes": dict(attrs),
                "dimension_names": dims,
                "zarr_format": 3,
                "node_type": "array",
                "storage_transformers": [],
            }
        )
    }
    counts = [-(-n // step) for n, step in zip(values.shape, piece, strict=True)]
    for place in product(*map(range, counts)):
        starts = [at * step for at, step in zip(place, piece, strict=True)]
        own = values[
            tuple(
                slice(start, start + step)
                for start, step in zip(starts, piece, strict=True)
            )
        ]
        if own.shape != piece:  # those at the end are as long as the others
            room = np.zeros(piece, values.dtype)
            room[tuple(slice(0, n) for n in own.shape)] = own
            own = room
        raw = np.ascontiguousarray(own).tobytes()
        packed = pyarrow.compress(raw, codec="zstd", asbytes=True)
        files["/".join([path, "c", *map(str, place)])] = packed
    return files


def _dtype(dtype: np.dtype[Any]) -> tuple[Any, Any]:
    """Return how Zarr names a type, and the value of what is not written."""
    match dtype.kind:
        case "f":
            return dtype.name, "NaN"
        case "i" | "u":
            return dtype.name, 0
        case "b":
            return "bool", False
        case "U":
            length = {"length_bytes": dtype.itemsize}
            return {"name": "fixed_length_utf32", "configuration": length}, ""
    raise TypeError(f"arrays of {dtype} have no place in a fit file")


def _piece(shape: tuple[int, ...], item: int, most: int) -> tuple[int, ...]:
    """Return the shape of a piece: the first dimensions are cut before the last."""
    piece = [max(n, 1) for n in shape]
    for place in range(len(piece)):
        size = item * int(np.prod(piece, dtype=np.float64))
        if size <= most:
            break
        piece[place] = max(1, int(piece[place] * most / size))
    return tuple(piece)


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, default=_plain).encode()


def _plain(value: Any) -> Any:
    """Return a value of NumPy as Python has it."""
    if isinstance(value, np.ndarray | np.generic):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} has no place in a fit file")

"""The arrays of a fit file, out of the entries of its Zarr store.

Any Zarr reader reads them as well. This one takes what Varying writes and nothing
else, so that a file can ask for no more memory than its size allows, and a damaged
description is seen before anything is made of it; and it loads neither Zarr nor
xarray, which take longer to import than a fit to read.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from varying.compiler.data.bounded import Unsound, most_bytes

if TYPE_CHECKING:
    from xarray import Dataset

__all__ = ["ArrayGroup", "Labelled", "StoredArray", "groups_of"]

_METADATA = "zarr.json"
#: Types of numbers that Zarr names as NumPy does.
_NUMBERS = frozenset(
    {"bool", "float32", "float64"}
    | {f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)}
)
#: A Unicode string of fixed length: 4 bytes a character.
_TEXTS = "fixed_length_utf32"
#: xarray's notes to itself of how it encoded a variable.
_ENCODING = frozenset({"_FillValue", "coordinates"})
#: The last code point of Unicode, and what its surrogates have in common.
_LAST, _SURROGATES = 0x10FFFF, 0xD800 >> 11
#: Zarr allows any number; no array of ours has more.
_MOST_DIMS = 32


@dataclass(frozen=True, slots=True, eq=False)
class StoredArray:
    """An array with names for its dimensions."""

    dims: tuple[str, ...]
    values: NDArray[Any]
    attrs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, eq=False)
class Labelled:
    """A variable with its labels: what a summary asks of an xarray ``DataArray``."""

    dims: tuple[str, ...]
    values: NDArray[Any]
    coords: Mapping[str, StoredArray]

    @property
    def sizes(self) -> dict[str, int]:
        """Length of each dimension."""
        return dict(zip(self.dims, self.values.shape, strict=True))

    def transpose(self, *dims: Any) -> Labelled:
        """Return it with some dimensions first; ``...`` stands for the others."""
        first = [dim for dim in dims if dim is not ...]
        order = [*first, *(dim for dim in self.dims if dim not in first)]
        places = [self.dims.index(dim) for dim in order]
        return Labelled(tuple(order), self.values.transpose(places), self.coords)


@dataclass(frozen=True, slots=True, eq=False)
class ArrayGroup:
    """Arrays that belong together; ``coords`` names those that are labels."""

    variables: Mapping[str, StoredArray]
    coords: frozenset[str]
    attrs: Mapping[str, Any]

    @property
    def sizes(self) -> dict[str, int]:
        """Length of each dimension."""
        return {
            dim: size
            for one in self.variables.values()
            for dim, size in zip(one.dims, one.values.shape, strict=True)
        }

    def __contains__(self, name: object) -> bool:
        return name in self.variables

    def __getitem__(self, name: str) -> Labelled:
        one = self.variables[name]
        labels = {dim: self.variables[dim] for dim in one.dims if dim in self.coords}
        return Labelled(one.dims, one.values, labels)

    def to_dataset(self) -> Dataset:
        """Return it as xarray has it."""
        from xarray import Dataset

        plain = {
            name: (one.dims, one.values, dict(one.attrs))
            for name, one in self.variables.items()
        }
        labels = {name: plain.pop(name) for name in self.coords}
        return Dataset(plain, labels, dict(self.attrs))


@dataclass(frozen=True, slots=True)
class _Layout:
    """What the metadata of an array says, checked."""

    shape: tuple[int, ...]
    piece: tuple[int, ...]
    dtype: np.dtype[Any]
    fill: Any
    dims: tuple[str, ...]
    attrs: Mapping[str, Any]

    @property
    def size(self) -> int:
        return math.prod(self.shape) * self.dtype.itemsize

    @property
    def piece_size(self) -> int:
        return math.prod(self.piece) * self.dtype.itemsize


def groups_of(
    entries: Mapping[str, bytes], size: int, *, whole: bool = True
) -> dict[str, ArrayGroup]:
    """Return the groups of a store.

    Parameters
    ----------
    entries
        Of its files the bytes, by name.
    size
        Of the file that they come from, which bounds what they may unpack to.
    whole
        Whether all pieces of an array are there. Before ``zarr_files`` those that were
        nothing but fill values were not written.

    Raises
    ------
    Unsound
        If something in them is not as Varying writes it.
    """
    described = {
        name.removesuffix("/" + _METADATA): _metadata(name, raw)
        for name, raw in entries.items()
        if name.endswith("/" + _METADATA)
    }
    layouts = {
        name: _layout(name, found)
        for name, found in described.items()
        if found.get("node_type") == "array"
    }
    total = sum(max(one.size, one.piece_size) for one in layouts.values())
    if total > most_bytes(size):
        raise Unsound(
            f"its arrays are said to have {total:,} bytes, and it has {size:,} itself"
        )
    pieces: dict[str, dict[str, bytes]] = {}
    for key, raw in entries.items():
        name, cut, place = key.rpartition("/c")
        if cut and name in layouts:
            pieces.setdefault(name, {})[place] = raw
    variables = {
        name: _variable(name, layout, pieces.get(name, {}), whole)
        for name, layout in layouts.items()
    }
    found = {
        name: _group(name, described[name], layouts, variables)
        for name in described
        if name not in layouts
    }
    for name in (*layouts, *found):
        home = name.rpartition("/")[0]
        if home not in found if name in layouts else home:
            raise Unsound(f"`{name}` belongs to no group")
    return found


def _group(
    name: str,
    described: Mapping[str, Any],
    layouts: Mapping[str, _Layout],
    every: Mapping[str, StoredArray],
) -> ArrayGroup:
    own = sorted(key for key in layouts if key.rpartition("/")[0] == name)
    variables = {key.removeprefix(name + "/"): every[key] for key in own}
    lengths: dict[str, int] = {}
    for key, one in variables.items():
        for dim, length in zip(one.dims, one.values.shape, strict=True):
            if lengths.setdefault(dim, length) != length:
                raise Unsound(f"`{name}/{key}` has another length than its labels")
    attrs = _attributes(name, described)
    told = [attrs.get("coordinates", "")]
    told += [layouts[key].attrs.get("coordinates", "") for key in own]
    if not all(isinstance(one, str) for one in told):
        raise Unsound(f"the labels of `{name}` are not named")
    coords = {key for key, one in variables.items() if one.dims == (key,)}
    coords |= {one for text in told for one in text.split() if one in variables}
    plain = {key: value for key, value in attrs.items() if key != "coordinates"}
    return ArrayGroup(variables, frozenset(coords), plain)


def _variable(
    name: str, layout: _Layout, pieces: Mapping[str, bytes], whole: bool
) -> StoredArray:
    import pyarrow

    values = np.full(layout.shape, layout.fill, layout.dtype)
    counts = [-(-n // step) for n, step in zip(layout.shape, layout.piece, strict=True)]
    if whole and len(pieces) != math.prod(counts):
        raise Unsound(f"a part of `{name}` is absent")
    for key, raw in pieces.items():
        place = tuple(int(at) for at in key.split("/")[1:] if at.isdecimal())
        if key != "".join(f"/{at}" for at in place) or len(place) != len(counts):
            raise Unsound(f"`{name}` has a piece `{key}`")
        if any(at >= count for at, count in zip(place, counts, strict=True)):
            raise Unsound(f"`{name}` has a piece beyond its end")
        try:
            unpacked = pyarrow.decompress(raw, layout.piece_size, "zstd", asbytes=True)
        except MemoryError:
            raise
        except Exception as error:
            raise Unsound(f"`{name}` cannot be unpacked") from error
        piece = _values(name, unpacked, layout.dtype).reshape(layout.piece)
        starts = [at * step for at, step in zip(place, layout.piece, strict=True)]
        spans = tuple(
            slice(start, min(start + step, n))
            for start, step, n in zip(starts, layout.piece, layout.shape, strict=True)
        )
        values[spans] = piece[tuple(slice(0, one.stop - one.start) for one in spans)]
    attrs = {key: value for key, value in layout.attrs.items() if key not in _ENCODING}
    return StoredArray(
        layout.dims, values.astype(layout.dtype.newbyteorder("=")), attrs
    )


def _values(name: str, raw: bytes, dtype: np.dtype[Any]) -> NDArray[Any]:
    """Return bytes as what they stand for."""
    if dtype.kind == "b":
        return np.frombuffer(raw, np.uint8).astype(bool)
    if dtype.kind == "U":
        codes = np.frombuffer(raw, "<u4")
        if codes.max(initial=0) > _LAST or ((codes >> 11) == _SURROGATES).any():
            raise Unsound(f"`{name}` has characters that are none")
    return np.frombuffer(raw, dtype)


def _metadata(name: str, raw: bytes) -> dict[str, Any]:
    try:
        found = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise Unsound(f"`{name}` in it is no JSON") from error
    if not isinstance(found, dict):
        raise Unsound(f"`{name}` in it describes nothing")
    return found


def _attributes(name: str, described: Mapping[str, Any]) -> dict[str, Any]:
    found = described.get("attributes", {})
    if not isinstance(found, dict):
        raise Unsound(f"the attributes of `{name}` have no names")
    return found


def _layout(name: str, described: Mapping[str, Any]) -> _Layout:
    try:
        grid, keys = described["chunk_grid"], described["chunk_key_encoding"]
        packing = [one["name"] for one in described["codecs"]]
        order = described["codecs"][0].get("configuration", {}).get("endian", "little")
        plain = grid["name"] == "regular" and keys == {
            "name": "default",
            "configuration": {"separator": "/"},
        }
        if not plain or packing != ["bytes", "zstd"] or order != "little":
            raise ValueError("another packing")
        if described["zarr_format"] != 3 or described.get("storage_transformers"):
            raise ValueError("another format")
        dtype, fill = _dtype(described["data_type"], described["fill_value"])
        shape = _lengths(described["shape"], 0)
        piece = _lengths(grid["configuration"]["chunk_shape"], 1)
        dims = described["dimension_names"]
        named = isinstance(dims, list) and all(isinstance(dim, str) for dim in dims)
        if not named or not len(shape) == len(piece) == len(dims) == len(set(dims)):
            raise ValueError("dimensions")
        return _Layout(
            shape, piece, dtype, fill, tuple(dims), _attributes(name, described)
        )
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise Unsound(f"the description of `{name}` is not Varying's") from error


def _lengths(found: Any, least: int) -> tuple[int, ...]:
    if not isinstance(found, list) or len(found) > _MOST_DIMS:
        raise TypeError("no lengths")
    if not all(type(one) is int and least <= one < 2**48 for one in found):
        raise ValueError("no lengths")
    return tuple(found)


def _dtype(found: Any, fill: Any) -> tuple[np.dtype[Any], Any]:
    """Return the type of an array, and the value of what is not written."""
    if isinstance(found, str) and found in _NUMBERS:
        dtype = np.dtype(found).newbyteorder("<")
        if dtype.kind == "f" and isinstance(fill, str):
            fill = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}[fill]
        if type(fill) not in (bool, int, float):
            raise TypeError("fill value")
        return dtype, np.array(fill).astype(dtype)
    if found["name"] != _TEXTS or type(fill) is not str:
        raise ValueError("another type")
    length = found["configuration"]["length_bytes"]
    if type(length) is not int or not 0 < length < 2**24 or length % 4:
        raise ValueError("another length")
    return np.dtype(f"<U{length // 4}"), fill

"""The fit file: one file, a zip of a Zarr store.

Any Zarr reader opens it: the groups are those of ArviZ and ``data``, the columns
that the spec reads as they were read; the root's attribute ``varying`` holds the
provenance as JSON. Nothing in it is code, and nothing is unpickled. It is written
whole or not at all.
"""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .faults import file_fault
from .provenance import FORMAT, READABLE, Provenance
from .spec_file import unreadable
from .stored_table import from_dataset, to_dataset
from .whole_file import replacing

if TYPE_CHECKING:
    from xarray import Dataset, DataTree

    from varying.compiler.table import Table
    from varying.grammar.diagnostics import ModelError

__all__ = ["is_fit", "read", "write"]

_ROOT = "zarr.json"
_ATTRIBUTE = "varying"
_DATA = "data"
_POSTERIOR = "/posterior"
#: Bytes of a variable above which Zarr cuts it.
_ONE_PIECE = 2**26


def write(
    path: str | os.PathLike[str],
    data: DataTree,
    provenance: Provenance,
    table: Table,
) -> None:
    """Write a fit, and the data it was made from, to exactly this path.

    Raises
    ------
    OSError
        If that cannot be done; then nothing is left behind, and a file that
        was there before is unchanged.
    """
    entries = _zarr_entries(data, provenance, table)
    # Zarr has compressed the arrays already.
    with replacing(path) as file, zipfile.ZipFile(file, "w") as archive:
        for key in sorted(entries, key=lambda key: (key != _ROOT, key)):
            archive.writestr(zipfile.ZipInfo(key), entries[key])


def _zarr_entries(
    data: DataTree, provenance: Provenance, table: Table
) -> dict[str, bytes]:
    """Return the files of the store by name.

    Zarr writes some metadata twice, which a zip would keep twice; so it writes
    into memory first.
    """
    from xarray import DataTree
    from zarr.storage import MemoryStore

    buffers: dict[str, Any] = {}
    tree = data.assign({_DATA: DataTree(to_dataset(table))})
    text = json.dumps(provenance.to_dict(), ensure_ascii=False)
    tree.attrs = {**tree.attrs, _ATTRIBUTE: text}
    tree.to_zarr(
        MemoryStore(buffers),
        zarr_format=3,
        consolidated=False,
        encoding={_POSTERIOR: _whole(data["posterior"].to_dataset())},
    )
    return {key: buffer.to_bytes() for key, buffer in buffers.items()}


def _whole(draws: Dataset) -> dict[str, dict[str, Any]]:
    """Return how Zarr is to write draws: small variables in one piece each.

    It would cut them into pieces of some 100 kB, whose handling takes longer than
    their compression, which is also worse.
    """
    return {
        str(name): {"chunks": values.shape}
        for name, values in draws.data_vars.items()
        if 0 < values.nbytes <= _ONE_PIECE
    }


def read(path: str | os.PathLike[str]) -> tuple[DataTree, Provenance, Table]:
    """Return what a fit file holds: the draws, where they are from, the data.

    Raises
    ------
    ModelError
        ``no-such-file``, ``unreadable-file`` or ``not-a-fit``.
    """
    name = os.fspath(path)
    try:
        with Path(path).open("rb") as file, zipfile.ZipFile(file) as archive:
            provenance = _provenance(archive, name)
            damaged = archive.testzip()
    except FileNotFoundError:
        raise file_fault(name, "no-such-file", f"there is no file `{name}`") from None
    except OSError as error:
        raise unreadable(name, error) from error
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError):
        raise _not_a_fit(name) from None
    if damaged:
        raise _damaged(name, f"`{damaged}` in it cannot be read")
    try:
        tree = _tree(path)
        table = from_dataset(tree[_DATA].to_dataset())
        return tree.drop_nodes(_DATA), provenance, table
    except Exception as error:  # whatever Zarr makes of a damaged store
        raise _damaged(name, f"{type(error).__name__}: {error}") from error


def is_fit(path: Path) -> bool:
    """Whether a file is a fit of ours, of whatever format."""
    try:
        with zipfile.ZipFile(path) as archive:
            root = json.loads(archive.read(_ROOT))
            return _ATTRIBUTE in root["attributes"]
    except (OSError, zipfile.BadZipFile, KeyError, TypeError, ValueError):
        return False


def _provenance(archive: zipfile.ZipFile, name: str) -> Provenance:
    try:
        text = json.loads(archive.read(_ROOT))["attributes"][_ATTRIBUTE]
        plain = json.loads(text)
        found = plain["format"]
    except (KeyError, TypeError, ValueError):
        raise _not_a_fit(name) from None
    if found not in READABLE:
        later = isinstance(found, int) and found > FORMAT
        raise file_fault(
            name,
            "not-a-fit",
            f"`{name}` has format {found} of the fit file, and this version of "
            f"Varying reads format {' and '.join(map(str, READABLE))}",
            "install a newer Varying" if later else "fit the model again",
        )
    try:
        return Provenance.from_dict(plain)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(name, f"its description lacks something: {error}") from None


def _tree(path: str | os.PathLike[str]) -> DataTree:
    import xarray as xr
    from zarr.storage import ZipStore

    with (
        ZipStore(Path(path), mode="r") as archive,
        # Typed for paths only; any Zarr store does.
        xr.open_datatree(archive, engine="zarr", consolidated=False) as opened,  # type: ignore[arg-type]
    ):
        tree = opened.load()
    attributes = {k: v for k, v in tree.attrs.items() if k != _ATTRIBUTE}
    tree = tree.copy()
    tree.attrs = attributes
    for group in ("posterior", "sample_stats", _DATA):
        if group not in tree:
            raise KeyError(f"no group {group}")
    return tree


def _not_a_fit(name: str) -> ModelError:
    return file_fault(
        name,
        "not-a-fit",
        f"`{name}` is not a fit of Varying",
        "`varying fit` writes such files",
    )


def _damaged(name: str, reason: str) -> ModelError:
    return file_fault(
        name,
        "not-a-fit",
        f"`{name}` is damaged",
        reason,
        "fit the model again, or take another copy of the file",
    )

"""The fit file: one file, a zip of a Zarr store.

Any Zarr reader opens it: the groups are those of ArviZ and ``data``, the columns
that the spec reads as they were read; the root's attribute ``varying`` holds the
provenance as JSON. Nothing in it is code, and nothing is unpickled. It is written
whole or not at all, and read only if it is as it was written: see ``archive``.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from varying.compiler.data.bounded import Unsound

from ..draws.clean import INTERNALS
from ..files.archive import (
    ATTRIBUTE,
    MANIFEST,
    ROOT,
    Foreign,
    attributes,
    read_archive,
    unbroken,
    write_archive,
)
from ..files.arrays import ArrayGroup, Labelled, groups_of
from ..files.spec_file import unreadable
from ..files.whole_file import replacing
from ..files.zarr_files import zarr_files
from ..interface.faults import file_fault
from ..questions.answers import GROUP, Answers, answers_in
from ..summary.summary import PROB, Summary, rows_of, summary_of
from .provenance import FORMAT, READABLE, SEALED, Provenance
from .stored_draws import (
    StoredVariable,
    check_draws,
    check_record,
    check_table,
    stored_questions,
    stored_variables,
)
from .stored_table import from_group, to_dataset

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from xarray import DataTree

    from varying.compiler.data.table import Table
    from varying.grammar.diagnostics import ModelError

__all__ = ["StoredFit", "is_fit", "read", "read_plain", "read_summary", "write"]

_DATA = "data"
#: Where the chains ended.
_STATE, _UNCONSTRAINED = "state", "unconstrained"
#: Bytes of a variable above which it is cut.
_ONE_PIECE = 2**26


def write(
    path: str | os.PathLike[str],
    data: DataTree,
    provenance: Provenance,
    table: Table,
    state: NDArray[np.float64] | None = None,
) -> None:
    """Write a fit, and the data it was made from, to exactly this path.

    Parameters
    ----------
    path
        Where to.
    data, provenance, table
        The draws, where they are from, and the data as read.
    state : (chains, dimension)
        Where the chains ended, for ``Fit.resume``.

    Raises
    ------
    OSError
        If that cannot be done; then nothing is left behind, and a file that
        was there before is unchanged.
    """
    entries = _zarr_entries(data, provenance, table, state)
    with replacing(path) as file:
        write_archive(file, entries)


def _zarr_entries(
    data: DataTree,
    provenance: Provenance,
    table: Table,
    state: NDArray[np.float64] | None,
) -> dict[str, bytes]:
    """Return the files of the store by name."""
    from xarray import Dataset

    groups = {name: node.to_dataset() for name, node in data.children.items()}
    groups[_DATA] = to_dataset(table)
    if state is not None:
        groups[_STATE] = Dataset({_UNCONSTRAINED: (("chain", "place"), state)})
    text = json.dumps(provenance.to_dict(), ensure_ascii=False)
    attrs: dict[str, Any] = {str(key): value for key, value in data.attrs.items()}
    return zarr_files(groups, attrs | {ATTRIBUTE: text}, _ONE_PIECE)


class StoredFit(NamedTuple):
    """What a fit file holds.

    Attributes
    ----------
    data, provenance, table
        The draws, where they are from, and the data as read.
    state : (chains, dimension)
        Where the chains ended; None if it is not in the file.
    variables
        Of the draws, by variable.
    """

    data: DataTree
    provenance: Provenance
    table: Table
    state: NDArray[np.float64] | None
    variables: Mapping[str, StoredVariable]


def read(path: str | os.PathLike[str]) -> StoredFit:
    """Return what a fit file holds.

    Raises
    ------
    ModelError
        ``no-such-file``, ``unreadable-file`` or ``not-a-fit``.
    """
    from xarray import DataTree

    groups, attrs, provenance, table = _read(path, whole=True)
    variables: dict[str, StoredVariable] = {}
    for name in (INTERNALS, "posterior"):
        variables |= stored_variables(groups[name]) if name in groups else {}
    own = {name: groups.pop(name) for name in (_DATA, _STATE) if name in groups}
    tree: DataTree = DataTree.from_dict(
        {name: one.to_dataset() for name, one in groups.items()}
    )
    tree.attrs = attrs
    state = own[_STATE].variables[_UNCONSTRAINED].values if _STATE in own else None
    return StoredFit(tree, provenance, table, state, variables)


class Plain(NamedTuple):
    """What a fit file holds, without xarray.

    Attributes
    ----------
    draws
        Of the posterior, by name, with their labels.
    chains, numbers
        The labels of the chains and of the draws of each.
    provenance, table
        Where they are from, and the data as read.
    stored
        Of the draws, by variable.
    observed
        The responses that the draws are given, by variable.
    """

    draws: Mapping[str, Labelled]
    chains: NDArray[Any]
    numbers: NDArray[Any]
    provenance: Provenance
    table: Table
    stored: Mapping[str, StoredVariable]
    observed: Mapping[str, NDArray[Any]]


def read_plain(path: str | os.PathLike[str]) -> Plain:
    """Return what questions to a fit need, without xarray.

    Raises
    ------
    ModelError
        As ``read``.
    """
    groups, _, provenance, table = _read(path, whole=True)
    posterior = groups["posterior"]
    there = (posterior, *(groups[name] for name in (INTERNALS,) if name in groups))
    observed = groups.get("observed_data")
    return Plain(
        {name: g[name] for g in there for name in set(g.variables) - g.coords},
        posterior.variables["chain"].values,
        posterior.variables["draw"].values,
        provenance,
        table,
        stored_variables(posterior),
        {}
        if observed is None
        else {n: v.values for n, v in observed.variables.items()},
    )


def read_summary(
    path: str | os.PathLike[str], *, whole: bool, prob: float = PROB
) -> Summary:
    """Return the table of a fit, without xarray, which takes longer than the rest.

    Parameters
    ----------
    path
        The file.
    whole, prob
        As ``all`` and ``prob`` of ``Fit.summary``.

    Raises
    ------
    ModelError
        As ``read``.
    """
    groups, _, provenance, _ = _read(path, whole=False)
    names, stats = provenance.names, groups["sample_stats"].variables
    stored_questions = groups.get(GROUP)
    try:
        return summary_of(
            provenance,
            rows_of(groups["posterior"], names, effects=whole, prob=prob),
            Answers()
            if stored_questions is None
            else answers_in(stored_questions, prob),
            stats["diverging"].values if "diverging" in stats else None,
            prob=prob,
            whole=whole,
        )
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise _damaged(os.fspath(path), f"{type(error).__name__}: {error}") from error


def _read(
    path: str | os.PathLike[str], *, whole: bool
) -> tuple[dict[str, ArrayGroup], dict[str, Any], Provenance, Table]:
    name = os.fspath(path)
    try:
        archive = read_archive(path)
        root = attributes(archive.entries)
        provenance = _provenance(root, name)
        if provenance.format >= SEALED:
            unbroken(archive)
        check_record(provenance)
        asks = stored_questions(provenance) if whole else None
        sealed = provenance.format >= SEALED
        groups = groups_of(archive.entries, archive.size, whole=sealed)
        table = _table(groups)
        check_table(table, provenance)
        check_draws(groups, provenance, asks)
    except FileNotFoundError:
        raise file_fault(name, "no-such-file", f"there is no file `{name}`") from None
    except OSError as error:
        raise unreadable(name, error) from error
    except Foreign:
        raise _not_a_fit(name) from None
    except Unsound as error:
        raise _damaged(name, str(error)) from error
    attrs = {k: v for k, v in root.items() if k not in (ATTRIBUTE, MANIFEST)}
    return groups, attrs, provenance, table


def is_fit(path: Path) -> bool:
    """Whether a file is a fit of ours, of whatever format."""
    try:
        with zipfile.ZipFile(path) as archive:
            root = json.loads(archive.read(ROOT))
            return ATTRIBUTE in root["attributes"]
    except Exception:  # zipfile and json have many for a file that is neither
        return False


def _provenance(root: dict[str, Any], name: str) -> Provenance:
    try:
        plain = json.loads(root[ATTRIBUTE])
        found = plain["format"]
    except (KeyError, TypeError, ValueError, RecursionError):
        raise Foreign from None
    if type(found) is not int or found not in READABLE:
        later = isinstance(found, int) and found > FORMAT
        raise file_fault(
            name,
            "not-a-fit",
            f"`{name}` has format {found!s:.20} of the fit file, as {_writer(plain)} "
            f"writes it, and this version reads formats {READABLE[0]} to {FORMAT}",
            "install a newer Varying" if later else "fit the model again",
        )
    try:
        return Provenance.from_dict(plain)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise Unsound(f"its description lacks something: {error}") from None


def _writer(plain: dict[str, Any]) -> str:
    """Return the version that wrote a fit, or a word for it."""
    versions = plain.get("versions")
    found = versions.get("varying") if isinstance(versions, dict) else None
    return f"Varying {found:.20}" if isinstance(found, str) else "another version"


def _table(groups: dict[str, ArrayGroup]) -> Table:
    for name in ("posterior", "sample_stats", _DATA):
        if name not in groups:
            raise Unsound(f"no group `{name}`")
    try:
        return from_group(groups[_DATA])
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        raise Unsound(f"the data in it are not described: {error}") from error


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

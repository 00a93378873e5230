"""Where a fit comes from: all that is needed to judge it and to repeat it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ..draws.names import Names
from ..files.plain import length, listed, text, texts, whole
from ..sampling.settings import SamplerSettings
from ..verdict.verdict import Verdict

if TYPE_CHECKING:
    from varying.compiler.compiled import Compiled
    from varying.compiler.data.table import Table

__all__ = [
    "FORMAT",
    "READABLE",
    "SEALED",
    "Data",
    "Provenance",
    "SamplerRun",
    "describe_data",
    "escaped",
    "own_versions",
    "versions",
]

#: Version of the fit file that is written.
FORMAT = 4
#: Versions that are read; 2 knew no reduced data, 3 no manifest.
READABLE = (2, 3, FORMAT)
#: The first version whose entries are listed with their hashes.
SEALED = 4

#: Packages whose versions can change the numbers.
_PACKAGES = ("varying", "pymc", "pytensor", "nutpie", "numpy", "arviz")


@dataclass(frozen=True, slots=True)
class Data:
    """The data of a fit, described.

    Attributes
    ----------
    name
        File they were read from, or a word.
    rows
        Number of rows used.
    cells
        How many different ones they are, if equal rows are one; else None.
    sha256
        Hash of the columns used, in those rows.
    columns
        Name, kind and levels of each of them.
    """

    name: str
    rows: int
    sha256: str
    columns: tuple[tuple[str, str, tuple[str, ...]], ...]
    cells: int | None = None


@dataclass(frozen=True, slots=True)
class SamplerRun:
    """A run of the sampler that draws of a fit are from.

    Attributes
    ----------
    chains, draws, tune
        What it gave, and what it tuned by.
    seed, seconds, created
        Its own.
    continued
        Whether its chains started where those of the run before ended, as of the
        kernel. It tuned anew all the same.
    """

    chains: int
    draws: int
    tune: int
    seed: int
    seconds: float
    created: str
    continued: bool = False


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a fit file holds beside the draws.

    ``settings`` are what was asked for, ``drawn`` the chains, and draws of each, that
    there are: fewer in a partial fit. ``runs`` are what they are from, more than one
    where a fit was gone on with, and none of the formats before 4.
    """

    format: int
    spec: str
    spec_name: str
    model: str
    formula: str
    settings: SamplerSettings
    seconds: float
    created: str
    versions: Mapping[str, str]
    data: Data
    names: Names
    verdict: Verdict
    drawn: tuple[int, int] = (0, 0)
    runs: tuple[SamplerRun, ...] = ()

    def __post_init__(self) -> None:
        """Take the draws that were asked for, where nothing is said."""
        if not any(self.drawn):
            asked = (self.settings.chains, self.settings.draws)
            object.__setattr__(self, "drawn", asked)

    @property
    def partial(self) -> bool:
        """Whether there are fewer draws than were asked for."""
        return self.drawn != (self.settings.chains, self.settings.draws)

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, as the file has them."""
        plain = asdict(self) | {"partial": self.partial}
        plain["data"]["columns"] = [
            {"name": name, "kind": kind, "levels": list(levels)}
            for name, kind, levels in self.data.columns
        ]
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> Provenance:
        """Return the record that ``to_dict`` wrote.

        Raises
        ------
        KeyError, TypeError, ValueError, AttributeError
            If something is missing or of another shape.
        """
        data, names, verdict = plain["data"], plain["names"], plain["verdict"]
        columns = tuple(
            (text(column["name"]), text(column["kind"]), texts(column["levels"]))
            for column in listed(data["columns"], dict)
        )
        cells = data.get("cells")
        ok = verdict["ok"]
        sentences = texts(verdict["sentences"])
        if type(ok) is not bool or not sentences:
            raise TypeError("there is no verdict")
        if not names["parameters"] or not plain["versions"]:
            raise ValueError("nothing is said of the parameters, or of the versions")
        settings = _settings(plain["settings"])
        told = plain.get("drawn", [settings.chains, settings.draws])
        chains, draws = map(whole, listed(told))
        partial = (chains, draws) != (settings.chains, settings.draws)
        if plain.get("partial", partial) is not partial:
            raise ValueError("it says otherwise whether it is partial")
        return cls(
            format=whole(plain["format"]),
            spec=text(plain["spec"]),
            spec_name=text(plain["spec_name"]),
            model=text(plain["model"]),
            formula=text(plain["formula"]),
            settings=settings,
            seconds=length(plain["seconds"]),
            created=text(plain["created"]),
            versions={text(k): text(v) for k, v in plain["versions"].items()},
            data=Data(
                text(data["name"]),
                whole(data["rows"]),
                text(data["sha256"]),
                columns,
                None if cells is None else whole(cells),
            ),
            names=Names(**{key: texts(value) for key, value in names.items()}),
            verdict=Verdict(ok, sentences),
            drawn=(chains, draws),
            runs=tuple(_run(one) for one in listed(plain.get("runs", []), dict)),
        )


def _settings(plain: Any) -> SamplerSettings:
    for name in ("draws", "tune", "chains", "seed"):
        whole(plain[name])
    text(plain["sampler"])
    return SamplerSettings.checked(**plain)


def _run(plain: Any) -> SamplerRun:
    for name in ("chains", "draws", "tune", "seed"):
        whole(plain[name])
    if type(plain["continued"]) is not bool:
        raise TypeError("a run that goes on or does not")
    length(plain["seconds"])
    text(plain["created"])
    return SamplerRun(**plain)


def escaped(name: str) -> str:
    """Return the name of a file as UTF-8 can hold it: what it cannot is escaped."""
    return name.encode("utf-8", "backslashreplace").decode("utf-8")


def describe_data(table: Table, used: tuple[str, ...]) -> Data:
    """Return the description of the columns that a model uses.

    The hash covers, column by column in the order of their names, the name,
    the kind, the levels and the values (little-endian; one NaN for all), so it
    does not depend on the file's format, nor on columns that are not used. Of a
    reduced table it covers the counts as well.
    """
    import numpy as np

    digest = hashlib.sha256()
    columns = []
    for name in sorted(set(used) & set(table.columns)):
        column = table.columns[name]
        columns.append((name, str(column.kind), column.levels))
        for word in (name, str(column.kind), str(len(column.levels)), *column.levels):
            encoded = word.encode()
            digest.update(f"{len(encoded)}:".encode() + encoded)
        values = column.values.astype(column.values.dtype.newbyteorder("<"))
        if column.kind.is_number:
            # Adding 0 makes -0 a 0.
            values = np.where(np.isnan(values), np.nan, values + 0.0).astype("<f8")
        digest.update(values.tobytes())
    cells = None
    if table.counts is not None:
        cells = table.rows
        digest.update(b"counts" + table.counts.astype("<i8").tobytes())
    return Data(
        escaped(table.name), table.total, digest.hexdigest(), tuple(columns), cells
    )


def own_versions(compiled: Compiled) -> dict[str, str]:
    """Return hashes of the families of the caller's that a model has, by name."""
    from varying.compiler.families.own import fingerprint, own_names

    families = own_names(member.family for member in compiled.joint.members)
    return {f"family {name}": fingerprint(one) for name, one in families.items()}


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that count."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found

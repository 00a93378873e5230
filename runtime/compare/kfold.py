"""K-fold cross-validation by exact refits: rows, or whole groups, left out in turn."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..files.whole_file import replacing
from ..interface.arguments import ArgumentError
from .exact import predicted_by
from .loo import Elpd
from .refit import refit, refit_settings, without
from .report import fixed, in_words, json_number, table

if TYPE_CHECKING:
    from varying.compiler.compiled import Compiled

    from ..interface.grids import TextTable
    from ..interface.progress import Progress
    from ..sampling.settings import SamplerSettings
    from .units import LeftOut

__all__ = ["Fold", "KFold", "folds_of", "kfold_of"]

#: Units that a table lists, the worst predicted first.
_LISTED = 10
#: What a file of folds says that it is.
_FORMAT = "varying kfold 1"


@dataclass(frozen=True, slots=True)
class Fold:
    """What one refit came to.

    Attributes
    ----------
    units
        Places of the units that it has not seen.
    elpd
        What each of them gives.
    divergences, seconds
        Of its sampling.
    """

    units: tuple[int, ...]
    elpd: tuple[float, ...]
    divergences: int
    seconds: float


@dataclass(frozen=True, eq=False, repr=False, kw_only=True)
class KFold(Elpd):
    """What leaving out in folds comes to.

    Attributes
    ----------
    folds
        Of each refit what it came to.
    """

    folds: tuple[Fold, ...]

    @property
    def divergences(self) -> tuple[int, ...]:
        """Of each refit, how many draws diverged."""
        return tuple(one.divergences for one in self.folds)

    @property
    def seconds(self) -> float:
        """What sampling took in all."""
        return sum(one.seconds for one in self.folds)

    @property
    def title(self) -> str:
        """What is answered."""
        what = f"whole levels of `{self.by}`" if self.by else "rows"
        return f"{len(self.folds)}-fold cross-validation of {what}, by exact refits"

    @property
    def tables(self) -> tuple[TextTable, ...]:
        """The sums, and the units that are predicted worst."""
        rows = [
            ("elpd", fixed(self.elpd), fixed(self.se)),
            (f"elpd of a {self.unit}", fixed(self.elpd / self.n_data_points, 2), ""),
        ]
        found = [table(("", "estimate", "se"), rows)]
        worst = np.argsort(self.each, kind="stable")[:_LISTED].tolist()
        if self.by:
            listed = [(self.labels[one], fixed(self.each[one], 2)) for one in worst]
            found.append(table((f"{self.unit}, worst first", "elpd"), listed))
        return tuple(found)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What the figures mean, and how they were made."""
        how = (
            f"Each of {len(self.folds)} refits left some out and predicted them; "
            "priors, scales and categories are those of the full fit, so that refits "
            f"differ in their rows alone. {fixed(self.seconds, 0)} s of sampling."
        )
        bad = [
            in_words([self.labels[one] for one in fold.units], 3)
            for fold in self.folds
            if fold.divergences
        ]
        total = sum(self.divergences)
        trouble = (
            f"{total:,} draws diverged in {len(bad)} of the refits (without "
            f"{in_words(bad)}): what these give may be biased."
            if bad
            else "No draw of the refits diverged."
        )
        return (*self._about(), how, trouble)

    def frame_rows(self) -> Sequence[Mapping[str, Any]]:
        """Return a row for each unit."""
        fold = {place: i for i, one in enumerate(self.folds) for place in one.units}
        return [
            {
                self.by or "row": label if self.by else int(label),
                "elpd": float(self.each[place]),
                "fold": fold[place],
                "divergences": self.folds[fold[place]].divergences,
            }
            for place, label in enumerate(self.labels)
        ]

    def to_dict(self) -> dict[str, Any]:
        """Return plain values."""
        name = self.by or "row"
        rows = [
            {
                "label": str(row[name]),
                "elpd": json_number(row["elpd"]),
                "fold": row["fold"],
            }
            for row in self.frame_rows()
        ]
        return {
            "by": self.by or None,
            "measure": self.measure,
            "elpd": json_number(self.elpd),
            "se": json_number(self.se),
            "units": self.n_data_points,
            "folds": len(self.folds),
            "divergences": list(self.divergences),
            "seconds": self.seconds,
            "integrated": list(self.groups),
            "as_fitted": list(self.others),
            "rows": rows,
            "notes": list(self.sentences),
        }


def folds_of(units: LeftOut, number: int | None, seed: int) -> list[NDArray[np.int64]]:
    """Return which units are left out together.

    Parameters
    ----------
    units
        All of them.
    number
        Of folds; None: a fold for each level of a column, ten of rows.
    seed
        Of the order in which they are dealt.

    Raises
    ------
    ValueError
        If there are not so many units.
    """
    if number is None:
        if units.by:
            return [np.array([place]) for place in range(units.count)]
        number = min(10, units.count)
    if not 2 <= number <= units.count:
        raise ArgumentError(
            f"k is how many folds there are, 2 to {units.count} here, not {number}"
        )
    order = np.random.default_rng(seed).permutation(units.count)
    return [np.sort(order[first::number]) for first in range(number)]


def kfold_of(
    compiled: Compiled,
    units: LeftOut,
    folds: Sequence[NDArray[np.int64]],
    settings: SamplerSettings,
    progress: Progress,
    measure: str,
    path: str | os.PathLike[str] | None = None,
    response: str | None = None,
) -> KFold:
    """Return what leaving out folds comes to.

    Parameters
    ----------
    compiled, units, folds
        The model, its units, and which of them are left out together.
    settings
        Of the full fit.
    progress
        Who is told.
    measure
        See ``Elpd``.
    path
        A file for what each refit came to, written as they end; those of an earlier
        run that are in it are not done again. None: none.
    response
        The variable of the response that is predicted; None: all together.
    """
    mark = _mark(compiled, folds, settings) + (f" {response}" if response else "")
    done = {} if path is None else _stored(path, mark)
    begun = perf_counter()
    for number, fold in enumerate(folds):
        key = tuple(fold.tolist())
        if key in done:
            continue
        told = in_words([units.labels[place] for place in key], 3)
        spent = perf_counter() - begun
        progress.note(f"{number + 1} of {len(folds)}: without {told} ({spent:.0f} s)")
        made = refit(
            without(compiled, units.rows(key)), refit_settings(settings, number)
        )
        found = predicted_by(compiled, units, key, made, response)
        done[key] = Fold(key, tuple(found.tolist()), made.divergences, made.seconds)
        if path is not None:
            _store(path, mark, list(done.values()))
    ordered = tuple(done[tuple(fold.tolist())] for fold in folds)
    each = np.full(units.count, math.nan)
    for one in ordered:
        each[list(one.units)] = one.elpd
    return KFold(
        each=each,
        labels=units.labels,
        by=units.by,
        measure=measure,
        draws=1000,
        in_sample=each,
        groups=units.integrated,
        others=units.as_fitted,
        folds=ordered,
    )


# ---- what is done already ------------------------------------------------------------


def _mark(
    compiled: Compiled, folds: Sequence[NDArray[np.int64]], settings: SamplerSettings
) -> str:
    """Return a hash of all that the folds follow from."""
    from varying.compiler.program.text import program_text

    digest = sha256(program_text(compiled.lowered).encode())
    digest.update(compiled.prepared.rows.astype("<i8").tobytes())
    for name, array in sorted(compiled.frame.arrays.items()):
        digest.update(name.encode() + np.ascontiguousarray(array).tobytes())
    for fold in folds:
        digest.update(fold.astype("<i8").tobytes() + b"|")
    digest.update(repr(settings).encode())
    return digest.hexdigest()


def _stored(path: str | os.PathLike[str], mark: str) -> dict[tuple[int, ...], Fold]:
    """Return the folds of a file; none of a file that is not there.

    Raises
    ------
    FileExistsError
        If it is a file of something else.
    """
    there = Path(path)
    if not there.exists() or not there.stat().st_size:
        return {}
    try:
        plain = json.loads(there.read_text("utf-8"))
        known = plain["format"] == _FORMAT
        same = plain["mark"] == mark
        folds = [
            Fold(
                tuple(int(one) for one in fold["units"]),
                tuple(float(one) for one in fold["elpd"]),
                int(fold["divergences"]),
                float(fold["seconds"]),
            )
            for fold in plain["folds"]
        ]
    except (ValueError, KeyError, TypeError, UnicodeDecodeError):
        known, same, folds = False, False, []
    if not known or not same:
        what = "of another fit, or of other folds" if known else "no file of folds"
        raise FileExistsError(17, f"it is there and is {what}", os.fspath(path))
    return {fold.units: fold for fold in folds}


def _store(path: str | os.PathLike[str], mark: str, folds: Sequence[Fold]) -> None:
    plain = {"format": _FORMAT, "mark": mark, "folds": [asdict(one) for one in folds]}
    with replacing(path) as file:
        file.write(json.dumps(plain, indent=1).encode())

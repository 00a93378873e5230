"""``varying simulate`` and ``varying design``: studies that are planned."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..interface.arguments import ArgumentError
from ..interface.counting import counting
from .families import chosen
from .fit import check_target
from .outcome import OK, EnvironmentFault
from .plot import check_picture, refuse, write
from .terminal import answer, answer_json, note, read
from .usage import typed

if TYPE_CHECKING:
    from pandas import DataFrame

#: Formats of data sets, by the endings of their names.
_ENDINGS = (".csv", ".parquet")


def simulate(
    file: str,
    truth: str,
    data: str | None,
    model: str | None,
    sets: int,
    seed: int | None,
    out: str | None,
    force: bool,
) -> int:
    """Write data sets, or print them; return the exit code."""
    import pandas as pd

    from ..sampling.settings import SamplerSettings
    from ..studies.ask import simulate_source
    from ..studies.simulate import table_of
    from ..studies.truth import read_truth

    if out is not None:
        _check(Path(out), force)
    seed = SamplerSettings.checked(seed=seed).seed
    source, base = read(file)
    table = table_of(data, source, base)
    found = simulate_source(
        *(source, base, read_truth(Path(truth)), table, sets, model, seed),
        families=chosen(),
    )
    whole = found[0]
    if sets > 1:
        numbered = [one.assign(set=number + 1) for number, one in enumerate(found)]
        whole = pd.concat(numbered, ignore_index=True)
    if out is None:
        whole.to_csv(sys.stdout, index=False)
    else:
        _write(whole, Path(out))
    left = table.rows - len(found[0])
    dropped = f", {left} left out" if left else ""
    note(f"{len(found[0])} rows{dropped}, seed {seed}")
    return OK


def _check(path: Path, force: bool) -> None:
    """Fail before the work: for a name of no format, or a file that is there."""
    if path.suffix.lower() not in _ENDINGS:
        refuse(f"`--out` is a file of data, {' or '.join(_ENDINGS)}, not `{path}`")
    check_target(path)
    if path.exists() and not force:
        raise EnvironmentFault(f"`{path}` is there already: --force writes over it")


def _write(frame: DataFrame, path: Path) -> None:
    from ..files.whole_file import replacing

    with replacing(path) as temporary:
        if path.suffix.lower() == ".csv":
            frame.to_csv(temporary, index=False)
        else:
            frame.to_parquet(temporary, index=False)


@dataclass(frozen=True, slots=True)
class Planning:
    """What the command line says of a study."""

    people: str
    by: str | None
    runs: int
    ask: tuple[str, ...]
    draws: int
    seed: int | None
    cores: int | None

    @property
    def numbers(self) -> list[int]:
        """The numbers of people."""
        try:
            return [int(each) for each in self.people.split(",")]
        except ValueError:
            refuse(f"--people is numbers, such as 10,20,40, not {self.people!r}")


def design(
    file: str,
    truth: str,
    data: str | None,
    model: str | None,
    planning: Planning,
    out: str | None,
    picture: str | None,
    form: str,
    quiet: bool,
) -> int:
    """Run a study and print what it would show; return the exit code."""
    from ..studies.ask import design_source
    from ..studies.simulate import table_of
    from ..studies.truth import read_truth

    people = planning.numbers
    if picture is not None:
        check_picture(picture)
    if out is not None:
        check_target(out)
    source, base = read(file)
    table = table_of(data, source, base)
    with counting("runs", quiet=quiet) as progress:
        try:
            found = design_source(
                source,
                base,
                read_truth(Path(truth)),
                table,
                people=people,
                runs=planning.runs,
                by=planning.by,
                ask=planning.ask,
                model=model,
                draws=planning.draws,
                chains=2,
                seed=planning.seed,
                cores=planning.cores,
                out=None if out is None else Path(out),
                progress=progress,
                families=chosen(),
            )
        except ArgumentError as error:
            refuse(typed(str(error)))
        except KeyboardInterrupt:
            if out is not None:
                note(f"the runs that are done are in {out}: the same call goes on")
            raise
    if form == "json":
        answer_json(found.to_dict())
    elif form == "markdown":
        answer(found.to_markdown())
    else:
        answer(found)
    note(f"{found.fits} fits, seed {found.seed}")
    if picture is not None:
        write(found.plot(), picture)
    return OK

"""What a Python program calls: ``compile`` and ``load``."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from varying.grammar.render.safe import visible
from varying.grammar.source import Source

from .files.spec_file import read_source
from .interface.arguments import ArgumentError, flag, given, path_text
from .interface.calls import called
from .model import Model

if TYPE_CHECKING:
    from varying.compiler.data.file import DataFile
    from varying.compiler.data.matrices import KnownMatrix
    from varying.compiler.data.table import Table
    from varying.compiler.expressions.own import Functions
    from varying.compiler.families.family import Family
    from varying.compiler.families.own import OwnFamilies

    from .fit.fit import Fit

__all__ = ["compile", "compile_source", "data_file", "load", "spec_source"]


def compile(
    spec: str | os.PathLike[str],
    data: Any = None,
    *,
    model: str | None = None,
    reduce: bool | None = None,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    matrices: Mapping[str, Any] | None = None,
    families: OwnFamilies = None,
    **misplaced: object,
) -> Model:
    """Compile a model.

    Parameters
    ----------
    spec
        A ``.model`` file (a path, or a string of one line that ends in
        ``.model``), or the text of a spec.
    data
        A data frame (pandas, polars or any other that narwhals knows), a
        mapping of names to columns, or the path of a data file (text, Parquet,
        Feather, Excel, SPSS, Stata, SAS or R: ``docs/data.md``). It takes the place
        of the file that the spec names; the statement's options and ``wide(...)``
        hold for it as well.
    model
        Which model, if the spec has several. Without it: the only one, or the
        one called ``main``.
    reduce
        Whether rows of a data file that are equal in all columns that the spec
        reads become one, a cell with a count. The posterior is the same; rows of
        predictions are then cells. None: if the file has a million rows or more,
        and half as many cells at most. A data frame is left as it is.
    functions
        Functions of your own, by the name that the spec calls them by. Each takes one
        array of numbers a column and returns one of the same length.
    matrices
        Known covariances between the levels of groups, by the name that the spec calls
        them by: ``gr(g, cov=A)``. Each is a data frame whose index and columns are the
        levels, or a pair of the levels and an array. They may have more levels.
    families
        Families of your own, made by ``varying.Family``: one or several, or a mapping
        by the name that the spec calls them by. The path of a file of Python stands for
        those that it makes: it is run.

    Returns
    -------
    Model
        Without data, one that can be looked at but not fitted.

    **misplaced
        Nothing: what is said of the model stands in the spec, as ``family=`` does.

    Raises
    ------
    ModelError
        With everything that is wrong, if something is.
    TypeError
        For an argument that there is not; it says where that belongs.

    Examples
    --------
    >>> import varying
    >>> varying.compile("rating ~ block*cs + (1 + block*cs | subj), family=ordlogit")
    Model main: rating ~ block*cs + (1 + block*cs | subj), family=ordlogit
    no data
    """
    _check(spec, model, reduce)
    if misplaced:
        raise ArgumentError(_misplaced(*misplaced.items()))
    source, base = spec_source(spec)
    return compile_source(
        source,
        base,
        _table(data, reduce),
        model=model,
        reduce=reduce,
        functions=functions,
        matrices=matrices,
        families=families,
    )


def spec_source(spec: str | os.PathLike[str]) -> tuple[Source, Path]:
    """Return the text of a spec, and the folder that its paths start from."""
    path_text("spec", spec, "the text of a spec, or the path of a .model file")
    if _is_path(spec):
        return read_source(spec), Path(spec).parent
    return Source(os.fspath(spec)), Path.cwd()


def _misplaced(first: tuple[str, object], *_: tuple[str, object]) -> str:
    """Return where an argument of another package's belongs."""
    from varying.compiler.bind.options import OPTIONS
    from varying.grammar.elsewhere.tables import ELSEWHERE, REWRITTEN

    name, value = first
    message = f"compile() has no argument `{name}`"
    if name in OPTIONS:
        shown = value if isinstance(value, str) else "..."
        return f"{message}: it stands in the spec, `y ~ x, {name}={shown}`"
    why = ELSEWHERE.get(name) or REWRITTEN.get(name)
    return f"{message}: {why}" if why else message


def compile_source(
    source: Source,
    base: Path,
    table: Table | DataFile | None,
    *,
    model: str | None = None,
    reduce: bool | None = None,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    matrices: Mapping[str, Any] | None = None,
    families: OwnFamilies = None,
) -> Model:
    """Compile a text that has been read; see ``compile``.

    ``base`` is the folder that the file of its ``data`` statement is in.
    """
    from varying.compiler.compiled import Outline
    from varying.compiler.driver import Request

    from .workspace.workspace import workspace

    own = _own(functions)
    known = _known(matrices)
    request = Request(
        source,
        table,
        base,
        model,
        reduce,
        own,
        matrices=known,
        families=families_of(families),
    )
    found = workspace().compile(request)
    if isinstance(found, Outline):
        return Model(found.spec, found.name, None, found.diagnostics)
    return Model(found.spec, found.joint.name, found, found.diagnostics)


@called
def load(
    path: str | os.PathLike[str],
    *,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    families: OwnFamilies = None,
) -> Fit:
    """Return a fit that ``Fit.save`` or ``varying fit`` wrote.

    The file suffices: for predictions the model is compiled again, from the text
    and the data in it.

    Parameters
    ----------
    path
        The file.
    functions
        Functions of your own that its spec calls, as for ``compile``: a file holds no
        code.
    families
        Families of your own that its spec names, as for ``compile``.

    Raises
    ------
    ModelError
        If there is no such file, or it is no fit.
    """
    from .draws.clean import cleaned
    from .fit import store
    from .fit.fit import Fit
    from .fit.origin import Origin

    path_text("path", path, "the path of a fit file")
    found = store.read(path)
    own = _own(functions)
    origin = Origin(
        found.table,
        found.provenance,
        os.fspath(path),
        own,
        stored=found.variables,
        families=families_of(families),
    )
    origin.check_loaded(found.data)
    data = cleaned(found.data, found.provenance.names, found.table)
    return Fit(data, found.provenance, origin, _state=found.state)


def _own(functions: Mapping[str, Callable[..., Any]] | None) -> Functions:
    from varying.compiler.expressions.own import own_functions

    try:
        return own_functions(functions)
    except (TypeError, ValueError) as error:
        raise ArgumentError(str(error)) from None


def families_of(families: OwnFamilies) -> Mapping[str, Family]:
    """Return the caller's families by name; refuse what is none."""
    from varying.compiler.families.own import own_families

    try:
        return own_families(families)
    except (TypeError, ValueError) as error:
        raise ArgumentError(str(error)) from None


def _known(matrices: Mapping[str, Any] | None) -> Mapping[str, KnownMatrix]:
    from varying.compiler.data.matrices import matrices_of

    try:
        return matrices_of(matrices)
    except (TypeError, ValueError) as error:
        raise ArgumentError(str(error)) from None


#: A text that has one of these is no name of a data file.
_SIGNS = frozenset("~\n\r=#")


def _check(spec: object, model: object, reduce: object) -> None:
    """Refuse what is no spec, above all one whose place the data have taken."""
    from varying.compiler.data.formats.table import BY_ENDING, ending_of

    what = "the text of a spec, or the path of a .model file"
    text = path_text("spec", spec, f"{what} (the data come second)")
    ending = ending_of(PurePath(text.strip()))
    if ending in BY_ENDING and ending != ".txt" and not _SIGNS & set(text):
        name = repr(visible(PurePath(text).name))
        raise ArgumentError(
            f"spec is {what}, and {name} looks like a data file: "
            f"varying.compile(spec, {name})"
        )
    if model is not None and not isinstance(model, str):
        raise ArgumentError(f"model is the name of a model, not {given(model)}")
    if reduce is not None:
        flag("reduce", reduce)


def data_file(path: str | None) -> DataFile | None:
    """Return a data file by its path; None for none."""
    if path is None:
        return None
    from varying.compiler.data.file import DataFile

    return DataFile(Path(path))


def _table(data: Any, reduce: bool | None) -> Table | DataFile | None:
    if data is None:
        return None
    if isinstance(data, str | os.PathLike):
        from varying.compiler.data.file import DataFile

        return DataFile(Path(data), reduce)
    from varying.compiler.data.frames import table_from_frame

    return table_from_frame(data)


def _is_path(spec: str | os.PathLike[str]) -> bool:
    if not isinstance(spec, str):
        return True
    line = spec.strip()
    if len(line.splitlines()) != 1:
        return False
    return line.endswith(".model") or ("~" not in line and _is_there(line))


def _is_there(name: str) -> bool:
    try:
        return Path(name).exists()
    except (OSError, ValueError):  # too long for a name, or with a zero byte
        return False

"""What a Python program calls: ``compile`` and ``load``."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from varying.grammar.diagnostics import Sink
from varying.grammar.source import Source, Span

from .model import Model
from .spec_file import read_source

if TYPE_CHECKING:
    from varying.compiler.table import Table

    from .fit import Fit

__all__ = ["compile", "compile_source", "load", "read_data"]


def compile(
    spec: str | os.PathLike[str],
    data: Any = None,
    *,
    model: str | None = None,
) -> Model:
    """Compile a model.

    Parameters
    ----------
    spec
        A ``.model`` file (a path, or a string of one line that ends in
        ``.model``), or the text of a spec.
    data
        A data frame (pandas, polars or any other that narwhals knows), a
        mapping of names to columns, or the path of a data file. It takes the
        place of the spec's own ``data`` statement.
    model
        Which model, if the spec has several. Without it: the only one, or the
        one called ``main``.

    Returns
    -------
    Model
        Without data, one that can be looked at but not fitted.

    Raises
    ------
    ModelError
        With everything that is wrong, if something is.

    Examples
    --------
    >>> import varying
    >>> varying.compile("rating ~ block*cs + (1 + block*cs | subj), family=ordlogit")
    Model main: rating ~ block*cs + (1 + block*cs | subj), family=ordlogit
    no data
    """
    if _is_path(spec):
        source = read_source(spec)
        base = Path(spec).parent
    else:
        source = Source(os.fspath(spec))
        base = Path.cwd()
    return compile_source(source, base, _table(data), model=model)


def compile_source(
    source: Source, base: Path, table: Table | None, *, model: str | None = None
) -> Model:
    """Compile a text that has been read; see ``compile``.

    ``base`` is the folder that the file of its ``data`` statement is in.
    """
    from varying.compiler.driver import Outline, compile_or_outline

    found = compile_or_outline(source, table, base=base, model=model)
    if isinstance(found, Outline):
        return Model(found.spec, found.name, None, found.diagnostics)
    return Model(found.spec, found.bound.name, found, found.diagnostics)


def load(path: str | os.PathLike[str]) -> Fit:
    """Return a fit that ``Fit.save`` or ``varying fit`` wrote.

    The file suffices: for predictions the model is compiled again, from the text
    and the data in it.

    Raises
    ------
    ModelError
        If there is no such file, or it is no fit.
    """
    from . import store
    from .fit import Fit
    from .origin import Origin

    data, provenance, table = store.read(path)
    return Fit(data, provenance, Origin(table, provenance, os.fspath(path)))


def read_data(path: str | os.PathLike[str], *, whole: bool = True) -> Table:
    """Read a data file; of a very long one only the head, if not ``whole``.

    Raises
    ------
    ModelError
        If that cannot be done.
    """
    from varying.compiler.read import WHOLE_FILE, read_table

    sink = Sink(Source("", os.fspath(path)))
    options = {"head": WHOLE_FILE} if whole else {}
    table = read_table(Path(path), sink, Span(0, 0), **options)
    sink.raise_errors()
    if table is None:
        raise RuntimeError(f"{path}: no table, and no reason given")
    return table


def _table(data: Any) -> Table | None:
    if data is None:
        return None
    if isinstance(data, str | os.PathLike):
        return read_data(data)
    from varying.compiler.read import table_from_frame

    return table_from_frame(data)


def _is_path(spec: str | os.PathLike[str]) -> bool:
    if not isinstance(spec, str):
        return True
    line = spec.strip()
    return line.endswith(".model") and len(line.splitlines()) == 1

"""The matrices that a spec names, read from their files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from varying.grammar.diagnostics import Sink
from varying.grammar.tree import Call, Name, PartStatement, Spec, String
from varying.grammar.walk import postorder, unwrap

from ..data.matrices import KnownMatrix, read_matrix
from ..data.table import Table
from .request import Request


def matrices_read(
    spec: Spec, table: Table, request: Request, sink: Sink
) -> dict[str, KnownMatrix]:
    """Return the matrices of a spec: the caller's by name, those of files by path.

    What a table brings along, as that of a stored fit does, is not read again.
    """
    found = {**table.matrices, **request.matrices}
    for written in dict.fromkeys(_files(spec)):
        key = f'"{written.text}"'
        if key in found:
            continue
        try:
            found[key] = read_matrix(request.beside(Path(written.text)))
        except FileNotFoundError:
            sink.add(
                "no-such-file",
                written.span,
                f"there is no file `{written.text}`",
                "the path starts from the folder of the spec",
            )
        except (OSError, ValueError) as error:
            sink.add(
                "invalid-covariance",
                written.span,
                f"the file `{written.text}` has no matrix of labelled rows and columns",
                str(error),
            )
    return found


def _files(spec: Spec) -> Iterator[String]:
    """Yield the paths of matrices in the formulas of a spec."""
    for model in spec.models:
        formulas = [model.formula]
        formulas += [s.formula for s in model.body if isinstance(s, PartStatement)]
        for formula in formulas:
            for node in postorder(formula.terms):
                match node:
                    case Call(function=Name(text="gr" | "mm"), arguments=arguments):
                        for argument in arguments:
                            value, keyword = unwrap(argument.value), argument.keyword
                            named = keyword is not None and keyword.text == "cov"
                            if named and isinstance(value, String):
                                yield value

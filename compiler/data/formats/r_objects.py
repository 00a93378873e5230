"""R's own files, by rdata: a data frame in ``.rds``, ``.rda`` or ``.RData``.

rdata is asked for the objects as they stand in the file, not for its conversion of
them, which makes numbers of dates and of other classes that it does not know.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from varying.grammar.diagnostics import nearest
from varying.grammar.printer import string_text

from ..bounded import HELD, TooLarge, in_bytes, unpack
from ..found import FileFault, Found, Gone, Reads, Remark, normal_name, reading
from ..table import Column, Kind
from ..values import column_of_values, type_unusable
from .labels import LabelledColumn, read_coded, whole_numbers

#: Classes that say nothing of what the values are.
_PLAIN = frozenset({"AsIs", "labelled", "numeric", "integer", "character", "logical"})
_LABELLED = frozenset({"haven_labelled", "haven_labelled_spss"})
_DATES = frozenset({"Date", "POSIXct", "POSIXlt", "POSIXt", "difftime", "hms"})


def read_r(
    file: Path, wanted: str | None, by_label: bool, reads: Reads, gone: Gone
) -> Found:
    """Return the data frame in a file of R's.

    Parameters
    ----------
    file
        An ``.rds``, ``.rda`` or ``.RData`` file.
    wanted
        The name of the data frame; None: there is one only.
    by_label
        Whether labels of codes, as haven reads them, become levels.
    reads
        Which of the columns in the data frame are read.
    gone
        Whether the spec calls a code of a column missing.

    Raises
    ------
    FileFault
        If there is no such data frame.
    """
    from rdata.parser import DEFAULT_ALTREP_MAP, parse_data

    sequences = {
        name: _bounded(make) if name.startswith(b"compact_") else make
        for name, make in DEFAULT_ALTREP_MAP.items()
    }
    with reading(file, "R data"):
        if not file.stat().st_size:
            raise ValueError("the file is empty")
        parsed = parse_data(
            unpack(file),
            extension=file.suffix.lower(),
            altrep_constructor_dict=sequences,
        )
        objects = _Objects(parsed.extra.encoding or "utf-8")
        if file.suffix.lower() == ".rds":
            frame = parsed.object
            if "data.frame" not in objects.classes(frame):
                what = objects.described(frame)
                message = f"`{file.name}` holds {what}, not a data frame"
                raise FileFault("data-format", message)
        else:
            frame = _chosen(file, dict(objects.pairs(parsed.object)), objects, wanted)
        return _found(frame, objects, by_label, reads, gone)


def _chosen(
    file: Path, there: Mapping[str, Any], objects: _Objects, wanted: str | None
) -> Any:
    frames = [n for n, one in there.items() if "data.frame" in objects.classes(one)]
    listed = ", ".join(f"`{name}`" for name in frames)
    if wanted is None:
        if len(frames) == 1:
            return there[frames[0]]
        if not frames:
            raise FileFault("data-format", f"`{file.name}` holds no data frame")
        raise FileFault(
            "data-format",
            f"`{file.name}` holds {len(frames)} data frames, and none is chosen",
            (f"they are {listed}", f'choose one: `object="{frames[0]}"`'),
        )
    if wanted in frames:
        return there[wanted]
    if wanted in there:
        what = objects.described(there[wanted])
        message = f"`{wanted}` in `{file.name}` is {what}, not a data frame"
    else:
        message = f"`{file.name}` has no object `{wanted}`"
    close = nearest(wanted, frames)
    raise FileFault(
        "invalid-argument",
        message,
        (
            *([f"did you mean `{close[0]}`?"] if close else []),
            f"data frames: {listed or 'none'}",
        ),
        option="object",
        instead=string_text(close[0]) if close else None,
    )


def _bounded(make: Any) -> Any:
    """Return what writes out a sequence that R keeps as its length and its ends."""

    def made(state: Any) -> Any:
        size = 8 * int(state.value[0])
        if size > HELD.most:
            raise TooLarge(f"a sequence in it has {in_bytes(size)} as numbers")
        return make(state)

    return made


def _found(
    frame: Any, objects: _Objects, by_label: bool, reads: Reads, gone: Gone
) -> Found:
    attributes = objects.attributes(frame)
    names = objects.texts(attributes["names"]) if "names" in attributes else []
    rows = _row_count(attributes["row.names"])
    columns: list[tuple[str, Column | str]] = []
    remarks: list[Remark] = []
    read = reads([normal_name(name or "") for name in names])
    unread: list[str] = []
    for name, values in zip(names, frame.value, strict=True):
        if name and normal_name(name) not in read:
            unread.append(name)
            continue
        made, said = _column(name or "", values, objects, by_label, gone)
        if isinstance(made, Column) and len(made.values) != rows:
            raise ValueError(f"`{name}` has {len(made.values)} values for {rows} rows")
        columns.append((name or "", made))
        remarks += said
    return Found(columns, rows, tuple(remarks), tuple(unread))


def _row_count(names: Any) -> int:
    values = names.value
    if isinstance(values, np.ndarray) and len(values) == 2:
        mask = np.ma.getmaskarray(values)
        if mask[0]:  # R's short form: NA and the number of rows
            return abs(int(values[1]))
    return len(values)


def _column(
    name: str, values: Any, objects: _Objects, by_label: bool, gone: Gone
) -> tuple[Column | str, list[Remark]]:
    attributes = objects.attributes(values)
    classes = objects.classes(values)
    if "dim" in attributes:
        return "it is a matrix", []
    if _DATES & set(classes):
        return type_unusable(f"R's date or time class {classes[0]}"), []
    if "factor" in classes:
        codes = np.ma.filled(values.value, 0).astype(np.int64) - 1
        levels = [level or "NA" for level in objects.texts(attributes["levels"])]
        kind = Kind.ORDERED if "ordered" in classes else Kind.FACTOR
        return Column(name, kind, codes, tuple(levels), declared=True), []
    plain = objects.values(values)
    if plain is None:
        return f"it is {objects.described(values)}", []
    labelled = bool(_LABELLED & set(classes))
    if not labelled:
        unknown = [c for c in classes if c not in _PLAIN]
        if unknown:
            return f"its values are of R's class {unknown[0]}", []
    if not labelled or "labels" not in attributes:
        return whole_numbers(column_of_values(name, plain)), []
    labels = attributes["labels"]
    labelled_codes = objects.values(labels) or []
    texts = objects.texts(objects.attributes(labels)["names"])
    coded = LabelledColumn(
        name,
        plain,
        {
            c: t or ""
            for c, t in zip(labelled_codes, texts, strict=True)
            if c is not None
        },
        _missing(attributes, objects, partial(gone, normal_name(name))),
    )
    return read_coded(coded, by_label)


def _missing(
    attributes: Mapping[str, Any], objects: _Objects, gone: Callable[[Any], bool]
) -> Any:
    """Return whether haven, or the spec, calls a code missing."""
    na_values = (
        objects.values(attributes["na_values"]) if "na_values" in attributes else None
    )
    na_range = (
        objects.values(attributes["na_range"]) if "na_range" in attributes else None
    )

    def is_missing(code: Any) -> bool:
        if gone(code) or (na_values is not None and code in na_values):
            return True
        return na_range is not None and na_range[0] <= code <= na_range[1]

    return is_missing


class _Objects:
    """What R's objects hold; texts are in the encoding that the file names."""

    def __init__(self, encoding: str) -> None:
        self._encoding = encoding

    def pairs(self, node: Any) -> Iterator[tuple[str, Any]]:
        """Yield the names and values of a pairlist."""
        from rdata.parser import RObjectType

        while node is not None and node.info.type is RObjectType.LIST:
            tag = node.tag
            if tag is not None and tag.info.type is RObjectType.REF:
                tag = tag.referenced_object
            if tag is not None:
                yield self._text(tag.value) or "", node.value[0]
            node = node.value[1]

    def attributes(self, node: Any) -> dict[str, Any]:
        """Return the attributes of an object."""
        return dict(self.pairs(node.attributes))

    def classes(self, node: Any) -> list[str]:
        """Return the classes that an object is given."""
        found = self.attributes(node).get("class")
        return [] if found is None else [text or "" for text in self.texts(found)]

    def texts(self, node: Any) -> list[str | None]:
        """Return the texts of a character vector; None for ``NA``."""
        return [self._text(one) for one in node.value]

    def _text(self, node: Any) -> str | None:
        from rdata.parser import CharFlags

        if node.value is None:
            return None
        encoding = self._encoding
        if node.info.gp & CharFlags.UTF8:
            encoding = "utf-8"
        elif node.info.gp & CharFlags.LATIN1:
            encoding = "latin-1"
        return str(node.value, encoding)

    def values(self, node: Any) -> list[Any] | None:
        """Return a vector's values, None for ``NA``; None if it is no vector."""
        from rdata.parser import RObjectType

        match node.info.type:
            case RObjectType.STR:
                return list(self.texts(node))
            case RObjectType.REAL:
                return [None if math.isnan(v) else v for v in node.value.tolist()]
            case RObjectType.INT | RObjectType.LGL:
                found: list[Any] = np.ma.asarray(node.value).tolist()
                return found
        return None

    def described(self, node: Any) -> str:
        """Return a word for an object, with its article."""
        classes = self.classes(node)
        if classes:
            return f"an object of class {classes[0]}"
        word = _WORDS.get(node.info.type.name, "an object of another kind")
        return "a matrix" if "dim" in self.attributes(node) else word


_WORDS = {
    **{"VEC": "a list", "STR": "texts", "REAL": "numbers", "INT": "numbers"},
    **{"LGL": "logical values", "CPLX": "complex numbers", "CLO": "a function"},
    **{"NILVALUE": "nothing", "ENV": "an environment", "RAW": "bytes"},
}

"""Two hundred fit files that are not as they were written.

    python -m tests.safety.crafted_fits FOLDER

Each is made from a good one: cut off, a bit changed, an entry missing, added, doubled,
renamed or encrypted, a description that is deep, huge, of another type or of another
format, and files of other kinds. ``resealed`` ones have hashes that fit what is in
them, as somebody would write them who means harm; ``old`` ones are of the format
before, which has no hashes.
"""

from __future__ import annotations

import io
import json
import random
import struct
import sys
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from varying.runtime.files.archive import write_archive

__all__ = ["crafted_fit_files"]

Entries = dict[str, bytes]

ROOT = "zarr.json"
POSTERIOR, DRAWS = "posterior/zarr.json", "posterior/Intercept/c/0/0"
ARRAY = "posterior/Intercept/zarr.json"
COLUMN = "data/column_1/zarr.json"

#: What is written in the place of a value of a description.
WRONG: tuple[Any, ...] = (None, -1, 1e400, "text", [], {}, True, [[]], 2**70)
#: Paths of values in the provenance.
TOLD: tuple[tuple[str, ...], ...] = (
    ("format",),
    ("spec",),
    ("settings",),
    ("settings", "draws"),
    ("settings", "chains"),
    ("settings", "seed"),
    ("versions",),
    ("data",),
    ("data", "columns"),
    ("data", "rows"),
    ("names",),
    ("names", "parameters"),
    ("verdict",),
    ("verdict", "sentences"),
)


def entries_of(raw: bytes) -> Entries:
    """Return the files in a fit file."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(entries: Mapping[str, bytes] | list[tuple[str, bytes]], **how: Any) -> bytes:
    """Return files as a zip without a seal."""
    pairs = list(entries.items()) if isinstance(entries, Mapping) else entries
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that are there twice
        with zipfile.ZipFile(buffer, "w", **how) as archive:
            for name, raw in pairs:
                archive.writestr(zipfile.ZipInfo(name), raw)
    return buffer.getvalue()


def sealed(entries: Mapping[str, bytes]) -> bytes:
    """Return files as a zip whose hashes fit them."""
    buffer = io.BytesIO()
    write_archive(buffer, entries)  # type: ignore[arg-type]
    return buffer.getvalue()


def changed(entries: Entries, name: str, change: Callable[[Any], Any]) -> Entries:
    """Return the files with one that is JSON changed."""
    found = change(json.loads(entries[name]))
    return {**entries, name: json.dumps(found).encode()}


def told(entries: Entries, change: Callable[[Any], Any]) -> Entries:
    """Return the files with the provenance changed."""

    def within(root: Any) -> Any:
        record = change(json.loads(root["attributes"]["varying"]))
        root["attributes"]["varying"] = json.dumps(record)
        return root

    return changed(entries, ROOT, within)


def put(plain: Any, path: tuple[str, ...], value: Any) -> Any:
    """Put a value in a place; ``...`` removes what is there."""
    inner = plain
    for key in path[:-1]:
        inner = inner[key]
    if value is ...:
        inner.pop(path[-1])
    else:
        inner[path[-1]] = value
    return plain


def before(entries: Entries) -> Entries:
    """Return the files as the format before had them: without hashes."""

    def plain(root: Any) -> Any:
        root["attributes"].pop("manifest")
        return root

    return told(changed(entries, ROOT, plain), lambda r: put(r, ("format",), 3))


def crafted(raw: bytes, seed: int = 1) -> Iterator[tuple[str, bytes]]:
    """Yield names and contents."""
    rng = random.Random(seed)
    good = entries_of(raw)
    old = before(good)
    for place in sorted(rng.sample(range(len(raw)), 36)):
        yield f"cut at {place}", raw[:place]
    for place in sorted(rng.sample(range(len(raw)), 48)):
        bit = 1 << rng.randrange(8)
        flipped = raw[:place] + bytes([raw[place] ^ bit]) + raw[place + 1 :]
        yield f"bit {bit} of byte {place}", flipped
    yield from foreign(raw)
    yield from frames(raw, good)
    for name in sorted(rng.sample(sorted(good.keys() - {ROOT}), 12)):
        without = {key: one for key, one in good.items() if key != name}
        yield f"without {name}", zipped(without)
    for name in (POSTERIOR, ARRAY, DRAWS, COLUMN, "sample_stats/zarr.json"):
        yield (
            f"old, without {name}",
            zipped({key: one for key, one in old.items() if key != name}),
        )
    for path in TOLD:
        for value in rng.sample((*WRONG, ...), 3):
            if value is True and path[-1] == "format":
                value = 99
            text = "absent" if value is ... else f"{value!r:.12}"
            whole = told(old, lambda r, p=path, v=value: put(r, p, v))  # type: ignore[misc]
            yield f"old, {'.'.join(path)} {text}", zipped(whole)
    yield from arrays(good, old)
    yield from forged(good, old)


def foreign(raw: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield files of other kinds."""
    yield "nothing", b""
    yield "a text", b"y ~ x + (1 | g)\n"
    yield "two letters", b"PK"
    yield "zeros", bytes(4096)
    yield "behind a text", b"#!/bin/sh\n" + raw
    yield "a text behind", raw + b"more"
    yield "twice", raw + raw
    yield "a zip of texts", zipped({"a.txt": b"hello"})
    yield "an empty zip", zipped({})
    yield "a workbook", zipped({"[Content_Types].xml": b"<x/>", "xl/workbook.xml": b""})
    yield "another Zarr", zipped({ROOT: b'{"zarr_format": 3, "node_type": "group"}'})
    yield "a root that is a list", zipped({ROOT: b"[]"})
    yield "a root that is no text", zipped({ROOT: b"\xff\xfe\x00"})
    yield "a deep root", zipped({ROOT: b"[" * 200_000})
    yield "a root of attributes in a list", zipped({ROOT: b'{"attributes": [1]}'})
    yield "a long number", zipped({ROOT: b'{"attributes": ' + b"9" * 10_000 + b"}"})


def frames(raw: bytes, good: Entries) -> Iterator[tuple[str, bytes]]:
    """Yield archives whose frame is other than it was."""
    pairs = list(good.items())
    yield "zipped again", zipped(good)
    yield "compressed", zipped(good, compression=zipfile.ZIP_DEFLATED)
    yield "an entry twice", zipped([*pairs, (DRAWS, b"")])
    yield "the root twice", zipped([*pairs, pairs[0]])
    yield "an entry more", sealed(good)[:-4] + zipped({"more": b""})
    yield "a path out", zipped([*pairs, ("../../more", b"x")])
    yield "a path from the root", zipped([*pairs, ("/tmp/more", b"x")])
    yield "a drive", zipped([*pairs, ("C:\\more", b"x")])
    yield "an entry of no name", zipped([*pairs, ("", b"x")])
    yield "flagged as encrypted", flagged(raw, 1)
    yield "flagged as patched", flagged(raw, 32)
    yield "another method", method(raw, 99)
    yield "sizes beyond the file", sizes(raw, 2**32 - 2)


def headers(raw: bytes) -> Iterator[int]:
    """Yield where the entries of the central directory are."""
    start = raw.find(b"PK\x01\x02")
    while start >= 0:
        yield start
        start = raw.find(b"PK\x01\x02", start + 1)


def flagged(raw: bytes, flag: int) -> bytes:
    """Return an archive all of whose entries have a flag."""
    found = bytearray(raw)
    for start in headers(raw):
        found[start + 8] |= flag
    return bytes(found)


def method(raw: bytes, number: int) -> bytes:
    """Return an archive whose entries are said to be packed by another method."""
    found = bytearray(raw)
    for start in headers(raw):
        struct.pack_into("<H", found, start + 10, number)
    return bytes(found)


def sizes(raw: bytes, size: int) -> bytes:
    """Return an archive whose entries are said to unpack to so much."""
    found = bytearray(raw)
    for start in headers(raw):
        struct.pack_into("<I", found, start + 24, size)
    return bytes(found)


def arrays(good: Entries, old: Entries) -> Iterator[tuple[str, bytes]]:
    """Yield stores whose arrays are other than the draws."""

    def of(path: tuple[str, ...], value: Any) -> Callable[[Any], Any]:
        return lambda plain: put(plain, path, value)

    changes: dict[str, Callable[[Any], Any]] = {
        "a huge shape": of(("shape",), [2**40, 2**40]),
        "a large shape": of(("shape",), [4, 2**36]),
        "a negative shape": of(("shape",), [-4, 250]),
        "a shape of texts": of(("shape",), ["4", "250"]),
        "another shape": of(("shape",), [4, 249]),
        "no dims": of(("shape",), []),
        "huge pieces": of(("chunk_grid", "configuration", "chunk_shape"), [2**40, 1]),
        "pieces of nothing": of(("chunk_grid", "configuration", "chunk_shape"), [0, 0]),
        "pieces of one": of(("chunk_grid", "configuration", "chunk_shape"), [1, 1]),
        "another grid": of(("chunk_grid", "name"), "rectilinear"),
        "a type of objects": of(("data_type",), "object"),
        "a type of texts": of(
            ("data_type",),
            {"name": "fixed_length_utf32", "configuration": {"length_bytes": 2**30}},
        ),
        "another type": of(("data_type",), "float32"),
        "a pickle": of(("codecs",), [{"name": "pickle"}]),
        "no packing": of(("codecs",), []),
        "packing of texts": of(("codecs",), "zstd"),
        "other names of dims": of(("dimension_names",), ["draw", "chain"]),
        "no names of dims": of(("dimension_names",), None),
        "a dim twice": of(("dimension_names",), ["draw", "draw"]),
        "another fill value": of(("fill_value",), {}),
        "attributes in a list": of(("attributes",), []),
        "another node": of(("node_type",), "group"),
        "another format": of(("zarr_format",), 2),
    }
    for name, change in changes.items():
        yield f"resealed, {name}", sealed(changed(good, ARRAY, change))
    deep = b'{"node_type": "array", "a": ' + b"[" * 100_000
    yield "resealed, a deep array", sealed({**good, ARRAY: deep})
    yield "resealed, no draws", sealed({k: v for k, v in good.items() if k != DRAWS})
    yield "old, draws of another array", zipped({**old, DRAWS: old[DRAWS][:40]})
    nothing = good["posterior/zarr.json"]
    yield "resealed, a group in a group", sealed({**good, "a/b/zarr.json": nothing})
    spec = told(good, of(("names", "parameters"), ["Intercept", "nobody"]))
    yield "resealed, a name of nothing", sealed(spec)
    draws = told(good, of(("drawn",), [4, 10**13]))
    yield "resealed, draws that are not there", sealed(draws)
    yield "resealed, no chains", sealed(told(good, of(("drawn",), [])))
    runs = told(good, of(("runs",), [{"chains": 4}]))
    yield "resealed, a run of nothing", sealed(runs)
    table = changed(good, "data/zarr.json", of(("attributes", "table"), "[" * 50_000))
    yield "resealed, a deep table", sealed(table)


def filled(entries: Entries, name: str, change: Callable[[Any], Any]) -> Entries:
    """Return the files with the numbers of an array, which is one piece, changed."""
    import numpy as np
    import pyarrow

    about = json.loads(entries[f"{name}/zarr.json"])
    shape = about["chunk_grid"]["configuration"]["chunk_shape"]
    dtype = about["data_type"]
    if not isinstance(dtype, str):
        dtype = f"<U{dtype['configuration']['length_bytes'] // 4}"
    key = next(one for one in sorted(entries) if one.startswith(f"{name}/c"))
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    raw = pyarrow.decompress(entries[key], size, "zstd", asbytes=True)
    values = np.frombuffer(raw, dtype).reshape(shape).copy()
    found = np.ascontiguousarray(np.asarray(change(values), dtype)).tobytes()
    return {**entries, key: pyarrow.compress(found, codec="zstd", asbytes=True)}


def lacking(entries: Entries, *starts: str) -> Entries:
    """Return the files but those whose names start so."""
    return {key: raw for key, raw in entries.items() if not key.startswith(starts)}


def forged(good: Entries, old: Entries) -> Iterator[tuple[str, bytes]]:
    """Yield stores that contradict themselves under hashes that fit."""

    def to(*places: tuple[tuple[str, ...], Any]) -> Callable[[Any], Any]:
        def change(plain: Any) -> Any:
            for path, value in places:
                plain = put(plain, path, value)
            return plain

        return change

    absent = {
        "an array of the data": "data/column_1/",
        "the values of a column": "data/column_1/c",
        "the levels of a group": "posterior/g/c",
        "the levels of a group, and their list": "posterior/g/",
        "whether draws diverged": "sample_stats/diverging",
        "the pieces of whether draws diverged": "sample_stats/diverging/c",
        "the chains": "posterior/chain",
        "the values of the responses": "observed_data/y/c",
    }
    for name, start in absent.items():
        yield f"resealed, without {name}", sealed(lacking(good, start))
    for start in ("data/column_1/", "posterior/g/c", "sample_stats/diverging/zarr"):
        yield f"old, without {start}", zipped(lacking(old, start))
    diverged = to(
        (("verdict", "ok"), False), (("verdict", "sentences"), ["9 diverged"])
    )
    untold = told(lacking(old, "sample_stats/diverging/c"), diverged)
    yield "old, without the draws that diverged", zipped(untold)
    record: dict[str, Callable[[Any], Any]] = {
        "an empty spec": to((("spec",), "")),
        "a spec of noise": to((("spec",), "((~~")),
        "another family": to((("spec",), "y ~ x + (1 + x | g), family=student")),
        "another family, and formula": to(
            (("spec",), "y ~ x + (1 + x | g), family=student"),
            (("formula",), "y ~ x + (1 + x | g), family=student"),
        ),
        "fewer effects": to(
            (("spec",), "y ~ x + (1 | g)"), (("formula",), "y ~ x + (1 | g)")
        ),
        "other columns": to(
            (("spec",), "x ~ y + (1 + y | g)"), (("formula",), "x ~ y + (1 + y | g)")
        ),
        "a question more": to((("spec",), "y ~ x + (1 + x | g)\nquantity q = b[x]")),
        "another model": to((("model",), "other")),
        "half a character in the spec": to(
            (("spec",), "y ~ x + (1 + x | g)\n# \ud800")
        ),
        "half a character in the verdict": to((("verdict", "sentences"), ["\ud800"])),
        "half a character in a version": to((("versions", "numpy"), "\ud800")),
        "another formula": to((("formula",), "y ~ x")),
        "partial by a word": to((("partial",), "maybe")),
        "partial though whole": to((("partial",), True)),
        "many draws asked for": to((("settings", "draws"), 10**13)),
        "many draws asked for, partial": to(
            (("settings", "draws"), 10**13), (("partial",), True)
        ),
        "fewer draws asked for": to((("settings", "draws"), 5), (("partial",), True)),
        "no number of seconds": to((("seconds",), float("nan"))),
        "endless seconds": to((("seconds",), float("inf"))),
        "a parameter twice": to((("names", "parameters"), ["b", "b"])),
        "few parameters": to((("names", "parameters"), ["b"])),
        "an internal one": to((("names", "parameters"), ["b", "Intercept_centered"])),
        "other correlations": to((("names", "correlations"), ["sd_g"])),
        "more rows": to((("data", "rows"), 10**12)),
        "fewer rows": to((("data", "rows"), 3)),
        "cells": to((("data", "cells"), 3)),
        "other columns of the data": to((("data", "columns"), [])),
    }
    for name, change in record.items():
        yield f"resealed, {name}", sealed(told(good, change))
    numbers: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "no number for a draw": ("posterior/b", lambda a: a * float("nan")),
        "endless draws": ("posterior/b", lambda a: a + float("inf")),
        "sds below 0": ("posterior/sd_g", lambda a: -a),
        "correlations above 1": ("posterior/cor_g", lambda a: 2 * a),
        "one level": ("posterior/g", lambda a: [*a[:-1], a[0]]),
        "another level": ("posterior/g", lambda a: [*a[:-1], "s9"]),
        "another coefficient": ("posterior/coef", lambda a: ["z"]),
        "one chain": ("posterior/chain", lambda a: 0 * a),
        "chains beyond": ("posterior/chain", lambda a: a + 10**9),
        "other data": ("data/column_1", lambda a: a + 1),
        "other responses": ("observed_data/y", lambda a: a[::-1]),
    }
    for name, (array, values) in numbers.items():
        yield f"resealed, {name}", sealed(filled(good, array, values))
    whole = good["posterior/b/zarr.json"].replace(b"float64", b"int64")
    whole = whole.replace(b'"NaN"', b"0")
    yield "resealed, whole numbers", sealed({**good, "posterior/b/zarr.json": whole})
    asked = '{"quantities": 3}'
    group = {"attributes": {"about": asked}, "zarr_format": 3, "node_type": "group"}
    answers = {**good, "derived/zarr.json": json.dumps(group).encode()}
    yield "resealed, answers to nothing", sealed(answers)


def crafted_fit_files(folder: Path, raw: bytes) -> dict[str, Path]:
    """Write the files; return their paths by what they are.

    Parameters
    ----------
    folder
        Where to.
    raw
        A good fit file, of a model with an ``Intercept`` and a column at least.
    """
    made = {}
    for number, (name, content) in enumerate(crafted(raw)):
        path = folder / f"{number:03}.fit"
        path.write_bytes(content)
        made[name] = path
    return made


if __name__ == "__main__":
    from tests.runtime.fits import made_fit

    place = Path(sys.argv[1])
    place.mkdir(parents=True, exist_ok=True)
    made_fit().save(place / "good.fit")
    found = crafted_fit_files(place, (place / "good.fit").read_bytes())
    print(f"{len(found)} files in {place}")

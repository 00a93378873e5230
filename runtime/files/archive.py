"""The entries of a fit file: bytes by name, and the seal over them.

A fit is a zip of a Zarr store, and Zarr reads an entry that is absent as fill values,
which are NaN. So the zip's comment has the SHA-256 of all that is before it: a file of
which a bit is not as it was written is not read. The root lists the SHA-256 of each
other entry (the attribute ``manifest``), by which a broken seal is explained.
"""

from __future__ import annotations

import json
import os
import zipfile
from collections.abc import Mapping
from hashlib import sha256
from io import BytesIO
from typing import Any, BinaryIO

from varying.compiler.data.bounded import Unsound, sound_entries

from .plain_file import open_plain

__all__ = [
    "ATTRIBUTE",
    "MANIFEST",
    "ROOT",
    "Archive",
    "Foreign",
    "attributes",
    "read_archive",
    "unbroken",
    "write_archive",
]

#: The root's metadata, and its attributes with the provenance and the hashes.
ROOT, ATTRIBUTE, MANIFEST = "zarr.json", "varying", "manifest"

_ZIP = b"PK"
_COMMENT = b"varying fit; sha256 of what is before: "
#: Hexadecimal digits of a hash.
_DIGITS = 64
#: Bytes hashed at a time.
_BLOCK = 2**20


class Foreign(Unsound):
    """A file that never was a fit."""


class Archive:
    """An archive that has been read.

    Attributes
    ----------
    entries
        Bytes by name.
    size
        Of the file.
    sealed
        Whether the seal is there and holds.
    """

    def __init__(self, entries: Mapping[str, bytes], size: int, sealed: bool) -> None:
        self.entries, self.size, self.sealed = entries, size, sealed


def write_archive(file: BinaryIO, entries: Mapping[str, bytes]) -> None:
    """Write a sealed archive to a file that can be read.

    Zarr has compressed the arrays already.
    """
    root = json.loads(entries[ROOT])
    others = sorted(key for key in entries if key != ROOT)
    manifest = {key: sha256(entries[key]).hexdigest() for key in others}
    root["attributes"][MANIFEST] = manifest
    text = json.dumps(root, ensure_ascii=False, indent=1).encode()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr(zipfile.ZipInfo(ROOT), text)
        for key in others:
            archive.writestr(zipfile.ZipInfo(key), entries[key])
        archive.comment = _COMMENT + b"0" * _DIGITS
    end = file.seek(0, os.SEEK_END) - len(_COMMENT) - _DIGITS
    file.seek(0)
    digest = sha256()
    while file.tell() < end:
        digest.update(file.read(min(_BLOCK, end - file.tell())))
    file.seek(end)
    file.write(_COMMENT + digest.hexdigest().encode())


def read_archive(path: str | os.PathLike[str]) -> Archive:
    """Return what is in an archive, whether its seal holds or not.

    Raises
    ------
    OSError
        If the file cannot be read.
    Unsound
        If it is no archive, or one that is not to be read.
    """
    with open_plain(path) as file:
        if file.read(len(_ZIP)) != _ZIP:
            raise Foreign("it is no zip archive")
        raw = _ZIP + file.read()
    comment = raw[-len(_COMMENT) - _DIGITS :]
    seal = _COMMENT + sha256(memoryview(raw)[: -len(comment)]).hexdigest().encode()
    archive = sound_entries(BytesIO(raw), len(raw))
    if ROOT not in archive.namelist():
        raise Foreign("there is no Zarr store in it")
    try:
        entries = {key: archive.read(key) for key in archive.namelist()}
    except MemoryError:
        raise
    except Exception as error:  # checksums, methods, offsets: zipfile has many
        raise Unsound(str(error) or type(error).__name__) from error
    return Archive(entries, len(raw), comment == seal)


def attributes(entries: Mapping[str, bytes]) -> dict[str, Any]:
    """Return the attributes of the root.

    Raises
    ------
    Foreign
        If there are none.
    """
    try:
        found = json.loads(entries[ROOT])["attributes"]
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise Foreign("it has no description") from error
    if not isinstance(found, dict):
        raise Foreign("it has no description")
    return found


def unbroken(archive: Archive) -> None:
    """Check the seal.

    Raises
    ------
    Unsound
        If a bit is not as it was written.
    """
    if archive.sealed:
        return
    entries = archive.entries
    manifest = attributes(entries).get(MANIFEST)
    if not isinstance(manifest, dict):
        raise Unsound("it has no list of its entries")
    absent = sorted(manifest.keys() - entries.keys())
    if absent:
        raise Unsound(f"`{absent[0]}` is not in it")
    for key in sorted(entries.keys() - {ROOT}):
        if sha256(entries[key]).hexdigest() != manifest.get(key):
            raise Unsound(f"`{key}` in it is not what was written")
    raise Unsound("it is not as it was written: its description or its frame differs")

"""Build only from a complete checkout; everything else is in pyproject.toml.

``src/varying/grammar``, ``compiler`` and ``runtime`` are symbolic links to the
folders at the root. Where a checkout has small text files in their place, a
build would succeed and leave out the whole program.
"""

from pathlib import Path

from setuptools import setup

PARTS = ("grammar", "compiler", "runtime")

MESSAGE = """
varying cannot be built from this copy of the source.

These should be folders, or symbolic links to the folders at the root:

{broken}

Cause: the source was cloned by a git that does not make symbolic links (the
default on Windows), or unpacked from a zip file by a program that does not.

To mend a git clone:

    git config core.symlinks true
    git checkout -- src/varying

(On Windows, turn on Developer Mode first.) To make the links by hand:

    cd src/varying &&
    rm -f grammar compiler runtime &&
    ln -s ../../grammar ../../compiler ../../runtime .
"""

here = Path(__file__).resolve().parent / "src" / "varying"
broken = [part for part in PARTS if not (here / part).is_dir()]
if broken:
    lines = "\n".join(f"    src/varying/{part}" for part in broken)
    raise SystemExit(MESSAGE.format(broken=lines))

setup()

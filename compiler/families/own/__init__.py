"""Families that a program adds to the language: records made of a density.

``own_family`` makes a record as those of the language have, of a density over the
operations ``m`` (``distributions/density``): the kernel with its slopes, the graph and
the script are readings of that one text. ``checks.py`` holds it against itself.
"""

from __future__ import annotations

from .checks import check_family
from .names import (
    FamiliesByName,
    OwnFamilies,
    find_again,
    fingerprint,
    handed_over,
    named,
    names,
    naming,
    own_families,
    own_names,
    plain_name,
    registered,
)
from .record import own_family

__all__ = [
    "FamiliesByName",
    "OwnFamilies",
    "check_family",
    "fingerprint",
    "find_again",
    "handed_over",
    "named",
    "names",
    "naming",
    "own_families",
    "own_family",
    "own_names",
    "plain_name",
    "registered",
]

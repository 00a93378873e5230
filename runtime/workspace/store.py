"""Values by key, up to a number of bytes; those used last are kept."""

from __future__ import annotations

import sys
from collections import OrderedDict
from collections.abc import Hashable, Mapping
from dataclasses import fields, is_dataclass
from threading import Lock
from typing import Any

import numpy as np

__all__ = ["Store", "settle"]


class Store:
    """Values by key, of bounded memory.

    Values are never changed, so threads may share them; the lock is held while the
    table of them is, and never while one is made.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._values: OrderedDict[Hashable, tuple[Any, int]] = OrderedDict()
        self._held = 0
        self._lock = Lock()

    @property
    def held(self) -> int:
        """Bytes of the values that are kept."""
        return self._held

    def get(self, key: Hashable) -> Any:
        """Return the value of a key, or None."""
        with self._lock:
            found = self._values.get(key)
            if found is None:
                return None
            self._values.move_to_end(key)
            return found[0]

    def keep(self, key: Hashable, value: Any, size: int) -> None:
        """Keep a value, and forget those that were not used for longest."""
        if size > self._most:
            return
        with self._lock:
            if key in self._values:
                self._held -= self._values.pop(key)[1]
            self._values[key] = (value, size)
            self._held += size
            while self._held > self._most:
                self._held -= self._values.popitem(last=False)[1][1]

    def clear(self) -> None:
        """Forget all."""
        with self._lock:
            self._values.clear()
            self._held = 0


def settle(value: Any) -> int:
    """Make the arrays in a value read-only; return about how many bytes it holds.

    What is kept is given to several callers: none may change it.
    """
    size, seen, waiting = 0, set[int](), [value]
    while waiting:
        one = waiting.pop()
        if id(one) in seen:
            continue
        seen.add(id(one))
        if isinstance(one, np.ndarray):
            one.flags.writeable = False
            size += one.nbytes
        elif isinstance(one, str | bytes):
            size += sys.getsizeof(one)
        elif isinstance(one, Mapping):
            size += 100 * len(one)
            waiting += [*one.keys(), *one.values()]
        elif isinstance(one, tuple | list | frozenset | set):
            size += 8 * len(one)
            waiting += one
        elif is_dataclass(one) and not isinstance(one, type):
            size += 100
            waiting += [getattr(one, field.name) for field in fields(one)]
    return size

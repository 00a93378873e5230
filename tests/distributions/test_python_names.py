"""Kernels that are made of densities, told apart by their text."""

from __future__ import annotations

import inspect
from typing import Any

from varying.compiler.distributions.density.python import kernel


def test_two_densities_of_one_name_keep_their_own_source() -> None:
    """The density of a family and that of a prior may have one name."""

    def first(m: Any, y: Any, mu: Any) -> Any:
        return y * mu

    def second(m: Any, y: Any, mu: Any, sigma: Any) -> Any:
        return y - mu * sigma

    one = kernel("gamma", first, ("y", "mu"), ("mu",))
    two = kernel("gamma", second, ("y", "mu", "sigma"), ("mu",))
    assert "sigma" not in inspect.getsource(one)
    assert "sigma" in inspect.getsource(two)

"""What is said while a model compiles and is sampled."""

from __future__ import annotations

from pathlib import Path


def compiling_text(why: str | None = None) -> str:
    """Say that it compiles, and that it takes long where nothing was before."""
    if why is not None:
        return f"compiling, {why} ..."
    if _compiled_before():
        return "compiling ..."
    return "compiling: about a minute the first time ..."


def _compiled_before() -> bool:
    folder = _kept()
    return folder.is_dir() and any(folder.iterdir())


def _kept() -> Path:
    """Return where PyTensor keeps functions that it need not compile again."""
    from pytensor import config

    return Path(str(config.base_compiledir), "numba")


def compiled_text(seconds: float) -> str:
    """Say how long it compiled."""
    return f"compiled in {seconds:.1f} s"


def outcome_text(seconds: float, divergences: int, compiles: bool) -> str:
    """Say how long it sampled, and how many draws diverged."""
    work = "compiled and sampled" if compiles else "sampled"
    word = "divergence" if divergences == 1 else "divergences"
    return f"{work} in {seconds:.1f} s, {divergences} {word}"

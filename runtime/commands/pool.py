"""``varying pool``: complete, no and partial pooling beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .criticism import shown
from .show import compiled

if TYPE_CHECKING:
    from ..sampling.settings import SamplerSettings


def run(
    file: str,
    data: str | None,
    model: str | None,
    by: str | None,
    settings: SamplerSettings,
    out: str | None,
    form: str,
    quiet: bool,
) -> None:
    """Fit a model three times, save the fits if asked, and print what they say."""
    from ..pooling.pool import pool_model

    found = compiled(file, data, model, briefly=True)
    if out is not None:
        from .fit import check_target

        for name in ("complete", "none", "partial"):
            check_target(f"{out}.{name}.fit")

    def made() -> object:
        pooled = pool_model(found, by, settings, not quiet)
        if out is not None:
            for name, fit in pooled.fits.items():
                fit.save(f"{out}.{name}.fit")
        return pooled

    shown(made, form)  # type: ignore[arg-type]

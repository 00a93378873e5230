"""How diagnostics look: ``full`` for people, ``concise`` for logs, ``json``."""

from . import concise, full, json

FORMATS = {"full": full.render, "concise": concise.render, "json": json.render}

__all__ = ["FORMATS", "concise", "full", "json"]

"""How diagnostics look: ``full`` for people, ``concise`` for logs, ``json``.

``brief`` is for what is said in passing.
"""

from . import brief, concise, full, json

FORMATS = {"full": full.render, "concise": concise.render, "json": json.render}

__all__ = ["FORMATS", "brief", "concise", "full", "json"]

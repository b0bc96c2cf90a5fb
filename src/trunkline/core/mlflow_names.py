"""MLflow's names: what a figure or a parameter may be called there."""

from __future__ import annotations

import hashlib
import re

LONGEST = 250
"""Characters that MLflow takes of a name, and its databases of a key."""
_STRANGE = re.compile(r"[^\w\-. ]")


def metric_key(name: str) -> str:
    """Return the name of a figure in the letters that MLflow takes; what would not fit ends with its digest.

    MLflow reads names as paths: a slash, or a point at the beginning, can name another place.
    """
    key = _STRANGE.sub("_", name)
    key = f"_{key}" if key.startswith(".") or not key else key
    if len(key) <= LONGEST:
        return key
    return f"{key[: LONGEST - 13]}-{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:12]}"

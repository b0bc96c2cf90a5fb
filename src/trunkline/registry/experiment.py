"""The experiment that holds a model's runs: what it is called, and where its artifacts lie."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from trunkline.core.mlflow_uri import embedded_folder

from .connection import make_folder

ARTIFACTS = "mlartifacts"
"""The folder of artifacts beside an embedded store's database."""
LINEAGE = ("commit", "snapshot", "training_key", "toolkit")
"""What the tags of a run tell of where its bundle comes from."""
PARAM_LENGTH = 6000
"""Characters that MLflow takes of a parameter."""
LONGEST = 250
"""Characters that MLflow takes of a name, and its databases of a key."""
_STRANGE = re.compile(r"[^\w\-. ]")
TAKEN = "RESOURCE_ALREADY_EXISTS"


def metric_key(name: str) -> str:
    """Return the name of a figure in the letters that MLflow takes; what would not fit ends with its digest.

    MLflow reads names as paths: a slash, or a point at the beginning, can name another place.
    """
    key = _STRANGE.sub("_", name)
    key = f"_{key}" if key.startswith(".") or not key else key
    if len(key) <= LONGEST:
        return key
    return f"{key[: LONGEST - 13]}-{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:12]}"


def experiment_of(client: Any, uri: str, name: str) -> str:
    """Return the id of the experiment `name`, made or restored where it has to be.

    MLflow keeps the place of artifacts for ever. One of an embedded store that was moved with its project gives its
    name to a new experiment, so that new artifacts lie beside the store. Raises StorageError when that cannot be.
    """
    found = client.get_experiment_by_name(name)
    if found is not None and not at_home(uri, found.artifact_location):
        client.rename_experiment(found.experiment_id, f"{name} (before the move, {found.experiment_id})")
        found = None
    if found is None:
        try:
            return str(client.create_experiment(name, artifact_location=_beside(uri)))
        except Exception as error:
            # Another process made it meanwhile, or it is another trouble.
            found = client.get_experiment_by_name(name) if getattr(error, "error_code", "") == TAKEN else None
            if found is None:
                raise
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)


def at_home(uri: str, place: str) -> bool:
    """Whether artifacts lie beside the store, or are none of this machine's affair (a server's, a bucket's)."""
    folder = embedded_folder(uri)
    if folder is None or urlsplit(place).scheme not in ("", "file"):
        return True
    path = Path(unquote(urlsplit(place).path))
    return path.exists() or path.is_relative_to(folder)


def _beside(uri: str) -> str | None:
    folder = embedded_folder(uri)
    if folder is None:
        return None
    make_folder(folder / ARTIFACTS)
    return (folder / ARTIFACTS).as_uri()

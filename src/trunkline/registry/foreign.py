"""Foreign: versions of models in MLflow that others logged, fetched as MLflow keeps them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from trunkline.core.errors import NotFoundError, StorageError
from trunkline.core.mlflow_uri import require_near, without_secrets
from trunkline.core.raised import one_line

from .connection import PATIENT, speaking

LOGGED = re.compile(r"models:/m-\w+")
"""How MLflow names a model that was logged by itself."""


def fetch_version(uri: str, address: str, folder: Path) -> Path:
    """Write the files of `models:/name/number` below a folder, and return where they lie.

    Raises NotFoundError when there is no such version, UnavailableError when the server does not answer, and
    StorageError when a store cannot be used, or the version is said to lie where MLflow's own server is not.
    """
    with speaking(uri, PATIENT):
        from mlflow import MlflowClient, artifacts
        from mlflow.exceptions import MlflowException

        source = address
        try:
            # It follows whatever address a version has, and shows it the login of its server.
            source = _source(MlflowClient(tracking_uri=uri, registry_uri=uri), address)
            require_near(source, uri, error=StorageError)
            found = artifacts.download_artifacts(artifact_uri=source, dst_path=str(folder), tracking_uri=uri)
        except (FileNotFoundError, ValueError) as error:
            raise StorageError(
                f"What {address} leads to cannot be had: {one_line(error)}.",
                value=without_secrets(source),
                next_step="log the model once more; if nobody changed it, ask whoever runs the server",
            ) from error
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            raise NotFoundError(
                f"MLflow at {without_secrets(uri)} has no {address}.",
                next_step="correct the name and the number in model.py, or registry.uri in trunkline.yaml",
            ) from error
    return Path(found)


def _source(client: Any, address: str) -> str:
    """Return where the files of a version lie; a model that was logged by itself is looked up once more."""
    source = str(client.get_model_version_download_uri(*address.removeprefix("models:/").split("/")))
    if LOGGED.fullmatch(source):
        source = str(client.get_logged_model(source.removeprefix("models:/")).artifact_location)
    return source

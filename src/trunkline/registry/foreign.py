"""Foreign: versions of models in MLflow that others logged, fetched as MLflow keeps them."""

from __future__ import annotations

from pathlib import Path

from trunkline.core.errors import NotFoundError
from trunkline.core.mlflow_uri import without_secrets

from .connection import PATIENT, speaking


def fetch_version(uri: str, address: str, folder: Path) -> Path:
    """Write the files of `models:/name/number` below a folder, and return where they lie.

    Raises NotFoundError when there is no such version, UnavailableError when the server does not answer, and
    StorageError when a store cannot be used.
    """
    # What a version leads to, MLflow looks for where the process is led to, whatever it is told.
    with speaking(uri, PATIENT | {"MLFLOW_TRACKING_URI": uri, "MLFLOW_REGISTRY_URI": uri}):
        from mlflow import artifacts
        from mlflow.exceptions import MlflowException

        try:
            found = artifacts.download_artifacts(
                artifact_uri=address, dst_path=str(folder), tracking_uri=uri, registry_uri=uri
            )
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            raise NotFoundError(
                f"MLflow at {without_secrets(uri)} has no {address}.",
                next_step="correct the name and the number in model.py, or registry.uri in trunkline.yaml",
            ) from error
    return Path(found)

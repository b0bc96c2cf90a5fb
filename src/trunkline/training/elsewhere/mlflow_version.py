"""A version of a model in MLflow: its own file, out of the folder that MLflow keeps."""

from __future__ import annotations

from pathlib import Path

from trunkline.core.errors import ProjectError, UnavailableError
from trunkline.core.raised import one_line

from .trained import Trained


def file_of_version(trained: Trained, folder: Path, uri: str) -> Path:
    """Return the model's own file in MLflow's folder of a version: that of its flavour `onnx` or `sklearn`."""
    words = trained.file.removeprefix("models:/").split("/")
    if len(words) != 2 or not words[1].isdigit():
        raise ProjectError(
            f"Trained model {trained.name}: a version in MLflow is models:/name/number; an alias moves.",
            value=trained.file,
            next_step="name the version by its number in model.py",
        )
    from mlflow import artifacts
    from mlflow.exceptions import MlflowException
    from mlflow.models import Model

    try:
        found = Path(
            artifacts.download_artifacts(
                artifact_uri=trained.file, dst_path=str(folder), tracking_uri=uri, registry_uri=uri
            )
        )
        flavours = Model.load(str(found)).flavors
    except (MlflowException, OSError) as error:
        raise UnavailableError(
            f"Trained model {trained.name}: MLflow does not give {trained.file}: {one_line(error)}.",
            next_step="look at the name, the version, and at registry.uri in trunkline.yaml",
        ) from error
    name = flavours.get("onnx", {}).get("data") or flavours.get("sklearn", {}).get("pickled_model")
    if not name or not (found / name).is_file():
        raise ProjectError(
            f"Trained model {trained.name}: MLflow holds it as {', '.join(sorted(flavours))}, and Trunkline reads onnx "
            "and sklearn.",
            next_step="log it once more as one of these, or bring its ONNX file",
        )
    return found / str(name)

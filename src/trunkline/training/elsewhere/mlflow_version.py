"""A version of a model in MLflow: its own file, out of the folder that MLflow keeps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from trunkline.core.errors import NotFoundError, ProjectError, StorageError

from .trained import Trained

DESCRIBED = "MLmodel"
PLACES = {"onnx": "data", "sklearn": "pickled_model"}
"""Flavours that are read, and the key by which each names its file."""


def version_in(trained: Trained) -> str:
    """Return the address of a version, as MLflow writes it. Raises ProjectError when it names none for good."""
    words = trained.file.removeprefix("models:/").split("/")
    if len(words) != 2 or not words[0] or not words[1].isdigit():
        raise ProjectError(
            f"Trained model {trained.name}: a version in MLflow is models:/name/number; an alias moves.",
            value=trained.file,
            next_step="name the version by its number in model.py",
        )
    return trained.file


def file_of_version(trained: Trained, folder: Path) -> Path:
    """Return the model's own file in MLflow's folder of a version: that of its flavour `onnx` or `sklearn`.

    Raises ProjectError when it is of another flavour, NotFoundError or StorageError when the folder is not whole.
    """
    flavours = _flavours(trained, folder / DESCRIBED)
    name = next(
        (str(flavours[one][key]) for one, key in PLACES.items() if key in (flavours.get(one) or {})), ""
    )
    if not name:
        raise ProjectError(
            f"Trained model {trained.name}: MLflow holds it as {', '.join(sorted(flavours)) or 'nothing'}, and "
            "Trunkline reads onnx and sklearn.",
            next_step="log it once more as one of these, or bring its ONNX file",
        )
    path = folder / name
    if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
        raise NotFoundError(
            f"Trained model {trained.name}: {trained.file} has no file {name}, which its {DESCRIBED} names.",
            next_step="log the model once more",
        )
    return path


def _flavours(trained: Trained, described: Path) -> Mapping[str, Any]:
    try:
        content = YAML(typ="safe").load(described.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise NotFoundError(
            f"Trained model {trained.name}: {trained.file} has no {DESCRIBED}: it is a version, but no model.",
            next_step="log the model by mlflow.onnx or mlflow.sklearn, and name that version",
        ) from error
    except (YAMLError, UnicodeDecodeError) as error:
        raise _broken(trained) from error
    found = content.get("flavors") if isinstance(content, dict) else None
    if not isinstance(found, dict) or not all(isinstance(one, dict | None) for one in found.values()):
        raise _broken(trained)
    return {str(name): flavour for name, flavour in found.items()}


def _broken(trained: Trained) -> StorageError:
    return StorageError(
        f"Trained model {trained.name}: the {DESCRIBED} of {trained.file} is broken.",
        next_step="log the model once more; if nobody changed it, ask whoever runs the server",
    )

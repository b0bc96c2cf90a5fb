"""A model that was trained elsewhere: its file, and how the contract's fields become its tensors and its answer."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from trunkline.core.contract import as_label
from trunkline.core.errors import ProjectError

Source = str | Sequence[str] | Callable[[], Any]
"""A field of the contract, several of them in order, or a function that returns a transformer, as features() does."""
PARTS = ("probabilities", "logits", "value")
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
SCHEME = re.compile(r"^([a-z][a-z0-9+.-]*):/")


@dataclass(frozen=True)
class Trained:
    """A model's file, trained elsewhere, beside or in place of a Candidate.

    `file` is a path within the project's package (ONNX, or a fitted scikit-learn model by joblib, pickle or skops),
    an address (`https://`, `s3://`, `gs://`, `az://`, `file://`), or `models:/name/version` in MLflow. Other places
    than the package, and files that run code when they are read, need their `digest`, as `sha256:...`.

    `inputs` maps each tensor of an ONNX file to fields of the contract, or to a function that returns a transformer;
    for a scikit-learn model it is a list of fields or such a function. Without it, tensors have the fields' names.
    `outputs` maps `probabilities`, `logits` or `value` to a tensor; `answer` turns all output tensors, by name, into
    probabilities or values instead. `classes` are the contract's classes in the order of the probabilities.
    `learned_from` says on the card what the model learned from. Raises ProjectError for what cannot be one.
    """

    file: str
    inputs: Mapping[str, Source] | Sequence[str] | Callable[[], Any] | None = None
    outputs: Mapping[str, str] = field(default_factory=dict)
    name: str = ""
    digest: str = ""
    classes: Sequence[Any] = ()
    answer: Callable[[Mapping[str, Any]], Any] | None = None
    learned_from: str = ""
    largest_mb: int = 2048
    """More is not fetched."""
    picture: Mapping[str, Any] | None = None
    boxes: Mapping[str, Any] | None = None
    """Of a detector, in place of `inputs` and `outputs`: what `PictureTensor` and `BoxTensors` of
    `trunkline.runtimes.pictures` say, as `picture={"tensor": "images", "fit": "letterbox"}` and
    `boxes={"boxes": "boxes", "scores": "scores", "labels": "labels"}`."""

    def __post_init__(self) -> None:
        if not isinstance(self.file, str) or not self.file:
            raise ProjectError(
                "A trained model has no file.", value=self.file, next_step="name it in model.py"
            )
        if not self.name:
            object.__setattr__(self, "name", _name(self.file))
        if "@" in urlsplit(self.file).netloc and self.scheme == "https":
            self._refuse(
                "its address holds a user name or a password, and everybody can read model.py",
                None,
                "leave them out, and put the file where this machine may read it, as s3:",
            )
        if self.digest and not DIGEST.fullmatch(self.digest):
            self._refuse(
                "its digest is none", self.digest, "write sha256: and 64 hex digits (sha256sum FILE)"
            )
        if self.outputs and self.answer:
            self._refuse("it has both `outputs` and `answer`", None, "keep one of them")
        if strange := [part for part in self.outputs if part not in PARTS]:
            self._refuse("`outputs` names an unknown part", strange[0], f"use one of {', '.join(PARTS)}")
        if len(self.outputs) > 1:
            self._refuse(
                "`outputs` names several parts", list(self.outputs), "keep the one that is the answer"
            )

    @property
    def scheme(self) -> str:
        """Return `https`, `s3`, `models` and so on; empty for a path in the package."""
        found = SCHEME.match(self.file)
        return found[1] if found else ""

    def labels(self) -> tuple[str, ...]:
        """Return the classes as the contract writes them, empty where none are named."""
        return tuple(as_label(value) for value in self.classes)

    def _refuse(self, what: str, value: object, advice: str) -> None:
        raise ProjectError(
            f"Trained model {self.name}: {what}.", value=value, next_step=f"{advice}, in model.py"
        )


def _name(file: str) -> str:
    if file.startswith("models:/"):
        return file.removeprefix("models:/").partition("/")[0]
    return PurePosixPath(file).name.partition(".")[0] or file

"""A runtime whose model is one word: the answer to every row."""

from __future__ import annotations

from pathlib import Path

from trunkline.core.bundle import Bundle
from trunkline.core.errors import BundleError
from trunkline.runtimes import Columns
from trunkline.runtimes.model import checked, row_count
from trunkline.tasks import Answers


class Constant:
    """Answers each row with the class that the model's file names."""

    quick = True

    def __init__(self, bundle: Bundle) -> None:
        self.bundle, self.word = bundle, bundle.model_file.read_text(encoding="utf-8")
        if self.word not in bundle.manifest.classes:
            raise BundleError("The file names no class of the bundle.", value=self.word)

    @classmethod
    def open(cls, bundle: Bundle, *, threads: int = 1, hidden: Path | None = None) -> Constant:  # noqa: ARG003
        return cls(bundle)

    def predict(self, columns: Columns) -> Answers:
        rows = row_count(columns, self.bundle.contract.features)
        classes = self.bundle.manifest.classes
        chances = [[float(name == self.word) for name in classes]] * rows
        return checked(
            self.bundle.digest, self.bundle.contract, [[self.word] * rows, chances], rows, classes=classes
        )

    def close(self) -> None:
        pass

"""An exporter whose form is the one word that a model always says."""

from __future__ import annotations

from typing import Any

import pandas as pd

from trunkline.core.contract import Contract
from trunkline.core.record import write_atomically
from trunkline.training.candidate import Export
from trunkline.training.exporters.exporter import ConversionError, Exported, Job


class OneWord:
    """A text file, for a model that gives every row the same label."""

    code = False

    def export(self, job: Job) -> Exported:
        said = set(job.wanted.expected.predictions)
        if len(said) > 1:
            raise ConversionError(f"it says {len(said)} words")
        write_atomically(job.folder / "model.txt", str(said.pop()).encode())
        return Exported("constant", "model.txt")

    def check(
        self,
        pipeline: Any,
        contract: Contract,
        rows: pd.DataFrame,
        *,
        classes: tuple[str, ...],
        package: str,
        export: Export,
    ) -> int:
        """Every model that was fitted on a few rows may say one word."""
        return 0

"""What an exporter does: write a fitted model in one form, if it has that form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol

import pandas as pd

from trunkline.core.bundle import Runtime
from trunkline.core.contract import Contract
from trunkline.core.policy.training import PARITY, ParityPolicy
from trunkline.core.progress import Progress
from trunkline.tasks import Answers

from ..candidate import Export
from ..converters import ConversionError
from ..fit import Fitted
from ..parity import Parity

__all__ = ["ConversionError", "Corners", "Exported", "Exporter", "Job", "Wanted"]

Corners = tuple[pd.DataFrame, Answers]
"""Rows at edges of the contract, and the pipeline's answers."""


@dataclass(frozen=True)
class Wanted:
    """What a form must answer: `rows` (a model frame) with the pipeline's answers, and rows at the contract's edges."""

    rows: pd.DataFrame
    expected: Answers
    corners: Sequence[Corners]


@dataclass(frozen=True)
class Job:
    """A fitted model to write to `folder`; `code` is the user's package, `say` is told what was written."""

    fitted: Fitted
    contract: Contract
    wanted: Wanted
    folder: Path
    code: Path
    say: Progress
    allowed: ParityPolicy = PARITY
    """How far apart the answers may lie."""


@dataclass(frozen=True)
class Exported:
    """What was written, and how it compares with the pipeline that was fitted."""

    runtime: Runtime
    model: str
    """The model's file, as `model.onnx`."""
    trusted_types: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    parity: Parity | None = None
    """How far its answers lie from what was fitted; None where it is the pipeline itself."""
    reason: str = ""
    """Why it is none of the forms that were tried before."""


class Exporter(Protocol):
    """One form; the runtime of its name opens it."""

    code: ClassVar[bool]
    """Whether the user's package travels with the model."""

    def export(self, job: Job) -> Exported:
        """Write the model and what it needs. Raises ConversionError when it has no such form."""
        ...

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
        """Return the bytes that a pipeline's model has which was fitted on a few rows.

        Raises ConversionError when it has no such form.
        """
        ...

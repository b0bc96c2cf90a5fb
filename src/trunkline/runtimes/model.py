"""Opening a bundle's model and asking it, whatever it runs on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from trunkline.core.bundle import Bundle
from trunkline.core.contract import Column, Contract
from trunkline.core.decision import Decision
from trunkline.core.errors import BundleError, PolicyError
from trunkline.core.plugins import OURS, plugin
from trunkline.core.record import short
from trunkline.tasks import Answers, task_of

Columns = Mapping[str, Sequence[object]]


class Model(Protocol):
    """A loaded model."""

    quick: bool
    """Whether one row takes well under a millisecond, so that asking needs no thread of its own."""

    def predict(self, columns: Columns) -> Answers:
        """Return the answers to rows that are given by column, null as None.

        Raises BundleError when the model fails, and UnavailableError when its process does not answer.
        """
        ...

    def close(self) -> None:
        """Free what the model holds; closing twice changes nothing."""
        ...


def open_model(
    bundle: Bundle,
    *,
    threads: int = 1,
    hidden: Path | None = None,
    table: Mapping[str, Mapping[str, str]] = OURS,
) -> Model:
    """Return the bundle's model, loaded and ready; `hidden` is a folder that it must not read.

    The bundle must come from `open_bundle`, which compares its files with their checksums. `table` lists the runtimes:
    each has a classmethod `open` that takes the same.
    Raises BundleError when no runtime has that name, or the model cannot be loaded or does not fit the contract.
    """
    try:
        runtime = plugin("runtimes", bundle.manifest.runtime, table=table)
    except PolicyError as error:
        raise BundleError(
            f"The bundle {short(bundle.digest)} needs a runtime that this version of Trunkline has not.",
            value=bundle.manifest.runtime,
            next_step="install the version of Trunkline that sealed it",
        ) from error
    model: Model = runtime.open(bundle, threads=threads, hidden=hidden)
    return model


def checked(
    name: str,
    contract: Contract,
    raw: Sequence[Any],
    rows: int,
    *,
    classes: tuple[str, ...] = (),
    decision: Decision | None = None,
) -> Answers:
    """Return raw outputs of the model `name` as answers of the contract's task.

    Raises BundleError when they are none, as with wrong shapes or a number that is not finite.
    """
    try:
        return task_of(contract).checked(raw, rows, classes=classes, decision=decision)
    except ValueError as error:
        raise BundleError(f"The model of {name} did not give {error}.") from error
    except (IndexError, TypeError) as error:
        raise BundleError(f"The model of {name} did not give the outputs of its task.") from error


def row_count(columns: Columns, features: Sequence[Column]) -> int:
    """Return how many rows the columns hold.

    Raises BundleError when a feature is missing or the columns are not of one length.
    """
    if missing := [feature.name for feature in features if feature.name not in columns]:
        raise BundleError(f"The model needs columns that were not given: {', '.join(missing)}.")
    lengths = {len(columns[feature.name]) for feature in features}
    if len(lengths) != 1:
        raise BundleError(f"The columns are of different lengths: {sorted(lengths)}.")
    return lengths.pop()

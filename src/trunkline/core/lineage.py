"""Where a bundle comes from, what its training took, and the version that it is."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field

from .origin import Origin
from .record import Record

DIRTY = "+dirty"
"""The suffix of a commit if files that shape a model differed from it."""


class Trial(Record):
    """One candidate with the best settings its search found; `score` is the search metric's mean over folds."""

    candidate: str
    score: float
    spread: float
    settings: dict[str, Any]
    seconds: float = 0.0


class Lineage(Record):
    """Where a bundle comes from."""

    SCHEMA: ClassVar[str] = "trunkline/lineage/1"

    commit: str
    """The Git commit, with `+dirty` behind it where the work tree was not clean."""
    snapshot: str
    training_key: str
    code: str
    policy: str
    lock: str
    toolkit: str
    candidate: str
    settings: dict[str, Any]
    origin: Origin | None = Field(default=None, exclude_if=lambda value: value is None)
    """Where the model's file comes from, if it was trained elsewhere."""

    @property
    def dirty(self) -> bool:
        """Whether no commit holds what the bundle was trained on, as far as it says."""
        return self.commit.endswith(DIRTY)


class Usage(Record):
    """What a piece of work took on the machine that did it."""

    seconds: float
    cpu_seconds: float
    """The CPU time of this process and those it started."""
    peak_memory_mb: float
    cores: int
    energy_wh: float
    energy_source: Literal["measured", "estimated"]
    """*measured* by the processor's own meter (the whole package), or *estimated* from CPU seconds."""
    watts_per_core: float
    """The assumption behind an estimate."""


class Version(Record):
    """A bundle under its number, which counts from 1 within the model's name."""

    number: int
    bundle: str

"""What is found at a place, and what is not."""

from __future__ import annotations

from dataclasses import dataclass

from trunkline.core.errors import NotFoundError


@dataclass(frozen=True)
class Found:
    """A file of a place; another `tag` means another content."""

    name: str
    size: int
    tag: str


def missing_file(name: str) -> NotFoundError:
    return NotFoundError(f"There is no file {name}.", next_step="correct the path or the address")

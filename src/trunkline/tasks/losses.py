"""Losses: how wrong each answer is, how wrong the model expects to be, and how wrong one is that ignores its inputs."""

from __future__ import annotations

from dataclasses import dataclass

from trunkline.measure.paired import Array
from trunkline.measure.users import Users


@dataclass(frozen=True)
class Losses:
    """Losses of shape (n,), the same kind for all three; `name` says which.

    `surprise` is the loss less what the model's own probabilities expect there: zero on average where they are
    right, however hard the rows are. It is the loss itself where the model says nothing of its doubts.
    `users` are those of the rows where they repeat.
    """

    name: str
    model: Array
    baseline: Array
    surprise: Array
    doubts: bool
    users: Users | None = None

    def take(self, index: Array) -> Losses:
        """Return the losses of some rows: positions or a mask."""
        return Losses(
            self.name,
            self.model[index],
            self.baseline[index],
            self.surprise[index],
            self.doubts,
            None if self.users is None else self.users[index],
        )

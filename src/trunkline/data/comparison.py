"""What gates share that compare a snapshot with the champion's; only its `data.lock` is there."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable

from trunkline.core.gate import Gate
from trunkline.core.snapshots import DataLock
from trunkline.core.verdicts import Verdict

from .case import SnapshotCase
from .followed import followed


class Comparison(Gate[SnapshotCase], ABC):
    """The rows beside a picture of the champion's snapshot."""

    @abstractmethod
    def limit(self, case: SnapshotCase) -> float | None:
        """Return the policy's limit; None if it is not asked."""

    @abstractmethod
    def moved(self, case: SnapshotCase, previous: DataLock, limit: float) -> Verdict:
        """Return the answer where there is a picture."""

    def verdicts(self, case: SnapshotCase) -> Iterable[Verdict]:
        """Return the answer: without a champion a pass, without a picture of its columns inconclusive; neither blocks.

        A move that live traffic shows too, and a retraining follows, does not block.
        """
        limit, previous = self.limit(case), case.previous
        if limit is None:
            return
        if previous and previous.columns:
            yield followed(self.moved(case, previous, limit), case.follows)
            return
        yield self.answer(
            "inconclusive" if previous else "pass",
            blocking=False,
            reason="It is not known what the champion's snapshot looked like: no commit that git has here holds its "
            "data.lock, or an older version wrote it."
            if previous
            else "There is no champion's snapshot to compare with.",
            threshold=limit,
            advice="In a shallow clone, fetch the history (git fetch --unshallow). Else nothing now: the data.lock of "
            "this change has one, for the next to compare with."
            if previous
            else "",
        )

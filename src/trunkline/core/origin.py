"""Origin: a model's file that was trained elsewhere, and what is known of its training."""

from __future__ import annotations

from .record import Record
from .verdicts import Verdict

LEAKS = ("data/leakage", "data/time-leakage", "data/user-leakage")
"""Gates that ask whether what a model learned from is apart from what it is tested on."""


class Origin(Record):
    """The file by its place and content; what it learned from is what the project says, and nobody checks that."""

    file: str
    """A path within the project's package, an address, or `models:/name/version`."""
    digest: str
    learned_from: str = ""
    """In the project's words; empty: nobody said."""

    def qualified(self, verdict: Verdict) -> Verdict:
        """Return a verdict on the data; one on leakage says that it is about the snapshot's own parts only."""
        if verdict.gate not in LEAKS:
            return verdict
        about = "This is about the parts of the snapshot. What the model learned from was not judged."
        return verdict.model_copy(update={"reason": f"{verdict.reason} {about}"})

    def unknown(self) -> str:
        """Return what cannot be known of such a model, in words."""
        said = f"The project says that it learned from {self.learned_from}" if self.learned_from else ""
        nobody = "Nobody said what it learned from"
        return (
            f"{said or nobody}, which Trunkline cannot check: rows of this snapshot, of the test part too, may be "
            "among it, and then the figures are too good."
        )

"""Was anything asked about groups of people?"""

from __future__ import annotations

from trunkline.core.gate import Gate
from trunkline.core.verdicts import Verdict

from ..case import Case


class Unasked(Gate[Case]):
    """Not at all: the contract names no protected attribute, or every limit that fits its outcome is null.

    Pass: The contract names no protected attribute; it is there to say that nobody looked.
    Fail: Never.
    Inconclusive: The contract names protected attributes, and no limit of `gates.fairness` that fits the
    outcome asks anything of them. That does not stop a release.
    Advice: Set a limit that fits the outcome. If the rows are about people, mark the columns with `protected:
    True`, as audit where the model must not see them.
    """

    name = "fairness/none"
    question = "Are groups of people treated alike?"

    def verdict(self, case: Case) -> Verdict:
        """Say why no group was looked at; asked where no other gate of the room has an answer."""
        if not case.contract.protected:
            return self.answer(
                "pass",
                "The contract names no protected attribute, so no group was looked at.",
                blocking=False,
                advice="If the rows are about people, mark the columns with `protected: True`, as audit if need be.",
            )
        return self.answer(
            "inconclusive",
            "The contract names protected attributes, and no limit of gates.fairness asks anything about them: all "
            "that fit this outcome are null.",
            blocking=False,
            advice="Set a limit that fits the outcome (many classes without a positive one, and numbers: error_ratio).",
        )

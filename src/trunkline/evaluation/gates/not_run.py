"""Were the gates asked that take a process of their own?"""

from __future__ import annotations

from trunkline.core.gate import Gate
from trunkline.core.verdicts import Verdict


class _NotRun(Gate[bool]):
    """A saved run of this very bundle, with the policy of now, is looked for.

    Pass: Not shown: the verdicts of the run are there.
    Fail: Never.
    """

    def verdict(self, case: bool) -> Verdict:
        """Say that there is no run; `case` says whether the policy requires one."""
        reason = "Not asked about this bundle under this policy." + (
            "" if case else " It is not required here."
        )
        advice = f"Run `trunkline {self.room()}`, then judge again."
        return self.answer("inconclusive", reason, blocking=case, advice=advice)


class DeepchecksNotRun(_NotRun):
    """A saved run of this very bundle, with the policy of now, is looked for.

    Inconclusive: There is no such run, and the policy requires one.
    Advice: Run `make deepchecks`.
    """

    name = "deepchecks/not-run"
    question = "Has deepchecks looked at this bundle?"
    keys = ("gates.deepchecks.required",)


class LoadNotRun(_NotRun):
    """A saved run of this very bundle, with the policy of now, is looked for.

    Inconclusive: There is no such run, and the policy requires one.
    Advice: Run `make load`.
    """

    name = "load/not-run"
    question = "Was the service of this bundle loaded?"
    keys = ("gates.load.required",)

"""The interface gate: must callers send something else than to the champion, or do they get other answers?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trunkline.core.contract import Contract
from trunkline.core.gate import Gate
from trunkline.core.policy.gates import DataGates
from trunkline.core.verdicts import Verdict
from trunkline.inputs.interface import InterfaceChange, interface_changes


@dataclass(frozen=True)
class InterfaceCase:
    """The champion's contract (None without one), the contract of now, and changes that no contract shows."""

    before: Contract | None
    after: Contract
    rules: DataGates
    also: Sequence[InterfaceChange] = ()


class Interface(Gate[InterfaceCase]):
    """The contract is compared with the champion's, as the service applies them: fields that must or may be
    sent, their types, units, ranges and categories, and what is answered. No rows are looked at.

    Pass: Every request that is answered now will be. Changes that break no caller (an optional field, a wider
    range, another category) are listed.
    Fail: A caller must change: a new field that must be sent, a field that is refused now, a narrower range, a
    category that is gone, another type or unit, other answers. The reason names each.
    Inconclusive: Never.
    Advice: Tell the callers of the service, and agree on a day. Then waive this gate until that day, or set
    `gates.data.interface: allow` in the change that is reviewed. A new field that may be null breaks no caller.
    During a silent or canary stage requests keep the champion's contract: fields that only the challenger knows
    are optional, and the champion answers rows that the challenger cannot read.
    """

    name = "data/interface"
    question = "Can callers go on as they do, when this replaces the champion?"
    keys = ("gates.data.interface",)

    def verdict(self, case: InterfaceCase) -> Verdict:
        if case.before is None:
            return self.answer(
                "pass",
                "There is no champion yet, so nobody sends requests that could break.",
            )
        found = (*interface_changes(case.before, case.after), *case.also)
        breaking = [one for one in found if one.breaking]
        return self.answer(
            "fail" if breaking else "pass",
            blocking=case.rules.interface == "stop",
            reason=" ".join(one.words for one in found) or "Requests and answers are what they were.",
            advice=None
            if breaking
            else "Tell the callers of the service what they may send now."
            if found
            else "",
        )

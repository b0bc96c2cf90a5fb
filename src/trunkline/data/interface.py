"""The interface gate: must callers send something else than to the champion, or do they get other answers?"""

from __future__ import annotations

from collections.abc import Sequence

from trunkline.core.contract import Contract
from trunkline.core.policy.gates import DataGates
from trunkline.core.verdicts import Verdict
from trunkline.inputs.interface import InterfaceChange, interface_changes

GATE = "data/interface"


def judge_interface(
    before: Contract | None, after: Contract, gates: DataGates, *, also: Sequence[InterfaceChange] = ()
) -> Verdict:
    """Answer whether every request that the champion's contract (`before`) allows is answered as before.

    `also` holds changes for callers that no contract shows. A breaking change fails; `gates.interface` says whether
    that blocks a release. Compatible changes pass and are listed.
    """
    question = "Can callers go on as they do, when this replaces the champion?"
    if before is None:
        return Verdict(
            gate=GATE,
            outcome="pass",
            question=question,
            reason="There is no champion yet, so nobody sends requests that could break.",
        )
    found = (*interface_changes(before, after), *also)
    breaking = [one for one in found if one.breaking]
    return Verdict(
        gate=GATE,
        outcome="fail" if breaking else "pass",
        blocking=gates.interface == "stop",
        question=question,
        reason=" ".join(one.words for one in found) or "Requests and answers are what they were.",
        advice="Tell the callers of the service, and agree on a day. Then waive this gate until that day, or set "
        "gates.data.interface to allow in the change that is reviewed. A new field that may be null breaks no caller."
        if breaking
        else "Tell the callers of the service what they may send now."
        if found
        else "",
    )

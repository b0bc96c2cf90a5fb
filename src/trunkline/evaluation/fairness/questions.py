"""Fairness: the questions asked of each protected attribute, and of each two of them."""

from __future__ import annotations

from collections.abc import Mapping

from trunkline.core.gate import gates, with_rules
from trunkline.core.policy.gates import Gates
from trunkline.core.verdicts import Verdict
from trunkline.measure.by_group import Masks
from trunkline.measure.paired import Paired

from .audit import Audit


def fairness_verdicts(
    paired: Paired,
    masks: Mapping[str, Masks],
    policy: Gates,
    *,
    champion: Paired | None = None,
) -> tuple[Verdict, ...]:
    """Ask the gates about each attribute in `masks`, and about each two of them (`colour & sex`).

    `masks` maps an attribute to its groups (`colour=Black`) and these to masks of shape (n,), as `groups` returns them.
    What two attributes show together need show in neither. `champion` holds the champion's answers to the same rows.
    Raises DataError when it does not.
    """
    asked = [gate for gate in gates("fairness") if "{attribute}" in gate.name]
    verdicts: list[Verdict] = []
    for attribute, by in masks.items():
        audit = Audit(attribute, by, paired, policy.fairness, champion)
        if audit.crossed and not policy.fairness.intersections:
            continue
        for gate in asked:
            found = tuple(with_rules(gate, policy).verdicts(audit))
            verdicts += [_with_parts(one, verdicts) if audit.crossed else one for one in found]
            if found and audit.crossed and not audit.enough:
                break  # the other questions would get the same answer
    return tuple(verdicts)


def _with_parts(crossed: Verdict, verdicts: list[Verdict]) -> Verdict:
    """Return a red verdict on two attributes with those of the two named that are red on their own."""
    if crossed.outcome != "fail":
        return crossed
    room, pair, question = crossed.gate.split("/", 2)
    parts = {f"{room}/{attribute}/{question}": attribute for attribute in pair.split(" & ")}
    red = [parts[one.gate] for one in verdicts if one.gate in parts and one.outcome == "fail"]
    if not red:
        return crossed
    alone = f"Begin with {' and '.join(red)}, red without any crossing, which may only repeat it. "
    return crossed.model_copy(update={"advice": alone + crossed.advice})

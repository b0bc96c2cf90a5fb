"""How far the answers of two versions lie apart."""

from __future__ import annotations

from collections.abc import Sequence

from trunkline.core.contract import Contract
from trunkline.core.figures import Figure
from trunkline.inputs.drift import counts_drift
from trunkline.predictions import Prediction

from .by_users import profile_by_users
from .profiles import Profile
from .profiling import profile_answers


def answers_apart(
    own: Sequence[Prediction], other: Sequence[Prediction], reference: Profile, contract: Contract
) -> Figure | None:
    """Return the population stability index of two sets of answers: of the score where there is one, else of the label.

    None where one set is empty, or neither can be compared.
    """
    if not own or not other:
        return None
    now = profile_by_users(reference, own, contract)
    usual = profile_answers(reference, other, contract)
    for name in ("score", "label"):
        one, two = getattr(now.whole, name), getattr(usual, name)
        groups = [getattr(group, name) for group in now.groups]
        if one and two and (found := counts_drift(two, one, groups, now.most)):
            return Figure(
                name="psi", value=found.psi, rows=min(len(own), len(other)), interval=found.interval
            )
    return None

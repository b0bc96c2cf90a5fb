"""The kill switch: the champion answers alone although a challenger is desired, until another desired state is merged.

This is the one drift that is meant. It stands in the history, and every plan keeps it.
"""

from __future__ import annotations

from collections.abc import Sequence

from trunkline.core.release import Deployment, Release

from .desired_state import DesiredState


def thrown(history: Sequence[Deployment], desired: Release | None) -> Deployment | None:
    """Return the deployment by which the switch was thrown for the desired release; None where it was not.

    Any later commit that changes the desired state lifts it.
    """
    applied = [row for row in history if row.outcome == "applied"]
    newest = applied[-1] if applied else None
    return newest if newest and desired and newest.instead_of == desired else None


def champion_alone(state: DesiredState) -> DesiredState:
    """Return the desired state with the champion alone; the salt stays, so that the same users would come back."""
    changes = {"strategy": "single", "challenger": None, "share": 0.0}
    return DesiredState.model_validate(dict(state) | changes)

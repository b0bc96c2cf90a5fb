"""The moves of a rollout: silent, canary, single, and the way back, as pure changes of the desired state.

A champion that answers alone has no move back: to go back, revert the merge.
"""

from __future__ import annotations

from trunkline.core.errors import PolicyError
from trunkline.core.record import sha256, short
from trunkline.core.release import Route
from trunkline.measure.wording import percent

from .desired_state import DesiredState


def next_state(
    state: DesiredState, stage: str, *, challenger: Route | None = None, share: float = 0.0
) -> DesiredState:
    """Return the desired state after the move to `stage`: silent, canary or single.

    `challenger` may be left out where the state has one; `share` (of users, 0 to 1) is the canary's.
    Which users a canary meets depends on the salt alone, and that on the challenger's digest alone.
    Raises PolicyError that says what is possible when the move is not.
    """
    if stage not in ("silent", "canary", "single"):
        raise _impossible(state, f"There is no stage {stage}.")
    wanted = challenger or state.challenger
    if wanted is None:
        raise _impossible(state, f"No version is named that {stage} could be about.")
    if state.champion is None:
        if stage != "single":
            raise _impossible(state, f"{stage} needs a champion, and nothing serves {state.environment}.")
        return _change(state, strategy="single", champion=wanted, salt=salt_of(wanted))
    if wanted.bundle == state.champion.bundle:
        raise _impossible(state, f"Version {wanted.version} is the champion already.")
    known = state.challenger is not None and state.challenger.bundle == wanted.bundle
    if state.challenger is not None and not known and stage != "silent":
        raise _impossible(
            state,
            f"Version {state.challenger.version} is the challenger, and version {wanted.version} has not been.",
        )
    if known and stage == "silent":
        now = "silent" if state.strategy == "silent" else "answering users"
        raise _impossible(state, f"Version {wanted.version} is {now} already.")
    salt = state.salt if known and state.salt else salt_of(wanted)
    if stage == "single":
        return _change(state, strategy="single", champion=wanted, challenger=None, share=0.0, salt=salt)
    if stage == "silent":
        return _change(state, strategy="silent", challenger=wanted, share=0.0, salt=salt)
    if not 0.0 < share < 1.0:
        raise PolicyError("A canary's share of users must lie between 0 and 1.", value=share)
    if state.strategy == "canary" and share == state.share:
        raise _impossible(
            state, f"Version {wanted.version} is a canary for {percent(share)} of users already."
        )
    return _change(state, strategy="canary", challenger=wanted, share=share, salt=salt)


def state_before(state: DesiredState) -> DesiredState:
    """Return the desired state with the champion alone, as it was before the challenger came.

    Raises PolicyError when there is no challenger.
    """
    if state.champion is None or state.challenger is None:
        raise _impossible(state, "There is no challenger that could be taken back.")
    salt = salt_of(state.champion)
    return _change(state, strategy="single", challenger=None, share=0.0, salt=salt)


def salt_of(route: Route) -> str:
    """Return the salt of a rollout of this bundle, the same every time it is computed."""
    return short(sha256(f"trunkline/salt/1 {route.bundle}".encode()))


def possible(state: DesiredState) -> str:
    """Return in words which moves a state allows."""
    if state.champion is None:
        return "single, as the first release"
    if state.challenger is None:
        return "silent, canary or single with another version than the champion"
    name = f"version {state.challenger.version}"
    if state.strategy == "silent":
        return f"canary or single with {name}, silent with a newer one, or reverting the merge"
    return f"canary with another share or single with {name}, silent with a newer one, or reverting the merge"


def _change(state: DesiredState, **changes: object) -> DesiredState:
    return DesiredState.model_validate(dict(state) | changes)


def _impossible(state: DesiredState, what: str) -> PolicyError:
    return PolicyError(
        what, next_step=f"{state.environment} is at {state.strategy}; possible: {possible(state)}"
    )

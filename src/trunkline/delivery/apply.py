"""Apply: the act that removes the difference, under a lock, with a line of history."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from trunkline.core.bundle import BundleStore
from trunkline.core.errors import StalePlanError, TrunklineError
from trunkline.core.lock import only_one
from trunkline.core.record import short
from trunkline.core.release import Deployment, Release

from .history import read_history, stage_since, write_down
from .plan import Plan, same
from .targets.protocol import Remembering, Target


def apply(
    plan: Plan,
    *,
    reviewed: str,
    target: Target,
    bundles: BundleStore,
    history: Path,
    instead_of: Release | None = None,
) -> Deployment:
    """Carry out `plan` and return what was done; it is appended to `history`, unless there was nothing to do.

    `instead_of` is the desired release that the kill switch keeps from serving, where it does.
    `reviewed` is the checksum of the plan that a person or a pull request agreed to, whole or its first twelve digits.
    Raises StalePlanError when that is another plan or something else serves by now; what `Target.apply` raises
    (ApplyError above all) passes through after the history has its "went back" line.
    """
    again = f"trunkline plan {plan.environment}, look at it, and apply what it says"
    if reviewed not in (plan.checksum, short(plan.checksum)):
        raise StalePlanError(
            f"The plan for {plan.environment} is now {short(plan.checksum)}, not the one that was reviewed.",
            value=reviewed,
            next_step=again,
        )
    if not plan.steps:
        return _deployment(plan, "applied", "nothing to do")
    with only_one(history.with_suffix(".lock"), f"An apply on {plan.environment}"):
        if not same(target.observe(), plan.actual):
            raise StalePlanError(
                f"Something else serves {plan.environment} than when the plan was made.", next_step=again
            )
        if plan.release is None:
            target.stop()
            return write_down(history, _deployment(plan, "stopped", plan.steps[0].text))
        kept = "kill switch: " if instead_of else ""
        done = "; ".join(f"{step.kind} {step.text}" for step in plan.steps)
        made = _deployment(plan, "applied", kept + done)
        memory = target if isinstance(target, Remembering) else None
        before = memory.newest() if memory else None
        since = stage_since((before,) if before else read_history(history), plan.release) or made.time
        made = made.model_copy(update={"instead_of": instead_of, "since": since})
        if (
            memory and instead_of
        ):  # first: when this apply is cut off, the next one must not give the traffic back
            memory.remember(made)
        try:
            target.apply(plan.release, bundles)
        except TrunklineError as error:
            write_down(history, _deployment(plan, "went back", error.what))
            if memory and instead_of:
                with suppress(TrunklineError):
                    memory.remember(before)
            raise
        write_down(history, made)
        if memory:
            memory.remember(made)
        return made


def stop(environment: str, *, target: Target, history: Path) -> bool:
    """Stop what serves, whatever the desired state says, and return whether anything did."""
    with only_one(history.with_suffix(".lock"), f"An apply on {environment}"):
        release = target.observe()
        stopped = target.stop()
        if stopped:
            made = Deployment(
                time=datetime.now(UTC),
                environment=environment,
                revision=release.revision if release else "",
                plan="",
                release=None,
                outcome="stopped",
                detail="by hand",
            )
            write_down(history, made)
    return stopped


def _deployment(plan: Plan, outcome: Literal["applied", "went back", "stopped"], detail: str) -> Deployment:
    wanted = plan.release or plan.actual
    return Deployment(
        time=datetime.now(UTC),
        environment=plan.environment,
        revision=wanted.revision if wanted else "",
        plan=plan.checksum,
        release=plan.release,
        outcome=outcome,
        detail=detail,
    )

"""Apply: the act that removes the difference, under a lock, with a line of history."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from trunkline.core.bundle import BundleStore
from trunkline.core.errors import StalePlanError, TrunklineError
from trunkline.core.line_log import append
from trunkline.core.lock import only_one
from trunkline.core.record import short
from trunkline.core.release import Deployment, Release

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
            return _remember(history, _deployment(plan, "stopped", plan.steps[0].text))
        kept = "kill switch: " if instead_of else ""
        done = "; ".join(f"{step.kind} {step.text}" for step in plan.steps)
        made = _deployment(plan, "applied", kept + done).model_copy(update={"instead_of": instead_of})
        memory = target if isinstance(target, Remembering) else None
        before = memory.newest() if memory and instead_of else None
        if (
            memory and instead_of
        ):  # first: when this apply is cut off, the next one must not give the traffic back
            memory.remember(made)
        try:
            target.apply(plan.release, bundles)
        except TrunklineError as error:
            _remember(history, _deployment(plan, "went back", error.what))
            if memory and instead_of:
                with suppress(TrunklineError):
                    memory.remember(before)
            raise
        _remember(history, made)
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
            _remember(history, made)
    return stopped


def read_history(path: Path) -> tuple[Deployment, ...]:
    """Return what was done to an environment, oldest first; empty when nothing was.

    A last line without an end (apply was killed while writing it) is passed over. Raises StorageError otherwise.
    """
    return Deployment.read_lines(path) if path.exists() else ()


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


def _remember(history: Path, deployment: Deployment) -> Deployment:
    append(history, [deployment])
    return deployment

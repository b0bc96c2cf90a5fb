"""Asking: a stage that stays undecided is a person's to decide, by an issue."""

from __future__ import annotations

from trunkline import rollout
from trunkline.forge import Forge, Trouble, keep_issue


def keep_asking(
    forge: Forge, stage: rollout.Stage, advice: rollout.Advice, report: str, *, hours: float
) -> int:
    """Keep an issue while the policy's patience with a stage is over; return its number, 0 where there is none."""
    release = stage.release
    version = (release.challenger or release.champion).version
    trouble = Trouble(
        f"{release.environment}: a person decides whether version {version} goes on",
        f"The {release.strategy} stage of version {version} is undecided after the {hours:g} hours that "
        "`rollout.patience_hours` gives it. Nothing goes on by itself. Choose: "
        f"`trunkline promote --stage {advice.stage}`, `trunkline promote --stage back`, or more patience.\n\n"
        f"{report}",
        ("rollout",),
    )
    return _keep(
        forge,
        release.environment,
        trouble if advice.action == "ask" else None,
        f"{advice.action}: {advice.reason}",
    )


def close_asked(forge: Forge, environment: str, *, comment: str) -> None:
    """Close the issue that asks about a stage, where there is one."""
    _keep(forge, environment, None, comment)


def _keep(forge: Forge, environment: str, trouble: Trouble | None, over: str) -> int:
    issue = keep_issue(forge, f"{environment}/rollout", trouble, over=over).issue
    return issue.number if issue else 0

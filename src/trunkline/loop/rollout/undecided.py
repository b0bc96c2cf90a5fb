"""Asking: a stage that stays undecided is a person's to decide, by an issue."""

from __future__ import annotations

from trunkline import rollout
from trunkline.forge import Forge


def keep_asking(
    forge: Forge, stage: rollout.Stage, advice: rollout.Advice, report: str, *, hours: float
) -> int:
    """Keep an issue while the policy's patience with a stage is over; return its number, 0 where there is none."""
    release = stage.release
    version = (release.challenger or release.champion).version
    if advice.action != "ask":
        close_asked(forge, release.environment, comment=f"{advice.action}: {advice.reason}")
        return 0
    body = (
        f"The {release.strategy} stage of version {version} is undecided after the {hours:g} hours that "
        "`rollout.patience_hours` gives it. Nothing goes on by itself. Choose: "
        f"`trunkline promote --stage {advice.stage}`, `trunkline promote --stage back`, or more patience.\n\n"
        f"{report}"
    )
    title = f"{release.environment}: a person decides whether version {version} goes on"
    return forge.open_issue(
        fingerprint=_fingerprint(release.environment), title=title, body=body, labels=("rollout",)
    ).number


def close_asked(forge: Forge, environment: str, *, comment: str) -> None:
    """Close the issue that asks about a stage, where there is one."""
    for issue in forge.issues(state="open", fingerprint=_fingerprint(environment)):
        forge.close_issue(issue.number, comment=comment)


def _fingerprint(environment: str) -> str:
    return f"{environment}/rollout"

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
    fingerprint = f"{release.environment}/rollout/v{version}"
    if advice.action == "ask":
        body = (
            f"The {release.strategy} stage of version {version} is undecided after the {hours:g} hours that "
            "`rollout.patience_hours` gives it. Nothing goes on by itself. Choose: "
            f"`trunkline promote --stage {advice.stage}`, `trunkline promote --stage back`, or more patience.\n\n"
            f"{report}"
        )
        title = f"{release.environment}: a person decides whether version {version} goes on"
        return forge.open_issue(fingerprint=fingerprint, title=title, body=body, labels=("rollout",)).number
    for issue in forge.issues(state="open", fingerprint=fingerprint):
        forge.close_issue(issue.number, comment=f"{advice.action}: {advice.reason}")
    return 0

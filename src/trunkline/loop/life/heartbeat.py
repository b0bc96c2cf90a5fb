"""Heartbeat: notice that scheduled workflows stopped, keep them awake, and keep an issue while they stand still.

It needs nothing but the forge and git, so that it can run where nothing else is installed. It runs
from two files: heartbeat.yml, whose schedule may itself be stopped, and wake.yml, which has none and sees that.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from trunkline.core.errors import TrunklineError
from trunkline.core.git import try_git
from trunkline.core.policy.monitoring import Monitoring
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.forge import Forge, Trouble, Workflow, keep_issue, open_forge
from trunkline.forge.page import moment

from . import environments, kept_bundles, unwatched

WELL = "success"
"""The conclusion of a run that did what it should; one that was skipped looked at nothing."""
FINGERPRINT = "schedules"
MARKER = "latest"
LINES = 20
"""Dated lines that the sticky comment keeps."""
INACTIVE = "disabled_inactivity"
"""After sixty idle days GitHub switches a public repository's workflows with a schedule off: the whole file."""
OWN = "heartbeat.yml"
DAILY = timedelta(days=3)
"""How long the daily look may be missing: GitHub drops scheduled runs when it is busy."""


@dataclass(frozen=True)
class Beat:
    """How a scheduled workflow is: `trouble` when it stands still, `asleep` when the forge switched it off.

    `enable` it when no person switched it off: that wakes one that sleeps, and lets GitHub count one that is awake from
    today (as keepalive actions do; GitHub does not document it).
    """

    file: str
    words: str
    trouble: bool = False
    asleep: bool = False
    enable: bool = True


def periods(policy: Monitoring) -> dict[str, timedelta]:
    """Return the longest time without a run that each scheduled workflow may have."""
    hourly = timedelta(hours=policy.heartbeat_hours)
    return {
        "monitor.yml": hourly,
        "rollout.yml": hourly,
        "retrain.yml": timedelta(days=policy.heartbeat_days),
        OWN: DAILY,
    }


def look(
    workflows: Sequence[Workflow],
    policy: Monitoring,
    *,
    added: Mapping[str, datetime],
    now: datetime,
    scheduled: bool = False,
    seen_from: str | None = None,
) -> tuple[Beat, ...]:
    """Return how each scheduled workflow is; `added` says since when the repository has it, where that is known.

    One that a person switched off is left alone. One that never ran is in trouble once it is older than its period.
    `scheduled` says that heartbeat.yml's own schedule asks, so that it runs whatever came before; `seen_from` is as
    `unwatched.seen_from` tells.
    """
    by_file = {workflow.file: workflow for workflow in workflows}
    return tuple(
        _beat(by_file[name], period, scheduled and name == OWN, added.get(name), now, seen_from)
        for name, period in periods(policy).items()
        if name in by_file
    )


def _beat(
    workflow: Workflow,
    period: timedelta,
    runs: bool,
    added: datetime | None,
    now: datetime,
    seen_from: str | None,
) -> Beat:
    name = workflow.file
    if workflow.state == INACTIVE:
        words = "was switched off by the forge, because nothing was committed for long"
        return Beat(name, words, trouble=True, asleep=True)
    if workflow.state != "active":
        words = f"is switched off by a person ({workflow.state}), and left alone"
        return Beat(name, words, enable=False)
    if runs:
        return Beat(name, "runs now, on schedule")
    if unwatched.blind(workflow, seen_from):
        return Beat(name, f"is skipped until one of {unwatched.NAMES} is set")
    limit = _words(period)
    newest = workflow.newest if workflow.conclusion == WELL else None
    well = max(filter(None, (newest, workflow.succeeded)), default=None)
    if well is not None:
        late = now - well > period
        words = f"ended well last {moment(well)}"
        return Beat(name, f"{words}, more than {limit} ago" if late else words, trouble=late)
    if workflow.conclusion == unwatched.SKIPPED and workflow.newest is not None:
        late = now - workflow.newest > period
        return Beat(name, f"was only ever skipped, last {moment(workflow.newest)}", trouble=late)
    if added is None:
        return Beat(name, "has never run, and git does not tell how long it has been there")
    if now - added <= period:
        return Beat(name, f"has not run yet; it is there since {moment(added)}, and has {limit}")
    return Beat(name, f"has never run, and is there since {moment(added)}", trouble=True)


def _words(period: timedelta) -> str:
    hours = round(period.total_seconds() / 3600)
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours"


def heartbeat(project: Project, *, progress: Progress) -> tuple[str, ...]:
    """Look at the scheduled workflows, keep them awake, and keep the one issue about those that stand still.

    Returns one line a workflow. Raises what the forge raises.
    """
    forge = open_forge(project)
    workflows = forge.workflows()
    if not workflows:
        return ("This forge runs no workflows, so none can have stopped.",)
    now = datetime.now(UTC)
    scheduled = os.environ.get("GITHUB_EVENT_NAME") == "schedule"
    policy = project.policy.monitoring
    seen_from = unwatched.seen_from(os.environ)
    beats = look(workflows, policy, added=added(project), now=now, scheduled=scheduled, seen_from=seen_from)
    if not beats:
        return ("None of the workflows of this repository is one of Trunkline's schedules.",)
    lines = [f"{beat.file} {beat.words}{_wake(forge, beat)}" for beat in beats]
    for line in lines:
        progress(line)
    tell(forge, lines, any(beat.trouble for beat in beats), now=now)
    missing = unwatched.find(workflows, unwatched.served(project), seen_from)
    unwatched.keep_telling(forge, missing, progress=progress)
    lines += [
        f"{file} looks at nothing, and {', '.join(names)} should serve" for file, names in missing.items()
    ]
    lines += environments.look(project, forge, watched=bool(seen_from))
    return (*lines, *kept_bundles.look(project, forge))


def _wake(forge: Forge, beat: Beat) -> str:
    if not beat.enable:
        return ""
    try:
        forge.enable(beat.file)
    except TrunklineError as error:
        failed = "switched on again" if beat.asleep else "kept awake"
        return f"; it could not be {failed}: {error.what}"
    return "; it is switched on again" if beat.asleep else ""


def tell(forge: Forge, lines: Sequence[str], trouble: bool, *, now: datetime) -> None:
    """Open or update the one issue about schedules that stand still; close it once all of them run."""
    listed = "\n".join(f"- {line}" for line in lines)
    stopped = Trouble(
        "Scheduled workflows have stopped",
        f"Nobody watches the model while they stand still, {moment(now)}:\n\n{listed}\n\n"
        "## What to do next\n\n"
        "1. Look at the workflow's page: it says whether it is switched off.\n"
        "2. Start it by hand; if it waits for a runner, start the runner that TRUNKLINE_RUNNER names.\n\n"
        "Trunkline updates this issue and closes it when they run again.\n",
        ("trunkline", "signal: infrastructure", "severity: warning"),
    )
    over = f"All of them run again, {moment(now)}.\n\n{listed}\n"
    kept = keep_issue(forge, FINGERPRINT, stopped if trouble else None, over=over)
    if kept.issue is None or kept.changed:
        return
    issue = forge.issue(kept.issue.number)
    before = "".join(comment.body for comment in issue.comments if comment.marker == MARKER)
    dated = [line for line in before.splitlines() if line.startswith("- **")]
    news = f"- **{moment(now)}** {'; '.join(lines)}"
    forge.comment_issue(issue.number, "\n".join([*dated[-(LINES - 1) :], news]) + "\n", marker=MARKER)


def added(project: Project) -> dict[str, datetime]:
    """Return since when the repository has each workflow file, as far as its history here tells."""
    shallow = try_git(project.root, "rev-parse", "--is-shallow-repository").stdout.strip()
    if shallow == "true":
        return {}
    found = {}
    for name in periods(project.policy.monitoring):
        path = f":(top).github/workflows/{name}"
        told = try_git(project.root, "log", "--diff-filter=A", "--format=%cI", "--", path).stdout.split()
        if told:
            found[name] = datetime.fromisoformat(told[-1])
    return found

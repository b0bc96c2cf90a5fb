"""Heartbeat: notice that scheduled workflows stopped, switch them on again, and keep an issue while they stand still.

It needs nothing but the forge and git, so that it can run where nothing else is installed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from trunkline.core.errors import TrunklineError
from trunkline.core.git import try_git
from trunkline.core.policy.monitoring import Monitoring
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.forge import Forge, Workflow, open_forge
from trunkline.forge.page import moment

WELL = ("success", "skipped")
"""Conclusions of runs that did what they should; one that is skipped has nothing to look at."""
FINGERPRINT = "schedules"
MARKER = "latest"
LINES = 20
"""Dated lines that the sticky comment keeps."""
INACTIVE = "disabled_inactivity"
"""GitHub switches schedules of a public repository off after sixty days without a commit."""


@dataclass(frozen=True)
class Beat:
    """How a scheduled workflow is: `trouble` when it stands still, `enable` when it has to be switched on again."""

    file: str
    words: str
    trouble: bool = False
    enable: bool = False


def periods(policy: Monitoring) -> dict[str, timedelta]:
    """Return the longest time without a run that each scheduled workflow may have."""
    hourly = timedelta(hours=policy.heartbeat_hours)
    return {
        "monitor.yml": hourly,
        "rollout.yml": hourly,
        "retrain.yml": timedelta(days=policy.heartbeat_days),
    }


def look(
    workflows: Sequence[Workflow], policy: Monitoring, *, added: Mapping[str, datetime], now: datetime
) -> tuple[Beat, ...]:
    """Return how each scheduled workflow is; `added` says since when the repository has it, where that is known.

    One that a person switched off is left alone. One that never ran is in trouble once it is older than its period.
    """
    by_file = {workflow.file: workflow for workflow in workflows}
    return tuple(
        _beat(by_file[name], period, added.get(name), now)
        for name, period in periods(policy).items()
        if name in by_file
    )


def _beat(workflow: Workflow, period: timedelta, added: datetime | None, now: datetime) -> Beat:
    name = workflow.file
    if workflow.state == INACTIVE:
        words = "was switched off by the forge, because nothing was committed for long"
        return Beat(name, words, trouble=True, enable=True)
    if workflow.state != "active":
        return Beat(name, f"is switched off by a person ({workflow.state}), and left alone")
    limit = _words(period)
    well = workflow.succeeded or (workflow.newest if workflow.conclusion in WELL else None)
    if well is not None:
        late = now - well > period
        words = f"ended well last {moment(well)}"
        return Beat(name, f"{words}, more than {limit} ago" if late else words, trouble=late)
    if added is None:
        return Beat(name, "has never run, and git does not tell how long it has been there")
    if now - added <= period:
        return Beat(name, f"has not run yet; it is there since {moment(added)}, and has {limit}")
    return Beat(name, f"has never run, and is there since {moment(added)}", trouble=True)


def _words(period: timedelta) -> str:
    hours = round(period.total_seconds() / 3600)
    return f"{hours // 24} days" if hours >= 48 else f"{hours} hours"


def heartbeat(project: Project, *, progress: Progress) -> tuple[str, ...]:
    """Look at the scheduled workflows, switch on what the forge switched off, and keep the one issue about it.

    Returns one line a workflow. Raises what the forge raises.
    """
    forge = open_forge(project)
    workflows = forge.workflows()
    if not workflows:
        return ("This forge runs no workflows, so none can have stopped.",)
    now = datetime.now(UTC)
    beats = look(workflows, project.policy.monitoring, added=added(project), now=now)
    if not beats:
        return ("None of the workflows of this repository is one of Trunkline's schedules.",)
    lines = [f"{beat.file} {beat.words}{_revive(forge, beat)}" for beat in beats]
    for line in lines:
        progress(line)
    tell(forge, lines, any(beat.trouble for beat in beats), now=now)
    return tuple(lines)


def _revive(forge: Forge, beat: Beat) -> str:
    if not beat.enable:
        return ""
    try:
        forge.enable(beat.file)
    except TrunklineError as error:
        return f"; it could not be switched on again: {error.what}"
    return "; it is switched on again"


def tell(forge: Forge, lines: Sequence[str], trouble: bool, *, now: datetime) -> None:
    """Open or update the one issue about schedules that stand still; close it once all of them run."""
    known = forge.issues(state="open", fingerprint=FINGERPRINT)
    listed = "\n".join(f"- {line}" for line in lines)
    if not trouble:
        for issue in known:
            forge.close_issue(issue.number, comment=f"All of them run again, {moment(now)}.\n\n{listed}\n")
        return
    if not known:
        forge.open_issue(
            fingerprint=FINGERPRINT,
            title="Scheduled workflows have stopped",
            body=(
                f"Nobody watches the model while they stand still, {moment(now)}:\n\n{listed}\n\n"
                "## What to do next\n\n"
                "1. Look at the workflow's page: it says whether it is switched off.\n"
                "2. Start it by hand; if it waits for a runner, start the runner that TRUNKLINE_RUNNER names.\n\n"
                "Trunkline updates this issue and closes it when they run again.\n\n"
                f"<!-- trunkline:fingerprint={FINGERPRINT} -->\n"
            ),
            labels=("trunkline", "signal: infrastructure", "severity: warning"),
        )
        return
    issue = forge.issue(known[0].number)
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

"""Unwatched: environments that should serve and that no schedule looks at, and the one issue that says so.

A schedule that cannot see anything is skipped, and a skipped run is green: without this issue nobody would notice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from trunkline.core.project import Project
from trunkline.delivery.desired_state import read_state
from trunkline.forge import Forge, Workflow

SKIPPED = "skipped"
FINGERPRINT = "watch"


@dataclass(frozen=True)
class Served:
    """The environments whose desired state names a champion, and those where a challenger waits to be judged."""

    champions: tuple[str, ...] = ()
    challengers: tuple[str, ...] = ()


WATCHERS = {"monitor.yml": "champions", "rollout.yml": "challengers"}
"""Which schedule looks at which of them."""


def served(project: Project) -> Served:
    """Return what the desired state names; raises PolicyError when one of its files cannot be read."""
    states = {name: read_state(project.deployment(name)) for name in project.environments()}
    return Served(
        champions=tuple(name for name, state in states.items() if state.champion),
        challengers=tuple(name for name, state in states.items() if state.challenger),
    )


def blind(workflow: Workflow, runner: str | None) -> bool:
    """Whether a schedule is skipped each time, because no machine is named from which it can see anything.

    `runner` is the label of that machine, empty when none is named, None when that is unknown.
    """
    if workflow.file not in WATCHERS or workflow.state.startswith("disabled_manually"):
        return False
    return not runner if runner is not None else workflow.conclusion == SKIPPED


def find(workflows: Sequence[Workflow], serves: Served, runner: str | None) -> dict[str, tuple[str, ...]]:
    """Return the environments that nothing looks at, by the schedule that should."""
    return {
        each.file: environments
        for each in workflows
        if blind(each, runner) and (environments := getattr(serves, WATCHERS[each.file]))
    }


def keep_issue(forge: Forge, missing: dict[str, tuple[str, ...]]) -> None:
    """Open the one issue about what is unwatched; close it when it is watched again, or nothing serves."""
    known = forge.issues(state="open", fingerprint=FINGERPRINT)
    if not missing:
        for issue in known:
            forge.close_issue(
                issue.number, comment="Something looks at it again, or nothing serves any more."
            )
        return
    if known:
        return
    what = {"monitor.yml": "the champion", "rollout.yml": "the challenger"}
    lines = "\n".join(f"- {', '.join(names)}: {what[file]} ({file})" for file, names in missing.items())
    forge.open_issue(
        fingerprint=FINGERPRINT,
        title="Nothing watches what should serve",
        body=(
            f"The desired state names models that no schedule looks at:\n\n{lines}\n\n"
            "Those schedules run on the machine that the repository variable TRUNKLINE_RUNNER names, and are skipped"
            " without it. deploy.yml leaves a `local` target alone for the same reason: unless somebody ran"
            " `make apply` on a machine, nothing answers.\n\n"
            "## What to do next\n\n"
            "1. Register a self-hosted runner on the machine that serves, set the variables TRUNKLINE_RUNNER and"
            " TRUNKLINE_HOME, and start deploy.yml by hand.\n"
            "2. If another machine watches it with `make monitor`, disable these workflows on their pages.\n\n"
            "Trunkline closes this issue when something looks at it again.\n\n"
            f"<!-- trunkline:fingerprint={FINGERPRINT} -->\n"
        ),
        labels=("trunkline", "signal: infrastructure", "severity: warning"),
    )

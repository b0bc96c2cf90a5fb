"""Unwatched: environments that should serve and that no schedule looks at, and the one issue that says so.

A schedule that cannot see anything is skipped, and a skipped run is green: without this issue nobody would notice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trunkline.core.errors import ForgeError, UnavailableError
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.delivery.desired_state import read_state
from trunkline.forge import Forge, Trouble, Workflow, keep_issue

SKIPPED = "skipped"
FINGERPRINT = "watch"


@dataclass(frozen=True)
class Served:
    """The environments whose desired state names a champion, and those where a challenger waits to be judged."""

    champions: tuple[str, ...] = ()
    challengers: tuple[str, ...] = ()


VARIABLES = ("TRUNKLINE_LOG_STORE", "TRUNKLINE_SERVICE_URL", "TRUNKLINE_HOST", "TRUNKLINE_RUNNER")
"""Each says from where what serves can be seen: its log's bucket, its address, its machine, a runner beside it."""
NAMES = f"{', '.join(VARIABLES[:-1])} or {VARIABLES[-1]}"
WAYS = {
    "A container on a machine that you reach by SSH": (
        "Install podman and HAProxy there, let a key of its own in by SSH, and set it as the secret"
        " `TRUNKLINE_SSH_KEY` of the environment `production`.",
        "Write `target: {kind: container, host: USER@MACHINE, host_key: TYPE KEY, port: 8080}` into"
        " `deployments/production.yaml`, the machine's key from its `/etc/ssh/ssh_host_ed25519_key.pub`, and merge it.",
        "Let a second key ask what serves, and nothing else: `trunkline status production --for status.pub` prints its"
        " line for `authorized_keys`. It is the secret `TRUNKLINE_SSH_STATUS_KEY` of the environment `automation`.",
        "Make a key of the log: `trunkline key new --environment production --scope log`. It is the secret"
        " `TRUNKLINE_KEY_LOG` of the environment `automation`.",
        "Set the variable `TRUNKLINE_HOST` to `USER@MACHINE`.",
    ),
    "A bucket": (
        'Write `serving: {log: {store: "s3://BUCKET/{environment}"}}` into `trunkline.yaml`, and `obstore` into'
        " `requirements/dev.in` and `requirements/serve.in`; `make lock`, and merge it.",
        "Run the image wherever you like, with credentials that may write to the bucket.",
        "Make a role that may read and write there, and trusts this repository (`docs/github.md`).",
        "Set the variables `AWS_ROLE_ARN` and `AWS_REGION`.",
        "Set the variable `TRUNKLINE_LOG_STORE` to the same address.",
    ),
    "A self-hosted runner on a machine that serves": (
        "Register a runner there, for this repository, with a label of its own (`docs/machine.md`).",
        "Let it refuse what is not main: `.github/only-main.sh` as its hook.",
        "Set the variable `TRUNKLINE_RUNNER` to the label.",
        "Set the variable `TRUNKLINE_HOME` to a folder outside the runner's work folder.",
        "Start `deploy.yml` by hand.",
    ),
}
"""The shortest ways from here to a production that is watched, each in five steps."""
MARKER = "latest"
"""The sticky comment that is kept up to date."""
WATCHERS = {"monitor.yml": "champions", "rollout.yml": "challengers"}
"""Which schedule looks at which of them."""


def served(project: Project) -> Served:
    """Return what the desired state names; raises PolicyError when one of its files cannot be read."""
    states = {name: read_state(project.deployment(name)) for name in project.environments()}
    return Served(
        champions=tuple(name for name, state in states.items() if state.champion),
        challengers=tuple(name for name, state in states.items() if state.challenger),
    )


def seen_from(environment: Mapping[str, str]) -> str | None:
    """Return what says from where the schedules can see anything; empty where nothing does, None where nobody asked."""
    known = [environment[name] for name in VARIABLES if name in environment]
    return "".join(known) if known else None


def blind(workflow: Workflow, seen_from: str | None) -> bool:
    """Whether a schedule is skipped each time, because nothing says from where it can see anything."""
    if workflow.file not in WATCHERS or workflow.state.startswith("disabled_manually"):
        return False
    return not seen_from if seen_from is not None else workflow.conclusion == SKIPPED


def find(workflows: Sequence[Workflow], serves: Served, seen_from: str | None) -> dict[str, tuple[str, ...]]:
    """Return the environments that nothing looks at, by the schedule that should."""
    return {
        each.file: environments
        for each in workflows
        if blind(each, seen_from) and (environments := getattr(serves, WATCHERS[each.file]))
    }


def keep_telling(forge: Forge, missing: dict[str, tuple[str, ...]], *, progress: Progress) -> None:
    """Keep the one pinned issue about what is unwatched; close it when it is watched again, or nothing serves."""
    trouble = Trouble(
        "Nothing watches what should serve",
        _body(),
        ("trunkline", "signal: infrastructure", "severity: warning"),
    )
    over = "Something looks at it now, or nothing serves any more."
    kept = keep_issue(forge, FINGERPRINT, trouble if missing else None, over=over)
    for number in kept.changed:
        _pin(forge, number, pinned=kept.issue is not None, progress=progress)
    if kept.issue is None:
        return
    what = {"monitor.yml": "the champion", "rollout.yml": "the challenger"}
    said = "\n".join(f"- {', '.join(names)}: {what[file]} ({file})" for file, names in missing.items())
    issue = forge.issue(kept.issue.number)
    if said not in [comment.body.strip() for comment in issue.comments if comment.marker == MARKER]:
        forge.comment_issue(issue.number, said, marker=MARKER)


def _pin(forge: Forge, number: int, *, pinned: bool, progress: Progress) -> None:
    """Pin an issue, or take it down; people may have pinned three others, and then it is an issue as any."""
    try:
        forge.pin_issue(number, pinned=pinned)
    except (ForgeError, UnavailableError) as error:
        progress(
            f"issue #{number} is as good as before, but {'not pinned' if pinned else 'still pinned'}: {error}"
        )


def _body() -> str:
    ways = "\n\n".join(f"### {title}\n\n{numbered(steps)}" for title, steps in WAYS.items())
    return (
        "main names models for users, and each has its image. But nothing says where production runs, so no schedule"
        " looks at it: not at its answers, not at its quality, not at whether it lives. The comment below names what"
        f" is not watched.\n\n## The three shortest ways on\n\n{ways}\n\n"
        "If another machine watches it with `make monitor`, disable `monitor.yml` and `rollout.yml` on their pages."
        f" Trunkline closes this issue when one of {NAMES} is set.\n"
    )


def numbered(steps: Sequence[str]) -> str:
    """Return steps as a numbered list."""
    return "\n".join(f"{place}. {step}" for place, step in enumerate(steps, 1))

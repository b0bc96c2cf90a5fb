"""Drift: what serves is not what main desires, though nobody is about to deploy it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from trunkline.core.errors import UnavailableError
from trunkline.core.git import git
from trunkline.core.markdown import code, plain
from trunkline.core.project import Project
from trunkline.core.secrets import secret
from trunkline.delivery import Plan
from trunkline.forge import Issue, Trouble, keep_issue, open_forge

from .deploying import out_of_reach, plan_deployment, serves_here

GRACE = timedelta(hours=1)
"""A merge is being deployed, or waits for a reviewer, so long."""


def drift(project: Project, environment: str, now: datetime) -> Plan | None:
    """Return what would have to be done for an environment to serve what main desires; None where it does.

    A desired state that was merged less than GRACE ago is on its way. Raises UnavailableError where what serves cannot
    be asked from here, and what `plan_deployment` raises.
    """
    if serves_here(project, environment) and _is_elsewhere(project, environment):
        raise UnavailableError(
            f"What serves {environment} cannot be asked from here.",
            next_step=f"trunkline plan {environment} on the machine that deploys it",
        )
    made = plan_deployment(project, environment)
    path = project.deployment(environment)
    merged = int(git(project.root, "log", "-1", "--format=%ct", "--", str(path)))
    return made if made.steps and now - datetime.fromtimestamp(merged, UTC) >= GRACE else None


def _is_elsewhere(project: Project, environment: str) -> bool:
    """Whether the machine that serves is not this one: nothing was deployed here, and the log is read from a store."""
    named = (
        project.policy.serving.log.store or secret("TRUNKLINE_LOG_STORE") or secret("TRUNKLINE_SERVICE_URL")
    )
    hosted = bool(out_of_reach(project, environment))
    return hosted or (bool(named) and not project.live(environment).is_dir())


def look_for_drift(project: Project, environment: str, now: datetime) -> str:
    """Keep the issue about drift, and return in words what was found: empty where there is none.

    Where nobody can ask what serves, the issue stays as it is. Raises what `drift` raises for other reasons.
    """
    try:
        found = drift(project, environment, now)
    except UnavailableError as error:
        return f"not known: {error}"
    issue = tell_drift(project, environment, found)
    return f"#{issue.number} {issue.title}" if issue else ""


def tell_drift(project: Project, environment: str, found: Plan | None) -> Issue | None:
    """Keep an issue while an environment drifts, and close it when it does not; return the open one."""
    over = "It serves what main desires again."
    trouble = _trouble(environment, found) if found else None
    return keep_issue(open_forge(project), f"{environment}/drift", trouble, over=over).issue


def _trouble(environment: str, found: Plan) -> Trouble:
    steps = "\n".join(f"- {step.kind}: {plain(step.text)}" for step in found.steps)
    return Trouble(
        title=f"{environment}: what serves is not what main desires",
        body=(
            f"Nobody merged this difference:\n\n{steps}\n\nSomething changed by hand, or a machine lost it."
            f" {code(f'trunkline deploy {environment}')} (deploy.yml) makes it serve what main desires; this issue"
            " closes itself then.\n"
        ),
        labels=("trunkline", "signal: infrastructure", "severity: warning"),
    )

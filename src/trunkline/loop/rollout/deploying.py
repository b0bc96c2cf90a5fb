"""Deploy: from the desired state in a commit to what serves."""

from __future__ import annotations

import os
from pathlib import Path

from trunkline import delivery
from trunkline.core.contract import Contract
from trunkline.core.errors import NotFoundError, PolicyError, TrunklineError
from trunkline.core.git import first_commit, git
from trunkline.core.markdown import code, plain
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.release import Deployment, Release
from trunkline.delivery import (
    DesiredState,
    Environment,
    Plan,
    Target,
    TargetKind,
    apply,
    champion_alone,
    kind_of,
    plain_http,
    plan,
    read_history,
    read_state,
    require_possible,
    settings_of,
    thrown,
)
from trunkline.delivery.targets.protocol import Remembering
from trunkline.forge import Issue, Trouble, keep_issue, open_forge
from trunkline.loop.changes.merged import require_merged_file
from trunkline.loop.versions.bundles import bundle_of
from trunkline.loop.versions.signatures import require_signed, signatures

from .callers import caller_notice


def target_of(project: Project, environment: str, *, progress: Progress = lambda _: None) -> Target:
    """Return the target that an environment's desired state names.

    Raises PolicyError when there is no such kind of target, or its settings or the image are not for it.
    """
    state = read_state(project.deployment(environment))
    kind = _kind_of(project, state)
    return kind.open(environment_of(project, environment, progress=progress), settings_of(kind, state))


def environment_of(project: Project, environment: str, *, progress: Progress = lambda _: None) -> Environment:
    """Return what a target may know of an environment."""
    return Environment(
        name=environment,
        file=f"deployments/{environment}.yaml",
        folder=project.live(environment),
        predictions=project.predictions(environment),
        locks=project.locks,
        installed=project.work / "installed",
        serving=project.policy.serving,
        secret=project.secret(environment),
        progress=progress,
        project=project.policy.name,
        repository=lambda: first_commit(project.root),
    )


def _kind_of(project: Project, state: DesiredState) -> TargetKind:
    return kind_of(state, packages=project.packages)


def serves_here(project: Project, environment: str) -> bool:
    """Whether what serves an environment runs on the machine that deploys."""
    state = read_state(project.deployment(environment))
    kind = _kind_of(project, state)
    return kind.on_this_machine(settings_of(kind, state))


def takes_image(project: Project, environment: str) -> bool:
    """Whether an environment's target runs the image that its desired state names."""
    return _kind_of(project, read_state(project.deployment(environment))).takes_image


def plan_deployment(project: Project, environment: str) -> Plan:
    """Return the difference between the merged desired state and what serves.

    Raises PolicyError when there is no such environment, ForgeError when its file is not what was merged.
    """
    path = project.deployment(environment)
    desired = read_state(path)
    require_merged_file(project, path)
    require_deployable(project, desired)
    revision = git(project.root, "log", "-1", "--format=%H", "--", str(path))
    target = target_of(project, environment)
    if switched_off(project, environment, desired.release(revision)):
        desired = champion_alone(desired)
    return plan(desired, target.observe(), revision=revision, upkeep=target.upkeep())


def require_deployable(project: Project, state: DesiredState) -> None:
    """Raise PolicyError for what apply would refuse of a desired state, whatever serves; a stop is always possible."""
    if state.champion is not None:
        require_possible(state, settings_of(_kind_of(project, state), state), project.policy.serving)


def before_it(project: Project, environment: str) -> tuple[str, ...]:
    """Return in words what must stand before an environment's service; nothing where it needs nothing."""
    state = read_state(project.deployment(environment))
    words = plain_http(settings_of(_kind_of(project, state), state), project.policy.serving)
    return (words,) if words else ()


def switched_off(project: Project, environment: str, desired: Release | None) -> Deployment | None:
    """Return the deployment by which the kill switch took the traffic of the desired challenger, where it did."""
    if desired is None or desired.challenger is None:
        return None
    return thrown(history_of(project, environment), desired)


def history_of(project: Project, environment: str) -> tuple[Deployment, ...]:
    """Return what was deployed: by whichever machine, as far as the target keeps it, else by this one."""
    target = target_of(project, environment)
    newest = target.newest() if isinstance(target, Remembering) else None
    return (newest,) if newest else read_history(history_file(project, environment))


def desired_release(project: Project, environment: str) -> Release | None:
    """Return what the checked-out desired state wants to serve."""
    path = project.deployment(environment)
    return read_state(path).release(git(project.root, "log", "-1", "--format=%H", "--", str(path)))


def notice_of(project: Project, made: Plan, *, progress: Progress) -> tuple[str, ...]:
    """Return what callers must or may do once a plan was carried out."""
    actual, release = made.actual, made.release
    if off := switched_off(project, made.environment, desired_release(project, made.environment)):
        return (switch_words(off),)
    if not made.steps or release is None:
        return ()
    asked = signatures(project, release, served=actual)
    signed = tuple(one.words for one in asked)
    if any(one.trouble for one in asked):  # what apply refuses is not fetched to say what callers must do
        return signed
    told = caller_notice(
        project, actual.champion if actual else None, release.champion, release.challenger, progress=progress
    )
    return (*told, *before_it(project, made.environment), *signed)


def switch_words(off: Deployment) -> str:
    """Return in words what the kill switch keeps from serving, and how it is lifted."""
    challenger = off.instead_of.challenger if off.instead_of else None
    version = challenger.version if challenger else 0
    return (
        f"Kill switch since {off.time:%Y-%m-%d %H:%M} UTC: version {version} is desired and gets no traffic. "
        "Merging its rollback lifts the switch; closing that pull request gives the traffic back."
    )


def out_of_reach(project: Project, environment: str) -> str:
    """Return why this machine cannot be the one that serves an environment; empty when it can."""
    state = read_state(project.deployment(environment))
    if serves_here(project, environment) and os.environ.get("RUNNER_ENVIRONMENT") == "github-hosted":
        return (
            f"{environment} is served on its own machine (target.kind: {state.target.kind}),"
            " and GitHub's runner is gone after this job. Set the repository variable TRUNKLINE_RUNNER to the label"
            f" of a self-hosted runner there, or run `trunkline deploy {environment}` on that machine."
        )
    return ""


def apply_deployment(project: Project, environment: str, *, reviewed: str, progress: Progress) -> Deployment:
    """Carry out the plan whose checksum was reviewed, fetching bundles from the registry where they are missing."""
    _require_home(project, environment)
    made = plan_deployment(project, environment)
    if made.steps:
        require_signed(project, made.release, served=made.actual)
    if made.release is not None and not takes_image(project, environment):
        for route in (made.release.champion, made.release.challenger):
            if route is not None:
                bundle_of(project, route, progress=progress)
    desired = desired_release(project, environment)
    return apply(
        made,
        instead_of=desired if switched_off(project, environment, desired) else None,
        reviewed=reviewed,
        target=target_of(project, environment, progress=progress),
        bundles=project.bundles,
        history=history_file(project, environment),
    )


def tell(project: Project, environment: str, error: TrunklineError | None) -> Issue | None:
    """Keep an issue while an environment does not serve what was merged; None where there is nothing to say."""
    trouble = None
    if error is not None:
        path = project.deployment(environment)
        revision = git(project.root, "log", "-1", "--format=%h %s", "--", str(path))
        trouble = Trouble(
            f"{environment}: the merged desired state was not deployed",
            f"{plain(error.what)}\n\nWhat served before still serves. Revert the merge of {code(revision)}, or mend"
            f" what it needs, and run `trunkline deploy {environment}` (deploy.yml) again: this issue closes itself"
            " then.\n",
            ("trunkline", "signal: infrastructure", "severity: critical"),
        )
    over = "It serves what was merged again."
    return keep_issue(open_forge(project), f"{environment}/deployment", trouble, over=over).issue


def _require_home(project: Project, environment: str) -> None:
    """Raise PolicyError where what serves would lie in a runner's work folder, which its next checkout may empty."""
    here = serves_here(project, environment)
    if here and os.environ.get("RUNNER_ENVIRONMENT") == "self-hosted" and project.store is None:
        raise PolicyError(
            "On a self-hosted runner, what serves must not lie in the runner's work folder.",
            next_step="set the repository variable TRUNKLINE_HOME to a folder of that machine",
        )


def history_file(project: Project, environment: str) -> Path:
    """Return the file in which apply writes what it did."""
    return project.live(environment) / "history.jsonl"


def stop(project: Project, environment: str) -> bool:
    """Stop an environment's service and return whether one ran."""
    target = target_of(project, environment)
    return delivery.stop(environment, target=target, history=history_file(project, environment))


def nothing_serves(project: Project, environment: str, *, then: str = "") -> NotFoundError:
    """Return the error that nothing serves an environment; deploying helps only where a version is desired."""
    steps = [f"trunkline deploy {environment}"] + ([then] if then else [])
    if read_state(project.deployment(environment)).champion is None:
        steps.insert(0, "merge a promotion first: trunkline release opens it, or trunkline promote")
    return NotFoundError(f"Nothing serves {environment}.", next_step=", then ".join(steps))


def serving_contract(project: Project, environment: str) -> Contract:
    """Return the contract of an environment's champion: the one that is assigned, else the desired one.

    Raises NotFoundError when there is none.
    """
    assigned = target_of(project, environment).assigned()
    champion = assigned.champion if assigned else read_state(project.deployment(environment)).champion
    if champion is None:
        raise nothing_serves(project, environment)
    return bundle_of(project, champion, progress=lambda _: None).contract

"""Switching: the kill switch takes a failing challenger's traffic before its rollback is merged, or gives it back."""

from __future__ import annotations

from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.release import Deployment
from trunkline.delivery import apply, champion_alone, plan, read_state
from trunkline.loop.versions.bundles import bundle_of
from trunkline.loop.versions.signatures import require_signed

from .deploying import desired_release, history_file, target_of


def switch_off(project: Project, environment: str, *, progress: Progress) -> Deployment | None:
    """Let the champion answer alone at once; None where nothing else is desired, or the service is not in reach.

    Raises what `apply` raises.
    """
    return _serve(project, environment, alone=True, progress=progress)


def switch_on(project: Project, environment: str, *, progress: Progress) -> Deployment | None:
    """Serve what is desired again."""
    return _serve(project, environment, alone=False, progress=progress)


def _serve(project: Project, environment: str, *, alone: bool, progress: Progress) -> Deployment | None:
    desired = desired_release(project, environment)
    if desired is None or desired.challenger is None:
        return None
    target = target_of(project, environment, progress=progress)
    if target.assigned() is None:
        return None
    state = read_state(project.deployment(environment))
    actual = target.observe()
    if not alone:  # the champion, which answers already, must not wait for whoever keeps signatures
        require_signed(project, desired, served=actual)
    for route in (desired.champion,) if alone else (desired.champion, desired.challenger):
        bundle_of(project, route, progress=progress)
    wanted = champion_alone(state) if alone else state
    made = plan(wanted, actual, revision=desired.revision, upkeep=target.upkeep())
    return apply(
        made,
        reviewed=made.checksum,
        target=target,
        bundles=project.bundles,
        history=history_file(project, environment),
        instead_of=desired if alone else None,
    )

"""Proposed: what merging this branch would do to what serves, and what is known of the versions that it names."""

from __future__ import annotations

from trunkline.core.errors import PolicyError, StorageError, UnavailableError
from trunkline.core.git import git
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.record import digits, short
from trunkline.core.release import Route
from trunkline.core.verdicts import Evaluation
from trunkline.delivery import plan, read_state
from trunkline.loop.changes.merged import merged_state
from trunkline.loop.versions.bundles import registry_of
from trunkline.loop.versions.named import ever_named, named_versions
from trunkline.loop.versions.signatures import signatures

from .callers import caller_notice
from .deploying import before_it, require_deployable


def describe_change(project: Project, *, progress: Progress) -> str:
    """Return in words what merging this branch would change in every environment, and what is known of new versions.

    It needs no target. Raises PolicyError when a file here is no desired state, asks for what no target does, or names
    a bundle that nobody registered under its number.
    """
    texts = []
    for environment in project.environments():
        path = project.deployment(environment)
        before, desired = merged_state(project, path.stem), read_state(path)
        require_deployable(project, desired)
        made = plan(
            desired,
            before.release("") if before else None,
            revision=git(project.root, "rev-parse", "HEAD"),
        )
        if made.steps:
            served = {route.bundle for route in before.routes} if before else set()
            known = [_known(project, route) for route in desired.routes if route.bundle not in served]
            notice = caller_notice(
                project,
                before.champion if before else None,
                desired.champion,
                desired.challenger,
                progress=progress,
            )
            signed = [one.words for one in signatures(project, made.release, served=made.actual)]
            texts.append("\n".join([made.text(), *notice, *before_it(project, environment), *known, *signed]))
    return "\n".join(texts) or "Merging this changes nothing that serves."


def _known(project: Project, route: Route) -> str:
    """Return what is known of a version that an environment is to serve from now on."""
    take = "take version and bundle from `trunkline release` or `trunkline promote`"
    # A file of this branch proves nothing of the branch: only what was merged before it is believed.
    merged = ever_named(project)
    offered = {named.number: named for named in named_versions(project)}
    for place, names in ((project.policy.forge.main, merged), ("this branch", offered)):
        if (named := names.get(route.version)) and named.bundle != route.bundle:
            raise PolicyError(
                f"Version {route.version} is bundle {short(named.bundle)} on {place}.",
                value=short(route.bundle),
                next_step=take,
            )
    if route.version not in merged.keys() | offered.keys():
        raise PolicyError(
            f"No model_cards/ names version {route.version} ({short(route.bundle)}).", next_step=take
        )
    try:
        there = route.bundle in registry_of(project).digests()
    except (StorageError, UnavailableError) as error:
        return f"version {route.version}: whether it is registered could not be looked up: {error.what}"
    if not there:
        raise PolicyError(
            f"Version {route.version} ({short(route.bundle)}) was never registered.", next_step=take
        )
    file = project.evaluations / digits(route.bundle) / "evaluation.json"
    said = f"its gates said {Evaluation.read(file).outcome}" if file.is_file() else "its report is elsewhere"
    if route.version not in merged:
        said += (
            f"; nothing on {project.policy.forge.main} names it yet: merge this only if the release workflow opened "
            "it and wrote its last commit, else ask who registered the version"
        )
    return f"version {route.version} is registered; {said}"

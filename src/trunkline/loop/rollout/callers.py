"""Callers: what a change of what serves asks of those who send requests and read answers."""

from __future__ import annotations

from trunkline.core.errors import BundleError, NotFoundError, StorageError, UnavailableError
from trunkline.core.markdown import plain
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.release import Route
from trunkline.inputs.interface import InterfaceChange, decision_change, interface_changes
from trunkline.loop.versions.bundles import bundle_of


def caller_notice(
    project: Project,
    serving: Route | None,
    champion: Route | None,
    challenger: Route | None,
    *,
    progress: Progress,
) -> tuple[str, ...]:
    """Return a sentence for each thing that callers must or may do now, and when the challenger becomes champion.

    `serving` is today's champion; the others are those of the desired state. It says what cannot be looked up.
    """
    try:
        said = _between(project, serving, champion, progress)
        lines = [plain(change.words) for change in said]
        later = _between(project, champion, challenger, progress)
        if champion and challenger and later:
            lines.append(f"Once version {challenger.version} answers everyone:")
            lines += [f"- {plain(change.words)}" for change in later]
            lines.append(
                f"Until then requests keep the contract of version {champion.version}. Fields that only version "
                f"{challenger.version} knows are optional, and a row that it cannot read is answered by version "
                f"{champion.version} alone."
            )
    except (BundleError, NotFoundError, StorageError, UnavailableError) as error:
        return (f"Whether callers must change what they send could not be looked up: {plain(error.what)}",)
    return tuple(lines)


def _between(
    project: Project, before: Route | None, after: Route | None, progress: Progress
) -> tuple[InterfaceChange, ...]:
    if before is None or after is None or before.bundle == after.bundle:
        return ()
    was, now = (bundle_of(project, route, progress=progress) for route in (before, after))
    return (
        *interface_changes(was.contract, now.contract),
        *decision_change(was.manifest.decision, now.manifest.decision),
    )

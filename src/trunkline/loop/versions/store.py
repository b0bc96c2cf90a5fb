"""The registry as main would have it: what is missing, what nobody needs, and what an older Trunkline left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from trunkline.core.errors import BundleError, NotFoundError, StalePlanError
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.core.record import canonical_json, sha256, short
from trunkline.registry import fetched
from trunkline.registry.carried_store import CarriedStore

from .bundles import registry_kind, registry_of
from .named import ever_named
from .wanted import checked_out, wanted


@dataclass(frozen=True)
class Status:
    """What main names and what the registry holds, by digest, with the version that each is."""

    missing: dict[str, int]
    """Main needs it, and the registry has it not."""
    needed: dict[str, int]
    """Main needs it, and the registry has it."""
    unnamed: frozenset[str]
    """The registry has it, and main needs it no more."""


@dataclass(frozen=True)
class Expiry:
    """Bundles that would be removed, with what is known of each; `checksum` names this very plan."""

    bundles: dict[str, str]

    @property
    def checksum(self) -> str:
        """Return twelve digits that another plan does not have."""
        return short(sha256(canonical_json(sorted(self.bundles))))


def status(project: Project, *, now: datetime | None = None) -> Status:
    """Compare what main names with what the registry holds."""
    needed = wanted(project, now=now or datetime.now(UTC))
    there = registry_of(project).digests()
    return Status(
        missing={digest: number for digest, number in needed.items() if digest not in there},
        needed={digest: number for digest, number in needed.items() if digest in there},
        unnamed=there - needed.keys(),
    )


def expiry(project: Project, *, now: datetime | None = None) -> Expiry:
    """Return which bundles nobody needs: neither a version that is kept, nor what served within `registry.keep_days`.

    One that came within these days stays as well: its pull request may still be open. Raises ForgeError when the clone
    lacks main's history, which says what served.
    """
    now = now or datetime.now(UTC)
    registry = registry_of(project)
    names = {version.bundle: f"version {version.number}" for version in ever_named(project).values()}
    oldest = now - timedelta(days=project.policy.registry.keep_days)
    found = {}
    for digest in sorted(status(project, now=now).unnamed):
        if (since := registry.since(digest)) < oldest:
            found[digest] = f"{names.get(digest, 'never merged')}, there since {since:%Y-%m-%d}"
    return Expiry(found)


def expire(project: Project, checksum: str) -> Expiry:
    """Remove what the plan of this checksum names.

    Raises StalePlanError when the plan is another one by now.
    """
    plan = expiry(project)
    if plan.checksum != checksum:
        raise StalePlanError(
            "What would be removed has changed since this plan was made.",
            value=checksum,
            next_step="trunkline store expire",
        )
    registry_of(project).remove(plan.bundles)
    return plan


def bring(project: Project, *, progress: Progress) -> tuple[str, ...]:
    """Show what main names in the embedded MLflow as well, and return the versions that it has now.

    Raises NotFoundError or BundleError when a bundle cannot be had.
    """
    registry, shown = registry_of(project), registry_of(project, "mlflow")
    brought = []
    for digest, number in sorted(wanted(project, now=datetime.now(UTC)).items(), key=lambda one: one[1]):
        progress(f"version {number} ({short(digest)})")
        shown.put(fetched(registry, digest, project.bundles), number=number)
        brought.append(f"version {number}")
    return tuple(brought)


def convert(project: Project, *, progress: Progress) -> tuple[str, ...]:
    """Bring what main or the checked-out commit names into the registry, and return what came.

    It comes from this machine, or from where an older Trunkline kept it: the ref `refs/trunkline/store`, or MLflow,
    whose versions get main's numbers as tags. What only the commit names was made before there was this registry, and
    its first pull request needs it. Running it again changes nothing. What cannot be had is said.
    """
    registry = registry_of(project)
    carried = CarriedStore(project.root) if registry_kind(project) == "git" else None
    came = []
    for digest, number in (checked_out(project) | wanted(project, now=datetime.now(UTC))).items():
        source = carried if carried and digest in carried.digests() else registry
        try:
            registry.put(fetched(source, digest, project.bundles), number=number)
        except (BundleError, NotFoundError) as error:
            progress(f"version {number} ({short(digest)}) cannot be had: {error.what}")
        else:
            came.append(f"version {number} ({short(digest)})")
    return tuple(came)

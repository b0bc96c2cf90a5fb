"""The bundles in the repository, looked at by schedule: those that main needs and lacks, and those that may go."""

from __future__ import annotations

from datetime import UTC, datetime

from trunkline.core.errors import ForgeError
from trunkline.core.project import Project
from trunkline.core.record import short
from trunkline.forge import Forge, Trouble, keep_issue
from trunkline.loop.versions import store
from trunkline.loop.versions.bundles import registry_kind

FINGERPRINT = "bundles"


def look(project: Project, forge: Forge, *, now: datetime | None = None) -> tuple[str, ...]:
    """Return a line for each bundle that is missing, keep the issue about them, and tell what a person may remove.

    MLflow's backups are its server's affair. Raises UnavailableError when the remote does not answer.
    """
    if registry_kind(project) != "git":
        return ()
    now = now or datetime.now(UTC)
    missing = store.status(project, now=now).missing
    lines = tuple(
        f"version {number}: the bundle {short(digest)} is missing" for digest, number in missing.items()
    )
    listed = "\n".join(f"- version {number}: `{digest}`" for digest, number in missing.items())
    trouble = Trouble(
        "Bundles that main needs are missing",
        f"No machine can serve these, nor go back to them, unless it has them already:\n\n{listed}\n\n"
        "## What to do next\n\n"
        "1. Run `trunkline store convert` on a machine that served or trained them.\n"
        "2. If none has them, check out the commit that `version.json` names (`lineage.commit`), run"
        " `trunkline train`, go back to main and run `trunkline store convert`: the same commit gives the same"
        " bundle.\n"
        "3. Find out who deleted the refs, and whether a ruleset should keep them.\n\n"
        "Trunkline closes this issue when they are there again.\n",
        ("trunkline", "signal: infrastructure", "severity: warning"),
    )
    over = "The repository holds every bundle that main needs."
    keep_issue(forge, FINGERPRINT, trouble if missing else None, over=over)
    return lines + _expiry(project, now)


def _expiry(project: Project, now: datetime) -> tuple[str, ...]:
    try:
        plan = store.expiry(project, now=now)
    except ForgeError as error:
        return (f"which bundles nobody needs is not known: {error.what}",)
    if not plan.bundles:
        return ()
    names = "; ".join(f"{short(digest)} ({what})" for digest, what in plan.bundles.items())
    return (f"nobody needs {names}: remove by `trunkline store expire --apply {plan.checksum}`",)

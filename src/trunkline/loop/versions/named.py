"""Named: versions whose digest a file of main holds, with which refs, registries and artifacts are compared."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from trunkline.core.errors import BundleError
from trunkline.core.lineage import Usage, Version
from trunkline.core.project import Project
from trunkline.core.record import Record, short

VERSION_FILE = "version.json"
"""Beside a version's card."""


class NamedVersion(Record):
    """A version as main names it, in `model_cards/v<number>/`: merged with its promotion or its retraining."""

    SCHEMA: ClassVar[str] = "trunkline/version/1"

    number: int
    bundle: str
    training_key: str
    usage: Usage
    """What the search and the fit took."""
    reason: str
    """Why the model does not run as ONNX; empty when it does."""


def card_folder(project: Project, number: int) -> Path:
    """Return the folder of a version's card."""
    return project.cards / f"v{number:04d}"


def named_versions(project: Project) -> tuple[NamedVersion, ...]:
    """Return the versions that the checked-out commit names, by number.

    Raises BundleError when one of its files cannot be read.
    """
    files = project.cards.glob(f"v[0-9]*/{VERSION_FILE}")
    found = (NamedVersion.read(path, error=BundleError) for path in files)
    return tuple(sorted(found, key=lambda version: version.number))


def require_bundle(found: str, expected: str, *, what: str) -> None:
    """Raise BundleError unless a digest is the one that an earlier step named; an empty `expected` is any."""
    if expected and found != expected:
        raise BundleError(
            f"{what} is bundle {short(found)}, and an earlier step of this run named {short(expected)}.",
            value=found,
            next_step="find out who replaced it; run the whole workflow again",
        )


def require_number(project: Project, version: Version) -> None:
    """Raise BundleError when main names another bundle under the number of a version."""
    for named in named_versions(project):
        if named.number == version.number and named.bundle != version.bundle:
            raise BundleError(
                f"The registry has version {version.number} as bundle {short(version.bundle)}, and main names it "
                f"{short(named.bundle)}.",
                value=version.bundle,
                next_step="find out who changed the registry, and restore it: `trunkline store push --replace` from a"
                " machine that has the right one, or the server's backup",
            )

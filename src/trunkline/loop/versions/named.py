"""Named: versions whose digest a file of main holds, with which refs, registries and artifacts are compared."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

from trunkline.core.errors import BundleError
from trunkline.core.git import git, try_git
from trunkline.core.lineage import Usage, Version
from trunkline.core.project import Project
from trunkline.core.reading import parse_json
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


def named_versions(project: Project, *, commit: str = "HEAD") -> tuple[NamedVersion, ...]:
    """Return the versions that a commit names, by default the one that is checked out, by number.

    What the work tree holds beside it counts for nothing: nobody reviewed it. Raises BundleError when one of the
    files cannot be read.
    """
    folder = project.cards.relative_to(project.root).as_posix()
    listed = try_git(project.root, "ls-tree", "-r", "-z", commit, "--", folder)
    if listed.returncode:  # nothing is committed yet
        return ()
    rows = (row.partition("\t") for row in listed.stdout.split("\0"))
    found = []
    for facts, _, name in rows:
        if re.fullmatch(rf"{folder}/v[0-9][^/]*/{VERSION_FILE}", name):
            text = git(project.root, "cat-file", "blob", facts.split()[2], error=BundleError)
            value = parse_json(text, origin=name, error=BundleError)
            found.append(NamedVersion.from_dict(value, origin=name, error=BundleError))
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

"""Named: versions whose digest a file of main holds, with which refs, registries and artifacts are compared."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import ClassVar

from pydantic import Field

from trunkline.core.errors import BundleError, ForgeError, NotFoundError
from trunkline.core.figures import Figure
from trunkline.core.git import git, try_git
from trunkline.core.lineage import Lineage, Usage, Version
from trunkline.core.project import Project
from trunkline.core.reading import parse_json
from trunkline.core.record import Record, short
from trunkline.loop.changes.merged import has_origin, main_branch, merged_state

VERSION_FILE = "version.json"
"""The file beside a version's card."""


class NamedVersion(Record):
    """A version as main names it, in `model_cards/v<number>/`: merged with its promotion or its retraining.

    Two changes that give their bundles one number cannot both be merged: git says that both add this file.
    """

    SCHEMA: ClassVar[str] = "trunkline/version/1"

    number: int
    bundle: str
    training_key: str
    usage: Usage
    """What the search and the fit took."""
    reason: str
    """Why the model does not run as ONNX; empty when it does."""
    figures: tuple[Figure, ...] = ()
    """Those that were measured on all rows of the test part; versions of before say neither these nor what follows."""
    verdicts: Mapping[str, str] = Field(default_factory=dict)
    """Gate to outcome."""
    lineage: Lineage | None = None


def card_folder(project: Project, number: int) -> Path:
    """Return the folder of a version's card."""
    return project.cards / f"v{number:04d}"


def named_versions(project: Project, *, commit: str = "HEAD") -> tuple[NamedVersion, ...]:
    """Return the versions that a commit names, by default the one that is checked out, by number.

    What the work tree holds beside it counts for nothing: nobody reviewed it. Raises BundleError when one of the
    files cannot be read.
    """
    found = []
    for name, blob in _listed(project, commit).items():
        if name.endswith(f"/{VERSION_FILE}"):
            text = git(project.root, "cat-file", "blob", blob, error=BundleError)
            value = parse_json(text, origin=name, error=BundleError)
            found.append(NamedVersion.from_dict(value, origin=name, error=BundleError))
    return tuple(sorted(found, key=lambda version: version.number))


def on_main(project: Project) -> str:
    """Return the forge's main as it is now; the checked-out commit where there is no forge yet."""
    return main_branch(project) if has_origin(project) else "HEAD"


def ever_named(project: Project) -> dict[int, NamedVersion]:
    """Return every version that main names or once named, by number: a revert takes no number back.

    Raises ForgeError when the clone lacks main's history.
    """
    main = on_main(project)
    return _ever(project, main, _history(project, main))


def numbers(project: Project) -> dict[str, int]:
    """Return the version of each bundle that the checked-out commit or its history names: a revert takes none back.

    A clone without that history knows those of the commit alone.
    """
    try:
        found = _ever(project, "HEAD", _history(project, "HEAD"))
    except ForgeError:
        found = {}
    named = (*found.values(), *named_versions(project))
    return {version.bundle: version.number for version in named}


def bring_card_back(project: Project, number: int) -> None:
    """Bring the card of a version that main lost by a revert from main's history into the work tree."""
    folder = card_folder(project, number)
    name = (folder / VERSION_FILE).relative_to(project.root).as_posix()
    main = on_main(project)
    if name not in _listed(project, main) and (commit := _history(project, main).get(name)):
        git(project.root, "checkout", commit, "--", str(folder))


def version_of(project: Project, bundle: str) -> Version:
    """Return the version that a bundle is on main, or would be: the next number that main never gave away.

    Raises ForgeError when the clone lacks main's history.
    """
    main = on_main(project)
    history = _history(project, main)
    given = {number: named.bundle for number, named in _ever(project, main, history).items()}
    for path in history:  # a card without a digest is of an older Trunkline
        given.setdefault(_number(path), "")
    for environment in project.environments() if has_origin(project) else ():
        state = merged_state(project, environment)
        for route in (state.champion, state.challenger) if state else ():
            if route:
                given.setdefault(route.version, route.bundle)
    known = [number for number, digest in given.items() if digest == bundle]
    return Version(number=known[0] if known else max(given, default=0) + 1, bundle=bundle)


def asked_version(project: Project, number: int = 0, *, bundle: str = "") -> Version:
    """Return version `number` of main, by default the newest; or, with `bundle`, the one that an earlier step named.

    Raises NotFoundError when main names no such version, BundleError when it names another bundle than `bundle`.
    """
    if bundle and not number:
        return version_of(project, bundle)
    named = {version.number: version for version in named_versions(project, commit=on_main(project))}
    wanted = named.get(number or max(named, default=0))
    if number and not (wanted or bundle):  # an earlier step had the history, and named the bundle by it
        wanted = ever_named(project).get(number)
    if bundle:
        if wanted:
            require_bundle(wanted.bundle, bundle, what=f"Version {number} of main")
        return Version(number=number, bundle=bundle)
    if wanted is None:
        raise NotFoundError(
            f"Main names no version {number}." if number else "Main names no version yet.",
            next_step=f"use one of its versions: {', '.join(map(str, named))}; a version counts once the pull request"
            " that brings its card is merged"
            if named
            else "merge the pull request that brings the first one's card; `trunkline release` opens it",
        )
    return Version(number=wanted.number, bundle=wanted.bundle)


def require_bundle(found: str, expected: str, *, what: str) -> None:
    """Raise BundleError unless a digest is the one that an earlier step named; an empty `expected` is any."""
    if expected and found != expected:
        raise BundleError(
            f"{what} is bundle {short(found)}, and an earlier step of this run named {short(expected)}.",
            value=found,
            next_step="find out who replaced it; run the whole workflow again",
        )


def _listed(project: Project, commit: str) -> dict[str, str]:
    """Return the files of versions in a commit, with their blobs."""
    folder = project.cards.relative_to(project.root).as_posix()
    listed = try_git(project.root, "ls-tree", "-r", "-z", commit, "--", folder)
    # Where it fails, nothing is committed yet.
    rows = (row.partition("\t") for row in listed.stdout.split("\0")) if not listed.returncode else ()
    return {name: facts.split()[2] for facts, _, name in rows if _of_card(name, folder)}


def _history(project: Project, main: str) -> dict[str, str]:
    """Return the files of versions that main ever held, each with the newest of main's commits that brought it.

    Only what was main itself counts, and no commit of a branch: what that held in between nobody merged.
    """
    if git(project.root, "rev-parse", "--is-shallow-repository") == "true":
        raise ForgeError(
            "This clone lacks the history of main, which says the numbers that were given away.",
            next_step="git fetch --unshallow origin; in a workflow, actions/checkout with fetch-depth: 0",
        )
    folder = project.cards.relative_to(project.root).as_posix()
    flags = ("--first-parent", "-m", "--no-renames", "--diff-filter=AM", "--name-only", "--relative")
    logged = try_git(project.root, "log", *flags, "--format=%x00%H", main, "--", f"./{folder}")
    found: dict[str, str] = {}
    for entry in logged.stdout.split("\0")[1:] if not logged.returncode else ():
        commit, *names = entry.splitlines()
        for name in names:
            if _of_card(name, folder):
                found.setdefault(name, commit)
    return found


def _ever(project: Project, main: str, history: Mapping[str, str]) -> dict[int, NamedVersion]:
    found = {named.number: named for named in named_versions(project, commit=main)}
    for path, commit in history.items():
        fresh = path.endswith(f"/{VERSION_FILE}") and _number(path) not in found
        if fresh and (named := _once(project, commit, path)):
            found.setdefault(named.number, named)
    return dict(sorted(found.items()))


def _once(project: Project, commit: str, name: str) -> NamedVersion | None:
    """Return the version that a file of an earlier main names; None where it cannot be read any more."""
    try:
        value = parse_json(
            git(project.root, "show", f"{commit}:./{name}", error=BundleError), origin=name, error=BundleError
        )
        return NamedVersion.from_dict(value, origin=name, error=BundleError)
    except BundleError:
        return None


def _of_card(name: str, folder: str) -> bool:
    return re.fullmatch(rf"{folder}/v[0-9]+/[^/]+", name) is not None


def _number(path: str) -> int:
    return int(PurePosixPath(path).parent.name[1:])

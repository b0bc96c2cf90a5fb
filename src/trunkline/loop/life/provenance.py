"""Provenance: which commit holds what a bundle was trained on, compared with what git has of it."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from trunkline.core.errors import TrunklineError
from trunkline.core.git import git, git_bytes
from trunkline.core.lineage import DIRTY, Lineage
from trunkline.core.package import LFS_POINTER, counts, digest_of
from trunkline.core.project import Project
from trunkline.core.record import sha256

FARTHEST = 200
"""Commits that are searched for the one that holds what was trained before it was committed."""
_FILE = re.compile(r"(100644|100755) blob ([0-9a-f]+)\t(.*)", re.DOTALL)
_OID = re.compile(rb"^oid (sha256:[0-9a-f]{64})$", re.MULTILINE)


def describe_commit(project: Project, lineage: Lineage) -> tuple[str, str]:
    """Return the commit that holds what a bundle was trained on, empty where none is known, and what is known of it.

    A commit that the bundle names is believed only if its package has the bundle's digest.
    """
    named = lineage.commit.removesuffix(DIRTY)
    if lineage.commit.endswith(DIRTY):
        holder = _holder(project, lineage.code)
        if not holder:
            return "", f"trained on changes after {named[:12]} that no commit of this clone holds"
        return (
            holder,
            f"{_subject(project, holder)}; the first that holds what was trained before it was committed",
        )
    subject = _subject(project, named)
    if not subject:
        return "", "not in this clone"
    found = code_at(project, named)
    if not found:
        return named, f"{subject}; its package could not be compared with the bundle's"
    if found != lineage.code:
        return "", f"{subject}; but its package differs from the bundle's, so it did not produce the bundle"
    return named, subject


def code_at(project: Project, commit: str) -> str:
    """Return the digest of the user's package as a commit holds it; empty where that cannot be said.

    It cannot where the commit is not in this clone or has no such package, or where content lies elsewhere: behind a
    link or in a submodule.
    """
    folder = f"src/{project.policy.package}"
    try:
        listed = git(project.root, "ls-tree", "-r", "-z", commit, "--", folder)
        blobs: dict[str, str] = {}
        for line in filter(None, listed.split("\0")):
            found = _FILE.fullmatch(line)
            if not found:
                return ""
            name = PurePosixPath(found[3]).relative_to(folder)
            if all(counts(part) for part in name.parts):
                blobs[name.as_posix()] = found[2]
        contents = _contents(project, list(blobs.values()))
    except (TrunklineError, ValueError):
        return ""
    digests = dict(zip(blobs, map(_digest, contents), strict=True))
    return f"sha256:{digest_of(digests)}" if digests else ""


def _holder(project: Project, code: str) -> str:
    """Return the oldest commit whose package has a digest; empty where none of those that were searched has."""
    folder = f"src/{project.policy.package}"
    try:
        found = git(project.root, "log", "--all", "--format=%H", f"--max-count={FARTHEST}", "--", folder)
    except TrunklineError:
        return ""
    return next((commit for commit in reversed(found.split()) if code_at(project, commit) == code), "")


def _contents(project: Project, blobs: list[str]) -> list[bytes]:
    answer = git_bytes(
        project.root, "cat-file", "--batch", stdin="".join(f"{blob}\n" for blob in blobs).encode()
    )
    contents, place = [], 0
    for _ in blobs:
        end = answer.index(b"\n", place)
        size = int(answer[place:end].rsplit(b" ", 1)[1])
        contents.append(answer[end + 1 : end + 1 + size])
        place = end + 2 + size
    return contents


def _digest(content: bytes) -> str:
    if content.startswith(LFS_POINTER) and (pointed := _OID.search(content)):
        return pointed[1].decode()
    return sha256(content)


def _subject(project: Project, commit: str) -> str:
    try:
        return git(project.root, "log", "-1", "--format=%s (%an)", commit)
    except TrunklineError:
        return ""

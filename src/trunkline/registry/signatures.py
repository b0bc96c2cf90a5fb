"""Signatures of bundles in the repository itself: one git ref a bundle, its tree one file a key."""

from __future__ import annotations

import tempfile
from pathlib import Path

from trunkline.core.git import commit_in, try_git
from trunkline.core.record import digits

from .git_tree import (
    REMOTE,
    WRITER,
    bring,
    plumb,
    push,
    reach,
    read_blob,
    refusal,
    tree_files,
    write_tree,
)

REFS = "refs/trunkline/signatures/"
MOST = 200_000
"""Bytes of all signatures of a bundle: one has some hundred."""


def signatures_of(clone: Path, digest: str) -> tuple[bytes, ...]:
    """Return the envelopes that the remote keeps for a bundle; none where nobody signed it.

    Raises UnavailableError when the remote does not answer, BundleError when its ref holds something else.
    """
    return tuple(_kept(clone, digest)[1].values())


def keep_signature(clone: Path, digest: str, name: str, envelope: bytes) -> None:
    """Push a signature under a name, beside those of other names; raises ForgeError when the remote refuses it."""
    ref = REFS + digits(digest)
    for _ in range(3):
        before, kept = _kept(clone, digest)
        with tempfile.TemporaryDirectory(prefix="trunkline-signatures-") as folder:
            for each, text in (kept | {name: envelope}).items():
                (Path(folder) / each).write_bytes(text)
            tree = write_tree(clone, Path(folder))
        commit = plumb(clone, "commit-tree", tree, "-m", f"Signatures of bundle {digest}", environment=WRITER)
        refused = push(clone, f"--force-with-lease={ref}:{before}", f"{commit}:{ref}")
        if not refused:
            return
        if _kept(clone, digest)[0] == before:  # nobody was quicker: it is the remote that does not want it
            break
    raise refusal(ref, refused)


def _kept(clone: Path, digest: str) -> tuple[str, dict[str, bytes]]:
    """Return the commit of a bundle's signatures on the remote, empty without one, and the files of its tree."""
    ref = REFS + digits(digest)
    commit = commit_in(reach(clone, "ls-remote", "--quiet", REMOTE, ref), ref)
    if not commit:
        return "", {}
    if try_git(clone, "cat-file", "-e", f"{commit}^{{tree}}").returncode:
        bring(clone, ref)
    files = tree_files(clone, commit, most=MOST)
    # Whoever may push may have written another: one below a folder is nobody's signature, and would be in the way.
    plain = {name: blobs for name, blobs in files.items() if "/" not in name}
    return commit, {name: b"".join(read_blob(clone, blob) for blob in blobs) for name, blobs in plain.items()}

"""Bundles in the repository itself: one git ref a bundle, named by its digest, its tree the bundle's files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from trunkline.core.bundle import MANIFEST, Bundle, BundleManifest
from trunkline.core.errors import BundleError, ForgeError, NotFoundError, StorageError
from trunkline.core.git import git, try_git
from trunkline.core.reading import parse_json
from trunkline.core.record import digits, sha256, short

from .git_tree import (
    REMOTE,
    WRITER,
    bring,
    plumb,
    push,
    reach,
    read_blob,
    read_files,
    refusal,
    tree_files,
    write_tree,
)
from .protocol import Place

REFS = "refs/trunkline/bundles/"
BUNDLE = re.compile(f"{REFS}[0-9a-f]{{64}}")
MEGABYTE = 1_000_000


class GitRegistry:
    """The bundles that the remote of a clone holds, each as a commit without a parent.

    Methods raise ForgeError when there is no remote or it refuses, UnavailableError when it does not answer.
    """

    def __init__(self, place: Place) -> None:
        self._clone = place.clone
        self._limit_mb = place.limit_mb

    def digests(self) -> frozenset[str]:
        """Return the digests of all bundles that the remote holds."""
        return frozenset(self._commits())

    def put(self, bundle: Bundle, *, number: int, run: str = "") -> None:  # noqa: ARG002  # git knows no runs
        """Push a bundle unless the remote has it; a ref of its name with other files is replaced.

        Raises StorageError when it weighs more than `registry.store_limit_mb`.
        """
        weight = sum(path.stat().st_size for path in bundle.folder.rglob("*") if path.is_file())
        require_weight(weight, self._limit_mb)
        tree = write_tree(self._clone, bundle.folder)
        if self._holds(bundle.digest, tree):
            return
        message = f"Bundle {bundle.digest}\n\n{bundle.manifest.name}, registered as version {number}"
        commit = plumb(self._clone, "commit-tree", tree, "-m", message, environment=WRITER)
        ref = REFS + digits(bundle.digest)
        lease = f"--force-with-lease={ref}:{self._commits().get(bundle.digest, '')}"
        refused = push(self._clone, lease, f"{commit}:{ref}")
        if refused and not self._holds(bundle.digest, tree):  # else another process was quicker
            raise refusal(ref, refused)
        if not refused:
            git(self._clone, "update-ref", ref, commit)  # the next push of a like bundle sends what differs

    def fetch(self, digest: str, folder: Path) -> Path:
        """Write the files of a bundle below `folder` and return where they lie; nobody has compared them yet.

        Nothing is written before the manifest is the one of this digest, and the files are those that it names. Raises
        BundleError where they are not, or weigh more than `registry.store_limit_mb`.
        """
        files = tree_files(self._clone, self._brought(digest), most=self._limit_mb * MEGABYTE)
        text = b"".join(read_blob(self._clone, blob) for blob in files.get(MANIFEST, ()))
        value = parse_json(text.decode("utf-8", "replace"), origin=MANIFEST, error=BundleError)
        manifest = BundleManifest.from_dict(value, origin=MANIFEST, error=BundleError)
        if sha256(manifest.canonical()) != digest or files.keys() != {MANIFEST, *manifest.files}:
            raise BundleError(
                f"The ref of the bundle {short(digest)} holds another bundle.",
                next_step="find out who wrote it; `trunkline store convert` on a machine that has the bundle mends it",
            )
        return read_files(self._clone, files, folder)

    def since(self, digest: str) -> datetime:
        """Return when a bundle was pushed, as its commit says; now where it says nothing that is a time."""
        told = git(self._clone, "log", "-1", "--format=%ct", self._brought(digest))
        try:
            return datetime.fromtimestamp(int(told), UTC)
        except (
            ValueError,
            OverflowError,
            OSError,
        ):  # no commit, or the year 10000: whoever may push wrote it
            return datetime.now(UTC)

    def remove(self, digests: Iterable[str]) -> None:
        """Delete the refs of bundles on the remote and here; a ref that was replaced meanwhile stays."""
        for digest, commit in self._commits().items():
            if digest in set(digests):
                ref = REFS + digits(digest)
                if refused := push(self._clone, f"--force-with-lease={ref}:{commit}", f":{ref}"):
                    raise refusal(ref, refused)
                try_git(self._clone, "update-ref", "-d", ref)

    def _commits(self) -> dict[str, str]:
        """Return the commit of each bundle by digest, as the remote has it."""
        if REMOTE not in git(self._clone, "remote").split():
            raise ForgeError(
                f"This repository has no remote {REMOTE} that could hold bundles.",
                next_step="push the project to its forge first, or set registry.kind: mlflow in trunkline.yaml",
            )
        listed = reach(self._clone, "ls-remote", "--quiet", REMOTE, f"{REFS}*")
        pairs = (line.split("\t") for line in listed.splitlines())
        # Git also lists refs whose name only ends so, as refs/a/refs/trunkline/bundles/x.
        return {f"sha256:{ref.removeprefix(REFS)}": commit for commit, ref in pairs if BUNDLE.fullmatch(ref)}

    def _brought(self, digest: str) -> str:
        """Bring the commit of a bundle into the clone and return it."""
        commit = self._commits().get(digest)
        if commit is None:
            raise NotFoundError(
                f"The remote {REMOTE} holds no bundle {short(digest)}.",
                value=digest,
                next_step="run `trunkline store convert` on a machine that has it; if none has: check out the commit"
                " that its version.json names, run `trunkline train`, go back to main and convert",
            )
        if try_git(self._clone, "cat-file", "-e", f"{commit}^{{tree}}").returncode:
            bring(self._clone, REFS + digits(digest))
        return commit

    def _holds(self, digest: str, tree: str) -> bool:
        """Whether the remote has a bundle with the files of a tree."""
        if digest not in self._commits():
            return False
        commit = self._brought(digest)
        found = try_git(self._clone, "rev-parse", f"{commit}^{{tree}}")  # which a blob has not
        return found.returncode == 0 and found.stdout.strip() == tree


def require_weight(total: int, limit_mb: int, *, what: str = "The bundle") -> None:
    """Raise StorageError when `total` bytes are more than a bundle may have in git."""
    if total > limit_mb * MEGABYTE:
        raise StorageError(
            f"{what} has {total / MEGABYTE:.1f} MB, and registry.store_limit_mb is {limit_mb}.",
            next_step="raise registry.store_limit_mb in trunkline.yaml, make the model smaller, or use an MLflow"
            " server: set MLFLOW_TRACKING_URI (in GitHub: a repository variable) or registry.uri",
        )

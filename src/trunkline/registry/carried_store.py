"""The store of an older Trunkline, which carried MLflow's files in one git ref: read, never written."""

from __future__ import annotations

import re
from functools import cached_property
from pathlib import Path

from trunkline.core.bundle import BundleManifest
from trunkline.core.errors import BundleError, NotFoundError
from trunkline.core.git import commit_in, git_bytes
from trunkline.core.reading import parse_json
from trunkline.core.record import sha256, short

from .git_tree import REMOTE, bring, harmless, reach

REF = "refs/trunkline/store"
_BUNDLE = re.compile(r"(mlartifacts/(?:[^/]+/)?[0-9a-f]{32}/artifacts/bundle/)bundle\.json")


class CarriedStore:
    """The bundles in the ref of a clone's remote; empty where there is no such ref."""

    def __init__(self, clone: Path) -> None:
        self._clone = clone

    def digests(self) -> frozenset[str]:
        """Return the digests of all bundles; raises UnavailableError when the remote does not answer."""
        return frozenset(self._folders)

    def fetch(self, digest: str, folder: Path) -> Path:
        """Write the files of a bundle below `folder` and return where they lie; nobody has compared them yet."""
        if digest not in self._folders:
            raise NotFoundError(f"The ref {REF} holds no bundle {short(digest)}.", value=digest)
        start = self._folders[digest]
        for path, blob in self._blobs.items():
            if path.startswith(start):
                file = folder / "bundle" / path.removeprefix(start)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(self._content(blob))
        return folder / "bundle"

    @cached_property
    def _folders(self) -> dict[str, str]:
        """The folder of each bundle, by the digest of its manifest."""
        found = {}
        for path, blob in self._blobs.items():
            if named := _BUNDLE.fullmatch(path):
                try:
                    value = parse_json(self._content(blob).decode(), origin=path, error=BundleError)
                    manifest = BundleManifest.from_dict(value, origin=path, error=BundleError)
                except (BundleError, UnicodeDecodeError):  # one that is damaged is none
                    continue
                found[sha256(manifest.canonical())] = named[1]
        return found

    @cached_property
    def _blobs(self) -> dict[str, str]:
        """The plain files of the ref with their blobs."""
        listed = reach(self._clone, "ls-remote", "--quiet", REMOTE, REF)
        commit = commit_in(listed, REF)
        if not commit:
            return {}
        bring(self._clone, REF)
        rows = git_bytes(self._clone, "ls-tree", "-r", "-z", "--full-tree", commit, error=BundleError)
        found = {}
        for row in rows.split(b"\0")[:-1]:
            facts, _, name = row.partition(b"\t")
            mode, _, blob = facts.decode().split()
            path = name.decode("utf-8", "replace")
            if mode == "100644" and harmless(path):
                found[path] = blob
        return found

    def _content(self, blob: str) -> bytes:
        return git_bytes(self._clone, "cat-file", "blob", blob, error=BundleError)

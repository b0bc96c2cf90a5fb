"""The ref of a carried store: one parentless commit on the remote, replaced by compare-and-swap."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from trunkline.core.errors import ForgeError, StorageError, UnavailableError
from trunkline.core.git import commit_in, git, git_bytes, try_git
from trunkline.core.record import write_atomically

REF = "refs/trunkline/store"
SECONDS = 900
"""How long half a gigabyte may take on its way."""
BATCH_BYTES = 64 * 1024 * 1024
BATCH_FILES = 500
# The same files give the same commit, whoever writes it and when.
WRITER = {
    "GIT_AUTHOR_NAME": "Trunkline",
    "GIT_AUTHOR_EMAIL": "trunkline@localhost",
    "GIT_AUTHOR_DATE": "@0 +0000",
    "GIT_COMMITTER_NAME": "Trunkline",
    "GIT_COMMITTER_EMAIL": "trunkline@localhost",
    "GIT_COMMITTER_DATE": "@0 +0000",
}


@dataclass(frozen=True)
class Entry:
    """A file of the carried store, by its blob."""

    blob: str
    size: int


class StoreRef:
    """The ref `refs/trunkline/store` of a remote, seen from a clone."""

    def __init__(self, clone: Path, remote: str = "origin") -> None:
        self.clone = clone
        self.remote = remote

    def tip(self) -> str:
        """Return the commit that the remote has, empty when it has none.

        Raises ForgeError when the clone has no such remote, UnavailableError when it does not answer.
        """
        if self.remote not in git(self.clone, "remote").split():
            raise ForgeError(
                f"This repository has no remote {self.remote} that could hold the store.",
                next_step="push the project to its forge first, or set registry.carry: never in trunkline.yaml",
            )
        done = try_git(self.clone, "ls-remote", "--quiet", self.remote, REF)
        if done.returncode:
            raise self._unreachable(done.stderr)
        return commit_in(done.stdout, REF)

    def fetch(self) -> str:
        """Bring the remote's commit into the clone and return it."""
        flags = (
            "--quiet",
            "--force",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--no-filter",
        )
        done = try_git(self.clone, "fetch", *flags, self.remote, f"+{REF}:{REF}", seconds=SECONDS)
        if done.returncode:
            raise self._unreachable(done.stderr)
        return git(self.clone, "rev-parse", f"{REF}^{{commit}}")

    def has(self, commit: str) -> bool:
        """Whether the clone has a commit of the ref already."""
        return try_git(self.clone, "cat-file", "-e", f"{commit}^{{commit}}").returncode == 0

    def entries(self, commit: str) -> dict[str, Entry]:
        """Return the files of a commit by path.

        Raises StorageError for anything but plain files under harmless names.
        """
        listed = git_bytes(
            self.clone, "ls-tree", "-r", "-z", "--full-tree", "--long", commit, error=StorageError
        )
        found: dict[str, Entry] = {}
        for row in listed.split(b"\0")[:-1]:
            facts, _, name = row.partition(b"\t")
            mode, kind, blob, size = facts.decode().split()
            path = name.decode("utf-8", "replace")
            if (mode, kind) != ("100644", "blob") or not harmless(path):
                raise StorageError(
                    f"The ref {REF} holds something that no store has.",
                    value=path,
                    next_step="find out who wrote it; `trunkline store push --replace` puts yours in its place",
                )
            found[path] = Entry(blob=blob, size=int(size))
        return found

    def write(self, entries: Mapping[str, Entry], folder: Path) -> None:
        """Write files of a commit below `folder`, those left out that are there already."""
        missing = [
            (path, entry)
            for path, entry in sorted(entries.items())
            if blob_of(folder / path, entry.blob) != entry.blob
        ]
        for batch in _batches(missing):
            asked = "".join(f"{entry.blob}\n" for _, entry in batch).encode()
            answer = memoryview(git_bytes(self.clone, "cat-file", "--batch", stdin=asked, error=StorageError))
            for path, entry in batch:
                head = f"{entry.blob} blob {entry.size}\n".encode()
                if answer[: len(head)] != head:
                    raise StorageError(
                        f"The clone lacks a part of {REF}: {path}.",
                        next_step=f"git fetch --refetch origin {REF}",
                    )
                write_atomically(folder / path, bytes(answer[len(head) : len(head) + entry.size]))
                answer = answer[len(head) + entry.size + 1 :]

    def commit(self, files: Mapping[str, Path], *, known: Mapping[str, Entry]) -> str:
        """Return the parentless commit that holds these files; `known` ones are taken as the blobs that they are."""
        paths = sorted(files.keys() - known.keys())
        asked = "".join(f"{files[path].resolve()}\n" for path in paths)
        written = git_bytes(
            self.clone,
            "hash-object",
            "-w",
            "--no-filters",
            "--stdin-paths",
            stdin=asked.encode(),
            error=StorageError,
        )
        blobs = dict(zip(paths, written.decode().split(), strict=True))
        blobs |= {path: entry.blob for path, entry in known.items()}
        rows = "".join(f"100644 {blob}\t{path}\0" for path, blob in sorted(blobs.items()))
        with tempfile.TemporaryDirectory(prefix="trunkline-index-") as folder:
            place = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
            self._plumb("update-index", "-z", "--index-info", stdin=rows, environment=place)
            tree = self._plumb("write-tree", environment=place)
        message = "The store of Trunkline: runs, versions and bundles"
        return self._plumb("commit-tree", tree, "-m", message, environment=WRITER)

    def replace(self, commit: str, *, expected: str) -> bool:
        """Make `commit` the remote's if it still has `expected` (empty: none), and return whether it did.

        Raises ForgeError when the remote refuses for another reason.
        """
        lease = f"--force-with-lease={REF}:{expected}"
        done = try_git(
            self.clone,
            "push",
            "--quiet",
            "--no-verify",
            lease,
            self.remote,
            f"{commit}:{REF}",
            seconds=SECONDS,
        )
        if done.returncode == 0:
            git(self.clone, "update-ref", REF, commit)  # keeps what it holds from being cleared away
            return True
        now = self.tip()
        if now == commit:
            return True
        if now != expected:
            return False
        raise ForgeError(
            f"The remote {self.remote} did not take {REF}: {' '.join(done.stderr.split())}",
            next_step="the token needs `contents: write`, and rules on refs must leave refs/trunkline/ alone; nothing"
            " was lost: run the command again",
        )

    def _plumb(self, *words: str, stdin: str = "", environment: Mapping[str, str]) -> str:
        done = try_git(self.clone, *words, stdin=stdin, environment=environment)
        if done.returncode:
            raise StorageError(f"git {words[0]} failed: {' '.join(done.stderr.split())}")
        return done.stdout.strip()

    def _unreachable(self, said: str) -> UnavailableError:
        return UnavailableError(
            f"The remote {self.remote} does not give {REF}: {' '.join(said.split())}",
            next_step="look at the network and at the right to read the repository, then try again",
        )


def harmless(path: str) -> bool:
    """Whether a path stays below its folder, on every file system, and means nothing to git."""
    parts = PurePosixPath(path).parts
    return (
        bool(parts)
        and "/".join(parts) == path
        and path.isprintable()
        and not any(letter in path for letter in '\\:*?"<>|\ufffd')
        and not any(part == ".." or part.lower().startswith(".git") or part[-1] in ". " for part in parts)
        and not path.startswith("/")
    )


def blob_of(file: Path, like: str) -> str:
    """Return the id that git gives to a file, in the hash of the id `like`; empty when there is no such file."""
    if file.is_symlink() or not file.is_file():
        return ""
    total = hashlib.new("sha1" if len(like) == 40 else "sha256", usedforsecurity=False)
    total.update(f"blob {file.stat().st_size}\0".encode())
    with file.open("rb") as stream:
        while piece := stream.read(1 << 20):
            total.update(piece)
    return total.hexdigest()


def _batches(entries: list[tuple[str, Entry]]) -> Iterator[list[tuple[str, Entry]]]:
    batch: list[tuple[str, Entry]] = []
    weight = 0
    for path, entry in entries:
        if batch and (weight + entry.size > BATCH_BYTES or len(batch) == BATCH_FILES):
            yield batch
            batch, weight = [], 0
        batch.append((path, entry))
        weight += entry.size
    if batch:
        yield batch

"""A folder as a git tree and back: its bytes as they are, and large files in parts that every forge takes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from subprocess import CompletedProcess

from trunkline.core.errors import BundleError, ForgeError, StorageError, UnavailableError
from trunkline.core.git import IDENTITY, git, git_bytes, try_git
from trunkline.forge.pushing import without_password

WHOLE, PARTS = "bundle", "parts"
"""The folders of a tree: files as they are, and one folder for each file that was split."""
REMOTE = "origin"
SECONDS = 900
"""How long half a gigabyte may take on its way."""
PART_BYTES = 95_000_000
"""GitHub refuses files of 100 MiB and more."""
WRITER = {
    f"GIT_{who}_{what}": IDENTITY[f"user.{what.lower()}"]
    for who in ("AUTHOR", "COMMITTER")
    for what in ("NAME", "EMAIL")
}
"""Who makes the commits of such refs."""


def reach(clone: Path, *words: str) -> str:
    """Run a git command that asks the remote for bundles and return what it prints.

    Raises UnavailableError when the remote does not answer or refuses.
    """
    done = try_git(clone, *words, seconds=SECONDS)
    if done.returncode:
        raise UnavailableError(
            f"The remote {REMOTE} does not give its bundles: {said(done)}",
            next_step="look at the network and at the right to read the repository, then try again",
        )
    return done.stdout


def bring(clone: Path, ref: str) -> None:
    """Bring a ref of the remote into the clone, whatever the clone had under its name. Raises as `reach` does."""
    flags = ("--force", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-filter")
    reach(clone, "fetch", "--quiet", *flags, REMOTE, f"+{ref}:{ref}")


def push(clone: Path, lease: str, refspec: str) -> str:
    """Push a ref of bundles and return what git says where the remote does not take it; empty where it does."""
    done = try_git(clone, "push", "--quiet", "--no-verify", lease, REMOTE, refspec, seconds=SECONDS)
    return said(done) or "refused" if done.returncode else ""


def refusal(ref: str, words: str) -> ForgeError:
    """Return the error that the remote does not take a ref."""
    return ForgeError(
        f"The remote {REMOTE} did not take {ref}: {words}",
        next_step="the token needs `contents: write`, and rules on refs must leave refs/trunkline/ alone; nothing"
        " was lost: run the command again",
    )


def said(done: CompletedProcess[str]) -> str:
    """Return what git says of a command that failed, without a password."""
    return without_password(" ".join(done.stderr.split()))


def write_tree(clone: Path, folder: Path, *, part_bytes: int = PART_BYTES) -> str:
    """Write the files of a folder into the clone and return their tree; the same files give the same tree.

    Raises StorageError when a name does not travel to every system.
    """
    rows = "".join(f"100644 {blob}\t{path}\0" for path, blob in _blobs(clone, folder, part_bytes=part_bytes))
    with tempfile.TemporaryDirectory(prefix="trunkline-index-") as scratch:
        index = {"GIT_INDEX_FILE": str(Path(scratch) / "index")}
        plumb(clone, "update-index", "-z", "--index-info", stdin=rows, environment=index)
        return plumb(clone, "write-tree", environment=index)


def plumb(clone: Path, *words: str, stdin: str = "", environment: Mapping[str, str]) -> str:
    """Run a git command that writes objects and return what it prints; raise StorageError when it fails."""
    done = try_git(clone, *words, stdin=stdin, environment=environment)
    if done.returncode:
        raise StorageError(f"git {words[0]} failed: {' '.join(done.stderr.split())}")
    return done.stdout.strip()


def tree_files(clone: Path, commit: str, *, most: int) -> dict[str, list[str]]:
    """Return the blobs of each file of a commit's tree, the parts of a split one in their order.

    Raises BundleError for anything but plain files under harmless names, and where they are more than `most` bytes
    together; a blob that several files name counts for each of them.
    """
    listed = git_bytes(clone, "ls-tree", "-r", "-l", "-z", "--full-tree", commit, error=BundleError)
    found: dict[str, list[str]] = {}
    total = 0
    for row in listed.split(b"\0")[:-1]:
        facts, _, name = row.partition(b"\t")
        mode, kind, blob, size = facts.decode().split()
        path = name.decode("utf-8", "replace")
        where, _, inside = path.partition("/")
        if (mode, kind) != ("100644", "blob") or not harmless(path) or where not in (WHOLE, PARTS):
            raise BundleError(
                "A bundle's ref holds something that no bundle has.",
                value=path,
                next_step="find out who wrote it; `trunkline store status` lists what is there",
            )
        total += int(size)
        found.setdefault(inside if where == WHOLE else inside.rpartition("/")[0], []).append(blob)
    if total > most:
        raise BundleError(
            f"A bundle's ref holds {total:,} bytes, and at most {most:,} are taken.",
            next_step="find out who wrote it; or raise registry.store_limit_mb in trunkline.yaml",
        )
    return found


def read_files(clone: Path, files: Mapping[str, list[str]], folder: Path) -> Path:
    """Write files of a tree below `folder` and return where they lie.

    Raises BundleError when that cannot be done.
    """
    target = folder / WHOLE
    try:
        for path, blobs in sorted(files.items()):
            file = target / path
            file.parent.mkdir(parents=True, exist_ok=True)
            with file.open("wb") as stream:
                for blob in blobs:
                    stream.write(read_blob(clone, blob))
    except OSError as error:
        raise BundleError(
            f"A bundle's files cannot be written below {folder}: {error.strerror}.",
            next_step="make room, or find out who wrote the bundle's ref",
        ) from error
    return target


def read_blob(clone: Path, blob: str) -> bytes:
    """Return the bytes of a blob."""
    return git_bytes(clone, "cat-file", "blob", blob, error=BundleError)


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


def require_harmless(path: str) -> None:
    """Raise StorageError for a file of a bundle whose name does not travel to every system."""
    if not harmless(path):
        raise StorageError(
            "The bundle has a file whose name does not travel to every system.",
            value=path,
            next_step="rename it in the project",
        )


def _blobs(clone: Path, folder: Path, *, part_bytes: int) -> Iterator[tuple[str, str]]:
    """Yield paths in the tree and the blobs that they name, written into the clone."""
    for file in sorted(path for path in folder.rglob("*") if path.is_file()):
        path = file.relative_to(folder).as_posix()
        require_harmless(path)
        if file.stat().st_size <= part_bytes:
            yield f"{WHOLE}/{path}", git(clone, "hash-object", "-w", "--no-filters", str(file.resolve()))
            continue
        with file.open("rb") as stream:
            for place, part in enumerate(iter(lambda: stream.read(part_bytes), b"")):
                blob = git_bytes(clone, "hash-object", "-w", "--stdin", stdin=part, error=StorageError)
                yield f"{PARTS}/{path}/{place:04d}", blob.decode().strip()

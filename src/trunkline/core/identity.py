"""Identity: which commit, code, files and locks a model comes from."""

from __future__ import annotations

import os
from pathlib import Path

from trunkline import __version__

from .errors import NotFoundError, ProjectError
from .git import git, try_git
from .lineage import DIRTY
from .package import files_digest, files_in, require_content
from .paths import LOCK_FILE
from .plugged import POLICY_FILE, Plugged
from .record import sha256

MODEL_INPUTS = ("src", "vendor", POLICY_FILE, LOCK_FILE, "requirements")
"""What shapes a model: files and folders of the work tree."""
_SHAPE_NO_MODEL = ("deepchecks.txt", "forge.txt")
"""Locks of environments of their own, in which nothing is trained."""


class Identified(Plugged):
    """A project whose models can be told apart by what they come from."""

    def code_digest(self) -> str:
        """Return the digest of the user's package: every file, by path and content."""
        return "sha256:" + files_digest(files_in(self.package))

    def declared_files(self) -> dict[str, Path]:
        """Return the files outside the package that `training.files` names, by the name they have there.

        Raises ProjectError when one is missing.
        """
        found: dict[str, Path] = {}
        for name in self.policy.training.files:
            path = self.root / Path(name).expanduser()
            if path.is_dir():
                found |= {f"{name.rstrip('/')}/{inner}": file for inner, file in files_in(path).items()}
            elif path.is_file():
                require_content(path)
                found[name] = path
            else:
                raise ProjectError(
                    f"training.files: there is no {name}.",
                    value=str(path),
                    next_step=f"correct {POLICY_FILE}",
                )
        return found

    @property
    def model_inputs(self) -> tuple[str, ...]:
        """Return what shapes a model: files and folders of the repository, as seen from the project."""
        declared = (self.root / Path(name).expanduser() for name in self.policy.training.files)
        inside = (path.resolve() for path in declared)
        root = self.root.resolve()
        return (*MODEL_INPUTS, *(str(path.relative_to(root)) for path in inside if path.is_relative_to(root)))

    def toolkit(self) -> str:
        """Return the toolkit's version and, where the project carries its source, the digest of that behind it."""
        folder = self.root / "vendor" / "trunkline" / "src"
        if not folder.is_dir():
            return __version__
        # An installation may leave files of its own there, none of them Python.
        files = {name: path for name, path in files_in(folder).items() if name.endswith(".py")}
        return f"{__version__}+{files_digest(files)[:12]}"

    def requirements_digest(self) -> str:
        """Return the digest of the locked requirements that training runs with."""
        locks = {*self.locks.glob("*.txt")}
        locks -= {self.locks / name for name in _SHAPE_NO_MODEL}
        return sha256(b"\0".join(path.read_bytes() for path in sorted(locks)))

    def commit(self) -> str:
        """Return the commit that is checked out, with `+dirty` behind it where tracked files differ.

        Of the merge that GitHub makes to test a pull request, which nobody can check out later, it is the pull
        request's own commit, unless main shaped the model as well. Raises NotFoundError outside of git, and where a
        shallow clone lacks the pull request's own commit.
        """
        advice = "make the project a git repository with a first commit"
        head = git(self.root, "rev-parse", "HEAD", error=NotFoundError, next_step=advice)
        # What shapes a model counts even while git does not know it yet.
        dirty = git(self.root, "status", "--porcelain", "--untracked-files=no", error=NotFoundError)
        dirty += git(self.root, "status", "--porcelain", "--", *self.model_inputs, error=NotFoundError)
        dirty += "".join(self.uncommitted())
        if os.environ.get("GITHUB_EVENT_NAME") == "pull_request" and os.environ.get("GITHUB_SHA") == head:
            head = self._own_of(head)
        return head + (DIRTY if dirty else "")

    def _own_of(self, tried: str) -> str:
        """Return the pull request's own commit of a trial merge, or the merge where main shaped the model as well."""
        # The object names its parents also in a shallow clone, where git says that it has none.
        header, _, _ = git(self.root, "cat-file", "commit", tried).partition("\n\n")
        parents = [line.split()[1] for line in header.splitlines() if line.startswith("parent ")]
        if len(parents) < 2:
            return tried
        own = parents[1]
        if try_git(self.root, "cat-file", "-e", own).returncode:
            raise NotFoundError(
                f"This clone is too shallow: it lacks {own[:12]}, the pull request's own commit.",
                value=own,
                next_step="git fetch --deepen=1, or `fetch-depth: 2` where the workflow checks out",
            )
        same = try_git(self.root, "diff", "--quiet", own, tried, "--", *self.model_inputs)
        return tried if same.returncode else own

    def uncommitted(self) -> tuple[str, ...]:
        """Return the files that shape a model and that git does not hold, also where it was told to ignore them."""
        if not (self.root / "src" / self.policy.package).is_dir():
            return ()
        root = self.root.resolve()
        used = [self.package / name for name in files_in(self.package)]
        used += [path for path in self.declared_files().values() if path.resolve().is_relative_to(root)]
        listed = git(self.root, "ls-files", "-z", "--recurse-submodules", error=NotFoundError)
        held = set(listed.split("\0"))
        # For a link, git holds only its target; the content is held only if the target is in the repository, too.
        names = (os.path.relpath(path.resolve(), root) for path in used)
        return tuple(sorted(name for name in names if name not in held))

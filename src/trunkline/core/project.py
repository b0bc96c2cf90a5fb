"""The project: where its files lie, and what the user plugs in."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from trunkline import __version__
from trunkline.core.policy.policy import Policy
from trunkline.core.policy.reading import read_policy

from .bundle import BundleStore
from .errors import NotFoundError, PolicyError, ProjectError
from .git import git, try_git
from .lineage import DIRTY
from .mlflow_uri import embedded_uri, placed
from .package import files_digest, files_in, read_from_source, require_content
from .raised import asking
from .record import sha256

POLICY_FILE = "trunkline.yaml"
LOCK_FILE = "data.lock"
HOME = "TRUNKLINE_HOME"
"""The environment variable that names a folder in `.trunkline`'s place, for work trees that come and go."""
MODEL_INPUTS = ("src", "vendor", POLICY_FILE, LOCK_FILE, "requirements")
"""What shapes a model: folders and files of the work tree."""
_SHAPE_NO_MODEL = ("deepchecks.txt", "forge.txt")
"""Locks of environments of their own, in which nothing is trained."""


@dataclass(frozen=True)
class Project:
    """A folder with a `trunkline.yaml`; everything that Trunkline makes there lies under `.trunkline/`.

    `store` puts that folder elsewhere: a second work tree of the same repository shares the first one's.
    """

    root: Path
    store: Path | None = None

    @classmethod
    def find(cls, start: Path) -> Project:
        """Return the project that `start` lies in.

        What it makes lies in the folder that TRUNKLINE_HOME names, where that is set. Raises PolicyError when no folder
        up to the root of the disk has a `trunkline.yaml`.
        """
        start = start.resolve()
        home = os.environ.get(HOME, "")
        for folder in (start, *start.parents):
            if (folder / POLICY_FILE).is_file():
                return cls(folder, Path(home).expanduser().resolve() if home else None)
        raise PolicyError(
            f"No {POLICY_FILE} in {start} or above it.",
            next_step="change to a project's folder, or pass --project",
        )

    @cached_property
    def policy(self) -> Policy:
        """Return the policy, read once."""
        return read_policy(self.root / POLICY_FILE)

    @property
    def work(self) -> Path:
        """Return the folder of everything that is made and not committed."""
        return self.store or self.root / ".trunkline"

    @property
    def snapshots(self) -> Path:
        """Return the folder of snapshots, one folder a digest."""
        return self.work / "snapshots"

    @property
    def bundles(self) -> BundleStore:
        """Return the store of bundles."""
        return BundleStore(self.work / "bundles")

    @property
    def keys(self) -> Path:
        """Return the folder that remembers which training key gave which bundle."""
        return self.work / "keys"

    @property
    def evaluations(self) -> Path:
        """Return the folder of evaluations, one folder a bundle digest."""
        return self.work / "evaluations"

    @property
    def cards(self) -> Path:
        """Return the folder of model cards; committed."""
        return self.root / "model_cards"

    @property
    def data_lock(self) -> Path:
        """Return the file that names the snapshot to train on; committed."""
        return self.root / LOCK_FILE

    @property
    def locks(self) -> Path:
        """Return the folder of the locks; committed."""
        return self.root / "requirements"

    def environments(self) -> tuple[str, ...]:
        """Return the names of the environments that have a desired state here."""
        return tuple(sorted(path.stem for path in (self.root / "deployments").glob("*.yaml")))

    def deployment(self, environment: str) -> Path:
        """Return the file of an environment's desired state; committed."""
        return self.root / "deployments" / f"{environment}.yaml"

    def live(self, environment: str) -> Path:
        """Return the folder of what serves an environment on this machine."""
        return self.work / "live" / environment

    def predictions(self, environment: str) -> Path:
        """Return the folder of an environment's prediction log."""
        return self.work / "predictions" / environment

    def secret(self, environment: str) -> Path:
        """Return the file of the secret by which the prediction log names an environment's users."""
        return self.work / "secrets" / environment

    def truth(self, environment: str) -> Path:
        """Return the file of an environment's ground truth, one JSON record a line."""
        return self.work / "truth" / f"{environment}.jsonl"

    def monitoring(self, environment: str) -> Path:
        """Return the folder of an environment's signals and profiles."""
        return self.work / "monitoring" / environment

    @property
    def forge_folder(self) -> Path:
        """Return the folder of the local forge."""
        return (self.root / self.policy.forge.path).resolve()

    def tracking_uri(self, environment: dict[str, str]) -> str:
        """Return where MLflow keeps runs and versions: policy, then MLFLOW_TRACKING_URI, then the embedded store."""
        uri = self.policy.registry.uri or environment.get("MLFLOW_TRACKING_URI", "")
        return placed(uri, self.root) if uri else embedded_uri(self.work / "mlflow.db")

    def plug(self, module: str, name: str) -> Any:
        """Return `name` from one of the user's four modules.

        Raises ProjectError when the module cannot be imported or lacks the name.
        """
        loaded = self._module(module)
        try:
            return getattr(loaded, name)
        except AttributeError as error:
            raise ProjectError(
                f"{self._path(module)} does not define {name}.", next_step=f"define {name} there"
            ) from error

    def has(self, module: str, name: str) -> bool:
        """Whether one of the user's modules defines `name`."""
        return hasattr(self._module(module), name)

    def metrics(self) -> Mapping[str, Callable[..., float]]:
        """Return the metrics that the project's model.py defines, by name; empty when it defines none."""
        if not self.has("model", "metrics"):
            return {}
        defined = self.plug("model", "metrics")
        path = self._path("model")
        with asking(f"metrics() in {path} raised", f"edit {path}"):
            metrics: Mapping[str, Callable[..., float]] = defined()
        return metrics

    def _path(self, module: str) -> str:
        return f"src/{self.policy.package}/{module}.py"

    def _module(self, module: str) -> ModuleType:
        source = str(self.root / "src")
        if sys.path[:1] != [source]:  # another project in this process may have a package of the same name
            sys.path[:] = [source, *(entry for entry in sys.path if entry != source)]
            read_from_source(Path(source))
        package = self.policy.package
        loaded = sys.modules.get(package)
        if loaded is not None and not str(getattr(loaded, "__file__", "")).startswith(source + os.sep):
            for name in [name for name in sys.modules if name == package or name.startswith(package + ".")]:
                del sys.modules[name]
        path = self._path(module)
        with asking(f"{path} cannot be imported:", f"edit {path}"):
            return importlib.import_module(f"{package}.{module}")

    @property
    def package(self) -> Path:
        """Return the folder of the user's package.

        Raises ProjectError when there is none.
        """
        folder = self.root / "src" / self.policy.package
        if not folder.is_dir():
            raise ProjectError(
                f"There is no package {folder}.", next_step=f"correct `package` in {POLICY_FILE}"
            )
        return folder

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
        # Of a link git holds where it leads to; its content is held only where that is in the repository, too.
        names = (os.path.relpath(path.resolve(), root) for path in used)
        return tuple(sorted(name for name in names if name not in held))

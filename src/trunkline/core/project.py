"""The project: where its files lie, and what the user plugs in."""

from __future__ import annotations

import hashlib
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
from .mlflow_uri import embedded_uri, placed
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

    def deployment(self, environment: str) -> Path:
        """Return the file of an environment's desired state; committed."""
        return self.root / "deployments" / f"{environment}.yaml"

    def live(self, environment: str) -> Path:
        """Return the folder of what serves an environment on this machine."""
        return self.work / "live" / environment

    def predictions(self, environment: str) -> Path:
        """Return the folder of an environment's prediction log."""
        return self.work / "predictions" / environment

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
        try:
            metrics: Mapping[str, Callable[..., float]] = defined()
        except Exception as error:
            raise ProjectError(
                f"metrics() in {self._path('model')} raised {type(error).__name__}: {error}.",
                next_step=f"edit {self._path('model')}",
            ) from error
        return metrics

    def _path(self, module: str) -> str:
        return f"src/{self.policy.package}/{module}.py"

    def _module(self, module: str) -> ModuleType:
        source = str(self.root / "src")
        if sys.path[:1] != [source]:  # another project in this process may have a package of the same name
            sys.path[:] = [source, *(entry for entry in sys.path if entry != source)]
        package = self.policy.package
        loaded = sys.modules.get(package)
        if loaded is not None and not str(getattr(loaded, "__file__", "")).startswith(source + os.sep):
            for name in [name for name in sys.modules if name == package or name.startswith(package + ".")]:
                del sys.modules[name]
        try:
            return importlib.import_module(f"{package}.{module}")
        except Exception as error:
            raise ProjectError(
                f"{self._path(module)} cannot be imported: {type(error).__name__}: {error}.",
                next_step=f"edit {self._path(module)}",
            ) from error

    def code_digest(self) -> str:
        """Return the digest of the user's package: every Python file, by path and content."""
        folder = self.root / "src" / self.policy.package
        if not folder.is_dir():
            raise ProjectError(
                f"There is no package {folder}.", next_step=f"correct `package` in {POLICY_FILE}"
            )
        return "sha256:" + _digest_of(folder)

    def toolkit(self) -> str:
        """Return the toolkit's version and, where the project carries its source, the digest of that behind it."""
        folder = self.root / "vendor" / "trunkline" / "src"
        if not folder.is_dir():
            return __version__
        return f"{__version__}+{_digest_of(folder)[:12]}"

    def requirements_digest(self) -> str:
        """Return the digest of the locked requirements that training runs with."""
        locks = {*(self.root / "requirements").glob("*.txt")}
        locks -= {self.root / "requirements" / name for name in _SHAPE_NO_MODEL}
        return sha256(b"\0".join(path.read_bytes() for path in sorted(locks)))

    def commit(self) -> str:
        """Return the commit that is checked out, with `+dirty` behind it where tracked files differ.

        Of the merge that GitHub makes to test a pull request, which nobody can check out later, it is the pull
        request's own commit, unless main shaped the model as well.
        """
        advice = "make the project a git repository with a first commit"
        head = git(self.root, "rev-parse", "HEAD", error=NotFoundError, next_step=advice)
        # What shapes a model counts even while git does not know it yet.
        dirty = git(self.root, "status", "--porcelain", "--untracked-files=no", error=NotFoundError)
        dirty += git(self.root, "status", "--porcelain", "--", *MODEL_INPUTS, error=NotFoundError)
        tried = os.environ.get("GITHUB_EVENT_NAME") == "pull_request" and os.environ.get("GITHUB_SHA") == head
        if tried:
            same = try_git(self.root, "diff", "--quiet", "HEAD^2", "HEAD", "--", *MODEL_INPUTS)
            if same.returncode == 0:
                head = git(self.root, "rev-parse", "HEAD^2", error=NotFoundError)
        return head + ("+dirty" if dirty else "")


def _digest_of(folder: Path) -> str:
    """Return the digest of every Python file of a folder, by path and content."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        total.update(path.relative_to(folder).as_posix().encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()

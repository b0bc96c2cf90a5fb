"""What the user plugs in: the policy, and the four modules of their package."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Callable, Collection, Mapping
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any

from .errors import ProjectError
from .gate import Gate, strangers
from .package import read_from_source
from .paths import Paths
from .plugins import trusted
from .policy.policy import Policy
from .policy.reading import read_policy
from .raised import asking

POLICY_FILE = "trunkline.yaml"


class Plugged(Paths):
    """A project with what its user wrote."""

    @cached_property
    def policy(self) -> Policy:
        """Return the policy, read once."""
        return read_policy(self.root / POLICY_FILE)

    @property
    def packages(self) -> Collection[str]:
        """Return the packages whose plugins may be imported: the policy lists and the lock hashes them.

        Raises PolicyError when one of the policy's is not in the lock.
        """
        return trusted(self.policy.plugins, self.locks / "dev.txt")

    @cached_property
    def strangers(self) -> tuple[Gate[Any], ...]:
        """Return the gates of those packages. Raises PolicyError as `trunkline.core.gate.strangers` does."""
        return strangers(self.policy, self.packages)

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

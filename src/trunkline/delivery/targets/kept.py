"""Kept: the folder of an environment on the machine that serves, and what every machine that deploys finds in it."""

from __future__ import annotations

import json
import shlex
from abc import ABC, abstractmethod

from trunkline.core.errors import PolicyError, StorageError
from trunkline.core.release import Deployment

from .machine import Machine


def own_folder(machine: Machine, wanted: str, owner: str, *, file: str) -> str:
    """Return the path of a folder on a machine, made if it is not there, for its owner alone.

    `file` is where the desired state names the folder. Raises PolicyError when it belongs to another.
    """
    place = shlex.quote(wanted)
    script = f"mkdir -p {place} && cd {place} && pwd -P"
    script += f" && {{ test -e owner || echo {shlex.quote(owner)} > owner; }} && cat owner"
    folder, _, found = machine.run("sh", "-c", script).partition("\n")
    if found != owner:
        raise PolicyError(
            f"{folder} on {machine.name} belongs to another project or environment.",
            value=found,
            next_step=f"name another folder as target.folder in {file}",
        )
    return folder


class Kept(ABC):
    """A target that keeps its state in a folder of a machine."""

    machine: Machine

    @property
    @abstractmethod
    def folder(self) -> str:
        """Return the folder on the machine."""

    def _read(self, path: str) -> str:
        return self.machine.ask(f"cat {shlex.quote(path)}") or ""

    @property
    def _newest(self) -> str:
        return f"{self.folder}/deployment.json"

    def newest(self) -> Deployment | None:
        """Return what was applied last, by whichever machine; None where nothing was, or it cannot be read."""
        try:
            text = self._read(self._newest)
            return Deployment.from_dict(json.loads(text), origin=self._newest) if text else None
        except (StorageError, ValueError):
            return None

    def remember(self, deployment: Deployment | None) -> None:
        """Keep what was applied last beside the release; None forgets it."""
        if deployment is None:
            self.machine.run("rm", "-f", self._newest)
        else:
            self.machine.write(self._newest, deployment.canonical().decode() + "\n")

"""Kept: the folder of an environment on the machine that serves, and what every machine that deploys finds in it."""

from __future__ import annotations

import re
import shlex
from functools import cached_property
from pathlib import Path

from trunkline.core.errors import PolicyError
from trunkline.core.record import sha256, short
from trunkline.core.release import Deployment

from .container import ContainerSettings
from .look import Seen, look
from .machine import Machine
from .protocol import Environment


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


class Kept:
    """A target whose state lies in a folder of the machine that serves."""

    def __init__(self, environment: Environment, settings: ContainerSettings) -> None:
        self.environment = environment
        self.settings = settings
        self.machine = Machine(settings.host, settings.host_key)

    @cached_property
    def key(self) -> str:
        """Return by which name the containers of this environment are known on the machine."""
        slug = re.sub(r"[^a-z0-9]+", "-", self.environment.project.lower()).strip("-") or "model"
        owner = self._owner if self.settings.host else str(self._here)
        return f"trunkline-{slug}-{self.environment.name}-{short(sha256(owner.encode()))[:6]}"

    @cached_property
    def _owner(self) -> str:
        """Whose a folder of another machine is: the same from every clone of the project."""
        return f"{self.environment.repository()} {self.environment.name} {self.settings.folder}".rstrip()

    @property
    def _here(self) -> Path:
        return self.environment.folder.resolve()

    @cached_property
    def folder(self) -> str:
        """Return the folder on the machine, made if it is not there."""
        if not self.settings.host:
            self._here.mkdir(parents=True, exist_ok=True)
            return str(self._here)
        seen = self.seen()
        if seen.owner:  # so that a key which may only ask what serves need make nothing
            return seen.folder
        return own_folder(self.machine, self._wanted(), self._owner, file=self.environment.file)

    def _wanted(self) -> str:
        return self.settings.folder or f".local/share/trunkline/{self.key}"

    def seen(self) -> Seen:
        """Return what the machine says, in one answer; where a key may ask for nothing else, it may for this."""
        return look(
            self.machine,
            self._wanted() if self.settings.host else str(self._here),
            engine=self.settings.engine,
            key=self.key,
            owner=self._owner if self.settings.host else "",
            file=self.environment.file,
        )

    def newest(self) -> Deployment | None:
        """Return what was applied last, by whichever machine; None where nothing was, or it cannot be read."""
        return self.seen().newest

    def remember(self, deployment: Deployment | None) -> None:
        """Keep what was applied last beside the release; None forgets it."""
        if deployment is None:
            self.machine.run("rm", "-f", f"{self.folder}/deployment.json")
        else:
            self.machine.write(f"{self.folder}/deployment.json", deployment.canonical().decode() + "\n")

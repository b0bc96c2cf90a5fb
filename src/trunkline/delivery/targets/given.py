"""What a container is given of its machine: the folder of the prediction log, the callers' keys, and a user."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from trunkline.core.keys import VARIABLE

from .machine import Machine

USER = 65532
"""The user of the image, whose service writes the prediction log."""


@dataclass(frozen=True)
class Given:
    """Folders of a machine, for containers of `engine`."""

    machine: Machine
    engine: str
    folder: str
    log: str
    """The folder of the prediction log on that machine."""
    keys: Path
    """The file of keys on this machine; it need not exist."""

    @cached_property
    def root(self) -> bool:
        """Whether root deploys there."""
        return self.machine.run("id", "-u") == "0"

    @property
    def _there(self) -> str:
        return f"{self.folder}/keys/keys"

    def _text(self) -> str:
        return self.keys.read_text(encoding="utf-8").strip() if self.keys.is_file() else ""

    def keys_are_there(self) -> bool:
        """Whether the machine has the keys of this one."""
        return (self.machine.ask(f"cat {shlex.quote(self._there)}") or "") == self._text()

    def write_keys(self) -> None:
        """Bring the keys, which are hashes, to the machine."""
        self.machine.run("mkdir", "-p", f"{self.folder}/keys")
        if text := self._text():
            self.machine.write(self._there, text + "\n")
        else:
            self.machine.run("rm", "-f", self._there)

    def words(self) -> tuple[str, ...]:
        """Return the engine's options, after the folder of the log was made for the container's user."""
        self.machine.run("mkdir", "-p", self.log)
        if self.root:
            self.machine.run("chown", f"{USER}:{USER}", self.log)
            owner: tuple[str, ...] = ()
        elif self.engine == "podman":
            owner = ("--userns", f"keep-id:uid={USER},gid={USER}")
        else:
            owner = ("--user", f"{self.machine.run('id', '-u')}:{self.machine.run('id', '-g')}")
        return (
            *owner,
            *("--volume", f"{self.log}:/srv/log", "--volume", f"{self.folder}/keys:/srv/keys:ro"),
            *("--env", f"{VARIABLE}=/srv/keys/keys"),
        )

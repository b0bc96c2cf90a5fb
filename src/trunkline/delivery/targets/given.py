"""What a container is given of its machine: the folder of the prediction log, the callers' keys, and a user."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from trunkline.core.keys import VARIABLE, read_keys, revoke_key

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
    """The file of keys on this machine, for the first apply; it need not exist."""

    @cached_property
    def root(self) -> bool:
        """Whether root deploys there."""
        return self.machine.run("id", "-u") == "0"

    @property
    def _there(self) -> str:
        return f"{self.folder}/keys/keys"

    def bring_keys(self) -> None:
        """Bring the keys, which are hashes, where the machine has no file of them; its own is never touched."""
        self.machine.run("mkdir", "-p", f"{self.folder}/keys")
        if self.keys.is_file() and self.machine.ask(f"test -e {shlex.quote(self._there)}") is None:
            self.machine.write(self._there, self.keys.read_text(encoding="utf-8"))

    @contextmanager
    def changing_keys(self) -> Iterator[Path]:
        """Yield a file with the machine's keys. What changes in it is written there; what is revoked ends here too."""
        with (
            self.machine.alone(f"{self.folder}/keys.lock", "A change of the keys"),
            TemporaryDirectory() as here,
        ):
            file, there = Path(here) / "keys", shlex.quote(self._there)
            if text := self.machine.run("sh", "-c", f"test ! -e {there} || cat {there}"):
                file.write_text(text, encoding="utf-8")
            before = {key.id for key in read_keys(file)}
            yield file
            after = {key.id for key in read_keys(file)}
            if after != before:
                self.machine.run("mkdir", "-p", f"{self.folder}/keys")
                self.machine.write(self._there, file.read_text(encoding="utf-8"))
            for gone in {key.id for key in read_keys(self.keys)} & (before - after):
                revoke_key(self.keys, gone)

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

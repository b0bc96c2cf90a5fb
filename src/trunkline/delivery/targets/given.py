"""What a container is given of its machine: the prediction log's folder, keys of callers, variables, and a user."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory

from trunkline.core.keys import VARIABLE, keys_beside, read_keys, revoke_key
from trunkline.core.record import sha256
from trunkline.core.secrets import everything
from trunkline.predictions.stores.variables import FILE, file_beside, variables_in, variables_of

from .machine import Machine

SECRETS = "TRUNKLINE_SERVICE_SECRETS"
"""The variable whose lines NAME=value a workflow gives the service: the keys of the store that it ships its log to."""
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
    secret: Path
    """Beside it lie, on this machine, keys for the first apply, and variables; neither need exist."""

    @property
    def keys(self) -> Path:
        """Return the file of keys on this machine."""
        return keys_beside(self.secret)

    @cached_property
    def root(self) -> bool:
        """Whether root deploys there."""
        return self.machine.run("id", "-u") == "0"

    @property
    def _there(self) -> str:
        return f"{self.folder}/keys/keys"

    @cached_property
    def variables(self) -> str:
        """Return the lines that the service shall know as its variables; empty where the machine's own stay.

        Raises StorageError where they cannot be read, or a line is not NAME=value.
        """
        if given := everything().get(SECRETS, "").strip():
            variables_in(given, origin=SECRETS)
            return f"{given}\n"
        variables_of(self.secret, {})
        path = file_beside(self.secret, {})
        return path.read_text(encoding="utf-8") if path.is_file() else ""

    @property
    def digest(self) -> str:
        """Return the digest of those lines; empty where there are none."""
        return sha256(self.variables.encode()).removeprefix("sha256:") if self.variables else ""

    def bring_variables(self, *, before: str) -> str:
        """Bring them into a file that the service alone may read, and return its digest; `before` is the old one's.

        They pass through standard input: no list of processes shows them, and `inspect` of the engine names the file.
        """
        if self.digest and self.digest != before:
            owner = f"{USER}:{USER}" if self.root else ""
            self.machine.write(f"{self.folder}/keys/variables", self.variables, owner=owner, mode="400")
        return self.digest or before

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
            *("--env", f"{VARIABLE}=/srv/keys/keys", "--env", f"{FILE}=/srv/keys/variables"),
        )

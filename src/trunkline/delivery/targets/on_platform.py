"""On a platform: what an environment keeps there, so that every machine that deploys finds it."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory

from trunkline.core.errors import StorageError
from trunkline.core.keys import KeyFile, keys_beside
from trunkline.core.record import sha256, short
from trunkline.core.release import Deployment

from .protocol import Environment

DEPLOYMENT, KEYS, USER_SECRET = "deployment", "keys", "user-secret"
"""What is kept: the newest deployment, the callers' keys (hashes), and the secret that names users in the log."""
SECRETS = {"TRUNKLINE_USER_SECRET": USER_SECRET, "TRUNKLINE_GIVEN_KEYS": KEYS}
"""The variables of a service that are secret, and by which names they are kept."""


def key_of(environment: Environment) -> str:
    """Return by which name an environment is known on a platform: the same from every clone of the project."""
    slug = re.sub(r"[^a-z0-9]+", "-", environment.project.lower()).strip("-")[:24].strip("-") or "model"
    owner = f"{environment.repository()} {environment.name}"
    return f"trunkline-{slug}-{environment.name}-{short(sha256(owner.encode()))[:6]}"


class OnPlatform(ABC):
    """A target whose state lies on its platform; each platform says how it reads and writes it."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment

    @abstractmethod
    def _read(self, name: str) -> str:
        """Return what is kept by a name; empty where nothing is."""

    @abstractmethod
    def _write(self, name: str, text: str, *, secret: bool = False) -> None:
        """Keep a text."""

    @abstractmethod
    def _forget(self, name: str) -> None:
        """Keep it no longer."""

    @cached_property
    def key(self) -> str:
        """Return by which name the environment is known there."""
        return key_of(self.environment)

    def predictions(self) -> Path:
        """Return the folder of the prediction log on this machine; the platform's is read from its store."""
        return self.environment.predictions

    def newest(self) -> Deployment | None:
        """Return what was applied last, by whichever machine; None where nothing was, or it cannot be read."""
        text = self._read(DEPLOYMENT)
        try:
            return Deployment.from_dict(json.loads(text), origin=DEPLOYMENT) if text else None
        except (StorageError, ValueError):
            return None

    def remember(self, deployment: Deployment | None) -> None:
        """Keep what was applied last; None forgets it."""
        if deployment is None:
            self._forget(DEPLOYMENT)
        else:
            short_enough = deployment.model_copy(update={"detail": deployment.detail[:500]})
            self._write(DEPLOYMENT, short_enough.canonical().decode())

    @contextmanager
    def changing_keys(self) -> Iterator[Path]:
        """Yield a file with the callers' keys; what changes in it is kept, and counts from the next deployment."""
        with TemporaryDirectory() as here:
            file = Path(here) / "keys"
            before = self._read(KEYS)
            file.write_text(before, encoding="utf-8") if before else None
            yield file
            after = file.read_text(encoding="utf-8") if file.is_file() else ""
            if after != before:
                self._write(KEYS, after, secret=True)
                name = self.environment.name
                self.environment.progress(f"its service takes them with the next trunkline deploy {name}")

    def bring_secrets(self) -> None:
        """Make what a service needs and the platform does not have: the users' secret, and this machine's keys.

        What is there is never touched.
        """
        if not self._read(USER_SECRET):
            self._write(USER_SECRET, token_hex(32), secret=True)
        if not self._read(KEYS):
            file = keys_beside(self.environment.secret)
            text = file.read_text(encoding="utf-8") if file.is_file() else KeyFile().canonical().decode()
            self._write(KEYS, text.strip(), secret=True)

    @property
    def keys_digest(self) -> str:
        """Return the digest of the callers' keys; of other keys, what serves must be started anew."""
        return short(sha256(self._read(KEYS).encode()))

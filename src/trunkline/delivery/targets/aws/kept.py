"""Kept: an environment's place on AWS, and what every machine that deploys finds there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory
from typing import ClassVar

from trunkline.core.errors import PolicyError, StorageError
from trunkline.core.keys import KeyFile, keys_beside
from trunkline.core.record import sha256, short
from trunkline.core.release import Deployment

from ..protocol import Environment
from .account import Account
from .settings import AwsSettings

GONE = ("ParameterNotFound",)


def key_of(environment: Environment) -> str:
    """Return by which name an environment is known on AWS: the same from every clone of the project."""
    slug = re.sub(r"[^a-z0-9]+", "-", environment.project.lower()).strip("-")[:24].strip("-") or "model"
    owner = f"{environment.repository()} {environment.name}"
    return f"trunkline-{slug}-{environment.name}-{short(sha256(owner.encode()))[:6]}"


class Kept:
    """A target whose state lies on AWS: the newest deployment, the callers' keys and the users' secret in SSM."""

    SECRETS: ClassVar[Mapping[str, str]] = {
        "TRUNKLINE_USER_SECRET": "user-secret",
        "TRUNKLINE_GIVEN_KEYS": "keys",
    }
    """The variables of a service that are secret, and their parameters."""

    def __init__(
        self, environment: Environment, settings: AwsSettings, account: Account | None = None
    ) -> None:
        self.environment = environment
        self.access = settings.admits(environment.serving)
        self.account = account or Account(settings.region)

    @cached_property
    def key(self) -> str:
        """Return by which name the environment is known there; also the name of the foundation's stack."""
        return key_of(self.environment)

    @cached_property
    def foundation(self) -> Mapping[str, str]:
        """Return what the foundation made, by the names of its outputs. Raises NotFoundError without one."""
        return self.account.outputs(self.key)

    def predictions(self) -> Path:
        """Return the folder of the prediction log on this machine; on AWS it is read from its bucket."""
        return self.environment.predictions

    def newest(self) -> Deployment | None:
        """Return what was applied last, by whichever machine; None where nothing was, or it cannot be read."""
        text = self._read("deployment")
        try:
            return Deployment.from_dict(json.loads(text), origin="deployment") if text else None
        except (StorageError, ValueError):
            return None

    def remember(self, deployment: Deployment | None) -> None:
        """Keep what was applied last; None forgets it."""
        if deployment is None:
            self.account.find("ssm", "delete_parameter", missing=GONE, Name=self.parameter("deployment"))
        else:
            short_enough = deployment.model_copy(update={"detail": deployment.detail[:500]})
            self._write("deployment", short_enough.canonical().decode())

    @contextmanager
    def changing_keys(self) -> Iterator[Path]:
        """Yield a file with the callers' keys; what changes in it is kept, and counts from the next deployment."""
        with TemporaryDirectory() as here:
            file = Path(here) / "keys"
            before = self._read("keys")
            file.write_text(before, encoding="utf-8") if before else None
            yield file
            after = file.read_text(encoding="utf-8") if file.is_file() else ""
            if after != before:
                self._write("keys", after, secret=True)
                name = self.environment.name
                self.environment.progress(f"its service takes them with the next trunkline deploy {name}")

    def bring_secrets(self) -> None:
        """Make what a service needs and the account does not have: the users' secret, and this machine's keys.

        What is there is never touched.
        """
        if not self._read("user-secret"):
            self._write("user-secret", token_hex(32), secret=True)
        if not self._read("keys"):
            file = keys_beside(self.environment.secret)
            text = file.read_text(encoding="utf-8") if file.is_file() else KeyFile().canonical().decode()
            self._write("keys", text.strip(), secret=True)

    @property
    def keys_digest(self) -> str:
        """Return the digest of the callers' keys; of other keys, what serves must be started anew."""
        return short(sha256(self._read("keys").encode()))

    def parameter(self, name: str) -> str:
        """Return a parameter's whole name."""
        return f"/{self.key}/{name}"

    def _read(self, name: str) -> str:
        found = self.account.find(
            "ssm", "get_parameter", missing=GONE, Name=self.parameter(name), WithDecryption=True
        )
        return str(found["Parameter"]["Value"]) if found else ""

    def _write(self, name: str, text: str, *, secret: bool = False) -> None:
        if len(text) > 8000:
            raise PolicyError(
                f"A parameter of AWS holds 8,000 characters, and {name} has {len(text)}.",
                next_step="revoke keys that nobody uses: trunkline key list, trunkline key revoke",
            )
        self.account.call(
            *("ssm", "put_parameter"),
            Name=self.parameter(name),
            Value=text,
            Type="SecureString" if secret else "String",
            Tier="Intelligent-Tiering",  # free up to 4,096 characters
            Overwrite=True,
        )

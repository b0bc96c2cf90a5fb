"""Kept: an environment's place on AWS, and its state in parameters of SSM."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from trunkline.core.errors import PolicyError

from ..on_platform import OnPlatform
from ..protocol import Environment
from .account import Account
from .settings import AwsSettings

GONE = ("ParameterNotFound",)


class Kept(OnPlatform):
    """A target on AWS: its state lies in SSM, and what it stands on in the foundation's stack, named by its key."""

    def __init__(
        self, environment: Environment, settings: AwsSettings, account: Account | None = None
    ) -> None:
        super().__init__(environment)
        self.access = settings.admits(environment.serving)
        self.account = account or Account(settings.region)

    @cached_property
    def foundation(self) -> Mapping[str, str]:
        """Return what the foundation made, by the names of its outputs. Raises NotFoundError without one."""
        return self.account.outputs(self.key)

    def parameter(self, name: str) -> str:
        """Return a parameter's whole name."""
        return f"/{self.key}/{name}"

    def _forget(self, name: str) -> None:
        self.account.find("ssm", "delete_parameter", missing=GONE, Name=self.parameter(name))

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

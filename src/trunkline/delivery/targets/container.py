"""The kind `container`: an image by digest, run by podman or docker behind a proxy, here or on another machine."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from trunkline.core.policy.access import Access
from trunkline.core.policy.delivery import Serving

from .protocol import Environment, TargetSettings

if TYPE_CHECKING:
    from .container_target import ContainerTarget


def _address(listen: str) -> str:
    """Return an IP address as it is; a scope, as in `fe80::1%eth0`, may hold anything, and is refused."""
    try:
        if "%" not in listen:
            ipaddress.ip_address(listen)
            return listen
    except ValueError:
        pass
    raise ValueError("must be an IP address, as 127.0.0.1 or 0.0.0.0")


_NAME = r"[A-Za-z0-9_.@+][A-Za-z0-9_.@+-]*"  # no shell, engine or configuration reads it as anything else
_FROM_HOME = rf"^/?{_NAME}(/{_NAME})*$|^$"
_FROM_ROOT = rf"^(/{_NAME})+$|^$"


class ContainerSettings(TargetSettings):
    """A container on this machine, or on `host` over SSH; the proxy HAProxy holds the port there."""

    kind: Literal["container"] = "container"
    host: Annotated[str, Field(pattern=r"^([A-Za-z0-9_][A-Za-z0-9_.-]*@)?[A-Za-z0-9][A-Za-z0-9.:-]*$|^$")] = (
        ""
    )
    """`user@machine`, as ssh takes it; empty is the machine that deploys."""
    host_key: Annotated[str, Field(pattern=r"^[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,2}$|^$")] = ""
    """The machine's public key, as `ssh-ed25519 AAAA...`; a workflow opens no machine without."""
    engine: Literal["podman", "docker"] = "podman"
    listen: Annotated[str, AfterValidator(_address)] = "127.0.0.1"
    """The address of that machine that the proxy listens on; beyond loopback it needs `access`."""
    port: Annotated[int, Field(ge=1, le=65535)]
    certificate: Annotated[str, Field(pattern=_FROM_ROOT)] = ""
    """The file on that machine with the certificate, its key beside it as `<file>.key`, where `access.tls` is *own*."""
    folder: Annotated[str, Field(pattern=_FROM_HOME)] = ""
    """Where state and prediction log lie on `host`; by default in ~/.local/share/trunkline."""
    access: Access | None = None
    """Who may ask; None takes `serving.access` of the policy."""

    needs_image: ClassVar[bool] = True

    def listens(self, serving: Serving) -> tuple[str, Access]:
        """Return the proxy's address, and whom the service admits."""
        return self.listen, serving.access if self.access is None else self.access


class Container:
    """What the kind takes and how it is opened."""

    settings: ClassVar[type[ContainerSettings]] = ContainerSettings
    takes_image: ClassVar[bool] = True

    @staticmethod
    def on_this_machine(settings: ContainerSettings) -> bool:
        """Whether the container runs on the machine that deploys."""
        return not settings.host

    @staticmethod
    def open(environment: Environment, settings: ContainerSettings) -> ContainerTarget:
        """Return the target of an environment."""
        from .container_target import ContainerTarget

        return ContainerTarget(environment, settings)

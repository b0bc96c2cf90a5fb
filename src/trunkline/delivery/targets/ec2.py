"""The kind `ec2`: an image by digest on machines of an auto-scaling group, behind a load balancer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from .aws.settings import BalancedSettings
from .protocol import Environment

if TYPE_CHECKING:
    from .ec2_target import Ec2Target


class Ec2Settings(BalancedSettings):
    """Machines of one type, each with one container."""

    kind: Literal["ec2"] = "ec2"
    machine: Annotated[str, Field(pattern=r"^[a-z0-9-]+\.[a-z0-9-]+$")] = "t3.small"
    """The instance type, of the processor that the image was built for."""


class Ec2:
    """What the kind takes and how it is opened."""

    settings: ClassVar[type[Ec2Settings]] = Ec2Settings
    takes_image: ClassVar[bool] = True

    @staticmethod
    def on_this_machine(settings: Ec2Settings) -> bool:
        """Whether the machine that deploys is one of them: never."""
        del settings
        return False

    @staticmethod
    def open(environment: Environment, settings: Ec2Settings) -> Ec2Target:
        """Return the target of an environment."""
        from .ec2_target import Ec2Target

        return Ec2Target(environment, settings)

"""What stands under `target` for every kind on AWS."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, model_validator

from trunkline.core.policy.access import Access
from trunkline.core.policy.delivery import Serving

from ..protocol import TargetSettings


class AwsSettings(TargetSettings):
    """The region, and what a person is told of costs and alarms there."""

    region: Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$")]
    budget: Annotated[int, Field(ge=1)] = 100
    """US dollars a month; at 80 % of it, and when it is forecast to be exceeded, `notify` gets a letter."""
    notify: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$|^$")] = ""
    """The address for alarms and the budget; AWS asks it to confirm."""
    access: Access | None = None
    """Who may ask; None takes `serving.access` of the policy. AWS terminates TLS."""

    needs_image: ClassVar[bool] = True
    behind_tls: ClassVar[bool] = True

    def listens(self, serving: Serving) -> tuple[str, Access]:
        """Return that it listens to everyone, and whom the service admits."""
        return "0.0.0.0", self.admits(serving)  # noqa: S104

    def admits(self, serving: Serving) -> Access:
        """Return whom the service admits; `tls: own` becomes *platform*, for AWS holds the certificate."""
        access = serving.access if self.access is None else self.access
        return access if access.tls == "none" else access.model_copy(update={"tls": "platform"})


class BalancedSettings(AwsSettings):
    """What a load balancer and a group of machines or tasks behind it take."""

    domain: Annotated[str, Field(pattern=r"^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$")]
    """The name that callers use; its DNS record points to the load balancer, which `trunkline infra apply` prints."""
    certificate: Annotated[str, Field(pattern=r"^arn:aws[a-z-]*:acm:[a-z0-9-]+:\d{12}:certificate/[\w-]+$")]
    """A certificate of AWS Certificate Manager for that name, in the same region."""
    minimum: Annotated[int, Field(ge=1, le=100)] = 2
    """How many serve at least; two lie in two data centres."""
    maximum: Annotated[int, Field(ge=1, le=100)] = 6
    """How many serve at most, where their processors are busy."""

    @model_validator(mode="after")
    def _grows(self) -> BalancedSettings:
        if self.maximum < self.minimum:
            raise ValueError(f"maximum: is smaller than minimum, {self.minimum}")
        return self

"""The kind `sagemaker`: an image by digest as a real-time endpoint of Amazon SageMaker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from trunkline.core.policy.access import Access
from trunkline.core.policy.delivery import Serving

from .aws.settings import AwsSettings
from .protocol import Environment

if TYPE_CHECKING:
    from .sagemaker_target import SageMakerTarget


class SageMakerSettings(AwsSettings):
    """Machines of an endpoint. AWS alone knows its callers: they need the right to invoke it."""

    kind: Literal["sagemaker"] = "sagemaker"
    machine: Annotated[str, Field(pattern=r"^ml\.[a-z0-9-]+\.[a-z0-9]+$")] = "ml.t2.medium"
    count: Annotated[int, Field(ge=1, le=100)] = 1
    """How many serve; two lie in two data centres."""

    def admits(self, serving: Serving) -> Access:
        """Return that AWS knows the callers: an invocation has no header for a key."""
        return super().admits(serving).model_copy(update={"callers": "platform", "tls": "platform"})


class SageMaker:
    """What the kind takes and how it is opened."""

    settings: ClassVar[type[SageMakerSettings]] = SageMakerSettings
    takes_image: ClassVar[bool] = True

    @staticmethod
    def on_this_machine(settings: SageMakerSettings) -> bool:
        """Whether the endpoint runs on the machine that deploys: never."""
        del settings
        return False

    @staticmethod
    def open(environment: Environment, settings: SageMakerSettings) -> SageMakerTarget:
        """Return the target of an environment."""
        from .sagemaker_target import SageMakerTarget

        return SageMakerTarget(environment, settings)

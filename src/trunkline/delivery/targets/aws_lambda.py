"""The kind `lambda`: an image by digest as a function of AWS Lambda, behind a function URL."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field

from .aws.settings import AwsSettings
from .protocol import Environment

if TYPE_CHECKING:
    from .lambda_target import LambdaTarget


class LambdaSettings(AwsSettings):
    """What a function gets; its processor grows with its memory (1,769 MB are one)."""

    kind: Literal["lambda"] = "lambda"
    memory: Annotated[int, Field(ge=512, le=10240)] = 1769
    """In MB."""
    timeout: Annotated[int, Field(ge=5, le=900)] = 30
    """Seconds that one request may take, the start of a new process included."""
    processor: Literal["x86_64", "arm64"] = "x86_64"
    """Of the machine that the image was built for."""


class Lambda:
    """What the kind takes and how it is opened."""

    settings: ClassVar[type[LambdaSettings]] = LambdaSettings
    takes_image: ClassVar[bool] = True

    @staticmethod
    def on_this_machine(settings: LambdaSettings) -> bool:
        """Whether the function runs on the machine that deploys: never."""
        del settings
        return False

    @staticmethod
    def open(environment: Environment, settings: LambdaSettings) -> LambdaTarget:
        """Return the target of an environment."""
        from .lambda_target import LambdaTarget

        return LambdaTarget(environment, settings)

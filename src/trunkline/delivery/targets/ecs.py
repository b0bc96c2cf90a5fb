"""The kind `ecs`: an image by digest on Amazon ECS with Fargate, behind a load balancer."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

from pydantic import model_validator

from .aws.settings import BalancedSettings
from .protocol import Environment

if TYPE_CHECKING:
    from .ecs_target import EcsTarget

Cpu = Literal[256, 512, 1024, 2048, 4096, 8192, 16384]
MEMORY: dict[int, tuple[int, int, int]] = {
    256: (512, 2048, 512),
    512: (1024, 4096, 1024),
    1024: (2048, 8192, 1024),
    2048: (4096, 16384, 1024),
    4096: (8192, 30720, 1024),
    8192: (16384, 61440, 4096),
    16384: (32768, 122880, 8192),
}
"""Fargate's sizes: of each cpu the least and the most memory in MiB, and the steps between."""


class EcsSettings(BalancedSettings):
    """Tasks of a service; each has its share of a processor, and memory."""

    kind: Literal["ecs"] = "ecs"
    cpu: Cpu = 512
    """In 1/1024 of a processor."""
    memory: int = 1024
    """In MiB."""

    @model_validator(mode="after")
    def _is_a_size(self) -> EcsSettings:
        least, most, step = MEMORY[self.cpu]
        if self.memory not in range(least, most + 1, step):
            if (self.cpu, self.memory) == (256, 1024):
                return self
            raise ValueError(f"memory: with cpu {self.cpu} it is {least} to {most}, in steps of {step}")
        return self


class Ecs:
    """What the kind takes and how it is opened."""

    settings: ClassVar[type[EcsSettings]] = EcsSettings
    takes_image: ClassVar[bool] = True

    @staticmethod
    def on_this_machine(settings: EcsSettings) -> bool:
        """Whether the tasks run on the machine that deploys: never."""
        del settings
        return False

    @staticmethod
    def open(environment: Environment, settings: EcsSettings) -> EcsTarget:
        """Return the target of an environment."""
        from .ecs_target import EcsTarget

        return EcsTarget(environment, settings)

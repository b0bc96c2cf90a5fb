"""Outputs of stacks that a change set made, which moto forgets."""

from __future__ import annotations

from moto.cloudformation import models


class Remembering(models.CloudFormationBackend):
    """moto's backend, which works out a stack's outputs once its resources are there."""

    __module__ = models.__name__

    def execute_change_set(self, change_set_name: str, stack_name: str | None = None) -> None:
        super().execute_change_set(change_set_name, stack_name)
        for stack in self.stacks.values():
            if stack.name == stack_name:
                stack._parse_template()
                stack.output_map = stack._create_output_map()


def add() -> None:
    """Take the place of moto's backend."""
    models.cloudformation_backends.backend = Remembering

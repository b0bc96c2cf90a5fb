"""What a forge without workflows answers when it is asked for them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from trunkline.core.errors import ForgeError

from .protocol import Workflow


class NoWorkflows:
    """The part of the protocol that is about workflows, for a forge that has none."""

    def start(
        self,
        workflow: str,  # noqa: ARG002
        *,
        branch: str,  # noqa: ARG002
        inputs: Mapping[str, str] | None = None,  # noqa: ARG002
    ) -> bool:
        """Return False: whoever asks does the work."""
        return False

    def set_status(
        self,
        commit: str,  # noqa: ARG002
        *,
        name: str,  # noqa: ARG002
        passed: bool,  # noqa: ARG002
        description: str,  # noqa: ARG002
        run: str = "",  # noqa: ARG002
    ) -> bool:
        """Return False: a merge waits for no check here."""
        return False

    def workflows(self) -> tuple[Workflow, ...]:
        """Return nothing."""
        return ()

    def enable(self, workflow: str) -> None:
        """Raise ForgeError."""
        raise ForgeError(
            "The local forge has no workflows.",
            value=workflow,
            next_step="run the verb that it calls yourself",
        )

    def tested_bundle(
        self,
        commit: str,  # noqa: ARG002
        training_key: str,  # noqa: ARG002
        folder: Path,  # noqa: ARG002
        *,
        fork: bool = False,  # noqa: ARG002
    ) -> bool:
        """Return False: no run keeps bundles here, they lie in the project."""
        return False

"""The project: its paths, what its user plugs in, and what identifies its models."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import PolicyError
from .identity import Identified
from .mlflow_uri import embedded_uri, placed
from .paths import LOCK_FILE
from .plugged import POLICY_FILE

HOME = "TRUNKLINE_HOME"
"""The environment variable that names a folder in `.trunkline`'s place, for work trees that come and go."""

__all__ = ["HOME", "LOCK_FILE", "POLICY_FILE", "Project"]


class Project(Identified):
    """A folder with a `trunkline.yaml`; everything that Trunkline makes there lies under `.trunkline/`."""

    @classmethod
    def find(cls, start: Path) -> Project:
        """Return the project that `start` lies in.

        What it makes lies in the folder that TRUNKLINE_HOME names, where that is set. Raises PolicyError when no folder
        up to the root of the disk has a `trunkline.yaml`.
        """
        start = start.resolve()
        home = os.environ.get(HOME, "")
        for folder in (start, *start.parents):
            if (folder / POLICY_FILE).is_file():
                return cls(folder, Path(home).expanduser().resolve() if home else None)
        raise PolicyError(
            f"No {POLICY_FILE} in {start} or above it.",
            next_step="change to a project's folder, or pass --project",
        )

    @property
    def forge_folder(self) -> Path:
        """Return the folder of the local forge."""
        return (self.root / self.policy.forge.path).resolve()

    def tracking_uri(self, environment: dict[str, str]) -> str:
        """Return where MLflow keeps runs and versions: policy, then MLFLOW_TRACKING_URI, then the embedded store."""
        uri = self.policy.registry.uri or environment.get("MLFLOW_TRACKING_URI", "")
        return placed(uri, self.root) if uri else embedded_uri(self.work / "mlflow.db")

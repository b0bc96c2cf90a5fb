"""The project: its paths, what its user plugs in, and what identifies its models."""

from __future__ import annotations

import os
from pathlib import Path

from .errors import PolicyError
from .identity import Identified
from .mlflow_uri import embedded_uri, placed
from .paths import LOCK_FILE
from .plugged import POLICY_FILE
from .secrets import secret

HOME = "TRUNKLINE_HOME"
"""The environment variable that names a folder in `.trunkline`'s place, for work trees that come and go."""

PASSWORD = "MLFLOW_TRACKING_PASSWORD"  # noqa: S105 - its name

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
        """Return where MLflow keeps runs and versions: policy, then MLFLOW_TRACKING_URI, then the embedded store.

        Raises PolicyError in a workflow that has a password for a server which a variable alone names.
        """
        named = self.policy.registry.uri
        uri = named or environment.get("MLFLOW_TRACKING_URI", "")
        if (
            not named
            and uri.startswith("http")
            and environment.get("GITHUB_ACTIONS") == "true"
            and secret(PASSWORD)
        ):
            raise PolicyError(
                f"{PASSWORD} goes to a server that main names, and not where a repository variable points.",
                value=uri,
                next_step=f"write `registry: {{uri: {uri}}}` into {POLICY_FILE}, and merge it",
            )
        return placed(uri, self.root) if uri else embedded_uri(self.work / "mlflow.db")

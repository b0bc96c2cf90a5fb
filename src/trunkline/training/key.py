"""The training key: an unchanged one never trains again."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, ClassVar

from trunkline.core.errors import ProjectError
from trunkline.core.package import files_digest
from trunkline.core.policy.monitors.performance import PerformanceMonitor
from trunkline.core.policy.policy import Policy
from trunkline.core.project import Project
from trunkline.core.record import Record, canonical_json, sha256

from .imports import imports_of

UNSHAPING: Mapping[str, Any] = {"search": {"jobs"}} | dict.fromkeys(
    ("watts_per_core", "files", "environment", "compute"), True
)
"""What the policy says of training and no model shows, or the key holds by its content."""


class KeyParts(Record):
    """What a trained model follows from; `key` is the digest of all of it."""

    SCHEMA: ClassVar[str] = "trunkline/training-key/1"

    code: str
    policy: str
    lock: str
    toolkit: str
    snapshot: str
    outside: str = ""
    """Files that `training.files` names, and variables of the environment; empty where there are none."""

    @property
    def key(self) -> str:
        """Return the training key."""
        return sha256(self.canonical())

    def to_dict(self) -> dict[str, Any]:
        """Return the parts; one that there is not leaves the key as it was before it could be."""
        parts = super().to_dict()
        return parts if self.outside else {name: part for name, part in parts.items() if name != "outside"}


def policy_digest(policy: Policy) -> str:
    """Return the digest of what the policy says of training, split and the figures that a bundle carries.

    `training.search.jobs`, `training.compute` and `training.watts_per_core` are left out: they do not change what is
    found. What `training.files` and `training.environment` name is in the key by its content.
    """
    return sha256(
        canonical_json(
            {
                "training": policy.training.model_dump(
                    mode="json",
                    exclude={
                        "search": {"jobs"},
                        "watts_per_core": True,
                        "files": True,
                        "environment": True,
                        "compute": True,
                    },
                ),
                "split": policy.data.split.model_dump(mode="json"),
                "measured": policy.monitoring.of(PerformanceMonitor).metric,
            }
        )
    )


def outside_digest(project: Project, environment: Mapping[str, str]) -> str:
    """Return the digest of what shapes a model and lies neither in the package nor in the snapshot; empty for nothing.

    These are the files that the policy declares, and the variables of the environment that it declares or that
    model.py and features.py read by a literal name. Raises ProjectError when they import a file beside the package, or
    read a variable by another name where the policy declares none.
    """
    found = imports_of(project.root / "src", project.policy.package)
    for file, importer in found.outside.items():
        raise ProjectError(
            f"{importer} imports {file}, which is outside the package: the training key does not cover it.",
            next_step=f"move it to src/{project.policy.package}/",
        )
    if found.unnamed and not project.policy.training.environment:
        raise ProjectError(
            f"{found.unnamed[0]} reads a variable of the environment by a name that its source does not say: the "
            "training key does not cover it.",
            next_step="list the variables under training.environment in trunkline.yaml, or name them where they are "
            "read",
        )
    names = sorted({*found.variables, *project.policy.training.environment})
    variables = {name: environment[name] for name in names if name in environment}
    files = project.declared_files()
    if not variables and not files:
        return ""
    return sha256(canonical_json({"variables": variables, "files": files_digest(files)}))


def key_parts(project: Project, snapshot_digest: str) -> KeyParts:
    """Return the parts of the training key of a project as it stands, on a snapshot."""
    return KeyParts(
        code=project.code_digest(),
        policy=policy_digest(project.policy),
        lock=project.requirements_digest(),
        toolkit=project.toolkit(),
        snapshot=snapshot_digest,
        outside=outside_digest(project, os.environ),
    )


def training_key(project: Project, snapshot_digest: str) -> str:
    """Return the training key of a project as it stands, on a snapshot."""
    return key_parts(project, snapshot_digest).key

"""The training key: an unchanged one never trains again."""

from __future__ import annotations

from typing import ClassVar

from trunkline.core.policy.policy import Policy
from trunkline.core.project import Project
from trunkline.core.record import Record, canonical_json, sha256


class KeyParts(Record):
    """What a trained model follows from; `key` is the digest of all of it."""

    SCHEMA: ClassVar[str] = "trunkline/training-key/1"

    code: str
    policy: str
    lock: str
    toolkit: str
    snapshot: str

    @property
    def key(self) -> str:
        """Return the training key."""
        return sha256(self.canonical())


def policy_digest(policy: Policy) -> str:
    """Return the digest of what the policy says of training, split and the figures that a bundle carries.

    `training.search.jobs` and `training.watts_per_core` are left out: they do not change what is found.
    """
    return sha256(
        canonical_json(
            {
                "training": policy.training.model_dump(
                    mode="json", exclude={"search": {"jobs"}, "watts_per_core": True}
                ),
                "split": policy.data.split.model_dump(mode="json"),
                "measured": policy.monitoring.performance.metric,
            }
        )
    )


def key_parts(project: Project, snapshot_digest: str) -> KeyParts:
    """Return the parts of the training key of a project as it stands, on a snapshot."""
    return KeyParts(
        code=project.code_digest(),
        policy=policy_digest(project.policy),
        lock=project.requirements_digest(),
        toolkit=project.toolkit(),
        snapshot=snapshot_digest,
    )


def training_key(project: Project, snapshot_digest: str) -> str:
    """Return the training key of a project as it stands, on a snapshot."""
    return key_parts(project, snapshot_digest).key

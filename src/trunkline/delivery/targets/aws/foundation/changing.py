"""The foundation changed: a change set is planned, looked at, and carried out under the checksum that was reviewed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from trunkline.core.errors import ApplyError, NotFoundError, StalePlanError
from trunkline.core.progress import Progress
from trunkline.core.record import Record, canonical_json, sha256, short

from ...service import wait_for
from ..account import Account
from . import template

PROVIDER = "token.actions.githubusercontent.com"
NAME = "trunkline"
PATIENCE_S, EVERY_S = 1800.0, 5.0
KEPT = ("LogBucket", "Images", "GitHubProvider")
"""Resources that outlive their stack: what is in them is nobody's to delete by the way."""


class Change(Record):
    """One resource that CloudFormation would touch."""

    action: str
    """As CloudFormation says it: Add, Modify, Remove, Import, Dynamic."""
    name: str
    kind: str
    replaces: bool = False
    """Whether a new one takes its place."""

    @property
    def text(self) -> str:
        """Return it in words."""
        return f"{self.action.lower():<7} {self.name} ({self.kind}{', replaced' if self.replaces else ''})"


class FoundationPlan(Record):
    """What would be done to a stack; no changes when there is nothing to do."""

    SCHEMA: ClassVar[str] = "trunkline/foundation-plan/1"

    stack: str
    region: str
    changes: tuple[Change, ...]
    parameters: dict[str, str]
    template: str
    """The digest of the template."""

    @property
    def checksum(self) -> str:
        """Return the digest of what the plan does."""
        return sha256(self.canonical())

    def text(self) -> str:
        """Return the plan for people."""
        if not self.changes:
            return f"{self.stack} in {self.region}: nothing to do."
        lines = [f"Plan for {self.stack} in {self.region} ({short(self.checksum)}):"]
        return "\n".join([*lines, *(f"  {change.text}" for change in self.changes)])


@dataclass(frozen=True)
class Foundation:
    """The stack of an environment; `given` are the parameters that the desired state and the forge say."""

    account: Account
    stack: str
    kind: str
    given: Mapping[str, str]
    patience: float = PATIENCE_S
    every: float = EVERY_S

    def plan(self) -> FoundationPlan:
        """Return what would be done. A change set is made for it and taken away again; nothing else is changed."""
        made, planned = self._prepared()
        self._drop(made)
        return planned

    def apply(self, reviewed: str, *, progress: Progress = lambda _: None) -> Mapping[str, str]:
        """Carry out the plan whose checksum was reviewed, and return the stack's outputs.

        Raises StalePlanError when that is another plan, ApplyError when CloudFormation went back.
        """
        made, planned = self._prepared()
        if reviewed not in (planned.checksum, short(planned.checksum)):
            self._drop(made)
            raise StalePlanError(
                f"The plan for {self.stack} is now {short(planned.checksum)}, not the one that was reviewed.",
                value=reviewed,
                next_step="trunkline infra plan, look at it, and apply what it says",
            )
        if not planned.changes:
            self._drop(made)
            return self.account.outputs(self.stack)
        progress(f"CloudFormation changes {len(planned.changes)} resources; this takes some minutes")
        self._call("execute_change_set", ChangeSetName=made["ChangeSetId"])
        self._settled("CREATE_COMPLETE", "UPDATE_COMPLETE")
        return self.account.outputs(self.stack)

    def destroy(self, *, progress: Progress = lambda _: None) -> tuple[str, ...]:
        """Delete the stack, and return what outlives it. Raises NotFoundError when there is none."""
        if self.account.stack(self.stack) is None:
            raise NotFoundError(f"There is no stack {self.stack} in {self.account.region}.")
        found = self._call("describe_stack_resources")["StackResources"]
        kept = [str(row["PhysicalResourceId"]) for row in found if row.get("LogicalResourceId") in KEPT]
        progress(f"CloudFormation deletes {len(found) - len(kept)} resources; this takes some minutes")
        self._call("delete_stack")
        self._settled("DELETE_COMPLETE")
        return tuple(kept)

    def _prepared(self) -> tuple[dict[str, Any], FoundationPlan]:
        """Make a change set, and return it with the plan that it is."""
        there = self.account.stack(self.stack)
        begun = there is not None and there["StackStatus"] != "REVIEW_IN_PROGRESS"
        parameters = {**self.given, **self._own(there if begun else None)}
        body = template(self.kind)
        parameters = {name: value for name, value in parameters.items() if name in body["Parameters"]}
        made = self._call(
            "create_change_set",
            ChangeSetName=NAME,
            ChangeSetType="UPDATE" if begun else "CREATE",
            TemplateBody=json.dumps(body, separators=(",", ":")),
            Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
            Capabilities=["CAPABILITY_IAM"],
        )
        described = wait_for(lambda: self._described(made["Id"]), patience=self.patience, every=self.every)
        if described is None:
            raise ApplyError(
                f"CloudFormation does not say what it would change of {self.stack}.", next_step="try again"
            )
        rows = [row["ResourceChange"] for row in described.get("Changes", ())]
        changes = tuple(
            Change(
                action=row["Action"],
                name=row["LogicalResourceId"],
                kind=row["ResourceType"],
                replaces=row.get("Replacement") == "True",
            )
            for row in sorted(rows, key=lambda row: row["LogicalResourceId"])
        )
        planned = FoundationPlan(
            stack=self.stack,
            region=self.account.region,
            changes=changes,
            parameters=parameters,
            template=sha256(canonical_json(body)),
        )
        return {"ChangeSetId": made["Id"], "new": not begun}, planned

    def _described(self, identity: str) -> dict[str, Any] | None:
        found = self._call("describe_change_set", ChangeSetName=identity)
        why = str(found.get("StatusReason", ""))
        if found["Status"] == "FAILED" and ("didn't contain changes" in why or "No updates" in why):
            return {}
        if found["Status"] == "FAILED":
            raise ApplyError(
                f"CloudFormation cannot change {self.stack}: {why.rstrip('.')}.", next_step="mend that"
            )
        return found if found["Status"] == "CREATE_COMPLETE" else None

    def _drop(self, made: Mapping[str, Any]) -> None:
        self._call("delete_change_set", ChangeSetName=made["ChangeSetId"])
        if made["new"]:  # a stack without resources, which the change set left
            self._call("delete_stack")

    def _own(self, there: Mapping[str, Any] | None) -> dict[str, str]:
        """Return whether the stack makes what an account has once: as before, or where nobody has made it yet."""
        before = {row["ParameterKey"]: row["ParameterValue"] for row in (there or {}).get("Parameters", ())}
        if "OwnProvider" in before:
            return {name: before[name] for name in ("OwnProvider", "OwnRegistry")}
        listed = self.account.call("iam", "list_open_id_connect_providers")["OpenIDConnectProviderList"]
        provider = any(row["Arn"].endswith(f"/{PROVIDER}") for row in listed)
        registry = self.account.find(
            *("ecr", "describe_repositories"),
            missing=("RepositoryNotFoundException",),
            repositoryNames=[self.given["Registry"]],
        )
        return {"OwnProvider": "no" if provider else "yes", "OwnRegistry": "no" if registry else "yes"}

    def _settled(self, *wanted: str) -> None:
        def look() -> str | None:
            found = self.account.stack(self.stack)
            status = str(found["StackStatus"]) if found else "DELETE_COMPLETE"
            return None if status.endswith("_IN_PROGRESS") else status

        status = wait_for(look, patience=self.patience, every=self.every)
        if status not in wanted:
            raise ApplyError(
                f"CloudFormation left {self.stack} as {status or 'not finished'}.",
                next_step=f"aws cloudformation describe-stack-events --stack-name {self.stack} says why;"
                " a stack that was never whole is deleted by trunkline infra destroy",
            )

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self.account.call("cloudformation", operation, StackName=self.stack, **parameters)

"""The SageMaker target: a release is a model with an endpoint configuration, neither of which ever changes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trunkline.core.bundle import BundleStore
from trunkline.core.errors import ApplyError, StorageError, UnavailableError
from trunkline.core.exposure import require_guarded
from trunkline.core.policy.access import VARIABLE
from trunkline.core.record import canonical_json, sha256, short
from trunkline.core.release import Release

from ..plan import Step
from . import told
from .aws.account import Account
from .aws.image import require_image
from .aws.kept import Kept
from .aws.logs import fetch_log
from .protocol import Environment, Health
from .sagemaker import SageMakerSettings
from .service import wait_for

PATIENCE_S, EVERY_S = 2400.0, 10.0
"""SageMaker starts machines, which takes minutes, and ends the old ones only when the new ones answer."""
GONE = ("ValidationException", "ValidationError")
"""SageMaker has no code of its own for what is not there."""
VARIANT = "live"
MOVING = {"Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting"}


class SageMakerTarget(Kept):
    """One endpoint with the environment's name."""

    def __init__(
        self,
        environment: Environment,
        settings: SageMakerSettings,
        account: Account | None = None,
        *,
        patience: float = PATIENCE_S,
        every: float = EVERY_S,
    ) -> None:
        super().__init__(environment, settings, account)
        self.settings = settings
        self.patience, self.every = patience, every

    def assigned(self) -> Release | None:
        """Return what the endpoint shall serve since the last apply."""
        return self.observe()

    def observe(self) -> Release | None:
        """Return what the endpoint serves: in the middle of an update what served before it."""
        endpoint = self._endpoint()
        return self._release(endpoint["EndpointConfigName"]) if endpoint and _serves(endpoint) else None

    def upkeep(self) -> tuple[Step, ...]:
        """Return the restart that is needed, because settings changed or something was changed by hand."""
        endpoint = self._endpoint()
        if endpoint is None or not _serves(endpoint):
            return ()
        release = self._release(endpoint["EndpointConfigName"])
        if release is None or endpoint["EndpointConfigName"] != self._name(release):
            why = "its settings changed, or it was changed by hand"
            return (Step(kind="restart", text=f"the endpoint: {why}"),)
        return ()

    def check(self) -> Health:
        """Return how the endpoint is, as SageMaker says it."""
        endpoint = self._endpoint()
        if endpoint is None:
            return Health(ready=False, text="not running")
        ready, release = _serves(endpoint), self.observe()
        return Health(
            ready=ready,
            text=f"the endpoint is {endpoint['EndpointStatus']}",
            revision=release.revision if release else "",
        )

    def address(self) -> str:
        """Return where callers reach it, signed by SigV4."""
        region = self.account.region
        return f"https://runtime.sagemaker.{region}.amazonaws.com/endpoints/{self.key}/invocations"

    def logs(self) -> Path:
        """Return the file that holds the last lines of the endpoint's own log, fetched now."""
        return fetch_log(self.account, f"/aws/sagemaker/Endpoints/{self.key}", self.environment.folder)

    def apply(self, release: Release, bundles: BundleStore) -> None:
        """Give the endpoint another configuration, and wait until SageMaker has it serve or goes back."""
        del bundles  # they are in the image
        require_guarded("0.0.0.0", self.access)  # noqa: S104
        require_image(self.account, release, file=self.environment.file)
        self.bring_secrets()
        name, before = self._made(release), self._endpoint()
        if before and before["EndpointStatus"] in MOVING:
            if _under_way(before) == name:  # of a deployment that was killed
                self._await(name, before if _serves(before) else None, release)
                return
            raise UnavailableError(
                f"SageMaker is still at work on the endpoint of {self.environment.name}: {before['EndpointStatus']}.",
                next_step="wait until it is done, or went back by itself, which takes some minutes; then deploy again",
            )
        if before and _serves(before) and before["EndpointConfigName"] == name:
            return
        self.environment.progress("SageMaker starts machines; this takes some minutes")
        if before and not _serves(before):  # of a first deployment that failed
            self.stop()
            before = None
        if before is None:
            self.account.call("sagemaker", "create_endpoint", EndpointName=self.key, EndpointConfigName=name)
        else:
            self.account.call(
                *("sagemaker", "update_endpoint"),
                EndpointName=self.key,
                EndpointConfigName=name,
                DeploymentConfig=self._going_back(),
            )
        self._await(name, before, release)

    def stop(self) -> bool:
        """Delete the endpoint, and return whether there was one; its models and configurations cost nothing."""
        if self._endpoint() is None:
            return False
        self.account.call("sagemaker", "delete_endpoint", EndpointName=self.key)
        if (
            wait_for(lambda: self._endpoint() is None or None, patience=self.patience, every=self.every)
            is None
        ):
            raise UnavailableError(f"SageMaker still deletes the endpoint {self.key}.", next_step="wait")
        return True

    def _going_back(self) -> dict[str, Any]:
        """Return how SageMaker updates: new machines beside the old ones, and back where an alarm goes off."""
        alarms = [{"AlarmName": name} for name in self.foundation["EndpointAlarms"].split(",")]
        routing = {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 120}
        return {
            "BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": 60},
            "AutoRollbackConfiguration": {"Alarms": alarms},
        }

    def _await(self, name: str, before: Mapping[str, Any] | None, release: Release) -> None:
        def outcome() -> str | None:
            endpoint = self._endpoint()
            if endpoint is None:
                return "the endpoint was deleted meanwhile"
            if endpoint["EndpointStatus"] in MOVING:
                return None
            if _serves(endpoint) and endpoint["EndpointConfigName"] == name:
                return ""
            return str(endpoint.get("FailureReason") or "SageMaker went back").rstrip(".")

        found = wait_for(outcome, patience=self.patience, every=self.every)
        if found == "":
            return
        why = found or f"it is not ready after {self.patience:g} s, and SageMaker goes on"
        now = "nothing serves"
        if before is None:
            if found:
                self.stop()
        else:
            served = self.observe()
            now = f"version {served.champion.version} serves as before" if served else "the former one serves"
        raise ApplyError(
            f"Revision {release.revision[:12]} does not serve {release.environment}: {why}; {now}.",
            value=release.image,
            next_step=f"the log group /aws/sagemaker/Endpoints/{self.key} says why; then mend the image, or revert the"
            " merge that named it",
        )

    def _made(self, release: Release) -> str:
        """Return the name of the model and the configuration of a release, made where they are not there."""
        name, wanted = self._name(release), self._wanted(release)
        if self.account.find("sagemaker", "describe_model", missing=GONE, ModelName=name) is None:
            self.account.call("sagemaker", "create_model", ModelName=name, **wanted)
        found = self.account.find(
            "sagemaker", "describe_endpoint_config", missing=GONE, EndpointConfigName=name
        )
        if found is None:
            variant = {
                "VariantName": VARIANT,
                "ModelName": name,
                "InstanceType": self.settings.machine,
                "InitialInstanceCount": self.settings.count,
                "InitialVariantWeight": 1.0,
            }
            self.account.call(
                "sagemaker", "create_endpoint_config", EndpointConfigName=name, ProductionVariants=[variant]
            )
        return name

    def _name(self, release: Release) -> str:
        """Return a name of all that a release is started with, so that what has a name never changes."""
        machines = [self.settings.machine, self.settings.count]
        digest = short(sha256(canonical_json([self._wanted(release), machines])))
        return f"{self.key}-{digest}"[-63:].lstrip("-")

    def _wanted(self, release: Release) -> dict[str, Any]:
        variables = {
            told.RELEASE: release.canonical().decode(),
            VARIABLE: self.access.model_dump_json(exclude_defaults=True),
            "AWS_REGION": self.account.region,
            "TRUNKLINE_LOG_STORE": told.log_store(self.environment.serving, self.foundation["LogBucket"]),
            "TRUNKLINE_USER_SECRET": self._read("user-secret"),
        }
        return {
            "PrimaryContainer": {"Image": release.image, "Environment": variables},
            "ExecutionRoleArn": self.foundation["EndpointRole"],
        }

    def _endpoint(self) -> dict[str, Any] | None:
        return self.account.find("sagemaker", "describe_endpoint", missing=GONE, EndpointName=self.key)

    def _release(self, config: str) -> Release | None:
        found = self.account.find(
            "sagemaker", "describe_endpoint_config", missing=GONE, EndpointConfigName=config
        )
        named = found["ProductionVariants"][0]["ModelName"] if found else ""
        model = (
            self.account.find("sagemaker", "describe_model", missing=GONE, ModelName=named) if named else None
        )
        variables = model["PrimaryContainer"].get("Environment", {}) if model else {}
        try:
            return Release.from_dict(json.loads(variables.get(told.RELEASE, "")), origin="model")
        except (StorageError, ValueError):  # of another version of Trunkline, or changed by hand
            return None


def _serves(endpoint: Mapping[str, Any]) -> bool:
    return endpoint["EndpointStatus"] in {"InService", "Updating", "SystemUpdating", "RollingBack"}


def _under_way(endpoint: Mapping[str, Any]) -> str:
    """Return the configuration that SageMaker brings."""
    pending = endpoint.get("PendingDeploymentSummary", {}).get("EndpointConfigName", "")
    return str(
        pending or (endpoint["EndpointConfigName"] if endpoint["EndpointStatus"] == "Creating" else "")
    )

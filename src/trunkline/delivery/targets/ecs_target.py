"""The ECS target: a service of Fargate tasks, whose circuit breaker goes back by itself."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trunkline.core.bundle import BundleStore
from trunkline.core.errors import ApplyError, UnavailableError
from trunkline.core.exposure import require_guarded
from trunkline.core.release import Release

from ..engine import PORT
from ..plan import Step
from .aws.account import Account
from .aws.image import require_image
from .aws.kept import Kept
from .aws.logs import fetch_log
from .aws.scaling import Scaling, healthy
from .ecs import EcsSettings
from .ecs_task import CONTAINER, Place, own_part, release_of, task_of
from .on_platform import SECRETS
from .protocol import Environment, Health
from .service import wait_for

PATIENCE_S, EVERY_S = 1500.0, 5.0
"""The circuit breaker counts three tasks that do not become healthy, each of which may take minutes."""
OVERTAKEN = "another deployment took its place"


class EcsTarget(Kept):
    """One service of the foundation's cluster; a release is a revision of its task definition."""

    def __init__(
        self,
        environment: Environment,
        settings: EcsSettings,
        account: Account | None = None,
        *,
        patience: float = PATIENCE_S,
        every: float = EVERY_S,
    ) -> None:
        super().__init__(environment, settings, account)
        self.settings = settings
        self.patience, self.every = patience, every

    def assigned(self) -> Release | None:
        """Return what shall serve since the last apply; while ECS goes back by itself, what it goes back to."""
        service = self._service()
        return self._release(service["taskDefinition"]) if service else None

    def observe(self) -> Release | None:
        """Return what the tasks that run serve: in the middle of a deployment what served before it."""
        service = self._service()
        if service is None:
            return None
        running = [row for row in service["deployments"] if row["runningCount"]]
        settled = [row for row in running if row["rolloutState"] == "COMPLETED"] or running[-1:]
        return self._release(settled[0]["taskDefinition"]) if settled else None

    def upkeep(self) -> tuple[Step, ...]:
        """Return the restart that is needed, because settings or keys changed or something was changed by hand."""
        service = self._service()
        release = self._release(service["taskDefinition"]) if service else None
        if service is None:
            return ()
        why = ""
        if release is None or own_part(self._definition(service["taskDefinition"])) != own_part(
            self._wanted(release)
        ):
            why = "its settings or keys changed, or its task was changed by hand"
        elif self.scaling.differs() or not self._within(service["desiredCount"]):
            why = "how many serve was changed"
        return (Step(kind="restart", text=f"the service: {why}"),) if why else ()

    def check(self) -> Health:
        """Return how the service is: how many tasks the load balancer finds ready."""
        service = self._service()
        if service is None:
            return Health(ready=False, text="not running")
        ready = healthy(self.account, self.foundation["TargetGroup"])
        text = f"{ready} of {service['desiredCount']} tasks are ready"
        release = self.observe()
        return Health(ready=ready > 0, text=text, revision=release.revision if release and ready else "")

    def address(self) -> str:
        """Return where callers reach it."""
        return f"https://{self.settings.domain}"

    def logs(self) -> Path:
        """Return the file that holds the last lines of the tasks' own log, fetched now."""
        return fetch_log(self.account, self.foundation["LogGroup"], self.environment.folder)

    def apply(self, release: Release, bundles: BundleStore) -> None:
        """Give the service another task definition, and wait until ECS has it serve or goes back."""
        del bundles  # they are in the image
        require_guarded("0.0.0.0", self.access)  # noqa: S104
        require_image(self.account, release, file=self.environment.file)
        before = self._service()
        self._require_quiet(before, release)
        self.bring_secrets()
        definition = before["taskDefinition"] if before else ""
        if not definition or own_part(self._definition(definition)) != own_part(self._wanted(release)):
            made = self.account.call("ecs", "register_task_definition", **self._wanted(release))
            definition = made["taskDefinition"]["taskDefinitionArn"]
        self.environment.progress(f"ECS starts {definition.rpartition('/')[2]}; this takes some minutes")
        self._bring(before, definition)
        self.scaling.keep()
        self._await(before, definition, release)

    def stop(self) -> bool:
        """Delete the service with its tasks, and return whether there was one."""
        if self._service() is None:
            return False
        self.scaling.remove()
        self.account.call(
            "ecs", "delete_service", cluster=self.foundation["Cluster"], service=self.key, force=True
        )
        return True

    @property
    def scaling(self) -> Scaling:
        """Return between which numbers the service grows and shrinks."""
        place = f"service/{self.foundation['Cluster']}/{self.key}"
        return Scaling(self.account, place, self.settings.minimum, self.settings.maximum)

    def _bring(self, before: Mapping[str, Any] | None, definition: str) -> None:
        common = {
            "cluster": self.foundation["Cluster"],
            "taskDefinition": definition,
            "deploymentConfiguration": {
                "deploymentCircuitBreaker": {"enable": True, "rollback": True},
                "minimumHealthyPercent": 100,
                "maximumPercent": 200,
            },
            "networkConfiguration": {
                "awsvpcConfiguration": {
                    "subnets": self.foundation["Subnets"].split(","),
                    "securityGroups": [self.foundation["SecurityGroup"]],
                    "assignPublicIp": "ENABLED",
                }
            },
            "healthCheckGracePeriodSeconds": 60,
        }
        if before:
            count = before["desiredCount"]
            changed = {} if self._within(count) else {"desiredCount": self.settings.minimum}
            self.account.call("ecs", "update_service", service=self.key, **common, **changed)
            return
        balanced = {"containerName": CONTAINER, "containerPort": PORT}
        self.account.call(
            *("ecs", "create_service"),
            serviceName=self.key,
            launchType="FARGATE",
            desiredCount=self.settings.minimum,
            loadBalancers=[balanced | {"targetGroupArn": self.foundation["TargetGroup"]}],
            **common,
        )

    def _await(self, before: Mapping[str, Any] | None, definition: str, release: Release) -> None:
        found = wait_for(lambda: self._outcome(definition, before), patience=self.patience, every=self.every)
        if found == "":
            return
        why = found or f"it is not ready after {self.patience:g} s"
        now = "that one decides" if found == OVERTAKEN else "nothing serves"
        if before is None:
            self.stop()
        elif found != OVERTAKEN:
            now = self._back(before, decided=found is not None)
        raise ApplyError(
            f"Revision {release.revision[:12]} does not serve {release.environment}: {why}; {now}.",
            value=release.image,
            next_step=f"trunkline status {release.environment}, and the log group {self.foundation['LogGroup']}, say"
            " why; then mend the image, or revert the merge that named it",
        )

    def _back(self, before: Mapping[str, Any], *, decided: bool) -> str:
        """Wait until what served before serves again, and say so; the circuit breaker may not have `decided`."""
        definition = before["taskDefinition"]
        if not decided:
            self._bring(before, definition)
        patience = max(self.patience, 60.0)
        settled = wait_for(lambda: self._outcome(definition, None), patience=patience, every=self.every)
        previous = self._release(definition)
        name = f"version {previous.champion.version}" if previous else "the former task"
        return f"{name} serves as before" if settled == "" else f"ECS is going back to {name}"

    def _outcome(self, definition: str, before: Mapping[str, Any] | None) -> str | None:
        """Return empty when the definition serves, why it does not, or None while that is open."""
        service = self._service()
        if service is None:
            return "the service was deleted meanwhile"
        own = next((row for row in service["deployments"] if row["taskDefinition"] == definition), None)
        primary = next(row for row in service["deployments"] if row["status"] == "PRIMARY")
        if own and own["rolloutState"] == "FAILED":
            return str(own.get("rolloutStateReason") or "its tasks did not become healthy").rstrip(".")
        if primary["taskDefinition"] == definition:
            serves = primary["rolloutState"] == "COMPLETED"
            return "" if serves and healthy(self.account, self.foundation["TargetGroup"]) else None
        if before and primary["taskDefinition"] == before["taskDefinition"]:
            return "its tasks did not become healthy, and ECS went back"
        return OVERTAKEN

    def _require_quiet(self, service: Mapping[str, Any] | None, release: Release) -> None:
        """Raise UnavailableError while ECS is at work on something else; a killed deployment is taken up again."""
        if service is None:
            return
        primary = next(row for row in service["deployments"] if row["status"] == "PRIMARY")
        under_way = self._release(primary["taskDefinition"])
        if primary["rolloutState"] == "IN_PROGRESS" and under_way != release:
            revision = under_way.revision[:12] if under_way else "another"
            raise UnavailableError(
                f"ECS is still at work on revision {revision} of {self.environment.name}.",
                next_step="wait until it is done, or went back by itself, which takes some minutes; then deploy again",
            )

    def _wanted(self, release: Release) -> dict[str, Any]:
        secrets = {name: self.parameter(which) for name, which in SECRETS.items()}
        place = Place(self.key, self.account.region, self.foundation, self.keys_digest, secrets)
        return task_of(release, self.settings, self.access, self.environment.serving, place)

    def _within(self, count: int) -> bool:
        return self.settings.minimum <= count <= self.settings.maximum

    def _service(self) -> dict[str, Any] | None:
        """Return the service; None where there is none, or it is being deleted."""
        stack = self.account.stack(self.key)
        if stack is None:
            return None
        found = self.account.call(
            "ecs", "describe_services", cluster=self.foundation["Cluster"], services=[self.key]
        )["services"]
        return found[0] if found and found[0]["status"] == "ACTIVE" else None

    def _definition(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.account.call("ecs", "describe_task_definition", taskDefinition=name)
        return dict(found["taskDefinition"])

    def _release(self, definition: str) -> Release | None:
        return release_of(self._definition(definition))

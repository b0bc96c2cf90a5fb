"""The scheduler of ECS: it runs what a service asks for, and its circuit breaker goes back.

Written after the descriptions of DeploymentCircuitBreaker and Deployment.rolloutState in ECS' API reference. One
process stands for all tasks of a deployment; nothing happens between two calls of DescribeServices.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from moto.ecs import models
from moto.elbv2.models import elbv2_backends
from moto.logs.models import logs_backends
from moto.ssm.models import ssm_backends

from .contained import Contained, clear

_RUNS: dict[str, Contained] = {}
"""Deployment's id to its process."""


class Scheduled(models.EC2ContainerServiceBackend):
    """moto's backend, whose services really run."""

    __module__ = models.__name__  # moto finds the paths of a service by it

    def create_service(self, *words: Any, **named: Any) -> Any:
        service = super().create_service(*words, **named)
        service.deployments = []
        service.running_count = 0
        _begin(service, str(service.task_definition))
        return service

    def update_service(self, service_properties: dict[str, Any]) -> Any:
        wanted = service_properties.get("task_definition")
        breaker = service_properties.get("deployment_configuration", {}).get("deploymentCircuitBreaker")
        assert breaker == {"enable": True, "rollback": True}
        service = super().update_service(service_properties)
        primary = service.deployments[0]
        if wanted and wanted != primary["taskDefinition"]:
            _begin(service, wanted)
        return service

    def describe_services(self, cluster_str: str, service_names_or_arns: list[str]) -> Any:
        services, failures = super().describe_services(cluster_str, service_names_or_arns)
        for service in services:
            if service.status == "ACTIVE":
                self._tick(service)
        return services, failures

    def delete_service(self, cluster_name: str, service_name: str, force: bool) -> Any:
        service = super().delete_service(cluster_name, service_name, force)
        for row in service.deployments:
            self._end(service, row)
        service.deployments = []
        return service

    def _tick(self, service: Any) -> None:
        primary = service.deployments[0]
        run = _RUNS.get(primary["id"])
        if primary["rolloutState"] == "FAILED":
            return
        if run is None:
            run = _RUNS[primary["id"]] = self._start(primary["taskDefinition"])
        self._log(run)
        if run.ended:
            self._failed(service, primary)
        elif run.ready:
            group = service.load_balancers[0]["targetGroupArn"]
            target = {"Id": f"10.60.0.{run.port % 250}", "Port": run.port, "AvailabilityZone": "all"}
            self._elb.register_targets(group, [target])
            for row in service.deployments[1:]:
                self._end(service, row)
            service.deployments = [primary]
            primary |= {
                "rolloutState": "COMPLETED",
                "rolloutStateReason": f"ECS deployment {primary['id']} completed.",
                "runningCount": service.desired_count,
                "pendingCount": 0,
            }
            service.running_count, service.pending_count = service.desired_count, 0

    def _failed(self, service: Any, primary: dict[str, Any]) -> None:
        self._end(service, primary)
        primary |= {"runningCount": 0, "failedTasks": 3}
        if primary["rolloutState"] == "COMPLETED":  # it served, and died: ECS starts it again
            service.running_count = 0
            return
        breaker = "ECS deployment circuit breaker:"
        primary |= {"rolloutState": "FAILED", "rolloutStateReason": f"{breaker} tasks failed to start."}
        served = [row for row in service.deployments[1:] if row["rolloutState"] == "COMPLETED"]
        if served:
            _begin(service, served[0]["taskDefinition"])
            why = f"{breaker} rolling back to deploymentId {served[0]['id']}."
            service.deployments[0]["rolloutStateReason"] = why

    def _start(self, name: str) -> Contained:
        container: Any = self.describe_task_definition(name).container_definitions[0]
        ssm: Any = ssm_backends[self.account_id][self.region_name]
        variables = {row["name"]: row["value"] for row in container["environment"]}
        for row in container["secrets"]:
            variables[row["name"]] = clear(ssm.get_parameter(row["valueFrom"]))
        return Contained(container["image"], container["command"], variables)

    def _end(self, service: Any, row: dict[str, Any]) -> None:
        run = _RUNS.pop(row["id"], None)
        if run is not None:
            group = service.load_balancers[0]["targetGroupArn"]
            if group in self._elb.target_groups:
                self._elb.target_groups[group].targets.pop(f"10.60.0.{run.port % 250}", None)
            run.end()
            self._log(run)

    def _log(self, run: Contained) -> None:
        logs = logs_backends[self.account_id][self.region_name]
        lines = run.lines()
        for name, group in logs.groups.items():
            if name.startswith("/trunkline/") and lines:
                stream = f"ecs/service/{run.home.name}"
                if stream not in group.streams:
                    logs.create_log_stream(name, stream)
                now = int(time.time() * 1000)
                logs.put_log_events(name, stream, [{"timestamp": now, "message": line} for line in lines])

    @property
    def _elb(self) -> Any:
        return elbv2_backends[self.account_id][self.region_name]


def _begin(service: Any, definition: str) -> None:
    for row in service.deployments:
        row["status"] = "ACTIVE"
    now = datetime.now(UTC)
    made = {
        "id": f"ecs-svc/{uuid4().int % 10**19}",
        "status": "PRIMARY",
        "taskDefinition": definition,
        "desiredCount": service.desired_count,
        "pendingCount": service.desired_count,
        "runningCount": 0,
        "failedTasks": 0,
        "createdAt": now,
        "updatedAt": now,
        "launchType": "FARGATE",
        "rolloutState": "IN_PROGRESS",
    }
    service.deployments = [made, *service.deployments]
    service.task_definition = definition


def add() -> None:
    """Take the place of moto's backend."""
    models.ecs_backends.backend = Scheduled

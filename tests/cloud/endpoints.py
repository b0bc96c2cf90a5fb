"""SageMaker's endpoints: machines that run, and an update that goes back.

Written after the descriptions of EndpointStatus, UpdateEndpoint and AutoRollbackConfig in SageMaker's API reference: an
endpoint that is updated serves its former configuration until the new machines answer /ping; where they do not, it is
InService with the former configuration and a FailureReason, and a first one is Failed. Nothing happens between two
calls of DescribeEndpoint. The image's own program stands for `docker run IMAGE serve`.
"""

from __future__ import annotations

import time
from typing import Any

from moto.core.responses import ActionResult
from moto.sagemaker.models import SageMakerModelBackend
from moto.sagemaker.responses import SageMakerResponse

from .contained import Contained
from .functions import SERVES

BEGINS_S = 5.0
"""SageMaker gives a container some minutes."""


def add() -> None:
    """Answer UpdateEndpoint, and run what endpoints run."""
    create: Any = SageMakerModelBackend.create_endpoint
    describe: Any = SageMakerModelBackend.describe_endpoint
    delete: Any = SageMakerModelBackend.delete_endpoint

    def create_endpoint(self: Any, *words: Any, **named: Any) -> Any:
        endpoint = create(self, *words, **named)
        _begin(self, endpoint, endpoint.endpoint_config_name, "Creating")
        endpoint.former = None
        return endpoint

    def describe_endpoint(self: Any, name: str) -> Any:
        if name in self.endpoints:
            _tick(self.endpoints[name])
        found = describe(self, name)
        endpoint = self.endpoints[name]
        if endpoint.endpoint_status == "Updating":
            found = {**found, "PendingDeploymentSummary": {"EndpointConfigName": endpoint.wanted}}
        return found

    def delete_endpoint(self: Any, name: str) -> Any:
        endpoint = self.endpoints.get(name)
        for run in (getattr(endpoint, "run", None), getattr(endpoint, "former", None)):
            if run:
                run.end()
        return delete(self, name)

    def update_endpoint(self: SageMakerResponse) -> ActionResult:
        backend: Any = self.sagemaker_backend
        endpoint = backend.endpoints[self._get_param("EndpointName")]
        config = self._get_param("EndpointConfigName")
        backend.describe_endpoint_config(config)  # it must be there
        assert endpoint.endpoint_status in ("InService", "Failed")
        deployment = self._get_param("DeploymentConfig")
        assert deployment["AutoRollbackConfiguration"]["Alarms"]
        endpoint.former = endpoint.run
        _begin(backend, endpoint, config, "Updating")
        return ActionResult({"EndpointArn": endpoint.arn})

    SageMakerModelBackend.create_endpoint = create_endpoint  # type: ignore[method-assign]
    SageMakerModelBackend.describe_endpoint = describe_endpoint  # type: ignore[method-assign,assignment]
    SageMakerModelBackend.delete_endpoint = delete_endpoint  # type: ignore[method-assign,assignment]
    SageMakerResponse.update_endpoint = update_endpoint  # type: ignore[attr-defined]


def _begin(backend: Any, endpoint: Any, config: str, status: str) -> None:
    variant = backend.endpoint_configs[config].production_variants[0]
    container = backend._models[variant["ModelName"]].primary_container
    endpoint.run = Contained(container["Image"], SERVES, container["Environment"])
    endpoint.wanted, endpoint.endpoint_status, endpoint.failure_reason = config, status, None
    endpoint.until = time.monotonic() + BEGINS_S


def _tick(endpoint: Any) -> None:
    if endpoint.endpoint_status not in ("Creating", "Updating"):
        return
    if endpoint.run.ready:
        if endpoint.former:
            endpoint.former.end()
        endpoint.endpoint_config_name, endpoint.endpoint_status = endpoint.wanted, "InService"
    elif endpoint.run.ended or time.monotonic() > endpoint.until:
        endpoint.run.end()
        endpoint.failure_reason = "The primary container did not pass the ping health check."
        endpoint.endpoint_status = "InService" if endpoint.former else "Failed"
        endpoint.run = endpoint.former
    endpoint.former = endpoint.former if endpoint.endpoint_status == "Updating" else None

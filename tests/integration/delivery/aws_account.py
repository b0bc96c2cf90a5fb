"""An account of AWS for tests: moto with what it lacks, a foundation, an image, and what is asked of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import boto3

from certificates import self_signed
from cloud import REGION
from trunkline.delivery import Environment
from trunkline.delivery.targets.aws.account import Account
from trunkline.delivery.targets.aws.foundation import template
from trunkline.delivery.targets.on_platform import key_of

REPOSITORY = "acme/loans"


SERVICES: tuple[str, ...] = (
    "acm",
    "application-autoscaling",
    "autoscaling",
    "cloudformation",
    "ec2",
    "ecr",
    "ecs",
    "elbv2",
    "iam",
)
SERVICES += ("lambda", "logs", "s3", "sagemaker", "ssm")


def clients_of(server: str) -> dict[str, Any]:
    """Return a client of every service that is used."""
    session: Any = boto3.Session("key", "secret", region_name=REGION)
    return {service: session.client(service, endpoint_url=server) for service in SERVICES}


class Killed(BaseException):
    """The process that deploys is gone."""


class Recorded(Account):
    """The account as a target asks it, which writes down the operations; after `last` the process is killed."""

    def __init__(self, clients: Mapping[str, Any], asked: set[str], last: str = "") -> None:
        super().__init__(REGION, clients)
        self.asked = asked
        self.last = last

    def call(self, service: str, operation: str, /, **parameters: Any) -> dict[str, Any]:
        self._note(service, operation)
        answer = super().call(service, operation, **parameters)
        if operation == self.last:
            raise Killed
        return answer

    def find(
        self, service: str, operation: str, /, *, missing: tuple[str, ...], **parameters: Any
    ) -> dict[str, Any] | None:
        self._note(service, operation)
        answer = super().find(service, operation, missing=missing, **parameters)
        if operation == self.last:
            raise Killed
        return answer

    def pages(self, service: str, operation: str, /, **parameters: Any) -> Iterator[dict[str, Any]]:
        self._note(service, operation)
        return super().pages(service, operation, **parameters)

    def _note(self, service: str, operation: str) -> None:
        prefix = {"elbv2": "elasticloadbalancing"}.get(service, service)
        name = "".join(word.capitalize() for word in operation.split("_"))
        # The right has another name than the call.
        self.asked.add({"lambda:Invoke": "lambda:InvokeFunction"}.get(f"{prefix}:{name}", f"{prefix}:{name}"))


@dataclass
class Cloud:
    """One account behind an address, whose images lie in a folder."""

    server: str
    images: Path
    clients: dict[str, Any]
    """By service; to make one takes longer than a hundred calls."""
    asked: set[str] = field(default_factory=set)

    def client(self, service: str) -> Any:
        """Return a client of the test's own, whose calls nobody writes down."""
        return self.clients[service]

    def account(self, last: str = "") -> Recorded:
        """Return the account as a target asks it; after the operation `last` the process is killed."""
        return Recorded(self.clients, self.asked, last)

    def certificate(self, folder: Path) -> str:
        """Import a certificate and return its name."""
        cert, key = folder / "cloud.crt", folder / "cloud.key"
        self_signed(cert, key)
        found = self.client("acm").import_certificate(
            Certificate=cert.read_bytes(), PrivateKey=key.read_bytes()
        )
        return str(found["CertificateArn"])

    def found(self, kind: str, environment: Environment, given: Mapping[str, str]) -> None:
        """Make the foundation of an environment."""
        self.client("ecr").create_repository(repositoryName=REPOSITORY)
        common = {"GitHub": REPOSITORY, "Environment": environment.name, "Registry": REPOSITORY}
        taken = template(kind)["Parameters"]
        rows = [row for row in {**common, "OwnRegistry": "no", **given}.items() if row[0] in taken]
        self.client("cloudformation").create_stack(
            StackName=key_of(environment),
            TemplateBody=json.dumps(template(kind)),
            Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in rows],
            Capabilities=["CAPABILITY_IAM"],
        )

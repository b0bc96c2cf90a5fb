"""Founding: what an environment stands on in a cloud, planned, made and taken away by a person with the right to."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping

from trunkline.core.errors import PolicyError
from trunkline.core.git import git
from trunkline.core.progress import Progress
from trunkline.core.project import Project
from trunkline.delivery import kind_of, read_state, settings_of
from trunkline.delivery.targets.aws.account import Account
from trunkline.delivery.targets.aws.costs import monthly
from trunkline.delivery.targets.aws.foundation import PARTS
from trunkline.delivery.targets.aws.foundation.changing import Foundation
from trunkline.delivery.targets.aws.settings import AwsSettings, BalancedSettings
from trunkline.delivery.targets.on_platform import key_of
from trunkline.forge.kind import repository_of

from .deploying import environment_of, target_of

FOREVER = 3650
"""Days that the bucket keeps a log which the policy keeps for ever."""


def foundation_of(project: Project, environment: str) -> Foundation:
    """Return the foundation of an environment. Raises PolicyError where its target needs none."""
    settings = _settings(project, environment)
    origin = git(project.root, "config", "--default", "", "--get", "remote.origin.url")
    repository = repository_of(project.policy.forge, origin, os.environ)
    days = project.policy.serving.log.keep_days
    given = {
        "GitHub": repository,
        "Environment": environment,
        "Registry": repository.lower(),
        "Notify": settings.notify,
        "Budget": str(settings.budget),
        # `trunkline monitor` deletes what is older; the bucket does where nobody runs it.
        "KeepDays": str(days + 30 if days else FOREVER),
        "Certificate": settings.certificate if isinstance(settings, BalancedSettings) else "",
    }
    stack = key_of(environment_of(project, environment))
    return Foundation(Account(settings.region), stack, settings.kind, given)


def costs_of(project: Project, environment: str) -> str:
    """Return in words what an environment costs."""
    known = monthly(_settings(project, environment)) or "not known here"
    return f"{known}; of the foundation alone nothing is certain, for no real account has run it"


def destroy(project: Project, environment: str, *, progress: Progress) -> tuple[str, ...]:
    """Delete an environment's foundation, and return what outlives it. Raises PolicyError while something serves."""
    foundation = foundation_of(project, environment)
    if target_of(project, environment).assigned() is not None:
        raise PolicyError(
            f"{environment} still serves.", next_step=f"trunkline stop {environment}, then destroy again"
        )
    return foundation.destroy(progress=progress)


def next_steps(environment: str, made: Mapping[str, str], region: str) -> Iterator[tuple[str, str]]:
    """Yield what a person does once a foundation is there, each with its reason."""
    yield (
        "deployments log in",
        f"gh variable set AWS_ROLE_ARN --env {environment} --body {made['DeployRole']}",
    )
    automation = made["AutomationRole"]
    yield "images and monitoring log in", f"gh variable set AWS_ROLE_ARN --env automation --body {automation}"
    yield "where", f"gh variable set AWS_REGION --body {region}"
    yield "images", f"gh variable set TRUNKLINE_REGISTRY --body {made['Registry'].partition('/')[0]}"
    yield (
        "the log",
        f"serving: {{log: {{store: s3://{made['LogBucket']}/{{environment}}}}}} in trunkline.yaml",
    )
    if "Address" in made:
        yield "callers", f"point the record of target.domain to {made['Address']} (CNAME or alias)"


def _settings(project: Project, environment: str) -> AwsSettings:
    state = read_state(project.deployment(environment))
    settings = settings_of(kind_of(state, packages=project.packages), state)
    if not isinstance(settings, AwsSettings) or settings.kind not in PARTS:
        raise PolicyError(
            f"A target of the kind {settings.kind} needs no foundation.",
            value=settings.kind,
            next_step=f"name another target.kind in deployments/{environment}.yaml: {', '.join(PARTS)}",
        )
    return settings

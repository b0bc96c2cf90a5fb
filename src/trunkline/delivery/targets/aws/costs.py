"""What an environment costs on AWS: an order of magnitude, before traffic and taxes."""

from __future__ import annotations

from ..ec2 import Ec2Settings
from ..ecs import EcsSettings
from .settings import AwsSettings

HOURS = 730
BALANCER, ADDRESS, REST = 16.4 + 3, 3.65, 5.0
"""Dollars a month: a load balancer with little traffic; a public address; images, logs, alarms, requests to S3."""
MACHINES = {"t3.micro": 7.6, "t3.small": 15.2, "t3.medium": 30.4, "m7i.large": 73.6, "c7i.large": 65.2}
"""Dollars a month of some machines; of others we do not know."""
SOURCE = "list prices of us-east-1 as remembered in 2026, not asked of AWS"


def monthly(settings: AwsSettings) -> str:
    """Return in words what a month costs at least; empty where we do not know."""
    if isinstance(settings, EcsSettings):
        # 0.04048 dollars an hour for a processor, 0.004445 for a GiB.
        task = HOURS * (settings.cpu / 1024 * 0.04048 + settings.memory / 1024 * 0.004445)
        return _words(
            settings.minimum * (task + ADDRESS) + BALANCER + 2 * ADDRESS + REST, settings.minimum, "tasks"
        )
    if isinstance(settings, Ec2Settings) and settings.machine in MACHINES:
        machine = MACHINES[settings.machine] + 0.7 + ADDRESS  # with its disk of 8 GB
        return _words(
            settings.minimum * machine + BALANCER + 2 * ADDRESS + REST, settings.minimum, "machines"
        )
    return ""


def _words(dollars: float, count: int, what: str) -> str:
    rounded = round(dollars, -1) if dollars >= 20 else round(dollars)
    return f"about {rounded:.0f} US dollars a month with {count} {what} and little traffic ({SOURCE})"

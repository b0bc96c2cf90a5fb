"""How many serve: between two numbers, by how busy their processors are; and how many are ready."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .account import Account

BUSY = 60.0
"""Percent of the processors at which more are started."""
COUNT = "ecs:service:DesiredCount"


def healthy(account: Account, group: str) -> int:
    """Return how many targets of a load balancer's group are ready."""
    found = account.call("elbv2", "describe_target_health", TargetGroupArn=group)["TargetHealthDescriptions"]
    return sum(row["TargetHealth"]["State"] == "healthy" for row in found)


@dataclass(frozen=True)
class Scaling:
    """The automatic scaling of an ECS service, `place` as service/<cluster>/<name>."""

    account: Account
    place: str
    minimum: int
    maximum: int

    def differs(self) -> bool:
        """Return whether other numbers are set there."""
        found: list[Any] = self.account.call(
            *("application-autoscaling", "describe_scalable_targets"),
            ServiceNamespace="ecs",
            ResourceIds=[self.place],
        )["ScalableTargets"]
        return [(row["MinCapacity"], row["MaxCapacity"]) for row in found] != [(self.minimum, self.maximum)]

    def keep(self) -> None:
        """Set the numbers, and by what it scales."""
        common = {"ServiceNamespace": "ecs", "ResourceId": self.place, "ScalableDimension": COUNT}
        self.account.call(
            *("application-autoscaling", "register_scalable_target"),
            MinCapacity=self.minimum,
            MaxCapacity=self.maximum,
            **common,
        )
        self.account.call(
            *("application-autoscaling", "put_scaling_policy"),
            PolicyName="busy",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": BUSY,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "ECSServiceAverageCPUUtilization"},
            },
            **common,
        )

    def remove(self) -> None:
        """Forget them, where they are set."""
        self.account.find(
            *("application-autoscaling", "deregister_scalable_target"),
            missing=("ObjectNotFoundException",),
            ServiceNamespace="ecs",
            ResourceId=self.place,
            ScalableDimension=COUNT,
        )

"""An auto-scaling group and its launch template, as AWS tells of them and is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .aws.account import Account
from .aws.scaling import BUSY

AT_WORK = {"Pending", "InProgress", "Baking", "Cancelling", "RollbackInProgress"}
"""The states of an instance refresh that has not ended."""
BUSY_CODES = ("InstanceRefreshInProgress", "ActiveInstanceRefreshNotFound", "IrreversibleInstanceRefresh")


@dataclass(frozen=True)
class Group:
    """A group and a launch template of one name."""

    account: Account
    name: str

    def found(self) -> dict[str, Any] | None:
        """Return the group; None where there is none, or it is being deleted."""
        found = self.account.call(
            "autoscaling", "describe_auto_scaling_groups", AutoScalingGroupNames=[self.name]
        )["AutoScalingGroups"]
        return found[0] if found and not found[0].get("Status") else None

    def template(self, version: str) -> dict[str, Any]:
        """Return the data of a version of the launch template."""
        found = self.account.call(
            *("ec2", "describe_launch_template_versions"), LaunchTemplateName=self.name, Versions=[version]
        )
        return dict(found["LaunchTemplateVersions"][0]["LaunchTemplateData"])

    def new_version(self, data: Mapping[str, Any]) -> str:
        """Keep a launch template's data and return the number of its version."""
        named = {"LaunchTemplateName": self.name, "LaunchTemplateData": data}
        made = self.account.find(
            *("ec2", "create_launch_template_version"),
            missing=("InvalidLaunchTemplateName.NotFoundException",),
            **named,
        )
        if made is None:
            self.account.call("ec2", "create_launch_template", **named)
            return "1"
        return str(made["LaunchTemplateVersion"]["VersionNumber"])

    def refresh(self, identity: str = "") -> dict[str, Any] | None:
        """Return an instance refresh, by default the newest; None where there is none."""
        asked = {"InstanceRefreshIds": [identity]} if identity else {"MaxRecords": 1}
        found = self.account.call(
            "autoscaling", "describe_instance_refreshes", AutoScalingGroupName=self.name, **asked
        )["InstanceRefreshes"]
        return found[0] if found else None

    def size(self, minimum: int, maximum: int) -> None:
        """Set between which numbers the group grows and shrinks, and by what."""
        self.account.call(
            *("autoscaling", "update_auto_scaling_group"),
            AutoScalingGroupName=self.name,
            MinSize=minimum,
            MaxSize=maximum,
        )
        self.account.call(
            *("autoscaling", "put_scaling_policy"),
            AutoScalingGroupName=self.name,
            PolicyName="busy",
            PolicyType="TargetTrackingScaling",
            TargetTrackingConfiguration={
                "TargetValue": BUSY,
                "PredefinedMetricSpecification": {"PredefinedMetricType": "ASGAverageCPUUtilization"},
            },
        )

    def delete(self) -> None:
        """Delete the group with its machines, and its launch template."""
        self.account.call(
            "autoscaling", "delete_auto_scaling_group", AutoScalingGroupName=self.name, ForceDelete=True
        )
        self.account.call("ec2", "delete_launch_template", LaunchTemplateName=self.name)


def version_of(of: Mapping[str, Any]) -> str:
    """Return the version of the launch template that a group or a machine has; empty where it has none."""
    return str((of.get("LaunchTemplate") or {}).get("Version", ""))

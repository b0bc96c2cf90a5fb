"""Machines of auto-scaling groups, and instance refreshes, which moto does not know.

Written after the descriptions of StartInstanceRefresh, RollbackInstanceRefresh and InstanceRefresh.Status in the API
reference of Amazon EC2 Auto Scaling. One machine stands for all of a group: its user data really run, by bash, with
stand-ins for dnf, systemctl, aws and docker. A refresh whose machine is not ready stays in progress.
"""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from moto.autoscaling import models
from moto.autoscaling.exceptions import AutoscalingClientError
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.elbv2 import models as elbv2
from moto.ssm.models import ssm_backends

from . import ACCOUNT, REGION
from .contained import Contained, clear

_SERVING: dict[str, Contained] = {}
_COMING: dict[str, Contained] = {}
"""By the name of the group: the machine that serves, and the one that a refresh started."""
_REFRESHES: dict[str, list[dict[str, Any]]] = {}
_PROGRAMS = {
    "dnf": "exit 0",
    "systemctl": "exit 0",
    "aws": 'case "$1" in ecr) echo password;; ssm) for name; do :; done; cat "$PARAMETERS$name";; esac',
    "docker": 'test "$1" = login && exec cat > /dev/null; exec "$PYTHON" -m cloud.docker "$@"',
}


class InProgress(AutoscalingClientError):
    """Of StartInstanceRefresh."""

    code = "InstanceRefreshInProgress"
    message = "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh."


class NotFound(AutoscalingClientError):
    """Of RollbackInstanceRefresh."""

    code = "ActiveInstanceRefreshNotFound"
    message = "No in progress Instance Refresh found."


def start(name: str, version: str) -> Contained:
    """Run the user data of a launch template's version, and return the container that they start."""
    template = next(
        one for one in ec2_backends[ACCOUNT][REGION].launch_templates.values() if one.name == name
    )
    data = template.get_version(version).data
    with tempfile.TemporaryDirectory() as folder:
        here, programs = Path(folder) / "parameters", Path(folder) / "programs"
        programs.mkdir()
        for program, text in _PROGRAMS.items():
            (programs / program).write_text(f"#!/bin/bash\n{text}\n")
            (programs / program).chmod(0o755)
        for parameter, versions in ssm_backends[ACCOUNT][REGION]._parameters.items():
            (here / parameter.lstrip("/")).parent.mkdir(parents=True, exist_ok=True)
            (here / parameter.lstrip("/")).write_text(clear(versions[-1]))
        subprocess.run(
            ["bash", "-s"],
            input=_decoded(data["UserData"]),
            check=True,
            env=os.environ
            | {"PATH": f"{programs}:{os.environ['PATH']}", "PARAMETERS": str(here), "PYTHON": sys.executable}
            | {"DOCKED": str(programs / "docked"), "TMPDIR": folder},
        )
        docked = json.loads((programs / "docked").read_text())
    return Contained(docked["image"], docked["words"], docked["variables"])


def _decoded(given: Any) -> bytes:
    """Return user data, which moto keeps in two forms."""
    return base64.b64decode(given) if isinstance(given, str) else bytes(given.decode().encode())


class Health(elbv2.ELBv2Backend):
    """A target of a group is healthy when the machine that stands for it is ready."""

    __module__ = elbv2.__name__

    def describe_target_health(self, target_group_arn: str, targets: list[dict[str, Any]]) -> Any:
        rows = super().describe_target_health(target_group_arn, targets)
        for group in models.autoscaling_backends[ACCOUNT][REGION].autoscaling_groups.values():
            if target_group_arn in group.target_group_arns and group.name in _SERVING:
                for row in rows:
                    row.status = "healthy" if _SERVING[group.name].ready else "unhealthy"
                    row.port = str(_SERVING[group.name].port)  # so that tests can call it
        return rows


class Refreshing(models.AutoScalingBackend):
    """moto's backend, whose machines really run."""

    __module__ = models.__name__

    def create_auto_scaling_group(self, *words: Any, **named: Any) -> Any:
        group = super().create_auto_scaling_group(*words, **named)
        assert group.launch_template is not None
        _SERVING[group.name] = start(
            group.launch_template["LaunchTemplateName"], group.launch_template["Version"]
        )
        return group

    def delete_auto_scaling_group(self, group_name: str) -> None:
        super().delete_auto_scaling_group(group_name)
        _REFRESHES.pop(group_name, None)
        for runs in (_SERVING, _COMING):
            if group_name in runs:
                runs.pop(group_name).end()

    def start_refresh(self, name: str, wanted: dict[str, Any], preferences: dict[str, Any]) -> str:
        rows = _REFRESHES.setdefault(name, [])
        if rows and rows[0]["Status"] in ("InProgress", "RollbackInProgress"):
            raise InProgress
        assert preferences["AutoRollback"]
        assert not wanted["LaunchTemplate"]["Version"].startswith("$")  # refused there, with AutoRollback
        template = wanted["LaunchTemplate"]
        _COMING[name] = start(template["LaunchTemplateName"], template["Version"])
        made = {
            "InstanceRefreshId": str(uuid4()),
            "AutoScalingGroupName": name,
            "Status": "InProgress",
            "StartTime": datetime.now(UTC),
            "Preferences": preferences,
            "DesiredConfiguration": wanted,
        }
        rows.insert(0, made)
        return str(made["InstanceRefreshId"])

    def refreshes(self, name: str) -> list[dict[str, Any]]:
        """Return a group's refreshes, newest first, after a moment's work."""
        rows = _REFRESHES.get(name, [])
        for row in rows[:1]:
            if row["Status"] == "RollbackInProgress":
                row["Status"] = "RollbackSuccessful"
            elif row["Status"] == "InProgress" and _COMING[name].ready:
                row["Status"] = "Successful"
                group = self.autoscaling_groups[name]
                template = row["DesiredConfiguration"]["LaunchTemplate"]
                group._set_launch_configuration("", template, None)
                assert group.ec2_launch_template is not None
                # By this number moto says what its machines were started with.
                group.ec2_launch_template.default_version_number = int(template["Version"])
                _SERVING[name].end()
                _SERVING[name] = _COMING.pop(name)
        return rows

    def roll_back(self, name: str) -> str:
        rows = _REFRESHES.get(name, [])
        if not rows or rows[0]["Status"] != "InProgress":
            raise NotFound
        _COMING.pop(name).end()
        rows[0]["Status"] = "RollbackInProgress"
        return str(rows[0]["InstanceRefreshId"])


def forget() -> None:
    """Know no group any more."""
    for kept in (_SERVING, _COMING, _REFRESHES):
        kept.clear()


def add() -> None:
    """Take the place of moto's backends, and answer what it does not."""
    models.autoscaling_backends.backend = Refreshing
    elbv2.elbv2_backends.backend = Health

    def start_instance_refresh(self: Any) -> ActionResult:
        wanted, preferences = self._get_param("DesiredConfiguration"), self._get_param("Preferences")
        name = self._get_param("AutoScalingGroupName")
        made = self.autoscaling_backend.start_refresh(name, wanted, preferences)
        return ActionResult({"InstanceRefreshId": made})

    def describe_instance_refreshes(self: Any) -> ActionResult:
        asked = self._get_param("InstanceRefreshIds", [])
        rows = self.autoscaling_backend.refreshes(self._get_param("AutoScalingGroupName"))
        return ActionResult(
            {"InstanceRefreshes": [row for row in rows if not asked or row["InstanceRefreshId"] in asked]}
        )

    def rollback_instance_refresh(self: Any) -> ActionResult:
        made = self.autoscaling_backend.roll_back(self._get_param("AutoScalingGroupName"))
        return ActionResult({"InstanceRefreshId": made})

    for answer in (start_instance_refresh, describe_instance_refreshes, rollback_instance_refresh):
        setattr(AutoScalingResponse, answer.__name__, answer)

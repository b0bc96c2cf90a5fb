"""The EC2 target: machines of an auto-scaling group, replaced one by one by an instance refresh that can go back."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trunkline.core.bundle import BundleStore
from trunkline.core.errors import ApplyError, UnavailableError
from trunkline.core.exposure import require_guarded
from trunkline.core.release import Release

from ..plan import Step
from . import told
from .aws.account import Account
from .aws.image import require_image
from .aws.kept import Kept
from .aws.logs import fetch_log
from .aws.scaling import healthy
from .ec2 import Ec2Settings
from .ec2_group import AT_WORK, BUSY_CODES, Group, version_of
from .ec2_machine import own_part, release_of, start_script, template_of
from .on_platform import SECRETS
from .protocol import Environment, Health
from .service import wait_for

PATIENCE_S, EVERY_S = 1500.0, 10.0
"""Two machines start one after the other, each in some minutes."""


class Ec2Target(Kept):
    """One auto-scaling group; a release is a version of its launch template."""

    def __init__(
        self,
        environment: Environment,
        settings: Ec2Settings,
        account: Account | None = None,
        *,
        patience: float = PATIENCE_S,
        every: float = EVERY_S,
    ) -> None:
        super().__init__(environment, settings, account)
        self.settings = settings
        self.patience, self.every = patience, every

    @property
    def group(self) -> Group:
        """Return the auto-scaling group and its launch template."""
        return Group(self.account, self.key)

    def assigned(self) -> Release | None:
        """Return what machines that start now serve; in the middle of a refresh what served before it."""
        group = self.group.found()
        return release_of(self.group.template(version_of(group))) if group else None

    def observe(self) -> Release | None:
        """Return what the machines serve that are in service; in the middle of a refresh what served before it."""
        group = self.group.found()
        if group is None:
            return None
        versions = {version_of(row) for row in group["Instances"] if row["LifecycleState"] == "InService"}
        own = version_of(group)
        serving = own if own in versions else min(versions, key=int, default="")
        return release_of(self.group.template(serving)) if serving else None

    def upkeep(self) -> tuple[Step, ...]:
        """Return the restart that is needed, because settings, keys or system changed, or something by hand."""
        group = self.group.found()
        if group is None:
            return ()
        data = self.group.template(version_of(group))
        release, why = release_of(data), ""
        if release is None or own_part(data) != own_part(self._wanted(release)):
            why = "its settings, keys or system changed, or its template was changed by hand"
        elif (group["MinSize"], group["MaxSize"]) != (self.settings.minimum, self.settings.maximum):
            why = "how many serve was changed"
        return (Step(kind="restart", text=f"the service: {why}"),) if why else ()

    def check(self) -> Health:
        """Return how the service is: how many machines the load balancer finds ready."""
        group = self.group.found()
        if group is None:
            return Health(ready=False, text="not running")
        ready = healthy(self.account, self.foundation["TargetGroup"])
        release = self.observe() if ready else None
        text = f"{ready} of {group['DesiredCapacity']} machines are ready"
        return Health(ready=ready > 0, text=text, revision=release.revision if release else "")

    def address(self) -> str:
        """Return where callers reach it."""
        return f"https://{self.settings.domain}"

    def logs(self) -> Path:
        """Return the file that holds the last lines of the containers' own log, fetched now."""
        return fetch_log(self.account, self.foundation["LogGroup"], self.environment.folder)

    def apply(self, release: Release, bundles: BundleStore) -> None:
        """Replace the machines by new ones, and wait until these serve or the old ones are back."""
        del bundles  # they are in the image
        require_guarded("0.0.0.0", self.access)  # noqa: S104
        require_image(self.account, release, file=self.environment.file)
        self.bring_secrets()
        group, wanted = self.group.found(), self._wanted(release)
        self.environment.progress("EC2 starts machines; this takes some minutes")
        if group is None:
            self._create(self.group.new_version(wanted), release)
            return
        if (refresh := self.group.refresh()) and refresh["Status"] in AT_WORK:
            self._take_up(refresh, wanted, group, release)
        elif own_part(self.group.template(version_of(group))) != own_part(wanted):
            self._replace(group, self.group.new_version(wanted), release)
        self.group.size(self.settings.minimum, self.settings.maximum)

    def stop(self) -> bool:
        """Delete the group with its machines, and return whether there was one."""
        if self.group.found() is None:
            return False
        self.group.delete()
        return True

    def _create(self, version: str, release: Release) -> None:
        self.account.call(
            *("autoscaling", "create_auto_scaling_group"),
            AutoScalingGroupName=self.key,
            LaunchTemplate={"LaunchTemplateName": self.key, "Version": version},
            MinSize=self.settings.minimum,
            MaxSize=self.settings.maximum,
            DesiredCapacity=self.settings.minimum,
            VPCZoneIdentifier=self.foundation["Subnets"],
            TargetGroupARNs=[self.foundation["TargetGroup"]],
            HealthCheckType="ELB",
            HealthCheckGracePeriod=300,
        )
        self.group.size(self.settings.minimum, self.settings.maximum)
        wanted = self.settings.minimum
        ready = wait_for(
            lambda: healthy(self.account, self.foundation["TargetGroup"]) >= wanted or None,
            patience=self.patience,
            every=self.every,
        )
        if not ready:
            self.stop()
            raise self._failure(release, f"its machines are not ready after {self.patience:g} s", None)

    def _replace(self, group: Mapping[str, Any], version: str, release: Release) -> None:
        begun = self.account.find(
            *("autoscaling", "start_instance_refresh"),
            missing=BUSY_CODES,
            AutoScalingGroupName=self.key,
            DesiredConfiguration={"LaunchTemplate": {"LaunchTemplateName": self.key, "Version": version}},
            Preferences={
                "MinHealthyPercentage": 100,
                "MaxHealthyPercentage": 200,
                "InstanceWarmup": 60,
                "AutoRollback": True,
                "SkipMatching": True,
            },
        )
        if begun is None:
            raise self._at_work()
        self._await(str(begun["InstanceRefreshId"]), group, release)

    def _take_up(
        self,
        refresh: Mapping[str, Any],
        wanted: Mapping[str, Any],
        group: Mapping[str, Any],
        release: Release,
    ) -> None:
        """Go on with a refresh that a killed deployment began; raise UnavailableError where it is another's."""
        version = refresh.get("DesiredConfiguration", {}).get("LaunchTemplate", {}).get("Version", "")
        if "Rollback" in refresh["Status"] or own_part(self.group.template(version)) != own_part(wanted):
            raise self._at_work()
        self._await(refresh["InstanceRefreshId"], group, release)

    def _await(self, identity: str, group: Mapping[str, Any], release: Release) -> None:
        found = self._ended(identity)
        if found == "Successful":
            return
        why = f"the refresh ended as {found}"
        if found is None:
            why = f"its machines are not ready after {self.patience:g} s"
            self.account.find(
                *("autoscaling", "rollback_instance_refresh"),
                missing=BUSY_CODES,
                AutoScalingGroupName=self.key,
            )
            self._ended(identity)
        raise self._failure(release, why, release_of(self.group.template(version_of(group))))

    def _ended(self, identity: str) -> str | None:
        def look() -> str | None:
            refresh = self.group.refresh(identity)
            return None if refresh and refresh["Status"] in AT_WORK else str((refresh or {}).get("Status"))

        return wait_for(look, patience=self.patience, every=self.every)

    def _at_work(self) -> UnavailableError:
        return UnavailableError(
            f"A refresh of the machines of {self.environment.name} is at work already.",
            next_step="wait until it has ended, or went back by itself, which takes some minutes; then deploy again",
        )

    def _failure(self, release: Release, why: str, previous: Release | None) -> ApplyError:
        now = f"version {previous.champion.version} serves as before" if previous else "nothing serves"
        return ApplyError(
            f"Revision {release.revision[:12]} does not serve {release.environment}: {why}; {now}.",
            value=release.image,
            next_step=f"trunkline status {release.environment}, and the log group {self.foundation['LogGroup']}, say"
            " why; then mend the image, or revert the merge that named it",
        )

    def _wanted(self, release: Release) -> dict[str, Any]:
        """Return the data of the launch template of a release."""
        made, region, serving = self.foundation, self.account.region, self.environment.serving
        script = start_script(
            release,
            told.command(serving, told.log_store(serving, made["LogBucket"])),
            told.variables(release, self.access, region=region, keys=self.keys_digest),
            {name: self.parameter(which) for name, which in SECRETS.items()},
            region=region,
            log_group=made["LogGroup"],
        )
        return template_of(script, made, self.settings.machine)

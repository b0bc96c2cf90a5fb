"""The systemd unit: it keeps an environment's service running, and starts it after a reboot as `start` says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from trunkline.core.exposure import on_loopback

from .targets.service import TAKE_OVER
from .targets.start import START_FILE

PRIVATE = (".aws", ".azure", ".config", ".docker", ".git-credentials", ".kube", ".netrc", ".ssh")
"""What lies in many a home folder and is no business of a model's code."""


@dataclass(frozen=True)
class Unit:
    """What a unit is about. `user` runs the service: whoever deploys, who has to tell it of new releases."""

    name: str
    """As `trunkline-loans-production`."""
    environment: str
    live: Path
    predictions: Path
    host: str
    user: str
    home: Path
    """The user's home folder."""
    reaches_out: bool = False
    """Whether the service speaks to other machines by itself, as to the store that its log is shipped to."""

    def text(self, *, system: bool) -> str:
        """Return the unit, for the whole machine (`system`) or for the user's own systemd."""
        file = f"{self.name}.service"
        where = f"/etc/systemd/system/{file}" if system else f"~/.config/systemd/user/{file}"
        control = "sudo systemctl" if system else "systemctl --user"
        lingers = "" if system else "# 3. loginctl enable-linger    (else it ends with your last session)\n"
        start = self.live / START_FILE
        service = [
            "Type=exec",
            *([f"User={plain(self.user)}"] if system else []),
            f"ExecStart=/bin/sh {quoted(start).replace('$', '$$')} {TAKE_OVER}",
            "ExecReload=/bin/kill -HUP $MAINPID",
            f"StandardOutput=append:{plain(self.live / 'service.log')}",
            f"StandardError=append:{plain(self.live / 'service.log')}",
            "Restart=always",
            "RestartSec=2",
            "TimeoutStopSec=45",
            "UMask=0027",
            *self._hardened(system=system),
        ]
        return (
            f"# Keeps {self.environment} running: after a crash or a reboot it serves what was deployed last.\n"
            f"# 1. Put this into {where}\n"
            f"# 2. {control} daemon-reload && {control} enable --now {self.name}\n"
            f"{lingers}"
            f"# It takes over what runs already. `trunkline stop {self.environment}` ends it. It comes back after\n"
            f"# `trunkline deploy {self.environment}` and `{control} start {self.name}`.\n"
            "[Unit]\n"
            f"Description=Trunkline: {plain(self.name)}\n"
            "After=network.target\n"
            f"ConditionPathExists={plain(start)}\n"
            "StartLimitIntervalSec=0\n"
            "\n[Service]\n" + "\n".join(service) + "\n"
            "\n[Install]\n"
            f"WantedBy={'multi-user.target' if system else 'default.target'}\n"
        )

    def _hardened(self, *, system: bool) -> list[str]:
        """Return what the service may not do; a user's own systemd cannot give it file systems of its own."""
        everywhere = [
            "NoNewPrivileges=yes",
            "LockPersonality=yes",
            "RestrictRealtime=yes",
            "RestrictSUIDSGID=yes",
            "RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX",
            "SystemCallArchitectures=native",
            "SystemCallFilter=@system-service",
            "SystemCallErrorNumber=EPERM",
        ]
        if not system:
            return everywhere
        inside = on_loopback(self.host) and not self.reaches_out
        local = ["IPAddressDeny=any", "IPAddressAllow=localhost"] if inside else []
        hidden = " ".join(quoted(self.home / name, "-") for name in PRIVATE)
        return [
            *everywhere,
            "CapabilityBoundingSet=",
            "AmbientCapabilities=",
            "ProtectSystem=strict",
            "ProtectHome=read-only",
            f"ReadWritePaths={quoted(self.live, '-')} {quoted(self.predictions, '-')}",
            f"InaccessiblePaths={hidden}",
            "PrivateTmp=yes",
            "PrivateDevices=yes",
            "ProtectClock=yes",
            "ProtectControlGroups=yes",
            "ProtectHostname=yes",
            "ProtectKernelLogs=yes",
            "ProtectKernelModules=yes",
            "ProtectKernelTunables=yes",
            "ProtectProc=invisible",
            "RestrictNamespaces=yes",
            *local,
        ]


def plain(value: object) -> str:
    """Return a value as it stands on the rest of a line: systemd reads `%` as the beginning of a word of its own."""
    return str(value).replace("%", "%%")


def quoted(value: object, before: str = "") -> str:
    """Return a value as one word of a list."""
    escaped = plain(value).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{before}{escaped}"'

"""The systemd unit of a container: after a reboot it starts the container that was deployed last, and its proxy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from .targets.start import START_FILE
from .unit import plain, quoted


@dataclass(frozen=True)
class ContainerUnit:
    """What a unit is about, on the machine that serves."""

    name: str
    """As `trunkline-loans-production`."""
    environment: str
    folder: PurePosixPath
    pid: PurePosixPath
    """The file with the proxy's process, which the unit is about: the engine keeps the container."""
    user: str
    machine: str = ""
    """Where the unit belongs, for people."""

    def text(self, *, system: bool) -> str:
        """Return the unit, for the whole machine (`system`) or for the user's own systemd."""
        file = f"{self.name}.service"
        where = f"/etc/systemd/system/{file}" if system else f"~/.config/systemd/user/{file}"
        control = "sudo systemctl" if system else "systemctl --user"
        lingers = "" if system else "# 3. loginctl enable-linger    (else it ends with your last session)\n"
        start = self.folder / START_FILE
        owner = f"User={plain(self.user)}\n" if system else ""
        return (
            f"# Brings {self.environment} back after a reboot: the container that was deployed last, and HAProxy.\n"
            f"# 1. Put this into {where}{f' on {self.machine}' if self.machine else ''}\n"
            f"# 2. {control} daemon-reload && {control} enable --now {self.name}\n"
            f"{lingers}"
            "[Unit]\n"
            f"Description=Trunkline: {plain(self.name)}\n"
            "Wants=network-online.target\n"
            "After=network-online.target\n"
            f"ConditionPathExists={plain(start)}\n"
            "StartLimitIntervalSec=0\n"
            "\n[Service]\n"
            "Type=forking\n"
            f"{owner}"
            f"PIDFile={plain(self.pid)}\n"
            f"ExecStart=/bin/sh {quoted(start).replace('$', '$$')}\n"
            "ExecReload=/bin/kill -USR2 $MAINPID\n"
            "Restart=always\n"
            "RestartSec=2\n"
            "TimeoutStartSec=120\n"
            # The container's own processes are the engine's.
            "KillMode=process\n"
            "\n[Install]\n"
            f"WantedBy={'multi-user.target' if system else 'default.target'}\n"
        )

"""Production on a machine of its own, with its own network, processes and systemd: deployed over SSH, and rebooted."""

from __future__ import annotations

import json
import subprocess

import pytest

from containers.booted import NAME, Booted, reached
from trunkline.core.bundle import BundleStore
from trunkline.core.release import Release
from trunkline.delivery.targets.container_target import ContainerTarget
from trunkline.delivery.targets.service import wait_for

from .conftest import MakeContainers, MakeRoute, single

pytestmark = pytest.mark.timeout(600)


def test_it_is_deployed_over_ssh_and_comes_back_after_reboots(
    booted: Booted,
    registry: str,
    make_containers: MakeContainers,
    route: MakeRoute,
    image: str,
    bundles: BundleStore,
) -> None:
    def there() -> ContainerTarget:
        return make_containers(host=booted.ssh.host, host_key=booted.ssh.host_key, folder="/srv/loans")

    def of(version: int) -> Release:
        return single(route(version), f"c{version}", image=image)

    def answer() -> int:
        said = booted.run("curl", "-sf", f"http://127.0.0.1:{there().settings.port}/predict")
        return int(json.loads(said)["champion"]["version"])

    assert booted.run("hostname").strip() == NAME
    assert booted.run("podman", "ps", "--all", "--quiet") == ""
    with reached(booted, registry):
        for version in (1, 2):
            there().apply(of(version), bundles)
    assert answer() == 2
    target = there()
    unit = target.unit(target.environment)
    file = f"/etc/systemd/system/{unit.name}.service"
    subprocess.run(booted.words(f"cat > {file}"), input=unit.text(system=True).encode(), check=True)
    booted.run("systemctl", "daemon-reload")
    booted.run("systemctl", "enable", unit.name)
    for how in ("in order", "by its plug"):
        if how == "in order":
            subprocess.run(booted.words("systemctl", "reboot"), capture_output=True, check=False, timeout=60)
            booted.ends()
        else:
            booted.pull_the_plug()
        booted.boot()
        ready = wait_for(lambda: there().check().ready or None, patience=60)
        assert ready, (there().check(), booted.run("podman ps --all; journalctl -n 30 -u", unit.name))
        assert answer() == 2, how
        assert there().observe() == of(2)
        assert booted.run("systemctl", "is-active", unit.name).strip() == "active"
    # Whoever deploys goes on as before, and systemd follows.
    with reached(booted, registry):
        there().apply(of(1), bundles)
    assert answer() == 1
    assert booted.run("systemctl", "is-active", unit.name).strip() == "active"
    assert there().stop()

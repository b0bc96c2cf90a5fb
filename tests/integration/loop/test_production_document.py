"""The lines of docs/production.md, typed against a machine that boots by itself and shares nothing but the kernel."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from containers.booted import NAME, Booted, reached
from containers.fixtures import free_port
from trunkline.delivery import read_state
from trunkline.delivery.engine import Engine
from trunkline.delivery.targets.service import wait_for
from trunkline.loop.model.examples import example_request

from .own_image import Built, own_image, say
from .typed import lines_of_the_document, take_back, typed

THERE = Path("/srv/loans")


@pytest.fixture
def built(
    booted: Booted, engine: Engine, registry: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Built]:
    """The project and its image, made only where a machine boots."""
    with own_image(engine, registry, tmp_path_factory) as made:
        yield made


@pytest.mark.timeout(900)
def test_the_lines_lead_to_a_container_on_a_machine_that_boots_it_again(
    booted: Booted, built: Built, registry: str, tmp_path: Path
) -> None:
    project, host, port = built.project, booted.ssh.host, free_port()
    row = shlex.quote(json.dumps(example_request(project, progress=say)))
    ask = f"curl -sf -H 'content-type: application/json' --data {row} http://127.0.0.1:{port}/predict"

    def answer() -> str:
        return str(json.loads(booted.run(ask))["prediction"])

    def answers() -> bool:
        return subprocess.run(booted.words(ask), capture_output=True, check=False).returncode == 0

    def serve_there() -> list[str]:
        return booted.run("podman", "ps", "--format", "'{{.Image}}'").split()

    assert booted.run("hostname").strip() == NAME
    assert booted.run("podman", "ps", "--all", "--quiet") == ""
    with typed(project, host, port, tmp_path) as sh:
        with reached(booted, registry):
            said = sh(lines_of_the_document(host, registry, THERE))
        assert "ready" in said
        image = read_state(project.deployment("production")).image
        assert serve_there() == [image]
        first = answer()
        assert booted.run("find", str(THERE / "predictions"), "-type", "f", "-size", "+0").split()
        assert not THERE.exists()
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.1:{port}/ready", timeout=2, trust_env=False)

        unit = sh("trunkline unit production --system")
        file = "/etc/systemd/system/loans-production.service"
        subprocess.run(booted.words(f"cat > {file}"), input=unit.encode(), check=True)
        booted.run("systemctl", "daemon-reload")
        booted.run("systemctl", "enable", Path(file).name)
        subprocess.run(booted.words("systemctl", "reboot"), capture_output=True, check=False, timeout=60)
        booted.ends()
        booted.boot()
        assert wait_for(lambda: answers() or None, patience=60), booted.run(
            "podman ps --all; journalctl -n 30"
        )
        assert answer() == first
        assert serve_there() == [image]
        assert image in sh("trunkline status production")

        take_back(project)
        assert "stop" in sh("trunkline deploy production")
        assert read_state(project.deployment("production")).image == ""
        assert serve_there() == []
        assert not answers()

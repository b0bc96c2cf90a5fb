"""What serves is its release's own: what is checked out later, where it was deployed from, never reaches it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from tenacity import retry, stop_after_delay, wait_fixed

import trunkline
from trunkline.core.bundle import BundleStore
from trunkline.core.release import Release, Route

from .conftest import seal_model
from .test_local_service import adding

LOCKS = next((Path(__file__).parents[3] / "template").glob("*/requirements"))
POLICY = "name: adding\npackage: adding\n"
STATE = "environment: production\ntarget: {kind: local, port: 0}\nstrategy: none\n"
DEPLOY = """
import json, sys
from pathlib import Path
from trunkline.core.project import Project
from trunkline.core.release import Release
from trunkline.loop.rollout.deploying import target_of
project = Project.find(Path.cwd())
target = target_of(project, "production")
target.apply(Release.read(Path(sys.argv[1])), project.bundles)
print(target.address())
"""


class Checkout:
    """A project's work tree that carries the toolkit, as a runner has it, and deploys by it."""

    def __init__(self, root: Path, home: Path, installed: Path) -> None:
        self.root = root
        self.home = home
        home.mkdir()
        (home / "installed").symlink_to(installed)
        self.toolkit = root / "vendor" / "trunkline" / "src"
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(self.toolkit),
            "PYTHONDONTWRITEBYTECODE": "1",
            "TRUNKLINE_HOME": str(home),
        }
        shutil.copytree(
            Path(trunkline.__file__).parent,
            self.toolkit / "trunkline",
            ignore=shutil.ignore_patterns("__pycache__"),
        )
        shutil.copytree(LOCKS, root / "requirements")
        (root / "deployments").mkdir()
        (root / "deployments" / "production.yaml").write_text(STATE)
        (root / "trunkline.yaml").write_text(POLICY)
        self.git("init", "--quiet", "--initial-branch=main")
        self.commit("Good")

    def git(self, *words: str) -> None:
        """Run git in the work tree."""
        identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *words], cwd=self.root, check=True, capture_output=True)

    def commit(self, title: str) -> None:
        """Commit the work tree as it is."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", title)

    def deploy(self, number: int, bundle: str, revision: str) -> str:
        """Make a version serve and return the address."""
        route = Route(version=number, bundle=bundle)
        told = self.home / "told.json"
        Release(environment="production", revision=revision, strategy="single", champion=route).write(told)
        done = subprocess.run(
            [sys.executable, "-c", DEPLOY, str(told)],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    @property
    def live(self) -> Path:
        return self.home / "live" / "production"

    def service(self) -> dict[str, Any]:
        """Return what is recorded of the process."""
        recorded: dict[str, Any] = json.loads((self.live / "service.json").read_text())
        return recorded


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the projects of this file copy the same packages to, once."""
    return tmp_path_factory.mktemp("installed")


@retry(stop=stop_after_delay(60), wait=wait_fixed(0.2), reraise=True)
def ask(address: str, *, version: int) -> float:
    """Return the answer to ten, once the version answers."""
    body = httpx.post(f"{address}/predict", json={"x": 10.0}, trust_env=False).raise_for_status().json()
    assert body["version"] == version
    return float(body["prediction"])


@pytest.mark.timeout(300)
def test_a_checkout_of_another_commit_changes_nothing_under_a_service(
    tmp_path: Path, installed: Path
) -> None:
    checkout = Checkout(tmp_path / "runner" / "work tree", tmp_path / "50% of ü $HOME", installed)
    store = BundleStore(checkout.home / "bundles")
    bundles = [store.add(seal_model(tmp_path / f"{n}", adding(n)).folder).digest for n in (1, 2)]
    address = checkout.deploy(1, bundles[0], "c1")
    started: list[psutil.Process] = [psutil.Process(checkout.service()["pid"])]
    try:
        assert ask(address, version=1) == 11.0

        for path in (checkout.toolkit / "trunkline").rglob("*.py"):
            path.write_text("raise SystemExit('another commit')\n")
        checkout.commit("Broken")

        started[0].send_signal(signal.SIGHUP)
        assert ask(address, version=1) == 11.0

        started[0].kill()
        started[0].wait(10)
        # As systemd does after a reboot: nothing but the file is known.
        again = subprocess.Popen(
            ["/bin/sh", str(checkout.live / "start")], env={"PATH": "/usr/bin:/bin"}, cwd="/"
        )
        started.append(psutil.Process(again.pid))
        assert ask(address, version=1) == 11.0

        checkout.git("checkout", "--quiet", "HEAD~1")
        assert checkout.deploy(2, bundles[1], "c2") == address
        assert ask(address, version=2) == 12.0
        assert again.poll() is None  # the same process, found again and told by a signal
    finally:
        for process in started:
            if process.is_running():
                process.kill()


@pytest.mark.timeout(300)
def test_a_service_that_systemd_starts_takes_the_place_of_the_one_that_runs(
    tmp_path: Path, installed: Path
) -> None:
    checkout = Checkout(tmp_path / "checkout", tmp_path / "home", installed)
    store = BundleStore(checkout.home / "bundles")
    bundles = [store.add(seal_model(tmp_path / f"{n}", adding(n)).folder).digest for n in (1, 2)]
    address = checkout.deploy(1, bundles[0], "c1")
    first = psutil.Process(checkout.service()["pid"])
    second = subprocess.Popen(["/bin/sh", str(checkout.live / "start"), "--take-over"])
    try:
        first.wait(30)
        assert ask(address, version=1) == 11.0
        assert checkout.deploy(2, bundles[1], "c2") == address
        assert ask(address, version=2) == 12.0
        assert second.poll() is None
    finally:
        second.kill()
        second.wait(10)
        if first.is_running():
            first.kill()

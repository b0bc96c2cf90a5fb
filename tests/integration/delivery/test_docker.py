"""What podman was seen to do with images and containers, Docker's own engine does too."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest

from containers.dockerd import dockerd

INTEGRATION = Path(__file__).parents[1]
ASKED = ("delivery/test_image.py", "delivery/test_container_target.py", "loop/test_own_image.py")


@pytest.fixture(scope="module")
def docker() -> Iterator[dict[str, str]]:
    """The variables with which a process of the tests finds Docker."""
    # A socket's path may have 108 characters, fewer than some folders of pytest have.
    with tempfile.TemporaryDirectory(prefix="docker-") as folder, dockerd(Path(folder)) as found:
        yield found


@pytest.mark.timeout(900)
@pytest.mark.parametrize("file", ASKED)
def test_docker_does_it_as_podman_does(docker: dict[str, str], file: str, tmp_path: Path) -> None:
    # A process of its own: to this one, the engine of the machine stays what it was.
    python = str(Path(sys.prefix) / "bin/python")
    words = [python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    words += [f"--basetemp={tmp_path}/child", f"--junitxml={tmp_path}/said.xml", str(INTEGRATION / file)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(words, env=kept | docker, capture_output=True, text=True, check=False, timeout=850)
    assert done.returncode == 0, done.stdout[-6000:]
    suite = next(ElementTree.parse(tmp_path / "said.xml").iter("testsuite"))  # noqa: S314, written above
    if suite.get("skipped") == suite.get("tests"):
        pytest.skip(f"every test of {file} skips: {done.stdout[-300:]}")
    assert suite.get("skipped") == "0"

"""What no test may inherit from where the tests run, and what none may leave there."""

from __future__ import annotations

import os
from collections.abc import Iterator

import psutil
import pytest
from hypothesis import HealthCheck, settings

from warm import QUIET, end

# Before anything that reads them is imported.
os.environ.update(QUIET | dict(os.environ))
# How long an example takes says how busy the machine is, and nothing of the code.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")


@pytest.fixture(autouse=True, scope="session")
def outside_of_any_workflow() -> None:
    """Take away what a workflow that runs these tests would tell the toolkit about itself."""
    for name in [
        name for name in os.environ if name.startswith(("GITHUB_", "RUNNER_", "GH_", "TRUNKLINE_HOME"))
    ]:
        del os.environ[name]


@pytest.fixture(autouse=True, scope="session")
def no_process_outlives_the_tests(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Fail where a process that has to do with the tests' folder still runs after the last test and its fixtures."""
    yield
    end()
    folder = f"{tmp_path_factory.getbasetemp()}/"
    left = [
        process
        for process in psutil.process_iter(["cmdline"])
        if any(folder in word for word in process.info["cmdline"] or [])
    ]
    _, alive = psutil.wait_procs(left, timeout=10)  # whoever was told to stop a moment ago
    assert [process.info["cmdline"] for process in alive] == []

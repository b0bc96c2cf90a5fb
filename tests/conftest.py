"""What no test may inherit from where the tests run."""

from __future__ import annotations

import os

import pytest


@pytest.fixture(autouse=True, scope="session")
def outside_of_any_workflow() -> None:
    """Take away what a workflow that runs these tests would tell the toolkit about itself."""
    for name in [
        name for name in os.environ if name.startswith(("GITHUB_", "RUNNER_", "GH_", "TRUNKLINE_HOME"))
    ]:
        del os.environ[name]

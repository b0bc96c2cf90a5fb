"""The script that a runner asks before each job: main's workflows pass, all else is refused."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

SCRIPT = next((Path(__file__).parents[3] / "template").glob("*/.github/only-main.sh"))
MAIN = {
    "GITHUB_REPOSITORY": "owner/loans",
    "GITHUB_EVENT_NAME": "push",
    "GITHUB_REF": "refs/heads/main",
    "GITHUB_WORKFLOW_REF": "owner/loans/.github/workflows/deploy.yml@refs/heads/main",
}


def ask(variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run the script as a runner does."""
    words = ["bash", "-e", str(SCRIPT)]
    return subprocess.run(
        words, env={"PATH": "/usr/bin:/bin"} | variables, capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("event", ["push", "schedule", "workflow_dispatch"])
def test_a_job_of_main_passes(event: str) -> None:
    done = ask(MAIN | {"GITHUB_EVENT_NAME": event})
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    "changed",
    [
        {"GITHUB_EVENT_NAME": "pull_request", "GITHUB_REF": "refs/pull/7/merge"},
        {"GITHUB_EVENT_NAME": "pull_request_target"},
        {"GITHUB_EVENT_NAME": "merge_group", "GITHUB_REF": "refs/heads/gh-readonly-queue/main/pr-7-abc"},
        {"GITHUB_REF": "refs/heads/mine"},
        {"GITHUB_REF": "refs/heads/main/mine"},
        {"GITHUB_REF": "refs/tags/main"},
        {"GITHUB_EVENT_NAME": "workflow_dispatch", "GITHUB_REF": "refs/heads/mine"},
        {"GITHUB_WORKFLOW_REF": "owner/loans/.github/workflows/deploy.yml@refs/heads/mine"},
        {"GITHUB_WORKFLOW_REF": "other/loans/.github/workflows/deploy.yml@refs/heads/main"},
        {"GITHUB_EVENT_NAME": ""},
        {"GITHUB_WORKFLOW_REF": ""},
    ],
)
def test_a_job_of_anything_else_is_refused_with_its_reason(changed: dict[str, str]) -> None:
    done = ask(MAIN | changed)
    assert done.returncode == 1
    assert done.stdout.startswith("::error::")


def test_a_job_about_which_nothing_is_known_is_refused() -> None:
    assert ask({}).returncode == 1

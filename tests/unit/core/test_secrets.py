"""Which of a workflow's variables may be secrets, and where they can be had."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from trunkline import cli
from trunkline.core.secrets import plain, secret, stow
from trunkline.core.surroundings import surroundings

SECRET = (
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_URL",
    "ACTIONS_RUNTIME_TOKEN",
    "AWS_ACCESS_KEY_ID",
    "AWS_SESSION_TOKEN",
    "MLFLOW_TRACKING_PASSWORD",
    "MLFLOW_TRACKING_TOKEN",
    "TRUNKLINE_SMTP_PASSWORD",
    "DOCKER_AUTH_CONFIG",
    "GITHUB_ENV",
    "GITHUB_PATH",
    "GITHUB_OUTPUT",
    "DATABASE_URL",
    "GITHUB_PAT",
    "TRUNKLINE_APP_KEY",
    "GIT_CONFIG_VALUE_0",
    "path",
)


@pytest.mark.parametrize("name", SECRET)
def test_what_may_be_a_secret_is_put_aside(name: str) -> None:
    assert not plain(name)


@pytest.mark.parametrize(
    "name",
    [
        "PATH",
        "HOME",
        "LC_ALL",
        "OMP_WAIT_POLICY",
        "GITHUB_REPOSITORY",
        "RUNNER_ENVIRONMENT",
        "TRUNKLINE_HOME",
        "TRUNKLINE_TOKEN",
    ],
)
def test_what_the_toolkit_reads_is_left(name: str) -> None:
    assert plain(name)


@pytest.mark.parametrize("name", [*SECRET, "GITHUB_REPOSITORY", "TRUNKLINE_HOME", "HTTPS_PROXY", "CI"])
def test_a_models_code_gets_nothing_of_the_job(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "sesame")
    monkeypatch.setenv("PATH", "/bin")
    found = surroundings()
    assert name not in found
    assert found["PATH"] == "/bin"


def test_a_variable_that_is_named_is_given_besides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROWS_PASSWORD", "rosebud")
    assert surroundings("ROWS_PASSWORD")["ROWS_PASSWORD"] == "rosebud"


def test_outside_a_workflow_everything_stays_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.setenv("GITHUB_TOKEN", "sesame")
    stow()
    assert secret("GITHUB_TOKEN") == "sesame"
    assert secret("NOBODY_SET_IT") == ""


def test_no_verb_reads_an_option_from_a_variable_that_a_workflow_puts_aside() -> None:
    read = {
        name
        for path in Path(cli.__file__).parent.glob("*.py")
        for name in re.findall(r'envvar="(\w+)"', path.read_text())
    }
    assert {"BUNDLE", "IMAGE"} <= read
    assert sorted(name for name in read if not plain(name)) == []

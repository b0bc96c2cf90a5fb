"""Which forge a project has."""

from __future__ import annotations

import pytest

from trunkline.core.errors import ForgeError
from trunkline.core.policy.delivery import ForgePolicy
from trunkline.forge.kind import api_of, forge_kind, parse_remote, repository_of

HERE = "https://github.com/acme/income.git"
THERE = "git@git.example.org:acme/income.git"


@pytest.mark.parametrize(
    ("url", "host", "repository"),
    [
        (HERE, "github.com", "acme/income"),
        ("https://me:secret@github.com/acme/income", "github.com", "acme/income"),
        (THERE, "git.example.org", "acme/income"),
        ("ssh://git@git.example.org:2222/acme/income.git", "git.example.org", "acme/income"),
        ("/srv/origin.git", "", ""),
        ("../origin.git", "", ""),
        ("file:///srv/origin.git", "", ""),
        ("", "", ""),
    ],
)
def test_a_remote_points_at_a_host_or_is_a_folder(url: str, host: str, repository: str) -> None:
    found = parse_remote(url)
    assert (found.host, found.repository) == (host, repository)


@pytest.mark.parametrize(
    ("origin", "environment", "own", "kind"),
    [
        ("", {}, False, "local"),
        ("/srv/origin.git", {}, False, "local"),
        (HERE, {}, False, "github"),
        ("git@github.com:acme/income.git", {}, False, "github"),
        (THERE, {}, False, "local"),
        (THERE, {"GITHUB_SERVER_URL": "https://git.example.org"}, False, "github"),
        (THERE, {"GITHUB_API_URL": "https://git.example.org/api/v3"}, False, "github"),
        ("/srv/origin.git", {"GITHUB_ACTIONS": "true"}, False, "github"),
        ("", {"GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "acme/other"}, False, "local"),
        ("", {"GITHUB_API_URL": "https://api.github.com", "GITHUB_TOKEN": "t"}, False, "local"),
        ("/project/.trunkline/forge/origin.git", {"GITHUB_ACTIONS": "true"}, True, "local"),
    ],
)
def test_auto_follows_the_environment_and_the_remote(
    origin: str, environment: dict[str, str], own: bool, kind: str
) -> None:
    assert forge_kind(ForgePolicy(), origin, environment, own=own) == kind


def test_an_api_in_the_policy_makes_another_host_github() -> None:
    policy = ForgePolicy(api="https://git.example.org/api/v3")
    assert forge_kind(policy, THERE, {}, own=False) == "github"


@pytest.mark.parametrize("kind", ["local", "github"])
def test_what_the_policy_says_holds(kind: str) -> None:
    policy = ForgePolicy.model_validate({"kind": kind})
    assert forge_kind(policy, HERE, {"GITHUB_ACTIONS": "true"}, own=True) == kind


def test_the_repository_is_that_of_the_policy_then_the_environment_then_the_remote() -> None:
    environment = {"GITHUB_REPOSITORY": "acme/other"}
    assert repository_of(ForgePolicy(repository="acme/third"), HERE, environment) == "acme/third"
    assert repository_of(ForgePolicy(), HERE, environment) == "acme/other"
    assert repository_of(ForgePolicy(), HERE, {}) == "acme/income"


@pytest.mark.parametrize("origin", ["/srv/origin.git", "https://github.com/a/b/c"])
def test_a_repository_that_nobody_names_is_asked_for(origin: str) -> None:
    with pytest.raises(ForgeError, match="not known which repository") as caught:
        repository_of(ForgePolicy(), origin, {})
    assert "forge.repository" in caught.value.next_step


def test_the_api_is_that_of_the_policy_then_the_environment_then_githubs() -> None:
    environment = {"GITHUB_API_URL": "https://env.example.org"}
    policy = ForgePolicy(api="https://policy.example.org")
    assert api_of(policy, HERE, environment) == "https://policy.example.org"
    assert api_of(ForgePolicy(), HERE, environment) == "https://env.example.org"
    assert api_of(ForgePolicy(), HERE, {}) == "https://api.github.com"


def test_in_a_workflow_a_pull_request_cannot_send_the_token_elsewhere_by_the_policy() -> None:
    policy = ForgePolicy(api="https://mallory.example.org")
    environment = {"GITHUB_ACTIONS": "true", "GITHUB_API_URL": "https://api.github.com"}
    assert api_of(policy, HERE, environment) == "https://api.github.com"


def test_a_server_of_ones_own_needs_its_address() -> None:
    with pytest.raises(ForgeError, match=r"API of git\.example\.org is not known") as caught:
        api_of(ForgePolicy(kind="github"), THERE, {})
    assert "https://git.example.org/api/v3" in caught.value.next_step

import base64

import pytest

from trunkline.core.git_auth import credentials, server

URL = "https://github.com/owner/name.git"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_TOKEN", "GH_TOKEN", "GITHUB_SERVER_URL", "GIT_CONFIG_COUNT"):
        monkeypatch.delenv(name, raising=False)


def test_without_a_token_git_is_left_to_itself() -> None:
    assert credentials(URL) == {}


def test_the_token_becomes_a_header_for_its_server_after_any_older_one_is_cleared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")

    added = credentials(URL)

    assert added["GIT_CONFIG_COUNT"] == "2"
    assert added["GIT_CONFIG_KEY_0"] == added["GIT_CONFIG_KEY_1"] == "http.https://github.com/.extraheader"
    assert added["GIT_CONFIG_VALUE_0"] == ""
    encoded = added["GIT_CONFIG_VALUE_1"].removeprefix("AUTHORIZATION: basic ")
    assert base64.b64decode(encoded) == b"x-access-token:secret"
    assert "secret" not in " ".join(added.values())


def test_gh_token_stands_in_and_github_token_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GH_TOKEN", "second")
    stand_in = credentials(URL)
    monkeypatch.setenv("GITHUB_TOKEN", "first")

    assert stand_in
    assert credentials(URL) != stand_in


@pytest.mark.parametrize(
    "url",
    [
        "http://github.com/owner/name",
        "https://github.com.example.org/owner/name",
        "https://example.org/owner/name",
        "https://github.com:8443/owner/name",
        "https://me:password@github.com/owner/name",
        "git@github.com:owner/name.git",
        "ssh://git@github.com/owner/name.git",
        "/srv/origin.git",
    ],
)
def test_the_token_goes_nowhere_else(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")

    assert credentials(url) == {}


def test_an_enterprise_server_gets_its_token_and_github_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://git.example.org:8443")

    assert server() == "https://git.example.org:8443"
    assert credentials(URL) == {}
    added = credentials("https://git.example.org:8443/owner/name")
    assert added["GIT_CONFIG_KEY_1"] == "http.https://git.example.org:8443/.extraheader"


def test_configuration_that_the_environment_holds_already_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "secret")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "3")

    added = credentials(URL)

    assert added["GIT_CONFIG_COUNT"] == "5"
    assert {"GIT_CONFIG_KEY_3", "GIT_CONFIG_KEY_4"} < set(added)

"""Where a log is read from: the policy says it, and a variable only what the policy leaves open."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from trunkline.core.errors import StorageError
from trunkline.core.project import Project
from trunkline.predictions.stores.folder import FolderStore
from trunkline.predictions.stores.http import HttpStore
from trunkline.predictions.stores.variables import variables_of
from trunkline.predictions.whereabouts import SERVICE, VARIABLE, service_of, store_of, takes_key

Make = Callable[..., Project]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    for name in (VARIABLE, SERVICE, "TRUNKLINE_KEY_LOG", "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)

    def project(store: str = "") -> Project:
        (tmp_path / "deployments").mkdir(exist_ok=True)
        (tmp_path / "deployments" / "production.yaml").touch()
        serving = f"serving: {{log: {{store: '{store}'}}}}\n" if store else ""
        (tmp_path / "trunkline.yaml").write_text(f"name: loans\npackage: loans\n{serving}")
        return Project(tmp_path)

    return project


def test_without_any_name_the_log_lies_here_and_no_service_is_known(make: Make) -> None:
    project = make()
    assert store_of(project, "production") is None
    assert service_of(project, "production") == ""


def test_the_service_hands_out_its_log_where_no_store_is_named(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SERVICE, "https://{environment}.example.org/")
    monkeypatch.setenv("TRUNKLINE_KEY_LOG", "k")
    assert isinstance(store_of(make(), "production"), HttpStore)
    # The bucket is read where there is one, and the service is only asked how it is.
    shared = make("file:///nowhere/{environment}")
    assert isinstance(store_of(shared, "production"), FolderStore)
    assert service_of(shared, "production") == "https://production.example.org"


@pytest.mark.parametrize("named", ["s3://ours/{environment}", "https://{environment}.example.org"])
@pytest.mark.parametrize("variable", [VARIABLE, SERVICE])
def test_a_variable_does_not_replace_what_main_names(
    make: Make, monkeypatch: pytest.MonkeyPatch, named: str, variable: str
) -> None:
    monkeypatch.setenv("TRUNKLINE_KEY_LOG", "k")
    monkeypatch.setenv(variable, "https://{environment}.attacker.example")
    project = make(named)
    if named.startswith("https") or variable == VARIABLE:
        with pytest.raises(StorageError, match="another address"):
            service_of(project, "production")
    else:  # it is asked whether it lives, and gets no key
        monkeypatch.setenv("GITHUB_ACTIONS", "true")
        assert not takes_key(project, "production", service_of(project, "production"))
    monkeypatch.setenv(variable, named)
    assert service_of(project, "production") == (
        "" if named.startswith("s3") else "https://production.example.org"
    )


@pytest.mark.parametrize(
    ("variable", "address"),
    [(VARIABLE, "s3://theirs/{environment}"), (SERVICE, "https://{environment}.example.org")],
)
def test_in_a_workflow_a_variable_alone_says_nothing(
    make: Make, monkeypatch: pytest.MonkeyPatch, variable: str, address: str
) -> None:
    monkeypatch.setenv("TRUNKLINE_KEY_LOG", "k")
    monkeypatch.setenv(variable, address)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    with pytest.raises(StorageError, match="not believed") as refused:
        store_of(make(), "production")
    assert address in refused.value.next_step
    if variable == SERVICE:
        project = make(address)
        assert isinstance(store_of(project, "production"), HttpStore)
        assert takes_key(project, "production", service_of(project, "production"))


@pytest.mark.parametrize(
    ("address", "goes"),
    [
        ("https://production.example.org", True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost:8080", True),
        ("http://production.example.org", False),
        ("http://127.0.0.1.example.org", False),
        ("http://127.0.0.1@example.org", False),
    ],
)
def test_a_key_goes_over_tls_or_stays_on_this_machine(make: Make, address: str, goes: bool) -> None:
    assert takes_key(make(), "production", address) == goes
    if goes:
        assert HttpStore.open(address, {"TRUNKLINE_KEY_LOG": "k"})
    else:
        with pytest.raises(StorageError, match="in clear"):
            HttpStore.open(address, {"TRUNKLINE_KEY_LOG": "k"})


def test_a_log_without_its_key_is_an_error_and_not_nothing(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SERVICE, "https://{environment}.example.org")
    with pytest.raises(StorageError, match="key"):
        store_of(make(), "production")


def test_what_a_workflow_sets_to_nothing_is_not_set(tmp_path: Path) -> None:
    assert variables_of(tmp_path / "secret", {"AWS_ACCESS_KEY_ID": "", "AWS_REGION": "eu"}) == {
        "AWS_REGION": "eu"
    }

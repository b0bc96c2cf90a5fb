"""Where a log is read from: what a variable says goes before the policy, and a service is the last resort."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from trunkline.core.errors import StorageError
from trunkline.core.project import Project
from trunkline.predictions.stores.folder import FolderStore
from trunkline.predictions.stores.http import HttpStore
from trunkline.predictions.stores.variables import variables_of
from trunkline.predictions.whereabouts import SERVICE, VARIABLE, service_of, store_of

Make = Callable[..., Project]


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    for name in (VARIABLE, SERVICE, "TRUNKLINE_KEY_LOG"):
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
    monkeypatch.setenv(VARIABLE, "https://other.example.org/{environment}")
    assert isinstance(store_of(shared, "production"), HttpStore)


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

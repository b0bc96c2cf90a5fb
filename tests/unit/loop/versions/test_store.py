from pathlib import Path
from typing import Any

import pytest

from trunkline.core.policy.policy import Policy
from trunkline.core.project import Project
from trunkline.loop.versions.store import bring, carried, with_store


def project(**registry: Any) -> Project:
    made = Project(Path("/nowhere"))
    # What cached_property would keep, so that no file is read.
    made.__dict__["policy"] = Policy.model_validate({"name": "m", "package": "m", "registry": registry})
    return made


@pytest.fixture(autouse=True)
def _no_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def test_the_policy_has_the_embedded_store_carried_or_not() -> None:
    assert carried(project(carry="always"))
    assert not carried(project(carry="never"))


def test_a_server_is_never_carried(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not carried(project(carry="always", uri="https://mlflow.example.org"))

    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://mlflow.example.org")
    assert not carried(project(carry="always"))


def test_a_store_that_stays_is_acted_on_as_it_is() -> None:
    said: list[str] = []
    stays = project(carry="never")

    bring(stays, progress=said.append)

    assert with_store(stays, lambda: "done", progress=said.append) == "done"
    assert said == []

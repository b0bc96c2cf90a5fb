"""What a training key gave is remembered by main, which names the version, and never by the server that has it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trunkline import training
from trunkline.core.project import Project
from trunkline.loop.model import snapshots
from trunkline.loop.model import training as training_module
from trunkline.loop.versions import bundles
from trunkline.loop.versions.trained import name_version, recall, register_trained

from ..conftest import Server, end

Git = Callable[..., str]


def say(_: str) -> None:
    """Keep quiet."""


@pytest.mark.timeout(400)
def test_a_key_that_main_names_never_trains_again_on_a_machine_that_knows_nothing(
    project: Project, git: Git, tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server[0])
    snapshots.snapshot(project, progress=say)
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", "Lock the data")
    git(tmp_path, "clone", "--quiet", str(project.root), "there")
    bundle, trained, _ = training_module.train(project, progress=say)
    there = Project(tmp_path / "there")
    version = register_trained(project, bundle, trained)
    # Whoever may write to the server could have registered it: main does not name it yet.
    assert recall(there, trained.key, progress=say) is None
    name_version(there, version, trained)
    git(there.root, "add", "--all")
    git(
        there.root,
        "-c",
        "user.name=Eve",
        "-c",
        "user.email=eve@localhost",
        "commit",
        "--quiet",
        "--message",
        "Another commit, which a training would be sealed with",
    )

    again, known, fresh = training_module.train(there, progress=say)

    assert (fresh, again.digest, known) == (False, bundle.digest, trained.model_copy(update={"run": ""}))
    assert register_trained(there, again, known) == version
    assert bundles.registry_of(there).digests() == {bundle.digest}


@pytest.mark.timeout(400)
def test_a_training_outlives_the_server_that_was_to_track_it(
    project: Project, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server[0])
    snapshots.snapshot(project, progress=say)
    search = training.train
    said: list[str] = []

    def searched_until_the_server_died(*words: Any, **named: Any) -> Any:
        fitted = search(*words, **named)
        end(server[2])
        return fitted

    monkeypatch.setattr(training, "train", searched_until_the_server_died)
    bundle, trained, fresh = training_module.train(project, progress=said.append)

    assert (fresh, trained.run) == (True, "")
    assert any(
        line.startswith("the run is not tracked, its bundle is kept: The MLflow server") for line in said
    )
    again, known, fresh = training_module.train(project, progress=say)
    assert (fresh, again.digest, known) == (False, bundle.digest, trained)

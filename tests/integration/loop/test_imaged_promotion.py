"""A promotion of a target that runs images names one, by digest, and the file keeps what people wrote into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from trunkline.core.errors import PolicyError
from trunkline.core.lineage import Version
from trunkline.core.project import Project
from trunkline.delivery import read_state
from trunkline.loop.changes.work_tree import change
from trunkline.loop.rollout.promoting import write_stage

from .conftest import git, make_project, write

IMAGE, NEWER = (f"ghcr.io/acme/loans@sha256:{digit * 64}" for digit in "34")
ONE, TWO = (Version(number=number, bundle=f"sha256:{str(number) * 64}") for number in (1, 2))
STATE = """
# who serves
environment: production
target:
  kind: container # on the machine in the corner
  port: 8080
strategy: none
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project that is served from images."""
    made = make_project(tmp_path / "loans")
    write(made.deployment("production"), STATE)
    git(made.root, "commit", "--quiet", "--all", "--message", "A container")
    git(made.root, "push", "--quiet", "origin", "HEAD:main")
    return made


def test_the_image_stands_in_the_file_beside_what_people_wrote(project: Project) -> None:
    with change(project, "promote/one") as made:
        write_stage(made, "single", ONE, IMAGE)
        path = made.project.deployment("production")
        assert read_state(path).image == IMAGE
        text = path.read_text(encoding="utf-8")
    assert "kind: container # on the machine in the corner\n" in text
    assert "# who serves\n" in text


def test_a_stage_keeps_the_image_that_carries_the_version_and_another_version_needs_its_own(
    project: Project,
) -> None:
    with change(project, "promote/two") as made:
        write_stage(made, "single", ONE, IMAGE)
        with pytest.raises(PolicyError) as refused:
            write_stage(made, "silent", TWO)
        assert "VERSION=2" in refused.value.next_step
        write_stage(made, "silent", TWO, NEWER)
        assert write_stage(made, "canary", TWO).image == NEWER

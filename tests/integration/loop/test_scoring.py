"""A run of batch scoring that lies beside its output, where others may write: what main never named is not opened."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from trunkline import scoring
from trunkline.core.errors import DataError, NotFoundError
from trunkline.core.project import Project
from trunkline.core.record import canonical_json
from trunkline.core.release import Release, Route
from trunkline.delivery import next_state, read_state, write_state
from trunkline.loop.life.scoring import Asked, release_of, score
from trunkline.scoring.begin import files_of
from trunkline.scoring.places import Address

from .conftest import git

MAINS, STRANGERS = (Route(version=number, bundle=f"sha256:{str(number) * 64}") for number in (1, 2))


def say(_: str) -> None:
    """Keep quiet."""


@pytest.fixture
def rows(project: Project) -> Path:
    """Rows; main desires version 1, which no registry has."""
    path = project.deployment("production")
    write_state(path, next_state(read_state(path), "single", challenger=MAINS, share=0.0))
    git(project.root, "add", "--all")
    git(project.root, "commit", "--quiet", "--message", "Desire")
    git(project.root, "push", "--quiet", "origin", "main")
    file = project.root / "in.csv"
    file.write_text("age\n41\n")
    return file


def begun(project: Project, rows: Path, release: Release, *, target: str = "", **said: Any) -> Address:
    """Write a run of these rows, and return its output's address."""
    source, output = (
        scoring.address_of(str(path), root=project.root) for path in (rows, project.root / "out.csv")
    )
    run = scoring.Run(
        id="0" * 32,
        began=datetime.now(UTC),
        release=release,
        source=source.text,
        target=target or output.text,
        format="csv",
        inputs=files_of(source.place({}), source.name)[0],
        header=("age",),
        pieces=(scoring.Piece(number=0, file=0, first=0, rows=1),),
        **said,
    )
    output.place({}).put("out.csv.scoring/run.json", canonical_json(run.to_dict()))
    return output


def go_on(project: Project, rows: Path, output: Address) -> None:
    score(project, "production", Asked(str(rows), output.text), progress=say)


def test_a_run_that_main_desires_goes_on(project: Project, rows: Path) -> None:
    output = begun(project, rows, release_of(project, "production"))
    with pytest.raises(NotFoundError):  # of the bundle: it was let through
        go_on(project, rows, output)


def test_a_run_with_a_bundle_that_main_never_named_is_refused_before_it_is_fetched(
    project: Project, rows: Path
) -> None:
    release = release_of(project, "production").model_copy(update={"champion": STRANGERS})
    with pytest.raises(DataError, match="never named"):
        go_on(project, rows, begun(project, rows, release))


@pytest.mark.parametrize(
    "said", [{"target": "/elsewhere/out.csv"}, {"keep": ("age",)}, {"leave_out": ("age",)}]
)
def test_a_run_that_writes_elsewhere_or_other_columns_is_refused(
    project: Project, rows: Path, said: dict[str, Any]
) -> None:
    with pytest.raises(DataError, match="was begun"):
        go_on(project, rows, begun(project, rows, release_of(project, "production"), **said))

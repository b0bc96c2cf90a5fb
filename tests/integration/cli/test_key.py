"""Keys by the command line: printed once, listed without themselves, revoked by their id."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from trunkline.cli.main import cli
from trunkline.core.keys import hash_of, read_keys

STATE = "environment: production\ntarget: {{kind: {kind}, port: 8080}}\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "trunkline.yaml").write_text("name: n\npackage: n\n")
    (tmp_path / "deployments").mkdir()
    (tmp_path / "deployments/production.yaml").write_text(STATE.format(kind="local"))
    return tmp_path


def run(project: Path, *words: str, code: int = 0) -> str:
    done = CliRunner().invoke(cli, ["--project", str(project), "key", *words])
    assert bool(done.exit_code) == bool(code), done.output
    return done.output


def test_a_key_is_shown_once_and_only_its_hash_is_kept(project: Path) -> None:
    asked = "--scope predict --scope feedback --rate 5 --days 30 --note shop"
    said = run(project, "new", *asked.split())
    text = next(line.split()[-1] for line in said.splitlines() if line.startswith("key:"))
    file = project / ".trunkline/secrets/production.keys"
    (key,) = read_keys(file)
    assert key.sha256 == hash_of(text)
    assert text not in file.read_text()
    assert key.limits is not None
    assert (key.limits.rate, key.limits.burst) == (5.0, 200)
    assert key.expires is not None
    listed = run(project, "list")
    assert key.id in listed
    assert "predict, feedback" in listed
    assert text not in listed
    run(project, "revoke", key.id)
    assert read_keys(file) == ()
    run(project, "revoke", key.id, code=14)


def test_a_key_is_made_and_taken_back_where_the_container_reads_it(project: Path) -> None:
    (project / "deployments/production.yaml").write_text(STATE.format(kind="container"))
    run(project, "new", "--scope", "log")
    file = project / ".trunkline/live/production/keys/keys"
    (key,) = read_keys(file)
    assert key.id in run(project, "list")
    run(project, "revoke", key.id)
    assert read_keys(file) == ()
    assert not (project / ".trunkline/secrets/production.keys").exists()


def test_a_scope_that_nobody_knows_is_refused(project: Path) -> None:
    run(project, "new", "--scope", "everything", code=2)
    run(project, "new", code=2)
    run(project, "new", "--scope", "log", "--environment", "moon", code=10)


def test_a_key_is_listed_on_one_line_with_its_limits_in_full(project: Path) -> None:
    run(project, "new", "--scope", "predict", "--rate", "1000000", "--note", "shop\n\tof: evil")
    (line,) = run(project, "list").splitlines()
    assert line.endswith("1,000,000/s, 200 at once; shop of: evil")

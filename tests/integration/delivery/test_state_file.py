from __future__ import annotations

from pathlib import Path

import pytest

from trunkline.core.errors import PolicyError
from trunkline.core.release import Route
from trunkline.delivery import (
    DesiredState,
    LocalSettings,
    kind_of,
    next_state,
    read_state,
    settings_of,
    write_state,
)

ONE = Route(version=1, bundle="sha256:" + "1" * 64)
TWO = Route(version=2, bundle="sha256:" + "2" * 64)
NONE = DesiredState(environment="production", target=LocalSettings(port=8080))
FILE = """\
# Desired state of production.
environment: production
target:
  kind: local
  port: 8080  # behind the proxy
# none, single, silent or canary
strategy: none
champion: null
challenger: null
share: 0.0
# Decides which users.
salt: ""
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "production.yaml"
    file.write_text(FILE)
    return file


def test_a_whole_rollout_and_back_leaves_the_file_as_it_was(path: Path) -> None:
    first = next_state(read_state(path), "single", challenger=ONE)
    silent = next_state(first, "silent", challenger=TWO)
    canary = next_state(silent, "canary", share=0.2)
    comments = [line for line in FILE.splitlines() if "#" in line]
    for state in (first, silent, canary, next_state(canary, "single")):
        write_state(path, state)
        assert read_state(path) == state
        text = path.read_text()
        assert [line for line in text.splitlines() if "#" in line] == comments
        keys = [line.split(":")[0] for line in text.splitlines() if line[0] not in " #"]
        assert keys == ["environment", "target", "strategy", "champion", "challenger", "share", "salt"]
    write_state(path, NONE)
    assert path.read_text() == FILE


def test_an_unchanged_state_leaves_every_byte_and_does_not_touch_the_file(path: Path) -> None:
    path.write_text(FILE.replace("port: 8080", "port:    8080") + "\n\n# the end")
    before = path.stat()
    write_state(path, read_state(path))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_ino == before.st_ino


def test_a_diff_shows_only_what_changed(path: Path) -> None:
    write_state(path, next_state(read_state(path), "single", challenger=ONE))
    old, new = set(FILE.splitlines()), set(path.read_text().splitlines())
    assert old - new == {"strategy: none", "champion: null", 'salt: ""'}
    assert len(new - old) == 5


def test_a_new_file_says_everything_and_reads_back(tmp_path: Path) -> None:
    state = next_state(NONE.model_copy(update={"environment": "staging"}), "single", challenger=ONE)
    write_state(tmp_path / "deployments" / "staging.yaml", state)
    assert read_state(tmp_path / "deployments" / "staging.yaml") == state
    assert "schema: trunkline/desired-state/1" in (tmp_path / "deployments" / "staging.yaml").read_text()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("strategy: none", "strategy: single"), r"production\.yaml: champion: strategy single needs one"),
        (("share: 0.0", "shares: 0.0"), r"unknown key shares \(did you mean share\?\)"),
        (
            ("  port: 8080", "  prot: 8080"),
            r"target\.port: it is missing; unknown key target\.prot \(did you mean port",
        ),
        (("port: 8080", "port: many"), r"target\.port: .*found 'many'"),
        (("kind: local", "kind: [local]"), r"target\.kind: "),
        (("environment: production", "environment: staging"), r"environment: must be production.*'staging'"),
        (("strategy: none", "strategy: [none"), "is not YAML"),
        (("environment", "schema: trunkline/desired-state/9\nenvironment"), "schema: this version"),
        (
            ("champion: null", "champion:\n  version: 1\n  bundle: sha256:12"),
            "champion: strategy none has none",
        ),
    ],
)
def test_errors_name_the_file_and_the_key(path: Path, change: tuple[str, str], reason: str) -> None:
    path.write_text(FILE.replace(*change))
    with pytest.raises(PolicyError, match=reason) as caught:
        read_state(path)
    assert "production.yaml" in str(caught.value)


def test_a_missing_file_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match="Cannot read"):
        read_state(tmp_path / "production.yaml")


def test_a_file_that_cannot_be_edited_is_left_alone(path: Path) -> None:
    text = FILE.replace("champion: null", "champion: &nothing null").replace(
        "challenger: null", "challenger: *nothing"
    )
    path.write_text(text)
    with pytest.raises(PolicyError, match="cannot be edited"):
        write_state(path, next_state(read_state(path), "single", challenger=ONE))
    assert path.read_text() == text


def test_a_kind_that_nobody_offers_is_refused_before_it_is_opened(path: Path) -> None:
    path.write_text(FILE.replace("kind: local", "kind: moon"))
    with pytest.raises(PolicyError) as refused:
        kind_of(read_state(path))
    assert refused.value.value == "moon"
    assert "local" in refused.value.next_step


def test_an_image_is_for_targets_that_run_one(path: Path) -> None:
    path.write_text(f"{FILE}image: ghcr.io/acme/loans@sha256:{'1' * 64}\n")
    state = read_state(path)
    with pytest.raises(PolicyError, match="runs no image"):
        settings_of(kind_of(state), state)

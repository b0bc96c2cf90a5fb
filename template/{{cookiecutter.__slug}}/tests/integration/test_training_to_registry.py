"""From the source to the registry, with the verbs that you and the workflows use. Extend: your own gates."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest


def test_training_leaves_a_sealed_bundle(trained: Path) -> None:
    (bundle,) = (trained / ".trunkline" / "bundles").glob("*/bundle.json")
    assert (bundle.parent / "contract.json").is_file()


def test_an_unchanged_project_does_not_train_again(trained: Path, trunkline: Callable[..., str]) -> None:
    before = sorted((trained / ".trunkline" / "bundles").iterdir())
    assert "reused" in trunkline("train")
    assert sorted((trained / ".trunkline" / "bundles").iterdir()) == before


@pytest.fixture(scope="module")
def released(trained: Path, trunkline: Callable[..., str]) -> str:
    """What `trunkline release` printed; the workshop waives every gate."""
    trunkline("forge")
    return trunkline("release")


def test_a_release_is_registered_and_proposed(released: str, trunkline: Callable[..., str]) -> None:
    assert ["version:", "1"] in [line.split() for line in released.splitlines()]
    assert "[open]" in trunkline("pr", "show", "1")


def test_a_release_changes_nothing_until_it_is_merged(
    released: str, trained: Path, trunkline: Callable[..., str]
) -> None:
    assert "strategy: none" in (trained / "deployments" / "production.yaml").read_text(encoding="utf-8")
    trunkline("pr", "merge", "1")
    subprocess.run(["git", "pull", "--quiet", "--ff-only"], cwd=trained, check=True)  # noqa: S607
    assert "strategy: single" in (trained / "deployments" / "production.yaml").read_text(encoding="utf-8")
    assert list((trained / "model_cards").glob("*/README.md"))

"""Explain, outside any project."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from trunkline.cli.explain import explain
from trunkline.core.errors import NotFoundError, PolicyError
from trunkline.core.gate import gates
from trunkline.core.plugins import OURS
from trunkline.evaluation.reports.catalogue import catalogue_markdown
from trunkline.evaluation.reports.rooms import ROOMS
from trunkline.monitoring.data import Data


@pytest.fixture
def told(tmp_path: Path) -> Callable[..., Result]:
    """Call `trunkline explain` in an empty folder."""
    return lambda *words: CliRunner().invoke(explain, list(words), obj=tmp_path)


def test_without_a_gate_all_are_listed_by_room(told: Callable[..., Result]) -> None:
    said = told()

    assert said.exit_code == 0
    assert [line for line in said.output.splitlines() if line in ROOMS.values()] == list(ROOMS.values())
    for entry in gates():
        assert f"  {entry.name} " in said.output


def test_a_room_lists_its_gates(told: Callable[..., Result]) -> None:
    said = told("load").output

    assert "load/latency" in said
    assert "data/rows" not in said


def test_a_gate_is_explained_without_a_project(told: Callable[..., Result]) -> None:
    said = told("fairness/sex/demographic-parity")

    assert said.exit_code == 0
    assert said.output.startswith("fairness/{attribute}/demographic-parity\n")
    for name in ("how", "pass", "fail", "inconclusive", "what to do", "policy", "source"):
        assert f"\n{name:<14}" in said.output
    assert "last answer" not in said.output


def test_a_monitor_is_explained_from_its_class_and_section(told: Callable[..., Result]) -> None:
    said = told("monitoring/data")

    assert said.exit_code == 0
    assert Data.question in said.output
    assert "monitoring.data.psi: 0.25" in said.output
    listed = told("monitoring").output
    assert all(f"monitoring/{name} " in listed for name in OURS["monitors"])
    assert isinstance(told("monitoring/weather").exception, PolicyError)


def test_the_documentation_of_the_monitors_is_what_their_classes_say(told: Callable[..., Result]) -> None:
    page = Path(__file__).parents[3] / "docs" / "monitors.md"
    printed = told("monitoring", "--markdown").output
    assert printed == page.read_text(encoding="utf-8"), "trunkline explain monitoring --markdown"


def test_a_broken_policy_is_said_and_the_gate_explained_by_defaults(
    told: Callable[..., Result], tmp_path: Path
) -> None:
    (tmp_path / "trunkline.yaml").write_text("name: loans\npackage: loans\ngats: {}\n")
    said = told("data/leakage")

    assert isinstance(said.exception, PolicyError)
    assert "gats" in said.exception.what
    assert "defaults" in said.output
    assert "gates.data.leakage: 0.98" in said.output


def test_an_unknown_gate_is_refused_with_close_matches(told: Callable[..., Result]) -> None:
    refused = told("data/leakige").exception

    assert isinstance(refused, NotFoundError)
    assert "did you mean data/leakage" in refused.next_step


def test_the_whole_catalogue_is_printed_as_the_documentation(told: Callable[..., Result]) -> None:
    assert told("--markdown").output == catalogue_markdown()


@pytest.mark.parametrize("name", ["resources", "training"])
def test_a_monitor_may_be_named_without_its_room(told: Callable[..., Result], name: str) -> None:
    assert told(name).output == told(f"monitoring/{name}").output


def test_a_question_of_a_rollout_is_told_from_a_gate(told: Callable[..., Result]) -> None:
    error = told("rollout/quality").exception
    assert isinstance(error, NotFoundError)
    assert "trunkline rollout" in error.what


def test_a_monitor_that_is_misspelt_is_suggested(told: Callable[..., Result]) -> None:
    error = told("resorces").exception
    assert isinstance(error, NotFoundError)
    assert "monitoring/resources" in error.next_step

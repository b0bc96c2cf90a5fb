"""What the gates last said: only of the model that the project stands for now."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner, Result

from trunkline import data, training
from trunkline.cli.explain import explain
from trunkline.core.figures import Figure, Interval
from trunkline.core.lineage import Usage
from trunkline.core.project import Project
from trunkline.core.record import digits, short
from trunkline.core.verdicts import Evaluation, Verdict, Waiver
from trunkline.loop.gates.explaining import last_evaluation
from trunkline.loop.model.snapshots import snapshot
from trunkline.loop.versions.trained import Trained

BUNDLE = "sha256:" + "b" * 64
WAIVER = Waiver(gate="fairness/*", owner="Ada", reason="Known", expires="2026-12-31")
RATIO = Figure(
    name="demographic_parity_ratio", value=0.71, rows=300, interval=Interval(low=0.6, high=0.8), group="sex"
)
EVALUATION = Evaluation(
    bundle=BUNDLE,
    snapshot="sha256:" + "c" * 64,
    created=datetime(2026, 11, 2, tzinfo=UTC),
    figures=(),
    verdicts=(
        Verdict(gate="data/rows", outcome="pass", reason="Enough.", advice="Not needed."),
        Verdict(
            gate="fairness/sex/demographic-parity",
            outcome="fail",
            reason="Unlike.",
            advice="Mend it.",
            figures=(RATIO,),
            waiver=WAIVER,
        ),
        Verdict(gate="fairness/region/demographic-parity", outcome="pass", reason="Alike."),
    ),
)
USAGE = Usage(
    seconds=1,
    cpu_seconds=1,
    peak_memory_mb=1,
    cores=1,
    energy_wh=1,
    energy_source="estimated",
    watts_per_core=1,
)


@pytest.fixture
def judged(project: Project) -> Project:
    """A project whose locked snapshot was trained on and judged, as far as its files say."""
    snapshot(project, progress=lambda _: None)
    key = training.key_parts(project, data.read_lock(project).snapshot).key
    trained = Trained(key=key, bundle=BUNDLE, run="", usage=USAGE, reason="")
    trained.write(project.keys / f"{short(key)}.json")
    EVALUATION.write(project.evaluations / digits(BUNDLE) / "evaluation.json")
    return project


@pytest.fixture
def told(judged: Project) -> Callable[..., Result]:
    """Call `trunkline explain` in the judged project."""
    return lambda *words: CliRunner().invoke(explain, list(words), obj=judged.root)


def test_the_evaluation_is_that_of_the_training_key(judged: Project) -> None:
    assert last_evaluation(judged) == EVALUATION


def test_a_project_that_was_never_judged_has_none(project: Project) -> None:
    assert last_evaluation(project) is None


def test_a_project_that_has_changed_since_has_none(judged: Project) -> None:
    model = judged.root / "src/loans/model.py"
    model.write_text(model.read_text(encoding="utf-8") + "\n# changed\n", encoding="utf-8")

    assert last_evaluation(Project(judged.root)) is None


def test_the_last_answer_is_told_with_figures_waiver_and_advice(told: Callable[..., Result]) -> None:
    said = told("fairness/sex/demographic-parity")

    assert said.exit_code == 0, said.output
    assert "gates.fairness.demographic_parity_ratio: 0.5 (by default 0.8)" in said.output
    assert f"The last answer of bundle {short(BUNDLE)}, judged 2026-11-02 00:00 UTC:" in said.output
    assert "fairness/sex/demographic-parity (waived by Ada until 2026-12-31): Unlike." in said.output
    assert "Mend it." in said.output
    assert "0.6 to 0.8" in said.output
    assert "region" not in said.output


def test_a_pattern_tells_the_answers_of_all_its_gates(told: Callable[..., Result]) -> None:
    said = told("fairness/{attribute}/demographic-parity").output

    assert "fairness/sex/demographic-parity" in said
    assert "fairness/region/demographic-parity: Alike." in said


def test_a_green_answer_needs_no_advice(told: Callable[..., Result]) -> None:
    assert "Not needed." not in told("data/rows").output


def test_a_gate_that_was_not_asked_is_said_to_be_missing(told: Callable[..., Result]) -> None:
    assert "did not ask load/rate" in told("load/rate").output


def test_a_misspelt_gate_is_refused_with_the_projects_own(told: Callable[..., Result]) -> None:
    refused = told("fairness/sex/demografic-parity").exception

    assert "did you mean fairness/sex/demographic-parity" in str(refused)


def test_before_the_first_judgement_the_next_command_is_named(project: Project) -> None:
    said = CliRunner().invoke(explain, ["data/rows"], obj=project.root)

    assert said.exit_code == 0
    assert "was not judged yet: `trunkline evaluate`" in said.output

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from trunkline.core.project import Project
from trunkline.core.verdicts import GateRun, Verdict
from trunkline.loop.gates.runs import DEEPCHECKS, keep_run, kept_verdicts, rules_digest

BUNDLE = "sha256:" + 64 * "a"
PASSED = Verdict(gate="deepchecks/data-integrity", outcome="pass", reason="All conditions hold.")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "trunkline.yaml").write_text(
        "name: m\npackage: m\ngates: {deepchecks: {required: true}}\n", encoding="utf-8"
    )
    return Project(tmp_path)


def kept(
    project: Project, *verdicts: Verdict, bundle: str = BUNDLE, policy: str = ""
) -> set[tuple[str, bool]]:
    """Keep a run of `bundle` where that of `BUNDLE` is looked for, and return what deepchecks is said to say."""
    digest = policy or rules_digest(project, project.policy.gates.deepchecks)
    now = datetime.now(UTC)
    run = GateRun(bundle=BUNDLE, snapshot="sha256:1", created=now, verdicts=verdicts, policy=digest)
    keep_run(project, DEEPCHECKS, run)
    path = project.evaluations / ("a" * 64) / "deepchecks.json"
    run.model_copy(update={"bundle": bundle}).write(path)
    found = kept_verdicts(project, BUNDLE)
    return {(one.gate, one.stops) for one in found if one.gate.startswith("deepchecks/")}


def test_the_run_of_this_bundle_under_this_policy_counts(project: Project) -> None:
    assert kept(project, PASSED) == {("deepchecks/data-integrity", False)}


def test_a_run_of_another_bundle_or_policy_counts_as_not_run(project: Project) -> None:
    assert kept(project, PASSED, bundle="sha256:" + 64 * "b") == {("deepchecks/not-run", True)}
    assert kept(project, PASSED, policy="sha256:2") == {("deepchecks/not-run", True)}


def test_a_run_without_any_verdict_counts_as_not_run(project: Project) -> None:
    assert kept(project) == {("deepchecks/not-run", True)}

"""Who retrains."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import cast

import pytest

from trunkline.core.errors import DataError, GateFailed
from trunkline.core.policy.responses import Responses, Rule
from trunkline.core.project import Project
from trunkline.core.signals import Signal
from trunkline.core.verdicts import Verdict
from trunkline.forge import Forge, Workflow
from trunkline.loop.gates.judging import Judged
from trunkline.loop.life import handover
from trunkline.loop.life.handover import LONGEST_REASON, RETRAIN, hand_over, one_line, refusal_in_words

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
PROJECT = cast(
    "Project",
    SimpleNamespace(
        policy=SimpleNamespace(
            forge=SimpleNamespace(main="main"), retraining=SimpleNamespace(pause_hours=24.0)
        )
    ),
)


class Starter:
    """A forge that remembers what it was told to start."""

    def __init__(self, *rows: Workflow, runs: bool = True) -> None:
        self.rows = rows
        self.runs = runs
        self.started: list[tuple[str, str, Mapping[str, str] | None]] = []

    def workflows(self) -> tuple[Workflow, ...]:
        return self.rows

    def start(self, workflow: str, *, branch: str, inputs: Mapping[str, str] | None = None) -> bool:
        if self.runs:
            self.started.append((workflow, branch, inputs))
        return self.runs


def test_a_forge_with_workflows_gets_the_work_with_its_reason() -> None:
    forge = Starter(Workflow(file=RETRAIN, state="active", newest=NOW, conclusion="success"))
    assert hand_over(cast("Forge", forge), PROJECT, "production", "it fell") == f"handed over to {RETRAIN}"
    assert forge.started == [(RETRAIN, "main", {"environment": "production", "reason": "it fell"})]


def test_a_run_that_waits_or_goes_on_is_not_started_twice() -> None:
    forge = Starter(Workflow(file=RETRAIN, state="active", newest=NOW))
    assert "at it already" in hand_over(cast("Forge", forge), PROJECT, "production", "it fell")
    assert forge.started == []


def test_after_a_run_that_came_to_nothing_there_is_a_pause() -> None:
    newest = datetime.now(UTC) - timedelta(hours=1)
    forge = Starter(Workflow(file=RETRAIN, state="active", newest=newest, conclusion="success"))
    assert "not before" in hand_over(cast("Forge", forge), PROJECT, "production", "it fell")
    assert forge.started == []


def test_a_workflow_that_never_ran_is_started() -> None:
    forge = Starter(Workflow(file=RETRAIN, state="active"))
    assert hand_over(cast("Forge", forge), PROJECT, "production", "it fell")
    assert len(forge.started) == 1


def test_without_workflows_the_work_is_done_here() -> None:
    assert hand_over(cast("Forge", Starter(runs=False)), PROJECT, "production", "it fell") == ""


@pytest.mark.parametrize("sign", ["\n", "\r", "\x1b", "\u2028", "\x00"])
def test_a_reason_is_one_short_line(sign: str) -> None:
    assert one_line(f"a{sign}b  c") == "a b c"
    assert len(one_line("x" * 9000)) == LONGEST_REASON


def judged(*verdicts: Verdict) -> Judged:
    return cast("Judged", SimpleNamespace(evaluation=SimpleNamespace(verdicts=verdicts)))


def test_gates_that_refused_a_retraining_are_told_with_their_reasons() -> None:
    red = Verdict(gate="data/jumps", outcome="fail", reason="income moved.", advice="Mend load().")
    green = Verdict(gate="data/nulls", outcome="pass", reason="No nulls.")
    said = refusal_in_words(GateFailed("The gates said no: data/jumps."), [judged(red, green)])

    assert "data/jumps" in said
    assert "income moved." in said
    assert "Mend load()." in said
    assert "data/nulls" not in said


def test_a_retraining_that_never_came_to_the_gates_is_told_by_its_error() -> None:
    error = DataError("No rows.", next_step="wait")

    assert refusal_in_words(error, []) == str(error)


def test_the_issue_of_a_packages_monitor_whose_kind_is_retrained_asks_for_it_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def seen(monitor: str, kind: str) -> Signal:
        name = f"production/{monitor}"
        given = {
            "environment": "production",
            "kind": kind,
            "fingerprint": name,
            "state": "alarm",
            "time": NOW,
        }
        return Signal.model_validate(given | {"severity": "warning", "summary": "It is so.", "rows": 1})

    signals = (seen("one-answer", "data"), seen("slow-start", "infrastructure"))
    opened = {f"production/{name}": name for name in ("data", "performance", "one-answer", "slow-start")}

    def issues(*, state: str, fingerprint: str) -> list[SimpleNamespace]:
        return (
            [SimpleNamespace(title=opened[fingerprint])] if state == "open" and fingerprint in opened else []
        )

    monkeypatch.setattr(handover, "last_signals", lambda *_: signals)
    monkeypatch.setattr(handover, "open_forge", lambda _: SimpleNamespace(issues=issues))
    rules = Responses(rules=(Rule(kind="data", do=("retrain",)), Rule(kind="infrastructure", do=("issue",))))
    project = cast("Project", SimpleNamespace(policy=SimpleNamespace(responses=rules)))
    asking = {issue.title for issue in handover.troubles(project, "production")}
    assert asking == {"data", "performance", "one-answer"}

"""How a stage's judgement reads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from trunkline.core.figures import Figure, Interval
from trunkline.core.policy.rollout import Rollout
from trunkline.measure.difference import Difference
from trunkline.rollout import ArmFigures, StageEvidence, advise, stage_report

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
QUALITY = Figure(name="roc_auc", value=0.8, rows=300, interval=Interval(low=0.75, high=0.85))


def test_a_report_answers_every_question_and_shows_both_versions() -> None:
    evidence = StageEvidence(
        environment="production",
        strategy="canary",
        share=0.2,
        since=NOON,
        until=NOON + timedelta(hours=30),
        champion=ArmFigures(version=1, answers=4000, p95_ms=2.5, labelled=300, quality=QUALITY),
        challenger=ArmFigures(version=2, answers=1000, users=80, failures=90, p95_ms=3.0),
        nameless=3,
        answered=Difference(
            name="answered", value=-0.08, rows=1090, users=80, interval=Interval(low=-0.12, high=-0.04)
        ),
        refused=7,
        metric="roc_auc",
    )
    advice = advise(evidence, Rollout())
    text = stage_report(evidence, advice)
    assert "## The canary stage on live traffic: go back" in text
    assert "with 20 % of users from 2026-11-23 12:00 UTC to 2026-11-24 18:00 UTC" in text
    assert "7 requests broke the contract" in text
    assert "3 requests name nobody" in text
    assert text.count("| Does it answer without failing? | **no** |") == 1
    assert "| Is it as good as the champion? (for information) | not known yet |" in text
    assert "| champion, 1 | 4,000 | 0 | 0 | 2.5 | 300 | roc_auc 0.800 (0.750 to 0.850) |" in text
    assert "| challenger, 2 | 1,000 | 80 | 90 | 3.0 | 0 |  |" in text

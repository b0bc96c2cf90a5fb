"""Decide and carry out, run after run, over the local forge and real servers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from trunkline.core.errors import ForgeError, PolicyError, UnavailableError
from trunkline.core.policy.responses import Mail, Responses, Rule, Webhook
from trunkline.core.signals import Finding, Signal
from trunkline.forge import LocalForge
from trunkline.response import Done, carry_out, decide
from trunkline.response.policy import STORM

Make = Callable[..., Signal]


@pytest.fixture
def policy(post_office: Any, hook: Any) -> Responses:
    return Responses(
        rules=(
            Rule(kind="data", do=("issue", "mail", "webhook")),
            Rule(kind="performance", do=("issue", "retrain")),
        ),
        mail=Mail(port=post_office.port, recipients=("ops@example.org",)),
        webhook=Webhook(url=hook.url),
    )


def respond(forge: LocalForge, policy: Responses, signals: Sequence[Signal]) -> tuple[Done, ...]:
    responses = decide(signals, forge.issues(state="open"), policy)
    return carry_out(responses, signals, forge=forge, policy=policy)


def test_an_alarm_opens_an_issue_and_tells_everyone_once(
    forge: LocalForge, policy: Responses, signal: Make, post_office: Any, hook: Any
) -> None:
    done = respond(forge, policy, [signal()])
    assert [(each.response.action, each.outcome, each.issue) for each in done] == [
        ("open_issue", "done", 1),
        ("mail", "done", 1),
        ("webhook", "done", 1),
    ]
    (issue,) = forge.issues()
    assert issue.title == "Data in production: age"
    assert issue.labels == ("trunkline", "signal: data", "severity: warning")
    assert "Issue #1 follows it." in post_office.messages[0].get_content()
    assert hook.bodies == [signal().to_dict()]


def test_monitoring_again_updates_the_one_issue_and_tells_nobody(
    forge: LocalForge, policy: Responses, signal: Make, post_office: Any, hook: Any
) -> None:
    for hour in range(3):
        respond(forge, policy, [signal(time=signal().time + timedelta(hours=hour))])
    (issue,) = forge.issues()
    (comment,) = issue.comments
    assert comment.body.count("still there") == 2
    assert len(post_office.messages) == 1
    assert len(hook.bodies) == 1


def test_a_rising_severity_tells_everyone_once_more(
    forge: LocalForge, policy: Responses, signal: Make, post_office: Any
) -> None:
    for severity in ("warning", "critical", "critical", "warning", "critical"):
        respond(forge, policy, [signal(severity=severity)])
    assert [message["Subject"].split(":")[0] for message in post_office.messages] == [
        "[trunkline] Warning",
        "[trunkline] Critical",
    ]
    assert "severity: critical" in forge.issue(1).labels
    assert "severity: warning" not in forge.issue(1).labels


def test_recovery_closes_the_issue_with_its_evidence_and_the_next_alarm_reopens_it(
    forge: LocalForge, policy: Responses, signal: Make, post_office: Any, hook: Any
) -> None:
    respond(forge, policy, [signal()])
    respond(forge, policy, [signal(state="quiet", severity="info", summary="no drift in 9 columns")])
    closed = forge.issue(1)
    assert closed.state == "closed"
    assert "no drift in 9 columns" in closed.comments[-1].body
    assert post_office.messages[-1]["Subject"].startswith("[trunkline] Recovered")
    assert [body["state"] for body in hook.bodies] == ["alarm", "quiet"]
    respond(forge, policy, [signal()])
    assert [issue.state for issue in forge.issues()] == ["open"]
    assert len(post_office.messages) == 3


def test_inconclusive_leaves_the_issue_open(forge: LocalForge, policy: Responses, signal: Make) -> None:
    respond(forge, policy, [signal()])
    before = forge.issue(1)
    assert respond(forge, policy, [signal(state="inconclusive")]) == ()
    assert forge.issue(1) == before


def test_a_mail_that_failed_stops_nothing_and_is_sent_by_the_next_run(
    forge: LocalForge, policy: Responses, signal: Make, post_office: Any, hook: Any
) -> None:
    post_office.refuse["ops@example.org"] = "451 come again"
    done = respond(forge, policy, [signal()])
    assert [each.outcome for each in done] == ["done", "failed", "done"]
    assert "451 come again" in done[1].detail
    assert done[1].exit_code == UnavailableError.exit_code
    assert "pending: mail" in forge.issue(1).labels
    assert "pending: webhook" not in forge.issue(1).labels
    post_office.refuse = {}
    for _ in range(2):
        respond(forge, policy, [signal()])
    assert len(post_office.messages) == 1
    assert len(hook.bodies) == 1
    assert "pending: mail" not in forge.issue(1).labels


def test_a_run_that_was_killed_before_its_mail_is_made_good_by_the_next(
    forge: LocalForge, policy: Responses, signal: Make, post_office: Any, hook: Any
) -> None:
    responses = decide([signal()], (), policy)
    said: list[str] = []

    def killed_after_the_issue(line: str) -> None:
        said.append(line)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        carry_out(responses, [signal()], forge=forge, policy=policy, progress=killed_after_the_issue)
    assert post_office.messages == []
    respond(forge, policy, [signal()])
    assert len(post_office.messages) == 1
    assert len(hook.bodies) == 1
    assert said == ["open_issue production/data: done, issue #1 is open"]


def test_settings_that_cannot_work_are_reported_with_their_key(
    forge: LocalForge, policy: Responses, signal: Make
) -> None:
    broken = policy.model_copy(update={"mail": Mail(), "webhook": Webhook()})
    done = respond(forge, broken, [signal()])
    assert [each.outcome for each in done] == ["done", "failed", "failed"]
    assert "responses.mail.recipients" in done[1].detail
    assert "responses.webhook.url" in done[2].detail
    assert {each.exit_code for each in done[1:]} == {PolicyError.exit_code}


def test_a_forge_that_fails_does_not_keep_the_mail_back(
    tmp_path: Path, policy: Responses, signal: Make, post_office: Any
) -> None:
    nowhere = LocalForge(tmp_path / "nowhere")
    done = carry_out(decide([signal()], (), policy), [signal()], forge=nowhere, policy=policy)
    assert [each.outcome for each in done] == ["failed", "done", "done"]
    assert done[0].exit_code == ForgeError.exit_code
    assert len(post_office.messages) == 1


def test_retraining_is_handed_over_with_its_reason(
    forge: LocalForge, policy: Responses, signal: Make
) -> None:
    fall = signal(kind="performance", fingerprint="production/performance", summary="roc_auc fell")
    done = respond(forge, policy, [fall])
    assert [(each.response.action, each.outcome) for each in done] == [
        ("open_issue", "done"),
        ("retrain", "handed over"),
    ]
    assert "roc_auc fell" in done[1].detail


def test_a_storm_is_ten_issues_and_one_summary_and_settles(
    forge: LocalForge, policy: Responses, signal: Make, post_office: Any
) -> None:
    storm = [signal(fingerprint=f"e{number:02d}/data", environment=f"e{number:02d}") for number in range(15)]
    done = respond(forge, policy, storm)
    assert {each.outcome for each in done} == {"done"}
    assert len(forge.issues()) == 11
    assert len(post_office.messages) == 11
    (summary,) = forge.issues(fingerprint=STORM)
    assert "5 more alarms" in summary.title
    assert all(f"e{number:02d}/data" in summary.body for number in range(10, 15))
    respond(forge, policy, storm)
    assert len(forge.issues(state="open")) == 15
    assert forge.issue(summary.number).state == "closed"
    respond(forge, policy, storm)
    assert len(post_office.messages) == 16


def test_an_issue_is_routed_and_keeps_what_people_labelled_when_it_returns(
    forge: LocalForge, signal: Make
) -> None:
    policy = Responses(rules=(Rule(kind="data", do=("issue",), labels=("owner: data",)),))
    respond(forge, policy, [signal()])
    assert "owner: data" in forge.issue(1).labels
    forge.label_issue(1, (*forge.issue(1).labels, "for: Ada"))
    respond(forge, policy, [signal(state="quiet", severity="info")])
    respond(forge, policy, [signal(severity="critical", time=signal().time + timedelta(days=2))])
    issue = forge.issue(1)
    assert {"owner: data", "for: Ada", "severity: critical"} <= set(issue.labels)
    assert "severity: warning" not in issue.labels
    assert "2026-11-25 12:00 UTC" in issue.comments[-1].body


def test_updates_and_recovery_show_the_course_of_the_figure(
    forge: LocalForge, policy: Responses, signal: Make
) -> None:
    def run(hour: int, value: float, state: str) -> Signal:
        lead = Finding(subject="age", measure="psi", value=value, threshold=0.25)
        return signal(time=signal().time + timedelta(hours=hour), lead=lead, state=state, findings=())

    runs = [run(0, 0.1, "quiet"), run(1, 0.5, "alarm"), run(2, 0.6, "alarm"), run(3, 0.05, "quiet")]
    for place, each in enumerate(runs):
        responses = decide([each], forge.issues(state="open"), policy)
        carry_out(responses, [each], forge=forge, policy=policy, history=runs[: place + 1])
    issue = forge.issue(1)
    assert "line [0.1, 0.5]" in issue.body
    latest, closing = (comment.body for comment in issue.comments)
    assert "line [0.1, 0.5, 0.6]" in latest
    assert "line [0.1, 0.5, 0.6, 0.05]" in closing
    assert "| age | psi | 0.05 | 0.25 |" in closing
    assert issue.state == "closed"


def test_the_longest_update_fits_into_a_forge(forge: LocalForge, policy: Responses, signal: Make) -> None:
    wide = [
        Finding(subject="|" * 500, measure="|" * 500, value=0.1, threshold=0.2, detail="|" * 500)
        for _ in range(80)
    ]
    long = signal(findings=tuple(wide), summary="|" * 900, lead=wide[0])
    history = [long.model_copy(update={"time": long.time + timedelta(hours=hour)}) for hour in range(60)]
    for _ in range(25):
        responses = decide([long], forge.issues(state="open"), policy)
        carry_out(responses, [long], forge=forge, policy=policy, history=history)
    issue = forge.issue(1)
    assert max(len(issue.body), *(len(comment.body) for comment in issue.comments)) < 65_536

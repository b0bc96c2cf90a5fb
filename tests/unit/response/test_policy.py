"""What is decided about signals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from trunkline.core.policy.responses import Responses, Rule
from trunkline.core.signals import Severity, Signal
from trunkline.forge import Issue
from trunkline.response import Response, decide
from trunkline.response.policy import STORM, storm_signal, worst_first

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
NEW_ISSUES = Responses().new_issues
EVERYTHING = Responses(
    rules=(
        Rule(kind="data", do=("issue", "mail", "webhook")),
        Rule(kind="performance", do=("issue", "retrain")),
    )
)


def signal(**changes: Any) -> Signal:
    whole: dict[str, Any] = {
        "kind": "data",
        "environment": "production",
        "fingerprint": "production/data",
        "state": "alarm",
        "severity": "warning",
        "summary": "age has drifted",
        "rows": 500,
        "time": NOON,
    }
    return Signal.model_validate(whole | changes)


def issue(*labels: str, **changes: Any) -> Issue:
    whole: dict[str, Any] = {
        "number": 3,
        "title": "Drift",
        "body": "",
        "state": "open",
        "fingerprint": "production/data",
        "labels": labels or ("trunkline", "signal: data", "severity: warning"),
        "created": NOON,
    }
    return Issue.model_validate(whole | changes)


def actions(responses: Sequence[Response]) -> list[str]:
    return [response.action for response in responses]


def test_what_cannot_be_judged_opens_nothing_and_closes_what_is_over() -> None:
    unjudged = signal(state="inconclusive", severity="info", unjudged=("note",))
    assert decide([unjudged], [], EVERYTHING) == ()
    assert "close_issue" in actions(decide([unjudged], [issue()], EVERYTHING))
    undecided = signal(state="inconclusive", severity="info")
    assert decide([undecided], [issue()], EVERYTHING) == ()


def test_no_signals_need_nothing() -> None:
    assert decide([], [], EVERYTHING) == ()


def test_a_new_alarm_does_all_that_its_rule_says() -> None:
    responses = decide([signal()], [], EVERYTHING)
    assert actions(responses) == ["open_issue", "mail", "webhook"]
    assert {response.fingerprint for response in responses} == {"production/data"}
    assert {response.reason for response in responses} == {"age has drifted"}


def test_an_alarm_that_has_an_issue_only_updates_it() -> None:
    responses = decide([signal()], [issue()], EVERYTHING)
    assert actions(responses) == ["update_issue"]
    assert responses[0].issue == 3


def test_an_issue_of_another_fingerprint_or_a_closed_one_does_not_count() -> None:
    others = [issue(fingerprint="staging/data"), issue(state="closed"), issue(fingerprint="")]
    assert actions(decide([signal()], others, EVERYTHING)) == ["open_issue", "mail", "webhook"]


def test_messages_go_again_when_the_severity_rose() -> None:
    responses = decide([signal(severity="critical")], [issue("severity: warning")], EVERYTHING)
    assert actions(responses) == ["update_issue", "mail", "webhook"]
    assert responses[1].reason == "severity rose from warning to critical"


@pytest.mark.parametrize("severity", ["critical", "warning", "info"])
def test_messages_do_not_go_again_when_the_severity_stayed_or_fell(severity: Severity) -> None:
    responses = decide([signal(severity=severity)], [issue("severity: critical")], EVERYTHING)
    assert actions(responses) == ["update_issue"]


def test_a_message_that_could_not_be_delivered_goes_again_and_only_that_one() -> None:
    responses = decide([signal()], [issue("severity: warning", "pending: mail")], EVERYTHING)
    assert actions(responses) == ["update_issue", "mail"]
    assert responses[1].reason == "could not be delivered before"


def test_a_pending_message_is_dropped_when_the_policy_no_longer_sends_it() -> None:
    silent = Responses(rules=(Rule(kind="data", do=("issue",)),))
    assert actions(decide([signal()], [issue("severity: warning", "pending: mail")], silent)) == [
        "update_issue"
    ]


def test_quiet_closes_the_issue_and_tells_everyone_of_the_recovery() -> None:
    quiet = signal(state="quiet", severity="info", summary="no drift in 9 columns")
    responses = decide([quiet], [issue()], EVERYTHING)
    assert actions(responses) == ["close_issue", "mail", "webhook"]
    assert responses[0].issue == 3
    assert "no drift in 9 columns" in responses[0].reason


def test_quiet_closes_without_a_message_where_no_rule_sends_any() -> None:
    silent = Responses(rules=(Rule(kind="data", do=("issue",)),))
    assert actions(decide([signal(state="quiet")], [issue()], silent)) == ["close_issue"]


def test_quiet_without_an_issue_needs_nothing() -> None:
    assert decide([signal(state="quiet")], [], EVERYTHING) == ()


@pytest.mark.parametrize("issues", [[], [issue()]])
def test_inconclusive_changes_nothing(issues: list[Issue]) -> None:
    assert decide([signal(state="inconclusive")], issues, EVERYTHING) == ()


@pytest.mark.parametrize(
    ("at_least", "severity", "opens"),
    [
        ("info", "info", True),
        ("warning", "info", False),
        ("warning", "warning", True),
        ("warning", "critical", True),
        ("critical", "warning", False),
        ("critical", "critical", True),
    ],
)
def test_a_rule_holds_from_its_severity_on(at_least: Severity, severity: Severity, opens: bool) -> None:
    policy = Responses(rules=(Rule(kind="data", at_least=at_least, do=("issue",)),))
    assert bool(decide([signal(severity=severity)], [], policy)) is opens


def test_rules_of_one_kind_add_up() -> None:
    policy = Responses(
        rules=(
            Rule(kind="data", at_least="info", do=("issue",)),
            Rule(kind="data", at_least="critical", do=("mail",)),
        )
    )
    assert actions(decide([signal(severity="info")], [], policy)) == ["open_issue"]
    assert actions(decide([signal(severity="critical")], [], policy)) == ["open_issue", "mail"]


def test_a_kind_without_a_rule_is_left_alone() -> None:
    assert decide([signal(kind="log")], [], EVERYTHING) == ()


def test_a_rule_without_an_issue_sends_its_messages_each_time() -> None:
    policy = Responses(rules=(Rule(kind="data", do=("webhook",)),))
    assert actions(decide([signal()], [], policy)) == ["webhook"]


def test_an_alarm_for_retraining_asks_for_it() -> None:
    fall = signal(kind="performance", fingerprint="production/performance", summary="roc_auc fell")
    responses = decide([fall], [], EVERYTHING)
    assert actions(responses) == ["open_issue", "retrain"]
    assert responses[1].reason == "production/performance: roc_auc fell"


def test_retraining_is_not_asked_for_while_one_is_under_way() -> None:
    fall = signal(kind="performance", fingerprint="production/performance")
    assert actions(decide([fall], [], EVERYTHING, open_retraining=True)) == ["open_issue"]


def test_retraining_is_asked_for_again_when_the_earlier_one_is_over_and_the_alarm_is_not() -> None:
    fall = signal(kind="performance", fingerprint="production/performance")
    known = issue(fingerprint="production/performance")
    assert actions(decide([fall], [known], EVERYTHING)) == ["update_issue", "retrain"]


def test_several_alarms_ask_for_one_retraining() -> None:
    falls = [
        signal(kind="performance", fingerprint=f"{place}/performance", environment=place)
        for place in ("production", "staging")
    ]
    found = [response for response in decide(falls, [], EVERYTHING) if response.action == "retrain"]
    assert len(found) == 1
    assert "production/performance" in found[0].reason
    assert "staging/performance" in found[0].reason


def test_quiet_asks_for_no_retraining() -> None:
    assert decide([signal(kind="performance", state="quiet")], [], EVERYTHING) == ()


def test_two_signals_of_one_fingerprint_count_once_and_the_worse_one_wins() -> None:
    both = [signal(state="quiet"), signal(), signal(severity="critical", summary="all has drifted")]
    responses = decide(both, [], EVERYTHING)
    assert actions(responses) == ["open_issue", "mail", "webhook"]
    assert responses[0].reason == "all has drifted"


def test_the_decision_does_not_depend_on_the_order_of_the_signals() -> None:
    many = [signal(fingerprint=f"e{number}/data") for number in range(5)]
    assert decide(many, [], EVERYTHING) == decide(many[::-1], [], EVERYTHING)


def storm(count: int) -> list[Signal]:
    return [
        signal(
            fingerprint=f"e{number:02d}/data",
            environment=f"e{number:02d}",
            severity="critical" if number == count - 1 else "warning",
            time=NOON + timedelta(minutes=number),
        )
        for number in range(count)
    ]


def test_as_many_alarms_as_the_limit_each_get_an_issue() -> None:
    responses = decide(storm(NEW_ISSUES), [], EVERYTHING)
    assert actions(responses).count("open_issue") == NEW_ISSUES
    assert STORM not in {response.fingerprint for response in responses}


def test_a_storm_of_alarms_opens_ten_issues_and_one_summary() -> None:
    responses = decide(storm(25), [], EVERYTHING)
    opened = [response.fingerprint for response in responses if response.action == "open_issue"]
    assert len(opened) == NEW_ISSUES + 1
    assert opened[0] == "e24/data", "the critical one comes first"
    assert opened[-1] == STORM
    assert actions(responses).count("mail") == NEW_ISSUES + 1
    summary = next(response for response in responses if response.fingerprint == STORM)
    assert len(summary.covers) == 25 - NEW_ISSUES
    assert not set(summary.covers) & set(opened)


def test_alarms_that_have_an_issue_do_not_use_up_the_limit() -> None:
    known = [issue(fingerprint=f"e{number:02d}/data", number=number + 1) for number in range(NEW_ISSUES)]
    responses = decide(storm(2 * NEW_ISSUES), known, EVERYTHING)
    assert actions(responses).count("open_issue") == NEW_ISSUES
    assert STORM not in {response.fingerprint for response in responses}


def test_the_summary_is_updated_while_the_storm_lasts_and_closed_after_it() -> None:
    summary = issue("severity: critical", fingerprint=STORM, number=50)
    lasting = decide(storm(25), [summary], EVERYTHING)
    assert [response.action for response in lasting if response.fingerprint == STORM] == ["update_issue"]
    over = decide([signal(state="quiet")], [summary], EVERYTHING)
    assert [(response.action, response.issue) for response in over] == [("close_issue", 50)]


def test_the_summary_of_a_storm_names_every_alarm_it_stands_for() -> None:
    held = worst_first(storm(3))
    summary = storm_signal(held, NEW_ISSUES)
    assert summary.severity == "critical"
    assert summary.environment == "all environments"
    assert [finding.subject for finding in summary.findings] == ["e02/data", "e00/data", "e01/data"]
    assert summary.time == NOON + timedelta(minutes=2)
    assert storm_signal(held[:1], NEW_ISSUES).environment == "e02"


def test_the_policy_says_how_many_issues_one_run_may_open() -> None:
    responses = decide(storm(5), [], EVERYTHING.model_copy(update={"new_issues": 2}))
    assert actions(responses).count("open_issue") == 3

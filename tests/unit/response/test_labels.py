"""The labels by which one run tells the next what was done."""

from __future__ import annotations

import pytest

from trunkline.core.signals import Severity
from trunkline.response.labels import given, labels_for, relabelled, severity_of


def test_an_issue_says_kind_severity_and_what_is_still_to_be_sent() -> None:
    assert labels_for("data", "warning", {"mail"}) == (
        "trunkline",
        "signal: data",
        "severity: warning",
        "pending: mail",
    )


@pytest.mark.parametrize("severity", ["info", "warning", "critical"])
def test_the_severity_is_read_back(severity: Severity) -> None:
    assert severity_of(labels_for("log", severity)) == severity


def test_the_worst_of_two_severities_counts_and_none_is_the_least() -> None:
    assert severity_of(("severity: warning", "severity: critical")) == "critical"
    assert severity_of(("trunkline",)) == "info"


def test_another_severity_takes_the_place_of_the_old_one() -> None:
    labels = relabelled(("trunkline", "severity: warning"), severity="critical", pending=())
    assert labels == ("trunkline", "severity: critical")


def test_delivery_takes_only_its_own_label_away() -> None:
    before = ("severity: warning", "pending: mail", "pending: webhook", "for: Ada")
    assert relabelled(before, pending=(), delivered=("mail",)) == (
        "severity: warning",
        "pending: webhook",
        "for: Ada",
    )


def test_a_pending_message_is_labelled_once() -> None:
    assert relabelled(("pending: mail",), pending={"mail"}) == ("pending: mail",)


def test_labels_of_the_policy_stand_beside_the_programs_own() -> None:
    assert labels_for("data", "info", (), ["owner: data", "owner: data"])[3:] == ("owner: data",)


def test_labels_that_people_or_the_policy_gave_are_told_from_the_programs_own() -> None:
    before = ("trunkline", "signal: data", "severity: info", "pending: mail", "owner: data", "for: Ada")
    assert given(before) == ("owner: data", "for: Ada")

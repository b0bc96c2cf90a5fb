from __future__ import annotations

from datetime import datetime

import pytest

from trunkline.core.contract import Contract
from trunkline.core.policy.section import Section
from trunkline.monitoring import Evidence, Monitor, Seen
from trunkline.monitoring.signals import signal_of


class Saying(Monitor[Section]):
    kind, question, section, advice = "data", "What?", Section, ("Look at {environment}, {nothing else}.",)

    def __init__(self, seen: Seen) -> None:
        self.seen = seen

    def look(self, evidence: Evidence) -> Seen:
        return self.seen


@pytest.mark.parametrize("state", ["quiet", "inconclusive"])
def test_only_an_alarm_is_more_severe_than_info(state: str, contract: Contract, now: datetime) -> None:
    evidence = Evidence("production", now, contract)
    calm = Seen(state, "x", 1, critical=True)  # type: ignore[arg-type]
    signal = signal_of("mine", Saying(calm), evidence)
    assert (signal.severity, signal.fingerprint, signal.monitor) == ("info", "production/mine", "mine")
    alarm = signal_of("mine", Saying(Seen("alarm", "x", 1)), evidence)
    assert (alarm.severity, alarm.advice) == ("warning", ("Look at production, {nothing else}.",))

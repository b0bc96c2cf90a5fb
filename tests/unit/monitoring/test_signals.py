from __future__ import annotations

from datetime import datetime

import pytest

from trunkline.monitoring.signals import write_signal


@pytest.mark.parametrize("state", ["quiet", "inconclusive"])
def test_only_an_alarm_is_more_severe_than_info(state: str, now: datetime) -> None:
    signal = write_signal("data", "production", state, "x", rows=1, now=now, critical=True)  # type: ignore[arg-type]
    assert (signal.severity, signal.fingerprint) == ("info", "production/data")
    assert write_signal("data", "production", "alarm", "x", rows=1, now=now).severity == "warning"

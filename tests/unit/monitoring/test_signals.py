from __future__ import annotations

from datetime import datetime

import pytest

from trunkline.core.figures import Interval
from trunkline.monitoring.signals import between, count, join, percent, write_signal


@pytest.mark.parametrize("state", ["quiet", "inconclusive"])
def test_only_an_alarm_is_more_severe_than_info(state: str, now: datetime) -> None:
    signal = write_signal("data", "production", state, "x", rows=1, now=now, critical=True)  # type: ignore[arg-type]
    assert (signal.severity, signal.fingerprint) == ("info", "production/data")
    assert write_signal("data", "production", "alarm", "x", rows=1, now=now).severity == "warning"


def test_figures_read_as_people_write_them() -> None:
    assert [percent(share) for share in (0, 0.0816, 1)] == ["0%", "8.16%", "100%"]
    assert between(Interval(low=0.5, high=0.625)) == "95% interval 0.5 to 0.625"
    assert [count(1, "row"), count(1200, "row")] == ["1 row", "1,200 rows"]
    assert [join([]), join(["a"]), join(["a", "b", "c"])] == ["", "a", "a, b and c"]

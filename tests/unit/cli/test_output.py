"""What people read on the terminal."""

from __future__ import annotations

from datetime import UTC, datetime
from unittest.mock import Mock

import pytest

from trunkline.cli import output
from trunkline.core.errors import PolicyError
from trunkline.core.figures import Figure, Interval
from trunkline.core.project import Project
from trunkline.core.signals import Finding, Signal
from trunkline.core.verdicts import Verdict, Waiver


def test_a_red_verdict_comes_with_its_advice(capsys: pytest.CaptureFixture[str]) -> None:
    output.verdicts([Verdict(gate="data/rows", outcome="fail", reason="12 rows", advice="take more rows")])
    shown = capsys.readouterr().out
    assert "fail" in shown
    assert "data/rows: 12 rows" in shown
    assert "what to do: take more rows" in shown


def test_a_green_verdict_comes_without_advice(capsys: pytest.CaptureFixture[str]) -> None:
    output.verdicts([Verdict(gate="data/rows", outcome="pass", reason="1,200 rows", advice="nothing")])
    assert "what to do" not in capsys.readouterr().out


def test_green_verdicts_are_counted_by_room_and_those_on_performance_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = [Verdict(gate=f"data/{name}", outcome="pass", reason="well") for name in ("rows", "nulls")]
    output.verdicts([*rows, Verdict(gate="performance/overfit", outcome="pass", reason="a gap of 0.01")])
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(maxsplit=1)[1] for line in lines] == [
        "performance/overfit: a gap of 0.01",
        "data: 2 gates",
    ]


def test_what_stops_a_release_stands_last(capsys: pytest.CaptureFixture[str]) -> None:
    output.verdicts(
        [
            Verdict(gate="data/rows", outcome="fail", reason="12 rows", advice="more"),
            Verdict(gate="slices/weak", outcome="fail", reason="one", blocking=False, advice="look"),
            Verdict(gate="data/nulls", outcome="pass", reason="well"),
        ]
    )
    shown = [line.split(maxsplit=1)[1] for line in capsys.readouterr().out.splitlines()]
    assert shown == ["data: 1 gate", "slices/weak (does not block): one", "data/rows: 12 rows", "to do: more"]


def test_a_waived_verdict_names_who_waived_it(capsys: pytest.CaptureFixture[str]) -> None:
    waiver = Waiver(gate="data/rows", owner="Ada", reason="pilot", expires="2099-01-01")
    output.verdicts(
        [Verdict(gate="data/rows", outcome="fail", reason="12 rows", advice="more", waiver=waiver)]
    )
    shown = capsys.readouterr().out
    assert "(waived by Ada until 2099-01-01)" in shown
    assert "what to do" not in shown


def test_a_title_is_shown_as_it_is_and_not_read_as_markup(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(("#", "title"), [(1, "a [/x]"), (2, "[wip] b")])
    shown = capsys.readouterr().out
    assert "a [/x]" in shown
    assert "[wip] b" in shown


@pytest.mark.parametrize("state", ["alarm", "quiet"])
def test_findings_are_shown_for_alarms_only(state: str, capsys: pytest.CaptureFixture[str]) -> None:
    found = Finding(subject="age", measure="psi", value=3.2, threshold=0.25, detail="mean 24, now 76")
    signal = Signal.model_validate(
        {
            "kind": "data",
            "environment": "production",
            "fingerprint": "production/data",
            "state": state,
            "severity": "warning",
            "summary": "Requests differ.",
            "rows": 500,
            "findings": (found,),
            "time": datetime(2026, 1, 1, tzinfo=UTC),
        }
    )
    output.signals([signal])
    shown = capsys.readouterr().out
    assert "data: Requests differ." in shown
    assert ("age: psi 3.2 (limit 0.25); mean 24, now 76" in shown) == (state == "alarm")


@pytest.mark.parametrize(
    ("value", "shown"),
    [(-3.2, " -3.200 ("), (-3.329e12, " -3,329,000,000,000 ("), (-3.1e-9, " -3.1e-09 ("), (0.0, " 0.000 (")],
)
def test_a_figure_reads_at_any_scale_and_apart_from_a_long_name(value: float, shown: str) -> None:
    span = Interval(low=value, high=value, level=0.95)
    line = output.figure(Figure(name="neg_root_mean_squared_error", value=value, rows=1177, interval=span))

    assert shown in line
    assert line.endswith(", 1,177 test rows)")


@pytest.mark.parametrize("named", ["nosuch", "../x", "production/", "Production", "x" * 5000])
def test_an_environment_that_has_no_desired_state_is_refused_with_those_that_have(named: str) -> None:
    project = Mock(spec=Project, environments=lambda: ("production", "staging"))

    with pytest.raises(PolicyError) as caught:
        output.environment_of(project, named)
    assert caught.value.next_step == "use one of production, staging"
    assert output.environment_of(project, "staging") == "staging"

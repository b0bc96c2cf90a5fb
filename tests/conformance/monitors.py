"""The suite of monitors: subclass it, and give the fixtures `name`, `cause`, `calm` and `little`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from trunkline.core.contract import Column, Contract, Role
from trunkline.core.policy.responses import Responses
from trunkline.core.policy.section import Section
from trunkline.core.signals import Signal
from trunkline.monitoring import Evidence, Monitor, open_monitor
from trunkline.monitoring.signals import signal_of
from trunkline.predictions import LogWindow, Prediction
from trunkline.response import decide

NOW = datetime(2026, 2, 1, tzinfo=UTC)
CONTRACT = Contract(
    name="loans",
    columns=(
        Column(name="income", type="number"),
        Column(name="owner", type="text", role=Role.USER),
        Column(name="repaid", type="category", role=Role.OUTCOME, categories=("no", "yes")),
    ),
    positive="yes",
)
Look = Callable[[Evidence], Signal]


def answers(rows: int, **of: Callable[[int], Any]) -> tuple[Prediction, ...]:
    """Return answers, one a minute, oldest first; `of` says what a field is of each row."""
    return tuple(
        Prediction(
            **{
                "id": f"p{row}",
                "time": NOW - timedelta(minutes=rows - row),
                "environment": "production",
                "revision": "r1",
                "version": 1,
                "bundle": "sha256:one",
                "arm": "champion",
                "inputs": {"income": float(row % 40)},
                "outputs": {"prediction": "yes", "probabilities": {"no": 0.3, "yes": 0.7}},
                "latency_ms": 2.0,
                "user": f"u{row}",
            }
            | {name: make(row) for name, make in of.items()}
        )
        for row in range(rows)
    )


def evidence(rows: tuple[Prediction, ...] = (), **more: Any) -> Evidence:
    """Return what a monitor looks at: these answers in the window."""
    return Evidence("production", NOW, CONTRACT, window=LogWindow(predictions=rows), **more)


class MonitorConformance:
    """Needs the fixtures `cause` (planted trouble), `calm` and `little` (too few data to say)."""

    name: ClassVar[str]
    packages: ClassVar[tuple[str, ...]] = ()

    @pytest.fixture
    def monitor(self) -> Monitor[Any]:
        return open_monitor(self.name, evidence().policy, packages=self.packages)

    @pytest.fixture
    def look(self, monitor: Monitor[Any]) -> Look:
        return lambda shown: signal_of(self.name, monitor, shown)

    def test_it_says_what_it_asks_and_every_key_what_it_means(self, monitor: Monitor[Any]) -> None:
        kind = type(monitor)
        assert kind.question.endswith("?")
        assert kind.__doc__ not in (None, Monitor.__doc__)
        assert kind.advice
        assert issubclass(kind.section, Section)
        assert set(kind.section.meanings()) == set(kind.section.model_fields)

    def test_a_planted_cause_is_an_alarm_with_figures_that_policy_answers(
        self, look: Look, cause: Evidence
    ) -> None:
        signal = look(cause)
        assert signal.state == "alarm"
        assert signal.severity in ("warning", "critical")
        assert signal.findings
        assert signal.advice
        actions = [response.action for response in decide([signal], (), Responses())]
        assert "open_issue" in actions

    def test_calm_is_quiet(self, look: Look, calm: Evidence) -> None:
        signal = look(calm)
        assert (signal.state, signal.severity, signal.findings) == ("quiet", "info", ())
        assert signal.recovered
        assert decide([signal], (), Responses()) == ()

    def test_too_little_is_inconclusive_and_never_quiet(self, look: Look, little: Evidence) -> None:
        signal = look(little)
        assert (signal.state, signal.severity, signal.findings) == ("inconclusive", "info", ())

    def test_the_fingerprint_is_the_same_in_every_run(
        self, look: Look, cause: Evidence, calm: Evidence, little: Evidence
    ) -> None:
        later = Evidence(**(vars(cause) | {"now": NOW + timedelta(days=1)}))
        names = {look(shown).fingerprint for shown in (cause, calm, little, later)}
        assert names == {f"production/{self.name}"}

    def test_the_same_evidence_gives_the_same_signal(self, look: Look, cause: Evidence) -> None:
        def still(signal: Signal) -> object:
            return signal.model_copy(update={"summary": ""})  # a look at a service says how long it took

        assert still(look(cause)) == still(look(cause))

    def test_its_signal_is_kept_as_a_line_and_read_again(
        self, look: Look, cause: Evidence, tmp_path: Path
    ) -> None:
        signal = look(cause)
        (tmp_path / "signals.jsonl").write_text(signal.line(), encoding="utf-8")
        assert Signal.read_lines(tmp_path / "signals.jsonl") == (signal,)

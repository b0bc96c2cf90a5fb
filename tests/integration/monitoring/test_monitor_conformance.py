"""Every monitor is asked the same: ours, and that of a stranger's package which nobody here names."""

from __future__ import annotations

import json
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conformance.monitors import CONTRACT, NOW, MonitorConformance, answers, evidence

from trunkline.core.errors import PolicyError
from trunkline.core.figures import Figure
from trunkline.core.plugins import OURS
from trunkline.core.policy.monitoring import Monitoring
from trunkline.measure.metrics import LightMetric
from trunkline.monitoring import Evidence, Profile, Training, check_monitors, reference_profile, watch
from trunkline.predictions import GroundTruth, Prediction
from trunkline.predictions.telemetry import Telemetry


class TestData(MonitorConformance):
    name = "data"

    @pytest.fixture
    def reference(self) -> Profile:
        return reference_profile(
            {"income": [float(row % 40) for row in range(2000)]},
            CONTRACT,
            labels=["yes"] * 2000,
            scores=[0.7] * 2000,
        )

    @pytest.fixture
    def cause(self, reference: Profile) -> Evidence:
        monthly = answers(400, inputs=lambda row: {"income": row % 40 / 12})
        return evidence(monthly, reference=reference)

    @pytest.fixture
    def calm(self, reference: Profile) -> Evidence:
        return evidence(answers(400), reference=reference)

    @pytest.fixture
    def little(self, reference: Profile) -> Evidence:
        return evidence(answers(20), reference=reference)


def used(
    minutes: int, *, cpu: float, memory: float, since: int, bundle: str = "sha256:one"
) -> list[Telemetry]:
    """Return samples of so many minutes, the first of them `since` minutes ago; `cpu` is in ms an answer."""
    return [
        Telemetry(
            time=NOW - timedelta(minutes=since - minute), bundle=bundle, seconds=60.0, answers=100,
            cpu_seconds=cpu / 10 + minute % 3 / 1000, memory_mb=memory + minute % 5,
        )
        for minute in range(minutes)
    ]  # fmt: skip


class TestResources(MonitorConformance):
    """A slower version that was planted; one that is as fast."""

    name = "resources"

    @pytest.fixture
    def before(self) -> tuple[Prediction, ...]:
        return answers(400, latency_ms=lambda row: 4.0 + row % 7, bundle=lambda _: "sha256:before")

    @pytest.fixture
    def cause(self, before: tuple[Prediction, ...]) -> Evidence:
        slower = answers(400, latency_ms=lambda row: 54.0 + row % 7)
        return evidence(slower, bundle="sha256:one", earlier=before, replaced=before)

    @pytest.fixture
    def calm(self, before: tuple[Prediction, ...]) -> Evidence:
        alike = answers(400, latency_ms=lambda row: 4.0 + row % 5)
        samples = used(30, cpu=5, memory=300, since=60, bundle="sha256:before") + used(
            30, cpu=5, memory=310, since=30
        )
        return evidence(alike, bundle="sha256:one", earlier=before, replaced=before, telemetry=tuple(samples))

    @pytest.fixture
    def little(self, before: tuple[Prediction, ...]) -> Evidence:
        return evidence(answers(20, latency_ms=lambda _: 90.0), bundle="sha256:one", earlier=before)


def trained(*seconds: float, cores: int = 4) -> Evidence:
    runs = [Training(number, one, 2 * one, cores) for number, one in enumerate(seconds, 1)]
    return evidence(trainings=tuple(runs))


class TestTraining(MonitorConformance):
    """A longer training that was planted; one that took as long."""

    name = "training"

    @pytest.fixture
    def cause(self) -> Evidence:
        return trained(30, 33, 29, 31, 90)

    @pytest.fixture
    def calm(self) -> Evidence:
        return trained(30, 33, 29, 31, 32)

    @pytest.fixture
    def little(self) -> Evidence:
        return trained(30, 90)


class TestInfrastructure(MonitorConformance):
    name = "infrastructure"

    @pytest.fixture
    def cause(self) -> Evidence:
        return evidence(answers(400, latency_ms=lambda _: 900.0))

    @pytest.fixture
    def calm(self) -> Evidence:
        return evidence(answers(400), pid=os.getpid())

    @pytest.fixture
    def little(self) -> Evidence:
        return evidence(answers(20), pid=os.getpid())


class TestLog(MonitorConformance):
    name = "log"

    @pytest.fixture
    def cause(self, tmp_path: Path) -> Evidence:
        return self._logged(tmp_path, "error")

    @pytest.fixture
    def calm(self, tmp_path: Path) -> Evidence:
        return self._logged(tmp_path, "info")

    @pytest.fixture
    def little(self, tmp_path: Path) -> Evidence:
        return evidence(log=tmp_path / "nothing.log")

    def _logged(self, folder: Path, level: str) -> Evidence:
        line = {"time": "2026-01-01T00:00:00+00:00", "level": level, "event": "model asked"}
        path = folder / f"{level}.log"
        path.write_text(json.dumps(line) + "\n", encoding="utf-8")
        return evidence(log=path)


class TestPerformance(MonitorConformance):
    name = "performance"

    @pytest.fixture
    def cause(self) -> Evidence:
        return self._known(400, turned=True)

    @pytest.fixture
    def calm(self) -> Evidence:
        return self._known(400)

    @pytest.fixture
    def little(self) -> Evidence:
        return self._known(20)

    def _known(self, rows: int, *, turned: bool = False) -> Evidence:
        random = np.random.default_rng(1)
        scores = random.random(rows)
        came = (random.random(rows) < scores) ^ turned
        labelled = answers(
            rows,
            outputs=lambda row: {
                "prediction": "yes" if scores[row] > 0.5 else "no",
                "probabilities": {"no": float(1 - scores[row]), "yes": float(scores[row])},
            },
        )
        truth = {
            one.id: (GroundTruth(prediction=one.id, value="yes" if yes else "no", time=one.time),)
            for one, yes in zip(labelled, came, strict=True)
        }
        figures = {"roc_auc": Figure(name="roc_auc", value=0.8, rows=600)}
        metric = LightMetric("roc_auc")
        return evidence(labelled=labelled, truth=truth, figures=figures, metric=metric)


class TestOfAStranger(MonitorConformance):
    name = "one-answer"
    packages = ("Trunkline_Toys",)

    @pytest.fixture(autouse=True)
    def _installed(self, toys: None) -> None:
        pass

    @pytest.fixture
    def cause(self) -> Evidence:
        return evidence(answers(400))

    @pytest.fixture
    def calm(self) -> Evidence:
        return evidence(answers(400, outputs=lambda row: {"prediction": "yes" if row % 2 else "no"}))

    @pytest.fixture
    def little(self) -> Evidence:
        return evidence(answers(20))

    def test_it_looks_with_the_others_once_the_policy_lists_its_package(self, cause: Evidence) -> None:
        assert [signal.monitor for signal in watch(cause)] == [*OURS["monitors"]]
        signals = {signal.monitor: signal for signal in watch(cause, packages=self.packages)}
        assert [*signals] == [*OURS["monitors"], "one-answer"]
        assert signals["one-answer"].state == "alarm"

    def test_its_section_of_the_policy_is_its_own_and_checked(self, cause: Evidence) -> None:
        tolerant = Monitoring.model_validate({"one-answer": {"share": 1.0}})
        check_monitors(tolerant, packages=self.packages)
        allowed = Evidence(**(vars(cause) | {"policy": tolerant}))
        assert watch(allowed, packages=self.packages)[-1].state == "quiet"
        wrong = Monitoring.model_validate({"one-answer": {"share": 7}})
        with pytest.raises(PolicyError, match=r"monitoring\.one-answer: share"):
            check_monitors(wrong, packages=self.packages)


def _signals(calm: Evidence, packages: tuple[str, ...]) -> dict[str, Any]:
    found = {signal.monitor: signal for signal in watch(calm, packages=packages)}
    assert found["infrastructure"].state == "quiet"
    return found


def _offer(folder: Path, body: str) -> None:
    """Lay out a package `broken` as an installer leaves it, which offers the monitor `mine`."""
    (folder / "broken.py").write_text(body, encoding="utf-8")
    metadata = folder / "broken-1.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (metadata / "entry_points.txt").write_text("[trunkline.monitors]\nmine = broken:Mine\n")


RAISING = """
from trunkline.core.policy.section import Section
from trunkline.monitoring import Monitor
class Mine(Monitor):
    kind, question, section = "log", "What?", Section
    def look(self, evidence):
        return 1 / 0
"""


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (RAISING, "ZeroDivisionError"),
        ("import nothing_of_that_name", "cannot be imported"),
        ("Mine = object", "is no monitor"),
    ],
)
def test_a_monitor_that_breaks_is_one_inconclusive_signal_and_the_others_look(
    body: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _offer(tmp_path, body)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(__import__("sys").modules, "broken", raising=False)
    signals = _signals(evidence(answers(400), pid=os.getpid()), ("broken",))
    assert (signals["mine"].state, signals["mine"].severity) == ("inconclusive", "info")
    assert said in signals["mine"].summary
    assert signals["mine"].exit_code
    assert not signals["mine"].recovered


def test_a_package_that_is_not_installed_is_said_and_stops_no_monitor() -> None:
    signals = _signals(evidence(answers(400), pid=os.getpid()), ("not-there",))
    assert signals["not-there"].state == "inconclusive"
    assert signals["not-there"].exit_code == PolicyError.exit_code
    with pytest.raises(PolicyError, match="not-there"):
        check_monitors(Monitoring(), packages=("not-there",))

"""Use cases as they are rendered: what their files say, a model of theirs, and what monitoring sees of its answers."""

from __future__ import annotations

import importlib
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from trunkline.core.contract import Contract
from trunkline.core.figures import Figure
from trunkline.core.policy.policy import Policy
from trunkline.core.policy.reading import read_policy
from trunkline.core.signals import Signal
from trunkline.core.verdicts import Verdict
from trunkline.data import check_rows, contract_from
from trunkline.evaluation import Case, Scored, judge
from trunkline.evaluation.scored import pair_scored
from trunkline.inputs import input_of
from trunkline.measure.metrics import row_metrics
from trunkline.measure.quality import measure_quality
from trunkline.measure.scorers import find_metric
from trunkline.monitoring import Evidence, Monitor, Profile, reference_profile, watched
from trunkline.monitoring.signals import signal_of
from trunkline.predictions import GroundTruth, LogWindow, Prediction
from trunkline.tasks import Answers, task_of
from trunkline.training import assemble, model_frame, outcome, predict_frame

DATA = Path(os.environ.get("TRUNKLINE_DATA") or Path(__file__).parents[5] / "shared" / "data")
NOW = datetime(2026, 2, 1, tzinfo=UTC)
Ask = Callable[[pd.DataFrame], Scored]


@dataclass(frozen=True)
class UseCase:
    """A generated project of a use case, and what its files say."""

    project: Path
    package: str
    policy: Policy
    schema: Any
    contract: Contract

    def module(self, name: str) -> Any:
        """Return one of its four files as a module."""
        return importlib.import_module(f"{self.package}.{name}")

    def rows(self) -> pd.DataFrame:
        """Return what load() gives, checked."""
        return check_rows(self.module("data").load(), self.schema)

    def fit(self, rows: pd.DataFrame, candidate: str, **settings: object) -> Ask:
        """Return a candidate that learned from these rows."""
        (chosen,) = (one for one in self.module("model").candidates() if one.name == candidate)
        model = assemble(chosen, self.module("features").features, self.contract, seed=7)
        model.named_steps["model"].set_params(**settings)
        model.fit(model_frame(rows, self.contract), outcome(rows, self.contract))

        def ask(asked: pd.DataFrame) -> Scored:
            labels, probabilities = predict_frame(model, asked, self.contract)
            return Scored(asked, labels, probabilities, getattr(model, "classes_", ()))

        return ask

    def judged(
        self, model: Ask, train: pd.DataFrame, test: pd.DataFrame, champion: Ask | None = None
    ) -> dict[str, Verdict]:
        """Return what the gates of performance say of a model, by gate."""
        case = Case(
            contract=self.contract,
            policy=self.policy,
            test=model(test),
            train=model(train),
            champion=champion(test) if champion else None,
            ask=model,
        )
        _, verdicts = judge(case, today=date(2026, 11, 2), rooms=("performance",))
        return {verdict.gate: verdict for verdict in verdicts}

    def watch(self, monitor: Monitor[Any], model: Ask, released: pd.DataFrame, live: pd.DataFrame) -> Signal:
        """Return what a monitor says of a model's answers to rows, measured at release on others."""
        answers, reference = model(live), model(released)
        watching: Any = self.policy.monitoring  # its sections are put together from the table of monitors
        metric = find_metric(watching.performance.metric, row_metrics(task_of(self.contract).metrics))
        profile = self._profile(released)
        inputs = self._inputs(live, profile)
        figure: Figure = measure_quality(pair_scored(reference, self.contract), metric)
        logged = tuple(
            Prediction(
                id=f"p{place}",
                time=NOW - timedelta(minutes=len(live) - place),
                environment="production",
                revision="r1",
                version=1,
                bundle="sha256:one",
                arm="champion",
                inputs=row,
                outputs=output,
                latency_ms=1.0,
            )
            for place, (row, output) in enumerate(zip(inputs, outputs(answers, self.contract), strict=True))
        )
        truth = {
            answer.id: events(answer.id, value)
            for answer, value in zip(logged, live[self.contract.outcome.name].tolist(), strict=True)
        }
        evidence = Evidence(
            "production",
            NOW,
            self.contract,
            policy=self.policy.monitoring,
            reference=profile,
            figures={metric.name: figure},
            window=LogWindow(predictions=logged),
            labelled=logged,
            truth=truth,
            metric=metric,
        )
        return signal_of(monitor.kind, monitor, evidence)

    def _inputs(self, rows: pd.DataFrame, profile: Profile) -> list[dict[str, Any]]:
        columns = rows[[column.name for column in self.contract.logged]]
        loaded: list[dict[str, Any]] = json.loads(columns.to_json(orient="records", date_format="iso"))
        for column in (column for column in self.contract.columns if column.seen):
            for row, value in zip(loaded, rows[column.name].tolist(), strict=True):
                row[column.name] = input_of(column).marked(value, profile.columns[column.name])
        return loaded

    def _profile(self, rows: pd.DataFrame) -> Profile:
        columns = {column.name: rows[column.name].tolist() for column in watched(self.contract)}
        return reference_profile(columns, self.contract)


def outputs(answers: Scored, contract: Contract) -> Sequence[dict[str, Any]]:
    """Return a model's answers as the log has them."""
    given = Answers(answers.labels, answers.probabilities, tuple(answers.classes))
    return task_of(contract).outputs(given, contract)


def events(answer: str, value: Any) -> tuple[GroundTruth, ...]:
    """Return what happened of an answer: its outcome, or that of each item."""
    about = value if isinstance(value, tuple) else (("", value),)
    return tuple(
        GroundTruth(prediction=answer, item=item, value=happened, time=NOW) for item, happened in about
    )


@pytest.fixture(scope="session")
def use_case(render: Callable[..., Any]) -> Iterator[Callable[[str], UseCase]]:
    """Render a use case once, and read what its files say."""
    made: dict[str, UseCase] = {}

    def rendered(name: str) -> UseCase:
        if name not in made:
            package = f"use_case_of_{name.replace('-', '_')}"
            project: Path = render(use_case=name, package=package).project
            sys.path.insert(0, str(project / "src"))
            schema = importlib.import_module(f"{package}.contract").Contract
            policy = read_policy(project / "trunkline.yaml")
            made[name] = UseCase(project, package, policy, schema, contract_from(schema))
        return made[name]

    yield rendered
    for one in made.values():
        sys.path.remove(str(one.project / "src"))


@pytest.fixture
def real_data(monkeypatch: pytest.MonkeyPatch) -> None:
    """The real rows, where they are."""
    if not DATA.is_dir():
        pytest.skip(f"no data sets in {DATA}; TRUNKLINE_DATA names their folder")
    monkeypatch.setenv("TRUNKLINE_DATA", str(DATA))

"""Walks a list task from its rows to the evidence of a rollout; run with a Python that knows the toy tasks.

`python walked.py <task> <folder>` prints what was measured, as JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pandas as pd
import pandera.pandas as pa
from sklearn.base import BaseEstimator
from sklearn.preprocessing import FunctionTransformer

from trunkline import data, evaluation, monitoring, training
from trunkline.core.bundle import Bundle, BundleManifest, BundleStore, seal
from trunkline.core.contract import Contract
from trunkline.core.lineage import Lineage
from trunkline.core.policy.policy import Policy
from trunkline.core.release import Release, Route
from trunkline.core.snapshots import Window
from trunkline.core.verdicts import Evaluation
from trunkline.data.rows import typed
from trunkline.data.snapshot import store
from trunkline.delivery.once import serve_once
from trunkline.delivery.targets.local_target import LocalTarget
from trunkline.loop.model.answers import ask, columns_of, opened
from trunkline.measure.metrics import row_metrics
from trunkline.measure.scorers import find_metric
from trunkline.predictions import GroundTruth
from trunkline.predictions.ground_truth import events_of, record_truth
from trunkline.predictions.reader import LogReader
from trunkline.rollout import Stage, measure_stage, split_answers
from trunkline.tasks import silent_before, task_of
from trunkline.tasks.answers import objects
from trunkline.training.export import export

MODEL = '''
from collections import Counter, defaultdict

import numpy as np
from sklearn.base import BaseEstimator


class Most(BaseEstimator):
    """Answers the most frequent entries of rows alike; `by` is the number of the column that says which are."""

    def __init__(self, by=None, k=3):
        self.by = by
        self.k = k

    def _kind(self, row):
        return "" if self.by is None else str(row[self.by])

    def fit(self, X, y):
        rows, seen = np.asarray(X, dtype=object), Counter()
        found = defaultdict(Counter)
        for row, happened in zip(rows, y):
            seen[self._kind(row)] += 1
            for item, value in happened.items():
                if value is not False:
                    found[self._kind(row)][item if value is True else value] += 1
        self.entries_ = {
            kind: [self.entry(what, number / seen[kind]) for what, number in counts.most_common(self.k)]
            for kind, counts in found.items()
        }
        return self

    def predict(self, X):
        return [self.entries_.get(self._kind(row), []) for row in np.asarray(X, dtype=object)]


class Items(Most):
    def entry(self, what, score):
        return {"item": what, "score": score}


class Boxes(Most):
    def entry(self, what, score):
        name, *sides = what.split()
        return {"class": name, "box": [float(side) for side in sides], "score": score}
'''
DRAW = np.random.default_rng(3)
USERS = 64


def clicks() -> pd.DataFrame:
    """Return what was shown to users of two segments, and what of it they clicked."""
    rows = []
    for shown in range(320):
        segment, hour = "young" if shown % 2 else "old", float(DRAW.uniform(0, 24))
        likes = {"young": "skates", "old": "tea"}[segment] if DRAW.random() < 0.8 else "socks"
        rows += [
            {
                "list": f"l{shown}",
                "user": f"u{shown % USERS}",
                "segment": segment,
                "hour": hour,
                "item": item,
                "seen": item == likes,
            }
            for item in ("skates", "tea", "socks", "milk")
        ]
    return pd.DataFrame(rows)


def pictures() -> pd.DataFrame:
    """Return what is seen in bright and in dark pictures; in some there is nothing else."""
    rows = []
    for number in range(320):
        segment, hour = "bright" if number % 2 else "dark", float(DRAW.uniform(0, 24))
        first = {"bright": "cat 0 0 10 10", "dark": "dog 20 0 30 10"}[segment]
        objects = [first, *(["mouse 40 40 42 42"] * bool(DRAW.random() < 0.5))]
        rows += [
            {
                "list": f"l{number}",
                "user": f"u{number % USERS}",
                "segment": segment,
                "hour": hour,
                "item": str(place),
                "seen": seen,
            }
            for place, seen in enumerate(objects)
        ]
    return pd.DataFrame(rows)


def schema(task: str, segments: list[str], kind: type) -> type[pa.DataFrameModel]:
    fields: dict[str, Any] = {
        "list": (str, pa.Field(metadata={"role": "key"})),
        "user": (str, pa.Field(metadata={"role": "user"})),
        "segment": (str, pa.Field(isin=segments)),
        "hour": (float, pa.Field(ge=0, le=24)),
        "item": (str, pa.Field(metadata={"role": "item"})),
        "seen": (kind, pa.Field(metadata={"role": "outcome", "answer": task})),
    }
    space: dict[str, Any] = {name: field for name, (_, field) in fields.items()}
    return type(
        "Rows",
        (pa.DataFrameModel,),
        space | {"__annotations__": {name: held for name, (held, _) in fields.items()}},
    )


TOYS: dict[str, tuple[Callable[[], pd.DataFrame], list[str], type, str, int, str]] = {
    "toy-ranking": (clicks, ["old", "young"], bool, "Items", 3, "reciprocal_rank"),
    "toy-detection": (pictures, ["bright", "dark"], str, "Boxes", 1, "recall_at_half"),
}


def main(task: str, folder: Path) -> dict[str, Any]:
    made, segments, kind, name, k, metric = TOYS[task]
    declared = schema(task, segments, kind)
    contract = data.contract_from(declared)
    policy = Policy.model_validate(
        {
            "name": "lists",
            "package": "lists",
            "data": {"split": {"method": "grouped"}, "minimum_rows": 100},
            "training": {"search": {"metric": metric, "folds": 3}},
            "gates": {
                "performance": {"metric": metric, "floors": {metric: 0.3}, "resamples": 200},
            },
            "monitoring": {"performance": {"metric": metric}, "minimum_rows": 50, "silence_hours": 1},
        }
    )
    rows = typed(made(), contract)
    parts = data.split_rows(rows, contract, policy.data.split)
    snapshot = store(
        parts,
        contract,
        folder / "snapshots",
        split=policy.data.split,
        window=Window(),
        sources={"source": len(rows)},
    )
    before = data.check_snapshot(snapshot, policy.data, policy.gates, schema=declared)
    package = folder / "src" / "lists"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "model.py").write_text(MODEL, encoding="utf-8")
    sys.path.insert(0, str(package.parent))
    model_of = importlib.import_module("lists.model")

    bundles = BundleStore(folder / "bundles")
    sealed = {
        arm: trained(
            getattr(model_of, name)(by=by, k=k), arm, snapshot, contract, policy, folder, package, bundles
        )
        for arm, by in (("champion", None), ("challenger", 0))
    }
    test, answered = snapshot.test(), {}
    with opened(sealed["champion"]) as model:
        answered["champion"] = ask(model, test, contract)
    with opened(sealed["challenger"]) as model:
        answered["challenger"] = ask(model, test, contract)
        case = evaluation.Case(
            contract=contract,
            policy=policy,
            test=answered["challenger"],
            train=ask(model, snapshot.development(), contract),
            champion=answered["champion"],
            ask=lambda rows: ask(model, rows, contract),
        )
        figures, verdicts = evaluation.judge(case, before=before, today=date(2026, 1, 1))
    judged = Evaluation(
        bundle=sealed["challenger"].digest,
        champion=sealed["champion"].digest,
        snapshot=snapshot.digest,
        created=datetime.now(UTC),
        figures=figures,
        verdicts=verdicts,
    )
    drawn = evaluation.card_pictures(judged, answered["challenger"], answered["champion"], contract)
    card = evaluation.card(judged, sealed["challenger"].manifest, contract, policy, 2, snapshot.manifest)

    release = Release(
        environment="production",
        revision="r1",
        strategy="silent",
        champion=Route(version=1, bundle=sealed["champion"].digest),
        challenger=Route(version=2, bundle=sealed["challenger"].digest),
    )
    target = LocalTarget(folder / "live", port=0, log_folder=folder / "log")
    asked = test.head(80)
    with (
        serve_once(target, release, bundles) as live,
        httpx.Client(base_url=live.address(), trust_env=False) as client,
    ):
        ids = [
            client.post("/predict", json={name: row[name] for name in ("list", "user", "segment", "hour")})
            .raise_for_status()
            .json()["id"]
            for _, row in asked.iterrows()
        ]
    log, truth = LogReader(folder / "log"), folder / "truth.jsonl"
    now = datetime.now(UTC) + timedelta(hours=3)
    happened = [dict(pairs) for pairs in asked["seen"]]
    told = [place for place in range(len(ids)) if place % 4]
    record_truth(
        truth, events([ids[place] for place in told], [happened[place] for place in told], task, now)
    )

    cut = silent_before(contract, now, policy.monitoring.silence_hours)
    labelled, known = log.labelled(truth, newest=500, before=cut)
    kind_of_answer = task_of(contract)
    own = find_metric(metric, row_metrics(kind_of_answer.metrics))
    counted = [place for place in range(len(ids)) if place in told or kind_of_answer.silence]
    truths = objects([happened[place] if place in told else {} for place in counted])
    right = kind_of_answer.pair(truths, answered["champion"].answers.take(np.array(counted)), contract)
    released = {one.name: one for one in figures if not one.group}
    evidence = monitoring.Evidence(
        environment="production",
        now=now,
        contract=contract,
        policy=policy.monitoring,
        bundle=sealed["champion"].digest,
        figures=released,
        labelled=labelled,
        truth=known,
        metric=own,
    )
    signal = next(one for one in monitoring.watch(evidence) if one.kind == "performance")
    window = log.between()
    given = [row.answered or row.id for row in (*window.predictions, *window.silent)]
    stage = Stage(release, datetime(2026, 1, 1, tzinfo=UTC))
    measured = measure_stage(
        stage,
        split_answers(window, stage),
        events_of(truth, given),
        contract,
        lambda _own, _other: None,
        policy=policy.rollout,
        metric=own,
        minimum_labelled=50,
        silence_hours=policy.monitoring.silence_hours,
        now=now,
    )
    return {
        "gates": {verdict.gate: verdict.outcome for verdict in verdicts},
        "card": metric.replace("_", " ") in card,
        "pictures": sorted(drawn),
        "figure": released[metric].to_dict(),
        "figures": [one.name for one in figures if not one.group],
        "labelled": len(labelled),
        "users": len({row.user for row in labelled}),
        "events": sum(map(len, known.values())),
        "expected": own.value(right),
        "signal": signal.to_dict(),
        "difference": measured.difference.to_dict() if measured.difference else None,
        "agreement": measured.agreement.to_dict() if measured.agreement else None,
    }


def trained(
    estimator: BaseEstimator,
    arm: str,
    snapshot: data.Snapshot,
    contract: Contract,
    policy: Policy,
    folder: Path,
    package: Path,
    bundles: BundleStore,
) -> Bundle:
    fitted = training.train(
        snapshot.development(),
        contract,
        features=lambda: FunctionTransformer(),
        candidates=[training.Candidate(arm, estimator)],
        policy=policy.training,
        split="grouped",
    )
    place = folder / arm
    exported = export(fitted, contract, snapshot.test(), place, code=package)
    contract.write(place / "contract.json")
    answers = training.predict_frame(fitted.pipeline, snapshot.test(), contract)
    profile = monitoring.reference_profile(
        columns_of(snapshot.test(), [column.name for column in monitoring.watched(contract)]), contract
    )
    profile.write(place / "profile.json")
    assert len(answers[0]) == len(snapshot.test())
    digest = "sha256:" + "0" * 64
    lineage = Lineage(
        commit="c" * 40,
        snapshot=snapshot.digest,
        training_key=digest,
        code=digest,
        policy=digest,
        lock=digest,
        toolkit="0",
        candidate=arm,
        settings={},
    )
    manifest = BundleManifest(
        name="lists",
        runtime=exported.runtime,
        model=exported.model,
        classes=fitted.classes,
        trusted_types=exported.trusted_types,
        requires=exported.requires,
        figures=(),
        lineage=lineage,
        files={},
    )
    return bundles.add(seal(place, manifest).folder)


def events(ids: list[str], happened: list[dict[str, Any]], task: str, now: datetime) -> list[GroundTruth]:
    """Return what happened of answers: late, in any order, some twice, some corrected; of a click only what was one."""
    told = []
    for id_, items in zip(ids, happened, strict=True):
        for item, value in items.items():
            if value is False:
                continue
            event = GroundTruth(prediction=id_, item=item, value=value, time=now - timedelta(minutes=30))
            told += [event] * (2 if DRAW.random() < 0.2 else 1)
            if DRAW.random() < 0.2:
                wrong = {"toy-ranking": False, "toy-detection": "dog 0 0 1 1"}[task]
                told.append(event.model_copy(update={"value": wrong, "time": now - timedelta(minutes=40)}))
    return [told[place] for place in DRAW.permutation(len(told))]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(sys.argv[1], Path(sys.argv[2])), default=str) + "\n")

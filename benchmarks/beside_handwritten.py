"""Requests a second of the service with the Python runtime, beside FastAPI + scikit-learn as people write it.

    python benchmarks/beside_handwritten.py [adult text ...] [--seconds 3] [--rounds 5] [--connections 1 64]

Needs `TRUNKLINE_DATA`. Both run at once and are asked in turn, so that a busy machine is busy for both; medians of the
rounds. Each row is another one. Processor milliseconds are those of all processes of a service, by the kernel.
`requests_per_second` does the same for any bundle.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import joblib  # type: ignore[import-untyped]
import pandas as pd
import psutil
import uvloop
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from trunkline.core.bundle import Bundle, BundleManifest, seal
from trunkline.core.contract import Column, Contract, Role
from trunkline.core.lineage import Lineage
from trunkline.core.policy.training import Search, TrainingPolicy
from trunkline.core.release import RELEASE_FILE, Release, Route
from trunkline.loop.model.answers import columns_of, independent, opened
from trunkline.training import Candidate, Fitted, train
from trunkline.training.exporters.python import dump, untrusted_types

DATA = Path(os.environ.get("TRUNKLINE_DATA", "../shared/data"))
HERE = Path(__file__).parent
WARM_S = 1.0


@dataclass(frozen=True)
class Case:
    """A model, and rows to ask it."""

    contract: Contract
    rows: pd.DataFrame
    features: Any
    estimator: Any


def adult() -> Case:
    """Scaler, one-hot and HistGB on the census."""
    names = [
        *("age", "workclass", "fnlwgt", "education", "education_num", "marital_status", "occupation"),
        *("relationship", "race", "sex", "capital_gain", "capital_loss", "hours_per_week", "native_country"),
        "income",
    ]
    rows = pd.read_csv(DATA / "adult/adult.data.gz", names=names, skipinitialspace=True)
    words = [name for name in names[:-1] if rows[name].dtype.kind not in "if"]
    numbers = [name for name in names[:-1] if name not in words]
    columns = [
        Column(name=name, type="category", categories=tuple(sorted(set(rows[name]))))
        if name in words
        else Column(name=name, type="integer")
        for name in names[:-1]
    ]
    outcome = Column(name="income", type="category", role=Role.OUTCOME, categories=("<=50K", ">50K"))
    features = ColumnTransformer(
        [
            ("numbers", StandardScaler(), numbers),
            ("words", OneHotEncoder(handle_unknown="ignore", sparse_output=False), words),
        ]
    )
    contract = Contract(name="adult", positive=">50K", columns=(*columns, outcome))
    return Case(contract, rows, features, HistGradientBoostingClassifier(random_state=0))


def text() -> Case:
    """TF-IDF and logistic regression on labelled sentences."""
    files = sorted((DATA / "sentiment_sentences").glob("**/*_labelled.txt"))
    parts = [
        pd.read_csv(file, sep="\t", header=None, quoting=3, names=["sentence", "label"]) for file in files
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows["label"] = rows["label"].map({0: "negative", 1: "positive"})
    contract = Contract(
        name="sentiment",
        positive="positive",
        columns=(
            Column(name="sentence", type="text"),
            Column(name="label", type="category", role=Role.OUTCOME, categories=("negative", "positive")),
        ),
    )
    return Case(
        contract, rows, ColumnTransformer([("words", TfidfVectorizer(), "sentence")]), LogisticRegression()
    )


CASES = {"adult": adult, "text": text}


def fit(case: Case) -> Fitted:
    """Return the case's model, fitted on the first 5,000 rows."""
    return train(
        case.rows.sample(min(5000, len(case.rows)), random_state=0),
        case.contract,
        features=lambda: case.features,
        candidates=[Candidate("model", case.estimator)],
        policy=TrainingPolicy(search=Search(folds=2, jobs=1)),
    )


def seal_python(fitted: Fitted, contract: Contract, rows: pd.DataFrame, folder: Path) -> Bundle:
    """Return a bundle of the Python runtime, whatever other form the model has; `rows` say whether it is batched."""
    folder.mkdir(parents=True)
    content = dump(fitted.pipeline)
    (folder / "model.skops").write_bytes(content)
    contract.write(folder / "contract.json")
    digest = "sha256:" + "0" * 64
    lineage = Lineage(
        commit="c", snapshot=digest, training_key=digest, code=digest, policy=digest, lock=digest, toolkit="0",
        candidate="model", settings={},
    )  # fmt: skip
    manifest = BundleManifest(
        name=contract.name,
        runtime="python",
        model="model.skops",
        classes=fitted.classes,
        decision=fitted.decision,
        trusted_types=untrusted_types(content),
        figures=(),
        lineage=lineage,
        files={},
    )
    some = rows.tail(1000)
    with opened(seal(folder, manifest)) as model:
        answers = model.predict(columns_of(some, [column.name for column in contract.features]))
        batched = independent(model, some, contract, answers)
    return seal(folder, manifest.model_copy(update={"batched": batched}))


@contextmanager
def running(
    command: Sequence[str], line: bytes, environment: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a service, wait for a line of its log, and end it afterwards."""
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=os.environ | environment, cwd=HERE) as process:
        try:
            assert process.stderr is not None
            said = b""
            while line not in said:
                said = process.stderr.readline()
                assert said, f"{command} ended"
            process.started = said  # type: ignore[attr-defined]
            yield process
        finally:
            process.terminate()


@contextmanager
def ours(bundle: Bundle) -> Iterator[tuple[int, int]]:
    """Yield the port and the process of the service with a bundle."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        home = folder / "bundles" / bundle.digest.removeprefix("sha256:")
        home.parent.mkdir()
        home.symlink_to(bundle.folder.resolve())
        Release(
            environment="benchmark",
            revision="r",
            strategy="single",
            champion=Route(version=1, bundle=bundle.digest),
            challenger=None,
            salt="",
        ).write(folder / RELEASE_FILE)
        command = [sys.executable, "-m", "trunkline.serving", str(folder), "--port", "0"]
        with running(command, b'"started"', {"OMP_WAIT_POLICY": "passive"}) as process:
            yield json.loads(process.started)["port"], process.pid  # type: ignore[attr-defined]


@contextmanager
def by_hand(pipeline: Any, contract: Contract) -> Iterator[tuple[int, int]]:
    """Yield the port and the process of the service that a person wrote."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        joblib.dump(pipeline, folder / "model.joblib")
        contract.write(folder / "contract.json")
        environment = {
            "MODEL": str(folder / "model.joblib"),
            "CONTRACT": str(folder / "contract.json"),
            # Few people set it. Without it threads wait for one another awake: on a busy machine, for seconds.
            "OMP_NUM_THREADS": "1",
        }
        command = [sys.executable, "-m", "uvicorn", "handwritten:app", "--port", "0", "--no-access-log"]
        with running(command, b"running on", environment) as process:
            words = process.started.decode()  # type: ignore[attr-defined]
            yield int(words.split("127.0.0.1:")[1].split()[0]), process.pid


class Client(asyncio.Protocol):
    """One connection, which asks again as soon as it is answered."""

    def __init__(self, requests: Iterator[bytes], count: list[int]) -> None:
        self._requests, self._count, self._got = requests, count, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask first."""
        self._transport: Any = transport
        transport.write(next(self._requests))  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        """Count an answer when it is whole."""
        self._got += data
        head, end, body = self._got.partition(b"\r\n\r\n")
        if end and len(body) >= int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0]):
            assert head.startswith(b"HTTP/1.1 200"), self._got
            self._count[0] += 1
            self._got = b""
            self._transport.write(next(self._requests))


def endless(rows: pd.DataFrame, contract: Contract) -> Iterator[bytes]:
    """Yield requests, one a row, from the start again when all were asked."""
    names = [column.name for column in contract.features]
    bodies = [
        json.dumps({name: None if pd.isna(value) else value for name, value in row.items()}).encode()
        for row in rows[names].sample(min(2000, len(rows)), random_state=1).to_dict("records")
    ]
    head = (
        b"POST /predict HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"
    )
    while True:
        for body in bodies:
            yield head % (len(body), body)


def processor_s(pid: int) -> float:
    """Return the processor seconds of a service's processes."""
    top = psutil.Process(pid)
    times = [process.cpu_times() for process in (top, *top.children(recursive=True))]
    return sum(time.user + time.system for time in times)


async def load(port: int, requests: Iterator[bytes], connections: int, seconds: float) -> float:
    """Return requests answered a second."""
    loop, count = asyncio.get_running_loop(), [0]
    made = [
        await loop.create_connection(lambda: Client(requests, count), "127.0.0.1", port)
        for _ in range(connections)
    ]
    began, before = time.perf_counter(), count[0]
    await asyncio.sleep(seconds)
    rate = (count[0] - before) / (time.perf_counter() - began)
    for transport, _ in made:
        transport.abort()
    return rate


@dataclass(frozen=True)
class Found:
    """Medians of the rounds."""

    connections: int
    ours: float
    by_hand: float
    """Requests a second."""
    ours_ms: float
    by_hand_ms: float
    """Processor milliseconds a request."""


def requests_per_second(
    bundle: Bundle,
    pipeline: Any,
    rows: pd.DataFrame,
    *,
    connections: Sequence[int] = (1, 64),
    seconds: float = 3.0,
    rounds: int = 5,
) -> list[Found]:
    """Return how a bundle is served, beside the hand-written service of the pipeline that it came from."""
    requests = endless(rows, bundle.contract)
    found = []
    with ExitStack() as stack:
        services = [
            stack.enter_context(ours(bundle)),
            stack.enter_context(by_hand(pipeline, bundle.contract)),
        ]
        for many in connections:
            rates: list[list[float]] = [[], []]
            costs: list[list[float]] = [[], []]
            for port, _ in services:
                uvloop.run(load(port, requests, many, WARM_S))
            for _ in range(rounds):
                for place, (port, pid) in enumerate(services):
                    before = processor_s(pid)
                    rate = uvloop.run(load(port, requests, many, seconds))
                    rates[place].append(rate)
                    costs[place].append((processor_s(pid) - before) / max(rate * seconds, 1) * 1000)
            found.append(Found(many, *map(statistics.median, (*rates, *costs))))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("cases", nargs="*", default=[*CASES])
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--connections", type=int, nargs="+", default=[1, 64])
    options = parser.parse_args()
    print(
        f"{'model':<8}{'connections':>12}{'ours /s':>10}{'by hand /s':>12}{'ratio':>7}{'ours ms':>9}{'by hand ms':>12}"
    )
    for name in options.cases:
        case = CASES[name]()
        fitted = fit(case)
        with tempfile.TemporaryDirectory() as folder:
            bundle = seal_python(fitted, case.contract, case.rows, Path(folder) / "bundle")
            for one in requests_per_second(
                bundle,
                fitted.pipeline,
                case.rows,
                connections=options.connections,
                seconds=options.seconds,
                rounds=options.rounds,
            ):
                figures = (one.ours, one.by_hand, one.ours / one.by_hand, one.ours_ms, one.by_hand_ms)
                print(f"{name:<8}{one.connections:>12}" + "".join(f"{x:>12.2f}" for x in figures), flush=True)


if __name__ == "__main__":
    main()

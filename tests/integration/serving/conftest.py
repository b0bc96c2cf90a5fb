"""Real bundles with a tiny ONNX model, and the real service as a process."""

from __future__ import annotations

import gzip
import json
import queue
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from trunkline.core.bundle import Bundle, BundleManifest, seal
from trunkline.core.contract import Column, Contract, Role
from trunkline.core.decision import Decision
from trunkline.core.lineage import Lineage
from trunkline.core.release import Release, Route
from trunkline.predictions.segments import segments_in

CONTRACT = Contract(
    name="arrests",
    description="Who is released after an arrest.",
    positive="Yes",
    columns=(
        Column(name="arrest_id", type="integer", role=Role.KEY, minimum=1),
        Column(name="year", type="integer", role=Role.TIME),
        Column(
            name="age",
            type="integer",
            unit="years",
            minimum=12,
            maximum=99,
            protected=True,
            bands=(18, 25, 35),
            description="Age at the arrest.",
        ),
        Column(
            name="colour", type="category", role=Role.AUDIT, protected=True, categories=("Black", "White")
        ),
        Column(name="employed", type="category", categories=("No", "Yes"), description="Has work."),
        Column(name="checks", type="integer", minimum=0, maximum=6, nullable=True),
        Column(name="released", type="category", role=Role.OUTCOME, categories=("No", "Yes")),
    ),
)
ROW = {"arrest_id": 4711, "year": 1999, "age": 23, "colour": "White", "employed": "Yes", "checks": 2}
LINEAGE = Lineage(
    commit="c" * 40,
    snapshot="sha256:" + "1" * 64,
    training_key="sha256:" + "2" * 64,
    code="sha256:" + "3" * 64,
    policy="sha256:" + "4" * 64,
    lock="sha256:" + "5" * 64,
    toolkit="0.1.0",
    candidate="logistic",
    settings={},
)


def onnx_model(*, bias: float, wanted: str = "age") -> bytes:
    """Return sigmoid(bias + 0.02 age + 0.5 [employed] - 0.3 checks), a null `checks` counting as 0."""

    def constant(name: str, values: Any) -> onnx.TensorProto:
        return numpy_helper.from_array(np.array(values), name)

    graph = helper.make_graph(
        [
            helper.make_node("Equal", ["employed", "yes"], ["is_employed"]),
            helper.make_node("Cast", ["is_employed"], ["employed_"], to=TensorProto.FLOAT),
            helper.make_node("IsNaN", ["checks"], ["unknown"]),
            helper.make_node("Where", ["unknown", "zero", "checks"], ["checks_"]),
            helper.make_node("Concat", [wanted, "employed_", "checks_"], ["X"], axis=1),
            helper.make_node("MatMul", ["X", "weights"], ["linear"]),
            helper.make_node("Add", ["linear", "bias"], ["score"]),
            helper.make_node("Sigmoid", ["score"], ["p"]),
            helper.make_node("Sub", ["one", "p"], ["q"]),
            helper.make_node("Concat", ["q", "p"], ["probabilities"], axis=1),
            helper.make_node("ArgMax", ["probabilities"], ["index"], axis=1, keepdims=0),
            helper.make_node("Gather", ["labels", "index"], ["label"], axis=0),
        ],
        "logistic",
        [
            helper.make_tensor_value_info(wanted, TensorProto.FLOAT, [None, 1]),
            helper.make_tensor_value_info("employed", TensorProto.STRING, [None, 1]),
            helper.make_tensor_value_info("checks", TensorProto.FLOAT, [None, 1]),
        ],
        [
            helper.make_tensor_value_info("label", TensorProto.STRING, [None]),
            helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, [None, 2]),
        ],
        initializer=[
            constant("yes", np.array(["Yes"], dtype=object)),
            constant("labels", np.array(["No", "Yes"], dtype=object)),
            constant("zero", np.float32(0)),
            constant("one", np.float32(1)),
            constant("weights", np.array([[0.02], [0.5], [-0.3]], dtype=np.float32)),
            constant("bias", np.float32(bias)),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 19)], ir_version=10)
    onnx.checker.check_model(model)
    return bytes(model.SerializeToString())


def make_bundle(
    folder: Path,
    *,
    bias: float = 0.0,
    wanted: str = "age",
    contract: Contract = CONTRACT,
    decision: Decision | None = None,
) -> Bundle:
    """Seal a bundle in a folder named by its digest under `folder`."""
    draft = folder / f"draft-{bias}-{wanted}"
    draft.mkdir(parents=True)
    contract.write(draft / "contract.json")
    (draft / "model.onnx").write_bytes(onnx_model(bias=bias, wanted=wanted))
    manifest = BundleManifest(
        name="arrests",
        runtime="onnx",
        model="model.onnx",
        classes=("No", "Yes"),
        decision=decision,
        figures=(),
        lineage=LINEAGE,
        files={},
    )
    digest = seal(draft, manifest).digest
    home = folder / digest.removeprefix("sha256:")
    shutil.move(draft, home)
    return Bundle(home, manifest, digest, contract)


class Live:
    """A live folder, as a deployment writes it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs = folder / "log"
        self.routes: dict[int, Route] = {}

    def add(self, version: int, **how: Any) -> Bundle:
        bundle = make_bundle(self.folder / "bundles", **how)
        self.routes[version] = Route(version=version, bundle=bundle.digest)
        return bundle

    def release(self, champion: int, challenger: int | None = None, **more: Any) -> Release:
        release = Release(
            environment="production",
            revision=more.pop("revision", "r1"),
            strategy=more.pop("strategy", "single"),
            champion=self.routes[champion],
            challenger=self.routes[challenger] if challenger else None,
            salt="pepper",
            **more,
        )
        release.write(self.folder / "release.json")
        return release

    def lines(self, schema: str = "prediction") -> list[dict[str, Any]]:
        """Return the log's records; a torn last line is left out."""
        found = []
        for segment in segments_in(self.logs):
            content = segment.path.read_bytes()
            for line in (gzip.decompress(content) if segment.closed else content).split(b"\n")[:-1]:
                record = json.loads(line)
                if record["schema"] == f"trunkline/{schema}/1":
                    found.append(record)
        return found


class Running:
    """The service as a process; its log is read line by line, so that nothing here has to sleep."""

    def __init__(self, live: Live, *options: str, prefix: tuple[str, ...] = ()) -> None:
        self.live = live
        command = [*prefix, sys.executable, "-m", "trunkline.serving", str(live.folder), "--port", "0"]
        self.process = subprocess.Popen(
            [*command, "--log-folder", str(live.logs), *options], stderr=subprocess.PIPE, text=True
        )
        self.log: list[dict[str, Any]] = []
        self._events: queue.Queue[dict[str, Any] | None] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.port = int(self.event("started")["port"])
        self.url = f"http://127.0.0.1:{self.port}"
        self.client = httpx.Client(base_url=self.url, timeout=30)

    def _read(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            event = json.loads(line)
            self.log.append(event)
            self._events.put(event)
        self._events.put(None)

    def event(self, name: str) -> dict[str, Any]:
        """Wait for the next line of the service's log with this event."""
        while True:
            event = self._events.get(timeout=60)
            assert event is not None, f"the service ended without saying {name!r}: {self.log}"
            if event["event"] == name:
                return event

    def predict(self, **change: Any) -> dict[str, Any]:
        answer = self.client.post("/predict", json=ROW | change)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        self.client.close()
        return self.process.wait(timeout=60)


@pytest.fixture
def live(tmp_path: Path) -> Live:
    return Live(tmp_path)


@pytest.fixture
def start() -> Iterator[Callable[..., Running]]:
    """Start services; what a test leaves running is ended."""
    started: list[Running] = []

    def _start(live: Live, *options: str, prefix: tuple[str, ...] = ()) -> Running:
        started.append(Running(live, *options, prefix=prefix))
        return started[-1]

    yield _start
    for running in started:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait(timeout=30)
        running.client.close()

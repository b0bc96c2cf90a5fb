"""The local target with the real service: a rollout, a planted bad release and a way back, under traffic."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import httpx
import onnx
import pytest
from onnx import TensorProto, helper

from trunkline.core.bundle import BundleStore
from trunkline.core.errors import ApplyError
from trunkline.core.release import Route
from trunkline.delivery import DesiredState, LocalSettings, Plan, apply, next_state, plan, read_history

from .conftest import MakeTarget, seal_model

NONE = DesiredState(environment="production", target=LocalSettings(port=0))


def adding(number: float) -> bytes:
    """Return an ONNX model that answers x + number."""
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "number"], ["y"])],
        "adding",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [None, 1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, [None, 1])],
        [helper.make_tensor("number", TensorProto.FLOAT, [1], [number])],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


@pytest.mark.timeout(180)
def test_a_rollout_a_bad_release_and_a_way_back_lose_no_request(
    make_target: MakeTarget, bundles: BundleStore, tmp_path: Path
) -> None:
    contents = {1: adding(1), 2: adding(2), 3: b"this is no model"}
    routes = {
        number: Route(
            version=number, bundle=bundles.add(seal_model(tmp_path / str(number), content).folder).digest
        )
        for number, content in contents.items()
    }
    target = make_target(command=(sys.executable, "-m", "trunkline.serving"), patience=60.0)
    past = target.folder / "history.jsonl"

    def deploy(desired: DesiredState, revision: str) -> None:
        made: Plan = plan(desired, target.observe(), revision, upkeep=target.upkeep())
        apply(made, reviewed=made.checksum, target=target, bundles=bundles, history=past)
        assert plan(desired, target.observe(), revision, upkeep=target.upkeep()).steps == ()

    first = next_state(NONE, "single", challenger=routes[1])
    deploy(first, "c1")
    answers: list[tuple[int, float]] = []
    failures: list[str] = []
    done = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=target.address(), trust_env=False) as client:
            while not done.is_set():
                try:
                    answer = client.post("/predict", json={"x": 10.0}).raise_for_status().json()
                    answers.append((answer["version"], answer["prediction"]))
                except httpx.HTTPError as error:
                    failures.append(repr(error))

    users = threading.Thread(target=ask)
    users.start()
    try:
        silent = next_state(first, "silent", challenger=routes[2])
        deploy(silent, "c2")
        canary = next_state(silent, "canary", share=0.5)
        deploy(canary, "c3")
        promoted = next_state(canary, "single")
        deploy(promoted, "c4")
        with pytest.raises(ApplyError, match="version 2 serves as before"):
            deploy(next_state(promoted, "single", challenger=routes[3]), "c5")
        assert target.check().ready
        deploy(first, "c6")
        assert httpx.post(target.address() + "/predict", json={"x": 10.0}).json()["version"] == 1
    finally:
        done.set()
        users.join(30)
    assert failures == []
    assert set(answers) == {(1, 11.0), (2, 12.0)}
    outcomes = [line.outcome for line in read_history(past)]
    assert outcomes == ["applied"] * 4 + ["went back", "applied"]
    assert any((tmp_path / "predictions").glob("*.jsonl"))


@pytest.mark.timeout(120)
def test_a_first_release_that_cannot_be_loaded_quotes_the_services_own_words(
    make_target: MakeTarget, bundles: BundleStore, tmp_path: Path
) -> None:
    bad = Route(version=1, bundle=bundles.add(seal_model(tmp_path / "bad", b"no model").folder).digest)
    target = make_target(command=(sys.executable, "-m", "trunkline.serving"), patience=60.0)
    made = plan(next_state(NONE, "single", challenger=bad), None, "c1")
    with pytest.raises(ApplyError, match=r"ONNX Runtime cannot load the model"):
        apply(
            made,
            reviewed=made.checksum,
            target=target,
            bundles=bundles,
            history=target.folder / "history.jsonl",
        )
    assert target.observe() is None

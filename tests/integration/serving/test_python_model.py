"""The Python runtime: a real worker behind the real service."""

from __future__ import annotations

import importlib
import json
import os
import select
import shutil
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import psutil
import pytest
import skops.io
from conformance.runtimes import RuntimeConformance
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder

from trunkline.core.bundle import Bundle, BundleManifest, seal
from trunkline.core.errors import BundleError
from trunkline.core.release import Route
from trunkline.runtimes import Columns
from trunkline.runtimes.python import PythonModel


def pipeline() -> Any:
    draw = np.random.default_rng(3)
    frame = pd.DataFrame(
        {
            "age": draw.integers(12, 99, 200).astype("float32"),
            "employed": pd.Series(draw.choice(["Yes", "No"], 200).tolist(), dtype=object),
            "checks": draw.integers(0, 6, 200).astype("float32"),
        }
    )
    columns = ColumnTransformer(
        [
            ("category", OneHotEncoder(handle_unknown="ignore"), ["employed"]),
            ("number", SimpleImputer(), ["age", "checks"]),
        ],
        # Dense, the last digits of sums depend on how many rows there are, and such a model is not sealed as batched.
        sparse_threshold=1.0,
    )
    truth = np.where(frame["age"] + 30 * (frame["employed"] == "Yes") > 60, "Yes", "No")
    return Pipeline([("features", columns), ("model", LogisticRegression(max_iter=500))]).fit(frame, truth)


@pytest.fixture(scope="module")
def fitted() -> Any:
    return pipeline()


@pytest.fixture
def bundle(live: Any, fitted: Any) -> Bundle:
    """A bundle of the Python runtime, as version 5 of a live folder."""
    contract = live.add(1).contract
    draft = live.folder / "draft"
    draft.mkdir()
    contract.write(draft / "contract.json")
    skops.io.dump(fitted, draft / "model.skops")
    manifest = BundleManifest(
        name="arrests",
        runtime="python",
        model="model.skops",
        classes=("No", "Yes"),
        trusted_types=tuple(skops.io.get_untrusted_types(file=draft / "model.skops")),
        requires=("scikit-learn==1.9.1",),
        batched=True,
        figures=(),
        lineage=_lineage(),
        files={},
    )
    sealed = seal(draft, manifest)
    home = live.folder / "bundles" / sealed.digest.removeprefix("sha256:")
    shutil.move(draft, home)
    live.routes[5] = Route(version=5, bundle=sealed.digest)
    return Bundle(home, sealed.manifest, sealed.digest, sealed.contract)


class TestPython(RuntimeConformance):
    @pytest.fixture
    def columns(self) -> Columns:
        return {"age": [20, 60], "employed": ["Yes", "No"], "checks": [None, 3]}


def _lineage() -> Any:
    from trunkline.core.lineage import Lineage

    digest = "sha256:" + "0" * 64
    return Lineage(
        commit="c", snapshot=digest, training_key=digest, code=digest, policy=digest, lock=digest,
        toolkit="0.1.0", candidate="logistic", settings={},
    )  # fmt: skip


SECRETS = (
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "MLFLOW_TRACKING_PASSWORD",
    "TRUNKLINE_SMTP_PASSWORD",
    "A_SECRET_THAT_NOBODY_THOUGHT_OF",
)
SPY = r"""
import ctypes, json
from sklearn.linear_model import LogisticRegression

class Spy(LogisticRegression):
    def predict_proba(self, rows):
        names, place = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ"), 0
        found = {}
        while names[place] is not None:
            name, _, value = names[place].decode().partition("=")
            found[name] = value
            place += 1
        asked = ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS", "OMP_WAIT_POLICY", "TZ", "LC_ALL")
        person = [name for name in ("HOME", "USER", "LOGNAME") if name in found]
        secrets = [name for name in SECRETS if name in found or "sesame" in found.values()]
        raise ValueError(json.dumps([secrets, person, *(found[name] for name in asked)]))
"""


def test_the_code_of_a_model_sees_no_token_of_whoever_asks_it(
    bundle: Bundle, fitted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = bundle.folder / "code"
    code.mkdir()
    (code / "trust_spy.py").write_text(f"SECRETS = {SECRETS!r}\n{SPY}", encoding="utf-8")
    monkeypatch.syspath_prepend(str(code))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    spy = importlib.import_module("trust_spy").Spy()
    spy.__dict__ |= fitted[-1].__dict__
    file = bundle.folder / "model.skops"
    skops.io.dump(Pipeline([("features", fitted[0]), ("model", spy)]), file)
    trusted = tuple(skops.io.get_untrusted_types(file=file))
    sealed = seal(bundle.folder, bundle.manifest.model_copy(update={"trusted_types": trusted}))
    for name in SECRETS:
        monkeypatch.setenv(name, "sesame")
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "16")
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("LC_ALL", "de_DE.ISO-8859-1")

    model = PythonModel(sealed)
    try:
        with pytest.raises(BundleError, match="ValueError") as caught:
            model.predict({"age": [40.0], "employed": ["Yes"], "checks": [None]})
    finally:
        model.close()

    secrets, person, *rest = json.loads(caught.value.what.partition("ValueError: ")[2].partition(" (")[0])
    assert (secrets, person) == ([], [])
    assert rest == ["1", "1", "1", "passive", "UTC", "C.UTF-8"]


@pytest.mark.parametrize(
    ("said", "step"),
    [
        ({"error": "KeyError: 'HOME'", "refused": ["the variable HOME"]}, "the variable HOME"),
        ({"error": "ModuleNotFoundError: No module named 'lightgbm'"}, "install"),
    ],
)
def test_a_model_that_does_not_start_is_met_with_the_step_that_helps(
    bundle: Bundle, tmp_path: Path, said: dict[str, Any], step: str
) -> None:
    with pytest.raises(BundleError) as caught:
        PythonModel(bundle, command=fake(tmp_path, f"send({said!r})\n"))
    assert step in caught.value.next_step


LOAD = 60


def workers(service: Any) -> list[psutil.Process]:
    return [child for child in psutil.Process(service.process.pid).children() if child.is_running()]


def test_the_service_answers_as_scikit_learn_does_survives_its_worker_and_takes_it_along(
    bundle: Bundle, live: Any, start: Callable[..., Any], fitted: Any
) -> None:
    live.release(5)
    service = start(live)
    rows = [{"age": age, "employed": work} for age in (12, 40, 90) for work in ("Yes", "No")]
    frame = pd.DataFrame(
        {
            "age": pd.Series([row["age"] for row in rows], dtype="float32"),
            "employed": pd.Series([row["employed"] for row in rows], dtype=object),
            "checks": pd.Series([np.nan] * len(rows), dtype="float32"),
        }
    )
    expected = fitted.predict_proba(frame)[:, 1]

    def ask() -> list[float]:
        answers = service.client.post("/predict/batch", json={"rows": rows}).json()["answers"]
        return [answer["probabilities"]["Yes"] for answer in answers]

    together = ask()
    assert together == pytest.approx(expected.tolist(), abs=1e-9)
    (first,) = workers(service)

    def alone(place: int) -> tuple[int, float]:
        if place == LOAD // 2:
            first.kill()
        answer = service.client.post("/predict", json=rows[place % len(rows)]).json()
        return place % len(rows), answer["probabilities"]["Yes"]

    # Rows that wait for the worker are asked together, and the batch that dies with it is asked again.
    with ThreadPoolExecutor(16) as callers:
        for place, chance in callers.map(alone, range(LOAD)):
            assert chance == together[place]
    assert ends(first)
    assert len(live.lines()) == len(rows) + LOAD
    (second,) = workers(service)
    assert second.pid != first.pid

    # A release without it ends the worker; a new one with it starts another; a killed service leaves none behind.
    live.release(1, revision="onnx")
    service.process.send_signal(signal.SIGHUP)
    service.event("release loaded")
    assert ends(second)
    live.release(1, 5, revision="both", strategy="canary", share=0.5)
    service.process.send_signal(signal.SIGHUP)
    service.event("release loaded")
    (third,) = workers(service)
    service.stop(signal.SIGKILL)
    assert ends(third)


def ends(process: psutil.Process) -> bool:
    """Wait until a process ended, whether somebody reaps it or not."""
    try:
        handle = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return True
    try:
        return bool(select.select([handle], [], [], 30)[0])
    finally:
        os.close(handle)


def fake(folder: Path, script: str) -> list[str]:
    """Return the command of a worker that speaks the protocol and runs `script` for each request."""
    path = folder / "worker.py"
    path.write_text(
        "import json, os, struct, sys\n"
        "def send(message):\n"
        "    body = json.dumps(message).encode()\n"
        "    os.write(1, struct.pack('>I', len(body)) + body)\n"
        "def receive():\n"
        "    head = sys.stdin.buffer.read(4)\n"
        "    if not head: sys.exit(0)\n"
        "    return json.loads(sys.stdin.buffer.read(struct.unpack('>I', head)[0]))\n" + script
    )
    return [sys.executable, str(path)]


COLUMNS: dict[str, list[object]] = {"age": [20], "employed": ["No"], "checks": [None]}
READY = "send({'ready': True, 'classes': ['No', 'Yes']})\n"


def test_a_worker_without_scikit_learn_is_told_from_its_last_words(bundle: Bundle, tmp_path: Path) -> None:
    command = fake(tmp_path, "import a_package_that_is_not_installed\n")
    with pytest.raises(BundleError, match=r"did not start: ModuleNotFoundError.*scikit-learn==1\.9\.1"):
        PythonModel(bundle, command=command)


def test_a_worker_that_cannot_load_the_model_is_told_in_its_words(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="cannot load the model: no such type"):
        PythonModel(bundle, command=fake(tmp_path, "send({'error': 'no such type'})\n"))


def test_a_worker_with_other_classes_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="other classes"):
        PythonModel(bundle, command=fake(tmp_path, "send({'ready': True, 'classes': ['Yes', 'No']})\n"))


def test_a_worker_that_ends_on_every_request_is_started_again_only_once(
    bundle: Bundle, tmp_path: Path
) -> None:
    starts = tmp_path / "starts"
    count = f"open({str(starts)!r}, 'a').write('x')\n"
    model = PythonModel(bundle, command=fake(tmp_path, count + READY + "receive()\n"))
    with pytest.raises(Exception, match="ended twice"):
        model.predict(COLUMNS)
    assert starts.read_text() == "xx"
    model.close()


def test_a_worker_that_does_not_answer_is_ended_and_the_next_request_gets_a_new_one(
    bundle: Bundle, tmp_path: Path
) -> None:
    flag = tmp_path / "flag"
    script = (
        READY + f"while True:\n    receive()\n    if not os.path.exists({str(flag)!r}):\n"
        f"        open({str(flag)!r}, 'w').close()\n        import threading; threading.Event().wait()\n"
        "    send({'outputs': [['No'], [[0.75, 0.25]]]})\n"
    )
    model = PythonModel(bundle, command=fake(tmp_path, script), answer_timeout=3)
    with pytest.raises(Exception, match="did not answer in time"):
        model.predict(COLUMNS)
    assert model.predict(COLUMNS).predictions.tolist() == ["No"]
    model.close()
    model.close()


def test_a_worker_that_prints_to_the_pipe_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="something else than messages"):
        PythonModel(bundle, command=fake(tmp_path, "print('hello, I am a model')\n"))


@pytest.mark.parametrize(
    "reply",
    [
        {"outputs": [["No", "No"], [[0.5, 0.5]]]},
        {"outputs": [["No"], [[0.5, 0.3, 0.2]]]},
        {"outputs": [["No"], None]},
        {"outputs": [["No"]]},
        {"outputs": 1},
        {},
        {"error": "ValueError"},
    ],
)
def test_a_reply_of_the_wrong_shape_is_an_error(
    bundle: Bundle, tmp_path: Path, reply: dict[str, Any]
) -> None:
    script = READY + f"while True:\n    receive()\n    send(json.loads({json.dumps(reply)!r}))\n"
    model = PythonModel(bundle, command=fake(tmp_path, script))
    with pytest.raises(BundleError):
        model.predict(COLUMNS)
    model.close()


def test_a_bundle_that_was_changed_since_is_not_loaded_by_a_new_worker(
    bundle: Bundle, tmp_path: Path
) -> None:
    model = PythonModel(bundle, command=fake(tmp_path, READY + "receive()\n"))
    (bundle.folder / "model.skops").write_bytes(b"other")
    with pytest.raises(BundleError, match="checksum"):
        model.predict(COLUMNS)
    model.close()

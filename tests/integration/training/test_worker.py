from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from trunkline.core.bundle import Bundle, open_bundle
from trunkline.core.contract import Contract
from trunkline.runtimes import open_model
from trunkline.training import Fitted, predict_frame
from trunkline.training.worker import read_message, write_message

Parts = tuple[pd.DataFrame, pd.DataFrame]


class Worker:
    """A worker and what it says."""

    def __init__(self, folder: Path, digest: str) -> None:
        # with this set, bytecode is never written and the bundle is safe whatever the worker does
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "trunkline.training.worker", str(folder), digest],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment,
        )
        self.hello: dict[str, Any] = self.hear()

    def hear(self) -> Any:
        return read_message(cast("BinaryIO", self.process.stdout))

    def ask(self, request: Mapping[str, Any]) -> Any:
        write_message(cast("BinaryIO", self.process.stdin), request)
        return self.hear()

    def end(self) -> tuple[int, str]:
        """Close its input and return its exit code and what it wrote to the error stream."""
        _, errors = self.process.communicate(timeout=60)
        return self.process.returncode, errors.decode()


@contextmanager
def running(bundle: Bundle) -> Iterator[Worker]:
    worker = Worker(bundle.folder, bundle.digest)
    try:
        yield worker
    finally:
        if worker.process.poll() is None:
            worker.process.kill()
            worker.process.communicate()


@pytest.fixture
def fitted(fit: Callable[[Any, Any], Fitted], own: Any) -> Fitted:
    """A model that needs the user's package, so that it runs in Python."""
    return fit(own, LogisticRegression())


@pytest.fixture
def bundle(sealed: Callable[[Fitted], Bundle], fitted: Fitted) -> Bundle:
    """The model, sealed."""
    return sealed(fitted)


def columns(frame: pd.DataFrame, contract: Contract) -> dict[str, list[Any]]:
    return {column.name: frame[column.name].tolist() for column in contract.features}


def test_it_answers_as_the_pipeline_does_until_its_input_ends(
    bundle: Bundle, fitted: Fitted, contract: Contract, parts: Parts
) -> None:
    rows = parts[1].iloc[:40]
    labels, probabilities = predict_frame(fitted.pipeline, rows, contract)
    assert probabilities is not None
    with running(bundle) as worker:
        assert worker.hello == {"ready": True, "classes": ["No", "Yes"]}
        reply = worker.ask({"columns": columns(rows, contract)})
        assert reply["outputs"][0] == labels.tolist()
        np.testing.assert_allclose(reply["outputs"][1], probabilities)
        again = worker.ask({"columns": columns(rows.iloc[:1], contract)})
        assert again["outputs"][0] == labels[:1].tolist()
        assert worker.end()[0] == 0


def test_what_the_user_s_code_prints_goes_to_the_error_stream(
    bundle: Bundle, contract: Contract, parts: Parts
) -> None:
    with running(bundle) as worker:
        reply = worker.ask({"columns": columns(parts[1].iloc[:1], contract)})
        assert set(reply) == {"outputs"}
        assert "a stray word" in worker.end()[1]


def test_a_request_that_cannot_be_answered_does_not_end_it(
    bundle: Bundle, contract: Contract, parts: Parts
) -> None:
    with running(bundle) as worker:
        assert "lack" in worker.ask({"columns": {"age": [20]}})["error"]
        assert worker.ask({"columns": columns(parts[1].iloc[:1], contract)})["outputs"]


def test_the_bundle_is_unharmed_afterwards(bundle: Bundle, contract: Contract, parts: Parts) -> None:
    with running(bundle) as worker:
        worker.ask({"columns": columns(parts[1].iloc[:1], contract)})
        worker.end()
    assert open_bundle(bundle.folder, digest=bundle.digest).digest == bundle.digest


def test_the_user_s_package_comes_from_the_bundle(bundle: Bundle, package: Path) -> None:
    (package / "features.py").write_text("raise RuntimeError('the project, not the bundle')\n")
    with running(bundle) as worker:
        assert worker.hello.get("ready") is True


@pytest.mark.parametrize("name", ["model.skops", "code/arrests_example/features.py"])
def test_a_tampered_bundle_is_refused_before_anything_of_it_runs(bundle: Bundle, name: str) -> None:
    path = bundle.folder / name
    path.write_bytes(path.read_bytes() + b"\nprint('tampered')\n")
    with running(bundle) as worker:
        assert "does not have its checksum" in worker.hello["error"]
        code, errors = worker.end()
    assert code == 1
    assert "tampered" not in errors


def test_a_folder_that_is_no_bundle_is_refused(tmp_path: Path) -> None:
    worker = Worker(tmp_path, "sha256:" + "0" * 64)
    assert "bundle.json" in worker.hello["error"]
    assert worker.end()[0] == 1


@pytest.mark.parametrize("kind", ["python", "onnx"])
def test_serving_opens_both_forms_and_gets_the_pipeline_s_answers(
    kind: str,
    fit: Callable[[Any, Any], Fitted],
    own: Any,
    sealed: Callable[[Fitted], Bundle],
    contract: Contract,
    parts: Parts,
) -> None:
    fitted = fit(own if kind == "python" else "scaled", LogisticRegression())
    bundle = sealed(fitted)
    assert bundle.manifest.runtime == kind
    rows = parts[1].iloc[:25]
    labels, probabilities = predict_frame(fitted.pipeline, rows, contract)
    assert probabilities is not None
    model = open_model(bundle)
    try:
        answers = model.predict(columns(rows, contract))
    finally:
        model.close()
    assert answers.probabilities is not None
    assert answers.predictions.tolist() == labels.tolist()
    np.testing.assert_allclose(answers.probabilities, probabilities, atol=1e-4)

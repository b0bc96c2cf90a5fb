"""Train, serve, predict over HTTP: what a user of the service sees. Extend: a row whose answer you know."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pandas as pd
import pytest

TRUNKLINE = Path(sys.executable).with_name("trunkline")


@pytest.fixture(scope="module")
def service(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of the trained model's service, on a free port; connecting is tried again until it listens."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("service") / "log"
    with log.open("w") as stream:
        process = subprocess.Popen(
            [TRUNKLINE, "--project", trained, "serve", "--port", str(port)], stdout=stream, stderr=stream
        )
    try:
        transport = httpx.HTTPTransport(retries=7)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=transport, timeout=30) as client:
            assert client.get("/ready").json()["ready"], log.read_text()
            yield client
    finally:
        process.terminate()
        process.wait(timeout=20)


@pytest.fixture
def row(rows: pd.DataFrame) -> dict[str, object]:
    """A real row as a request: everything but the outcome."""
    request: dict[str, object] = rows.drop(columns="released").astype(object).iloc[0].to_dict()
    return request


def test_a_row_gets_an_answer_with_probabilities(service: httpx.Client, row: dict[str, object]) -> None:
    answer = service.post("/predict", json=row)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["prediction"] in ("No", "Yes")
    assert sum(body["probabilities"].values()) == pytest.approx(1.0)
    assert body["prediction"] == max(body["probabilities"], key=body["probabilities"].get)


@pytest.mark.parametrize("attribute", [{"colour": "Black"}, {"colour": "White"}, {"sex": "Female"}])
def test_protected_attributes_do_not_change_the_answer(
    service: httpx.Client, row: dict[str, object], attribute: dict[str, str]
) -> None:
    plain = service.post("/predict", json=row).json()["probabilities"]
    assert service.post("/predict", json=row | attribute).json()["probabilities"] == plain


def test_a_wrong_value_is_refused_by_field_value_and_rule(
    service: httpx.Client, row: dict[str, object]
) -> None:
    answer = service.post("/predict", json=row | {"employed": "Maybe"})
    assert answer.status_code == 422
    (problem,) = answer.json()["problems"]
    assert problem["field"] == "employed"
    assert problem["value"] == "Maybe"
    assert "Yes" in problem["rule"]

"""Train, serve, predict over HTTP: what a user of the service sees. Extend: a row whose answer you know."""

from __future__ import annotations

import random
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pandas as pd
import pytest
from trunkline.core.contract import Column, Contract, as_label
from trunkline.data import contract_from
from trunkline.inputs import drawn, input_of
from trunkline.loop.model.examples import request
from trunkline.tasks import task_of

from {{ cookiecutter.package }}.contract import Contract as Schema

TRUNKLINE = Path(sys.executable).with_name("trunkline")
INPUTS = contract_from(Schema).inputs
BAD = [(column, value) for column in INPUTS for value in (input_of(column).wrong() or (17,))]


@pytest.fixture(scope="module")
def service(trained: Path, surroundings: dict[str, str]) -> Iterator[httpx.Client]:
    """A client of the trained model's service, on a free port, once the service says that it has started."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [TRUNKLINE, "--project", trained, "serve", "--port", str(port)]
    process = subprocess.Popen(
        words, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8"
    )
    assert process.stdout
    said = []
    try:
        for line in process.stdout:
            said.append(line)
            if '"event":"started"' in line:
                break
        else:
            pytest.fail(f"the service did not start:\n{''.join(said)}")
        # A pipe that nobody reads fills up and holds the service.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        # A proxy that the environment names cannot reach this machine.
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30, trust_env=False) as client:
            yield client
    finally:
        process.terminate()
        process.wait(timeout=60)


@pytest.fixture
def row(some: pd.DataFrame, contract: Contract) -> dict[str, Any]:
    """A real row as a request."""
    return request(some, contract)


def ask(service: httpx.Client, row: dict[str, Any]) -> dict[str, Any]:
    """Return the service's answer to a row that it must take."""
    answer = service.post("/predict", json=row)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_row_gets_an_answer(service: httpx.Client, row: dict[str, Any], contract: Contract) -> None:
    body, task = ask(service, row), task_of(contract)
    answers = task.answers([body], contract)
    # Raises where it is no answer of its kind, such as a class of no name or a number that is not finite.
    task.checked(task.raw(answers), 1, classes=answers.classes)
    assert {as_label(name) for name in answers.classes} <= set(contract.outcome.categories)


def test_what_the_model_does_not_see_changes_no_answer(
    service: httpx.Client, row: dict[str, Any], contract: Contract
) -> None:
    plain = ask(service, row)
    for column in (column for column in contract.inputs if column not in contract.features):
        other = ask(service, row | {column.name: drawn(column, random.Random(7))})  # noqa: S311 - no secret
        for name in task_of(contract).fields:
            assert other[name] == plain[name]


def test_what_may_be_null_may_be_null(service: httpx.Client, row: dict[str, Any], contract: Contract) -> None:
    for column in (column for column in contract.features if column.nullable):
        assert ask(service, row | {column.name: None})["id"]


@pytest.mark.parametrize(("column", "value"), BAD, ids=lambda given: getattr(given, "name", repr(given)))
def test_a_wrong_value_is_refused_by_field_value_and_rule(
    service: httpx.Client, row: dict[str, Any], column: Column, value: object
) -> None:
    answer = service.post("/predict", json=row | {column.name: value})
    assert answer.status_code == 422
    (problem,) = answer.json()["problems"]
    assert problem["field"] == column.name
    assert problem["value"] == value
    assert problem["rule"]


def test_a_field_that_the_contract_does_not_know_is_refused(
    service: httpx.Client, row: dict[str, Any]
) -> None:
    assert service.post("/predict", json=row | {"nobody knows this": 1}).status_code == 422

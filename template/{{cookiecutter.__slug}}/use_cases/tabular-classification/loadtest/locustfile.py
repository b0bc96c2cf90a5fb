"""Load for the service: rows drawn from the contract, every value allowed, none of them anyone's.

`make load` runs it and judges the answers, as often a second as gates.load.rate in trunkline.yaml says. To try it by
hand, run `make serve`, and in another terminal `.venv/bin/locust --locustfile loadtest/locustfile.py`; LOCUST_HOST
names another service than the one here.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

from locust import FastHttpUser, constant_throughput, task
from trunkline.core.contract import Column
from trunkline.core.project import Project
from trunkline.data import contract_from

CONTRACT = contract_from(Project.find(Path(__file__).parent).plug("contract", "Contract"))
# Where the contract leaves a number open at one end.
WIDEST = 1000


def draw(column: Column) -> object:
    """Return a value that the contract allows in this column."""
    if column.type == "category":
        return random.choice(column.categories)  # noqa: S311 - no secret
    if column.type == "boolean":
        return random.random() < 0.5  # noqa: S311
    if column.type == "text":
        return f"text-{random.randrange(WIDEST)}"  # noqa: S311
    low = column.minimum if column.minimum is not None else (column.maximum or WIDEST) - WIDEST
    high = column.maximum if column.maximum is not None else low + WIDEST
    value = random.uniform(low, high)  # noqa: S311
    return int(value) if column.type == "integer" else value


class Asking(FastHttpUser):
    """One user, who by hand asks ten times a second; `make load` decides by itself when users ask."""

    host = os.environ.get("LOCUST_HOST", "http://127.0.0.1:8080")
    wait_time = constant_throughput(10)

    @task
    def predict(self) -> None:
        """Ask for one answer; anything but 200 counts as a failure."""
        self.client.post("/predict", json={column.name: draw(column) for column in CONTRACT.inputs})

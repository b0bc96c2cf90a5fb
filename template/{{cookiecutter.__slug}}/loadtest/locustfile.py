"""Load for the service: rows drawn from the contract, every value allowed, none of them anyone's.

What a text may be no contract tells: texts are those of the locked test rows, each drawn by itself.

`make load` runs it and judges the answers, as often a second as gates.load.rate in trunkline.yaml says. To try it by
hand, run `make serve`, and in another terminal `.venv/bin/locust --locustfile loadtest/locustfile.py`; LOCUST_HOST
names another service than the one here.
"""

from __future__ import annotations

import os
import random
from pathlib import Path

from locust import FastHttpUser, constant_throughput, task
from trunkline.core.project import Project
from trunkline.data import project_contract
from trunkline.inputs import drawn
from trunkline.loop.model.examples import locked_texts

PROJECT = Project.find(Path(__file__).parent)
CONTRACT = project_contract(PROJECT)
TEXTS = locked_texts(PROJECT, progress=print)
KEY = os.environ.get("TRUNKLINE_KEY_PREDICT", "")  # of a service that knows its callers
DRAW = random.Random()  # noqa: S311 - no secret


class Asking(FastHttpUser):
    """One user, who by hand asks ten times a second; `make load` decides by itself when users ask."""

    host = os.environ.get("LOCUST_HOST", "http://127.0.0.1:8080")
    wait_time = constant_throughput(10)

    @task
    def predict(self) -> None:
        """Ask for one answer; anything but 200 counts as a failure."""
        row = {column.name: drawn(column, DRAW, texts=TEXTS) for column in CONTRACT.inputs}
        self.client.post("/predict", json=row, headers={"Authorization": f"Bearer {KEY}"} if KEY else {})

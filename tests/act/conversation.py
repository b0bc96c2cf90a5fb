"""What users of the service do meanwhile: they ask, and later it is known what really happened."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from trunkline.predictions.reader import LogReader

Row = dict[str, Any]


def applicants(count: int, *, seed: int, first: int = 10_000) -> list[Row]:
    """Return rows as the small model's history has them, newer than all of it."""
    draw = np.random.default_rng(seed)
    income = draw.gamma(4.0, 25.0, count).clip(0, 500).round(2)
    region = draw.choice(["north", "south"], count)
    sex = draw.choice(["f", "m"], count)
    columns = zip(income.tolist(), region.tolist(), sex.tolist(), strict=True)
    return [
        {"case": first + place, "month": 20, "income": one, "region": two, "sex": three}
        for place, (one, two, three) in enumerate(columns)
    ]


def as_ever(rows: list[Row], *, seed: int) -> list[str]:
    """Return outcomes that follow the rule by which the history was made."""
    draw = np.random.default_rng(seed)
    chance = [1 / (1 + np.exp(-(row["income"] - 90) / 25 - (row["region"] == "north") * 0.5)) for row in rows]
    return ["yes" if draw.random() < one else "no" for one in chance]


def turned(rows: list[Row]) -> list[str]:
    """Return outcomes of another world: those who earn more repay less."""
    return ["no" if (row["income"] > 80) == (row["case"] % 5 > 0) else "yes" for row in rows]


def ask(address: str, rows: list[Row]) -> list[str]:
    """Ask the service one row after the other and return the identifiers of its answers."""
    with httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
        answers = [client.post("/predict", json=row) for row in rows]
    return [answer.json()["id"] for answer in answers if answer.is_success]


def truths(answers: list[str], outcomes: list[str]) -> str:
    """Return the records of what really happened, one a line."""
    told = [
        {"schema": "trunkline/ground-truth/1", "prediction": identity, "outcome": outcome}
        for identity, outcome in zip(answers, outcomes, strict=True)
    ]
    return "".join(json.dumps(row | {"time": "2026-01-01T00:00:00Z"}) + "\n" for row in told)


def tell(home: Path, answers: list[str], outcomes: list[str], *, environment: str = "production") -> None:
    """Let it be known what really happened, where the machine that serves looks for it."""
    path = home / "truth" / f"{environment}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as stream:
        stream.write(truths(answers, outcomes))


def logged(home: Path, wanted: Callable[[dict[str, Any]], bool]) -> list[dict[str, Any]]:
    """Return the lines of production's prediction log that are wanted."""
    window = LogReader(home / "predictions/production").between()
    lines = [row.to_dict() for row in (*window.predictions, *window.rejections, *window.silent)]
    return [line for line in lines if wanted(line)]

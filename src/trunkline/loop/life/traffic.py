"""Traffic: rows of a file as requests to a service, and what really happened as ground truth."""

from __future__ import annotations

import csv
import io
import json
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from trunkline.core.contract import Column, Contract
from trunkline.core.errors import DataError, StorageError, UnavailableError
from trunkline.core.predictions import GroundTruth
from trunkline.core.progress import Progress

CONNECTIONS = 4


@dataclass(frozen=True)
class Sent:
    """What became of the requests."""

    answered: int
    refused: int
    failed: int
    problem: str
    """What the service said of the first request that it refused."""
    truths: tuple[GroundTruth, ...]
    """For every answered row that had the outcome in it: what is to be told later."""


def read_rows(path: Path, contract: Contract) -> list[dict[str, Any]]:
    """Return the rows of a CSV or JSON-lines file, CSV values turned into the contract's types.

    A CSV value that is not of its column's type stays a text, so that the service can say what is wrong with it.
    Raises DataError when the file is empty or of another kind, and StorageError when it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise StorageError(f"Cannot read {path}: {error}.") from error
    if path.suffix == ".csv":
        columns = {column.name: column for column in contract.columns}
        reader = csv.DictReader(io.StringIO(text, newline=""), restkey="", restval="")
        rows = [{name: _typed(value, columns.get(name)) for name, value in row.items()} for row in reader]
        if broken := next((place for place, row in enumerate(rows, 2) if "" in row), 0):
            raise DataError(f"{path}, line {broken} has more values than the header has names.")
    elif path.suffix == ".jsonl":
        rows = [_object(path, place, line) for place, line in enumerate(text.split("\n"), 1) if line.strip()]
    else:
        raise DataError(f"{path} is neither .csv nor .jsonl.", next_step="convert the file")
    if not rows:
        raise DataError(f"{path} has no rows.")
    return rows


def _object(path: Path, place: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line, parse_constant=str)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}, line {place} is not JSON.", value=line[:80]) from error
    if not isinstance(row, dict):
        raise DataError(f"{path}, line {place} is no row: it must hold names and values.", value=line[:80])
    return row


def _typed(value: str, column: Column | None) -> object:
    if column is None or value == "":
        return None if value == "" else value
    try:
        if column.type == "integer":
            return int(value)
        if column.type == "number":
            number = float(value)
            return number if math.isfinite(number) else value
    except ValueError:
        return value
    if column.type == "boolean":
        return {"true": True, "false": False}.get(value.lower(), value)
    return value


def send(rows: list[dict[str, Any]], contract: Contract, address: str, *, progress: Progress) -> Sent:
    """Send each row as a request, without its outcome, over a few connections.

    Raises UnavailableError when the service cannot be reached at all.
    """
    outcome = contract.outcome.name
    limits = httpx.Limits(max_connections=CONNECTIONS)
    with httpx.Client(base_url=address, timeout=10.0, limits=limits, trust_env=False) as client:
        try:
            client.get("/health").raise_for_status()
        except httpx.HTTPError as error:
            raise UnavailableError(
                f"No service answers at {address}: {error}.",
                next_step="trunkline deploy ENVIRONMENT, then send again",
            ) from error

        def ask(row: dict[str, Any]) -> tuple[int, str]:
            try:
                reply = client.post("/predict", json={name: row[name] for name in row if name != outcome})
            except httpx.HTTPError:
                return 0, ""
            return reply.status_code, reply.json()["id"] if reply.is_success else reply.text

        statuses: list[int] = []
        truths: list[GroundTruth] = []
        problem = ""
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            for row, (status, identity) in zip(rows, pool.map(ask, rows), strict=True):
                statuses.append(status)
                if 400 <= status < 500:
                    problem = problem or identity
                if 200 <= status < 300 and row.get(outcome) is not None:
                    now = datetime.now(UTC)
                    truths.append(GroundTruth(prediction=identity, outcome=row[outcome], time=now))
                if len(statuses) % 500 == 0:
                    progress(f"{len(statuses)} of {len(rows)} requests")
    answered = sum(200 <= status < 300 for status in statuses)
    refused = sum(400 <= status < 500 for status in statuses)
    return Sent(answered, refused, len(statuses) - answered - refused, problem, tuple(truths))

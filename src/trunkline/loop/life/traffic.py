"""Traffic: rows of a file as requests to a service, and what really happened as ground truth."""

from __future__ import annotations

import csv
import io
import json
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from trunkline.core.contract import Column, Contract
from trunkline.core.errors import DataError, StorageError, UnavailableError
from trunkline.core.keys import KEY_OF
from trunkline.core.own_service import ANYBODY, Credentials
from trunkline.core.progress import Progress
from trunkline.core.reading import DoubledKey, single, whole
from trunkline.inputs import input_of
from trunkline.predictions import GroundTruth

from .patience import patient_with

CONNECTIONS = 4
INDEX = re.compile(r"|Unnamed: \d+")
"""How pandas names the index in a CSV file, and again when it read such a file."""
CODE_AS_NUMBER = re.compile(r"\d+\.0", re.ASCII)
"""What pandas makes of a code such as a postal code when it reads a column of them that has gaps."""
SHOWN = 5
"""Rows without an answer that are named."""


@dataclass(frozen=True)
class Sent:
    """What became of the requests."""

    answered: int
    refused: int
    failed: int
    problems: tuple[str, ...]
    """The first rows without an answer, by number, and what the service said of each."""
    truths: tuple[GroundTruth, ...]
    """For every answered row that had the outcome in it: what is to be told later."""


def read_rows(
    path: Path, contract: Contract, *, outcomes: bool = False, progress: Progress | None = None
) -> list[dict[str, Any]]:
    """Return the rows of a CSV or JSON-lines file, values in the contract's types where they are exactly such.

    Another value stays as it is, so that the service can say what is wrong with it. With `outcomes` those must keep the
    contract. A first CSV column without a name, or named as pandas names one, is pandas' index and left out.
    Raises DataError when the file is empty, broken, of another kind, holds a wrong outcome or codes that were read as
    numbers, StorageError when it cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise StorageError(
            f"{path} is not UTF-8 text: {error.reason} at byte {error.start}.",
            next_step="write it as .csv or .jsonl in UTF-8, not packed",
        ) from error
    except OSError as error:
        raise StorageError(f"Cannot read {path}: {error.strerror}.", next_step="name another file") from error
    suffix = path.suffix.lower()
    if suffix == ".csv":
        rows = _cells(path, text, contract, progress or (lambda _: None))
    elif suffix == ".jsonl":
        rows = [_object(path, place, line) for place, line in enumerate(text.split("\n"), 1) if line.strip()]
    else:
        raise DataError(f"{path} is neither .csv nor .jsonl.", next_step="convert the file")
    if not rows:
        raise DataError(f"{path} has no rows.")
    if outcomes and not any(contract.outcome.name in row for row in rows):
        raise DataError(
            f"No row of {path} has the outcome {contract.outcome.name}, so there are no outcomes to keep.",
            next_step="add the column, or send without --outcomes; nothing was sent",
        )
    return (
        [_with_outcome(path, place, row, contract) for place, row in enumerate(rows, 1)] if outcomes else rows
    )


def _cells(path: Path, text: str, contract: Contract, say: Progress) -> list[dict[str, Any]]:
    columns = {column.name: column for column in contract.columns}
    reader = csv.reader(io.StringIO(text, newline=""))
    rows = []
    try:
        header = next(reader, [])
        index = bool(header) and header[0] not in columns and INDEX.fullmatch(header[0]) is not None
        names = header[1:] if index else header
        if header and not columns.keys() & set(names):
            raise DataError(
                f"{path} has no column of the contract {contract.name}.",
                value=",".join(header)[:80],
                next_step="its first line must name the columns, with commas between: in pandas, to_csv(..., sep=',')",
            )
        if doubled := sorted({name for name in names if names.count(name) > 1}):
            raise DataError(
                f"{path} names the column {doubled[0]!r} twice.",
                next_step="take one of the two out of the file",
            )
        if index:
            say(f"{path}: the first column has no name of its own and is taken for pandas' index: left out")
        for cells in reader:
            if not cells:
                continue
            if len(cells) > len(header):
                raise DataError(
                    f"{path}, line {reader.line_num} has more values than the header has names.",
                    next_step="separate values by commas, write numbers with a point, and quote a text with a comma",
                )
            cells += [""] * (len(header) - len(cells))
            values = cells[1:] if index else cells
            rows.append(
                {name: _cell(value, columns.get(name)) for name, value in zip(names, values, strict=True)}
            )
    except csv.Error as error:
        raise DataError(f"{path}, line {reader.line_num} is no CSV: {error}.") from error
    for name in names:
        if name in columns and input_of(columns[name]).free:
            _require_codes_as_written(path, name, rows)
    return rows


def _require_codes_as_written(path: Path, name: str, rows: list[dict[str, Any]]) -> None:
    """Raise DataError where every value of a text column looks like a code that was read as a number."""
    values = [row[name] for row in rows if row[name] is not None]
    if values and all(CODE_AS_NUMBER.fullmatch(value) for value in values):
        raise DataError(
            f"{path}: every {name} ends in .0, as codes do that pandas read as numbers; leading zeros are lost.",
            value=values[0],
            next_step=f"read them as texts before you write the file: read_csv(..., dtype={{{name!r}: str}}); "
            "where they really end so, send a .jsonl file",
        )


def _cell(text: str, column: Column | None) -> object:
    if text == "":
        return None
    try:
        return text if column is None else input_of(column).parse(text)
    except ValueError:
        return text


def _object(path: Path, place: int, line: str) -> dict[str, Any]:
    try:
        row = json.loads(line, parse_constant=str, object_pairs_hook=single)
        whole(json.dumps(row, ensure_ascii=False))
    except DoubledKey as error:
        raise DataError(f"{path}, line {place}: {error}.", next_step="write the field once") from error
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}, line {place} is not JSON.", value=line[:80]) from error
    if not isinstance(row, dict):
        raise DataError(f"{path}, line {place} is no row: it must hold names and values.", value=line[:80])
    return row


def _with_outcome(path: Path, place: int, row: dict[str, Any], contract: Contract) -> dict[str, Any]:
    column = contract.outcome
    if row.get(column.name) is None:
        return row
    try:
        return row | {column.name: input_of(column).check(row[column.name])}
    except ValueError as error:
        raise DataError(
            f"{path}, row {place}: the outcome {column.name} must be {input_of(column).rule()}; {error}.",
            value=row[column.name],
            next_step="correct the row, or send without --outcomes; nothing was sent",
        ) from error


def _identity(text: str) -> str:
    """Return the id in a service's answer; raises UnavailableError when another program gave the answer."""
    try:
        return str(json.loads(text)["id"])
    except (ValueError, RecursionError, LookupError, TypeError) as error:
        raise UnavailableError(
            "What answers there is no service of Trunkline: its answer has no id.",
            value=text[:80],
            next_step="send --to the address that trunkline status shows",
        ) from error


def send(
    rows: list[dict[str, Any]],
    contract: Contract,
    address: str,
    *,
    credentials: Credentials = ANYBODY,
    progress: Progress,
    pause: Callable[[float], None] = time.sleep,
) -> Sent:
    """Send each row as a request, without its outcome, over a few connections; one that comes too soon (429) waits.

    Raises UnavailableError when the service cannot be reached at all.
    """
    outcome = contract.outcome.name
    limits = httpx.Limits(max_connections=CONNECTIONS)
    with httpx.Client(
        base_url=address,
        timeout=10.0,
        limits=limits,
        headers=credentials.headers,
        verify=credentials.verify,
        trust_env=False,
    ) as client:
        try:
            client.get("/health").raise_for_status()
        except httpx.HTTPError as error:
            raise UnavailableError(
                f"No service answers at {address}: {error}.",
                next_step="trunkline deploy ENVIRONMENT, then send again",
            ) from error

        patient = patient_with(pause)

        def ask(row: dict[str, Any]) -> tuple[int, str]:
            try:
                # Escaped, so that half a character is the service's to refuse.
                body = json.dumps({name: row[name] for name in row if name != outcome})
                reply = patient.copy()(
                    client.post, "/predict", content=body, headers={"content-type": "application/json"}
                )
            except httpx.HTTPError:
                return 0, "no answer came"
            if reply.status_code in (401, 403):
                return reply.status_code, f"{reply.text}; this machine takes its key from {KEY_OF['predict']}"
            return reply.status_code, _identity(reply.text) if reply.is_success else reply.text

        progress(f"sending {len(rows):,} requests")
        statuses: list[int] = []
        truths: list[GroundTruth] = []
        problems: list[str] = []
        with ThreadPoolExecutor(CONNECTIONS) as pool:
            for number, (row, (status, identity)) in enumerate(
                zip(rows, pool.map(ask, rows), strict=True), 1
            ):
                statuses.append(status)
                if not 200 <= status < 300 and len(problems) < SHOWN:
                    problems.append(f"row {number}: {identity}")
                if 200 <= status < 300 and row.get(outcome) is not None:
                    now = datetime.now(UTC)
                    truths.append(GroundTruth(prediction=identity, value=row[outcome], time=now))
                if len(statuses) % 500 == 0:
                    progress(f"{len(statuses)} of {len(rows)} requests")
    answered = sum(200 <= status < 300 for status in statuses)
    refused = sum(400 <= status < 500 for status in statuses)
    return Sent(answered, refused, len(statuses) - answered - refused, tuple(problems), tuple(truths))

"""Feedback: what really happened, by the id of the answer; checked by the task, on the disk when it is accepted."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Request, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, from_json
from starlette.requests import ClientDisconnect

from trunkline.core.contract import Contract
from trunkline.core.errors import StorageError
from trunkline.core.line_log import append
from trunkline.core.record import UtcTime
from trunkline.inputs import Value
from trunkline.predictions import GroundTruth
from trunkline.predictions.hourly import TRUTH, hourly_name
from trunkline.predictions.records import require_time
from trunkline.tasks import task_of

from .bodies import Unreadable, read_body
from .callers import caller_of
from .description import Problems
from .problems import BODY, Problem, Refused, shown
from .replies import Json, sorry
from .service import Service

MOST = 1000
"""Events in one request."""
REMEMBERED = 100_000
"""Events that are known when they come again: a client that got no answer sends once more."""
IDENTITY = re.compile(r"[0-9a-f]{32}")


class Event(BaseModel):
    """What really happened of one answer, or of one item in it."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)
    prediction: str
    """The id of the answer."""
    item: Annotated[str, Field(max_length=200)] = ""
    """What in the answer it is about; empty for the whole."""
    value: str | float | int | bool | None
    """What happened; null takes back what was told before."""
    time: Annotated[UtcTime, Field(strict=False)] | None = None
    """When it happened; now, where it is left out."""


class Events(BaseModel):
    """Many events at once."""

    model_config = ConfigDict(extra="forbid")
    events: Annotated[list[Event], Field(min_length=1, max_length=MOST)]


class Recorded(BaseModel):
    """What became of the events."""

    recorded: int
    repeated: int
    """Those that had been recorded before, just so."""


ONE = Event.model_json_schema()
MANY = {"type": "object", "required": ["events"], "properties": {"events": {"type": "array", "items": ONE}}}


class Feedback:
    """Records events in the folder of the log, where the log's readers look, and from where they are shipped."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._writer = secrets.token_hex(4)
        self._writing = asyncio.Lock()
        self._last: OrderedDict[tuple[str, str], str] = OrderedDict()
        """What was recorded last of each answer and item."""

    async def record(self, events: Mapping[str, GroundTruth], given: int) -> Recorded:
        """Append what is new of `given` events, by their texts, and return how much it was.

        Raises StorageError when the folder cannot be written.
        """
        async with self._writing:
            fresh = {
                text: event
                for text, event in events.items()
                if self._last.get((event.prediction, event.item)) != text
            }
            if fresh:
                path = self._folder / hourly_name(datetime.now(UTC), TRUTH, self._writer)
                await asyncio.to_thread(append, path, list(fresh.values()))
            for text, event in fresh.items():
                self._last[event.prediction, event.item] = text
                self._last.move_to_end((event.prediction, event.item))
            while len(self._last) > REMEMBERED:
                self._last.popitem(last=False)
        return Recorded(recorded=len(fresh), repeated=given - len(fresh))


def read_events(body: bytes, contract: Contract, now: datetime) -> tuple[dict[str, GroundTruth], int]:
    """Return the events of a body by their texts, values in the outcome's own type, and how many there are.

    Raises Refused that names every event which breaks the contract; nothing of the body is recorded then.
    """
    try:
        raw = from_json(body)
        if not isinstance(raw, dict):
            raise Refused((_problem((), raw, 'one event, or {"events": [...]}'),))
        many = "events" in raw
        given = Events.model_validate_json(body).events if many else [Event.model_validate_json(body)]
    except ValidationError as error:
        by_field = {problem["field"]: problem for problem in map(_found, error.errors())}
        raise Refused(tuple(by_field.values())) from None
    except ValueError as error:
        raise Refused((_problem((), body, f"JSON ({error})"),)) from None
    found: dict[str, GroundTruth] = {}
    problems = []
    for place, event in enumerate(given):
        try:
            value = _value(event, contract, now)
        except _Wrong as error:
            within = ("events", place) if many else ()
            problems.append(
                _problem((*within, error.field), event.model_dump(mode="json")[error.field], str(error))
            )
            continue
        found[event.model_dump_json()] = GroundTruth(
            prediction=event.prediction, item=event.item, value=value, time=event.time or now
        )
    if problems:
        raise Refused(tuple(problems))
    return found, len(given)


def _value(event: Event, contract: Contract, now: datetime) -> Value | None:
    if not IDENTITY.fullmatch(event.prediction):
        raise _Wrong("prediction", "the id of an answer, as /predict gave it")
    try:
        if event.time:
            require_time(event.time, now)
    except ValueError as error:
        raise _Wrong("time", str(error)) from error
    try:
        return None if event.value is None else task_of(contract).event(event.item, event.value, contract)
    except ValueError as error:
        raise _Wrong("value", str(error)) from error


class _Wrong(Exception):
    """A field of an event breaks the contract."""

    def __init__(self, field: str, rule: str) -> None:
        super().__init__(rule)
        self.field = field


def _found(row: ErrorDetails) -> Problem:
    place = row["loc"]
    if "value" in place:  # one of several types, and each says so: the field counts
        place = place[: place.index("value") + 1]
    return _problem(place, None if row["type"] == "missing" else row["input"], row["msg"])


def _problem(place: Sequence[int | str], value: object, rule: str) -> Problem:
    return {
        "field": ".".join(str(part) for part in place) or BODY,
        "value": shown(value),
        "rule": rule,
        "hint": "",
    }


def take_feedback(app: FastAPI, service: Service, folder: Path) -> None:
    """Add `POST /feedback` to an application."""
    feedback = Feedback(folder)

    @app.post(
        "/feedback",
        response_model=Recorded,
        responses={422: {"model": Problems, "description": "An event breaks the contract; none is recorded"}},
        summary="Tell what really happened",
        tags=["feedback"],
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/json": {"schema": {"anyOf": [ONE, MANY]}}},
            }
        },
    )
    async def tell(request: Request) -> Response:
        try:
            body = await read_body(request, caller_of(request).limits.largest_body)
            with service.live as live:
                events, given = read_events(body, live.champion.bundle.contract, datetime.now(UTC))
            done = await feedback.record(events, given)
        except Unreadable as refusal:
            return sorry(refusal.error, refusal.status, refusal.headers)
        except ClientDisconnect:
            return Response(status_code=400)
        except Refused as refusal:
            return Json(refusal.body(), 422)
        except StorageError as error:
            service.log.error("feedback not recorded", reason=error.what)
            return sorry("The events could not be recorded. Try again later.", 503)
        service.metrics.feedback.labels("recorded").inc(done.recorded)
        service.metrics.feedback.labels("repeated").inc(done.repeated)
        return Json(done.model_dump())

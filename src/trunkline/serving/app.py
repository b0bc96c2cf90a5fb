"""The HTTP side of the service."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.background import BackgroundTask
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from trunkline.core.errors import StorageError, TrunklineError, UnavailableError
from trunkline.core.release import Route
from trunkline.predictions import Prediction
from trunkline.tasks import task_of

from .access import DETAILS, Admission, Guard
from .bodies import Unreadable, read_body
from .callers import caller_of
from .description import Answer, Batch, Problems, describe
from .problems import Refused
from .release import Loaded
from .replies import Json, sorry
from .requests import RequestModel
from .service import Service
from .telemetry import Metrics, failure
from .uploads import read_row

PATHS = (
    "/predict",
    "/predict/batch",
    "/feedback",
    "/log",
    "/health",
    "/ready",
    "/metrics",
    "/docs",
    "/openapi.json",
)


class Counted:
    """Counts responses by path and status."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def counting(message: Message) -> None:
            if message["type"] == "http.response.start":
                path = scope["path"] if scope["path"] in PATHS else "other"
                self._metrics.requests.labels(path, message["status"]).inc()
            await send(message)

        await self._app(scope, receive, counting)


def create_app(service: Service, guard: Guard) -> FastAPI:
    """Return the web application of a service, which it starts and stops, for those whom the guard admits."""

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        service.start()
        yield
        await service.stop()

    # A redirect would lose the body with many clients, and lead past a proxy's own address.
    app = FastAPI(title="Trunkline", lifespan=lifespan, redoc_url=None, redirect_slashes=False)
    app.add_middleware(Admission, guard=guard, metrics=service.metrics)
    # Outside of it, so that what is refused is counted too.
    app.add_middleware(Counted, metrics=service.metrics)
    refused: dict[int | str, dict[str, Any]] = {
        400: {"model": Problems, "description": "The form is not one part with the file"},
        401: {"model": Problems, "description": "The request has no key, or one that is not known"},
        403: {"model": Problems, "description": "The key does not open this path"},
        408: {"model": Problems, "description": "The body did not come in time"},
        413: {"model": Problems, "description": "The body is larger than a megabyte"},
        415: {
            "model": Problems,
            "description": "The body is compressed, or announced as something that is not taken",
        },
        422: {"model": Problems, "description": "The request breaks the contract"},
        429: {
            "model": Problems,
            "description": "Too many requests; Retry-After says how long to wait",
        },
        500: {"model": Problems, "description": "The model failed"},
        503: {"model": Problems, "description": "The answer could not be logged, so it is not given"},
    }

    @app.post(
        "/predict", response_model=Answer, responses=refused, summary="Answer one row", tags=["predict"]
    )
    async def predict(request: Request) -> Response:
        async def one(live: Loaded, body: bytes, started: float) -> Response:
            rows = [await live.decoding.read(lambda: live.requests.row(body))]
            records = await service.answer(live, rows, started=started)
            return Json(_answer(live, records[0]), background=_silently(service, live, rows, records))

        return await _handle(service, request, one, read=read_row)

    @app.post(
        "/predict/batch",
        response_model=Batch,
        responses=refused,
        summary="Answer many rows",
        tags=["predict"],
    )
    async def predict_batch(request: Request) -> Response:
        async def many(live: Loaded, body: bytes, started: float) -> Response:
            rows = await live.decoding.read(lambda: live.requests.rows(body))
            records = await service.answer(live, rows, started=started)
            answers = [_answer(live, record) for record in records]
            return Json({"answers": answers}, background=_silently(service, live, rows, records))

        return await _handle(service, request, many)

    @app.get("/health", summary="Whether the process lives", tags=["operate"])
    async def health() -> Response:
        return Json({"healthy": True})

    @app.get("/ready", summary="What serves, and which release was refused", tags=["operate"])
    async def ready(request: Request) -> Response:
        return Json(_ready(service) if DETAILS in caller_of(request).scopes else {"ready": True})

    @app.get("/metrics", summary="Metrics for Prometheus", tags=["operate"])
    async def metrics() -> Response:
        return Response(service.metrics.text(), headers={"content-type": CONTENT_TYPE_LATEST})

    for path, ask in (("/health", health), ("/ready", ready), ("/metrics", metrics)):
        # Load balancers and `curl -I` ask so; the server itself leaves the body away.
        app.add_api_route(path, ask, methods=["HEAD"], include_in_schema=False)

    @app.exception_handler(HTTPException)
    async def refuse(request: Request, error: HTTPException) -> Response:
        return sorry(_advice(request, error), error.status_code, error.headers)

    described: list[tuple[Loaded, dict[str, Any]]] = []

    def openapi() -> dict[str, Any]:
        # The contract may change with the release, so the description belongs to what is loaded.
        if not described or described[0][0] is not service.live:
            described[:] = [(service.live, describe(app, service.live, guard))]
        return described[0][1]

    app.openapi = openapi  # type: ignore[method-assign]
    return app


async def _handle(
    service: Service,
    request: Request,
    act: Callable[[Loaded, bytes, float], Awaitable[Response]],
    *,
    read: Callable[[Request, int, RequestModel], Awaitable[bytes]] | None = None,
) -> Response:
    try:
        largest = caller_of(request).limits.largest_body
        requests = service.live.requests
        body = await (
            read(request, largest, requests) if read else read_body(request, largest, bulk=requests.bulk)
        )
    except Unreadable as refusal:
        return sorry(refusal.error, refusal.status, refusal.headers)
    except ClientDisconnect:
        return Response(status_code=400)
    started = time.perf_counter()
    with service.live as live:
        try:
            return await act(live, body, started)
        except Refused as refusal:
            await service.reject(live, refusal.problems)
            return Json(refusal.body(), 422)
        except StorageError:
            return sorry("The answer could not be logged, so it is not given. Try again later.", 503)
        except Exception as error:  # the caller gets a clean answer whatever the model does
            service.metrics.model_errors.inc()
            about = failure(error.__cause__ or error) if isinstance(error, TrunklineError) else failure(error)
            service.log.error("no answer", version=live.champion.route.version, **about)
            if isinstance(error, UnavailableError):
                return sorry("The model does not answer at the moment. Try again later.", 503)
            return sorry("The model failed on this request.", 500)


def _silently(service: Service, live: Loaded, rows: Any, records: list[Prediction]) -> BackgroundTask | None:
    if live.release.strategy != "silent":
        return None

    async def show() -> None:
        service.show_silent(live, rows, records)

    return BackgroundTask(show)


def _answer(live: Loaded, record: Prediction) -> dict[str, Any]:
    fields = task_of(live.champion.bundle.contract).fields
    return {
        "id": record.id,
        "version": record.version,
        **{field: record.outputs.get(field) for field in fields},
    }


def _advice(request: Request, error: HTTPException) -> str:
    path = request.url.path[:100]
    if error.status_code == 404:
        return f"There is no {path}. The paths are {', '.join(PATHS)}."
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "another method")
        return f"{path} takes {allowed}, not {request.method[:20]}. The paths are described at /docs."
    return str(error.detail)


def _ready(service: Service) -> dict[str, Any]:
    live, failed = service.live, service.failed
    return {
        "ready": True,
        "environment": live.release.environment,
        "revision": live.release.revision,
        "strategy": live.release.strategy,
        "champion": _route(live.release.champion),
        "challenger": _route(live.release.challenger),
        "share": live.release.share,
        "loaded_at": live.loaded_at.isoformat(),
        "failed": {"revision": failed.revision, "error": failed.error} if failed else None,
        "log": service.log_state(),
    }


def _route(route: Route | None) -> dict[str, Any] | None:
    return route.model_dump() if route else None

"""A release with its models loaded: read, verified, tried out; all of it or nothing."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

from trunkline.core.bundle import Bundle, BundleStore
from trunkline.core.errors import BundleError, StorageError
from trunkline.core.record import short
from trunkline.core.release import RELEASE_FILE, Release, Route
from trunkline.inputs import input_of
from trunkline.predictions import Arm, Failure, Prediction
from trunkline.predictions.pseudonym import pseudonym
from trunkline.runtimes import Columns, Model, open_model
from trunkline.tasks import task_of

from .batches import Batches
from .decoding import Decoding
from .references import references
from .requests import RequestModel, request_columns
from .routing import user_key

Row = Mapping[str, Any]
SOON_S = 0.005


@dataclass(frozen=True, eq=False)
class Served:
    """One bundle that answers."""

    route: Route
    bundle: Bundle
    model: Model
    requests: RequestModel | None = None
    """What this bundle's own contract takes, where that may differ from what the service takes."""
    soon: bool = True
    """Whether a few rows are answered while all other requests wait, for handing over would cost more than that."""

    @cached_property
    def batches(self) -> Batches:
        """Return what asks the model for rows of several requests at once, where its answers allow that."""
        return Batches(self.ask, joined=self.bundle.manifest.batched)

    def refuses(self, row: Row) -> tuple[str, ...]:
        """Return the fields in which a row that the service took breaks this bundle's own contract."""
        return () if self.requests is None else self.requests.broken(row)

    def ask(self, rows: Sequence[Row]) -> list[dict[str, Any]]:
        """Return the outputs of each row, as the API gives and the log keeps them."""
        features = self.bundle.contract.features
        answers = self.model.predict(
            {column.name: [row.get(column.name) for row in rows] for column in features}
        )
        return task_of(self.bundle.contract).outputs(answers, self.bundle.contract)


@dataclass(eq=False)
class Loaded:
    """What serves now; it counts who still uses it, so that its models are closed only after the last answer."""

    release: Release
    champion: Served
    challenger: Served | None
    requests: RequestModel
    loaded_at: datetime
    secret: bytes = b""
    """The environment's secret, by which users are named in the log."""
    decoding: Decoding = field(init=False)
    _uses: int = 0
    _idle: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.decoding = Decoding(heavy=self.requests.bulk > 0)
        self._idle.set()

    def __enter__(self) -> Loaded:
        self._uses += 1
        self._idle.clear()
        return self

    def __exit__(self, *_: object) -> None:
        self._uses -= 1
        if not self._uses:
            self._idle.set()

    def served(self, arm: Arm) -> Served:
        """Return the bundle that answers for an arm."""
        return self.champion if arm == "champion" or self.challenger is None else self.challenger

    def user(self, row: Row) -> str | None:
        """Return the key by which the row's user is placed, or None."""
        return user_key(self.champion.bundle.contract, row)

    def record(
        self, arm: Arm, id_: str, row: Row, outputs: dict[str, Any], *, seconds: float, answered: str = ""
    ) -> Prediction:
        """Return the prediction log's line for one answer."""
        route = self.served(arm).route
        return Prediction(
            id=id_,
            time=datetime.now(UTC),
            environment=self.release.environment,
            revision=self.release.revision,
            version=route.version,
            bundle=route.bundle,
            arm=arm,
            inputs=self.requests.logged(row),
            outputs=outputs,
            latency_ms=round(seconds * 1000, 4),
            user=pseudonym(self.secret, self.user(row)),
            answered=answered,
        )

    def failures(
        self,
        arm: Arm,
        rows: Sequence[Row],
        reason: Literal["failed", "refused", "dropped"],
        fields: Sequence[Sequence[str]] = (),
    ) -> list[Failure]:
        """Return the prediction log's lines for rows that the bundle of an arm did not answer."""
        route = self.served(arm).route
        now = datetime.now(UTC)
        return [
            Failure(
                id=uuid4().hex,
                time=now,
                environment=self.release.environment,
                version=route.version,
                bundle=route.bundle,
                arm=arm,
                reason=reason,
                fields=tuple(fields[place]) if fields else (),
                user=pseudonym(self.secret, self.user(row)),
            )
            for place, row in enumerate(rows)
        ]

    def about(self) -> dict[str, Any]:
        """Return what serves, as the fields of a log line."""
        about: dict[str, Any] = {
            "environment": self.release.environment,
            "revision": self.release.revision,
            "strategy": self.release.strategy,
            "champion": self.champion.route.version,
            "bundle": short(self.champion.route.bundle),
        }
        if self.challenger:
            about |= {"challenger": self.challenger.route.version, "share": self.release.share}
        return about

    async def close_when_idle(self) -> None:
        """Wait for the last answer that uses these models, then close them."""
        await self._idle.wait()
        await asyncio.to_thread(self.close)

    def close(self) -> None:
        """Close the models."""
        self.decoding.close()
        for served in (self.champion, self.challenger):
            if served:
                served.model.close()


@dataclass(frozen=True)
class RefusedRelease:
    """The release that was refused last."""

    revision: str
    error: str


def read_release(folder: Path) -> Release:
    """Return the release that a live folder asks for.

    Raises StorageError when release.json is missing, is no release, or asks for a challenger and names none.
    """
    release = Release.read(folder / RELEASE_FILE)
    if release.strategy != "single" and release.challenger is None:
        raise StorageError(
            f"{folder / RELEASE_FILE}: the strategy {release.strategy} needs a challenger.",
            next_step="apply the desired state again",
        )
    return release


def load(
    folder: Path, release: Release, *, secret: bytes = b"", threads: int = 1, maximum_rows: int = 1000
) -> Loaded:
    """Return the release with its models loaded, each after its checksums held and it answered one row.

    Raises BundleError when a bundle is missing, damaged or does not answer.
    """
    store = BundleStore(folder / "bundles")
    wanted = release.challenger if release.strategy != "single" else None
    with ExitStack() as undo:
        champion = _serve(store, release.champion, threads, undo)
        challenger = _serve(store, wanted, threads, undo) if wanted else None
        if challenger and challenger.bundle.contract.inputs != champion.bundle.contract.inputs:
            own = RequestModel(request_columns(challenger.bundle.contract))
            challenger = replace(challenger, requests=own)
        columns = request_columns(
            champion.bundle.contract, challenger.bundle.contract if challenger else None
        )
        requests = RequestModel(
            columns,
            outcome=champion.bundle.contract.outcome.name,
            maximum_rows=maximum_rows,
            references=references(champion.bundle),
        )
        undo.pop_all()
    return Loaded(release, champion, challenger, requests, loaded_at=datetime.now(UTC), secret=secret)


def _serve(store: BundleStore, route: Route, threads: int, undo: ExitStack) -> Served:
    bundle = store.get(route.bundle)
    model = open_model(bundle, threads=threads)
    undo.callback(model.close)
    # Some conversions load and fail only when asked.
    row = {column.name: [input_of(column).example()] for column in bundle.contract.features}
    try:
        model.predict(row)
    except BundleError as error:
        lacking = "ModuleNotFoundError" in error.what
        first = (
            "name its package in requirements/train.in, make lock, and train again"
            if lacking
            else "train again"
        )
        raise BundleError(
            f"Version {route.version} (bundle {short(route.bundle)}) does not answer its own example: {error.what}",
            next_step=f"{first}; serve the version before it meanwhile",
        ) from error
    # A large image takes long before the model is asked: its example is no large one.
    light = not any(input_of(column).bulk for column in bundle.contract.features)
    return Served(route, bundle, model, soon=light and model.quick and answers_soon(model, row))


def answers_soon(model: Model, row: Columns, clock: Callable[[], float] = time.perf_counter) -> bool:
    """Return whether a model that runs in this process is as quick as most: a large network is not.

    The best of three counts, for the machine may be busy.
    """
    for _ in range(3):
        began = clock()
        model.predict(row)
        if clock() - began < SOON_S:
            return True
    return False

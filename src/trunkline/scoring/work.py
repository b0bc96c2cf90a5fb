"""Work: one piece is scored by the service's own code, wherever this runs, and repeating it changes nothing."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from trunkline.core.errors import BundleError, StorageError, UnavailableError
from trunkline.core.release import Release
from trunkline.inputs import input_of
from trunkline.predictions.stores import open_store
from trunkline.predictions.whole import WholeSegment
from trunkline.serving.problems import BODY, Refused
from trunkline.serving.release import Loaded, load
from trunkline.serving.service import Service
from trunkline.serving.telemetry import Metrics, failure, service_log
from trunkline.tasks import task_of

from .formats import Raw, named
from .pieces import BATCH, Piece, Run, Scored
from .places import address_of

ANSWERS, REJECTS, DONE = "answers", "rejects.jsonl", "done.json"


@dataclass(frozen=True)
class Means:
    """What every worker needs, wherever it is: it must see the same places."""

    bundles: Path
    """The folder that holds `bundles/`."""
    log: str
    """The folder of the prediction log, or the address of its store."""
    threads: int = 1
    secret: bytes = field(default=b"", repr=False)
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class Order:
    """A run, and what its workers need."""

    run: Run
    means: Means

    @property
    def work(self) -> str:
        """Return the name, beside the output, under which the run keeps what it has."""
        return f"{address_of(self.run.target, root=Path('/')).name}.scoring"

    def name(self, piece: Piece, what: str) -> str:
        """Return the name of one of a piece's files."""
        return f"{self.work}/{piece.number:06d}.{what}"


def score_piece(order: Order, piece: Piece) -> Scored:
    """Score one piece: the log gets its answers, then the place of the output its files, then the mark that it is done.

    Raises BundleError when the model answers none of its rows, StorageError or UnavailableError when something that
    it needs does not take part; then it can be scored again.
    """
    live = loaded(order.means, order.run.release)
    with TemporaryDirectory(prefix="trunkline-score-") as scratch:
        return asyncio.run(_Piece(order, piece, live, Path(scratch)).score())


class _Piece:
    def __init__(self, order: Order, piece: Piece, live: Loaded, scratch: Path) -> None:
        run = order.run
        self._order, self._run, self._piece, self._live, self._scratch = order, run, piece, live, scratch
        self._format = named(run.format)
        self._target = address_of(run.target, root=Path("/")).place(order.means.variables)
        self._log = WholeSegment(scratch, run.stem(piece), run.began)
        self._service = Service(
            order.means.bundles,
            live,
            self._log,
            metrics=Metrics(),
            log=service_log(),
            threads=order.means.threads,
            maximum_rows=BATCH,
        )
        self._kept = set(run.keep) | set(run.leave_out)
        self._fields = fields_of(live, run)
        self._answered = self._rejected = self._rejected_by_model = self._place = 0

    async def score(self) -> Scored:
        """Score, and hand over what came of it."""
        run, piece = self._run, self._piece
        source = address_of(run.source, root=Path("/")).place(self._order.means.variables)
        answers, rejects = self._scratch / ANSWERS, self._scratch / REJECTS
        columns = {column.name: column for column in self._live.requests.columns}
        writer = self._format.writer(answers, self._fields)
        try:
            with self._log, rejects.open("w", encoding="utf-8") as refused:
                name = run.inputs[piece.file].name
                for batch in self._format.rows(source, name, piece, run.header, columns):
                    found = await self._answered_rows(batch, refused)
                    if found:
                        writer.write(found)
        finally:
            writer.close()
        if self._rejected_by_model and not self._answered:
            raise BundleError(
                f"The model answers no row of piece {piece.number}, from row {piece.first} on.",
                next_step="look at the log above; trunkline status says whether the service answers",
            )
        log = self._order.means.log
        self._log.log(
            open_store(log, run.release.environment, self._order.means.variables)
            if "://" in log
            else Path(log)
        )
        done = Scored(answered=self._answered, rejected=self._rejected)
        self._target.put(self._order.name(piece, ANSWERS), answers)
        self._target.put(self._order.name(piece, REJECTS), rejects)
        self._target.put(self._order.name(piece, DONE), json.dumps(done.to_dict()).encode())
        return done

    async def _answered_rows(self, batch: Sequence[Raw], refused: Any) -> list[dict[str, Any]]:
        """Return the answers to the rows of a batch that keep the contract; the others are refused."""
        inputs = [self._input(raw.values) for raw in batch if not isinstance(raw.values, str)]
        checked = iter(self._live.requests.values(inputs))
        rows: list[tuple[Raw, str, dict[str, Any]]] = []
        for raw in batch:
            taken = unread(raw.values) if isinstance(raw.values, str) else next(checked)
            self._place += 1
            if isinstance(taken, Refused):
                await self._service.reject(self._live, taken.problems)
                self._refuse(refused, raw.number, taken)
            else:
                rows.append((raw, self._run.answer_id(self._piece, self._place), taken))
        return await self._ask(rows, refused) if rows else []

    async def _ask(
        self, rows: Sequence[tuple[Raw, str, dict[str, Any]]], refused: Any
    ) -> list[dict[str, Any]]:
        """Return the answers to rows that keep the contract; those on which the model fails alone are refused."""
        mark, values = self._log.mark(), [taken for *_, taken in rows]
        try:
            records = await self._service.answer(
                self._live, values, started=time.perf_counter(), ids=[id_ for _, id_, _ in rows]
            )
        except (StorageError, UnavailableError):
            raise
        except Exception as error:  # whatever the model does to one row, the others are answered
            if len(rows) > 1:
                self._log.back_to(mark)
                return [row for one in rows for row in await self._ask([one], refused)]
            self._rejected_by_model += 1
            about = failure(error.__cause__ or error)["error"]
            self._refuse(
                refused, rows[0][0].number, unread(f"a row on which the model does not fail ({about})")
            )
            return []
        await self._service.ask_silently(self._live, values, records)
        self._answered += len(records)
        return [self._row(raw, record) for (raw, *_), record in zip(rows, records, strict=True)]

    def _row(self, raw: Raw, record: Any) -> dict[str, Any]:
        said = {"row": raw.number, "id": record.id, "version": record.version}
        if len(self._run.inputs) > 1:
            said["file"] = self._run.inputs[self._piece.file].name
        values = raw.values if isinstance(raw.values, Mapping) else {}
        kept = {name: values.get(name) for name in self._run.keep}
        answer = {
            name: record.outputs.get(name) for name in self._fields if name not in said and name not in kept
        }
        return said | answer | kept

    def _input(self, values: Any) -> dict[str, Any]:
        columns = {column.name for column in self._live.requests.columns}
        dropped = self._kept - columns | set(self._run.leave_out)
        return {name: value for name, value in values.items() if name not in dropped}

    def _refuse(self, refused: Any, number: int, why: Refused) -> None:
        self._rejected += 1
        about: dict[str, Any] = {"row": number}
        if len(self._run.inputs) > 1:
            about["file"] = self._run.inputs[self._piece.file].name
        refused.write(json.dumps(about | {"problems": why.problems}) + "\n")


def unread(reason: str) -> Refused:
    """Return why something is no row at all."""
    return Refused(({"field": BODY, "value": None, "rule": reason, "hint": ""},))


def fields_of(live: Loaded, run: Run) -> dict[str, str]:
    """Return the fields of an output's rows with their JSON types; empty where a field is no plain value."""
    contract = live.champion.bundle.contract
    said = {"row": "integer", "id": "string", "version": "integer"}
    if len(run.inputs) > 1:
        said["file"] = "string"
    answer = {
        name: schema["type"] if schema.get("type") in ("string", "number", "integer", "boolean") else ""
        for name, schema in task_of(contract).schema(contract).items()
    }
    kinds = {column.name: input_of(column) for column in live.requests.columns}
    stored = {"int64": "integer", "float64": "number", "bool": "boolean", "str": "string"}
    # A value that breaks the contract may be kept too: only what is checked has its type.
    kept = {
        name: stored[kinds[name].stored] if name in kinds and name not in run.leave_out else ""
        for name in run.keep
    }
    return said | answer | kept


def loaded(means: Means, release: Release) -> Loaded:
    """Return a release with its models, loaded once in a process."""
    return _loaded(means.bundles, release, means.secret, means.threads)


@lru_cache(maxsize=1)
def _loaded(bundles: Path, release: Release, secret: bytes, threads: int) -> Loaded:
    return load(bundles, release, secret=secret, threads=threads, maximum_rows=BATCH)

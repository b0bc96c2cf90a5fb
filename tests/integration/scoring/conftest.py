"""A live folder with a tiny model, rows in every format, and one way to score them from beginning to end."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from trunkline import scoring
from trunkline.core.release import Release
from trunkline.predictions.pseudonym import environment_secret
from trunkline.scoring import Means, Order, Piece, Scored

from ..serving.conftest import ROW, Live, start

__all__ = ["start"]

ENDINGS = (".csv", ".jsonl", ".parquet")


def made_rows(count: int) -> list[dict[str, Any]]:
    """Return rows that keep the contract, each another one."""
    return [
        ROW | {"arrest_id": place + 1, "age": 12 + place % 80, "checks": place % 7 or None}
        for place in range(count)
    ]


def write_rows(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write rows in the format of a file's ending."""
    if path.suffix == ".jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif path.suffix == ".csv":
        with path.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    else:
        pq.write_table(pa.Table.from_pylist(list(rows)), path, row_group_size=7)
    return path


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows of a file; those of CSV as texts."""
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text().splitlines()]
    if path.suffix == ".csv":
        with path.open(newline="") as stream:
            return list(csv.DictReader(stream))
    found: list[dict[str, Any]] = pq.read_table(path).to_pylist()
    return found


class Scoring:
    """One input and one output, scored with a live folder's bundles in pieces of ten rows."""

    def __init__(
        self, live: Live, release: Release, source: str, target: str, variables: Mapping[str, str]
    ) -> None:
        secret = environment_secret(live.logs / ".user-secret", {})
        self.means = Means(live.folder, str(live.logs), secret=secret, variables=variables)
        self.release = release
        self.source = scoring.address_of(source, root=Path("/"))
        self.target = scoring.address_of(target, root=Path("/"))

    def order(self, **how: Any) -> Order:
        """Begin a run, or go on with it."""
        run = scoring.kept_run(self.target, self.means.variables)
        if run is None:
            served = scoring.loaded(self.means, self.release)
            run = scoring.begin(
                self.source,
                self.target,
                self.release,
                served.requests.columns,
                served.champion.bundle.contract,
                self.means.variables,
                most=10,
                **how,
            )
        return Order(run, self.means)

    def left(self, order: Order) -> list[Piece]:
        """Return the pieces that are not done."""
        done = scoring.done_pieces(order, self.target)
        return [piece for piece in order.run.pieces if piece.number not in done]

    def whole(self, **how: Any) -> Scored:
        """Score everything that is left, write the output, and return what was counted."""
        order = self.order(**how)
        for _ in scoring.here(order, self.left(order)):
            pass
        done = scoring.done_pieces(order, self.target).values()
        count = Scored(
            answered=sum(each.answered for each in done), rejected=sum(each.rejected for each in done)
        )
        scoring.finish(order, self.target, count.rejected)
        return count


@pytest.fixture
def live(tmp_path: Path) -> Live:
    made = Live(tmp_path / "live")
    made.add(1)
    return made


@pytest.fixture
def scored(live: Live) -> Callable[..., Scoring]:
    """Return what scores IN to OUT with version 1, or with another release."""

    def make(source: object, target: object, release: Release | None = None, **variables: str) -> Scoring:
        return Scoring(live, release or live.release(1), str(source), str(target), variables)

    return make

"""A run that is killed goes on, in one process or on a Dask cluster: no row is lost, and none is there twice."""

from __future__ import annotations

import os
import pickle
import re
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest

from standin import bucket
from trunkline import scoring
from trunkline.core.errors import PolicyError, UnavailableError
from trunkline.scoring import Order, Piece
from trunkline.scoring.places import Place
from trunkline.scoring.work import score_piece

from ..serving.conftest import Live
from .conftest import ENDINGS, Scoring, made_rows, read_rows, write_rows

STARTS = """
import os, pickle, signal, sys
from trunkline.scoring.folders import Folder
from trunkline.scoring.work import score_piece

order, pieces, calls = pickle.loads(sys.stdin.buffer.read())
put = Folder.put

def killed(self, name, content):
    global calls
    calls -= 1
    if calls < 0:
        os.kill(os.getpid(), signal.SIGKILL)
    put(self, name, content)

Folder.put = killed
for piece in pieces:
    score_piece(order, piece)
"""
"""Scores pieces in a process that kills itself before a certain file is put into its place."""


def killed_after(puts: int, order: Order, pieces: list[Piece]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", STARTS], input=pickle.dumps((order, pieces, puts)), check=False, timeout=120
    )
    assert done.returncode == -signal.SIGKILL


def require_each_once(target: Path, live: Live, rows: int) -> None:
    found = read_rows(target)
    assert [int(row["row"]) for row in found] == list(range(rows))
    assert Counter(row["id"] for row in found) == Counter(line["id"] for line in live.lines())


@pytest.mark.parametrize("puts", [0, 1, 5])
def test_killed_between_any_two_of_its_files_it_goes_on(
    scored: Callable[..., Scoring], live: Live, tmp_path: Path, puts: int
) -> None:
    ending = ENDINGS[puts % 3]
    source, target = write_rows(tmp_path / f"in{ending}", made_rows(35)), tmp_path / f"out{ending}"
    run = scored(source, target)
    order = run.order()
    killed_after(puts, order, run.left(order))
    assert live.lines() != []
    assert not target.exists()
    assert scored(source, target).whole().answered == 35
    require_each_once(target, live, 35)


def test_a_piece_that_is_scored_twice_changes_nothing(
    scored: Callable[..., Scoring], live: Live, tmp_path: Path
) -> None:
    source, target = write_rows(tmp_path / "in.csv", made_rows(35)), tmp_path / "out.csv"
    run = scored(source, target)
    order = run.order()
    for piece in (order.run.pieces[1], *order.run.pieces, order.run.pieces[2]):
        score_piece(order, piece)
    assert run.whole().answered == 35
    require_each_once(target, live, 35)


def test_an_output_that_was_written_and_not_tidied_up_is_written_again(
    scored: Callable[..., Scoring], live: Live, tmp_path: Path
) -> None:
    source, target = write_rows(tmp_path / "in.csv", made_rows(35)), tmp_path / "out.csv"
    run = scored(source, target)
    order = run.order()
    list(scoring.here(order, run.left(order)))

    kept = tmp_path / "kept"
    shutil.copytree(tmp_path / "out.csv.scoring", kept)
    scoring.finish(order, run.target, 1)
    kept.rename(tmp_path / "out.csv.scoring")
    assert run.whole().answered == 35
    require_each_once(target, live, 35)
    assert not target.with_name("out.csv.rejects.jsonl").exists()


def test_several_processes_give_the_same_output(
    scored: Callable[..., Scoring], live: Live, tmp_path: Path
) -> None:
    source, target = write_rows(tmp_path / "in.jsonl", made_rows(35)), tmp_path / "out.jsonl"
    run = scored(source, target)
    order = run.order()
    assert len(list(scoring.here(order, run.left(order), processes=2))) == 4
    assert run.whole().answered == 35
    require_each_once(target, live, 35)


@contextmanager
def cluster(workers: int) -> Iterator[tuple[str, list[subprocess.Popen[str]]]]:
    """Yield the address of a scheduler with workers, each a process of one thread that nobody starts again."""
    distributed = pytest.importorskip("distributed")
    words = [
        sys.executable,
        "-m",
        "distributed.cli.dask_scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--no-dashboard",
    ]
    environment = os.environ | {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "3"}
    with ExitStack() as undo:

        def start(command: list[str]) -> subprocess.Popen[str]:
            process = undo.enter_context(
                subprocess.Popen(
                    command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment
                )
            )
            undo.callback(process.kill)
            return process

        scheduler = start(words)
        assert scheduler.stderr is not None
        address = next(
            filter(None, (re.search(r"tcp://127\.0\.0\.1:\d+", line) for line in scheduler.stderr))
        )[0]
        one = [
            sys.executable,
            "-m",
            "distributed.cli.dask_worker",
            address,
            "--nthreads",
            "1",
            "--no-nanny",
            "--no-dashboard",
        ]
        started = [start(one) for _ in range(workers)]
        with distributed.Client(address, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)
        yield address, started


def test_on_dask_a_worker_that_is_killed_mid_run_changes_nothing(
    scored: Callable[..., Scoring], live: Live, tmp_path: Path
) -> None:
    source = write_rows(tmp_path / "in.parquet", made_rows(120))
    target, alone = tmp_path / "out.parquet", tmp_path / "alone.parquet"
    run = scored(source, target)
    order = run.order()
    with cluster(2) as (address, workers):
        scoring_there = scoring.on_dask(address, order, run.left(order))
        next(scoring_there)
        workers[0].kill()
        rest = sum(1 for _ in scoring_there)
        assert rest == len(order.run.pieces) - 1
        assert workers[0].wait(timeout=30) == -signal.SIGKILL
    assert run.whole().answered == 120
    require_each_once(target, live, 120)
    scored(source, alone).whole()
    same = ("row", "version", "prediction", "probabilities")
    found, expected = (
        [{name: row[name] for name in same} for row in read_rows(path)] for path in (target, alone)
    )
    assert found == expected


@pytest.mark.parametrize(
    "address", ["tcp://scheduler.example.org:8786", "scheduler:8786", "tcp://10.0.0.7:8786"]
)
def test_keys_and_rows_go_to_no_scheduler_over_an_open_line(
    scored: Callable[..., Scoring], tmp_path: Path, address: str
) -> None:
    run = scored(write_rows(tmp_path / "in.csv", made_rows(3)), tmp_path / "out.csv")
    order = run.order()
    with pytest.raises(PolicyError, match="open line"):
        next(iter(scoring.on_dask(address, order, run.left(order), patience=0.1)))


def test_a_scheduler_that_does_not_answer_is_said(scored: Callable[..., Scoring], tmp_path: Path) -> None:
    pytest.importorskip("distributed")
    run = scored(write_rows(tmp_path / "in.csv", made_rows(2)), tmp_path / "out.csv")
    order = run.order()
    with pytest.raises(UnavailableError):
        list(scoring.on_dask("tcp://127.0.0.1:9", order, run.left(order), patience=0.2))


class TestInABucket:
    """Against moto, which speaks S3 over HTTP."""

    @pytest.fixture(scope="class")
    @classmethod
    def served(cls) -> Iterator[str]:
        pytest.importorskip("moto")
        with bucket.serve_s3() as address:
            bucket.empty(address)
            yield address

    @pytest.mark.parametrize("ending", ENDINGS)
    def test_input_output_and_what_is_kept_between_lie_there(
        self, scored: Callable[..., Scoring], live: Live, tmp_path: Path, served: str, ending: str
    ) -> None:
        variables: dict[str, Any] = bucket.KEYS | bucket.reached_at(served)
        rows = made_rows(35)
        rows[11]["age"] = 3
        run = scored(
            f"s3://{bucket.BUCKET}/a/in{ending}", f"s3://{bucket.BUCKET}/b/out{ending}", None, **variables
        )
        place: Place = run.target.place(variables)
        run.source.place(variables).put(f"in{ending}", write_rows(tmp_path / f"in{ending}", rows))
        order = run.order()
        score_piece(order, order.run.pieces[0])
        assert len(run.left(order)) == len(order.run.pieces) - 1
        assert (count := run.whole()).answered == 34
        assert count.rejected == 1
        (tmp_path / f"out{ending}").write_bytes(place.read(f"out{ending}"))
        assert [int(row["row"]) for row in read_rows(tmp_path / f"out{ending}")] == [
            r for r in range(35) if r != 11
        ]
        assert place.inside(f"out{ending}.scoring") == ()
        assert place.found(f"out{ending}.rejects.jsonl")

"""What the questions to a large prediction log cost: the newest window, the join of late labels, one answer by its id.

Run: python benchmarks/prediction_log.py [answers] [labels] [folder]; the folder is made anew where it is not there.
The join is compared with an independent query in SQLite.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import re
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from trunkline.predictions.compaction import compact
from trunkline.predictions.database import database
from trunkline.predictions.joining import join_truth
from trunkline.predictions.reader import LogReader
from trunkline.predictions.segments import closed_name, segments_in

START = datetime(2026, 1, 1, tzinfo=UTC)
SEGMENT = 120_000
"""Answers: about 64 MB of lines."""
STEP = timedelta(milliseconds=250)

ANSWERS = """
    COPY (
        SELECT 'trunkline/prediction/1' AS schema, md5(i::VARCHAR) AS id,
               strftime(TIMESTAMP '2026-01-01' + INTERVAL (i * 250) MILLISECOND, '%Y-%m-%dT%H:%M:%S.%fZ') AS time,
               'production' AS environment, repeat('ab12', 10) AS revision, 3 AS version,
               'sha256:' || repeat('c', 64) AS bundle, 'champion' AS arm,
               {'age': 18 + hash(i) % 60, 'income': hash(i + 1) / 1e13, 'employed': 'Yes', 'colour': 'White'}
                   AS inputs,
               {'prediction': 'Yes', 'probabilities': {'No': hash(i + 2) / 2e19, 'Yes': hash(i + 2) / 2e19}}
                   AS outputs,
               1.234 AS latency_ms, substr(md5((i % 100000)::VARCHAR), 1, 16) AS "user", '' AS answered
        FROM range(?::BIGINT, ?::BIGINT) AS t(i)
    ) TO ? (FORMAT json, COMPRESSION gzip)
"""
TRUTH = """
    CREATE TABLE event AS
    SELECT md5((hash(i) % ?)::VARCHAR) AS prediction, CASE WHEN i % 3 = 0 THEN 'Yes' ELSE 'No' END AS value,
           i AS minute FROM range(?) AS t(i);
"""
WRITE_TRUTH = """
    COPY (
        WITH again AS (SELECT prediction, value, minute FROM event WHERE hash(minute + 7) % 100 < 5),
             right_after_all AS (
                 SELECT prediction, CASE value WHEN 'Yes' THEN 'No' ELSE 'Yes' END AS value, minute + 5000000 AS minute
                 FROM event WHERE hash(minute + 9) % 100 < 1)
        SELECT 'trunkline/ground-truth/2' AS schema, prediction, '' AS item, value,
               strftime(TIMESTAMP '2026-06-01' + INTERVAL (minute) SECOND, '%Y-%m-%dT%H:%M:%SZ') AS time
        FROM (FROM event UNION ALL FROM again UNION ALL FROM right_after_all) ORDER BY hash(prediction || minute)
    ) TO ? (FORMAT json)
"""


def main(answers: int, labels: int, folder: Path) -> None:
    """Print seconds and peak memory of each question, each in a process of its own."""
    log, truth = folder / "log", folder / "truth.jsonl"
    if not log.exists():
        make(log, truth, answers, labels)
    segments = segments_in(log)
    size = sum(segment.path.stat().st_size for segment in segments) / 1e9
    print(
        f"{answers:,} answers in {len(segments)} files, {size:.1f} GB; {labels:,} labels and what is repeated"
    )
    wanted = answers * 2 // 3
    identity = asked(id_of, wanted)[0]
    print(f"{'':<28}{'clock':>9} {'processors':>11} {'peak':>7}")
    for name, question, more in (
        ("newest 2,000", newest, (2000,)),
        ("newest 20,000", newest, (20_000,)),
        ("find by id", find, (identity,)),
        ("an id that is not there", find, ("f" * 32,)),
        ("newest 2,000 with a truth", labelled, (truth, 2000)),
        ("join of all labels", join, (truth,)),
    ):
        found, seconds, worked, megabytes = asked(question, log, *more)
        print(f"{name:<28}{seconds:7.2f} s {worked:9.2f} s {megabytes:4.0f} MB   {found}")
    print("the join agrees with SQLite:", agrees(log, truth))


def make(log: Path, truth: Path, answers: int, labels: int) -> None:
    """Write the log in closed segments, compact it, and write the labels."""
    log.mkdir(parents=True)
    began = time.perf_counter()
    with database(memory="2GB") as opened:
        for first in range(0, answers, SEGMENT):
            last = min(first + SEGMENT, answers)
            name = closed_name(f"{first:012}", START + first * STEP, START + (last - 1) * STEP)
            opened.execute(ANSWERS, [first, last, str(log / name)])
        opened.execute(TRUTH, [answers, labels])
        opened.execute(WRITE_TRUTH, [str(truth)])
    print(f"written in {time.perf_counter() - began:.0f} s")
    parts, seconds, _, megabytes = asked(compact, log)
    print(f"compacted to {parts} parts in {seconds:.0f} s, {megabytes:.0f} MB")


def newest(log: Path, requests: int) -> str:
    """Return how many requests the newest window has."""
    return f"{LogReader(log).newest(requests).requests:,} requests"


def find(log: Path, identity: str) -> str:
    """Return when an answer was given."""
    found = LogReader(log).find(identity)
    return f"{found.time:%F %T}" if found else "none"


def labelled(log: Path, truth: Path, count: int) -> str:
    """Return how many answers with their outcomes were read."""
    return f"{len(LogReader(log).labelled(truth, newest=count)[0]):,} answers"


def join(log: Path, truth: Path) -> str:
    """Return how many answers have an outcome."""
    with database() as opened:
        join_truth(opened, segments_in(log), truth)
        ((count,),) = opened.execute("SELECT count(*) FROM wanted").fetchall()
        return f"{count:,} answers"


def id_of(number: int) -> str:
    """Return the id of an answer by its place in the log."""
    with database() as opened:
        return str(opened.execute("SELECT md5(?::VARCHAR)", [number]).fetchall()[0][0])


def agrees(log: Path, truth: Path) -> bool:
    """Return whether SQLite finds the same outcome for the same answers: the last by time, then by line."""
    with sqlite3.connect(":memory:") as other, truth.open() as lines:
        other.execute("CREATE TABLE event (prediction TEXT, value TEXT, time TEXT)")
        rows = (json.loads(line) for line in lines)
        other.executemany("INSERT INTO event VALUES (:prediction, :value, :time)", rows)
        query = """
            SELECT prediction, value FROM (
                SELECT *, row_number() OVER (PARTITION BY prediction ORDER BY time DESC, rowid DESC) AS place FROM event
            ) WHERE place = 1
        """
        # As the log's key is made, by other means.
        expected = {
            UUID(bytes=hashlib.md5(name.encode()).digest()[::-1]): value  # noqa: S324
            for name, value in other.execute(query)
        }
    with database() as opened:
        join_truth(opened, segments_in(log), truth)
        found = dict(opened.execute("SELECT key, value->>'$' FROM wanted").fetchall())
        return found == expected and len(expected) > 0


def asked(question: Callable[..., object], *arguments: object) -> tuple[object, float, float, float]:
    """Return the answer of a function, its seconds by the clock and of the processors, and its peak in MB."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (question, arguments))


def _measured(
    question: Callable[..., object], arguments: tuple[object, ...]
) -> tuple[object, float, float, float]:
    import duckdb  # noqa: F401 (what it costs to import it is no part of a question)

    began, worked = time.perf_counter(), time.process_time()
    found = question(*arguments)
    seconds, worked = time.perf_counter() - began, time.process_time() - worked
    # Of this process alone: the peak that getrusage tells is the parent's where that was higher.
    peak = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return found, seconds, worked, int(peak[1]) / 1024 if peak else float("nan")


if __name__ == "__main__":
    given = [*map(int, sys.argv[1:3]), *(10_000_000, 1_000_000)[len(sys.argv[1:3]) :]]
    main(given[0], given[1], Path(sys.argv[3] if len(sys.argv) > 3 else tempfile.mkdtemp()))

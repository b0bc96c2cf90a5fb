"""What batch scoring costs: rows a second and memory, and by their slope the memory of a hundred million rows.

Run: python benchmarks/batch_scoring.py [rows] [folder]. A random forest of 100 trees as ONNX, 4 features and a key;
Parquet in and out. The process is one; its memory is asked of the system after each piece of 100,000 rows.
"""

from __future__ import annotations

import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
import pyarrow as pa
import pyarrow.parquet as pq
from onnx_latency import CANDIDATES, CONTRACT, features
from sklego.datasets import load_arrests

from trunkline import scoring
from trunkline.core.bundle import BundleManifest, BundleStore, seal
from trunkline.core.contract import Column, Contract, Role
from trunkline.core.lineage import Lineage
from trunkline.core.policy.training import Search, TrainingPolicy
from trunkline.core.release import Release
from trunkline.scoring import Means, Order
from trunkline.training import train
from trunkline.training.exporters.onnx import own

GROUP = 200_000
WHERE = dict.fromkeys(
    ("commit", "snapshot", "training_key", "code", "policy", "lock", "toolkit", "candidate"), "x"
)
LARGE = 100_000_000


def main(rows: int, folder: Path) -> None:
    """Print rates and memory."""
    release, contract = sealed(folder), scored_contract()
    source, target = folder / "in.parquet", folder / "out.parquet"
    made(source, rows)
    means = Means(folder, str(folder / "log"), secret=b"s" * 64)
    live = scoring.loaded(means, release)
    taken, given = (scoring.address_of(str(path), root=folder) for path in (source, target))
    began = time.perf_counter()
    run = scoring.begin(taken, given, release, live.requests.columns, contract, {}, keep=["case"])
    process, seen = psutil.Process(), []
    for number, _ in enumerate(scoring.here(Order(run, means), run.pieces), 1):
        seen.append((number * 100_000, process.memory_info().rss / 2**20))
        if number % 10 == 0:
            print(
                f"{seen[-1][0]:>12,} rows  {time.perf_counter() - began:8.0f} s  {seen[-1][1]:6.0f} MB",
                flush=True,
            )
    scoring.finish(Order(run, means), given, 0)
    seconds = time.perf_counter() - began
    processors = sum(process.cpu_times()[:2])
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10
    half = [one for one in seen if one[0] >= rows / 5]
    slope, base = (
        np.polyfit([one[0] for one in half], [one[1] for one in half], 1) if len(half) > 1 else (0.0, peak)
    )
    assert pq.ParquetFile(target).metadata.num_rows == rows
    size = sum(path.stat().st_size for path in (folder / "log").iterdir()) / 2**20
    print(f"{rows:,} rows in {seconds:,.0f} s on the clock, {processors:,.0f} s of processors")
    print(f"{rows / processors:,.0f} rows a second of one processor; peak {peak:.0f} MB; log {size:,.0f} MB")
    print(
        f"slope {slope * 1e6:+.2f} MB a million rows: {max(peak, base + slope * LARGE):.0f} MB at {LARGE:,} rows"
    )


def scored_contract() -> Contract:
    """Return the contract with a key."""
    key = Column(name="case", type="integer", role=Role.KEY)
    return CONTRACT.model_copy(update={"columns": (key, *CONTRACT.columns)})


def sealed(folder: Path) -> Release:
    """Return the release of a forest that was trained on the arrests."""
    rows = load_arrests(as_frame=True)
    contract = scored_contract()
    policy = TrainingPolicy(search=Search(folds=2, jobs=1))
    fitted = train(rows, CONTRACT, features=features, candidates=[CANDIDATES[1]], policy=policy)
    draft = folder / "draft"
    draft.mkdir(parents=True)
    contract.write(draft / "contract.json")
    (draft / "model.onnx").write_bytes(own(fitted.pipeline, CONTRACT))
    manifest = BundleManifest(
        name="arrests",
        runtime="onnx",
        model="model.onnx",
        classes=fitted.classes,
        figures=(),
        lineage=Lineage(**WHERE, settings={}),
        files={},
    )
    bundle = BundleStore(folder / "bundles").add(seal(draft, manifest).folder)
    return Release.of_one(bundle.digest, environment="production", revision="c" * 40)


def made(path: Path, rows: int) -> None:
    """Write rows that keep the contract, group by group."""
    draw = np.random.default_rng(7)
    writer = None
    for begin in range(0, rows, GROUP):
        size = min(GROUP, rows - begin)
        table = pa.table(
            {
                "case": np.arange(begin, begin + size),
                "age": draw.integers(12, 66, size),
                "checks": draw.integers(0, 7, size),
                "employed": np.array(["No", "Yes"])[draw.integers(0, 2, size)],
                "citizen": np.array(["No", "Yes"])[draw.integers(0, 2, size)],
            }
        )
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer:
        writer.close()


if __name__ == "__main__":
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    where = Path(sys.argv[2]) if len(sys.argv) > 2 else Path(tempfile.mkdtemp(prefix="batch-scoring-"))
    try:
        main(count, where)
    finally:
        shutil.rmtree(where, ignore_errors=True)

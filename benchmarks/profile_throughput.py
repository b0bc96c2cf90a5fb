"""How many rows a second are profiled, and how much dearer that is than numpy's bare histogram.

Run: python benchmarks/profile_throughput.py [rows]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial

import numpy as np

from trunkline.core.contract import Column, Contract, Role
from trunkline.inputs.profiles import NumberProfile
from trunkline.monitoring import profile_like, reference_profile

REPEATS = 5
CONTRACT = Contract(
    name="benchmark",
    positive="Yes",
    columns=(
        Column(name="amount", type="number"),
        Column(name="age", type="integer"),
        Column(name="region", type="category"),
        Column(name="outcome", type="category", role=Role.OUTCOME, categories=("No", "Yes")),
    ),
)


def main(rows: int) -> None:
    """Print seconds, rows a second and the ratio to the baseline, by column."""
    random = np.random.default_rng(1)
    columns = {
        "amount": random.lognormal(3, 1, rows),
        "age": random.integers(18, 90, rows),
        "region": random.choice(["north", "south", "east", "west"], rows).astype(object),
    }
    reference = reference_profile({name: values[:10_000] for name, values in columns.items()}, CONTRACT)  # type: ignore[misc]
    print(f"{rows:,} rows, best of {REPEATS}")
    for name, values in columns.items():
        part = reference.model_copy(update={"columns": {name: reference.columns[name]}})
        cells = reference.columns[name]
        seconds = best(partial(profile_like, part, CONTRACT, {name: values}))  # type: ignore[dict-item]
        line = f"{name:>8}: {seconds:.3f} s, {rows / seconds / 1e6:.1f} million rows a second"
        if isinstance(cells, NumberProfile):
            edges = np.array([-np.inf, *cells.edges, np.inf])
            bare = best(partial(np.histogram, values, edges))
            line += f", {seconds / bare:.1f} times numpy.histogram ({bare:.3f} s)"
        print(line)
    seconds = best(lambda: profile_like(reference, CONTRACT, columns))  # type: ignore[arg-type]
    print(f"     all: {seconds:.3f} s, {rows / seconds / 1e6:.1f} million rows a second")


def best(work: Callable[[], object]) -> float:
    """Return the shortest of some runs, in seconds."""
    taken = []
    for _ in range(REPEATS):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return min(taken)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)

"""Slices: parts of the rows on which the model is weak, or worse than one that ignores its inputs.

Shallow trees find them on one half of the test rows; the other half confirms, under Holm's control over all of them.
Source: Chung et al. (2019), Slice Finder: Automated Data Slicing for Model Validation; Cox (1975), A note on
data-splitting for the evaluation of significance levels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from trunkline.core.contract import Contract
from trunkline.core.figures import Figure
from trunkline.core.policy.gates import SliceGates
from trunkline.measure.paired import Array, Paired
from trunkline.measure.rise import above_zero, against_rest
from trunkline.measure.users import number_of
from trunkline.tasks import Losses, task_of

from .evidence import Measured, measure_slices
from .halves import halves
from .search import Slice, Table

Measure = Callable[..., list[Measured]]
FEWEST_USERS = 5
"""Users that a slice must have where they repeat: fewer say nothing of others."""


@dataclass(frozen=True)
class Findings:
    """What the search found; `problem` says why it could not search, and then the rest is empty."""

    problem: str = ""
    how: str = ""
    slices: int = 0
    rows: int = 0
    loss: str = ""
    doubts: bool = False
    known: tuple[Measured, ...] = ()
    """Slices with a higher loss than elsewhere."""
    weak: tuple[Measured, ...] = ()
    """Those of them of which the model's own probabilities do not say so."""
    harm: tuple[Measured, ...] = ()
    """Slices with a higher loss than that of a model that ignores its inputs."""

    @property
    def figure(self) -> Figure:
        """Return how many slices were asked."""
        return Figure(name="slices", value=self.slices, rows=self.rows)


def find(
    paired: Paired,
    frame: pd.DataFrame,
    contract: Contract,
    policy: SliceGates,
    train: Paired | None,
    *,
    seed: int,
) -> Findings:
    """Return the parts of the rows on which the model is weak, or does harm.

    `frame` holds the test rows. `train` gives the shares of the classes, or the mean, that a model answers which
    ignores its inputs. The same rows, in any order, give the same findings.
    """
    found = task_of(paired).losses(paired, train)
    first, second = halves(frame, contract, seed)
    table = Table(frame, contract, minimum_rows=policy.minimum_rows)
    if problem := _too_little(paired, found, table, (first, second), policy):
        return Findings(problem)
    confirm, regret = found.take(second), found.model - found.baseline
    candidates = _candidates(table, found, first, second, policy)
    of = "" if confirm.users is None else f" (of {number_of(confirm.users):,} users)"
    measured = partial(measure_slices, confirm=confirm, second=second, policy=policy)
    known, weak = _weak(candidates, found, first, second, measured)
    worse = [part for part in candidates if regret[first][part.mask[first]].mean() > 0]
    harm = measured(
        worse,
        [above_zero(regret[second], part.mask[second], confirm.users) for part in worse],
        [float(found.baseline[second][part.mask[second]].mean()) for part in worse],
    )
    return Findings(
        how=f"{len(candidates)} slices of up to {policy.depth} conditions were found on {len(first):,} test rows and "
        f"asked of the other {len(second):,}{of}.",
        slices=len(candidates),
        rows=len(second),
        loss=found.name,
        doubts=found.doubts,
        known=tuple(known),
        weak=tuple(weak),
        harm=tuple(harm),
    )


def _candidates(table: Table, found: Losses, first: Array, second: Array, policy: SliceGates) -> list[Slice]:
    """Return the nodes of a tree on each target with enough rows and users in the half that confirms, each once."""
    nodes: dict[bytes, Slice] = {}
    for target in (found.model, found.model - found.baseline, found.surprise):
        for part in table.slices(target, first, depth=policy.depth, minimum_rows=policy.minimum_rows):
            inside = second[part.mask[second]]
            if not policy.minimum_rows <= len(inside) <= len(second) - policy.minimum_rows:
                continue
            if found.users is None or number_of(found.users[inside]) >= FEWEST_USERS:
                nodes.setdefault(np.packbits(part.mask).tobytes(), part)
    return list(nodes.values())


def _weak(
    candidates: Sequence[Slice], found: Losses, first: Array, second: Array, measured: Measure
) -> tuple[list[Measured], list[Measured]]:
    """Return the slices with a loss above the rest's, and those of them where the model's doubts do not say so.

    Of the latter both differences must be real, so the less sure one counts (Berger 1982, intersection-union tests).
    """
    confirm = found.take(second)

    def higher(values: Array, part: Slice) -> bool:
        return against_rest(values[first], part.mask[first]).difference > 0

    hard = [part for part in candidates if higher(found.model, part)]
    by_loss = [against_rest(confirm.model, part.mask[second], confirm.users) for part in hard]
    elsewhere = [float(confirm.model[~part.mask[second]].mean()) for part in hard]
    odd = [place for place, part in enumerate(hard) if higher(found.surprise, part)]
    by_both = [
        min(
            by_loss[place],
            against_rest(confirm.surprise, hard[place].mask[second], confirm.users),
            key=lambda rise: rise.statistic,
        )
        for place in odd
    ]
    return (
        measured(hard, by_loss, elsewhere),
        measured([hard[place] for place in odd], by_both, [elsewhere[place] for place in odd]),
    )


def _too_little(
    paired: Paired, found: Losses, table: Table, parts: tuple[Array, Array], policy: SliceGates
) -> str:
    least = 2 * policy.minimum_rows
    if min(map(len, parts)) < least:
        return (
            f"The test part has {paired.rows:,} rows: {len(parts[0]):,} to find slices on and {len(parts[1]):,} to "
            f"confirm them on, and fewer than {least:,} each cannot be cut."
        )
    if paired.only:
        return f"All {paired.rows:,} outcomes of the test part are {paired.only}."
    if not table.values.shape[1]:
        return "No feature or audit column cuts the rows into parts that a person could name."
    if not found.baseline[parts[1]].mean():
        return f"All {paired.rows:,} outcomes are alike, so there is no scale of errors."
    return ""

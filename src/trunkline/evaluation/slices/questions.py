"""Slices: parts of the rows on which the model is weak, or worse than one that ignores its inputs.

Shallow trees find them on one half of the test rows; the other half confirms, under Holm's control over all of them.
Source: Chung et al. (2019), Slice Finder: Automated Data Slicing for Model Validation; Cox (1975), A note on
data-splitting for the evaluation of significance levels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from trunkline.core.contract import Contract
from trunkline.core.figures import Figure
from trunkline.core.policy.gates import SliceGates
from trunkline.core.verdicts import Outcome, Verdict
from trunkline.measure.paired import Array, Paired
from trunkline.measure.users import number_of
from trunkline.measure.wording import between, number

from .evidence import Measured, above_zero, against_rest, apart, measure_slices
from .halves import halves
from .loss import Losses, losses
from .search import Slice, Table

SHOWN = 3
FEWEST_USERS = 5
"""Users that a slice must have where they repeat: fewer say nothing of others."""
WEAK = "slices/weak"
HARM = "slices/harm"
BASELINE = "one that ignores its inputs"


def slice_verdicts(
    paired: Paired,
    frame: pd.DataFrame,
    contract: Contract,
    policy: SliceGates,
    train: Paired | None,
    *,
    seed: int,
) -> tuple[Verdict, ...]:
    """Return `slices/weak`, which never stops a release, and `slices/harm`, which stops it where the policy says so.

    `frame` holds the test rows. `train` gives the shares of the classes, or the mean, that a model answers which
    ignores its inputs. The same rows, in any order, give the same verdicts.
    """
    found = losses(paired, train)
    first, second = halves(frame, contract, seed)
    table = Table(frame, contract, minimum_rows=policy.minimum_rows)
    problem = _too_little(paired, found, table, (first, second), policy)
    if problem:
        return tuple(_unasked(gate, problem, policy) for gate in (WEAK, HARM))
    confirm, regret = found.take(second), found.model - found.baseline
    candidates = _candidates(table, found, first, second, policy)
    of = "" if confirm.users is None else f" (of {number_of(confirm.users):,} users)"
    how = (
        f"{len(candidates)} slices of up to {policy.depth} conditions were found on {len(first):,} test rows and "
        f"asked of the other {len(second):,}{of}."
    )
    asked = Figure(name="slices", value=len(candidates), rows=len(second))
    known, weak = _weak(candidates, found, first, second, policy)
    worse = [part for part in candidates if regret[first][part.mask[first]].mean() > 0]
    harm = measure_slices(
        worse,
        [above_zero(regret[second], part.mask[second], confirm.users) for part in worse],
        [float(found.baseline[second][part.mask[second]].mean()) for part in worse],
        confirm,
        second,
        policy,
    )
    return _weak_verdict(weak, known, how, asked, found, policy), _harm_verdict(
        harm, how, asked, found, policy
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
    candidates: Sequence[Slice], found: Losses, first: Array, second: Array, policy: SliceGates
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
        measure_slices(hard, by_loss, elsewhere, confirm, second, policy),
        measure_slices(
            [hard[place] for place in odd],
            by_both,
            [elsewhere[place] for place in odd],
            confirm,
            second,
            policy,
        ),
    )


def _weak_verdict(
    weak: Sequence[Measured],
    hard: Sequence[Measured],
    how: str,
    asked: Figure,
    found: Losses,
    policy: SliceGates,
) -> Verdict:
    bad = apart([one for one in weak if one.confirmed])
    rest = [one for one in hard if one.confirmed] if found.doubts else []
    rest = apart([*bad, *rest])[len(bad) :]
    doubts = " and by more than its own probabilities say" if found.doubts else ""
    words = f"No part of the rows is found where the model errs more than elsewhere{doubts}."
    if bad:
        label = "unexplained gap" if doubts else "gap"
        words = (
            f"The model's {found.name} is higher than elsewhere{doubts} where "
            f"{_listed(bad, 'elsewhere', label)}."
        )
    if rest:
        words += f" Hard to tell, as its own probabilities say: {_listed(rest, 'elsewhere')}."
    return Verdict(
        gate=WEAK,
        outcome="fail" if bad else "pass",
        blocking=False,
        question=_question(WEAK, policy),
        threshold=policy.gap,
        figures=(*(one.figure("gap") for one in bad), *(one.figure("known_gap") for one in rest), asked),
        reason=f"{words} {how}",
        advice="Look at these rows: wrong labels, a feature that is missing or means something else there, too few "
        "such rows in training. gates.performance.slices can put a floor under them."
        if bad
        else "",
    )


def _harm_verdict(
    harm: Sequence[Measured], how: str, asked: Figure, found: Losses, policy: SliceGates
) -> Verdict:
    bad = apart([one for one in harm if one.confirmed])
    doubtful = [one for one in harm if one.alone][:1] if not bad else []
    outcome: Outcome = "fail" if bad else "inconclusive" if doubtful else "pass"
    words = f"Nowhere is the model found to be worse than {BASELINE}."
    if bad:
        words = (
            f"The model's {found.name} is higher than that of {BASELINE} where {_listed(bad, 'of that one')}."
        )
    if doubtful:
        words = (
            f"It may be higher than that of {BASELINE} where {_listed(doubtful, 'of that one')}: enough if it were "
            "the only slice asked, not among so many."
        )
    return Verdict(
        gate=HARM,
        outcome=outcome,
        blocking=policy.blocking and not doubtful,
        question=_question(HARM, policy),
        threshold=policy.gap,
        figures=(*(one.figure("harm") for one in (*bad, *doubtful)), asked),
        reason=f"{words} {how}",
        advice=""
        if outcome == "pass"
        else "There the model does damage: look for wrong labels, a unit or code that means something else, or a "
        "group that training lacked. Mend the rows or features, or keep the model from deciding such rows.",
    )


def _listed(told: Sequence[Measured], against: str, label: str = "gap") -> str:
    said = [
        f"{one.slice.words} ({number(one.here)} against {number(one.there)} {against}; {label} "
        f"{number(one.effect)}, {between(one.interval)}, {one.rows:,} rows)"
        for one in told[:SHOWN]
    ]
    if len(told) > SHOWN:
        said.append(f"and in {len(told) - SHOWN} more")
    return "; ".join(said)


def _too_little(
    paired: Paired, found: Losses, table: Table, parts: tuple[Array, Array], policy: SliceGates
) -> str:
    least = 2 * policy.minimum_rows
    if min(map(len, parts)) < least:
        return (
            f"The test part has {paired.rows:,} rows: {len(parts[0]):,} to find slices on and {len(parts[1]):,} to "
            f"confirm them on, and fewer than {least:,} each cannot be cut."
        )
    if paired.one_class:
        return f"All {paired.rows:,} outcomes of the test part are {paired.classes[int(paired.truth[0])]}."
    if not table.values.shape[1]:
        return "No feature or audit column cuts the rows into parts that a person could name."
    if not found.baseline[parts[1]].mean():
        return f"All {paired.rows:,} outcomes are alike, so there is no scale of errors."
    return ""


def _unasked(gate: str, problem: str, policy: SliceGates) -> Verdict:
    return Verdict(
        gate=gate,
        outcome="inconclusive",
        # The search is extra care: a small test part must not hold a release up.
        blocking=False,
        question=_question(gate, policy),
        threshold=policy.gap,
        reason=problem,
        advice=f"Gather more test rows ({4 * policy.minimum_rows:,} or more), or lower gates.slices.minimum_rows.",
    )


def _question(gate: str, policy: SliceGates) -> str:
    if gate == HARM:
        return (
            f"Is the model nowhere worse than {BASELINE}, by {number(policy.gap)} of that one's mean error?"
        )
    return (
        f"Is there no part of the rows on which the model is weak: its error above the rest's by {number(policy.gap)} "
        f"of the mean error of {BASELINE}?"
    )

"""Judging: every question that a model must answer before it is released, asked in one go."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import date

from trunkline.core.contract import Contract
from trunkline.core.figures import Figure
from trunkline.core.gate import Gate, asked, gates, with_rules
from trunkline.core.policy.gates import Gates
from trunkline.core.policy.policy import Policy
from trunkline.core.verdicts import Verdict
from trunkline.measure.by_group import Masks, group_figures
from trunkline.measure.metrics import Metrics
from trunkline.measure.paired import Paired
from trunkline.measure.quality import SEED
from trunkline.tasks import task_of
from trunkline.tasks.metric_names import check_metric_names

from .case import Case
from .fairness.audit import Audit
from .gates.metamorphic import check_metamorphic
from .gates.not_run import LoadNotRun
from .gates.protected import Unasked
from .load.measurement import LoadCase
from .performance.figures import own_values
from .performance.named_slices import check_slices
from .waivers import apply_waivers

ROOMS = ("performance", "fairness", "robustness", "slices")
"""The rooms whose gates are asked here; other stages answer for theirs."""


def check_gates(policy: Policy, metrics: Metrics, contract: Contract) -> None:
    """Check that the gates ask for metrics, columns and values that exist, before any work is done.

    Raises PolicyError naming the key, with close matches.
    """
    check_metric_names(policy, metrics, contract)
    check_slices(policy.gates.performance, contract)
    check_metamorphic(policy.gates.robustness, contract)


def judge(
    case: Case,
    *,
    today: date,
    before: tuple[Verdict, ...] = (),
    rooms: Collection[str] = ROOMS,
    strangers: Sequence[Gate[Case]] = (),
) -> tuple[tuple[Figure, ...], tuple[Verdict, ...]]:
    """Return the figures measured on the test part, and the verdict of every gate with waivers applied.

    `before` holds what other rooms and processes said of it already; `rooms` leaves out the gates of others;
    `strangers` are the gates of other packages. The same arguments give the same result. Raises PolicyError when the
    policy names what does not exist, and DataError when rows and answers do not belong together.
    """
    policy = case.policy
    check_gates(policy, case.metrics, case.contract)
    case.progress(f"measuring {case.paired.rows:,} test rows")
    by_group = group_figures(
        case.paired,
        case.masks,
        minimum=policy.gates.fairness.minimum_group,
        resamples=policy.gates.performance.resamples,
        seed=SEED,
        own=own_values(case.paired, task_of(case.contract)),
    )
    verdicts = [*before]
    for room in ROOMS:
        if room in rooms:
            verdicts += _answers(room, case)
    for stranger in strangers:
        case.progress(f"asking {stranger.name}")
        verdicts += asked(stranger, case)
    return case.measured[0] + by_group, apply_waivers(verdicts, policy.gates.waivers, today=today)


def _answers(room: str, case: Case) -> Iterator[Verdict]:
    case.progress(f"asking the gates of {room}")
    if room == "fairness":
        found = fairness_verdicts(case.paired, case.masks, case.policy.gates, champion=case.reigning)
        yield from found or Unasked().verdicts(case)
        return
    unasked = task_of(case.contract).unasked
    for gate in gates(room):
        if gate.name in unasked:
            continue
        yield from with_rules(gate, case.policy.gates).verdicts(case)


def fairness_verdicts(
    paired: Paired,
    masks: Mapping[str, Masks],
    policy: Gates,
    *,
    champion: Paired | None = None,
) -> tuple[Verdict, ...]:
    """Ask the gates about each attribute in `masks`, and about each two of them (`colour & sex`).

    `masks` maps an attribute to its groups (`colour=Black`) and these to masks of shape (n,), as `groups` returns them.
    What two attributes show together need show in neither. `champion` holds the champion's answers to the same rows.
    Raises DataError when it does not.
    """
    asked = [gate for gate in gates("fairness") if "{attribute}" in gate.name]
    verdicts: list[Verdict] = []
    for attribute, by in masks.items():
        audit = Audit(attribute, by, paired, policy.fairness, champion)
        if audit.crossed and not policy.fairness.intersections:
            continue
        for gate in asked:
            found = tuple(with_rules(gate, policy).verdicts(audit))
            verdicts += [_with_parts(one, verdicts) if audit.crossed else one for one in found]
            if found and audit.crossed and not audit.enough:
                break  # the other questions would get the same answer
    return tuple(verdicts)


def _with_parts(crossed: Verdict, verdicts: list[Verdict]) -> Verdict:
    """Return a red verdict on two attributes with those of the two named that are red on their own."""
    if crossed.outcome != "fail":
        return crossed
    room, pair, question = crossed.gate.split("/", 2)
    parts = {f"{room}/{attribute}/{question}": attribute for attribute in pair.split(" & ")}
    red = [parts[one.gate] for one in verdicts if one.gate in parts and one.outcome == "fail"]
    if not red:
        return crossed
    alone = f"Begin with {' and '.join(red)}, red without any crossing, which may only repeat it. "
    return crossed.model_copy(update={"advice": alone + crossed.advice})


def load_verdicts(case: LoadCase, policy: Gates) -> tuple[Verdict, ...]:
    """Return the verdicts of the gates about a service under load."""
    return tuple(
        verdict
        for gate in gates("load")
        if gate is not LoadNotRun
        for verdict in with_rules(gate, policy).verdicts(case)
    )

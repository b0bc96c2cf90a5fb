"""Judging: every question that a model must answer before it is released, asked in one go."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date

from trunkline.core.contract import Contract
from trunkline.core.figures import Figure
from trunkline.core.gate import Gate, asked, gates, with_rules
from trunkline.core.policy.gates import Gates
from trunkline.core.policy.policy import Policy
from trunkline.core.verdicts import Verdict
from trunkline.measure.by_group import group_figures
from trunkline.measure.metrics import Metrics, row_metrics
from trunkline.measure.quality import SEED
from trunkline.tasks import task_of
from trunkline.tasks.metric_names import check_metric_names

from .case import Case
from .fairness.questions import fairness_verdicts
from .gates.metamorphic import check_metamorphic
from .gates.not_run import LoadNotRun
from .gates.protected import Unasked
from .load.measurement import LoadCase
from .performance.named_slices import check_slices
from .robustness.asking import Ask
from .scored import Scored
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
    *,
    contract: Contract,
    policy: Policy,
    test: Scored,
    train: Scored | None = None,
    champion: Scored | None = None,
    silent: str = "",
    unlike: str = "",
    ask: Ask,
    before: tuple[Verdict, ...] = (),
    metrics: Metrics | None = None,
    progress: Callable[[str], None] | None = None,
    today: date,
    rooms: Collection[str] = ROOMS,
    strangers: Sequence[Gate[Case]] = (),
) -> tuple[tuple[Figure, ...], tuple[Verdict, ...]]:
    """Return the figures measured on the test part, and the verdict of every gate with waivers applied.

    `train` holds the model's answers to the rows it was trained on, `champion` the champion's to the same test
    rows, `silent` why there is a champion and it has none, `unlike` why its answers mean something else; `ask` puts
    rows to the model; `before` holds what other rooms and processes said of it already; `rooms` leaves out the
    gates of others; `strangers` are the gates of other packages. The same arguments give the same result. Raises
    PolicyError when the policy names what does not exist, and DataError when rows and answers do not belong together.
    """
    own = {**row_metrics(task_of(contract).metrics), **(metrics or {})}
    check_gates(policy, own, contract)
    case = Case(
        contract=contract,
        policy=policy,
        test=test,
        ask=ask,
        train=train,
        champion=champion,
        silent=silent,
        unlike=unlike,
        metrics=own,
        progress=progress or (lambda _: None),
    )
    case.progress(f"measuring {case.paired.rows:,} test rows")
    by_group = group_figures(
        case.paired,
        case.masks,
        minimum=policy.gates.fairness.minimum_group,
        resamples=policy.gates.performance.resamples,
        seed=SEED,
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


def load_verdicts(case: LoadCase, policy: Gates) -> tuple[Verdict, ...]:
    """Return the verdicts of the gates about a service under load."""
    return tuple(
        verdict
        for gate in gates("load")
        if gate is not LoadNotRun
        for verdict in with_rules(gate, policy).verdicts(case)
    )

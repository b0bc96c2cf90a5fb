"""The case: what the gates are asked about."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from trunkline.core.contract import Contract
from trunkline.core.errors import ProjectError
from trunkline.core.figures import Figure
from trunkline.core.policy.policy import Policy
from trunkline.measure.by_group import Masks
from trunkline.measure.comparison import Comparison, compare
from trunkline.measure.metrics import Metrics, row_metrics
from trunkline.measure.paired import Paired
from trunkline.measure.quality import SEED
from trunkline.measure.scorers import find_metric
from trunkline.tasks import task_of

from .fairness.groups import groups
from .performance.figures import measure_paired, too_little
from .robustness.asking import Ask
from .scored import Scored, pair_scored
from .slices.findings import Findings, find


@dataclass(frozen=True)
class Case:
    """A model's answers to the test part, and all that goes with them.

    `train` holds its answers to the rows that it learned from, `champion` the champion's to the test rows, `silent` why
    there is a champion without answers, `unlike` why its answers mean something else, `elsewhere` what is not known of
    a model that was trained elsewhere: then it did not learn from `train`. `ask` puts rows to the model.
    `metrics` are the project's; those of its task are added.
    """

    contract: Contract
    policy: Policy
    test: Scored
    ask: Ask
    train: Scored | None = None
    champion: Scored | None = None
    silent: str = ""
    unlike: str = ""
    elsewhere: str = ""
    metrics: Metrics = field(default_factory=dict)
    progress: Callable[[str], None] = lambda _: None

    def __post_init__(self) -> None:
        own = row_metrics(task_of(self.contract).metrics)
        object.__setattr__(self, "metrics", {**own, **self.metrics})

    @cached_property
    def paired(self) -> Paired:
        """Return the truth of the test rows, paired with the answers."""
        return pair_scored(self.test, self.contract, other=self.champion)

    @cached_property
    def trained(self) -> Paired | None:
        """Return the same of the rows that were learned from."""
        return pair_scored(self.train, self.contract, other=self.test) if self.train is not None else None

    @cached_property
    def reigning(self) -> Paired | None:
        """Return the same of the champion's answers to the test rows."""
        if self.champion is None:
            return None
        return pair_scored(self.champion, self.contract, other=self.test)

    def compared(
        self, rival: Paired, names: Iterable[str], *, on: Paired | None = None
    ) -> tuple[tuple[Comparison, ...], str]:
        """Return the comparison with a rival by each metric that has a value, and why there is none where it is known.

        It is made on the test rows, or on those of them with their answers in `on`.
        """
        paired = on or self.paired
        if reason := too_little(paired):
            return (), reason
        try:
            metrics = [find_metric(name, self.metrics) for name in names]
            return compare(paired, rival, metrics, self.policy.gates.performance.resamples, SEED), ""
        except ProjectError as error:
            return (), error.what

    @cached_property
    def masks(self) -> Mapping[str, Masks]:
        """Return the groups of each protected attribute, and of each two of them."""
        asked = "fairness" not in task_of(self.contract).unasked
        return groups(self.test.frame, self.contract) if asked else {}

    @cached_property
    def measured(self) -> tuple[tuple[Figure, ...], dict[str, str]]:
        """Return the figures of the test part, and why a metric of the project's has none."""
        rules = self.policy.gates.performance
        names = dict.fromkeys(
            (*task_of(self.contract).standard(self.paired), rules.metric, *rules.floors, *self.metrics)
        )
        figures, problems = measure_paired(
            self.paired, tuple(names), self.metrics, resamples=rules.resamples, seed=SEED
        )
        for kind, alone in task_of(self.contract).kinds(self.paired).items():
            own, _ = measure_paired(
                alone, (rules.metric,), self.metrics, resamples=rules.resamples, seed=SEED
            )
            figures += tuple(one.model_copy(update={"name": f"{one.name}:{kind}"}) for one in own)
        return figures, problems

    @cached_property
    def weaknesses(self) -> Findings:
        """Return the parts of the test rows on which the model is weak."""
        return find(
            self.paired, self.test.frame, self.contract, self.policy.gates.slices, self.trained, seed=SEED
        )

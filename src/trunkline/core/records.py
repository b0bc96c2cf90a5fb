"""The records that cross from one room to another."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from .record import Record

Outcome = Literal["pass", "fail", "inconclusive"]
Part = Literal["train", "validation", "test"]
Arm = Literal["champion", "challenger", "shadow"]
Strategy = Literal["none", "single", "silent", "canary"]
SignalKind = Literal["performance", "data", "infrastructure", "log"]
Severity = Literal["info", "warning", "critical"]


def _date_as_text(value: object) -> object:
    """Return a date as text: YAML reads an unquoted 2026-12-31 as a date."""
    return value.isoformat() if isinstance(value, date) else value


class Window(Record):
    """Which rows of the source a snapshot takes, by event time; both ends inclusive, None is open."""

    first: int | float | str | None = None
    last: int | float | str | None = None

    @field_validator("first", "last", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return _date_as_text(value)


class SnapshotManifest(Record):
    """An immutable data set with its split; its digest is taken over this record."""

    SCHEMA: ClassVar[str] = "trunkline/snapshot/1"

    files: dict[str, str]
    """File name to sha256: one Parquet file a part, and the contract."""
    rows: dict[Part, int]
    split: dict[str, Any]
    """Method, shares and seed."""
    window: Window
    sources: dict[str, int]
    """Rows by source: `source` (the project's) and `traffic` (answers with their ground truth)."""


class ColumnSummary(Record):
    """What a column looked like, without a single row of it; for a number also `quantiles`, for a category `shares`."""

    nulls: float
    """The share of rows without a value."""
    quantiles: tuple[float, ...] = ()
    """At 1, 25, 50, 75 and 99 per cent."""
    mean: float | None = None
    shares: dict[str, float] = Field(default_factory=dict)
    """Of the rows with a value, by category."""


class DataLock(Record):
    """The snapshot that a commit trains on; committed as `data.lock`, changed by pull request."""

    SCHEMA: ClassVar[str] = "trunkline/data-lock/1"

    snapshot: str
    rows: dict[Part, int]
    window: Window
    sources: dict[str, int]
    columns: dict[str, ColumnSummary] = Field(default_factory=dict)
    """Every column but keys, users and free texts: what the next snapshot is compared with."""


class Interval(Record):
    """A confidence interval at `level`."""

    low: float
    high: float
    level: float = 0.95


class Figure(Record):
    """A measured number: on how many rows, with its interval where one was computed."""

    name: str
    value: float
    rows: int
    interval: Interval | None = None
    group: str = ""
    """The part of the data it was measured on, as `colour=Black`; empty for all rows."""


class Waiver(Record):
    """Permission for a gate to be red for a while, by a person, for a reason."""

    gate: str
    owner: str
    reason: str
    expires: str
    """The last day on which it holds, as YYYY-MM-DD."""

    @field_validator("expires", mode="before")
    @classmethod
    def _as_text(cls, value: object) -> object:
        return _date_as_text(value)


class Verdict(Record):
    """A gate's answer, with the figures it rests on and the reason in words."""

    gate: str
    outcome: Outcome
    reason: str
    question: str = ""
    blocking: bool = True
    figures: tuple[Figure, ...] = ()
    threshold: float | None = None
    advice: str = ""
    """What a data scientist can do about a red answer."""
    waiver: Waiver | None = None
    """Set when a failing verdict is let through; `outcome` stays what it was."""

    @property
    def stops(self) -> bool:
        """Whether this verdict keeps a model from being released."""
        return self.blocking and self.outcome != "pass" and self.waiver is None


class Trial(Record):
    """One candidate with the best settings its search found; `score` is the search metric's mean over folds."""

    candidate: str
    score: float
    spread: float
    settings: dict[str, Any]
    seconds: float = 0.0


class Lineage(Record):
    """Where a bundle comes from."""

    SCHEMA: ClassVar[str] = "trunkline/lineage/1"

    commit: str
    """The Git commit, with `+dirty` behind it where the work tree was not clean."""
    snapshot: str
    training_key: str
    code: str
    policy: str
    lock: str
    toolkit: str
    candidate: str
    settings: dict[str, Any]


class Evaluation(Record):
    """What the gates said of one bundle."""

    SCHEMA: ClassVar[str] = "trunkline/evaluation/1"

    bundle: str
    champion: str = ""
    snapshot: str
    created: datetime
    figures: tuple[Figure, ...]
    verdicts: tuple[Verdict, ...]

    @property
    def outcome(self) -> Outcome:
        """Return fail if any verdict that stops is a failure, inconclusive if any stops, else pass."""
        stops = [verdict.outcome for verdict in self.verdicts if verdict.stops]
        if "fail" in stops:
            return "fail"
        return "inconclusive" if stops else "pass"


class GateRun(Record):
    """What gates that run on their own (deepchecks, load) said of a bundle; kept beside its evaluation."""

    SCHEMA: ClassVar[str] = "trunkline/gate-run/1"

    bundle: str
    snapshot: str
    created: datetime
    verdicts: tuple[Verdict, ...]
    policy: str = ""
    """The digest of the policy section that was asked: another one asks again."""


class Usage(Record):
    """What a piece of work took on the machine that did it."""

    seconds: float
    cpu_seconds: float
    """Of this process and those it started."""
    peak_memory_mb: float
    cores: int
    energy_wh: float
    energy_source: Literal["measured", "estimated"]
    """*measured* by the processor's own meter (the whole package), or *estimated* from CPU seconds."""
    watts_per_core: float
    """Behind an estimate."""


class Version(Record):
    """A registered bundle: `number` counts from 1 within the model's name."""

    number: int
    bundle: str
    run: str = ""
    created: datetime


class Route(Record):
    """One bundle that a release carries."""

    version: int
    bundle: str


RELEASE_FILE = "release.json"
"""In the folder of a live service, and in an image."""


class Release(Record):
    """What a running service is told to serve: the desired state, resolved."""

    SCHEMA: ClassVar[str] = "trunkline/release/1"

    environment: str
    revision: str
    """The Git commit that asked for it."""
    strategy: Literal["single", "silent", "canary"]
    champion: Route
    challenger: Route | None = None
    share: float = Field(default=0.0, ge=0.0, le=1.0)
    """The share of users whom a canary sends to the challenger."""
    salt: str = ""
    """Kept from stage to stage, so that a user who was on the challenger stays there as the share grows."""


class Prediction(Record):
    """One line of the prediction log: an answer that was given, or a shadow's that was not."""

    SCHEMA: ClassVar[str] = "trunkline/prediction/1"

    id: str
    time: datetime
    environment: str
    revision: str
    version: int
    bundle: str
    arm: Arm
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    """`prediction`, and for classifiers `probabilities` by class."""
    latency_ms: float
    user: str = ""
    """The sticky key, hashed with the release's salt."""
    answered: str = ""
    """For a shadow: the id of the answer that the user got."""


class Rejection(Record):
    """One line of the prediction log: a request that broke the contract."""

    SCHEMA: ClassVar[str] = "trunkline/rejection/1"

    id: str
    time: datetime
    environment: str
    problems: tuple[dict[str, Any], ...]
    """Each with `field`, `value` and `rule`."""


class GroundTruth(Record):
    """What really happened, arriving after the answer."""

    SCHEMA: ClassVar[str] = "trunkline/ground-truth/1"

    prediction: str
    """The id of the answer."""
    outcome: str | float | int | bool
    time: datetime


class Finding(Record):
    """One piece of evidence in a signal: what (a column, a metric, a route), how much, against what."""

    subject: str
    measure: str
    value: float
    threshold: float
    interval: Interval | None = None
    p_value: float | None = None
    detail: str = ""


class Signal(Record):
    """What a monitor found.

    `state` is *alarm*, *quiet* (looked and found nothing) or *inconclusive* (too few data to say).
    The fingerprint names the same trouble in every run, so that one issue can follow it.
    """

    SCHEMA: ClassVar[str] = "trunkline/signal/1"

    kind: SignalKind
    environment: str
    fingerprint: str
    state: Literal["alarm", "quiet", "inconclusive"]
    severity: Severity
    summary: str
    rows: int
    findings: tuple[Finding, ...] = ()
    lead: Finding | None = None
    """The figure that tells best how it stands, measured when all is well too; None where nothing could be measured."""
    time: datetime


class Deployment(Record):
    """One line of an environment's history: what apply did."""

    SCHEMA: ClassVar[str] = "trunkline/deployment/1"

    time: datetime
    environment: str
    revision: str
    plan: str
    release: Release | None
    outcome: Literal["applied", "went back", "stopped"]
    detail: str = ""

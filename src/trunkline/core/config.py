"""The policy: what `trunkline.yaml` may say. Every key has a default that suits a small team."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated, Any, Literal, get_args

from pydantic import Field, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from .errors import PolicyError
from .gates import Gates
from .records import Severity, SignalKind, Window
from .section import Positive, Section, Share


class Split(Section):
    """How a snapshot is cut into train, validation and test."""

    method: Literal["stratified", "random", "grouped", "temporal"] = "stratified"
    """*grouped* keeps all rows of a user (role `user`) in one part; *temporal* tests on the newest rows."""
    validation: Annotated[float, Field(gt=0, lt=0.5)] = 0.2
    test: Annotated[float, Field(gt=0, lt=0.5)] = 0.25
    seed: int = 7


class DataPolicy(Section):
    """Which rows a snapshot takes, and how they are cut."""

    window: Window = Window()
    """By event time, both ends inclusive; leave an end out to keep it open."""
    split: Split = Split()
    minimum_rows: Positive = 200
    """A snapshot with fewer rows is refused."""


class Search(Section):
    """How settings are searched: cross-validation on train and validation together."""

    metric: str = "roc_auc"
    """Any scikit-learn scorer name, or a metric that the project defines."""
    iterations: Positive = 8
    """Settings tried for each candidate."""
    folds: Annotated[int, Field(ge=2, le=20)] = 4
    seed: int = 7
    jobs: int = 2


class Mitigation(Section):
    """A fairness constraint that every candidate is put under (fairlearn)."""

    method: Literal["none", "threshold-optimizer", "exponentiated-gradient"] = "none"
    """*threshold-optimizer* needs the attribute among the features; *exponentiated-gradient* only while it trains."""
    attribute: str = ""
    """The protected attribute; may be left out where the contract names just one."""
    constraint: Literal["demographic-parity", "equalized-odds", "true-positive-rate-parity"] = (
        "demographic-parity"
    )


class TrainingPolicy(Section):
    """Which candidates compete."""

    candidates: tuple[str, ...] = ()
    """Names from model.py; empty means all of them."""
    search: Search = Search()
    mitigation: Mitigation = Mitigation()
    watts_per_core: Annotated[float, Field(gt=0)] = 10.0
    """Behind the card's estimate of energy, where the machine's own meter cannot be read."""


class RegistryPolicy(Section):
    """Where models are registered."""

    uri: str = ""
    """MLflow tracking URI; empty means MLFLOW_TRACKING_URI, else the embedded store `.trunkline/mlflow.db`."""
    carry: Literal["auto", "always", "never"] = "auto"
    """Whether the embedded store travels in the git ref `refs/trunkline/store`: *auto* does on a forge with a host."""
    store_limit_mb: Positive = 500
    """The most that the carried store may weigh; past it, an MLflow server is the better place."""


class Rollout(Section):
    """How a challenger gets to the users."""

    environment: str = "production"
    stages: tuple[Literal["silent", "canary", "single"], ...] = ("silent", "canary", "single")
    """The stages that a new version goes through, each by a merged pull request; the first release is single."""
    canary_share: Annotated[float, Field(gt=0, lt=1)] = 0.2
    minimum_rows: Positive = 500
    """A stage goes on only after so many answers of the challenger."""
    minimum_hours: Annotated[float, Field(ge=0)] = 24.0
    """A stage goes on only after so long; it goes back as soon as the evidence is there."""
    margin: Annotated[float, Field(ge=0)] = 0.05
    """How far the challenger may lie below the champion by `monitoring.performance.metric`, the whole interval."""
    require_truth: bool = False
    """Wait for ground truth; otherwise a stage goes on without, and its pull request says so."""
    failures: Annotated[float, Field(gt=0, lt=1)] = 0.02
    """The share of its requests that the challenger may fail on."""
    latency_p95_ms: Annotated[float, Field(gt=0)] = 100.0
    """What 95% of the challenger's answers must take at most."""
    agreement: Share = 0.0
    """The share of requests on which a silent challenger must say what the champion says; 0 asks nothing."""
    answer_psi: Annotated[float, Field(gt=0)] = 0.25
    """Above this the answers of the two are said to differ; it keeps nothing from going on."""
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.95
    """Of all intervals of one judgement together (Bonferroni)."""


class Serving(Section):
    """The service."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8080
    sync_log: bool = False
    """Force each logged answer to disk before it is returned: survives a power cut, costs a millisecond or more."""
    maximum_rows: Positive = 1000
    """The most rows in one batch request."""


class DataMonitor(Section):
    """When input drift is a signal: the effect must be large and the test significant."""

    psi: Annotated[float, Field(gt=0)] = 0.25
    """Population stability index of a column above which it has drifted."""
    significance: Annotated[float, Field(gt=0, lt=0.5)] = 0.01
    """Family-wise, over all columns (Holm)."""
    rejections: Share = 0.02
    """The share of requests that may break the contract."""


class PerformanceMonitor(Section):
    """When a fall in quality is a signal."""

    metric: str = "roc_auc"
    margin: Annotated[float, Field(ge=0)] = 0.05
    """How far below the figure measured at release the whole interval must lie."""


class InfrastructureMonitor(Section):
    """When the service itself is in trouble."""

    latency_p95_ms: Annotated[float, Field(gt=0)] = 100.0
    probe_timeout_s: Annotated[float, Field(gt=0)] = 2.0


class LogMonitor(Section):
    """When the service's own log is in trouble."""

    errors: int = 0
    """Error lines in the window that are tolerated."""


class Monitoring(Section):
    """What is watched, over which rows."""

    window_rows: Positive = 500
    """The newest answers that a monitor looks at."""
    minimum_rows: Positive = 200
    """With fewer, data and performance are inconclusive."""
    heartbeat_hours: Positive = 6
    """Hours without a run after which the hourly workflows, monitor.yml and rollout.yml, have stopped."""
    heartbeat_days: Positive = 9
    """Days without a run after which the weekly retrain.yml has stopped."""
    data: DataMonitor = DataMonitor()
    performance: PerformanceMonitor = PerformanceMonitor()
    infrastructure: InfrastructureMonitor = InfrastructureMonitor()
    logs: LogMonitor = LogMonitor()


class Rule(Section):
    """What to do about a kind of signal."""

    kind: SignalKind
    at_least: Severity = "warning"
    do: tuple[Literal["issue", "mail", "webhook", "retrain"], ...] = ("issue",)
    labels: tuple[Annotated[str, Field(pattern=r"^[^,\n]{1,50}$")], ...] = ()
    """More labels for its issue, as `owner: data`: who it is routed to."""


class Mail(Section):
    """Where e-mail goes; a password is read from TRUNKLINE_SMTP_PASSWORD, never from this file."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=1, le=65535)] = 25
    security: Literal["none", "starttls", "tls"] = "none"
    user: str = ""
    sender: str = "trunkline@localhost"
    recipients: tuple[str, ...] = ()


class Webhook(Section):
    """An address that gets each alarm as JSON."""

    url: str = ""


class Responses(Section):
    """What follows from signals."""

    rules: tuple[Rule, ...] = (
        Rule(kind="data", do=("issue", "mail")),
        Rule(kind="performance", do=("issue", "retrain")),
        Rule(kind="infrastructure", do=("issue", "mail")),
        Rule(kind="log", do=("issue",)),
    )
    new_issues: Positive = 10
    """New issues that one run may open; what goes past it gets one summary issue."""
    mail: Mail = Mail()
    webhook: Webhook = Webhook()


class Retraining(Section):
    """What a retraining trains on."""

    rows: Positive = 5000
    """The newest labelled rows: the project's source and answered traffic together."""
    pause_hours: Annotated[float, Field(ge=0)] = 24.0
    """After a run of retrain.yml, monitoring starts none for so long: one that came to nothing would again."""
    stage: Literal["silent", "canary", "single"] = "single"
    """The stage at which a retrained version starts; single, because the champion is known to be bad."""


class ForgePolicy(Section):
    """Where pull requests and issues live."""

    kind: Literal["auto", "local", "github"] = "auto"
    """*auto* is GitHub in its workflows and where the remote `origin` lies there, else the local forge."""
    repository: Annotated[str, Field(pattern=r"^([A-Za-z0-9_.-]+/[A-Za-z0-9_.-]+)?$")] = ""
    """owner/name on GitHub; empty means GITHUB_REPOSITORY, else what the remote `origin` says."""
    api: Annotated[str, Field(pattern=r"^(https?://.+)?$")] = ""
    """The API of a GitHub Enterprise Server (https://HOST/api/v3); empty means GITHUB_API_URL, else github.com's."""
    path: str = ".trunkline/forge"
    """The folder of the local forge; it holds a bare origin, pulls/ and issues/."""
    main: str = "main"


class Policy(Section):
    """The whole of `trunkline.yaml`."""

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    """The model's name in the registry, on cards and in the service."""
    package: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    """The Python package under src/ that holds contract, data, features and model."""
    intended_use: str = ""
    """One or two sentences for the card: what decisions the model supports, and for whom it is not."""
    owner: str = ""
    """Who answers for the model."""
    license: str = ""
    """The model's licence for the card, as Hugging Face spells it (apache-2.0, mit, other); empty means unknown."""
    data: DataPolicy = DataPolicy()
    training: TrainingPolicy = TrainingPolicy()
    gates: Gates = Gates()
    registry: RegistryPolicy = RegistryPolicy()
    rollout: Rollout = Rollout()
    serving: Serving = Serving()
    monitoring: Monitoring = Monitoring()
    responses: Responses = Responses()
    retraining: Retraining = Retraining()
    forge: ForgePolicy = ForgePolicy()


def policy_schema() -> dict[str, Any]:
    """Return the JSON Schema of `trunkline.yaml`, for editors."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "trunkline.yaml",
    } | Policy.model_json_schema()


def read_policy(path: Path) -> Policy:
    """Return the policy that the file holds.

    Raises PolicyError that names the file and the key when it cannot be read, has an unknown key, or a wrong value.
    """
    value = read_yaml(path)
    try:
        return Policy.model_validate(value)
    except ValidationError as problem:
        raise PolicyError(
            f"{path.name}: " + "; ".join(_explain(row) for row in problem.errors(include_url=False)) + ".",
            next_step=f"edit {path}; `trunkline schema` prints what it may say",
        ) from problem


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the mapping that a YAML file holds.

    Raises PolicyError when it cannot be read, is not YAML, or is not a mapping.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyError(
            f"Cannot read {path}: {error}.",
            next_step="run the command in the project's folder, or pass --project",
        ) from error
    try:
        value = YAML(typ="safe", pure=True).load(text)
    except YAMLError as error:
        raise PolicyError(
            f"{path} is not YAML: {' '.join(str(error).split())}.", next_step=f"edit {path}"
        ) from error
    if not isinstance(value, dict):
        raise PolicyError(f"{path} must hold keys and values.", value=value, next_step=f"edit {path}")
    return value


def _explain(problem: Any) -> str:
    keys = [str(part) for part in problem["loc"]]
    name = ".".join(keys)
    if problem["type"] != "extra_forbidden":
        return f"{name}: {problem['msg']} (found {problem['input']!r})"
    section: Any = Policy
    for key in keys[:-1]:
        field = getattr(section, "model_fields", {}).get(key)
        section = field.annotation if field else next(iter(get_args(section)), None)  # an item of a list
    known = list(getattr(section, "model_fields", {}))
    guess = difflib.get_close_matches(keys[-1], known, n=1)
    return f"unknown key {name}" + (
        f" (did you mean {guess[0]}?)" if guess else f" (known: {', '.join(known)})"
    )

"""How candidates are searched, and under which constraint of fairness."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from .section import Distinct, Positive, Section


class Search(Section):
    """How settings are searched: cross-validation on train and validation together."""

    metric: str = "roc_auc"
    """Any scikit-learn scorer name, or a metric that the project defines."""
    method: Annotated[Literal["random", "halving"], Field(exclude_if=lambda value: value == "random")] = (
        "random"
    )
    """*halving* tries all settings on few rows, and the better third of them on three times as many, and so on."""
    iterations: Positive = 8
    """Settings tried for each candidate."""
    folds: Annotated[int, Field(ge=2, le=20)] = 4
    """Parts of the cross-validation."""
    seed: int = 7
    """The seed of every draw: folds, settings, estimators."""
    jobs: int = 2
    """Processes that fit at the same time; the model is the same whatever their number."""


class Mitigation(Section):
    """A fairness constraint that every candidate is put under (fairlearn)."""

    method: Literal["none", "threshold-optimizer", "exponentiated-gradient"] = "none"
    """*threshold-optimizer* needs the attribute among the features; *exponentiated-gradient* only while it trains."""
    attribute: str = ""
    """The protected attribute; may be left out where the contract names just one."""
    constraint: Literal["demographic-parity", "equalized-odds", "true-positive-rate-parity"] = (
        "demographic-parity"
    )
    """What must be alike in all groups: the selection rate, both error rates, or the true positive rate."""


class Costs(Section):
    """What a wrong answer costs, in any one unit; a right one costs nothing."""

    false_positive: Annotated[float, Field(gt=0)]
    """The positive class is answered, and another came."""
    false_negative: Annotated[float, Field(gt=0)]
    """The positive class came, and was not answered."""


class Threshold(Section):
    """The probability from which on the positive class is the answer: said, or chosen on rows held out (folds).

    Exactly one of the three.
    """

    value: Annotated[float, Field(gt=0, lt=1)] | None = None
    """The threshold itself."""
    metric: str = ""
    """Chosen so that this metric of the answers is greatest: f1, balanced_accuracy, or one of the project's own."""
    costs: Costs | None = None
    """Chosen so that wrong answers cost least."""

    @model_validator(mode="after")
    def _says_one_thing(self) -> Threshold:
        if sum((self.value is not None, bool(self.metric), self.costs is not None)) != 1:
            raise ValueError("a threshold says exactly one of value, metric and costs")
        return self


class ParityPolicy(Section):
    """How far the answers of a faster form of the model (ONNX) may lie from those of what was fitted.

    No row may get another class, and no edge of the contract may differ by more. Trees that round a number otherwise
    take another branch for a row in thousands.
    """

    largest: Annotated[float, Field(gt=0, le=0.1)] = 1e-4
    """The largest difference of a probability, or of an amount relative to it."""
    share: Annotated[float, Field(ge=0, le=0.05)] = 0.001
    """The share of rows that may differ by more; an amount never by more than a hundred times that."""


PARITY = ParityPolicy()
"""What a policy means that says nothing of parity."""


class TrainingPolicy(Section):
    """Which candidates compete."""

    candidates: Distinct[tuple[str, ...]] = ()
    """Names from model.py; empty means all of them."""
    search: Search = Search()
    mitigation: Mitigation = Mitigation()
    parity: ParityPolicy = PARITY
    threshold: Annotated[Threshold | None, Field(exclude_if=lambda value: value is None)] = None
    """From which probability on the positive class is the answer (two classes); `null` means the likelier class."""
    files: Distinct[tuple[str, ...]] = ()
    """Files and folders outside the package that training reads, as seen from the project: part of the training key."""
    environment: Distinct[tuple[str, ...]] = ()
    """Variables of the environment that shape a model; those that model.py and features.py name need not be listed."""
    compute: Annotated[
        str, Field(pattern=r"^((tcp|tls)://[^/@\s]+:\d+)?$", exclude_if=lambda value: not value)
    ] = ""
    """The Dask scheduler on whose workers a search fits, as `tls://10.0.0.5:8786`; empty means this machine."""
    watts_per_core: Annotated[float, Field(gt=0)] = 10.0
    """The power by which the card estimates energy if the machine's own meter cannot be read."""

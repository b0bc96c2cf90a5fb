"""deepchecks' suites."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from trunkline.core.policy.section import Distinct, Positive, Section

Suite = Literal["data-integrity", "train-test-validation", "model-evaluation"]


class DeepchecksGates(Section):
    """deepchecks' suites, run by `trunkline deepchecks` in an environment of their own."""

    required: bool = False
    """Whether a bundle that deepchecks did not look at is held up."""
    suites: Distinct[tuple[Suite, ...]] = ("data-integrity", "train-test-validation", "model-evaluation")
    """An empty list: deepchecks is not asked."""
    blocking: Distinct[tuple[str, ...]] = ()
    """Names of checks, as `Data Duplicates`, that stop a release when they fail or warn; the others are reported."""
    python: str = ".venv-deepchecks/bin/python"
    """The interpreter of that environment, from the project's folder; `make deepchecks` makes it."""
    rows: Positive = 20_000
    """Rows of each part at most, drawn with a fixed seed."""
    timeout_s: Positive = 900
    """For all suites together; one that has not answered by then fails."""

    @model_validator(mode="after")
    def _required_asks_something(self) -> DeepchecksGates:
        if self.required and not self.suites:
            raise ValueError("deepchecks is required and has no suites")
        return self

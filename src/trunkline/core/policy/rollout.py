"""The rollout: how a challenger gets to the users."""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator, model_validator

from .section import Distinct, Positive, Section, Share

Stage = Literal["silent", "canary", "single"]
"""Stages of a rollout, in their order."""


class Step(Section):
    """One step of a ladder."""

    strategy: Literal["silent", "canary"]
    """*silent*: the challenger sees every request and answers nobody. *canary*: it answers its share of the users."""
    share: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """The share of the users whom a canary answers; of a silent step there is none."""
    hours: Annotated[float | None, Field(ge=0)] = None
    """The step goes on only after so long; `null` is `minimum_hours`."""

    @model_validator(mode="after")
    def _share_belongs_to_a_canary(self) -> Step:
        if self.strategy == "canary" and not self.share:
            raise ValueError("a canary needs a share between 0 and 1")
        if self.strategy == "silent" and self.share:
            raise ValueError("a silent step answers no users, so it has no share")
        return self


class Rollout(Section):
    """How a challenger gets to the users."""

    environment: str = "production"
    """Where releases go: the name of its file in deployments/."""
    stages: Annotated[Distinct[tuple[Stage, ...]], Field(min_length=1)] = ("silent", "canary", "single")
    """The stages that a new version goes through, each by a merged pull request; the first release is single.

    In this order; silent and canary may be left out.
    """
    canary_share: Annotated[float, Field(gt=0, lt=1)] = 0.2
    """The share of the users whom a canary answers."""
    ladder: tuple[Step, ...] = ()
    """Several canaries, each for more users, or steps of their own length; single comes after them.

    It takes the place of `stages` and `canary_share`: [{strategy: silent}, {strategy: canary, share: 0.1}, …].
    """
    promotion: Literal["manual", "automatic"] = "manual"
    """Who merges a promotion: a person; or the forge, once staging or the stage before was green and its rules are met.

    The rules of the forge stay as they are: where they ask for a review, the promotion waits for it.
    """
    trusted_callers: bool = False
    """Whether callers name the users that they send for, and nobody else. Without it no stage merges itself on them.

    A caller that invents users counts as many, and could bring a version forward.
    """
    minimum_rows: Positive = 500
    """A stage goes on only after so many answers of the challenger."""
    minimum_hours: Annotated[float, Field(ge=0)] = 24.0
    """A stage goes on only after so long; it goes back as soon as the evidence is there."""
    patience_hours: Annotated[float, Field(gt=0)] = 336.0
    """A stage that is undecided after so long becomes an issue, for a person to decide; it never goes on by itself."""
    kill_switch: bool = False
    """A challenger that fails loses its traffic at once, before the pull request of its rollback is merged."""
    margin: Annotated[float, Field(ge=0)] = 0.05
    """How far the challenger may lie below the champion by `monitoring.performance.metric`, the whole interval.

    A share, as `gates.performance.margin`: for errors (`neg_...`) of the error of a model that ignores its inputs, for
    the project's own metric of the greater of the two values. A margin above 1 is in the metric's own unit.
    """
    require_truth: bool = False
    """Wait for ground truth; otherwise a stage goes on without, and its pull request says so."""
    failures: Annotated[float, Field(gt=0, lt=1)] = 0.02
    """By how much the share of requests that the challenger fails on may exceed the champion's."""
    latency_p95_ms: Annotated[float, Field(gt=0)] = 100.0
    """Answers that take longer are slow; at most 5% more of the challenger's may be than of the champion's."""
    agreement: Share = 0.0
    """The share of requests on which a silent challenger must say what the champion says; 0 asks nothing."""
    answer_psi: Annotated[float, Field(gt=0)] = 0.25
    """Above this the answers of the two differ; where no outcomes say which are better, a person decides."""
    confidence: Annotated[float, Field(gt=0.5, lt=1)] = 0.96
    """That of all intervals of a whole ladder, at every look: a healthy challenger goes back in half of the rest."""

    @field_validator("stages")
    @classmethod
    def _leads_to_all_users(cls, stages: tuple[Stage, ...]) -> tuple[Stage, ...]:
        order = get_args(Stage)
        if list(stages) != sorted(stages, key=order.index) or stages[-1:] != ("single",):
            raise ValueError("a rollout goes from silent by canary to single, and ends there")
        return stages

    @field_validator("ladder")
    @classmethod
    def _climbs(cls, ladder: tuple[Step, ...]) -> tuple[Step, ...]:
        if any(later.share <= step.share for step, later in pairwise(ladder)):
            raise ValueError("a ladder begins in silence or with a canary, and each canary has more users")
        return ladder

    @model_validator(mode="after")
    def _said_once(self) -> Rollout:
        if self.ladder and self.model_fields_set & {"stages", "canary_share"}:
            raise ValueError("ladder says all steps: remove stages and canary_share")
        return self

    @model_validator(mode="after")
    def _patience_outlasts_the_steps(self) -> Rollout:
        longest = max((self.hours_of(step.share) for step in self.steps), default=0.0)
        if longest > self.patience_hours:
            raise ValueError(
                f"a step lasts {longest:g} hours, and patience_hours is {self.patience_hours:g}: each stage "
                "would end as an issue; make patience_hours larger, or the hours of the step (minimum_hours) less"
            )
        return self

    @property
    def steps(self) -> tuple[Step, ...]:
        """Return the steps in which a challenger is watched, in their order."""
        if self.ladder:
            return self.ladder
        made = {"silent": Step(strategy="silent"), "canary": Step(strategy="canary", share=self.canary_share)}
        return tuple(made[stage] for stage in self.stages if stage in made)

    def after(self, share: float | None = None) -> Step | None:
        """Return the step that follows one with this share of the users, 0 in silence; None where all users do.

        Without a share it is the first step.
        """
        return next((step for step in self.steps if share is None or step.share > share), None)

    def canary_after(self, share: float) -> float:
        """Return the share of the first canary that has more users; `canary_share` where no step is one."""
        following = (step.share for step in self.steps if step.share > share)
        return next(following, share or self.canary_share)

    def hours_of(self, share: float) -> float:
        """Return how long the step with this share of the users lasts at least."""
        own = next((step.hours for step in self.steps if step.share == share), None)
        return self.minimum_hours if own is None else own

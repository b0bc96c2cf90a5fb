"""A monitor: one question about what serves, asked in every watch."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Generic, Literal, TypeVar

from trunkline.core.policy.section import Section
from trunkline.core.signals import Finding, SignalKind

from .evidence import Evidence

Settings = TypeVar("Settings", bound=Section)


@dataclass(frozen=True)
class Seen:
    """What a monitor saw: *alarm*, *quiet* (looked and found nothing) or *inconclusive*, with its evidence.

    `critical` is asked of an alarm only. `unjudged` names what cannot be judged where all else is well. `lead` is the
    figure that charts follow, by default the first finding.
    """

    state: Literal["alarm", "quiet", "inconclusive"]
    summary: str
    rows: int
    findings: tuple[Finding, ...] = ()
    unjudged: tuple[str, ...] = ()
    lead: Finding | None = None
    critical: bool = False


class Monitor(ABC, Generic[Settings]):
    """One question about what serves; a class's docstring explains how it is answered."""

    kind: ClassVar[SignalKind]
    """By which `responses.rules` choose what is done about an alarm."""
    question: ClassVar[str]
    advice: ClassVar[tuple[str, ...]] = ()
    """What to do about an alarm, step by step; `{environment}` stands for its name."""
    section: ClassVar[type[Section]]
    """Its section of the policy under `monitoring`, with defaults."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @abstractmethod
    def look(self, evidence: Evidence) -> Seen:
        """Return what there is to see. Too little to judge by is *inconclusive*, never *quiet*."""

"""The plan: the pure difference between the desired state and what serves."""

from __future__ import annotations

from typing import ClassVar, Literal

from trunkline.core.record import Record, canonical_json, sha256, short
from trunkline.core.release import Release, Route
from trunkline.measure.wording import percent

from .desired_state import DesiredState


class Step(Record):
    """One thing that apply will do."""

    kind: Literal["load", "start", "restart", "image", "route", "drop", "stop"]
    text: str


class Plan(Record):
    """What apply will do to an environment, from what to what; no steps when there is nothing to do."""

    SCHEMA: ClassVar[str] = "trunkline/plan/1"

    environment: str
    steps: tuple[Step, ...]
    actual: Release | None
    """What serves now."""
    release: Release | None
    """What shall serve; None stops the service."""

    @property
    def checksum(self) -> str:
        """Return the digest of what the plan does.

        The commits are left out: the same change from the same state keeps the checksum that was reviewed
        when it is rebased or merged and so gets another commit id.
        """
        body = self.to_dict()
        for end in ("actual", "release"):
            if body[end] is not None:
                body[end]["revision"] = ""
        return sha256(canonical_json(body))

    def text(self) -> str:
        """Return the plan for people."""
        if not self.steps:
            return f"{self.environment}: nothing to do."
        lines = [f"Plan for {self.environment} ({short(self.checksum)}):"]
        return "\n".join(lines + [f"  {step.kind:<7} {step.text}" for step in self.steps])


def plan(
    desired: DesiredState, actual: Release | None, revision: str, *, upkeep: tuple[Step, ...] = ()
) -> Plan:
    """Return the steps from `actual`, what serves now, to the desired state of commit `revision`.

    `upkeep` is what the target itself needs (`Target.upkeep()`: a new port, another toolkit version);
    it is dropped when the service is stopped or started anyway. Another revision alone is no change.
    """
    release = desired.release(revision)
    steps: list[Step] = []
    if release is None:
        if actual is not None:
            steps.append(Step(kind="stop", text=f"{_words(actual)}; then nobody does"))
        return Plan(environment=desired.environment, steps=tuple(steps), actual=actual, release=None)
    before = {route.bundle: route for route in routes_of(actual)}
    after = {route.bundle: route for route in routes_of(release)}
    steps += [Step(kind="load", text=_name(after[digest])) for digest in after if digest not in before]
    if actual is None:
        steps.append(Step(kind="start", text=f"the service on {desired.target.kind}"))
    else:
        steps += upkeep
        if release.image != actual.image:
            steps.append(Step(kind="image", text=release.image or "none"))
    if actual is None or not same(release, actual):
        steps.append(Step(kind="route", text=_words(release)))
    steps += [Step(kind="drop", text=_name(before[digest])) for digest in before if digest not in after]
    return Plan(environment=desired.environment, steps=tuple(steps), actual=actual, release=release)


def same(one: Release | None, other: Release | None) -> bool:
    """Whether two releases serve alike, whatever commit asked for them."""
    if one is None or other is None:
        return one is other
    return one.model_copy(update={"revision": other.revision}) == other


def routes_of(release: Release | None) -> tuple[Route, ...]:
    """Return the routes of a release, champion first."""
    if release is None:
        return ()
    return (release.champion,) if release.challenger is None else (release.champion, release.challenger)


def _name(route: Route) -> str:
    return f"version {route.version} ({short(route.bundle)})"


def _words(release: Release) -> str:
    champion = f"version {release.champion.version}"
    if release.challenger is None:
        return f"{champion} answers everyone"
    challenger = f"version {release.challenger.version}"
    if release.strategy == "silent":
        return f"{champion} answers everyone, {challenger} sees every request in silence"
    return f"{challenger} answers {percent(release.share)} of users, {champion} the others"

"""What an environment serves: routes, the release that a service is told, what was applied."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal, Self

from pydantic import Field

from .record import Record

Strategy = Literal["none", "single", "silent", "canary"]


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
    image: str = ""
    """The image that a target runs, by digest; empty for a target that needs none."""

    @classmethod
    def of_one(cls, bundle: str, *, environment: str, revision: str, version: int = 0) -> Self:
        """Return the release by which one bundle answers everyone."""
        champion = Route(version=version, bundle=bundle)
        return cls(environment=environment, revision=revision, strategy="single", champion=champion)


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
    since: datetime | None = None
    """When the stage that it serves began, by whichever machine."""
    instead_of: Release | None = None
    """What was merged and does not serve, because the kill switch took its challenger's traffic."""

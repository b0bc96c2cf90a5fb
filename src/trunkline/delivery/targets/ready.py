"""What a service says of itself under `GET /ready`, to whom it tells more than that it is ready."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from trunkline.core.release import Release


class Failed(BaseModel):
    """A release that the service was told to serve and could not load."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    revision: str = ""
    error: str = ""


class Unshipped(BaseModel):
    """What the store of the prediction log does not have."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    records: int = 0
    seconds: float = 0.0
    trouble: str = ""


class LogState(BaseModel):
    """How the service's prediction log is."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    unlogged: int = 0
    unshipped: Unshipped | None = None

    @property
    def trouble(self) -> str:
        """Return what is wrong with it; empty when all is well."""
        unshipped = self.unshipped or Unshipped()
        behind = f"{unshipped.records} records are not shipped, the oldest for {unshipped.seconds:.0f} s"
        return "; ".join(
            filter(
                None,
                (
                    f"{self.unlogged} records could not be logged since its start" if self.unlogged else "",
                    f"{behind}: {unshipped.trouble}" if unshipped.trouble else "",
                ),
            )
        )


class Ready(BaseModel):
    """The service's answer to `GET /ready`; keys that are not needed here are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    ready: bool
    environment: str | None = None
    revision: str | None = None
    strategy: str | None = None
    champion: dict[str, Any] | None = None
    challenger: dict[str, Any] | None = None
    share: float | None = None
    loaded_at: str | None = None
    failed: Failed | None = None
    log: LogState = LogState()

    def serves(self, release: Release) -> bool:
        """Whether this is the answer of a service that serves `release`."""
        challenger = release.challenger.bundle if release.challenger else None
        return (
            self.ready
            and self.revision == release.revision
            and self.strategy == release.strategy
            and (self.champion or {}).get("bundle") == release.champion.bundle
            and (self.challenger or {}).get("bundle") == challenger
            and (self.share or 0.0) == release.share
        )

    def release(self) -> Release | None:
        """Return the release that the answer tells of, without its salt; None when it tells too little."""
        if self.champion is None:
            return None
        told = self.model_dump(
            include={"environment", "revision", "strategy", "champion", "challenger", "share"}
        )
        try:
            return Release.model_validate({key: value for key, value in told.items() if value is not None})
        except ValidationError:
            return None

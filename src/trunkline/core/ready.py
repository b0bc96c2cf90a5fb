"""What a service says of itself under `GET /ready`, to whom it tells more than that it is ready."""

from __future__ import annotations

import time
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from .own_service import ANYBODY, Credentials
from .release import Release


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
        return self.lasting(0.0)

    def lasting(self, seconds: float) -> str:
        """Return what is wrong with it, of a store that does not answer after so long; empty when all is well."""
        late = self.unshipped if self.unshipped and self.unshipped.seconds >= seconds else Unshipped()
        behind = f"{late.records} records of the log are not shipped, the oldest for {late.seconds:.0f} s"
        said = [f"{self.unlogged} records could not be logged since its start"] if self.unlogged else []
        return "; ".join([*said, f"{behind}: {late.trouble}"] if late.trouble else said)


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


@dataclass(frozen=True)
class Answer:
    """What came back: `said` is None where it is no answer of a service of ours."""

    status: int
    said: Ready | None
    headers: httpx.Headers
    milliseconds: float

    @property
    def ready(self) -> bool:
        """Whether the service can be asked."""
        return self.status == httpx.codes.OK and self.said is not None and self.said.ready


def ask_ready(
    address: str,
    credentials: Credentials = ANYBODY,
    *,
    timeout_s: float = 2.0,
    client: httpx.Client | None = None,
) -> Answer:
    """Return what the service at an address, as `http://host:port`, says of itself.

    Without a `client` neither proxies nor redirects are followed. Raises httpx.HTTPError when nothing answers,
    httpx.InvalidURL when nothing can.
    """
    begin = time.perf_counter()
    # To read the machine's authorities takes longer than the answer, and a starting service is asked twenty times.
    verify = address.startswith("https:") and credentials.verify
    with nullcontext(client) if client else httpx.Client(verify=verify, trust_env=False) as asking:
        answer = asking.get(f"{address}/ready", headers=credentials.headers, timeout=timeout_s)
    try:
        said = Ready.model_validate_json(answer.content)
    except ValidationError:
        said = None
    return Answer(answer.status_code, said, answer.headers, (time.perf_counter() - begin) * 1000)

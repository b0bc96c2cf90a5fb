"""Access: each path needs a scope, and a request without it goes no further."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from trunkline.core.policy.access import LIMITS, Access

from .callers import Caller, Callers, NotAdmitted
from .limits import Buckets
from .replies import sorry
from .telemetry import Metrics

NEEDS: Mapping[str, str] = {
    "health": "",
    "ready": "",
    "log": "log",
    "metrics": "metrics",
    "feedback": "feedback",
}
"""What the first word of a path needs; every other needs `predict`."""
DETAILS = "metrics"
"""Who has this scope is told by /ready what serves, and how it is."""
OPEN: Mapping[str, Collection[str]] = {"anyone": ("predict", "metrics"), "platform": ("predict",)}
"""What needs no key, by `access.callers`."""


def needs(path: str) -> str:
    """Return the scope that a path needs; empty where it needs none."""
    return NEEDS.get(path.split("/", 2)[1] if path.startswith("/") else "", "predict")


class Guard:
    """Knows what a request needs, and who may have it."""

    def __init__(self, callers: Callers, access: Access) -> None:
        self._callers = callers
        self._buckets = Buckets()
        self._anyone = Caller("", OPEN.get(access.callers, ()), access.limits)
        self._limited = access.limits != LIMITS

    @property
    def open_to_anyone(self) -> Collection[str]:
        """Return the scopes that need no key."""
        return self._anyone.scopes

    async def admit(self, path: str, authorization: str) -> Caller:
        """Return who asks for a path. Raises Refusal."""
        needed = needs(path)
        if needed in self._anyone.scopes:
            # Nobody can be told apart here: all share one bucket a scope, where the policy sets limits.
            wait = self._buckets.wait(f":{needed}", self._anyone.limits) if self._limited else 0.0
            if wait:
                raise Refusal(429, needed, "rate", wait=wait)
            return self._anyone
        scheme, _, presented = authorization.partition(" ")
        try:
            if scheme.lower() != "bearer" or not presented.strip():
                raise NotAdmitted("missing")
            caller = await self._callers.known(presented.strip())
        except NotAdmitted as error:
            if not needed:
                return self._anyone
            raise Refusal(401, needed, error.reason) from None
        if wait := self._buckets.wait(caller.name, caller.limits):
            raise Refusal(429, needed, "rate", wait=wait)
        if needed and needed not in caller.scopes:
            raise Refusal(403, needed, "scope")
        return caller


class Refusal(Exception):
    """A request that goes no further."""

    def __init__(self, status: int, scope: str, reason: str, *, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.status = status
        self.scope = scope
        self.reason = reason
        self._wait = wait

    @property
    def words(self) -> str:
        """Return what the caller is told."""
        match self.reason:
            case "missing":
                return "This needs a key: send it in the header Authorization: Bearer KEY."
            case "rate":
                return f"Too many requests. Try again in {math.ceil(self._wait)} s."
            case "scope":
                return f"This key does not open this path: it needs the scope {self.scope}."
            case "expired":
                return "This key has expired."
            case _:
                return "This key is not known."

    @property
    def headers(self) -> dict[str, str]:
        """Return what programs are told (RFC 6750, RFC 6585)."""
        match self.status:
            case 401:
                return {"www-authenticate": "Bearer"}
            case 403:
                return {"www-authenticate": f'Bearer error="insufficient_scope", scope="{self.scope}"'}
            case _:
                return {"retry-after": str(math.ceil(self._wait))}


class Admission:
    """Lets requests through that a guard admits; `state.caller` then says whose they are."""

    def __init__(self, app: ASGIApp, guard: Guard, metrics: Metrics) -> None:
        self._app = app
        self._guard = guard
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        try:
            caller = await self._guard.admit(scope["path"], Headers(scope=scope).get("authorization", ""))
        except Refusal as refusal:
            self._metrics.refused_callers.labels(refusal.scope, refusal.reason).inc()
            answer = sorry(refusal.words, refusal.status, refusal.headers)
            await answer(scope, receive, send)
            return
        scope.setdefault("state", {})["caller"] = caller
        await self._app(scope, receive, send)

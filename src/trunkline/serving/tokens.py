"""Tokens: signed ones (JWT), checked with the public keys of their issuer (RFC 7519, RFC 7517)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from http.client import HTTPException
from typing import Any

from trunkline.core.errors import UnavailableError
from trunkline.core.policy.access import Limits, TokenIssuer

from .callers import Caller, NotAdmitted

FRESH_S = 300.0
"""A key that the issuer took back opens nothing after so long."""
AGAIN_S = 30.0
"""A key that is not known makes nobody ask the issuer more often: anyone can invent one."""
STALE_S = 86_400.0
"""Keys stay so long while the issuer does not answer."""
LEEWAY_S = 30.0
"""Clocks differ."""


class Tokens:
    """The callers whose tokens one issuer signs. Raises UnavailableError where the package PyJWT is not installed."""

    def __init__(
        self, issuer: TokenIssuer, limits: Limits, *, told: Callable[[str], None] = lambda _: None
    ) -> None:
        try:
            import jwt
            from jwt.algorithms import has_crypto
        except ImportError:
            has_crypto = False
        if not has_crypto:
            raise UnavailableError(
                "Signed tokens need the package pyjwt[crypto], which is not installed.",
                next_step="add pyjwt[crypto] to requirements/serve.in, then make lock and deploy",
            )
        self._issuer = issuer
        self._limits = limits
        self._told = told
        self._client = jwt.PyJWKClient(issuer.jwks, cache_jwk_set=False, timeout=5)
        self._keys: dict[str, Any] = {}
        self._asked = self._heard = self._had = -STALE_S
        self._asking: asyncio.Task[None] | None = None

    async def known(self, presented: str) -> Caller:
        """Return whom a token names. Raises NotAdmitted."""
        import jwt

        try:
            name = str(jwt.get_unverified_header(presented).get("kid", ""))
            key = await self._key(name)
            claims = jwt.decode(
                presented,
                key=key,
                algorithms=list(self._issuer.algorithms),
                issuer=self._issuer.issuer,
                audience=self._issuer.audience,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.ExpiredSignatureError as error:
            raise NotAdmitted("expired") from error
        except (jwt.PyJWTError, ValueError) as error:
            raise NotAdmitted("unknown") from error
        listed = claims.get(self._issuer.scope_claim, ())
        scopes = listed.split() if isinstance(listed, str) else listed
        allowed = frozenset(map(str, scopes)) if isinstance(scopes, list | tuple) else frozenset[str]()
        return Caller(f"jwt:{claims['sub']}", allowed, self._limits)

    async def _key(self, name: str) -> Any:
        since = time.monotonic() - self._heard
        if name not in self._keys or since > FRESH_S / 2:
            asking = self._ask()
            # Who has a key that is fresh waits for nobody: anyone can have the issuer asked, and it may not answer.
            if asking and (name not in self._keys or since > FRESH_S):
                await asyncio.shield(asking)
        if name not in self._keys or time.monotonic() - self._had > STALE_S:
            raise NotAdmitted("unknown")
        return self._keys[name]

    def _ask(self) -> asyncio.Task[None] | None:
        """Return the question that is under way, or a new one; None where the last is too recent."""
        if self._asking is None or self._asking.done():
            if time.monotonic() - self._asked <= AGAIN_S:
                return None
            self._asked = time.monotonic()
            self._asking = asyncio.get_running_loop().create_task(self._hear())
        return self._asking

    async def _hear(self) -> None:
        import jwt

        asked = time.monotonic()
        try:
            found = await asyncio.to_thread(self._client.get_signing_keys)
        except (jwt.PyJWTError, ValueError, OSError, HTTPException) as error:
            self._told(f"the keys of the issuer could not be read: {type(error).__name__}")
        else:
            self._keys = {key.key_id: key for key in found if key.key_id}
            self._had = asked
        self._heard = time.monotonic()

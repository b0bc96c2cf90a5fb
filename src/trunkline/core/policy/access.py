"""Access: who may ask a service, over what, and how much."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from .section import Distinct, Positive, Section, Shape

Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
"""Signatures by a key pair; with a shared secret, everyone who checks a token could make one."""


class Limits(Section):
    """What one caller may send; a key may have limits of its own."""

    rate: Annotated[float, Field(gt=0)] = 100.0
    """Requests a second, on average."""
    burst: Positive = 200
    """Requests at once."""
    largest_body: Annotated[int, Field(ge=1, le=1_000_000)] = 1_000_000
    """Bytes of one request's body."""


LIMITS = Limits()


class TokenIssuer(Section):
    """Who signs the callers' tokens (JWT), and what a token must say."""

    issuer: Annotated[str, Field(min_length=1)]
    """The claim `iss`."""
    audience: Annotated[str, Field(min_length=1)]
    """The claim `aud`: this service, as the issuer calls it."""
    jwks: Annotated[
        str, Shape(r"^(https://|http://(127\.0\.0\.1|localhost)[:/]).+$", "begin it with https://")
    ]
    """The address of the issuer's public keys."""
    algorithms: Annotated[Distinct[tuple[Algorithm, ...]], Field(min_length=1)] = ("RS256", "ES256")
    """The signatures that are taken."""
    scope_claim: Annotated[str, Field(min_length=1)] = "scope"
    """The claim that lists what the caller may do: predict, log, metrics, feedback."""


class Access(Section):
    """Who may ask the service. Beyond its own machine it listens only with TLS, and to callers that it knows."""

    tls: Literal["none", "own", "platform"] = "none"
    """*own*: the service has a certificate. *platform*: a proxy or the platform in front of it terminates TLS."""
    callers: Literal["anyone", "keys", "jwt", "platform"] = "anyone"
    """*keys*: `trunkline key new` makes them. *jwt*: signed tokens. *platform*: the platform knows who may predict.

    The log, the metrics and feedback need a key or token of their own, also where the platform knows the callers.
    """
    jwt: TokenIssuer | None = None
    """Whose tokens are taken, where callers is *jwt*."""
    limits: Limits = LIMITS
    """What each key or token may send. Where callers need none, all of them together, once it is not the default."""

    connections: Annotated[int, Field(ge=0)] = 256
    """How many one address (of IPv6 its /64) may hold at once where *tls* is *own*; 0 sets no limit.

    Callers behind one gateway share an address. Behind a proxy every connection is the proxy's, and none is counted.
    """

    @model_validator(mode="after")
    def _names_the_issuer(self) -> Access:
        if (self.callers == "jwt") != (self.jwt is not None):
            raise ValueError("callers: jwt needs the section jwt, and nothing else takes it")
        return self

    @property
    def most_of_one(self) -> int:
        """Return how many connections one address may hold; 0 where that is not limited."""
        return self.connections if self.tls == "own" else 0

    @property
    def guarded(self) -> bool:
        """Return whether a service may listen beyond the machine itself."""
        return self.tls != "none" and self.callers != "anyone"


VARIABLE = "TRUNKLINE_ACCESS"
"""Says it as JSON to a service that no target starts, such as one in a container."""
OPEN = Access()
"""For the machine itself."""
BEHIND = Access(tls="platform", callers="platform")
"""For a container that is published on the machine itself alone, or behind a platform that asks who calls."""

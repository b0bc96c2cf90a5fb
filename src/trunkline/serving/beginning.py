"""Beginning: whom a service admits, as whoever starts it says."""

from __future__ import annotations

from pathlib import Path

import structlog
from pydantic import ValidationError

from trunkline.core.errors import PolicyError
from trunkline.core.keys import Key
from trunkline.core.policy.access import Access
from trunkline.core.record import describe_problems

from .callers import Callers, Either, Keys
from .tokens import Tokens


def access_of(text: str) -> Access:
    """Return a section serving.access that is given as JSON. Raises PolicyError where it is none."""
    try:
        return Access.model_validate_json(text or "{}")
    except ValidationError as error:
        raise PolicyError(
            f"--access is no section serving.access: {describe_problems(error)}.",
            next_step="give it as JSON, as trunkline.schema.json describes it",
        ) from error


def callers_of(
    access: Access, path: Path, given: tuple[Key, ...], log: structlog.typing.FilteringBoundLogger
) -> Callers:
    """Return who is known: by the issuer's tokens, and always by keys, which our own programs hold."""

    def told(trouble: str) -> None:
        log.error("callers", reason=trouble)

    known = Keys(path, given, access.limits, told=told)
    if access.jwt:
        return Either(known, Tokens(access.jwt, access.limits, told=told))
    if access.callers == "keys" and not path.exists():
        log.warning("nobody has a key yet", file=str(path), next="trunkline key new")
    return known

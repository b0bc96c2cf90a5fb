"""What GitHub's server refuses, in its own words."""

from __future__ import annotations

from typing import Any

DOCUMENTATION = "https://docs.github.com/rest"


class Refused(Exception):
    """An answer other than success."""

    def __init__(
        self, status: int, message: str, *, headers: dict[str, str] | None = None, **more: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}
        self.body = {"message": message, "documentation_url": DOCUMENTATION, "status": str(status)} | more


def not_found() -> Refused:
    """Return the answer to what is not there, or may not be seen."""
    return Refused(404, "Not Found")


def invalid(resource: str, *, code: str = "custom", field: str = "", message: str = "") -> Refused:
    """Return the answer to a request that is well formed and makes no sense."""
    error = {"resource": resource, "code": code}
    error |= {"field": field} if field else {}
    error |= {"message": message} if message else {}
    return Refused(422, "Validation Failed", errors=[error])

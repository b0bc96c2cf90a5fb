"""`python -m cloud`: moto's server at STANDIN_PORT, with what it lacks."""

from __future__ import annotations

import os
from typing import Any

from moto import server
from moto.moto_api._internal.responses import MotoAPIResponse

from . import ec2, ecr, ecs, endpoints, formation, functions
from .contained import end_all


def main() -> None:
    """Put what is added in its place, and serve."""
    ecr.add()
    ecs.add()
    ec2.add()
    formation.add()
    functions.add()
    endpoints.add()
    reset: Any = MotoAPIResponse.reset_response

    def ending(self: MotoAPIResponse, *words: Any, **named: Any) -> Any:
        end_all()
        ec2.forget()
        return reset(self, *words, **named)

    MotoAPIResponse.reset_response = ending  # type: ignore[method-assign]
    server.main(["-H", "127.0.0.1", "-p", os.environ["STANDIN_PORT"]])


if __name__ == "__main__":
    main()

"""The public names of the room."""

from __future__ import annotations

from trunkline import response


def test_the_public_names_are_these() -> None:
    assert response.__all__ == ["Done", "Response", "carry_out", "decide"]
    assert all(hasattr(response, name) for name in response.__all__)

"""The public names of the room."""

from __future__ import annotations

from trunkline import response


def test_the_public_names_are_these() -> None:
    assert response.__all__ == [
        "Advice",
        "ArmFigures",
        "Done",
        "Response",
        "StageEvidence",
        "advise",
        "carry_out",
        "decide",
        "level_of",
        "stage_report",
    ]
    assert all(hasattr(response, name) for name in response.__all__)

from __future__ import annotations

from trunkline import delivery


def test_the_public_api_is_pinned() -> None:
    assert delivery.__all__ == [
        "DesiredState",
        "Health",
        "Installations",
        "LocalSettings",
        "LocalTarget",
        "Plan",
        "Step",
        "Target",
        "TargetSettings",
        "Unit",
        "apply",
        "next_state",
        "parse_state",
        "plan",
        "read_history",
        "read_state",
        "state_before",
        "stop",
        "write_state",
    ]
    assert all(hasattr(delivery, name) for name in delivery.__all__)

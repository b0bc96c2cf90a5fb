"""What a person is told to do about a conflict."""

from __future__ import annotations

from trunkline.forge.conflict import conflict


def test_a_lost_number_is_taken_again_and_never_settled_in_the_file() -> None:
    lost = conflict("main", ["model_cards/v0002/README.md", "model_cards/v0002/version.json"])
    assert "release.yml" in lost.next_step
    assert "settle" not in lost.next_step
    assert "settle" in conflict("main", ["model.py"]).next_step
    assert "settle" in conflict("main", []).next_step

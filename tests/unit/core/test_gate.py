from __future__ import annotations

import pytest

from trunkline.core.gate import Gate


def test_a_gate_that_answers_nothing_is_refused_when_it_is_written() -> None:
    with pytest.raises(TypeError, match="answers nothing"):
        type("Mute", (Gate,), {"name": "data/mute", "question": "Is it?"})

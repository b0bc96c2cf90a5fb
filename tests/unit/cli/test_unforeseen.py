"""Which errors of Python are somebody's input and no defect."""

from __future__ import annotations

from pathlib import Path

import pytest

from trunkline.cli.unforeseen import expected
from trunkline.core.errors import StorageError


def test_a_home_that_nobody_has_is_a_path_to_correct() -> None:
    with pytest.raises(RuntimeError) as raised:
        Path("~nobody-has-this-name/x").expanduser()

    refusal = expected(raised.value, [])

    assert isinstance(refusal, StorageError)
    assert refusal.next_step

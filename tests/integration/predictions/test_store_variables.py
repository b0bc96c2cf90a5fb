"""What a store needs to know and nobody else may, in a file beside the environment's secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from trunkline.core.errors import StorageError
from trunkline.predictions.stores.variables import variables_of


def test_the_file_adds_to_the_environment_and_comes_first(tmp_path: Path) -> None:
    secret = tmp_path / "production"
    assert variables_of(secret, {"A": "1"}) == {"A": "1"}
    (tmp_path / "production.variables").write_text("# keys\n\nA = 2\nB=x=y\n", encoding="utf-8")
    assert variables_of(secret, {"A": "1", "C": "3"}) == {"A": "2", "B": "x=y", "C": "3"}


@pytest.mark.parametrize("wrong", [b"s3cr3t", b"=s3cr3t", b"A B=s3cr3t", b"A=\xff"])
def test_a_line_that_is_none_is_told_without_its_text(tmp_path: Path, wrong: bytes) -> None:
    (tmp_path / "production.variables").write_bytes(b"A=1\n" + wrong)
    with pytest.raises(StorageError) as caught:
        variables_of(tmp_path / "production", {})
    assert "s3cr3t" not in str(caught.value)

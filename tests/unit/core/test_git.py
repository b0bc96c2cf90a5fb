"""What git prints, read by exact names."""

from __future__ import annotations

import pytest

from trunkline.core.git import commit_in

MAIN = "refs/heads/main"
LISTED = f"{'a' * 40}\trefs/a/{MAIN}\n{'b' * 40}\t{MAIN}\n{'c' * 40}\trefs/heads/z/{MAIN}\n"


@pytest.mark.parametrize(
    ("listed", "commit"),
    [(LISTED, "b" * 40), (f"{'a' * 40}\trefs/a/{MAIN}\n", ""), (f"{'b' * 40}\t{MAIN}", "b" * 40), ("", "")],
)
def test_the_commit_of_a_ref_is_that_of_its_exact_name(listed: str, commit: str) -> None:
    assert commit_in(listed, MAIN) == commit

"""The name under which a tested bundle is kept beside a run."""

from __future__ import annotations

from trunkline.loop.release.tested import artifact_name

KEY = "sha256:" + "0123456789abcdef" * 4


def test_the_name_of_an_artifact_is_its_training_key_without_a_sign_that_github_refuses() -> None:
    assert artifact_name(KEY) == "bundle-0123456789abcdef"


def test_another_training_key_has_another_name() -> None:
    assert artifact_name(KEY) != artifact_name("sha256:" + "1" * 64)

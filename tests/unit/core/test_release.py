"""What a service is told."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from trunkline.core.release import Release, Route


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_of_users_lies_between_none_and_all(share: float) -> None:
    with pytest.raises(ValidationError, match="share"):
        Release(
            environment="production",
            revision="r",
            strategy="canary",
            champion=Route(version=1, bundle="b"),
            share=share,
        )

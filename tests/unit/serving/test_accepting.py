"""What counts as one address of those who connect."""

from __future__ import annotations

import pytest

from trunkline.serving.accepting import place_of


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("203.0.113.7", "::ffff:203.0.113.7"),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9"),
        ("fe80::1%eth0", "fe80::2"),
    ],
)
def test_these_are_one_address(one: str, other: str) -> None:
    assert place_of(one) == place_of(other) != ""


def test_others_are_not() -> None:
    assert (
        len({place_of(each) for each in ("203.0.113.7", "203.0.113.8", "2001:db8:1:2::1", "2001:db8:1:3::1")})
        == 4
    )


@pytest.mark.parametrize("own", ["127.0.0.1", "::1", "::ffff:127.0.0.1"])
def test_the_machine_itself_is_not_limited(own: str) -> None:
    assert place_of(own) == ""

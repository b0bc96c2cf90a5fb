from __future__ import annotations

import pytest

from trunkline.core.errors import PolicyError
from trunkline.core.exposure import on_loopback, require_guarded
from trunkline.core.policy.access import OPEN, Access


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.0.2.1", False),
    ],
)
def test_only_loopback_is_the_machine_itself(host: str, loopback: bool) -> None:
    assert on_loopback(host) is loopback


@pytest.mark.parametrize(
    "access",
    [OPEN, Access(tls="own"), Access(tls="platform"), Access(callers="keys"), Access(callers="platform")],
)
def test_beyond_it_both_tls_and_callers_are_asked_for(access: Access) -> None:
    with pytest.raises(PolicyError) as refused:
        require_guarded("0.0.0.0", access)
    assert refused.value.next_step
    require_guarded("127.0.0.1", access)


@pytest.mark.parametrize("tls", ["own", "platform"])
@pytest.mark.parametrize("callers", ["keys", "platform"])
def test_with_both_it_may_listen(tls: str, callers: str) -> None:
    require_guarded("0.0.0.0", Access.model_validate({"tls": tls, "callers": callers}))

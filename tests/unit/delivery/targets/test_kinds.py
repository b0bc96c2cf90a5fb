"""What a desired state asks of its target is refused before anything is deployed, and what it lacks is said."""

from __future__ import annotations

import pytest

from trunkline.core.errors import PolicyError
from trunkline.core.policy.access import OPEN, Access
from trunkline.core.policy.delivery import Serving
from trunkline.core.release import Route
from trunkline.delivery import DesiredState, LocalSettings, TargetSettings
from trunkline.delivery.targets.container import ContainerSettings
from trunkline.delivery.targets.kinds import plain_http, require_possible

GUARDED = Access(tls="platform", callers="keys")
OPENED = "0.0.0.0"
IMAGE = "registry.example.org/loans@sha256:" + "2" * 64


def state(image: str = "", *, serves: bool = True) -> DesiredState:
    """Return a desired state in which version 1 serves, or nothing does."""
    champion = Route(version=1, bundle="sha256:" + "1" * 64) if serves else None
    return DesiredState(
        environment="production",
        strategy="single" if serves else "none",
        champion=champion,
        image=image,
        target=LocalSettings(port=8080),
    )


def local(host: str = "", access: Access | None = None) -> TargetSettings:
    return LocalSettings(port=8080, host=host, access=access)


def container(listen: str = "127.0.0.1", access: Access | None = None) -> TargetSettings:
    return ContainerSettings(port=8080, listen=listen, access=access)


@pytest.mark.parametrize("serves", [True, False])
@pytest.mark.parametrize(
    ("settings", "serving"),
    [
        (local(), Serving(host=OPENED)),
        (local(OPENED), Serving()),
        (local(OPENED, OPEN), Serving(access=GUARDED)),
        (container(OPENED), Serving()),
    ],
)
def test_what_everybody_could_reach_is_refused(
    settings: TargetSettings, serving: Serving, serves: bool
) -> None:
    with pytest.raises(PolicyError, match="without TLS"):
        require_possible(state(IMAGE if serves else "", serves=serves), settings, serving)


@pytest.mark.parametrize(
    ("settings", "serving"),
    [
        (local(), Serving()),
        (local(), Serving(host=OPENED, access=GUARDED)),
        (local("127.0.0.1"), Serving(host=OPENED)),
        (local(access=GUARDED), Serving(host=OPENED)),
        (container(OPENED), Serving(access=GUARDED)),
        (container(), Serving(host=OPENED)),
    ],
)
def test_what_is_guarded_or_stays_on_the_machine_is_possible(
    settings: TargetSettings, serving: Serving
) -> None:
    require_possible(state(IMAGE), settings, serving)


def test_a_container_without_an_image_is_refused_once_a_version_is_desired() -> None:
    require_possible(state(serves=False), container(), Serving())
    with pytest.raises(PolicyError, match="names no image") as refused:
        require_possible(state(), container(), Serving())
    assert "deployments/production.yaml" in refused.value.next_step
    require_possible(state(), local(), Serving())


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (local(OPENED), True),
        (container(OPENED), True),
        (local(), False),
        (local(OPENED, Access(tls="own", callers="keys")), False),
        (TargetSettings(kind="of a stranger"), False),
    ],
)
def test_where_a_platform_ends_tls_it_is_said_that_a_proxy_must_stand_before(
    settings: TargetSettings, said: bool
) -> None:
    notice = plain_http(settings, Serving(access=GUARDED))
    assert (OPENED in notice and "proxy" in notice) is said

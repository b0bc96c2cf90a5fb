from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from trunkline.core.errors import PolicyError
from trunkline.core.release import Route
from trunkline.delivery import DesiredState, LocalSettings

ONE = Route(version=1, bundle="sha256:" + "1" * 64)
TWO = Route(version=2, bundle="sha256:" + "2" * 64)
PLACE = {"kind": "local", "port": 8080}


def state(**keys: Any) -> DesiredState:
    return DesiredState.model_validate({"environment": "production", "target": PLACE, **keys})


def test_the_four_strategies_in_their_coherent_form() -> None:
    assert state().release("c") is None
    assert state(strategy="single", champion=ONE).champion == ONE
    assert state(strategy="silent", champion=ONE, challenger=TWO).challenger == TWO
    assert state(strategy="canary", champion=ONE, challenger=TWO, share=0.1, salt="s").share == 0.1


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"strategy": "single"}, "champion: strategy single needs one"),
        ({"strategy": "single", "champion": ONE, "challenger": TWO}, "challenger: strategy single has none"),
        ({"strategy": "silent", "champion": ONE}, "challenger: strategy silent needs one"),
        ({"strategy": "silent", "challenger": TWO}, "champion: strategy silent needs one"),
        ({"champion": ONE}, "champion: strategy none has none"),
        ({"strategy": "canary", "champion": ONE, "challenger": TWO, "salt": "s"}, "share: must lie"),
        (
            {"strategy": "canary", "champion": ONE, "challenger": TWO, "salt": "s", "share": 1.0},
            "less than 1",
        ),
        ({"strategy": "canary", "champion": ONE, "challenger": TWO, "share": 0.2}, "salt: a canary needs"),
        ({"strategy": "silent", "champion": ONE, "challenger": TWO, "share": 0.2}, "share: only a canary"),
        ({"strategy": "silent", "champion": ONE, "challenger": ONE}, "challenger.bundle: is the champion's"),
        (
            {"strategy": "single", "champion": Route(version=1, bundle="sha256:12")},
            "champion.bundle: must be",
        ),
        ({"target": {"kind": "local", "prt": 1}}, "target.port"),
        ({"image": "registry/name:latest"}, "pattern"),
        ({"target": {"kind": "local", "port": 65536}}, "65535"),
        ({"environment": "Prod/1"}, "pattern"),
    ],
)
def test_what_is_not_coherent_is_refused_with_its_key(keys: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        state(**keys)


def test_a_release_carries_everything_that_routes() -> None:
    made = state(strategy="canary", champion=ONE, challenger=TWO, share=0.1, salt="s").release("abc")
    assert made is not None
    assert made.model_dump() == {
        "environment": "production",
        "revision": "abc",
        "strategy": "canary",
        "champion": ONE.model_dump(),
        "challenger": TWO.model_dump(),
        "share": 0.1,
        "salt": "s",
        "image": "",
    }


@pytest.mark.parametrize(
    "image",
    [
        "ghcr.io/acme/loans:latest",
        f"--volume=/:/host@sha256:{'0' * 64}",  # an engine would read an option
        f"ghcr.io/acme/loans;id@sha256:{'0' * 64}",
        f"ghcr.io/acme/loans@sha256:{'0' * 64}\n",
    ],
)
def test_what_no_registry_names_by_digest_is_refused(image: str) -> None:
    with pytest.raises(PolicyError) as refused:
        DesiredState(environment="production", target=LocalSettings(port=0)).in_image(image)
    assert refused.value.value == image
    with pytest.raises(ValidationError):
        DesiredState(environment="production", target=LocalSettings(port=0), image=image)


@pytest.mark.parametrize("name", ["localhost:5000/a_b", "[::1]:5000/loans", "ghcr.io/acme/loans:v1.2"])
def test_an_image_is_named_as_registries_do(name: str) -> None:
    image = f"{name}@sha256:{'0' * 64}"
    state = DesiredState(environment="production", target=LocalSettings(port=0))
    assert state.in_image(image).image == image

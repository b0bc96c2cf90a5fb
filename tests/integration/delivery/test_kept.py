"""What lies on the machine that serves: its keys, whose its folder is, and the deployment that everybody finds."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from trunkline.core.errors import NotFoundError, PolicyError
from trunkline.core.keys import Key, add_key, new_key, read_keys, revoke_key
from trunkline.core.policy.access import LIMITS
from trunkline.core.policy.delivery import Serving
from trunkline.core.release import Deployment
from trunkline.delivery import Environment
from trunkline.delivery.targets.container import ContainerSettings
from trunkline.delivery.targets.container_target import ContainerTarget
from trunkline.delivery.targets.given import Given
from trunkline.delivery.targets.kept import own_folder
from trunkline.delivery.targets.machine import Machine
from trunkline.serving.callers import Keys, NotAdmitted

FILE = "deployments/production.yaml"


@pytest.fixture
def there(tmp_path: Path) -> Path:
    """The folder of the container, with the keys that its service reads."""
    (tmp_path / "there").mkdir()
    return tmp_path / "there"


def given(there: Path, secret: Path) -> Given:
    return Given(Machine(), "podman", str(there), str(there / "log"), secret)


def a_key() -> tuple[Key, str]:
    return new_key(("predict",), datetime.now(UTC))


def admitted(there: Path, text: str) -> bool:
    try:
        asyncio.run(Keys(there / "keys/keys", (), LIMITS).known(text))
    except NotAdmitted:
        return False
    return True


def test_a_key_opens_and_is_taken_back_on_the_machine_that_serves_whoever_deploys(
    there: Path, tmp_path: Path
) -> None:
    own, elsewhere = given(there, tmp_path / "own"), given(there, tmp_path / "runner/none")
    (made, text), (other, kept) = a_key(), a_key()
    add_key(own.keys, made)
    own.bring_keys()
    with elsewhere.changing_keys() as file:
        add_key(file, other)
    assert admitted(there, text)
    assert admitted(there, kept)
    with own.changing_keys() as file:
        revoke_key(file, made.id)
    assert not admitted(there, text)
    assert read_keys(own.keys) == ()  # or another machine would be brought it
    for one in (own, elsewhere):
        one.bring_keys()
    assert not admitted(there, text)
    assert admitted(there, kept)


def test_keys_that_were_all_taken_back_are_not_brought_again(there: Path, tmp_path: Path) -> None:
    stale = given(there, tmp_path / "stale")
    made, text = a_key()
    add_key(stale.keys, made)
    stale.bring_keys()
    with given(there, tmp_path / "other").changing_keys() as file:
        revoke_key(file, made.id)
    stale.bring_keys()
    assert not admitted(there, text)
    with pytest.raises(NotFoundError), stale.changing_keys() as file:
        revoke_key(file, made.id)


def test_a_folder_is_one_projects_alone(there: Path) -> None:
    folder = own_folder(Machine(), str(there), "a1 production", file=FILE)
    assert own_folder(Machine(), str(there), "a1 production", file=FILE) == folder == str(there)
    for other in ("b2 production", "a1 staging"):
        with pytest.raises(PolicyError) as refused:
            own_folder(Machine(), str(there), other, file=FILE)
        assert FILE in refused.value.next_step


def target(tmp_path: Path, repository: str, **settings: str) -> ContainerTarget:
    environment = Environment(
        name="production",
        file=FILE,
        folder=tmp_path / "live/production",
        predictions=tmp_path / "predictions/production",
        locks=tmp_path,
        installed=tmp_path / "installed",
        serving=Serving(),
        secret=tmp_path / "secrets/production",
        project="loans",
        repository=lambda: repository,
    )
    return ContainerTarget(environment, ContainerSettings.model_validate({"port": 8080} | settings))


def test_two_projects_of_one_name_are_two_on_another_machine(tmp_path: Path) -> None:
    names = [target(tmp_path / clone, one, host="box").key for clone, one in ("aa", "ba", "ab")]
    assert names[0] == names[1] != names[2]


def test_what_was_applied_last_is_found_by_whoever_asks_next(tmp_path: Path) -> None:
    made = Deployment(
        time=datetime.now(UTC),
        environment="production",
        revision="c1",
        plan="",
        release=None,
        outcome="applied",
    )
    assert target(tmp_path, "a").newest() is None
    target(tmp_path, "a").remember(made)
    assert target(tmp_path, "a").newest() == made
    target(tmp_path, "a").remember(None)
    assert target(tmp_path, "a").newest() is None

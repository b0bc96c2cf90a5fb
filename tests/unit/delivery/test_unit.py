from __future__ import annotations

from pathlib import Path

import pytest

from trunkline.delivery import Unit


def lines_of(*, system: bool, host: str = "127.0.0.1", folder: str = "/srv/trunkline") -> list[str]:
    home = Path(folder)
    unit = Unit(
        name="trunkline-loans-production",
        environment="production",
        live=home / "live" / "production",
        predictions=home / "predictions" / "production",
        host=host,
        user="runner",
        home=Path("/home/runner"),
    )
    return unit.text(system=system).splitlines()


@pytest.mark.parametrize("system", [True, False])
def test_it_starts_what_was_deployed_and_only_while_something_is(system: bool) -> None:
    lines = lines_of(system=system)
    assert 'ExecStart=/bin/sh "/srv/trunkline/live/production/start" --take-over' in lines
    assert "ConditionPathExists=/srv/trunkline/live/production/start" in lines
    assert "Restart=always" in lines


def test_the_machines_unit_runs_as_whoever_deploys_and_the_users_names_nobody() -> None:
    assert "User=runner" in lines_of(system=True)
    assert not any(line.startswith("User=") for line in lines_of(system=False))


def test_the_service_may_write_its_own_folders_alone_and_not_read_the_users_keys() -> None:
    lines = lines_of(system=True)
    assert "ProtectSystem=strict" in lines
    assert (
        'ReadWritePaths="-/srv/trunkline/live/production" "-/srv/trunkline/predictions/production"' in lines
    )
    (hidden,) = (line for line in lines if line.startswith("InaccessiblePaths="))
    assert '"-/home/runner/.ssh"' in hidden


def test_a_service_that_listens_on_this_machine_alone_reaches_no_other() -> None:
    assert "IPAddressDeny=any" in lines_of(system=True)
    assert "IPAddressDeny=any" not in lines_of(system=True, host="0.0.0.0")
    assert "IPAddressDeny=any" in lines_of(system=True, host="127.0.0.2")


def test_what_systemd_would_expand_stands_as_it_is() -> None:
    lines = lines_of(system=True, folder="/srv/50% $HOME")
    assert 'ExecStart=/bin/sh "/srv/50%% $$HOME/live/production/start" --take-over' in lines
    assert "ConditionPathExists=/srv/50%% $HOME/live/production/start" in lines

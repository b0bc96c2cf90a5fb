"""What may stand under `target` of a container."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from trunkline.delivery.targets.container import Container, ContainerSettings


@pytest.mark.parametrize("host", ["deploy@production.example.org", "box", "root@10.0.0.1", ""])
def test_a_machine_is_named_as_ssh_takes_it(host: str) -> None:
    settings = ContainerSettings(host=host, port=8080)
    assert Container.on_this_machine(settings) is (host == "")


@pytest.mark.parametrize("host", ["-oProxyCommand=touch", "a b", "deploy@", "x;reboot", "@box"])
def test_a_host_that_ssh_would_take_for_an_option_is_refused(host: str) -> None:
    with pytest.raises(ValidationError):
        ContainerSettings(host=host, port=8080)

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


INJECTED = "\nprogram own\n  command /bin/sh"


@pytest.mark.parametrize("listen", ["127.0.0.1", "0.0.0.0", "::", "::1", "2001:db8::7"])
def test_it_listens_on_an_address(listen: str) -> None:
    assert ContainerSettings(port=8080, listen=listen).listen == listen


@pytest.mark.parametrize(
    "listen", ["", "localhost", "0.0.0.0 ssl", "fe80::1%eth0", f"::1%{INJECTED}", f"127.0.0.1{INJECTED}"]
)
def test_it_listens_on_nothing_else(listen: str) -> None:
    with pytest.raises(ValidationError):
        ContainerSettings(port=8080, listen=listen)


@pytest.mark.parametrize("key", ["certificate", "folder"])
@pytest.mark.parametrize(
    "path",
    ["/etc/tls/a b", f"/etc/x.pem{INJECTED}", "/a'b", "/a:b", "/$HOME", "-p/x", "/x/-f", "~/x", "/x\n"],
)
def test_a_path_holds_nothing_that_a_shell_an_engine_or_the_proxy_reads(key: str, path: str) -> None:
    with pytest.raises(ValidationError):
        ContainerSettings.model_validate({"port": 8080, key: path})


def test_common_paths_are_taken() -> None:
    pem, folder = "/etc/ssl/loans_v1.0+x@y-z.pem", ".local/share/trunkline/loans"
    settings = ContainerSettings(port=8080, certificate=pem, folder=folder)
    assert (settings.certificate, settings.folder) == (pem, folder)
    with pytest.raises(ValidationError):
        ContainerSettings(port=8080, certificate="tls/relative.pem")

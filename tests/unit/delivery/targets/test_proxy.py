"""What HAProxy is told."""

from __future__ import annotations

import pytest

from trunkline.delivery.targets.machine import Machine
from trunkline.delivery.targets.proxy import Proxy

NAME = "trunkline-loans-production-0123456789ab"


def lines_of(*, listen: str = "127.0.0.1", certificate: str = "", root: bool = False) -> list[str]:
    proxy = Proxy(Machine(), "/srv/loans", listen, 8080, certificate)
    return [line.strip() for line in proxy.text(NAME, 20_001, root=root).splitlines()]


def test_it_leads_to_the_containers_port_of_loopback_alone() -> None:
    assert [line for line in lines_of() if line.startswith("server ")] == [f"server {NAME} 127.0.0.1:20001"]


@pytest.mark.parametrize(
    ("listen", "certificate", "bound"),
    [
        ("127.0.0.1", "", "bind 127.0.0.1:8080"),
        ("::1", "", "bind [::1]:8080"),
        ("10.0.0.1", "/etc/ssl/loans.pem", "bind 10.0.0.1:8080 ssl crt '/etc/ssl/loans.pem'"),
    ],
)
def test_it_listens_where_it_is_told_and_ends_tls_where_it_has_a_certificate(
    listen: str, certificate: str, bound: str
) -> None:
    assert bound in lines_of(listen=listen, certificate=certificate)


@pytest.mark.parametrize(
    ("listen", "own"), [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("10.0.0.1", "10.0.0.1")]
)
def test_which_container_serves_is_told_to_its_own_machine_alone(listen: str, own: str) -> None:
    (rule,) = [line for line in lines_of(listen=listen) if line.startswith("http-request set-var")]
    assert rule.endswith(f"if {{ path /ready }} {{ src 127.0.0.0/8 ::1 {own} }}")


def test_root_hands_its_rights_over() -> None:
    assert "user haproxy" in lines_of(root=True)
    assert "user haproxy" not in lines_of()


@pytest.mark.parametrize(
    ("listen", "asked"), [("0.0.0.0", "127.0.0.1"), ("::", "::1"), ("10.0.0.1", "10.0.0.1")]
)
def test_its_own_machine_asks_it_where_it_listens(listen: str, asked: str) -> None:
    assert Proxy(Machine(), "/srv/loans", listen, 8080).asked_at == asked


def test_where_it_ends_tls_one_address_cannot_take_every_connection() -> None:
    limited = Proxy(Machine(), "/srv/loans", "10.0.0.1", 8080, "/etc/ssl/loans.pem", 20)
    assert "tcp-request connection reject if { sc0_conn_cur gt 20 }" in limited.text(NAME, 20_001, root=False)
    assert not [line for line in lines_of() if line.startswith("tcp-request")]

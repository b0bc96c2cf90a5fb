"""The proxy that holds the port: HAProxy, which changes its container without losing a connection."""

from __future__ import annotations

import shlex
from dataclasses import dataclass

import httpx

from trunkline.core.errors import ApplyError
from trunkline.core.exposure import reached_at
from trunkline.core.own_service import Credentials
from trunkline.core.ready import ask_ready

from .machine import Machine
from .service import wait_for

HEADER = "trunkline-container"
"""By it the answer to `GET /ready` says to which container the running proxy leads."""
DRAIN_S = 10
"""Requests that take longer are cut off when a container is replaced."""
PROGRAM = "haproxy"
_PATH = "PATH=$PATH:/usr/sbin:/sbin"  # where Debian puts it, and a user's ssh session does not look


@dataclass(frozen=True)
class Proxy:
    """HAProxy in a folder of a machine, on one address and port."""

    machine: Machine
    folder: str
    listen: str
    port: int
    certificate: str = ""
    of_one: int = 0
    """How many connections one address may hold; 0 sets no limit."""

    @property
    def config(self) -> str:
        """Return the path of its configuration."""
        return f"{self.folder}/haproxy.cfg"

    @property
    def pid(self) -> str:
        """Return the path of the file that holds the number of its process."""
        return f"{self.folder}/haproxy.pid"

    @property
    def asked_at(self) -> str:
        """Return the address at which its own machine reaches it."""
        return reached_at(self.listen)

    def text(self, container: str, port: int, *, root: bool) -> str:
        """Return the configuration that leads to a container's port on loopback."""
        tls = f" ssl crt '{self.certificate}'" if self.certificate else ""
        host = f"[{self.listen}]" if ":" in self.listen else self.listen
        return (
            "# Written by `trunkline deploy`; do not edit it.\n"
            "global\n"
            f"  hard-stop-after {DRAIN_S}s\n"
            + ("  user haproxy\n  group haproxy\n" if root else "")
            + "defaults\n"
            "  mode http\n"
            "  timeout connect 5s\n  timeout http-request 10s\n"
            "  timeout client 75s\n  timeout server 60s\n  timeout http-keep-alive 75s\n"
            # While the old process drains, connections that wait are closed after their next answer, not under it.
            "  option idle-close-on-response\n"
            "frontend service\n"
            f"  bind {host}:{self.port}{tls}\n"
            + self._limit()
            # To its own machine alone: which container serves is nobody else's business.
            + "  http-request set-var(txn.ready) bool(true) if { path /ready }"
            f" {{ src 127.0.0.0/8 ::1 {self.asked_at} }}\n"
            f"  http-response set-header {HEADER} {container} if {{ var(txn.ready) -m bool }}\n"
            "  default_backend container\n"
            "backend container\n"
            "  retries 3\n"
            f"  server {container} 127.0.0.1:{port}\n"
        )

    def _limit(self) -> str:
        """Return the lines that keep one address, of IPv6 its /64, from taking every connection."""
        if not self.of_one:
            return ""
        return (
            "  stick-table type ipv6 size 100k expire 2m store conn_cur\n"
            "  tcp-request connection track-sc0 src,ipmask(32,64) if !{ src 127.0.0.0/8 ::1 }\n"
            f"  tcp-request connection reject if {{ sc0_conn_cur gt {self.of_one} }}\n"
        )

    def start_words(self) -> str:
        """Return the lines of the shell that start it apart from who runs them; it takes over from one that runs."""
        config, pid = shlex.quote(self.config), shlex.quote(self.pid)
        taken = (
            f'grep -q {PROGRAM} "/proc/$(head -n1 {pid})/comm" 2>/dev/null && set -- -sf "$(head -n1 {pid})"'
        )
        return f'{_PATH}\n{taken}\n{PROGRAM} -W -D -f {config} -p {pid} "$@"'

    def lead_to(self, container: str, port: int, *, root: bool) -> None:
        """Lead new requests to a container; those under way end where they began. Raises ApplyError."""
        before = self.machine.ask(f"cat {shlex.quote(self.config)}")
        self.machine.write(self.config, self.text(container, port, root=root))
        trouble = self._load()
        if not trouble and wait_for(lambda: self.leads_to() == container or None, patience=30.0) is None:
            trouble = f"it does not lead to {container} after 30 s"
        if trouble:
            if before is None:
                self.stop()
            else:
                self.machine.write(self.config, before + "\n")
                self._load()
            raise ApplyError(
                f"The proxy on {self.machine.name} does not hold {self.listen}:{self.port}: {trouble}.",
                next_step=f"see which program has the port there: ss -ltnp 'sport = :{self.port}'",
            )

    def _load(self) -> str:
        """Start the proxy, or have it read its configuration again, and return why not; empty when it did."""
        config, pid = shlex.quote(self.config), shlex.quote(self.pid)
        said = self.machine.ask(
            f"{_PATH}; command -v {PROGRAM} >/dev/null || {{ echo 'haproxy is not installed there'; exit 0; }}; "
            f"{PROGRAM} -c -q -f {config} 2>&1 || exit 0; "
            f'if [ -f {pid} ] && grep -q {PROGRAM} "/proc/$(head -n1 {pid})/comm" 2>/dev/null; '
            f'then kill -USR2 "$(head -n1 {pid})"; '
            f'else said=$({PROGRAM} -W -D -f {config} -p {pid} </dev/null 2>&1) || echo "$said"; fi'
        )
        return " ".join((said or "").split())[-300:]

    def leads_to(self) -> str | None:
        """Return the container whose answer the port gives; None where none answers."""
        scheme = "https" if self.certificate else "http"
        with self.machine.reach(self.port, self.asked_at) as place:
            try:
                # Asked on the machine itself, whatever name its certificate has.
                answer = ask_ready(f"{scheme}://{place}", Credentials(verify=False), timeout_s=5.0)
            except httpx.HTTPError:
                return None
        name = answer.headers.get(HEADER)
        return str(name) if name else None

    def drained(self, *, patience: float) -> bool:
        """Wait until no process of before the last change is left, and return whether none is."""
        script = f'test "$(ps -o pid= --ppid "$(head -n1 {shlex.quote(self.pid)})" | wc -l)" -le 1'
        return wait_for(lambda: self.machine.ask(script) is not None or None, patience=patience) is not None

    def stop(self) -> None:
        """End it, and remove its configuration."""
        pid = shlex.quote(self.pid)
        self.machine.ask(
            f'if grep -q {PROGRAM} "/proc/$(head -n1 {pid})/comm" 2>/dev/null; then kill -TERM "$(head -n1 {pid})"; '
            f"fi; rm -f {pid} {shlex.quote(self.config)}"
        )
        wait_for(lambda: self.leads_to() is None or None, patience=5.0)

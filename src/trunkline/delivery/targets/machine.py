"""The machine that serves: this one, or another over SSH, by the system's own client."""

from __future__ import annotations

import atexit
import os
import shlex
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from trunkline.core.errors import ApplyError, UnavailableError
from trunkline.core.secrets import everything

from .service import wait_for

PATIENCE_S = 120.0
SSH_FAILED = 255
"""The exit code of ssh for what went wrong before the command ran."""
BUSY = 75
CONFIG, KEY = "TRUNKLINE_SSH_CONFIG", "TRUNKLINE_SSH_KEY"
"""Variables: ssh's file of settings; or, in a workflow, the private key itself."""


@dataclass(frozen=True)
class Machine:
    """Where commands run: on this machine, or on `host`, which is `user@machine` as ssh takes it."""

    host: str = ""
    host_key: str = ""
    """Its public key, as `ssh-ed25519 AAAA...`; without it, ssh's own lists of known hosts tell which machine it is."""

    @property
    def name(self) -> str:
        """Return how people call it."""
        return self.host or "this machine"

    def run(self, *words: str, patience: float = PATIENCE_S) -> str:
        """Return what a command prints. Raises ApplyError when it fails, UnavailableError without the machine."""
        done = self._done(shlex.join(words), patience=patience)
        if done.returncode:
            said = " ".join((done.stderr or done.stdout).split())[-500:]
            raise ApplyError(
                f"{' '.join(words[:2])} failed on {self.name}: {said}",
                next_step=f"run it there to see why: {shlex.join(words)[:300]}",
            )
        return done.stdout.strip()

    def ask(self, script: str, *, patience: float = PATIENCE_S) -> str | None:
        """Return what a script of the shell prints, None where it fails. Raises UnavailableError."""
        done = self._done(script, patience=patience)
        return None if done.returncode else done.stdout.strip()

    def write(self, path: str, text: str, *, owner: str = "", mode: str = "644") -> None:
        """Write a file whole or not at all, where root writes for an `owner` as chown takes it. Raises ApplyError."""
        half = shlex.quote(f"{path}.half")
        owned = f" && chown {shlex.quote(owner)} {half}" if owner else ""
        script = f"umask 077; cat > {half} && chmod {mode} {half}{owned} && mv -f {half} {shlex.quote(path)}"
        done = self._done(script, given=text)
        if done.returncode:
            raise ApplyError(
                f"Cannot write {path} on {self.name}: {done.stderr.strip()}", next_step="make it writable"
            )

    @contextmanager
    def reach(self, port: int, address: str = "127.0.0.1") -> Iterator[str]:
        """Yield `host:port`, as this machine reaches what listens on an address of that machine."""
        place = f"[{address}]" if ":" in address else address
        if not self.host:
            yield f"{place}:{port}"
            return
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            here = int(free.getsockname()[1])
        words = [*self._ssh(), "-N", "-o", "ExitOnForwardFailure=yes", "-o", "ControlMaster=no"]
        words += ["-o", "ControlPath=none", "-L", f"127.0.0.1:{here}:{place}:{port}", self.host]
        with subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ) as tunnel:
            try:
                wait_for(lambda: tunnel.poll() is not None or _listens(here) or None, patience=15)
                yield f"127.0.0.1:{here}"
            finally:
                tunnel.terminate()

    @contextmanager
    def alone(self, path: str, doing: str) -> Iterator[None]:
        """Hold a lock of that machine while the block runs; it ends with this process. Raises UnavailableError."""
        script = f"exec flock -n -E {BUSY} {shlex.quote(path)} sh -c 'echo held; exec cat'"
        with subprocess.Popen(
            self._words(script),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=everything(),
        ) as held:
            if not held.stdout or held.stdout.readline().strip() != "held":
                _, said = held.communicate()
                if held.returncode == BUSY:
                    raise UnavailableError(
                        f"{doing} on {self.name} is at work already.", next_step="wait until it has finished"
                    )
                raise (
                    self._unreachable(said)
                    if held.returncode == SSH_FAILED
                    else ApplyError(
                        f"{doing} cannot take the lock {path} on {self.name}: {said.strip()}",
                        next_step="install util-linux there, and make the folder writable",
                    )
                )
            try:
                yield
            finally:
                held.communicate()  # it ends with its input

    def _words(self, script: str) -> list[str]:
        return [*self._ssh(), self.host, script] if self.host else ["/bin/sh", "-c", script]

    def _done(
        self, script: str, *, given: str | None = None, patience: float = PATIENCE_S
    ) -> subprocess.CompletedProcess[str]:
        try:
            done = subprocess.run(
                self._words(script),
                input=given,
                stdin=subprocess.DEVNULL if given is None else None,
                capture_output=True,
                text=True,
                errors="replace",
                check=False,
                env=everything(),
                timeout=patience,
            )
        except subprocess.TimeoutExpired as error:
            raise ApplyError(
                f"{self.name} did not answer for {patience:.0f} s.", value=script[:200], next_step="try again"
            ) from error
        except FileNotFoundError as error:
            raise UnavailableError(
                f"There is no program {error.filename} here.", next_step="install openssh-client"
            ) from error
        if self.host and done.returncode == SSH_FAILED:
            raise self._unreachable(done.stderr)
        return done

    def _unreachable(self, said: str) -> UnavailableError:
        return UnavailableError(
            f"{self.name} cannot be reached over SSH: {' '.join(said.split())[-300:] or 'ssh says nothing'}",
            next_step=f"ssh -o BatchMode=yes {self.host} true shows why; a host that is not known yet, or a key"
            f" without access, is refused (in a workflow: target.host_key on main, and the secret {KEY})",
        )

    def _ssh(self) -> tuple[str, ...]:
        """Return the client with its options. Raises UnavailableError in a workflow that cannot know the machine."""
        if os.environ.get("GITHUB_ACTIONS") == "true":
            if not everything().get(KEY):
                raise UnavailableError(
                    f"This workflow has no key that opens {self.host}.", next_step=f"set the secret {KEY}"
                )
            if not self.host_key:
                raise UnavailableError(
                    f"main does not say by which key {self.host} is known, and a variable is not believed.",
                    next_step="write target.host_key into deployments/<environment>.yaml, and merge it: the type and"
                    " the key of /etc/ssh/ssh_host_ed25519_key.pub on that machine",
                )
        variables = everything()
        return _client(self.host_key, variables.get(CONFIG, ""), variables.get(KEY, ""))


@cache
def _client(host_key: str, config: str, key: str) -> tuple[str, ...]:
    """Return the client with its options; what it needs of files is removed when this process ends."""
    folder = tempfile.mkdtemp(prefix="tl-")  # short: the path of a socket has at most 108 bytes
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    words = ["ssh", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10", "-o", "ServerAliveInterval=15"]
    # One connection for all commands of a deployment.
    words += ["-o", "ControlMaster=auto", "-o", f"ControlPath={folder}/%C", "-o", "ControlPersist=5"]
    if config:
        words += ["-F", config]
    if key:
        words += ["-o", "IdentitiesOnly=yes", "-i", _secret(Path(folder) / "key", key)]
    if host_key:
        # Under a name of its own, so that an address or a port in ssh's configuration changes nothing.
        known = _secret(Path(folder) / "known", f"trunkline {host_key}")
        words += ["-o", "HostKeyAlias=trunkline", "-o", "StrictHostKeyChecking=yes"]
        words += ["-o", f"UserKnownHostsFile={known}", "-o", "GlobalKnownHostsFile=/dev/null"]
        words += ["-o", "UpdateHostKeys=no", "-o", "VerifyHostKeyDNS=no"]
    return tuple(words)


def _secret(path: Path, text: str) -> str:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as stream:
        stream.write(text.strip() + "\n")
    return str(path)


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        tried.settimeout(1)
        return tried.connect_ex(("127.0.0.1", port)) == 0

"""The containers of one environment on a machine: started, waited for, found again, removed."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from trunkline.core.errors import ApplyError
from trunkline.core.progress import Progress
from trunkline.core.ready import ask_ready
from trunkline.core.release import Release

from ..engine import PORT
from .image_labels import BUNDLES, require_carried
from .machine import Machine
from .service import wait_for

LABEL = "trunkline.target"
PORTS = range(20_000, 30_000)
"""On loopback. A container keeps its own, also after a reboot, and is reached by the proxy alone."""


@dataclass(frozen=True)
class Containers:
    """The containers with one label, run by podman or docker (`engine`)."""

    machine: Machine
    engine: str
    key: str
    """The label's value, and the beginning of their names."""
    folder: str
    """On the machine; it holds what each was told to serve."""

    def tell(self, *words: str) -> str | None:
        """Return what the engine prints; None where it fails."""
        return self.machine.ask(shlex.join((self.engine, *words)))

    def file(self, name: str) -> str:
        """Return the path of the release that a container serves."""
        return f"{self.folder}/{name}.json"

    def log(self, name: str, lines: int) -> str:
        """Return the last lines that a container wrote."""
        return self.machine.ask(f"{self.engine} logs --tail {lines} {shlex.quote(name)} 2>&1") or ""

    def require_image(self, release: Release, *, progress: Progress) -> None:
        """Have a release's image on the machine, with its bundles. Raises ApplyError; nothing has changed then."""
        if self.tell("image", "inspect", release.image) is None:
            progress(f"{self.machine.name} pulls {release.image}")
            try:
                self.machine.run(self.engine, "pull", "--quiet", release.image, patience=900.0)
            except ApplyError as error:
                raise ApplyError(
                    f"{self.machine.name} cannot pull the image: {error.what.rstrip('.')}. Nothing was changed.",
                    value=release.image,
                    next_step=f"{self.engine} login there where the registry asks for it, or revert the merge that"
                    " named the image",
                ) from error
        said = self.tell("image", "inspect", "--format", "{{json .Config.Labels}}", release.image)
        carried = ((json.loads(said or "null") or {}).get(BUNDLES) or "").split()
        require_carried(release, carried)

    def start(
        self,
        name: str,
        release: Release,
        *,
        options: Sequence[str],
        command: Sequence[str],
        patience: float,
    ) -> int:
        """Start a container, wait until it is ready, and return its port. Raises ApplyError.

        `options` are the engine's, `command` is what the container runs.
        """
        self.tell("rm", "--force", name)
        self.machine.write(self.file(name), release.canonical().decode() + "\n")
        words = (
            *("run", "--detach", "--name", name, "--label", f"{LABEL}={self.key}", "--restart", "always"),
            *("--read-only", "--tmpfs", "/tmp", "--cap-drop=ALL", "--security-opt", "no-new-privileges"),  # noqa: S108
            *("--volume", f"{self.file(name)}:/srv/release/release.json:ro", *options),
        )
        first = int(name[-6:], 16)
        for attempt in range(5):
            port = PORTS[(first + attempt) % len(PORTS)]
            try:
                published = ("--publish", f"127.0.0.1:{port}:{PORT}")
                self.machine.run(self.engine, *words, *published, release.image, *command)
                break
            except ApplyError as error:
                self.tell("rm", "--force", name)
                if "address already in use" not in error.what and "port is already" not in error.what:
                    raise
        else:
            raise ApplyError(
                f"Five ports of {self.machine.name} are taken, the last {port}.",
                next_step="trunkline deploy again, or see there who holds them: ss -ltn",
            )
        trouble = wait_for(lambda: self._trouble(name, port), patience=patience)
        if trouble is None:
            trouble = f"it is not ready after {patience:g} s"
        if trouble:
            said = " | ".join(self.log(name, 5).split("\n"))[-400:] or "its log says nothing"
            raise ApplyError(
                f"Revision {release.revision[:12]} does not serve {release.environment}: {trouble}: {said}",
                value=release.image,
                next_step="mend the image, or revert the merge that named it",
            )
        return port

    def _trouble(self, name: str, port: int) -> str | None:
        """Return why a container does not become ready; empty when it is, None while that is open."""
        # Restarted by the engine again and again, it runs between its falls.
        state = self.tell("inspect", "--format", "{{.State.Running}} {{.RestartCount}}", name) or "false"
        if state not in ("true", "true 0"):
            return "the container ended"
        with self.machine.reach(port) as place:
            try:
                return "" if ask_ready(f"http://{place}").ready else None
            except httpx.HTTPError:
                return None

    def clear(self, *, keep: str) -> None:
        """Remove every container but one, and what was told to them: nothing is left half-way."""
        listed = self.tell("ps", "--all", "--filter", f"label={LABEL}={self.key}", "--format", "{{.Names}}")
        for name in (listed or "").split():
            if name != keep:
                self.tell("stop", "--time", "30", name)
                self.tell("rm", "--force", name)
        self.machine.ask(
            f"cd {shlex.quote(self.folder)} && for file in {shlex.quote(self.key)}-*.json; do "
            f'test "$file" = {shlex.quote(keep + ".json")} || rm -f "$file"; done'
        )

"""The container target: an image by digest behind a proxy; a new container is ready before the old one drains."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from pathlib import Path, PurePosixPath

from trunkline.core.bundle import BundleStore
from trunkline.core.errors import ApplyError, PolicyError, StorageError
from trunkline.core.exposure import on_loopback, require_guarded
from trunkline.core.keys import keys_beside
from trunkline.core.policy.access import BEHIND, VARIABLE
from trunkline.core.record import sha256, short, write_atomically
from trunkline.core.release import Release

from ..container_unit import ContainerUnit
from ..engine import PORT
from ..plan import Step
from .container import ContainerSettings
from .containers import Containers
from .given import Given
from .kept import Kept, own_folder
from .machine import Machine
from .protocol import Environment, Health
from .proxy import DRAIN_S, Proxy
from .service import service_options
from .start import START_FILE, start_text

PATIENCE_S = 60.0


class ContainerTarget(Kept):
    """Containers of one environment on a machine.

    A folder there holds `haproxy.cfg`, which names the container that serves; `<container>.json`, the release that is
    mounted into it; `predictions/` where the machine is another; `start`, which systemd runs after a reboot.
    """

    def __init__(
        self, environment: Environment, settings: ContainerSettings, *, patience: float = PATIENCE_S
    ) -> None:
        self.environment = environment
        self.settings = settings
        self.patience = patience
        self.machine = Machine(settings.host)
        self.access = environment.serving.access if settings.access is None else settings.access
        if self.access.tls == "own" and not settings.certificate:
            raise PolicyError(
                "access.tls is own, and the proxy has no certificate.",
                next_step=f"name the certificate's file as target.certificate in {environment.file}",
            )

    @cached_property
    def key(self) -> str:
        """Return by which name the containers of this environment are known on the machine."""
        slug = re.sub(r"[^a-z0-9]+", "-", self.environment.project.lower()).strip("-") or "model"
        owner = self._owner if self.settings.host else str(self._here)
        return f"trunkline-{slug}-{self.environment.name}-{short(sha256(owner.encode()))[:6]}"

    @cached_property
    def _owner(self) -> str:
        """Whose a folder of another machine is: the same from every clone of the project."""
        return f"{self.environment.repository()} {self.environment.name} {self.settings.folder}".rstrip()

    @property
    def _here(self) -> Path:
        return self.environment.folder.resolve()

    @cached_property
    def folder(self) -> str:
        """Return the folder on the machine, made if it is not there."""
        if not self.settings.host:
            self._here.mkdir(parents=True, exist_ok=True)
            return str(self._here)
        wanted = self.settings.folder or f".local/share/trunkline/{self.key}"
        return own_folder(self.machine, wanted, self._owner, file=self.environment.file)

    @cached_property
    def proxy(self) -> Proxy:
        """Return the proxy in front of the containers."""
        settings = self.settings
        certificate = settings.certificate if self.access.tls == "own" else ""
        return Proxy(
            self.machine, self.folder, settings.listen, settings.port, certificate, self.access.most_of_one
        )

    @cached_property
    def containers(self) -> Containers:
        """Return the containers of this environment."""
        return Containers(self.machine, self.settings.engine, self.key, self.folder)

    @cached_property
    def given(self) -> Given:
        """Return what a container is given of the machine."""
        log = (
            f"{self.folder}/predictions"
            if self.settings.host
            else str(self.environment.predictions.resolve())
        )
        keys = keys_beside(self._here.parents[1] / "secrets" / self.environment.name)
        return Given(self.machine, self.settings.engine, self.folder, log, keys)

    def _release_of(self, container: str) -> Release | None:
        try:
            told = json.loads(self._read(self.containers.file(container))) if container else None
            return Release.from_dict(told, origin=container) if told else None
        except (StorageError, ValueError):  # of another version of Trunkline, or changed by hand
            return None

    def assigned(self) -> Release | None:
        """Return what shall serve since the last apply, whether or not it lives; None after a stop."""
        return self._release_of(self.proxy.container())

    def observe(self) -> Release | None:
        """Return what the port really answers with; what died serves nothing."""
        if answering := self.proxy.leads_to():
            return self._release_of(answering)
        serving = self.proxy.container()
        return self._release_of(serving) if self.containers.running(serving) else None

    def upkeep(self) -> tuple[Step, ...]:
        """Return the restart that is needed: the proxy is down, or container or configuration is not as deployed."""
        serving = self.proxy.container()
        reason = self._why_restart(serving) if serving else ""
        return (Step(kind="restart", text=f"the service: {reason}"),) if reason else ()

    def _why_restart(self, serving: str) -> str:
        release = self._release_of(serving)
        if release is None or self._name(release) != serving:
            return "its settings changed, or what it was told was changed by hand"
        if not self.containers.running(serving):
            return f"the container {serving} does not run"
        if not self.containers.of_image(serving, release.image):
            return f"the container {serving} runs another image"
        wanted = self.proxy.text(serving, self.containers.port(serving), root=self.given.root)
        if self._read(self.proxy.config) != wanted.strip():
            return "the proxy's configuration was changed"
        leads = self.proxy.leads_to()
        return (
            "" if leads == serving else "the proxy leads elsewhere" if leads else "the proxy does not answer"
        )

    def check(self) -> Health:
        """Return how the service is."""
        serving = self.proxy.container()
        if not serving:
            return Health(ready=False, text="not running")
        if not self.containers.running(serving):
            return Health(ready=False, text=f"the container {serving} does not run on {self.machine.name}")
        if self.proxy.leads_to() != serving:
            text = f"the container {serving} runs on {self.machine.name}, and the proxy does not lead to it"
            return Health(ready=False, text=text)
        release = self._release_of(serving)
        return Health(ready=True, text="ready", revision=release.revision if release else "")

    def address(self) -> str:
        """Return where the service answers, or would, as the users of its machine or network see it."""
        machine = "" if on_loopback(self.settings.listen) else self.settings.host.rpartition("@")[2]
        host = machine or self.proxy.asked_at
        return f"{'https' if self.proxy.certificate else 'http'}://{host}:{self.settings.port}"

    def logs(self) -> Path:
        """Return the file that holds the last lines of the container's own log, fetched now."""
        path = self.environment.folder / "service.log"
        if serving := self.proxy.container():
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, self.containers.log(serving, 2000).encode())
        return path

    def predictions(self) -> Path:
        """Return the folder of the prediction log on this machine; another machine's is read from its store."""
        return self.environment.predictions

    def apply(self, release: Release, bundles: BundleStore) -> None:
        """Start a container of the release's image, and lead the proxy to it once it is ready."""
        del bundles  # they are in the image
        require_guarded(self.settings.listen, self.access)
        if not release.image:
            raise PolicyError(
                f"The desired state names no image, and {self.environment.name} runs images.",
                next_step=f"PUSH=<registry>/<name> make image, then name it as image in {self.environment.file}",
            )
        with self._alone():
            self.containers.require_image(release, progress=self.environment.progress)
            serving, new = self.proxy.container(), self._name(release)
            self.containers.clear(keep=serving)
            self.given.bring_keys()
            if new == serving and self.containers.running(new):
                self.proxy.lead_to(new, self.containers.port(new), root=self.given.root)
            else:
                with self._cleared_if_it_fails(new, serving):
                    port = self.containers.start(
                        new,
                        release,
                        options=(*self.given.words(), "--env", f"{VARIABLE}={self._admits}"),
                        command=self._command(),
                        patience=self.patience,
                    )
                    self.proxy.lead_to(new, port, root=self.given.root)
            words = start_text(self.settings.engine, new, self.proxy.start_words())
            self.machine.write(f"{self.folder}/{START_FILE}", words)
            self.proxy.drained(patience=DRAIN_S + 5)
            self.containers.clear(keep=new)

    def changing_keys(self) -> AbstractContextManager[Path]:
        """Yield a file with the machine's keys; what changes in it is written there."""
        return self.given.changing_keys()

    def unit(self, environment: Environment) -> ContainerUnit:
        """Return the systemd unit that brings back after a reboot what was deployed last."""
        folder, user = PurePosixPath(self.folder), self.machine.run("id", "-un")
        pid = PurePosixPath(self.proxy.pid)
        return ContainerUnit(self.key, environment.name, folder, pid, user, machine=self.settings.host)

    def stop(self) -> bool:
        """Stop the proxy and the container, and return whether anything served."""
        with self._alone():
            served = self.proxy.container() != ""
            self.machine.run("rm", "-f", f"{self.folder}/{START_FILE}")
            self.proxy.stop()
            self.containers.clear(keep="")
        return served

    def _alone(self) -> AbstractContextManager[None]:
        return self.machine.alone(f"{self.folder}/lock", f"An apply on {self.environment.name}")

    @contextmanager
    def _cleared_if_it_fails(self, new: str, serving: str) -> Iterator[None]:
        previous = self._release_of(serving) if self.containers.running(serving) else None
        try:
            yield
        except ApplyError as error:
            self.containers.clear(keep=serving if serving != new else "")
            now = f"version {previous.champion.version} serves as before" if previous else "nothing serves"
            raise ApplyError(
                f"{error.what.rstrip('.')}; {now}.", value=error.value, next_step=error.next_step
            ) from error

    def _name(self, release: Release) -> str:
        """Return the name of a release's container: another release, image or option is another container."""
        told = (release.canonical().decode(), self._command(), self._admits)
        return f"{self.key}-{short(sha256(repr(told).encode()))}"

    def _command(self) -> tuple[str, ...]:
        words = ("python", "-m", "trunkline.serving", "/srv/release", "--host", "0.0.0.0")  # noqa: S104
        options = service_options(Path("/srv/log"), self.environment.serving, ship=True)
        return (*words, "--port", str(PORT), *options)

    @property
    def _admits(self) -> str:
        """Return whom the container admits: TLS ends at the proxy, and on loopback everybody may predict."""
        inner = self.access.model_copy(update={"tls": "platform"}) if self.access.guarded else BEHIND
        return inner.model_dump_json(exclude_defaults=True)

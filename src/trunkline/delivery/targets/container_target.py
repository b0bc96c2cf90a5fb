"""The container target: an image by digest behind a proxy; a new container is ready before the old one drains."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from pathlib import Path, PurePosixPath

from trunkline.core.bundle import BundleStore
from trunkline.core.errors import ApplyError, PolicyError
from trunkline.core.exposure import on_loopback, require_guarded
from trunkline.core.policy.access import BEHIND, VARIABLE
from trunkline.core.record import sha256, short, write_atomically
from trunkline.core.release import Release

from ..container_unit import ContainerUnit
from ..engine import PORT
from ..plan import Step
from .container import ContainerSettings
from .containers import Containers
from .given import Given
from .kept import Kept
from .look import FILE as STATUS_FILE
from .look import Seen, kept_script, line_of_key, script
from .protocol import Environment, Health
from .proxy import DRAIN_S, Proxy
from .service import service_options
from .start import START_FILE, start_text

PATIENCE_S = 60.0


class ContainerTarget(Kept):
    """Containers of one environment on a machine.

    A folder there holds `haproxy.cfg`, which names the container that serves; `<container>.json`, the release that is
    mounted into it; `predictions/` where the machine is another; `start`, which systemd runs after a reboot; `status`,
    which says what serves to a key that may ask for nothing else.
    """

    def __init__(
        self, environment: Environment, settings: ContainerSettings, *, patience: float = PATIENCE_S
    ) -> None:
        super().__init__(environment, settings)
        self.patience = patience
        self.access = environment.serving.access if settings.access is None else settings.access
        if self.access.tls == "own" and not settings.certificate:
            raise PolicyError(
                "access.tls is own, and the proxy has no certificate.",
                next_step=f"name the certificate's file as target.certificate in {environment.file}",
            )

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
        return Given(self.machine, self.settings.engine, self.folder, log, self.environment.secret)

    def assigned(self) -> Release | None:
        """Return what shall serve since the last apply, whether or not it lives; None after a stop."""
        return self.seen().release

    def observe(self) -> Release | None:
        """Return what the port really answers with; what died serves nothing."""
        seen = self.seen()
        if seen.container and (answering := self.proxy.leads_to()):
            return seen.releases.get(answering)
        return seen.release if seen.running else None

    def upkeep(self) -> tuple[Step, ...]:
        """Return the restart that is needed: the proxy is down, or container or configuration is not as deployed."""
        seen = self.seen()
        reason = self._why_restart(seen) if seen.container else ""
        return (Step(kind="restart", text=f"the service: {reason}"),) if reason else ()

    def _why_restart(self, seen: Seen) -> str:
        serving, release = seen.container, seen.release
        variables = self.given.digest or seen.variables
        if release is None or self._name(release, seen.variables) != serving:
            return "its settings changed, or what it was told was changed by hand"
        if variables != seen.variables:
            return "its variables changed"
        if not seen.running:
            return f"the container {serving} does not run"
        if not seen.image:
            return f"the container {serving} runs another image"
        wanted = self.proxy.text(serving, seen.port, root=seen.root)
        if seen.config != wanted.strip():
            return "the proxy's configuration was changed"
        leads = self.proxy.leads_to()
        return (
            "" if leads == serving else "the proxy leads elsewhere" if leads else "the proxy does not answer"
        )

    def check(self) -> Health:
        """Return how the service is."""
        seen = self.seen()
        serving, release = seen.container, seen.release
        if not serving:
            return Health(ready=False, text="not running")
        if not seen.running:
            return Health(ready=False, text=f"the container {serving} does not run on {self.machine.name}")
        if self.proxy.leads_to() != serving:
            text = f"the container {serving} runs on {self.machine.name}, and the proxy does not lead to it"
            return Health(ready=False, text=text)
        return Health(ready=True, text="ready", revision=release.revision if release else "")

    def address(self) -> str:
        """Return where the service answers, or would, as the users of its machine or network see it."""
        machine = "" if on_loopback(self.settings.listen) else self.settings.host.rpartition("@")[2]
        host = machine or self.proxy.asked_at
        return f"{'https' if self.proxy.certificate else 'http'}://{host}:{self.settings.port}"

    @contextmanager
    def reached(self) -> Iterator[str]:
        """Yield the address of the service as this machine reaches it, through a tunnel where nobody else is let in."""
        if not on_loopback(self.settings.listen):
            yield self.address()
            return
        with self.machine.reach(self.settings.port, self.proxy.asked_at) as place:
            yield f"{'https' if self.proxy.certificate else 'http'}://{place}"

    def line_of_key(self, public: str) -> str:
        """Return the line of authorized_keys by which a key may ask what serves, and for nothing else."""
        return line_of_key(public, self.folder, self.proxy.asked_at, self.settings.port)

    def logs(self) -> Path:
        """Return the file that holds the last lines of the container's own log, fetched now."""
        path = self.environment.folder / "service.log"
        path.parent.mkdir(parents=True, exist_ok=True)
        if text := self.containers.log(self.seen().container, 2000):
            write_atomically(path, text.encode())
        else:
            path.touch()
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
            seen = self.seen()
            self.containers.clear(keep=seen.container)
            self.given.bring_keys()
            new = self._name(release, self.given.bring_variables(before=seen.variables))
            if new == seen.container and seen.running:
                self.proxy.lead_to(new, seen.port, root=self.given.root)
            else:
                with self._cleared_if_it_fails(new, seen):
                    port = self.containers.start(
                        new,
                        release,
                        options=(*self.given.words(), "--env", f"{VARIABLE}={self._admits}"),
                        command=self._command(),
                        patience=self.patience,
                    )
                    self.proxy.lead_to(new, port, root=self.given.root)
            self._write_scripts(new)
            self.proxy.drained(patience=DRAIN_S + 5)
            self.containers.clear(keep=new)

    def changing_keys(self) -> AbstractContextManager[Path]:
        """Yield a file with the machine's keys; what changes in it is written there."""
        return self.given.changing_keys()

    def _write_scripts(self, container: str) -> None:
        """Leave what systemd runs after a reboot, and what a key may ask for that opens nothing else."""
        words = start_text(self.settings.engine, container, self.proxy.start_words())
        self.machine.write(f"{self.folder}/{START_FILE}", words)
        text = kept_script(script(self.folder, self.settings.engine, self.key))
        self.machine.write(f"{self.folder}/{STATUS_FILE}", text)

    def unit(self, environment: Environment) -> ContainerUnit:
        """Return the systemd unit that brings back after a reboot what was deployed last."""
        folder, user = PurePosixPath(self.folder), self.machine.run("id", "-un")
        pid = PurePosixPath(self.proxy.pid)
        return ContainerUnit(self.key, environment.name, folder, pid, user, machine=self.settings.host)

    def stop(self) -> bool:
        """Stop the proxy and the container, and return whether anything served."""
        with self._alone():
            served = self.seen().container != ""
            self.machine.run("rm", "-f", f"{self.folder}/{START_FILE}")
            self.proxy.stop()
            self.containers.clear(keep="")
        return served

    def _alone(self) -> AbstractContextManager[None]:
        return self.machine.alone(f"{self.folder}/lock", f"An apply on {self.environment.name}")

    @contextmanager
    def _cleared_if_it_fails(self, new: str, seen: Seen) -> Iterator[None]:
        previous = seen.release if seen.running else None
        try:
            yield
        except ApplyError as error:
            self.containers.clear(keep=seen.container if seen.container != new else "")
            now = f"version {previous.champion.version} serves as before" if previous else "nothing serves"
            raise ApplyError(
                f"{error.what.rstrip('.')}; {now}.", value=error.value, next_step=error.next_step
            ) from error

    def _name(self, release: Release, variables: str) -> str:
        """Return the name of a release's container: another release, image, option or variable is another one."""
        told = (release.canonical().decode(), self._command(), self._admits, *filter(None, (variables,)))
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
